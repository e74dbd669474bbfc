"""Recorded footage as files: playback on one side, containers on the other."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self, TypeVar

from attrs import evolve

from ..._arguments import check_type
from ..._containers import (
    Chapter,
    ClipFile,
    FolderOfPictures,
    RawFile,
    VideoFile,
    check_codec,
    check_container,
    decoded_size,
    failing,
    numbered,
    part_of,
    place,
)
from ..._net.asyncio import call_blocking
from ..._net.forking import Lock
from ..._protocol.video.pictureorder import coded_size
from ..._protocol.video.timing import FrameTiming, Timed
from ..._resumption import Journal, StoredFrames, has_journal
from ...errors import ConfigurationError, ExportFailed, MilestoneError, RecordingError, UnsupportedFeature
from ...models import Camera, MediaDevice
from ...models.export import Export, ExportedFile, ExportProgress, ExportStage
from ...models.video import Codec, Frame, TimeSpan

__all__ = ["AsyncExporter", "check_target"]

T = TypeVar("T")

_Format = Literal["mp4", "mkv", "jpeg", "raw"]

_FORMATS: Final[dict[str, _Format]] = {
    ".mp4": "mp4",
    ".mkv": "mkv",
    ".h264": "raw",
    ".h265": "raw",
    ".mjpeg": "raw",
    ".raw": "raw",
    "": "jpeg",
}
_GAP: Final = 1000
"""Milliseconds without a picture that count as a gap."""
_BATCH: Final = 1 << 20
"""Bytes of pictures that are written at once, since each write is a call to another thread."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def check_target(path: str | Path, *, overwrite: bool) -> Path:
    """Return a path; raise `ConfigurationError` if it has no name, no known suffix, or is that of a file that exists.

    A folder with pictures may be that of an interrupted export, see `AsyncExporter.resume`. Raises `ExportFailed` for a
    path that the system refuses, `UnsupportedFeature` where PyAV is missing.
    """
    check_type("path", path, str, Path)
    if not (path := Path(path)).name or "\0" in str(path):
        raise ConfigurationError(f"path: {str(path)!r} is not a name", hint="give the name of a file or folder")
    found = _FORMATS.get(path.suffix.lower())
    if found is None:
        hint = f"use {', '.join(filter(None, _FORMATS))}, or a folder for JPEGs"
        raise ConfigurationError(f"path: {path.suffix!r} is not a known format", hint=hint)
    with failing(path):
        if not overwrite and not (found == "jpeg" and has_journal(path)):
            _check_free(path, found)
    check_container(path.suffix)
    return path


def _check_free(path: Path, form: _Format) -> None:
    empty = form == "jpeg" and path.is_dir() and not any(path.iterdir())
    if path.exists() and not empty:
        raise ConfigurationError(f"path: {path} exists already", hint="choose another name, or give overwrite=True")


