"""The video block that some recorders send in place of packets: one picture, or a group without the times of each."""
# protocol/recording.md 3.7, protocol/video-evidence.md 1.2

import re
from struct import Struct
from typing import Final, NamedTuple

from ...errors import RemoteProtocolError
from ...models.video import Codec

__all__ = ["LegacyBlock", "read_block"]

_HEADER: Final = Struct(">HHIIQQ8x")
"""Codec, length of the header's extension, unknown, length of the payload, two times, unknown."""
_START: Final = re.compile(rb"\x00\x00\x01(?=(.)(.?.?))", re.DOTALL)
_JPEG: Final = b"\xff\xd8"
_VOP: Final = 0xB6


class LegacyBlock(NamedTuple):
    """One block; `size` is that of the whole, `is_key` is None unless `payload` is one picture."""

    codec_id: int
    time: int
    payload: memoryview
    is_key: bool | None
    size: int


def read_block(view: memoryview, codec: Codec) -> LegacyBlock:
    """Read the block at the beginning of `view`. Raises `RemoteProtocolError` when its lengths are wrong."""
    if len(view) < _HEADER.size:
        raise RemoteProtocolError("a legacy video block is cut off in its header")
    codec_id, extension, _, length, time, _ = _HEADER.unpack_from(view)
    start = _HEADER.size + extension
    if start + length > len(view):
        raise RemoteProtocolError(f"a legacy video block of {start + length} bytes, but {len(view)} are left")
    payload = view[start : start + length]
    return LegacyBlock(codec_id, time, payload, _single(payload, codec), start + length)


def _single(payload: memoryview, codec: Codec) -> bool | None:
    """Return whether the only picture of a payload is a key frame; None for several, or where that is unknown.

    Both fields of an interlaced picture count as two: they cannot be told from two pictures without decoding.
    """
    if codec is Codec.JPEG:
        return True if bytes(payload[:2]) == _JPEG else None
    found: bool | None = None
    for match in _START.finditer(payload):
        is_key = _begins_picture(match[1][0], match[2], codec)
        if is_key is not None:
            if found is not None:
                return None
            found = is_key
    return found


def _begins_picture(first: int, rest: bytes, codec: Codec) -> bool | None:
    """Return whether a unit begins a key frame (True) or another picture (False); None if it begins no picture."""
    if codec is Codec.H264:
        kind = first & 0x1F
        return kind == 5 if kind in (1, 5) and rest[:1] >= b"\x80" else None
    if codec is Codec.H265:
        kind = first >> 1 & 0x3F
        return 16 <= kind <= 23 if kind < 32 and rest[1:2] >= b"\x80" else None
    if codec is Codec.MPEG4:
        return rest[:1] < b"\x40" if first == _VOP else None
    return None
