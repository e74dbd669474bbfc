"""The life of the two tokens: renewed ahead of time, once, and never by the wall clock."""

import time
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from milestone_sdk import (
    AccessToken,
    AccountLocked,
    AlarmEvent,
    AlarmRaised,
    AsyncClient,
    BasicUser,
    CertificateError,
    ConnectError,
    InvalidCredentials,
    LoginNotSupported,
    MemoryCheckpointStore,
    MilestoneError,
    ReadTimeout,
    RemoteProtocolError,
    ServiceUnavailable,
    TokenExpired,
    Trust,
    WindowsUser,
)
from milestone_sdk.simulator import Simulator
from milestone_sdk.testing import AsyncManualClock

from ...support.stopwatch import Stopwatch
from ..opening import FORGOTTEN, client_of

pytestmark = pytest.mark.anyio

HOUR = 3600.0


def timed_client(simulator: Simulator, clock: AsyncManualClock) -> AsyncClient:
    user = BasicUser(simulator.username, simulator.password)
    return AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), timeout=10, clock=clock)


def logins(simulator: Simulator) -> int:
    return sum(request.operation == "Login" for request in simulator.requests)


def grants(simulator: Simulator) -> int:
    return sum(request.path.lower().endswith("/connect/token") for request in simulator.requests)


def token_for(simulator: Simulator) -> str:
    user = simulator.site.user("arc")
    assert user is not None
    return simulator.tokens.issue_access(user)


@pytest.mark.promise(8)
async def test_both_tokens_are_renewed_at_80_percent_of_the_shorter_life(simulator: Simulator) -> None:
    clock = AsyncManualClock()
    async with timed_client(simulator, clock) as site:
        clock.advance(HOUR * 0.79)
        await site.refresh()
        assert (grants(simulator), logins(simulator)) == (1, 1)
        clock.advance(HOUR * 0.02)
        await site.refresh()
        assert (grants(simulator), logins(simulator)) == (2, 2)
        await site.refresh()
        assert (grants(simulator), logins(simulator)) == (2, 2)


async def test_a_renewal_keeps_the_instance(simulator: Simulator) -> None:
    """The old registration is replaced, not joined by another (docs/protocol: identity-lifetimes)."""
    clock = AsyncManualClock()
    async with timed_client(simulator, clock) as site:
        for _ in range(5):
            clock.advance(HOUR)
            await site.token.corporate()
    assert logins(simulator) == 6
    assert simulator.tokens.instances == 0, "one Logout ended the one registration"


@pytest.mark.promise(13)
async def test_the_wall_clock_does_not_matter(simulator: Simulator) -> None:
    clock = AsyncManualClock()
    async with timed_client(simulator, clock) as site:
        for moment in (datetime(1999, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)):
            clock.set_wall_clock(moment)
            await site.refresh()
    assert logins(simulator) == 1


async def test_a_server_that_cannot_renew_now_is_no_failure_while_the_tokens_hold(simulator: Simulator) -> None:
    """The corporate token, which alarms and video want, outlives the access token by hours."""
    clock = AsyncManualClock()
    async with timed_client(simulator, clock) as site:
        before = await site.token.corporate()
        clock.advance(HOUR * 0.9)
        fault = simulator.faults.add("idp", "status", code=503)
        assert await site.token.corporate() == before
        clock.advance(HOUR * 0.2)
        assert await site.token.corporate() == before
        assert await site.alarms.list() == ()
        with pytest.raises(ServiceUnavailable):
            await site.token.access()
        clock.advance(HOUR * 3)
        with pytest.raises(ServiceUnavailable):
            await site.token.corporate()
        fault.remove()
        assert await site.token.access()


