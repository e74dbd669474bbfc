"""The site as ServerCommandService shows it: ConfigurationInfo and its parts, filtered by the rights of a user."""

from collections.abc import Callable, Iterable
from typing import TypeVar
from uuid import UUID

from milestone_sdk.simulator.site import Camera, Device, Group, Hardware, Recorder, Site, User
from milestone_sdk.simulator.wire.contract import Extended, Object

__all__ = [
    "allows",
    "bare_recorder_info",
    "configuration_info",
    "disabled_devices",
    "hardware_infos",
    "other_devices",
    "presets",
    "recorder_infos",
    "visible_cameras",
]

T = TypeVar("T")

_REFUSED = ("ManagePatrollingProfiles", "ManagePresetLocks", "ManagePresets")
_GRANTED = (
    "BookmarkAdd", "BookmarkDelete", "BookmarkEdit", "BookmarkView", "Browse", "ExportAvi", "ExportDatabase",
    "ExportJpeg", "GetSequences", "Live", "RestrictedMediaView", "RetentionCreate", "RetentionRemove", "RetentionView",
    "SmartSearch", "StartRecording", "StopRecording",
)  # fmt: skip
_RIGHTS: dict[str, bool] = {
    **dict.fromkeys(_GRANTED, True),
    **dict.fromkeys((*_REFUSED, "RestrictedMediaCreate", "RestrictedMediaRemove"), False),
}
"""What a user may do with a camera for which nothing else is said."""
_MEDIA = {"Microphone": "Microphone", "Speaker": "Speaker", "MetadataDevice": "Metadata"}
"""Names in ConfigurationInfo, and in the Configuration API."""
_PTZ_RIGHTS = ("ManualControl", "PresetControl", "ReserveControl")


def visible_cameras(site: Site, user: User) -> list[Camera]:
    """The enabled cameras of enabled hardware that this user may see."""  # docs/protocol: configuration-disabled
    off = _disabled_hardware(site)
    return [camera for camera in site.cameras if camera.enabled and camera.hardware_id not in off and user.sees(camera)]


def other_devices(site: Site, user: User) -> list[Device]:
    """The enabled devices of enabled hardware that are not cameras; of those with footage, what this user may see."""
    off, unseen = _disabled_hardware(site), ("InputEvent", "Output")
    found = [one for one in site.devices if one.enabled and one.hardware_id not in off]
    return [one for one in found if one.kind in unseen or user.sees(one)]


def _media_infos(devices: Iterable[Device], name: str, recorder: Recorder, user: User) -> list[Extended]:
    """The devices of one kind as MicrophoneInfo, SpeakerInfo or MetadataDeviceInfo."""
    rights = {**_RIGHTS, **user.rights}
    return [
        Extended(
            device,
            {
                "RecorderId": recorder.id,
                "Shortcut": "",
                "Tracks": [{"TrackId": device.id, "Edge": False}],
                "StopManualRecordingSeconds": device.manual_recording_minutes * 60,
                f"{name}Security": rights,
            },
        )
        for device in devices
        if device.kind == _MEDIA[name]
    ]


def _disabled_hardware(site: Site) -> set[UUID]:
    return {hardware.id for hardware in site.hardware if not hardware.enabled}


_SMART_CLIENT = {
    "SmartClientLive": True,
    "SmartClientBrowse": True,
    "SmartClientSetup": False,
    "SmartClientReport": True,
}


def configuration_info(site: Site, user: User) -> Extended:
    """The whole ConfigurationInfo of one user."""  # docs/protocol: servercommand-types
    visible = {camera.id for camera in visible_cameras(site, user)}
    members = {
        "ServerOptions": [{"Key": "Bookmark", "Value": "True"}, {"Key": "PrivacyMask", "Value": "True"}],
        "Recorders": recorder_infos(site, user),
        "ApplicationAccess": {"SmartClientSecurity": _SMART_CLIENT},
        "CameraGroups": [_group_info(group, visible) for group in site.camera_groups],
        "EventTypes": [event for event in site.event_types if event.kind == "user"],
        "SystemEventTypes": [event for event in site.event_types if event.kind == "system"],
        "BookmarkSettings": {"DefaultPreTimeSec": 3, "DefaultPostTimeSec": 30},
        "RetentionSettings": {"RetentionOptions": [{"RetentionUnits": -1, "RetentionOptionType": "Indefinite"}]},
        "AudioMessages": [],
        "Licenses": [],
    }
    return Extended(site, members)


def _group_info(group: Group, visible: set[UUID]) -> Extended:
    members = {
        "CameraGroups": [_group_info(child, visible) for child in group.groups],
        "Cameras": [camera for camera in group.cameras if camera in visible],
    }
    return Extended(group, members)


