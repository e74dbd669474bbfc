# Generated from tests/_async/events/test_raising.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Events put into the site: user-defined, analytics and generic ones."""

import json
import re
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from milestone_sdk import (
    AlarmSnapshot,
    AnalyticsObject,
    Client,
    BasicUser,
    BoundingBox,
    ConfigurationError,
    ConnectionLost,
    LocalProtocolError,
    NotFound,
    PermissionDenied,
    ReadTimeout,
    RemoteProtocolError,
    ServerFault,
    ServiceUnavailable,
    Trust,
    UnsupportedFeature,
    Vendor,
)
from milestone_sdk.models.events import AnalyticsEvent, GenericEventSource, GenericEventStatistics
from milestone_sdk.simulator import AlarmDefinition, EventType, Simulator
from milestone_sdk.simulator.eventserver.analytics import AnalyticsReceiver
from milestone_sdk.simulator.eventserver.generic import DataSource, GenericEvent

from ...support.settling import settle
from ..opening import client_of

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 3, 4, 12, 0, 0, 125000, UTC)
GATE = "Open gate"
PERIMETER = "AXIS Perimeter_Defender alarm START on camera C1"
JPEG = b"\xff\xd8\xff\xd9"


def raised(simulator: Simulator) -> list[str | None]:
    """The alarm definitions that made the alarms stored by now."""
    return [alarm.line["Name"] for alarm in simulator.alarms.store.visible(None)]


# User-defined events


@pytest.mark.parametrize("release", ["2018R3", "2020R1", "2025R2"])
def test_a_user_defined_event_is_triggered_by_itself_its_id_or_name(
    simulator_factory: Callable[..., Simulator], release: str
) -> None:
    simulator = simulator_factory(release=release, strict_order=True)
    with client_of(simulator) as site:
        event = next(event for event in site.user_defined_events() if event.name == GATE)
        for reference in (event, event.id, GATE, str(event.id)):
            site.events.trigger(reference)
        assert raised(simulator) == ["Gate opened"] * 4
        site.events.trigger(GATE, metadata={"Camera": "C1 & C2", "Empty": ""})
        assert raised(simulator) == ["Gate opened"] * 5
    (triggered,) = simulator.triggered
    assert (triggered.event, dict(triggered.metadata)) == (GATE, {"Camera": "C1 & C2", "Empty": ""})


@pytest.mark.requirement(18)
def test_an_event_made_since_is_found(site: Client, simulator: Simulator) -> None:
    site.user_defined_events()
    simulator.edit(lambda plan: plan.event_types.append(EventType(id=uuid4(), name="Close gate")))
    site.events.trigger("Close gate", metadata={})
    assert [triggered.event for triggered in simulator.triggered] == ["Close gate"]


def test_an_event_that_is_none_names_the_near_ones(site: Client, simulator: Simulator) -> None:
    with pytest.raises(NotFound) as caught:
        site.events.trigger("Open gates")
    assert caught.value.near_misses == (GATE,)
    with pytest.raises(PermissionDenied, match="no user-defined event"):
        site.events.trigger(UUID(int=5))
    with pytest.raises(LocalProtocolError, match="Value"):
        site.events.trigger(GATE, metadata={"Key": "a\x00"})
    assert raised(simulator) == []


def test_of_two_events_of_one_name_none_is_guessed(site: Client, simulator: Simulator) -> None:
    simulator.edit(lambda plan: plan.event_types.append(EventType(id=uuid4(), name=GATE)))
    with pytest.raises(ConfigurationError, match="2 user-defined events"):
        site.events.trigger(GATE)
    assert raised(simulator) == []


def test_an_event_is_triggered_once_although_the_token_had_ended(site: Client, simulator: Simulator) -> None:
    site.cameras()
    simulator.tokens.revoke_all()
    site.events.trigger(GATE)
    assert raised(simulator) == ["Gate opened"]


# Events over REST


def test_an_event_is_posted(site: Client, simulator: Simulator) -> None:
    simulator.tokens.revoke_all()
    event_id = site.events.post(GATE)
    assert raised(simulator) == ["Gate opened"]
    assert event_id in simulator.alarms.store.events
    analytics = simulator.site.event_type(PERIMETER)
    assert analytics is not None
    site.events.post(analytics.id, source=site.camera("C1"))
    last = (site.alarms.list())[0]
    assert (last.name, last.source_name) == ("Perimeter Defender", "C1")


