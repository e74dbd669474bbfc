"""Streams, TLS, HTTP, clock and locks on asyncio: the source that `blocking.py` mirrors name for name."""

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar

import httpx

from .failures import translate
from .timeouts import exchange_timeout

__all__ = ["AsyncClock", "AsyncLock", "AsyncStream", "async_http_client", "call_blocking", "deadline", "open_stream"]

_READ_BUFFER = 1 << 20
P = ParamSpec("P")
T = TypeVar("T")

AsyncLock = asyncio.Lock


class AsyncClock:
    """Time as the SDK reads it; tests and applications may pass their own."""

    def monotonic(self) -> float:
        """Seconds that never jump; deadlines are counted in these."""
        return time.monotonic()

    def utcnow(self) -> datetime:
        """The wall clock, aware, in UTC; only for what is shown or sent."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class AsyncStream:
    """One TCP or TLS connection; every call takes the seconds it may last."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, server: str) -> None:
        self._reader = reader
        self._writer = writer
        self._server = server

    async def read(self, max_bytes: int, timeout: float) -> bytes:
        """Return what has arrived, at most `max_bytes`; `b""` when the peer has closed.

        Raises `ReadTimeout`, `ConnectionLost`.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._reader.read(max_bytes)
        except OSError as error:
            raise translate(error, server=self._server, operation="read") from error

    async def write(self, data: bytes, timeout: float) -> None:
        """Send all of `data`. Raises `WriteTimeout`, `ConnectionLost`."""
        try:
            async with asyncio.timeout(timeout):
                self._writer.write(data)
                await self._writer.drain()
        except TimeoutError as error:
            raise translate(httpx.WriteTimeout(""), server=self._server, operation="write") from error
        except OSError as error:
            raise translate(error, server=self._server, operation="write") from error

    async def aclose(self) -> None:
        """End the connection without waiting for the peer; closing twice is fine."""
        self._writer.close()
        try:
            async with asyncio.timeout(1):
                await self._writer.wait_closed()
        except OSError:
            self._writer.transport.abort()


async def open_stream(host: str, port: int, *, context: ssl.SSLContext | None, timeout: float) -> AsyncStream:
    """Connect to `host`, with TLS from the first byte when `context` is given.

    Raises `ConnectError`, `ConnectTimeout`, `CertificateError`.
    """
    server = f"{host}:{port}"
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(
                host, port, ssl=context, server_hostname=host if context else None, limit=_READ_BUFFER
            )
    except (OSError, UnicodeError) as error:
        raise translate(error, server=server, operation="connect", connecting=True) from error
    return AsyncStream(reader, writer, server=server)


@asynccontextmanager
async def deadline(seconds: float) -> AsyncGenerator[None]:
    """Let the block last `seconds` at most, however slowly bytes trickle; then `TimeoutError`."""
    async with asyncio.timeout(seconds):
        yield


def async_http_client(context: ssl.SSLContext, *, timeout: float, connections: int) -> httpx.AsyncClient:
    """Return an HTTP/1.1 client that trusts what `context` trusts and follows no redirect."""
    transport = httpx.AsyncHTTPTransport(
        verify=context, limits=httpx.Limits(max_connections=connections, keepalive_expiry=30.0), trust_env=False
    )
    return httpx.AsyncClient(
        transport=transport, timeout=exchange_timeout(timeout), follow_redirects=False, trust_env=False
    )


async def call_blocking(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run something that blocks, such as a write to disk, without stopping the event loop."""
    return await asyncio.to_thread(function, *args, **kwargs)
