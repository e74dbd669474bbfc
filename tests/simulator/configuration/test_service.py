"""The simulated Configuration API: endpoints, contract, faults (docs/protocol: configuration-contract)."""

from collections.abc import Callable

import httpx
import pytest

from milestone_sdk.simulator import Simulator, User, example_site
from milestone_sdk.simulator.configuration.contract import OPERATIONS
from tests.support.configuration_wire import (
    DATA,
    FAULTS,
    ITEM,
    NIL,
    NS,
    OAUTH,
    PROPERTY,
    SVC,
    Config,
    Start,
    basic,
    member,
    names,
    properties,
    written_item,
)
from tests.support.management_wire import SOAP12, XSI, envelope, fault, texts, tree

Factory = Callable[..., Simulator]


# Endpoints


def test_a_bearer_token_opens_the_oauth_endpoint_and_nothing_else_does(api: Config) -> None:
    assert api.post("GetItem", "<path>/</path>").status_code == 200
    for headers in ({}, {"Authorization": "Bearer x"}, basic(api.sim.username, api.sim.password)):
        answer = api.post("GetItem", "<path>/</path>", headers=headers)
        assert (answer.status_code, answer.content) == (401, b"")
    api.sim.tokens.advance(api.sim.tokens.access_life)
    assert api.post("GetItem", "<path>/</path>").status_code == 401


def test_the_oauth_endpoint_came_with_2021_r1(start: Start) -> None:
    old = start(release="2020R3")
    assert old.post("GetItem", "<path>/</path>", path=OAUTH, headers={}).status_code == 404
    assert old.post("GetItem", "<path>/</path>").status_code == 200, "over .svc"
    assert start(release="2021R1").post("GetItem", "<path>/</path>").status_code == 200


def test_the_old_endpoint_wants_the_basic_prefix(api: Config) -> None:
    name, password = api.sim.username, api.sim.password

    def status(shown: str) -> int:
        return api.post("GetItem", "<path>/</path>", path=SVC, headers=basic(shown, password)).status_code

    assert [status(f"[BASIC]\\{name}"), status(name)] == [200, 401]
    api.sim.configuration.switches.plain_basic_names = True
    assert [status(f"[BASIC]\\{name}"), status(name)] == [401, 200]
    other = api.wire.basic("IsOnline")
    assert other.status_code == 200, "the sibling services take either form"


def test_every_refused_try_counts_towards_the_lock(api: Config) -> None:
    name, password = api.sim.username, api.sim.password
    for _ in range(api.sim.site.lockout_after):
        assert api.post("GetItem", path=SVC, headers=basic(name, password)).status_code == 401
    locked = api.post("GetItem", "<path>/</path>", path=SVC, headers=basic(f"[BASIC]\\{name}", password))
    assert locked.status_code == 401
    user = api.sim.site.user(name)
    assert user is not None
    assert user.locked_until is not None


def test_over_http_the_old_endpoint_asks_for_message_security(api: Config) -> None:
    action = f"{NS}/IConfigurationService/GetItem"
    plain = api.wire.post(SVC, envelope("<x/>"), action, base=api.sim.http_url)
    assert plain.status_code == 415
    soap12 = api.wire.post(
        SVC,
        envelope("<x/>", SOAP12),
        action,
        base=api.sim.http_url,
        headers={"Content-Type": "application/soap+xml; charset=utf-8"},
    )
    assert soap12.status_code == 500
    assert "InvalidSecurity" in soap12.text


def test_only_soap_1_1_is_taken(api: Config) -> None:
    headers = api.headers | {"Content-Type": "application/soap+xml; charset=utf-8"}
    assert api.post("GetItem", "<path>/</path>", headers=headers).status_code == 415


@pytest.mark.parametrize("namespace", ["http://videoos.net/ConfigurationService", "http://videoos.net/2/Configuration"])
def test_the_namespace_is_compared_letter_by_letter(api: Config, namespace: str) -> None:
    action = f"{namespace}/IConfigurationService/GetItem"
    status, code, reason = fault(api.post("GetItem", "<path>/</path>", namespace=namespace, action=action))
    assert (status, code) == (500, "a:ActionNotSupported")
    assert action in reason
    status, code, _ = fault(api.post("GetItem", "<path>/</path>", namespace=namespace))
    assert (status, code) == (500, "a:DeserializationFailed")


def test_an_operation_that_does_not_exist_is_no_action(api: Config) -> None:
    assert fault(api.post("GetChildItemsHierarchically"))[1] == "a:ActionNotSupported"


def test_queries_came_with_2020_r2(start: Start) -> None:
    old, new = start(release="2020R1"), start(release="2020R2")
    for operation in ("QueryItems", "GetChildItemsHierarchy"):
        assert fault(old.post(operation))[1] == "a:ActionNotSupported"
    assert len(new.query("Camera")) == 5


# The contract


