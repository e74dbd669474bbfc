"""Discovery, and the two tokens with their lives (protocol/auth.md 2.1, 3.1, 3.9, 4).

A server since 2021 R1 gives an *access token* (an hour) at its identity provider, which authorises calls to the
management server, and every server gives a *corporate token* (four hours) by `Login`, which recorders and the event
server want. Both lives are counted on a monotonic clock from the moment of receipt; the server's clock plays no part.
"""

import json
import re
from base64 import b64encode
from datetime import timedelta
from typing import Any, Final, Literal, cast
from urllib.parse import urlencode

from attrs import field, frozen

from ..errors import (
    AccountLocked,
    AuthenticationError,
    InvalidCredentials,
    PasswordChangeRequired,
    RemoteProtocolError,
    ServiceUnavailable,
)
from .values import note, real

__all__ = [
    "ASSUMED_LIFE",
    "DISCOVERY_PATH",
    "GATEWAYS_PATH",
    "TOKEN_PATH",
    "AccessGrant",
    "Discovery",
    "Lease",
    "basic_authorization",
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
_CLIENT_ID: Final = "GrantValidatorClient"
_FIRST_OAUTH_MAJOR: Final = 21
_RENEWAL_SHARE: Final = 0.8
_MAX_SAMPLE: Final = 120
_MAX_SECONDS: Final = 10**9
"""What the life of a token counts as at most; administrators can have it never end."""
ASSUMED_LIFE: Final = timedelta(hours=1)
"""The life of a token whose own cannot be read: that of access tokens by default. One that ends earlier is renewed."""


@frozen(kw_only=True)
class Discovery:
    """Whether the server has an identity provider that gives access tokens, and what that calls its version."""

    oauth: bool
    server_version: str | None = None


@frozen(kw_only=True)
class AccessGrant:
    """An access token as the identity provider gave it."""

    token: str = field(repr=False)
    expires_in: timedelta


@frozen(kw_only=True)
class Lease:
    """A token and its life, in seconds of a monotonic clock."""

    token: str = field(repr=False)
    since: float
    life: float

    def is_due(self, now: float) -> bool:
        """Whether it should be renewed ahead of its end: from 80 % of its life on."""
        return now >= self.since + self.life * _RENEWAL_SHARE

    def is_over(self, now: float) -> bool:
        """Whether it has ended."""
        return now >= self.since + self.life


def _sample(body: bytes) -> str:
    return re.sub(r"[A-Za-z0-9_\-+/=.#]{24,}", "...", body[:_MAX_SAMPLE].decode("utf-8", "replace"))


def _json_object(body: bytes, what: str) -> dict[str, Any]:
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        page = body.lstrip()[:1] == b"<"
        raise RemoteProtocolError(
            f"{what} is {'a web page' if page else 'not JSON'}: is this an XProtect management server?",
            sample=_sample(body),
        ) from error
    if not isinstance(value, dict):
        raise RemoteProtocolError(f"{what} is not a JSON object", sample=_sample(body))
    return cast("dict[str, Any]", value)


def parse_discovery(status: int, body: bytes) -> Discovery:
    """Read the answer to `GET` of `DISCOVERY_PATH`.

    A server has OAuth exactly if it answers 200 with a `server_version` of major 21 or more (protocol/auth.md 2.1).
    Raises `RemoteProtocolError` for what no XProtect server answers, `ServiceUnavailable` for 5xx.
    """
    if status >= 500:
        raise ServiceUnavailable(f"HTTP {status} from the identity provider", service="identity provider")
    if status != 200:
        return Discovery(oauth=False)
    version = _json_object(body, "the identity provider's description").get("server_version")
    if not isinstance(version, str) or not (major := re.match(r"(\d{1,4})(?:\.|$)", version)):
        return Discovery(oauth=False)
    return Discovery(oauth=int(major[1]) >= _FIRST_OAUTH_MAJOR, server_version=version)


def password_form(name: str, password: str) -> bytes:
    """Return the body that asks for an access token of a basic user; every value is form-encoded."""
    fields = {"grant_type": "password", "username": name, "password": password, "client_id": _CLIENT_ID}
    return urlencode(fields).encode("ascii")


def windows_form() -> bytes:
    """Return the body that asks for an access token of a Windows user, whom the HTTP handshake proves."""
    return urlencode({"grant_type": "windows_credentials", "client_id": _CLIENT_ID}).encode("ascii")


def parse_gateways(status: int, body: bytes) -> tuple[str, ...]:
    """Read the answer to `GET` of `GATEWAYS_PATH`: the bases of the API gateways; none where it is not found.

    Raises `ServiceUnavailable` for 5xx, `RemoteProtocolError` (protocol/auth.md 2.2).
    """
    if status >= 500:
        raise ServiceUnavailable(f"HTTP {status} from the API gateway", service="API gateway")
    if status != 200:
        return ()
    found = _json_object(body, "the list of gateways").get("ApiGateways")
    return (
        tuple(each for each in cast("list[object]", found) if isinstance(each, str)) if isinstance(found, list) else ()
    )


def parse_gateway_version(status: int, body: bytes) -> str | None:
    """Read the version of the API gateway from the same answer; `None` where there is none.

    Raises `RemoteProtocolError` (protocol/auth.md 2.2).
    """
    found = _json_object(body, "the list of gateways").get("ProductVersion") if status == 200 else None
    return found if isinstance(found, str) else None


def basic_authorization(name: str, password: str) -> str:
    """Return the value of an `Authorization` header for HTTP Basic, in UTF-8 (servers before 2021 R1)."""
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode("ascii")


def parse_grant(status: int, body: bytes) -> AccessGrant:
    """Read the token endpoint's answer.

    Raises `InvalidCredentials`, `AccountLocked`, `PasswordChangeRequired` by `error_code`, since the description is
    the same for all three (protocol/auth.md 3.1); `ServiceUnavailable` for 5xx; `RemoteProtocolError`.
    """
    if status >= 500:
        raise ServiceUnavailable(f"HTTP {status} from the identity provider", service="identity provider")
    if status == 401:
        raise InvalidCredentials("the identity provider refused the login", hint="check user name and password")
    answer = _json_object(body, "the answer to the token request")
    if status != 200:
        raise _refusal(status, answer)
    token, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(token, str) or not token:
        raise RemoteProtocolError("the answer to the token request holds no access_token")
    return AccessGrant(token=token, expires_in=_life(seconds))


def _life(seconds: object) -> timedelta:
    """Return how long a token lives; `ASSUMED_LIFE` where that cannot be read, for the token itself works."""
    number = real(seconds) if isinstance(seconds, str) else seconds
    if isinstance(number, int | float) and not isinstance(number, bool) and number > 0:
        return timedelta(seconds=min(number, _MAX_SECONDS))
    note("expires_in", str(seconds))
    return ASSUMED_LIFE


def _refusal(status: int, answer: dict[str, Any]) -> AuthenticationError:
    code: str | Literal[""] = str(answer.get("error_code") or "")
    match code:
        case "LockedOut":
            return AccountLocked(
                "the server has locked this account", hint="wait, or ask an administrator; more tries prolong it"
            )
        case "ChangePassword":
            return PasswordChangeRequired(
                "the user must change the password first", hint="log in once with the Smart Client and change it"
            )
        case "InvalidCredentials":
            return InvalidCredentials("wrong user name or password", hint="check user name and password")
        case _ if answer.get("error") == "invalid_grant":
            return InvalidCredentials(f"login refused {code}".rstrip(), hint="check user name and password")
        case _:
            reason = " ".join(str(answer[key]) for key in ("error", "error_code") if answer.get(key))
            return AuthenticationError(f"HTTP {status}, {reason or 'no reason given'}")
