"""The properties of devices, recorders and the site itself, by item type (protocol/configuration.md 3.1 to 3.9)."""

from uuid import UUID

from milestone_sdk.simulator.configuration.columns import (
    Column,
    choices,
    double,
    enum,
    guid,
    kept,
    moment,
    shown,
    text,
    tick,
    tick_text,
    whole,
)
from milestone_sdk.simulator.configuration.contract import Choice
from milestone_sdk.simulator.configuration.lookup import Lookup
from milestone_sdk.simulator.site.devices import Camera, Device, Driver, Hardware, Recorder, Stream

__all__ = [
    "CAMERA",
    "DEVICE_GROUP",
    "DRIVER",
    "HARDWARE",
    "MEDIA_DEVICE",
    "MOTION_DETECTION",
    "OTHER_DEVICE",
    "PRESET",
    "RECORDER",
    "STORAGE",
    "STORAGE_INFORMATION",
    "STREAM_USE",
    "id_in",
]

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
    if lookup.storage(storage) is None:
        raise ValueError("There is no such storage.")
    device.storage_id = storage


def _set_edge_retrieval(device: Camera | Device, lookup: Lookup, value: str) -> None:
    _set_edge(device, "edge_retrieval", "edge_playback", value)


def _set_edge_playback(device: Camera | Device, lookup: Lookup, value: str) -> None:
    _set_edge(device, "edge_playback", "edge_retrieval", value)


def _set_edge(device: Camera | Device, attribute: str, other: str, value: str) -> None:
    if value.lower() not in ("true", "false"):
        raise ValueError("The value must be True or False.")
    wanted = value.lower() == "true"
    if wanted and getattr(device, other):
        raise ValueError("Direct playback from the device and retrieval exclude one another.")
    setattr(device, attribute, wanted)


_FAILOVER = choices(("Full support", "FullSupport"), ("Live only", "LiveOnly"), ("Disabled", "Disabled"))
_PLACE = (
    text("GisPoint", "gis"),
    text("ShortName", "short_name"),
    whole("Icon", "icon"),
    double("CoverageDirection", "coverage_direction", 0, 1),
    double("CoverageDepth", "coverage_depth", 0, 10_000),
    double("CoverageFieldOfView", "coverage_field_of_view", 0, 1),
)
OTHER_DEVICE: tuple[Column, ...] = (
    guid(),
    text("Name", "name", importance=2),
    whole("Channel", "index", settable=False),
    text("Description", "description"),
    moment("CreatedDate"),
    moment("LastModified", "last_modified"),
    *_PLACE,
)
"""InputEvent and Output."""

_PREBUFFER = (
    tick("RecordingEnabled", "recording_enabled"),
    kept("PrebufferEnabled", "Tick", "True"),
    kept("PrebufferInMemory", "Tick", "True"),
    kept("PrebufferSeconds", "Int", "3", infos=(Choice("MinValue", "1"), Choice("MaxValue", "600"))),
)
_EDGE = (
    shown("EdgeStorageEnabled", lambda device, _: tick_text(device.edge_retrieval), "Tick", set=_set_edge_retrieval),
    shown(
        "EdgeStoragePlaybackEnabled", lambda device, _: tick_text(device.edge_playback), "Tick", set=_set_edge_playback
    ),
    tick("ManualRecordingTimeoutEnabled", "manual_recording_timeout"),
    whole("ManualRecordingTimeoutMinutes", "manual_recording_minutes", 1, 1440),
    shown("RecordingStorage", _storage_path, "Path", set=_set_storage, infos=(Choice("PathItemType", "Storage"),)),
    kept("FailoverSetting", "Enum", "FullSupport", infos=_FAILOVER, since=(25, 1)),
)
MEDIA_DEVICE: tuple[Column, ...] = (*OTHER_DEVICE, *_PREBUFFER, *_EDGE)
"""Microphone, Speaker and Metadata."""

CAMERA: tuple[Column, ...] = (
    *OTHER_DEVICE,
    kept("RecordingFramerate", "Double", "5.0", infos=(Choice("MinValue", "0.1"), Choice("MaxValue", "60.0"))),
    kept("RecordKeyframesOnly", "Tick", "False"),
    kept("RecordOnRelatedDevices", "Tick", "True"),
    tick("PtzEnabled", "ptz", settable=False, since=(25, 1)),
    *_PREBUFFER,
    *_EDGE,
)

DEVICE_GROUP: tuple[Column, ...] = (
    guid(),
    text("Name", "name", importance=2),
    text("Description", "description"),
    moment("LastModified", "last_modified"),
    shown("BuiltIn", lambda group, _: "False", "Tick"),
)


def _driver_path(hardware: Hardware, lookup: Lookup) -> str:
    driver = lookup.site.driver_of(hardware)
    return f"HardwareDriver[{driver.id}]" if driver is not None else ""


HARDWARE: tuple[Column, ...] = (
    guid(),
    text("Name", "name", importance=2),
    text("Description", "description"),
    text("Address", "uri", importance=2),
    text("UserName", "user_name"),
    text("Model", "model", settable=False, importance=2),
    moment("PasswordLastModified"),
    moment("LastModified", "last_modified"),
    shown("HardwareDriverPath", _driver_path, "Path", infos=(Choice("PathItemType", "HardwareDriver"),)),
)


