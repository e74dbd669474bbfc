"""The proxy that stands for bad networks: each toxic does what its name says, and is gone when it is removed."""

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from milestone_sdk.simulator import Simulator
from milestone_sdk.simulator.faultproxy.proxy import FaultProxy
from tests.support.stopwatch import Stopwatch

from ...support.loopback import TLSServer, echo

PATIENCE = 10.0
SOON = 0.3
"""Seconds after which what has not come is taken not to come."""
MEGABYTE = bytes(range(256)) * 4096


@pytest.fixture
def server() -> Iterator[TLSServer]:
    """Echoes, without TLS."""
    with TLSServer(None, echo) as echoing:
        yield echoing


@pytest.fixture
def proxy(server: TLSServer) -> Iterator[FaultProxy]:
    with FaultProxy(f"tcp://127.0.0.1:{server.port}") as running:
        yield running


def connected(proxy: FaultProxy) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", proxy.port), PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def exactly(connection: socket.socket, count: int) -> bytes:
    """The next octets; fewer when the stream ends."""
    received = b""
    while len(received) < count and (data := connection.recv(count - len(received))):
        received += data
    return received


def asked(connection: socket.socket, question: bytes = b"hello") -> bytes:
    connection.sendall(question)
    return exactly(connection, len(question))


def silent(connection: socket.socket, seconds: float = SOON) -> bool:
    """Whether nothing comes, not even the end."""
    connection.settimeout(seconds)
    try:
        connection.recv(1)
    except TimeoutError:
        return True
    finally:
        connection.settimeout(PATIENCE)
    return False


def eventually(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.005)


def test_without_toxics_every_octet_passes(proxy: FaultProxy) -> None:
    with connected(proxy) as connection:
        sender = threading.Thread(target=connection.sendall, args=(MEGABYTE,))
        sender.start()
        assert exactly(connection, len(MEGABYTE)) == MEGABYTE
        sender.join()
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b"", "the server's end of the stream comes back"
    eventually(lambda: proxy.open == 0)


def test_tls_passes_through(simulator: Simulator) -> None:
    context = ssl.create_default_context(cafile=str(simulator.ca_file))
    with FaultProxy(simulator.event_server_url) as proxy:
        answer = httpx.get(f"{proxy.url}/Central/AlarmServiceToken", verify=context, trust_env=False)
    assert proxy.url.startswith("https://")
    assert answer.status_code == 200


def test_it_can_run_on_the_loop_of_the_simulator(simulator: Simulator) -> None:
    with FaultProxy(simulator.http_url, run=simulator.run) as proxy, connected(proxy) as connection:
        before = threading.active_count()
        proxy.add("timeout", stream="both")
        connection.sendall(b"GET / HTTP/1.1\r\nHost: vms\r\n\r\n")
        assert silent(connection)
        assert threading.active_count() <= before


def test_latency_delays_until_it_is_removed(proxy: FaultProxy) -> None:
    with connected(proxy) as connection:
        assert asked(connection) == b"hello"
        latency = proxy.add("latency", seconds=0.25)
        began = time.monotonic()
        assert asked(connection) == b"hello"
        assert time.monotonic() - began >= 0.24
        proxy.add("latency", seconds=60)
        connection.sendall(b"hello")
        assert silent(connection)
        proxy.clear()
        assert exactly(connection, 5) == b"hello", "what waits goes on at once"
        latency.remove()  # is off already


def test_upstream_is_the_way_to_the_server(proxy: FaultProxy, server: TLSServer) -> None:
    with connected(proxy) as connection:
        proxy.add("latency", stream="upstream", seconds=60)
        connection.sendall(b"hello")
        assert silent(connection)
    proxy.clear()
    assert server.next_over().received == b"hello", "what was sent before the end still arrives"


def test_bandwidth_is_a_rate(proxy: FaultProxy) -> None:
    with connected(proxy) as connection:
        proxy.add("bandwidth", rate=20_000)
        began = time.monotonic()
        assert len(asked(connection, bytes(10_000))) == 10_000
        assert 0.4 <= time.monotonic() - began < 5


