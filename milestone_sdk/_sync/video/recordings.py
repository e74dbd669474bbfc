# Generated from milestone_sdk/_async/video/recordings.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Recorded video of a site: sequences, single pictures, playback, retrieval."""

from collections.abc import Generator, Callable
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Concatenate, Final, Literal, ParamSpec, TypeVar
from uuid import UUID

from ..._arguments import check_type
from ..._net.blocking import Stream
from ..._protocol.soap.envelope import Call
from ..._protocol.video import recordercommand
from ..._protocol.video.retrieval import may_be_remote
from ...errors import CameraNotFound, ConfigurationError, MilestoneError, NoRecording, UnsupportedFeature
from ...models import Camera, RecordingSequence, RetrievalState, SequenceType, Snapshot, TimeSpan
from ...models.video import to_utc
from ..configuration.inventory import ConfigurationCache, CameraReference
from ..session.facts import Fact, is_refused_by_recorder
from ..session.session import Session
from .connection import ImageServerConnection
from .playback import Playback
from .retrieval import Retrieval

__all__ = ["Recordings"]

P = ParamSpec("P")
T = TypeVar("T")

_PAGE: Final = 1000
_LARGEST: Final = 8192
"""JPEGGetLive scales down to this, never up (protocol/recording.md 1.9)."""
_TICK: Final = timedelta(microseconds=1)


