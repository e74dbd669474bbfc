"""A server's alarm list for the machines that follow one, and a store for what is done."""

import operator
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from milestone_sdk import AlarmFilter, AlarmLine, Condition, MemoryCheckpointStore
from milestone_sdk._protocol.alarms.changes import Changes
from milestone_sdk._protocol.alarms.ledger import Ledger, ticks_of
from milestone_sdk._protocol.alarms.lines import AlarmLines
from milestone_sdk._protocol.alarms.pager import PageSize
from milestone_sdk.checkpoints import CheckpointUpdate
from milestone_sdk.models import UnreadableAlarm

START = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)


def line(number: int, modified: datetime = START, **values: Any) -> AlarmLine:
    return AlarmLine(
        id=UUID(int=number), local_id=number, modified=modified, timestamp=modified, state=1, priority=1, **values
    )


class AlarmList:
    """A server's list: answers filters of the form that the machine sends, sorted as asked, `cap` rows at most.

    `unit` is how precisely it takes the times of a filter, in ticks; it rounds them up, or down if that is negative.
    It faults (`OSError`) when it is asked for more than `most` rows and has more than that.
    """

    def __init__(
        self, rows: list[AlarmLine] | None = None, *, cap: int = 10_000, unit: int = 1, most: int = 10_000
    ) -> None:
        self.rows = {row.id: row for row in rows or []}
        self.hidden: set[UUID] = set()
        self.unreadable: set[UUID] = set()
        self.late: dict[UUID, float] = {}
        self.cap = cap
        self.unit = unit
        self.most = most
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

    def answer(self, wanted: AlarmFilter, max_count: int) -> AlarmLines:
        self.asked += 1
        found = list(self.rows.values())
        if self.hidden:
            found = [row for row in found if row.id not in self.hidden]
        for condition in wanted.conditions:
            found = self._matching(found, condition)
        for order in reversed(wanted.orders):
            found.sort(key=_VALUES[order.target], reverse=order.descending)
        if min(len(found), max_count) > self.most:
            raise OSError("too many rows")
        found = found[: min(max_count, self.cap)]
        return AlarmLines(
            [row for row in found if row.id not in self.unreadable],
            [
                UnreadableAlarm(reason="no time", id=row.id, local_id=row.local_id, members={})
                for row in found
                if row.id in self.unreadable
            ],
        )

    def _matching(self, rows: list[AlarmLine], condition: Condition) -> list[AlarmLine]:
        value, holds, wanted = _VALUES[condition.target], _OPERATORS[condition.operator], condition.value
        if isinstance(wanted, datetime):
            wanted = -(-ticks_of(wanted) // self.unit) * self.unit  # a negative unit turns up into down
        return [row for row in rows if holds(value(row), wanted)]


_ticks = lru_cache(maxsize=1 << 16)(ticks_of)


def _revision(row: AlarmLine) -> int:
    """`row.revision`: a list of thousands is compared and sorted by it for every request."""
    return _ticks(row.modified) + row.modified_tick


_VALUES: dict[str, Callable[[AlarmLine], Any]] = {
    "Id": operator.attrgetter("id"),
    "LocalId": operator.attrgetter("local_id"),
    "Modified": _revision,
}
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "LessThan": operator.lt,
}


class Follower:
    """The walk through the changes alone, with the ledger that it notes them in."""

    def __init__(
        self,
        store: MemoryCheckpointStore | None = None,
        *,
        since: int | None = None,
        page_size: int = 500,
        began: float | None = None,
    ) -> None:
        self.store = store or MemoryCheckpointStore()
        checkpoint = self.store.load("k")
        self.ledger = Ledger(
            [(each.revision, each.id, each.fingerprint) for each in checkpoint.acknowledged], low=2**31
        )
        self.size = PageSize(page_size)
        self.changes = Changes(self.ledger, self.size, watermark=checkpoint.watermark, since=since, began=began)

    def ask(self, alarms: AlarmList, *, now: float) -> tuple[list[AlarmLine], bool]:
        """One page and its answer."""
        lines = alarms.answer(self.changes.filter, self.size.rows)
        answer = self.changes.receive(lines, now=now)
        self.size.answered(len(lines), seconds=0.0, now=now, advanced=self.changes.advanced)
        return answer

    def update(self, *rows: AlarmLine) -> CheckpointUpdate:
        changes = self.changes
        keys = [row.key for row in rows]
        return self.ledger.update(*keys, safe=changes.safe, least=changes.least, overlap=changes.overlap, witness=None)

    def done(self, row: AlarmLine) -> None:
        self.store.save("k", self.update(row))
        self.ledger.acknowledge(row.key)
