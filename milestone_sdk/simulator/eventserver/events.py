"""Builds events, and the alarms that alarm definitions make of them.

An alarm's Name is its definition's, its Message the
event's; the source is a camera, another item, or only a name that a third party gave.
"""  # docs/protocol: alarms-values, alarms-cameras

import copy
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from milestone_sdk.simulator.eventserver.contract import CAMERA_KIND, EXTERNAL_EVENT, TRIGGER_EVENT_KIND
from milestone_sdk.simulator.site import AlarmDefinition, Camera, EventType, Site
from milestone_sdk.simulator.wire.contract import Record
from milestone_sdk.simulator.wire.values import ZERO

__all__ = ["Sources", "alarm_for", "content_of", "new_event"]

_SHARED = ("StartTime", "EndTime", "Location", "Count", "ObjectList", "SnapshotList", "Vendor")


class Sources:
    """Finds the item that an event came from, and writes it as an EventSource."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def named(self, source: UUID | str | None, event_type: EventType | None) -> Record | None:
        """By id or name of a camera, hardware or user-defined event; any other string is a third party's name.

        Without a source, a user-defined event is its own source.
        """  # docs/protocol: events-rest
        if source is None:
            if event_type is not None and event_type.kind == "user":
                return self._trigger_event(event_type)
            return None
        found = self._item(source)
        if found is not None:
            return found
        if isinstance(source, UUID):
            raise KeyError(source)
        return self.resolved(Record("EventSource", {"Name": source}))

    def resolved(self, source: Record | None) -> Record | None:
        """A source as a client wrote it, with what the server adds: the name of an id, the camera of an address."""
        if source is None:
            return None
        object_id = source.inner("FQID", "ObjectId")
        if object_id not in (None, ZERO):
            found = self._item(object_id)
            return source if found is None else Record("EventSource", {**found.members, "FQID": source["FQID"]})
        camera = self._at_address(source["Name"] or "")
        return source if camera is None else self.camera(camera)

    def camera(self, camera: Camera) -> Record:
        """A camera as source."""
        return Record("EventSource", {"Name": camera.name, "FQID": self.camera_identity(camera)})

    def camera_identity(self, camera: Camera) -> Record:
        """The FQID of a camera."""
        return self._identity(camera.id, camera.recorder_id, CAMERA_KIND)

    def camera_id(self, source: Record | None, references: Sequence[Record | None]) -> UUID:
        """The CameraId of a line: the source if it is a camera, else the first related camera, else zeros."""
        for candidate in (source, *references):
            object_id: UUID = (None if candidate is None else candidate.inner("FQID", "ObjectId")) or ZERO
            if candidate is None or object_id == ZERO:
                continue
            if candidate.inner("FQID", "Kind") == CAMERA_KIND or self.site.find_camera(object_id) is not None:
                return object_id
        return ZERO

    def _identity(self, object_id: UUID, parent_id: UUID, kind: UUID) -> Record:
        site = {"Type": "XPCO", "Hostname": self.site.host_name, "Port": 80, "Id": self.site.id, "Scheme": "http"}
        server = Record("ServerId", site)
        members = {"ServerId": server, "ParentId": parent_id, "ObjectId": object_id, "FolderType": "0", "Kind": kind}
        return Record("FQID", members)

    def _item(self, key: UUID | str) -> Record | None:
        camera = self.site.find_camera(key)
        if camera is not None:
            return self.camera(camera)
        for hardware in self.site.hardware:
            if key in (hardware.id, hardware.name):
                identity = self._identity(hardware.id, hardware.recorder_id, ZERO)  # its Kind is not known
                return Record("EventSource", {"Name": hardware.name, "FQID": identity})
        event_type = self.site.event_type(key)
        return self._trigger_event(event_type) if event_type is not None and event_type.kind == "user" else None

    def _trigger_event(self, event_type: EventType) -> Record:
        identity = self._identity(event_type.id, self.site.id, TRIGGER_EVENT_KIND)
        return Record("EventSource", {"Name": event_type.name, "FQID": identity})

    def _at_address(self, address: str) -> Camera | None:
        """`host` or `host,channel` of a camera's hardware (docs/protocol: alarms-cameras)."""
        host, _, channel = address.partition(",")
        for hardware in self.site.hardware:
            if host and urlsplit(hardware.uri).hostname == host.strip():
                index = int(channel) if channel.strip().isdigit() else 0
                on_it = [camera for camera in self.site.cameras if camera.hardware_id == hardware.id]
                return next((camera for camera in on_it if camera.index == index), None)
        return None


