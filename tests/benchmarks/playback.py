"""How fast recorded video is read, compared with reading the same bytes from the same socket and dropping them.

The recorder is a process of its own on loopback that sends prebuilt answers, one for each request: groups of 30
pictures, as a 1080p camera makes them (a key frame of 120 kB and 29 pictures of 12 to 20 kB), or JPEG of 100 kB. Both
readers connect to the same name and send the same requests, as many at once and as far ahead. They take turns, and the
median of many rounds counts: a single round says more about the machine's other work. The share of processor time
depends less on that. Five minutes of video are played at once, so that connecting counts little.
"""

import asyncio
import math
import random
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Literal
from uuid import UUID

from attrs import frozen

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
from milestone_sdk.simulator.wire.authority import Authority
from tests.support.imageserver_wire import CONNECTED, method_response, multipart, packet, single

ANSWERS = {"groups of 30 pictures": 300, "JPEG of 100 kB": 1800}
AHEAD = {"groups of 30 pictures": 3, "JPEG of 100 kB": 12}
PER_GROUP = 30
ROUNDS = 30
START = 1_773_480_402_906
DEVICE = UUID(int=1)
HOST = "localhost"
READ_SIZE = 256 << 10
END = b"\r\n\r\n"


def group(number: int) -> bytes:
    """The answer that carries one second of video; requests 1 and 2 are `connect` and `goto`."""
    chance = random.Random(number)
    key = START + 1000 * number
    sizes = [120_000] + [chance.randrange(12_000, 20_000) for _ in range(PER_GROUP - 1)]
    parts = [
        packet(key + 33 * place, chance.randbytes(size), key_time=key if place else None)
        for place, size in enumerate(sizes)
    ]
    return multipart(number + 2, (key - 1000, key, key + 1000), parts)


def still(number: int) -> bytes:
    """The answer that carries one JPEG."""
    time = START + 1000 * number
    body = b"\xff\xd8" + random.Random(number).randbytes(99_998)
    return single(number + 2, (time - 1000, time, time + 1000), body, kind="image/jpeg")


def serve(kind: str, certificate: str) -> None:
    """The recorder: prints its port, then serves one connection after the other until it is ended."""
    make = group if kind.startswith("groups") else still
    answers = [method_response(1, "connect", **CONNECTED), *map(make, range(ANSWERS[kind]))]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
    if context is not None:
        context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], sum(map(len, answers)), flush=True)
        while True:
            accepted, _ = listener.accept()
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                with context.wrap_socket(accepted, server_side=True) if context else accepted as connection:
                    pending, number = b"", 0
                    while data := connection.recv(65536):
                        *requests, pending = (pending + data).split(END)
                        for _ in requests:
                            connection.sendall(answers[number])
                            number += 1
            except OSError:
                continue


