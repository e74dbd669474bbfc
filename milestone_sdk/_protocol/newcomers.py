"""What the walk by `Modified` cannot see: alarms that the server removed, and alarms stored by a clock set back.

LocalId counts up with each alarm and is touched by no clock (protocol/alarms.md 7.3). Looking now and then at those
made lately finds the ones that a server whose clock was set back stored where the walk had passed. And as long as the
last known alarm still exists, retention has not reached beyond it: it is the witness that nothing was removed unseen
while nobody looked.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from attrs import frozen

from ..models import AlarmFilter, AlarmLine, Condition, OrderBy
from .alarms import HAIR, Key, key_of, to_datetime

__all__ = ["LAST", "LOOK", "Newcomers"]

LAST: Final = AlarmFilter((), (OrderBy("LocalId", descending=True),))
"""What to ask for, one row of it, to learn which alarm was made last."""
LOOK: Final = 30.0
"""Seconds between two looks."""
_MANY: Final = 10
"""Pages after which a look may end with a short one."""
_LEAST: Final = -(2**31)


@frozen
class _Seen:
    local_id: int
    revision: int


class Newcomers:
    """Knows the LocalId up to which no alarm can hide any more, and one alarm that existed then.

    `witness`, `local_id` and `done` are what a checkpoint told; `done` are states that were acknowledged.
    """

    def __init__(self, witness: UUID | None = None, *, local_id: int | None = None, done: Iterable[Key] = ()) -> None:
        self._witness = witness
        self._known = local_id
        self._before: tuple[int, float] | None = None
        self._looked: int | None = None
        self._last: int | None = None
        self._done: frozenset[Key] = frozenset(done)
        self._seen: dict[UUID, _Seen] = {}
        self._oldest = min((revision for revision, _ in self._done), default=None)
        self._new: list[AlarmLine] = []
        self._passed = 0
        self._at_end = False
        self._now = 0.0
        self._pages = 0
        self._cursor = _LEAST
        self._highest: AlarmLine | None = None

    @property
    def local_id(self) -> int:
        """Alarms up to this number were found, or were changed where the walk had not been yet."""
        return _LEAST if self._known is None else self._known

    @property
    def oldest(self) -> int | None:
        """The first change, in .NET ticks, of those that must be remembered since their numbers lie above that."""
        return self._oldest

    # After a start, and after a time without an answer

    @property
    def question(self) -> AlarmFilter | None:
        """What to ask for first, one row: the witness, if there is one."""
        return None if self._witness is None else AlarmFilter((Condition("Id", "Equals", self._witness),))

    def answer(self, lines: Sequence[AlarmLine]) -> bool:
        """Take the answer to `question`; return whether alarms may have been removed unseen."""
        if lines and self._known is None:
            self._known = lines[0].local_id
        gone = not lines
        if gone:
            self._witness = None
        return gone

    def resume(self, lines: Sequence[AlarmLine]) -> bool:
        """Take the answer to `LAST`; return whether alarms were made while nobody looked, so that a `look` is due."""
        if not lines:
            self._known = self.local_id
            return False
        last = lines[0].local_id
        self._witness = self._witness or lines[0].id
        if self._known is None or last < self._known:
            self._known, self._looked = last, None  # they ran backwards, as in a database that was restored
            self._before = None
        if self._looked is None:
            self._looked = self._known
        self._last = last
        return self._looked < last

    # Now and then

    def saw(self, lines: Iterable[AlarmLine]) -> None:
        """Count rows that the walk found."""
        for line in lines:
            if line.local_id > self.local_id:
                if line.id not in self._seen:
                    self._new.append(line)
                self._seen[line.id] = _Seen(line.local_id, line.revision)
                self._oldest = line.revision if self._oldest is None else min(self._oldest, line.revision)

    def take_new(self) -> list[AlarmLine]:
        """Return what was found since the last call, walk or look, and had not been seen before in any state."""
        new, self._new = self._new, []
        return new

    def look(self, *, passed: int, at_end: bool, now: float) -> None:
        """Begin to look at alarms made lately: ask for `filter`, and hand the rows to `receive` until it is finished.

        `passed` is the change, in .NET ticks, up to which the walk finds nothing any more. `at_end` says that the walk
        has reached the end of the list: then all that it has not found are taken. Else many may still lie before it, so
        that only those behind it are asked for, made since `resume` or the last time at the end. `now` is a monotonic
        clock in seconds.
        """
        self._passed = passed + HAIR
        self._at_end = at_end
        self._now = now
        self._pages = 0
        self._cursor = self.local_id
        if not at_end and self._looked is not None:
            self._cursor = max(self._cursor, self._looked)
        self._highest = None

    @property
    def filter(self) -> AlarmFilter:
        """What to ask for next: the last known alarm, and those made since."""
        conditions = [Condition("LocalId", "GreaterThan", max(self._cursor - 1, _LEAST))]
        if not self._at_end:
            conditions.append(Condition("Modified", "LessThan", to_datetime(self._passed + HAIR)))
        return AlarmFilter(tuple(conditions), (OrderBy("LocalId"),))

    def receive(self, lines: Sequence[AlarmLine], *, max_count: int) -> tuple[list[AlarmLine], bool]:
        """Take one page; return what the walk did not find, in the order of changes, and whether it was the last one.

        A page shorter than asked proves nothing, since a server may cap it: the last one brings no higher number. But
        a look that goes on and on, since alarms are made as fast as it asks, ends with a short page.
        """
        found = [line for line in lines if self._is_unseen(line)]
        self.saw(found)
        before = self._cursor
        if lines:
            self._highest = max(lines, key=lambda line: line.local_id)
            self._cursor = max(before, self._highest.local_id)
        self._pages += 1
        finished = self._cursor == before or (self._pages >= _MANY and len(lines) < max_count)
        if finished:
            self._finish()
        return sorted(found, key=lambda line: (line.revision, line.local_id)), finished

    def _is_unseen(self, line: AlarmLine) -> bool:
        if line.local_id <= self.local_id or key_of(line) in self._done:
            return False
        if line.revision > self._passed and not self._at_end:
            return False
        seen = self._seen.get(line.id)
        return seen is None or seen.revision != line.revision

    def _finish(self) -> None:
        if not self._at_end:
            self._looked = self._last
            return
        self._witness = None if self._highest is None else self._highest.id
        last = self.local_id if self._highest is None else self._highest.local_id
        if self._before is None:
            self._before = last, self._now
        elif self._now - self._before[1] >= LOOK:
            # What was there by then was found since, by a whole walk or by this look. What was made later may not have
            # been where the walk came by, and may yet be changed by a clock that is set back, or be committed late.
            self._know(self._before[0])
            self._before = last, self._now

    def _know(self, number: int) -> None:
        self._known = number
        self._done = frozenset[Key]()
        self._seen = {alarm: seen for alarm, seen in self._seen.items() if seen.local_id > number}
        self._oldest = min((seen.revision for seen in self._seen.values()), default=None)
