"""The operations of the Configuration API that XProtect's own clients use (protocol/configuration.md 1.4)."""

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from ...errors import ItemNotFound
from ...models import ConfigurationItem, EnableFilter, ItemFilter, ItemProblem, MethodInfo, PropertyFilter, Validation
from ..soap.envelope import MEDIUM_REPLY, Call, Element, Read, WithSource, call, members, parameter, required, text_of
from ..soap.values import boolean, escape, octets
from .items import ARRAYS, DATA, ItemReader, item_element, strings_element

__all__ = [
    "EVERY_ITEM",
    "NAMESPACE",
    "get_child_items",
    "get_child_items_hierarchy",
    "get_item",
    "get_method_infos",
    "get_translations",
    "invoke_method",
    "query_items",
    "set_item",
    "validate_item",
]

T = TypeVar("T")

NAMESPACE: Final = "http://VideoOS.Net/ConfigurationService"
"""In mixed case, unlike its siblings; servers compare it letter by letter (protocol/configuration.md 1.3)."""
EVERY_ITEM: Final = 2**31 - 1
"""As many items as there are."""


def get_item(path: str) -> Call[ConfigurationItem]:
    """Ask for one item."""

    def read(element: Element | None, body: bytes) -> ConfigurationItem:
        if element is None:
            raise ItemNotFound(f"there is no item {path}", operation="GetItem")
        return ItemReader(body).item(element)

    return _call("GetItem", parameter("path", path), WithSource(read))


def get_child_items(path: str) -> Call[tuple[ConfigurationItem, ...]]:
    """Ask for what lies directly below an item or in a folder, also what is switched off."""
    return _call("GetChildItems", parameter("path", path), WithSource(_read_items))


def get_child_items_hierarchy(
    path: str, item_types: Iterable[str], filters: Iterable[ItemFilter]
) -> Call[tuple[ConfigurationItem, ...]]:
    """Ask for what lies below an item, of these types, with the children of the children; since 2020 R2.

    The types of the folders in between have to be among `item_types` (protocol/configuration.md 7.2).
    """
    written = "".join([f"<a:ItemFilter>{_filter(found)}</a:ItemFilter>" for found in filters])
    parameters = (
        parameter("path", path)
        + strings_element("itemTypes", item_types)
        + f'<itemFilters xmlns:a="{DATA}">{written}</itemFilters>'
    )
    return _call("GetChildItemsHierarchy", parameters, WithSource(_read_items))


def query_items(wanted: ItemFilter, *, limit: int = EVERY_ITEM) -> Call[tuple[ConfigurationItem, ...]]:
    """Ask for all items of one type that meet the conditions, wherever they are; since 2020 R2."""
    parameters = f'<itemFilter xmlns:a="{DATA}">{_filter(wanted)}</itemFilter>' + parameter("maxResult", str(limit))
    return _call("QueryItems", parameters, WithSource(_read_items))


def set_item(item: ConfigurationItem) -> Call[Validation]:
    """Store an item with its children of category ChildItem."""
    return _call("SetItem", item_element("item", item), WithSource(_read_validation))


def validate_item(item: ConfigurationItem) -> Call[Validation]:
    """Ask what storing the item would lead to, and how it looks after its dependent properties followed."""
    return _call("ValidateItem", item_element("item", item), WithSource(_read_validation))


def invoke_method(item: ConfigurationItem, method: str) -> Call[ConfigurationItem]:
    """Take one step of a method: hand over an item, a filled form or a task (protocol/configuration.md 4.2)."""
    parameters = item_element("item", item) + parameter("method", method)
    return _call("InvokeMethod", parameters, WithSource(_read_item))


def get_method_infos() -> Call[tuple[MethodInfo, ...]]:
    """Ask for the texts and icons of all methods."""
    return _call("GetMethodInfos", "", _read_methods)


def get_translations(language: str) -> Call[Mapping[str, str]]:
    """Ask for the texts behind the translation ids, in a language such as `en-US`."""
    return _call("GetTranslations", parameter("languageId", language), _read_translations)


_MAX_REPLIES: Final[Mapping[str, int | None]] = {
    "GetChildItems": None,
    "GetChildItemsHierarchy": None,
    "QueryItems": None,
}
"""All others give one item, which may hold children, or the texts and icons of one release."""


def _call(operation: str, parameters: str, read: Read[T]) -> Call[T]:
    action = f"{NAMESPACE}/IConfigurationService/{operation}"
    most = _MAX_REPLIES.get(operation, MEDIUM_REPLY)
    return call(operation, namespace=NAMESPACE, action=action, parameters=parameters, read=read, max_reply=most)


def _filter(wanted: ItemFilter) -> str:
    conditions = "".join([f"<a:PropertyFilter>{_condition(found)}</a:PropertyFilter>" for found in wanted.conditions])
    filters = f"<a:PropertyFilters>{conditions}</a:PropertyFilters>" if conditions else "<a:PropertyFilters/>"
    enable = EnableFilter(wanted.enable).value
    return f"<a:EnableFilter>{enable}</a:EnableFilter><a:ItemType>{escape(wanted.item_type)}</a:ItemType>{filters}"


def _condition(condition: PropertyFilter) -> str:
    return (
        f"<a:Key>{escape(condition.key)}</a:Key><a:Operator>{condition.comparison.value}</a:Operator>"
        f"<a:Value>{escape(condition.value)}</a:Value>"
    )


def _read_item(element: Element | None, body: bytes) -> ConfigurationItem:
    return ItemReader(body).item(required(element))


def _read_items(element: Element | None, body: bytes) -> tuple[ConfigurationItem, ...]:
    return ItemReader(body).items(element)


def _tag(name: str) -> str:
    return f"{{{DATA}}}{name}"


def _read_validation(element: Element | None, body: bytes) -> Validation:
    found = members(required(element))
    errors, result = found.get(_tag("ErrorResults")), found.get(_tag("ResultItem"))
    problems = () if errors is None else tuple(map(_read_problem, errors.iterchildren(_tag("ErrorResult"))))
    return Validation(
        ok=bool(boolean(text_of(found.get(_tag("ValidatedOk"))))),
        problems=problems,
        item=None if result is None or not len(result) else ItemReader(body).item(result),
    )


def _read_problem(element: Element) -> ItemProblem:
    found = members(element)
    key, text, text_id = (text_of(found.get(_tag(name))) for name in ("ErrorProperty", "ErrorText", "ErrorTextId"))
    return ItemProblem(property_key=key, text=text, text_id=text_id)


def _read_methods(element: Element | None) -> tuple[MethodInfo, ...]:
    return () if element is None else tuple(map(_read_method, element.iterchildren(_tag("MethodInfo"))))


def _read_method(element: Element) -> MethodInfo:
    found = members(element)
    return MethodInfo(
        id=text_of(found.get(_tag("MethodId"))) or "",
        display_name=text_of(found.get(_tag("DisplayName"))),
        translation_id=text_of(found.get(_tag("TranslationId"))),
        bitmap=octets(text_of(found.get(_tag("Bitmap")))),
    )


def _read_translations(element: Element | None) -> Mapping[str, str]:
    rows = () if element is None else element.iterchildren(f"{{{ARRAYS}}}KeyValueOfstringstring")
    pairs = [[text_of(row.find(f"{{{ARRAYS}}}{name}")) for name in ("Key", "Value")] for row in rows]
    return {key: value or "" for key, value in pairs if key}
