"""The properties of devices, recorders and the site itself, by item type."""  # docs/protocol: configuration-items

from uuid import UUID

from milestone_sdk.simulator.configuration.columns import (
    Column,
    attribute,
    choices,
    columns,
    kept,
    shown,
    tick_text,
    truth,
)
from milestone_sdk.simulator.configuration.contract import Choice
from milestone_sdk.simulator.configuration.lookup import Lookup
from milestone_sdk.simulator.site.devices import Camera, Device, Hardware, Recorder, Stream

DEFAULT_PORT = 7563


def id_in(path: str, *item_types: str) -> UUID:
    """The guid of a path of one of those types; ValueError if it is none."""
    for item_type in item_types:
        if path.startswith(f"{item_type}[") and path.endswith("]"):
            return UUID(path[len(item_type) + 1 : -1])
    raise ValueError(f"The value must be the path of a {' or '.join(item_types)}.")


def _storage_path(device: Camera | Device, lookup: Lookup) -> str:
    storage = lookup.default_storage(device)
    return f"Storage[{storage}]" if storage is not None else ""


def _set_storage(device: Camera | Device, lookup: Lookup, value: str) -> None:
    storage = id_in(value, "Storage")
    if lookup.storages.find(storage) is None:
        raise ValueError("There is no such storage.")
    device.storage_id = storage


def _edge(key: str, name: str, other: str) -> Column:
    """A way to the recordings on a device; the two ways exclude one another."""

    def change(device: Camera | Device, lookup: Lookup, value: str) -> None:
        wanted = truth(value)
        if wanted and getattr(device, other):
            raise ValueError("Direct playback from the device and retrieval exclude one another.")
        setattr(device, name, wanted)

    return shown(key, lambda device, _: tick_text(getattr(device, name)), "Tick", set=change)


OTHER_DEVICE = columns(
    """
    Id Name*=name Channel:Int!=index Description=description CreatedDate:DateTime LastModified:DateTime=last_modified
    GisPoint=gis ShortName=short_name Icon:Int=icon CoverageDirection:Double[0.0|1.0]=coverage_direction
    CoverageDepth:Double[0.0|10000.0]=coverage_depth CoverageFieldOfView:Double[0.0|1.0]=coverage_field_of_view
    """
)
"""InputEvent and Output."""

_FAILOVER = choices(("Full support", "FullSupport"), ("Live only", "LiveOnly"), ("Disabled", "Disabled"))
_RECORDING = (
    *columns(
        """
        RecordingEnabled:Tick=recording_enabled PrebufferEnabled:Tick~True PrebufferInMemory:Tick~True
        PrebufferSeconds:Int[1|600]~3
        """
    ),
    _edge("EdgeStorageEnabled", "edge_retrieval", "edge_playback"),
    _edge("EdgeStoragePlaybackEnabled", "edge_playback", "edge_retrieval"),
    *columns(
        """
        ManualRecordingTimeoutEnabled:Tick=manual_recording_timeout
        ManualRecordingTimeoutMinutes:Int[1|1440]=manual_recording_minutes
        """
    ),
    shown("RecordingStorage", _storage_path, "Path", set=_set_storage, infos=(Choice("PathItemType", "Storage"),)),
    kept("FailoverSetting", "Enum", "FullSupport", infos=_FAILOVER, since=(25, 1)),
)
MEDIA_DEVICE: tuple[Column, ...] = (*OTHER_DEVICE, *_RECORDING)
"""Microphone, Speaker and Metadata."""

CAMERA: tuple[Column, ...] = (
    *OTHER_DEVICE,
    *columns("RecordingFramerate:Double[0.1|60.0]~5.0 RecordKeyframesOnly:Tick~False RecordOnRelatedDevices:Tick~True"),
    attribute("PtzEnabled", "ptz", "Tick", settable=False, since=(25, 1)),
    *_RECORDING,
)

DEVICE_GROUP = columns("Id Name*=name Description=description LastModified:DateTime=last_modified BuiltIn:Tick#False")


def _driver_path(hardware: Hardware, lookup: Lookup) -> str:
    driver = lookup.site.driver_of(hardware)
    return f"HardwareDriver[{driver.id}]" if driver is not None else ""


HARDWARE: tuple[Column, ...] = (
    *columns(
        """
        Id Name*=name Description=description Address*=uri UserName=user_name Model*!=model
        PasswordLastModified:DateTime LastModified:DateTime=last_modified
        """
    ),
    shown("HardwareDriverPath", _driver_path, "Path", infos=(Choice("PathItemType", "HardwareDriver"),)),
)

DRIVER: tuple[Column, ...] = (
    *columns(
        """
        Id Name*!=name Number:Int!=number GroupName!=group_name
        DriverType:Enum[Unknown|DevicePack|InterconnectedProduct]!=kind DriverVersion!=version DriverRevision!=revision
        """
    ),
    shown("UseCount", lambda driver, lookup: str(lookup.uses(driver)), "Int"),
)


