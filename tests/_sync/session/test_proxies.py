# Generated from tests/_async/session/test_proxies.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Proxies that the environment names, over real sockets; `vms.example.test` exists behind a proxy alone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from milestone_sdk import Client, BasicUser, CertificateError, ConfigurationError, ConnectError, Trust
from milestone_sdk._net.blocking import deadline, open_stream
from milestone_sdk._net.failures import NETWORK_EXCEPTIONS, translate
from milestone_sdk._net.http.blocking import http_client
from milestone_sdk.simulator import Simulator
from milestone_sdk.simulator.wire.authority import Authority, fingerprint, server_context

from ...support.loopback import Proxy, TLSServer, echo

pytestmark = pytest.mark.anyio

NAME = "vms.example.test"
SECRET = {"Authorization": "Basic c2VjcmV0"}
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "request_method")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without any proxy, to which each test adds its own."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return Authority(tmp_path).issue([NAME])


@pytest.fixture
def trust(tmp_path: Path, certificate: Path) -> Trust:
    return Trust.ca_file(tmp_path / "ca.pem")


@pytest.fixture
def server(certificate: Path) -> Iterator[TLSServer]:
    with TLSServer(server_context(certificate)) as running:
        yield running


@pytest.fixture
def proxy(server: TLSServer) -> Iterator[Proxy]:
    with Proxy(server.port) as running:
        yield running


def get(trust: Trust, url: str, *, trust_env: bool = True, exchanges: int = 1) -> int:
    """Make one exchange as the library does; return the status."""
    status = 0
    with http_client(trust.context, timeout=5.0, connections=2, trust_env=trust_env) as client:
        for _ in range(exchanges):
            try:
                with deadline(5.0):
                    status = (client.get(url, headers=SECRET)).status_code
            except NETWORK_EXCEPTIONS as error:
                raise translate(error, server=url, operation="test") from error
    return status


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "ALL_PROXY"])
def test_https_goes_through_a_tunnel_that_sees_nothing(
    environment: pytest.MonkeyPatch, trust: Trust, server: TLSServer, proxy: Proxy, variable: str
) -> None:
    environment.setenv(variable, proxy.url)
    assert get(trust, f"https://{NAME}/", exchanges=3) == 200
    assert [asked.line for asked in proxy.asked] == [f"CONNECT {NAME}:443 HTTP/1.1"], "one tunnel serves them all"
    assert b"c2VjcmV0" not in proxy.next_over().received
    assert server.next_over().received.count(b"Authorization: Basic c2VjcmV0") == 3


def test_http_is_forwarded(environment: pytest.MonkeyPatch, trust: Trust) -> None:
    with TLSServer(None) as plain, Proxy(plain.port) as proxy:
        environment.setenv("HTTP_PROXY", proxy.url.removeprefix("http://"))
        assert get(trust, f"http://{NAME}:22331/Central/AlarmServiceToken") == 200
        assert proxy.asked[0].line == f"GET http://{NAME}:22331/Central/AlarmServiceToken HTTP/1.1"


def test_a_proxy_s_own_password_is_sent_to_it_and_shown_to_nobody(
    environment: pytest.MonkeyPatch, trust: Trust, server: TLSServer, proxy: Proxy
) -> None:
    environment.setenv("ALL_PROXY", proxy.url.replace("://", "://me:pa55word@"))
    assert get(trust, f"https://{NAME}/") == 200
    assert proxy.asked[0].authorization == "basic bwu6cge1nxdvcmq="
    environment.setenv("ALL_PROXY", "ftp://me:pa55word@proxy.example.test")
    with pytest.raises(ConfigurationError) as caught:
        get(trust, f"https://{NAME}/")
    assert "ftp://proxy.example.test" in str(caught.value)
    assert "pa55word" not in str(caught.value)


def test_loopback_is_never_proxied(environment: pytest.MonkeyPatch, tmp_path: Path, proxy: Proxy) -> None:
    environment.setenv("ALL_PROXY", proxy.url)
    authority = Authority(tmp_path, name="loopback")
    with TLSServer(authority.server_context(["localhost", "127.0.0.1"])) as server:
        for host in ("127.0.0.1", "localhost"):
            assert get(Trust.ca_file(authority.ca_file), f"https://{host}:{server.port}/") == 200
        with pytest.raises(CertificateError) as caught:
            get(Trust.system(), server.url)
        assert caught.value.names == ("localhost", "127.0.0.1"), "a second look goes the same way"
    assert proxy.asked == []


def test_one_switch_turns_proxies_off(environment: pytest.MonkeyPatch, trust: Trust, proxy: Proxy) -> None:
    environment.setenv("ALL_PROXY", proxy.url)
    with pytest.raises(ConnectError):
        get(trust, "https://no-such-host.invalid/", trust_env=False)
    assert proxy.asked == []


