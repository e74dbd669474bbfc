"""The folders of the tree: where they are, what they hold, what can be done there."""
# docs/protocol: configuration-tree, configuration-methods

from collections.abc import Callable, Iterable
from typing import Any

from milestone_sdk.simulator.configuration import events
from milestone_sdk.simulator.configuration.kinds import KINDS, EventGroup, addresses
from milestone_sdk.simulator.configuration.lookup import Lookup
from milestone_sdk.simulator.site.devices import Camera, Device, Group, Hardware

__all__ = ["FOLDERS", "FOLDER_METHODS", "ROOT_FOLDERS", "SINCE", "Subject"]

Subject = tuple[str, Any]
"""An item type and the thing of the site that the item shows."""

_LISTS = """
    RecordingServer UserDefinedEvent AnalyticsEvent GenericEvent EventTypeGroup StateGroup AlarmDefinition Role
    BasicUser Rule TimeProfile LicenseInformation
"""
_ROOT = """
    RecordingServer CameraGroup MicrophoneGroup SpeakerGroup MetadataGroup InputEventGroup OutputGroup Role BasicUser
    Rule TimeProfile UserDefinedEvent AnalyticsEvent GenericEvent EventTypeGroup StateGroup AlarmDefinition ViewGroup
    LicenseInformation Site Task
"""


Give = Callable[[Lookup, Any], Iterable[Subject]]


def _all_of(item_type: str) -> Give:
    return lambda lookup, owner: ((item_type, thing) for thing in KINDS[item_type].all(lookup))


def _itself(item_type: str) -> Give:
    return lambda lookup, owner: [(item_type, owner)]


def _in(item_type: str, attribute: str) -> Give:
    """The things in a list of the owner."""
    return lambda lookup, owner: [(item_type, thing) for thing in getattr(owner, attribute)]


def _devices(kind: str) -> Give:
    return lambda lookup, hardware: [(kind, device) for device in lookup.devices_on(hardware, kind)]


def _members(lookup: Lookup, group: Group) -> list[Subject]:
    found = (lookup.cameras.find(member) for member in group.cameras)
    return [("Camera", camera) for camera in found if camera is not None]


def _with_events(lookup: Lookup, owner: Camera | Device | Hardware) -> list[Subject]:
    return [("HardwareDeviceEvent", owner)] if owner.events else []


def _group_events(item_type: str) -> Give:
    return lambda lookup, group: [
        (item_type, event) for event in KINDS[item_type].all(lookup) if events.group_of(event) == group.id
    ]


def _generic(lookup: Lookup, group: EventGroup) -> list[Subject]:
    entries = lookup.site.generic_events if group.id == events.EXTERNAL_GROUP else []
    return [("GenericEvent", entry) for entry in entries]


_OTHER_DEVICES = ("Microphone", "Speaker", "Metadata", "InputEvent", "Output")
FOLDERS: dict[tuple[str, str], Give] = {
    **{("System", f"{item_type}Folder"): _all_of(item_type) for item_type in _LISTS.split()},
    ("System", "CameraGroupFolder"): _in("CameraGroup", "camera_groups"),
    ("System", "SiteFolder"): _in("Site", "child_sites"),
    ("Site", "SiteFolder"): _in("Site", "children"),
    ("Site", "SiteAddressFolder"): lambda lookup, site: [("SiteAddress", entry) for entry in addresses(site)],
    ("RecordingServer", "HardwareFolder"): lambda lookup, recorder: [
        ("Hardware", hardware) for hardware in lookup.hardware_on.of(recorder.id)
    ],
    ("RecordingServer", "HardwareDriverFolder"): _all_of("HardwareDriver"),
    ("RecordingServer", "StorageFolder"): _in("Storage", "storages"),
    ("Hardware", "CameraFolder"): lambda lookup, hardware: [
        ("Camera", camera) for camera in lookup.cameras_on.of(hardware.id)
    ],
    **{("Hardware", f"{kind}Folder"): _devices(kind) for kind in _OTHER_DEVICES},
    ("Hardware", "HardwareDriverSettingsFolder"): _itself("HardwareDriverSettings"),
    ("Camera", "DeviceDriverSettingsFolder"): _itself("DeviceDriverSettings"),
    ("Camera", "StreamFolder"): _itself("Stream"),
    ("Camera", "MotionDetectionFolder"): _itself("MotionDetection"),
    ("Camera", "PtzPresetFolder"): _in("PtzPreset", "presets"),
    ("Camera", "PatrollingProfileFolder"): _in("PatrollingProfile", "patrolling_profiles"),
    **{(kind, "HardwareDeviceEventFolder"): _with_events for kind in ("Hardware", "Camera", *_OTHER_DEVICES)},
    ("CameraGroup", "CameraGroupFolder"): _in("CameraGroup", "groups"),
    ("CameraGroup", "CameraFolder"): _members,
    ("EventTypeGroup", "EventTypeFolder"): _group_events("EventType"),
    ("EventTypeGroup", "AnalyticsEventFolder"): _group_events("AnalyticsEvent"),
    ("EventTypeGroup", "UserDefinedEventFolder"): _group_events("UserDefinedEvent"),
    ("EventTypeGroup", "GenericEventFolder"): _generic,
}
"""What a folder holds, by its owner's type and its own; a folder that exists and is not here is empty."""

ROOT_FOLDERS = tuple(f"{name}Folder" for name in _ROOT.split())
"""The folders under the root, in the order in which they are listed."""

FOLDER_METHODS: dict[tuple[str, str], tuple[str, ...]] = {
    ("System", "CameraGroupFolder"): ("AddDeviceGroup", "RemoveDeviceGroup"),
    ("CameraGroup", "CameraGroupFolder"): ("AddDeviceGroup", "RemoveDeviceGroup"),
    ("CameraGroup", "CameraFolder"): ("AddDeviceGroupMember", "RemoveDeviceGroupMember"),
    ("System", "UserDefinedEventFolder"): ("AddUserDefinedEvent", "RemoveUserDefinedEvent"),
    ("System", "AnalyticsEventFolder"): ("AddAnalyticsEvent", "RemoveAnalyticsEvent"),
    ("Camera", "PtzPresetFolder"): ("GetDevicePresets",),
    ("System", "AlarmDefinitionFolder"): ("AddAlarmDefinition", "RemoveAlarmDefinition"),
    ("System", "RuleFolder"): ("AddRule", "RemoveRule"),
    ("System", "RoleFolder"): ("AddRole", "RemoveRole"),
    ("System", "BasicUserFolder"): ("AddBasicUser", "RemoveBasicUser"),
    ("RecordingServer", "HardwareFolder"): ("DeleteHardware",),
}

SINCE: dict[str, tuple[int, int]] = {
    "RuleFolder": (20, 1),
    "ViewGroupFolder": (21, 1),
    "ReplaceHardware": (23, 1),
    "RetrieveEdgeStorage": (25, 2),
}
"""Folder or method -> the release that brought it."""  # docs/protocol: configuration-operations, retrieval-task
