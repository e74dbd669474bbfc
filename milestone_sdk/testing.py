"""What tests of programs that use this library need, besides `milestone_sdk.simulator`."""

import asyncio
from datetime import UTC, datetime, timedelta

from ._net.asyncio import AsyncClock
from ._net.blocking import Clock
from .checkpoints.conformance import check_checkpoint_store

__all__ = ["AsyncManualClock", "ManualClock", "check_checkpoint_store"]


class _Manual:
    """Time that stands still until it is moved."""

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
        """Let that much time pass."""
        self._seconds += seconds
        self._now += timedelta(seconds=seconds)

    def set_wall_clock(self, now: datetime) -> None:
        """Set the wall clock, as an administrator or NTP does; the monotonic clock goes on."""
        self._now = now


class ManualClock(_Manual, Clock):
    """A clock for `Client(clock=...)` that a test moves; waiting moves it too, and takes no time."""

    def sleep(self, seconds: float) -> None:
        """Pass the time at once."""
        self.advance(seconds)


class AsyncManualClock(_Manual, AsyncClock):
    """A clock for `AsyncClient(clock=...)` that a test moves; waiting moves it too, and takes no time."""

    async def sleep(self, seconds: float) -> None:
        """Pass the time at once, letting other tasks run."""
        self.advance(seconds)
        await asyncio.sleep(0)
