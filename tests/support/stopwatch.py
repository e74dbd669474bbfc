"""How long something took, whatever else the machine had to do meanwhile."""

import time
from pathlib import Path

_OFTEN = 0.01
"""Seconds after which the system is asked again how long the threads have waited."""


class Stopwatch:
    """Counts seconds, without those in which a thread of this process was ready to run and had no core.

    Only Linux says how long that was; elsewhere these seconds count.
    """

    def __init__(self) -> None:
        self._began = self._asked = time.monotonic()
        self._before = _waits_for_a_core()
        self._waits = dict(self._before)
        self._seconds = 0.0

    @property
    def seconds(self) -> float:
        """Seconds since it was made; they never become fewer."""
        now = time.monotonic()
        if now - self._asked > _OFTEN:
            self._waits |= _waits_for_a_core()  # those of threads that have ended stay
            self._asked = now
        waited = sum(wait - self._before.get(thread, 0) for thread, wait in self._waits.items())
        self._seconds = max(self._seconds, now - self._began - waited / 1e9)
        return self._seconds


def _waits_for_a_core() -> dict[str, int]:
    """Nanoseconds that each thread of this process has waited for a core so far."""
    found: dict[str, int] = {}
    for path in Path("/proc/self/task").glob("*/schedstat"):
        try:
            found[path.parent.name] = int(path.read_text().split()[1])
        except (OSError, IndexError):  # the thread has ended, or the system does not count
            continue
    return found
