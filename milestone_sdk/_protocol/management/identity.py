"""Discovery, and the two tokens with their lifetimes.

The identity provider of a server since 2021 R1 issues an *access token* (an hour), which authorises calls to the
management server. Every server issues a *corporate token* (four hours) by `Login`, for recorders and the event server.
Both lifetimes are counted on a monotonic clock from the receipt, whatever the server's clock says.
"""  # docs/protocol: identity-discovery, identity-password, identity-corporate, identity-lifetimes

import re
from base64 import b64encode
from datetime import timedelta
from typing import Any, Final, cast
from unicodedata import normalize
from urllib.parse import urlencode

from attrs import field, frozen

from ...credentials import is_token
from ...errors import (
    AccountLocked,
    AuthenticationError,
    ConfigurationError,
    InvalidCredentials,
    LoginNotSupported,
    MilestoneError,
    NotFound,
    PasswordChangeRequired,
    RemoteProtocolError,
    ServerFault,
    ServiceUnavailable,
)
from ..jsontext import parse_object
from ..soap.values import note
from .location import Location

__all__ = [
    "DISCOVERY_PATH",
    "GATEWAYS_PATH",
    "TOKEN_PATH",
    "AccessGrant",
    "Discovery",
    "Lease",
    "basic_authorization",
    "life_to_count",
    "parse_discovery",
    "parse_gateway_version",
    "parse_gateways",
    "parse_grant",
    "password_form",
    "windows_form",
]

DISCOVERY_PATH: Final = "/IDP/.well-known/openid-configuration"
TOKEN_PATH: Final = "/IDP/connect/token"
GATEWAYS_PATH: Final = "/API/.well-known/uris"
_MAX_ANSWER: Final = 2**20
"""Bytes of a reply; a token has some thousand."""
_CLIENT_ID: Final = "GrantValidatorClient"
_FIRST_OAUTH_MAJOR: Final = 21
_RENEWAL_SHARE: Final = 0.8
_MAX_SAMPLE: Final = 120
_USUAL_ACCESS_LIFE: Final = 3600.0
_LONGEST_LIFE: Final = 30 * 86_400.0
_BUSY: Final = (408, 429)
_PASSING: Final = ("temporarily_unavailable", "slow_down", "server_error")
"""Errors of OAuth 2.0 after which a client tries again (RFC 6749 4.1.2.1, RFC 8628 3.5)."""
_REFUSED: Final = "the identity provider refused the login"
_CHECK: Final = "check user name and password"
_ANSI: Final = "cp1252"


@frozen(kw_only=True)
class Discovery:
    """Whether the server has an identity provider that issues access tokens, and the version that it reports."""

    oauth: bool
    server_version: str | None = None


@frozen(kw_only=True)
class AccessGrant:
    """An access token as the identity provider issued it."""

    token: str = field(repr=False)
    expires_in: timedelta


@frozen(kw_only=True)
class Lease:
    """A token and its lifetime, in seconds of a monotonic clock."""

    token: str = field(repr=False)
    since: float
    life: float

    def is_due(self, now: float) -> bool:
        """Whether to renew it now, ahead of its end: from 80 % of its lifetime on."""
        return now >= self.since + self.life * _RENEWAL_SHARE

    def is_over(self, now: float) -> bool:
        """Whether it has ended."""
        return now >= self.since + self.life


def _sample(body: bytes) -> str:
    return re.sub(r"[A-Za-z0-9_\-+/=.#]{24,}", "...", body[:_MAX_SAMPLE].decode("utf-8", "replace"))


def _json_object(body: bytes, what: str) -> dict[str, Any]:
    try:
        return parse_object(body, maximum=_MAX_ANSWER)
    except ValueError as error:
        page = body.lstrip()[:1] == b"<"
        raise RemoteProtocolError(
            f"{what} is {'a web page' if page else 'not a JSON object'}",
            hint="check that this is the address of an XProtect management server",
            sample=_sample(body),
        ) from error


def _check_available(status: int, service: str) -> None:
    if status >= 500 or status in _BUSY:
        raise ServiceUnavailable(f"HTTP {status} from the {service}", service=service)


def parse_discovery(status: int, body: bytes) -> Discovery:
    """Read the reply to `GET` of `DISCOVERY_PATH`.

    A server has OAuth if and only if it replies 200 with a `server_version` of major 21 or more. Raises
    `RemoteProtocolError` for a reply that is not of XProtect, `ServiceUnavailable` for 408, 429 and 5xx.
    """  # docs/protocol: identity-discovery
    _check_available(status, "identity provider")
    if status != 200:
        return Discovery(oauth=False)
    version = _json_object(body, "the identity provider's description").get("server_version")
    if not isinstance(version, str) or not (major := re.match(r"(\d{1,4})(?:\.|$)", version)):
        return Discovery(oauth=False)
    return Discovery(oauth=int(major[1]) >= _FIRST_OAUTH_MAJOR, server_version=version)


def password_form(name: str, password: str) -> bytes:
    """Return the body that requests an access token for a basic user; every value is form-encoded."""
    fields = {"grant_type": "password", "username": name, "password": password, "client_id": _CLIENT_ID}
    return urlencode(fields).encode("ascii")


def windows_form() -> bytes:
    """Return the body that requests an access token for a Windows user, whom the HTTP handshake authenticates."""
    return urlencode({"grant_type": "windows_credentials", "client_id": _CLIENT_ID}).encode("ascii")


