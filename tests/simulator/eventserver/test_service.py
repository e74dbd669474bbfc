"""The operations of the alarm service over real sockets, with requests written by hand."""

import base64
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from lxml import etree
from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage]

from milestone_sdk.simulator.simulator import Simulator
from milestone_sdk.simulator.site import User
from tests.support.eventserver_wire import ARR, MS, PA, XSI, Wire, alarm_filter, condition, members, order

ZERO = str(UUID(int=0))
LINE_MEMBERS = [
    "AssignedTo",
    "CameraId",
    "Category",
    "CategoryName",
    "CustomTag",
    "Description",
    "FilterMatch",
    "Id",
    "LocalId",
    "Location",
    "Message",
    "Modified",
    "Name",
    "ObjectValue",
    "Priority",
    "PriorityName",
    "RuleType",
    "SourceId",
    "SourceName",
    "State",
    "StateName",
    "Timestamp",
    "Type",
    "VendorName",
]


def header(alarm_id: UUID | str, message: str, extra: str = "", *, source: str = "") -> str:
    return (
        f"<m:EventHeader><m:ID>{alarm_id}</m:ID><m:Timestamp>2025-03-04T09:20:00.125Z</m:Timestamp>"
        f"<m:Class>Analytics</m:Class><m:Type>FaceMatch</m:Type><m:Version>1.0</m:Version><m:Name>Face</m:Name>"
        f"<m:Message>{message}</m:Message><m:CustomTag>gate-3</m:CustomTag>"
        f"<m:Source>{source}</m:Source>{extra}</m:EventHeader>"
    )


def camera_source(camera_id: UUID) -> str:
    return (
        f"<m:Name>whatever the sender calls it</m:Name><m:FQID><m:ObjectId>{camera_id}</m:ObjectId>"
        "<m:FolderType>0</m:FolderType><m:Kind>5135ba21-f1dc-4321-806a-6ce2017343c0</m:Kind></m:FQID>"
    )


def is_nil(element: Element) -> bool:
    return element.get(f"{{{XSI}}}nil") == "true"


# Alarm lines


def test_a_line_has_its_24_members_in_order(sim: Simulator, wire: Wire) -> None:
    sim.trigger("Motion Detected", "C1")
    (line,) = wire.result("GetAlarmLines", f"<from>0</from><maxCount>9</maxCount>{alarm_filter()}")
    assert [etree.QName(child).localname for child in line] == LINE_MEMBERS
    assert {etree.QName(child).namespace for child in line} == {PA}
    got, stored = members(line), sim.alarms.stored()[0]
    camera = sim.site.camera("C1")
    assert (got["Name"], got["Message"], got["SourceName"]) == ("Motion outdoors", "Motion Detected", "C1")
    assert got["CameraId"] == got["SourceId"] == str(camera.id)
    assert (got["Priority"], got["PriorityName"], got["State"], got["StateName"]) == ("1", "High", "1", "New")
    assert (got["AssignedTo"], got["CategoryName"], got["FilterMatch"], got["LocalId"]) == (None, None, "true", "1")
    assert got["Modified"] == stored.modified_text
    assert (got["Modified"] or "").endswith("Z")


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (condition("Name", "Equals", "x:string", "GATE ONE"), {"Gate one"}),
        (condition("Name", "NotEquals", "x:string", "gate ONE"), {"Gate two", "Hall"}),
        (condition("Name", "BeginsWith", "x:string", "gATE"), {"Gate one", "Gate two"}),
        (condition("Name", "Contains", "x:string", "T"), {"Gate one", "Gate two"}),
        (condition("SourceName", "Equals", "x:string", "c1"), {"Gate one"}),
        (condition("State", "Equals", "x:unsignedShort", 4), {"Gate two"}),
        (condition("State", "NotEquals", "x:int", 4), {"Gate one", "Hall"}),
        (condition("StateName", "Equals", "x:string", "In Progress"), {"Gate two"}),
        (condition("Priority", "LessThan", "x:short", 3), {"Gate one", "Gate two"}),
        (condition("Priority", "GreaterThan", "x:long", 2), {"Hall"}),
        (condition("LocalId", "GreaterThan", "x:int", 1), {"Gate two", "Hall"}),
        (condition("AssignedTo", "Equals", "nil", ""), {"Gate one", "Hall"}),
        (condition("AssignedTo", "NotEquals", "nil", ""), {"Gate two"}),
        (condition("AssignedTo", "Contains", "x:string", "guard"), {"Gate two"}),
        (condition("Timestamp", "LessThan", "x:dateTime", "2025-01-01T01:00:00+01:00"), {"Hall"}),
        (
            condition("Name", "BeginsWith", "x:string", "gate") + condition("State", "Equals", "x:int", 1),
            {"Gate one"},
        ),
        (condition("CameraId", "Equals", "g:guid", ZERO), {"Gate two"}),
        (condition("ObjectId", "Equals", "g:guid", ZERO), {"Gate two"}),
    ],
)
def test_conditions(sim: Simulator, wire: Wire, wanted: str, names: set[str]) -> None:
    old = sim.site.now().replace(year=2024)
    sim.alarms.add("Gate one", "C1", priority=1)
    sim.alarms.add("Gate two", "a third party", priority=2, state=4, assigned_to="Guard")
    sim.alarms.add("Hall", "Front Hallway", priority=3, timestamp=old)
    assert set(wire.names(wanted)) == names


def test_watermark_query_pages_by_modified(sim: Simulator, wire: Wire) -> None:
    for number in range(25):
        sim.alarms.add(str(number))
    stored = sim.alarms.stored()
    mark = stored[9].modified_text
    conditions = condition("Modified", "GreaterThan", "x:dateTime", mark)
    lines = wire.lines(conditions, order("Modified"), count=10)
    assert [line["Name"] for line in lines] == [str(number) for number in range(10, 20)]
    assert [line["Modified"] for line in lines] == [row.modified_text for row in stored[10:20]]
    rest = wire.lines(conditions, order("Modified", "Descending"), start=12, count=10)
    assert [line["Name"] for line in rest] == ["12", "11", "10"]


def test_one_value_has_one_text_for_ever(sim: Simulator, wire: Wire) -> None:
    for _ in range(40):
        sim.trigger("Motion Detected", "C1")
    first = {line["Id"]: (line["Modified"], line["Timestamp"]) for line in wire.lines()}
    assert {line["Id"]: (line["Modified"], line["Timestamp"]) for line in wire.lines()} == first


def test_users_get_shorter_lists_without_a_word(sim: Simulator, wire: Wire) -> None:
    guard = User(name="guard", password="x", visible={sim.site.camera("C2").id})
    sim.site.users.append(guard)
    (hidden,) = sim.trigger("Motion Detected", "C1")
    sim.trigger("Motion Detected", "C2")
    with Wire(sim, guard) as limited:
        assert [line["SourceName"] for line in limited.lines()] == ["C2"]
        assert is_nil(limited.result("Get", f"<id>{hidden}</id>"))
        assert limited.call("Acknowledge", f"<id>{hidden}</id>") is None
        assert limited.result("GetStatistics")[0].findtext(f"{{{PA}}}Value") == "1"
    assert sim.alarms.get(hidden).state == 1
    assert len(wire.lines()) == 2


def test_text_that_xml_cannot_hold_goes_out_as_microsofts_writer_does(sim: Simulator, wire: Wire) -> None:
    sim.trigger("AXIS Perimeter_Defender alarm START on camera C1", "Gate\x01\r<&>")
    inner = f"<from>0</from><maxCount>9</maxCount>{alarm_filter()}"
    text = wire.post("GetAlarmLines", wire.envelope("GetAlarmLines", inner)).text
    assert "<a:SourceName>Gate&#x1;&#xD;&lt;&amp;&gt;</a:SourceName>" in text


