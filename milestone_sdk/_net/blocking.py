"""Streams, clock, locks and deadlines on blocking sockets: the twin of `asyncio.py`, name for name."""

import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final, ParamSpec, TypeVar
from weakref import finalize

import httpx

from ..errors import ConnectionLost
from . import failures, forking
from .clock import Bound, SystemTime
from .failures import translate
from .names import find
from .sinks import Sink
from .tls.certificates import certificate_error, fetch_seconds, shown_by
from .tls.pinning import pinned_context

__all__ = [
    "Clock",
    "Lock",
    "Stream",
    "addresses_of",
    "bound",
    "call_blocking",
    "compute",
    "deadline",
    "first_connected",
    "open_stream",
    "remaining",
    "send_datagram",
    "shown_certificate",
    "to_the_end",
]

P = ParamSpec("P")
T = TypeVar("T")

bound: Final = Bound()
remaining: Final = bound.remaining
deadline: Final = bound.lasting
"""Lets the block last so many seconds at most, however slowly bytes trickle. Blocking sockets know only the timeout of
one read, which the network backend of HTTP cuts to what is left."""


class Lock(forking.Lock):
    """A lock that is waited for as long as an enclosing `deadline` allows; then `TimeoutError`."""

    def __enter__(self) -> None:
        left = bound.left()
        if not self.acquire(timeout=-1 if left is None else max(left, 0.0)):
            raise TimeoutError("another call has not ended within the time given")


class Clock(SystemTime):
    """Time as the SDK reads it; tests and applications may pass their own."""

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class Stream(forking.ForkAware):
    """One TCP or TLS connection; every call takes the seconds it may last. A forked child loses it."""

    def __init__(self, connection: socket.socket, *, server: str) -> None:
        super().__init__()
        self._connection = connection
        self._server = server
        self._forked = False
        finalize(self, connection.close)  # a loop over frames may be left without closing them

    def after_fork_in_child(self) -> None:
        self._forked = True
        self._connection.close()

    def _check_process(self, operation: str) -> None:
        if self._forked:
            raise ConnectionLost(
                "the connection belongs to the parent process",
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
        """End the connection without waiting for the peer; closing twice is fine.

        A thread that is reading gets `ConnectionLost`, or the end of the stream.
        """
        with suppress(OSError):  # it is closed already, or the peer has reset it
            # `close` alone does not wake a thread that reads. Not the method of `SSLSocket`, which drops the TLS state.
            socket.socket.shutdown(self._connection, socket.SHUT_RDWR)
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
                shown = shown_certificate(refusal, partial(_connect, host, port, pinned_context(frozenset())))
                raise certificate_error(refusal, asked_for=host, certificate=shown) from refusal
    except (OSError, ValueError, OverflowError) as error:
        raise translate(error, server=server, operation="connect", connecting=True) from error
    return Stream(connection, server=server)


def send_datagram(host: str, port: int, data: bytes, *, timeout: float) -> None:
    """Send one UDP datagram, by IPv4 if `host` has such an address; whether it arrives is unknown.

    Raises `ConnectError`, `ConnectTimeout`.
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

    connection = first_connected(host, port, timeout, connect_to)
    try:
        connection.settimeout(max(end - time.monotonic(), 0.001))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection if context is None else context.wrap_socket(connection, server_hostname=host)
    except BaseException:
        connection.close()
        raise


def first_connected(host: str, port: int, timeout: float | None, connect_to: Callable[[str, float | None], T]) -> T:
    """Try the addresses of `host` in turn, each for its share of the time left; return the first connection."""
    end = None if timeout is None else time.monotonic() + timeout
    addresses = [str(address[0]) for _, address in find(host, port, timeout=timeout)]
    for left in range(len(addresses), 0, -1):
        seconds = None if end is None else max(end - time.monotonic(), 0.001) / left
        try:
            return connect_to(addresses[-left], seconds)
        except failures.NETWORK_EXCEPTIONS:
            if left == 1:
                raise
    raise OSError("this name has no address")


def addresses_of(host: str, *, timeout: float) -> tuple[str, ...]:
    """Return the addresses of a host as this machine resolves it; none if it cannot."""
    try:
        found = find(host, 0, timeout=remaining(timeout))
    except (OSError, ValueError):
        return ()
    return tuple(dict.fromkeys(str(address[0]).partition("%")[0] for _, address in found))


def shown_certificate(refusal: ssl.SSLCertVerificationError, connect_again: Callable[[float], object]) -> bytes | None:
    """Return the certificate that was refused; OpenSSL keeps it, so a connection that accepts none has to fetch it.

    It is only for the text of an error: whatever fails here leaves the text shorter.
    """
    if (shown := shown_by(refusal)) is not None:
        return shown
    try:
        connect_again(fetch_seconds(bound.left()))
    except failures.NETWORK_EXCEPTIONS as error:
        return shown_by(error)
    return None


def call_blocking(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a call that blocks, in the thread of the caller."""
    return function(*args, **kwargs)


def compute(function: Callable[[], T], *, long: bool) -> T:
    """Run a long computation, in the thread of the caller."""
    return function()


def to_the_end(step: Callable[[], None]) -> None:
    """Run a step to its end: nothing cancels a thread."""
    step()
