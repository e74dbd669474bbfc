# Generated from milestone_sdk/_async/video/live.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Live video of one camera: frames, status, and a connection that is opened again."""
# docs/protocol: imageserver-live

import math
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from types import NoneType, TracebackType
from typing import Final, Literal, Self
from uuid import UUID

from ..._arguments import check_type
from ..._net.failures import without_frames
from ..._protocol.backoff import Backoff
from ..._protocol.video.imageserver import AnswerDeadline, refusal
from ..._protocol.video.live import LiveQueue
from ..._protocol.video.messages import ConnectResponse, Event, ImageParts, LivePackage, MethodResponse
from ..._protocol.video.packets import PictureReader, UnsupportedBody
from ..._protocol.video.plan import check_codec
from ..._protocol.video.requests import LiveOptions, Transcode
from ...errors import ConfigurationError, ConnectionLost, MilestoneError, NotFound, ReadTimeout
from ...models import LiveEvent, Snapshot
from ..configuration.inventory import ConfigurationCache, CameraReference
from ..session.session import Session
from .connection import ImageServerConnection, connection_to
from .devices import PlayableReference, check_native, playable
from .recordings import Recordings

__all__ = ["Live", "LiveStream"]

ARENA: Final = 128 << 10
"""Bytes; a stream has four of them at most, and one more for each larger picture."""
_TOKEN_CHECK: Final = 15.0
"""Seconds between two looks at whether the token was renewed, which happens a minute or more ahead."""
_NO_SILENCE: Final = 86_400.0
"""Seconds without a message after which a connection is lost although silence is accepted: sockets need a number."""
_LONGEST_PAUSE: Final = 15.0
"""Seconds between two tries to connect again, and how long a connection lasts before the pauses start over."""
_SLICE: Final = 0.5
"""Pauses come in slices of this many seconds, so that closing from elsewhere takes effect."""
_MAX_AGE: Final = timedelta(seconds=5)
_SILENCE: Final = timedelta(seconds=10)
"""Recorders send a status at least every 5 s."""


