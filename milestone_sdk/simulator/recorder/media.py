"""RecorderCommandService about recordings: sequences, stills, retention."""
# docs/protocol: recorder-sequence-types, recorder-times, recorder-sequences, recorder-jpeg, recorder-timeline

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from milestone_sdk.simulator.recorder.cameras import RecorderCameras, has_right
from milestone_sdk.simulator.recorder.contract import TICKS_PER_MILLISECOND
from milestone_sdk.simulator.recorder.film import MEDIA
from milestone_sdk.simulator.recorder.footage import (
    Sequence,
    datetime_of,
    live_gop,
    milliseconds,
    motion_sequences,
    picture_offsets,
    recording_sequences,
    triggered_sequences,
)
from milestone_sdk.simulator.recorder.soap import (
    ACCESS_DENIED,
    NOT_POSSIBLE,
    UNKNOWN_DEVICE,
    RecorderCall,
    recorder_fault,
    ticks,
)
from milestone_sdk.simulator.site import Camera, User
from milestone_sdk.simulator.wire.contract import Object

#: What SequencesGetTypes lists, in the order of a real 25.1 recorder (docs/protocol: recorder-sequence-types).
SEQUENCE_TYPES: Mapping[UUID, tuple[str, Callable[[Camera, datetime], list[Sequence]]]] = {
    UUID("0601d294-b7e5-4d93-9614-9658561ad5e4"): ("RecordingWithTriggerSequence", triggered_sequences),
    UUID("f9c62604-d0c5-4050-ae25-72de51639b14"): ("RecordingSequence", recording_sequences),
    UUID("53cb5e33-2183-44bd-9491-8364d2457480"): ("MotionSequence", motion_sequences),
}


