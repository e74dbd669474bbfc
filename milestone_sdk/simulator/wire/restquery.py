"""The query of a REST request: flags, pages, order and filters."""
# docs/protocol: configuration-rest; docs/protocol: events-rest

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl

from attrs import frozen

from milestone_sdk.simulator.wire.values import parse_date_time

__all__ = ["BadQuery", "Condition", "Query"]

T = TypeVar("T")
_FLAGS = {
    "disabled", "resources", "tasks", "task", "nodata", "definitions", "language", "includechildren", "include",
    "page", "size", "orderby", "includedisabled",
}  # fmt: skip
_LARGEST_PAGE = 2000


class BadQuery(ValueError):
    """A query that the gateway refuses; the text says why."""


def _comparable(value: str, wanted: str) -> tuple[Any, Any]:
    """Both as numbers or as times where both are, else as texts without regard to case."""
    for convert in (float, parse_date_time):
        try:
            return convert(value), convert(wanted)
        except (ValueError, OverflowError):
            continue
    return value.casefold(), wanted.casefold()


def _compared(holds: Callable[[Any, Any], bool]) -> Callable[[str, str], bool]:
    return lambda value, wanted: holds(*_comparable(value, wanted))


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "equals": _compared(lambda value, wanted: bool(value == wanted)),
    "notequals": _compared(lambda value, wanted: bool(value != wanted)),
    "lt": _compared(lambda value, wanted: bool(value < wanted)),
    "gt": _compared(lambda value, wanted: bool(value > wanted)),
    "startswith": lambda value, wanted: value.casefold().startswith(wanted.casefold()),
    "contains": lambda value, wanted: wanted.casefold() in value.casefold(),
    "oneof": lambda value, wanted: value.casefold() in [_bare(one).casefold() for one in wanted.split(",")],
}


def _bare(text: str) -> str:
    stripped = text.strip()
    return stripped[1:-1] if len(stripped) > 1 and stripped[0] == stripped[-1] == "'" else stripped


@frozen
class Condition:
    """`field=operator:'value'`; without operator the value must be equal, quotes may be left out."""

    field: str
    operator: str
    value: str

    @classmethod
    def parse(cls, field: str, text: str) -> "Condition":
        """Read the right side of a filter."""
        operator, colon, value = text.partition(":")
        if not colon or operator.casefold() not in _OPERATORS:
            return cls(field, "equals", _bare(text))
        listed = operator.casefold() == "oneof"
        return cls(field, operator.casefold(), value if listed else _bare(value))

    def holds(self, members: Mapping[str, Any]) -> bool:
        """Whether an object fits; a member that is missing or null fits nothing. BadQuery for an unknown field."""
        folded = {name.casefold(): value for name, value in members.items()}
        if self.field.casefold() not in folded:
            raise BadQuery(f"Bad request: Unknown filter {self.field}")
        value = folded[self.field.casefold()]
        return value is not None and _OPERATORS[self.operator](_text(value), self.value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return str(cast("Mapping[str, Any]", value).get("id", ""))
    return str(value)


@frozen
class Query:
    """A query taken apart; names do not regard letter case."""

    flags: Mapping[str, str]
    conditions: tuple[Condition, ...]

    @classmethod
    def parse(cls, query: str) -> "Query":
        """Read the part of a URL behind the question mark."""
        pairs = parse_qsl(query, keep_blank_values=True)
        flags = {name.casefold(): value for name, value in pairs if name.casefold() in _FLAGS}
        filters = [(name, value) for name, value in pairs if name.casefold() not in _FLAGS]
        return cls(flags, tuple(Condition.parse(name, value) for name, value in filters))

    def has(self, flag: str) -> bool:
        """Whether a flag is there, with or without a value; `include=data` has the flag `data`."""
        return flag.casefold() in self.flags or flag in self.flags.get("include", "").split(",")

    def selected(self, items: Iterable[T], members: Callable[[T], Mapping[str, Any]]) -> list[T]:
        """The items that fit all filters, in the order that the query wants, and of its page."""
        found = [item for item in items if all(condition.holds(members(item)) for condition in self.conditions)]
        direction, _, field = self.flags.get("orderby", "").rpartition(":")
        if field:
            self._sort(found, members, _bare(field), direction.casefold() == "desc")
        return self._page(found)

    @staticmethod
    def _sort(found: list[T], members: Callable[[T], Mapping[str, Any]], field: str, descending: bool) -> None:
        def key(item: T) -> tuple[bool, str]:
            folded = {name.casefold(): value for name, value in members(item).items()}
            if field.casefold() not in folded:
                raise BadQuery(f"Bad request: Unknown order {field}")
            value = folded[field.casefold()]
            return value is not None, f"{value:020}" if isinstance(value, int) else str(value).casefold()

        found.sort(key=key, reverse=descending)

    def _page(self, found: Sequence[T]) -> list[T]:
        if "page" not in self.flags and "size" not in self.flags:
            return [*found]
        try:
            page, size = int(self.flags.get("page") or 0), int(self.flags.get("size") or 100)
        except ValueError:
            raise BadQuery("Bad request: page and size must be numbers") from None
        if page < 0 or not 1 <= size <= _LARGEST_PAGE:
            raise BadQuery(f"Bad request: page must be >= 0, size between 1 and {_LARGEST_PAGE}")
        return [*found[page * size : (page + 1) * size]]