def test_what_a_user_may_not_post(site: Client, simulator: Simulator) -> None:
    motion = simulator.site.event_type("Motion Detected")
    assert motion is not None
    with pytest.raises(PermissionDenied, match="sufficient permissions"):
        site.events.post(motion.id)
    with pytest.raises(ServerFault, match="unknown type"):
        site.events.post(UUID(int=5))
    with pytest.raises(ServerFault, match="unknown source"):
        site.events.post(GATE, source=UUID(int=5))
    assert raised(simulator) == []


@pytest.mark.parametrize("release", ["2020R1", "2022R2", "2023R3"])
def test_before_2024_r2_there_is_no_such_interface(
    simulator_factory: Callable[..., Simulator], release: str
) -> None:
    simulator = simulator_factory(release=release)
    with client_of(simulator) as site:
        with pytest.raises(UnsupportedFeature, match="2024 R2"):
            site.events.post(GATE)
    assert not any("/api/rest" in request.path.lower() for request in simulator.requests)


def announce(simulator: Simulator, *gateways: str) -> None:
    document = json.dumps({"ApiGateways": gateways}).encode()
    simulator.faults.add("idp", "body", operation="uris", bytes=document, content_type="application/json")


def test_without_a_gateway_nothing_is_posted(site: Client, simulator: Simulator) -> None:
    simulator.identity.gateway = False
    with pytest.raises(ServiceUnavailable, match="no API Gateway"):
        site.events.post(GATE)


def test_a_token_is_never_sent_in_clear_text(site: Client, simulator: Simulator) -> None:
    announce(simulator, f"{simulator.http_url}/API/")
    with pytest.raises(ServiceUnavailable, match="without https"):
        site.events.post(GATE)
    assert not any("/rest/" in request.path for request in simulator.requests)


