"""The one owner of a site's tokens: gets them, renews them ahead of time, never twice at once."""

from collections.abc import Mapping
from copy import copy
from typing import Final
from uuid import uuid4

from attrs import field, frozen

from .._net.asyncio import AsyncClock, AsyncLock
from .._protocol import servercommand
from .._protocol.identity import (
    DISCOVERY_PATH,
    TOKEN_PATH,
    Discovery,
    Lease,
    basic_authorization,
    parse_discovery,
    parse_grant,
    password_form,
)
from .._protocol.location import Location
from ..credentials import BasicUser
from ..errors import AuthenticationError, InvalidCredentials, LoginNotSupported, MilestoneError, TokenExpired
from .http import AsyncHTTP
from .soap import post

__all__ = ["AsyncTokens", "Authorization"]

SERVICE: Final = "/ManagementServer/{name}Service{oauth}.svc"


@frozen(kw_only=True)
class Authorization:
    """What one call needs: the header for the management server, the corporate token for the body."""

    headers: Mapping[str, str] = field(repr=False)
    corporate: str = field(repr=False)
    oauth: bool


class AsyncTokens:
    """The access token and the corporate token of one site (protocol/auth.md 4).

    Both are renewed, with the same instance id, once 80 % of the shorter life has passed, by whichever call comes
    next; other callers wait for that one renewal. A refused login is remembered and not tried again, since each try
    counts towards locking the account.
    """

    def __init__(self, http: AsyncHTTP, location: Location, user: BasicUser, clock: AsyncClock) -> None:
        self._http = http
        self._location = location
        self._user = user
        self._clock = clock
        self._lock = AsyncLock()
        self._instance = uuid4()
        self._discovery: Discovery | None = None
        self._access: Lease | None = None
        self._corporate: Lease | None = None
        self._refusal: AuthenticationError | None = None

    def __repr__(self) -> str:
        return f"<tokens of {self._user!r} at {self._location}>"

    async def access(self) -> str:
        """Return a fresh access token, for REST and other calls that this library lacks.

        Raises `LoginNotSupported` on servers before 2021 R1, which have none, and what a login raises.
        """
        await self.authorization()
        if self._access is None:
            raise LoginNotSupported("this server gives no access tokens", server=str(self._location))
        return self._access.token

    async def corporate(self) -> str:
        """Return a fresh corporate token, as recorders and the event server want it. Raises what a login raises."""
        return (await self.authorization()).corporate

    async def discover(self) -> Discovery:
        """Return whether the server has an identity provider; asked once."""
        if self._discovery is None:
            url = self._location.url(DISCOVERY_PATH)
            operation = "discovery"
            reply = await self._http.send("GET", url, operation=operation, headers={"Accept": "application/json"})
            try:
                self._discovery = parse_discovery(reply.status, reply.body)
            except MilestoneError as error:
                error.at(server=str(self._location), operation=operation)
                raise
        return self._discovery

    async def authorization(self, *, replacing: Authorization | None = None) -> Authorization:
        """Return what authorises a call now; renew it if it is due, or if it is the one in `replacing`.

        Raises `InvalidCredentials`, `AccountLocked`, `PasswordChangeRequired`, `LoginNotSupported`, and whatever the
        network raises.
        """
        async with self._lock:
            if self._refusal is not None:
                raise copy(self._refusal)
            stale = replacing is not None and self._corporate is not None and replacing == self._current()
            if self._corporate is None or stale:
                await self._renew()
            elif self._is_due():
                await self._renew_ahead()
            return self._current()

    async def aclose(self) -> None:
        """Tell the server that this client is gone; failures do not matter."""
        async with self._lock:
            if self._corporate is not None and not self._corporate.is_over(self._clock.monotonic()):
                current = self._current()
                self._corporate = None
                call = servercommand.logout(self._instance, current.corporate)
                try:
                    await post(self._http, self.server_command_url, call, headers=current.headers, timeout=5.0)
                except MilestoneError:
                    return

    @property
    def server_command_url(self) -> str:
        """Where ServerCommandService is: the Bearer one where there are access tokens."""
        return self.url("ServerCommand")

    def url(self, name: str) -> str:
        """Return the address of a SOAP service of the management server, e.g. `ServiceRegistration`."""
        oauth = "OAuth" if self._discovery is not None and self._discovery.oauth else ""
        return self._location.url(SERVICE.format(name=name, oauth=oauth))

    def _current(self) -> Authorization:
        assert self._corporate is not None
        if self._access is not None:
            header = f"Bearer {self._access.token}"
        else:
            header = basic_authorization(self._user.name, self._user.reveal())
        return Authorization(
            headers={"Authorization": header}, corporate=self._corporate.token, oauth=self._access is not None
        )

    def _leases(self) -> list[Lease]:
        return [lease for lease in (self._access, self._corporate) if lease is not None]

    def _is_due(self) -> bool:
        now = self._clock.monotonic()
        return any(lease.is_due(now) for lease in self._leases())

    async def _renew_ahead(self) -> None:
        """Renew while the old tokens still hold: then a passing failure costs nothing."""
        try:
            await self._renew()
        except MilestoneError as error:
            now = self._clock.monotonic()
            if not error.retriable or any(lease.is_over(now) for lease in self._leases()):
                raise

    async def _renew(self) -> None:
        try:
            discovery = await self.discover()
            if discovery.oauth:
                self._access = await self._grant()
            elif not self._location.secure:
                raise LoginNotSupported("a basic user's password is never sent over http", server=str(self._location))
            self._corporate = await self._login()
        except AuthenticationError as error:
            if not error.retriable:
                self._refusal = error
            raise

    async def _grant(self) -> Lease:
        url = self._location.url(TOKEN_PATH)
        operation = "token request"
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        body = password_form(self._user.name, self._user.reveal())
        now = self._clock.monotonic()
        reply = await self._http.send("POST", url, operation=operation, headers=headers, body=body)
        try:
            grant = parse_grant(reply.status, reply.body)
        except MilestoneError as error:
            error.at(server=str(self._location), operation=operation)
            raise
        return Lease(token=grant.token, since=now, life=grant.expires_in.total_seconds())

    async def _login(self) -> Lease:
        now = self._clock.monotonic()
        if self._access is not None:
            headers = {"Authorization": f"Bearer {self._access.token}"}
        else:
            headers = {"Authorization": basic_authorization(self._user.name, self._user.reveal())}
        call = servercommand.login(self._instance, self._corporate.token if self._corporate else None)
        try:
            registration = await post(self._http, self.server_command_url, call, headers=headers)
        except TokenExpired as error:
            raise InvalidCredentials(
                "the server refused the login", server=str(self._location), operation="Login", hint=error.hint
            ) from error
        return Lease(token=registration.token, since=now, life=registration.time_to_live.total_seconds())
