"""Reads the requests of the Configuration API as DataContractSerializer does.

Members are in ordinal alphabetical order (protocol/configuration.md 1.5); one that comes late is lost without a word,
as in .NET, and named in `dropped`.
"""

from milestone_sdk.simulator.configuration.contract import (
    DATA,
    VALUE_ARRAY_SINCE,
    Choice,
    Definition,
    Enabling,
    Item,
    ItemFilter,
    Property,
    PropertyFilter,
)
from milestone_sdk.simulator.releases import Release
from milestone_sdk.simulator.wire.soap import ARRAYS, Element, Field, SoapFault, read, read_array

__all__ = ["TYPES", "Reader"]

_ITEM = (
    Field("Children", "element"),
    Field("ChildrenFilled", "boolean"),
    Field("DisplayName"),
    Field("EnableProperty", "element"),
    Field("ItemCategory"),
    Field("ItemType"),
    Field("MethodIds", "element"),
    Field("ParentPath"),
    Field("Path"),
    Field("Properties", "element"),
    Field("ServerCookie"),
    Field("SortKey", "int"),
    Field("UIHint"),
)
_ENABLE_PROPERTY = (
    Field("DisplayName"),
    Field("Enabled", "boolean"),
    Field("TranslationId"),
    Field("UIToFollowEnabled", "boolean"),
)
_PROPERTY = (
    Field("DisplayName"),
    Field("IsSettable", "boolean"),
    Field("ItemReference", "boolean"),
    Field("Key"),
    Field("SelectedValueTypeInfoName"),
    Field("ServerValidation", "boolean"),
    Field("SortKey", "int"),
    Field("ToolTipTranslationId"),
    Field("TranslationId"),
    Field("UIImportance", "int"),
    Field("Value"),
    Field("ValueArray", "element"),
    Field("ValueType"),
    Field("ValueTypeInfos", "element"),
)
_VALUE_TYPE_INFO = (Field("Name"), Field("TranslationId"), Field("Value"))
_ITEM_FILTER = (Field("EnableFilter"), Field("ItemType"), Field("PropertyFilters", "element"))
_PROPERTY_FILTER = (Field("Key"), Field("Operator"), Field("Value"))

ENABLE_FILTERS = ("All", "Enabled", "Disabled")
OPERATORS = ("Equals", "NotEquals", "LessThan", "GreaterThan", "Contains", "BeginsWith")
TYPES: dict[str, tuple[Field, ...]] = {
    "ConfigurationItem": _ITEM,
    "EnablePropertyInfo": _ENABLE_PROPERTY,
    "Property": _PROPERTY,
    "ValueTypeInfo": _VALUE_TYPE_INFO,
    "ItemFilter": _ITEM_FILTER,
    "PropertyFilter": _PROPERTY_FILTER,
}
"""The types that requests hold, members in the order of the wire."""


class Reader:
    """Reads the types of requests as DataContractSerializer does."""

    def __init__(self, release: Release, dropped: list[str]) -> None:
        self._dropped = dropped
        has_array = release.version >= VALUE_ARRAY_SINCE
        self._property = tuple(member for member in _PROPERTY if has_array or member.name != "ValueArray")

    def item(self, element: Element) -> Item:
        """A ConfigurationItem."""
        values = read(element, DATA, *_ITEM, dropped=self._dropped)
        children, properties = values["Children"], values["Properties"]
        return Item(
            item_type=values["ItemType"] or "",
            path=values["Path"],
            parent_path=values["ParentPath"],
            display_name=values["DisplayName"],
            properties=None
            if properties is None
            else [self.property(entry) for entry in self._all(properties, "Property")],
            category=values["ItemCategory"],
            enabling=self._enabling(values["EnableProperty"]),
            methods=self.strings(values["MethodIds"]),
            children=None
            if children is None
            else [self.item(child) for child in self._all(children, "ConfigurationItem")],
            children_filled=bool(values["ChildrenFilled"]),
            server_cookie=values["ServerCookie"],
            sort_key=values["SortKey"] or 0,
            ui_hint=values["UIHint"],
        )

    def property(self, element: Element) -> Property:
        """A Property, with ValueArray on the releases that have it."""
        values = read(element, DATA, *self._property, dropped=self._dropped)
        infos: list[Choice] = []
        for info in self._all(values["ValueTypeInfos"], "ValueTypeInfo"):
            told = read(info, DATA, *_VALUE_TYPE_INFO, dropped=self._dropped)
            infos.append(Choice(told["Name"] or "", told["Value"] or "", told["TranslationId"]))
        definition = Definition(
            values["Key"] or "",
            values["ValueType"] or "String",
            bool(values["IsSettable"]),
            values["DisplayName"],
            tuple(infos),
            values["TranslationId"],
            bool(values["ServerValidation"]),
            values["UIImportance"] or 0,
            values["SortKey"] or 0,
            bool(values["ItemReference"]),
            values["SelectedValueTypeInfoName"],
            values["ToolTipTranslationId"],
        )
        return Property(definition, values["Value"], self.strings(values.get("ValueArray")))

    def strings(self, element: Element | None) -> list[str] | None:
        """An ArrayOfstring; a nil item counts as empty."""
        values = read_array(element, ARRAYS, Field("string"), dropped=self._dropped)
        return None if values is None else [value or "" for value in values]

    def filter(self, element: Element) -> ItemFilter:
        """An ItemFilter; a word that is no member of the enumeration cannot be deserialized."""
        values = read(element, DATA, *_ITEM_FILTER, dropped=self._dropped)
        conditions: list[PropertyFilter] = []
        for condition in self._all(values["PropertyFilters"], "PropertyFilter"):
            told = read(condition, DATA, *_PROPERTY_FILTER, dropped=self._dropped)
            operator = _word(told["Operator"], "Operator", OPERATORS)
            conditions.append(PropertyFilter(told["Key"] or "", operator, told["Value"] or ""))
        enable = _word(values["EnableFilter"], "EnableFilter", ENABLE_FILTERS)
        return ItemFilter(values["ItemType"], enable, tuple(conditions))

    def filters(self, element: Element | None) -> tuple[ItemFilter, ...]:
        """An ArrayOfItemFilter."""
        return tuple(self.filter(entry) for entry in self._all(element, "ItemFilter"))

    def _enabling(self, element: Element | None) -> Enabling | None:
        if element is None:
            return None
        values = read(element, DATA, *_ENABLE_PROPERTY, dropped=self._dropped)
        enabled, follow = bool(values["Enabled"]), bool(values["UIToFollowEnabled"])
        return Enabling(enabled, values["DisplayName"], values["TranslationId"], follow)

    def _all(self, element: Element | None, name: str) -> list[Element]:
        found = read_array(element, DATA, Field(name, "element"), dropped=self._dropped)
        return [entry for entry in found or () if entry is not None]


def _word(text: str | None, name: str, words: tuple[str, ...]) -> str:
    if text is None:
        return words[0]
    if text not in words:
        raise SoapFault.deserialization_failed(DATA, name, f"Invalid enum value '{text[:80]}'")
    return text
