"""Add, histories and counters of the alarm service: the requests beside zeep's, the replies as servers write them."""

import contextlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from milestone_sdk._protocol.alarms import service as alarmservice
from milestone_sdk._protocol.alarms.levels import levels_of, named_levels
from milestone_sdk._protocol.soap.contract import Contract
from milestone_sdk.errors import LocalProtocolError, MilestoneError
from milestone_sdk.models import (
    Alarm,
    AlarmRule,
    AlarmSnapshot,
    AlarmSource,
    AlarmStatistics,
    AnalyticsObject,
    BoundingBox,
    EventHeader,
    ItemReference,
    Vendor,
)
from milestone_sdk.models.alarms.history import AlarmCount, AlarmHistoryEntry, AlarmLevel, AlarmValueChange
from tests.support.soap_bodies import ALARM, ARRAYS, LINES, infoset, reply

A, B, C = (UUID(int=number) for number in (0xA, 0xB, 0xC))
NOON = datetime(2026, 3, 4, 12, 0, 0, 125001, UTC)
CAMERA = ItemReference(object_id=A, kind=ItemReference.CAMERA)
SERVER = ItemReference(
    object_id=A,
    parent_id=B,
    kind=ItemReference.TRIGGER_EVENT,
    folder_type="2",
    server_id=C,
    server_type="XPCO",
    server_hostname="vms",
    server_port=80,
    server_scheme="https",
)
WHOLE = Alarm(
    header=EventHeader(
        id=B,
        timestamp=NOON,
        event_class="Analytics",
        type="FaceMatch",
        version="1.0",
        priority=7,
        priority_name="Panic",
        name="Face",
        message="UnknownPerson",
        custom_tag="gate-3",
        source=AlarmSource(name="Yard", description="north", item=SERVER),
        expires=NOON + timedelta(days=1),
        message_id=C,
    ),
    description="A <person> & a dog",
    start_time=NOON,
    end_time=NOON + timedelta(seconds=2),
    location=" hall ",
    state=1,
    state_name="New",
    category=2,
    category_name="Technical",
    assigned_to="arc",
    count=3,
    rules=(AlarmRule(id=A, name="line", type="t"),),
    objects=(
        AnalyticsObject(
            id=A,
            name="n",
            type="Person",
            description="d",
            confidence=0.5,
            value="AB 123",
            alarm_trigger=True,
            removed=True,
            bounding_box=BoundingBox(top=0.0, left=0.25, bottom=0.5, right=1.0),
        ),
    ),
    references=(CAMERA,),
    snapshots=(
        AlarmSnapshot(
            offset=timedelta(seconds=-1), image=b"\xff\xd8", path="p", width=4, height=3, has_overlay=True, item=CAMERA
        ),
    ),
    vendor=Vendor(name="ACME", custom_data="<x/>"),
)
FQID = {"ObjectId": A, "FolderType": "0", "Kind": ItemReference.CAMERA}
SNAPSHOT = {
    "TimeOffset": -1000,
    "Width": 4,
    "Height": 3,
    "HasOverlay": True,
    "SizeInBytes": 2,
    "Image": b"\xff\xd8",
    "Path": "p",
    "FQID": FQID,
}
TREE = {
    "EventHeader": {
        "ID": B,
        "Timestamp": NOON,
        "Class": "Analytics",
        "Type": "FaceMatch",
        "Version": "1.0",
        "Priority": 7,
        "PriorityName": "Panic",
        "Name": "Face",
        "Message": "UnknownPerson",
        "CustomTag": "gate-3",
        "Source": {
            "Name": "Yard",
            "Description": "north",
            "FQID": {
                "ServerId": {"Type": "XPCO", "Hostname": "vms", "Port": 80, "Id": C, "Scheme": "https"},
                "ParentId": B,
                "ObjectId": A,
                "FolderType": "2",
                "Kind": ItemReference.TRIGGER_EVENT,
            },
        },
        "ExpireTimestamp": NOON + timedelta(days=1),
        "MessageId": C,
    },
    "Description": "A <person> & a dog",
    "StartTime": NOON,
    "EndTime": NOON + timedelta(seconds=2),
    "Location": " hall ",
    "State": 1,
    "StateName": "New",
    "Category": 2,
    "CategoryName": "Technical",
    "AssignedTo": "arc",
    "Count": 3,
    "RuleList": [{"ID": A, "Name": "line", "Type": "t"}],
    "ObjectList": [
        {
            "ID": A,
            "Name": "n",
            "Type": "Person",
            "Description": "d",
            "Confidence": 0.5,
            "Value": "AB 123",
            "AlarmTrigger": True,
            "Removed": True,
            "BoundingBox": {"Top": 0.0, "Left": 0.25, "Bottom": 0.5, "Right": 1.0},
        }
    ],
    "ReferenceList": [{"FQID": FQID}],
    "SnapshotList": [SNAPSHOT],
    "Vendor": {"Name": "ACME", "CustomData": "<x/>"},
}


