import copy
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import get_origin
from uuid import UUID

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import example, given
from hypothesis import strategies as st

from milestone_sdk import models
from milestone_sdk.errors import ConfigurationError
from milestone_sdk.models import (
    AddressType,
    AlarmDefinitionItem,
    AnalyticsEventItem,
    CameraItem,
    ChildSiteItem,
    ConfigurationItem,
    DeviceItem,
    DriverType,
    EnableRule,
    EncryptionMethod,
    EventTypeItem,
    FailoverSetting,
    HardwareDriverItem,
    HardwareItem,
    ItemPath,
    ItemProperties,
    ItemProperty,
    ItemView,
    LiveMode,
    MapType,
    MicrophoneItem,
    PropertyDefinition,
    PtzPresetItem,
    RecordingDeviceItem,
    RecordingServerItem,
    RoleItem,
    SiteAddressItem,
    SiteItem,
    StorageItem,
    StreamItem,
    TaskItem,
    TaskState,
    view,
)
from milestone_sdk.models.items.view import Attribute
from tests.support.budget import examples
from tests.support.item_bodies import (
    CAMERA,
    CREATED,
    DRIVER,
    EXTERNAL,
    FILLED,
    FIRST_STREAM,
    HARDWARE,
    HIGH,
    NO_TIME,
    OTHER,
    PRIMARY,
    RECORDER,
    SECOND_CAMERA,
    SITE,
    STORAGE,
    Properties,
    item,
    number,
    read_one,
    text,
)

MODIFIED = datetime(2025, 10, 20, 8, 11, 2, 443000, tzinfo=UTC)
CLASSES = [
    found
    for found in (getattr(models, name) for name in models.__all__)
    if isinstance(found, type) and issubclass(found, ItemView) and found is not ItemView
]


def attributes(cls: type[ItemView]) -> Iterator[str]:
    """Every attribute that a view offers, own and inherited."""
    for name in dir(cls):
        if not name.startswith("__") and isinstance(getattr(cls, name), property):
            yield name


def camera(**changed: str) -> CameraItem:
    properties = {**FILLED["Camera"], **{key: (FILLED["Camera"][key][0], value) for key, value in changed.items()}}
    return CameraItem.of(read_one(item("Camera", properties)))


# What each view shows


def test_camera() -> None:
    found = CameraItem.of(
        read_one(
            item("Camera", path=f"Camera[{CAMERA.upper()}]", parent=f"Hardware[{HARDWARE}]/CameraFolder", enabled=True)
        )
    )
    assert found.path == f"Camera[{CAMERA.upper()}]"
    assert (found.id, found.name, found.enabled) == (UUID(CAMERA), "Gate 3 (10.0.0.13) - Camera 1", True)
    assert found.display_name == "As displayed"
    assert found.hardware == found.parent == ItemPath.of("Hardware", HARDWARE)
    assert (found.channel, found.icon, found.prebuffer_seconds) == (2, 4, 3)
    assert (found.description, found.short_name) == ("North\nside", "G3")  # CR LF in XML is LF
    assert found.last_modified == MODIFIED
    assert (found.coverage_direction, found.coverage_depth, found.coverage_field_of_view) == (
        0.5,
        4.57200000001829,
        0.25,
    )
    assert found.recording_storage == ItemPath.of("Storage", STORAGE)
    assert found.failover_setting is FailoverSetting.LIVE_ONLY
    assert found.manual_recording_seconds == 900
    assert found.ptz_enabled is True
    assert found.item.text("RecordingFramerate") == "5"
    assert found.recording_framerate == 5.0


def test_what_a_server_does_not_tell_is_none_or_the_default() -> None:
    found = CameraItem.of(read_one(item("Camera", {"Name": text(""), "Description": text(None), "GisPoint": text("")})))
    assert found.name == "As displayed"
    assert (found.description, found.gis_point, found.short_name, found.ptz_enabled) == (None, None, None, None)
    assert (found.channel, found.coverage_depth, found.recording_enabled) == (0, 0.0, False)
    assert (found.created, found.recording_storage, found.failover_setting) == (None, None, None)
    assert (found.enabled, found.parent, found.hardware, found.manual_recording_seconds) == (None, None, None, 0)


def test_the_letter_case_of_keys_does_not_matter() -> None:
    found = camera()
    lower = CameraItem.of(read_one(item("camera", {key.lower(): value for key, value in FILLED["Camera"].items()})))
    for name in attributes(CameraItem):
        if name != "path":
            assert getattr(lower, name) == getattr(found, name), name


