"""The connection to a receiver of ANSI/SIA DC-09: one message at a time, and its answer."""

import asyncio
import logging
import re
from datetime import datetime, timedelta
from typing import Final

from ...._arguments import check_seconds, check_type
from ...._net.asyncio import AsyncClock, AsyncStream, open_stream
from ...._protocol.secrets import Sealed
from ....errors import ConfigurationError, ConnectionLost
from .frames import Answer, AnswerReader, Message, encode

__all__ = ["Dc09Connection"]

_logger = logging.getLogger("milestone_sdk.patriot.sinks.dc09")

_KEY: Final = re.compile(r"(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{48}|[0-9A-Fa-f]{64})")
_SIX_DIGITS: Final = re.compile(r"[0-9A-Fa-f]{1,6}")
_READ: Final = 4096


class Dc09Connection:
    """Connects when a message is sent, and keeps the connection until an answer is missing or cannot be read."""

    def __init__(
        self,
        host: str,
        port: int,
        receiver: str,
        line: str,
        key: str | None,
        timestamps: bool,
        encoding: str,
        answer_timeout: float,
        clock: AsyncClock,
    ) -> None:
        check_type("host", host, str)
        if not host or re.search(r"[\s/@]", host):
            raise ConfigurationError("host must be a name or an IP address", hint="write it without a scheme")
        check_type("port", port, int)
        if not 0 < port < 65536:
            raise ConfigurationError(f"port must be from 1 to 65535, got {port}")
        for name, value in (("receiver", receiver), ("line", line)):
            check_type(name, value, str)
            if not _SIX_DIGITS.fullmatch(value) and (value or name == "line"):
                raise ConfigurationError(f"{name} must be 1 to 6 hexadecimal digits, got {value!r}")
        check_type("timestamps", timestamps, bool)
        if key is not None and not timestamps:
            raise ConfigurationError("timestamps cannot be off with a key: encrypted messages must have them")
        check_seconds("answer_timeout", answer_timeout)
        self.server = f"{host}:{port}"
        self._host, self._port, self._receiver, self._line = host, port, receiver, line
        self._key = _read_key(key)
        self._timestamps, self._encoding = timestamps, encoding
        self._answer_timeout = answer_timeout
        self._clock = clock
        self._offset = timedelta()
        self._stream: AsyncStream | None = None
        self._reader = AnswerReader()

    @property
    def is_open(self) -> bool:
        """Whether there is a connection, as far as this side knows."""
        return self._stream is not None

    async def exchange(self, message: Message, sequence: int) -> Answer:
        """Send a message once, and return its answer; the connection ends when there is none.

        Raises errors of the network, and `RemoteProtocolError` for an answer that cannot be read.
        """
        try:
            if self._stream is None:
                self._stream = await open_stream(self._host, self._port, context=None, timeout=self._answer_timeout)
                self._reader = AnswerReader(self._revealed_key())
            time: datetime | None = self._clock.utcnow() + self._offset if self._timestamps else None
            frame = encode(
                message,
                sequence,
                receiver=self._receiver,
                line=self._line,
                time=time,
                key=self._revealed_key(),
                encoding=self._encoding,
            )
            await self._stream.write(frame, self._answer_timeout)
            return await self._answer(self._stream, sequence)
        except BaseException:
            await self.aclose()
            raise

    def _revealed_key(self) -> bytes | None:
        """Return the key; never keep it in a local variable, which tracebacks may show."""
        return self._key.reveal() if self._key else None

    async def _answer(self, stream: AsyncStream, sequence: int) -> Answer:
        """Return the answer to one message, and leave out those to earlier ones, which come late."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._answer_timeout
        while True:
            while (answer := self._reader.next_answer()) is not None:
                if answer.kind == "NAK" or answer.sequence == sequence:
                    return answer
            data = await stream.read(_READ, max(end - loop.time(), 0.001))
            if not data:
                raise ConnectionLost("the receiver closed the connection before it answered")
            self._reader.feed(data)

    def follow_clock_of(self, refusal: Answer) -> bool:
        """Use the time that the receiver sent with a NAK. Return whether that changes the timestamps."""
        if refusal.time is None or not self._timestamps:
            return False
        before = self._offset
        self._offset = refusal.time - self._clock.utcnow()
        changed = abs(self._offset - before) >= timedelta(seconds=1)
        if changed:
            _logger.warning(
                "the clock of the receiver at %s is %+d seconds from that of this computer; timestamps follow it",
                self.server,
                round(self._offset.total_seconds()),
            )
        return changed

    async def aclose(self) -> None:
        """End the connection; the next message makes a new one."""
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.aclose()


def _read_key(key: str | None) -> Sealed[bytes] | None:
    check_type("key", key, str, type(None))
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise ConfigurationError(f"key must be 32, 48 or 64 hexadecimal digits, got {len(key)} characters")
    return Sealed(bytes.fromhex(key))
