"""The alarms of the site as tests and the rest of the simulator use them: `sim.alarms`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from milestone_sdk.simulator.eventserver.contract import ENUMERATIONS, OPERATIONS
from milestone_sdk.simulator.eventserver.events import content_of, new_event
from milestone_sdk.simulator.eventserver.rows import AlarmRow, StoredAlarm
from milestone_sdk.simulator.eventserver.sessions import LineSessions
from milestone_sdk.simulator.eventserver.store import AlarmStore, level_values
from milestone_sdk.simulator.site import Site
from milestone_sdk.simulator.wire.contract import Record
from milestone_sdk.simulator.wire.values import ZERO, ticks_of

__all__ = ["AlarmFacade"]

_SERVER = "XProtect"
_STORED = {"priority", "priority_name", "modified", "commit"}


class AlarmFacade:
    """The alarms of the site, for any thread; nothing here needs the servers to run.

    Alarms are named by their ids. A change made here is a change made at the site: it sets Modified, writes both
    histories, and reaches the sessions.
    """

    def __init__(self, site: Site, *, seed: int = 0) -> None:
        self.store: AlarmStore = AlarmStore(site, seed=seed)
        self.sessions: LineSessions = LineSessions(self.store)
        self.largest_request: int | None = None
        """Larger request bodies, in bytes, are answered with 413; the limit of real servers is not known."""
        self._failures: list[tuple[str | None, str, str]] = []

    def stored(self, *, held: bool = False) -> list[StoredAlarm]:
        """The alarms as they are now, by (modified, local id); `held` also those that no client can see yet."""
        with self.store.lock:
            rows = [row for row in self.store.alarms.values() if held or row.committed]
            return [StoredAlarm.of(row) for row in sorted(rows, key=lambda row: (row.modified, row.local_id))]

    def ever_stored(self) -> set[UUID]:
        """The ids of all alarms that clients could see at some time, deleted ones too."""
        with self.store.lock:
            return set(self.store.ever_stored)

    def get(self, alarm_id: UUID) -> StoredAlarm:
        """One alarm; KeyError if it is not stored."""
        with self.store.lock:
            return StoredAlarm.of(self.store.alarms[alarm_id])

    def history(self, alarm_id: UUID) -> list[dict[str, Any]]:
        """The rows of GetAlarmHistory as plain members, oldest first."""
        with self.store.lock:
            return [dict(entry.members) for entry in self.store.alarms[alarm_id].history]

    def updates(self, alarm_id: UUID) -> list[tuple[str, str]]:
        """(key, value) of GetAlarmUpdateHistory, oldest first."""
        with self.store.lock:
            return [(entry["Key"], entry["Value"]) for entry in self.store.alarms[alarm_id].updates]

    def trigger(
        self,
        name: str,
        source: UUID | str | None = None,
        *,
        source_name: str | None = None,
        timestamp: datetime | None = None,
        message: str | None = None,
        type: str | None = None,  # noqa: A002
        custom_tag: str | None = None,
        event_id: UUID | None = None,
        **options: Any,
    ) -> list[UUID]:
        """Store an event, and one alarm for each definition that matches it; the alarms' ids.

        `name` is an event type's name. `source` is the id or name of a camera, hardware or user-defined event; any
        other string, like `source_name`, is a third party's own name, without ids. `timestamp` is aware, default now.
        `options` are content (description, location, vendor, object_value, objects, snapshots: see `content_of`) and
        how alarms are stored (priority, priority_name, modified, commit: see `AlarmStore.raise_event`). Raises KeyError
        for an id that the site does not have.
        """
        stored = {key: options.pop(key) for key in _STORED & options.keys()}
        with self.store.lock:
            event_type = self.store.site.event_type(name)
            found = self.store.sources.named(source, event_type)
            if source_name is not None:
                found = Record("EventSource", {**(found.members if found else {}), "Name": source_name})
            header = {
                "ID": event_id,
                "Timestamp": self.store.now() if timestamp is None else ticks_of(timestamp),
                "Message": message,
                "Type": type,
                "CustomTag": custom_tag,
                "Source": found,
            }
            event = new_event(name, event_type, header, content_of(**options))
            return self.store.raise_event(event, names={name}, **stored)

    def add(
        self,
        name: str = "Alarm",
        source: UUID | str | None = None,
        *,
        message: str | None = None,
        timestamp: datetime | None = None,
        priority: int = 1,
        state: int = 1,
        assigned_to: str | None = None,
        alarm_id: UUID = ZERO,
        modified: datetime | int | None = None,
        commit: bool = True,
        **content: Any,
    ) -> UUID:
        """Store one alarm without event or definition, as the operation Add does; its id.

        `source` and `content` as in `trigger`. `modified` (aware, or ticks of 100 ns) overrides the server's own stamp.
        """
        with self.store.lock:
            levels = level_values(self.store.site, state, priority)
            header = {
                "ID": alarm_id,
                "Timestamp": self.store.now() if timestamp is None else ticks_of(timestamp),
                "Version": "1.0",
                "Priority": levels.pop("Priority"),
                "PriorityName": levels.pop("PriorityName"),
                "Name": name,
                "Message": name if message is None else message,
                "Source": self.store.sources.named(source, None),
            }
            members = {"EventHeader": Record("EventHeader", header), "AssignedTo": assigned_to, **levels}
            alarm = Record("Alarm", members | content_of(**content))
            return self.store.add(alarm, modified=modified, commit=commit).id

    def commit(self, *ids: UUID) -> None:
        """Show alarms that were made with `commit=False`: they appear late, with the Modified they were given."""
        self.store.commit(ids)

    def update(
        self,
        *ids: UUID,
        state: int | None = None,
        priority: int | None = None,
        assigned_to: str | None = None,
        text: str | None = None,
        author: str = _SERVER,
    ) -> None:
        """Change alarms (what is None stays); all get one and the same Modified. KeyError for an unknown id."""
        with self.store.lock:
            values = level_values(self.store.site, state, priority)
            if assigned_to is not None:
                values["AssignedTo"] = assigned_to
            notes = [("Comment", text)] if text else []
            self.store.change(self._rows(ids), author, text=text, notes=notes, **values)

    def close(self, *ids: UUID, text: str | None = None, author: str = _SERVER) -> None:
        """Set alarms to Closed (11)."""
        self.update(*ids, state=11, text=text, author=author)

    def acknowledge(self, *ids: UUID, author: str = _SERVER) -> None:
        """Set alarms to In progress (4), owned by `author`."""
        with self.store.lock:
            self.store.acknowledge(self._rows(ids), author)

    def delete(self, *ids: UUID) -> list[UUID]:
        """Remove alarms; the ids that existed."""
        return self.store.delete(ids)

    def sweep(self, *, closed: timedelta | None = None, others: timedelta | None = None) -> list[UUID]:
        """Delete alarms older than their retention (default: `store.retention`); their ids."""
        with self.store.lock:
            if closed is not None:
                self.store.retention.closed = closed
            if others is not None:
                self.store.retention.others = others
            return self.store.sweep()

    def restart(self) -> None:
        """Forget the sessions, as a restart of the event server does; the alarms stay."""
        self.sessions.clear()

    def fail(
        self, operation: str | None, reason: str, *, times: int = 1, description: str = "The call failed."
    ) -> None:
        """Answer the next calls of an operation (None: of any) with an AlarmServiceFault, such as `DbConnection`.

        Raises ValueError for an operation or reason that the contract does not have.
        """
        if reason not in ENUMERATIONS["AlarmFaultType"] or operation not in {None, *OPERATIONS}:
            raise ValueError(f"no fault {reason!r} for {operation!r}")
        with self.store.lock:
            self._failures += [(operation, reason, description)] * times

    def take_failure(self, operation: str) -> tuple[str, str] | None:
        """Reason and description of the fault that `fail` ordered for this call, if there is one."""
        with self.store.lock:
            for failure in self._failures:
                if failure[0] in (None, operation):
                    self._failures.remove(failure)
                    return failure[1], failure[2]
        return None

    def _rows(self, ids: Sequence[UUID]) -> list[AlarmRow]:
        return [self.store.alarms[alarm_id] for alarm_id in ids]
