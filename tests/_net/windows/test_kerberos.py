"""The current user, by the tickets of a real Kerberos realm on loopback."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from milestone_sdk import (
    AuthenticationError,
    Client,
    ConnectError,
    CurrentUser,
    InvalidCredentials,
    TokenExpired,
    Trust,
)
from milestone_sdk._net.windows.auth import windows_auth
from milestone_sdk.simulator import Simulator
from milestone_sdk.simulator.windows.login import Login
from milestone_sdk.simulator.wire.authority import server_context
from milestone_sdk.simulator.wire.http import Handler, Request, Response
from tests.support.stopwatch import Stopwatch

from .conftest import Ask
from .realm import Realm, require_kerberos, shift_clock
from .requests import TOKEN, USER, arc, serving, windows

PASSWORD = "kerberos secret"
HOST = "localhost"


@pytest.fixture(scope="module")
def realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realm]:
    require_kerberos()
    with Realm(tmp_path_factory.mktemp("realm")) as running:
        running.add_user("arc", PASSWORD)
        running.add_user("stranger", PASSWORD)
        running.add_service(f"HTTP/{HOST}")
        yield running


@pytest.fixture(scope="module")
def keytab(realm: Realm) -> Path:
    return realm.keys_of(f"HTTP/{HOST}")


@pytest.fixture(autouse=True)
def _within_the_realm(realm: Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in realm.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def sim(keytab: Path) -> Iterator[Simulator]:
    with Simulator(services=("management",)) as running:
        running.identity.windows.keytab = keytab
        yield running


@pytest.fixture
def ticket(realm: Realm, monkeypatch: pytest.MonkeyPatch) -> Path:
    cache = realm.ticket("arc", PASSWORD)
    use(cache, monkeypatch)
    return cache


def use(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{cache}")


def me(host: str = HOST) -> httpx.Auth:
    return windows_auth(None, None, host=host)


def at(sim: Simulator, host: str = HOST) -> str:
    return sim.url.replace("127.0.0.1", host) + TOKEN


# What works


def test_single_sign_on_through_the_whole_client(sim: Simulator, ticket: Path) -> None:
    with Client(sim.url.replace("127.0.0.1", HOST), CurrentUser(), trust=Trust.ca_file(sim.ca_file)) as site:
        assert len(site.cameras()) == 5
        sim.tokens.revoke_all()
        site.refresh()


def test_a_ticket_that_comes_later_is_used(
    sim: Simulator, realm: Realm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No server refused anybody: the client needs no other credentials."""
    use(tmp_path / "none", monkeypatch)
    client = Client(sim.url.replace("127.0.0.1", HOST), CurrentUser(), trust=Trust.ca_file(sim.ca_file))
    with pytest.raises(AuthenticationError):
        client.open()
    use(realm.ticket("arc", PASSWORD), monkeypatch)
    with client.open() as site:
        assert len(site.cameras()) == 5


@pytest.mark.usefixtures("ticket")
@pytest.mark.parametrize("mechanisms", [("Negotiate", "NTLM"), ("Negotiate",)], ids=["both", "negotiate"])
def test_the_current_user_logs_in_by_a_ticket(sim: Simulator, ask: Ask, mechanisms: tuple[str, ...]) -> None:
    windows(sim).mechanisms = mechanisms  # type: ignore[assignment]
    windows(sim).require_channel_binding = True
    answer = ask(sim, me(), at(sim))
    assert answer.status_code == 200
    assert sim.tokens.check_access(answer.json()["access_token"]) is sim.site.user(USER)
    assert windows(sim).logins == [Login(USER, "Kerberos", channel_bound=True)]
    assert len(sim.requests) == 2


@pytest.mark.usefixtures("ticket")
def test_a_ticket_works_without_tls_too(sim: Simulator, ask: Ask) -> None:
    assert ask(sim, me(), sim.http_url.replace("127.0.0.1", HOST) + TOKEN).status_code == 200
    assert windows(sim).logins == [Login(USER, "Kerberos", channel_bound=False)]


