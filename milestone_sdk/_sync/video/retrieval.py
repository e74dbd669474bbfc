# Generated from milestone_sdk/_async/video/retrieval.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Fetching remote recordings, from a camera's own storage or an interconnected site, before they are played.

Two ways exist: the task `RetrieveEdgeStorage` of the Configuration API, since 2025 R2; before, a user-defined event for
which the site has a rule that retrieves recordings.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal
from uuid import UUID

from ..._arguments import check_type
from ..._net.blocking import Clock
from ..._protocol.video.retrieval import may_be_remote
from ...errors import (
    CameraNotFound,
    ConfigurationError,
    ItemNotFound,
    MilestoneError,
    NoRecording,
    PermissionDenied,
    RetrievalFailed,
    RetrievalTimeout,
    TaskFailed,
    TaskTimeout,
    UnsupportedFeature,
)
from ...models import Camera, RecordingSequence, RetrievalState, TimeSpan, UserDefinedEvent
from ...models.times import earlier, to_utc
from ..configuration.api import ConfigurationApi
from ..configuration.inventory import ConfigurationCache, CameraReference
from ..configuration.task import ServerTask
from ..session.http import within
from ..session.session import Session

__all__ = ["Retrieval", "Retriever"]

_Strategy = Literal["task", "event", "direct playback"]

_METHOD: Final = "RetrieveEdgeStorage"
_BEFORE: Final = timedelta(minutes=5)
_AFTER: Final = timedelta(minutes=10)
"""The usual window around the time that is wanted."""
_POLL: Final = 5.0
"""Seconds between two looks for footage that a rule retrieves, whose progress the server does not report."""
_LEAST_SECONDS: Final = 1.0
"""Time for the last request when the time is up."""
_RETRY: Final = timedelta(seconds=30)
"""When to ask again for footage that the camera has not finished writing."""
_WRITING: Final = timedelta(minutes=1)
"""How long a camera may take to finish writing its newest footage."""
_FAR: Final = timedelta(hours=1)
"""A span that has begun and ends so far ahead is meant up to now: its end is not waited for."""
_NEIGHBOUR: Final = timedelta(seconds=1)
"""Sequences that share less with a span only border on it: it may be a gap between them."""
_SHORTEST: Final = timedelta(seconds=1)
"""What is requested at least: servers may refuse an end that is not after the start."""
_RUNNING: Final = (RetrievalState.IN_PROGRESS, RetrievalState.NOT_READY)
_LIFETIME: Final = 300.0
"""Seconds until it is asked again whether a camera has footage of its own, and whether this user may retrieve it."""
_STOPPING: Final = (0.5, 1.0, 2.0)
"""Seconds between attempts to clean up a task that the server has not stopped yet."""


