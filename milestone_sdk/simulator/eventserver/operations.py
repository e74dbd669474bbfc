"""What each operation of the alarm service does: one function for each."""  # docs/protocol: alarms-operations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from attrs import define, field, frozen

from milestone_sdk.simulator.eventserver.filter import Filter, page, search_filter, search_orders
from milestone_sdk.simulator.eventserver.rows import AlarmRow, EventRow
from milestone_sdk.simulator.eventserver.sessions import LineSessions
from milestone_sdk.simulator.eventserver.store import AlarmStore
from milestone_sdk.simulator.site import User
from milestone_sdk.simulator.wire.contract import AnyValue, Record
from milestone_sdk.simulator.wire.soap import SoapFault
from milestone_sdk.simulator.wire.values import ZERO

__all__ = ["OPERATIONS", "AlarmError", "Call", "Searches", "author_of"]


class AlarmError(Exception):
    """An AlarmServiceFault: `reason` is one of the names of AlarmFaultType."""

    def __init__(self, reason: str, description: str) -> None:
        super().__init__(f"{reason}: {description}")
        self.reason = reason
        self.description = description


@define
class Searches:
    """The results of GetEventLines2 that clients page through; the oldest ones are forgotten."""

    most: int = 64
    _rows: dict[UUID, list[EventRow]] = field(init=False, factory=dict[UUID, list[EventRow]])

    def get(self, search_id: UUID) -> list[EventRow] | None:
        """The rows of a search; None if it is not known."""
        return self._rows.get(search_id)

    def keep(self, search_id: UUID, rows: list[EventRow]) -> None:
        """Keep the rows of a search."""
        while len(self._rows) >= self.most:
            del self._rows[next(iter(self._rows))]
        self._rows[search_id] = rows


@frozen(kw_only=True)
class Call:
    """One call: who calls, the parameters by name, and what the operations work on."""

    user: User
    values: Mapping[str, Any]
    store: AlarmStore
    sessions: LineSessions
    searches: Searches
    rng: random.Random

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def author(self) -> str:
        """The caller as histories and AssignedTo name them."""
        return author_of(self.user)

    def rows(self) -> list[AlarmRow]:
        """The alarm of the parameter `id`, if it exists and the user may see it."""
        row = self.store.alarms.get(self["id"])
        return [row] if row is not None and self.store.may_see(self.user, row) else []

    def of_source(self) -> list[AlarmRow]:
        """The alarms of the parameter `objectId`."""
        source = self["objectId"]
        return [row for row in self.store.visible(self.user) if row.line["SourceId"] == source != ZERO]

    def alarm(self) -> Record | None:
        """The alarm of the parameter `id`."""
        return next((row.alarm for row in self.rows()), None)

    def event(self, event_id: UUID) -> Record | None:
        """The event of that id, if it exists and the user may see it."""
        row = self.store.events.get(event_id)
        return row.event if row is not None and self.store.may_see(self.user, row) else None

    def member_of_either(self, name: str) -> Any:
        """A member of the alarm or event of the parameter `id`."""
        found = self.alarm() or self.event(self["id"])
        return None if found is None else found[name]

    def events(self, keep: Callable[[Any], bool]) -> list[EventRow]:
        """The events that the user may see and whose lines pass."""
        rows = self.store.events.values()
        return [row for row in rows if self.store.may_see(self.user, row) and keep(row.line)]

    def given(self, name: str) -> Record:
        """A parameter without which the operation makes no sense; a real server runs into a null reference."""
        record: Record | None = self[name]
        if record is None or (record.contract in _WITH_HEADER and record["EventHeader"] is None):
            raise SoapFault("a:InternalServiceFault", f"Value cannot be null. Parameter name: {name}")
        return record


_WITH_HEADER = {"Alarm", "BaseEvent", "AnalyticsEvent", "EventData", "AccessControlEvent"}


