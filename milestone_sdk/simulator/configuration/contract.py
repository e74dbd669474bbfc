"""The contract of the Configuration API: its 16 operations, what its types hold, its faults.

Written from protocol/configuration.md 1.3 to 1.7; `configurationreader` and `configurationwriter` know the wire.
"""

from collections.abc import Iterable

from attrs import define, field, frozen

from milestone_sdk.simulator.wire.soap import XSI, SoapFault, escape

__all__ = [
    "DATA",
    "FAULTS",
    "NAMESPACE",
    "OPERATIONS",
    "Choice",
    "Definition",
    "Enabling",
    "ErrorResult",
    "Item",
    "ItemFilter",
    "MethodInfo",
    "Property",
    "PropertyFilter",
    "VALUE_ARRAY_SINCE",
    "ValidateResult",
    "fault",
]

NAMESPACE = "http://VideoOS.Net/ConfigurationService"
"""In mixed case, unlike the sibling services; .NET compares it letter by letter."""
DATA = "http://schemas.datacontract.org/2004/07/VideoOS.ConfigurationAPI"
FAULTS = f"{DATA}.ConfigurationFaultException"

_OLD = """
    GetItem GetItems SetItem HasChildItems GetChildItems ConstructItem ConstructChildItem ValidateItem DeleteItem
    GetDependantItems GetMethodInfos GetMethodInfo InvokeMethod GetTranslations
"""

OPERATIONS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(_OLD.split(), (0, 0)),
    "GetChildItemsHierarchy": (20, 2),
    "QueryItems": (20, 2),
}
"""Operation -> the release that brought it (protocol/configuration.md 1.4)."""

VALUE_ARRAY_SINCE = (22, 3)
"""The release that brought Property.ValueArray (protocol/configuration.md 1.5)."""


@frozen(eq=False)
class Choice:
    """A ValueTypeInfo: a value to choose with its display text, or a bound such as MinValue."""

    name: str
    value: str
    translation_id: str | None = None


@define(eq=False)
class Definition:
    """What a Property tells besides its value; shared by all items of a type, and written out once."""

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
    written: dict[tuple[bool, int], tuple[str, str, str]] = field(
        init=False, repr=False, factory=dict[tuple[bool, int], tuple[str, str, str]]
    )
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


@frozen
class MethodInfo:
    """A method's display text."""

    method_id: str
    display_name: str


def fault(name: str, message: str, *, argument: str = "", kind: str = "System.Exception") -> SoapFault:
    """One of the seven faults of the contract with its detail, members in order (protocol/configuration.md 1.7)."""
    members = [("ArgumentName", argument)] if name.startswith("Argument") else []
    members += [("Message", message)]
    detail = "".join(f"<{member}>{escape(text)}</{member}>" for member, text in members)
    detail += '<TranslationId i:nil="true"/>'
    if name == "ServerExceptionFault":
        detail += f"<Type>{escape(kind)}</Type>"
    whole = f'<{name} xmlns="{FAULTS}" xmlns:i="{XSI}">{detail}</{name}>'
    return SoapFault("s:Client", message, whole.encode())
