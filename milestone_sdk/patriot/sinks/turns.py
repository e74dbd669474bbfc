"""How many signals a sink works on at a time, and how long one of them may take."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

__all__ = ["Turns"]


class Turns:
    """Lets `at_once` sends work at a time, in the order in which they were called.

    A turn ends with `TimeoutError` when `timeout` seconds passed since the call, or since the last turn that ended
    well. So a send that waits behind others has its whole time while they make progress. Behind a receiver that does
    not answer, all of them end together, not one after another.
    """

    def __init__(self, at_once: int, timeout: float) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._timeout = timeout
        self._progress = float("-inf")

    @asynccontextmanager
    async def take(self) -> AsyncGenerator[None]:
        """Wait for a turn, and let the block last until the end of it."""
        time = asyncio.get_running_loop().time
        called = time()
        async with self._free:
            async with asyncio.timeout_at(max(called, self._progress) + self._timeout):
                await asyncio.sleep(0)  # a turn that comes too late sends nothing
                yield
            self._progress = time()
