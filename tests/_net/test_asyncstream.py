"""The asyncio stream that carries video: no octet is lost, none is hoarded, nobody is waited for without end."""

import asyncio
import random
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from milestone_sdk._net.asyncio import AsyncStream, open_stream
from milestone_sdk.errors import ConnectionLost, ReadTimeout, WriteTimeout

T = TypeVar("T")


def converse(peer: Callable[[socket.socket], object], talk: Callable[[AsyncStream], Awaitable[T]]) -> T:
    """Run `talk` against a peer that works on a plain socket in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            connection.settimeout(10)
            with connection:
                peer(connection)

        async def run() -> T:
            stream = await open_stream("127.0.0.1", listener.getsockname()[1], context=None, timeout=5)
            try:
                return await talk(stream)
            finally:
                await stream.aclose()
                await stream.aclose()

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            return asyncio.run(run())
        finally:
            thread.join(10)


def test_what_is_sent_arrives_in_order_and_in_the_portions_asked_for() -> None:
    sent = random.Random(1).randbytes(5 << 20)

    async def talk(stream: AsyncStream) -> bytes:
        portions: list[bytes] = []
        while portion := await stream.read(10_000, 5):
            assert len(portion) <= 10_000
            portions.append(portion)
        return b"".join(portions)

    assert converse(lambda connection: connection.sendall(sent), talk) == sent


class Collected:
    """A sink with a buffer of 100,000 bytes that keeps all that was written."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._buffer = memoryview(bytearray(100_000))

    def get_buffer(self) -> memoryview:
        return self._buffer

    def buffer_updated(self, count: int) -> None:
        self.data += self._buffer[:count]


@pytest.mark.parametrize("first", [0, 1000])
def test_a_sink_receives_all_bytes_in_order(first: int) -> None:
    sent = random.Random(1).randbytes(5 << 20)
    sink = Collected()

    async def talk(stream: AsyncStream) -> bytes:
        begun = await stream.read(first, 5) if first else b""
        count = len(begun)
        while received := await stream.receive_into(sink, 5):
            count += received
        assert count == len(sent)
        return begun + bytes(sink.data)

    assert converse(lambda connection: connection.sendall(sent), talk) == sent


def test_silence_and_a_reset_are_errors_of_a_sink_too() -> None:
    def peer(connection: socket.socket) -> None:
        connection.recv(1)
        connection.sendall(b"last words")
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    async def talk(stream: AsyncStream) -> bytes:
        sink = Collected()
        with pytest.raises(ReadTimeout):
            await stream.receive_into(sink, 0.05)
        await stream.write(b"x", 5)
        assert await stream.receive_into(sink, 5) == 10
        await stream.write(b"x", 5)
        with pytest.raises(ConnectionLost):
            await stream.receive_into(sink, 5)
        return bytes(sink.data)

    assert converse(peer, talk) == b"last words"


@pytest.mark.parametrize("timeouts", [(30, 0.05), (0.2, 30, 0.05), (0.2, 0.3, 0.05)])
def test_each_read_has_its_own_time(timeouts: tuple[float, ...]) -> None:
    """The reads share a timer: neither a longer nor a shorter time of the read before counts."""

    def peer(connection: socket.socket) -> None:
        for number in range(len(timeouts) - 1):
            connection.recv(1)
            time.sleep(0.25 if number else 0.01)
            connection.sendall(b"x")
        connection.recv(1)

    async def talk(stream: AsyncStream) -> float:
        *long_enough, last = timeouts
        sink = Collected()
        for timeout in long_enough:
            await stream.write(b"y", 5)
            assert await stream.receive_into(sink, timeout) == 1
        begun = time.monotonic()
        with pytest.raises(ReadTimeout):
            await stream.receive_into(sink, last)
        return time.monotonic() - begun

    assert converse(peer, talk) < 10


@pytest.mark.parametrize("into_sink", [False, True])
def test_a_reader_that_does_not_read_makes_the_peer_wait(into_sink: bool) -> None:
    taken: list[int] = []
    resume = threading.Event()

    def flood(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)
        connection.settimeout(0.3)
        sent = 0
        try:
            while sent < 256 << 20:
                sent += connection.send(bytes(1 << 16))
        except TimeoutError:
            pass
        taken.append(sent)
        resume.set()

    async def talk(stream: AsyncStream) -> int:
        sink = Collected()
        read = await stream.receive_into(sink, 5) if into_sink else 0
        await asyncio.to_thread(resume.wait, 10)
        while count := await stream.receive_into(sink, 5) if into_sink else len(await stream.read(1 << 20, 5)):
            read += count
        return read

    assert converse(flood, talk) == taken[0]
    assert taken[0] < 64 << 20


def test_silence_is_a_timeout_and_the_stream_stays_usable() -> None:
    go_on = threading.Event()

    def peer(connection: socket.socket) -> None:
        go_on.wait(10)
        connection.sendall(b"late")

    async def talk(stream: AsyncStream) -> bytes:
        with pytest.raises(ReadTimeout):
            await stream.read(10, 0.05)
        go_on.set()
        return await stream.read(10, 5)

    assert converse(peer, talk) == b"late"


def test_a_peer_that_stops_reading_is_a_timeout() -> None:
    done = threading.Event()

    async def talk(stream: AsyncStream) -> None:
        with pytest.raises(WriteTimeout):
            await stream.write(bytes(64 << 20), 0.2)
        done.set()

    converse(lambda _: done.wait(10), talk)


def test_a_reset_is_told_by_reads_and_writes_after_what_came_before() -> None:
    def peer(connection: socket.socket) -> None:
        connection.sendall(b"last words")
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    async def talk(stream: AsyncStream) -> bytes:
        words = await stream.read(100, 5)
        await stream.write(b"x", 5)
        with pytest.raises(ConnectionLost):
            await stream.read(100, 5)
        with pytest.raises(ConnectionLost):
            await stream.write(b"y", 5)
        return words

    assert converse(peer, talk) == b"last words"
