from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from lxml import etree

from milestone_sdk._protocol.video import recordercommand
from milestone_sdk.errors import LocalProtocolError
from milestone_sdk.models import RecordingSequence, SequenceType, Snapshot
from tests.support.soap_bodies import RECORDER, reply

CAMERA = UUID("11111111-2222-4333-8444-555555555555")
TOKEN = "TOKEN#0f0e0d0c-0b0a-4908-8706-050403020100#rec01//ServerConnector#"
AT = datetime(2026, 3, 14, 9, 26, 53, 589000, UTC)
AROUND = recordercommand.sequences_get_around(
    TOKEN, CAMERA, SequenceType.RECORDING, center_time=AT, max_count_before=1, max_count_after=1
)
BEFORE = recordercommand.jpeg_get_at_or_before(TOKEN, CAMERA, AT)


def test_a_request_is_the_worked_example_to_the_octet() -> None:
    assert AROUND.body.decode() == (
        '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">'
        '<soap:Body><SequencesGetAround xmlns="http://videoos.net/2/XProtectCSRecorderCommand">'
        "<token>TOKEN#0f0e0d0c-0b0a-4908-8706-050403020100#rec01//ServerConnector#</token>"
        "<deviceId>11111111-2222-4333-8444-555555555555</deviceId>"
        "<sequenceType>f9c62604-d0c5-4050-ae25-72de51639b14</sequenceType>"
        "<centerTime>2026-03-14T09:26:53.5890000Z</centerTime><maxCountBefore>1</maxCountBefore>"
        "<maxCountAfter>1</maxCountAfter></SequencesGetAround></soap:Body></soap:Envelope>"
    )
    assert len(AROUND.body) == 565
    assert AROUND.action == "http://videoos.net/2/XProtectCSRecorderCommand/SequencesGetAround"


def parameters(body: bytes) -> list[tuple[str, str]]:
    (operation,) = etree.fromstring(body)[0]
    assert all(element.prefix is None for element in operation.iter()), "the recorder understands no prefix here"
    return [(etree.QName(child).localname, "".join(child.itertext())) for child in operation]


def test_a_span_stands_between_the_counts_in_microseconds() -> None:
    call = recordercommand.sequences_get_around(
        "t",
        CAMERA,
        SequenceType.MOTION,
        center_time=AT,
        max_count_before=1,
        max_count_after=2,
        within=timedelta(hours=1, microseconds=7),
    )
    assert call.operation == "SequencesGetAroundWithSpan"
    assert parameters(call.body) == [
        ("token", "t"),
        ("deviceId", str(CAMERA)),
        ("sequenceType", str(SequenceType.MOTION)),
        ("centerTime", "2026-03-14T09:26:53.5890000Z"),
        ("maxTimeBefore", "3600000007"),
        ("maxCountBefore", "1"),
        ("maxTimeAfter", "3600000007"),
        ("maxCountAfter", "2"),
    ]
    assert b"<maxTimeBefore><MicroSeconds>3600000007</MicroSeconds></maxTimeBefore>" in call.body


def test_times_are_sent_in_utc() -> None:
    berlin = datetime(2026, 3, 14, 10, 26, 53, 589123, timezone(timedelta(hours=1)))
    call = recordercommand.sequences_get("t", CAMERA, CAMERA, min_time=berlin, max_time=AT, max_count=10)
    assert parameters(call.body)[3:] == [
        ("minTime", "2026-03-14T09:26:53.5891230Z"),
        ("maxTime", "2026-03-14T09:26:53.5890000Z"),
        ("maxCount", "10"),
    ]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="zone"):
        recordercommand.jpeg_get_at_or_before("t", CAMERA, datetime(2026, 3, 14))


def test_a_count_beyond_32_bits_is_refused() -> None:
    with pytest.raises(LocalProtocolError, match="maxWidth"):
        recordercommand.jpeg_get_live("t", CAMERA, max_width=2**31, max_height=1)


