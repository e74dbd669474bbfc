"""The alarm feed: which question a subscription asks next, and what it delivers of the answer.

Theory of operation
-------------------

The event server keeps a list of alarms, of which a client can ask for pages: there is no stream to resume and no cursor
on the server. The feed asks one question at a time:

- WITNESS: does the alarm with the highest known number still exist? If not, alarms were removed, perhaps undelivered.
- LAST: which number was given last? Alarms with numbers above the known ones are new.
- NEWEST and SKIP: where does the list end now? Only for a subscription that begins there.
- CHANGES: what has changed since? A page of a pass in the order of changes (`changes`, `pager`).
- NUMBERS: which alarms are new? A page of a scan in the order of numbers (`scan`).

NEWEST, SKIP and CHANGES are the *main line*, which only moves forward. The others are *detours*: WITNESS and LAST after
a start, a failure and a long pause, NUMBERS every half minute and when LAST shows new alarms. A detour ends where it
began. A question whose answer was lost is asked again, but its detour is not begun again: else a link that loses every
second answer would never get to a page.

All rows go through one `ledger`, so that nothing is delivered twice. Rows that the pass has still to read are left to
it even if a scan finds them first, so that alarms are delivered in the order of changes. A checkpoint follows from the
ledger, the pass and the scan together: see `AlarmFeed.update`.
"""

from collections.abc import Sequence
from enum import Enum, auto
from typing import Final
from zlib import crc32

from attrs import evolve, frozen

from ...models import AlarmFilter, AlarmLine, UnreadableAlarm
from ...models.alarms.checkpoint import Checkpoint, CheckpointUpdate
from .changes import NEWEST, Changes
from .ledger import Key, Ledger
from .lines import AlarmLines
from .pager import PageSize
from .scan import LAST, SCAN_SECONDS, LocalIdScan

__all__ = ["AlarmFeed", "Answer"]


class _Ask(Enum):
    """A question, and the state of the feed until its answer is received."""

    WITNESS = auto()
    LAST = auto()
    NEWEST = auto()
    SKIP = auto()
    CHANGES = auto()
    NUMBERS = auto()


class _Shown(Enum):
    """What an answer shows that the next question depends on."""

    MORE = auto()
    """The same question has further pages."""
    END = auto()
    """The question has been answered."""
    SCAN_DUE = auto()
    """A scan of the numbers is due."""
    NO_WITNESS = auto()
    """No alarm was found above the known ones, so that another witness is needed."""


_MAIN: Final = None
"""Back to where the detour began."""
_NEXT: Final[dict[tuple[_Ask, _Shown], _Ask | None]] = {
    (_Ask.WITNESS, _Shown.END): _Ask.LAST,
    (_Ask.LAST, _Shown.END): _MAIN,
    (_Ask.LAST, _Shown.SCAN_DUE): _Ask.NUMBERS,
    (_Ask.NUMBERS, _Shown.MORE): _Ask.NUMBERS,
    (_Ask.NUMBERS, _Shown.END): _MAIN,
    (_Ask.NUMBERS, _Shown.NO_WITNESS): _Ask.LAST,
    (_Ask.NEWEST, _Shown.END): _Ask.SKIP,
    (_Ask.SKIP, _Shown.MORE): _Ask.SKIP,
    (_Ask.SKIP, _Shown.END): _Ask.CHANGES,
    (_Ask.CHANGES, _Shown.MORE): _Ask.CHANGES,
    (_Ask.CHANGES, _Shown.END): _Ask.CHANGES,
    (_Ask.CHANGES, _Shown.SCAN_DUE): _Ask.NUMBERS,
}
_MOST_UNREADABLE: Final = 1_000
_DETOURS: Final = frozenset({_Ask.WITNESS, _Ask.LAST, _Ask.NUMBERS})


@frozen(kw_only=True)
class Answer:
    """What a subscription does with an answer."""

    fresh: Sequence[AlarmLine] = ()
    """The rows to deliver, in order."""
    unreadable: Sequence[UnreadableAlarm] = ()
    """Rows that cannot be delivered and were not reported yet."""
    gap: bool = False
    """Whether alarms may have been removed undelivered: to be reported first."""
    skipped: CheckpointUpdate | None = None
    """The update to store first, since all alarms up to now were skipped."""
    page: bool = False
    """Whether this was a page of alarms."""
    caught_up: bool = False
    """Whether no further stored alarm is known."""
    at_end: bool = False
    """Whether the next question can wait for the interval."""


