"""Encoders of media bodies: GenericByteData packets and the legacy video block."""  # protocol/recording.md 3

from __future__ import annotations

import struct

#: Codec ids (protocol/recording.md 3.3).
CODEC_JPEG = 0x0001
CODEC_H264 = 0x000A
CODEC_H265 = 0x000E

_VIDEO = 0x0010
_SYNC = 0x0001
_VIDEO_HEADER = struct.Struct(">HIHHHQQI")
_BLOCK_HEADER = struct.Struct(">HHIIQQ4H")


def video_packet(
    payload: bytes, *, codec: int, sequence_number: int, is_key: bool, sync_ms: int, time_ms: int
) -> bytes:
    """One coded picture behind its header of 32 bytes.

    `sync_ms` is the time of the GOP's keyframe, `time_ms` of this picture, both in milliseconds since 1970; the
    sequence number wraps at 16 bits.
    """  # protocol/recording.md 3.2
    flags = _SYNC if is_key else 0
    length = _VIDEO_HEADER.size + len(payload)
    number = sequence_number & 0xFFFF
    return _VIDEO_HEADER.pack(_VIDEO, length, codec, number, flags, sync_ms, time_ms, 0) + payload


def legacy_video_block(payload: bytes, *, codec: int, begin_ms: int, end_ms: int) -> bytes:
    """A whole GOP behind the 36 bytes that a client without ``multipartdata`` gets.

    Only the codec, the payload's length and the times are known; the other fields are zero here.
    """  # protocol/recording.md 3.7
    return _BLOCK_HEADER.pack(codec, 0, 0, len(payload), begin_ms, end_ms, 0, 0, 0, 0) + payload
