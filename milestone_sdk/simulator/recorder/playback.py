"""Recorded media over one ImageServer session: a cursor, and the image reply of each step.

A *unit* is what one step delivers: a GOP of a camera that sends video, a
single picture of a camera that sends JPEG, and with ``alwaysstdjpeg`` a keyframe, or with ``allframes`` any picture.
"""  # docs/protocol: imageserver-recorded, imageserver-headers, imageserver-multipart, imageserver-edges

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, frozen

from milestone_sdk.simulator.recorder.cameras import RecorderCameras
from milestone_sdk.simulator.recorder.film import MEDIA, NativePicture
from milestone_sdk.simulator.recorder.footage import Footage
from milestone_sdk.simulator.recorder.messages import GENERIC, JPEG, ImageHeader, MethodCall, method_response
from milestone_sdk.simulator.recorder.outlet import ConnectionEnded
from milestone_sdk.simulator.recorder.packets import (
    CODEC_JPEG,
    audio_packet,
    legacy_video_block,
    metadata_packet,
    multi_packet,
    video_packet,
)
from milestone_sdk.simulator.site import Camera

#: The methods that answer with a picture (docs/protocol: imageserver-recorded).
PLAYBACK_METHODS = frozenset({"goto", "begin", "end", "next", "previous", "nextsequence", "previoussequence"})

_USUAL_QUALITY = 80
_LARGEST_SIDE = 4096
_LATEST = 1 << 48


@frozen(kw_only=True)
class SessionOptions:
    """What a `connect` negotiated."""  # docs/protocol: imageserver-connect

    standard_jpeg: bool
    all_pictures: bool
    multipart: bool
    draws_masks: bool
    span: tuple[int, int]
    """The times to which the session is limited, in milliseconds."""
    size: tuple[int, int]

    @classmethod
    def negotiate(cls, call: MethodCall, camera: Camera) -> SessionOptions:
        """Read the options of a `connect`; ValueError for what is impossible."""
        call.says_yes("clientcapabilities/datarestriction")  # read alone: nothing is restricted here
        if call.integer("clientcapabilities/privacymaskversion") not in (None, 0, 1):
            raise ValueError("privacymaskversion is neither 0 nor 1")
        if call.says_yes("alwaysstdjpeg") and camera.codec in MEDIA:
            raise ValueError("The device has no pictures")
        return cls(
            standard_jpeg=call.says_yes("alwaysstdjpeg"),
            all_pictures=call.says_yes("transcode/allframes"),
            multipart=call.says_yes("clientcapabilities/multipartdata"),
            draws_masks=call.says_yes("clientcapabilities/privacymask"),
            span=_time_restriction(call),
            size=_transcoded_size(call, camera.width, camera.height),
        )


def _time_restriction(call: MethodCall) -> tuple[int, int]:
    begin, end = call.integer("timerestriction/starttime"), call.integer("timerestriction/endtime")
    span = 0 if begin is None else begin, _LATEST if end is None else end
    if span[0] > span[1]:
        raise ValueError("timerestriction ends before it starts")
    return span


def _transcoded_size(call: MethodCall, width: int, height: int) -> tuple[int, int]:
    """The target size; one side alone keeps the shape, and only ``allowupsizing`` makes pictures larger."""
    wanted_width, wanted_height = call.integer("transcode/width"), call.integer("transcode/height")
    for side in (wanted_width, wanted_height):
        if side is not None and not 0 < side <= _LARGEST_SIDE:
            raise ValueError("transcode size out of range")
    across = 1.0 if wanted_width is None else wanted_width / width
    down = 1.0 if wanted_height is None else wanted_height / height
    if wanted_width is None or wanted_height is None:
        across = down = across if wanted_height is None else down
    elif call.says_yes("transcode/keepaspectratio"):
        across = down = min(across, down)
    if not call.says_yes("transcode/allowupsizing"):
        across, down = min(across, 1.0), min(down, 1.0)
    return max(1, round(width * across)), max(1, round(height * down))


def jpeg_quality(call: MethodCall, usual: int = _USUAL_QUALITY) -> int:
    """The quality for a `compressionrate` of 1 to 104; another value keeps the usual one."""
    rate = call.integer("compressionrate")
    return usual if rate is None or not 1 <= rate <= 104 else min(rate, 95)


