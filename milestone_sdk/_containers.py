"""Files of recorded pictures: MP4 and MKV by PyAV without re-encoding, folders of JPEGs, raw streams.

A file is written under a temporary name beside its target, and renamed when it is whole. A program that is killed
leaves the temporary file, which can be played up to the last whole group of pictures: MP4 is written in fragments, MKV
in clusters of a second. All calls block.
"""

import contextlib
import os
from collections.abc import Callable, Generator, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

from attrs import frozen

from ._files import check_regular
from ._protocol.video.pictureorder import PictureOrder
from ._protocol.video.timing import Timed
from .errors import ExportFailed, UnsupportedFeature
from .models.video import Codec, Frame

__all__ = [
    "Chapter",
    "ClipFile",
    "FolderOfPictures",
    "RawFile",
    "VideoFile",
    "check_container",
    "size_of",
    "temporary_name",
]

_MILLISECONDS: Final = Fraction(1, 1000)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MUXERS: Final = {".mp4": "mp4", ".mkv": "matroska"}
_NAMES: Final = {Codec.H264: "h264", Codec.H265: "hevc", Codec.JPEG: "mjpeg", Codec.MPEG4: "mpeg4", Codec.AV1: "av1"}
"""What FFmpeg calls the codecs that it can put into both containers."""
_OPTIONS: Final = {
    "mp4": {"movflags": "hybrid_fragmented+use_metadata_tags", "flush_packets": "1"},
    "matroska": {"cluster_time_limit": "1000", "flush_packets": "1"},
}


@frozen
class Chapter:
    """A titled part of a file, in milliseconds from its start."""

    start: int
    end: int
    title: str


class ClipFile(Protocol):
    """Where the pictures of an export go."""

    def write(self, timed: Timed) -> None:
        """Add a picture. Raises `ExportFailed`."""
        ...

    def finish(self, chapters: Sequence[Chapter]) -> Path:
        """Complete the file under its own name. Raises `ExportFailed`."""
        ...

    def discard(self) -> None:
        """Remove what was written."""
        ...


def temporary_name(path: Path) -> Path:
    """Return the name under which a file is written until it is whole."""
    return path.with_name(f"{path.stem}.part{path.suffix}")


@contextlib.contextmanager
def _failing(path: Path, *errors: type[Exception]) -> Generator[None]:
    """Raise `ExportFailed` for what the file system refuses, and for `errors`."""
    caught: tuple[type[Exception], ...] = (OSError, *errors)
    try:
        yield
    except caught as error:
        hint = "free disk space, or choose another folder" if isinstance(error, OSError) else None
        reason = getattr(error, "strerror", None) or error
        raise ExportFailed(f"cannot write {path.name}: {reason}", hint=hint) from error


def _av() -> Any:
    """Import PyAV, which only exports need. Raises `UnsupportedFeature`."""
    try:
        return import_module("av")
    except ImportError as error:
        raise UnsupportedFeature(
            "MP4 and MKV files are written by PyAV",
            required="the extra 'video'",
            actual="PyAV is not installed",
            hint="pip install 'milestone_sdk[video]', or export a folder of pictures or a raw stream",
        ) from error


def check_container(suffix: str) -> None:
    """Raise `UnsupportedFeature` unless files of that suffix can be written."""
    if suffix.lower() in _MUXERS:
        _av()


def size_of(frame: Frame) -> tuple[int, int]:
    """Return width and height of a key frame in pixels.

    Raises `UnsupportedFeature` for a codec that neither container takes, `ExportFailed` for a picture that cannot be
    decoded.
    """
    if frame.codec not in _NAMES:
        known = ", ".join(_NAMES)
        raise UnsupportedFeature(
            f"{frame.codec} cannot be put into MP4 or MKV", required=known, actual=str(frame.codec)
        )
    order = PictureOrder.of(frame.codec)
    order.read(frame.data)
    if order.size is not None:
        return order.size
    av = _av()
    with contextlib.suppress(av.FFmpegError, ValueError):
        for picture in av.CodecContext.create(_NAMES[frame.codec], "r").decode(av.Packet(frame.data)):
            return int(picture.width), int(picture.height)
    raise ExportFailed(f"the {frame.codec} picture of {frame.time.isoformat()} cannot be decoded")


