"""Items of the Configuration API between XML and models.

Items are written as they were read: null stays null, empty stays empty, and unknown members keep their place. Members
are in the order of the alphabet, since .NET silently skips one that comes late.
"""  # docs/protocol: configuration-types, configuration-serialization

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, TypeAlias

from lxml import etree

from ...errors import RemoteProtocolError
from ...models import (
    ConfigurationItem,
    EnableProperty,
    ItemProperties,
    ItemProperty,
    PropertyDefinition,
    PropertySchema,
    ValueTypeInfo,
)
from ..soap.envelope import ARRAYS, Element
from ..soap.faults import local_name
from ..soap.members import Members
from ..soap.rows import PROOF, Shape, Source, pattern_of, shape_of
from ..soap.values import XMLSCHEMA_INSTANCE, boolean, escape

__all__ = ["DATA", "MAX_DEPTH", "ItemReader", "item_element", "read_strings", "strings_element"]

DATA: Final = "http://schemas.datacontract.org/2004/07/VideoOS.ConfigurationAPI"
MAX_DEPTH: Final = 64
"""Items within items that are read."""
_NIL: Final = f"{{{XMLSCHEMA_INSTANCE}}}nil"
_MAX_SCHEMAS: Final = 2000
"""Schemas remembered for one document; a site has about as many as drivers and types of items."""
_MAX_LAYOUTS: Final = 1000
"""Shapes of lists of properties that are remembered for one document."""

_Texts: TypeAlias = Sequence[str | None]


def _tag(name: str) -> str:
    return f"{{{DATA}}}{name}"


_ITEM: Final = _tag("ConfigurationItem")
_STRING: Final = f"{{{ARRAYS}}}string"
_Table: TypeAlias = Mapping[str, tuple[str, Callable[[Members, str], object]]]
"""The simple members of a structure: by name the attribute of its model, and what reads it."""


def _number(found: Members, name: str) -> int:
    return found.integer(name) or 0


def _required(found: Members, name: str) -> str:
    return found.text(name) or ""


def _nullable(found: Members, name: str) -> str | None:
    """Return a text that keeps null and empty apart."""
    element = found.element(name)
    return None if element is None else element.text or _empty(element)


_SIMPLE_IN_ITEM: Final[_Table] = {
    "ChildrenFilled": ("children_filled", Members.flag),
    "DisplayName": ("display_name", Members.text),
    "ItemCategory": ("category", Members.text),
    "ItemType": ("item_type", _required),
    "ParentPath": ("parent_path", Members.text),
    "Path": ("path", _required),
    "ServerCookie": ("server_cookie", _nullable),
    "SortKey": ("sort_key", _number),
    "UIHint": ("ui_hint", _nullable),
}
_SIMPLE_IN_PROPERTY: Final[_Table] = {
    "DisplayName": ("display_name", Members.text),
    "IsSettable": ("settable", Members.flag),
    "ItemReference": ("is_reference", Members.flag),
    "Key": ("key", _required),
    "SelectedValueTypeInfoName": ("selected_value_type_info_name", Members.text),
    "ServerValidation": ("server_validation", Members.flag),
    "SortKey": ("sort_key", _number),
    "ToolTipTranslationId": ("tooltip_translation_id", Members.text),
    "TranslationId": ("translation_id", Members.text),
    "UIImportance": ("importance", _number),
    "ValueType": ("value_type", Members.text),
}
_SIMPLE_IN_ENABLE: Final[_Table] = {
    "DisplayName": ("display_name", Members.text),
    "Enabled": ("enabled", Members.flag),
    "TranslationId": ("translation_id", Members.text),
    "UIToFollowEnabled": ("ui_to_follow_enabled", Members.flag),
}
_IN_CHOICE: Final[_Table] = {
    "Name": ("name", Members.text),
    "TranslationId": ("translation_id", Members.text),
    "Value": ("value", Members.text),
}
_ITEM_MEMBERS: Final = frozenset(map(_tag, [*_SIMPLE_IN_ITEM, "Children", "EnableProperty", "MethodIds", "Properties"]))
_PROPERTY_MEMBERS: Final = frozenset(map(_tag, [*_SIMPLE_IN_PROPERTY, "Value", "ValueArray", "ValueTypeInfos"]))


def _simple(found: Members, table: _Table) -> dict[str, Any]:
    """Return the simple members by the attributes of the model."""
    return {attribute: read(found, name) for name, (attribute, read) in table.items()}


