"""The work on one site: log in, follow its alarms, and start again after every failure."""

import asyncio
import logging
import random
from collections.abc import Coroutine
from contextlib import aclosing, nullcontext
from typing import Any, Final

from attrs import evolve, field, frozen

from .._async.alarms.subscription import AsyncAlarmSubscription
from .._async.client import AsyncClient
from .._net.asyncio import AsyncClock
from .._protocol.backoff import Backoff
from ..checkpoints import CheckpointStore
from ..credentials import Credentials
from ..errors import (
    AuthenticationError,
    CheckpointError,
    MilestoneError,
)
from ..models.alarms.subscription import AlarmChanged, AlarmEvent, AlarmRaised, LinkLost, LinkRestored
from .dispatch import AlarmDelivery, Calls, LinkDelivery
from .handlers import Handlers
from .linkwatch import LinkWatch, ask
from .pacing import Pacing
from .settings import SiteSettings, check_alarm_reporting, interconnected
from .site import MonitoredSite, SiteState

__all__ = ["SharedResources", "SiteRun"]

_logger = logging.getLogger("milestone_sdk.monitor")

_REFUSED_MOST: Final = 300.0
"""Seconds after which a site is tried again where a try does not count towards locking the account."""
_LOGOUT: Final = 5.0
"""Seconds for the logout from a site that is then connected again."""


@frozen(kw_only=True)
class SharedResources:
    """What all sites of a monitor use together."""

    handlers: Handlers
    checkpoints: CheckpointStore
    clock: AsyncClock
    pacing: Pacing
    refused_interval: float
    chance: random.Random = field(factory=random.Random)


