"""What was recorded when, and what it looks like."""

import io
import itertools
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage

from milestone_sdk.simulator.recorder import footage as fm
from milestone_sdk.simulator.recorder.encoder import coded_gop, encoder_available, split_units
from milestone_sdk.simulator.recorder.film import Film
from milestone_sdk.simulator.recorder.footage import Footage
from milestone_sdk.simulator.recorder.packets import CODEC_H264, CODEC_JPEG
from milestone_sdk.simulator.recorder.pictures import jpeg
from milestone_sdk.simulator.recorder.switches import RecorderSwitches
from tests.support.recorder_bench import NOON, at, make_camera, ms

RECORDER = UUID(int=5)
START = ms(NOON)


def camera_of(*spans: tuple[int, int | None], **more: object):
    recordings = [(at(START + begin), None if end is None else at(START + end)) for begin, end in spans]
    return make_camera(RECORDER, recordings=recordings, **more)


def readable(camera, now_ms: int, **more: object) -> Footage:
    return Footage(camera, at(START + now_ms), **more)


def walk(footage: Footage, *, every_picture: bool = False) -> list[int]:
    times = []
    found = footage.first()
    while found is not None:
        times.append(found - START)
        found = footage.after(found, every_picture=every_picture)
    return times


def test_gops_lie_on_a_grid_that_starts_with_the_span():
    footage = readable(camera_of((123, 3500), (10_007, 11_007)), 60_000)
    assert walk(footage) == [123, 1123, 2123, 3123, 10_007]


def test_pictures_stand_at_the_frame_rate_and_the_last_gop_is_short():
    footage = readable(camera_of((0, 1300), frames_per_second=4), 60_000)
    assert walk(footage, every_picture=True) == [0, 250, 500, 750, 1000, 1250]
    assert footage.pictures(START + 1000) == (START + 1000, START + 1250)


def test_a_frame_rate_that_does_not_divide_a_second_keeps_pictures_inside_their_gop():
    camera = camera_of((0, 10_000), frames_per_second=7, gop_seconds=2.0)
    offsets = fm.picture_offsets(camera, START)
    assert len(offsets) == 14
    assert offsets[0] == 0
    assert all(0 < later - earlier <= 143 for earlier, later in itertools.pairwise(offsets))
    assert offsets[-1] < 2000


@pytest.mark.parametrize(("now", "expected"), [(1999, None), (2000, 0), (2999, 0), (3000, 1000), (3700, 1000)])
def test_a_running_recording_is_readable_once_the_gop_is_whole_and_a_second_old(now, expected):
    last = readable(camera_of((0, None)), now).last()
    assert (None if last is None else last - START) == expected


def test_the_readability_delay_can_be_chosen():
    camera = camera_of((0, None))
    assert readable(camera, 5000, delay=timedelta(0)).last() == START + 4000
    assert readable(camera, 5000, delay=timedelta(seconds=4)).last() == START


def test_a_short_last_gop_becomes_readable_a_second_after_the_recording_ended():
    camera = camera_of((0, 1400))
    assert readable(camera, 2399).last() == START
    assert readable(camera, 2400).last() == START + 1000


def test_nothing_recorded_has_no_units():
    footage = readable(camera_of(), 60_000)
    assert footage.first() is footage.last() is footage.at_or_before(START) is None
    assert footage.after(START) is footage.before(START) is footage.next_sequence(START) is None


def test_a_gap_is_jumped_over_and_looked_into_backwards():
    footage = readable(camera_of((0, 2000), (10_000, 12_000)), 60_000)
    assert footage.at_or_before(START + 5000) == START + 1000
    assert footage.at_or_before(START + 5000, every_picture=True) == START + 1800
    assert footage.after(START + 1000) == START + 10_000
    assert footage.before(START + 10_000) == START + 1000


def test_sequences_are_stepped_to_their_start_and_back_to_their_end():
    footage = readable(camera_of((0, 2000), (10_000, 12_000), (20_000, 22_000)), 60_000)
    assert footage.next_sequence(START + 10_500) == START + 20_000
    assert footage.previous_sequence(START + 10_500) == START + 1000
    assert footage.previous_sequence(START + 10_500, every_picture=True) == START + 1800
    assert footage.next_sequence(START + 20_000) is None
    assert footage.previous_sequence(START + 1000) is None


_LENGTHS = st.lists(st.tuples(st.integers(1, 5000), st.integers(1, 5000)), min_size=1, max_size=6)


