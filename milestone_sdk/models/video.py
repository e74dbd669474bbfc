"""Recorded video: spans, sequences, pictures and the state of a retrieval."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from functools import partial
from pathlib import Path
from typing import ClassVar, Final
from uuid import UUID

from attrs import asdict, evolve, field, frozen

from ..errors import ConfigurationError
from .model import Model
from .times import to_utc

__all__ = [
    "AudioFrame",
    "Codec",
    "Frame",
    "Gap",
    "MediaFrame",
    "MetadataFrame",
    "RecordingSequence",
    "RetrievalState",
    "SequenceType",
    "Snapshot",
    "SnapshotKind",
    "TimeSpan",
]


_MILLISECOND: Final = timedelta(milliseconds=1)


@frozen
class TimeSpan(Model):
    """From `start` to `end`, both included: aware UTC datetimes, `start <= end`."""

    start: datetime = field(converter=to_utc)
    end: datetime = field(converter=to_utc)

    def __attrs_post_init__(self) -> None:
        if self.end < self.start:
            raise ConfigurationError(f"end must not be before start, got start={self.start}, end={self.end}")

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment <= self.end

    def __iter__(self) -> Iterator[datetime]:
        return iter((self.start, self.end))

    @property
    def duration(self) -> timedelta:
        """`end - start`."""
        return self.end - self.start


@frozen
class Gap(TimeSpan):
    """A span in which nothing was recorded; `play(..., on_gap="report")` returns it between two frames."""


@frozen(kw_only=True, repr=False)
class SequenceType(Model):
    """A kind of recorded sequence that a device has: id and name."""

    id: UUID
    name: str | None = None

    RECORDING: ClassVar[UUID] = UUID("f9c62604-d0c5-4050-ae25-72de51639b14")
    """Id of the sequences that were recorded."""
    MOTION: ClassVar[UUID] = UUID("53cb5e33-2183-44bd-9491-8364d2457480")
    """Id of the sequences in which motion was detected."""
    RECORDING_WITH_TRIGGER: ClassVar[UUID] = UUID("0601d294-b7e5-4d93-9614-9658561ad5e4")
    """Id of the sequences recorded because of a trigger, with their prebuffer."""


@frozen(kw_only=True, repr=False)
class RecordingSequence(Model):
    """One recorded sequence, unclipped: it may begin before and end after the span that was requested.

    `triggered` is when it was triggered; for plain recordings it equals `start`. All are UTC. Where `start` or `end`
    cannot be read, it is the nearest other time of the sequence: too short rather than too long.
    """

    start: datetime
    end: datetime
    triggered: datetime | None = None

    @property
    def span(self) -> TimeSpan:
        """From `start` to `end`."""
        return TimeSpan(self.start, max(self.start, self.end))


class SnapshotKind(Enum):
    """Where the picture of a `Snapshot` is, seen from the time that was requested."""

    AT = "at"
    """At that time, to the millisecond."""
    BEFORE = "at or before"
    """The last picture before it."""
    AFTER = "at or after"
    """The first picture after it."""
    LIVE = "live"
    """No time was requested: it is the last live picture."""


@frozen(kw_only=True, repr=False)
class Snapshot(Model):
    """One JPEG picture. `time` (UTC) is when it was recorded, `requested` the time that was asked for, if any.

    `time` is 0001-01-01 where it cannot be read.
    """

    time: datetime
    data: bytes = field(repr=lambda data: f"<{len(data)} bytes>")
    requested: datetime | None = None

    def save(self, path: str | Path) -> None:
        """Write the picture to a file, which is replaced. Raises `OSError`."""
        Path(path).write_bytes(self.data)

    def _repr_jpeg_(self) -> bytes:
        """What a notebook shows."""
        return self.data

    @property
    def distance(self) -> timedelta | None:
        """`time - requested`, negative for an earlier picture; `None` for a live one."""
        return None if self.requested is None else self.time - self.requested

    @property
    def kind(self) -> SnapshotKind:
        """Whether it is from the requested time, from before, from after, or live."""
        if self.distance is None:
            return SnapshotKind.LIVE
        if abs(self.distance) < _MILLISECOND:
            return SnapshotKind.AT
        return SnapshotKind.AFTER if self.distance > timedelta() else SnapshotKind.BEFORE

    @property
    def live(self) -> bool:
        """Whether it is the last live picture, not a recorded one."""
        return self.requested is None


class Codec(StrEnum):
    """How a picture is coded. `UNKNOWN` is any other; `Frame.codec_id` is its number."""

    JPEG = "jpeg"
    MPEG4 = "mpeg4"
    H263 = "h263"
    H264 = "h264"
    H265 = "h265"
    VC1 = "vc1"
    AV1 = "av1"
    MXPEG = "mxpeg"
    UNKNOWN = "unknown"


@frozen(kw_only=True, repr=False)
class Frame(Model):
    """One coded picture.

    `time` is when the recorder received it (UTC, milliseconds). `data` is a whole JPEG, or one access unit of an
    Annex B elementary stream with its parameter sets in front of each key frame: the data of consecutive frames,
    joined, are a valid `.h264` or `.h265` file. Of interlaced video it may have both fields of the picture. `codec_id`
    is the number on the wire.

    `data` is read-only and bytes-like: it can be written, joined, sliced, compared and decoded as it is. It is a view
    of the buffer that the connection received it into, about 1 MiB that is in use as long as the frame exists. Keep
    `frame.copy()` where only some of the frames are kept. A pickled frame is a copy.
    """

    time: datetime
    codec: Codec
    is_key: bool
    data: bytes | memoryview = field(repr=lambda data: f"<{len(data)} bytes>", hash=False)
    codec_id: int = 0

    def copy(self) -> "Frame":
        """Return the frame with `data` as bytes of its own."""
        return evolve(self, data=bytes(self.data))

    def __reduce__(self) -> tuple[Callable[..., "Frame"], tuple[object, ...]]:
        values = asdict(self, recurse=False)
        return partial(type(self), **{**values, "data": bytes(self.data)}), ()


@frozen(kw_only=True, repr=False)
class MediaFrame(Frame):
    """One packet that is not video: an `AudioFrame`, a `MetadataFrame`, or a packet of another `type`.

    `time` is that of the answer which the packet came in. `header` is what is in front of `data`: of its fields, type
    and length alone are documented. Each packet is complete in itself, so `is_key` is true; `codec` is `UNKNOWN`.
    """  # docs/protocol: payloads-audio

    type: int
    """The data type on the wire: 0x0020 for audio, 0x0030 for metadata."""
    header: bytes = field(repr=lambda header: f"<{len(header)} bytes>")

    @property
    def raw(self) -> bytes:
        """The whole packet as it was received."""
        return self.header + bytes(self.data)


@frozen(kw_only=True, repr=False)
class AudioFrame(MediaFrame):
    """One packet of a microphone or a speaker.

    `data` is coded as the device sends it. Codec, sample rate and channels are somewhere in the 42 bytes of `header`;
    where is not documented.
    """


@frozen(kw_only=True, repr=False)
class MetadataFrame(MediaFrame):
    """One packet of a metadata device; `data` is XML in UTF-8, usually an ONVIF `MetadataStream`."""

    @property
    def text(self) -> str:
        """`data` as a string; bytes that are not UTF-8 are replaced by U+FFFD."""
        return bytes(self.data).decode("utf-8", "replace")


class RetrievalState(Enum):
    """What became of the retrieval of remote recordings, by whichever way it was made."""

    IN_PROGRESS = "in progress"
    """The server is fetching, or about to."""
    COMPLETED = "completed"
    """The server has ended; `missing` says if the recorder has no footage of that time all the same."""
    NOT_READY = "not ready"
    """The camera has not finished writing that time: ask again after `retry_after`."""
    FAILED = "failed"
    """The server ended it with an error; `missing` is that error."""
    STOPPED = "stopped"
    """It was cancelled; what had been fetched is kept."""
    NOT_APPLICABLE = "not applicable"
    """There is nothing to retrieve: the recorder has all recordings, or plays them directly from the remote side."""
    NOT_AVAILABLE = "not available"
    """The camera, or a remote site, may have recordings that cannot be retrieved; `missing` is the reason."""
    NO_CAMERA = "no camera"
    """The camera does not exist, or is disabled; `missing` is the reason."""