class Recordings:
    """Recorded video of a site. A camera is given as `Camera`, id, or exact name."""

    def __init__(self, session: Session, configuration: ConfigurationCache) -> None:
        self._session = session
        self._configuration = configuration

    def sequence_types(self, camera: CameraReference) -> tuple[SequenceType, ...]:
        """Return the kinds of sequences that the camera has, such as recordings and motion."""
        place = self._configuration.place(camera)
        return self._ask(place, recordercommand.sequences_get_types)

    def sequences(
        self, camera: CameraReference, span: TimeSpan, *, kind: UUID = SequenceType.RECORDING
    ) -> list[RecordingSequence]:
        """Return the recorded sequences that overlap `span`, in order and unclipped: one may begin or end outside it.

        Empty when nothing was recorded. Raises `CameraNotFound`, `ServiceUnavailable`, `PermissionDenied`.
        """
        check_type("span", span, TimeSpan)
        place = self._configuration.place(camera)
        sequences: dict[datetime, RecordingSequence] = {}
        start = span.start
        while start <= span.end:
            page = self._ask(
                place, recordercommand.sequences_get, kind, min_time=start, max_time=span.end, max_count=_PAGE
            )
            sequences.update((sequence.begin, sequence) for sequence in page)
            reached = max((sequence.end for sequence in page), default=start)
            if len(page) < _PAGE or reached < start:
                break
            start = reached + _TICK
        return [sequences[begin] for begin in sorted(sequences)]

    def sequences_around(
        self,
        camera: CameraReference,
        moment: datetime,
        *,
        before: int = 1,
        after: int = 1,
        within: timedelta | None = None,
        kind: UUID = SequenceType.RECORDING,
    ) -> list[RecordingSequence]:
        """Return the last `before` sequences that began before `moment` and the first `after` of the others.

        With the default of one each, the first one says whether `moment` was recorded, the second when recording went
        on. `within` bounds how far away they may be; without it the whole database is searched.
        """
        place = self._configuration.place(camera)
        answer = self._ask(
            place,
            recordercommand.sequences_get_around,
            kind,
            center_time=to_utc(moment, "moment"),
            max_count_before=before,
            max_count_after=after,
            within=within,
        )
        return sorted(answer, key=lambda sequence: sequence.begin)

    def snapshot(
        self, camera: CameraReference, at: datetime | None = None, *, tolerance: timedelta = timedelta(seconds=2)
    ) -> Snapshot:
        """Return the last recorded picture up to `at`, otherwise the first one after it; live when `at` is `None`.

        Raises `NoRecording` when there is none within `tolerance`; its hint says when the nearest ones were recorded.
        """
        place = self._configuration.place(camera)
        if at is None:
            return self._live_picture(place)
        moment = to_utc(at, "at")
        nearest: list[datetime] = []
        for pick in (recordercommand.jpeg_get_at_or_before, recordercommand.jpeg_get_at_or_after):
            picture = self._ask(place, pick, moment)
            if picture is not None and abs(picture.time - moment) <= tolerance:
                return picture
            if picture is not None:
                nearest.append(picture.time)
        found = place.get()
        raise NoRecording(
            f"camera {found.name!r} recorded no picture within {tolerance} of {moment.isoformat()}",
            server=found.recorder.uri,
            operation="snapshot",
            hint=" and ".join(f"there is one at {time.isoformat()}" for time in nearest)
            or "it recorded nothing at all",
        )

    def _live_picture(self, place: Fact[Camera]) -> Snapshot:
        picture = self._ask(place, recordercommand.jpeg_get_live, max_width=_LARGEST, max_height=_LARGEST)
        if picture is None:
            camera = place.get()
            self._configuration.check_enabled(camera.id)
            raise NoRecording(
                f"camera {camera.name!r} delivers no live picture", server=camera.recorder.uri, operation="snapshot"
            )
        return picture

    def _ask(
        self,
        place: Fact[Camera],
        build: Callable[Concatenate[str, UUID, P], Call[T]],
        *args: P.args,
        **parameters: P.kwargs,
    ) -> T:
        """Call the recorder of a camera; after a refusal, the recorder that has the camera now."""

        def of_camera(camera: Camera, token: str) -> Call[T]:
            return build(token, camera.id, *args, **parameters)

        return place.use(
            lambda camera: self._session.recorder(camera.recorder, partial(of_camera, camera)),
            contradicted=lambda error, _: is_refused_by_recorder(error),
        )

    @contextmanager
    def play(
        self,
        camera: CameraReference,
        span: TimeSpan,
        *,
        codec: Literal["native", "jpeg"] = "native",
        size: tuple[int, int] | None = None,
        keyframes_only: bool = False,
        patience: timedelta = timedelta(seconds=10),
        missing_ok: bool = False,
    ) -> Generator[Playback]:
        """Play what was recorded in `span`: enter it, then iterate over its frames.

        `codec="native"` returns what the camera sent, from the key frame before `span.start` on, so that the joined
        data of the frames can be decoded; with `"jpeg"` the recorder makes a JPEG of each picture, `size` (width,
        height) at most. Where `span` ends near the present, up to `patience` is spent waiting for footage that is
        still being written.

        Raises `CameraNotFound`; entering and iterating raise `NoRecording`, `ServiceUnavailable`, `ReadTimeout`,
        `RemoteProtocolError`. With `missing_ok` none of these is raised: the frames end where the footage ends, or
        there are none, and `missing` of the playback is the error.
        """
        check_type("span", span, TimeSpan)
        if codec not in ("native", "jpeg"):
            raise ConfigurationError(f"codec must be 'native' or 'jpeg', got {codec!r}")
        place = self._configuration.place(camera)
        try:
            found = place.get()
        except MilestoneError as error:
            if not missing_ok or isinstance(error, ConfigurationError):
                raise
            yield Playback.of_nothing(error, span, clock=self._session.clock)
            return
        playback = Playback(
            self._connection(place, found.id),
            span,
            codec=codec,
            size=size,
            keyframes_only=keyframes_only,
            patience=patience.total_seconds(),
            label=f"camera {found.name!r} at {found.recorder.uri}",
            missing_ok=missing_ok,
        )
        with playback as frames:
            yield frames

    def _connection(self, place: Fact[Camera], device_id: UUID) -> ImageServerConnection:
        def connect() -> Stream:
            return self._session.open_recorder((place.get()).recorder)

        def relocate(error: MilestoneError) -> UUID | None:
            moved = is_refused_by_recorder(error) and place.is_other(error)
            return (place.get()).id if moved else None

        return ImageServerConnection(
            device_id,
            connect=connect,
            relocate=relocate,
            token=self._session.tokens.corporate,
            renew=self._session.tokens.renewed,
            timeout=self._session.timeout,
            clock=self._session.clock,
        )

    def retrieve(self, camera: CameraReference, span: TimeSpan) -> Retrieval:
        """Have the recorder fetch what the camera or a remote site recorded in `span`; then `wait`.

        What cannot be retrieved is in the result and not raised. `state` is `NOT_APPLICABLE` where the recorder has
        the footage or plays it directly from the remote side, `NOT_AVAILABLE` where footage may be elsewhere, which
        this release does not retrieve, or where the site could not be asked, and `NO_CAMERA`; `missing` is the reason.
        """
        check_type("span", span, TimeSpan)
        try:
            found = self._configuration.camera(camera)
        except ConfigurationError:
            raise
        except CameraNotFound as error:
            return Retrieval(span=span, state=RetrievalState.NO_CAMERA, missing=error)
        except MilestoneError as error:
            return Retrieval(span=span, state=RetrievalState.NOT_AVAILABLE, missing=error)
        if not may_be_remote(found):
            return Retrieval(span=span, state=RetrievalState.NOT_APPLICABLE)
        missing = UnsupportedFeature(
            f"camera {found.name!r} may hold footage that its recorder has not fetched",
            required="a release of milestone_sdk that starts retrievals",
            actual="this release",
            server=str(self._session.location),
            operation="retrieve",
            hint="retrieve it in the Smart Client, or play what the recorder has",
        )
        return Retrieval(span=span, state=RetrievalState.NOT_AVAILABLE, missing=missing)
