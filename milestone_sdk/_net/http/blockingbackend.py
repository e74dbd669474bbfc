"""httpcore's connections on blocking sockets that respect `deadline`; the twin of `asyncbackend.py`."""

import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from ..blocking import bound, first_connected
from ..forking import ForkAware
from ..tls.certificates import refusal_in
from .proxies import UntrustedProxy

__all__ = ["DeadlineBackend"]


def _patience(timeout: float | None, exhausted: type[httpcore.TimeoutException]) -> float | None:
    """Return `timeout`, or what `deadline` leaves of it. Raises `exhausted` if that is nothing."""
    left = bound.left()
    if left is None:
        return timeout
    if left <= 0:
        raise exhausted("no complete answer within the time given")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream, ForkAware):
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
            return _Stream(self._stream.start_tls(ssl_context, server_hostname, patience))
        except (OSError, httpcore.ConnectError) as error:
            if self._is_proxys and refusal_in(error) is not None:
                raise UntrustedProxy(str(error)) from error
            raise

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class DeadlineBackend(httpcore.NetworkBackend):
    """Connections for httpcore's pools and proxies; `https_proxy` says that they lead to an https proxy."""

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
            stream = first_connected(host, port, patience, connect_to)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        return _Stream(stream, is_proxys=self._https_proxy)
