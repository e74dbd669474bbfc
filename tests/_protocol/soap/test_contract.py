"""Any operation through the described contracts: null and absent, types, replies of newer servers, bad replies."""

import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from milestone_sdk._protocol.soap.contract import Contract, Record, Typed
from milestone_sdk.errors import ConfigurationError, MilestoneError, RemoteProtocolError, ServerFault, UnknownOperation
from milestone_sdk.wsdl import DESCRIPTIONS, read
from tests.support.budget import examples

GOLDEN = Path(__file__).resolve().parents[2] / "golden"

XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
SC = "http://videoos.net/2/XProtectCSServerCommand"
ALARM = "http://videoos.net/2/CentralServerAlarmCommand"
RECORDER = "http://videoos.net/2/XProtectCSRecorderCommand"
ID = UUID("71d2c5a4-0f5e-4a5b-8a54-6f3f0a9e1001")
CLIENT = UUID("deadbeef-0000-0000-0000-000000000001")
TOKEN = "TOKEN#0f7f0e7f-6d2c-4b0e-a7f3-000000000001#host//ServerConnector#"
SESSION = "11111111-2222-3333-4444-555555555555"


def infoset(node: etree._Element) -> tuple[Any, ...]:
    """What a node says, whatever its prefixes are; the type it claims to have with its namespace."""
    attributes = {}
    for name, text in node.attrib.items():
        prefix, _, local = str(text).rpartition(":")
        attributes[name] = f"{{{node.nsmap.get(prefix)}}}{local}" if name == f"{XSI}type" else text
    return node.tag, node.text or "", tuple(sorted(attributes.items())), tuple(map(infoset, node))


def request(contract: str, operation: str, *args: Any, **kwargs: Any) -> etree._Element:
    return etree.fromstring(Contract.named(contract).encode(operation, *args, **kwargs)[0])[0][0]


def names(node: etree._Element) -> list[str]:
    return [etree.QName(child).localname for child in node]


def envelope(content: str) -> bytes:
    start = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    return f"{start}{content}</s:Body></s:Envelope>".encode()


def conditions(*each: tuple[str, str, Any]) -> list[dict[str, Any]]:
    return [{"Operator": operator, "Target": target, "Value": value} for operator, target, value in each]


FILTER = {
    "Conditions": conditions(
        ("Equals", "State", Typed("xs:unsignedShort", 1)),
        ("Contains", "Name", "x"),
        ("GreaterThan", "Timestamp", datetime(2024, 1, 1, tzinfo=UTC)),
        ("Equals", "Id", UUID("00000001-1111-2222-0102-030405060708")),
        ("NotEquals", "Location", None),
    ),
    "Orders": [{"Order": "Descending", "Target": "Timestamp"}],
}
GOLDEN_REQUESTS: dict[str, tuple[str, tuple[Any, ...], dict[str, Any]]] = {
    "alarm.01.StartAlarmLineSession": ("alarm", ("TOK", FILTER), {}),
    "alarm.02.StartAlarmLineSession": ("alarm", ("TOK", None), {}),
    "alarm.03.StartAlarmLineSession": ("alarm", ("TOK", {"Conditions": None, "Orders": None}), {}),
    "alarm.04.GetSessionAlarmLines": ("alarm", ("TOK", 10, SESSION), {}),
    "alarm.05.GetAlarmLines": ("alarm", ("TOK", 0, 10), {"filter": {"Orders": [], "Conditions": []}}),
    "alarm.06.GetAlarmLines": ("alarm", ("TOK",), {"filter": None, "maxCount": 0, "from_": 0}),
    "sc.01.GetVersion": ("server_command", (), {}),
    "sc.02.Login": ("server_command", (CLIENT, ""), {}),
    "sc.03.Login": ("server_command", (CLIENT, None), {}),
    "sc.04.Login": ("server_command", (), {"currentToken": "FAULT", "instanceId": str(CLIENT).upper()}),
    "sc.05.RegisterIntegration": ("server_command", ("", "123", CLIENT, "1.0", "test", "me"), {}),
    "sc.06.GetConfiguration": ("server_command", (TOKEN,), {}),
    "sc.07.Logout": ("server_command", (CLIENT, TOKEN), {}),
    "sc.08.GetUserInfo": ("server_command", ("x",), {}),
}


