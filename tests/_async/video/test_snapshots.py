"""Single pictures through the client: at a time, before it, after it, live; in long groups, and not readable yet."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from milestone_sdk import ConfigurationError, MilestoneError, NoRecording, NotYetRecorded, Snapshot, SnapshotKind
from milestone_sdk.simulator import Simulator, example_site

from ..opening import AsyncSiteClock, client_of

pytestmark = pytest.mark.anyio

BEGIN = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
NONE = timedelta()


@pytest.fixture
def recorded(simulator_factory: Callable[..., Simulator]) -> Simulator:
    """Camera C1 sends H.264 with a key frame each minute, recorded from 9:00 to 9:10 and from 9:20 to 9:30."""
    plan = example_site()
    camera = plan.camera("C1")
    camera.codec, camera.gop_seconds, camera.frames_per_second = "h264", 60.0, 2
    camera.recordings[:] = [(BEGIN, BEGIN + 10 * MINUTE), (BEGIN + 20 * MINUTE, BEGIN + 30 * MINUTE)]
    return simulator_factory(plan)


async def test_the_picture_within_a_long_group_of_pictures_is_decoded_by_the_recorder(recorded: Simulator) -> None:
    time = BEGIN + 5 * MINUTE + 30.2 * SECOND
    async with client_of(recorded) as site:
        picture = await site.recordings.snapshot("C1", time)
        assert (picture.time, picture.requested) == (BEGIN + 5 * MINUTE + 30 * SECOND, time)
        assert (picture.kind, picture.distance, picture.live) == (SnapshotKind.BEFORE, -0.2 * SECOND, False)
        assert Image.open(BytesIO(picture.data)).format == "JPEG"
        later = await site.recordings.snapshot("C1", time, pick="at or after")
        assert (later.kind, later.distance) == (SnapshotKind.AFTER, 0.3 * SECOND)
        exact = await site.recordings.snapshot("C1", later.time, pick="at or after", tolerance=NONE)
        assert (exact.kind, exact.distance, exact.time) == (SnapshotKind.AT, NONE, later.time)


async def test_a_key_frame_close_to_the_time_needs_no_decoding(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        recorded.faults.add("imageserver", "close", at=0)
        picture = await site.recordings.snapshot("C1", BEGIN + MINUTE + SECOND)
        assert (picture.kind, picture.distance) == (SnapshotKind.BEFORE, -SECOND)
        with pytest.raises(MilestoneError):
            await site.recordings.snapshot("C1", BEGIN + MINUTE + SECOND, tolerance=0.1 * SECOND)


async def test_each_side_of_a_gap(recorded: Simulator) -> None:
    middle = BEGIN + 15 * MINUTE
    async with client_of(recorded) as site:
        before = await site.recordings.snapshot("C1", middle, pick="at or before", tolerance=None)
        assert (before.time, before.kind) == (BEGIN + 10 * MINUTE - 0.5 * SECOND, SnapshotKind.BEFORE)
        after = await site.recordings.snapshot("C1", middle, pick="at or after", tolerance=6 * MINUTE)
        assert (after.time, after.kind) == (BEGIN + 20 * MINUTE, SnapshotKind.AFTER)
        nearly = BEGIN + 20 * MINUTE - SECOND
        assert (await site.recordings.snapshot("C1", nearly)).kind is SnapshotKind.AFTER
        for pick in ("at", "at or before", "at or after"):
            with pytest.raises(NoRecording, match=r"09:09:59.500000.* and there is one at .*09:20:00"):
                await site.recordings.snapshot("C1", middle, pick=pick)


async def test_before_the_first_and_after_the_last_recording(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        with pytest.raises(NoRecording, match=r"at or before.*there is one at 2026-03-14T09:00:00"):
            await site.recordings.snapshot("C1", BEGIN - MINUTE, pick="at or before", tolerance=None)
        with pytest.raises(NoRecording, match=r"at or after.*there is one at 2026-03-14T09:29:59"):
            await site.recordings.snapshot("C1", BEGIN + 40 * MINUTE, pick="at or after", tolerance=None)
        recorded.edit(lambda plan: plan.camera("C1").recordings.clear())
        with pytest.raises(NoRecording, match="nothing at all"):
            await site.recordings.snapshot("C1", BEGIN)


async def test_a_live_picture_is_called_live(recorded: Simulator) -> None:
    clock = AsyncSiteClock(recorded.site)
    async with client_of(recorded, clock=clock) as site:
        picture = await site.recordings.snapshot("C1")
        assert (picture.kind, picture.distance, picture.live) == (SnapshotKind.LIVE, None, True)
        assert (await site.recordings.snapshot("C1", max_age=2 * MINUTE)).live
        with pytest.raises(NoRecording, match=r"last live picture .* older than"):
            await site.recordings.snapshot("C1", max_age=-MINUTE)


async def test_a_picture_that_cannot_be_read_yet_is_waited_for(recorded: Simulator) -> None:
    recorded.edit(lambda plan: plan.camera("C1").recordings.append((plan.now() - MINUTE, None)))
    clock = AsyncSiteClock(recorded.site)
    time = recorded.site.now() - 20 * SECOND
    async with client_of(recorded, clock=clock) as site:
        with pytest.raises(NotYetRecorded, match="cannot read the picture") as caught:
            await site.recordings.snapshot("C1", time, patience=NONE)
        assert caught.value.retriable
        assert not isinstance(caught.value, NoRecording)
        assert clock.slept == []
        picture = await site.recordings.snapshot("C1", time, patience=5 * MINUTE)
        assert abs(picture.time - time) < SECOND
        assert clock.slept


async def test_the_present_is_waited_for_even_if_no_recording_has_begun(recorded: Simulator) -> None:
    clock = AsyncSiteClock(recorded.site)
    async with client_of(recorded, clock=clock) as site:
        for ahead in (-SECOND, MINUTE):
            with pytest.raises(NotYetRecorded):
                await site.recordings.snapshot("C1", clock.utcnow() + ahead, patience=NONE)
        with pytest.raises(NoRecording):
            await site.recordings.snapshot("C1", clock.utcnow() - MINUTE, patience=NONE)


async def test_what_ended_long_ago_is_not_waited_for(recorded: Simulator) -> None:
    clock = AsyncSiteClock(recorded.site)
    async with client_of(recorded, clock=clock) as site:
        with pytest.raises(NoRecording):
            await site.recordings.snapshot("C1", BEGIN + 30 * MINUTE - 0.1 * SECOND, pick="at or after")
    assert clock.slept == []


async def test_a_connection_that_breaks_while_a_picture_is_decoded(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        recorded.faults.add("imageserver", "close", at=0, operation="goto", times=1)
        picture = await site.recordings.snapshot("C1", BEGIN + 5.5 * MINUTE)
        assert picture.kind is SnapshotKind.AT


async def test_wrong_arguments_are_refused(recorded: Simulator) -> None:
    async with client_of(recorded) as site:
        seconds: Any = 10
        for name in ("tolerance", "patience", "max_age"):
            with pytest.raises(ConfigurationError, match=f"{name} must be"):
                await site.recordings.snapshot("C1", BEGIN, **{name: seconds})
        wrong: str = "nearest"
        with pytest.raises(ConfigurationError, match="pick must be"):
            await site.recordings.snapshot("C1", BEGIN, pick=wrong)  # type: ignore[arg-type]


def test_how_far_a_picture_is_from_the_time_asked_for() -> None:
    for distance, kind in ((-SECOND, "at or before"), (0.0004 * SECOND, "at"), (SECOND, "at or after")):
        assert Snapshot(time=BEGIN + distance, data=b"", requested=BEGIN).kind.value == kind
