"""An interface as plain values, and how it is written as WSDL 1.1.

Document/literal wrapped, SOAP 1.1 over HTTP, every schema inline, nothing to load from elsewhere. `describe.py` beside
this module makes the values from the protocol files.
"""

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from attrs import field, frozen

WIDTH = 118

XS = "http://www.w3.org/2001/XMLSchema"
SERIALIZATION = "http://schemas.microsoft.com/2003/10/Serialization/"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
ASMX_TYPES = "http://microsoft.com/wsdl/types/"

PREFIXES = {
    XS: "xs",
    SERIALIZATION: "ser",
    ARRAYS: "arr",
    ASMX_TYPES: "guid",
    "http://schemas.datacontract.org/2004/07/System.Collections": "col",
    "http://schemas.datacontract.org/2004/07/System.Collections.Generic": "kv",
    "http://schemas.datacontract.org/2004/07/VideoOS.Common.Proxy.Server": "proxy",
    "http://schemas.datacontract.org/2004/07/VideoOS.WebService.Common.ServerCommandService": "common",
    "http://schemas.datacontract.org/2004/07/VideoOS.ConfigurationAPI": "data",
    "http://schemas.datacontract.org/2004/07/VideoOS.ConfigurationAPI.ConfigurationFaultException": "fault",
    "http://schemas.datacontract.org/2004/07/VideoOS.Platform.Proxy.Alarm": "pa",
    "http://videoos.net/2/XProtectCSServiceRegistration": "data",
    "urn:milestone-systems": "ms",
}
"""One prefix per namespace; the namespace of the contract itself is always `tns`."""


@frozen
class Name:
    """A qualified name."""

    namespace: str
    local: str


@frozen(kw_only=True)
class Member:
    """One element of a sequence."""

    name: str
    type: Name
    minimum: int = 0
    many: bool = False
    nillable: bool = False
    note: str = ""


@frozen(kw_only=True)
class Structure:
    """A complex type; members of `base` come first on the wire."""

    name: Name
    members: tuple[Member, ...]
    base: Name | None = None
    note: str = ""


@frozen(kw_only=True)
class Text:
    """A simple type: text that matches a pattern, or one of some values."""

    name: Name
    pattern: str = ""
    values: tuple[str, ...] = ()
    note: str = ""


@frozen(kw_only=True)
class Fault:
    """A declared fault; the detail element is named as its type."""

    type: Name
    action: str


@frozen(kw_only=True)
class Operation:
    """One operation; `parameters` is None where the names of the elements are not known."""

    name: str
    action: str
    parameters: tuple[Member, ...] | None
    result: Member | None
    faults: tuple[Fault, ...] = ()
    addressing: bool = True
    note: str = ""


@frozen(kw_only=True)
class Description:
    """One file."""

    file: str
    service: str
    namespace: str
    port_type: str
    binding: str
    address: str
    evidence: tuple[str, ...]
    types: tuple[Structure | Text, ...]
    operations: tuple[Operation, ...] = field(repr=False)


GUID_PATTERN = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
GUID = Text(name=Name(SERIALIZATION, "guid"), pattern=GUID_PATTERN)
ASMX_GUID = Text(name=Name(ASMX_TYPES, "guid"), pattern=GUID_PATTERN)
ANY = Name(XS, "anyType")

DATA_CONTRACT = (
    "The server reads and writes with .NET's DataContractSerializer. Every element may be left out and then has its "
    'default; strings, arrays and objects may be null (xsi:nil="true"), numbers, booleans, GUIDs, dateTimes and '
    "enumerations may not. Members of a base type come first, then a type's own members in ordinal order; parameters "
    "come in declared order. What comes late is skipped without a fault."
)
XML_SERIALIZER = (
    "The server writes in declared order. Null is an element left out; values that have no null (numbers, booleans, "
    "GUIDs, dateTimes, enumerations, structures of them) are required."
)
OURS = (
    "The words, the arrangement and the documentation are our own; names, order, types, namespaces and actions are "
    "the facts of the wire. The address is a place-holder and is always overridden."
)

SIGHTINGS = {
    "captured asmx WSDL 2018": "a server of 2018 (.asmx)",
    "sample proxy": "the public protocol samples",
    "captured .svc XSD (isc)": "a server of about 2022",
    "captured singleWsdl 2023": "a server of 2023",
    "captured WSDL 25.1": "a server of 2025 R1 (name and action)",
    "real server trace": "a recorded exchange with 2025 R1",
    "real server trace (report only)": "a report on 2025 R1",
    "real server trace (empty, inconclusive)": "a recorded exchange with 2025 R1, empty and inconclusive",
    "real server trace: fault 40000 not supported": "a recorded exchange with 2025 R1, refused with fault 40000",
    "official sample SmartSearch": "the public sample SmartSearch",
    "sample (via MIP SequenceDataSource)": "a public sample, indirectly",
    "peer lib": "another client",
    "open-source client vgrid/milestonexprotectsrc": "another client",
}


