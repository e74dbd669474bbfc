"""Every operation of every contract: what is encoded fits the description, and what a server answers is decoded.

Judges other than the code under test: libxml2's schema validator for requests, an independent reader of the
descriptions for the values and the replies.
"""

import re
from pathlib import Path

import pytest
from lxml import etree

from milestone_sdk._protocol.soap.contract import Contract, Record
from milestone_sdk.errors import RemoteProtocolError
from milestone_sdk.wsdl import DESCRIPTIONS

from .interface_description import Interface, read
from .sample_values import is_array, reply, value

DESCRIBED = Path(__file__).resolve().parents[2] / "milestone_sdk" / "wsdl"
XS = "{http://www.w3.org/2001/XMLSchema}"

EVERY = [
    (service, operation)
    for service, file in DESCRIPTIONS.items()
    for operation in read([DESCRIBED / file]).signatures
]  # fmt: skip


@pytest.fixture(scope="module")
def interfaces() -> dict[str, Interface]:
    return {service: read([DESCRIBED / file]) for service, file in DESCRIPTIONS.items()}


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> dict[str, etree.XMLSchema]:
    """The inline schemas of each description as libxml2 validates them: one file per namespace, imports located."""
    compiled: dict[str, etree.XMLSchema] = {}
    for service, file in DESCRIPTIONS.items():
        folder = tmp_path_factory.mktemp(service)
        inline = list(etree.parse(DESCRIBED / file).getroot().iter(f"{XS}schema"))
        places = {schema.get("targetNamespace"): f"{number}.xsd" for number, schema in enumerate(inline)}
        for schema in inline:
            for needed in schema.iterchildren(f"{XS}import"):
                needed.set("schemaLocation", places[needed.get("namespace")])
            (folder / places[schema.get("targetNamespace")]).write_bytes(etree.tostring(schema))
        compiled[service] = etree.XMLSchema(etree.parse(folder / "0.xsd"))
    return compiled


def request_of(body: bytes) -> etree._Element:
    return etree.fromstring(body)[0][0]


def test_there_are_as_many_operations_as_documented() -> None:
    counts = {service: len(Contract.named(service).operations) for service in DESCRIPTIONS}
    assert counts == {
        "server_command": 69,
        "server_command_asmx": 3,
        "service_registration": 8,
        "configuration": 16,
        "alarm": 29,
        "recorder": 46,
    }
    assert len(EVERY) == sum(counts.values())


@pytest.mark.parametrize(("service", "operation"), EVERY)
def test_a_full_request_fits_the_description(
    service: str, operation: str, interfaces: dict[str, Interface], schemas: dict[str, etree.XMLSchema]
) -> None:
    contract, interface = Contract.named(service), interfaces[service]
    declared = interface.signatures[operation].parameters
    given = {element.name: value(interface, element.type) for element in declared}
    # Given in the wrong order: the contract's order must come out.
    body, action = contract.encode(operation, **dict(reversed(given.items())))
    request = request_of(body)
    schemas[service].assertValid(etree.ElementTree(request))
    assert [child.tag for child in request] == [f"{{{element.namespace}}}{element.name}" for element in declared]
    assert action == interface.actions[operation]


@pytest.mark.parametrize(("service", "operation"), EVERY)
def test_an_empty_request_fits_or_says_what_is_missing(
    service: str, operation: str, interfaces: dict[str, Interface], schemas: dict[str, etree.XMLSchema]
) -> None:
    contract, interface = Contract.named(service), interfaces[service]
    required = {
        element.name: value(interface, element.type)
        for element in interface.signatures[operation].parameters
        if element.minimum == "1"
    }
    request = request_of(contract.encode(operation, **required)[0])
    schemas[service].assertValid(etree.ElementTree(request))
    assert [etree.QName(child).localname for child in request] == list(required)


@pytest.mark.parametrize(("service", "operation"), EVERY)
def test_no_element_of_the_contract_carries_a_prefix(
    service: str, operation: str, interfaces: dict[str, Interface]
) -> None:
    """Recorders do not read prefixed operation and parameter elements (docs/protocol: recorder-envelope)."""
    contract, interface = Contract.named(service), interfaces[service]
    given = {element.name: value(interface, element.type) for element in interface.signatures[operation].parameters}
    text = contract.encode(operation, **given)[0].decode()
    inside = text.partition("<s:Body>")[2].partition("</s:Body>")[0]
    assert inside.startswith(f'<{operation} xmlns="{contract.namespace}"')
    for element in interface.signatures[operation].parameters:
        assert f"<{element.name}>" in inside or f"<{element.name} " in inside
    if service == "recorder":
        assert not re.search(r"</?\w+:", inside)
        assert inside.count("xmlns") == 1


@pytest.mark.parametrize(("service", "operation"), EVERY)
def test_a_full_reply_is_decoded_whole(service: str, operation: str, interfaces: dict[str, Interface]) -> None:
    contract, interface = Contract.named(service), interfaces[service]
    results = interface.signatures[operation].results
    expected = value(interface, results[0].type) if results else None
    assert contract.decode(operation, reply(interface, operation, contract.namespace, expected)) == expected


@pytest.mark.parametrize(("service", "operation"), EVERY)
def test_an_empty_reply_is_none(service: str, operation: str, interfaces: dict[str, Interface]) -> None:
    contract = Contract.named(service)
    bare = reply(interfaces[service], operation, contract.namespace, None)
    assert contract.decode(operation, bare) is None


@pytest.mark.parametrize(("service", "operation"), EVERY)
def test_the_reply_to_another_operation_is_refused(
    service: str, operation: str, interfaces: dict[str, Interface]
) -> None:
    contract = Contract.named(service)
    other = next(name for name in contract.operations if name != operation)
    with pytest.raises(RemoteProtocolError, match=f"{operation}Response"):
        contract.decode(operation, reply(interfaces[service], other, contract.namespace, None))


@pytest.mark.parametrize("service", DESCRIPTIONS)
def test_members_can_be_read_as_attributes(service: str, interfaces: dict[str, Interface]) -> None:
    """A member that is named as a method of dict would hide behind it."""
    own = {name for name in dir(Record) if not name.startswith("__")} | {"wire_type", "unknown"}
    names = {member.name for shape in interfaces[service].types.values() for member in shape.members}
    assert own & names == set()


@pytest.mark.parametrize("service", DESCRIPTIONS)
def test_signatures_agree_with_the_description(service: str, interfaces: dict[str, Interface]) -> None:
    contract, interface = Contract.named(service), interfaces[service]
    for operation, described in interface.signatures.items():
        signature = contract.signature(operation)
        if signature.parameters is None:
            assert operation.startswith("RestrictedMedia")
            continue
        assert [each.name for each in signature.parameters] == [each.name for each in described.parameters]
        assert [each.required for each in signature.parameters] == [
            each.minimum == "1" for each in described.parameters
        ]
        for mine, theirs in zip(signature.parameters, described.parameters, strict=True):
            assert mine.type.endswith("[]") == is_array(interface, theirs.type)
