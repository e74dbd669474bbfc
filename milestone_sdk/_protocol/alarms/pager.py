"""One pass through the alarm list in the order of changes, page by page, however the server cuts its pages.

Each page begins at the last change of the one before (key-set paging), not at an index: an alarm that changes meanwhile
moves to the end, and everything after it moves by one.

The precision with which the server compares times is unknown, so each page begins one second (`HAIR`) earlier. If more
alarms changed within that second than fit on a page, that range is read by number: `LocalId` is exact.
"""

from collections.abc import Callable, Sequence
from typing import Final

from ...models import AlarmFilter, AlarmLine, Condition, OrderBy
from .ledger import EARLIEST, HAIR, LEAST, UNDATED, in_order, to_datetime
from .lines import AlarmLines

__all__ = ["AlarmPager", "PageSize"]

_BY_CHANGE: Final = (OrderBy("Modified"), OrderBy("LocalId"))
_BY_NUMBER: Final = (OrderBy("LocalId"),)
_FIRST: Final = 50
"""Rows of the first page, so that a slow link is noticed within seconds."""
_PROVING: Final = 10
"""Two short pages of equal length, of so many rows or more, show where the server cuts its pages."""
_CEILING_SECONDS: Final = 300.0
_STRETCH: Final = 10 * HAIR
"""How much of the list is read by number at once, where changes are dense."""
_MOST: Final = 2**31 - 1
_PAGES_AT_ONCE: Final = 10
_ROWS_AT_ONCE: Final = 1_000
"""Pages or rows of a dense range, whichever is more, that are collected, sorted and then delivered."""


