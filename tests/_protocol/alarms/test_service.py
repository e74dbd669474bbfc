import copy
import pickle
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk._protocol.alarms import service as alarmservice
from milestone_sdk._protocol.soap.envelope import parse
from milestone_sdk._protocol.soap.values import guid
from milestone_sdk.errors import LocalProtocolError
from milestone_sdk.models import (
    AlarmFilter,
    AlarmLine,
    AlarmRule,
    AlarmSnapshot,
    AlarmSource,
    AnalyticsObject,
    BoundingBox,
    Condition,
    EventHeader,
    ItemReference,
    Target,
    Vendor,
)
from tests.support.alarm_bodies import CAMERA, LINE_ID, SESSION, WHOLE, whole
from tests.support.many_rows import alarm_line, alarm_lines_body, camera_id
from tests.support.soap_bodies import ALARM, LINES, golden, infoset, reply

LIST = alarmservice.get_alarm_lines("TOK", start=0, max_count=10, filter=None)


def lines(content: str) -> bytes:
    return reply(ALARM, "GetAlarmLines", content, attributes=f'xmlns:a="{LINES}"')


@pytest.mark.parametrize(
    ("name", "body"),
    [
        (
            "alarm.05.GetAlarmLines",
            alarmservice.get_alarm_lines("TOK", start=0, max_count=10, filter=AlarmFilter()).body,
        ),
        ("alarm.06.GetAlarmLines", alarmservice.get_alarm_lines("TOK", start=0, max_count=0, filter=None).body),
    ],
)
def test_requests_are_those_of_the_serializer(name: str, body: bytes) -> None:
    assert infoset(body) == infoset(golden(f"{name}.request.xml"))


def golden_line(number: int) -> AlarmLine:
    return AlarmLine(
        id=UUID(f"0000000{number}-1111-2222-0102-030405060708"),
        local_id=1000 + number,
        modified=datetime(2024, 3, 5, 12, 35, tzinfo=UTC),
        timestamp=datetime(2024, 3, 5, 12, 34, 56, 789123, UTC),
        state=4,
        priority=1,
        state_name="In progress",
        priority_name="High",
        name=f'Alarm <{number}> & "co" æøå',
        message="Motion detected",
        type="MotionStart",
        source_name="Cam 1",
        camera_id=UUID("aaaaaaaa-0000-0000-0000-000000000001"),
        location="Gate",
        vendor_name="Milestone",
        filter_match=False,
    )


def test_golden_replies() -> None:
    expected = (golden_line(1), golden_line(2))
    assert LIST.decode(golden("alarm.05.GetAlarmLines.response.xml")) == expected
    assert LIST.decode(golden("alarm.06.GetAlarmLines.response.xml")) == ()


def test_a_number_is_sent_as_the_type_that_was_seen_to_work() -> None:
    wanted = AlarmFilter((Condition("State", "NotEquals", 11), Condition("Name", "Equals", "a<b")))
    body = alarmservice.get_alarm_lines("t", start=0, max_count=1, filter=wanted).body
    assert b'<a:Value i:type="b:int" xmlns:b="http://www.w3.org/2001/XMLSchema">11</a:Value>' in body
    assert b">a&lt;b</a:Value>" in body


def test_times_in_conditions_are_utc_with_as_many_decimals_as_needed() -> None:
    zone = timezone(timedelta(hours=2))
    wanted = AlarmFilter(
        (
            Condition("Modified", "GreaterThan", datetime(2025, 3, 4, 11, 10, 0, 120000, zone)),
            Condition("Timestamp", "LessThan", datetime(2025, 3, 4, tzinfo=UTC)),
        )
    )
    body = alarmservice.get_alarm_lines("t", start=0, max_count=1, filter=wanted).body
    assert b">2025-03-04T09:10:00.12Z<" in body
    assert b">2025-03-04T00:00:00Z<" in body


@pytest.mark.parametrize(
    ("target", "value"), [("Modified", datetime.min.replace(tzinfo=timezone.max)), ("Message", "a\x00b")]
)
def test_a_condition_that_has_no_form_is_refused(target: Target, value: Any) -> None:
    wanted = AlarmFilter((Condition(target, "Equals", value),))
    with pytest.raises(LocalProtocolError, match=target):
        alarmservice.get_alarm_lines("t", start=0, max_count=1, filter=wanted)


