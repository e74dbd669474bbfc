"""One durable write for all signals that wait at the same time."""

import asyncio
import copy
from collections.abc import Callable, Sequence
from typing import Final

from attrs import frozen

from ..._net.threads import Workers
from ...errors import SinkError, SinkUnavailable
from ..signals import Signal

__all__ = ["GroupCommit", "Refusals"]

_MOST: Final = 1_000
"""Signals of one write."""

Refusals = dict[str, SinkError]
"""The signals of a write that were not stored, by key; all others were."""


@frozen(eq=False)
class _Waiting:
    signal: Signal
    outcome: "asyncio.Future[SinkError | None]"


class GroupCommit:
    """Calls `write` in a thread, one call at a time, with the signals that came in since the last call.

    The thread is the sink's own: a write that hangs delays no other sink, and not the end of the process. A write that
    ends on a disk takes milliseconds, however many signals it stores. `write` returns the signals that it refuses, and
    raises `SinkError` when it stored none.
    """

    def __init__(self, write: Callable[[Sequence[Signal]], Refusals]) -> None:
        self._write = write
        self._waiting: list[_Waiting] = []
        self._turn = asyncio.Lock()
        self._thread = Workers(1)  # in order, also after a cancelled `send` whose write has not ended

    async def send(self, signal: Signal) -> None:
        """Return when the signal is stored. Raises `SinkError`."""
        mine = _Waiting(signal, asyncio.get_running_loop().create_future())
        self._waiting.append(mine)
        try:
            async with self._turn:
                if not mine.outcome.done():
                    await self._store()
            error = await mine.outcome
        finally:
            mine.outcome.cancel()
        if error is not None:
            raise error

    async def aclose(self, close: Callable[[], None]) -> None:
        """Call `close` in a thread once no write is running."""
        async with self._turn:
            await asyncio.wrap_future(self._thread.submit(close))

    async def _store(self) -> None:
        """Write what waits, in the order of arrival."""
        batch, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
        batch = [each for each in batch if not each.outcome.done()]  # without those whose `send` was cancelled
        outcome: Refusals | SinkError = SinkUnavailable("the write was cancelled")
        try:
            outcome = await asyncio.wrap_future(self._thread.submit(lambda: self._write_waiting(batch)))
        except SinkError as error:
            outcome = error
        except Exception as error:
            outcome = SinkUnavailable(f"the write failed: {error!r}")
        finally:
            for each in batch:
                if not each.outcome.done():
                    each.outcome.set_result(_error_of(each.signal, outcome))

    def _write_waiting(self, batch: Sequence[_Waiting]) -> Refusals:
        """Write those that are still waited for: behind a write that hung, they may have been sent again meanwhile."""
        signals = [each.signal for each in batch if not each.outcome.done()]
        return self._write(signals) if signals else {}


def _error_of(signal: Signal, outcome: Refusals | SinkError) -> SinkError | None:
    if isinstance(outcome, dict):
        return outcome.get(signal.key)
    error = copy.copy(outcome)  # each caller raises its own
    error.key = signal.key
    return error
