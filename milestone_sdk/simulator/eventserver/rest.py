"""Alarms and events over REST, on the same store as the alarm service.

The names of an alarm's members are known for `id`, `name`, `message`, `source`, `state`, `priority` and
`assignedTo.displayName`; the others are made up in the same style.
"""  # docs/protocol: alarms-rest, events-rest; docs/protocol: alarms-rest

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from milestone_sdk.simulator.eventserver.contract import CAMERA_KIND, EXTERNAL_EVENT
from milestone_sdk.simulator.eventserver.rows import AlarmRow, EventRow
from milestone_sdk.simulator.eventserver.service import author_of
from milestone_sdk.simulator.host import Host
from milestone_sdk.simulator.site import User, stable_id
from milestone_sdk.simulator.wire.contract import AnyValue, Record
from milestone_sdk.simulator.wire.http import Response
from milestone_sdk.simulator.wire.restquery import Query
from milestone_sdk.simulator.wire.restreply import JsonObject, Refusal, body_of, json_reply
from milestone_sdk.simulator.wire.values import ZERO, ticks_text

__all__ = ["RestAlarms"]

_NOT_ALLOWED = "You do not have sufficient permissions to complete the operation."
_MISSING = "Bad request: parameters missing"
_TIMES = {"Timestamp", "StartTime", "EndTime", "ExpireTimestamp", "Time"}


