"""The owner of a site's tokens: gets them, renews them ahead of time, never twice at once."""

import logging
import math
from collections.abc import Mapping
from copy import copy
from typing import Final

from ..._net.asyncio import AsyncClock, AsyncLock, remaining
from ..._net.forking import ForkAware
from ..._protocol.backoff import Backoff
from ..._protocol.management.identity import Discovery, Lease
from ...credentials import Credentials
from ...errors import (
    AuthenticationError,
    LoginNotSupported,
    MilestoneError,
    NotFound,
    PermissionDenied,
    ServiceUnavailable,
    TransportError,
)
from .facts import AsyncFact
from .http import within
from .login import AsyncLogin, Authorization

__all__ = ["AsyncTokens"]

_AHEAD_SECONDS: Final = 5.0
"""How long a renewal may take while the tokens are still valid; at most a quarter of the time the caller has."""
_AHEAD_SHARE: Final = 4
_AHEAD_PAUSE: Final = 15.0
_AHEAD_CEILING: Final = 120.0

_LOOK_AGAIN: Final = 60.0
"""Seconds between two requests for an identity provider after a login that was refused without one."""
_DENIED_PAUSE: Final = 30.0
"""Seconds after a reconsidered refusal in which no other one of its class is: mostly the user lacks a right."""

_logger = logging.getLogger("milestone_sdk.login")


