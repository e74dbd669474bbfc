# Generated from tests/_async/test_bad_input.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""What goes wrong, and the exact error that says so."""

import socket
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from milestone_sdk import (
    AccountLocked,
    AlarmNotFound,
    Client,
    BasicUser,
    CameraNotFound,
    CertificateError,
    ConfigurationError,
    ConnectError,
    ConnectionLost,
    Frame,
    InvalidCredentials,
    LoginNotSupported,
    MilestoneError,
    NoRecording,
    PasswordChangeRequired,
    ReadTimeout,
    RemoteProtocolError,
    ServiceUnavailable,
    TimeSpan,
    TransportError,
    Trust,
    UnknownOperation,
)
from milestone_sdk.simulator import Simulator

from ..support.stopwatch import Stopwatch
from .opening import client_of

pytestmark = pytest.mark.anyio


def refusal(client: Client, error: type[MilestoneError]) -> MilestoneError:
    """Return the error of exactly that class with which opening fails."""
    with pytest.raises(error) as caught:
        with client:
            pytest.fail("the client opened")
    assert type(caught.value) is error
    return caught.value


def played(site: Client, camera: str, span: TimeSpan) -> list[Frame]:
    with site.recordings.play(camera, span) as frames:
        return [frame for frame in frames]


def test_wrong_password(simulator: Simulator) -> None:
    error = refusal(client_of(simulator, password="wr0ng-one"), InvalidCredentials)
    assert not error.retriable
    assert "wr0ng-one" not in str(error)
    assert error.server == simulator.url


@pytest.mark.parametrize("release", ["2018R3", "2020R1"])
def test_wrong_password_before_2021(simulator_factory: Callable[..., Simulator], release: str) -> None:
    refusal(client_of(simulator_factory(release=release), password="wrong"), InvalidCredentials)


def test_a_refused_login_is_not_tried_again_and_so_locks_nobody_out(simulator: Simulator) -> None:
    client = client_of(simulator, password="wrong")
    for _ in range(10):
        with pytest.raises(InvalidCredentials):
            client.token.corporate()
    client.close()
    assert sum(request.path.lower() == "/idp/connect/token" for request in simulator.requests) == 1


def test_locked_account(simulator: Simulator) -> None:
    simulator.edit(lambda plan: setattr(plan.user(simulator.username), "state", "locked"))
    error = refusal(client_of(simulator), AccountLocked)
    assert "administrator" in str(error)


def test_a_password_that_must_be_changed_first(simulator: Simulator) -> None:
    simulator.edit(lambda plan: setattr(plan.user(simulator.username), "state", "change_password"))
    refusal(client_of(simulator), PasswordChangeRequired)


@pytest.mark.requirement(11)
def test_server_down(simulator: Simulator) -> None:
    simulator.stop_service("management")
    error = refusal(client_of(simulator), ConnectError)
    assert error.retriable
    assert error.server == simulator.url


@pytest.mark.requirement(11)
def test_port_closed() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    error = refusal(Client(f"https://127.0.0.1:{port}", BasicUser("arc", "x")), ConnectError)
    assert str(port) in str(error)


def test_a_name_that_does_not_resolve() -> None:
    refusal(Client("https://no-such-host.invalid", BasicUser("arc", "x")), ConnectError)


def test_a_server_that_accepts_and_never_answers(simulator: Simulator) -> None:
    simulator.faults.add("idp", "deaf")
    watch = Stopwatch()
    error = refusal(client_of(simulator, timeout=0.5), ReadTimeout)
    assert error.retriable
    assert watch.seconds < 5


def test_a_server_that_answers_one_octet_at_a_time(simulator: Simulator) -> None:
    """Each single read succeeds; only the whole is too slow."""
    simulator.faults.add("idp", "slicer", size=1, delay=0.1)
    watch = Stopwatch()
    refusal(client_of(simulator, timeout=1.0), ReadTimeout)
    assert watch.seconds < 5


@pytest.mark.requirement(11)
def test_a_port_where_nothing_ever_answers_a_handshake() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        location = f"https://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(TransportError) as caught:
            with Client(location, BasicUser("arc", "x"), timeout=0.5):
                pytest.fail("the client opened")
    assert isinstance(caught.value, TimeoutError)


def test_certificate_of_another_name(simulator_factory: Callable[..., Simulator]) -> None:
    simulator = simulator_factory(certificate_names=["vms.example.test"])
    error = refusal(client_of(simulator), CertificateError)
    assert not error.retriable
    assert "name" in str(error)
    assert simulator.requests == []


def test_certificate_of_an_unknown_authority(simulator: Simulator) -> None:
    user = BasicUser(simulator.username, simulator.password)
    refusal(Client(simulator.url, user), CertificateError)
    assert simulator.requests == []


def test_a_file_that_holds_no_certificate(simulator: Simulator) -> None:
    with pytest.raises(ConfigurationError):
        Trust.ca_file(simulator.ca_file.with_name("none.pem"))


def test_plain_http_on_the_https_port(simulator_factory: Callable[..., Simulator]) -> None:
    simulator = simulator_factory(tls=False)
    location = simulator.url.replace("http://", "https://")
    with pytest.raises(TransportError):
        with client_of(simulator, location=location):
            pytest.fail("the client opened")


