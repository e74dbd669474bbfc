"""Any operation of any contract, by its own name."""

import pytest

from milestone_sdk import AsyncClient, LocalProtocolError, TokenExpired
from milestone_sdk.simulator import Simulator

pytestmark = pytest.mark.anyio


async def test_operations_of_the_management_server(site: AsyncClient) -> None:
    assert await site.services.server_command.GetVersion() == 20
    assert await site.services.server_command.IsOnline() is True
    user = await site.services.server_command.GetUserInfo()
    assert user.name == "arc"


async def test_a_token_is_put_in_and_can_be_another(site: AsyncClient) -> None:
    camera = await site.camera("C2")
    presets = await site.services.server_command.GetPresets(camera.id)
    assert camera.ptz is not None
    assert [preset.Name for preset in presets] == [preset.name for preset in camera.ptz.presets]
    with pytest.raises(TokenExpired) as caught:
        await site.services.alarm.GetStatistics(token="TOKEN#nobody#vms//ServerConnector#")
    assert "nobody" not in str(caught.value)


async def test_operations_without_a_token_parameter(site: AsyncClient) -> None:
    services = await site.services.service_registration.GetServices()
    assert {service.name for service in services} >= {"Management server", "Event server"}


async def test_operations_of_the_event_server(site: AsyncClient, simulator: Simulator) -> None:
    simulator.trigger("Motion Detected", source="Front Hallway")
    (line,) = await site.services.alarm.GetAlarmLines(0, 10, None)
    assert line.SourceName == "Front Hallway"
    assert line.Id == str((await site.alarms.list())[0].id)


async def test_operations_of_a_recorder(site: AsyncClient) -> None:
    (recorder,) = await site.recorders()
    camera = await site.camera("C1")
    started = await site.services.recorder(recorder).StartManualRecording([camera.id])
    assert [entry.ResultCode for entry in started] == [0]
    recording = await site.services.recorder(recorder).IsManualRecording([camera.id])
    assert [entry.IsManualRecording for entry in recording] == [True]


async def test_their_names_can_be_looked_up(site: AsyncClient) -> None:
    assert {"Login", "GetConfiguration", "EventTrigger"} <= set(dir(site.services.server_command))
    with pytest.raises(LocalProtocolError, match="maxCount"):
        await site.services.alarm.GetAlarmLines(wrong=1)
