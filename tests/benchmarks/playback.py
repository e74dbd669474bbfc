"""How fast recorded video comes through, against reading the same octets from the same socket and dropping them.

The recorder is a process of its own on loopback that sends prebuilt groups of pictures, one for each request, as a
1080p camera makes them: a key frame of 120 kB and 24 pictures of 12 to 20 kB. Both readers keep three requests on
their way. They take turns, and the median of many rounds counts: a single one says more about the machine's other work.
"""

import asyncio
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from uuid import UUID

from milestone_sdk._async.video.connection import AsyncImageServerConnection
from milestone_sdk._async.video.playback import AsyncPlayback
from milestone_sdk._net import asyncio as waiting
from milestone_sdk._net import blocking
from milestone_sdk._protocol.video.imageserver import ImageServerProtocol
from milestone_sdk._protocol.video.packets import from_milliseconds
from milestone_sdk._protocol.video.requests import Step
from milestone_sdk._sync.video.connection import ImageServerConnection
from milestone_sdk._sync.video.playback import Playback
from milestone_sdk.models import TimeSpan
from tests.support.imageserver_wire import CONNECTED, method_response, multipart, packet

GROUPS = 100
PER_GROUP = 25
ROUNDS = 40
START = 1_773_480_402_906
SPAN = TimeSpan(from_milliseconds(START), from_milliseconds(START + 1000 * GROUPS - 1))
DEVICE = UUID(int=1)
READ_SIZE = 256 << 10
END = b"\r\n\r\n"


def group(number: int) -> bytes:
    """The answer that carries one second of video; requests 1 and 2 are `connect` and `goto`."""
    chance = random.Random(number)
    key = START + 1000 * number
    sizes = [120_000] + [chance.randrange(12_000, 20_000) for _ in range(PER_GROUP - 1)]
    parts = [
        packet(key + 40 * place, chance.randbytes(size), key_time=key if place else None)
        for place, size in enumerate(sizes)
    ]
    return multipart(number + 2, (key - 1000, key, key + 1000), parts)


def serve() -> None:
    """The recorder: prints its port, then serves one connection after the other until it is ended."""
    answers = [method_response(1, "connect", **CONNECTED), *map(group, range(GROUPS))]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], sum(map(len, answers)), flush=True)
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                pending, number = b"", 0
                try:
                    while data := connection.recv(65536):
                        *requests, pending = (pending + data).split(END)
                        for _ in requests:
                            connection.sendall(answers[number])
                            number += 1
                except OSError:
                    continue


def requests() -> list[bytes]:
    protocol = ImageServerProtocol(DEVICE)
    return [protocol.connect("token"), protocol.goto(START), *(protocol.step(Step.NEXT) for _ in range(GROUPS - 1))]


def read_plainly(port: int, total: int) -> None:
    asked = requests()
    per_answer = total / len(asked)
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        read = sent = 0
        while read < total:
            while sent < len(asked) and sent - read / per_answer < 3:
                connection.sendall(asked[sent])
                sent += 1
            read += len(connection.recv(READ_SIZE))


async def read_plainly_async(port: int, total: int) -> None:
    asked = requests()
    per_answer = total / len(asked)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    read = sent = 0
    while read < total:
        while sent < len(asked) and sent - read / per_answer < 3:
            writer.write(asked[sent])
            sent += 1
        read += len(await reader.read(READ_SIZE))
    writer.close()
    await writer.wait_closed()


def play(port: int) -> None:
    connection = ImageServerConnection(
        DEVICE,
        connect=lambda: blocking.open_stream("127.0.0.1", port, context=None, timeout=10),
        token=lambda: "token",
        clock=blocking.Clock(),
        timeout=10.0,
    )
    with Playback(connection, SPAN) as playback:
        count = sum(1 for _ in playback)
    assert count == GROUPS * PER_GROUP


async def play_async(port: int) -> None:
    async def token() -> str:
        return "token"

    connection = AsyncImageServerConnection(
        DEVICE,
        connect=lambda: waiting.open_stream("127.0.0.1", port, context=None, timeout=10),
        token=token,
        clock=waiting.AsyncClock(),
        timeout=10.0,
    )
    async with AsyncPlayback(connection, SPAN) as playback:
        count = 0
        async for _ in playback:
            count += 1
    assert count == GROUPS * PER_GROUP


def compare(name: str, total: int, plainly: Callable[[], object], ours: Callable[[], object]) -> float:
    """Return our throughput as a share of the plain one."""
    plain, playing = zip(*((_rate(total, plainly), _rate(total, ours)) for _ in range(ROUNDS)), strict=True)
    share = median(one / other for one, other in zip(playing, plain, strict=True))
    print(
        f"playback, {name}: {median(playing):.0f} MB/s, {share:.2f} of a plain socket "
        f"({median(plain):.0f} MB/s); at least 0.50"
    )
    return share


def _rate(total: int, work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return total / (time.perf_counter() - start) / 1e6


def run() -> None:
    """Print the shares and what they must not fall below."""
    code = "from tests.benchmarks.playback import serve; serve()"
    root = Path(__file__).parents[2]
    recorder = subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, text=True)
    try:
        assert recorder.stdout is not None
        port, total = map(int, recorder.stdout.readline().split())
        compare("blocking", total, lambda: read_plainly(port, total), lambda: play(port))
        compare(
            "asyncio",
            total,
            lambda: asyncio.run(read_plainly_async(port, total)),
            lambda: asyncio.run(play_async(port)),
        )
    finally:
        recorder.terminate()
        recorder.wait(10)
        if recorder.stdout is not None:
            recorder.stdout.close()