def test_update_alarm_sends_all_in_contract_order_and_strips_control_characters() -> None:
    call = alarmservice.update_alarm(
        "t",
        LINE_ID,
        text="Guard\x07 dispatched <1>",
        state=4,
        priority=1,
        time=datetime(2025, 3, 4, 9, 16, 2, tzinfo=UTC),
        assigned_to="Duty (\\duty)\x00",
    )
    assert (
        f"<token>t</token><id>{LINE_ID}</id><text>Guard dispatched &lt;1&gt;</text><state>4</state>"
        "<priority>1</priority><time>2025-03-04T09:16:02Z</time><assignedTo>Duty (\\duty)</assignedTo>"
    ).encode() in call.body
    call.decode(reply(ALARM, "UpdateAlarm", None))


def test_update_alarm_values_sends_pairs_in_their_namespace() -> None:
    call = alarmservice.update_alarm_values("t", LINE_ID, {"StateInt": "11", "Comment": "Cat\x1b & fence"})
    pairs = "{http://schemas.datacontract.org/2004/07/System.Collections.Generic}"
    found = [
        (item.findtext(f"{pairs}key"), item.findtext(f"{pairs}value"))
        for item in parse(call.body, operation="x").iter(f"{pairs}KeyValuePairOfstringstring")
    ]
    assert found == [("StateInt", "11"), ("Comment", "Cat & fence")]
    call.decode(reply(ALARM, "UpdateAlarmValues", None))


def test_the_rest_of_the_requests() -> None:
    assert f"<token>t</token><id>{LINE_ID}</id>".encode() in alarmservice.acknowledge("t", LINE_ID).body


def test_a_long_page_is_read_right_in_every_row() -> None:
    found = LIST.decode(alarm_lines_body(700))
    assert [line.local_id for line in found] == list(range(1000, 1700))
    assert found[123] == AlarmLine(
        id=UUID(int=0xC1B7A4D2_9C3E_4C55_8A11_000000000000 + 123),
        local_id=1123,
        modified=datetime(2025, 3, 4, 9, 2, 3, 513000, UTC),
        timestamp=datetime(2025, 3, 4, 9, 2, 3, 481234, UTC),
        state=1,
        priority=1,
        state_name="New",
        priority_name="High",
        name="Yard motion at night",
        message="Motion Started",
        type="System Event",
        source_name="Yard (10.0.0.21) - Camera 123",
        source_id=camera_id(123),
        camera_id=camera_id(123),
        rule_type="2f6d1c1e-2a3b-4c4d-9e5f-6a7b8c9d0e1f",
    )


