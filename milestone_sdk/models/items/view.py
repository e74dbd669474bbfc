"""Typed views: an item of the configuration with its properties as attributes.

A view class is a list of what an item of its type has, one line an attribute::

    class PtzPresetItem(ItemView):
        item_types = ("PtzPreset",)
        locked = flag("Locked")
        pan = optional_real("Pan")

Keys that an older server does not know, and values that do not fit their type, give `None` or the default of the
attribute, never an error. The item itself keeps the text.
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
from ..model import as_plain
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

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
E = TypeVar("E", bound=StrEnum)


@frozen(repr=False)
class ItemView:
    """Any item of the configuration; all else that it has is in `item`.

    Two views are equal if they are of one class and have equal items. `CameraItem.of(item)` takes only an item of the
    right type; `view(item)` finds the class.
    """

    item_types: ClassVar[tuple[str, ...]] = ()
    """The types of items that the view is made for; none means any."""

    item: ConfigurationItem
    """The item as the server returned it."""

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
        """The path of the item, as the server writes it."""
        return self.item.path

    @property
    def id(self) -> UUID | None:
        """The GUID in the path, or else the property Id, as of the root."""
        return self.item.id or _guid(self.item.text("Id"))

    @property
    def name(self) -> str:
        """The property Name, or else the text to display."""
        return self.item.name

    @property
    def display_name(self) -> str | None:
        """The text that Milestone's own clients show."""
        return self.item.display_name

    @property
    def enabled(self) -> bool | None:
        """Whether the item itself is enabled; `None` if it cannot be disabled.

        A device that is enabled does not work while its hardware is disabled.
        """  # docs/protocol: configuration-disabled
        return self.item.enabled

    @property
    def parent(self) -> ItemPath | None:
        """The item that this one belongs to, folders left out; `None` for the root."""
        return self.item.parent

    def as_dict(self) -> dict[str, Any]:
        """Return all attributes of the view as plain JSON values; see `Model.as_dict`."""
        kind = type(self)
        names = [name for name in dir(kind) if not name.startswith("_") and isinstance(getattr(kind, name), property)]
        return {name: as_plain(getattr(self, name)) for name in sorted(names, key=_order)}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r}, {self.name!r})"


def _order(name: str) -> tuple[int, str]:
    first = ("id", "name", "path")
    return (first.index(name) if name in first else len(first), name)


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


def _integer(raw: str | None) -> int | None:
    value = decode("Int", raw)
    return value if isinstance(value, int) else None


def _real(raw: str | None) -> float | None:
    value = decode("Double", raw)
    return value if isinstance(value, float) and math.isfinite(value) else None


def _flag(raw: str | None) -> bool | None:
    value = decode("Tick", raw)
    return value if isinstance(value, bool) else None


def _moment(raw: str | None) -> datetime | None:
    value = decode("DateTime", raw)
    return value if isinstance(value, datetime) else None


def _path(raw: str | None) -> ItemPath | None:
    value = decode("Path", raw)
    return value if isinstance(value, ItemPath) else None


def _guid(raw: str | None) -> UUID | None:
    trimmed = (raw or "").strip()
    value = UUID(trimmed) if _GUID.fullmatch(trimmed) else None
    return value if value and value.int else None


def _attribute(read: Callable[[ItemView], T], shown: object) -> Attribute[T]:
    read.__annotations__["return"] = shown
    return Attribute(read)


def _maker(convert: Callable[[str | None], T], shown: object) -> Callable[[str], Attribute[T]]:
    """Return what makes an attribute of the property of a key."""

    def make(key: str) -> Attribute[T]:
        def read(view: ItemView) -> T:
            return convert(view.item.text(key))

        return _attribute(read, shown)

    return make


text: Final = _maker(lambda raw: raw or None, str | None)
"""Make an attribute of a text; null and empty are both `None`."""
integer: Final = _maker(lambda raw: _integer(raw) or 0, int)
"""Make an attribute of a whole number."""
optional_integer: Final = _maker(_integer, int | None)
"""Make an attribute of a whole number that may be missing."""
real: Final = _maker(lambda raw: _real(raw) or 0.0, float)
"""Make an attribute of a number with decimals."""
optional_real: Final = _maker(_real, float | None)
"""Make an attribute of a number with decimals that may be missing."""
flag: Final = _maker(lambda raw: bool(_flag(raw)), bool)
"""Make an attribute of yes or no."""
optional_flag: Final = _maker(_flag, bool | None)
"""Make an attribute of yes or no that older servers do not have."""
moment: Final = _maker(_moment, datetime | None)
"""Make an attribute of a time, aware and in UTC; year 1, which means none, is `None`."""
guid: Final = _maker(_guid, UUID | None)
"""Make an attribute of a GUID; the zero GUID, which means none, is `None`."""
path: Final = _maker(_path, ItemPath | None)
"""Make an attribute of a reference to another item."""


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
    """Make an attribute of one of several strings; an unknown one is its text."""
    members = {member.value.casefold(): member for member in kind}

    def read(view: ItemView) -> E | str | None:
        value = (view.item.text(key) or "").strip()
        return members.get(value.casefold(), value or None)

    return _attribute(read, kind | str | None)


def _parts(item: ConfigurationItem, key: str) -> Sequence[str]:
    """Split a list; servers write it as one text with `;` or `,`, newer ones as an array."""
    # docs/protocol: configuration-values
    found = item.properties.get(key)
    if found is None:
        return ()
    parts = _SEPARATORS.split(found.raw or "") if found.array is None else found.array
    return [part.strip() for part in parts if part.strip()]
