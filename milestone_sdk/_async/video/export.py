"""Recorded footage as files: playback on one side, containers on the other."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from attrs import evolve

from ..._containers import Chapter, ClipFile, FolderOfPictures, RawFile, VideoFile, check_container, size_of
from ..._net.asyncio import call_blocking
from ..._protocol.video.timing import FrameTiming, Timed
from ...errors import ConfigurationError, ExportFailed, MilestoneError, UnsupportedFeature
from ...models.export import Export, ExportedFile
from ...models.video import Codec, Frame, TimeSpan

__all__ = ["AsyncExporter", "Format", "format_of"]

Format = Literal["mp4", "mkv", "jpeg", "raw"]

_FORMATS: Final[dict[str, Format]] = {
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


def format_of(path: Path, *, overwrite: bool) -> Format:
    """Return the format that the suffix of a path means. Raises `ConfigurationError`, also for a file that exists.

    Raises `UnsupportedFeature` where PyAV is missing.
    """
    found = _FORMATS.get(path.suffix.lower())
    if found is None:
        known = ", ".join(filter(None, _FORMATS))
        raise ConfigurationError(
            f"path: {path.suffix!r} is not a known format", hint=f"use {known}, or a folder for JPEGs"
        )
    empty = found == "jpeg" and path.is_dir() and not any(path.iterdir())
    if path.exists() and not empty and not overwrite:
        raise ConfigurationError(f"path: {path} exists already", hint="choose another name, or give overwrite=True")
    check_container(path.suffix)
    return found


class AsyncExporter:
    """Writes the frames of one camera and span to files: another one after each change of codec or resolution."""

    def __init__(
        self,
        path: Path,
        span: TimeSpan,
        title: str,
        comment: str,
        progress: Callable[[float], None] | None,
        *,
        close_gaps: bool,
        subtitles: bool,
        overwrite: bool,
    ) -> None:
        self._path, self._format = path, _FORMATS[path.suffix.lower()]
        self._span = span
        self._tags = {"title": title, "comment": comment}
        self._close_gaps = close_gaps
        self._subtitles = subtitles
        self._overwrite = overwrite
        self._progress = progress
        self._kind: tuple[Codec, tuple[int, int] | None] | None = None
        self._timing = FrameTiming(Codec.UNKNOWN)
        self._file: _Clip | None = None
        self._unwritable: MilestoneError | None = None
        """Why some pictures are in no file."""
        self._waiting: list[Timed] = []
        self._bytes = 0
        self._files: list[ExportedFile] = []
        self._gaps: list[TimeSpan] = []

    async def add(self, frame: Frame) -> None:
        """Take the next frame of the playback. Raises `ExportFailed`."""
        if frame.is_key:
            await self._begin(frame)
        if self._kind is None:
            return  # a stream that begins between key frames cannot be decoded
        await self._take(self._timing.push(frame))
        if frame.is_key:
            await self._write()  # a program that is killed leaves what can be played up to here
        if self._progress is not None and self._span.duration:
            self._progress(min(max((frame.time - self._span.start) / self._span.duration, 0.0), 1.0))

    async def _begin(self, frame: Frame) -> None:
        """Begin a new file where codec or resolution changed."""
        kind: tuple[Codec, tuple[int, int] | None] | None
        try:
            kind = frame.codec, await call_blocking(size_of, frame) if self._format in ("mp4", "mkv") else None
        except (ExportFailed, UnsupportedFeature) as error:
            kind, self._unwritable = None, error
        if kind != self._kind:
            await self._end_file()
            self._kind, self._timing = kind, FrameTiming(frame.codec)

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
            self._file = await call_blocking(self._open, waiting[0])
        await call_blocking(self._file.write, waiting)

    def _open(self, first: Timed) -> "_Clip":
        assert self._kind is not None
        codec, size = self._kind
        asked = _milliseconds(self._span.start)
        start = asked if not self._files and first.display <= asked else first.display
        path = self._free_path()
        file: ClipFile
        match self._format:
            case "jpeg":
                file = FolderOfPictures(self._path)
            case "raw":
                file = RawFile(path)
            case _:
                assert size is not None
                file = VideoFile(path, codec, size, start=start, subtitles=self._subtitles, **self._tags)
        return _Clip(file, codec, start, close_gaps=self._close_gaps)

    def _free_path(self) -> Path:
        """Return the name of the next file: the first one was checked, the others keep clear of what exists."""
        path, number = self._path, len(self._files)
        while number and (path is self._path or (path.exists() and not self._overwrite)):
            number += 1
            path = self._path.with_name(f"{self._path.stem}-{number}{self._path.suffix}")
        return path

    async def _end_file(self) -> None:
        await self._take(self._timing.flush())
        await self._write()
        if self._file is not None:
            file, self._file = self._file, None
            try:
                written = await call_blocking(file.finish)
            except BaseException:
                await call_blocking(file.discard)
                raise
            self._files.append(written)
            self._gaps += file.gaps

    async def finish(self, missing: MilestoneError | None) -> Export:
        """Complete the last file; return what was written. Raises `ExportFailed`."""
        await self._end_file()
        if self._progress is not None:
            self._progress(1.0)
        return Export(
            span=self._span, files=tuple(self._files), gaps=self._all_gaps(), missing=missing or self._unwritable
        )

    def _all_gaps(self) -> tuple[TimeSpan, ...]:
        """Return the gaps within the span, those at its ends and between files included."""
        edges = [self._span.start, *(edge for file in self._files for edge in file.span), self._span.end]
        outer = [(edges[index], edges[index + 1]) for index in range(0, len(edges), 2)]
        wide = timedelta(milliseconds=_GAP)
        gaps = [TimeSpan(start, end) for start, end in outer if end - start >= wide]
        return tuple(sorted(gaps + self._gaps, key=lambda gap: gap.start))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Remove the file that is not whole."""
        if self._file is not None:
            await call_blocking(self._file.discard)


