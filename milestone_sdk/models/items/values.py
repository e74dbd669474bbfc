"""Values of properties between text and Python.

On the wire every value is text. A text that does not fit its type, and one of an unknown type, is returned as it is: a
newer server must not break an older program.
"""  # docs/protocol: configuration-values

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Final, TypeAlias
from uuid import UUID

from attrs import frozen

from ...errors import ConfigurationError
from ..model import Model
from ..times import NO_TIME, to_utc
from .path import ItemPath

__all__ = ["ItemValue", "ValueTypeInfo", "decode", "encode"]

ItemValue: TypeAlias = (
    str | bool | int | float | datetime | date | time | ItemPath | tuple[ItemPath, ...] | tuple[str, ...] | None
)
"""What a property can hold."""

_LONGEST: Final = 64
"""Characters of the longest number or time that is converted."""
_SEPARATORS: Final = re.compile("[;,]")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_TIME: Final = re.compile(r"\d\d:\d\d(:\d\d(\.\d+)?)?")


@frozen
class ValueTypeInfo(Model):
    """A choice of an Enum (`name` is shown to people, `value` is stored), or a bound such as MinValue of a number."""

    name: str | None = None
    value: str | None = None
    translation_id: str | None = None


def decode(value_type: str | None, text: str | None, array: Sequence[str] | None = None) -> ItemValue:
    """Return the value of a text: `None` for null, the text itself if it does not fit its type."""
    kind = (value_type or "").casefold()
    if kind in _ARRAYS and array is not None:
        return tuple(array)
    read = _READERS.get(kind)
    if text is None or read is None:
        return text
    try:
        return read(text)
    except (ValueError, OverflowError):
        return text


def encode(
    value: object, *, value_type: str | None, before: str | None = None, choices: Sequence[ValueTypeInfo] = ()
) -> str | None:
    """Return the text of a value, in the form of the text that it replaces.

    An Enum takes the value of a choice or its name. Raises `ConfigurationError`.
    """
    kind = (value_type or "").casefold()
    if kind == "enum" and choices and not isinstance(value, bool):
        return _choice(value, choices)
    match value:
        case None:
            return None
        case bool():
            return _tick_text(value, before)
        case str():
            return value
        case UUID():
            return str(value)
        case int() if kind == "tick" and value in (0, 1):
            return _tick_text(bool(value), before)
        case int():
            return str(int(value))
        case float() if kind in ("int", "slider", "progress"):
            if not value.is_integer():
                raise ConfigurationError(f"{value!r} is not a whole number")
            return str(int(value))
        case float():
            if not math.isfinite(value):
                raise ConfigurationError(f"{value!r} cannot be stored in the configuration")
            return repr(value).upper()
        case datetime():
            return _moment_text(value)
        case date() | time():
            return value.isoformat()
        case ItemPath():
            return str(value)
        case _ if isinstance(value, Iterable) and not isinstance(value, bytes | Mapping):
            return ";".join(str(part) for part in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        case _:
            raise ConfigurationError(f"a value of type {type(value).__name__} cannot be stored in the configuration")


def _tick_text(value: bool, before: str | None) -> str:
    if before in ("0", "1"):
        return str(int(value))
    return str(value).lower() if before in ("true", "false") else str(value)


def _choice(value: object, choices: Sequence[ValueTypeInfo]) -> str:
    text = str(value)
    for choice in choices:
        if choice.value == text:
            return text
    for choice in choices:
        if text.casefold() in ((choice.value or "").casefold(), (choice.name or "").casefold()):
            return choice.value or ""
    shown = ", ".join(f"{choice.value!r} ({choice.name})" for choice in choices[:20])
    raise ConfigurationError(f"{text!r} is not one of the choices", hint=f"the choices are {shown}")


def _moment_text(value: datetime) -> str:
    try:
        utc = to_utc(value)
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(str(error)) from None
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond:06d}0Z".rjust(28, "0")


def _short(text: str) -> str:
    if len(text) > _LONGEST or "_" in text or not text.isascii():
        raise ValueError(text[:_LONGEST])
    return text.strip()


def _integer(text: str) -> int:
    return int(_short(text))


def _real(text: str) -> float:
    return float(_short(text))


def _tick(text: str) -> bool:
    match text.strip().casefold():
        case "true" | "1":
            return True
        case "false" | "0":
            return False
        case _:
            raise ValueError(text[:_LONGEST])


def _moment(text: str) -> datetime | None:
    text = _short(text)
    if not text:
        return None
    value = datetime.fromisoformat(text)
    value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return None if value == NO_TIME else value


def _of_form(form: re.Pattern[str], text: str) -> str:
    """Return the text without blanks. ISO 8601 has more forms: "00.0" would be midnight."""
    short = _short(text)
    if form.fullmatch(short) is None:
        raise ValueError(text)
    return short


def _path(text: str) -> ItemPath | None:
    return _one_path(text) if text.strip() else None


def _paths(text: str) -> tuple[ItemPath, ...]:
    return tuple(_one_path(part) for part in _SEPARATORS.split(text) if part.strip())


def _one_path(text: str) -> ItemPath:
    try:
        return ItemPath.parse(text)
    except ConfigurationError as error:
        raise ValueError(error.message) from None


_READERS: Final[Mapping[str, Callable[[str], ItemValue]]] = {
    "int": _integer,
    "slider": _integer,
    "progress": _integer,
    "double": _real,
    "tick": _tick,
    "path": _path,
    "pathlist": _paths,
    "datetime": _moment,
    "date": lambda text: date.fromisoformat(_of_form(_DATE, text)),
    "time": lambda text: time.fromisoformat(_of_form(_TIME, text)),
}
_ARRAYS: Final = frozenset({"array", "dictionary"})
