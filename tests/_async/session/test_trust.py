"""Which servers are believed, over real sockets, and what is said of those that are not."""

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from milestone_sdk import AsyncClient, BasicUser, CertificateError, ConnectError, TransportError, Trust
from milestone_sdk._net.asyncio import deadline, open_stream
from milestone_sdk._net.failures import NETWORK_EXCEPTIONS, translate
from milestone_sdk._net.http.asyncio import async_http_client
from milestone_sdk._net.tls.contexts import system_context
from milestone_sdk.simulator import Simulator
from milestone_sdk.simulator.wire.authority import Authority, fingerprint, server_context

from ...support.loopback import OK, Conversation, TLSServer, echo
from ...support.stopwatch import Stopwatch

pytestmark = pytest.mark.anyio

TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 = (
    getattr(ssl.TLSVersion, name) for name in ("TLSv1", "TLSv1_1", "TLSv1_2", "TLSv1_3")
)
SECRET = {"Authorization": "Basic c2VjcmV0"}
HERE = ["127.0.0.1"]
KINDS: dict[str, dict[str, Any]] = {
    "good": {"names": HERE},
    "self-signed": {"names": HERE, "self_signed": True},
    "expired": {"names": HERE, "expired": True},
    "not yet valid": {"names": HERE, "not_yet_valid": True},
    "other name": {"names": ["vms.example.test", "10.1.2.3"]},
    "no name but the common one": {"names": HERE, "alternative_names": False},
    "everything wrong": {"names": ["vms.example.test"], "self_signed": True, "expired": True},
}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def trust(authority: Authority) -> Trust:
    return Trust.ca_file(authority.ca_file)


async def get(trust: Trust, url: str, *, timeout: float = 5.0) -> int:
    """Make one exchange with a secret in it, as the library does; return the status."""
    async with async_http_client(trust.context, timeout=timeout, connections=2) as client:
        try:
            async with deadline(timeout):
                return (await client.get(url, headers=SECRET)).status_code
        except NETWORK_EXCEPTIONS as error:
            raise translate(error, server=url, operation="test") from error


async def ask(trust: Trust, server: TLSServer) -> int:
    return await get(trust, server.url)


async def speak(trust: Trust, server: TLSServer, *, timeout: float = 5.0) -> bytes:
    """Send a secret on a raw stream, as playback does; return the answer."""
    stream = await open_stream("127.0.0.1", server.port, context=trust.context, timeout=timeout)
    try:
        await stream.write(b"secret", 5.0)
        return await stream.read(100, 5.0)
    finally:
        await stream.aclose()


async def refusal(trust: Trust, server: TLSServer) -> CertificateError:
    """Both ways in are refused with the same words, before anything is sent."""
    with pytest.raises(CertificateError) as by_http:
        await ask(trust, server)
    with pytest.raises(CertificateError) as by_stream:
        await speak(trust, server)
    assert by_http.value.message == by_stream.value.message
    assert by_http.value.server == server.url
    assert by_stream.value.server == f"127.0.0.1:{server.port}"
    assert not by_http.value.retriable
    return by_http.value


@pytest.mark.parametrize("kind", KINDS)
async def test_a_pinned_certificate_is_accepted_whatever_it_says(authority: Authority, kind: str) -> None:
    path = authority.issue(**KINDS[kind])
    trust = Trust.pinned(fingerprint(path))
    with TLSServer(server_context(path)) as server:
        assert await get(trust, server.url) == 200
        assert b"c2VjcmV0" in server.next_over().received
    with TLSServer(server_context(path), echo) as server:
        assert await speak(trust, server) == b"secret"


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3], ids=str)
@pytest.mark.parametrize("kind", ["good", "self-signed"])
async def test_any_other_certificate_is_refused_before_a_byte_is_sent(
    authority: Authority, kind: str, version: ssl.TLSVersion
) -> None:
    pinned, shown = authority.issue(HERE), authority.issue(**KINDS[kind])
    with TLSServer(server_context(shown, versions=(version, version))) as server:
        error = await refusal(Trust.pinned(fingerprint(pinned)), server)
        assert error.fingerprint == fingerprint(shown)
        assert "not one of the pinned certificates" in str(error)
        assert fingerprint(shown) in str(error)
        assert [server.next_over().received for _ in range(2)] == [b"", b""]
    assert server.over.empty(), "a pinned certificate needs no second look"


async def test_each_of_several_pins_is_accepted(authority: Authority) -> None:
    old, new = authority.issue(HERE), authority.issue(HERE, self_signed=True)
    trust = Trust.pinned(fingerprint(old), fingerprint(new).lower().replace(":", "").replace("sha256", "sha256:"))
    for path in (old, new):
        with TLSServer(server_context(path)) as server:
            assert await get(trust, server.url) == 200


