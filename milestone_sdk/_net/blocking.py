"""Streams, TLS, HTTP, clock and locks on blocking sockets: the twin of `asyncio.py`, name for name."""

import socket
import ssl
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import partial
from typing import Any, ParamSpec, TypeVar, cast

import httpcore
import httpx

from ..errors import ConnectionLost
from . import forking
from .failures import NETWORK_EXCEPTIONS, through_proxy, translate, untrusted_proxy
from .forking import ForkAware
from .http.proxies import PROXY_REFUSES, ProxyRules, read_proxy, shown_proxy
from .http.routes import core_request, core_url
from .http.timeouts import exchange_timeout
from .names import find
from .sinks import Sink
from .tls.certificates import UntrustedProxy, certificate_error, look_seconds, refusal_in
from .tls.pinning import UnpinnedCertificate, pinned_context

__all__ = [
    "Clock",
    "DeadlineBackend",
    "Lock",
    "Stream",
    "addresses_of",
    "call_blocking",
    "compute",
    "deadline",
    "http_client",
    "open_stream",
    "remaining",
]

P = ParamSpec("P")
T = TypeVar("T")

_deadline: ContextVar[float | None] = ContextVar("_deadline", default=None)


class Lock(forking.Lock):
    """A lock that is waited for as long as an enclosing `deadline` allows; then `TimeoutError`."""

    def __enter__(self) -> None:
        end = _deadline.get()
        if not self.acquire(timeout=-1 if end is None else max(end - time.monotonic(), 0.0)):
            raise TimeoutError("another call has not ended within the time given")


