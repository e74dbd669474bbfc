# Generated from milestone_sdk/_async/video/playback.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Recorded video of one camera, picture by picture, over the ImageServer protocol."""

from collections import deque
from datetime import timedelta
from types import TracebackType
from typing import Final, Literal, NoReturn, Self
from uuid import UUID

from ..._net.blocking import Clock
from ..._protocol.video.cursor import PlaybackCursor
from ..._protocol.video.imageserver import refusal
from ..._protocol.video.messages import ConnectResponse, Event, ImageResponse, MethodResponse
from ..._protocol.video.packets import UnsupportedBody, from_milliseconds, pictures
from ..._protocol.video.requests import Step, Transcode
from ...errors import (
    CameraNotFound,
    ConfigurationError,
    ConnectionLost,
    MilestoneError,
    NoRecording,
    RemoteProtocolError,
)
from ...models.video import Frame, TimeSpan
from .connection import ImageServerConnection

__all__ = ["Playback"]

_POLL: Final = 0.5
"""Seconds between two looks for footage that is still being written (protocol/recording.md 2.9)."""
_PAUSE: Final = timedelta(seconds=2)
"""How far the last picture may lie before the end of the span without the rest counting as missing."""
_REFUSALS: Final = 3
"""XML answers in a row, in place of pictures, that are taken for "no picture, go on"."""
_BARREN: Final = 64
"""Answers in a row that lead on but hold no picture of the span; there are one or two where a playback begins."""


class Playback:
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
        connection: ImageServerConnection,
        span: TimeSpan,
        *,
        codec: Literal["native", "jpeg"] = "native",
        all_frames: bool = True,
        size: tuple[int, int] | None = None,
        keyframes_only: bool = False,
        patience: float = 10.0,
        label: str = "a recorder",
        missing_ok: bool = False,
    ) -> None:
        self.missing: MilestoneError | None = None
        """Once the frames have ended: why there are none, or not all, as far as that is known."""
        self._connection = connection
        self._span = span
        self._patience = patience
        self._label = label
        self._missing_ok = missing_ok
        self._keyframes_only = keyframes_only
        self._jpeg = Transcode(all_frames=all_frames and not keyframes_only, size=size)
        self._transcode = self._jpeg if codec == "jpeg" else None
        self._cursor = PlaybackCursor(span, whole_groups=codec == "native", keyframes_only=keyframes_only)
        self._ready: deque[Frame] = deque()
        self._failure: MilestoneError | None = None
        self._ended = False
        self._may_reconnect = True
        self._refusals = 0
        self._barren = 0
        self._at_edge_since: float | None = None

    @classmethod
    def of_nothing(cls, missing: MilestoneError, span: TimeSpan, *, clock: Clock) -> Self:
        """Return a playback without frames, because of `missing`."""

        def fail() -> NoReturn:
            raise missing

        connection = ImageServerConnection(UUID(int=0), connect=fail, token=fail, clock=clock, timeout=1.0)
        nothing = cls(connection, span, missing_ok=True)
        nothing.missing, nothing._ended = missing, True
        return nothing

    def __repr__(self) -> str:
        state = "ended" if self._ended else "connected" if self._connection.is_open else "not connected"
        return f"<playback of {self._label}, {self._span.start} to {self._span.end}, {state}>"

    def __enter__(self) -> Self:
        self._fill()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Frame:
        if not self._ready:
            self._fill()
            if not self._ready:
                raise StopIteration
        return self._ready.popleft()

    def close(self) -> None:
        """End the playback and its connection; frames not yet taken are dropped."""
        self._ended = True
        self._ready.clear()
        self._connection.close()

    def _fill(self) -> None:
        """Get at least one frame ready, unless the end is reached. A cancelled call may be made again."""
        if self._ended:
            return
        try:
            if self._failure is not None:
                raise self._failure
            while not self._ready and not self._cursor.finished:
                self._advance()
            if not self._ready and not self._cursor.started:
                raise self._nothing_recorded()
        except MilestoneError as error:
            error.at(server=self._label, operation="playback")
            self._salvage()
            self._connection.close()
            if not self._ready:
                self._ended = True
                self.missing = error
                if not self._missing_ok or isinstance(error, ConfigurationError):
                    raise
            self._failure = error
        except BaseException:
            self._connection.close()
            raise
        if not self._ready:
            self.close()

    def _advance(self) -> None:
        """Take one step: connect, or wait for newer footage, then ask and take one answer."""
        connection = self._connection
        opening = not connection.is_open
        try:
            if opening:
                connection.open(self._transcode)
                self._goto()
            elif self._cursor.at_edge and not connection.protocol.unanswered and not self._wait_at_edge():
                return
            self._request()
            self._take(connection.receive())
        except (ConnectionLost, CameraNotFound) as error:
            self._salvage()
            settled = isinstance(error, CameraNotFound) and (opening or not connection.may_relocate)
            if settled or not self._may_reconnect:
                raise
            self._may_reconnect = False
            connection.close()

    def _wait_at_edge(self) -> bool:
        now = self._connection.clock.monotonic()
        if self._at_edge_since is None:
            self._at_edge_since = now
        left = self._at_edge_since + self._patience - now
        if left <= 0:
            self._cursor.finished = True
            self.missing = self._not_yet_recorded()
            return False
        self._connection.clock.sleep(min(_POLL, left))
        return True

    # Pictures

    def _goto(self) -> None:
        request = self._connection.protocol.goto(self._cursor.begin(), keyframes_only=self._keyframes_only)
        self._connection.send(request)

    def _request(self) -> None:
        """Ask for as many further units as make sense."""
        protocol = self._connection.protocol
        steps = 0
        while self._cursor.wants(protocol.unanswered + steps):
            steps += 1
        if steps:
            self._connection.update_token()
            self._connection.send(b"".join(protocol.step(Step.NEXT) for _ in range(steps)))

    def _take(self, event: Event) -> None:
        if isinstance(event, ImageResponse):
            self._refusals = 0
            self._take_pictures(event)
        elif isinstance(event, ConnectResponse):
            if event.method and not event.connected:
                raise ConnectionLost(f"the recorder ended the session: {event.reason or 'no reason given'}")
        elif isinstance(event, MethodResponse) and event.method not in ("", "connectupdate"):
            self._refusals += 1
            if self._refusals > _REFUSALS:
                raise refusal("the recorder answers in XML instead of with pictures", event.reason)
            self._connection.clock.sleep(_POLL)
            if event.method == "goto":  # without it, the recorder has no position to go on from
                self._goto()

    def _take_pictures(self, response: ImageResponse) -> None:
        if response.masked and response.parts and self._transcode is None:
            return self._go_on_in_jpeg()
        try:
            frames = pictures(response.parts, from_milliseconds(response.current))
        except UnsupportedBody:
            if self._transcode is not None:
                raise
            return self._go_on_in_jpeg()
        self._make_ready(self._cursor.take(response, frames))
        if not self._ready and not self._cursor.at_edge:
            self._barren += 1
            if self._barren > _BARREN:
                raise RemoteProtocolError(f"{_BARREN} answers in a row hold no picture of the span")
        return None

    def _go_on_in_jpeg(self) -> None:
        self._transcode = self._jpeg
        self._cursor.change_to_pictures()
        self._connection.close()

    def _make_ready(self, frames: list[Frame]) -> None:
        if frames:
            self._ready.extend(frames)
            self._may_reconnect = True
            self._barren = 0
            self._at_edge_since = None

    def _salvage(self) -> None:
        """Take the whole pictures of an answer that broke off."""
        response = self._connection.protocol.salvage() if self._connection.is_open else None
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
