"""What people do with alarms beside receiving them: change, close, add, look up their past, count them."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from attrs import evolve

from ..._protocol.alarms import service as alarmservice
from ..._protocol.alarms.levels import BUILT_IN_PRIORITIES, BUILT_IN_STATES, levels_of, named_levels
from ..._protocol.alarms.listing import AlarmWalk
from ...errors import (
    AlarmNotFound,
    ConfigurationError,
    NotFound,
    PermissionDenied,
    RemoteProtocolError,
    ServerFault,
    ServiceUnavailable,
    TransportError,
    UnsupportedFeature,
)
from ...models import Alarm, AlarmFilter, AlarmLine, AlarmSnapshot, AlarmState, Condition, OrderBy, Target
from ...models.alarms.history import AlarmHistoryEntry, AlarmLevel, AlarmSettings, AlarmStatistics, AlarmValueChange
from ...releases import Capability
from ..session.facts import AsyncFact
from ..session.gateway import AsyncGateway
from ..session.session import AsyncSession

__all__ = ["AsyncAlarmAdministration"]

_MAX_LEVELS: Final = 100
"""States, priorities or categories that are looked for among the alarms, a call for each."""
_BUILT_IN: Final[Mapping[Target, Mapping[int, str]]] = {
    "State": BUILT_IN_STATES,
    "Priority": BUILT_IN_PRIORITIES,
    "Category": {},
}
_NAMES_LAST: Final = 30.0
"""Seconds that the name of a state or priority is used: an administrator may change it, and no call would fail."""
_BEGINNING: Final = datetime(1, 1, 1, tzinfo=UTC)
_NEWEST_FIRST: Final = (OrderBy("Modified", descending=True),)
_NOT_TO_BE_HAD: Final = (
    NotFound,
    PermissionDenied,
    RemoteProtocolError,
    ServerFault,
    ServiceUnavailable,
    TransportError,
    UnsupportedFeature,
)
"""Why lists that REST would give may be missing; the alarms themselves tell most of it."""
_READ: Final[Mapping[Target, Callable[[AlarmLine], tuple[int | None, str | None]]]] = {
    "State": lambda line: (line.state, line.state_name),
    "Priority": lambda line: (line.priority, line.priority_name),
    "Category": lambda line: (line.category, line.category_name),
}


class AsyncAlarmAdministration:
    """The alarm service's operations on single alarms and on the site's alarm settings (protocol/alarms.md 1.7).

    Changes are last-writer-wins: the server compares no versions. Of an id that it does not know, or that the user may
    not see, it tells nothing: such a change is lost without a word, unless stated otherwise.
    """

    def __init__(self, session: AsyncSession, gateway: AsyncGateway) -> None:
        self._session = session
        self._gateway = gateway
        self._names: dict[tuple[Target, int], AsyncFact[str]] = {}

    # Lists

    async def iterate(self, *conditions: Condition, page_size: int = 500) -> AsyncIterator[AlarmLine]:
        """Yield the alarms for which all `conditions` hold, by their number, however many there are.

        One page of `page_size` is held at a time. Every alarm comes once, as it is when its page is fetched; one that
        is stored, removed, or comes to meet the conditions meanwhile may come or not.
        """
        if page_size < 1:
            raise ConfigurationError(f"page_size={page_size} fetches nothing", hint="100 to 1000 is usual")
        walk = AlarmWalk(conditions=conditions, page_size=page_size)
        while not walk.finished:
            for line in walk.receive(await self._page(walk.filter, walk.max_count)):
                yield line

    async def ordered(self, *conditions: Condition, order: Sequence[OrderBy], limit: int) -> list[AlarmLine]:
        """Return the first `limit` alarms for which all `conditions` hold, in the order of the server.

        It is one page, since in most orders alarms change places, and the next page would leave some out.
        """
        if limit < 1:
            raise ConfigurationError(f"a limit of {limit} alarms asks for none", hint="give 1 or more")
        return list(await self._page(AlarmFilter(conditions, tuple(order)), limit))

    # Changes

    async def update(
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

        The name that belongs to a number of a `state` or `priority` is read from the server; `NotFound` is raised for
        a number that nothing there carries. `reason` is the reason for closing. `values` are sent as they stand; keys
        that servers know: AssignedTo, Comment, Priority, PriorityInt, PriorityName, ReasonCode, State, StateInt,
        StateName (protocol/alarms.md 1.7).
        """
        updates: dict[str, str] = {}
        if state is not None:
            updates |= {"StateInt": str(int(state)), "StateName": await self._name("State", state)}
        if priority is not None:
            updates |= {"PriorityInt": str(int(priority)), "PriorityName": await self._name("Priority", priority)}
        given = {"AssignedTo": assigned_to, "ReasonCode": reason, "Comment": comment}
        updates |= {key: text for key, text in given.items() if text is not None}
        if twice := updates.keys() & (values or {}).keys():
            raise ConfigurationError(f"two values for {', '.join(sorted(twice))}", hint="give each of them once")
        updates |= values or {}
        if not updates:
            raise ConfigurationError("nothing to change", hint="give a state, a comment, or other values")
        alarm_id = _id_of(alarm)
        await self._session.event_server(lambda token: alarmservice.update_alarm_values(token, alarm_id, updates))

    async def close(self, alarm: AlarmLine | UUID, *, reason: str | None = None, comment: str | None = None) -> None:
        """Close the alarm, with the reason that the site may demand."""
        await self.update(alarm, state=AlarmState.CLOSED, reason=reason, comment=comment)

    async def annotate(
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
        it was (protocol/alarms.md 1.7, UpdateAlarm). `time` is now unless it is given. Raises `AlarmNotFound`.
        """
        alarm_id = _id_of(alarm)
        found = await self._page(AlarmFilter((Condition("Id", "Equals", alarm_id),)), 1)
        if not found or found[0].id != alarm_id:
            raise AlarmNotFound(
                f"no alarm {alarm_id}",
                server=str(self._session.location),
                operation="UpdateAlarm",
                hint="retention may have removed it, or this user may not see it",
            )
        line = found[0]
        state = line.state if state is None else state
        priority = line.priority if priority is None else priority
        if state is None or priority is None:
            what = "state" if state is None else "priority"
            raise RemoteProtocolError(
                f"the {what} of alarm {alarm_id} cannot be read, and would have to be sent back",
                server=str(self._session.location),
                operation="UpdateAlarm",
                hint=f"give {what}=",
            )
        await self._session.event_server(
            lambda token: alarmservice.update_alarm(
                token,
                alarm_id,
                text=text,
                state=state,
                priority=priority,
                time=time or self._session.clock.utcnow(),
                assigned_to=(line.assigned_to or "") if assigned_to is None else assigned_to,
            )
        )

    async def add(self, alarm: Alarm) -> UUID:
        """Store a ready-made alarm and return its id; no alarm definition is asked, and no rule follows.

        What is missing is filled in: the time of the header is now, the state New, and the names of state and priority
        are those that the server has. Raises `LocalProtocolError` without a message in the header, `NotFound` for a
        state or priority that nothing there carries and that comes without a name.
        """
        header = alarm.header
        if header.timestamp is None:
            header = evolve(header, timestamp=self._session.clock.utcnow())
        if header.priority and header.priority_name is None:
            header = evolve(header, priority_name=await self._name("Priority", header.priority))
        state = alarm.state or AlarmState.NEW.value
        name = alarm.state_name or await self._name("State", state)
        whole = evolve(alarm, header=header, state=state, state_name=name)
        await self._session.event_server(lambda token: alarmservice.add(token, whole))
        return header.id

    async def attach_snapshot(
        self, alarm: AlarmLine | UUID, picture: AlarmSnapshot | bytes, *, offset: timedelta = timedelta()
    ) -> None:
        """Add a picture to an alarm: a JPEG, taken `offset` after the event, or an `AlarmSnapshot` with more to tell.

        How large a picture servers take is not known; some may refuse more than 64 kB (protocol/alarms.md 1.6).
        """
        alarm_id = _id_of(alarm)
        snapshot = AlarmSnapshot(offset=offset, image=picture) if isinstance(picture, bytes) else picture
        await self._session.event_server(lambda token: alarmservice.attach_snapshot(token, alarm_id, snapshot))

    # The past, and the whole

    async def history(self, alarm: AlarmLine | UUID) -> tuple[AlarmHistoryEntry, ...]:
        """Return how the alarm stood after each change, oldest first; nothing for an id that nobody knows."""
        alarm_id = _id_of(alarm)
        rows = await self._session.event_server(lambda token: alarmservice.get_alarm_history(token, alarm_id))
        return tuple(sorted(rows, key=lambda row: row.time or _BEGINNING))

    async def changes(self, alarm: AlarmLine | UUID) -> tuple[AlarmValueChange, ...]:
        """Return each value of the alarm that was changed, oldest first; nothing for an id that nobody knows."""
        alarm_id = _id_of(alarm)
        rows = await self._session.event_server(lambda token: alarmservice.get_alarm_update_history(token, alarm_id))
        return tuple(sorted(rows, key=lambda row: row.time or _BEGINNING))

    async def statistics(self) -> AlarmStatistics:
        """Return the server's own counters, which lag behind the list."""
        return await self._session.event_server(alarmservice.get_statistics)

    async def messages(self) -> tuple[str, ...]:
        """Return the messages that alarms have, each once, as for a list to choose a filter from."""
        return await self._session.event_server(alarmservice.get_alarm_messages)

    async def settings(self) -> AlarmSettings:
        """Return the states, priorities and categories of the site.

        Since 2024 R2 the API Gateway lists them. SOAP has no such list: there, and where the gateway cannot be used,
        they are gathered from the alarms, one call for each (`AlarmSettings.complete`).
        """
        states = await self._levels("alarmStates", "State", BUILT_IN_STATES)
        priorities = await self._levels("alarmPriorities", "Priority", {})
        categories = await self._levels("alarmCategories", "Category", {})
        return AlarmSettings(
            states=states[0],
            priorities=priorities[0],
            categories=tuple(level for level in categories[0] if level.number),
            complete=states[1] and priorities[1],
        )

    async def _levels(
        self, path: str, target: Target, built_in: Mapping[int, str]
    ) -> tuple[tuple[AlarmLevel, ...], bool]:
        """Return what there is of one kind, and whether the server listed it."""
        listed = await self._listed(path)
        nameless = listed is None or any(level.name is None for level in listed)
        levels = named_levels(listed, built_in, await self._seen(target) if nameless else {})
        self._keep(target, levels)
        return levels, listed is not None

    def _keep(self, target: Target, levels: Iterable[AlarmLevel]) -> None:
        for level in levels:
            if level.name is not None:
                self._name_of(target, level.number).keep(level.name)

    def _name_of(self, target: Target, number: int) -> AsyncFact[str]:
        return self._names.setdefault(
            (target, number),
            AsyncFact(
                partial(self._ask_name, target, number),
                guess=_BUILT_IN[target].get(number),
                lifetime=_NAMES_LAST,
                clock=self._session.clock,
            ),
        )

    async def _listed(self, path: str) -> tuple[AlarmLevel, ...] | None:
        """Return a list of the Alarms REST API, `None` where there is none to be had."""
        try:
            return levels_of(await self._gateway.get_array(path, needs=Capability.ALARMS_REST))
        except _NOT_TO_BE_HAD:
            return None

    async def _seen(self, target: Target) -> dict[int, str | None]:
        """Return the numbers that alarms carry now, with their names, each found by excluding the ones before."""
        found: dict[int, str | None] = {}
        while len(found) < _MAX_LEVELS:
            others = tuple(Condition(target, "NotEquals", number) for number in found)
            lines = await self._page(AlarmFilter(others, _NEWEST_FIRST), 1)
            if not lines:
                break
            number, name = _READ[target](lines[0])
            if number is None or number in found:
                break
            found[number] = name
        return found

    async def _name(self, target: Target, number: int) -> str:
        """Return the server's name for a number: of its lists, of an alarm that carries it, else the built-in one."""
        return await self._name_of(target, int(number)).get()

    async def _ask_name(self, target: Target, number: int) -> str | None:
        listed = await self._listed("alarmStates" if target == "State" else "alarmPriorities")
        name = next((level.name for level in listed or () if level.number == number), None)
        if name is None:
            lines = await self._page(AlarmFilter((Condition(target, "Equals", number),), _NEWEST_FIRST), 1)
            name = next((text for carried, text in map(_READ[target], lines) if carried == number), None)
        if name is None and number not in _BUILT_IN[target]:
            raise NotFound(
                f"nothing at this site tells the name of {target.lower()} {number}",
                server=str(self._session.location),
                hint=f'give it: values={{"{target}Int": "{number}", "{target}Name": "..."}}',
            )
        return name

    async def _page(self, wanted: AlarmFilter, max_count: int) -> tuple[AlarmLine, ...]:
        return await self._session.event_server(
            lambda token: alarmservice.get_alarm_lines(token, start=0, max_count=max_count, filter=wanted)
        )


def _id_of(alarm: AlarmLine | UUID) -> UUID:
    return alarm.id if isinstance(alarm, AlarmLine) else alarm
