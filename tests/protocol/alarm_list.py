"""A server's alarm list for the machines that follow one, and a store for what is done."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from milestone_sdk import AlarmFilter, AlarmLine, MemoryCheckpointStore
from milestone_sdk._protocol.alarms import AlarmFollower, ticks_of
from milestone_sdk.checkpoints import Acknowledgement

START = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
NO_OVERLAP = timedelta(0)


def line(number: int, modified: datetime = START, **values: Any) -> AlarmLine:
    return AlarmLine(
        id=UUID(int=number), local_id=number, modified=modified, timestamp=modified, state=1, priority=1, **values
    )


class AlarmList:
    """A server's list: answers filters of the form that the machine sends, sorted as asked, `cap` rows at most."""

    def __init__(self, rows: list[AlarmLine] | None = None, *, cap: int = 10_000) -> None:
        self.rows = {row.id: row for row in rows or []}
        self.hidden: set[UUID] = set()
        self.cap = cap
        self.asked = 0

    def answer(self, wanted: AlarmFilter, max_count: int) -> list[AlarmLine]:
        self.asked += 1
        found = [row for row in self.rows.values() if row.id not in self.hidden]
        for condition in wanted.conditions:
            assert (condition.target, condition.operator) == ("Modified", "GreaterThan")
            assert isinstance(condition.value, datetime)
            found = [row for row in found if row.revision > ticks_of(condition.value)]
        assert [order.target for order in wanted.orders] == ["Modified", "LocalId"]
        found.sort(key=lambda row: (row.revision, row.local_id))
        return found[: min(max_count, self.cap)]


def save(store: MemoryCheckpointStore, machine: AlarmFollower, row: AlarmLine) -> None:
    progress = machine.progress(row)
    assert progress is not None
    done = [Acknowledgement(*key) for key in progress.done]
    store.save("k", watermark=progress.watermark, done=done, forget_before=progress.forget_before)
    machine.acknowledge(row)


def follower(store: MemoryCheckpointStore, page_size: int = 500) -> AlarmFollower:
    checkpoint = store.load("k")
    return AlarmFollower(
        watermark=checkpoint.watermark,
        acknowledged=[(entry.revision, entry.id) for entry in checkpoint.acknowledged],
        page_size=page_size,
    )