@given(
    _LENGTHS,
    st.integers(1, 30),
    st.sampled_from([0.5, 1.0, 2.0, (0.5, 3.0, 1.0)]),
    st.booleans(),
    st.integers(-3000, 70_000),
)
def test_navigation_agrees_with_itself(lengths, frames_per_second, gop_seconds, every_picture, instant):
    spans, clock = [], 0
    for gap, length in lengths:
        spans.append((clock + gap, clock + gap + length))
        clock += gap + length
    camera = camera_of(*spans, frames_per_second=frames_per_second, gop_seconds=gop_seconds)
    footage = readable(camera, 100_000)
    times = walk(footage, every_picture=every_picture)
    assert times == sorted(set(times))
    assert all(any(begin <= time < end for begin, end in spans) for time in times)
    assert footage.last(every_picture=every_picture) == START + times[-1]

    earlier = [time for time in times if time <= instant]
    found = footage.at_or_before(START + instant, every_picture=every_picture)
    assert found == START + (earlier[-1] if earlier else times[0])
    following = footage.after(START + instant, every_picture=every_picture)
    assert following == next((START + time for time in times if time > instant), None)
    preceding = footage.before(START + instant, every_picture=every_picture)
    assert preceding == next((START + time for time in reversed(times) if time < instant), None)


def test_groups_of_several_lengths_follow_each_other_in_turn():
    camera = camera_of((100, 9000), gop_seconds=(1.0, 3.0, 0.5), frames_per_second=2)
    footage = readable(camera, 60_000)
    assert walk(footage) == [100, 1100, 4100, 4600, 5600, 8600]
    assert footage.pictures(START + 1100) == tuple(START + 1100 + 500 * index for index in range(6))
    assert footage.pictures(START + 8600) == (START + 8600,)
    assert fm.live_gop(camera, START + 4000) == START + 1100
    assert fm.gop_milliseconds(camera, START + 4100) == 500


def test_ten_thousand_recordings_cost_nothing_to_search():
    camera = camera_of(*((index * 60_000, index * 60_000 + 10_000) for index in range(10_000)))
    footage = readable(camera, 10_001 * 60_000)
    began = time.process_time()
    for index in range(2000):
        footage.at_or_before(START + index * 299_999)
    assert time.process_time() - began < 0.5


def test_sequences_end_now_while_recording_and_start_no_earlier_than_known():
    camera = camera_of((0, 10_000), (20_000, None), (50_000, 60_000))
    now = at(START + 30_000)
    begins_and_ends = [(ms(one.begin) - START, ms(one.end) - START) for one in fm.recording_sequences(camera, now)]
    assert begins_and_ends == [(0, 10_000), (20_000, 30_000)]
    for motion, recording in zip(fm.motion_sequences(camera, now), fm.recording_sequences(camera, now), strict=True):
        assert recording.begin < motion.begin < motion.end <= recording.end
    assert [ms(one.triggered) - START for one in fm.triggered_sequences(camera, now)] == [3000, 23_000]


def test_live_follows_the_grid_of_the_running_recording():
    camera = camera_of((300, None))
    assert fm.live_gop(camera, START + 4250) == START + 3300
    assert fm.live_gop(camera_of(), START + 4250) == START + 4000


def test_a_jpeg_shows_its_camera_and_its_time_and_comes_out_the_same_again():
    first = jpeg("Front Hallway", 320, 180, START)
    jpeg.cache_clear()
    assert jpeg("Front Hallway", 320, 180, START) == first
    assert jpeg("Front Hallway", 320, 180, START + 1) != first
    assert jpeg("C1", 320, 180, START) != first
    with PillowImage.open(io.BytesIO(first)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (320, 180))


def test_something_moves_through_the_picture():
    def brightest_column(time_ms: int) -> int:
        with PillowImage.open(io.BytesIO(jpeg("C1", 320, 180, time_ms))) as picture:
            row = [picture.convert("RGB").getpixel((x, 100)) for x in range(320)]
        return max(range(320), key=lambda x: row[x][0])

    assert brightest_column(START + 1000) < brightest_column(START + 2000) < brightest_column(START + 3000)


@pytest.mark.parametrize("name", ["Tür Süd", "入口", "Camera\x00\t", ""])
def test_any_name_can_be_drawn(name):
    with PillowImage.open(io.BytesIO(jpeg(name, 64, 48, START))) as picture:
        picture.load()


def test_every_body_holds_the_octets_that_end_a_message():
    assert b"\r\n\r\n" in jpeg("C1", 320, 180, START)
    if encoder_available():
        assert all(b"\r\n\r\n" in coded_gop("C1", 320, 180, 5, 5, number)[0].data for number in range(4))


