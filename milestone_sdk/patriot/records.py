"""What Patriot knows of a monitored site: the client, its zones, its event types."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, get_args

from attrs import Factory, field, frozen

from .._arguments import check_type
from .._protocol.management.location import Location
from ..credentials import Credentials
from ..errors import ConfigurationError
from ..models.model import Model
from ..monitor.settings import SiteKind
from ..trust import Trust

__all__ = [
    "MILESTONE",
    "ClientRecord",
    "EventTypeTemplate",
    "TaskRecord",
    "Zone",
    "check_event_type",
    "limits",
    "zone_problems",
]

MILESTONE: Final = "Milestone"
"""The camera type, and the kind of task, of this integration."""

_HIGHEST_ZONE: Final = 65_000
_HIGHEST_PRIORITY: Final = 65_535  # an unsignedShort on the wire (docs/protocol: alarms-types)
_HIGHEST_EVENT_TYPE: Final = 65_535
_HIGHEST_FREE_EVENT_TYPE: Final = 65_000  # above, Patriot logs signals of its own
_LONGEST_CLIENT_NO: Final = 16


def limits(highest: int, lowest: int = 0) -> dict[str, int]:
    """Return the metadata of a field that is a number, from which the schema of the file is made."""
    return {"minimum": lowest, "maximum": highest}


def _number(value: object, what: str, highest: int) -> int:
    # bool is an int to Python, and `True` in a settings file is a mistake, not zone 1.
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= highest:
        raise ConfigurationError(f"{what} must be a number from 0 to {highest}, got {value!r}")
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str) or not value:
        raise ConfigurationError(f"{what} must be a string of at least one character, got {value!r}")
    return value


def _mapping(value: object, what: str) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise ConfigurationError(f"{what} must be a mapping, got {value!r}")
    return value  # pyright: ignore[reportUnknownVariableType]: the caller checks the contents


def _has_camera_unless_covered(zone: "Zone") -> bool:
    return zone.number != 0 and zone.camera_coverage is None


@frozen(kw_only=True, repr=False)
class Zone(Model):
    """One zone of a client, found by its name when an alarm arrives.

    `number` (0 to 65000) is only copied into the signal. `name` must equal the name of the camera, or whatever else the
    alarm names as its source, exactly: case, blanks and Unicode form included. `camera_coverage` is the *name* of the
    zone whose camera shows this one, so that renumbering zones changes nothing. `has_camera` means that a camera of
    this name exists; it is true unless another zone covers this one. A zone with both is shown by the covering camera.

    Zone 0 is for unknown cameras: it can have neither. Raises `ConfigurationError`.
    """

    number: int = field(metadata=limits(_HIGHEST_ZONE))
    name: str
    camera_coverage: str | None = None
    has_camera: bool = field(default=Factory(_has_camera_unless_covered, takes_self=True))

    def __attrs_post_init__(self) -> None:
        _number(self.number, "a zone number", _HIGHEST_ZONE)
        _text(self.name, f"the name of zone {self.number}")
        if self.camera_coverage is not None:
            _text(self.camera_coverage, f"the camera coverage of zone {self.number}, the name of another zone,")
        if not isinstance(self.has_camera, bool):
            raise ConfigurationError(f"has_camera of zone {self.number} must be true or false, got {self.has_camera!r}")
        if self.number == 0 and (self.has_camera or self.camera_coverage is not None):
            raise ConfigurationError(
                f"zone 0 ({self.name!r}) cannot have a camera: it takes the alarms of unknown cameras",
                hint=f"give the camera a zone number from 1 to {_HIGHEST_ZONE}",
            )
        if self.camera_coverage == self.name:
            raise ConfigurationError(
                f"zone {self.number} ({self.name!r}) names itself as its camera coverage",
                hint="leave camera_coverage out: a zone with a camera of its own needs none",
            )


def _descriptions(value: Mapping[int, str]) -> Mapping[int, str]:
    value = _mapping(value, "event types")
    return {
        _number(number, "an event type", _HIGHEST_EVENT_TYPE): _text(text, f"the description of event type {number}")
        for number, text in value.items()
    }


@frozen(kw_only=True, repr=False)
class EventTypeTemplate(Model):
    """A set of event types under a name, such as Patriot's *Milestone Template*.

    `event_types` maps the number of an event type (0 to 65535) to its description, as the Event Types tab shows them;
    it is empty where only the name is known. Raises `ConfigurationError`.
    """

    name: str
    event_types: Mapping[int, str] = field(factory=dict[int, str], converter=_descriptions, hash=False)

    def __attrs_post_init__(self) -> None:
        _text(self.name, "the name of an event type template")


def _location(value: "str | Location | None") -> Location | None:
    return value if value is None or isinstance(value, Location) else Location.parse(value)


def _template(value: "str | EventTypeTemplate | None") -> EventTypeTemplate | None:
    if value is None or isinstance(value, EventTypeTemplate):
        return value
    return EventTypeTemplate(name=_text(value, "the name of an event type template"))


def check_event_type(value: object, what: str) -> int:
    """Return an event type that a signal may have. Raises `ConfigurationError` for others, and those of Patriot."""
    if isinstance(value, int) and _HIGHEST_FREE_EVENT_TYPE < value <= _HIGHEST_EVENT_TYPE:
        raise ConfigurationError(
            f"event type {value} is one that Patriot keeps for its own signals",
            hint=f"choose one from 0 to {_HIGHEST_FREE_EVENT_TYPE}",
        )
    return _number(value, what, _HIGHEST_FREE_EVENT_TYPE)


def _overrides(value: Mapping[int, int]) -> Mapping[int, int]:
    return {
        _number(priority, "a priority", _HIGHEST_PRIORITY): check_event_type(
            event_type, f"the event type for priority {priority}"
        )
        for priority, event_type in _mapping(value, "event type overrides").items()
    }


def _zones(value: Iterable[Zone]) -> tuple[Zone, ...]:
    zones = tuple(value) if isinstance(value, Iterable) else (value,)
    if isinstance(value, Zone) or not all(isinstance(zone, Zone) for zone in zones):
        raise ConfigurationError(
            f"zones must be a list of Zone, got {value!r}", hint='write zones=[Zone(number=1, name="Front Hallway")]'
        )
    return zones


def _check_client_no(value: object, what: str = "client_no") -> None:
    valid = isinstance(value, str) and value.isascii() and value.isalnum() and len(value) <= _LONGEST_CLIENT_NO
    if not valid:
        raise ConfigurationError(
            f"{what} must be 1 to {_LONGEST_CLIENT_NO} letters and digits, got {value!r}",
            hint="write id, area and port without hyphens, for example 1234 or 1234000101",
        )


@frozen(kw_only=True, repr=False)
class ClientRecord(Model):
    """One client: the monitored site, with the zones that its alarms are logged on.

    Only a client whose `camera_type` is `"Milestone"` is one of the Milestone task; a client of another type keeps its
    settings, which are not used. Zones of an alarm panel of the same client have no camera.

    `client_no` is sent with the signals: up to 16 ASCII letters and digits. `location` is the URL of the XProtect
    management server (see `Location.parse`); mapping does not need it. `event_type_overrides` maps a Milestone priority
    to its event type in Patriot; a priority that is not listed is the event type. `template` is an `EventTypeTemplate`,
    or only its name.

    `credentials` and `trust` are those of `Client`. `kind` is `"interconnect"` for a central server of Milestone
    Interconnect, which reports no alarms. `event_reporting` says whether the Milestone task receives the client's
    alarms. `site_filter` is the folder whose cameras are listed, all for `""`; it changes neither alarms nor playback.
    `retrieve_remote_recordings` has recordings fetched from the remote site or the camera before they are played.

    Raises `ConfigurationError` with all problems of the zones: a number or a name that two zones share, coverage by a
    zone that does not exist, that has no camera, or that goes in a circle.
    """

    client_no: str
    name: str = ""
    camera_type: str = MILESTONE
    zones: tuple[Zone, ...] = field(default=(), converter=_zones)
    location: Location | None = field(default=None, converter=_location)
    event_type_overrides: Mapping[int, int] = field(factory=dict[int, int], converter=_overrides, hash=False)
    template: EventTypeTemplate | None = field(default=None, converter=_template)
    credentials: Credentials | None = None
    trust: Trust | None = None
    kind: SiteKind = "auto"
    event_reporting: bool = True
    site_filter: str = ""
    retrieve_remote_recordings: bool = False
    _zone_names: "_ZoneNames" = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        _check_client_no(self.client_no)
        if not isinstance(self.name, str):
            raise ConfigurationError(f"the name of client {self.client_no} must be a string, got {self.name!r}")
        _text(self.camera_type, f"camera_type of client {self.client_no}")
        self._check_connection()
        object.__setattr__(self, "_zone_names", _ZoneNames(self.zones))
        problems = [text for _, text in self._zone_names.problems]
        if problems:
            raise ConfigurationError(f"client {self.client_no}: {'; '.join(problems)}")

    @property
    def is_milestone(self) -> bool:
        """Whether the client's cameras are those of a Milestone server."""
        return self.camera_type == MILESTONE

    def zone_named(self, name: str) -> Zone | None:
        """Return the zone whose name equals `name` exactly, or `None`; never zone 0, which belongs to no camera."""
        zone = self._zone_names.by_name.get(name)
        return zone if zone is not None and zone.number != 0 else None

    def zone_numbered(self, number: int) -> Zone | None:
        """Return the zone of that number, as a signal carries it, or `None`."""
        return self._zone_names.by_number.get(number)

    @property
    def camera_zones(self) -> tuple[Zone, ...]:
        """The zones that have a camera of their own, lowest number first."""
        return _camera_zones(self.zones)

    def camera_zone(self, zone: Zone) -> Zone | None:
        """Return the zone whose camera shows `zone`: itself, or the first one with a camera along its coverage.

        Returns `None` where no camera does.
        """
        shown_by: Zone | None = zone
        if zone.camera_coverage is not None:
            *_, shown_by = self._zone_names.covered_by(zone)
        return shown_by if shown_by is not None and shown_by.has_camera else None

    def event_type(self, priority: int) -> int:
        """Return the event type for a Milestone priority: the override, or the same number."""
        return self.event_type_overrides.get(priority, priority)

    def _check_connection(self) -> None:
        of = f"of client {self.client_no}"
        hint = "BasicUser('arc', password), WindowsUser, CurrentUser or AccessToken"
        check_type(f"credentials {of}", self.credentials, Credentials, type(None), hint=hint)
        check_type(f"trust {of}", self.trust, Trust, type(None))
        check_type(f"event_reporting {of}", self.event_reporting, bool)
        check_type(f"site_filter {of}", self.site_filter, str)
        check_type(f"retrieve_remote_recordings {of}", self.retrieve_remote_recordings, bool)
        if self.kind not in get_args(SiteKind):
            raise ConfigurationError(f"kind {of} must be auto, standard or interconnect, got {self.kind!r}")


