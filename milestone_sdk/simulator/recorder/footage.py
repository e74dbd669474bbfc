"""What was recorded when: a pure function of a camera's recorded spans and the site's clock.

A span (one recording sequence) is cut into GOPs on a grid that starts with the span; pictures are inside a GOP at the
camera's frame rate. Times are integer milliseconds since 1970, UTC, as on the ImageServer's wire; sequences keep
``datetime`` because SOAP gives them at a finer resolution. Nothing here knows what a picture looks like.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from milestone_sdk.simulator.site import Camera

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
#: A recording that a motion rule started holds this much from before the motion (chosen; an administrator sets it).
PREBUFFER = timedelta(seconds=3)


def milliseconds(time: datetime) -> int:
    """Whole milliseconds since 1970 of an aware time, rounded down."""
    return (time - EPOCH) // _MILLISECOND


def datetime_of(time_ms: int) -> datetime:
    """The aware UTC time of milliseconds since 1970."""
    return EPOCH + timedelta(milliseconds=time_ms)


@frozen(kw_only=True)
class Sequence:
    """One recording or motion sequence; a running one ends at the site's now."""  # protocol/recording.md 1.8

    begin: datetime
    triggered: datetime
    end: datetime


def recording_sequences(camera: Camera, now: datetime) -> list[Sequence]:
    """The recording sequences known at `now`, ascending; triggered when they began."""
    return [Sequence(begin=begin, triggered=begin, end=end) for begin, end in _known_spans(camera, now)]


def triggered_sequences(camera: Camera, now: datetime) -> list[Sequence]:
    """The recording sequences with the instant of their trigger, which comes after the prebuffer."""
    spans = _known_spans(camera, now)
    return [Sequence(begin=begin, triggered=_motion_begin(begin, end), end=end) for begin, end in spans]


def motion_sequences(camera: Camera, now: datetime) -> list[Sequence]:
    """The motion sequences; each lies inside its recording sequence."""  # protocol/recording.md 1.8
    begun = [(_motion_begin(begin, end), end) for begin, end in _known_spans(camera, now)]
    return [Sequence(begin=begin, triggered=begin, end=end) for begin, end in begun]


def _known_spans(camera: Camera, now: datetime) -> list[tuple[datetime, datetime]]:
    spans = ((begin, now if end is None else min(end, now)) for begin, end in camera.recordings if begin <= now)
    return [(begin, end) for begin, end in spans if begin < end]


def _motion_begin(begin: datetime, end: datetime) -> datetime:
    return begin + min(PREBUFFER, (end - begin) / 2)


def gop_milliseconds(camera: Camera) -> int:
    """The length of the camera's GOPs."""
    return max(1, round(camera.gop_seconds * 1000))


