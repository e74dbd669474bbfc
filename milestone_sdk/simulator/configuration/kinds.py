"""The item types: where their things stand in the site, what they are called, which folders and methods they have.

Written from protocol/configuration.md 2.2, 2.3 and 4.3.
"""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from attrs import frozen

from milestone_sdk.simulator.configuration import events, items
from milestone_sdk.simulator.configuration.columns import Column, columns
from milestone_sdk.simulator.configuration.lookup import Lookup
from milestone_sdk.simulator.site.devices import Camera, Device, Group, Hardware, stable_id
from milestone_sdk.simulator.site.model import ChildSite, EventType, User

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
    """An event type group; it is told by its display name alone."""

    id: UUID
    name: str


@frozen(eq=False, kw_only=True)
class Kind:
    """What is to know about an item type."""

    columns: tuple[Column, ...] = ()
    all: Callable[[Lookup], Iterable[Any]]
    """Every thing of the type."""
    find: Callable[[Lookup, UUID], Any]
    """The thing of that id, or None."""
    parent: Callable[[Lookup, Any], str]
    """ParentPath."""
    folders: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    can_be_disabled: bool = False
    id: Callable[[Any], UUID] = lambda subject: subject.id
    name: Callable[[Any], str] = lambda subject: subject.name


def _by_id(everything: Callable[[Lookup], Iterable[Any]]) -> Callable[[Lookup, UUID], Any]:
    return lambda lookup, key: next((thing for thing in everything(lookup) if thing.id == key), None)


def _listed(
    everything: Callable[[Lookup], Iterable[Any]],
    folder: str,
    columns: tuple[Column, ...],
    *,
    can_be_disabled: bool = False,
    folders: tuple[str, ...] = (),
    methods: tuple[str, ...] = (),
) -> Kind:
    """Things in a list of the site, in a folder under the root."""
    return Kind(
        columns=columns,
        all=everything,
        find=_by_id(everything),
        parent=lambda lookup, thing: folder,
        can_be_disabled=can_be_disabled,
        folders=folders,
        methods=methods,
    )


def _under_camera(name: str, folder: str, columns: tuple[Column, ...] = (), methods: tuple[str, ...] = ()) -> Kind:
    """What a camera has exactly one of: it bears the camera's id (protocol/configuration.md 2.1)."""
    return Kind(
        columns=columns,
        all=lambda lookup: lookup.site.cameras,
        find=Lookup.camera,
        parent=lambda lookup, camera: f"Camera[{camera.id}]/{folder}",
        name=lambda camera: name,
        methods=methods,
    )


def _device_kind(kind: str, columns: tuple[Column, ...], *, media: bool) -> Kind:
    settings = ("DeviceDriverSettingsFolder", *(("ClientSettingsFolder",) if media else ()))
    return Kind(
        columns=columns,
        all=lambda lookup: [device for device in lookup.site.devices if device.kind == kind],
        find=lambda lookup, key: lookup.device(key, kind),
        parent=lambda lookup, device: f"Hardware[{device.hardware_id}]/{kind}Folder",
        folders=(*settings, "CustomPropertiesFolder", "HardwareDeviceEventFolder"),
        methods=_MEDIA_METHODS if media else ("ChangeSecurityPermissions", "SendDriverCommand"),
        can_be_disabled=True,
    )


def _of_kind(kind: str) -> Callable[[Lookup], list[EventType]]:
    return lambda lookup: [event for event in lookup.site.event_types if event.kind == kind]


def _group_parent(lookup: Lookup, group: Group) -> str:
    found = lookup.group(group.id)
    parent = found[1] if found is not None else None
    return "/CameraGroupFolder" if parent is None else f"CameraGroup[{parent.id}]/CameraGroupFolder"


def _find_group(lookup: Lookup, key: UUID) -> Group | None:
    found = lookup.group(key)
    return None if found is None else found[0]


def _child_site_parent(lookup: Lookup, site: ChildSite) -> str:
    above = next((parent for child, parent in lookup.child_sites() if child is site), None)
    return "/SiteFolder" if above is None else f"Site[{above.id}]/SiteFolder"


def addresses(site: ChildSite) -> list[SiteAddress]:
    """The addresses of a child site, each with an id of its own."""
    return [
        SiteAddress(stable_id("site address", f"{site.id}/{number}"), url, kind, url, site)
        for number, (kind, url) in enumerate(site.addresses)
    ]


def _all_addresses(lookup: Lookup) -> list[SiteAddress]:
    return [address for site, _ in lookup.child_sites() for address in addresses(site)]


def _camera_of_preset(lookup: Lookup, preset: Any) -> str:
    found = lookup.preset(preset.id)
    return f"Camera[{found[1].id}]/PtzPresetFolder" if found is not None else ""


def _recorder_of_storage(lookup: Lookup, storage: Any) -> str:
    found = lookup.storage(storage.id)
    return f"RecordingServer[{found[1].id}]/StorageFolder" if found is not None else ""


