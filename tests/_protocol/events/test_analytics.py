"""Analytics events for port 9090: judged by a schema of the form that the server takes."""

import re
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from milestone_sdk._protocol.events.analytics import read_answer, write_event
from milestone_sdk.errors import (
    LocalProtocolError,
    MilestoneError,
    PermissionDenied,
    RemoteProtocolError,
    ServerFault,
    ServiceUnavailable,
)
from milestone_sdk.models import (
    AlarmRule,
    AlarmSnapshot,
    AnalyticsObject,
    BoundingBox,
    Camera,
    ItemReference,
    Recorder,
    Vendor,
)
from milestone_sdk.models.events import AnalyticsEvent
from milestone_sdk.simulator.eventserver.analyticsschema import schema_error

A, B = UUID(int=0xA), UUID(int=0xB)
NOON = datetime(2026, 3, 4, 12, 0, 0, 125000, UTC)
M = "{urn:milestone-systems}"
CAMERA = Camera(id=A, name="C1", recorder=Recorder(id=B, name="R", uri="http://r:7563/"))
WHOLE = AnalyticsEvent(
    message="UnknownPerson",
    source=CAMERA,
    timestamp=datetime(2026, 3, 4, 14, 0, 0, 125000, timezone(timedelta(hours=2))),
    id=B,
    event_class="Analytics",
    type="FaceMatch",
    version="1.0",
    priority=2,
    name="Face",
    custom_tag="gate-3",
    description="A <person>\r\n& a dog",
    start_time=NOON,
    end_time=NOON,
    location="hall",
    count=2,
    rules=(AlarmRule(id=A, name="line", type="t"),),
    objects=(
        AnalyticsObject(
            id=A,
            value="AB 123",
            confidence=1e-7,
            alarm_trigger=True,
            bounding_box=BoundingBox(top=0.1, left=0, bottom=1, right=0.30000000000000004),
        ),
    ),
    cameras=(CAMERA, B),
    snapshots=(
        AlarmSnapshot(offset=timedelta(milliseconds=40), image=b"\xff\xd8", item=ItemReference(object_id=A)),
        AlarmSnapshot(offset=timedelta(), path="c:\\x.jpg", item=ItemReference(object_id_string="cam 1")),
    ),
    vendor=Vendor(name="ACME", custom_data="<x/>"),
)


def parsed(event: AnalyticsEvent) -> etree._Element:
    root = etree.fromstring(write_event(event, now=NOON))
    assert schema_error(root) is None
    return root


def text(root: etree._Element, path: str) -> str | None:
    return root.findtext("/".join(M + step for step in path.split("/")))


def test_a_whole_event_keeps_to_the_schema() -> None:
    root = parsed(WHOLE)
    assert text(root, "EventHeader/Timestamp") == "2026-03-04T12:00:00.125Z"
    assert text(root, "EventHeader/Source/FQID/ObjectId") == str(A)
    assert text(root, "Description") == "A <person>\r\n& a dog"
    assert text(root, "ObjectList/Object/Confidence") == "1E-07"
    assert float(text(root, "ObjectList/Object/BoundingBox/Right") or 0) == 0.30000000000000004
    assert [item.text for item in root.iter(f"{M}ObjectId", f"{M}ObjectIdString")] == [
        str(A), str(A), str(B), str(A), "cam 1",
    ]  # fmt: skip
    assert text(root, "Vendor/CustomData") == "<x/>"


def test_the_smallest_event_has_a_time_and_lets_the_server_choose_the_id() -> None:
    root = parsed(AnalyticsEvent(message="m"))
    assert [(item.tag.removeprefix(M), item.text) for item in root[0]] == [
        ("ID", "00000000-0000-0000-0000-000000000000"),
        ("Timestamp", "2026-03-04T12:00:00.125Z"),
        ("Message", "m"),
    ]


@pytest.mark.parametrize(
    ("source", "path", "written"),
    [
        (A, "FQID/ObjectId", str(A)),
        (str(A).upper(), "FQID/ObjectId", str(A)),
        ("10.0.0.21,1", "Name", "10.0.0.21,1"),
    ],
)
def test_a_source_is_an_id_or_an_address(source: UUID | str, path: str, written: str) -> None:
    assert text(parsed(AnalyticsEvent(message="m", source=source)), f"EventHeader/Source/{path}") == written


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"message": ""}, "message"),
        ({"message": "a\x07"}, "Message"),
        ({"source": "cam\x00"}, "Name"),
        ({"priority": -1}, "Priority"),
        ({"count": 2**32}, "Count"),
        ({"timestamp": datetime(2026, 1, 1)}, "Timestamp|aware|zone"),
        ({"vendor": Vendor(custom_data="\ud800")}, "CustomData"),
    ],
)
def test_what_has_no_form_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(LocalProtocolError, match=words):
        write_event(evolve(WHOLE, **change), now=NOON)


WORDS = st.text(st.characters(exclude_categories=()), max_size=30)
LEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@given(WORDS, WORDS, WORDS)
def test_whatever_people_write_arrives_but_for_what_xml_cannot_carry(name: str, tag: str, vendor: str) -> None:
    event = AnalyticsEvent(message="m", name=name, custom_tag=tag, description=name, vendor=Vendor(name=vendor))
    root = parsed(event)
    assert (text(root, "EventHeader/Name") or "") == LEGAL.sub("", name)
    assert (text(root, "EventHeader/CustomTag") or "") == LEGAL.sub("", tag)
    assert (text(root, "Vendor/Name") or "") == LEGAL.sub("", vendor)


# Answers


def test_an_event_that_is_not_set_up_is_a_warning() -> None:
    assert read_answer(200, b"OK").known
    warned = read_answer(200, b"Warning: Event Message Not Known (UnknownPerson)\r\n")
    assert not warned.known
    assert warned.text == "Warning: Event Message Not Known (UnknownPerson)"
    assert read_answer(200, b"").known


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, LocalProtocolError),
        (403, PermissionDenied),
        (404, ServerFault),
        (500, ServerFault),
        (503, ServiceUnavailable),
        (302, RemoteProtocolError),
        (101, RemoteProtocolError),
    ],
)
def test_refusals_carry_the_servers_words_and_no_secret(status: int, error: type[MilestoneError]) -> None:
    with pytest.raises(error) as caught:
        read_answer(status, b"because \xff TOKEN#secret#vms//ServerConnector# of it")
    assert str(status) in str(caught.value)
    assert "secret#vms" not in f"{caught.value}{vars(caught.value)}"


@given(st.integers(100, 599), st.binary(max_size=300))
def test_any_answer_is_a_receipt_or_an_error_of_this_library(status: int, body: bytes) -> None:
    try:
        receipt = read_answer(status, body)
    except MilestoneError:
        assert status != 200
    else:
        assert status == 200
        assert len(receipt.text) <= 2000
