"""RecorderCommandService: recorded sequences and single pictures.

Operation and parameter elements have no prefix, otherwise the recorder does not understand them. Every operation
takes the corporate token.
"""  # docs/protocol: recorder-service

from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

from ...errors import LocalProtocolError
from ...models import RecordingSequence, SequenceType, Snapshot
from ...models.times import NO_TIME
from ..soap.envelope import (
    MEDIUM_REPLY,
    SMALL_REPLY,
    Call,
    Element,
    Read,
    WithSource,
    call,
    parameter,
)
from ..soap.members import Members
from ..soap.rows import Layout, Part, Texts, read_rows
from ..soap.values import base64_bytes, guid, microseconds, optional_moment, xml_text

__all__ = [
    "NAMESPACE",
    "jpeg_get_at_or_after",
    "jpeg_get_at_or_before",
    "jpeg_get_live",
    "recorder_call",
    "sequences_get",
    "sequences_get_around",
    "sequences_get_types",
]

T = TypeVar("T")

NAMESPACE: Final = "http://videoos.net/2/XProtectCSRecorderCommand"
_DECLARATION: Final = '<?xml version="1.0" encoding="utf-8"?>'
_DECIMALS: Final = 7
"""As recorders themselves write times; they store milliseconds."""  # docs/protocol: recorder-times
_INT_LIMIT: Final = 2**31
_MAX_ENTRY: Final = 2**10
"""Bytes of one sequence; it has three times, about 250 bytes."""
_ENTRY: Final = Part((), tuple((f"{{{NAMESPACE}}}{name}",) for name in ("TimeBegin", "TimeTrigged", "TimeEnd")))
_TYPE: Final = Part((), tuple((f"{{{NAMESPACE}}}{name}",) for name in ("Id", "Name")))
_NO_ID: Final = UUID(int=0)


def sequences_get_types(token: str, device_id: UUID) -> Call[tuple[SequenceType, ...]]:
    """Ask for the kinds of sequences that the device has."""
    return _call("SequencesGetTypes", token, device_id, "", WithSource(_read_types))


def sequences_get(
    token: str, device_id: UUID, sequence_type: UUID, *, min_time: datetime, max_time: datetime, max_count: int
) -> Call[tuple[RecordingSequence, ...]]:
    """Ask for the first `max_count` sequences with any part between the times, ascending and unclipped."""
    parameters = (
        parameter("sequenceType", str(sequence_type))
        + _time("minTime", min_time)
        + _time("maxTime", max_time)
        + _number("maxCount", max_count)
    )
    most = _entries(max_count)
    return _call("SequencesGet", token, device_id, parameters, WithSource(_read_sequences), max_reply=most)


def sequences_get_around(
    token: str,
    device_id: UUID,
    sequence_type: UUID,
    *,
    center_time: datetime,
    max_count_before: int,
    max_count_after: int,
    within: timedelta | None = None,
) -> Call[tuple[RecordingSequence, ...]]:
    """Ask for sequences around a time, ascending, `within` no further away than that.

    A sequence that began before the time counts as before, even if it covers it.
    """
    parameters = (
        parameter("sequenceType", str(sequence_type))
        + _time("centerTime", center_time)
        + _span("maxTimeBefore", within)
        + _number("maxCountBefore", max_count_before)
        + _span("maxTimeAfter", within)
        + _number("maxCountAfter", max_count_after)
    )
    operation = "SequencesGetAround" if within is None else "SequencesGetAroundWithSpan"
    most = _entries(max_count_before + max_count_after)
    return _call(operation, token, device_id, parameters, WithSource(_read_sequences), max_reply=most)


def jpeg_get_at_or_before(token: str, device_id: UUID, time: datetime) -> Call[Snapshot | None]:
    """Ask for the last picture not later than a time; `None` if there is none."""
    return _picture("JPEGGetAtOrBefore", token, device_id, _time("time", time), time)