class AlarmFeed:
    """Delivers the alarms of one list from a checkpoint on.

    Without one it begins at `since` (.NET ticks), with all stored alarms, or after them if `skip` is set. Times are of
    a monotonic clock, in seconds. `comfortable` is how long an answer may take before fewer rows are asked for.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        now: float,
        since: int | None = None,
        skip: bool = False,
        page_size: int = 500,
        comfortable: float = 3.0,
    ) -> None:
        done = [(entry.revision, entry.id, entry.fingerprint) for entry in checkpoint.acknowledged]
        self._ledger = Ledger(done, low=checkpoint.local_id)
        self._size = PageSize(page_size, comfortable=comfortable)
        self._changes = Changes(self._ledger, self._size, watermark=checkpoint.watermark, since=since, began=now)
        witness = checkpoint.witness or (max(done)[1] if done else None)
        self._scan = LocalIdScan(self._ledger, self._size, witness=witness)
        self._main = _Ask.NEWEST if skip and checkpoint.watermark is None else _Ask.CHANGES
        self._ask: _Ask = _Ask.LAST if witness is None else _Ask.WITNESS
        self._has_witness = checkpoint.witness is not None
        self._announced = False
        self._to_check = False
        self._answered_page = False
        self._unreadable: list[int] = []
        self._caught_up = False
        self._at_end = False
        self._scanned_the_end = False
        self._brought = False
        self._next_scan = now + SCAN_SECONDS

    @property
    def question(self) -> tuple[AlarmFilter, int]:
        """What to ask for, and how many rows from index 0."""
        match self._ask:
            case _Ask.WITNESS:
                return self._scan.question, 1
            case _Ask.LAST:
                return LAST, 1
            case _Ask.NEWEST:
                return NEWEST, 1
            case _Ask.SKIP | _Ask.CHANGES:
                return self._changes.filter, self._size.rows
            case _Ask.NUMBERS:
                return self._scan.filter, self._size.rows

    def receive(self, lines: AlarmLines, *, now: float, seconds: float = 0.0) -> Answer:
        """Take the answer to `question`, which took some seconds."""
        asked = self._ask
        unreadable = self._new_unreadable(lines.unreadable)
        match asked:
            case _Ask.WITNESS:
                self._announced = gap = self._scan.answer(lines)
                shown, answer = _Shown.END, Answer(gap=gap)
            case _Ask.LAST:
                shown, answer = self._resume(lines, now)
            case _Ask.NEWEST:
                self._changes.start_behind(lines)
                shown, answer = _Shown.END, Answer()
            case _Ask.SKIP:
                shown, answer = self._skip(lines)
            case _Ask.CHANGES:
                shown, answer = self._page_of_changes(lines, now)
            case _Ask.NUMBERS:
                shown, answer = self._page_of_numbers(lines, now)
        if asked in (_Ask.SKIP, _Ask.CHANGES, _Ask.NUMBERS):
            advanced = asked is _Ask.NUMBERS or self._changes.advanced
            self._size.answered(lines.sent, seconds=seconds, now=now, advanced=advanced)
            self._answered_page = True
        self._go(asked, shown)
        if self._to_check and self._ask not in _DETOURS:
            self._check()
        return evolve(answer, unreadable=unreadable) if unreadable else answer

    def interrupted(self, *, smaller: bool = False, now: float = 0.0) -> None:
        """After a failure or a pause, check whether alarms were removed. `smaller` also asks for shorter pages.

        The check precedes the next page, unless there was no page since the last check.
        """
        if smaller and self._ask not in (_Ask.WITNESS, _Ask.LAST, _Ask.NEWEST):
            self._size.failed(now)
        self._caught_up = False
        if self._ask in (_Ask.WITNESS, _Ask.LAST):
            return
        if self._answered_page:
            self._check()
        else:
            self._to_check = True

    @property
    def rows(self) -> int:
        """How many rows a page has."""
        return self._size.rows

    @property
    def position(self) -> int:
        """The latest known change, in .NET ticks; 0 before there is one."""
        return self._changes.position or 0

    @property
    def pending(self) -> int:
        """How many states were delivered and not acknowledged."""
        return self._ledger.open

    def update(self, line: AlarmLine, *, handled: bool = True) -> CheckpointUpdate | None:
        """Return the update after which a delivered state counts as done; `None` if it is not open.

        Call `acknowledge` once it is stored: until then the state holds back watermark and number. `handled` says that
        the receiver took this state, so that the alarm counts as handled.
        """
        if not self._ledger.is_open(line.key):
            return None
        update = self._update(line.key)
        return evolve(update, handled=(line.id,)) if handled else update

    def first_update(self) -> CheckpointUpdate | None:
        """Return the update that gives the next start a witness, although nothing is done; `None` once it has one.

        Without a witness it would not show if all alarms of a run, of which none was done, were removed after it.
        """
        if self._has_witness or self._scan.witness is None or self._main is not _Ask.CHANGES:
            return None
        return self._update()

    def stored(self, update: CheckpointUpdate) -> None:
        """Record that an update was stored."""
        self._has_witness = update.witness is not None

    def acknowledge(self, line: AlarmLine) -> None:
        """Count a delivered state as done."""
        self._ledger.acknowledge(line.key)

    def _update(self, *done: Key) -> CheckpointUpdate:
        changes = self._changes
        return self._ledger.update(
            *done, safe=changes.safe, least=changes.least, overlap=changes.overlap, witness=self._scan.witness
        )

    def _go(self, asked: _Ask, shown: _Shown) -> None:
        following = _NEXT[asked, shown]
        if following is not None and following not in _DETOURS:
            self._main = following
        self._ask = following or self._main

    def _check(self) -> None:
        self._to_check = self._answered_page = self._announced = False
        self._ask = _Ask.LAST if self._scan.witness is None else _Ask.WITNESS

    def _resume(self, lines: AlarmLines, now: float) -> tuple[_Shown, Answer]:
        gap, due = self._scan.resume(lines, announced=self._announced)
        if self._announced and not lines:
            self._next_scan = now  # the list is empty, or one answer was: the numbers show which
        self._announced = self._at_end = False
        if due:
            self._begin_to_scan(now)
        shown = _Shown.SCAN_DUE if due else _Shown.END
        return shown, Answer(gap=gap, caught_up=self._caught_up)

    def _new_unreadable(self, rows: Sequence[UnreadableAlarm]) -> list[UnreadableAlarm]:
        """Return the rows that were not reported yet; the server sends them with every poll."""
        new = {crc32(repr((row.id, row.local_id, sorted(row.members.items()))).encode()): row for row in rows}
        new = {key: row for key, row in new.items() if key not in self._unreadable}
        self._unreadable = [*self._unreadable, *new][-_MOST_UNREADABLE:]
        return list(new.values())

    def _skip(self, lines: AlarmLines) -> tuple[_Shown, Answer]:
        if not self._changes.skip(lines):
            return _Shown.MORE, Answer()
        return _Shown.END, Answer(skipped=self._update(*self._ledger.done))

    def _page_of_changes(self, lines: AlarmLines, now: float) -> tuple[_Shown, Answer]:
        """Take a page of the pass, and begin a scan when one is due: at the end of the list, or after a long time."""
        full = self._size.is_full(lines.sent) or self._changes.is_dense
        fresh, self._at_end = self._changes.receive(lines, now=now)
        full = full or self._changes.is_dense or (self._brought and bool(fresh))
        self._caught_up = self._at_end or not full
        self._brought = bool(fresh) and not self._at_end
        gap = self._scan.is_reused(fresh)
        self._scan.found(fresh)
        late = now - self._next_scan
        due = late >= SCAN_SECONDS or (self._at_end and (late >= 0 or not self._scanned_the_end))
        if due:
            self._begin_to_scan(now)
        return _Shown.SCAN_DUE if due else _Shown.MORE, self._page(fresh, gap=gap, scanning=due)

    def _begin_to_scan(self, now: float) -> None:
        self._scan.begin(passed=self._changes.passed, at_end=self._at_end, now=now)
        self._scanned_the_end = self._at_end

    def _page_of_numbers(self, lines: AlarmLines, now: float) -> tuple[_Shown, Answer]:
        unseen, finished = self._scan.receive(lines)
        fresh = self._changes.accept(unseen, hidden=self._scan.hidden)
        behind = (fresh or self._scan.sees_ahead) and self._size.is_full(lines.sent)
        self._caught_up = self._caught_up and not behind
        gap = self._scan.is_reused(fresh)
        shown = _Shown.MORE
        if finished:
            shown = _Shown.NO_WITNESS if self._scanned_the_end and self._scan.witness is None else _Shown.END
            self._next_scan = now + SCAN_SECONDS
            if self._scan.is_ahead:
                self._changes.doubt()
        self._at_end = self._at_end and not fresh and not self._scan.is_ahead
        return shown, self._page(fresh, gap=gap, scanning=shown is not _Shown.END)

    def _page(self, fresh: Sequence[AlarmLine], *, gap: bool, scanning: bool) -> Answer:
        return Answer(
            fresh=fresh,
            gap=gap,
            page=self._main is _Ask.CHANGES,
            caught_up=self._caught_up,
            at_end=self._at_end and not scanning,
        )
