"""Data sources of generic events: strings over TCP and UDP, matched by expressions.

They are off until one is started, as in newer installations.
"""  # docs/protocol: events-generic

import asyncio
import contextlib
import re
from collections.abc import Sequence
from typing import Literal

from attrs import frozen

from milestone_sdk.simulator.eventserver.control import AlarmFacade
from milestone_sdk.simulator.wire.listener import Listener

__all__ = ["DataSource", "GenericEvent", "GenericEventReceiver"]

_NO_ACCESS = "No access"
_CHUNK = 4096
_MAXIMUM_TEXT = 1 << 20
_LINE_END = b"\r\n"


@frozen(kw_only=True)
class GenericEvent:
    """An event and the strings that raise it: `kind` is how the expression is compared with them."""

    name: str
    expression: str
    kind: Literal["search", "match", "regex"] = "search"
    priority: int = 1

    def matches(self, text: str) -> bool:
        """Whether a received string raises this event."""
        if self.kind == "regex":
            return re.search(self.expression, text) is not None
        return text == self.expression if self.kind == "match" else self.expression in text


@frozen(kw_only=True)
class DataSource:
    """How a source listens; the defaults are those of the shipped source "Compatible"."""

    separator: bytes = b""
    encoding: str = "cp1252"
    echo: Literal["full", "statistics", "none"] = "full"
    events: Sequence[GenericEvent] = ()
    ends_echo: bool = True
    """Whether the separator also ends the echo "statistics", which is not known."""

    @classmethod
    def international(cls, *events: GenericEvent) -> "DataSource":
        """The shipped source of that name."""
        return cls(separator=_LINE_END, encoding="utf-8", echo="statistics", events=events)


class GenericEventReceiver:
    """One data source, from `start` to `close`; `allowed` False is a sender who is not on the list."""

    def __init__(self, alarms: AlarmFacade, source: DataSource) -> None:
        self._alarms = alarms
        self.source = source
        self.allowed = True
        self.received: list[str] = []
        """Every string that was accepted, in order."""
        self.udp_port: int | None = None
        self._listener = Listener(self._connected)
        self._datagrams: asyncio.DatagramTransport | None = None

    @property
    def port(self) -> int | None:
        """The TCP port, kept over `close`; UDP has one of its own."""
        return self._listener.port

    async def start(self) -> None:
        """Listen on both, on the ports it had before or on free ones."""
        await self._listener.start()
        loop = asyncio.get_running_loop()
        address = ("127.0.0.1", self.udp_port or 0)
        self._datagrams, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), local_addr=address)
        self.udp_port = self._datagrams.get_extra_info("sockname")[1]

    async def close(self) -> None:
        """End both; harmless when closed."""
        await self._listener.close()
        if self._datagrams is not None:
            self._datagrams.close()
            self._datagrams = None

    def take(self, data: bytes) -> GenericEvent | None:
        """Accept one string: raise and return the event of the best priority that it matches."""
        text = data.decode(self.source.encoding, "replace")
        self.received.append(text)
        matched = sorted((event for event in self.source.events if event.matches(text)), key=lambda each: each.priority)
        if matched:
            self._alarms.trigger(matched[0].name)
        return matched[0] if matched else None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pending: bytes = b""
        number = 0
        while data := await reader.read(_CHUNK):
            if not self.allowed:
                writer.write(_NO_ACCESS.encode(self.source.encoding) + self.source.separator)
                await writer.drain()
                return
            if self.source.echo == "full":
                writer.write(data)
                await writer.drain()
            pending += data
            if len(pending) > _MAXIMUM_TEXT:
                return
            while self.source.separator and self.source.separator in pending:
                text, _, pending = pending.partition(self.source.separator)
                number += 1
                self._answer(writer, number, text)
        if pending:
            with contextlib.suppress(OSError):
                self._answer(writer, number + 1, pending)

    def _answer(self, writer: asyncio.StreamWriter, number: int, data: bytes) -> None:
        event = self.take(data)
        if self.source.echo == "statistics":
            length = len(data.decode(self.source.encoding, "replace"))
            counted = f"{number},{length},{int(event is not None)},{event.name if event else ''}"
            end = self.source.separator if self.source.ends_echo else b""
            writer.write(counted.encode(self.source.encoding) + end)


class _Datagrams(asyncio.DatagramProtocol):
    """One datagram is one string."""

    def __init__(self, receiver: GenericEventReceiver) -> None:
        self._receiver = receiver

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._receiver.allowed:
            self._receiver.take(data)
