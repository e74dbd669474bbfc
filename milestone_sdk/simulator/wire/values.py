"""Simple values as text, the way .NET's serializers read and write them.

Times are counted in ticks of 100 ns since the year 1, .NET's own resolution, so that no digit is lost or invented.
"""

import base64
import random
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from attrs import frozen

__all__ = [
    "EXACT",
    "INTEGERS",
    "SCALARS",
    "YEAR_ONE",
    "ZERO",
    "Scalar",
    "boolean_text",
    "date_time_text",
    "datetime_of",
    "double_text",
    "escape",
    "parse_date_time",
    "parse_ticks",
    "ticks_of",
    "ticks_text",
]

ZERO = UUID(int=0)
YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)
"""What .NET has in a time that was never set."""
_MICROSECOND = timedelta(microseconds=1)
_TICKS_PER_SECOND = 10_000_000
_DATE_TIME = re.compile(
    r"\s*(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,7})\d*)?(Z|[+-]\d\d:\d\d)?\s*", re.ASCII
)
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,20}", re.ASCII)
_SPECIAL = re.compile("[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_DOUBLES = {"INF": float("inf"), "-INF": float("-inf"), "NaN": float("nan")}


def ticks_of(time: datetime) -> int:
    """An aware datetime as ticks."""
    return (time - YEAR_ONE) // _MICROSECOND * 10


def datetime_of(ticks: int) -> datetime:
    """Ticks as aware UTC; the seventh fraction digit is cut."""
    return YEAR_ONE + timedelta(microseconds=ticks // 10)


def ticks_text(ticks: int, digits: int | None = None) -> str:
    """A UTC time with that many fraction digits, by default as few as are exact; the minimum has no zone."""
    if ticks == 0:
        return "0001-01-01T00:00:00"
    fraction = f"{ticks % _TICKS_PER_SECOND:07d}"
    shown = fraction.rstrip("0") if digits is None else fraction[:digits]
    whole = datetime_of(ticks).replace(microsecond=0, tzinfo=None).isoformat()
    return f"{whole}.{shown}Z" if shown else f"{whole}Z"


def parse_ticks(text: str) -> int:
    """An xs:dateTime as ticks; without a zone it counts as UTC. Raises ValueError for anything else."""
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    ticks = ticks_of(datetime(year, month, day, hour, minute, second, tzinfo=UTC)) + int((match[7] or "").ljust(7, "0"))
    zone = match[8]
    if zone not in (None, "Z"):
        shift = (int(zone[1:3]) * 3600 + int(zone[4:6]) * 60) * _TICKS_PER_SECOND
        ticks += -shift if zone[0] == "+" else shift
    return max(ticks, 0)


def parse_date_time(text: str) -> datetime:
    """An xs:dateTime as aware UTC; the seventh fraction digit is cut. Raises ValueError or OverflowError."""
    return datetime_of(parse_ticks(text))


def date_time_text(value: datetime | None, rng: random.Random | None = None) -> str:
    """An aware datetime; None is .NET's minimum. `rng` adds trailing zeros, as servers do."""
    # docs/protocol: servercommand-shape
    ticks = ticks_of(YEAR_ONE if value is None else value)
    if rng is None or not ticks:
        return ticks_text(ticks)
    shortest = len(f"{ticks % _TICKS_PER_SECOND:07d}".rstrip("0"))
    return ticks_text(ticks, rng.randint(shortest, 7))


def escape(text: str) -> str:
    """Element content: characters that XML 1.0 cannot hold are left out, CR is a reference, as .NET writes it."""
    return _SPECIAL.sub(lambda match: _NAMED.get(match[0], ""), text)


def _escape_exactly(text: str) -> str:
    """Element content in which a character that XML cannot hold is a reference, as WCF's own writer does."""
    return _SPECIAL.sub(lambda match: _NAMED.get(match[0]) or f"&#x{ord(match[0]):X};", text)


def boolean_text(value: bool) -> str:
    """`true` or `false`."""
    return "true" if value else "false"


def double_text(value: float) -> str:
    """A double as XmlConvert writes it: no decimal point where there are no decimals, an exponent from 1E+15 on."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "INF" if value > 0 else "-INF"
    number = Decimal(repr(float(value)))
    if number.is_zero():
        return "-0" if number.is_signed() else "0"
    power = number.adjusted()
    if -5 < power < 15:
        return f"{number:f}".removesuffix(".0")
    mantissa = f"{number.scaleb(-power).normalize():f}"
    return f"{mantissa}E{power:+03d}"


def _guid(text: str) -> UUID:
    if _GUID.fullmatch(text.strip()) is None:
        raise ValueError(text)
    return UUID(text.strip())


def _double(text: str) -> float:
    stripped = text.strip()
    return _DOUBLES[stripped] if stripped in _DOUBLES else float(stripped)


def _integer(lowest: int, end: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if _INTEGER.fullmatch(text.strip()) is None or not lowest <= int(text) < end:
            raise ValueError(text)
        return int(text)

    return parse


@frozen
class Scalar:
    """A simple type: `parse` raises ValueError, KeyError or OverflowError; `default` is what .NET has without one."""

    parse: Callable[[str], Any]
    text: Callable[[Any], str]
    default: Any = None
    nillable: bool = False


_STRING = Scalar(str, escape, None, nillable=True)
INTEGERS: Mapping[str, Scalar] = {
    f"{prefix}{name}": Scalar(_integer(lowest, lowest + 2**bits), str, 0)
    for name, bits in (("int", 32), ("long", 64), ("short", 16), ("byte", 8))
    for prefix, lowest in (("", -(2 ** (bits - 1))),)
} | {
    f"unsigned{name}": Scalar(_integer(0, 2**bits), str, 0)
    for name, bits in (("Int", 32), ("Long", 64), ("Short", 16), ("Byte", 8))
}
SCALARS: Mapping[str, Scalar] = {
    **INTEGERS,
    "string": _STRING,
    "xml": _STRING,
    "enum": Scalar(str, escape, "Undefined"),
    "boolean": Scalar(lambda text: _BOOLEANS[text.strip()], boolean_text, False),
    "double": Scalar(_double, double_text, 0.0),
    "float": Scalar(_double, double_text, 0.0),
    "decimal": Scalar(float, double_text, 0.0),
    "guid": Scalar(_guid, str, ZERO),
    "dateTime": Scalar(parse_date_time, date_time_text, YEAR_ONE),
    "base64Binary": Scalar(
        lambda text: base64.b64decode("".join(text.split()), validate=True),
        lambda value: base64.b64encode(value).decode(),
        None,
        nillable=True,
    ),
}
"""Simple type -> how it is read and written. `xml` is a document in a string, `enum` a value of any enumeration."""
EXACT: Mapping[str, Scalar] = {
    **SCALARS,
    "string": Scalar(str, _escape_exactly, None, nillable=True),
    "dateTime": Scalar(parse_ticks, ticks_text, 0),
}
"""The same with times in ticks, and with every character written."""
