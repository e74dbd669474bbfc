# Generated from tests/_async/video/test_live.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Live video through the client: frames, status, lost connections, many streams."""

from collections.abc import Generator, Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import av
import pytest
from PIL import Image

from milestone_sdk import (
    Client,
    LiveStream,
    CameraNotFound,
    Codec,
    ConfigurationError,
    ConnectionLost,
    Frame,
    LiveEvent,
    LiveLost,
    LiveRestored,
    LiveStatus,
    NoRecording,
    PermissionDenied,
    ReadTimeout,
    RemoteProtocolError,
    ServiceUnavailable,
)
from milestone_sdk._net.blocking import Clock
from milestone_sdk._protocol.video.requests import Transcode
from milestone_sdk.simulator import Recorder, Simulator, example_site
from milestone_sdk.simulator.site import stable_id

from ..opening import client_of

pytestmark = pytest.mark.anyio

MOST = 2000
"""Items in which something has to happen; in video of five pictures a second that is minutes."""


@pytest.fixture
def live_site(simulator_factory: Callable[..., Simulator]) -> Simulator:
    """Camera C1 sends 25 pictures a second, a group a second; a second recorder has no cameras."""
    plan = example_site()
    plan.recorders.append(Recorder(id=stable_id("recorder", "Recorder 2"), name="Recorder 2"))
    plan.camera("C1").codec = "h264"
    plan.camera("C1").frames_per_second = 25
    return simulator_factory(plan)


@pytest.fixture
def client(live_site: Simulator) -> Generator[Client]:
    with client_of(live_site) as opened:
        yield opened


def until(live: LiveStream, wanted: Callable[[LiveEvent], bool]) -> list[LiveEvent]:
    """Return the items up to the first one that is wanted."""
    found: list[LiveEvent] = []
    while not found or not wanted(found[-1]):
        assert len(found) < MOST, found[-10:]
        found.append(live.__next__())
    return found


def frames_of(live: LiveStream, count: int) -> list[Frame]:
    frames: list[Frame] = []
    while len(frames) < count:
        event = live.__next__()
        if isinstance(event, Frame):
            frames.append(event.copy())
    return frames


def test_native_video_begins_with_a_key_frame_and_can_be_decoded(client: Client) -> None:
    with client.live.play("C1") as live:
        frames = frames_of(live, 40)
    assert frames[0].is_key
    assert {frame.codec for frame in frames} == {Codec.H264}
    times = [frame.time for frame in frames]
    assert times == sorted(set(times))
    assert abs(datetime.now(UTC) - times[-1]) < timedelta(seconds=30)
    pictures = list(av.open(BytesIO(b"".join(frame.data for frame in frames)), format="h264").decode(video=0))
    assert len(pictures) == len(frames)


def test_jpeg_of_a_size(client: Client) -> None:
    with client.live.play("C1", codec="jpeg", size=(160, 160)) as live:
        frames = frames_of(live, 3)
    assert Image.open(BytesIO(frames[0].data)).size == (160, 90)
    assert {frame.codec for frame in frames} == {Codec.JPEG}


def test_leaving_ends_the_session(live_site: Simulator, client: Client) -> None:
    with client.live.play("C1") as live:
        frames_of(live, 1)
    with pytest.raises(StopIteration):
        live.__next__()
    methods = [call.method for call in live_site.recorders[0].image_calls]
    assert methods[:2] == ["connect", "live"]
    live.close()


def test_a_stream_that_is_closed_during_a_pause_stays_closed(live_site: Simulator) -> None:
    class Closing(Clock):
        def sleep(self, seconds: float) -> None:
            live.close()

    with client_of(live_site, clock=Closing()) as site:
        live = site.live.play("C1")
        frames_of(live, 1)
        live_site.stop_service("recorder")
        until(live, lambda event: isinstance(event, LiveLost))
        live_site.start_service("recorder")
        before = len(live_site.recorders[0].image_calls)
        assert [event for event in live] == []
        assert len(live_site.recorders[0].image_calls) == before


def test_a_stream_that_is_closed_while_it_connects_stays_closed(live_site: Simulator) -> None:
    with client_of(live_site) as site:
        live = site.live.play("C1")
        connect = live._connection.open

        def close_too(transcode: Transcode | None) -> None:
            connect(transcode)
            live.close()
            connect(transcode)

        live._connection.open = close_too  # type: ignore[method-assign]
        assert [event for event in live] == []
        assert not live._connection.is_open


