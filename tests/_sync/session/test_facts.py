# Generated from tests/_async/session/test_facts.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""What was learnt about a site and is wrong now: it is asked for again, once, and the call is made again."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from milestone_sdk import (
    AccessToken,
    AnalyticsEvent,
    Client,
    BasicUser,
    CameraNotFound,
    GroupNotFound,
    InvalidCredentials,
    LoginNotSupported,
    MemoryCheckpointStore,
    MilestoneError,
    NotFound,
    PermissionDenied,
    ServiceUnavailable,
    Status,
    TimeSpan,
    TokenExpired,
    Trust,
    UnsupportedFeature,
    WindowsUser,
)
from milestone_sdk._sync.configuration.inventory import CameraReference
from milestone_sdk.simulator import Group, Recorder, Simulator, example_site
from milestone_sdk.simulator.site import stable_id
from milestone_sdk.testing import ManualClock

from ..opening import client_of

pytestmark = pytest.mark.anyio

Factory = Callable[..., Simulator]
AROUND = timedelta(seconds=10)


def calls(simulator: Simulator, operation: str) -> int:
    return sum(request.operation == operation for request in simulator.requests)


def raised(simulator: Simulator) -> None:
    simulator.trigger("Motion Detected", source="Front Hallway")


@pytest.fixture
def two_recorders(simulator_factory: Factory) -> Simulator:
    """The example site with a second recorder, which has no cameras yet."""
    plan = example_site()
    plan.recorders.append(Recorder(id=stable_id("recorder", "Recorder 2"), name="Recorder 2"))
    return simulator_factory(plan)


def hardware_of(simulator: Simulator, camera: str) -> str:
    return next(each.name for each in simulator.site.hardware if each.id == simulator.site.camera(camera).hardware_id)


def move(simulator: Simulator, camera: str) -> None:
    hardware = hardware_of(simulator, camera)
    simulator.edit(lambda site: site.move_hardware(hardware, "Recorder 2"))


# The event server


@pytest.mark.parametrize("tls", [True, False])
def test_alarms_of_an_event_server_that_registers_elsewhere(simulator: Simulator, tls: bool) -> None:
    with client_of(simulator) as site:
        raised(simulator)
        assert len(site.alarms.list()) == 1
        simulator.move_event_server(port=_free_port(), tls=tls)
        raised(simulator)
        assert len(site.alarms.list()) == 2
        asked = calls(simulator, "GetServices")
        site.alarms.list()
        assert calls(simulator, "GetServices") == asked, "what is right is not asked for again"


@pytest.mark.parametrize("tls", [True, False])
def test_an_event_server_that_changes_to_https_or_http_on_its_port(simulator_factory: Factory, tls: bool) -> None:
    simulator = simulator_factory(event_server_tls=not tls)
    with client_of(simulator) as site:
        raised(simulator)
        assert len(site.alarms.list()) == 1
        simulator.move_event_server(tls=tls)
        assert len(site.alarms.list()) == 1


def test_a_subscription_goes_on_at_the_new_address(simulator: Simulator) -> None:
    with client_of(simulator) as site:
        with site.alarms.subscribe(checkpoints=MemoryCheckpointStore(), interval=0.05) as alarms:
            raised(simulator)
            first = alarms.__next__()
            simulator.move_event_server(port=_free_port(), tls=False)
            raised(simulator)
            second = alarms.__next__()
        assert first.id != second.id
        assert alarms.statistics.losses == 0


def test_a_change_is_made_at_the_new_address_exactly_once(simulator: Simulator) -> None:
    with client_of(simulator) as site:
        raised(simulator)
        (line,) = site.alarms.list()
        simulator.move_event_server(port=_free_port())
        site.alarms.annotate(line, "seen")
        assert len([entry for entry in site.alarms.history(line) if entry.text == "seen"]) == 1
        assert calls(simulator, "UpdateAlarm") == 1


