"""Recording that a user starts by hand."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from milestone_sdk import CameraNotFound, PermissionDenied, RemoteProtocolError
from milestone_sdk.simulator import Recorder, Simulator, example_site
from milestone_sdk.simulator.site import stable_id
from tests.support.soap_bodies import RECORDER, reply

from ..opening import client_of

pytestmark = pytest.mark.anyio


async def test_start_state_and_stop(simulator: Simulator) -> None:
    async with client_of(simulator) as site:
        assert not await site.manual_recording.is_active("C1")
        await site.manual_recording.start("C1")
        await site.manual_recording.start("C1")
        assert await site.manual_recording.is_active("C1")
        assert not await site.manual_recording.is_active("Front Hallway")
        await site.manual_recording.stop("C1")
        await site.manual_recording.stop("C1")
        assert not await site.manual_recording.is_active("C1")


async def test_it_ends_by_the_setting_of_the_camera(simulator: Simulator) -> None:
    camera = simulator.site.camera("C1")
    camera.manual_recording_minutes = 2
    async with client_of(simulator) as site:
        await site.manual_recording.start("C1")
        simulator.site.clock_offset += timedelta(minutes=1)
        assert await site.manual_recording.is_active("C1")
        simulator.site.clock_offset += timedelta(minutes=1)
        assert not await site.manual_recording.is_active("C1")
        camera.manual_recording_timeout = False
        await site.manual_recording.start("C1")
        simulator.site.clock_offset += timedelta(hours=1)
        assert await site.manual_recording.is_active("C1")


async def test_a_camera_that_is_not_there(simulator: Simulator) -> None:
    async with client_of(simulator) as site:
        with pytest.raises(CameraNotFound):
            await site.manual_recording.start("C9")


async def test_a_camera_that_moved_to_another_recorder(simulator_factory: Callable[..., Simulator]) -> None:
    plan = example_site()
    plan.recorders.append(Recorder(id=stable_id("recorder", "Recorder 2"), name="Recorder 2"))
    simulator = simulator_factory(plan)
    hardware = next(each.name for each in plan.hardware if each.id == plan.camera("C1").hardware_id)
    async with client_of(simulator) as site:
        for name in ("Recorder 2", "Recorder 1"):
            await site.camera("C1")
            simulator.edit(lambda plan, to=name: plan.move_hardware(hardware, to))
            await site.manual_recording.start("C1")
            assert await site.manual_recording.is_active("C1")
            assert (await site.camera("C1")).recorder.name == name
            await site.manual_recording.stop("C1")


@pytest.mark.parametrize("verb", ["Start", "Stop"])
async def test_a_missing_right_is_named(simulator: Simulator, verb: str) -> None:
    simulator.edit(lambda plan: plan.camera("C1").rights.update({f"{verb}Recording": False}))
    async with client_of(simulator) as site:
        with pytest.raises(PermissionDenied, match=rf"C1.*{verb.lower()}_recording"):
            await getattr(site.manual_recording, verb.lower())("C1")


async def test_an_answer_without_a_result_is_no_success(simulator: Simulator) -> None:
    answer = reply(RECORDER, "StartManualRecording", "")
    simulator.faults.add("recorder", "body", operation="StartManualRecording", bytes=answer)
    async with client_of(simulator) as site:
        with pytest.raises(RemoteProtocolError, match="no result"):
            await site.manual_recording.start("C1")
