# Generated from tests/_async/configuration/test_api.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""`site.configuration` against the simulated Configuration API."""

from collections.abc import Callable

import pytest

from milestone_sdk import (
    AlarmDefinitionItem,
    Client,
    BasicUser,
    CameraItem,
    ConfigurationError,
    ConfigurationItem,
    HardwareItem,
    InvalidCredentials,
    InvalidItem,
    ItemFilter,
    ItemNotFound,
    ItemPath,
    ItemView,
    LicenseRequired,
    MilestoneError,
    PermissionDenied,
    PropertyFilter,
    RemoteProtocolError,
    ReplyTooLarge,
    ServerFault,
    SiteItem,
    TaskFailed,
    TaskItem,
    TaskTimeout,
    Trust,
    UnsupportedFeature,
)
from milestone_sdk._net.fanout import gather_within
from milestone_sdk.simulator import Simulator, example_site
from milestone_sdk.simulator.site.examples import federated_site, interconnect_site
from milestone_sdk.testing import ManualClock

from ...support.stopwatch import Stopwatch
from ..opening import client_of

pytestmark = pytest.mark.anyio

NOWHERE = "Camera[00000000-0000-0000-0000-00000000dead]"
OLD = ["2018R3", "2020R1"]


def listed(site: Client, path: str, **options: bool) -> list[ConfigurationItem]:
    return [item for item in site.configuration.children(path, **options)]


def camera_item(site: Client, name: str = "C1") -> ConfigurationItem:
    return site.configuration.item(f"Camera[{(site.camera(name)).id}]")


# Reading


def test_the_root_is_the_management_server(reader: Client) -> None:
    root = reader.configuration.item()
    assert (root.item_type, root.path) == ("System", "/")
    assert (root.text("Version") or "").startswith("25.2")


@pytest.mark.parametrize("release", ["2018R3", "2020R2", "2021R1", "2023R3", "2025R3"])
def test_every_release_is_read(simulator_factory: Callable[..., Simulator], release: str) -> None:
    simulator = simulator_factory(release=release, strict_order=True)
    with client_of(simulator) as site:
        cameras = site.configuration.views(CameraItem)
        assert {camera.name for camera in cameras} == {camera.name for camera in simulator.site.cameras}
        first = site.configuration.item(cameras[0].path)
        assert first.text("Name") == cameras[0].name
        tops = listed(site, "/CameraGroupFolder")
        assert [group.name for group in tops] == ["SiteA", "SiteB", "Perimeter"]


def test_an_item_that_is_not_there(reader: Client) -> None:
    with pytest.raises(ItemNotFound) as caught:
        reader.configuration.item(NOWHERE)
    assert caught.value.operation == "GetItem"
    with pytest.raises(ItemNotFound):
        listed(reader, f"{NOWHERE}/StreamFolder")


def test_what_is_no_path_is_not_sent(site: Client, simulator: Simulator) -> None:
    simulator.forget()
    with pytest.raises(ConfigurationError, match="not a path"):
        site.configuration.item("Cameras/C1")
    assert simulator.requests == []


def test_the_tree_is_asked_for_as_far_as_one_looks(site: Client, simulator: Simulator) -> None:
    simulator.forget()
    for item in site.configuration.children("/", recurse=True):
        if item.item_type == "RecordingServer":
            break
    few = len(simulator.requests)
    assert few <= 3
    everything = listed(site, "/", recurse=True)
    paths = [item.path for item in everything if item.category != "ChildItem"]
    for camera in simulator.site.cameras:
        assert f"Camera[{camera.id}]".casefold() in map(str.casefold, paths)
    assert len(simulator.requests) > 10 * few


def test_disabled_devices_are_listed(site: Client, simulator: Simulator) -> None:
    simulator.edit(lambda model: setattr(model.camera("C1"), "enabled", False))
    item = camera_off(site, simulator)
    assert item.enabled is False
    on = site.configuration.query("Camera", enable="Enabled")
    off = site.configuration.query("Camera", enable="Disabled")
    assert [camera.name for camera in off] == ["C1"]
    assert len(on) == len(simulator.site.cameras) - 1


def camera_off(site: Client, simulator: Simulator) -> ConfigurationItem:
    return site.configuration.item(ItemPath.of("Camera", simulator.site.camera("C1").id))


