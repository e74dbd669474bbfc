"""The video block that some recorders send in place of packets: one picture, or a group without the times of each."""
# docs/protocol: payloads-legacy, docs/protocol: payloads-masks

import re
from struct import Struct
from typing import Final, NamedTuple

from ...models.video import Codec

__all__ = ["LegacyBlock", "read_block"]

_HEADER: Final = Struct(">2xH4xI24x")
"""Length of the header's extension, and of the payload; codec, times and unknown fields are skipped."""
_START: Final = re.compile(rb"\x00\x00\x01(?=(.)(.?.?))", re.DOTALL)
_JPEG: Final = b"\xff\xd8"
_VOP: Final = 0xB6


class LegacyBlock(NamedTuple):
    """A block with one picture."""

    payload: memoryview
    is_key: bool


def read_block(view: memoryview, codec: Codec) -> LegacyBlock | None:
    """Read a block; None if it has several pictures, or not the form that is known."""
    if len(view) < _HEADER.size:
        return None
    extension, length = _HEADER.unpack_from(view)
    payload = view[_HEADER.size + extension :]
    is_key = _single(payload, codec) if length == len(payload) else None
    return None if is_key is None else LegacyBlock(payload, is_key)


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
