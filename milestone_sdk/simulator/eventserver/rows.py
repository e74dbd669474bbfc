"""What the event server keeps of one alarm and of one event, and the lines that are derived from them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define, field, fields, frozen

from milestone_sdk.simulator.wire.contract import Record
from milestone_sdk.simulator.wire.values import ZERO, datetime_of, ticks_text

__all__ = ["AlarmRow", "EventRow", "StoredAlarm"]


def _first(content: Record, collection: str, member: str) -> Any:
    items = content.items(collection)
    return items[0][member] if items and items[0] is not None else None


@define(eq=False)
class _Row:
    """`record` is the source of truth, `line` is derived from it; `tie` decides the place among equals in a sort."""

    record: Record
    local_id: int
    camera_id: UUID
    tie: float
    _line: dict[str, Any] | None = field(default=None, init=False)

    @property
    def header(self) -> Record:
        """The EventHeader."""
        header: Record = self.record["EventHeader"]
        return header

    @property
    def id(self) -> UUID:
        """The id of the alarm or event."""
        found: UUID = self.header["ID"]
        return found

    @property
    def line(self) -> dict[str, Any]:
        """The members of its line, FilterMatch true."""
        if self._line is None:
            self._line = self._derived()
        return self._line

    def _derived(self) -> dict[str, Any]:
        """The members that alarm lines and event lines share (docs/protocol: alarms-values)."""
        header, record = self.header, self.record
        return {
            "CameraId": self.camera_id,
            "CustomTag": header["CustomTag"],
            "Id": header["ID"] or ZERO,
            "LocalId": self.local_id,
            "Message": header["Message"],
            "Name": header["Name"],
            "ObjectValue": _first(record, "ObjectList", "Value"),
            "RuleType": _first(record, "RuleList", "Type"),
            "SourceId": header.inner("Source", "FQID", "ObjectId") or ZERO,
            "SourceName": header.inner("Source", "Name"),
            "Timestamp": header["Timestamp"] or 0,
            "Type": header["Type"],
            "VendorName": record.inner("Vendor", "Name"),
        }

    def line_record(self, *, filter_match: bool = True) -> Record:
        """The line as it goes out."""
        name = "AlarmLine" if "FilterMatch" in self.line else "EventLine"
        return Record(name, self.line if filter_match else {**self.line, "FilterMatch": False})


@define(eq=False)
class AlarmRow(_Row):
    """One alarm; `modified` is in ticks. Clients see a row once it is `committed`."""

    modified: int
    committed: bool = False
    history: list[Record] = field(factory=list[Record])
    updates: list[Record] = field(factory=list[Record])

    @property
    def alarm(self) -> Record:
        """The whole `Alarm`."""
        return self.record

    def changed(self, modified: int) -> None:
        """The alarm was written; its line is derived again."""
        self.modified = modified
        self._line = None

    def _derived(self) -> dict[str, Any]:
        alarm, header = self.record, self.header
        copied = ("AssignedTo", "CategoryName", "Description", "Location", "StateName")
        return {
            **super()._derived(),
            **{name: alarm[name] for name in copied},
            "Category": alarm["Category"] or 0,
            "FilterMatch": True,
            "Modified": self.modified,
            "Priority": header["Priority"] or 0,
            "PriorityName": header["PriorityName"],
            "State": alarm["State"] or 0,
        }


class EventRow(_Row):
    """One stored event: a BaseEvent or one of its kinds."""

    @property
    def event(self) -> Record:
        """The whole event."""
        return self.record


@frozen(kw_only=True)
class StoredAlarm:
    """An alarm as a test reads it: a copy that does not change."""

    id: UUID
    local_id: int
    name: str | None
    message: str | None
    timestamp: datetime
    modified: datetime
    """UTC; the seventh fraction digit is cut: see `modified_ticks`."""
    modified_ticks: int
    """100 ns since year 1: what conditions compare."""
    modified_text: str
    """As it is on the wire."""
    source_id: UUID
    source_name: str | None
    camera_id: UUID
    priority: int
    priority_name: str | None
    state: int
    state_name: str | None
    category: int
    category_name: str | None
    assigned_to: str | None
    description: str | None
    location: str | None
    type: str | None
    custom_tag: str | None
    vendor_name: str | None
    object_value: str | None
    committed: bool

    @classmethod
    def of(cls, row: AlarmRow) -> "StoredAlarm":
        """A copy of the row as it is now."""
        same = {name: row.line[name.title().replace("_", "")] for name in _AS_IN_LINE}
        return cls(
            **same,
            timestamp=datetime_of(row.line["Timestamp"]),
            modified=datetime_of(row.modified),
            modified_ticks=row.modified,
            modified_text=ticks_text(row.modified),
            committed=row.committed,
        )


_AS_IN_LINE = tuple(
    attribute.name
    for attribute in fields(StoredAlarm)
    if attribute.name not in ("timestamp", "modified", "modified_ticks", "modified_text", "committed")
)
