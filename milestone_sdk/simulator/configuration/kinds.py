"""The item types: where their things are in the site, what they are called, which folders and methods they have."""
# docs/protocol: configuration-tree, configuration-methods

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from attrs import field, frozen

from milestone_sdk.simulator.configuration import events, items
from milestone_sdk.simulator.configuration.columns import Column, columns
from milestone_sdk.simulator.configuration.lookup import Lookup
from milestone_sdk.simulator.site.devices import Camera, Device, Group, Hardware, stable_id
from milestone_sdk.simulator.site.model import ChildSite, EventType

__all__ = ["KINDS", "EventGroup", "Kind", "SiteAddress", "addresses"]


@frozen(eq=False)
class SiteAddress:
    """One address of a child site."""

    id: UUID
    name: str
    kind: str
    url: str
    site: ChildSite


@frozen(eq=False)
class EventGroup:
    """An event type group; items show its display name alone."""

    id: UUID
    name: str


def _folders(names: str | tuple[()]) -> tuple[str, ...]:
    return tuple(f"{name}Folder" for name in (names or "").split())


def _methods(names: str | tuple[()]) -> tuple[str, ...]:
    return tuple((names or "").split())


@frozen(eq=False)
class Kind:
    """What is to know about an item type."""

    columns: tuple[Column, ...]
    all: Callable[[Lookup], Iterable[Any]]
    """Every thing of the type."""
    _parent: str | Callable[[Lookup, Any], str]
    """ParentPath; a string may have fields such as `{0.hardware_id}` of the thing."""
    folders: tuple[str, ...] = field(default=(), converter=_folders, kw_only=True)
    methods: tuple[str, ...] = field(default=(), converter=_methods, kw_only=True)
    can_be_disabled: bool = field(default=False, kw_only=True)
    _by_id: Callable[[Lookup, UUID], Any] | None = field(default=None, alias="find", kw_only=True)
    """The thing of that id, or None; needed where there are many."""
    id: Callable[[Any], UUID] = field(default=lambda subject: subject.id, kw_only=True)
    name: Callable[[Any], str] = field(default=lambda subject: subject.name, kw_only=True)

    def find(self, lookup: Lookup, key: UUID) -> Any:
        """The thing of that id, or None."""
        if self._by_id is not None:
            return self._by_id(lookup, key)
        return next((thing for thing in self.all(lookup) if self.id(thing) == key), None)

    def parent(self, lookup: Lookup, subject: Any) -> str:
        """The ParentPath of a thing."""
        return self._parent.format(subject) if isinstance(self._parent, str) else self._parent(lookup, subject)


def _camera(lookup: Lookup, key: UUID) -> Camera | None:
    return lookup.cameras.find(key)


def _under_camera(name: str, folder: str, columns: tuple[Column, ...] = (), methods: str = "") -> Kind:
    """What a camera has exactly one of: it has the camera's id (docs/protocol: configuration-paths)."""
    return Kind(
        columns,
        lambda lookup: lookup.site.cameras,
        f"Camera[{{0.id}}]/{folder}",
        find=_camera,
        name=lambda camera: name,
        methods=methods,
    )


def _device_kind(kind: str, columns: tuple[Column, ...], folders: str, methods: str) -> Kind:
    return Kind(
        columns,
        lambda lookup: [device for device in lookup.site.devices if device.kind == kind],
        f"Hardware[{{0.hardware_id}}]/{kind}Folder",
        find=lambda lookup, key: lookup.device(key, kind),
        folders=folders,
        methods=methods,
        can_be_disabled=True,
    )


def _of_kind(kind: str) -> Callable[[Lookup], list[EventType]]:
    return lambda lookup: [event for event in lookup.site.event_types if event.kind == kind]


def _group_parent(lookup: Lookup, group: Group) -> str:
    found = lookup.camera_groups.find(group.id)
    parent = found[1] if found is not None else None
    return "/CameraGroupFolder" if parent is None else f"CameraGroup[{parent.id}]/CameraGroupFolder"


def _child_site_parent(lookup: Lookup, site: ChildSite) -> str:
    above = next((parent for child, parent in lookup.child_sites() if child is site), None)
    return "/SiteFolder" if above is None else f"Site[{above.id}]/SiteFolder"


def addresses(site: ChildSite) -> list[SiteAddress]:
    """The addresses of a child site, each with an id of its own."""
    return [
        SiteAddress(stable_id("site address", f"{site.id}/{number}"), url, kind, url, site)
        for number, (kind, url) in enumerate(site.addresses)
    ]


