# Generated from tests/_async/test_services.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Any operation of any contract, by its own name."""

import pytest

from milestone_sdk import Client, LocalProtocolError, TokenExpired
from milestone_sdk.simulator import Simulator

pytestmark = pytest.mark.anyio


def test_operations_of_the_management_server(site: Client) -> None:
    assert site.services.server_command.GetVersion() == 20
    assert site.services.server_command.IsOnline() is True
    user = site.services.server_command.GetUserInfo()
    assert user.name == "arc"


def test_a_token_is_put_in_and_can_be_another(site: Client) -> None:
    camera = site.camera("C2")
    presets = site.services.server_command.GetPresets(camera.id)
    assert camera.ptz is not None
    assert [preset.Name for preset in presets] == [preset.name for preset in camera.ptz.presets]
    with pytest.raises(TokenExpired) as caught:
        site.services.alarm.GetStatistics(token="TOKEN#nobody#vms//ServerConnector#")
    assert "nobody" not in str(caught.value)


def test_operations_without_a_token_parameter(site: Client) -> None:
    services = site.services.service_registration.GetServices()
    assert {service.name for service in services} >= {"Management server", "Event server"}


def test_operations_of_the_event_server(site: Client, simulator: Simulator) -> None:
    simulator.trigger("Motion Detected", source="Front Hallway")
    (line,) = site.services.alarm.GetAlarmLines(0, 10, None)
    assert line.SourceName == "Front Hallway"
    assert line.Id == str((site.alarms.list())[0].id)


def test_operations_of_a_recorder(site: Client) -> None:
    (recorder,) = site.recorders()
    camera = site.camera("C1")
    started = site.services.recorder(recorder).StartManualRecording([camera.id])
    assert [entry.ResultCode for entry in started] == [0]
    recording = site.services.recorder(recorder).IsManualRecording([camera.id])
    assert [entry.IsManualRecording for entry in recording] == [True]


def test_their_names_can_be_looked_up(site: Client) -> None:
    assert {"Login", "GetConfiguration", "EventTrigger"} <= set(dir(site.services.server_command))
    with pytest.raises(LocalProtocolError, match="maxCount"):
        site.services.alarm.GetAlarmLines(wrong=1)
