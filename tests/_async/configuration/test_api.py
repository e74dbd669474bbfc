"""`site.configuration` against the simulated Configuration API."""

from collections.abc import Callable

import pytest

from milestone_sdk import (
    AlarmDefinitionItem,
    AsyncClient,
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
from milestone_sdk._net.fanout import async_gather_within
from milestone_sdk.simulator import Simulator, example_site
from milestone_sdk.simulator.site.examples import federated_site, interconnect_site
from milestone_sdk.testing import AsyncManualClock

from ...support.stopwatch import Stopwatch
from ..opening import client_of

pytestmark = pytest.mark.anyio

NOWHERE = "Camera[00000000-0000-0000-0000-00000000dead]"
OLD = ["2018R3", "2020R1"]


async def listed(site: AsyncClient, path: str, **options: bool) -> list[ConfigurationItem]:
    return [item async for item in site.configuration.children(path, **options)]


async def camera_item(site: AsyncClient, name: str = "C1") -> ConfigurationItem:
    return await site.configuration.item(f"Camera[{(await site.camera(name)).id}]")


# Reading


async def test_the_root_is_the_management_server(reader: AsyncClient) -> None:
    root = await reader.configuration.item()
    assert (root.item_type, root.path) == ("System", "/")
    assert (root.text("Version") or "").startswith("25.2")


@pytest.mark.parametrize("release", ["2018R3", "2020R2", "2021R1", "2023R3", "2025R3"])
async def test_every_release_is_read(simulator_factory: Callable[..., Simulator], release: str) -> None:
    simulator = simulator_factory(release=release, strict_order=True)
    async with client_of(simulator) as site:
        cameras = await site.configuration.views(CameraItem)
        assert {camera.name for camera in cameras} == {camera.name for camera in simulator.site.cameras}
        first = await site.configuration.item(cameras[0].path)
        assert first.text("Name") == cameras[0].name
        tops = await listed(site, "/CameraGroupFolder")
        assert [group.name for group in tops] == ["SiteA", "SiteB", "Perimeter"]


async def test_an_item_that_is_not_there(reader: AsyncClient) -> None:
    with pytest.raises(ItemNotFound) as caught:
        await reader.configuration.item(NOWHERE)
    assert caught.value.operation == "GetItem"
    with pytest.raises(ItemNotFound):
        await listed(reader, f"{NOWHERE}/StreamFolder")


async def test_what_is_no_path_is_not_sent(site: AsyncClient, simulator: Simulator) -> None:
    simulator.forget()
    with pytest.raises(ConfigurationError, match="not a path"):
        await site.configuration.item("Cameras/C1")
    assert simulator.requests == []


async def test_the_tree_is_asked_for_as_far_as_one_looks(site: AsyncClient, simulator: Simulator) -> None:
    simulator.forget()
    async for item in site.configuration.children("/", recurse=True):
        if item.item_type == "RecordingServer":
            break
    few = len(simulator.requests)
    assert few <= 3
    everything = await listed(site, "/", recurse=True)
    paths = [item.path for item in everything if item.category != "ChildItem"]
    for camera in simulator.site.cameras:
        assert f"Camera[{camera.id}]".casefold() in map(str.casefold, paths)
    assert len(simulator.requests) > 10 * few


async def test_disabled_devices_are_listed(site: AsyncClient, simulator: Simulator) -> None:
    simulator.edit(lambda model: setattr(model.camera("C1"), "enabled", False))
    item = await camera_off(site, simulator)
    assert item.enabled is False
    on = await site.configuration.query("Camera", enable="Enabled")
    off = await site.configuration.query("Camera", enable="Disabled")
    assert [camera.name for camera in off] == ["C1"]
    assert len(on) == len(simulator.site.cameras) - 1


async def camera_off(site: AsyncClient, simulator: Simulator) -> ConfigurationItem:
    return await site.configuration.item(ItemPath.of("Camera", simulator.site.camera("C1").id))


@pytest.mark.parametrize("release", ["2025R2", *OLD])
async def test_questions_have_the_same_answer_on_old_servers(
    simulator_factory: Callable[..., Simulator], release: str
) -> None:
    async with client_of(simulator_factory(release=release)) as site:
        found = await site.configuration.query("Camera", PropertyFilter("Name", "BeginsWith", "c"))
        assert sorted(item.name for item in found) == ["C1", "C2"]
        assert len(await site.configuration.query("Camera", limit=2)) == 2
        groups = await site.configuration.query("CameraGroup")
        assert sorted(group.name for group in groups) == ["North", "Perimeter", "SiteA", "SiteB"]
        assert len(await site.configuration.query("Hardware")) == 5
        (recorder,) = await site.configuration.query("RecordingServer")
        below = await site.configuration.hierarchy(
            recorder.path, "HardwareFolder", "Hardware", "CameraFolder", "Camera",
            filters=[ItemFilter(item_type="Camera", conditions=[PropertyFilter("Name", "Equals", "C2")])],
        )  # fmt: skip
        cameras = [item.name for top in below for item in top.walk() if item.item_type == "Camera"]
        assert cameras == ["C2"]


async def test_a_type_that_nobody_knows_on_an_old_server(simulator_factory: Callable[..., Simulator]) -> None:
    async with client_of(simulator_factory(release="2020R1")) as site:
        with pytest.raises(UnsupportedFeature):
            await site.configuration.query("Camera Folder")
        assert await site.configuration.query("Novelty") == ()


async def test_a_type_that_is_not_looked_for_leaves_the_others_alone(site: AsyncClient, simulator: Simulator) -> None:
    refusal = simulator.configuration.switches.fail("QueryItems", "NotSupportedExceptionFault")
    groups = await site.configuration.query("CameraGroup")
    refusal.remove()
    assert len(groups) == 4
    simulator.forget()
    assert await site.configuration.query("Camera")
    assert [request.operation for request in simulator.requests] == ["QueryItems"]


async def test_an_answer_too_large_is_asked_for_recorder_by_recorder(simulator: Simulator) -> None:
    simulator.configuration.switches.inflate["QueryItems"] = 3_000_000
    user = BasicUser(simulator.username, simulator.password)
    site = AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), max_reply=2_000_000)
    async with site:
        found = await site.configuration.query("Camera", PropertyFilter("Name", "BeginsWith", "c"))
        assert sorted(item.name for item in found) == ["C1", "C2"]
        assert len(await site.configuration.query("Camera", limit=1)) == 1
        with pytest.raises(ReplyTooLarge, match="longer than 2000000 bytes"):
            await site.configuration.query("AlarmDefinition")
        assert (await site.configuration.item()).item_type == "System"


