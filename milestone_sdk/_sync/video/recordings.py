# Generated from milestone_sdk/_async/video/recordings.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""What was recorded when, single pictures, and playback."""

from collections.abc import Generator, Callable
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal, TypeVar
from uuid import UUID

from ..._arguments import check_type
from ..._net.blocking import Stream
from ..._protocol.soap.envelope import Call
from ..._protocol.video import recordercommand
from ..._protocol.video.retrieval import may_be_remote
from ...errors import CameraNotFound, ConfigurationError, MilestoneError, NoRecording, UnsupportedFeature
from ...models import Camera, RecordingSequence, RetrievalState, SequenceType, Snapshot, TimeSpan
from ...models.times import to_utc
from ..configuration.inventory import ConfigurationCache, CameraReference
from ..session.facts import Fact, is_refused_by_recorder
from ..session.session import Session
from .connection import ImageServerConnection
from .playback import Playback
from .retrieval import Retrieval

__all__ = ["Recordings"]

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
        """Return the kinds of sequences that the camera has (protocol/recording.md 1.6)."""
        place = self._configuration.place(camera)
        return self._ask(place, lambda found, token: recordercommand.sequences_get_types(token, found.id))

    def sequences(
        self, camera: CameraReference, span: TimeSpan, *, kind: UUID = SequenceType.RECORDING
    ) -> list[RecordingSequence]:
        """Return the stretches that touch `span`, in order and unclipped: one may begin before or end after it.

        Empty when nothing was recorded. Raises `CameraNotFound`, `ServiceUnavailable`, `PermissionDenied`
        (protocol/recording.md 1.8).
        """
        check_type("span", span, TimeSpan)
        place = self._configuration.place(camera)
        sequences: dict[datetime, RecordingSequence] = {}
        start = span.start
        while start <= span.end:
            page = self._ask(place, partial(_sequences, kind, start, span.end))
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
        """Return the last `before` stretches that began before `moment` and the first `after` of those that did not.

        With the default of one each, the first one says whether `moment` was recorded, the second what came next.
        `within` bounds how far away they may lie; without it the whole database is looked at.
        """
        place = self._configuration.place(camera)
        center = to_utc(moment, "moment")
        if within is None:
            answer = self._ask(
                place,
                lambda found, token: recordercommand.sequences_get_around(
                    token, found.id, kind, center_time=center, max_count_before=before, max_count_after=after
                ),
            )
        else:
            answer = self._ask(
                place,
                lambda found, token: recordercommand.sequences_get_around_with_span(
                    token,
                    found.id,
                    kind,
                    center_time=center,
                    max_time_before=within,
                    max_count_before=before,
                    max_time_after=within,
                    max_count_after=after,
                ),
            )
        return sorted(answer, key=lambda sequence: sequence.begin)

    def snapshot(
        self, camera: CameraReference, at: datetime | None = None, *, tolerance: timedelta = timedelta(seconds=2)
    ) -> Snapshot:
        """Return the recorded picture nearest before, else after, `at`; the live picture when `at` is `None`.

        Raises `NoRecording` when there is none within `tolerance` (protocol/recording.md 1.9, 4.7).
        """
        place = self._configuration.place(camera)
        if at is None:
            return self._live_picture(place)
        moment = to_utc(at, "at")
        nearest: list[datetime] = []
        for pick in (recordercommand.jpeg_get_at_or_before, recordercommand.jpeg_get_at_or_after):
            picture = self._ask(place, partial(_picture, pick, moment))
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
        picture = self._ask(
            place,
            lambda camera, token: recordercommand.jpeg_get_live(
                token, camera.id, max_width=_LARGEST, max_height=_LARGEST
            ),
        )
        if picture is None:
            camera = place.get()
            self._configuration.check_enabled(camera.id)
            raise NoRecording(
                f"camera {camera.name!r} delivers no live picture", server=camera.recorder.uri, operation="snapshot"
            )
        return picture

    def _ask(self, place: Fact[Camera], build: Callable[[Camera, str], Call[T]]) -> T:
        """Call the recorder of a camera, and the one that has it now if that one refuses."""
        return place.use(
            lambda camera: self._session.recorder(camera.recorder, partial(build, camera)),
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

        `codec="native"` gives what the camera sent, beginning with the key frame before `span.start`, so that the
        data of the frames, joined, can be decoded; `"jpeg"` has the recorder make a JPEG of each picture, at `size`
        at most. Where the span reaches into the last moments, up to `patience` is spent waiting for footage that is
        still being written. Raises `CameraNotFound`; entering and iterating raise `NoRecording`,
        `ServiceUnavailable`, `ReadTimeout`, `RemoteProtocolError` (protocol/recording.md 2, 4).

        With `missing_ok` none of these is raised: the frames end where the footage does, after none at all if need
        be, and `missing` of the playback is the error.
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
        """Have the recorder fetch what the camera or the remote site recorded in `span`; then `wait`.

        What cannot be retrieved is in the result and not raised: `state` is `NOT_APPLICABLE` where the recorder has
        the footage or plays it straight from the remote side, `NOT_AVAILABLE` where footage may be elsewhere, which
        this release does not retrieve, or where the site could not be asked, and `NO_CAMERA`; `missing` says why.
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


def _sequences(
    kind: UUID, start: datetime, end: datetime, camera: Camera, token: str
) -> Call[tuple[RecordingSequence, ...]]:
    return recordercommand.sequences_get(token, camera.id, kind, min_time=start, max_time=end, max_count=_PAGE)


def _picture(
    pick: Callable[[str, UUID, datetime], Call[Snapshot | None]], moment: datetime, camera: Camera, token: str
) -> Call[Snapshot | None]:
    return pick(token, camera.id, moment)
