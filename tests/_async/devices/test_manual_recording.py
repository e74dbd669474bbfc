"""Recording that a user starts by hand."""

from datetime import timedelta

import pytest

from milestone_sdk import CameraNotFound
from milestone_sdk.simulator import Simulator

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