class PageSize:
    """How many rows to ask for: `most`, fewer while the server faults or is slow, and more again after that.

    It also learns at how many rows a server cuts its pages.
    """

    def __init__(self, most: int, *, comfortable: float = 3.0) -> None:
        self._least = 2  # the last row of the page before, and one more
        self._most = max(most, self._least)
        self._comfortable = comfortable
        self._cap: int | None = None
        self._short: int | None = None
        self._ceiling: tuple[int, float] | None = None
        self._failing = False
        self.rows = min(self._most, _FIRST)

    def is_full(self, count: int) -> bool:
        """Whether an answer of so many rows may have been cut."""
        return count >= self.rows or (self._cap is not None and count >= self._cap)

    def cut(self, count: int) -> None:
        """Count a page of `count` rows as cut by the server."""
        self._cap = count if count < self.rows else self._cap

    def answered(self, count: int, *, seconds: float, now: float, advanced: bool) -> None:
        """Adapt to an answer of `count` rows that took `seconds`; `advanced` if it reached beyond the one before."""
        if self._cap is not None and count > self._cap:
            self._cap = None
        if count >= self.rows:
            self._short = None
        else:
            if count == self._short and advanced and count >= _PROVING:
                self.cut(count)
            self._short = count
        self._failing = False
        if seconds > 2 * self._comfortable:
            self.rows = max(self.rows // 2, self._least)
        elif count >= self.rows and 2 * seconds <= self._comfortable:
            more = min(2 * self.rows, self._most)
            if self._ceiling is None or more < self._ceiling[0] or now >= self._ceiling[1]:
                self.rows = more

    def failed(self, now: float) -> None:
        """Ask for fewer rows after an answer that was too slow, too large or a fault."""
        if not self._failing:
            self._ceiling = self.rows, now + _CEILING_SECONDS
        self._failing = True
        self.rows = max(self.rows // 4, self._least)


class _Dense:
    """A range of the list that is read by number, since too many alarms changed in it."""

    def __init__(self, newest: int, *, page: int) -> None:
        self.newest = newest
        self.page = page
        self.after = newest - HAIR
        self.until = max(newest, EARLIEST) + _STRETCH
        self.number = LEAST
        self.rows: list[AlarmLine] = []

    @property
    def filter(self) -> AlarmFilter:
        conditions = [
            Condition("Modified", "LessThan", to_datetime(self.until)),
            Condition("LocalId", "GreaterThan", min(self.number, _MOST)),
        ]
        if self.after >= EARLIEST:
            conditions.insert(0, Condition("Modified", "GreaterThan", to_datetime(self.after)))
        return AlarmFilter(tuple(conditions), _BY_NUMBER)


class AlarmPager:
    """One pass over all changes after `after` (.NET ticks; `None` for all stored alarms).

    `observe` records rows, which it gets in order, and returns those that are new. `end` is the newest change that the
    pass before this one read: this one ends there or later.
    """

    def __init__(
        self,
        observe: Callable[[Sequence[AlarmLine]], list[AlarmLine]],
        size: PageSize,
        *,
        after: int | None = None,
        end: int | None = None,
    ) -> None:
        self._observe = observe
        self._size = size
        self._end = end
        self._doubtful = end is None
        self._dense: _Dense | None = None
        self._read_to = -1
        self.reached = after
        """The change, in .NET ticks, up to which this pass does not ask again."""
        self.newest: int | None = None
        """The newest change that this pass has read."""
        self.advanced = True
        """Whether the last page reached beyond the one before."""
        self.finished = False

    @property
    def filter(self) -> AlarmFilter:
        """What to ask for next: a page of rows from index 0."""
        if self._dense is not None:
            return self._dense.filter
        if self.reached is None or self.reached < EARLIEST:
            return AlarmFilter((), _BY_CHANGE)
        return AlarmFilter((Condition("Modified", "GreaterThan", to_datetime(self.reached)),), _BY_CHANGE)

    @property
    def is_dense(self) -> bool:
        """Whether a range is being read by number."""
        return self._dense is not None

    def doubt(self) -> None:
        """End with no page that may have been cut."""
        self._end, self._doubtful = None, True

    def receive(self, lines: AlarmLines) -> list[AlarmLine]:
        """Take one page and return its new rows, in the order of changes; sets `finished`."""
        revisions = [revision for line in lines if (revision := line.revision) < UNDATED]
        if revisions:
            self.newest = max(self.newest or 0, *revisions)
        if self._dense is not None:
            return self._receive_dense(self._dense, lines)
        fresh = self._observe(in_order(lines))
        if not revisions:
            self.finished = True
            return fresh
        newest = max(revisions)
        repeats = sum(revision > newest - HAIR for revision in revisions)
        full = self._size.is_full(lines.sent)
        self.advanced = self.reached is None or newest - HAIR > self.reached
        self.reached = newest - HAIR if self.reached is None else max(self.reached, newest - HAIR)
        self._doubtful = self._doubtful or bool(fresh)
        cut = self._doubtful and not self.advanced and not fresh and repeats > 1
        if (cut or (full and (not self.advanced or 2 * repeats > lines.sent))) and newest > self._read_to:
            self._dense = _Dense(newest, page=lines.sent)
        elif full and newest <= self._read_to:
            self.reached += HAIR  # the server rounds times down, so that the page repeats what was read by number
        else:
            # A short page alone proves nothing, since the server may cap it: the last page has no new rows, and reaches
            # as far as the pass before, or no further than the page before.
            reaches = self._end is not None and newest >= self._end
            self.finished = not fresh and not full and (reaches or not self.advanced)
        return fresh

    def _receive_dense(self, dense: _Dense, lines: AlarmLines) -> list[AlarmLine]:
        number = max((row.local_id for row in (*lines, *lines.unreadable)), default=LEAST)
        self.advanced = number > dense.number
        dense.rows += lines
        if self.advanced:
            dense.number = number
            if len(dense.rows) < max(_PAGES_AT_ONCE * self._size.rows, _ROWS_AT_ONCE):
                return []
        fresh = self._observe(in_order(dense.rows))
        if any(line.revision <= dense.newest for line in fresh):
            self._size.cut(dense.page)
        dense.rows = []
        if not self.advanced:
            self._dense = None
            newest = max(dense.newest, self.newest or 0, EARLIEST)
            self._read_to = self.reached = min(newest + HAIR, dense.until - 2 * HAIR)
        return fresh
