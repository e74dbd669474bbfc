"""One walk over all alarms there are, however many, by a key that never changes: the alarm's number, LocalId.

`alarms.AlarmPager` follows changes, and goes on for as long as something changes. This walk ends whatever happens
meanwhile, holds no memory of what it has seen, and gives no alarm twice. It does no I/O: ask for `filter` and
`max_count`, send them, hand the rows to `receive`.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from ...models import AlarmFilter, AlarmLine, Condition, OrderBy

__all__ = ["AlarmWalk"]

_LEAST: Final = -(2**31)
_BY_NUMBER: Final = (OrderBy("LocalId"),)


class AlarmWalk:
    """Asks for page after page behind the last number seen; that number is asked for once more each time.

    So two alarms of one number are both found, although nothing but the server's word makes it unique.
    """

    def __init__(self, *, conditions: Iterable[Condition] = (), page_size: int = 500) -> None:
        self._conditions = tuple(conditions)
        self._last: int | None = None
        self._ids_of_last: set[UUID] = set()
        self.max_count = page_size
        self.finished = False

    @property
    def filter(self) -> AlarmFilter:
        """What to ask for next, from index 0, `max_count` rows."""
        if self._last is None or self._last <= _LEAST:
            return AlarmFilter(self._conditions, _BY_NUMBER)
        return AlarmFilter((*self._conditions, Condition("LocalId", "GreaterThan", self._last - 1)), _BY_NUMBER)

    def receive(self, lines: Sequence[AlarmLine]) -> list[AlarmLine]:
        """Take one page and return what is new in it, by number; sets `finished`.

        A page shorter than asked proves nothing by itself, since a server may cap `maxCount`: the walk ends with one
        that is short and holds nothing new. A full page of one number makes the next one twice as long.
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