async def test_views_of_any_type_are_an_error(reader: AsyncClient) -> None:
    with pytest.raises(ConfigurationError, match="one type of item"):
        await reader.configuration.views(ItemView)
    assert await reader.configuration.views(TaskItem) == ()


async def test_the_root_on_an_old_server(simulator_factory: Callable[..., Simulator]) -> None:
    async with client_of(simulator_factory(release="2020R1")) as site:
        (root,) = await site.configuration.views(SiteItem)
        assert root.path == "/"


async def test_drivers_that_may_not_be_read_cost_no_camera(site: AsyncClient, simulator: Simulator) -> None:
    simulator.configuration.switches.fail("HardwareDriver[", "UnauthorizedAccessFault")
    assert len(await site.configuration.devices.cameras()) == len(simulator.site.cameras)


async def test_alarm_definitions_tell_event_and_sources(site: AsyncClient, simulator: Simulator) -> None:
    found = {definition.name: definition for definition in await site.configuration.views(AlarmDefinitionItem)}
    assert found.keys() == {definition.name for definition in simulator.site.alarm_definitions}
    indoors = found["Motion indoors"]
    names = {simulator.site.camera(path.guid).name for path in indoors.sources if path.guid}
    assert names == {"Front Hallway", "Store Room"}
    assert not indoors.is_external_event
    assert found["Perimeter Defender"].covers_all_cameras


async def test_the_recorder_of_a_camera_by_climbing(site: AsyncClient, simulator: Simulator) -> None:
    (recorder,) = simulator.site.recorders
    camera = await camera_item(site)
    assert (await site.configuration.recorder_of(camera)).id == recorder.id
    (group, *_) = await listed(site, "/CameraGroupFolder")
    (through_a_folder, *_) = await listed(site, f"{group.path}/CameraFolder")
    assert (await site.configuration.recorder_of(through_a_folder)).name == recorder.name
    with pytest.raises(ConfigurationError, match="does not belong to a recording server"):
        await site.configuration.recorder_of("/")


async def test_methods_and_texts(reader: AsyncClient) -> None:
    assert "AddDeviceGroup" in {method.id for method in await reader.configuration.methods()}
    assert await reader.configuration.translations()


