"""httpcore's connections on asyncio; a call that is cancelled closes its socket at once.

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

from ..asyncstream import Connection
from ..dialing import dial
from .proxies import UntrustedProxy

__all__ = ["AsyncBackend"]

T = TypeVar("T")

_CHUNK: Final = 65536
_EXTRA_INFO: Final = {"client_addr": "sockname", "server_addr": "peername", "socket": "socket"}
"""httpcore's names of what asyncio knows about a connection."""


class _Layer(Protocol):
    """Receives and sends bytes; raises `OSError`, of which `TimeoutError` and `ssl.SSLError` are kinds."""

    async def receive(self, most: int, timeout: float | None) -> bytes: ...

    async def send(self, data: bytes, timeout: float | None) -> None: ...


class _TLS:
    """Bytes that go through another layer in TLS; that may be TLS too, as it is behind an https proxy."""

    def __init__(self, below: _Layer, context: ssl.SSLContext, hostname: str | None) -> None:
        self._below = below
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.ssl_object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)

    async def handshake(self) -> None:
        await self._run(self.ssl_object.do_handshake, None)

    async def receive(self, most: int, timeout: float | None) -> bytes:
        try:
            return await self._run(partial(self.ssl_object.read, most), timeout)
        except ssl.SSLEOFError:
            return b""  # many servers end a connection without the closing message of TLS

    async def send(self, data: bytes, timeout: float | None) -> None:
        left = memoryview(data)
        while left:
            left = left[await self._run(partial(self.ssl_object.write, left), timeout) :]

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

    def __init__(self, connection: Connection, tls: _TLS | None = None, *, is_proxys: bool = False) -> None:
        self._connection = connection
        self._tls = tls
        self._layer: _Layer = tls or connection
        self._is_proxys = is_proxys

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        await asyncio.sleep(0)  # other tasks get their turn, and the deadline too, however much has arrived
        try:
            return await self._layer.receive(max_bytes, timeout)
        except OSError as error:
            raise _meaning(error, httpcore.ReadTimeout, httpcore.ReadError) from error

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            await self._layer.send(buffer, timeout)
        except OSError as error:
            raise _meaning(error, httpcore.WriteTimeout, httpcore.WriteError) from error

    async def aclose(self) -> None:
        self._connection.transport.abort()
        await asyncio.sleep(0)  # the socket is closed by then

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                tls = _TLS(self._layer, ssl_context, server_hostname)
                await tls.handshake()
        except BaseException as error:
            await self.aclose()
            if self._is_proxys and isinstance(error, ssl.SSLCertVerificationError):
                raise UntrustedProxy(str(error)) from error
            if isinstance(error, OSError):
                raise _meaning(error, httpcore.ConnectTimeout, httpcore.ConnectError) from error
            raise
        return _Stream(self._connection, tls)

    def get_extra_info(self, info: str) -> Any:
        if info == "ssl_object":
            return self._tls and self._tls.ssl_object
        if info == "is_readable":
            return self._is_readable()
        return self._connection.transport.get_extra_info(_EXTRA_INFO[info]) if info in _EXTRA_INFO else None

    def _is_readable(self) -> bool:
        """Whether there is something to read, or the end; asyncio may not have read it from the socket yet."""
        number = self._connection.transport.get_extra_info("socket").fileno()
        if self._connection.has_arrivals() or number < 0:
            return True
        if sys.platform == "win32":
            return bool(select.select([number], [], [], 0)[0])
        poll = select.poll()  # select is for numbers below 1024
        poll.register(number, select.POLLIN)
        return bool(poll.poll(0))


class AsyncBackend(httpcore.AsyncNetworkBackend):
    """Connections for httpcore's pools and proxies; `https_proxy` says that they lead to an https proxy."""

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
                dialed = await dial(
                    host, port, timeout=timeout, local_address=local_address, options=tuple(socket_options or ())
                )
                _, connection = await asyncio.get_running_loop().create_connection(Connection, sock=dialed)
        except OSError as error:
            raise _meaning(error, httpcore.ConnectTimeout, httpcore.ConnectError) from error
        return _Stream(connection, is_proxys=self._https_proxy)


def _meaning(
    error: OSError, timeout: type[httpcore.TimeoutException], failure: type[httpcore.NetworkError]
) -> httpcore.TimeoutException | httpcore.NetworkError:
    return timeout(str(error)) if isinstance(error, TimeoutError) else failure(str(error))