# Adding


def test_add_stores_what_it_is_given_and_raises_no_event(sim: Simulator, wire: Wire) -> None:
    alarm_id = uuid4()
    inside = header(alarm_id, "Motion Detected", source="<m:Name>Our own text</m:Name>") + "<m:State>9</m:State>"
    assert wire.call("Add", f"<alarm>{inside}</alarm>") is None
    (line,) = wire.lines()
    assert (line["Id"], line["Name"], line["SourceName"]) == (str(alarm_id), "Face", "Our own text")
    assert (line["State"], line["StateName"], line["Timestamp"]) == ("9", None, "2025-03-04T09:20:00.125Z")
    assert len(wire.result("GetEventLines", f"<from>0</from><maxCount>9</maxCount>{alarm_filter()}")) == 0


def test_add_event_becomes_the_alarm_of_a_definition(sim: Simulator, wire: Wire) -> None:
    camera = sim.site.camera("C1")
    event_id = uuid4()
    inside = header(event_id, "Motion Detected", source=camera_source(camera.id))
    content = (
        "<m:Description>Unknown person at gate</m:Description>"
        "<m:ObjectList><m:Object><m:Confidence>0.5</m:Confidence><m:Value>person-17</m:Value>"
        "<m:AlarmTrigger>true</m:AlarmTrigger><m:BoundingBox><m:Top>0.1</m:Top><m:Left>0</m:Left><m:Bottom>1</m:Bottom>"
        "<m:Right>0.25</m:Right></m:BoundingBox></m:Object></m:ObjectList><m:Vendor><m:Name>ACME</m:Name></m:Vendor>"
    )
    assert wire.call("AddEvent", f'<baseEvent i:type="m:AnalyticsEvent">{inside}{content}</baseEvent>') is None
    (line,) = wire.lines()
    assert (line["Name"], line["Message"], line["ObjectValue"]) == ("Motion outdoors", "Motion Detected", "person-17")
    assert (line["SourceName"], line["CameraId"], line["VendorName"]) == ("C1", str(camera.id), "ACME")
    assert (line["Description"], line["CustomTag"], line["Type"]) == ("Unknown person at gate", "gate-3", "FaceMatch")
    assert line["Id"] != str(event_id)
    alarm = wire.result("Get", f"<id>{line['Id']}</id>")
    assert alarm.findtext(f"{{{MS}}}RuleList/{{{MS}}}Rule/{{{MS}}}Name") == "Motion outdoors"
    box = alarm.find(f"{{{MS}}}ObjectList/{{{MS}}}Object/{{{MS}}}BoundingBox")
    assert box is not None
    assert members(box) == {"Top": "0.1", "Left": "0", "Bottom": "1", "Right": "0.25"}
    event = wire.result("GetEvent", f"<id>{event_id}</id>")
    assert event.get(f"{{{XSI}}}type") == f"{event.prefix or 'a'}:AnalyticsEvent"
    assert event.nsmap["a"] == MS
    assert event.findtext(f"{{{MS}}}Description") == "Unknown person at gate"
    assert wire.result("GetHeader", f"<id>{event_id}</id>").findtext(f"{{{MS}}}Message") == "Motion Detected"


def test_add_event_without_a_type_is_a_plain_event(sim: Simulator, wire: Wire) -> None:
    event_id = uuid4()
    wire.call("AddEvent", f"<baseEvent>{header(event_id, 'Tea is ready')}<m:Description>x</m:Description></baseEvent>")
    event = wire.result("GetEvent", f"<id>{event_id}</id>")
    assert event.get(f"{{{XSI}}}type") is None
    assert [etree.QName(child).localname for child in event] == ["EventHeader"]
    assert wire.lines() == []


