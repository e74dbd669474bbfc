# Generated from milestone_sdk/_async/video/playback.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Playback of recorded video of one camera."""  # docs/protocol: imageserver-transport, playback-start

from collections import deque
from contextlib import suppress
from datetime import timedelta
from types import TracebackType
from typing import Final, Literal, Self

from attrs import evolve

from ..._protocol.video.cursor import PlaybackCursor
from ..._protocol.video.imageserver import refusal
from ..._protocol.video.messages import ConnectResponse, Event, ImageParts, MethodResponse
from ..._protocol.video.packets import PictureReader, UnsupportedBody
from ..._protocol.video.plan import APPEARS, COMPLETE, is_being_written
from ..._protocol.video.requests import Step, Transcode
from ...errors import (
    CameraNotFound,
    ConfigurationError,
    ConnectionLost,
    MilestoneError,
    NoRecording,
    NotYetRecorded,
    RecordingError,
    RemoteProtocolError,
)
from ...models.video import Frame, Gap, TimeSpan
from .connection import ImageServerConnection
from .pacing import Pacer, FindSequences
from .source import POLL, REFUSALS, Backward, VideoSource

__all__ = ["Playback", "PlaybackWithGaps"]

_IDLE: Final = 10.0
"""Seconds at the newest picture after which the recording may have ended, and is asked for less often."""
_IDLE_POLL: Final = 5.0
_REPEATED: Final = 2 << 20
"""Bytes a second that repeated answers may cost: the newest group of pictures is sent whole at each request."""
_PAUSE: Final = timedelta(seconds=2)
"""How far before the end of the span the last picture may be without the rest counting as missing."""
_BARREN: Final = 64
"""Answers in a row without a picture of the span; there are one or two where a playback begins."""
_BARREN_BYTES: Final = 128 << 20
"""Bytes in a row without a picture to return: two minutes of 8 Mbit/s before the span, held for decoding."""


