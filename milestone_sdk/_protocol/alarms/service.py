"""The event server's alarm service, `AlarmServiceToken` (protocol/alarms.md 1.5 to 1.12).

Members are sent in contract order, since the server silently drops what comes late (protocol/alarms.md 1.6). Words
meant for people lose what XML cannot carry; elsewhere such a character is an error (protocol/alarms.md 7.4).
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

from attrs import field, frozen

from ...errors import LocalProtocolError
from ...models import Alarm, AlarmFilter, Condition, OrderBy
from ..soap.envelope import (
    MEDIUM_REPLY,
    SMALL_REPLY,
    Call,
    Element,
    Read,
    WithSource,
    call,
    nothing,
    parameter,
    required,
)
from ..soap.values import XMLSCHEMA_INSTANCE, escape, guid, strip_control, xml_text
from .lines import NAMESPACE as _LINES
from .lines import AlarmLines, read_lines
from .records import read_alarm

__all__ = [
    "NAMESPACE",
    "AlarmFilter",
    "AlarmUpdates",
    "Condition",
    "OrderBy",
    "UnsignedShort",
    "acknowledge",
    "get_alarm",
    "get_alarm_lines",
    "get_session_alarm_lines",
    "start_alarm_line_session",
    "stop_alarm_line_session",
    "update_alarm",
    "update_alarm_values",
]

T = TypeVar("T")

NAMESPACE: Final = "http://videoos.net/2/CentralServerAlarmCommand"
_PAIRS: Final = "http://schemas.datacontract.org/2004/07/System.Collections.Generic"
_XSD: Final = "http://www.w3.org/2001/XMLSchema"
_SERIALIZATION: Final = "http://schemas.microsoft.com/2003/10/Serialization/"
_GUID_ITEM: Final = "{http://schemas.microsoft.com/2003/10/Serialization/Arrays}guid"
_INT_LIMIT: Final = 2**31
_MAX_ROW: Final = 32 * 2**10
"""Bytes of one row, on the average of a page; usual are 2 KiB, and the texts are free."""


class UnsignedShort(int):
    """A number that a condition sends as xs:unsignedShort; plain numbers go as xs:int (protocol/alarms.md 1.9)."""


@frozen
class AlarmUpdates:
    """What changed since the last call on a session; first sight of an alarm in `updated` is possible."""

    inserted: AlarmLines = field(factory=AlarmLines)
    updated: AlarmLines = field(factory=AlarmLines)
    deleted: tuple[UUID, ...] = ()


def get_alarm_lines(
    token: str,
    *,
    start: int,
    max_count: int,
    filter: AlarmFilter | None,  # noqa: A002
) -> Call[AlarmLines]:
    """Ask for a page of the alarm list: `max_count` rows from index `start` of what `filter` finds."""
    parameters = _number("from", start) + _number("maxCount", max_count) + _filter(filter)
    return _call("GetAlarmLines", token, parameters, WithSource(read_lines), max_reply=_rows(max_count))


def get_alarm(token: str, alarm_id: UUID) -> Call[Alarm | None]:
    """Ask for a whole alarm, pictures included; `None` where the server knows none of that id."""
    read = partial(read_alarm, alarm_id=alarm_id)
    return _call("Get", token, parameter("id", str(alarm_id)), read, pictures=True, max_reply=2 * MEDIUM_REPLY)


def update_alarm(
    token: str, alarm_id: UUID, *, text: str, state: int, priority: int, time: datetime, assigned_to: str
) -> Call[None]:
    """Set state, priority and owner at once and add `text` to the history.

    All values are applied, none means "unchanged" (protocol/alarms.md 1.7): read the alarm's line first.
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


def start_alarm_line_session(token: str, *, filter: AlarmFilter | None) -> Call[UUID]:  # noqa: A002
    """Start a session that reports changes to what `filter` finds; returns its id."""
    return _call("StartAlarmLineSession", token, _filter(filter), _read_session)


