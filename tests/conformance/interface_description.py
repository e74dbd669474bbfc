"""Reads any set of WSDL and XSD files into values that can be compared, with lxml alone.

It shares nothing with zeep and nothing with the tool that writes our descriptions, so that it can judge both.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from attrs import field, frozen
from lxml import etree

XS = "{http://www.w3.org/2001/XMLSchema}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP_11 = "{http://schemas.xmlsoap.org/wsdl/soap/}"


@frozen
class Element:
    """One element of a sequence: what decides its bytes."""

    name: str
    namespace: str
    type: str
    minimum: str
    maximum: str
    nillable: bool


@frozen
class Signature:
    """One operation."""

    action: str
    parameters: tuple[Element, ...]
    results: tuple[Element, ...]
    faults: frozenset[str]


@frozen
class Shape:
    """One named type: its base and own members, or the values it may have."""

    base: str | None = None
    members: tuple[Element, ...] = ()
    values: tuple[str, ...] = ()


@frozen
class Interface:
    """All operations in binding order, the signatures that have types, and all named types."""

    actions: dict[str, str]
    signatures: dict[str, Signature]
    types: dict[str, Shape] = field(repr=False)

    def reachable(self, operations: Iterable[str]) -> set[str]:
        """The names of all types that these operations use, at any depth, derived ones included."""
        waiting = [
            element.type
            for name in operations
            for element in (*self.signatures[name].parameters, *self.signatures[name].results)
        ]
        waiting += [fault for name in operations for fault in self.signatures[name].faults]
        found: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in found or name not in self.types:
                continue
            found.add(name)
            shape = self.types[name]
            waiting += [element.type for element in shape.members]
            waiting += [shape.base] if shape.base else []
            waiting += [other for other, candidate in self.types.items() if candidate.base == name]
        return found


def qualified(node: etree._Element, text: str | None) -> str:
    """`prefix:local` as it is meant at this node."""
    if text is None:
        return ""
    prefix, _, local = text.rpartition(":")
    return f"{{{node.nsmap.get(prefix or None, '')}}}{local}"


def elements(node: etree._Element | None, namespace: str) -> Iterator[Element]:
    """The elements of the first sequence below a node."""
    sequence = node.find(f".//{XS}sequence") if node is not None else None
    for each in sequence.iterchildren(f"{XS}element") if sequence is not None else ():
        yield Element(
            each.get("name", ""),
            namespace,
            qualified(each, each.get("type")),
            each.get("minOccurs", "1"),
            each.get("maxOccurs", "1"),
            each.get("nillable") == "true",
        )


def shape(node: etree._Element, namespace: str) -> Shape:
    """A named complex or simple type."""
    extension = node.find(f".//{XS}extension")
    base = qualified(extension, extension.get("base")) if extension is not None else None
    values = tuple(each.get("value", "") for each in node.iter(f"{XS}enumeration"))
    return Shape(base, tuple(elements(node, namespace)), values)


def read(paths: Iterable[Path]) -> Interface:
    """Read files that belong together."""
    roots = [etree.parse(path).getroot() for path in paths]
    types: dict[str, Shape] = {}
    wrappers: dict[str, tuple[Element, ...]] = {}
    references: dict[str, str] = {}
    for root in roots:
        for schema in root.iter(f"{XS}schema"):
            namespace = schema.get("targetNamespace", "")
            for node in (*schema.iterchildren(f"{XS}complexType"), *schema.iterchildren(f"{XS}simpleType")):
                types[f"{{{namespace}}}{node.get('name')}"] = shape(node, namespace)
            for node in schema.iterchildren(f"{XS}element"):
                name = f"{{{namespace}}}{node.get('name')}"
                wrappers[name] = tuple(elements(node.find(f"{XS}complexType"), namespace))
                references[name] = qualified(node, node.get("type"))
    actions = {
        operation.get("name", ""): called.get("soapAction", "")
        for root in roots
        for operation in root.iterfind(f"{WSDL}binding/{WSDL}operation")
        if (called := operation.find(f"{SOAP_11}operation")) is not None
    }
    parts = {
        f"{{{root.get('targetNamespace')}}}{message.get('name')}": qualified(part, part.get("element"))
        for root in roots
        for message in root.iterfind(f"{WSDL}message")
        for part in message.iterfind(f"{WSDL}part")
    }
    signatures: dict[str, Signature] = {}
    for root in roots:
        for operation in root.iterfind(f"{WSDL}portType/{WSDL}operation"):
            name = operation.get("name", "")
            asked = element_of(operation, "input", parts)
            answered = element_of(operation, "output", parts)
            faults = [parts[qualified(fault, fault.get("message"))] for fault in operation.iterfind(f"{WSDL}fault")]
            if name in actions and asked in wrappers:
                signatures[name] = Signature(
                    actions[name],
                    wrappers[asked],
                    wrappers[answered],
                    frozenset(references[fault] for fault in faults),
                )
    return Interface(actions, signatures, types)


def element_of(operation: etree._Element, kind: str, parts: dict[str, str]) -> str:
    """The element that an input or output carries."""
    node = operation.find(f"{WSDL}{kind}")
    return parts.get(qualified(node, node.get("message")), "") if node is not None else ""
