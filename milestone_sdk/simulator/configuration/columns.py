"""How properties of items stand for attributes of the site: a column is one property of all items of a type."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from attrs import frozen

from milestone_sdk.simulator.configuration.contract import Choice, Definition, Property
from milestone_sdk.simulator.configuration.lookup import Lookup

__all__ = [
    "Column",
    "choices",
    "double",
    "enum",
    "guid",
    "kept",
    "moment",
    "moment_text",
    "shown",
    "text",
    "tick",
    "tick_text",
    "whole",
]

Version = tuple[int, int]
Get = Callable[[Any, Lookup], "str | list[str]"]
Set = Callable[[Any, Lookup, str], None]

FAR: Version = (99, 9)
NEVER = "0001-01-01T00:00:00.0000000"
_TRUE = {"true": True, "1": True, "false": False, "0": False}


@frozen(eq=False)
class Column:
    """One property of a type: how it is told, and how it is set; `set` raises ValueError with what is wrong."""

    definition: Definition
    get: Get
    set: Set | None = None
    since: Version = (0, 0)
    until: Version = FAR
    """The first release that does not have it any more."""

    def is_in(self, version: Version) -> bool:
        """Whether a release of that version has the property."""
        return self.since <= version < self.until

    def property_of(self, subject: Any, lookup: Lookup) -> Property:
        """The property of one thing."""
        value = self.get(subject, lookup)
        if isinstance(value, str):
            return Property(self.definition, value)
        return Property(self.definition, ";".join(value), value)


def tick_text(value: bool) -> str:
    """`True` or `False`: properties spell it otherwise than members do (protocol/configuration.md 1.8)."""
    return "True" if value else "False"


@lru_cache(maxsize=4096)
def moment_text(value: datetime | None) -> str:
    """A DateTime value with seven digits; None is the unset one, which has no zone."""
    return NEVER if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def choices(*values: str | tuple[str, str]) -> tuple[Choice, ...]:
    """ValueTypeInfos of an Enum: values, or pairs of display text and value."""
    return tuple(Choice(value, value) if isinstance(value, str) else Choice(*value) for value in values)


def _words(key: str) -> str:
    """`RecordingStorage` as people read it."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in key).strip()
    return spaced[:1].upper() + spaced[1:]


def _definition(key: str, value_type: str, settable: bool, importance: int, infos: tuple[Choice, ...]) -> Definition:
    return Definition(
        key,
        value_type,
        settable,
        _words(key),
        infos,
        f"Property{key}",
        ui_importance=importance,
        item_reference=value_type in ("Path", "PathList"),
    )


def shown(
    key: str,
    get: Get,
    value_type: str = "String",
    *,
    set: Set | None = None,  # noqa: A002 - as the attribute
    importance: int = 0,
    infos: tuple[Choice, ...] = (),
    since: Version = (0, 0),
    until: Version = FAR,
) -> Column:
    """A property that is worked out; read-only without `set`."""
    return Column(_definition(key, value_type, set is not None, importance, infos), get, set, since, until)


def guid() -> Column:
    """Id."""
    definition = Definition("Id", "String", False, "ID", (), "PropertyId")
    return Column(definition, lambda subject, _: str(subject.id))


def text(key: str, attribute: str, *, settable: bool = True, importance: int = 0, since: Version = (0, 0)) -> Column:
    """A text attribute."""

    def change(subject: Any, lookup: Lookup, value: str) -> None:
        if key == "Name" and not value.strip():
            raise ValueError("The name must not be empty.")
        setattr(subject, attribute, value)

    def get(subject: Any, lookup: Lookup) -> str:
        return str(getattr(subject, attribute))

    return shown(key, get, set=change if settable else None, importance=importance, since=since)


def tick(key: str, attribute: str, *, settable: bool = True, since: Version = (0, 0)) -> Column:
    """A truth value."""

    def change(subject: Any, lookup: Lookup, value: str) -> None:
        setattr(subject, attribute, _truth(value))

    def get(subject: Any, lookup: Lookup) -> str:
        return tick_text(getattr(subject, attribute))

    return shown(key, get, "Tick", set=change if settable else None, since=since)


