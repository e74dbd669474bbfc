"""How ImageServer messages leave a socket: whole, in random fragments, or broken on purpose."""

from __future__ import annotations

import asyncio
import random

from milestone_sdk.simulator.recorder.switches import RecorderSwitches
from milestone_sdk.simulator.wire.faults import Fault, Faults
from milestone_sdk.simulator.wire.listener import reset_connection

_JUNK = b"\x00\xffjunk<\r\n\r\n"
_LONGEST_PAUSE = 600.0
_HELD_AT_MOST = 64 << 10


class ConnectionEnded(Exception):
    """A fault ended the connection; nothing more can be sent."""


class Outlet:
    """The sending side of one ImageServer connection; messages of concurrent senders never mix."""

    def __init__(
        self, writer: asyncio.StreamWriter, faults: Faults, switches: RecorderSwitches, rng: random.Random
    ) -> None:
        self._writer = writer
        self._faults = faults
        self._switches = switches
        self._rng = rng
        self._lock = asyncio.Lock()
        self._held = bytearray()

    async def send(self, operation: str, message: bytes, *, more: bool = False) -> None:
        """Send one message under the faults of its operation; `more` says that another one follows at once."""
        async with self._lock:
            faults = self._faults.take("imageserver", operation)
            if faults:
                await self._send_held()
                for fault in faults:
                    message = await self._prepared(fault, message)
                await self._strike(faults[-1], message)
            elif self._switches.fragment:
                self._held += message
                if not more or len(self._held) > _HELD_AT_MOST:
                    await self._send_held()
            else:
                await self._send_held()
                await self._write(message)

    def between_messages(self) -> asyncio.Lock:
        """An async context in which nothing is sent, so that a sender can be cancelled without cutting a message."""
        return self._lock

    def end(self) -> None:
        """Close the connection once everything written has been sent."""
        self._writer.close()

    @staticmethod
    async def _prepared(fault: Fault, message: bytes) -> bytes:
        """The message under a fault that leaves the sending to the next one."""
        if fault.kind == "delay":
            await asyncio.sleep(_pause(fault, "seconds", 1.0))
        elif fault.kind == "desync":
            at = fault.point(len(message), default=0)
            return message[:at] + fault.data("bytes", _JUNK) + message[at:]
        return message

    async def _strike(self, fault: Fault, message: bytes) -> None:
        if fault.kind in ("delay", "desync"):
            await self._write(message)
        elif fault.kind == "slicer":
            size = max(1, int(fault.number("size", 16)))
            for start in range(0, len(message), size):
                await self._write(message[start : start + size])
                await asyncio.sleep(_pause(fault, "delay", 0.0))
        elif fault.kind == "stall":
            at = fault.point(len(message))
            await self._write(message[:at])
            await asyncio.sleep(_pause(fault, "seconds", _LONGEST_PAUSE))
            await self._write(message[at:])
        elif fault.kind == "repeat":
            await self._write(message)
            while not self._writer.is_closing():
                await asyncio.sleep(_pause(fault, "delay", 0.0))
                await self._write(fault.data("bytes", message))
        else:
            at = fault.point(len(message), default=0.5 if fault.kind == "truncate" else 0)
            await self._write(message[:at])
            if fault.kind == "reset":
                reset_connection(self._writer)
            else:
                self._writer.close()
            raise ConnectionEnded(fault.kind)

    async def _send_held(self) -> None:
        held, self._held = bytes(self._held), bytearray()
        start = 0
        while start < len(held):
            size = self._rng.choice((1, 2, 3, 7, 64, 512, 1460, 8192))
            await self._write(held[start : start + size])
            await asyncio.sleep(0)
            start += size

    async def _write(self, data: bytes) -> None:
        if data:
            self._writer.write(data)
            await self._writer.drain()


def _pause(fault: Fault, option: str, default: float) -> float:
    return max(0.0, min(fault.number(option, default), _LONGEST_PAUSE))