def test_a_name_with_a_realm_and_a_password_logs_in_by_kerberos_where_ntlm_is_not_offered(
    sim: Simulator, ask: Ask
) -> None:
    windows(sim).mechanisms = ("Negotiate",)
    windows(sim).require_channel_binding = True
    assert ask(sim, arc("arc@VMS.EXAMPLE", PASSWORD, host=HOST), at(sim)).status_code == 200
    assert windows(sim).logins == [Login(USER, "Kerberos", channel_bound=True)]


def test_a_password_that_the_realm_does_not_know_is_tried_by_ntlm_within_negotiate(sim: Simulator, ask: Ask) -> None:
    windows(sim).mechanisms = ("Negotiate",)
    for name in (USER, "arc@vms.elsewhere"):
        assert ask(sim, arc(name, host=HOST), at(sim)).status_code == 200
    assert {login.mechanism for login in windows(sim).logins} == {"Negotiate/NTLM"}


# What does not, and what is said about it


def test_no_ticket(sim: Simulator, ask: Ask) -> None:
    with pytest.raises(AuthenticationError, match="no usable Kerberos ticket") as caught:
        ask(sim, me(), at(sim))
    assert "kinit" in str(caught.value.hint)


def test_a_file_that_holds_no_tickets(
    sim: Simulator, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    cache.write_bytes(b"no tickets")
    use(cache, monkeypatch)
    with pytest.raises(AuthenticationError, match="no usable Kerberos ticket"):
        ask(sim, me(), at(sim))


def test_an_expired_ticket(sim: Simulator, ask: Ask, ticket: Path) -> None:
    shift_clock(ticket, 9 * 3600)
    with pytest.raises(TokenExpired, match="has expired") as caught:
        ask(sim, me(), at(sim))
    assert caught.value.retriable, "somebody else renews tickets"


def test_a_clock_that_is_wrong_for_the_centre(sim: Simulator, ask: Ask, ticket: Path) -> None:
    shift_clock(ticket, 3600)
    with pytest.raises(AuthenticationError, match="clocks") as caught:
        ask(sim, me(), at(sim))
    assert "time server" in str(caught.value.hint)


def test_a_clock_that_is_wrong_for_the_server(sim: Simulator, ask: Ask, ticket: Path) -> None:
    assert ask(sim, me(), at(sim)).status_code == 200, "the ticket for the service is in the cache from now on"
    shift_clock(ticket, 3600)
    with pytest.raises(AuthenticationError, match="clocks"):
        ask(sim, me(), at(sim))
    assert "Clock skew too great" in windows(sim).refusals[0]


@pytest.mark.usefixtures("ticket")
def test_a_service_that_the_realm_does_not_know(sim: Simulator, ask: Ask) -> None:
    with pytest.raises(AuthenticationError, match=r"does not know the service HTTP/127\.0\.0\.1") as caught:
        ask(sim, me("127.0.0.1"))
    assert "setspn -S HTTP/127.0.0.1" in str(caught.value.hint)


@pytest.mark.usefixtures("ticket")
def test_a_service_name_that_belongs_to_another_account(realm: Realm, sim: Simulator, ask: Ask) -> None:
    realm.add_service("HTTP/other.example")
    windows(sim).keytab = realm.keys_of("HTTP/other.example")
    with pytest.raises(AuthenticationError) as caught:
        ask(sim, me(), at(sim))
    assert "setspn" in str(caught.value.hint)


@pytest.mark.usefixtures("ticket")
def test_a_server_in_a_realm_that_ours_does_not_trust(
    realm: Realm, sim: Simulator, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = realm.write_client_configuration(tmp_path / "krb5.conf", home="OTHER.EXAMPLE")
    monkeypatch.setenv("KRB5_CONFIG", str(configuration))
    with pytest.raises(AuthenticationError, match="another realm") as caught:
        ask(sim, me(), at(sim))
    assert "domain_realm" in str(caught.value.hint)


@pytest.mark.usefixtures("ticket")
def test_a_realm_that_nobody_told_where_to_find(
    sim: Simulator, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = tmp_path / "krb5.conf"
    configuration.write_text(
        "[libdefaults]\n  dns_lookup_kdc = false\n  dns_lookup_realm = false\n  dns_canonicalize_hostname = false\n"
    )
    monkeypatch.setenv("KRB5_CONFIG", str(configuration))
    with pytest.raises(AuthenticationError, match="no key distribution centre is known") as caught:
        ask(sim, me(), at(sim))
    assert "krb5.conf" in str(caught.value.hint)


@pytest.mark.usefixtures("ticket")
def test_a_centre_that_does_not_answer(
    realm: Realm, sim: Simulator, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configuration = realm.write_client_configuration(tmp_path / "krb5.conf", port=1)
    monkeypatch.setenv("KRB5_CONFIG", str(configuration))
    with pytest.raises(ConnectError, match="responds") as caught:
        ask(sim, me(), at(sim))
    assert caught.value.retriable


def test_a_user_of_the_realm_without_an_account(
    realm: Realm, sim: Simulator, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(realm.ticket("stranger", PASSWORD), monkeypatch)
    with pytest.raises(InvalidCredentials, match="refused the current user"):
        ask(sim, me(), at(sim))


@pytest.mark.usefixtures("ticket")
def test_the_server_of_another_certificate_is_refused(sim: Simulator, ask: Ask) -> None:
    import ssl

    pem = sim.authority.issue(["elsewhere.example"]).read_text()
    windows(sim).certificate = ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN CERTIFICATE-----") :])
    with pytest.raises(AuthenticationError):
        ask(sim, me(), at(sim))
    assert windows(sim).logins == []


# The server's own proof


def impostor(proof: str) -> Handler:
    async def answer(request: Request) -> Response:
        if "authorization" not in request.headers:
            return Response(401, headers=[("WWW-Authenticate", "Negotiate")])
        return Response(200, b"{}", [("WWW-Authenticate", f"Negotiate {proof}".rstrip())])

    return answer


@pytest.mark.usefixtures("ticket")
def test_without_tls_a_server_must_prove_who_it_is(sim: Simulator, ask: Ask) -> None:
    with serving(sim, impostor("")) as url, pytest.raises(AuthenticationError, match="did not prove"):
        ask(sim, me(), url.replace("127.0.0.1", HOST))


@pytest.mark.usefixtures("ticket")
def test_a_wrong_proof_is_refused_whatever_it_comes_on(sim: Simulator, ask: Ask) -> None:
    context = server_context(sim.authority.issue([HOST]))
    proof = "oYG3MIG0oAMKAQChCwYJKoZIhvcSAQICooGfBIGc"
    with (
        serving(sim, impostor(proof), context=context) as url,
        pytest.raises(AuthenticationError, match="did not prove"),
    ):
        ask(sim, me(), url.replace("127.0.0.1", HOST))


# The realm itself


def test_the_realm_leaves_the_machine_alone(realm: Realm, tmp_path: Path) -> None:
    assert all(str(realm.folder) in value for value in realm.environment.values())
    watch = Stopwatch()
    with Realm(tmp_path) as another:
        assert watch.seconds < 5
        assert another.port != realm.port
    kept = {path.name for path in tmp_path.iterdir()}
    assert {"krb5.conf", "kdc.conf", "principal"} <= kept


def test_a_missing_realm_is_an_error_where_it_is_demanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests._net.windows.realm._PATH", os.devnull)
    monkeypatch.setenv("MILESTONE_SDK_REQUIRE_KERBEROS", "1")
    with pytest.raises(pytest.fail.Exception, match=r"krb5kdc \(krb5-kdc\)"):
        require_kerberos()
    monkeypatch.delenv("MILESTONE_SDK_REQUIRE_KERBEROS")
    with pytest.raises(pytest.skip.Exception, match=r"kinit \(krb5-user\)"):
        require_kerberos()
