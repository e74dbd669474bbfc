"""Calls of the program's handlers for one site: in order, repeated after a failure, and never skipped silently."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any, Final
from uuid import UUID

from attrs import define

from .._async.alarms.subscription import AsyncAlarmSubscription
from .._net.asyncio import AsyncClock
from .._protocol.alarms.ledger import Key
from .._protocol.backoff import Backoff
from ..errors import AlarmGap, AlarmUndeliverable
from ..models import AlarmLine
from .handlers import Handlers, LinkEvent
from .site import MonitoredSite, SiteState

__all__ = ["AlarmDelivery", "Calls", "LinkDelivery", "Spawn"]

_logger = logging.getLogger("milestone_sdk.monitor")

Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]

_MOST_PARKED: Final = 100
"""Alarms of one site that may be set aside; the next one that fails is offered until the handler returns."""
_PARKED_PAUSE: Final = 600.0
"""Seconds after which alarms that were set aside are offered again."""
_MOST_LINK_EVENTS: Final = 100
_MOST_OWED: Final = 1_000


@define(eq=False)
class Calls:
    """What the deliveries of one site share: the handlers, the clock, and whether calls may still begin."""

    site: MonitoredSite
    handlers: Handlers
    clock: AsyncClock
    spawn: Spawn
    halted: bool = False

    async def on_link(self, event: LinkEvent, *, attempts: int | None = None) -> None:
        """Call `on_link` until it returns, `attempts` times at most."""
        backoff = Backoff()
        while not self.halted:
            failure = await _failure_of(self.handlers.on_link(self.site, event))
            if failure is None:
                return
            pause = backoff.failed()
            given_up = backoff.failures == attempts
            what = "; it is not tried again" if given_up else ""
            _logger.error("on_link failed on %r of site %s%s", event, self.site.name, what, exc_info=failure)
            if given_up:
                return
            await self.clock.sleep(pause)


async def _failure_of(call: Awaitable[None]) -> BaseException | None:
    """Return what a handler raised; `CancelledError` too, unless it is this task that is cancelled."""
    try:
        await call
    except asyncio.CancelledError as error:
        return _unless_cancelled(error)
    except Exception as error:
        return error
    return None


def _unless_cancelled(error: asyncio.CancelledError) -> BaseException:
    task = asyncio.current_task()
    if task is None or task.cancelling():
        raise error
    return error


def _shown(alarm: AlarmLine) -> str:
    return f"alarm {alarm.id} (revision {alarm.revision})"


class AlarmDelivery:
    """Offers the alarms of one site to `on_alarm`, one at a time, and checkpoints those that it took.

    The task that does so exists only while alarms wait. An alarm that the handler fails on is offered again with
    growing pauses, then given up: `on_undeliverable` may accept it. If not, it is set aside ("parked") without a
    checkpoint, and offered again later.
    """

    def __init__(self, calls: Calls, state: SiteState) -> None:
        self._calls = calls
        self._state = state
        self._again: deque[AlarmLine] = deque()
        self._owed: dict[UUID, Key] = {}
        self._room: asyncio.Event = asyncio.Event()
        self._subscription: AsyncAlarmSubscription | None = None
        self._task: asyncio.Task[None] | None = None
        self._reminder: asyncio.Task[None] | None = None

    @property
    def is_full(self) -> bool:
        """Whether `put` would wait."""
        return len(self._state.queue) >= self._state.settings.queue

    def begin(self, subscription: AsyncAlarmSubscription) -> None:
        """Accept alarms of another subscription, which delivers again whatever has no checkpoint."""
        self._subscription = subscription
        queue = self._state.queue
        reports = [item for item in queue if not isinstance(item, AlarmLine)]  # these are not delivered again
        queue.clear()
        queue.extend(reports)
        self._again.clear()
        self._state.parked.clear()
        self._room.set()

    def detach(self) -> None:
        """The subscription ends; the next one delivers again what has no checkpoint."""
        self._subscription = None

    async def put(self, item: AlarmLine | AlarmGap | AlarmUndeliverable) -> None:
        """Queue an alarm, or a report before the alarms that follow it; waits while the queue is full."""
        while self.is_full:
            self._room.clear()
            await self._room.wait()
        self._state.queue.append(item)
        self._work()

    def halt(self) -> None:
        """Begin no more calls of any handler of the site, and no checkpoints."""
        self._calls.halted = True
        if self._reminder is not None:
            self._reminder.cancel()

    def _work(self) -> None:
        if self._task is None and not self._calls.halted:
            self._task = self._calls.spawn(self._drain())

    async def _drain(self) -> None:
        queue = self._state.queue
        try:
            while not self._calls.halted and (self._again or queue):
                attempts = 1 if self._again else self._calls.handlers.attempts
                again = self._again.popleft() if self._again else None
                if again is not None and self._state.parked.get(again.id) is not again:
                    continue  # settled, or replaced by a later state
                item = again or queue.popleft()
                self._room.set()
                if not isinstance(item, AlarmLine):
                    await self._calls.on_link(item)
                elif self._subscription is not None:
                    await self._deliver(item, self._subscription, attempts)
        finally:
            self._task = None

    async def _deliver(self, alarm: AlarmLine, subscription: AsyncAlarmSubscription, attempts: int) -> None:
        if await self._is_done(alarm, subscription):
            await self._checkpoint(alarm, subscription)
            await self._settle_parked(alarm, subscription)
            return
        if self._calls.halted or subscription is not self._subscription:
            return
        failure = await self._offer(alarm, attempts)
        if self._calls.halted:
            return
        if failure is None:
            self._state.counters.handled += 1
        elif not await self._is_accepted(alarm, failure):
            await self._park(alarm, subscription)
            return
        await self._checkpoint(alarm, subscription)
        await self._settle_parked(alarm, subscription)

    async def _is_done(self, alarm: AlarmLine, subscription: AsyncAlarmSubscription) -> bool:
        """Return whether this state was handled, or, unless changes are offered, any state of the alarm."""
        # Handled, but the subscription that it came from ended before the checkpoint.
        owed, changes = self._owed.get(alarm.id), self._calls.handlers.changes
        if owed is not None and (owed == alarm.key or not changes):
            return True
        return not changes and await self._stored(partial(subscription.is_handled, alarm), subscription) is True

    async def _offer(self, alarm: AlarmLine, attempts: int) -> BaseException | None:
        """Call the handler until it returns; return what it raised when the alarm is to be given up."""
        site, parked = self._calls.site, self._state.parked
        backoff = Backoff()
        while True:
            failure = await _failure_of(self._calls.handlers.on_alarm(site, alarm))
            if failure is None:
                return None
            self._state.counters.handler_failures += 1
            if backoff.failures == 0 and attempts > 1:
                text = "on_alarm failed on %s of site %s; it is tried again"
                _logger.warning(text, _shown(alarm), site.name, exc_info=failure)
            pause = backoff.failed()
            has_place = len(parked) < _MOST_PARKED or alarm.id in parked
            if self._calls.halted or (backoff.failures >= attempts and has_place):
                return failure
            await self._calls.clock.sleep(pause)

    async def _is_accepted(self, alarm: AlarmLine, failure: BaseException) -> bool:
        """Report that the alarm is given up; return whether `on_undeliverable` accepts it."""
        self._state.counters.undeliverable += 1
        site, handler = self._calls.site, self._calls.handlers.on_undeliverable
        error = AlarmUndeliverable(
            f"{_shown(alarm)} of site {site.name}: the handler raised {type(failure).__name__}",
            alarm_id=alarm.id,
            revision=alarm.revision,
            server=site.settings.location,
            operation="on_alarm",
        )
        error.__cause__ = failure
        _logger.error("%s", error, exc_info=failure)
        if handler is None:
            return False
        refusal = await _failure_of(handler(site, alarm, error))
        if refusal is not None:
            _logger.error("on_undeliverable failed on %s of site %s", _shown(alarm), site.name, exc_info=refusal)
        return refusal is None

    async def _park(self, alarm: AlarmLine, subscription: AsyncAlarmSubscription) -> None:
        """Set an alarm aside; a later state of the same alarm replaces an earlier one."""
        if subscription is not self._subscription:
            return  # the next one delivers it again
        older = self._state.parked.get(alarm.id)
        self._state.parked[alarm.id] = alarm
        if older is not None and older.key != alarm.key and older.revision <= alarm.revision:
            await self._checkpoint(older, subscription, handled=False)
        if self._reminder is None and not self._calls.halted:
            self._reminder = self._calls.spawn(self._remind())

    async def _remind(self) -> None:
        try:
            while self._state.parked:
                await self._calls.clock.sleep(_PARKED_PAUSE)
                self._again.extend(alarm for alarm in self._state.parked.values() if alarm not in self._again)
                self._work()
        finally:
            self._reminder = None

    async def _settle_parked(self, alarm: AlarmLine, subscription: AsyncAlarmSubscription) -> None:
        """Drop what is parked of an alarm whose present state was handled, unless a later one is parked."""
        parked = self._state.parked.get(alarm.id)
        if parked is None or parked.revision > alarm.revision:
            return
        del self._state.parked[alarm.id]
        if parked.key != alarm.key:
            await self._checkpoint(parked, subscription)

    async def _checkpoint(
        self, alarm: AlarmLine, subscription: AsyncAlarmSubscription, *, handled: bool = True
    ) -> None:
        """Write the checkpoint, however often that fails, unless the subscription ends before."""

        async def save() -> bool:
            await subscription.checkpoint(alarm, handled=handled)
            return True

        if await self._stored(save, subscription):
            self._owed.pop(alarm.id, None)
        elif handled and not self._calls.halted:
            self._owed[alarm.id] = alarm.key
            if len(self._owed) > _MOST_OWED:
                del self._owed[next(iter(self._owed))]

    async def _stored(self, call: Callable[[], Awaitable[bool]], subscription: AsyncAlarmSubscription) -> bool | None:
        """Call the checkpoint store, however often that fails; return `None` if the subscription ends before."""
        backoff, name = Backoff(), self._calls.site.name
        while not self._calls.halted and subscription is self._subscription:
            try:
                answer = await call()
            except asyncio.CancelledError as error:
                failure = _unless_cancelled(error)
            except Exception as error:
                failure = error
            else:
                if backoff.failures:
                    _logger.warning("checkpoints of site %s can be stored again", name)
                return answer
            if subscription is not self._subscription:
                return None
            self._state.counters.checkpoint_failures += 1
            pause = backoff.failed()
            if backoff.failures == 1:
                _logger.error("a checkpoint of site %s cannot be stored", name, exc_info=failure)
            await self._calls.clock.sleep(pause)
        return None


class LinkDelivery:
    """Reports the loss and return of a site's link to `on_link`, in order; runs beside the alarms, never after them."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._queue: deque[LinkEvent] = deque()
        self._task: asyncio.Task[None] | None = None

    def put(self, event: LinkEvent) -> None:
        """Queue a loss or return of the link; never waits."""
        if self._calls.halted:
            return
        if len(self._queue) >= _MOST_LINK_EVENTS:
            text = "on_link of site %s does not return; dropped: %r"
            _logger.error(text, self._calls.site.name, self._queue.popleft())
        self._queue.append(event)
        if self._task is None:
            self._task = self._calls.spawn(self._drain())

    async def _drain(self) -> None:
        try:
            while self._queue and not self._calls.halted:
                await self._calls.on_link(self._queue.popleft(), attempts=self._calls.handlers.attempts)
        finally:
            self._task = None