def _port(recorder: Recorder, lookup: Lookup) -> str:
    port = recorder.uri.rpartition(":")[2].strip("/")
    return port if port.isdigit() else str(DEFAULT_PORT)


RECORDER: tuple[Column, ...] = (
    *columns(
        """
        Id Name*=name Description=description LastModified:DateTime=last_modified SynchronizationTime:Int~-1
        TimeZoneName!=time_zone HostName*!=host_name
        """
    ),
    shown("PortNumber", _port, "Int"),
    *columns(
        """
        WebServerUri!=uri ActiveWebServerUri!=active_uri PublicAccessEnabled:Tick=public_access
        PublicWebserverHostName=public_host PublicWebserverPort:Int[0|65535]=public_port
        MulticastServerAddress~0.0.0.0 ShutdownOnStorageFailure:Tick~False
        """
    ),
    shown("Version", lambda recorder, lookup: recorder.settings.get("Version", lookup.version), since=(25, 1)),
)

STORAGE = columns(
    f"""
    Id Name*=name Description=description DiskPath!=disk_path MaxSize:Int[1|{2**31 - 1}]=maximum_size
    RetainMinutes:Int[1|{2**31 - 1}]=retain_minutes IsDefault:Tick!=default
    EncryptionMethod:Enum[None|Light|Strong]!=encryption Signing:Tick=signing CreatedDate:DateTime
    LastModified:DateTime=last_modified
    """
)
STORAGE_INFORMATION = columns(
    """
    AnyTablesWithData:Enum#ContainsData IsAvailable:Tick#True IsMounted:Tick#True UsedSpace:Int#1024
    LockedUsedSpace:Int#0 LastUpdated:DateTime=last_modified
    """
)
PRESET = columns(
    """
    Id Name*=name Description=description Pan:Double[-1.0|1.0]=pan Tilt:Double[-1.0|1.0]=tilt Zoom:Double[0.0|1.0]=zoom
    DefaultPreset:Tick#False DevicePreset:Tick#False DevicePresetInternalId# Locked:Tick=locked
    """
)

PATROLLING_PROFILE = columns("Id Name*=name Description=description CustomizeTransitions:Tick#False")

_TRACKS = choices(
    ("Primary recording", "16ce3aa1-5f93-458a-abe5-5c95d9ed1372"),
    ("Secondary recording", "84fff8b9-8cd1-46b2-a451-c4a87d4cbbb0"),
    ("None", ""),
)


def _set_record_to(stream: Stream, lookup: Lookup, value: str) -> None:
    if value not in {track.value for track in _TRACKS}:
        raise ValueError("The value is not one of the choices.")
    stream.record_to = value


def _set_record(stream: Stream, lookup: Lookup, value: str) -> None:
    stream.record_to = _TRACKS[0].value if truth(value) else ""


_STREAM_IDS = ((f"Video stream {n + 1}", f"28DC44C3-079E-4C94-8EC9-60363451EB{n + 0x40:X}") for n in range(4))
_LIVE_MODES = choices(("Always", "Always"), ("Never", "Never"), ("When needed", "WhenNeeded"))
STREAM_USE: tuple[Column, ...] = (
    attribute("Name", "name"),
    attribute("StreamReferenceId", "reference_id", "Enum", infos=choices(*_STREAM_IDS)),
    attribute("LiveDefault", "live_default", "Tick"),
    attribute("LiveMode", "live_mode", "Enum", infos=_LIVE_MODES),
    shown("Record", lambda stream, _: tick_text(bool(stream.record_to)), "Tick", set=_set_record, until=(23, 2)),
    shown("RecordTo", lambda stream, _: stream.record_to, "Enum", set=_set_record_to, infos=_TRACKS, since=(23, 2)),
    attribute("DefaultPlayback", "default_playback", "Tick", since=(23, 2)),
    attribute("UseEdge", "use_edge", "Tick"),
)
"""Of the ChildItems below a Stream item: one for each use of a stream."""

_GRIDS = choices("Grid8X8", "Grid16X16", "Grid32X32", "Grid64X64")
MOTION_DETECTION: tuple[Column, ...] = (
    *columns("Id"),
    kept("DetectionMethod", "Enum", "Fast", infos=choices("Normal", "Optimized", "Fast"), at="Motion/Method"),
    kept("GridSize", "Enum", "Grid16X16", infos=_GRIDS, at="Motion/Grid"),
    kept("KeyframesOnly", "Tick", "True", at="Motion/Keyframes"),
    kept("ManualSensitivityEnabled", "Tick", "False", at="Motion/Manual"),
    kept("ManualSensitivity", "Int", "30", at="Motion/Sensitivity"),
    kept("Threshold", "Int", "2000", at="Motion/Threshold"),
)
