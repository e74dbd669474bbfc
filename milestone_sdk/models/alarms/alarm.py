"""Alarms: the row of the alarm list, and the whole alarm with its rules, objects, references and pictures."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, ClassVar, Final
from uuid import UUID
from zlib import crc32

from attrs import field, frozen

from ..model import Model
from ..times import NO_TIME, earlier
from ..video import TimeSpan

__all__ = [
    "Alarm",
    "AlarmLine",
    "AlarmRule",
    "AlarmSnapshot",
    "AlarmSource",
    "AlarmState",
    "AnalyticsObject",
    "BoundingBox",
    "EventHeader",
    "ItemReference",
    "UnreadableAlarm",
    "Vendor",
]

_MICROSECOND: Final = timedelta(microseconds=1)


class AlarmState(IntEnum):
    """The four states every server has; administrators may add others."""  # docs/protocol: alarms-states

    NEW = 1
    IN_PROGRESS = 4
    ON_HOLD = 9
    CLOSED = 11


def _around(moment: datetime, before: timedelta, after: timedelta) -> TimeSpan:
    """Return the span, cut to the calendar: senders without a clock write the year 1."""
    return TimeSpan(earlier(moment, before), earlier(moment, -after))


@frozen(kw_only=True, repr=False)
class AlarmLine(Model):
    """One alarm as the alarm list shows it.

    `id` names the alarm, `key` the state of it that this row shows; a later change has no lower `revision`.
    `name` is the alarm definition, `message` the event that triggered it, `source_name` a display text that third
    parties compose freely: do not parse it. `timestamp` is the event's own time, given by its sender,
    `modified` the server's time of the last change. `state`, `priority` and `category` are the server's numbers.

    A value that the server sent and that cannot be read is `None`. `timestamp` is 0001-01-01 where the sender gave none
    or it cannot be read, `local_id` 0; a time outside the years 1 to 9999 is the nearest one inside.
    """  # docs/protocol: alarms-types, alarms-values

    shown_first: ClassVar[tuple[str, ...]] = ("message", "source_name", "timestamp", "state_name", "priority_name")

    id: UUID
    local_id: int
    modified: datetime
    timestamp: datetime
    state: int | None
    priority: int | None
    category: int | None = 0
    state_name: str | None = None
    priority_name: str | None = None
    category_name: str | None = None
    name: str | None = None
    message: str | None = None
    description: str | None = None
    type: str | None = None
    source_name: str | None = None
    source_id: UUID | None = None
    camera_id: UUID | None = None
    assigned_to: str | None = None
    location: str | None = None
    custom_tag: str | None = None
    object_value: str | None = None
    rule_type: str | None = None
    vendor_name: str | None = None
    filter_match: bool = True
    modified_tick: int = field(default=0, repr=False)
    """The seventh decimal of Modified, 0 to 9: .NET counts 100 ns, `datetime` does not."""

    @property
    def revision(self) -> int:
        """`Modified` as .NET ticks of 100 ns since 0001-01-01, exactly as the server wrote it."""
        return (self.modified - NO_TIME) // _MICROSECOND * 10 + self.modified_tick

    @property
    def fingerprint(self) -> int:
        """A checksum of state, priority, category and owner: some servers give two states the same `Modified`."""
        return crc32(repr((self.state, self.priority, self.category, self.assigned_to)).encode())

    @property
    def key(self) -> tuple[int, UUID, int]:
        """`(revision, id, fingerprint)`: equal if and only if the same state of the same alarm is delivered again."""
        return self.revision, self.id, self.fingerprint

    @property
    def is_closed(self) -> bool:
        """Whether the alarm has been closed; states that this library does not know count as open."""
        return self.state == AlarmState.CLOSED

    def as_dict(self) -> dict[str, Any]:
        """Return all members and `revision` as plain JSON values; see `Model.as_dict`. `revision` is a string."""
        return {**super().as_dict(), "revision": str(self.revision)}

    def around(self, *, before: timedelta = timedelta(), after: timedelta = timedelta()) -> TimeSpan:
        """Return the span from `before` the alarm's timestamp to `after` it, cut to the years 1 to 9999."""
        return _around(self.timestamp, before, after)


@frozen(kw_only=True, repr=False)
class UnreadableAlarm(Model):
    """A row of the alarm list whose `Id` or `Modified` cannot be read, so that it cannot be delivered as an alarm.

    `reason` says which. `members` are the texts of the row by their names on the wire, without empty ones and cut to
    2,000 characters each. `id` is `None` and `local_id` 0 where they cannot be read.
    """

    id: UUID | None
    local_id: int
    reason: str
    members: Mapping[str, str] = field(hash=False)