def recorder_infos(site: Site, user: User) -> list[Extended]:
    """Every recorder as RecorderInfo, with the cameras that the user sees."""
    cameras_on = _by(visible_cameras(site, user), lambda camera: camera.recorder_id)
    hardware_on = _by(site.hardware, lambda hardware: hardware.recorder_id)
    devices_on = _by(other_devices(site, user), lambda device: device.hardware_id)
    infos: list[Extended] = []
    for recorder in site.recorders:
        cameras, info = cameras_on.get(recorder.id, []), bare_recorder_info(recorder)
        own = hardware_on.get(recorder.id, [])
        devices = [device for one in own for device in devices_on.get(one.id, ())]
        hardware = hardware_infos(own, [*cameras, *devices])
        members: Object = {
            **{f"{name}s": _media_infos(devices, name, recorder, user) for name in _MEDIA},
            "Cameras": [_camera_info(camera, user) for camera in cameras],
            "Inputs": [_io_info(device, recorder, user) for device in devices if device.kind == "InputEvent"],
            "Outputs": [_io_info(device, recorder, user) for device in devices if device.kind == "Output"],
            "Hardware": [one for one in hardware if one.members["DeviceIds"]],
        }
        infos.append(Extended(recorder, {**info.members, **members}))
    return infos


def bare_recorder_info(recorder: Recorder) -> Extended:
    """A RecorderInfo without devices, the form of QueryRecorderInfo."""
    return Extended(recorder, {"XmlEncoding": "utf-8"})


def hardware_infos(hardware: Iterable[Hardware], devices: Iterable[Camera | Device]) -> list[Extended]:
    """Hardware as HardwareInfo, with the ids of its devices that are among `devices`."""
    devices_on = _by(devices, lambda device: device.hardware_id)
    return [Extended(one, {"DeviceIds": [device.id for device in devices_on.get(one.id, [])]}) for one in hardware]


def _by(items: Iterable[T], key: Callable[[T], UUID]) -> dict[UUID, list[T]]:
    grouped: dict[UUID, list[T]] = {}
    for item in items:
        grouped.setdefault(key(item), []).append(item)
    return grouped


def _camera_info(camera: Camera, user: User) -> Extended:
    """A CameraInfo with the rights of that user."""
    tracks = [{"TrackId": camera.id, "Edge": False}]
    if camera.edge_storage:
        tracks.append({"TrackId": UUID(int=camera.id.int ^ 1), "Edge": True})
    ptz = {"PtzEnabled": camera.ptz, "Presets": presets(camera), "Capabilities": [], "EditPreset": camera.ptz}
    members = {
        "Shortcut": "",
        "BrowsableStream": True,
        "Streams": [{"StreamId": camera.stream_id, "Name": "Video stream 1", "Default": True}],
        "Tracks": tracks,
        "CameraSecurity": _security(camera, user),
        "PtzSettings": ptz,
        "IpixSettings": {"IpixEnabled": False, "CeilingMounted": False},
        "PanoramicLensSettings": {"PanoramicLensEnabled": False, "PanoramicLensType": "", "CameraMount": ""},
        "StopManualRecordingSeconds": camera.manual_recording_minutes * 60 if camera.manual_recording_timeout else 0,
    }
    return Extended(camera, members)


def _io_info(device: Device, recorder: Recorder, user: User) -> Extended:
    """An InputInfo or OutputInfo with the rights of that user."""
    rights = {right: user.rights.get(right, True) for right in ("ReadInput", "Activate")}
    return Extended(
        device, {"RecorderId": recorder.id, "Shortcut": "", "InputSecurity": rights, "OutputSecurity": rights}
    )


def _security(camera: Camera, user: User) -> Object:
    rights = {**_RIGHTS, "RetrieveEdgeRecordings": camera.edge_storage}
    ptz: dict[str, bool] = dict.fromkeys(_PTZ_RIGHTS, camera.ptz)
    for overrides in (user.rights, camera.rights):
        for name, allowed in overrides.items():
            (ptz if name in _PTZ_RIGHTS else rights)[name] = allowed
    return {**rights, "PtzSecurity": {**ptz}}


def allows(device: Camera | Device, user: User, right: str) -> bool:
    """Whether a user has a right of CameraSecurityInfo, or its twin for other devices, on one device."""
    rights = {**_RIGHTS, **user.rights, **(device.rights if isinstance(device, Camera) else {})}
    return rights.get(right, False)


def presets(camera: Camera) -> list[Extended]:
    """The PTZ presets of a camera as PresetInfo."""
    return [Extended(preset, {"Position": preset, "Shortcut": ""}) for preset in camera.presets]


def disabled_devices(site: Site, user: User) -> list[Extended]:
    """The cameras that are switched off, by themselves or with their hardware, as DeviceDisabledInfo."""
    off = _disabled_hardware(site)
    return [
        Extended(camera, {"DeviceType": "Camera"})
        for camera in site.cameras
        if (not camera.enabled or camera.hardware_id in off) and user.sees(camera)
    ]
