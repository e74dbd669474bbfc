"""What can go wrong between a recorder and its client, on purpose; and the listener itself."""

import socket
import ssl
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk.simulator.wire.authority import Authority
from tests.support.recorder_bench import NOON, PATH, Bench, Viewer, at, envelope, ms, read_all, split_http, wait_until
from tests.support.stopwatch import Stopwatch

START = ms(NOON) - 600_000
CAMERA = {"recordings": [(at(START), at(START + 60_000))]}


@pytest.fixture
def bench():
    with Bench(CAMERA) as bench:
        yield bench


@pytest.fixture(scope="module")
def shared():
    with Bench(CAMERA) as bench:
        yield bench


@pytest.fixture
def whole(bench):
    """The octets of the answer that the faults will spoil."""
    with bench.connected() as viewer:
        return viewer.step("begin").raw


def ask(viewer: Viewer) -> None:
    viewer.call("begin", 3)


def test_desync_puts_junk_between_messages(bench, whole):
    bench.faults.add("imageserver", "desync", operation="begin", bytes=b"\x00junk")
    with bench.connected() as viewer:
        ask(viewer)
        viewer.connection.shutdown(socket.SHUT_WR)
        assert read_all(viewer.connection) == b"\x00junk" + whole


def test_desync_can_strike_inside_a_message(bench, whole):
    bench.faults.add("imageserver", "desync", operation="begin", bytes=b"!", at=100)
    with bench.connected() as viewer:
        ask(viewer)
        viewer.connection.shutdown(socket.SHUT_WR)
        assert read_all(viewer.connection) == whole[:100] + b"!" + whole[100:]


@pytest.mark.parametrize(
    ("kind", "options", "kept"), [("truncate", {}, 0.5), ("truncate", {"at": 30}, 30), ("close", {}, 0)]
)
def test_truncate_and_close_end_the_connection_early(bench, whole, kind, options, kept):
    bench.faults.add("imageserver", kind, operation="begin", **options)
    with bench.connected() as viewer:
        ask(viewer)
        assert read_all(viewer.connection) == whole[: int(len(whole) * kept) if kept < 1 else kept]


def test_reset_is_seen_as_such(bench):
    bench.faults.add("imageserver", "reset", operation="begin")
    with bench.connected() as viewer:
        ask(viewer)
        with pytest.raises(ConnectionResetError):
            read_all(viewer.connection)


def test_stall_stops_in_the_middle_and_goes_on(bench, whole):
    fault = bench.faults.add("imageserver", "stall", operation="begin", at=50, seconds=0.3)
    with bench.connected() as viewer:
        viewer.connection.settimeout(5)
        ask(viewer)
        first = viewer.connection.recv(65536)
        began = time.monotonic()
        assert first == whole[:50]
        rest = bytearray()
        while len(rest) < len(whole) - 50:
            rest += viewer.connection.recv(65536)
        assert time.monotonic() - began > 0.2
        assert first + rest == whole
    assert fault.used == 1


def test_a_stalled_connection_ends_when_the_client_goes_and_when_the_recorder_closes(bench):
    bench.faults.add("imageserver", "stall", operation="begin", at=50)
    viewer, other = bench.connected(), bench.connected()
    ask(viewer)
    ask(other)
    assert len(viewer.connection.recv(65536)) == len(other.connection.recv(65536)) == 50
    bench.run(bench.service.close())
    assert viewer.ends()
    assert other.ends()
    viewer.connection.close()
    other.connection.close()
    assert bench.service.open_sessions == 0


def test_delay_comes_before_the_answer(bench, whole):
    bench.faults.add("imageserver", "delay", operation="begin", seconds=0.2, times=1)
    with bench.connected() as viewer:
        began = time.monotonic()
        assert viewer.step("begin").raw == whole
        assert time.monotonic() - began >= 0.19
        watch = Stopwatch()
        assert viewer.step("begin").current == START
        assert watch.seconds < 0.19


def test_slicer_writes_small_pieces_of_the_same_octets(bench, whole):
    fault = bench.faults.add("imageserver", "slicer", operation="begin", size=100, delay=0.001)
    with bench.connected() as viewer:
        assert viewer.step("begin").raw == whole
    fault.remove()
    assert bench.faults.active == ()


def test_faults_strike_live_too(bench):
    bench.faults.add("imageserver", "close", operation="livepackage")
    with bench.connected() as viewer:
        viewer.call("live", 4, "<sendinitialimage>no</sendinitialimage>")
        with pytest.raises(EOFError):
            read_until_document(viewer)
    wait_until(lambda: bench.service.open_sessions == 0)


def read_until_document(viewer: Viewer) -> None:
    while not isinstance(viewer.message(), bytes):
        pass


def test_a_connect_can_fail(bench):
    bench.faults.add("imageserver", "close", operation="connect", times=1)
    with bench.viewer() as viewer, pytest.raises(EOFError):
        viewer.connect(bench.token)
    with bench.connected():
        pass