# Trees that are not as they should be


async def test_a_folder_that_holds_itself_ends(site: AsyncClient, simulator: Simulator) -> None:
    (group, *_) = await listed(site, "/CameraGroupFolder")
    simulator.configuration.switches.also_listed[f"{group.path}/CameraGroupFolder"] = [group.path]
    found = await listed(site, "/CameraGroupFolder", recurse=True)
    assert sum(item.path == group.path for item in found) == 2
    with pytest.raises(RemoteProtocolError, match="contains itself"):
        await site.configuration.devices.camera_groups()


async def test_what_is_removed_during_a_walk_is_left_out(site: AsyncClient, simulator: Simulator) -> None:
    camera = await camera_item(site)
    simulator.configuration.switches.vanished.add(camera.path)
    found = await listed(site, "/RecordingServerFolder", recurse=True)
    assert [item.name for item in found if item.item_type == "Camera"].count("C2") == 1


async def test_nil_is_no_children(site: AsyncClient, simulator: Simulator) -> None:
    simulator.configuration.switches.nil_children.add("/CameraGroupFolder")
    assert await listed(site, "/CameraGroupFolder") == []
    assert await site.configuration.devices.camera_groups() == ()


async def test_a_part_without_rights_is_an_error_or_is_noted(site: AsyncClient, simulator: Simulator) -> None:
    simulator.configuration.switches.fail("/RoleFolder", "UnauthorizedAccessFault")
    with pytest.raises(PermissionDenied):
        await listed(site, "/", recurse=True)
    refused: list[str] = []
    found = [
        item
        async for item in site.configuration.children(
            "/", recurse=True, denied=lambda path, error: refused.append(path)
        )
    ]
    assert refused == ["/RoleFolder"]
    assert {"Camera", "RecordingServer", "AlarmDefinition"} <= {item.item_type for item in found}


@pytest.mark.parametrize("max_reply", [0, -1, 10**12])
async def test_measures_that_make_no_sense(max_reply: int) -> None:
    with pytest.raises(ConfigurationError, match="max_reply must be 1 to"):
        AsyncClient("https://127.0.0.1", BasicUser("a", "b"), max_reply=max_reply)


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
async def test_a_walk_goes_on_past_each_part_that_cannot_be_read(
    site: AsyncClient, simulator: Simulator, name: str, expected: type[MilestoneError]
) -> None:
    camera = simulator.site.camera("C1")
    start = f"Hardware[{camera.hardware_id}]"
    everything = [item.path for item in await listed(site, start, recurse=True)]
    closed = (f"{start}/HardwareDriverSettingsFolder", f"Camera[{camera.id}]")
    for path in closed:
        simulator.configuration.switches.fail(path, name)
    with pytest.raises(expected):
        await listed(site, start, recurse=True)
    refused: dict[str, MilestoneError] = {}
    walked = site.configuration.children(start, recurse=True, denied=refused.__setitem__)
    found = [item.path async for item in walked]
    assert {path.casefold() for path in refused} == {path.casefold() for path in closed}
    assert {type(error) for error in refused.values()} == {expected}
    assert set(found) < set(everything)
    below = {"HardwareDriverSettings", "DeviceDriverSettings", "Stream", "MotionDetection"}
    assert {path.partition("[")[0] for path in everything} - {path.partition("[")[0] for path in found} == below


@pytest.mark.parametrize("name", ["LicenseExceptionFault", "NotSupportedExceptionFault", "PathNotFoundExceptionFault"])
async def test_a_product_without_federated_sites_has_none(
    simulator_factory: Callable[..., Simulator], name: str
) -> None:
    simulator = simulator_factory(federated_site())
    async with client_of(simulator) as site:
        devices = site.configuration.devices
        assert len(await devices.child_sites()) == 2
        once = simulator.configuration.switches.fail("/SiteFolder", name)
        assert await devices.child_sites() == ()
        once.remove()
        north = next(child for child in simulator.site.child_sites if child.name == "North")
        simulator.configuration.switches.fail(f"Site[{north.id}]/SiteAddressFolder", "UnauthorizedAccessFault")
        with pytest.raises(PermissionDenied):
            await devices.child_sites()
        refused: list[str] = []
        found = await devices.child_sites(denied=lambda path, error: refused.append(path))
        assert [len(each.addresses) for each in found] == [0, 2]
        assert len(refused) == 1