def _of_owner(index: str, owner: str, folder: str) -> Callable[[Lookup, Any], str]:
    """The parent of what is in an owner, by an index of `Lookup`."""

    def parent(lookup: Lookup, subject: Any) -> str:
        found = getattr(lookup, index).find(subject.id)
        return f"{owner}[{found[1].id}]/{folder}" if found is not None else ""

    return parent


def _by(index: str) -> Callable[[Lookup, UUID], Any]:
    return lambda lookup, key: (getattr(lookup, index).find(key) or (None,))[0]


def _type_of(owner: Camera | Device | Hardware) -> str:
    if isinstance(owner, Device):
        return owner.kind
    return "Camera" if isinstance(owner, Camera) else "Hardware"


def _with_events(lookup: Lookup) -> list[Camera | Device | Hardware]:
    site = lookup.site
    owners: list[Camera | Device | Hardware] = [*site.hardware, *site.cameras, *site.devices]
    return [owner for owner in owners if owner.events]


def _find_with_events(lookup: Lookup, key: UUID) -> Camera | Device | Hardware | None:
    """The device of that id that has events of its own: such an item has the id of its owner."""
    owner = lookup.cameras.find(key) or lookup.hardware.find(key) or lookup.devices.find(key)
    return owner if owner is not None and owner.events else None


_OTHER = "DeviceDriverSettings CustomProperties HardwareDeviceEvent", "ChangeSecurityPermissions SendDriverCommand"
_MEDIA_FOLDERS = "DeviceDriverSettings ClientSettings CustomProperties HardwareDeviceEvent"
_MEDIA_METHODS = """
    GetOtherRecordingServersWithMedia RetrieveEdgeStorage TruncateStorage TruncateStorageOnOtherRecordingServer
    ChangeDeviceRecordingStorage ChangeSecurityPermissions SendDriverCommand
"""
_MEDIA = _MEDIA_FOLDERS, _MEDIA_METHODS

