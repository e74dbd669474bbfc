"""The site that the simulator pretends to be: cameras, folders, recorders, events, alarm definitions, users.

Every class is plain, mutable data. Nothing here knows about the wire: `servercommand`, `recorder` and `eventserver`
turn this model into bytes. Read it from any thread; change it through `Simulator.edit`, which runs the change between
two requests.
"""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from attrs import define, field

__all__ = [
    "AlarmDefinition",
    "Camera",
    "Category",
    "Change",
    "EventType",
    "Group",
    "Hardware",
    "Preset",
    "Recorder",
    "Recording",
    "Site",
    "User",
    "example_site",
    "large_site",
    "stable_id",
]

Recording = tuple[datetime, datetime | None]
"""Start and end in UTC; an end of None means that recording goes on."""

_NAMES = UUID("5d2f0b0e-3c1a-4f52-9f0d-6b1d0e9a7c11")


_PRODUCT_LINE = UUID("83a8680e-30b1-46d7-8fd2-cb3d0bf7db9e")
_VENDOR_ID = UUID("84594050-3c80-465c-a3ab-7c337ce4fd23")


def stable_id(kind: str, name: str) -> UUID:
    """The same id for the same kind and name in every run, so that tests and transcripts can be compared."""
    return uuid.uuid5(_NAMES, f"{kind}/{name}")


EVENT_SERVER_ID = stable_id("service", "event server")


@define(kw_only=True)
class Preset:
    """A PTZ position that the camera knows by name."""

    id: UUID
    name: str
    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 0.0
    locked: bool = False


@define(kw_only=True)
class Camera:
    """One camera channel of a hardware device, and what was recorded from it."""

    id: UUID
    name: str
    hardware_id: UUID
    recorder_id: UUID
    index: int = 0
    description: str = ""
    gis: str = "POINT EMPTY"
    enabled: bool = True
    stream_id: UUID = field(factory=uuid.uuid4)
    ptz: bool = False
    presets: list[Preset] = field(factory=list[Preset])
    codec: str = "jpeg"
    """`h264` or `jpeg`: what the camera itself sends."""
    frames_per_second: int = 5
    gop_seconds: float = 1.0
    width: int = 320
    height: int = 180
    recordings: list[Recording] = field(factory=list[Recording])
    edge_storage: bool = False
    rights: dict[str, bool] = field(factory=dict[str, bool])
    """Overrides of single members of CameraSecurityInfo, for every user: `{"Live": False}`."""


@define(kw_only=True)
class Hardware:
    """A device on the network that carries one or more cameras."""

    id: UUID
    name: str
    recorder_id: UUID
    uri: str = "http://192.0.2.10/"
    interconnected: bool = False
    driver: str = "Simulated"


@define(kw_only=True)
class Group:
    """A camera group: what the field calls a folder."""

    id: UUID
    name: str
    description: str = ""
    groups: list["Group"] = field(factory=list["Group"])
    cameras: list[UUID] = field(factory=list[UUID])


@define(kw_only=True)
class Recorder:
    """A recording server; `uri` is empty until its listener runs."""

    id: UUID
    name: str
    host_name: str = "localhost"
    uri: str = ""
    time_zone: str = "W. Europe Standard Time"
    """A Windows zone name, as on the wire (protocol/auth.md 6.3)."""
    last_modified: datetime = datetime(2025, 5, 20, 9, 0, 0, 500000, tzinfo=UTC)


@define(kw_only=True)
class EventType:
    """Something that can happen: `kind` is `system`, `user` (user-defined event) or `analytics`."""

    id: UUID
    name: str
    kind: str = "user"
    source: str = "External"
    """EventSource text for system types: Device, External, Hardware, Recorder, Server, System, Timer."""
    description: str = ""


@define(kw_only=True)
class AlarmDefinition:
    """Makes an alarm out of an event of that name; no `sources` means any source."""

    id: UUID
    name: str
    event: str
    sources: list[UUID] = field(factory=list[UUID])
    priority: int = 1
    category: int = 0
    related_cameras: list[UUID] = field(factory=list[UUID])
    enabled: bool = True
    description: str = ""