def _camera_zones(zones: Iterable[Zone]) -> tuple[Zone, ...]:
    return tuple(sorted((zone for zone in zones if zone.has_camera), key=lambda zone: zone.number))


def zone_problems(zones: Sequence[Zone]) -> tuple[tuple[int, str], ...]:
    """Return what is wrong with the zones of a client together: the index of a zone, and a sentence."""
    return _ZoneNames(zones).problems


class _ZoneNames:
    """The zones of a client by name and number, and what is wrong with them together."""

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._zones = zones
        self.by_name: dict[str, Zone] = {}
        self.by_number: dict[int, Zone] = {}
        self.problems = (*self._doubles(), *self._coverage_problems())

    def _doubles(self) -> Iterator[tuple[int, str]]:
        for index, zone in enumerate(self._zones):
            if (twin := self.by_number.get(zone.number)) is not None:
                yield index, f"zone number {zone.number} is used by {twin.name!r} and by {zone.name!r}"
            if (twin := self.by_name.get(zone.name)) is not None:
                yield index, f"zones {twin.number} and {zone.number} have the same name {zone.name!r}"
            self.by_number.setdefault(zone.number, zone)
            self.by_name.setdefault(zone.name, zone)

    def covered_by(self, zone: Zone) -> Iterator[Zone | None]:
        """Follow the coverage up to a camera; ends in `None` where a zone is missing, and stops after a full circle."""
        passed = {zone.name}
        while zone.camera_coverage is not None:
            covering = self.by_name.get(zone.camera_coverage)
            yield covering
            if covering is None or covering.has_camera or covering.name in passed:
                return
            passed.add(covering.name)
            zone = covering

    def _coverage_problems(self) -> Iterator[tuple[int, str]]:
        circles: set[frozenset[str]] = set()
        for index, zone in enumerate(self._zones):
            steps = [zone, *self.covered_by(zone)]
            last = steps[-1]
            path = [step.name for step in steps if step is not None]
            if zone.camera_coverage is None or (last is not None and last.has_camera):
                continue
            if last is not None and last.camera_coverage is not None:
                # Reported once, not again from every zone that lies in the circle or leads into it.
                circle = frozenset(path[path.index(last.name) :])
                if circle not in circles:
                    circles.add(circle)
                    names = " -> ".join(map(repr, path))
                    yield index, f"the camera coverage of zone {zone.number} goes in a circle: {names}"
            elif len(steps) == 2:
                yield index, self._no_camera(zone, last)

    def _no_camera(self, zone: Zone, covering: Zone | None) -> str:
        wrong = "does not exist" if covering is None else f"is zone {covering.number}, which has no camera"
        cameras = ", ".join(repr(other.name) for other in _camera_zones(self._zones)[:5]) or "none"
        return (
            f"the camera coverage {zone.camera_coverage!r} of zone {zone.number} ({zone.name!r}) {wrong} "
            f"(zones with a camera: {cameras})"
        )


@frozen(kw_only=True, repr=False)
class TaskRecord(Model):
    """The Milestone task as Patriot has it: the standard fields of a task, and none of its own.

    `computer` is the host of the Task Service, `system_account` the client number that signals about the task itself
    are logged on, `port_id` the port of the task, `backup` whether it is a backup task. There is only one Milestone
    task: it receives the alarms of all clients. Raises `ConfigurationError`.
    """

    description: str = MILESTONE
    computer: str = ""
    system_account: str = ""
    port_id: str = ""
    backup: bool = False

    def __attrs_post_init__(self) -> None:
        for name in ("description", "computer", "system_account", "port_id"):
            check_type(f"{name} of the task", getattr(self, name), str)
        check_type("backup of the task", self.backup, bool)
        if self.system_account:
            _check_client_no(self.system_account, "system_account of the task")
