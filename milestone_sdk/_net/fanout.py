"""Several calls at the same time, each with its own deadline: by tasks, and by threads for the blocking twin."""

import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextvars import copy_context
from typing import Final, Generic, TypeVar

from attrs import frozen

from .blocking import deadline, remaining

__all__ = ["AsyncGathering", "Gathering", "Outcome"]

T = TypeVar("T")

_GRACE_SECONDS: Final = 0.25
"""How much longer than its deadline a thread is waited for: it ends by the timeouts of its own sockets."""


@frozen(kw_only=True)
class Outcome(Generic[T]):
    """What came of one call: what it returned, or what it raised."""

    value: T | None = None
    error: Exception | None = None

    def get(self) -> T:
        """Return the value, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # a value of T, which may be None itself


class AsyncGathering:
    """Runs calls side by side for `seconds` at most; when it returns, none of them runs any more."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def run(self, calls: Sequence[Callable[[], Awaitable[T]]]) -> list[Outcome[T]]:
        """Return what came of each call, in their order; `TimeoutError` for one that was not over in time."""
        import asyncio  # not for the blocking client

        from .asyncio import deadline as async_deadline

        async def outcome(call: Callable[[], Awaitable[T]]) -> Outcome[T]:
            try:
                async with async_deadline(self._seconds):
                    return Outcome(value=await call())
            except Exception as error:
                return Outcome(error=error)

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(outcome(call)) for call in calls]
        return [task.result() for task in tasks]


class Gathering:
    """The same with threads. What is not over in time goes on until the timeouts of its sockets end it, unheard."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def run(self, calls: Sequence[Callable[[], T]]) -> list[Outcome[T]]:
        """Return what came of each call, in their order; `TimeoutError` for one that was not over in time."""
        late = Outcome[T](error=TimeoutError(f"not over within {self._seconds:g} s"))
        outcomes = [late] * len(calls)
        seconds = remaining(self._seconds)

        def work(number: int, call: Callable[[], T]) -> None:
            try:
                with deadline(seconds):
                    outcomes[number] = Outcome(value=call())
            except Exception as error:
                outcomes[number] = Outcome(error=error)

        end = time.monotonic() + seconds + _GRACE_SECONDS
        threads = [
            threading.Thread(target=copy_context().run, args=(work, number, call), daemon=True)
            for number, call in enumerate(calls)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        return list(outcomes)
