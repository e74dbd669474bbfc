"""What the event server does with requests that are wrong, late, foreign or out of order."""

import ssl
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from lxml import etree

from milestone_sdk.simulator.simulator import Simulator
from tests.support.eventserver_wire import (
    PA,
    SVC,
    TEXT_XML,
    Wire,
    alarm_filter,
    condition,
    event_server,
    members,
    order,
    read_fault,
)

PATH = "Central/AlarmServiceToken"
DISPATCHER = "http://schemas.microsoft.com/net/2005/12/windowscommunicationfoundation/dispatcher"


def page_of(wanted: str, *, start: object = 0, count: object = 10) -> str:
    return f"<from>{start}</from><maxCount>{count}</maxCount>{wanted}"


# HTTP


def test_only_one_path_is_served(wire: Wire) -> None:
    for path in ("", "Central", "Central/AlarmService2", "ManagementServer/ServerCommandService.svc"):
        assert wire.http.post(path, content="x", headers=TEXT_XML).status_code == 404
    body = wire.envelope("GetStatistics", "")
    action = {"SOAPAction": f"{SVC}/IAlarmCommandToken/GetStatistics"}
    assert wire.http.post(PATH.upper(), content=body, headers=TEXT_XML | action).status_code == 200


def test_content_type_and_method(wire: Wire) -> None:
    body = wire.envelope("GetStatistics", "")
    for wrong in ("application/soap+xml; charset=utf-8", "application/json"):
        assert wire.post("GetStatistics", body, {"Content-Type": wrong}).status_code == 415
    assert wire.http.put(PATH, content=body, headers=TEXT_XML).status_code == 405
    assert wire.http.get(PATH).headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("quoted", [True, False])
def test_the_action_may_lack_its_quotes(wire: Wire, quoted: bool) -> None:
    action = f"{SVC}/IAlarmCommandToken/GetStatistics"
    answer = wire.post("", wire.envelope("GetStatistics", ""), {"SOAPAction": f'"{action}"' if quoted else action})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "action",
    ["", '""', f"{SVC}/IAlarmCommandToken/Nothing", f"{SVC}/IAlarmCommand/GetStatistics", "GetStatistics"],
)
def test_an_unknown_action_is_not_supported(wire: Wire, action: str) -> None:
    answer = wire.post("", wire.envelope("GetStatistics", ""), {"SOAPAction": action})
    fault = read_fault(answer)
    assert (fault.status, fault.code, fault.reason) == (500, "a:ActionNotSupported", None)
    assert f'xmlns:a="{DISPATCHER}"' in answer.text


def test_the_body_must_be_the_one_of_the_action(wire: Wire) -> None:
    assert read_fault(wire.post("GetStatistics", wire.envelope("Get", ""))).code == "a:DeserializationFailed"
    other = wire.envelope("GetStatistics", "").replace(SVC, "http://video.net/2/CentralServerAlarmCommand")
    assert read_fault(wire.post("GetStatistics", other)).code == "a:DeserializationFailed"


@pytest.mark.parametrize(
    "body", ["", "no xml", "<a/>", "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'/>"]
)
def test_no_envelope_is_a_fault(wire: Wire, body: str) -> None:
    assert wire.post("GetStatistics", body).status_code == 500


def test_soap_1_2_is_refused(wire: Wire) -> None:
    body = wire.envelope("GetStatistics", "").replace(
        "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"
    )
    assert read_fault(wire.post("GetStatistics", body)).code == "s:VersionMismatch"


def test_a_limit_on_requests_can_be_set() -> None:
    with event_server() as (sim, wire):
        sim.alarms.largest_request = 2000
        assert wire.post("GetStatistics", wire.envelope("GetStatistics", "")).status_code == 200
        assert wire.post("GetStatistics", wire.envelope("GetStatistics", "<x/>" * 500)).status_code == 413


# Tokens and sessions


def test_a_token_that_is_wrong_missing_or_expired(sim: Simulator, wire: Wire) -> None:
    access = sim.tokens.issue_access(sim.site.users[0])
    for token in ("", "no token", access):
        fault = wire.fault("GetStatistics", token=token)
        assert (fault.status, fault.code, fault.reason) == (500, "s:Client", "InvalidAuthentication")
    assert wire.call("GetStatistics") is not None
    sim.tokens.advance(timedelta(hours=5))
    assert wire.fault("GetStatistics").reason == "InvalidAuthentication"


