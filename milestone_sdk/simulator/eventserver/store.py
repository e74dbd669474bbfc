"""What the event server stores: events, alarms, their histories, and how an event becomes alarms.

Pure logic on the site's clock: no socket, no waiting. Every public method takes `AlarmStore.lock`, so that a test's
thread and the server's loop can use it side by side.
"""

import copy
import random
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from attrs import define

from milestone_sdk.simulator.eventserver.contract import TRIGGER_EVENT_KIND
from milestone_sdk.simulator.eventserver.events import Sources, alarm_for
from milestone_sdk.simulator.eventserver.rows import AlarmRow, EventRow
from milestone_sdk.simulator.site import AlarmDefinition, Site, User
from milestone_sdk.simulator.wire.contract import Record
from milestone_sdk.simulator.wire.values import ZERO, ticks_of

__all__ = ["AlarmStore", "Retention", "level_values"]

_SECOND = 10_000_000
_FRACTION_DIGITS = (7, 7, 6, 3, 3, 2, 1, 0)
_CLOSED = 11
_IN_PROGRESS = 4
_UPDATE_KEYS = {"State": "StateInt", "Priority": "PriorityInt"}
_CLOSED_NAMES = frozenset({"ignore", "reject"})

Watcher = Callable[[UUID], None]
"""Called with the id of an alarm (or event) that was stored, changed, committed or deleted."""


@define
class Retention:
    """How long things are kept."""  # docs/protocol: alarms-retention

    closed: timedelta = timedelta(days=3)
    others: timedelta = timedelta(days=30)
    events: timedelta = timedelta(days=1)


