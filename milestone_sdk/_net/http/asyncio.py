"""httpx on asyncio: connection pools of httpcore on `AsyncBackend`. `http/blocking.py` mirrors it name for name."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from functools import partial

import httpcore
import httpx

from ..asyncio import LoopBound, deadline, shown_certificate
from ..failures import NETWORK_EXCEPTIONS
from ..tls.certificates import refusal_in
from ..tls.pinning import pinned_context
from .asyncbackend import AsyncBackend
from .proxies import PROXY_REFUSES, ProxyRules, UntrustedProxy, failed_exchange, pool_options
from .routes import core_request, exchange_timeout, probe, response_of

__all__ = ["async_http_client"]

_CHUNKS_AT_ONCE = 64
"""Pieces of a body that are returned before other tasks get their turn: they may hold one byte each."""


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


class _AsyncTransport(httpx.AsyncBaseTransport, LoopBound):
    """httpx on connection pools, one for direct connections and one for each proxy, with errors that say more."""

    def __init__(self, context: ssl.SSLContext, connections: int, rules: ProxyRules) -> None:
        super().__init__()
        self._context = context
        self._connections = connections
        self._rules = rules
        self._begin()

    def _begin(self) -> None:
        self._pools: dict[str | None, httpcore.AsyncConnectionPool] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._settle()
        proxy = self._rules.proxy_for(request.url)
        if proxy not in self._pools:
            self._pools[proxy] = self._pool(self._context, proxy)
        try:
            response = await self._exchange(self._pools[proxy], request)
            if proxy is not None and response.status_code == PROXY_REFUSES:
                await response.aclose()
                raise httpx.ProxyError("407 Proxy Authentication Required")
            return response
        except NETWORK_EXCEPTIONS as error:
            refusal, shown = refusal_in(error), None
            if refusal is not None:
                again = partial(self._connect_again, request, proxy, is_proxys=isinstance(error, UntrustedProxy))
                shown = await shown_certificate(refusal, again)
            meaning = failed_exchange(error, request.url, proxy, certificate=shown)
            if meaning is None:
                raise
            raise meaning from error

    def _pool(
        self, context: ssl.SSLContext, proxy: str | None, proxy_context: ssl.SSLContext | None = None
    ) -> httpcore.AsyncConnectionPool:
        options = pool_options(context, self._connections, proxy, proxy_context)
        backend = AsyncBackend(https_proxy=bool(options.get("proxy_ssl_context")))
        kind = httpcore.AsyncHTTPProxy if proxy else httpcore.AsyncConnectionPool
        return kind(network_backend=backend, **options)

    @staticmethod
    async def _exchange(pool: httpcore.AsyncConnectionPool, request: httpx.Request) -> httpx.Response:
        response = await pool.handle_async_request(core_request(request))
        return response_of(response, _Body(response))

    async def _connect_again(
        self, request: httpx.Request, proxy: str | None, seconds: float, *, is_proxys: bool
    ) -> None:
        """Connect as for `request`; nothing of it is sent, since the handshake ends in an error."""
        nothing = pinned_context(frozenset())
        async with deadline(seconds), self._pool(nothing, proxy, nothing if is_proxys else None) as pool:
            await self._exchange(pool, probe(request, seconds))

    async def aclose(self) -> None:
        self._settle()
        for pool in self._pools.values():
            await pool.aclose()


def async_http_client(
    context: ssl.SSLContext, *, timeout: float, connections: int, trust_env: bool = True
) -> httpx.AsyncClient:
    """Return an HTTP/1.1 client that trusts what `context` trusts and follows no redirect.

    With `trust_env` it uses the proxies that the environment names, as `proxies.py` says.
    """
    transport = _AsyncTransport(context, connections, ProxyRules.of_environment(trust_env=trust_env))
    return httpx.AsyncClient(
        transport=transport, timeout=exchange_timeout(timeout), follow_redirects=False, trust_env=False
    )
