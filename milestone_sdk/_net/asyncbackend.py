"""httpcore's connections on asyncio; whatever is cancelled closes its socket there and then.

httpcore's own leave the socket to the garbage collector when a TLS handshake is cancelled, and cost a quarter more for
each exchange. TLS works in memory here, as `ssl` offers it: asyncio's TLS transports keep 256 KiB for each connection.
"""

import asyncio
import select
import socket
import ssl
import sys
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from ipaddress import ip_address
from itertools import zip_longest
from typing import Any, Final, Protocol, TypeVar

import httpcore

from .asyncstream import Arrivals

__all__ = ["AsyncBackend", "first_connected"]

T = TypeVar("T")

_HEAD_START: Final = 0.25
"""Seconds after which the next address of a name is tried beside those that have not answered (RFC 8305)."""
_CHUNK: Final = 65536

_Address = tuple[socket.AddressFamily, tuple[Any, ...]]


class _Layer(Protocol):
    """Octets to and fro; raises `OSError`, of which `TimeoutError` and `ssl.SSLError` are kinds."""

    async def receive(self, most: int, timeout: float | None) -> bytes: ...

    async def send(self, data: bytes, timeout: float | None) -> None: ...

    def info(self, name: str) -> Any: ...

    def abort(self) -> None: ...


class _Wire:
    """Octets as they go through the socket."""

    def __init__(self, transport: asyncio.Transport, arrivals: Arrivals) -> None:
        self._transport = transport
        self._arrivals = arrivals

    async def receive(self, most: int, timeout: float | None) -> bytes:
        arrivals = self._arrivals
        if not arrivals.pieces and not arrivals.ended:
            await arrivals.arrival(timeout)
        if arrivals.pieces:
            return arrivals.take(most)
        if arrivals.error is not None:
            raise _lost(arrivals.error) from arrivals.error
        return b""

    async def send(self, data: bytes, timeout: float | None) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)
            if self._arrivals.is_full:
                async with asyncio.timeout(timeout):
                    await self._arrivals.room()
        if self._transport.is_closing():
            raise _lost(self._arrivals.error) from self._arrivals.error

    def info(self, name: str) -> Any:
        match name:
            case "client_addr":
                return self._transport.get_extra_info("sockname")
            case "server_addr":
                return self._transport.get_extra_info("peername")
            case "socket":
                return self._transport.get_extra_info("socket")
            case "is_readable":
                return self._is_readable()
            case _:
                return None

    def _is_readable(self) -> bool:
        """Whether something came, or the end; asyncio may not have had the time to read it yet."""
        number = self._transport.get_extra_info("socket").fileno()
        return bool(self._arrivals.pieces) or number < 0 or _has_arrivals(number)

    def abort(self) -> None:
        self._transport.abort()


class _TLS:
    """Octets that go through another layer in TLS; that may be TLS too, as it is behind a proxy that speaks https."""

    def __init__(self, below: _Layer, context: ssl.SSLContext, hostname: str | None) -> None:
        self._below = below
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)

    async def handshake(self) -> None:
        await self._run(self._tls.do_handshake, None)

    async def receive(self, most: int, timeout: float | None) -> bytes:
        try:
            return await self._run(partial(self._tls.read, most), timeout)
        except ssl.SSLEOFError:
            return b""  # many servers end a connection without saying so in TLS

    async def send(self, data: bytes, timeout: float | None) -> None:
        left = memoryview(data)
        while left:
            left = left[await self._run(partial(self._tls.write, left), timeout) :]

    def info(self, name: str) -> Any:
        return self._tls if name == "ssl_object" else self._below.info(name)

    def abort(self) -> None:
        self._below.abort()

    async def _run(self, step: Callable[[], T], timeout: float | None) -> T:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await self._flush(timeout)
                data = await self._below.receive(_CHUNK, timeout)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                await self._flush(timeout)
                return result

    async def _flush(self, timeout: float | None) -> None:
        if self._outgoing.pending:
            await self._below.send(self._outgoing.read(), timeout)


