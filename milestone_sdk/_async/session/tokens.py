"""The one owner of a site's tokens: gets them, renews them ahead of time, never twice at once."""

import logging
from collections.abc import Callable, Mapping
from copy import copy
from typing import Final
from uuid import uuid4

import httpx
from attrs import field, frozen

from ..._net.asyncio import AsyncClock, AsyncLock, remaining
from ..._net.forking import ForkAware
from ..._net.http.authorization import HeaderAuth
from ..._protocol.backoff import Backoff
from ..._protocol.management import servercommand
from ..._protocol.management.identity import Discovery, Lease, basic_authorization
from ..._protocol.management.location import Location
from ..._protocol.secrets import Sealed
from ...credentials import AccessToken, BasicUser, Credentials
from ...errors import (
    AuthenticationError,
    InvalidCredentials,
    LoginNotSupported,
    MilestoneError,
    NotFound,
    PermissionDenied,
    ServiceUnavailable,
    TokenExpired,
    TransportError,
)
from .discovery import PATHS, AsyncDiscoveryFact, Form
from .grants import AsyncGrants, auth_of
from .http import AsyncHTTP, within
from .soap import post

__all__ = ["AsyncTokens", "Authorization"]

_AHEAD_SECONDS: Final = 5.0
"""How long a renewal may take while the tokens still hold, of which a quarter of the caller's time is the limit."""
_AHEAD_SHARE: Final = 4
_AHEAD_PAUSE: Final = 15.0
_AHEAD_CEILING: Final = 120.0

_LOOK_AGAIN: Final = 60.0
"""Seconds between two questions for an identity provider after a login that was refused without one."""
_DENIED_PAUSE: Final = 30.0
"""Seconds after a reconsidered refusal in which no other one of its kind is: most are rights that the user lacks."""

_logger = logging.getLogger("milestone_sdk.login")

_REFUSED: Final = InvalidCredentials("the server refused the login", hint="check user name and password")
_STATUSES: Final[dict[Form, Mapping[int, MilestoneError]]] = {
    "bearer": {},
    "basic": {401: _REFUSED},
    "asmx": {
        401: _REFUSED,
        404: LoginNotSupported(
            "this server offers Windows users no way in that works without .NET",
            hint="have a basic user made for this program",
        ),
    },
}
"""What an HTTP status says about a login; every other one says nothing about the user."""


@frozen(kw_only=True)
class Authorization:
    """What one call needs: the header for the management server, the corporate token for the body."""

    auth: HeaderAuth | None
    """`None` where the connection itself is authorised, by the handshake of a Windows user."""
    corporate: str = field(repr=False)
    form: Form

    @property
    def asmx(self) -> bool:
        """Whether calls take the old form of the services (protocol/auth.md 6.5)."""
        return self.form == "asmx"


