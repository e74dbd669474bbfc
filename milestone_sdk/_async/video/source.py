"""The recorded pictures of one camera, one step at a time."""
# docs/protocol: imageserver-recorded, imageserver-edges, playback-reverse

from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Final, Self

from ..._protocol.video.imageserver import ImageServerProtocol, refusal
from ..._protocol.video.messages import ConnectResponse, ImageParts, ImageResponse, MethodResponse
from ..._protocol.video.packets import PictureReader, UnsupportedBody, from_milliseconds, to_milliseconds
from ..._protocol.video.requests import Step, Transcode
from ...errors import CameraNotFound, ConnectionLost, MilestoneError, RemoteProtocolError, ServerFault
from ...models.times import to_utc
from ...models.video import Frame, TimeSpan
from .connection import AsyncImageServerConnection

__all__ = ["POLL", "REFUSALS", "AsyncBackward", "AsyncVideoSource"]

POLL: Final = 0.5
"""Seconds between two requests for pictures that the recorder does not have yet."""
REFUSALS: Final = 3
"""XML answers in a row, in place of pictures, that are read as "no picture, go on"."""

_MOST_BYTES: Final = 128 << 20
"""Bytes of one unit: two minutes of 8 Mbit/s, which are held until the group of pictures is complete."""

Request = Callable[[ImageServerProtocol], bytes]