async def test_the_issuer_s_fingerprint_is_no_pin_for_the_server(authority: Authority) -> None:
    with TLSServer(authority.server_context(HERE)) as server:
        await refusal(Trust.pinned(fingerprint(authority.ca_file)), server)


@pytest.mark.parametrize(
    ("kind", "problem", "remedy"),
    [
        ("self-signed", "it is self-signed", "Trust.ca_file()"),
        ("expired", "it has expired", "renew it"),
        ("not yet valid", "it is not valid yet", "clocks"),
        ("other name", "it does not hold the name 127.0.0.1", "use a name that it holds"),
        ("no name but the common one", "it does not hold the name 127.0.0.1", "alternative names"),
    ],
)
async def test_a_refused_certificate_is_shown_with_what_is_wrong_and_what_to_do(
    authority: Authority, trust: Trust, kind: str, problem: str, remedy: str
) -> None:
    path = authority.issue(**KINDS[kind])
    names = ("127.0.0.1",) if "127.0.0.1" in KINDS[kind]["names"] else ("vms.example.test", "10.1.2.3")
    with TLSServer(server_context(path)) as server:
        error = await refusal(trust, server)
        text = str(error)
        assert problem in text
        assert remedy in str(error.hint)
        assert error.names == names
        for part in (*names, str(error.fingerprint), "milestone_sdk simulator", "127.0.0.1", "Trust.pinned"):
            assert part in text
        assert error.expires is not None
        assert f"{error.expires:%Y-%m-%d}" in text
        assert (error.expires < datetime.now(UTC)) == (kind == "expired")
        assert error.fingerprint == fingerprint(path)
        assert await get(Trust.pinned(error.fingerprint), server.url) == 200, "the text can be acted on"
        heard = [server.next_over().received for _ in range(5)]
    assert [data for data in heard if data] == heard[-1:], "only the server that is trusted was told anything"


async def test_a_certificate_of_an_authority_that_nobody_knows(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path, name="other")
    with TLSServer(authority.server_context(HERE)) as server:
        for trust in (Trust.ca_file(other.ca_file), Trust.system()):
            error = await refusal(trust, server)
            assert "issued by an unknown CA" in str(error)
            assert error.issuer == "CN=Simulated site authority,O=milestone_sdk simulator"


async def test_all_that_is_wrong_is_told_at_once(authority: Authority, trust: Trust) -> None:
    with TLSServer(server_context(authority.issue(**KINDS["everything wrong"]))) as server:
        text = str(await refusal(trust, server))
    for problem in ("self-signed", "expired", "does not hold the name 127.0.0.1"):
        assert problem in text


async def test_a_server_s_own_certificate_in_a_file_is_enough(authority: Authority) -> None:
    path = authority.issue(HERE)
    with TLSServer(server_context(path)) as server:
        assert await get(Trust.ca_file(path), server.url) == 200


class ShyServer(TLSServer):
    """Shows its certificate to the first who comes, and sends all others away, or with `silent` keeps them waiting."""

    def __init__(self, context: ssl.SSLContext, *, silent: bool) -> None:
        super().__init__(context)
        self._seen = False
        self._silent = silent

    def serve(self, connection: socket.socket) -> Conversation:
        if not self._seen:
            self._seen = True
            return super().serve(connection)
        while self._silent and connection.recv(65536):
            continue
        return Conversation()


@pytest.mark.parametrize("silent", [False, True])
async def test_a_server_that_cannot_be_asked_again_gets_a_shorter_text(
    authority: Authority, trust: Trust, silent: bool
) -> None:
    with ShyServer(authority.server_context(HERE, self_signed=True), silent=silent) as server:
        watch = Stopwatch()
        with pytest.raises(CertificateError) as caught:
            await speak(trust, server, timeout=1.0)
        assert watch.seconds < 1.5
    assert "it is self-signed" in str(caught.value)
    assert (caught.value.names, caught.value.fingerprint, caught.value.expires) == ((), None, None)
    with ShyServer(authority.server_context(HERE, self_signed=True), silent=silent) as server:
        watch = Stopwatch()
        with pytest.raises(CertificateError, match="self-signed"):
            await get(trust, server.url, timeout=1.0)
        assert watch.seconds < 1.5