@pytest.mark.parametrize(
    ("key", "value", "name", "seen"),
    [
        ("Channel", "two", "channel", 0),
        ("Channel", "9" * 5000, "channel", 0),
        ("CoverageDepth", "4,5", "coverage_depth", 0.0),
        ("CoverageDepth", "1e999", "coverage_depth", 0.0),
        ("CoverageDepth", "NaN", "coverage_depth", 0.0),
        ("RecordingEnabled", "perhaps", "recording_enabled", False),
        ("RecordingEnabled", "1", "recording_enabled", True),
        ("PtzEnabled", "perhaps", "ptz_enabled", None),
        ("LastModified", "yesterday", "last_modified", None),
        ("CreatedDate", NO_TIME[1], "created", None),
        ("CreatedDate", CREATED[1].removesuffix("Z"), "created", datetime(2025, 10, 19, 7, tzinfo=UTC)),
        ("RecordingStorage", "Storage[", "recording_storage", None),
        ("FailoverSetting", "Partly", "failover_setting", "Partly"),
        ("FailoverSetting", "liveonly", "failover_setting", FailoverSetting.LIVE_ONLY),
    ],
)
def test_what_cannot_be_decoded_is_none_or_the_default(key: str, value: str, name: str, seen: object) -> None:
    found = camera(**{key: value})
    assert getattr(found, name) == seen
    assert found.item.text(key) == value, "the raw text stays"


def test_a_manual_recording_that_nothing_ends() -> None:
    assert camera(ManualRecordingTimeoutEnabled="False").manual_recording_seconds == 0


def test_a_camera_read_through_a_group_names_no_hardware() -> None:
    found = CameraItem.of(read_one(item("Camera", parent=f"CameraGroup[{OTHER}]/CameraFolder")))
    assert found.hardware is None
    assert found.parent == ItemPath.of("CameraGroup", OTHER)


def test_devices_have_a_common_base() -> None:
    for item_type in ("Camera", "Microphone", "Speaker", "Metadata", "InputEvent", "Output"):
        found = read_one(item(item_type))
        assert DeviceItem.of(found).channel == 2
        assert isinstance(view(found), DeviceItem)
        assert isinstance(view(found), RecordingDeviceItem) is (item_type not in ("InputEvent", "Output"))


def test_site() -> None:
    found = SiteItem.of(read_one(item("System", path="/")))
    assert (found.id, found.name, found.version) == (UUID(SITE), "MGMT01", "25.1.0.1")
    assert (found.time_zone, found.parent, found.synchronization_status) == ("Romance Standard Time", None, 0)
    assert found.master_site_address == "https://parent.example/"
    assert found.is_federated_child
    own = SiteItem.of(read_one(item("System", {**FILLED["System"], "MasterSiteAddress": text("")}, path="/")))
    assert (own.master_site_address, own.is_federated_child) == (None, False)


def test_federated_child() -> None:
    child = ChildSiteItem.of(read_one(item("Site", display_name="SITE-B")))
    assert (child.name, child.connection_state, child.synchronization_status) == ("SITE-B", "Attached", 201)
    address = SiteAddressItem.of(read_one(item("SiteAddress")))
    assert (address.address_type, address.url) == (AddressType.EXTERNAL, "https://site-b.example/")


def test_recorder() -> None:
    found = RecordingServerItem.of(read_one(item("RecordingServer", path=f"RecordingServer[{RECORDER}]")))
    assert (found.id, found.host_name, found.port) == (UUID(RECORDER), "rec01", 7563)
    assert (found.public_access_enabled, found.public_host_name, found.public_port) == (True, "video.example", 17563)
    assert found.synchronization_time == -1


@pytest.mark.parametrize(
    ("active", "uri"), [("", "https://rec01:7563/"), ("https://standby:7563/", "https://standby:7563/")]
)
def test_a_recorder_is_reached_where_it_is_active(active: str, uri: str) -> None:
    properties = {**FILLED["RecordingServer"], "ActiveWebServerUri": text(active)}
    assert RecordingServerItem.of(read_one(item("RecordingServer", properties))).uri == uri