def test_sequences() -> None:
    entry = "<SequenceEntry><TimeBegin>{}</TimeBegin><TimeTrigged>{}</TimeTrigged><TimeEnd>{}</TimeEnd></SequenceEntry>"
    body = reply(
        RECORDER,
        "SequencesGetAround",
        entry.format("2026-03-14T09:25:10.1230000Z", "2026-03-14T09:25:11Z", "2026-03-14T09:27:40.4560000Z")
        + entry.format("2026-03-14T09:31:00.0000000Z", "0001-01-01T00:00:00", "2026-03-14T09:31:45.9000000Z")
        + '<SequenceEntry i:nil="true"/>',
    )
    assert AROUND.decode(body) == (
        RecordingSequence(
            start=datetime(2026, 3, 14, 9, 25, 10, 123000, UTC),
            triggered=datetime(2026, 3, 14, 9, 25, 11, tzinfo=UTC),
            end=datetime(2026, 3, 14, 9, 27, 40, 456000, UTC),
        ),
        RecordingSequence(
            start=datetime(2026, 3, 14, 9, 31, tzinfo=UTC),
            triggered=None,
            end=datetime(2026, 3, 14, 9, 31, 45, 900000, UTC),
        ),
    )


@pytest.mark.parametrize("content", [None, ""])
def test_nothing_recorded(content: str | None) -> None:
    assert AROUND.decode(reply(RECORDER, "SequencesGetAround", content)) == ()


@pytest.mark.parametrize(
    "time", ["", "soon", "2026-03-14", "20260314", "2026-13-14T00:00:00Z", "2026-03-14T25:00:00Z", "9" * 10_000]
)
def test_a_sequence_with_one_unreadable_time_is_kept(time: str) -> None:
    end = datetime(2026, 3, 14, 9, 31, 45, tzinfo=UTC)
    entry = f"<SequenceEntry><TimeBegin>{time}</TimeBegin><TimeEnd>2026-03-14T09:31:45Z</TimeEnd></SequenceEntry>"
    whole = entry.replace(f"<TimeBegin>{time}<", "<TimeBegin>2026-03-14T09:31:00Z<")
    nothing = f"<SequenceEntry><TimeBegin>{time}</TimeBegin><TimeEnd/></SequenceEntry>"
    found = AROUND.decode(reply(RECORDER, "SequencesGetAround", whole + entry + nothing + whole))
    assert [(each.start, each.end) for each in found] == [
        (end.replace(second=0), end),
        (end, end),
        (end.replace(second=0), end),
    ]


def test_sequence_types() -> None:
    call = recordercommand.sequences_get_types("t", CAMERA)
    body = reply(
        RECORDER,
        "SequencesGetTypes",
        f"<SequenceType><Id>{SequenceType.RECORDING}</Id><Name>Recording</Name></SequenceType>"
        f"<SequenceType><Id>{CAMERA}</Id></SequenceType>",
    )
    assert call.decode(body) == (
        SequenceType(id=SequenceType.RECORDING, name="Recording"),
        SequenceType(id=CAMERA, name=None),
    )


def picture(time: str, data: str | None) -> bytes:
    content = f"<Time>{time}</Time>" + ("" if data is None else f"<Data>{data}</Data>")
    return reply(RECORDER, "JPEGGetAtOrBefore", content)


def test_a_picture() -> None:
    found = BEFORE.decode(picture("2026-03-14T09:26:53.5000000Z", "/9j/\n4AAQ"))
    time = datetime(2026, 3, 14, 9, 26, 53, 500000, UTC)
    assert found == Snapshot(time=time, data=b"\xff\xd8\xff\xe0\x00\x10", requested=AT)


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.0000000Z"])
def test_no_picture(time: str) -> None:
    assert BEFORE.decode(picture(time, None)) is None
    assert BEFORE.decode(reply(RECORDER, "JPEGGetAtOrBefore", None)) is None


def test_a_live_picture_says_so() -> None:
    call = recordercommand.jpeg_get_live("t", CAMERA, max_width=320, max_height=180)
    assert parameters(call.body)[2:] == [("maxWidth", "320"), ("maxHeight", "180")]
    found = call.decode(reply(RECORDER, "JPEGGetLive", "<Time>2026-03-14T09:26:53Z</Time><Data>QUJD</Data>"))
    assert found is not None
    assert found.live
    assert found.data == b"ABC"


@pytest.mark.parametrize("data", ["QUJ", "Q*JD", "QÜJD", "====", "<x/>"])
def test_a_picture_that_cannot_be_read_is_none(data: str) -> None:
    assert BEFORE.decode(picture("2026-03-14T09:26:53Z", data)) is None


def test_a_picture_whose_time_cannot_be_read_is_kept() -> None:
    found = BEFORE.decode(picture("soon", "QUJD"))
    assert found is not None
    assert (found.time, found.data) == (datetime(1, 1, 1, tzinfo=UTC), b"ABC")
