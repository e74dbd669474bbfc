"""Several calls at the same time, each with its own deadline: by tasks, and by threads for the blocking twin."""

import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextvars import copy_context
from typing import Final, Generic, TypeVar

from attrs import frozen

from .blocking import deadline, remaining

__all__ = ["Outcome", "async_gather_within", "gather_within"]

T = TypeVar("T")

_GRACE_SECONDS: Final = 0.25
"""How much longer than its deadline a thread is waited for: it ends by the timeouts of its own sockets."""


@frozen(kw_only=True)
class Outcome(Generic[T]):
    """The value that a call returned, or the error that it raised."""

    value: T | None = None
    error: Exception | None = None

    def get(self) -> T:
        """Return the value, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.value  # type: ignore[return-value]  # a value of T, which may be None itself


async def async_gather_within(seconds: float, calls: Sequence[Callable[[], Awaitable[T]]]) -> list[Outcome[T]]:
    """Run calls side by side and return their outcomes, in their order; `TimeoutError` for one that takes longer.

    When this returns, none of them runs any more.
    """
    import asyncio  # not for the blocking client

    from .asyncio import deadline as async_deadline

    async def outcome(call: Callable[[], Awaitable[T]]) -> Outcome[T]:
        try:
            async with async_deadline(seconds):
                return Outcome(value=await call())
        except Exception as error:
            return Outcome(error=error)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(outcome(call)) for call in calls]
    return [task.result() for task in tasks]


def gather_within(seconds: float, calls: Sequence[Callable[[], T]]) -> list[Outcome[T]]:
    """Do the same with threads. A call that takes longer continues until its sockets time out; its outcome is lost."""
    outcomes = [Outcome[T](error=TimeoutError(f"not finished within {seconds:g} s"))] * len(calls)
    seconds = remaining(seconds)

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
