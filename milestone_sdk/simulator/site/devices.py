"""The devices of a simulated site: recorders, the hardware on them, its cameras and other devices, their groups."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from attrs import define, field

__all__ = [
    "INTERCONNECT_DRIVER",
    "Camera",
    "Channel",
    "Device",
    "Driver",
    "Group",
    "Hardware",
    "Item",
    "PatrollingProfile",
    "Preset",
    "Recorder",
    "Recording",
    "Storage",
    "Stream",
    "stable_id",
]

Recording = tuple[datetime, datetime | None]
"""Start and end in UTC; an end of None means that recording goes on."""

_NAMES = UUID("5d2f0b0e-3c1a-4f52-9f0d-6b1d0e9a7c11")
_INSTALLED = datetime(2025, 5, 20, 9, 0, 0, 500000, tzinfo=UTC)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_ENDLESS = datetime.max.replace(tzinfo=UTC)

INTERCONNECT_DRIVER = 30002
"""Driver number of a whole XProtect site as one hardware."""


def stable_id(kind: str, name: str) -> UUID:
    """The same id for the same kind and name in every run, so that tests and transcripts can be compared."""
    return uuid.uuid5(_NAMES, f"{kind}/{name}")


@define(kw_only=True)
class Item:
    """What every item of a configuration has."""

    id: UUID
    name: str
    description: str = ""


@define(kw_only=True)
class Preset(Item):
    """A PTZ position that the camera knows by name."""

    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 0.0
    locked: bool = False

    def place(self, position: Mapping[str, float]) -> None:
        """Store a camera's `position`; an axis that is not known is 0."""
        self.pan, self.tilt, self.zoom = (position.get(axis, 0.0) for axis in ("pan", "tilt", "zoom"))


@define(kw_only=True)
class PatrollingProfile(Item):
    """Positions to which a PTZ camera goes in turn, by itself."""


@define(kw_only=True)
class Stream:
    """One use of a video stream, as the Configuration API lists it below a camera."""

    name: str = "Video stream 1"
    reference_id: str = "28DC44C3-079E-4C94-8EC9-60363451EB40"
    live_default: bool = True
    live_mode: str = "WhenNeeded"
    record_to: str = "16ce3aa1-5f93-458a-abe5-5c95d9ed1372"
    default_playback: bool = True
    use_edge: bool = False


@define(kw_only=True)
class Channel(Item):
    """What every channel of a hardware device has."""

    hardware_id: UUID
    index: int = 0
    """The channel on the hardware, from 0."""
    short_name: str = ""
    gis: str = "POINT EMPTY"
    icon: int = 0
    coverage_direction: float = 0.0
    coverage_depth: float = 0.0
    """In metres; direction and field of view are fractions of a full turn."""
    coverage_field_of_view: float = 0.0
    enabled: bool = True
    last_modified: datetime = _INSTALLED
    recording_enabled: bool = True
    storage_id: UUID | None = None
    """Where it records to; None is the recorder's default storage."""
    edge_retrieval: bool = False
    """EdgeStorageEnabled: recordings are fetched from there after a connection loss."""
    edge_playback: bool = False
    """EdgeStoragePlaybackEnabled: playback straight from there, which excludes retrieval."""
    manual_recording_timeout: bool = True
    manual_recording_minutes: int = 5
    events: dict[str, bool] = field(factory=dict[str, bool])
    """Events of the device itself that were added on its Event tab: name -> whether it is enabled."""
    settings: dict[str, str] = field(factory=dict[str, str])
    """Further properties of the Configuration API by their key, as strings."""