class LiveStream:
    """Live video of one camera; iterate over frames, status and notices, or enter it, then iterate, until you leave.

    Entering connects; otherwise iterating does. The connection ends at the end of the block, by `close`, and, if a
    loop without a block is left early, when Python collects the stream: at once in CPython if no other name refers to
    it.

    Before anything has arrived, and for what trying again cannot fix, iterating raises the error:
    `CameraNotFound`, `PermissionDenied`, `ServiceUnavailable`, `ReadTimeout`, `ConnectionLost`, `RemoteProtocolError`.
    Later it yields `LiveLost`, opens the connection again with back-off, and yields `LiveRestored`.

    The first frame is a key frame, the beginning of the group that the recorder has buffered; a frame that cannot be
    decoded with the ones before is never yielded. After a reconnect no frame is repeated, and none is older than the
    last one, unless the clock of the recorder was set back by more than two minutes. `Frame.data` is a view of a
    buffer that is used again, see `Frame`. Iterating can be cancelled and continued.

    Nothing is read while the program is busy; what arrives meanwhile waits in buffers of about 1 MiB, then at the
    recorder. Once frames come more than `max_age` late, those up to the newest key frame are dropped, and
    `FramesDropped` is yielded.
    """

    def __init__(
        self,
        connection: ImageServerConnection,
        options: LiveOptions,
        *,
        transcode: Transcode | None,
        jpeg: Transcode,
        max_age: float,
        silence: float | None,
        check: Callable[[], object],
    ) -> None:
        self._connection = connection
        self._options = options
        self._transcode = transcode
        self._jpeg = jpeg
        self._silence = _NO_SILENCE if silence is None else silence
        self._check = check
        self._queue = LiveQueue(max_age=max_age, native=transcode is None, initial_image=options.initial_image)
        self._backoff = Backoff(ceiling=_LONGEST_PAUSE)
        self._again_at = -math.inf  # when to connect again, by the clock that never jumps
        self._began = False
        self._closed = False
        self._lost_at: float | None = None
        self._opened_at = 0.0
        self._token_checked = 0.0
        self._reader = PictureReader()

    def __repr__(self) -> str:
        state = "closed" if self._closed else "connected" if self._connection.is_open else "not connected"
        return f"<live video of {self._connection.label or 'a camera'}, {state}>"

    def __enter__(self) -> Self:
        try:
            self._open()
        except MilestoneError as error:
            self._closed = True
            error.at(server=self._connection.label, operation="live")
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> LiveEvent:
        while not self._queue.ready:
            if self._closed:
                raise StopIteration
            self._advance()
            if self._closed:  # by another task or thread, while a connection was being opened
                self.close()
        try:
            return self._queue.ready.popleft()
        except IndexError:  # closed by another thread just now
            raise StopIteration from None

    def close(self) -> None:
        """End the stream and its connection; what was not taken yet is dropped."""
        self._closed = True
        self._queue.ready.clear()
        try:
            if self._connection.is_open:
                self._connection.send(self._connection.protocol.stop())
        except MilestoneError:
            pass  # it is lost already
        finally:
            self._connection.close()

    def _open(self) -> None:
        """Connect and start live, after a pause if that has failed; a call that was cancelled does not prolong it."""
        clock = self._connection.clock
        while (left := self._again_at - clock.monotonic()) > 0 and not self._closed:
            clock.sleep(min(left, _SLICE))
        if self._closed:
            raise ConnectionLost("the stream was closed")
        try:
            self._connection.find()
            self._connection.open(self._transcode)
            self._connection.send(self._connection.protocol.live(self._options))
        except BaseException:
            self._connection.close()
            raise
        self._connection.deadline = AnswerDeadline(self._silence)
        self._opened_at = self._token_checked = self._connection.clock.monotonic()
        self._queue.begin()

    def _advance(self) -> None:
        """Take one step: connect again, or take one event. A cancelled call can be repeated."""
        try:
            if not self._connection.is_open:
                self._open()
            self._renew_token()
            self._take(self._receive())
        except MilestoneError as error:
            error.at(server=self._connection.label, operation="live")
            self._connection.close()
            if self._closed:
                return
            if not self._began or error.permanent or self._is_gone(error):
                self._closed = True
                raise
            self._lose(error)

    def _receive(self) -> Event:
        try:
            return self._connection.receive()
        except ReadTimeout as error:
            raise ReadTimeout(f"no frame and no status within {self._silence:g} s") from error

    def _lose(self, error: MilestoneError) -> None:
        if self._lost_at is None:
            self._lost_at = self._connection.clock.monotonic()
            self._queue.lost(self._connection.clock.utcnow(), without_frames(error))
        self._again_at = self._connection.clock.monotonic() + self._backoff.failed()

    def _is_gone(self, error: MilestoneError) -> bool:
        """Whether the site does not have the camera any more; a recorder that starts may not know it yet."""
        if not isinstance(error, NotFound):
            return False
        try:
            self._check()
        except NotFound:
            return True
        except MilestoneError:
            pass
        return False

    def _renew_token(self) -> None:
        now = self._connection.clock.monotonic()
        if now - self._token_checked < _TOKEN_CHECK:
            return
        self._token_checked = now
        with suppress(MilestoneError):  # the old one may be valid for a while; receiving says if the connection is lost
            self._connection.update_token()

    def _take(self, event: Event) -> None:
        if isinstance(event, ImageParts | LivePackage):
            self._arrived()
        if isinstance(event, ImageParts):
            self._take_pictures(event)
        elif isinstance(event, LivePackage):
            self._queue.status(event)
        elif isinstance(event, ConnectResponse):
            if event.method and not event.connected:
                raise ConnectionLost(f"the recorder ended the session: {event.reason or 'no reason given'}")
        elif isinstance(event, MethodResponse) and event.method == "live":
            raise refusal("the recorder refused live video", event.reason)

    def _arrived(self) -> None:
        self._began = True
        now = self._connection.clock.monotonic()
        if now - self._opened_at >= _LONGEST_PAUSE:  # not at once: a recorder may end each connection after a status
            self._backoff.succeeded()
        if self._lost_at is not None:
            lost_for, self._lost_at = now - self._lost_at, None
            self._queue.restored(self._connection.clock.utcnow(), lost_for)

    def _take_pictures(self, event: ImageParts) -> None:
        transcoded, media = self._transcode is not None, self._connection.media
        try:
            frames = self._reader.read(event, transcoded=transcoded, media=media)
        except UnsupportedBody:
            if transcoded or media:
                raise
            return self._go_on_in_jpeg()
        if frames:
            self._connection.deadline.restart()
        self._queue.take(frames, self._connection.clock.monotonic())
        return None

    def _go_on_in_jpeg(self) -> None:
        self._transcode = self._jpeg
        self._connection.close()


