"""What was recorded when: a pure function of a camera's recorded spans and the site's clock.

A span (one recording sequence) is cut into GOPs on a grid that starts with the span; pictures are inside a GOP at the
camera's frame rate. Times are integer milliseconds since 1970, UTC, as on the ImageServer's wire; sequences keep
``datetime`` because SOAP gives them at a finer resolution. Nothing here knows what a picture looks like.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
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
    """One recording or motion sequence; a running one ends at the site's now."""  # docs/protocol: recorder-sequences

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
    """The motion sequences; each lies inside its recording sequence."""  # docs/protocol: recorder-sequences
    begun = [(_motion_begin(begin, end), end) for begin, end in _known_spans(camera, now)]
    return [Sequence(begin=begin, triggered=begin, end=end) for begin, end in begun]


def _known_spans(camera: Camera, now: datetime) -> list[tuple[datetime, datetime]]:
    spans = ((begin, now if end is None else min(end, now)) for begin, end in camera.played(now) if begin <= now)
    return [(begin, end) for begin, end in spans if begin < end]


def _motion_begin(begin: datetime, end: datetime) -> datetime:
    return begin + min(PREBUFFER, (end - begin) / 2)


@frozen
class Grid:
    """Where the key frames of a camera are, in milliseconds from the begin of a span: GOPs of these lengths in turn."""

    lengths: tuple[int, ...]
    starts: tuple[int, ...]
    """The key frames of the first turn."""
    turn: int
    """The length of a turn."""

    @classmethod
    def of(cls, camera: Camera) -> Grid:
        """The grid of a camera, whose GOPs have one length or several."""
        given = camera.gop_seconds
        lengths = tuple(max(1, round(each * 1000)) for each in (given if isinstance(given, tuple) else (given,)))
        *starts, turn = accumulate(lengths, initial=0)
        return cls(lengths, tuple(starts), turn)

    def number(self, offset: int) -> int:
        """Which GOP holds that offset, counted from 0."""
        turns, rest = divmod(offset, self.turn)
        return turns * len(self.starts) + bisect_right(self.starts, rest) - 1

    def start(self, number: int) -> int:
        """The key frame of a GOP."""
        turns, index = divmod(number, len(self.starts))
        return turns * self.turn + self.starts[index]

    def length(self, number: int) -> int:
        """How long a GOP is."""
        return self.lengths[number % len(self.lengths)]


def gop_milliseconds(camera: Camera, keyframe_ms: int) -> int:
    """The length of the GOP that a camera films from that key frame on."""
    grid = Grid.of(camera)
    return grid.length(grid.number(keyframe_ms - _origin(camera, keyframe_ms)))


def picture_offsets(camera: Camera, keyframe_ms: int) -> tuple[int, ...]:
    """The times of the pictures of that GOP, complete, in milliseconds from its key frame."""
    return _offsets(camera.frames_per_second, gop_milliseconds(camera, keyframe_ms))


@lru_cache(maxsize=256)
def _offsets(frames_per_second: int, length: int) -> tuple[int, ...]:
    count = max(1, -(-length * frames_per_second // 1000))
    offsets = (index * 1000 // frames_per_second for index in range(count))
    return tuple(offset for offset in offsets if offset < length)


def live_gop(camera: Camera, time_ms: int) -> int:
    """The keyframe of the GOP that a live camera is filming: the running recording's grid, else one of whole GOPs."""
    origin, grid = _origin(camera, time_ms), Grid.of(camera)
    return origin + grid.start(grid.number(time_ms - origin))


def _origin(camera: Camera, time_ms: int) -> int:
    """Where the grid of live pictures begins."""
    for begin, end in reversed(camera.recordings):
        if milliseconds(begin) <= time_ms and (end is None or milliseconds(end) > time_ms):
            return milliseconds(begin)
    return 0


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
    """  # docs/protocol: imageserver-edges, playback-recent

    def __init__(self, camera: Camera, now: datetime, delay: timedelta = timedelta(seconds=1)) -> None:
        spans = camera.played(now)
        if spans and spans[0][0] < EPOCH:  # the wire has no earlier times
            spans = [(max(begin, EPOCH), end) for begin, end in spans if end is None or end > EPOCH]
        self._spans = spans
        self._horizon = milliseconds(now - delay)
        self._grid = Grid.of(camera)
        self._frames_per_second = camera.frames_per_second

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
        keyframe = begin + self._grid.start(min(self._grid.number(time_ms - begin), count - 1))
        if not every_picture:
            return keyframe
        return max(time for time in self._pictures(index, keyframe) if time <= time_ms)

    def after(self, time_ms: int, *, every_picture: bool = False) -> int | None:
        """The first unit strictly after the instant; gaps are jumped over; None after the newest."""
        index = self._span_index(time_ms)
        if index >= 0 and (count := self._gop_count(index)):
            begin = self._begin(index)
            number = self._grid.number(time_ms - begin)
            if every_picture and number < count:
                here = self._pictures(index, begin + self._grid.start(number))
                later = (time for time in here if time > time_ms)
                if (found := next(later, None)) is not None:
                    return found
            if number + 1 < count:
                return begin + self._grid.start(number + 1)
        return self._first_from(index + 1)

    def before(self, time_ms: int, *, every_picture: bool = False) -> int | None:
        """The last unit strictly before the instant; None before the oldest."""
        found = self.at_or_before(time_ms - 1, every_picture=every_picture)
        return found if found is not None and found < time_ms else None

    def next_sequence(self, time_ms: int) -> int | None:
        """Where the sequence after the instant's own starts."""  # docs/protocol: imageserver-recorded
        return self._first_from(self._span_index(time_ms) + 1)

    def previous_sequence(self, time_ms: int, *, every_picture: bool = False) -> int | None:
        """The last unit of the sequence before the instant's own."""  # docs/protocol: imageserver-recorded
        return self._last_until(self._span_index(time_ms) - 1, every_picture)

    def pictures(self, keyframe_ms: int) -> tuple[int, ...]:
        """The times of a GOP's pictures; the last GOP of a span may be a short one."""
        return self._pictures(self._span_index(keyframe_ms), keyframe_ms)

    def _pictures(self, index: int, keyframe_ms: int) -> tuple[int, ...]:
        end = self._end(index)
        length = self._grid.length(self._grid.number(keyframe_ms - self._begin(index)))
        times = (keyframe_ms + offset for offset in _offsets(self._frames_per_second, length))
        return tuple(time for time in times if end is None or time < end)

    def _first_from(self, index: int) -> int | None:
        for candidate in range(index, len(self._spans)):
            if self._gop_count(candidate):
                return self._begin(candidate)
        return None

    def _last_until(self, index: int, every_picture: bool) -> int | None:
        for candidate in range(index, -1, -1):
            if count := self._gop_count(candidate):
                keyframe = self._begin(candidate) + self._grid.start(count - 1)
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
            return max(0, self._grid.number(end - begin - 1) + 1)
        return max(0, self._grid.number(self._horizon - begin))
