"""Windows users with a password: NTLM and Negotiate over real connections, as servers do it and as they should not."""

import base64
import logging
import pickle
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from milestone_sdk import (
    AccountLocked,
    AuthenticationError,
    ConnectError,
    ConnectionLost,
    InvalidCredentials,
    LoginNotSupported,
    MilestoneError,
    PasswordChangeRequired,
    RemoteProtocolError,
)
from milestone_sdk._net.failures import NETWORK_EXCEPTIONS, translate
from milestone_sdk._net.windows.auth import windows_auth
from milestone_sdk._net.windows.challenges import MAX_REFUSAL
from milestone_sdk._net.windows.errors import explain
from milestone_sdk.simulator import Simulator
from milestone_sdk.simulator.windows.login import Login
from milestone_sdk.simulator.windows.ntlm import Acceptor
from milestone_sdk.simulator.windows.spnego import NTLM_OID, NegotiationState, Next
from milestone_sdk.simulator.wire.http import Request, Response

from .clients import one_connection_client
from .conftest import Ask
from .requests import (
    ASMX,
    FORM,
    IS_ONLINE,
    ONE_EACH,
    PASSWORD,
    SCHEMES,
    SOAP_HEADERS,
    TOKEN,
    USER,
    arc,
    serving,
    trusting,
    windows,
)

# What works


@SCHEMES
@pytest.mark.parametrize("user", [USER, "vms\\ARC", "arc@vms.example", "arc@VMS", ".\\arc"])
def test_every_form_of_a_name_logs_in(
    sim: Simulator, ask: Ask, user: str, mechanisms: tuple[str, ...], used: str
) -> None:
    windows(sim).mechanisms = mechanisms  # type: ignore[assignment]
    answer = ask(sim, arc(user))
    assert answer.status_code == 200
    assert sim.tokens.check_access(answer.json()["access_token"]) is sim.site.user(USER)
    assert windows(sim).logins == [Login(USER, used, channel_bound=True)]
    assert len(sim.requests) == 3, "asked, challenged, answered: no leg too many"


@SCHEMES
def test_http_without_tls_works_too(sim: Simulator, ask: Ask, mechanisms: tuple[str, ...], used: str) -> None:
    windows(sim).mechanisms = mechanisms  # type: ignore[assignment]
    assert ask(sim, arc(), sim.http_url + TOKEN).status_code == 200
    assert windows(sim).logins == [Login(USER, used, channel_bound=False)]


def test_one_header_may_offer_several_schemes(sim: Simulator, ask: Ask) -> None:
    windows(sim).one_header = True
    assert ask(sim, arc()).status_code == 200


def test_the_old_form_of_the_services_takes_the_same_login(sim: Simulator, ask: Ask) -> None:
    answer = ask(sim, arc(), sim.http_url + ASMX, data=None, content=IS_ONLINE, headers=SOAP_HEADERS)
    assert answer.status_code == 200
    assert b"<IsOnlineResult>true</IsOnlineResult>" in answer.content


def test_every_leg_carries_the_whole_body(sim: Simulator, ask: Ask) -> None:
    ask(sim, arc())
    lengths = {request.headers["content-length"] for request in sim.requests}
    assert len(sim.requests) == 3
    assert lengths == {str(len("grant_type=windows_credentials&client_id=GrantValidatorClient"))}


def test_a_body_that_can_be_read_once_is_kept_for_all_legs(sim: Simulator) -> None:
    def body() -> Iterator[bytes]:
        yield b"grant_type=windows_credentials&"
        yield b"client_id=GrantValidatorClient"

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    with one_connection_client(trusting(sim), 10.0) as client:
        answer = client.post(sim.url + TOKEN, content=body(), headers=headers, auth=arc())
    assert answer.status_code == 200


def test_cookies_of_each_leg_come_back_with_the_next(sim: Simulator, ask: Ask) -> None:
    windows(sim).fault = "demand_cookies"
    assert ask(sim, arc(), headers={"Cookie": "mine=kept"}).status_code == 200
    assert windows(sim).refusals == []
    assert "mine=kept" in sim.requests[-1].headers["cookie"]


