"""Groups of pictures as cameras make them: of minutes, of changing length, with B pictures, in H.265."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from itertools import pairwise

import av
import pytest

from milestone_sdk import Codec, Frame, Gap, NoRecording, NotYetRecorded, RecordingError, TimeSpan
from milestone_sdk.simulator import Simulator, example_site
from milestone_sdk.testing import AsyncManualClock

from ..opening import client_of

pytestmark = pytest.mark.anyio

BEGIN = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def recorded(simulator_factory: Callable[..., Simulator]) -> Callable[..., Simulator]:
    """Sites whose camera C1 was recorded for ten minutes, and is live; it sends what the test says."""

    def start(**camera: object) -> Simulator:
        plan = example_site()
        found = plan.camera("C1")
        found.recordings[:] = [(BEGIN, BEGIN + 600 * SECOND)]
        found.width, found.height = 160, 96
        for name, value in camera.items():
            setattr(found, name, value)
        return simulator_factory(plan)

    return start


def span(first: float, last: float) -> TimeSpan:
    return TimeSpan(BEGIN + first * SECOND, BEGIN + last * SECOND)


def decoded(frames: list[Frame], form: str) -> int:
    """Return how many pictures a decoder makes of the frames."""
    with av.open(BytesIO(b"".join(frame.data for frame in frames)), format=form) as container:
        return sum(1 for _ in container.decode(video=0))


async def test_a_group_of_thousands_of_pictures_is_played_from_its_key_frame_on(
    recorded: Callable[..., Simulator],
) -> None:
    async with client_of(recorded(codec="h264", gop_seconds=140.0, frames_per_second=30)) as site:
        async with site.recordings.play("C1", span(139, 141)) as playback:
            times = [(frame.time, frame.is_key) async for frame in playback]
        async with site.recordings.play("C1", span(139, 141)) as playback:
            first = await playback.__anext__()
    assert (first.time, first.is_key) == (BEGIN, True)
    assert [time for time, is_key in times if is_key] == [BEGIN, BEGIN + 140 * SECOND]
    assert len(times) == 4200 + 31


async def test_groups_of_changing_length_are_no_gaps(recorded: Callable[..., Simulator]) -> None:
    simulator = recorded(codec="h264", gop_seconds=(1.0, 8.0, 30.0), frames_per_second=5)
    async with client_of(simulator, clock=AsyncManualClock()) as site:
        play = site.recordings.play
        async with play("C1", span(0, 80), on_gap="report") as playback:
            items = [item async for item in playback]
        assert not any(isinstance(item, Gap) for item in items)
        frames = [item for item in items if isinstance(item, Frame)]
        keys = [(frame.time - BEGIN).total_seconds() for frame in frames if frame.is_key]
        assert keys == [0, 1, 9, 39, 40, 48, 78, 79]
        assert {later.time - earlier.time for earlier, later in pairwise(frames)} == {0.2 * SECOND}
        async with play("C1", span(0, 80), keyframes_only=True) as playback:
            assert [(frame.time - BEGIN).total_seconds() async for frame in playback] == keys
        async with play("C1", span(10, 40), reverse=True) as playback:
            backwards = [(frame.time - BEGIN).total_seconds() async for frame in playback if frame.is_key]
        assert backwards == [40, 39, 9]


@pytest.mark.parametrize("reverse", [False, True])
async def test_a_group_of_a_minute_that_is_not_complete_is_not_yet_recorded(
    recorded: Callable[..., Simulator], reverse: bool
) -> None:
    simulator = recorded(codec="h264", gop_seconds=60.0, frames_per_second=2)
    now = simulator.site.now()
    simulator.edit(lambda plan: plan.camera("C1").recordings.append((now - 100 * SECOND, None)))
    async with client_of(simulator) as site:
        play = partial(site.recordings.play, "C1", patience=timedelta(), reverse=reverse)
        with pytest.raises(NotYetRecorded):
            async with play(TimeSpan(now - 39 * SECOND, now - 15 * SECOND)):
                pytest.fail("the key frame is readable in 20 s")
        async with play(TimeSpan(now - 90 * SECOND, now - 15 * SECOND)) as frames:
            assert [frame async for frame in frames]
        assert isinstance(frames.missing, NotYetRecorded)
        simulator.edit(lambda plan: plan.camera("C1").recordings.pop())
        with pytest.raises(NoRecording):
            async with play(TimeSpan(now - 39 * SECOND, now - 15 * SECOND)):
                pytest.fail("nothing was recorded")


@pytest.mark.parametrize("reverse", [False, True])
async def test_a_span_between_two_key_frames_has_one_picture(recorded: Callable[..., Simulator], reverse: bool) -> None:
    """In native coding it is the key frame that the span is decoded from, in JPEG the first one of the span."""
    clock = AsyncManualClock()
    async with client_of(recorded(codec="h264", gop_seconds=60.0, frames_per_second=5), clock=clock) as site:
        play = site.recordings.play
        for between, key in ((span(20, 25), 0.0), (span(60.1, 119), 60.0)):
            async with play("C1", between, keyframes_only=True, reverse=reverse) as playback:
                assert [frame.time - BEGIN async for frame in playback] == [key * SECOND]
            assert playback.missing is None
            async with play("C1", between, speed=8, reverse=reverse) as playback:
                assert [frame.time - BEGIN async for frame in playback] == [key * SECOND]
        async with play("C1", span(20.1, 25), keyframes_only=True, codec="jpeg", reverse=reverse) as playback:
            assert [frame.time - BEGIN async for frame in playback] == [20.2 * SECOND]
        async with play("C1", span(20.1, 61), keyframes_only=True, codec="jpeg", reverse=reverse) as playback:
            assert [frame.time - BEGIN async for frame in playback] == [60 * SECOND]
        async with play("C1", span(20, 61), keyframes_only=True, reverse=reverse) as playback:
            assert sorted([frame.time - BEGIN async for frame in playback]) == [0 * SECOND, 60 * SECOND]
        for codec in ("native", "jpeg"):
            form = "jpeg" if codec == "jpeg" else "native"
            with pytest.raises(RecordingError):
                async with play("C1", span(601, 602), keyframes_only=True, codec=form, reverse=reverse):
                    pytest.fail("nothing was recorded")


@pytest.mark.parametrize("b_pictures", [0, 2])
@pytest.mark.parametrize(("codec", "form"), [("h264", "h264"), ("h265", "hevc")])
async def test_recorded_and_live_video_can_be_decoded(
    recorded: Callable[..., Simulator], codec: str, form: str, b_pictures: int
) -> None:
    simulator = recorded(codec=codec, gop_seconds=2.0, frames_per_second=10)
    simulator.recorders[0].switches.b_pictures = b_pictures
    async with client_of(simulator) as site:
        async with site.recordings.play("C1", span(60, 68)) as playback:
            frames = [frame.copy() async for frame in playback]
        assert {frame.codec for frame in frames} == {Codec.H264 if codec == "h264" else Codec.H265}
        assert decoded(frames, form) == len(frames)
        steps = {later.time - earlier.time for earlier, later in pairwise(frames)}
        assert (min(steps) < 10 * SECOND / 1000) == bool(b_pictures), "times of B pictures come bunched"
        live: list[Frame] = []
        async with site.live.play("C1") as stream:
            while len(live) < 25:
                event = await stream.__anext__()
                if isinstance(event, Frame):
                    live.append(event.copy())
    assert live[0].is_key
    assert decoded(live, form) >= len(live) - b_pictures


async def test_a_camera_that_begins_to_send_h265(recorded: Callable[..., Simulator]) -> None:
    simulator = recorded(codec="h264", frames_per_second=5)
    simulator.recorders[0].switches.codec_change = (BEGIN + 5 * SECOND, "h265")
    async with client_of(simulator) as site, site.recordings.play("C1", span(3, 7)) as playback:
        codecs = [frame.codec async for frame in playback if frame.is_key]
    assert codecs == [Codec.H264, Codec.H264, Codec.H265, Codec.H265, Codec.H265]
