"""The ImageServer protocol of a recorder: one session per connection."""  # docs/protocol: imageserver-transport

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from attrs import frozen

from milestone_sdk.simulator.recorder.cameras import RecorderCameras, has_right
from milestone_sdk.simulator.recorder.footage import milliseconds, recording_sequences
from milestone_sdk.simulator.recorder.live import LiveFeed
from milestone_sdk.simulator.recorder.messages import (
    END,
    MethodCall,
    method_response,
    read_connect_parameters,
    read_method_call,
)
from milestone_sdk.simulator.recorder.outlet import ConnectionEnded, Outlet
from milestone_sdk.simulator.recorder.playback import PLAYBACK_METHODS, Playback, SessionOptions
from milestone_sdk.simulator.site import Camera
from milestone_sdk.simulator.tokens import Tokens

#: Longer requests end the connection; real ones stay below 2 KiB (docs/protocol: imageserver-framing).
MAXIMUM_REQUEST = 64 << 10
_LONGEST_TIMESPAN_MS = 1 << 40


@frozen
class ImageCall:
    """One ImageServer request that was served; `session` counts connections."""

    session: int
    method: str
    request_id: int
    device_id: UUID | None
    at: datetime


class ImageServerSession:
    """Serves one connection from its first byte to its end."""

    def __init__(
        self,
        number: int,
        reader: asyncio.StreamReader,
        outlet: Outlet,
        cameras: RecorderCameras,
        tokens: Tokens,
        note: Callable[[ImageCall], None],
    ) -> None:
        self._number = number
        self._reader = reader
        self._outlet = outlet
        self._cameras = cameras
        self._tokens = tokens
        self._note = note
        self._received = bytearray()
        self._token = ""
        self._camera: Camera | None = None
        self._options: SessionOptions | None = None
        self._playback: Playback | None = None
        self._live: asyncio.Task[None] | None = None

    async def run(self, initial: bytes) -> None:
        """Answer requests in their order until the client disconnects, a fault strikes, or the token expires."""
        self._received += initial
        try:
            while (document := await self._next_request()) is not None:
                if not await self._serve(document):
                    break
        except (ConnectionEnded, ConnectionError):
            return
        finally:
            await self._stop_live()

    async def _next_request(self) -> bytes | None:
        """The bytes of one request without its terminator, or None at the end of the connection."""
        while True:
            while self._received.startswith(b"\r\n"):
                del self._received[:2]
            end = self._received.find(END)
            if end >= 0:
                document = bytes(self._received[:end])
                del self._received[: end + len(END)]
                return document
            if len(self._received) > MAXIMUM_REQUEST:
                return None
            idle = None if self._live is not None else self._cameras.switches.idle_timeout
            try:
                async with asyncio.timeout(idle):
                    data = await self._reader.read(MAXIMUM_REQUEST)
            except TimeoutError:
                return None
            if not data:
                return None
            self._received += data

    async def _serve(self, document: bytes) -> bool:
        """Answer one request; False ends the session."""
        try:
            call = read_method_call(document)
        except ValueError as error:
            if self._camera is None:
                return False
            await self._send("", method_response(0, "", [("errorreason", str(error))]))
            return True
        device_id = None if self._camera is None else self._camera.id
        self._note(ImageCall(self._number, call.method, call.request_id, device_id, self._cameras.now()))
        if call.method == "connect":
            await self._connect(call)
            return True
        if self._camera is None:
            return False
        if call.method == "connectupdate":
            await self._connect_update(call)
            return True
        if not self._token_is_valid():
            await self._report_expiry(call)
            return False
        await self._serve_connected(call, self._camera)
        return True

    async def _serve_connected(self, call: MethodCall, camera: Camera) -> None:
        try:
            if call.method in PLAYBACK_METHODS:
                await self._send(call.method, self._play(call, camera))
            elif call.method == "live":
                await self._start_live(call, camera)
            elif call.method == "stop":
                async with self._outlet.between_messages():
                    await self._stop_live()
                if self._cameras.switches.answer_stop:
                    await self._respond(call)
            elif call.method == "alarms":
                self._require(camera, "GetSequences")
                await self._respond(call, inner=_alarms(call, camera, self._cameras.now()))
            else:
                await self._respond(call, ("errorreason", "Unknown method"))
        except ValueError as error:
            await self._respond(call, ("errorreason", str(error)))

    async def _send(self, operation: str, message: bytes) -> None:
        await self._outlet.send(operation, message, more=END in self._received)

    async def _respond(self, call: MethodCall, *fields: tuple[str, str], inner: str = "") -> None:
        await self._send(call.method, method_response(call.request_id, call.method, fields, inner))

    async def _connect(self, call: MethodCall) -> None:
        """Bind the session to a device; a second connect binds it to another one."""
        # docs/protocol: imageserver-connect
        async with self._outlet.between_messages():
            await self._stop_live()
        self._camera = None
        try:
            camera = self._admit(*read_connect_parameters(call.text("connectparam")))
            options = SessionOptions.negotiate(call, camera)
        except ValueError as error:
            await self._respond(call, ("connected", "no"), ("errorreason", str(error)))
            return
        self._camera, self._options = camera, options
        self._playback = Playback(camera, options, self._cameras)
        echo = "alwaysstdjpeg", "yes" if options.standard_jpeg else "no"
        capabilities = "<servercapabilities><connectupdate>yes</connectupdate></servercapabilities>"
        await self._respond(call, ("connected", "yes"), ("errorreason", "Success"), echo, inner=capabilities)

    async def _connect_update(self, call: MethodCall) -> None:
        """Accept a renewed token; during live the answer goes out between two pictures."""
        # docs/protocol: imageserver-connectupdate
        try:
            device_id, token = read_connect_parameters(call.text("connectparam"))
            if self._camera is None or device_id != self._camera.id:
                raise ValueError("Device differs from that of the session")
            self._admit(device_id, token)
        except ValueError as error:
            await self._respond(call, ("connected", "no"), ("errorreason", str(error)))
        else:
            await self._respond(call, ("connected", "yes"))

    def _admit(self, device_id: UUID, token: str) -> Camera:
        user = self._tokens.check_corporate(token)
        if user is None:
            raise ValueError("Security token invalid")
        camera = self._cameras.find(device_id, user)
        if camera is None:
            raise ValueError("Unknown device")
        self._token = token
        return camera

    def _token_is_valid(self) -> bool:
        return self._tokens.check_corporate(self._token) is not None

    async def _report_expiry(self, call: MethodCall) -> None:
        if self._cameras.switches.expiry == "message":
            await self._respond(call, ("connected", "no"), ("errorreason", "Security token invalid"))

    def _require(self, camera: Camera, right: str) -> None:
        user = self._tokens.check_corporate(self._token)
        if user is None or not has_right(user, camera, right):
            raise ValueError("Access denied")

    def _play(self, call: MethodCall, camera: Camera) -> bytes:
        self._require(camera, "Browse")
        if self._live is not None or self._playback is None:
            raise ValueError("Live is running")
        return self._playback.answer(call)

    async def _start_live(self, call: MethodCall, camera: Camera) -> None:
        self._require(camera, "Live")
        if self._live is not None or self._options is None:
            raise ValueError("Live is running")
        feed = LiveFeed(call, camera, self._options, self._cameras, self._outlet)
        self._live = asyncio.create_task(self._run_live(feed, call))

    async def _run_live(self, feed: LiveFeed, call: MethodCall) -> None:
        try:
            await feed.run(self._token_is_valid)
            await self._report_expiry(call)
        except (ConnectionEnded, ConnectionError):
            pass  # the reading side sees the end of the connection and ends the session
        self._outlet.end()

    async def _stop_live(self) -> None:
        live, self._live = self._live, None
        if live is not None:
            live.cancel()
            await asyncio.gather(live, return_exceptions=True)


def _alarms(call: MethodCall, camera: Camera, now: datetime) -> str:
    """Recording sequences within `timespan` of `centertime`; the frame is invented."""
    # docs/protocol: imageserver-alarms
    center, span, count = (call.integer(name) for name in ("centertime", "timespan", "numalarms"))
    if center is None or span is None or count is None:
        raise ValueError("centertime, timespan and numalarms are needed")
    reach = min(abs(span), _LONGEST_TIMESPAN_MS)
    found = [
        (milliseconds(sequence.begin), milliseconds(sequence.end), milliseconds(sequence.triggered))
        for sequence in recording_sequences(camera, now)
    ]
    near = [times for times in found if times[1] >= center - reach and times[0] <= center + reach]
    nearest = sorted(sorted(near, key=lambda times: abs(times[0] - center))[: max(0, count)])
    alarms = "".join(
        f'<alarm starttime="{begin}" endtime="{end}" alarmtime="{trigger}" />' for begin, end, trigger in nearest
    )
    return f"<alarms>{alarms}</alarms>"