class ItemReader:
    """Reads the items of one document, parsed from `body` if that is given; items of a kind share one schema.

    As in `rows`, a pattern proves that a list of properties has the names of several lists before it. Where it also has
    the same texts everywhere but in the values, it is a list of the same properties.
    """

    def __init__(self, body: bytes = b"") -> None:
        self._source = Source(body)
        self._lists: Iterator[Element] | None = None
        self._start: str | None = None
        self._at = -1
        """Where the list of properties begins that `_lists` returned last, if that can be said at all."""
        self._schemas: dict[tuple[_Layout, _Texts], PropertySchema] = {}
        self._layouts: dict[Shape, _Layout] = {}
        self._seen: Counter[Shape] = Counter()
        self._proven: dict[int, list[tuple[re.Pattern[str], _Layout]]] = {}
        self._methods: dict[tuple[str, ...], tuple[str, ...]] = {}

    def items(self, parent: Element | None, depth: int = 0) -> tuple[ConfigurationItem, ...]:
        """Read a list of items, which may be nil, empty or absent."""
        if parent is None:
            return ()
        if depth > MAX_DEPTH:
            raise RemoteProtocolError(f"items are nested more than {MAX_DEPTH} deep")
        return tuple([self.item(element, depth) for element in parent.iterchildren(_ITEM) if len(element)])

    def item(self, element: Element, depth: int = 0) -> ConfigurationItem:
        """Read one item."""
        found = Members(element, DATA)
        listed = found.element("Children")
        return ConfigurationItem(
            **_simple(found, _SIMPLE_IN_ITEM),
            enable=_read_enable(found.structure("EnableProperty")),
            # In the order of the document, or else no pattern finds its list: names take a third of the whole time
            children=self.items(listed, depth + 1),
            properties=self._properties(found.element("Properties")),
            children_listed=listed is not None and _empty(listed) is not None,
            method_ids=self._method_ids(found.element("MethodIds")),
            extra=_extra(found, _ITEM_MEMBERS),
        )

    def _method_ids(self, element: Element | None) -> tuple[str, ...]:
        found = read_strings(element)
        return self._methods.setdefault(found, found) if len(self._methods) < _MAX_SCHEMAS else found

    def _properties(self, rows: Element | None) -> ItemProperties:
        if rows is None or not len(rows):
            return ItemProperties(_NO_SCHEMA, ())
        elements = list(rows.iter())
        texts = [element.text for element in elements]
        layout = self._layout(rows, elements)
        others = layout.others(texts)
        schema = self._schemas.get((layout, others))
        if schema is None:
            properties = rows.iterchildren(_tag("Property"))
            schema = PropertySchema([_read_definition(row) for row in properties if len(row)])
            if len(self._schemas) < _MAX_SCHEMAS:
                self._schemas[layout, others] = schema
        return layout.properties(schema, elements, texts)

    def _layout(self, rows: Element, elements: list[Element]) -> "_Layout":
        """Return where the values are in a list of properties, by its pattern or else by its names."""
        source = self._source
        place = self._place(rows)
        for pattern, layout in self._proven.get(len(elements), ()):
            if pattern.match(source.text, place):
                return layout
        shape = shape_of(elements)
        layout = self._layouts.get(shape) or _Layout(
            [row for row in rows.iterchildren(_tag("Property")) if len(row)],
            {element: index for index, element in enumerate(elements)},
        )
        if len(self._layouts) < _MAX_LAYOUTS:
            self._layouts[shape] = layout
            self._seen[shape] += 1
            if self._seen[shape] == PROOF and (text := pattern_of(rows)) is not None:
                self._proven.setdefault(len(elements), []).append((re.compile(text), layout))
        return layout

    def _place(self, rows: Element) -> int:
        """Return where a list of properties begins, these being read in document order; or else the document's end."""
        text = self._source.text
        if self._lists is None:
            tree, tag = rows.getroottree(), _tag("Properties")
            self._start = self._source.start_of(tag, [element.prefix for element in tree.iter(tag)])
            # Keeping the elements would cost more than reading them: each must be given back in the end.
            self._lists = tree.iter(tag)
        if self._start is not None:
            for found in self._lists:
                self._at = text.find(self._start, self._at + 1)
                if found is rows:
                    return self._at
        return len(text)


class _Layout:
    """Where the values are in a list of properties, by the index of their elements."""

    def __init__(self, properties: Sequence[Element], place: dict[Element, int]) -> None:
        self._values: list[int | None] = []
        self._arrays: list[tuple[int, list[int]] | None] = []
        for row in properties:
            value, array = row.find(_tag("Value")), row.find(_tag("ValueArray"))
            self._values.append(None if value is None else place[value])
            self._arrays.append(
                None if array is None else (place[array], [place[item] for item in array.iterchildren()])
            )
        taken = {index for index in self._values if index is not None}
        taken |= {index for array in self._arrays if array is not None for index in array[1]}
        self.others = _getter([index for index in range(len(place)) if index not in taken])

    def properties(self, schema: PropertySchema, elements: Sequence[Element], texts: _Texts) -> ItemProperties:
        """Return the properties of such a list."""
        values = tuple([None if index is None else texts[index] or _empty(elements[index]) for index in self._values])
        arrays: list[tuple[str, ...] | None] = []
        for array in self._arrays:
            if array is None or (not array[1] and _empty(elements[array[0]]) is None):
                arrays.append(None)
            else:
                arrays.append(tuple([texts[index] or "" for index in array[1]]))
        return ItemProperties(schema, values, tuple(arrays) if any(array is not None for array in arrays) else None)


