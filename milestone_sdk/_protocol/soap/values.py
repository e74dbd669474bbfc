"""Simple types between XML text and Python, as Microsoft's two serializers write them.

One unreadable value loses that value, not its row or its reply. So each type has two readers: `guid` and the like
return `None` for what cannot be read and note it for the log (`noting`); `parse_guid` and the like raise `ValueError`,
for values without which there is no result. Both accept what servers write: 0 to 7 decimals, no zone, either case.
"""

import base64
import math
import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final, TypeVar, cast
from uuid import UUID, SafeUUID

from ...errors import LocalProtocolError
from ...models.times import NO_TIME, to_utc

__all__ = [
    "LATEST",
    "XMLSCHEMA_INSTANCE",
    "Interned",
    "boolean",
    "double_text",
    "escape",
    "guid",
    "integer",
    "microseconds",
    "moment",
    "note",
    "not_xml",
    "noting",
    "base64_bytes",
    "optional_moment",
    "parse_boolean",
    "parse_guid",
    "parse_integer",
    "parse_moment",
    "parse_base64",
    "parse_optional_moment",
    "parse_real",
    "real",
    "seventh_decimal",
    "strip_control",
    "thawed",
    "xml_text",
]

XMLSCHEMA_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
_GUID_DIGITS: Final = 32
LATEST: Final = datetime.max.replace(tzinfo=UTC)
"""The nearest time to one past the year 9999."""
_FIRST_DAY: Final = NO_TIME + timedelta(days=1)
_LONG: Final = range(-(2**63), 2**63)
_MAX_INTEGER_DIGITS: Final = 20
"""Digits of the longest xs:long with its sign."""
_MAX_VALUE_LENGTH: Final = 64
"""More characters than a number, GUID or time has; a longer text would only cost time."""
_NOTED: Final = 400
"""Characters kept of a value that cannot be read: enough to find a secret in it before it is logged."""
_SEVENTH_DECIMAL: Final = re.compile(r"\.\d{6}(\d)", re.ASCII)
_ANY_TIME: Final = re.compile(
    r"(-?\d{4,})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6})\d*)?(?:Z|([+-])(\d\d):?(\d\d))?", re.ASCII
)
_LEAST_TEN_POWER: Final = 15
"""The least exponent that .NET writes in a double."""

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")

_noted: ContextVar[dict[str, str] | None] = ContextVar("noted", default=None)


@contextmanager
def noting(found: dict[str, str]) -> Generator[None]:
    """Collect in `found`, by kind, the first value of each kind that cannot be read in the block."""
    token = _noted.set(found)
    try:
        yield
    finally:
        _noted.reset(token)


def note(kind: str, text: str | None) -> None:
    """Note a value that cannot be read."""
    found = _noted.get()
    if found is not None:
        found.setdefault(kind, (text or "")[:_NOTED])


def _lenient(kind: str, parse: Callable[[str | None], T]) -> Callable[[str | None], T | None]:
    def read(text: str | None) -> T | None:
        try:
            return parse(text)
        except (ValueError, ArithmeticError):
            note(kind, text)
            return None

    return read


def thawed(kind: type) -> Any:
    """Return a subclass of a frozen class whose slots can be set, before its object becomes one of `kind`.

    That takes a quarter of the time of a constructor that sets each slot through `object.__setattr__`.
    """
    free = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(kind.__name__, (kind,), free)


_new: Final = object.__new__
_ThawedUUID: Final = thawed(UUID)
_UNKNOWN_SAFETY: Final = SafeUUID.unknown


class Interned(dict[K, V]):
    """Converts each distinct text of one document once: ids, numbers and flags repeat by the thousand."""

    def __init__(self, convert: Callable[[K], V]) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, text: K) -> V:
        value = self[text] = self._convert(text)
        return value


