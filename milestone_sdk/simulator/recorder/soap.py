"""Requests and answers of RecorderCommandService as text.

The recorder has a front end of its own: it takes parameters by name wherever they are, checks prefixes and not the
SOAPAction, and answers in the form of ASP.NET.
"""  # docs/protocol: recorder-envelope, recorder-types, recorder-times, recorder-faults

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from milestone_sdk.simulator.recorder.contract import CONTRACTS, NAMESPACE, OPERATIONS
from milestone_sdk.simulator.recorder.footage import EPOCH
from milestone_sdk.simulator.wire.reader import XSD, XSI, Element, Reader, Unreadable, local_name
from milestone_sdk.simulator.wire.soap import SoapFault, fault_reply, open_envelope, reply
from milestone_sdk.simulator.wire.writer import Writer

# What a recorder says to these is unknown; the numbers are invented and are outside docs/protocol: recorder-faults.
UNREADABLE = 49000
UNKNOWN_DEVICE = 49001
ACCESS_DENIED = 49002
INVALID_ARGUMENT = 49003
NOT_POSSIBLE = 49004

_DECLARATIONS = (("xsi", XSI), ("xsd", XSD))
_READER = Reader(CONTRACTS, by_name=True)
_WRITER = Writer(CONTRACTS, NAMESPACE, end=" />")


def recorder_fault(number: int, text: str, *, sub_number: int | None = None, side: str = "Client") -> SoapFault:
    """A fault of the recorder: its detail children are in no namespace."""  # docs/protocol: recorder-faults
    sub = "" if sub_number is None else f"<SubErrorNumber>{sub_number}</SubErrorNumber>"
    detail = f"<ErrorNumber>{number}</ErrorNumber>{sub}".encode()
    return SoapFault(f"soap:{side}", text, detail, prefix="soap")


def fault_text(fault: SoapFault, envelope: str) -> bytes:
    """The whole answer with a fault; its form in SOAP 1.2 is that of the standard (unknown on real recorders)."""
    return fault_reply(fault, declarations=_DECLARATIONS, xml_declaration=True, envelope=envelope)


def reply_text(operation: str, result: Any, envelope: str) -> bytes:
    """The whole answer of an operation; a void one answers an empty element."""
    inner = _WRITER.result(OPERATIONS[operation], result)
    return reply(
        operation,
        NAMESPACE,
        inner,
        prefix="soap",
        envelope=envelope,
        declarations=_DECLARATIONS,
        xml_declaration=True,
        end=" />",
    )


def ticks(time: datetime) -> int:
    """An aware time in ticks of 100 ns since 1970."""
    return (time - EPOCH) // timedelta(microseconds=1) * 10


@frozen(kw_only=True)
class RecorderCall:
    """One request: the operation's name and the parameters that were decoded."""

    operation: str
    parameters: dict[str, Element]

    def __getitem__(self, name: str) -> Any:
        """A parameter of the operation; the fault of an invalid argument where it is missing or cannot be read."""
        member = next(member for member in OPERATIONS[self.operation].parameters if member.name == name)
        found = self.parameters.get(name)
        try:
            if found is None and member.required:
                raise Unreadable(name, "missing")
            return CONTRACTS.default(member.type) if found is None else _READER.parameter(member, found)
        except Unreadable:
            raise recorder_fault(INVALID_ARGUMENT, f"Invalid argument '{name}'") from None

    def check(self, *names: str) -> None:
        """Raise the fault of an invalid argument where one of the parameters is missing or cannot be read."""
        for name in names:
            _ = self[name]

    @property
    def token(self) -> str | None:
        """The token, which operations that are not built here have as well."""
        found = self.parameters.get("token")
        return None if found is None else found.text

    def duration_ticks(self, name: str) -> int:
        """A TimeDuration in ticks; a missing one counts as nothing (unknown on real servers)."""
        duration = self[name]
        return 0 if duration is None else duration["MicroSeconds"] * 10

    def arguments(self) -> dict[str, object]:
        """All parameters but the token: text, or for nested ones a list of (path, text) in document order."""
        return {
            name: list(_leaves(parameter, "")) if len(parameter) else parameter.text or ""
            for name, parameter in self.parameters.items()
            if name != "token"
        }

    def records(self, name: str, member: str) -> list[dict[str, str]]:
        """What a nested parameter holds under the name of a repeated member: the texts of each one by their names."""
        found = self.parameters.get(name, ())
        return [dict(_leaves(each, "")) for each in found if local_name(each) == member]


def _leaves(parent: Element, path: str) -> Iterable[tuple[str, str]]:
    for child in parent.iterchildren("*"):
        name = f"{path}/{local_name(child)}" if path else local_name(child)
        if len(child):
            yield from _leaves(child, name)
        else:
            yield name, child.text or ""


def read_call(body: bytes, *, strict_prefix: bool) -> RecorderCall:
    """Read a request by its body, whatever the SOAPAction said.

    With `strict_prefix` an operation or parameter that has a prefix, or is outside the recorder's namespace, counts
    as missing: that is how real recorders fail on what zeep writes by default.
    """  # docs/protocol: recorder-envelope
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