@pytest.mark.parametrize("release", ["2025R2", *OLD])
def test_questions_have_the_same_answer_on_old_servers(
    simulator_factory: Callable[..., Simulator], release: str
) -> None:
    with client_of(simulator_factory(release=release)) as site:
        found = site.configuration.query("Camera", PropertyFilter("Name", "BeginsWith", "c"))
        assert sorted(item.name for item in found) == ["C1", "C2"]
        assert len(site.configuration.query("Camera", limit=2)) == 2
        groups = site.configuration.query("CameraGroup")
        assert sorted(group.name for group in groups) == ["North", "Perimeter", "SiteA", "SiteB"]
        assert len(site.configuration.query("Hardware")) == 5
        (recorder,) = site.configuration.query("RecordingServer")
        below = site.configuration.hierarchy(
            recorder.path, "HardwareFolder", "Hardware", "CameraFolder", "Camera",
            filters=[ItemFilter(item_type="Camera", conditions=[PropertyFilter("Name", "Equals", "C2")])],
        )  # fmt: skip
        cameras = [item.name for top in below for item in top.walk() if item.item_type == "Camera"]
        assert cameras == ["C2"]


def test_a_type_that_nobody_knows_on_an_old_server(simulator_factory: Callable[..., Simulator]) -> None:
    with client_of(simulator_factory(release="2020R1")) as site:
        with pytest.raises(UnsupportedFeature):
            site.configuration.query("Camera Folder")
        assert site.configuration.query("Novelty") == ()


def test_a_type_that_is_not_looked_for_leaves_the_others_alone(site: Client, simulator: Simulator) -> None:
    refusal = simulator.configuration.switches.fail("QueryItems", "NotSupportedExceptionFault")
    groups = site.configuration.query("CameraGroup")
    refusal.remove()
    assert len(groups) == 4
    simulator.forget()
    assert site.configuration.query("Camera")
    assert [request.operation for request in simulator.requests] == ["QueryItems"]


def test_an_answer_too_large_is_asked_for_recorder_by_recorder(simulator: Simulator) -> None:
    simulator.configuration.switches.inflate["QueryItems"] = 3_000_000
    user = BasicUser(simulator.username, simulator.password)
    site = Client(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), max_reply=2_000_000)
    with site:
        found = site.configuration.query("Camera", PropertyFilter("Name", "BeginsWith", "c"))
        assert sorted(item.name for item in found) == ["C1", "C2"]
        assert len(site.configuration.query("Camera", limit=1)) == 1
        with pytest.raises(ReplyTooLarge, match="longer than 2000000 bytes"):
            site.configuration.query("AlarmDefinition")
        assert (site.configuration.item()).item_type == "System"


def test_views_of_any_type_are_an_error(reader: Client) -> None:
    with pytest.raises(ConfigurationError, match="one type of item"):
        reader.configuration.views(ItemView)
    assert reader.configuration.views(TaskItem) == ()


def test_the_root_on_an_old_server(simulator_factory: Callable[..., Simulator]) -> None:
    with client_of(simulator_factory(release="2020R1")) as site:
        (root,) = site.configuration.views(SiteItem)
        assert root.path == "/"


def test_drivers_that_may_not_be_read_cost_no_camera(site: Client, simulator: Simulator) -> None:
    simulator.configuration.switches.fail("HardwareDriver[", "UnauthorizedAccessFault")
    assert len(site.configuration.devices.cameras()) == len(simulator.site.cameras)


def test_alarm_definitions_tell_event_and_sources(site: Client, simulator: Simulator) -> None:
    found = {definition.name: definition for definition in site.configuration.views(AlarmDefinitionItem)}
    assert found.keys() == {definition.name for definition in simulator.site.alarm_definitions}
    indoors = found["Motion indoors"]
    names = {simulator.site.camera(path.guid).name for path in indoors.sources if path.guid}
    assert names == {"Front Hallway", "Store Room"}
    assert not indoors.is_external_event
    assert found["Perimeter Defender"].covers_all_cameras


def test_the_recorder_of_a_camera_by_climbing(site: Client, simulator: Simulator) -> None:
    (recorder,) = simulator.site.recorders
    camera = camera_item(site)
    assert (site.configuration.recorder_of(camera)).id == recorder.id
    (group, *_) = listed(site, "/CameraGroupFolder")
    (through_a_folder, *_) = listed(site, f"{group.path}/CameraFolder")
    assert (site.configuration.recorder_of(through_a_folder)).name == recorder.name
    with pytest.raises(ConfigurationError, match="does not belong to a recording server"):
        site.configuration.recorder_of("/")


