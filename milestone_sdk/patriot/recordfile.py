"""The records of a receiving centre in one file, TOML or JSON: clients, zones, the task, the sinks."""

import json
import re
import tomllib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast, get_args

from attrs import evolve, field, frozen

from .._arguments import check_type
from .._protocol.management.location import Location
from ..credentials import BasicUser, Credentials, CurrentUser, WindowsUser
from ..errors import ConfigurationError, InvalidRecords
from ..models.model import Model
from ..releases import OLDEST, Release
from ..trust import Trust
from .compatibility import check_patriot
from .forms import WRONG, Form, ListOf, MapOf, Place, Schema, Table, Text, Variants, Whole
from .positions import Positions
from .receiving import client_problems
from .records import ClientRecord, EventTypeTemplate, TaskRecord, Zone, check_event_type, zone_problems
from .references import REFERENCE_SCHEMA
from .signals import SignalKind
from .sinks import SignalSink

__all__ = ["PatriotRecords", "SinkRecord", "load_records", "read_records", "read_text", "records_schema"]

_LONGEST: Final = 1 << 26
_HIGHEST_EVENT_TYPE: Final = 65_000
_LINK_SIGNALS: Final = tuple(kind for kind in get_args(SignalKind) if kind != "alarm")
_SINKS: Final = {
    "jsonlines": "JsonLinesSink",
    "http": "HttpSink",
    "dc09": "Dc09Sink",
    "postgresql": "PostgresOutboxSink",
}
"""The sinks that a file can name; the signatures of these classes are the keys of their tables."""
_ONE_TASK: Final = "only one Milestone task is to be set up, for all clients: write one table [task]"
_REMEDIES: Final = {
    "location": 'write the URL of the server, for example "https://vms.example"',
    "login": 'write login = { kind = "basic", user = "arc", password = { env = "ARC_PASSWORD" } }, or, for a client '
    "with single sign-on, event_reporting = false",
    "kind": "make one client for each remote site, and write event_reporting = false for this one",
}
_ONE_SERVER: Final = "a client has one server: write one URL, and make a client for each further server"


def _sink_class(kind: str) -> Any:
    """Return the class of a sink, imported at its first use; `None` for one that this package does not have."""
    return getattr(import_module(f"{__package__}.sinks"), _SINKS[kind], None)


@frozen(kw_only=True, repr=False)
class SinkRecord(Model):
    """A signal sink of a file: its `type`, and the keyword parameters of the class of that type.

    `as_dict` and the repr leave the parameters out, since there may be a password among them.
    """

    type: str
    parameters: Mapping[str, Any] = field(factory=dict[str, Any], hash=False)

    def _members(self) -> Iterable[tuple[str, Any]]:
        return (("type", self.type),)

    def open(self) -> SignalSink:
        """Return a new sink. Raises `ConfigurationError`."""
        if self.type not in _SINKS or (found := _sink_class(self.type)) is None:
            raise ConfigurationError(f"there is no sink of the type {self.type!r}", hint=f"one of {', '.join(_SINKS)}")
        sink: SignalSink = found(**self.parameters)
        return sink


def _link_event_types(value: Mapping[SignalKind, int]) -> Mapping[SignalKind, int]:
    for kind, event_type in value.items():
        if kind not in _LINK_SIGNALS:
            raise ConfigurationError(f"{kind!r} is not a link signal", hint=f"one of {', '.join(_LINK_SIGNALS)}")
        check_event_type(event_type, f"the event type of {kind}")
    return dict(value)


def _check_versions(patriot: str | None, client_files: str | None) -> None:
    if client_files is not None:
        Release.parse(client_files)
    if patriot is not None:
        check_patriot(patriot, client_files or OLDEST)


@frozen(kw_only=True, repr=False)
class PatriotRecords(Model):
    """Everything that the Milestone task of a receiving centre needs.

    `sinks` are where signals go, `checkpoints` is the SQLite file that keeps what was handed over. `link_event_types`
    says which states of the link to a site become signals, and of which event type: `link_lost`, `link_restored`,
    `alarm_gap`, `undeliverable`; those not listed make none. `patriot_version` (such as `"6.11"`) and `client_files`,
    the release of the Milestone client files (such as `"2022 R2"`), are only checked.

    Raises `InvalidRecords` for clients with the same number, for a client of the type Milestone without location or
    credentials, and for single sign-on or an Interconnection Server where alarms are to be reported.
    """

    clients: tuple[ClientRecord, ...] = field(default=(), converter=tuple[ClientRecord, ...])
    task: TaskRecord = field(factory=TaskRecord)
    sinks: tuple[SinkRecord, ...] = field(default=(), converter=tuple[SinkRecord, ...])
    checkpoints: Path | None = None
    link_event_types: Mapping[SignalKind, int] = field(
        factory=dict[SignalKind, int], converter=_link_event_types, hash=False
    )
    patriot_version: str | None = None
    client_files: str | None = None

    def __attrs_post_init__(self) -> None:
        for client in self.clients:
            check_type("each of clients", client, ClientRecord)
        place = Place(Path())
        _check_numbers([{"id": client.client_no} for client in self.clients], (), place.at("clients"))
        for index, client in enumerate(self.clients):
            _note_client_problems(client, place.at("clients").at(index))
        if place.problems:
            raise _invalid("the records", [str(problem) for problem in place.problems])
        _check_versions(self.patriot_version, self.client_files)

    @classmethod
    def from_dict(cls, value: Mapping[str, object], *, folder: Path | None = None) -> "PatriotRecords":
        """Read records in the form that a file has; relative paths start in `folder`. Raises `InvalidRecords`."""
        place = Place(folder or Path())
        records = _form().read(value, place)
        if place.problems:
            raise _invalid("the records", [str(problem) for problem in place.problems])
        return cast("PatriotRecords", records)

    @property
    def milestone_clients(self) -> tuple[ClientRecord, ...]:
        """The clients whose camera type is Milestone: those of the Milestone task."""
        return tuple(client for client in self.clients if client.is_milestone)