class AlarmStore:
    """Alarms and events of one site; `seed` decides ids, fractions of seconds and the order of equals."""

    def __init__(self, site: Site, *, seed: int = 0) -> None:
        self.site = site
        self.sources: Sources = Sources(site)
        self.lock: AbstractContextManager[bool] = threading.RLock()
        self.retention: Retention = Retention()
        self.zero_keeps = False
        """Whether state 0 and priority 0 of UpdateAlarm leave the value as it is: unknown."""
        # docs/protocol: alarms-operations
        self.without_rights: set[str] = set()
        """Names of users who lack the right to view alarms: they see no alarms and get no error."""
        self.most_rows: int | None = None
        """Rows after which every answer of GetAlarmLines ends, whatever `maxCount` asks for (unknown: 11.7)."""
        self.faults_above: int | None = None
        """Rows above which GetAlarmLines answers with a fault."""
        self.whole_seconds = False
        """Whether Modified is kept in whole seconds, so that two states of an alarm may share one."""
        self.alarms: dict[UUID, AlarmRow] = {}
        self.events: dict[UUID, EventRow] = {}
        self.ever_stored: set[UUID] = set()
        """Ids of all alarms that clients could see at some time, deleted ones too."""
        self.alarm_watchers: list[Watcher] = []
        self.event_watchers: list[Watcher] = []
        self._random = random.Random(f"{seed}/{site.id}")  # no two sites give an alarm the same id
        self._next_alarm = 1
        self._next_event = 1
        self._last_modified = 0

    def now(self) -> int:
        """The site's clock in ticks."""
        return ticks_of(self.site.now())

    def new_id(self) -> UUID:
        """A fresh GUID, the same in every run with the same seed."""
        return UUID(int=self._random.getrandbits(128), version=4)

    def stamp(self, after: int = 0) -> int:
        """A Modified: now, by the site's clock, later than the last one unless that clock was set back.

        It ends in 0 to 7 fraction digits, as real ones do, and lies after `after` if that is not in the future.
        """
        if self.whole_seconds:
            return self.now() // _SECOND * _SECOND
        now = self.now() + self._random.randrange(10)
        if 0 <= self._last_modified - now < _SECOND:
            now = self._last_modified + 1
        if 0 <= after - now < _SECOND // 1000:
            now = after + 1
        unit = 10 ** (7 - self._random.choice(_FRACTION_DIGITS))
        shortened = now // unit * unit
        if all(shortened > bound for bound in (after, self._last_modified) if bound < now):
            now = shortened
        self._last_modified = now
        return now

    # Events and the alarms made of them

    def raise_event(
        self,
        event: Record,
        *,
        names: Iterable[str] = (),
        priority: int | None = None,
        priority_name: str | None = None,
        modified: datetime | int | None = None,
        commit: bool = True,
    ) -> list[UUID]:
        """Store an event; make one alarm for each definition that matches its Message (or `names`) and its source.

        `priority` overrides the definition's. `modified` (aware, or ticks) overrides the stamp, so that many alarms can
        share one. `commit` False keeps the alarms from every client until `commit` is called for them: a transaction
        that ends late, and then shows an alarm with an earlier Modified.
        """
        with self.lock:
            header: Record = event["EventHeader"]
            if header["ID"] in (None, ZERO):
                header.members["ID"] = self.new_id()
            header.members["Source"] = source = self.sources.resolved(header["Source"])
            camera_id = self.sources.camera_id(source, event.items("ReferenceList"))
            row = EventRow(event, self._next_event, camera_id, self._random.random())
            self._next_event += 1
            self.events[row.id] = row
            _notify(self.event_watchers, row.id)
            if source is not None and source.inner("FQID", "Kind") == TRIGGER_EVENT_KIND:
                names = [*names, source["Name"]]
            identity = (source.inner("FQID", "ObjectId") if source is not None else None) or ZERO
            made: list[UUID] = []
            for definition in self.site.alarm_definitions:
                if not _wants(definition, {*names, header["Message"]}, identity):
                    continue
                alarm = alarm_for(event, definition, self.new_id(), self.sources)
                if priority is not None:
                    name = priority_name if priority_name is not None else self.site.priorities.get(priority)
                    alarm["EventHeader"].members |= {"Priority": priority, "PriorityName": name}
                made.append(self.add(alarm, modified=modified, commit=commit).id)
            return made

    # Alarms

    def add(self, alarm: Record, *, modified: datetime | int | None = None, commit: bool = True) -> AlarmRow:
        """Store an alarm as it is given; one with the same id is replaced."""  # docs/protocol: alarms-operations, Add
        with self.lock:
            header: Record = alarm["EventHeader"]
            if header["ID"] in (None, ZERO):
                header.members["ID"] = self.new_id()
            if modified is None:
                modified = self.stamp(header["Timestamp"] or 0)
            elif isinstance(modified, datetime):
                modified = ticks_of(modified)
            camera_id = self.sources.camera_id(header["Source"], alarm.items("ReferenceList"))
            row = AlarmRow(alarm, self._next_alarm, camera_id, self._random.random(), modified)
            self._next_alarm += 1
            self.alarms[row.id] = row
            if commit:
                self.commit([row.id])
            return row

    def commit(self, ids: Iterable[UUID]) -> None:
        """Show alarms that were stored with `commit=False`; their Modified stays what it was."""
        with self.lock:
            for alarm_id in ids:
                self.alarms[alarm_id].committed = True
                self.ever_stored.add(alarm_id)
                _notify(self.alarm_watchers, alarm_id)

    def visible(self, user: User | None) -> list[AlarmRow]:
        """The committed alarms that a user may see; None is the server itself.

        An alarm without a camera is third-party: visible to every user who may view alarms at all.
        """  # docs/protocol: alarms-rights
        if user is None or (user.visible is None and user.name not in self.without_rights):
            return [row for row in self.alarms.values() if row.committed]
        return [row for row in self.alarms.values() if self.may_see(user, row)]

    def may_see(self, user: User | None, row: AlarmRow | EventRow) -> bool:
        """Whether a user sees that alarm or event."""
        if isinstance(row, AlarmRow) and not row.committed:
            return False
        if user is None:
            return True
        if user.name in self.without_rights:
            return False
        if user.visible is None or row.camera_id == ZERO:
            return True
        camera = self.site.find_camera(row.camera_id)
        return camera is not None and user.sees(camera)

    def change(
        self,
        rows: Iterable[AlarmRow],
        author: str,
        *,
        text: str | None = None,
        time: int = 0,
        notes: Sequence[tuple[str, str]] = (),
        **values: Any,
    ) -> None:
        """Write `values` (State, StateName, Priority, PriorityName, AssignedTo) to alarms, and both histories.

        All rows get one Modified, as one statement of a database gives it. `notes` are further rows of the update
        history, such as a comment.
        """
        found = list(rows)
        if not found:
            return
        modified = self.stamp()
        at = time or self.now()
        for row in found:
            changes = [(key, value) for key, value in values.items() if row.line[key] != value]
            for key, value in values.items():
                (row.header if key.startswith("Priority") else row.alarm).members[key] = value
            row.changed(modified)
            entries = [(_UPDATE_KEYS.get(key, key), "" if value is None else str(value)) for key, value in changes]
            row.updates += [
                Record("AlarmUpdate", {"Author": author, "Key": key, "Time": at, "Value": value})
                for key, value in [*entries, *notes]
            ]
            now = {name: row.line[name] for name in ("AssignedTo", "Priority", "State")}
            row.history.append(Record("AlarmHistory", {"Author": author, "Text": text, "Time": at, **now}))
            _notify(self.alarm_watchers, row.id)

    def update(
        self,
        rows: Iterable[AlarmRow],
        author: str,
        *,
        text: str | None,
        state: int | None,
        priority: int | None,
        time: int,
        owner: str | None,
    ) -> None:
        """UpdateAlarm: apply all values, 0 as well unless `zero_keeps`."""
        with self.lock:
            if self.zero_keeps:
                state, priority = state or None, priority or None
            notes = [("Comment", text)] if text else []
            levels = level_values(self.site, state, priority)
            self.change(rows, author, text=text, time=time, notes=notes, AssignedTo=owner, **levels)

    def update_values(self, rows: Iterable[AlarmRow], author: str, updates: Sequence[tuple[str, str]]) -> None:
        """UpdateAlarmValues: only what is named; a number leaves the name beside it as it was, and the reverse.

        Raises ValueError for a level that is neither a number nor a known name.
        """
        with self.lock:
            values: dict[str, Any] = {}
            notes: list[tuple[str, str]] = []
            comment: str | None = None
            for key, value in updates:
                if key in ("StateInt", "PriorityInt"):
                    values[key.removesuffix("Int")] = int(value)
                elif key in ("State", "Priority"):
                    known = self.site.states if key == "State" else self.site.priorities
                    values |= _numbered(key, value, known)
                elif key in ("StateName", "PriorityName", "AssignedTo"):
                    values[key] = value
                else:
                    notes.append((key, value))
                    comment = value if key == "Comment" else comment
            self.change(rows, author, text=comment, notes=notes, **values)

    def acknowledge(self, rows: Iterable[AlarmRow], author: str) -> None:
        """State In progress, owner the caller."""  # docs/protocol: alarms-operations
        with self.lock:
            name = self.site.states.get(_IN_PROGRESS)
            self.change(rows, author, State=_IN_PROGRESS, StateName=name, AssignedTo=author)

    def attach_snapshot(self, row: AlarmRow, picture: Record) -> None:
        """AttachSnapshot: append to the list."""
        with self.lock:
            row.alarm.members["SnapshotList"] = [*row.alarm.items("SnapshotList"), copy.deepcopy(picture)]
            row.changed(self.stamp())
            _notify(self.alarm_watchers, row.id)

    def delete(self, ids: Iterable[UUID]) -> list[UUID]:
        """Remove alarms without a trace; the ids that existed."""
        with self.lock:
            gone = [alarm_id for alarm_id in ids if self.alarms.pop(alarm_id, None) is not None]
            _notify(self.alarm_watchers, *gone)
            return gone

    def backup(self) -> tuple[dict[UUID, AlarmRow], int]:
        """Return a copy of the alarms and the next LocalId, for `restore`."""
        with self.lock:
            return copy.deepcopy(self.alarms), self._next_alarm

    def restore(self, backup: tuple[dict[UUID, AlarmRow], int]) -> None:
        """Put an older database back: later alarms and changes are gone, and their LocalIds are given again."""
        with self.lock:
            alarms, self._next_alarm = copy.deepcopy(backup[0]), backup[1]
            gone = self.alarms.keys() | alarms.keys()
            self.alarms = alarms
            _notify(self.alarm_watchers, *gone)

    def sweep(self) -> list[UUID]:
        """Delete what is older than its retention by the site's clock; the ids of the deleted alarms."""
        with self.lock:
            now = self.now()
            kept_for = {True: _ticks(self.retention.closed), False: _ticks(self.retention.others)}
            old = [row.id for row in self.alarms.values() if row.modified < now - kept_for[_is_closed(row)]]
            oldest = now - _ticks(self.retention.events)
            for event_id in [row.id for row in self.events.values() if row.line["Timestamp"] < oldest]:
                del self.events[event_id]
                _notify(self.event_watchers, event_id)
            return self.delete(old)