def jpeg_get_at_or_after(token: str, device_id: UUID, time: datetime) -> Call[Snapshot | None]:
    """Ask for the first picture not earlier than a time; `None` if there is none."""
    return _picture("JPEGGetAtOrAfter", token, device_id, _time("time", time), time)


def jpeg_get_live(token: str, device_id: UUID, *, max_width: int, max_height: int) -> Call[Snapshot | None]:
    """Ask for the last live picture, scaled down to fit and never up; `None` if there is none."""
    parameters = _number("maxWidth", max_width) + _number("maxHeight", max_height)
    return _picture("JPEGGetLive", token, device_id, parameters)


def _picture(
    operation: str, token: str, device_id: UUID, parameters: str, requested: datetime | None = None
) -> Call[Snapshot | None]:
    read = partial(_read_picture, requested=requested)
    return _call(operation, token, device_id, parameters, read, max_reply=MEDIUM_REPLY, pictures=True)


def _entries(count: int) -> int:
    return SMALL_REPLY + max(count, 0) * _MAX_ENTRY


def recorder_call(
    operation: str,
    token: str,
    parameters: str,
    read: Read[T],
    *,
    pictures: bool = False,
    max_reply: int = SMALL_REPLY,
) -> Call[T]:
    """Put together a call of RecorderCommandService; `parameters` are those after the token, as XML."""
    return call(
        operation,
        namespace=NAMESPACE,
        action=f"{NAMESPACE}/{operation}",
        parameters=parameter("token", token) + parameters,
        read=read,
        prefix="soap",
        declaration=_DECLARATION,
        pictures=pictures,
        max_reply=max_reply,
    )


def _call(
    operation: str,
    token: str,
    device_id: UUID,
    parameters: str,
    read: Read[T],
    *,
    pictures: bool = False,
    max_reply: int = SMALL_REPLY,
) -> Call[T]:
    parameters = parameter("deviceId", str(device_id)) + parameters
    return recorder_call(operation, token, parameters, read, pictures=pictures, max_reply=max_reply)


def _time(name: str, time: datetime) -> str:
    return parameter(name, xml_text(time, decimals=_DECIMALS))


def _number(name: str, value: int) -> str:
    if not -_INT_LIMIT <= value < _INT_LIMIT:
        raise LocalProtocolError(f"{name}: {value} does not fit into 32 bits")
    return parameter(name, str(int(value)))


def _span(name: str, duration: timedelta | None) -> str:
    return "" if duration is None else f"<{name}><MicroSeconds>{microseconds(duration)}</MicroSeconds></{name}>"


def _read_types(element: Element | None, body: bytes) -> tuple[SequenceType, ...]:
    return read_rows(body, f"{{{NAMESPACE}}}SequenceType", _TYPE, _type, element)


def _type(layout: Layout, texts: Texts) -> SequenceType:
    own, name = layout[0][0](texts)
    return SequenceType(id=guid(own) or _NO_ID, name=name or None)


def _read_sequences(element: Element | None, body: bytes) -> tuple[RecordingSequence, ...]:
    return read_rows(body, f"{{{NAMESPACE}}}SequenceEntry", _ENTRY, _sequence, element)


def _sequence(layout: Layout, texts: Texts) -> RecordingSequence | None:
    begin, triggered, end = [optional_moment(text) for text in layout[0][0](texts)]
    start, stop = begin or triggered or end, end or triggered or begin
    if start is None or stop is None:
        return None
    return RecordingSequence(start=start, end=stop, triggered=triggered)


def _read_picture(element: Element | None, *, requested: datetime | None) -> Snapshot | None:
    """Decode JPEGData; "no picture" has no data and the time 0001-01-01, and is not a fault."""
    found = Members(element, NAMESPACE)
    time, data = found.moment("Time"), base64_bytes(found.text("Data"))
    if data is None:
        return None
    return Snapshot(time=time or NO_TIME, data=data, requested=requested)
