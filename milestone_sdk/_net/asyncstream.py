"""One TCP or TLS connection on asyncio, for streams of video and, below `http/asyncbackend.py`, for HTTP.

asyncio's own `StreamReader` copies every byte twice more than needed; here a read returns the very object that came
out of the socket. Nothing waits on file descriptors, so it works on every event loop, that of Windows included.
"""

import asyncio
import ssl
from collections import deque
from contextlib import suppress
from typing import Final
from weakref import finalize

import httpx

from ..errors import ConnectionLost
from .dialing import dial
from .failures import translate
from .sinks import Sink

__all__ = ["AsyncStream", "Connection", "connect"]

_PAUSE_AT: Final = 1 << 20
"""Bytes that may be unread before the peer has to wait."""
_CLOSE_SECONDS: Final = 1.0


class Connection(asyncio.Protocol):
    """A connection with the bytes that were received and not read yet; one task reads, one writes."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.gone = self._loop.create_future()
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._ended = False
        self._error: Exception | None = None
        self._reading_paused = False
        self._writing_paused = False
        self._reader: asyncio.Future[None] | None = None
        self._expiry = _Expiry(self._loop)
        self._writer: asyncio.Future[None] | None = None

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._pieces.append(data)
        self.count(len(data))

    def eof_received(self) -> None:
        self._ended = True
        _wake(self._reader)

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        self._error = exc
        for waiter in (self._reader, self._writer, self.gone):
            _wake(waiter)
        self._expiry.cancel()

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        _wake(self._writer)

    # What users call

    def has_arrivals(self) -> bool:
        """Whether there are bytes to read."""
        return bool(self._pieces)

    async def receive(self, most: int, timeout: float | None) -> bytes:
        """Return what has arrived, at most `most` bytes; `b""` when the peer has closed. Raises `OSError`."""
        return self._take(most) if await self.arrived(timeout) else b""

    async def arrived(self, timeout: float | None) -> int:
        """Wait until there are bytes to read; return how many, 0 when the peer has closed. Raises `OSError`."""
        if not self._size and not self._ended:
            await self._arrival(timeout)
        if not self._size and self._error is not None:
            raise _lost(self._error) from self._error
        return self._size

    def count(self, count: int) -> None:
        """Count bytes that have arrived; too many of them make the peer wait."""
        self._size += count
        if self._size >= _PAUSE_AT and not self._reading_paused:
            self._reading_paused = True
            self.transport.pause_reading()
        _wake(self._reader)

    def taken(self, count: int) -> None:
        """Count bytes that were read."""
        self._size -= count
        if self._reading_paused and self._size < _PAUSE_AT // 2:
            self._reading_paused = False
            self.transport.resume_reading()

    def move_into(self, sink: Sink) -> None:
        """Write what has arrived, and is still counted as not read, into `sink`."""
        while self._pieces:
            piece = self._pieces.popleft()
            while piece:
                buffer = sink.get_buffer()
                count = min(len(buffer), len(piece))
                buffer[:count] = piece[:count]
                sink.buffer_updated(count)
                piece = piece[count:]

    async def send(self, data: bytes, timeout: float | None) -> None:
        """Send all of `data`. Raises `OSError`, among them `TimeoutError` if the peer does not read it in time."""
        if not self.transport.is_closing():
            self.transport.write(data)
            if self._writing_paused:
                async with asyncio.timeout(timeout):
                    await self._room()
        if self.transport.is_closing():
            raise _lost(self._error) from self._error

    def _take(self, most: int) -> bytes:
        """Return the oldest piece, or its beginning."""
        piece = self._pieces.popleft()
        if len(piece) > most:
            self._pieces.appendleft(piece[most:])
            piece = piece[:most]
        self.taken(len(piece))
        return piece

    async def _arrival(self, timeout: float | None) -> None:
        self._reader = self._loop.create_future()
        if timeout is not None:
            self._expiry.watch(self._reader, timeout)
        try:
            await self._reader
        finally:
            self._reader = None

    async def _room(self) -> None:
        """Wait until the peer has read most of what was written."""
        while self._writing_paused and not self.gone.done():
            self._writer = self._loop.create_future()
            try:
                await self._writer
            finally:
                self._writer = None


class _Expiry:
    """Ends one wait after another when its time has passed, with one timer for many: to start one takes 3 µs."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, waiter: "asyncio.Future[None]", timeout: float) -> None:
        self._waiter, self._until = waiter, self._loop.time() + timeout
        if self._timer is None or self._until < self._timer.when():
            self._start()

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start(self) -> None:
        self.cancel()
        self._timer = self._loop.call_at(self._until, self._expire)

    def _expire(self) -> None:
        self._timer = None
        if not self._waiter.done():
            if self._until > self._loop.time():
                self._start()
            else:
                self._waiter.set_exception(TimeoutError())


