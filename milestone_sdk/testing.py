"""Tools for tests of programs that use this library; see also `milestone_sdk.simulator`."""

import asyncio
from datetime import UTC, datetime, timedelta

from ._net.asyncio import AsyncClock
from ._net.blocking import Clock
from .checkpoints.conformance import check_checkpoint_store

__all__ = ["AsyncManualClock", "ManualClock", "check_checkpoint_store"]


class _Manual:
    """Time that passes only when a test moves it."""

    def __init__(self, now: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = now
        self._seconds = 0.0

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._seconds

    def utcnow(self) -> datetime:
        """The wall clock."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move both clocks forward by that many seconds."""
        self._seconds += seconds
        self._now += timedelta(seconds=seconds)

    def set_wall_clock(self, now: datetime) -> None:
        """Set the wall clock, as an administrator or NTP does; the monotonic clock does not change."""
        self._now = now


class ManualClock(_Manual, Clock):
    """A clock for `Client(clock=...)` that only a test moves, and `sleep`, which returns immediately."""

    def sleep(self, seconds: float) -> None:
        """Move the clock by that many seconds."""
        self.advance(seconds)


class AsyncManualClock(_Manual, AsyncClock):
    """A clock for `AsyncClient(clock=...)` that only a test moves, and `sleep`, which takes no real time."""

    async def sleep(self, seconds: float) -> None:
        """Move the clock by that many seconds, and let other tasks run."""
        self.advance(seconds)
        await asyncio.sleep(0)
