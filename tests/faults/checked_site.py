"""One simulated site with a bad network in front of it, a program that follows it, and the truth about both."""

import asyncio
import contextlib
import random
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Final, Self
from uuid import UUID

from attrs import define, field

from milestone_sdk import (
    AlarmGap,
    AlarmLine,
    AsyncAlarmSubscription,
    AsyncClient,
    BasicUser,
    CheckpointStore,
    LinkState,
    Trust,
)
from milestone_sdk._net.asyncio import AsyncClock
from milestone_sdk.models.alarms.subscription import AlarmChanged, AlarmEvent, AlarmRaised
from milestone_sdk.simulator import Simulator, example_site
from milestone_sdk.simulator.faultproxy.proxy import FaultProxy
from milestone_sdk.simulator.site import stable_id
from milestone_sdk.simulator.wire.values import ticks_of

__all__ = ["PAGE", "CheckedSite", "FastClock", "Key"]

Key = tuple[int, UUID]
"""An alarm in one state: revision and id."""

PAGE: Final = 50
"""Rows of a page; small, so that much happens between two pages."""
_OVERLAP: Final = timedelta(seconds=60) // timedelta(microseconds=1) * 10
_WITNESS: Final = 45.0
"""Seconds after which a subscriber has certainly chosen its witness again."""
_MARGIN: Final = timedelta(seconds=10) // timedelta(microseconds=1) * 10


class FastClock(AsyncClock):
    """Time that passes some times faster than it does, so that what happens every minute happens often in a test."""

    def __init__(self, speed: float) -> None:
        self._speed = speed

    def monotonic(self) -> float:
        return time.monotonic() * self._speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)


@define
class Sweep:
    """Everything was deleted while no client could see it; `marker` was stored next."""

    unseen: set[UUID]
    marker: UUID


@define
class Story:
    """All events that a program got, in order."""

    events: list[UUID | None] = field(factory=list[UUID | None])
    """Ids as they were delivered, None for a gap."""
    delivered: dict[Key, int] = field(factory=dict[Key, int])
    """How often each state was delivered."""
    done: set[Key] = field(factory=set[Key])
    """Whose checkpoint had returned."""
    after_checkpoint: set[Key] = field(factory=set[Key])
    """What came although its checkpoint had returned."""
    twice_in_one_run: set[Key] = field(factory=set[Key])
    runs: int = 0
    losses: int = 0