class AsyncVideoSource:
    """The recorded pictures of a camera, one step at a time.

    The first move connects. The connection ends at the end of a `with` block, by `aclose`, and, without these, when
    Python collects the source.

    Each method moves to a unit of the recording and returns its frames: one picture with `codec="jpeg"`, with
    `"native"` a whole group of pictures in the order of decoding. They return `()` where there is no such unit, and
    stay where they are.

    A broken connection is opened again once, at the unit that was reached. Where the recorder expects its client to
    apply a privacy mask, or has footage in a form without separate pictures, native pictures become JPEG, see
    `Frame.codec`. Methods raise `CameraNotFound`, `PermissionDenied`, `TokenExpired`, `ReadTimeout`, `ConnectionLost`,
    `RemoteProtocolError`.
    """

    def __init__(self, connection: AsyncImageServerConnection, transcode: Transcode | None) -> None:
        self._connection = connection
        self._transcode = transcode
        self._at: int | None = None
        self.at_edge: bool = False
        """The newest unit is reached; a newer one may still be written."""

    def __repr__(self) -> str:
        where = "not moved yet" if self._at is None else f"at {from_milliseconds(self._at)}"
        return f"<pictures of {self._connection.label or 'a camera'}, {where}>"

    async def __aenter__(self) -> Self:
        await self._connection.find()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the connection; the next move opens another one."""
        await self._connection.aclose()

    close = aclose

    async def goto(self, time: datetime) -> tuple[Frame, ...]:
        """Move to the unit that contains `time`, otherwise the last one before it, otherwise the first of all."""
        milliseconds = max(0, to_milliseconds(to_utc(time, "time")))
        return await self._move(lambda protocol: protocol.goto(milliseconds))

    async def start(self) -> tuple[Frame, ...]:
        """Move to the first unit of all."""
        return await self._move(lambda protocol: protocol.step(Step.BEGIN))

    async def end(self) -> tuple[Frame, ...]:
        """Move to the last unit that the recorder can read."""
        return await self._move(lambda protocol: protocol.step(Step.END))

    async def next(self) -> tuple[Frame, ...]:
        """Move to the following unit, over a gap if need be."""
        return await self._step(Step.NEXT)

    async def previous(self) -> tuple[Frame, ...]:
        """Move to the preceding unit, over a gap if need be."""
        return await self._step(Step.PREVIOUS)

    async def next_sequence(self) -> tuple[Frame, ...]:
        """Move to the first unit of the following recorded sequence."""
        return await self._step(Step.NEXT_SEQUENCE)

    async def previous_sequence(self) -> tuple[Frame, ...]:
        """Move to the last unit of the preceding recorded sequence."""
        return await self._step(Step.PREVIOUS_SEQUENCE)

    async def _step(self, step: Step) -> tuple[Frame, ...]:
        before = self._at
        frames = await self._move(lambda protocol: protocol.step(step))
        if before is None or self._at is None:
            return frames
        forward = step in (Step.NEXT, Step.NEXT_SEQUENCE)
        return frames if (self._at > before if forward else self._at < before) else ()

    async def _move(self, request: Request) -> tuple[Frame, ...]:
        """Request a unit; after a break or a change to JPEG, on another connection that continues where this one was.

        A native group that is to be JPEG is answered with the pictures that JPEG has in its place: one.
        """
        may_reconnect = True
        try:
            await self._connection.find()
            while True:
                may_relocate = self._connection.may_relocate and self._connection.is_open
                try:
                    return await self._request(request)
                except UnsupportedBody:
                    if self._transcode is not None or self._connection.media:
                        raise
                    self._transcode = Transcode()
                except (ConnectionLost, CameraNotFound) as error:
                    if not may_reconnect or (isinstance(error, CameraNotFound) and not may_relocate):
                        raise
                    may_reconnect = False
                await self._connection.aclose()
        except MilestoneError as error:
            await self._connection.aclose()
            error.at(server=self._connection.label, operation="playback")
            raise
        except BaseException:
            await self._connection.aclose()  # an answer may be half read
            raise

    async def _request(self, request: Request) -> tuple[Frame, ...]:
        connection = self._connection
        if connection.is_open:
            await connection.update_token()
        else:
            await connection.open(self._transcode)
            if self._at is not None:
                place = self._at
                await self._ask(lambda protocol: protocol.goto(place))
        image, frames = await self._ask(request)
        self._at = image.current or None
        self.at_edge = (image.next or 0) <= image.current
        return tuple(frames)

    async def _ask(self, request: Request) -> tuple[ImageResponse, list[Frame]]:
        """Send a request, and return the next unit; an answer in XML may mean that there is no picture now."""
        refusals = 0
        while True:
            await self._connection.send(request(self._connection.protocol))
            try:
                return await self._answer()
            except ServerFault:
                refusals += 1
                if refusals > REFUSALS:
                    raise
            await self._connection.clock.sleep(POLL)

    async def _answer(self) -> tuple[ImageResponse, list[Frame]]:
        """Return the next unit."""
        frames: list[Frame] = []
        reader = PictureReader()
        while True:
            event = await self._connection.receive()
            if isinstance(event, ConnectResponse) and event.method and not event.connected:
                raise ConnectionLost(f"the recorder ended the session: {event.reason or 'no reason given'}")
            if isinstance(event, MethodResponse) and event.method not in ("", "connectupdate"):
                raise refusal("the recorder answers in XML instead of with pictures", event.reason)
            if not isinstance(event, ImageParts):
                continue
            frames += reader.read(event, transcoded=self._transcode is not None, media=self._connection.media)
            if reader.size > _MOST_BYTES:
                raise RemoteProtocolError(f"a group of pictures of more than {_MOST_BYTES} bytes")
            if event.last:
                return event.image, frames


class AsyncBackward:
    """The frames of `span` from its end to its start: groups of pictures, each in the order of decoding, or pictures.

    The earliest group is complete, from the key frame before `span.start` on, so that it can be decoded.
    """

    def __init__(self, source: AsyncVideoSource, span: TimeSpan, *, keyframes_only: bool) -> None:
        self._source = source
        self._span = span
        self._keyframes_only = keyframes_only
        self._settled = False
        self._ended = False
        self.started: bool = False
        """Whether any picture was found in the span."""
        self.at_edge: bool = False
        """The span goes on after the newest unit; a newer one may still be written."""
        self.last: datetime | None = None
        """The time of the last picture of the span, as far as that is known."""
        self.size: int = 0
        """How many bytes the last unit of the span has."""

    @property
    def waits(self) -> bool:
        """Whether `more` goes to the end of the span again, until `settle` is called."""
        return self.at_edge and not self._settled

    @property
    def finished(self) -> bool:
        """Whether there are no further pictures."""
        return self._ended and not self.waits

    def settle(self) -> None:
        """Go on from the unit that was returned last, whatever is written after it."""
        self._settled = True

    async def more(self) -> list[Frame]:
        """Return the frames of the next unit, none at the end. A cancelled call can be repeated."""
        start, end = self._span
        if self._settled:
            unit = await self._source.previous()
        else:
            unit = await self._source.goto(end)
            self.last = max((frame.time for frame in unit if frame.time in self._span), default=None)
            self.at_edge = bool(unit) and self._source.at_edge and max(frame.time for frame in unit) < end
            self.size = sum(len(frame.data) for frame in unit)
            self._settled = not self.at_edge
        frames = [frame for frame in unit if frame.time <= end]
        self._ended = not unit or min(frame.time for frame in unit) <= start
        if not any(frame.time >= start for frame in frames):
            self._ended = self._ended or not frames
            return []
        self.started = True
        return [frame for frame in frames if frame.is_key or not self._keyframes_only]
