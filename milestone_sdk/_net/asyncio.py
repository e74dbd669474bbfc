"""Streams, clock, locks and deadlines on asyncio: the source that `blocking.py` mirrors name for name."""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import copy_context
from functools import cache, partial
from typing import Any, Final, ParamSpec, TypeVar

from ..errors import LocalProtocolError
from . import failures
from .asyncstream import AsyncStream, connect
from .clock import Bound, SystemTime
from .failures import translate
from .forking import ForkAware
from .names import async_find
from .threads import Workers
from .tls.certificates import certificate_error, fetch_seconds, shown_by
from .tls.pinning import pinned_context

__all__ = [
    "AsyncClock",
    "AsyncLock",
    "AsyncStream",
    "LoopBound",
    "addresses_of",
    "call_blocking",
    "compute",
    "deadline",
    "open_stream",
    "remaining",
    "send_datagram",
    "shown_certificate",
    "to_the_end",
]

P = ParamSpec("P")
T = TypeVar("T")

_bound: Final = Bound()
remaining: Final = _bound.remaining

_COMPUTING_THREADS: Final = 2

_workers = Workers(128)
"""For calls that have no threads of their own: steps of a Windows login, which may wait for a key distribution centre,
and callbacks of the program."""


class LoopBound(ForkAware):
    """Base of objects of one event loop; they start again in a forked child, and after that loop was closed."""

    def __init__(self) -> None:
        super().__init__()
        self._loop: asyncio.AbstractEventLoop | None = None

    def after_fork_in_child(self) -> None:
        self._loop = None

    def _begin(self) -> None:
        """Make what belongs to an event loop; the garbage collector takes what belonged to the one before."""
        raise NotImplementedError

    def _settle(self) -> None:
        """Start again unless the loop is the same. Raises `LocalProtocolError` for two loops at the same time."""
        running = asyncio.get_running_loop()
        if self._loop is running:
            return
        if self._loop is not None and not self._loop.is_closed():
            raise LocalProtocolError(
                "this client is in use in another event loop", hint="make an AsyncClient in each event loop"
            )
        self._begin()
        self._loop = running


class AsyncLock(LoopBound):
    """An `asyncio.Lock` that is free in the next event loop, and in a forked child."""

    def __init__(self) -> None:
        super().__init__()
        self._begin()

    def _begin(self) -> None:
        self._lock = asyncio.Lock()

    def locked(self) -> bool:
        """Whether the lock is taken."""
        return self._lock.locked()

    async def __aenter__(self) -> None:
        self._settle()
        await self._lock.acquire()

    async def __aexit__(self, *exc: object) -> None:
        self._lock.release()


class AsyncClock(SystemTime):
    """Time as the SDK reads it; tests and applications may pass their own."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


async def open_stream(host: str, port: int, *, context: ssl.SSLContext | None, timeout: float) -> AsyncStream:
    """Connect to `host`, with TLS from the first byte when `context` is given, and never through a proxy.

    Raises `ConnectError`, `ConnectTimeout`, `CertificateError`.
    """
    server = f"{host}:{port}"
    try:
        async with deadline(timeout):
            try:
                return await connect(host, port, context=context, server=server)
            except ssl.SSLCertVerificationError as refusal:
                shown = await shown_certificate(refusal, partial(_open_and_close, host, port))
                raise certificate_error(refusal, asked_for=host, certificate=shown) from refusal
    except (OSError, ValueError, OverflowError) as error:
        raise translate(error, server=server, operation="connect", connecting=True) from error


async def send_datagram(host: str, port: int, data: bytes, *, timeout: float) -> None:
    """Send one UDP datagram, by IPv4 if `host` has such an address; whether it arrives is unknown.

    Raises `ConnectError`, `ConnectTimeout`.
    """
    server = f"{host}:{port}"
    try:
        async with deadline(timeout):
            found = await async_find(host, port, timeout=remaining(timeout))
            family, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
            with socket.socket(family, socket.SOCK_DGRAM) as datagrams:
                datagrams.setblocking(False)
                await asyncio.get_running_loop().sock_sendto(datagrams, data, address)
    except (OSError, ValueError, OverflowError) as error:
        raise translate(error, server=server, operation="send", connecting=True) from error


async def addresses_of(host: str, *, timeout: float) -> tuple[str, ...]:
    """Return the addresses of a host as this machine resolves it; none if it cannot."""
    try:
        found = await async_find(host, 0, timeout=remaining(timeout))
    except (OSError, ValueError):
        return ()
    return tuple(dict.fromkeys(str(address[0]).partition("%")[0] for _, address in found))


async def _open_and_close(host: str, port: int, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        stream = await connect(host, port, context=pinned_context(frozenset()), server=host)
    await stream.aclose()


async def shown_certificate(
    refusal: ssl.SSLCertVerificationError, connect_again: Callable[[float], Awaitable[object]]
) -> bytes | None:
    """Return the certificate that was refused; OpenSSL keeps it, so a connection that accepts none has to fetch it.

    It is only for the text of an error: whatever fails here leaves the text shorter.
    """
    if (shown := shown_by(refusal)) is not None:
        return shown
    try:
        await connect_again(fetch_seconds(_bound.left()))
    except failures.NETWORK_EXCEPTIONS as error:
        return shown_by(error)
    return None


@asynccontextmanager
async def deadline(seconds: float) -> AsyncGenerator[None]:
    """Let the block last `seconds` at most, however slowly bytes trickle; then `TimeoutError`."""
    with _bound.lasting(seconds):
        async with asyncio.timeout(remaining(seconds)):
            yield


async def call_blocking(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a call that blocks, such as a write to disk, without blocking the event loop.

    It runs on the threads of the object whose method it is, if that has some; and to its end, even if the caller is
    cancelled.
    """
    workers: Workers = getattr(getattr(function, "__self__", None), "workers", _workers)
    return await asyncio.wrap_future(workers.submit(partial(copy_context().run, function, *args, **kwargs)))


async def to_the_end(step: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a step to its end even if the caller is cancelled, once or, as anyio does, again and again.

    The cancellation takes effect afterwards.
    """
    running = asyncio.create_task(step())
    cancelled: asyncio.CancelledError | None = None
    while not running.done():
        try:
            await asyncio.wait((running,))
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled from running.exception()
    running.result()


@cache
def _computing(long: bool) -> ThreadPoolExecutor:
    name = "milestone-sdk-long-compute" if long else "milestone-sdk-compute"
    return ThreadPoolExecutor(_COMPUTING_THREADS, thread_name_prefix=name)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_computing.cache_clear)  # a child process has none of the threads


async def compute(function: Callable[[], T], *, long: bool) -> T:
    """Run a long computation, such as decoding a large reply, without blocking the event loop.

    Its threads never wait for network or disk. With `long`, for seconds of work, it runs on other threads, so that the
    configuration of one large site does not delay the alarms of others.
    """
    return await asyncio.get_running_loop().run_in_executor(_computing(long), function)
