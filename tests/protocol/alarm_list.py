"""A server's alarm list for the machines that follow one, and a store for what is done."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from milestone_sdk import AlarmFilter, AlarmLine, Condition, MemoryCheckpointStore
from milestone_sdk._protocol.alarms import AlarmFollower, ticks_of
from milestone_sdk.checkpoints import Acknowledgement

START = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)


def line(number: int, modified: datetime = START, **values: Any) -> AlarmLine:
    return AlarmLine(
        id=UUID(int=number), local_id=number, modified=modified, timestamp=modified, state=1, priority=1, **values
    )


class AlarmList:
    """A server's list: answers filters of the form that the machine sends, sorted as asked, `cap` rows at most.

    `unit` is how precisely it takes the times of a filter, in ticks; it rounds them up, or down if that is negative.
    """

    def __init__(self, rows: list[AlarmLine] | None = None, *, cap: int = 10_000, unit: int = 1) -> None:
        self.rows = {row.id: row for row in rows or []}
        self.hidden: set[UUID] = set()
        self.late: dict[UUID, float] = {}
        self.cap = cap
        self.unit = unit
        self.asked = 0

    def store(self, row: AlarmLine, *, until: float | None = None) -> None:
        """Store or change an alarm; one that is committed late stays hidden until `show_late` is told that time."""
        self.rows[row.id] = row
        if until is not None:
            self.hidden.add(row.id)
            self.late[row.id] = until

    def show_late(self, now: float) -> None:
        shown = {alarm for alarm, until in self.late.items() if now >= until}
        self.hidden -= shown
        self.late = {alarm: until for alarm, until in self.late.items() if alarm not in shown}

    def answer(self, wanted: AlarmFilter, max_count: int) -> list[AlarmLine]:
        self.asked += 1
        found = [row for row in self.rows.values() if row.id not in self.hidden]
        for condition in wanted.conditions:
            found = [row for row in found if self._matches(row, condition)]
        for order in reversed(wanted.orders):
            found.sort(key=lambda row: _value(row, order.target), reverse=order.descending)
        return found[: min(max_count, self.cap)]

    def _matches(self, row: AlarmLine, condition: Condition) -> bool:
        found, wanted = _value(row, condition.target), condition.value
        if isinstance(wanted, datetime):
            wanted = -(-ticks_of(wanted) // self.unit) * self.unit  # a negative unit turns up into down
        match condition.operator:
            case "Equals":
                return bool(found == wanted)
            case "GreaterThan":
                return bool(found > wanted)
            case "LessThan":
                return bool(found < wanted)
        raise AssertionError(condition.operator)


def _value(row: AlarmLine, target: str) -> Any:
    return {"Id": row.id, "LocalId": row.local_id, "Modified": row.revision}[target]


def save(store: MemoryCheckpointStore, machine: AlarmFollower, row: AlarmLine) -> None:
    progress = machine.progress(row)
    assert progress is not None
    done = [Acknowledgement(*key) for key in progress.done]
    store.save("k", watermark=progress.watermark, local_id=0, done=done, forget_before=progress.forget_before)
    machine.acknowledge(row)


def follower(store: MemoryCheckpointStore, page_size: int = 500) -> AlarmFollower:
    checkpoint = store.load("k")
    return AlarmFollower(
        watermark=checkpoint.watermark,
        acknowledged=[(entry.revision, entry.id) for entry in checkpoint.acknowledged],
        page_size=page_size,
    )