def test_input_is_read_before_the_token_is_looked_at(wire: Wire) -> None:
    assert wire.fault("Get", "<id>nonsense</id>", token="no token").code == "a:DeserializationFailed"


def test_a_restart_ends_sessions_but_keeps_alarms_and_port(sim: Simulator, wire: Wire) -> None:
    sim.trigger("Motion Detected", "C1")
    session = wire.result("StartAlarmLineSession").text
    address = sim.event_server_url
    sim.stop_service("event_server")
    with pytest.raises(httpx.TransportError):
        wire.call("GetStatistics")
    sim.start_service("event_server")
    assert sim.event_server_url == address
    fault = wire.fault("GetSessionAlarmLines", f"<maxCount>9</maxCount><sessionId>{session}</sessionId>")
    assert (fault.reason, fault.text) == ("UnknownSession", "Unknown session.")
    assert session is not None
    assert session in (fault.description or "")
    assert len(wire.lines()) == 1


def test_sessions_of_events_and_of_alarms_are_apart(wire: Wire) -> None:
    session = f"<maxCount>9</maxCount><sessionId>{wire.result('StartEventLineSession').text}</sessionId>"
    assert wire.fault("GetSessionAlarmLines", session).reason == "UnknownSession"
    assert wire.call("GetSessionEventLines", session) is not None


@pytest.mark.parametrize("operation", ["StopAlarmLineSession", "StopEventLineSession"])
def test_a_session_that_never_was(wire: Wire, operation: str) -> None:
    assert wire.fault(operation, f"<sessionId>{uuid4()}</sessionId>").reason == "UnknownSession"


def test_ordered_failures_come_in_the_contract_s_own_form(sim: Simulator, wire: Wire) -> None:
    sim.alarms.fail("GetAlarmLines", "DbConnection", times=2, description="No database.")
    assert wire.call("GetStatistics") is not None
    for _ in range(2):
        fault = wire.fault("GetAlarmLines", page_of(alarm_filter()))
        assert (fault.code, fault.reason, fault.description) == ("s:Client", "DbConnection", "No database.")
    assert wire.lines() == []


def test_the_faults_of_http_strike_here_too(sim: Simulator, wire: Wire) -> None:
    sim.faults.add("event_server", "html", operation="GetStatistics", times=1, status=500)
    answer = wire.post("GetStatistics", wire.envelope("GetStatistics", ""))
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/html")
    assert wire.call("GetStatistics") is not None
    assert [request.operation for request in sim.requests] == ["GetStatistics", "GetStatistics"]


# Values that cannot be read


_SOME_ID = UUID(int=7)


@pytest.mark.parametrize(
    ("operation", "inner", "parameter"),
    [
        ("GetAlarmLines", "<from>0</from><maxCount></maxCount>", "maxCount"),
        ("GetAlarmLines", "<from>0</from><maxCount>1.5</maxCount>", "maxCount"),
        ("GetAlarmLines", "<from>2147483648</from>", "from"),
        ("GetAlarmLines", '<from i:nil="true"/>', "from"),
        ("GetAlarmLines", "<from>0</from><maxCount><x/></maxCount>", "maxCount"),
        ("Get", "<id/>", "id"),
        ("Get", "<id>00000001-1111-2222-0102</id>", "id"),
        ("UpdateAlarm", f"<id>{_SOME_ID}</id><time>yesterday</time>", "time"),
        ("UpdateAlarm", f"<id>{_SOME_ID}</id><state>New</state>", "state"),
        ("GetAlarmLines", alarm_filter(condition("Modifed", "Equals", "x:int", 1)), "filter"),
        ("GetAlarmLines", alarm_filter(condition("State", "GreaterOrEqual", "x:int", 1)), "filter"),
        ("GetAlarmLines", alarm_filter(condition("State", "Equals", "x:int", "one")), "filter"),
        ("GetAlarmLines", alarm_filter(condition("State", "Equals", "x:unsignedShort", -1)), "filter"),
        ("GetAlarmLines", alarm_filter(condition("Id", "Equals", "x:guid", _SOME_ID)), "filter"),
        ("GetAlarmLines", alarm_filter(condition("Modified", "Equals", "x:dateTime", "today")), "filter"),
        ("GetAlarmLines", alarm_filter(condition("State", "Equals", "nobody:int", 1)), "filter"),
        ("GetAlarmLines", alarm_filter("", order("Modified", "Upwards")), "filter"),
        ("AddEvent", '<baseEvent i:type="m:Alarm"/>', "baseEvent"),
        ("AddEvent", '<baseEvent i:type="m:AnalyticsEvent"/>', "baseEvent"),
        ("Add", "<alarm><m:EventHeader><m:Message>no id</m:Message></m:EventHeader></alarm>", "alarm"),
        ("AttachSnapshot", "<snapshot><m:TimeOffset>0</m:TimeOffset><m:Image>*</m:Image></snapshot>", "snapshot"),
    ],
)
def test_unreadable_values_name_their_parameter(wire: Wire, operation: str, inner: str, parameter: str) -> None:
    fault = wire.fault(operation, inner)
    assert (fault.status, fault.code, fault.reason) == (500, "a:DeserializationFailed", None)
    assert f"{SVC}:{parameter}." in (fault.text or "")


