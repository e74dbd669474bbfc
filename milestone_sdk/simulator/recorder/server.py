"""A recording server: one port for SOAP and ImageServer, distinguished by the first byte."""
# docs/protocol: imageserver-transport

from __future__ import annotations

import asyncio
import itertools
import random
import ssl

from milestone_sdk.simulator.host import Host
from milestone_sdk.simulator.recorder.cameras import RecorderCameras
from milestone_sdk.simulator.recorder.command import RecorderCommandService
from milestone_sdk.simulator.recorder.control import RecorderControl
from milestone_sdk.simulator.recorder.film import Film
from milestone_sdk.simulator.recorder.imageserver import ImageCall, ImageServerSession
from milestone_sdk.simulator.recorder.media import RecorderMedia
from milestone_sdk.simulator.recorder.outlet import Outlet
from milestone_sdk.simulator.recorder.ptz import PtzMove, RecorderPtz
from milestone_sdk.simulator.recorder.switches import RecorderSwitches
from milestone_sdk.simulator.site import Recorder
from milestone_sdk.simulator.wire.listener import Listener

_FIRST_BYTE_SECONDS = 60.0


class RecorderService:
    """Recorder `number` of a site, listening from `start` to `close`; it may start again on the same port.

    `switches` says how it behaves; `moves`, `image_calls` and `control` list what clients did.
    """

    def __init__(
        self,
        host: Host,
        recorder: Recorder,
        number: int = 0,
        *,
        film: Film | None = None,
        switches: RecorderSwitches | None = None,
    ) -> None:
        self.recorder = recorder
        self.switches: RecorderSwitches = RecorderSwitches() if switches is None else switches
        self.image_calls: list[ImageCall] = []
        """Every ImageServer request served, in order."""
        self.open_sessions: int = 0
        """How many ImageServer connections are open now."""
        self._host = host
        self._secure = False
        film = Film(self.switches) if film is None else film
        self._cameras = RecorderCameras(host.site, recorder.id, self.switches, film)
        self.control: RecorderControl = RecorderControl(self._cameras)
        self._ptz = RecorderPtz(self._cameras)
        media = RecorderMedia(self._cameras)
        operations = {**media.operations, **self.control.operations, **self._ptz.operations}
        self._command = RecorderCommandService(recorder, host.tokens, self.switches, operations)
        self._listener = Listener(self._connected, port=host.ports.get("recorder") if number == 0 else None)
        self._sessions = itertools.count(1)
        self._random = random.Random(host.seed + number)

    @property
    def port(self) -> int | None:
        """The port, kept over `close`."""
        return self._listener.port

    @property
    def moves(self) -> list[PtzMove]:
        """The PTZ commands that were accepted, in order."""
        return self._ptz.moves

    async def start(self, port: int | None = None) -> None:
        """Listen on that port, the one it had before, or a free one; sets the recorder's `uri`."""
        await self._listener.start(port)
        scheme = "https" if self._secure else "http"
        self.recorder.uri = f"{scheme}://127.0.0.1:{self._listener.port}/"

    def encrypt(self, context: ssl.SSLContext | None) -> None:
        """Use TLS from the first byte on, or plain connections without a context, from the next `start` on."""
        self._secure = context is not None
        self._listener.encrypt(context)

    async def close(self) -> None:
        """End every connection and stop listening; harmless when closed."""
        await self._listener.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_FIRST_BYTE_SECONDS):
                first = await reader.read(1)
        except TimeoutError:
            return
        if first == b"<":
            self.open_sessions += 1
            try:
                outlet = Outlet(writer, self._host.faults, self.switches, random.Random(self._random.random()))
                note = self.image_calls.append
                session = ImageServerSession(
                    next(self._sessions), reader, outlet, self._cameras, self._host.tokens, note
                )
                await session.run(first)
            finally:
                self.open_sessions -= 1
        elif first.isalpha():
            await self._host.serve(
                reader, writer, self._command, secure=self._secure, service="recorder", initial=first, dated=False
            )