def _getter(indexes: list[int]) -> Callable[[_Texts], _Texts]:
    if len(indexes) < 2:
        return lambda texts: tuple(texts[index] for index in indexes)
    return itemgetter(*indexes)


def _empty(element: Element) -> str | None:
    return None if element.get(_NIL) in ("true", "1") else ""


def _read_enable(found: Members | None) -> EnableProperty | None:
    if found is None or boolean(found.text("Enabled")) is None:
        return None  # neither value may be guessed: the item may be sent back
    return EnableProperty(**_simple(found, _SIMPLE_IN_ENABLE))


def _read_definition(row: Element) -> PropertyDefinition:
    found = Members(row, DATA)
    infos = found.element("ValueTypeInfos")
    choices = () if infos is None else infos.iterchildren(_tag("ValueTypeInfo"))
    return PropertyDefinition(
        **_simple(found, _SIMPLE_IN_PROPERTY),
        choices=tuple([ValueTypeInfo(**_simple(Members(choice, DATA), _IN_CHOICE)) for choice in choices]),
        extra=_extra(found, _PROPERTY_MEMBERS),
    )


def _extra(members: Members, known: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Return the members that are not known, as XML."""
    if members.found.keys() <= known:
        return ()
    return tuple(
        (local_name(element), etree.tostring(element, encoding="unicode", with_tail=False))
        for tag, element in members.found.items()
        if tag not in known
    )


def read_strings(element: Element | None) -> tuple[str, ...]:
    """Read ArrayOfstring; nil, empty and absent are all nothing."""
    return () if element is None else tuple([item.text or "" for item in element.iterchildren(_STRING)])


_NO_SCHEMA: Final = PropertySchema(())


# Writing


def item_element(name: str, item: ConfigurationItem) -> str:
    """Write an item as a parameter of that name, with all of its members."""
    return f'<{name} xmlns:a="{DATA}" xmlns:b="{ARRAYS}" xmlns:i="{XMLSCHEMA_INSTANCE}">{_item(item)}</{name}>'


def strings_element(name: str, texts: Iterable[str]) -> str:
    """Write ArrayOfstring as a parameter."""
    return f'<{name} xmlns:b="{ARRAYS}">{_strings(texts)}</{name}>'


def _item(item: ConfigurationItem) -> str:
    children = "".join([f"<a:ConfigurationItem>{_item(child)}</a:ConfigurationItem>" for child in item.children])
    properties = "".join([_property(found) for found in item.properties.rows()])
    listed = children or item.children_listed  # an empty list only where the server wrote one, else null
    enable = "" if item.enable is None else _in_order(_written(item.enable, _SIMPLE_IN_ENABLE))
    return _in_order(
        {
            **dict(item.extra),
            **_written(item, _SIMPLE_IN_ITEM),
            "Children": f"<a:Children>{children}</a:Children>" if listed else _member("Children", None),
            "EnableProperty": _structure("EnableProperty", enable) if enable else _member("EnableProperty", None),
            "MethodIds": _structure("MethodIds", _strings(item.method_ids)),
            "Properties": _structure("Properties", properties),
        }
    )


def _property(found: ItemProperty) -> str:
    definition = found.definition
    choices = [_structure("ValueTypeInfo", _in_order(_written(each, _IN_CHOICE))) for each in definition.choices]
    array = {} if found.array is None else {"ValueArray": _structure("ValueArray", _strings(found.array))}
    members = {
        **dict(definition.extra),
        **_written(definition, _SIMPLE_IN_PROPERTY),
        "Value": _member("Value", found.raw),
        "ValueTypeInfos": _structure("ValueTypeInfos", "".join(choices)),
        **array,
    }
    return _structure("Property", _in_order(members))


def _written(model: object, table: _Table) -> dict[str, str]:
    return {name: _member(name, getattr(model, attribute)) for name, (attribute, _) in table.items()}


def _in_order(written: dict[str, str]) -> str:
    return "".join([written[name] for name in sorted(written)])


def _structure(name: str, content: str) -> str:
    return f"<a:{name}>{content}</a:{name}>" if content else f"<a:{name}/>"


def _member(name: str, value: str | bool | int | None) -> str:
    match value:
        case None:
            return f'<a:{name} i:nil="true"/>'
        case bool():
            return _structure(name, "true" if value else "false")
        case int():
            return _structure(name, str(value))
        case str():
            return _structure(name, escape(value))


def _strings(texts: Iterable[str]) -> str:
    return "".join([f"<b:string>{escape(text)}</b:string>" for text in texts])
