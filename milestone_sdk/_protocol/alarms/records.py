"""A whole alarm as `Get` answers it, to `Alarm`.

The server leaves out members that have their default. A value that cannot be read is `None`, an id that cannot be read
is the one that was asked for.
"""  # docs/protocol: alarms-types

from datetime import timedelta
from typing import Final
from uuid import UUID

from ...models import (
    Alarm,
    AlarmRule,
    AlarmSnapshot,
    AlarmSource,
    AnalyticsObject,
    BoundingBox,
    EventHeader,
    ItemReference,
    Vendor,
)
from ..soap.envelope import Element
from ..soap.members import Members
from ..soap.values import base64_bytes, note, real

__all__ = ["NAMESPACE", "read_alarm"]

NAMESPACE: Final = "urn:milestone-systems"


def read_alarm(element: Element | None, alarm_id: UUID) -> Alarm | None:
    """Decode `GetResult` for `alarm_id`; nil and empty are `None`."""
    if element is None or not len(element):
        return None
    alarm = Members(element, NAMESPACE)
    header = alarm.structure("EventHeader")
    vendor = alarm.structure("Vendor")
    return Alarm(
        header=EventHeader(id=alarm_id) if header is None else _header(header, alarm_id),
        state=alarm.integer("State"),
        state_name=alarm.text("StateName"),
        description=alarm.text("Description"),
        start_time=alarm.moment("StartTime"),
        end_time=alarm.moment("EndTime"),
        location=alarm.text("Location"),
        category=alarm.integer("Category"),
        category_name=alarm.text("CategoryName"),
        assigned_to=alarm.text("AssignedTo"),
        count=alarm.integer("Count"),
        rules=tuple(
            AlarmRule(id=rule.guid("ID"), name=rule.text("Name"), type=rule.text("Type"))
            for rule in alarm.rows("RuleList", "Rule")
        ),
        objects=tuple(map(_object, alarm.rows("ObjectList", "Object"))),
        references=tuple(
            _item(item)
            for reference in alarm.rows("ReferenceList", "Reference")
            if (item := reference.structure("FQID")) is not None
        ),
        snapshots=tuple(map(_snapshot, alarm.rows("SnapshotList", "Snapshot"))),
        vendor=None if vendor is None else Vendor(name=vendor.text("Name"), custom_data=vendor.text("CustomData")),
    )


def _header(header: Members, alarm_id: UUID) -> EventHeader:
    source = header.structure("Source")
    return EventHeader(
        id=header.guid("ID") or alarm_id,
        timestamp=header.moment("Timestamp"),
        event_class=header.text("Class"),
        type=header.text("Type"),
        version=header.text("Version"),
        priority=header.integer("Priority"),
        priority_name=header.text("PriorityName"),
        name=header.text("Name"),
        message=header.text("Message"),
        custom_tag=header.text("CustomTag"),
        source=None if source is None else _source(source),
        expires=header.moment("ExpireTimestamp"),
        message_id=header.guid("MessageId"),
    )


def _source(source: Members) -> AlarmSource:
    return AlarmSource(name=source.text("Name"), description=source.text("Description"), item=_optional_item(source))


def _optional_item(holder: Members) -> ItemReference | None:
    item = holder.structure("FQID")
    return None if item is None else _item(item)


def _item(item: Members) -> ItemReference:
    server = item.structure("ServerId")
    return ItemReference(
        object_id=item.guid("ObjectId"),
        object_id_string=item.text("ObjectIdString"),
        parent_id=item.guid("ParentId"),
        kind=item.guid("Kind"),
        folder_type=item.text("FolderType"),
        server_id=server.guid("Id") if server else None,
        server_type=server.text("Type") if server else None,
        server_hostname=server.text("Hostname") if server else None,
        server_port=server.optional_integer("Port") if server else None,
        server_scheme=server.text("Scheme") if server else None,
    )


def _object(seen: Members) -> AnalyticsObject:
    confidence = seen.text("Confidence")
    box = seen.structure("BoundingBox")
    return AnalyticsObject(
        id=seen.guid("ID"),
        name=seen.text("Name"),
        type=seen.text("Type"),
        description=seen.text("Description"),
        value=seen.text("Value"),
        confidence=None if confidence is None else real(confidence),
        alarm_trigger=seen.flag("AlarmTrigger"),
        removed=seen.flag("Removed"),
        bounding_box=None if box is None else _box(box),
    )


def _box(box: Members) -> BoundingBox | None:
    top, left, bottom, right = (real(box.text(side)) for side in ("Top", "Left", "Bottom", "Right"))
    if top is None or left is None or bottom is None or right is None:
        return None
    return BoundingBox(top=top, left=left, bottom=bottom, right=right)


def _snapshot(snapshot: Members) -> AlarmSnapshot:
    return AlarmSnapshot(
        offset=_offset(snapshot),
        image=base64_bytes(snapshot.text("Image")),
        path=snapshot.text("Path"),
        width=snapshot.optional_integer("Width"),
        height=snapshot.optional_integer("Height"),
        has_overlay=snapshot.flag("HasOverlay"),
        item=_optional_item(snapshot),
    )


def _offset(snapshot: Members) -> timedelta | None:
    milliseconds = snapshot.integer("TimeOffset")
    try:
        return None if milliseconds is None else timedelta(milliseconds=milliseconds)
    except OverflowError:
        note("duration", str(milliseconds))
        return None
