"""Recording that a user starts by hand."""

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


async def test_a_camera_that_is_not_there(simulator: Simulator) -> None:
    async with client_of(simulator) as site:
        with pytest.raises(CameraNotFound):
            await site.manual_recording.start("C9")