def test_add_as_event_goes_through_the_definitions(sim: Simulator, wire: Wire) -> None:
    inside = header(uuid4(), "Motion Detected", source=camera_source(sim.site.camera("C2").id))
    wire.call("AddAsEvent", f"<alarm>{inside}<m:Location>North</m:Location><m:State>11</m:State></alarm>")
    (line,) = wire.lines()
    assert (line["Name"], line["State"], line["Location"]) == ("Motion outdoors", "1", "North")


def test_an_empty_id_is_assigned(wire: Wire) -> None:
    wire.call("Add", f"<alarm>{header(ZERO, 'one')}</alarm>")
    wire.call("Add", f"<alarm>{header(ZERO, 'two')}</alarm>")
    assert len({line["Id"] for line in wire.lines()} - {ZERO}) == 2


def test_snapshots(sim: Simulator, wire: Wire) -> None:
    (alarm_id,) = sim.trigger("Motion Detected", "C1")
    before = sim.alarms.get(alarm_id).modified_ticks
    assert is_nil(wire.result("GetSnapshots", f"<id>{alarm_id}</id>"))
    image = base64.b64encode(b"\xff\xd8 jpeg").decode()
    picture = f"<m:TimeOffset>-500</m:TimeOffset><m:Width>4</m:Width><m:Image>{image}</m:Image>"
    wire.call("AttachSnapshot", f"<id>{alarm_id}</id><snapshot>{picture}</snapshot>")
    (got,) = wire.result("GetSnapshots", f"<id>{alarm_id}</id>")
    assert members(got) == {"TimeOffset": "-500", "Width": "4", "Image": image}
    assert sim.alarms.get(alarm_id).modified_ticks > before


def test_unknown_ids_give_nil_and_changes_of_them_nothing(wire: Wire) -> None:
    unknown = f"<id>{uuid4()}</id>"
    for operation in ("Get", "GetEvent", "GetHeader", "GetSnapshots"):
        assert is_nil(wire.result(operation, unknown)), operation
    assert wire.call("Acknowledge", unknown) is None
    assert len(wire.result("GetAlarmHistory", unknown)) == 0


# Changing


def test_update_alarm_applies_everything_and_writes_histories(sim: Simulator, wire: Wire) -> None:
    (alarm_id,) = sim.trigger("Motion Detected", "C1")
    before = sim.alarms.get(alarm_id).modified_ticks
    wire.call(
        "UpdateAlarm",
        f"<id>{alarm_id}</id><text>Guard dispatched</text><state>4</state><priority>3</priority>"
        "<time>2025-03-04T09:16:02Z</time><assignedTo>Duty Officer (\\duty)</assignedTo>",
    )
    (line,) = wire.lines()
    assert (line["State"], line["StateName"], line["Priority"], line["PriorityName"]) == (
        "4",
        "In progress",
        "3",
        "Low",
    )
    assert line["AssignedTo"] == "Duty Officer (\\duty)"
    assert sim.alarms.get(alarm_id).modified_ticks > before
    (entry,) = wire.result("GetAlarmHistory", f"<id>{alarm_id}</id>")
    assert members(entry) == {
        "AssignedTo": "Duty Officer (\\duty)",
        "Author": "arc (\\arc)",
        "Priority": "3",
        "State": "4",
        "Text": "Guard dispatched",
        "Time": "2025-03-04T09:16:02Z",
    }
    updates = [members(row) for row in wire.result("GetAlarmUpdateHistory", f"<id>{alarm_id}</id>")]
    assert {row["Time"] for row in updates} == {"2025-03-04T09:16:02Z"}
    assert {(row["Key"], row["Value"]) for row in updates} >= {("StateInt", "4"), ("Comment", "Guard dispatched")}