def test_status_of_the_camera(live_site: Simulator, client: Client) -> None:
    switches = live_site.recorders[0].switches
    switches.partial_status = True
    with client.live.play("C1") as live:
        first = (until(live, lambda event: isinstance(event, LiveStatus)))[-1]
        assert isinstance(first, LiveStatus)
        assert (first.connected, first.motion) == (True, False)
        switches.status = {2: 1, 42: 7}
        moving = (until(live, lambda event: isinstance(event, LiveStatus)))[-1]
        assert isinstance(moving, LiveStatus)
        assert (moving.connected, moving.motion, moving.values[42]) == (True, True, 7)
        switches.camera_lost = True
        lost = (until(live, lambda event: isinstance(event, LiveStatus) and event.camera_lost is True))[-1]
        assert isinstance(lost, LiveStatus)
        assert lost.feed_started
        assert not lost.connected
        switches.camera_lost = False
        until(live, lambda event: isinstance(event, LiveStatus) and event.connected is True)
        frames_of(live, 1)


def test_an_old_picture_in_front_is_left_out(live_site: Simulator, client: Client) -> None:
    live_site.recorders[0].switches.initial_image = True
    with client.live.play("C1") as live:
        assert (frames_of(live, 1))[0].codec is Codec.H264


@pytest.mark.parametrize("kind", ["close", "reset", "truncate", "desync"])
def test_a_lost_connection_is_opened_again(live_site: Simulator, client: Client, kind: str) -> None:
    live_site.faults.add("imageserver", kind, operation="live", after=30, times=1)
    with client.live.play("C1") as live:
        before = until(live, lambda event: isinstance(event, LiveLost))
        after = until(live, lambda event: isinstance(event, LiveRestored))
        assert len(after) == 1
        frames = [event for event in before if isinstance(event, Frame)] + frames_of(live, 30)
    lost = before[-1]
    assert isinstance(lost, LiveLost)
    assert isinstance(lost.error, RemoteProtocolError if kind == "desync" else ConnectionLost)
    times = [frame.time for frame in frames]
    assert times == sorted(set(times))


@pytest.mark.parametrize("at", [0, 1, 100, 200, -1])
def test_a_recorder_that_stalls_in_the_middle_of_a_picture(
    live_site: Simulator, client: Client, at: int
) -> None:
    live_site.faults.add("imageserver", "stall", operation="live", after=20, at=at, times=1)
    with client.live.play("C1", silence=timedelta(seconds=1)) as live:
        before = until(live, lambda event: isinstance(event, LiveLost))
        until(live, lambda event: isinstance(event, LiveRestored))
        frames = [event for event in before if isinstance(event, Frame)] + frames_of(live, 10)
    lost = before[-1]
    assert isinstance(lost, LiveLost)
    assert isinstance(lost.error, ReadTimeout)
    times = [frame.time for frame in frames]
    assert times == sorted(set(times))


def test_silence_is_a_lost_connection(live_site: Simulator, client: Client) -> None:
    switches = live_site.recorders[0].switches
    with client.live.play("C1", silence=timedelta(seconds=1)) as live:
        frames_of(live, 3)
        switches.silent = True
        lost = (until(live, lambda event: isinstance(event, LiveLost)))[-1]
        assert isinstance(lost, LiveLost)
        assert isinstance(lost.error, ReadTimeout)
        assert "camera 'C1' at https://" in str(lost.error)
        assert "no frame and no status within 1 s" in str(lost.error)
        switches.silent = False
        until(live, lambda event: isinstance(event, LiveRestored))
        frames_of(live, 3)


def test_a_camera_that_moved_to_another_recorder(live_site: Simulator, client: Client) -> None:
    site = live_site.site
    hardware = next(each.name for each in site.hardware if each.id == site.camera("C1").hardware_id)
    with client.live.play("C1") as live:
        before = frames_of(live, 3)
        live_site.edit(lambda plan: plan.move_hardware(hardware, "Recorder 2"))
        live_site.run(live_site.recorders[0].close())
        live_site.run(live_site.recorders[0].start())
        until(live, lambda event: isinstance(event, LiveRestored))
        after = frames_of(live, 3)
    times = [frame.time for frame in before + after]
    assert times == sorted(set(times))
    assert any(call.method == "live" for call in live_site.recorder_service("Recorder 2").image_calls)


def test_a_camera_that_was_removed_ends_the_stream(live_site: Simulator, client: Client) -> None:
    with client.live.play("C1") as live:
        frames_of(live, 3)
        live_site.edit(lambda plan: plan.cameras.remove(plan.camera("C1")))
        live_site.run(live_site.recorders[0].close())
        live_site.run(live_site.recorders[0].start())
        until(live, lambda event: isinstance(event, LiveLost))
        with pytest.raises(CameraNotFound):
            live.__next__()
        with pytest.raises(StopIteration):
            live.__next__()


