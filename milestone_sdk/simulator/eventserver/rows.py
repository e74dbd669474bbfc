"""What the event server keeps of one alarm and of one event, and the lines that are derived from them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define, field, fields, frozen

from milestone_sdk.simulator.eventserver.codec import datetime_of, time_text
from milestone_sdk.simulator.eventserver.contract import ZERO, Record

__all__ = ["AlarmRow", "EventRow", "StoredAlarm"]


def _header_members(header: Record | None, camera_id: UUID, local_id: int) -> dict[str, Any]:
    """The members that alarm lines and event lines share (protocol/alarms.md 2.4)."""
    known = Record("EventHeader") if header is None else header
    return {
        "CameraId": camera_id,
        "CustomTag": known["CustomTag"],
        "Id": known["ID"] or ZERO,
        "LocalId": local_id,
        "Message": known["Message"],
        "Name": known["Name"],
        "SourceId": known.inner("Source", "FQID", "ObjectId") or ZERO,
        "SourceName": known.inner("Source", "Name"),
        "Timestamp": known["Timestamp"] or 0,
        "Type": known["Type"],
    }


def _first(content: Record, collection: str, member: str) -> Any:
    items = content.items(collection)
    return items[0][member] if items and items[0] is not None else None


@define(eq=False)
class AlarmRow:
    """One alarm: the whole `Alarm` as the source of truth, and what the server adds to it.

    `modified` is in ticks. `tie` decides its place among rows that a sort leaves equal. Clients see a row once it is
    `committed`.
    """

    alarm: Record
    local_id: int
    camera_id: UUID
    modified: int
    tie: float
    committed: bool = True
    history: list[Record] = field(factory=list[Record])
    updates: list[Record] = field(factory=list[Record])
    _line: dict[str, Any] | None = None

    @property
    def header(self) -> Record:
        """The alarm's EventHeader."""
        header = self.alarm["EventHeader"]
        if not isinstance(header, Record):
            raise TypeError("an alarm without a header cannot be stored")
        return header

    @property
    def id(self) -> UUID:
        """The alarm's id."""
        found: UUID = self.header["ID"]
        return found

    @property
    def line(self) -> dict[str, Any]:
        """The members of its AlarmLine, FilterMatch true."""
        if self._line is None:
            self._line = self._build_line()
        return self._line

    def _build_line(self) -> dict[str, Any]:
        alarm, header = self.alarm, self.header
        copied = ("AssignedTo", "CategoryName", "Description", "Location", "StateName")
        return {
            **_header_members(header, self.camera_id, self.local_id),
            **{name: alarm[name] for name in copied},
            "Category": alarm["Category"] or 0,
            "FilterMatch": True,
            "Modified": self.modified,
            "ObjectValue": _first(alarm, "ObjectList", "Value"),
            "Priority": header["Priority"] or 0,
            "PriorityName": header["PriorityName"],
            "RuleType": _first(alarm, "RuleList", "Type"),
            "State": alarm["State"] or 0,
            "VendorName": alarm.inner("Vendor", "Name"),
        }

    def line_record(self, *, filter_match: bool = True) -> Record:
        """The AlarmLine as it goes out."""
        return Record("AlarmLine", self.line if filter_match else {**self.line, "FilterMatch": False})

    def changed(self, modified: int) -> None:
        """The alarm was written; its line is derived again."""
        self.modified = modified
        self._line = None


@define(eq=False)
class EventRow:
    """One stored event: a BaseEvent or one of its kinds."""

    event: Record
    local_id: int
    camera_id: UUID
    tie: float
    _line: dict[str, Any] | None = None

    @property
    def id(self) -> UUID:
        """The event's id."""
        found: UUID = self.event.inner("EventHeader", "ID")
        return found

    @property
    def line(self) -> dict[str, Any]:
        """The members of its EventLine."""
        if self._line is None:
            self._line = {
                **_header_members(self.event["EventHeader"], self.camera_id, self.local_id),
                "ObjectValue": _first(self.event, "ObjectList", "Value"),
                "RuleType": _first(self.event, "RuleList", "Type"),
                "VendorName": self.event.inner("Vendor", "Name"),
            }
        return self._line

    def line_record(self) -> Record:
        """The EventLine as it goes out."""
        return Record("EventLine", self.line)


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
            modified_text=time_text(row.modified),
            committed=row.committed,
        )


_AS_IN_LINE = tuple(
    attribute.name
    for attribute in fields(StoredAlarm)
    if attribute.name not in ("timestamp", "modified", "modified_ticks", "modified_text", "committed")
)