class _IntoSink(asyncio.BufferedProtocol):
    """Has the transport write into a sink; the rest is the connection's."""

    def __init__(self, connection: Connection, sink: Sink) -> None:
        self.sink = sink
        self._connection = connection

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.sink.get_buffer()

    def buffer_updated(self, nbytes: int) -> None:
        self.sink.buffer_updated(nbytes)
        self._connection.count(nbytes)

    def eof_received(self) -> None:
        self._connection.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connection.connection_lost(exc)

    def pause_writing(self) -> None:
        self._connection.pause_writing()

    def resume_writing(self) -> None:
        self._connection.resume_writing()


def _wake(waiter: "asyncio.Future[None] | None") -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)


def _lost(error: Exception | None) -> ConnectionError:
    """Return what ended a connection, never as a `TimeoutError`, which is what some systems call it."""
    return ConnectionResetError(str(error) if error else "the peer closed the connection")


class AsyncStream:
    """One TCP or TLS connection; every call takes the seconds it may last."""

    def __init__(self, connection: Connection, *, server: str) -> None:
        self._connection = connection
        self._server = server
        self._into: _IntoSink | None = None
        self._loop = asyncio.get_running_loop()
        # A loop over frames may be left without closing them; the event loop would keep the connection open.
        finalize(self, _abandon, connection.transport, self._loop)

    def _check_loop(self, operation: str) -> None:
        if asyncio.get_running_loop() is not self._loop:
            raise ConnectionLost(
                "the connection belongs to another event loop", server=self._server, operation=operation
            )

    async def read(self, max_bytes: int, timeout: float) -> bytes:
        """Return what has arrived, at most `max_bytes`; `b""` when the peer has closed.

        Raises `ReadTimeout`, `ConnectionLost`.
        """
        self._check_loop("read")
        await asyncio.sleep(0)  # other tasks get their turn, however much has arrived
        try:
            return await self._connection.receive(max_bytes, timeout)
        except OSError as error:
            raise translate(error, server=self._server, operation="read") from error

    async def receive_into(self, sink: Sink, timeout: float) -> int:
        """Write what has arrived into `sink`; return how many bytes, 0 when the peer has closed.

        From the first call on, the event loop writes into that sink as soon as bytes arrive. Raises `ReadTimeout`,
        `ConnectionLost`.
        """
        self._check_loop("read")
        if self._into is None or self._into.sink is not sink:
            self._into = _IntoSink(self._connection, sink)
            self._connection.move_into(sink)
            self._connection.transport.set_protocol(self._into)
        # No `sleep(0)` as in `read`: only the event loop writes into the sink, so other tasks had their turn before
        # bytes arrived. It made every read cost two turns of the loop, half of the time of a JPEG.
        try:
            count = await self._connection.arrived(timeout)
        except OSError as error:
            raise translate(error, server=self._server, operation="read") from error
        self._connection.taken(count)
        return count

    async def write(self, data: bytes, timeout: float) -> None:
        """Send all of `data`. Raises `WriteTimeout`, `ConnectionLost`."""
        self._check_loop("write")
        try:
            await self._connection.send(data, timeout)
        except OSError as error:
            meaning = httpx.WriteTimeout("") if isinstance(error, TimeoutError) else error
            raise translate(meaning, server=self._server, operation="write") from error

    async def aclose(self) -> None:
        """End the connection without waiting for the peer; closing twice is fine."""
        if asyncio.get_running_loop() is not self._loop:
            return  # the socket is closed by the garbage collector
        self._connection.transport.close()
        await asyncio.wait([self._connection.gone], timeout=_CLOSE_SECONDS)
        if not self._connection.gone.done():
            self._connection.transport.abort()
            await asyncio.wait([self._connection.gone], timeout=_CLOSE_SECONDS)


def _abandon(transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
    if not transport.is_closing():
        with suppress(RuntimeError):  # the event loop has ended
            loop.call_soon_threadsafe(transport.abort)


async def connect(host: str, port: int, *, context: ssl.SSLContext | None, server: str) -> AsyncStream:
    """Connect, with TLS from the first byte when `context` is given. Raises what asyncio raises."""
    _, connection = await asyncio.get_running_loop().create_connection(
        Connection, sock=await dial(host, port), ssl=context, server_hostname=host if context else None
    )
    return AsyncStream(connection, server=server)
