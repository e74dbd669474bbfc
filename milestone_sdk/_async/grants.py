"""How each kind of credential gets an access token from the identity provider (protocol/auth.md 3.1 to 3.3)."""

import logging
from collections.abc import Callable
from typing import Final

import httpx

from .._net.asyncio import AsyncClock, call_blocking
from .._net.windows import windows_auth
from .._protocol.identity import TOKEN_PATH, Lease, parse_grant, password_form, windows_form
from .._protocol.location import Location
from .._protocol.values import noting
from ..credentials import AccessToken, BasicUser, Credentials, CurrentUser, WindowsUser
from ..errors import LoginNotSupported, MilestoneError, TokenExpired
from .http import AsyncHTTP

__all__ = ["AsyncGrants", "auth_of"]

_logger = logging.getLogger("milestone_sdk.login")

_OPERATION: Final = "token request"
_HEADERS: Final = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


def auth_of(credentials: Credentials, host: str) -> httpx.Auth:
    """Return the NTLM or Negotiate handshake of a Windows user, for one connection to `host`."""
    match credentials:
        case WindowsUser():
            return windows_auth(credentials.name, credentials.reveal(), host=host)
        case CurrentUser():
            return windows_auth(None, None, host=host)
        case _:
            raise LoginNotSupported(f"{credentials!r} is no Windows user")


class AsyncGrants:
    """Asks for access tokens. Windows users do so on a private connection, since NTLM is bound to it."""

    def __init__(
        self, http: AsyncHTTP, location: Location, clock: AsyncClock, private: Callable[[httpx.Auth], AsyncHTTP]
    ) -> None:
        self._http = http
        self._location = location
        self._clock = clock
        self._private = private
        self._given: AccessToken | None = None
        self._warned = False

    async def access(self, credentials: Credentials) -> Lease:
        """Return an access token and its life, counted from before it was asked for.

        Raises `InvalidCredentials`, `AccountLocked`, `PasswordChangeRequired`, `TokenExpired`, and what the network
        raises.
        """
        now = self._clock.monotonic()
        match credentials:
            case BasicUser():
                form = password_form(credentials.name, credentials.reveal())
                return await self._ask(self._http, form, now)
            case AccessToken():
                return await self._made_elsewhere(credentials, now)
            case _:
                self._say_once_that_http_shows_the_name()
                http = self._private(auth_of(credentials, self._location.host))
                try:
                    return await self._ask(http, windows_form(), now)
                finally:
                    await http.aclose()

    async def _ask(self, http: AsyncHTTP, form: bytes, now: float) -> Lease:
        reply = await http.send(
            "POST", self._location.url(TOKEN_PATH), operation=_OPERATION, headers=_HEADERS, body=form
        )
        unreadable: dict[str, str] = {}
        try:
            with noting(unreadable):
                grant = parse_grant(reply.status, reply.body)
        except MilestoneError as error:
            error.at(server=str(self._location), operation=_OPERATION)
            raise
        self._http.log_unreadable(self._location.url(TOKEN_PATH), _OPERATION, unreadable)
        return Lease(token=grant.token, since=now, life=grant.expires_in.total_seconds())

    async def _made_elsewhere(self, credentials: AccessToken, now: float) -> Lease:
        """The given token first; when asked again, what its callback returns."""
        if self._given is not credentials:
            self._given = credentials
            return Lease(token=credentials.reveal(), since=now, life=credentials.expires_in)
        if credentials.refresh is None:
            raise TokenExpired(
                "the access token has ended and there is no way to refresh it",
                server=str(self._location),
                operation=_OPERATION,
                hint="give AccessToken(..., refresh=...), or replace the credentials",
            )
        token, expires_in = await call_blocking(credentials.refresh)
        fresh = AccessToken(token, expires_in=expires_in)
        return Lease(token=fresh.reveal(), since=now, life=fresh.expires_in)

    def _say_once_that_http_shows_the_name(self) -> None:
        if not self._location.secure and not self._warned:
            self._warned = True
            _logger.warning(
                "a Windows user logs in to %s without TLS: the password is safe, tokens are not", self._location
            )
