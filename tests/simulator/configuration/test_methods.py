"""InvokeMethod: forms, results, tasks (docs/protocol: configuration-methods)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from milestone_sdk.simulator import Simulator, interconnect_site
from tests.support.configuration_wire import (
    DATA,
    Config,
    as_parameter,
    choices,
    entry_of,
    member,
    methods,
    properties,
    put,
)
from tests.support.management_wire import Wire

Factory = Callable[..., Simulator]


def path_of(result: Any) -> str:
    """The Path property of a result that succeeded at once."""
    told = properties(result)
    assert (member(result, "ItemType"), told["State"]) == ("InvokeResult", "Success"), told
    return told["Path"]


def error_of(result: Any) -> str:
    """The text of a result that says Error; it begins with its code."""
    told = properties(result)
    assert (member(result, "ItemType"), told["State"]) == ("InvokeResult", "Error"), told
    assert told["ErrorText"].startswith(f"VMO{told['ErrorCode']}: ")
    return told["ErrorText"].partition(": ")[2]


def task_of(result: Any) -> str:
    """The task of a result that goes on."""
    told = properties(result)
    assert told["State"] == "Idle"
    assert told["Path"].startswith("Task[")
    return told["Path"]


# Forms


def test_a_basic_user_is_added_logs_in_and_is_removed(api: Config) -> None:
    form = api.invoke(api.item("/BasicUserFolder"), "AddBasicUser")
    told = properties(form)
    assert {"Name", "Password", "Description", "ForcePasswordChange", "Status"} <= told.keys()
    for key, value in (("Name", "patriot"), ("Password", "s€cret"), ("Description", "alarm receiving centre")):
        put(form, key, value)
    path = path_of(api.invoke(form, "AddBasicUser"))
    user = api.item(path)
    assert properties(user)["Description"] == "alarm receiving centre"
    with Wire(api.sim) as wire:
        assert wire.password_grant(username="patriot", password="s€cret").status_code == 200
        change = api.invoke(user, "ChangePasswordBasicUser")
        put(change, "Password", "other")
        api.invoke(change, "ChangePasswordBasicUser")
        assert wire.password_grant(username="patriot", password="s€cret").status_code == 400
        assert wire.password_grant(username="patriot", password="other").status_code == 200
        twice = api.invoke(api.item("/BasicUserFolder"), "AddBasicUser")
        put(twice, "Name", "Patriot")
        put(twice, "Password", "x")
        assert error_of(api.invoke(twice, "AddBasicUser")) == "There is a user of that name."
        removal = api.invoke(api.item("/BasicUserFolder"), "RemoveBasicUser")
        put(removal, "ItemSelection", path)
        api.invoke(removal, "RemoveBasicUser")
        assert wire.password_grant(username="patriot", password="other").status_code == 400


def test_a_basic_user_who_must_change_the_password(api: Config) -> None:
    form = api.invoke(api.item("/BasicUserFolder"), "AddBasicUser")
    for key, value in (("Name", "new"), ("Password", "x"), ("ForcePasswordChange", "True")):
        put(form, key, value)
    path_of(api.invoke(form, "AddBasicUser"))
    with Wire(api.sim) as wire:
        assert wire.password_grant(username="new", password="x").json()["error_code"] == "ChangePassword"


def test_a_role_is_added_and_removed(api: Config) -> None:
    form = api.invoke(api.item("/RoleFolder"), "AddRole")
    put(form, "Name", "Guards")
    put(form, "AllowWebClientLogOn", "False")
    path = path_of(api.invoke(form, "AddRole"))
    told = properties(api.item(path))
    assert (told["Name"], told["AllowWebClientLogOn"], told["RoleType"]) == ("Guards", "False", "UserDefined")
    empty = api.invoke(api.item("/RoleFolder"), "AddRole")
    assert error_of(api.invoke(empty, "AddRole")) == "The name must not be empty."
    removal = api.invoke(api.item("/RoleFolder"), "RemoveRole")
    put(removal, "ItemSelection", path)
    api.invoke(removal, "RemoveRole")
    assert "Guards" not in [properties(item)["Name"] for item in api.children("/RoleFolder")]


def test_a_method_answers_with_its_form_first(api: Config) -> None:
    folder = api.item("/CameraGroupFolder")
    assert methods(folder) == ["AddDeviceGroup", "RemoveDeviceGroup"]
    form = api.invoke(folder, "AddDeviceGroup")
    assert [member(form, name) for name in ("ItemType", "Path", "ChildrenFilled")] == [
        "InvokeInfo",
        "/CameraGroupFolder",
        "true",
    ]
    assert methods(form) == ["AddDeviceGroup"]
    assert properties(form) == {"Name": "", "Description": ""}


def test_a_method_that_is_not_offered_is_not_supported(api: Config) -> None:
    item = as_parameter(api.item("/CameraGroupFolder"))
    assert api.fault("InvokeMethod", f"{item}<method>AddHardware</method>") == "NotSupportedExceptionFault"
    camera = as_parameter(api.item(f"Camera[{api.sim.site.cameras[0].id}]"))
    assert api.fault("InvokeMethod", f"{camera}<method>JpegGetLive</method>") == "NotSupportedExceptionFault"
    assert api.fault("InvokeMethod", item) == "ArgumentNullExceptionFault"
    assert api.fault("InvokeMethod", f"<method>AddDeviceGroup</method>{item}") == "ArgumentNullExceptionFault"


@pytest.mark.parametrize(("release", "there"), [("2025R1", False), ("2025R2", True)])
def test_retrieval_is_offered_since_2025_r2(simulator_factory: Factory, release: str, there: bool) -> None:
    api = Config(simulator_factory(release=release, services=("management",)))
    offered = methods(api.item(f"Camera[{api.sim.site.cameras[0].id}]"))
    assert ("RetrieveEdgeStorage" in offered) is there
    assert "ReplaceHardware" in methods(api.item(f"Hardware[{api.sim.site.hardware[0].id}]"))
    api.close()


# Done at once


def test_groups_are_added_filled_emptied_and_removed(api: Config) -> None:
    site = api.sim.site
    top = path_of(api.run("/CameraGroupFolder", "AddDeviceGroup", Name="Docks", Description="by the water"))
    below = path_of(api.run(f"{top}/CameraGroupFolder", "AddDeviceGroup", Name="West"))
    assert api.paths(f"{top}/CameraGroupFolder") == [below]
    camera = f"Camera[{site.camera('C1').id}]"
    assert path_of(api.run(f"{below}/CameraFolder", "AddDeviceGroupMember", ItemSelection=camera)) == camera
    assert "already" in error_of(api.run(f"{below}/CameraFolder", "AddDeviceGroupMember", ItemSelection=camera))
    assert api.paths(f"{below}/CameraFolder") == [camera]
    assert "not empty" in error_of(api.run("/CameraGroupFolder", "RemoveDeviceGroup", ItemSelection=top))
    path_of(api.run(f"{below}/CameraFolder", "RemoveDeviceGroupMember", ItemSelection=camera))
    assert api.paths(f"{below}/CameraFolder") == []
    path_of(api.run("/CameraGroupFolder", "RemoveDeviceGroup", ItemSelection=top, RemoveMembers="True"))
    assert api.fault("GetItem", f"<path>{below}</path>") == "PathNotFoundExceptionFault"
    assert "Docks" not in {group.name for group in site.walk_groups()}


def test_a_wrong_path_is_an_argument_fault(api: Config) -> None:
    folder = f"CameraGroup[{api.sim.site.camera_groups[0].id}]/CameraFolder"
    form = api.invoke(api.item(folder), "AddDeviceGroupMember")
    for path in ("Hardware[00000000-0000-0000-0000-000000000001]", "Camera[nonsense]", "/CameraGroupFolder"):
        put(form, "ItemSelection", path)
        inner = f"{as_parameter(form)}<method>AddDeviceGroupMember</method>"
        assert api.fault("InvokeMethod", inner) == "ArgumentExceptionFault"


def test_the_keys_of_a_form_can_be_others(api: Config) -> None:
    api.sim.configuration.switches.device_group_keys = ("GroupName", "GroupDescription")
    path_of(api.run("/CameraGroupFolder", "AddDeviceGroup", GroupName="Docks"))
    assert api.sim.site.camera_groups[-1].name == "Docks"


def test_user_defined_events_come_and_go(api: Config) -> None:
    event = path_of(api.run("/UserDefinedEventFolder", "AddUserDefinedEvent", Name="Bell"))
    assert member(api.item(event), "DisplayName") == "Bell"
    assert "of that name" in error_of(api.run("/UserDefinedEventFolder", "AddUserDefinedEvent", Name="Bell"))
    path_of(api.run("/UserDefinedEventFolder", "RemoveUserDefinedEvent", ItemSelection=event))
    gate = api.sim.site.event_type("Open gate")
    assert gate is not None
    used = f"UserDefinedEvent[{gate.id}]"
    assert "is used" in error_of(api.run("/UserDefinedEventFolder", "RemoveUserDefinedEvent", ItemSelection=used))


def test_an_alarm_definition_asks_the_group_before_the_event(api: Config) -> None:
    site = api.sim.site
    form = api.invoke(api.item("/AlarmDefinitionFolder"), "AddAlarmDefinition")
    assert choices(form, "EventType") == []
    group = entry_of(form, "EventTypeGroup")
    assert group.findtext(f"{{{DATA}}}ServerValidation") == "true"
    put(form, "EventTypeGroup", "1eacbcad-d566-4375-834b-cfbe3d937caa")
    ok, errors, form = api.change("ValidateItem", form)
    assert (ok, errors) == (True, [])
    motion = site.event_type("Motion Detected")
    assert motion is not None
    assert choices(form, "EventType") == [str(motion.id)]
    put(form, "EventType", str(site.id))
    ok, errors, _ = api.change("ValidateItem", form)
    assert (ok, errors[0][0]) == (False, "EventType")
    camera = site.camera("C2")
    path = path_of(
        api.invoke(
            form,
            "AddAlarmDefinition",
            Name="Yard",
            EventType=str(motion.id),
            SourceList=f"Camera[{camera.id}],CameraGroup[{site.camera_groups[0].id}]",
            RelatedCameraList=f"Camera[{camera.id}]",
            Priority="34f1f987-6854-44fb-88a5-daa0add1e38a",
        )
    )
    made = site.alarm_definitions[-1]
    assert (made.name, made.event, made.priority) == ("Yard", "Motion Detected", 3)
    assert made.sources == [camera.id, *site.camera_groups[0].cameras]
    assert made.related_cameras == [camera.id]
    assert properties(api.item(path))["SourceList"] == f"Camera[{camera.id}];CameraGroup[{site.camera_groups[0].id}]"
    path_of(api.run("/AlarmDefinitionFolder", "RemoveAlarmDefinition", ItemSelection=path))
    assert made not in site.alarm_definitions


def test_a_definition_without_event_is_refused(api: Config) -> None:
    assert "event" in error_of(api.run("/AlarmDefinitionFolder", "AddAlarmDefinition", Name="Nothing"))
    assert "name" in error_of(api.run("/AlarmDefinitionFolder", "AddAlarmDefinition"))


def test_a_rule_takes_several_rounds(api: Config) -> None:
    first = api.invoke(api.item("/RuleFolder"), "AddRule")
    assert set(properties(first)) == {"Name"}
    second = api.invoke(first, "AddRule", Name="Night")
    assert member(second, "ItemType") == "InvokeInfo"
    assert set(properties(second)) == {"Name", "StartRuleType", "StopRuleType"}
    third = api.invoke(second, "AddRule", StartRuleType="Event")
    assert set(properties(third)) - set(properties(second)) == {"Description", "Always"}
    path = path_of(api.invoke(third, "AddRule", Description="after dark"))
    assert properties(api.item(path))["Description"] == "after dark"
    path_of(api.run("/RuleFolder", "RemoveRule", RemoveRulePath=path))
    assert api.fault("GetItem", f"<path>{path}</path>") == "PathNotFoundExceptionFault"


def test_the_password_of_hardware_takes_two_calls(api: Config) -> None:
    hardware = api.sim.site.hardware[0]
    path = f"Hardware[{hardware.id}]"
    assert "Password" not in properties(api.item(path))
    form = api.invoke(api.item(path), "ReadPasswordHardware")
    assert (member(form, "ItemType"), properties(form)) == ("InvokeInfo", {})
    assert properties(api.invoke(form, "ReadPasswordHardware"))["Password"] == hardware.password


def test_an_endless_method_asks_for_one_thing_more_each_time(api: Config) -> None:
    api.sim.configuration.switches.endless_methods.add("AddRule")
    form = api.item("/RuleFolder")
    for count in range(1, 30):
        form = api.invoke(form, "AddRule")
        assert (member(form, "ItemType"), len(properties(form))) == ("InvokeInfo", count)


def test_the_older_style_sends_its_result_in_until_it_is_final(api: Config) -> None:
    api.sim.configuration.switches.pending_results["AddUserDefinedEvent"] = 2
    result = api.run("/UserDefinedEventFolder", "AddUserDefinedEvent", Name="Bell")
    for _ in range(2):
        assert (properties(result)["State"], properties(result)["Path"]) == ("InProgress", "")
        result = api.invoke(result, "AddUserDefinedEvent")
    assert path_of(result).startswith("UserDefinedEvent[")
    late = f"{as_parameter(result)}<method>AddUserDefinedEvent</method>"
    assert api.fault("InvokeMethod", late) == "ArgumentExceptionFault"


# Tasks


def add_hardware(api: Config, driver: int = 1, address: str = "http://192.0.2.77") -> str:
    site = api.sim.site
    [driver_id] = [entry.id for entry in site.drivers if entry.number == driver]
    return task_of(
        api.run(
            f"RecordingServer[{site.recorders[0].id}]",
            "AddHardware",
            HardwareAddress=address,
            HardwareDriverPath=f"HardwareDriver[{driver_id}]",
            UserName="root",
            Password="x&y",
        )
    )


def test_hardware_is_added_by_a_task_whose_path_becomes_the_hardware_s(api: Config) -> None:
    path = add_hardware(api, driver=421)
    recorder = api.sim.site.recorders[0]
    seen = []
    for _ in range(api.sim.configuration.tasks.polls):
        task = api.item(path)
        told = properties(task)
        seen.append((told["State"], told["Progress"], told["Path"], methods(task)))
    assert member(task, "Path") == path
    assert member(task, "ParentPath") == f"RecordingServer[{recorder.id}]"
    hardware = properties(task)["Path"]
    assert seen == [
        ("InProgress", "33", path, ["TaskStop"]),
        ("InProgress", "66", path, ["TaskStop"]),
        ("Success", "100", hardware, ["TaskCleanup"]),
    ]
    assert hardware.startswith("Hardware[")
    item = api.item(hardware)
    assert properties(item)["Address"] == "http://192.0.2.77/"
    devices = [*api.children(f"{hardware}/CameraFolder"), *api.children(f"{hardware}/MicrophoneFolder"), item]
    assert len(devices) == 6
    assert {entry.findtext(f"{{{DATA}}}EnableProperty/{{{DATA}}}Enabled") for entry in devices} == {"false"}
    assert api.paths(f"RecordingServer[{recorder.id}]/TaskFolder") == [path]
    assert path_of(api.invoke(api.item(path), "TaskCleanup")) == ""
    assert api.fault("GetItem", f"<path>{path}</path>") == "PathNotFoundExceptionFault"
    gone = task_of(api.run(f"RecordingServer[{recorder.id}]/HardwareFolder", "DeleteHardware", ItemSelection=hardware))
    api.sim.configuration.tasks.finish()
    assert properties(api.item(gone))["State"] == "Success"
    assert api.fault("GetItem", f"<path>{hardware}</path>") == "PathNotFoundExceptionFault"


def test_a_task_can_be_told_to_fail(api: Config) -> None:
    api.sim.configuration.tasks.fail_with(60277, "The hardware cannot be reached.")
    path = add_hardware(api)
    api.sim.configuration.tasks.finish()
    told = properties(api.item(path))
    assert [told[key] for key in ("State", "Progress", "ErrorCode", "ErrorText", "Path")] == [
        "Error",
        "100",
        "60277",
        "VMO60277: The hardware cannot be reached.",
        "",
    ]
    assert len(api.sim.site.hardware) == 5
    api.sim.configuration.tasks.fail_with(None)
    second = add_hardware(api)
    assert int(second[5:-1]) == int(path[5:-1]) + 1, "numbers are small and rise"


def test_a_task_that_never_ends_is_stopped(api: Config) -> None:
    tasks = api.sim.configuration.tasks
    tasks.never_ends = True
    path = add_hardware(api)
    for _ in range(12):
        task = api.item(path)
    assert properties(task)["State"] == "InProgress"
    inner = f"{as_parameter(task)}<method>TaskCleanup</method>"
    assert api.fault("InvokeMethod", inner) == "NotSupportedExceptionFault", "it is not offered while the task runs"
    path_of(api.invoke(task, "TaskStop"))
    assert properties(api.item(path))["State"] == "Completed"
    assert len(api.sim.site.hardware) == 5
    second = add_hardware(api)
    tasks.fail(1, "given up")
    assert properties(api.item(second))["ErrorText"] == "VMO1: given up"


def test_an_address_that_is_none_is_a_business_error(api: Config) -> None:
    recorder = api.sim.site.recorders[0]
    driver = api.sim.site.drivers[0]
    result = api.run(
        f"RecordingServer[{recorder.id}]",
        "AddHardware",
        HardwareAddress="nonsense",
        HardwareDriverPath=f"HardwareDriver[{driver.id}]",
    )
    assert "cannot be reached" in error_of(result)


# Retrieval


def retrieve(api: Config, path: str, start: datetime, end: datetime) -> Any:
    shape = "%Y-%m-%dT%H:%M:%S.%f0Z"
    return api.run(
        path, "RetrieveEdgeStorage", StartTime=start.strftime(shape), EndTime=end.strftime(shape), Identifier="job 1"
    )


def test_recordings_are_fetched_from_the_remote_site(simulator_factory: Factory) -> None:
    api = Config(simulator_factory(interconnect_site(), services=("management",)))
    camera = api.sim.site.cameras[0]
    path = f"Camera[{camera.id}]"
    start = datetime(2025, 11, 3, 5, tzinfo=UTC)
    end = start + timedelta(minutes=20)
    assert api.sim.site.camera(camera.id).recordings == []
    api.sim.configuration.tasks.polls = 1
    task = task_of(retrieve(api, path, start, end))
    assert api.paths("/TaskFolder") == [task]
    told = properties(api.item(task))
    assert (told["State"], told["TaskType"], told["Device"]) == ("Success", "StorageRetrieval", path)
    assert (told["UserName"], told["Identifier"]) == (api.sim.username, "job 1")
    assert (told["StartTime"], told["EndTime"]) == ("2025-11-03T05:00:00.0000000Z", "2025-11-03T05:20:00.0000000Z")
    assert told["TaskStartTime"].endswith("Z")
    assert camera.recordings == [(start, end)]
    api.item(task_of(retrieve(api, path, end - timedelta(minutes=1), end + timedelta(minutes=1))))
    assert camera.recordings == [(start, end + timedelta(minutes=1))], "spans that touch are one"
    api.close()


def test_what_cannot_be_retrieved(simulator_factory: Factory) -> None:
    api = Config(simulator_factory(interconnect_site(), services=("management",)))
    [first, _, direct] = api.sim.site.cameras
    start, end = datetime(2025, 11, 3, 5, tzinfo=UTC), datetime(2025, 11, 3, 6, tzinfo=UTC)
    assert "played back directly" in error_of(retrieve(api, f"Camera[{direct.id}]", start, end))
    assert "start" in error_of(retrieve(api, f"Camera[{first.id}]", end, start))
    first.edge_storage = False
    assert "does not support" in error_of(retrieve(api, f"Camera[{first.id}]", start, end))
    form = api.invoke(api.item(f"Camera[{first.id}]"), "RetrieveEdgeStorage")
    inner = f"{as_parameter(form)}<method>RetrieveEdgeStorage</method>"
    assert api.fault("InvokeMethod", inner) == "ArgumentNullExceptionFault"
    put(form, "StartTime", "yesterday")
    inner = f"{as_parameter(form)}<method>RetrieveEdgeStorage</method>"
    assert api.fault("InvokeMethod", inner) == "ArgumentExceptionFault"
    user = api.sim.site.user(api.sim.username)
    assert user is not None
    user.rights = {"RetrieveEdgeRecordings": False}
    assert api.fault("InvokeMethod", inner) == "UnauthorizedAccessFault"
    api.close()