def values_of(body: bytes) -> list[tuple[str, str]]:
    """Path and text of every element, so that two writers of the same number count as equal."""
    found: list[tuple[str, str]] = []
    root = etree.fromstring(body)
    for element in root.iter():
        text = (element.text or "") if not len(element) else ""
        with contextlib.suppress(ValueError):
            text = str(float(text))
        found.append((root.getroottree().getelementpath(element), text))
    return found


def test_add_says_what_zeep_says() -> None:
    expected, action = Contract.named("alarm").encode("Add", "TOK", TREE)
    call = alarmservice.add("TOK", WHOLE)
    assert values_of(call.body) == values_of(expected)
    assert call.action == action


def test_attach_snapshot_says_what_zeep_says() -> None:
    expected, action = Contract.named("alarm").encode("AttachSnapshot", "TOK", B, SNAPSHOT)
    call = alarmservice.attach_snapshot("TOK", B, WHOLE.snapshots[0])
    assert values_of(call.body) == values_of(expected)
    assert call.action == action


SMALL = {"EventHeader": {"ID": B, "Timestamp": NOON, "Message": "m"}}


def test_the_smallest_alarm_holds_no_empty_element() -> None:
    alarm = Alarm(header=EventHeader(id=B, timestamp=NOON, message="m"))
    body = alarmservice.add("TOK", alarm).body
    assert infoset(body) == infoset(Contract.named("alarm").encode("Add", "TOK", SMALL)[0])


def test_words_lose_what_xml_cannot_carry_and_the_rest_is_refused() -> None:
    header = evolve(WHOLE.header, name="a\x00b\x1bc")
    body = alarmservice.add("TOK", evolve(WHOLE, header=header, description="\ud800x\ufffe")).body
    assert b">abc<" in body
    assert b"Description>x<" in body
    with pytest.raises(LocalProtocolError, match="Message"):
        alarmservice.add("TOK", evolve(WHOLE, header=evolve(WHOLE.header, message="a\x00")))
    with pytest.raises(LocalProtocolError, match="CustomData"):
        alarmservice.add("TOK", evolve(WHOLE, vendor=Vendor(custom_data="\x01")))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"header": EventHeader(id=B, timestamp=NOON)}, "message"),
        ({"header": EventHeader(id=B, message="m")}, "timestamp"),
        ({"state": 70_000}, "State"),
        ({"count": -1}, "Count"),
        ({"objects": (AnalyticsObject(confidence=float("nan")),)}, "Confidence"),
        ({"snapshots": (AlarmSnapshot(offset=timedelta(days=100)),)}, "TimeOffset"),
    ],
)
def test_what_has_no_form_on_the_wire_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(LocalProtocolError, match=words):
        alarmservice.add("TOK", evolve(WHOLE, **change))


def rows(operation: str, content: str | None) -> bytes:
    return reply(ALARM, operation, content, attributes=f'xmlns:a="{LINES}" xmlns:arr="{ARRAYS}"')


def test_histories_keep_unknown_numbers_keys_and_members() -> None:
    history = alarmservice.get_alarm_history("t", A).decode(
        rows(
            "GetAlarmHistory",
            "<a:AlarmHistory><a:AssignedTo i:nil='true'/><a:Author>arc (\\arc)</a:Author><a:Priority>9</a:Priority>"
            "<a:State>77</a:State><a:Text/><a:Time>2026-03-04T12:00:00.1250019Z</a:Time><a:New>1</a:New>"
            "</a:AlarmHistory><a:AlarmHistory><a:Time>0001-01-01T00:00:00</a:Time></a:AlarmHistory><a:Other>x</a:Other>",
        )
    )
    assert history == (
        AlarmHistoryEntry(time=NOON, state=77, priority=9, author="arc (\\arc)"),
        AlarmHistoryEntry(time=None, state=0, priority=0),
    )
    changes = alarmservice.get_alarm_update_history("t", A).decode(
        rows(
            "GetAlarmUpdateHistory",
            "<a:AlarmUpdate><a:Author/><a:Key>Mood</a:Key><a:Time>2026-03-04T12:00:00.125001Z</a:Time>"
            "<a:Value>calm</a:Value></a:AlarmUpdate>",
        )
    )
    assert changes == (AlarmValueChange(time=NOON, key="Mood", value="calm"),)


