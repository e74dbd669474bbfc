"""Live video over sockets where the order of time and bytes matters: a busy program, a cancelled wait, a token."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from itertools import pairwise
from uuid import UUID

import pytest

from milestone_sdk import Frame, FramesDropped, LiveEvent, LiveLost, LiveRestored, PermissionDenied, RemoteProtocolError
from milestone_sdk._async.video.connection import AsyncImageServerConnection
from milestone_sdk._async.video.live import ARENA, AsyncLiveStream
from milestone_sdk._net.asyncio import AsyncClock, open_stream
from milestone_sdk._protocol.video.packets import from_milliseconds
from milestone_sdk._protocol.video.requests import LiveOptions, Transcode
from milestone_sdk.simulator import Simulator
from tests._async.opening import client_of
from tests.support.imageserver_wire import CONNECTED, method_response, packet, single

pytestmark = pytest.mark.anyio

START = 1_773_480_402_000
END = b"\r\n\r\n"


class StoppedClock(AsyncClock):
    """Time passes when a test says so."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now


class SleeplessClock(AsyncClock):
    """A clock that does not wait."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return sum(self.slept)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


def group(second: int) -> bytes:
    """Five pictures of one second."""
    key = START + 1000 * second
    return b"".join(
        single(2, (0, time, 0), packet(time, bytes(20_000), key_time=None if time == key else key))
        for time in range(key, key + 1000, 200)
    )


@asynccontextmanager
async def recorder(sends: Callable[[int], bytes]) -> AsyncGenerator[tuple[int, asyncio.Event, list[bytes]]]:
    """A recorder that sends `sends(0)` after `live`, and `sends(1)` once the event is set; what it received."""
    more, requests = asyncio.Event(), list[bytes]()

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(END))
        writer.write(method_response(1, "connect", **CONNECTED))
        requests.append(await reader.readuntil(END))
        writer.write(sends(0))
        await more.wait()
        writer.write(sends(1))
        try:
            while True:
                requests.append(await reader.readuntil(END))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(session, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], more, requests
    finally:
        server.close()


def stream_of(port: int, clock: AsyncClock, tokens: list[str]) -> AsyncLiveStream:
    async def token() -> str:
        return tokens[-1]

    connection = AsyncImageServerConnection(
        UUID(int=1),
        connect=lambda: open_stream("127.0.0.1", port, context=None, timeout=10),
        token=token,
        clock=clock,
        timeout=10.0,
        arena=ARENA,
    )
    return AsyncLiveStream(
        connection,
        LiveOptions(),
        transcode=None,
        jpeg=Transcode(),
        max_age=5.0,
        silence=10.0,
        check=token,
    )


def time_of(second: float) -> datetime:
    return from_milliseconds(START + int(1000 * second))


async def test_a_busy_program_goes_on_with_the_newest_group() -> None:
    clock = StoppedClock()

    def sends(part: int) -> bytes:
        return b"".join(map(group, range(1, 31))) if part else group(0)

    async with recorder(sends) as (port, more, _), stream_of(port, clock, ["token"]) as live:
        for place in range(5):
            clock.now = place / 5
            assert isinstance(await live.__anext__(), Frame)
        clock.now = 30.0
        more.set()
        dropped = await live.__anext__()
        assert isinstance(dropped, FramesDropped)
        assert (dropped.first, dropped.last) == (time_of(1), time_of(26.8))
        assert dropped.count == 26 * 5
        clock.now = 30.8
        frames = [await live.__anext__() for _ in range(20)]
        assert isinstance(frames[0], Frame)
        assert frames[0].is_key
        assert [frame.time for frame in frames if isinstance(frame, Frame)] == [
            time_of(27 + place / 5) for place in range(20)
        ]


async def test_a_new_token_is_sent_while_pictures_arrive() -> None:
    clock, tokens = StoppedClock(), ["the first token"]

    def sends(part: int) -> bytes:
        answer = method_response(3, "connectupdate", connected="yes")
        return group(16) + answer + group(17) if part else group(0)

    async with recorder(sends) as (port, more, requests), stream_of(port, clock, tokens) as live:
        for _ in range(5):
            assert isinstance(await live.__anext__(), Frame)
        tokens.append("the second token")
        clock.now = 16.0
        more.set()
        for _ in range(10):
            assert isinstance(await live.__anext__(), Frame)
    assert b"the first token" in requests[0]
    assert b"<methodname>connectupdate</methodname>" in requests[2]
    assert b"the second token" in requests[2]


async def test_a_stream_that_is_out_of_step_is_begun_again() -> None:
    clock = StoppedClock()
    junk = b"nonsense"
    async with (
        recorder(lambda part: junk if part else group(0)) as (port, more, _),
        stream_of(port, clock, ["a token of some length"]) as live,
    ):
        for _ in range(5):
            await live.__anext__()
        more.set()
        lost = await live.__anext__()
        assert isinstance(lost, LiveLost)
        assert isinstance(lost.error, RemoteProtocolError)
        assert lost.error.__traceback__ is None


async def test_a_recorder_that_ends_each_connection_is_asked_less_and_less_often() -> None:
    clock, began = SleeplessClock(), list[float]()
    status = b'<livepackage><status><statusitem id="1" value="1" /></status></livepackage>' + END

    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        began.append(clock.monotonic())
        await reader.readuntil(END)
        writer.write(method_response(1, "connect", **CONNECTED))
        await reader.readuntil(END)
        writer.write(status)
        writer.close()

    server = await asyncio.start_server(session, "127.0.0.1", 0)
    async with server, stream_of(server.sockets[0].getsockname()[1], clock, ["token"]) as live:
        while len(began) < 41:
            await live.__anext__()
    pauses = [after - before for before, after in pairwise(began)]
    assert max(pauses[:4]) <= 8
    assert 4 < max(pauses) <= 15


@pytest.mark.parametrize("number", [2, None])
async def test_a_refusal_is_raised_at_once(number: int | None) -> None:
    refusal = method_response(number, "live", errorreason="Access denied")
    async with (
        recorder(lambda part: b"" if part else refusal) as (port, more, _),
        stream_of(port, StoppedClock(), ["token"]) as live,
        asyncio.timeout(5),
    ):
        more.set()
        with pytest.raises(PermissionDenied):
            await live.__anext__()


async def test_waiting_can_be_cancelled_and_repeated(simulator: Simulator) -> None:
    switches = simulator.recorders[0].switches
    async with client_of(simulator) as site, site.live.play("C1") as live:
        while not isinstance(await live.__anext__(), Frame):
            pass
        switches.silent = True
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(_drain(live), 1.0)
        switches.silent = False
        while not isinstance(await live.__anext__(), Frame):
            pass
    assert [call.method for call in simulator.recorders[0].image_calls].count("live") == 1


async def test_waits_that_are_cancelled_do_not_put_off_the_next_connection(simulator: Simulator) -> None:
    async with client_of(simulator) as site, site.live.play("C1") as live:
        while not isinstance(await live.__anext__(), Frame):
            pass
        for operation, times in (("live", 1), ("connect", 2)):
            simulator.faults.add("imageserver", "reset", operation=operation, times=times)
        items: list[LiveEvent] = []
        async with asyncio.timeout(30):
            while not any(isinstance(item, LiveRestored) for item in items):
                with suppress(TimeoutError):
                    items.append(await asyncio.wait_for(live.__anext__(), 0.09))


async def _drain(live: AsyncLiveStream) -> None:
    async for _ in live:
        pass
