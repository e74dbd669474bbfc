"""What to play and how, from the arguments of the caller."""  # docs/protocol: playback-start

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from types import NoneType
from typing import Final, Literal

from attrs import frozen

from ..._arguments import check_type
from ...errors import ConfigurationError
from ...models.times import to_utc
from ...models.video import RecordingSequence, TimeSpan
from .requests import Transcode

__all__ = ["APPEARS", "COMPLETE", "PlaybackPlan", "check_codec", "is_being_written"]

Codec = Literal["native", "jpeg"]

_PATIENCE: Final = 10.0
_FASTEST: Final = 4.0
"""Above this speed there are key frames only."""  # docs/protocol: playback-start

APPEARS: Final = timedelta(seconds=10)
"""How long after a time its recording may begin to exist: a prebuffer is stored when motion is detected."""
# docs/protocol: playback-recent
COMPLETE: Final = timedelta(minutes=5)
"""How long after a time all of its footage can be read: groups of pictures may last minutes, and clocks differ."""


def is_being_written(sequences: Iterable[RecordingSequence], span: TimeSpan, now: datetime) -> bool:
    """Return whether pictures of `span`, of which none can be read, may be in a group that is not complete."""
    since = max(span.start, now - COMPLETE)
    return any(sequence.start <= span.end and sequence.end >= since for sequence in sequences)


def check_codec(codec: str) -> None:
    """Raise `ConfigurationError` unless it is one of the two."""
    if codec not in ("native", "jpeg"):
        raise ConfigurationError(f"codec must be 'native' or 'jpeg', got {codec!r}")


@frozen
class PlaybackPlan:
    """The checked arguments of a playback; `patience` is in seconds, infinite for a playback without end."""

    span: TimeSpan
    speed: float | None
    reverse: bool
    report: bool
    codec: Codec
    jpeg: Transcode
    """How the recorder makes JPEG, where it does."""
    keyframes_only: bool
    patience: float
    for_file: bool
    """Whether to play what a file needs around the span, see `PlaybackCursor`."""

    @classmethod
    def of(
        cls,
        span: TimeSpan | datetime,
        speed: float | None = None,
        reverse: bool = False,
        on_gap: str = "skip",
        codec: Codec = "native",
        size: tuple[int, int] | None = None,
        compression_rate: int | None = None,
        keyframes_only: bool = False,
        patience: timedelta | None = None,
        *,
        for_file: bool = False,
    ) -> "PlaybackPlan":
        """Check the arguments of `Recordings.play`. Raises `ConfigurationError`."""
        check_codec(codec)
        if on_gap not in ("skip", "report"):
            raise ConfigurationError(f"on_gap must be 'skip' or 'report', got {on_gap!r}")
        check_type("speed", speed, int, float, NoneType)
        check_type("patience", patience, timedelta, NoneType)
        if speed is not None and not 0 < speed < math.inf:
            raise ConfigurationError(f"speed must be > 0 and finite, got {speed!r}")
        waiting = _PATIENCE
        if isinstance(span, datetime):
            start = to_utc(span, "span")
            waiting = _PATIENCE if reverse else math.inf
            first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
            span = TimeSpan(first, start) if reverse else TimeSpan(start, last)
        check_type("span", span, TimeSpan, datetime)
        waiting = waiting if patience is None else patience.total_seconds()
        keyframes_only = keyframes_only or (speed is not None and speed > _FASTEST)
        jpeg = Transcode(all_frames=not keyframes_only, size=size, compression_rate=compression_rate)
        return cls(span, speed, reverse, on_gap == "report", codec, jpeg, keyframes_only, waiting, for_file)

    @property
    def transcode(self) -> Transcode | None:
        """What the recorder transcodes to, None for the native coding."""
        return self.jpeg if self.codec == "jpeg" else None