class Packaging:
    """Puts coded pictures into the bodies of one session, and numbers its packets."""

    def __init__(self, camera: Camera, cameras: RecorderCameras) -> None:
        self._camera = camera
        self._film = cameras.film
        self._switches = cameras.switches
        self._number = cameras.switches.first_sequence_number

    def packet(self, picture: NativePicture, *, codec: int, sync_ms: int) -> bytes:
        """The next packet of the session."""
        number, self._number = self._number, self._number + 1
        if self._camera.codec in MEDIA:
            return self._media_packet(picture, number)
        return video_packet(
            picture.data,
            codec=codec,
            sequence_number=number,
            is_key=picture.is_key,
            sync_ms=sync_ms,
            time_ms=picture.time,
        )

    def _media_packet(self, picture: NativePicture, number: int) -> bytes:
        if self._camera.codec == "Metadata":
            packet = metadata_packet(picture.data, sequence_number=number, time_ms=picture.time)
        else:
            packet = audio_packet(picture.data)
        return multi_packet(packet) if self._switches.wrapped_media else packet

    def burns_mask(self, options: SessionOptions) -> bool:
        """Whether JPEG comes in place of native video, since the client draws no masks."""
        masked = self._switches.privacy_mask != "none" and self._camera.codec not in MEDIA
        return masked and self._switches.burns_masks and not options.draws_masks

    def still(self, header: ImageHeader, time_ms: int, size: tuple[int, int], quality: int) -> bytes:
        """A reply with a transcoded picture."""
        body = self._film.still(self._camera, time_ms, size, quality)
        return header.single(body, GENERIC if self._switches.bare_jpeg else JPEG)

    def single(self, header: ImageHeader, picture: NativePicture, *, codec: int, sync_ms: int) -> bytes:
        """A reply with one native picture, in a packet unless the switch says bare JPEG."""
        if codec == CODEC_JPEG and self._switches.bare_jpeg and self._camera.codec not in MEDIA:
            return header.single(picture.data, GENERIC)
        return header.single(self.packet(picture, codec=codec, sync_ms=sync_ms), GENERIC)


