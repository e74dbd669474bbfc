"""Playback at a speed, backwards, with gaps reported, without an end, and step by step."""

import math
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any, Literal

import pytest

from milestone_sdk import (
    AsyncClient,
    AsyncVideoSource,
    CameraNotFound,
    Codec,
    ConfigurationError,
    Frame,
    Gap,
    NoRecording,
    NotYetRecorded,
    TimeSpan,
)
from milestone_sdk.simulator import Simulator, Site, example_site
from milestone_sdk.testing import AsyncManualClock

from ..opening import AsyncSiteClock, client_of

pytestmark = pytest.mark.anyio

BEGIN = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
GAP = Gap(BEGIN + 10 * MINUTE, BEGIN + 20 * MINUTE)


@pytest.fixture
def recorded(simulator_factory: Callable[..., Simulator]) -> Simulator:
    """Camera C1 sends H.264 in groups of two seconds, recorded from 9:00 to 9:10 and from 9:20 to 9:30."""
    plan = example_site()
    camera = plan.camera("C1")
    camera.codec, camera.gop_seconds, camera.frames_per_second = "h264", 2.0, 5
    camera.recordings[:] = [(BEGIN, BEGIN + 10 * MINUTE), (BEGIN + 20 * MINUTE, BEGIN + 30 * MINUTE)]
    return simulator_factory(plan)


def around_gap(seconds: float) -> TimeSpan:
    return TimeSpan(GAP.start - seconds * SECOND, GAP.end + seconds * SECOND)


@pytest.mark.parametrize("speed", [0.5, 1.0, 4.0])
async def test_frames_come_when_they_are_due(recorded: Simulator, speed: float) -> None:
    clock = AsyncManualClock()
    async with client_of(recorded, clock=clock) as site:
        span = TimeSpan(BEGIN + 61 * SECOND, BEGIN + 67 * SECOND)
        due: list[tuple[timedelta, float]] = []
        async with site.recordings.play("C1", span, speed=speed) as frames:
            begin = clock.monotonic()
            async for frame in frames:
                due.append((frame.time - span.start, clock.monotonic() - begin))
    before = [passed for offset, passed in due if offset < timedelta()]
    assert before == [0.0] * 5, "what is before the span is for the decoder, and comes at once"
    for offset, passed in due[5:]:
        assert math.isclose(passed, offset.total_seconds() / speed, abs_tol=1e-6)


async def test_a_late_consumer_makes_the_playback_later(recorded: Simulator) -> None:
    clock = AsyncManualClock()
    async with client_of(recorded, clock=clock) as site:
        span = TimeSpan(BEGIN, BEGIN + 3 * SECOND)
        async with site.recordings.play("C1", span, speed=1) as frames:
            await frames.__anext__()
            clock.advance(60)
            begin = clock.monotonic()
            passed = [clock.monotonic() - begin async for _ in frames]
    assert math.isclose(passed[-1] - passed[0], 2.8, abs_tol=1e-6)


async def test_above_four_times_there_are_key_frames_only(recorded: Simulator) -> None:
    clock = AsyncManualClock()
    async with client_of(recorded, clock=clock) as site:
        begin = clock.monotonic()
        async with site.recordings.play("C1", TimeSpan(BEGIN, BEGIN + MINUTE), speed=8) as frames:
            times = [frame.time async for frame in frames if frame.is_key]
        assert times == [BEGIN + 2 * index * SECOND for index in range(31)]
        assert math.isclose(clock.monotonic() - begin, 60 / 8, abs_tol=1e-6)


@pytest.mark.parametrize("codec", ["native", "jpeg"])
async def test_a_gap_is_reported_between_frames_and_takes_no_time(recorded: Simulator, codec: str) -> None:
    clock = AsyncManualClock()
    form = "jpeg" if codec == "jpeg" else "native"
    async with client_of(recorded, clock=clock) as site:
        begin = clock.monotonic()
        play = site.recordings.play
        async with play("C1", around_gap(2), codec=form, speed=1, on_gap="report", patience=timedelta()) as frames:
            items = [item async for item in frames]
        assert clock.monotonic() - begin < 5
        async with play("C1", around_gap(2), codec=form) as plain:
            assert [frame async for frame in plain] == [item for item in items if isinstance(item, Frame)]
    (index,) = [index for index, item in enumerate(items) if isinstance(item, Gap)]
    before, gap, after = items[index - 1 : index + 2]
    assert gap == GAP
    assert GAP.duration == 10 * MINUTE
    assert isinstance(before, Frame) and isinstance(after, Frame)  # noqa: PT018
    assert before.time < GAP.start
    assert after.time == GAP.end