class CheckedSite:
    """A site, and a subscriber that is restarted whenever it is cancelled.

    `moved_clock` says that the site's clock is set back and forth, which permits what `problems` then leaves out.
    """

    def __init__(self, number: int, *, seed: int, speed: float, store: CheckpointStore, moved_clock: bool) -> None:
        site = example_site()
        site.name, site.id = f"Checked {number}", stable_id("site", f"Checked {number}")
        self.name = site.name
        self.moved_clock = moved_clock
        self.simulator = Simulator(site, seed=seed, services=("management", "event_server"))
        self.random = random.Random(f"{seed}/{number}/subscriber")
        self.story = Story()
        self.states: set[Key] = set()
        """Every state of every alarm that a client could see at some time."""
        self.hidden: set[UUID] = set()
        """Alarms whose last change lies too far behind the highest time that the site's clock has shown."""
        self.sweeps: list[Sweep] = []
        self.failure: BaseException | None = None
        self._mark, self._marked_at = 0, time.monotonic()
        self._last_sweep = 0.0
        self._speed = speed
        self._store = store
        self._running = contextlib.ExitStack()
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._subscription: AsyncAlarmSubscription | None = None
        self._over = False

    @property
    def state(self) -> LinkState:
        """What the subscriber says of its link."""
        return LinkState.CONNECTING if self._subscription is None else self._subscription.state

    def __enter__(self) -> Self:
        simulator = self._running.enter_context(self.simulator)
        simulator.alarms.store.alarm_watchers.append(self._note)
        self.events = self._running.enter_context(FaultProxy(simulator.event_server_url, run=simulator.run))
        self.management = self._running.enter_context(FaultProxy(simulator.url, run=simulator.run))
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._running.close()

    def _note(self, alarm_id: UUID) -> None:
        """Something became visible; the store holds its lock, and asks for this nowhere else."""
        row = self.simulator.alarms.store.alarms.get(alarm_id)
        if row is None or not row.committed:
            return
        self.states.add((row.modified, row.id))
        elapsed = int((time.monotonic() - self._marked_at) * 10_000_000)
        self._mark = max(self._mark + elapsed, ticks_of(self.simulator.site.now()))
        self._marked_at = time.monotonic()
        late = self._mark - row.modified > (_OVERLAP - _MARGIN) / self._speed
        (self.hidden.add if late else self.hidden.discard)(alarm_id)

    # The subscriber

    async def follow(self) -> None:
        """Follow the site until `stop`; a crash of the program is a cancellation, after which it starts again."""
        self._loop = asyncio.get_running_loop()
        while not self._over:
            self._task = asyncio.create_task(self._run())
            try:
                await asyncio.wait([self._task])
            finally:
                self._task.cancel()
            if not self._task.cancelled() and (error := self._task.exception()) is not None:
                self.failure = error
                return

    def crash(self) -> None:
        """End the subscriber in the middle of whatever it does; from any thread."""
        if self._loop is not None and self._task is not None:
            self._loop.call_soon_threadsafe(self._task.cancel)

    def stop(self) -> None:
        self._over = True
        self.crash()

    async def _run(self) -> None:
        simulator = self.simulator
        self.story.runs += 1
        site = AsyncClient(
            self.management.url,
            BasicUser(simulator.username, simulator.password),
            trust=Trust.ca_file(simulator.ca_file),
            addresses={"event_server": self.events.url},
            timeout=2.0,
            clock=FastClock(self._speed),
            trust_env=False,
        )
        alarms = site.alarms.subscribe(
            checkpoints=self._store,
            interval=0.1 * self._speed,
            link_timeout=2.0 * self._speed,
            eager=False,
            page_size=PAGE,
        )
        self._subscription = alarms
        this_run: set[Key] = set()
        open_ones: list[AlarmLine] = []
        try:
            async with alarms:
                async for event in alarms.events():
                    if (alarm := self._take(event, this_run)) is not None:
                        open_ones.append(alarm)
                    if len(open_ones) >= self.random.choice((1, 1, 1, 5, 40)):
                        self.random.shuffle(open_ones)
                        for _ in range(self.random.randint(1, len(open_ones))):
                            done = open_ones.pop()
                            await alarms.checkpoint(done)
                            self.story.done.add((done.revision, done.id))
        finally:
            self.story.losses += alarms.statistics.losses
            await site.aclose()

    def _take(self, event: AlarmEvent, this_run: set[Key]) -> AlarmLine | None:
        story = self.story
        if isinstance(event, AlarmGap):
            story.events.append(None)
        if not isinstance(event, AlarmRaised | AlarmChanged):
            return None
        key = event.alarm.revision, event.alarm.id
        story.events.append(event.alarm.id)
        story.delivered[key] = story.delivered.get(key, 0) + 1
        if key in story.done:
            story.after_checkpoint.add(key)
        if key in this_run:
            story.twice_in_one_run.add(key)
        this_run.add(key)
        return event.alarm

    # The truth

    def delivered(self) -> set[UUID]:
        return {alarm_id for _, alarm_id in list(self.story.delivered)}

    def stored(self) -> set[UUID]:
        """Alarms that clients could see at some time, without those that were swept while no client could see it."""
        swept = {alarm_id for sweep in self.sweeps for alarm_id in sweep.unseen}
        return self.simulator.alarms.ever_stored() - swept

    def current(self) -> set[Key]:
        """Alarms in the state they are in now, without those whose last change cannot be found."""
        stored = self.simulator.alarms.stored()
        return {(alarm.modified_ticks, alarm.id) for alarm in stored if alarm.id not in self.hidden}

    @property
    def complete(self) -> bool:
        """Whether everything has been delivered."""
        return self.stored() <= self.delivered() and self.current() <= set(self.story.delivered)

    async def completed(self, seconds: float) -> None:
        """Wait until everything has been delivered, that long at most."""
        end = time.monotonic() + seconds
        while not self.complete and self.failure is None and time.monotonic() < end:
            await asyncio.sleep(0.1)

    def wait_until_lost(self, seconds: float) -> bool:
        """Wait in a thread until the subscriber knows that it has no contact; whether it does."""
        end = time.monotonic() + seconds
        while not (lost := self.state is LinkState.OFFLINE) and self.failure is None and time.monotonic() < end:
            time.sleep(0.05)
        return lost

    def wait_until_witnessed(self, seconds: float) -> bool:
        """Wait in a thread until everything has been delivered; whether a gap would be noticed from now on.

        That is so once something has a checkpoint, and once the subscriber has chosen its witness again, which it does
        at every end of the list after some time.
        """
        if self._loop is None or (self.sweeps and time.monotonic() - self._last_sweep < _WITNESS / self._speed):
            return False
        asyncio.run_coroutine_threadsafe(self.completed(seconds), self._loop).result()
        return self.complete and self.state is LinkState.LIVE and bool(self.story.done)

    def swept(self, unseen: set[UUID], marker: UUID) -> None:
        """Those were deleted while no client could see it, and `marker` was stored next."""
        self.sweeps.append(Sweep(unseen, marker))
        self._last_sweep = time.monotonic()

    def problems(self) -> Iterator[str]:
        """What is wrong with the story, now that all should be told."""
        story, told = self.story, set(self.story.delivered)
        if self.failure is not None:
            yield f"the subscription ended: {self.failure!r}"
        if lost := self.stored() - self.delivered():
            yield f"stored - delivered: {len(lost)}, such as {[str(each) for each in list(lost)[:3]]}"
            yield f"meanwhile the subscription was: {self._subscription and self._subscription.statistics}"
        if stale := self.current() - told:
            yield f"latest state not delivered: {len(stale)}, such as {list(stale)[:3]}"
        if invented := told - self.states:
            yield f"delivered - stored: {len(invented)}, such as {list(invented)[:3]}"
        for sweep in self.sweeps:
            before = story.events[: story.events.index(sweep.marker)] if sweep.marker in story.events else story.events
            if sweep.unseen - self.delivered() and None not in before:
                yield f"{len(sweep.unseen)} alarms were deleted unseen, and no gap was reported before the next alarm"
        if not self.moved_clock:
            if story.after_checkpoint:
                yield f"{len(story.after_checkpoint)} came after their checkpoint had returned"
            if story.twice_in_one_run:
                yield f"{len(story.twice_in_one_run)} came twice in one run"

    def summary(self) -> str:
        story = self.story
        again = sum(story.delivered.values()) - len(story.delivered)
        return (
            f"{self.name}: {len(self.stored())} alarms stored, {len(story.delivered)} states delivered, {again} of them"
            f" again, {story.runs} runs, link lost {story.losses} times, {len(self.sweeps)} sweeps,"
            f" {story.events.count(None)} gaps, {len(self.hidden)} last changes behind the clock"
        )
