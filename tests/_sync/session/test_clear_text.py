# Generated from tests/_async/session/test_clear_text.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""What may go over http: no given password or token at all, and the rest only where there is no https."""

import logging
from collections.abc import Callable

import pytest

from milestone_sdk import AccessToken, Client, BasicUser, ConnectError, LoginNotSupported, Trust, WindowsUser
from milestone_sdk.simulator import Simulator

from ..opening import client_of

pytestmark = pytest.mark.anyio

REGISTERED = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetServicesResponse xmlns='
    '"http://schemas.videoos/ServiceRegistrationService/2008/06/Vmo/01"><GetServicesResult'
    ' xmlns:a="http://videoos.net/2/XProtectCSServiceRegistration">{}</GetServicesResult></GetServicesResponse>'
    "</s:Body></s:Envelope>"
)
SERVICE = (
    "<a:ServiceInfo><a:enabled>true</a:enabled><a:type>08ab8f23-9aef-4298-9caa-f39259fe7cda</a:type><a:uri xmlns:b="
    '"http://schemas.microsoft.com/2003/10/Serialization/Arrays">{}</a:uri></a:ServiceInfo>'
)
URI = "<b:string>{}</b:string>"


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize("user", [BasicUser("arc", "s3cr3t"), AccessToken("s3cr3t")])
def test_a_password_and_a_token_are_upgraded_to_https(
    simulator_factory: Callable[..., Simulator], user: BasicUser | AccessToken
) -> None:
    simulator = simulator_factory(tls=False)
    site = Client(simulator.url, user, timeout=2.0)
    with pytest.raises(ConnectError) as caught:
        site.open()
    assert caught.value.server == "https://127.0.0.1"
    site.close()
    assert simulator.requests == []


@pytest.mark.parametrize("user", [BasicUser("arc", "s3cr3t"), AccessToken("s3cr3t")])
def test_a_client_over_http_takes_neither_later(
    simulator_factory: Callable[..., Simulator], user: BasicUser | AccessToken
) -> None:
    simulator = simulator_factory(tls=False)
    windows = WindowsUser("VMS\\arc", simulator.site.user("VMS\\arc").password)
    with Client(simulator.url, windows) as site:
        site.token.replace(user)
        before = len(simulator.requests)
        with pytest.raises(LoginNotSupported, match="http"):
            site.cameras()
        assert len(simulator.requests) == before


@pytest.mark.parametrize("release", ["2018R3", "2025R2"])
def test_it_is_said_once_what_a_windows_user_shows(
    simulator_factory: Callable[..., Simulator], caplog: pytest.LogCaptureFixture, release: str
) -> None:
    simulator = simulator_factory(tls=False, release=release)
    windows = WindowsUser("VMS\\arc", simulator.site.user("VMS\\arc").password)
    with Client(simulator.url, windows) as site:
        site.alarms.list()
        simulator.tokens.revoke_all()
        site.alarms.list()
    assert len(warnings(caplog)) == 1
    for word in ("name", "passwords", "NTLM", "tokens", "another server"):
        assert word in warnings(caplog)[0]


@pytest.mark.parametrize("together", [True, False])
def test_a_service_with_https_beside_http_is_reached_by_https(
    simulator: Simulator, caplog: pytest.LogCaptureFixture, together: bool
) -> None:
    uris = ["http://127.0.0.1:9/", "what is this", simulator.event_server_url or ""]
    texts = [URI.format(uri) for uri in uris]
    services = SERVICE.format("".join(texts)) if together else "".join(map(SERVICE.format, texts))
    body = REGISTERED.format(services).encode()
    simulator.faults.add("management", "body", operation="GetServices", bytes=body, content_type="text/xml", status=200)
    with caplog.at_level(logging.WARNING):
        with client_of(simulator) as site:
            assert site.alarms.list() == ()
    assert warnings(caplog) == []


def test_http_alone_is_warned_of_once_for_each_kind(
    simulator_factory: Callable[..., Simulator], caplog: pytest.LogCaptureFixture
) -> None:
    simulator = simulator_factory(recorder_tls=False, event_server_tls=False)
    with client_of(simulator) as site:
        for _ in range(2):
            site.alarms.list()
            for camera in site.cameras():
                site.recordings.snapshot(camera)
    assert [text.split(" does not use TLS")[0].split(" at ")[0] for text in warnings(caplog)] == [
        "the event server",
        "the recorder",
    ]


def test_an_http_address_that_was_given_is_no_surprise(
    simulator_factory: Callable[..., Simulator], caplog: pytest.LogCaptureFixture
) -> None:
    simulator = simulator_factory(event_server_tls=False)
    user = BasicUser(simulator.username, simulator.password)
    addresses = {"event_server": simulator.event_server_url or ""}
    trust = Trust.ca_file(simulator.ca_file)
    with Client(simulator.url, user, trust=trust, addresses=addresses) as site:
        site.alarms.list()
    assert warnings(caplog) == []
