"""Zones for the cameras of a site, written into a file of records without a change to anything else in it."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, cast

from attrs import evolve, frozen

from ..errors import ConfigurationError
from .positions import Key, Positions
from .recordfile import PatriotRecords, read_records
from .records import ClientRecord, Zone

__all__ = ["NewZones", "add_client", "add_zones", "new_zones"]

_REST_OF_LINE: Final = re.compile(r"[ \t]*(,?)[ \t]*(?:#[^\n]*)?\r?\n")

_FIRST_LINES: Final = """\
# Records of the Milestone task for Patriot. To check them: milestone-sdk patriot check FILE

# Which alarms were handed over, for the next start.
checkpoints = "checkpoints.db"

# Where signals go: one line of JSON each, until you name another sink.
[[sinks]]
type = "jsonlines"
path = "signals.jsonl"

# The event types on the Event Types tab of the clients; name it in each client: template = "Milestone Template"
# [[templates]]
# name = "Milestone Template"
# event_types = { 1 = "High", 2 = "Medium", 3 = "Low" }
"""


@frozen(kw_only=True)
class NewZones:
    """The zones that a client lacks for its cameras, and the names that several cameras share."""

    zones: tuple[Zone, ...] = ()
    shared_names: tuple[str, ...] = ()


def new_zones(client: ClientRecord, cameras: Iterable[str]) -> NewZones:
    """Return a zone for each camera name without one, numbered after the highest zone of the client, from 1 on.

    A name that several cameras share makes one zone: an alarm does not say which of them it means.
    """
    names = Counter(name for name in cameras if name)
    known = {zone.name for zone in client.zones}
    first = max((zone.number for zone in client.zones), default=0) + 1
    lacking = [name for name in names if name not in known]
    return NewZones(
        zones=tuple(Zone(number=first + index, name=name) for index, name in enumerate(lacking)),
        shared_names=tuple(name for name, count in names.items() if count > 1),
    )


def add_client(text: str, path: Path, settings: Mapping[str, Any]) -> str:
    """Return the text of the file with one more client, at its end. Raises `ConfigurationError`.

    `settings` are in the form of the file.
    """
    if path.suffix.lower() == ".json":
        value: dict[str, Any] = json.loads(text) if text.strip() else {}
        value.setdefault("clients", []).append(dict(settings))
        return _json(value)
    lines = [f"{key} = {_toml(value)}" for key, value in settings.items()]
    text = text or _FIRST_LINES
    added = text + ("\n" if text.endswith("\n") else "\n\n") + "\n".join(["[[clients]]", *lines]) + "\n"
    _read_again(added, path, f"client {settings['id']}")
    return _line_ends(text, added)


def add_zones(text: str, path: Path, client_no: str, zones: Sequence[Zone]) -> str:
    """Return the text of the file with more zones of a client; comments and order stay. Raises `ConfigurationError`.

    A TOML file is changed only where the zones are added.
    """
    before = read_records(text, path)
    index = next(i for i, client in enumerate(before.clients) if client.client_no == client_no)
    if not zones:
        return text
    if path.suffix.lower() == ".json":
        value = json.loads(text)
        value["clients"][index].setdefault("zones", []).extend(map(_table, zones))
        added = _json(value)
    else:
        added = _line_ends(text, _insert(text, ("clients", index), zones))
    what = f"zones of client {client_no}"
    client = evolve(before.clients[index], zones=(*before.clients[index].zones, *zones))
    wanted = evolve(before, clients=(*before.clients[:index], client, *before.clients[index + 1 :]))
    if _read_again(added, path, what) != wanted:
        raise _not_added(path, what)
    return added


def _read_again(text: str, path: Path, what: str) -> PatriotRecords:
    try:
        return read_records(text, path)
    except ConfigurationError as error:
        raise _not_added(path, what, f": {error.message}") from error


def _not_added(path: Path, what: str, reason: str = "") -> ConfigurationError:
    return ConfigurationError(
        f"cannot add {what} to {path} without changing the rest{reason}",
        hint="write the clients as [[clients]], and their zones as zones = [ ... ], one in a line",
    )


def _insert(text: str, client: tuple[Key, ...], zones: Sequence[Zone]) -> str:
    spans = Positions(text, json=False).spans
    keys = (*client, "zones")
    count = next(i for i in range(len(spans) + 1) if (*keys, i) not in spans)
    if count and text[spans[*keys, count - 1][0]] == "[":  # the header of a table
        end = _end_of_line(text, spans[*keys, count - 1][1])
        tables = (f"\n\n[[clients.zones]]\nnumber = {zone.number}\nname = {_toml(zone.name)}" for zone in zones)
        return text[:end] + "".join(tables) + text[end:]
    items = [_toml(_table(zone)) for zone in zones]
    if count:
        return _append(text, spans[*keys, count - 1], items)
    array = "[\n" + "".join(f"    {item},\n" for item in items) + "]"
    if keys in spans:
        start, end = spans[keys]
        return text[:start] + array + text[end:]
    end = _end_of_line(text, spans[client][1])
    return f"{text[:end]}\nzones = {array}{text[end:]}"


def _append(text: str, last: tuple[int, int], items: Sequence[str]) -> str:
    """Add items after the last one of an array, below it if it has a line of its own."""
    start, end = last
    before = text[text.rfind("\n", 0, start) + 1 : start]
    rest = _REST_OF_LINE.match(text, end)
    if before.strip() or rest is None:
        return text[:end] + "".join(f", {item}" for item in items) + text[end:]
    comma = "" if rest[1] else ","
    lines = "".join(f"{before}{item},\n" for item in items)
    return text[:end] + comma + text[end : rest.end()] + lines + text[rest.end() :]


def _end_of_line(text: str, offset: int) -> int:
    found = text.find("\n", offset)
    return len(text) if found < 0 else found


def _line_ends(text: str, added: str) -> str:
    """Return the added text with the line ends of the text before."""
    return re.sub("(?<!\r)\n", "\r\n", added) if "\r\n" in text else added


def _table(zone: Zone) -> dict[str, object]:
    return {"number": zone.number, "name": zone.name}


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value).items()
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in items) + " }"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