@pytest.mark.parametrize(
    "wrong",
    [
        condition("State", "Equals", "x:string", "1"),
        condition("Name", "Equals", "x:int", 1),
        condition("Modified", "GreaterThan", "x:string", "2025-01-01T00:00:00Z"),
        "<a:Condition><a:Operator>Equals</a:Operator><a:Target>State</a:Target><a:Value>1</a:Value></a:Condition>",
    ],
)
def test_a_value_that_does_not_fit_its_target_is_the_caller_s_bug(wire: Wire, wrong: str) -> None:
    fault = wire.fault("GetAlarmLines", page_of(alarm_filter(wrong)))
    assert (fault.code, fault.reason) == ("s:Client", "Serialization")


def test_values_of_updates_and_unknown_search_targets(sim: Simulator, wire: Wire) -> None:
    (alarm_id,) = sim.trigger("Motion Detected", "C1")
    pair = (
        "<k:KeyValuePairOfstringstring><k:key>StateInt</k:key><k:value>Closed</k:value></k:KeyValuePairOfstringstring>"
    )
    assert wire.fault("UpdateAlarmValues", f"<id>{alarm_id}</id><updates>{pair}</updates>").reason == "Serialization"
    assert sim.alarms.get(alarm_id).state == 1
    search = "<a:SearchElement><a:SearchTarget>Colour</a:SearchTarget></a:SearchElement>"
    group = f"<a:SearchGroup><a:SearchElements>{search}</a:SearchElements></a:SearchGroup>"
    assert wire.fault("GetEventCount", f"<parameters>{group}</parameters>").reason == "Serialization"


@pytest.mark.parametrize("operation", ["Add", "AddEvent", "AddAsEvent", "GetEvents", "GetEventLines2", "GetEventCount"])
def test_an_operation_without_its_object_is_an_internal_error(wire: Wire, operation: str) -> None:
    fault = wire.fault(operation)
    assert (fault.code, fault.reason) == ("a:InternalServiceFault", None)


# Order: late members are dropped without a word


def test_late_parameters_stay_at_their_default(sim: Simulator, wire: Wire) -> None:
    sim.trigger("Motion Detected", "C1")
    late = f"<maxCount>10</maxCount><from>5</from>{alarm_filter()}"
    assert len(wire.result("GetAlarmLines", late)) == 1
    too_late = f"{alarm_filter()}<from>0</from><maxCount>10</maxCount>"
    assert len(wire.result("GetAlarmLines", too_late)) == 0
    assert sim.dropped == ["GetAlarmLines.from", "GetAlarmLines.from", "GetAlarmLines.maxCount"]


def test_a_token_that_comes_last_is_no_token(sim: Simulator, wire: Wire) -> None:
    body = wire.envelope("Acknowledge", "").replace(f"<token>{wire.token}</token>", "")
    body = body.replace("</Acknowledge>", f"<id>{uuid4()}</id><token>{wire.token}</token></Acknowledge>")
    assert read_fault(wire.post("Acknowledge", body)).reason == "InvalidAuthentication"
    assert sim.dropped == ["Acknowledge.token"]


def test_late_members_of_a_condition_mean_something_else(sim: Simulator, wire: Wire) -> None:
    for name in ("a", "b"):
        sim.alarms.add(name)
    number = '<a:Value i:type="x:int">1</a:Value>'
    swapped = f"<a:Condition><a:Target>LocalId</a:Target><a:Operator>NotEquals</a:Operator>{number}</a:Condition>"
    assert wire.names(swapped) == ["a"]
    first = f"<a:Condition>{number}<a:Operator>NotEquals</a:Operator><a:Target>State</a:Target></a:Condition>"
    assert wire.names(first) == ["a"]
    assert sim.dropped == ["Condition.Operator", "Condition.Operator", "Condition.Target"]