@pytest.mark.parametrize("name", ["ServerExceptionFault", "LicenseExceptionFault"])
async def test_faults_keep_what_the_server_said(site: AsyncClient, simulator: Simulator, name: str) -> None:
    simulator.configuration.switches.fail("GetItem", name, times=1)
    with pytest.raises(ServerFault) as caught:
        await site.configuration.item()
    assert caught.value.code == name.removesuffix("ExceptionFault")
    assert "set to fail" in str(caught.value)


# Changing


async def test_a_changed_name_is_stored(site: AsyncClient, simulator: Simulator) -> None:
    camera = await camera_item(site)
    await site.configuration.set(camera.with_values(Name="Gate 3").with_enabled(False))
    changed = simulator.site.camera("Gate 3")
    assert (changed.id, changed.enabled) == (camera.id, False)
    assert simulator.dropped == []


async def test_what_the_server_refuses_is_told_by_property(site: AsyncClient, simulator: Simulator) -> None:
    camera = await camera_item(site)
    with pytest.raises(InvalidItem) as caught:
        await site.configuration.set(camera.with_values(Channel=7, Name="Other"))
    assert [key for key, _ in caught.value.problems] == ["Channel"]
    assert simulator.site.camera("C1").id == camera.id, "nothing is stored"
    assert not (await site.configuration.validate(camera.with_values(Channel=7))).ok
    assert (await site.configuration.validate(camera)).ok


async def test_an_event_is_added_and_removed(site: AsyncClient, simulator: Simulator) -> None:
    task = await site.configuration.invoke("/UserDefinedEventFolder", "AddUserDefinedEvent", name="Open door")
    assert task.is_over
    assert task.state == "Success"
    assert simulator.site.event_type("Open door") is not None
    assert task.result is not None
    removing = await site.configuration.item("/UserDefinedEventFolder")
    form = {"ItemSelection": task.result}
    await site.configuration.invoke(removing, "RemoveUserDefinedEvent", form)
    assert simulator.site.event_type("Open door") is None


async def test_an_alarm_definition_whose_choices_follow_from_each_other(
    site: AsyncClient, simulator: Simulator
) -> None:
    camera = await camera_item(site)
    await site.configuration.invoke(
        "/AlarmDefinitionFolder",
        "AddAlarmDefinition",
        Name="At the gate",
        EventTypeGroup="1eacbcad-d566-4375-834b-cfbe3d937caa",
        EventType="Motion Detected",
        SourceList=[camera.path],
    )
    (made,) = [each for each in simulator.site.alarm_definitions if each.name == "At the gate"]
    assert (made.event, made.sources) == ("Motion Detected", [camera.id])


async def test_a_misspelt_value_does_nothing(site: AsyncClient, simulator: Simulator) -> None:
    with pytest.raises(ConfigurationError, match="Nmae"):
        await site.configuration.invoke("/UserDefinedEventFolder", "AddUserDefinedEvent", Nmae="Open door")
    assert simulator.site.event_type("Open door") is None


async def test_a_method_that_is_not_offered(reader: AsyncClient) -> None:
    with pytest.raises(UnsupportedFeature, match="no method Explode"):
        await reader.configuration.invoke("/UserDefinedEventFolder", "Explode")


async def test_a_method_that_asks_for_ever(site: AsyncClient, simulator: Simulator) -> None:
    simulator.configuration.switches.endless_methods.add("AddRule")
    with pytest.raises((RemoteProtocolError, ConfigurationError)):
        await site.configuration.invoke("/RuleFolder", "AddRule", Name="Night")


async def test_a_rule_in_several_rounds(site: AsyncClient) -> None:
    values = {"Name": "Night", "StartRuleType": "Event", "Never": "asked"}
    task = await site.configuration.invoke("/RuleFolder", "AddRule", values)
    assert task.state == "Success"
    assert "Never" in task.unused


# Tasks


def patient_client(simulator: Simulator) -> AsyncClient:
    """A client whose clock is moved by waiting: nothing sleeps."""
    user = BasicUser(simulator.username, simulator.password)
    return AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), clock=AsyncManualClock())


async def adding_hardware(site: AsyncClient) -> dict[str, str]:
    (recorder,) = await site.configuration.query("RecordingServer")
    (driver, *_) = await listed(site, f"{recorder.path}/HardwareDriverFolder")
    return {
        "path": recorder.path,
        "HardwareAddress": "http://192.0.2.77/",
        "HardwareDriverPath": driver.path,
        "UserName": "root",
        "Password": "pass",
    }