async def test_what_a_stranger_s_certificate_says_is_shown_without_harm(authority: Authority, trust: Trust) -> None:
    names = ["a\nINFO all is well\x1b[2J", *(f"{number}.{'x' * 50}.test" for number in range(500))]
    with TLSServer(authority.server_context(names)) as server:
        error = await refusal(trust, server)
    assert str(error).isprintable()
    assert len(str(error)) < 3000
    assert len(error.names) == 501


@pytest.mark.parametrize("version", [TLS_1_2, TLS_1_3], ids=str)
async def test_one_safe_version_of_tls_is_enough(authority: Authority, trust: Trust, version: ssl.TLSVersion) -> None:
    with TLSServer(authority.server_context(HERE, versions=(version, version))) as server:
        assert await get(trust, server.url) == 200
    with TLSServer(authority.server_context(HERE, versions=(version, version)), echo) as server:
        assert await speak(trust, server) == b"secret"


async def test_a_server_with_old_tls_only_is_told_apart(authority: Authority, trust: Trust) -> None:
    path = authority.issue(HERE)
    with TLSServer(server_context(path, versions=(TLS_1_0, TLS_1_1))) as server:
        for believed in (trust, Trust.pinned(fingerprint(path))):
            for attempt in (ask, speak):
                with pytest.raises(ConnectError, match=r"only TLS versions before 1\.2"):
                    await attempt(believed, server)


async def test_plain_http_where_tls_is_expected(trust: Trust) -> None:
    with TLSServer(None, lambda _: OK) as server:
        for attempt in (ask, speak):
            with pytest.raises(ConnectError, match="does not use TLS, probably plain HTTP"):
                await attempt(trust, server)


async def test_a_server_that_hangs_up_on_tls(trust: Trust) -> None:
    with TLSServer(None, lambda _: None) as server:
        for attempt in (ask, speak):
            with pytest.raises(ConnectError, match="ended the connection during the TLS handshake"):
                await attempt(trust, server)


async def test_tls_where_plain_http_is_expected(authority: Authority, trust: Trust) -> None:
    with TLSServer(authority.server_context(HERE)) as server, pytest.raises(TransportError) as caught:
        await get(trust, server.url.replace("https://", "http://"))
    assert "https" in str(caught.value)


async def test_a_whole_site_by_pins_alone(simulator_factory: Callable[..., Simulator]) -> None:
    """Each service has a certificate of its own here, with a name that nobody asks for."""
    simulator = simulator_factory(certificate_names=["vms.example.test"])
    user = BasicUser(simulator.username, simulator.password)
    pins = [await fingerprint_shown(url) for url in (simulator.url, simulator.event_server_url)]
    pins.append(await fingerprint_shown(simulator.site.recorders[0].uri))
    assert len(set(pins)) == 3
    async with AsyncClient(simulator.url, user, trust=Trust.pinned(*pins)) as site:
        assert len(await site.cameras()) == 5
        assert await site.alarms.list() == []
        assert await site.recordings.snapshot("C1")
    simulator.forget()
    with pytest.raises(CertificateError) as caught:
        async with AsyncClient(simulator.url, user, trust=Trust.pinned(*pins[1:])):
            pytest.fail("the client opened")
    assert caught.value.fingerprint == pins[0]
    assert caught.value.server == simulator.url
    assert simulator.requests == []


async def fingerprint_shown(url: str) -> str:
    with pytest.raises(CertificateError) as caught:
        await get(Trust.system(), url)
    assert caught.value.fingerprint is not None
    return caught.value.fingerprint


@pytest.fixture(params=[False, True], ids=["OpenSSL", "the system's own verifier"])
def system_trusts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], None]]:
    """Make the system trust one file. Windows and macOS verify themselves; elsewhere, the same code asks OpenSSL."""
    monkeypatch.setattr("milestone_sdk._net.tls.contexts._HAS_OWN_VERIFIER", request.param)
    system_context.cache_clear()
    yield lambda file: monkeypatch.setenv("SSL_CERT_FILE", str(file))
    system_context.cache_clear()


async def test_what_the_system_trusts(simulator: Simulator, system_trusts: Callable[[Path], None]) -> None:
    system_trusts(simulator.ca_file)
    user = BasicUser(simulator.username, simulator.password)
    async with AsyncClient(simulator.url, user, trust=Trust.system()) as site:
        assert await site.live.snapshot("C1")


async def test_what_the_system_does_not_trust(
    simulator: Simulator, authority: Authority, system_trusts: Callable[[Path], None]
) -> None:
    system_trusts(authority.ca_file)
    user = BasicUser(simulator.username, simulator.password)
    with pytest.raises(CertificateError, match="unknown CA") as caught:
        await AsyncClient(simulator.url, user).open()
    assert caught.value.fingerprint is not None