def test_a_change_whose_outcome_is_not_known_is_not_made_twice(simulator: Simulator) -> None:
    with client_of(simulator) as site:
        raised(simulator)
        (line,) = site.alarms.list()
        simulator.faults.add("event_server", "reset", operation="Acknowledge", times=1)
        simulator.registered_event_server = "http://127.0.0.1:9/"
        with pytest.raises(ServiceUnavailable):
            site.alarms.acknowledge(line)
        assert calls(simulator, "Acknowledge") == 1


@pytest.mark.parametrize(
    ("kind", "times", "options"),
    [("status", 1, {"code": 404}), ("status", 1, {"code": 403}), ("html", 1, {}),
     ("status", 2, {"code": 401}), ("reset", 1, {}), ("garbage", 1, {})],
)  # fmt: skip
def test_another_program_at_the_old_address(
    simulator: Simulator, kind: str, times: int, options: dict[str, Any]
) -> None:
    with client_of(simulator) as site:
        site.alarms.list()
        simulator.registered_event_server = simulator.event_server_url.replace("127.0.0.1", "localhost")
        fault = simulator.faults.add("event_server", kind, times=times, **options)
        site.alarms.list()
        assert fault.used == times


def test_a_busy_event_server_is_looked_for_elsewhere_after_a_while(simulator: Simulator) -> None:
    clock = ManualClock()
    user = BasicUser(simulator.username, simulator.password)
    with Client(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), clock=clock) as site:
        site.alarms.list()
        asked = calls(simulator, "GetServices")
        fault = simulator.faults.add("event_server", "status", code=503, times=3)
        for _ in range(2):
            with pytest.raises(ServiceUnavailable):
                site.alarms.list()
        assert calls(simulator, "GetServices") == asked
        simulator.registered_event_server = simulator.event_server_url.replace("127.0.0.1", "localhost")
        clock.advance(31)
        site.alarms.list()
        assert fault.used == 3


def test_another_sites_event_server_at_the_old_address(simulator: Simulator, simulator_factory: Factory) -> None:
    """It refuses the token of this site, which is no reason to log in again and again."""
    other = simulator_factory(tls=False)
    simulator.registered_event_server = other.event_server_url
    with client_of(simulator) as site:
        with pytest.raises(TokenExpired):
            site.alarms.list()
        simulator.registered_event_server = None
        raised(simulator)
        assert len(site.alarms.list()) == 1
        assert calls(simulator, "Login") <= 3


def test_an_event_server_that_is_away_costs_one_question_a_call(simulator: Simulator) -> None:
    with client_of(simulator) as site:
        site.alarms.list()
        simulator.stop_service("event_server")
        asked = calls(simulator, "GetServices")
        for _ in range(3):
            with pytest.raises(ServiceUnavailable, match="event server cannot be reached"):
                site.alarms.list()
        assert calls(simulator, "GetServices") == asked + 3
        simulator.start_service("event_server")
        site.alarms.list()


def test_alarms_while_the_management_server_is_away(simulator: Simulator) -> None:
    """What is known stays in use when the question cannot be asked."""
    with client_of(simulator, timeout=2.0) as site:
        raised(simulator)
        site.alarms.list()
        simulator.faults.add("event_server", "reset", times=1)
        simulator.stop_service("management")
        with pytest.raises(ServiceUnavailable, match="event server"):
            site.alarms.list()
        assert len(site.alarms.list()) == 1


def test_a_guess_is_not_kept(simulator: Simulator) -> None:
    simulator.registered_event_server = ""
    with client_of(simulator) as site:
        with pytest.raises(ServiceUnavailable):
            site.alarms.list()
        simulator.registered_event_server = None
        raised(simulator)
        assert len(site.alarms.list()) == 1