class RestAlarms:
    """Answers `alarms`, `events`, and the lists of states, priorities and categories."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._types: dict[UUID, UUID] = {}
        """The types of events that came over REST: an event from a camera does not hold its user-defined type."""
        self._resources: Mapping[str, Callable[..., Response]] = {
            "alarms": self._alarms,
            "events": self._events,
            **dict.fromkeys(("alarmstates", "alarmpriorities", "alarmcategories"), self._levels),
        }

    def serves(self, resource: str) -> bool:
        """Whether the first part of a path is one of the resources."""
        return resource.partition("/")[0].lower() in self._resources

    def answer(self, method: str, resource: str, query: Query, body: bytes, user: User) -> Response:
        """Answer one request; raises `Refusal`."""
        name, *rest = resource.split("/")
        with self._host.alarms.store.lock:
            return self._resources[name.lower()](method, [name.lower(), *rest], query, body, user)

    # Lists

    def _levels_of(self, name: str) -> dict[str, tuple[int, str]]:
        """Id -> level and name."""
        site = self._host.site
        lists = {
            "alarmstates": ("alarmStates", site.states),
            "alarmpriorities": ("alarmPriorities", site.priorities),
            "alarmcategories": ("alarmCategories", {entry.level: entry.name for entry in site.categories}),
        }
        spelt, levels = lists[name]
        return {str(stable_id(spelt, str(level))): (level, title) for level, title in levels.items()}

    def _levels(self, method: str, parts: list[str], query: Query, body: bytes, user: User) -> Response:
        if method != "GET":
            raise Refusal.of(405, "Bad request: Unknown request")
        levels = [{"id": key, "level": level, "name": name} for key, (level, name) in self._levels_of(parts[0]).items()]
        if len(parts) == 1:
            return json_reply({"array": query.selected(levels, lambda level: level)})
        for level in levels:
            if level["id"] == parts[1].lower():
                return json_reply({"data": level})
        raise Refusal.of(404, f"Not found: {'/'.join(parts)}")

    def _id_of(self, name: str, level: int) -> str | None:
        return next((key for key, (known, _) in self._levels_of(name).items() if known == level), None)

    # Alarms

    def _alarms(self, method: str, parts: list[str], query: Query, body: bytes, user: User) -> Response:
        store = self._host.alarms.store
        if len(parts) == 1:
            if method == "POST":
                return self._add_alarm(body_of(body), user)
            if method == "GET":
                rows = sorted(store.visible(user), key=lambda row: row.line["Timestamp"], reverse=True)
                found = query.selected(rows, self._alarm)
                return json_reply({"array": [self._alarm(row, data=query.has("data")) for row in found]})
            raise Refusal.of(405, "Bad request: Unknown request")
        row = store.alarms.get(_guid(parts[1]) or ZERO)
        if row is None or not store.may_see(user, row):
            raise Refusal.of(404, f"Not found: alarms/{parts[1]}")
        if len(parts) == 2 and method == "GET":
            return json_reply({"data": self._alarm(row, data=query.has("data"))})
        if len(parts) == 2 and method == "PATCH":
            return self._change_alarm(row, body_of(body), user)
        if parts[2:] == ["history"] and method == "GET":
            return json_reply({"array": [_plain(entry) for entry in row.history]})
        raise Refusal.of(404, f"Unknown resource: {parts[-1]}")

    def _alarm(self, row: AlarmRow, *, data: bool = False) -> JsonObject:
        line = row.line
        members: JsonObject = {
            "id": str(row.id),
            "localId": row.local_id,
            "name": line["Name"],
            "message": line["Message"],
            "description": line["Description"],
            "time": ticks_text(line["Timestamp"]),
            "lastUpdatedTime": ticks_text(row.modified),
            "source": self._source(row.header["Source"]),
            "sourceName": line["SourceName"],
            "state": self._id_of("alarmstates", line["State"]),
            "priority": self._id_of("alarmpriorities", line["Priority"]),
            "category": self._id_of("alarmcategories", line["Category"]),
            "assignedTo.displayName": line["AssignedTo"],
        }
        return members | ({"data": _plain(row.alarm)} if data else {})

    def _add_alarm(self, asked: JsonObject, user: User) -> Response:
        """A ready-made alarm, without event or definition (docs/protocol: events-choice)."""
        name, message, source = (asked.get(key) for key in ("name", "message", "source"))
        if not isinstance(name, str) or not name:
            raise Refusal.of(400, _MISSING, name="name")
        values: dict[str, Any] = {"message": message} if isinstance(message, str) else {}
        for key, resource in (("state", "alarmstates"), ("priority", "alarmpriorities")):
            if asked.get(key) is not None:
                values[key] = self._level(resource, key, asked[key])[0]
        if isinstance(asked.get("description"), str):
            values["description"] = asked["description"]
        made = self._host.alarms.add(name, self._camera(source, user), **values)
        return json_reply({"data": self._alarm(self._host.alarms.store.alarms[made])}, 202)

    def _change_alarm(self, row: AlarmRow, asked: JsonObject, user: User) -> Response:
        """Null leaves a value as it is."""
        given = {key: value for key, value in asked.items() if value is not None}
        values: dict[str, Any] = {}
        for key, resource in (("state", "alarmstates"), ("priority", "alarmpriorities")):
            if key in given:
                level, name = self._level(resource, key, given[key])
                values |= {key.capitalize(): level, f"{key.capitalize()}Name": name}
        if "assignedTo.displayName" in given:
            values["AssignedTo"] = str(given["assignedTo.displayName"])
        notes = [
            (title, str(given[key]))
            for key, title in (("comment", "Comment"), ("reasonForClosing", "ReasonForClosing"))
            if key in given
        ]
        text = str(given["comment"]) if "comment" in given else None
        self._host.alarms.store.change([row], author_of(user), text=text, notes=notes, **values)
        return json_reply({"data": self._alarm(row)}, 202)

    def _level(self, resource: str, key: str, value: object) -> tuple[int, str]:
        found = self._levels_of(resource).get(str(value).lower())
        if found is None:
            raise Refusal.of(400, f"Bad request: unknown {key}", name=key)
        return found

    def _camera(self, source: object, user: User) -> UUID | None:
        """The camera that a source names, as its id alone or as `cameras/<id>`."""
        if source is None:
            return None
        key = _guid(str(source).rpartition("/")[2])
        camera = next((camera for camera in self._host.site.cameras if camera.id == key), None)
        if camera is None or not user.sees(camera):
            raise Refusal.of(400, "Bad request: unknown source", name="source")
        return camera.id

    def _source(self, source: Record | None) -> str | None:
        object_id = None if source is None else source.inner("FQID", "ObjectId")
        if source is None or object_id in (None, ZERO):
            return None
        if source.inner("FQID", "Kind") == CAMERA_KIND:
            return f"cameras/{object_id}"
        event = self._host.site.event_type(object_id)
        return f"{'userDefinedEvents' if event is not None else 'hardware'}/{object_id}"

    # Events

    def _events(self, method: str, parts: list[str], query: Query, body: bytes, user: User) -> Response:
        if len(parts) == 1 and method == "POST":
            return self._post_event(body_of(body), user)
        if method != "GET" or len(parts) > 2:
            raise Refusal.of(405, "Bad request: Unknown request")
        store = self._host.alarms.store
        kept = store.events.values() if store.retention.events > timedelta(0) else ()
        rows = [row for row in reversed([*kept]) if store.may_see(user, row)]
        if len(parts) == 1:
            found = query.selected(rows, self._event)
            return json_reply({"array": [self._event(row, data=query.has("data")) for row in found]})
        for row in rows:
            if row.id == _guid(parts[1]):
                return json_reply({"data": self._event(row, data=query.has("data"))})
        raise Refusal.of(404, f"Not found: events/{parts[1]}")

    def _event(self, row: EventRow, *, data: bool = False) -> JsonObject:
        event_type = self._type_of(row)
        source = self._source(row.event.inner("EventHeader", "Source"))
        members: JsonObject = {
            "specversion": "1.0",
            "id": str(row.id),
            "type": str(event_type),
            "source": source or f"sites/{self._host.site.id}",
            "time": ticks_text(row.line["Timestamp"]),
        }
        # A filter may name the id of the source alone.
        members["source.id"] = members["source"].rpartition("/")[2]
        return members | ({"data": _plain(row.event)} if data else {})

    def _type_of(self, row: EventRow) -> UUID:
        if row.id in self._types:
            return self._types[row.id]
        message_id: UUID = row.event.inner("EventHeader", "MessageId") or ZERO
        if message_id == EXTERNAL_EVENT:
            source: UUID = row.event.inner("EventHeader", "Source", "FQID", "ObjectId") or ZERO
            return source if self._host.site.event_type(source) is not None else message_id
        return message_id

    def _post_event(self, asked: JsonObject, user: User) -> Response:
        """A user may raise user-defined and analytics events, nothing else (docs/protocol: events-rest)."""
        key = _guid(str(asked.get("type") or ""))
        if key is None:
            raise Refusal.of(400, _MISSING, name="type")
        event = self._host.site.event_type(key)
        if event is None:
            raise Refusal.of(400, "Bad request: unknown type", name="type")
        if event.kind not in ("user", "analytics"):
            raise Refusal.of(403, _NOT_ALLOWED, "VMO61008")
        source = asked.get("source")
        if source is not None and _guid(str(source).rpartition("/")[2]) == event.id:
            source = None  # a user-defined event may be its own source
        camera = self._camera(source, user)
        store = self._host.alarms.store
        made = store.new_id()
        self._types[made] = event.id
        self._host.alarms.trigger(event.name, camera, event_id=made)
        return json_reply({"data": self._event(store.events[made])}, 202)


def _guid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _plain(value: Any, name: str = "") -> Any:
    """A record of the alarm service as JSON: members by their SOAP names, times as text, pictures left out."""
    if isinstance(value, Record):
        return {key: _plain(inner, key) for key, inner in value.members.items() if inner is not None}
    if isinstance(value, AnyValue):
        return _plain(value.value)
    if isinstance(value, list):
        return [_plain(item) for item in cast("Iterable[Any]", value)]
    if isinstance(value, bytes):
        return None
    if name in _TIMES and isinstance(value, int):
        return ticks_text(value)
    return str(value) if isinstance(value, UUID) else value
