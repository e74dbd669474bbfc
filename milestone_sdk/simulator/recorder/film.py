"""The pictures of cameras as bytes: native video, or JPEG stills.

Joins the drawing of pictures and the encoders with the switches of a recorder. A camera whose codec is `h264` or `h265`
sends JPEG where PyAV is not installed (see `encoder`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import frozen

from milestone_sdk.simulator.recorder.encoder import CodedPicture, coded_gop, encoder_available
from milestone_sdk.simulator.recorder.footage import Grid, milliseconds
from milestone_sdk.simulator.recorder.packets import CODEC_H264, CODEC_H265, CODEC_JPEG
from milestone_sdk.simulator.recorder.pictures import jpeg
from milestone_sdk.simulator.recorder.sound import metadata, sound
from milestone_sdk.simulator.recorder.switches import RecorderSwitches

if TYPE_CHECKING:
    from milestone_sdk.simulator.site import Camera


#: The kinds of devices that record something other than pictures, and what they send at a time.
MEDIA = {"Microphone": sound, "Speaker": sound, "Metadata": metadata}
_CODECS = {"h264": CODEC_H264, "h265": CODEC_H265}


@frozen(kw_only=True)
class NativePicture:
    """One coded picture and the time stamp its packet carries."""

    time: int
    is_key: bool
    data: bytes


class Film:
    """The pictures of every camera of one recorder."""

    def __init__(self, switches: RecorderSwitches) -> None:
        self._switches = switches

    def codec(self, camera: Camera, keyframe_ms: int) -> int:
        """The GenericByteData codec id of the GOP that starts then; where each packet stands alone, that of JPEG."""
        if camera.codec in MEDIA:
            return CODEC_JPEG
        name = self._codec_name(camera, keyframe_ms)
        return _CODECS.get(name, CODEC_JPEG) if encoder_available(name) else CODEC_JPEG

    def _codec_name(self, camera: Camera, keyframe_ms: int) -> str:
        change = self._switches.codec_change
        return camera.codec if change is None or keyframe_ms < milliseconds(change[0]) else change[1]

    def native(self, camera: Camera, keyframe_ms: int, times: Sequence[int]) -> list[NativePicture]:
        """The pictures of one GOP in decode order; `times` are when they were captured, ascending."""
        if payload := MEDIA.get(camera.codec):
            return [NativePicture(time=time, is_key=True, data=payload(time)) for time in times]
        if self.codec(camera, keyframe_ms) == CODEC_JPEG:
            shape = camera.name, camera.width, camera.height
            return [NativePicture(time=time, is_key=True, data=jpeg(*shape, time)) for time in times]
        units = self.coded(camera, keyframe_ms, len(times))
        stamps = _arrival_times([unit.order for unit in units], times)
        return [
            NativePicture(time=stamp, is_key=index == 0, data=unit.data)
            for index, (unit, stamp) in enumerate(zip(units, stamps, strict=True))
        ]

    def coded(self, camera: Camera, keyframe_ms: int, pictures: int) -> tuple[CodedPicture, ...]:
        """The access units of a GOP of H.264 or H.265; its time chooses among those that were encoded."""
        number = keyframe_ms // min(Grid.of(camera).lengths)
        shape = (camera.width, camera.height, camera.frames_per_second, pictures, number, self._switches.b_pictures)
        return coded_gop(camera.name, *shape, self._codec_name(camera, keyframe_ms))

    def still(self, camera: Camera, time_ms: int, size: tuple[int, int] | None = None, quality: int = 80) -> bytes:
        """The picture of that time as JPEG, in the camera's size or another, with the privacy mask burnt in."""
        width, height = size or (camera.width, camera.height)
        masked = self._switches.privacy_mask != "none"
        return jpeg(camera.name, width, height, time_ms, quality, masked=masked)


def _arrival_times(orders: Sequence[int], times: Sequence[int]) -> list[int]:
    """Stamps in decode order: a reference comes when it was captured, the B-pictures it waited for right behind it."""
    stamps: list[int] = []
    for order in orders:
        latest = times[order]
        stamps.append(latest if not stamps or latest > stamps[-1] else stamps[-1] + 1)
    return stamps