def test_analytics_events_go_to_the_host_that_is_registered_now(simulator: Simulator) -> None:
    simulator.registered_event_server = "http://127.0.0.7:1/"
    with client_of(simulator) as site:
        with pytest.raises(ServiceUnavailable) as caught:
            site.events.analytics(AnalyticsEvent(message="x"))
        assert "127.0.0.7" in str(caught.value)
        simulator.registered_event_server = "http://127.0.0.8:1/"
        with pytest.raises(ServiceUnavailable) as caught:
            site.events.analytics(AnalyticsEvent(message="x"))
        assert "127.0.0.8" in str(caught.value)


def test_diagnose_says_that_the_client_uses_an_old_address(simulator: Simulator) -> None:
    with client_of(simulator) as site:
        site.alarms.list()
        old = simulator.event_server_url.rstrip("/")
        simulator.move_event_server(port=_free_port())
        (finding,) = [found for found in site.diagnose() if found.check == "event server"]
        assert finding.status is Status.WARNING
        assert old in finding.what
        site.alarms.list()
        (finding,) = [found for found in site.diagnose() if found.check == "event server"]
        assert finding.status is Status.OK


# Cameras and recorders


@pytest.mark.parametrize("by", ["name", "id", "camera"])
@pytest.mark.parametrize("way", ["sequences", "around", "types", "snapshot", "live", "play"])
def test_a_camera_that_moved_to_another_recorder(two_recorders: Simulator, by: str, way: str) -> None:
    with client_of(two_recorders) as site:
        camera = site.camera("C1")
        move(two_recorders, "C1")
        reference = {"name": "C1", "id": camera.id, "camera": camera}[by]
        _one_way(site, reference, way)
        fetched = calls(two_recorders, "GetConfiguration")
        _one_way(site, "C1", way)
        assert calls(two_recorders, "GetConfiguration") == fetched


@pytest.mark.parametrize("way", ["sequences", "live", "play"])
@pytest.mark.parametrize("change", ["tls", "no tls", "port"])
def test_a_recorder_at_another_address(simulator_factory: Factory, way: str, change: str) -> None:
    simulator = simulator_factory(recorder_tls=change != "tls")
    with client_of(simulator) as site:
        camera = site.camera("C1")
        _one_way(site, camera, way)
        tls = {"tls": True, "no tls": False, "port": None}[change]
        simulator.move_recorder("Recorder 1", port=_free_port() if change == "port" else None, tls=tls)
        _one_way(site, "C1", way)
        _one_way(site, camera, way)


@pytest.mark.parametrize("way", ["sequences", "live", "play"])
def test_a_camera_that_was_added_again_under_its_name(simulator: Simulator, way: str) -> None:
    with client_of(simulator) as site:
        camera = site.camera("C1")
        simulator.edit(lambda plan: plan.replace_camera("C1", uuid4()))
        _one_way(site, "C1", way)
        for old in (camera, camera.id):
            with pytest.raises(CameraNotFound):
                _one_way(site, old, way)


@pytest.mark.parametrize("way", ["sequences", "around", "types", "snapshot", "live", "play"])
def test_a_camera_that_was_removed_is_not_found_by_every_way(simulator: Simulator, way: str) -> None:
    with client_of(simulator) as site:
        camera = site.camera("C1")
        simulator.edit(lambda plan: plan.remove_camera("C1"))
        for reference in ("C1", camera.id, camera):
            with pytest.raises(CameraNotFound):
                _one_way(site, reference, way)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_camera_that_moves_while_it_is_played(two_recorders: Simulator, reverse: bool) -> None:
    with client_of(two_recorders) as site:
        end = datetime.now(UTC) - timedelta(minutes=10)
        times: list[datetime] = []
        span = TimeSpan(end - timedelta(seconds=20), end)
        with site.recordings.play("C1", span, codec="jpeg" if reverse else "native", reverse=reverse) as frames:
            for frame in frames:
                times.append(frame.time)
                if len(times) == 3:
                    move(two_recorders, "C1")
                    two_recorders.run(two_recorders.recorder_service("Recorder 1").close())
        assert times == sorted(set(times), reverse=reverse)
        assert abs((span.start if reverse else end) - times[-1]) < timedelta(seconds=2)