def _notify(watchers: list[Watcher], *ids: UUID) -> None:
    for key in ids:
        for watcher in list(watchers):
            watcher(key)


def level_values(site: Site, state: int | None, priority: int | None) -> dict[str, Any]:
    """The members that a new state and a new priority set, where they are given: the number and its name."""
    values: dict[str, Any] = {}
    if state is not None:
        values |= {"State": state, "StateName": site.states.get(state)}
    if priority is not None:
        values |= {"Priority": priority, "PriorityName": site.priorities.get(priority)}
    return values


def _numbered(key: str, value: str, known: Mapping[int, str]) -> dict[str, Any]:
    """The same for a level that UpdateAlarmValues gives as a number or by its name."""
    number = int(value) if value.isdigit() else next((n for n, name in known.items() if name == value), None)
    if number is None:
        raise ValueError(value)
    return {key: number, f"{key}Name": known.get(number)}


def _ticks(span: timedelta) -> int:
    return span // timedelta(microseconds=1) * 10


def _wants(definition: AlarmDefinition, names: set[str | None], source_id: UUID) -> bool:
    """Whether a definition makes an alarm of an event called so, from there."""  # docs/protocol: alarms-operations
    by_source = not definition.sources or source_id in definition.sources
    return definition.enabled and definition.event in names and by_source


def _is_closed(row: AlarmRow) -> bool:
    return row.line["State"] == _CLOSED or (row.line["StateName"] or "").casefold() in _CLOSED_NAMES