class Playback:
    """The cursor of one session over one camera's footage."""

    def __init__(self, camera: Camera, options: SessionOptions, cameras: RecorderCameras) -> None:
        self._camera = camera
        self._options = options
        self._cameras = cameras
        self._switches = cameras.switches
        self._packaging = Packaging(camera, cameras)
        self._cursor: int | None = None
        self._quality = _USUAL_QUALITY

    def answer(self, call: MethodCall) -> bytes:
        """The reply to one of `PLAYBACK_METHODS`; ValueError when an argument is wrong."""
        footage = self._cameras.footage(self._camera)
        self._quality = jpeg_quality(call, self._quality)
        target = self._target(call, footage) if self._is_reached() else None
        if target is None:
            empty = ImageHeader(request_id=call.request_id, previous=0, current=0, following=0)
            return empty.single(b"", JPEG if self._options.standard_jpeg else GENERIC)
        self._cursor = target
        header = ImageHeader(
            request_id=call.request_id,
            previous=self._neighbour(self._restricted(footage, self._before(footage, target)), target),
            current=target,
            following=self._neighbour(self._restricted(footage, self._after(footage, target)), target),
            privacy_mask=self._switches.privacy_mask,
        )
        if self._options.standard_jpeg or self._packaging.burns_mask(self._options):
            header = evolve(header, privacy_mask="none")
            return self._packaging.still(header, target, self._options.size, self._quality)
        return self._native_reply(call, footage, header, keyframe_only=call.says_yes("keyframesonly"))

    def _is_reached(self) -> bool:
        """Whether there is a connection to the footage; raises what the switch wants where there is none."""
        reached = self._cameras.can_play(self._camera)
        if not reached and self._switches.lost_playback == "error":
            raise ValueError("The device is not connected")
        if not reached and self._switches.lost_playback == "close":
            raise ConnectionEnded("direct playback from a device without connection")
        return reached

    def _neighbour(self, found: int | None, target: int) -> int | str:
        none = target if self._switches.no_neighbour is None else self._switches.no_neighbour
        return none if found is None else found

    def _target(self, call: MethodCall, footage: Footage) -> int | None:
        begin, end = self._options.span
        if call.method == "goto":
            time = call.integer("time")
            if time is None:
                raise ValueError("time missing")
            found = self._at(footage, min(max(time, begin), end))
            if found is not None and self._options.standard_jpeg and call.says_yes("keyframesonly"):
                return footage.at_or_before(found)
            return found
        if call.method == "end":
            last = self._snap(footage, footage.last(every_picture=True))
            return last if last is None else self._at(footage, min(last, end))
        cursor = self._cursor
        if call.method == "begin" or cursor is None:
            first = footage.first()
            return first if first is None else self._at(footage, max(first, begin))
        match call.method:
            case "next":
                found = self._after(footage, cursor)
            case "previous":
                found = self._before(footage, cursor)
            case "nextsequence":
                found = footage.next_sequence(cursor)
            case _:
                found = self._snap(footage, footage.previous_sequence(cursor, every_picture=True))
        return self._at(footage, cursor) if self._restricted(footage, found) is None else found

    def _restricted(self, footage: Footage, found: int | None) -> int | None:
        """A unit, or None when it is outside the times to which the session is limited."""
        begin, end = self._options.span
        if found is None or found > end or found < min(begin, self._at(footage, begin) or begin):
            return None
        return found

    def _native_reply(self, call: MethodCall, footage: Footage, header: ImageHeader, *, keyframe_only: bool) -> bytes:
        target = header.current
        keyframe = _known(footage.at_or_before(target), target)
        codec = self._cameras.film.codec(self._camera, keyframe)
        alone = keyframe_only or codec == CODEC_JPEG
        times = (target,) if codec == CODEC_JPEG else footage.pictures(target)
        pictures = self._cameras.film.native(self._camera, target, times)[: 1 if alone else None]
        if self._camera.codec in MEDIA:
            return self._packaging.single(header, pictures[0], codec=codec, sync_ms=target)
        if not (self._options.multipart and self._switches.multipart):
            return self._without_multipart(call, header, pictures, codec)
        if codec == CODEC_JPEG:
            return self._packaging.single(header, pictures[0], codec=codec, sync_ms=target)
        packets = [self._packaging.packet(picture, codec=codec, sync_ms=target) for picture in pictures]
        return header.multipart(packets, self._switches.boundary, quoted=self._switches.quoted_boundary)

    def _without_multipart(
        self, call: MethodCall, header: ImageHeader, pictures: Sequence[NativePicture], codec: int
    ) -> bytes:
        target, form = header.current, self._switches.without_multipart
        if form == "refusal":
            return method_response(call.request_id, call.method, [("errorreason", "multipartdata required")])
        if form == "packets":
            packets = [self._packaging.packet(picture, codec=codec, sync_ms=target) for picture in pictures]
            return header.single(b"".join(packets), GENERIC)
        pictures = pictures[: 1 if form == "picture" else None]
        payload = b"".join(picture.data for picture in pictures)
        block = legacy_video_block(payload, codec=codec, begin_ms=target, end_ms=pictures[-1].time)
        return header.single(block, GENERIC)

    def _at(self, footage: Footage, time_ms: int) -> int | None:
        return self._snap(footage, footage.at_or_before(time_ms, every_picture=True))

    def _after(self, footage: Footage, time_ms: int) -> int | None:
        return footage.after(time_ms, every_picture=self._steps_by_picture(footage, time_ms))

    def _before(self, footage: Footage, time_ms: int) -> int | None:
        return self._snap(footage, footage.before(time_ms, every_picture=True))

    def _snap(self, footage: Footage, picture_ms: int | None) -> int | None:
        """From a picture to the unit it belongs to."""
        if picture_ms is None or self._steps_by_picture(footage, picture_ms):
            return picture_ms
        return footage.at_or_before(picture_ms)

    def _steps_by_picture(self, footage: Footage, time_ms: int) -> bool:
        if self._options.standard_jpeg and self._options.all_pictures:
            return True
        keyframe = _known(footage.at_or_before(time_ms), time_ms)
        return self._cameras.is_jpeg(self._camera, keyframe)


def _known(found: int | None, otherwise: int) -> int:
    return otherwise if found is None else found