def test_a_recorder_that_is_away_costs_one_small_question_a_call(simulator: Simulator) -> None:
    with client_of(simulator) as site:
        site.cameras()
        simulator.stop_service("recorder")
        simulator.forget()
        for _ in range(3):
            with pytest.raises(ServiceUnavailable):
                site.recordings.sequence_types("C1")
        assert calls(simulator, "GetConfiguration") == 0
        assert calls(simulator, "GetConfigurationRecorders") == 3


def test_operations_of_a_recorder_by_their_names_find_its_new_address(simulator: Simulator) -> None:
    with client_of(simulator) as site:
        (recorder,) = site.recorders()
        service = site.services.recorder(recorder)
        simulator.move_recorder("Recorder 1", port=_free_port())
        assert service.SequencesGetTypes(deviceId=str((site.camera("C1")).id))


# Names


def test_a_folder_that_was_made_since(site: Client, simulator: Simulator) -> None:
    site.cameras()
    folder = Group(id=uuid4(), name="New", cameras=[simulator.site.camera("C1").id])
    simulator.edit(lambda plan: plan.camera_groups.append(folder))
    assert [camera.name for camera in site.cameras(group="New")] == ["C1"]
    with pytest.raises(GroupNotFound):
        site.cameras(group="None of that name")


@pytest.mark.parametrize("way", ["trigger", "post"])
def test_an_event_that_was_added_again_under_its_name(site: Client, simulator: Simulator, way: str) -> None:
    raise_event = site.events.trigger if way == "trigger" else site.events.post
    raise_event("Open gate")
    event = simulator.site.event_type("Open gate")
    assert event is not None
    simulator.edit(lambda plan: setattr(event, "id", uuid4()))
    before = len(site.alarms.list())
    raise_event("Open gate")
    assert len(site.alarms.list()) == before + 1
    simulator.edit(lambda plan: plan.event_types.remove(event))


def test_an_event_that_was_removed_is_not_found(site: Client, simulator: Simulator) -> None:
    site.events.trigger("Open gate")
    event = simulator.site.event_type("Open gate")
    assert event is not None
    simulator.edit(lambda plan: plan.event_types.remove(event))
    with pytest.raises(NotFound):
        site.events.trigger("Open gate")


def _one_way(site: Client, camera: CameraReference, way: str) -> None:
    now = datetime.now(UTC) - timedelta(minutes=1)
    if way == "sequences":
        assert site.recordings.sequences(camera, TimeSpan(now - AROUND, now))
    elif way == "around":
        assert site.recordings.sequences_around(camera, now)
    elif way == "types":
        assert site.recordings.sequence_types(camera)
    elif way == "snapshot":
        assert site.recordings.snapshot(camera, now)
    elif way == "live":
        assert site.recordings.snapshot(camera)
    else:
        with site.recordings.play(camera, TimeSpan(now - timedelta(seconds=2), now)) as frames:
            assert [frame for frame in frames]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


# The release and the identity provider


def logins_refused(simulator: Simulator) -> int:
    user = simulator.site.user(simulator.username)
    assert user is not None
    return user.failures


def _everything(site: Client) -> None:
    site.refresh()
    site.cameras()
    site.alarms.list()
    site.registered_services()
    site.configuration.item()
    site.recordings.snapshot("C1")


