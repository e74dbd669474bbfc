"""How long something took, whatever else the machine had to do meanwhile."""

import time
from pathlib import Path


class Stopwatch:
    """Counts seconds, without those in which a thread of this process was ready to run and had no core.

    Only Linux says how long that was; elsewhere these seconds count.
    """

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._waits = _waits_for_a_core()

    @property
    def seconds(self) -> float:
        """Seconds since it was made."""
        waited = sum(wait - self._waits.get(thread, 0) for thread, wait in _waits_for_a_core().items())
        return time.monotonic() - self._began - waited / 1e9


def _waits_for_a_core() -> dict[str, int]:
    """Nanoseconds that each thread of this process has waited for a core so far."""
    found: dict[str, int] = {}
    for path in Path("/proc/self/task").glob("*/schedstat"):
        try:
            found[path.parent.name] = int(path.read_text().split()[1])
        except OSError:  # the thread has ended
            continue
    return found
