"""The changes of an alarm list, read in passes: which may still appear late, and where the next pass begins.

The server stamps each alarm with the time of its last change, `Modified`, when it begins to write it. Other readers see
the alarm when the write is committed, which may be later. So a pass begins an overlap before the newest change that was
known when the pass before it began, and rows that are known are dropped.
"""

from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from ...models import AlarmFilter, AlarmLine, OrderBy
from .ledger import EARLIEST, HAIR, OVERLAP, UNDATED, Ledger
from .lines import AlarmLines
from .pager import AlarmPager, PageSize

__all__ = ["NEWEST", "Changes"]

NEWEST: Final = AlarmFilter((), (OrderBy("Modified", descending=True),))
"""The filter of which one row shows where the list ends now."""
_TICKS_PER_SECOND: Final = 10_000_000
_LONG: Final = 30.0
"""Seconds after which a pass may end with a short page of new rows: one alarm a page would continue it forever."""


def _dated(lines: Sequence[AlarmLine]) -> list[int]:
    return [revision for line in lines if (revision := line.revision) < UNDATED]


class Changes:
    """Reads the changes of a list in passes: send `filter`, call `receive`, until that returns that the pass has ended.

    It begins at `watermark`, from a checkpoint; without one at `since` (.NET ticks), or with all stored alarms. `began`
    is the time, by the monotonic clock of `receive`, before which nothing was asked for.
    """

    def __init__(
        self,
        ledger: Ledger,
        size: PageSize,
        *,
        watermark: int | None = None,
        since: int | None = None,
        began: float | None = None,
        overlap: timedelta = OVERLAP,
    ) -> None:
        self._ledger = ledger
        self._size = size
        self.overlap = overlap // timedelta(microseconds=1) * 10
        self._overlap_seconds = overlap.total_seconds()
        self._since = since if watermark is None else None
        self.position = watermark
        """The latest known change, in .NET ticks; `None` before there is one."""
        self._end: int | None = None
        self._settling: deque[tuple[float, int]] = deque()
        self._settled: int | None = None
        self._under_way = False
        self._back_to: int | None = None
        self._returning = False
        self._pass_began = began
        self._first_page_at = 0.0
        self._sure = watermark or 0
        self._pager = self._begin()

    @property
    def filter(self) -> AlarmFilter:
        """What to ask for next: a page of rows from index 0."""
        return self._pager.filter

    @property
    def passed(self) -> int:
        """The change, in .NET ticks, up to which this pass finds nothing any more."""
        return self._pager.reached or 0

    @property
    def advanced(self) -> bool:
        """Whether the last page reached beyond the one before."""
        return self._pager.advanced

    @property
    def is_dense(self) -> bool:
        """Whether a range with many changes is being read by number."""
        return self._pager.is_dense

    @property
    def safe(self) -> int:
        """The change after which a new run may begin, less the overlap, if nothing is open."""
        return min(self._certain(), self.passed + self.overlap)

    @property
    def least(self) -> int:
        """Where a new run begins at the earliest: as far back as this one."""
        return 0 if self._since is None else self._since + self.overlap

    def start_behind(self, newest: Sequence[AlarmLine]) -> None:
        """Begin where the list ends now, by the answer to `NEWEST`. Then call `skip` until it returns `True`."""
        self.position = self._sure = max(_dated(newest), default=0)
        self._pager = self._begin(deliver=False)

    def skip(self, lines: AlarmLines) -> bool:
        """Count one page as done without delivering it; return whether that was the end of the list."""
        fresh = self._pager.receive(lines)
        self.position = max(self.position or 0, *_dated(fresh), 0)
        finished = self._pager.finished
        if finished:
            self._pager = self._begin()
        return finished

    def receive(self, lines: AlarmLines, *, now: float) -> tuple[list[AlarmLine], bool]:
        """Take one page; return the rows to deliver, in order, and whether the pass has ended.

        `now` is a monotonic clock in seconds.
        """
        # The page that ends a dense range is short, and shows nothing of the list after it.
        full = self._size.is_full(lines.sent) or self._pager.is_dense
        fresh = self._pager.receive(lines)
        self._advance(fresh)
        self._ascertain(now)
        if not self._under_way:
            self._first_page_at = now
        news = bool(fresh) and not (full or self._pager.is_dense)
        long = news and now - self._first_page_at >= _LONG
        self._under_way = not (self._pager.finished or long)
        if not self._under_way:
            self._settle(now)
            self._end = self._pager.newest
            self._pager = self._begin()
        else:
            self._ledger.prune(min(self._certain() - self.overlap, self.passed) - HAIR)
        return fresh, not self._under_way

    def accept(self, unseen: Sequence[AlarmLine], *, hidden: Sequence[int] = ()) -> list[AlarmLine]:
        """Take rows that a scan found and the pass did not; return those to deliver.

        `hidden` are the changes, in .NET ticks, of the rows whose numbers are new. If the next pass would not read
        them, the server's clock was set back, and that pass begins there: rows that were delivered since may be
        delivered again. The current pass continues, so that it ends however often the clock is set.
        """
        fresh = self._ledger.observe(unseen)
        behind = [revision for revision in hidden if EARLIEST < revision <= self._bound()]
        if behind:
            self._back_to = max(behind)
            if not self._under_way:
                self._pager = self._begin()
        else:
            self._advance(fresh)
        return fresh

    def _advance(self, fresh: Sequence[AlarmLine]) -> None:
        dated = _dated(fresh)
        if dated and not self._returning:
            self.position = max(self.position or 0, *dated)

    def doubt(self) -> None:
        """Let the next pass end with no page that may have been cut: a scan found rows that it has not read."""
        self._end = None
        if not self._under_way:
            self._pager.doubt()

    def _certain(self) -> int:
        """Return the time that the server's clock had certainly reached."""
        return self._sure if self._back_to is None else min(self._sure, self._back_to)

    def _begin(self, *, deliver: bool = True) -> AlarmPager:
        # A pass that goes back reads rows that were delivered long ago and are no longer known. They show nothing about
        # the server's clock; from then on they are known.
        self._returning = self._back_to is not None
        if self._back_to is not None:
            self.position, self._sure = self._back_to, self._certain()
            self._back_to = self._settled = self._since = None
            self._settling.clear()
        after = self._since
        if self.position is not None:
            after = self._bound()
            self._sure = self.position
            self._ledger.prune(after - HAIR)

        def observe(lines: Sequence[AlarmLine]) -> list[AlarmLine]:
            return self._ledger.observe(lines, deliver=deliver)

        return AlarmPager(observe, self._size, after=after, end=self._end)

    def _bound(self) -> int:
        """Return the change, in .NET ticks, after which the next pass begins."""
        bound = self._certain() - self.overlap
        if self._settled is not None:
            bound = max(bound, self._settled - HAIR)
        return max(bound, self._since or 0)

    def _ascertain(self, now: float) -> None:
        """Update the time that the server's clock had reached when the pass began.

        A change that was not visible to the pass is at most an overlap older than that. The last change may be much
        newer, after a pass that took long because its consumer did: it does not show where to read again.
        """
        if self._pass_began is None:
            self._pass_began = now
        elapsed = int((now - self._pass_began) * _TICKS_PER_SECOND)
        self._sure = max(self._sure, (self.position or 0) - elapsed)

    def _settle(self, now: float) -> None:
        """Advance the change before which no late one can appear.

        A row of time P was visible at `now`, so the server's clock had reached P. A pass that began an overlap later,
        by our own clock, has therefore read everything up to P, and no later pass needs to.
        """
        began, self._pass_began = self._pass_began, now
        while began is not None and self._settling and began - self._settling[0][0] >= self._overlap_seconds:
            self._settled = self._settling.popleft()[1]
        newest = self._settling[-1][1] if self._settling else self._settled
        if self.position is not None and self.position != newest:
            self._settling.append((now, self.position))