@pytest.mark.parametrize(
    ("text", "expected", "tick"),
    [
        ("2024-03-05T12:35:00.1234567Z", datetime(2024, 3, 5, 12, 35, 0, 123456, UTC), 7),
        ("2024-03-05T12:35:00.1234560Z", datetime(2024, 3, 5, 12, 35, 0, 123456, UTC), 0),
        ("2024-03-05T12:35:00.1234567", datetime(2024, 3, 5, 12, 35, 0, 123456, UTC), 7),
        ("2024-03-05T14:35:00.1234567+02:00", datetime(2024, 3, 5, 12, 35, 0, 123456, UTC), 7),
        ("2024-03-05T14:35:00.1+02:00", datetime(2024, 3, 5, 12, 35, 0, 100000, UTC), 0),
        ("2024-03-05T12:35:00.59Z", datetime(2024, 3, 5, 12, 35, 0, 590000, UTC), 0),
        ("2024-03-05T12:35:00", datetime(2024, 3, 5, 12, 35, tzinfo=UTC), 0),
        (" 2024-03-05T12:35:00Z\n", datetime(2024, 3, 5, 12, 35, tzinfo=UTC), 0),
        ("9999-12-31T23:59:59.9999999Z", datetime.max.replace(tzinfo=UTC), 9),
    ],
)
def test_modified_in_all_its_forms(text: str, expected: datetime, tick: int) -> None:
    body = lines(alarm_line(0).replace("2025-03-04T09:00:00.513Z", text))
    (line,) = LIST.decode(body)
    assert line.modified == expected
    assert line.modified.tzinfo is UTC
    assert line.modified_tick == tick
    assert line.revision == (expected - datetime(1, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 10 + tick


def test_an_alarm_whose_sender_gave_no_time_is_not_lost() -> None:
    (line,) = LIST.decode(lines(alarm_line(0).replace("2025-03-04T09:00:00.4812345Z", "0001-01-01T00:00:00")))
    assert line.timestamp == datetime(1, 1, 1, tzinfo=UTC)


def test_empty_and_zero_are_none() -> None:
    text = alarm_line(0).replace(str(camera_id(0)), "00000000-0000-0000-0000-000000000000")
    (line,) = LIST.decode(lines(text.replace("<a:Type>System Event</a:Type>", "<a:Type><![CDATA[]]></a:Type>")))
    assert (line.camera_id, line.source_id, line.type, line.assigned_to) == (None, None, None, None)


def test_rows_may_lack_members_or_have_them_in_another_order() -> None:
    whole = alarm_line(5)
    moved = whole.replace("<a:Type>System Event</a:Type>", "").replace(
        "<a:AssignedTo/>", "<a:Type>System Event</a:Type><a:AssignedTo/>"
    )
    lacking = whole.replace("<a:Priority>1</a:Priority>", "").replace("<a:PriorityName>High</a:PriorityName>", "")
    (expected,) = LIST.decode(lines(whole))
    reduced = attrs.evolve(expected, priority=0, priority_name=None)
    nil = '<a:AlarmLine i:nil="true"/>'
    assert LIST.decode(lines(whole + lacking + moved + nil)) == (expected, reduced, expected)
    assert LIST.decode(lines(lacking * 20)) == (reduced,) * 20
    assert LIST.decode(lines(moved * 20)) == (expected,) * 20


def test_a_member_that_a_later_release_adds_is_ignored() -> None:
    rows = [alarm_line(number) for number in range(30)]
    added = [row.replace("<a:Id>", "<a:IncidentId>x</a:IncidentId><a:Id>") for row in rows]
    assert LIST.decode(lines("".join(added))) == LIST.decode(lines("".join(rows)))


UNSET, LATEST = datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize("count", [6, 40])
@pytest.mark.parametrize(
    ("old", "new", "member", "expected"),
    [
        (">1003<", ">one<", "local_id", 0),
        (">1003<", "><", "local_id", 0),
        (">1003<", f">{'9' * 5000}<", "local_id", 0),
        (">1003<", ">2147483648<", "local_id", 0),
        (">1003<", ">1_003<", "local_id", 0),
        ("<a:FilterMatch>true<", "<a:FilterMatch>truish<", "filter_match", True),
        ("<a:FilterMatch>true<", "<a:FilterMatch>FALSE<", "filter_match", False),
        ("<a:State>1<", "<a:State>New<", "state", None),
        ("<a:State>1<", "<a:State>77<", "state", 77),
        ("<a:Priority>1<", "<a:Priority>INF<", "priority", None),
        ("<a:Priority>1</a:Priority>", "<a:Priority i:nil='true'/>", "priority", 0),
        ("<a:Category>0<", f"<a:Category>{2**64}<", "category", None),
        (f"<a:CameraId>{camera_id(3)}<", "<a:CameraId>Camera 3<", "camera_id", None),
        ("2025-03-04T09:00:03.4812345Z", "2025-02-30T09:00:00Z", "timestamp", UNSET),
        ("2025-03-04T09:00:03.4812345Z", "", "timestamp", UNSET),
        ("2025-03-04T09:00:03.4812345Z", "0001-01-01T00:00:00+02:00", "timestamp", UNSET),
        ("2025-03-04T09:00:03.4812345Z", "9999-12-31T23:59:59.9999999-05:00", "timestamp", LATEST),
        ("2025-03-04T09:00:03.4812345Z", "2025-03-04T24:00:00Z", "timestamp", datetime(2025, 3, 5, tzinfo=UTC)),
        ("2025-03-04T09:00:03.4812345Z", "2025-03-04T23:59:60Z", "timestamp", datetime(2025, 3, 5, tzinfo=UTC)),
        ("2025-03-04T09:00:03.4812345Z", "2025-03-04T09:00:00", "timestamp", datetime(2025, 3, 4, 9, tzinfo=UTC)),
        ("2025-03-04T09:00:03.513Z", "0001-01-01T00:00:00+14:00", "modified", UNSET),
        ("<a:Name>Yard motion at night<", "<b:Name xmlns:b='urn:x'>Yard<", "name", None),
    ],
)
def test_one_bad_value_loses_one_value(count: int, old: str, new: str, member: str, expected: object) -> None:
    rows = [alarm_line(number) for number in range(count)]
    whole = LIST.decode(lines("".join(rows)))
    assert old in rows[3]
    rows[3] = rows[3].replace(old, new)
    if "b:Name" in new:
        rows[3] = rows[3].replace("Yard</a:Name>", "Yard</b:Name>")
    found = LIST.decode(lines("".join(rows)))
    assert found == (*whole[:3], attrs.evolve(whole[3], **{member: expected}), *whole[4:])
    assert found.unreadable == ()
    assert found.sent == count


@pytest.mark.parametrize("count", [6, 40])
@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("2025-03-04T09:00:03.513Z", "yesterday", "Modified"),
        ("2025-03-04T09:00:03.513Z", "", "Modified"),
        ("2025-03-04T09:00:03.513Z", "9999-12-31T23:59:59.9999999-05:00", "Modified"),
        ("c1b7a4d2-9c3e-4c55-8a11-000000000003", "00000000-0000-0000-0000-000000000000", "Id"),
        ("c1b7a4d2-9c3e-4c55-8a11-000000000003", "c1b7a4d2-9c3e-4c55-8a11-00000000000z", "Id"),
        ("c1b7a4d2-9c3e-4c55-8a11-000000000003", "c1b7a4d2", "Id"),
        ("c1b7a4d2-9c3e-4c55-8a11-000000000003", "", "Id"),
    ],
)
def test_a_row_without_id_or_modified_is_told_apart(count: int, old: str, new: str, reason: str) -> None:
    rows = [alarm_line(number) for number in range(count)]
    whole = LIST.decode(lines("".join(rows)))
    rows[3] = rows[3].replace(old, new)
    call = alarmservice.get_alarm_lines("TOK", start=0, max_count=10, filter=None)
    found = call.decode(lines("".join(rows)))
    assert found == whole[:3] + whole[4:]
    (row,) = found.unreadable
    assert reason in row.reason
    assert (row.local_id, row.members["Message"], row.members.get(reason, "")) == (1003, "Motion Started", new)
    assert row.id == (whole[3].id if reason == "Modified" else None)
    assert found.sent == count
    assert "Id or Modified of an alarm" in call.unreadable


