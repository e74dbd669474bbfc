"""Recorded video of a site: sequences, single pictures, playback, retrieval."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import NoneType
from typing import Final, Literal, overload
from uuid import UUID

from ..._arguments import check_type
from ..._protocol.video import recordercommand
from ..._protocol.video.plan import PlaybackPlan, check_codec
from ..._protocol.video.requests import Transcode
from ...errors import ConfigurationError, MilestoneError, NoRecording
from ...models import (
    Camera,
    MediaDevice,
    RecordingSequence,
    RetrievalState,
    SequenceType,
    Snapshot,
    TimeSpan,
    UserDefinedEvent,
)
from ...models.export import Export, ExportProgress, ExportStage
from ...models.times import to_utc
from ..configuration.inventory import AsyncConfigurationCache, CameraReference
from ..session.facts import AsyncFact
from ..session.recorder import at_recorder
from ..session.session import AsyncSession
from .connection import connection_to
from .devices import PlayableReference, check_native, check_suffix, playable
from .export import AsyncExporter, check_target
from .pacing import AsyncPacer
from .playback import AsyncPlayback, AsyncPlaybackWithGaps
from .retrieval import AsyncRetrieval, AsyncRetriever
from .snapshots import AsyncSnapshots, Pick
from .source import AsyncBackward, AsyncVideoSource

__all__ = ["AsyncRecordings"]


_PAGE: Final = 1000
_SMALLEST_PAGE: Final = 100
"""Sequences in an answer from which on there may be more: how many a recorder returns at most is not known."""
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_AHEAD: Final = timedelta(days=1)
"""How far the recorder's clock may be ahead of this one."""
_TICK: Final = timedelta(microseconds=1)


