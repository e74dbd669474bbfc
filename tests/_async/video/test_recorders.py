"""Recorders differ, and what some of them do is not known: the client gets the same from each of them."""

from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from milestone_sdk import (
    AsyncClient,
    Codec,
    Frame,
    LiveLost,
    LiveRestored,
    LiveStatus,
    NotYetRecorded,
    ServerFault,
    SnapshotKind,
    TimeSpan,
)
from milestone_sdk.simulator import Recorder, Simulator, example_site
from milestone_sdk.simulator.recorder.switches import RecorderSwitches
from milestone_sdk.simulator.site import stable_id

from ..opening import client_of

pytestmark = pytest.mark.anyio

BEGIN = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
SPAN = TimeSpan(BEGIN + 595 * SECOND, BEGIN + 1203 * SECOND)
"""Across a gap."""


@pytest.fixture
def recorded(simulator_factory: Callable[..., Simulator]) -> Simulator:
    """C1 sends H.264 and C2 JPEG, five pictures a second, recorded from 9:00 to 9:10 and from 9:20 to 9:30."""
    plan = example_site()
    plan.recorders.append(Recorder(id=stable_id("recorder", "Recorder 2"), name="Recorder 2"))
    plan.camera("C1").codec = "h264"
    for name in ("C1", "C2"):
        plan.camera(name).recordings[:] = [(BEGIN, BEGIN + 10 * MINUTE), (BEGIN + 20 * MINUTE, BEGIN + 30 * MINUTE)]
    return simulator_factory(plan)


@pytest.fixture
def switches(recorded: Simulator) -> RecorderSwitches:
    return recorded.recorders[0].switches


@pytest.fixture
async def site(recorded: Simulator) -> AsyncGenerator[AsyncClient]:
    async with client_of(recorded) as opened:
        yield opened


async def played(site: AsyncClient, camera: str) -> list[tuple[datetime, Codec | None]]:
    async with site.recordings.play(camera, SPAN) as playback:
        return [(frame.time, frame.codec) async for frame in playback]


# Playback


@pytest.mark.parametrize(
    "settings",
    [
        {"boundary": "=_a'()+,-./:?b", "quoted_boundary": True},
        {"first_sequence_number": 65_530},
        {"no_neighbour": ""},
        {"fragment": True},
        {"answer_stop": True},
        {"strict_prefix": False},
    ],
)
async def test_the_frames_are_the_same(site: AsyncClient, switches: RecorderSwitches, settings: dict[str, Any]) -> None:
    usual = await played(site, "C1")
    for name, value in settings.items():
        setattr(switches, name, value)
    assert await played(site, "C1") == usual
    assert len(usual) == 25 + 16


async def test_bare_jpeg_under_the_name_of_packets(site: AsyncClient, switches: RecorderSwitches) -> None:
    usual = await played(site, "C2")
    switches.bare_jpeg = True
    assert await played(site, "C2") == usual


async def test_footage_that_becomes_readable_late_is_waited_for(
    recorded: Simulator, site: AsyncClient, switches: RecorderSwitches
) -> None:
    recorded.edit(lambda plan: plan.camera("C2").recordings.append((plan.now() - MINUTE, None)))
    switches.readability_delay = 3 * SECOND
    time = recorded.site.now() - SECOND
    assert (await site.recordings.snapshot("C2", time, patience=20 * SECOND)).time <= time
    switches.readability_delay = MINUTE
    with pytest.raises(NotYetRecorded):
        await site.recordings.snapshot("C2", recorded.site.now() - SECOND, patience=SECOND / 10)


async def test_a_session_that_ends_for_want_of_requests_is_opened_again(
    site: AsyncClient, recorded: Simulator, switches: RecorderSwitches
) -> None:
    switches.idle_timeout = 1.0
    async with site.recordings.source("C1") as source:
        (first,) = await source.goto(BEGIN)
        while recorded.recorders[0].open_sessions:
            assert not await site.manual_recording.is_active("C1")
        (second,) = await source.next()
    assert (first.time, second.time) == (BEGIN, BEGIN + 0.2 * SECOND)


# Sequences and single pictures


async def test_a_recorder_that_returns_few_sequences_at_a_time(
    recorded: Simulator, site: AsyncClient, switches: RecorderSwitches
) -> None:
    spans = [(BEGIN + number * MINUTE, BEGIN + number * MINUTE + 10 * SECOND) for number in range(250)]
    recorded.edit(lambda plan: setattr(plan.camera("C1"), "recordings", spans))
    switches.most_sequences = 100
    found = await site.recordings.sequences("C1", TimeSpan(BEGIN, BEGIN + 300 * MINUTE))
    assert [(each.start, each.end) for each in found] == spans


@pytest.mark.parametrize("every_picture", [False, True])
async def test_a_picture_is_the_same_wherever_the_recorder_looks(
    site: AsyncClient, switches: RecorderSwitches, every_picture: bool
) -> None:
    switches.stills_of_every_picture = every_picture
    time = BEGIN + MINUTE + 0.45 * SECOND
    found = await site.recordings.snapshot("C1", time, tolerance=0.1 * SECOND)
    assert (found.time - BEGIN - MINUTE, found.kind) == (0.4 * SECOND, SnapshotKind.BEFORE)


