"""Typed views: an item of the configuration with its properties as attributes.

A view class is a list of what an item of its type has, one line an attribute::

    class PtzPresetItem(ItemView):
        item_types = ("PtzPreset",)
        locked = flag("Locked")
        pan = optional_real("Pan")

Keys that a server does not know, for it is older, and values that do not keep to their type give `None` or the default
of the attribute; never an error. The item itself keeps what came.
"""

import math
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Never, Self, TypeVar, overload
from uuid import UUID

from attrs import frozen

from ...errors import ConfigurationError
from .item import ConfigurationItem
from .path import ItemPath
from .values import decode

__all__ = [
    "Attribute",
    "ItemView",
    "choice",
    "flag",
    "guid",
    "integer",
    "moment",
    "optional_flag",
    "optional_integer",
    "optional_real",
    "path",
    "paths",
    "real",
    "text",
    "texts",
]

_LONGEST_SHOWN: Final = 80
_SEPARATORS: Final = re.compile("[;,]")
_GUID: Final = re.compile(r"\{?[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\}?", re.IGNORECASE | re.ASCII)

T_co = TypeVar("T_co", covariant=True)
E = TypeVar("E", bound=StrEnum)


@frozen(repr=False)
class ItemView:
    """Any item of the configuration; what it has beyond these attributes is in `item`, with nothing lost.

    Two views are equal when they are of one class and show equal items. `CameraItem.of(item)` takes only an item of
    the right type; `view(item)` finds the class.
    """

    item_types: ClassVar[tuple[str, ...]] = ()
    """The types of items that the view is made for; none means any."""

    item: ConfigurationItem
    """The item as the server told it."""

    @classmethod
    def of(cls, item: ConfigurationItem) -> Self:
        """Show an item. Raises `ConfigurationError` for one of another type."""
        if cls.item_types and item.item_type.casefold() not in map(str.casefold, cls.item_types):
            wanted = " or ".join(cls.item_types)
            path, found = item.path[:_LONGEST_SHOWN], item.item_type[:_LONGEST_SHOWN] or "unknown"
            raise ConfigurationError(f"{path!r} is of type {found}, not {wanted}")
        return cls(item)

    @property
    def path(self) -> str:
        """Where the item is, as the server writes it."""
        return self.item.path

    @property
    def id(self) -> UUID | None:
        """The GUID in the path, or else the property Id: the root has its id only there."""
        return self.item.id or _guid(self.item.text("Id"))

    @property
    def name(self) -> str:
        """The property Name, or else the text to display."""
        return self.item.name

    @property
    def display_name(self) -> str | None:
        """The text that Milestone's own clients display."""
        return self.item.display_name

    @property
    def enabled(self) -> bool | None:
        """Whether the item itself is switched on; `None` where it cannot be switched.

        A device that is on does nothing while its hardware is off (protocol/configuration.md 2.6).
        """
        return self.item.enabled

    @property
    def parent(self) -> ItemPath | None:
        """The item that this one belongs to, folders left out; `None` for the root."""
        return self.item.parent

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r}, {self.name!r})"


class Attribute(property, Generic[T_co]):
    """An attribute of a view that is read from the item, and cannot be set."""

    if TYPE_CHECKING:

        def __init__(self, fget: Callable[[ItemView], T_co]) -> None: ...

        @overload
        def __get__(self, instance: None, owner: type | None = None, /) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: type | None = None, /) -> T_co: ...
        def __get__(self, instance: object, owner: type | None = None, /) -> Any: ...

        def __set__(self, instance: Any, value: Never, /) -> None: ...


def text(key: str) -> Attribute[str | None]:
    """Make an attribute of a text; null and empty are both `None`."""

    def read(view: ItemView) -> str | None:
        return view.item.text(key) or None

    return Attribute(read)


def integer(key: str, default: int = 0) -> Attribute[int]:
    """Make an attribute of a whole number."""

    def read(view: ItemView) -> int:
        value = _integer(view.item.text(key))
        return default if value is None else value

    return Attribute(read)