@define(kw_only=True)
class Category:
    """An alarm category as an administrator made it."""

    level: int
    name: str


@define(kw_only=True)
class User:
    """A person or program with an account; `state` is `ok`, `locked` or `change_password`."""

    name: str
    password: str = field(repr=False)
    sid: str = "S-1-5-21-0-0-0-1001"
    kind: str = "basic"
    r"""`basic`, or `windows` (then `name` is `DOMAIN\user`)."""
    visible: Callable[[Camera], bool] | set[UUID] | None = None
    """The cameras this user may see: a test, their ids, or None for all."""
    rights: dict[str, bool] = field(factory=dict[str, bool])
    """Overrides of CameraSecurityInfo members for this user on every camera."""
    failures: int = 0
    locked_until: datetime | None = None
    state: str = "ok"

    def sees(self, camera: Camera) -> bool:
        """Whether the camera appears in this user's configuration."""
        if self.visible is None:
            return True
        return self.visible(camera) if callable(self.visible) else camera.id in self.visible


@define(kw_only=True)
class Change:
    """One line of QueryChanges."""

    id: UUID
    time: datetime
    recorder: bool = False
    hardware: bool = False


def _default_priorities() -> dict[int, str]:
    return {1: "High", 2: "Medium", 3: "Low"}


def _default_states() -> dict[int, str]:
    return {1: "New", 4: "In progress", 9: "On hold", 11: "Closed"}


@define(kw_only=True)
class Site:
    """A whole XProtect site; `clock_offset` moves its clock against the wall clock."""

    id: UUID
    name: str
    description: str = ""
    host_name: str = "vms"
    """Lower-case short name of the management server; it appears in corporate tokens (protocol/auth.md 3.9)."""
    cameras: list[Camera] = field(factory=list[Camera])
    hardware: list[Hardware] = field(factory=list[Hardware])
    recorders: list[Recorder] = field(factory=list[Recorder])
    camera_groups: list[Group] = field(factory=list[Group])
    event_types: list[EventType] = field(factory=list[EventType])
    alarm_definitions: list[AlarmDefinition] = field(factory=list[AlarmDefinition])
    priorities: dict[int, str] = field(factory=_default_priorities)
    states: dict[int, str] = field(factory=_default_states)
    categories: list[Category] = field(factory=list[Category])
    users: list[User] = field(factory=list[User])
    changes: list[Change] = field(factory=list[Change])
    clock_offset: timedelta = timedelta(0)
    event_server_id: UUID = EVENT_SERVER_ID
    lockout_after: int = 5
    lockout_for: timedelta = timedelta(minutes=15)
    product_name: str = "XProtect Corporate"
    product_code: int = 440
    product_line: UUID = _PRODUCT_LINE
    vendor_id: UUID = _VENDOR_ID
    licence_code: str = "M01-C01-000-00-000000"
    licence_features: list[str] = field(factory=list[str])

    def now(self) -> datetime:
        """The site's clock, aware UTC."""
        return datetime.now(UTC) + self.clock_offset

    def camera(self, key: UUID | str) -> Camera:
        """The camera of that id or exact name; KeyError if there is none."""
        for camera in self.cameras:
            if camera.id == key or camera.name == key:
                return camera
        raise KeyError(key)

    def recorder(self, key: UUID | str) -> Recorder:
        """The recorder of that id or exact name; KeyError if there is none."""
        for recorder in self.recorders:
            if recorder.id == key or recorder.name == key:
                return recorder
        raise KeyError(key)

    def user(self, name: str) -> User | None:
        """The account of that name, compared without regard to case as Windows does."""
        folded = name.casefold()
        return next((user for user in self.users if user.name.casefold() == folded), None)

    def event_type(self, key: UUID | str) -> EventType | None:
        """The event type of that id or name."""
        return next((event for event in self.event_types if key in (event.id, event.name)), None)

    def walk_groups(self) -> Iterator[Group]:
        """Every camera group, parents before children."""
        waiting = list(reversed(self.camera_groups))
        while waiting:
            group = waiting.pop()
            yield group
            waiting.extend(reversed(group.groups))

    def touch(self, recorder_id: UUID, hardware_id: UUID | None = None) -> None:
        """Record that a recorder (and a hardware on it) changed, for LastModified and QueryChanges."""
        now = self.now()
        self.recorder(recorder_id).last_modified = now
        self.changes.append(Change(id=recorder_id, time=now, recorder=True))
        if hardware_id is not None:
            self.changes.append(Change(id=hardware_id, time=now, hardware=True))

    def add_camera(self, camera: Camera, group: Group | None = None) -> None:
        """Put a camera on its hardware and, if given, into a group."""
        self.cameras.append(camera)
        if group is not None:
            group.cameras.append(camera.id)
        self.touch(camera.recorder_id, camera.hardware_id)

    def remove_camera(self, key: UUID | str) -> Camera:
        """Take a camera out of the site and of every group."""
        camera = self.camera(key)
        self.cameras.remove(camera)
        for group in self.walk_groups():
            group.cameras = [member for member in group.cameras if member != camera.id]
        self.touch(camera.recorder_id, camera.hardware_id)
        return camera

    def rename_camera(self, key: UUID | str, name: str) -> Camera:
        """Give a camera another name, as an administrator does."""
        camera = self.camera(key)
        camera.name = name
        self.touch(camera.recorder_id, camera.hardware_id)
        return camera