def test_a_slicer_cuts_and_lets_the_pieces_wait(proxy: FaultProxy) -> None:
    with connected(proxy) as connection:
        slicer = proxy.add("slicer", size=2, variation=1, delay=0.05)
        began = time.monotonic()
        connection.sendall(bytes(12))
        pieces = [len(connection.recv(100)) for _ in range(3)]
        assert all(1 <= piece <= 3 for piece in pieces)
        assert len(exactly(connection, 12 - sum(pieces))) == 12 - sum(pieces)
        assert time.monotonic() - began >= 0.15
        proxy.add("slicer", size=1, delay=60)
        connection.sendall(b"hello")
        assert exactly(connection, 1) == b"h"
        assert silent(connection)
        slicer.remove()
        proxy.clear()
        assert exactly(connection, 4) == b"ello"


def test_slow_close_tells_the_end_later(proxy: FaultProxy) -> None:
    with connected(proxy) as connection:
        proxy.add("slow_close", seconds=SOON)
        began = time.monotonic()
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
        assert time.monotonic() - began >= SOON - 0.01


def test_timeout_is_a_black_hole_also_for_new_connections(proxy: FaultProxy) -> None:
    with connected(proxy) as old:
        assert asked(old) == b"hello"
        hole = proxy.add("timeout", stream="both")
        with connected(proxy) as new:
            old.sendall(b"hello")
            new.sendall(b"hello")
            assert silent(old)
            assert silent(new, 0.05)
            hole.remove()
            assert exactly(old, 1) == exactly(new, 1) == b"", "what was swallowed does not come, and the stream ends"
    with connected(proxy) as later:
        assert asked(later) == b"hello"


def test_what_a_black_hole_did_not_touch_lives_on(proxy: FaultProxy) -> None:
    with connected(proxy) as connection:
        assert asked(connection) == b"hello"
        proxy.add("timeout", stream="both").remove()
        assert asked(connection) == b"hello"


def test_half_open_means_that_one_side_has_gone_without_a_word(simulator: Simulator) -> None:
    with FaultProxy(simulator.http_url) as proxy, connected(proxy) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: vms\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 ")
        eventually(lambda: silent(connection, 0.05))
        half_open = proxy.add("timeout", stream="both")
        simulator.stop_service("management")
        assert silent(connection)
        half_open.remove()
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""


def test_timeout_with_seconds_ends_the_connection(proxy: FaultProxy) -> None:
    proxy.add("timeout", seconds=SOON)
    began = time.monotonic()
    with connected(proxy) as connection:
        connection.sendall(b"hello")
        assert connection.recv(1) == b""
    assert time.monotonic() - began >= SOON - 0.01


def test_reset_peer_resets(proxy: FaultProxy) -> None:
    with connected(proxy) as connection:
        assert asked(connection) == b"hello"
        proxy.add("reset_peer")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
    eventually(lambda: proxy.open == 0)


def test_reset_peer_may_come_later(proxy: FaultProxy) -> None:
    proxy.add("reset_peer", seconds=SOON)
    with connected(proxy) as connection:
        assert asked(connection) == b"hello"
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_a_limit_ends_the_connection_after_so_many_octets(proxy: FaultProxy) -> None:
    proxy.add("limit_data", bytes=7)
    with connected(proxy) as connection:
        assert asked(connection) == b"hello"
        connection.sendall(b"hello")
        assert exactly(connection, 5) == b"he"
    with connected(proxy) as another:
        assert asked(another) == b"hello", "each connection has a limit of its own"


def test_down_closes_everything_and_comes_back_under_the_same_port(proxy: FaultProxy) -> None:
    with connected(proxy) as connection:
        assert asked(connection) == b"hello"
        port = proxy.port
        down = proxy.add("down")
        with pytest.raises(OSError):
            connected(proxy)
        with contextlib.suppress(ConnectionResetError):
            assert connection.recv(1) == b""
    down.remove()
    assert proxy.port == port
    with connected(proxy) as connection:
        assert asked(connection) == b"hello"


