"""The services of the management server that `servercommand-types.json` knows, as plain values."""

import re
from typing import Any

from describe_wsdl import (
    ANY,
    ASMX_GUID,
    DATA_CONTRACT,
    GUID,
    OURS,
    SERIALIZATION,
    XML_SERIALIZER,
    XS,
    Description,
    Member,
    Name,
    Operation,
    Structure,
    Text,
    joined,
    seen,
    sentence,
)

Json = dict[str, Any]


class DataContractTypes:
    """Reads the `types`, `arrays` and `enums` of the server command file, by name."""

    def __init__(self, source: Json) -> None:
        self.names = {
            name: Name(item["namespace"], name)
            for kind in ("types", "arrays", "enums")
            for name, item in source[kind].items()
        }
        self.source = source

    def name(self, text: str) -> Name:
        prefix, _, local = text.rpartition(":")
        return {"xs": Name(XS, local), "ser": Name(SERIALIZATION, local), "": self.names.get(text, ANY)}[prefix]

    def member(self, item: Json) -> Member:
        since = item.get("since", "")
        return Member(
            name=item["name"],
            type=self.name(item["type"]),
            minimum=item.get("minOccurs", 0),
            nillable=item["nillable"],
            note=joined(meaning(item.get("meaning", "")), f"Since {since}." if since[:1].isdigit() else ""),
        )

    def array(self, name: str, item: Json) -> Structure:
        element = Member(
            name=item["item_element"], type=self.name(item["item_type"]), many=True, nillable=item["item_nillable"]
        )
        return Structure(name=self.names[name], members=(element,))

    def structure(self, name: str, item: Json) -> Structure:
        return Structure(
            name=self.names[name],
            members=tuple(map(self.member, item["fields"])),
            base=self.names[item["base"]] if item.get("base") else None,
        )

    def all(self) -> tuple[Structure | Text, ...]:
        structures = [self.structure(*item) for item in self.source["types"].items()]
        arrays = [self.array(*item) for item in self.source["arrays"].items()]
        enums = [
            Text(name=self.names[name], values=tuple(item["values"])) for name, item in self.source["enums"].items()
        ]
        return (*structures, *arrays, *enums, GUID)


def meaning(text: str) -> str:
    """What a member means, in the words of these descriptions."""
    text = re.sub(r" \[(?!inferred)[^]]*]", "", text)
    text = re.sub(r"\bin (the )?trace\b", "in a recorded exchange", text)
    text = text.replace("trace shows", "a recorded exchange shows")
    return sentence(re.sub(r"\btrace\b", "seen:", text))


def roles(parameters: list[Json] | None) -> str:
    """What is known of parameters without names."""
    if parameters is None:
        return "The parameters are not known."
    if not parameters:
        return "No parameter is known."
    listed = ", ".join(f"{item['role']} ({item['type'].rpartition(':')[2]})" for item in parameters)
    return f"Parameters in order, by their role and type: {listed}."


def restricted_media(item: Json, name: str) -> Operation:
    """An operation whose element names nobody has seen: everything known is said in words."""
    result = item["result"]
    shape = result["shape"].replace("same", "as of RestrictedMediaCreate")
    note = joined(
        "Media restriction, 2023 R2 and later. KNOWN IN PART: the names of the parameter elements were never seen, so "
        "any elements are allowed here; read the server's own description before a call.",
        roles(item["params"]),
        f"Result: {shape}; its type and namespace were never seen.",
        seen(item["seen_in"]),
    )
    answer = Member(name=result["name"], type=ANY, nillable=True)
    return Operation(name=name, action=item["action"], parameters=None, result=answer, note=note)


def server_command(source: Json) -> Description:
    """ServerCommandService, the .svc form (docs/protocol: servercommand-shape)."""
    types = DataContractTypes(source)

    def operation(name: str, item: Json) -> Operation:
        if not item["names_known"]:
            return restricted_media(item, name)
        return Operation(
            name=name,
            action=item["action"],
            parameters=tuple(types.member(each) for each in item["params"]),
            result=types.member(item["result"]) if item["result"] else None,
            note=seen(item["seen_in"]),
        )

    return Description(
        file="ServerCommandService.wsdl",
        service="ServerCommandService",
        namespace=source["service"]["contract_namespace"],
        port_type="IServerCommandService",
        binding="BasicHttpBinding_IServerCommandService",
        address="https://management-server.invalid" + source["service"]["oauth_path"],
        evidence=(
            "ServerCommandService of the management server, .svc form (also ServerCommandServiceOAuth.svc): login, "
            "configuration, bookmarks, evidence lock, user-defined events, view groups, presets "
            "(docs/protocol: servercommand-shape).",
            "Evidence: the descriptions that servers of about 2022 and of 2023 published (57 and 60 operations with "
            "their types), the public protocol samples (50 operations), the outer description of a 2025 R1 server "
            "(69 names and actions), recorded exchanges with 23.2 for the members marked as such. The nine "
            "RestrictedMedia operations are known by name and action only.",
            DATA_CONTRACT,
            OURS,
        ),
        types=types.all(),
        operations=tuple(operation(*item) for item in source["operations"].items()),
    )


