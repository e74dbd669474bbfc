"""The sockets of the asynchronous client: closed at once when a caller is cancelled, and used as httpcore expects."""

import asyncio
import gc
import select
import socket
import ssl
import struct
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpcore
import httpx
import pytest

from milestone_sdk import AsyncClient, BasicUser, Trust
from milestone_sdk._net.dialing import first_connected
from milestone_sdk._net.http.asyncbackend import AsyncBackend
from milestone_sdk._net.http.asyncio import async_http_client
from milestone_sdk._net.http.blockingbackend import DeadlineBackend
from milestone_sdk._net.http.proxies import UntrustedProxy
from milestone_sdk._net.tls.pinning import pinned_context
from milestone_sdk.simulator.wire.authority import Authority

from ...support.loopback import OK, Conversation, Server, TLSProxy, TLSServer

pytestmark = pytest.mark.anyio

PATIENCE = 5.0
HELLO = b"\x16\x03"
"""How a TLS client begins."""


@contextmanager
def nothing_left_behind() -> Iterator[None]:
    """No socket is left to the garbage collector."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


@pytest.fixture
def deaf() -> Iterator[socket.socket]:
    """Accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        yield listening


@asynccontextmanager
async def accepted(listening: socket.socket) -> AsyncIterator[socket.socket]:
    async with asyncio.timeout(PATIENCE):
        connection, _ = await asyncio.get_running_loop().sock_accept(listening)
    with connection:
        yield connection


async def heard(connection: socket.socket, octets: int = 65536) -> bytes:
    async with asyncio.timeout(PATIENCE):
        return await asyncio.get_running_loop().sock_recv(connection, octets)


async def until_the_end(connection: socket.socket) -> None:
    while await heard(connection):
        pass


def port_of(listening: socket.socket) -> int:
    port: int = listening.getsockname()[1]
    return port


# What is cancelled


@pytest.mark.parametrize("give_up", ["cancelled", "timed out"])
async def test_a_handshake_that_is_given_up_closes_its_socket_at_once(deaf: socket.socket, give_up: str) -> None:
    timeout = PATIENCE if give_up == "cancelled" else 0.3
    with nothing_left_behind():
        client = AsyncClient(f"https://127.0.0.1:{port_of(deaf)}", BasicUser("arc", "secret"), timeout=timeout)
        opening = asyncio.create_task(client.open())
        async with accepted(deaf) as peer:
            assert (await heard(peer)).startswith(HELLO)
            if give_up == "cancelled":
                opening.cancel()
            await until_the_end(peer)
        await asyncio.wait([opening])
        assert opening.cancelled() or opening.exception() is not None
        await client.aclose()
        del opening, client