@define(kw_only=True)
class Camera(Channel):
    """A camera, and what was recorded from it."""

    recorder_id: UUID
    stream_id: UUID = field(factory=uuid.uuid4)
    streams: list[Stream] = field(factory=lambda: [Stream()])
    ptz: bool = False
    presets: list[Preset] = field(factory=list[Preset])
    patrolling_profiles: list[PatrollingProfile] = field(factory=list[PatrollingProfile])
    position: dict[str, float] = field(factory=dict[str, float])
    """Where a PTZ camera points: `pan`, `tilt` and `zoom`, as far as they are known."""
    codec: str = "jpeg"
    """`h264`, `h265` or `jpeg`: what the camera itself sends."""
    frames_per_second: int = 5
    gop_seconds: float | tuple[float, ...] = 1.0
    """How long a group of pictures is; several lengths in turn are those of a smart codec."""
    width: int = 320
    height: int = 180
    recordings: list[Recording] = field(factory=list[Recording])
    edge_storage: bool = False
    """Whether the device (or the remote site behind it) keeps recordings of its own."""
    edge_recordings: list[Recording] | None = None
    """What is stored there; None is footage of any time that is retrieved, and none for direct playback."""
    edge_capacity: timedelta | None = None
    """How far back that storage reaches once it is full, cut at whole minutes; None is without end."""
    edge_delay: timedelta = timedelta()
    """How long after it was filmed footage is in a closed file there, and can be retrieved."""
    rights: dict[str, bool] = field(factory=dict[str, bool])
    """Overrides of single members of CameraSecurityInfo, for every user: `{"Live": False}`."""

    def stored(self, now: datetime) -> list[Recording]:
        """What the device's own storage holds."""
        oldest = _oldest(now, self.edge_capacity)
        if self.edge_recordings is None:
            return [(oldest, None)]
        return [
            (max(begin, oldest), end)
            for begin, end in self.edge_recordings
            if begin <= now and (end is None or end > oldest)
        ]

    def played(self, now: datetime) -> list[Recording]:
        """What the recorder plays back: its own recordings or, with direct playback, those of the device."""
        return self.stored(now) if self.edge_playback and self.edge_recordings is not None else self.recordings

    def retrieve(self, start: datetime, end: datetime, now: datetime) -> None:
        """Copy what the device has stored of a span to the recorder."""
        closed = now - self.edge_delay
        for begin, until in self.stored(now):
            first, last = max(start, begin), min(end, closed, until or closed)
            if first < last:
                self._record(first, last)

    def _record(self, start: datetime, end: datetime) -> None:
        """Put a span into the recordings, merged with those that it touches."""
        spans = sorted([*((since, until or _ENDLESS) for since, until in self.recordings), (start, end)])
        merged: list[tuple[datetime, datetime]] = []
        for since, until in spans:
            if merged and since <= merged[-1][1]:
                merged[-1] = merged[-1][0], max(until, merged[-1][1])
            else:
                merged.append((since, until))
        self.recordings[:] = [(since, None if until == _ENDLESS else until) for since, until in merged]


def _oldest(now: datetime, capacity: timedelta | None) -> datetime:
    """Where a storage of that capacity begins; devices delete whole files, here of a minute."""
    return _BEGINNING if capacity is None else (now - capacity).replace(second=0, microsecond=0)


@define(kw_only=True)
class Device(Channel):
    """Another device on a hardware: `kind` is Microphone, Speaker, Metadata, InputEvent or Output."""

    kind: str
    recordings: list[Recording] = field(factory=list[Recording])
    """What was recorded of a microphone, speaker or metadata device."""


@define(kw_only=True)
class Driver:
    """A device driver of the recorders; `number` is the same at every site."""

    id: UUID
    number: int
    name: str
    group_name: str = "Simulated"
    kind: str = "DevicePack"
    """Unknown, DevicePack or InterconnectedProduct."""
    version: str = "DevicePack: 13.3a, Device Pack"
    revision: str = "1.0"


@define(kw_only=True)
class Hardware(Item):
    """A device on the network that carries one or more cameras."""

    recorder_id: UUID
    uri: str = "http://192.0.2.10/"
    interconnected: bool = False
    """A whole XProtect site behind this one (Milestone Interconnect)."""
    lost_since: datetime | None = None
    """When its recorder lost the connection to it; see `Site.disconnect` and `Site.reconnect`."""
    driver: str = "Simulated"
    """The product name of the driver."""
    driver_number: int = 1
    """The number of one of the site's drivers; interconnected hardware has `INTERCONNECT_DRIVER` all the same."""
    model: str = "Simulated device"
    user_name: str = "root"
    password: str = field(default="pa55&word", repr=False)
    enabled: bool = True
    last_modified: datetime = _INSTALLED
    events: dict[str, bool] = field(factory=dict[str, bool])
    settings: dict[str, str] = field(factory=dict[str, str])


@define(kw_only=True)
class Group(Item):
    """A camera group, which clients show as a folder."""

    groups: list["Group"] = field(factory=list["Group"])
    cameras: list[UUID] = field(factory=list[UUID])
    last_modified: datetime = _INSTALLED


@define(kw_only=True)
class Storage(Item):
    """A place on a recorder's disks; `maximum_size` is in MB."""

    name: str = "Local default"
    disk_path: str = "C:\\MediaDatabase"
    maximum_size: int = 102400
    retain_minutes: int = 10080
    default: bool = True
    encryption: str = "None"
    signing: bool = False
    last_modified: datetime = _INSTALLED


@define(kw_only=True)
class Recorder(Item):
    """A recording server; `uri` is empty until its listener runs."""

    host_name: str = "localhost"
    uri: str = ""
    active_uri: str = ""
    """Set when another address replaces `uri`, as that of a failover recorder."""
    time_zone: str = "W. Europe Standard Time"
    """A Windows zone name, as on the wire."""
    last_modified: datetime = _INSTALLED
    enabled: bool = True
    public_access: bool = False
    public_host: str = ""
    public_port: int = 0
    storages: list[Storage] = field(factory=list[Storage])
    """Where it records to; a default storage if none is given."""
    settings: dict[str, str] = field(factory=dict[str, str])

    def __attrs_post_init__(self) -> None:
        if not self.storages:
            self.storages.append(Storage(id=stable_id("storage", str(self.id))))