@frozen
class Run:
    """One recorder, and the four ways to read from it."""

    kind: str
    port: int
    total: int
    context: ssl.SSLContext | None

    @property
    def requests(self) -> list[bytes]:
        protocol = ImageServerProtocol(DEVICE)
        steps = [protocol.step(Step.NEXT) for _ in range(ANSWERS[self.kind] - 1)]
        return [protocol.connect("token"), protocol.goto(START), *steps]

    @property
    def span(self) -> TimeSpan:
        return TimeSpan(from_milliseconds(START), from_milliseconds(START + 1000 * ANSWERS[self.kind] - 1))

    def due(self, unanswered: float) -> int:
        """How many requests to send now: as many at once, and as far ahead, as playback does."""
        ahead = AHEAD[self.kind]
        return 0 if 2 * unanswered > ahead else ahead - math.ceil(unanswered)

    def read_plainly(self) -> None:
        asked = self.requests
        per_answer = self.total / len(asked)
        with socket.create_connection((HOST, self.port)) as plain:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.context.wrap_socket(plain, server_hostname=HOST) if self.context else plain as connection:
                read = sent = 0
                while read < self.total:
                    if sent < len(asked) and (due := self.due(sent - read / per_answer)):
                        connection.sendall(b"".join(asked[sent : sent + due]))
                        sent += due
                    read += len(connection.recv(READ_SIZE))

    def read_plainly_async(self) -> None:
        asyncio.run(self._read_plainly_async())

    async def _read_plainly_async(self) -> None:
        asked = self.requests
        reader, writer = await asyncio.open_connection(
            HOST,
            self.port,
            limit=1 << 20,
            ssl=self.context,
            server_hostname=HOST if self.context else None,
        )
        per_answer = self.total / len(asked)
        read = sent = 0
        while read < self.total:
            if sent < len(asked) and (due := self.due(sent - read / per_answer)):
                writer.write(b"".join(asked[sent : sent + due]))
                sent += due
            read += len(await reader.read(READ_SIZE))
        writer.close()
        await writer.wait_closed()

    def play(self) -> None:
        connection = ImageServerConnection(
            DEVICE,
            connect=lambda: blocking.open_stream(HOST, self.port, context=self.context, timeout=10),
            token=lambda: "token",
            clock=blocking.Clock(),
            timeout=10.0,
        )
        with Playback(connection, self.span, codec=self.codec) as playback:
            self.check(sum(1 for _ in playback))

    def play_async(self) -> None:
        asyncio.run(self._play_async())

    async def _play_async(self) -> None:
        async def token() -> str:
            return "token"

        connection = AsyncImageServerConnection(
            DEVICE,
            connect=lambda: waiting.open_stream(HOST, self.port, context=self.context, timeout=10),
            token=token,
            clock=waiting.AsyncClock(),
            timeout=10.0,
        )
        count = 0
        async with AsyncPlayback(connection, self.span, codec=self.codec) as playback:
            async for _ in playback:
                count += 1
        self.check(count)

    @property
    def codec(self) -> Literal["native", "jpeg"]:
        return "native" if self.kind.startswith("groups") else "jpeg"

    def check(self, count: int) -> None:
        assert count == ANSWERS[self.kind] * (PER_GROUP if self.codec == "native" else 1)


def compare(name: str, total: int, plainly: Callable[[], None], ours: Callable[[], None]) -> None:
    """Print our throughput as a share of the plain one."""
    rounds = [(_measure(plainly), _measure(ours)) for _ in range(ROUNDS)]
    share, processor = (median(plain[which] / own[which] for plain, own in rounds) for which in (0, 1))
    rates = [total / median(pair[which][0] for pair in rounds) / 1e6 for which in (0, 1)]
    print(
        f"playback, {name}: {rates[1]:.0f} MB/s, {share:.2f} of a plain socket ({rates[0]:.0f} MB/s), "
        f"by processor time {processor:.2f}",
        flush=True,
    )


def _measure(work: Callable[[], None]) -> tuple[float, float]:
    """Return the seconds that passed, and those that this process computed."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def run() -> None:
    """Print the shares. The aim is 0.8 without TLS; with TLS, decryption outweighs all else."""
    with TemporaryDirectory() as folder:
        authority = Authority(Path(folder))
        certificate = str(authority.issue([HOST]))
        trusting = ssl.create_default_context(cafile=str(authority.ca_file))
        for context in (None, trusting):
            for kind in ANSWERS:
                _compare_faces(kind, context, certificate if context else "")


def _compare_faces(kind: str, context: ssl.SSLContext | None, certificate: str) -> None:
    code = "import sys; from tests.benchmarks.playback import serve; serve(*sys.argv[1:])"
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", code, kind, certificate]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as recorder:
        try:
            assert recorder.stdout is not None
            port, total = map(int, recorder.stdout.readline().split())
            one = Run(kind, port, total, context)
            name = f"{kind}{', TLS' if context else ''}"
            compare(f"{name}, blocking", total, one.read_plainly, one.play)
            compare(f"{name}, asyncio", total, one.read_plainly_async, one.play_async)
        finally:
            recorder.terminate()
