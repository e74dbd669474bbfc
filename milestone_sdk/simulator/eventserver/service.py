"""The operations of the alarm service's token contract (protocol/alarms.md 1.7).

Requests are read and answers written by `codec`; what happens is decided by `store` and `sessions`.
"""

import random
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from attrs import frozen

from milestone_sdk.simulator.eventserver.codec import ABSENT, Codec
from milestone_sdk.simulator.eventserver.contract import (
    ACTION_PREFIX,
    OPERATIONS,
    SERVICE,
    ZERO,
    AnyValue,
    Record,
)
from milestone_sdk.simulator.eventserver.control import AlarmFacade
from milestone_sdk.simulator.eventserver.filter import BadFilter, Filter, page, search_filter, search_orders
from milestone_sdk.simulator.eventserver.rows import AlarmRow, EventRow
from milestone_sdk.simulator.eventserver.sessions import UnknownSession
from milestone_sdk.simulator.site import User
from milestone_sdk.simulator.wire.soap import SOAP11, SoapFault, envelope_namespace, open_envelope, reply

__all__ = ["AlarmError", "AlarmService", "author_of"]

_SEARCHES_KEPT = 64


class AlarmError(Exception):
    """An AlarmServiceFault: `reason` is one of the names of AlarmFaultType."""

    def __init__(self, reason: str, description: str) -> None:
        super().__init__(f"{reason}: {description}")
        self.reason = reason
        self.description = description


@frozen
class Call:
    """One call that was read: who calls, and the parameters by name."""

    user: User
    values: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def author(self) -> str:
        """The caller as histories and AssignedTo name them."""
        return author_of(self.user)


def author_of(user: User) -> str:
    r"""`user (DOMAIN\user)`, for a basic user `name (\name)` (protocol/alarms.md 2.4)."""
    domain, _, name = user.name.rpartition("\\")
    return f"{name} ({domain}\\{name})"


