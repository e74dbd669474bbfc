# Generated from tests/_async/test_client.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""From login to the camera list."""

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import attrs
import pytest

from milestone_sdk import (
    AmbiguousName,
    Client,
    BasicUser,
    Camera,
    CameraNotFound,
    GroupNotFound,
    LocalProtocolError,
    TimeSpan,
    Trust,
    UnsupportedFeature,
)
from milestone_sdk.simulator import Simulator, large_site

from .opening import client_of

pytestmark = pytest.mark.anyio


def test_a_client_knows_what_it_is_logged_in_to(reader: Client) -> None:
    assert reader.info.version.startswith("25.2")
    assert reader.info.oauth
    assert reader.info.product is not None
    assert "XProtect" in (reader.info.product.name or "")


def test_a_feature_that_the_server_lacks_is_an_error_that_names_both_releases(
    simulator_factory: Callable[..., Simulator],
) -> None:
    with client_of(simulator_factory(release="2020R1")) as site:
        assert "asmx" in site.info.capabilities
        with pytest.raises(UnsupportedFeature) as caught:
            site.info.capabilities.require("identity_provider", server=site.info.server)
    assert caught.value.required == "2021 R1"
    assert caught.value.actual.startswith("2020 R1")


def test_nothing_is_known_before_it_is_open(simulator: Simulator) -> None:
    client = client_of(simulator)
    with pytest.raises(LocalProtocolError, match="not open"):
        _ = client.info
    client.close()
    assert simulator.requests == []


@pytest.mark.requirement(15)
def test_cameras_come_with_recorder_hardware_and_rights(reader: Client) -> None:
    cameras = {camera.name: camera for camera in reader.cameras()}
    assert {"Front Hallway", "C1", "Store Room"} <= cameras.keys()
    camera = cameras["Front Hallway"]
    assert camera.recorder in reader.recorders()
    assert camera.hardware in reader.hardware()
    assert camera.recorder.uri.startswith("https://127.0.0.1:")
    assert camera.rights is not None
    assert camera.rights.live


@pytest.mark.requirement(16, 33)
def test_r16_a_folder_gives_its_cameras_and_those_below_it(reader: Client) -> None:
    assert [camera.name for camera in reader.cameras(group="SiteA")] == ["Front Hallway", "Store Room"]
    assert [camera.name for camera in reader.cameras(group="Perimeter/North")] == ["North Fence"]
    assert reader.cameras(group="Perimeter") == reader.cameras(group="Perimeter/North")


@pytest.mark.parametrize("group", [None, ""])
@pytest.mark.requirement(34)
def test_r34_no_folder_means_all(reader: Client, group: str | None) -> None:
    assert len(reader.cameras(group=group)) == 5


def test_a_folder_that_is_none_names_the_near_ones(reader: Client) -> None:
    with pytest.raises(GroupNotFound) as caught:
        reader.cameras(group="perimeter/nort")
    assert "Perimeter/North" in caught.value.near_misses


def test_folders_are_a_tree(reader: Client) -> None:
    groups = {group.path: group for top in reader.camera_groups() for group in top.walk()}
    assert {"SiteA", "SiteB", "Perimeter", "Perimeter/North"} <= groups.keys()
    assert groups["Perimeter"].groups == (groups["Perimeter/North"],)


def test_a_camera_is_found_by_exact_name_or_id(reader: Client) -> None:
    camera = reader.camera("Front Hallway")
    assert reader.camera(camera.id) == camera
    assert reader.camera(str(camera.id).upper()) == camera
    for name in ("front hallway", "Front  Hallway", "Front Hallway "):
        with pytest.raises(CameraNotFound) as caught:
            reader.camera(name)
        assert caught.value.near_misses == ("Front Hallway",)


def test_a_name_that_two_cameras_have_is_never_chosen_between(site: Client, simulator: Simulator) -> None:
    first = simulator.site.camera("C1")
    second = attrs.evolve(first, id=uuid4(), index=7)
    simulator.edit(lambda plan: plan.cameras.append(second))
    site.refresh()
    start = simulator.site.now() - timedelta(minutes=5)
    calls: list[Callable[[], object]] = [
        lambda: site.camera("C1"),
        lambda: site.recordings.snapshot("C1"),
        lambda: site.recordings.extent("C1"),
        lambda: site.live.snapshot("C1"),
        lambda: site.ptz.presets("C1"),
        lambda: site.manual_recording.is_active("C1"),
        lambda: site.recordings.sequences("C1", TimeSpan(start, start + timedelta(minutes=1))),
    ]
    for call in calls:
        with pytest.raises(AmbiguousName, match="2 cameras are called 'C1'") as caught:
            call()
        assert set(caught.value.ids) == {first.id, second.id}
    for camera in (first, second):
        assert (site.camera(str(camera.id))).id == camera.id
        assert site.recordings.snapshot(camera.id)


