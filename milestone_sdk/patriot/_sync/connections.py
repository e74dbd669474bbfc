# Generated from milestone_sdk/patriot/_async/connections.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""The connections of a camera display: recorded video from a time on, and live video, each of one camera."""

from contextlib import AbstractContextManager, ExitStack
from datetime import datetime, timedelta
from types import TracebackType
from typing import Final, Literal, Self, TypeVar
from uuid import UUID

from ..._sync.client import Client
from ..._sync.video.live import LiveStream
from ..._sync.video.playback import Playback
from ..._sync.video.retrieval import Retrieval
from ...errors import LocalProtocolError, MilestoneError, NoRecording, NotYetRecorded
from ...models import Camera, Frame, LiveEvent, RetrievalState, TimeSpan, UserDefinedEvent
from ...models.times import NO_TIME, earlier, to_utc
from ..interconnect import check_play_by_time
from ..records import ClientRecord

__all__ = ["CameraConnection", "Footage", "LiveFeed"]

T = TypeVar("T")

_ENDED: Final = (RetrievalState.COMPLETED, RetrievalState.NOT_APPLICABLE)
_RUNNING: Final = (RetrievalState.IN_PROGRESS, RetrievalState.NOT_READY)


class CameraConnection:
    """One connection to one camera, in one slot of a camera display.

    One task or thread iterates over it; any may close it, which ends the iteration.
    """

    def __init__(self, site: Client, camera: Camera) -> None:
        self.camera: Final = camera
        self._site = site
        self._closed = False
        self._open = ExitStack()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of camera {self.camera.name!r}{', closed' if self._closed else ''}>"

    @property
    def closed(self) -> bool:
        """Whether it was ended, by `close` or because another connection took its slot."""
        return self._closed

    def close(self) -> None:
        """End this connection; others of the display go on."""
        self._closed = True
        self._open.close()

    def _connect(self, video: AbstractContextManager[T]) -> T:
        """Enter a video; one that was closed meanwhile is left again, and ends at once."""
        entered = self._open.enter_context(video)
        if self._closed:
            self._open.close()
        return entered

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class LiveFeed(CameraConnection):
    """The live video of a camera: iterate over its frames, its status and notices, see `LiveStream`.

    It connects when it is iterated first. What iterating raises leaves the feed usable: iterating again connects again.
    """

    def __init__(self, site: Client, camera: Camera, *, codec: Literal["native", "jpeg"]) -> None:
        super().__init__(site, camera)
        self._codec: Literal["native", "jpeg"] = codec
        self._stream: LiveStream | None = None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> LiveEvent:
        if self._closed:
            raise StopIteration
        try:
            if self._stream is None:
                self._stream = self._connect(self._site.live.play(self.camera, codec=self._codec))
            return self._stream.__next__()
        except MilestoneError:
            if self._closed:
                raise StopIteration from None
            self._stream = None
            self._open.close()
            raise


