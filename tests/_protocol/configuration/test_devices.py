from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

import pytest
from attrs import evolve, fields

from milestone_sdk._protocol.configuration.devices import (
    camera_from,
    camera_groups_from,
    climb,
    effective_enabled,
    hardware_from,
    recorder_from,
)
from milestone_sdk._protocol.configuration.inventory import MAX_GROUP_DEPTH
from milestone_sdk._protocol.management import servercommand
from milestone_sdk.errors import RemoteProtocolError
from milestone_sdk.models import Camera, CameraGroup, ConfigurationItem, Hardware, ItemPath, Recorder
from milestone_sdk.models.items.path import ROOT
from tests.support.item_bodies import (
    CAMERA,
    DRIVER,
    FILLED,
    HARDWARE,
    OTHER,
    RECORDER,
    SECOND_CAMERA,
    Properties,
    item,
    number,
    read,
    read_one,
    text,
)
from tests.support.soap_bodies import ARRAYS, SC, reply

GATES, NORTH, EMPTY = (f"a1f0c3d2-7e65-4b8a-9c0d-1e2f3a4b5c{digits}" for digits in ("01", "02", "03"))

CONFIGURATION = f"""
<CameraGroups>
 <CameraGroupInfo><CameraGroups>
  <CameraGroupInfo><CameraGroups/><Cameras xmlns:a="{ARRAYS}"><a:guid>{SECOND_CAMERA}</a:guid></Cameras>
   <Description/><GroupId>{NORTH}</GroupId><Name>North/West</Name></CameraGroupInfo>
  </CameraGroups>
  <Cameras xmlns:a="{ARRAYS}"><a:guid>{CAMERA}</a:guid><a:guid>{SECOND_CAMERA}</a:guid></Cameras>
  <Description>Perimeter</Description><GroupId>{GATES}</GroupId><Name>Gates</Name></CameraGroupInfo>
 <CameraGroupInfo><CameraGroups/><Cameras/><Description/><GroupId>{EMPTY}</GroupId><Name>Empty</Name></CameraGroupInfo>
</CameraGroups>
<Recorders><RecorderInfo><Cameras>
 <CameraInfo>
  <CoverageDepth>4.57200000001829</CoverageDepth><CoverageDirection>0.5</CoverageDirection>
  <CoverageFieldOfView>0.25</CoverageFieldOfView><Description>North side</Description><DeviceId>{CAMERA}</DeviceId>
  <DeviceIndex>2</DeviceIndex><GisPoint>POINT (12.37 55.65)</GisPoint><HardwareId>{HARDWARE}</HardwareId>
  <Icon>4</Icon><Name>Gate 3 (10.0.0.13) - Camera 1</Name><RecorderId>{RECORDER}</RecorderId><ShortName>G3</ShortName>
  <Shortcut>17</Shortcut><BrowsableStream>true</BrowsableStream>
  <CameraSecurity><Browse>true</Browse><Live>true</Live></CameraSecurity>
  <EdgeStoragePlayback>true</EdgeStoragePlayback><EdgeStorageSupported>true</EdgeStorageSupported><MaxFPS>30</MaxFPS>
  <MulticastEnabled>true</MulticastEnabled>
  <PanoramicLensSettings><PanoramicLensEnabled>true</PanoramicLensEnabled>
   <PanoramicLensType>Round</PanoramicLensType></PanoramicLensSettings>
  <PtzSettings><PtzEnabled>true</PtzEnabled></PtzSettings>
  <StopManualRecordingSeconds>900</StopManualRecordingSeconds>
  <Streams><StreamInfo><Default>true</Default><Name>First</Name><StreamId>{OTHER}</StreamId></StreamInfo></Streams>
  <Tracks><TrackInfo><Edge>false</Edge><TrackId>{CAMERA}</TrackId></TrackInfo></Tracks>
 </CameraInfo>
 </Cameras>
 <DefaultRecordingTimeSeconds>300</DefaultRecordingTimeSeconds><Description>Rack 2</Description>
 <Hardware><HardwareInfo><Description>On the mast</Description>
  <DeviceIds xmlns:a="{ARRAYS}"><a:guid>{CAMERA}</a:guid></DeviceIds><HardwareId>{HARDWARE}</HardwareId>
  <Interconnected>true</Interconnected><LastModified>2025-10-20T08:11:02.443Z</LastModified>
  <Name>Gate 3 (10.0.0.13)</Name><RecorderId>{RECORDER}</RecorderId><Uri>http://10.0.0.13/</Uri></HardwareInfo></Hardware>
 <HostName>rec01</HostName><LastModified>2025-10-20T08:11:02.443Z</LastModified><Name>REC01</Name>
 <RecorderId>{RECORDER}</RecorderId><ServiceId>{RECORDER}</ServiceId><TimeZoneName>Romance Standard Time</TimeZoneName>
 <WebServerUri>https://rec01:7563/</WebServerUri><XmlEncoding>utf-8</XmlEncoding>
</RecorderInfo></Recorders>
"""


