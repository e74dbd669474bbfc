"""What the walk by `Modified` cannot see: alarms that the server removed, and alarms stored by a clock set back.

LocalId counts up with each alarm and is touched by no clock (protocol/alarms.md 7.3). Asking now and then for those
made since the last time finds the ones that a server whose clock was set back stored behind the walk. And as long as
the last known alarm still exists, retention has not reached beyond it: it is the witness that nothing was removed
unseen while nobody looked.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from ..models import AlarmFilter, AlarmLine, Condition, OrderBy

__all__ = ["LAST", "Newcomers"]

LAST: Final = AlarmFilter((), (OrderBy("LocalId", descending=True),))
"""What to ask for, one row of it, to learn which alarm was made last."""


class Newcomers:
    """Knows the LocalId up to which everything was seen, and one alarm that existed then."""

    def __init__(self, witness: UUID | None = None) -> None:
        self._witness = witness
        self._known: int | None = None
        self._cursor = 0
        self._seen: set[UUID] = set()
        self._last: AlarmLine | None = None

    @property
    def question(self) -> AlarmFilter:
        """What to ask for, one row, at the start and after an outage: the witness, or else the alarm made last."""
        if self._witness is None:
            return LAST
        return AlarmFilter((Condition("Id", "Equals", self._witness),))

    def answer(self, lines: Sequence[AlarmLine]) -> bool:
        """Take the answer to `question`; return whether alarms may have been removed unseen."""
        gone = self._witness is not None and not lines
        if gone:
            self._witness = None
        if lines and self._known is None:
            self._known = self._cursor = lines[0].local_id
        return gone

    def saw(self, lines: Iterable[AlarmLine]) -> None:
        """Count rows that the walk found."""
        self._seen.update(line.id for line in lines)

    @property
    def filter(self) -> AlarmFilter:
        """What to ask for now and then: the last known alarm, and those made since."""
        return AlarmFilter((Condition("LocalId", "GreaterThan", max(self._cursor - 1, -1)),), (OrderBy("LocalId"),))

    def receive(self, lines: Sequence[AlarmLine], *, max_count: int, behind: int) -> tuple[list[AlarmLine], bool]:
        """Take one page; return what the walk cannot find, in the order of changes, and whether that was the last page.

        `behind` is where the walk begins, in .NET ticks: newer changes it finds by itself.
        """
        known = self._known if self._known is not None else -1
        found = [
            line for line in lines if line.local_id > known and line.id not in self._seen and line.revision <= behind
        ]
        self._seen.update(line.id for line in found)
        reached = max(lines, key=lambda line: line.local_id, default=None)
        if reached is not None and (self._last is None or reached.local_id >= self._last.local_id):
            self._last = reached
        finished = reached is None or len(lines) < max_count or reached.local_id <= self._cursor
        if reached is not None:
            self._cursor = max(self._cursor, reached.local_id)
        if finished:
            self._finish()
        return sorted(found, key=lambda line: (line.revision, line.local_id)), finished

    def _finish(self) -> None:
        """Begin anew behind the last alarm; where none of the known ones is left, none can testify."""
        self._witness = self._last.id if self._last is not None else None
        self._known = self._cursor
        self._last = None
        self._seen.clear()