def test_methods_and_texts(reader: Client) -> None:
    assert "AddDeviceGroup" in {method.id for method in reader.configuration.methods()}
    assert reader.configuration.translations()


# Trees that are not as they should be


def test_a_folder_that_holds_itself_ends(site: Client, simulator: Simulator) -> None:
    (group, *_) = listed(site, "/CameraGroupFolder")
    simulator.configuration.switches.also_listed[f"{group.path}/CameraGroupFolder"] = [group.path]
    found = listed(site, "/CameraGroupFolder", recurse=True)
    assert sum(item.path == group.path for item in found) == 2
    with pytest.raises(RemoteProtocolError, match="contains itself"):
        site.configuration.devices.camera_groups()


def test_what_is_removed_during_a_walk_is_left_out(site: Client, simulator: Simulator) -> None:
    camera = camera_item(site)
    simulator.configuration.switches.vanished.add(camera.path)
    found = listed(site, "/RecordingServerFolder", recurse=True)
    assert [item.name for item in found if item.item_type == "Camera"].count("C2") == 1


def test_nil_is_no_children(site: Client, simulator: Simulator) -> None:
    simulator.configuration.switches.nil_children.add("/CameraGroupFolder")
    assert listed(site, "/CameraGroupFolder") == []
    assert site.configuration.devices.camera_groups() == ()


def test_a_part_without_rights_is_an_error_or_is_noted(site: Client, simulator: Simulator) -> None:
    simulator.configuration.switches.fail("/RoleFolder", "UnauthorizedAccessFault")
    with pytest.raises(PermissionDenied):
        listed(site, "/", recurse=True)
    refused: list[str] = []
    found = [
        item
        for item in site.configuration.children(
            "/", recurse=True, denied=lambda path, error: refused.append(path)
        )
    ]
    assert refused == ["/RoleFolder"]
    assert {"Camera", "RecordingServer", "AlarmDefinition"} <= {item.item_type for item in found}


@pytest.mark.parametrize("max_reply", [0, -1, 10**12])
def test_measures_that_make_no_sense(max_reply: int) -> None:
    with pytest.raises(ConfigurationError, match="max_reply must be 1 to"):
        Client("https://127.0.0.1", BasicUser("a", "b"), max_reply=max_reply)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("UnauthorizedAccessFault", PermissionDenied),
        ("LicenseExceptionFault", LicenseRequired),
        ("NotSupportedExceptionFault", UnsupportedFeature),
        ("ServerExceptionFault", ServerFault),
        ("ArgumentExceptionFault", InvalidItem),
        ("ArgumentNullExceptionFault", InvalidItem),
    ],
)
def test_a_walk_goes_on_past_each_part_that_cannot_be_read(
    site: Client, simulator: Simulator, name: str, expected: type[MilestoneError]
) -> None:
    camera = simulator.site.camera("C1")
    start = f"Hardware[{camera.hardware_id}]"
    everything = [item.path for item in listed(site, start, recurse=True)]
    closed = (f"{start}/HardwareDriverSettingsFolder", f"Camera[{camera.id}]")
    for path in closed:
        simulator.configuration.switches.fail(path, name)
    with pytest.raises(expected):
        listed(site, start, recurse=True)
    refused: dict[str, MilestoneError] = {}
    walked = site.configuration.children(start, recurse=True, denied=refused.__setitem__)
    found = [item.path for item in walked]
    assert {path.casefold() for path in refused} == {path.casefold() for path in closed}
    assert {type(error) for error in refused.values()} == {expected}
    assert set(found) < set(everything)
    below = {"HardwareDriverSettings", "DeviceDriverSettings", "Stream", "MotionDetection"}
    assert {path.partition("[")[0] for path in everything} - {path.partition("[")[0] for path in found} == below


@pytest.mark.parametrize("name", ["LicenseExceptionFault", "NotSupportedExceptionFault", "PathNotFoundExceptionFault"])
def test_a_product_without_federated_sites_has_none(
    simulator_factory: Callable[..., Simulator], name: str
) -> None:
    simulator = simulator_factory(federated_site())
    with client_of(simulator) as site:
        devices = site.configuration.devices
        assert len(devices.child_sites()) == 2
        once = simulator.configuration.switches.fail("/SiteFolder", name)
        assert devices.child_sites() == ()
        once.remove()
        north = next(child for child in simulator.site.child_sites if child.name == "North")
        simulator.configuration.switches.fail(f"Site[{north.id}]/SiteAddressFolder", "UnauthorizedAccessFault")
        with pytest.raises(PermissionDenied):
            devices.child_sites()
        refused: list[str] = []
        found = devices.child_sites(denied=lambda path, error: refused.append(path))
        assert [len(each.addresses) for each in found] == [0, 2]
        assert len(refused) == 1


