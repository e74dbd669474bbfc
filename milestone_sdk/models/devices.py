"""Recorders, hardware, cameras and other devices, and the folders (camera groups) that people arrange them in."""

# docs/protocol: servercommand-types

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from attrs import evolve, frozen

from .model import Model

__all__ = [
    "Camera",
    "CameraGroup",
    "CameraRights",
    "CameraStream",
    "CameraTrack",
    "Hardware",
    "Input",
    "MediaDevice",
    "MediaKind",
    "Output",
    "Ptz",
    "PtzPreset",
    "Recorder",
]


@frozen(kw_only=True, repr=False)
class Recorder(Model):
    """A recording server; `uri` is the base of its SOAP interface and of the ImageServer, e.g. `http://rec1:7563/`.

    `time_zone` is a Windows zone name such as "Central Standard Time", not an IANA one.
    """

    id: UUID
    name: str
    uri: str
    host_name: str | None = None
    description: str | None = None
    service_id: UUID | None = None
    time_zone: str | None = None
    last_modified: datetime | None = None
    default_recording_seconds: int = 0
    xml_encoding: str | None = None

    @property
    def configured(self) -> Self:
        """The recorder as the Configuration API has it too, to compare both sources.

        It is without `service_id`, `default_recording_seconds` and `xml_encoding`, which only `GetConfiguration` has.
        """  # docs/protocol: configuration-items
        return evolve(self, service_id=None, default_recording_seconds=0, xml_encoding=None)


@frozen(kw_only=True, repr=False)
class Hardware(Model):
    """A device on the network with cameras; `interconnected` says that it is a whole remote site."""

    id: UUID
    name: str
    recorder_id: UUID | None = None
    uri: str | None = None
    description: str | None = None
    interconnected: bool = False
    last_modified: datetime | None = None
    device_ids: tuple[UUID, ...] = ()
    model: str | None = None
    """The product, which only the Configuration API has: `site.configuration.devices.hardware()`."""

    @property
    def configured(self) -> Self:
        """The hardware as both sources have it: without `device_ids` and `model`."""
        # docs/protocol: configuration-items
        return evolve(self, device_ids=(), model=None)


@frozen(kw_only=True, repr=False)
class CameraRights(Model):
    """What the user may do with the camera.

    `restricted_media_*` exist since release 2023 R2 and are `None` on older servers.
    """

    live: bool = False
    browse: bool = False
    """Play back recordings."""
    get_sequences: bool = False
    """Read the lists of recorded sequences."""
    smart_search: bool = False
    retrieve_edge_recordings: bool = False
    start_recording: bool = False
    stop_recording: bool = False
    export_avi: bool = False
    export_database: bool = False
    export_jpeg: bool = False
    bookmark_add: bool = False
    bookmark_delete: bool = False
    bookmark_edit: bool = False
    bookmark_view: bool = False
    manage_patrolling_profiles: bool = False
    manage_preset_locks: bool = False
    manage_presets: bool = False
    ptz_manual_control: bool = False
    ptz_preset_control: bool = False
    ptz_reserve_control: bool = False
    retention_create: bool = False
    retention_remove: bool = False
    retention_view: bool = False
    restricted_media_create: bool | None = None
    restricted_media_remove: bool | None = None
    restricted_media_view: bool | None = None


@frozen(kw_only=True, repr=False)
class CameraStream(Model):
    """A live stream of a camera."""

    id: UUID
    name: str | None = None
    default: bool = False


@frozen(kw_only=True, repr=False)
class CameraTrack(Model):
    """A recording track; `edge` says that it is stored in the camera itself."""

    id: UUID
    edge: bool = False


@frozen(kw_only=True, repr=False)
class PtzPreset(Model):
    """A stored position of a PTZ camera; pan, tilt and zoom are `None` where the device does not report them."""

    id: UUID
    name: str | None = None
    locked: bool = False
    shortcut: str | None = None
    pan: float | None = None
    tilt: float | None = None
    zoom: float | None = None


@frozen(kw_only=True, repr=False)
class Ptz(Model):
    """What a camera can do of pan, tilt and zoom."""

    enabled: bool = False
    edit_preset: bool = False
    center_on_position: bool = False
    center_and_zoom_to_rectangle: bool = False
    diagonal: bool = False
    home: bool = False
    capabilities: tuple[str, ...] = ()
    presets: tuple[PtzPreset, ...] = ()