class RecorderMedia:
    """The operations that read recordings; `operations` maps their names."""

    def __init__(self, cameras: RecorderCameras) -> None:
        self._cameras = cameras
        self.operations: dict[str, Callable[[RecorderCall, User], Any]] = {
            "SequencesGetTypes": self._get_types,
            "SequencesGet": self._get_sequences,
            "SequencesGetAround": self._get_around,
            "SequencesGetAroundWithSpan": self._get_around,
            "GetRetentionTimeLimit": self._get_retention_limit,
            "TimeLineInformationGet": self._get_time_line,
            "JPEGGetAt": lambda call, user: self._get_still(call, user, self._at_or_before, self._at_or_after),
            "JPEGGetAtOrBefore": lambda call, user: self._get_still(call, user, self._at_or_before),
            "JPEGGetAtOrAfter": lambda call, user: self._get_still(call, user, self._at_or_after),
            "JPEGGetLive": self._get_live,
        }

    def _camera(self, call: RecorderCall, user: User, right: str) -> Camera:
        camera = self._cameras.find(call["deviceId"], user)
        if camera is None:
            raise recorder_fault(UNKNOWN_DEVICE, "Unknown device")
        if not has_right(user, camera, right):
            raise recorder_fault(ACCESS_DENIED, "Access denied")
        if right != "Live" and not self._cameras.can_play(camera) and self._cameras.switches.lost_playback != "empty":
            raise recorder_fault(NOT_POSSIBLE, "The device is not connected")
        return camera

    def _with_pictures(self, call: RecorderCall, user: User, right: str) -> Camera:
        camera = self._camera(call, user, right)
        if camera.codec in MEDIA:
            raise recorder_fault(NOT_POSSIBLE, "The device has no pictures")
        return camera

    def _get_types(self, call: RecorderCall, user: User) -> list[Object]:
        self._camera(call, user, "GetSequences")
        return [{"Id": identifier, "Name": name} for identifier, (name, _) in SEQUENCE_TYPES.items()]

    def _sequences(self, call: RecorderCall, user: User) -> list[Sequence]:
        """All sequences of the wanted type, ascending; none for an unknown type."""
        camera = self._camera(call, user, "GetSequences")
        known = SEQUENCE_TYPES.get(call["sequenceType"])
        return [] if known is None or not self._cameras.can_play(camera) else known[1](camera, self._cameras.now())

    def _answered(self, call: RecorderCall, before: list[Sequence], after: list[Sequence]) -> list[Sequence]:
        """The sequences in the order of this recorder, and no more than it gives."""
        switches, camera = self._cameras.switches, self._cameras.site.find_camera(call["deviceId"])
        if switches.unordered_sequences and camera is not None and camera.edge_playback:
            before = before[::-1]
        return [*before, *after][: switches.most_sequences]

    def _get_sequences(self, call: RecorderCall, user: User) -> list[Sequence]:
        begin, end = call["minTime"], call["maxTime"]
        inside = [one for one in self._sequences(call, user) if ticks(one.end) >= begin and ticks(one.begin) <= end]
        return self._answered(call, inside[: max(0, call["maxCount"])], [])

    def _get_around(self, call: RecorderCall, user: User) -> list[Sequence]:
        """At most so many sequences that begin before the centre, and so many at or after it."""
        # docs/protocol: recorder-sequences
        spans = ("maxTimeBefore", "maxTimeAfter") if call.operation.endswith("WithSpan") else ()
        before, after = [call.duration_ticks(name) for name in spans] or (None, None)
        center = call["centerTime"]
        count_before, count_after = max(0, call["maxCountBefore"]), max(0, call["maxCountAfter"])
        found = self._sequences(call, user)
        earlier = [one for one in found if ticks(one.begin) < center]
        later = [one for one in found if ticks(one.begin) >= center]
        if before is not None:
            earlier = [one for one in earlier if ticks(one.end) >= center - before]
        if after is not None:
            later = [one for one in later if ticks(one.begin) <= center + after]
        return self._answered(call, earlier[max(0, len(earlier) - count_before) :], later[:count_after])

    def _get_retention_limit(self, call: RecorderCall, user: User) -> datetime:
        self._camera(call, user, "Browse")
        return self._cameras.now() - self._cameras.switches.retention

    def _get_time_line(self, call: RecorderCall, user: User) -> list[Object]:
        """Always an empty list: how the data is encoded is not known."""  # docs/protocol: recorder-timeline
        self._camera(call, user, "GetSequences")
        return []

    def _get_still(self, call: RecorderCall, user: User, *sides: Callable[[Camera, int], int | None]) -> Object:
        """The picture nearest to the time on these sides of it."""
        camera, time = self._with_pictures(call, user, "Browse"), call["time"]
        sides = sides if self._cameras.can_play(camera) else ()
        found = [at for side in sides if (at := side(camera, time)) is not None]
        nearest = min(found, key=lambda at: abs(at * TICKS_PER_MILLISECOND - time), default=None)
        return _jpeg_data(nearest, None if nearest is None else self._cameras.film.still(camera, nearest))

    def _has_every_picture(self, camera: Camera, time_ms: int) -> bool:
        return self._cameras.switches.stills_of_every_picture or self._cameras.is_jpeg(camera, time_ms)

    def _at_or_before(self, camera: Camera, time: int) -> int | None:
        following = time // TICKS_PER_MILLISECOND + 1
        every_picture = self._has_every_picture(camera, following)
        return self._cameras.footage(camera).before(following, every_picture=every_picture)

    def _at_or_after(self, camera: Camera, time: int) -> int | None:
        preceding = -(-time // TICKS_PER_MILLISECOND) - 1
        every_picture = self._has_every_picture(camera, preceding)
        return self._cameras.footage(camera).after(preceding, every_picture=every_picture)

    def _get_live(self, call: RecorderCall, user: User) -> Object:
        camera = self._with_pictures(call, user, "Live")
        limits = (call["maxWidth"], camera.width), (call["maxHeight"], camera.height)
        if not camera.enabled or not self._cameras.reaches(camera):
            return _jpeg_data(None, None)
        now = milliseconds(self._cameras.now())
        time = live_gop(camera, now)
        if self._cameras.is_jpeg(camera, time):
            time = max(time + offset for offset in picture_offsets(camera, time) if time + offset <= now)
        scale = min([1.0, *(limit / side for limit, side in limits if limit > 0)])
        size = max(1, round(camera.width * scale)), max(1, round(camera.height * scale))
        return _jpeg_data(time, self._cameras.film.still(camera, time, size))


def _jpeg_data(time_ms: int | None, picture: bytes | None) -> Object:
    """JPEGData; where there is no picture it has .NET's minimum time and no Data."""  # docs/protocol: recorder-jpeg
    return {"Time": None if time_ms is None else datetime_of(time_ms), "Data": picture}