class Footage(CameraConnection):
    """The recorded video of a camera from `start` on: iterate over its frames, and again after `replay`.

    It connects when it is iterated first. Where the client retrieves remote recordings, they are retrieved before they
    are played: `retrieval` is how that went, `truncated` says that the time is so recent that only a part could be
    retrieved. A retrieval that cannot be made does not keep the recorder's own footage from being played.

    Iterating raises `RetrievalDisabled` for a camera at a remote site whose recordings are not retrieved,
    `NotYetRecorded` when the footage may be there later (`replay` then tries again), `NoRecording`, and what
    `site.recordings.play` raises. If the retrieval failed and the recorder has nothing, the reason is raised:
    `RetrievalFailed`, `PermissionDenied`, `UnsupportedFeature`.
    """

    def __init__(
        self,
        site: Client,
        client: ClientRecord,
        camera: Camera,
        start: datetime,
        *,
        length: timedelta | None,
        codec: Literal["native", "jpeg"],
        speed: float | None,
        retrieval_event: UserDefinedEvent | UUID | str | None,
        retrieval_timeout: timedelta,
    ) -> None:
        super().__init__(site, camera)
        self.start: Final = to_utc(start, "start")
        """Where it begins, and begins again with `replay`."""
        self.retrieval: Retrieval | None = None
        """The last retrieval of remote recordings, `None` if there was none."""
        self._client = client
        self._length = length
        self._codec: Literal["native", "jpeg"] = codec
        self._speed = speed
        self._retrieval_event = retrieval_event
        self._retrieval_timeout = retrieval_timeout
        self._wanted: datetime | None = self.start
        self._retrieved: datetime | None = None
        self._playback: Playback | None = None
        self._missing: MilestoneError | None = None

    @property
    def truncated(self) -> bool:
        """Whether the time is so recent that a shorter recording was retrieved."""
        return self.retrieval is not None and self.retrieval.truncated

    @property
    def missing(self) -> MilestoneError | None:
        """After the last frame: why footage may be missing, as far as that is known."""
        return self._missing or (None if self.retrieval is None else self.retrieval.missing)

    def replay(self) -> None:
        """Play from `start` again, as often as wanted; a program that is iterating gets the first frame next."""
        self.play_from(self.start)

    def play_from(self, time: datetime) -> None:
        """Play from another time on; `replay` returns to `start`. Raises `LocalProtocolError` once it is closed."""
        if self._closed:
            raise LocalProtocolError("the footage is closed", operation="play by time", hint="open another event view")
        self._wanted = to_utc(time, "time")

    def close(self) -> None:
        """End this connection, and a retrieval that is still running; others of the display go on."""
        super().close()
        if self.retrieval is not None:
            self.retrieval.cancel()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Frame:
        while not self._closed:
            if (time := self._wanted) is not None:
                self._play(time)
            elif self._playback is None:
                break
            else:
                frame = self._next(self._playback)
                # Another time may have been asked for while the frame was on its way.
                if frame is not None and self._wanted is None and not self._closed:
                    return frame
        raise StopIteration

    def _next(self, playback: Playback) -> Frame | None:
        try:
            frame = playback.__next__()
        except StopIteration:
            self._missing = playback.missing
            self._stop()
            return None
        except MilestoneError:
            self._stop()
            if self._closed:
                return None
            raise
        if self._closed:  # by another task or thread, while the playback was connecting again
            playback.close()
        return frame

    def _play(self, time: datetime) -> None:
        """Retrieve, wait, play: in this order."""  # R36
        self._stop()
        self._missing = None
        try:
            if time.year == NO_TIME.year:
                raise NoRecording(
                    "the alarm has no time that can be read", operation="play by time", hint="play from another time"
                )
            check_play_by_time(self._client, self.camera)
            if self._client.retrieve_remote_recordings:
                self._retrieve(time)
            if not self._closed:
                span = time if self._length is None else TimeSpan(time, self._end(time))
                playing = self._site.recordings.play(self.camera, span, codec=self._codec, speed=self._speed)
                self._playback = self._connect(playing)
        except NoRecording as error:
            self._done(time)
            if (reason := self._reason(error)) is None:
                raise
            raise reason from error
        except MilestoneError:
            self._done(time)
            raise
        self._done(time)

    def _done(self, time: datetime) -> None:
        if self._wanted is time:  # not for a time that was asked for meanwhile
            self._wanted = None

    def _end(self, time: datetime) -> datetime:
        return time if self._length is None else earlier(time, -self._length)

    def _retrieve(self, time: datetime) -> None:
        before = self.retrieval
        if before is not None:
            same = time == self._retrieved  # what is longer than the window is beyond it each time
            inside = same or (time in before.span and self._end(time) in before.span)
            known = before.state in _ENDED and not before.truncated and inside
            if known or before.state is RetrievalState.NOT_APPLICABLE:
                return
            before.cancel()
        self.retrieval = self._site.recordings.retrieve(self.camera, around=time, event=self._retrieval_event)
        self._retrieved = time
        if self._closed:
            self.retrieval.cancel()
        self.retrieval.wait(self._retrieval_timeout.total_seconds())

    def _reason(self, error: NoRecording) -> MilestoneError | None:
        """Return why there is no footage, if the retrieval is the reason."""
        retrieval = self.retrieval
        if retrieval is None or retrieval.missing is None:
            return None
        if retrieval.state not in _RUNNING:
            return retrieval.missing
        return NotYetRecorded(
            f"the recordings of camera {self.camera.name!r} are not retrieved yet: {retrieval.state.value}",
            server=error.server,
            operation="play by time",
            hint="replay in half a minute: the camera may not have finished saving them",
        )

    def _stop(self) -> None:
        self._playback = None
        self._open.close()