class AsyncRecordings:
    """Recorded video of a site. A camera is given as `Camera`, id, or exact name.

    Methods that say so also take a media device: a microphone, a speaker or a metadata device, see
    `Client.media_devices`.
    """

    def __init__(
        self,
        session: AsyncSession,
        configuration: AsyncConfigurationCache,
        trigger: Callable[[UserDefinedEvent | UUID | str], Awaitable[None]],
    ) -> None:
        self._session = session
        self._configuration = configuration
        self._trigger = trigger

    async def sequence_types(self, camera: PlayableReference) -> tuple[SequenceType, ...]:
        """Return the kinds of sequences that a camera or media device has, such as recordings and motion."""
        place = playable(self._configuration, camera)
        return await at_recorder(self._session, place, recordercommand.sequences_get_types)

    async def sequences(
        self, camera: PlayableReference, span: TimeSpan, *, kind: UUID = SequenceType.RECORDING
    ) -> list[RecordingSequence]:
        """Return the recorded sequences that overlap `span`, in order and unclipped: one may begin or end outside it.

        Empty when nothing was recorded. `camera` may be a media device.

        Raises `CameraNotFound`, `ServiceUnavailable`, `PermissionDenied`.
        """
        check_type("span", span, TimeSpan)
        place = playable(self._configuration, camera)
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
            sequences.update((sequence.start, sequence) for sequence in page)
            reached = max((sequence.end for sequence in page), default=start)
            if len(page) < _SMALLEST_PAGE or reached < start:
                break
            start = reached + _TICK
        return [sequences[start] for start in sorted(sequences)]

    async def sequences_around(
        self,
        camera: PlayableReference,
        moment: datetime,
        *,
        before: int = 1,
        after: int = 1,
        within: timedelta | None = None,
        kind: UUID = SequenceType.RECORDING,
    ) -> list[RecordingSequence]:
        """Return the last `before` sequences that began before `moment` and the first `after` of the others.

        With the default of one each, the first one says whether `moment` was recorded, the second when recording went
        on. `within` bounds how far away they may be; without it the whole database is searched. `camera` may be a media
        device.
        """
        check_type("within", within, timedelta, NoneType)
        place = playable(self._configuration, camera)
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
        return sorted(answer, key=lambda sequence: sequence.start)

    async def extent(self, camera: PlayableReference) -> TimeSpan | None:
        """Return the time from the first to the last recording of a camera, or of a media device; `None` without any.

        Gaps are included.

        Raises `CameraNotFound`, `ServiceUnavailable`, `PermissionDenied`.
        """
        first = await self.sequences_around(camera, _BEGINNING, before=0, after=1)
        last = await self.sequences_around(camera, self._session.clock.utcnow() + _AHEAD, before=1, after=0)
        return TimeSpan(first[0].start, max(last[-1].end, first[0].start)) if first and last else None

    async def snapshot(
        self,
        camera: CameraReference,
        at: datetime | None = None,
        *,
        pick: Pick = "at",
        tolerance: timedelta | None = timedelta(seconds=2),
        patience: timedelta = timedelta(seconds=10),
        max_age: timedelta | None = None,
    ) -> Snapshot:
        """Return one picture as JPEG: recorded at `at`, or live when `at` is `None`.

        `pick` is which: `"at"` is the last one up to `at` or, if none is within `tolerance`, the first one after it;
        `"at or before"` and `"at or after"` look to one side only. `tolerance` is how far from `at` it may be, `None`
        for any distance: a picture within 2 s and within `tolerance` may be a key frame, beyond that it is the nearest
        picture of all, which the recorder decodes. `Snapshot.kind` and `Snapshot.distance` say which it is.

        A picture that the recorder cannot read yet is waited for up to `patience`. A live picture older than `max_age`,
        by the clock of this machine, is refused.

        Raises `NoRecording` when there is none, its hint says when the nearest ones were recorded; `NotYetRecorded`
        when it may still be being written; `CameraNotFound`, `ServiceUnavailable`, `PermissionDenied`.
        """
        check_type("tolerance", tolerance, timedelta, NoneType)
        check_type("patience", patience, timedelta)
        check_type("max_age", max_age, timedelta, NoneType)
        if pick not in ("at", "at or before", "at or after"):
            raise ConfigurationError(f"pick must be 'at', 'at or before' or 'at or after', got {pick!r}")
        place = self._configuration.place(camera)
        snapshots = AsyncSnapshots(self._session, self._jpeg_source, self.sequences_around)
        if at is not None:
            return await snapshots.recorded(place, to_utc(at, "at"), pick, tolerance, patience)
        picture = await snapshots.live(place, max_age)
        if picture is None:
            found = await place.get()
            await self._configuration.check_enabled(found.id)
            raise NoRecording(
                f"camera {found.name!r} delivers no live picture", server=found.recorder.uri, operation="snapshot"
            )
        return picture

    def _jpeg_source(self, place: AsyncFact[Camera]) -> AsyncVideoSource:
        return AsyncVideoSource(connection_to(self._session, place), Transcode())

    @overload
    def play(
        self,
        camera: PlayableReference,
        span: TimeSpan | datetime,
        *,
        speed: float | None = None,
        reverse: bool = False,
        on_gap: Literal["skip"] = "skip",
        codec: Literal["native", "jpeg"] = "native",
        size: tuple[int, int] | None = None,
        compression_rate: int | None = None,
        keyframes_only: bool = False,
        patience: timedelta | None = None,
        missing_ok: bool = False,
    ) -> AsyncPlayback: ...
    @overload
    def play(
        self,
        camera: PlayableReference,
        span: TimeSpan | datetime,
        *,
        speed: float | None = None,
        reverse: bool = False,
        on_gap: Literal["report"],
        codec: Literal["native", "jpeg"] = "native",
        size: tuple[int, int] | None = None,
        compression_rate: int | None = None,
        keyframes_only: bool = False,
        patience: timedelta | None = None,
        missing_ok: bool = False,
    ) -> AsyncPlaybackWithGaps: ...
    def play(
        self,
        camera: PlayableReference,
        span: TimeSpan | datetime,
        *,
        speed: float | None = None,
        reverse: bool = False,
        on_gap: Literal["skip", "report"] = "skip",
        codec: Literal["native", "jpeg"] = "native",
        size: tuple[int, int] | None = None,
        compression_rate: int | None = None,
        keyframes_only: bool = False,
        patience: timedelta | None = None,
        missing_ok: bool = False,
    ) -> AsyncPlayback | AsyncPlaybackWithGaps:
        """Play what was recorded in `span`, or from a time on: iterate over its frames, best in a `with` block.

        `codec="native"` returns what the camera sent, from the key frame before `span.start` on, so that the joined
        data of the frames can be decoded; with `"jpeg"` the recorder makes a JPEG of each picture, `size` (width,
        height) at most, with a `compression_rate` from 1 to 104 if that is given. `reverse` plays backwards: pictures
        with `"jpeg"`, groups of pictures with `"native"`, each in the order of decoding.

        Frames come as fast as possible or, with `speed`, when they are due: 1 is real time, 2 twice as fast; above 4,
        and with `keyframes_only`, there are key frames only, or one picture of a span without any. Gaps take no time.
        With `on_gap="report"` each gap is a `Gap` between the frames.

        Where `span` ends near the present, up to `patience` (10 s) is spent waiting for footage that is still being
        written. Without an end, from a time on, playback waits for newer footage until it is closed, or for
        `patience` if that is given.

        `camera` may be a microphone or a speaker, then the frames are `AudioFrame`, or a metadata device, then they are
        `MetadataFrame`; both may be a plain `MediaFrame` where the recorder sends packets of another type.

        Raises `ConfigurationError`; entering and iterating raise `CameraNotFound`, `NoRecording`, `ServiceUnavailable`,
        `ReadTimeout`, `RemoteProtocolError`. With `missing_ok` none of the latter is raised: the frames end where the
        footage ends, or there are none, and `missing` of the playback is the error.
        """
        plan = PlaybackPlan.of(span, speed, reverse, on_gap, codec, size, compression_rate, keyframes_only, patience)
        frames = self._playback(camera, plan, missing_ok)
        return AsyncPlaybackWithGaps(frames) if plan.report else frames

    def _playback(self, camera: PlayableReference, plan: PlaybackPlan, missing_ok: bool) -> AsyncPlayback:
        check = partial(check_native, codec=plan.codec, size=plan.jpeg.size)
        connection = connection_to(self._session, playable(self._configuration, camera), check=check)
        pacer = backward = None
        find = partial(self.sequences, camera)
        if plan.report or plan.speed is not None:
            start = plan.span.end if plan.reverse else plan.span.start
            clock = self._session.clock
            pacer = AsyncPacer(clock, start, find, speed=plan.speed, reverse=plan.reverse, report=plan.report)
        if plan.reverse:
            source = AsyncVideoSource(connection, plan.transcode)
            backward = AsyncBackward(source, plan.span, keyframes_only=plan.keyframes_only)
        return AsyncPlayback(
            connection,
            plan.span,
            codec=plan.codec,
            size=plan.jpeg.size,
            compression_rate=plan.jpeg.compression_rate,
            keyframes_only=plan.keyframes_only,
            patience=plan.patience,
            missing_ok=missing_ok,
            pacer=pacer,
            backward=backward,
            for_file=plan.for_file,
            sequences=find,
        )

    def source(
        self,
        camera: PlayableReference,
        *,
        codec: Literal["native", "jpeg"] = "jpeg",
        size: tuple[int, int] | None = None,
    ) -> AsyncVideoSource:
        """Move through the recordings of a camera one step at a time: `goto`, `next`, `previous`, and to sequences.

        Each step returns one picture with `codec="jpeg"`, a whole group of pictures with `"native"`. `camera` may be a
        media device, with `"native"`. Raises `ConfigurationError`; entering it and the first step raise
        `CameraNotFound`.
        """
        check_codec(codec)
        place = playable(self._configuration, camera)
        connection = connection_to(self._session, place, check=partial(check_native, codec=codec, size=size))
        return AsyncVideoSource(connection, Transcode(size=size) if codec == "jpeg" else None)

    async def export(
        self,
        camera: PlayableReference,
        span: TimeSpan,
        path: str | Path,
        *,
        close_gaps: bool = False,
        subtitles: bool = False,
        overwrite: bool = False,
        retrieve: bool = False,
        event: UserDefinedEvent | UUID | str | None = None,
        retrieve_timeout: timedelta = timedelta(minutes=2),
        progress: Callable[[ExportProgress], None] | None = None,
        patience: timedelta = timedelta(seconds=10),
    ) -> Export:
        """Write what was recorded in `span` to files, without re-encoding; return what was written and what is missing.

        The suffix of `path` is the format: `.mp4` or `.mkv` (needs the extra `video`); `.h264`, `.h265`, `.mjpeg` or
        `.raw` for the data as it was sent, for a media device `.raw` alone; no suffix for a folder of the recorder's
        JPEGs. Where resolution or codec change, another file begins: `name-2.mp4`. Times are to the millisecond. An MP4
        begins at `span.start`, other files with the key frame before it. Each stretch without a gap is a chapter.

        Gaps last as long as they did, or are left out with `close_gaps`. `subtitles` shows the time (UTC) as subtitles
        of an MKV. An existing file is kept unless `overwrite`. With `retrieve` remote recordings are fetched first,
        where the server can (before 2025 R2 by `event`, see there), for `retrieve_timeout` at most. Footage that is
        still being written is waited for up to `patience`. `progress` is called with what is being done and how far.

        Missing footage is not raised: `missing` of the result says why there are no files or not all pictures. What a
        lost connection, a full disk or the end of the program interrupted is continued by the same call. Raises
        `ConfigurationError`, `UnsupportedFeature` without PyAV, `ExportFailed` if a file cannot be written.
        """
        check_type("span", span, TimeSpan)
        check_type("patience", patience, timedelta)
        target = check_target(path, overwrite=overwrite)
        try:
            found = await playable(self._configuration, camera).get()
        except MilestoneError as error:
            if isinstance(error, ConfigurationError):
                raise
            return Export(span=span, gaps=(span,), missing=error)
        check_suffix(found, target)
        retrieval = await self._retrieved(found, span, event, retrieve_timeout, progress) if retrieve else None
        options = {"close_gaps": close_gaps, "subtitles": subtitles, "overwrite": overwrite}
        exporter = AsyncExporter(target, span, found, str(self._session.location), progress, **options)
        return await self._play_into(exporter, found, patience, retrieval)

    async def _play_into(
        self, exporter: AsyncExporter, device: PlayableReference, patience: timedelta, retrieval: AsyncRetrieval | None
    ) -> Export:
        none = retrieval is None or retrieval.state in (RetrievalState.NOT_APPLICABLE, RetrievalState.NOT_AVAILABLE)
        async with exporter:
            rest = await exporter.resume(retrieved=not none)
            plan = PlaybackPlan.of(rest, codec=exporter.codec, patience=patience, for_file=True)
            async with self._playback(device, plan, missing_ok=True) as frames:
                async for frame in frames:
                    await exporter.add(frame)
            return await exporter.finish(frames.missing, None if retrieval is None else retrieval.missing)

    async def _retrieved(
        self,
        device: Camera | MediaDevice,
        span: TimeSpan,
        event: UserDefinedEvent | UUID | str | None,
        timeout: timedelta,
        progress: Callable[[ExportProgress], None] | None,
    ) -> AsyncRetrieval | None:
        def report(percent: int | None) -> None:
            if progress is not None:
                done = None if percent is None else percent / 100
                progress(ExportProgress(stage=ExportStage.RETRIEVING, done=done))

        check_type("retrieve_timeout", timeout, timedelta)
        if isinstance(device, MediaDevice):
            return None
        retrieval = await self.retrieve(device, span, event=event)
        try:
            await retrieval.wait(timeout.total_seconds(), progress=report)
        except BaseException:
            await retrieval.cancel()
            raise
        return retrieval

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