def test_hardware() -> None:
    found = HardwareItem.of(read_one(item("Hardware", parent=f"RecordingServer[{RECORDER}]/HardwareFolder")))
    assert (found.address, found.user_name, found.model) == ("http://10.0.0.13/", "svc", "ACME X100")
    assert found.driver == ItemPath.of("HardwareDriver", DRIVER)
    assert found.recorder == ItemPath.of("RecordingServer", RECORDER)
    assert HardwareItem.of(read_one(item("Hardware", parent="/HardwareFolder"))).recorder is None


@pytest.mark.parametrize(
    ("kind", "digits", "interconnect"),
    [
        ("InterconnectedProduct", "30002", True),
        ("InterconnectedProduct", "86", True),
        ("", "30002", True),
        ("DevicePack", "86", False),
        ("", "", False),
        ("LaterKind", "86", False),
    ],
)
def test_interconnect_is_known_by_the_driver(kind: str, digits: str, interconnect: bool) -> None:
    properties: Properties = {"DriverType": ("Enum", kind), "Number": ("Int", digits)}
    assert HardwareDriverItem.of(read_one(item("HardwareDriver", properties))).is_interconnect is interconnect


def test_driver_storage_role() -> None:
    driver = HardwareDriverItem.of(read_one(item("HardwareDriver")))
    assert (driver.number, driver.driver_type, driver.use_count) == (30002, DriverType.INTERCONNECTED_PRODUCT, 1)
    storage = StorageItem.of(read_one(item("Storage")))
    assert (storage.max_size, storage.retain_minutes, storage.is_default) == (1000, 10080, True)
    assert storage.encryption_method is EncryptionMethod.NONE
    role = RoleItem.of(read_one(item("Role")))
    assert role.is_administrative
    assert not RoleItem.of(read_one(item("Role", {"RoleType": ("Enum", "UserDefined")}))).is_administrative


def test_streams() -> None:
    path, parent = f"Stream[{CAMERA}]", f"Camera[{CAMERA}]/StreamFolder"
    second = {**FILLED["StreamUsage"], "Name": text("Video stream 2"), "RecordTo": text(""), "Record": text("False")}
    old = {"Name": text("Old"), "Record": ("Tick", "True"), "LiveMode": text("Sometimes")}
    children = [item("StreamUsage", found, path=path, category="ChildItem") for found in (None, second, old)]
    found = StreamItem.of(read_one(item("Stream", path=path, parent=parent, children=children)))
    assert found.id == UUID(CAMERA)
    assert [usage.name for usage in found.usages] == ["Video stream 1", "Video stream 2", "Old"]
    assert [usage.records for usage in found.usages] == [True, False, True]
    assert [usage.live_mode for usage in found.usages] == [LiveMode.WHEN_NEEDED, LiveMode.WHEN_NEEDED, "Sometimes"]
    first = found.usages[0]
    assert (first.reference_id, first.record_to) == (UUID(FIRST_STREAM), UUID(PRIMARY))
    assert (first.records_to_primary, first.records_to_secondary, first.use_edge) == (True, False, True)
    assert [usage.default_playback for usage in found.usages] == [True, True, None]
    assert StreamItem.of(read_one(item("Stream"))).usages == ()


def test_ptz_preset() -> None:
    found = PtzPresetItem.of(read_one(item("PtzPreset")))
    assert (found.pan, found.tilt, found.zoom, found.locked) == (-0.25, 0.125, 1.0, True)
    assert PtzPresetItem.of(read_one(item("PtzPreset", {"Name": text("Gate")}))).pan is None


def definition(**changed: tuple[str, str | list[str] | None]) -> AlarmDefinitionItem:
    return AlarmDefinitionItem.of(read_one(item("AlarmDefinition", {**FILLED["AlarmDefinition"], **changed})))


def test_alarm_definition() -> None:
    found = definition()
    assert found.sources == (
        ItemPath.of("Camera", CAMERA),
        ItemPath.of("CameraGroup", OTHER),
        ItemPath.parse("/MicrophoneFolder"),
    )
    assert found.related_cameras == (ItemPath.of("Camera", SECOND_CAMERA),)
    assert found.time_profile == ItemPath.of("TimeProfile", OTHER)
    assert (found.enable_rule, found.map_type) == (EnableRule.TIME_PROFILE, MapType.SMART_MAP)
    assert (found.event_type, found.priority) == (UUID(OTHER), UUID(HIGH))
    assert found.management_timeout == timedelta(minutes=1, seconds=30)
    assert (found.is_external_event, found.covers_all_cameras) == (False, False)


