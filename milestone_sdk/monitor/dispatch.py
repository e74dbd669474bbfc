"""From what a site sent to the handlers of the program: in order, again after a failure, and never skipped quietly."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

from attrs import field, frozen

from .._net.asyncio import AsyncClock
from .._protocol.backoff import Backoff
from ..errors import AlarmGap, AlarmUndeliverable, ConfigurationError
from ..models import AlarmLine
from ..models.alarms.subscription import LinkLost, LinkRestored

if TYPE_CHECKING:
    from .site import MonitoredSite

__all__ = ["AlarmDelivery", "Handlers", "LinkDelivery", "LinkEvent", "OnAlarm", "OnLink", "OnUndeliverable", "Spawn"]

_logger = logging.getLogger("milestone_sdk.monitor")

LinkEvent = LinkLost | LinkRestored | AlarmGap | AlarmUndeliverable
"""What `on_link` is called with."""

OnAlarm = Callable[["MonitoredSite", AlarmLine], Awaitable[None]]
OnLink = Callable[["MonitoredSite", LinkEvent], Awaitable[None]]
OnUndeliverable = Callable[["MonitoredSite", AlarmLine, AlarmUndeliverable], Awaitable[None]]
Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]

_MOST_PARKED: Final = 100
"""Alarms of one site that may be set aside; the next one that fails is offered until it is taken."""
_PARKED_PAUSE: Final = 600.0
"""Seconds after which alarms that were set aside are offered again."""
_MOST_LINK_EVENTS: Final = 100


class Subscription(Protocol):
    """Where checkpoints go."""

    async def checkpoint(self, alarm: AlarmLine) -> None: ...


def _asynchronous(handler: object, what: str) -> None:
    if not (iscoroutinefunction(handler) or iscoroutinefunction(getattr(handler, "__call__", None))):  # noqa: B004
        raise ConfigurationError(
            f"{what} is no async function: a blocking one would hold up every site",
            hint=f"write `async def {what}(...)`, and `await asyncio.to_thread(...)` in it for what blocks",
        )


@frozen(kw_only=True)
class Handlers:
    """What a program does with alarms, with the link, and with alarms that its handler fails on; all `async def`."""

    on_alarm: OnAlarm = field()
    on_link: OnLink = field()
    on_undeliverable: OnUndeliverable | None = None
    attempts: int = 8
    """How often an alarm is offered before it is given up."""

    def __attrs_post_init__(self) -> None:
        _asynchronous(self.on_alarm, "on_alarm")
        _asynchronous(self.on_link, "on_link")
        if self.on_undeliverable is not None:
            _asynchronous(self.on_undeliverable, "on_undeliverable")
        if self.attempts < 1:
            raise ConfigurationError(f"attempts={self.attempts} offers no alarm at all", hint="8 is usual")


async def _failure_of(call: Awaitable[None]) -> BaseException | None:
    """Return what a handler raised; `CancelledError` too, unless it is this very task that is to end."""
    try:
        await call
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return error
    except Exception as error:
        return error
    return None


def _shown(alarm: AlarmLine) -> str:
    return f"alarm {alarm.id} (revision {alarm.revision})"


class AlarmDelivery:
    """Offers the alarms of one site to `on_alarm`, one at a time, and checkpoints what it took.

    The task that does so exists while there is something to do. An alarm that the handler fails on is offered again
    with growing pauses, then given up: `on_undeliverable` may take it. If nobody does it is set aside, not
    checkpointed, and offered again later.
    """

    def __init__(
        self, site: "MonitoredSite", handlers: Handlers, *, clock: AsyncClock, spawn: Spawn, capacity: int
    ) -> None:
        self._site = site
        self._handlers = handlers
        self._clock = clock
        self._spawn = spawn
        self._capacity = capacity
        self._queue: deque[AlarmLine | AlarmGap | AlarmUndeliverable] = deque()
        self._again: deque[AlarmLine] = deque()
        self._parked: dict[UUID, AlarmLine] = {}
        self._owed: tuple[int, UUID, int] | None = None
        self._room: asyncio.Event = asyncio.Event()
        self._subscription: Subscription | None = None
        self._task: asyncio.Task[None] | None = None
        self._reminder: asyncio.Task[None] | None = None
        self._halted = False
        self.handled = 0
        self.handler_failures = 0
        self.undeliverable = 0
        self.checkpoint_failures = 0

    @property
    def queued(self) -> int:
        """How many alarms wait."""
        return len(self._queue)

    @property
    def parked(self) -> int:
        """How many alarms are set aside."""
        return len(self._parked)

    @property
    def is_full(self) -> bool:
        """Whether `put` would wait."""
        return len(self._queue) >= self._capacity

    def begin(self, subscription: Subscription) -> None:
        """Take alarms from another subscription, which delivers again whatever has no checkpoint."""
        self._subscription = subscription
        reports = [item for item in self._queue if not isinstance(item, AlarmLine)]  # these do not come again
        self._queue.clear()
        self._queue.extend(reports)
        self._again.clear()
        self._parked.clear()
        self._room.set()

    def detach(self) -> None:
        """The subscription ends; what it delivered and has no checkpoint comes again from the next one."""
        self._subscription = None

    async def put(self, item: AlarmLine | AlarmGap | AlarmUndeliverable) -> None:
        """Queue an alarm, or a report before the alarms that follow it; waits while the queue is full."""
        while self.is_full:
            self._room.clear()
            await self._room.wait()
        self._queue.append(item)
        self._work()

    def halt(self) -> None:
        """Begin nothing more, neither a call of a handler nor a checkpoint."""
        self._halted = True
        if self._reminder is not None:
            self._reminder.cancel()

    def _work(self) -> None:
        if self._task is None and not self._halted:
            self._task = self._spawn(self._drain())

    async def _drain(self) -> None:
        try:
            while not self._halted and (self._again or self._queue):
                again = bool(self._again)
                item = self._again.popleft() if again else self._queue.popleft()
                self._room.set()
                if not isinstance(item, AlarmLine):
                    await self._report(item)
                elif self._subscription is not None:
                    await self._deliver(item, self._subscription, attempts=1 if again else self._handlers.attempts)
        finally:
            self._task = None

    async def _report(self, report: AlarmGap | AlarmUndeliverable) -> None:
        backoff = Backoff()
        while not self._halted:
            failure = await _failure_of(self._handlers.on_link(self._site, report))
            if failure is None:
                return
            _logger.error("on_link failed on %r of site %s", report, self._site.name, exc_info=failure)
            await self._clock.sleep(backoff.failed())

    async def _deliver(self, alarm: AlarmLine, subscription: Subscription, *, attempts: int) -> None:
        if self._owed == alarm.key:
            self._owed = None  # handled already; the subscription it came from ended before the checkpoint
            await self._checkpoint(alarm, subscription)
            return
        failure = await self._offer(alarm, attempts)
        if self._halted:
            return
        if failure is None:
            self.handled += 1
        elif not await self._accepted(alarm, failure):
            await self._park(alarm, subscription)
            return
        await self._checkpoint(alarm, subscription)
        await self._settle_parked(alarm, subscription)

    async def _offer(self, alarm: AlarmLine, attempts: int) -> BaseException | None:
        """Call the handler until it returns; return what it raised when it is to be given up."""
        backoff = Backoff()
        while True:
            failure = await _failure_of(self._handlers.on_alarm(self._site, alarm))
            if failure is None:
                return None
            self.handler_failures += 1
            if backoff.failures == 0 and attempts > 1:
                _logger.warning(
                    "on_alarm failed on %s of site %s; it is tried again",
                    _shown(alarm),
                    self._site.name,
                    exc_info=failure,
                )
            pause = backoff.failed()
            has_place = len(self._parked) < _MOST_PARKED or alarm.id in self._parked
            if self._halted or (backoff.failures >= attempts and has_place):
                return failure
            await self._clock.sleep(pause)

    async def _accepted(self, alarm: AlarmLine, failure: BaseException) -> bool:
        """Give the alarm up, loudly; return whether somebody takes it."""
        self.undeliverable += 1
        error = AlarmUndeliverable(
            f"{_shown(alarm)} of site {self._site.name}: the handler raised {type(failure).__name__}",
            alarm_id=alarm.id,
            revision=alarm.revision,
            server=self._site.settings.location,
            operation="on_alarm",
        )
        error.__cause__ = failure
        _logger.error("%s", error, exc_info=failure)
        if self._handlers.on_undeliverable is None:
            return False
        refusal = await _failure_of(self._handlers.on_undeliverable(self._site, alarm, error))
        if refusal is not None:
            _logger.error("on_undeliverable failed on %s of %s", _shown(alarm), self._site.name, exc_info=refusal)
        return refusal is None

    async def _park(self, alarm: AlarmLine, subscription: Subscription) -> None:
        """Set an alarm aside; a later state of the same alarm takes the place of an earlier one."""
        if subscription is not self._subscription:
            return  # the new one delivers it again
        older = self._parked.get(alarm.id)
        self._parked[alarm.id] = alarm
        if older is not None and older.key != alarm.key and older.revision <= alarm.revision:
            await self._checkpoint(older, subscription)
        if self._reminder is None and not self._halted:
            self._reminder = self._spawn(self._remind())

    async def _remind(self) -> None:
        try:
            while self._parked:
                await self._clock.sleep(_PARKED_PAUSE)
                self._again.extend(alarm for alarm in self._parked.values() if alarm not in self._again)
                self._work()
        finally:
            self._reminder = None

    async def _settle_parked(self, alarm: AlarmLine, subscription: Subscription) -> None:
        """An alarm that was taken needs no second try, and neither does an earlier state of it."""
        parked = self._parked.get(alarm.id)
        if parked is None or parked.revision > alarm.revision:
            return
        del self._parked[alarm.id]
        if parked.key != alarm.key:
            await self._checkpoint(parked, subscription)

    async def _checkpoint(self, alarm: AlarmLine, subscription: Subscription) -> None:
        """Write the checkpoint, however often that fails, unless the subscription ends before."""
        backoff = Backoff()
        while not self._halted:
            if subscription is not self._subscription:
                self._owed = alarm.key
                return
            failure = await _failure_of(subscription.checkpoint(alarm))
            if failure is None:
                if backoff.failures:
                    _logger.warning("checkpoints of site %s can be written again", self._site.name)
                return
            if subscription is not self._subscription:
                continue
            self.checkpoint_failures += 1
            pause = backoff.failed()
            if backoff.failures == 1:
                _logger.error("a checkpoint of site %s cannot be written", self._site.name, exc_info=failure)
            await self._clock.sleep(pause)


class LinkDelivery:
    """Tells `on_link` of the loss and return of a site's link, in order, beside the alarms: no alarm holds it up."""

    def __init__(self, site: "MonitoredSite", handlers: Handlers, *, clock: AsyncClock, spawn: Spawn) -> None:
        self._site = site
        self._handlers = handlers
        self._clock = clock
        self._spawn = spawn
        self._queue: deque[LinkEvent] = deque()
        self._task: asyncio.Task[None] | None = None
        self._halted = False

    def put(self, event: LinkEvent) -> None:
        """Queue what happened to the link; never waits."""
        if self._halted:
            return
        if len(self._queue) >= _MOST_LINK_EVENTS:
            _logger.error("on_link of site %s does not return; forgotten: %r", self._site.name, self._queue.popleft())
        self._queue.append(event)
        if self._task is None:
            self._task = self._spawn(self._drain())

    def halt(self) -> None:
        """Begin no more calls."""
        self._halted = True

    async def _drain(self) -> None:
        try:
            while self._queue and not self._halted:
                await self._tell(self._queue.popleft())
        finally:
            self._task = None

    async def _tell(self, event: LinkEvent) -> None:
        backoff = Backoff()
        while not self._halted:
            failure = await _failure_of(self._handlers.on_link(self._site, event))
            if failure is None:
                return
            pause = backoff.failed()
            given_up = backoff.failures >= self._handlers.attempts
            _logger.error(
                "on_link failed on %r of site %s%s",
                event,
                self._site.name,
                "; it is given up" if given_up else "",
                exc_info=failure,
            )
            if given_up:
                return
            await self._clock.sleep(pause)