class AsyncTokens(ForkAware):
    """The access token and the corporate token of one site.

    The first call after 80 % of the shorter lifetime renews both. While the old tokens are valid, that takes 5 s at
    most, other callers use those, and a failure is logged, not raised: it is tried again after a pause. Otherwise all
    callers wait for the one login. A refused login is remembered and not tried again until `replace` brings other
    credentials, since each try counts towards locking the account.
    """

    def __init__(self, login: AsyncLogin, discovery: AsyncFact[Discovery], clock: AsyncClock) -> None:
        super().__init__()
        self._login = login
        self._discovery = discovery
        self._clock = clock
        self._lock = AsyncLock()
        self._access: Lease | None = None
        self._corporate: Lease | None = None
        self._refusal: tuple[AuthenticationError, Discovery] | None = None
        self._look_again = -math.inf
        self._reconsidered: dict[type[MilestoneError], float] = {}
        self.logins = 0
        """How often the tokens were got or renewed."""
        self._is_renewing_ahead = False
        self._pauses = Backoff(first=_AHEAD_PAUSE, ceiling=_AHEAD_CEILING)
        self._next_renewal = -math.inf

    def __repr__(self) -> str:
        return f"<tokens of {self._login.credentials!r} at {self._login.location}>"

    def after_fork_in_child(self) -> None:
        """Log in again at the next call: a renewal or logout by the child would end the login of its parent."""
        self._access = self._corporate = None
        self._is_renewing_ahead = False

    async def access(self) -> str:
        """Return a fresh access token, for REST and other calls that this library lacks.

        Raises `LoginNotSupported` on servers before 2021 R1, which have none, and what a login raises.
        """
        authorization = await self.authorization()
        if self._access is not None and self._access.is_over(self._clock.monotonic()):
            await self.authorization(replacing=authorization)
        if self._access is None:
            error = LoginNotSupported("this server does not issue access tokens", server=str(self._login.location))
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
        """Log in as another user, or with a new password, from the next call on; forgets a refusal."""
        async with self._lock:
            self._refusal = self._access = self._corporate = None
            self._pauses.succeeded()
            self._next_renewal = -math.inf
            await self._login.replace(credentials)

    @property
    def credentials(self) -> Credentials:
        """The login credentials."""
        return self._login.credentials

    @property
    def lifetimes(self) -> Mapping[str, float]:
        """How many seconds the tokens are still valid: `access`, on releases that have it, and `corporate`."""
        now = self._clock.monotonic()
        leases = {"access": self._access, "corporate": self._corporate}
        return {name: max(0.0, lease.since + lease.life - now) for name, lease in leases.items() if lease is not None}

    def learn_from(self, other: "AsyncTokens") -> None:
        """Take over that the server refused the same user, unless there are tokens."""
        if self._corporate is None:
            self._refusal = self._refusal or other._refusal

    @property
    def discovery(self) -> Discovery | None:
        """The last answer about the identity provider and the version of the server; `None` before the first."""
        return self._discovery.known

    async def discover(self, *, again: bool = False) -> Discovery:
        """Return whether the server has an identity provider, as answered before or, with `again`, asked now."""
        if again:
            self._discovery.doubt()
        return await self._discovery.get()

    async def reconsider(self, error: MilestoneError, *, logins: int, by_token: bool) -> bool:
        """Return whether a refused call can be made again, since the server has changed.

        It may have been upgraded, so that logins have another form now, or it has forgotten the corporate token, which
        old services and `ServerCommand` answer like a missing right. `by_token` says that the call had that token,
        `logins` is the count from before the call.
        """
        async with self._lock:
            now = self._clock.monotonic()
            if self.logins != logins:
                return True
            was_oauth = self._login.form == "bearer"
            forgotten = by_token and isinstance(error, PermissionDenied)
            missing = isinstance(error, ServiceUnavailable)
            doubtful = forgotten or (_is_missing(error) if missing else not was_oauth)
            if isinstance(error, AuthenticationError) and now - self._discovery.learnt < _LOOK_AGAIN:
                doubtful = False
            known = self._discovery.known
            seen = known is not None and known.oauth != was_oauth  # another call has asked meanwhile
            rests = now - self._reconsidered.get(type(error), -math.inf) < _DENIED_PAUSE
            if self._refusal is not None or not (seen or (doubtful and not rests)):
                return False
            try:
                changed = (await self.discover(again=not seen)).oauth != was_oauth
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
            now = self._clock.monotonic()
            stale = replacing is not None and self._corporate is not None and replacing == self._current()
            if self._corporate is None or self._corporate.is_over(now) or stale:
                if stale:
                    self._discovery.doubt()  # a server that forgot its tokens was restarted, and perhaps upgraded
                await self._renew()
                self._renewed()
            elif now >= self._next_renewal and any(lease.is_due(now) for lease in self._leases()):
                await self._renew_ahead()
            return self._current()

    async def aclose(self) -> None:
        """Log out; failures do not matter."""
        async with self._lock:
            try:
                if self._corporate is not None and not self._corporate.is_over(self._clock.monotonic()):
                    current, self._corporate = self._current(), None
                    await self._login.log_out(current)
            except MilestoneError:
                return
            finally:
                await self._login.aclose()

    close = aclose

    def secrets(self) -> list[str]:
        """Return every password and token that a server of this site may know."""
        pending = self._login.pending
        leases = self._leases() if pending is None else [*self._leases(), pending]
        return [self.credentials.reveal(), *(lease.token for lease in leases)]

    def _leases(self) -> list[Lease]:
        return [lease for lease in (self._access, self._corporate) if lease is not None]

    def _current(self) -> Authorization:
        assert self._corporate is not None
        return self._login.authorization(self._access, self._corporate)

    async def _renew_ahead(self) -> None:
        """Renew while the corporate token is valid, so that a temporary failure fails no call.

        Whether the access token has ended does not matter here: recorders and the event server do not use it, and the
        management server refuses it.
        """
        self._is_renewing_ahead = True
        try:
            seconds = remaining(_AHEAD_SECONDS * _AHEAD_SHARE) / _AHEAD_SHARE
            async with within(seconds, server=str(self._login.location), operation="renewal of the tokens"):
                await self._renew()
        except MilestoneError as error:
            if error.costs_login_attempt:
                raise
            self._refusal = None
            self._next_renewal = self._clock.monotonic() + self._pauses.failed()
            if self._pauses.failures == 1:
                _logger.warning("the tokens of %s cannot be renewed yet: %s", self._login.location, error)
        else:
            self._renewed()
        finally:
            self._is_renewing_ahead = False

    def _renewed(self) -> None:
        if self._pauses.failures:
            _logger.warning("the tokens of %s are renewed", self._login.location)
        self._pauses.succeeded()
        self._next_renewal = -math.inf

    async def _raise_refusal(self) -> None:
        """Raise an earlier refusal again, unless an old server was upgraded since then."""
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
        """Log in, in the form of the server's release.

        That a server has no identity provider is never relied on: it is asked again before each login, and after a
        refusal before that counts.
        """
        self._login.check_transport()
        known = self._discovery.known
        if known is not None and not known.oauth:
            self._discovery.doubt()

        async def log_in(found: Discovery) -> None:
            self._access, self._corporate = await self._login.log_in(oauth=found.oauth, old=self._corporate)
            self.logins += 1
            if found.oauth:
                await self._login.aclose()  # a Windows user needs no private connection any more

        try:
            await self._discovery.use(log_in, contradicted=_is_of_another_release, repeatable=lambda error: True)
        except AuthenticationError as error:  # others, such as a missing ticket or a skewed clock, may pass
            if error.costs_login_attempt or isinstance(error, LoginNotSupported):
                self._refusal = (error, await self.discover())
                self._look_again = self._clock.monotonic() + _LOOK_AGAIN
            raise


def _is_of_another_release(error: MilestoneError, found: Discovery) -> bool:
    """Return whether a failed login may mean that the server got or lost its identity provider."""
    if found.oauth:
        return _is_missing(error)
    return not isinstance(error, TransportError)


def _is_missing(error: MilestoneError) -> bool:
    """Return whether the address of a call does not exist (HTTP 404)."""
    return isinstance(error, ServiceUnavailable) and isinstance(error.__cause__, NotFound)