async def test_a_task_is_followed_to_its_end_and_cleaned_up(simulator: Simulator) -> None:
    async with patient_client(simulator) as site:
        values = await adding_hardware(site)
        task = await site.configuration.invoke(values.pop("path"), "AddHardware", values)
        assert task.path is not None
        assert not task.is_over
        await task.wait(timeout=60)
        assert (task.state, task.progress) == ("Success", 100)
        assert task.result is not None
        hardware = HardwareItem.of(await site.configuration.item(task.result))
        assert hardware.address == "http://192.0.2.77/"
        assert hardware.enabled is False, "new hardware starts switched off"
        with pytest.raises(ItemNotFound):
            await site.configuration.item(task.path)


async def test_a_task_that_never_ends(simulator: Simulator) -> None:
    simulator.configuration.tasks.never_ends = True
    async with patient_client(simulator) as site:
        values = await adding_hardware(site)
        task = await site.configuration.invoke(values.pop("path"), "AddHardware", values)
        with pytest.raises(TaskTimeout, match="has not ended after 30 s") as caught:
            await task.wait(timeout=30)
        assert caught.value.task == task.path
        assert caught.value.retriable
        with pytest.raises(UnsupportedFeature):
            await task.cleanup()
        await task.stop()
        with pytest.raises(ConfigurationError, match="timeout"):
            await task.wait(timeout=-1)


async def test_a_task_that_fails_tells_code_and_text(simulator: Simulator) -> None:
    simulator.configuration.tasks.fail_with(60277, "VMO60277: Cannot reach the recording server")
    async with patient_client(simulator) as site:
        values = await adding_hardware(site)
        task = await site.configuration.invoke(values.pop("path"), "AddHardware", values)
        with pytest.raises(TaskFailed, match="VMO60277") as caught:
            await task.wait(timeout=60)
    assert (caught.value.code, caught.value.task) == ("60277", task.path)


async def test_a_task_that_somebody_else_cleaned_up(simulator: Simulator) -> None:
    async with patient_client(simulator) as site:
        values = await adding_hardware(site)
        task = await site.configuration.invoke(values.pop("path"), "AddHardware", values)
        assert task.path is not None
        simulator.configuration.switches.vanished.add(task.path)
        with pytest.raises(TaskFailed, match="cleaned up by another client"):
            await task.wait(timeout=60)


async def test_waiting_survives_a_short_outage(simulator: Simulator) -> None:
    async with patient_client(simulator) as site:
        values = await adding_hardware(site)
        task = await site.configuration.invoke(values.pop("path"), "AddHardware", values)
        simulator.faults.add("management", "reset", operation="GetItem", times=3)
        await task.wait(timeout=60)
        assert task.state == "Success"


async def test_waiting_ends_in_time_where_the_server_does_not_answer(simulator: Simulator) -> None:
    async with client_of(simulator, timeout=60) as site:
        values = await adding_hardware(site)
        task = await site.configuration.invoke(values.pop("path"), "AddHardware", values)
        fault = simulator.faults.add("management", "deaf", operation="GetItem")
        watch = Stopwatch()
        with pytest.raises(TaskTimeout):
            await task.wait(timeout=1)
        assert watch.seconds < 10
        fault.remove()
        await task.wait(timeout=60, cleanup=False)
        simulator.faults.add("management", "deaf", operation="GetItem")
        watch = Stopwatch()
        await task.wait(timeout=1)
        assert watch.seconds < 10, "cleaning up is not waited for"
        assert task.state == "Success"


async def test_results_that_are_sent_in_again_until_they_are_final(simulator: Simulator) -> None:
    simulator.configuration.switches.pending_results["AddUserDefinedEvent"] = 2
    async with patient_client(simulator) as site:
        task = await site.configuration.invoke("/UserDefinedEventFolder", "AddUserDefinedEvent", Name="Late")
        assert not task.is_over
        await task.wait(timeout=10)
        assert task.state == "Success"


# Who may


async def test_a_basic_user_of_an_old_server_has_a_prefix(simulator_factory: Callable[..., Simulator]) -> None:
    simulator = simulator_factory(release="2020R1")
    simulator.configuration.switches.plain_basic_names = True
    async with client_of(simulator) as site:
        simulator.forget()
        for _ in range(3):
            with pytest.raises(InvalidCredentials, match="configuration_prefix"):
                await site.configuration.item()
        assert len(simulator.requests) == 1, "a refused login is not tried again"
        assert await site.cameras()
    user = BasicUser(simulator.username, simulator.password)
    plain = AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), configuration_prefix="")
    async with plain as site:
        assert (await site.configuration.item()).item_type == "System"


