"""The properties of an item: definitions and values.

Thousands of items of one type have the same properties, with texts to display, bounds and choices. All of that is one
`PropertySchema` that they share; an item itself keeps only its values.
"""  # docs/protocol: configuration-types

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final, Self

from attrs import frozen

from ...errors import ConfigurationError
from ..model import Model, as_plain
from .values import ItemValue, ValueTypeInfo, decode, encode

__all__ = ["ItemProperties", "ItemProperty", "PropertyDefinition", "PropertySchema"]

_SHOWN: Final = 30


@frozen(kw_only=True, repr=False)
class PropertyDefinition(Model):
    """What a property is; `value_type` is String, Int, Double, Tick, Enum, Path, ... or a newer text."""

    key: str
    display_name: str | None = None
    value_type: str | None = None
    settable: bool = False
    is_reference: bool = False
    server_validation: bool = False
    """After a change of it call `validate`: the server may change other properties with it."""
    importance: int = 0
    """2 is a key property, which tables show."""
    sort_key: int = 0
    translation_id: str | None = None
    tooltip_translation_id: str | None = None
    selected_value_type_info_name: str | None = None
    choices: tuple[ValueTypeInfo, ...] = ()
    """Of an Enum; of a number its bounds, MinValue, MaxValue and StepValue; of a Path its PathItemType."""
    extra: tuple[tuple[str, str], ...] = ()
    """Members that this library does not know, by name, as XML."""


class PropertySchema:
    """The properties of a kind of item, in the server's order."""

    __slots__ = ("_index", "definitions")

    def __init__(self, definitions: Sequence[PropertyDefinition]) -> None:
        self.definitions: Final = tuple(definitions)
        self._index: dict[str, int] = {}
        for position, definition in enumerate(self.definitions):
            self._index.setdefault(definition.key.casefold(), position)

    def find(self, key: str) -> int | None:
        """Return where the property of this key is, letter case aside; of two with one key, the first."""
        return self._index.get(key.casefold())

    def find_setting(self, name: str) -> int | None:
        """Return where the setting of this name is, if there is one: `FPS` means `stream:0.0.0/FPS/<guid>`."""
        middle = re.compile(rf"(?:^|/){re.escape(name)}(?:/|$)", re.IGNORECASE)
        found = [position for position, definition in enumerate(self.definitions) if middle.search(definition.key)]
        return found[0] if len(found) == 1 else None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PropertySchema) and self.definitions == other.definitions

    def __hash__(self) -> int:
        return hash(self.definitions)


@frozen
class ItemProperty:
    """One property of one item. `raw` is its text on the wire, `None` where it is null."""

    definition: PropertyDefinition
    raw: str | None
    array: tuple[str, ...] | None = None
    """The texts of a property of type Array or Dictionary."""

    @property
    def key(self) -> str:
        """Its name, as in `Name` or `stream:0.0.0/FPS/<guid>`."""
        return self.definition.key

    @property
    def value(self) -> ItemValue:
        """The decoded value: see `milestone_sdk.models.items.values.decode`."""
        return decode(self.definition.value_type, self.raw, self.array)

    def as_dict(self) -> dict[str, Any]:
        """Return key, type and decoded value as plain JSON values; the value of a secret is `None`."""
        value = None if _secret(self.key) else as_plain(self.value)
        return {"key": self.key, "value_type": self.definition.value_type, "value": value}

    def __repr__(self) -> str:
        held = self.raw if self.array is None else self.array
        return f"ItemProperty({self.key!r}, {'<hidden>' if _secret(self.key) else repr(held)})"


@frozen(eq=True)
class ItemProperties(Mapping[str, ItemProperty]):
    """The properties of an item by their keys, letter case aside, in the server's order."""

    schema: PropertySchema
    texts: tuple[str | None, ...]
    arrays: tuple[tuple[str, ...] | None, ...] | None = None
    """`None` where no property has one."""

    def __attrs_post_init__(self) -> None:
        if len(self.texts) != len(self.schema.definitions):
            raise ConfigurationError(f"{len(self.texts)} values for {len(self.schema.definitions)} properties")

    @classmethod
    def of(cls, properties: Sequence[ItemProperty]) -> Self:
        """Put properties together."""
        arrays = tuple(found.array for found in properties)
        return cls(
            PropertySchema([found.definition for found in properties]),
            tuple(found.raw for found in properties),
            arrays if any(array is not None for array in arrays) else None,
        )

    def __getitem__(self, key: str) -> ItemProperty:
        position = self.schema.find(key)
        if position is None:
            raise KeyError(key)
        return self._at(position)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(definition.key for definition in self.schema.definitions))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.schema.find(key) is not None

    def rows(self) -> list[ItemProperty]:
        """Return every property, also those that share a key."""
        return [self._at(position) for position in range(len(self.texts))]

    def text(self, key: str) -> str | None:
        """Return the text of a property; `None` where it is null or there is none."""
        position = self.schema.find(key)
        return None if position is None else self.texts[position]

    def value(self, key: str) -> ItemValue:
        """Return the decoded value of a property; `None` where it is null or there is none."""
        position = self.schema.find(key)
        return None if position is None else self._at(position).value

    def with_values(self, values: Mapping[str, object]) -> Self:
        """Return the properties with other values; a key can also be the name of a driver setting, such as `FPS`.

        Raises `ConfigurationError` for an unknown key, or a value that cannot be written.
        """
        texts = list(self.texts)
        arrays = list(self.arrays or [None] * len(texts))
        for key, value in values.items():
            position = self._position(key)
            before, definition = texts[position], self.schema.definitions[position]
            if (definition.value_type or "").casefold() in ("array", "dictionary") and isinstance(value, tuple | list):
                arrays[position] = tuple(str(part) for part in value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
                continue
            try:
                texts[position] = encode(
                    value, value_type=definition.value_type, before=before, choices=definition.choices
                )
            except ConfigurationError as error:
                raise ConfigurationError(f"{definition.key}: {error.message}", hint=error.hint) from None
        kept = tuple(arrays) if any(array is not None for array in arrays) else None
        return type(self)(self.schema, tuple(texts), kept)

    def as_dict(self) -> dict[str, str | list[str] | None]:
        """Return the texts by their keys; that of a secret is `None`."""
        held = {key: self[key] for key in self}
        return {
            key: None if _secret(key) else each.raw if each.array is None else list(each.array)
            for key, each in held.items()
        }

    def _position(self, key: str) -> int:
        position = self.schema.find(key)
        if position is None:
            position = self.schema.find_setting(key)
        if position is None:
            known = list(self)
            near = get_close_matches(key, known, n=3) or known[:_SHOWN]
            hint = f"there are {', '.join(near)}" if near else "the item has no properties"
            raise ConfigurationError(f"no property {key!r}", hint=hint)
        return position

    def _at(self, position: int) -> ItemProperty:
        array = None if self.arrays is None else self.arrays[position]
        return ItemProperty(self.schema.definitions[position], self.texts[position], array)

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={'<hidden>' if _secret(key) else repr(self.text(key))}" for key in self)
        return f"<{shown}>"


def _secret(key: str) -> bool:
    return any(word in key.casefold() for word in ("password", "secret"))


_NO_SCHEMA: Final = PropertySchema(())
NO_PROPERTIES: Final = ItemProperties(_NO_SCHEMA, ())
