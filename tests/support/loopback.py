"""Servers on 127.0.0.1 for tests of TLS and proxies: what they were sent can be looked at, connection by connection."""

import queue
import socket
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from attrs import field, frozen

PATIENCE = 10.0
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def refusing_port() -> Iterator[int]:
    """A port that is taken, so that no other program listens on it, and refuses connections."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@frozen(kw_only=True)
class Conversation:
    """One connection, over: the bytes that came out of TLS, and the TLS error if the handshake failed."""

    received: bytes = b""
    failure: str | None = None


class Server(ABC):
    """Accepts connections until it is left; each is served by a thread, and told in `over` once it has ended."""

    def __init__(self) -> None:
        self.over: queue.Queue[Conversation] = queue.Queue()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port: int = self._listening.getsockname()[1]
        self._ending = False
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]

    @abstractmethod
    def serve(self, connection: socket.socket) -> Conversation:
        """Speak until the connection ends."""

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ending = True
        socket.create_connection(("127.0.0.1", self.port), PATIENCE).close()
        self._threads[0].join(PATIENCE)
        for connection in list(self._open):
            self._end(connection)
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        self._listening.close()

    @staticmethod
    def _end(connection: socket.socket) -> None:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            connection.close()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listening.accept()
            if self._ending:
                connection.close()
                return
            connection.settimeout(PATIENCE)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(connection)
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            self.over.put(self.serve(connection))
        finally:
            self._open.discard(connection)
            connection.close()

    def next_over(self) -> Conversation:
        """The next connection that has ended; waits for it."""
        return self.over.get(timeout=PATIENCE)


def http(data: bytes) -> bytes:
    """Answer 200 to every request that has arrived."""
    return OK * data.count(b"\r\n\r\n")


def echo(data: bytes) -> bytes:
    return data


class TLSServer(Server):
    """Speaks TLS with `context`, or none; answers what it is sent by `answer`, which ends the connection by `None`."""

    def __init__(self, context: ssl.SSLContext | None, answer: Callable[[bytes], bytes | None] = http) -> None:
        super().__init__()
        self._context = context
        self._answer = answer

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def serve(self, connection: socket.socket) -> Conversation:
        received = b""
        try:
            stream = self._context.wrap_socket(connection, server_side=True) if self._context else connection
        except OSError as error:
            return Conversation(failure=str(error))
        with stream:
            try:
                while data := stream.recv(65536):
                    received += data
                    answer = self._answer(data)
                    if answer is None:
                        break
                    stream.sendall(answer)
            except OSError:
                return Conversation(received=received)
        return Conversation(received=received)


@frozen
class Asked:
    """What a proxy was asked for: the first line, and the proxy's own credentials."""

    line: str
    authorization: str | None = field(default=None)


class Proxy(Server):
    """Leads every CONNECT and every absolute URL to `port`, whatever name stands in it; or refuses with `status`."""

    def __init__(self, port: int, *, status: str | None = None) -> None:
        super().__init__()
        self._to = port
        self._status = status
        self.asked: list[Asked] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def serve(self, connection: socket.socket) -> Conversation:
        head = b""
        try:
            while b"\r\n\r\n" not in head:
                data = connection.recv(65536)
                if not data:
                    return Conversation(received=head)
                head += data
            self._note(head)
            if self._status is not None:
                connection.sendall(f"HTTP/1.1 {self._status}\r\nContent-Length: 0\r\n\r\n".encode())
                return Conversation(received=head)
            with socket.create_connection(("127.0.0.1", self._to), PATIENCE) as onward:
                if head.startswith(b"CONNECT "):
                    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    onward.sendall(head)
                back = threading.Thread(target=_pour, args=(onward, connection))
                back.start()
                _pour(connection, onward)
                back.join(PATIENCE)
        except OSError as error:
            return Conversation(received=head, failure=str(error))
        return Conversation(received=head)

    def _note(self, head: bytes) -> None:
        line, *fields = head.decode("ascii").split("\r\n")
        held = dict(text.lower().split(": ", 1) for text in fields if ": " in text)
        self.asked.append(Asked(line, held.get("proxy-authorization")))


class TLSProxy(Proxy):
    """A proxy that is spoken to in TLS."""

    def __init__(self, context: ssl.SSLContext, port: int) -> None:
        super().__init__(port)
        self._context = context

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def serve(self, connection: socket.socket) -> Conversation:
        try:
            stream = self._context.wrap_socket(connection, server_side=True)
        except OSError as error:
            return Conversation(failure=str(error))
        with stream:
            return super().serve(stream)


def _pour(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (target, source):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue
