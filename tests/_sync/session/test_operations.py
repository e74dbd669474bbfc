# Generated from tests/_async/session/test_operations.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Any operation of any contract, by its own name."""

import inspect
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from milestone_sdk import Client, ConfigurationError, MilestoneError, TokenExpired, UnknownOperation
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
    services = ("alarm", "configuration", "recorder", "server_command", "service_registration")
    assert set(services) <= set(dir(site.services))
    assert all(name in repr(site.services) for name in services)
    assert {"Login", "GetConfiguration", "EventTrigger"} <= set(dir(site.services.server_command))
    assert "29 operations" in repr(site.services.alarm)


def test_an_operation_shows_how_it_is_called(site: Client) -> None:
    operation = site.services.alarm.GetAlarmHistory
    assert repr(operation) == (
        "alarm.GetAlarmHistory(id: UUID | str = ..., *, token: str = ...) -> list[AlarmHistory] | None"
    )
    assert list(inspect.signature(operation).parameters) == ["id", "token"]
    documentation = inspect.getdoc(operation) or ""
    assert "Return the changes of an alarm" in documentation
    assert ">>> site.services.alarm.GetAlarmHistory(" in documentation


def test_wrong_names_and_values_say_what_is_near(site: Client) -> None:
    alarm = site.services.alarm
    assert not hasattr(alarm, "GetAlarmLine")
    with pytest.raises(UnknownOperation, match="near: GetAlarmLines"):
        getattr(alarm, "GetAlarmLine")  # noqa: B009
    with pytest.raises(ConfigurationError, match="no parameter 'maxcount'; near: maxCount"):
        alarm.GetAlarmLines(**{"maxcount": 1})  # noqa: PIE804
    with pytest.raises(ConfigurationError, match="has no member 'Condition'; near: Conditions"):
        alarm.GetAlarmLines(0, 1, {"Condition": []})
    with pytest.raises(ConfigurationError, match="maxCount must be a whole number"):
        alarm.GetAlarmLines(**{"from": 0, "maxCount": "10"})  # type: ignore[arg-type]


@pytest.mark.parametrize("service", ["server_command", "service_registration", "configuration", "alarm", "recorder"])
def test_the_example_of_every_operation_runs(site: Client, service: str) -> None:
    """The server may refuse the ids that the examples make up; nothing else may go wrong."""
    camera = site.camera("C1")
    known = {"site": site, "camera": camera, "datetime": datetime, "UTC": UTC, "uuid4": uuid4}
    operations = site.services.recorder(camera.recorder) if service == "recorder" else getattr(site.services, service)
    answered, wrong = list[str](), list[str]()
    for name in dir(operations):
        if name.startswith("_"):
            continue
        lines = (inspect.getdoc(getattr(operations, name)) or "").partition("Example:\n")[2].splitlines()
        call = "".join(line.strip()[4:] for line in lines).removeprefix("")
        try:
            eval(call, dict(known))
            answered.append(name)
        except MilestoneError as error:
            wrong += [f"{name}: {error}"] if type(error) is ConfigurationError else []
    assert answered
    assert wrong == []


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
