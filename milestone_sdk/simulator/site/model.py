"""A whole simulated XProtect site: its devices, events, alarm definitions, users and further configuration.

Every class is plain, mutable data. Nothing here knows about the wire: `management`, `recorder`, `eventserver` and
`configuration` turn this model into bytes. Read it from any thread; change it through `Simulator.edit`, which runs
the change between two requests.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from attrs import define, evolve, field

from milestone_sdk.simulator.site.devices import (
    INTERCONNECT_DRIVER,
    Camera,
    Device,
    Driver,
    Group,
    Hardware,
    Item,
    Recorder,
    stable_id,
)

__all__ = ["AlarmDefinition", "Category", "Change", "ChildSite", "Entry", "EventType", "Site", "User"]

_PRODUCT_LINE = UUID("83a8680e-30b1-46d7-8fd2-cb3d0bf7db9e")
_EVENT_SERVER = stable_id("service", "event server")
_VENDOR_ID = UUID("84594050-3c80-465c-a3ab-7c337ce4fd23")


@define(kw_only=True)
class EventType(Item):
    """Something that can happen: `kind` is `system`, `user` (user-defined event) or `analytics`."""

    kind: str = "user"
    source: str = "External"
    """EventSource string for system types: Device, External, Hardware, Recorder, Server, System, Timer."""


@define(kw_only=True)
class AlarmDefinition(Item):
    """Makes an alarm of an event of that name; no `sources` means any source."""

    event: str
    sources: list[UUID] = field(factory=list[UUID])
    priority: int = 1
    category: int = 0
    related_cameras: list[UUID] = field(factory=list[UUID])
    enabled: bool = True
    settings: dict[str, str] = field(factory=dict[str, str])
    """Further properties of the Configuration API by their key, as strings."""


@define(kw_only=True)
class Category:
    """An alarm category that an administrator made."""

    level: int
    name: str


@define(kw_only=True)
class User:
    """A user account; `state` is `ok`, `locked` or `change_password`."""

    name: str
    password: str = field(repr=False)
    sid: str = "S-1-5-21-0-0-0-1001"
    kind: str = "basic"
    r"""`basic`, or `windows` (then `name` is `DOMAIN\user`)."""
    visible: Callable[[Camera], bool] | set[UUID] | None = None
    """The cameras this user may see: a test, their ids (also of other devices with footage), or None for all."""
    rights: dict[str, bool] = field(factory=dict[str, bool])
    """Overrides of CameraSecurityInfo members for this user on every camera."""
    ptz_priority: int = 3000
    """From 1, the lowest, to 32000."""
    denied: tuple[str, ...] = ()
    """Prefixes of Configuration API paths that this user has no right to, e.g. `/RoleFolder` or `Hardware[`.

    Such items are listed below their parent all the same; opening one gives UnauthorizedAccessFault.
    """
    failures: int = 0
    locked_until: datetime | None = None
    state: str = "ok"
    description: str = ""
    settings: dict[str, str] = field(factory=dict[str, str])
    """Further properties of the Configuration API by their key, as strings."""

    def sees(self, device: Camera | Device) -> bool:
        """Whether the camera, or a device with footage, appears in this user's configuration."""
        if self.visible is None:
            return True
        if callable(self.visible):
            return isinstance(device, Camera) and self.visible(device)
        return device.id in self.visible


@define(kw_only=True)
class Entry(Item):
    """An item of the Configuration API alone: a role, a rule, a time profile, a state group, a generic event."""

    enabled: bool = True
    settings: dict[str, str] = field(factory=dict[str, str])
    """Further properties by their key, as strings."""


@define(kw_only=True)
class ChildSite(Item):
    """A federated site below this one, as this one lists it."""

    addresses: list[tuple[str, str]] = field(factory=list[tuple[str, str]])
    """AddressType (Internal, External or Server) and URL of its management server."""
    connection_state: str = "Attached"
    version: str = "25.2.0.1"
    synchronization_status: int = 201
    children: list["ChildSite"] = field(factory=list["ChildSite"])


@define(kw_only=True)
class Change:
    """One line of QueryChanges."""

    id: UUID
    time: datetime
    recorder: bool = False
    hardware: bool = False


def _default_drivers() -> list[Driver]:
    names = {1: "Simulated", 421: "Simulated multi-channel encoder"}
    names[INTERCONNECT_DRIVER] = "Milestone XProtect VMS Interconnect"
    drivers = [Driver(id=stable_id("driver", str(n)), number=n, name=name) for n, name in names.items()]
    drivers[-1].group_name, drivers[-1].kind = "Milestone", "InterconnectedProduct"
    return drivers


def _entry(kind: str, name: str, **settings: str) -> Entry:
    return Entry(id=stable_id(kind, name), name=name, settings=settings)


@define(kw_only=True)
class Site(Item):
    """A whole XProtect site; `clock_offset` moves its clock against the wall clock.

    The Configuration API puts an alarm definition under the event type group of its event: External Event and
    user-defined events under `5946b6fa-44d9-4f4c-82bb-46a17b924265`.
    """

    host_name: str = "vms"
    """Lower-case short name of the management server; it appears in corporate tokens."""
    cameras: list[Camera] = field(factory=list[Camera])
    devices: list[Device] = field(factory=list[Device])
    """Microphones, speakers, metadata devices, inputs and outputs."""
    hardware: list[Hardware] = field(factory=list[Hardware])
    drivers: list[Driver] = field(factory=_default_drivers)
    recorders: list[Recorder] = field(factory=list[Recorder])
    camera_groups: list[Group] = field(factory=list[Group])
    event_types: list[EventType] = field(factory=list[EventType])
    alarm_definitions: list[AlarmDefinition] = field(factory=list[AlarmDefinition])
    priorities: dict[int, str] = field(factory=lambda: {1: "High", 2: "Medium", 3: "Low"})
    states: dict[int, str] = field(factory=lambda: {1: "New", 4: "In progress", 9: "On hold", 11: "Closed"})
    categories: list[Category] = field(factory=list[Category])
    roles: list[Entry] = field(
        factory=lambda: [
            _entry("role", "Administrators", RoleType="Adminstrative"),
            _entry("role", "Operators", RoleType="UserDefined"),
        ]
    )
    rules: list[Entry] = field(
        factory=lambda: [_entry("rule", "Default record on motion rule", StartRuleType="Event", StopRuleType="Event")]
    )
    time_profiles: list[Entry] = field(
        factory=lambda: [_entry("time profile", "Day Length Time Profile", TimeProfileType="Sunclock")]
    )
    state_groups: list[Entry] = field(factory=list[Entry])
    generic_events: list[Entry] = field(factory=list[Entry])
    child_sites: list[ChildSite] = field(factory=list[ChildSite])
    master_site_address: str = ""
    """Not empty at a federated child: the address of the site above."""
    time_zone: str = "W. Europe Standard Time"
    last_modified: datetime = datetime(2025, 5, 20, 9, 0, 0, 500000, tzinfo=UTC)
    users: list[User] = field(factory=list[User])
    changes: list[Change] = field(factory=list[Change])
    clock_offset: timedelta = timedelta(0)
    event_server_id: UUID = _EVENT_SERVER
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
        found = self.find_camera(key)
        if found is None:
            raise KeyError(key)
        return found

    def find_camera(self, key: UUID | str) -> Camera | None:
        """The camera of that id or exact name, if there is one."""
        return next((camera for camera in self.cameras if key in (camera.id, camera.name)), None)

    def recorder(self, key: UUID | str) -> Recorder:
        """The recorder of that id or exact name; KeyError if there is none."""
        found = next((recorder for recorder in self.recorders if key in (recorder.id, recorder.name)), None)
        if found is None:
            raise KeyError(key)
        return found

    def driver_of(self, hardware: Hardware) -> Driver | None:
        """The driver that this hardware runs on."""
        number = INTERCONNECT_DRIVER if hardware.interconnected else hardware.driver_number
        return next((driver for driver in self.drivers if driver.number == number), None)

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
            for hardware in self.hardware:
                if hardware.id == hardware_id:
                    hardware.last_modified = now

    def add_camera(self, camera: Camera, group: Group | None = None) -> None:
        """Put a camera on its hardware and, if given, into a group."""
        self.cameras.append(camera)
        if group is not None:
            group.cameras.append(camera.id)
        self.touch(camera.recorder_id, camera.hardware_id)

    def remove_camera(self, key: UUID | str) -> Camera:
        """Remove a camera from the site and from every group."""
        camera = self.camera(key)
        self.cameras.remove(camera)
        for group in self.walk_groups():
            group.cameras = [member for member in group.cameras if member != camera.id]
        self.touch(camera.recorder_id, camera.hardware_id)
        return camera

    def move_hardware(self, key: UUID | str, recorder: UUID | str) -> Hardware:
        """Move a device with its cameras and their recordings to another recorder."""
        hardware = self._hardware(key)
        before, hardware.recorder_id = hardware.recorder_id, self.recorder(recorder).id
        for camera in _cameras_of(self, hardware):
            camera.recorder_id = hardware.recorder_id
        self.touch(before, hardware.id)
        self.touch(hardware.recorder_id, hardware.id)
        return hardware

    def disconnect(self, key: UUID | str) -> Hardware:
        """Cut a recorder's connection to a device: the recorder stops recording, the device's own storage does not."""
        hardware, now = self._hardware(key), self.now()
        hardware.lost_since = now
        for camera in _cameras_of(self, hardware):
            camera.recordings[:] = [(begin, now if end is None else end) for begin, end in camera.recordings]
        return hardware

    def reconnect(self, key: UUID | str) -> Hardware:
        """Restore the connection: recording goes on, and with `edge_retrieval` the recorder fetches what it missed."""
        hardware, now = self._hardware(key), self.now()
        since, hardware.lost_since = hardware.lost_since, None
        for camera in _cameras_of(self, hardware):
            if since is not None and any(end == since for _, end in camera.recordings):
                camera.recordings.append((now, None))
                if camera.edge_retrieval:
                    camera.retrieve(since, now, now)
        return hardware

    def _hardware(self, key: UUID | str) -> Hardware:
        return next(hardware for hardware in self.hardware if key in (hardware.id, hardware.name))

    def replace_camera(self, key: UUID | str, new_id: UUID) -> Camera:
        """Remove a camera and add it again under its name, in the same groups: another camera to all clients."""
        groups = [group for group in self.walk_groups() if self.camera(key).id in group.cameras]
        camera = evolve(self.remove_camera(key), id=new_id)
        self.add_camera(camera)
        for group in groups:
            group.cameras.append(new_id)
        return camera

    def rename_camera(self, key: UUID | str, name: str) -> Camera:
        """Rename a camera, as an administrator does."""
        camera = self.camera(key)
        camera.name = name
        camera.last_modified = self.now()
        self.touch(camera.recorder_id, camera.hardware_id)
        return camera


def _cameras_of(site: Site, hardware: Hardware) -> list[Camera]:
    return [camera for camera in site.cameras if camera.hardware_id == hardware.id]
