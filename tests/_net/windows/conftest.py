import asyncio
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest

from milestone_sdk.simulator import Simulator

from .clients import async_one_connection_client, one_connection_client
from .requests import FORM, TOKEN


@pytest.fixture(autouse=True)
def _kerberos_of_this_machine_is_out_of_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test may depend on the realm, the tickets or the name service of the machine it runs on."""
    configuration = tmp_path / "nothing.conf"
    configuration.write_text("[libdefaults]\n    dns_lookup_kdc = false\n    dns_lookup_realm = false\n")
    monkeypatch.setenv("KRB5_CONFIG", str(configuration))
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path / 'no-such-cache'}")
    monkeypatch.delenv("NTLM_USER_FILE", raising=False)


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator(services=("management",)) as running:
        yield running


class Ask(Protocol):
    """Sends one request, a token request to the https port unless said otherwise, on a client of one connection."""

    def __call__(
        self,
        sim: Simulator,
        auth: httpx.Auth,
        url: str | None = None,
        *,
        context: ssl.SSLContext | None = None,
        **more: Any,
    ) -> httpx.Response: ...


def _blocking(
    sim: Simulator, auth: httpx.Auth, url: str | None = None, *, context: ssl.SSLContext | None = None, **more: Any
) -> httpx.Response:
    with one_connection_client(context or ssl.create_default_context(cafile=sim.ca_file), 10.0) as client:
        return client.post(url or sim.url + TOKEN, auth=auth, **({"data": FORM} | more))


def _async(
    sim: Simulator, auth: httpx.Auth, url: str | None = None, *, context: ssl.SSLContext | None = None, **more: Any
) -> httpx.Response:
    async def send() -> httpx.Response:
        trusted = context or ssl.create_default_context(cafile=sim.ca_file)
        async with async_one_connection_client(trusted, 10.0) as client:
            return await client.post(url or sim.url + TOKEN, auth=auth, **({"data": FORM} | more))

    return asyncio.run(send())


@pytest.fixture(params=[_blocking, _async], ids=["blocking", "async"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Every test that asks runs twice: with the blocking client, and with the asynchronous one."""
    asking: Callable[..., httpx.Response] = request.param
    return asking
