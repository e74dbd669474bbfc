"""A listening socket on 127.0.0.1 whose connections all end when it is closed."""

import asyncio
import contextlib
import logging
import socket
import ssl
import struct
import sys
from collections.abc import Awaitable, Callable

__all__ = ["Connected", "Listener", "reset_connection"]

Connected = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""Serves one connection; the listener closes it afterwards."""

_log = logging.getLogger(__name__)

_HANDSHAKE_SECONDS = 10.0
_GOODBYE_SECONDS = 2.0
_BREATH_SECONDS = 0.1
_READ_LIMIT = 1 << 20


class Listener:
    """Accepts connections, plain or TLS from the first byte, and gives each to `connected` in a task of its own.

    It accepts by hand rather than through asyncio.start_server, so that connections in the middle of a TLS handshake
    can be ended too, and with a reader callback rather than sock_accept, which loses a socket when it is cancelled at
    the wrong time; so it needs a selector event loop.
    """

    def __init__(self, connected: Connected, *, context: ssl.SSLContext | None = None, port: int | None = None) -> None:
        self._connected = connected
        self._context = context
        self._socket: socket.socket | None = None
        self._tasks: dict[asyncio.Task[None], socket.socket] = {}
        self.port: int | None = port
        """The port, kept over `close` so that a restart comes back under the same one."""

    @property
    def listening(self) -> bool:
        """Whether new connections are accepted."""
        return self._socket is not None

    def encrypt(self, context: ssl.SSLContext | None) -> None:
        """Use TLS from the next connection on, or `None`: plain connections."""
        self._context = context

    async def start(self, port: int | None = None) -> None:
        """Bind and listen: to `port`, or the port it had before, or a free one."""
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            if sys.platform != "win32":  # there it would let two listeners share the port
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(("127.0.0.1", port or self.port or 0))
            listening.listen(128)
            listening.setblocking(False)
        except OSError:
            listening.close()
            raise
        self._socket = listening
        self.port = listening.getsockname()[1]
        self._watch()

    def _watch(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().add_reader(self._socket, self._accept)

    def _accept(self) -> None:
        if self._socket is None:
            return
        try:
            accepted, _ = self._socket.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:  # out of descriptors: try again when some are free
            _log.warning("cannot accept a connection: %s", error)
            loop = asyncio.get_running_loop()
            loop.remove_reader(self._socket)
            loop.call_later(_BREATH_SECONDS, self._watch)
            return
        accepted.setblocking(False)
        task = asyncio.create_task(self._serve(accepted))
        self._tasks[task] = accepted
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task).close()  # a task that was cancelled before its first step closed nothing itself

    async def _serve(self, accepted: socket.socket) -> None:
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=_READ_LIMIT, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        try:
            if self._context is None:
                transport, _ = await loop.connect_accepted_socket(lambda: protocol, accepted)
            else:
                transport, _ = await loop.connect_accepted_socket(
                    lambda: protocol,
                    accepted,
                    ssl=self._context,
                    ssl_handshake_timeout=_HANDSHAKE_SECONDS,
                    ssl_shutdown_timeout=_GOODBYE_SECONDS,
                )
        except OSError:
            return
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        try:
            try:
                await self._connected(reader, writer)
            except (OSError, asyncio.IncompleteReadError):
                pass  # the peer went away, which is its right
            except Exception:
                _log.exception("the simulator failed on a connection")
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), _GOODBYE_SECONDS)
        finally:
            transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def close(self) -> None:
        """Stop listening and end every connection at once; harmless when closed."""
        if self._socket is None:
            return
        listening, self._socket = self._socket, None
        asyncio.get_running_loop().remove_reader(listening)
        listening.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def reset_connection(writer: asyncio.StreamWriter) -> None:
    """End the connection with an RST in place of a FIN, losing what was not sent yet."""
    peer = writer.get_extra_info("socket")
    if peer is not None:
        with contextlib.suppress(OSError):
            linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()