def test_an_item_has_its_thirteen_members_in_order(api: Config) -> None:
    item = api.item("/")
    assert names(item) == ITEM
    assert (member(item, "ItemType"), member(item, "Path"), member(item, "ItemCategory")) == ("System", "/", "Item")
    assert item.nsmap == {"a": DATA, "i": XSI, "s": item.nsmap["s"], None: NS}
    for entry in item.find(f"{{{DATA}}}Properties"):
        assert names(entry) == PROPERTY
    assert properties(item)["Id"] == str(api.sim.site.id)
    assert properties(item)["Version"] == "25.2.0.1"


def test_value_array_came_with_2022_r3(start: Start) -> None:
    event = example_site().event_type("Motion Detected")
    assert event is not None
    for release, there in (("2022R2", False), ("2022R3", True)):
        item = start(release=release).item(f"EventType[{event.id}]")
        [entry] = [entry for entry in item.find(f"{{{DATA}}}Properties") if member(entry, "Key") == "SourceArray"]
        array = entry.find(f"{{{DATA}}}ValueArray")
        assert (array is not None) is there
        if array is not None:
            assert [value.text for value in array] == ["Camera", "CameraGroup"]


def test_nothing_is_nil_or_empty_by_chance_and_by_switch(api: Config, simulator_factory: Factory) -> None:
    forms = {api.result("GetChildItems", "<path>/StateGroupFolder</path>").get(NIL) for _ in range(40)}
    assert forms == {None, "true"}
    api.sim.configuration.switches.null_lists = "empty"
    assert {api.result("GetChildItems", "<path>/StateGroupFolder</path>").get(NIL) for _ in range(9)} == {None}
    assert {child.get(NIL) for _ in range(20) for child in api.item("/").iter(f"{{{DATA}}}ServerCookie")} == {
        None,
        "true",
    }
    pinned = Config(simulator_factory(services=("management",), null_form="nil"))
    assert {child.get(NIL) for _ in range(9) for child in pinned.item("/").iter(f"{{{DATA}}}UIHint")} == {"true"}
    pinned.close()


def test_members_out_of_order_are_lost_without_a_word(api: Config) -> None:
    camera = api.sim.site.camera("C1")
    path = f"Camera[{camera.id}]"
    late = written_item(path, "Camera", {"Name": "Gate"}, ["Properties", "Path", "ItemType"])
    assert api.fault("SetItem", late) == "ArgumentNullExceptionFault", "its Path came late, and so was none"
    assert camera.name == "C1"
    assert api.sim.dropped == ["item.Path", "item.ItemType"]
    api.sim.forget()
    result = api.result("SetItem", written_item(path, "Camera", {"Name": "Gate"}))
    assert member(result, "ValidatedOk") == "true"
    assert (camera.name, api.sim.dropped) == ("Gate", [])


def test_a_late_member_of_a_filter_is_lost_too(api: Config) -> None:
    inner = (
        f'<itemFilter xmlns:a="{DATA}"><a:ItemType>Camera</a:ItemType><a:EnableFilter>Disabled</a:EnableFilter>'
        "</itemFilter><maxResult>9</maxResult>"
    )
    assert len(api.result("QueryItems", inner)) == 5, "the filter by enabling was lost: all of them"
    assert api.sim.dropped == ["itemFilter.EnableFilter"]


def test_parameters_in_the_wrong_order_are_lost(api: Config) -> None:
    inner = f'<maxResult>9</maxResult><itemFilter xmlns:a="{DATA}"><a:ItemType>Camera</a:ItemType></itemFilter>'
    assert api.fault("QueryItems", inner) == "ArgumentNullExceptionFault"
    assert api.sim.dropped == ["QueryItems.itemFilter"]


def test_a_word_outside_an_enumeration_cannot_be_read(api: Config) -> None:
    inner = f'<itemFilter xmlns:a="{DATA}"><a:EnableFilter>all</a:EnableFilter></itemFilter><maxResult>9</maxResult>'
    assert fault(api.post("QueryItems", inner))[1] == "a:DeserializationFailed"


# Faults


def test_a_fault_has_its_detail_in_order(api: Config) -> None:
    answer = api.post("GetItem", "<path>Camera[00000000-0000-0000-0000-00000000dead]</path>")
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    [detail] = next(iter(tree(answer).iter("detail")))
    assert detail.tag == f"{{{FAULTS}}}PathNotFoundExceptionFault"
    assert names(detail) == ["Message", "TranslationId"]
    assert detail[0].text == "Path not found: Camera[00000000-0000-0000-0000-00000000dead]"


@pytest.mark.parametrize(
    ("inner", "name"),
    [
        ("", "ArgumentNullExceptionFault"),
        ("<path>/NoFolder</path>", "PathNotFoundExceptionFault"),
        ("<path>Camera[x]</path>", "PathNotFoundExceptionFault"),
        ("<path>Task[7]</path>", "PathNotFoundExceptionFault"),
        ("<path>Nonsense[00000000-0000-0000-0000-000000000001]</path>", "PathNotFoundExceptionFault"),
        ("<path>RecordingServerFolder</path>", "PathNotFoundExceptionFault"),
    ],
)
def test_paths_that_lead_nowhere(api: Config, inner: str, name: str) -> None:
    assert api.fault("GetItem", inner) == name
    assert api.fault("GetChildItems", inner) == name


