# Generated from tests/_async/session/test_operations.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Any operation of any contract, by its own name."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from milestone_sdk import Client, LocalProtocolError, TokenExpired
from milestone_sdk.simulator import Simulator

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 4, 12, 0, 0, 500000, tzinfo=UTC)


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


def test_bookmarks_locks_and_settings_by_their_own_names(site: Client, simulator: Simulator) -> None:
    """What is made by the description of the contract is found, changed and deleted by it; nothing is dropped."""
    services = site.services.server_command
    camera = str(simulator.site.camera("C1").id)
    begin, end = NOW, NOW + timedelta(seconds=30)
    made = services.BookmarkCreate(camera, begin, begin, end, "no.1", "Intruder", "at the gate")
    services.BookmarkUpdate(made.Id, camera, begin, begin, end, "no.1", "Postman", "at the gate")
    found = services.BookmarkSearchTime(begin, {"MicroSeconds": 60_000_000}, 10, ["Camera"], [camera], [], "gate")
    assert [(bookmark.Header, bookmark.User) for bookmark in found] == [("Postman", "arc")]
    services.BookmarkDelete(made.Id)
    assert services.BookmarkGet(made.Id) is None

    lock = str(uuid4())
    option = {"RetentionOptionType": "Days", "RetentionUnits": 30}
    ends = NOW + timedelta(days=30)
    texts = ("7", "Theft", "case 12")
    result = services.MarkedDataCreate(lock, [camera], begin, begin, end, *texts, 2, True, ends, option)
    assert (result.Status, result.MarkedData.RetentionOption.RetentionUnits) == ("Success", 30)
    listed = services.MarkedDataSearch(
        deviceIds=[camera], searchText="theft", pageIndex=0, pageSize=10, sortOrder="CreateTime", sortAscending=True
    )
    assert [entry.Id for entry in listed] == [lock]
    [gone] = services.MarkedDataDelete([lock])
    assert gone.Status == "Success"

    data = {"CustomSettingDataXml": "<a>ö</a>", "DataVersion": 0}
    assert services.SetCustomSettingDataUser(lock, data, False) == "Success"
    kept = services.GetCustomSettingDataUser(lock)
    assert (kept.CustomSettingData.CustomSettingDataXml, kept.CustomSettingInfo.LastModifiedUser) == ("<a>ö</a>", "arc")
    [group] = services.GetViewGroups()
    views = {"DataVersion": 1, "ViewGroupDataXml": "<v/>", "XmlVersion": 1}
    assert services.SetViewGroupData(group.Id, views) == "Success"
    assert (services.GetViewGroupData(group.Id)).ViewGroupData.ViewGroupDataXml == "<v/>"
    profile = services.GetClientProfile3(True)
    assert profile.ClientProfileSettings[0].Key
    assert simulator.dropped == []
