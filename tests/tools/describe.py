"""Write the interface descriptions in `milestone_sdk/wsdl/` from the machine-readable protocol files.

Run it from the project root when a `*-types.json` has changed; `tests/conformance` compares its output with the
files in the package wherever the protocol folder is present::

    python tests/tools/describe.py [../shared/protocol]

The facts come from the protocol files; the documentation in the descriptions is theirs and this module's.
"""

import json
import sys
from pathlib import Path
from typing import Any

from describe_management import server_command, server_command_asmx, service_registration
from describe_notes import noted
from describe_wsdl import (
    ASMX_GUID,
    ASMX_TYPES,
    DATA_CONTRACT,
    GUID,
    OURS,
    XML_SERIALIZER,
    XS,
    Description,
    Fault,
    Member,
    Name,
    Operation,
    Structure,
    Text,
    Writer,
    joined,
    seen,
    sentence,
)

ROOT = Path(__file__).resolve().parents[2]
Json = dict[str, Any]


def configuration(source: Json) -> Description:
    """ConfigurationApiService (docs/protocol: configuration-contract)."""
    spaces = source["namespaces"]

    def type_name(item: Json) -> Name:
        prefix, _, local = item["type"].rpartition(":")
        return Name(XS, local) if prefix == "xs" else Name(item["typeNamespace"], local)

    def member(item: Json) -> Member:
        many = item.get("maxOccurs") == "unbounded"
        minimum = item.get("minOccurs", 0)
        note = f"Since 2022 R3. {sentence(item['evidence'])}" if "position" in item else ""
        return Member(
            name=item["name"], type=type_name(item), minimum=minimum, many=many, nillable=item["nillable"], note=note
        )

    def structure(name: str, item: Json) -> Structure:
        # Later members are placed as the serializer places them: ordinal order.
        fields = item["fields"] + item.get("laterMembers", [])
        ordered = sorted(fields, key=lambda each: each["name"]) if "laterMembers" in item else fields
        note = "An empty type that leaks into the servers' schema; nothing uses it." if name == "ItemTypes" else ""
        return Structure(name=Name(item["namespace"], name), members=tuple(map(member, ordered)), note=note)

    def operation(name: str, item: Json) -> Operation:
        return Operation(
            name=name,
            action=item["soapAction"],
            parameters=tuple(map(member, item["params"])),
            result=member(item["result"]) if item["result"] else None,
            faults=tuple(
                Fault(type=Name(spaces["faults"], each), action=item["faultActionPattern"].replace("<FaultType>", each))
                for each in item["faults"]
            ),
            note=sentence(item.get("note")),
        )

    structures = tuple(structure(*item) for item in source["types"].items())
    enums = tuple(
        Text(name=Name(item["namespace"], name), values=tuple(item["values"])) for name, item in source["enums"].items()
    )
    return Description(
        file="ConfigurationApiService.wsdl",
        service="ConfigurationApiService",
        namespace=spaces["contract"],
        port_type="IConfigurationService",
        binding="BasicHttpBinding_IConfigurationService",
        address="https://management-server.invalid/ManagementServer/ConfigurationApiServiceOAuth.svc",
        evidence=(
            "ConfigurationApiService of the management server: items, children, methods and tasks of the configuration "
            "(docs/protocol: configuration-contract).",
            "Evidence: the descriptions that servers of 2019 (14 operations, proof of the mixed-case namespace) and of "
            "about 2020 (16 operations) published; another client for the namespace. GetChildItemsHierarchy and "
            "QueryItems exist since 2020 R2. Property/ValueArray is known from the public documentation and samples "
            "(2022 R3 and later); its form and place are inferred.",
            DATA_CONTRACT,
            OURS,
        ),
        types=(*structures, *enums),
        operations=tuple(operation(*item) for item in source["operations"].items()),
    )


