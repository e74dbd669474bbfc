"""The contract of the Configuration API: its 16 operations, its types and the classes for them, its faults."""
# docs/protocol: configuration-contract, configuration-operations, configuration-types, configuration-values

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, cast

from attrs import define, evolve, field, frozen

from milestone_sdk.simulator.releases import Release
from milestone_sdk.simulator.wire.contract import ARRAYS, Contract, Contracts, members_of, operations_of
from milestone_sdk.simulator.wire.soap import SoapFault
from milestone_sdk.simulator.wire.writer import Writer

__all__ = [
    "DATA",
    "FAULT_NAMES",
    "NAMESPACE",
    "OPERATIONS",
    "SINCE",
    "TYPES",
    "Choice",
    "Definition",
    "Enabling",
    "ErrorResult",
    "Item",
    "ItemFilter",
    "MethodInfo",
    "Property",
    "PropertyFilter",
    "ValidateResult",
    "configuration_contracts",
    "fault",
]

NAMESPACE = "http://VideoOS.Net/ConfigurationService"
"""In mixed case, unlike the sibling services; .NET compares it letter by letter."""
DATA = "http://schemas.datacontract.org/2004/07/VideoOS.ConfigurationAPI"
_FAULTS = f"{DATA}.ConfigurationFaultException"

OPERATIONS = operations_of(
    """
    GetItem(path:string) -> ConfigurationItem
    GetItems(itemType:string) -> [ConfigurationItem]
    SetItem(item:ConfigurationItem) -> ValidateResult
    HasChildItems(path:string) -> boolean
    GetChildItems(path:string) -> [ConfigurationItem]
    ConstructItem(itemType:string properties:[Property]) -> ConfigurationItem
    ConstructChildItem(itemType:string parentPath:string) -> ConfigurationItem
    ValidateItem(item:ConfigurationItem) -> ValidateResult
    DeleteItem(path:string)
    GetDependantItems(path:string) -> [ConfigurationItem]
    GetMethodInfos() -> [MethodInfo]
    GetMethodInfo(methodId:string) -> MethodInfo
    InvokeMethod(item:ConfigurationItem method:string) -> ConfigurationItem
    GetTranslations(languageId:string) -> [KeyValueOfstringstring]
    GetChildItemsHierarchy(path:string itemTypes:[string] itemFilters:[ItemFilter]) -> [ConfigurationItem]
    QueryItems(itemFilter:ItemFilter maxResult:int) -> [ConfigurationItem]
    """
)
SINCE = {"GetChildItemsHierarchy": (20, 2), "QueryItems": (20, 2)}
"""Operation -> the release that brought it; the others were always there."""  # docs/protocol: configuration-operations

_VALUE_ARRAY_SINCE = (22, 3)
"""The release that brought Property.ValueArray."""  # docs/protocol: configuration-types


@frozen(eq=False)
class Choice:
    """A ValueTypeInfo: a value to choose with its display text, or a bound such as MinValue."""

    name: str
    value: str
    translation_id: str | None = None


@define(eq=False)
class Definition:
    """What a Property holds besides its value; shared by all items of a type, and written out once."""

    key: str
    value_type: str = "String"
    settable: bool = False
    display_name: str | None = None
    choices: tuple[Choice, ...] = ()
    translation_id: str | None = None
    server_validation: bool = False
    ui_importance: int = 0
    sort_key: int = 100
    item_reference: bool = False
    selected_name: str | None = None
    tool_tip_id: str | None = None
    written: dict[str, tuple[str, str]] = field(init=False, repr=False, factory=dict[str, tuple[str, str]])
    """Kept by the writer: the ready XML around a value."""


@define(eq=False)
class Property:
    """One property of an item: its value is text whatever its type says; an Array has `array` instead."""

    definition: Definition
    value: str | None = ""
    array: list[str] | None = None

    @property
    def key(self) -> str:
        """The key, e.g. `Name` or `stream:0.0.0/FPS/<guid>`."""
        return self.definition.key


@define(eq=False)
class Enabling:
    """EnablePropertyInfo: there for items that can be switched off."""

    enabled: bool
    display_name: str | None = "Enabled"
    translation_id: str | None = "PropertyEnabled"
    ui_to_follow: bool = False


@define(eq=False)
class Item:
    """A ConfigurationItem."""

    item_type: str
    path: str | None
    parent_path: str | None = None
    display_name: str | None = None
    properties: list[Property] | None = field(factory=list[Property])
    category: str | None = "Item"
    enabling: Enabling | None = None
    methods: Iterable[str] | None = ()
    children: "list[Item] | None" = None
    children_filled: bool = False
    server_cookie: str | None = None
    sort_key: int = 0
    ui_hint: str | None = None

    def value(self, key: str) -> str | None:
        """The text of a property, by its key in any letter case; None if there is none."""
        folded = key.casefold()
        for entry in self.properties or ():
            if entry.key.casefold() == folded:
                return entry.value
        return None


@frozen
class PropertyFilter:
    """A condition on a property."""

    key: str
    operator: str
    value: str


@frozen
class ItemFilter:
    """Which items QueryItems and GetChildItemsHierarchy are asked for."""

    item_type: str | None
    enable: str = "All"
    properties: tuple[PropertyFilter, ...] = ()


@frozen
class ErrorResult:
    """What is wrong with which property."""

    property: str
    text: str
    text_id: str


@frozen
class ValidateResult:
    """The answer to SetItem and ValidateItem."""

    item: Item | None
    errors: tuple[ErrorResult, ...] = ()

    @property
    def is_ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.errors