def recorder_item(**changed: tuple[str, str | list[str] | None]) -> ConfigurationItem:
    properties: Properties = {**FILLED["RecordingServer"], "ActiveWebServerUri": text(""), **changed}
    return read_one(item("RecordingServer", properties, path=f"RecordingServer[{RECORDER}]", enabled=True))


def driver_item() -> ConfigurationItem:
    return read_one(item("HardwareDriver", path=f"HardwareDriver[{DRIVER}]"))


def hardware_item(enabled: bool = True) -> ConfigurationItem:
    path, parent = f"Hardware[{HARDWARE}]", f"RecordingServer[{RECORDER.upper()}]/HardwareFolder"
    return read_one(item("Hardware", path=path, parent=parent, enabled=enabled))


def camera_xml(camera: str = CAMERA, enabled: bool | None = True, parent: str | None = None) -> str:
    properties: Properties = {**FILLED["Camera"], "Id": text(camera), "Description": text("North side")}
    return item(
        "Camera",
        properties,
        path=f"Camera[{camera}]",
        parent=parent or f"Hardware[{HARDWARE}]/CameraFolder",
        enabled=enabled,
    )


def group_xml(group: str, name: str, description: str = "") -> str:
    properties: Properties = {"Id": text(group), "Name": text(name), "Description": text(description)}
    return item("CameraGroup", properties, path=f"CameraGroup[{group}]", parent="/CameraGroupFolder")


def group_items(*groups: tuple[str, str]) -> tuple[ConfigurationItem, ...]:
    return read(*[group_xml(group, name) for group, name in groups])


def folder(group: str, name: str = "CameraGroupFolder") -> ItemPath:
    return ItemPath.of("CameraGroup", group, name)


# Both sources


def test_both_sources_tell_the_same_camera() -> None:
    told = servercommand.get_configuration("t").decode(reply(SC, "GetConfiguration", CONFIGURATION))
    recorder = recorder_from(recorder_item())
    hardware = hardware_from(hardware_item(), driver_item())
    camera = camera_from(read_one(camera_xml()), recorder, hardware)

    assert recorder == recorder.configured == told.recorders[0].configured
    assert hardware.configured == told.hardware[0].configured
    assert hardware.model == "ACME X100"
    assert camera.configured == told.cameras[0].configured
    assert told.recorders[0] != recorder, "only GetConfiguration tells the service id and more"
    assert told.hardware[0] != hardware
    assert told.cameras[0] != camera

    assert camera.name == "Gate 3 (10.0.0.13) - Camera 1"
    assert camera.recorder.uri == "https://rec01:7563/"
    assert camera.recorder.last_modified == datetime(2025, 10, 20, 8, 11, 2, 443000, tzinfo=UTC)
    assert camera.hardware is not None
    assert camera.hardware.interconnected
    assert camera.hardware.recorder_id == recorder.id == UUID(RECORDER)
    assert (camera.index, camera.edge_storage_playback, camera.manual_recording_seconds) == (2, True, 900)


def test_both_sources_tell_the_same_groups() -> None:
    told = servercommand.get_configuration("t").decode(reply(SC, "GetConfiguration", CONFIGURATION))
    children_of = {
        folder(GATES): group_items((NORTH, "North/West")),
        folder(GATES, "CameraFolder"): read(camera_xml(), camera_xml(SECOND_CAMERA), camera_xml(OTHER, enabled=False)),
        folder(NORTH.upper(), "CameraFolder"): read(
            camera_xml(SECOND_CAMERA, parent=f"CameraGroup[{NORTH}]/CameraFolder")
        ),
    }
    tops = read(group_xml(GATES, "Gates", "Perimeter"), group_xml(EMPTY, "Empty"))
    assert camera_groups_from(tops, children_of) == told.camera_groups
    assert [group.path for group in told.groups()] == ["Gates", "Gates/North/West", "Empty"]