@pytest.mark.parametrize(
    ("service", "kind", "options"),
    [
        ("idp", "status", {"code": 503}),
        ("idp", "body", {"status": 429, "bytes": b'{"error":"rate_limited"}', "content_type": "application/json"}),
        ("idp", "body", {"status": 400, "bytes": b'{"error":"invalid_client"}', "content_type": "application/json"}),
        ("idp", "html", {"status": 403}),
        ("management", "status", {"code": 429}),
        ("management", "html", {"status": 500}),
    ],
)
async def test_whatever_passes_costs_no_call_while_the_tokens_hold(
    simulator: Simulator, service: str, kind: str, options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    clock = AsyncManualClock()
    async with timed_client(simulator, clock) as site:
        clock.advance(HOUR * 0.9)
        fault = simulator.faults.add(service, kind, **options)
        for _ in range(20):
            assert await site.token.corporate()
        assert fault.used == 1, "it is not tried again at once"
        fault.remove()
        clock.advance(HOUR)
        assert await site.token.access()
    words = [record.getMessage() for record in caplog.records if record.name == "milestone_sdk.login"]
    assert ["cannot be renewed yet" in text for text in words] == [True, False]


async def next_of(events: AsyncGenerator[AlarmEvent]) -> AlarmEvent | None:
    async for event in events:
        return event
    return None


@pytest.mark.parametrize("service", ["idp", "management"])
async def test_a_silent_management_server_costs_no_alarm_while_the_tokens_hold(
    simulator: Simulator, service: str
) -> None:
    simulator.tokens.access_life = timedelta(seconds=1)
    checkpoints = MemoryCheckpointStore()
    async with (
        client_of(simulator) as site,
        site.alarms.subscribe(checkpoints=checkpoints, interval=0.1, link_timeout=6.0) as alarms,
    ):
        fault = simulator.faults.add(service, "deaf")
        events = alarms.events()
        began = time.monotonic()
        while time.monotonic() < began + (3.0 if fault.used else 30.0):
            simulator.trigger("Motion Detected", source="C1")
            watch = Stopwatch()
            event = await next_of(events)
            assert isinstance(event, AlarmRaised)
            assert watch.seconds < 1.0
            await alarms.checkpoint(event.alarm)
        assert 1 <= fault.used <= 1 + (time.monotonic() - began) // 2, "not asked at each of ten polls a second"
        fault.remove()


@pytest.mark.parametrize("release", ["2020R1", "2025R2"])
async def test_a_server_that_has_forgotten_the_old_token_gets_a_login_without_it(
    simulator_factory: Callable[..., Simulator], release: str
) -> None:
    simulator = simulator_factory(release=release)
    clock = AsyncManualClock()
    async with timed_client(simulator, clock) as site:
        before = await site.token.corporate()
        clock.advance(5 * HOUR)
        fault = simulator.faults.add(
            "management", "body", bytes=FORGOTTEN, content_type="text/xml", status=500, operation="Login", times=1
        )
        assert await site.token.corporate() != before
    assert fault.used == 1


async def test_a_refresh_that_fails_is_no_failure_while_the_tokens_hold(simulator: Simulator) -> None:
    def refresh() -> tuple[str, float]:
        raise ConnectionRefusedError("the provider is down")

    clock = AsyncManualClock()
    made = AccessToken(token_for(simulator), expires_in=1000, refresh=refresh)
    async with AsyncClient(simulator.url, made, trust=Trust.ca_file(simulator.ca_file), clock=clock) as site:
        clock.advance(900)
        assert await site.token.access() == made.reveal()
        assert await site.alarms.list() == ()
        clock.advance(200)
        assert await site.alarms.list() == ()
        with pytest.raises(ServiceUnavailable, match=r"callback .* failed: ConnectionRefusedError") as caught:
            await site.token.access()
        assert caught.value.retriable


async def test_tokens_that_never_end(simulator: Simulator) -> None:
    simulator.tokens.access_life = simulator.tokens.corporate_life = timedelta.max
    clock = AsyncManualClock()
    async with timed_client(simulator, clock) as site:
        assert set(site.token.lifetimes.values()) == {30 * 24 * HOUR}
        clock.advance(7 * 24 * HOUR)
        await site.refresh()
        assert (grants(simulator), logins(simulator)) == (1, 1)


async def test_a_token_made_elsewhere_that_never_ends(simulator: Simulator) -> None:
    clock = AsyncManualClock()
    trust = Trust.ca_file(simulator.ca_file)
    for life in (float("inf"), 1e300, 10**400):
        made = AccessToken(token_for(simulator), expires_in=life)
        async with AsyncClient(simulator.url, made, trust=trust, clock=clock) as site:
            clock.advance(3 * HOUR)
            assert await site.token.access() == made.reveal()


async def test_a_busy_server_is_no_refusal_of_a_windows_user(simulator_factory: Callable[..., Simulator]) -> None:
    simulator = simulator_factory(release="2020R1")
    password = next(user.password for user in simulator.site.users if user.kind == "windows")
    trust = Trust.ca_file(simulator.ca_file)
    client = AsyncClient(simulator.url, WindowsUser("VMS\\arc", password), trust=trust)
    for code in (503, 429):
        fault = simulator.faults.add("management", "status", code=code)
        with pytest.raises(ServiceUnavailable):
            await client.token.corporate()
        fault.remove()
    assert await client.token.corporate()
    await client.aclose()


@pytest.mark.promise(8)
async def test_a_password_that_was_changed_is_told_once_and_can_be_replaced(simulator: Simulator) -> None:
    clock = AsyncManualClock()
    async with timed_client(simulator, clock) as site:
        simulator.edit(lambda plan: setattr(plan.user("arc"), "password", "another"))
        clock.advance(HOUR * 2)
        tried = grants(simulator)
        for _ in range(5):
            with pytest.raises(InvalidCredentials):
                await site.cameras()
        assert grants(simulator) == tried + 1
        await site.token.replace(BasicUser("arc", "another"))
        assert len(await site.cameras()) == 5


@pytest.mark.promise(8)
async def test_a_locked_account_is_left_alone(simulator: Simulator) -> None:
    simulator.edit(lambda plan: setattr(plan.user("arc"), "state", "locked"))
    client = client_of(simulator)
    for _ in range(5):
        with pytest.raises(AccountLocked):
            await client.token.corporate()
    await client.aclose()
    assert grants(simulator) == 1


async def test_a_server_that_restarts_between_token_and_login(simulator: Simulator) -> None:
    """Its identity provider signs with a new key: the access token that was just given is refused."""
    fault = simulator.faults.add("management", "status", code=401, operation="Login", times=1)
    async with client_of(simulator) as site:
        assert len(await site.cameras()) == 5
    assert fault.used == 1
    assert grants(simulator) == 2


async def test_an_identity_provider_without_a_server_command_service(simulator: Simulator) -> None:
    simulator.faults.add("management", "status", code=503)
    with pytest.raises(ServiceUnavailable):
        async with client_of(simulator):
            pytest.fail("the client opened")


async def test_401_with_a_web_page_is_a_token_problem(simulator: Simulator) -> None:
    async with client_of(simulator) as site:
        simulator.faults.add("management", "html", status=401, operation="GetConfiguration")
        with pytest.raises(TokenExpired) as caught:
            await site.cameras()
        assert caught.value.retriable


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"access_token":"a.b.c","expires_in":3600,"token_type":"Bearer","extra":{"deep":[1,2]}}', TokenExpired),
        (b'{"access_token":"a.b.c"}', TokenExpired),
        (b'{"access_token":"a.b.c","expires_in":"soon"}', TokenExpired),
        (b'{"expires_in":3600}', RemoteProtocolError),
        (b"", RemoteProtocolError),
    ],
)
async def test_token_answers_with_more_or_less_in_them(
    simulator: Simulator, body: bytes, error: type[MilestoneError]
) -> None:
    """One with more is used, and then refused by the management server, which did not make it."""
    simulator.faults.add("idp", "body", bytes=body, content_type="application/json", operation="token")
    with pytest.raises(error):
        async with client_of(simulator):
            pytest.fail("the client opened")


