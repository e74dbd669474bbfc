"""Streams, TLS, HTTP, clock and locks on asyncio: the source that `blocking.py` mirrors name for name."""

import asyncio
import os
import socket
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import ContextVar, copy_context
from datetime import UTC, datetime
from functools import cache, partial
from types import TracebackType
from typing import Any, Final, ParamSpec, TypeVar, cast

import httpcore
import httpx

from ..errors import LocalProtocolError
from .asyncstream import AsyncStream, connect
from .failures import NETWORK_EXCEPTIONS, through_proxy, translate, untrusted_proxy
from .forking import ForkAware
from .http.asyncbackend import AsyncBackend
from .http.proxies import PROXY_REFUSES, ProxyRules, read_proxy, shown_proxy
from .http.routes import core_request, core_url
from .http.timeouts import exchange_timeout
from .names import async_find
from .threads import Workers
from .tls.certificates import UntrustedProxy, certificate_error, look_seconds, refusal_in
from .tls.pinning import UnpinnedCertificate, pinned_context

__all__ = [
    "AsyncClock",
    "AsyncLock",
    "AsyncStream",
    "addresses_of",
    "async_http_client",
    "call_blocking",
    "compute",
    "deadline",
    "open_stream",
    "remaining",
]

P = ParamSpec("P")
T = TypeVar("T")

_deadline: ContextVar[float | None] = ContextVar("_deadline", default=None)
_COMPUTING_THREADS: Final = 2
_CHUNKS_AT_ONCE: Final = 64
"""Pieces of a body that are given out before other tasks get their turn: they may hold one byte each."""

_workers = Workers(128)
"""For what has no threads of its own: steps of a Windows login, which may wait for a key distribution centre, and
callbacks of the program."""


class _OfOneLoop(ForkAware):
    """What works in one event loop; it begins again in a forked child, and where the loop before was closed."""

    def __init__(self) -> None:
        super().__init__()
        self._loop: asyncio.AbstractEventLoop | None = None

    def after_fork_in_child(self) -> None:
        self._loop = None

    def _begin(self) -> None:
        """Make what belongs to an event loop; what there was of it before is left to the garbage collector."""
        raise NotImplementedError

    def _settle(self) -> None:
        """Begin, unless that was done in the running event loop. Raises `LocalProtocolError` for two loops at once."""
        running = asyncio.get_running_loop()
        if self._loop is running:
            return
        if self._loop is not None and not self._loop.is_closed():
            raise LocalProtocolError(
                "this client is in use in another event loop", hint="make an AsyncClient in each event loop"
            )
        self._begin()
        self._loop = running


class AsyncLock(_OfOneLoop):
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

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lock.release()


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
                shown = await _shown_certificate(refusal, partial(_open_and_close, host, port))
                raise certificate_error(refusal, asked_for=host, certificate=shown) from refusal
    except (OSError, ValueError, OverflowError) as error:
        raise translate(error, server=server, operation="connect", connecting=True) from error


