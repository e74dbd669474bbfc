"""Items of the configuration: one form for everything that a site is made of."""  # docs/protocol: configuration-types

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Final, Self
from uuid import UUID

from attrs import evolve, field, frozen

from ...errors import ConfigurationError
from ..model import Model
from .path import ItemPath
from .properties import NO_PROPERTIES, ItemProperties
from .values import ItemValue

__all__ = [
    "Comparison",
    "ConfigurationItem",
    "EnableFilter",
    "EnableProperty",
    "ItemFilter",
    "ItemProblem",
    "MethodInfo",
    "PropertyFilter",
    "Validation",
]


@frozen(kw_only=True, repr=False)
class EnableProperty(Model):
    """Whether an item is enabled; groups, events and sites cannot be disabled and have none."""

    enabled: bool
    display_name: str | None = None
    translation_id: str | None = None
    ui_to_follow_enabled: bool = False


def _or_none(text: str | None) -> str | None:
    """Null and empty are equal: servers write either."""
    return text or None


@frozen(kw_only=True, repr=False)
class ConfigurationItem(Model):
    """An item as the server returns it: a camera, a folder, a form to fill in, the result of a method, a task.

    What this library does not know is kept in `extra`, and sent back to the server with the item. To change one, pass
    the result of `with_values` or `with_enabled` to `site.configuration.set`.
    """

    path: str
    item_type: str = ""
    """`Camera`, `CameraFolder`, `InvokeInfo`, ..."""
    display_name: str | None = None
    parent_path: str | None = None
    category: str | None = None
    """`Item`, `Group` (a folder), `ChildItem` (stored with its parent)."""
    enable: EnableProperty | None = None
    properties: ItemProperties = field(default=NO_PROPERTIES, repr=False)
    children: tuple["ConfigurationItem", ...] = field(default=(), repr=False)
    children_listed: bool = field(default=False, eq=False, repr=False)
    """Whether the server sent a list of children, even an empty one, and not null: the same is sent back."""
    children_filled: bool = False
    """Whether `children` is complete, so that it need not be asked for."""
    method_ids: tuple[str, ...] = field(default=(), repr=False)
    """What this user can invoke on this item, on this release."""
    sort_key: int = 0
    ui_hint: str | None = field(default=None, eq=_or_none, repr=False)
    server_cookie: str | None = field(default=None, eq=_or_none, repr=False)
    extra: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Members that this library does not know, by name, as XML."""

    @property
    def enabled(self) -> bool | None:
        """Whether the item itself is enabled; `None` if it cannot be disabled."""
        return None if self.enable is None else self.enable.enabled

    @property
    def item_path(self) -> ItemPath:
        """The path in its parts. Raises `ConfigurationError` for a path of unknown form."""
        return ItemPath.parse(self.path)

    @property
    def id(self) -> UUID | None:
        """The GUID in the path; `None` for the root, folders and tasks."""
        try:
            return self.item_path.guid
        except ConfigurationError:
            return None

    @property
    def parent(self) -> ItemPath | None:
        """The item that this one belongs to, folders left out; `None` for the root."""
        try:
            return ItemPath.parse(self.parent_path).owner if self.parent_path else None
        except ConfigurationError:
            return None

    @property
    def name(self) -> str:
        """The property Name, or else the text to display."""
        return self.text("Name") or self.display_name or ""

    @property
    def is_folder(self) -> bool:
        """Whether it only contains other items."""
        return self.category == "Group" or (self.category is None and self.item_type.endswith("Folder"))

    def text(self, key: str) -> str | None:
        """Return the text of a property; `None` where it is null or there is none."""
        return self.properties.text(key)

    def value(self, key: str) -> ItemValue:
        """Return the decoded value of a property; `None` where it is null or there is none."""
        return self.properties.value(key)

    def has_method(self, method: str) -> bool:
        """Whether the method can be invoked on this item."""
        return method in self.method_ids

    def with_values(self, values: Mapping[str, object] | None = None, /, **named: object) -> Self:
        """Return the item with other values of properties, by keys, letter case aside: `with_values(Name="Gate 3")`.

        A driver setting is found by its name: `{"FPS": 8}`. Raises `ConfigurationError`.
        """
        return evolve(self, properties=self.properties.with_values({**(values or {}), **named}))

    def with_enabled(self, enabled: bool) -> Self:
        """Return the item enabled or disabled. Raises `ConfigurationError` if it cannot be."""
        if self.enable is None:
            raise ConfigurationError(f"{self.path} cannot be enabled or disabled")
        return evolve(self, enable=evolve(self.enable, enabled=enabled))

    def walk(self) -> Iterator["ConfigurationItem"]:
        """Yield this item and the filled children below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