def test_fragments_and_merged_messages_carry_the_same_octets(whole):
    with Bench(CAMERA, fragment=True) as bench:
        with bench.viewer() as viewer:
            connect = (
                "<methodcall><requestid>1</requestid><methodname>connect</methodname><connectparam>"
                f"id={bench.camera.id}&amp;connectiontoken={bench.token}</connectparam><clientcapabilities>"
                "<multipartdata>yes</multipartdata></clientcapabilities></methodcall>\r\n\r\n"
            )
            begin = "<methodcall><requestid>3</requestid><methodname>begin</methodname></methodcall>\r\n\r\n"
            viewer.connection.sendall((connect + begin * 10).encode())
            assert b"<connected>yes</connected>" in viewer.xml()
            answers = [viewer.image() for _ in range(10)]
        assert answers[0].raw == whole
        # The number of the packet is the only thing that differs between them.
        assert {answer.parts[0][:8] + answer.parts[0][10:] for answer in answers} == {
            answers[0].parts[0][:8] + answers[0].parts[0][10:]
        }
        with bench.connected() as viewer:
            viewer.call("live", 4, "<sendinitialimage>no</sendinitialimage>")
            for _ in range(4):
                viewer.message()


_VALUES = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="<&"), max_size=12),
    st.sampled_from(["yes", "no", "true", "1", "1773489000000", "100", "104"]),
)
_ELEMENTS = st.sampled_from(
    ["time", "compressionrate", "keyframesonly", "alwaysstdjpeg", "centertime", "timespan", "numalarms", "connectparam"]
)
_METHODS = st.sampled_from(["goto", "begin", "next", "alarms", "connectupdate", "nextsequence", "stop", "x", ""])


@given(st.lists(st.tuples(_METHODS, st.lists(st.tuples(_ELEMENTS, _VALUES), max_size=4)), min_size=1, max_size=5))
def test_any_well_formed_call_is_answered_by_one_message(shared, calls):
    with shared.connected() as viewer:
        for method, elements in calls:
            viewer.call(method, 8, "".join(f"<{name}>{value}</{name}>" for name, value in elements))
            if method != "stop":
                viewer.message()
        assert viewer.step("begin").current == START


@given(st.binary(max_size=400), st.sampled_from([b"<", b"<methodcall>", b"POST / HTTP/1.1\r\n", b"P"]))
def test_no_octets_harm_the_recorder(shared, octets, head):
    with shared.socket() as connection:
        connection.sendall(head + octets + b"\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        read_all(connection)
    with shared.connected() as viewer:
        assert viewer.step("begin").current == START


# The listener.


def test_soap_and_image_server_share_one_port(bench):
    with bench.connected() as viewer:
        assert bench.post(envelope("GetVersion", ""))[0] == 200
        assert viewer.step("begin").current == START


@pytest.mark.parametrize("octets", [b"\x16\x03\x01\x00\x05hello", b"\r\n\r\n", b"\x00", b"1"])
def test_another_first_octet_ends_the_connection(bench, octets):
    with bench.socket() as connection:
        connection.sendall(octets)
        assert read_all(connection) == b""


def test_a_restart_comes_back_under_the_same_address(bench):
    port, uri = bench.service.port, bench.recorder.uri
    assert uri == f"http://127.0.0.1:{port}/"
    with bench.connected() as viewer:
        bench.run(bench.service.close())
        assert viewer.ends()
    with pytest.raises(ConnectionRefusedError):
        bench.socket()
    bench.run(bench.service.start())
    assert (bench.service.port, bench.recorder.uri) == (port, uri)
    with bench.connected() as viewer:
        assert viewer.step("begin").current == START


def test_closing_twice_is_harmless(bench):
    bench.run(bench.service.close())
    bench.run(bench.service.close())


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def encrypted(authority):
    with Bench(CAMERA, context=authority.server_context(["localhost", "127.0.0.1"])) as bench:
        yield bench


def test_an_encrypted_recorder_speaks_tls_from_the_first_octet(encrypted, authority):
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    assert encrypted.recorder.uri == f"https://127.0.0.1:{encrypted.service.port}/"
    with context.wrap_socket(encrypted.socket(), server_hostname="127.0.0.1") as secure:
        viewer = Viewer(secure)
        assert b"<connected>yes</connected>" in viewer.connect(encrypted.token)
        assert viewer.step("begin").current == START
    with context.wrap_socket(encrypted.socket(), server_hostname="localhost") as secure:
        body = envelope("GetVersion", "").encode()
        head = f"POST {PATH} HTTP/1.1\r\nHost: r\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        secure.sendall(head.encode() + body)
        assert split_http(read_all(secure))[0] == 200


def test_an_encrypted_recorder_serves_no_plain_connection(encrypted):
    with encrypted.viewer() as viewer, pytest.raises((EOFError, ConnectionError)):
        viewer.connect(encrypted.token)


def test_a_reset_works_through_tls(encrypted, authority):
    encrypted.faults.add("imageserver", "reset", operation="begin")
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    plain = encrypted.socket()
    with context.wrap_socket(plain, server_hostname="127.0.0.1", suppress_ragged_eofs=False) as secure:
        viewer = Viewer(secure)
        viewer.connect(encrypted.token)
        ask(viewer)
        with pytest.raises((ConnectionResetError, ssl.SSLError)):
            read_all(secure)


def test_a_reader_that_does_not_read_holds_up_nobody_else():
    big = {"width": 1280, "height": 720, "recordings": [(at(START), at(START + 60_000))]}
    with Bench(big) as bench, bench.connected() as lazy:
        call = "<methodcall><requestid>3</requestid><methodname>next</methodname></methodcall>\r\n\r\n"
        lazy.connection.sendall((call * 200).encode())
        with bench.connected() as viewer:
            for _ in range(5):
                assert viewer.step("begin").current == START
        lazy.connection.close()
        wait_until(lambda: bench.service.open_sessions == 0)
