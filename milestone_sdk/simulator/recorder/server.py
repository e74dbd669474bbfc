"""A recording server: one port for SOAP and ImageServer, told apart by the first octet (protocol/recording.md 2.1)."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import ssl
from collections.abc import Generator

from milestone_sdk.simulator.host import Host
from milestone_sdk.simulator.recorder.cameras import RecorderCameras
from milestone_sdk.simulator.recorder.command import RecorderCommandService
from milestone_sdk.simulator.recorder.control import PtzMove, RecorderControl
from milestone_sdk.simulator.recorder.film import Film
from milestone_sdk.simulator.recorder.imageserver import ImageCall, ImageServerSession
from milestone_sdk.simulator.recorder.media import RecorderMedia
from milestone_sdk.simulator.recorder.outlet import Outlet
from milestone_sdk.simulator.recorder.switches import RecorderSwitches
from milestone_sdk.simulator.site import Recorder
from milestone_sdk.simulator.wire.listener import Listener

_FIRST_OCTET_SECONDS = 60.0


class RecorderService:
    """One recorder of a site, listening from `start` to `close`; it may start again on the same port.

    `context` is the TLS context of an encrypted recorder, None for a plain one: on an encrypted one TLS begins with the
    first octet, and plain connections are not served. `switches` says how it behaves; `moves`, `image_calls` and
    `control` tell what clients did.
    """

    def __init__(
        self,
        host: Host,
        recorder: Recorder,
        number: int = 0,
        *,
        context: ssl.SSLContext | None = None,
        film: Film | None = None,
        switches: RecorderSwitches | None = None,
    ) -> None:
        self.recorder = recorder
        self.switches = RecorderSwitches() if switches is None else switches
        self.image_calls: list[ImageCall] = []
        """Every ImageServer request served, in order."""
        self._host = host
        self._secure = context is not None
        self._film = Film(self.switches) if film is None else film
        self._cameras = RecorderCameras(host.site, recorder.id)
        self.control = RecorderControl(self._cameras, self.switches, host.site.now)
        media = RecorderMedia(self._cameras, self._film, self.switches, host.site.now)
        self._command = RecorderCommandService(recorder, host.tokens, media, self.control, self.switches)
        port = host.ports.get("recorder") if number == 0 else None
        self._listener = Listener(self._connected, context=context, port=port)
        self._sessions = itertools.count(1)
        self._open_sessions = 0
        self._random = random.Random(host.seed + number)

    @property
    def port(self) -> int | None:
        """The port, kept over `close`."""
        return self._listener.port

    @property
    def moves(self) -> list[PtzMove]:
        """The PTZ commands that were accepted, in order."""
        return self.control.moves

    @property
    def open_sessions(self) -> int:
        """How many ImageServer connections are open now."""
        return self._open_sessions

    async def start(self, port: int | None = None) -> None:
        """Listen on that port, the one it had before, or a free one; the recorder's `uri` is set."""
        await self._listener.start(port)
        scheme = "https" if self._secure else "http"
        self.recorder.uri = f"{scheme}://127.0.0.1:{self._listener.port}/"

    def encrypt(self, context: ssl.SSLContext | None) -> None:
        """Use TLS, or `None`: not, from the next `start` on, as after the recorder got its certificate."""
        self._secure = context is not None
        self._listener.encrypt(context)

    async def close(self) -> None:
        """End every connection and stop listening; harmless when closed."""
        await self._listener.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_FIRST_OCTET_SECONDS):
                first = await reader.read(1)
        except TimeoutError:
            return
        if first == b"<":
            with self._session() as number:
                await self._serve_images(number, reader, writer, first)
        elif first.isalpha():
            await self._host.serve(
                reader, writer, self._command, secure=self._secure, service="recorder", initial=first, dated=False
            )

    @contextlib.contextmanager
    def _session(self) -> Generator[int]:
        self._open_sessions += 1
        try:
            yield next(self._sessions)
        finally:
            self._open_sessions -= 1

    async def _serve_images(
        self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, first: bytes
    ) -> None:
        outlet = Outlet(writer, self._host.faults, self.switches, random.Random(self._random.random()))
        session = ImageServerSession(
            number=number,
            reader=reader,
            outlet=outlet,
            cameras=self._cameras,
            tokens=self._host.tokens,
            film=self._film,
            switches=self.switches,
            now=self._host.site.now,
            note=self.image_calls.append,
        )
        await session.run(first)