def test_a_connection_stays_logged_in(sim: Simulator) -> None:
    auth = arc()
    with one_connection_client(trusting(sim), 10.0) as client:
        answers = [client.post(sim.url + TOKEN, data=FORM, auth=auth) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len(sim.requests) == 3 + 1 + 1
    assert len(windows(sim).logins) == 1


# What is refused


@SCHEMES
@pytest.mark.parametrize(
    ("user", "password"), [(USER, "wrong"), (USER, ""), ("VMS\\nobody", PASSWORD), ("OTHER\\arc", PASSWORD)]
)
def test_a_wrong_password_is_told_after_one_try(
    sim: Simulator, ask: Ask, user: str, password: str, mechanisms: tuple[str, ...], used: str
) -> None:
    windows(sim).mechanisms = mechanisms  # type: ignore[assignment]
    with pytest.raises(InvalidCredentials, match="check user name, domain and password"):
        ask(sim, arc(user, password))
    assert len(windows(sim).refusals) == 1, "each try counts towards locking the account"
    account = sim.site.user(USER)
    assert account is not None
    assert account.failures == (1 if user == USER else 0)


def test_a_locked_account_is_refused_with_the_right_password(sim: Simulator, ask: Ask) -> None:
    for _ in range(sim.site.lockout_after):
        with pytest.raises(InvalidCredentials):
            ask(sim, arc(password="wrong"))
    with pytest.raises(InvalidCredentials, match="locked"):
        ask(sim, arc())


def test_the_gateway_passes_no_windows_login_on(sim: Simulator, ask: Ask) -> None:
    answer = ask(sim, arc(), sim.url + "/API" + TOKEN)
    assert (answer.status_code, len(sim.requests)) == (400, 1)


def test_a_server_without_windows_login_is_told_by_what_it_offers(sim: Simulator, ask: Ask) -> None:
    windows(sim).mechanisms = ()
    with pytest.raises(LoginNotSupported, match="it offers basic") as caught:
        ask(sim, arc(), sim.url + ASMX)
    assert "IIS" in str(caught.value.hint)
    with pytest.raises(LoginNotSupported, match="it offers nothing"):
        ask(sim, arc())


def test_an_offer_within_quotes_is_none(sim: Simulator, ask: Ask) -> None:
    async def answer(request: Request) -> Response:
        return Response(401, headers=[("WWW-Authenticate", 'Basic realm="a, NTLM b", charset="UTF-8"')])

    with serving(sim, answer) as url, pytest.raises(LoginNotSupported, match=r"it offers basic\."):
        ask(sim, arc(), url)


# What servers should not do


@ONE_EACH
def test_a_missing_challenge_is_the_servers_fault(sim: Simulator, ask: Ask, mechanisms: tuple[str, ...]) -> None:
    windows(sim).mechanisms = mechanisms  # type: ignore[assignment]
    windows(sim).fault = "missing_challenge"
    with pytest.raises(RemoteProtocolError, match="no challenge"):
        ask(sim, arc())


@ONE_EACH
@pytest.mark.parametrize("garbled", ["VGhpcyBpcyBubyBjaGFsbGVuZ2U=", "!!!", "TlRMTVNTUAACAAAA", "====", "oQcwBaADCgEB"])
def test_a_garbled_challenge_is_the_servers_fault(
    sim: Simulator, ask: Ask, mechanisms: tuple[str, ...], garbled: str
) -> None:
    windows(sim).mechanisms = mechanisms  # type: ignore[assignment]
    windows(sim).fault, windows(sim).garbled = "garbled_challenge", garbled
    with pytest.raises((RemoteProtocolError, InvalidCredentials)) as caught:
        ask(sim, arc())
    assert isinstance(caught.value, RemoteProtocolError) or garbled == "oQcwBaADCgEB"


def test_a_rejection_in_the_language_of_negotiate_is_a_refusal(sim: Simulator, ask: Ask) -> None:
    windows(sim).mechanisms, windows(sim).fault = ("Negotiate",), "garbled_challenge"
    windows(sim).garbled = base64.b64encode(Next(NegotiationState.REJECT).encode()).decode()
    with pytest.raises(InvalidCredentials):
        ask(sim, arc())


@ONE_EACH
@pytest.mark.parametrize("fault", ["hang_up", "connection_close"])
def test_a_connection_that_ends_between_two_legs_is_no_refusal(
    sim: Simulator, ask: Ask, mechanisms: tuple[str, ...], fault: str
) -> None:
    windows(sim).mechanisms = mechanisms  # type: ignore[assignment]
    windows(sim).fault = fault  # type: ignore[assignment]
    with pytest.raises(NETWORK_EXCEPTIONS) as caught:
        ask(sim, arc())
    meaning = translate(caught.value, server=sim.url, operation="token request")
    assert type(meaning) is ConnectionLost
    assert meaning.retriable
    account = sim.site.user(USER)
    assert account is not None
    assert account.failures == 0


def test_a_new_challenge_in_place_of_a_refusal_gets_no_second_answer(sim: Simulator, ask: Ask) -> None:
    legs: list[str] = []

    async def answer(request: Request) -> Response:
        legs.append(request.headers.get("authorization", ""))
        challenge = "NTLM" if not legs[-1] else f"NTLM {base64.b64encode(_challenge()).decode()}"
        return Response(401, headers=[("WWW-Authenticate", challenge)])

    with serving(sim, answer) as url, pytest.raises(InvalidCredentials):
        ask(sim, arc(), url)
    assert len(legs) == 3, "the password was proven once"


def test_a_server_that_never_comes_to_an_end_is_left(sim: Simulator, ask: Ask) -> None:
    legs: list[str] = []

    async def answer(request: Request) -> Response:
        legs.append(request.headers.get("authorization", ""))
        state = Next(NegotiationState.ACCEPT_INCOMPLETE, NTLM_OID, _challenge()).encode()
        return Response(401, headers=[("WWW-Authenticate", f"Negotiate {base64.b64encode(state).decode()}")])

    with serving(sim, answer) as url, pytest.raises((RemoteProtocolError, InvalidCredentials)):
        ask(sim, arc(), url)
    assert len(legs) <= 10


def test_a_refusal_without_end_is_not_read_to_the_end(sim: Simulator, ask: Ask) -> None:
    async def answer(request: Request) -> Response:
        return Response(401, bytes(MAX_REFUSAL + 1), [("WWW-Authenticate", "NTLM")])

    with serving(sim, answer) as url, pytest.raises(RemoteProtocolError, match="longer than"):
        ask(sim, arc(), url)


def _challenge() -> bytes:
    negotiate = b"NTLMSSP\0\x01\0\0\0" + (0xE20882B7).to_bytes(4, "little") + bytes(16)
    return Acceptor("VMS", "VMS", datetime.now(UTC), b"8 octets").challenge(negotiate)


@pytest.fixture(scope="module")
def shared() -> Iterator[Simulator]:
    with Simulator(services=("management",), tls=False) as running:
        yield running


mangled = st.builds(
    lambda token, at, flip, end: (
        token[: at % len(token)]
        + bytes([token[at % len(token)] ^ flip])
        + token[at % len(token) + 1 : len(token) - end]
    ),
    st.sampled_from([_challenge(), Next(NegotiationState.ACCEPT_INCOMPLETE, NTLM_OID, _challenge()).encode()]),
    st.integers(0, 1000),
    st.integers(0, 255),
    st.integers(0, 60),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(token=st.binary(min_size=1, max_size=200) | mangled, scheme=st.sampled_from(["NTLM", "Negotiate"]))
@example(token=b"NTLMSSP\0\x02\0\0\0", scheme="NTLM")
@example(token=b"\xa1\x84\xff\xff\xff\xff", scheme="Negotiate")
@example(token=b"\x60" + b"\x30\x80" * 90, scheme="Negotiate")
def test_whatever_a_server_sends_as_challenge_ends_in_an_error_of_ours(
    shared: Simulator, token: bytes, scheme: str
) -> None:
    login = windows(shared)
    login.mechanisms, login.fault = (scheme,), "garbled_challenge"  # type: ignore[assignment]
    login.garbled = base64.b64encode(token).decode()
    shared.site.users[1].failures, shared.site.users[1].locked_until = 0, None
    with one_connection_client(trusting(shared), 10.0) as client, pytest.raises(MilestoneError) as caught:
        client.post(shared.url + TOKEN, data=FORM, auth=arc())
    assert isinstance(caught.value, RemoteProtocolError | AuthenticationError)


# Secrets, and what is loaded when


def test_neither_password_nor_tokens_show_anywhere(sim: Simulator, ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    auth = arc()
    ask(sim, auth)
    with pytest.raises(InvalidCredentials) as caught:
        ask(sim, arc(password="Another&Secret"))
    assert PASSWORD not in repr(auth)
    assert PASSWORD not in str(auth)
    error: BaseException | None = caught.value
    while error is not None:
        assert "Another&Secret" not in repr(error)
        error = error.__cause__ or error.__context__
    tokens = [
        request.headers["authorization"].split()[1] for request in sim.requests if "authorization" in request.headers
    ]
    assert len(tokens) == 4
    written = "\n".join(record.getMessage() for record in caplog.records)
    assert "connect_tcp" in written, "the log is on, to its last detail"
    for secret in (PASSWORD, "Another&Secret", *tokens):
        assert secret not in written
    with pytest.raises(TypeError):
        pickle.dumps(auth)


def test_what_windows_users_need_is_loaded_for_them_alone() -> None:
    code = (
        "import sys; from milestone_sdk._net.windows.auth import windows_auth\n"
        "heavy = {'spnego', 'httpx_ntlm', 'cryptography', 'gssapi'} & set(sys.modules)\n"
        "windows_auth(None, None, host='x')\n"
        "print(sorted(heavy | ({'spnego', 'gssapi', 'cryptography'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_current_user_needs_more_than_ntlm_here(sim: Simulator, ask: Ask) -> None:
    if sys.platform == "win32":
        pytest.skip("on Windows the current user can do NTLM")
    windows(sim).mechanisms = ("NTLM",)
    with pytest.raises(LoginNotSupported, match="only NTLM"):
        ask(sim, windows_auth(None, None, host="localhost"))


def test_a_current_user_without_the_extra_is_told_what_to_install(sim: Simulator) -> None:
    """In another process, in which Kerberos cannot be imported whether it is installed or not."""
    code = (
        "import sys; sys.modules['gssapi'] = None\n"
        "import ssl; from milestone_sdk._net.windows.auth import *\n"
        "from milestone_sdk._net.http.blocking import http_client\n"
        f"context = ssl.create_default_context(cafile={str(sim.ca_file)!r})\n"
        "client = http_client(context, timeout=10.0, connections=1)\n"
        f"try: client.post({sim.url + TOKEN!r}, data={FORM!r}, auth=windows_auth(None, None, host='localhost'))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("LoginNotSupported the current user cannot log in: Kerberos is not installed")
    assert "milestone_sdk[kerberos]" in done.stdout


def test_a_server_that_drops_the_connection_at_once_is_no_login_error(sim: Simulator, ask: Ask) -> None:
    sim.faults.add("idp", "reset")
    with pytest.raises(NETWORK_EXCEPTIONS) as caught:
        ask(sim, arc())
    assert type(translate(caught.value, server=sim.url, operation="token request")) is ConnectionLost


class KerberosError(Exception):
    """An error of GSSAPI: the minor status is the code of MIT krb5."""

    maj_code = 851968

    def __init__(self, min_code: int) -> None:
        super().__init__("Unspecified GSS failure")
        self.min_code = min_code


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (-1765328228, ConnectError),  # no KDC answers
        (-1765328164, ConnectError),  # the names of the KDCs cannot be resolved
        (-1765328355, ConnectError),  # the KDC is not available
        (-1765328360, InvalidCredentials),
        (-1765328378, InvalidCredentials),
        (-1765328366, AccountLocked),
        (-1765328361, PasswordChangeRequired),
        (-1765328347, AuthenticationError),  # clock skew
    ],
)
def test_which_failures_of_kerberos_are_refusals_of_the_user(code: int, error: type[MilestoneError]) -> None:
    told = explain(KerberosError(code), host="vms.example.test")
    assert told is not None
    assert type(told) is error
    assert told.retriable is (error is ConnectError)
