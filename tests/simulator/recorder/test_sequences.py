"""Which sequences and which stills the recorder finds (docs/protocol: recorder-sequences, recorder-jpeg)."""

import base64
import io
import re
from datetime import timedelta

import pytest
from PIL import Image as PillowImage

from milestone_sdk.simulator.recorder.encoder import encoder_available
from tests.support.recorder_bench import CAMERA, NOON, Bench, at, ms

RECORDING = "f9c62604-d0c5-4050-ae25-72de51639b14"
MOTION = "53cb5e33-2183-44bd-9491-8364d2457480"
TRIGGERED = "0601d294-b7e5-4d93-9614-9658561ad5e4"
START = ms(NOON) - 600_000
#: Begin and end of three recordings, in milliseconds after START.
SPANS = [(0, 10_000), (60_000, 90_000), (200_000, 230_500)]


def wire(offset_ms: float) -> str:
    return (at(START) + timedelta(milliseconds=offset_ms)).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


@pytest.fixture(scope="module")
def bench():
    with Bench({"recordings": [(at(START + begin), at(START + end)) for begin, end in SPANS]}) as bench:
        yield bench


def entries(answer: tuple[int, str]) -> list[tuple[int, int, int]]:
    status, text = answer
    assert status == 200, text
    found = re.findall(
        "<SequenceEntry><TimeBegin>(.*?)</TimeBegin><TimeTrigged>(.*?)</TimeTrigged><TimeEnd>(.*?)</TimeEnd>", text
    )
    assert text.count("<SequenceEntry>") == len(found)
    return [tuple(offset(value) for value in one) for one in found]


def offset(text: str) -> int:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", text), text
    moment = at(0).fromisoformat(text[:-2] + "+00:00")
    return ms(moment) - START


def device(kind: str = RECORDING) -> str:
    return f"<deviceId>{CAMERA}</deviceId><sequenceType>{kind}</sequenceType>"


def within(bench: Bench, begin: float, end: float, count: int = 100, kind: str = RECORDING):
    window = f"<minTime>{wire(begin)}</minTime><maxTime>{wire(end)}</maxTime><maxCount>{count}</maxCount>"
    return bench.call("SequencesGet", device(kind) + window)


def around(bench: Bench, center: float, before: int, after: int):
    counts = f"<maxCountBefore>{before}</maxCountBefore><maxCountAfter>{after}</maxCountAfter>"
    answer = bench.call("SequencesGetAround", f"{device()}<centerTime>{wire(center)}</centerTime>{counts}")
    return [begin for begin, _, _ in entries(answer)]


def around_with_span(bench: Bench, center: float, before_ms: int | None, after_ms: int | None):
    def span(side: str, length: int | None) -> str:
        if length is None:
            return ""
        return f"<maxTime{side}><MicroSeconds>{length * 1000}</MicroSeconds></maxTime{side}>"

    answer = bench.call(
        "SequencesGetAroundWithSpan",
        f"{device()}<centerTime>{wire(center)}</centerTime>"
        f"{span('Before', before_ms)}<maxCountBefore>9</maxCountBefore>"
        f"{span('After', after_ms)}<maxCountAfter>9</maxCountAfter>",
    )
    return [begin for begin, _, _ in entries(answer)]


def test_sequences_that_touch_the_window_come_whole_and_ascending(bench):
    found = entries(within(bench, 5_000, 60_000))
    assert found == [(0, 0, 10_000), (60_000, 60_000, 90_000)]


def test_a_window_between_recordings_is_an_empty_element_and_no_fault(bench):
    status, text = within(bench, 11_000, 59_000)
    assert status == 200
    assert "<SequencesGetResult />" in text


def test_an_unknown_sequence_type_has_no_sequences(bench):
    assert "<SequencesGetResult />" in within(bench, 0, 999_999, kind=str(CAMERA))[1]


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (2, 2), (0, 0), (-1, 0)])
def test_a_count_keeps_the_first(bench, count, expected):
    assert [begin for begin, _, _ in entries(within(bench, 0, 999_999, count))] == [0, 60_000, 200_000][:expected]