class AsyncTokens(ForkAware):
    """The access token and the corporate token of one site (protocol/auth.md 4).

    Both are renewed, with the same instance id, once 80 % of the shorter life has passed, by whichever call comes
    next. While the old tokens hold, that takes 5 s at most, other callers go on with those, and a failure is logged,
    not raised: it is tried again after a pause. Otherwise callers wait for the one login. `private` makes a client of
    one connection, with the handshake of a Windows user. A refused login is remembered and not tried again until
    `replace` brings other credentials, since each try counts towards locking the account.
    """

    def __init__(
        self,
        http: AsyncHTTP,
        location: Location,
        credentials: Credentials,
        *,
        clock: AsyncClock,
        private: Callable[[httpx.Auth], AsyncHTTP],
    ) -> None:
        super().__init__()
        self._shared_http = http
        self._windows_http: AsyncHTTP | None = None
        self._location = location
        self._credentials = credentials
        self._clock = clock
        self._private = private
        self._grants = AsyncGrants(http, location, clock, private)
        self._lock = AsyncLock()
        self._instance = uuid4()
        self._discovery = AsyncDiscoveryFact(http, location, clock)
        self._form: Form = "bearer"
        self._access: Lease | None = None
        self._corporate: Lease | None = None
        self._tried: Lease | None = None
        """The access token of the login that is under way."""
        self._refusal: tuple[AuthenticationError, Discovery] | None = None
        self._look_again = float("-inf")
        self._reconsidered: dict[type[MilestoneError], float] = {}
        self.logins = 0
        """How often the tokens were got or renewed."""
        self._is_renewing_ahead = False
        self._pauses = Backoff(first=_AHEAD_PAUSE, ceiling=_AHEAD_CEILING)
        self._next_renewal = float("-inf")
        self._warned = False

    def __repr__(self) -> str:
        return f"<tokens of {self._credentials!r} at {self._location}>"

    def after_fork_in_child(self) -> None:
        """Log in again at the next call: a renewal or logout by the child would end the login of its parent."""
        self._instance = uuid4()
        self._access = self._corporate = None
        self._windows_http = None
        self._is_renewing_ahead = False

    async def access(self) -> str:
        """Return a fresh access token, for REST and other calls that this library lacks.

        Raises `LoginNotSupported` on servers before 2021 R1, which have none, and what a login raises.
        """
        authorization = await self.authorization()
        if self._access is not None and self._access.is_over(self._clock.monotonic()):
            await self.authorization(replacing=authorization)
        if self._access is None:
            error = LoginNotSupported("this server gives no access tokens", server=str(self._location))
            await self.reconsider(error, logins=self.logins, by_token=False)
            if self._access is None:
                raise error
        return self._access.token

    async def corporate(self) -> str:
        """Return a fresh corporate token, as recorders and the event server want it. Raises what a login raises."""
        return (await self.authorization()).corporate

    async def renewed(self, refused: str) -> str:
        """Return a corporate token other than `refused`, which a recorder did not accept."""
        authorization = await self.authorization()
        if authorization.corporate == refused:
            authorization = await self.authorization(replacing=authorization)
        return authorization.corporate

    async def replace(self, credentials: Credentials) -> None:
        """Log in as somebody else, or with a new password, from the next call on; forgets a refusal."""
        async with self._lock:
            self._credentials = credentials
            self._refusal = self._access = self._corporate = None
            self._pauses.succeeded()
            self._next_renewal = float("-inf")
            await self._close_windows_http()

    @property
    def credentials(self) -> Credentials:
        """Who logs in."""
        return self._credentials

    def lives(self) -> Mapping[str, float]:
        """Return how many seconds the tokens still live: `access`, on releases that have it, and `corporate`."""
        now = self._clock.monotonic()
        leases = {"access": self._access, "corporate": self._corporate}
        return {name: max(0.0, lease.since + lease.life - now) for name, lease in leases.items() if lease is not None}

    def learn_from(self, other: "AsyncTokens") -> None:
        """Take over what the server refused to the same user, unless one's own tokens still hold."""
        if self._corporate is None:
            self._refusal = self._refusal or other._refusal

    @property
    def discovery(self) -> Discovery | None:
        """What the server said last of its identity provider and its version; `None` before it was asked."""
        return self._discovery.known

    async def discover(self, *, again: bool = False) -> Discovery:
        """Return whether the server has an identity provider: as it said before, unless it is to be asked `again`."""
        if again:
            self._discovery.doubt()
        return await self._discovery.get()

    async def reconsider(self, error: MilestoneError, *, logins: int, by_token: bool) -> bool:
        """Whether a call that was refused can be made again, since what was known of the server is not true any more.

        It was upgraded, so that logins have another form now, or it has forgotten the corporate token (`by_token`: the
        call carried it), which old services and `ServerCommand` answer as a right that is missing. `logins` is the
        count from before the call.
        """
        async with self._lock:
            now = self._clock.monotonic()
            if self.logins != logins:
                return True
            forgotten = by_token and isinstance(error, PermissionDenied)
            missing = isinstance(error, ServiceUnavailable)
            doubtful = forgotten or (_is_missing(error) if missing else self._form != "bearer")
            if isinstance(error, AuthenticationError) and now - self._discovery.learnt < _LOOK_AGAIN:
                doubtful = False
            known = self._discovery.known
            seen = known is not None and known.oauth != (self._form == "bearer")  # another call has asked meanwhile
            rests = now - self._reconsidered.get(type(error), float("-inf")) < _DENIED_PAUSE
            if self._refusal is not None or not (seen or (doubtful and not rests)):
                return False
            try:
                changed = (await self.discover(again=not seen)).oauth != (self._form == "bearer")
                if changed or forgotten:
                    await self._renew()
            except MilestoneError:
                return False
            if not changed:
                self._reconsidered[type(error)] = now
            return changed or forgotten

    async def authorization(self, *, replacing: Authorization | None = None) -> Authorization:
        """Return what authorises a call now; renew it if it is due, or if it is the one in `replacing`.

        Raises `InvalidCredentials`, `AccountLocked`, `PasswordChangeRequired`, `LoginNotSupported`, and whatever the
        network raises.
        """
        if self._is_renewing_ahead and replacing is None:
            return self._current()
        async with self._lock:
            await self._raise_refusal()
            stale = replacing is not None and self._corporate is not None and replacing == self._current()
            now = self._clock.monotonic()
            if self._corporate is None or self._corporate.is_over(now) or stale:
                if stale:
                    self._discovery.doubt()  # a server that forgot its tokens was restarted, and perhaps upgraded
                await self._renew()
                self._renewed()
            elif now >= self._next_renewal and any(lease.is_due(now) for lease in self._leases()):
                await self._renew_ahead()
            return self._current()

    async def aclose(self) -> None:
        """Tell the server that this client is gone; failures do not matter."""
        async with self._lock:
            try:
                if self._corporate is not None and not self._corporate.is_over(self._clock.monotonic()):
                    current = self._current()
                    self._corporate = None
                    call = servercommand.logout(self._instance, current.corporate, asmx=current.asmx)
                    await post(self.http, self.url("ServerCommand"), call, auth=current.auth, timeout=5.0)
            except MilestoneError:
                return
            finally:
                await self._close_windows_http()

    @property
    def http(self) -> AsyncHTTP:
        """What calls to the management server go through: a private connection for Windows users before 2021 R1."""
        return self._http_of(self._form)

    def _http_of(self, form: Form) -> AsyncHTTP:
        return self._windows_http if form == "asmx" and self._windows_http else self._shared_http

    def url(self, name: str) -> str:
        """Return the address of a SOAP service of the management server, e.g. `ServiceRegistration`."""
        return self._url(self._form, name)

    def _url(self, form: Form, name: str) -> str:
        return self._location.url(PATHS[form].format(name))

    def prefixed_auth(self, prefix: str) -> HeaderAuth | None:
        r"""Return HTTP Basic for a service that wants something before a basic user's name, such as `[BASIC]\`."""
        if not isinstance(self._credentials, BasicUser):
            return self._auth(None)
        try:
            return HeaderAuth(Sealed(basic_authorization(prefix + self._credentials.name, self._credentials.reveal())))
        except LoginNotSupported as error:
            error.at(server=str(self._location), operation="Login")
            raise error.with_traceback(None) from None  # the frames within hold the password

    def secrets(self) -> list[str]:
        """Return every password and token that a server of this site may know."""
        leases = [*self._leases(), *([self._tried] if self._tried else [])]
        return [self._credentials.reveal(), *(lease.token for lease in leases)]

    def _auth(self, access: Lease | None) -> HeaderAuth | None:
        if access is not None:
            return HeaderAuth(Sealed(f"Bearer {access.token}"))
        return self.prefixed_auth("") if isinstance(self._credentials, BasicUser) else None

    def _current(self) -> Authorization:
        assert self._corporate is not None
        return Authorization(auth=self._auth(self._access), corporate=self._corporate.token, form=self._form)

    def _leases(self) -> list[Lease]:
        return [lease for lease in (self._access, self._corporate) if lease is not None]

    async def _renew_ahead(self) -> None:
        """Renew while the corporate token still holds, so that a failure that passes costs no call anything.

        That the access token has ended does not matter here: recorders and the event server do not want it, and the
        management server says so itself.
        """
        self._is_renewing_ahead = True
        try:
            seconds = remaining(_AHEAD_SECONDS * _AHEAD_SHARE) / _AHEAD_SHARE
            async with within(seconds, server=str(self._location), operation="renewal of the tokens"):
                await self._renew()
        except MilestoneError as error:
            if error.costs_login_attempt:
                raise
            self._refusal = None
            self._next_renewal = self._clock.monotonic() + self._pauses.failed()
            if self._pauses.failures == 1:
                _logger.warning("the tokens of %s cannot be renewed yet: %s", self._location, error)
        else:
            self._renewed()
        finally:
            self._is_renewing_ahead = False

    def _renewed(self) -> None:
        if self._pauses.failures:
            _logger.warning("the tokens of %s are renewed", self._location)
        self._pauses.succeeded()
        self._next_renewal = float("-inf")

    async def _raise_refusal(self) -> None:
        """Raise what was refused before, unless that was in the form of an old server, and this is one no more."""
        if self._refusal is None:
            return
        refusal, found = self._refusal
        now = self._clock.monotonic()
        if not found.oauth and now >= self._look_again:
            self._look_again = now + _LOOK_AGAIN
            try:
                found = await self.discover(again=True)
            except MilestoneError:
                raise copy(refusal) from None
            if found.oauth:
                self._refusal = None
                return
        raise copy(refusal)

    async def _renew(self) -> None:
        """Log in, in the form of the release that the server has; that it has no identity provider is never trusted.

        A login that fails makes that doubtful too, so that after a refusal without identity provider it is asked for
        once more before the refusal counts.
        """
        self._check_the_way()
        known = self._discovery.known
        if known is not None and not known.oauth:
            self._discovery.doubt()
        try:
            await self._discovery.use(self._log_in, contradicted=_is_of_another_release, repeatable=lambda error: True)
        except AuthenticationError as error:
            # Only what the server says of these credentials: a missing ticket or a skewed clock may change.
            if error.costs_login_attempt or isinstance(error, LoginNotSupported):
                self._refusal = (error, await self.discover())
                self._look_again = self._clock.monotonic() + _LOOK_AGAIN
            raise

    async def _log_in(self, found: Discovery) -> None:
        access: Lease | None = None
        if found.oauth:
            form: Form = "bearer"
            access = self._tried = await self._grants.access(self._credentials)
            try:
                corporate = await self._login(form, access)
            except TokenExpired:
                # The server was restarted between the two: its identity provider signs with a new key now.
                access = self._tried = await self._grants.access(self._credentials)
                corporate = await self._register(form, access, None)
        else:
            form = "basic" if isinstance(self._credentials, BasicUser) else "asmx"
            await self._prepare_for_an_old_server()
            corporate = await self._login(form, access)
        self._form, self._access, self._corporate, self._tried = form, access, corporate, None
        self.logins += 1
        if form == "bearer":
            await self._close_windows_http()

    def _check_the_way(self) -> None:
        """Let no password and no given token go over http; say once what a Windows user shows there."""
        if self._location.secure:
            return
        if isinstance(self._credentials, BasicUser | AccessToken):
            raise LoginNotSupported(
                "a password or an access token is never sent over http",
                server=str(self._location),
                hint="make a client for the https:// address of the server",
            )
        if not self._warned:
            self._warned = True
            _logger.warning(
                "a Windows user logs in to %s without TLS: whoever can read the network sees the user's name, can try "
                "out passwords against the NTLM handshake, and can use the tokens that follow; whoever can change what "
                "is sent can pass the login on to another server. Give the server a certificate and write https://",
                self._location,
            )

    async def _prepare_for_an_old_server(self) -> None:
        """Before 2021 R1: HTTP Basic for basic users, NTLM on one connection for Windows users, nothing else."""
        if isinstance(self._credentials, AccessToken):
            raise LoginNotSupported(
                "this server has no identity provider and takes no access tokens",
                server=str(self._location),
                hint="log in as a basic user or a Windows user",
            )
        if not isinstance(self._credentials, BasicUser) and self._windows_http is None:
            self._windows_http = self._private(auth_of(self._credentials, self._location.host))

    async def _login(self, form: Form, access: Lease | None) -> Lease:
        """Register this client, or renew its registration; as a new one if the server has forgotten the old token."""
        old = self._corporate
        try:
            return await self._register(form, access, old)
        except TokenExpired:
            if old is None or form == "bearer":
                raise
            return await self._register(form, access, None)

    async def _register(self, form: Form, access: Lease | None, old: Lease | None) -> Lease:
        now = self._clock.monotonic()
        call = servercommand.login(self._instance, None if old is None else old.token, asmx=form == "asmx")
        http, url, auth = self._http_of(form), self._url(form, "ServerCommand"), self._auth(access)
        registration = await post(http, url, call, auth=auth, statuses=_STATUSES[form])
        return Lease(token=registration.token, since=now, life=registration.time_to_live.total_seconds())

    async def _close_windows_http(self) -> None:
        if self._windows_http is not None:
            await self._windows_http.aclose()
            self._windows_http = None


def _is_of_another_release(error: MilestoneError, found: Discovery) -> bool:
    """Whether a failed login may mean that the server has an identity provider now, or has none any more."""
    if found.oauth:
        return _is_missing(error)
    return not isinstance(error, TransportError)


def _is_missing(error: MilestoneError) -> bool:
    """Whether the server has nothing at the address of a call (HTTP 404)."""
    return isinstance(error, ServiceUnavailable) and isinstance(error.__cause__, NotFound)
