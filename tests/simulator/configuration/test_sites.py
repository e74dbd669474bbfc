"""Generated sites, trees that are broken on purpose, and the contract beside the captured one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from milestone_sdk.simulator import Simulator, example_site, generated_site
from milestone_sdk.simulator.configuration.contract import OPERATIONS, TYPES
from milestone_sdk.simulator.wire.contract import members_of
from tests.support.configuration_wire import DATA, NIL, NS, Config, Start, member, methods
from tests.support.stopwatch import Stopwatch

Factory = Callable[..., Simulator]

ROOT = Path(__file__).resolve().parents[3]
CAPTURE = ROOT.parent / "shared" / "protocol" / "captures" / "ConfigurationApiService-2019"
XS = "{http://www.w3.org/2001/XMLSchema}"


# Generated sites


def shape(count: int, **options: Any) -> list[Any]:
    site = generated_site(count, **options)
    groups = [(group.id, group.name, tuple(group.cameras)) for group in site.walk_groups()]
    return [[camera.id for camera in site.cameras], [camera.name for camera in site.cameras], groups, site.hardware]


def test_a_generated_site_is_the_same_for_the_same_seed() -> None:
    assert shape(300, seed=4) == shape(300, seed=4)
    assert shape(300, seed=4)[0] != shape(300, seed=5)[0]


@pytest.mark.parametrize(("count", "recorders"), [(1, 1), (7, 1), (500, 1), (501, 2), (2000, 4)])
def test_it_has_what_large_sites_have(count: int, recorders: int) -> None:
    site = generated_site(count)
    assert (len(site.cameras), len(site.recorders)) == (count, recorders)
    ids = [camera.id for camera in site.cameras]
    assert len(set(ids)) == count
    grouped = {member for group in site.walk_groups() for member in group.cameras}
    assert grouped == set(ids), "every camera is in a folder"
    assert {camera.hardware_id for camera in site.cameras} == {hardware.id for hardware in site.hardware}
    owners = {hardware.id: hardware.recorder_id for hardware in site.hardware}
    assert all(owners[camera.hardware_id] == camera.recorder_id for camera in site.cameras)
    channels = {(camera.hardware_id, camera.index) for camera in site.cameras}
    assert len(channels) == count
    if count == 2000:
        assert {hardware.recorder_id for hardware in site.hardware} == {recorder.id for recorder in site.recorders}
        assert 0 < sum(not camera.enabled for camera in site.cameras) < 200
        assert any(not hardware.enabled for hardware in site.hardware)
        assert len({camera.name for camera in site.cameras}) < count, "some names are there twice"
        nested = [group for top in site.camera_groups for middle in top.groups for group in middle.groups]
        assert len(nested) == 100
        assert all(20 <= len(group.cameras) <= 30 for group in nested)


def test_depth_and_recorders_can_be_chosen() -> None:
    site = generated_site(200, recorders=3, depth=1, disabled=0, ptz=0)
    assert all(not group.groups for group in site.camera_groups)
    assert len(site.camera_groups) == 10
    assert len({camera.recorder_id for camera in site.cameras}) == 3
    assert all(camera.enabled and not camera.presets for camera in site.cameras)
    with pytest.raises(ValueError, match="at least one camera"):
        generated_site(0)


def test_a_site_of_20_000_cameras_answers_at_once(start: Start) -> None:
    watch = Stopwatch()
    site = generated_site(20_000)
    api = start(site)
    api.item(f"Camera[{site.cameras[0].id}]")  # the first question makes the indexes
    api.children(f"Hardware[{site.hardware[0].id}]/CameraFolder")
    api.paths(f"CameraGroup[{site.camera_groups[0].id}]/CameraGroupFolder")
    warm = Stopwatch()
    for number in range(0, 20_000, 200):
        camera = site.cameras[number]
        assert member(api.item(f"Camera[{camera.id}]"), "DisplayName") == camera.name
        assert f"Camera[{camera.id}]" in api.paths(f"Hardware[{camera.hardware_id}]/CameraFolder")
    assert warm.seconds < 10, "200 questions took too long: each walks the site"
    assert len(api.query("Camera", ("ShortName", "Equals", "C100"), limit=5)) in (0, 1)
    assert len(api.query("Camera", limit=1000)) == 1000
    assert watch.seconds < 60


def test_changes_of_the_plain_model_show_at_once(api: Config) -> None:
    site = api.sim.site
    camera, hardware = site.camera("C1"), site.hardware[0]
    assert len(api.paths(f"Hardware[{camera.hardware_id}]/CameraFolder")) == 1
    site.cameras.remove(camera)
    assert api.fault("GetItem", f"<path>Camera[{camera.id}]</path>") == "PathNotFoundExceptionFault"
    assert api.paths(f"Hardware[{camera.hardware_id}]/CameraFolder") == []
    old = camera.hardware_id
    camera.hardware_id = hardware.id
    site.cameras.insert(0, camera)
    assert len(api.paths(f"Hardware[{hardware.id}]/CameraFolder")) == 2
    camera.hardware_id = old
    assert len(api.paths(f"Hardware[{hardware.id}]/CameraFolder")) == 1
    group = site.camera_groups.pop()
    assert api.fault("GetItem", f"<path>CameraGroup[{group.groups[0].id}]</path>") == "PathNotFoundExceptionFault"


# Broken trees


def test_a_group_can_list_its_ancestor(api: Config) -> None:
    perimeter = api.sim.site.camera_groups[2]
    north = perimeter.groups[0]
    folder = f"CameraGroup[{north.id}]/CameraGroupFolder"
    assert api.paths(folder) == []
    api.sim.configuration.switches.also_listed[folder] = [f"CameraGroup[{perimeter.id}]"]
    assert api.paths(folder) == [f"CameraGroup[{perimeter.id}]"]
    hierarchy = api.result("GetChildItemsHierarchy", "<path>/CameraGroupFolder</path>")
    rounds = sum(name == "North" for name in hierarchy.itertext())
    assert 2 < rounds < 100, "goes round, and ends"


def test_a_list_can_be_nil_whatever_it_holds(api: Config) -> None:
    api.sim.configuration.switches.nil_children.add("/CameraGroupFolder")
    assert api.result("GetChildItems", "<path>/CameraGroupFolder</path>").get(NIL) == "true"


def test_an_item_can_vanish_after_it_was_listed(api: Config) -> None:
    camera = api.sim.site.camera("C1")
    path = f"Camera[{camera.id}]"
    api.sim.configuration.switches.vanished.add(path)
    assert api.paths(f"Hardware[{camera.hardware_id}]/CameraFolder") == [path]
    for asked in (path, f"{path}/StreamFolder"):
        assert api.fault("GetItem", f"<path>{asked}</path>") == "PathNotFoundExceptionFault"
        assert api.fault("GetChildItems", f"<path>{asked}</path>") == "PathNotFoundExceptionFault"


def test_answers_can_be_inflated(api: Config) -> None:
    inflate = api.sim.configuration.switches.inflate
    inflate["GetItem"] = inflate["GetChildItems"] = 300_000
    one = api.post("GetItem", "<path>/</path>")
    assert 300_000 <= len(one.content) < 310_000
    etree.fromstring(one.content)
    many = api.children("/CameraGroupFolder")
    assert len(many) > 50
    assert {member(item, "ItemType") for item in many} == {"CameraGroup"}
    assert len(api.post("QueryItems").content) < 2000, "the others stay as they are"


def test_a_site_without_anything_answers_too(simulator_factory: Factory) -> None:
    site = example_site()
    site.cameras, site.hardware, site.recorders, site.camera_groups, site.drivers = [], [], [], [], []
    site.alarm_definitions, site.event_types = [], []
    api = Config(simulator_factory(site, services=("management",)))
    assert api.paths("/RecordingServerFolder") == []
    assert len(api.query("Camera")) == 0
    assert methods(api.item("/")) == ["ClientLogOnSupported", "UploadFileChunk"]
    api.close()


# The captured contract


@pytest.fixture(scope="module")
def captured() -> dict[str, list[str]]:
    """Complex type -> members in order, of every schema of the capture."""
    if not CAPTURE.is_dir():
        place = CAPTURE.relative_to(ROOT.parent)
        pytest.skip(f"the captured descriptions of real servers are not at {place} beside the project")
    found: dict[str, list[str]] = {}
    for path in sorted(CAPTURE.glob("*.xsd")):
        root = etree.parse(str(path)).getroot()
        for kind in root.iter(f"{XS}complexType"):
            owner = kind.get("name") or kind.getparent().get("name")
            found[owner] = [element.get("name") for element in kind.iter(f"{XS}element")]
    return found


def test_types_have_the_members_of_2019_in_their_order(captured: dict[str, list[str]]) -> None:
    for name, text in TYPES.items():
        ours = [member.name for member in members_of(text) if member.name != "ValueArray"]
        if name in captured:
            assert ours == captured[name], name
        else:
            assert name in ("ItemFilter", "PropertyFilter"), "they came with queries, in 2020 R2"


def test_operations_are_those_of_2019_and_the_two_later_ones(captured: dict[str, list[str]]) -> None:
    [wsdl] = [path for path in CAPTURE.glob("*.wsdl") if b"portType" in path.read_bytes()]
    names = etree.parse(str(wsdl)).getroot().iter("{http://schemas.xmlsoap.org/wsdl/}operation")
    theirs = {element.get("name") for element in names}
    assert set(OPERATIONS) - theirs == {"QueryItems", "GetChildItemsHierarchy"}
    assert theirs - set(OPERATIONS) == set()


def test_answers_have_the_members_of_2019_in_their_order(api: Config, captured: dict[str, list[str]]) -> None:
    def check(element: Any, type_name: str) -> None:
        told = [etree.QName(child).localname for child in element]
        assert [name for name in told if name != "ValueArray"] == captured[type_name], type_name

    item = api.item(f"Camera[{api.sim.site.cameras[0].id}]")
    check(item, "ConfigurationItem")
    check(item.find(f"{{{DATA}}}EnableProperty"), "EnablePropertyInfo")
    for entry in item.iter(f"{{{DATA}}}Property"):
        check(entry, "Property")
    for info in item.iter(f"{{{DATA}}}ValueTypeInfo"):
        check(info, "ValueTypeInfo")
    for info in api.result("GetMethodInfos"):
        check(info, "MethodInfo")
    validation = api.change("ValidateItem", item)[2].getparent()
    check(validation, "ValidateResult")
    fault = api.post("GetItem", f'<path xmlns="{NS}">Camera[]</path>')
    detail = next(iter(etree.fromstring(fault.content).iter("detail")))[0]
    check(detail, etree.QName(detail).localname)
