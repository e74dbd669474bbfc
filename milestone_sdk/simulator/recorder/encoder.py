"""Real H.264 and H.265 GOPs, encoded once for a camera and used again under new time stamps.

Needs PyAV (package ``av``, an extra). Where it is missing `encoder_available` says no, and the recorder delivers the
native video of every camera as JPEG (GenericByteData codec 1) instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache, lru_cache
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from typing import Any

from attrs import frozen

from milestone_sdk.simulator.recorder.pictures import draw_picture

_START_CODE = b"\x00\x00\x00\x01"
#: Unregistered user data with the end-of-message bytes inside: coded video may hold them, and no reader may search for
#: them (docs/protocol: imageserver-framing). Neither the identifier nor the string needs emulation prevention.
_SEI_TEXT = b"simulated\r\n\r\n"
_SEI_IDENTIFIER = bytes(range(0x41, 0x51))
#: So many pictures are encoded ahead for a camera: distinct GOPs in turn, as long as they are short.
_PICTURES_AHEAD = 40
_GOPS_AHEAD = 4
#: A long GOP shows so many drawn pictures again and again: drawing takes longer than encoding.
_PICTURES_DRAWN = 100


@frozen
class _Coding:
    """An encoder, and the NAL units of its video by the first byte."""

    encoder: str
    parameters: str
    """The name of the encoder's own options."""
    shift: int
    mask: int
    """Where the type is in the first byte."""
    keys: frozenset[int]
    """Types of the slices of a key frame."""
    messages: frozenset[int]
    """Types of supplemental enhancement information."""
    message_header: bytes
    more: str = ""

    def is_key(self, unit: bytes) -> bool:
        """Whether it is a slice of a key frame."""
        return unit[0] >> self.shift & self.mask in self.keys

    def is_message(self, unit: bytes) -> bool:
        """Whether it is supplemental enhancement information."""
        return unit[0] >> self.shift & self.mask in self.messages


_CODINGS: Mapping[str, _Coding] = {
    "h264": _Coding("libx264", "x264-params", 0, 0x1F, frozenset({5}), frozenset({6}), bytes((6,))),
    "h265": _Coding(
        "libx265", "x265-params", 1, 0x3F, frozenset({19, 20}), frozenset({39, 40}), bytes((39 << 1, 1)),
        ":info=0:log-level=none:pools=none:frame-threads=1",
    ),
}  # fmt: skip


@frozen(kw_only=True)
class CodedPicture:
    """One access unit in Annex B form, and its place in display order within the GOP."""

    data: bytes
    order: int


@cache
def encoder_available(codec: str = "h264") -> bool:
    """Whether PyAV is installed and brings an encoder of `h264` or `h265`."""
    if codec not in _CODINGS or find_spec("av") is None:
        return False
    import av

    return _CODINGS[codec].encoder in av.codecs_available


def coded_gop(
    name: str,
    width: int,
    height: int,
    frames_per_second: int,
    pictures: int,
    number: int,
    b_pictures: int = 0,
    codec: str = "h264",
) -> tuple[CodedPicture, ...]:
    """GOP `number` of a camera in decode order: an IDR picture with its parameter sets, then `pictures` - 1 more.

    Width and height are rounded down to even numbers, as the sampling of colour wants. With `b_pictures` the encoder
    puts up to so many B-pictures between references, and decode order differs from display order.
    """
    gops = _coded_gops(name, width // 2 * 2, height // 2 * 2, frames_per_second, pictures, b_pictures, codec)
    return gops[number % len(gops)]


@lru_cache(maxsize=64)
def _coded_gops(
    name: str, width: int, height: int, frames_per_second: int, pictures: int, b_pictures: int, codec: str
) -> tuple[tuple[CodedPicture, ...], ...]:
    gops = min(_GOPS_AHEAD, max(1, _PICTURES_AHEAD // pictures))
    # Two IDR pictures in a row must differ in idr_pic_id: one run of the encoder alternates it, an even count keeps it.
    gops = gops if gops == 1 else gops // 2 * 2
    coding = _CODINGS[codec]
    encoder = _open_encoder(coding, width, height, frames_per_second, pictures, b_pictures)
    from_image: Any = import_module("av").VideoFrame.from_image
    shown = min(gops * pictures, _PICTURES_DRAWN)
    frames = [from_image(draw_picture(name, width, height, at * 1000 // frames_per_second)) for at in range(shown)]
    units: list[CodedPicture] = []
    for index in range(gops * pictures):
        frame = frames[index % shown]
        frame.pts = index
        units += [_unit(coding, packet, pictures) for packet in encoder.encode(frame)]
    units += [_unit(coding, packet, pictures) for packet in encoder.encode(None)]
    remaining = iter(units)
    return tuple(tuple(islice(remaining, pictures)) for _ in range(gops))


def _open_encoder(
    coding: _Coding, width: int, height: int, frames_per_second: int, pictures: int, b_pictures: int
) -> Any:
    import av

    encoder: Any = av.CodecContext.create(coding.encoder, "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base = Fraction(1, frames_per_second)
    encoder.framerate = Fraction(frames_per_second)
    encoder.thread_count = 1
    encoder.gop_size = pictures
    encoder.max_b_frames = b_pictures
    # Closed GOPs of one length, parameter sets in band, start codes instead of lengths.
    shape = (
        f"keyint={pictures}:min-keyint={pictures}:scenecut=0:open-gop=0:annexb=1:repeat-headers=1:bframes={b_pictures}"
    )
    own = {coding.parameters: f"{shape}:b-adapt=0{coding.more}"}
    encoder.options = {"preset": "ultrafast", "crf": "30", "forced-idr": "1", **own}
    if not b_pictures:
        encoder.options = {**encoder.options, "tune": "zerolatency"}
    return encoder


def _unit(coding: _Coding, packet: Any, pictures: int) -> CodedPicture:
    data = bytes(packet)
    if any(coding.is_key(unit) for unit in split_units(data)):
        data = _with_user_data(coding, data)
    return CodedPicture(data=data, order=packet.pts % pictures)


def split_units(data: bytes) -> list[bytes]:
    """The NAL units of an Annex B access unit, without start codes."""
    pieces = data.split(b"\x00\x00\x01")[1:]
    # The zero before a three-byte start code belongs to the longer form of that start code.
    return [piece.rstrip(b"\x00") for piece in pieces if piece]


def _with_user_data(coding: _Coding, data: bytes) -> bytes:
    """A keyframe with our user data in place of the encoder's own, which comes with some keyframes only."""
    units = [unit for unit in split_units(data) if not coding.is_message(unit)]
    message = _SEI_IDENTIFIER + _SEI_TEXT
    user_data = coding.message_header + bytes((5, len(message))) + message + b"\x80"
    first_slice = next(index for index, unit in enumerate(units) if coding.is_key(unit))
    units.insert(first_slice, user_data)
    return b"".join(_START_CODE + unit for unit in units)
