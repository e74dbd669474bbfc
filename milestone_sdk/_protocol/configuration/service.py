"""The operations of the Configuration API that XProtect's own clients use."""
# docs/protocol: configuration-operations

from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

from ...errors import ItemNotFound
from ...models import ConfigurationItem, EnableFilter, ItemFilter, ItemProblem, MethodInfo, PropertyFilter, Validation
from ..soap.envelope import ARRAYS, MEDIUM_REPLY, Call, Element, Read, WithSource, call, parameter, required
from ..soap.members import Members
from ..soap.values import base64_bytes, escape
from .items import DATA, ItemReader, item_element, strings_element

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
"""In mixed case, unlike the other services; servers compare it by case."""  # docs/protocol: configuration-contract
EVERY_ITEM: Final = 2**31 - 1
"""A limit that no site reaches."""


def get_item(path: str) -> Call[ConfigurationItem]:
    """Ask for one item."""

    def read(element: Element | None, body: bytes) -> ConfigurationItem:
        if element is None:
            raise ItemNotFound(f"no item {path}", operation="GetItem")
        return ItemReader(body).item(element)

    return _call("GetItem", parameter("path", path), WithSource(read))


def get_child_items(path: str) -> Call[tuple[ConfigurationItem, ...]]:
    """Ask for the items directly below an item or in a folder, also disabled ones."""
    return _call("GetChildItems", parameter("path", path), WithSource(_read_items))


def get_child_items_hierarchy(
    path: str, item_types: Iterable[str], filters: Iterable[ItemFilter]
) -> Call[tuple[ConfigurationItem, ...]]:
    """Ask for the items of these types below an item, at any depth; since 2020 R2.

    The types of the folders in between have to be among `item_types`.
    """  # docs/protocol: configuration-tree
    written = "".join([f"<a:ItemFilter>{_filter(found)}</a:ItemFilter>" for found in filters])
    parameters = (
        parameter("path", path)
        + strings_element("itemTypes", item_types)
        + f'<itemFilters xmlns:a="{DATA}">{written}</itemFilters>'
    )
    return _call("GetChildItemsHierarchy", parameters, WithSource(_read_items))


def query_items(wanted: ItemFilter, *, limit: int = EVERY_ITEM) -> Call[tuple[ConfigurationItem, ...]]:
    """Ask for all items of one type that meet the conditions; since 2020 R2."""
    parameters = f'<itemFilter xmlns:a="{DATA}">{_filter(wanted)}</itemFilter>' + parameter("maxResult", str(limit))
    return _call("QueryItems", parameters, WithSource(_read_items))


def set_item(item: ConfigurationItem) -> Call[Validation]:
    """Store an item with its children of category ChildItem."""
    return _call("SetItem", item_element("item", item), WithSource(_read_validation))


def validate_item(item: ConfigurationItem) -> Call[Validation]:
    """Ask what storing the item would do, and for the item with its dependent properties adapted."""
    return _call("ValidateItem", item_element("item", item), WithSource(_read_validation))


def invoke_method(item: ConfigurationItem, method: str) -> Call[ConfigurationItem]:
    """Take one step of a method: send an item, a filled form or a task."""  # docs/protocol: configuration-methods
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
"""All others return one item, which may have children, or the texts and icons of one release."""


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


def _read_validation(element: Element | None, body: bytes) -> Validation:
    found = Members(required(element), DATA)
    result = found.element("ResultItem")
    return Validation(
        ok=found.flag("ValidatedOk"),
        problems=tuple(
            ItemProblem(
                property_key=row.text("ErrorProperty"), text=row.text("ErrorText"), text_id=row.text("ErrorTextId")
            )
            for row in _listed(found.element("ErrorResults"), "ErrorResult")
        ),
        item=None if result is None or not len(result) else ItemReader(body).item(result),
    )


def _read_methods(element: Element | None) -> tuple[MethodInfo, ...]:
    return tuple(
        MethodInfo(
            id=row.text("MethodId") or "",
            display_name=row.text("DisplayName"),
            translation_id=row.text("TranslationId"),
            bitmap=base64_bytes(row.text("Bitmap")),
        )
        for row in _listed(element, "MethodInfo")
    )


def _listed(rows: Element | None, item: str) -> list[Members]:
    """Return the members of each row, of a nil one none."""
    return [] if rows is None else [Members(row, DATA) for row in rows.iterchildren(f"{{{DATA}}}{item}")]


def _read_translations(element: Element | None) -> Mapping[str, str]:
    pairs = Members.of_rows(element, ARRAYS, "KeyValueOfstringstring")
    return {key: pair.text("Value") or "" for pair in pairs if (key := pair.text("Key"))}
