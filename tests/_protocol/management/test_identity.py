"""Discovery and tokens, byte by byte."""

import contextlib
import json
from base64 import b64decode
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk import (
    AccountLocked,
    AuthenticationError,
    InvalidCredentials,
    LoginNotSupported,
    MilestoneError,
    PasswordChangeRequired,
    RemoteProtocolError,
    ServerFault,
    ServiceUnavailable,
)
from milestone_sdk._protocol.management.identity import (
    Lease,
    basic_authorization,
    parse_discovery,
    parse_gateways,
    parse_grant,
    password_form,
)


@pytest.mark.parametrize(
    ("status", "body", "oauth"),
    [
        (200, b'{"issuer":"https://vms/IDP","server_version":"21.1"}', True),
        (200, b'{"server_version":"25.2.1804.0","more":[1]}', True),
        (200, b'{"server_version":"20.3"}', False),
        (200, b'{"issuer":"https://vms/IDP"}', False),
        (200, b'{"server_version":25}', False),
        (200, b'{"server_version":"next"}', False),
        (404, b"<html>404</html>", False),
        (401, b"", False),
    ],
)
def test_a_server_has_oauth_only_with_a_version_from_21_on(status: int, body: bytes, oauth: bool) -> None:
    assert parse_discovery(status, body).oauth is oauth


@pytest.mark.parametrize("body", [b"", b"<html>router login</html>", b"[1]", b'{"server_version":', b"\xff\xfe"])
def test_what_is_no_description_is_no_xprotect_server(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_discovery(200, body)


def test_a_failing_identity_provider_is_no_reason_to_log_in_another_way() -> None:
    with pytest.raises(ServiceUnavailable):
        parse_discovery(503, b"")
    with pytest.raises(ServiceUnavailable):
        parse_grant(502, b"<html>")


@given(st.text(min_size=1), st.text())
def test_the_form_survives_every_character(name: str, password: str) -> None:
    try:
        body = password_form(name, password)
    except UnicodeEncodeError:
        return  # lone surrogates are no text
    assert parse_qs(body.decode("ascii"), strict_parsing=True, keep_blank_values=True) == {
        "grant_type": ["password"],
        "username": [name],
        "password": [password],
        "client_id": ["GrantValidatorClient"],
    }


def test_reserved_characters_are_escaped() -> None:
    assert b"password=p%26w%2B%25%C3%B6" in password_form("arc", "p&w+%ö")


def test_a_grant_is_read_and_hidden() -> None:
    grant = parse_grant(200, b'{"access_token":"eyJ.x.y","expires_in":3600,"token_type":"Bearer","new":null}')
    assert (grant.token, grant.expires_in) == ("eyJ.x.y", timedelta(hours=1))
    assert "eyJ" not in repr(grant)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("InvalidCredentials", InvalidCredentials),
        ("LockedOut", AccountLocked),
        ("ChangePassword", PasswordChangeRequired),
        ("SomethingNew", InvalidCredentials),
    ],
)
def test_the_reason_is_in_the_code_not_in_the_description(code: str, error: type[MilestoneError]) -> None:
    body = {"error": "invalid_grant", "error_description": "invalid_username_or_password", "error_code": code}
    with pytest.raises(error) as caught:
        parse_grant(400, json.dumps(body).encode())
    assert type(caught.value) is error
    assert not caught.value.retriable


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (429, '{"error":"rate_limited"}', ServiceUnavailable),
        (429, "<html>", ServiceUnavailable),
        (408, "", ServiceUnavailable),
        (500, '{"error":"invalid_grant","error_code":"InvalidCredentials"}', ServiceUnavailable),
        (503, '{"error":"temporarily_unavailable"}', ServiceUnavailable),
        (400, '{"error":"temporarily_unavailable"}', ServiceUnavailable),
        (400, '{"error":"slow_down"}', ServiceUnavailable),
        (400, '{"error":"server_error"}', ServiceUnavailable),
        (400, '{"error":"invalid_client"}', ServerFault),
        (401, '{"error":"invalid_client"}', ServerFault),
        (400, '{"error":"invalid_scope"}', ServerFault),
        (400, '{"error":"unauthorized_client"}', ServerFault),
        (400, '{"error":"unsupported_grant_type"}', ServerFault),
        (400, '{"error":{"httpCode":400}}', ServerFault),
        (400, "{}", ServerFault),
        (403, "<html>", RemoteProtocolError),
        (403, '{"message":"Forbidden"}', ServerFault),
        (407, "<html>", RemoteProtocolError),
        (401, "", InvalidCredentials),
        (401, "<html>", InvalidCredentials),
        (401, "{}", InvalidCredentials),
        (400, '{"error":"access_denied"}', AuthenticationError),
    ],
)
def test_only_what_speaks_of_the_user_is_a_refused_login(status: int, body: str, error: type[MilestoneError]) -> None:
    with pytest.raises(error) as caught:
        parse_grant(status, body.encode())
    assert type(caught.value) is error
    assert isinstance(caught.value, AuthenticationError) == issubclass(error, AuthenticationError)


