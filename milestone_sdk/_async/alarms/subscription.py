"""Following the alarms of a site."""

import logging
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Final, Literal, Self, TypeVar
from uuid import UUID

from attrs import asdict, define

from ..._protocol.alarms.feed import AlarmFeed
from ..._protocol.alarms.ledger import Key, ticks_of, to_datetime
from ..._protocol.alarms.lines import AlarmLines
from ..._protocol.alarms.link import Link, overslept
from ..._protocol.backoff import Backoff
from ...checkpoints import Checkpoint, CheckpointStore
from ...errors import (
    AlarmGap,
    AlarmUndeliverable,
    CheckpointError,
    ConnectionLost,
    MilestoneError,
    ReadTimeout,
    RemoteProtocolError,
    ServerFault,
)
from ...models import AlarmFilter, AlarmLine, UnreadableAlarm
from ...models.alarms.subscription import (
    AlarmChanged,
    AlarmEvent,
    AlarmRaised,
    LinkLost,
    LinkRestored,
    LinkState,
    SubscriptionStatistics,
)
from ...models.times import earlier
from ..configuration.inventory import AsyncConfigurationCache
from ..session.http import within
from ..session.session import AsyncSession
from .progress import AsyncProgress

__all__ = ["AsyncAlarmSubscription"]

_logger = logging.getLogger("milestone_sdk.alarms")

_SLICE: Final = 0.5
"""Waits come in slices of this many seconds, so that closing from elsewhere, and Ctrl-C on Windows, take effect."""
_REMEMBERED: Final = 10_000
"""Alarms whose next state is reported as a change, not as a new alarm."""
_ASK_FOR_LESS: Final = (ConnectionLost, ReadTimeout, RemoteProtocolError, ServerFault)
"""Errors that a shorter page may avoid: the server faults above some number of rows, or the link is slow."""
_COMFORTABLE: Final = 0.1
"""Part of the link timeout that the answer to one page may take before shorter pages are asked for."""

T = TypeVar("T")
Page = Callable[[AlarmFilter, int], Awaitable[AlarmLines]]


@define(kw_only=True)
class _Counters:
    last_contact: datetime | None = None
    last_received: datetime | None = None
    last_checkpoint: datetime | None = None
    received: int = 0
    checkpoints: int = 0
    polls: int = 0
    failures: int = 0
    gaps: int = 0
    unreadable: int = 0