def load_records(path: str | Path) -> PatriotRecords:
    """Read records from a TOML file, or from JSON if its name ends in `.json`.

    Passwords are read from where the file says. Raises `InvalidRecords` with everything that is wrong, each with file,
    line and the right form, and `ConfigurationError` for a file that cannot be read.
    """
    check_type("path", path, str, Path)
    return read_records(read_text(Path(path)), Path(path))


def read_text(path: Path) -> str:
    """Return the text of a file. Raises `ConfigurationError`."""
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST + 1)
        text = data.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeError) else getattr(error, "strerror", None) or error
        raise ConfigurationError(f"cannot read {path}: {reason}", hint="a TOML file, or a .json file") from error
    if len(data) > _LONGEST:
        raise ConfigurationError(f"{path} is larger than {_LONGEST} bytes", hint="a TOML file, or a .json file")
    return text


def read_records(text: str, path: Path) -> PatriotRecords:
    """Read records from the text of the file `path`. Raises `InvalidRecords`."""
    is_json = path.suffix.lower() == ".json"
    try:
        value = json.loads(text, object_pairs_hook=_without_doubles) if is_json else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _invalid(str(path), [_syntax_error(path, error)]) from None
    place = Place(path.absolute().parent)
    records = _form().read(value, place)
    if not place.problems:
        return cast("PatriotRecords", records)
    positions = Positions(text, json=is_json)
    located = sorted((positions.line(problem.keys), number, problem) for number, problem in enumerate(place.problems))
    raise _invalid(str(path), [f"{path}:{line}: {problem}" for line, _, problem in located])


def _invalid(where: str, problems: Sequence[str]) -> InvalidRecords:
    more = f" (and {len(problems) - 1} more problems)" if len(problems) > 1 else ""
    return InvalidRecords(f"{where} cannot be used: {problems[0]}{more}", problems=problems)


def _syntax_error(path: Path, error: Exception) -> str:
    if isinstance(error, RecursionError):
        return f"{path}:1: the values are nested too deeply"
    line = re.search(r"line (\d+)", str(error))
    hint = f". Hint: {_ONE_TASK}" if "('task',)" in str(error) else ""
    return f"{path}:{line[1] if line else 1}: {error}{hint}"


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        double = next(name for number, (name, _) in enumerate(pairs) if name in dict(pairs[:number]))
        raise ValueError(f"the key {double!r} is written twice in one object")
    return found


def records_schema() -> Schema:
    """Return the JSON Schema (2020-12) of a file of records, for editors and for checks before a file is used."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Records of the Milestone task for Patriot",
        **_form().schema(),
        "$defs": {"reference": dict(REFERENCE_SCHEMA)},
    }


@cache
def _form() -> Table:
    keys: dict[str, Form] = {
        "patriot_version": Text(),
        "client_files": Text(),
        "checkpoints": Text("may", path=True),
        "task": evolve(Table.of(TaskRecord), hint=_ONE_TASK),
        "link_signals": Table(dict.fromkeys(_LINK_SIGNALS, Whole(0, _HIGHEST_EVENT_TYPE)), _read_link_signals),
        "templates": ListOf(Table.of(EventTypeTemplate)),
        "sinks": ListOf(Variants("type", dict(_sink_tables())), hint="write [[sinks]]"),
        "clients": ListOf(_client_table(), _check_numbers, hint="write [[clients]]"),
    }
    return Table(keys, _read_all, partial=True)


def _sink_tables() -> Iterator[tuple[str, Table]]:
    for kind in _SINKS:
        if (found := _sink_class(kind)) is not None:
            yield kind, sink_table(kind, found)


def sink_table(kind: str, sink: type) -> Table:
    """Return the form of a sink's table: the keyword parameters of its class."""

    def make(values: dict[str, Any], place: Place) -> object:
        # The class checks its parameters; nothing is opened before the first signal.
        checked = place.make(lambda: sink(**values))
        return WRONG if checked is WRONG else SinkRecord(type=kind, parameters=values)

    return Table.of_call(sink, {str: Text("may"), Trust: _TRUST}, make=make)