class AsyncExporter:
    """Writes the frames of one device and span to files: another one after each change of codec or resolution.

    Enter it, which raises `ExportFailed` while another export to the same path is running; `resume` it, `add` the
    frames of the span that it returns, and `finish` it. Files have the names of parts until then. What an error or the
    end of the program leaves is continued by another one with the same arguments.
    """

    def __init__(
        self,
        path: Path,
        span: TimeSpan,
        device: Camera | MediaDevice,
        server: str,
        progress: Callable[[ExportProgress], None] | None,
        *,
        close_gaps: bool,
        subtitles: bool,
        overwrite: bool,
    ) -> None:
        self._path, self._format = path, _FORMATS[path.suffix.lower()]
        self.codec: Final[Literal["native", "jpeg"]] = "jpeg" if self._format == "jpeg" else "native"
        """How the footage is to be played."""
        self._span = span
        self._tags = {"title": device.name, "comment": server}
        self._close_gaps = close_gaps
        self._subtitles = subtitles
        self._overwrite = overwrite
        self._progress = progress
        self._call = {
            "camera": str(device.id),
            "server": server,
            "span": [edge.isoformat() for edge in span],
            "path": path.name,
            "options": [close_gaps, subtitles],
        }
        self._lock = Lock()
        self._journal: Journal
        self._stored: StoredFrames | None = None
        """What an interrupted call wrote, until all of it is written again."""
        self._expected: datetime | None = None
        """The time of the frame that is to come first, after what an interrupted call wrote."""
        self._continued_from: datetime | None = None
        self._whole = False
        self._kind: tuple[Codec, tuple[int, int] | None] | None = None
        self._timing = FrameTiming(Codec.UNKNOWN)
        self._file: _Clip | None = None
        self._unwritable: MilestoneError | None = None
        """Why some pictures are in no file."""
        self._waiting: list[Timed] = []
        self._bytes = 0
        self._files: list[ExportedFile] = []
        self._gaps: list[TimeSpan] = []

    async def _blocking(self, call: Callable[[], T]) -> T:
        """Run a call that blocks, after the one that a cancelled task may have left running."""

        def alone() -> T:
            with self._lock:
                return call()

        return await call_blocking(alone)

    async def resume(self, *, retrieved: bool = False) -> TimeSpan:
        """Read what an interrupted call with the same arguments wrote; return the span that is still to be played.

        `retrieved` says that the recorder may have footage by now that it had not then. Raises `ExportFailed`,
        `ConfigurationError` for a folder with other pictures.
        """
        self._stored = await self._blocking(partial(self._left_behind, self._span.start if retrieved else None))
        if self._stored is None:
            return self._span
        await self._read_stored(tail=False)
        self._expected = self._continued_from = self._stored.resume_at
        assert self._expected is not None
        return TimeSpan(self._expected, self._span.end)

    def _left_behind(self, since: datetime | None) -> StoredFrames | None:
        """Return what can be continued; otherwise begin again."""
        if self._journal.continues:
            stored = StoredFrames(self._journal, self._path, since=since)
            if stored.resume_at is not None and stored.resume_at > self._span.start:
                return stored
            stored.close()
        elif self._format == "jpeg" and not self._overwrite:
            _check_free(self._path, "jpeg")
        self._journal.begin()
        return None

    async def _read_stored(self, *, tail: bool) -> None:
        """Take what an interrupted call wrote, up to the last key frame; with `tail` also what is behind it."""
        assert self._stored is not None
        while frames := await self._blocking(partial(self._stored.read, tail=tail)):
            for frame in frames:
                await self._take_frame(frame, ExportStage.CONTINUING)

    async def add(self, frame: Frame) -> None:
        """Take the next frame of the playback. Raises `ExportFailed`."""
        if self._expected is not None:
            if frame.time < self._expected:
                return
            if frame.time > self._expected:
                await self._read_stored(tail=True)  # the recorder has this group no longer
            self._expected = None
        await self._take_frame(frame, ExportStage.EXPORTING)

    async def _take_frame(self, frame: Frame, stage: ExportStage) -> None:
        if frame.is_key:
            await self._begin(frame)
        if self._kind is None:
            return  # a stream that begins between key frames cannot be decoded
        await self._take(self._timing.push(frame))
        if frame.is_key:
            await self._write()  # a program that is killed leaves what can be played up to here
        if self._progress is not None and self._span.duration:
            done = min(max((frame.time - self._span.start) / self._span.duration, 0.0), 1.0)
            self._progress(ExportProgress(stage=stage, done=done))

    async def _begin(self, frame: Frame) -> None:
        """Begin a new file where codec or resolution changed."""
        kind: tuple[Codec, tuple[int, int] | None] | None
        try:
            kind = frame.codec, await self._size_of(frame) if self._format in ("mp4", "mkv") else None
        except (ExportFailed, UnsupportedFeature) as error:
            kind, self._unwritable = None, error
        if kind != self._kind:
            await self._end_file()
            self._kind, self._timing = kind, FrameTiming(frame.codec, until=self._span.end)
        if kind is None:
            self._journal.stop()

    async def _size_of(self, frame: Frame) -> tuple[int, int]:
        check_codec(frame)
        size = coded_size(frame.codec, frame.data)
        if size is None and self._kind is not None and frame.codec is self._kind[0] in (Codec.H264, Codec.H265):
            size = self._kind[1]  # parameter sets apply until others are sent
        return await call_blocking(decoded_size, frame) if size is None else size

    async def _take(self, timed: list[Timed]) -> None:
        self._waiting += timed
        self._bytes += sum(len(each.frame.data) for each in timed)
        if self._bytes >= _BATCH:
            await self._write()

    async def _write(self) -> None:
        waiting, self._waiting, self._bytes = self._waiting, [], 0
        if not waiting:
            return
        if self._file is None:
            self._file = await self._blocking(partial(self._open, waiting[0]))
        await self._blocking(partial(self._write_to, self._file, waiting))

    def _write_to(self, file: "_Clip", waiting: list[Timed]) -> None:
        number = len(self._files)
        self._journal.add((timed.frame for timed in waiting), number)
        file.write(waiting)
        continued = self._continued_from is not None and self._expected is None
        if continued and self._stored is not None and self._stored.replaced(number):
            self._stored.close()
            self._stored = None

    def _open(self, first: Timed) -> "_Clip":
        assert self._kind is not None
        codec, size = self._kind
        asked = _milliseconds(self._span.start)
        cut = self._format == "mp4" and not self._files and first.display <= asked
        start = asked if cut else first.display
        path = self._path if self._format == "jpeg" else part_of(self._path, len(self._files))
        file: ClipFile
        match self._format:
            case "jpeg":
                file = FolderOfPictures(path)
            case "raw":
                file = RawFile(path)
            case _:
                assert size is not None
                file = VideoFile(path, codec, size, start=start, subtitles=self._subtitles, **self._tags)
        return _Clip(file, path, codec, start, close_gaps=self._close_gaps)

    async def _end_file(self, *, whole: bool = True) -> None:
        """Write what is held, and complete the file, or leave it as a part."""
        await self._take(self._timing.flush())
        await self._write()
        if self._file is not None:
            file, self._file = self._file, None
            try:
                if whole:
                    await self._blocking(file.finish)
            finally:
                await self._blocking(file.close)
            self._files.append(file.written())
            self._gaps += file.gaps

    async def finish(self, ended_by: MilestoneError | None, unretrieved: MilestoneError | None = None) -> Export:
        """Complete the last file; return what was written. Raises `ExportFailed`.

        Where the playback was ended by an error of the connection, not of the footage, the files remain parts.
        `unretrieved` is why footage may not be there that the playback did not find, if it did not find all.
        """
        if self._expected is not None:
            await self._read_stored(tail=True)
        absent = ended_by is None or isinstance(ended_by, RecordingError)
        interrupted = not absent and ended_by is not None and ended_by.retriable
        await self._end_file(whole=not interrupted)
        if self._stored is not None:
            await self._blocking(self._stored.discard)
        if not interrupted:
            await self._blocking(self._name_files)
            self._whole = True
            if self._progress is not None:
                self._progress(ExportProgress(stage=ExportStage.EXPORTING, done=1.0))
        gaps = self._all_gaps()
        missing = unretrieved if unretrieved is not None and absent and (ended_by or gaps) else ended_by
        return Export(
            span=self._span,
            files=tuple(self._files),
            gaps=gaps,
            missing=missing or self._unwritable,
            interrupted=interrupted,
            continued_from=self._continued_from,
        )

    def _name_files(self) -> None:
        """Give the files their names: the first one was checked, the others keep clear of files and other exports.

        The first one last, so that an end of the program in between leaves an export that can be continued.
        """
        if self._format == "jpeg":
            return
        named, number = list[ExportedFile](), 0
        for file in self._files:
            path = numbered(self._path, number)
            while number and (has_journal(path) or (path.exists() and not self._overwrite)):
                number += 1
                path = numbered(self._path, number)
            named.append(evolve(file, path=path))
            number += 1
        with failing(self._path):
            if named and self._path.exists() and not self._overwrite:
                raise FileExistsError("the file exists")  # before any file has its name
        for part, file in reversed(list(zip(self._files, named, strict=True))):
            place(part.path, file.path, overwrite=self._overwrite)
        self._files = named

    def _all_gaps(self) -> tuple[TimeSpan, ...]:
        """Return the gaps within the span, those at its ends and between files included."""
        edges = [self._span.start, *(edge for file in self._files for edge in file.span), self._span.end]
        outer = [(edges[index], edges[index + 1]) for index in range(0, len(edges), 2)]
        wide = timedelta(milliseconds=_GAP)
        gaps = [TimeSpan(start, end) for start, end in outer if end - start >= wide]
        return tuple(sorted(gaps + self._gaps, key=lambda gap: gap.start))

    async def __aenter__(self) -> Self:
        self._journal = await call_blocking(Journal, self._path, self._call)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave what was written, so that the same call can continue."""
        await self._blocking(self._close)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        if self._stored is not None:
            self._stored.close()
        self._journal.close(remove=self._whole or self._journal.is_empty)


class _Clip:
    """One file, and what is in it."""

    def __init__(self, file: ClipFile, path: Path, codec: Codec, start: int, *, close_gaps: bool) -> None:
        self._file, self._path, self._codec, self._start = file, path, codec, start
        self._close_gaps = close_gaps
        self._removed = 0
        """Milliseconds of gaps that were closed."""
        self._frames = 0
        self._last: Timed | None = None
        self._first: int | None = None
        self._latest = 0  # when the last picture is shown: with B pictures it is not the last one to be decoded
        self._chapter_began = 0
        self._chapters: list[Chapter] = []
        self.gaps: list[TimeSpan] = []

    def write(self, pictures: list[Timed]) -> None:
        """Add pictures; this blocks."""
        for timed in pictures:
            last = self._last
            if last is not None and timed.decode - last.decode - last.duration >= _GAP:
                self._gap(last, timed)
            shown = evolve(timed, display=timed.display - self._removed, decode=timed.decode - self._removed)
            self._file.write(shown, self._removed)
            self._frames += 1
            self._first = timed.display if self._first is None else self._first
            self._last, self._latest = timed, max(self._latest, timed.display)

    def _gap(self, last: Timed, following: Timed) -> None:
        end = self._latest + last.duration
        if following.display > self._start and self._latest >= self._start:
            self.gaps.append(TimeSpan(_time(end), _time(max(following.display, end))))
        self._end_chapter(last)
        if self._close_gaps:
            self._removed += max(following.decode - last.decode - last.duration, 0)
        self._chapter_began = following.display - self._removed - self._start

    def _end_chapter(self, last: Timed) -> None:
        end = self._latest + last.duration - self._removed - self._start
        if end > self._chapter_began:
            title = _time(self._chapter_began + self._start + self._removed).isoformat(timespec="seconds")
            self._chapters.append(Chapter(self._chapter_began, end, title))

    def finish(self) -> None:
        """Complete the file; this blocks."""
        assert self._last is not None
        self._end_chapter(self._last)
        self._file.finish(self._chapters)

    def written(self) -> ExportedFile:
        """Return what is in the file."""
        assert self._first is not None
        span = TimeSpan(_time(max(self._first, self._start)), _time(max(self._latest, self._start)))
        return ExportedFile(path=self._path, codec=self._codec, frames=self._frames, span=span)

    def close(self) -> None:
        """Leave the file as it is; this blocks."""
        self._file.close()


def _milliseconds(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(milliseconds=1)


def _time(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)
