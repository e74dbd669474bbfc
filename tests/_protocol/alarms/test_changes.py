"""The list-and-follow machine against a list that changes while it is walked."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from milestone_sdk import AlarmLine
from milestone_sdk._protocol.alarms.ledger import Ledger, ticks_of, to_datetime
from milestone_sdk._protocol.alarms.lines import AlarmLines
from milestone_sdk._protocol.alarms.pager import AlarmPager, PageSize
from milestone_sdk.checkpoints import MemoryCheckpointStore
from tests.support.alarm_list import START, AlarmList, Follower, line
from tests.support.budget import examples


def drain(machine: Follower, alarms: AlarmList, *, now: float = 0.0, polls: int = 1) -> list[AlarmLine]:
    found: list[AlarmLine] = []
    while polls:
        rows, at_end = machine.ask(alarms, now=now)
        found += rows
        polls -= at_end
    return found


def pager(page_size: int) -> tuple[AlarmPager, PageSize]:
    size = PageSize(page_size)
    return AlarmPager(Ledger(low=2**31).observe, size), size


def turn(walk: tuple[AlarmPager, PageSize], alarms: AlarmList) -> list[AlarmLine]:
    pages, size = walk
    lines = alarms.answer(pages.filter, size.rows)
    found = pages.receive(lines)
    size.answered(len(lines), seconds=0.0, now=0.0, advanced=pages.advanced)
    return found


def walk(pages: tuple[AlarmPager, PageSize], alarms: AlarmList) -> list[AlarmLine]:
    found: list[AlarmLine] = []
    while not pages[0].finished:
        found += turn(pages, alarms)
    return found


@pytest.mark.promise(3)
@pytest.mark.promise(4)
def test_a_walk_returns_everything_once_in_order() -> None:
    rows = [line(n, START + timedelta(minutes=n)) for n in range(1, 24)]
    found = walk(pager(5), AlarmList(list(reversed(rows))))
    assert found == rows


@pytest.mark.promise(1)
def test_an_alarm_that_changes_between_two_pages_pushes_no_other_one_out() -> None:
    alarms = AlarmList([line(n, START + timedelta(minutes=n)) for n in range(1, 11)])
    pages = pager(5)
    found = turn(pages, alarms)
    alarms.rows[UUID(int=1)] = line(1, START + timedelta(minutes=30))
    found += walk(pages, alarms)
    assert [row.local_id for row in found] == [*range(1, 11), 1]


def test_one_moment_that_fills_more_than_a_page() -> None:
    """A bulk acknowledge gives thousands of alarms the same Modified."""
    rows = [line(n) for n in range(1, 1001)]
    assert walk(pager(10), AlarmList(rows)) == rows


@pytest.mark.parametrize("a_second", [40, 49, 50, 51, 200])
def test_a_storm_that_nearly_fills_a_page_each_second_does_not_slow_the_walk(a_second: int) -> None:
    """Each page begins a second before the last row of the one before, where most of what it may hold lies."""
    rows = [line(n, START + timedelta(seconds=n / a_second)) for n in range(1, 2001)]
    alarms = AlarmList(rows)
    assert walk(pager(50), alarms) == rows
    assert alarms.asked <= 2 * len(rows) // 50


def test_a_server_that_caps_the_page_is_not_taken_for_the_end() -> None:
    rows = [line(n, START + timedelta(seconds=10 * n)) for n in range(1, 101)]
    assert walk(pager(50), AlarmList(rows, cap=7)) == rows


def test_a_quiet_list_costs_one_request_a_poll() -> None:
    alarms = AlarmList([line(1)])
    machine = Follower()
    drain(machine, alarms)
    before = alarms.asked
    for _ in range(5):
        assert drain(machine, alarms) == []
    assert alarms.asked - before == 5


def test_a_settled_list_is_not_read_again_at_each_poll() -> None:
    """Late changes are looked for during the overlap; after that, only what is newest is read."""
    alarms = AlarmList([line(n, START + timedelta(milliseconds=n)) for n in range(1, 2001)])
    alarms.rows[UUID(int=5000)] = line(5000, START + timedelta(seconds=30))
    machine = Follower()
    drain(machine, alarms, now=0)
    assert len(alarms.answer(machine.changes.filter, 10_000)) == 2001
    for now in (30.0, 61.0, 65.0):
        drain(machine, alarms, now=now)
    assert len(alarms.answer(machine.changes.filter, 10_000)) == 1


@pytest.mark.promise(1)
def test_a_change_that_was_committed_late_is_found() -> None:
    early, late = line(1, START + timedelta(seconds=50)), line(2, START + timedelta(seconds=10))
    alarms = AlarmList([early, late])
    alarms.hidden = {late.id}
    machine = Follower()
    assert drain(machine, alarms, now=0) == [early]
    alarms.hidden = set()
    assert drain(machine, alarms, now=40) == [late]


@pytest.mark.promise(1)
@pytest.mark.parametrize("crash", [False, True])
def test_a_change_that_was_committed_late_while_a_walk_stood_still_is_found(crash: bool) -> None:
    """A slow receiver may leave minutes between two pages; what came behind the first one is not a minute old then."""
    late, first, second = line(1, START), line(2, START + timedelta(seconds=1)), line(3, START + timedelta(minutes=2))
    alarms, store = AlarmList([late, first]), MemoryCheckpointStore()
    alarms.hidden = {late.id}
    machine = Follower(store, began=0.0)
    rows, at_end = machine.ask(alarms, now=1.0)
    assert (rows, at_end) == ([first], False)
    machine.done(first)
    alarms.hidden = set()
    alarms.rows[second.id] = second
    assert machine.ask(alarms, now=120.0) == ([second], True)
    machine.done(second)
    assert (restarted(store, alarms) if crash else drain(machine, alarms, now=122.0, polls=2)) == [late]


def test_a_walk_ends_though_every_page_brings_something_new() -> None:
    """One alarm a second from a server that takes a second to answer; each page is short."""
    alarms = AlarmList([line(1)])
    machine = Follower(began=0.0)
    ends, got = 0, list[AlarmLine]()
    for second in range(1, 300):
        alarms.rows[UUID(int=second)] = line(second, START + timedelta(seconds=second))
        rows, at_end = machine.ask(alarms, now=float(second))
        for row in rows:
            machine.done(row)
        got += rows
        ends += at_end
    assert [row.local_id for row in got] == list(range(1, 300))
    assert 5 < ends < 20


@pytest.mark.promise(3)
def test_what_a_long_slow_walk_has_read_does_not_come_again_with_the_next_one() -> None:
    """What is remembered is pruned while a walk is under way, but not where that has still to come by."""
    rows = [line(1), *(line(n, START + timedelta(seconds=150 + n / 100)) for n in range(2, 22_000))]
    alarms = AlarmList(rows[:1])
    machine = Follower(began=0.0)
    drain(machine, alarms, now=1.0)
    alarms.rows = {row.id: row for row in rows}
    now, walks, got = 1.0, 0, list[AlarmLine]()
    while walks < 3:
        now += 3
        fresh, at_end = machine.ask(alarms, now=now)
        for row in fresh:
            machine.ledger.acknowledge(row.key)
        got += fresh
        walks += at_end
    assert got == rows[1:]


def test_two_changes_within_a_microsecond_are_two() -> None:
    machine = Follower()
    assert len(drain(machine, AlarmList([line(1, modified_tick=1)]))) == 1
    assert len(drain(machine, AlarmList([line(1, modified_tick=2)]))) == 1


def test_what_is_open_is_delivered_again_after_a_restart() -> None:
    rows = [line(n, START + timedelta(minutes=n)) for n in range(1, 6)]
    alarms, store = AlarmList(rows), MemoryCheckpointStore()
    first = Follower(store)
    drain(first, alarms)
    for done in (rows[0], rows[1], rows[4]):
        first.done(done)
    assert restarted(store, alarms) == [rows[2], rows[3]]


@pytest.mark.promise(1)
def test_a_late_open_row_holds_the_watermark_back() -> None:
    """Else the row, never done, would lie before the watermark after a restart."""
    rows = [line(1, START), line(2, START + timedelta(hours=1))]
    alarms, store = AlarmList(rows), MemoryCheckpointStore()
    machine = Follower(store)
    drain(machine, alarms)
    machine.done(rows[1])
    assert restarted(store, alarms) == [rows[0]]


def test_beginning_now_skips_what_is_there_and_nothing_else() -> None:
    old = [line(n, START + timedelta(seconds=n)) for n in range(1, 30)]
    alarms = AlarmList(list(old))
    machine = Follower(page_size=7)
    machine.changes.start_behind(old[-1:])
    while not machine.changes.skip(alarms.answer(machine.changes.filter, machine.size.rows)):
        pass
    new = line(99, START + timedelta(seconds=29))
    alarms.rows[new.id] = new
    assert drain(machine, alarms) == [new]


def test_beginning_now_on_an_empty_list() -> None:
    machine = Follower()
    machine.changes.start_behind([])
    assert machine.changes.skip(AlarmLines())
    assert machine.update().watermark == 0
    assert drain(machine, AlarmList([line(1)])) == [line(1)]


def test_beginning_at_a_moment_delivers_what_changed_after_it() -> None:
    rows = [line(n, START + timedelta(seconds=n)) for n in range(1, 10)]
    machine = Follower(since=ticks_of(START + timedelta(seconds=5)))
    assert drain(machine, AlarmList(rows), polls=3) == rows[5:]


def test_ticks_and_times() -> None:
    assert ticks_of(to_datetime(line(1).revision)) == line(1).revision
    assert to_datetime(-5).year == 1


def restarted(store: MemoryCheckpointStore, alarms: AlarmList) -> list[AlarmLine]:
    return drain(Follower(store), alarms)


class Following(RuleBasedStateMachine):
    """Alarms are raised and changed, some committed late; the receiver polls, checkpoints and crashes at will."""

    def __init__(self) -> None:
        super().__init__()
        self.alarms = AlarmList()
        self.store = MemoryCheckpointStore()
        self.machine = Follower(self.store, page_size=3)
        self.clock = START
        self.monotonic = 0.0
        self.open: list[AlarmLine] = []
        self.done: set[tuple[UUID, int]] = set()

    def commit(self, number: int, lateness: float) -> None:
        row = line(number, self.clock)
        if row.id in self.alarms.late:
            return
        self.alarms.store(row, until=self.monotonic + lateness if lateness else None)

    @rule(seconds=st.sampled_from([0, 0, 0.001, 1, 20, 100]))
    def time_passes(self, seconds: float) -> None:
        self.clock += timedelta(seconds=seconds)
        self.monotonic += seconds
        self.alarms.show_late(self.monotonic)

    @rule(number=st.integers(1, 40), lateness=st.sampled_from([0, 0, 0, 1, 30]))
    def raised_or_changed(self, number: int, lateness: float) -> None:
        self.commit(number, lateness)

    @rule(count=st.integers(2, 30))
    def changed_together(self, count: int) -> None:
        for number in range(1, count + 1):
            self.commit(number, 0)

    @rule()
    def one_page(self) -> None:
        rows, _ = self.machine.ask(self.alarms, now=self.monotonic)
        self.open += rows

    @precondition(lambda self: self.open)
    @rule(choice=st.integers(0, 1000))
    def checkpointed(self, choice: int) -> None:
        row = self.open.pop(choice % len(self.open))
        self.machine.done(row)
        self.done.add((row.id, row.revision))

    @rule()
    def crashed(self) -> None:
        self.machine = Follower(self.store, page_size=3)
        self.open = []

    @invariant()
    def nothing_is_delivered_twice_in_one_life(self) -> None:
        keys = [(row.id, row.revision) for row in self.open]
        assert len(keys) == len(set(keys))
        assert len(keys) == self.machine.ledger.open

    def teardown(self) -> None:
        """Once everything is committed, a new life delivers every current state that is not done."""
        self.time_passes(30)
        drained = drain(self.machine, self.alarms, now=self.monotonic, polls=2)
        reached = {(row.id, row.revision) for row in [*self.open, *drained]}
        current = {(row.id, row.revision) for row in self.alarms.rows.values()}
        assert current <= reached | self.done
        again = {(row.id, row.revision) for row in restarted(self.store, self.alarms)}
        assert current <= again | self.done


TestFollowing = Following.TestCase
TestFollowing.settings = examples(1.5, stateful_step_count=40)