class AsmxTypes:
    """The same types as .asmx writes them: other order, other names of arrays, other GUID."""

    # docs/protocol: servercommand-asmx

    LATER = "Not in the 2018 description; its place in the order is not known, so it stands last here."

    def __init__(self, source: Json) -> None:
        self.source = source
        self.namespace: str = source["namespaces"]["sc"]

    def name(self, text: str) -> Name:
        prefix, _, local = text.rpartition(":")
        if prefix:
            return Name(XS, local) if prefix == "xs" else ASMX_GUID.name
        renamed = {"ArrayOfguid": "ArrayOfGuid", "ArrayOfstring": "ArrayOfString"}
        return Name(self.namespace, renamed.get(local, local))

    def optional(self, text: str) -> bool:
        return text == "xs:string" or text in self.source["types"] or text in self.source["arrays"]

    def structure(self, name: str) -> Structure:
        if name in self.source["arrays"]:
            item = self.source["arrays"][name]
            element = Member(
                name=item["item_element"], type=self.name(item["item_type"]), many=True, nillable=item["item_nillable"]
            )
            return Structure(name=self.name(name), members=(element,))
        item = self.source["types"][name]
        fields = {member["name"]: member for member in item["fields"]}
        original: list[str] = item.get("asmx_order_2018", [])
        placed: list[str] = item.get("asmx_order_later", original)
        return Structure(
            name=self.name(name),
            members=tuple(
                Member(
                    name=each,
                    type=self.name(fields[each]["type"]),
                    minimum=int(each in original and not self.optional(fields[each]["type"])),
                    note="" if each in original else "Since 2023 R2 or earlier." if each in placed else self.LATER,
                )
                for each in [*placed, *(each for each in fields if each not in placed)]
            ),
            base=self.name(item["base"]) if item["base"] else None,
        )

    def reachable(self, *roots: str) -> tuple[Structure | Text, ...]:
        """Everything that these types need."""
        waiting, found = list(roots), dict[str, Structure | Text]()
        while waiting:
            name = waiting.pop(0)
            if name in found or ":" in name:
                continue
            if name in self.source["enums"]:
                found[name] = Text(name=self.name(name), values=tuple(self.source["enums"][name]["values"]))
                continue
            found[name] = self.structure(name)
            item = self.source["types"].get(name, {})
            waiting += [field["type"] for field in item.get("fields", ())]
            waiting += [item["base"]] if item.get("base") else []
            waiting += [self.source["arrays"][name]["item_type"]] if name in self.source["arrays"] else []
        return (*found.values(), ASMX_GUID)


def server_command_asmx(source: Json) -> Description:
    """Login, Logout and GetConfiguration as .asmx has them (docs/protocol: servercommand-asmx)."""
    types = AsmxTypes(source)

    def operation(name: str) -> Operation:
        item = source["operations"][name]
        members = [
            Member(name=each["name"], type=types.name(each["type"]), minimum=int(not types.optional(each["type"])))
            for each in [*item["params"], *([item["result"]] if item["result"] else [])]
        ]
        count = len(item["params"])
        return Operation(
            name=name,
            action=item["asmx_action"],
            parameters=tuple(members[:count]),
            result=members[count] if item["result"] else None,
            addressing=False,
        )

    return Description(
        file="ServerCommandService.asmx.wsdl",
        service="ServerCommandService",
        namespace=types.namespace,
        port_type="ServerCommandServiceSoap",
        binding="ServerCommandServiceSoap",
        address="https://management-server.invalid" + source["service"]["asmx_path"],
        evidence=(
            "ServerCommandService of the management server, .asmx form: Login, Logout and GetConfiguration, for "
            "Windows users of servers before 2021 R1 (docs/protocol: servercommand-asmx). The old form has some 50 "
            "operations; only these three are described.",
            "Evidence: the description that a server of 2018 published; members that later servers added are marked "
            "and taken from the .svc form and from recorded exchanges with 23.2.",
            XML_SERIALIZER,
            OURS,
        ),
        types=types.reachable("LoginInfo", "ConfigurationInfo"),
        operations=tuple(operation(name) for name in ("Login", "Logout", "GetConfiguration")),
    )


def service_registration(source: Json) -> Description:
    """ServiceRegistrationService (docs/protocol: registration-service)."""
    part = source["service_registration"]
    data = part["types"]["ServiceInfo"]["namespace"]
    array = {"item_nillable": True, "namespace": data, "item_namespace": data}
    types = DataContractTypes(
        {
            "types": part["types"],
            "arrays": {
                "ArrayOfServiceInfo": {**array, "item_element": "ServiceInfo", "item_type": "ServiceInfo"},
                "ArrayOfServiceEndpoint": {**array, "item_element": "ServiceEndpoint", "item_type": "ServiceEndpoint"},
                "ArrayOfstring": source["arrays"]["ArrayOfstring"],
            },
            "enums": {},
        }
    )

    def operation(name: str, item: Json) -> Operation:
        result = item["result"]
        nillable = bool(result) and result["type"] != "xs:boolean"
        return Operation(
            name=name,
            action=part["action_pattern"].format(op=name),
            parameters=tuple(types.member(each) for each in item["params"]),
            result=types.member({**result, "nillable": nillable}) if result else None,
        )

    return Description(
        file="ServiceRegistrationService.wsdl",
        service="ServiceRegistrationService",
        namespace=part["request_namespace"],
        port_type="IServiceRegistrationService",
        binding="BasicHttpBinding_IServiceRegistrationService",
        address="https://management-server.invalid/ManagementServer/ServiceRegistrationServiceOAuth.svc",
        evidence=(
            "ServiceRegistrationService of the management server: where the event server, the log server and others "
            "are (docs/protocol: registration-service). No operation has a token parameter: the transport "
            "authenticates.",
            "Evidence: the description that a server of about 2022 published; recorded exchanges with 23.2.",
            DATA_CONTRACT,
            OURS,
        ),
        types=types.all(),
        operations=tuple(operation(*item) for item in part["operations"].items()),
    )