def parse_gateways(status: int, body: bytes) -> tuple[str, ...]:
    """Read the reply to `GET` of `GATEWAYS_PATH`: the addresses of the API gateways; none where it is not found.

    Raises `ServiceUnavailable` for 408, 429 and 5xx, `RemoteProtocolError`.
    """  # docs/protocol: identity-discovery
    _check_available(status, "API gateway")
    if status != 200:
        return ()
    found = _json_object(body, "the list of gateways").get("ApiGateways")
    if not isinstance(found, list):
        return ()
    return tuple(each for each in cast("list[object]", found) if isinstance(each, str) and _is_address(each))


def _is_address(text: str) -> bool:
    try:
        Location.parse(text, path_allowed=True)
    except ConfigurationError:
        return False
    return True


def parse_gateway_version(status: int, body: bytes) -> str | None:
    """Read the version of the API gateway from the same reply. Raises `RemoteProtocolError`."""
    # docs/protocol: identity-discovery
    found = _json_object(body, "the list of gateways").get("ProductVersion") if status == 200 else None
    return found if isinstance(found, str) else None


def basic_authorization(name: str, password: str) -> str:
    """Return the value of an `Authorization` header for HTTP Basic, in Windows-1252 (servers before 2021 R1).

    .NET writes and reads HTTP Basic in the ANSI code page of its machine. Raises `LoginNotSupported` for a character
    that Windows-1252 lacks and for a colon in the name, which the server would read as the end of the name: the server
    would refuse both, and count that towards locking the account. Letters that are not composed are composed first.
    """
    if ":" in name:
        raise LoginNotSupported(
            f"the user name {name!r} contains a colon, which HTTP Basic cannot carry",
            hint="servers before 2021 R1 need a basic user without a colon in the name",
        )
    parts: list[bytes] = []
    for what, text in (("user name", name), ("password", password)):
        composed = normalize("NFC", text)
        encoded = composed.encode(_ANSI, "replace")  # a UnicodeEncodeError would hold the password
        if encoded.decode(_ANSI) != composed:
            raise LoginNotSupported(
                f"the {what} contains a character that is not in Windows-1252, which HTTP Basic cannot carry",
                hint=f"servers before 2021 R1 need a basic user with a {what} of Western letters, best ASCII only",
            )
        parts.append(encoded)
    return "Basic " + b64encode(b":".join(parts)).decode("ascii")


def life_to_count(seconds: float | None, *, usual: float) -> timedelta:
    """Return the lifetime of a token that the server stated; `usual` where it stated no number above 0.

    It is a month at most: an administrator's "never" is a lifetime of centuries. A token that ends earlier is refused
    by the server, and the call that was refused gets a new one.
    """
    if seconds is None or not seconds > 0:
        seconds = usual
    return timedelta(seconds=min(seconds, _LONGEST_LIFE))


def parse_grant(status: int, body: bytes) -> AccessGrant:
    """Read the token endpoint's reply.

    Raises `InvalidCredentials`, `AccountLocked`, `PasswordChangeRequired` by `error_code`, since the description is the
    same for all three; `ServiceUnavailable` for a temporary failure; `ServerFault` for an error that is not about the
    user; `RemoteProtocolError`.
    """  # docs/protocol: identity-password
    _check_available(status, "identity provider")
    if status == 404:
        text = "HTTP 404: the identity provider is not found"
        raise ServiceUnavailable(text, service="identity provider") from NotFound("HTTP 404")
    try:
        answer = _json_object(body, "the reply to the token request")
    except RemoteProtocolError:
        if status == 401:
            raise InvalidCredentials(_REFUSED, hint=_CHECK) from None
        raise
    if status != 200:
        raise _refusal(status, answer)
    token, seconds = answer.get("access_token"), _number(answer.get("expires_in"))
    if not isinstance(token, str) or not is_token(token):
        raise RemoteProtocolError("the reply to the token request has no usable access_token")
    if seconds is None:
        note("expires_in", str(answer.get("expires_in")))
    return AccessGrant(token=token, expires_in=life_to_count(seconds, usual=_USUAL_ACCESS_LIFE))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _refusal(status: int, answer: dict[str, Any]) -> MilestoneError:
    """Return the error of a refusal: only one that is about the user is a refused login, which costs an attempt."""
    code, error = (str(answer.get(key) or "") for key in ("error_code", "error"))
    match code:
        case "LockedOut":
            return AccountLocked(
                "the server has locked this account",
                hint="wait, or ask an administrator; further attempts prolong the lock",
            )
        case "ChangePassword":
            return PasswordChangeRequired(
                "the user must change the password first", hint="log in once with the Smart Client and change it"
            )
        case "InvalidCredentials":
            return InvalidCredentials("wrong user name or password", hint=_CHECK)
        case _:
            reason = " ".join(filter(None, (error, code)))
    if error == "invalid_grant":
        return InvalidCredentials(f"login refused {code}".rstrip(), hint=_CHECK)
    if error == "access_denied":
        return AuthenticationError(f"login refused: {reason}", hint="check that the user has a role in XProtect")
    if error in _PASSING:
        return ServiceUnavailable(f"HTTP {status}, {reason}", service="identity provider")
    if not error and status == 401:
        return InvalidCredentials(_REFUSED, hint=_CHECK)
    return ServerFault(
        f"HTTP {status}, {reason or 'no reason given'}",
        code=error or str(status),
        subcode=code or None,
        hint="the identity provider refuses the request, not the user: check its log, and the proxies in between",
    )
