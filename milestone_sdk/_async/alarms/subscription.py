"""Following the alarms of a site."""

import logging
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Literal, Self
from uuid import UUID

from ..._net.asyncio import AsyncLock, call_blocking
from ..._protocol.alarms.feed import AlarmFeed
from ..._protocol.alarms.ledger import Key, ticks_of, to_datetime
from ..._protocol.alarms.lines import AlarmLines
from ..._protocol.alarms.link import Link
from ..._protocol.backoff import Backoff
from ..._protocol.soap.values import earlier
from ...checkpoints import Checkpoint, CheckpointStore, CheckpointUpdate
from ...checkpoints.claim import Claim
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
from ..configuration.inventory import AsyncConfigurationCache
from ..session.http import within
from ..session.session import AsyncSession

__all__ = ["AsyncAlarmSubscription"]

_logger = logging.getLogger("milestone_sdk.alarms")

_SLICE: Final = 0.5
"""Waits come in slices of this many seconds, so that closing from elsewhere, and Ctrl-C on Windows, take effect."""
_RELEASE_SECONDS: Final = 5.0
_WITNESS_SECONDS: Final = 60.0
"""Seconds between two tries to save the first checkpoint."""
_REMEMBERED: Final = 10_000
"""Alarms whose next state is told as a change, not as a new alarm."""
_ASK_FOR_LESS: Final = (ConnectionLost, ReadTimeout, RemoteProtocolError, ServerFault)
"""Errors that a shorter page may avoid: the server faults above some number of rows, or the link is slow."""
_COMFORTABLE: Final = 0.1
"""Part of the link timeout that the answer to one page may take before shorter pages are asked for."""

Page = Callable[[AlarmFilter, int], Awaitable[AlarmLines]]