async def test_calls_side_by_side_are_one_try_for_a_refused_user(simulator_factory: Callable[..., Simulator]) -> None:
    simulator = simulator_factory(release="2020R1")
    simulator.configuration.switches.plain_basic_names = True
    async with client_of(simulator) as site:
        simulator.forget()
        outcomes = await async_gather_within(30, [site.configuration.item] * 8)
        assert {type(outcome.error) for outcome in outcomes} == {InvalidCredentials}
        assert len(simulator.requests) == 1, "each try counts towards locking the account"


# The same site from both sources


@pytest.mark.parametrize("release", ["2018R3", "2025R3"])
async def test_both_sources_give_equal_models(simulator_factory: Callable[..., Simulator], release: str) -> None:
    simulator = simulator_factory(example_site(), release=release)
    simulator.edit(lambda model: setattr(model.camera("Store Room"), "enabled", False))
    async with client_of(simulator) as site:
        devices = site.configuration.devices
        assert {camera.configured for camera in await devices.cameras()} == {
            camera.configured for camera in await site.cameras()
        }
        assert await devices.camera_groups() == await site.camera_groups()
        assert await devices.recorders() == tuple(recorder.configured for recorder in await site.recorders())
        known = {hardware.configured for hardware in await site.hardware()}
        assert known <= {hardware.configured for hardware in await devices.hardware()}
        everything = await devices.cameras(disabled=True)
        assert len(everything) == len(simulator.site.cameras)


@pytest.mark.parametrize("item_type", ["HardwareFolder", "Hardware", "CameraFolder"])
async def test_a_hierarchy_that_stops_early_costs_no_camera(
    site: AsyncClient, simulator: Simulator, item_type: str
) -> None:
    simulator.configuration.switches.left_unfilled.add(item_type)
    assert len(await site.configuration.devices.cameras()) == len(simulator.site.cameras)
    assert len(await site.configuration.devices.hardware()) == len(simulator.site.hardware)


async def test_a_camera_that_is_on_while_its_hardware_is_off(site: AsyncClient, simulator: Simulator) -> None:
    def switch_off(model: object) -> None:
        camera = simulator.site.camera("C1")
        (hardware,) = [each for each in simulator.site.hardware if each.id == camera.hardware_id]
        hardware.enabled = False

    simulator.edit(switch_off)
    item = await site.configuration.item(ItemPath.of("Camera", simulator.site.camera("C1").id))
    assert item.enabled
    assert "C1" not in {camera.name for camera in await site.configuration.devices.cameras()}
    assert "C1" not in {camera.name for camera in await site.cameras()}
    assert "C1" in {camera.name for camera in await site.configuration.devices.cameras(disabled=True)}


@pytest.mark.requirement(75, 76)
async def test_interconnected_cameras_are_marked(simulator_factory: Callable[..., Simulator]) -> None:
    async with client_of(simulator_factory(interconnect_site())) as site:
        cameras = await site.cameras()
        assert cameras
        for camera in (*cameras, *await site.configuration.devices.cameras()):
            assert camera.hardware is not None
            assert camera.hardware.interconnected


async def test_federated_sites_tell_their_addresses(simulator_factory: Callable[..., Simulator]) -> None:
    simulator = simulator_factory(federated_site())
    async with client_of(simulator) as site:
        children = await site.configuration.devices.child_sites()
    assert children
    for child in children:
        assert child.site.name
        assert any((address.url or "").startswith("http") for address in child.addresses)


async def test_federated_sites_within_each_other_have_an_end(simulator_factory: Callable[..., Simulator]) -> None:
    simulator = simulator_factory(federated_site())
    async with client_of(simulator) as site:
        tops = [item.path for item in await listed(site, "/SiteFolder")]
        for path in tops:
            simulator.configuration.switches.also_listed[f"{path}/SiteFolder"] = [path]
        simulator.forget()
        children = await site.configuration.devices.child_sites()
        assert len(simulator.requests) < 10 * len(tops)
    met = [child.site.path for top in children for child in (top, *top.children)]
    assert sorted(set(met)) == sorted(met)
