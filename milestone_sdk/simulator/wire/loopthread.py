"""An event loop in a thread of its own, driven from other threads."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["LoopThread"]

T = TypeVar("T")

_WAIT_SECONDS = 60.0


class LoopThread:
    """Runs an event loop from `start` to `stop`; `name` is the thread's."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread()

    @property
    def running(self) -> bool:
        """Whether the loop runs."""
        return self._loop is not None

    def start(self) -> None:
        """Start the loop; RuntimeError if it runs already."""
        if self._loop is not None:
            raise RuntimeError(f"the {self._name} is running already")
        self._loop = asyncio.SelectorEventLoop()  # on Windows too: Listener watches sockets
        self._thread = threading.Thread(target=self._loop.run_forever, name=self._name, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop and wait for it, 60 seconds at most; RuntimeError if the loop does not run."""
        if self._loop is None:
            work.close()
            raise RuntimeError(f"the {self._name} is not running")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_WAIT_SECONDS)

    def stop(self) -> None:
        """Cancel all tasks, end the thread and close the loop; harmless when stopped."""
        loop = self._loop
        if loop is None:
            return
        try:
            self.run(_finish())
        finally:
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join(_WAIT_SECONDS)
            loop.close()
            self._loop = None


async def _finish() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    loop = asyncio.get_running_loop()
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()