class Retrieval:
    """The retrieval of one camera's remote recordings for `span`.

    Nothing about the footage raises: `state` says what became of it, and `missing` why footage may be missing, as the
    error that it would be. `span` ends at the time of the last request at the latest; `truncated` says that it was cut
    because of that. Each further request that `wait` makes is for what can be retrieved by then.
    """

    def __init__(
        self,
        span: TimeSpan,
        *,
        state: RetrievalState,
        missing: MilestoneError | None = None,
        strategy: _Strategy | None = None,
        wanted: TimeSpan | None = None,
        start: Callable[[TimeSpan], ServerTask | None] | None = None,
        sequences: Callable[[TimeSpan, float], list[RecordingSequence]] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._asked = span
        self._clock = clock or Clock()
        now = self._clock.utcnow()
        self.span: TimeSpan = _clipped(span, now)
        end = self.span.end if self.span.start < now <= earlier(span.end, _FAR) else span.end
        self._wanted = wanted or TimeSpan(span.start, end)
        """The part that makes it complete."""
        self._written = earlier(end, -_WRITING)
        """When the camera has finished writing what is wanted, at the latest."""
        self.state: RetrievalState = state
        self.missing: MilestoneError | None = missing
        self.strategy: Literal["task", "event", "direct playback"] | None = strategy
        """How the footage is had: by a task of the server, by an event that a rule answers, or by direct playback from
        the remote side, without retrieval; `None` for none of them."""
        self._task: ServerTask | None = None
        self._start = start
        self._sequences = sequences
        self._again = now
        """When to ask again."""
        self._recorded = timedelta()
        self._grew = now
        """When what the recorder has was last seen to grow, or was requested."""

    def start(self) -> None:
        """Start it at the server."""
        try:
            self._request()
        except (TaskFailed, CameraNotFound) as error:
            self._fails(error)
        except MilestoneError as error:
            self.state, self.missing = RetrievalState.NOT_AVAILABLE, error

    def _request(self) -> None:
        """Start it for what can be retrieved by now."""
        assert self._start is not None
        self._grew = now = self._clock.utcnow()
        self._again = now + _RETRY
        self.span = _clipped(self._asked, now)
        if now - self._asked.start < _SHORTEST:
            self._is_early("there is no footage yet of a time that is still to come")
            return
        task = self._start(self.span)
        self.strategy = "event" if task is None else "task"
        if self._running:
            self.state, self._task = RetrievalState.IN_PROGRESS, task
        elif task is not None:
            self._stop(task)

    @property
    def _running(self) -> bool:
        """Whether it goes on; another task or thread may cancel it at any time."""
        return self.state in _RUNNING

    @property
    def truncated(self) -> bool:
        """Whether `span` is shorter than what was asked for, since the rest is in the future."""
        return self.span.end < self._asked.end

    def __repr__(self) -> str:
        return f"<retrieval of {self.span.start:%Y-%m-%d %H:%M:%S} to {self.span.end:%H:%M:%S} UTC: {self.state.value}>"

    @property
    def progress(self) -> int | None:
        """Percent; `None` where the server does not report it."""
        if self.state is RetrievalState.COMPLETED:
            return 100
        task = self._task
        return None if task is None or task.item.text("Progress") is None else task.progress

    @property
    def retry_after(self) -> timedelta | None:
        """When it is worth asking again, if the state is `NOT_READY`; `wait` does so by itself."""
        return _RETRY if self.state is RetrievalState.NOT_READY else None

    def wait(
        self, timeout: float = 120.0, *, progress: Callable[[int | None], None] | None = None
    ) -> RetrievalState:
        """Wait until the recordings can be played, `timeout` seconds at most, and return the state.

        `progress` is called every few seconds with the percent that are done, `None` where they are not known. Footage
        that the camera has not finished writing is asked for again meanwhile. Raises nothing about the footage: at the
        end of the time the state is `IN_PROGRESS` or `NOT_READY`, and `missing` says so.
        """
        end = self._clock.monotonic() + timeout
        while self._running and (left := end - self._clock.monotonic()) > 0:
            if progress is not None:
                progress(self.progress)
            self._step(left)
        if self._running and not isinstance(self.missing, NoRecording):
            self.missing = RetrievalTimeout(
                f"the recordings are not retrieved after {timeout:g} s",
                hint="wait again, or play what the recorder has",
            )
        return self.state

    def _step(self, seconds: float) -> None:
        """Wait for the task, or for the footage, and find out what is there."""
        began, pause = self._clock.monotonic(), min(seconds, _POLL)
        try:
            if self._task is not None:
                self._task.wait(pause)
            elif self.state is RetrievalState.NOT_READY and self._start is not None:
                early = (self._again - self._clock.utcnow()).total_seconds()
                self._clock.sleep(min(max(early, 0.0), _RETRY.total_seconds(), pause))
                if self._running and early <= pause:
                    self._request()
                return
            else:
                self._clock.sleep(pause)
            self._look(seconds - (self._clock.monotonic() - began))
        except TaskTimeout:
            return
        except MilestoneError as error:
            if self._running:
                self._fails(error)

    def _fails(self, error: MilestoneError) -> None:
        self.missing = error
        if isinstance(error, TaskFailed):
            self.state, self._task = RetrievalState.FAILED, None
            self.missing = RetrievalFailed(error.message, server=error.server, operation=error.operation)
        elif isinstance(error, CameraNotFound):
            self.state, self._task = RetrievalState.NO_CAMERA, None
        elif self._task is not None and self._task.is_over:
            self.state, self._task = RetrievalState.COMPLETED, None  # what is there cannot be found out now
        elif not error.retriable:
            self.state = RetrievalState.FAILED

    def _look(self, seconds: float) -> None:
        """Find out what footage the recorder has now: a task that ended well does not prove that it has any."""
        assert self._sequences is not None
        found = self._sequences(self._wanted, max(seconds, _LEAST_SECONDS))
        if not self._running:
            return
        self.missing = None
        ended = self._task is not None
        if self._reaches_the_end(found) if ended else _is_whole(found, self._wanted):
            self.state, self._task = RetrievalState.COMPLETED, None
        elif ended or self._has_settled(found):
            self._task = None
            if self._clock.utcnow() < self._written:
                self._is_early(
                    f"the recorder has {'a part' if found else 'no footage'} of that time after its retrieval"
                )
                return
            self.state = RetrievalState.COMPLETED
            if not found:
                self.missing = NoRecording(
                    "the recorder has no footage of that time after its retrieval", hint="the camera may not have it"
                )

    def _reaches_the_end(self, found: list[RecordingSequence]) -> bool:
        """Whether nothing can be missing at the end: what is newer than the request was recorded by the recorder."""
        return any(each.end >= self._wanted.end or each.end > self.span.end for each in found)

    def _has_settled(self, found: list[RecordingSequence]) -> bool:
        """Whether a rule, whose end is not told, has had time and fetches nothing more."""
        now, recorded = self._clock.utcnow(), _recorded(found, self._wanted)
        if recorded != self._recorded:
            self._recorded, self._grew = recorded, now
        return now - self._grew >= _RETRY and (bool(found) or now < self._written)

    def _is_early(self, what: str) -> None:
        self.state, self._again = RetrievalState.NOT_READY, self._clock.utcnow() + _RETRY
        self.missing = NoRecording(what, hint="the camera may not have finished writing it")

    def cancel(self) -> None:
        """Stop the retrieval at the server, which keeps what was fetched.

        `missing` says if that failed; then, and after a call that was cancelled, it can be called again.
        """
        if self._running:
            self.state = RetrievalState.STOPPED
        elif self.state is not RetrievalState.STOPPED:
            return
        task, self._task, self.missing = self._task, None, None
        if task is not None:
            self._stop(task)

    def _stop(self, task: ServerTask) -> None:
        """End a task, and clean it up once the server has ended it."""
        try:
            try:
                task.stop()
            except UnsupportedFeature:
                if not task.is_over and not task.item.has_method("TaskCleanup"):
                    raise
            for pause in _STOPPING:
                try:
                    return task.cleanup()
                except UnsupportedFeature:
                    self._clock.sleep(pause)
            task.cleanup()
        except ItemNotFound:
            return None  # another client has cleaned it up
        except BaseException as error:
            self._task = task
            if not isinstance(error, MilestoneError):
                raise
            self.missing = error
        return None


class Retriever:
    """Starts retrievals in the way that the site has."""

    def __init__(
        self,
        session: Session,
        configuration: ConfigurationCache,
        trigger: Callable[[UserDefinedEvent | UUID | str], None],
        sequences: Callable[[Camera, TimeSpan], list[RecordingSequence]],
    ) -> None:
        self._session = session
        self._configuration = configuration
        self._trigger = trigger
        self._sequences = sequences

    def retrieve(
        self,
        camera: CameraReference,
        span: TimeSpan | None,
        around: datetime | None,
        event: UserDefinedEvent | UUID | str | None,
    ) -> Retrieval:
        """Start the retrieval of a span, or of the window around a time; see `Recordings.retrieve`."""
        asked, clock = _asked(span, around), self._session.clock
        try:
            found = self._camera(camera)
        except ConfigurationError:
            raise
        except CameraNotFound as error:
            return Retrieval(asked, state=RetrievalState.NO_CAMERA, missing=error, clock=clock)
        except MilestoneError as error:
            return Retrieval(asked, state=RetrievalState.NOT_AVAILABLE, missing=error, clock=clock)
        if not may_be_remote(found):
            direct: _Strategy | None = "direct playback" if found.edge_storage_playback else None
            return Retrieval(asked, state=RetrievalState.NOT_APPLICABLE, strategy=direct, clock=clock)
        retrieval = Retrieval(
            asked,
            state=RetrievalState.IN_PROGRESS,
            wanted=None if around is None else TimeSpan(around, around),
            start=partial(self._start, found, event),
            sequences=partial(self._found, found),
            clock=clock,
        )
        retrieval.start()
        return retrieval

    def _camera(self, reference: CameraReference) -> Camera:
        """Return a camera as the site described it lately: no call would contradict what is decided by it."""
        found = self._configuration.camera(reference)
        try:
            self._configuration.recheck(found.recorder.id, self._session.clock.monotonic() - _LIFETIME)
            return self._configuration.camera(found.id)
        except CameraNotFound:
            raise
        except MilestoneError:
            return found

    def _start(
        self, camera: Camera, event: UserDefinedEvent | UUID | str | None, window: TimeSpan
    ) -> ServerTask | None:
        """Start a task, or raise the event where the server has no such task; return the task."""
        server = str(self._session.location)
        if camera.rights is not None and not camera.rights.retrieve_edge_recordings:
            raise PermissionDenied(
                f"this user may not retrieve recordings of camera {camera.name!r}",
                server=server,
                operation="retrieve",
                hint="give the user's role the right to retrieve remote recordings",
            )
        try:
            values = {"StartTime": window.start, "EndTime": max(window.end, earlier(window.start, -_SHORTEST))}
            return ConfigurationApi(self._session).invoke(f"Camera[{camera.id}]", _METHOD, values)
        except (UnsupportedFeature, ItemNotFound) as error:
            if isinstance(error, ItemNotFound):
                self._check_exists(camera, window)
            if event is None:
                raise UnsupportedFeature(
                    f"camera {camera.name!r} may have footage that its recorder has not retrieved",
                    required="2025 R2 or later, or an event for which the site has a rule that retrieves recordings",
                    actual=error.message,
                    server=server,
                    operation="retrieve",
                    hint="give event=, retrieve it in the Smart Client, or play what the recorder has",
                ) from error
        self._trigger(event)
        return None

    def _found(self, camera: Camera, span: TimeSpan, seconds: float) -> list[RecordingSequence]:
        with within(seconds, server=camera.recorder.uri, operation="retrieve"):
            found = self._sequences(camera, span)
        least = min(_NEIGHBOUR, span.duration)
        return [each for each in found if _recorded([each], span) >= least]

    def _check_exists(self, camera: Camera, window: TimeSpan) -> None:
        """Raise `CameraNotFound` if its recorder knows it no longer; a user may not see the item of one that exists."""
        try:
            self._sequences(camera, window)
        except CameraNotFound:
            raise
        except MilestoneError:
            return


def _asked(span: TimeSpan | None, around: datetime | None) -> TimeSpan:
    """Return the span to retrieve, which may reach into the future."""
    if (span is None) == (around is None):
        raise ConfigurationError("one of span and around must be given")
    if around is not None:
        time = to_utc(around, "around")
        span = TimeSpan(earlier(time, _BEFORE), earlier(time, -_AFTER))
    check_type("span", span, TimeSpan)
    assert span is not None
    return span


def _clipped(asked: TimeSpan, now: datetime) -> TimeSpan:
    """Return what of a span is not in the future."""
    return TimeSpan(min(asked.start, now), min(asked.end, now))


def _is_whole(found: list[RecordingSequence], span: TimeSpan) -> bool:
    return bool(found) and _recorded(found, span) >= span.duration


def _recorded(found: list[RecordingSequence], span: TimeSpan) -> timedelta:
    """Return how much of a span was recorded."""
    return sum((min(each.end, span.end) - max(each.start, span.start) for each in found), timedelta())