class Clock:
    """Time as the SDK reads it; tests and applications may pass their own."""

    def monotonic(self) -> float:
        """Seconds that never jump; deadlines are counted in these."""
        return time.monotonic()

    def utcnow(self) -> datetime:
        """The wall clock, aware, in UTC; only for what is shown or sent."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class Stream(ForkAware):
    """One TCP or TLS connection; every call takes the seconds it may last. It is lost to a forked child."""

    def __init__(self, connection: socket.socket, *, server: str) -> None:
        super().__init__()
        self._connection = connection
        self._server = server
        self._forked = False

    def after_fork_in_child(self) -> None:
        self._forked = True
        self._connection.close()

    def _check_process(self, operation: str) -> None:
        if self._forked:
            raise ConnectionLost(
                "the connection belongs to the process that this one was forked from",
                server=self._server,
                operation=operation,
            )

    def read(self, max_bytes: int, timeout: float) -> bytes:
        """Return what has arrived, at most `max_bytes`; `b""` when the peer has closed.

        Raises `ReadTimeout`, `ConnectionLost`.
        """
        self._check_process("read")
        try:
            self._connection.settimeout(max(timeout, 0.001))
            return self._connection.recv(max_bytes)
        except OSError as error:
            raise translate(error, server=self._server, operation="read") from error

    def receive_into(self, sink: Sink, timeout: float) -> int:
        """Write what has arrived into `sink`; return how many bytes, 0 when the peer has closed.

        Raises `ReadTimeout`, `ConnectionLost`.
        """
        self._check_process("read")
        try:
            self._connection.settimeout(max(timeout, 0.001))
            count = self._connection.recv_into(sink.get_buffer())
        except OSError as error:
            raise translate(error, server=self._server, operation="read") from error
        sink.buffer_updated(count)
        return count

    def write(self, data: bytes, timeout: float) -> None:
        """Send all of `data`. Raises `WriteTimeout`, `ConnectionLost`."""
        self._check_process("write")
        try:
            self._connection.settimeout(max(timeout, 0.001))
            self._connection.sendall(data)
        except TimeoutError as error:
            raise translate(httpx.WriteTimeout(""), server=self._server, operation="write") from error
        except OSError as error:
            raise translate(error, server=self._server, operation="write") from error

    def close(self) -> None:
        """End the connection without waiting for the peer; closing twice is fine."""
        self._connection.close()


def open_stream(host: str, port: int, *, context: ssl.SSLContext | None, timeout: float) -> Stream:
    """Connect to `host`, with TLS from the first byte when `context` is given, and never through a proxy.

    Raises `ConnectError`, `ConnectTimeout`, `CertificateError`.
    """
    server = f"{host}:{port}"
    try:
        with deadline(timeout):
            try:
                connection = _connect(host, port, context, timeout)
            except ssl.SSLCertVerificationError as refusal:
                shown = _shown_certificate(refusal, partial(_connect, host, port, pinned_context(frozenset())))
                raise certificate_error(refusal, asked_for=host, certificate=shown) from refusal
    except (OSError, ValueError, OverflowError) as error:
        raise translate(error, server=server, operation="connect", connecting=True) from error
    return Stream(connection, server=server)


def send_datagram(host: str, port: int, data: bytes, *, timeout: float) -> None:
    """Send one UDP datagram, by IPv4 if `host` has such an address; nobody tells whether it arrives.

    Raises `ConnectError`, `ConnectTimeout` where not even that can be done.
    """
    server = f"{host}:{port}"
    try:
        found = find(host, port, timeout=remaining(timeout))
        family, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
        with socket.socket(family, socket.SOCK_DGRAM) as datagrams:
            datagrams.settimeout(timeout)
            datagrams.sendto(data, address)
    except (OSError, ValueError, OverflowError) as error:
        raise translate(error, server=server, operation="send", connecting=True) from error


def _connect(host: str, port: int, context: ssl.SSLContext | None, timeout: float) -> socket.socket:
    timeout = remaining(timeout)
    end = time.monotonic() + timeout

    def connect_to(address: str, seconds: float | None) -> socket.socket:
        return socket.create_connection((address, port), timeout=seconds)

    connection = _first_connected(host, port, timeout, connect_to)
    try:
        connection.settimeout(max(end - time.monotonic(), 0.001))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection if context is None else context.wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise


def _first_connected(host: str, port: int, timeout: float | None, connect_to: Callable[[str, float | None], T]) -> T:
    """Try the addresses of `host` in turn, each for its share of the time that is left; return the first connection."""
    end = None if timeout is None else time.monotonic() + timeout
    addresses = [str(address[0]) for _, address in find(host, port, timeout=timeout)]
    for left in range(len(addresses), 0, -1):
        seconds = None if end is None else max(end - time.monotonic(), 0.001) / left
        try:
            return connect_to(addresses[-left], seconds)
        except (OSError, httpcore.ConnectError, httpcore.ConnectTimeout):
            if left == 1:
                raise
    raise OSError("this name has no address")


def addresses_of(host: str, *, timeout: float) -> tuple[str, ...]:
    """Return the addresses of a host as this machine resolves it; none where it cannot."""
    try:
        found = find(host, 0, timeout=remaining(timeout))
    except (OSError, ValueError):
        return ()
    return tuple(dict.fromkeys(str(address[0]).partition("%")[0] for _, address in found))


def _shown_certificate(refusal: ssl.SSLCertVerificationError, connect_again: Callable[[float], object]) -> bytes | None:
    """Return the certificate that was refused; OpenSSL keeps it, so a connection that accepts none has to fetch it.

    It is only for the text of an error: whatever goes wrong leaves the text shorter.
    """
    if isinstance(refusal, UnpinnedCertificate):
        return refusal.certificate
    try:
        connect_again(look_seconds(now=time.monotonic(), end=_deadline.get()))
    except NETWORK_EXCEPTIONS as error:
        again = refusal_in(error)
        return again.certificate if isinstance(again, UnpinnedCertificate) else None
    return None


@contextmanager
def deadline(seconds: float) -> Generator[None]:
    """Let the block last `seconds` at most, however slowly bytes trickle; then a timeout is raised.

    Blocking sockets know only the patience of one read, so the network backend below cuts that to what is left.
    """
    mark = _deadline.set(time.monotonic() + remaining(seconds))
    try:
        yield
    finally:
        _deadline.reset(mark)


def remaining(seconds: float) -> float:
    """Return `seconds`, or what an enclosing `deadline` leaves of them."""
    end = _deadline.get()
    return seconds if end is None else max(min(seconds, end - time.monotonic()), 0.001)


def _patience(timeout: float | None, exhausted: type[httpcore.TimeoutException]) -> float | None:
    end = _deadline.get()
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise exhausted("no complete answer within the time given")
    return left if timeout is None else min(timeout, left)


class _DeadlineStream(httpcore.NetworkStream, ForkAware):
    """A stream of a connection pool; `is_proxys` says that the next TLS is that of an https proxy."""

    def __init__(self, stream: httpcore.NetworkStream, *, is_proxys: bool = False) -> None:
        super().__init__()
        self._stream = stream
        self._is_proxys = is_proxys

    def after_fork_in_child(self) -> None:
        self._stream.close()  # the child's copy of the socket; nothing is sent

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _patience(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _patience(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        patience = _patience(timeout, httpcore.ConnectTimeout)
        try:
            return _DeadlineStream(self._stream.start_tls(ssl_context, server_hostname, patience))
        except (OSError, httpcore.ConnectError) as error:
            if self._is_proxys and refusal_in(error) is not None:
                raise UntrustedProxy(str(error)) from error
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class DeadlineBackend(httpcore.NetworkBackend):
    """Connections for httpcore's pools and proxies that respect `deadline`; `https_proxy`: they lead to such one."""

    def __init__(self, *, https_proxy: bool = False) -> None:
        self._backend = httpcore.SyncBackend()
        self._https_proxy = https_proxy

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of `host` that answers. Raises `httpcore.ConnectError`, `ConnectTimeout`."""

        def connect_to(address: str, seconds: float | None) -> httpcore.NetworkStream:
            return self._backend.connect_tcp(address, port, seconds, local_address, options)

        options = tuple(socket_options or ())
        patience = _patience(timeout, httpcore.ConnectTimeout)
        try:
            stream = _first_connected(host, port, patience, connect_to)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        return _DeadlineStream(stream, is_proxys=self._https_proxy)


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class _DeadlineTransport(httpx.BaseTransport, ForkAware):
    """httpx on connection pools, one for direct connections and one for each proxy, that respect `deadline`."""

    def __init__(self, context: ssl.SSLContext, connections: int, rules: ProxyRules) -> None:
        super().__init__()
        self._context = context
        self._connections = connections
        self._rules = rules
        self._routes: dict[str | None, httpcore.ConnectionPool] = {}
        self._lock = forking.Lock()

    def after_fork_in_child(self) -> None:
        self._routes = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        proxy = self._rules.proxy_for(request.url)
        with self._lock:
            if proxy not in self._routes:
                self._routes[proxy] = self._route(self._context, proxy)
        try:
            response = self._exchange(self._routes[proxy], request)
            if proxy is not None and response.status_code == PROXY_REFUSES:
                response.close()
                raise httpx.ProxyError("407 Proxy Authentication Required")
            return response
        except NETWORK_EXCEPTIONS as error:
            refusal = refusal_in(error)
            if refusal is not None:
                look = partial(self._connect_again, request, proxy, is_proxys=isinstance(error, UntrustedProxy))
                shown = _shown_certificate(refusal, look)
                if proxy is not None and isinstance(error, UntrustedProxy):
                    raise untrusted_proxy(refusal, shown_proxy(proxy), certificate=shown) from error
                raise certificate_error(refusal, asked_for=request.url.host, certificate=shown) from error
            if proxy is not None:
                raise through_proxy(error, shown_proxy(proxy)) from error
            raise

    def _route(
        self, context: ssl.SSLContext, proxy: str | None, proxy_context: ssl.SSLContext | None = None
    ) -> httpcore.ConnectionPool:
        if proxy is None:
            return httpcore.ConnectionPool(
                ssl_context=context,
                max_connections=self._connections,
                keepalive_expiry=30.0,
                network_backend=DeadlineBackend(),
            )
        through = read_proxy(proxy)
        return httpcore.HTTPProxy(
            proxy_url=core_url(through.url),
            proxy_auth=through.raw_auth,
            proxy_headers=through.headers.raw,
            proxy_ssl_context=through.ssl_context and (proxy_context or through.ssl_context),
            ssl_context=context,
            max_connections=self._connections,
            keepalive_expiry=30.0,
            network_backend=DeadlineBackend(https_proxy=through.ssl_context is not None),
        )

    @staticmethod
    def _exchange(route: httpcore.ConnectionPool, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        response = route.handle_request(core_request(request))
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=cast("dict[str, Any]", response.extensions),  # pyright: ignore[reportUnknownMemberType]
        )

    def _connect_again(self, request: httpx.Request, proxy: str | None, seconds: float, *, is_proxys: bool) -> None:
        """Go the same way as `request`; nothing of it is sent, since the handshake ends in an error."""
        nothing = pinned_context(frozenset())
        timeouts = exchange_timeout(seconds).as_dict()
        look = httpx.Request("GET", request.url.copy_with(path="/", query=None), extensions={"timeout": timeouts})
        with deadline(seconds), self._route(nothing, proxy, nothing if is_proxys else None) as route:
            self._exchange(route, look)

    def close(self) -> None:
        for route in self._routes.values():
            route.close()


def http_client(context: ssl.SSLContext, *, timeout: float, connections: int, trust_env: bool = True) -> httpx.Client:
    """Return an HTTP/1.1 client that trusts what `context` trusts and follows no redirect.

    With `trust_env` it goes through the proxies that the environment names, as `proxies.py` says.
    """
    transport = _DeadlineTransport(context, connections, ProxyRules.of_environment(trust_env=trust_env))
    return httpx.Client(transport=transport, timeout=exchange_timeout(timeout), follow_redirects=False, trust_env=False)


def call_blocking(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run something that blocks, which is what everything here does."""
    return function(*args, **kwargs)


def compute(function: Callable[[], T], *, long: bool) -> T:
    """Run what takes a while to compute, in the thread of the caller."""
    return function()