class Live:
    """Live video of a site. A camera is given as `Camera`, id, or exact name."""

    def __init__(
        self,
        session: Session,
        configuration: ConfigurationCache,
        recordings: Recordings,
    ) -> None:
        self._session = session
        self._configuration = configuration
        self._recordings = recordings

    def play(
        self,
        camera: PlayableReference,
        *,
        codec: Literal["native", "jpeg"] = "native",
        size: tuple[int, int] | None = None,
        compression_rate: int | None = None,
        framerate: Literal["full", "medium", "low"] | None = None,
        framerate_absolute: int | None = None,
        framerate_relative: int | None = None,
        motion_only: bool = False,
        adaptive: tuple[int, int] | Literal["max"] | None = None,
        initial_image: bool = False,
        stream_id: UUID | None = None,
        max_age: timedelta = _MAX_AGE,
        silence: timedelta | None = _SILENCE,
    ) -> LiveStream:
        """Play the live video of a camera: iterate over its frames, its status and notices, best in a `with` block.

        `codec="native"` yields what the camera sends; with `"jpeg"` the recorder makes a JPEG of each picture, `size`
        (width, height) at most, with a `compression_rate` from 1 to 104 if that is given. Where the recorder expects
        its client to apply a privacy mask, native video continues in JPEG. `camera` may be a microphone, a speaker or a
        metadata device, see `Recordings.play`.

        `framerate`, `framerate_absolute` (pictures a second), `framerate_relative` (1 to 100) and `motion_only` are
        hints. With `adaptive`, the size in pixels at which the pictures are shown, or `"max"`, the recorder chooses
        among the streams of the camera, and may change between them; otherwise it stays with one: `stream_id`, or the
        camera's stream for live. With `initial_image` the first frame may be an older picture, a JPEG; with `"native"`
        it is left out in front of other video.

        Frames later than `max_age` are dropped. After `silence` without a message it connects again; `None`
        accepts any. Raises `ConfigurationError`, and what `LiveStream` raises.
        """
        jpeg = Transcode(size=size, compression_rate=compression_rate)
        options = LiveOptions(
            framerate=framerate,
            framerate_absolute=framerate_absolute,
            framerate_relative=framerate_relative,
            motion_only=motion_only,
            adaptive=adaptive,
            initial_image=initial_image,
        )
        check_codec(codec)
        check_type("stream_id", stream_id, UUID, NoneType)
        return self._stream(camera, codec, jpeg, options, stream_id, max_age, silence)

    def _stream(
        self,
        camera: PlayableReference,
        codec: str,
        jpeg: Transcode,
        options: LiveOptions,
        stream_id: UUID | None,
        max_age: timedelta,
        silence: timedelta | None,
    ) -> LiveStream:
        _check_positive("max_age", max_age)
        _check_positive("silence", _SILENCE if silence is None else silence)
        place = playable(self._configuration, camera)
        check = partial(check_native, codec=codec, size=jpeg.size)
        return LiveStream(
            connection_to(self._session, place, check=check, stream_id=stream_id, arena=ARENA),
            options,
            transcode=jpeg if codec == "jpeg" else None,
            jpeg=jpeg,
            max_age=max_age.total_seconds(),
            silence=None if silence is None else silence.total_seconds(),
            check=place.get,
        )

    def snapshot(self, camera: CameraReference, *, max_age: timedelta = _SILENCE) -> Snapshot:
        """Return the live picture of a camera, `max_age` old at most, as JPEG.

        Its age is counted by the clock of this computer. Raises `NoRecording` when the recorder has no picture or an
        older one, `CameraNotFound`, `PermissionDenied`, `ServiceUnavailable`.
        """
        check_type("max_age", max_age, timedelta)
        return self._recordings.snapshot(camera, max_age=max_age)


def _check_positive(name: str, value: timedelta) -> None:
    check_type(name, value, timedelta)
    if value <= timedelta():
        raise ConfigurationError(f"{name} must be > 0, got {value}")