def test_update_alarm_takes_zero_literally(sim: Simulator, wire: Wire) -> None:
    (alarm_id,) = sim.trigger("Motion Detected", "C1")
    wire.call("UpdateAlarm", f"<id>{alarm_id}</id><text/><state>11</state>")
    (line,) = wire.lines()
    assert (line["State"], line["Priority"], line["PriorityName"]) == ("11", "0", None)
    sim.alarms.store.zero_keeps = True
    wire.call("UpdateAlarm", f"<id>{alarm_id}</id><text/><state>0</state><priority>2</priority>")
    (line,) = wire.lines()
    assert (line["State"], line["StateName"], line["Priority"]) == ("11", "Closed", "2")


def pairs(*updates: tuple[str, str]) -> str:
    inside = "".join(
        f"<k:KeyValuePairOfstringstring><k:key>{key}</k:key><k:value>{value}</k:value></k:KeyValuePairOfstringstring>"
        for key, value in updates
    )
    return f"<updates>{inside}</updates>"


def test_update_alarm_values_touches_only_what_is_named(sim: Simulator, wire: Wire) -> None:
    (alarm_id,) = sim.trigger("Motion Detected", "C1")
    updates = pairs(("StateInt", "11"), ("StateName", "Closed"), ("ReasonCode", "False alarm"), ("Comment", "Cat"))
    wire.call("UpdateAlarmValues", f"<id>{alarm_id}</id>{updates}")
    (line,) = wire.lines()
    assert (line["State"], line["StateName"], line["Priority"], line["AssignedTo"]) == ("11", "Closed", "1", None)
    rows = [members(row) for row in wire.result("GetAlarmUpdateHistory", f"<id>{alarm_id}</id>")]
    assert [(row["Key"], row["Value"]) for row in rows] == [
        ("StateInt", "11"),
        ("StateName", "Closed"),
        ("ReasonCode", "False alarm"),
        ("Comment", "Cat"),
    ]
    assert len({row["Time"] for row in rows}) == 1
    (entry,) = wire.result("GetAlarmHistory", f"<id>{alarm_id}</id>")
    assert members(entry)["Text"] == "Cat"


def test_a_state_number_alone_leaves_the_old_name_beside_it(sim: Simulator, wire: Wire) -> None:
    (alarm_id,) = sim.trigger("Motion Detected", "C1")
    wire.call("UpdateAlarmValues", f"<id>{alarm_id}</id>{pairs(('StateInt', '11'))}")
    (line,) = wire.lines()
    assert (line["State"], line["StateName"]) == ("11", "New")


def test_acknowledge_and_bulk_changes(sim: Simulator, wire: Wire) -> None:
    camera = sim.site.camera("C1")
    for source in ("C1", "C1", "C2"):
        sim.trigger("Motion Detected", source)
    first = sim.alarms.stored()[0].id
    wire.call("Acknowledge", f"<id>{first}</id>")
    alarm = sim.alarms.get(first)
    assert (alarm.state, alarm.assigned_to) == (4, "arc (\\arc)")
    times = "<time>0001-01-01T00:00:00</time><assignedTo>x</assignedTo>"
    wire.call(
        "UpdateMultipleAlarms", f"<objectId>{camera.id}</objectId><oldState>1</oldState><newState>9</newState>{times}"
    )
    assert sorted((row.source_name, row.state) for row in sim.alarms.stored()) == [("C1", 4), ("C1", 9), ("C2", 1)]
    wire.call("AcknowledgeMultipleAlarms", f"<objectId>{camera.id}</objectId>")
    assert sorted((row.source_name, row.state) for row in sim.alarms.stored()) == [("C1", 4), ("C1", 4), ("C2", 1)]
    assert len({row.modified_ticks for row in sim.alarms.stored() if row.source_name == "C1"}) == 1


# Sessions, statistics, messages


def session_lines(wire: Wire, session: str | None, count: int = 100) -> dict[str, list[str | None]]:
    got = wire.result("GetSessionAlarmLines", f"<maxCount>{count}</maxCount><sessionId>{session}</sessionId>")
    found: dict[str, list[str | None]] = {"Deleted": [], "Inserted": [], "Updated": []}
    for child in got:
        for item in child:
            name = etree.QName(child).localname
            found[name].append(item.text if item.tag == f"{{{ARR}}}guid" else members(item)["SourceName"])
    return found