MEMBERS = [part.partition(">")[0] for part in alarm_line(0).split("<a:")[2:]]
TEXTS = st.sampled_from(
    ["", "x", "-1", "INF", "NaN", "TRUE", "1e5", "9" * 30, "0001-01-01T00:00:00-12:00", "²", "&#1;"]
)


@given(row=st.integers(0, 29), member=st.integers(0, 23), text=TEXTS | st.text("abc0123:-TZ.", max_size=30))
def test_any_text_anywhere_leaves_all_other_values(row: int, member: int, text: str) -> None:
    rows = [alarm_line(number) for number in range(30)]
    whole = LIST.decode(lines("".join(rows)))
    parts = rows[row].split("<a:")
    name = re.match(r"\w+", parts[member + 2])[0]  # type: ignore[index]
    parts[member + 2] = f"{name}>{text}</a:{name}>" + ("</a:AlarmLine>" if member == 23 else "")
    rows[row] = "<a:".join(parts)
    found = LIST.decode(lines("".join(rows)))
    assert found.sent == 30
    if found.unreadable:
        assert name in ("Id", "Modified")
        assert found == whole[:row] + whole[row + 1 :]
        return
    assert found[:row] + found[row + 1 :] == whole[:row] + whole[row + 1 :]
    differing = [
        each.name
        for each in attrs.fields(AlarmLine)
        if getattr(found[row], each.name) != getattr(whole[row], each.name)
    ]
    assert set(differing) <= {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(), "modified_tick"}