needs_encoder = pytest.mark.skipif(
    not encoder_available(), reason="PyAV with libx264 is not installed: native video is JPEG here, nothing to decode"
)


@needs_encoder
@pytest.mark.parametrize(
    ("size", "pictures", "b_pictures"), [((320, 180), 5, 0), ((641, 363), 3, 0), ((320, 180), 10, 2)]
)
def test_each_h264_gop_decodes_alone_and_begins_with_parameter_sets_and_idr(size, pictures, b_pictures):
    import av

    for number in range(4):
        gop = coded_gop("C1", *size, 5, pictures, number, b_pictures)
        kinds = [unit[0] & 0x1F for unit in split_units(gop[0].data)]
        assert kinds == [7, 8, 6, 5]
        assert all(unit.data.startswith(b"\x00\x00\x00\x01") for unit in gop)
        decoder = av.CodecContext.create("h264", "r")
        frames = [frame for unit in gop for frame in decoder.decode(av.Packet(unit.data))]
        frames += decoder.decode(None)
        assert len(frames) == pictures
        assert {(frame.width, frame.height) for frame in frames} == {(size[0] // 2 * 2, size[1] // 2 * 2)}
        in_order = [unit.order for unit in gop]
        assert sorted(in_order) == list(range(pictures))
        assert (in_order == sorted(in_order)) == (b_pictures == 0)


@needs_encoder
def test_gops_joined_are_one_playable_stream():
    import av

    stream = b"".join(unit.data for number in range(8) for unit in coded_gop("C1", 320, 180, 5, 5, number))
    with av.open(io.BytesIO(stream), format="h264") as container:
        assert sum(1 for _ in container.decode(video=0)) == 40


@needs_encoder
def test_single_picture_gops_are_told_apart_by_a_parser():
    import av

    stream = b"".join(coded_gop("C1", 320, 180, 5, 1, number)[0].data for number in range(12))
    parser = av.CodecContext.create("h264", "r")
    assert len([packet for packet in (*parser.parse(stream), *parser.parse()) if packet.size]) == 12


@needs_encoder
def test_b_pictures_bunch_the_time_stamps():
    camera = camera_of((0, 10_000), codec="h264", frames_per_second=10)
    times = [START + offset for offset in fm.picture_offsets(camera, START)]
    plain = Film(RecorderSwitches()).native(camera, START, times)
    assert [picture.time for picture in plain] == times
    bunched = [picture.time for picture in Film(RecorderSwitches(b_pictures=2)).native(camera, START, times)]
    assert bunched == sorted(set(bunched))
    steps = [later - earlier for earlier, later in itertools.pairwise(bunched)]
    assert 1 in steps
    assert max(steps) > 150


def test_the_codec_can_change_at_a_time():
    changing = RecorderSwitches(codec_change=(at(START + 5000), "jpeg"))
    camera = camera_of((0, 10_000), codec="h264")
    film = Film(changing)
    assert film.codec(camera, START + 5000) == CODEC_JPEG
    assert film.codec(camera, START + 4999) == (CODEC_H264 if encoder_available() else CODEC_JPEG)


def test_without_pyav_native_video_is_jpeg():
    program = """
import sys
sys.modules["av"] = None
from tests.support.recorder_bench import make_camera, UUID
from milestone_sdk.simulator.recorder.film import Film
from milestone_sdk.simulator.recorder.switches import RecorderSwitches
camera = make_camera(UUID(int=5), codec="h264")
film = Film(RecorderSwitches())
picture, = film.native(camera, 0, (0,))
print(film.codec(camera, 0), picture.is_key, picture.data[:2].hex())
"""
    command = [sys.executable, "-c", program]
    folder = Path(__file__).parents[3]  # where the package `tests` is
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert run.stdout.split() == ["1", "True", "ffd8"], run.stderr


def test_thirty_seconds_are_cheap_to_draw():
    began = time.process_time()
    for index in range(150):
        jpeg("A camera of its own", 320, 180, START + index * 200)
    if encoder_available():
        for number in range(30):
            coded_gop("A camera of its own", 320, 180, 5, 5, number)
    assert time.process_time() - began < 1.0


def test_milliseconds_and_moments_are_inverse():
    assert fm.datetime_of(ms(NOON) + 7) == NOON + timedelta(milliseconds=7)
    assert fm.milliseconds(datetime.max.replace(tzinfo=NOON.tzinfo)) > fm.milliseconds(NOON)