class AlarmService:
    """Answers one SOAP request after the other.

    `check` gives the user of a corporate token, or None. `empty_lists` are the forms in which a list without items may
    go out: `nil`, `empty`, `absent`; the seed chooses.
    """

    def __init__(
        self, alarms: AlarmFacade, check: Callable[[str], User | None], codec: Codec | None = None, *, seed: int = 0
    ) -> None:
        self.alarms = alarms
        self.store = alarms.store
        self.sessions = alarms.sessions
        self.codec = codec or Codec()
        self.empty_lists: tuple[str, ...] = ("nil", "empty", "absent")
        self._check = check
        self._random = random.Random(seed)
        self._searches: dict[UUID, list[EventRow]] = {}
        self._handlers: dict[str, Callable[[Call], Any]] = {
            "Add": self._add,
            "AddEvent": self._add_event,
            "AddAsEvent": self._add_as_event,
            "Get": self._get,
            "GetEvent": self._get_event,
            "GetHeader": self._get_header,
            "GetSnapshots": self._get_snapshots,
            "AttachSnapshot": self._attach_snapshot,
            "UpdateAlarmValues": self._update_alarm_values,
            "UpdateAlarm": self._update_alarm,
            "Acknowledge": self._acknowledge,
            "UpdateMultipleAlarms": self._update_multiple_alarms,
            "AcknowledgeMultipleAlarms": self._acknowledge_multiple_alarms,
            "StartAlarmLineSession": self._start_alarm_line_session,
            "StopAlarmLineSession": self._stop_alarm_line_session,
            "GetSessionAlarmLines": self._get_session_alarm_lines,
            "GetAlarmLines": self._get_alarm_lines,
            "GetAlarmsWithRelatedHardware": self._get_alarms_with_related_hardware,
            "StartEventLineSession": self._start_event_line_session,
            "StopEventLineSession": self._stop_event_line_session,
            "GetSessionEventLines": self._get_session_event_lines,
            "GetEventLines": self._get_event_lines,
            "GetStatistics": self._get_statistics,
            "GetAlarmHistory": self._get_alarm_history,
            "GetAlarmUpdateHistory": self._get_alarm_update_history,
            "GetAlarmMessages": self._get_alarm_messages,
            "GetEventLines2": self._get_event_lines_2,
            "GetEventCount": self._get_event_count,
            "GetEvents": self._get_events,
        }

    def serve(self, action: str, body: bytes) -> bytes:
        """The whole answer to one request; raises SoapFault for every kind of failure (protocol/alarms.md 1.11)."""
        name = action.strip().strip('"').removeprefix(ACTION_PREFIX)
        hidden = name == "GetAlarmsWithRelatedHardware" and not self.codec.modern
        if name not in OPERATIONS or not action.strip().strip('"').startswith(ACTION_PREFIX) or hidden:
            raise SoapFault.action_not_supported(action.strip().strip('"'))
        operation = OPERATIONS[name]
        element = open_envelope(body)
        if envelope_namespace(element) != SOAP11:
            raise SoapFault("s:VersionMismatch", "The envelope is not one of SOAP 1.1.")
        if element.tag != f"{{{SERVICE}}}{name}":
            raise SoapFault("a:DeserializationFailed", f"The message body holds {element.tag!s}, not {SERVICE}:{name}.")
        values = self.codec.read_parameters(operation, element)
        with self.store.lock:
            try:
                result = self._handlers[name](self._call(name, values))
            except UnknownSession as error:
                raise self._fault("UnknownSession", str(error), "Unknown session.") from None
            except BadFilter as error:
                raise self._fault("Serialization", str(error), "The filter cannot be used.") from None
            except AlarmError as error:
                raise self._fault(error.reason, error.description, error.description) from None
            return reply(name, SERVICE, self.codec.write_result(operation, result))

    def _call(self, name: str, values: dict[str, Any]) -> Call:
        user = self._check(values["token"] or "")
        if user is None:
            raise AlarmError("InvalidAuthentication", "The token is not valid.")
        failure = self.alarms.take_failure(name)
        if failure is not None:
            raise AlarmError(*failure)
        return Call(user, values)

    def _fault(self, reason: str, description: str, text: str) -> SoapFault:
        return SoapFault("s:Client", text, self.codec.write_fault(reason, description))

    # Adding

    def _add(self, call: Call) -> None:
        self.store.add(_given(call["alarm"], "alarm"))

    def _add_event(self, call: Call) -> None:
        self.store.raise_event(_given(call["baseEvent"], "baseEvent"))

    def _add_as_event(self, call: Call) -> None:
        alarm = _given(call["alarm"], "alarm")
        shared = ("EventHeader", "Description", "StartTime", "EndTime", "Location", "Count")
        lists = ("RuleList", "ObjectList", "ReferenceList", "SnapshotList", "Vendor")
        self.store.raise_event(Record("AnalyticsEvent", {name: alarm[name] for name in (*shared, *lists)}))

    # Reading one

    def _visible(self, user: User, alarm_id: UUID) -> list[AlarmRow]:
        row = self.store.alarms.get(alarm_id)
        return [row] if row is not None and self.store.may_see(user, row) else []

    def _event(self, user: User, event_id: UUID) -> Record | None:
        row = self.store.events.get(event_id)
        return row.event if row is not None and self.store.may_see(user, row) else None

    def _alarm(self, user: User, alarm_id: UUID) -> Record | None:
        return next((row.alarm for row in self._visible(user, alarm_id)), None)

    def _get(self, call: Call) -> Record | None:
        return self._alarm(call.user, call["id"])

    def _get_event(self, call: Call) -> Record | None:
        return self._event(call.user, call["id"])

    def _get_header(self, call: Call) -> Any:
        found = self._alarm(call.user, call["id"]) or self._event(call.user, call["id"])
        return None if found is None else found["EventHeader"]

    def _get_snapshots(self, call: Call) -> Any:
        found = self._alarm(call.user, call["id"]) or self._event(call.user, call["id"])
        return None if found is None else found["SnapshotList"]

    def _get_alarm_history(self, call: Call) -> list[Record]:
        return [entry for row in self._visible(call.user, call["id"]) for entry in row.history]

    def _get_alarm_update_history(self, call: Call) -> list[Record]:
        return [entry for row in self._visible(call.user, call["id"]) for entry in row.updates]

    # Changing: of an id that is unknown or invisible nothing happens, as the contract has no fault for it

    def _attach_snapshot(self, call: Call) -> None:
        picture = _given(call["snapshot"], "snapshot")
        for row in self._visible(call.user, call["id"]):
            self.store.attach_snapshot(row, picture)

    def _update_alarm(self, call: Call) -> None:
        self.store.update(
            self._visible(call.user, call["id"]),
            call.author,
            text=call["text"],
            state=call["state"],
            priority=call["priority"],
            time=call["time"],
            owner=call["assignedTo"],
        )

    def _update_alarm_values(self, call: Call) -> None:
        pairs = [(pair["key"] or "", pair["value"] or "") for pair in call["updates"] or ()]
        try:
            self.store.update_values(self._visible(call.user, call["id"]), call.author, pairs)
        except ValueError as error:
            raise AlarmError("Serialization", f"The value {error} is not a number.") from None

    def _acknowledge(self, call: Call) -> None:
        self.store.acknowledge(self._visible(call.user, call["id"]), call.author)

    def _of_source(self, call: Call) -> list[AlarmRow]:
        rows = self.store.visible(call.user)
        return [row for row in rows if row.line["SourceId"] == call["objectId"] and call["objectId"] != ZERO]

    def _update_multiple_alarms(self, call: Call) -> None:
        state = call["newState"]
        rows = [row for row in self._of_source(call) if row.line["State"] == call["oldState"]]
        values: dict[str, Any] = {
            "State": state,
            "StateName": self.store.site.states.get(state),
            "AssignedTo": call["assignedTo"],
        }
        self.store.change(rows, call.author, time=call["time"], **values)

    def _acknowledge_multiple_alarms(self, call: Call) -> None:
        self.store.acknowledge(self._of_source(call), call.author)

    # Lists

    def _get_alarm_lines(self, call: Call) -> list[Record]:
        wanted = Filter.compile(call["filter"])
        rows = [row for row in self.store.visible(call.user) if wanted.matches(row.line)]
        found = page(wanted.sort(rows, self._random), call["from"], call["maxCount"])
        if self.store.faults_above is not None and len(found) > self.store.faults_above:
            raise SoapFault("a:InternalServiceFault", "The server was unable to process the request.")
        return [row.line_record() for row in found[: self.store.most_rows]]

    def _get_alarms_with_related_hardware(self, call: Call) -> list[Record]:
        criteria = [item for item in call["filter"] or () if item is not None and item["Criteria"]]
        rows = [
            row for row in self.store.visible(call.user) if all(_meets(row.line, criterion) for criterion in criteria)
        ]
        return [row.line_record() for row in page(Filter().sort(rows, self._random), 0, call["maxCount"])]

    def _events(self, user: User, keep: Callable[[Any], bool]) -> list[EventRow]:
        rows = self.store.events.values()
        return [row for row in rows if self.store.may_see(user, row) and keep(row.line)]

    def _get_event_lines(self, call: Call) -> list[Record]:
        wanted = Filter.compile(call["filter"])
        rows = wanted.sort(self._events(call.user, wanted.matches), self._random)
        return [row.line_record() for row in page(rows, call["from"], call["maxCount"])]

    def _get_event_lines_2(self, call: Call) -> Record:
        asked = _given(call["parameters"], "parameters")
        search_id: UUID = asked["SearchId"]
        rows = self._searches.get(search_id)
        if rows is None or not asked["TruePaging"]:
            found = self._events(call.user, search_filter(asked["SearchGroup"]))
            rows = search_orders(asked["SearchOrders"]).sort(found, self._random)
            search_id = self.store.new_id() if search_id == ZERO else search_id
            self._keep_search(search_id, rows)
        shown = page(rows, asked["Page"] * asked["PageSize"], asked["PageSize"])
        lines = [row.line_record() for row in shown]
        members = {"Result": lines, "SearchId": search_id, "TruePaging": asked["TruePaging"]}
        return Record("GetEventLines2Resp", members)

    def _keep_search(self, search_id: UUID, rows: list[EventRow]) -> None:
        while len(self._searches) >= _SEARCHES_KEPT:
            del self._searches[next(iter(self._searches))]
        self._searches[search_id] = rows

    def _get_event_count(self, call: Call) -> Record:
        asked = _given(call["parameters"], "parameters")
        return Record("GetEventCountResp", {"Count": len(self._events(call.user, search_filter(asked["SearchGroup"])))})

    def _get_events(self, call: Call) -> Record:
        asked = _given(call["parameters"], "parameters")
        found = [self._event(call.user, event_id) for event_id in asked.items("EventIds")]
        return Record("GetEventsResp", {"Events": [event for event in found if event is not None]})

    def _get_statistics(self, call: Call) -> list[Record]:
        lines = [row.line for row in self.store.visible(call.user)]
        counted = [("Total", 0, len(lines))]
        for kind in ("Priority", "State"):
            numbers = [line[kind] for line in lines]
            counted += [(kind, number, numbers.count(number)) for number in sorted(set(numbers))]
        return [
            Record("Statistic", {"Number": number, "Type": kind, "Value": value}) for kind, number, value in counted
        ]

    def _get_alarm_messages(self, call: Call) -> list[str]:
        return sorted({row.line["Message"] for row in self.store.visible(call.user) if row.line["Message"]})

    # Sessions

    def _start_alarm_line_session(self, call: Call) -> UUID:
        return self.sessions.start(Filter.compile(call["filter"]), call.user)

    def _start_event_line_session(self, call: Call) -> UUID:
        return self.sessions.start(Filter.compile(call["filter"]), call.user, events=True)

    def _stop_alarm_line_session(self, call: Call) -> None:
        self.sessions.stop(call["sessionId"])

    def _stop_event_line_session(self, call: Call) -> None:
        self.sessions.stop(call["sessionId"], events=True)

    def _get_session_alarm_lines(self, call: Call) -> Record:
        deleted, inserted, updated = self.sessions.poll_alarms(call["sessionId"], call["maxCount"], call.user)
        return self._update_data("AlarmUpdateData", Deleted=deleted, Inserted=inserted, Updated=updated)

    def _get_session_event_lines(self, call: Call) -> Record:
        deleted, inserted = self.sessions.poll_events(call["sessionId"], call["maxCount"], call.user)
        return self._update_data("EventUpdateData", Deleted=deleted, Inserted=inserted)

    def _update_data(self, contract: str, **lists: list[Any]) -> Record:
        forms: dict[str, Any] = {"nil": None, "empty": [], "absent": ABSENT}
        members = {name: items or forms[self._random.choice(self.empty_lists)] for name, items in lists.items()}
        return Record(contract, members)


def _given(record: Record | None, name: str) -> Record:
    """A parameter without which the operation makes no sense; a real server runs into a null reference."""
    if record is None or (record.contract != "Snapshot" and _needs_header(record) and record["EventHeader"] is None):
        raise SoapFault("a:InternalServiceFault", f"Value cannot be null. Parameter name: {name}")
    return record


def _needs_header(record: Record) -> bool:
    return record.contract in {"Alarm", "BaseEvent", "AnalyticsEvent", "EventData", "AccessControlEvent"}


def _meets(line: dict[str, Any], criterion: Record) -> bool:
    """One criterion of GetAlarmsWithRelatedHardware: any of its values; what Criteria may say is not known."""
    name = "SourceId" if criterion["Criteria"] == "ObjectId" else criterion["Criteria"]
    wanted = list(_plain(criterion.items("Values")))
    return name not in line or not wanted or line[name] in wanted


def _plain(values: Iterable[AnyValue | None]) -> Iterable[Any]:
    for value in values:
        if value is not None:
            yield value.value["Number"] if isinstance(value.value, Record) else value.value
