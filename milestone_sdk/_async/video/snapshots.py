"""Single pictures: at a time, before or after it, or live."""
# docs/protocol: recorder-jpeg, playback-recent, playback-still

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from ..._protocol.video import recordercommand
from ..._protocol.video.plan import APPEARS, is_being_written
from ...errors import NoRecording, NotYetRecorded
from ...models import Camera, RecordingSequence, Snapshot
from ...models.video import Frame, TimeSpan
from ..session.facts import AsyncFact
from ..session.recorder import at_recorder
from ..session.session import AsyncSession
from .source import AsyncVideoSource

__all__ = ["AsyncSnapshots", "Pick"]

Pick = Literal["at", "at or before", "at or after"]
Around = Callable[[UUID, datetime], Awaitable[list[RecordingSequence]]]
OpenSource = Callable[[AsyncFact[Camera]], AsyncVideoSource]

_LARGEST: Final = 8192
"""JPEGGetLive scales down to this, never up."""  # docs/protocol: recorder-jpeg
_CLOSE: Final = timedelta(seconds=2)
"""How far away a picture may be for the key frames of the SOAP call to do."""  # docs/protocol: playback-still
_POLL: Final = 0.5


class AsyncSnapshots:
    """Takes single pictures of the cameras of a site.

    `source` makes a connection that decodes on the recorder, `around` returns the recorded sequences around a time.
    """

    def __init__(self, session: AsyncSession, source: OpenSource, around: Around) -> None:
        self._session = session
        self._source = source
        self._around = around

    async def recorded(
        self,
        place: AsyncFact[Camera],
        at: datetime,
        pick: Pick,
        tolerance: timedelta | None,
        patience: timedelta,
    ) -> Snapshot:
        """Return the picture, waiting up to `patience` for one that the recorder cannot read yet."""
        picture = await self._by_soap(place, at, pick, tolerance)
        if picture is not None:
            return picture
        clock = self._session.clock
        end = clock.monotonic() + patience.total_seconds()
        camera = await place.get()
        async with self._source(place) as source:
            while True:
                before, after = await _neighbours(source, at)
                candidates = {"at": (before, after), "at or before": (before,), "at or after": (after,)}[pick]
                for frame in candidates:
                    if frame is not None and (tolerance is None or abs(frame.time - at) <= tolerance):
                        return Snapshot(time=frame.time, data=bytes(frame.data), requested=at)
                if after is not None or not await self._may_still_come(camera, at):
                    raise self._nothing(await place.get(), at, pick, tolerance, before, after)
                left = end - clock.monotonic()
                if left <= 0:
                    raise NotYetRecorded(
                        f"camera {camera.name!r}: the recorder cannot read the picture of {at.isoformat()} yet",
                        server=camera.recorder.uri,
                        operation="snapshot",
                        hint="footage can be read about a second after its group of pictures is complete: try again",
                    )
                await clock.sleep(min(_POLL, left))

    async def _by_soap(
        self, place: AsyncFact[Camera], at: datetime, pick: Pick, tolerance: timedelta | None
    ) -> Snapshot | None:
        """Return the picture of the SOAP call, unless it may be a distant key frame."""
        find = recordercommand.jpeg_get_at_or_before
        if pick == "at or after":
            find = recordercommand.jpeg_get_at_or_after
        picture = await at_recorder(self._session, place, find, at)
        near = _CLOSE if tolerance is None else min(_CLOSE, tolerance)
        return picture if picture is not None and abs(picture.time - at) <= near else None

    async def _may_still_come(self, camera: Camera, at: datetime) -> bool:
        now = self._session.clock.utcnow()
        return at > now - APPEARS or is_being_written(await self._around(camera.id, at), TimeSpan(at, at), now)

    def _nothing(
        self,
        camera: Camera,
        at: datetime,
        pick: Pick,
        tolerance: timedelta | None,
        before: Frame | None,
        after: Frame | None,
    ) -> NoRecording:
        what = f"no picture {'' if pick == 'at' else pick + ' '}{at.isoformat()}"
        within = "" if tolerance is None else f" within {tolerance}"
        nearest = [frame.time.isoformat() for frame in (before, after) if frame is not None]
        return NoRecording(
            f"camera {camera.name!r} recorded {what}{within}",
            server=camera.recorder.uri,
            operation="snapshot",
            hint=" and ".join(f"there is one at {time}" for time in nearest) or "it recorded nothing at all",
        )

    async def live(self, place: AsyncFact[Camera], max_age: timedelta | None) -> Snapshot | None:
        """Return the last live picture, `None` if there is none."""
        picture = await at_recorder(
            self._session, place, recordercommand.jpeg_get_live, max_width=_LARGEST, max_height=_LARGEST
        )
        if picture is None or max_age is None or self._session.clock.utcnow() - picture.time <= max_age:
            return picture
        camera = await place.get()
        raise NoRecording(
            f"the last live picture of camera {camera.name!r} is from {picture.time.isoformat()}, older than {max_age}",
            server=camera.recorder.uri,
            operation="snapshot",
            hint="the camera may not be connected, send key frames rarely, or the clocks differ",
        )


async def _neighbours(source: AsyncVideoSource, at: datetime) -> tuple[Frame | None, Frame | None]:
    """Return the last picture up to `at` and the first one from `at` on; one picture is both if it is exactly there."""
    here = next(iter(await source.goto(at)), None)
    if here is None or here.time > at:
        return None, here
    return here, here if here.time == at else next(iter(await source.next()), None)
