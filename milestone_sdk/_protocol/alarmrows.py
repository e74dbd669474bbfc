"""Rows of the alarm list, thousands in a reply, to `AlarmLine` (protocol/alarms.md 1.8)."""

from itertools import starmap
from operator import attrgetter
from typing import Final

from ..models import AlarmLine
from .rows import Layout, Part, Rows, Texts
from .soap import Element, tag_of
from .values import Interned, boolean, guid, integer, moment, seventh_decimal

__all__ = ["NAMESPACE", "read_lines"]

NAMESPACE: Final = "http://schemas.datacontract.org/2004/07/VideoOS.Platform.Proxy.Alarm"
_LINE: Final = f"{{{NAMESPACE}}}AlarmLine"
_MEMBERS: Final = tuple(
    f"{{{NAMESPACE}}}{name}"
    for name in (  # noqa: SIM905
        "AssignedTo CameraId Category CategoryName CustomTag Description FilterMatch Id LocalId Location Message"
        " Modified Name ObjectValue Priority PriorityName RuleType SourceId SourceName State StateName Timestamp Type"
        " VendorName"
    ).split()
)
_PARTS: Final = (Part((), tuple((member,) for member in _MEMBERS)),)
_ROW: Final = [_LINE, *_MEMBERS]
"""What the event server writes for each row: always all of it, nil where there is nothing."""


def read_lines(lines: Element | None) -> tuple[AlarmLine, ...]:
    """Decode a list of rows; nil, empty and absent are all an empty tuple.

    All texts are taken in one go, a row of them at a time, where nothing else is in the list and the first and last row
    hold the members in their order; as `rows` does otherwise, or where a text is not of its member's type.
    """
    if lines is None:
        return ()
    reader = _LineReader()
    if len(lines) and _members_of(lines[0]) == _ROW == _members_of(lines[-1]):
        texts = map(attrgetter("text"), lines.iterdescendants())
        try:
            read = tuple(starmap(reader.line, zip(*[texts] * len(_ROW), strict=True)))
        except ValueError:
            read = ()
        if len(read) == len(lines):
            return read
    return tuple(Rows(_LINE, _PARTS, reader.laid_out).read(lines))


def _members_of(line: Element) -> list[str]:
    return [tag_of(item) for item in line.iter()]


class _LineReader:
    """Reads the rows of one list; ids, numbers and flags in it are converted once."""

    def __init__(self) -> None:
        self._guid = Interned(guid)
        self._integer = Interned(integer)
        self._boolean = Interned(boolean)
        self._word: Interned[str | None, str | None] = Interned(lambda text: text or None)

    def laid_out(self, layout: Layout, texts: Texts, _: bool) -> AlarmLine:
        return self.line(None, *layout[0][0](texts))

    def line(
        self,
        _: str | None,
        assigned_to: str | None,
        camera_id: str | None,
        category: str | None,
        category_name: str | None,
        custom_tag: str | None,
        description: str | None,
        filter_match: str | None,
        own_id: str | None,
        local_id: str | None,
        location: str | None,
        message: str | None,
        modified: str | None,
        name: str | None,
        object_value: str | None,
        priority: str | None,
        priority_name: str | None,
        rule_type: str | None,
        source_id: str | None,
        source_name: str | None,
        state: str | None,
        state_name: str | None,
        timestamp: str | None,
        kind: str | None,
        vendor_name: str | None,
    ) -> AlarmLine:
        alarm_id = guid(own_id)
        if alarm_id is None or modified is None:
            raise ValueError("an alarm line without Id or Modified")
        return AlarmLine(
            id=alarm_id,
            local_id=integer(local_id),
            modified=moment(modified),
            timestamp=moment(timestamp),
            state=self._integer[state],
            priority=self._integer[priority],
            category=self._integer[category],
            state_name=self._word[state_name],
            priority_name=self._word[priority_name],
            category_name=self._word[category_name],
            name=self._word[name],
            message=self._word[message],
            description=description or None,
            type=self._word[kind],
            source_name=source_name or None,
            source_id=self._guid[source_id],
            camera_id=self._guid[camera_id],
            assigned_to=assigned_to or None,
            location=location or None,
            custom_tag=custom_tag or None,
            object_value=object_value or None,
            rule_type=self._word[rule_type],
            vendor_name=self._word[vendor_name],
            filter_match=self._boolean[filter_match],
            modified_tick=seventh_decimal(modified) if len(modified) > 26 else 0,
        )