def _hardware_and_camera(
    site: Site, recorder: Recorder, name: str, group: Group, *, edge_storage: bool = False, ptz: bool = False
) -> Camera:
    number = len(site.hardware) + 1
    hardware = Hardware(
        id=stable_id("hardware", name),
        name=f"Device {number}",
        recorder_id=recorder.id,
        uri=f"http://192.0.2.{number % 250 + 1}/",
    )
    camera = Camera(
        id=stable_id("camera", name),
        name=name,
        hardware_id=hardware.id,
        recorder_id=recorder.id,
        stream_id=stable_id("stream", name),
        edge_storage=edge_storage,
        ptz=ptz,
    )
    if ptz:
        camera.presets = [
            Preset(id=stable_id("preset", f"{name}/{preset}"), name=preset, pan=pan)
            for preset, pan in (("Door", -0.5), ("Yard", 0.5))
        ]
    site.hardware.append(hardware)
    site.cameras.append(camera)
    group.cameras.append(camera.id)
    return camera


def _group(name: str, parent: Group | None = None) -> Group:
    path = f"{parent.id}/{name}" if parent else name
    group = Group(id=stable_id("group", path), name=name)
    if parent is not None:
        parent.groups.append(group)
    return group


def _event_types() -> list[EventType]:
    system = {
        "Motion Detected": "Device",
        "Communication Stopped": "Hardware",
        "Recording Stopped": "Recorder",
        "External Event": "External",
    }
    events = [
        EventType(id=stable_id("event", name), name=name, kind="system", source=source)
        for name, source in system.items()
    ]
    events += [
        EventType(id=stable_id("event", name), name=name, kind="user")
        for name in ("Open gate", "Retrieve remote recordings")
    ]
    analytics = "AXIS Perimeter_Defender alarm START on camera C1"
    return [*events, EventType(id=stable_id("event", analytics), name=analytics, kind="analytics")]


def _alarm_definitions(cameras: dict[str, Camera]) -> list[AlarmDefinition]:
    def definition(name: str, event: str, priority: int, *sources: str, related: tuple[str, ...] = ()) -> None:
        definitions.append(
            AlarmDefinition(
                id=stable_id("alarm definition", name),
                name=name,
                event=event,
                priority=priority,
                sources=[cameras[source].id for source in sources],
                related_cameras=[cameras[camera].id for camera in related],
            )
        )

    definitions: list[AlarmDefinition] = []
    definition("Motion indoors", "Motion Detected", 2, "Front Hallway", "Store Room")
    definition("Motion outdoors", "Motion Detected", 1, "C1", "C2", "North Fence")
    definition("Perimeter Defender", "AXIS Perimeter_Defender alarm START on camera C1", 1)
    definition("Gate opened", "Open gate", 3, related=("Front Hallway",))
    return definitions


