"""What a program gets of a live stream: frames in order, the status, and what was dropped.

Frames that are too late are dropped up to a key frame. How late a frame is follows from the time between the arrival
of frames and their times, so that the clocks of both sides may differ.
"""  # docs/protocol: imageserver-live

import math
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from ...errors import MilestoneError, RemoteProtocolError
from ...models.live import FramesDropped, LiveEvent, LiveLost, LiveRestored, LiveStatus
from ...models.video import Codec, Frame
from .messages import LivePackage
from .packets import from_milliseconds

__all__ = ["LiveQueue"]

_MOST_HELD: Final = 8 << 20
"""Bytes of a group of pictures that are held while it is not known whether a newer group waits behind it."""
_MOST_VALUES: Final = 256
"""Numbers of status values that are kept; eleven are known."""
_CLOCK_SET: Final = timedelta(minutes=2)
"""After a reconnect, a frame so long before the last one is not a repeated one, unless it is in the same group: the
recorder's clock was set back."""
_DRIFT: Final = 0.0002
"""Seconds a second by which both clocks may run apart, which would add up to any lateness in days."""
_ON_TIME: Final = 0.5
"""The part of `max_age` by which a frame may be late to be returned again after others were dropped."""


class LiveQueue:
    """The items of one live stream, over all of its connections; no socket, no clock.

    `max_age` is how many seconds a frame may be late. With `native`, a JPEG in front of other video is dropped. With
    `initial_image`, the first picture may be newer than the next ones, which then are left out.
    """

    def __init__(self, *, max_age: float, native: bool, initial_image: bool = False) -> None:
        self.ready: deque[LiveEvent] = deque()
        """What the program has not taken yet: what one message made, a held group at most."""
        self._max_age = max_age
        self._native = native
        self._initial_image = initial_image
        self._values: dict[int, int] = {}
        self._last: datetime | None = None  # the last frame that was returned, and the last key frame
        self._key: datetime | None = None
        self._decodable = False  # whether the next frame can be decoded with those that were returned
        self._continuable = False  # whether that was so when the connection was lost
        self._resuming = False
        self._known = False  # whether the group that arrives is the one of the last frame that was returned
        self._fresh = True  # no picture yet on this connection
        self._first: Frame | None = None  # a first JPEG, until the codec of the next picture is known
        self._status_sent = False
        self._best = math.inf  # the shortest time from a frame's time to its arrival, and when it was updated
        self._updated = 0.0
        self._late_since: float | None = None
        self._held: list[Frame] = []  # while late: the newest group
        self._held_bytes = 0
        self._dropped = 0
        self._dropped_first: datetime | None = None
        self._dropped_last: datetime | None = None

    def begin(self) -> None:
        """Start with a new connection: what was returned before is not returned again."""
        self._continuable = self._decodable and self._late_since is None
        self._drop(self._held)
        self._held, self._held_bytes, self._late_since = [], 0, None
        self._decodable = False
        self._resuming = self._last is not None or self._initial_image
        self._known = False
        self._fresh, self._first = True, None
        self._status_sent = False
        self._values = {}
        self._best = math.inf

    def lost(self, at: datetime, error: MilestoneError) -> None:
        """Report that the connection was lost."""
        self.ready.append(LiveLost(since=at, error=error))

    def restored(self, at: datetime, lost_for: float) -> None:
        """Report that the recorder sends again, after so many seconds."""
        self.ready.append(LiveRestored(at=at, lost_for=timedelta(seconds=lost_for)))

    def status(self, package: LivePackage) -> None:
        """Take a status message; it is returned if it is the first one or changes a value."""
        known = self._values
        changed = {
            number: value
            for number, value in package.items.items()
            if known.get(number) != value and (number in known or len(known) < _MOST_VALUES)
        }
        if not changed and self._status_sent:
            return
        known.update(list(changed.items())[:_MOST_VALUES])
        self._status_sent = True
        try:
            time = None if package.time is None else from_milliseconds(package.time)
        except RemoteProtocolError:
            time = None
        self.ready.append(LiveStatus(time=time, values=dict(known), changed=frozenset(changed) & frozenset(known)))

    def take(self, frames: Iterable[Frame], now: float) -> None:
        """Take frames that arrived at `now`, in seconds of a clock that never jumps."""
        for frame in frames:
            if self._fresh and self._native and frame.codec is Codec.JPEG:
                self._first, self._fresh = frame, False
                continue
            first, self._first, self._fresh = self._first, None, False
            if first is not None and frame.codec is Codec.JPEG and first.time < frame.time:
                self._take(first, now)
            self._take(frame, now)

    def _take(self, frame: Frame, now: float) -> None:
        if self._is_repeated(frame):
            return
        self._decodable = self._decodable or frame.is_key
        if not self._decodable:
            self._drop([frame])
            return
        offset = now - frame.time.timestamp()
        self._best = min(self._best + _DRIFT * (now - self._updated), offset)
        self._updated = now
        late = offset - self._best
        if self._late_since is None:
            if late <= self._max_age:
                self._give(frame)
                return
            self._late_since = now
        self._hold(frame)
        gave_up = now - self._late_since > self._max_age  # the recorder's clock was set, or the link is slow
        if self._held and (late <= self._max_age * _ON_TIME or gave_up):
            self._best = offset if gave_up else self._best
            held, self._held, self._held_bytes, self._late_since = self._held, [], 0, None
            for each in held:
                self._give(each)

    def _is_repeated(self, frame: Frame) -> bool:
        """Whether a frame was returned before the connection was lost, or is older than such a frame."""
        if not self._resuming or self._last is None:
            return False
        if frame.is_key:
            self._known = frame.time == self._key
        clock_set = self._last - frame.time >= _CLOCK_SET and not self._known  # a known group may be minutes long
        self._resuming = frame.time <= self._last and not clock_set
        if self._resuming and frame.is_key:  # the frames after it need no other key frame if it is the known one
            self._decodable = self._continuable and self._known
        return self._resuming

    def _hold(self, frame: Frame) -> None:
        """Hold the newest group, from its key frame on, as far as it is not too large."""
        if frame.is_key:
            self._drop(self._held)
            self._held, self._held_bytes = [], 0
        elif not self._held:
            self._drop([frame])
            return
        self._held.append(frame)
        self._held_bytes += len(frame.data)
        if self._held_bytes > _MOST_HELD:
            self._drop(self._held)
            self._held, self._held_bytes = [], 0

    def _give(self, frame: Frame) -> None:
        if self._dropped and self._dropped_first is not None and self._dropped_last is not None:
            count, self._dropped = self._dropped, 0
            self.ready.append(FramesDropped(count=count, first=self._dropped_first, last=self._dropped_last))
        self._last = frame.time
        if frame.is_key:
            self._key = frame.time
        self.ready.append(frame)

    def _drop(self, frames: list[Frame]) -> None:
        if not frames:
            return
        if not self._dropped:
            self._dropped_first = frames[0].time
        self._dropped += len(frames)
        self._dropped_last = frames[-1].time