async def test_a_handshake_that_is_cancelled_inside_the_tls_of_a_proxy_closes_the_socket(
    deaf: socket.socket, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    context = Trust.ca_file(authority.ca_file).context
    with TLSProxy(authority.server_context(["127.0.0.1"]), port_of(deaf)) as proxy, nothing_left_behind():
        async with proxied(proxy, context) as pool:
            asking = asyncio.create_task(pool.request("GET", "https://vms.example.test/"))
            async with accepted(deaf) as peer:
                assert (await heard(peer)).startswith(HELLO)
                asking.cancel()
                await until_the_end(peer)
            await asyncio.wait([asking])
        del asking, pool


@pytest.mark.skipif(sys.platform != "linux", reason="only here does a full queue of connections keep others waiting")
async def test_a_connection_that_is_cancelled_before_it_is_made_closes_its_socket() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, nothing_left_behind():
        waiting = [socket.socket() for _ in range(3)]
        for connection in waiting:
            connection.setblocking(False)
            connection.connect_ex(full.getsockname())
        async with async_http_client(Trust.system().context, timeout=PATIENCE, connections=1) as client:
            asking = asyncio.create_task(client.get(f"http://127.0.0.1:{port_of(full)}/"))
            done, _ = await asyncio.wait([asking], timeout=0.2)
            assert not done, "it is being connected"
            asking.cancel()
            await asyncio.wait([asking])
        for connection in waiting:
            connection.close()
        del asking, client


def connected_pair() -> tuple[socket.socket, socket.socket]:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    return ours, theirs


async def hang() -> socket.socket:
    never: asyncio.Future[socket.socket] = asyncio.get_running_loop().create_future()
    return await never


async def refuse() -> socket.socket:
    raise ConnectionRefusedError("not here")


async def test_addresses_are_tried_beside_one_that_does_not_answer() -> None:
    ours, theirs = connected_pair()

    async def answer() -> socket.socket:
        return ours

    before = asyncio.all_tasks()
    with ours, theirs:
        for attempts in ([hang, answer], [refuse, answer], [refuse, hang, answer], [answer, hang]):
            async with asyncio.timeout(PATIENCE):
                assert await first_connected(attempts) is ours
                await asyncio.sleep(0)
                assert asyncio.all_tasks() == before, "the others have given up"
    with pytest.raises(ConnectionRefusedError, match="not here"):
        await first_connected([refuse, refuse])
    with pytest.raises(OSError, match="no address"):
        await first_connected([])


async def test_of_two_connections_at_the_same_moment_one_is_closed() -> None:
    pairs = [connected_pair(), connected_pair()]
    together = asyncio.Event()

    async def first() -> socket.socket:
        await together.wait()
        return pairs[0][0]

    async def second() -> socket.socket:
        together.set()
        await asyncio.sleep(0)
        return pairs[1][0]

    with nothing_left_behind():
        with await first_connected([first, second]) as kept:
            (other,) = (theirs for ours, theirs in pairs if ours is not kept)
            await until_the_end(other)
        for _, theirs in pairs:
            theirs.close()
        pairs.clear()
        del kept, other


async def test_a_connection_made_at_the_moment_of_the_cancellation_is_closed() -> None:
    ours, theirs = connected_pair()

    async def second() -> socket.socket:
        asking.cancel()  # runs before the one who waits for this learns of the connection
        return ours

    asking = asyncio.create_task(first_connected([hang, second]))
    await asyncio.wait([asking])
    assert asking.cancelled()
    with theirs:
        await until_the_end(theirs)
    assert ours.fileno() == -1


# What httpcore expects


def proxied(proxy: TLSProxy, context: ssl.SSLContext) -> httpcore.AsyncHTTPProxy:
    return httpcore.AsyncHTTPProxy(
        proxy_url=f"https://127.0.0.1:{proxy.port}",
        proxy_ssl_context=context,
        ssl_context=context,
        network_backend=AsyncBackend(),
    )


async def test_a_tunnel_through_a_proxy_that_speaks_tls_itself(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = Trust.ca_file(authority.ca_file).context
    with (
        TLSServer(authority.server_context(["vms.example.test"])) as server,
        TLSProxy(authority.server_context(["127.0.0.1"]), server.port) as proxy,
    ):
        async with proxied(proxy, context) as pool:
            for _ in range(3):
                assert (await pool.request("GET", "https://vms.example.test/")).content == b"ok"
        assert [asked.line for asked in proxy.asked] == ["CONNECT vms.example.test:443 HTTP/1.1"]
        assert server.next_over().received.count(b"GET / HTTP/1.1") == 3


@pytest.mark.parametrize("untrusted", ["the proxy", "the server"])
async def test_a_refused_certificate_is_that_of_the_proxy_or_of_the_server_behind_it(
    tmp_path: Path, untrusted: str
) -> None:
    inside, outside = Authority(tmp_path), Authority(tmp_path, name="outside")
    nobody = pinned_context(frozenset())
    contexts = {
        "proxy_ssl_context": nobody if untrusted == "the proxy" else Trust.ca_file(outside.ca_file).context,
        "ssl_context": nobody if untrusted == "the server" else Trust.ca_file(inside.ca_file).context,
    }
    with (
        TLSServer(inside.server_context(["vms.example.test"])) as server,
        TLSProxy(outside.server_context(["127.0.0.1"]), server.port) as proxy,
    ):
        url = "https://vms.example.test/"
        for _ in range(2):
            async with httpcore.AsyncHTTPProxy(
                proxy.url, network_backend=AsyncBackend(https_proxy=True), **contexts
            ) as pool:
                with pytest.raises((httpcore.ConnectError, httpcore.ProxyError)) as caught:
                    await pool.request("GET", url)
            assert isinstance(caught.value, UntrustedProxy) is (untrusted == "the proxy")
            with (
                httpcore.HTTPProxy(
                    proxy.url, network_backend=DeadlineBackend(https_proxy=True), **contexts
                ) as blocking,
                pytest.raises((httpcore.ConnectError, httpcore.ProxyError, ssl.SSLError)) as caught,
            ):
                await asyncio.to_thread(blocking.request, "GET", url)
            assert isinstance(caught.value, UntrustedProxy) is (untrusted == "the proxy")


class OneAnswer(Server):
    """Answers once and closes, without having said so."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__()
        self._context = context

    def serve(self, connection: socket.socket) -> Conversation:
        stream = self._context.wrap_socket(connection, server_side=True) if self._context else connection
        with stream:
            received = stream.recv(65536)
            stream.sendall(OK)
        return Conversation(received=received)


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("loop", ["free", "busy"])
async def test_a_connection_that_the_server_closed_is_not_used_again(tmp_path: Path, scheme: str, loop: str) -> None:
    authority = Authority(tmp_path)
    with OneAnswer(authority.server_context(["127.0.0.1"]) if scheme == "https" else None) as server:
        async with async_http_client(Trust.ca_file(authority.ca_file).context, timeout=5, connections=1) as client:
            for _ in range(3):
                assert (await client.get(f"{scheme}://127.0.0.1:{server.port}/")).status_code == 200
                if loop == "busy":
                    server.next_over()  # the loop learns of it after the next request was sent
                else:
                    await asyncio.to_thread(server.next_over)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_long_request_and_a_long_answer_arrive_whole(tmp_path: Path, scheme: str) -> None:
    authority = Authority(tmp_path)
    body = bytes(range(256)) * 16384
    arrived = bytearray()

    def answer(data: bytes) -> bytes:
        arrived.extend(data)
        if not arrived.endswith(body[-512:]) or len(arrived) < len(body):
            return b""
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    with TLSServer(authority.server_context(["127.0.0.1"]) if scheme == "https" else None, answer) as server:
        async with async_http_client(Trust.ca_file(authority.ca_file).context, timeout=20, connections=1) as client:
            response = await client.post(f"{scheme}://127.0.0.1:{server.port}/", content=body)
    assert response.content == body
    assert arrived.endswith(b"\r\n\r\n" + body)


@pytest.mark.parametrize("tolerant", [True, False])
async def test_an_answer_that_ends_with_the_connection_is_whole(tmp_path: Path, tolerant: bool) -> None:
    """Many servers end TLS by ending TCP; whether OpenSSL minds depends on its version and the context."""
    authority = Authority(tmp_path)
    context = Trust.ca_file(authority.ca_file).context
    context.options |= ssl.OP_IGNORE_UNEXPECTED_EOF
    if not tolerant:
        context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF

    class Abrupt(TLSServer):
        def serve(self, connection: socket.socket) -> Conversation:
            with serving.wrap_socket(connection, server_side=True) as stream:
                received = stream.recv(65536)
                stream.sendall(b"HTTP/1.1 200 OK\r\n\r\nto the end")
            return Conversation(received=received)

    serving = authority.server_context(["127.0.0.1"])
    with Abrupt(serving) as server:
        async with async_http_client(context, timeout=5, connections=1) as client:
            assert (await client.get(server.url)).content == b"to the end"


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_server_that_reads_nothing_is_a_timeout_of_writing(tmp_path: Path, scheme: str) -> None:
    authority = Authority(tmp_path)
    shaken = threading.Event()

    class Deaf(Server):
        def serve(self, connection: socket.socket) -> Conversation:
            stream = context.wrap_socket(connection, server_side=True) if context else connection
            shaken.wait(PATIENCE)
            stream.close()
            return Conversation()

    context = authority.server_context(["127.0.0.1"]) if scheme == "https" else None
    timeout = httpx.Timeout(PATIENCE, write=0.2)
    with Deaf() as server:
        async with async_http_client(Trust.ca_file(authority.ca_file).context, timeout=5, connections=1) as client:
            with pytest.raises(httpcore.WriteTimeout):
                await client.post(f"{scheme}://127.0.0.1:{server.port}/", content=bytes(1 << 26), timeout=timeout)
        shaken.set()


@pytest.mark.parametrize(
    ("end", "error"),
    [
        (
            lambda connection: connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)),
            "reset",
        ),
        (lambda connection: None, "end"),
    ],
    ids=["reset", "end"],
)
async def test_how_a_connection_ended_is_told(
    deaf: socket.socket, end: Callable[[socket.socket], None], error: str
) -> None:
    stream = await AsyncBackend().connect_tcp("127.0.0.1", port_of(deaf), timeout=PATIENCE)
    async with accepted(deaf) as peer:
        with pytest.raises(httpcore.ReadTimeout):
            await stream.read(1, timeout=0.05)
        await asyncio.get_running_loop().sock_sendall(peer, b"last words")
        assert await stream.read(4, timeout=None) == b"last"
        assert stream.get_extra_info("is_readable")
        assert await stream.read(100) == b" words"
        assert not stream.get_extra_info("is_readable")
        end(peer)
    if error == "reset":
        with pytest.raises(httpcore.ReadError):
            await stream.read(1, timeout=PATIENCE)
    else:
        assert await stream.read(1, timeout=PATIENCE) == b""
    assert stream.get_extra_info("is_readable")
    with pytest.raises(httpcore.WriteError):
        await stream.write(b"too late", timeout=PATIENCE)
    await stream.aclose()


async def test_what_is_known_of_a_connection(deaf: socket.socket) -> None:
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    stream = await AsyncBackend().connect_tcp(
        "127.0.0.1", port_of(deaf), local_address="127.0.0.1", socket_options=options
    )
    async with accepted(deaf) as peer:
        assert stream.get_extra_info("server_addr") == deaf.getsockname()
        assert stream.get_extra_info("client_addr") == peer.getpeername()
        assert stream.get_extra_info("ssl_object") is None
        connection = stream.get_extra_info("socket")
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY), "each poll would take 40 ms longer"
        await stream.aclose()
        assert select.select([peer], [], [], 0)[0], "closed when this returns"


async def test_an_address_waits_for_no_name_server(deaf: socket.socket) -> None:
    free = threading.Event()
    with ThreadPoolExecutor(1) as threads:  # names are looked up in the loop's threads
        asyncio.get_running_loop().set_default_executor(threads)
        stuck = asyncio.get_running_loop().run_in_executor(None, free.wait, PATIENCE)
        stream = await AsyncBackend().connect_tcp("127.0.0.1", port_of(deaf), timeout=1.0)
        await stream.aclose()
        assert not stuck.done()
        free.set()
        await stuck