def test_an_external_event_is_recognised() -> None:
    assert definition(EventTypeGroup=("Enum", EXTERNAL.upper())).is_external_event
    assert not definition(EventTypeGroup=("Enum", str(UUID(int=0)))).is_external_event
    assert definition(EventTypeGroup=("Enum", str(UUID(int=0)))).event_type_group is None


@pytest.mark.parametrize(
    ("sources", "every_camera"),
    [
        ("/CameraFolder", True),
        (f"Camera[{CAMERA}];/CameraFolder", True),
        ("CameraFolder", True),
        ("/", False),
        (f"CameraGroup[{OTHER}]/CameraFolder", False),
        ("/CameraGroupFolder", False),
        ("", False),
    ],
)
def test_all_cameras_as_the_source(sources: str, every_camera: bool) -> None:
    assert definition(SourceList=("PathList", sources)).covers_all_cameras is every_camera


def test_lists_of_paths() -> None:
    wanted = (ItemPath.of("Camera", CAMERA), ItemPath.of("Camera", SECOND_CAMERA))
    both = [f"Camera[{CAMERA}]", f"Camera[{SECOND_CAMERA}]"]
    assert definition(SourceList=("PathList", ";".join(both))).sources == wanted
    assert definition(SourceList=("PathList", f" {both[0]} , {both[1]},")).sources == wanted
    assert definition(SourceList=("Array", both)).sources == wanted
    assert definition(SourceList=("PathList", ";".join([both[0], "Camera[x]/y/z", both[1]]))).sources == wanted
    assert definition(SourceList=("PathList", None)).sources == ()


def test_event_types() -> None:
    found = EventTypeItem.of(read_one(item("EventType")))
    assert found.sources == ("Camera", "CameraGroup")
    assert (found.generator_type, found.counter_event_id, found.occurs_globally) == ("Device", UUID(SITE), True)
    as_text = {**FILLED["AnalyticsEvent"], "SourceArray": text("Camera;Microphone")}
    assert AnalyticsEventItem.of(read_one(item("AnalyticsEvent", as_text))).sources == ("Camera", "Microphone")


# Tasks


def task(state: str | None, path: str | None, *, item_type: str = "Task", own: str = "Task[41]") -> TaskItem:
    properties: Properties = {"State": text(state), "Progress": ("Progress", "35"), "Path": ("Path", path)}
    return TaskItem.of(read_one(item(item_type, properties, path=own)))


@pytest.mark.parametrize(
    ("state", "seen", "over"),
    [
        ("Idle", TaskState.IDLE, False),
        ("InProgress", TaskState.IN_PROGRESS, False),
        ("Success", TaskState.SUCCESS, True),
        ("Error", TaskState.ERROR, True),
        ("Completed", TaskState.COMPLETED, True),
        ("Unknown", TaskState.UNKNOWN, False),
        ("Paused", "Paused", False),
        ("success", TaskState.SUCCESS, True),
        (None, None, False),
    ],
)
def test_states_of_a_task(state: str | None, seen: object, over: bool) -> None:
    found = task(state, None)
    assert (found.state, found.is_over, found.progress) == (seen, over, 35)
    assert isinstance(seen, TaskState) or not isinstance(found.state, TaskState)


def test_the_path_of_a_task_changes_its_meaning() -> None:
    running, done = task("InProgress", "Task[41]"), task("Success", f"Camera[{CAMERA}]")
    assert (running.task, running.created) == (ItemPath.of("Task", 41), None)
    assert (done.task, done.created) == (ItemPath.of("Task", 41), ItemPath.of("Camera", CAMERA))
    assert task("Success", "").created is None


def test_the_result_of_a_method_is_read_as_a_task() -> None:
    started = task("Idle", "Task[41]", item_type="InvokeResult", own=f"Camera[{CAMERA}]")
    assert (started.task, started.created) == (ItemPath.of("Task", 41), None)
    at_once = task("Success", f"Role[{OTHER}]", item_type="InvokeResult", own="/RoleFolder")
    assert (at_once.task, at_once.created) == (None, ItemPath.of("Role", OTHER))
    assert task("Success", None, item_type="InvokeResult", own="<?>").task is None


def test_a_retrieval_that_failed() -> None:
    found = TaskItem.of(read_one(item("Task", path="Task[41]")))
    assert (found.error_code, found.error_text) == (60277, "VMO60277: no connection")
    assert (found.task_type, found.device) == ("StorageRetrieval", ItemPath.of("Camera", CAMERA))
    assert found.start_time == datetime(2025, 11, 3, 5, tzinfo=UTC)
    assert found.task_end_time == datetime(2025, 11, 3, 6, 1, tzinfo=UTC)
    assert found.id is None


