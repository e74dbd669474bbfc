"""Files of recorded pictures: MP4 and MKV by PyAV without re-encoding, folders of JPEGs, raw streams.

A file is written under a temporary name beside its target, and renamed when it is whole. A program that is killed
leaves this part file, which can be played up to the last whole group of pictures: MP4 is written in fragments, MKV in
clusters of a second. All calls block.
"""

import contextlib
import errno
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Protocol

from attrs import frozen

from ._files import check_regular
from ._protocol.video.timing import Timed
from .errors import ExportFailed, MilestoneError, UnsupportedFeature
from .models.video import Codec, Frame

__all__ = [
    "Chapter",
    "ClipFile",
    "FolderOfPictures",
    "RawFile",
    "VideoFile",
    "check_codec",
    "check_container",
    "decoded_size",
    "failing",
    "is_container",
    "numbered",
    "packets_of",
    "part_of",
    "picture_names",
    "place",
    "siblings_of",
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

    def write(self, timed: Timed, removed: int) -> None:
        """Add a picture; `removed` are the milliseconds of gaps that are left out before it. Raises `ExportFailed`."""
        ...

    def finish(self, chapters: Sequence[Chapter]) -> None:
        """Complete the file, still under the name of a part. Raises `ExportFailed`."""
        ...

    def close(self) -> None:
        """Leave it as it is, so that it can be played."""
        ...


def numbered(target: Path, number: int) -> Path:
    """Return the name of a file of an export, counted from 0: `clip.mp4`, `clip-2.mp4`, `clip-3.mp4`."""
    return target.with_name(f"{target.stem}-{number + 1}{target.suffix}") if number else target


def part_of(target: Path, number: int) -> Path:
    """Return its name until it is whole: `clip.part.mp4`, `clip.part-2.mp4`; the export to `clip-2.mp4` has others."""
    return numbered(target.with_name(f"{target.stem}.part{target.suffix}"), number)


def siblings_of(part: Path) -> tuple[Path, Path]:
    """Return the names of the whole file that is made of a part, and of the old part from which a part is made."""
    return part.with_name(f"{part.stem}-whole{part.suffix}"), part.with_name(f"{part.stem}-old{part.suffix}")


def picture_names() -> Callable[[datetime], str]:
    """Return what names the pictures of a folder in turn: `2026-03-14T09.26.53.589Z.jpg`, perhaps `…Z_2.jpg`."""
    last, number = "", 1

    def name(time: datetime) -> str:
        nonlocal last, number
        stem = time.strftime("%Y-%m-%dT%H.%M.%S.") + f"{time.microsecond // 1000:03}Z"
        last, number = stem, number + 1 if stem == last else 1
        return f"{stem}.jpg" if number == 1 else f"{stem}_{number}.jpg"

    return name


def place(part: Path, path: Path, *, overwrite: bool) -> None:
    """Give a whole file its name, where it replaces no other file unless `overwrite`. Raises `ExportFailed`."""
    with failing(path):
        if overwrite:
            part.replace(path)
        elif os.name == "nt":
            part.rename(path)  # which fails on Windows if the file exists
        else:
            try:
                os.link(part, path)
            except FileExistsError:
                raise
            except OSError:  # a file system without hard links
                if path.exists():
                    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
                part.rename(path)
            else:
                part.unlink()


@contextlib.contextmanager
def failing(path: Path, *errors: type[Exception]) -> Generator[None]:
    """Raise `ExportFailed` for what the file system refuses, and for `errors`."""
    caught: tuple[type[Exception], ...] = (OSError, *errors)
    try:
        yield
    except MilestoneError:
        raise
    except caught as error:
        hint = "free disk space, or choose another folder" if isinstance(error, OSError) else None
        if isinstance(error, FileExistsError):
            hint = "remove it, then make the same call again, or give overwrite=True"
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
    if is_container(suffix):
        _av()


def is_container(suffix: str) -> bool:
    """Whether files of that suffix keep pictures apart."""
    return suffix.lower() in _MUXERS


def check_codec(frame: Frame) -> None:
    """Raise `UnsupportedFeature` for a codec that neither container takes."""
    if frame.codec not in _NAMES:
        known = ", ".join(_NAMES)
        raise UnsupportedFeature(
            f"{frame.codec} cannot be put into MP4 or MKV", required=known, actual=str(frame.codec)
        )


def decoded_size(frame: Frame) -> tuple[int, int]:
    """Return width and height of a key frame in pixels by decoding it. Raises `ExportFailed`."""
    av = _av()
    name = "libdav1d" if frame.codec is Codec.AV1 else _NAMES[frame.codec]  # FFmpeg's own needs special hardware
    with contextlib.suppress(av.FFmpegError, ValueError):
        decoder = av.CodecContext.create(name, "r")
        for picture in (*decoder.decode(av.Packet(frame.data)), *decoder.decode(None)):
            return int(picture.width), int(picture.height)
    raise ExportFailed(f"the {frame.codec} picture of {frame.time.isoformat()} cannot be decoded")


class VideoFile:
    """One MP4 or MKV of one codec and size, written as a part file.

    `start` is the time in milliseconds since 1970 that is 0 in the file. In MP4, the file begins with the picture that
    is visible then; those before it are kept but not shown, by an edit list. MKV has none: it starts with the first.
    """

    def __init__(
        self, part: Path, codec: Codec, size: tuple[int, int], *, start: int, title: str, comment: str, subtitles: bool
    ) -> None:
        part = part.absolute()  # in the bare name `09:00.mp4` FFmpeg finds a protocol `09`
        self._part, self._start = part, start
        self._muxer = _MUXERS[part.suffix.lower()]
        self._tags = {"title": title, "comment": comment, "creation_time": _iso(start)}
        self._offset: int | None = None
        self._visible: int | None = None
        """The time of the picture that is visible at `start`."""
        self._captions = subtitles and self._muxer == "matroska"
        self._captioned, self._removed = -1, -1
        av = _av()
        self._errors: tuple[type[Exception], ...] = (ValueError, av.FFmpegError)
        with failing(part, *self._errors):
            check_regular(part)
            self._container = av.open(str(part), "w", format=self._muxer, options=_OPTIONS[self._muxer])
            self._container.metadata.update(self._tags)
            self._stream = self._container.add_mux_stream(_NAMES[codec], width=size[0], height=size[1])
            self._stream.time_base = _MILLISECONDS
            if self._captions:
                self._subtitles = self._container.add_mux_stream("subrip")
                self._subtitles.time_base = _MILLISECONDS
        self._packet: Callable[[bytes | memoryview], Any] = av.Packet

    def write(self, timed: Timed, removed: int) -> None:
        """Add a picture, in decoding order. Raises `ExportFailed`."""
        self._offset = timed.display if self._offset is None else self._offset  # the first picture is a key frame
        if timed.display <= self._start and (self._visible is None or self._visible < timed.display):
            self._visible = timed.display
        with failing(self._part, *self._errors):
            packet = self._packet(timed.frame.data)
            packet.stream, packet.time_base, packet.is_keyframe = self._stream, _MILLISECONDS, timed.frame.is_key
            packet.pts, packet.dts = timed.display - self._offset, timed.decode - self._offset
            packet.duration = timed.duration
            self._container.mux(packet)
            if self._captions:
                self._caption(timed.display, removed)

    def _caption(self, shown: int, removed: int) -> None:
        """Show the wall clock (UTC) until its second ends; `removed` is by how much the file is behind it."""
        assert self._offset is not None
        second = (shown + removed) // 1000
        if second <= self._captioned:
            return
        begin = second * 1000 - removed if removed == self._removed else shown
        self._captioned, self._removed = second, removed
        packet = self._packet(f"{_EPOCH + timedelta(seconds=second):%Y-%m-%d %H:%M:%S} UTC".encode())
        packet.stream, packet.time_base = self._subtitles, _MILLISECONDS
        packet.pts = packet.dts = begin - self._offset
        packet.duration = second * 1000 + 1000 - removed - begin
        self._container.mux(packet)

    def finish(self, chapters: Sequence[Chapter]) -> None:
        """Complete the file. Raises `ExportFailed`."""
        with failing(self._part, *self._errors):
            if self._muxer == "matroska":
                self._container.set_chapters([_chapter(number, each) for number, each in enumerate(chapters)])
            self._container.close()
            if self._muxer == "mp4":
                self._with_edit_list(chapters)
            _flush(self._part)

    def _with_edit_list(self, chapters: Sequence[Chapter]) -> None:
        """Copy the pictures to a file whose first ones have negative times: a file in fragments has no edit list.

        The picture that is visible at the start is shown from there on: FFmpeg moves a file whose first picture comes
        later, so that its times would be wrong by that much.
        """
        assert self._offset is not None
        av = _av()
        whole, _ = siblings_of(self._part)
        check_regular(whole)
        options = {"movflags": "faststart+use_metadata_tags", "avoid_negative_ts": "disabled"}
        try:
            with av.open(str(self._part)) as source, av.open(str(whole), "w", format="mp4", options=options) as target:
                target.metadata.update(self._tags)
                video = source.streams.video[0]
                name = video.codec_context.name
                stream = target.add_stream_from_template(video, opaque=name == "libdav1d")  # no encoder
                if name == "hevc":
                    stream.codec_context.codec_tag = "hvc1"  # Apple's players open no other
                shift: int | None = None
                for packet in source.demux(video):
                    if packet.dts is None:  # the end
                        continue
                    ticks = _MILLISECONDS / packet.time_base
                    if shift is None:
                        shift = round((self._offset - self._start) * ticks) - packet.pts
                    packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, stream
                    if self._visible is not None and packet.pts == round((self._visible - self._start) * ticks):
                        packet.pts = 0
                    target.mux(packet)
                target.set_chapters([_chapter(number, each) for number, each in enumerate(chapters)])
        except BaseException:
            whole.unlink(missing_ok=True)
            raise
        whole.replace(self._part)

    def close(self) -> None:
        """Leave what was written."""
        with contextlib.suppress(OSError, *self._errors):
            self._container.close()


class RawFile:
    """The data of the pictures, one after the other: a `.h264` or `.h265` file, or JPEGs without separators."""

    def __init__(self, part: Path) -> None:
        self._part = part
        with failing(part):
            check_regular(part)
            self._file = part.open("wb")

    def write(self, timed: Timed, removed: int) -> None:
        """Add a picture. Raises `ExportFailed`."""
        with failing(self._part):
            self._file.write(timed.frame.data)
            if timed.frame.is_key:
                self._file.flush()

    def finish(self, chapters: Sequence[Chapter]) -> None:
        """Complete the file; a raw stream has no chapters. Raises `ExportFailed`."""
        with failing(self._part):
            self._file.close()
            _flush(self._part)

    def close(self) -> None:
        """Leave what was written."""
        with contextlib.suppress(OSError):
            self._file.close()


class FolderOfPictures:
    """A folder with a JPEG for each picture, named by its UTC time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._name = picture_names()
        with failing(path):
            path.mkdir(parents=True, exist_ok=True)

    def write(self, timed: Timed, removed: int) -> None:
        """Add a picture. Raises `ExportFailed`."""
        path = self._path / self._name(timed.frame.time)
        part = path.with_name(f".{path.name}.part")
        with failing(path):
            check_regular(part)
            part.write_bytes(timed.frame.data)
            part.replace(path)

    def finish(self, chapters: Sequence[Chapter]) -> None:
        """Do nothing: every picture is whole."""

    def close(self) -> None:
        """Do nothing: every picture is whole."""


def packets_of(part: Path, sizes: Iterable[int]) -> Iterator[tuple[bytes, bool | None]]:
    """Read the pictures of a part file, and whether each is a key frame if the file says so, up to its readable end.

    `sizes` are those of the pictures in a raw stream. H.264 and H.265 are in Annex B form, as they were written.
    """
    with contextlib.suppress(OSError):
        check_regular(part)
        if is_container(part.suffix):
            yield from _demuxed(part)
            return
        with part.open("rb") as file:
            for size in sizes:
                data = file.read(size)
                if len(data) < size:
                    return
                yield data, None


def _demuxed(part: Path) -> Iterator[tuple[bytes, bool]]:
    av = _av()
    with (
        contextlib.suppress(av.FFmpegError, ValueError, IndexError),
        av.open(str(part.absolute()), options={"ignore_editlist": "1"}) as source,
    ):
        video = source.streams.video[0]
        if video.codec_context is None:  # a header without its end
            return
        lengths = video.codec_context.name in ("h264", "hevc")
        for packet in source.demux(video):
            if packet.is_corrupt:
                return
            if packet.size:
                yield _annex_b(bytes(packet)) if lengths else bytes(packet), packet.is_keyframe


def _annex_b(data: bytes) -> bytes:
    """Put start codes in place of the lengths of the units, which FFmpeg writes in four bytes."""
    units, place = list[bytes](), 0
    while place < len(data):
        end = place + 4 + int.from_bytes(data[place : place + 4], "big")
        units.append(data[place + 4 : end])
        place = end
    if place != len(data):
        raise ValueError("a unit is longer than its picture")
    return b"".join(b"\0\0\0\1" + unit for unit in units)


def _chapter(number: int, chapter: Chapter) -> dict[str, object]:
    return {
        "id": number + 1,
        "start": chapter.start,
        "end": chapter.end,
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