def content_of(
    *,
    description: str | None = None,
    location: str | None = None,
    vendor: str | None = None,
    object_value: str | None = None,
    objects: Iterable[Record | str] = (),
    snapshots: Iterable[Record | bytes] = (),
) -> dict[str, Any]:
    """The members that analytics events and alarms share; `object_value` is the first object's, snapshots are JPEGs."""
    values = [*([object_value] if object_value is not None else []), *objects]
    return {
        "Description": description,
        "Location": location,
        "Vendor": Record("Vendor", {"Name": vendor}) if vendor is not None else None,
        "ObjectList": [_analytics_object(value) for value in values] or None,
        "SnapshotList": [_snapshot(image) for image in snapshots] or None,
    }


def _snapshot(image: bytes | Record) -> Record:
    """A Snapshot around a JPEG."""
    if isinstance(image, Record):
        return image
    return Record("Snapshot", {"TimeOffset": 0, "SizeInBytes": len(image), "Image": image})


def _analytics_object(value: str | Record) -> Record:
    """An AnalyticsObject that caused the event, such as a licence plate."""
    if isinstance(value, Record):
        return value
    return Record("AnalyticsObject", {"Value": value, "AlarmTrigger": True})


def new_event(name: str, event_type: EventType | None, header: dict[str, Any], content: dict[str, Any]) -> Record:
    """An event of that name; `header` and `content` override what its type implies.

    A user-defined event is called `External Event` on the wire, whatever its own name; an
    analytics event, and any event with content, is an AnalyticsEvent.
    """  # docs/protocol: events-webhooks
    kind = "" if event_type is None else event_type.kind
    implied: dict[str, Any] = {"Version": "1.0", "Name": name, "Message": name}
    if kind == "user":
        implied |= {"Name": "External Event", "Message": "External Event", "MessageId": EXTERNAL_EVENT}
    elif event_type is not None:
        implied["MessageId"] = event_type.id
    implied |= {"Class": "Analytics"} if kind == "analytics" else {"Type": "System Event"}
    given = {key: value for key, value in header.items() if value is not None}
    filled = {key: value for key, value in content.items() if value is not None}
    contract = "AnalyticsEvent" if kind == "analytics" or filled else "BaseEvent"
    return Record(contract, {"EventHeader": Record("EventHeader", {**implied, **given}), **filled})


def alarm_for(event: Record, definition: AlarmDefinition, alarm_id: UUID, sources: Sources) -> Record:
    """The alarm that a definition makes of an event: its own id and Name, the event's Message and content."""
    site = sources.site
    header: Record = copy.deepcopy(event["EventHeader"])
    header.members |= {
        "ID": alarm_id,
        "Name": definition.name,
        "Priority": definition.priority,
        "PriorityName": site.priorities.get(definition.priority),
    }
    rule = Record("Rule", {"ID": definition.id, "Name": definition.name, "Type": str(definition.id)})
    related = [camera for camera in site.cameras if camera.id in definition.related_cameras]
    related.sort(key=lambda camera: definition.related_cameras.index(camera.id))
    references = event.items("ReferenceList")
    references += [Record("Reference", {"FQID": sources.camera_identity(camera)}) for camera in related]
    category = next((known.name for known in site.categories if known.level == definition.category), None)
    members: dict[str, Any] = {
        "EventHeader": header,
        "Description": event["Description"] or definition.description or None,
        "State": 1,
        "StateName": site.states.get(1),
        "Category": definition.category,
        "CategoryName": category,
        "RuleList": [rule, *event.items("RuleList")],
        "ReferenceList": references or None,
        **{name: copy.deepcopy(event[name]) for name in _SHARED},
    }
    return Record("Alarm", members)
