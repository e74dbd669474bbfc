"""Requests and answers of RecorderCommandService as text (protocol/recording.md 1.2, 1.5, 1.7, 1.14).

The recorder has a front end of its own: it takes parameters by name wherever they stand, cares for prefixes and not for
the SOAPAction, and answers in the form of ASP.NET.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from attrs import frozen
from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage]

from milestone_sdk.simulator.recorder.footage import EPOCH
from milestone_sdk.simulator.wire.soap import (
    SOAP11,
    XSD,
    XSI,
    SoapFault,
    escape,
    fault_reply,
    local_name,
    open_envelope,
)

NAMESPACE = "http://videoos.net/2/XProtectCSRecorderCommand"
NO_TIME = "0001-01-01T00:00:00"
#: Ticks of 100 ns, the resolution of the wire's dateTime.
TICKS_PER_MILLISECOND = 10_000

# What a recorder says to these is unknown; the numbers are invented and lie outside protocol/recording.md 1.14.
UNREADABLE = 49000
UNKNOWN_DEVICE = 49001
ACCESS_DENIED = 49002
INVALID_ARGUMENT = 49003
NOT_POSSIBLE = 49004

_DECLARATIONS = (("xsi", XSI), ("xsd", XSD))
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_DATE_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,7}))?(?:Z|([+-])(\d\d):(\d\d))?", re.ASCII
)


def recorder_fault(number: int, text: str, *, sub_number: int | None = None, side: str = "Client") -> SoapFault:
    """A fault of the recorder: its detail children stand in no namespace (protocol/recording.md 1.14)."""
    sub = "" if sub_number is None else f"<SubErrorNumber>{sub_number}</SubErrorNumber>"
    detail = f"<ErrorNumber>{number}</ErrorNumber>{sub}".encode()
    return SoapFault(f"soap:{side}", text, detail, prefix="soap")


def fault_text(fault: SoapFault) -> bytes:
    """The whole answer with a fault."""
    return fault_reply(fault, declarations=_DECLARATIONS, xml_declaration=True)


def reply_text(operation: str, inner: str) -> bytes:
    """The whole answer of an operation around ready XML; a void one answers an empty element."""
    name = f"{operation}Response"
    content = element(name, inner, f' xmlns="{NAMESPACE}"')
    declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in _DECLARATIONS)
    head = f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope{declared} xmlns:soap="{SOAP11}"><soap:Body>'
    return f"{head}{content}</soap:Body></soap:Envelope>".encode()


def element(name: str, inner: str, attributes: str = "") -> str:
    """An element around ready XML, closed in itself when there is none."""
    return f"<{name}{attributes}>{inner}</{name}>" if inner else f"<{name}{attributes} />"


def text_element(name: str, value: object) -> str:
    """An element with escaped text; booleans in lower case."""
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return element(name, escape(shown))


def time_text(time: datetime) -> str:
    """Seven fraction digits and Z, as the recorder writes times (protocol/recording.md 1.7)."""
    return f"{time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}0Z"


def ticks(time: datetime) -> int:
    """An aware time in ticks of 100 ns since 1970."""
    return (time - EPOCH) // timedelta(microseconds=1) * 10


@frozen(kw_only=True)
class RecorderCall:
    """One request: the operation's name and the parameters that were decoded."""

    operation: str
    parameters: dict[str, Element]

    def text(self, name: str) -> str | None:
        """A parameter's text as it stands, or None when it is missing."""
        found = self.parameters.get(name)
        return None if found is None else found.text or ""

    def guid(self, name: str) -> UUID:
        """A mandatory GUID, either case."""
        value = (self.text(name) or "").strip()
        if not _GUID.fullmatch(value):
            raise self._invalid(name)
        return UUID(value)

    def integer(self, name: str) -> int:
        """A mandatory whole number."""
        value = (self.text(name) or "").strip()
        if not _INTEGER.fullmatch(value):
            raise self._invalid(name)
        return int(value)

    def double(self, name: str) -> float:
        """A mandatory double."""
        try:
            return float(self.text(name) or "")
        except ValueError:
            raise self._invalid(name) from None

    def ticks(self, name: str) -> int:
        """A mandatory dateTime in ticks of 100 ns since 1970; without a zone it counts as UTC."""
        match = _DATE_TIME.fullmatch((self.text(name) or "").strip())
        if match is None:
            raise self._invalid(name)
        year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
        try:
            whole = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            raise self._invalid(name) from None
        shift = (int(match[9] or 0) * 60 + int(match[10] or 0)) * 60 * 10_000_000
        return ticks(whole) + int((match[7] or "0").ljust(7, "0")) + (shift if match[8] == "-" else -shift)

    def duration_ticks(self, name: str) -> int:
        """A TimeDuration in ticks; a missing one counts as nothing (unknown on real servers)."""
        found = self.parameters.get(name)
        if found is None:
            return 0
        value = next((child.text or "" for child in found if local_name(child) == "MicroSeconds"), "").strip()
        if not _INTEGER.fullmatch(value):
            raise self._invalid(name)
        return int(value) * 10

    def guids(self, name: str) -> list[UUID]:
        """The items of an ArrayOfGuid by position, whatever their names (protocol/recording.md 1.2)."""
        found = self.parameters.get(name)
        values = [] if found is None else [(child.text or "").strip() for child in found.iterchildren("*")]
        if not all(_GUID.fullmatch(value) for value in values):
            raise self._invalid(name)
        return [UUID(value) for value in values]

    def arguments(self) -> dict[str, object]:
        """All parameters but the token: text, or for nested ones a list of (path, text) in document order."""
        values: dict[str, object] = {}
        for name, parameter in self.parameters.items():
            if name != "token":
                values[name] = self.leaves(name) if len(parameter) else parameter.text or ""
        return values

    def leaves(self, name: str) -> list[tuple[str, str]]:
        """The (path, text) pairs inside a nested parameter in document order."""
        found = self.parameters.get(name)
        return [] if found is None else list(_leaves(found, ""))

    def _invalid(self, name: str) -> SoapFault:
        return recorder_fault(INVALID_ARGUMENT, f"Invalid argument '{name}'")


def _leaves(parent: Element, path: str) -> Iterable[tuple[str, str]]:
    for child in parent.iterchildren("*"):
        name = f"{path}/{local_name(child)}" if path else local_name(child)
        if len(child):
            yield from _leaves(child, name)
        else:
            yield name, child.text or ""


def read_call(body: bytes, *, strict_prefix: bool) -> RecorderCall:
    """Read a request by its body, whatever the SOAPAction said.

    With `strict_prefix` an operation or parameter that has a prefix, or stands outside the recorder's namespace, counts
    as missing: that is how real recorders fail on what zeep writes by default (protocol/recording.md 1.2).
    """
    try:
        operation = open_envelope(body)
    except SoapFault as fault:
        raise recorder_fault(UNREADABLE, fault.reason) from None

    def is_decoded(node: Element) -> bool:
        return not strict_prefix or (node.prefix is None and str(node.tag).startswith(f"{{{NAMESPACE}}}"))

    parameters: dict[str, Element] = {}
    if is_decoded(operation):
        parameters = {local_name(child): child for child in operation.iterchildren("*") if is_decoded(child)}
    return RecorderCall(operation=local_name(operation), parameters=parameters)
