"""What a subscription asks for next, and what it makes of the answer (DESIGN 4.8).

The walk by `Modified` finds what is new (`alarms.AlarmFollower`), looks by `LocalId` what the walk cannot see
(`newcomers.Newcomers`). This is how the two take turns. It does no I/O and has no clock: ask `question`, hand the
answer to `receive`. A question whose answer was lost is asked again.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from attrs import frozen

from ..models import AlarmFilter, AlarmLine
from .alarms import NEWEST, AlarmFollower, Key, Progress, key_of
from .leastopen import LeastOpen
from .newcomers import LAST, LOOK, Newcomers

__all__ = ["Answer", "Delivery", "Receipt"]

_Stage = Literal["witness", "last", "newest", "skip", "walk", "look"]


@frozen(kw_only=True)
class Receipt:
    """What a checkpoint store is to write: see `milestone_sdk.checkpoints.CheckpointStore.save`."""

    watermark: int
    local_id: int
    done: tuple[Key, ...]
    forget_before: int


@frozen(kw_only=True)
class Answer:
    """What an answer tells."""

    fresh: Sequence[AlarmLine] = ()
    """What is to be delivered, in order."""
    gap: bool = False
    """Whether alarms may have been removed unseen: to be told before anything else."""
    skipped: Receipt | None = None
    """What is to be saved, since everything up to now was skipped."""
    page: bool = False
    """Whether this was a page of alarms, and not a question about the list."""
    caught_up: bool = False
    """Whether nothing more is known to be there."""
    at_end: bool = False
    """Whether there is nothing to ask for at once."""


class Delivery:
    """Delivers the alarms of one list from a checkpoint on: what `Receipt` told a store before.

    Without one it begins at `since` (.NET ticks), or with everything the server holds; with `skip`, behind that. Times
    are those of a monotonic clock, in seconds.
    """

    def __init__(
        self,
        *,
        now: float,
        watermark: int | None = None,
        local_id: int | None = None,
        acknowledged: Iterable[Key] = (),
        since: int | None = None,
        skip: bool = False,
        page_size: int = 500,
    ) -> None:
        acknowledged = tuple(acknowledged)
        self._follower = AlarmFollower(
            watermark=watermark, acknowledged=acknowledged, since=since, page_size=page_size, began=now
        )
        self._newcomers = Newcomers(self._follower.newest_acknowledged, local_id=local_id, done=acknowledged)
        self._page_size = page_size
        self._new = LeastOpen(self._follower.is_pending)
        self._held: int | None = None
        self._following: _Stage = "newest" if skip and watermark is None else "walk"
        self._caught_up = False
        self._at_end = False
        self._looked_at_the_end = False
        self._next_look = now + LOOK
        self._stage: _Stage = "witness"
        self.away()

    def away(self) -> None:
        """Nobody asked, or none answered, for a while: begin with the question whether anything was removed."""
        self._stage = "last" if self._newcomers.question is None else "witness"
        self._caught_up = False

    @property
    def question(self) -> tuple[AlarmFilter, int]:
        """What to ask for, from index 0, and how many rows."""
        match self._stage:
            case "witness":
                assert self._newcomers.question is not None
                return self._newcomers.question, 1
            case "last":
                return LAST, 1
            case "newest":
                return NEWEST, 1
            case "skip" | "walk":
                return self._follower.filter, self._follower.max_count
            case "look":
                return self._newcomers.filter, self._page_size

    def receive(self, lines: Sequence[AlarmLine], *, now: float) -> Answer:
        """Take the answer to `question`."""
        match self._stage:
            case "witness":
                self._stage = "last"
                return Answer(gap=self._newcomers.answer(lines))
            case "last":
                return self._resume(lines, now)
            case "newest":
                self._follower.start_behind(lines)
                self._stage = self._following = "skip"
                return Answer()
            case "skip":
                return self._skip(lines)
            case "walk":
                return self._walk(lines, now)
            case "look":
                return self._look(lines, now)

    @property
    def position(self) -> int:
        """The latest change that was seen, in .NET ticks; 0 before any was."""
        return self._follower.position or 0

    @property
    def pending(self) -> int:
        """How many rows were delivered and not acknowledged."""
        return self._follower.pending

    def receipt(self, line: AlarmLine) -> Receipt | None:
        """Return what a store is to write so that a delivered row counts as done; `None` if it is not pending.

        Call `acknowledge` once that is written: until then the row holds back watermark and number of other rows.
        """
        progress = self._follower.progress(line)
        return None if progress is None else self._receipt(progress, besides=key_of(line))

    def acknowledge(self, line: AlarmLine) -> None:
        """Count a delivered row as done."""
        self._follower.acknowledge(line)

    def _receipt(self, progress: Progress, besides: Key | None = None) -> Receipt:
        """Complete it by the number, above which nothing may be forgotten: it would be taken for unseen.

        A clock that is set back, and a change, may move a new alarm that is pending behind the watermark; after a crash
        only a number below its own finds it then. For one that was done before, that is a change that is missed.
        """
        known, new = self._newcomers.local_id, self._new.least(besides=besides)
        bounds = (progress.forget_before, self._newcomers.oldest, self._held)
        return Receipt(
            watermark=progress.watermark,
            local_id=known if new is None else min(known, new - 1),
            done=progress.done,
            forget_before=min(bound for bound in bounds if bound is not None),
        )

    def _resume(self, lines: Sequence[AlarmLine], now: float) -> Answer:
        unseen = self._newcomers.resume(lines)
        self._stage = self._following
        self._at_end = False
        if unseen:
            self._begin_to_look(now)
        return Answer(caught_up=self._caught_up)

    def _skip(self, lines: Sequence[AlarmLine]) -> Answer:
        progress = self._follower.skip(lines)
        if progress is None:
            return Answer()
        self._stage = self._following = "walk"
        return Answer(skipped=self._receipt(progress))

    def _walk(self, lines: Sequence[AlarmLine], now: float) -> Answer:
        """Take a page of the walk, and begin to look around when that is due.

        The end of the list is the place for that, but while a long one is read, alarms may hide behind that, too.
        """
        short = len(lines) < self._follower.max_count
        fresh, self._at_end = self._follower.receive(lines, now=now)
        self._newcomers.saw(fresh)
        self._note_new()
        self._caught_up = self._at_end or short
        late = now - self._next_look
        if late >= LOOK or (self._at_end and (late >= 0 or not self._looked_at_the_end)):
            self._begin_to_look(now)
        return self._page(fresh)

    def _begin_to_look(self, now: float) -> None:
        self._newcomers.look(passed=self._follower.passed, at_end=self._at_end, now=now)
        self._looked_at_the_end = self._at_end
        self._stage = "look"

    def _look(self, lines: Sequence[AlarmLine], now: float) -> Answer:
        oldest = self._newcomers.oldest
        unseen, finished = self._newcomers.receive(lines, max_count=self._page_size)
        fresh = self._follower.take_in(unseen)
        self._note_new()
        self._hold(oldest)
        if finished:
            # Without a witness, since the newest alarm was removed while we looked on, the one before it must do.
            no_witness = self._looked_at_the_end and self._newcomers.question is None
            self._stage = "last" if no_witness else self._following
            self._next_look = now + LOOK
        self._at_end = self._at_end and not fresh
        return self._page(fresh)

    def _hold(self, oldest: int | None) -> None:
        """Forget nothing above the number of a new alarm that is open, though more is known by now."""
        new = self._new.least()
        if new is None or new > self._newcomers.local_id:
            self._held = None
        elif oldest is not None:
            self._held = oldest if self._held is None else min(self._held, oldest)

    def _note_new(self) -> None:
        for line in self._newcomers.take_new():
            self._new.add(line.local_id, key_of(line))

    def _page(self, fresh: Sequence[AlarmLine]) -> Answer:
        at_end = self._at_end and self._stage != "look"
        return Answer(fresh=fresh, page=True, caught_up=self._caught_up, at_end=at_end)