def test_native_video_with_a_privacy_mask_goes_on_in_jpeg(live_site: Simulator, client: Client) -> None:
    live_site.recorders[0].switches.privacy_mask = "1"
    with client.live.play("C1") as live:
        events = until(live, lambda event: isinstance(event, Frame))
    assert isinstance(events[-1], Frame)
    assert events[-1].codec is Codec.JPEG
    assert not any(isinstance(event, LiveLost) for event in events)


def test_a_recorder_that_is_down_at_first_is_an_error(live_site: Simulator, client: Client) -> None:
    client.camera("C1")
    live_site.stop_service("recorder")
    with pytest.raises(ServiceUnavailable):
        with client.live.play("C1"):
            pytest.fail("there is no recorder")


def test_a_right_that_is_missing_is_an_error(live_site: Simulator, client: Client) -> None:
    live_site.edit(lambda plan: plan.camera("C1").rights.update(Live=False))
    with pytest.raises(PermissionDenied):
        with client.live.play("C1") as live:
            frames_of(live, 1)


def test_a_token_that_became_invalid_is_replaced(live_site: Simulator, client: Client) -> None:
    with client.live.play("C1") as live:
        frames_of(live, 3)
        live_site.tokens.revoke_all()
        lost = (until(live, lambda event: isinstance(event, LiveLost)))[-1]
        assert isinstance(lost, LiveLost)
        assert isinstance(lost.error, ConnectionLost)
        until(live, lambda event: isinstance(event, LiveRestored))
        frames_of(live, 3)


def test_arguments_are_checked(client: Client) -> None:
    live = client.live
    wrong: list[dict[str, Any]] = [
        {"codec": "mpeg"},
        {"framerate": "fast"},
        {"max_age": timedelta()},
        {"silence": timedelta(seconds=-1)},
        {"size": (0, 10)},
        {"adaptive": (10, -1)},
        {"compression_rate": 105},
        {"framerate": "low", "framerate_absolute": 5},
        {"stream_id": "1"},
    ]
    for options in wrong:
        with pytest.raises(ConfigurationError):
            live.play("C1", **options)
    with pytest.raises(CameraNotFound):
        with live.play("Nowhere"):
            pytest.fail("there is no such camera")


def test_hints_and_a_stream_are_sent(live_site: Simulator, client: Client) -> None:
    live_site.recorder_service(live_site.site.camera("C1").recorder_id).switches.status[2] = 1
    with client.live.play(
        "C1", framerate="low", motion_only=True, adaptive=(640, 360), stream_id=UUID(int=77), silence=None
    ) as live:
        assert frames_of(live, 1)
        assert repr(live).startswith("<live video of camera 'C1' at https://")


def test_a_frame_rate_and_a_compression_rate(client: Client) -> None:
    sizes: list[int] = []
    for rate in (1, 104):
        with client.live.play("C1", codec="jpeg", framerate_absolute=5, compression_rate=rate) as live:
            frames = frames_of(live, 3)
        assert [frame.time - frames[0].time for frame in frames] == [timedelta(seconds=0.2 * step) for step in range(3)]
        sizes.append(len(frames[0].data))
    assert sizes[0] * 2 < sizes[1]


def test_the_stream_that_suits_a_size(client: Client) -> None:
    with client.live.play("C1", codec="jpeg", adaptive=(100, 50)) as live:
        (frame,) = frames_of(live, 1)
    assert Image.open(BytesIO(frame.data)).size == (160, 90)


def test_an_initial_image_comes_first_and_no_older_one_after_it(client: Client) -> None:
    with client.live.play("C1", codec="jpeg", initial_image=True) as live:
        times = [frame.time for frame in frames_of(live, 10)]
    assert times[0].second % 10 == 0
    assert times[0].microsecond == 0
    assert times == sorted(set(times))


def test_a_picture_that_is_too_old_is_not_live(live_site: Simulator, client: Client) -> None:
    picture = client.live.snapshot("C1")
    assert picture.live
    live_site.site.clock_offset -= timedelta(minutes=1)
    with pytest.raises(NoRecording, match="older than 0:00:10"):
        client.live.snapshot("C1")
    assert client.live.snapshot("C1", max_age=timedelta(minutes=5))


def test_64_streams_at_once(live_site: Simulator, client: Client) -> None:
    live_site.edit(lambda plan: setattr(plan.camera("C1"), "frames_per_second", 2))
    with ExitStack() as stack:
        streams = [stack.enter_context(client.live.play("C1")) for _ in range(64)]
        for _ in range(3):
            for live in streams:
                assert len(frames_of(live, 1)) == 1
    assert live_site.recorders[0].open_sessions <= 64
