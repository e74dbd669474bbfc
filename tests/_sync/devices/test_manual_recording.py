# Generated from tests/_async/devices/test_manual_recording.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Recording that a user starts by hand."""

from datetime import timedelta

import pytest

from milestone_sdk import CameraNotFound
from milestone_sdk.simulator import Simulator

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
