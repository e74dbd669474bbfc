"""What a program gets of a live stream: order, status, dropping; and any stream of bytes, cut anywhere."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk import (
    Codec,
    ConnectionLost,
    Frame,
    FramesDropped,
    LiveEvent,
    LiveLost,
    LiveRestored,
    LiveStatus,
    RemoteProtocolError,
)
from milestone_sdk._protocol.video.imageserver import ImageServerProtocol
from milestone_sdk._protocol.video.live import LiveQueue
from milestone_sdk._protocol.video.messages import ImageParts, LivePackage
from milestone_sdk._protocol.video.packets import PictureReader
from milestone_sdk._protocol.video.reader import NEED_DATA
from milestone_sdk._protocol.video.requests import LiveOptions
from tests.support.imageserver_wire import CONNECTED, feed, method_response, packet, single

from .test_imageserver import CAMERA, DELTA, KEY, STATUS, TOKEN

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
BASE = NOON.timestamp()
MAX_AGE = 2.0


def frame(second: float, *, key: bool = False, size: int = 10, codec: Codec = Codec.H264) -> Frame:
    return Frame(time=NOON + timedelta(seconds=second), codec=codec, is_key=key, data=bytes(size))


def group(start: float, count: int = 5) -> list[Frame]:
    """A key frame and what depends on it, five a second."""
    return [frame(start + place / 5, key=not place) for place in range(count)]


def queue_of(*frames: Frame, native: bool = True) -> LiveQueue:
    """A queue of a new connection that took these frames, each when it was made."""
    queue = LiveQueue(max_age=MAX_AGE, native=native)
    queue.begin()
    take(queue, frames)
    return queue


def take(queue: LiveQueue, frames: Iterable[Frame], *, late: float = 0.0) -> None:
    for each in frames:
        queue.take([each], each.time.timestamp() - BASE + late)


def taken(queue: LiveQueue) -> list[LiveEvent]:
    found = list(queue.ready)
    queue.ready.clear()
    return found


def seconds(events: Iterable[LiveEvent]) -> list[float]:
    return [(each.time - NOON).total_seconds() for each in events if isinstance(each, Frame)]


def test_frames_are_returned_as_they_arrive() -> None:
    frames = [*group(0), *group(1)]
    assert taken(queue_of(*frames)) == frames


def test_what_is_before_the_first_key_frame_is_dropped_and_counted() -> None:
    queue = queue_of(frame(0.6), frame(0.8), *group(1))
    dropped, *rest = taken(queue)
    assert dropped == FramesDropped(count=2, first=frame(0.6).time, last=frame(0.8).time)
    assert rest == group(1)


def test_the_old_jpeg_in_front_of_video_is_no_part_of_it() -> None:
    old = frame(-9, key=True, codec=Codec.JPEG)
    assert taken(queue_of(old, *group(0))) == group(0)


def test_a_camera_that_sends_jpeg_loses_no_picture() -> None:
    stills = [frame(place, key=True, codec=Codec.JPEG) for place in range(3)]
    assert taken(queue_of(*stills)) == stills
    assert taken(queue_of(*stills, native=False)) == stills


def test_a_reconnect_within_a_group_continues_it_without_repeating() -> None:
    queue = queue_of(*group(0)[:3])
    queue.begin()
    take(queue, [*group(0), *group(1)], late=3.0)
    assert taken(queue) == [*group(0), *group(1)]


def test_a_reconnect_within_a_group_of_minutes_repeats_nothing() -> None:
    frames = group(0, 5 * 300)
    queue = queue_of(*frames[:1000])
    queue.begin()
    queue.take(frames[:1000], 200.0)
    take(queue, [*frames[1000:], *group(300)])
    assert taken(queue) == [*frames, *group(300)]


def test_a_reconnect_into_an_unknown_group_waits_for_a_key_frame() -> None:
    queue = queue_of(*group(0)[:3])
    queue.begin()
    take(queue, [frame(0.1, key=True), frame(0.3), frame(0.5), *group(1)])
    events = taken(queue)
    assert seconds(events) == [0, 0.2, 0.4, 1, 1.2, 1.4, 1.6, 1.8]
    assert [each.count for each in events if isinstance(each, FramesDropped)] == [1]


def test_a_clock_that_was_set_back_does_not_end_the_pictures() -> None:
    queue = queue_of(*group(0))
    queue.begin()
    take(queue, group(-3600))
    assert seconds(taken(queue))[5:] == seconds(group(-3600))


@given(
    st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=30),
    st.lists(st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=30).map(sorted), max_size=4),
)
def test_times_grow_over_any_reconnects(
    first: list[tuple[int, bool]], connections: list[list[tuple[int, bool]]]
) -> None:
    queue = queue_of(*(frame(place / 5, key=key) for place, key in sorted(dict(first).items())))
    for pictures_of in connections:
        queue.begin()
        take(queue, [frame(place / 5, key=key) for place, key in dict(pictures_of).items()])
    times = seconds(taken(queue))
    assert times == sorted(set(times))


def test_after_a_pause_the_newest_group_comes_next() -> None:
    queue = queue_of(*group(0))
    assert len(taken(queue)) == 5
    for start in range(1, 9):  # the program was busy for ten seconds: all of this waited
        queue.take(group(start), 10.0)
    assert taken(queue) == []
    queue.take(group(10)[:1], 10.0)
    dropped, *rest = taken(queue)
    assert dropped == FramesDropped(count=40, first=frame(1).time, last=frame(8.8).time)
    assert rest == group(10)[:1]


def test_a_long_group_is_kept_so_that_nothing_has_to_be_waited_for() -> None:
    queue = queue_of(*group(0))
    taken(queue)
    minute = group(1, count=300)
    queue.take(minute[:200], 61.0)
    assert taken(queue) == []
    queue.take(minute[200:], 61.0)
    assert seconds(taken(queue))[0] == 1


def test_a_group_too_large_to_keep_is_dropped_up_to_the_next_key_frame() -> None:
    queue = queue_of(*group(0))
    taken(queue)
    queue.take([frame(1, key=True, size=5 << 20), frame(1.2, size=5 << 20), frame(1.4)], 20.0)
    queue.take([frame(20), frame(20.2, key=True)], 20.2)
    dropped, rest = taken(queue)
    assert isinstance(dropped, FramesDropped)
    assert dropped.count == 4
    assert rest == frame(20.2, key=True)


def test_a_program_that_is_always_too_slow_gets_whole_groups_at_intervals() -> None:
    queue = queue_of()
    now, counted = 0.0, 0
    for start in range(100):
        for each in group(start):
            now = max(now, each.time.timestamp() - BASE)
            queue.take([each], now)
            for event in taken(queue):
                if isinstance(event, Frame):
                    assert now - (event.time.timestamp() - BASE) < MAX_AGE + 2
                    now += 0.3
                elif isinstance(event, FramesDropped):
                    counted += event.count
    assert 100 < counted < 250


def test_a_clock_of_the_recorder_that_was_set_does_not_stop_the_stream() -> None:
    queue = queue_of(*group(100))
    taken(queue)
    for place in range(10):
        take(queue, group(place), late=101.0)
    events = taken(queue)
    assert 35 <= len(seconds(events)) <= 45


def test_clocks_that_run_apart_cost_no_frame() -> None:
    queue, count = queue_of(), 50_000
    for second in range(count):
        queue.take([frame(second, key=True)], second * 1.0001)
    assert len(taken(queue)) == count


def test_status_is_returned_when_something_changes() -> None:
    queue = queue_of()
    for items in ({1: 1, 2: 0}, {1: 1}, {2: 1, 77: 5}, {}):
        queue.status(LivePackage(time=1_773_480_473_989, items=items))
    first, second = taken(queue)
    assert isinstance(first, LiveStatus)
    assert isinstance(second, LiveStatus)
    assert first.changed == {1, 2}
    assert first.time == datetime(2026, 3, 14, 9, 27, 53, 989000, tzinfo=UTC)
    assert (first.connected, first.motion, first.recording, first.camera_lost) == (True, False, None, None)
    assert second.values == {1: 1, 2: 1, 77: 5}
    assert second.changed == {2, 77}
    assert second.motion


def test_a_lost_camera_is_not_connected_whatever_the_feed_says() -> None:
    queue = queue_of()
    queue.status(LivePackage(time=-1, items={1: 1, 5: 1, 6: 1, 7: 0, 100: 1}))
    (status,) = taken(queue)
    assert isinstance(status, LiveStatus)
    assert status.time is None
    assert status.feed_started
    assert status.connected is False
    assert (status.database_failed, status.disk_low, status.stopped_for_client) == (True, False, True)


def test_a_feed_that_was_stopped_for_this_client_is_not_connected() -> None:
    queue = queue_of()
    for stopped in (0, 1, 0):
        queue.status(LivePackage(time=None, items={1: 1, 5: 0, 100: stopped}))
    assert [each.connected for each in taken(queue) if isinstance(each, LiveStatus)] == [True, False, True]


def test_status_starts_again_with_each_connection() -> None:
    queue = queue_of()
    queue.status(LivePackage(time=None, items={1: 1, 2: 1}))
    queue.begin()
    queue.status(LivePackage(time=None, items={1: 1}))
    last = taken(queue)[-1]
    assert isinstance(last, LiveStatus)
    assert last.motion is None


def test_a_recorder_cannot_fill_the_memory_with_status() -> None:
    queue = queue_of()
    for start in range(0, 100_000, 1000):
        queue.status(LivePackage(time=None, items=dict.fromkeys(range(start, start + 1000), 1)))
    assert all(len(each.values) <= 512 for each in taken(queue) if isinstance(each, LiveStatus))


def test_lost_and_restored() -> None:
    queue, error = queue_of(), ConnectionLost("gone")
    queue.lost(NOON, error)
    queue.restored(NOON, 1.5)
    assert taken(queue) == [
        LiveLost(since=NOON, error=error),
        LiveRestored(at=NOON, lost_for=timedelta(seconds=1.5)),
    ]


@pytest.mark.parametrize(
    ("options", "elements"),
    [
        (LiveOptions(), "<adaptivestreaming><disabled /></adaptivestreaming>"),
        (
            LiveOptions(adaptive=(640, 360), framerate="low", motion_only=True),
            '<attributes framerate="low" motiononly="yes" /><adaptivestreaming><resolution><widthhint>640</widthhint>'
            "<heighthint>360</heighthint></resolution></adaptivestreaming>",
        ),
        (
            LiveOptions(adaptive="max", framerate_absolute=12),
            '<attributes framerateabsolute="12" /><adaptivestreaming><maxresolution /></adaptivestreaming>',
        ),
        (
            LiveOptions(framerate_relative=50),
            '<attributes frameraterelative="50" /><adaptivestreaming><disabled /></adaptivestreaming>',
        ),
    ],
)
def test_the_request(options: LiveOptions, elements: str) -> None:
    request = ImageServerProtocol(CAMERA).live(options).decode()
    assert f"<methodname>live</methodname><sendinitialimage>no</sendinitialimage>{elements}</methodcall>" in request


def test_an_initial_image_is_accepted_and_never_followed_by_an_older_one() -> None:
    request = ImageServerProtocol(CAMERA).live(LiveOptions(initial_image=True))
    assert b"<sendinitialimage>yes</sendinitialimage>" in request
    queue = LiveQueue(max_age=MAX_AGE, native=False, initial_image=True)
    queue.begin()
    for second in (10, 9, 10, 11, 12):
        queue.take([frame(second, key=True, codec=Codec.JPEG)], BASE + 12)
    assert [each.time - NOON for each in taken(queue) if isinstance(each, Frame)] == [
        timedelta(seconds=second) for second in (10, 11, 12)
    ]


TIMES = (0, 1_773_480_473_589, 0)
STREAM = (
    single(2, TIMES, KEY)
    + STATUS
    + method_response(3, "connectupdate", connected="yes")
    + single(2, (0, 1_773_480_474_089, 0), DELTA)
    + single(2, (0, 1_773_480_475_000, 0), packet(1_773_480_475_000, b"\0\0\0\1\x65\r\n\r\n<"))
    + STATUS.replace(b'id="2" value="0"', b'id="2" value="1"')
)


def live_protocol() -> ImageServerProtocol:
    protocol = ImageServerProtocol(CAMERA, arena=4096)
    protocol.connect(TOKEN)
    feed(protocol, method_response(1, "connect", **CONNECTED))
    assert protocol.next_event() is not NEED_DATA
    protocol.live(LiveOptions())
    protocol.connect_update(TOKEN)
    return protocol


def played(pieces: Iterable[bytes]) -> list[LiveEvent]:
    protocol, queue, reader = live_protocol(), queue_of(), PictureReader()
    for piece in pieces:
        feed(protocol, piece)
        while (event := protocol.next_event()) is not NEED_DATA:
            if isinstance(event, ImageParts):
                found = reader.read(event, transcoded=False)
                queue.take([each.copy() for each in found], 0.0)
            elif isinstance(event, LivePackage):
                queue.status(event)
    return taken(queue)


WHOLE = played([STREAM])


def test_the_whole_stream() -> None:
    assert [type(each) for each in WHOLE] == [Frame, LiveStatus, Frame, Frame, LiveStatus]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12).map(sorted), st.integers(0, len(STREAM)))
def test_any_split_and_truncation_returns_the_same_items(places: list[int], end: int) -> None:
    cuts = [0, *(place for place in places if place < end), end]
    found = played(STREAM[begin:stop] for begin, stop in pairwise(cuts))
    assert found == WHOLE[: len(found)]
    if end == len(STREAM):
        assert found == WHOLE


@given(st.integers(0, len(STREAM) - 1), st.binary(min_size=1, max_size=8))
def test_a_changed_stream_is_read_or_a_typed_error(place: int, junk: bytes) -> None:
    with suppress(RemoteProtocolError):
        played([STREAM[:place] + junk + STREAM[place + len(junk) :]])