def _type_of(owner: Camera | Device | Hardware) -> str:
    if isinstance(owner, Device):
        return owner.kind
    return "Camera" if isinstance(owner, Camera) else "Hardware"


def _with_events(lookup: Lookup) -> list[Camera | Device | Hardware]:
    site = lookup.site
    everything: list[Camera | Device | Hardware] = [*site.hardware, *site.cameras, *site.devices]
    return [owner for owner in everything if owner.events]


def _find_with_events(lookup: Lookup, key: UUID) -> Camera | Device | Hardware | None:
    """Whatever bears that id and has events of its own: such an item bears the id of its owner."""
    owner = lookup.camera(key) or lookup.hardware(key) or lookup.any_device(key)
    return owner if owner is not None and owner.events else None


def _basic_users(lookup: Lookup) -> list[User]:
    return [user for user in lookup.site.users if user.kind == "basic"]


_MEDIA_METHODS = (
    "GetOtherRecordingServersWithMedia",
    "RetrieveEdgeStorage",
    "TruncateStorage",
    "TruncateStorageOnOtherRecordingServer",
    "ChangeDeviceRecordingStorage",
    "ChangeSecurityPermissions",
    "SendDriverCommand",
)
_HARDWARE_METHODS = (
    "ReadPasswordHardware",
    "ChangePasswordHardware",
    "MoveHardware",
    "ReplaceHardware",
    "UpdateFirmwareHardware",
)
_RECORDER_METHODS = ("AddHardware", "HardwareScan", "HardwareScanExpress", "ReadDrivesOnRecorder")
_ADDRESS = columns("AddressType:Enum!=kind Url*!=url")

