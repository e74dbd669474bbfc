"""Playback at a speed, and the gaps in what was recorded."""
# docs/protocol: imageserver-edges, playback-start, playback-gaps

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from ..._net.asyncio import AsyncClock
from ...errors import MilestoneError
from ...models.video import Frame, Gap, RecordingSequence, TimeSpan

__all__ = ["AsyncPacer", "FindSequences"]

FindSequences = Callable[[TimeSpan], Awaitable[list[RecordingSequence]]]

_USUAL: Final = timedelta(seconds=1)
"""Pictures further apart than this may have a gap between them."""  # docs/protocol: imageserver-edges
_LATE: Final = 1.0
"""Seconds; a consumer that is later than this does not get the pictures in a burst, playback continues later."""


class AsyncPacer:
    """Waits until a frame is due at `speed`, and finds the gap in front of it.

    The server has no speed: it answers as fast as it is asked. Gaps take no time. Whether there is a gap between two
    pictures that are far apart, `sequences` says: a camera may send a picture every minute. `begin` is where the
    playback begins; a gap there is found too with `report`.

    Backwards, a group of pictures is due when the one after it has been shown.
    """

    def __init__(
        self,
        clock: AsyncClock,
        begin: datetime,
        sequences: FindSequences,
        *,
        speed: float | None = None,
        reverse: bool = False,
        report: bool = False,
    ) -> None:
        self._clock = clock
        self._begin = begin
        self._sequences = sequences
        self._speed = speed
        self._reverse = reverse
        self._recorded: TimeSpan | None = None  # a sequence: there is no gap within it
        self._last = begin if report else None
        self._origin: tuple[float, datetime] | None = None

    async def before(self, frame: Frame, latest: datetime) -> Gap | None:
        """Wait until `frame` is due; return the gap in front of it. A cancelled call can be repeated.

        `latest` is the time of the last picture of its group, which is shown first backwards.
        """
        if self._reverse and not frame.is_key:
            return None
        last = self._last
        gap = None if last is None else await self._gap(*((latest, last) if self._reverse else (last, frame.time)))
        if self._speed is not None and (self._reverse or frame.time >= self._begin):
            shown = (last or latest) if self._reverse else frame.time
            if gap is not None and not self._reverse:
                self._origin = None
            await self._wait(shown, self._speed)
            if gap is not None and self._reverse:
                self._origin = self._clock.monotonic(), gap.start
        self._last = frame.time
        return gap

    async def _wait(self, shown: datetime, speed: float) -> None:
        now = self._clock.monotonic()
        if self._origin is None:
            self._origin = now, shown
        begun, origin = self._origin
        passed = (origin - shown if self._reverse else shown - origin).total_seconds()
        due = begun + passed / speed
        if due > now:
            await self._clock.sleep(due - now)
        elif now - due > _LATE:
            self._origin = now, shown

    async def _gap(self, start: datetime, end: datetime) -> Gap | None:
        known = self._recorded
        if end - start <= _USUAL or (known is not None and start in known and end in known):
            return None
        try:
            sequences = await self._sequences(TimeSpan(start, end))
        except MilestoneError:
            return Gap(start, end)  # the times of the pictures are all that is known
        first = max((each.end for each in sequences if each.start <= start), default=start)
        last = min((each.start for each in sequences if each.end >= end), default=end)
        if max(first, start) < min(last, end):
            return Gap(max(first, start), min(last, end))
        self._recorded = next((each.span for each in sequences if start in each.span and end in each.span), None)
        return None
