"""Which of a recorder's pictures belong to a span, and what to request next."""
# docs/protocol: imageserver-edges, playback-start

from datetime import datetime, timedelta
from itertools import dropwhile
from typing import Final

from ...errors import RemoteProtocolError
from ...models.times import earlier
from ...models.video import Frame, TimeSpan
from .messages import ImageResponse
from .packets import from_milliseconds, to_milliseconds

__all__ = ["PlaybackCursor"]

_GROUPS_AHEAD: Final = 3
"""Requests that may wait for their answers at once; real recorders keep the order."""
# docs/protocol: imageserver-errors
_PICTURES_AHEAD: Final = 12
"""The same for answers of one picture, after as many that led on: the newest picture is repeated for each request."""

_SHOWN: Final = timedelta(seconds=2)
"""How long a picture is shown until the next one at most; otherwise there is a gap between them."""
_REORDERED: Final = timedelta(seconds=1)
"""A picture so long after the span has no picture of the span after it in its group, not even with B pictures."""


class PlaybackCursor:
    """Follows one playback from picture to picture, without a connection or a clock.

    A *unit* is the content of one answer: a group of pictures in native coding, otherwise one picture. With
    `whole_groups` the first group is wanted from its key frame on, even where that is before the span. With `for_file`
    the group before that is wanted too, if its last picture is still shown when the span begins, and pictures up to a
    second after the span, unless a group begins there: B pictures of the span arrive after its end.
    """

    def __init__(self, span: TimeSpan, *, whole_groups: bool, keyframes_only: bool, for_file: bool = False) -> None:
        self._span = span
        self._until = earlier(span.end, -_REORDERED) if for_file else span.end
        self._end = to_milliseconds(span.end)
        self._whole_groups = whole_groups
        self._keyframes_only = keyframes_only
        self._unit: int | None = None  # the latest one of which pictures were taken, and how many
        self._taken = 0
        self._image: ImageResponse | None = None  # the answer that is arriving, and how many of its pictures arrived
        self._arrived = 0
        self._skipped = 0  # how many of them the caller has had, or until which time
        self._had_until: datetime | None = None
        self._held: list[Frame] = []  # pictures before the span, until a later one of their group needs them
        self._before: list[Frame] | None = [] if for_file and whole_groups else None  # the last group before the span
        self._past_end = False
        self._place: int | None = None  # where the recorder's own cursor is, and what it calls the next unit
        self._next: int | None = None
        self._led_on = 0  # answers in a row that had one picture and a next unit
        self._last: datetime | None = None
        self.finished = False
        """There are no further pictures."""
        self.at_edge = False
        """The newest unit is reached; a newer one may still be written."""
        self.empty = False
        """The device has no recordings at all."""
        self.is_lost = False
        """The recorder said so after pictures, so where its own cursor is now is not known: `begin` again."""

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
        """When the footage continues after the last unit, None when that is unknown."""
        return from_milliseconds(self._next) if self._next and not self.at_edge else None

    def begin(self) -> int:
        """Return the time to `goto` on a new connection, so that no picture is lost or repeated."""
        self._place, self._next, self._led_on, self.at_edge = None, None, 0, False
        self._image, self._held, self.is_lost = None, [], False
        if self._unit is not None:
            return self._unit
        return max(0, to_milliseconds(self._last or self._span.start))

    def change_to_pictures(self) -> None:
        """Continue with one picture to a unit, after the last one taken."""
        self._whole_groups = False
        self._unit, self._taken, self._before = None, 0, None

    def wants(self, unanswered: int) -> int:
        """Return how many more `next` to send while so many requests are unanswered.

        None for units beyond the end of the span, estimated by the length of the last unit. Several are sent at once,
        when half of those before are answered: sending one takes as long as reading a JPEG.
        """
        ahead = min(_GROUPS_AHEAD + self._led_on, _PICTURES_AHEAD)
        if self.finished or 2 * unanswered > ahead:
            return 0
        within = 1
        if self._next is not None and self._place is not None and not self.at_edge:
            within += max((self._end - self._next) // (self._next - self._place), 0)
        return max(min(within, ahead) - unanswered, 0)

    def take(self, image: ImageResponse, frames: list[Frame], *, last: bool) -> list[Frame]:
        """Return those of an answer's next `frames` that the caller has not had and wants; `last` completes it.

        Raises `RemoteProtocolError` for pictures without a time.
        """
        if not image.current:
            if frames:
                raise RemoteProtocolError("pictures whose header does not say when they were recorded")
            self.empty = self.finished = self._unit is None
            self.at_edge = self.is_lost = not self.empty
            return []
        if self.is_lost and image.method == "next":
            return []
        if image.current > self._end:
            self._next = image.current
            self.finished = True
            before = self._shown_until(from_milliseconds(image.current))
            self._last = before[-1].time if before else self._last
            return before
        if image is not self._image:
            self._begin_unit(image)
        wanted = self._new(frames)
        if not self.started:
            wanted = self._first(wanted)
        if image.current == self._unit and (last or not self._held):
            self._taken = max(self._taken, self._arrived)
        if last:
            self._end_unit(image)
        if self.finished and self._next:
            wanted = wanted or self._shown_until(from_milliseconds(self._next))
        kept = [frame for frame in wanted if frame.time <= self._until]
        if wanted and wanted[-1].time > self._span.end:
            self._past_end = True
            self.finished = self.finished or wanted[-1].time - self._span.end > _REORDERED
        if self._keyframes_only:
            kept = [frame for frame in kept if frame.is_key]
        if kept:
            self._last = kept[-1].time
        self.finished = self.finished or (last and self._past_end)
        return kept

    def _begin_unit(self, image: ImageResponse) -> None:
        self._image, self._arrived, self._held = image, 0, []
        current, unit = image.current, self._unit
        self._skipped = self._taken if current == unit and self.started else 0
        self._had_until = self._last if unit is None or current < unit else None
        if unit is None or current > unit:
            self._unit, self._taken = current, 0

    def _new(self, frames: list[Frame]) -> list[Frame]:
        skipped = max(0, self._skipped - self._arrived)
        self._arrived += len(frames)
        had_until = self._had_until
        if had_until is not None:
            return [frame for frame in frames if frame.time > had_until]
        return frames[skipped:] if skipped else frames

    def _first(self, frames: list[Frame]) -> list[Frame]:
        """Drop what is before the span, unless the rest of its group needs it for decoding."""
        start = self._span.start
        if not self._whole_groups:
            return [frame for frame in frames if frame.time >= start]
        self._held += [frame for frame in frames if frame.is_key or not self._keyframes_only]
        if not any(frame.time >= start for frame in frames):
            return []
        group, self._held = list(dropwhile(lambda frame: not frame.is_key, self._held)), []
        return [*self._shown_until(group[0].time), *group] if group else []

    def _shown_until(self, following: datetime) -> list[Frame]:
        """Return the group before the span if its last picture is shown at the start, and until the following one."""
        before, start = self._before or [], self._span.start
        if self.started or not before or not start < following <= max(frame.time for frame in before) + _SHOWN:
            return []
        return list(dropwhile(lambda frame: not frame.is_key, before))

    def _end_unit(self, image: ImageResponse) -> None:
        current, following = image.current, image.next or None
        stuck = image.method == "next" and self._place is not None and current <= self._place
        self.at_edge = stuck or (following is not None and following <= current)
        self._led_on = 0 if self.at_edge or self._arrived > 1 else self._led_on + 1
        self.finished = following is not None and following > self._end
        if self._before is not None:
            self._before = None if self.started else self._held or self._before
        self._place, self._next, self._held = current, following, []