class _Stream(httpcore.AsyncNetworkStream):
    def __init__(self, layer: _Layer) -> None:
        self._layer = layer

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        await asyncio.sleep(0)  # other tasks get their turn, and the deadline too, however much has arrived
        try:
            return await self._layer.receive(max_bytes, timeout)
        except OSError as error:
            raise _told(error, httpcore.ReadTimeout, httpcore.ReadError) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            await self._layer.send(buffer, timeout)
        except OSError as error:
            raise _told(error, httpcore.WriteTimeout, httpcore.WriteError) from error

    async def aclose(self) -> None:
        self._layer.abort()
        await asyncio.sleep(0)  # the socket is closed by then

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                layer = _TLS(self._layer, ssl_context, server_hostname)
                await layer.handshake()
        except BaseException as error:
            await self.aclose()
            if isinstance(error, OSError):
                raise _told(error, httpcore.ConnectTimeout, httpcore.ConnectError) from error
            raise
        return _Stream(layer)

    def get_extra_info(self, info: str) -> Any:
        return self._layer.info(info)


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """Connections for httpcore's pools and proxies, on asyncio alone."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of `host` that answers. Raises `httpcore.ConnectError`, `ConnectTimeout`."""
        connect = partial(_connect, local_address=local_address, options=tuple(socket_options or ()))
        try:
            async with asyncio.timeout(timeout):
                connection = await first_connected([partial(connect, *found) for found in await _find(host, port)])
                transport, arrivals = await asyncio.get_running_loop().create_connection(Arrivals, sock=connection)
        except OSError as error:
            raise _told(error, httpcore.ConnectTimeout, httpcore.ConnectError) from error
        return _Stream(_Wire(transport, arrivals))


def _told(
    error: OSError, timeout: type[httpcore.TimeoutException], failure: type[httpcore.NetworkError]
) -> httpcore.TimeoutException | httpcore.NetworkError:
    return timeout(str(error)) if isinstance(error, TimeoutError) else failure(str(error))


def _lost(error: Exception | None) -> ConnectionError:
    """Return what a connection ended with, never as a `TimeoutError`, which is what some systems call it."""
    return ConnectionResetError(str(error) if error else "the peer has closed")


def _has_arrivals(number: int) -> bool:
    """Whether there is something to read from a file descriptor."""
    if sys.platform == "win32":
        return bool(select.select([number], [], [], 0)[0])
    poll = select.poll()  # select is for numbers below 1024
    poll.register(number, select.POLLIN)
    return bool(poll.poll(0))


async def _find(host: str, port: int) -> "list[_Address]":
    """Return the addresses of a host, the two families in turn; who gives an address waits for no name server."""
    try:
        family = socket.AF_INET if ip_address(host).version == 4 else socket.AF_INET6
    except ValueError:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    else:
        return [(family, (host, port))]
    addresses = [(family, address) for family, _, _, _, address in found]
    rows = [[entry for entry in addresses if (entry[0] == addresses[0][0]) is same] for same in (True, False)]
    return [address for column in zip_longest(*rows) for address in column if address is not None]


async def _connect(
    family: socket.AddressFamily,
    address: tuple[Any, ...],
    *,
    local_address: str | None,
    options: Iterable[httpcore.SOCKET_OPTION],
) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio sets TCP_NODELAY by the last
    try:
        connection.setblocking(False)
        for option in options:
            connection.setsockopt(*option)  # pyright: ignore[reportArgumentType, reportCallIssue]
        if local_address is not None:
            connection.bind((local_address, 0))
        await asyncio.get_running_loop().sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


async def first_connected(attempts: Sequence[Callable[[], Coroutine[Any, Any, socket.socket]]]) -> socket.socket:
    """Make one attempt after the other, or beside one that takes long; keep the first that succeeds (RFC 8305).

    Raises what the last one raised. asyncio has the same, but lets a connection slip that was made at the moment when
    the caller was cancelled.
    """
    if len(attempts) == 1:
        return await attempts[0]()
    left = deque(attempts)
    running: set[asyncio.Task[socket.socket]] = set()
    failure: BaseException | None = None
    try:
        while left or running:
            if left:
                running.add(asyncio.create_task(left.popleft()()))
            ended, _ = await asyncio.wait(
                running, timeout=_HEAD_START if left else None, return_when=asyncio.FIRST_COMPLETED
            )
            for attempt in ended:
                running.discard(attempt)
                failure = attempt.exception()
                if failure is None:
                    return attempt.result()
    finally:
        for attempt in running:
            attempt.cancel()
            attempt.add_done_callback(_close_late)
    raise failure or OSError("this name has no address")


def _close_late(attempt: "asyncio.Task[socket.socket]") -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()
