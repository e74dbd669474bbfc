"""Makes a value of any described type, and the XML a server would write for it, from the descriptions alone."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from .interface_description import Element, Interface

XS = "{http://www.w3.org/2001/XMLSchema}"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
MOMENT = datetime(2024, 3, 5, 12, 34, 56, 789000, tzinfo=UTC)
ID = "0f7f0e7f-6d2c-4b0e-a7f3-00000000000a"
DEPTH = 6

SIMPLE: dict[str, tuple[Any, str]] = {
    "string": ('ä <&> "x"', 'ä <&> "x"'),
    "boolean": (True, "true"),
    "int": (-7, "-7"),
    "long": (14_400_000_000, "14400000000"),
    "unsignedByte": (255, "255"),
    "unsignedShort": (65535, "65535"),
    "unsignedInt": (4_294_967_295, "4294967295"),
    "double": (0.25, "0.25"),
    "dateTime": (MOMENT, "2024-03-05T12:34:56.7890000Z"),
    "base64Binary": (b"\xff\xd8\x00", base64.b64encode(b"\xff\xd8\x00").decode()),
}
"""For each simple type a value as Python has it, and its text."""


def is_array(interface: Interface, name: str) -> bool:
    shape = interface.types.get(name)
    return shape is not None and shape.base is None and [m.maximum for m in shape.members] == ["unbounded"]


def members(interface: Interface, name: str) -> Iterator[Element]:
    """Members in wire order: those of the base first."""
    shape = interface.types[name]
    if shape.base:
        yield from members(interface, shape.base)
    yield from shape.members


def simple(interface: Interface, name: str) -> tuple[Any, str] | None:
    if name.startswith(XS):
        return SIMPLE.get(name.removeprefix(XS))
    if name.endswith("}guid"):
        return ID, ID
    values = interface.types[name].values
    return (values[0], values[0]) if values else None


def value(interface: Interface, name: str, depth: int = 0) -> Any:
    """A value with every member filled; below some depth, None."""
    if (known := simple(interface, name)) is not None:
        return known[0]
    if name == f"{XS}anyType":
        return "any"
    if depth > DEPTH:
        return [] if is_array(interface, name) else None
    if is_array(interface, name):
        (item,) = interface.types[name].members
        each = value(interface, item.type, depth + 1)
        return [] if each is None else [each, each]
    return {
        member.name: [value(interface, member.type, depth + 1)] if member.maximum == "unbounded" else
        value(interface, member.type, depth + 1)
        for member in members(interface, name)
    }  # fmt: skip


def written(interface: Interface, element: Element, content: Any) -> str:
    """An element as a server writes it: null as `i:nil` where it may be, else left out."""
    start = f'{element.name} xmlns="{element.namespace}"'
    if content is None:
        return f'<{start} i:nil="true" xmlns:i="{XSI}"/>' if element.nillable else ""
    if (known := simple(interface, element.type)) is not None:
        return f"<{start}>{escape(known[1])}</{element.name}>"
    if element.type == f"{XS}anyType":
        return f'<{start} i:type="x:string" xmlns:i="{XSI}" xmlns:x="{XS[1:-1]}">{content}</{element.name}>'
    if is_array(interface, element.type):
        (item,) = interface.types[element.type].members
        return f"<{start}>{''.join(written(interface, item, each) for each in content)}</{element.name}>"
    inside = "".join(
        written(interface, member, each)
        for member in members(interface, element.type)
        for each in (content[member.name] if member.maximum == "unbounded" else [content[member.name]])
    )
    return f"<{start}>{inside}</{element.name}>"


def reply(interface: Interface, operation: str, namespace: str, result: Any) -> bytes:
    """The envelope of a whole reply."""
    inside = "".join(written(interface, element, result) for element in interface.signatures[operation].results)
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<{operation}Response xmlns="{namespace}">{inside}</{operation}Response></s:Body></s:Envelope>'
    ).encode()