@pytest.mark.parametrize("name", ["ServerExceptionFault", "LicenseExceptionFault"])
def test_faults_keep_what_the_server_said(site: Client, simulator: Simulator, name: str) -> None:
    simulator.configuration.switches.fail("GetItem", name, times=1)
    with pytest.raises(ServerFault) as caught:
        site.configuration.item()
    assert caught.value.code == name.removesuffix("ExceptionFault")
    assert "set to fail" in str(caught.value)


# Changing


def test_a_changed_name_is_stored(site: Client, simulator: Simulator) -> None:
    camera = camera_item(site)
    site.configuration.set(camera.with_values(Name="Gate 3").with_enabled(False))
    changed = simulator.site.camera("Gate 3")
    assert (changed.id, changed.enabled) == (camera.id, False)
    assert simulator.dropped == []


def test_what_the_server_refuses_is_told_by_property(site: Client, simulator: Simulator) -> None:
    camera = camera_item(site)
    with pytest.raises(InvalidItem) as caught:
        site.configuration.set(camera.with_values(Channel=7, Name="Other"))
    assert [key for key, _ in caught.value.problems] == ["Channel"]
    assert simulator.site.camera("C1").id == camera.id, "nothing is stored"
    assert not (site.configuration.validate(camera.with_values(Channel=7))).ok
    assert (site.configuration.validate(camera)).ok


def test_an_event_is_added_and_removed(site: Client, simulator: Simulator) -> None:
    task = site.configuration.invoke("/UserDefinedEventFolder", "AddUserDefinedEvent", name="Open door")
    assert task.is_over
    assert task.state == "Success"
    assert simulator.site.event_type("Open door") is not None
    assert task.result is not None
    removing = site.configuration.item("/UserDefinedEventFolder")
    form = {"ItemSelection": task.result}
    site.configuration.invoke(removing, "RemoveUserDefinedEvent", form)
    assert simulator.site.event_type("Open door") is None


def test_an_alarm_definition_whose_choices_follow_from_each_other(
    site: Client, simulator: Simulator
) -> None:
    camera = camera_item(site)
    site.configuration.invoke(
        "/AlarmDefinitionFolder",
        "AddAlarmDefinition",
        Name="At the gate",
        EventTypeGroup="1eacbcad-d566-4375-834b-cfbe3d937caa",
        EventType="Motion Detected",
        SourceList=[camera.path],
    )
    (made,) = [each for each in simulator.site.alarm_definitions if each.name == "At the gate"]
    assert (made.event, made.sources) == ("Motion Detected", [camera.id])


def test_a_misspelt_value_does_nothing(site: Client, simulator: Simulator) -> None:
    with pytest.raises(ConfigurationError, match="Nmae"):
        site.configuration.invoke("/UserDefinedEventFolder", "AddUserDefinedEvent", Nmae="Open door")
    assert simulator.site.event_type("Open door") is None


def test_a_method_that_is_not_offered(reader: Client) -> None:
    with pytest.raises(UnsupportedFeature, match="no method Explode"):
        reader.configuration.invoke("/UserDefinedEventFolder", "Explode")


def test_a_method_that_asks_for_ever(site: Client, simulator: Simulator) -> None:
    simulator.configuration.switches.endless_methods.add("AddRule")
    with pytest.raises((RemoteProtocolError, ConfigurationError)):
        site.configuration.invoke("/RuleFolder", "AddRule", Name="Night")


def test_a_rule_in_several_rounds(site: Client) -> None:
    values = {"Name": "Night", "StartRuleType": "Event", "Never": "asked"}
    task = site.configuration.invoke("/RuleFolder", "AddRule", values)
    assert task.state == "Success"
    assert "Never" in task.unused


# Tasks


def patient_client(simulator: Simulator) -> Client:
    """A client whose clock is moved by waiting: nothing sleeps."""
    user = BasicUser(simulator.username, simulator.password)
    return Client(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), clock=ManualClock())


