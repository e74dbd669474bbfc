"""What a pass through the changes cannot find: late alarms, a server's clock that is set back, and removed alarms.

`LocalId` counts up with each alarm, whatever the clock. A scan of the latest numbers finds every alarm that a clock
that was set back, or a commit that took long, has put where the pass had been already.

- **low-water mark** (`Ledger.low`): every alarm up to this number was found. It follows the numbers of the scan before
  the last one, so that an alarm may still move or appear for half a minute after it was found first.
- **hole**: numbers that are missing between others: removed, not visible to this user, or not committed yet. The mark
  stays below a hole, and the hole is scanned again at growing intervals, for an hour.
- **witness**: the alarm with the highest known number. If it is gone after an outage, alarms were removed undelivered.
- **reused numbers**: an alarm with a number that was given before means that an older database was restored.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from attrs import frozen

from ...models import AlarmFilter, AlarmLine, Condition, OrderBy
from .ledger import HAIR, LEAST, Key, Ledger, in_order, to_datetime
from .lines import AlarmLines
from .pager import PageSize

__all__ = ["HOLE_SECONDS", "LAST", "SCAN_SECONDS", "LocalIdScan"]

LAST: Final = AlarmFilter((), (OrderBy("LocalId", descending=True),))
"""The filter of which one row is the alarm that was made last."""
SCAN_SECONDS: Final = 30.0
"""Seconds between two scans."""
HOLE_SECONDS: Final = 3600.0
"""How long a missing number is scanned for."""
_MANY_PAGES: Final = 10
"""Pages after which a scan may end with a short one."""
_MANY_HOLES: Final = 1_000
"""Holes beyond this number are joined, the oldest first."""
_MOST: Final = 2**31 - 1
_BELOW_THE_FIRST: Final = 50
"""Numbers below the first known one that count as a hole: alarms with them may not be committed yet."""


@frozen
class _Hole:
    """Missing numbers from `first` to `last`, both included; `since` is of a monotonic clock."""

    first: int
    last: int
    since: float
    holds: bool
    """Whether the low-water mark stays below it: not for a hole among alarms from before the first start."""


class LocalIdScan:
    """Scans the latest numbers: call `begin`, then send `filter`, call `receive`, until that returns that it has ended.

    `witness` is from a checkpoint.
    """

    def __init__(self, ledger: Ledger, size: PageSize, *, witness: UUID | None = None) -> None:
        self._ledger = ledger
        self._size = size
        self.witness = witness
        """The id of the alarm with the highest known number."""
        self._holes: list[_Hole] = []
        self._baseline = LEAST
        self._before: tuple[int, float] | None = None
        self._found: int | None = None
        self._top = LEAST
        self._reused: tuple[int, int] | None = None
        self._reuse_announced = self._removed = False
        self._looked: int | None = None
        self._deferred: dict[Key, int] = {}
        self._count = 0
        self.hidden: list[int] = []
        """The changes, in .NET ticks, of the rows found on the last page that do not fill a hole."""
        # The scan under way
        self._at_end = self._survey = False
        self._passed = self._cursor = self._pages = 0
        self._first_page = True
        self._now = 0.0
        self._highest: AlarmLine | None = None
        self._started = self._last = LEAST
        self._previous: int | None = None
        self._missing: list[_Hole] = []
        self._ahead: dict[Key, int] = {}

    # After a start, a failure or a pause

    @property
    def question(self) -> AlarmFilter:
        """The filter for the witness, if there is one."""
        assert self.witness is not None
        return AlarmFilter((Condition("Id", "Equals", self.witness),))

    def answer(self, lines: AlarmLines) -> bool:
        """Take the answer to `question`; return whether alarms may have been removed undelivered.

        A row that cannot be delivered still exists.
        """
        if not lines.sent:
            self.witness = None
        elif self._ledger.low is None and lines:
            self._ledger.low = lines[0].local_id
        return not lines.sent

    def resume(self, lines: AlarmLines, *, announced: bool) -> tuple[bool, bool]:
        """Take the answer to `LAST`. Return whether alarms were removed undelivered, and whether a scan is due.

        `announced` says that the removal was reported already. An empty answer shows nothing about numbers.
        """
        low = self._ledger.low
        if lines.sent and not lines:
            return self._resume_at(lines.unreadable[0].local_id, announced=announced)
        if not lines:
            if low is None:
                self._ledger.low = LEAST
            top = max(self._top, low or LEAST)
            self._reused, self._reuse_announced = (LEAST, top) if top > LEAST else None, announced
            self._top, self._removed = LEAST, False
            return False, False
        self.witness = self.witness or lines[0].id
        return self._resume_at(lines[0].local_id, announced=announced)

    def _resume_at(self, last: int, *, announced: bool) -> tuple[bool, bool]:
        low = self._ledger.low
        removed, self._removed, self._reused = self._removed, False, None
        if low is not None and last < low and removed:
            self._reused, self._reuse_announced = (last, self._top), False
            self._before, self._found, self._top = None, None, last
            self._ledger.advance(last)
            return False, False
        if low is None:
            self._baseline = self._ledger.low = self._looked = self._top = last
            self._survey = True
            return False, True
        restored = last < max(low, self._top)
        if restored:
            self._forget(min(low, last))
        if self._looked is None:
            self._looked = self._ledger.low
        self._top = last
        return restored and not announced, self._looked is not None and self._looked < last

    def found(self, fresh: Iterable[AlarmLine]) -> None:
        """Record the highest number among rows that the pass found: that alarm is the next witness."""
        for line in fresh:
            if self.witness is None or line.local_id > self._top:
                self.witness, self._top = line.id, line.local_id

    def is_reused(self, lines: Iterable[AlarmLine]) -> bool:
        """Whether one of these new rows has the number of an alarm that is gone, which was not reported yet."""
        if self._reused is None:
            return False
        above, to = self._reused
        numbers = [line.local_id for line in lines if above < line.local_id <= to]
        if numbers:
            self._reused = None
            self._forget(min(numbers) - 1)
        return bool(numbers) and not self._reuse_announced

    def _forget(self, low: int) -> None:
        """Begin again above `low`: the known numbers now belong to other alarms."""
        self._holes.clear()
        self._deferred.clear()
        self._before = self._found = self._looked = None
        self._baseline, self._top = LEAST, low
        self._ledger.advance(low)

    # At intervals

    def begin(self, *, passed: int, at_end: bool, now: float) -> None:
        """Begin a scan. `passed` is the change, in .NET ticks, up to which the pass finds nothing any more.

        `at_end` says that the pass has reached the end of the list. Else it may have many alarms still to read, so that
        only those that it has passed are asked for, made since `resume` or the last scan at the end. `now` is a
        monotonic clock.
        """
        low = LEAST if self._ledger.low is None else self._ledger.low
        # At the end, a bound that the server rounds up also hides a second from the next pass. Before that, the pass
        # has still to read what follows, and delivers it in order.
        self._passed, self._at_end, self._now = passed + HAIR * at_end, at_end or self._survey, now
        self._pages, self._first_page, self._highest, self._last = 0, True, None, LEAST
        self._missing, self._ahead = [], {}
        if self._survey:
            self._started = max(low - _BELOW_THE_FIRST, min(low, 1))
        elif at_end:
            self._count += 1
            self._started = self._start(low)
        else:
            self._started = low if self._looked is None else max(low, self._looked)
        self._cursor = self._started
        # The number to begin at was found before, or removed since: a hole that began there would grow with each scan.
        self._previous = None if self._started == LEAST else self._started - self._survey

    def _start(self, low: int) -> int:
        """Return the number to begin at: up to where all alarms were found but for the holes, or a hole that is due.

        Holes of up to four minutes are due at every scan, those of eight at every second one, and so on; older ones a
        last time.
        """
        tail = low if self._found is None else self._found
        age = 8 * SCAN_SECONDS * (self._count & -self._count)
        due = [hole.first - 1 for hole in self._holes if not age < self._now - hole.since < HOLE_SECONDS]
        return max(min([tail, *due]), LEAST)

    @property
    def filter(self) -> AlarmFilter:
        """What to ask for next: the alarm that the scan begins at, and those made since."""
        above = self._cursor - 1 if self._first_page else self._cursor
        conditions = [Condition("LocalId", "GreaterThan", min(max(above, LEAST), _MOST))]
        if not self._at_end:
            conditions.append(Condition("Modified", "LessThan", to_datetime(self._passed + HAIR)))
        return AlarmFilter(tuple(conditions), (OrderBy("LocalId"),))

    def receive(self, lines: AlarmLines) -> tuple[list[AlarmLine], bool]:
        """Take one page; return the rows that no pass finds, in order, and whether it was the last page.

        A short page proves nothing, since a server may cap it: the last page has no higher number. But a scan of many
        pages, since alarms are made as fast as it asks, ends with a short page.
        """
        full = self._size.is_full(lines.sent)
        found = [] if self._survey else [line for line in lines if self._is_unseen(line)]
        self.hidden = [line.revision for line in found if not self._is_missing(line.local_id)]
        numbers = sorted(row.local_id for row in (*lines, *lines.unreadable))
        for number in numbers:
            self._note(number)
        higher = bool(numbers) and numbers[-1] > self._cursor
        if lines and (higher or self._highest is None):
            self._highest = max(lines, key=lambda line: line.local_id)
        self._cursor = max([self._cursor, *numbers])
        self._last = max([self._last, *numbers])
        ended = not higher and not (self._first_page and full)
        self._first_page = False
        self._pages += 1
        finished = ended or (self._pages >= _MANY_PAGES and not full)
        if finished:
            self._finish(ended=ended)
        return in_order(found), finished

    @property
    def sees_ahead(self) -> bool:
        """Whether the current scan has found new rows that the next pass delivers."""
        return bool(self._ahead)

    @property
    def is_ahead(self) -> bool:
        """Whether the last scan found new rows that the next pass delivers."""
        return bool(self._deferred)

    def _note(self, number: int) -> None:
        if self._previous is None:
            self._previous = max(number - _BELOW_THE_FIRST, 0)
        if number > self._previous + 1:
            self._missing.append(self._hole(self._previous + 1, number - 1))
        self._previous = max(self._previous, number)

    def _hole(self, first: int, last: int) -> _Hole:
        """Return a hole as old as the oldest one that it overlaps."""
        at = bisect_right(self._holes, first, key=lambda hole: hole.first)
        older = [hole.since for hole in self._holes[max(at - 1, 0) :] if hole.first <= last and hole.last >= first]
        return _Hole(first, last, min(older, default=self._now), holds=first > self._baseline)

    def _is_unseen(self, line: AlarmLine) -> bool:
        number, key = line.local_id, line.key
        low = LEAST if self._ledger.low is None else self._ledger.low
        if self._ledger.knows(key) or (number <= max(low, self._baseline) and not self._is_missing(number)):
            return False
        if line.revision <= self._passed:
            return True
        if not self._at_end:
            return False
        # The next pass delivers it, in order. If it has not by the next scan, the scan does.
        self._ahead[key] = number
        return key in self._deferred

    def _is_missing(self, number: int) -> bool:
        at = bisect_right(self._holes, number, key=lambda hole: hole.first) - 1
        return at >= 0 and self._holes[at].last >= number

    def _finish(self, *, ended: bool) -> None:
        if not self._at_end:
            self._looked = self._top
            return
        self._keep_holes()
        if self._survey:
            self._survey = False
            return
        self._deferred = {key: number for key, number in self._ahead.items() if key not in self._deferred}
        last = self._last
        if ended or last >= self._top:
            self.witness = None if self._highest is None else self._highest.id
        if ended and last < self._top:
            self._reused, self._reuse_announced = (last, self._top), False
        elif self._reused is not None and last >= self._reused[1]:
            self._reused = None
        self._top = max(last, self._top)
        if last == LEAST:
            self._removed = True
            return
        if self._before is None or self._now - self._before[1] >= SCAN_SECONDS:
            # Alarms that existed then were found since, by a whole pass or by this scan. Later ones may not have been
            # where the pass was, and may still be changed while a clock is set back.
            known = self._before[0] if self._before is not None else None
            self._before = last, self._now
            if known is not None:
                self._found = min([known, last, *(number - 1 for number in self._deferred.values())])
                self._ledger.advance(min([self._found, *(hole.first - 1 for hole in self._holes if hole.holds)]))

    def _keep_holes(self) -> None:
        """Replace the holes of the scanned range by those that are left, but for those that are too old."""
        left = [hole for hole in self._missing if self._now - hole.since < HOLE_SECONDS]
        rest = [hole for hole in self._holes if hole.last < self._started or hole.first > self._cursor]
        holes = sorted([*rest, *left], key=lambda hole: hole.first)
        while len(holes) > _MANY_HOLES:
            first, second = holes[0], holes[1]
            holes[:2] = [_Hole(first.first, second.last, min(first.since, second.since), first.holds or second.holds)]
        self._holes = holes