def test_a_server_that_is_not_there_resets(proxy: FaultProxy) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with (
        FaultProxy(f"tcp://127.0.0.1:{port}") as nowhere,
        pytest.raises(ConnectionResetError),
        connected(nowhere) as connection,
    ):
        connection.recv(1)


def test_toxicity_strikes_a_share(server: TLSServer) -> None:
    with FaultProxy(f"tcp://127.0.0.1:{server.port}", seed=3) as proxy:
        proxy.add("limit_data", toxicity=0.5, bytes=0)
        answers = []
        for _ in range(20):
            try:
                with connected(proxy) as connection:
                    answers.append(asked(connection))
            except (ConnectionResetError, BrokenPipeError):
                answers.append(b"")
    assert {b"", b"hello"} == set(answers)


def test_a_reset_of_the_client_reaches_the_server(proxy: FaultProxy, server: TLSServer) -> None:
    connection = connected(proxy)
    assert asked(connection) == b"hello"
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    connection.close()
    assert server.next_over().received == b"hello"
    eventually(lambda: proxy.open == 0)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("latencies", {}),
        ("latency", {"second": 1}),
        ("latency", {"seconds": -1}),
        ("bandwidth", {"rate": 0}),
        ("slicer", {"size": 0}),
        ("timeout", {"stream": "sideways"}),
        ("timeout", {"toxicity": 2}),
        ("down", {"seconds": 1}),
    ],
)
def test_a_misspelt_toxic_is_refused(proxy: FaultProxy, kind: str, options: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        proxy.add(kind, **options)  # type: ignore[arg-type]
    assert proxy.toxics == ()


@pytest.mark.parametrize("upstream", ["", "127.0.0.1", "https://vms.example.com/"])
def test_an_upstream_without_a_port_is_refused(upstream: str) -> None:
    with pytest.raises(ValueError, match="host:port"):
        FaultProxy(upstream)


def test_toxics_are_switched_by_many_threads_at_once(proxy: FaultProxy) -> None:
    def switch() -> None:
        for _ in range(20):
            proxy.add("latency", seconds=0.001).remove()

    threads = [threading.Thread(target=switch) for _ in range(4)]
    with connected(proxy) as connection:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            assert asked(connection) == b"hello"
        for thread in threads:
            thread.join()
    assert proxy.toxics == ()


def test_it_closes_with_connections_open_in_every_state(server: TLSServer) -> None:
    before = threading.active_count()
    with FaultProxy(f"tcp://127.0.0.1:{server.port}") as proxy:
        connections = [connected(proxy) for _ in range(5)]
        for connection in connections:
            assert asked(connection) == b"hello"
        proxy.add("timeout", stream="both")
        connections[0].sendall(b"lost")
        connections[1].close()
        watch = Stopwatch()
    assert watch.seconds < 5
    for connection in connections:
        connection.close()
    eventually(lambda: threading.active_count() <= before)
    assert proxy.open == 0


def test_it_cannot_be_used_after_its_end(proxy: FaultProxy, server: TLSServer) -> None:
    with FaultProxy(f"tcp://127.0.0.1:{server.port}") as over:
        pass
    with pytest.raises(RuntimeError):
        over.add("down")


def test_the_proxy_itself_holds_back_a_fast_sender(server: TLSServer) -> None:
    """What cannot be passed on is not read: memory stays bounded, however much a peer sends."""
    with FaultProxy(f"tcp://127.0.0.1:{server.port}") as proxy, connected(proxy) as connection:
        proxy.add("latency", stream="upstream", seconds=60)
        connection.settimeout(1.0)
        with pytest.raises(TimeoutError):
            connection.sendall(MEGABYTE * 50)


def test_an_asynchronous_program_can_use_it(proxy: FaultProxy) -> None:
    async def work() -> bytes:
        await asyncio.to_thread(proxy.add, "latency", seconds=0.01)
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"hello")
        answer = await reader.readexactly(5)
        writer.close()
        await writer.wait_closed()
        return answer

    assert asyncio.run(work()) == b"hello"
