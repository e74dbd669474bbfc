"""The least of what is open: how far back a checkpoint has to stay for what was delivered and is not done."""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Final, Generic, TypeVar

__all__ = ["LeastOpen"]

Key = TypeVar("Key")

_WORTH_TIDYING: Final = 1_000


class LeastOpen(Generic[Key]):
    """Knows the least rank among keys for which `is_open` holds, at the cost of a heap."""

    def __init__(self, is_open: Callable[[Key], bool]) -> None:
        self._is_open = is_open
        self._heap: list[tuple[int, int, Key]] = []
        self._added = 0
        self._tidy_at = _WORTH_TIDYING

    def add(self, rank: int, key: Key) -> None:
        """Take note of a key that is open."""
        self._added += 1
        heappush(self._heap, (rank, self._added, key))
        if len(self._heap) > self._tidy_at:  # one that stays open for ever would keep all behind it
            self._heap = [each for each in self._heap if self._is_open(each[2])]
            heapify(self._heap)
            self._tidy_at = 2 * len(self._heap) + _WORTH_TIDYING

    def least(self, *, besides: Key | None = None) -> int | None:
        """Return the least rank of those that are open, `besides` left out; `None` if there are none."""
        while self._heap and not self._is_open(self._heap[0][2]):
            heappop(self._heap)
        if not self._heap or self._heap[0][2] != besides:
            return self._heap[0][0] if self._heap else None
        own = heappop(self._heap)
        least = self.least(besides=besides)
        heappush(self._heap, own)
        return least