def swapped(row: str) -> str:
    """The row with Location and Message in each other's places, both with a text."""
    location, message = "<a:Location>gate</a:Location>", "<a:Message>Motion Started</a:Message>"
    return row.replace("<a:Location i:nil='true'/>" + message, message + location)


@pytest.mark.parametrize("at", [0, 1, 17, 39])
@pytest.mark.parametrize(
    "change",
    [
        swapped,
        lambda row: row.replace("<a:Location i:nil='true'/>", "<a:Place>gate</a:Place>"),
        lambda row: row.replace("<a:Location i:nil='true'/>", "").replace("<a:Type>", "<a:Type>x</a:Type><a:Type>"),
        lambda row: row.replace("<a:Location i:nil='true'/>", "<a:Location><a:Name>x</a:Name></a:Location>"),
        lambda row: row.replace("<a:Location i:nil='true'/>", "<Location>gate</Location>"),
        lambda row: row.replace("<a:Location i:nil='true'/>", "<a:Location><!-- x -->gate</a:Location>"),
        lambda row: row.replace("<a:Location i:nil='true'/>", "<a:Location><![CDATA[</a:Location>]]></a:Location>"),
        lambda row: row.replace("<a:Location i:nil='true'/>", "<a:Location>\r\ngate</a:Location>"),
        lambda row: row.replace("<a:AlarmLine>", "<a:AlarmLine xmlns:a='urn:x'>"),
        lambda row: (
            row.replace("<a:", "<c:")
            .replace("</a:", "</c:")
            .replace("<c:AlarmLine>", f"<c:AlarmLine xmlns:c='{LINES}'>")
        ),
        lambda row: row.replace("><", ">\n  <"),
    ],
)
def test_no_row_is_read_by_the_shape_of_another(at: int, change: Callable[[str], str]) -> None:
    rows = [alarm_line(number).replace("<a:Type>System Event", f"<a:Type>{number}") for number in range(40)]
    rows[at] = change(rows[at])
    apart = [line for row in rows for line in LIST.decode(lines(row))]
    assert LIST.decode(lines("".join(rows))) == tuple(apart)


def test_texts_of_a_long_list_are_those_that_a_parser_finds() -> None:
    texts = [
        "a&amp;b",
        "&lt;x&gt; &quot;&apos;",
        "&#233;&#xE9;&#x1F600;",
        "\u00e9\u4e2d\U0001f600",
        "&#1;",
        " x\ty ",
        "&#13;",
        "\u00a0",
    ]
    rows = [alarm_line(number).replace("Motion Started", text) for number in range(40) for text in texts]
    found = LIST.decode(lines("".join(rows)))
    assert [line.message for line in found[160:168]] == [
        "a&b",
        "<x> \"'",
        "\u00e9\u00e9\U0001f600",
        "\u00e9\u4e2d\U0001f600",
        "\ufffd",
        " x\ty ",
        "\r",
        "\u00a0",
    ]


def test_a_line_is_made_as_its_constructor_makes_it() -> None:
    (line,) = LIST.decode(lines(alarm_line(1)))
    assert line == AlarmLine(**attrs.asdict(line))
    assert repr(line) == repr(pickle.loads(pickle.dumps(line)))


def test_ids_are_like_any_other() -> None:
    text = "C1B7A4D2-9c3e-4c55-8a11-6d2f0b9e7701"
    value = guid(text)
    assert value == UUID(text)
    assert hash(value) == hash(UUID(text))
    assert repr(value) == repr(UUID(text))
    assert pickle.loads(pickle.dumps(value)) == copy.copy(value) == value
    assert value.is_safe is UUID(text).is_safe


GET = alarmservice.get_alarm("t", LINE_ID)


