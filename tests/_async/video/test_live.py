"""Live video through the client: frames, status, lost connections, many streams."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import av
import pytest
from PIL import Image

from milestone_sdk import (
    AsyncClient,
    AsyncLiveStream,
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
from milestone_sdk._net.asyncio import AsyncClock
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
async def client(live_site: Simulator) -> AsyncGenerator[AsyncClient]:
    async with client_of(live_site) as opened:
        yield opened


async def until(live: AsyncLiveStream, wanted: Callable[[LiveEvent], bool]) -> list[LiveEvent]:
    """Return the items up to the first one that is wanted."""
    found: list[LiveEvent] = []
    while not found or not wanted(found[-1]):
        assert len(found) < MOST, found[-10:]
        found.append(await live.__anext__())
    return found


async def frames_of(live: AsyncLiveStream, count: int) -> list[Frame]:
    frames: list[Frame] = []
    while len(frames) < count:
        event = await live.__anext__()
        if isinstance(event, Frame):
            frames.append(event.copy())
    return frames


async def test_native_video_begins_with_a_key_frame_and_can_be_decoded(client: AsyncClient) -> None:
    async with client.live.play("C1") as live:
        frames = await frames_of(live, 40)
    assert frames[0].is_key
    assert {frame.codec for frame in frames} == {Codec.H264}
    times = [frame.time for frame in frames]
    assert times == sorted(set(times))
    assert abs(datetime.now(UTC) - times[-1]) < timedelta(seconds=30)
    pictures = list(av.open(BytesIO(b"".join(frame.data for frame in frames)), format="h264").decode(video=0))
    assert len(pictures) == len(frames)


async def test_jpeg_of_a_size(client: AsyncClient) -> None:
    async with client.live.play("C1", codec="jpeg", size=(160, 160)) as live:
        frames = await frames_of(live, 3)
    assert Image.open(BytesIO(frames[0].data)).size == (160, 90)
    assert {frame.codec for frame in frames} == {Codec.JPEG}


async def test_leaving_ends_the_session(live_site: Simulator, client: AsyncClient) -> None:
    async with client.live.play("C1") as live:
        await frames_of(live, 1)
    with pytest.raises(StopAsyncIteration):
        await live.__anext__()
    methods = [call.method for call in live_site.recorders[0].image_calls]
    assert methods[:2] == ["connect", "live"]
    await live.aclose()


async def test_a_stream_that_is_closed_during_a_pause_stays_closed(live_site: Simulator) -> None:
    class Closing(AsyncClock):
        async def sleep(self, seconds: float) -> None:
            await live.aclose()

    async with client_of(live_site, clock=Closing()) as site:
        live = site.live.play("C1")
        await frames_of(live, 1)
        live_site.stop_service("recorder")
        await until(live, lambda event: isinstance(event, LiveLost))
        live_site.start_service("recorder")
        before = len(live_site.recorders[0].image_calls)
        assert [event async for event in live] == []
        assert len(live_site.recorders[0].image_calls) == before


async def test_a_stream_that_is_closed_while_it_connects_stays_closed(live_site: Simulator) -> None:
    async with client_of(live_site) as site:
        live = site.live.play("C1")
        connect = live._connection.open

        async def close_too(transcode: Transcode | None) -> None:
            await connect(transcode)
            await live.aclose()
            await connect(transcode)

        live._connection.open = close_too  # type: ignore[method-assign]
        assert [event async for event in live] == []
        assert not live._connection.is_open


async def test_status_of_the_camera(live_site: Simulator, client: AsyncClient) -> None:
    switches = live_site.recorders[0].switches
    switches.partial_status = True
    async with client.live.play("C1") as live:
        first = (await until(live, lambda event: isinstance(event, LiveStatus)))[-1]
        assert isinstance(first, LiveStatus)
        assert (first.connected, first.motion) == (True, False)
        switches.status = {2: 1, 42: 7}
        moving = (await until(live, lambda event: isinstance(event, LiveStatus)))[-1]
        assert isinstance(moving, LiveStatus)
        assert (moving.connected, moving.motion, moving.values[42]) == (True, True, 7)
        switches.camera_lost = True
        lost = (await until(live, lambda event: isinstance(event, LiveStatus) and event.camera_lost is True))[-1]
        assert isinstance(lost, LiveStatus)
        assert lost.feed_started
        assert not lost.connected
        switches.camera_lost = False
        await until(live, lambda event: isinstance(event, LiveStatus) and event.connected is True)
        await frames_of(live, 1)


async def test_an_old_picture_in_front_is_left_out(live_site: Simulator, client: AsyncClient) -> None:
    live_site.recorders[0].switches.initial_image = True
    async with client.live.play("C1") as live:
        assert (await frames_of(live, 1))[0].codec is Codec.H264


@pytest.mark.parametrize("kind", ["close", "reset", "truncate", "desync"])
async def test_a_lost_connection_is_opened_again(live_site: Simulator, client: AsyncClient, kind: str) -> None:
    live_site.faults.add("imageserver", kind, operation="live", after=30, times=1)
    async with client.live.play("C1") as live:
        before = await until(live, lambda event: isinstance(event, LiveLost))
        after = await until(live, lambda event: isinstance(event, LiveRestored))
        assert len(after) == 1
        frames = [event for event in before if isinstance(event, Frame)] + await frames_of(live, 30)
    lost = before[-1]
    assert isinstance(lost, LiveLost)
    assert isinstance(lost.error, RemoteProtocolError if kind == "desync" else ConnectionLost)
    times = [frame.time for frame in frames]
    assert times == sorted(set(times))


@pytest.mark.parametrize("at", [0, 1, 100, 200, -1])
async def test_a_recorder_that_stalls_in_the_middle_of_a_picture(
    live_site: Simulator, client: AsyncClient, at: int
) -> None:
    live_site.faults.add("imageserver", "stall", operation="live", after=20, at=at, times=1)
    async with client.live.play("C1", silence=timedelta(seconds=1)) as live:
        before = await until(live, lambda event: isinstance(event, LiveLost))
        await until(live, lambda event: isinstance(event, LiveRestored))
        frames = [event for event in before if isinstance(event, Frame)] + await frames_of(live, 10)
    lost = before[-1]
    assert isinstance(lost, LiveLost)
    assert isinstance(lost.error, ReadTimeout)
    times = [frame.time for frame in frames]
    assert times == sorted(set(times))


async def test_silence_is_a_lost_connection(live_site: Simulator, client: AsyncClient) -> None:
    switches = live_site.recorders[0].switches
    async with client.live.play("C1", silence=timedelta(seconds=1)) as live:
        await frames_of(live, 3)
        switches.silent = True
        lost = (await until(live, lambda event: isinstance(event, LiveLost)))[-1]
        assert isinstance(lost, LiveLost)
        assert isinstance(lost.error, ReadTimeout)
        assert "camera 'C1' at https://" in str(lost.error)
        assert "no frame and no status within 1 s" in str(lost.error)
        switches.silent = False
        await until(live, lambda event: isinstance(event, LiveRestored))
        await frames_of(live, 3)


async def test_a_camera_that_moved_to_another_recorder(live_site: Simulator, client: AsyncClient) -> None:
    site = live_site.site
    hardware = next(each.name for each in site.hardware if each.id == site.camera("C1").hardware_id)
    async with client.live.play("C1") as live:
        before = await frames_of(live, 3)
        live_site.edit(lambda plan: plan.move_hardware(hardware, "Recorder 2"))
        live_site.run(live_site.recorders[0].close())
        live_site.run(live_site.recorders[0].start())
        await until(live, lambda event: isinstance(event, LiveRestored))
        after = await frames_of(live, 3)
    times = [frame.time for frame in before + after]
    assert times == sorted(set(times))
    assert any(call.method == "live" for call in live_site.recorder_service("Recorder 2").image_calls)


async def test_a_camera_that_was_removed_ends_the_stream(live_site: Simulator, client: AsyncClient) -> None:
    async with client.live.play("C1") as live:
        await frames_of(live, 3)
        live_site.edit(lambda plan: plan.cameras.remove(plan.camera("C1")))
        live_site.run(live_site.recorders[0].close())
        live_site.run(live_site.recorders[0].start())
        await until(live, lambda event: isinstance(event, LiveLost))
        with pytest.raises(CameraNotFound):
            await live.__anext__()
        with pytest.raises(StopAsyncIteration):
            await live.__anext__()


async def test_native_video_with_a_privacy_mask_goes_on_in_jpeg(live_site: Simulator, client: AsyncClient) -> None:
    live_site.recorders[0].switches.privacy_mask = "1"
    async with client.live.play("C1") as live:
        events = await until(live, lambda event: isinstance(event, Frame))
    assert isinstance(events[-1], Frame)
    assert events[-1].codec is Codec.JPEG
    assert not any(isinstance(event, LiveLost) for event in events)


async def test_a_recorder_that_is_down_at_first_is_an_error(live_site: Simulator, client: AsyncClient) -> None:
    await client.camera("C1")
    live_site.stop_service("recorder")
    with pytest.raises(ServiceUnavailable):
        async with client.live.play("C1"):
            pytest.fail("there is no recorder")


async def test_a_right_that_is_missing_is_an_error(live_site: Simulator, client: AsyncClient) -> None:
    live_site.edit(lambda plan: plan.camera("C1").rights.update(Live=False))
    with pytest.raises(PermissionDenied):
        async with client.live.play("C1") as live:
            await frames_of(live, 1)


async def test_a_token_that_became_invalid_is_replaced(live_site: Simulator, client: AsyncClient) -> None:
    async with client.live.play("C1") as live:
        await frames_of(live, 3)
        live_site.tokens.revoke_all()
        lost = (await until(live, lambda event: isinstance(event, LiveLost)))[-1]
        assert isinstance(lost, LiveLost)
        assert isinstance(lost.error, ConnectionLost)
        await until(live, lambda event: isinstance(event, LiveRestored))
        await frames_of(live, 3)


async def test_arguments_are_checked(client: AsyncClient) -> None:
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
        async with live.play("Nowhere"):
            pytest.fail("there is no such camera")


async def test_hints_and_a_stream_are_sent(live_site: Simulator, client: AsyncClient) -> None:
    live_site.recorder_service(live_site.site.camera("C1").recorder_id).switches.status[2] = 1
    async with client.live.play(
        "C1", framerate="low", motion_only=True, adaptive=(640, 360), stream_id=UUID(int=77), silence=None
    ) as live:
        assert await frames_of(live, 1)
        assert repr(live).startswith("<live video of camera 'C1' at https://")


async def test_a_frame_rate_and_a_compression_rate(client: AsyncClient) -> None:
    sizes: list[int] = []
    for rate in (1, 104):
        async with client.live.play("C1", codec="jpeg", framerate_absolute=5, compression_rate=rate) as live:
            frames = await frames_of(live, 3)
        assert [frame.time - frames[0].time for frame in frames] == [timedelta(seconds=0.2 * step) for step in range(3)]
        sizes.append(len(frames[0].data))
    assert sizes[0] * 2 < sizes[1]


async def test_the_stream_that_suits_a_size(client: AsyncClient) -> None:
    async with client.live.play("C1", codec="jpeg", adaptive=(100, 50)) as live:
        (frame,) = await frames_of(live, 1)
    assert Image.open(BytesIO(frame.data)).size == (160, 90)


async def test_an_initial_image_comes_first_and_no_older_one_after_it(client: AsyncClient) -> None:
    async with client.live.play("C1", codec="jpeg", initial_image=True) as live:
        times = [frame.time for frame in await frames_of(live, 10)]
    assert times[0].second % 10 == 0
    assert times[0].microsecond == 0
    assert times == sorted(set(times))


async def test_a_picture_that_is_too_old_is_not_live(live_site: Simulator, client: AsyncClient) -> None:
    picture = await client.live.snapshot("C1")
    assert picture.live
    live_site.site.clock_offset -= timedelta(minutes=1)
    with pytest.raises(NoRecording, match="older than 0:00:10"):
        await client.live.snapshot("C1")
    assert await client.live.snapshot("C1", max_age=timedelta(minutes=5))


async def test_64_streams_at_once(live_site: Simulator, client: AsyncClient) -> None:
    live_site.edit(lambda plan: setattr(plan.camera("C1"), "frames_per_second", 2))
    async with AsyncExitStack() as stack:
        streams = [await stack.enter_async_context(client.live.play("C1")) for _ in range(64)]
        for _ in range(3):
            for live in streams:
                assert len(await frames_of(live, 1)) == 1
    assert live_site.recorders[0].open_sessions <= 64
