"""RecorderCommandService about recordings: sequences, stills, retention (protocol/recording.md 1.6 to 1.10)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from milestone_sdk.simulator.recorder.cameras import RecorderCameras, has_right
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
from milestone_sdk.simulator.recorder.soap import (
    ACCESS_DENIED,
    NO_TIME,
    TICKS_PER_MILLISECOND,
    UNKNOWN_DEVICE,
    RecorderCall,
    element,
    recorder_fault,
    text_element,
    ticks,
    time_text,
)
from milestone_sdk.simulator.recorder.switches import RecorderSwitches
from milestone_sdk.simulator.site import Camera, User

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
        self.operations: dict[str, Callable[[RecorderCall, User], str]] = {
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
        camera = self._cameras.find(call.guid("deviceId"), user)
        if camera is None:
            raise recorder_fault(UNKNOWN_DEVICE, "Unknown device")
        if not has_right(user, camera, right):
            raise recorder_fault(ACCESS_DENIED, "Access denied")
        return camera

    def _sequences_get_types(self, call: RecorderCall, user: User) -> str:
        self._camera(call, user, "GetSequences")
        types = (
            element("SequenceType", text_element("Id", identifier) + text_element("Name", name))
            for identifier, (name, _) in SEQUENCE_TYPES.items()
        )
        return element("SequencesGetTypesResult", "".join(types))

    def _sequences(self, call: RecorderCall, user: User) -> list[Sequence]:
        """All sequences of the wanted type, ascending; a type that is unknown has none."""
        camera = self._camera(call, user, "GetSequences")
        known = SEQUENCE_TYPES.get(call.guid("sequenceType"))
        return [] if known is None else known[1](camera, self._now())

    def _sequences_get(self, call: RecorderCall, user: User) -> str:
        begin, end = call.ticks("minTime"), call.ticks("maxTime")
        inside = [one for one in self._sequences(call, user) if ticks(one.end) >= begin and ticks(one.begin) <= end]
        return _sequence_list("SequencesGetResult", inside[: max(0, call.integer("maxCount"))])

    def _sequences_get_around(self, call: RecorderCall, user: User) -> str:
        around = self._around(call, user, before=None, after=None)
        return _sequence_list("SequencesGetAroundResult", around)

    def _sequences_get_around_with_span(self, call: RecorderCall, user: User) -> str:
        before, after = call.duration_ticks("maxTimeBefore"), call.duration_ticks("maxTimeAfter")
        around = self._around(call, user, before=before, after=after)
        return _sequence_list("SequencesGetAroundWithSpanResult", around)

    def _around(self, call: RecorderCall, user: User, *, before: int | None, after: int | None) -> list[Sequence]:
        """At most so many sequences that begin before the centre, and so many at or after it (recording.md 1.8)."""
        center = call.ticks("centerTime")
        count_before, count_after = max(0, call.integer("maxCountBefore")), max(0, call.integer("maxCountAfter"))
        found = self._sequences(call, user)
        earlier = [one for one in found if ticks(one.begin) < center]
        later = [one for one in found if ticks(one.begin) >= center]
        if before is not None:
            earlier = [one for one in earlier if ticks(one.end) >= center - before]
        if after is not None:
            later = [one for one in later if ticks(one.begin) <= center + after]
        return earlier[max(0, len(earlier) - count_before) :] + later[:count_after]

    def _get_retention_time_limit(self, call: RecorderCall, user: User) -> str:
        self._camera(call, user, "Browse")
        return text_element("GetRetentionTimeLimitResult", time_text(self._now() - self._switches.retention))

    def _time_line_information_get(self, call: RecorderCall, user: User) -> str:
        """Always an empty list: nobody knows how the data is encoded (protocol/recording.md 1.10)."""
        self._camera(call, user, "GetSequences")
        return element("TimeLineInformationGetResult", "")

    def _jpeg_get_at(self, call: RecorderCall, user: User) -> str:
        camera, time = self._camera(call, user, "Browse"), call.ticks("time")
        sides = (self._at_or_before(camera, time), self._at_or_after(camera, time))
        found = [side for side in sides if side is not None]
        nearest = min(found, key=lambda side: abs(side * TICKS_PER_MILLISECOND - time), default=None)
        return self._still(call, camera, nearest)

    def _jpeg_get_at_or_before(self, call: RecorderCall, user: User) -> str:
        camera = self._camera(call, user, "Browse")
        return self._still(call, camera, self._at_or_before(camera, call.ticks("time")))

    def _jpeg_get_at_or_after(self, call: RecorderCall, user: User) -> str:
        camera = self._camera(call, user, "Browse")
        return self._still(call, camera, self._at_or_after(camera, call.ticks("time")))

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

    def _still(self, call: RecorderCall, camera: Camera, time_ms: int | None) -> str:
        picture = None if time_ms is None else self._film.still(camera, time_ms)
        return _jpeg_data(f"{call.operation}Result", time_ms, picture)

    def _jpeg_get_live(self, call: RecorderCall, user: User) -> str:
        camera = self._camera(call, user, "Live")
        limits = (call.integer("maxWidth"), camera.width), (call.integer("maxHeight"), camera.height)
        if not camera.enabled:
            return _jpeg_data("JPEGGetLiveResult", None, None)
        now = milliseconds(self._now())
        time = live_gop(camera, now)
        if self._is_jpeg(camera, time):
            time = max(time + offset for offset in picture_offsets(camera) if time + offset <= now)
        scale = min([1.0, *(limit / side for limit, side in limits if limit > 0)])
        size = max(1, round(camera.width * scale)), max(1, round(camera.height * scale))
        return _jpeg_data("JPEGGetLiveResult", time, self._film.still(camera, time, size))


def _sequence_list(name: str, sequences: list[Sequence]) -> str:
    entries = (
        element(
            "SequenceEntry",
            text_element("TimeBegin", time_text(one.begin))
            + text_element("TimeTrigged", time_text(one.triggered))
            + text_element("TimeEnd", time_text(one.end)),
        )
        for one in sequences
    )
    return element(name, "".join(entries))


def _jpeg_data(name: str, time_ms: int | None, picture: bytes | None) -> str:
    """JPEGData; where there is no picture it has .NET's minimum time and no Data (protocol/recording.md 1.9)."""
    time = NO_TIME if time_ms is None else time_text(moment(time_ms))
    data = "" if picture is None else text_element("Data", base64.b64encode(picture).decode("ascii"))
    return element(name, text_element("Time", time) + data)
