"""What the tests of the monitor share: a fast clock, handlers that note what they get, settings for a simulator."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from milestone_sdk import AlarmLine, AlarmUndeliverable, BasicUser, MemoryCheckpointStore, Trust
from milestone_sdk._net.asyncio import AsyncClock
from milestone_sdk.monitor import AlarmMonitor, LinkEvent, MonitoredSite, SiteSettings, SiteSnapshot
from milestone_sdk.simulator import Simulator
from tests.support.stopwatch import Stopwatch

PATIENCE = 60.0
"""Seconds after which a test that waits for something gives up."""


class FastClock(AsyncClock):
    """A clock that runs `factor` times as fast as the wall's: what waits minutes waits parts of a second.

    It stops while this process has no core, or else a busy machine would be taken for a site that does not answer.
    """

    def __init__(self, factor: float = 50.0) -> None:
        self._factor = factor
        self._watch = Stopwatch()
        self.set_wall_clock(datetime.now(UTC))

    def monotonic(self) -> float:
        return self._watch.seconds * self._factor

    def utcnow(self) -> datetime:
        return self._set + timedelta(seconds=self.monotonic() - self._set_at)

    def set_wall_clock(self, now: datetime) -> None:
        """Set the wall clock, as an administrator or NTP does; the monotonic clock does not change."""
        self._set, self._set_at = now, self.monotonic()

    async def sleep(self, seconds: float) -> None:
        end = self.monotonic() + seconds
        await asyncio.sleep(seconds / self._factor)
        self._now = max(self.monotonic(), end)


async def eventually(condition: Callable[[], bool]) -> None:
    """Return once the condition holds."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)


class Receiver:
    """Handlers that note what they are given; `before` may wait, or raise, before an alarm is noted."""

    def __init__(self, before: Callable[[MonitoredSite, AlarmLine], Awaitable[None]] | None = None) -> None:
        self.before = before
        self.alarms: list[tuple[str, AlarmLine]] = []
        self.events: list[tuple[str, LinkEvent]] = []
        self.given_up: list[tuple[str, AlarmLine, AlarmUndeliverable]] = []
        self.calls = Counter[UUID]()

    async def on_alarm(self, site: MonitoredSite, alarm: AlarmLine) -> None:
        self.calls[alarm.id] += 1
        if self.before is not None:
            await self.before(site, alarm)
        self.alarms.append((site.name, alarm))

    async def on_link(self, site: MonitoredSite, event: LinkEvent) -> None:
        self.events.append((site.name, event))

    async def on_undeliverable(self, site: MonitoredSite, alarm: AlarmLine, error: AlarmUndeliverable) -> None:
        self.given_up.append((site.name, alarm, error))

    def ids(self, site: str = "site") -> list[UUID]:
        """The alarms that one site's handler returned for, in that order."""
        return [alarm.id for name, alarm in self.alarms if name == site]

    def kinds(self, site: str = "site") -> list[str]:
        """The kinds of what happened to one site's link."""
        return [type(event).__name__ for name, event in self.events if name == site]


class HeldReceiver(Receiver):
    """Its handler of alarms returns once `may_return` is set."""

    def __init__(self) -> None:
        super().__init__(self._wait)
        self.may_return = asyncio.Event()

    async def _wait(self, site: MonitoredSite, alarm: AlarmLine) -> None:
        await self.may_return.wait()


def settings_of(
    simulator: Simulator, name: str = "site", *, password: str | None = None, **options: Any
) -> SiteSettings:
    """Return a simulator's site as the monitor wants it."""
    options.setdefault("subscription", "default" if name == "site" else name)
    user = BasicUser(simulator.username, simulator.password if password is None else password)
    return SiteSettings(
        name=name, location=simulator.url, credentials=user, trust=Trust.ca_file(simulator.ca_file), **options
    )


def monitor_of(receiver: Receiver, *sites: SiteSettings, **options: Any) -> AlarmMonitor:
    """Return a monitor with these handlers, an own store, and a fast clock unless there are others."""
    options.setdefault("checkpoints", MemoryCheckpointStore())
    options.setdefault("clock", FastClock())
    options.setdefault("starts_per_second", 1000.0)
    options.setdefault("tries_per_server", 100.0)
    return AlarmMonitor(sites, on_alarm=receiver.on_alarm, on_link=receiver.on_link, **options)


@asynccontextmanager
async def running(monitor: AlarmMonitor) -> AsyncGenerator[AlarmMonitor]:
    """Let the monitor run beside the block."""
    task = asyncio.create_task(monitor.run())
    try:
        yield monitor
    finally:
        monitor.stop()
        await task


def site_of(monitor: AlarmMonitor, name: str = "site") -> SiteSnapshot:
    """Return how one site stands."""
    return next(site for site in monitor.snapshot().sites if site.name == name)


def raised(simulator: Simulator, count: int) -> list[UUID]:
    """Raise that many motion alarms; their ids in the order in which the server stored them."""
    return [alarm for _ in range(count) for alarm in simulator.trigger("Motion Detected", source="Front Hallway")]