class Playback:
    """The frames of `span`, in the order of decoding; iterate, or enter it, then iterate.

    Entering it connects and waits for the first frame; otherwise iterating does. The connection ends with the last
    frame, at the end of the block, by `close`, and, if a loop without a block is left early, when Python collects the
    playback: at once in CPython if no other name refers to it.

    With `codec="native"` the first group of pictures is complete, from the key frame before `span.start` on, so that
    the joined data can be decoded; with `"jpeg"` there are only pictures within the span. Gaps take no time; they show
    in the times of the frames. Where the recorder expects its client to apply a privacy mask, or has footage in a form
    without separate pictures, native playback continues in JPEG, see `Frame.codec`. `Frame.data` is a view of a buffer
    that is used again, see `Frame`.

    A broken connection is opened again, once after each frame, without losing or repeating a frame. Entering and
    iterating raise `NoRecording` when the span has no footage, `NotYetRecorded` when it is of the last seconds and may
    still get some, `CameraNotFound`, `PermissionDenied`, `TokenExpired`,
    `ReadTimeout` when the recorder does not answer in time, `ConnectionLost` and `RemoteProtocolError`, each after the
    frames that had arrived. With `missing_ok` none of them is raised, see `missing`.
    """

    def __init__(
        self,
        connection: ImageServerConnection,
        span: TimeSpan,
        *,
        codec: Literal["native", "jpeg"] = "native",
        all_frames: bool = True,
        size: tuple[int, int] | None = None,
        compression_rate: int | None = None,
        keyframes_only: bool = False,
        patience: float = 10.0,
        missing_ok: bool = False,
        pacer: Pacer | None = None,
        backward: Backward | None = None,
        for_file: bool = False,
        sequences: FindSequences | None = None,
    ) -> None:
        self.missing: MilestoneError | None = None
        """After the last frame: why there are none, or not all, as far as that is known."""
        self.gap: Gap | None = None
        """The gap in front of the frame that was returned last, if it was played at a speed or gaps are reported."""
        self._pacer = pacer
        self._backward = backward
        self._sequences = sequences
        self._connection = connection
        self._span = span
        self._patience = patience
        self._missing_ok = missing_ok
        self._keyframes_only = keyframes_only
        all_frames = all_frames and not keyframes_only
        self._jpeg = Transcode(all_frames=all_frames, size=size, compression_rate=compression_rate)
        self._transcode = self._jpeg if codec == "jpeg" else None
        self._cursor = PlaybackCursor(
            span, whole_groups=codec == "native", keyframes_only=keyframes_only, for_file=for_file
        )
        self._ready: deque[Frame] = deque()
        self._ended = False
        self._may_reconnect = True
        self._refusals = 0
        self._reader = PictureReader()
        self._barren = 0
        self._barren_bytes = 0
        self._at_edge_since: float | None = None

    def __repr__(self) -> str:
        state = "ended" if self._ended else "connected" if self._connection.is_open else "not connected"
        return f"<playback of {self._connection.label or 'a camera'}, {self._span.start} to {self._span.end}, {state}>"

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
        if self._pacer is not None:
            frame = self._ready[0]
            latest = max(each.time for each in self._ready) if self._backward and frame.is_key else frame.time
            self.gap = self._pacer.before(frame, latest)
            if not self._ready:  # closed by another task or thread while the frame was not due yet
                raise StopIteration
        return self._ready.popleft()

    def close(self) -> None:
        """End the playback and its connection; frames not yet taken are dropped."""
        self._ended = True
        self._ready.clear()
        self._connection.close()

    def _fill(self) -> None:
        """Get at least one frame ready, unless the end is reached. A cancelled call can be repeated."""
        if self._ended:
            return
        try:
            self._connection.find()
            while not self._ready and not self._progress.finished and not self._ended:
                self._advance()
            if self._ended:  # closed by another task or thread, while a connection may have been opened
                self._ready.clear()
            elif not self._ready and not self._progress.started:
                self._ready.extend(self._between_key_frames())
                if not self._ready:
                    raise self._nothing_recorded()
                self._ended = True
        except MilestoneError as error:
            was_closed = self._ended
            self.close()
            if was_closed:
                return
            error.at(server=self._connection.label, operation="playback")
            self.missing = error
            if not self._missing_ok or isinstance(error, ConfigurationError):
                raise
        except BaseException:
            self._barren = self._barren_bytes = 0  # the next call asks again for pictures that the caller has had
            self._connection.close()
            raise
        if not self._ready:
            self.close()

    def _advance(self) -> None:
        """Take one step: connect, or wait for newer footage, then send requests and take one event."""
        if self._backward is not None:
            return self._go_back(self._backward)
        connection = self._connection
        opening = not connection.is_open
        try:
            if opening:
                connection.open(self._transcode)
                self._goto()
            elif (
                self._cursor.at_edge
                and not connection.protocol.unanswered
                and not self._wait_at_edge(self._reader.size)
            ):
                self._cursor.finished = True
                return None
            if not connection.protocol.answering:
                self._request()
            event = connection.receive()
            if isinstance(event, ImageParts):
                self._take_pictures(event)
            else:
                self._take(event)
        except (ConnectionLost, CameraNotFound) as error:
            settled = isinstance(error, CameraNotFound) and (opening or not connection.may_relocate)
            if settled or not self._may_reconnect:
                raise
            self._may_reconnect = False
            connection.close()
        return None

    def _go_back(self, backward: Backward) -> None:
        frames = backward.more()
        if backward.waits:
            if self._wait_at_edge(backward.size):
                return
            backward.settle()
        self._ready.extend(frames)

    def _wait_at_edge(self, repeated: int) -> bool:
        """Wait before the newest unit, of so many bytes, is requested again; return False if it is the last one."""
        now = self._connection.clock.monotonic()
        if self._at_edge_since is None:
            self._at_edge_since = now
        may_come = self._span.end > self._connection.clock.utcnow() - COMPLETE
        left = self._at_edge_since + (self._patience if may_come else 0.0) - now
        if left <= 0:
            self.missing = self._not_yet_recorded()
            return False
        poll = POLL if now - self._at_edge_since < _IDLE else _IDLE_POLL
        self._connection.clock.sleep(min(max(poll, repeated / _REPEATED), left))
        self._may_reconnect = True
        return True

    # Pictures

    def _goto(self) -> None:
        # The first group is needed whole: its key frame belongs to the span if a later picture of the group is in it
        keyframes_only = self._keyframes_only and self._cursor.started
        self._connection.send(self._connection.protocol.goto(self._cursor.begin(), keyframes_only=keyframes_only))

    def _request(self) -> None:
        """Request as many further units as the cursor wants."""
        protocol = self._connection.protocol
        if self._cursor.is_lost:
            return None if protocol.unanswered else self._goto()
        steps = self._cursor.wants(protocol.unanswered)
        if steps:
            self._connection.update_token()
            self._connection.send(b"".join(protocol.step(Step.NEXT) for _ in range(steps)))
        return None

    def _take(self, event: Event) -> None:
        if isinstance(event, ConnectResponse):
            if event.method and not event.connected:
                raise ConnectionLost(f"the recorder ended the session: {event.reason or 'no reason given'}")
        elif isinstance(event, MethodResponse) and event.method not in ("", "connectupdate"):
            self._refusals += 1
            if self._refusals > REFUSALS:
                raise refusal("the recorder answers in XML instead of with pictures", event.reason)
            self._connection.clock.sleep(POLL)
            if event.method == "goto":  # without it, the recorder has no position to go on from
                self._goto()

    def _take_pictures(self, event: ImageParts) -> None:
        self._refusals = 0
        transcoded, media = self._transcode is not None, self._connection.media
        try:
            frames = self._reader.read(event, transcoded=transcoded, media=media)
        except UnsupportedBody:
            if transcoded or media:
                raise
            return self._go_on_in_jpeg()
        wanted = self._cursor.take(event.image, frames, last=event.last)
        if wanted:
            self._ready.extend(wanted)
            self._may_reconnect = True
            self._barren = self._barren_bytes = 0
            self._at_edge_since = None
            self._connection.deadline.restart()
        else:
            self._count_barren(event)
        return None

    def _count_barren(self, event: ImageParts) -> None:
        """Count an answer without a picture to return; at the newest unit they are repeated, so each counts alone."""
        if not self._cursor.at_edge:
            self._barren += event.last
            self._barren_bytes += event.size
        held = 0 if self._cursor.started else self._reader.size
        count = max(self._barren_bytes, held)
        if self._barren > _BARREN or count > _BARREN_BYTES:
            raise RemoteProtocolError(f"{self._barren} answers in a row, {count} bytes, with no picture of the span")

    def _go_on_in_jpeg(self) -> None:
        self._transcode = self._jpeg
        self._cursor.change_to_pictures()
        self._connection.close()

    def _between_key_frames(self) -> tuple[Frame, ...]:
        """Return the first picture of a span in which there is no key frame, where key frames come as JPEG."""
        if not self._keyframes_only or self._transcode is None or self._cursor.empty:
            return ()
        self._connection.close()
        source = VideoSource(self._connection, evolve(self._jpeg, all_frames=True))
        found = source.goto(self._span.start)
        if found and found[0].time < self._span.start:
            found = source.next()
        return tuple(frame for frame in found if frame.time in self._span)

    @property
    def _progress(self) -> Backward | PlaybackCursor:
        return self._backward or self._cursor

    def _nothing_there(self, span: TimeSpan) -> type[NoRecording | NotYetRecorded]:
        """Return the error for a part of the span of which nothing can be read."""
        now = self._connection.clock.utcnow()
        if not self._progress.at_edge or span.end <= now - COMPLETE:
            return NoRecording
        may_come = span.end > now - APPEARS
        if not may_come and self._sequences is not None:
            with suppress(MilestoneError):
                may_come = is_being_written(self._sequences(span), span, now)
        return NotYetRecorded if may_come else NoRecording

    def _not_yet_recorded(self) -> RecordingError | None:
        """Return the error for footage that ends before the span, None for a usual pause between pictures."""
        last = self._progress.last
        if last is None or self._span.end - last < _PAUSE:
            return None
        kind = self._nothing_there(TimeSpan(last + _PAUSE, self._span.end))
        return kind(
            f"the footage ends at {last.isoformat()}, the span ends at {self._span.end.isoformat()}",
            server=self._connection.label,
            operation="playback",
            hint="play it later, or with more patience" if kind is NotYetRecorded else None,
        )

    def _nothing_recorded(self) -> RecordingError:
        if self._cursor.empty:
            return NoRecording("the recorder has no recordings of this camera")
        after = self._cursor.resumes_at
        kind = self._nothing_there(self._span)
        return kind(
            f"nothing was recorded from {self._span.start.isoformat()} to {self._span.end.isoformat()}",
            hint=f"footage continues at {after.isoformat()}" if after else None,
        )


class PlaybackWithGaps:
    """The frames of a playback, and between them each `Gap` in which nothing was recorded; also one at its beginning.

    `frames` is the playback itself. It is used, closed and fails in the same way.
    """

    def __init__(self, frames: Playback) -> None:
        self.frames = frames
        self._held: Frame | None = None

    def __repr__(self) -> str:
        return repr(self.frames)

    @property
    def missing(self) -> MilestoneError | None:
        """After the last frame: why there are none, or not all, as far as that is known."""
        return self.frames.missing

    def __enter__(self) -> Self:
        self.frames.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Frame | Gap:
        frame, self._held = self._held, None
        if frame is not None:
            return frame
        frame = self.frames.__next__()
        if self.frames.gap is None:
            return frame
        self._held = frame
        return self.frames.gap

    def close(self) -> None:
        """End the playback and its connection; frames not yet taken are dropped."""
        self._held = None
        self.frames.close()
