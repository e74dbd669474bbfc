"""The event server's alarm service, `AlarmServiceToken`: requests, and replies but for rows and whole alarms."""

# docs/protocol: alarms-operations. Members are sent in contract order, since the server silently drops one that comes
# late. Texts for people lose the characters that XML cannot carry; in other texts such a character is an error.

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

from ...errors import LocalProtocolError
from ...models import Alarm, AlarmFilter, AlarmSnapshot, AlarmSource, Condition, EventHeader, ItemReference, OrderBy
from ...models.alarms.history import AlarmCount, AlarmHistoryEntry, AlarmStatistics, AlarmValueChange
from ..events.records import (
    exact,
    identity,
    items,
    number,
    object_record,
    rule_record,
    snapshot_record,
    structure,
    vendor_record,
    words,
)
from ..soap.envelope import ARRAYS, MEDIUM_REPLY, SMALL_REPLY, Call, Element, Read, WithSource, call, nothing, parameter
from ..soap.members import Members
from ..soap.values import XMLSCHEMA_INSTANCE, escape, strip_control, xml_text
from .lines import NAMESPACE as _LINES
from .lines import AlarmLines, read_lines
from .records import NAMESPACE as _RECORDS
from .records import read_alarm

__all__ = [
    "NAMESPACE",
    "acknowledge",
    "add",
    "attach_snapshot",
    "get_alarm",
    "get_alarm_history",
    "get_alarm_lines",
    "get_alarm_messages",
    "get_alarm_update_history",
    "get_statistics",
    "update_alarm",
    "update_alarm_values",
]

T = TypeVar("T")

NAMESPACE: Final = "http://videoos.net/2/CentralServerAlarmCommand"
_PAIRS: Final = "http://schemas.datacontract.org/2004/07/System.Collections.Generic"
_XSD: Final = "http://www.w3.org/2001/XMLSchema"
_SERIALIZATION: Final = "http://schemas.microsoft.com/2003/10/Serialization/"
_VALUE_TYPES: Final = ((str, "string"), (int, "int"), (datetime, "dateTime"), (UUID, "guid"))
_INT: Final = range(-(2**31), 2**31)
_UNSIGNED_INT: Final = range(2**32)
_MAX_ROW: Final = 32 * 2**10
"""Bytes of one row, on the average of a page; usual are 2 KiB, and the texts are free."""
_P: Final = "a:"
"""The prefix of `urn:milestone-systems` in what is written here."""
_DECLARED: Final = f'xmlns:a="{_RECORDS}" xmlns:i="{XMLSCHEMA_INSTANCE}"'
_identity: Final = partial(identity, prefix=_P)


def get_alarm_lines(
    token: str,
    *,
    start: int,
    max_count: int,
    filter: AlarmFilter | None,  # noqa: A002
) -> Call[AlarmLines]:
    """Ask for a page of the alarm list: `max_count` rows from index `start` of what `filter` finds."""
    parameters = _number("from", start) + _number("maxCount", max_count) + _filter(filter)
    most = SMALL_REPLY + max(max_count, 0) * _MAX_ROW
    return _call("GetAlarmLines", token, parameters, WithSource(read_lines), max_reply=most)


def get_alarm(token: str, alarm_id: UUID) -> Call[Alarm | None]:
    """Ask for a whole alarm, pictures included; `None` where the server knows none of that id."""
    read = partial(read_alarm, alarm_id=alarm_id)
    return _call("Get", token, parameter("id", str(alarm_id)), read, pictures=True, max_reply=2 * MEDIUM_REPLY)


def add(token: str, alarm: Alarm) -> Call[None]:
    """Store an alarm as it is; no alarm definition is applied, no rule follows.

    Raises `LocalProtocolError` for an alarm without message or timestamp, which the server could not show.
    """
    header = alarm.header
    if not header.message:
        raise LocalProtocolError("an alarm needs a message in its header")
    if header.timestamp is None:
        raise LocalProtocolError("an alarm needs a timestamp in its header")
    content = (
        _header(header)
        + words(f"{_P}Description", alarm.description)
        + exact(f"{_P}StartTime", alarm.start_time)
        + exact(f"{_P}EndTime", alarm.end_time)
        + words(f"{_P}Location", alarm.location)
        + number(f"{_P}State", alarm.state)
        + words(f"{_P}StateName", alarm.state_name)
        + number(f"{_P}Category", alarm.category)
        + words(f"{_P}CategoryName", alarm.category_name)
        + words(f"{_P}AssignedTo", alarm.assigned_to)
        + number(f"{_P}Count", alarm.count, _UNSIGNED_INT)
        + items(f"{_P}RuleList", alarm.rules, partial(rule_record, prefix=_P))
        + items(f"{_P}ObjectList", alarm.objects, partial(object_record, prefix=_P))
        + items(f"{_P}ReferenceList", alarm.references, _reference)
        + items(f"{_P}SnapshotList", alarm.snapshots, _snapshot)
        + vendor_record(alarm.vendor, prefix=_P)
    )
    return _call("Add", token, f"<alarm {_DECLARED}>{content}</alarm>", nothing)


