"""Recorded video of a site: sequences, single pictures, playback, retrieval."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

from ..._arguments import check_type
from ..._protocol.video import recordercommand
from ...errors import (
    ConfigurationError,
    MilestoneError,
    NoRecording,
)
from ...models import (
    Camera,
    RecordingSequence,
    SequenceType,
    Snapshot,
    TimeSpan,
    UserDefinedEvent,
)
from ...models.export import Export
from ...models.times import to_utc
from ..configuration.inventory import AsyncConfigurationCache, CameraReference
from ..session.facts import AsyncFact
from ..session.recorder import at_recorder
from ..session.session import AsyncSession
from .connection import connection_to
from .export import AsyncExporter, format_of
from .playback import AsyncPlayback
from .retrieval import AsyncRetrieval, AsyncRetriever

__all__ = ["AsyncRecordings"]


_PAGE: Final = 1000
_LARGEST: Final = 8192
"""JPEGGetLive scales down to this, never up."""  # protocol/recording.md 1.9
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_AHEAD: Final = timedelta(days=1)
"""How far the recorder's clock may be ahead of this one."""
_TICK: Final = timedelta(microseconds=1)


class AsyncRecordings:
    """Recorded video of a site. A camera is given as `Camera`, id, or exact name."""

    def __init__(
        self,
        session: AsyncSession,
        configuration: AsyncConfigurationCache,
        trigger: Callable[[UserDefinedEvent | UUID | str], Awaitable[None]],
    ) -> None:
        self._session = session
        self._configuration = configuration
        self._trigger = trigger

    async def sequence_types(self, camera: CameraReference) -> tuple[SequenceType, ...]:
        """Return the kinds of sequences that the camera has, such as recordings and motion."""
        place = self._configuration.place(camera)
        return await at_recorder(self._session, place, recordercommand.sequences_get_types)

    async def sequences(
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
            page = await at_recorder(
                self._session,
                place,
                recordercommand.sequences_get,
                kind,
                min_time=start,
                max_time=span.end,
                max_count=_PAGE,
            )
            sequences.update((sequence.begin, sequence) for sequence in page)
            reached = max((sequence.end for sequence in page), default=start)
            if len(page) < _PAGE or reached < start:
                break
            start = reached + _TICK
        return [sequences[begin] for begin in sorted(sequences)]

    async def sequences_around(
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
        answer = await at_recorder(
            self._session,
            place,
            recordercommand.sequences_get_around,
            kind,
            center_time=to_utc(moment, "moment"),
            max_count_before=before,
            max_count_after=after,
            within=within,
        )
        return sorted(answer, key=lambda sequence: sequence.begin)

    async def extent(self, camera: CameraReference) -> TimeSpan | None:
        """Return the time from the first to the last recording of a camera, gaps included; `None` if it has none.

        Raises `CameraNotFound`, `ServiceUnavailable`, `PermissionDenied`.
        """
        first = await self.sequences_around(camera, _BEGINNING, before=0, after=1)
        last = await self.sequences_around(camera, self._session.clock.utcnow() + _AHEAD, before=1, after=0)
        return TimeSpan(first[0].begin, max(last[-1].end, first[0].begin)) if first and last else None

    async def snapshot(
        self, camera: CameraReference, at: datetime | None = None, *, tolerance: timedelta = timedelta(seconds=2)
    ) -> Snapshot:
        """Return the last recorded picture up to `at`, otherwise the first one after it; live when `at` is `None`.

        Raises `NoRecording` when there is none within `tolerance`; its hint says when the nearest ones were recorded.
        """
        place = self._configuration.place(camera)
        if at is None:
            return await self._live_picture(place)
        moment = to_utc(at, "at")
        nearest: list[datetime] = []
        for pick in (recordercommand.jpeg_get_at_or_before, recordercommand.jpeg_get_at_or_after):
            picture = await at_recorder(self._session, place, pick, moment)
            if picture is not None and abs(picture.time - moment) <= tolerance:
                return picture
            if picture is not None:
                nearest.append(picture.time)
        found = await place.get()
        raise NoRecording(
            f"camera {found.name!r} recorded no picture within {tolerance} of {moment.isoformat()}",
            server=found.recorder.uri,
            operation="snapshot",
            hint=" and ".join(f"there is one at {time.isoformat()}" for time in nearest)
            or "it recorded nothing at all",
        )

    async def _live_picture(self, place: AsyncFact[Camera]) -> Snapshot:
        picture = await at_recorder(
            self._session, place, recordercommand.jpeg_get_live, max_width=_LARGEST, max_height=_LARGEST
        )
        if picture is None:
            camera = await place.get()
            await self._configuration.check_enabled(camera.id)
            raise NoRecording(
                f"camera {camera.name!r} delivers no live picture", server=camera.recorder.uri, operation="snapshot"
            )
        return picture

    @asynccontextmanager
    async def play(
        self,
        camera: CameraReference,
        span: TimeSpan,
        *,
        codec: Literal["native", "jpeg"] = "native",
        size: tuple[int, int] | None = None,
        keyframes_only: bool = False,
        patience: timedelta = timedelta(seconds=10),
        missing_ok: bool = False,
    ) -> AsyncGenerator[AsyncPlayback]:
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
            found = await place.get()
        except MilestoneError as error:
            if not missing_ok or isinstance(error, ConfigurationError):
                raise
            yield AsyncPlayback.of_nothing(error, span, clock=self._session.clock)
            return
        playback = AsyncPlayback(
            connection_to(self._session, place, found.id),
            span,
            codec=codec,
            size=size,
            keyframes_only=keyframes_only,
            patience=patience.total_seconds(),
            label=f"camera {found.name!r} at {found.recorder.uri}",
            missing_ok=missing_ok,
        )
        async with playback as frames:
            yield frames

    async def export(
        self,
        camera: CameraReference,
        span: TimeSpan,
        path: str | Path,
        *,
        close_gaps: bool = False,
        subtitles: bool = False,
        overwrite: bool = False,
        retrieve: bool = False,
        progress: Callable[[float], None] | None = None,
        patience: timedelta = timedelta(seconds=10),
    ) -> Export:
        """Write what was recorded in `span` to files, without re-encoding; return what was written and what is missing.

        The suffix of `path` is the format: `.mp4` or `.mkv` (needs the extra `video`); `.h264`, `.h265`, `.mjpeg` or
        `.raw` for the data as the camera sent it; no suffix for a folder of JPEGs, which the recorder makes. Where
        resolution or codec change, another file begins: `name-2.mp4`. Times are the recorder's, to the millisecond. An
        MP4 begins at `span.start`; MKV and raw streams begin with the key frame before it. Each stretch without a gap
        is a chapter.

        Gaps last as long as they did, or are left out with `close_gaps`. `subtitles` shows the time (UTC) as subtitles
        of an MKV. An existing file is kept unless `overwrite`. With `retrieve` remote recordings are fetched first,
        where the server can. `progress` is called with the part that is done, from 0 to 1.

        Missing footage is in the result and not raised: `missing` says why there are no files or not all pictures.
        Raises `ConfigurationError`, `UnsupportedFeature` without PyAV, `ExportFailed` if a file cannot be written; a
        file that is not whole never has the final name.
        """
        check_type("span", span, TimeSpan)
        target = Path(path)
        form = format_of(target, overwrite=overwrite)
        missing = await self._retrieved(camera, span) if retrieve else None
        name, server = await self._name(camera), str(self._session.location)
        exporter = AsyncExporter(
            target, span, title=name, comment=server, close_gaps=close_gaps, subtitles=subtitles, progress=progress
        )
        codec: Literal["native", "jpeg"] = "jpeg" if form == "jpeg" else "native"
        async with exporter, self.play(camera, span, codec=codec, patience=patience, missing_ok=True) as frames:
            async for frame in frames:
                await exporter.add(frame)
            return await exporter.finish(frames.missing or missing)

    async def _retrieved(self, camera: CameraReference, span: TimeSpan) -> MilestoneError | None:
        retrieval = await self.retrieve(camera, span)
        await retrieval.wait()
        return retrieval.missing

    async def _name(self, camera: CameraReference) -> str:
        try:
            return (await self._configuration.camera(camera)).name
        except MilestoneError:
            return str(camera)  # playback says what is wrong with it

    async def retrieve(
        self,
        camera: CameraReference,
        span: TimeSpan | None = None,
        *,
        around: datetime | None = None,
        event: UserDefinedEvent | UUID | str | None = None,
    ) -> AsyncRetrieval:
        """Have the recorder fetch what the camera or the remote site recorded in `span`; then `wait`.

        `around` is a time instead of a span: from 5 minutes before to 10 after it, now at the latest. Since 2025 R2 the
        server retrieves by a task. Before, `event` is raised, a user-defined event for which the site has a rule that
        retrieves recordings.

        What cannot be retrieved is in the result and not raised: `state` is `NOT_APPLICABLE` where the recorder has the
        footage or plays it straight from the remote side, `NOT_AVAILABLE` where the server, or a missing right, does
        not allow it, and `NO_CAMERA`; `missing` says why. Raises `ConfigurationError` unless one of `span` and `around`
        is given.
        """
        retriever = AsyncRetriever(self._session, self._configuration, self._trigger, self.sequences)
        return await retriever.retrieve(camera, span, around, event)
