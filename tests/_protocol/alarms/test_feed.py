"""Whatever the server's list does between two questions, nothing that was stored is missed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from milestone_sdk import AlarmLine, MemoryCheckpointStore
from milestone_sdk._protocol.alarms.feed import AlarmFeed, Answer
from milestone_sdk._protocol.alarms.ledger import ticks_of
from milestone_sdk._protocol.alarms.pager import PageSize
from milestone_sdk._protocol.alarms.scan import SCAN_SECONDS
from tests.support.alarm_list import START, AlarmList, line
from tests.support.budget import examples

PAGE = 4
HOUR = timedelta(hours=1)


class Receiver:
    """Asks as a subscription does, and saves what is done."""

    def __init__(
        self,
        alarms: AlarmList,
        store: MemoryCheckpointStore | None = None,
        *,
        now: float = 0.0,
        skip: bool = False,
        since: datetime | None = None,
        page_size: int = PAGE,
    ) -> None:
        self.alarms = alarms
        self.store = store or MemoryCheckpointStore()
        self.feed = AlarmFeed(
            self.store.load("k"),
            now=now,
            skip=skip,
            since=None if since is None else ticks_of(since),
            page_size=page_size,
        )
        self.gaps = 0

    def ask(self, now: float) -> Answer:
        """One question and its answer, however often the server faults before."""
        while True:
            try:
                lines = self.alarms.answer(*self.feed.question)
                break
            except OSError:
                self.feed.interrupted(smaller=True, now=now)
        answer = self.feed.receive(lines, now=now)
        self.gaps += answer.gap
        for update in (answer.skipped, self.feed.first_update()):
            if update is not None:
                self.store.save("k", update)
                self.feed.stored(update)
        return answer

    def page(self, now: float) -> list[AlarmLine]:
        """Questions up to the next page that brings something."""
        fresh: list[AlarmLine] = []
        while not fresh:
            fresh = list(self.ask(now).fresh)
        return fresh

    def poll(self, now: float) -> list[AlarmLine]:
        """Questions up to the end of the list."""
        got: list[AlarmLine] = []
        at_end = False
        while not at_end:
            answer = self.ask(now)
            got += answer.fresh
            at_end = answer.at_end
        return got

    def done(self, *rows: AlarmLine) -> None:
        for row in rows:
            update = self.feed.update(row)
            if update is not None:
                self.store.save("k", update)
                self.feed.stored(update)
                self.feed.acknowledge(row)


def store(alarms: AlarmList, *rows: AlarmLine) -> None:
    alarms.rows |= {row.id: row for row in rows}


def numbers(rows: list[AlarmLine]) -> list[int]:
    return [row.local_id for row in rows]


def test_a_clock_that_is_set_back_hides_no_alarm() -> None:
    alarms = AlarmList([line(1, START + 2 * HOUR)])
    receiver = Receiver(alarms)
    assert numbers(receiver.poll(0)) == [1]
    store(alarms, line(2, START))
    assert receiver.poll(1) == [], "the walk alone cannot see it"
    assert numbers(receiver.poll(SCAN_SECONDS)) == [2]
    store(alarms, line(3, START + timedelta(seconds=90)))
    assert numbers(receiver.poll(SCAN_SECONDS + 1)) == [3], "from then on the walk follows the clock of the server"


@pytest.mark.promise(1)
def test_a_clock_set_back_and_forth_while_nobody_looked() -> None:
    alarms = AlarmList([line(1, START + 2 * HOUR)])
    first = Receiver(alarms)
    first.done(*first.poll(0))
    store(alarms, line(2, START), line(3, START + 3 * HOUR))
    again = Receiver(alarms, first.store)
    assert numbers(again.poll(0)) == [2, 3]
    assert again.gaps == 0


@pytest.mark.promise(1)
def test_a_clock_set_back_and_forth_between_two_looks_before_a_restart() -> None:
    """Two services that fight for the clock of a virtual machine; the last alarm known is not the last of the list."""
    alarms = AlarmList([line(1, START + 2 * HOUR)])
    first = Receiver(alarms)
    first.done(*first.poll(0))
    store(alarms, line(2, START), line(3, START + 2 * HOUR + timedelta(minutes=1)))
    rows = first.poll(5)
    assert numbers(rows) == [3]
    first.done(*rows)
    assert numbers(Receiver(alarms, first.store).poll(10)) == [2]


@pytest.mark.promise(1)
def test_a_clock_set_back_while_all_that_was_known_was_removed() -> None:
    alarms = AlarmList([line(1, START + 2 * HOUR)])
    first = Receiver(alarms)
    first.done(*first.poll(0))
    alarms.rows = {}
    store(alarms, line(2, START))
    again = Receiver(alarms, first.store)
    assert numbers(again.poll(10)) == [2]
    assert again.gaps == 1


@pytest.mark.promise(1)
def test_a_server_that_takes_times_by_the_second_hides_no_alarm_between_the_walk_and_the_look() -> None:
    alarms = AlarmList([line(1, START + timedelta(seconds=0.5))], unit=10_000_000)
    receiver = Receiver(alarms)
    receiver.poll(0)
    store(alarms, line(2, START - timedelta(seconds=59.3)))
    assert receiver.poll(1) == []
    assert numbers(receiver.poll(SCAN_SECONDS)) == [2]


@pytest.mark.promise(1)
def test_an_alarm_that_moves_behind_the_walk_before_that_came_by() -> None:
    """Stored ahead of the walk, then changed by a clock that was set back: the walk has passed where it lies now."""
    alarms = AlarmList([line(n, START + n * HOUR) for n in range(1, 12)])
    receiver = Receiver(alarms)
    receiver.done(*receiver.poll(0))
    store(alarms, line(20, START + 14 * HOUR))
    receiver.poll(SCAN_SECONDS)
    store(alarms, *(line(n, START + n * HOUR) for n in range(21, 31)), line(31, START + 31 * HOUR))
    got: list[int] = []
    while 25 not in got:
        got += numbers(list(receiver.ask(2 * SCAN_SECONDS).fresh))
    store(alarms, line(31, START + HOUR))
    for at in (2, 3, 4):
        got += numbers(receiver.poll(at * SCAN_SECONDS))
    assert set(got) >= set(range(21, 32))


def test_a_long_list_does_not_keep_an_alarm_behind_it_waiting() -> None:
    alarms = AlarmList([line(n, START + n * HOUR) for n in range(1, 400)])
    receiver = Receiver(alarms)
    got: list[int] = []
    for second in range(0, 130, 2):
        got += numbers(list(receiver.ask(float(second)).fresh))
        if second == 10:
            store(alarms, line(1000, START))
    assert 1000 in got
    assert 399 not in got, "the walk was to be under way"


def test_what_is_ahead_of_the_clock_is_delivered_again_once_at_most() -> None:
    """After a clock was set back by hours, its old times lie before the walk for that long."""
    ahead = [line(n, START + HOUR + n * timedelta(minutes=1)) for n in range(1, 31)]
    alarms = AlarmList(list(ahead))
    receiver = Receiver(alarms)
    receiver.done(*receiver.poll(0))
    got: list[int] = []
    for number in range(31, 41):
        store(alarms, line(number, START + (number - 30) * timedelta(minutes=1)))
        for half in (0, 30):
            rows = receiver.poll((number - 30) * 60 + half)
            receiver.done(*rows)
            got += numbers(rows)
    assert [number for number in got if number > 30] == list(range(31, 41))
    assert max(got.count(number) for number in range(1, 31)) <= 1


def test_a_change_by_a_clock_that_was_set_back_is_found_by_number_while_the_alarm_is_new() -> None:
    alarms = AlarmList([line(1, START + 2 * HOUR)])
    receiver = Receiver(alarms)
    receiver.poll(0)
    store(alarms, line(2, START + 3 * HOUR))
    assert numbers(receiver.poll(1)) == [2]
    store(alarms, line(2, START))
    assert numbers(receiver.poll(SCAN_SECONDS)) == [2]


@pytest.mark.promise(1)
def test_a_crash_before_the_walk_could_go_back_leaves_the_checkpoint_where_it_will_go() -> None:
    """So that the next life finds what else that clock stamped."""
    alarms = AlarmList([line(n, START + n * HOUR) for n in range(1, 40)])
    first = Receiver(alarms)
    first.done(*first.page(0), *first.page(0))
    store(alarms, line(1000, START))
    at, hidden = 0.0, False
    while not hidden:
        at += SCAN_SECONDS
        rows = first.ask(at).fresh
        hidden = 1000 in numbers(list(rows))
        first.done(*rows)
    store(alarms, line(1, START + timedelta(seconds=1)))
    assert 1 in numbers(Receiver(alarms, first.store).poll(at))


@pytest.mark.parametrize("interval", [3, 25, 60, 180])
@pytest.mark.parametrize("crash", [False, True])
def test_nothing_comes_twice_as_long_as_no_clock_is_set(interval: int, crash: bool) -> None:
    """Also where polls are far apart, so that what a look reads is older than the overlap of the walk."""
    alarms, saved = AlarmList(), MemoryCheckpointStore()
    receiver, got = Receiver(alarms, saved), list[AlarmLine]()
    for second in range(interval, 400, interval):
        raised = [number for number in range(second - interval + 1, second + 1) if number % 5 == 0]
        store(alarms, *(line(number, START + timedelta(seconds=number)) for number in raised))
        at_end = False
        while not at_end:
            answer = receiver.ask(second)
            receiver.done(*answer.fresh)
            got += answer.fresh
            at_end = answer.at_end
        if crash:
            receiver = Receiver(alarms, saved, now=second)
    assert numbers(got) == list(range(5, 399 // interval * interval + 1, 5))


@pytest.mark.promise(1)
def test_a_moment_to_begin_at_leaves_out_nothing_that_a_checkpoint_holds() -> None:
    """A program may compute the moment anew at each start."""
    alarms = AlarmList([line(1), line(2, START + timedelta(minutes=1))])
    first = Receiver(alarms, since=START - HOUR)
    first.done(*first.poll(0))
    store(alarms, line(1, START + HOUR))
    assert numbers(Receiver(alarms, first.store, since=START + 2 * HOUR).poll(10)) == [1]


def test_what_changed_before_the_moment_to_begin_at_does_not_come_after_a_restart() -> None:
    alarms = AlarmList([line(n, START + timedelta(seconds=10 * n)) for n in range(1, 10)])
    first = Receiver(alarms, since=START + timedelta(seconds=45))
    rows = first.poll(0)
    assert numbers(rows) == [5, 6, 7, 8, 9]
    first.done(rows[0])
    assert numbers(Receiver(alarms, first.store).poll(0)) == [6, 7, 8, 9]


@pytest.mark.promise(1)
def test_no_alarm_is_lost_to_a_server_that_caps_its_pages() -> None:
    """Ten changes of one moment, of which it gives eight at most; what comes later must come all the same."""
    alarms = AlarmList([line(1)], cap=8)
    receiver = Receiver(alarms, page_size=100)
    got = numbers(receiver.poll(0))
    store(alarms, *(line(n, START + timedelta(minutes=1)) for n in range(2, 12)))
    store(alarms, *(line(n, START + HOUR + n * timedelta(minutes=5)) for n in range(12, 40)))
    for now in range(3, 240, 3):
        got += numbers(receiver.poll(now))
    assert sorted(got) == list(range(1, 40))


@pytest.mark.promise(1)
def test_no_alarm_waits_behind_a_second_of_which_the_server_gives_a_part_only() -> None:
    """At the first start, too, where nothing is found by number."""
    rows = [*(line(n) for n in range(1, 201)), line(201, START + timedelta(seconds=0.5)), line(202, START + HOUR)]
    receiver = Receiver(AlarmList(rows, cap=150), page_size=500)
    got = numbers(receiver.poll(0))
    assert sorted(got) == [*range(1, 203)]


def test_alarms_that_come_as_fast_as_we_ask_let_walks_and_looks_end() -> None:
    alarms = AlarmList([line(1)])
    receiver = Receiver(alarms, page_size=100)
    looks, got = 0, list[int]()
    for second in range(1, 600):
        store(alarms, line(second, START + timedelta(seconds=second)))
        looks += receiver.feed.question[0].orders[0].target == "LocalId"
        answer = receiver.ask(second)
        receiver.done(*answer.fresh)
        got += numbers(list(answer.fresh))
    assert 10 < looks < 300
    assert got == sorted(set(got))
    assert 590 < len(got) < 600
    assert len(receiver.store.load("k").acknowledged) < 300, "and what is done is forgotten"


@pytest.mark.parametrize("fraction", [timedelta(seconds=0.01), timedelta(seconds=0.99)])
def test_a_server_that_cuts_times_to_the_second_gives_nothing_twice(fraction: timedelta) -> None:
    alarms = AlarmList([line(n, START + timedelta(seconds=n) + fraction) for n in (0, 1, 2)], unit=-10_000_000)
    receiver, got = Receiver(alarms), list[int]()
    for now in range(0, 600, 3):
        rows = receiver.poll(now)
        receiver.done(*rows)
        got += numbers(rows)
    assert got == [0, 1, 2]


@pytest.mark.promise(3)
def test_an_old_alarm_that_changed_and_is_open_brings_no_other_one_back() -> None:
    """Its number is low, but all between its number and the last one was done long ago."""
    alarms = AlarmList([line(n, START + timedelta(minutes=n)) for n in range(1, 101)])
    first = Receiver(alarms)
    for now in (0, 40, 80, 120):
        first.done(*first.poll(now))
    store(alarms, line(1, START + timedelta(minutes=102)), line(101, START + timedelta(minutes=103)))
    changed, new = first.poll(160)
    assert (changed.local_id, new.local_id) == (1, 101)
    first.done(new)
    assert numbers(Receiver(alarms, first.store).poll(170)) == [1]


@pytest.mark.promise(1)
def test_an_open_alarm_that_a_clock_set_back_moves_is_found_by_the_next_life() -> None:
    """It was delivered and never done; changed by that clock, it lies behind the watermark."""
    alarms = AlarmList([line(1, START)])
    first = Receiver(alarms)
    first.done(*first.poll(0))
    store(alarms, line(2, START + HOUR), line(3, START + HOUR + timedelta(seconds=1)))
    first.done(first.poll(40)[1])
    for now in (80, 120, 160):
        first.poll(now)
    store(alarms, line(4, START + HOUR + timedelta(seconds=2)))
    first.done(*first.poll(200))
    store(alarms, line(2, START - HOUR))
    assert 2 in numbers(Receiver(alarms, first.store).poll(210))


@pytest.mark.promise(3)
def test_what_becomes_visible_late_behind_a_long_walk_makes_nothing_come_twice() -> None:
    """A look in the middle of the walk finds it; that is no clock that was set back."""
    alarms = AlarmList([line(n, START + timedelta(seconds=n)) for n in range(1, 201)])
    receiver, got = Receiver(alarms), list[AlarmLine]()
    for now in (0, 70, 140):
        got += receiver.poll(now)
        receiver.done(*got)
    store(alarms, *(line(n, START + timedelta(seconds=n)) for n in range(201, 261)))
    late, looking = 0, False
    for now in range(150, 1200, 10):
        began, looking = not looking, receiver.feed.question[0].orders[0].target == "LocalId"
        if looking and began and late < 2:
            late += 1
            store(alarms, line(260 + late, got[-1].modified))
        fresh = receiver.ask(now).fresh
        receiver.done(*fresh)
        got += fresh
    assert late == 2
    assert sorted(numbers(got)) == list(range(1, 263))


def test_beginning_now_is_not_spoilt_by_what_is_there() -> None:
    alarms = AlarmList([line(n, START - n * HOUR) for n in range(1, 30)])
    receiver = Receiver(alarms, skip=True)
    assert receiver.poll(0) == []
    store(alarms, line(99, START + HOUR))
    assert numbers(receiver.poll(SCAN_SECONDS)) == [99]
    assert receiver.store.load("k").watermark == line(1, START - HOUR).revision


def test_beginning_now_is_not_begun_again_by_an_outage() -> None:
    """What is raised after the first question is not what was there before."""
    alarms = AlarmList([line(n, START + n * HOUR) for n in range(1, 12)])
    receiver = Receiver(alarms, skip=True)
    receiver.ask(0)
    receiver.ask(0)
    store(alarms, line(50, START + 50 * HOUR))
    receiver.feed.interrupted()
    receiver.poll(60)
    store(alarms, line(51, START + 51 * HOUR))
    assert 51 in numbers(receiver.poll(61))


@pytest.mark.promise(2)
def test_a_list_that_was_swept_is_a_gap() -> None:
    alarms = AlarmList([line(1), line(2, START + timedelta(minutes=5))])
    first = Receiver(alarms)
    first.done(*first.poll(0))
    alarms.rows = {}
    store(alarms, line(9, START + 200 * HOUR))
    again = Receiver(alarms, first.store)
    assert again.ask(0).gap, "before anything newer"
    assert numbers(again.poll(0)) == [9]
    assert again.gaps == 1


def test_a_known_alarm_that_changed_is_no_gap() -> None:
    alarms = AlarmList([line(1)])
    first = Receiver(alarms)
    first.done(*first.poll(0))
    store(alarms, line(1, START + 24 * HOUR, assigned_to="somebody"))
    again = Receiver(alarms, first.store)
    assert len(again.poll(0)) == 1
    assert again.gaps == 0


@pytest.mark.promise(2)
@pytest.mark.parametrize("removed", [(), (3,), (2, 3)])
def test_a_sweep_after_the_newest_alarm_was_removed_is_a_gap(removed: tuple[int, ...]) -> None:
    """The one before it is the witness then."""
    alarms = AlarmList([line(n, START + n * HOUR) for n in (1, 2, 3)])
    receiver = Receiver(alarms)
    receiver.poll(0)
    for number in removed:
        del alarms.rows[UUID(int=number)]
    receiver.poll(SCAN_SECONDS)
    receiver.poll(2 * SCAN_SECONDS)
    alarms.rows = {}
    store(alarms, line(9, START + 9 * HOUR))
    receiver.feed.interrupted()
    receiver.poll(3 * SCAN_SECONDS)
    assert receiver.gaps == 1


@pytest.mark.promise(2)
def test_a_sweep_during_the_first_walk_is_a_gap() -> None:
    alarms = AlarmList([line(n, START + n * HOUR) for n in range(1, 20)])
    receiver = Receiver(alarms)
    receiver.ask(0)
    receiver.ask(0)
    alarms.rows = {}
    store(alarms, line(30, START + 30 * HOUR))
    receiver.feed.interrupted()
    receiver.poll(60)
    assert receiver.gaps == 1


def test_an_empty_answer_says_nothing_about_numbers() -> None:
    alarms = AlarmList([line(n, START + n * HOUR) for n in range(1, 100)])
    receiver = Receiver(alarms)
    receiver.done(*receiver.poll(0))
    rows, alarms.rows = alarms.rows, {}
    receiver.feed.interrupted()
    receiver.ask(SCAN_SECONDS)
    receiver.ask(SCAN_SECONDS)
    alarms.rows = rows
    assert receiver.poll(SCAN_SECONDS) + receiver.poll(3 * SCAN_SECONDS) == []


@pytest.mark.promise(9)
def test_a_slow_receiver_of_a_long_list_costs_no_more_than_a_few_questions_a_page() -> None:
    alarms = AlarmList([line(1)])
    receiver = Receiver(alarms)
    receiver.done(*receiver.poll(0))
    store(alarms, *(line(n, START + n * HOUR) for n in range(2, 402)))
    before, now = alarms.asked, 0.0
    got: list[int] = []
    while 401 not in got:
        now += 40
        receiver.feed.interrupted()
        answer = receiver.ask(now)
        while not answer.page:
            answer = receiver.ask(now)
        got += numbers(list(answer.fresh))
    assert alarms.asked - before < 8 * 400 / PAGE


def test_an_alarm_that_is_removed_while_we_look_on_is_no_gap_later() -> None:
    alarms = AlarmList([line(1)])
    receiver = Receiver(alarms)
    receiver.poll(0)
    alarms.rows = {}
    receiver.poll(SCAN_SECONDS)
    receiver.feed.interrupted()
    receiver.poll(2 * SCAN_SECONDS)
    assert receiver.gaps == 0


def test_more_hidden_alarms_than_a_page() -> None:
    alarms = AlarmList([line(1, START + 24 * HOUR)])
    receiver = Receiver(alarms)
    receiver.poll(0)
    hidden = range(2, 2 + 3 * PAGE)
    store(alarms, *(line(number, START + timedelta(seconds=number)) for number in hidden))
    assert numbers(receiver.poll(SCAN_SECONDS)) == list(hidden)


def test_numbers_of_a_database_that_was_restored_are_taken_as_they_are() -> None:
    """They run backwards; from then on, the new ones count."""
    alarms = AlarmList([line(n, START + n * HOUR) for n in range(1, 100)])
    first = Receiver(alarms)
    first.done(*first.poll(0))
    alarms.rows = {row.id: row for row in alarms.rows.values() if row.local_id <= 50}
    again = Receiver(alarms, first.store)
    assert again.poll(0) == []
    assert again.gaps == 1
    store(alarms, line(51, START))
    assert numbers(again.poll(SCAN_SECONDS))[0] == 51


def test_a_quiet_list_costs_one_question_more_each_half_minute() -> None:
    alarms = AlarmList([line(1)])
    receiver = Receiver(alarms)
    receiver.poll(0)
    before = alarms.asked
    for second in range(3, 303, 3):
        assert receiver.poll(second) == []
    assert alarms.asked - before == 100 + 10


@pytest.mark.promise(1)
@pytest.mark.parametrize("lateness", [90, 600, 3000])
def test_a_new_alarm_that_is_committed_late_is_found_by_the_hole_in_the_numbers(lateness: int) -> None:
    """Its number was given before those of alarms that were made and done meanwhile."""
    alarms = AlarmList([line(1)])
    receiver, got = Receiver(alarms), list[int]()
    receiver.done(*receiver.poll(0))
    alarms.store(line(2, START + timedelta(seconds=1)), until=lateness)
    for second in range(3, lateness + 1200, 3):
        if second % 30 == 0:
            store(alarms, line(2 + second // 30, START + timedelta(seconds=second)))
        alarms.show_late(second)
        rows = receiver.poll(second)
        receiver.done(*rows)
        got += numbers(rows)
    assert 2 in got
    assert len(got) == len(set(got))


@pytest.mark.promise(1)
def test_a_hole_outlives_a_restart() -> None:
    alarms = AlarmList([line(1)])
    first = Receiver(alarms)
    first.done(*first.poll(0))
    alarms.store(line(2, START + timedelta(seconds=1)), until=400)
    for second in range(30, 300, 30):
        store(alarms, line(2 + second // 30, START + timedelta(seconds=second)))
        first.done(*first.poll(second))
    alarms.show_late(400)
    again = Receiver(alarms, first.store, now=400)
    assert numbers(again.poll(400))[0] == 2


def test_a_hole_that_stays_is_given_up_and_forgotten() -> None:
    """A number that this user may not see, or that was removed at once."""
    alarms = AlarmList([line(1)])
    receiver = Receiver(alarms)
    for second in range(0, 7200, 30):
        if second % 60 == 0:
            store(alarms, line(10 + second, START + timedelta(seconds=second)))
        receiver.done(*receiver.poll(second))
    acknowledged = receiver.store.load("k").acknowledged
    assert len(acknowledged) < 80, "an hour of alarms, one a minute"


@pytest.mark.promise(2)
def test_a_database_emptied_in_a_short_outage_is_a_gap_before_anything_newer() -> None:
    alarms = AlarmList([line(n, START + timedelta(seconds=n)) for n in range(1, 6)])
    receiver = Receiver(alarms)
    receiver.done(*receiver.poll(0))
    receiver.feed.interrupted()
    alarms.rows = {}
    store(alarms, line(6, START + HOUR))
    while not receiver.gaps:
        assert not receiver.ask(5).fresh
    assert numbers(receiver.poll(5)) == [6]
    assert receiver.gaps == 1


def test_an_outage_that_removed_nothing_is_no_gap_and_costs_two_questions() -> None:
    alarms = AlarmList([line(1)])
    receiver = Receiver(alarms)
    receiver.poll(0)
    before = alarms.asked
    receiver.feed.interrupted()
    assert receiver.poll(5) == []
    assert alarms.asked - before == 3
    assert receiver.gaps == 0


@pytest.mark.promise(2)
def test_a_database_restored_unseen_is_a_gap_at_its_first_new_alarm() -> None:
    """No question failed meanwhile; the new alarm has a number that another one had."""
    alarms = AlarmList([line(n, START + timedelta(seconds=n)) for n in range(1, 20)])
    receiver = Receiver(alarms)
    for second in (0, 30, 60, 90):
        receiver.done(*receiver.poll(second))
    alarms.rows = {row.id: row for row in alarms.rows.values() if row.local_id <= 10}
    assert receiver.poll(120) == []
    assert receiver.gaps == 0, "the newest ones may have been removed by hand"
    new = evolve(line(11, START + HOUR), id=UUID(int=1011))
    store(alarms, new)
    answer = receiver.ask(121)
    while not answer.fresh:
        answer = receiver.ask(121)
    assert answer.gap
    assert list(answer.fresh) == [new]
    store(alarms, evolve(line(12, START - HOUR), id=UUID(int=1012)))
    assert numbers(receiver.poll(160)) == [12], "from then on the new numbers count"
    assert receiver.gaps == 1


@pytest.mark.promise(2)
def test_all_gone_after_a_first_run_in_which_nothing_was_done_is_a_gap() -> None:
    alarms = AlarmList()
    first = Receiver(alarms)
    first.poll(0)
    store(alarms, line(1))
    assert numbers(first.poll(3)) == [1]
    alarms.rows = {}
    again = Receiver(alarms, first.store, now=10)
    assert again.poll(10) == []
    assert again.gaps == 1


@pytest.mark.promise(1)
def test_two_states_with_the_same_time_are_two() -> None:
    """Of a server that keeps whole seconds, also across a restart."""
    alarms = AlarmList([line(n) for n in range(1, 7)])
    receiver = Receiver(alarms)
    rows = receiver.poll(0)
    receiver.done(*rows)
    closed = [evolve(row, state=11) for row in rows]
    store(alarms, *closed)
    assert receiver.poll(1) == closed
    again = Receiver(alarms, receiver.store, now=2)
    assert again.poll(2) == closed
    again.done(*closed)
    assert Receiver(alarms, receiver.store, now=3).poll(3) == []


@pytest.mark.promise(4)
def test_a_change_and_a_new_alarm_between_the_walk_and_the_scan_come_in_order() -> None:
    alarms = AlarmList([line(1), line(2, START + timedelta(seconds=1))])
    receiver = Receiver(alarms)
    receiver.done(*receiver.poll(0))
    got: list[AlarmLine] = []
    answer = receiver.ask(SCAN_SECONDS)
    while receiver.feed.question[0].orders[0].target != "LocalId":
        answer = receiver.ask(SCAN_SECONDS)
    acknowledged, raised = line(1, START + timedelta(seconds=30)), line(3, START + timedelta(seconds=31))
    store(alarms, acknowledged, raised)
    while not answer.at_end:
        answer = receiver.ask(SCAN_SECONDS)
        got += answer.fresh
    assert got == [acknowledged, raised]


@pytest.mark.promise(1)
def test_a_server_that_faults_above_some_number_of_rows() -> None:
    """Two thousand changes of one second, of which it gives a thousand at once at most."""
    alarms = AlarmList([line(n, START + timedelta(microseconds=n)) for n in range(1, 2001)], most=1000)
    receiver = Receiver(alarms, page_size=2000)
    assert numbers(receiver.poll(0)) == list(range(1, 2001))
    store(alarms, *(line(n, START + HOUR) for n in range(2001, 4001)))
    assert numbers(receiver.poll(600)) == list(range(2001, 4001))


@pytest.mark.promise(1)
@pytest.mark.parametrize("cap", [50, 100, 499])
def test_a_server_that_gives_fewer_rows_than_asked_for(cap: int) -> None:
    """It reaches the end at every poll, although more than a page changes within the overlap, and says so before."""
    alarms = AlarmList(cap=cap)
    receiver, got, at = Receiver(alarms, page_size=500), list[int](), 0
    for second in range(3, 100, 3):
        store(alarms, *(line(n, START + timedelta(seconds=n / 17)) for n in range(at + 1, 17 * second + 1)))
        at = 17 * second
        rows = receiver.poll(second)
        receiver.done(*rows)
        got += numbers(rows)
        assert got == list(range(1, at + 1))


@pytest.mark.promise(1)
@pytest.mark.parametrize("modified", [datetime(9999, 12, 31, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)])
def test_an_alarm_without_a_usable_time_hides_no_other_one(modified: datetime) -> None:
    alarms = AlarmList([line(1), line(2, modified)])
    receiver = Receiver(alarms)
    assert sorted(numbers(receiver.poll(0))) == [1, 2]
    for second in range(3, 120, 3):
        store(alarms, line(2 + second, START + timedelta(seconds=second)))
        store(alarms, line(1, START + timedelta(seconds=second, milliseconds=1)))
        assert numbers(receiver.poll(second)) == [2 + second, 1]


def test_a_backlog_of_a_server_that_caps_its_pages_is_catching_up() -> None:
    alarms = AlarmList([line(n, START + n * timedelta(seconds=3)) for n in range(1, 2001)], cap=100)
    receiver = Receiver(alarms, page_size=500)
    caught_up = []
    answer = receiver.ask(0)
    while not answer.at_end:
        answer = receiver.ask(0)
        if answer.page and answer.fresh:
            caught_up.append(answer.caught_up)
    assert not any(caught_up[3:-1])
    assert answer.caught_up


def test_pages_shrink_while_answers_are_slow_and_grow_again() -> None:
    size = PageSize(500, comfortable=3.0)
    rows = []
    for seconds in (0.1, 0.1, 0.1, 0.1, 8.0, 8.0, 2.0, 0.1, 0.1, 0.1, 0.1):
        size.answered(size.rows, seconds=seconds, now=0.0, advanced=True)
        rows.append(size.rows)
    assert rows == [100, 200, 400, 500, 250, 125, 125, 250, 500, 500, 500]


def test_pages_that_failed_are_not_tried_again_at_once() -> None:
    size = PageSize(500)
    for _ in range(4):
        size.answered(size.rows, seconds=0.0, now=0.0, advanced=True)
    size.failed(10.0)
    size.failed(11.0)
    assert size.rows == 31
    for _ in range(5):
        size.answered(size.rows, seconds=0.0, now=12.0, advanced=True)
    assert size.rows == 496
    size.answered(size.rows, seconds=0.0, now=400.0, advanced=True)
    assert size.rows == 500


def test_a_link_that_loses_every_second_answer_gets_to_its_pages() -> None:
    alarms = AlarmList([line(n, START + n * HOUR) for n in range(1, 20)])
    receiver, got = Receiver(alarms), list[int]()
    for second in range(400):
        got += numbers(list(receiver.ask(second).fresh))
        receiver.feed.interrupted(smaller=True, now=second)
    assert sorted(set(got)) == list(range(1, 20))


@pytest.mark.promise(1)
def test_slow_answers_about_a_dense_second_do_not_end_the_walk_behind_it() -> None:
    """A change of an old alarm, an hour later, is found by the walk alone."""
    alarms = AlarmList([line(n) for n in range(1, 21)])
    receiver, got = Receiver(alarms), list[int]()
    receiver.done(*receiver.poll(0))
    store(alarms, line(1, START + HOUR))
    for now in range(100, 900, 8):
        got += numbers(list(receiver.ask(now).fresh))
    assert got == [1]


@pytest.mark.promise(1)
def test_polls_far_apart_of_a_server_that_caps_its_pages_reach_the_end() -> None:
    """The pause between two polls is no part of a walk."""
    alarms = AlarmList([line(n) for n in range(1, 32)], cap=3)
    receiver, got = Receiver(alarms), list[int]()
    for now in range(40, 400, 40):
        got += numbers(receiver.poll(now))
    assert sorted(got) == list(range(1, 32))


@pytest.mark.promise(1)
def test_new_alarms_after_a_pause_do_not_move_the_walk_past_an_older_change() -> None:
    """The alarm changed where a dense second was being read; its number had been passed."""
    alarms = AlarmList([line(n) for n in range(1, 10)])
    receiver, got = Receiver(alarms), list[int]()
    for now in (0, 40, 80):
        receiver.done(*receiver.poll(now))
    store(alarms, *(line(n, START + timedelta(seconds=100)) for n in range(5, 10)))
    while len(receiver.feed.question[0].conditions) < 3 or receiver.feed.question[0].conditions[2].value == -(2**31):
        got += numbers(list(receiver.ask(100).fresh))
    store(alarms, line(1, START + timedelta(seconds=100.5)))
    store(alarms, *(line(n, START + timedelta(seconds=163)) for n in (10, 11)))
    for now in range(163, 300, 3):
        got += numbers(receiver.poll(now))
    assert sorted(got) == [1, *range(5, 12)]


@pytest.mark.promise(4)
def test_a_scan_in_the_middle_of_a_dense_second_leaves_the_order_to_the_walk() -> None:
    alarms = AlarmList()
    receiver, got = Receiver(alarms), list[int]()
    receiver.poll(0)
    store(alarms, *(line(n) for n in range(1, 61)))
    for now in range(40, 640, 8):
        got += numbers(list(receiver.ask(now).fresh))
    assert got == list(range(1, 61))


@pytest.mark.promise(4)
def test_a_dense_second_of_many_small_pages_comes_in_order() -> None:
    alarms = AlarmList([line(n, START + timedelta(microseconds=200 - n)) for n in range(1, 101)])
    assert numbers(Receiver(alarms).poll(0))[PAGE:] == list(range(100 - PAGE, 0, -1))


def test_a_scan_that_ends_before_the_last_alarm_takes_none_for_removed() -> None:
    """It ends after some short pages of a server whose cap is not known."""
    alarms = AlarmList(cap=2)
    receiver = Receiver(alarms, page_size=50)
    receiver.poll(0)
    store(alarms, *(line(n, START + timedelta(seconds=31)) for n in range(1, 32)))
    assert sorted(numbers(receiver.poll(31) + receiver.poll(34))) == list(range(1, 32))
    assert receiver.gaps == 0


def test_a_last_alarm_that_cannot_be_delivered_is_no_gap() -> None:
    alarms = AlarmList([line(n) for n in (1, 2, 3)])
    receiver = Receiver(alarms)
    receiver.done(*receiver.poll(0))
    store(alarms, line(4))
    alarms.unreadable = {UUID(int=4)}
    for now in (40, 80):
        receiver.feed.interrupted()
        assert receiver.poll(now) == []
        assert Receiver(alarms, receiver.store).poll(now) == []
    alarms.unreadable.add(UUID(int=3))
    store(alarms, line(1, START + HOUR))
    receiver.feed.interrupted()
    again = Receiver(alarms, receiver.store)
    assert numbers(receiver.poll(120)) == numbers(again.poll(120)) == [1]
    assert receiver.gaps == again.gaps == 0


@pytest.mark.parametrize("page_size", [1, PAGE])
def test_more_alarms_without_a_time_than_a_page_let_a_poll_end(page_size: int) -> None:
    nothing = datetime(1, 1, 1, tzinfo=UTC)
    alarms = AlarmList([*(line(n, nothing) for n in range(1, 14)), line(14)])
    receiver = Receiver(alarms, page_size=page_size)
    assert sorted(numbers(receiver.poll(0))) == list(range(1, 15))
    assert receiver.poll(3) == []
    assert alarms.asked < 100


def test_a_hole_does_not_grow_downwards() -> None:
    """The number below it was found, and its alarm removed since."""
    alarms = AlarmList([line(500), line(502)])
    receiver = Receiver(alarms)
    receiver.poll(0)
    store(alarms, line(504, START + timedelta(seconds=1)))
    del alarms.rows[UUID(int=500)]
    asked: list[int] = []
    for now in range(31, 600, 31):
        at_end = False
        while not at_end:
            asked += [each.value for each in receiver.feed.question[0].conditions if isinstance(each.value, int)]
            answer = receiver.ask(now)
            receiver.done(*answer.fresh)
            at_end = answer.at_end
        store(alarms, line(600 + now, START + timedelta(seconds=now)))
    assert min(number for number in asked if number > -(2**31)) >= 298


class Delivering(RuleBasedStateMachine):
    """Alarms are raised and changed, some committed late, while the server's clock is moved both ways, all known ones
    are swept, the receiver asks as often as it likes, saves in any order, loses contact and crashes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.alarms = AlarmList()
        self.saved = MemoryCheckpointStore()
        self.clock = START
        self.monotonic = 0.0
        self.numbers = 0
        self.done: set[UUID] = set()
        self.swept: set[UUID] = set()
        self.excused: set[UUID] = set()
        self.open: list[AlarmLine] = []
        self.start()

    def start(self) -> None:
        self.receiver = Receiver(self.alarms, self.saved, now=self.monotonic)
        self.open = []

    @initialize(
        unit=st.sampled_from([1, 10_000_000]), cap=st.sampled_from([10_000, 2, 3]), most=st.sampled_from([10_000, 2])
    )
    def something_was_done_before(self, unit: int, cap: int, most: int) -> None:
        self.alarms.unit, self.alarms.cap, self.alarms.most = unit, cap, most
        self.raised(1, 0)
        self.polled()
        self.receiver.done(*self.open)
        self.done = {row.id for row in self.open}
        self.open = []

    @rule(seconds=st.sampled_from([0.3, 1, 3, 20, 31, 100, 100_000]))
    def time_passes(self, seconds: float) -> None:
        self.clock += timedelta(seconds=seconds)
        self.monotonic += seconds
        self.alarms.show_late(self.monotonic)

    @rule(seconds=st.sampled_from([-7200, -90, -5, 5, 3600]))
    def the_servers_clock_is_set(self, seconds: float) -> None:
        self.clock += timedelta(seconds=seconds)

    @rule(count=st.integers(1, 7), lateness=st.sampled_from([0, 0, 0, 2, 70, 1000]))
    def raised(self, count: int, lateness: float) -> None:
        for _ in range(count):
            self.numbers += 1
            row = line(self.numbers, self.clock)
            self.alarms.store(row, until=self.monotonic + lateness if lateness else None)

    @rule(choice=st.integers(0, 1000))
    def changed(self, choice: int) -> None:
        rows = [row for row in self.alarms.rows.values() if row.id not in self.alarms.late]
        if rows:
            number = rows[choice % len(rows)].local_id
            self.alarms.rows[UUID(int=number)] = line(number, self.clock)

    @rule()
    def polled(self) -> None:
        self.take(self.receiver.poll(self.monotonic))

    @rule(count=st.integers(1, 5))
    def asked(self, count: int) -> None:
        for _ in range(count):
            self.take(self.receiver.ask(self.monotonic).fresh)

    def take(self, rows: Sequence[AlarmLine]) -> None:
        self.open += rows
        if self.receiver.gaps:
            self.excused |= self.swept

    @precondition(lambda self: self.open)
    @rule(choice=st.integers(0, 1000))
    def checkpointed(self, choice: int) -> None:
        row = self.open.pop(choice % len(self.open))
        self.receiver.done(row)
        self.done.add(row.id)

    @rule()
    def all_that_is_open_is_done(self) -> None:
        self.receiver.done(*self.open)
        self.done |= {row.id for row in self.open}
        self.open = []

    @rule()
    def contact_was_lost(self) -> None:
        self.receiver.feed.interrupted()

    @rule()
    def crashed(self) -> None:
        self.start()

    @rule()
    def all_is_swept_while_nobody_looks(self) -> None:
        """Retention removes everything; only what is stored and neither delivered nor done can be missing."""
        self.swept |= set(self.alarms.rows)
        self.alarms.rows = {}
        self.start()

    @invariant()
    def what_is_pending_is_open(self) -> None:
        assert self.receiver.feed.pending <= len(self.open)

    def teardown(self) -> None:
        """What was ever stored is done, open, or announced as a gap, in this life and in the next one."""
        self.time_passes(1000)
        for _ in range(36):
            self.polled()
            self.time_passes(SCAN_SECONDS)
        self.polled()
        stored = set(self.alarms.rows) | self.swept
        assert stored <= self.done | {row.id for row in self.open} | self.excused
        self.crashed()
        self.polled()
        self.time_passes(SCAN_SECONDS)
        self.polled()
        assert stored <= self.done | {row.id for row in self.open} | self.excused


TestDelivering = Delivering.TestCase
TestDelivering.settings = examples(3, stateful_step_count=40)
