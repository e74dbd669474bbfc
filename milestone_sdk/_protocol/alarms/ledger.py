"""Which states of which alarms are known, which of them are open, and how far a checkpoint may go."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from typing import Final
from uuid import UUID

from ...models import AlarmLine
from ...models.alarms.checkpoint import Acknowledgement, CheckpointUpdate
from ...models.times import NO_TIME

__all__ = ["EARLIEST", "HAIR", "LEAST", "OVERLAP", "UNDATED", "Key", "Ledger", "in_order", "ticks_of", "to_datetime"]

Key = tuple[int, UUID, int]
"""One state of one alarm: `AlarmLine.key`."""
HAIR: Final = 10_000_000
"""One second in .NET ticks, to step back: GreaterThan is strict and its precision is unknown."""
OVERLAP: Final = timedelta(seconds=60)
"""How late after its `Modified` a change may become visible and still be found."""
LEAST: Final = -(2**31)
"""Below every LocalId."""
_LAST: Final = 3_155_378_975_999_999_999
"""The last tick of the year 9999."""
EARLIEST: Final = 552_877_920_000_000_000
"""The year 1753 in .NET ticks, the first of an SQL server: an earlier time is not a bound for a filter."""
UNDATED: Final = 2_838_023_136_000_000_000
"""The year 8994 in .NET ticks: a later change shows nothing about the server's clock, and bounds no pass."""
_WORTH_PRUNING: Final = 256


def to_datetime(ticks: int) -> datetime:
    """Return the time of .NET ticks, cut to microseconds and to the years 1 to 9999."""
    return NO_TIME + timedelta(microseconds=min(max(ticks, 0), _LAST) // 10)


def ticks_of(time: datetime) -> int:
    """Return .NET ticks of 100 ns since 0001-01-01 for an aware datetime."""
    return (time - NO_TIME) // timedelta(microseconds=1) * 10


def in_order(lines: Iterable[AlarmLine]) -> list[AlarmLine]:
    """Sort by the time of the last change, then by number: the order in which alarms are delivered."""
    return sorted(lines, key=lambda line: (line.revision, line.local_id))


class Ledger:
    """Every state that was received and may be received again.

    A state is **open** from its delivery until it is acknowledged. It stays known while it is open, while a pass
    through the changes may read it again, and while a scan of the numbers may: while its number is above `low`, the
    low-water mark of the scan. `done` are the states of a checkpoint, whose numbers are known when they are received
    again.
    """

    def __init__(self, done: Iterable[Key] = (), *, low: int | None = None) -> None:
        self.low = low
        """Alarms up to this number were found; `None` before the first answer of the first start."""
        self._states: dict[Key, int | None] = dict.fromkeys(done)
        self._open: set[Key] = set()
        self._by_revision = LowWaterMark(self._open.__contains__)
        self._by_number = LowWaterMark(self._open.__contains__)
        self._floor = min((key[0] for key in self._states), default=None)
        self._prune_at = _WORTH_PRUNING

    @property
    def open(self) -> int:
        """How many states were delivered and not acknowledged."""
        return len(self._open)

    def is_open(self, key: Key) -> bool:
        """Whether this state was delivered and not acknowledged."""
        return key in self._open

    def knows(self, key: Key) -> bool:
        """Whether this state was received."""
        return key in self._states

    def observe(self, lines: Sequence[AlarmLine], *, deliver: bool = True) -> list[AlarmLine]:
        """Record rows; return those that were not known, which are then open if `deliver` is set."""
        low = LEAST if self.low is None else self.low
        fresh: list[AlarmLine] = []
        for line in lines:
            key, number = line.key, line.local_id
            if key in self._states:
                if self._states[key] is None:
                    self._states[key] = number
                continue
            fresh.append(line)
            self._states[key] = number
            if number > low:
                self._floor = key[0] if self._floor is None else min(self._floor, key[0])
            if deliver:
                self._open.add(key)
                self._by_revision.add(key[0], key)
                if number > low:
                    self._by_number.add(number, key)
        return fresh

    def acknowledge(self, key: Key) -> None:
        """Count a delivered state as done."""
        self._open.discard(key)

    def advance(self, low: int) -> None:
        """Move the low-water mark of the numbers, after a scan of all above the former one."""
        self.low = low
        first = self._by_number.least()
        held = self._floor if first is not None and first <= low else None
        above: list[int] = [] if held is None else [held]
        for key, number in self._states.items():
            if number is None:  # not among those above the former mark: it is below, or was removed
                self._states[key] = LEAST
            elif number > low:
                above.append(key[0])
        self._floor = min(above, default=None)

    def prune(self, before: int) -> None:
        """Drop what no pass that begins at `before` (.NET ticks) and no scan reads again; seldom, to be cheap.

        States that are done, with numbers above that of an open alarm, are dropped too; the checkpoint keeps them.
        """
        if len(self._states) < self._prune_at:
            return
        low = LEAST if self.low is None else self.low
        for key in [
            key
            for key, number in self._states.items()
            if key[0] < before and number is not None and number <= low and key not in self._open
        ]:
            del self._states[key]
        self._prune_at = 2 * len(self._states) + _WORTH_PRUNING

    def update(self, *done: Key, safe: int, least: int, overlap: int, witness: UUID | None) -> CheckpointUpdate:
        """Return the update after which `done` counts as done: call `acknowledge` once it is stored.

        `safe` is the change, in .NET ticks, up to which a pass needs to read nothing again but the overlap; no open
        state may be older. `least` is where a new run begins at the earliest. An open new alarm also holds back the
        number: moved before the watermark by a clock that is set back, it is found by its number alone. So the states
        above that number are kept.
        """
        low = LEAST if self.low is None else self.low
        besides = done[0] if done else None
        oldest, first = self._by_revision.least(besides=besides), self._by_number.least(besides=besides)
        watermark = max(safe if oldest is None else min(oldest, safe), least)
        forget_before = max(watermark - overlap - HAIR, 0)
        return CheckpointUpdate(
            watermark=watermark,
            local_id=low if first is None else min(low, first - 1),
            witness=witness,
            done=tuple(Acknowledgement(*key) for key in done),
            forget_before=forget_before if self._floor is None else min(forget_before, self._floor),
        )

    @property
    def done(self) -> tuple[Key, ...]:
        """Every known state that is not open."""
        return tuple(key for key in self._states if key not in self._open)


class LowWaterMark:
    """The least rank among the keys for which `is_open` holds, at the cost of a heap."""

    def __init__(self, is_open: Callable[[Key], bool]) -> None:
        self._is_open = is_open
        self._heap: list[tuple[int, Key]] = []
        self._tidy_at = _WORTH_PRUNING

    def add(self, rank: int, key: Key) -> None:
        """Add a key that is open."""
        heappush(self._heap, (rank, key))
        if len(self._heap) > self._tidy_at:  # one that stays open would keep all that were added after it
            self._heap = [each for each in self._heap if self._is_open(each[1])]
            heapify(self._heap)
            self._tidy_at = 2 * len(self._heap) + _WORTH_PRUNING

    def least(self, *, besides: Key | None = None) -> int | None:
        """Return the least rank of the open keys without `besides`; `None` if there are none."""
        while self._heap and not self._is_open(self._heap[0][1]):
            heappop(self._heap)
        if not self._heap or self._heap[0][1] != besides:
            return self._heap[0][0] if self._heap else None
        own = heappop(self._heap)
        least = self.least(besides=besides)
        heappush(self._heap, own)
        return least