def test_members_in_a_wrong_namespace_or_after_an_unknown_one(sim: Simulator, wire: Wire) -> None:
    sim.alarms.add("a")
    foreign = "<Condition><Operator>Equals</Operator></Condition>"
    spelt = '<a:Target>Name</a:Target><a:Value i:type="x:string">zzz</a:Value>'
    foreign += f"<a:Condition><a:Colour/><a:Operator>Equals</a:Operator>{spelt}</a:Condition>"
    assert wire.names(foreign) == []
    assert sim.dropped == ["Conditions.Condition"]
    assert wire.names('<Condition xmlns=""><Target>Name</Target></Condition>') == ["a"]


def test_late_members_of_an_alarm_are_lost(sim: Simulator, wire: Wire) -> None:
    head = (
        f"<m:EventHeader><m:ID>{uuid4()}</m:ID><m:Timestamp>2025-03-04T09:20:00Z</m:Timestamp>"
        "<m:Message>Kept</m:Message><m:Name>Lost</m:Name></m:EventHeader>"
    )
    wire.call("Add", f"<alarm>{head}<m:State>9</m:State><m:Location>Lost too</m:Location></alarm>")
    (line,) = wire.lines()
    assert (line["Message"], line["Name"], line["State"], line["Location"]) == ("Kept", None, "9", None)
    assert sim.dropped == ["EventHeader.Name", "alarm.Location"]


def test_strict_order_turns_a_drop_into_a_failure_at_the_end() -> None:
    def misbehave() -> None:
        with event_server(strict_order=True) as (_, wire):
            wire.call("GetAlarmLines", f"<maxCount>1</maxCount><from>0</from>{alarm_filter()}")

    with pytest.raises(AssertionError, match=r"GetAlarmLines\.from"):
        misbehave()


# Releases, encryption, description


def test_an_old_server_has_no_camera_target_scheme_or_newer_operation() -> None:
    with event_server(release="2020R1") as (sim, wire):
        (alarm_id,) = sim.trigger("Motion Detected", "C1")
        wanted = condition("CameraId", "Equals", "g:guid", uuid4())
        assert wire.fault("GetAlarmLines", page_of(alarm_filter(wanted))).code == "a:DeserializationFailed"
        assert wire.fault("GetAlarmsWithRelatedHardware").code == "a:ActionNotSupported"
        assert "Scheme>" not in etree.tostring(wire.result("Get", f"<id>{alarm_id}</id>")).decode()
    with event_server(release="2025R2") as (sim, wire):
        (alarm_id,) = sim.trigger("Motion Detected", "C1")
        assert "Scheme>http<" in etree.tostring(wire.result("Get", f"<id>{alarm_id}</id>")).decode()
        wanted = condition("CameraId", "Equals", "g:guid", sim.site.camera("C1").id)
        assert wire.names(wanted) == ["Motion outdoors"]


def test_https_on_the_one_port() -> None:
    with Simulator(services=("event_server",)) as sim, Wire(sim) as wire:
        assert sim.event_server_url.startswith("https://127.0.0.1:")
        sim.trigger("Motion Detected", "C1")
        assert [line["Name"] for line in wire.lines()] == ["Motion outdoors"]
        with pytest.raises(httpx.TransportError):
            httpx.get(sim.event_server_url.replace("https", "http"), trust_env=False)
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(sim.event_server_url, verify=ssl.create_default_context(), trust_env=False)


def test_its_description_names_a_machine_that_the_client_did_not_ask(sim: Simulator, wire: Wire) -> None:
    document = etree.fromstring(wire.http.get(f"{PATH}?wsdl").content)
    address = document.find(".//{http://schemas.xmlsoap.org/wsdl/soap/}address")
    assert address is not None
    assert address.get("location", "").startswith(f"http://{sim.site.host_name}:")
    operations = document.findall(
        ".//{http://schemas.xmlsoap.org/wsdl/}portType/{http://schemas.xmlsoap.org/wsdl/}operation"
    )
    assert len(operations) == 29
    assert wire.http.get(f"{PATH}?singleWsdl").status_code == 200


def test_bad_lines_never_leak_into_good_ones(sim: Simulator, wire: Wire) -> None:
    sim.trigger("Motion Detected", "C1")
    for _ in range(3):
        assert wire.fault("GetAlarmLines", page_of("", count="x")).status == 500
        (line,) = wire.result("GetAlarmLines", page_of(""))
        assert members(line)["Name"] == "Motion outdoors"
        assert line.tag == f"{{{PA}}}AlarmLine"