def test_every_golden_request_is_tried() -> None:
    assert {path.name.removesuffix(".request.xml") for path in GOLDEN.glob("*.request.xml")} == set(GOLDEN_REQUESTS)


@pytest.mark.parametrize("name", GOLDEN_REQUESTS)
def test_golden_request_is_encoded_to_the_same(name: str) -> None:
    contract, args, kwargs = GOLDEN_REQUESTS[name]
    body, _ = Contract.named(contract).encode(name.rpartition(".")[2], *args, **kwargs)
    expected = etree.fromstring((GOLDEN / f"{name}.request.xml").read_bytes())
    assert infoset(etree.fromstring(body)) == infoset(expected)


def as_zeep_reads_it(contract: str, operation: str, body: bytes) -> Any:
    """The same reply through zeep's own reader of the same description."""
    zeep, helpers = import_module("zeep"), import_module("zeep.helpers")
    document = zeep.wsdl.Document(BytesIO(read(contract)), None, settings=zeep.Settings(strict=False))
    operations = next(iter(document.bindings.values())).all()
    return helpers.serialize_object(operations[operation].process_reply(etree.fromstring(body)), dict)


def comparable(value: Any) -> Any:
    """What two readers must agree on: zeep takes null for empty and empty for null, so both are dropped."""
    if isinstance(value, dict):
        items = {name: comparable(each) for name, each in value.items() if name != "_raw_elements"}
        items = {name: each for name, each in items.items() if each is not None}
        one = next(iter(items.values()), None)
        return one if len(items) == 1 and isinstance(one, list) else items or None
    if isinstance(value, list):
        return [comparable(each) for each in value] or None
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.year > 1 else None
    return None if value == "" else value


@pytest.mark.parametrize("name", [name for name in GOLDEN_REQUESTS if name[:5] not in ("sc.04", "sc.08")])
def test_golden_reply_is_decoded_as_zeep_reads_it(name: str) -> None:
    contract, operation = GOLDEN_REQUESTS[name][0], name.rpartition(".")[2]
    body = (GOLDEN / f"{name}.response.xml").read_bytes()
    decoded = Contract.named(contract).decode(operation, body)
    assert comparable(decoded) == comparable(as_zeep_reads_it(contract, operation, body))


def test_golden_configuration_is_read_to_its_depth() -> None:
    body = (GOLDEN / "sc.06.GetConfiguration.response.xml").read_bytes()
    configuration = Contract.named("server_command").decode("GetConfiguration", body)
    outer = configuration.CameraGroups[1]
    assert outer.Name == "Outer"
    assert outer.CameraGroups[0].Name == "Nested"
    assert outer.CameraGroups[0].Cameras == ["00000030-0000-0000-0000-000000000001"]
    assert outer.Cameras is None
    assert configuration.FailoverCheckInterval == 1000


class TestNullAndAbsent:
    def test_data_contract_tells_null_from_absent(self) -> None:
        assert names(request("server_command", "Login", CLIENT)) == ["instanceId"]
        login = request("server_command", "Login", CLIENT, None)
        assert login[1].get(f"{XSI}nil") == "true"

    def test_null_of_what_has_no_null_is_left_out(self) -> None:
        assert names(request("alarm", "GetAlarmLines", "T", None, 5)) == ["token", "maxCount"]

    def test_empty_array_is_not_null(self) -> None:
        node = request("server_command", "GetConfigurationRecorders", "T", [])[1]
        assert len(node) == 0
        assert node.get(f"{XSI}nil") is None

    def test_recorder_leaves_null_out(self) -> None:
        moved = request("recorder", "PTZMoveStart", None, ID, None)
        assert names(moved) == ["deviceId"]

    def test_asmx_leaves_null_out(self) -> None:
        assert names(request("server_command_asmx", "Login", CLIENT, None)) == ["instanceId"]

    def test_missing_required_value_says_the_signature(self) -> None:
        with pytest.raises(ConfigurationError) as caught:
            Contract.named("recorder").encode("SequencesGet", "T", ID)
        assert "sequenceType is required" in str(caught.value)
        assert "minTime: datetime, maxTime: datetime, maxCount: int" in str(caught.value)

    def test_missing_member_says_where(self) -> None:
        with pytest.raises(ConfigurationError, match=r"ptzArgs\.Normalized is required"):
            Contract.named("recorder").encode("PTZMoveStart", "T", ID, {"movement": [{"name": "pan", "value": 0.5}]})

    def test_null_item_of_an_array_that_may_have_one(self) -> None:
        lines = request("alarm", "GetAlarmsWithRelatedHardware", "T", 1, [None])[2]
        assert lines[0].get(f"{XSI}nil") == "true"

    def test_null_item_of_an_array_that_may_not(self) -> None:
        with pytest.raises(ConfigurationError, match="must not contain None"):
            Contract.named("server_command").encode("GetConfigurationRecorders", "T", [None])


