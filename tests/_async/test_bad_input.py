"""What goes wrong, and the exact error that says so."""

import socket
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest

from milestone_sdk import (
    AccountLocked,
    AlarmNotFound,
    AsyncClient,
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


async def refusal(client: AsyncClient, error: type[MilestoneError]) -> MilestoneError:
    """Return the error of exactly that class with which opening fails."""
    with pytest.raises(error) as caught:
        async with client:
            pytest.fail("the client opened")
    assert type(caught.value) is error
    return caught.value


async def played(site: AsyncClient, camera: str, span: TimeSpan) -> list[Frame]:
    async with site.recordings.play(camera, span) as frames:
        return [frame async for frame in frames]


async def test_wrong_password(simulator: Simulator) -> None:
    error = await refusal(client_of(simulator, password="wr0ng-one"), InvalidCredentials)
    assert not error.retriable
    assert "wr0ng-one" not in str(error)
    assert error.server == simulator.url


@pytest.mark.parametrize("release", ["2018R3", "2020R1"])
async def test_wrong_password_before_2021(simulator_factory: Callable[..., Simulator], release: str) -> None:
    await refusal(client_of(simulator_factory(release=release), password="wrong"), InvalidCredentials)


async def test_a_refused_login_is_not_tried_again_and_so_locks_nobody_out(simulator: Simulator) -> None:
    client = client_of(simulator, password="wrong")
    for _ in range(10):
        with pytest.raises(InvalidCredentials):
            await client.token.corporate()
    await client.aclose()
    assert sum(request.path.lower() == "/idp/connect/token" for request in simulator.requests) == 1


async def test_locked_account(simulator: Simulator) -> None:
    simulator.edit(lambda plan: setattr(plan.user(simulator.username), "state", "locked"))
    error = await refusal(client_of(simulator), AccountLocked)
    assert "administrator" in str(error)


async def test_a_password_that_must_be_changed_first(simulator: Simulator) -> None:
    simulator.edit(lambda plan: setattr(plan.user(simulator.username), "state", "change_password"))
    await refusal(client_of(simulator), PasswordChangeRequired)


@pytest.mark.requirement(11)
async def test_server_down(simulator: Simulator) -> None:
    simulator.stop_service("management")
    error = await refusal(client_of(simulator), ConnectError)
    assert error.retriable
    assert error.server == simulator.url


@pytest.mark.requirement(11)
async def test_port_closed() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    error = await refusal(AsyncClient(f"https://127.0.0.1:{port}", BasicUser("arc", "x")), ConnectError)
    assert str(port) in str(error)


async def test_a_name_that_does_not_resolve() -> None:
    await refusal(AsyncClient("https://no-such-host.invalid", BasicUser("arc", "x")), ConnectError)


async def test_a_server_that_accepts_and_never_answers(simulator: Simulator) -> None:
    simulator.faults.add("idp", "deaf")
    watch = Stopwatch()
    error = await refusal(client_of(simulator, timeout=0.5), ReadTimeout)
    assert error.retriable
    assert watch.seconds < 5


async def test_a_server_that_answers_one_octet_at_a_time(simulator: Simulator) -> None:
    """Each single read succeeds; only the whole is too slow."""
    simulator.faults.add("idp", "slicer", size=1, delay=0.1)
    watch = Stopwatch()
    await refusal(client_of(simulator, timeout=1.0), ReadTimeout)
    assert watch.seconds < 5


@pytest.mark.requirement(11)
async def test_a_port_where_nothing_ever_answers_a_handshake() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        location = f"https://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(TransportError) as caught:
            async with AsyncClient(location, BasicUser("arc", "x"), timeout=0.5):
                pytest.fail("the client opened")
    assert isinstance(caught.value, TimeoutError)


async def test_certificate_of_another_name(simulator_factory: Callable[..., Simulator]) -> None:
    simulator = simulator_factory(certificate_names=["vms.example.test"])
    error = await refusal(client_of(simulator), CertificateError)
    assert not error.retriable
    assert "name" in str(error)
    assert simulator.requests == []


async def test_certificate_of_an_unknown_authority(simulator: Simulator) -> None:
    user = BasicUser(simulator.username, simulator.password)
    await refusal(AsyncClient(simulator.url, user), CertificateError)
    assert simulator.requests == []


async def test_a_file_that_holds_no_certificate(simulator: Simulator) -> None:
    with pytest.raises(ConfigurationError):
        Trust.ca_file(simulator.ca_file.with_name("none.pem"))


async def test_plain_http_on_the_https_port(simulator_factory: Callable[..., Simulator]) -> None:
    simulator = simulator_factory(tls=False)
    location = simulator.url.replace("http://", "https://")
    with pytest.raises(TransportError):
        async with client_of(simulator, location=location):
            pytest.fail("the client opened")


async def test_a_site_without_https_before_2021_is_no_place_for_a_password() -> None:
    with pytest.raises(MilestoneError):
        async with AsyncClient("http://127.0.0.1:9", BasicUser("arc", "x"), timeout=1):
            pytest.fail("the client opened")
    assert issubclass(LoginNotSupported, MilestoneError)


async def test_a_web_page_for_a_description(simulator: Simulator) -> None:
    simulator.faults.add("idp", "html", status=200)
    error = await refusal(client_of(simulator), RemoteProtocolError)
    assert "web page" in str(error)


async def test_a_web_page_for_a_soap_reply(simulator: Simulator) -> None:
    simulator.faults.add("management", "html", status=200, operation="GetProductInfo")
    error = await refusal(client_of(simulator), RemoteProtocolError)
    assert error.operation == "GetProductInfo"


async def test_xml_cut_in_the_middle(simulator: Simulator) -> None:
    async with client_of(simulator) as site:
        fault = simulator.faults.add("management", "cut_xml", operation="GetConfiguration")
        with pytest.raises(RemoteProtocolError) as caught:
            await site.cameras()
        assert type(caught.value) is RemoteProtocolError
        assert caught.value.operation == "GetConfiguration"
        assert caught.value.server == simulator.url
        fault.remove()
        assert len(await site.cameras()) == 5


@pytest.mark.parametrize("kind", ["truncate", "reset"])
async def test_a_connection_that_ends_in_the_middle(site: AsyncClient, simulator: Simulator, kind: str) -> None:
    simulator.faults.add("management", kind, operation="GetConfiguration")
    with pytest.raises(ConnectionLost) as caught:
        await site.cameras()
    assert caught.value.retriable


@pytest.mark.parametrize("status", [404, 502, 503])
async def test_a_service_that_is_not_there(site: AsyncClient, simulator: Simulator, status: int) -> None:
    simulator.faults.add("management", "status", code=status, operation="GetConfiguration")
    with pytest.raises(ServiceUnavailable) as caught:
        await site.cameras()
    assert caught.value.retriable
    assert str(status) in str(caught.value)


async def test_a_redirect_is_not_followed_with_credentials(site: AsyncClient, simulator: Simulator) -> None:
    simulator.faults.add("management", "status", code=302, operation="GetConfiguration")
    with pytest.raises(RemoteProtocolError, match="302"):
        await site.cameras()


async def test_wrong_camera_id(site: AsyncClient) -> None:
    unknown = uuid4()
    now = (await site.recordings.snapshot("C1")).time
    with pytest.raises(CameraNotFound, match=str(unknown)):
        await site.recordings.sequences(unknown, TimeSpan(now, now))
    with pytest.raises(CameraNotFound, match=str(unknown)):
        await site.recordings.snapshot(unknown)
    with pytest.raises(CameraNotFound, match=str(unknown)):
        async with site.recordings.play(unknown, TimeSpan(now, now)):
            pytest.fail("playback began")


async def test_an_alarm_without_a_camera(site: AsyncClient) -> None:
    with pytest.raises(CameraNotFound, match="has no camera"):
        await site.recordings.snapshot(None)


async def test_an_alarm_that_is_gone(site: AsyncClient) -> None:
    with pytest.raises(AlarmNotFound):
        await site.alarms.get(uuid4())


@pytest.mark.requirement(21)
async def test_r21_event_server_down(site: AsyncClient, simulator: Simulator) -> None:
    simulator.stop_service("event_server")
    with pytest.raises(ServiceUnavailable) as caught:
        await site.alarms.list()
    assert caught.value.service == "event server"
    simulator.start_service("event_server")
    assert await site.alarms.list() == ()


async def test_recorder_down(site: AsyncClient, simulator: Simulator) -> None:
    picture = await site.recordings.snapshot("C1")
    span = TimeSpan(picture.time - timedelta(seconds=10), picture.time)
    simulator.stop_service("recorder")
    with pytest.raises(ServiceUnavailable, match="recorder"):
        await site.recordings.snapshot("C1")
    with pytest.raises(ServiceUnavailable, match="recorder"):
        await played(site, "C1", span)
    simulator.start_service("recorder")
    assert (await site.recordings.snapshot("C1")).live


async def test_imageserver_out_of_sync(site: AsyncClient, simulator: Simulator) -> None:
    picture = await site.recordings.snapshot("C1")
    span = TimeSpan(picture.time - timedelta(seconds=10), picture.time - timedelta(seconds=5))
    simulator.faults.add("imageserver", "desync")
    with pytest.raises(RemoteProtocolError, match="out of sync"):
        await played(site, "C1", span)


async def test_empty_recording(site: AsyncClient) -> None:
    now = (await site.recordings.snapshot("C1")).time
    span = TimeSpan(now - timedelta(seconds=10), now)
    assert await site.recordings.sequences("Store Room", span) == []
    with pytest.raises(NoRecording):
        await site.recordings.snapshot("Store Room", now)
    with pytest.raises(NoRecording):
        await played(site, "Store Room", span)


async def test_an_operation_that_the_contract_does_not_have(site: AsyncClient) -> None:
    with pytest.raises(UnknownOperation, match=r"near: .*GetVersion"):
        await site.services.server_command.GetVersoin()


async def test_an_operation_that_the_server_does_not_have(site: AsyncClient) -> None:
    (recorder,) = await site.recorders()
    camera = await site.camera("C1")
    with pytest.raises(MilestoneError, match="StartRecording") as caught:
        await site.services.recorder(recorder).StartRecording(camera.id, 1_000_000)
    assert type(caught.value).__name__ == "UnsupportedFeature"


async def test_a_timeout_of_nothing_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        AsyncClient("https://vms.example", BasicUser("arc", "x"), timeout=0)