@pytest.mark.parametrize("status", [200, 400, 500])
async def test_a_fault_is_one_whatever_its_status(
    recorded: Simulator, site: AsyncClient, switches: RecorderSwitches, status: int
) -> None:
    switches.fault_status = status
    recorded.edit(lambda plan: plan.camera("C1").rights.update(GetSequences=False))
    with pytest.raises(ServerFault, match="Access denied") as caught:
        await site.recordings.sequences("C1", SPAN)
    assert caught.value.code == "49002"


@pytest.mark.parametrize("number", [1, 20001, 40295, 49001, 50_000])
async def test_a_camera_that_moved_is_found_whatever_fault_its_recorder_has(
    recorded: Simulator, site: AsyncClient, switches: RecorderSwitches, number: int
) -> None:
    switches.fault_numbers = {49001: number}
    usual = await site.recordings.sequences("C1", SPAN)
    recorded.edit(lambda plan: plan.move_hardware(plan.camera("C1").hardware_id, "Recorder 2"))
    assert await site.recordings.sequences("C1", SPAN) == usual


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("codec", ["native", "jpeg"])
async def test_a_camera_that_moves_while_it_is_played_loses_and_repeats_no_frame(
    recorded: Simulator, site: AsyncClient, codec: str, reverse: bool
) -> None:
    form = "jpeg" if codec == "jpeg" else "native"
    async with site.recordings.play("C1", SPAN, codec=form, reverse=reverse) as playback:
        usual = [frame.time async for frame in playback]
    async with site.recordings.play("C1", SPAN, codec=form, reverse=reverse) as playback:
        times = [(await playback.__anext__()).time]
        recorded.edit(lambda plan: plan.move_hardware(plan.camera("C1").hardware_id, "Recorder 2"))
        recorded.run(recorded.recorders[0].close())
        recorded.run(recorded.recorders[0].start())
        times += [frame.time async for frame in playback]
    assert times == usual
    assert any(call.method == "goto" for call in recorded.recorder_service("Recorder 2").image_calls)


async def test_any_version(site: AsyncClient, switches: RecorderSwitches) -> None:
    switches.version = 17
    recorder = (await site.camera("C1")).recorder
    assert await site.services.recorder(recorder).GetVersion() == 17


async def test_the_retention_of_a_recorder(recorded: Simulator, site: AsyncClient, switches: RecorderSwitches) -> None:
    switches.retention = timedelta(days=30)
    camera = await site.camera("C1")
    limit = await site.services.recorder(camera.recorder).GetRetentionTimeLimit(camera.id)
    assert abs(recorded.site.now() - limit - switches.retention) < MINUTE


# Live


async def live(site: AsyncClient, frames: int) -> list[Any]:
    """Return what live video yields up to so many frames."""
    found: list[Any] = []
    async with site.live.play("C1") as stream:
        while sum(isinstance(each, Frame) for each in found) < frames:
            event = await stream.__anext__()
            found.append(event.copy() if isinstance(event, Frame) else event)
    return found


@pytest.mark.parametrize("neighbour", ["", "-1", "0", "1773480402906"])
async def test_prev_and_next_of_live_pictures_do_not_matter(
    site: AsyncClient, switches: RecorderSwitches, neighbour: str
) -> None:
    switches.live_neighbour = neighbour
    frames = [each for each in await live(site, 7) if isinstance(each, Frame)]
    assert frames[0].is_key
    assert {later.time - earlier.time for earlier, later in pairwise(frames)} == {0.2 * SECOND}


STATUS = {
    1: "feed_started",
    2: "motion",
    3: "recording",
    4: None,
    5: "camera_lost",
    6: "database_failed",
    7: "disk_low",
    100: "stopped_for_client",
    991: None,
    992: None,
    993: None,
    994: None,
    12_345: None,
}


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("number", STATUS)
async def test_each_status_is_told_when_it_changes(
    site: AsyncClient, switches: RecorderSwitches, number: int, partial: bool
) -> None:
    switches.partial_status, switches.status_interval = partial, 0.05
    switches.status = {number: 0}
    async with site.live.play("C1") as stream:
        for value in (0, 1, 0):
            switches.status = {number: value}
            status = await stream.__anext__()
            while not (isinstance(status, LiveStatus) and status.values.get(number) == value):
                status = await stream.__anext__()
            assert number in status.changed
            if (name := STATUS[number]) is not None:
                assert getattr(status, name) is bool(value)


@pytest.mark.parametrize("expiry", ["close", "message"])
async def test_live_goes_on_when_its_token_ends(
    recorded: Simulator, site: AsyncClient, switches: RecorderSwitches, expiry: str
) -> None:
    switches.expiry = expiry
    async with site.live.play("C1") as stream:
        while not isinstance(await stream.__anext__(), Frame):
            pass
        recorded.tokens.revoke_all()
        seen: list[Any] = []
        while not any(isinstance(each, LiveRestored) for each in seen):
            seen.append(await stream.__anext__())
            assert len(seen) < 500
        assert any(isinstance(each, LiveLost) for each in seen)