class TestRequests:
    def test_members_come_in_contract_order(self) -> None:
        span = {"maxCountAfter": 2, "maxTimeAfter": {"MicroSeconds": 1}, "maxCountBefore": 3}
        sent = request(
            "recorder",
            "SequencesGetAroundWithSpan",
            **span,
            centerTime=datetime(2024, 1, 1, tzinfo=UTC),
            maxTimeBefore={"MicroSeconds": 1},
            sequenceType=ID,
            deviceId=ID,
            token="T",
        )
        assert names(sent)[4:] == ["maxTimeBefore", "maxCountBefore", "maxTimeAfter", "maxCountAfter"]

    def test_recorder_body_is_the_form_that_recorders_read(self) -> None:
        body, action = Contract.named("recorder").encode("IsManualRecording", "T", [ID])
        assert action == f"{RECORDER}/IsManualRecording"
        assert body == envelope(
            f'<IsManualRecording xmlns="{RECORDER}"><token>T</token>'
            f"<deviceIds><guid>{ID}</guid></deviceIds></IsManualRecording>"
        )

    def test_guid_arrays_of_a_data_contract_stand_in_their_namespace(self) -> None:
        sent = request("server_command", "GetConfigurationHardware", "T", (ID,))
        assert sent[1][0].tag == "{http://schemas.microsoft.com/2003/10/Serialization/Arrays}guid"

    def test_times_are_sent_in_utc(self) -> None:
        local = datetime(2024, 7, 1, 14, 0, 0, 250000, tzinfo=timezone(timedelta(hours=2)))
        assert request("server_command", "QueryChanges", "T", local)[1].text == "2024-07-01T12:00:00.250000Z"

    def test_unnamed_parameters_are_sent_as_the_caller_names_them(self) -> None:
        sent = request("server_command", "RestrictedMediaDelete", someId=ID, many=[ID], text=None)
        assert [child.tag for child in sent] == [f"{{{SC}}}someId", f"{{{SC}}}many", f"{{{SC}}}text"]
        assert sent[1][0].text == str(ID)
        assert sent[2].get(f"{XSI}nil") == "true"
        with pytest.raises(ConfigurationError, match="names of the parameters are not known"):
            Contract.named("server_command").encode("RestrictedMediaDelete", ID)

    def test_derived_type_says_what_it_is(self) -> None:
        header = {"Timestamp": datetime(2024, 1, 1, tzinfo=UTC), "ID": ID, "Message": "Gate open"}
        event = Typed("AnalyticsEvent", {"Location": "Gate", "EventHeader": header})
        node = request("alarm", "AddEvent", "T", event)[1]
        assert infoset(node)[2] == ((f"{XSI}type", "{urn:milestone-systems}AnalyticsEvent"),)
        assert names(node) == ["EventHeader", "Location"]
        assert names(node[0]) == ["ID", "Timestamp", "Message"]

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (True, "boolean"),
            (5, "int"),
            (2**40, "long"),
            (0.5, "double"),
            ("x", "string"),
            (b"x", "base64Binary"),
            (datetime(2024, 1, 1, tzinfo=UTC), "dateTime"),
        ],
    )
    def test_value_of_any_type_says_its_type(self, value: Any, expected: str) -> None:
        sent = request("alarm", "GetAlarmLines", "T", filter={"Conditions": conditions(("Equals", "State", value))})
        assert infoset(sent[1][0][0][2])[2] == ((f"{XSI}type", f"{{http://www.w3.org/2001/XMLSchema}}{expected}"),)

    @pytest.mark.parametrize(
        ("service", "operation", "args", "kwargs", "message"),
        [
            ("server_command", "Login", (TOKEN, None), {}, "instanceId must be a UUID"),
            ("server_command", "Login", (CLIENT, CLIENT), {}, "currentToken must be a string"),
            ("server_command", "Login", (CLIENT, None, 3), {}, "2 parameters exist, 3 were given"),
            ("server_command", "Login", (CLIENT,), {"instanceId": CLIENT}, "was given twice"),
            ("server_command", "Login", (), {"instanceID": CLIENT}, "no parameter 'instanceID'; near: instanceId"),
            ("server_command", "QueryChanges", ("T", datetime(2024, 1, 1)), {}, "datetime with a time zone"),
            ("server_command", "CheckSmartClientVersion", (2**31, 0, ""), {}, "major must be a whole number"),
            ("server_command", "CheckSmartClientVersion", (True, 0, ""), {}, "major must be a whole number"),
            ("server_command", "GetClientProfile", ("T", 1), {}, "withSetting must be True or False"),
            ("server_command", "GetConfigurationRecorders", ("T", str(ID)), {}, "recorderIds must be a list"),
            ("server_command", "GetUserInfo", ("nul\0",), {}, "XML compatible"),
            ("recorder", "PTZMoveHome", ("T", "{" + str(ID) + "}"), {}, "deviceId must be a UUID"),
            ("recorder", "PTZMoveStart", ("T", ID, [1]), {}, "ptzArgs must be a mapping with members of PTZArgs"),
            (
                "recorder",
                "PTZMoveStart",
                ("T", ID, {"Normalised": True}),
                {},
                "no member 'Normalised'; near: Normalized",
            ),
            ("recorder", "PTZMoveStart", ("T", ID, {5: True}), {}, "ptzArgs has no member 5"),
            ("alarm", "GetAlarmLines", ("T", Typed("xs:long", 1)), {}, "from takes int; xs:long cannot replace it"),
            ("alarm", "AddEvent", ("T", Typed("NoEvent", {})), {}, "no type 'NoEvent'"),
            ("alarm", "AddEvent", ("T", Typed("xs:int", 1)), {}, "xs:int cannot replace it"),
        ],
    )
    def test_arguments_that_do_not_fit(
        self, service: str, operation: str, args: tuple[Any, ...], kwargs: dict[str, Any], message: str
    ) -> None:
        contract = Contract.named(service)
        with pytest.raises(ConfigurationError, match=re.escape(message)) as caught:
            contract.encode(operation, *args, **kwargs)
        assert str(contract.signature(operation)) in str(caught.value)
        assert TOKEN not in str(caught.value)

    def test_a_mapping_in_a_circle_ends(self) -> None:
        group: dict[str, Any] = {}
        group["SearchGroups"] = [group]
        with pytest.raises(ConfigurationError):
            Contract.named("alarm").encode("GetEventCount", "T", {"SearchGroup": group})

    def test_unknown_names_say_what_is_near(self) -> None:
        with pytest.raises(UnknownOperation, match="near: SequencesGet"):
            Contract.named("recorder").signature("SequenceGet")
        with pytest.raises(ConfigurationError, match="the services are server_command"):
            Contract.named("recorders")


