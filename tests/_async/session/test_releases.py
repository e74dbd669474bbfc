"""Logging in to every release that the simulator can be: what is sent where, and what the client makes of it."""

from base64 import b64decode
from collections.abc import Callable
from unicodedata import normalize

import pytest

from milestone_sdk import BasicUser, InvalidCredentials, LoginNotSupported, UnsupportedFeature
from milestone_sdk.releases import Capabilities, Capability, Release
from milestone_sdk.simulator import RELEASES, Simulator

from ..opening import FORGOTTEN, client_of

pytestmark = pytest.mark.anyio

BEFORE_2021 = [name for name, release in RELEASES.items() if release.version < (21, 1)]
SINCE_2021 = [name for name in RELEASES if name not in BEFORE_2021]
Factory = Callable[..., Simulator]


def soap_of(simulator: Simulator) -> list[tuple[str, str, str]]:
    """Operation, path and kind of authorization of what the management server was asked by SOAP."""
    return [
        (request.operation, request.path.rpartition("/")[2], request.headers.get("authorization", "").partition(" ")[0])
        for request in simulator.requests
        if request.path.lower().startswith("/managementserver/")
    ]


def test_both_kinds_of_login_are_among_the_releases() -> None:
    assert BEFORE_2021[0] == "2018R3"
    assert {"2020R3", "2021R1", "2022R1", "2023R2", "2025R3"} <= RELEASES.keys()
    assert SINCE_2021[0] == "2021R1"


@pytest.mark.parametrize("release", RELEASES)
async def test_a_basic_user_logs_in_and_finds_cameras_alarms_and_the_release(
    simulator_factory: Factory, release: str
) -> None:
    simulator = simulator_factory(release=release, strict_order=True)
    async with client_of(simulator) as site:
        assert len(await site.cameras()) == 5
        assert await site.alarms.list() == ()
        told = Capabilities.of(site.info.version)
        assert told.release is not None
        assert told.release.base == Release.parse(release)
        assert (Capability.IDENTITY_PROVIDER in told) == site.info.oauth
    assert simulator.event_server_url.startswith("https:" if Capability.EVENT_SERVER_TLS in told else "http:")


@pytest.mark.parametrize("release", BEFORE_2021)
async def test_before_2021_every_call_carries_http_basic_to_svc(simulator_factory: Factory, release: str) -> None:
    simulator = simulator_factory(release=release)
    async with client_of(simulator) as site:
        await site.registered_services()
        with pytest.raises(LoginNotSupported, match="does not issue access tokens"):
            await site.token.access()
    calls = soap_of(simulator)
    assert {"Login", "GetProductInfo", "GetServices", "Logout"} <= {operation for operation, _, _ in calls}
    assert {path for _, path, _ in calls} == {"ServerCommandService.svc", "ServiceRegistrationService.svc"}
    assert {scheme for _, _, scheme in calls} == {"Basic"}
    assert not [request for request in simulator.requests if request.path.lower().endswith("/connect/token")]


@pytest.mark.parametrize("release", SINCE_2021)
async def test_since_2021_every_call_carries_a_bearer_token_to_oauth_svc(
    simulator_factory: Factory, release: str
) -> None:
    simulator = simulator_factory(release=release)
    async with client_of(simulator) as site:
        await site.registered_services()
        assert simulator.tokens.check_access(await site.token.access()) is not None
    calls = soap_of(simulator)
    assert {"Login", "GetProductInfo", "GetServices", "Logout"} <= {operation for operation, _, _ in calls}
    assert {path for _, path, _ in calls} == {"ServerCommandServiceOAuth.svc", "ServiceRegistrationServiceOAuth.svc"}
    assert {scheme for _, _, scheme in calls} == {"Bearer"}
    tokens = [request for request in simulator.requests if request.path.lower().endswith("/connect/token")]
    assert [request.headers.get("authorization") for request in tokens] == [None]


@pytest.mark.parametrize("release", RELEASES)
async def test_no_password_goes_to_recorders_or_event_server(simulator_factory: Factory, release: str) -> None:
    simulator = simulator_factory(release=release)
    async with client_of(simulator) as site:
        await site.alarms.list()
        await site.recordings.snapshot("C1")
    others = [request for request in simulator.requests if request.service not in ("idp", "management")]
    assert {request.path.rpartition("/")[2].lower() for request in others} == {
        "alarmservicetoken",
        "recordercommandservice.asmx",
    }
    assert not [request for request in others if "authorization" in request.headers]


