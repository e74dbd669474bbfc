"""One site of a monitor at work: log in, follow its alarms, and begin again whatever happens."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Generator
from contextlib import aclosing, contextmanager
from datetime import timedelta
from typing import Any, Final

from attrs import evolve

from .._async.alarms.subscription import AsyncAlarmSubscription
from .._async.client import AsyncClient
from .._protocol.backoff import Backoff
from ..credentials import Credentials
from ..errors import (
    AuthenticationError,
    CheckpointError,
    MilestoneError,
)
from ..models import AlarmFilter, OrderBy
from ..models.alarms.subscription import AlarmChanged, AlarmEvent, AlarmRaised, LinkLost, LinkRestored
from ..models.times import earlier
from .settings import SiteSettings, check_alarm_reporting, interconnected
from .site import COUNTED, TIMES, MonitoredSite, Surroundings

__all__ = ["SiteRun"]

_logger = logging.getLogger("milestone_sdk.monitor")

_REFUSED_MOST: Final = 300.0
"""Seconds after which a site is tried again where a try does not count towards locking the account."""
_LOGOUT: Final = 5.0
_NEWEST: Final = AlarmFilter((), (OrderBy("Modified", descending=True),))


class SiteRun(MonitoredSite):
    """What the monitor does with the site.

    One task logs in, makes the first poll, and iterates the subscription. Others exist only while handlers have work,
    while the site is silent or not asked, and while a new try is waited for.
    """

    def __init__(self, settings: SiteSettings, surroundings: Surroundings) -> None:
        super().__init__(settings, surroundings)
        self._backoff = Backoff()
        self._heard = 0.0
        self._was_followed = False
        self._is_replaced = False
        self._is_spent = False
        self._needs_login = False
        self._is_blocked = False
        self._working: asyncio.Task[None] | None = None
        self._napping: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None

    # What the monitor calls

    def start(self) -> None:
        """Begin to follow the site."""
        self._working = self._spawn(self._work())

    def replace_credentials(self, credentials: Credentials) -> None:
        """Log in with these from now on; a site that was refused is tried at once."""
        server = self._settings.server
        self._settings = evolve(self._settings, credentials=credentials)
        self._is_replaced = True
        if self._settings.server != server:  # a basic user is never logged in over http
            self._is_spent = True
            self._stop_following()
        elif self._is_following:
            self._spawn(self._log_in_anew())
        else:
            self._needs_login = True
        if self._napping is not None:
            self._napping.cancel()

    def halt(self) -> "set[asyncio.Task[None]]":
        """Begin nothing more, no call of a handler and no checkpoint; return the tasks that may be in a handler."""
        self._alarms.halt()
        self._link.halt()
        for task in (self._working, self._watching, self._napping):
            if task is not None:
                task.cancel()
        self._stop_following()
        return {task for task in self._tasks if not task.cancelling()}

    @property
    def tasks(self) -> "frozenset[asyncio.Task[None]]":
        """What has not ended yet."""
        return frozenset(self._tasks)

    async def release(self) -> None:
        """Give up the subscription; what it delivered and has no checkpoint comes again from the next one."""
        self._stop_following()
        subscription, self._subscription = self._subscription, None
        if subscription is None:
            return
        statistics = subscription.statistics
        self._past.update({name: getattr(statistics, name) for name in COUNTED})
        self._times.update({name: getattr(statistics, name) for name in TIMES if getattr(statistics, name)})
        try:
            await subscription.__aexit__(None, None, None)
        except Exception as error:
            _logger.error("the checkpoints of site %s cannot be released", self.name, exc_info=error)

    async def close(self, *, seconds: float) -> None:
        """Close the connections, after a logout for which there are that many seconds; the server need not notice."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            if seconds <= 0:
                await client.token.replace(self._settings.credentials)  # without a token there is nothing to log out
            async with asyncio.timeout(max(seconds, 0.1)):
                await client.aclose()
        except (MilestoneError, OSError) as error:  # TimeoutError is an OSError
            _logger.debug("site %s was closed without a logout: %r", self.name, error)

    # From failure to failure

    async def _work(self) -> None:
        while True:
            try:
                await self._prepare()
                await self._follow(self._subscription or await self._opened())
                self._is_spent = True  # only a subscription that was closed ends
                pause = self._backoff.failed()
            except (Exception, asyncio.CancelledError) as error:
                task = asyncio.current_task()
                if isinstance(error, asyncio.CancelledError) and (task is None or task.cancelling()):
                    raise
                pause = self._failed(error)
            if not self._is_replaced:
                await self._nap(pause)

    async def _prepare(self) -> None:
        self._is_replaced = False
        if self._is_spent:
            self._is_spent = self._needs_login = False
            await self.release()
            await self.close(seconds=_LOGOUT)
        if self._needs_login:
            self._needs_login = False
            await self._log_in_anew()

    async def _log_in_anew(self) -> None:
        if self._client is not None:
            await self._client.token.replace(self._settings.credentials)

    async def _opened(self) -> AsyncAlarmSubscription:
        """Log in, look whether this site can report alarms at all, and make the first poll."""
        await self._shared.pacing.turn(self._settings.server, login=self._client is None)
        settings = self._settings
        self._past["openings"] += 1
        if self._past["openings"] == 1:
            self._heard = self._clock.monotonic()
        self._watch(self._watch_silence)
        client = self._client = self._client or self._new_client(settings)
        if settings.kind != "standard":
            hardware = await client.hardware()
            check_alarm_reporting(hardware, server=settings.location, kind=settings.kind)
            if self._past["openings"] == 1 and (remote := interconnected(hardware)):
                _logger.warning("site %s has %d remote sites, whose alarms do not come here", self.name, remote)
        subscription = client.alarms.subscribe(
            checkpoints=self._shared.checkpoints,
            name=settings.subscription,
            since=settings.since,
            interval=settings.interval,
            link_timeout=settings.link_timeout,
        )
        await subscription.__aenter__()
        self._subscription = subscription
        self._alarms.begin(subscription)
        await client.forget()  # polling needs no cameras, and thousands of sites have many
        self._hears()
        return subscription

    async def _follow(self, subscription: AsyncAlarmSubscription) -> None:
        """Pass on what the subscription tells, until it is closed or raises."""
        self._backoff.succeeded()
        self._stop_watching()
        if self._lost_at is not None:
            self._watch(self._watch_beside)
        self._is_following = True
        if self._needs_login:  # they were replaced while the old ones were being tried
            self._needs_login = False
            self._spawn(self._log_in_anew())
        try:
            async with aclosing(subscription.events()) as events:
                async for event in events:
                    await self._pass_on(event)
        finally:
            self._is_following = False
            self._stop_watching()

    async def _pass_on(self, event: AlarmEvent) -> None:
        if isinstance(event, LinkLost):
            self._loses(self._last_heard(), event.reason)
            await self._wait_for_an_answer()
        elif isinstance(event, LinkRestored):
            self._hears()
        else:
            with self._watched_if_it_waits():
                await self._alarms.put(event.alarm if isinstance(event, AlarmRaised | AlarmChanged) else event)

    async def _wait_for_an_answer(self) -> None:
        """Ask a lost site within the budget of its server until it answers; then the subscription goes on asking."""
        backoff = Backoff()
        while not self._is_spent:
            await self._clock.sleep(backoff.failed())
            await self._shared.pacing.turn(self._settings.server, login=False)
            try:
                await self.client.alarms.page(_NEWEST, 1)
            except MilestoneError as error:
                if error.permanent:
                    raise
                self._past["failures"] += 1
                self._reason = str(error)
            else:
                return

    def _failed(self, error: BaseException) -> float:
        """Take note of a failure; return how long to wait before the next try."""
        pause = self._backoff.failed()
        self._past["failures"] += 1
        self._heard = self._last_heard()
        refusal = error if isinstance(error, MilestoneError) and error.permanent else None
        self._refused = refusal is not None
        self._reason = str(error) if isinstance(error, MilestoneError) else f"{type(error).__name__}: {error}"
        if refusal is not None:
            pause = self._shared.refused_interval
            if not refusal.costs_login_attempt:
                pause = min(pause, _REFUSED_MOST)
            pause *= self._shared.chance.uniform(0.9, 1.1)
            _logger.error("site %s REFUSED, next try in %.0f s: %s", self.name, pause, error)
        elif not isinstance(error, MilestoneError):
            _logger.error("site %s: unexpected error", self.name, exc_info=error)
        elif self._backoff.failures == 1 or isinstance(error, CheckpointError):
            _logger.warning("site %s cannot be followed: %s", self.name, error)
        if self._refused or not self._was_followed:
            self._loses(self._heard, self._reason, logged=True)
        self._needs_login = self._needs_login or isinstance(error, AuthenticationError)  # a client remembers refusals
        self._is_spent = self._is_spent or not isinstance(error, MilestoneError)
        self._watch(self._watch_silence)
        return pause

    async def _nap(self, seconds: float) -> None:
        """Wait, or until there are new credentials."""
        self._napping = self._spawn(self._clock.sleep(seconds))
        try:
            await asyncio.wait({self._napping})
        finally:
            self._napping.cancel()
            self._napping = None

    def _new_client(self, settings: SiteSettings) -> AsyncClient:
        return AsyncClient(
            settings.location,
            settings.credentials,
            trust=settings.trust,
            timeout=settings.timeout,
            addresses=settings.addresses,
            trust_env=settings.trust_env,
            clock=self._clock,
        )

    def _stop_following(self) -> None:
        self._alarms.detach()
        if self._subscription is not None:
            self._subscription.close()

    # Loss and return of the link

    def _loses(self, since: float, reason: str, *, logged: bool = False) -> None:
        """Tell, once, that nothing was heard since then; `since` is of the monotonic clock."""
        if self._lost_at is None:
            self._lost_at = since
            self._past["losses"] += 1
            silence = timedelta(seconds=self._clock.monotonic() - since)
            self._reason = self._reason or reason
            if not logged:
                _logger.warning("the link to site %s is lost: %s", self.name, reason)
            self._link.put(LinkLost(earlier(self._clock.utcnow(), silence), reason))

    def _hears(self) -> None:
        """Take note of a sign of life."""
        self._heard = self._clock.monotonic()
        self._was_followed = True
        self._refused, self._reason = False, None
        if self._lost_at is not None:
            lost_for = timedelta(seconds=self._heard - self._lost_at)
            self._lost_at = None
            _logger.warning("the link to site %s is restored after %s", self.name, lost_for)
            self._link.put(LinkRestored(self._clock.utcnow(), lost_for))

    def _last_heard(self) -> float:
        """Return when the site last answered, by the monotonic clock."""
        if self._subscription is None or self._client is None or self._client.alarms.last_answer is None:
            return self._heard
        return max(self._heard, self._client.alarms.last_answer)

    def _watch(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self._watching is None or self._watching.done():
            self._watching = self._spawn(work())

    def _stop_watching(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            self._watching = None

    async def _watch_silence(self) -> None:
        """Tell of the loss of the link while login and first poll do not succeed."""
        while self._lost_at is None:
            left = self._heard + self._settings.link_timeout - self._clock.monotonic()
            if left <= 0:
                self._loses(self._heard, self._reason or "no answer")
            else:
                await self._clock.sleep(left)

    @contextmanager
    def _watched_if_it_waits(self) -> Generator[None]:
        """While a slow handler holds up the polling, the site is asked for a sign of life instead."""
        if not self._alarms.is_full:
            yield
            return
        self._heard = self._last_heard()
        self._is_blocked = True
        self._watch(self._watch_beside)
        try:
            yield
        finally:
            self._is_blocked = False

    async def _watch_beside(self) -> None:
        """Ask at the interval until polling goes on, and, if the link was lost, has succeeded again."""
        while self._is_blocked or self._lost_at is not None:
            answered = self._last_heard()
            await self._clock.sleep(self._settings.interval)
            if self._is_blocked:
                await self._ask_for_life()
            elif self._last_heard() > answered:
                self._hears()

    async def _ask_for_life(self) -> None:
        left = self._heard + self._settings.link_timeout - self._clock.monotonic()
        patience = self._settings.link_timeout if self._lost_at is not None else max(left, 0.05)
        try:
            async with asyncio.timeout(patience):
                await self.client.alarms.page(_NEWEST, 1)
        except (MilestoneError, TimeoutError) as error:
            self._reason = str(error) or "no answer"
            if self._clock.monotonic() - self._heard >= self._settings.link_timeout:
                self._loses(self._heard, self._reason)
        else:
            self._hears()