@pytest.mark.parametrize("content", [None, ""])
def test_nothing_is_nothing(content: str | None) -> None:
    assert alarmservice.get_alarm_history("t", A).decode(rows("GetAlarmHistory", content)) == ()
    assert alarmservice.get_alarm_update_history("t", A).decode(rows("GetAlarmUpdateHistory", content)) == ()
    assert alarmservice.get_alarm_messages("t").decode(rows("GetAlarmMessages", content)) == ()
    assert alarmservice.get_statistics("t").decode(rows("GetStatistics", content)).total is None


def test_statistics_keep_counters_of_newer_servers() -> None:
    counted = (("Total", 0, 12), ("State", 1, 7), ("State", 77, 5), ("Priority", 2, 12), ("Mood", 3, 4))
    content = "".join(
        f"<a:Statistic><a:Number>{number}</a:Number><a:Type>{kind}</a:Type><a:Value>{value}</a:Value></a:Statistic>"
        for kind, number, value in counted
    )
    found = alarmservice.get_statistics("t").decode(rows("GetStatistics", content))
    assert found.total == 12
    assert found.by_state == {1: 7, 77: 5}
    assert found.by_priority == {2: 12}
    assert found.others == (AlarmCount(type="Mood", number=3, value=4),)


def test_messages() -> None:
    content = "<arr:string>Motion</arr:string><arr:string i:nil='true'/><arr:string>Gate &lt;3</arr:string>"
    assert alarmservice.get_alarm_messages("t").decode(rows("GetAlarmMessages", content)) == ("Motion", "Gate <3")


def test_one_counter_that_cannot_be_read_costs_that_counter() -> None:
    good = "<a:Statistic><a:Number>4</a:Number><a:Type>State</a:Type><a:Value>7</a:Value></a:Statistic>"
    total = "<a:Statistic><a:Number>x</a:Number><a:Type>Total</a:Type><a:Value>9</a:Value></a:Statistic>"
    bad = good.replace("4", "many") + good.replace("7", "INF")
    found = alarmservice.get_statistics("t").decode(rows("GetStatistics", good + bad + total))
    assert found == AlarmStatistics(total=9, by_state={4: 7})


def test_one_unreadable_value_of_a_history() -> None:
    values = "<a:Priority>1</a:Priority><a:State>4</a:State><a:Time>2026-03-04T12:00:00Z</a:Time>"
    row = f"<a:AlarmHistory>{values}</a:AlarmHistory>"
    bad = [row.replace(">1<", ">high<"), row.replace(">4<", ">open<"), row.replace("2026-03", "2026-33")]
    found = alarmservice.get_alarm_history("t", A).decode(rows("GetAlarmHistory", row + "".join(bad)))
    time = datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert [(each.time, each.state, each.priority) for each in found] == [
        (time, 4, 1),
        (time, 4, None),
        (time, None, 1),
        (None, 4, 1),
    ]


HISTORY = rows(
    "GetAlarmHistory", "<a:AlarmHistory><a:State>1</a:State><a:Time>2026-03-04T12:00:00Z</a:Time></a:AlarmHistory>"
)


@given(st.integers(0, len(HISTORY) - 1), st.binary(max_size=3), st.integers(0, 4))
def test_a_broken_reply_is_an_error_of_this_library(at: int, put: bytes, less: int) -> None:
    with contextlib.suppress(MilestoneError):
        alarmservice.get_alarm_history("t", A).decode(HISTORY[:at] + put + HISTORY[at + less :])


# States and priorities


def test_levels_of_rest() -> None:
    listed = levels_of(
        [
            {"id": str(A), "level": 11, "name": "Closed"},
            {"id": "nonsense", "level": "4", "displayName": "Busy", "sound": None},
            {"id": str(B), "name": "no level"},
            {"level": True},
            {"level": 5},
        ]
    )
    assert listed == (
        AlarmLevel(number=4, name="Busy"),
        AlarmLevel(number=5),
        AlarmLevel(number=11, name="Closed", id=A),
    )


def test_names_come_from_the_list_then_from_alarms_then_from_what_every_site_has() -> None:
    listed = (AlarmLevel(number=4, name="Busy", id=A), AlarmLevel(number=5, id=B))
    found = named_levels(listed, {1: "New", 4: "In progress"}, {4: "Old", 5: "Five", 1: None, 9: None})
    assert found == (
        AlarmLevel(number=1, name="New"),
        AlarmLevel(number=4, name="Busy", id=A),
        AlarmLevel(number=5, name="Five", id=B),
        AlarmLevel(number=9),
    )
