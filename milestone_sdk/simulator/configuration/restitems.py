"""Items of the configuration as JSON objects, and back."""  # docs/protocol: configuration-rest

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from milestone_sdk.simulator.configuration.contract import Item, Property
from milestone_sdk.simulator.wire.restreply import JsonObject

__all__ = ["COLLECTIONS", "TYPES", "ItemJson", "collection_of", "fill", "reference"]

_TABLE = """
    sites:System recordingServers:RecordingServer hardware:Hardware cameras:Camera microphones:Microphone
    speakers:Speaker metadata:Metadata inputEvents:InputEvent outputs:Output cameraGroups:CameraGroup streams:Stream
    ptzPresets:PtzPreset patrollingProfiles:PatrollingProfile motionDetections:MotionDetection
    hardwareDrivers:HardwareDriver storages:Storage
    storageInformation:StorageInformation alarmDefinitions:AlarmDefinition eventTypes:EventType
    eventTypeGroups:EventTypeGroup stateGroups:StateGroup userDefinedEvents:UserDefinedEvent
    analyticsEvents:AnalyticsEvent genericEvents:GenericEvent childSites:Site siteAddresses:SiteAddress tasks:Task
    rules:Rule roles:Role basicUsers:BasicUser timeProfiles:TimeProfile licenseInformations:LicenseInformation
"""
TYPES = {name: item_type for name, _, item_type in (pair.partition(":") for pair in _TABLE.split())}
"""Collection -> the type of its items."""
COLLECTIONS = {item_type: name for name, item_type in TYPES.items()}
_BY_LOWER = {name.lower(): name for name in TYPES}
_ALONE = {"CameraGroup", "Site", "System"}
"""Item types whose relations hold no parent."""
_UNDER_THE_SITE = {"RecordingServer", "Task"}
_PATH = re.compile(r"(?P<type>[A-Za-z]+)\[(?P<id>[^\]]+)\].*")
_BOOLEANS_SINCE = (22, 2)
_NUMBERS_SINCE = (25, 1)


def collection_of(text: str) -> str | None:
    """The collection of that name, in any letter case; None for any other."""
    return _BY_LOWER.get(text.lower())


class ItemJson:
    """The form of items in one release."""

    def __init__(self, site_id: UUID, version: tuple[int, int]) -> None:
        self._site_id = site_id
        self._version = version

    def members(self, item: Item) -> JsonObject:
        """An item."""
        members: JsonObject = {"displayName": item.display_name}
        if item.enabling is not None:
            members["enabled"] = self._boolean(item.enabling.enabled)
        members |= self.properties(item.properties or ())
        if item.item_type == "Stream":
            members["stream"] = [
                {"displayName": child.display_name, **self.properties(child.properties or ())}
                for child in item.children or ()
            ]
        members["relations"] = self._relations(item)
        return members

    def properties(self, properties: Sequence[Property]) -> JsonObject:
        """The properties of an item or form."""
        return {entry.key[:1].lower() + entry.key[1:]: self._value(entry) for entry in properties}

    def _boolean(self, value: bool) -> bool | str:
        return value if self._version >= _BOOLEANS_SINCE else str(value)

    def _value(self, entry: Property) -> Any:
        kind, text = entry.definition.value_type, entry.value or ""
        if entry.array is not None:
            return entry.array
        if kind == "Tick":
            return self._boolean(text == "True")
        if kind in ("Int", "Progress", "Slider") and text.lstrip("-").isdigit():
            return int(text)
        if kind == "Double" and self._version >= _NUMBERS_SINCE:
            number = float(text)
            return int(number) if number.is_integer() else number
        if kind == "Path":
            return reference(text) if text else None
        if kind == "PathList":
            return [reference(path) for path in text.split(";") if path]
        return text

    def _relations(self, item: Item) -> JsonObject:
        site = {"type": "sites", "id": str(self._site_id)}
        itself = site if item.item_type == "System" else reference(item.path or "")
        above = _PATH.fullmatch(item.parent_path or "")
        if item.item_type in _ALONE:
            return {"self": itself}
        if above is not None:
            return {"parent": reference(f"{above['type']}[{above['id']}]"), "self": itself}
        return {"parent": site, "self": itself} if item.item_type in _UNDER_THE_SITE else {"self": itself}


def reference(path: str) -> JsonObject | str:
    """`Camera[g]` as `{type, id}`; what leads to no item stays as it is."""
    match = _PATH.fullmatch(path)
    if match is None or match["type"] not in COLLECTIONS:
        return path
    return {"type": COLLECTIONS[match["type"]], "id": match["id"]}


def fill(item: Item, asked: Mapping[str, Any]) -> None:
    """Write the members of a request into the properties of the same names; null leaves one as it is."""
    given = {name.casefold(): value for name, value in asked.items()}
    for entry in item.properties or ():
        value = given.get(entry.key.casefold())
        if value is not None:
            entry.value = _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, Mapping):
        given = cast("Mapping[str, Any]", value)
        name = str(given.get("type"))
        return f"{TYPES.get(collection_of(name) or '', name)}[{given.get('id')}]"
    if isinstance(value, list):
        return ";".join(_text(one) for one in cast("Iterable[Any]", value))
    return str(value)