class TestRecords:
    def test_members_are_listed_and_shown_on_one_line(self) -> None:
        members = {
            "Id": "7",
            "Name": "x" * 50,
            "Data": b"x" * 9,
            "Time": datetime(2024, 1, 1, tzinfo=UTC),
            "Gone": None,
        }
        record = Record({**members, "Rows": [1, 2], "Inner": Record({}, name="Size"), "More": 1}, name="Thing")
        assert repr(record) == (
            f"Thing(Id='7', Name='{'x' * 37}...', Data=<9 bytes>, Time=2024-01-01T00:00:00+00:00, Rows=[2], 2 more)"
        )
        assert {"Id", "Rows", "unknown", "keys"} <= set(dir(record))

    def test_a_reply_names_its_structure_and_shows_no_token(self) -> None:
        login = Contract.named("server_command").decode("Login", login_reply(LOGIN))
        assert repr(login).startswith("LoginInfo(RegistrationTime=")
        assert "Token=..." in repr(login)
        assert TOKEN not in repr(login)


def login_reply(inside: str) -> bytes:
    return envelope(f'<LoginResponse xmlns="{SC}"><LoginResult>{inside}</LoginResult></LoginResponse>')


LOGIN = (
    "<RegistrationTime>2025-06-03T08:15:30.1234567Z</RegistrationTime>"
    "<TimeToLive><MicroSeconds>14400000000</MicroSeconds></TimeToLive>"
    f"<TimeToLiveLimited>false</TimeToLiveLimited><Token>{TOKEN}</Token>"
)


