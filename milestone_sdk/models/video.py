"""Recorded video: when it exists, and the pictures themselves."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import ClassVar
from uuid import UUID

from attrs import field, frozen

from ..errors import ConfigurationError
from .times import to_utc

__all__ = [
    "Codec",
    "Frame",
    "RecordingSequence",
    "RetrievalState",
    "SequenceType",
    "Snapshot",
    "TimeSpan",
]


@frozen
class TimeSpan:
    """From `start` up to `end`, both aware UTC datetimes, `start <= end`."""

    start: datetime = field(converter=to_utc)
    end: datetime = field(converter=to_utc)

    def __attrs_post_init__(self) -> None:
        if self.end < self.start:
            raise ConfigurationError(f"a span cannot end ({self.end}) before it starts ({self.start})")

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment <= self.end

    def __iter__(self) -> Iterator[datetime]:
        return iter((self.start, self.end))

    @property
    def duration(self) -> timedelta:
        """How long it is."""
        return self.end - self.start


@frozen(kw_only=True)
class SequenceType:
    """A kind of recorded sequence that a device has: id and name (protocol/recording.md 1.6)."""

    id: UUID
    name: str | None = None

    RECORDING: ClassVar[UUID] = UUID("f9c62604-d0c5-4050-ae25-72de51639b14")
    """Id of the stretches that were recorded."""
    MOTION: ClassVar[UUID] = UUID("53cb5e33-2183-44bd-9491-8364d2457480")
    """Id of the stretches in which the camera saw motion."""
    RECORDING_WITH_TRIGGER: ClassVar[UUID] = UUID("0601d294-b7e5-4d93-9614-9658561ad5e4")
    """Id of the stretches recorded because of a trigger, with their prebuffer."""


@frozen(kw_only=True)
class RecordingSequence:
    """One recorded stretch, unclipped: it may begin before and end after the span that was asked for.

    `triggered` is the moment that started it; for plain recordings it equals `begin` (protocol/recording.md 1.8).
    Where `begin` or `end` cannot be read, it is the nearest other time of the row: too short rather than too long.
    """

    begin: datetime
    end: datetime
    triggered: datetime | None = None

    @property
    def span(self) -> TimeSpan:
        """The stretch as a span."""
        return TimeSpan(self.begin, max(self.begin, self.end))


@frozen(kw_only=True)
class Snapshot:
    """One JPEG picture and the moment it shows, which may differ from the moment asked for.

    `time` is 0001-01-01 where the server's cannot be read.
    """

    time: datetime
    data: bytes = field(repr=lambda data: f"<{len(data)} octets>")
    live: bool = False


class Codec(StrEnum):
    """How a picture is coded (protocol/recording.md 3.3); ids without a name here arrive as `UNKNOWN`."""

    JPEG = "jpeg"
    MPEG4 = "mpeg4"
    H263 = "h263"
    H264 = "h264"
    H265 = "h265"
    VC1 = "vc1"
    AV1 = "av1"
    MXPEG = "mxpeg"
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class Frame:
    """One coded picture.

    `time` is when the recorder received it (UTC, milliseconds). `data` is a whole JPEG, or one access unit of an
    Annex B elementary stream with its parameter sets in front of each key frame: the data of consecutive frames,
    joined, are a valid `.h264` or `.h265` file (protocol/recording.md 3.8). `codec_id` is the number on the wire.
    """

    time: datetime
    codec: Codec
    is_key: bool
    data: bytes = field(repr=lambda data: f"<{len(data)} octets>")
    codec_id: int = 0


class RetrievalState(Enum):
    """What became of the retrieval of remote recordings."""

    NOT_APPLICABLE = "not applicable"
    """There is nothing to retrieve: the recorder has all recordings, or plays them straight from the remote side."""
    NOT_AVAILABLE = "not available"
    """The camera, or the remote site behind it, may hold recordings that cannot be retrieved; `missing` says why."""
    NO_CAMERA = "no camera"
    """There is no such camera, or it is disabled; `missing` says which."""