@pytest.mark.parametrize("release", RELEASES)
async def test_a_wrong_password_is_tried_once_on_every_release(simulator_factory: Factory, release: str) -> None:
    simulator = simulator_factory(release=release)
    client = client_of(simulator, password="wrong")
    with pytest.raises(InvalidCredentials):
        await client.open()
    tried = [request for request in simulator.requests if request.path.lower().endswith(("/connect/token", ".svc"))]
    assert len(tried) == 1
    with pytest.raises(InvalidCredentials):
        await client.cameras()
    await client.aclose()
    tried = [request for request in simulator.requests if request.path.lower().endswith(("/connect/token", ".svc"))]
    assert len(tried) == 1, "each further try would count towards locking the account"


@pytest.mark.parametrize("release", ["2020R1", "2025R1"])
async def test_what_the_release_lacks_is_said_with_both_releases(simulator_factory: Factory, release: str) -> None:
    async with client_of(simulator_factory(release=release)) as site:
        with pytest.raises(UnsupportedFeature) as caught:
            Capabilities.of(site.info.version).require(Capability.RETRIEVE_EDGE_STORAGE_TASK, server=site.info.server)
        assert caught.value.required == "2025 R2"
        assert Release.parse(caught.value.actual).base == Release.parse(release)
        assert site.info.server in str(caught.value)


@pytest.mark.parametrize("release", BEFORE_2021)
async def test_http_basic_carries_a_password_of_western_letters_in_one_try(
    simulator_factory: Factory, release: str
) -> None:
    """An umlaut is one byte of Windows-1252, however the letter was typed, also at the Configuration API."""
    simulator = simulator_factory(release=release)
    user = simulator.site.users[0]
    user.name, user.password = "Jörg", "10 € für Öl"
    for name, password in ((user.name, user.password), (normalize("NFD", user.name), normalize("NFD", user.password))):
        async with client_of(simulator, BasicUser(name, password)) as site:
            assert len(await site.cameras()) == 5
            assert (await site.configuration.item("/")).name == "Example"
    headers = {request.headers["authorization"] for request in simulator.requests if "authorization" in request.headers}
    decoded = {b64decode(header.removeprefix("Basic ")) for header in headers}
    assert decoded == {b"J\xf6rg:10 \x80 f\xfcr \xd6l", b"[BASIC]\\J\xf6rg:10 \x80 f\xfcr \xd6l"}
    assert user.failures == 0


@pytest.mark.parametrize(("name", "password"), [("arc", "пароль"), ("arc", "🔑"), ("front:desk", "secret")])
async def test_what_http_basic_cannot_carry_costs_no_login_attempt(
    simulator_factory: Factory, name: str, password: str
) -> None:
    simulator = simulator_factory(release="2020R3")
    user = simulator.site.users[0]
    user.name, user.password = name, password
    with pytest.raises(LoginNotSupported, match="HTTP Basic cannot carry") as caught:
        async with client_of(simulator, BasicUser(name, password)):
            pass
    assert caught.value.server == simulator.url
    assert password not in str(caught.value)
    assert not [request for request in simulator.requests if "authorization" in request.headers]
    assert user.failures == 0


async def test_a_forgotten_token_is_no_refused_password_at_the_configuration_api(simulator_factory: Factory) -> None:
    simulator = simulator_factory(release="2020R3")
    async with client_of(simulator) as site:
        fault = simulator.faults.add(
            "management", "body", bytes=FORGOTTEN, content_type="text/xml", status=500, operation="GetItem", times=1
        )
        assert (await site.configuration.item("/")).name == "Example"
        assert fault.used == 1


@pytest.mark.parametrize(("name", "password"), [("arc", "пароль"), ("arc", "🔑"), ("front:desk", "o\u0308")])
async def test_an_identity_provider_takes_every_character(simulator_factory: Factory, name: str, password: str) -> None:
    simulator = simulator_factory(release="2021R1")
    simulator.site.users[0].name, simulator.site.users[0].password = name, password
    async with client_of(simulator, BasicUser(name, password)) as site:
        assert len(await site.cameras()) == 5
