"""The tables of data contracts that `reader` and `writer` work by: types, members and operations of one service.

The tables are the servers' own, beside each server; they are written as text for `members_of` and `operations_of`.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from attrs import define, field, frozen

from milestone_sdk.simulator.wire.values import SCALARS, Scalar

__all__ = [
    "ARRAYS",
    "SERIALIZATION",
    "AnyValue",
    "Collection",
    "Contract",
    "Contracts",
    "Extended",
    "Member",
    "Object",
    "Operation",
    "Record",
    "members_of",
    "operations_of",
]

SERIALIZATION = "http://schemas.microsoft.com/2003/10/Serialization/"
ARRAYS = f"{SERIALIZATION}Arrays"

Object = dict[str, Any]
"""A value of a contract to write: member name -> value; what is left out is null, or at .NET's default."""

_MEMBER = re.compile(r"(?P<name>\w+)(?:=(?P<attribute>\w+))?:(?P<type>\w+|\[\w+\])(?P<flags>[!?+-]*)")
_OPERATION = re.compile(r"(?P<name>\w+)\((?P<parameters>[^)]*)\)(?:\s+-> (?P<result>\w+|\[\w+\]))?")


@frozen
class Member:
    """A member of a contract, or a parameter of an operation; `attribute` is its name on an object in Python."""

    name: str
    type: str
    attribute: str = ""
    required: bool = False
    nullable: bool = False
    """Whether null takes any of the forms that the writer may choose from, in place of nil."""
    repeated: bool = False
    """Whether its values follow one another without an element around them."""
    omitted_when_default: bool = False


def members_of(text: str) -> tuple[Member, ...]:
    """Read a table of members: `Name:type` or `Name=attribute:type`, and flags.

    The type `[X]` is `ArrayOfX`. The flags are `!` (required), `?` (nullable), `+` (repeated), `-` (omitted when
    default).
    """
    return tuple(_member(entry) for entry in text.split())


def _member(text: str) -> Member:
    match = _MEMBER.fullmatch(text)
    if match is None:
        raise ValueError(f"cannot read the member {text!r} of a contract table")
    name = match["name"]
    flags = (flag in match["flags"] for flag in "!?+-")
    return Member(name, _type(match["type"]), match["attribute"] or _snake_case(name), *flags)


def _type(text: str) -> str:
    return f"ArrayOf{text[1:-1]}" if text.startswith("[") else text


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


@frozen
class Operation:
    """An operation: its parameters in order, and the type of its result; None for a void one."""

    name: str
    parameters: tuple[Member, ...]
    result: str | None


def operations_of(text: str, first: str = "") -> dict[str, Operation]:
    """Read a table of operations, `Name(parameter:type ...) -> type`; `first` are parameters that all have."""
    if _OPERATION.sub("", text).strip():
        raise ValueError(f"cannot read {_OPERATION.sub('', text).strip()!r} in a table of operations")
    operations: dict[str, Operation] = {}
    for match in _OPERATION.finditer(text):
        result = match["result"] and _type(match["result"])
        parameters = members_of(f"{first} {match['parameters']}")
        operations[match["name"]] = Operation(match["name"], parameters, result)
    return operations


@frozen
class Contract:
    """A data contract: the namespace of its own members, and the contract that it extends, whose members come first.

    `make` builds the object that a reader gives, from the members under their `attribute` names; without it a
    `Record` is given.
    """

    name: str
    namespace: str
    members: tuple[Member, ...]
    base: str | None = None
    make: Callable[..., Any] | None = None


@frozen
class Collection:
    """A list: the namespace and name of an item, and the item's type."""

    namespace: str
    item: str
    type: str


@define
class Record:
    """One instance of a data contract: its type's name, and its members by name."""

    contract: str
    members: dict[str, Any] = field(factory=dict[str, Any])

    def __getitem__(self, name: str) -> Any:
        """The member; None when it was never set."""
        return self.members.get(name)

    def items(self, name: str) -> list[Any]:
        """The items of a list member; none when it is null."""
        return list(self.members.get(name) or ())

    def inner(self, *path: str) -> Any:
        """Follow nested records; None as soon as one is missing."""
        found: Any = self
        for name in path:
            if not isinstance(found, Record):
                return None
            found = found[name]
        return found


@frozen
class Extended:
    """An object to write, with the members that are not attributes of it; what neither has is null."""

    subject: Any
    members: Mapping[str, Any]


@frozen
class AnyValue:
    """A value of type `xs:anyType`: the local name of its `i:type` ("" when it had none), and the value read."""

    type: str
    value: Any


class Contracts:
    """The types of one service.

    A type `ArrayOfX` need not be named: it is a list of X, whose items are in the namespace of X, or in `arrays` for a
    simple type. `namespace` is that of types which are not in the tables, and so can only be null.
    """

    def __init__(
        self,
        contracts: Iterable[Contract],
        collections: Mapping[str, Collection] | None = None,
        enumerations: Mapping[str, Sequence[str]] | None = None,
        *,
        scalars: Mapping[str, Scalar] = SCALARS,
        namespace: str = "",
        arrays: str = ARRAYS,
        xml_serializer: bool = False,
    ) -> None:
        self.contracts: dict[str, Contract] = {contract.name: contract for contract in contracts}
        self.collections: dict[str, Collection] = dict(collections or {})
        self.enumerations: dict[str, Sequence[str]] = dict(enumerations or {})
        self.scalars = scalars
        self.xml_serializer = xml_serializer
        """Whether XmlSerializer works (`.asmx`): order of parameters is free, null is left out, `xml` is inline."""
        self._namespace = namespace
        self._arrays = arrays
        self._layouts: dict[str, tuple[tuple[str, Member], ...]] = {}

    def collection(self, kind: str) -> Collection | None:
        """The list of that name; None for a type that is not a list."""
        found = self.collections.get(kind)
        if found is None and kind.startswith("ArrayOf"):
            item = kind.removeprefix("ArrayOf")
            is_simple = item in self.scalars or item == "anyType"
            found = Collection(self._arrays if is_simple else self.namespace(item), item, item)
            self.collections[kind] = found
        return found

    def namespace(self, kind: str) -> str:
        """The namespace of what is inside a contract or list."""
        if kind in self.contracts:
            return self.contracts[kind].namespace
        collection = self.collection(kind)
        return self._namespace if collection is None else collection.namespace

    def ancestry(self, name: str) -> tuple[Contract, ...]:
        """The contract and its bases, the outermost base first, as on the wire. Raises TypeError for an unknown one."""
        contract = self.contracts.get(name)
        if contract is None:
            raise TypeError(f"{name} is not in the contract table")
        return (*self.ancestry(contract.base), contract) if contract.base is not None else (contract,)

    def layout(self, name: str) -> tuple[tuple[str, Member], ...]:
        """The namespaces and members of a contract, those of its bases first."""
        found = self._layouts.get(name)
        if found is None:
            found = tuple((each.namespace, member) for each in self.ancestry(name) for member in each.members)
            self._layouts[name] = found
        return found

    def is_nillable(self, kind: str) -> bool:
        """Whether a value of the type may be null."""
        return self.scalars[kind].nillable if kind in self.scalars else kind not in self.enumerations

    def default(self, kind: str) -> Any:
        """What .NET has in a member of that type which was not on the wire."""
        if kind in self.scalars:
            return self.scalars[kind].default
        return self.enumerations[kind][0] if kind in self.enumerations else None
