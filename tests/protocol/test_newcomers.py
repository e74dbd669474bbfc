"""Alarms that the walk by Modified cannot see, and the witness that nothing was removed unseen."""

from datetime import timedelta
from uuid import UUID

import attrs
import pytest
from alarm_list import START, AlarmList, follower, line, save
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from milestone_sdk import AlarmFilter, AlarmLine, MemoryCheckpointStore
from milestone_sdk._protocol.alarms import AlarmFollower
from milestone_sdk._protocol.newcomers import LAST, Newcomers

PAGE = 4


class NumberedList(AlarmList):
    """Also answers the questions by Id and LocalId."""

    def answer(self, wanted: AlarmFilter, max_count: int) -> list[AlarmLine]:
        if not wanted.conditions and wanted == LAST:
            return sorted(self._visible(), key=lambda row: -row.local_id)[:max_count]
        if wanted.conditions and wanted.conditions[0].target == "Id":
            return [row for row in self._visible() if row.id == wanted.conditions[0].value]
        if wanted.conditions and wanted.conditions[0].target == "LocalId":
            low = wanted.conditions[0].value
            assert isinstance(low, int)
            assert wanted.orders[0].target == "LocalId"
            return sorted((row for row in self._visible() if row.local_id > low), key=lambda row: row.local_id)[
                :max_count
            ]
        return super().answer(wanted, max_count)

    def _visible(self) -> list[AlarmLine]:
        return [row for row in self.rows.values() if row.id not in self.hidden]


class Receiver:
    """Asks as a subscription does."""

    def __init__(self, alarms: NumberedList, machine: AlarmFollower) -> None:
        self.alarms = alarms
        self.machine = machine
        self.newcomers = Newcomers(machine.newest_acknowledged)
        self.away = True
        self.gaps = 0
        self.got: list[AlarmLine] = []

    def poll(self, now: float, *, newcomers: bool = True) -> list[AlarmLine]:
        before = len(self.got)
        at_end = False
        while not at_end:
            if self.away:
                self.gaps += self.newcomers.answer(self.alarms.answer(self.newcomers.question, 1))
                self.newcomers.answer(self.alarms.answer(self.newcomers.question, 1))
                self.away = False
            rows, at_end = self.machine.receive(
                self.alarms.answer(self.machine.filter, self.machine.max_count), now=now
            )
            self.newcomers.saw(rows)
            self.got += rows
        finished = not newcomers
        while not finished:
            page = self.alarms.answer(self.newcomers.filter, PAGE)
            behind, finished = self.newcomers.receive(page, max_count=PAGE, behind=self.machine.begins)
            self.got += self.machine.go_back(behind)
        return self.got[before:]


def test_a_clock_that_is_set_back_hides_no_alarm() -> None:
    alarms = NumberedList([line(1, START + timedelta(hours=2))])
    receiver = Receiver(alarms, AlarmFollower())
    receiver.poll(0)
    back = line(2, START)
    alarms.rows[back.id] = back
    assert receiver.poll(1, newcomers=False) == [], "the walk alone cannot see it"
    assert receiver.poll(2) == [back]
    later = line(3, START + timedelta(seconds=90))
    alarms.rows[later.id] = later
    assert receiver.poll(3, newcomers=False) == [later], "from then on the walk follows the clock of the server"


def test_a_clock_set_back_and_forth_while_nobody_looked() -> None:
    store = MemoryCheckpointStore()
    alarms = NumberedList([line(1, START + timedelta(hours=2))])
    first = Receiver(alarms, follower(store))
    (row,) = first.poll(0)
    save(store, first.machine, row)
    for number, hours in ((2, 0), (3, 3)):
        alarms.rows[UUID(int=number)] = line(number, START + timedelta(hours=hours))
    again = Receiver(alarms, follower(store))
    assert sorted(row.local_id for row in again.poll(0)) == [2, 3]
    assert again.gaps == 0


def test_beginning_now_is_not_spoilt_by_what_is_there() -> None:
    rows = [line(n, START - timedelta(hours=n)) for n in range(1, 30)]
    alarms = NumberedList(rows)
    machine = AlarmFollower()
    machine.start_behind(rows[:1])
    while machine.skip(alarms.answer(machine.filter, machine.max_count)) is None:
        pass
    receiver = Receiver(alarms, machine)
    assert receiver.poll(0) == []


@pytest.mark.promise(2)
def test_a_list_that_was_swept_is_a_gap() -> None:
    store = MemoryCheckpointStore()
    alarms = NumberedList([line(1), line(2, START + timedelta(minutes=5))])
    first = Receiver(alarms, follower(store))
    for row in first.poll(0):
        save(store, first.machine, row)
    alarms.rows = {UUID(int=9): line(9, START + timedelta(days=9))}
    again = Receiver(alarms, follower(store))
    assert [row.local_id for row in again.poll(0)] == [9]
    assert again.gaps == 1