def test_a_whole_alarm() -> None:
    found = GET.decode(whole(WHOLE))
    assert found is not None
    item = ItemReference(
        object_id=UUID(CAMERA),
        object_id_string="o",
        parent_id=SESSION,
        kind=ItemReference.CAMERA,
        folder_type="0",
        server_id=SESSION,
        server_type="XPCO",
        server_hostname="vms",
        server_port=80,
        server_scheme="https",
    )
    assert found.header == EventHeader(
        id=LINE_ID,
        timestamp=datetime(2025, 3, 4, 9, 20, 0, 125000, UTC),
        event_class="Analytics",
        type="FaceMatch",
        version="1.0",
        priority=2,
        priority_name="Medium",
        name="Face recognised",
        message="UnknownPerson",
        custom_tag="gate-3",
        source=AlarmSource(name="Yard", description="d", item=item),
        expires=datetime(2026, 1, 1, tzinfo=UTC),
        message_id=SESSION,
    )
    assert (found.state, found.state_name, found.category, found.category_name) == (4, "In progress", 1, "Perimeter")
    assert (found.description, found.location, found.assigned_to, found.count) == (
        "Unknown person at gate",
        "Gate 3",
        "duty",
        3,
    )
    assert (found.start_time, found.end_time) == (datetime(2025, 3, 4, 9, 20, tzinfo=UTC), None)
    assert found.rules == (AlarmRule(id=SESSION, name="line", type="crossing"),)
    box = BoundingBox(top=0.1, left=0.2, bottom=0.3, right=0.4)
    assert found.objects == (
        AnalyticsObject(
            id=SESSION, name="n", type="Person", value="AB 123", confidence=0.75, alarm_trigger=True, bounding_box=box
        ),
    )
    assert found.references == (item,)
    assert found.snapshots == (
        AlarmSnapshot(
            offset=timedelta(milliseconds=-500), image=b"ABC", path="p", width=4, height=2, has_overlay=True, item=item
        ),
    )
    assert found.vendor == Vendor(name="ACME", custom_data="<x/>")
    assert found.camera_ids == (UUID(CAMERA),)


def test_an_alarm_of_which_the_server_left_out_all_that_is_default() -> None:
    found = GET.decode(whole(f"<m:EventHeader><m:ID>{LINE_ID}</m:ID></m:EventHeader>"))
    assert found is not None
    assert found.id == LINE_ID
    assert found.timestamp is None
    assert found.camera_ids == ()
    assert (found.state, found.snapshots, found.vendor) == (0, (), None)


@pytest.mark.parametrize("content", [None, ""])
def test_an_alarm_that_is_not_there(content: str | None) -> None:
    assert GET.decode(whole(content)) is None


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("QUJD", "Q", {"snapshots": {"image": None}}),
        ("0.75", "much", {"objects": {"confidence": None}}),
        ("<m:Top>0.1", "<m:Top>high", {"objects": {"bounding_box": None}}),
        ("-500", "9" * 19, {"snapshots": {"offset": None}}),
        ("-500", str(2**63 - 1), {"snapshots": {"offset": None}}),
        ("<m:Width>4", "<m:Width>wide", {"snapshots": {"width": None}}),
        ("<m:State>4", "<m:State>open", {"state": None}),
        ("<m:Count>3", "<m:Count>INF", {"count": None}),
        ("<m:StartTime>2025-03-04T09:20:00Z", "<m:StartTime>soon", {"start_time": None}),
        (f"<m:ID>{LINE_ID}", "<m:ID>x", {}),
    ],
)
def test_one_unreadable_value_of_an_alarm(old: str, new: str, changed: dict[str, Any]) -> None:
    expected = GET.decode(whole(WHOLE))
    assert expected is not None
    for name, value in changed.items():
        if isinstance(value, dict):
            expected = attrs.evolve(expected, **{name: (attrs.evolve(getattr(expected, name)[0], **value),)})
        else:
            expected = attrs.evolve(expected, **{name: value})
    assert old in WHOLE
    assert GET.decode(whole(WHOLE.replace(old, new))) == expected


@pytest.mark.parametrize("content", ["<m:State>1</m:State>", "<m:EventHeader><m:Name>n</m:Name></m:EventHeader>"])
def test_an_alarm_without_an_id_is_the_one_that_was_asked_for(content: str) -> None:
    found = GET.decode(whole(content))
    assert found is not None
    assert found.id == LINE_ID
