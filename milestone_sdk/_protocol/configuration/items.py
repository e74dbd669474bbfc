"""Items of the Configuration API between XML and models (protocol/configuration.md 1.5, 1.8).

What is read goes back as it came: null stays null, empty stays empty, and members that this library does not know keep
their place. That place is the alphabet: .NET skips a member that comes late without a word.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Final, TypeAlias

from lxml import etree

from ...errors import RemoteProtocolError
from ...models import (
    ConfigurationItem,
    EnableProperty,
    ItemProperties,
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


def _tags(names: str) -> frozenset[str]:
    return frozenset(map(_tag, names.split()))


_ITEM: Final = _tag("ConfigurationItem")
_STRING: Final = f"{{{ARRAYS}}}string"
_ITEM_MEMBERS: Final = _tags(
    "Children ChildrenFilled DisplayName EnableProperty ItemCategory ItemType MethodIds ParentPath Path Properties"
    " ServerCookie SortKey UIHint"
)
_PROPERTY_MEMBERS: Final = _tags(
    "DisplayName IsSettable ItemReference Key SelectedValueTypeInfoName ServerValidation SortKey ToolTipTranslationId"
    " TranslationId UIImportance Value ValueArray ValueType ValueTypeInfos"
)


class ItemReader:
    """Reads the items of one document, parsed from `body` if that is at hand; items of a kind share one schema.

    Asking lxml for the text of an element costs a third of asking for its name. So the names of a list of properties
    are asked for until several lists had the same in the same places; then, as in `rows`, a pattern of the names proves
    that another list is of that shape. Where it also has the same texts everywhere but in the values, it is one of the
    same properties.
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
        """Read a list of items; one that is nil, empty or absent is no items."""
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
            path=found.text("Path") or "",
            item_type=found.text("ItemType") or "",
            display_name=found.text("DisplayName"),
            parent_path=found.text("ParentPath"),
            category=found.text("ItemCategory"),
            enable=_read_enable(found.structure("EnableProperty")),
            properties=self._properties(found.element("Properties")),
            children=self.items(listed, depth + 1),
            children_listed=listed is not None and _empty(listed) is not None,
            children_filled=found.flag("ChildrenFilled"),
            method_ids=self._method_ids(found.element("MethodIds")),
            sort_key=found.integer("SortKey") or 0,
            ui_hint=_nullable(found.element("UIHint")),
            server_cookie=_nullable(found.element("ServerCookie")),
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
        """Return where the values are in a list of properties, by its pattern or else by all names in it."""
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
    """Where in a list of properties the values stand, by the index of their elements."""

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
        """Put the values of such a list together with what they are."""
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


def _nullable(element: Element | None) -> str | None:
    """Return a text that tells null from empty."""
    return None if element is None else element.text or _empty(element)


def _read_enable(found: Members | None) -> EnableProperty | None:
    enabled = None if found is None else boolean(found.text("Enabled"))
    if found is None or enabled is None:
        return None  # neither value may be invented: the item may be sent back
    return EnableProperty(
        enabled=enabled,
        display_name=found.text("DisplayName"),
        translation_id=found.text("TranslationId"),
        ui_to_follow_enabled=found.flag("UIToFollowEnabled"),
    )


def _read_definition(row: Element) -> PropertyDefinition:
    found = Members(row, DATA)
    infos = found.element("ValueTypeInfos")
    return PropertyDefinition(
        key=found.text("Key") or "",
        display_name=found.text("DisplayName"),
        value_type=found.text("ValueType"),
        settable=found.flag("IsSettable"),
        is_reference=found.flag("ItemReference"),
        server_validation=found.flag("ServerValidation"),
        importance=found.integer("UIImportance") or 0,
        sort_key=found.integer("SortKey") or 0,
        translation_id=found.text("TranslationId"),
        tooltip_translation_id=found.text("ToolTipTranslationId"),
        selected_value_type_info_name=found.text("SelectedValueTypeInfoName"),
        choices=() if infos is None else tuple(map(_read_choice, infos.iterchildren(_tag("ValueTypeInfo")))),
        extra=_extra(found, _PROPERTY_MEMBERS),
    )


def _read_choice(element: Element) -> ValueTypeInfo:
    found = Members(element, DATA)
    return ValueTypeInfo(name=found.text("Name"), value=found.text("Value"), translation_id=found.text("TranslationId"))


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
    """Write an item as a parameter of that name, with all of its members in the alphabet's order."""
    return f'<{name} xmlns:a="{DATA}" xmlns:b="{ARRAYS}" xmlns:i="{XMLSCHEMA_INSTANCE}">{_item(item)}</{name}>'