class TestReplies:
    @pytest.fixture
    def decode(self) -> Callable[[str], Any]:
        contract = Contract.named("server_command")
        return lambda inside: contract.decode("Login", login_reply(inside))

    def test_values_are_plain(self, decode: Callable[[str], Any]) -> None:
        login = decode(LOGIN)
        assert login.RegistrationTime == datetime(2025, 6, 3, 8, 15, 30, 123456, tzinfo=UTC)
        assert login["TimeToLive"] == {"MicroSeconds": 14_400_000_000}
        assert login.TimeToLiveLimited is False
        assert login.Token == TOKEN

    def test_members_are_found_in_any_order(self, decode: Callable[[str], Any]) -> None:
        parts = re.findall(r"<(\w+)>.*?</\1>", LOGIN)
        backwards = "".join(re.search(rf"<{name}>.*?</{name}>", LOGIN)[0] for name in reversed(parts))  # type: ignore[index]
        assert backwards != LOGIN
        assert decode(backwards) == decode(LOGIN)

    def test_what_is_absent_is_none(self, decode: Callable[[str], Any]) -> None:
        assert decode("") == {"RegistrationTime": None, "TimeToLive": None, "TimeToLiveLimited": None, "Token": None}

    def test_unknown_members_survive(self, decode: Callable[[str], Any]) -> None:
        login = decode(f"{LOGIN}<Roles><Role>a</Role><Role>b</Role></Roles><Level>3</Level>")
        assert login.unknown == {"Roles": {"Role": ["a", "b"]}, "Level": "3"}
        assert "Roles" not in login

    def test_unknown_enumeration_values_survive(self) -> None:
        body = envelope(
            f'<OutputGetStateResponse xmlns="{RECORDER}"><OutputGetStateResult>Glowing</OutputGetStateResult>'
            "</OutputGetStateResponse>"
        )
        assert Contract.named("recorder").decode("OutputGetState", body) == "Glowing"

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("2025-06-03T08:15:30", datetime(2025, 6, 3, 8, 15, 30, tzinfo=UTC)),
            ("2025-06-03T10:15:30+02:00", datetime(2025, 6, 3, 8, 15, 30, tzinfo=UTC)),
            ("9999-12-31T23:59:59.9999999", datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
            ("0001-01-01T00:00:00", None),
            ("0001-01-01T00:00:00+02:00", None),
        ],
    )
    def test_times(self, decode: Callable[[str], Any], text: str, expected: datetime | None) -> None:
        assert decode(f"<RegistrationTime>{text}</RegistrationTime>").RegistrationTime == expected

    @pytest.mark.parametrize(
        "bad",
        [
            "<TimeToLiveLimited>maybe</TimeToLiveLimited>",
            "<TimeToLiveLimited/>",
            "<TimeToLive><MicroSeconds>4 hours</MicroSeconds></TimeToLive>",
            "<TimeToLive><MicroSeconds>1_000</MicroSeconds></TimeToLive>",
            f"<RegistrationTime>{TOKEN}</RegistrationTime>",
            "<RegistrationTime>2025-13-03T08:15:30Z</RegistrationTime>",
            "<Token><Part>1</Part></Token>",
        ],
    )
    def test_values_that_cannot_be_read(self, decode: Callable[[str], Any], bad: str) -> None:
        found = decode(f"{bad}<LastModified>2025-06-03T08:15:30Z</LastModified>")
        member = bad[1 : re.search(r"[/>]", bad).start()]  # type: ignore[union-attr]
        value = found[member]
        assert (value.MicroSeconds if member == "TimeToLive" else value) is None
        assert found.unknown == {"LastModified": "2025-06-03T08:15:30Z"}

    def test_a_value_that_cannot_be_read_is_noted(self) -> None:
        call = Contract.named("server_command").call("GetVersion")
        assert (
            call.decode(
                envelope(
                    "<GetVersionResponse xmlns='http://videoos.net/2/XProtectCSServerCommand'><GetVersionResult>x</GetVersionResult></GetVersionResponse>"
                )
            )
            is None
        )
        assert call.unreadable == {"GetVersionResult, int": "x"}

    def test_a_fault_is_an_error_of_its_own(self) -> None:
        fault = "<s:Fault><faultcode>s:Server</faultcode><faultstring>what nobody mapped</faultstring></s:Fault>"
        with pytest.raises(ServerFault, match="what nobody mapped"):
            Contract.named("server_command").decode("Login", envelope(fault))

    def test_derived_event_keeps_its_type_and_can_be_sent_again(self) -> None:
        contract = Contract.named("alarm")
        event = contract.decode(
            "GetEvent",
            envelope(
                f'<GetEventResponse xmlns="{ALARM}"><GetEventResult i:type="m:EventData" xmlns:i="{XSI[1:-1]}"'
                f' xmlns:m="urn:milestone-systems"><m:EventHeader><m:ID>{ID}</m:ID>'
                "<m:Timestamp>2024-01-01T00:00:00Z</m:Timestamp></m:EventHeader>"
                "<m:EventSequence><m:EndDateTime>2024-01-01T00:00:00Z</m:EndDateTime></m:EventSequence>"
                "</GetEventResult></GetEventResponse>"
            ),
        )
        assert event.wire_type == "EventData"
        assert event.EventSequence.EndDateTime == datetime(2024, 1, 1, tzinfo=UTC)
        again = request("alarm", "AddEvent", "T", event)[1]
        assert infoset(again)[2] == ((f"{XSI}type", "{urn:milestone-systems}EventData"),)

    def test_type_that_nobody_described_is_read_as_the_declared_one(self) -> None:
        event = Contract.named("alarm").decode(
            "GetEvent",
            envelope(
                f'<GetEventResponse xmlns="{ALARM}"><GetEventResult i:type="m:LprEvent" xmlns:m="urn:milestone-systems"'
                f' xmlns:i="{XSI[1:-1]}"><m:EventHeader><m:ID>{ID}</m:ID></m:EventHeader><m:Plate>AB 1</m:Plate>'
                "</GetEventResult></GetEventResponse>"
            ),
        )
        assert event.EventHeader["ID"] == str(ID)
        assert event.unknown == {"Plate": "AB 1"}

    def test_edited_item_goes_back_in_order_without_what_we_do_not_know(self) -> None:
        contract = Contract.named("configuration")
        data = "http://schemas.datacontract.org/2004/07/VideoOS.ConfigurationAPI"
        item = contract.decode(
            "GetItem",
            envelope(
                f'<GetItemResponse xmlns="{contract.namespace}"><GetItemResult xmlns:a="{data}">'
                "<a:ChildrenFilled>false</a:ChildrenFilled><a:Newer>1</a:Newer><a:Path>Camera[1]</a:Path><a:Properties>"
                "<a:Property><a:Key>Name</a:Key><a:Value>Door</a:Value></a:Property></a:Properties>"
                "</GetItemResult></GetItemResponse>"
            ),
        )
        item.Properties[0]["Value"] = "Gate"
        sent = request("configuration", "SetItem", item)[0]
        texts = {etree.QName(node).localname: node.text for node in sent.iter() if node.text}
        assert texts == {"ChildrenFilled": "false", "Path": "Camera[1]", "Key": "Name", "Value": "Gate"}
        assert "Newer" not in names(sent)
        assert names(sent) == sorted(names(sent))

    def test_records_can_be_copied_and_stored(self, decode: Callable[[str], Any]) -> None:
        login = decode(f"{LOGIN}<Level>3</Level>")
        for copy in (deepcopy(login), pickle.loads(pickle.dumps(login))):
            assert isinstance(copy, Record)
            assert (copy, copy.unknown) == (login, login.unknown)

    def test_wrong_attribute_says_the_right_ones(self, decode: Callable[[str], Any]) -> None:
        with pytest.raises(AttributeError, match="RegistrationTime, TimeToLive, TimeToLiveLimited, Token"):
            _ = decode(LOGIN).token

    @pytest.mark.parametrize("end", range(0, len(login_reply(LOGIN)), 7))
    def test_a_reply_cut_short_is_refused(self, end: int) -> None:
        with pytest.raises(RemoteProtocolError):
            Contract.named("server_command").decode("Login", login_reply(LOGIN)[:end])

    def test_deep_nesting_is_refused(self) -> None:
        deep = "<Deep>" * 5000 + "</Deep>" * 5000
        with pytest.raises(RemoteProtocolError):
            Contract.named("server_command").decode("Login", login_reply(deep))

    @examples(2)
    @given(st.integers(0, len(login_reply(LOGIN)) - 1), st.binary(min_size=1, max_size=12))
    def test_damaged_replies_give_a_value_or_our_error(self, place: int, damage: bytes) -> None:
        whole = login_reply(LOGIN)
        try:
            result = Contract.named("server_command").decode(
                "Login", whole[:place] + damage + whole[place + len(damage) :]
            )
        except MilestoneError:
            return
        assert result is None or isinstance(result, Record)