KINDS: dict[str, Kind] = {
    "RecordingServer": Kind(
        items.RECORDER,
        lambda lookup: lookup.site.recorders,
        "/RecordingServerFolder",
        find=lambda lookup, key: lookup.recorders.find(key),
        folders="Hardware HardwareDriver Storage RecordingServerMulticast RecordingServerFailover Task",
        methods="AddHardware HardwareScan HardwareScanExpress ReadDrivesOnRecorder",
        can_be_disabled=True,
    ),
    "Hardware": Kind(
        items.HARDWARE,
        lambda lookup: lookup.site.hardware,
        "RecordingServer[{0.recorder_id}]/HardwareFolder",
        find=lambda lookup, key: lookup.hardware.find(key),
        folders="Camera Microphone Speaker Metadata InputEvent Output HardwareDriverSettings HardwareDeviceEvent "
        "CustomProperties",
        methods="ReadPasswordHardware ChangePasswordHardware MoveHardware ReplaceHardware UpdateFirmwareHardware",
        can_be_disabled=True,
    ),
    "Camera": Kind(
        items.CAMERA,
        lambda lookup: lookup.site.cameras,
        "Hardware[{0.hardware_id}]/CameraFolder",
        find=_camera,
        folders="DeviceDriverSettings Stream PtzPreset PatrollingProfile MotionDetection ClientSettings "
        "CustomProperties HardwareDeviceEvent",
        methods=f"{_MEDIA_METHODS} GetPtzAbsolutePosition SetPtzAbsolutePosition JpegGetLive",
        can_be_disabled=True,
    ),
    "Stream": _under_camera("Streams", "StreamFolder", methods="AddStream RemoveStream"),
    "DeviceDriverSettings": _under_camera("Settings", "DeviceDriverSettingsFolder"),
    "HardwareDeviceEvent": Kind(
        (),
        _with_events,
        lambda lookup, owner: f"{_type_of(owner)}[{owner.id}]/HardwareDeviceEventFolder",
        find=_find_with_events,
        name=lambda owner: "Events",
    ),
    "MotionDetection": _under_camera("Motion detection", "MotionDetectionFolder", items.MOTION_DETECTION),
    "HardwareDriverSettings": Kind(
        (),
        lambda lookup: lookup.site.hardware,
        "Hardware[{0.id}]/HardwareDriverSettingsFolder",
        find=lambda lookup, key: lookup.hardware.find(key),
        name=lambda hardware: "Settings",
    ),
    "Microphone": _device_kind("Microphone", items.MEDIA_DEVICE, *_MEDIA),
    "Speaker": _device_kind("Speaker", items.MEDIA_DEVICE, *_MEDIA),
    "Metadata": _device_kind("Metadata", items.MEDIA_DEVICE, *_MEDIA),
    "InputEvent": _device_kind("InputEvent", items.OTHER_DEVICE, *_OTHER),
    "Output": _device_kind("Output", items.OTHER_DEVICE, *_OTHER),
    "PtzPreset": Kind(
        items.PRESET,
        lambda lookup: (preset for camera in lookup.site.cameras for preset in camera.presets),
        _of_owner("presets", "Camera", "PtzPresetFolder"),
        find=_by("presets"),
        methods="Goto",
    ),
    "PatrollingProfile": Kind(
        items.PATROLLING_PROFILE,
        lambda lookup: (profile for camera in lookup.site.cameras for profile in camera.patrolling_profiles),
        _of_owner("patrolling_profiles", "Camera", "PatrollingProfileFolder"),
        find=_by("patrolling_profiles"),
    ),
    "HardwareDriver": Kind(
        items.DRIVER,
        lambda lookup: lookup.site.drivers,
        lambda lookup, driver: f"RecordingServer[{lookup.site.recorders[0].id}]/HardwareDriverFolder",
    ),
    "Storage": Kind(
        items.STORAGE,
        lambda lookup: (storage for recorder in lookup.site.recorders for storage in recorder.storages),
        _of_owner("storages", "RecordingServer", "StorageFolder"),
        find=_by("storages"),
        folders="ArchiveStorage",
        methods="GetDevicesUsingStorage SetStorageAsDefault",
    ),
    "StorageInformation": Kind(
        items.STORAGE_INFORMATION,
        lambda lookup: (storage for recorder in lookup.site.recorders for storage in recorder.storages),
        "Storage[{0.id}]",
        find=_by("storages"),
        name=lambda storage: "Storage information",
    ),
    "CameraGroup": Kind(
        items.DEVICE_GROUP,
        lambda lookup: (group for group, _ in lookup.groups()),
        _group_parent,
        find=_by("camera_groups"),
        folders="CameraGroup Camera",
    ),
    "UserDefinedEvent": Kind(
        events.USER_DEFINED_EVENT, _of_kind("user"), "/UserDefinedEventFolder", methods="ChangeSecurityPermissions"
    ),
    "AnalyticsEvent": Kind(events.ANALYTICS_EVENT, _of_kind("analytics"), "/AnalyticsEventFolder"),
    "GenericEvent": Kind(
        events.GENERIC_EVENT, lambda lookup: lookup.site.generic_events, "/GenericEventFolder", can_be_disabled=True
    ),
    "EventTypeGroup": Kind(
        (),
        lambda lookup: [EventGroup(key, name) for key, name in events.GROUPS.items()],
        "/EventTypeGroupFolder",
        folders="EventType AnalyticsEvent UserDefinedEvent GenericEvent",
    ),
    "EventType": Kind(
        events.EVENT_TYPE,
        _of_kind("system"),
        lambda lookup, event: f"EventTypeGroup[{events.group_of(event)}]/EventTypeFolder",
    ),
    "StateGroup": Kind(events.STATE_GROUP, lambda lookup: lookup.site.state_groups, "/StateGroupFolder"),
    "AlarmDefinition": Kind(
        events.ALARM_DEFINITION,
        lambda lookup: lookup.site.alarm_definitions,
        "/AlarmDefinitionFolder",
        can_be_disabled=True,
    ),
    "Role": Kind(events.ROLE, lambda lookup: lookup.site.roles, "/RoleFolder", folders="User Claim"),
    "BasicUser": Kind(
        events.BASIC_USER,
        lambda lookup: [user for user in lookup.site.users if user.kind == "basic"],
        "/BasicUserFolder",
        methods="ChangePasswordBasicUser",
        id=lambda user: events.basic_user_id(user.name),
    ),
    "Rule": Kind(events.RULE, lambda lookup: lookup.site.rules, "/RuleFolder", can_be_disabled=True),
    "TimeProfile": Kind(events.TIME_PROFILE, lambda lookup: lookup.site.time_profiles, "/TimeProfileFolder"),
    "LicenseInformation": Kind(
        events.LICENCE,
        lambda lookup: [lookup.site],
        "/LicenseInformationFolder",
        name=lambda site: site.product_name,
    ),
    "Site": Kind(
        events.CHILD_SITE,
        lambda lookup: (site for site, _ in lookup.child_sites()),
        _child_site_parent,
        folders="Site SiteAddress",
    ),
    "SiteAddress": Kind(
        columns("AddressType:Enum!=kind Url*!=url"),
        lambda lookup: [address for site, _ in lookup.child_sites() for address in addresses(site)],
        "Site[{0.site.id}]/SiteAddressFolder",
    ),
}
"""Item type -> what is to know about it; tasks are elsewhere, and the site itself is not an item of a folder."""
