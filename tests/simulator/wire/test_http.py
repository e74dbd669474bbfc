"""HTTP as the simulator speaks it, and the faults that strike there, over real sockets."""

import asyncio
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk.simulator import Faults, Received, Simulator
from milestone_sdk.simulator.wire.http import Request, Response, serve_http
from milestone_sdk.simulator.wire.listener import Listener
from tests.support.budget import examples
from tests.support.management_wire import Wire, tree

Factory = Callable[..., Simulator]


class EchoServer:
    """serve_http alone behind a listener, in a thread: answers with what it read."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.requests: list[Received] = []
        self.loop = asyncio.SelectorEventLoop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.listener = Listener(self.connected)
        self.run(self.listener.start())
        self.port = self.listener.port or 0

    def run(self, coroutine: object) -> object:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)  # type: ignore[arg-type]

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        initial = await reader.read(1)
        await serve_http(
            reader,
            writer,
            self.answer,
            secure=False,
            initial=initial,
            service="recorder",
            faults=self.faults,
            requests=self.requests,
        )

    async def answer(self, request: Request) -> Response:
        if request.path == "/fails":
            raise LookupError("a mistake in a handler")
        calls = request.connection.get("calls", 0)
        assert isinstance(calls, int)
        request.connection["calls"] = calls + 1
        text = f"{request.method} {request.path}?{request.query} {calls + 1} {len(request.body)}"
        return Response(200, text.encode(), [("X-Test", "1")], "text/plain")

    def close(self) -> None:
        self.run(self.listener.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


@pytest.fixture(scope="module")
def running() -> Iterator[EchoServer]:
    server = EchoServer()
    yield server
    server.close()


@pytest.fixture
def echo(running: EchoServer) -> EchoServer:
    running.faults.clear()
    running.requests.clear()
    return running


def exchange(port: int, *pieces: bytes, until: bytes = b"") -> bytes:
    """Send pieces one after the other, and read until `until` or the end of the connection."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        while not until or until not in answer:
            received = connection.recv(65536)
            if not received:
                break
            answer += received
    return answer


REQUEST = b"POST /a/b?c=d HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"


def test_connections_are_kept_and_their_state_is_their_own(echo: EchoServer) -> None:
    answer = exchange(echo.port, REQUEST, REQUEST, until=b"b?c=d 2 5")
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert b"/a/b?c=d 1 5" in answer
    assert b"/a/b?c=d 1 5" in exchange(echo.port, REQUEST, until=b"1 5")
    assert [(entry.method, entry.path) for entry in echo.requests] == [("POST", "/a/b")] * 3


def test_connection_close_is_obeyed(echo: EchoServer) -> None:
    closing = REQUEST.replace(b"Host: x", b"Host: x\r\nConnection: close")
    assert exchange(echo.port, closing).endswith(b"1 5")


@examples(0.25)
@given(cuts=st.lists(st.integers(1, len(REQUEST) - 1), max_size=6, unique=True))
def test_a_request_may_be_cut_anywhere(running: EchoServer, cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(REQUEST)]
    pieces = [REQUEST[start:end] for start, end in itertools.pairwise(places)]
    assert b"POST /a/b?c=d 1 5" in exchange(running.port, *pieces, until=b"1 5")


def test_chunked_bodies_and_expect_continue_are_read(echo: EchoServer) -> None:
    head = b"POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection(("127.0.0.1", echo.port), timeout=10) as connection:
        connection.sendall(head)
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")
        assert b"POST /c? 1 7" in connection.recv(65536)