@pytest.mark.parametrize("entry", ["no-such-host.invalid", ".invalid", "*", "other.test, no-such-host.invalid:443"])
def test_no_proxy_is_honoured(environment: pytest.MonkeyPatch, trust: Trust, proxy: Proxy, entry: str) -> None:
    environment.setenv("ALL_PROXY", proxy.url)
    environment.setenv("NO_PROXY", entry)
    with pytest.raises(ConnectError):
        get(trust, "https://no-such-host.invalid/")
    assert proxy.asked == []


def test_a_refused_certificate_behind_a_proxy_is_fetched_through_it(
    environment: pytest.MonkeyPatch, server: TLSServer, certificate: Path, proxy: Proxy
) -> None:
    environment.setenv("ALL_PROXY", proxy.url)
    with pytest.raises(CertificateError) as caught:
        get(Trust.system(), f"https://{NAME}/")
    assert caught.value.fingerprint == fingerprint(certificate)
    assert [asked.line for asked in proxy.asked] == [f"CONNECT {NAME}:443 HTTP/1.1"] * 2
    assert [server.next_over().received for _ in range(2)] == [b"", b""]


def test_a_pin_holds_behind_a_proxy(
    environment: pytest.MonkeyPatch, tmp_path: Path, server: TLSServer, certificate: Path, proxy: Proxy
) -> None:
    environment.setenv("ALL_PROXY", proxy.url)
    assert get(Trust.pinned(fingerprint(certificate)), f"https://{NAME}/") == 200
    assert server.next_over().received
    with pytest.raises(CertificateError):
        get(Trust.pinned(fingerprint(tmp_path / "ca.pem")), f"https://{NAME}/")
    assert server.next_over().received == b""


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_refuses_is_told_from_a_server_that_does(
    environment: pytest.MonkeyPatch, trust: Trust, server: TLSServer, scheme: str
) -> None:
    with Proxy(server.port, status="407 Proxy Authentication Required") as proxy:
        environment.setenv("ALL_PROXY", proxy.url)
        with pytest.raises(ConnectError, match="407 Proxy Authentication Required") as caught:
            get(trust, f"{scheme}://{NAME}/")
    assert proxy.url in str(caught.value)
    assert "NO_PROXY" in str(caught.value)


def test_a_proxy_that_is_not_there(environment: pytest.MonkeyPatch, trust: Trust, server: TLSServer) -> None:
    with Proxy(server.port) as proxy:
        url = proxy.url
    environment.setenv("ALL_PROXY", url.replace("://", "://me:pa55word@"))
    with pytest.raises(ConnectError) as caught:
        get(trust, f"https://{NAME}/")
    assert f"through the proxy {url}" in str(caught.value)
    assert "pa55word" not in str(caught.value)


def test_a_proxy_reached_by_https_has_to_be_trusted_by_the_system(
    environment: pytest.MonkeyPatch, trust: Trust, server: TLSServer, certificate: Path
) -> None:
    """And it is named as the one whose certificate is refused, though the server behind it is trusted."""
    proxy = server.url.replace("127.0.0.1", "localhost")
    environment.setenv("ALL_PROXY", proxy.replace("://", "://me:pa55word@"))
    with pytest.raises(CertificateError) as caught:
        get(trust, f"https://{NAME}/")
    assert server.next_over().received == b""
    text = str(caught.value)
    assert caught.value.server == proxy.rstrip("/")
    assert caught.value.names == (NAME,)
    assert caught.value.fingerprint == fingerprint(certificate)
    assert "this is a proxy" in text
    assert "it does not hold the name localhost" in text
    assert "NO_PROXY" in text
    assert "pa55word" not in text


def test_video_goes_through_no_proxy(
    environment: pytest.MonkeyPatch, tmp_path: Path, certificate: Path, proxy: Proxy
) -> None:
    environment.setenv("ALL_PROXY", proxy.url)
    pinned = Trust.pinned(fingerprint(certificate))
    with TLSServer(server_context(certificate), echo) as recorder:
        stream = open_stream("127.0.0.1", recorder.port, context=pinned.context, timeout=5.0)
        stream.write(b"hello", 5.0)
        assert stream.read(100, 5.0) == b"hello"
        stream.close()
    assert proxy.asked == []


def test_a_site_behind_a_proxy(
    environment: pytest.MonkeyPatch, simulator_factory: Callable[..., Simulator]
) -> None:
    simulator = simulator_factory(certificate_names=[NAME])
    with Proxy(int(simulator.url.rpartition(":")[2])) as proxy:
        environment.setenv("HTTPS_PROXY", proxy.url)
        user = BasicUser(simulator.username, simulator.password)
        with Client(f"https://{NAME}", user, trust=Trust.ca_file(simulator.ca_file)) as site:
            assert site.info.server == f"https://{NAME}"
            assert len(site.cameras()) == 5
    assert {asked.line for asked in proxy.asked} == {f"CONNECT {NAME}:443 HTTP/1.1"}
