# Generated from tests/_async/devices/test_manual_recording.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

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


def test_start_state_and_stop(simulator: Simulator) -> None:
    with client_of(simulator) as site:
        assert not site.manual_recording.is_active("C1")
        site.manual_recording.start("C1")
        site.manual_recording.start("C1")
        assert site.manual_recording.is_active("C1")
        assert not site.manual_recording.is_active("Front Hallway")
        site.manual_recording.stop("C1")
        site.manual_recording.stop("C1")
        assert not site.manual_recording.is_active("C1")


def test_it_ends_by_the_setting_of_the_camera(simulator: Simulator) -> None:
    camera = simulator.site.camera("C1")
    camera.manual_recording_minutes = 2
    with client_of(simulator) as site:
        site.manual_recording.start("C1")
        simulator.site.clock_offset += timedelta(minutes=1)
        assert site.manual_recording.is_active("C1")
        simulator.site.clock_offset += timedelta(minutes=1)
        assert not site.manual_recording.is_active("C1")
        camera.manual_recording_timeout = False
        site.manual_recording.start("C1")
        simulator.site.clock_offset += timedelta(hours=1)
        assert site.manual_recording.is_active("C1")


def test_a_camera_that_is_not_there(simulator: Simulator) -> None:
    with client_of(simulator) as site:
        with pytest.raises(CameraNotFound):
            site.manual_recording.start("C9")


def test_a_camera_that_moved_to_another_recorder(simulator_factory: Callable[..., Simulator]) -> None:
    plan = example_site()
    plan.recorders.append(Recorder(id=stable_id("recorder", "Recorder 2"), name="Recorder 2"))
    simulator = simulator_factory(plan)
    hardware = next(each.name for each in plan.hardware if each.id == plan.camera("C1").hardware_id)
    with client_of(simulator) as site:
        for name in ("Recorder 2", "Recorder 1"):
            site.camera("C1")
            simulator.edit(lambda plan, to=name: plan.move_hardware(hardware, to))
            site.manual_recording.start("C1")
            assert site.manual_recording.is_active("C1")
            assert (site.camera("C1")).recorder.name == name
            site.manual_recording.stop("C1")


@pytest.mark.parametrize("verb", ["Start", "Stop"])
def test_a_missing_right_is_named(simulator: Simulator, verb: str) -> None:
    simulator.edit(lambda plan: plan.camera("C1").rights.update({f"{verb}Recording": False}))
    with client_of(simulator) as site:
        with pytest.raises(PermissionDenied, match=rf"C1.*{verb.lower()}_recording"):
            getattr(site.manual_recording, verb.lower())("C1")


def test_an_answer_without_a_result_is_no_success(simulator: Simulator) -> None:
    answer = reply(RECORDER, "StartManualRecording", "")
    simulator.faults.add("recorder", "body", operation="StartManualRecording", bytes=answer)
    with client_of(simulator) as site:
        with pytest.raises(RemoteProtocolError, match="no result"):
            site.manual_recording.start("C1")
