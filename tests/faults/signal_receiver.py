"""A receiver of signals that may be killed: what it acknowledged stands in a file, which outlives it."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

from attrs import frozen

from milestone_sdk.errors import SinkUnavailable
from milestone_sdk.patriot import Signal

__all__ = ["Receiver", "TcpSink", "read_signals"]

_LONGEST = 1 << 20


@frozen
class Receiver:
    """Where the receiver listens and what it writes; crosses into its process."""

    port: int
    journal: Path

    def run(self) -> None:
        """Take one signal of each connection, forever."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        file = os.open(self.journal, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(file, len(_whole(self.journal.read_bytes())))  # the last line of one that was killed may be torn
        os.lseek(file, 0, os.SEEK_END)

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                line = await reader.readline()
                if line.endswith(b"\n"):
                    os.write(file, line)
                    os.fsync(file)
                    writer.write(b"taken\n")
                    await writer.drain()
            except OSError:
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(take, "127.0.0.1", self.port, limit=_LONGEST)
        async with server:
            await server.serve_forever()


class TcpSink:
    """Hands signals to that receiver, each on a connection of its own."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def send(self, signal: Signal) -> None:
        """Return once the receiver has written the signal."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            try:
                writer.write(json.dumps(signal.as_dict()).encode("ascii") + b"\n")
                answer = await reader.readline()
            finally:
                writer.close()
        except OSError as error:
            raise SinkUnavailable(f"no connection: {error}", key=signal.key) from error
        if answer != b"taken\n":
            raise SinkUnavailable("the connection was closed before the acknowledgement", key=signal.key)

    async def aclose(self) -> None:
        """There is nothing to close."""


def read_signals(path: Path) -> list[dict[str, Any]]:
    """Return the signals that were acknowledged, or written and not acknowledged, in order."""
    return [json.loads(line) for line in _whole(path.read_bytes()).splitlines()] if path.exists() else []


def _whole(content: bytes) -> bytes:
    return content[: content.rfind(b"\n") + 1]