def author_of(user: User) -> str:
    r"""`user (DOMAIN\user)`, for a basic user `name (\name)`."""  # docs/protocol: alarms-values
    domain, _, name = user.name.rpartition("\\")
    return f"{name} ({domain}\\{name})"


# Adding and changing: of an id that is unknown or invisible nothing happens, as the contract has no fault for it


def _add_as_event(call: Call) -> None:
    alarm = call.given("alarm")
    shared = ("EventHeader", "Description", "StartTime", "EndTime", "Location", "Count")
    lists = ("RuleList", "ObjectList", "ReferenceList", "SnapshotList", "Vendor")
    call.store.raise_event(Record("AnalyticsEvent", {name: alarm[name] for name in (*shared, *lists)}))


def _attach_snapshot(call: Call) -> None:
    picture = call.given("snapshot")
    for row in call.rows():
        call.store.attach_snapshot(row, picture)


def _update_alarm(call: Call) -> None:
    call.store.update(
        call.rows(),
        call.author,
        text=call["text"],
        state=call["state"],
        priority=call["priority"],
        time=call["time"],
        owner=call["assignedTo"],
    )


def _update_alarm_values(call: Call) -> None:
    pairs = [(pair["key"] or "", pair["value"] or "") for pair in call["updates"] or ()]
    try:
        call.store.update_values(call.rows(), call.author, pairs)
    except ValueError as error:
        raise AlarmError("Serialization", f"The value {error} is not a number.") from None


def _update_multiple_alarms(call: Call) -> None:
    state = call["newState"]
    rows = [row for row in call.of_source() if row.line["State"] == call["oldState"]]
    name = call.store.site.states.get(state)
    values: dict[str, Any] = {"State": state, "StateName": name, "AssignedTo": call["assignedTo"]}
    call.store.change(rows, call.author, time=call["time"], **values)


# Lists


def _get_alarm_lines(call: Call) -> list[Record]:
    wanted = Filter.compile(call["filter"])
    rows = [row for row in call.store.visible(call.user) if wanted.matches(row.line)]
    found = page(wanted.sort(rows, call.rng), call["from"], call["maxCount"])
    if call.store.faults_above is not None and len(found) > call.store.faults_above:
        raise SoapFault("a:InternalServiceFault", "The server was unable to process the request.")
    return [row.line_record() for row in found[: call.store.most_rows]]


def _get_alarms_with_related_hardware(call: Call) -> list[Record]:
    criteria = [item for item in call["filter"] or () if item is not None and item["Criteria"]]
    rows = [row for row in call.store.visible(call.user) if all(_meets(row.line, criterion) for criterion in criteria)]
    return [row.line_record() for row in page(Filter().sort(rows, call.rng), 0, call["maxCount"])]


def _meets(line: dict[str, Any], criterion: Record) -> bool:
    """One criterion of GetAlarmsWithRelatedHardware: any of its values; what Criteria may say is not known."""
    name = "SourceId" if criterion["Criteria"] == "ObjectId" else criterion["Criteria"]
    wanted = list(_plain(criterion.items("Values")))
    return name not in line or not wanted or line[name] in wanted


def _plain(values: Iterable[AnyValue | None]) -> Iterator[Any]:
    for value in values:
        if value is not None:
            yield value.value["Number"] if isinstance(value.value, Record) else value.value


def _get_event_lines(call: Call) -> list[Record]:
    wanted = Filter.compile(call["filter"])
    rows = wanted.sort(call.events(wanted.matches), call.rng)
    return [row.line_record() for row in page(rows, call["from"], call["maxCount"])]


def _get_event_lines_2(call: Call) -> Record:
    asked = call.given("parameters")
    search_id: UUID = asked["SearchId"]
    rows = call.searches.get(search_id)
    if rows is None or not asked["TruePaging"]:
        found = call.events(search_filter(asked["SearchGroup"]))
        rows = search_orders(asked["SearchOrders"]).sort(found, call.rng)
        search_id = call.store.new_id() if search_id == ZERO else search_id
        call.searches.keep(search_id, rows)
    shown = page(rows, asked["Page"] * asked["PageSize"], asked["PageSize"])
    lines = [row.line_record() for row in shown]
    members = {"Result": lines, "SearchId": search_id, "TruePaging": asked["TruePaging"]}
    return Record("GetEventLines2Resp", members)


