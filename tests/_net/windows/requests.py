"""The requests that Windows users make, and other servers than the simulator to make them to."""

import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from milestone_sdk._net.windows.auth import windows_auth
from milestone_sdk.simulator import Simulator
from milestone_sdk.simulator.windows.login import WindowsLogin
from milestone_sdk.simulator.wire.http import Request, Response, serve_http
from milestone_sdk.simulator.wire.listener import Listener

TOKEN = "/IDP/connect/token"
FORM = {"grant_type": "windows_credentials", "client_id": "GrantValidatorClient"}
ASMX = "/ServerAPI/ServerCommandService.asmx"
IS_ONLINE = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    b'<IsOnline xmlns="http://videoos.net/2/XProtectCSServerCommand"/></s:Body></s:Envelope>'
)
SOAP_HEADERS = {
    "Content-Type": "text/xml; charset=utf-8",
    "SOAPAction": '"http://videoos.net/2/XProtectCSServerCommand/IsOnline"',
}

USER = "VMS\\arc"
PASSWORD = "w1n&d+ow%s ö"


SCHEMES = pytest.mark.parametrize(
    ("mechanisms", "used"),
    [
        (("Negotiate", "NTLM"), "NTLM"),
        (("NTLM",), "NTLM"),
        (("Negotiate",), "Negotiate/NTLM"),
    ],
    ids=["both", "ntlm", "negotiate"],
)
ONE_EACH = pytest.mark.parametrize("mechanisms", [("NTLM",), ("Negotiate",)], ids=["ntlm", "negotiate"])


def windows(sim: Simulator) -> WindowsLogin:
    return sim.identity.windows


def trusting(sim: Simulator) -> ssl.SSLContext:
    """A context that believes the simulator's authority."""
    return ssl.create_default_context(cafile=sim.ca_file)


def arc(user: str = USER, password: str = PASSWORD, host: str = "127.0.0.1") -> httpx.Auth:
    """The login of the Windows user that the example site has."""
    return windows_auth(user, password, host=host)


@contextmanager
def serving(
    sim: Simulator, handler: Callable[[Request], Awaitable[Response]], *, context: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Another server on the simulator's loop, which answers as `handler` says; gives its address."""

    async def connected(reader: object, writer: object) -> None:
        await serve_http(reader, writer, handler, secure=context is not None)  # type: ignore[arg-type]

    listener = Listener(connected, context=context)
    sim.run(listener.start())
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{listener.port}"
    finally:
        sim.run(listener.close())
