"""List and follow: how no stored alarm is missed, whatever happens in between (DESIGN 4.8, anchors C2).

The server keeps a list of alarms, each with the time of its last change, `Modified`. `AlarmPager` walks that list in
the order of changes by key: it asks again from the last change it saw, never by an index, since an alarm that changes
meanwhile moves to the end and would push an unseen one across the border between two pages. `AlarmFollower` repeats
the walk for ever, goes back a little each time for changes that were committed late, drops what it has seen, and knows
which alarms its receiver is done with.

Neither does any I/O: ask for `filter` and `max_count`, send them, hand the rows to `receive`.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from attrs import frozen

from ..models import AlarmFilter, AlarmLine, Condition, OrderBy
from .leastopen import LeastOpen

__all__ = [
    "HAIR",
    "NEWEST",
    "OVERLAP",
    "AlarmFollower",
    "AlarmPager",
    "Key",
    "Progress",
    "key_of",
    "ticks_of",
    "to_datetime",
]

Key = tuple[int, UUID]
"""One state of one alarm: revision and id."""
TICKS_PER_SECOND: Final = 10_000_000
OVERLAP: Final = timedelta(seconds=60)
"""How late after its `Modified` a change may become visible and still be found."""
HAIR: Final = TICKS_PER_SECOND
"""GreaterThan is strict and its precision below a second is unknown (protocol/alarms.md 7.3): step back that much."""
_WORTH_DOUBTING: Final = 100
"""Rows of one second, from which on a page may have been cut by a limit of the server; none is known."""
_MICROSECOND: Final = 10
_LONG: Final = 30.0
"""Seconds after which a walk may end with a short page of news: one alarm a page would let it go on for ever."""
_SEEN_WORTH_PRUNING: Final = 20_000
_EPOCH: Final = datetime(1, 1, 1, tzinfo=UTC)
_LAST: Final = 3_155_378_975_999_999_999
"""The last tick of the year 9999."""
_IN_ORDER: Final = (OrderBy("Modified"), OrderBy("LocalId"))

NEWEST: Final = AlarmFilter((), (OrderBy("Modified", descending=True),))
"""What to ask for, one row of it, to learn where the list ends now."""


def to_datetime(ticks: int) -> datetime:
    """Return the moment of .NET ticks, cut to microseconds and to the years 1 to 9999."""
    return _EPOCH + timedelta(microseconds=min(max(ticks, 0), _LAST) // 10)


def ticks_of(moment: datetime) -> int:
    """Return .NET ticks of 100 ns since 0001-01-01 for an aware datetime."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 10


def key_of(line: AlarmLine) -> Key:
    """Return what tells one state of one alarm from all others."""
    return line.revision, line.id


class AlarmPager:
    """One walk over everything that changed after `after` (.NET ticks; `None` for all there is).

    `seen` holds what need not be returned again, and gains what is returned.
    """

    def __init__(
        self,
        *,
        after: int | None = None,
        conditions: Iterable[Condition] = (),
        page_size: int = 500,
        seen: set[Key] | None = None,
    ) -> None:
        self._conditions = tuple(conditions)
        self.reached = after
        """What lies up to here, in .NET ticks, is not asked for again by this walk."""
        self._seen: set[Key] = set() if seen is None else seen
        self._doubted = False
        self.max_count = page_size
        self.finished = False

    @property
    def filter(self) -> AlarmFilter:
        """What to ask for next, from index 0, `max_count` rows."""
        if self.reached is None:
            return AlarmFilter(self._conditions, _IN_ORDER)
        bound = Condition("Modified", "GreaterThan", to_datetime(self.reached))
        return AlarmFilter((*self._conditions, bound), _IN_ORDER)

    def receive(self, lines: Sequence[AlarmLine]) -> list[AlarmLine]:
        """Take one page and return what is new in it, in the order of changes; sets `finished`.

        A page shorter than asked proves nothing by itself, since a server may cap `maxCount`: the walk ends with a
        page that is short and holds nothing new. A full page most of which the next one would hold again, since it
        spans hardly a moment, makes that one twice as long.
        """
        unseen = {key: line for line in lines if (key := key_of(line)) not in self._seen}
        self._seen.update(unseen)
        fresh = sorted(unseen.values(), key=_order)
        full = len(lines) >= self.max_count
        self.finished = not fresh and not full
        if lines:
            newest = max(line.revision for line in lines)
            again = sum(line.revision > newest - HAIR for line in lines)
            stuck = self.reached is not None and newest - HAIR <= self.reached
            if not stuck:
                self.reached = newest - HAIR
            if full and (stuck or 2 * again > len(lines)):
                self.max_count *= 2
            elif stuck and not fresh and again >= _WORTH_DOUBTING and not self._doubted:
                # Perhaps the server gives no more rows than these, and holds others of this second. Whether they are
                # reached or not: what is newer must be.
                self._doubted, self.finished = True, False
                self.reached = newest + _MICROSECOND
        return fresh