@pytest.mark.parametrize("first", ["configuration", "alarms", "item", "snapshot", "services", "trigger"])
@pytest.mark.parametrize(("before", "after"), [("2020R3", "2025R2"), ("2018R3", "2021R1"), ("2022R1", "2025R2")])
def test_a_site_that_is_upgraded(simulator_factory: Factory, before: str, after: str, first: str) -> None:
    simulator = simulator_factory(release=before)
    with client_of(simulator) as site:
        _everything(site)
        simulator.upgrade(after)
        call = {
            "configuration": site.refresh,
            "alarms": site.alarms.list,
            "item": site.configuration.item,
            "snapshot": lambda: site.recordings.snapshot("C1"),
            "services": site.registered_services,
            "trigger": lambda: site.events.trigger("Open gate"),
        }[first]
        call()
        _everything(site)
        assert site.info.oauth
        assert site.info.version.startswith(f"{after[2:4]}.{after[5]}")
        assert site.token.access()
        if after >= "2024R2":
            site.events.post("Open gate")
        assert logins_refused(simulator) == 0


def test_an_upgrade_that_every_token_survives(simulator_factory: Factory) -> None:
    """New servers still take HTTP Basic; what only they have needs the identity provider."""
    simulator = simulator_factory(release="2020R3")
    with client_of(simulator) as site:
        _everything(site)
        simulator.upgrade("2025R2", keep_tokens=True)
        _everything(site)
        assert site.events.post("Open gate")
        assert site.token.access()
        _everything(site)


def test_a_site_that_is_rolled_back(simulator_factory: Factory) -> None:
    simulator = simulator_factory(release="2025R2")
    with client_of(simulator) as site:
        _everything(site)
        simulator.upgrade("2020R3")
        _everything(site)
        assert not site.info.oauth
        assert logins_refused(simulator) == 0


def test_a_windows_user_of_a_site_that_is_upgraded(simulator_factory: Factory) -> None:
    simulator = simulator_factory(release="2020R3")
    user = next(user for user in simulator.site.users if user.kind == "windows")
    credentials = WindowsUser(user.name, user.password)
    with Client(simulator.url, credentials, trust=Trust.ca_file(simulator.ca_file)) as site:
        site.cameras()
        with pytest.raises(UnsupportedFeature):
            site.configuration.item()
        simulator.upgrade("2025R2")
        site.refresh()
        assert site.configuration.item()
        assert (site.recordings.snapshot("C1")).live


@pytest.mark.parametrize("code", [400, 403, 404])
@pytest.mark.parametrize("times", [1, 2, 5])
def test_discovery_that_is_not_found_for_a_while(simulator_factory: Factory, times: int, code: int) -> None:
    """Servers may refuse HTTP Basic of a user whom they let in by the identity provider."""
    simulator = simulator_factory()
    simulator.basic_login = False
    simulator.faults.add("idp", "status", code=code, times=times)
    clock = ManualClock()
    user = BasicUser(simulator.username, simulator.password)
    client = Client(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), clock=clock)
    for _ in range(4):
        try:
            client.token.corporate()
        except MilestoneError:
            clock.advance(61)
    assert client.cameras()
    client.close()
    assert logins_refused(simulator) <= (times > 1 and code == 404)


@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_password_that_only_an_identity_provider_takes(simulator_factory: Factory, times: int) -> None:
    """That HTTP Basic cannot carry it is no refusal of the user, and does not outlive the discovery it came from."""
    simulator = simulator_factory()
    simulator.edit(lambda site: setattr(site.user(simulator.username), "password", "пароль"))
    simulator.faults.add("idp", "status", code=404, times=times)
    clock = ManualClock()
    user = BasicUser(simulator.username, "пароль")
    client = Client(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), clock=clock)
    for _ in range(4):
        try:
            client.token.corporate()
        except LoginNotSupported:
            clock.advance(61)
    assert client.cameras()
    client.close()
    assert simulator.site.user(simulator.username).failures == 0


def test_a_known_identity_provider_that_is_not_found_costs_no_login(simulator: Simulator) -> None:
    simulator.basic_login = False
    with client_of(simulator) as site:
        site.cameras()
        fault = simulator.faults.add("idp", "status", code=404)
        simulator.tokens.revoke_all()
        for _ in range(3):
            with pytest.raises(MilestoneError) as caught:
                site.refresh()
            assert caught.value.retriable
        fault.remove()
        site.refresh()
        assert logins_refused(simulator) == 0