@frozen(kw_only=True, repr=False)
class ItemReference(Model):
    """An FQID: which item, of which kind, on which server."""  # docs/protocol: alarms-types

    object_id: UUID | None = None
    object_id_string: str | None = None
    parent_id: UUID | None = None
    kind: UUID | None = None
    folder_type: str | None = None
    server_id: UUID | None = None
    server_type: str | None = None
    server_hostname: str | None = None
    server_port: int | None = None
    server_scheme: str | None = None

    CAMERA: ClassVar[UUID] = UUID("5135ba21-f1dc-4321-806a-6ce2017343c0")
    """The kind of a camera."""  # docs/protocol: alarms-cameras
    TRIGGER_EVENT: ClassVar[UUID] = UUID("c9bdac3f-41dc-4afa-b057-61767a3914b7")
    """The kind of a user-defined event."""


@frozen(kw_only=True, repr=False)
class AlarmSource(Model):
    """The source of the triggering event."""

    name: str | None = None
    description: str | None = None
    item: ItemReference | None = None


@frozen(kw_only=True, repr=False)
class EventHeader(Model):
    """The header of events and alarms; in an alarm, `id` is the alarm's own id.

    A value that cannot be read is `None`.
    """

    id: UUID
    timestamp: datetime | None = None
    event_class: str | None = None
    type: str | None = None
    version: str | None = None
    priority: int | None = 0
    priority_name: str | None = None
    name: str | None = None
    message: str | None = None
    custom_tag: str | None = None
    source: AlarmSource | None = None
    expires: datetime | None = None
    message_id: UUID | None = None


@frozen(kw_only=True, repr=False)
class AlarmRule(Model):
    """A rule of the analytics, or the alarm definition, that led to the alarm."""

    id: UUID | None = None
    name: str | None = None
    type: str | None = None


@frozen(kw_only=True, repr=False)
class BoundingBox(Model):
    """A rectangle in the picture; 0 to 1 from the top left corner."""

    top: float
    left: float
    bottom: float
    right: float


@frozen(kw_only=True, repr=False)
class AnalyticsObject(Model):
    """An object that analytics detected: a person, a vehicle, a licence plate (`value`)."""

    id: UUID | None = None
    name: str | None = None
    type: str | None = None
    description: str | None = None
    value: str | None = None
    confidence: float | None = None
    alarm_trigger: bool = False
    removed: bool = False
    bounding_box: BoundingBox | None = None


@frozen(kw_only=True, repr=False)
class AlarmSnapshot(Model):
    """A picture kept with the alarm; `offset` is its time relative to the event, `None` where it cannot be read."""

    offset: timedelta | None
    image: bytes | None = field(default=None, repr=lambda data: f"<{len(data)} bytes>" if data else "None")
    path: str | None = None
    width: int | None = None
    height: int | None = None
    has_overlay: bool = False
    item: ItemReference | None = None


@frozen(kw_only=True, repr=False)
class Vendor(Model):
    """The vendor of the analytics, and its own data."""

    name: str | None = None
    custom_data: str | None = None


@frozen(kw_only=True, repr=False)
class Alarm(Model):
    """A whole alarm as `Get` returns it. A value that cannot be read is `None`."""  # docs/protocol: alarms-types

    header: EventHeader
    state: int | None = 0
    state_name: str | None = None
    description: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    location: str | None = None
    category: int | None = 0
    category_name: str | None = None
    assigned_to: str | None = None
    count: int | None = 0
    rules: tuple[AlarmRule, ...] = ()
    objects: tuple[AnalyticsObject, ...] = ()
    references: tuple[ItemReference, ...] = ()
    snapshots: tuple[AlarmSnapshot, ...] = ()
    vendor: Vendor | None = None

    @property
    def id(self) -> UUID:
        """The alarm's id."""
        return self.header.id

    @property
    def timestamp(self) -> datetime | None:
        """The triggering event's own time."""
        return self.header.timestamp

    @property
    def camera_ids(self) -> tuple[UUID, ...]:
        """Every camera of the alarm: its source, then related ones, then those of snapshots; none twice."""
        items = [self.header.source.item if self.header.source else None, *self.references]
        items += [snapshot.item for snapshot in self.snapshots]
        found = (item.object_id for item in items if item is not None and item.kind == ItemReference.CAMERA)
        return tuple(dict.fromkeys(camera for camera in found if camera is not None))

    def around(self, *, before: timedelta = timedelta(), after: timedelta = timedelta()) -> TimeSpan:
        """Return the span from `before` the alarm's timestamp to `after` it; `ValueError` if it has none."""
        if self.timestamp is None:
            raise ValueError(f"alarm {self.id} has no timestamp")
        return _around(self.timestamp, before, after)