def picture_offsets(camera: Camera) -> tuple[int, ...]:
    """The times of the pictures of a complete GOP, in milliseconds from its keyframe."""
    length = gop_milliseconds(camera)
    count = max(1, -(-length * camera.frames_per_second // 1000))
    offsets = (index * 1000 // camera.frames_per_second for index in range(count))
    return tuple(offset for offset in offsets if offset < length)


def live_gop(camera: Camera, time_ms: int) -> int:
    """The keyframe of the GOP that a live camera is filming: the running recording's grid, else one of whole GOPs."""
    length = gop_milliseconds(camera)
    origin = 0
    for begin, end in reversed(camera.recordings):
        if milliseconds(begin) <= time_ms and (end is None or milliseconds(end) > time_ms):
            origin = milliseconds(begin)
            break
    return origin + (time_ms - origin) // length * length


def is_recording(camera: Camera, time_ms: int) -> bool:
    """Whether the camera is being recorded at that time."""
    return any(
        milliseconds(begin) <= time_ms and (end is None or milliseconds(end) > time_ms)
        for begin, end in camera.recordings
    )


class Footage:
    """The units of one camera that can be read at `now`: GOPs by their keyframes, or single pictures.

    A GOP is readable once it is complete and `delay` has passed since it ended. Spans
    without a readable GOP do not exist for navigation. Every query costs the logarithm of the number of spans.
    """  # protocol/recording.md 2.9, 4.6

    def __init__(self, camera: Camera, now: datetime, delay: timedelta = timedelta(seconds=1)) -> None:
        self._spans = camera.recordings
        self._horizon = milliseconds(now - delay)
        self._gop = gop_milliseconds(camera)
        self._offsets = picture_offsets(camera)

    def first(self) -> int | None:
        """The oldest unit, or None when nothing can be read."""
        return self._first_from(0)

    def last(self, *, every_picture: bool = False) -> int | None:
        """The newest unit, or None when nothing can be read."""
        return self._last_until(len(self._spans) - 1, every_picture)

    def at_or_before(self, time_ms: int, *, every_picture: bool = False) -> int | None:
        """The unit that holds the instant; in a gap the last before it; before everything the oldest."""
        index = self._span_index(time_ms)
        if index < 0 or not (count := self._gop_count(index)):
            found = self._last_until(index - 1, every_picture)
            return self.first() if found is None else found
        begin = self._begin(index)
        keyframe = begin + min((time_ms - begin) // self._gop, count - 1) * self._gop
        if not every_picture:
            return keyframe
        return max(time for time in self._pictures(index, keyframe) if time <= time_ms)

    def after(self, time_ms: int, *, every_picture: bool = False) -> int | None:
        """The first unit strictly after the instant; gaps are jumped over; None after the newest."""
        index = self._span_index(time_ms)
        if index >= 0 and (count := self._gop_count(index)):
            begin = self._begin(index)
            number = (time_ms - begin) // self._gop
            if every_picture and number < count:
                later = (time for time in self._pictures(index, begin + number * self._gop) if time > time_ms)
                if (found := next(later, None)) is not None:
                    return found
            if number + 1 < count:
                return begin + (number + 1) * self._gop
        return self._first_from(index + 1)

    def before(self, time_ms: int, *, every_picture: bool = False) -> int | None:
        """The last unit strictly before the instant; None before the oldest."""
        found = self.at_or_before(time_ms - 1, every_picture=every_picture)
        return found if found is not None and found < time_ms else None

    def next_sequence(self, time_ms: int) -> int | None:
        """Where the sequence after the instant's own starts."""  # protocol/recording.md 2.6
        return self._first_from(self._span_index(time_ms) + 1)

    def previous_sequence(self, time_ms: int, *, every_picture: bool = False) -> int | None:
        """The last unit of the sequence before the instant's own."""  # protocol/recording.md 2.6
        return self._last_until(self._span_index(time_ms) - 1, every_picture)

    def pictures(self, keyframe_ms: int) -> tuple[int, ...]:
        """The times of a GOP's pictures; the last GOP of a span may be a short one."""
        return self._pictures(self._span_index(keyframe_ms), keyframe_ms)

    def _pictures(self, index: int, keyframe_ms: int) -> tuple[int, ...]:
        end = self._end(index)
        times = (keyframe_ms + offset for offset in self._offsets)
        return tuple(time for time in times if end is None or time < end)

    def _first_from(self, index: int) -> int | None:
        for candidate in range(index, len(self._spans)):
            if self._gop_count(candidate):
                return self._begin(candidate)
        return None

    def _last_until(self, index: int, every_picture: bool) -> int | None:
        for candidate in range(index, -1, -1):
            if count := self._gop_count(candidate):
                keyframe = self._begin(candidate) + (count - 1) * self._gop
                return self._pictures(candidate, keyframe)[-1] if every_picture else keyframe
        return None

    def _span_index(self, time_ms: int) -> int:
        return bisect_right(self._spans, time_ms, key=lambda span: milliseconds(span[0])) - 1

    def _begin(self, index: int) -> int:
        return milliseconds(self._spans[index][0])

    def _end(self, index: int) -> int | None:
        end = self._spans[index][1]
        return None if end is None else milliseconds(end)

    def _gop_count(self, index: int) -> int:
        begin, end = self._begin(index), self._end(index)
        if end is not None and end <= self._horizon:
            return max(0, -(-(end - begin) // self._gop))
        return max(0, (self._horizon - begin) // self._gop)