class EnableFilter(Enum):
    """Which items to find, as far as they can be disabled."""

    ALL = "All"
    ENABLED = "Enabled"
    DISABLED = "Disabled"


class Comparison(Enum):
    """How a filter compares; texts are compared without regard to letter case."""

    EQUALS = "Equals"
    NOT_EQUALS = "NotEquals"
    LESS_THAN = "LessThan"
    GREATER_THAN = "GreaterThan"
    CONTAINS = "Contains"
    BEGINS_WITH = "BeginsWith"


@frozen
class PropertyFilter(Model):
    """A condition on a property, for example `PropertyFilter("Name", "Contains", "gate")`."""

    key: str
    comparison: Comparison = field(converter=Comparison)
    value: str

    def matches(self, item: ConfigurationItem) -> bool:
        """Whether an item meets it, by the client's comparison: numbers as numbers, texts without letter case."""
        return _TESTS[self.comparison]((item.text(self.key) or "").casefold(), self.value.casefold())


def _tuple_of(conditions: Iterable[PropertyFilter]) -> tuple[PropertyFilter, ...]:
    return tuple(conditions)


@frozen(kw_only=True, repr=False)
class ItemFilter(Model):
    """Which items of one type are wanted; several conditions must all be met."""

    item_type: str
    enable: EnableFilter = field(default=EnableFilter.ALL, converter=EnableFilter)
    conditions: tuple[PropertyFilter, ...] = field(default=(), converter=_tuple_of)

    def matches(self, item: ConfigurationItem) -> bool:
        """Whether an item is wanted."""
        if item.item_type.casefold() != self.item_type.casefold():
            return False
        if self.enable is not EnableFilter.ALL and item.enabled is not (self.enable is EnableFilter.ENABLED):
            return False
        return all(condition.matches(item) for condition in self.conditions)


def _order(own: str, other: str) -> float:
    try:
        return float(own) - float(other)
    except ValueError:
        return (own > other) - (own < other)


_TESTS: Final[Mapping[Comparison, Callable[[str, str], bool]]] = {
    Comparison.EQUALS: operator.eq,
    Comparison.NOT_EQUALS: operator.ne,
    Comparison.LESS_THAN: lambda own, other: _order(own, other) < 0,
    Comparison.GREATER_THAN: lambda own, other: _order(own, other) > 0,
    Comparison.CONTAINS: lambda own, other: other in own,
    Comparison.BEGINS_WITH: str.startswith,
}


@frozen(kw_only=True, repr=False)
class ItemProblem(Model):
    """A property that the server does not accept, and why."""

    property_key: str | None = None
    text: str | None = None
    text_id: str | None = None


@frozen(kw_only=True, repr=False)
class Validation(Model):
    """What the server reports of an item; `item` is its version of it, to continue with."""

    ok: bool
    problems: tuple[ItemProblem, ...] = ()
    item: ConfigurationItem | None = None


@frozen(kw_only=True, repr=False)
class MethodInfo(Model):
    """A method that items can have; `bitmap` is an icon."""

    id: str
    display_name: str | None = None
    translation_id: str | None = None
    bitmap: bytes | None = field(default=None, repr=False)
