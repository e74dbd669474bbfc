"""Which attributes of the site the properties of items show: a column is one property of all items of a type."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from attrs import frozen

from milestone_sdk.simulator.configuration.contract import Choice, Definition, Property
from milestone_sdk.simulator.configuration.lookup import Lookup

__all__ = ["Column", "attribute", "choices", "columns", "kept", "time_text", "shown", "tick_text", "truth", "words"]

Version = tuple[int, int]
Get = Callable[[Any, Lookup], "str | list[str]"]
Set = Callable[[Any, Lookup, str], None]

FAR: Version = (99, 9)
NEVER = "0001-01-01T00:00:00.0000000"
_TRUE = {"true": True, "1": True, "false": False, "0": False}


@frozen(eq=False)
class Column:
    """One property of a type: how it is shown, and how it is set; `set` raises ValueError with what is wrong."""

    definition: Definition
    get: Get
    set: Set | None = None
    since: Version = (0, 0)
    until: Version = FAR
    """The first release that no longer has it."""

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
    """`True` or `False`: properties and members are spelt differently."""  # docs/protocol: configuration-serialization
    return "True" if value else "False"


@lru_cache(maxsize=4096)
def time_text(value: datetime | None) -> str:
    """A DateTime value with seven digits; None is the unset one, which has no zone."""
    return NEVER if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def choices(*values: str | tuple[str, str]) -> tuple[Choice, ...]:
    """ValueTypeInfos of an Enum: values, or pairs of display text and value."""
    return tuple(Choice(value, value) if isinstance(value, str) else Choice(*value) for value in values)


def words(key: str) -> str:
    """`RecordingStorage` as people read it: `Recording storage`."""
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in key).strip()
    return spaced[:1].upper() + spaced[1:]


def _definition(key: str, value_type: str, settable: bool, importance: int, infos: tuple[Choice, ...]) -> Definition:
    return Definition(
        key,
        value_type,
        settable,
        words(key),
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


_COLUMN = re.compile(
    r"(?P<key>\w+)(?::(?P<type>\w+))?(?:\[(?P<choices>[^\]]*)\])?(?P<flags>[*!]*)(?:(?P<mark>[=~#])(?P<what>\S*))?"
)
_INTEGERS = "0", str(2**31 - 1)


def columns(table: str) -> tuple[Column, ...]:
    """Read a table of columns, `Key:Type[a|b]*! =attribute`, without the blank.

    The type is String unless named. In brackets are the values of an Enum, or the bounds of a number. `*` marks an
    important one, `!` a read-only one. Then comes where the value is: `=attribute` of the thing, `~default` kept in
    its `settings`, or `#constant`. `Id` alone is the id, a DateTime alone is unset.
    """
    return tuple(_column(entry) for entry in table.split())


def _column(text: str) -> Column:
    match = _COLUMN.fullmatch(text)
    if match is None:
        raise ValueError(f"cannot read the column {text!r}")
    key, value_type, what = match["key"], match["type"] or "String", match["what"] or ""
    values = match["choices"].split("|") if match["choices"] else []
    infos = choices(*values) if value_type == "Enum" else _bounds(*values) if values else ()
    importance, settable = 2 if "*" in match["flags"] else 0, "!" not in match["flags"]
    if match["mark"] == "=":
        return attribute(key, what, value_type, infos=infos, settable=settable, importance=importance)
    if match["mark"] == "~":
        return kept(key, value_type, what, infos=infos, settable=settable)
    if key == "Id":
        return Column(Definition("Id", "String", False, "ID", (), "PropertyId"), lambda subject, _: str(subject.id))
    constant = NEVER if value_type == "DateTime" else what
    return shown(key, lambda subject, _: constant, value_type, importance=importance)


def attribute(
    key: str,
    name: str,
    value_type: str = "String",
    *,
    infos: tuple[Choice, ...] = (),
    settable: bool = True,
    importance: int = 0,
    since: Version = (0, 0),
) -> Column:
    """A property that is an attribute of the thing."""
    show, store = _CONVERSIONS.get(value_type, (str, str))
    if value_type == "Int":
        infos = infos or _bounds(*_INTEGERS)
    elif value_type == "Double":
        infos = (*infos, Choice("StepValue", "0.01"))

    def change(subject: Any, lookup: Lookup, value: str) -> None:
        if key == "Name" and not value.strip():
            raise ValueError("The name must not be empty.")
        setattr(subject, name, store(_checked(value, value_type, infos)))

    def get(subject: Any, lookup: Lookup) -> str:
        return show(getattr(subject, name))

    can_change = settable and value_type != "DateTime"
    return shown(
        key, get, value_type, set=change if can_change else None, importance=importance, infos=infos, since=since
    )


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


def truth(value: str) -> bool:
    """The value of a Tick; ValueError for any other text."""
    if value.lower() not in _TRUE:
        raise ValueError("The value must be True or False.")
    return _TRUE[value.lower()]


def _chosen(value: str, infos: tuple[Choice, ...]) -> str:
    for info in infos:
        if info.value.casefold() == value.casefold():
            return info.value
    raise ValueError("The value is not one of the choices.")


def _checked(value: str, value_type: str, infos: tuple[Choice, ...]) -> str:
    """The text of a value, as properties spell it; ValueError with what is wrong."""
    if value_type == "Tick":
        return tick_text(truth(value))
    if value_type == "Enum":
        return _chosen(value, infos)
    if value_type not in _NUMBERS:
        return value
    kind, what, lowest, highest = _NUMBERS[value_type]
    bounds = {"MinValue": lowest, "MaxValue": highest} | {info.name: info.value for info in infos}
    try:
        number = kind(value)
    except ValueError:
        raise ValueError(f"The value must be {what}.") from None
    if not kind(bounds["MinValue"]) <= number <= kind(bounds["MaxValue"]):
        raise ValueError(f"The value must be between {bounds['MinValue']} and {bounds['MaxValue']}.")
    return repr(number)


_NUMBERS: dict[str, tuple[Callable[[str], float], str, str, str]] = {
    "Int": (int, "an integer", str(-(2**31)), str(2**31 - 1)),
    "Double": (float, "a number", "-inf", "inf"),
}
_CONVERSIONS: dict[str, tuple[Callable[[Any], str], Callable[[str], Any]]] = {
    "Tick": (tick_text, truth),
    "Int": (str, int),
    "Double": (lambda value: repr(float(value)), float),
    "DateTime": (time_text, str),
}
"""Value type -> how an attribute is shown as text, and made of text."""