def test_a_line_session(sim: Simulator, wire: Wire) -> None:
    (first,) = sim.trigger("Motion Detected", "C1")
    session = wire.result("StartAlarmLineSession", alarm_filter(condition("State", "NotEquals", "x:int", 11))).text
    assert session_lines(wire, session) == {"Deleted": [], "Inserted": ["C1"], "Updated": []}
    (second,) = sim.trigger("Motion Detected", "C2")
    sim.alarms.close(first)
    assert session_lines(wire, session) == {"Deleted": [], "Inserted": ["C2"], "Updated": ["C1"]}
    sim.alarms.delete(second)
    assert session_lines(wire, session) == {"Deleted": [str(second)], "Inserted": [], "Updated": []}
    assert wire.call("StopAlarmLineSession", f"<sessionId>{session}</sessionId>") is None
    gone = wire.fault("GetSessionAlarmLines", f"<maxCount>5</maxCount><sessionId>{session}</sessionId>")
    assert gone.reason == "UnknownSession"


def test_statistics_and_messages(sim: Simulator, wire: Wire) -> None:
    for event, source in (("Motion Detected", "C1"), ("Motion Detected", "C2"), ("Open gate", None)):
        sim.trigger(event, source)
    sim.alarms.close(sim.alarms.stored()[0].id)
    rows = [members(row) for row in wire.result("GetStatistics")]
    assert {(row["Type"], row["Number"], row["Value"]) for row in rows} == {
        ("Total", "0", "3"),
        ("Priority", "1", "2"),
        ("Priority", "3", "1"),
        ("State", "1", "2"),
        ("State", "11", "1"),
    }
    assert [item.text for item in wire.result("GetAlarmMessages")] == ["External Event", "Motion Detected"]


def test_alarms_with_related_hardware_by_simple_criteria(sim: Simulator, wire: Wire) -> None:
    for source in ("C1", "C2", "C2"):
        sim.trigger("Motion Detected", source)
    value = f'<r:anyType i:type="g:guid">{sim.site.camera("C2").id}</r:anyType>'
    criterion = f"<a:Criteria>CameraId</a:Criteria><a:Values>{value}</a:Values>"
    wanted = f"<filter><a:AlarmSearchCriteria>{criterion}</a:AlarmSearchCriteria></filter>"
    got = wire.result("GetAlarmsWithRelatedHardware", f"<maxCount>9</maxCount>{wanted}")
    assert [members(line)["SourceName"] for line in got] == ["C2", "C2"]
    assert len(wire.result("GetAlarmsWithRelatedHardware", f"<maxCount>1</maxCount>{wanted}")) == 1


# Events


def test_event_lines_and_event_sessions(sim: Simulator, wire: Wire) -> None:
    session = wire.result(
        "StartEventLineSession", alarm_filter(condition("Message", "Contains", "x:string", "MOTION"))
    ).text
    sim.trigger("Motion Detected", "Store Room", vendor="ACME", object_value="12 AB")
    sim.trigger("Nobody asked for this")
    inner = f"<from>0</from><maxCount>9</maxCount>{alarm_filter('', order('LocalId'))}"
    first, second = (members(line) for line in wire.result("GetEventLines", inner))
    expected = (
        "CameraId CustomTag Id LocalId Message Name ObjectValue RuleType SourceId SourceName Timestamp Type VendorName"
    )
    assert list(first) == expected.split()
    assert (first["SourceName"], first["VendorName"], first["ObjectValue"]) == ("Store Room", "ACME", "12 AB")
    assert (second["Message"], second["SourceName"], second["CameraId"]) == ("Nobody asked for this", None, ZERO)
    poll = f"<maxCount>9</maxCount><sessionId>{session}</sessionId>"
    inserted = wire.result("GetSessionEventLines", poll).find(f"{{{PA}}}Inserted")
    assert inserted is not None
    assert [members(line)["Id"] for line in inserted] == [first["Id"]]
    assert wire.result("GetSessionEventLines", poll).find(f"{{{PA}}}Inserted/{{{PA}}}EventLine") is None
    sim.alarms.store.retention.events = timedelta(0)
    sim.alarms.sweep()
    assert wire.result("GetSessionEventLines", poll).findtext(f"{{{PA}}}Deleted/{{{ARR}}}guid") == first["Id"]
    assert wire.call("StopEventLineSession", f"<sessionId>{session}</sessionId>") is None


