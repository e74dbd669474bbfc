"""What the tests of the Milestone task share: a sink that notes what it acknowledges, and clients of simulators."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from milestone_sdk import BasicUser, MemoryCheckpointStore, Trust
from milestone_sdk.patriot import ClientRecord, MilestoneTask, Signal, SignalSink, Zone
from milestone_sdk.simulator import Simulator

from .monitoring import FastClock

__all__ = ["NotingSink", "client_of", "running_task", "task_of"]


class NotingSink:
    """Notes the signals that it acknowledges; `before` may wait, or raise, before one is noted."""

    def __init__(self, before: Callable[[Signal], Awaitable[None]] | None = None) -> None:
        self.before = before
        self.signals: list[Signal] = []
        self.tries = Counter[str]()
        self.closed = 0
        self._at_work = Counter[str]()

    async def send(self, signal: Signal) -> None:
        """Acknowledge the signal."""
        self.tries[signal.key] += 1
        assert self._at_work[signal.client_no] == 0, "one signal of a client at a time"
        self._at_work[signal.client_no] += 1
        try:
            if self.before is not None:
                await self.before(signal)
            self.signals.append(signal)
        finally:
            self._at_work[signal.client_no] -= 1

    async def aclose(self) -> None:
        """Count the calls."""
        self.closed += 1

    def alarms(self, client_no: str = "1") -> list[object]:
        """The alarms of one client, in the order of their signals."""
        return [each.alarm_id for each in self.signals if each.client_no == client_no and each.kind == "alarm"]

    def kinds(self, client_no: str = "1") -> list[str]:
        """The kinds of one client's signals, in order."""
        return [each.kind for each in self.signals if each.client_no == client_no]


def client_of(
    simulator: Simulator, client_no: str = "1", *, password: str | None = None, **values: Any
) -> ClientRecord:
    """Return the client whose site the simulator is, with the zone Front Hallway."""
    values.setdefault("zones", [Zone(number=5, name="Front Hallway")])
    values.setdefault("credentials", BasicUser(simulator.username, password or simulator.password))
    return ClientRecord(client_no=client_no, location=simulator.url, trust=Trust.ca_file(simulator.ca_file), **values)


def task_of(
    clients: ClientRecord | Iterable[ClientRecord], sinks: SignalSink | Sequence[SignalSink], **options: Any
) -> MilestoneTask:
    """Return a task with a store of its own and a fast clock, unless others are given."""
    options.setdefault("checkpoints", MemoryCheckpointStore())
    options.setdefault("clock", FastClock())
    options.setdefault("starts_per_second", 1000.0)
    options.setdefault("tries_per_server", 100.0)
    return MilestoneTask([clients] if isinstance(clients, ClientRecord) else clients, sinks, **options)


@asynccontextmanager
async def running_task(task: MilestoneTask) -> AsyncGenerator[MilestoneTask]:
    """Let the task run beside the block."""
    at_work = asyncio.create_task(task.run())
    try:
        yield task
    finally:
        task.stop()
        await at_work
