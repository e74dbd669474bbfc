"""Paging through all alarms by a key that never changes: the alarm's number, LocalId.

`AlarmPager` follows changes, for as long as something changes. This ends whatever changes meanwhile, keeps no record of
the alarms, and returns no alarm twice. It does no I/O: send `filter` and `max_count`, pass the rows to `receive`.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from ...models import AlarmFilter, AlarmLine, Condition, OrderBy

__all__ = ["AlarmWalk"]

_LEAST: Final = -(2**31)
_BY_NUMBER: Final = (OrderBy("LocalId"),)


class AlarmWalk:
    """Asks for page after page after the last number, which is asked for again each time.

    So two alarms with one number are both found, since nothing proves that a number is unique.
    """

    def __init__(self, *, conditions: Iterable[Condition] = (), page_size: int = 500) -> None:
        self._conditions = tuple(conditions)
        self._last: int | None = None
        self._ids_of_last: set[UUID] = set()
        self.max_count = page_size
        self.finished = False

    @property
    def filter(self) -> AlarmFilter:
        """What to ask for next: `max_count` rows from index 0."""
        if self._last is None or self._last <= _LEAST:
            return AlarmFilter(self._conditions, _BY_NUMBER)
        return AlarmFilter((*self._conditions, Condition("LocalId", "GreaterThan", self._last - 1)), _BY_NUMBER)

    def receive(self, lines: Sequence[AlarmLine]) -> list[AlarmLine]:
        """Take one page and return its new rows, by number; sets `finished`.

        A short page alone proves nothing, since a server may cap `maxCount`: the last page is short and has no new
        rows. After a full page of one number the next one is twice as long.
        """
        last = self._last
        fresh = [
            line
            for line in sorted(lines, key=lambda line: line.local_id)
            if last is None or line.local_id > last or (line.local_id == last and line.id not in self._ids_of_last)
        ]
        full = len(lines) >= self.max_count
        self.finished = not fresh and not full
        if fresh and fresh[-1].local_id != last:
            self._last = fresh[-1].local_id
            self._ids_of_last.clear()
        elif full:
            self.max_count *= 2
        self._ids_of_last.update(line.id for line in fresh if line.local_id == self._last)
        return fresh