async def send_datagram(host: str, port: int, data: bytes, *, timeout: float) -> None:
    """Send one UDP datagram, by IPv4 if `host` has such an address; nobody tells whether it arrives.

    Raises `ConnectError`, `ConnectTimeout` where not even that can be done.
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
    """Return the addresses of a host as this machine resolves it; none where it cannot."""
    try:
        found = await async_find(host, 0, timeout=remaining(timeout))
    except (OSError, ValueError):
        return ()
    return tuple(dict.fromkeys(str(address[0]).partition("%")[0] for _, address in found))


async def _open_and_close(host: str, port: int, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        stream = await connect(host, port, context=pinned_context(frozenset()), server=host)
    await stream.aclose()


async def _shown_certificate(
    refusal: ssl.SSLCertVerificationError, connect_again: Callable[[float], Awaitable[object]]
) -> bytes | None:
    """Return the certificate that was refused; OpenSSL keeps it, so a connection that accepts none has to fetch it.

    It is only for the text of an error: whatever goes wrong leaves the text shorter.
    """
    if isinstance(refusal, UnpinnedCertificate):
        return refusal.certificate
    try:
        await connect_again(look_seconds(now=time.monotonic(), end=_deadline.get()))
    except NETWORK_EXCEPTIONS as error:
        again = refusal_in(error)
        return again.certificate if isinstance(again, UnpinnedCertificate) else None
    return None


def remaining(seconds: float) -> float:
    """Return `seconds`, or what an enclosing `deadline` leaves of them."""
    end = _deadline.get()
    return seconds if end is None else max(min(seconds, end - time.monotonic()), 0.001)


@asynccontextmanager
async def deadline(seconds: float) -> AsyncGenerator[None]:
    """Let the block last `seconds` at most, however slowly bytes trickle; then `TimeoutError`."""
    seconds = remaining(seconds)
    mark = _deadline.set(time.monotonic() + seconds)
    try:
        async with asyncio.timeout(seconds):
            yield
    finally:
        _deadline.reset(mark)


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = 0
        async for chunk in self._response.aiter_stream():
            yield chunk
            count += 1
            if count % _CHUNKS_AT_ONCE == 0:
                await asyncio.sleep(0)

    async def aclose(self) -> None:
        await self._response.aclose()


class _AsyncTransport(httpx.AsyncBaseTransport, _OfOneLoop):
    """httpx on connection pools, one for direct connections and one for each proxy, with errors that say more."""

    def __init__(self, context: ssl.SSLContext, connections: int, rules: ProxyRules) -> None:
        super().__init__()
        self._context = context
        self._connections = connections
        self._rules = rules
        self._begin()

    def _begin(self) -> None:
        self._routes: dict[str | None, httpcore.AsyncConnectionPool] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._settle()
        proxy = self._rules.proxy_for(request.url)
        if proxy not in self._routes:
            self._routes[proxy] = self._route(self._context, proxy)
        try:
            response = await self._exchange(self._routes[proxy], request)
            if proxy is not None and response.status_code == PROXY_REFUSES:
                await response.aclose()
                raise httpx.ProxyError("407 Proxy Authentication Required")
            return response
        except NETWORK_EXCEPTIONS as error:
            refusal = refusal_in(error)
            if refusal is not None:
                look = partial(self._connect_again, request, proxy, is_proxys=isinstance(error, UntrustedProxy))
                shown = await _shown_certificate(refusal, look)
                if proxy is not None and isinstance(error, UntrustedProxy):
                    raise untrusted_proxy(refusal, shown_proxy(proxy), certificate=shown) from error
                raise certificate_error(refusal, asked_for=request.url.host, certificate=shown) from error
            if proxy is not None:
                raise through_proxy(error, shown_proxy(proxy)) from error
            raise

    def _route(
        self, context: ssl.SSLContext, proxy: str | None, proxy_context: ssl.SSLContext | None = None
    ) -> httpcore.AsyncConnectionPool:
        if proxy is None:
            return httpcore.AsyncConnectionPool(
                ssl_context=context,
                max_connections=self._connections,
                keepalive_expiry=30.0,
                network_backend=AsyncBackend(),
            )
        through = read_proxy(proxy)
        return httpcore.AsyncHTTPProxy(
            proxy_url=core_url(through.url),
            proxy_auth=through.raw_auth,
            proxy_headers=through.headers.raw,
            proxy_ssl_context=through.ssl_context and (proxy_context or through.ssl_context),
            ssl_context=context,
            max_connections=self._connections,
            keepalive_expiry=30.0,
            network_backend=AsyncBackend(https_proxy=through.ssl_context is not None),
        )

    @staticmethod
    async def _exchange(route: httpcore.AsyncConnectionPool, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        response = await route.handle_async_request(core_request(request))
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=cast("dict[str, Any]", response.extensions),  # pyright: ignore[reportUnknownMemberType]
        )

    async def _connect_again(
        self, request: httpx.Request, proxy: str | None, seconds: float, *, is_proxys: bool
    ) -> None:
        """Go the same way as `request`; nothing of it is sent, since the handshake ends in an error."""
        nothing = pinned_context(frozenset())
        timeouts = exchange_timeout(seconds).as_dict()
        look = httpx.Request("GET", request.url.copy_with(path="/", query=None), extensions={"timeout": timeouts})
        async with deadline(seconds), self._route(nothing, proxy, nothing if is_proxys else None) as route:
            await self._exchange(route, look)

    async def aclose(self) -> None:
        self._settle()
        for route in self._routes.values():
            await route.aclose()


def async_http_client(
    context: ssl.SSLContext, *, timeout: float, connections: int, trust_env: bool = True
) -> httpx.AsyncClient:
    """Return an HTTP/1.1 client that trusts what `context` trusts and follows no redirect.

    With `trust_env` it goes through the proxies that the environment names, as `proxies.py` says.
    """
    transport = _AsyncTransport(context, connections, ProxyRules.of_environment(trust_env=trust_env))
    return httpx.AsyncClient(
        transport=transport, timeout=exchange_timeout(timeout), follow_redirects=False, trust_env=False
    )


async def call_blocking(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run something that blocks, such as a write to disk, without stopping the event loop.

    It runs on the threads of the object whose method it is, if that has some. It runs to its end even if the caller is
    cancelled.
    """
    workers: Workers = getattr(getattr(function, "__self__", None), "workers", _workers)
    return await asyncio.wrap_future(workers.submit(partial(copy_context().run, function, *args, **kwargs)))


@cache
def _computing(long: bool) -> ThreadPoolExecutor:
    name = "milestone-sdk-long-compute" if long else "milestone-sdk-compute"
    return ThreadPoolExecutor(_COMPUTING_THREADS, thread_name_prefix=name)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_computing.cache_clear)  # a child process has none of the threads


async def compute(function: Callable[[], T], *, long: bool) -> T:
    """Run what takes a while to compute, such as decoding a large reply, without stopping the event loop.

    A few threads do this and nothing else: they wait for no network and no disk. `long` takes others, for what lasts
    seconds, so that the configuration of one large site delays the alarms of none.
    """
    return await asyncio.get_running_loop().run_in_executor(_computing(long), function)
