"""From login to the camera list."""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

import attrs
import pytest

from milestone_sdk import (
    AmbiguousName,
    AsyncClient,
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


async def test_a_client_knows_what_it_is_logged_in_to(reader: AsyncClient) -> None:
    assert reader.info.version.startswith("25.2")
    assert reader.info.oauth
    assert reader.info.product is not None
    assert "XProtect" in (reader.info.product.name or "")


async def test_a_feature_that_the_server_lacks_is_an_error_that_names_both_releases(
    simulator_factory: Callable[..., Simulator],
) -> None:
    async with client_of(simulator_factory(release="2020R1")) as site:
        assert "asmx" in site.info.capabilities
        with pytest.raises(UnsupportedFeature) as caught:
            site.info.capabilities.require("identity_provider", server=site.info.server)
    assert caught.value.required == "2021 R1"
    assert caught.value.actual.startswith("2020 R1")


async def test_nothing_is_known_before_it_is_open(simulator: Simulator) -> None:
    client = client_of(simulator)
    with pytest.raises(LocalProtocolError, match="not open"):
        _ = client.info
    await client.aclose()
    assert simulator.requests == []


@pytest.mark.requirement(15)
async def test_cameras_come_with_recorder_hardware_and_rights(reader: AsyncClient) -> None:
    cameras = {camera.name: camera for camera in await reader.cameras()}
    assert {"Front Hallway", "C1", "Store Room"} <= cameras.keys()
    camera = cameras["Front Hallway"]
    assert camera.recorder in await reader.recorders()
    assert camera.hardware in await reader.hardware()
    assert camera.recorder.uri.startswith("https://127.0.0.1:")
    assert camera.rights is not None
    assert camera.rights.live


@pytest.mark.requirement(16, 33)
async def test_r16_a_folder_gives_its_cameras_and_those_below_it(reader: AsyncClient) -> None:
    assert [camera.name for camera in await reader.cameras(group="SiteA")] == ["Front Hallway", "Store Room"]
    assert [camera.name for camera in await reader.cameras(group="Perimeter/North")] == ["North Fence"]
    assert await reader.cameras(group="Perimeter") == await reader.cameras(group="Perimeter/North")


@pytest.mark.parametrize("group", [None, ""])
@pytest.mark.requirement(34)
async def test_r34_no_folder_means_all(reader: AsyncClient, group: str | None) -> None:
    assert len(await reader.cameras(group=group)) == 5


async def test_a_folder_that_is_none_names_the_near_ones(reader: AsyncClient) -> None:
    with pytest.raises(GroupNotFound) as caught:
        await reader.cameras(group="perimeter/nort")
    assert "Perimeter/North" in caught.value.near_misses


async def test_folders_are_a_tree(reader: AsyncClient) -> None:
    groups = {group.path: group for top in await reader.camera_groups() for group in top.walk()}
    assert {"SiteA", "SiteB", "Perimeter", "Perimeter/North"} <= groups.keys()
    assert groups["Perimeter"].groups == (groups["Perimeter/North"],)


async def test_a_camera_is_found_by_exact_name_or_id(reader: AsyncClient) -> None:
    camera = await reader.camera("Front Hallway")
    assert await reader.camera(camera.id) == camera
    assert await reader.camera(str(camera.id).upper()) == camera
    for name in ("front hallway", "Front  Hallway", "Front Hallway "):
        with pytest.raises(CameraNotFound) as caught:
            await reader.camera(name)
        assert caught.value.near_misses == ("Front Hallway",)


async def test_a_name_that_two_cameras_have_is_never_chosen_between(site: AsyncClient, simulator: Simulator) -> None:
    first = simulator.site.camera("C1")
    second = attrs.evolve(first, id=uuid4(), index=7)
    simulator.edit(lambda plan: plan.cameras.append(second))
    await site.refresh()
    start = simulator.site.now() - timedelta(minutes=5)
    calls: list[Callable[[], Awaitable[object]]] = [
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
            await call()
        assert set(caught.value.ids) == {first.id, second.id}
    for camera in (first, second):
        assert (await site.camera(str(camera.id))).id == camera.id
        assert await site.recordings.snapshot(camera.id)


async def test_a_camera_added_since_is_found(site: AsyncClient, simulator: Simulator) -> None:
    await site.cameras()
    simulator.edit(lambda plan: plan.rename_camera("C2", "Gate"))
    assert (await site.camera("Gate")).name == "Gate"
    await site.refresh()
    assert "C2" not in [camera.name for camera in await site.cameras()]


async def test_what_was_forgotten_is_fetched_when_it_is_needed_again(site: AsyncClient, simulator: Simulator) -> None:
    assert "C2" in [camera.name for camera in await site.cameras()]
    simulator.edit(lambda plan: plan.rename_camera("C2", "Gate"))
    await site.forget()
    assert "Gate" in [camera.name for camera in await site.cameras()]


async def test_from_login_to_1000_cameras_takes_at_most_six_requests(
    simulator_factory: Callable[..., Simulator],
) -> None:
    simulator = simulator_factory(large_site(1000))
    async with client_of(simulator) as site:
        assert len(await site.cameras()) == 1000
        assert len(simulator.requests) <= 6
        assert len(await site.cameras()) == 1000
        assert len(simulator.requests) <= 6


async def test_the_client_logs_out(simulator: Simulator) -> None:
    async with client_of(simulator) as site:
        await site.token.corporate()
    assert simulator.requests[-1].operation == "Logout"


async def test_both_tokens_can_be_had(site: AsyncClient, simulator: Simulator) -> None:
    corporate = await site.token.corporate()
    assert corporate.startswith("TOKEN#")
    assert simulator.tokens.check_corporate(corporate) is not None
    assert (await site.token.access()).count(".") == 2
    for secret in (corporate, await site.token.access(), simulator.password):
        assert secret not in f"{site!r} {site.token!r}"


async def test_tokens_that_the_server_forgot_are_replaced_without_the_caller_noticing(
    site: AsyncClient, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    await site.cameras()
    simulator.tokens.revoke_all()
    with caplog.at_level(logging.WARNING):
        await site.refresh()
        simulator.tokens.revoke_all()
        assert await site.alarms.list() == ()
    assert caplog.records == []


async def test_services_tell_where_the_event_server_is(site: AsyncClient, simulator: Simulator) -> None:
    uris = [uri for service in await site.registered_services() for uri in service.uris]
    assert simulator.event_server_url in uris


@pytest.mark.parametrize("release", ["2018R3", "2020R1"])
@pytest.mark.requirement(10, 41)
async def test_before_2021_a_basic_user_logs_in_by_http_basic(
    simulator_factory: Callable[..., Simulator], release: str
) -> None:
    simulator = simulator_factory(release=release)
    async with client_of(simulator) as site:
        assert not site.info.oauth
        assert len(await site.cameras()) == 5
        assert await site.alarms.list() == ()
    assert all("authorization" in request.headers for request in simulator.requests if request.operation == "Login")


@pytest.mark.parametrize("release", ["2022R1", "2022R2", "2023R3", "2025R2"])
@pytest.mark.requirement(10, 41)
async def test_since_2021_a_basic_user_logs_in_by_the_identity_provider(
    simulator_factory: Callable[..., Simulator], release: str
) -> None:
    simulator = simulator_factory(release=release)
    async with client_of(simulator) as site:
        assert site.info.oauth
        assert len(await site.cameras()) == 5
        assert await site.alarms.list() == ()


async def test_every_way_of_saying_nothing_gives_the_same_cameras(
    simulator_factory: Callable[..., Simulator],
) -> None:
    """A null may be `i:nil`, an empty element or no element at all (docs/protocol: servercommand-shape)."""
    seen: list[tuple[Camera, ...]] = []
    for null_form in ("nil", "empty", "absent"):
        async with client_of(simulator_factory(null_form=null_form)) as site:
            cameras = await site.cameras()
            somewhere = cameras[0].recorder
            seen.append(tuple(attrs.evolve(camera, recorder=somewhere, hardware=None) for camera in cameras))
    assert len(seen[0]) == 5
    recorder = seen[0][0].recorder
    assert [[attrs.evolve(camera, recorder=recorder) for camera in cameras] for cameras in seen[1:]] == [
        list(seen[0])
    ] * 2


async def test_requests_are_written_in_the_order_that_net_reads(simulator_factory: Callable[..., Simulator]) -> None:
    simulator = simulator_factory(strict_order=True)
    async with client_of(simulator) as site:
        await site.cameras()
        await site.alarms.list()
        await site.recordings.snapshot("C1")
    assert simulator.dropped == []


async def test_a_password_with_every_awkward_character(simulator: Simulator) -> None:
    password = "a&b+c%d=e ö;?#/\\@€"
    simulator.edit(lambda plan: setattr(plan.user(simulator.username), "password", password))
    async with client_of(simulator) as site:
        assert site.info.oauth


async def test_an_http_location_is_answered_over_https_on_443(simulator: Simulator) -> None:
    client = AsyncClient(simulator.http_url, BasicUser("arc", "x"), trust=Trust.ca_file(simulator.ca_file))
    assert repr(client) == "<AsyncClient of https://127.0.0.1>"
    await client.aclose()
    assert simulator.requests == []