# Views as such


@pytest.mark.parametrize("item_type", FILLED)
def test_every_attribute_reads_a_property_that_its_type_has(item_type: str) -> None:
    """A key that is misspelt would read nothing, and look like a server that does not tell."""
    filled, bare = view(read_one(item(item_type))), view(read_one(item(item_type, {"None": text("")})))
    read = [name for name in attributes(type(filled)) if isinstance(getattr(type(filled), name), Attribute)]
    assert [name for name in read if getattr(filled, name) == getattr(bare, name)] == []
    assert read or item_type == "Stream"


@pytest.mark.parametrize("item_type", [*FILLED, "InvokeResult"])
def test_each_type_has_its_view(item_type: str) -> None:
    found = view(read_one(item(item_type)))
    assert item_type in type(found).item_types
    assert type(found) in CLASSES
    assert type(view(read_one(item(item_type.upper())))) is type(found)


@pytest.mark.parametrize("item_type", ["Rule", "CameraFolder", "LaterThing", ""])
def test_other_types_have_a_plain_view(item_type: str) -> None:
    found = view(read_one(item(item_type, {"Name": text("Odd"), "Later": number(7)}, path=f"Rule[{OTHER}]")))
    assert type(found) is ItemView
    assert (found.name, found.id, found.item.value("Later")) == ("Odd", UUID(OTHER), 7)


def test_of_refuses_another_type() -> None:
    hardware = read_one(item("Hardware"))
    for cls in (CameraItem, DeviceItem, TaskItem):
        with pytest.raises(ConfigurationError, match="is of type Hardware, not"):
            cls.of(hardware)
    assert ItemView.of(hardware).item is hardware
    with pytest.raises(ConfigurationError, match="of type unknown, not Microphone"):
        MicrophoneItem.of(ConfigurationItem(path="?"))


def test_views_are_values() -> None:
    found, same = camera(), camera()
    assert found == same
    assert hash(found) == hash(same)
    assert len({found, same}) == 1
    assert found != camera(Channel="3")
    assert found != ItemView(found.item), "another class of view"
    for other in (copy.copy(found), copy.deepcopy(found), pickle.loads(pickle.dumps(found))):
        assert other == found
        assert other.channel == 2
    with pytest.raises(FrozenInstanceError):
        found.item = same.item  # type: ignore[misc]
    with pytest.raises(AttributeError):
        found.channel = 3  # type: ignore[assignment]
    assert repr(found) == f"CameraItem('Camera[{OTHER}]', 'Gate 3 (10.0.0.13) - Camera 1')"


ODD = st.one_of(
    st.none(),
    st.text(st.characters()),
    st.text("0123456789-+.:TZ[]/;,{}eE_ ", max_size=80),
    st.sampled_from(
        (
            *("NaN", "-inf", "9" * 5000, "0x10", "٣", "٠" * 32, "True ", "24:00:00", "\x00", "\ud800"),
            *("9999-12-31T23:59:59.9999999-14:00", "0001-01-01T00:00:00+14:00"),
            *("{" + OTHER + "}", f"Camera[{OTHER}]" * 3, "[]/Folder"),
        )
    ),
)


@examples(3)
@given(item_type=st.sampled_from(sorted(FILLED)), value=ODD, path=ODD, array=st.none() | st.lists(ODD.map(str)))
@example(item_type="AlarmDefinition", value=";,;", path=None, array=None)
def test_no_text_makes_an_attribute_fail(
    item_type: str, value: str | None, path: str | None, array: list[str] | None
) -> None:
    listed = None if array is None else tuple(array)
    properties = ItemProperties.of(
        [ItemProperty(PropertyDefinition(key=key, value_type="Int"), value, listed) for key in FILLED[item_type]]
    )
    found = view(
        ConfigurationItem(
            path=path or "", item_type=item_type, parent_path=path, display_name=value, properties=properties
        )
    )
    assert isinstance(repr(found), str)
    for name in attributes(type(found)):
        seen = getattr(found, name)
        declared = getattr(type(found), name).fget.__annotations__["return"]
        kind = get_origin(declared) if get_origin(declared) is tuple else declared
        assert isinstance(seen, kind), f"{name} is {seen!r}"
        if isinstance(seen, datetime):
            assert seen.tzinfo is UTC
