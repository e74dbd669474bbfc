"""Many sites in one `AlarmMonitor`, measured from outside and from inside."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Self
from uuid import UUID

import psutil
from attrs import define, field, frozen

from milestone_sdk import AlarmLine, CheckpointStore, LinkState, MemoryCheckpointStore
from milestone_sdk.monitor import AlarmMonitor, LinkEvent, MonitoredSite

from ..support.stopwatch import Stopwatch
from .manysites import SiteServer

__all__ = ["Monitoring", "Reading", "monitoring"]

STARTS_PER_SECOND = 40.0
"""Half of what one core can log in over TLS."""
AS_MANY_AS_POSSIBLE = 1e6
"""The sites share a server, which real ones do not, and so no budget for one."""


@frozen
class Reading:
    """The process at one time: bytes of memory, tasks, open files, polls since the start, seconds of processor."""

    resident: int
    tasks: int
    files: int
    polls: int
    processor: float
    at: float


@define
class Monitoring:
    """A running monitor."""

    monitor: AlarmMonitor
    server: SiteServer
    watch: Stopwatch = field(factory=Stopwatch)
    handled: Counter[UUID] = field(factory=Counter[UUID])
    latencies: list[float] = field(factory=list[float])
    """Seconds from "stored by the server" to "handler called"."""
    link_events: list[LinkEvent] = field(factory=list[LinkEvent])
    _process: psutil.Process = field(factory=psutil.Process)

    async def on_alarm(self, site: MonitoredSite, alarm: AlarmLine) -> None:
        self.latencies.append((time.time_ns() - int(alarm.description or 0)) / 1e9)
        self.handled[alarm.id] += 1

    async def on_link(self, site: MonitoredSite, event: LinkEvent) -> None:
        self.link_events.append(event)

    def read(self) -> Reading:
        snapshot = self.monitor.snapshot()
        return Reading(
            resident=self._process.memory_info().rss,
            tasks=len(asyncio.all_tasks()),
            files=self._process.num_fds() if hasattr(self._process, "num_fds") else 0,
            polls=sum(site.polls for site in snapshot.sites),
            processor=time.process_time(),
            at=self.watch.seconds,
        )

    def not_live(self) -> Counter[LinkState]:
        """The states of the sites that are not LIVE."""
        states = Counter(site.state for site in self.monitor.snapshot().sites)
        del states[LinkState.LIVE]
        return states

    async def all_live(self, seconds: float) -> None:
        """Wait until every site is live at the same time; TimeoutError when that takes longer."""
        async with asyncio.timeout(seconds):
            while self.not_live():
                await asyncio.sleep(0.1)

    async def all_handled(self, seconds: float) -> None:
        """Wait until every alarm that was stored has been handled; TimeoutError when that takes longer."""
        stored = self.server.stored()
        async with asyncio.timeout(seconds):
            while not stored <= set(self.handled):
                await asyncio.sleep(0.1)

    @classmethod
    def over(cls, server: SiteServer, *, interval: float, checkpoints: CheckpointStore) -> Self:
        """Nothing runs yet."""
        monitoring: Self

        async def on_alarm(site: MonitoredSite, alarm: AlarmLine) -> None:
            await monitoring.on_alarm(site, alarm)

        async def on_link(site: MonitoredSite, event: LinkEvent) -> None:
            await monitoring.on_link(site, event)

        monitor = AlarmMonitor(
            server.settings(interval=interval),
            on_alarm=on_alarm,
            on_link=on_link,
            checkpoints=checkpoints,
            starts_per_second=STARTS_PER_SECOND,
            tries_per_server=AS_MANY_AS_POSSIBLE,
        )
        monitoring = cls(monitor, server)
        return monitoring


@asynccontextmanager
async def monitoring(
    server: SiteServer, *, interval: float, checkpoints: CheckpointStore | None = None
) -> AsyncGenerator[Monitoring]:
    """Follow all sites of a server; when this is left, the monitor has ended."""
    found = Monitoring.over(server, interval=interval, checkpoints=checkpoints or MemoryCheckpointStore())
    running = asyncio.create_task(found.monitor.run())
    try:
        yield found
    finally:
        found.monitor.stop()
        await running
