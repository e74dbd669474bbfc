# Generated from tests/_async/devices/test_manual_recording.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Recording that a user starts by hand."""

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


def test_a_camera_that_is_not_there(simulator: Simulator) -> None:
    with client_of(simulator) as site:
        with pytest.raises(CameraNotFound):
            site.manual_recording.start("C9")