async def test_a_redirect_of_the_token_request_is_not_followed(simulator: Simulator) -> None:
    simulator.faults.add("idp", "status", code=307, operation="token")
    with pytest.raises(MilestoneError):
        async with client_of(simulator):
            pytest.fail("the client opened")
    assert grants(simulator) == 1


async def test_a_slow_identity_provider_ends_in_bounded_time(simulator: Simulator) -> None:
    simulator.faults.add("idp", "slicer", size=1, delay=0.05, operation="token")
    with pytest.raises(ReadTimeout):
        async with client_of(simulator, timeout=0.8):
            pytest.fail("the client opened")


async def test_two_clients_share_one_account(simulator: Simulator) -> None:
    async with client_of(simulator) as one:
        async with client_of(simulator) as other:
            assert await one.token.corporate() != await other.token.corporate()
        assert len(await one.cameras()) == 5


async def test_a_token_made_elsewhere(simulator: Simulator) -> None:
    made = token_for(simulator)
    trust = Trust.ca_file(simulator.ca_file)
    async with AsyncClient(simulator.url, AccessToken(made), trust=trust) as site:
        assert len(await site.cameras()) == 5
        assert await site.token.access() == made
        assert made not in f"{site.token!r}"
    assert grants(simulator) == 0


async def test_a_token_made_elsewhere_is_refreshed_ahead_of_its_end(simulator: Simulator) -> None:
    made: list[str] = []

    def refresh() -> tuple[str, float]:
        made.append(token_for(simulator))
        return made[-1], 600.0

    clock = AsyncManualClock()
    first, life = refresh()
    credentials = AccessToken(first, expires_in=life, refresh=refresh)
    trust = Trust.ca_file(simulator.ca_file)
    async with AsyncClient(simulator.url, credentials, trust=trust, clock=clock) as site:
        for _ in range(3):
            clock.advance(500)
            assert await site.token.access() == made[-1]
    assert len(made) == 4