def test_a_gateway_that_does_not_run_is_passed_over(site: Client, simulator: Simulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        dead = f"https://127.0.0.1:{taken.getsockname()[1]}/API/"
    announce(simulator, dead, f"{simulator.url}/API/")
    site.events.post(GATE)
    assert raised(simulator) == ["Gate opened"]
    simulator.faults.clear()
    site.events.post(GATE)
    assert len([request for request in simulator.requests if request.operation == "uris"]) == 1


def test_a_gateway_that_cannot_be_reached_is_told(site: Client, simulator: Simulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        announce(simulator, f"https://127.0.0.1:{taken.getsockname()[1]}/API")
    with pytest.raises(ServiceUnavailable, match="cannot be reached") as caught:
        site.events.post(GATE)
    assert caught.value.service == "API gateway"


# Analytics events


def client_with(simulator: Simulator, *, timeout: float = 10.0, **addresses: str) -> Client:
    user = BasicUser(simulator.username, simulator.password)
    trust = Trust.ca_file(simulator.ca_file)
    return Client(simulator.url, user, trust=trust, timeout=timeout, addresses=addresses)


@pytest.fixture
def receiver(simulator: Simulator) -> AnalyticsReceiver:
    return simulator.receive_analytics_events()


def test_an_analytics_event_raises_alarms(simulator: Simulator, receiver: AnalyticsReceiver) -> None:
    with client_with(simulator, analytics_events=receiver.url) as site:
        camera = site.camera("C1")
        receipt = site.events.analytics(
            AnalyticsEvent(
                message=PERIMETER,
                source=camera,
                timestamp=NOON,
                type="Intrusion",
                custom_tag="gate-3",
                description="A person\x00 & a dog",
                location="north",
                objects=(
                    AnalyticsObject(value="AB 123", bounding_box=BoundingBox(top=0.1, left=0.2, bottom=0.3, right=1)),
                ),
                cameras=(site.camera("C2"),),
                snapshots=(AlarmSnapshot(offset=timedelta(), image=JPEG),),
                vendor=Vendor(name="ACME"),
            )
        )
        assert receipt.known
        (line,) = site.alarms.list()
        assert (line.name, line.message, line.timestamp) == ("Perimeter Defender", PERIMETER, NOON)
        assert (line.source_name, line.camera_id) == ("C1", camera.id)
        assert (line.type, line.custom_tag, line.location) == ("Intrusion", "gate-3", "north")
        assert (line.description, line.object_value, line.vendor_name) == ("A person & a dog", "AB 123", "ACME")
        whole = site.alarms.get(line)
        assert whole.snapshots[0].image == JPEG
        assert whole.objects[0].bounding_box == BoundingBox(top=0.1, left=0.2, bottom=0.3, right=1.0)
    assert simulator.dropped == []


def test_a_source_may_be_an_address(simulator: Simulator, receiver: AnalyticsReceiver) -> None:
    camera = simulator.site.camera("C2")
    hardware = next(device for device in simulator.site.hardware if device.id == camera.hardware_id)
    address = re.sub("https?://|/", "", hardware.uri)
    with client_with(simulator, analytics_events=receiver.url) as site:
        before = simulator.site.now()
        site.events.analytics(AnalyticsEvent(message=PERIMETER, source=address))
        site.events.analytics(AnalyticsEvent(message=PERIMETER, source="somewhere else"))
        elsewhere, there = site.alarms.list()
    assert (there.source_name, there.camera_id) == ("C2", camera.id)
    assert (elsewhere.source_name, elsewhere.camera_id) == ("somewhere else", None)
    assert abs(there.timestamp - before) < timedelta(minutes=1)


def test_an_event_that_is_not_set_up_is_told(simulator: Simulator, receiver: AnalyticsReceiver) -> None:
    with client_with(simulator, analytics_events=receiver.url) as site:
        receipt = site.events.analytics(AnalyticsEvent(message="Nobody knows me"))
    assert not receipt.known
    assert "Event message not known" in receipt.text
    assert raised(simulator) == []


def test_many_events_take_one_connection(simulator: Simulator, receiver: AnalyticsReceiver) -> None:
    with client_with(simulator, analytics_events=receiver.url) as site:
        for _ in range(5):
            site.events.analytics(AnalyticsEvent(message=PERIMETER))
        simulator.stop_service("event_server")
        with pytest.raises(ServiceUnavailable, match="analytics events"):
            site.events.analytics(AnalyticsEvent(message=PERIMETER))
        simulator.start_service("event_server")
        site.events.analytics(AnalyticsEvent(message=PERIMETER))
    assert len(raised(simulator)) == 6


def test_a_sender_that_is_not_allowed_is_told(simulator: Simulator, receiver: AnalyticsReceiver) -> None:
    receiver.allowed = False
    with client_with(simulator, analytics_events=receiver.url) as site:
        with pytest.raises(PermissionDenied, match="403") as caught:
            site.events.analytics(AnalyticsEvent(message=PERIMETER))
    assert "Analytics Events" in (caught.value.hint or "")
    assert caught.value.server == receiver.url


@pytest.mark.parametrize(
    ("kind", "options", "error"),
    [
        ("body", {"status": 400, "bytes": b"Invalid XML", "content_type": "text/plain"}, LocalProtocolError),
        ("html", {"status": 500}, ServerFault),
        ("status", {"code": 503}, ServiceUnavailable),
        ("truncate", {"at": 0}, ConnectionLost),
        ("reset", {}, ConnectionLost),
        ("deaf", {}, ReadTimeout),
    ],
)
def test_a_server_in_trouble_is_an_error(
    simulator: Simulator, receiver: AnalyticsReceiver, kind: str, options: dict[str, object], error: type[Exception]
) -> None:
    simulator.faults.add("event_server", kind, **options)
    with client_with(simulator, analytics_events=receiver.url, timeout=1.0) as site:
        with pytest.raises(error):
            site.events.analytics(AnalyticsEvent(message=PERIMETER))


def test_where_nobody_listens_the_error_says_how_to_switch_it_on(simulator: Simulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with client_with(simulator, analytics_events=address) as site:
        with pytest.raises(ServiceUnavailable) as caught:
            site.events.analytics(AnalyticsEvent(message=PERIMETER))
    assert "Management Client" in (caught.value.hint or "")


def test_analytics_events_over_https_are_refused_at_construction(simulator: Simulator) -> None:
    with pytest.raises(ConfigurationError, match="plain http only"):
        client_with(simulator, analytics_events="https://127.0.0.1:9090")


# Generic events


def made(simulator: Simulator, *names: str) -> tuple[GenericEvent, ...]:
    """Generic events that match texts with their names, each with an alarm definition."""
    for name in names:
        definition = AlarmDefinition(id=uuid4(), name=f"{name} alarm", event=name)
        simulator.site.alarm_definitions.append(definition)
    return tuple(GenericEvent(name=name, expression=name) for name in names)


def test_the_compatible_source_echoes_what_it_got(site: Client, simulator: Simulator) -> None:
    receiver = simulator.receive_generic_events(DataSource(events=made(simulator, "Tür")))
    source = GenericEventSource.compatible(port=receiver.port or 0)
    receipt = site.events.generic("Tür\r\nauf", source)
    assert receipt.echo == b"T\xfcr\r\nauf"
    assert receipt.statistics is None
    settle(simulator)
    assert receiver.received == ["Tür\r\nauf"]
    assert raised(simulator) == ["Tür alarm"]


def test_the_international_source_counts(site: Client, simulator: Simulator) -> None:
    receiver = simulator.receive_generic_events(DataSource.international(*made(simulator, "RecCam1")))
    source = GenericEventSource.international(port=receiver.port or 0)
    receipt = site.events.generic("RecCam1 ключ", source)
    assert receipt.statistics == GenericEventStatistics(request=1, characters=12, matches=1, event="RecCam1")
    receipt = site.events.generic("something else", source)
    assert receipt.statistics == GenericEventStatistics(request=1, characters=14, matches=0)
    assert raised(simulator) == ["RecCam1 alarm"]


def test_a_datagram_is_one_event(site: Client, simulator: Simulator) -> None:
    receiver = simulator.receive_generic_events(DataSource(events=made(simulator, "Gate")))
    source = GenericEventSource.compatible(protocol="udp", port=receiver.udp_port or 0, host="localhost")
    receipt = site.events.generic("Gate open", source)
    assert (receipt.echo, receipt.statistics) == (None, None)
    settle(simulator)
    assert receiver.received == ["Gate open"]
    assert raised(simulator) == ["Gate alarm"]


@pytest.mark.parametrize("kind", ["compatible", "international"])
def test_a_computer_that_may_not_send_is_told(site: Client, simulator: Simulator, kind: str) -> None:
    receiver = simulator.receive_generic_events(DataSource() if kind == "compatible" else DataSource.international())
    receiver.allowed = False
    source = getattr(GenericEventSource, kind)(port=receiver.port)
    with pytest.raises(PermissionDenied, match="No access") as caught:
        site.events.generic("north gate", source)
    assert caught.value.server == f"127.0.0.1:{receiver.port}"
    assert receiver.received == []


def test_no_echo_is_asked_for_where_none_is_set(site: Client, simulator: Simulator) -> None:
    receiver = simulator.receive_generic_events(DataSource(echo="none"))
    site.events.generic("gate", GenericEventSource(port=receiver.port or 0, echo="none"))
    settle(simulator)
    assert receiver.received == ["gate"]


@pytest.mark.parametrize(
    ("set_to", "error"), [(DataSource(echo="none"), ReadTimeout), (DataSource.international(), RemoteProtocolError)]
)
def test_an_echo_that_does_not_come_as_set_is_an_error(
    simulator: Simulator, set_to: DataSource, error: type[Exception]
) -> None:
    receiver = simulator.receive_generic_events(set_to)
    source = GenericEventSource(port=receiver.port or 0, separator=b"\r\n", echo="full")
    with client_of(simulator, timeout=1.0) as site:
        with pytest.raises(error):
            site.events.generic("gate", source)


def test_statistics_that_nothing_ends_are_taken_after_a_silence(site: Client, simulator: Simulator) -> None:
    source = DataSource(separator=b"\r\n", encoding="utf-8", echo="statistics", ends_echo=False)
    receiver = simulator.receive_generic_events(source)
    receipt = site.events.generic("gate", GenericEventSource.international(port=receiver.port or 0))
    assert receipt.statistics == GenericEventStatistics(request=1, characters=4, matches=0)


def test_where_no_source_listens_the_error_says_how_to_switch_it_on(site: Client) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        source = GenericEventSource.compatible(port=taken.getsockname()[1])
    with pytest.raises(ServiceUnavailable) as caught:
        site.events.generic("gate", source)
    assert "Generic Events" in (caught.value.hint or "")
    for nowhere in (
        GenericEventSource.compatible(host="a..b"),
        GenericEventSource.compatible(protocol="udp", host="a..b"),
    ):
        with pytest.raises(LocalProtocolError, match="address"):
            site.events.generic("gate", nowhere)