def attach_snapshot(token: str, alarm_id: UUID, snapshot: AlarmSnapshot) -> Call[None]:
    """Add a picture to an alarm."""
    record = snapshot_record(snapshot, _identity, prefix=_P, name="snapshot")
    declared = record.replace("<snapshot>", f"<snapshot {_DECLARED}>", 1)
    return _call("AttachSnapshot", token, parameter("id", str(alarm_id)) + declared, nothing)


def update_alarm(
    token: str, alarm_id: UUID, *, text: str, state: int, priority: int, time: datetime, assigned_to: str
) -> Call[None]:
    """Set state, priority and owner at once and add `text` to the history.

    All values are applied, none means "unchanged": read the alarm's line first.
    """
    parameters = (
        parameter("id", str(alarm_id))
        + parameter("text", strip_control(text))
        + _number("state", state)
        + _number("priority", priority)
        + parameter("time", xml_text(time))
        + parameter("assignedTo", strip_control(assigned_to))
    )
    return _call("UpdateAlarm", token, parameters, nothing)


def update_alarm_values(token: str, alarm_id: UUID, updates: Mapping[str, str]) -> Call[None]:
    """Change single values, for example `StateInt` and `StateName` together, `Comment`, `ReasonCode`."""
    pairs = "".join(
        f"<g:KeyValuePairOfstringstring>{parameter('g:key', key)}{parameter('g:value', strip_control(value))}"
        "</g:KeyValuePairOfstringstring>"
        for key, value in updates.items()
    )
    parameters = f'{parameter("id", str(alarm_id))}<updates xmlns:g="{_PAIRS}">{pairs}</updates>'
    return _call("UpdateAlarmValues", token, parameters, nothing)


def acknowledge(token: str, alarm_id: UUID) -> Call[None]:
    """Set the alarm in progress, with the caller as its owner."""
    return _call("Acknowledge", token, parameter("id", str(alarm_id)), nothing)


def get_alarm_history(token: str, alarm_id: UUID) -> Call[tuple[AlarmHistoryEntry, ...]]:
    """Ask how the alarm was after each change; nothing for an id that the server does not know."""
    return _call("GetAlarmHistory", token, parameter("id", str(alarm_id)), _read_history, max_reply=MEDIUM_REPLY)


def get_alarm_update_history(token: str, alarm_id: UUID) -> Call[tuple[AlarmValueChange, ...]]:
    """Ask for each value of the alarm that was changed."""
    return _call("GetAlarmUpdateHistory", token, parameter("id", str(alarm_id)), _read_changes, max_reply=MEDIUM_REPLY)


def get_statistics(token: str) -> Call[AlarmStatistics]:
    """Ask for the server's counters."""
    return _call("GetStatistics", token, "", _read_statistics)


def get_alarm_messages(token: str) -> Call[tuple[str, ...]]:
    """Ask for the messages that alarms have, each once."""
    return _call("GetAlarmMessages", token, "", _read_messages, max_reply=MEDIUM_REPLY)


def _call(
    operation: str,
    token: str,
    parameters: str,
    read: Read[T],
    *,
    pictures: bool = False,
    max_reply: int = SMALL_REPLY,
) -> Call[T]:
    return call(
        operation,
        namespace=NAMESPACE,
        action=f"{NAMESPACE}/IAlarmCommandToken/{operation}",
        parameters=parameter("token", token) + parameters,
        read=read,
        pictures=pictures,
        max_reply=max_reply,
    )


# Filters


def _number(name: str, value: int) -> str:
    if value not in _INT:
        raise LocalProtocolError(f"{name}: {value} does not fit into 32 bits")
    return parameter(name, str(int(value)))


def _filter(wanted: AlarmFilter | None) -> str:
    namespaces = f'xmlns:a="{_LINES}" xmlns:i="{XMLSCHEMA_INSTANCE}"'
    if wanted is None:
        return f'<filter i:nil="true" {namespaces}/>'
    conditions = "".join(map(_condition, wanted.conditions))
    orders = "".join(map(_order, wanted.orders))
    return f"<filter {namespaces}>{_list('a:Conditions', conditions)}{_list('a:Orders', orders)}</filter>"