@frozen(kw_only=True, repr=False)
class Camera(Model):
    """A camera; all other calls take its id, and Patriot calls its name the zone."""

    id: UUID
    name: str
    recorder: Recorder
    hardware: Hardware | None = None
    index: int = 0
    """Channel on the hardware, from 0."""
    short_name: str | None = None
    description: str | None = None
    shortcut: str | None = None
    icon: int = 0
    gis_point: str | None = None
    """Well-known text: `POINT (longitude latitude)`, or `POINT EMPTY`."""
    coverage_depth: float = 0.0
    coverage_direction: float = 0.0
    coverage_field_of_view: float = 0.0
    rights: CameraRights | None = None
    streams: tuple[CameraStream, ...] = ()
    tracks: tuple[CameraTrack, ...] = ()
    ptz: Ptz | None = None
    max_fps: float = 0.0
    browsable_stream: bool = False
    edge_storage_supported: bool = False
    edge_storage_playback: bool = False
    """The recorder plays straight from the camera's own storage or from the remote site."""
    multicast_enabled: bool = False
    manual_recording_seconds: int = 0
    panoramic_lens_type: str | None = None
    """Set when the camera has a panoramic lens that a client should dewarp."""
    folders: tuple[str, ...] = ()
    """The paths of the folders (camera groups) that it is in."""

    @property
    def configured(self) -> Self:
        """The camera as the Configuration API has it too, to compare both sources.

        Only `GetConfiguration` has `rights`, `shortcut`, `streams`, `tracks`, `ptz`, `max_fps`, `browsable_stream`,
        `edge_storage_supported`, `multicast_enabled`, `panoramic_lens_type` and `folders`: here they have their
        defaults.
        `recorder` and `hardware` are their own `configured`.
        """  # docs/protocol: configuration-items
        return evolve(
            self,
            recorder=self.recorder.configured,
            hardware=self.hardware and self.hardware.configured,
            rights=None,
            shortcut=None,
            streams=(),
            tracks=(),
            ptz=None,
            max_fps=0.0,
            browsable_stream=False,
            edge_storage_supported=False,
            multicast_enabled=False,
            panoramic_lens_type=None,
            folders=(),
        )


@frozen(kw_only=True, repr=False)
class Input(Model):
    """An input of a device, such as a door contact."""

    id: UUID
    name: str
    recorder: Recorder
    hardware_id: UUID | None = None
    index: int = 0
    """Channel on the hardware, from 0."""
    short_name: str | None = None
    description: str | None = None
    gis_point: str | None = None
    """Well-known text: `POINT (longitude latitude)`, or `POINT EMPTY`."""
    may_read: bool | None = None
    """Whether the user may read the state; `None` where the server did not report it."""


@frozen(kw_only=True, repr=False)
class Output(Model):
    """An output of a device, such as a siren or a gate."""

    id: UUID
    name: str
    recorder: Recorder
    hardware_id: UUID | None = None
    index: int = 0
    """Channel on the hardware, from 0."""
    short_name: str | None = None
    description: str | None = None
    gis_point: str | None = None
    """Well-known text: `POINT (longitude latitude)`, or `POINT EMPTY`."""
    may_activate: bool | None = None
    """Whether the user may activate it; `None` where the server did not report it."""


class MediaKind(StrEnum):
    """What a `MediaDevice` is."""

    MICROPHONE = "microphone"
    SPEAKER = "speaker"
    METADATA = "metadata"


@frozen(kw_only=True, repr=False)
class MediaDevice(Model):
    """A microphone, a speaker or a metadata device. What it sends is played as that of a camera is."""

    id: UUID
    name: str
    recorder: Recorder
    hardware_id: UUID | None = None
    index: int = 0
    """Channel on the hardware, from 0."""
    short_name: str | None = None
    description: str | None = None
    gis_point: str | None = None
    """Well-known text: `POINT (longitude latitude)`, or `POINT EMPTY`."""
    may_live: bool | None = None
    """Whether the user may play it live; `None` where the server did not report it."""
    kind: MediaKind


@frozen(kw_only=True, repr=False)
class CameraGroup(Model):
    """A folder of cameras; `path` is the names from the root, joined by `/`."""

    id: UUID
    name: str
    path: str
    description: str | None = None
    groups: tuple["CameraGroup", ...] = ()
    camera_ids: tuple[UUID, ...] = ()

    def walk(self) -> Iterator["CameraGroup"]:
        """Yield this folder and every folder below it, parents first."""
        yield self
        for group in self.groups:
            yield from group.walk()

    def all_camera_ids(self) -> tuple[UUID, ...]:
        """Return the ids of the cameras in this folder and below it, none twice, in the order of the tree."""
        return tuple(dict.fromkeys(camera for group in self.walk() for camera in group.camera_ids))