def strings_element(name: str, texts: Iterable[str]) -> str:
    """Write ArrayOfstring as a parameter."""
    return f'<{name} xmlns:b="{ARRAYS}">{_strings(texts)}</{name}>'


def _item(item: ConfigurationItem) -> str:
    children = "".join([f"<a:ConfigurationItem>{_item(child)}</a:ConfigurationItem>" for child in item.children])
    written = {
        **dict(item.extra),
        "Children": _list("Children", children, item.children_listed),
        "ChildrenFilled": _member("ChildrenFilled", item.children_filled),
        "DisplayName": _member("DisplayName", item.display_name),
        "EnableProperty": _enable(item.enable),
        "ItemCategory": _member("ItemCategory", item.category),
        "ItemType": _member("ItemType", item.item_type),
        "MethodIds": f"<a:MethodIds>{_strings(item.method_ids)}</a:MethodIds>",
        "ParentPath": _member("ParentPath", item.parent_path),
        "Path": _member("Path", item.path),
        "Properties": f"<a:Properties>{_properties(item.properties)}</a:Properties>",
        "ServerCookie": _member("ServerCookie", item.server_cookie),
        "SortKey": _member("SortKey", item.sort_key),
        "UIHint": _member("UIHint", item.ui_hint),
    }
    return _in_order(written)


def _list(name: str, content: str, listed: bool) -> str:
    """Write a list; an empty one only where it was told so, else null."""
    return f"<a:{name}>{content}</a:{name}>" if content or listed else _member(name, None)


def _enable(enable: EnableProperty | None) -> str:
    if enable is None:
        return '<a:EnableProperty i:nil="true"/>'
    content = (
        _member("DisplayName", enable.display_name)
        + _member("Enabled", enable.enabled)
        + _member("TranslationId", enable.translation_id)
        + _member("UIToFollowEnabled", enable.ui_to_follow_enabled)
    )
    return f"<a:EnableProperty>{content}</a:EnableProperty>"


def _properties(properties: ItemProperties) -> str:
    return "".join([_property(found.definition, found.raw, found.array) for found in properties.rows()])


def _property(definition: PropertyDefinition, raw: str | None, array: tuple[str, ...] | None) -> str:
    choices = "".join([_choice(choice) for choice in definition.choices])
    written = {
        **dict(definition.extra),
        "DisplayName": _member("DisplayName", definition.display_name),
        "IsSettable": _member("IsSettable", definition.settable),
        "ItemReference": _member("ItemReference", definition.is_reference),
        "Key": _member("Key", definition.key),
        "SelectedValueTypeInfoName": _member("SelectedValueTypeInfoName", definition.selected_value_type_info_name),
        "ServerValidation": _member("ServerValidation", definition.server_validation),
        "SortKey": _member("SortKey", definition.sort_key),
        "ToolTipTranslationId": _member("ToolTipTranslationId", definition.tooltip_translation_id),
        "TranslationId": _member("TranslationId", definition.translation_id),
        "UIImportance": _member("UIImportance", definition.importance),
        "Value": _member("Value", raw),
        "ValueType": _member("ValueType", definition.value_type),
        "ValueTypeInfos": f"<a:ValueTypeInfos>{choices}</a:ValueTypeInfos>" if choices else "<a:ValueTypeInfos/>",
    }
    if array is not None:
        written["ValueArray"] = f"<a:ValueArray>{_strings(array)}</a:ValueArray>"
    return f"<a:Property>{_in_order(written)}</a:Property>"


def _choice(choice: ValueTypeInfo) -> str:
    content = (
        _member("Name", choice.name) + _member("TranslationId", choice.translation_id) + _member("Value", choice.value)
    )
    return f"<a:ValueTypeInfo>{content}</a:ValueTypeInfo>"


def _in_order(written: dict[str, str]) -> str:
    return "".join([written[name] for name in sorted(written)])


def _member(name: str, value: str | bool | int | None) -> str:
    match value:
        case None:
            return f'<a:{name} i:nil="true"/>'
        case bool():
            return f"<a:{name}>{'true' if value else 'false'}</a:{name}>"
        case int():
            return f"<a:{name}>{value}</a:{name}>"
        case str():
            return f"<a:{name}>{escape(value)}</a:{name}>" if value else f"<a:{name}/>"


def _strings(texts: Iterable[str]) -> str:
    return "".join([f"<b:string>{escape(text)}</b:string>" for text in texts])