class VideoFile:
    """One MP4 or MKV of one codec and size.

    `start` is the time in milliseconds since 1970 that is 0 in the file. In MP4, pictures before it are kept but not
    shown, by an edit list; in MKV, which has none, the file begins with them.
    """

    def __init__(
        self, path: Path, codec: Codec, size: tuple[int, int], *, start: int, title: str, comment: str, subtitles: bool
    ) -> None:
        self._path, self._part, self._start = path, temporary_name(path), start
        self._muxer = _MUXERS[path.suffix.lower()]
        self._tags = {"title": title, "comment": comment, "creation_time": _iso(start)}
        self._offset: int | None = None
        self._captions = subtitles and self._muxer == "matroska"
        self._captioned = -1
        av = _av()
        self._errors: tuple[type[Exception], ...] = (ValueError, av.FFmpegError)
        with _failing(path, *self._errors):
            check_regular(self._part)
            self._container = av.open(str(self._part), "w", format=self._muxer, options=_OPTIONS[self._muxer])
            self._container.metadata.update(self._tags)
            self._stream = self._container.add_mux_stream(_NAMES[codec], width=size[0], height=size[1])
            self._stream.time_base = _MILLISECONDS
            if self._captions:
                self._subtitles = self._container.add_mux_stream("subrip")
                self._subtitles.time_base = _MILLISECONDS
        self._packet: Callable[[bytes | memoryview], Any] = av.Packet

    def write(self, timed: Timed) -> None:
        """Add a picture, in decoding order. Raises `ExportFailed`."""
        if self._offset is None:
            self._offset = timed.display  # the first picture is a key frame
        with _failing(self._path, *self._errors):
            packet = self._packet(timed.frame.data)
            packet.stream, packet.time_base, packet.is_keyframe = self._stream, _MILLISECONDS, timed.frame.is_key
            packet.pts, packet.dts = timed.display - self._offset, timed.decode - self._offset
            packet.duration = timed.duration
            self._container.mux(packet)
            second = timed.display // 1000
            if self._captions and second > self._captioned:
                self._caption(second)

    def _caption(self, second: int) -> None:
        """Show the wall clock (UTC) for a second."""
        assert self._offset is not None
        self._captioned = second
        text = (_EPOCH + timedelta(seconds=second)).strftime("%Y-%m-%d %H:%M:%S UTC")
        packet = self._packet(text.encode())
        packet.stream, packet.time_base, packet.duration = self._subtitles, _MILLISECONDS, 1000
        packet.pts = packet.dts = max(second * 1000 - self._offset, 0)
        self._container.mux(packet)

    def finish(self, chapters: Sequence[Chapter]) -> Path:
        """Complete the file under its own name. Raises `ExportFailed`."""
        with _failing(self._path, *self._errors):
            if self._muxer == "matroska":
                before = self._start - (self._start if self._offset is None else self._offset)
                self._container.set_chapters([_chapter(number, each, before) for number, each in enumerate(chapters)])
            self._container.close()
            if self._muxer == "mp4":
                self._with_edit_list(chapters)
            _flush(self._part)
            self._part.replace(self._path)
        return self._path

    def _with_edit_list(self, chapters: Sequence[Chapter]) -> None:
        """Copy the pictures to a file whose first ones have negative times: a file in fragments has no edit list."""
        av = _av()
        whole = self._path.with_name(f"{self._path.stem}.whole{self._path.suffix}")
        check_regular(whole)
        options = {"movflags": "faststart+use_metadata_tags", "avoid_negative_ts": "disabled"}
        try:
            with av.open(str(self._part)) as source, av.open(str(whole), "w", format="mp4", options=options) as target:
                target.metadata.update(self._tags)
                video = source.streams.video[0]
                stream = target.add_stream_from_template(video)
                if video.codec_context.name == "hevc":
                    stream.codec_context.codec_tag = "hvc1"  # Apple's players open no other
                shift: int | None = None
                for packet in source.demux(video):
                    if packet.dts is None:  # the end
                        continue
                    if shift is None:
                        before = (self._offset or self._start) - self._start
                        shift = round(before * _MILLISECONDS / packet.time_base) - packet.pts
                    packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                    target.mux(packet)
                target.set_chapters([_chapter(number, each, 0) for number, each in enumerate(chapters)])
        except BaseException:
            whole.unlink(missing_ok=True)
            raise
        whole.replace(self._part)

    def discard(self) -> None:
        """Remove what was written."""
        with contextlib.suppress(OSError, *self._errors):
            self._container.close()
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)


class RawFile:
    """The data of the pictures, one after the other: a `.h264` or `.h265` file, or JPEGs without separators."""

    def __init__(self, path: Path) -> None:
        self._path, self._part = path, temporary_name(path)
        with _failing(path):
            check_regular(self._part)
            self._file = self._part.open("wb")

    def write(self, timed: Timed) -> None:
        """Add a picture. Raises `ExportFailed`."""
        with _failing(self._path):
            self._file.write(timed.frame.data)

    def finish(self, chapters: Sequence[Chapter]) -> Path:
        """Complete the file under its own name; a raw stream has no chapters. Raises `ExportFailed`."""
        with _failing(self._path):
            self._file.close()
            _flush(self._part)
            self._part.replace(self._path)
        return self._path

    def discard(self) -> None:
        """Remove what was written."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._part.unlink(missing_ok=True)


class FolderOfPictures:
    """A folder with a JPEG for each picture, named by its UTC time: `2026-03-14T09.26.53.589Z.jpg`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with _failing(path):
            path.mkdir(parents=True, exist_ok=True)

    def write(self, timed: Timed) -> None:
        """Add a picture. Raises `ExportFailed`."""
        name = timed.frame.time.strftime("%Y-%m-%dT%H.%M.%S.") + f"{timed.frame.time.microsecond // 1000:03}Z.jpg"
        part = self._path / f".{name}.part"
        with _failing(self._path / name):
            check_regular(part)
            part.write_bytes(timed.frame.data)
            part.replace(self._path / name)

    def finish(self, chapters: Sequence[Chapter]) -> Path:
        """Return the folder; every picture in it is whole."""
        return self._path

    def discard(self) -> None:
        """Keep the pictures: each is whole."""


def _chapter(number: int, chapter: Chapter, shift: int) -> dict[str, object]:
    return {
        "id": number + 1,
        "start": chapter.start + shift,
        "end": chapter.end + shift,
        "time_base": _MILLISECONDS,
        "metadata": {"title": chapter.title},
    }


def _iso(milliseconds: int) -> str:
    return (_EPOCH + timedelta(milliseconds=milliseconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _flush(path: Path) -> None:
    """Have the system write the file before its name says that it is whole."""
    descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