def test_a_site_without_https_before_2021_is_no_place_for_a_password() -> None:
    with pytest.raises(MilestoneError):
        with Client("http://127.0.0.1:9", BasicUser("arc", "x"), timeout=1):
            pytest.fail("the client opened")
    assert issubclass(LoginNotSupported, MilestoneError)


def test_a_web_page_for_a_description(simulator: Simulator) -> None:
    simulator.faults.add("idp", "html", status=200)
    error = refusal(client_of(simulator), RemoteProtocolError)
    assert "web page" in str(error)


def test_a_web_page_for_a_soap_reply(simulator: Simulator) -> None:
    simulator.faults.add("management", "html", status=200, operation="GetProductInfo")
    error = refusal(client_of(simulator), RemoteProtocolError)
    assert error.operation == "GetProductInfo"


def test_xml_cut_in_the_middle(simulator: Simulator) -> None:
    with client_of(simulator) as site:
        fault = simulator.faults.add("management", "cut_xml", operation="GetConfiguration")
        with pytest.raises(RemoteProtocolError) as caught:
            site.cameras()
        assert type(caught.value) is RemoteProtocolError
        assert caught.value.operation == "GetConfiguration"
        assert caught.value.server == simulator.url
        fault.remove()
        assert len(site.cameras()) == 5


@pytest.mark.parametrize("kind", ["truncate", "reset"])
def test_a_connection_that_ends_in_the_middle(site: Client, simulator: Simulator, kind: str) -> None:
    simulator.faults.add("management", kind, operation="GetConfiguration")
    with pytest.raises(ConnectionLost) as caught:
        site.cameras()
    assert caught.value.retriable


@pytest.mark.parametrize("status", [404, 502, 503])
def test_a_service_that_is_not_there(site: Client, simulator: Simulator, status: int) -> None:
    simulator.faults.add("management", "status", code=status, operation="GetConfiguration")
    with pytest.raises(ServiceUnavailable) as caught:
        site.cameras()
    assert caught.value.retriable
    assert str(status) in str(caught.value)


def test_a_redirect_is_not_followed_with_credentials(site: Client, simulator: Simulator) -> None:
    simulator.faults.add("management", "status", code=302, operation="GetConfiguration")
    with pytest.raises(RemoteProtocolError, match="302"):
        site.cameras()


def test_wrong_camera_id(site: Client) -> None:
    unknown = uuid4()
    now = (site.recordings.snapshot("C1")).time
    with pytest.raises(CameraNotFound, match=str(unknown)):
        site.recordings.sequences(unknown, TimeSpan(now, now))
    with pytest.raises(CameraNotFound, match=str(unknown)):
        site.recordings.snapshot(unknown)
    with pytest.raises(CameraNotFound, match=str(unknown)):
        with site.recordings.play(unknown, TimeSpan(now, now)):
            pytest.fail("playback began")


def test_an_alarm_without_a_camera(site: Client) -> None:
    with pytest.raises(CameraNotFound, match="has no camera"):
        site.recordings.snapshot(None)


def test_an_alarm_that_is_gone(site: Client) -> None:
    with pytest.raises(AlarmNotFound):
        site.alarms.get(uuid4())


@pytest.mark.requirement(21)
def test_r21_event_server_down(site: Client, simulator: Simulator) -> None:
    simulator.stop_service("event_server")
    with pytest.raises(ServiceUnavailable) as caught:
        site.alarms.list()
    assert caught.value.service == "event server"
    simulator.start_service("event_server")
    assert site.alarms.list() == ()


def test_recorder_down(site: Client, simulator: Simulator) -> None:
    picture = site.recordings.snapshot("C1")
    span = TimeSpan(picture.time - timedelta(seconds=10), picture.time)
    simulator.stop_service("recorder")
    with pytest.raises(ServiceUnavailable, match="recorder"):
        site.recordings.snapshot("C1")
    with pytest.raises(ServiceUnavailable, match="recorder"):
        played(site, "C1", span)
    simulator.start_service("recorder")
    assert (site.recordings.snapshot("C1")).live


def test_imageserver_out_of_sync(site: Client, simulator: Simulator) -> None:
    picture = site.recordings.snapshot("C1")
    span = TimeSpan(picture.time - timedelta(seconds=10), picture.time - timedelta(seconds=5))
    simulator.faults.add("imageserver", "desync")
    with pytest.raises(RemoteProtocolError, match="out of sync"):
        played(site, "C1", span)


def test_empty_recording(site: Client) -> None:
    now = (site.recordings.snapshot("C1")).time
    span = TimeSpan(now - timedelta(seconds=10), now)
    assert site.recordings.sequences("Store Room", span) == []
    with pytest.raises(NoRecording):
        site.recordings.snapshot("Store Room", now)
    with pytest.raises(NoRecording):
        played(site, "Store Room", span)


def test_an_operation_that_the_contract_does_not_have(site: Client) -> None:
    with pytest.raises(UnknownOperation, match=r"near: .*GetVersion"):
        site.services.server_command.GetVersoin()


def test_an_operation_that_the_server_does_not_have(site: Client) -> None:
    (recorder,) = site.recorders()
    camera = site.camera("C1")
    with pytest.raises(MilestoneError, match="StartRecording") as caught:
        site.services.recorder(recorder).StartRecording(camera.id, 1_000_000)
    assert type(caught.value).__name__ == "UnsupportedFeature"


def test_a_timeout_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        Client("https://vms.example", BasicUser("arc", "x"), timeout=0)