@frozen
class MethodInfo:
    """A method's display text."""

    method_id: str
    display_name: str
    bitmap: bytes | None = None

    @property
    def translation_id(self) -> str:
        """The key of its text in GetTranslations."""
        return f"Method{self.method_id}"


TYPES: Mapping[str, str] = {
    "ConfigurationItem": "Children:[ConfigurationItem]? ChildrenFilled:boolean DisplayName:string? "
    "EnableProperty=enabling:EnablePropertyInfo ItemCategory=category:string? ItemType:string "
    "MethodIds=methods:[string] ParentPath:string? Path:string Properties:[Property]? ServerCookie:string? SortKey:int "
    "UIHint:string?",
    "EnablePropertyInfo": "DisplayName:string Enabled:boolean TranslationId:string "
    "UIToFollowEnabled=ui_to_follow:boolean",
    "Property": "DisplayName:string IsSettable=settable:boolean ItemReference:boolean Key:string "
    "SelectedValueTypeInfoName=selected_name:string? ServerValidation:boolean SortKey:int "
    "ToolTipTranslationId=tool_tip_id:string? TranslationId:string? UIImportance:int Value:string "
    "ValueArray=array:[string] ValueType:string ValueTypeInfos=choices:[ValueTypeInfo]?",
    "ValueTypeInfo": "Name:string TranslationId:string? Value:string",
    "ItemFilter": "EnableFilter=enable:EnableFilter ItemType:string PropertyFilters=properties:[PropertyFilter]",
    "PropertyFilter": "Key:string Operator:Operator Value:string",
    "ErrorResult": "ErrorProperty=property:string ErrorText=text:string ErrorTextId=text_id:string",
    "ValidateResult": "ErrorResults=errors:[ErrorResult]? ResultItem=item:ConfigurationItem ValidatedOk=is_ok:boolean",
    "MethodInfo": "Bitmap:base64Binary DisplayName:string MethodId:string TranslationId:string",
}
"""The types of requests and answers, members in the order of the wire."""  # docs/protocol: configuration-types
_FAULT_TYPES = {
    "ArgumentExceptionFault": "ArgumentName:string Message:string TranslationId:string",
    "ArgumentNullExceptionFault": "ArgumentName:string Message:string TranslationId:string",
    "LicenseExceptionFault": "Message:string TranslationId:string",
    "NotSupportedExceptionFault": "Message:string TranslationId:string",
    "PathNotFoundExceptionFault": "Message:string TranslationId:string",
    "UnauthorizedAccessFault": "Message:string TranslationId:string",
    "ServerExceptionFault": "Message:string TranslationId:string Type:string",
}
_ENUMERATIONS = {
    "EnableFilter": ("All", "Enabled", "Disabled"),
    "Operator": ("Equals", "NotEquals", "LessThan", "GreaterThan", "Contains", "BeginsWith"),
}


def _making(kind: Callable[..., Any], *texts: str) -> Callable[..., Any]:
    """Make an object of what was read: null counts as "" in the members `texts`, items of lists that are nil are left
    out.
    """

    def make(**members: Any) -> Any:
        for name, value in members.items():
            if value is None and name in texts:
                members[name] = ""
            elif isinstance(value, list):
                members[name] = [item for item in cast("Iterable[Any]", value) if item is not None]
        return kind(**members)

    return make


def _property(
    *,
    value: str | None,
    value_type: str | None,
    choices: list[Choice] | None,
    array: list[str] | None = None,
    **definition: Any,
) -> Property:
    return Property(
        Definition(value_type=value_type or "String", choices=tuple(choices or ()), **definition), value, array
    )


def _filter(*, properties: list[PropertyFilter] | None, **members: Any) -> ItemFilter:
    return ItemFilter(properties=tuple(properties or ()), **members)


_MAKERS = {
    "ConfigurationItem": _making(Item, "item_type"),
    "EnablePropertyInfo": _making(Enabling),
    "Property": _making(_property, "key"),
    "ValueTypeInfo": _making(Choice, "name", "value"),
    "ItemFilter": _making(_filter),
    "PropertyFilter": _making(PropertyFilter, "key", "value"),
}


@lru_cache(maxsize=32)
def configuration_contracts(release: Release) -> Contracts:
    """The types in that release."""
    contracts = {name: Contract(name, DATA, members_of(text), make=_MAKERS.get(name)) for name, text in TYPES.items()}
    if release.version < _VALUE_ARRAY_SINCE:
        older = tuple(member for member in contracts["Property"].members if member.name != "ValueArray")
        contracts["Property"] = evolve(contracts["Property"], members=older)
    pair = Contract("KeyValueOfstringstring", ARRAYS, members_of("Key:string Value:string"))
    return Contracts([*contracts.values(), pair], enumerations=_ENUMERATIONS, namespace=DATA)


_FAULT_CONTRACTS = Contracts(Contract(name, _FAULTS, members_of(text)) for name, text in _FAULT_TYPES.items())
FAULT_NAMES = frozenset(_FAULT_TYPES)


def fault(name: str, message: str, *, argument: str = "", kind: str = "System.Exception") -> SoapFault:
    """One of the seven faults of the contract with its detail."""  # docs/protocol: configuration-faults
    members = {"ArgumentName": argument, "Message": message, "Type": kind}
    return SoapFault("s:Client", message, Writer(_FAULT_CONTRACTS, NAMESPACE).detail(name, members))
