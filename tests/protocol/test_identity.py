"""Discovery and tokens, byte by byte."""

import contextlib
import json
from datetime import timedelta
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk import (
    AccountLocked,
    AuthenticationError,
    InvalidCredentials,
    MilestoneError,
    PasswordChangeRequired,
    RemoteProtocolError,
    ServiceUnavailable,
)
from milestone_sdk._protocol.identity import (
    Lease,
    basic_authorization,
    parse_discovery,
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


def test_other_refusals_keep_their_reason() -> None:
    with pytest.raises(AuthenticationError, match="unsupported_grant_type"):
        parse_grant(400, b'{"error":"unsupported_grant_type"}')


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


@pytest.mark.parametrize(
    ("life", "seconds"),
    [
        ('"3600.0"', 3600),
        (" 3600.5", 3600.5),
        ('"1E3"', 1000),
        ("1e999", 10**9),
        ("9" * 40, 10**9),
        *((word, 3600) for word in ("null", "true", "-1", "0", "NaN", "[]", '"soon"', '"\u00b2"', '"\u0663"', '""')),
    ],
)
def test_an_access_token_works_whatever_its_life_says(life: str, seconds: float) -> None:
    found = parse_grant(200, b'{"access_token":"x","expires_in":%s}' % life.encode())
    assert (found.token, found.expires_in) == ("x", timedelta(seconds=seconds))


def test_an_access_token_without_a_life_works_for_an_hour() -> None:
    assert parse_grant(200, b'{"access_token":"x"}').expires_in == timedelta(hours=1)


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


def test_basic_authorization_is_utf8() -> None:
    assert basic_authorization("öp", "a:b") == "Basic w7ZwOmE6Yg=="
