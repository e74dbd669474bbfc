"""Which view an item has, by its type."""

from typing import Final

from . import alarms, devices, recorders, site, streams, tasks
from .item import ConfigurationItem
from .view import ItemView

__all__ = ["view"]

_CLASS_OF: Final[dict[str, type[ItemView]]] = {
    item_type.casefold(): found
    for module in (alarms, devices, recorders, site, streams, tasks)
    for found in vars(module).values()  # of two for one type, the last: the bases of devices come first
    if isinstance(found, type) and issubclass(found, ItemView)
    for item_type in found.item_types
}


def view(item: ConfigurationItem) -> ItemView:
    """Show an item by its type: a `CameraItem` for a camera; a plain `ItemView` for a type that has none of its own."""
    return _CLASS_OF.get(item.item_type.casefold(), ItemView)(item)