def at_default(found: Camera | Hardware | Recorder) -> set[str]:
    return {member.name for member in fields(type(found)) if getattr(found, member.name) == member.default}


def test_each_field_is_told_by_both_sources_or_reset() -> None:
    """A field that is added to a model must be told by items too, or be reset."""
    told = servercommand.get_configuration("t").decode(reply(SC, "GetConfiguration", CONFIGURATION))
    recorder = recorder_from(recorder_item())
    hardware = hardware_from(hardware_item(), driver_item())
    camera = camera_from(read_one(camera_xml()), recorder, hardware)
    for full, built in ((told.recorders[0], recorder), (told.hardware[0], hardware), (told.cameras[0], camera)):
        assert at_default(full) == ({"model"} if full is told.hardware[0] else set()), "the sample fills everything"
        assert at_default(full.configured) == at_default(built.configured) != set()


def test_configured_of_a_camera_without_hardware() -> None:
    camera = Camera(id=UUID(int=4), name="C", recorder=recorder_from(recorder_item()), shortcut="7")
    assert camera.configured == evolve(camera, shortcut=None)
    assert evolve(camera, name="D").configured != camera.configured


# One item


@pytest.mark.parametrize("minutes", ["5", "15"])
def test_manual_recording_in_seconds(minutes: str) -> None:
    recorder = recorder_from(recorder_item())
    for enabled, seconds in (("True", int(minutes) * 60), ("False", 0)):
        properties: Properties = {
            "Name": text("C"),
            "ManualRecordingTimeoutEnabled": ("Tick", enabled),
            "ManualRecordingTimeoutMinutes": ("Int", minutes),
        }
        found = camera_from(read_one(item("Camera", properties, path=f"Camera[{CAMERA}]")), recorder)
        assert (found.manual_recording_seconds, found.hardware) == (seconds, None)


def test_a_recorder_that_failed_over_is_where_it_is_active() -> None:
    assert recorder_from(recorder_item(ActiveWebServerUri=text("https://standby:7563/"))).uri == "https://standby:7563/"
    assert recorder_from(recorder_item(WebServerUri=text(None))).uri == ""


def test_hardware_without_its_driver_is_not_taken_for_a_site() -> None:
    assert not hardware_from(hardware_item()).interconnected
    device_pack: Properties = {"Number": number(86), "DriverType": text("DevicePack")}
    assert not hardware_from(hardware_item(), read_one(item("HardwareDriver", device_pack))).interconnected


@pytest.mark.parametrize(
    ("device", "hardware", "works"),
    [
        (True, True, True),
        (True, False, False),
        (False, True, False),
        (False, False, False),
        (None, True, True),
        (True, None, True),
    ],
)
def test_effective_enabled(device: bool | None, hardware: bool | None, works: bool) -> None:
    items = read(camera_xml(enabled=device), item("Hardware", enabled=hardware))
    assert effective_enabled(*items) is works


def test_climbing_from_a_camera_to_the_root() -> None:
    assert climb(read_one(camera_xml())) == ItemPath.of("Hardware", HARDWARE)
    assert climb(hardware_item()) == ItemPath.of("RecordingServer", RECORDER)
    assert climb(read_one(item("RecordingServer", parent="/RecordingServerFolder"))) == ROOT
    assert climb(recorder_item()) == climb(read_one(item("System", path="/"))) == ROOT
    with pytest.raises(RemoteProtocolError, match="parent path of unknown form"):
        climb(read_one(camera_xml(parent="Hardware[1]/CameraFolder/Camera[2]")))


def test_an_item_without_an_id() -> None:
    for path in ("Camera[12]", "", "Camera", "x" * 10_000):
        lost = ConfigurationItem(path=path, item_type="Camera")
        with pytest.raises(RemoteProtocolError, match="of type Camera has no id") as raised:
            camera_from(lost, recorder_from(recorder_item()))
        assert len(str(raised.value)) < 200