KINDS: dict[str, Kind] = {
    "RecordingServer": Kind(
        columns=items.RECORDER,
        all=lambda lookup: lookup.site.recorders,
        find=Lookup.recorder,
        parent=lambda lookup, recorder: "/RecordingServerFolder",
        folders=(
            "HardwareFolder",
            "HardwareDriverFolder",
            "StorageFolder",
            "RecordingServerMulticastFolder",
            "RecordingServerFailoverFolder",
            "TaskFolder",
        ),
        methods=_RECORDER_METHODS,
        can_be_disabled=True,
    ),
    "Hardware": Kind(
        columns=items.HARDWARE,
        all=lambda lookup: lookup.site.hardware,
        find=Lookup.hardware,
        parent=lambda lookup, hardware: f"RecordingServer[{hardware.recorder_id}]/HardwareFolder",
        folders=(
            "CameraFolder",
            "MicrophoneFolder",
            "SpeakerFolder",
            "MetadataFolder",
            "InputEventFolder",
            "OutputFolder",
            "HardwareDriverSettingsFolder",
            "HardwareDeviceEventFolder",
            "CustomPropertiesFolder",
        ),
        methods=_HARDWARE_METHODS,
        can_be_disabled=True,
    ),
    "Camera": Kind(
        columns=items.CAMERA,
        all=lambda lookup: lookup.site.cameras,
        find=Lookup.camera,
        parent=lambda lookup, camera: f"Hardware[{camera.hardware_id}]/CameraFolder",
        folders=(
            "DeviceDriverSettingsFolder",
            "StreamFolder",
            "PtzPresetFolder",
            "PatrollingProfileFolder",
            "MotionDetectionFolder",
            "ClientSettingsFolder",
            "CustomPropertiesFolder",
            "HardwareDeviceEventFolder",
        ),
        methods=(*_MEDIA_METHODS, "GetPtzAbsolutePosition", "SetPtzAbsolutePosition", "JpegGetLive"),
        can_be_disabled=True,
    ),
    "Stream": _under_camera("Streams", "StreamFolder", methods=("AddStream", "RemoveStream")),
    "DeviceDriverSettings": _under_camera("Settings", "DeviceDriverSettingsFolder"),
    "HardwareDeviceEvent": Kind(
        all=_with_events,
        find=_find_with_events,
        parent=lambda lookup, owner: f"{_type_of(owner)}[{owner.id}]/HardwareDeviceEventFolder",
        name=lambda owner: "Events",
    ),
    "MotionDetection": _under_camera("Motion detection", "MotionDetectionFolder", items.MOTION_DETECTION),
    "HardwareDriverSettings": Kind(
        all=lambda lookup: lookup.site.hardware,
        find=Lookup.hardware,
        parent=lambda lookup, hardware: f"Hardware[{hardware.id}]/HardwareDriverSettingsFolder",
        name=lambda hardware: "Settings",
    ),
    "Microphone": _device_kind("Microphone", items.MEDIA_DEVICE, media=True),
    "Speaker": _device_kind("Speaker", items.MEDIA_DEVICE, media=True),
    "Metadata": _device_kind("Metadata", items.MEDIA_DEVICE, media=True),
    "InputEvent": _device_kind("InputEvent", items.OTHER_DEVICE, media=False),
    "Output": _device_kind("Output", items.OTHER_DEVICE, media=False),
    "PtzPreset": Kind(
        columns=items.PRESET,
        all=lambda lookup: (preset for camera in lookup.site.cameras for preset in camera.presets),
        find=lambda lookup, key: (lookup.preset(key) or (None,))[0],
        parent=_camera_of_preset,
        methods=("Goto",),
    ),
    "HardwareDriver": Kind(
        columns=items.DRIVER,
        all=lambda lookup: lookup.site.drivers,
        find=Lookup.driver,
        parent=lambda lookup, driver: f"RecordingServer[{lookup.site.recorders[0].id}]/HardwareDriverFolder",
    ),
    "Storage": Kind(
        columns=items.STORAGE,
        all=lambda lookup: (storage for recorder in lookup.site.recorders for storage in recorder.storages),
        find=lambda lookup, key: (lookup.storage(key) or (None,))[0],
        parent=_recorder_of_storage,
        folders=("ArchiveStorageFolder",),
        methods=("GetDevicesUsingStorage", "SetStorageAsDefault"),
    ),
    "StorageInformation": Kind(
        columns=items.STORAGE_INFORMATION,
        all=lambda lookup: (storage for recorder in lookup.site.recorders for storage in recorder.storages),
        find=lambda lookup, key: (lookup.storage(key) or (None,))[0],
        parent=lambda lookup, storage: f"Storage[{storage.id}]",
        name=lambda storage: "Storage information",
    ),
    "CameraGroup": Kind(
        columns=items.DEVICE_GROUP,
        all=lambda lookup: (group for group, _ in lookup.groups()),
        find=_find_group,
        parent=_group_parent,
        folders=("CameraGroupFolder", "CameraFolder"),
    ),
    "UserDefinedEvent": _listed(
        _of_kind("user"), "/UserDefinedEventFolder", events.USER_DEFINED_EVENT, methods=("ChangeSecurityPermissions",)
    ),
    "AnalyticsEvent": _listed(_of_kind("analytics"), "/AnalyticsEventFolder", events.ANALYTICS_EVENT),
    "GenericEvent": _listed(
        lambda lookup: lookup.site.generic_events, "/GenericEventFolder", events.GENERIC_EVENT, can_be_disabled=True
    ),
    "EventTypeGroup": _listed(
        lambda lookup: [EventGroup(key, name) for key, name in events.GROUPS.items()],
        "/EventTypeGroupFolder",
        (),
        folders=("EventTypeFolder", "AnalyticsEventFolder", "UserDefinedEventFolder", "GenericEventFolder"),
    ),
    "EventType": Kind(
        columns=events.EVENT_TYPE,
        all=_of_kind("system"),
        find=_by_id(_of_kind("system")),
        parent=lambda lookup, event: f"EventTypeGroup[{events.group_of(event)}]/EventTypeFolder",
    ),
    "StateGroup": _listed(lambda lookup: lookup.site.state_groups, "/StateGroupFolder", events.STATE_GROUP),
    "AlarmDefinition": _listed(
        lambda lookup: lookup.site.alarm_definitions,
        "/AlarmDefinitionFolder",
        events.ALARM_DEFINITION,
        can_be_disabled=True,
    ),
    "Role": _listed(
        lambda lookup: lookup.site.roles, "/RoleFolder", events.ROLE, folders=("UserFolder", "ClaimFolder")
    ),
    "BasicUser": Kind(
        columns=events.BASIC_USER,
        all=_basic_users,
        find=lambda lookup, key: next(
            (user for user in _basic_users(lookup) if events.basic_user_id(user.name) == key), None
        ),
        parent=lambda lookup, user: "/BasicUserFolder",
        methods=("ChangePasswordBasicUser",),
        id=lambda user: events.basic_user_id(user.name),
    ),
    "Rule": _listed(lambda lookup: lookup.site.rules, "/RuleFolder", events.RULE, can_be_disabled=True),
    "TimeProfile": _listed(lambda lookup: lookup.site.time_profiles, "/TimeProfileFolder", events.TIME_PROFILE),
    "LicenseInformation": Kind(
        columns=events.LICENCE,
        all=lambda lookup: [lookup.site],
        find=lambda lookup, key: lookup.site if lookup.site.id == key else None,
        parent=lambda lookup, site: "/LicenseInformationFolder",
        name=lambda site: site.product_name,
    ),
    "Site": Kind(
        columns=events.CHILD_SITE,
        all=lambda lookup: (site for site, _ in lookup.child_sites()),
        find=_by_id(lambda lookup: (site for site, _ in lookup.child_sites())),
        parent=_child_site_parent,
        folders=("SiteFolder", "SiteAddressFolder"),
    ),
    "SiteAddress": Kind(
        columns=_ADDRESS,
        all=_all_addresses,
        find=_by_id(_all_addresses),
        parent=lambda lookup, address: f"Site[{address.site.id}]/SiteAddressFolder",
    ),
}
"""Item type -> what is to know about it; tasks are elsewhere, and the site itself is no item of a folder."""
