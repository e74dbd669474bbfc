"""Live video over one ImageServer session: the prebuffered GOP, then real time, with status between the pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from milestone_sdk.simulator.recorder.cameras import RecorderCameras
from milestone_sdk.simulator.recorder.film import NativePicture
from milestone_sdk.simulator.recorder.footage import (
    gop_milliseconds,
    is_recording,
    live_gop,
    milliseconds,
    picture_offsets,
)
from milestone_sdk.simulator.recorder.livehints import LiveHints
from milestone_sdk.simulator.recorder.messages import ImageHeader, MethodCall, live_package
from milestone_sdk.simulator.recorder.outlet import Outlet
from milestone_sdk.simulator.recorder.packets import CODEC_JPEG
from milestone_sdk.simulator.recorder.playback import Packaging, SessionOptions, jpeg_quality
from milestone_sdk.simulator.site import Camera

#: The periodic snapshot that comes first unless ``sendinitialimage`` says no is up to this old.
_SNAPSHOT_PERIOD_MS = 10_000
_LONGEST_NAP = 0.25
_MOTION = 2


class LiveFeed:
    """One `live` call; `run` sends until it is cancelled or `allowed` says no."""

    def __init__(
        self,
        call: MethodCall,
        camera: Camera,
        options: SessionOptions,
        cameras: RecorderCameras,
        outlet: Outlet,
    ) -> None:
        self._request_id = call.request_id
        self._initial_image = call.says_yes("sendinitialimage", default=True)
        self._quality = jpeg_quality(call)
        self._hints = LiveHints.read(call)
        self._camera = camera = self._hints.stream_of(camera)
        self._options = options
        self._cameras = cameras
        self._film = cameras.film
        self._switches = cameras.switches
        self._outlet = outlet
        self._packaging = Packaging(camera, cameras)
        self._status: dict[int, int] = {}
        self._status_sent = 0.0
        self._filmed: tuple[int, list[NativePicture]] = -1, []

    async def run(self, allowed: Callable[[], bool]) -> None:
        """Send pictures and status; a reader that is too slow loses GOPs, not single pictures."""
        if (self._initial_image or self._switches.initial_image) and self._sends_pictures():
            now = self._clock()
            await self._outlet.send("live", self._still(now // _SNAPSHOT_PERIOD_MS * _SNAPSHOT_PERIOD_MS), more=True)
        sent_until: int | None = None
        while allowed():
            if self._sends_pictures():
                sent_until = await self._send_due(sent_until)
            if not self._switches.silent:
                await self._send_status(self._clock())
            await asyncio.sleep(min(self._until_next(sent_until), self._until_status()))

    def _sends_pictures(self) -> bool:
        still = self._hints.motion_only and not self._switches.status.get(_MOTION)
        return not (still or self._is_lost() or self._switches.silent)

    def _is_lost(self) -> bool:
        return not self._camera.enabled or self._switches.camera_lost or not self._cameras.reaches(self._camera)

    def _clock(self) -> int:
        return milliseconds(self._cameras.now())

    async def _send_due(self, sent_until: int | None) -> int | None:
        """Send the pictures of the present GOP that are due and were not sent; returns the last one's time."""
        now = self._clock()
        keyframe = live_gop(self._camera, now)
        if sent_until is not None and sent_until > now:  # the site's clock was set back
            sent_until = None
        if self._filmed[0] != keyframe:
            self._filmed = keyframe, self._gop(keyframe)
        due = [picture for picture in self._filmed[1] if picture.time <= now]
        due = [picture for picture in due if sent_until is None or picture.time > sent_until]
        if self._options.standard_jpeg or self._cameras.is_jpeg(self._camera, keyframe):
            due = [picture for picture in due if self._hints.wants(self._camera, picture.time, keyframe)]
        for index, picture in enumerate(due):
            message = self._message(picture, keyframe)
            if message:
                await self._outlet.send("live", message, more=index + 1 < len(due))
            sent_until = picture.time
        return sent_until

    def _gop(self, keyframe: int) -> list[NativePicture]:
        """The pictures of a GOP; stills are drawn only when they are sent."""
        times = [keyframe + offset for offset in picture_offsets(self._camera, keyframe)]
        is_jpeg = self._cameras.is_jpeg(self._camera, keyframe)
        if is_jpeg or self._options.standard_jpeg:
            return [NativePicture(time=time, is_key=is_jpeg or time == keyframe, data=b"") for time in times]
        return self._film.native(self._camera, keyframe, times)

    def _message(self, picture: NativePicture, keyframe: int) -> bytes:
        if self._options.standard_jpeg or self._packaging.burns_mask(self._options):
            wanted = picture.is_key or self._options.all_pictures
            return self._still(picture.time) if wanted else b""
        codec = self._film.codec(self._camera, keyframe)
        if codec == CODEC_JPEG:
            picture = self._film.native(self._camera, picture.time, (picture.time,))[0]
            keyframe = picture.time
        header = self._header(picture.time, self._switches.privacy_mask)
        return self._packaging.single(header, picture, codec=codec, sync_ms=keyframe)

    def _still(self, time_ms: int) -> bytes:
        width, height = self._options.size
        size = min(width, self._camera.width), min(height, self._camera.height)
        return self._packaging.still(self._header(time_ms, "none"), time_ms, size, self._quality)

    def _header(self, time_ms: int, privacy_mask: str) -> ImageHeader:
        return ImageHeader(
            request_id=self._request_id,
            previous=self._switches.live_neighbour,
            current=time_ms,
            following=self._switches.live_neighbour,
            privacy_mask=privacy_mask,
        )

    async def _send_status(self, now: int) -> None:
        """A livepackage when something changed, and at the latest every `status_interval` seconds."""
        camera = self._camera
        status = {1: int(camera.enabled), 3: int(camera.enabled and is_recording(camera, now))}
        if self._is_lost() or 5 in self._status:
            status[5] = int(self._is_lost())
        status |= self._switches.status
        loop_time = asyncio.get_running_loop().time()
        if status != self._status or loop_time - self._status_sent >= self._switches.status_interval:
            changed = {item: value for item, value in status.items() if self._status.get(item) != value}
            self._status, self._status_sent = status, loop_time
            shown = changed if changed and self._switches.partial_status else status
            await self._outlet.send("livepackage", live_package(now, shown))

    def _until_status(self) -> float:
        if self._switches.silent:
            return _LONGEST_NAP
        due = self._status_sent + self._switches.status_interval
        return max(0.001, due - asyncio.get_running_loop().time())

    def _until_next(self, sent_until: int | None) -> float:
        """Seconds until the next picture is due; short, so that a clock that was set forward is noticed."""
        if sent_until is None and not self._camera.enabled:
            return _LONGEST_NAP
        now = self._clock()
        keyframe = live_gop(self._camera, now)
        times = (keyframe + offset for offset in picture_offsets(self._camera, keyframe))
        upcoming = next((time for time in times if time > now), keyframe + gop_milliseconds(self._camera, keyframe))
        return max(0.001, min((upcoming - now) / 1000, _LONGEST_NAP))
