"""Rows of the alarm list, thousands in a reply, to `AlarmLine`."""  # docs/protocol: alarms-types

from collections.abc import Iterable
from typing import Final, Self

from ...models import AlarmLine
from ...models.alarms.alarm import UnreadableAlarm
from ..soap.envelope import Element
from ..soap.rows import Layout, Part, Rows, Source, Texts, maker
from ..soap.values import (
    LATEST,
    Interned,
    boolean,
    guid,
    integer,
    moment,
    note,
    parse_guid,
    parse_integer,
    parse_moment,
    seventh_decimal,
)

__all__ = ["NAMESPACE", "AlarmLines", "read_lines"]

NAMESPACE: Final = "http://schemas.datacontract.org/2004/07/VideoOS.Platform.Proxy.Alarm"
_LINE: Final = f"{{{NAMESPACE}}}AlarmLine"
_NAMES: Final = (  # noqa: SIM905
    "AssignedTo CameraId Category CategoryName CustomTag Description FilterMatch Id LocalId Location Message Modified"
    " Name ObjectValue Priority PriorityName RuleType SourceId SourceName State StateName Timestamp Type VendorName"
).split()
_MEMBERS: Final = tuple(f"{{{NAMESPACE}}}{name}" for name in _NAMES)
_PARTS: Final = (Part((), tuple((member,) for member in _MEMBERS)),)
_INT: Final = range(-(2**31), 2**31)
_make: Final = maker(AlarmLine)
_LONGEST_KEPT: Final = 2000
"""Characters that are kept of a text of a row that cannot be delivered."""


class AlarmLines(tuple[AlarmLine, ...]):
    """The rows of one reply that can be delivered, in the server's order, and those that cannot.

    A row needs a readable `Id` and `Modified`, which identify one state of one alarm.
    """

    unreadable: tuple[UnreadableAlarm, ...]

    def __new__(cls, lines: Iterable[AlarmLine] = (), unreadable: Iterable[UnreadableAlarm] = ()) -> Self:
        made = super().__new__(cls, lines)
        made.unreadable = tuple(unreadable)
        return made

    @property
    def sent(self) -> int:
        """How many rows the reply had, to compare with the number asked for."""
        return len(self) + len(self.unreadable)


def read_lines(lines: Element | None, body: bytes) -> AlarmLines:
    """Decode a list of rows, parsed from `body`, which may be nil, empty or absent."""
    reader = _LineReader()
    (found,) = Rows(Source(body), _LINE, _PARTS, reader.line).read([lines], reader.begin)
    return AlarmLines(found, reader.unreadable)


class _LineReader:
    """Reads the rows of one list; ids, numbers and flags are converted once."""

    def __init__(self) -> None:
        self._guid = Interned(guid)
        self._integer = Interned(integer)
        self._boolean: Interned[str | None, bool] = Interned(lambda text: boolean(text) is not False)
        self._text: Interned[str | None, str | None] = Interned(lambda text: text or None)
        self.unreadable: list[UnreadableAlarm] = []

    def begin(self, number: int) -> None:
        """Begin with the first row."""
        self.unreadable.clear()

    def line(self, layout: Layout, texts: Texts) -> AlarmLine | None:
        """Read a row; `None` for one that cannot be delivered, which goes to `unreadable`."""
        (
            assigned_to, camera_id, category, category_name, custom_tag, description, filter_match, own_id, local_id,
            location, message, modified, name, object_value, priority, priority_name, rule_type, source_id, source_name,
            state, state_name, timestamp, kind, vendor_name,
        ) = members = layout[0][0](texts)  # fmt: skip
        try:
            alarm_id, changed, happened = parse_guid(own_id), parse_moment(modified), parse_moment(timestamp)
            number = parse_integer(local_id)
        except ValueError:
            alarm_id, changed = guid(own_id), moment(modified) if _is_time(modified) else LATEST
            happened, number = moment(timestamp), _local_id(local_id)
        if alarm_id is None or modified is None or changed is LATEST:
            self._refuse(members)
            return None
        if number not in _INT:
            number = _local_id(local_id)
        integer, text = self._integer, self._text
        return _make(
            alarm_id, number, changed, happened, integer[state], integer[priority], integer[category], text[state_name],
            text[priority_name], text[category_name], text[name], text[message], description or None, text[kind],
            source_name or None, self._guid[source_id], self._guid[camera_id], assigned_to or None, location or None,
            custom_tag or None, object_value or None, text[rule_type], text[vendor_name], self._boolean[filter_match],
            seventh_decimal(modified) if len(modified) > 26 else 0,
        )  # fmt: skip

    def _refuse(self, texts: Texts) -> None:
        members = {name: text[:_LONGEST_KEPT] for name, text in zip(_NAMES, texts, strict=True) if text is not None}
        note("Id or Modified of an alarm", f"{members.get('Id')}, {members.get('Modified')}")
        alarm_id = guid(members.get("Id"))
        self.unreadable.append(
            UnreadableAlarm(
                id=alarm_id,
                local_id=_local_id(members.get("LocalId")),
                reason="its Modified cannot be read" if alarm_id else "its Id cannot be read",
                members=members,
            )
        )


def _local_id(text: str | None) -> int:
    """Read LocalId, of 32 bits; 0 where it cannot be read, so that rows still have an order."""
    number = integer(text)
    if number is None or number not in _INT:
        note("LocalId of an alarm", text)
        return 0
    return number


def _is_time(text: str | None) -> bool:
    try:
        parse_moment(text)
    except ValueError:
        return False
    return True