def adding_hardware(site: Client) -> dict[str, str]:
    (recorder,) = site.configuration.query("RecordingServer")
    (driver, *_) = listed(site, f"{recorder.path}/HardwareDriverFolder")
    return {
        "path": recorder.path,
        "HardwareAddress": "http://192.0.2.77/",
        "HardwareDriverPath": driver.path,
        "UserName": "root",
        "Password": "pass",
    }


def test_a_task_is_followed_to_its_end_and_cleaned_up(simulator: Simulator) -> None:
    with patient_client(simulator) as site:
        values = adding_hardware(site)
        task = site.configuration.invoke(values.pop("path"), "AddHardware", values)
        assert task.path is not None
        assert not task.is_over
        task.wait(timeout=60)
        assert (task.state, task.progress) == ("Success", 100)
        assert task.result is not None
        hardware = HardwareItem.of(site.configuration.item(task.result))
        assert hardware.address == "http://192.0.2.77/"
        assert hardware.enabled is False, "new hardware starts switched off"
        with pytest.raises(ItemNotFound):
            site.configuration.item(task.path)


def test_a_task_that_never_ends(simulator: Simulator) -> None:
    simulator.configuration.tasks.never_ends = True
    with patient_client(simulator) as site:
        values = adding_hardware(site)
        task = site.configuration.invoke(values.pop("path"), "AddHardware", values)
        with pytest.raises(TaskTimeout, match="has not ended after 30 s") as caught:
            task.wait(timeout=30)
        assert caught.value.task == task.path
        assert caught.value.retriable
        with pytest.raises(UnsupportedFeature):
            task.cleanup()
        task.stop()
        with pytest.raises(ConfigurationError, match="timeout"):
            task.wait(timeout=-1)


def test_a_task_that_fails_tells_code_and_text(simulator: Simulator) -> None:
    simulator.configuration.tasks.fail_with(60277, "VMO60277: Cannot reach the recording server")
    with patient_client(simulator) as site:
        values = adding_hardware(site)
        task = site.configuration.invoke(values.pop("path"), "AddHardware", values)
        with pytest.raises(TaskFailed, match="VMO60277") as caught:
            task.wait(timeout=60)
    assert (caught.value.code, caught.value.task) == ("60277", task.path)


def test_a_task_that_somebody_else_cleaned_up(simulator: Simulator) -> None:
    with patient_client(simulator) as site:
        values = adding_hardware(site)
        task = site.configuration.invoke(values.pop("path"), "AddHardware", values)
        assert task.path is not None
        simulator.configuration.switches.vanished.add(task.path)
        with pytest.raises(TaskFailed, match="cleaned up by another client"):
            task.wait(timeout=60)


def test_waiting_survives_a_short_outage(simulator: Simulator) -> None:
    with patient_client(simulator) as site:
        values = adding_hardware(site)
        task = site.configuration.invoke(values.pop("path"), "AddHardware", values)
        simulator.faults.add("management", "reset", operation="GetItem", times=3)
        task.wait(timeout=60)
        assert task.state == "Success"


def test_waiting_ends_in_time_where_the_server_does_not_answer(simulator: Simulator) -> None:
    with client_of(simulator, timeout=60) as site:
        values = adding_hardware(site)
        task = site.configuration.invoke(values.pop("path"), "AddHardware", values)
        fault = simulator.faults.add("management", "deaf", operation="GetItem")
        watch = Stopwatch()
        with pytest.raises(TaskTimeout):
            task.wait(timeout=1)
        assert watch.seconds < 10
        fault.remove()
        task.wait(timeout=60, cleanup=False)
        simulator.faults.add("management", "deaf", operation="GetItem")
        watch = Stopwatch()
        task.wait(timeout=1)
        assert watch.seconds < 10, "cleaning up is not waited for"
        assert task.state == "Success"


def test_results_that_are_sent_in_again_until_they_are_final(simulator: Simulator) -> None:
    simulator.configuration.switches.pending_results["AddUserDefinedEvent"] = 2
    with patient_client(simulator) as site:
        task = site.configuration.invoke("/UserDefinedEventFolder", "AddUserDefinedEvent", Name="Late")
        assert not task.is_over
        task.wait(timeout=10)
        assert task.state == "Success"


# Who may