def _list(name: str, content: str) -> str:
    return structure(name, content) or f"<{name}/>"


def _condition(condition: Condition) -> str:
    operator, target = escape(condition.operator), escape(condition.target)
    value = _value(condition.target, condition.value)
    return f"<a:Condition><a:Operator>{operator}</a:Operator><a:Target>{target}</a:Target>{value}</a:Condition>"


def _order(order: OrderBy) -> str:
    direction = "Descending" if order.descending else "Ascending"
    return f"<a:OrderBy><a:Order>{direction}</a:Order><a:Target>{escape(order.target)}</a:Target></a:OrderBy>"


def _value(target: str, value: object) -> str:
    """Write a value with the type that the server is to read it as."""
    if value is None:
        return '<a:Value i:nil="true"/>'
    kind = next(name for type_, name in _VALUE_TYPES if isinstance(value, type_))
    namespace = _SERIALIZATION if kind == "guid" else _XSD
    try:
        text = xml_text(value)
    except LocalProtocolError as error:
        raise LocalProtocolError(f"{target}: {error.message}") from None
    return f'<a:Value i:type="b:{kind}" xmlns:b="{namespace}">{text}</a:Value>'


# Alarms and pictures


def _header(header: EventHeader) -> str:
    assert header.timestamp is not None
    return structure(
        f"{_P}EventHeader",
        parameter(f"{_P}ID", str(header.id))
        + parameter(f"{_P}Timestamp", xml_text(header.timestamp))
        + words(f"{_P}Class", header.event_class)
        + words(f"{_P}Type", header.type)
        + words(f"{_P}Version", header.version)
        + number(f"{_P}Priority", header.priority)
        + words(f"{_P}PriorityName", header.priority_name)
        + words(f"{_P}Name", header.name)
        + exact(f"{_P}Message", header.message)
        + words(f"{_P}CustomTag", header.custom_tag)
        + ("" if header.source is None else _source(header.source))
        + exact(f"{_P}ExpireTimestamp", header.expires)
        + exact(f"{_P}MessageId", header.message_id),
    )


def _source(source: AlarmSource) -> str:
    return structure(
        f"{_P}Source",
        words(f"{_P}Name", source.name)
        + words(f"{_P}Description", source.description)
        + ("" if source.item is None else _identity(f"{_P}FQID", source.item)),
    )


def _reference(item: ItemReference) -> str:
    return structure(f"{_P}Reference", _identity(f"{_P}FQID", item))


def _snapshot(snapshot: AlarmSnapshot) -> str:
    return snapshot_record(snapshot, _identity, prefix=_P)


# Replies


def _read_history(element: Element | None) -> tuple[AlarmHistoryEntry, ...]:
    return tuple(
        AlarmHistoryEntry(
            time=row.moment("Time"),
            state=row.integer("State"),
            priority=row.integer("Priority"),
            author=row.text("Author"),
            assigned_to=row.text("AssignedTo"),
            text=row.text("Text"),
        )
        for row in Members.of_rows(element, _LINES, "AlarmHistory")
    )


def _read_changes(element: Element | None) -> tuple[AlarmValueChange, ...]:
    return tuple(
        AlarmValueChange(
            time=row.moment("Time"), key=row.text("Key") or "", value=row.text("Value"), author=row.text("Author")
        )
        for row in Members.of_rows(element, _LINES, "AlarmUpdate")
    )


def _read_statistics(element: Element | None) -> AlarmStatistics:
    total: int | None = None
    counted: dict[str, dict[int, int]] = {"State": {}, "Priority": {}}
    others: list[AlarmCount] = []
    for row in Members.of_rows(element, _LINES, "Statistic"):
        kind, level, value = row.text("Type") or "", row.integer("Number"), row.integer("Value")
        if value is None or (level is None and kind != "Total"):
            continue
        if kind == "Total":
            total = value
        elif kind in counted:
            counted[kind][level or 0] = value
        else:
            others.append(AlarmCount(type=kind, number=level or 0, value=value))
    return AlarmStatistics(
        total=total, by_state=counted["State"], by_priority=counted["Priority"], others=tuple(others)
    )


def _read_messages(element: Element | None) -> tuple[str, ...]:
    found = [] if element is None else [item.text for item in element.iterchildren(f"{{{ARRAYS}}}string")]
    return tuple(filter(None, found))
