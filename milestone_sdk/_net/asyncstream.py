"""One TCP or TLS connection on asyncio, for streams of video.

asyncio's own `StreamReader` copies every octet twice more than needed; here a read returns the very object that came
out of the socket. Nothing waits on file descriptors, so it works on every event loop, Windows' included.
"""

import asyncio
import ssl
from collections import deque
from typing import Final

import httpx

from ..errors import ConnectionLost
from .dialing import dial
from .failures import translate
from .sinks import Sink

__all__ = ["Arrivals", "AsyncStream", "connect"]

_PAUSE_AT: Final = 1 << 20
"""Octets that may lie unread before the peer is made to wait."""
_CLOSE_SECONDS: Final = 1.0


class Arrivals(asyncio.Protocol):
    """What has come and was not read yet, and who waits for more."""

    def __init__(self) -> None:
        self.pieces: deque[bytes] = deque()
        self.is_full = False
        self.ended = False
        self.error: Exception | None = None
        self.gone = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self.size = 0
        self._reading_paused = False
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self.pieces.append(data)
        self.count(len(data))

    def count(self, count: int) -> None:
        """Count bytes that have arrived and were not read yet; too many of them make the peer wait."""
        self.size += count
        if self.size >= _PAUSE_AT and not self._reading_paused and self._transport is not None:
            self._reading_paused = True
            self._transport.pause_reading()
        _wake(self._reader)

    def eof_received(self) -> None:
        self.ended = True
        _wake(self._reader)

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True
        self.error = exc
        _wake(self._reader)
        _wake(self._writer)
        _wake(self.gone)

    def pause_writing(self) -> None:
        self.is_full = True

    def resume_writing(self) -> None:
        self.is_full = False
        _wake(self._writer)

    def take(self, most: int) -> bytes:
        """Return the oldest piece, or its beginning."""
        piece = self.pieces.popleft()
        if len(piece) > most:
            self.pieces.appendleft(piece[most:])
            piece = piece[:most]
        self.taken(len(piece))
        return piece

    def taken(self, count: int) -> None:
        """Count bytes that were read."""
        self.size -= count
        if self._reading_paused and self.size < _PAUSE_AT // 2 and self._transport is not None:
            self._reading_paused = False
            self._transport.resume_reading()

    async def arrival(self, timeout: float | None) -> None:
        """Wait until there is something to read, or nothing will come any more. Raises `TimeoutError`."""
        loop = asyncio.get_running_loop()
        self._reader = loop.create_future()
        expiry = None
        if timeout is not None:
            expiry = loop.call_later(timeout, _expire, self._reader)  # a quarter of what `asyncio.timeout` costs
        try:
            await self._reader
        finally:
            if expiry is not None:
                expiry.cancel()
            self._reader = None

    async def room(self) -> None:
        """Wait until the peer has read most of what was written."""
        while self.is_full and not self.gone.done():
            self._writer = asyncio.get_running_loop().create_future()
            try:
                await self._writer
            finally:
                self._writer = None


class _IntoSink(asyncio.BufferedProtocol):
    """Has the transport write into a sink; all else goes to the arrivals."""

    def __init__(self, arrivals: Arrivals, sink: Sink) -> None:
        self._arrivals = arrivals
        self.sink = sink
        while arrivals.pieces:
            piece = arrivals.pieces.popleft()
            while piece:
                buffer = sink.get_buffer()
                count = min(len(buffer), len(piece))
                buffer[:count] = piece[:count]
                sink.buffer_updated(count)
                piece = piece[count:]

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.sink.get_buffer()

    def buffer_updated(self, nbytes: int) -> None:
        self.sink.buffer_updated(nbytes)
        self._arrivals.count(nbytes)

    def eof_received(self) -> None:
        self._arrivals.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrivals.connection_lost(exc)

    def pause_writing(self) -> None:
        self._arrivals.pause_writing()

    def resume_writing(self) -> None:
        self._arrivals.resume_writing()


def _wake(waiter: "asyncio.Future[None] | None") -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


def _expire(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())


class AsyncStream:
    """One TCP or TLS connection; every call takes the seconds it may last."""

    def __init__(self, transport: asyncio.Transport, arrivals: Arrivals, *, server: str) -> None:
        self._transport = transport
        self._arrivals = arrivals
        self._server = server
        self._into: _IntoSink | None = None
        self._loop = asyncio.get_running_loop()

    def _check_loop(self, operation: str) -> None:
        if asyncio.get_running_loop() is not self._loop:
            raise ConnectionLost(
                "the connection belongs to another event loop", server=self._server, operation=operation
            )

    async def read(self, max_bytes: int, timeout: float) -> bytes:
        """Return what has arrived, at most `max_bytes`; `b""` when the peer has closed.

        Raises `ReadTimeout`, `ConnectionLost`.
        """
        return self._arrivals.take(max_bytes) if await self._arrived(timeout) else b""

    async def receive_into(self, sink: Sink, timeout: float) -> int:
        """Write what has arrived into `sink`; return how many bytes, 0 when the peer has closed.

        From the first call on, the event loop writes into that sink as soon as bytes arrive. Raises `ReadTimeout`,
        `ConnectionLost`.
        """
        if self._into is None or self._into.sink is not sink:
            self._into = _IntoSink(self._arrivals, sink)
            self._transport.set_protocol(self._into)
        count = await self._arrived(timeout)
        self._arrivals.taken(count)
        return count

    async def _arrived(self, timeout: float) -> int:
        """Wait until something has arrived and return how many bytes, 0 when the peer has closed."""
        self._check_loop("read")
        arrivals = self._arrivals
        await asyncio.sleep(0)  # other tasks get their turn, however much has arrived
        if not arrivals.size and not arrivals.ended:
            try:
                await arrivals.arrival(timeout)
            except TimeoutError as error:
                raise translate(error, server=self._server, operation="read") from error
        if not arrivals.size and arrivals.error is not None:
            raise translate(arrivals.error, server=self._server, operation="read") from arrivals.error
        return arrivals.size

    async def write(self, data: bytes, timeout: float) -> None:
        """Send all of `data`. Raises `WriteTimeout`, `ConnectionLost`."""
        self._check_loop("write")
        self._transport.write(data)
        if self._arrivals.is_full:
            try:
                async with asyncio.timeout(timeout):
                    await self._arrivals.room()
            except TimeoutError as error:
                raise translate(httpx.WriteTimeout(""), server=self._server, operation="write") from error
        if self._arrivals.gone.done():
            lost = self._arrivals.error or ConnectionResetError("the peer has closed")
            raise translate(lost, server=self._server, operation="write") from lost

    async def aclose(self) -> None:
        """End the connection without waiting for the peer; closing twice is fine."""
        if asyncio.get_running_loop() is not self._loop:
            return  # the socket is closed by the garbage collector
        self._transport.close()
        await asyncio.wait([self._arrivals.gone], timeout=_CLOSE_SECONDS)
        if not self._arrivals.gone.done():
            self._transport.abort()
            await asyncio.wait([self._arrivals.gone], timeout=_CLOSE_SECONDS)


async def connect(host: str, port: int, *, context: ssl.SSLContext | None, server: str) -> AsyncStream:
    """Connect, with TLS from the first byte when `context` is given. Raises what asyncio raises."""
    transport, arrivals = await asyncio.get_running_loop().create_connection(
        Arrivals, sock=await dial(host, port), ssl=context, server_hostname=host if context else None
    )
    return AsyncStream(transport, arrivals, server=server)
