"""The site as ServerCommandService tells it: ConfigurationInfo and its parts, filtered by the rights of a user."""

from collections.abc import Callable, Iterable
from typing import TypeVar
from uuid import UUID

from milestone_sdk.simulator.site import Camera, Device, EventType, Group, Hardware, Preset, Recorder, Site, User
from milestone_sdk.simulator.wire.contract import Object

__all__ = [
    "allows",
    "camera_info",
    "configuration_info",
    "disabled_devices",
    "hardware_infos",
    "presets",
    "recorder_info",
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
_PTZ_RIGHTS = ("ManualControl", "PresetControl", "ReserveControl")


def visible_cameras(site: Site, user: User) -> list[Camera]:
    """The enabled cameras of enabled hardware that this user may see (protocol/configuration.md 2.6)."""
    off = _disabled_hardware(site)
    return [camera for camera in site.cameras if camera.enabled and camera.hardware_id not in off and user.sees(camera)]


def _disabled_hardware(site: Site) -> set[UUID]:
    return {hardware.id for hardware in site.hardware if not hardware.enabled}


def configuration_info(site: Site, user: User) -> Object:
    """The whole ConfigurationInfo of one user (protocol/auth.md 6.3)."""
    cameras = visible_cameras(site, user)
    visible = {camera.id for camera in cameras}
    cameras_on = _by(cameras, lambda camera: camera.recorder_id)
    hardware_on = _by(site.hardware, lambda hardware: hardware.recorder_id)
    return {
        "ServerId": site.id,
        "ServerName": site.name,
        "ServerDescription": site.description,
        "ServerOptions": [{"Key": "Bookmark", "Value": "True"}, {"Key": "PrivacyMask", "Value": "True"}],
        "Recorders": [
            _recorder_info(recorder, user, cameras_on.get(recorder.id, []), hardware_on.get(recorder.id, []))
            for recorder in site.recorders
        ],
        "ApplicationAccess": {"SmartClientSecurity": _SMART_CLIENT},
        "FailoverCheckInterval": 0,
        "CameraGroups": [_group_info(group, visible) for group in site.camera_groups],
        "EventTypes": [_event_info(event) for event in site.event_types if event.kind == "user"],
        "SystemEventTypes": [_event_info(event) for event in site.event_types if event.kind == "system"],
        "BookmarkSettings": {"DefaultPreTimeSec": 3, "DefaultPostTimeSec": 30},
        "RetentionSettings": {"RetentionOptions": [{"RetentionUnits": -1, "RetentionOptionType": "Indefinite"}]},
        "AudioMessages": [],
        "Licenses": [],
    }


_SMART_CLIENT = {
    "SmartClientLive": True,
    "SmartClientBrowse": True,
    "SmartClientSetup": False,
    "SmartClientReport": True,
}


def _event_info(event: EventType) -> Object:
    """An EventTypeInfo or SystemEventTypeInfo; only the latter has a source."""
    return {
        "EventTypeId": event.id,
        "Name": event.name,
        "Description": event.description,
        "EventSource": event.source,
    }


def _group_info(group: Group, visible: set[UUID]) -> Object:
    return {
        "GroupId": group.id,
        "Name": group.name,
        "Description": group.description,
        "CameraGroups": [_group_info(child, visible) for child in group.groups],
        "Cameras": [camera for camera in group.cameras if camera in visible],
    }


def recorder_info(
    site: Site, recorder: Recorder, user: User | None = None, cameras: Iterable[Camera] | None = None
) -> Object:
    """A RecorderInfo with the cameras that `user` sees; without them the form of QueryRecorderInfo.

    There the device lists are null (protocol/auth.md 6.2).
    """
    if cameras is None or user is None:
        return _bare_recorder_info(recorder)
    here = [camera for camera in cameras if camera.recorder_id == recorder.id]
    hardware = [hardware for hardware in site.hardware if hardware.recorder_id == recorder.id]
    return _recorder_info(recorder, user, here, hardware)


def _bare_recorder_info(recorder: Recorder) -> Object:
    return {
        "RecorderId": recorder.id,
        "ServiceId": recorder.id,
        "Name": recorder.name,
        "Description": recorder.description,
        "HostName": recorder.host_name,
        "WebServerUri": recorder.uri,
        "TimeZoneName": recorder.time_zone,
        "DefaultRecordingTimeSeconds": 0,
        "XmlEncoding": "utf-8",
        "LastModified": recorder.last_modified,
    }


def _recorder_info(recorder: Recorder, user: User, cameras: list[Camera], hardware: list[Hardware]) -> Object:
    return {
        **_bare_recorder_info(recorder),
        "Cameras": [camera_info(camera, user) for camera in cameras],
        "Inputs": [],
        "Outputs": [],
        "Microphones": [],
        "Speakers": [],
        "MetadataDevices": [],
        "Hardware": [info for info in _hardware_infos(hardware, cameras) if info["DeviceIds"]],
    }


def hardware_infos(site: Site, cameras: Iterable[Camera]) -> list[Object]:
    """Every hardware as HardwareInfo, with those of its devices that are among `cameras`."""
    return _hardware_infos(site.hardware, cameras)


def _hardware_infos(hardware: Iterable[Hardware], cameras: Iterable[Camera]) -> list[Object]:
    devices = _by(cameras, lambda camera: camera.hardware_id)
    return [_hardware_info(device, [camera.id for camera in devices.get(device.id, [])]) for device in hardware]


def _by(items: Iterable[T], key: Callable[[T], UUID]) -> dict[UUID, list[T]]:
    grouped: dict[UUID, list[T]] = {}
    for item in items:
        grouped.setdefault(key(item), []).append(item)
    return grouped


def _hardware_info(hardware: Hardware, devices: list[UUID]) -> Object:
    return {
        "HardwareId": hardware.id,
        "DeviceIds": [*devices],
        "RecorderId": hardware.recorder_id,
        "Name": hardware.name,
        "Description": hardware.description,
        "Uri": hardware.uri,
        "Interconnected": hardware.interconnected,
        "LastModified": hardware.last_modified,
    }


def camera_info(camera: Camera, user: User) -> Object:
    """A CameraInfo with the rights of that user."""
    tracks: list[Object] = [{"TrackId": camera.id, "Edge": False}]
    if camera.edge_storage:
        tracks.append({"TrackId": UUID(int=camera.id.int ^ 1), "Edge": True})
    return {
        "RecorderId": camera.recorder_id,
        "HardwareId": camera.hardware_id,
        "DeviceId": camera.id,
        "Name": camera.name,
        "Description": camera.description,
        "Shortcut": "",
        "DeviceIndex": camera.index,
        "GisPoint": camera.gis,
        "ShortName": camera.short_name,
        "Icon": camera.icon,
        "CoverageDirection": camera.coverage_direction,
        "CoverageDepth": camera.coverage_depth,
        "CoverageFieldOfView": camera.coverage_field_of_view,
        "MaxFPS": float(camera.frames_per_second),
        "BrowsableStream": True,
        "Streams": [{"StreamId": camera.stream_id, "Name": "Video stream 1", "Default": True}],
        "Tracks": tracks,
        "CameraSecurity": _security(camera, user),
        "PtzSettings": {
            "PtzEnabled": camera.ptz,
            "Presets": presets(camera),
            "Capabilities": [],
            "EditPreset": camera.ptz,
        },
        "IpixSettings": {"IpixEnabled": False, "CeilingMounted": False},
        "PanoramicLensSettings": {"PanoramicLensEnabled": False, "PanoramicLensType": "", "CameraMount": ""},
        "EdgeStorageSupported": camera.edge_storage,
        "EdgeStoragePlayback": camera.edge_playback,
        "StopManualRecordingSeconds": camera.manual_recording_minutes * 60 if camera.manual_recording_timeout else 0,
    }


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


def presets(camera: Camera) -> list[Object]:
    """The PTZ presets of a camera as PresetInfo."""
    return [_preset_info(preset) for preset in camera.presets]


def _preset_info(preset: Preset) -> Object:
    return {
        "Id": preset.id,
        "Name": preset.name,
        "Locked": preset.locked,
        "Position": {"Pan": preset.pan, "Tilt": preset.tilt, "Zoom": preset.zoom},
        "Shortcut": "",
    }


def disabled_devices(site: Site, user: User) -> list[Object]:
    """The cameras that are switched off, by themselves or with their hardware, as DeviceDisabledInfo."""
    off = _disabled_hardware(site)
    return [
        {
            "RecorderId": camera.recorder_id,
            "HardwareId": camera.hardware_id,
            "DeviceId": camera.id,
            "DeviceType": "Camera",
            "DeviceName": camera.name,
        }
        for camera in site.cameras
        if (not camera.enabled or camera.hardware_id in off) and user.sees(camera)
    ]
