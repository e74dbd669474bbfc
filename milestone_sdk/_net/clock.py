"""The time as it is, and the time that is left: what the asyncio and blocking twins share."""

import time
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

__all__ = ["Bound", "SystemTime"]

_LEAST: float = 0.001
"""Seconds given when none are left: a timeout of 0 would mean a non-blocking call."""


class SystemTime:
    """Reads the clocks of the operating system."""

    def monotonic(self) -> float:
        """Return seconds that never jump; deadlines are counted in these."""
        return time.monotonic()

    def utcnow(self) -> datetime:
        """Return the wall clock as an aware datetime in UTC, for what is shown or sent."""
        return datetime.now(UTC)


class Bound:
    """The end that enclosing `deadline` blocks set. Each twin has one: a blocking call has no part in a task's."""

    def __init__(self) -> None:
        self._end: ContextVar[float | None] = ContextVar("_end", default=None)

    def left(self) -> float | None:
        """Return the seconds until the end, below 0 after it; `None` outside a `deadline`."""
        end = self._end.get()
        return None if end is None else end - time.monotonic()

    def remaining(self, seconds: float) -> float:
        """Return `seconds`, or less if an enclosing `deadline` ends before."""
        left = self.left()
        return seconds if left is None else max(min(seconds, left), _LEAST)

    @contextmanager
    def lasting(self, seconds: float) -> Generator[None]:
        """Set the end of the block in `seconds`, unless that of an enclosing one comes first."""
        mark = self._end.set(time.monotonic() + self.remaining(seconds))
        try:
            yield
        finally:
            self._end.reset(mark)