def test_failures_by_operation_by_path_and_by_number(api: Config) -> None:
    switches = api.sim.configuration.switches
    once = switches.fail("GetChildItems", "ServerExceptionFault", times=1)
    assert api.fault("GetChildItems", "<path>/</path>") == "ServerExceptionFault"
    assert len(api.children("/")) > 9
    assert once.used == 1
    always = switches.fail("/RoleFolder", "LicenseExceptionFault")
    assert api.fault("GetItem", "<path>/RoleFolder</path>") == "LicenseExceptionFault"
    assert api.fault("GetChildItems", "<path>/RoleFolder</path>") == "LicenseExceptionFault"
    always.remove()
    assert len(api.children("/RoleFolder")) == 2
    with pytest.raises(ValueError, match="no fault 'Nonsense'"):
        switches.fail("GetItem", "Nonsense")


def test_the_operations_that_no_official_client_uses(api: Config) -> None:
    for operation in ("ConstructItem", "ConstructChildItem", "DeleteItem", "GetDependantItems"):
        assert api.fault(operation, "<path>/</path>") == "NotSupportedExceptionFault"
    assert len(api.result("GetItems", "<itemType>Camera</itemType>")) == 5
    assert api.result("HasChildItems", "<path>/CameraGroupFolder</path>").text == "true"
    assert api.result("HasChildItems", "<path>/StateGroupFolder</path>").text == "false"
    assert len(OPERATIONS) == 16


def test_texts_of_methods_and_properties(api: Config) -> None:
    infos = {member(info, "MethodId"): member(info, "DisplayName") for info in api.result("GetMethodInfos")}
    assert infos["RetrieveEdgeStorage"] == "Retrieve recordings from edge storage"
    info = api.result("GetMethodInfo", "<methodId>TaskStop</methodId>")
    assert names(info) == ["Bitmap", "DisplayName", "MethodId", "TranslationId"]
    assert api.fault("GetMethodInfo", "<methodId>Nonsense</methodId>") == "ArgumentExceptionFault"
    pairs = api.result("GetTranslations", "<languageId>en-US</languageId>")
    told = dict(zip(texts(pairs, "Key"), texts(pairs, "Value"), strict=True))
    assert told["PropertyGisPoint"] == "Gis point"
    assert told[member(info, "TranslationId")] == "Stop task"


# Rights


def test_a_user_sees_only_the_cameras_of_his_own(api: Config) -> None:
    site = api.sim.site
    user = site.user(api.sim.username)
    assert user is not None
    seen, unseen = site.camera("C1"), site.camera("C2")
    user.visible = {seen.id}
    assert [member(item, "DisplayName") for item in api.query("Camera")] == ["C1"]
    assert api.paths(f"Hardware[{seen.hardware_id}]/CameraFolder") == [f"Camera[{seen.id}]"]
    assert api.paths(f"Hardware[{unseen.hardware_id}]/CameraFolder") == []
    assert api.fault("GetItem", f"<path>Camera[{unseen.id}]</path>") == "PathNotFoundExceptionFault"
    assert api.fault("GetItem", f"<path>PtzPreset[{unseen.presets[0].id}]</path>") == "PathNotFoundExceptionFault"


def test_missing_rights_in_the_middle_of_the_tree(api: Config) -> None:
    hardware = api.sim.site.hardware[1]
    user = api.sim.site.user(api.sim.username)
    assert user is not None
    user.denied = (f"Hardware[{hardware.id}]", "/RoleFolder")
    assert "/RoleFolder" in api.paths("/")
    assert api.fault("GetChildItems", "<path>/RoleFolder</path>") == "UnauthorizedAccessFault"
    path = f"Hardware[{hardware.id}]/CameraFolder"
    assert api.fault("GetChildItems", f"<path>{path}</path>") == "UnauthorizedAccessFault"
    assert len(api.query("Hardware")) == len(api.sim.site.hardware) - 1


def test_an_unencrypted_site_has_the_oauth_endpoint_on_http(simulator_factory: Factory) -> None:
    sim = simulator_factory(tls=False, services=("management",))
    with httpx.Client(trust_env=False) as http:
        form = {
            "grant_type": "password",
            "username": sim.username,
            "password": sim.password,
            "client_id": "GrantValidatorClient",
        }
        token = http.post(f"{sim.url}/IDP/connect/token", data=form).json()["access_token"]
        answer = http.post(
            sim.url + OAUTH,
            content=envelope(f'<GetItem xmlns="{NS}"><path>/</path></GetItem>'),
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": "text/xml; charset=utf-8",
                "SOAPAction": f'"{NS}/IConfigurationService/GetItem"',
            },
        )
    assert answer.status_code == 200


def test_a_windows_user_s_token_counts_too(api: Config) -> None:
    user = User(name="VMS\\viewer", password="x", kind="windows")
    api.sim.site.users.append(user)
    token = api.sim.tokens.issue_access(user)
    answer = api.post("GetItem", "<path>/</path>", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