def test_a_basic_user_of_an_old_server_has_a_prefix(simulator_factory: Callable[..., Simulator]) -> None:
    simulator = simulator_factory(release="2020R1")
    simulator.configuration.switches.plain_basic_names = True
    with client_of(simulator) as site:
        simulator.forget()
        for _ in range(3):
            with pytest.raises(InvalidCredentials, match="configuration_prefix"):
                site.configuration.item()
        assert len(simulator.requests) == 1, "a refused login is not tried again"
        assert site.cameras()
    user = BasicUser(simulator.username, simulator.password)
    plain = Client(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), configuration_prefix="")
    with plain as site:
        assert (site.configuration.item()).item_type == "System"


def test_calls_side_by_side_are_one_try_for_a_refused_user(simulator_factory: Callable[..., Simulator]) -> None:
    simulator = simulator_factory(release="2020R1")
    simulator.configuration.switches.plain_basic_names = True
    with client_of(simulator) as site:
        simulator.forget()
        outcomes = gather_within(30, [site.configuration.item] * 8)
        assert {type(outcome.error) for outcome in outcomes} == {InvalidCredentials}
        assert len(simulator.requests) == 1, "each try counts towards locking the account"


# The same site from both sources


@pytest.mark.parametrize("release", ["2018R3", "2025R3"])
def test_both_sources_give_equal_models(simulator_factory: Callable[..., Simulator], release: str) -> None:
    simulator = simulator_factory(example_site(), release=release)
    simulator.edit(lambda model: setattr(model.camera("Store Room"), "enabled", False))
    with client_of(simulator) as site:
        devices = site.configuration.devices
        assert {camera.configured for camera in devices.cameras()} == {
            camera.configured for camera in site.cameras()
        }
        assert devices.camera_groups() == site.camera_groups()
        assert devices.recorders() == tuple(recorder.configured for recorder in site.recorders())
        known = {hardware.configured for hardware in site.hardware()}
        assert known <= {hardware.configured for hardware in devices.hardware()}
        everything = devices.cameras(disabled=True)
        assert len(everything) == len(simulator.site.cameras)


@pytest.mark.parametrize("item_type", ["HardwareFolder", "Hardware", "CameraFolder"])
def test_a_hierarchy_that_stops_early_costs_no_camera(
    site: Client, simulator: Simulator, item_type: str
) -> None:
    simulator.configuration.switches.left_unfilled.add(item_type)
    assert len(site.configuration.devices.cameras()) == len(simulator.site.cameras)
    assert len(site.configuration.devices.hardware()) == len(simulator.site.hardware)


def test_a_camera_that_is_on_while_its_hardware_is_off(site: Client, simulator: Simulator) -> None:
    def switch_off(model: object) -> None:
        camera = simulator.site.camera("C1")
        (hardware,) = [each for each in simulator.site.hardware if each.id == camera.hardware_id]
        hardware.enabled = False

    simulator.edit(switch_off)
    item = site.configuration.item(ItemPath.of("Camera", simulator.site.camera("C1").id))
    assert item.enabled
    assert "C1" not in {camera.name for camera in site.configuration.devices.cameras()}
    assert "C1" not in {camera.name for camera in site.cameras()}
    assert "C1" in {camera.name for camera in site.configuration.devices.cameras(disabled=True)}


@pytest.mark.requirement(75, 76)
def test_interconnected_cameras_are_marked(simulator_factory: Callable[..., Simulator]) -> None:
    with client_of(simulator_factory(interconnect_site())) as site:
        cameras = site.cameras()
        assert cameras
        for camera in (*cameras, *site.configuration.devices.cameras()):
            assert camera.hardware is not None
            assert camera.hardware.interconnected


def test_federated_sites_tell_their_addresses(simulator_factory: Callable[..., Simulator]) -> None:
    simulator = simulator_factory(federated_site())
    with client_of(simulator) as site:
        children = site.configuration.devices.child_sites()
    assert children
    for child in children:
        assert child.site.name
        assert any((address.url or "").startswith("http") for address in child.addresses)


def test_federated_sites_within_each_other_have_an_end(simulator_factory: Callable[..., Simulator]) -> None:
    simulator = simulator_factory(federated_site())
    with client_of(simulator) as site:
        tops = [item.path for item in listed(site, "/SiteFolder")]
        for path in tops:
            simulator.configuration.switches.also_listed[f"{path}/SiteFolder"] = [path]
        simulator.forget()
        children = site.configuration.devices.child_sites()
        assert len(simulator.requests) < 10 * len(tops)
    met = [child.site.path for top in children for child in (top, *top.children)]
    assert sorted(set(met)) == sorted(met)
