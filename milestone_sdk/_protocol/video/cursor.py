"""Which pictures of a recorder's answers belong to a span, and where to ask next (protocol/recording.md 2.9, 4.2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ...models.video import Frame, TimeSpan
from .messages import ImageResponse
from .packets import from_milliseconds, to_milliseconds

__all__ = ["PlaybackCursor"]

_PIPELINE: Final = 3
"""Requests that may wait for their answers at once; real recorders keep the order (protocol/recording.md 2.15)."""


class PlaybackCursor:
    """Follows one playback from answer to answer; knows no connection and no clock.

    A *unit* is what one answer holds: a group of pictures in native coding, else one picture. `whole_groups` says that
    the first group is wanted from its key frame on, even where that lies before the span.
    """

    def __init__(self, span: TimeSpan, *, whole_groups: bool, keyframes_only: bool) -> None:
        self._span = span
        self._end = to_milliseconds(span.end)
        self._whole_groups = whole_groups
        self._keyframes_only = keyframes_only
        self._unit: int | None = None  # the latest one of which pictures were taken, and how many
        self._taken = 0
        self._place: int | None = None  # where the recorder's own cursor is, and what it calls the next unit
        self._next: int | None = None
        self._last: datetime | None = None
        self.finished = False
        """Nothing more can come."""
        self.at_edge = False
        """The newest unit is reached; a newer one may still be written."""
        self.empty = False
        """The device has no recordings at all."""

    @property
    def started(self) -> bool:
        """Whether any picture was found in the span."""
        return self._last is not None

    @property
    def last(self) -> datetime | None:
        """The time of the last picture that was found in the span."""
        return self._last

    @property
    def resumes_at(self) -> datetime | None:
        """When the footage goes on after the unit reached last, None when that is unknown."""
        return from_milliseconds(self._next) if self._next and not self.at_edge else None

    def begin(self) -> int:
        """Return the time to `goto` on a new connection, so that no picture is lost or comes twice."""
        self._place, self._next, self.at_edge = None, None, False
        if self._unit is not None:
            return self._unit
        return max(0, to_milliseconds(self._last or self._span.start))

    def change_to_pictures(self) -> None:
        """Go on with one picture to a unit, after the one taken last."""
        self._whole_groups = False
        self._unit, self._taken = None, 0

    def wants(self, unanswered: int) -> bool:
        """Whether one more `next` makes sense while so many requests are unanswered.

        Asks no further ahead than the span reaches, going by the length of the unit taken last.
        """
        if self.finished or not unanswered:
            return not self.finished
        if self.at_edge or unanswered >= _PIPELINE or self._next is None or self._place is None:
            return False
        return self._next + unanswered * (self._next - self._place) <= self._end

    def take(self, response: ImageResponse, frames: Sequence[Frame]) -> list[Frame]:
        """Return those of the answer's `frames` that the caller has not had and wants."""
        current = response.current
        if not current:
            self.empty = self._unit is None
            self.finished = True
            return []
        if current > self._end:
            self._next = current
            self.finished = True
            return []
        if not response.complete and self._is_before_span(frames):
            return []
        wanted = self._new(current, frames)
        self._move(response, len(frames))
        if not self.started:
            wanted = self._first(wanted)
        if self._keyframes_only:
            wanted = [frame for frame in wanted if frame.is_key]
        kept = [frame for frame in wanted if frame.time <= self._span.end]
        if len(kept) < len(wanted):
            self.finished = True
        if kept:
            self._last = kept[-1].time
        return kept

    def _new(self, current: int, frames: Sequence[Frame]) -> list[Frame]:
        if current == self._unit:
            return list(frames[self._taken :])
        if self._last is not None and (self._unit is None or current < self._unit):
            return [frame for frame in frames if frame.time > self._last]
        return list(frames)

    def _move(self, response: ImageResponse, count: int) -> None:
        current, following = response.current, response.next or None
        if response.complete:
            stuck = response.method == "next" and self._place is not None and current <= self._place
            self.at_edge = stuck or (following is not None and following <= current)
            self.finished = following is not None and following > self._end
            self._place, self._next = current, following
        if self._unit is None or current > self._unit:
            self._unit, self._taken = current, count
        elif current == self._unit:
            self._taken = max(self._taken, count)

    def _first(self, frames: list[Frame]) -> list[Frame]:
        """Drop what lies before the span, unless the rest of its group needs it for decoding."""
        if not self._whole_groups:
            return [frame for frame in frames if frame.time >= self._span.start]
        if self._is_before_span(frames):
            return []
        while frames and not frames[0].is_key:
            frames = frames[1:]
        return frames

    def _is_before_span(self, frames: Sequence[Frame]) -> bool:
        return not self.started and (not frames or max(frame.time for frame in frames) < self._span.start)
