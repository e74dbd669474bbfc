"""Streams, TLS, HTTP, clock and locks on asyncio: the source that `blocking.py` mirrors name for name."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from typing import Any, ParamSpec, TypeVar, cast

import httpcore
import httpx

from .asyncbackend import AsyncBackend
from .asyncstream import AsyncStream, connect
from .certificates import certificate_error, look_seconds, refusal_in
from .failures import NETWORK_EXCEPTIONS, through_proxy, translate
from .pinning import UnpinnedCertificate, pinned_context
from .proxies import PROXY_REFUSES, ProxyRules, read_proxy, shown_proxy
from .routes import core_request, core_url
from .timeouts import exchange_timeout

__all__ = [
    "AsyncClock",
    "AsyncLock",
    "AsyncStream",
    "async_http_client",
    "call_blocking",
    "deadline",
    "open_stream",
    "remaining",
]

P = ParamSpec("P")
T = TypeVar("T")

AsyncLock = asyncio.Lock

_deadline: ContextVar[float | None] = ContextVar("_deadline", default=None)


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
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
            family, kind, protocol, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
            with socket.socket(family, kind, protocol) as datagrams:
                datagrams.setblocking(False)
                await loop.sock_sendto(datagrams, data, address)
    except (OSError, ValueError, OverflowError) as error:
        raise translate(error, server=server, operation="send", connecting=True) from error


async def _open_and_close(host: str, port: int, seconds: float) -> None:
    async with asyncio.timeout(seconds):
        _, writer = await asyncio.open_connection(host, port, ssl=pinned_context(frozenset()), server_hostname=host)
    writer.close()


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
        async for chunk in self._response.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()


class _AsyncTransport(httpx.AsyncBaseTransport):
    """httpx on connection pools, one for direct connections and one for each proxy, with errors that say more."""

    def __init__(self, context: ssl.SSLContext, connections: int, rules: ProxyRules) -> None:
        self._context = context
        self._connections = connections
        self._rules = rules
        self._routes: dict[str | None, httpcore.AsyncConnectionPool] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
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
                shown = await _shown_certificate(refusal, partial(self._connect_again, request, proxy))
                raise certificate_error(refusal, asked_for=request.url.host, certificate=shown) from error
            if proxy is not None:
                raise through_proxy(error, shown_proxy(proxy)) from error
            raise

    def _route(self, context: ssl.SSLContext, proxy: str | None) -> httpcore.AsyncConnectionPool:
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
            proxy_ssl_context=through.ssl_context,
            ssl_context=context,
            max_connections=self._connections,
            keepalive_expiry=30.0,
            network_backend=AsyncBackend(),
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

    async def _connect_again(self, request: httpx.Request, proxy: str | None, seconds: float) -> None:
        """Go the same way as `request`; nothing of it is sent, since the handshake ends in an error."""
        timeouts = exchange_timeout(seconds).as_dict()
        look = httpx.Request("GET", request.url.copy_with(path="/", query=None), extensions={"timeout": timeouts})
        async with deadline(seconds), self._route(pinned_context(frozenset()), proxy) as route:
            await self._exchange(route, look)

    async def aclose(self) -> None:
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
    """Run something that blocks, such as a write to disk, without stopping the event loop."""
    return await asyncio.to_thread(function, *args, **kwargs)