def test_a_camera_added_since_is_found(site: Client, simulator: Simulator) -> None:
    site.cameras()
    simulator.edit(lambda plan: plan.rename_camera("C2", "Gate"))
    assert (site.camera("Gate")).name == "Gate"
    site.refresh()
    assert "C2" not in [camera.name for camera in site.cameras()]


def test_what_was_forgotten_is_fetched_when_it_is_needed_again(site: Client, simulator: Simulator) -> None:
    assert "C2" in [camera.name for camera in site.cameras()]
    simulator.edit(lambda plan: plan.rename_camera("C2", "Gate"))
    site.forget()
    assert "Gate" in [camera.name for camera in site.cameras()]


def test_from_login_to_1000_cameras_takes_at_most_six_requests(
    simulator_factory: Callable[..., Simulator],
) -> None:
    simulator = simulator_factory(large_site(1000))
    with client_of(simulator) as site:
        assert len(site.cameras()) == 1000
        assert len(simulator.requests) <= 6
        assert len(site.cameras()) == 1000
        assert len(simulator.requests) <= 6


def test_the_client_logs_out(simulator: Simulator) -> None:
    with client_of(simulator) as site:
        site.token.corporate()
    assert simulator.requests[-1].operation == "Logout"


def test_both_tokens_can_be_had(site: Client, simulator: Simulator) -> None:
    corporate = site.token.corporate()
    assert corporate.startswith("TOKEN#")
    assert simulator.tokens.check_corporate(corporate) is not None
    assert (site.token.access()).count(".") == 2
    for secret in (corporate, site.token.access(), simulator.password):
        assert secret not in f"{site!r} {site.token!r}"


def test_tokens_that_the_server_forgot_are_replaced_without_the_caller_noticing(
    site: Client, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    site.cameras()
    simulator.tokens.revoke_all()
    with caplog.at_level(logging.WARNING):
        site.refresh()
        simulator.tokens.revoke_all()
        assert site.alarms.list() == ()
    assert caplog.records == []


def test_services_tell_where_the_event_server_is(site: Client, simulator: Simulator) -> None:
    uris = [uri for service in site.registered_services() for uri in service.uris]
    assert simulator.event_server_url in uris


@pytest.mark.parametrize("release", ["2018R3", "2020R1"])
@pytest.mark.requirement(10, 41)
def test_before_2021_a_basic_user_logs_in_by_http_basic(
    simulator_factory: Callable[..., Simulator], release: str
) -> None:
    simulator = simulator_factory(release=release)
    with client_of(simulator) as site:
        assert not site.info.oauth
        assert len(site.cameras()) == 5
        assert site.alarms.list() == ()
    assert all("authorization" in request.headers for request in simulator.requests if request.operation == "Login")


@pytest.mark.parametrize("release", ["2022R1", "2022R2", "2023R3", "2025R2"])
@pytest.mark.requirement(10, 41)
def test_since_2021_a_basic_user_logs_in_by_the_identity_provider(
    simulator_factory: Callable[..., Simulator], release: str
) -> None:
    simulator = simulator_factory(release=release)
    with client_of(simulator) as site:
        assert site.info.oauth
        assert len(site.cameras()) == 5
        assert site.alarms.list() == ()


def test_every_way_of_saying_nothing_gives_the_same_cameras(
    simulator_factory: Callable[..., Simulator],
) -> None:
    """A null may be `i:nil`, an empty element or no element at all (docs/protocol: servercommand-shape)."""
    seen: list[tuple[Camera, ...]] = []
    for null_form in ("nil", "empty", "absent"):
        with client_of(simulator_factory(null_form=null_form)) as site:
            cameras = site.cameras()
            somewhere = cameras[0].recorder
            seen.append(tuple(attrs.evolve(camera, recorder=somewhere, hardware=None) for camera in cameras))
    assert len(seen[0]) == 5
    recorder = seen[0][0].recorder
    assert [[attrs.evolve(camera, recorder=recorder) for camera in cameras] for cameras in seen[1:]] == [
        list(seen[0])
    ] * 2


def test_requests_are_written_in_the_order_that_net_reads(simulator_factory: Callable[..., Simulator]) -> None:
    simulator = simulator_factory(strict_order=True)
    with client_of(simulator) as site:
        site.cameras()
        site.alarms.list()
        site.recordings.snapshot("C1")
    assert simulator.dropped == []


def test_a_password_with_every_awkward_character(simulator: Simulator) -> None:
    password = "a&b+c%d=e ö;?#/\\@€"
    simulator.edit(lambda plan: setattr(plan.user(simulator.username), "password", password))
    with client_of(simulator) as site:
        assert site.info.oauth


def test_an_http_location_is_answered_over_https_on_443(simulator: Simulator) -> None:
    client = Client(simulator.http_url, BasicUser("arc", "x"), trust=Trust.ca_file(simulator.ca_file))
    assert repr(client) == "<Client of https://127.0.0.1>"
    client.close()
    assert simulator.requests == []
