"""Line sessions: what changed since the last call of a client.

Much about real sessions is unknown; where a test needs the other answer, `SessionBehaviour`
gives it.
"""  # docs/protocol: alarms-sessions

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from attrs import define, field

from milestone_sdk.simulator.eventserver.filter import Filter
from milestone_sdk.simulator.eventserver.rows import AlarmRow, EventRow
from milestone_sdk.simulator.eventserver.store import AlarmStore
from milestone_sdk.simulator.site import User
from milestone_sdk.simulator.wire.contract import Record

__all__ = ["LineSessions", "SessionBehaviour", "UnknownSession"]


class UnknownSession(Exception):
    """The session was never started, was stopped or idle for too long, or the server was restarted."""

    def __init__(self, session_id: UUID) -> None:
        super().__init__(f"Session {session_id} is not known.")


@define
class SessionBehaviour:
    """What is not known about sessions."""

    first_call_full: bool = True
    """Whether the first call returns all lines that match, or only what changed since the start."""
    idle: timedelta = timedelta(minutes=5)
    """How long a session is kept after its last call, by the site's clock."""
    most: int = 1000
    """How many sessions the server keeps; a further one ends the oldest."""


@define
class _Session:
    filter: Filter
    used: datetime
    events: bool
    pending: dict[UUID, None] = field(factory=dict[UUID, None])
    known: set[UUID] = field(factory=set[UUID])


class LineSessions:
    """The sessions of one event server; a restart clears them."""

    def __init__(self, store: AlarmStore) -> None:
        self.behaviour: SessionBehaviour = SessionBehaviour()
        self._store = store
        self._sessions: dict[UUID, _Session] = {}
        store.alarm_watchers.append(partial(self._changed, False))
        store.event_watchers.append(partial(self._changed, True))

    def __len__(self) -> int:
        return len(self._sessions)

    def clear(self) -> None:
        """Forget every session."""
        with self._store.lock:
            self._sessions.clear()

    def start(self, wanted: Filter, user: User | None, *, events: bool = False) -> UUID:
        """A new session over alarm lines or event lines; its id."""
        with self._store.lock:
            while len(self._sessions) >= self.behaviour.most:
                del self._sessions[next(iter(self._sessions))]
            session = _Session(wanted, self._store.site.now(), events)
            stored: Mapping[UUID, AlarmRow | EventRow] = self._store.events if events else self._store.alarms
            everything = [row for row in stored.values() if self._store.may_see(user, row)]
            if self.behaviour.first_call_full:
                session.pending = dict.fromkeys(row.id for row in everything)
            else:
                session.known = {row.id for row in everything if wanted.matches(row.line)}
            session_id = self._store.new_id()
            self._sessions[session_id] = session
            return session_id

    def stop(self, session_id: UUID, *, events: bool = False) -> None:
        """End a session; UnknownSession if there is none."""
        with self._store.lock:
            self._find(session_id, events=events)
            del self._sessions[session_id]

    def poll_alarms(
        self, session_id: UUID, most: int, user: User | None
    ) -> tuple[list[UUID], list[Record], list[Record]]:
        """Deleted ids, inserted lines, updated lines: together `most` at most, the rest stays for the next call.

        A line that has stopped matching the filter is among the updated ones once, with FilterMatch false.
        """
        return self._poll(session_id, most, user, self._store.alarms)

    def poll_events(self, session_id: UUID, most: int, user: User | None) -> tuple[list[UUID], list[Record]]:
        """Deleted ids and inserted lines, together `most` at most; events never change."""
        return self._poll(session_id, most, user, self._store.events)[:2]

    def _poll(
        self, session_id: UUID, most: int, user: User | None, stored: Mapping[UUID, AlarmRow | EventRow]
    ) -> tuple[list[UUID], list[Record], list[Record]]:
        with self._store.lock:
            session = self._find(session_id, events=stored is self._store.events)
            deleted: list[UUID] = []
            inserted: list[Record] = []
            updated: list[Record] = []
            while session.pending and len(deleted) + len(inserted) + len(updated) < most:
                key = next(iter(session.pending))
                del session.pending[key]
                row = stored.get(key)
                was_known = key in session.known
                session.known.discard(key)
                if row is None or not self._store.may_see(user, row):
                    deleted += [key] if was_known else []
                    continue
                matches = session.filter.matches(row.line)
                if matches:
                    session.known.add(key)
                if was_known:
                    updated.append(row.line_record(filter_match=matches))
                elif matches:
                    inserted.append(row.line_record())
            return deleted, inserted, updated

    def _find(self, session_id: UUID, *, events: bool) -> _Session:
        now = self._store.site.now()
        session = self._sessions.get(session_id)
        if session is None or session.events != events:
            raise UnknownSession(session_id)
        if now - session.used > self.behaviour.idle:
            del self._sessions[session_id]
            raise UnknownSession(session_id)
        session.used = now
        return session

    def _changed(self, events: bool, key: UUID) -> None:
        for session in self._sessions.values():
            if session.events == events:
                session.pending[key] = None