def test_paging_by_a_tick_after_the_last_end_finds_each_sequence_once(bench):
    found, begin = [], wire(0)
    while True:
        window = f"<minTime>{begin}</minTime><maxTime>{wire(999_999)}</maxTime><maxCount>1</maxCount>"
        status, text = bench.call("SequencesGet", device() + window)
        page = entries((status, text))
        if not page:
            break
        found += page
        assert len(found) <= 3
        last = re.findall("<TimeEnd>(.*?)</TimeEnd>", text)[-1]
        begin = last.replace("0Z", "1Z")
    assert [begin for begin, _, _ in found] == [0, 60_000, 200_000]


@pytest.mark.parametrize("shape", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.5Z"])
def test_times_may_have_fewer_digits_and_no_zone(bench, shape):
    window = f"<minTime>{at(START).strftime(shape)}</minTime><maxTime>{at(START + 1000).strftime(shape)}</maxTime>"
    assert len(entries(bench.call("SequencesGet", f"{device()}{window}<maxCount>9</maxCount>"))) == 1


def test_times_with_a_zone_are_that_instant(bench):
    local = (at(START + 70_000) + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%S+02:00")
    window = f"<minTime>{local}</minTime><maxTime>{local}</maxTime><maxCount>9</maxCount>"
    assert entries(bench.call("SequencesGet", device() + window)) == [(60_000, 60_000, 90_000)]


def test_the_centre_itself_belongs_to_after(bench):
    assert around(bench, 60_000, 1, 1) == [0, 60_000]
    assert around(bench, 60_001, 1, 1) == [60_000, 200_000]


def test_the_sequence_that_covers_the_centre_counts_as_before(bench):
    assert around(bench, 70_000, 1, 0) == [60_000]


def test_first_and_last_recording(bench):
    assert around(bench, -ms(NOON), 0, 1) == [0]
    assert around(bench, 600_000, 1, 0) == [200_000]


def test_the_nearest_come_first_on_each_side(bench):
    assert around(bench, 150_000, 9, 9) == [0, 60_000, 200_000]
    assert around(bench, 999_000, 2, 9) == [60_000, 200_000]


def test_spans_cut_each_side(bench):
    assert around_with_span(bench, 150_000, 60_000, 50_000) == [60_000, 200_000]
    assert around_with_span(bench, 150_000, 59_999, 49_999) == []
    assert around_with_span(bench, 70_000, 0, 0) == [60_000]
    assert around_with_span(bench, 150_000, None, None) == []


def test_motion_lies_inside_recordings_and_the_trigger_after_the_prebuffer(bench):
    assert entries(within(bench, 0, 1, kind=MOTION)) == []
    assert entries(within(bench, 0, 4_000, kind=MOTION)) == [(3_000, 3_000, 10_000)]
    assert entries(within(bench, 0, 1, kind=TRIGGERED)) == [(0, 3_000, 10_000)]


def test_a_running_recording_ends_now():
    with Bench({"recordings": [(at(START), None)]}) as bench:
        before = bench.site.now()
        ((begin, _, end),) = entries(within(bench, 0, 9_999_999))
        assert begin == 0
        assert ms(before) - START <= end <= ms(bench.site.now()) - START + 1


def test_retention_is_a_time_before_now(bench):
    text = bench.call("GetRetentionTimeLimit", f"<deviceId>{CAMERA}</deviceId>")[1]
    limit = re.findall("<GetRetentionTimeLimitResult>(.*?)</GetRetentionTimeLimitResult>", text)[0]
    assert abs(offset(limit) - (ms(bench.site.now()) - START - 7 * 86_400_000)) < 60_000


def still(bench: Bench, operation: str, moment: float) -> tuple[int | None, bytes | None]:
    answer = bench.call(operation, f"<deviceId>{CAMERA}</deviceId><time>{wire(moment)}</time>")
    return taken_apart(answer, operation)


def taken_apart(answer: tuple[int, str], operation: str) -> tuple[int | None, bytes | None]:
    status, text = answer
    assert status == 200, text
    found = re.search(f"<{operation}Result><Time>(.*?)</Time>(?:<Data>(.*?)</Data>)?</{operation}Result>", text)
    assert found is not None, text
    if found[1] == "0001-01-01T00:00:00":
        assert found[2] is None
        return None, None
    return offset(found[1]), base64.b64decode(found[2], validate=True)


@pytest.mark.parametrize(
    ("operation", "moment", "expected"),
    [
        ("JPEGGetAtOrBefore", 60_399, 60_200),
        ("JPEGGetAtOrBefore", 60_400, 60_400),
        ("JPEGGetAtOrBefore", 150_000, 89_800),
        ("JPEGGetAtOrBefore", -1, None),
        ("JPEGGetAtOrAfter", 60_200.001, 60_400),
        ("JPEGGetAtOrAfter", 60_200, 60_200),
        ("JPEGGetAtOrAfter", 10_000, 60_000),
        ("JPEGGetAtOrAfter", 230_401, None),
        ("JPEGGetAt", 60_290, 60_200),
        ("JPEGGetAt", 60_310, 60_400),
        ("JPEGGetAt", 100_000, 89_800),
        ("JPEGGetAt", 150_000, 200_000),
        ("JPEGGetAt", -3_600_000, 0),
        ("JPEGGetAt", 590_000, 230_400),
    ],
)
def test_which_still_is_picked(bench, operation, moment, expected):
    time, data = still(bench, operation, moment)
    assert time == expected
    assert (data is None) == (expected is None)


def test_stills_of_video_are_keyframes():
    if not encoder_available():
        pytest.skip("PyAV with libx264 is not installed: there is no video whose keyframes could be told apart")
    spans = [(at(START + begin), at(START + end)) for begin, end in SPANS]
    with Bench({"recordings": spans, "codec": "h264"}) as bench:
        assert still(bench, "JPEGGetAtOrBefore", 60_900)[0] == 60_000
        assert still(bench, "JPEGGetAtOrAfter", 60_100)[0] == 61_000


@pytest.mark.parametrize("operation", ["JPEGGetAt", "JPEGGetAtOrBefore", "JPEGGetAtOrAfter"])
def test_an_empty_database_answers_the_sentinel(operation):
    with Bench({}) as bench:
        assert still(bench, operation, 0) == (None, None)


def live(bench: Bench, width: int, height: int):
    sizes = f"<maxWidth>{width}</maxWidth><maxHeight>{height}</maxHeight>"
    answer = bench.call("JPEGGetLive", f"<deviceId>{CAMERA}</deviceId>{sizes}")
    time, data = taken_apart(answer, "JPEGGetLive")
    assert data is not None
    with PillowImage.open(io.BytesIO(data)) as picture:
        return time, picture.size


def test_live_stills_are_scaled_down_and_never_up(bench):
    assert live(bench, 160, 1000)[1] == (160, 90)
    assert live(bench, 1000, 45)[1] == (80, 45)
    time, size = live(bench, 1000, 1000)
    assert size == (320, 180)
    assert 0 <= ms(bench.site.now()) - START - time < 5_000


def test_a_camera_that_is_down_has_no_live_still(bench):
    bench.camera.enabled = False
    try:
        sizes = "<maxWidth>100</maxWidth><maxHeight>100</maxHeight>"
        answer = bench.call("JPEGGetLive", f"<deviceId>{CAMERA}</deviceId>{sizes}")
        assert taken_apart(answer, "JPEGGetLive") == (None, None)
    finally:
        bench.camera.enabled = True


def test_image_server_lists_the_same_sequences(bench):
    with bench.connected() as viewer:
        inner = f"<centertime>{START + 150_000}</centertime><timespan>60000</timespan><numalarms>16</numalarms>"
        viewer.call("alarms", 9, inner)
        found = re.findall(rb'<alarm starttime="(\d+)" endtime="(\d+)" alarmtime="(\d+)" />', viewer.xml())
        offsets = [tuple(int(value) - START for value in one) for one in found]
        assert offsets == [(60_000, 90_000, 60_000), (200_000, 230_500, 200_000)]
        viewer.call("alarms", 10, inner.replace("16", "1"))
        assert viewer.xml().count(b"<alarm ") == 1