def _get_event_count(call: Call) -> Record:
    asked = call.given("parameters")
    return Record("GetEventCountResp", {"Count": len(call.events(search_filter(asked["SearchGroup"])))})


def _get_events(call: Call) -> Record:
    found = [call.event(event_id) for event_id in call.given("parameters").items("EventIds")]
    return Record("GetEventsResp", {"Events": [event for event in found if event is not None]})


def _get_statistics(call: Call) -> list[Record]:
    lines = [row.line for row in call.store.visible(call.user)]
    counted = [("Total", 0, len(lines))]
    for kind in ("Priority", "State"):
        numbers = [line[kind] for line in lines]
        counted += [(kind, number, numbers.count(number)) for number in sorted(set(numbers))]
    return [Record("Statistic", {"Number": number, "Type": kind, "Value": value}) for kind, number, value in counted]


def _get_alarm_messages(call: Call) -> list[str]:
    return sorted({row.line["Message"] for row in call.store.visible(call.user) if row.line["Message"]})


# Sessions


def _get_session_alarm_lines(call: Call) -> Record:
    deleted, inserted, updated = call.sessions.poll_alarms(call["sessionId"], call["maxCount"], call.user)
    return Record("AlarmUpdateData", {"Deleted": deleted, "Inserted": inserted, "Updated": updated})


def _get_session_event_lines(call: Call) -> Record:
    deleted, inserted = call.sessions.poll_events(call["sessionId"], call["maxCount"], call.user)
    return Record("EventUpdateData", {"Deleted": deleted, "Inserted": inserted})


OPERATIONS: Mapping[str, Callable[[Call], Any]] = {
    "Add": lambda call: call.store.add(call.given("alarm")),
    "AddEvent": lambda call: call.store.raise_event(call.given("baseEvent")),
    "AddAsEvent": _add_as_event,
    "Get": Call.alarm,
    "GetEvent": lambda call: call.event(call["id"]),
    "GetHeader": lambda call: call.member_of_either("EventHeader"),
    "GetSnapshots": lambda call: call.member_of_either("SnapshotList"),
    "AttachSnapshot": _attach_snapshot,
    "UpdateAlarmValues": _update_alarm_values,
    "UpdateAlarm": _update_alarm,
    "Acknowledge": lambda call: call.store.acknowledge(call.rows(), call.author),
    "UpdateMultipleAlarms": _update_multiple_alarms,
    "AcknowledgeMultipleAlarms": lambda call: call.store.acknowledge(call.of_source(), call.author),
    "StartAlarmLineSession": lambda call: call.sessions.start(Filter.compile(call["filter"]), call.user),
    "StopAlarmLineSession": lambda call: call.sessions.stop(call["sessionId"]),
    "GetSessionAlarmLines": _get_session_alarm_lines,
    "GetAlarmLines": _get_alarm_lines,
    "GetAlarmsWithRelatedHardware": _get_alarms_with_related_hardware,
    "StartEventLineSession": lambda call: call.sessions.start(Filter.compile(call["filter"]), call.user, events=True),
    "StopEventLineSession": lambda call: call.sessions.stop(call["sessionId"], events=True),
    "GetSessionEventLines": _get_session_event_lines,
    "GetEventLines": _get_event_lines,
    "GetStatistics": _get_statistics,
    "GetAlarmHistory": lambda call: [entry for row in call.rows() for entry in row.history],
    "GetAlarmUpdateHistory": lambda call: [entry for row in call.rows() for entry in row.updates],
    "GetAlarmMessages": _get_alarm_messages,
    "GetEventLines2": _get_event_lines_2,
    "GetEventCount": _get_event_count,
    "GetEvents": _get_events,
}
