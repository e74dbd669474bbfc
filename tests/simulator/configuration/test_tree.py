"""The tree of items, their properties, and that they agree with GetConfiguration."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from milestone_sdk.simulator import (
    Category,
    Device,
    Entry,
    Simulator,
    example_site,
    federated_site,
    interconnect_site,
)
from milestone_sdk.simulator.site.devices import INTERCONNECT_DRIVER, stable_id
from tests.support.configuration_wire import (
    DATA,
    NIL,
    Config,
    Start,
    as_parameter,
    choices,
    entry_of,
    member,
    methods,
    properties,
    put,
    written_item,
)
from tests.support.management_wire import texts, tree

Factory = Callable[..., Simulator]

EXTERNAL = "5946b6fa-44d9-4f4c-82bb-46a17b924265"


def walk(api: Config, path: str = "/") -> Iterator[Any]:
    """Every item from there on, whose own GetItem must tell the same path and type."""
    for child in api.children(path):
        here, item_type = member(child, "Path"), member(child, "ItemType")
        again = api.item(here)
        assert (member(again, "Path"), member(again, "ItemType")) == (here, item_type)
        yield child
        if member(child, "ChildrenFilled") != "true":
            yield from walk(api, here)


def enabled(item: Any) -> bool | None:
    value = item.find(f"{{{DATA}}}EnableProperty").findtext(f"{{{DATA}}}Enabled")
    return None if value is None else value == "true"


# Shape


def test_the_whole_tree_can_be_walked(start: Start) -> None:
    site = example_site()
    site.state_groups = [Entry(id=stable_id("x", "x"), name="On/off", settings={"States": "On;Off"})]
    site.generic_events = [Entry(id=stable_id("y", "y"), name="Bell")]
    site.camera("C1").events = {"Tampering": True}
    hardware = site.hardware[0]
    for kind in ("Microphone", "Speaker", "Metadata", "InputEvent", "Output"):
        site.devices.append(Device(id=stable_id(kind, "1"), kind=kind, name=f"{kind} 1", hardware_id=hardware.id))
    site.child_sites = federated_site().child_sites
    api = start(site)
    types = {member(item, "ItemType") for item in walk(api)}
    wanted = (
        "RecordingServer Hardware HardwareDriver HardwareDriverSettings Storage Camera Stream DeviceDriverSettings "
        "PtzPreset MotionDetection HardwareDeviceEvent Microphone Speaker Metadata InputEvent Output CameraGroup Role "
        "BasicUser Rule TimeProfile UserDefinedEvent AnalyticsEvent GenericEvent EventTypeGroup EventType StateGroup "
        "AlarmDefinition LicenseInformation Site SiteAddress"
    )
    assert {name for name in types if not name.endswith("Folder")} == set(wanted.split())
    assert api.sim.dropped == []


def test_folders_come_with_releases(start: Start) -> None:
    assert "/RuleFolder" not in start(release="2018R3").paths("/")
    middle = start(release="2020R3").paths("/")
    assert "/RuleFolder" in middle
    assert "/ViewGroupFolder" not in middle
    assert "/ViewGroupFolder" in start(release="2021R1").paths("/")


def test_a_folder_is_a_group_with_its_owner_as_parent(api: Config) -> None:
    recorder = api.sim.site.recorders[0]
    item = api.item(f"RecordingServer[{recorder.id}]/HardwareFolder")
    told = [member(item, name) for name in ("ItemType", "ItemCategory", "ParentPath")]
    assert told == ["HardwareFolder", "Group", f"RecordingServer[{recorder.id}]"]
    assert methods(item) == ["DeleteHardware"]
    assert member(api.item("/CameraGroupFolder"), "ParentPath") == "/"


def test_guids_in_paths_may_be_in_upper_case(api: Config) -> None:
    camera = api.sim.site.camera("C1")
    assert member(api.item(f"Camera[{str(camera.id).upper()}]"), "Path") == f"Camera[{camera.id}]"
    assert len(api.children(f"Hardware[{str(camera.hardware_id).upper()}]/CameraFolder")) == 1


def test_from_a_camera_to_its_recorder_by_parent_paths(api: Config) -> None:
    path = f"Camera[{api.sim.site.camera('C1').id}]"
    climbed: list[str] = []
    while path != "/":
        item = api.item(path)
        climbed.append(member(item, "ItemType"))
        path = member(item, "ParentPath").rpartition("/")[0] or "/"
    assert climbed == ["Camera", "Hardware", "RecordingServer"]


def test_groups_nest_and_cameras_listed_there_tell_either_parent(api: Config) -> None:
    site = api.sim.site
    perimeter = site.camera_groups[2]
    north, camera = perimeter.groups[0], site.camera("North Fence")
    assert api.paths(f"CameraGroup[{perimeter.id}]/CameraGroupFolder") == [f"CameraGroup[{north.id}]"]
    assert (
        member(api.item(f"CameraGroup[{north.id}]"), "ParentPath") == f"CameraGroup[{perimeter.id}]/CameraGroupFolder"
    )
    folder = f"CameraGroup[{north.id}]/CameraFolder"
    [listed] = api.children(folder)
    assert (member(listed, "Path"), member(listed, "ParentPath")) == (f"Camera[{camera.id}]", folder)
    hardware_folder = f"Hardware[{camera.hardware_id}]/CameraFolder"
    assert member(api.item(f"Camera[{camera.id}]"), "ParentPath") == hardware_folder
    api.sim.configuration.switches.group_parent_paths = False
    [listed] = api.children(folder)
    assert member(listed, "ParentPath") == hardware_folder


def test_disabled_things_are_listed_here_and_left_out_there(api: Config) -> None:
    site = api.sim.site
    off, below_off = site.camera("C1"), site.camera("C2")
    hardware = next(entry for entry in site.hardware if entry.id == below_off.hardware_id)
    off.enabled = hardware.enabled = False
    items = {member(item, "DisplayName"): item for item in api.query("Camera")}
    assert (enabled(items["C1"]), enabled(items["C2"])) == (False, True)
    assert enabled(api.item(f"Hardware[{hardware.id}]")) is False
    assert [member(item, "DisplayName") for item in api.query("Camera", enable="Disabled")] == ["C1"]
    assert len(api.query("Camera", enable="Enabled")) == 4
    headers = api.wire.bearer()
    token = f"<token>{api.wire.login(headers)}</token>"
    configuration = tree(api.wire.call("GetConfiguration", token, headers=headers))
    listed = {info.findtext("{*}Name") for info in configuration.iter("{*}CameraInfo")}
    assert listed == {"Front Hallway", "Store Room", "North Fence"}
    left_out = tree(api.wire.call("GetDevicesDisabled", token, headers=headers))
    assert texts(left_out, "DeviceName") == ["C1", "C2"]


# Queries


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (("Name", "Contains", "hall"), ["Front Hallway"]),
        (("name", "BeginsWith", "c"), ["C1", "C2"]),
        (("Name", "Equals", "c1"), ["C1"]),
        (("Name", "NotEquals", "C1"), ["Front Hallway", "Store Room", "C2", "North Fence"]),
        (("PrebufferSeconds", "LessThan", "10"), ["Front Hallway", "Store Room", "C1", "C2", "North Fence"]),
        (("ManualRecordingTimeoutMinutes", "GreaterThan", "10"), []),
        (("NoSuchKey", "Equals", ""), []),
    ],
)
def test_filters_by_property(api: Config, condition: tuple[str, str, str], found: list[str]) -> None:
    assert [member(item, "DisplayName") for item in api.query("Camera", condition)] == found


def test_several_filters_must_all_hold_and_the_limit_cuts(api: Config) -> None:
    both = api.query("Camera", ("Name", "BeginsWith", "C"), ("Name", "Contains", "2"))
    assert [member(item, "DisplayName") for item in both] == ["C2"]
    assert len(api.query("Camera", limit=2)) == 2
    assert len(api.query("NoSuchType")) == 0


def hierarchy(api: Config, path: str, *types: str, enable: str = "") -> Any:
    listed = "".join(f"<b:string>{name}</b:string>" for name in types)
    filters = (
        f'<itemFilters xmlns:a="{DATA}"><a:ItemFilter><a:EnableFilter>{enable}</a:EnableFilter>'
        f"<a:ItemType>Camera</a:ItemType></a:ItemFilter></itemFilters>"
    )
    arrays = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
    inner = f'<path>{path}</path><itemTypes xmlns:b="{arrays}">{listed}</itemTypes>{filters if enable else ""}'
    return api.result("GetChildItemsHierarchy", inner)


def test_a_hierarchy_brings_the_listed_types_filled(api: Config) -> None:
    api.sim.site.camera("C1").enabled = False
    levels = ("RecordingServer", "HardwareFolder", "Hardware", "CameraFolder", "Camera")
    [recorder] = hierarchy(api, "/RecordingServerFolder", *levels)
    assert member(recorder, "ChildrenFilled") == "true"
    found = [member(item, "DisplayName") for item in recorder.iter(f"{{{DATA}}}ConfigurationItem")]
    assert {"C1", "C2", "Device 1"} <= set(found)
    assert {member(item, "ItemType") for item in recorder.iter(f"{{{DATA}}}ConfigurationItem")} == set(levels)
    [recorder] = hierarchy(api, "/RecordingServerFolder", *levels, enable="Enabled")
    assert "C1" not in texts(recorder, "DisplayName")


# One model


def test_a_camera_and_its_twin_in_get_configuration_tell_the_same(api: Config) -> None:
    site = api.sim.site
    camera = site.camera("North Fence")
    camera.short_name, camera.description, camera.gis = "NF", "by the\r\ngate", "POINT (12.5 55.7)"
    camera.icon, camera.index, camera.coverage_direction = 3, 2, 0.5
    camera.coverage_depth, camera.coverage_field_of_view = 4.57200000001829, 0.25
    camera.edge_playback, camera.manual_recording_minutes = True, 15
    told = properties(api.item(f"Camera[{camera.id}]"))
    headers = api.wire.bearer()
    answer = tree(api.wire.call("GetConfiguration", f"<token>{api.wire.login(headers)}</token>", headers=headers))
    [info] = [info for info in answer.iter("{*}CameraInfo") if info.findtext("{*}Name") == "North Fence"]

    def twin(name: str) -> str:
        return info.findtext("{*}" + name) or ""

    for key, name in (
        ("Id", "DeviceId"),
        ("Name", "Name"),
        ("ShortName", "ShortName"),
        ("Description", "Description"),
        ("GisPoint", "GisPoint"),
        ("Icon", "Icon"),
        ("Channel", "DeviceIndex"),
    ):
        assert told[key] == twin(name), key
    for key in ("CoverageDirection", "CoverageDepth", "CoverageFieldOfView"):
        assert float(told[key]) == float(twin(key)) != 0, key
    assert told["EdgeStoragePlaybackEnabled"] == "True"
    assert twin("EdgeStoragePlayback") == "true"
    assert int(twin("StopManualRecordingSeconds")) == int(told["ManualRecordingTimeoutMinutes"]) * 60 == 900
    [hardware_item] = [item for item in api.query("Hardware") if member(item, "Path")[9:-1] == str(camera.hardware_id)]
    [hardware_info] = [
        entry for entry in answer.iter("{*}HardwareInfo") if entry.findtext("{*}HardwareId") == str(camera.hardware_id)
    ]
    hardware = properties(hardware_item)
    assert hardware["Name"] == hardware_info.findtext("{*}Name")
    assert hardware["Address"] == hardware_info.findtext("{*}Uri")
    assert hardware["LastModified"][:22] == (hardware_info.findtext("{*}LastModified") or "")[:22].rstrip("Z")
    [recorder_info] = answer.iter("{*}RecorderInfo")
    recorder = properties(api.item(f"RecordingServer[{site.recorders[0].id}]"))
    for key, name in (("Name", "Name"), ("HostName", "HostName"), ("TimeZoneName", "TimeZoneName")):
        assert recorder[key] == recorder_info.findtext("{*}" + name)
    assert recorder["WebServerUri"] == (recorder_info.findtext("{*}WebServerUri") or "")


def test_a_recorder_that_runs_tells_its_address_and_port(simulator_factory: Factory) -> None:
    api = Config(simulator_factory())
    told = properties(api.children("/RecordingServerFolder")[0])
    recorder = api.sim.site.recorders[0]
    assert told["WebServerUri"] == recorder.uri != ""
    assert f":{told['PortNumber']}/" in recorder.uri
    api.close()


def test_stream_uses_bear_the_path_of_their_item(api: Config) -> None:
    camera = api.sim.site.camera("North Fence")
    [stream] = api.children(f"Camera[{camera.id}]/StreamFolder")
    assert member(stream, "Path") == f"Stream[{camera.id}]"
    assert member(stream, "ChildrenFilled") == "true"
    [use] = stream.find(f"{{{DATA}}}Children")
    assert (member(use, "Path"), member(use, "ItemCategory")) == (f"Stream[{camera.id}]", "ChildItem")
    assert properties(use)["RecordTo"] == "16ce3aa1-5f93-458a-abe5-5c95d9ed1372"


def test_stream_properties_come_with_2023_r2(start: Start) -> None:
    for release, there in (("2023R1", False), ("2023R2", True)):
        api = start(release=release)
        [use] = api.item(f"Stream[{api.sim.site.camera('C1').id}]").find(f"{{{DATA}}}Children")
        assert ("RecordTo" in properties(use)) is there
        assert properties(use).get("Record") == (None if there else "True")


@pytest.mark.parametrize(("name", "supported"), [("North Fence", "True"), ("C1", "False")])
def test_driver_settings_tell_whether_the_device_stores(api: Config, name: str, supported: str) -> None:
    [settings] = api.children(f"Camera[{api.sim.site.camera(name).id}]/DeviceDriverSettingsFolder")
    [(key, value)] = properties(settings).items()
    assert key.startswith("device:0.0/EdgeStorageSupported/")
    assert value == supported
    assert choices(settings, key) == ["True", "False"]
    [stream] = settings.find(f"{{{DATA}}}Children")
    assert properties(stream)["stream:0.0.0/FPS/6527c12a-06f1-4f58-a2fe-6640c61707e0"] == "5"


def test_devices_events_are_told_with_whether_they_are_enabled(api: Config) -> None:
    camera = api.sim.site.camera("C1")
    folder = f"Camera[{camera.id}]/HardwareDeviceEventFolder"
    assert api.children(folder) == []
    camera.events = {"Tampering": True, "Motion Started (HW)": False}
    [item] = api.children(folder)
    told = {member(child, "DisplayName"): enabled(child) for child in item.find(f"{{{DATA}}}Children")}
    assert told == camera.events
    hardware = api.sim.site.hardware[0]
    hardware.events = {"Input 1": False}
    [item] = api.children(f"Hardware[{hardware.id}]/HardwareDeviceEventFolder")
    assert member(item, "ParentPath") == f"Hardware[{hardware.id}]/HardwareDeviceEventFolder"
    [child] = item.find(f"{{{DATA}}}Children")
    child.find(f"{{{DATA}}}EnableProperty/{{{DATA}}}Enabled").text = "true"
    assert api.change("SetItem", item)[0]
    assert hardware.events == {"Input 1": True}


def test_alarm_definitions_name_group_event_sources_and_priority(api: Config) -> None:
    site = api.sim.site
    site.categories = [Category(level=4, name="Fire")]
    site.alarm_definitions[0].category = 4
    site.camera_groups[0].name = "A"
    told = {member(item, "DisplayName"): item for item in api.children("/AlarmDefinitionFolder")}
    indoors = properties(told["Motion indoors"])
    event = site.event_type("Motion Detected")
    assert event is not None
    assert indoors["EventTypeGroup"] == "1eacbcad-d566-4375-834b-cfbe3d937caa"
    assert indoors["EventType"] == str(event.id)
    assert str(event.id) in choices(told["Motion indoors"], "EventType")
    assert indoors["SourceList"] == ";".join(f"Camera[{source}]" for source in site.alarm_definitions[0].sources)
    assert indoors["Priority"] == "9ad9338b-22ba-4f2e-bf62-e6948ae99bbf"
    assert indoors["Category"] == choices(told["Motion indoors"], "Category")[1]
    analytics = properties(told["Perimeter Defender"])
    assert analytics["EventTypeGroup"].startswith("a96692c8-")
    assert analytics["SourceList"] == "/CameraFolder"
    gate = properties(told["Gate opened"])
    assert gate["EventTypeGroup"] == EXTERNAL
    assert gate["RelatedCameraList"] == f"Camera[{site.camera('Front Hallway').id}]"
    site.alarm_definitions[0].event = "External Event"
    external = properties(api.item(f"AlarmDefinition[{site.alarm_definitions[0].id}]"))
    assert external["EventTypeGroup"] == EXTERNAL


def test_event_types_hang_below_their_groups(api: Config) -> None:
    groups = {member(item, "DisplayName"): member(item, "Path") for item in api.children("/EventTypeGroupFolder")}
    [motion] = api.children(f"{groups['Device Events']}/EventTypeFolder")
    assert (member(motion, "DisplayName"), properties(motion)["Name"]) == ("Motion Detected", "MotionDetected")
    external = groups["External Events"]
    assert external == f"EventTypeGroup[{EXTERNAL}]"
    assert len(api.children(f"{external}/UserDefinedEventFolder")) == 2
    assert len(api.children(f"{groups['Analytics Events']}/AnalyticsEventFolder")) == 1


# Profiles of sites


def test_an_interconnect_site_has_one_hardware_that_is_a_whole_site(start: Start) -> None:
    api = start(interconnect_site(4))
    [hardware] = api.query("Hardware")
    driver = properties(api.item(properties(hardware)["HardwareDriverPath"]))
    assert (driver["Number"], driver["DriverType"]) == (str(INTERCONNECT_DRIVER), "InterconnectedProduct")
    cameras = api.children(f"{member(hardware, 'Path')}/CameraFolder")
    assert [properties(camera)["Channel"] for camera in cameras] == ["0", "1", "2", "3"]
    direct = [properties(camera)["EdgeStoragePlaybackEnabled"] for camera in cameras]
    assert direct == ["False", "False", "False", "True"]
    headers = api.wire.bearer()
    answer = api.wire.call("GetConfiguration", f"<token>{api.wire.login(headers)}</token>", headers=headers)
    assert texts(tree(answer), "Interconnected") == ["true"]


def test_a_federated_site_lists_its_children_with_their_addresses(start: Start) -> None:
    api = start(federated_site())
    sites = {member(item, "DisplayName"): member(item, "Path") for item in api.children("/SiteFolder")}
    assert list(sites) == ["North", "South"]
    [far] = api.children(f"{sites['South']}/SiteFolder")
    assert member(far, "ParentPath") == f"{sites['South']}/SiteFolder"
    assert "Name" not in properties(far)
    addresses = [properties(item) for item in api.children(f"{sites['North']}/SiteAddressFolder")]
    assert [address["AddressType"] for address in addresses] == ["Internal", "External"]
    assert addresses[1]["Url"] == "https://north.example.net/"
    assert properties(api.item("/"))["MasterSiteAddress"] == ""
    child = start(federated_site("https://above.example.net/"))
    assert properties(child.item("/"))["MasterSiteAddress"] == "https://above.example.net/"


# Changes


def test_set_item_changes_the_site_and_both_interfaces_tell_it(api: Config) -> None:
    site = api.sim.site
    camera = site.camera("C1")
    before = site.recorders[0].last_modified
    item = api.item(f"Camera[{camera.id}]")
    put(item, "Name", "Gate & <North>")
    put(item, "CoverageDirection", "0.75")
    put(item, "PrebufferSeconds", "7")
    item.find(f"{{{DATA}}}EnableProperty/{{{DATA}}}Enabled").text = "false"
    assert api.change("SetItem", item)[:2] == (True, [])
    assert (camera.name, camera.coverage_direction, camera.enabled) == ("Gate & <North>", 0.75, False)
    assert properties(api.item(f"Camera[{camera.id}]"))["PrebufferSeconds"] == "7"
    assert site.recorders[0].last_modified > before
    assert api.sim.dropped == []


def test_validate_item_changes_nothing(api: Config) -> None:
    camera = api.sim.site.camera("C1")
    item = api.item(f"Camera[{camera.id}]")
    put(item, "Name", "Gate")
    ok, errors, result = api.change("ValidateItem", item)
    assert (ok, errors, properties(result)["Name"], camera.name) == (True, [], "Gate", "C1")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Channel", "7"),
        ("Name", " "),
        ("CoverageDirection", "1.5"),
        ("CoverageDepth", "far"),
        ("PrebufferSeconds", "601"),
        ("RecordingEnabled", "perhaps"),
        ("FailoverSetting", "Sometimes"),
        ("RecordingStorage", "Storage[00000000-0000-0000-0000-000000000001]"),
        ("RecordingStorage", "Camera[00000000-0000-0000-0000-000000000001]"),
    ],
)
def test_bad_values_and_read_only_ones_are_told_and_nothing_is_saved(api: Config, key: str, value: str) -> None:
    camera = api.sim.site.camera("C1")
    item = api.item(f"Camera[{camera.id}]")
    put(item, "Description", "changed")
    put(item, key, value)
    for operation in ("ValidateItem", "SetItem"):
        ok, errors, _ = api.change(operation, item)
        assert not ok
        [[told, text, text_id]] = errors
        assert told == key
        assert text
        assert text_id.startswith("VMO")
    assert camera.description == ""


def test_direct_playback_and_retrieval_exclude_one_another(api: Config) -> None:
    camera = api.sim.site.camera("North Fence")
    item = api.item(f"Camera[{camera.id}]")
    put(item, "EdgeStorageEnabled", "True")
    assert api.change("SetItem", item)[0]
    put(item, "EdgeStoragePlaybackEnabled", "True")
    assert api.change("SetItem", item)[1][0][0] == "EdgeStoragePlaybackEnabled"
    assert (camera.edge_retrieval, camera.edge_playback) == (True, False)


def test_child_items_are_saved_with_their_item(api: Config) -> None:
    camera = api.sim.site.camera("C1")
    item = api.item(f"Stream[{camera.id}]")
    [use] = item.find(f"{{{DATA}}}Children")
    put(use, "LiveMode", "Always")
    assert api.change("SetItem", item)[0]
    assert camera.streams[0].live_mode == "Always"
    put(use, "LiveMode", "Now and then")
    assert api.change("SetItem", item)[1][0][0] == "LiveMode"


def test_a_renamed_event_keeps_its_alarm_definition(api: Config) -> None:
    event = api.sim.site.event_type("Open gate")
    assert event is not None
    item = api.item(f"UserDefinedEvent[{event.id}]")
    put(item, "Name", "Gate is open")
    assert api.change("SetItem", item)[0]
    assert "Gate is open" in {definition.event for definition in api.sim.site.alarm_definitions}


def test_what_cannot_be_changed_at_all(api: Config) -> None:
    folder = api.item("/CameraGroupFolder")
    assert folder.find(f"{{{DATA}}}EnableProperty").get(NIL) == "true"
    assert api.fault("SetItem", as_parameter(folder)) == "NotSupportedExceptionFault"
    camera = api.sim.site.camera("C1")
    wrong = written_item(f"Camera[{camera.id}]", "Hardware", {})
    assert api.fault("SetItem", wrong) == "ArgumentExceptionFault"
    assert entry_of(api.item("/"), "Version").findtext(f"{{{DATA}}}IsSettable") == "false"
