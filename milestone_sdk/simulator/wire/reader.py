"""Reads requests as .NET's serializers do, by the tables of `contract`.

Children are read in one pass in contract order: a member that comes late, twice or in another namespace is skipped
silently, as in .NET, and named in `dropped`.
"""  # docs/protocol: servercommand-shape, docs/protocol: alarms-messages

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias
from xml.sax.saxutils import escape

from lxml import etree

from milestone_sdk.simulator.wire.contract import (
    SERIALIZATION,
    AnyValue,
    Collection,
    Contract,
    Contracts,
    Member,
    Record,
)
from milestone_sdk.simulator.wire.values import INTEGERS

__all__ = ["NIL", "XSD", "XSI", "Element", "Reader", "Unreadable", "local_name"]

Element: TypeAlias = etree._Element  # pyright: ignore[reportPrivateUsage]

XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSD = "http://www.w3.org/2001/XMLSchema"
NIL = f"{{{XSI}}}nil"
_TYPE = f"{{{XSI}}}type"
_XSD_TYPES = {*INTEGERS, "string", "boolean", "double", "float", "decimal", "dateTime", "base64Binary"}


class Unreadable(ValueError):
    """A parameter that cannot be read; the text says why."""

    def __init__(self, parameter: str, why: str) -> None:
        super().__init__(why)
        self.parameter = parameter


class Reader:
    """Reads requests of one service; names of skipped members are added to `dropped` as `Element.Member`.

    `by_name` reads as the recorder's front end does: names without their namespaces, items of lists by position.
    """

    def __init__(self, contracts: Contracts, dropped: list[str] | None = None, *, by_name: bool = False) -> None:
        self._contracts = contracts
        self._dropped: list[str] = [] if dropped is None else dropped
        self._by_name = by_name
        self._ordered = not (by_name or contracts.xml_serializer)

    def parameters(self, element: Element, namespace: str, parameters: Sequence[Member]) -> dict[str, Any]:
        """The parameters of an operation by name, at .NET's default where missing. Raises `Unreadable`."""
        values = {member.name: self._contracts.default(member.type) for member in parameters}
        layout = [(namespace, member) for member in parameters]
        for member, child in self._read_members(element, layout):
            values[member.name] = self.parameter(member, child)
        return values

    def parameter(self, member: Member, element: Element) -> Any:
        """The value of one parameter. Raises `Unreadable`."""
        try:
            return self._value(element, member.type)
        except ValueError as error:
            raise Unreadable(member.name, str(error)) from None

    def _read_members(self, element: Element, layout: Sequence[tuple[str, Member]]) -> Iterator[tuple[Member, Element]]:
        """The children that .NET reads, with their members, in the one pass that .NET makes."""
        names = [member.name if self._by_name else f"{{{namespace}}}{member.name}" for namespace, member in layout]
        following = 0
        for child in element.iterchildren("*"):
            name = local_name(child)
            try:
                position = names.index(name if self._by_name else str(child.tag), following)
            except ValueError:
                if any(member.name == name for _, member in layout):
                    self._dropped.append(f"{local_name(element)}.{name}")
                continue
            following = position + 1 if self._ordered else 0
            yield layout[position][1], child

    def _value(self, element: Element, kind: str) -> Any:
        contracts = self._contracts
        if element.get(NIL) in ("true", "1"):
            if contracts.is_nillable(kind):
                return None
            raise ValueError(f"'{local_name(element)}' of type '{kind}' cannot be nil")
        if kind in contracts.contracts:
            return self._record(element, kind)
        if kind == "anyType":
            return self._any(element)
        collection = contracts.collection(kind)
        if collection is not None:
            return self._items(element, collection)
        if kind == "xml" and contracts.xml_serializer:
            inner = (etree.tostring(child, encoding="unicode") for child in element)
            return escape(element.text or "") + "".join(inner)
        if len(element):
            raise ValueError(f"'{local_name(element)}' holds an element where text is expected")
        return self._scalar(element.text or "", kind)

    def _scalar(self, text: str, kind: str) -> Any:
        if kind in self._contracts.enumerations:
            if text in self._contracts.enumerations[kind]:
                return text
            raise ValueError(f"Invalid enum value '{text[:80]}' cannot be deserialized into type '{kind}'")
        try:
            return self._contracts.scalars[kind].parse(text)
        except (ValueError, KeyError, OverflowError):
            raise ValueError(f"The value '{text[:80]}' cannot be parsed as the type '{kind}'") from None

    def _record(self, element: Element, declared: str) -> Any:
        contract = self._actual_type(element, declared)
        layout = self._contracts.layout(contract.name)
        read = self._read_members(element, layout)
        members = {member.name: self._value(child, member.type) for member, child in read}
        for _, member in layout:
            if member.name not in members:
                if member.required:
                    raise ValueError(f"'{local_name(element)}' ends where the element '{member.name}' is expected")
                members[member.name] = self._contracts.default(member.type)
        if contract.make is None:
            return Record(contract.name, members)
        return contract.make(**{member.attribute: members[member.name] for _, member in layout})

    def _actual_type(self, element: Element, declared: str) -> Contract:
        if element.get(_TYPE) is None:
            return self._contracts.contracts[declared]
        namespace, name = _qualified(element)
        found = self._contract(namespace, name)
        if found is not None and any(ancestor.name == declared for ancestor in self._contracts.ancestry(name)):
            return found
        raise ValueError(f"'{local_name(element)}' has the type '{namespace}:{name}', not '{declared}'")

    def _contract(self, namespace: str, name: str) -> Contract | None:
        found = self._contracts.contracts.get(name)
        return found if found is not None and found.namespace == namespace else None

    def _items(self, element: Element, collection: Collection) -> list[Any]:
        wanted = f"{{{collection.namespace}}}{collection.item}"
        items: list[Any] = []
        for child in element.iterchildren("*"):
            if self._by_name or child.tag == wanted:
                items.append(self._value(child, collection.type))
            else:
                self._dropped.append(f"{local_name(element)}.{local_name(child)}")
        return items

    def _any(self, element: Element) -> AnyValue:
        if element.get(_TYPE) is None:
            return AnyValue("", element.text or "")
        namespace, name = _qualified(element)
        if (namespace == XSD and name in _XSD_TYPES) or (namespace == SERIALIZATION and name == "guid"):
            return AnyValue(name, self._scalar(element.text or "", name))
        if self._contract(namespace, name) is not None:
            return AnyValue(name, self._record(element, name))
        raise ValueError(f"'{local_name(element)}' has the unknown type '{namespace}:{name}'")


def local_name(element: Element) -> str:
    """The element's name without its namespace."""
    return etree.QName(element).localname


def _qualified(element: Element) -> tuple[str, str]:
    """Namespace and local name in an element's i:type."""
    prefix, _, name = (element.get(_TYPE) or "").strip().rpartition(":")
    namespace = element.nsmap.get(prefix or None)
    if namespace is None and prefix:
        raise ValueError(f"the prefix '{prefix}' is not declared")
    return namespace or "", name
