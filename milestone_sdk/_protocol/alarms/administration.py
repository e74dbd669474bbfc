"""The rest of the alarm service that the typed interface needs: add, history, counters (protocol/alarms.md 1.7, 1.8).

What a list of alarms needs is in `service`.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

from ...errors import LocalProtocolError
from ...models import Alarm, AlarmSnapshot, AlarmSource, EventHeader, ItemReference
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
from ..soap.envelope import MEDIUM_REPLY, SMALL_REPLY, Call, Element, call, members, nothing, parameter, text_of
from ..soap.values import XMLSCHEMA_INSTANCE, integer, optional_moment, xml_text
from .lines import NAMESPACE as _ROWS
from .records import NAMESPACE as _RECORDS
from .service import NAMESPACE

__all__ = [
    "add",
    "attach_snapshot",
    "get_alarm_history",
    "get_alarm_messages",
    "get_alarm_update_history",
    "get_statistics",
]

_P: Final = "a:"
"""The prefix of `urn:milestone-systems` in what is written here."""
_DECLARED: Final = f'xmlns:a="{_RECORDS}" xmlns:i="{XMLSCHEMA_INSTANCE}"'
_UNSIGNED_INT: Final = range(2**32)
_STRING_ITEM: Final = "{http://schemas.microsoft.com/2003/10/Serialization/Arrays}string"

T = TypeVar("T")
_identity: Final = partial(identity, prefix=_P)


def add(token: str, alarm: Alarm) -> Call[None]:
    """Store an alarm as it is; no alarm definition is asked, no rule follows (protocol/alarms.md 1.7).

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


def get_alarm_history(token: str, alarm_id: UUID) -> Call[tuple[AlarmHistoryEntry, ...]]:
    """Ask how the alarm stood after each change; nothing for an id that the server does not know."""
    return _call("GetAlarmHistory", token, parameter("id", str(alarm_id)), _read_history)


def get_alarm_update_history(token: str, alarm_id: UUID) -> Call[tuple[AlarmValueChange, ...]]:
    """Ask for each value of the alarm that was changed."""
    return _call("GetAlarmUpdateHistory", token, parameter("id", str(alarm_id)), _read_changes)


def get_statistics(token: str) -> Call[AlarmStatistics]:
    """Ask for the server's counters."""
    return _call("GetStatistics", token, "", _read_statistics)


def get_alarm_messages(token: str) -> Call[tuple[str, ...]]:
    """Ask for the messages that alarms have, each once."""
    return _call("GetAlarmMessages", token, "", _read_messages)


_MAX_REPLIES: Final = {
    "GetAlarmHistory": MEDIUM_REPLY,
    "GetAlarmUpdateHistory": MEDIUM_REPLY,
    "GetAlarmMessages": MEDIUM_REPLY,
}


def _call(operation: str, token: str, parameters: str, read: Callable[[Element | None], T]) -> Call[T]:
    return call(
        operation,
        namespace=NAMESPACE,
        action=f"{NAMESPACE}/IAlarmCommandToken/{operation}",
        parameters=parameter("token", token) + parameters,
        read=read,
        max_reply=_MAX_REPLIES.get(operation, SMALL_REPLY),
    )


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


def _rows(element: Element | None, name: str) -> "list[_Texts]":
    return [] if element is None else [_Texts(row) for row in element.findall(f"{{{_ROWS}}}{name}") if len(row)]


class _Texts:
    """The texts of one row by the names of its members."""

    def __init__(self, row: Element) -> None:
        self._found = members(row)

    def __getitem__(self, name: str) -> str | None:
        return text_of(self._found.get(f"{{{_ROWS}}}{name}"))


def _read_history(element: Element | None) -> tuple[AlarmHistoryEntry, ...]:
    return tuple(
        AlarmHistoryEntry(
            time=optional_moment(row["Time"]),
            state=integer(row["State"]),
            priority=integer(row["Priority"]),
            author=row["Author"],
            assigned_to=row["AssignedTo"],
            text=row["Text"],
        )
        for row in _rows(element, "AlarmHistory")
    )


def _read_changes(element: Element | None) -> tuple[AlarmValueChange, ...]:
    return tuple(
        AlarmValueChange(
            time=optional_moment(row["Time"]), key=row["Key"] or "", value=row["Value"], author=row["Author"]
        )
        for row in _rows(element, "AlarmUpdate")
    )


def _read_statistics(element: Element | None) -> AlarmStatistics:
    total: int | None = None
    counted: dict[str, dict[int, int]] = {"State": {}, "Priority": {}}
    others: list[AlarmCount] = []
    for row in _rows(element, "Statistic"):
        number, value = integer(row["Number"]), integer(row["Value"])
        if value is None or (number is None and row["Type"] != "Total"):
            continue
        count = AlarmCount(type=row["Type"] or "", number=number or 0, value=value)
        if count.type == "Total":
            total = count.value
        elif count.type in counted:
            counted[count.type][count.number] = count.value
        else:
            others.append(count)
    return AlarmStatistics(
        total=total, by_state=counted["State"], by_priority=counted["Priority"], others=tuple(others)
    )


def _read_messages(element: Element | None) -> tuple[str, ...]:
    found = [] if element is None else [text_of(item) for item in element.iterchildren(_STRING_ITEM)]
    return tuple(text for text in found if text is not None)