class _Clip:
    """One file, and what is in it."""

    def __init__(self, file: ClipFile, codec: Codec, start: int, *, close_gaps: bool) -> None:
        self._file, self._codec, self._start = file, codec, start
        self._close_gaps = close_gaps
        self._removed = 0
        """Milliseconds of gaps that were closed."""
        self._frames = 0
        self._last: Timed | None = None
        self._first: int | None = None
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
            self._file.write(shown)
            self._frames += 1
            self._first = timed.display if self._first is None else self._first
            self._last = timed

    def _gap(self, last: Timed, following: Timed) -> None:
        end = last.display + last.duration
        if following.display > self._start and last.display >= self._start:
            self.gaps.append(TimeSpan(_time(end), _time(max(following.display, end))))
        self._end_chapter(last)
        if self._close_gaps:
            self._removed += max(following.decode - last.decode - last.duration, 0)
        self._chapter_began = following.display - self._removed - self._start

    def _end_chapter(self, last: Timed) -> None:
        end = last.display + last.duration - self._removed - self._start
        if end > self._chapter_began:
            title = _time(self._chapter_began + self._start + self._removed).isoformat(timespec="seconds")
            self._chapters.append(Chapter(self._chapter_began, end, title))

    def finish(self) -> ExportedFile:
        """Complete the file; this blocks."""
        assert self._last is not None
        assert self._first is not None
        self._end_chapter(self._last)
        path = self._file.finish(self._chapters)
        span = TimeSpan(_time(max(self._first, self._start)), _time(max(self._last.display, self._start)))
        return ExportedFile(path=path, codec=self._codec, frames=self._frames, span=span)

    def discard(self) -> None:
        """Remove what was written; this blocks."""
        self._file.discard()


def _milliseconds(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(milliseconds=1)


def _time(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)