async def test_a_token_made_elsewhere_that_nobody_refreshes_ends(simulator: Simulator) -> None:
    clock = AsyncManualClock()
    made = token_for(simulator)
    trust = Trust.ca_file(simulator.ca_file)
    async with AsyncClient(simulator.url, AccessToken(made, expires_in=100), trust=trust, clock=clock) as site:
        clock.advance(90)
        assert await site.token.access() == made
        clock.advance(20)
        with pytest.raises(TokenExpired, match="refresh"):
            await site.token.access()


async def test_an_old_server_takes_no_access_token(simulator_factory: Callable[..., Simulator]) -> None:
    simulator = simulator_factory(release="2020R1")
    with pytest.raises(LoginNotSupported, match="basic user"):
        async with AsyncClient(simulator.url, AccessToken("a.b.c"), trust=Trust.ca_file(simulator.ca_file)):
            pytest.fail("the client opened")


async def test_an_old_server_has_no_access_token_to_give(simulator_factory: Callable[..., Simulator]) -> None:
    async with client_of(simulator_factory(release="2020R1")) as site:
        with pytest.raises(LoginNotSupported):
            await site.token.access()


async def test_gateways_are_found(simulator: Simulator, simulator_factory: Callable[..., Simulator]) -> None:
    async with client_of(simulator) as site:
        assert [gateway.endswith("/API/") for gateway in await site.gateways()] == [True]
    async with client_of(simulator_factory(release="2020R1")) as site:
        assert await site.gateways() == ()


@pytest.mark.requirement(12)
async def test_addresses_that_cannot_be_reached_are_overridden(simulator: Simulator) -> None:
    """Behind NAT, recorder and event server announce what means nothing outside (requirements R12)."""
    recorder, event_server = simulator.site.recorders[0].uri, simulator.event_server_url

    simulator.edit(lambda plan: setattr(plan.recorders[0], "uri", "https://127.0.0.2:9/"))
    user, trust = BasicUser(simulator.username, simulator.password), Trust.ca_file(simulator.ca_file)
    async with AsyncClient(simulator.url, user, trust=trust, timeout=5) as site:
        with pytest.raises(ServiceUnavailable, match="public access") as caught:
            await site.recordings.snapshot("C1")
        assert isinstance(caught.value.__cause__, ConnectError)
    for key in ("Recorder 1", "https://127.0.0.2:9/", str(simulator.site.recorders[0].id)):
        addresses = {key: recorder.rstrip("/"), "event_server": event_server.rstrip("/")}
        async with AsyncClient(simulator.url, user, trust=trust, addresses=addresses) as site:
            assert (await site.recordings.snapshot("C1")).live
            assert await site.alarms.list() == ()


async def test_each_service_may_have_a_certificate_of_its_own(simulator: Simulator) -> None:
    user, good = BasicUser(simulator.username, simulator.password), Trust.ca_file(simulator.ca_file)
    trust = Trust.per_service(management=good, recorder=Trust.pinned("sha256:" + "00" * 32))
    async with AsyncClient(simulator.url, user, trust=trust) as site:
        assert await site.alarms.list() == ()
        with pytest.raises(MilestoneError) as caught:
            await site.recordings.snapshot("C1")
        assert type(caught.value) is CertificateError
