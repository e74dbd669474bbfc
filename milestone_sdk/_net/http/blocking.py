"""httpx on blocking sockets: connection pools of httpcore on `DeadlineBackend`; the twin of `http/asyncio.py`."""

import ssl
from collections.abc import Iterator
from functools import partial

import httpcore
import httpx

from ..blocking import deadline, shown_certificate
from ..failures import NETWORK_EXCEPTIONS
from ..forking import ForkAware, Lock
from ..tls.certificates import refusal_in
from ..tls.pinning import pinned_context
from .blockingbackend import DeadlineBackend
from .proxies import PROXY_REFUSES, ProxyRules, UntrustedProxy, failed_exchange, pool_options
from .routes import core_request, exchange_timeout, probe, response_of

__all__ = ["http_client"]


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class _Transport(httpx.BaseTransport, ForkAware):
    """httpx on connection pools, one for direct connections and one for each proxy, that respect `deadline`."""

    def __init__(self, context: ssl.SSLContext, connections: int, rules: ProxyRules) -> None:
        super().__init__()
        self._context = context
        self._connections = connections
        self._rules = rules
        self._pools: dict[str | None, httpcore.ConnectionPool] = {}
        self._lock = Lock()

    def after_fork_in_child(self) -> None:
        self._pools = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        proxy = self._rules.proxy_for(request.url)
        with self._lock:
            if proxy not in self._pools:
                self._pools[proxy] = self._pool(self._context, proxy)
        try:
            response = self._exchange(self._pools[proxy], request)
            if proxy is not None and response.status_code == PROXY_REFUSES:
                response.close()
                raise httpx.ProxyError("407 Proxy Authentication Required")
            return response
        except NETWORK_EXCEPTIONS as error:
            refusal, shown = refusal_in(error), None
            if refusal is not None:
                again = partial(self._connect_again, request, proxy, is_proxys=isinstance(error, UntrustedProxy))
                shown = shown_certificate(refusal, again)
            meaning = failed_exchange(error, request.url, proxy, certificate=shown)
            if meaning is None:
                raise
            raise meaning from error

    def _pool(
        self, context: ssl.SSLContext, proxy: str | None, proxy_context: ssl.SSLContext | None = None
    ) -> httpcore.ConnectionPool:
        options = pool_options(context, self._connections, proxy, proxy_context)
        backend = DeadlineBackend(https_proxy=bool(options.get("proxy_ssl_context")))
        kind = httpcore.HTTPProxy if proxy else httpcore.ConnectionPool
        return kind(network_backend=backend, **options)

    @staticmethod
    def _exchange(pool: httpcore.ConnectionPool, request: httpx.Request) -> httpx.Response:
        response = pool.handle_request(core_request(request))
        return response_of(response, _Body(response))

    def _connect_again(self, request: httpx.Request, proxy: str | None, seconds: float, *, is_proxys: bool) -> None:
        """Connect as for `request`; nothing of it is sent, since the handshake ends in an error."""
        nothing = pinned_context(frozenset())
        with deadline(seconds), self._pool(nothing, proxy, nothing if is_proxys else None) as pool:
            self._exchange(pool, probe(request, seconds))

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()


def http_client(context: ssl.SSLContext, *, timeout: float, connections: int, trust_env: bool = True) -> httpx.Client:
    """Return an HTTP/1.1 client that trusts what `context` trusts and follows no redirect.

    With `trust_env` it uses the proxies that the environment names, as `proxies.py` says.
    """
    transport = _Transport(context, connections, ProxyRules.of_environment(trust_env=trust_env))
    return httpx.Client(transport=transport, timeout=exchange_timeout(timeout), follow_redirects=False, trust_env=False)
