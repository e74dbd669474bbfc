"""RecorderCommandService about recordings: sequences, stills, retention (protocol/recording.md 1.6 to 1.10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from milestone_sdk.simulator.recorder.cameras import RecorderCameras, has_right
from milestone_sdk.simulator.recorder.contract import TICKS_PER_MILLISECOND
from milestone_sdk.simulator.recorder.film import Film
from milestone_sdk.simulator.recorder.footage import (
    Footage,
    Sequence,
    live_gop,
    milliseconds,
    moment,
    motion_sequences,
    picture_offsets,
    recording_sequences,
    triggered_sequences,
)
from milestone_sdk.simulator.recorder.packets import CODEC_JPEG
from milestone_sdk.simulator.recorder.soap import ACCESS_DENIED, UNKNOWN_DEVICE, RecorderCall, recorder_fault, ticks
from milestone_sdk.simulator.recorder.switches import RecorderSwitches
from milestone_sdk.simulator.site import Camera, User
from milestone_sdk.simulator.wire.contract import Object

#: What SequencesGetTypes lists, in the order of a real 25.1 recorder (protocol/recording.md 1.6).
SEQUENCE_TYPES: Mapping[UUID, tuple[str, Callable[[Camera, datetime], list[Sequence]]]] = {
    UUID("0601d294-b7e5-4d93-9614-9658561ad5e4"): ("RecordingWithTriggerSequence", triggered_sequences),
    UUID("f9c62604-d0c5-4050-ae25-72de51639b14"): ("RecordingSequence", recording_sequences),
    UUID("53cb5e33-2183-44bd-9491-8364d2457480"): ("MotionSequence", motion_sequences),
}


class RecorderMedia:
    """The operations that read recordings; `operations` maps their names."""

    def __init__(
        self, cameras: RecorderCameras, film: Film, switches: RecorderSwitches, now: Callable[[], datetime]
    ) -> None:
        self._cameras = cameras
        self._film = film
        self._switches = switches
        self._now = now
        self.operations: dict[str, Callable[[RecorderCall, User], Any]] = {
            "SequencesGetTypes": self._sequences_get_types,
            "SequencesGet": self._sequences_get,
            "SequencesGetAround": self._sequences_get_around,
            "SequencesGetAroundWithSpan": self._sequences_get_around_with_span,
            "GetRetentionTimeLimit": self._get_retention_time_limit,
            "TimeLineInformationGet": self._time_line_information_get,
            "JPEGGetAt": self._jpeg_get_at,
            "JPEGGetAtOrBefore": self._jpeg_get_at_or_before,
            "JPEGGetAtOrAfter": self._jpeg_get_at_or_after,
            "JPEGGetLive": self._jpeg_get_live,
        }

    def _camera(self, call: RecorderCall, user: User, right: str) -> Camera:
        camera = self._cameras.find(call["deviceId"], user)
        if camera is None:
            raise recorder_fault(UNKNOWN_DEVICE, "Unknown device")
        if not has_right(user, camera, right):
            raise recorder_fault(ACCESS_DENIED, "Access denied")
        return camera

    def _sequences_get_types(self, call: RecorderCall, user: User) -> list[Object]:
        self._camera(call, user, "GetSequences")
        return [{"Id": identifier, "Name": name} for identifier, (name, _) in SEQUENCE_TYPES.items()]

    def _sequences(self, call: RecorderCall, user: User) -> list[Sequence]:
        """All sequences of the wanted type, ascending; a type that is unknown has none."""
        camera = self._camera(call, user, "GetSequences")
        known = SEQUENCE_TYPES.get(call["sequenceType"])
        return [] if known is None else known[1](camera, self._now())

    def _sequences_get(self, call: RecorderCall, user: User) -> list[Sequence]:
        begin, end = call["minTime"], call["maxTime"]
        inside = [one for one in self._sequences(call, user) if ticks(one.end) >= begin and ticks(one.begin) <= end]
        return inside[: max(0, call["maxCount"])]

    def _sequences_get_around(self, call: RecorderCall, user: User) -> list[Sequence]:
        return self._around(call, user, before=None, after=None)

    def _sequences_get_around_with_span(self, call: RecorderCall, user: User) -> list[Sequence]:
        before, after = call.duration_ticks("maxTimeBefore"), call.duration_ticks("maxTimeAfter")
        return self._around(call, user, before=before, after=after)

    def _around(self, call: RecorderCall, user: User, *, before: int | None, after: int | None) -> list[Sequence]:
        """At most so many sequences that begin before the centre, and so many at or after it (recording.md 1.8)."""
        center = call["centerTime"]
        count_before, count_after = max(0, call["maxCountBefore"]), max(0, call["maxCountAfter"])
        found = self._sequences(call, user)
        earlier = [one for one in found if ticks(one.begin) < center]
        later = [one for one in found if ticks(one.begin) >= center]
        if before is not None:
            earlier = [one for one in earlier if ticks(one.end) >= center - before]
        if after is not None:
            later = [one for one in later if ticks(one.begin) <= center + after]
        return earlier[max(0, len(earlier) - count_before) :] + later[:count_after]

    def _get_retention_time_limit(self, call: RecorderCall, user: User) -> datetime:
        self._camera(call, user, "Browse")
        return self._now() - self._switches.retention

    def _time_line_information_get(self, call: RecorderCall, user: User) -> list[Object]:
        """Always an empty list: how the data is encoded is not known (protocol/recording.md 1.10)."""
        self._camera(call, user, "GetSequences")
        return []

    def _jpeg_get_at(self, call: RecorderCall, user: User) -> Object:
        camera, time = self._camera(call, user, "Browse"), call["time"]
        sides = (self._at_or_before(camera, time), self._at_or_after(camera, time))
        found = [side for side in sides if side is not None]
        nearest = min(found, key=lambda side: abs(side * TICKS_PER_MILLISECOND - time), default=None)
        return self._still(camera, nearest)

    def _jpeg_get_at_or_before(self, call: RecorderCall, user: User) -> Object:
        camera = self._camera(call, user, "Browse")
        return self._still(camera, self._at_or_before(camera, call["time"]))

    def _jpeg_get_at_or_after(self, call: RecorderCall, user: User) -> Object:
        camera = self._camera(call, user, "Browse")
        return self._still(camera, self._at_or_after(camera, call["time"]))

    def _at_or_before(self, camera: Camera, time: int) -> int | None:
        following = time // TICKS_PER_MILLISECOND + 1
        return self._footage(camera).before(following, every_picture=self._is_jpeg(camera, following))

    def _at_or_after(self, camera: Camera, time: int) -> int | None:
        preceding = -(-time // TICKS_PER_MILLISECOND) - 1
        return self._footage(camera).after(preceding, every_picture=self._is_jpeg(camera, preceding))

    def _footage(self, camera: Camera) -> Footage:
        return Footage(camera, self._now(), self._switches.readability_delay)

    def _is_jpeg(self, camera: Camera, time_ms: int) -> bool:
        """Stills of video come from keyframes, the coarser of two possibilities (protocol/recording.md 1.9)."""
        return self._film.codec(camera, time_ms) == CODEC_JPEG

    def _still(self, camera: Camera, time_ms: int | None) -> Object:
        picture = None if time_ms is None else self._film.still(camera, time_ms)
        return _jpeg_data(time_ms, picture)

    def _jpeg_get_live(self, call: RecorderCall, user: User) -> Object:
        camera = self._camera(call, user, "Live")
        limits = (call["maxWidth"], camera.width), (call["maxHeight"], camera.height)
        if not camera.enabled:
            return _jpeg_data(None, None)
        now = milliseconds(self._now())
        time = live_gop(camera, now)
        if self._is_jpeg(camera, time):
            time = max(time + offset for offset in picture_offsets(camera) if time + offset <= now)
        scale = min([1.0, *(limit / side for limit, side in limits if limit > 0)])
        size = max(1, round(camera.width * scale)), max(1, round(camera.height * scale))
        return _jpeg_data(time, self._film.still(camera, time, size))


def _jpeg_data(time_ms: int | None, picture: bytes | None) -> Object:
    """JPEGData; where there is no picture it has .NET's minimum time and no Data (protocol/recording.md 1.9)."""
    return {"Time": None if time_ms is None else moment(time_ms), "Data": picture}