def alarm(source: Json) -> Description:
    """AlarmServiceToken of the event server (docs/protocol: alarms-namespaces, alarms-messages, alarms-operations)."""

    def name(item: Json) -> Name:
        return Name(item["namespace"], item["name"])

    def member(item: Json) -> Member:
        newer = "Absent on older servers." if item.get("evidence") == "W" else ""
        omitted = "The server leaves it out when it has its default." if item.get("omittedWhenDefault") else ""
        return Member(
            name=item["name"],
            type=name(item["type"]),
            minimum=item["minOccurs"],
            nillable=item["nillable"],
            note=joined(newer, omitted),
        )

    def structure(local: str, item: Json) -> Structure:
        namespace = item["namespace"]
        note = "Only in newer servers' descriptions." if item["evidence"].startswith("W (known") else ""
        return Structure(
            name=Name(namespace, local),
            members=tuple(map(member, item["fields"])),
            base=Name(namespace, item["base"]) if item["base"] else None,
            note=note,
        )

    def collection(local: str, item: Json) -> Structure:
        element = Member(name=item["item"], type=name(item["itemType"]), many=True, nillable=item["itemNillable"])
        return Structure(name=Name(item["namespace"], local), members=(element,))

    def enumeration(local: str, item: Json) -> Text:
        note = "CameraId: newer servers only." if local == "Target" else ""
        note = "0 no folder, 1 system defined, 2 user defined." if local == "FolderType" else note
        values = tuple(each["wire"] for each in item["values"])
        return Text(name=Name(item["namespace"], local), values=values, note=note)

    def operation(local: str, item: Json) -> Operation:
        result, fault = item["result"], item["fault"]
        return Operation(
            name=local,
            action=item["soapAction"],
            parameters=tuple(map(member, item["params"])),
            result=member({**result, "name": result["element"]}) if result else None,
            faults=(Fault(type=Name(fault["namespace"], fault["detailElement"]), action=fault["action"]),),
            note=joined(
                sentence(item.get("note")),
                "Only in newer servers' descriptions, absent from the public samples; what Criteria means is not known."
                if item["evidence"].startswith("W")
                else "",
            ),
        )

    operations = {local: operation(local, item) for local, item in source["operations"].items()}
    later = operations.pop("GetAlarmsWithRelatedHardware")  # the servers list it after GetAlarmLines
    ordered = [
        each for item in operations.values() for each in ([item, later] if item.name == "GetAlarmLines" else [item])
    ]
    return Description(
        file="AlarmServiceToken.wsdl",
        service="AlarmCommandToken",
        namespace=source["serviceNamespace"],
        port_type=source["contract"],
        binding=source["wsdl"]["binding"],
        address="https://event-server.invalid:22331/Central/AlarmServiceToken",
        evidence=(
            "AlarmServiceToken of the event server: alarms and events (docs/protocol: alarms-service). The first "
            "parameter of every operation is the token of the management server's Login.",
            "Evidence: the public protocol samples (28 operations) and the description that an event server of about "
            "2022 published (29), which agree member by member; what only the second has is marked.",
            DATA_CONTRACT,
            "Exceptions to the order: the types of urn:milestone-systems have an order of their own. Where a value is "
            "of any type (Condition/Value, SearchElement/SearchValue), it must carry xsi:type.",
            OURS,
        ),
        types=(
            *(structure(*item) for item in source["types"].items()),
            *(collection(*item) for item in source["collections"].items()),
            *(enumeration(*item) for item in source["enums"].items()),
            GUID,
        ),
        operations=tuple(ordered),
    )


def recorder(source: Json) -> Description:
    """RecorderCommandService of the recording server (docs/protocol: recorder-service)."""
    namespace = source["meta"]["targetNamespace"]
    spaces = {"s": XS, "s1": ASMX_TYPES, "tns": namespace}

    def member(item: Json) -> Member:
        prefix, _, local = item["type"].rpartition(":")
        return Member(
            name=item["name"],
            type=Name(spaces[prefix], local),
            minimum=item["minOccurs"],
            many=item["maxOccurs"] == "unbounded",
            nillable=item["nillable"],
        )

    def operation(name: str) -> Operation:
        item = source["operations"][name]
        return Operation(
            name=name,
            action=item["action"],
            parameters=tuple(map(member, item["params"])),
            result=member(item["result"]) if item["result"] else None,
            addressing=False,
            note=joined("Changes something." if item["changesState"] else "", seen(item["wireEvidence"])),
        )

    structures = tuple(
        Structure(name=Name(namespace, name), members=tuple(map(member, item["fields"])))
        for name, item in source["types"].items()
    )
    enums = tuple(
        Text(name=Name(item["namespace"], name), values=tuple(item["values"]))
        for name, item in source["simpleTypes"].items()
        if "values" in item
    )
    return Description(
        file="RecorderCommandService.wsdl",
        service="RecorderCommandService",
        namespace=namespace,
        port_type="RecorderCommandServiceSoap",
        binding="RecorderCommandServiceSoap",
        address="https://recording-server.invalid:7563/RecorderCommandService/RecorderCommandService.asmx",
        evidence=(
            "RecorderCommandService of the recording server: PTZ, presets, outputs, sequences, pictures, smart search, "
            "multicast, manual recording (docs/protocol: recorder-service).",
            "Evidence: the description that a recording server of 2025 R1 (25.1) published, 46 operations; recorded "
            "exchanges with it. A recording server of 2018 had ControlLiveStream besides and no PrivacyMaskVersion. "
            "That an operation is described does not mean that the server supports it: StartRecording answers fault "
            "40000.",
            "Operation and parameter elements must carry no prefix: recording servers do not read prefixed ones.",
            XML_SERIALIZER,
            OURS,
        ),
        types=(*structures, *enums, ASMX_GUID),
        operations=tuple(operation(name) for name in source["operationOrder"]),
    )


def descriptions(protocol: Path) -> list[Description]:
    """All descriptions, from the folder of protocol files."""

    def load(name: str) -> Json:
        loaded: Json = json.loads((protocol / f"{name}-types.json").read_text(encoding="utf-8"))
        return loaded

    management = load("servercommand")
    return [
        noted("server_command", server_command(management)),
        noted("server_command", server_command_asmx(management)),
        noted("service_registration", service_registration(management)),
        noted("configuration", configuration(load("configurationapi"))),
        noted("alarm", alarm(load("alarmservice"))),
        noted("recorder", recorder(load("recordercommand"))),
    ]


def main(arguments: list[str]) -> None:
    """Write every description into the package."""
    protocol = Path(arguments[0]) if arguments else ROOT.parent / "shared" / "protocol"
    for description in descriptions(protocol):
        path = ROOT / "milestone_sdk" / "wsdl" / description.file
        path.write_text(Writer(description).text(), encoding="utf-8", newline="\n")
        print(f"{description.file}: {len(description.operations)} operations, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