def seen(evidence: list[str]) -> str:
    """Where a thing was seen, in our words."""
    places = dict.fromkeys(SIGHTINGS[place] for place in evidence if place != "captured WSDL only")
    return f"Seen: {', '.join(places)}." if places else ""


def sentence(text: str | None) -> str:
    """A note of a protocol file as a sentence."""
    return f"{text[0].upper()}{text[1:].rstrip('.')}." if text else ""


def joined(*parts: str) -> str:
    """The parts that say something, with spaces between."""
    return " ".join(part for part in parts if part)


def wrapped(text: str, indent: str) -> Iterator[str]:
    """Break a text at spaces, so that lines stay readable in an editor."""
    line = indent
    for word in text.split():
        if len(line) + len(word) + 1 > WIDTH and line.strip():
            yield line.rstrip()
            line = indent
        line += word + " "
    if line.strip():
        yield line.rstrip()


def documentation(tag: str, text: str, indent: str) -> Iterator[str]:
    """One documentation element, on one line where it fits."""
    single = f"{indent}<{tag}>{escape(text)}</{tag}>"
    if len(single) <= WIDTH:
        yield single
        return
    yield f"{indent}<{tag}>"
    yield from wrapped(escape(text), indent + "  ")
    yield f"{indent}</{tag}>"


def annotation(text: str, indent: str) -> Iterator[str]:
    """An xs:annotation, or nothing."""
    if text:
        yield f"{indent}<xs:annotation>"
        yield from documentation("xs:documentation", text, indent + "  ")
        yield f"{indent}</xs:annotation>"