def _order(line: AlarmLine) -> tuple[int, int]:
    return line.revision, line.local_id


@frozen(kw_only=True)
class Progress:
    """What a checkpoint store is to write: see `delivery.Receipt`, which completes it."""

    watermark: int
    done: tuple[Key, ...]
    forget_before: int


class AlarmFollower:
    """Follows the alarm list from a checkpoint on.

    `watermark` and `acknowledged` are what `Progress` told a store before; without them it begins at `since`
    (.NET ticks), or with everything the server holds. Rows that `receive` returns are pending until `acknowledge`;
    the watermark of `Progress` never passes a pending one. `began` is the time, by the clock of `receive`, before which
    nothing was asked for; without it the first answer counts as if it had taken no time.
    """

    def __init__(
        self,
        *,
        watermark: int | None = None,
        acknowledged: Iterable[Key] = (),
        since: int | None = None,
        page_size: int = 500,
        overlap: timedelta = OVERLAP,
        began: float | None = None,
    ) -> None:
        self._overlap = overlap // timedelta(microseconds=1) * 10
        self._overlap_seconds = overlap.total_seconds()
        self._page_size = page_size
        self._since = since if watermark is None else None
        self._position = watermark
        self._seen = set(acknowledged)
        self._pending: set[Key] = set()
        self._oldest = LeastOpen(self.is_pending)
        self._settling: deque[tuple[float, int]] = deque()
        self._settled: int | None = None
        self._under_way = False
        self._back_to: int | None = None
        self._returning = False
        self._walk_began = began
        self._sure = watermark or 0
        self._newest_acknowledged = max(self._seen)[1] if self._seen else None
        self._pager = self._walk()

    @property
    def filter(self) -> AlarmFilter:
        """What to ask for next, from index 0, `max_count` rows."""
        return self._pager.filter

    @property
    def max_count(self) -> int:
        """How many rows to ask for."""
        return self._pager.max_count

    @property
    def pending(self) -> int:
        """How many rows were returned and not acknowledged."""
        return len(self._pending)

    @property
    def position(self) -> int | None:
        """The latest change that was seen, in .NET ticks; `None` before any was."""
        return self._position

    @property
    def passed(self) -> int:
        """The change, in .NET ticks, up to which the walk finds nothing any more."""
        return self._pager.reached or 0

    @property
    def newest_acknowledged(self) -> UUID | None:
        """The alarm of the latest change that was done before this began."""
        return self._newest_acknowledged

    def start_behind(self, newest: Sequence[AlarmLine]) -> None:
        """Begin where the list ends now: `newest` is the answer to `NEWEST`. Then `skip` until it returns something."""
        self._position = self._sure = max((line.revision for line in newest), default=0)
        self._pager = self._walk()

    def skip(self, lines: Sequence[AlarmLine]) -> Progress | None:
        """Take one page as done without delivering it; at the end of the list, return what is to be saved."""
        fresh = self._pager.receive(lines)
        self._position = max(self._position or 0, *(line.revision for line in fresh), 0)
        if not self._pager.finished:
            return None
        self._pager = self._walk()
        return Progress(watermark=self._position, done=tuple(self._seen), forget_before=self._forgettable())

    def receive(self, lines: Sequence[AlarmLine], *, now: float) -> tuple[list[AlarmLine], bool]:
        """Take one page; return what is to be delivered, in order, and whether the walk ended there.

        `now` is a monotonic clock in seconds. A walk that takes long ends where another begins, at the overlap.
        """
        full = len(lines) >= self._pager.max_count
        fresh = self._pager.receive(lines)
        self._deliver(fresh)
        if fresh and not self._returning:
            self._position = max(self._position or 0, fresh[-1].revision)
        began = self._ascertain(now)
        long = not full and now - began >= _LONG
        self._under_way = not (self._pager.finished or long)
        if not self._under_way:
            self._settle(now)
            self._pager = self._walk()
            return fresh, True
        if len(self._seen) > _SEEN_WORTH_PRUNING:
            self._prune(min(self._certain() - self._overlap, self._pager.reached or 0) - HAIR)
        return fresh, False

    def take_in(self, unseen: Sequence[AlarmLine]) -> list[AlarmLine]:
        """Take rows that the walk did not find; return those that are to be delivered.

        If they lie behind the next walk, the server's clock was set back, and that walk begins there: what was
        delivered since may come once more. A walk under way goes on: so it ends, however often the clock is set.
        """
        fresh = [line for line in unseen if key_of(line) not in self._seen]
        self._seen.update(map(key_of, fresh))
        self._deliver(fresh)
        behind = [line.revision for line in fresh if line.revision <= self._bound()]
        if behind:
            self._back_to = max(behind)
            if not self._under_way:
                self._pager = self._walk()
        elif fresh and not self._returning:
            self._position = max(self._position or 0, *(line.revision for line in fresh))
        return fresh

    def progress(self, line: AlarmLine) -> Progress | None:
        """Return what a store is to write so that a delivered row counts as done; `None` if it is not pending.

        Call `acknowledge` once that is written: until then the row holds back the watermark of other rows.
        """
        key = key_of(line)
        if key not in self._pending:
            return None
        watermark = self._watermark(besides=key)
        return Progress(watermark=watermark, done=(key,), forget_before=max(watermark - self._overlap - HAIR, 0))

    def is_pending(self, key: Key) -> bool:
        """Whether this state of this alarm was returned and not acknowledged."""
        return key in self._pending

    def acknowledge(self, line: AlarmLine) -> None:
        """Count a delivered row as done."""
        self._pending.discard(key_of(line))

    def _deliver(self, fresh: Iterable[AlarmLine]) -> None:
        for line in fresh:
            self._pending.add(key_of(line))
            self._oldest.add(line.revision, key_of(line))

    def _watermark(self, besides: Key | None = None) -> int:
        """Return what a new life may begin behind, less the overlap: no pending row, nor one still to be found."""
        safe = min(self._certain(), (self._pager.reached or 0) + self._overlap)
        oldest = self._oldest.least(besides=besides)
        begin = 0 if self._since is None else self._since + self._overlap  # a new life goes back as far as this one
        return max(safe if oldest is None else min(oldest, safe), begin)

    def _forgettable(self) -> int:
        return max(self._watermark() - self._overlap - HAIR, 0)

    def _certain(self) -> int:
        """Return what the server's clock had certainly reached."""
        return self._sure if self._back_to is None else min(self._sure, self._back_to)

    def _walk(self) -> AlarmPager:
        # The walk that goes back meets what was delivered long ago and is no longer remembered. That tells nothing of
        # the server's clock; from then on it is remembered.
        self._returning = self._back_to is not None
        if self._back_to is not None:
            self._position, self._sure = self._back_to, self._certain()
            self._back_to = self._settled = self._since = None
            self._settling.clear()
        if self._position is None:
            return AlarmPager(after=self._since, page_size=self._page_size, seen=self._seen)
        bound = self._bound()
        self._sure = self._position
        self._prune(bound - HAIR)
        return AlarmPager(after=bound, page_size=self._page_size, seen=self._seen)

    def _bound(self) -> int:
        """Return the change, in .NET ticks, behind which the next walk begins."""
        bound = self._certain() - self._overlap
        if self._settled is not None:
            bound = max(bound, self._settled - HAIR)
        return max(bound, self._since or 0)

    def _prune(self, bound: int) -> None:
        self._seen.difference_update([key for key in self._seen if key[0] < bound and key not in self._pending])

    def _ascertain(self, now: float) -> float:
        """Learn what the server's clock had reached when the walk began; return when that was, by ours.

        What was hidden when the walk came by is at most an overlap older than that. The last change that was seen may
        be much newer, after a walk that took long because its receiver did: it does not tell where to look again.
        """
        if self._walk_began is None:
            self._walk_began = now
        elapsed = int((now - self._walk_began) * TICKS_PER_SECOND)
        self._sure = max(self._sure, (self._position or 0) - elapsed)
        return self._walk_began

    def _settle(self, now: float) -> None:
        """Advance the point before which no late change can still appear.

        A row of time P was visible at `now`, so the server's clock had reached P. A walk that began an overlap later,
        by our own clock, has therefore seen everything up to P, and no later walk needs to read it again.
        """
        began, self._walk_began = self._walk_began, now
        while began is not None and self._settling and began - self._settling[0][0] >= self._overlap_seconds:
            self._settled = self._settling.popleft()[1]
        newest = self._settling[-1][1] if self._settling else self._settled
        if self._position is not None and self._position != newest:
            self._settling.append((now, self._position))