def search(*elements: str, operator: str = "And", groups: str = "") -> str:
    return (
        f"<a:SearchGroup><a:GroupOperator>{operator}</a:GroupOperator>"
        f"<a:SearchElements>{''.join(elements)}</a:SearchElements><a:SearchGroups>{groups}</a:SearchGroups></a:SearchGroup>"
    )


def element(target: str, operator: str, value: str) -> str:
    return (
        f"<a:SearchElement><a:SearchOperator>{operator}</a:SearchOperator><a:SearchTarget>{target}</a:SearchTarget>"
        f'<a:SearchValue i:type="x:string">{value}</a:SearchValue></a:SearchElement>'
    )


def test_event_search_with_nested_groups_and_kept_pages(sim: Simulator, wire: Wire) -> None:
    for source in ("C1", "C2", "Store Room", "North Fence"):
        sim.trigger("Motion Detected", source)
    either = search(element("sourcename", "Equals", "C1"), element("SourceName", "Equals", "c2"), operator="Or")
    group = search(element("Message", "BeginsWith", "Motion"), groups=either)
    count = wire.result("GetEventCount", f"<parameters>{group}</parameters>")
    assert members(count) == {"Count": "2"}
    everything = search()
    orders = (
        "<a:SearchOrders><a:Orders><a:SearchOrder><a:Direction>Descending</a:Direction><a:Target>SourceName</a:Target>"
        "</a:SearchOrder></a:Orders></a:SearchOrders>"
    )

    def ask(page: int, search_id: str) -> tuple[list[str | None], str]:
        inside = (
            f"<a:Page>{page}</a:Page><a:PageSize>3</a:PageSize>{everything}<a:SearchId>{search_id}</a:SearchId>{orders}"
            "<a:TruePaging>true</a:TruePaging>"
        )
        got = wire.result("GetEventLines2", f"<parameters>{inside}</parameters>")
        return [members(line)["SourceName"] for line in got[0]], got.findtext(f"{{{PA}}}SearchId") or ""

    names, search_id = ask(0, ZERO)
    assert names == ["Store Room", "North Fence", "C2"]
    sim.trigger("Motion Detected", "Zebra crossing")
    assert ask(1, search_id)[0] == ["C1"]
    assert ask(0, ZERO)[0] == ["Zebra crossing", "Store Room", "North Fence"]


def test_events_by_id_keep_their_kinds(sim: Simulator, wire: Wire) -> None:
    sim.trigger("Motion Detected", "C1")
    sim.trigger("AXIS Perimeter_Defender alarm START on camera C1", "C1 alarm")
    ids = [str(event_id) for event_id in sim.alarms.store.events]
    wanted = "".join(f"<r:guid>{event_id}</r:guid>" for event_id in (*ids, uuid4()))
    events = wire.result("GetEvents", f"<parameters><a:EventIds>{wanted}</a:EventIds></parameters>")[0]
    assert [event.tag for event in events] == [f"{{{MS}}}BaseEvent"] * 2
    kinds = [(event.get(f"{{{XSI}}}type") or "").rpartition(":")[2] for event in events]
    assert kinds == ["", "AnalyticsEvent"]
    assert events[1].nsmap[(events[1].get(f"{{{XSI}}}type") or "").partition(":")[0]] == MS
