"""Elapsed time for tests that limit it, on a machine that may be busy with other processes."""

import time
from pathlib import Path
from typing import Final

__all__ = ["Stopwatch"]

_TASKS: Final = Path("/proc/self/task")


def _waits() -> dict[str, float]:
    """The seconds for which each thread of this process was ready to run and had no processor; only Linux says it."""
    found: dict[str, float] = {}
    for task in _TASKS.iterdir() if _TASKS.exists() else ():
        try:
            found[task.name] = int((task / "schedstat").read_text().split()[1]) / 1e9
        except (OSError, IndexError):
            continue  # the thread has just ended, or the kernel does not count
    return found


class Stopwatch:
    """Counts the seconds since it was made, without those in which threads of this process waited for a processor."""

    def __init__(self) -> None:
        self._began, self._waited = time.monotonic(), _waits()

    @property
    def seconds(self) -> float:
        """The seconds so far; less than really passed, and never more."""
        waited = sum(wait - self._waited.get(thread, 0.0) for thread, wait in _waits().items())
        return time.monotonic() - self._began - waited