def test_what_a_server_lists_in_the_wrong_place_is_its_error() -> None:
    recorder, hardware = recorder_item(), hardware_item()
    with pytest.raises(RemoteProtocolError, match="is of type Hardware, not Camera"):
        camera_from(hardware, recorder_from(recorder))
    with pytest.raises(RemoteProtocolError, match="is of type Hardware, not RecordingServer"):
        recorder_from(hardware)
    with pytest.raises(RemoteProtocolError, match="is of type RecordingServer, not HardwareDriver"):
        hardware_from(hardware, recorder)


# Groups


def names(groups: Sequence[CameraGroup]) -> list[str]:
    return [found.path for group in groups for found in group.walk()]


def tree(
    children_of: Mapping[ItemPath, Sequence[ConfigurationItem]], *, cameras: Sequence[UUID] | None = None
) -> tuple[CameraGroup, ...]:
    return camera_groups_from(group_items((GATES, "Gates")), children_of, cameras)


def test_children_can_be_given_by_group() -> None:
    found = tree({ItemPath.of("CameraGroup", GATES): (*group_items((NORTH, "North")), *read(camera_xml()))})
    assert names(found) == ["Gates", "Gates/North"]
    assert found[0].camera_ids == (UUID(CAMERA),)


def test_a_filled_hierarchy_is_its_own_map() -> None:
    cameras = item("CameraFolder", path=f"CameraGroup[{NORTH}]/CameraFolder", children=[camera_xml()], category="Group")
    north = item("CameraGroup", {"Name": text("North")}, path=f"CameraGroup[{NORTH}]", children=[cameras])
    nested = item(
        "CameraGroupFolder", path=f"CameraGroup[{GATES}]/CameraGroupFolder", children=[north], category="Group"
    )
    top = read_one(item("CameraGroup", {"Name": text("Gates")}, path=f"CameraGroup[{GATES}]", children=[nested]))
    found = camera_groups_from([top], {below.item_path: below.children for below in top.walk()})
    assert names(found) == ["Gates", "Gates/North"]
    assert found[0].all_camera_ids() == (UUID(CAMERA),)


def test_the_cameras_to_keep() -> None:
    listed = {folder(GATES, "CameraFolder"): read(camera_xml(), camera_xml(SECOND_CAMERA), camera_xml(OTHER, False))}
    assert tree(listed)[0].camera_ids == (UUID(CAMERA), UUID(SECOND_CAMERA))
    assert tree(listed, cameras=[UUID(OTHER), UUID(CAMERA)])[0].camera_ids == (UUID(CAMERA), UUID(OTHER))
    assert tree(listed, cameras=[])[0].camera_ids == ()


def test_what_is_neither_group_nor_camera_is_passed_over() -> None:
    odd = read(item("Rule"), item("Camera", path="Camera[none]"), camera_xml(), camera_xml())
    assert tree({folder(GATES, "CameraFolder"): odd})[0].camera_ids == (UUID(CAMERA),)


def test_a_group_within_itself() -> None:
    cycle = {folder(GATES): group_items((NORTH, "North")), folder(NORTH): group_items((GATES.upper(), "Gates"))}
    with pytest.raises(RemoteProtocolError, match=rf"CameraGroup\[{GATES.upper()}\]' contains itself"):
        tree(cycle)
    with pytest.raises(RemoteProtocolError, match="contains itself"):
        tree({folder(GATES): group_items((GATES, "Gates"))})


def chain(length: int) -> dict[ItemPath, Sequence[ConfigurationItem]]:
    ids = [GATES, *[str(UUID(int=level)) for level in range(1, length)]]
    return {folder(above): group_items((below, "g")) for above, below in pairwise(ids)}


def test_groups_nested_deeply() -> None:
    assert len(names(tree(chain(MAX_GROUP_DEPTH)))) == MAX_GROUP_DEPTH
    with pytest.raises(RemoteProtocolError, match=f"more than {MAX_GROUP_DEPTH} deep"):
        tree(chain(MAX_GROUP_DEPTH + 1))


def test_groups_that_share_their_groups_do_not_multiply() -> None:
    """Thirty groups, each twice in the one above, would be a thousand million."""
    twice = {path: (*children, *children) for path, children in chain(30).items()}
    assert len(names(tree(twice))) == 30


def test_a_group_with_a_path_of_no_known_form() -> None:
    with pytest.raises(RemoteProtocolError, match="not a path of an item"):
        camera_groups_from([ConfigurationItem(path="<?>", item_type="CameraGroup")], {})
