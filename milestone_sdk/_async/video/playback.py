"""Recorded video of one camera, picture by picture, over the ImageServer protocol."""

from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import TracebackType
from typing import Final, Literal, Self
from uuid import UUID

from ..._net.asyncio import AsyncClock, AsyncStream
from ..._net.failures import without_frames
from ..._protocol.secrets import Sealed
from ..._protocol.soap.faults import is_unknown_device
from ..._protocol.video.cursor import PlaybackCursor
from ..._protocol.video.imageserver import (
    NEED_DATA,
    ConnectResponse,
    ImageResponse,
    ImageServerProtocol,
    LivePackage,
    MethodResponse,
    Transcode,
)
from ..._protocol.video.packets import UnsupportedBody, from_milliseconds, pictures
from ...errors import (
    CameraNotFound,
    ConfigurationError,
    ConnectionLost,
    MilestoneError,
    NoRecording,
    PermissionDenied,
    ReadTimeout,
    RemoteProtocolError,
    ServerFault,
    TokenExpired,
)
from ...models.video import Frame, TimeSpan

__all__ = ["AsyncPlayback"]

_READ_SIZE: Final = 256 << 10
_SLOWEST: Final = 8 << 10
"""Octets a second: a slower answer counts as none, so that a trickle cannot hold the caller for ever.

So much of an awaited answer restores one second of the timeout, and never more than the timeout. Repeated answers,
status messages and the like restore nothing.
"""
_POLL: Final = 0.5
"""Seconds between two looks for footage that is still being written (protocol/recording.md 2.9)."""
_PAUSE: Final = timedelta(seconds=2)
"""How far the last picture may lie before the end of the span without the rest counting as missing."""
_REFUSALS: Final = 3
"""XML answers in a row, in place of pictures, that are taken for "no picture, go on"."""
_UNASKED: Final = 64
"""Messages that nobody asked for which are passed over while an answer is awaited."""
_BARREN: Final = 64
"""Answers in a row that lead on but hold no picture of the span; there are one or two where a playback begins."""


