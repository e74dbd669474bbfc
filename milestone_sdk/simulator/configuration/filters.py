"""Which items QueryItems and GetChildItemsHierarchy let through (protocol/configuration.md 7.2)."""

from collections.abc import Callable
from typing import Any

from milestone_sdk.simulator.configuration.contract import Item, ItemFilter, PropertyFilter
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


def _holds(condition: PropertyFilter, value: str | None) -> bool:
    """Text is compared without regard to case; a property that is not there fits no condition."""
    return value is not None and _OPERATORS[condition.operator](value.casefold(), condition.value.casefold())


def _enable_passes(wanted: str, enabled: bool | None) -> bool:
    """What cannot be switched off counts as enabled."""
    return wanted == "All" or (wanted == "Enabled") == (enabled is not False)


def item_passes(item: Item, asked: ItemFilter) -> bool:
    """Whether an item fits a filter of its type; several conditions must all hold."""
    if asked.item_type is not None and asked.item_type != item.item_type:
        return True
    enabled = item.enabling.enabled if item.enabling is not None else None
    return _enable_passes(asked.enable, enabled) and all(
        _holds(condition, item.value(condition.key)) for condition in asked.properties
    )


def subject_passes(tree: Tree, item_type: str, subject: Any, asked: ItemFilter) -> bool:
    """The same, before the item is made."""
    kind = KINDS.get(item_type)
    enabled = subject.enabled if kind is not None and kind.can_be_disabled else None
    if not _enable_passes(asked.enable, enabled):
        return False
    for condition in asked.properties:
        folded = condition.key.casefold()
        column = next((entry for entry in tree.columns(item_type) if entry.definition.key.casefold() == folded), None)
        if column is None:
            return False
        value = column.get(subject, tree.lookup)
        if not _holds(condition, value if isinstance(value, str) else ";".join(value)):
            return False
    return True