def optional_integer(key: str) -> Attribute[int | None]:
    """Make an attribute of a whole number that may be missing."""

    def read(view: ItemView) -> int | None:
        return _integer(view.item.text(key))

    return Attribute(read)


def real(key: str, default: float = 0.0) -> Attribute[float]:
    """Make an attribute of a number with decimals."""

    def read(view: ItemView) -> float:
        value = _real(view.item.text(key))
        return default if value is None else value

    return Attribute(read)


def optional_real(key: str) -> Attribute[float | None]:
    """Make an attribute of a number with decimals that may be missing."""

    def read(view: ItemView) -> float | None:
        return _real(view.item.text(key))

    return Attribute(read)


def flag(key: str, default: bool = False) -> Attribute[bool]:
    """Make an attribute of yes or no."""

    def read(view: ItemView) -> bool:
        value = _flag(view.item.text(key))
        return default if value is None else value

    return Attribute(read)


def optional_flag(key: str) -> Attribute[bool | None]:
    """Make an attribute of yes or no that older servers do not have."""

    def read(view: ItemView) -> bool | None:
        return _flag(view.item.text(key))

    return Attribute(read)


def moment(key: str) -> Attribute[datetime | None]:
    """Make an attribute of a time, aware and in UTC; year 1, which means none, is `None`."""

    def read(view: ItemView) -> datetime | None:
        value = decode("DateTime", view.item.text(key))
        return value if isinstance(value, datetime) else None

    return Attribute(read)


def guid(key: str) -> Attribute[UUID | None]:
    """Make an attribute of a GUID; the zero GUID, which means none, is `None`."""

    def read(view: ItemView) -> UUID | None:
        return _guid(view.item.text(key))

    return Attribute(read)


def path(key: str) -> Attribute[ItemPath | None]:
    """Make an attribute of a reference to another item."""

    def read(view: ItemView) -> ItemPath | None:
        return _path(view.item.text(key))

    return Attribute(read)


def paths(key: str) -> Attribute[tuple[ItemPath, ...]]:
    """Make an attribute of references to other items; those of a form that is not known are left out."""

    def read(view: ItemView) -> tuple[ItemPath, ...]:
        return tuple([found for found in map(_path, _parts(view.item, key)) if found is not None])

    return Attribute(read)


def texts(key: str) -> Attribute[tuple[str, ...]]:
    """Make an attribute of a list of texts."""

    def read(view: ItemView) -> tuple[str, ...]:
        return tuple(_parts(view.item, key))

    return Attribute(read)


def choice(key: str, kind: type[E]) -> Attribute[E | str | None]:
    """Make an attribute of one of several words; one that is not known stays the text it is."""
    members = {member.value.casefold(): member for member in kind}

    def read(view: ItemView) -> E | str | None:
        value = (view.item.text(key) or "").strip()
        return members.get(value.casefold(), value or None)

    read.__annotations__["return"] = kind | str | None
    return Attribute(read)


def _integer(raw: str | None) -> int | None:
    value = decode("Int", raw)
    return value if isinstance(value, int) else None


def _real(raw: str | None) -> float | None:
    value = decode("Double", raw)
    return value if isinstance(value, float) and math.isfinite(value) else None


def _flag(raw: str | None) -> bool | None:
    value = decode("Tick", raw)
    return value if isinstance(value, bool) else None


def _path(raw: str | None) -> ItemPath | None:
    value = decode("Path", raw)
    return value if isinstance(value, ItemPath) else None


def _guid(raw: str | None) -> UUID | None:
    trimmed = (raw or "").strip()
    value = UUID(trimmed) if _GUID.fullmatch(trimmed) else None
    return value if value and value.int else None


def _parts(item: ConfigurationItem, key: str) -> Sequence[str]:
    """Split a list; servers write it as one text with `;` or `,`, newer ones as an array (configuration.md 1.6)."""
    found = item.properties.get(key)
    if found is None:
        return ()
    parts = _SEPARATORS.split(found.raw or "") if found.array is None else found.array
    return [part.strip() for part in parts if part.strip()]
