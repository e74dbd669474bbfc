"""What live video costs: processor time for each of 64 streams in one asyncio process, and memory.

The recorder is a process of its own on loopback. It sends each stream 25 pictures a second, 4 Mbit/s: a key frame of
80 kB each second, the others 17 kB. What it costs to read the same bytes and drop them is measured beside it.
"""

import asyncio
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

from milestone_sdk._async.video.connection import AsyncImageServerConnection
from milestone_sdk._async.video.live import ARENA, AsyncLiveStream
from milestone_sdk._net.asyncio import AsyncClock, open_stream
from milestone_sdk._protocol.video.requests import LiveOptions, Transcode
from milestone_sdk.models import Frame
from tests.support.imageserver_wire import CONNECTED, method_response, packet, single

STREAMS = 64
SECONDS = 10.0
PER_SECOND = 25
DEVICE = UUID(int=1)
KEY, OTHER = b"\0\0\0\1\x65" + bytes(80_000), b"\0\0\0\1\x41" + bytes(17_500)


def serve() -> None:
    """The recorder: prints its port, then sends until it is ended."""
    asyncio.run(_serve())


async def _serve() -> None:
    async def session(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(method_response(1, "connect", **CONNECTED))
            await reader.readuntil(b"\r\n\r\n")
            number, began = 0, time.monotonic()
            key = 0
            while True:
                now = int(time.time() * 1000)
                is_key = number % PER_SECOND == 0
                key = now if is_key else key
                body = packet(now, KEY if is_key else OTHER, key_time=None if is_key else key)
                writer.write(single(2, (0, now, 0), body))
                await writer.drain()
                number += 1
                await asyncio.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    server = await asyncio.start_server(session, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def play(port: int, end: float) -> int:
    async def nothing() -> str:
        return "token"

    connection = AsyncImageServerConnection(
        DEVICE,
        connect=lambda: open_stream("127.0.0.1", port, context=None, timeout=10),
        token=nothing,
        clock=AsyncClock(),
        timeout=10.0,
        arena=ARENA,
    )
    stream = AsyncLiveStream(
        connection,
        LiveOptions(),
        transcode=None,
        jpeg=Transcode(),
        max_age=5.0,
        silence=10.0,
        check=nothing,
    )
    count = 0
    async with stream as live:
        async for event in live:
            count += isinstance(event, Frame)
            if time.monotonic() > end:
                break
    return count


async def read_plainly(port: int, end: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    writer.write(b"<connect />\r\n\r\n<live />\r\n\r\n")
    total = 0
    while time.monotonic() < end:
        total += len(await reader.read(256 << 10))
    writer.close()
    return total // ((len(KEY) + 24 * len(OTHER)) // 25)


async def _all(port: int, work: Callable[[int, float], Awaitable[int]]) -> tuple[float, int]:
    began, end = time.process_time(), time.monotonic() + SECONDS
    counts = await asyncio.gather(*(work(port, end) for _ in range(STREAMS)))
    return time.process_time() - began, sum(counts)


def run() -> None:
    """Print processor time for each stream, as a share of one processor."""
    code = "from tests.benchmarks.live import serve; serve()"
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, text=True) as recorder:
        try:
            assert recorder.stdout is not None
            port = int(recorder.stdout.readline())
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            for name, work in (("live video", play), ("a plain stream", read_plainly)):
                seconds, frames = asyncio.run(_all(port, work))
                grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
                print(
                    f"{name}: {STREAMS} streams, {frames / SECONDS / STREAMS:.1f} frames/s each, "
                    f"{seconds / SECONDS / STREAMS:.2%} of a processor each, {seconds / max(frames, 1) * 1e6:.0f} us a "
                    f"frame, {grown / 1024:.0f} MiB more memory at most",
                    flush=True,
                )
        finally:
            recorder.terminate()
