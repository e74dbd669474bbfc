# Generated from milestone_sdk/_async/session/accesstokens.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""How each kind of credential gets an access token from the identity provider."""

from collections.abc import Callable
from typing import Final

import httpx

from ..._net.blocking import call_blocking
from ..._net.windows.auth import windows_auth
from ..._protocol.management.identity import TOKEN_PATH, Lease, parse_grant, password_form, windows_form
from ..._protocol.secrets import Sealed
from ..._protocol.soap.values import noting
from ...credentials import AccessToken, BasicUser, Credentials, CurrentUser, WindowsUser
from ...errors import LoginNotSupported, MilestoneError, ServiceUnavailable, TokenExpired
from .connections import Connections, SessionSettings
from .http import HTTP

__all__ = ["AccessTokens", "auth_of"]

_OPERATION: Final = "token request"
_ENDLESS: Final = 1e10
"""Longest lifetime in seconds: a caller may give numbers that are too large to be added to a time."""
_HEADERS: Final = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


def auth_of(credentials: Credentials, host: str) -> httpx.Auth:
    """Return the NTLM or Negotiate handshake of a Windows user, for one connection to `host`."""
    match credentials:
        case WindowsUser():
            return windows_auth(credentials.name, credentials.reveal(), host=host)
        case CurrentUser():
            return windows_auth(None, None, host=host)
        case _:
            raise LoginNotSupported(f"{credentials!r} is not a Windows user")


class AccessTokens:
    """Requests access tokens. Windows users do so on a private connection, since NTLM is bound to it."""

    def __init__(self, settings: SessionSettings, connections: Connections) -> None:
        self._location = settings.location
        self._clock = settings.clock
        self._connections = connections
        self._http = connections.to("management")
        self._given: AccessToken | None = None
        self._first: Lease | None = None

    def request(self, credentials: Credentials) -> Lease:
        """Return an access token and its lifetime, counted from before the request.

        Raises `InvalidCredentials`, `AccountLocked`, `PasswordChangeRequired`, `TokenExpired`, and what the network
        raises.
        """
        now = self._clock.monotonic()
        match credentials:
            case BasicUser():
                form = Sealed(password_form(credentials.name, credentials.reveal()))
                return self._ask(self._http, form, now)
            case AccessToken():
                return self._made_elsewhere(credentials, now)
            case _:
                http = self._connections.private(auth_of(credentials, self._location.host))
                try:
                    return self._ask(http, Sealed(windows_form()), now)
                finally:
                    http.close()

    def _ask(self, http: HTTP, form: Sealed[bytes], now: float) -> Lease:
        reply = http.send(
            "POST", self._location.url(TOKEN_PATH), operation=_OPERATION, headers=_HEADERS, body=form
        )
        unreadable: dict[str, str] = {}
        with reply.reading(), noting(unreadable):
            grant = parse_grant(reply.status, reply.body)
        self._http.log_unreadable(self._location.url(TOKEN_PATH), _OPERATION, unreadable)
        return Lease(token=grant.token, since=now, life=grant.expires_in.total_seconds())

    def _made_elsewhere(self, credentials: AccessToken, now: float) -> Lease:
        """Return the given token first; later what its callback returns, or the same one until it is due."""
        if self._given is not credentials or self._first is None:
            self._given = credentials
            self._first = Lease(token=credentials.reveal(), since=now, life=min(credentials.expires_in, _ENDLESS))
            return self._first
        if credentials.refresh is None and not self._first.is_due(now):
            return self._first
        if credentials.refresh is None:
            raise TokenExpired(
                "the access token has ended and there is no way to refresh it",
                server=str(self._location),
                operation=_OPERATION,
                hint="give AccessToken(..., refresh=...), or replace the credentials",
            )
        fresh = self._refreshed(credentials.refresh)
        return Lease(token=fresh.reveal(), since=now, life=min(fresh.expires_in, _ENDLESS))

    def _refreshed(self, refresh: Callable[[], tuple[str, float]]) -> AccessToken:
        """Call the caller's callback. Any exception of it may be temporary, and its text may hold a secret."""
        try:
            return _access_token(*call_blocking(refresh))
        except MilestoneError as error:
            raise error.with_traceback(None) from None  # the frames within hold the token
        except Exception as error:
            raise ServiceUnavailable(
                f"the callback that refreshes the access token failed: {type(error).__name__}",
                service="refresh of the access token",
                server=str(self._location),
                operation=_OPERATION,
                hint="it must return a token and its lifetime in seconds",
            ) from error


def _access_token(token: str, expires_in: float) -> AccessToken:
    """Keep the token out of the local variables that a traceback of the caller shows."""
    return AccessToken(token, expires_in=expires_in)
