"""Requests as Microsoft's serializer writes them are understood; answers are what it would have written."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from lxml import etree

from milestone_sdk.simulator.simulator import Simulator
from milestone_sdk.simulator.wire.values import parse_ticks
from tests.support.eventserver_wire import MS, SOAP, SVC, XSI, Wire, event_server

CAMERA = "aaaaaaaa-0000-0000-0000-000000000001"
PA = 'xmlns:a="http://schemas.datacontract.org/2004/07/VideoOS.Platform.Proxy.Alarm"'
I = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'  # noqa: E741
XS = 'xmlns:b="http://www.w3.org/2001/XMLSchema"'
FULL_FILTER = (
    f"<filter {PA} {I}><a:Conditions>"
    f'<a:Condition><a:Operator>Equals</a:Operator><a:Target>State</a:Target><a:Value i:type="b:unsignedShort" {XS}>'
    "4</a:Value></a:Condition>"
    f'<a:Condition><a:Operator>Contains</a:Operator><a:Target>Name</a:Target><a:Value i:type="b:string" {XS}>'
    "alarm &lt;</a:Value></a:Condition>"
    f'<a:Condition><a:Operator>GreaterThan</a:Operator><a:Target>Timestamp</a:Target><a:Value i:type="b:dateTime" {XS}>'
    "2024-01-01T00:00:00Z</a:Value></a:Condition>"
    '<a:Condition><a:Operator>Equals</a:Operator><a:Target>Id</a:Target><a:Value i:type="b:guid" '
    'xmlns:b="http://schemas.microsoft.com/2003/10/Serialization/">'
    "00000001-1111-2222-0102-030405060708</a:Value></a:Condition>"
    "<a:Condition><a:Operator>NotEquals</a:Operator><a:Target>Location</a:Target>"
    '<a:Value i:nil="true"/></a:Condition></a:Conditions>'
    "<a:Orders><a:OrderBy><a:Order>Descending</a:Order><a:Target>Timestamp</a:Target></a:OrderBy></a:Orders></filter>"
)
EVERYTHING = (
    f'<filter i:nil="true" {PA} {I}/>',
    f'<filter {PA} {I}><a:Conditions i:nil="true"/><a:Orders i:nil="true"/></filter>',
    f"<filter {PA} {I}><a:Conditions/><a:Orders/></filter>",
    "",
)


def golden_line(number: int) -> str:
    return (
        f"<a:AlarmLine><a:AssignedTo/><a:CameraId>{CAMERA}</a:CameraId><a:Category>0</a:Category>"
        '<a:CategoryName i:nil="true"/><a:CustomTag i:nil="true"/><a:Description i:nil="true"/>'
        f"<a:FilterMatch>true</a:FilterMatch><a:Id>0000000{number}-1111-2222-0102-030405060708</a:Id>"
        f"<a:LocalId>100{number}</a:LocalId><a:Location>Gate</a:Location><a:Message>Motion detected</a:Message>"
        f'<a:Modified>2024-03-05T12:35:00Z</a:Modified><a:Name>Alarm &lt;{number}&gt; &amp; "co" æøå</a:Name>'
        '<a:ObjectValue i:nil="true"/><a:Priority>1</a:Priority><a:PriorityName>High</a:PriorityName>'
        '<a:RuleType i:nil="true"/><a:SourceId>00000000-0000-0000-0000-000000000000</a:SourceId>'
        "<a:SourceName>Cam 1</a:SourceName><a:State>4</a:State><a:StateName>In progress</a:StateName>"
        "<a:Timestamp>2024-03-05T12:34:56.7891234Z</a:Timestamp><a:Type>MotionStart</a:Type>"
        "<a:VendorName>Milestone</a:VendorName></a:AlarmLine>"
    )


def store_golden_alarm(sim: Simulator, wire: Wire, number: int) -> None:
    alarm_id = f"0000000{number}-1111-2222-0102-030405060708"
    camera = (
        f"<m:FQID><m:ObjectId>{CAMERA}</m:ObjectId><m:FolderType>0</m:FolderType>"
        "<m:Kind>5135ba21-f1dc-4321-806a-6ce2017343c0</m:Kind></m:FQID>"
    )
    wire.call(
        "Add",
        f"<alarm><m:EventHeader><m:ID>{alarm_id}</m:ID><m:Timestamp>2024-03-05T13:34:56.7891234+01:00</m:Timestamp>"
        "<m:Type>MotionStart</m:Type><m:Priority>1</m:Priority><m:PriorityName>High</m:PriorityName>"
        f'<m:Name>Alarm &lt;{number}&gt; &amp; "co" æøå</m:Name><m:Message>Motion detected</m:Message>'
        "<m:Source><m:Name>Cam 1</m:Name></m:Source></m:EventHeader><m:Location>Gate</m:Location><m:State>4</m:State>"
        "<m:StateName>In progress</m:StateName><m:AssignedTo/>"
        f"<m:ReferenceList><m:Reference>{camera}</m:Reference></m:ReferenceList>"
        "<m:Vendor><m:Name>Milestone</m:Name></m:Vendor></alarm>",
    )
    row = sim.alarms.store.alarms[UUID(alarm_id)]
    row.local_id = 1000 + number
    row.changed(parse_ticks("2024-03-05T12:35:00Z"))


@pytest.fixture
def golden() -> Iterator[Wire]:
    with event_server(null_form="nil") as (sim, wire):
        for number in (1, 2):
            store_golden_alarm(sim, wire, number)
        yield wire


def request(wire: Wire, operation: str, inner: str) -> str:
    """As .NET writes it: no declarations on the operation but its own namespace."""
    return (
        f'<s:Envelope xmlns:s="{SOAP}"><s:Body><{operation} xmlns="{SVC}"><token>{wire.token}</token>{inner}'
        f"</{operation}></s:Body></s:Envelope>"
    )


def answer(operation: str, inner: str) -> str:
    return (
        f'<s:Envelope xmlns:s="{SOAP}"><s:Body><{operation}Response xmlns="{SVC}">{inner}</{operation}Response>'
        "</s:Body></s:Envelope>"
    )


def infoset(text: str | bytes) -> bytes:
    return etree.tostring(etree.fromstring(text), method="c14n2", strip_text=False)


@pytest.mark.parametrize("wanted", EVERYTHING, ids=["nil", "nil members", "empty members", "absent"])
def test_every_form_of_no_filter_means_everything(golden: Wire, wanted: str) -> None:
    inner = f"<from>0</from><maxCount>10</maxCount>{wanted}"
    got = golden.post("GetAlarmLines", request(golden, "GetAlarmLines", inner))
    assert got.text.count("<a:AlarmLine>") == 2
    assert golden.post("StartAlarmLineSession", request(golden, "StartAlarmLineSession", wanted)).status_code == 200


def test_alarm_lines(golden: Wire) -> None:
    ordered = (
        f"<filter {PA} {I}><a:Conditions/><a:Orders><a:OrderBy><a:Order>Ascending</a:Order><a:Target>LocalId</a:Target>"
        "</a:OrderBy></a:Orders></filter>"
    )
    got = golden.post(
        "GetAlarmLines", request(golden, "GetAlarmLines", f"<from>0</from><maxCount>10</maxCount>{ordered}")
    )
    result = f"<GetAlarmLinesResult {PA} {I}>{golden_line(1)}{golden_line(2)}</GetAlarmLinesResult>"
    assert infoset(got.content) == infoset(answer("GetAlarmLines", result))


def test_a_count_of_zero_takes_none(golden: Wire) -> None:
    inner = f"<from>0</from><maxCount>0</maxCount>{EVERYTHING[0]}"
    got = golden.post("GetAlarmLines", request(golden, "GetAlarmLines", inner))
    assert infoset(got.content) == infoset(answer("GetAlarmLines", f"<GetAlarmLinesResult {PA} {I}/>"))


def test_five_conditions_of_five_types_and_a_session(golden: Wire) -> None:
    started = golden.post("StartAlarmLineSession", request(golden, "StartAlarmLineSession", FULL_FILTER))
    session = etree.fromstring(started.content)[0][0][0].text or ""
    expected = answer("StartAlarmLineSession", f"<StartAlarmLineSessionResult>{session}</StartAlarmLineSessionResult>")
    assert infoset(started.content) == infoset(expected)
    assert str(UUID(session)) == session
    inner = f"<maxCount>10</maxCount><sessionId>{session}</sessionId>"
    got = golden.post("GetSessionAlarmLines", request(golden, "GetSessionAlarmLines", inner))
    result = (
        f"<GetSessionAlarmLinesResult {PA} {I}>"
        '<a:Deleted i:nil="true" xmlns:b="http://schemas.microsoft.com/2003/10/Serialization/Arrays"/>'
        f'<a:Inserted>{golden_line(1)}</a:Inserted><a:Updated i:nil="true"/></GetSessionAlarmLinesResult>'
    )
    assert infoset(got.content) == infoset(answer("GetSessionAlarmLines", result))


def test_an_alarm_comes_back_as_it_was_added(golden: Wire) -> None:
    got = golden.result("Get", "<id>00000002-1111-2222-0102-030405060708</id>")
    expected = (
        f'<GetResult xmlns="{SVC}" xmlns:a="{MS}" {I}><a:EventHeader><a:ID>00000002-1111-2222-0102-030405060708</a:ID>'
        "<a:Timestamp>2024-03-05T12:34:56.7891234Z</a:Timestamp><a:Type>MotionStart</a:Type><a:Priority>1</a:Priority>"
        '<a:PriorityName>High</a:PriorityName><a:Name>Alarm &lt;2&gt; &amp; "co" æøå</a:Name>'
        "<a:Message>Motion detected</a:Message><a:Source><a:Name>Cam 1</a:Name></a:Source></a:EventHeader>"
        "<a:Location>Gate</a:Location><a:State>4</a:State><a:StateName>In progress</a:StateName><a:AssignedTo/>"
        f"<a:ReferenceList><a:Reference><a:FQID><a:ObjectId>{CAMERA}</a:ObjectId><a:FolderType>0</a:FolderType>"
        "<a:Kind>5135ba21-f1dc-4321-806a-6ce2017343c0</a:Kind></a:FQID></a:Reference></a:ReferenceList>"
        "<a:Vendor><a:Name>Milestone</a:Name></a:Vendor></GetResult>"
    )
    copied = etree.fromstring(etree.tostring(got))
    etree.cleanup_namespaces(copied, keep_ns_prefixes=["a", "i"])
    assert infoset(etree.tostring(copied)) == infoset(expected)


@pytest.mark.parametrize("form", ["nil", "empty", "absent"])
def test_a_quiet_poll_has_the_form_that_was_asked_for(form: str) -> None:
    with event_server(null_form=form) as (_, wire):
        session = wire.result("StartAlarmLineSession").text
        got = wire.result("GetSessionAlarmLines", f"<maxCount>5</maxCount><sessionId>{session}</sessionId>")
        shapes = {etree.QName(child).localname: dict(child.attrib) for child in got}
    nil = {f"{{{XSI}}}nil": "true"}
    names = () if form == "absent" else ("Deleted", "Inserted", "Updated")
    assert shapes == {name: nil if form == "nil" else {} for name in names}
