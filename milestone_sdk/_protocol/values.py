"""Simple types between XML text and Python, as Microsoft's two serializers write them.

Reading is lenient where servers differ (0 to 7 decimals, no zone, either case) and raises `ValueError` otherwise; the
one place that turns it into an error of this library is `soap.Call.decode`.
"""

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID, SafeUUID

from ..errors import LocalProtocolError
from ..models.recordings import to_utc

__all__ = [
    "XMLSCHEMA_INSTANCE",
    "Interned",
    "boolean",
    "earlier",
    "escape",
    "guid",
    "integer",
    "microseconds",
    "moment",
    "octets",
    "optional_moment",
    "real",
    "seventh_decimal",
    "strip_control",
    "xml_text",
]

XMLSCHEMA_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
_GUID_DIGITS: Final = 32
_new_guid: Final = UUID.__new__
_set_int: Final = vars(UUID)["int"].__set__
_set_safety: Final = vars(UUID)["is_safe"].__set__
_UNKNOWN_SAFETY: Final = SafeUUID.unknown
"""`UUID(text)` takes as long as parsing ten elements; these set what its constructor sets, in half the time."""
_NO_MOMENT: Final = datetime(1, 1, 1, tzinfo=UTC)
_MAX_INTEGER_DIGITS: Final = 20
"""Digits of the longest xs:long with its sign, and of xs:unsignedLong."""
_MAX_VALUE_LENGTH: Final = 64
"""No number, GUID or time is longer; what is, would only cost time to convert."""
_ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry in any form: control characters, lone surrogates, two non-characters."""
_SEVENTH_DECIMAL: Final = re.compile(r"\.\d{6}(\d)", re.ASCII)

K = TypeVar("K")
V = TypeVar("V")


class Interned(dict[K, V]):
    """Converts each distinct text of one document once: ids, numbers and flags repeat by the thousand in a reply."""

    def __init__(self, convert: Callable[[K], V]) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, text: K) -> V:
        value = self[text] = self._convert(text)
        return value


def guid(text: str | None) -> UUID | None:
    """Read a GUID; nothing and the zero GUID are both `None` (protocol/alarms.md 7.4)."""
    if not text:
        return None
    digits = text.replace("-", "")
    if len(digits) != _GUID_DIGITS:
        digits = text[:_MAX_VALUE_LENGTH].strip().strip("{}").replace("-", "")
        if len(digits) != _GUID_DIGITS:
            raise ValueError(f"{text[:_MAX_VALUE_LENGTH]!r} is no GUID")
    number = int(digits, 16)
    if not number:
        return None
    value = _new_guid(UUID)
    _set_int(value, number)
    _set_safety(value, _UNKNOWN_SAFETY)
    return value


def integer(text: str | None) -> int:
    """Read a whole number of at most 64 bits; a missing one is 0, as in a data contract (protocol/auth.md 6.1)."""
    if text is None:
        return 0
    if len(text) > _MAX_VALUE_LENGTH:
        raise ValueError(f"{len(text)} characters are no whole number of XProtect")
    digits = text.strip()
    if len(digits) > _MAX_INTEGER_DIGITS or "_" in digits or not digits.isascii():
        raise ValueError(f"{digits!r} is no whole number")
    return int(digits)


def real(text: str | None) -> float:
    """Read a double; a missing one is 0."""
    if text is None:
        return 0.0
    if len(text) > _MAX_VALUE_LENGTH or "_" in text or not text.isascii():
        raise ValueError(f"{text[:_MAX_VALUE_LENGTH]!r} is no number")
    return float(text)


def boolean(text: str | None) -> bool:
    """Read `true`, `false`, `1` or `0`; a missing one is false."""
    if text is None or text in ("false", "0"):
        return False
    if text in ("true", "1"):
        return True
    if (trimmed := text[:_MAX_VALUE_LENGTH].strip()) and trimmed != text:
        return boolean(trimmed)
    raise ValueError(f"{trimmed!r} is neither true nor false")


def moment(text: str | None) -> datetime:
    """Read a dateTime with 0 or more decimals, cut to microseconds; without a zone it is UTC."""
    if text is None or len(text) > _MAX_VALUE_LENGTH or text[10:11] != "T":
        if text is not None and (trimmed := text[:_MAX_VALUE_LENGTH].strip()) != text:
            return moment(trimmed)
        raise ValueError(f"{text and text[:_MAX_VALUE_LENGTH]!r} is no dateTime")
    value = datetime.fromisoformat(text)
    if value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value.astimezone(UTC)


def optional_moment(text: str | None) -> datetime | None:
    """Read a dateTime; nothing and 0001-01-01T00:00:00, .NET's default, are both `None` (protocol/recording.md 1.7)."""
    if not text:
        return None
    value = moment(text)
    return None if value == _NO_MOMENT else value


def seventh_decimal(text: str) -> int:
    """Return the seventh decimal of a dateTime, 100 ns, which `datetime` cannot hold; 0 where there is none."""
    found = _SEVENTH_DECIMAL.search(text)
    return int(found[1]) if found else 0


def octets(text: str | None) -> bytes | None:
    """Read base64Binary; nothing is `None`."""
    if not text:
        return None
    if not text.isascii():
        raise ValueError("base64 holds letters that are none")
    packed = text if len(text.split(None, 1)) == 1 else "".join(text.split())
    return base64.b64decode(packed.strip(), validate=True) or None


def microseconds(duration: timedelta) -> str:
    """Write a duration as TimeDuration wants it: whole microseconds (protocol/recording.md 1.7)."""
    return str(duration // timedelta(microseconds=1))


def earlier(moment: datetime, span: timedelta) -> datetime:
    """Return the datetime that lies `span` before, or the nearest one that there is: a clock may be set to year 1."""
    try:
        return moment - span
    except OverflowError:
        return (datetime.min if span > timedelta() else datetime.max).replace(tzinfo=moment.tzinfo)


def strip_control(text: str) -> str:
    """Drop what XML cannot carry, as is right for words meant for people (protocol/alarms.md 7.4)."""
    return _ILLEGAL.sub("", text)


def escape(text: str) -> str:
    """Escape text for XML; `LocalProtocolError` where it holds what XML has no form for."""
    if found := _ILLEGAL.search(text):
        raise LocalProtocolError(f"XML cannot carry the character {found[0]!r} at index {found.start()}")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#xD;")


def xml_text(value: object, *, decimals: int | None = None) -> str:
    """Write a value as element content: times in UTC with `Z` and as few decimals as needed, or exactly `decimals`."""
    match value:
        case str():
            return escape(value)
        case bool():
            return "true" if value else "false"
        case int():
            return str(int(value))
        case UUID():
            return str(value)
        case datetime():
            return _moment_text(value, decimals)
        case _:
            raise LocalProtocolError(f"a value of type {type(value).__name__} has no form here")


def _moment_text(value: datetime, decimals: int | None) -> str:
    try:
        utc = to_utc(value)
    except (ValueError, OverflowError) as error:
        raise LocalProtocolError(str(error)) from None
    fraction = f"{utc.microsecond:06d}0"
    fraction = fraction.rstrip("0") if decimals is None else fraction[:decimals]
    whole = utc.replace(microsecond=0, tzinfo=None).isoformat()
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"
