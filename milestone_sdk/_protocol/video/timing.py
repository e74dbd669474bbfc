"""When each picture of a stream is decoded and shown: the recorder's times, put in order for B pictures."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from attrs import frozen

from ...models.video import Codec, Frame
from .pictureorder import PictureOrder

__all__ = ["FrameTiming", "Timed"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_NO_END: Final = datetime.max.replace(tzinfo=UTC)
_GAP: Final = 1000
"""Milliseconds without a picture from which on the next group is across a gap."""  # docs/protocol: imageserver-live
_MOST_HELD: Final = 300
"""Pictures that are held to measure a group; the rest of a longer one is timed by what is known then."""
_MOST_BYTES: Final = 8 * 2**20
_MOST_REORDERED: Final = 16
"""Pictures by which decoding can be ahead of display, in both codecs."""
_USUAL: Final = 40
"""Milliseconds that a picture is shown while nothing else is known."""
_SLOWER: Final = 3
"""How many times the last step between pictures a longer one may be that is not a gap."""


@frozen
class Timed:
    """A frame with its times in milliseconds since 1970: `decode` always grows, `display` is never before it."""

    frame: Frame
    display: int
    decode: int
    duration: int


@frozen
class _Held:
    frame: Frame
    stamp: int
    count: int | None


class FrameTiming:
    """Gives each frame of one stream its times; push the frames as they were played.

    Without B pictures both times are the recorder's. With B pictures the recorder's stamps are bunched, so the pictures
    from a key frame to the next are spread evenly over the time between them, in the order of display.

    Frames that are displayed after `until` are given out only if B pictures before it refer to them.
    """

    def __init__(self, codec: Codec, *, until: datetime = _NO_END) -> None:
        self._order = PictureOrder.of(codec)
        self._until = _milliseconds(until)
        self._after: list[Timed] = []
        self._held: list[_Held] = []
        self._bytes = 0
        self._reordered = False
        self._sequence: int | None = None
        self._start, self._first_count = 0, 0
        """Time and order count of the last key frame."""
        self._emitted = 0
        """How many pictures since it were given out."""
        self._slot: float | None = None
        """Milliseconds of a picture in this group, once some of it was given out."""
        self._usual: float | None = None
        """Those of the last whole group."""
        self._step = 2
        self._depth = 0
        """By how many pictures decoding is ahead of display."""
        self._last: int | None = None
        self._step_before = _USUAL

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of the pictures in pixels, from the parameter sets; `None` if none was read."""
        return self._order.size

    def push(self, frame: Frame) -> list[Timed]:
        """Take the next frame; return those whose times are known now, in decoding order."""
        stamp, order = _milliseconds(frame.time), self._order.read(frame.data)
        sequence, count = (None, None) if order is None else order
        ready: list[Timed] = []
        is_second = count is None and self._last is None and len(self._held) == 1
        if (frame.is_key and not is_second) or sequence != self._sequence:
            ready = self._end(stamp, count if sequence == self._sequence else None)
            self._start, self._first_count, self._emitted, self._slot = stamp, count or 0, 0, None
        self._sequence = sequence
        before = self._held[-1].count if self._held else None
        self._reordered |= count is not None and before is not None and count < before
        self._held.append(_Held(frame, stamp, count))
        self._bytes += len(frame.data)
        if not self._reordered:
            known = 2 if self._last is None else 1  # the first step between pictures is compared with the second
            ready += self._give(len(self._held) - (known if count is None else _MOST_REORDERED))
        elif len(self._held) > _MOST_HELD or self._bytes > _MOST_BYTES:
            ready += self._end()
        return self._needed(ready)

    def flush(self) -> list[Timed]:
        """Return the frames that are still held, at the end of the stream."""
        return self._needed(self._end())

    def _needed(self, timed: list[Timed]) -> list[Timed]:
        """Hold pictures that are displayed after the end, until one before it comes, which may refer to them."""
        needed: list[Timed] = []
        for each in timed:
            self._after.append(each)
            stamp = _milliseconds(each.frame.time)
            # Times of display that were computed are right to less than half a picture
            reordered = each.display < stamp and each.display - each.duration // 2 <= self._until
            if stamp <= self._until or reordered:
                needed += self._after
                self._after = []
        return needed

    def _end(self, following: int | None = None, count: int | None = None) -> list[Timed]:
        """Give out all that is held, with time and order count of the key frame behind it, where there is one."""
        if self._held and self._reordered and self._slot is None:
            self._slot = self._measured(following, count)
        return self._give(len(self._held), following)

    def _measured(self, following: int | None, count: int | None) -> float:
        """Return the milliseconds of a picture; a following key frame across a gap says nothing about them.

        Pictures that are displayed before that key frame but sent after it are counted by its order count.
        """
        last, stamp = max(zip(self._places(), (each.stamp for each in self._held), strict=True))
        if following is not None and following - self._held[-1].stamp <= _GAP and following > self._start:
            slots = last + 1 if count is None else (count - self._first_count) // self._step
            self._usual = (following - self._start) / max(slots, 1)
        return self._usual or max((stamp - self._start) / max(last, 1), 1.0)

    def _places(self) -> list[int]:
        """Return the places of the held pictures in the order of display, counted from their key frame.

        Neighbouring order counts are one or two apart: H.264 counts fields, H.265 pictures.
        """
        counts = sorted({each.count for each in self._held if each.count is not None})
        self._step = min((self._step, *(after - before for before, after in pairwise(counts))))
        return [
            self._emitted + index if each.count is None else (each.count - self._first_count) // self._step
            for index, each in enumerate(self._held)
        ]

    def _give(self, number: int, following: int | None = None) -> list[Timed]:
        """Give out that many of the held pictures."""
        if number <= 0:
            return []
        places = self._places() if self._slot else []
        held, self._held = self._held[:number], self._held[number:]
        if self._slot is None:
            after = self._held[0].stamp if self._held else following
            stamps = [*(each.stamp for each in held), held[-1].stamp + _USUAL if after is None else after]
            known = [*stamps, *(each.stamp for each in self._held[1:])]
            if self._last is None and len(known) > 2:
                self._step_before = known[2] - known[1]
            times = [(stamp, stamp, self._duration(ends - stamp)) for stamp, ends in pairwise(stamps)]
        else:
            slot = self._slot
            self._depth = max(self._depth, *(self._emitted + index - place for index, place in enumerate(places)))
            decoded = range(self._emitted - self._depth, self._emitted - self._depth + len(held))
            times = [
                (self._start + round(place * slot), self._start + round(before * slot), round(slot))
                for place, before in zip(places, decoded, strict=True)
            ]
        self._emitted += len(held)
        self._bytes = sum(len(each.frame.data) for each in self._held)
        return [self._timed(each.frame, *time) for each, time in zip(held, times, strict=True)]

    def _duration(self, step: int) -> int:
        """Return how long a picture is shown, `step` ms before the next; in front of a gap, as long as the one before.

        A camera that sends a picture every few seconds has no gaps between them.
        """
        gap, usual = step > max(_GAP, _SLOWER * self._step_before), self._step_before
        self._step_before = step
        return usual if gap else step

    def _timed(self, frame: Frame, display: int, decode: int, duration: int) -> Timed:
        """Keep the order that containers demand: two pictures of one millisecond are one apart."""
        self._last = decode = decode if self._last is None else max(decode, self._last + 1)
        return Timed(frame, max(display, decode), decode, max(duration, 1))


def _milliseconds(time: datetime) -> int:
    return (time - _EPOCH) // _MILLISECOND