async def test_a_gap_at_the_beginning_is_reported(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        span = TimeSpan(GAP.end - MINUTE, GAP.end + SECOND)
        async with site.recordings.play("C1", span, on_gap="report") as frames:
            assert await frames.__anext__() == Gap(span.start, GAP.end)
            assert isinstance(await frames.__anext__(), Frame)
        span = TimeSpan(GAP.start + MINUTE, GAP.start + 2 * MINUTE)
        async with site.recordings.play("C1", span, on_gap="report", missing_ok=True) as frames:
            assert [item async for item in frames] == []
        assert isinstance(frames.missing, NoRecording)


async def test_rare_pictures_are_no_gaps(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        span = TimeSpan(BEGIN, BEGIN + MINUTE)
        async with site.recordings.play("C1", span, keyframes_only=True, on_gap="report") as frames:
            items = [item async for item in frames]
    assert len(items) == 31
    assert not any(isinstance(item, Gap) for item in items)


@pytest.mark.parametrize("reverse", [False, True])
async def test_a_gap_shorter_than_earlier_pauses_is_reported(recorded: Simulator, reverse: bool) -> None:
    gaps = [Gap(BEGIN + 64 * SECOND, BEGIN + 66 * SECOND), Gap(BEGIN + 5 * MINUTE, BEGIN + 5 * MINUTE + 3 * SECOND)]
    (first, second), end = gaps, BEGIN + 10 * MINUTE

    def divide(plan: Site) -> None:
        camera = plan.camera("C1")
        camera.gop_seconds = 20.0 if reverse else 4.0
        camera.recordings[:] = [(BEGIN, first.start), (first.end, second.start), (second.end, end)]

    recorded.edit(divide)
    async with client_of(recorded) as site:
        span = TimeSpan(BEGIN, end)
        for keyframes_only in (False, True):
            async with site.recordings.play(
                "C1", span, on_gap="report", reverse=reverse, keyframes_only=keyframes_only
            ) as frames:
                found = [item async for item in frames if isinstance(item, Gap)]
            assert found == (gaps[::-1] if reverse else gaps)


@pytest.mark.parametrize("reverse", [False, True])
async def test_the_present_may_still_be_recorded(recorded: Simulator, reverse: bool) -> None:
    now = recorded.site.now()
    async with client_of(recorded, clock=AsyncSiteClock(recorded.site)) as site:
        play = partial(site.recordings.play, "C1", patience=timedelta(), reverse=reverse)
        with pytest.raises(NotYetRecorded, match="nothing was recorded"):
            async with play(TimeSpan(now - SECOND, now)):
                pass
        with pytest.raises(NoRecording):
            async with play(TimeSpan(now - MINUTE, now - MINUTE)):
                pass


@pytest.mark.parametrize("codec", ["native", "jpeg"])
@pytest.mark.parametrize("open_ended", [False, True])
async def test_backwards_from_the_present_misses_nothing(recorded: Simulator, codec: str, open_ended: bool) -> None:
    clock = AsyncSiteClock(recorded.site)
    recorded.edit(lambda plan: plan.camera("C1").recordings.append((plan.now() - MINUTE, None)))
    form = "jpeg" if codec == "jpeg" else "native"
    async with client_of(recorded, clock=clock) as site:
        now = clock.utcnow()
        span = now if open_ended else TimeSpan(now - 10 * SECOND, now)
        async with site.recordings.play("C1", span, reverse=True, codec=form) as frames:
            times = [(await frames.__anext__()).time for _ in range(12)]
        assert now - max(times) < 0.2 * SECOND
        assert max(times) <= now
        later = TimeSpan(now, clock.utcnow() + MINUTE)
        async with site.recordings.play("C1", later, reverse=True, codec=form, patience=timedelta()) as frames:
            assert [frame async for frame in frames]
        assert isinstance(frames.missing, NotYetRecorded)


@pytest.mark.parametrize("codec", ["native", "jpeg"])
async def test_a_playback_without_end_waits_for_newer_footage(recorded: Simulator, codec: str) -> None:
    clock = AsyncSiteClock(recorded.site)
    now = recorded.site.now()
    recorded.edit(lambda plan: plan.camera("C1").recordings.append((now - MINUTE, None)))
    async with client_of(recorded, clock=clock) as site:
        times: list[datetime] = []
        form = "jpeg" if codec == "jpeg" else "native"
        async with site.recordings.play("C1", now - 10 * SECOND, codec=form) as frames:
            async for frame in frames:
                times.append(frame.time)
                if frame.time > now + 30 * SECOND:
                    break
        assert times == sorted(set(times))
        assert max(later - earlier for earlier, later in pairwise(times)) < SECOND
        assert clock.slept
        recorded.edit(lambda plan: plan.camera("C1").recordings.pop())
        async with site.recordings.play("C1", BEGIN + 30 * MINUTE - SECOND, codec=form, patience=timedelta()) as frames:
            assert [frame.time async for frame in frames][-1] == BEGIN + 30 * MINUTE - 0.2 * SECOND


async def test_jpeg_pictures_backwards(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        play = site.recordings.play
        async with play("C1", around_gap(1), codec="jpeg") as frames:
            forwards = [frame async for frame in frames]
        async with play("C1", around_gap(1), codec="jpeg", reverse=True) as frames:
            assert [frame async for frame in frames] == forwards[::-1]
        async with play("C1", around_gap(1), codec="jpeg", reverse=True, on_gap="report") as items:
            shown = [item async for item in items]
    assert [item for item in shown if isinstance(item, Gap)] == [GAP]
    assert len(shown) == len(forwards) + 1


async def test_groups_of_pictures_backwards(recorded: Simulator) -> None:
    clock = AsyncManualClock()
    span = TimeSpan(BEGIN + 61 * SECOND, BEGIN + 67 * SECOND)
    async with client_of(recorded, clock=clock) as site:
        begin = clock.monotonic()
        async with site.recordings.play("C1", span, reverse=True, speed=2) as frames:
            played = [frame async for frame in frames]
        assert math.isclose(clock.monotonic() - begin, 5 / 2, abs_tol=1e-6)
    assert [frame.time - BEGIN for frame in played if frame.is_key] == [66 * SECOND, 64 * SECOND, 62 * SECOND, MINUTE]
    assert [frame.time - BEGIN for frame in played[-10:]] == [(60 + 0.2 * index) * SECOND for index in range(10)]
    assert all(frame.time <= span.end for frame in played)
    assert {frame.codec for frame in played} == {Codec.H264}


async def test_backwards_from_a_time_to_the_beginning(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        async with site.recordings.play("C1", BEGIN + SECOND, codec="jpeg", reverse=True) as frames:
            times = [frame.time - BEGIN async for frame in frames]
        assert times == [0.2 * index * SECOND for index in (5, 4, 3, 2, 1, 0)]
        with pytest.raises(NoRecording):
            async with site.recordings.play("C1", BEGIN - SECOND, reverse=True):
                pass


@pytest.mark.parametrize("reverse", [False, True])
async def test_a_broken_connection_costs_and_repeats_no_frame(recorded: Simulator, reverse: bool) -> None:
    span = TimeSpan(BEGIN + MINUTE, BEGIN + 90 * SECOND)
    async with client_of(recorded) as site:
        async with site.recordings.play("C1", span, reverse=reverse) as frames:
            whole = [frame.time async for frame in frames]
        method = "previous" if reverse else "next"
        recorded.faults.add("imageserver", "close", at=0.5, operation=method, times=1, after=3)
        recorded.faults.add("imageserver", "close", at=0, operation=method, times=1, after=7)
        async with site.recordings.play("C1", span, reverse=reverse) as frames:
            assert [frame.time async for frame in frames] == whole


async def test_a_refused_step_backwards_is_repeated(recorded: Simulator) -> None:
    camera = recorded.site.camera("C1")
    camera.edge_playback = True
    span = TimeSpan(BEGIN, BEGIN + 10 * SECOND)

    class Reconnecting(AsyncSiteClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            recorded.site.reconnect(camera.hardware_id)

    async with client_of(recorded, clock=Reconnecting(recorded.site)) as site:
        async with site.recordings.play("C1", span, reverse=True) as frames:
            whole = [frame.time async for frame in frames]
        async with site.recordings.play("C1", span, reverse=True) as frames:
            times = [(await frames.__anext__()).time]
            recorded.site.disconnect(camera.hardware_id)
            assert times + [frame.time async for frame in frames] == whole


async def test_wrong_arguments_are_refused(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        play, span = site.recordings.play, TimeSpan(BEGIN, BEGIN)
        for speed in (0.0, -1.0, math.inf, math.nan):
            with pytest.raises(ConfigurationError, match="speed must be > 0"):
                play("C1", span, speed=speed)
        seconds: Any = "10"
        for name in ("speed", "patience"):
            with pytest.raises(ConfigurationError, match=f"{name} must be"):
                play("C1", span, **{name: seconds})
        with pytest.raises(ConfigurationError, match="within must be"):
            await site.recordings.sequences_around("C1", BEGIN, within=seconds)
        with pytest.raises(ConfigurationError, match="compression_rate must be from 1 to 104"):
            play("C1", span, compression_rate=105)
        with pytest.raises(ConfigurationError, match="size must be width and height"):
            play("C1", span, size=(0, 10))
        wrong: str = "fill"
        with pytest.raises(ConfigurationError, match="on_gap must be"):
            play("C1", span, on_gap=wrong)  # type: ignore[call-overload]
        with pytest.raises(ConfigurationError, match="codec must be"):
            play("C1", span, codec=wrong)  # type: ignore[call-overload]


@pytest.mark.parametrize("none", ["", "-1", "0"])
@pytest.mark.parametrize("reverse", [False, True])
async def test_no_next_or_previous_unit_is_not_the_end_of_the_session(
    recorded: Simulator, none: str, reverse: bool
) -> None:
    recorded.recorder_service(recorded.site.camera("C1").recorder_id).switches.no_neighbour = none
    async with client_of(recorded, clock=AsyncManualClock()) as site:
        span = TimeSpan(BEGIN + 30 * MINUTE - 5 * SECOND, BEGIN + 40 * MINUTE)
        async with site.recordings.play("C1", span, reverse=reverse, patience=MINUTE) as frames:
            assert len([frame async for frame in frames]) == 30
        async with site.recordings.source("C1") as source:
            assert await one(source, "end") == 1799.8
            assert await one(source, "next") is None
            assert await one(source, "previous") == 1799.6


async def test_a_compression_rate_makes_smaller_pictures(recorded: Simulator) -> None:
    sizes: list[int] = []
    async with client_of(recorded) as site:
        for rate in (1, 104):
            span = TimeSpan(BEGIN, BEGIN)
            async with site.recordings.play("C1", span, codec="jpeg", compression_rate=rate) as frames:
                sizes.append(len((await frames.__anext__()).data))
    assert sizes[0] * 2 < sizes[1]


async def test_masked_video_that_the_recorder_itself_makes_jpeg(recorded: Simulator) -> None:
    switches = recorded.recorder_service(recorded.site.camera("C1").recorder_id).switches
    switches.privacy_mask, switches.burns_masks = "grid;AAAA", True
    async with client_of(recorded) as site:
        async with site.recordings.play("C1", TimeSpan(BEGIN, BEGIN + 2 * SECOND)) as frames:
            assert {frame.codec async for frame in frames} == {Codec.JPEG}
        async with site.live.play("C1") as live:
            while not isinstance(item := await live.__anext__(), Frame):
                pass
            assert item.codec is Codec.JPEG


# Without a block


async def test_frames_without_a_block(recorded: Simulator) -> None:
    span = TimeSpan(BEGIN, BEGIN + 4 * SECOND)
    async with client_of(recorded) as site:
        async with site.recordings.play("C1", span) as entered:
            expected = [frame.time async for frame in entered]
        assert [frame.time async for frame in site.recordings.play("C1", span)] == expected
        items = [item async for item in site.recordings.play("C1", around_gap(2), on_gap="report", patience=MINUTE)]
        assert GAP in items
        assert await site.recordings.source("C1").start() != ()
        await until_sessions_end(site, recorded)


async def test_a_loop_that_is_left_early_ends_its_connection(recorded: Simulator) -> None:
    span = TimeSpan(BEGIN, BEGIN + 5 * MINUTE)
    async with client_of(recorded) as site:
        async for frame in site.recordings.play("C1", span):
            assert frame.is_key
            break
        async for _ in site.recordings.play("C1", span, on_gap="report", codec="jpeg"):
            break
        async for _ in site.live.play("C1"):
            break
        await until_sessions_end(site, recorded)


async def test_a_playback_that_is_closed_gives_no_further_frames(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        frames = site.recordings.play("C1", TimeSpan(BEGIN, BEGIN + 5 * MINUTE))
        assert (await frames.__anext__()).time == BEGIN
        await frames.aclose()
        assert [frame async for frame in frames] == []
        await until_sessions_end(site, recorded)
        unused = site.recordings.play("C1", TimeSpan(BEGIN, BEGIN + 5 * MINUTE))
        await unused.aclose()
        assert [frame async for frame in unused] == []


async def test_a_playback_that_is_closed_while_it_waits_stays_closed(recorded: Simulator) -> None:
    class Closing(AsyncSiteClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            await frames.aclose()

    now = recorded.site.now()
    recorded.edit(lambda plan: plan.camera("C1").recordings.append((now - MINUTE, None)))
    async with client_of(recorded, clock=Closing(recorded.site)) as site:
        frames = site.recordings.play("C1", now - 10 * SECOND)
        assert max([frame.time async for frame in frames]) <= now
        await until_sessions_end(site, recorded)


async def test_what_cannot_be_played_is_reported_by_the_loop(recorded: Simulator) -> None:
    span = TimeSpan(BEGIN, BEGIN + MINUTE)
    async with client_of(recorded) as site:
        with pytest.raises(CameraNotFound):
            await site.recordings.play("No such camera", span).__anext__()
        with pytest.raises(CameraNotFound):
            await site.live.play("No such camera").__anext__()
        with pytest.raises(CameraNotFound):
            await site.recordings.source("No such camera").start()
        nothing = site.recordings.play("No such camera", span, missing_ok=True)
        assert [frame async for frame in nothing] == []
        assert isinstance(nothing.missing, CameraNotFound)


async def until_sessions_end(site: AsyncClient, simulator: Simulator) -> None:
    """Return once the recorder has no ImageServer session any more."""
    while simulator.recorders[0].open_sessions:
        assert not await site.manual_recording.is_active("C1")


# Step by step


async def one(source: AsyncVideoSource, step: str) -> float | None:
    """Take a step; return the seconds from 9:00 to the first picture there."""
    frames = await getattr(source, step)()
    return (frames[0].time - BEGIN).total_seconds() if frames else None


async def test_steps_from_picture_to_picture(recorded: Simulator) -> None:
    async with client_of(recorded) as site, site.recordings.source("C1", size=(160, 160)) as source:
        (frame,) = await source.goto(BEGIN + 60.5 * SECOND)
        assert (frame.time - BEGIN, frame.codec) == (60.4 * SECOND, Codec.JPEG)
        assert await one(source, "next") == 60.6
        assert await one(source, "previous") == 60.4
        assert await one(source, "next_sequence") == 1200
        assert await one(source, "previous") == 599.8
        assert await one(source, "next") == 1200
        assert await one(source, "previous_sequence") == 599.8
        assert await one(source, "end") == 1799.8
        assert await one(source, "next") is None
        assert await one(source, "next_sequence") is None
        assert await one(source, "previous") == 1799.6
        assert await one(source, "start") == 0
        assert await one(source, "previous") is None
        assert await one(source, "previous_sequence") is None


async def test_steps_from_group_to_group_survive_a_broken_connection(recorded: Simulator) -> None:
    async with client_of(recorded) as site, site.recordings.source("C1", codec="native") as source:
        group = await source.goto(BEGIN + 61 * SECOND)
        assert [frame.is_key for frame in group] == [True] + [False] * 9
        recorded.faults.add("imageserver", "close", at=0.5, operation="next", times=1)
        assert await one(source, "next") == 62
        await source.aclose()
        assert await one(source, "next") == 64
        recorded.edit(lambda plan: plan.camera("C1").recordings.clear())
        assert await source.goto(BEGIN) == ()


async def test_masked_groups_are_stepped_through_as_jpeg(recorded: Simulator) -> None:
    recorded.recorder_service(recorded.site.camera("C1").recorder_id).switches.privacy_mask = "grid;AAAA"
    async with client_of(recorded) as site, site.recordings.source("C1", codec="native") as source:
        (frame,) = await source.goto(BEGIN + 61 * SECOND)
        assert frame.codec is Codec.JPEG


@pytest.mark.long
@pytest.mark.parametrize(("codec", "per_second"), [("native", 5), ("jpeg", 1)])
async def test_an_hour_takes_no_more_memory_than_half_an_hour(
    simulator_factory: Callable[..., Simulator], codec: Literal["native", "jpeg"], per_second: int
) -> None:
    """The simulator is in the same process, and keeps some 300 bytes of each request."""
    hour = TimeSpan(BEGIN, BEGIN + 60 * MINUTE)
    plan = example_site()
    camera = plan.camera("C1")
    camera.codec, camera.gop_seconds, camera.frames_per_second = "h264", 2.0, per_second
    camera.recordings[:] = [(hour.start, hour.end)]
    simulator = simulator_factory(plan)
    count, peaks, half = 0, list[int](), BEGIN + 30 * MINUTE
    async with client_of(simulator) as site:
        tracemalloc.start()
        try:
            async with site.recordings.play("C1", hour, codec=codec) as frames:
                async for frame in frames:
                    count += 1
                    if frame.time >= half and not peaks:
                        peaks.append(tracemalloc.get_traced_memory()[1])
                        tracemalloc.reset_peak()
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert count == 3600 * per_second
    assert peaks[1] < peaks[0] + (1 << 20), "native frames alone, without their data, would be 3 MiB"