def test_other_refusals_keep_their_reason() -> None:
    with pytest.raises(ServerFault, match="unsupported_grant_type") as caught:
        parse_grant(400, b'{"error":"unsupported_grant_type","error_code":"Unknown"}')
    assert (caught.value.code, caught.value.subcode) == ("unsupported_grant_type", "Unknown")


MONTH = timedelta(days=30)


@pytest.mark.parametrize(
    ("stated", "counted"),
    [
        ("3600", timedelta(hours=1)),
        ('"3600"', timedelta(hours=1)),
        ("0.5", timedelta(seconds=0.5)),
        ("3155692600", MONTH),
        ("9223372036854775807", MONTH),
        ("1" + "0" * 39, MONTH),
        ('"1' + "0" * 400 + '"', MONTH),
        ("1e308", MONTH),
        ("1e999", MONTH),
        ('"Infinity"', MONTH),
        ('"NaN"', timedelta(hours=1)),
        ("0", timedelta(hours=1)),
        ("-1", timedelta(hours=1)),
        ("-1" + "0" * 38, timedelta(hours=1)),
        ("null", timedelta(hours=1)),
        ("true", timedelta(hours=1)),
        ("[1]", timedelta(hours=1)),
        ('"soon"', timedelta(hours=1)),
        ('"\u00b2"', timedelta(hours=1)),
    ],
)
def test_a_life_that_is_no_number_or_endless_loses_no_login(stated: str, counted: timedelta) -> None:
    grant = parse_grant(200, f'{{"access_token":"x","expires_in":{stated}}}'.encode())
    assert (grant.token, grant.expires_in) == ("x", counted)


def test_a_life_may_be_left_out() -> None:
    assert parse_grant(200, b'{"access_token":"x"}').expires_in == timedelta(hours=1)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"access_token":""}',
        b'{"access_token":5,"expires_in":3600}',
        b"<html>",
    ],
)
def test_an_unusable_grant_is_a_protocol_error(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_grant(200, body)


@given(
    st.integers(200, 599), st.binary() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
def test_nothing_else_ever_escapes(status: int, body: bytes) -> None:
    for parse in (parse_discovery, parse_grant):
        with contextlib.suppress(MilestoneError):
            parse(status, body)


def test_a_token_never_stands_in_an_error() -> None:
    token = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.c2lnbmF0dXJl"
    with pytest.raises(RemoteProtocolError) as caught:
        parse_discovery(200, f'["{token}"'.encode())
    assert token not in f"{caught.value} {caught.value.sample}"


def test_a_lease_is_due_at_80_percent_and_over_at_its_end() -> None:
    lease = Lease(token="secret", since=1000.0, life=100.0)
    assert [lease.is_due(now) for now in (1000, 1079.9, 1080)] == [False, False, True]
    assert [lease.is_over(now) for now in (1099.9, 1100)] == [False, True]
    assert "secret" not in repr(lease)


@pytest.mark.parametrize(
    ("password", "sent"),
    [
        ("ö", b"\xf6"),
        ("o\u0308", b"\xf6"),
        ("10 €", b"10 \x80"),
        ("Œuvre “x”", b"\x8cuvre \x93x\x94"),
        ("a:b", b"a:b"),
        ("", b""),
    ],
)
def test_basic_authorization_is_in_windows_1252_as_dot_net_writes_it(password: str, sent: bytes) -> None:
    scheme, _, encoded = basic_authorization("Jörg", password).partition(" ")
    assert (scheme, b64decode(encoded)) == ("Basic", b"J\xf6rg:" + sent)


@pytest.mark.parametrize(
    ("name", "password", "said"),
    [
        ("arc", "пароль", "the password"),
        ("arc", "pass🔑", "the password"),
        ("arc", "łódź", "the password"),
        ("arc", "x\u0302", "the password"),
        ("arc", "\x81", "the password"),
        ("Иван", "secret", "the user name"),
        ("front:desk", "secret", "colon"),
    ],
)
def test_what_http_basic_cannot_carry_is_refused_without_showing_the_password(
    name: str, password: str, said: str
) -> None:
    with pytest.raises(LoginNotSupported, match=said) as caught:
        basic_authorization(name, password)
    assert caught.value.hint is not None
    shown = str(caught.value) + repr(caught.value.__context__)
    assert password not in shown


@pytest.mark.parametrize("life", ["NaN", "Infinity", "-Infinity", "1" + "0" * 400])
def test_a_life_that_is_no_json_or_too_long_to_convert(life: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_grant(200, f'{{"access_token":"t","expires_in":{life}}}'.encode())


@pytest.mark.parametrize("token", ["a\r\nb", "a\0", "tök", "two words", "", 5])
def test_a_token_that_no_header_can_hold(token: object) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_grant(200, json.dumps({"access_token": token, "expires_in": 5}).encode())


def test_gateways_that_are_no_addresses_are_left_out() -> None:
    bad = ["https://[", "http://[::1", "https://a:²", "https://a:99999", "//a/API/", "https://u:p@a/", "ftp://a/", 5]
    good = ["https://gw.example/API/", "http://10.0.0.1:8080/API/"]
    assert parse_gateways(200, json.dumps({"ApiGateways": [*bad, *good]}).encode()) == tuple(good)