def whole(key: str, attribute: str, minimum: int = 0, maximum: int = 2**31 - 1, *, settable: bool = True) -> Column:
    """An integer between bounds."""

    def change(subject: Any, lookup: Lookup, value: str) -> None:
        setattr(subject, attribute, _whole(value, minimum, maximum))

    def get(subject: Any, lookup: Lookup) -> str:
        return str(getattr(subject, attribute))

    return shown(key, get, "Int", set=change if settable else None, infos=_bounds(str(minimum), str(maximum)))


def double(key: str, attribute: str, minimum: float, maximum: float) -> Column:
    """A decimal number between bounds."""

    def change(subject: Any, lookup: Lookup, value: str) -> None:
        setattr(subject, attribute, _double(value, minimum, maximum))

    def get(subject: Any, lookup: Lookup) -> str:
        return repr(float(getattr(subject, attribute)))

    infos = (*_bounds(repr(float(minimum)), repr(float(maximum))), Choice("StepValue", "0.01"))
    return shown(key, get, "Double", set=change, infos=infos)


def moment(key: str, attribute: str | None = None) -> Column:
    """A time that the server sets; unset without an attribute."""
    if attribute is None:
        return shown(key, lambda subject, _: NEVER, "DateTime")
    return shown(key, lambda subject, _: moment_text(getattr(subject, attribute)), "DateTime")


def enum(key: str, attribute: str, *values: str | tuple[str, str], settable: bool = True) -> Column:
    """One of a few values."""
    infos = choices(*values)

    def change(subject: Any, lookup: Lookup, value: str) -> None:
        setattr(subject, attribute, _chosen(value, infos))

    def get(subject: Any, lookup: Lookup) -> str:
        return str(getattr(subject, attribute))

    return shown(key, get, "Enum", set=change if settable else None, infos=infos)


def kept(
    key: str,
    value_type: str,
    default: str,
    *,
    infos: tuple[Choice, ...] = (),
    settable: bool = True,
    since: Version = (0, 0),
    at: str | None = None,
) -> Column:
    """A property that nothing else here depends on: its text is kept in the subject's `settings` (under `at`)."""
    place = at or key

    def change(subject: Any, lookup: Lookup, value: str) -> None:
        subject.settings[place] = _checked(value, value_type, infos)

    def get(subject: Any, lookup: Lookup) -> str:
        return str(subject.settings.get(place, default))

    return shown(key, get, value_type, set=change if settable else None, infos=infos, since=since)


def _bounds(minimum: str, maximum: str) -> tuple[Choice, ...]:
    return Choice("MinValue", minimum), Choice("MaxValue", maximum)


def _truth(value: str) -> bool:
    if value.lower() not in _TRUE:
        raise ValueError("The value must be True or False.")
    return _TRUE[value.lower()]


def _whole(value: str, minimum: int, maximum: int) -> int:
    try:
        number = int(value)
    except ValueError:
        raise ValueError("The value must be an integer.") from None
    if not minimum <= number <= maximum:
        raise ValueError(f"The value must be between {minimum} and {maximum}.")
    return number


def _double(value: str, minimum: float, maximum: float) -> float:
    try:
        number = float(value)
    except ValueError:
        raise ValueError("The value must be a number.") from None
    if not minimum <= number <= maximum:
        raise ValueError(f"The value must be between {minimum} and {maximum}.")
    return number


def _chosen(value: str, infos: tuple[Choice, ...]) -> str:
    for info in infos:
        if info.value.casefold() == value.casefold():
            return info.value
    raise ValueError("The value is not one of the choices.")


def _checked(value: str, value_type: str, infos: tuple[Choice, ...]) -> str:
    bounds = {info.name: info.value for info in infos}
    if value_type == "Tick":
        return tick_text(_truth(value))
    if value_type == "Enum":
        return _chosen(value, infos)
    if value_type == "Int":
        return str(_whole(value, int(bounds.get("MinValue", -(2**31))), int(bounds.get("MaxValue", 2**31 - 1))))
    if value_type == "Double":
        return repr(_double(value, float(bounds.get("MinValue", "-inf")), float(bounds.get("MaxValue", "inf"))))
    return value