def parse_guid(text: str | None) -> UUID | None:
    """Read a GUID; nothing and the zero GUID are both `None`."""  # docs/protocol: alarms-polling
    if not text:
        return None
    digits = text.replace("-", "")
    if len(digits) != _GUID_DIGITS:
        digits = text[:_MAX_VALUE_LENGTH].strip().strip("{}").replace("-", "")
        if len(digits) != _GUID_DIGITS:
            raise ValueError(f"{text[:_MAX_VALUE_LENGTH]!r} is not a valid GUID")
    packed = bytes.fromhex(digits)  # which skips blanks
    if len(packed) != _GUID_DIGITS // 2:
        raise ValueError(f"{text[:_MAX_VALUE_LENGTH]!r} is not a valid GUID")
    number = int.from_bytes(packed, "big")
    if not number:
        return None
    value: Any = _new(_ThawedUUID)
    value.int = number
    value.is_safe = _UNKNOWN_SAFETY
    value.__class__ = UUID
    return cast(UUID, value)


def parse_integer(text: str | None) -> int:
    """Read a whole number of at most 64 bits; a missing one is 0, as in a data contract."""
    # docs/protocol: servercommand-shape
    if not text:
        return 0
    if len(text) > _MAX_VALUE_LENGTH:
        raise ValueError(f"{len(text)} characters are not a whole number")
    digits = text.strip()
    if len(digits) > _MAX_INTEGER_DIGITS or "_" in digits or not digits.isascii():
        raise ValueError(f"{digits!r} is not a whole number")
    number = int(digits)
    if number not in _LONG:
        raise ValueError(f"{digits} does not fit into 64 bits")
    return number


def parse_real(text: str | None) -> float:
    """Read a double; a missing one is 0."""
    if not text:
        return 0.0
    if len(text) > _MAX_VALUE_LENGTH or "_" in text or not text.isascii():
        raise ValueError(f"{text[:_MAX_VALUE_LENGTH]!r} is not a number")
    return float(text)


def parse_boolean(text: str | None) -> bool:
    """Read `true`, `false`, `1` or `0`, in either case; a missing one is false."""
    if not text or text in ("false", "0"):
        return False
    if text in ("true", "1"):
        return True
    plain = text[:_MAX_VALUE_LENGTH].strip().lower()
    if plain and plain != text:
        return parse_boolean(plain)
    raise ValueError(f"{plain!r} is neither true nor false")


def parse_moment(text: str | None) -> datetime:
    """Read a dateTime with 0 or more decimals, cut to microseconds; without a zone it is UTC.

    A time outside the years 1 to 9999 is the nearest one inside, `NO_TIME` or `LATEST`. So is .NET's unset time when
    the server adds its own offset, `0001-01-01T00:00:00+02:00`.
    """
    try:
        value = datetime.fromisoformat(text or "")
        if text is not None and text[10:11] == "T":
            if value.tzinfo is UTC:
                return value
            if value.year == 1 and value.replace(tzinfo=UTC) < _FIRST_DAY:
                return NO_TIME
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    return _unusual_moment(text)


def _unusual_moment(text: str | None) -> datetime:
    """Read what `datetime` does not support: 24:00, a leap second, other years; raises `ValueError`."""
    plain = (text or "")[: _MAX_VALUE_LENGTH + 1].strip().upper()
    found = _ANY_TIME.fullmatch(plain)
    if found is None or len(plain) > _MAX_VALUE_LENGTH:
        raise ValueError(f"{text and text[:_MAX_VALUE_LENGTH]!r} is not a time")
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    if year < 1:
        return NO_TIME
    if year > LATEST.year:
        return LATEST
    carry = timedelta(days=hour == 24, seconds=second == 60)  # True counts as 1
    hour, second = (0 if hour == 24 else hour), (59 if second == 60 else second)
    value = datetime(year, month, day, hour, minute, second, int((found[7] or "").ljust(6, "0")), tzinfo=UTC)
    if value < _FIRST_DAY:
        return NO_TIME
    if found[8]:
        offset = timedelta(hours=int(found[9]), minutes=int(found[10]))
        carry += -offset if found[8] == "+" else offset
    try:
        return value + carry
    except OverflowError:
        return NO_TIME if year == 1 else LATEST


