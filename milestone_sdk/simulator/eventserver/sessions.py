"""Line sessions: what changed since a client asked last.

Much about real sessions is unknown (protocol/alarms.md 1.12); where a test needs the other answer, `SessionBehaviour`
gives it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from attrs import define, field

from milestone_sdk.simulator.eventserver.filter import Filter
from milestone_sdk.simulator.eventserver.rows import AlarmRow, EventRow
from milestone_sdk.simulator.eventserver.store import AlarmStore
from milestone_sdk.simulator.site import User
from milestone_sdk.simulator.wire.contract import Record

__all__ = ["LineSessions", "SessionBehaviour", "UnknownSession"]


class UnknownSession(Exception):
    """There is no such session: never started, stopped, idle for too long, or the server was restarted."""

    def __init__(self, session_id: UUID) -> None:
        super().__init__(f"Session {session_id} is not known.")


@define
class SessionBehaviour:
    """The answers to what is not known about sessions."""

    first_call_full: bool = True
    """Whether the first call returns all lines that match, or only what changed since the start."""
    idle: timedelta = timedelta(minutes=5)
    """How long a session outlives its last call, by the site's clock."""
    most: int = 1000
    """How many sessions the server keeps; the oldest one goes when there are more."""


@define
class _Session:
    filter: Filter
    used: datetime
    events: bool
    pending: dict[UUID, None] = field(factory=dict[UUID, None])
    known: set[UUID] = field(factory=set[UUID])


class LineSessions:
    """The sessions of one event server; `clear` is what a restart does to them."""

    def __init__(self, store: AlarmStore) -> None:
        self.behaviour = SessionBehaviour()
        self._store = store
        self._sessions: dict[UUID, _Session] = {}
        store.alarm_watchers.append(self._alarm_changed)
        store.event_watchers.append(self._event_changed)

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
            stored: Iterable[AlarmRow | EventRow] = (self._store.events if events else self._store.alarms).values()
            everything = [row for row in stored if self._store.may_see(user, row)]
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

        A line that does not match the filter any more comes once among the updated ones, with FilterMatch false.
        """
        with self._store.lock:
            session = self._find(session_id, events=False)
            deleted: list[UUID] = []
            inserted: list[Record] = []
            updated: list[Record] = []
            while session.pending and len(deleted) + len(inserted) + len(updated) < most:
                alarm_id = next(iter(session.pending))
                del session.pending[alarm_id]
                row = self._store.alarms.get(alarm_id)
                was_known = alarm_id in session.known
                session.known.discard(alarm_id)
                if row is None or not self._store.may_see(user, row):
                    deleted += [alarm_id] if was_known else []
                    continue
                matches = session.filter.matches(row.line)
                if matches:
                    session.known.add(alarm_id)
                if matches and not was_known:
                    inserted.append(row.line_record())
                elif was_known:
                    updated.append(row.line_record(filter_match=matches))
            return deleted, inserted, updated

    def poll_events(self, session_id: UUID, most: int, user: User | None) -> tuple[list[UUID], list[Record]]:
        """Deleted ids and inserted lines, together `most` at most; events never change."""
        with self._store.lock:
            session = self._find(session_id, events=True)
            deleted: list[UUID] = []
            inserted: list[Record] = []
            while session.pending and len(deleted) + len(inserted) < most:
                event_id = next(iter(session.pending))
                del session.pending[event_id]
                row = self._store.events.get(event_id)
                if row is None or not self._store.may_see(user, row):
                    deleted += [event_id] if event_id in session.known else []
                    session.known.discard(event_id)
                elif event_id not in session.known and session.filter.matches(row.line):
                    session.known.add(event_id)
                    inserted.append(row.line_record())
            return deleted, inserted

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

    def _alarm_changed(self, alarm_id: UUID) -> None:
        for session in self._sessions.values():
            if not session.events:
                session.pending[alarm_id] = None

    def _event_changed(self, event_id: UUID) -> None:
        for session in self._sessions.values():
            if session.events:
                session.pending[event_id] = None