def _read_link_signals(values: dict[str, Any], place: Place) -> object:
    return place.make(lambda: _link_event_types(cast("Mapping[SignalKind, int]", values)))


def _client_table() -> Table:
    table = Table.of(ClientRecord, {Credentials: _LOGIN, Trust: _TRUST, Location: _LOCATION, EventTypeTemplate: Text()})
    keys = dict(table.keys)
    del keys["client_no"]
    login = keys.pop("credentials")
    keys["zones"] = ListOf(Table.of(Zone), _check_zones)
    keys["event_type_overrides"] = MapOf(Whole(0, _HIGHEST_EVENT_TYPE), number=True)
    keys = {"id": Text(hint='write id = "1234"'), "area": Text(), "port": Text(), "login": login, **keys}
    of_milestone = {
        "if": {"properties": {"camera_type": {"const": "Milestone"}}},
        "then": {"required": ["location", "login"]},
    }
    return Table(keys, _read_client, ("id",), of_milestone, partial=True)


def _login(kind: type[BasicUser] | type[WindowsUser], hint: str) -> Table:
    def make(values: dict[str, Any], place: Place) -> object:
        try:
            return kind(values["user"], values["password"])
        except ConfigurationError as error:
            return place.wrong(error.message, hint)

    keys = {"user": Text("may"), "password": Text("must")}
    return Table(keys, make, tuple(keys))


_LOGIN: Final = Variants(
    "kind",
    {
        "basic": _login(BasicUser, r'a Windows user has kind = "windows", and a name such as DOMAIN\user'),
        "windows": _login(WindowsUser, r"write 'DOMAIN\user', user@domain, or '.\user' for a local account"),
        "single_sign_on": Table({}, lambda values, place: CurrentUser()),
    },
)
_LOCATION: Final = Text("may", hint=_ONE_SERVER, make=Location.parse)


def _read_trust(values: dict[str, Any], place: Place) -> object:
    if len(values) != 1 or values.get("pinned") == ():
        return place.wrong("must have either ca_file or pinned", 'write { pinned = ["sha256:..."] }')
    if "pinned" in values:
        return place.make(lambda: Trust.pinned(*values["pinned"]))
    # A file is loaded once, however many clients trust it.
    if (trust := place.shared.get(values["ca_file"])) is None:
        trust = place.shared[values["ca_file"]] = place.make(lambda: Trust.ca_file(values["ca_file"]))
    return trust


_TRUST: Final = Table(
    {"ca_file": Text("may", path=True), "pinned": ListOf(Text())},
    _read_trust,
    more={"minProperties": 1, "maxProperties": 1},
)


def _read_client(values: dict[str, Any], place: Place) -> object:
    wrong = {name for name, value in values.items() if value is WRONG}
    known = {name: value for name, value in values.items() if name not in wrong}
    parts = [known.pop(part, "") for part in ("id", "area", "port")]
    if wrong & {"id", "area", "port"}:
        parts = ["0"]
    login = known.pop("login", None)
    client = place.make(lambda: ClientRecord(client_no="".join(parts), credentials=login, **known))
    if isinstance(client, ClientRecord):
        _note_client_problems(client, place, except_of=wrong)
    return client


def _check_zones(_: Sequence[Any], zones: Sequence[Any], place: Place) -> None:
    if all(isinstance(zone, Zone) for zone in zones):
        for index, text in zone_problems(zones):
            place.at(index).wrong(text)


def _note_client_problems(client: ClientRecord, place: Place, except_of: Container[str] = ()) -> None:
    for key, error in client_problems(client):
        if key not in except_of:
            place.at(key).wrong(error.message, _REMEDIES[key])


def _check_numbers(clients: Sequence[Any], _: Sequence[Any], place: Place) -> None:
    """Note clients with the same number, also of clients that are wrong otherwise."""
    seen: dict[str, int] = {}
    for index, client in enumerate(clients):
        if not isinstance(client, Mapping) or "id" not in client:
            continue
        number = "".join(str(cast("Mapping[str, object]", client).get(part, "")) for part in ("id", "area", "port"))
        if (first := seen.setdefault(number, index)) != index:
            what = f"client number {number} is also that of clients[{first}]"
            place.at(index).wrong(what, "give each client a number of its own: id, area and port together")


def _read_all(values: dict[str, Any], place: Place) -> object:
    versions = values.get("patriot_version"), values.get("client_files")
    if WRONG not in versions:
        place.at("client_files").make(lambda: _check_versions(*versions))
    if place.problems:
        return WRONG
    templates: dict[str, EventTypeTemplate] = {each.name: each for each in values.pop("templates", ())}
    values["link_event_types"] = values.pop("link_signals", {})
    values["clients"] = tuple(
        evolve(client, template=templates[client.template.name])
        if client.template is not None and client.template.name in templates
        else client
        for client in cast("Sequence[ClientRecord]", values.pop("clients", ()))
    )
    return place.make(lambda: PatriotRecords(**values))