class SiteRun:
    """The work on one `site`, from `start` to `halt`, with all its tasks.

    One task logs in, makes the first poll, and iterates the subscription. Others exist only while handlers have work,
    while the site is silent or not polled, and during the pause before a new try.
    """

    def __init__(self, settings: SiteSettings, shared: SharedResources) -> None:
        self._shared = shared
        self._clock = shared.clock
        self._state = SiteState(settings)
        self._tasks: set[asyncio.Task[None]] = set()
        self.site: MonitoredSite = MonitoredSite(self._state)
        calls = Calls(self.site, shared.handlers, shared.clock, self._spawn)
        self._alarms = AlarmDelivery(calls, self._state)
        self._link = LinkWatch(self._state, LinkDelivery(calls), shared.clock, self._spawn)
        self._backoff = Backoff()
        self._is_replaced = False
        self._is_spent = False
        self._needs_login = False
        self._working: asyncio.Task[None] | None = None
        self._napping: asyncio.Task[None] | None = None

    # What the monitor calls

    def start(self) -> None:
        """Begin to follow the site."""
        self._working = self._spawn(self._work())

    def replace_credentials(self, credentials: Credentials) -> None:
        """Log in with these from now on; a site that was refused is tried at once."""
        server = self._state.settings.server
        self._state.settings = evolve(self._state.settings, credentials=credentials)
        self._is_replaced = True
        if self._state.settings.server != server:  # a basic user is never logged in over http
            self._is_spent = True
            self._stop_following()
        elif self._state.is_following:
            self._spawn(self._log_in_again())
        else:
            self._needs_login = True
        if self._napping is not None:
            self._napping.cancel()

    def halt(self) -> "set[asyncio.Task[None]]":
        """Begin nothing more, no call of a handler and no checkpoint; return the tasks that may be in a handler."""
        self._alarms.halt()
        self._link.stop()
        for task in (self._working, self._napping):
            if task is not None:
                task.cancel()
        self._stop_following()
        return {task for task in self._tasks if not task.cancelling()}

    @property
    def tasks(self) -> "frozenset[asyncio.Task[None]]":
        """The tasks that have not ended."""
        return frozenset(self._tasks)

    async def release(self) -> None:
        """Give up the subscription; the next one delivers again what has no checkpoint."""
        self._stop_following()
        subscription, self._state.subscription = self._state.subscription, None
        if subscription is None:
            return
        self._state.counters = self._state.counters.plus(subscription.statistics)
        try:
            await subscription.__aexit__(None, None, None)
        except Exception as error:
            _logger.error("the checkpoints of site %s cannot be released", self.site.name, exc_info=error)

    async def close(self, *, seconds: float) -> None:
        """Log out, within that many seconds, and close the connections."""
        client, self._state.client = self._state.client, None
        if client is None:
            return
        try:
            if seconds <= 0:
                await client.token.replace(self._state.settings.credentials)  # drops the token: there is no logout
            async with asyncio.timeout(max(seconds, 0.1)):
                await client.aclose()
        except (MilestoneError, OSError) as error:  # TimeoutError is an OSError
            _logger.debug("site %s was closed without a logout: %r", self.site.name, error)

    # From failure to failure

    async def _work(self) -> None:
        while True:
            try:
                await self._prepare()
                await self._follow(self._state.subscription or await self._opened())
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
            await self._log_in_again()

    async def _log_in_again(self) -> None:
        if self._state.client is not None:
            await self._state.client.token.replace(self._state.settings.credentials)

    async def _opened(self) -> AsyncAlarmSubscription:
        """Log in, check that this site can report alarms at all, and make the first poll."""
        state = self._state
        await self._shared.pacing.turn(state.settings.server, login=state.client is None)
        settings = state.settings
        state.counters.openings += 1
        first = state.counters.openings == 1
        self._link.opening(first=first)
        client = state.client = state.client or _new_client(settings, self._clock)
        if settings.kind != "standard":
            hardware = await client.hardware()
            check_alarm_reporting(hardware, server=settings.location, kind=settings.kind)
            if first and (remote := interconnected(hardware)):
                text = "site %s has %d remote sites, whose alarms it does not report"
                _logger.warning(text, settings.name, remote)
        subscription = client.alarms.subscribe(
            checkpoints=self._shared.checkpoints,
            name=settings.subscription,
            since=settings.since,
            interval=settings.interval,
            link_timeout=settings.link_timeout,
        )
        await subscription.__aenter__()
        state.subscription = subscription
        self._alarms.begin(subscription)
        await client.forget()  # polling needs no cameras, and thousands of sites have many
        self._link.heard()
        return subscription

    async def _follow(self, subscription: AsyncAlarmSubscription) -> None:
        """Pass on the events of the subscription, until it is closed or raises."""
        self._backoff.succeeded()
        self._link.following()
        self._state.is_following = True
        if self._needs_login:  # they were replaced while the old ones were being tried
            self._needs_login = False
            self._spawn(self._log_in_again())
        try:
            async with aclosing(subscription.events()) as events:
                async for event in events:
                    await self._pass_on(event)
        finally:
            self._state.is_following = False
            self._link.stop()

    async def _pass_on(self, event: AlarmEvent) -> None:
        if isinstance(event, LinkLost):
            self._link.lost(event.reason)
            await self._wait_for_an_answer()
        elif isinstance(event, LinkRestored):
            self._link.heard()
        else:
            with self._link.blocked() if self._alarms.is_full else nullcontext():
                await self._alarms.put(event.alarm if isinstance(event, AlarmRaised | AlarmChanged) else event)

    async def _wait_for_an_answer(self) -> None:
        """Ask a lost site within the budget of its server until it answers; then the subscription polls again."""
        backoff = Backoff()
        while not self._is_spent:
            await self._clock.sleep(backoff.failed())
            await self._shared.pacing.turn(self._state.settings.server, login=False)
            try:
                await ask(self._state)
            except MilestoneError as error:
                if error.permanent:
                    raise
                self._state.counters.poll_failures += 1
                self._state.reason = str(error)
            else:
                return

    def _failed(self, error: BaseException) -> float:
        """Note a failure; return how long to wait before the next try."""
        state = self._state
        pause = self._backoff.failed()
        state.counters.poll_failures += 1
        refusal = error if isinstance(error, MilestoneError) and error.permanent else None
        state.is_refused = refusal is not None
        state.reason = str(error) if isinstance(error, MilestoneError) else f"{type(error).__name__}: {error}"
        if refusal is not None:
            pause = self._shared.refused_interval
            if not refusal.costs_login_attempt:
                pause = min(pause, _REFUSED_MOST)
            pause *= self._shared.chance.uniform(0.9, 1.1)
            _logger.error("site %s REFUSED, next try in %.0f s: %s", self.site.name, pause, error)
        elif not isinstance(error, MilestoneError):
            _logger.error("site %s: unexpected error", self.site.name, exc_info=error)
        elif self._backoff.failures == 1 or isinstance(error, CheckpointError):
            _logger.warning("site %s cannot be followed: %s", self.site.name, error)
        self._needs_login = self._needs_login or isinstance(error, AuthenticationError)  # a client remembers refusals
        self._is_spent = self._is_spent or not isinstance(error, MilestoneError)
        self._link.failed()
        return pause

    async def _nap(self, seconds: float) -> None:
        """Wait; new credentials end the wait early."""
        self._napping = self._spawn(self._clock.sleep(seconds))
        try:
            await asyncio.wait({self._napping})
        finally:
            self._napping.cancel()
            self._napping = None

    def _stop_following(self) -> None:
        self._alarms.detach()
        if self._state.subscription is not None:
            self._state.subscription.close()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._task_ended)
        return task

    def _task_ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.critical("a task of site %s ended", self.site.name, exc_info=error)


def _new_client(settings: SiteSettings, clock: AsyncClock) -> AsyncClient:
    return AsyncClient(
        settings.location,
        settings.credentials,
        trust=settings.trust,
        timeout=settings.timeout,
        addresses=settings.addresses,
        trust_env=settings.trust_env,
        clock=clock,
    )
