"""The simulated ServerCommandService, by docs/protocol: identity-flows and by what Microsoft's serializer writes."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import etree

from milestone_sdk.simulator import Simulator, User, example_site, large_site
from milestone_sdk.simulator.management.contract import IN_PROXY, OPERATIONS, PROXY, server_contracts
from milestone_sdk.simulator.releases import RELEASES
from milestone_sdk.simulator.site import Device, stable_id
from tests.support.management_wire import (
    ARRAYS,
    INSTANCE,
    SC,
    SOAP11,
    SOAP12,
    XSI,
    Wire,
    basic_auth,
    envelope,
    fault,
    local,
    request_element,
    texts,
    tree,
)
from tests.support.soap_bodies import GOLDEN

Factory = Callable[..., Simulator]
PROTOCOL = Path(__file__).resolve().parents[4] / "shared" / "protocol"

CONFIGURATION_MEMBERS = (
    "AlertTypeGroups AlertTypes ApplicationAccess AudioMessages BookmarkSettings CameraGroups DeviceMappings "
    "EventTypeGroups EventTypes FailoverCheckInterval InputGroups Licenses MatrixMonitors MetadataDeviceGroups "
    "MicrophoneGroups OutputGroups Recorders RetentionSettings ServerDescription ServerId ServerName ServerOptions "
    "SpeakerGroups SystemEventTypes"
)


def shared(name: str) -> Path:
    path = PROTOCOL / name
    if not path.exists():
        pytest.skip(f"the reference material is not beside this checkout: {name}")
    return path


@pytest.fixture
def sim(simulator_factory: Factory) -> Simulator:
    return simulator_factory(services=("management",), null_form="nil")


@pytest.fixture
def wire(sim: Simulator) -> Iterator[Wire]:
    with Wire(sim) as wire:
        yield wire


def configuration(wire: Wire) -> Any:
    headers = wire.bearer()
    answer = wire.call("GetConfiguration", f"<token>{wire.login(headers)}</token>", headers=headers)
    assert answer.status_code == 200
    return tree(answer)[0][0][0]


def children(element: Any) -> list[str]:
    return [local(child) for child in element]


# Requests as Microsoft's serializer writes them


@pytest.mark.parametrize(
    "current",
    ["<currentToken/>", f'<currentToken i:nil="true" xmlns:i="{XSI}"/>', "", "<currentToken>TOKEN#old#</currentToken>"],
)
def test_login_reads_every_form_of_no_token(wire: Wire, current: str) -> None:
    answer = wire.call("Login", f"<instanceId>{INSTANCE}</instanceId>{current}", headers=wire.bearer())
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    result = tree(answer)[0][0][0]
    assert etree.QName(result).text == f"{{{SC}}}LoginResult"
    assert children(result) == ["RegistrationTime", "TimeToLive", "TimeToLiveLimited", "Token"]
    assert texts(result, "MicroSeconds") == ["14400000000"]
    assert texts(result, "TimeToLiveLimited") == ["false"]
    assert re.fullmatch(r"TOKEN#[0-9a-f-]{36}#vms//ServerConnector#", texts(result, "Token")[0])
    assert wire.sim.dropped == []


def test_answers_have_the_prefixes_and_no_white_space_of_wcf(wire: Wire) -> None:
    text = wire.call("Login", f"<instanceId>{INSTANCE}</instanceId>", headers=wire.bearer()).text
    assert text.startswith(
        f'<s:Envelope xmlns:s="{SOAP11}"><s:Body><LoginResponse xmlns="{SC}"><LoginResult xmlns:i="{XSI}">'
        "<RegistrationTime>"
    )
    assert text.endswith("</Token></LoginResult></LoginResponse></s:Body></s:Envelope>")


def test_the_golden_requests_are_read(wire: Wire) -> None:
    headers = wire.bearer()
    token = wire.login(headers)
    for path in sorted(GOLDEN.glob("sc.*.request.xml")):
        operation = path.name.split(".")[2]
        body = re.sub(r"<token>TOKEN[^<]*</token>", f"<token>{token}</token>", path.read_text())
        answer = wire.call(operation, headers=headers, body=body.encode())
        wanted = 500 if path.name.startswith("sc.08") else 200  # its token is "x"
        assert answer.status_code == wanted, (path.name, answer.text)
    assert wire.sim.dropped == []
    [integration] = wire.sim.integrations
    assert (integration.name, integration.manufacturer, integration.instance_id) == ("test", "me", "123")


def test_an_empty_void_answer_is_one_empty_element(wire: Wire) -> None:
    answer = wire.call("Logout", f"<instanceId>{INSTANCE}</instanceId>", headers=wire.bearer())
    assert f'<s:Body><LogoutResponse xmlns="{SC}"/></s:Body>' in answer.text


# What comes late is dropped without a word


def test_a_late_parameter_is_lost_and_the_answer_looks_well(wire: Wire) -> None:
    headers = wire.bearer()
    inner = f"<currentToken/><instanceId>{INSTANCE}</instanceId>"
    token = texts(tree(wire.call("Login", inner, headers=headers)), "Token")[0]
    assert wire.sim.dropped == ["Login.instanceId"]
    logout = f"<instanceId>{INSTANCE}</instanceId><currentToken>{token}</currentToken>"
    wire.call("Logout", logout, headers=headers)
    assert wire.sim.tokens.check_corporate(token) is not None, "it was registered under the zero id"


def test_strict_order_tells_at_the_end() -> None:
    with (
        pytest.raises(AssertionError, match=r"Login\.instanceId"),
        Simulator(services=("management",), strict_order=True) as sim,
        Wire(sim) as wire,
    ):
        wire.call("Login", f"<currentToken/><instanceId>{INSTANCE}</instanceId>", headers=wire.bearer())


def test_a_parameter_in_no_namespace_is_lost(wire: Wire) -> None:
    answer = wire.call("GetUserInfo", '<token xmlns="">TOKEN</token>', headers=wire.bearer())
    assert answer.status_code == 500
    assert wire.sim.dropped == ["GetUserInfo.token"]


def test_prefixes_do_not_matter_to_wcf(wire: Wire) -> None:
    body = envelope(f'<n:Login xmlns:n="{SC}"><n:instanceId>{INSTANCE}</n:instanceId></n:Login>')
    assert wire.call("Login", headers=wire.bearer(), body=body).status_code == 200


# Faults


def test_an_unreadable_value_is_a_deserialization_fault(wire: Wire) -> None:
    status, code, text = fault(wire.call("Login", "<instanceId>no-guid</instanceId>", headers=wire.bearer()))
    assert (status, code) == (500, "a:DeserializationFailed")
    assert f"{SC}:instanceId" in text


@pytest.mark.parametrize(
    "body", [b"<broken", b"", b"\xff\xfe\x00", b"<a/>", b'<!DOCTYPE x [<!ENTITY y "z">]><x>&y;</x>']
)
def test_what_is_no_envelope_is_a_deserialization_fault(wire: Wire, body: bytes) -> None:
    assert fault(wire.call("IsOnline", headers=wire.bearer(), body=body))[:2] == (500, "a:DeserializationFailed")


def test_a_body_that_is_not_the_action_s_is_refused(wire: Wire) -> None:
    body = envelope(request_element("GetVersion"))
    assert fault(wire.call("IsOnline", headers=wire.bearer(), body=body))[:2] == (500, "a:DeserializationFailed")


@pytest.mark.parametrize("operation", ["NoSuchThing", ""])
def test_an_unknown_action_is_not_supported(wire: Wire, operation: str) -> None:
    answer = wire.call(operation, headers=wire.bearer(), body=envelope(request_element("IsOnline")))
    assert fault(answer)[:2] == (500, "a:ActionNotSupported")


def test_the_action_of_the_asmx_form_is_not_supported(wire: Wire) -> None:
    path = "/ManagementServer/ServerCommandServiceOAuth.svc"
    answer = wire.post(path, envelope(request_element("IsOnline")), f"{SC}/IsOnline", headers=wire.bearer())
    assert fault(answer)[1] == "a:ActionNotSupported"


def test_an_operation_that_is_not_simulated_says_so(wire: Wire) -> None:
    status, code, text = fault(wire.call("RestrictedMediaQueryAll", headers=wire.bearer()))
    assert (status, code) == (500, "a:InternalServiceFault")
    assert "RestrictedMediaQueryAll" in text


def test_a_wrong_content_type_is_415(wire: Wire) -> None:
    headers = wire.bearer() | {"Content-Type": "application/json"}
    assert wire.call("IsOnline", headers=headers).status_code == 415


@pytest.mark.parametrize(
    ("release", "operation", "known"),
    [
        ("2020R1", "RegisterIntegration", False),
        ("2022R1", "RegisterIntegration", True),
        ("2022R1", "BookmarkSearchTime2", False),
        ("2022R2", "RestrictedMediaQueryAll", False),
        ("2023R3", "BookmarkSearchTime2", True),
        ("2023R3", "RestrictedMediaQueryAll", True),
    ],
)
def test_a_release_hides_what_came_later(simulator_factory: Factory, release: str, operation: str, known: bool) -> None:
    sim = simulator_factory(release=release, services=("management",))
    with Wire(sim) as wire:
        answer = wire.basic(operation)
    unsupported = answer.status_code == 500 and fault(answer)[1] == "a:ActionNotSupported"
    assert unsupported is not known


# The three addresses


def test_basic_goes_with_every_call_of_svc(wire: Wire) -> None:
    assert wire.basic("IsOnline").status_code == 200
    path = "/ManagementServer/ServerCommandService.svc"
    action = f"{SC}/IServerCommandService/IsOnline"
    refused = wire.post(path, envelope(request_element("IsOnline")), action)
    assert refused.status_code == 401
    assert refused.headers["content-type"] == "text/html"
    assert "<title>401 - Unauthorized" in refused.text
    assert wire.basic("IsOnline", user=(wire.sim.username, "wrong")).status_code == 401


def test_basic_takes_the_legacy_form_of_a_basic_user(wire: Wire) -> None:
    assert wire.basic("IsOnline", user=("[BASIC]\\" + wire.sim.username, wire.sim.password)).status_code == 200


def test_basic_login_gives_a_corporate_token(wire: Wire) -> None:
    token = texts(tree(wire.basic("Login")), "Token")[0]
    info = tree(wire.basic("GetUserInfo", f"<token>{token}</token>"))
    assert texts(info, "name") == ["arc"]


def test_plain_soap_is_refused_on_the_http_port(wire: Wire) -> None:
    path, action = "/ManagementServer/ServerCommandService.svc", f"{SC}/IServerCommandService/IsOnline"
    user = basic_auth(wire.sim.username, wire.sim.password)
    soap11 = wire.post(path, envelope(request_element("IsOnline")), action, base=wire.sim.http_url, auth=user)
    assert soap11.status_code == 415
    soap12 = wire.post(
        path,
        envelope(request_element("IsOnline"), SOAP12),
        action,
        base=wire.sim.http_url,
        auth=user,
        headers={"Content-Type": "application/soap+xml; charset=utf-8"},
    )
    assert soap12.status_code == 500
    assert "a:InvalidSecurity" in texts(tree(soap12), "Value")


def test_bearer_works_on_both_ports_and_in_either_case(wire: Wire) -> None:
    token = wire.bearer()["Authorization"].partition(" ")[2]
    path, action = "/managementserver/servercommandserviceoauth.SVC", f"{SC}/IServerCommandService/IsOnline"
    for base in (wire.sim.url, wire.sim.http_url):
        headers = {"Authorization": f"bearer {token}"}
        answer = wire.post(path, envelope(request_element("IsOnline")), action, base=base, headers=headers)
        assert texts(tree(answer), "IsOnlineResult") == ["true"]


@pytest.mark.parametrize("authorization", ["", "Bearer x", "Basic YXJjOng="])
def test_oauth_without_a_good_token_is_401_with_an_empty_body(wire: Wire, authorization: str) -> None:
    answer = wire.call("IsOnline", headers={"Authorization": authorization})
    assert (answer.status_code, answer.content) == (401, b"")


def test_oauth_is_not_there_before_2021(simulator_factory: Factory) -> None:
    sim = simulator_factory(release="2020R1", services=("management",))
    with Wire(sim) as wire:
        assert wire.call("IsOnline", headers={}).status_code == 404
        assert wire.basic("IsOnline").status_code == 200


def asmx(wire: Wire, operation: str, inner: str = "", *, soap12: bool = False, password: str = "") -> httpx.Response:
    windows = next(user for user in wire.sim.site.users if user.kind == "windows")
    headers = {"Content-Type": "application/soap+xml; charset=utf-8"} if soap12 else {}
    return wire.post(
        "/ServerAPI/ServerCommandService.asmx",
        envelope(request_element(operation, inner), SOAP12 if soap12 else SOAP11),
        f"{SC}/{operation}",
        headers=headers,
        auth=basic_auth(windows.name, password or windows.password),
    )


def test_asmx_writes_as_xmlserializer_does(simulator_factory: Factory) -> None:
    sim = simulator_factory(release="2018R3", services=("management",))
    with Wire(sim) as wire:
        login = asmx(wire, "Login", f"<currentToken/><instanceId>{INSTANCE}</instanceId>")
        result = tree(login)[0][0][0]
        assert children(result) == ["Token", "RegistrationTime", "TimeToLive", "TimeToLiveLimited"]
        token = texts(result, "Token")[0]
        configured = tree(asmx(wire, "GetConfiguration", f"<token>{token}</token>"))[0][0][0]
    assert sim.dropped == [], "XmlSerializer takes parameters in any order"
    assert children(configured)[:5] == ["ServerId", "ServerName", "ServerDescription", "ServerOptions", "Recorders"]
    assert not list(configured.iterfind(f".//*[@{{{XSI}}}nil]"))
    camera = next(configured.iter(f"{{{SC}}}CameraInfo"))
    assert children(camera)[:7] == [
        "RecorderId",
        "HardwareId",
        "DeviceId",
        "Name",
        "Description",
        "Shortcut",
        "DeviceIndex",
    ]
    assert "GisPoint" not in children(camera)
    group = next(configured.iter(f"{{{SC}}}CameraGroupInfo"))
    assert {etree.QName(guid).namespace for guid in group.iter("{*}guid")} == {SC}


def test_asmx_speaks_both_soap_versions(wire: Wire) -> None:
    answer = asmx(wire, "IsOnline", soap12=True)
    assert answer.headers["content-type"] == "application/soap+xml; charset=utf-8"
    assert tree(answer).tag == f"{{{SOAP12}}}Envelope"
    assert tree(asmx(wire, "IsOnline")).tag == f"{{{SOAP11}}}Envelope"


def test_asmx_puts_the_number_of_a_fault_into_an_attribute(wire: Wire) -> None:
    answer = asmx(wire, "GetUserInfo", "<token>x</token>", soap12=True)
    root = tree(answer)
    assert answer.status_code == 500
    assert texts(root, "Value") == ["UnauthorizedAccessException"]
    assert root.find(".//{*}Detail").get("ErrorNumber") == "51000"
    assert texts(root, "ErrorNumber") == ["51000"]


def test_asmx_is_for_windows_users(wire: Wire) -> None:
    refused = asmx(wire, "IsOnline", password="wrong")
    assert refused.status_code == 401
    assert refused.headers.get_list("www-authenticate") == ["Negotiate", "NTLM", "Basic"]
    assert "401 - Unauthorized" in refused.text


# Versions


def test_product_info_tells_the_release(simulator_factory: Factory) -> None:
    sim = simulator_factory(release="2023R3", services=("management",))
    with Wire(sim) as wire:
        info = tree(wire.basic("GetProductInfo"))[0][0][0]
        assert texts(tree(wire.basic("GetServerVersion")), "GetServerVersionResult")[0].startswith("23.3.")
        assert texts(tree(wire.basic("GetVersion")), "GetVersionResult") == ["20"]
        assert texts(tree(wire.basic("GetSystemLicenseInfo")), "HasLicense") == ["true"]
    assert (texts(info, "MajorVersion"), texts(info, "MinorVersion")) == (["23"], ["3"])
    assert children(info) == sorted(children(info))


# The configuration


def test_configuration_has_all_members_in_wire_order(wire: Wire) -> None:
    assert children(configuration(wire)) == CONFIGURATION_MEMBERS.split()


def test_configuration_tells_the_site(wire: Wire) -> None:
    site = wire.sim.site
    result = configuration(wire)
    cameras = list(result.iter(f"{{{SC}}}CameraInfo"))
    assert [texts(camera, "Name")[0] for camera in cameras] == [camera.name for camera in site.cameras]
    assert [texts(camera, "StreamId")[0] for camera in cameras] == [str(camera.stream_id) for camera in site.cameras]
    tops = result.find(f"{{{SC}}}CameraGroups")
    assert [texts(group, "Name")[0] for group in tops] == ["SiteA", "SiteB", "Perimeter"]
    guids = tops[0].findall(f"{{{SC}}}Cameras/{{{ARRAYS}}}guid")
    assert [guid.text for guid in guids] == [str(site.camera(name).id) for name in ("Front Hallway", "Store Room")]
    assert texts(tops[2], "Name") == ["Perimeter", "North"]
    assert texts(result.find(f"{{{SC}}}EventTypes"), "Name") == ["Open gate", "Retrieve remote recordings"]
    ptz = next(camera for camera in cameras if texts(camera, "Name")[0] == "C2")
    assert texts(ptz.find(f"{{{SC}}}PtzSettings/{{{SC}}}Presets"), "Name") == ["Door", "Yard"]


def test_configuration_has_the_shape_that_microsoft_s_serializer_writes(wire: Wire) -> None:
    golden = etree.parse(GOLDEN / "sc.06.GetConfiguration.response.xml").getroot()
    ours = configuration(wire).getroottree().getroot()
    newer = {"RestrictedMediaCreate", "RestrictedMediaRemove", "RestrictedMediaView"}
    for name in ("ConfigurationInfo", "CameraGroupInfo", "RecorderInfo", "CameraInfo", "HardwareInfo", "StreamInfo"):
        tag = "GetConfigurationResult" if name == "ConfigurationInfo" else name
        wanted, found = (next(root.iter(f"{{{SC}}}{tag}")) for root in (golden, ours))
        assert children(found) == children(wanted), name
    security = [next(root.iter(f"{{{SC}}}CameraSecurity")) for root in (golden, ours)]
    assert children(security[0]) == [name for name in children(security[1]) if name not in newer]
    assert {prefix for element in ours.iter() for prefix in element.nsmap} == {
        prefix for element in golden.iter() for prefix in element.nsmap
    }


def test_the_contract_table_has_the_wire_order_of_the_captures() -> None:
    types = json.loads(shared("servercommand-types.json").read_text())
    newest, old = server_contracts(RELEASES["2025R2"], asmx=False), server_contracts(RELEASES["2018R3"], asmx=True)
    compared = 0
    for name, description in types["types"].items():
        if name not in newest.contracts:
            continue
        compared += 1
        assert (description["namespace"] == PROXY) is (name in IN_PROXY), name
        ours = [member for _, member in newest.layout(name)]
        assert [member.name for member in ours] == description["wire_order"], name
        fields = {field["name"]: field for field in description["fields"]}
        for member in ours:
            if member.name in fields:
                assert newest.is_nillable(member.type) == fields[member.name]["nillable"], (name, member.name)
        declared = description.get("asmx_order_2018")
        if declared and not description.get("base") and name != "DeviceInfo":
            assert [member.name for _, member in old.layout(name)] == declared, name
    assert compared > 30


def test_the_operations_have_the_parameters_of_the_captures() -> None:
    known = json.loads(shared("servercommand-types.json").read_text())["operations"]
    assert set(OPERATIONS) == set(known)
    compared = 0
    for name, operation in OPERATIONS.items():
        if operation.parameters:
            compared += 1
            ours = [(member.name, member.type) for member in operation.parameters]
            theirs = [(one["name"], one["type"].rpartition(":")[2]) for one in known[name]["params"] if one["type"]]
            assert [member for member in ours if member in theirs] == theirs, name
            assert [member[0] for member in ours] == [one["name"] for one in known[name]["params"]], name
    assert compared > 45


def test_inputs_and_outputs_are_on_the_recorder_of_their_hardware(simulator_factory: Factory) -> None:
    plan = example_site()
    hardware = plan.hardware[0]
    for name, kind, enabled in [
        ("Door", "InputEvent", True), ("Siren", "Output", True), ("Off", "Output", False), ("Mic", "Microphone", True)
    ]:  # fmt: skip
        plan.devices.append(
            Device(id=stable_id(kind, name), kind=kind, name=name, hardware_id=hardware.id, enabled=enabled)
        )
    plan.users[0].rights["Activate"] = False
    with Wire(simulator_factory(plan, services=("management",))) as wire:
        recorder = next(configuration(wire).iter(f"{{{SC}}}RecorderInfo"))
    (door,), (siren,) = (recorder.find(f"{{{SC}}}{name}") for name in ("Inputs", "Outputs"))
    assert [texts(door, name) for name in ("Name", "DeviceId", "RecorderId", "ReadInput")] == [
        ["Door"], [str(stable_id("InputEvent", "Door"))], [str(plan.recorders[0].id)], ["true"]
    ]  # fmt: skip
    assert [texts(siren, name) for name in ("Name", "HardwareId", "Activate")] == [
        ["Siren"], [str(hardware.id)], ["false"]
    ]  # fmt: skip
    listed = next(recorder.iter(f"{{{SC}}}HardwareInfo")).find(f"{{{SC}}}DeviceIds")
    assert [child.text for child in listed][1:] == [
        str(stable_id("InputEvent", "Door")),
        str(stable_id("Output", "Siren")),
        str(stable_id("Microphone", "Mic")),
    ]


def test_rights_before_23_2_have_no_restricted_media(simulator_factory: Factory) -> None:
    for release, known in (("2022R2", False), ("2023R3", True)):
        sim = simulator_factory(release=release, services=("management",))
        with Wire(sim) as wire:
            security = next(configuration(wire).iter(f"{{{SC}}}CameraSecurity"))
        assert ("RestrictedMediaView" in children(security)) is known


def test_nothing_is_written_in_all_its_forms(simulator_factory: Factory) -> None:
    forms: set[str] = set()
    for seed in range(6):
        sim = simulator_factory(services=("management",), seed=seed)
        with Wire(sim) as wire:
            element = configuration(wire).find(f"{{{SC}}}AlertTypes")
        forms.add("absent" if element is None else "nil" if element.get(f"{{{XSI}}}nil") else "empty")
    assert forms == {"nil", "empty", "absent"}


def test_the_same_configuration_is_the_same_bytes(simulator_factory: Factory) -> None:
    sim = simulator_factory(services=("management",), seed=3)
    with Wire(sim) as wire:
        first, second = (etree.tostring(configuration(wire)) for _ in range(2))
    assert first == second


def test_times_have_any_number_of_digits(wire: Wire) -> None:
    digits: set[int] = set()
    headers = wire.bearer()
    for _ in range(30):
        text = texts(tree(wire.call("Login", headers=headers)), "RegistrationTime")[0]
        match = re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,7}))?Z", text)
        assert match, text
        digits.add(len(match[1] or ""))
    assert len(digits) > 1


def test_a_user_sees_what_the_rights_allow(simulator_factory: Factory) -> None:
    site = example_site()
    front, store = site.camera("Front Hallway"), site.camera("Store Room")
    site.users.insert(0, User(name="guest", password="p", visible={front.id, store.id}, rights={"Live": False}))
    store.rights = {"Browse": False}
    sim = simulator_factory(site, services=("management",), null_form="empty")
    with Wire(sim) as wire:
        result = configuration(wire)
    cameras = {texts(camera, "Name")[0]: camera for camera in result.iter(f"{{{SC}}}CameraInfo")}
    assert set(cameras) == {"Front Hallway", "Store Room"}
    assert [texts(camera, "Live") for camera in cameras.values()] == [["false"], ["false"]]
    assert [texts(camera, "Browse") for camera in cameras.values()] == [["true"], ["false"]]
    assert len(texts(result.find(f"{{{SC}}}CameraGroups"), "guid")) == 2
    assert len(list(result.iter(f"{{{SC}}}HardwareInfo"))) == 2


def test_a_disabled_camera_is_listed_apart(wire: Wire) -> None:
    wire.sim.edit(lambda site: setattr(site.camera("C1"), "enabled", False))
    assert "C1" not in texts(configuration(wire), "Name")
    headers = wire.bearer()
    answer = tree(wire.call("GetDevicesDisabled", f"<token>{wire.login(headers)}</token>", headers=headers))
    assert texts(answer, "DeviceName") == ["C1"]


def test_changes_name_what_to_read_again(wire: Wire) -> None:
    headers = wire.bearer()
    token = f"<token>{wire.login(headers)}</token>"
    since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    camera = wire.sim.edit(lambda site: site.rename_camera("C1", "Gate <1>"))
    changes = tree(wire.call("QueryChanges", f"{token}<changesFrom>{since}</changesFrom>", headers=headers))
    assert set(texts(changes, "Id")) == {str(camera.recorder_id), str(camera.hardware_id)}
    recorders = f'<recorderIds xmlns:a="{ARRAYS}"><a:guid>{camera.recorder_id}</a:guid></recorderIds>'
    again = tree(wire.call("GetConfigurationRecorders", token + recorders, headers=headers))
    assert "Gate <1>" in texts(again, "Name")
    hardware = f'<hardwareIds xmlns:a="{ARRAYS}"><a:guid>{camera.hardware_id}</a:guid></hardwareIds>'
    devices = tree(wire.call("GetConfigurationHardware", token + hardware, headers=headers))
    assert texts(devices, "guid") == [str(device.id) for device in (camera, *wire.sim.site.devices)]


def test_query_recorder_info_has_no_device_lists(wire: Wire) -> None:
    headers = wire.bearer()
    recorder = wire.sim.site.recorders[0]
    inner = f"<token>{wire.login(headers)}</token><recorderId>{recorder.id}</recorderId>"
    result = tree(wire.call("QueryRecorderInfo", inner, headers=headers))[0][0][0]
    assert result.find(f"{{{SC}}}Cameras").get(f"{{{XSI}}}nil") == "true"
    assert texts(result, "TimeZoneName") == ["W. Europe Standard Time"]


def test_presets_of_a_ptz_camera(wire: Wire) -> None:
    headers = wire.bearer()
    camera = wire.sim.site.camera("C2")
    inner = f"<token>{wire.login(headers)}</token><deviceId>{camera.id}</deviceId>"
    assert texts(tree(wire.call("GetPresets", inner, headers=headers)), "Name") == ["Door", "Yard"]


def test_a_site_of_thousands_is_answered(simulator_factory: Factory) -> None:
    sim = simulator_factory(large_site(1500), services=("management",))
    with Wire(sim) as wire:
        result = configuration(wire)
    assert len(list(result.iter(f"{{{SC}}}CameraInfo"))) == 1500
    ids = {camera.text for camera in result.iter(f"{{{SC}}}DeviceId")}
    assert len(ids) == 1500


def test_every_request_is_noted(wire: Wire) -> None:
    wire.basic("IsOnline")
    wire.bearer()
    assert [(entry.service, entry.operation) for entry in wire.sim.requests] == [
        ("management", "IsOnline"),
        ("idp", "token"),
    ]
    wire.sim.forget()
    assert wire.sim.requests == []