def test_a_known_alarm_that_changed_is_no_gap() -> None:
    store = MemoryCheckpointStore()
    alarms = NumberedList([line(1)])
    first = Receiver(alarms, follower(store))
    save(store, first.machine, first.poll(0)[0])
    alarms.rows[UUID(int=1)] = line(1, START + timedelta(days=1), assigned_to="somebody")
    again = Receiver(alarms, follower(store))
    assert len(again.poll(0)) == 1
    assert again.gaps == 0


def test_an_alarm_that_is_removed_while_we_look_on_is_no_gap_later() -> None:
    alarms = NumberedList([line(1)])
    receiver = Receiver(alarms, AlarmFollower())
    receiver.poll(0)
    alarms.rows = {}
    receiver.poll(30)
    receiver.away = True
    receiver.poll(60)
    assert receiver.gaps == 0


def test_more_newcomers_than_a_page() -> None:
    alarms = NumberedList([line(1, START + timedelta(days=1))])
    receiver = Receiver(alarms, AlarmFollower())
    receiver.poll(0)
    for number in range(2, 2 + 3 * PAGE):
        alarms.rows[UUID(int=number)] = line(number, START + timedelta(seconds=number))
    rows = [*receiver.poll(1), *receiver.poll(2)]
    assert [row.local_id for row in rows] == list(range(2, 2 + 3 * PAGE))


class Supervised(RuleBasedStateMachine):
    """Alarms are raised while the server's clock is moved both ways, old ones are swept, the receiver crashes."""

    def __init__(self) -> None:
        super().__init__()
        self.alarms = NumberedList()
        self.store = MemoryCheckpointStore()
        self.clock = START
        self.monotonic = 0.0
        self.numbers = 0
        self.done: set[UUID] = set()
        self.swept: set[UUID] = set()
        self.excused: set[UUID] = set()
        self.open: list[AlarmLine] = []
        self.start()

    def start(self) -> None:
        self.receiver = Receiver(self.alarms, follower(self.store, page_size=3))
        self.open = []

    @rule(seconds=st.sampled_from([1, 20, 100, 100_000]))
    def time_passes(self, seconds: float) -> None:
        self.clock += timedelta(seconds=seconds)
        self.monotonic += seconds

    @rule(seconds=st.sampled_from([-7200, -90, -5, 5, 3600]))
    def the_servers_clock_is_set(self, seconds: float) -> None:
        self.clock += timedelta(seconds=seconds)

    @rule(count=st.integers(1, 7))
    def raised(self, count: int) -> None:
        for _ in range(count):
            self.numbers += 1
            row = line(self.numbers, self.clock)
            self.alarms.rows[row.id] = row

    @rule()
    def polled(self) -> None:
        before, begins = self.receiver.gaps, self.receiver.machine.begins
        rows = self.receiver.poll(self.monotonic)
        assert len({(row.id, row.revision) for row in rows}) == len(rows)
        self.open += rows
        if self.receiver.gaps > before:
            # With every known alarm gone, nothing tells which number was the last: what a clock that was also set
            # back put behind the watermark belongs to the gap.
            self.excused |= self.swept | {row.id for row in self.alarms.rows.values() if row.revision <= begins}

    @precondition(lambda self: self.open)
    @rule(choice=st.integers(0, 1000))
    def checkpointed(self, choice: int) -> None:
        row = self.open.pop(choice % len(self.open))
        if self.receiver.machine.progress(row) is not None:
            save(self.store, self.receiver.machine, row)
        self.done.add(row.id)

    @rule()
    def crashed(self) -> None:
        self.start()

    @rule()
    def all_is_swept_while_nobody_looks(self) -> None:
        """Retention removes everything; only what is stored and neither delivered nor done can be missing."""
        self.swept |= set(self.alarms.rows)
        if self.store.load("k").watermark is None:
            self.excused |= set(self.alarms.rows)  # nothing was ever done: there is no checkpoint to miss anything
        self.alarms.rows = {}
        self.start()

    @invariant()
    def what_is_pending_is_open(self) -> None:
        assert self.receiver.machine.pending <= len(self.open)

    def teardown(self) -> None:
        """What was ever stored is done, open, or announced as a gap."""
        self.time_passes(1)
        self.polled()
        self.crashed()
        self.polled()
        self.polled()  # what lies behind more than a page of newcomers is left to the walk that goes back to them
        stored = set(self.alarms.rows) | self.swept
        accounted = self.done | {row.id for row in self.open} | self.excused
        assert stored <= accounted


TestSupervised = Supervised.TestCase
TestSupervised.settings = settings(max_examples=250, stateful_step_count=30, deadline=None)


def test_rows_are_told_apart_by_id_not_by_content() -> None:
    newcomers = Newcomers()
    assert not newcomers.answer([line(5)])
    rows, finished = newcomers.receive([attrs.evolve(line(5), state=11)], max_count=PAGE, behind=10**18)
    assert (rows, finished) == ([], True)