class AsyncPlayback:
    """The frames of `span`, in the order of decoding; enter it, then iterate.

    With `codec="native"` the first group of pictures comes whole, from the key frame before `span.start`, so that the
    joined data can be decoded; with `"jpeg"` only pictures within the span come. Gaps cost nothing and are seen by
    comparing times. Where the recorder leaves privacy masks to its clients, or has footage in a form without separate
    pictures, native playback goes on in JPEG; `Frame.codec` tells (protocol/recording.md 3.7, 3.10).

    A connection that breaks is made anew once, and once more after each further frame, without losing or repeating a
    frame. Entering and iterating raise `NoRecording` when the span holds nothing, `CameraNotFound`,
    `PermissionDenied`, `TokenExpired`, `ReadTimeout` when the recorder is silent for `timeout` seconds,
    `ConnectionLost` and `RemoteProtocolError`; frames that had arrived are given out first. With `missing_ok` none
    of them is raised, see `missing`.
    """

    def __init__(
        self,
        *,
        connect: Callable[[], Awaitable[AsyncStream]],
        token: Callable[[], Awaitable[str]],
        device_id: UUID,
        span: TimeSpan,
        clock: AsyncClock,
        timeout: float,
        codec: Literal["native", "jpeg"] = "native",
        all_frames: bool = True,
        size: tuple[int, int] | None = None,
        keyframes_only: bool = False,
        patience: float = 10.0,
        label: str | None = None,
        renew: Callable[[str], Awaitable[str]] | None = None,
        relocate: Callable[[MilestoneError], Awaitable[UUID | None]] | None = None,
        missing_ok: bool = False,
    ) -> None:
        self.missing: MilestoneError | None = None
        """Once the frames have ended: why there are none, or not all, as far as that is known."""
        self._missing_ok = missing_ok
        self._connect = connect
        self._relocate = relocate
        self._token = token
        self._renew = renew
        self._device_id = device_id
        self._span = span
        self._clock = clock
        self._timeout = timeout
        self._patience = patience
        self._label = label
        self._keyframes_only = keyframes_only
        self._jpeg = Transcode(all_frames=all_frames and not keyframes_only, size=size)
        self._transcode = self._jpeg if codec == "jpeg" else None
        self._cursor = PlaybackCursor(span, whole_groups=codec == "native", keyframes_only=keyframes_only)
        self._protocol = ImageServerProtocol(device_id, transcode=self._transcode)
        self._stream: AsyncStream | None = None
        self._token_in_use: Sealed[str] | None = None
        self._ready: deque[Frame] = deque()
        self._failure: MilestoneError | None = None
        self._over = False
        self._may_reconnect = True
        self._refusals = 0
        self._barren = 0
        self._at_edge_since: float | None = None

    @classmethod
    def of_nothing(cls, missing: MilestoneError, span: TimeSpan, *, clock: AsyncClock) -> Self:
        """Return a playback without frames, because of `missing`."""

        async def connect() -> AsyncStream:
            raise missing

        async def token() -> str:
            raise missing

        nothing = cls(connect=connect, token=token, device_id=UUID(int=0), span=span, clock=clock, timeout=1.0)
        nothing.missing = missing
        nothing._over = True
        return nothing

    def __repr__(self) -> str:
        state = "over" if self._over else "connected" if self._stream else "not connected"
        return f"<playback of {self._label or self._device_id}, {self._span.start} to {self._span.end}, {state}>"

    async def __aenter__(self) -> Self:
        await self._fill()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Frame:
        if not self._ready:
            await self._fill()
            if not self._ready:
                raise StopAsyncIteration
        return self._ready.popleft()

    async def aclose(self) -> None:
        """End the playback and its connection; frames not yet taken are dropped."""
        self._over = True
        self._ready.clear()
        await self._disconnect()

    async def _fill(self) -> None:
        """Get at least one frame ready, unless the end is reached. A cancelled call may be made again."""
        if self._over:
            return
        try:
            if self._failure is not None:
                raise self._failure
            while not self._ready and not self._cursor.finished:
                await self._advance()
            if not self._ready and not self._cursor.started:
                raise self._nothing_recorded()
        except MilestoneError as error:
            error.at(server=self._label, operation="playback")
            self._salvage()
            await self._disconnect()
            if not self._ready:
                self._over = True
                self.missing = error
                if not self._missing_ok or isinstance(error, ConfigurationError):
                    raise
            self._failure = error
        except BaseException:
            await self._disconnect()
            raise
        if not self._ready:
            await self.aclose()

    async def _advance(self) -> None:
        """Take one step: connect, or wait for newer footage, then ask and take one answer."""
        opening = self._stream is None
        try:
            if self._stream is None:
                await self._open()
            elif self._cursor.at_edge and not self._protocol.unanswered and not await self._wait_at_edge():
                return
            await self._request()
            await self._take(await self._receive())
        except (ConnectionLost, CameraNotFound) as error:
            self._salvage()
            settled = isinstance(error, CameraNotFound) and (opening or self._relocate is None)
            if settled or not self._may_reconnect:
                raise
            self._may_reconnect = False
            await self._disconnect()

    async def _wait_at_edge(self) -> bool:
        now = self._clock.monotonic()
        if self._at_edge_since is None:
            self._at_edge_since = now
        left = self._at_edge_since + self._patience - now
        if left <= 0:
            self._cursor.finished = True
            self.missing = self._not_yet_recorded()
            return False
        await self._clock.sleep(min(_POLL, left))
        return True

    # Connection

    async def _open(self) -> None:
        """Begin a session where the camera is; after a refusal, where `relocate` finds it then, if it moved."""
        try:
            await self._begin()
        except MilestoneError as error:
            device_id = await self._relocate(error) if self._relocate else None
            if device_id is None:
                raise
            self._device_id = device_id
            await self._disconnect()
            await self._begin()
        await self._goto()

    async def _begin(self) -> None:
        token = Sealed(await self._token())
        refusal = await self._begin_session(token)
        if refusal is not None:
            fresh = Sealed(await (self._renew(token.reveal()) if self._renew else self._token()))
            if fresh != token:
                await self._disconnect()
                refusal = await self._begin_session(fresh)
        if refusal is not None:
            raise _refused("the recorder refused the session", refusal)

    async def _goto(self) -> None:
        await self._send(Sealed(self._protocol.goto(self._cursor.begin(), keyframes_only=self._keyframes_only)))

    async def _begin_session(self, token: Sealed[str]) -> str | None:
        """Connect; return None, or the reason why the recorder refuses."""
        self._protocol = ImageServerProtocol(self._device_id, transcode=self._transcode)
        self._stream = await self._connect()
        self._token_in_use = token
        await self._send(Sealed(self._protocol.connect(token.reveal())))
        answer = await self._receive()
        if isinstance(answer, ConnectResponse) and answer.connected:
            return None
        return "" if isinstance(answer, ImageResponse) else answer.reason

    async def _disconnect(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.aclose()

    async def _send(self, data: Sealed[bytes]) -> None:
        if self._stream is None:
            raise ConnectionLost("the connection was closed")
        try:
            await self._stream.write(data.reveal(), self._timeout)
        except MilestoneError as error:
            without_frames(error)  # they hold the token
            raise

    async def _receive(self) -> ImageResponse | ConnectResponse | MethodResponse:
        """Return the next answer. Raises `ReadTimeout` when it does not come in time, however slowly it trickles."""
        deadline = self._clock.monotonic() + self._timeout
        arrived = 0
        for _ in range(_UNASKED):
            while (event := self._protocol.next_event()) is NEED_DATA:
                now = self._clock.monotonic()
                if self._protocol.answering:
                    deadline = min(deadline + arrived / _SLOWEST, now + self._timeout)
                left = deadline - now
                if left <= 0:
                    raise ReadTimeout(f"no complete answer within {self._timeout:g} s")
                if self._stream is None:
                    raise ConnectionLost("the connection was closed")
                data = await self._stream.read(_READ_SIZE, left)
                if not data:
                    where = "in the middle of an answer" if self._protocol.incomplete else "before it answered"
                    raise ConnectionLost(f"the recorder closed the connection {where}")
                arrived = len(data)
                self._protocol.receive_data(data)
            if not isinstance(event, LivePackage) and event.method:
                return event
        raise RemoteProtocolError(f"{_UNASKED} messages that nobody asked for, and no answer")

    # Pictures

    async def _request(self) -> None:
        steps = 0
        while self._cursor.wants(self._protocol.unanswered + steps):
            steps += 1
        if not steps:
            return
        token = Sealed(await self._token())
        requests: list[Sealed[bytes]] = []
        if token != self._token_in_use:
            self._token_in_use = token
            requests.append(Sealed(self._protocol.connect_update(token.reveal())))
        requests.extend(Sealed(self._protocol.next()) for _ in range(steps))
        await self._send(Sealed(b"".join(request.reveal() for request in requests)))

    async def _take(self, answer: ImageResponse | ConnectResponse | MethodResponse) -> None:
        if isinstance(answer, ImageResponse):
            self._refusals = 0
            await self._take_pictures(answer)
        elif isinstance(answer, ConnectResponse):
            if not answer.connected:
                raise ConnectionLost(f"the recorder ended the session: {answer.reason or 'no reason given'}")
        elif answer.method != "connectupdate":
            self._refusals += 1
            if self._refusals > _REFUSALS:
                raise _refused("the recorder answers in XML instead of with pictures", answer.reason)
            await self._clock.sleep(_POLL)
            if answer.method == "goto":  # without it, the recorder has no place to go on from
                await self._goto()

    async def _take_pictures(self, response: ImageResponse) -> None:
        if response.masked and response.parts and self._transcode is None:
            return await self._go_on_in_jpeg()
        try:
            frames = pictures(response.parts, from_milliseconds(response.current))
        except UnsupportedBody:
            if self._transcode is not None:
                raise
            return await self._go_on_in_jpeg()
        self._make_ready(self._cursor.take(response, frames))
        if not self._ready and not self._cursor.at_edge:
            self._barren += 1
            if self._barren > _BARREN:
                raise RemoteProtocolError(f"{_BARREN} answers in a row hold no picture of the span")
        return None

    async def _go_on_in_jpeg(self) -> None:
        self._transcode = self._jpeg
        self._cursor.change_to_pictures()
        await self._disconnect()

    def _make_ready(self, frames: list[Frame]) -> None:
        if frames:
            self._ready.extend(frames)
            self._may_reconnect = True
            self._barren = 0
            self._at_edge_since = None

    def _salvage(self) -> None:
        """Take the whole pictures of an answer that broke off."""
        response = self._protocol.salvage() if self._stream is not None else None
        if response is None or (response.masked and self._transcode is None):
            return
        try:
            frames = pictures(response.parts, from_milliseconds(response.current))
        except RemoteProtocolError:
            return
        self._make_ready(self._cursor.take(response, frames))

    def _not_yet_recorded(self) -> NoRecording | None:
        """Return that the footage ends before the span does, unless only the usual pause between pictures is left."""
        last = self._cursor.last
        if last is None or self._span.end - last < _PAUSE:
            return None
        return NoRecording(
            f"the footage ends at {last.isoformat()}, the span at {self._span.end.isoformat()}",
            server=self._label,
            operation="playback",
            hint="it may still be being written: play it later, or with more patience",
        )

    def _nothing_recorded(self) -> NoRecording:
        if self._cursor.empty:
            return NoRecording("the recorder holds no recordings of this camera")
        after = self._cursor.resumes_at
        return NoRecording(
            f"nothing was recorded from {self._span.start.isoformat()} to {self._span.end.isoformat()}",
            hint=f"footage goes on at {after.isoformat()}" if after else None,
        )


def _refused(what: str, reason: str) -> MilestoneError:
    """Return the error for a refusal; the recorder tells why in free text only (protocol/recording.md 2.4)."""
    text = f"{what}: {reason or 'no reason given'}"
    words = reason.lower()
    if "token" in words:
        return TokenExpired(text)
    if is_unknown_device(reason):
        return CameraNotFound(text, hint="the camera may have moved to another recorder")
    if any(word in words for word in ("permission", "denied", "right", "access", "allowed", "authori")):
        return PermissionDenied(text, hint="the user's role needs Read and Playback on this camera")
    return ServerFault(text, detail=reason)