@given(
    st.dictionaries(
        st.sampled_from(["Description", "Name", "Location", "StateName", "AssignedTo"]), st.none() | st.text()
    ),
    st.lists(st.uuids(), max_size=3),
)
@examples(1)
def test_text_survives_the_wire_or_is_refused(members: dict[str, str | None], ids: list[UUID]) -> None:
    contract = Contract.named("alarm")
    alarm = {
        **{name: text for name, text in members.items() if name != "Name"},
        "EventHeader": {"ID": ID, "Timestamp": datetime(2024, 1, 1, tzinfo=UTC), "Name": members.get("Name")},
    }
    try:
        body, _ = contract.encode("Add", "T", alarm)
    except ConfigurationError:
        assert any(
            re.search("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text or "") for text in members.values()
        )
        return
    sent = etree.fromstring(body)[0][0][1]
    for name, text in alarm.items():
        if isinstance(text, str):
            assert (sent.findtext(f"{{urn:milestone-systems}}{name}") or "") == text
    events = request("alarm", "GetEvents", "T", {"EventIds": ids})
    assert [each.text for each in events[1][0]] == [str(each) for each in ids]


def test_a_call_carries_all_that_is_needed() -> None:
    call = Contract.named("server_command").call("Login", CLIENT, None)
    assert call.operation == "Login"
    assert call.action == f"{SC}/IServerCommandService/Login"
    assert call.decode(login_reply(LOGIN)).Token == TOKEN
    assert TOKEN not in repr(Contract.named("server_command").call("GetUserInfo", TOKEN))


@pytest.mark.parametrize("service", DESCRIPTIONS)
def test_description_is_parsed_once(service: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        contracts = set(pool.map(lambda _: Contract.named(service), range(32)))
    assert len(contracts) == 1


def test_one_contract_serves_many_threads() -> None:
    contract = Contract.named("server_command")

    def round_trip(number: int) -> tuple[str | None, int]:
        body, _ = contract.encode("GetConfigurationRecorders", f"T{number}", [UUID(int=number)])
        spent = f"<TimeToLive><MicroSeconds>{number}</MicroSeconds></TimeToLive>"
        login = contract.decode("Login", login_reply(spent))
        return etree.fromstring(body)[0][0][1][0].text, login.TimeToLive.MicroSeconds

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(round_trip, range(300)))
    assert results == [(str(UUID(int=number)), number) for number in range(300)]


def test_zeep_is_imported_on_first_use_and_without_warnings() -> None:
    program = (
        "import sys, milestone_sdk, milestone_sdk._protocol.soap.contract as contract\n"
        "assert not [name for name in sys.modules if name.split('.')[0] in ('zeep', 'requests')]\n"
        "contract.Contract.named('alarm')\n"
        "assert 'zeep' in sys.modules\n"
    )
    ended = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