class AsyncAlarmSubscription:
    """Alarms as they are raised and changed; each is delivered again after a restart until `checkpoint` returned.

    An alarm is delivered in its current state: several changes within one poll are one. Iterating gives alarms,
    `events()` also reports that the link to the site is lost or restored. Temporary failures are retried with growing
    pauses and logged once; permanent errors are raised. If alarms may have been removed before they were delivered,
    `AlarmGap` is raised, or returned by `events()`, before any newer alarm; go on iterating then.
    """

    def __init__(
        self,
        page: Page,
        session: AsyncSession,
        configuration: AsyncConfigurationCache,
        checkpoints: CheckpointStore,
        *,
        name: str,
        since: datetime | Literal["now"] | None,
        interval: float,
        link_timeout: float,
        eager: bool,
        page_size: int,
    ) -> None:
        self._ask = page
        self._session = session
        self._configuration = configuration
        self._progress = AsyncProgress(checkpoints, location=str(session.location), clock=session.clock)
        self._name = name
        self._since: datetime | Literal["now"] | None = since
        self._interval = interval
        self._eager = eager
        self._page_size = page_size
        self._clock = session.clock
        self._backoff = Backoff()
        self._ready: deque[AlarmEvent] = deque()
        self._feed = AlarmFeed(Checkpoint(), now=self._clock.monotonic())
        self._link = Link(link_timeout, self._clock.monotonic())
        self._opened = False
        self._is_first = False
        self._link_timeout = link_timeout
        self._last_answer: float | None = None
        self._left = self._clock.monotonic()
        self._next_poll = 0.0
        self._closed = False
        self._known: OrderedDict[UUID, None] = OrderedDict()
        self._waiting: OrderedDict[Key, float] = OrderedDict()
        self._counters = _Counters()

    def __repr__(self) -> str:
        state = "closed" if self._closed else self.state.value
        return f"<subscription {self._name!r} to the alarms of {self._session.location}, {state}>"

    async def __aenter__(self) -> Self:
        """Load the checkpoint and make the first poll, so that a site that cannot be followed raises at once.

        Raises what a login raises, `ServiceUnavailable`, `CheckpointError`. With `eager=False` nothing is requested
        before the first iteration.
        """
        if self._eager:
            try:
                await self._poll_first()
            except BaseException:
                await self._progress.release()
                raise
            self._left = self._clock.monotonic()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._end()

    def close(self) -> None:
        """End the iteration within half a second or the poll under way; safe from other threads and tasks.

        The end of the iteration, or of the `with` block, releases the checkpoints for other subscriptions.
        """
        self._closed = True

    async def _end(self) -> None:
        """End the iteration, and release the checkpoints for other subscriptions."""
        self.close()
        await self._progress.release()

    aclose = _end

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> AlarmLine:
        while (event := await self._next_event()) is not None:
            if isinstance(event, AlarmGap):
                raise event
            if isinstance(event, AlarmRaised | AlarmChanged):
                return event.alarm
        raise StopAsyncIteration

    async def events(self) -> AsyncGenerator[AlarmEvent]:
        """Yield alarms, gaps, rows that cannot be delivered, and the loss and return of the link, as they become known.

        `LinkLost` comes within the link timeout of the last answer, whatever the network does, provided that this is
        being iterated.
        """
        while (event := await self._next_event()) is not None:
            yield event

    @property
    def state(self) -> LinkState:
        """The state of the link to the site."""
        return self._link.state

    @property
    def reason(self) -> str | None:
        """The last failure, until the site answers again."""
        return self._link.reason

    @property
    def statistics(self) -> SubscriptionStatistics:
        """Times and counters as they are now."""
        oldest = next(iter(self._waiting.values()), None)
        lag = None if oldest is None else timedelta(seconds=max(self._clock.monotonic() - oldest, 0.0))
        return SubscriptionStatistics(
            state=self._link.state,
            reason=self._link.reason,
            lag=lag,
            pending=self._feed.pending,
            losses=self._link.losses,
            **asdict(self._counters),
        )

    async def checkpoint(self, alarm: AlarmLine, *, handled: bool = True) -> None:
        """Mark this state of this alarm as done; when this returns, this subscription does not deliver it again.

        Alarms that were delivered before it and not checkpointed stay open. After a restart a state that is done may
        be delivered again, with the same `key`, if the server listed an older change late. With `handled=False` it is
        done because a later state replaces it: `is_handled` does not count it. Raises `CheckpointError`.
        """
        self._check_open()
        if await self._progress.acknowledge(self._feed, alarm, handled=handled):
            self._waiting.pop(alarm.key, None)
            self._counters.checkpoints += 1
            self._counters.last_checkpoint = self._clock.utcnow()

    async def is_handled(self, alarm: AlarmLine) -> bool:
        """Return whether this or another state of the alarm was checkpointed, in this run or an earlier one.

        For a program that handles each alarm once and not its changes. The store remembers the 100,000 alarms that were
        handled last. Raises `CheckpointError`.
        """
        self._check_open()
        return await self._progress.is_handled(alarm)

    def _check_open(self) -> None:
        if self._closed:
            raise CheckpointError("the subscription is closed", hint="checkpoint before leaving the with block")

    # The next event

    async def _next_event(self) -> AlarmEvent | None:
        self._link.paused(self._clock.monotonic() - self._left)
        try:
            return await self._awaited_event()
        finally:
            self._left = self._clock.monotonic()

    async def _awaited_event(self) -> AlarmEvent | None:
        while not self._closed:
            if self._ready:
                return self._ready.popleft()
            now = self._clock.monotonic()
            silence = self._link.lost(now)
            if silence is not None:
                since = earlier(self._clock.utcnow(), timedelta(seconds=silence))
                self._ready.append(LinkLost(since, self._link.reason or "no answer"))
            elif now < self._next_poll:
                end = self._next_poll if self._link.deadline is None else min(self._next_poll, self._link.deadline)
                pause = min(max(end - now, 0.001), _SLICE)
                await self._clock.sleep(pause)
                self._link.paused(overslept(now, pause, self._clock.monotonic(), timeout=self._link_timeout))
            else:
                await self._poll_patiently()
        await self._progress.release()
        return None

    async def _poll_patiently(self) -> None:
        try:
            await self._poll()
        except MilestoneError as error:
            self._counters.failures += 1
            self._next_poll = self._clock.monotonic() + self._backoff.failed()
            if error.permanent or isinstance(error, CheckpointError):
                self._link.refused(str(error))
                raise
            self._link.failed(str(error))
            self._feed.interrupted(smaller=isinstance(error, _ASK_FOR_LESS), now=self._clock.monotonic())
            if self._backoff.failures == 1:
                _logger.warning("alarms of %s cannot be read: %s", self._session.location, error)
        else:
            if self._backoff.failures:
                _logger.warning("alarms of %s can be read again", self._session.location)
                self._backoff.succeeded()

    async def _poll_first(self) -> None:
        """Make the first poll; if the server faults, ask for shorter pages before the fault is raised."""
        self._is_first = True
        try:
            while True:
                try:
                    return await self._poll()
                except ServerFault:
                    rows = self._feed.rows
                    self._feed.interrupted(smaller=True, now=self._clock.monotonic())
                    if self._feed.rows == rows:
                        raise
        finally:
            self._is_first = False

    async def _poll(self) -> None:
        """Ask for one page of alarms; after a start or an outage, first for what was missed."""
        if not self._opened:
            await self._open()
        if self._has_paused:
            self._feed.interrupted()  # alarms may have been removed since the last answer
        page = False
        while not page:
            wanted, max_count = self._feed.question
            asked = self._clock.monotonic()
            lines = await self._answer_of(partial(self._ask, wanted, max_count))
            now = self._clock.monotonic()
            answer = self._feed.receive(lines, now=now, seconds=now - asked)
            self._answered(caught_up=answer.caught_up, took=now - asked)
            if answer.gap:
                self._counters.gaps += 1
                self._ready.append(self._gap())
            for row in answer.unreadable:
                self._counters.unreadable += 1
                self._ready.append(_undeliverable(row, str(self._session.location)))
            if answer.skipped is not None:
                self._opened = False  # as long as saving where this begins fails, it has not begun
                await self._stored(partial(self._progress.save, self._feed, answer.skipped))
                self._opened = True
            self._deliver(answer.fresh)  # nothing may be awaited between the feed and this: a poll can be cancelled
            self._next_poll = self._clock.monotonic() + (self._interval if answer.at_end else 0.0)
            page = answer.page
            began = self._clock.monotonic()
            try:
                await self._progress.save_first(self._feed)  # it ends by itself, and its failure is none of the poll
            finally:
                self._link.paused(self._clock.monotonic() - began)

    @property
    def _has_paused(self) -> bool:
        """Whether the last answer is from before a pause, by any clock: some stop while the machine sleeps."""
        if self._last_answer is None or self._counters.last_contact is None:
            return False
        awake = self._clock.monotonic() - self._last_answer
        passed = (self._clock.utcnow() - self._counters.last_contact).total_seconds()
        return max(awake, passed) >= self._link_timeout

    async def _answer_of(self, call: Callable[[], Awaitable[T]]) -> T:
        """Ask the site, which may take as long as the link allows, except in the first poll."""
        if self._is_first:
            return await call()
        began = self._clock.monotonic()
        patience = self._link.patience(began, self._session.timeout * 2)
        try:
            async with within(patience, server=str(self._session.location), operation="alarms"):
                return await call()
        finally:
            self._link.paused(overslept(began, patience, self._clock.monotonic(), timeout=self._link_timeout))

    async def _stored(self, call: Callable[[], Awaitable[T]]) -> T:
        """Call the checkpoint store: the time that it needs is no silence of the site, but it has an end, too."""
        began = self._clock.monotonic()
        patience = 2 * self._session.timeout
        try:
            async with within(patience, server=str(self._session.location), operation="checkpoint"):
                return await call()
        except ReadTimeout as error:
            raise CheckpointError(f"the checkpoint store has not answered for {patience:g} s") from error
        finally:
            self._link.paused(self._clock.monotonic() - began)

    async def _open(self) -> None:
        """Load the checkpoint of this site; begin there, or at `since`."""
        configuration = await self._answer_of(self._configuration.get)
        checkpoint = await self._stored(partial(self._progress.load, f"{configuration.server_id}/{self._name}"))
        self._feed = AlarmFeed(
            checkpoint,
            since=ticks_of(self._since) if isinstance(self._since, datetime) else None,
            skip=self._since == "now",
            page_size=self._page_size,
            now=self._clock.monotonic(),
            comfortable=self._link_timeout * _COMFORTABLE,
        )
        for entry in sorted(checkpoint.acknowledged)[-_REMEMBERED:]:
            self._known[entry.id] = None
        self._opened = True

    def _gap(self) -> AlarmGap:
        since, until = to_datetime(self._feed.position), self._clock.utcnow()
        return AlarmGap(
            f"the server removed alarms that had been received; it may have removed others since {since.isoformat()}",
            since=min(since, until),
            until=until,
            server=str(self._session.location),
        )

    def _answered(self, *, caught_up: bool, took: float) -> None:
        self._counters.polls += 1
        self._counters.last_contact = self._clock.utcnow()
        self._last_answer = self._clock.monotonic()
        outage = self._link.answered(self._last_answer, at_end=caught_up, took=took)
        if outage is not None:
            self._ready.append(LinkRestored(self._counters.last_contact, timedelta(seconds=outage)))

    def _deliver(self, lines: Sequence[AlarmLine]) -> None:
        for line in lines:
            known = line.id in self._known
            self._known[line.id] = None
            self._known.move_to_end(line.id)
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
            self._waiting[line.key] = self._clock.monotonic()
            self._ready.append(AlarmChanged(line) if known else AlarmRaised(line))
        if lines:
            self._counters.received += len(lines)
            self._counters.last_received = self._clock.utcnow()


def _undeliverable(row: UnreadableAlarm, server: str) -> AlarmUndeliverable:
    error = AlarmUndeliverable(
        f"an alarm cannot be delivered: {row.reason} (LocalId {row.local_id})",
        alarm_id=row.id,
        members=row.members,
        server=server,
        operation="GetAlarmLines",
        hint="look it up in XProtect; error.members holds what the server sent",
    )
    _logger.error("%s", error)
    return error