def _use_count(driver: Driver, lookup: Lookup) -> str:
    return str(lookup.uses(driver))


DRIVER: tuple[Column, ...] = (
    guid(),
    text("Name", "name", settable=False, importance=2),
    whole("Number", "number", settable=False),
    text("GroupName", "group_name", settable=False),
    enum("DriverType", "kind", "Unknown", "DevicePack", "InterconnectedProduct", settable=False),
    text("DriverVersion", "version", settable=False),
    text("DriverRevision", "revision", settable=False),
    shown("UseCount", _use_count, "Int"),
)


def _port(recorder: Recorder, lookup: Lookup) -> str:
    port = recorder.uri.rpartition(":")[2].strip("/")
    return port if port.isdigit() else str(DEFAULT_PORT)


RECORDER: tuple[Column, ...] = (
    guid(),
    text("Name", "name", importance=2),
    text("Description", "description"),
    moment("LastModified", "last_modified"),
    kept("SynchronizationTime", "Int", "-1"),
    text("TimeZoneName", "time_zone", settable=False),
    text("HostName", "host_name", settable=False, importance=2),
    shown("PortNumber", _port, "Int"),
    text("WebServerUri", "uri", settable=False),
    text("ActiveWebServerUri", "active_uri", settable=False),
    tick("PublicAccessEnabled", "public_access"),
    text("PublicWebserverHostName", "public_host"),
    whole("PublicWebserverPort", "public_port", 0, 65535),
    kept("MulticastServerAddress", "String", "0.0.0.0"),
    kept("ShutdownOnStorageFailure", "Tick", "False"),
    shown("Version", lambda recorder, lookup: recorder.settings.get("Version", lookup.version), since=(25, 1)),
)

STORAGE: tuple[Column, ...] = (
    guid(),
    text("Name", "name", importance=2),
    text("Description", "description"),
    text("DiskPath", "disk_path", settable=False),
    whole("MaxSize", "maximum_size", 1),
    whole("RetainMinutes", "retain_minutes", 1),
    tick("IsDefault", "default", settable=False),
    enum("EncryptionMethod", "encryption", "None", "Light", "Strong", settable=False),
    tick("Signing", "signing"),
    moment("CreatedDate"),
    moment("LastModified", "last_modified"),
)
STORAGE_INFORMATION: tuple[Column, ...] = (
    shown("AnyTablesWithData", lambda storage, _: "ContainsData", "Enum"),
    shown("IsAvailable", lambda storage, _: "True", "Tick"),
    shown("IsMounted", lambda storage, _: "True", "Tick"),
    shown("UsedSpace", lambda storage, _: "1024", "Int"),
    shown("LockedUsedSpace", lambda storage, _: "0", "Int"),
    moment("LastUpdated", "last_modified"),
)

PRESET: tuple[Column, ...] = (
    guid(),
    text("Name", "name", importance=2),
    text("Description", "description"),
    double("Pan", "pan", -1, 1),
    double("Tilt", "tilt", -1, 1),
    double("Zoom", "zoom", 0, 1),
    shown("DefaultPreset", lambda preset, _: "False", "Tick"),
    shown("DevicePreset", lambda preset, _: "False", "Tick"),
    shown("DevicePresetInternalId", lambda preset, _: ""),
    tick("Locked", "locked"),
)

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
    if value.lower() not in ("true", "false"):
        raise ValueError("The value must be True or False.")
    stream.record_to = _TRACKS[0].value if value.lower() == "true" else ""


STREAM_USE: tuple[Column, ...] = (
    text("Name", "name"),
    enum(
        "StreamReferenceId",
        "reference_id",
        *((f"Video stream {n + 1}", f"28DC44C3-079E-4C94-8EC9-60363451EB{n + 0x40:X}") for n in range(4)),
    ),
    tick("LiveDefault", "live_default"),
    enum("LiveMode", "live_mode", ("Always", "Always"), ("Never", "Never"), ("When needed", "WhenNeeded")),
    shown("Record", lambda stream, _: tick_text(bool(stream.record_to)), "Tick", set=_set_record, until=(23, 2)),
    shown("RecordTo", lambda stream, _: stream.record_to, "Enum", set=_set_record_to, infos=_TRACKS, since=(23, 2)),
    tick("DefaultPlayback", "default_playback", since=(23, 2)),
    tick("UseEdge", "use_edge"),
)
"""Of the ChildItems below a Stream item: one for each use of a stream."""

MOTION_DETECTION: tuple[Column, ...] = (
    guid(),
    kept("DetectionMethod", "Enum", "Fast", infos=choices("Normal", "Optimized", "Fast"), at="Motion/Method"),
    kept(
        "GridSize",
        "Enum",
        "Grid16X16",
        infos=choices("Grid8X8", "Grid16X16", "Grid32X32", "Grid64X64"),
        at="Motion/Grid",
    ),
    kept("KeyframesOnly", "Tick", "True", at="Motion/Keyframes"),
    kept("ManualSensitivityEnabled", "Tick", "False", at="Motion/Manual"),
    kept("ManualSensitivity", "Int", "30", at="Motion/Sensitivity"),
    kept("Threshold", "Int", "2000", at="Motion/Threshold"),
)
