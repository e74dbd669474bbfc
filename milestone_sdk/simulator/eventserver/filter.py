"""Which lines a filter keeps, and in which order: the event server's side of conditions and orders.

Conditions are ANDed; strings are compared without regard to case, as the database does; times at 100 ns. A line is a
mapping from member name to value, for alarm lines and event lines alike.
"""  # docs/protocol: alarms-conditions

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar
from uuid import UUID

from attrs import frozen

from milestone_sdk.simulator.eventserver.contract import ENUMERATIONS
from milestone_sdk.simulator.wire.contract import AnyValue, Record

__all__ = ["BadFilter", "Filter", "Line", "page", "search_filter", "search_orders"]

Line = Mapping[str, Any]
Predicate = Callable[[Line], bool]

_TEXT = frozenset(
    {
        "SourceName", "Name", "AssignedTo", "Type", "RuleType", "Location", "Message", "CustomTag", "VendorName",
        "ObjectValue", "Description", "PriorityName", "CategoryName", "StateName",
    }
)  # fmt: skip
_INTEGERS = ("int", "short", "long", "byte", "unsignedInt", "unsignedShort", "unsignedLong", "unsignedByte")
_TYPES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_TEXT, ("string",)),
    **dict.fromkeys(("LocalId", "State", "Priority", "Category"), _INTEGERS),
    **dict.fromkeys(("Timestamp", "Modified"), ("dateTime",)),
    **dict.fromkeys(("Id", "ObjectId", "CameraId"), ("guid",)),
}


class BadFilter(Exception):
    """The filter could be read but not applied: a value does not fit its target."""


class _Lined(Protocol):
    """A row with a line; `tie` is its place among rows that the orders leave equal, meaningless to a client."""

    @property
    def line(self) -> Line: ...

    @property
    def tie(self) -> float: ...


_Row = TypeVar("_Row", bound=_Lined)


@frozen
class Filter:
    """A compiled AlarmFilter or EventFilter; without conditions it keeps everything."""

    predicates: tuple[Predicate, ...] = ()
    orders: tuple[tuple[str, bool], ...] = ()
    """(member, descending), the most important first."""

    @classmethod
    def compile(cls, record: Record | None) -> "Filter":
        """From the record of a request; None, nil and empty lists all match everything. Raises BadFilter."""
        if record is None:
            return cls()
        conditions = [item for item in record.items("Conditions") if item is not None]
        orders = [item for item in record.items("Orders") if item is not None]
        return cls(
            tuple(_condition(item["Target"], item["Operator"], item["Value"]) for item in conditions),
            tuple((_member(item["Target"]), item["Order"] == "Descending") for item in orders),
        )

    def matches(self, line: Line) -> bool:
        """Whether all conditions hold."""
        return all(predicate(line) for predicate in self.predicates)

    def sort(self, rows: Iterable[_Row], rng: random.Random) -> list[_Row]:
        """The rows in the requested order; without orders in a new random one each time, as nothing is promised."""
        found = list(rows)
        if not self.orders:
            rng.shuffle(found)
            return found
        found.sort(key=lambda row: row.tie)
        for member, descending in reversed(self.orders):
            found.sort(key=partial(_sort_key, member), reverse=descending)
        return found


def page(rows: Sequence[_Row], start: int, count: int) -> list[_Row]:
    """Skip `start`, take `count`; a count of 0 or less takes none (protocol/golden, GetAlarmLines with maxCount 0)."""
    start = max(start, 0)
    return list(rows[start : start + count]) if count > 0 else []


def search_filter(group: Record | None) -> Predicate:
    """A SearchGroup of GetEventLines2 and GetEventCount: nested AND and OR groups; None keeps everything."""
    if group is None:
        return lambda line: True
    parts = [
        _condition(_search_target(element["SearchTarget"]), element["SearchOperator"], element["SearchValue"])
        for element in group.items("SearchElements")
        if element is not None
    ]
    parts += [search_filter(inner) for inner in group.items("SearchGroups") if inner is not None]
    if not parts:
        return lambda line: True
    combine = any if group["GroupOperator"] == "Or" else all
    return lambda line: combine(part(line) for part in parts)


def search_orders(orders: Record | None) -> Filter:
    """The SearchOrders of GetEventLines2, as a filter without conditions."""
    items = [] if orders is None else [item for item in orders.items("Orders") if item is not None]
    return Filter(
        orders=tuple((_member(_search_target(item["Target"])), item["Direction"] == "Descending") for item in items)
    )


def _search_target(text: str | None) -> str:
    """Search targets are free strings on the wire; the names of the enumeration are known to work."""
    for name in ENUMERATIONS["Target"]:
        if text is not None and name.casefold() == text.casefold():
            return name
    raise BadFilter(f"There is no search target {text!r}.")


def _member(target: str) -> str:
    return "SourceId" if target == "ObjectId" else target


def _sort_key(member: str, row: _Lined) -> tuple[bool, Any]:
    """Null sorts first; strings without regard to case; a GUID by its digits."""
    value = row.line.get(member)
    return (False, 0) if value is None else (True, _comparable(value))


def _condition(target: str, operator: str, value: AnyValue | None) -> Predicate:
    member = _member(target)
    if value is None:
        return _null_test(member, operator)
    _check_type(target, operator, value)
    wanted = _comparable(value.value)
    test = _TESTS[operator]

    def predicate(line: Line) -> bool:
        actual = line.get(member)
        if actual is None:
            return operator == "NotEquals"
        return test(_comparable(actual), wanted)

    return predicate


def _null_test(member: str, operator: str) -> Predicate:
    if operator == "Equals":
        return lambda line: line.get(member) is None
    if operator == "NotEquals":
        return lambda line: line.get(member) is not None
    return lambda line: False


def _check_type(target: str, operator: str, value: AnyValue) -> None:
    if value.type not in _TYPES.get(target, ()):
        kind = value.type or "untyped node"
        raise BadFilter(f"A value of type {kind} cannot be compared with {target}.")
    if operator in ("Contains", "BeginsWith") and target not in _TEXT:
        raise BadFilter(f"{operator} cannot be used on {target}.")


def _comparable(value: Any) -> Any:
    if isinstance(value, str):
        return value.casefold()
    return value.int if isinstance(value, UUID) else value


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda actual, wanted: actual == wanted,
    "NotEquals": lambda actual, wanted: actual != wanted,
    "LessThan": lambda actual, wanted: actual < wanted,
    "GreaterThan": lambda actual, wanted: actual > wanted,
    "Contains": lambda actual, wanted: wanted in actual,
    "BeginsWith": lambda actual, wanted: actual.startswith(wanted),
}