def test_a_refused_login_stays_refused(simulator_factory: Factory) -> None:
    simulator = simulator_factory(release="2020R3")
    clock = ManualClock()
    user = BasicUser(simulator.username, "wrong")
    client = Client(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), clock=clock)
    for _ in range(5):
        with pytest.raises(InvalidCredentials):
            client.cameras()
        clock.advance(61)
    assert logins_refused(simulator) == 1
    simulator.upgrade("2025R2")
    for _ in range(5):
        with pytest.raises(InvalidCredentials):
            client.cameras()
        clock.advance(61)
    assert logins_refused(simulator) == 2, "one refusal for each form"
    client.close()


def test_a_token_that_only_the_management_server_forgot(simulator: Simulator) -> None:
    """The access token still holds, so that there is no 401: ServerCommand says that a right is missing."""
    with client_of(simulator) as site:
        site.cameras()
        simulator.tokens.revoke_corporate()
        site.refresh()


@pytest.mark.parametrize("refused", [True, False])
def test_a_token_made_elsewhere_logs_in_again(simulator: Simulator, refused: bool) -> None:
    """A login that failed in passing, or a corporate token that the server forgot, costs no new access token."""
    user = simulator.site.user("arc")
    assert user is not None
    made = AccessToken(simulator.tokens.issue_access(user))
    site = Client(simulator.url, made, trust=Trust.ca_file(simulator.ca_file))
    fault = simulator.faults.add("management", "status", code=503, operation="Login", times=1)
    with pytest.raises(ServiceUnavailable):
        site.open()
    with site:
        assert fault.used
        if refused:
            simulator.tokens.revoke_corporate()
        site.alarms.list()
        site.refresh()


def test_a_right_that_is_missing_is_no_login_storm(simulator: Simulator) -> None:
    with client_of(simulator) as site:
        before = calls(simulator, "Login")
        for _ in range(5):
            with pytest.raises(PermissionDenied):
                site.events.trigger(uuid4())
        assert calls(simulator, "Login") == before + 1


# Gateways, names, abilities


@pytest.mark.parametrize("wrong", ["https://127.0.0.1:9/API/", "{management}/Elsewhere/", "{event_server}"])
def test_a_gateway_that_moved(simulator: Simulator, wrong: str) -> None:
    places = {"management": simulator.url, "event_server": simulator.event_server_url}
    simulator.identity.gateways = (wrong.format(**places),)
    with client_of(simulator) as site:
        with pytest.raises(MilestoneError):
            site.events.post("Open gate")
        simulator.identity.gateways = None
        assert site.events.post("Open gate")
        assert len(site.alarms.list()) == 1
        simulator.identity.gateways = ()
        assert site.events.post("Open gate"), "what works is not asked for again"


def test_a_state_that_was_renamed(simulator: Simulator) -> None:
    clock = ManualClock()
    user = BasicUser(simulator.username, simulator.password)
    with Client(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), clock=clock) as site:
        raised(simulator)
        (line,) = site.alarms.list()
        site.alarms.update(line, state=9)
        simulator.edit(lambda plan: plan.states.update({9: "Parked"}))
        clock.advance(31)
        site.alarms.update(line, state=9)
        assert (site.alarms.get(line)).state_name == "Parked"


def test_a_server_that_learns_to_query_items(simulator_factory: Factory) -> None:
    simulator = simulator_factory(release="2020R1")
    clock = ManualClock()
    user = BasicUser(simulator.username, simulator.password)
    with Client(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), clock=clock) as site:
        assert len(site.configuration.query("Camera")) == 5
        simulator.upgrade("2025R2")
        clock.advance(601)
        simulator.forget()
        assert len(site.configuration.query("Camera")) == 5
        assert calls(simulator, "GetChildItems") == 0