def _users() -> list[User]:
    return [
        User(name="arc", password="s&e+c%ret ö", sid=str(stable_id("user", "arc"))),
        User(name="VMS\\arc", password="w1n&d+ow%s ö", kind="windows", sid="S-1-5-21-1-2-3-1104"),
    ]


def example_site() -> Site:
    r"""The site of the documentation: two premises, `SiteA` and `SiteB`, with a folder `Perimeter/North`.

    All cameras were recorded for the last hour and still are, except `Store Room`, of which nothing was recorded;
    `Front Hallway` and `North Fence` in H.264 (where PyAV is there to encode it), the others in JPEG.
    `C1 alarm` is no camera: it is the name that a third-party analytics program gives as the source of its events.
    The user is `arc`; a Windows user `VMS\arc` exists too.
    """
    recorder = Recorder(id=stable_id("recorder", "Recorder 1"), name="Recorder 1")
    site = Site(
        id=stable_id("site", "Example"),
        name="Example",
        recorders=[recorder],
        licence_features=["Alarms", "Bookmark", "EvidenceLock"],
        event_types=_event_types(),
        users=_users(),
        categories=[Category(level=1, name="Intrusion"), Category(level=2, name="Technical")],
    )
    premises_a, premises_b, perimeter = _group("SiteA"), _group("SiteB"), _group("Perimeter")
    north = _group("North", perimeter)
    site.camera_groups = [premises_a, premises_b, perimeter]
    cameras = [
        _hardware_and_camera(site, recorder, "Front Hallway", premises_a),
        _hardware_and_camera(site, recorder, "Store Room", premises_a),
        _hardware_and_camera(site, recorder, "C1", premises_b),
        _hardware_and_camera(site, recorder, "C2", premises_b, ptz=True),
        _hardware_and_camera(site, recorder, "North Fence", north, edge_storage=True),
    ]
    an_hour_ago = (site.now() - timedelta(hours=1)).replace(microsecond=0)
    for camera in cameras:
        if camera.name != "Store Room":
            camera.recordings = [(an_hour_ago, None)]
        if camera.name in ("Front Hallway", "North Fence"):
            camera.codec = "h264"
    site.alarm_definitions = _alarm_definitions({camera.name: camera for camera in cameras})
    return site


def large_site(cameras: int, seed: int = 0) -> Site:
    """A site of that many cameras on one recorder, in folders of 50; the same for the same seed.

    Names repeat across folders, hold letters beyond ASCII, and every twentieth camera is in two folders.
    """
    site = example_site()
    site.name, site.id = "Large", stable_id("site", f"Large {cameras} {seed}")
    site.cameras, site.hardware, site.camera_groups, site.alarm_definitions = [], [], [], []
    recorder = site.recorders[0]
    places = ("Gate", "Loading bay", "Räume Süd", "Øst indgang", "Parking & ramp")
    shared = _group(f"Shared {seed}")
    for number in range(cameras):
        if number % 50 == 0:
            site.camera_groups.append(_group(f"Folder {seed}/{number // 50:04d}"))
        key = f"large {seed}/{number}"
        camera = _hardware_and_camera(site, recorder, key, site.camera_groups[-1])
        camera.name = f"{places[(number + seed) % len(places)]} {number // len(places)}"
        if number % 20 == 0:
            shared.cameras.append(camera.id)
    site.camera_groups.append(shared)
    everywhere = stable_id("alarm definition", "Motion anywhere")
    site.alarm_definitions = [AlarmDefinition(id=everywhere, name="Motion anywhere", event="Motion Detected")]
    return site
