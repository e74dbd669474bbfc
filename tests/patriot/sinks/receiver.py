"""A receiver of DC-09 for tests, which accepts only what the standard allows; it shares no code with the library."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from Crypto.Cipher import AES

TIME = r"\d\d:\d\d:\d\d,\d\d-\d\d-\d{4}"
HEAD = re.compile(
    rb'"(\*?)(SIA-DCS|ADM-CID|NULL)"(\d{4})(?:R([0-9A-F]{1,6}))?L([0-9A-F]{1,6})#([0-9A-F]{3,16})\[(.*)', re.S
)
PADDING = re.compile(rb"[^\x00-\x20|\[\]\x7f-\xff]{1,16}\|")
REST = re.compile(rf"([^\[\]]*)\]((?:\[[A-Z][^\[\]]*\])*)(?:_({TIME}))?")
SIA = re.compile(r"#([0-9A-F]{3,16})\|N(?:ri(\d{1,4})/)?([A-Z]{2})(\d{3,4})(?:\^([^\^|\[\]]+)\^)?")
CID = re.compile(r"#([0-9A-F]{3,16})\|([136])(\d{3}) (\d\d) (\d{3})")


class Received(NamedTuple):
    token: str
    sequence: int
    account: str
    encrypted: bool
    time: datetime | None
    code: str = ""
    zone: int = 0
    text: str = ""
    area: int | None = None
    extended: tuple[str, ...] = ()


def _table_entry(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value


TABLE = [_table_entry(value) for value in range(256)]


def crc(data: bytes) -> int:
    value = 0
    for byte in data:
        value = TABLE[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value


def framed(body: str) -> bytes:
    data = body.encode("latin-1")
    return b"\n" + f"{crc(data):04X}{len(data):04X}".encode() + data + b"\r"


def cipher(key: bytes) -> Any:
    return AES.new(key, AES.MODE_CBC, bytes(16))


def parse(frame: bytes, key: bytes | None = None, encoding: str = "ascii") -> Received:
    assert frame[:1] == b"\n"
    assert frame[-1:] == b"\r"
    assert frame.count(b"\n") == frame.count(b"\r") == 1
    body = frame[9:-1]
    assert frame[1:5] == b"%04X" % crc(body)
    assert frame[5:9] == b"0%03X" % len(body)
    found = HEAD.fullmatch(body)
    assert found, body
    star, token, sequence, _, _, account, rest = found.groups()
    assert bool(star) == (key is not None)
    if key is not None:
        assert re.fullmatch(rb"(?:[0-9A-F]{32})+", rest)
        rest = cipher(key).decrypt(bytes.fromhex(rest.decode()))
        cut = PADDING.match(rest)
        assert cut, rest
        rest = rest[cut.end() :]
    content = REST.fullmatch(rest.decode(encoding))
    assert content, rest
    data, more, time = content.groups()
    stamp = None if time is None else datetime.strptime(time, "%H:%M:%S,%m-%d-%Y").replace(tzinfo=UTC)
    extended = tuple(re.findall(r"\[([^\[\]]*)\]", more))
    common = (token.decode(), int(sequence), account.decode(), bool(star), stamp)
    if token == b"NULL":
        assert data == ""
        return Received(*common)
    if token == b"SIA-DCS":
        parts = SIA.fullmatch(data)
        assert parts, data
        again, area, code, zone, text = parts.groups()
        where = None if area is None else int(area)
    else:
        parts = CID.fullmatch(data)
        assert parts, data
        again, qualifier, event, area, zone = parts.groups()
        code, text, where = qualifier + event, "", int(area)
    assert again == account.decode()
    return Received(*common, code, int(zone), text or "", where, extended)


def answer(kind: str, received: Received, *, key: bytes | None = None, time: datetime | None = None) -> bytes:
    stamp = "" if time is None else f"_{time:%H:%M:%S,%m-%d-%Y}"
    if kind == "NAK":
        return framed(f'"NAK"0000R0L0A0[]{stamp}')
    head = f"{received.sequence:04}R0L0#{received.account}["
    if key is None or kind == "DUH":
        return framed(f'"{kind}"{head}]{stamp}')
    rest = f"|]{stamp or '_12:00:00,03-01-2026'}"
    rest = "x" * (16 - len(rest) % 16) + rest
    return framed(f'"*{kind}"{head}{cipher(key).encrypt(rest.encode()).hex().upper()}')


class Receiver:
    """Notes what it receives, and answers each message with what `script` has next, at the end always with ACK.

    A step is the kind of an answer, bytes, a function of the message, or `None`: no answer. `"close"` ends the
    connection. `cut` is after how many bytes of each answer of the script it ends.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self.key = key
        self.received: list[Received] = []
        self.script: list[str | bytes | Callable[[Received], bytes] | None] = []
        self.cut: int | None = None
        self.connections = 0
        self.arrived = asyncio.Event()
        self.port = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                message = parse(await reader.readuntil(b"\r"), self.key)
                self.received.append(message)
                self.arrived.set()
                step = self.script.pop(0) if self.script else "ACK"
                if step == "close":
                    return
                if step is None:
                    continue
                if callable(step):
                    data = step(message)
                else:
                    data = step if isinstance(step, bytes) else answer(step, message, key=self.key)
                if self.cut is not None and step != "ACK":
                    writer.write(data[: self.cut])
                    await writer.drain()
                    return
                writer.write(data)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def wait_for(self, count: int) -> None:
        while len(self.received) < count:
            self.arrived.clear()
            await self.arrived.wait()


@asynccontextmanager
async def receiving(key: bytes | None = None) -> AsyncGenerator[Receiver]:
    receiver = Receiver(key)
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    async with asyncio.timeout(30):
        try:
            yield receiver
        finally:
            server.close()
