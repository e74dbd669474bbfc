# Generated from milestone_sdk/_async/alarms/alarms.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Alarms: list, read, change, add, and follow them."""

from collections.abc import Iterator, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from attrs import evolve

from ..._arguments import check_count, check_seconds, check_type
from ..._protocol.alarms import service
from ..._protocol.alarms.lines import AlarmLines
from ..._protocol.alarms.listing import AlarmWalk
from ...checkpoints import CheckpointStore
from ...errors import AlarmNotFound, ConfigurationError, MilestoneError, RemoteProtocolError
from ...models import Alarm, AlarmFilter, AlarmLine, AlarmSnapshot, AlarmState, Condition, OrderBy, Target
from ...models.alarms.history import AlarmHistoryEntry, AlarmSettings, AlarmStatistics, AlarmValueChange
from ...models.table import Table
from ...models.times import to_utc
from ..configuration.inventory import ConfigurationCache
from ..session.gateway import Gateway
from ..session.session import Session
from .settings import AlarmLevels
from .subscription import AlarmSubscription

__all__ = ["Alarms"]

AlarmReferences = AlarmLine | UUID | Iterable[AlarmLine | UUID]

_PAGE_SIZE: Final = 500
_NEWEST_FIRST: Final = (OrderBy("Modified", descending=True), OrderBy("LocalId", descending=True))
_BEGINNING: Final = datetime(1, 1, 1, tzinfo=UTC)


