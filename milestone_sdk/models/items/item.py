"""Items of the configuration: one form for everything that a site is made of (protocol/configuration.md 1.5)."""

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Self
from uuid import UUID

from attrs import evolve, field, frozen

from ...errors import ConfigurationError
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


@frozen(kw_only=True)
class EnableProperty:
    """Whether an item is switched on; groups, events and sites cannot be switched and have none."""

    enabled: bool
    display_name: str | None = None
    translation_id: str | None = None
    ui_to_follow_enabled: bool = False


def _or_none(text: str | None) -> str | None:
    """Null and empty are equal: servers write now the one, now the other."""
    return text or None


@frozen(kw_only=True)
class ConfigurationItem:
    """An item as the server tells it: a camera, a folder, a form to fill in, the result of a method, a task.

    Nothing of it is lost: what this library does not know stays in `extra`, and goes back to the server with it. To
    change one, take `with_values` or `with_enabled`, and hand the result to `site.configuration.set`.
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
    """Whether the server told a list of children, even an empty one, and not null: it gets the same back."""
    children_filled: bool = False
    """Then `children` is all there is, and need not be asked for."""
    method_ids: tuple[str, ...] = field(default=(), repr=False)
    """What can be invoked on this very item, by this user, on this release."""
    sort_key: int = 0
    ui_hint: str | None = field(default=None, eq=_or_none, repr=False)
    server_cookie: str | None = field(default=None, eq=_or_none, repr=False)
    extra: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Members that this library does not know, by name, as the XML they came in."""

    @property
    def enabled(self) -> bool | None:
        """Whether the item itself is switched on; `None` where it cannot be switched."""
        return None if self.enable is None else self.enable.enabled

    @property
    def item_path(self) -> ItemPath:
        """The path in its parts. Raises `ConfigurationError` for a path of a form that is not known."""
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
        """Whether it only holds other items."""
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
        """Return the item switched on or off. Raises `ConfigurationError` where it cannot be switched."""
        if self.enable is None:
            raise ConfigurationError(f"{self.path} cannot be switched on or off")
        return evolve(self, enable=evolve(self.enable, enabled=enabled))

    def walk(self) -> Iterator["ConfigurationItem"]:
        """Yield this item and the filled children below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


class EnableFilter(Enum):
    """Which items a question is about, as far as they can be switched."""

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
class PropertyFilter:
    """A condition on a property, for example `PropertyFilter("Name", "Contains", "gate")`."""

    key: str
    comparison: Comparison = field(converter=Comparison)
    value: str

    def matches(self, item: ConfigurationItem) -> bool:
        """Whether an item meets it, as far as this side can tell: numbers as numbers, texts without letter case."""
        return _compare(item.text(self.key), self.comparison, self.value)


def _tuple_of(conditions: Iterable[PropertyFilter]) -> tuple[PropertyFilter, ...]:
    return tuple(conditions)


@frozen(kw_only=True)
class ItemFilter:
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


def _compare(text: str | None, comparison: Comparison, wanted: str) -> bool:
    own, other = (text or "").casefold(), wanted.casefold()
    match comparison:
        case Comparison.EQUALS:
            return own == other
        case Comparison.NOT_EQUALS:
            return own != other
        case Comparison.CONTAINS:
            return other in own
        case Comparison.BEGINS_WITH:
            return own.startswith(other)
        case Comparison.LESS_THAN:
            return _order(own, other) < 0
        case Comparison.GREATER_THAN:
            return _order(own, other) > 0


def _order(own: str, other: str) -> float:
    try:
        return float(own) - float(other)
    except ValueError:
        return (own > other) - (own < other)


@frozen(kw_only=True)
class ItemProblem:
    """What the server does not accept of an item: which property, and why."""

    property_key: str | None = None
    text: str | None = None
    text_id: str | None = None


@frozen(kw_only=True)
class Validation:
    """What the server said of an item; `item` is how it sees it, to go on with instead of the own one."""

    ok: bool
    problems: tuple[ItemProblem, ...] = ()
    item: ConfigurationItem | None = None


@frozen(kw_only=True)
class MethodInfo:
    """A method that items can have; `bitmap` is an icon."""

    id: str
    display_name: str | None = None
    translation_id: str | None = None
    bitmap: bytes | None = field(default=None, repr=False)
