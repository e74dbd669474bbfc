"""Recorded video through the client: when it exists, single pictures, playback."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from uuid import uuid4

import av
import pytest
from PIL import Image

from milestone_sdk import (
    AsyncClient,
    CameraDisabled,
    CameraNotFound,
    Codec,
    ConnectionLost,
    NoRecording,
    RetrievalState,
    SequenceType,
    ServiceUnavailable,
    TimeSpan,
    TransportError,
)
from milestone_sdk.patriot import ClientRecord, Zone, checks
from milestone_sdk.simulator import Simulator, Site, example_site

from ..opening import client_of

pytestmark = pytest.mark.anyio

BEGIN = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def recorded(simulator_factory: Callable[..., Simulator]) -> Simulator:
    """Camera C1 recorded from 9:00 to 9:10 and from 9:20 to 9:30, then no more."""
    plan = example_site()
    plan.camera("C1").recordings[:] = [
        (BEGIN, BEGIN + 10 * MINUTE),
        (BEGIN + 20 * MINUTE, BEGIN + 30 * MINUTE),
    ]
    return simulator_factory(plan)


def minutes(start: float, end: float) -> TimeSpan:
    return TimeSpan(BEGIN + start * MINUTE, BEGIN + end * MINUTE)


async def test_the_extent_is_from_the_first_to_the_last_recording(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        assert await site.recordings.extent("C1") == minutes(0, 30)
        recorded.site.camera("C1").recordings.clear()
        assert await site.recordings.extent("C1") is None


async def test_sequences_touch_the_span_and_are_not_clipped(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        (first,) = await site.recordings.sequences("C1", minutes(5, 6))
        assert first.span == minutes(0, 10)
        assert [each.span for each in await site.recordings.sequences("C1", minutes(5, 25))] == [
            minutes(0, 10),
            minutes(20, 30),
        ]
        assert await site.recordings.sequences("C1", minutes(11, 19)) == []


async def test_what_lies_around_a_moment(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        around = site.recordings.sequences_around
        assert [each.span for each in await around("C1", BEGIN + 5 * MINUTE)] == [minutes(0, 10), minutes(20, 30)]
        assert [each.span for each in await around("C1", BEGIN + 40 * MINUTE)] == [minutes(20, 30)]
        assert await around("C1", BEGIN + 40 * MINUTE, within=5 * MINUTE) == []
        assert len(await around("C1", BEGIN + 5 * MINUTE, before=0, after=5)) == 1


async def test_the_kinds_of_sequences(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        kinds = {kind.id for kind in await site.recordings.sequence_types("C1")}
    assert {SequenceType.RECORDING, SequenceType.MOTION, SequenceType.RECORDING_WITH_TRIGGER} <= kinds


async def test_a_recorded_picture(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        moment = BEGIN + 5 * MINUTE
        picture = await site.recordings.snapshot("C1", moment)
        assert abs(picture.time - moment) <= timedelta(seconds=1)
        assert not picture.live
        assert Image.open(BytesIO(picture.data)).format == "JPEG"


async def test_a_picture_in_a_gap_is_not_replaced_by_a_distant_one(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        with pytest.raises(NoRecording, match="2026-03-14T09:09") as caught:
            await site.recordings.snapshot("C1", BEGIN + 15 * MINUTE)
        assert "2026-03-14T09:20" in str(caught.value)
        far = await site.recordings.snapshot("C1", BEGIN + 15 * MINUTE, tolerance=6 * MINUTE)
        assert far.time < BEGIN + 10 * MINUTE


async def test_a_picture_at_a_moment_without_a_zone_is_refused(reader: AsyncClient) -> None:
    with pytest.raises(ValueError, match="time zone"):
        await reader.recordings.snapshot("C1", datetime(2026, 3, 14))


async def test_jpeg_playback_gives_the_pictures_of_the_span(recorded: Simulator) -> None:
    span = TimeSpan(BEGIN + 5 * MINUTE, BEGIN + 5 * MINUTE + timedelta(seconds=4))
    async with client_of(recorded) as site, site.recordings.play("C1", span, codec="jpeg") as frames:
        played = [frame async for frame in frames]
    assert all(frame.time in span for frame in played)
    assert [frame.time for frame in played] == sorted({frame.time for frame in played})
    assert 15 <= len(played) <= 25, "four seconds at five pictures a second"
    assert {frame.codec for frame in played} == {Codec.JPEG}
    assert Image.open(BytesIO(played[0].data)).size == (320, 180)


async def test_native_playback_begins_with_a_key_frame_and_can_be_decoded(recorded: Simulator) -> None:
    recorded.edit(lambda plan: setattr(plan.camera("C1"), "codec", "h264"))
    span = TimeSpan(BEGIN + 5 * MINUTE + timedelta(seconds=0.7), BEGIN + 5 * MINUTE + timedelta(seconds=3))
    async with client_of(recorded) as site, site.recordings.play("C1", span) as frames:
        played = [frame async for frame in frames]
    assert played[0].is_key
    assert played[0].time <= span.start
    assert played[-1].time <= span.end
    assert played[-1].time > span.end - timedelta(seconds=1)
    assert {frame.codec for frame in played} == {Codec.H264}
    pictures = list(av.open(BytesIO(b"".join(frame.data for frame in played)), format="h264").decode(video=0))
    assert len(pictures) == len(played)


async def test_playback_over_a_gap_goes_on_behind_it(recorded: Simulator) -> None:
    async with client_of(recorded) as site, site.recordings.play("C1", minutes(9.95, 20.05), codec="jpeg") as frames:
        times = [frame.time async for frame in frames]
    assert min(times) < BEGIN + 10 * MINUTE
    assert max(times) > BEGIN + 20 * MINUTE
    assert not any(time in minutes(10.05, 19.95) for time in times)


async def test_playback_that_begins_in_a_gap_begins_behind_it(recorded: Simulator) -> None:
    async with client_of(recorded) as site, site.recordings.play("C1", minutes(19.95, 20.05), codec="jpeg") as frames:
        times = [frame.time async for frame in frames]
    assert min(times) == BEGIN + 20 * MINUTE


async def test_playback_of_nothing_says_so(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        with pytest.raises(NoRecording):
            async with site.recordings.play("C1", minutes(12, 13)) as frames:
                pytest.fail(f"{[frame async for frame in frames]}")


async def test_playback_reaches_footage_that_is_still_being_written(simulator: Simulator) -> None:
    async with client_of(simulator) as site:
        now = datetime.now(UTC)
        span = TimeSpan(now - timedelta(seconds=2), now + timedelta(seconds=2))
        async with site.recordings.play("C1", span, codec="jpeg") as frames:
            times = [frame.time async for frame in frames]
    assert times[-1] > now + timedelta(seconds=1)


async def test_two_playbacks_at_once_are_two(recorded: Simulator) -> None:
    span = minutes(1, 1.05)
    async with (
        client_of(recorded) as site,
        site.recordings.play("C1", span, codec="jpeg") as one,
        site.recordings.play("C1", span, codec="jpeg") as other,
    ):
        first = await one.__anext__()
        assert await other.__anext__() == first


async def test_a_camera_with_nothing_elsewhere_needs_no_retrieval(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        retrieval = await site.recordings.retrieve("C1", minutes(1, 2))
        assert (await retrieval.wait(timeout=120)).value == "not applicable"


async def test_a_retrieval_says_what_stands_in_its_way(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        for nothing in (None, uuid4(), "Nowhere"):
            retrieval = await site.recordings.retrieve(nothing, minutes(1, 2))
            assert await retrieval.wait() is RetrievalState.NO_CAMERA
            assert isinstance(retrieval.missing, CameraNotFound)
        recorded.stop_service("management")
        await site.forget()
        retrieval = await site.recordings.retrieve("C1", minutes(1, 2))
        assert retrieval.state is RetrievalState.NOT_AVAILABLE
        assert isinstance(retrieval.missing, TransportError)


async def test_what_is_missing_of_a_playback(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        play = partial(site.recordings.play, codec="jpeg", patience=timedelta(), missing_ok=True)
        async with play("C1", minutes(1, 1.1)) as frames:
            assert len([frame async for frame in frames]) > 20
        assert frames.missing is None
        async with play("C1", minutes(29.9, 40)) as frames:
            assert len([frame async for frame in frames]) > 20
        assert isinstance(frames.missing, NoRecording)
        assert "the footage ends at 2026-03-14T09:29:59" in str(frames.missing)
        async with play("C1", minutes(11, 12)) as frames:
            assert [frame async for frame in frames] == []
        assert "footage continues at" in str(frames.missing)
        for nothing in (None, uuid4(), "Nowhere"):
            async with play(nothing, minutes(1, 2)) as frames:
                assert [frame async for frame in frames] == []
            assert isinstance(frames.missing, CameraNotFound)
        recorded.faults.add("imageserver", "close", at=1000, operation="next")
        async with play("C1", minutes(1, 1.1)) as frames:
            _ = [frame async for frame in frames]
        assert isinstance(frames.missing, ConnectionLost)
        recorded.stop_service("recorder")
        async with play("C1", minutes(1, 2)) as frames:
            assert [frame async for frame in frames] == []
        assert isinstance(frames.missing, ServiceUnavailable)


@pytest.mark.parametrize("through", ["camera", "hardware"])
async def test_a_disabled_camera_is_called_disabled(recorded: Simulator, through: str) -> None:
    camera = recorded.site.camera("C1")
    async with client_of(recorded) as site:
        known = await site.camera("C1")
        assert camera.id == known.id

        def disable(plan: Site) -> None:
            if through == "camera":
                plan.camera("C1").enabled = False
            else:
                next(each for each in plan.hardware if each.id == camera.hardware_id).enabled = False

        recorded.edit(disable)
        await site.forget()
        for reference in ("C1", camera.id, str(camera.id)):
            with pytest.raises(CameraDisabled, match="'C1' is disabled"):
                await site.camera(reference)
            with pytest.raises(CameraDisabled):
                await site.recordings.snapshot(reference)
            with pytest.raises(CameraDisabled):
                await site.recordings.sequences(reference, minutes(1, 2))
            with pytest.raises(CameraDisabled):
                async with site.recordings.play(reference, minutes(1, 2)):
                    pass
            async with site.recordings.play(reference, minutes(1, 2), missing_ok=True) as frames:
                assert isinstance(frames.missing, CameraDisabled)
        zones = (Zone(number=1, name="C1"), Zone(number=2, name="Nowhere"))
        found = await site.diagnose(*checks(ClientRecord(client_no="1234", zones=zones)))
        told = [finding.what for finding in found if finding.check == "patriot: zones"]
        assert told[:2] == ["zone 1 'C1': the camera is disabled", "zone 2 'Nowhere': no camera"]
        recorded.faults.add("management", "status", code=503, operation="GetDevicesDisabled")
        with pytest.raises(CameraNotFound, match="no camera 'C1'"):
            await site.camera("C1")


async def test_a_live_picture_of_a_camera_that_was_disabled_since(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        camera = await site.camera("C1")
        recorded.edit(lambda plan: setattr(plan.camera("C1"), "enabled", False))
        with pytest.raises(CameraDisabled):
            await site.recordings.snapshot(camera)
