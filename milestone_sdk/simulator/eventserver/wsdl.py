"""The alarm service's own description of itself, made from the tables of `contract`.

Only for clients that insist on fetching one: its `soap:address` names the server's machine, which need not resolve
where the client is (protocol/alarms.md 1.1).
"""

from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

from milestone_sdk.simulator.eventserver.contract import (
    ACTION_PREFIX,
    COLLECTIONS,
    CONTRACTS,
    ENUMERATIONS,
    KEY_VALUES,
    MILESTONE,
    OPERATIONS,
    PROXY,
    SERVICE,
    alarm_contracts,
)
from milestone_sdk.simulator.wire.contract import ARRAYS, SERIALIZATION, Member
from milestone_sdk.simulator.wire.reader import XSD

__all__ = ["wsdl"]

_WSDL = "http://schemas.xmlsoap.org/wsdl/"
_SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
_PREFIXES = {
    "xs": XSD, "tns": SERVICE, "pa": PROXY, "ms": MILESTONE, "arr": ARRAYS, "kv": KEY_VALUES, "ser": SERIALIZATION,
    "soap": _SOAP, "wsdl": _WSDL,
}  # fmt: skip
_NAMES = {namespace: prefix for prefix, namespace in _PREFIXES.items()}
_TABLES = alarm_contracts()
_PORT = "BasicHttpBinding_IAlarmCommandToken"
_GUID_PATTERN = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def wsdl(address: str) -> bytes:
    """One WSDL document with all types inside; `address` goes into `soap:address` as it is."""
    scope = "".join(f' xmlns:{prefix}="{namespace}"' for prefix, namespace in _PREFIXES.items())
    parts = [
        f'<wsdl:definitions name="AlarmCommandToken" targetNamespace="{SERVICE}"{scope}>',
        "<wsdl:types>",
        *(part for namespace in (SERIALIZATION, ARRAYS, KEY_VALUES, MILESTONE, PROXY) for part in _schema(namespace)),
        *_wrappers(),
        "</wsdl:types>",
        *_messages(),
        '<wsdl:portType name="IAlarmCommandToken">',
        *(_port_operation(name) for name in OPERATIONS),
        "</wsdl:portType>",
        f'<wsdl:binding name="{_PORT}" type="tns:IAlarmCommandToken">',
        '<soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>',
        *(_bound_operation(name) for name in OPERATIONS),
        "</wsdl:binding>",
        f'<wsdl:service name="AlarmCommandToken"><wsdl:port name="{_PORT}" binding="tns:{_PORT}">',
        f"<soap:address location={quoteattr(address)}/></wsdl:port></wsdl:service></wsdl:definitions>",
    ]
    return "".join(parts).encode()


def _namespace(kind: str) -> str:
    """Where a type is declared: a collection is in the namespace of its items."""
    if kind == "guid":
        return SERIALIZATION
    if kind in _TABLES.scalars or kind == "anyType":
        return XSD
    if kind in ENUMERATIONS:
        return MILESTONE if kind == "FolderType" else PROXY
    return _TABLES.namespace(kind)


def _element(member: Member, occurs: str) -> str:
    nillable = ' nillable="true"' if _TABLES.is_nillable(member.type) else ""
    kind = f"{_NAMES[_namespace(member.type)]}:{member.type}"
    return f'<xs:element name="{member.name}" type="{kind}"{occurs}{nillable}/>'


def _sequence(members: tuple[Member, ...]) -> str:
    inside = "".join(_element(member, "" if member.required else ' minOccurs="0"') for member in members)
    return f"<xs:sequence>{inside}</xs:sequence>" if inside else "<xs:sequence/>"


def _schema(namespace: str) -> Iterator[str]:
    yield f'<xs:schema elementFormDefault="qualified" targetNamespace="{namespace}">'
    for other in (SERIALIZATION, ARRAYS, KEY_VALUES, MILESTONE, PROXY):
        if other != namespace:
            yield f'<xs:import namespace="{other}"/>'
    if namespace == SERIALIZATION:
        pattern = f'<xs:restriction base="xs:string"><xs:pattern value="{_GUID_PATTERN}"/></xs:restriction>'
        yield f'<xs:simpleType name="guid">{pattern}</xs:simpleType>'
    for name, values in ENUMERATIONS.items():
        if _namespace(name) == namespace:
            listed = "".join(f'<xs:enumeration value="{value}"/>' for value in values)
            content = f'<xs:restriction base="xs:string">{listed}</xs:restriction>'
            yield f'<xs:simpleType name="{name}">{content}</xs:simpleType>'
    for name, contract in CONTRACTS.items():
        if contract.namespace == namespace:
            content = _sequence(contract.members)
            if contract.base is not None:
                base = f"{_NAMES[_namespace(contract.base)]}:{contract.base}"
                content = f'<xs:complexContent><xs:extension base="{base}">{content}</xs:extension></xs:complexContent>'
            yield f'<xs:complexType name="{name}">{content}</xs:complexType>'
    for name, collection in COLLECTIONS.items():
        if collection.namespace == namespace:
            item = _element(Member(collection.item, collection.type), ' minOccurs="0" maxOccurs="unbounded"')
            yield f'<xs:complexType name="{name}"><xs:sequence>{item}</xs:sequence></xs:complexType>'
    if namespace == PROXY:
        yield '<xs:element name="AlarmServiceFault" type="pa:AlarmServiceFault" nillable="true"/>'
    yield "</xs:schema>"


def _wrappers() -> Iterator[str]:
    yield f'<xs:schema elementFormDefault="qualified" targetNamespace="{SERVICE}">'
    for other in (SERIALIZATION, ARRAYS, KEY_VALUES, MILESTONE, PROXY):
        yield f'<xs:import namespace="{other}"/>'
    for name, operation in OPERATIONS.items():
        result = (Member(f"{name}Result", operation.result),) if operation.result else ()
        for element, members in ((name, operation.parameters), (f"{name}Response", result)):
            yield f'<xs:element name="{element}"><xs:complexType>{_sequence(members)}</xs:complexType></xs:element>'
    yield "</xs:schema>"


def _messages() -> Iterator[str]:
    for name in OPERATIONS:
        for suffix, element in (("InputMessage", name), ("OutputMessage", f"{name}Response")):
            part = f'<wsdl:part name="parameters" element="tns:{element}"/>'
            yield f'<wsdl:message name="IAlarmCommandToken_{name}_{suffix}">{part}</wsdl:message>'
    part = '<wsdl:part name="detail" element="pa:AlarmServiceFault"/>'
    yield f'<wsdl:message name="AlarmServiceFaultFault">{part}</wsdl:message>'


def _port_operation(name: str) -> str:
    message = f"tns:IAlarmCommandToken_{name}"
    return (
        f'<wsdl:operation name="{name}"><wsdl:input message="{message}_InputMessage"/>'
        f'<wsdl:output message="{message}_OutputMessage"/>'
        '<wsdl:fault name="AlarmServiceFaultFault" message="tns:AlarmServiceFaultFault"/></wsdl:operation>'
    )


def _bound_operation(name: str) -> str:
    literal = '<soap:body use="literal"/>'
    return (
        f'<wsdl:operation name="{name}"><soap:operation soapAction="{ACTION_PREFIX}{name}" style="document"/>'
        f"<wsdl:input>{literal}</wsdl:input><wsdl:output>{literal}</wsdl:output>"
        '<wsdl:fault name="AlarmServiceFaultFault"><soap:fault name="AlarmServiceFaultFault" use="literal"/>'
        "</wsdl:fault></wsdl:operation>"
    )