class AsyncAlarmSubscription:
    """Alarms as they are raised and changed; each is delivered again after a restart until `checkpoint` returned.

    What comes is the alarm's current state: changes that follow each other within one poll come as one. Iterating
    gives alarms, `events()` also tells when the link to the site is lost and restored. Failures that pass are sat out
    with growing pauses and logged once; what cannot mend itself is raised. `AlarmGap` is raised, or told by
    `events()`, before anything newer, when alarms may have been removed before they were seen; go on iterating.
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
        self._store = checkpoints
        self._claim: Claim | None = None
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
        self._key = ""
        self._link_timeout = link_timeout
        self._last_answer: float | None = None
        self._left = self._clock.monotonic()
        self._next_poll = 0.0
        self._next_witness = 0.0
        self._saving = AsyncLock()
        self._closed = False
        self._known: OrderedDict[UUID, None] = OrderedDict()
        self._waiting: OrderedDict[Key, float] = OrderedDict()
        self._times: dict[str, datetime] = {}
        self._counts = dict.fromkeys(("received", "checkpoints", "polls", "failures", "gaps", "unreadable"), 0)

    async def __aenter__(self) -> Self:
        """Load the checkpoint and make the first poll, so that a site that cannot be followed is known at once.

        Raises what logging in raises, `ServiceUnavailable`, `CheckpointError`. With `eager=False` nothing is asked
        for until the first iteration.
        """
        if self._eager:
            try:
                await self._poll_first()
            except BaseException:
                await self._release()
                raise
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        await self._release()

    def close(self) -> None:
        """End the iteration within half a second or the poll under way; safe from other threads and tasks."""
        self._closed = True

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
        """How the subscription stands with its site."""
        return self._link.state

    @property
    def reason(self) -> str | None:
        """The last failure, while there is one."""
        return self._link.reason

    @property
    def statistics(self) -> SubscriptionStatistics:
        """Times and counters at this moment."""
        oldest = next(iter(self._waiting.values()), None)
        lag = None if oldest is None else timedelta(seconds=max(self._clock.monotonic() - oldest, 0.0))
        return SubscriptionStatistics(
            state=self._link.state,
            reason=self._link.reason,
            last_contact=self._times.get("contact"),
            last_received=self._times.get("received"),
            last_checkpoint=self._times.get("checkpoint"),
            lag=lag,
            pending=self._feed.pending,
            losses=self._link.losses,
            **self._counts,
        )

    async def checkpoint(self, alarm: AlarmLine) -> None:
        """Count this state of this alarm as done; when this returns, this subscription does not deliver it again.

        Alarms that were delivered before it and not checkpointed stay open. After a restart a state that was done may
        come again, with the same `key`, where the server showed an older change late. Raises `CheckpointError`.
        """
        if self._closed:
            raise CheckpointError("the subscription is closed", hint="checkpoint before leaving the with block")
        async with self._saving:
            update = self._feed.update(alarm)
            if update is None:
                return
            await self._save(update)
            self._feed.acknowledge(alarm)
        self._waiting.pop(alarm.key, None)
        self._counts["checkpoints"] += 1
        self._times["checkpoint"] = self._clock.utcnow()

    async def _release(self) -> None:
        """Let others follow this site under this name; no checkpoint is written after this."""
        if self._claim is None:
            return
        location = str(self._session.location)
        try:
            async with within(_RELEASE_SECONDS, server=location, operation="release"):
                await call_blocking(self._claim.release)
        except ReadTimeout:
            _logger.warning("the checkpoints of %s were not released within %.0f s", location, _RELEASE_SECONDS)

    async def _save(self, update: CheckpointUpdate) -> None:
        assert self._claim is not None
        await call_blocking(self._claim.save, update)
        self._feed.stored(update)

    # What comes next

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
                self._ready.append(self._loss(silence))
            elif now < self._next_poll:
                end = self._next_poll if self._link.deadline is None else min(self._next_poll, self._link.deadline)
                await self._clock.sleep(min(max(end - now, 0.001), _SLICE))
            else:
                await self._poll_patiently()
        return None

    def _loss(self, silence: float) -> LinkLost:
        reason = self._link.reason or "no answer"
        return LinkLost(earlier(self._clock.utcnow(), timedelta(seconds=silence)), reason)

    async def _poll_patiently(self) -> None:
        now = self._clock.monotonic()
        try:
            async with within(
                self._link.patience(now, self._session.timeout * 2),
                server=str(self._session.location),
                operation="alarms",
            ):
                await self._poll()
        except MilestoneError as error:
            self._counts["failures"] += 1
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
        """Make the first poll; a server that faults is asked for shorter pages before that is raised."""
        while True:
            try:
                return await self._poll()
            except ServerFault:
                rows = self._feed.rows
                self._feed.interrupted(smaller=True, now=self._clock.monotonic())
                if self._feed.rows == rows:
                    raise

    async def _poll(self) -> None:
        """Ask for one page of alarms, and before it, after a start or an outage, for what was missed."""
        if not self._key:
            await self._open()
        if self._was_away():
            self._feed.interrupted()
        page = False
        while not page:
            wanted, max_count = self._feed.question
            asked = self._clock.monotonic()
            lines = await self._ask(wanted, max_count)
            now = self._clock.monotonic()
            answer = self._feed.receive(lines, now=now, seconds=now - asked)
            self._answered(caught_up=answer.caught_up, took=now - asked)
            if answer.gap:
                self._counts["gaps"] += 1
                self._ready.append(self._gap())
            for row in answer.unreadable:
                self._counts["unreadable"] += 1
                self._ready.append(self._undeliverable(row))
            if answer.skipped is not None:
                await self._save_first(answer.skipped)
            self._deliver(answer.fresh)  # nothing may be awaited between the feed and this: a poll can be cancelled
            self._next_poll = self._clock.monotonic() + (self._interval if answer.at_end else 0.0)
            page = answer.page
            await self._save_witness()

    async def _save_witness(self) -> None:
        """Save an alarm to ask for at the next start; a store that fails now is reported at the next checkpoint."""
        update = self._feed.first_update()
        now = self._clock.monotonic()
        if update is not None and now >= self._next_witness:
            self._next_witness = now + _WITNESS_SECONDS
            try:
                async with self._saving:
                    await self._save(update)
            except Exception as error:
                _logger.debug("the first checkpoint of %s was not saved: %r", self._session.location, error)

    async def _save_first(self, update: CheckpointUpdate) -> None:
        """Save where this begins; as long as that fails, it has not begun."""
        try:
            async with self._saving:
                await self._save(update)
        except BaseException:
            self._key = ""
            raise

    async def _open(self) -> None:
        """Load the checkpoint of this site; begin where it, or `since`, says."""
        configuration = await self._configuration.get()
        key = f"{configuration.server_id}/{self._name}"
        if self._claim is None:
            self._claim = Claim(self._store, key)
        checkpoint = await call_blocking(self._claim.load)
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
        self._key = key

    def _was_away(self) -> bool:
        """Whether alarms may have been removed unseen meanwhile."""
        return self._last_answer is not None and self._clock.monotonic() - self._last_answer >= self._link_timeout

    def _gap(self) -> AlarmGap:
        since, until = to_datetime(self._feed.position), self._clock.utcnow()
        return AlarmGap(
            f"the server has removed alarms that were known; others since {since.isoformat()} may be among them",
            since=min(since, until),
            until=until,
            server=str(self._session.location),
        )

    def _undeliverable(self, row: UnreadableAlarm) -> AlarmUndeliverable:
        error = AlarmUndeliverable(
            f"an alarm of the list cannot be delivered: {row.reason} (LocalId {row.local_id})",
            row=row,
            server=str(self._session.location),
            operation="GetAlarmLines",
            hint="look it up in XProtect; error.row.members holds what the server sent",
        )
        _logger.error("%s", error)
        return error

    def _answered(self, *, caught_up: bool, took: float) -> None:
        self._counts["polls"] += 1
        self._times["contact"] = self._clock.utcnow()
        self._last_answer = self._clock.monotonic()
        outage = self._link.answered(self._last_answer, at_end=caught_up, took=took)
        if outage is not None:
            self._ready.append(LinkRestored(self._times["contact"], timedelta(seconds=outage)))

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
            self._counts["received"] += len(lines)
            self._times["received"] = self._clock.utcnow()
