"""The simulator's ports for events, spoken to by hand."""

import socket
import ssl

import pytest

from milestone_sdk.simulator import Simulator
from milestone_sdk.simulator.eventserver.analytics import ALERT, AnalyticsReceiver
from milestone_sdk.simulator.eventserver.generic import DataSource, GenericEvent, GenericEventReceiver
from tests.support.settling import settle

PATIENCE = 10.0
PERIMETER = "AXIS Perimeter_Defender alarm START on camera C1"
ZERO = "00000000-0000-0000-0000-000000000000"
HEADER = f"<ID>{ZERO}</ID><Timestamp>2026-03-04T14:00:00.125+02:00</Timestamp>"
NAMED = f"<Message>{PERIMETER}</Message>"


def event(header: str = HEADER + NAMED, rest: str = "") -> bytes:
    content = f"<EventHeader>{header}</EventHeader>{rest}"
    return f'<AnalyticsEvent xmlns="urn:milestone-systems">{content}</AnalyticsEvent>'.encode()


@pytest.fixture
def receiver(simulator: Simulator) -> AnalyticsReceiver:
    return simulator.receive_analytics_events()


def post(connection: socket.socket, body: bytes, *headers: str, content_type: str = "text/xml") -> tuple[int, str]:
    lines = ("POST / HTTP/1.1", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers)
    connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(4096)
    head, _, text = answer.partition(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    while len(text) < length:
        text += connection.recv(4096)
    return int(head.split()[1]), text.decode()


def connected(port: int | None) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port or 0), PATIENCE)


@pytest.mark.parametrize("headers", [(), ("Host: evs:9090",)])
def test_events_come_with_and_without_host_on_one_connection(
    simulator: Simulator, receiver: AnalyticsReceiver, headers: tuple[str, ...]
) -> None:
    source = f"<Source><FQID><ObjectId>{simulator.site.camera('C1').id}</ObjectId></FQID></Source>"
    with connected(receiver.port) as connection:
        assert post(connection, event(), *headers) == (200, "OK")
        assert post(connection, event(HEADER + NAMED + source), *headers, content_type="application/xml")[0] == 200
        status, text = post(connection, event(HEADER + "<Message>other</Message>"), *headers)
    assert (status, "Event message not known" in text) == (200, True)
    assert len(receiver.received) == 2
    nowhere, camera = simulator.alarms.stored()
    assert (nowhere.name, nowhere.source_name) == ("Perimeter Defender", None)
    assert camera.source_name == "C1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<AnalyticsEvent",
        b"<Other/>",
        event(HEADER),
        event(NAMED + HEADER),
        event(HEADER + NAMED, "<Count>1</Count><Description>late</Description>"),
        event(HEADER.replace("2026", "soon") + NAMED),
        event(HEADER + "<Priority>70000</Priority>" + NAMED),
        event(HEADER + "<PriorityName>High</PriorityName>" + NAMED),
        event(HEADER + NAMED + "<Source><FQID><ObjectId>1</ObjectId></FQID></Source>"),
    ],
)
def test_what_breaks_the_schema_is_refused(simulator: Simulator, receiver: AnalyticsReceiver, body: bytes) -> None:
    with connected(receiver.port) as connection:
        assert post(connection, body)[0] == 400
        assert post(connection, event())[0] == 200
    assert len(simulator.alarms.stored()) == 1


def test_the_old_form_is_still_taken(simulator: Simulator, receiver: AnalyticsReceiver) -> None:
    camera = simulator.site.camera("C1")
    alert = (
        f'<Alert xmlns="{ALERT}" ID="1" TimeStamp="2026-03-04T12:00:00Z" Name="{PERIMETER}" Type="MAD">'
        f'<Source><Server GUID="{ZERO}"/><Device GUID="{camera.id}"><Location>x</Location></Device></Source></Alert>'
    )
    with connected(receiver.port) as connection:
        assert post(connection, alert.encode()) == (200, "OK")
        assert post(connection, alert.replace(' ID="1"', ' ID="x"').encode())[0] == 400
        assert post(connection, alert.replace(' TimeStamp="2026-03-04T12:00:00Z"', "").encode())[0] == 400
    (alarm,) = simulator.alarms.stored()
    assert (alarm.name, alarm.source_name, alarm.type) == ("Perimeter Defender", "C1", "MAD")


def test_a_sender_off_the_list_is_refused(simulator: Simulator, receiver: AnalyticsReceiver) -> None:
    receiver.allowed = False
    with connected(receiver.port) as connection:
        assert post(connection, event())[0] == 403
    assert receiver.received == []


def generic(simulator: Simulator, source: DataSource) -> GenericEventReceiver:
    return simulator.receive_generic_events(source)


def drained(connection: socket.socket) -> bytes:
    octets = b""
    while data := connection.recv(4096):
        octets += data
    return octets


def test_without_a_separator_the_end_of_the_connection_ends_a_text(simulator: Simulator) -> None:
    receiver = generic(simulator, DataSource())
    with connected(receiver.port) as connection:
        connection.sendall(b"Gate ")
        connection.sendall(b"open")
        connection.shutdown(socket.SHUT_WR)
        assert drained(connection) == b"Gate open"
    assert receiver.received == ["Gate open"]


def test_with_a_separator_one_connection_carries_many_texts(simulator: Simulator) -> None:
    events = (
        GenericEvent(name="second", expression="Gate", priority=2),
        GenericEvent(name="first", expression="^Gate \\d+$", kind="regex", priority=1),
        GenericEvent(name="exact", expression="Door", kind="match", priority=3),
    )
    receiver = generic(simulator, DataSource.international(*events))
    with connected(receiver.port) as connection:
        connection.sendall(b"Gate 12\r\nthe Gate\r\nDoor\r\nDoors\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert drained(connection) == b"1,7,1,first\r\n2,8,1,second\r\n3,4,1,exact\r\n4,5,0,\r\n"


def test_who_may_not_send_is_told_and_cut_off(simulator: Simulator) -> None:
    receiver = generic(simulator, DataSource.international())
    receiver.allowed = False
    with connected(receiver.port) as connection, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        connection.sendall(b"x\r\n")
        assert drained(connection) == b"No access\r\n"
        datagrams.sendto(b"y", ("127.0.0.1", receiver.udp_port or 0))
    settle(simulator)
    assert receiver.received == []


def test_the_ports_end_with_the_event_server_and_come_back_with_it(simulator: Simulator) -> None:
    receiver = generic(simulator, DataSource())
    analytics = simulator.receive_analytics_events()
    ports = receiver.port, receiver.udp_port, analytics.port
    simulator.stop_service("event_server")
    for port in (receiver.port, analytics.port):
        with pytest.raises(ConnectionRefusedError):
            connected(port)
    simulator.start_service("event_server")
    assert ports == (receiver.port, receiver.udp_port, analytics.port)
    with connected(analytics.port) as connection:
        assert post(connection, event())[0] == 200


@pytest.mark.parametrize("authorization", ["", "Authorization: Bearer x\r\n", "Authorization: Basic x\r\n"])
def test_rest_wants_an_access_token(simulator: Simulator, authorization: str) -> None:
    context = ssl.create_default_context(cafile=simulator.ca_file)
    port = int(simulator.url.rpartition(":")[2])
    with connected(port) as plain, context.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
        connection.sendall(f"GET /api/rest/v1/alarmStates HTTP/1.1\r\nHost: x\r\n{authorization}\r\n".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 401 ")