def test_what_is_no_http_is_answered_400_and_ends(echo: EchoServer) -> None:
    assert exchange(echo.port, b"NONSENSE\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_a_mistake_of_the_simulator_is_a_logged_500(echo: EchoServer, caplog: pytest.LogCaptureFixture) -> None:
    assert exchange(echo.port, REQUEST.replace(b"/a/b", b"/fails"), until=b"</html>").startswith(b"HTTP/1.1 500 ")
    assert "/fails" in caplog.text


def test_closing_ends_connections_and_the_port_comes_back(echo: EchoServer) -> None:
    with socket.create_connection(("127.0.0.1", echo.port), timeout=10) as connection:
        connection.sendall(REQUEST[:20])
        echo.run(echo.listener.close())
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", echo.port), timeout=10)
        echo.run(echo.listener.start())
        assert echo.listener.port == echo.port
        assert ended(connection)
    assert b"1 5" in exchange(echo.port, REQUEST, until=b"1 5")


def ended(connection: socket.socket) -> bool:
    try:
        return connection.recv(100) == b""
    except ConnectionResetError:
        return True


# Faults


def test_html_and_status(echo: EchoServer) -> None:
    echo.faults.add("recorder", "html", status=401, times=1)
    echo.faults.add("recorder", "status", code=503, times=1)
    page = exchange(echo.port, REQUEST, until=b"</html>")
    assert page.startswith(b"HTTP/1.1 401 ")
    assert b"text/html" in page
    assert b"HTTP/1.1 200 OK" in exchange(echo.port, REQUEST, until=b"1 5")


def test_a_status_comes_alone(echo: EchoServer) -> None:
    echo.faults.add("recorder", "status", code=503, times=1)
    assert exchange(echo.port, REQUEST, until=b"\r\n\r\n").startswith(b"HTTP/1.1 503 Service Unavailable")


def test_faults_choose_by_service_and_operation(echo: EchoServer) -> None:
    other = echo.faults.add("event_server", "html")
    fault = echo.faults.add("recorder", "html", operation="GetJPEG")
    assert b"HTTP/1.1 200" in exchange(echo.port, REQUEST, until=b"1 5")
    named = REQUEST.replace(b"Host: x", b'Host: x\r\nSOAPAction: "http://videoos.net/2/X/GetJPEG"')
    assert b"HTTP/1.1 500" in exchange(echo.port, named, until=b"</html>")
    assert (other.used, fault.used) == (0, 1)
    fault.remove()
    assert b"HTTP/1.1 200" in exchange(echo.port, named, until=b"1 5")
    assert echo.requests[-1].operation == "GetJPEG"


def test_truncate_announces_more_than_it_sends(echo: EchoServer, caplog: pytest.LogCaptureFixture) -> None:
    echo.faults.add("recorder", "truncate", at=3)
    answer = exchange(echo.port, REQUEST)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Content-Length: 17" in head
    assert body == b"POS"
    assert caplog.records == []
    with httpx.Client(trust_env=False) as http, pytest.raises(httpx.RemoteProtocolError):
        http.get(f"http://127.0.0.1:{echo.port}/")


def test_cut_xml_is_well_formed_http(echo: EchoServer) -> None:
    echo.faults.add("recorder", "cut_xml", at=0.5)
    with httpx.Client(trust_env=False) as http:
        assert http.post(f"http://127.0.0.1:{echo.port}/a/b?c=d", content=b"12345").text == "POST /a/"


def test_body_and_garbage_replace_the_answer(echo: EchoServer) -> None:
    echo.faults.add("recorder", "body", bytes=b"<ok/>", content_type="text/xml", times=1)
    echo.faults.add("recorder", "garbage", size=64, operation="Noise")
    with httpx.Client(trust_env=False) as http:
        replaced = http.get(f"http://127.0.0.1:{echo.port}/")
        assert (replaced.content, replaced.headers["content-type"]) == (b"<ok/>", "text/xml")
        noise = http.get(f"http://127.0.0.1:{echo.port}/", headers={"SOAPAction": "Noise"})
        assert (noise.status_code, len(noise.content)) == (200, 64)


def test_reset_is_a_reset(echo: EchoServer) -> None:
    echo.faults.add("recorder", "reset", times=1)
    with socket.create_connection(("127.0.0.1", echo.port), timeout=10) as connection:
        connection.sendall(REQUEST)
        with pytest.raises(ConnectionResetError):
            connection.recv(100)


def test_deaf_says_nothing_until_the_client_gives_up(echo: EchoServer) -> None:
    echo.faults.add("recorder", "deaf", times=1)
    with httpx.Client(trust_env=False, timeout=0.2) as http, pytest.raises(httpx.ReadTimeout):
        http.get(f"http://127.0.0.1:{echo.port}/")
    assert b"1 5" in exchange(echo.port, REQUEST, until=b"1 5")


def test_delay_comes_before_the_answer(echo: EchoServer) -> None:
    echo.faults.add("recorder", "delay", seconds=0.2, times=1)
    begin = time.monotonic()
    assert b"1 5" in exchange(echo.port, REQUEST, until=b"1 5")
    assert time.monotonic() - begin >= 0.2


def test_slicer_sends_the_whole_answer_in_small_pieces(echo: EchoServer) -> None:
    echo.faults.add("recorder", "slicer", size=20, delay=0.02, times=1)
    begin = time.monotonic()
    answer = exchange(echo.port, REQUEST, until=b"b?c=d 1 5")
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert time.monotonic() - begin >= (len(answer) // 20 - 1) * 0.02


def test_a_misspelt_fault_is_an_error() -> None:
    faults = Faults()
    for wrong in (("recorders", "html"), ("recorder", "htm"), ("imageserver", "html")):
        with pytest.raises(ValueError, match=r"no (service|fault)"):
            faults.add(*wrong)
    with pytest.raises(ValueError, match="knows no second"):
        faults.add("recorder", "delay", second=1)
    assert faults.active == ()


def test_faults_strike_over_tls_and_tell_idp_from_management(simulator_factory: Factory) -> None:
    sim = simulator_factory(services=("management",))
    with Wire(sim) as wire:
        sim.faults.add("idp", "html", status=500)
        assert wire.password_grant().headers["content-type"] == "text/html"
        assert texts_of(wire.basic("IsOnline")) == "true"
        sim.faults.clear()
        sim.faults.add("management", "reset", times=1)
        with pytest.raises(httpx.TransportError):
            wire.basic("IsOnline")
        sim.faults.add("management", "truncate", at=-5, times=1)
        with pytest.raises(httpx.RemoteProtocolError):
            wire.basic("IsOnline")
        assert texts_of(wire.basic("IsOnline")) == "true"


def texts_of(answer: httpx.Response) -> str:
    return "".join(tree(answer).itertext())
