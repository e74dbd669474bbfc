"""httpcore's connections on asyncio; whatever is cancelled closes its socket there and then.

httpcore's own leave the socket to the garbage collector when a TLS handshake is cancelled, and cost a quarter more for
each exchange. TLS works in memory here, as `ssl` offers it: asyncio's TLS transports keep 256 KiB for each connection.
"""

import asyncio
import select
import ssl
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, Protocol, TypeVar

import httpcore

from ..asyncstream import Arrivals
from ..dialing import dial
from .proxies import UntrustedProxy

__all__ = ["AsyncBackend"]

T = TypeVar("T")

_CHUNK: Final = 65536


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
    """A stream of a connection pool; `is_proxys` says that the next TLS is that of an https proxy."""

    def __init__(self, layer: _Layer, *, is_proxys: bool = False) -> None:
        self._layer = layer
        self._is_proxys = is_proxys

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
            if self._is_proxys and isinstance(error, ssl.SSLCertVerificationError):
                raise UntrustedProxy(str(error)) from error
            if isinstance(error, OSError):
                raise _told(error, httpcore.ConnectTimeout, httpcore.ConnectError) from error
            raise
        return _Stream(layer)

    def get_extra_info(self, info: str) -> Any:
        return self._layer.info(info)


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """Connections for httpcore's pools and proxies, on asyncio alone; `https_proxy` says that they lead to such one."""

    def __init__(self, *, https_proxy: bool = False) -> None:
        self._https_proxy = https_proxy

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of `host` that answers. Raises `httpcore.ConnectError`, `ConnectTimeout`."""
        try:
            async with asyncio.timeout(timeout):
                connection = await dial(
                    host, port, timeout=timeout, local_address=local_address, options=tuple(socket_options or ())
                )
                transport, arrivals = await asyncio.get_running_loop().create_connection(Arrivals, sock=connection)
        except OSError as error:
            raise _told(error, httpcore.ConnectTimeout, httpcore.ConnectError) from error
        return _Stream(_Wire(transport, arrivals), is_proxys=self._https_proxy)


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