def parse_optional_moment(text: str | None) -> datetime | None:
    """Read a dateTime; nothing and .NET's default are both `None`.

    The default is 0001-01-01T00:00:00, or another time of that day where a server converted it between zones.
    """  # docs/protocol: recorder-times
    if not text:
        return None
    value = parse_moment(text)
    return None if value < _FIRST_DAY else value


def parse_base64(text: str | None) -> bytes | None:
    """Read base64Binary; nothing is `None`."""
    if not text:
        return None
    if not text.isascii():
        raise ValueError("base64 contains characters outside ASCII")
    packed = text if len(text.split(None, 1)) == 1 else "".join(text.split())
    return base64.b64decode(packed.strip(), validate=True) or None


guid: Final = _lenient("GUID", parse_guid)
"""Read a GUID; `None` for nothing, the zero GUID and what cannot be read."""
integer: Final = _lenient("whole number", parse_integer)
"""Read a whole number; 0 for a missing one, `None` for what cannot be read."""
real: Final = _lenient("number", parse_real)
"""Read a double; 0 for a missing one, `None` for what cannot be read."""
boolean: Final = _lenient("boolean", parse_boolean)
"""Read a boolean; false for a missing one, `None` for what cannot be read."""
optional_moment: Final = _lenient("time", parse_optional_moment)
"""Read a dateTime; `None` for nothing, .NET's default and what cannot be read."""
base64_bytes: Final = _lenient("base64", parse_base64)
"""Read base64Binary; `None` for nothing and what cannot be read."""


def moment(text: str | None) -> datetime:
    """Read a dateTime that a model always has; `NO_TIME` for nothing and for what cannot be read."""
    try:
        return parse_moment(text)
    except ValueError:
        note("time", text)
        return NO_TIME


def seventh_decimal(text: str) -> int:
    """Return the seventh decimal of a dateTime, 100 ns, which `datetime` does not have; 0 where there is none."""
    found = _SEVENTH_DECIMAL.search(text)
    return int(found[1]) if found else 0


def double_text(value: float) -> str:
    """Write a double as .NET's XmlConvert does: `0`, `-0`, `0.25`, `1E+16`, `1E-05`, `INF`, `-INF`, `NaN`."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "INF" if value > 0 else "-INF"
    mantissa, _, power = f"{float(value)!r}".partition("e")
    if not power and abs(value) >= 10.0**_LEAST_TEN_POWER:  # Python turns to exponents at 1e16
        digits = mantissa.partition(".")[0].lstrip("-")
        sign = "-" if value < 0 else ""
        mantissa, power = f"{sign}{digits[0]}.{digits[1:].rstrip('0')}", str(len(digits) - 1)
    mantissa = mantissa.removesuffix(".0").removesuffix(".")
    return f"{mantissa}E{int(power):+03d}" if power else mantissa


def microseconds(duration: timedelta) -> str:
    """Write a duration as TimeDuration wants it: whole microseconds."""  # docs/protocol: recorder-times
    return str(duration // timedelta(microseconds=1))


@cache
def not_xml() -> re.Pattern[str]:
    """Match what XML 1.0 cannot carry in any form: control characters, lone surrogates, two non-characters.

    Compiled at the first use, which takes 4 ms.
    """
    return re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def strip_control(text: str) -> str:
    """Drop the characters that XML does not allow; for texts that people read."""  # docs/protocol: alarms-polling
    return not_xml().sub("", text)


def escape(text: str) -> str:
    """Escape text for XML. Raises `LocalProtocolError` for a character that XML does not allow."""
    if found := not_xml().search(text):
        raise LocalProtocolError(f"XML does not allow the character {found[0]!r} at index {found.start()}")
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
            raise LocalProtocolError(f"a value of type {type(value).__name__} cannot be sent here")


def _moment_text(value: datetime, decimals: int | None) -> str:
    try:
        utc = to_utc(value)
    except (ValueError, OverflowError) as error:
        raise LocalProtocolError(str(error)) from None
    fraction = f"{utc.microsecond:06d}0"
    fraction = fraction.rstrip("0") if decimals is None else fraction[:decimals]
    whole = utc.replace(microsecond=0, tzinfo=None).isoformat()
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"