def get_session_alarm_lines(token: str, *, max_count: int, session_id: UUID) -> Call[AlarmUpdates]:
    """Ask what changed since the last such call; `ServerFault` of code `UnknownSession` once the session is gone."""
    parameters = _number("maxCount", max_count) + parameter("sessionId", str(session_id))
    return _call("GetSessionAlarmLines", token, parameters, WithSource(_read_updates), max_reply=_rows(max_count))


def stop_alarm_line_session(token: str, session_id: UUID) -> Call[None]:
    """End a session."""
    return _call("StopAlarmLineSession", token, parameter("sessionId", str(session_id)), nothing)


def _rows(count: int) -> int:
    return SMALL_REPLY + max(count, 0) * _MAX_ROW


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


def _number(name: str, value: int) -> str:
    if not -_INT_LIMIT <= value < _INT_LIMIT:
        raise LocalProtocolError(f"{name}: {value} does not fit into 32 bits")
    return parameter(name, str(int(value)))


def _filter(wanted: AlarmFilter | None) -> str:
    namespaces = f'xmlns:a="{_LINES}" xmlns:i="{XMLSCHEMA_INSTANCE}"'
    if wanted is None:
        return f'<filter i:nil="true" {namespaces}/>'
    conditions = "".join(map(_condition, wanted.conditions))
    orders = "".join(map(_order, wanted.orders))
    return f"<filter {namespaces}>{_list('a:Conditions', conditions)}{_list('a:Orders', orders)}</filter>"


def _list(name: str, items: str) -> str:
    return f"<{name}>{items}</{name}>" if items else f"<{name}/>"


def _condition(condition: Condition) -> str:
    operator, target = escape(condition.operator), escape(condition.target)
    value = _value(condition.target, condition.value)
    return f"<a:Condition><a:Operator>{operator}</a:Operator><a:Target>{target}</a:Target>{value}</a:Condition>"


def _order(order: OrderBy) -> str:
    direction = "Descending" if order.descending else "Ascending"
    return f"<a:OrderBy><a:Order>{direction}</a:Order><a:Target>{escape(order.target)}</a:Target></a:OrderBy>"


def _value(target: str, value: object) -> str:
    """Write a value with the type that the server is to read it as (protocol/alarms.md 1.9)."""
    namespace = _XSD
    match value:
        case None:
            return '<a:Value i:nil="true"/>'
        case str():
            kind = "string"
        case bool():
            kind = "boolean"
        case UnsignedShort():
            kind = "unsignedShort"
        case int():
            kind = "int"
            if not -_INT_LIMIT <= value < _INT_LIMIT:
                raise LocalProtocolError(f"{target}: {value} does not fit into 32 bits")
        case datetime():
            kind = "dateTime"
        case UUID():
            kind, namespace = "guid", _SERIALIZATION
        case _:
            raise LocalProtocolError(f"{target}: a value of type {type(value).__name__} has no form in a condition")
    try:
        text = xml_text(value)
    except LocalProtocolError as error:
        raise LocalProtocolError(f"{target}: {error.message}") from None
    return f'<a:Value i:type="b:{kind}" xmlns:b="{namespace}">{text}</a:Value>'


def _read_session(element: Element | None) -> UUID:
    session = guid(required(element).text)
    if session is None:
        raise ValueError("the session has no id")
    return session


def _read_updates(element: Element | None, body: bytes) -> AlarmUpdates:
    if element is None:
        return AlarmUpdates()
    deleted = element.find(f"{{{_LINES}}}Deleted")
    ids = [] if deleted is None else [guid(item.text) for item in deleted.iterchildren(_GUID_ITEM)]
    return AlarmUpdates(
        inserted=read_lines(element.find(f"{{{_LINES}}}Inserted"), body),
        updated=read_lines(element.find(f"{{{_LINES}}}Updated"), body),
        deleted=tuple([value for value in ids if value is not None]),
    )
