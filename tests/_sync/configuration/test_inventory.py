# Generated from tests/_async/configuration/test_inventory.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Which cameras a folder stands for (requirements R33 to R35), and how the list is kept fresh."""

from collections.abc import Callable

import pytest

from milestone_sdk import Client, GroupNotFound, ServiceUnavailable
from milestone_sdk.simulator import Simulator, example_site
from milestone_sdk.simulator.site import Group, Site, stable_id

from ..opening import client_of

pytestmark = pytest.mark.anyio


def folder(name: str, *cameras: str, groups: tuple[Group, ...] = (), site: Site) -> Group:
    """A folder of these cameras; its id follows from what is in it, so that folders may share a name."""
    key = "/".join((name, *cameras, *(str(group.id) for group in groups)))
    ids = [site.camera(camera).id for camera in cameras]
    return Group(id=stable_id("group", key), name=name, groups=list(groups), cameras=ids)


def filtered_site() -> Site:
    site = example_site()
    north = folder("North", "North Fence", "C1", site=site)
    site.camera_groups = [
        folder("SiteA", "Front Hallway", site=site),
        folder("Perimeter", "C2", groups=(north,), site=site),
        folder("North", "Front Hallway", "C1", site=site),
        folder("Gates/East", "Store Room", site=site),
        folder("/Dock", "C2", site=site),
        folder("Empty", site=site),
    ]
    return site


def site_with_slashes() -> Site:
    plan = example_site()
    yard = (
        folder("/Dock", "North Fence", site=plan),
        folder("/Inner", "Store Room", site=plan),
        folder("/In/ner/", "Front Hallway", site=plan),
    )
    plan.camera_groups = [
        folder("Dock", "C1", site=plan),
        folder("/Dock", "C2", site=plan),
        folder("Yard", groups=yard, site=plan),
        folder("A", groups=(folder("B", "C1", site=plan),), site=plan),
        folder("A/B", "C2", site=plan),
        folder("back\\slash", "C1", site=plan),
        folder("/", "C2", site=plan),
    ]
    return plan


@pytest.fixture(scope="module")
def folders(read_only_simulators: Callable[..., Simulator]) -> Simulator:
    return read_only_simulators(filtered_site())


@pytest.fixture(scope="module")
def slashes(read_only_simulators: Callable[..., Simulator]) -> Simulator:
    return read_only_simulators(site_with_slashes())


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (None, ["Front Hallway", "Store Room", "C1", "C2", "North Fence"]),
        ("", ["Front Hallway", "Store Room", "C1", "C2", "North Fence"]),
        ("SiteA", ["Front Hallway"]),
        ("Perimeter", ["C2", "North Fence", "C1"]),
        ("North", ["North Fence", "C1", "Front Hallway"]),
        ("Perimeter/North", ["North Fence", "C1"]),
        ("/North", ["Front Hallway", "C1"]),
        ("/Perimeter/North/", ["North Fence", "C1"]),
        ("Gates/East", ["Store Room"]),
        ("/Dock", ["C2"]),
        ("Empty", []),
    ],
)
def test_a_folder_by_name_or_by_path(folders: Simulator, group: str | None, expected: list[str]) -> None:
    with client_of(folders) as site:
        assert [camera.name for camera in site.cameras(group)] == expected


@pytest.mark.parametrize(
    ("group", "near"), [("sitea", "SiteA"), ("Perimeter/Nort", "Perimeter/North"), ("nord", "North")]
)
def test_a_folder_that_is_not_there_names_those_that_resemble_it(
    folders: Simulator, group: str, near: str
) -> None:
    with client_of(folders) as site:
        with pytest.raises(GroupNotFound) as caught:
            site.cameras(group)
    assert near in caught.value.near_misses


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("/Dock", ["C1"]),  # the path of Dock at the top
        (r"\/Dock", ["C2", "North Fence"]),
        ("//Dock", ["C2"]),
        (r"/\/Dock", ["C2"]),
        (r"Yard/\/Dock", ["North Fence"]),
        ("Yard//Dock", ["North Fence"]),
        ("/Inner", ["Store Room"]),
        (r"Yard/\/Inner", ["Store Room"]),
        ("/In/ner/", ["Front Hallway"]),
        (r"Yard/\/In\/ner\/", ["Front Hallway"]),
        ("A/B", ["C1", "C2"]),
        (r"A\/B", ["C2"]),
        ("/A/B", ["C1", "C2"]),
        (r"back\slash", ["C1"]),
        (r"back\\slash", ["C1"]),
        ("/", ["C2"]),
        (r"\/", ["C2"]),
    ],
)
def test_a_folder_whose_name_holds_slashes(slashes: Simulator, group: str, expected: list[str]) -> None:
    with client_of(slashes) as site:
        assert [camera.name for camera in site.cameras(group)] == expected


def operations(simulator: Simulator) -> list[str]:
    found = [request.operation for request in simulator.requests]
    simulator.forget()
    return [
        operation
        for operation in found
        if operation in ("GetConfiguration", "QueryChanges", "GetConfigurationRecorders")
    ]


def test_asking_for_changes_is_one_small_request_while_there_are_none(
    site: Client, simulator: Simulator
) -> None:
    site.cameras()
    site.refresh(changes_only=True)
    assert operations(simulator) == ["GetConfiguration", "QueryChanges", "GetConfiguration"]
    before = site.cameras()
    site.refresh(changes_only=True)
    assert operations(simulator) == ["QueryChanges"]
    assert site.cameras() == before


def test_a_renamed_camera_is_fetched_with_its_recorder_alone(site: Client, simulator: Simulator) -> None:
    site.refresh(changes_only=True)
    simulator.forget()
    simulator.edit(lambda model: model.rename_camera("C1", "Gate"))
    site.refresh(changes_only=True)
    assert operations(simulator) == ["QueryChanges", "GetConfigurationRecorders"]
    assert (site.camera("Gate")).name == "Gate"
    everything = {camera.id: camera for camera in site.cameras()}
    site.refresh()
    assert everything == {camera.id: camera for camera in site.cameras()}


def test_changes_that_could_not_be_loaded_are_loaded_the_next_time(
    site: Client, simulator: Simulator
) -> None:
    site.refresh(changes_only=True)
    simulator.edit(lambda model: model.rename_camera("C1", "Gate"))
    fault = simulator.faults.add("management", "status", operation="GetConfigurationRecorders", code=503)
    with pytest.raises(ServiceUnavailable):
        site.refresh(changes_only=True)
    fault.remove()
    site.refresh(changes_only=True)
    assert "Gate" in [camera.name for camera in site.cameras()]


def test_a_camera_that_went_takes_its_folders_with_it(site: Client, simulator: Simulator) -> None:
    site.refresh(changes_only=True)
    simulator.forget()
    simulator.edit(lambda model: model.remove_camera("C1"))
    site.refresh(changes_only=True)
    assert operations(simulator) == ["QueryChanges", "GetConfigurationRecorders", "GetConfiguration"]
    assert "C1" not in [camera.name for camera in site.cameras("SiteB")]
    gone = {identity for group in site.camera_groups() for identity in group.all_camera_ids()}
    assert gone == {camera.id for camera in site.cameras()}
