"""The walk over all alarms, against a list that changes between any two pages."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk._protocol.alarms.listing import AlarmWalk
from milestone_sdk.models import AlarmFilter, AlarmLine, Condition, OrderBy

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def alarm(number: int, local_id: int, state: int = 1) -> AlarmLine:
    return AlarmLine(id=UUID(int=number + 1), local_id=local_id, modified=NOON, timestamp=NOON, state=state, priority=1)


class List:
    """A server's list, which gives at most `cap` rows, and rows of one number in any order."""

    def __init__(self, alarms: list[AlarmLine], cap: int) -> None:
        self.alarms = alarms
        self.cap = cap
        self.asked = 0

    def page(self, wanted: AlarmFilter, max_count: int) -> list[AlarmLine]:
        self.asked += 1
        assert wanted.orders == (OrderBy("LocalId"),)
        rows = self.alarms
        for condition in wanted.conditions:
            assert (condition.target, condition.operator) == ("LocalId", "GreaterThan")
            assert isinstance(condition.value, int)
            rows = [row for row in rows if row.local_id > condition.value]
        rows = sorted(rows, key=lambda row: (row.local_id, row.id.int * self.asked % 7))
        return rows[: min(max_count, self.cap)]


@given(st.data(), st.integers(1, 5), st.integers(5, 9), st.lists(st.integers(-(2**31), 3), max_size=40, unique=True))
def test_no_alarm_that_stays_is_left_out_and_none_comes_twice(
    data: st.DataObject, page_size: int, cap: int, numbers: list[int]
) -> None:
    server = List([alarm(index, number) for index, number in enumerate(numbers)], cap)
    begin = {row.id for row in server.alarms}
    walk = AlarmWalk(page_size=page_size)
    seen: list[UUID] = []
    while not walk.finished:
        seen += [line.id for line in walk.receive(server.page(walk.filter, walk.max_count))]
        assert server.asked <= 2 * len(numbers) + 20
        if server.asked <= 10:
            change = data.draw(st.sampled_from(["", "delete", "change", "add"]))
            if change == "add":
                server.alarms.append(alarm(1000 + server.asked, 1000 + server.asked))
            elif change and server.alarms:
                gone = server.alarms.pop(data.draw(st.integers(0, len(server.alarms) - 1)))
                if change == "change":
                    changed = alarm(gone.id.int - 1, gone.local_id, state=gone.state + 1)
                    server.alarms.append(changed)
    assert len(seen) == len(set(seen))
    assert begin & {row.id for row in server.alarms} <= set(seen)


@given(st.lists(st.integers(0, 3), max_size=30), st.integers(1, 5))
def test_numbers_that_are_not_unique_lose_nothing(numbers: list[int], page_size: int) -> None:
    server = List([alarm(index, number) for index, number in enumerate(numbers)], cap=1000)
    walk = AlarmWalk(page_size=page_size)
    seen: list[UUID] = []
    while not walk.finished:
        seen += [line.id for line in walk.receive(server.page(walk.filter, walk.max_count))]
        assert server.asked <= 100
    assert sorted(seen) == sorted(row.id for row in server.alarms)


def test_it_ends_although_alarms_never_stop_changing() -> None:
    server = List([alarm(number, number) for number in range(100)], cap=1000)
    walk = AlarmWalk(page_size=10)
    while not walk.finished:
        walk.receive(server.page(walk.filter, walk.max_count))
        later = NOON + timedelta(seconds=server.asked)
        server.alarms = [AlarmLine(**{**fields(row), "modified": later}) for row in server.alarms]
        assert server.asked <= 13
    assert server.asked == 12


def fields(row: AlarmLine) -> dict[str, object]:
    return {name: getattr(row, name) for name in ("id", "local_id", "timestamp", "state", "priority")}


def test_conditions_of_the_caller_stay() -> None:
    wanted = Condition("State", "Equals", 1)
    walk = AlarmWalk(conditions=[wanted])
    assert walk.filter.conditions == (wanted,)
    walk.receive([alarm(1, 7)])
    assert walk.filter.conditions == (wanted, Condition("LocalId", "GreaterThan", 6))