class Writer:
    """Writes one description as text."""

    def __init__(self, description: Description) -> None:
        self.description = description
        self.prefixes = {**PREFIXES, description.namespace: "tns"}
        used = {XS, description.namespace} | {item.name.namespace for item in description.types}
        self.namespaces = [description.namespace, *sorted(used - {XS, description.namespace})]

    def text(self) -> str:
        """The whole file."""
        return "\n".join(self.lines()) + "\n"

    def lines(self) -> Iterator[str]:
        d = self.description
        yield '<?xml version="1.0" encoding="utf-8"?>'
        yield "<!-- Written by tests/tools/describe.py from the facts of the protocol; do not edit. -->"
        yield f'<wsdl:definitions name="{d.service}" targetNamespace="{d.namespace}"'
        yield '    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"'
        yield '    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"'
        if any(operation.addressing for operation in d.operations):
            yield '    xmlns:wsaw="http://www.w3.org/2006/05/addressing/wsdl"'
        declared = [f'    xmlns:{self.prefixes[namespace]}="{namespace}"' for namespace in [XS, *self.namespaces]]
        yield from declared[:-1]
        yield declared[-1] + ">"
        yield from documentation("wsdl:documentation", " ".join(d.evidence), "  ")
        yield "  <wsdl:types>"
        for namespace in self.namespaces:
            yield from self.schema(namespace)
        yield "  </wsdl:types>"
        yield from self.messages()
        yield from self.port_type()
        yield from self.binding()
        yield f'  <wsdl:service name="{d.service}">'
        yield f'    <wsdl:port name="{d.binding}" binding="tns:{d.binding}">'
        yield f'      <soap:address location="{d.address}"/>'
        yield "    </wsdl:port>"
        yield "  </wsdl:service>"
        yield "</wsdl:definitions>"

    def reference(self, name: Name) -> str:
        return f"{self.prefixes[name.namespace]}:{name.local}"

    def schema(self, namespace: str) -> Iterator[str]:
        mine = [item for item in self.description.types if item.name.namespace == namespace]
        wrappers = self.description.operations if namespace == self.description.namespace else ()
        yield f'    <xs:schema elementFormDefault="qualified" targetNamespace="{namespace}">'
        for other in sorted(self.referenced(mine, wrappers) - {XS, namespace}):
            yield f'      <xs:import namespace="{other}"/>'
        for operation in wrappers:
            yield from self.wrapper(operation)
        for item in mine:
            yield from self.simple(item) if isinstance(item, Text) else self.structure(item)
        for name in dict.fromkeys(fault.type for each in self.description.operations for fault in each.faults):
            if name.namespace == namespace:
                yield f'      <xs:element name="{name.local}" nillable="true" type="{self.reference(name)}"/>'
        yield "    </xs:schema>"

    def referenced(self, items: Iterable[Structure | Text], operations: Iterable[Operation]) -> set[str]:
        members = [member for item in items if isinstance(item, Structure) for member in item.members]
        members += [member for operation in operations for member in operation.parameters or ()]
        members += [operation.result for operation in operations if operation.result]
        bases = {item.base.namespace for item in items if isinstance(item, Structure) and item.base}
        return {member.type.namespace for member in members} | bases

    def wrapper(self, operation: Operation) -> Iterator[str]:
        yield f'      <xs:element name="{operation.name}">'
        yield "        <xs:complexType>"
        if operation.parameters is None:
            yield "          <xs:sequence>"
            yield '            <xs:any minOccurs="0" maxOccurs="unbounded" processContents="skip"/>'
            yield "          </xs:sequence>"
        else:
            yield from self.sequence(operation.parameters, "          ")
        yield "        </xs:complexType>"
        yield "      </xs:element>"
        yield f'      <xs:element name="{operation.name}Response">'
        yield "        <xs:complexType>"
        yield from self.sequence((operation.result,) if operation.result else (), "          ")
        yield "        </xs:complexType>"
        yield "      </xs:element>"

    def sequence(self, members: tuple[Member, ...], indent: str) -> Iterator[str]:
        if not members:
            yield f"{indent}<xs:sequence/>"
            return
        yield f"{indent}<xs:sequence>"
        for member in members:
            yield from self.member(member, indent + "  ")
        yield f"{indent}</xs:sequence>"

    def member(self, member: Member, indent: str) -> Iterator[str]:
        occurs = ("" if member.minimum else ' minOccurs="0"') + (' maxOccurs="unbounded"' if member.many else "")
        nillable = ' nillable="true"' if member.nillable else ""
        start = f'{indent}<xs:element name="{member.name}" type="{self.reference(member.type)}"{occurs}{nillable}'
        if not member.note:
            yield start + "/>"
            return
        yield start + ">"
        yield from annotation(member.note, indent + "  ")
        yield f"{indent}</xs:element>"

    def structure(self, item: Structure) -> Iterator[str]:
        yield f'      <xs:complexType name="{item.name.local}">'
        yield from annotation(item.note, "        ")
        if item.base:
            yield '        <xs:complexContent mixed="false">'
            yield f'          <xs:extension base="{self.reference(item.base)}">'
            yield from self.sequence(item.members, "            ")
            yield "          </xs:extension>"
            yield "        </xs:complexContent>"
        else:
            yield from self.sequence(item.members, "        ")
        yield "      </xs:complexType>"

    def simple(self, item: Text) -> Iterator[str]:
        yield f'      <xs:simpleType name="{item.name.local}">'
        yield from annotation(item.note, "        ")
        yield '        <xs:restriction base="xs:string">'
        if item.pattern:
            yield f"          <xs:pattern value={quoteattr(item.pattern)}/>"
        for value in item.values:
            yield f"          <xs:enumeration value={quoteattr(value)}/>"
        yield "        </xs:restriction>"
        yield "      </xs:simpleType>"

    def messages(self) -> Iterator[str]:
        for operation in self.description.operations:
            for message, element in ((f"{operation.name}Request", operation.name), (f"{operation.name}Response",) * 2):
                yield f'  <wsdl:message name="{message}">'
                yield f'    <wsdl:part name="parameters" element="tns:{element}"/>'
                yield "  </wsdl:message>"
        for name in dict.fromkeys(fault.type for each in self.description.operations for fault in each.faults):
            yield f'  <wsdl:message name="{name.local}">'
            yield f'    <wsdl:part name="detail" element="{self.reference(name)}"/>'
            yield "  </wsdl:message>"

    def port_type(self) -> Iterator[str]:
        yield f'  <wsdl:portType name="{self.description.port_type}">'
        for operation in self.description.operations:
            asked, answered = (
                (f' wsaw:Action="{operation.action}"', f' wsaw:Action="{operation.action}Response"')
                if operation.addressing
                else ("", "")
            )
            yield f'    <wsdl:operation name="{operation.name}">'
            if operation.note:
                yield from documentation("wsdl:documentation", operation.note, "      ")
            yield f'      <wsdl:input message="tns:{operation.name}Request"{asked}/>'
            yield f'      <wsdl:output message="tns:{operation.name}Response"{answered}/>'
            for fault in operation.faults:
                local = fault.type.local
                yield f'      <wsdl:fault name="{local}Fault" message="tns:{local}"'
                yield f'          wsaw:Action="{fault.action}"/>'
            yield "    </wsdl:operation>"
        yield "  </wsdl:portType>"

    def binding(self) -> Iterator[str]:
        d = self.description
        yield f'  <wsdl:binding name="{d.binding}" type="tns:{d.port_type}">'
        yield '    <soap:binding transport="http://schemas.xmlsoap.org/soap/http" style="document"/>'
        for operation in d.operations:
            yield f'    <wsdl:operation name="{operation.name}">'
            yield f'      <soap:operation soapAction="{operation.action}" style="document"/>'
            yield '      <wsdl:input><soap:body use="literal"/></wsdl:input>'
            yield '      <wsdl:output><soap:body use="literal"/></wsdl:output>'
            for fault in operation.faults:
                name = f"{fault.type.local}Fault"
                yield f'      <wsdl:fault name="{name}"><soap:fault name="{name}" use="literal"/></wsdl:fault>'
            yield "    </wsdl:operation>"
        yield "  </wsdl:binding>"
