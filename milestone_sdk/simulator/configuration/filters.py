"""Which items QueryItems and GetChildItemsHierarchy let through."""  # docs/protocol: configuration-tree

from collections.abc import Callable
from typing import Any

from milestone_sdk.simulator.configuration.contract import Item, ItemFilter
from milestone_sdk.simulator.configuration.kinds import KINDS
from milestone_sdk.simulator.configuration.tree import Tree

__all__ = ["item_passes", "subject_passes"]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _less(value: str, wanted: str) -> bool:
    one, other = _number(value), _number(wanted)
    return one < other if one is not None and other is not None else value < wanted


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "Equals": lambda value, wanted: value == wanted,
    "NotEquals": lambda value, wanted: value != wanted,
    "LessThan": _less,
    "GreaterThan": lambda value, wanted: _less(wanted, value),
    "Contains": lambda value, wanted: wanted in value,
    "BeginsWith": lambda value, wanted: value.startswith(wanted),
}


def _passes(asked: ItemFilter, enabled: bool | None, value_of: Callable[[str], str | None]) -> bool:
    """Several conditions must all hold. What cannot be switched off counts as enabled.

    Text is compared without regard to case; a property that is not there fits no condition.
    """
    if asked.enable != "All" and (asked.enable == "Enabled") != (enabled is not False):
        return False
    for condition in asked.properties:
        value = value_of(condition.key)
        if value is None or not _OPERATORS[condition.operator](value.casefold(), condition.value.casefold()):
            return False
    return True


def item_passes(item: Item, asked: ItemFilter) -> bool:
    """Whether an item fits a filter, if it is one of the filter's type."""
    if asked.item_type is not None and asked.item_type != item.item_type:
        return True
    return _passes(asked, item.enabling.enabled if item.enabling is not None else None, item.value)


def subject_passes(tree: Tree, item_type: str, subject: Any, asked: ItemFilter) -> bool:
    """The same, before the item is made."""
    columns = {column.definition.key.casefold(): column for column in tree.columns(item_type)}

    def value_of(key: str) -> str | None:
        column = columns.get(key.casefold())
        return None if column is None else column.property_of(subject, tree.lookup).value

    kind = KINDS.get(item_type)
    enabled = subject.enabled if kind is not None and kind.can_be_disabled else None
    return _passes(asked, enabled, value_of)