class Alarms:
    """The alarms of a site.

    Changes are last-writer-wins: the server compares no versions. For an id that it does not know, or that the user may
    not see, the server reports success and changes nothing, unless a method says otherwise.
    """

    def __init__(self, session: Session, configuration: ConfigurationCache, gateway: Gateway) -> None:
        self._session = session
        self._configuration = configuration
        self._levels = AlarmLevels(session, gateway, self.page)
        self._last_answer: float | None = None

    @property
    def last_answer(self) -> float | None:
        """When the event server last answered a request for alarms, by the monotonic clock; `None` if never."""
        return self._last_answer

    # Reading

    def list(
        self, *conditions: Condition, order: Sequence[OrderBy] = (), limit: int | None = None
    ) -> Table[AlarmLine]:
        """Return the alarms for which all `conditions` hold, newest first: the most recently raised or changed one.

        A `limit` keeps that many of the newest. An `order` is applied by the server and needs a `limit`: alarms change
        places meanwhile, so a second page would miss some. For more than memory should hold, see `iterate`.

        An empty list may also mean that the user has no right to see alarms: the server does not distinguish the two.
        Raises `ServiceUnavailable` when the event server cannot be reached. In a notebook the tuple is a table.
        """
        if limit is not None:
            check_count("limit", limit)
            return Table(self.page(AlarmFilter(conditions, tuple(order or _NEWEST_FIRST)), limit))
        if order:
            raise ConfigurationError("order needs a limit, got limit=None", hint="for example limit=500")
        found = [line for line in self.iterate(*conditions)]
        return Table(sorted(found, key=lambda line: (line.revision, line.local_id), reverse=True))

    def iterate(self, *conditions: Condition, page_size: int = _PAGE_SIZE) -> Iterator[AlarmLine]:
        """Yield the alarms for which all `conditions` hold, by their number, however many there are.

        One page of `page_size` is held at a time. Every alarm comes once, as it is when its page is fetched; one that
        is stored or removed meanwhile, or begins to meet the conditions, may be missing.
        """
        check_count("page_size", page_size, hint="100 to 1000 is usual")
        listing = AlarmWalk(conditions=conditions, page_size=page_size)
        while not listing.finished:
            for line in listing.receive(self.page(listing.filter, listing.max_count)):
                yield line

    def page(self, wanted: AlarmFilter, max_count: int, *, start: int = 0) -> AlarmLines:
        """Return one page as the server gives it; for more than one, `list` is safe against changes in between.

        Rows without a readable `Id` or `Modified` are in its `unreadable`.
        """
        lines = self._session.event_server(
            service.get_alarm_lines, start=start, max_count=max_count, filter=wanted
        )
        self._last_answer = self._session.clock.monotonic()
        return lines

    def get(self, alarm: AlarmLine | UUID) -> Alarm:
        """Return the whole alarm, with rules, objects, references and snapshots. Raises `AlarmNotFound`."""
        found = self._session.event_server(service.get_alarm, _id_of(alarm))
        if found is None:
            raise self._not_found(_id_of(alarm), "Get")
        return found

    def history(self, alarm: AlarmLine | UUID) -> tuple[AlarmHistoryEntry, ...]:
        """Return the alarm's state after each change, oldest first; nothing for an id that the server does not know."""
        rows = self._session.event_server(service.get_alarm_history, _id_of(alarm))
        return tuple(sorted(rows, key=lambda row: row.time or _BEGINNING))

    def changes(self, alarm: AlarmLine | UUID) -> tuple[AlarmValueChange, ...]:
        """Return each changed value of the alarm, oldest first; nothing for an id that the server does not know."""
        rows = self._session.event_server(service.get_alarm_update_history, _id_of(alarm))
        return tuple(sorted(rows, key=lambda row: row.time or _BEGINNING))

    def statistics(self) -> AlarmStatistics:
        """Return the server's own counters, which lag behind the list."""
        return self._session.event_server(service.get_statistics)

    def messages(self) -> tuple[str, ...]:
        """Return the messages of all alarms, each once, for example to offer them as filters."""
        return self._session.event_server(service.get_alarm_messages)

    def settings(self) -> AlarmSettings:
        """Return the states, priorities and categories of the site.

        Since 2024 R2 the API Gateway lists them. On older releases, and where the gateway cannot be used, they are
        collected from the alarms, one call for each; `AlarmSettings.complete` is false then.
        """
        return self._levels.settings()

    # Changes

    def update(
        self,
        alarm: AlarmLine | UUID,
        values: Mapping[str, str] | None = None,
        *,
        state: int | None = None,
        priority: int | None = None,
        assigned_to: str | None = None,
        reason: str | None = None,
        comment: str | None = None,
    ) -> None:
        """Change some values of an alarm and leave the others.

        The name that belongs to the number of a `state` or `priority` is read from the server; `NotFound` is raised for
        a number that is in no list and no alarm of the site. `reason` is the reason for closing. `values` are sent
        unchanged; servers know the keys AssignedTo, Comment, Priority, PriorityInt, PriorityName, ReasonCode, State,
        StateInt, StateName.
        """
        updates: dict[str, str] = {}
        levels: dict[Target, int | None] = {"State": state, "Priority": priority}
        for target, number in levels.items():
            if number is not None:
                name = self._levels.name(target, number)
                updates |= {f"{target}Int": str(int(number)), f"{target}Name": name}
        given = {"AssignedTo": assigned_to, "ReasonCode": reason, "Comment": comment}
        updates |= {key: text for key, text in given.items() if text is not None}
        if twice := updates.keys() & (values or {}).keys():
            raise ConfigurationError(f"two values for {', '.join(sorted(twice))}", hint="give each of them once")
        updates |= values or {}
        if not updates:
            raise ConfigurationError("nothing to change", hint="give a state, a comment, or other values")
        self._session.event_server(service.update_alarm_values, _id_of(alarm), updates)

    def close(self, alarms: AlarmReferences, *, reason: str | None = None, comment: str | None = None) -> None:
        """Close one alarm or many, with the reason that the site may demand.

        Ends at the first error, with a note of which alarms were not closed; closing one again does no harm.
        """
        name = self._levels.name("State", AlarmState.CLOSED)
        values = {"StateInt": str(AlarmState.CLOSED.value), "StateName": name}
        given = {"ReasonCode": reason, "Comment": comment}
        values |= {key: text for key, text in given.items() if text is not None}
        _each(alarms, "closed", lambda alarm: self.update(alarm, values))

    def acknowledge(self, alarms: AlarmReferences, *, comment: str | None = None) -> None:
        """Set one alarm or many in progress, make the user their owner, and add the comment.

        Ends at the first error, with a note of which alarms were not acknowledged; repeating it does no harm.
        """

        def one(alarm: UUID) -> None:
            self._session.event_server(service.acknowledge, alarm)
            if comment is not None:
                self.update(alarm, comment=comment)

        _each(alarms, "acknowledged", one)

    def annotate(
        self,
        alarm: AlarmLine | UUID,
        text: str,
        *,
        state: int | None = None,
        priority: int | None = None,
        assigned_to: str | None = None,
        time: datetime | None = None,
    ) -> None:
        """Write `text` into the alarm's history, with state, priority and owner as they are then.

        The operation behind it sets all three, so the alarm is read first and what is not given here is sent back as
        it was. `time` is now unless it is given. Raises `AlarmNotFound`.
        """
        alarm_id = _id_of(alarm)
        found = self.page(AlarmFilter((Condition("Id", "Equals", alarm_id),)), 1)
        if not found or found[0].id != alarm_id:
            raise self._not_found(alarm_id, "UpdateAlarm")
        line, where = found[0], str(self._session.location)
        state = _kept("state", line.state if state is None else state, alarm_id, where)
        priority = _kept("priority", line.priority if priority is None else priority, alarm_id, where)
        owner = (line.assigned_to or "") if assigned_to is None else assigned_to
        at = time or self._session.clock.utcnow()
        self._session.event_server(
            service.update_alarm, alarm_id, text=text, state=state, priority=priority, time=at, assigned_to=owner
        )

    def add(self, alarm: Alarm) -> UUID:
        """Store a ready-made alarm and return its id; alarm definitions and rules are not applied.

        Missing values are filled in: the time of the header is now, the state New, and the names of state and priority
        are the server's. Raises `LocalProtocolError` without a message in the header, `NotFound` for a state or
        priority without a name that is in no list and no alarm of the site.
        """
        header = alarm.header
        if header.timestamp is None:
            header = evolve(header, timestamp=self._session.clock.utcnow())
        if header.priority and header.priority_name is None:
            header = evolve(header, priority_name=self._levels.name("Priority", header.priority))
        state = alarm.state or AlarmState.NEW.value
        name = alarm.state_name or self._levels.name("State", state)
        whole = evolve(alarm, header=header, state=state, state_name=name)
        self._session.event_server(service.add, whole)
        return header.id

    def attach_snapshot(
        self, alarm: AlarmLine | UUID, picture: AlarmSnapshot | bytes, *, offset: timedelta = timedelta()
    ) -> None:
        """Add a picture to an alarm: a JPEG, taken `offset` after the event, or an `AlarmSnapshot` with more details.

        How large a picture may be is not known; some servers may refuse more than 64 kB.
        """
        snapshot = AlarmSnapshot(offset=offset, image=picture) if isinstance(picture, bytes) else picture
        self._session.event_server(service.attach_snapshot, _id_of(alarm), snapshot)

    # Following

    def subscribe(
        self,
        *,
        checkpoints: CheckpointStore,
        name: str = "default",
        since: datetime | Literal["now"] | None = None,
        interval: float = 3.0,
        link_timeout: float = 30.0,
        eager: bool = True,
        page_size: int = _PAGE_SIZE,
    ) -> AlarmSubscription:
        """Return a subscription, best iterated in a `with` block: every alarm at least once, in the server's order.

        `checkpoints` stores which alarms are done, under the site's id and `name`, so that a later run goes on there.
        Without a checkpoint, the subscription begins with all alarms that the server still stores, or with those that
        change after `since`; `"now"` skips the stored alarms. `interval` is the seconds between polls while nothing is
        new; the link counts as lost after `link_timeout` seconds, which must be more, without an answer.
        With `eager=False` nothing is requested before the first iteration, which then waits for a site that cannot be
        reached yet. So it is without a block; `break` then leaves the checkpoints claimed. Raises `ConfigurationError`
        for arguments that cannot work.
        """
        check_type("checkpoints", checkpoints, CheckpointStore, hint='for example SqliteCheckpointStore("arc.db")')
        check_type("name", name, str)
        check_seconds("interval", interval)
        check_seconds("link_timeout", link_timeout)
        if interval >= link_timeout:
            raise ConfigurationError(
                f"link_timeout must be > interval, got link_timeout={link_timeout} and interval={interval}",
                hint="give a link_timeout of two intervals or more",
            )
        check_count("page_size", page_size, hint="100 to 1000 is usual")
        return AlarmSubscription(
            self.page,
            self._session,
            self._configuration,
            checkpoints,
            name=name,
            since=since if since is None or since == "now" else to_utc(since, "since"),
            interval=interval,
            link_timeout=link_timeout,
            eager=eager,
            page_size=page_size,
        )

    def _not_found(self, alarm_id: UUID, operation: str) -> AlarmNotFound:
        return AlarmNotFound(
            f"no alarm {alarm_id}",
            server=str(self._session.location),
            operation=operation,
            hint="retention may have removed it, or this user may not see it",
        )


def _id_of(alarm: AlarmLine | UUID) -> UUID:
    return alarm.id if isinstance(alarm, AlarmLine) else alarm


def _kept(name: str, value: int | None, alarm_id: UUID, server: str) -> int:
    """Return a value that UpdateAlarm has to send back. Raises `RemoteProtocolError` for one that was unreadable."""
    if value is None:
        raise RemoteProtocolError(
            f"the {name} of alarm {alarm_id} cannot be read, and would have to be sent back",
            server=server,
            operation="UpdateAlarm",
            hint=f"give {name}=",
        )
    return value


def _each(alarms: AlarmReferences, done: str, change: Callable[[UUID], None]) -> None:
    left = [_id_of(alarm) for alarm in ([alarms] if isinstance(alarms, AlarmLine | UUID) else alarms)]
    while left:
        try:
            change(left[0])
        except MilestoneError as error:
            if len(left) > 1:
                error.add_note(f"{len(left)} alarms were not {done}: {', '.join(map(str, left))}")
            raise
        del left[0]
