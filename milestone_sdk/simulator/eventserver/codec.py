"""Reads and writes the alarm service's data contracts the way .NET's DataContractSerializer does.

Reading walks the children once, in contract order: a member that comes late, twice or in another namespace is skipped
without a word and its place stays at the default; a required member that is missing, and a value that is not of its
type, is a `DeserializationFailed` fault (protocol/alarms.md 1.6, 1.11). Writing puts members in contract order, nil
where the contract always writes them, nothing where it omits defaults.

Times are whole numbers of 100 ns since year 1 ("ticks"), .NET's own resolution, so that no digit is lost or invented.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage]

from milestone_sdk.simulator.eventserver.contract import (
    COLLECTIONS,
    CONTRACTS,
    ENUMERATIONS,
    INSTANCE,
    SCHEMA,
    SERIALIZATION,
    SERVICE,
    SIMPLE,
    ZERO,
    AnyValue,
    Member,
    Operation,
    Record,
    ancestry,
)
from milestone_sdk.simulator.wire.soap import SoapFault, double_text, local_name

__all__ = ["ABSENT", "Codec", "datetime_of", "parse_time", "ticks_of", "time_text"]

ABSENT = object()
"""A member with this value is left out, which .NET accepts and other writers do."""

_YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TICKS_PER_SECOND = 10_000_000
_DATE_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,7})\d*)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_GUID = re.compile(r"\{?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,20}", re.ASCII)
_NIL = f"{{{INSTANCE}}}nil"
_TYPE = f"{{{INSTANCE}}}type"
_INTEGER_RANGES = {
    "int": (-(2**31), 2**31),
    "long": (-(2**63), 2**63),
    "short": (-(2**15), 2**15),
    "byte": (-128, 128),
    "unsignedInt": (0, 2**32),
    "unsignedLong": (0, 2**64),
    "unsignedShort": (0, 2**16),
    "unsignedByte": (0, 256),
}
_XML_TYPES = {*_INTEGER_RANGES, "string", "boolean", "double", "float", "decimal", "dateTime", "base64Binary"}
_NULLABLE = {"string", "base64Binary", "anyType"}
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_SPECIAL_DOUBLES = {"INF": float("inf"), "-INF": float("-inf"), "NaN": float("nan")}
_ESCAPES = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def ticks_of(moment: datetime) -> int:
    """An aware datetime as ticks."""
    return (moment - _YEAR_ONE) // _MICROSECOND * 10


def datetime_of(ticks: int) -> datetime:
    """Ticks as aware UTC; the seventh fraction digit is cut."""
    return _YEAR_ONE + timedelta(microseconds=ticks // 10)


def time_text(ticks: int) -> str:
    """Ticks as WCF writes a UTC time: the shortest exact fraction; the minimum has no zone."""
    if ticks == 0:
        return "0001-01-01T00:00:00"
    fraction = f"{ticks % _TICKS_PER_SECOND:07d}".rstrip("0")
    whole = datetime_of(ticks).replace(microsecond=0, tzinfo=None).isoformat()
    return f"{whole}.{fraction}Z" if fraction else f"{whole}Z"


def parse_time(text: str) -> int:
    """An xs:dateTime as ticks; without a zone it counts as UTC. Raises ValueError for anything else."""
    match = _DATE_TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    ticks = ticks_of(datetime(year, month, day, hour, minute, second, tzinfo=UTC)) + int((match[7] or "").ljust(7, "0"))
    zone = match[8]
    if zone not in (None, "Z"):
        shift = (int(zone[1:3]) * 3600 + int(zone[4:6]) * 60) * _TICKS_PER_SECOND
        ticks += -shift if zone[0] == "+" else shift
    return max(ticks, 0)


def _parse_double(text: str) -> float:
    return _SPECIAL_DOUBLES[text] if text in _SPECIAL_DOUBLES else float(text)


def _parse_guid(text: str) -> UUID:
    if _GUID.fullmatch(text) is None:
        raise ValueError(text)
    return UUID(text)


def _parse_integer(text: str, kind: str) -> int:
    lowest, end = _INTEGER_RANGES[kind]
    if _INTEGER.fullmatch(text) is None or not lowest <= int(text) < end:
        raise ValueError(text)
    return int(text)


_PARSERS: dict[str, Callable[[str], Any]] = {
    "boolean": lambda text: _BOOLEANS[text],
    "double": _parse_double,
    "float": _parse_double,
    "decimal": float,
    "guid": _parse_guid,
    "dateTime": parse_time,
}


def _scalar(text: str, kind: str) -> Any:
    """The value of a simple type; ValueError if the text does not have it."""
    if kind == "string":
        return text
    try:
        if kind == "base64Binary":
            return base64.b64decode("".join(text.split()), validate=True)
        if kind in _INTEGER_RANGES:
            return _parse_integer(text.strip(), kind)
        if kind in _PARSERS:
            return _PARSERS[kind](text.strip())
        if text in ENUMERATIONS[kind]:
            return text
    except (ValueError, KeyError, OverflowError, binascii.Error):
        pass
    raise ValueError(f"The value '{text[:80]}' cannot be parsed as the type '{kind}'")


@cache
def _layout(contract: str) -> tuple[tuple[str, Member], ...]:
    return tuple(
        (f"{{{ancestor.namespace}}}{member.name}", member)
        for ancestor in ancestry(contract)
        for member in ancestor.members
    )


def default(kind: str) -> Any:
    """What .NET leaves in a member of that type which was not on the wire."""
    if kind == "guid":
        return ZERO
    if kind in ENUMERATIONS:
        return ENUMERATIONS[kind][0]
    return {"boolean": False, "double": 0.0, "dateTime": 0}.get(kind, 0 if kind in _INTEGER_RANGES else None)


class Codec:
    """Reader and writer for one server release.

    `modern` False is a server from before `ServerId.Scheme` and the target `CameraId`. Every member that the reader
    skips although the contract has one of that name is added to `dropped` as `Element.Member`.
    """

    def __init__(self, *, modern: bool = True, dropped: list[str] | None = None) -> None:
        self.modern = modern
        self.dropped: list[str] = [] if dropped is None else dropped

    # Reading

    def read_parameters(self, operation: Operation, element: Element) -> dict[str, Any]:
        """The operation's parameters by name; SoapFault DeserializationFailed names the one that cannot be read."""
        layout = tuple((f"{{{SERVICE}}}{member.name}", member) for member in operation.parameters)
        values = {member.name: default(member.type) for member in operation.parameters}
        for member, child in self._walk(element, layout):
            try:
                values[member.name] = self._value(child, member.type)
            except ValueError as error:
                raise SoapFault.deserialization_failed(SERVICE, member.name, str(error)) from None
        return values

    def _walk(self, element: Element, layout: tuple[tuple[str, Member], ...]) -> Iterator[tuple[Member, Element]]:
        """The children that .NET would read, with their members, in the one pass that .NET makes."""
        names = [name for name, _ in layout]
        known = {member.name for _, member in layout}
        following = 0
        for child in element.iterchildren("*"):
            try:
                position = names.index(str(child.tag), following)
            except ValueError:
                if local_name(child) in known:
                    self.dropped.append(f"{local_name(element)}.{local_name(child)}")
                continue
            following = position + 1
            yield layout[position][1], child

    def _value(self, element: Element, kind: str) -> Any:
        if element.get(_NIL) in ("true", "1"):
            if kind in CONTRACTS or kind in COLLECTIONS or kind in _NULLABLE:
                return None
            raise ValueError(f"'{local_name(element)}' of type '{kind}' cannot be null")
        if kind in CONTRACTS:
            return self._record(element, kind)
        if kind in COLLECTIONS:
            return self._items(element, kind)
        if kind == "anyType":
            return self._any(element)
        if len(element):
            raise ValueError(f"'{local_name(element)}' holds an element where text is expected")
        if kind == "Target" and not self.modern and element.text == "CameraId":
            raise ValueError("Invalid enum value 'CameraId' cannot be deserialized into type 'Target'")
        return _scalar(element.text or "", kind)

    def _record(self, element: Element, declared: str) -> Record:
        contract = self._actual_type(element, declared)
        layout = _layout(contract)
        if contract == "ServerId" and not self.modern:
            layout = layout[:-1]
        record = Record(contract)
        for member, child in self._walk(element, layout):
            record.members[member.name] = self._value(child, member.type)
        for _, member in layout:
            if member.name not in record.members:
                if member.required:
                    raise ValueError(f"'{local_name(element)}' ends where the element '{member.name}' is expected")
                record.members[member.name] = default(member.type)
        return record

    def _actual_type(self, element: Element, declared: str) -> str:
        if element.get(_TYPE) is None:
            return declared
        namespace, name = _qualified(element)
        if _is_contract(namespace, name) and any(ancestor.name == declared for ancestor in ancestry(name)):
            return name
        raise ValueError(f"'{local_name(element)}' has the type '{namespace}:{name}', which is no '{declared}'")

    def _items(self, element: Element, kind: str) -> list[Any]:
        collection = COLLECTIONS[kind]
        wanted = f"{{{collection.namespace}}}{collection.item}"
        items: list[Any] = []
        for child in element.iterchildren("*"):
            if child.tag == wanted:
                items.append(self._value(child, collection.type))
            else:
                self.dropped.append(f"{local_name(element)}.{local_name(child)}")
        return items

    def _any(self, element: Element) -> AnyValue:
        if element.get(_TYPE) is None:
            return AnyValue("", element.text or "")
        namespace, name = _qualified(element)
        if (namespace == SCHEMA and name in _XML_TYPES) or (namespace == SERIALIZATION and name == "guid"):
            return AnyValue(name, _scalar(element.text or "", name))
        if _is_contract(namespace, name):
            return AnyValue(name, self._record(element, name))
        raise ValueError(f"'{local_name(element)}' has the unknown type '{namespace}:{name}'")

    # Writing

    def write_result(self, operation: Operation, value: Any) -> bytes:
        """The `<OperationResult>` element, b"" for a void operation."""
        if operation.result is None:
            return b""
        parts: list[str] = []
        scope: dict[str, str] = {}
        name = f"{operation.name}Result"
        if operation.result in CONTRACTS or operation.result in COLLECTIONS:
            scope = {_content_namespace(operation.result): "a", INSTANCE: "i"}
            declarations = "".join(f' xmlns:{prefix}="{namespace}"' for namespace, prefix in scope.items())
            self._write(parts, name, operation.result, value, scope, declarations)
        else:
            parts.append(f"<{name}>{_text(value, operation.result)}</{name}>")
        return "".join(parts).encode()

    def write_fault(self, reason: str, description: str | None) -> bytes:
        """The `AlarmServiceFault` that goes into a fault's detail (protocol/alarms.md 9.6)."""
        fault = Record("AlarmServiceFault", {"ErrorDescription": description, "ErrorReason": reason})
        namespace = CONTRACTS["AlarmServiceFault"].namespace
        parts: list[str] = []
        self._write_members(parts, fault, {namespace: "", INSTANCE: "i"})
        inside = "".join(parts)
        return f'<AlarmServiceFault xmlns="{namespace}" xmlns:i="{INSTANCE}">{inside}</AlarmServiceFault>'.encode()

    def _write(
        self, parts: list[str], name: str, kind: str, value: Any, scope: dict[str, str], declarations: str = ""
    ) -> None:
        if kind in SIMPLE or kind in ENUMERATIONS:
            if value is None and kind in _NULLABLE:
                parts.append(f'<{name} i:nil="true"/>')
            else:
                text = _text(default(kind) if value is None else value, kind)
                parts.append(f"<{name}>{text}</{name}>" if text else f"<{name}/>")
            return
        content = _content_namespace(kind)
        if content not in scope:
            prefix = chr(ord("a") + len(scope) - 1)
            scope = {**scope, content: prefix}
            declarations = f'{declarations} xmlns:{prefix}="{content}"'
        if value is None:
            parts.append(f'<{name} i:nil="true"{declarations}/>')
            return
        if kind in CONTRACTS and value.contract != kind:
            prefix = scope[CONTRACTS[value.contract].namespace]
            declarations = f' i:type="{prefix}:{value.contract}"{declarations}'
        start = len(parts)
        if kind in COLLECTIONS:
            collection = COLLECTIONS[kind]
            item = f"{scope[content]}:{collection.item}"
            for element in value:
                self._write(parts, item, collection.type, element, scope)
        else:
            self._write_members(parts, value, scope)
        if len(parts) == start:
            parts.append(f"<{name}{declarations}/>")
        else:
            parts.insert(start, f"<{name}{declarations}>")
            parts.append(f"</{name}>")

    def _write_members(self, parts: list[str], record: Record, scope: dict[str, str]) -> None:
        for ancestor in ancestry(record.contract):
            prefix = scope[ancestor.namespace]
            lead = f"{prefix}:" if prefix else ""
            for member in ancestor.members:
                value = record.members.get(member.name)
                if member.omitted_when_default and (value is None or value == default(member.type)):
                    continue
                if value is ABSENT or (member.name == "Scheme" and not self.modern):
                    continue
                self._write(parts, lead + member.name, member.type, value, scope)


def _qualified(element: Element) -> tuple[str, str]:
    """Namespace and local name in an element's i:type."""
    prefix, _, name = (element.get(_TYPE) or "").strip().rpartition(":")
    namespace = element.nsmap.get(prefix or None)
    if namespace is None and prefix:
        raise ValueError(f"the prefix '{prefix}' is not declared")
    return namespace or "", name


def _is_contract(namespace: str, name: str) -> bool:
    return name in CONTRACTS and CONTRACTS[name].namespace == namespace


def _content_namespace(kind: str) -> str:
    return COLLECTIONS[kind].namespace if kind in COLLECTIONS else CONTRACTS[kind].namespace


def _reference(match: re.Match[str]) -> str:
    return _NAMED.get(match[0]) or f"&#x{ord(match[0]):X};"


def _text(value: Any, kind: str) -> str:
    """A simple value as text; what XML cannot hold becomes a character reference, as WCF's own writer does."""
    if kind == "string":
        return _ESCAPES.sub(_reference, value)
    if kind == "dateTime":
        return time_text(value)
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "base64Binary":
        return base64.b64encode(value).decode()
    if kind == "double":
        return double_text(value)
    return str(value)
