"""Encoders of media bodies: GenericByteData packets and the legacy video block."""  # docs/protocol: payloads-kinds

from __future__ import annotations

import struct

#: Codec ids (docs/protocol: payloads-codecs).
CODEC_JPEG = 0x0001
CODEC_H264 = 0x000A
CODEC_H265 = 0x000E

_VIDEO = 0x0010
_AUDIO = 0x0020
_METADATA = 0x0030
_MULTI = 0xFEF0
_AUDIO_HEADER = 42
_MULTI_HEADER = 16
_TYPE_AND_LENGTH = struct.Struct(">HI")
_SYNC = 0x0001
_VIDEO_HEADER = struct.Struct(">HIHHHQQI")
_BLOCK_HEADER = struct.Struct(">HHIIQQ4H")


def video_packet(
    payload: bytes, *, codec: int, sequence_number: int, is_key: bool, sync_ms: int, time_ms: int
) -> bytes:
    """One coded picture behind its header of 32 bytes.

    `sync_ms` is the time of the GOP's keyframe, `time_ms` of this picture, both in milliseconds since 1970; the
    sequence number wraps at 16 bits.
    """  # docs/protocol: payloads-video
    flags = _SYNC if is_key else 0
    length = _VIDEO_HEADER.size + len(payload)
    number = sequence_number & 0xFFFF
    return _VIDEO_HEADER.pack(_VIDEO, length, codec, number, flags, sync_ms, time_ms, 0) + payload


def audio_packet(payload: bytes) -> bytes:
    """Sound behind a header of 42 bytes, of which type and length are known; the others are zero."""
    # docs/protocol: payloads-audio, docs/protocol: payloads-audio
    return _TYPE_AND_LENGTH.pack(_AUDIO, _AUDIO_HEADER + len(payload)).ljust(_AUDIO_HEADER, b"\0") + payload


def metadata_packet(payload: bytes, *, sequence_number: int, time_ms: int) -> bytes:
    """Metadata behind the header of 32 bytes that a driver toolkit writes for every kind of packet."""
    # docs/protocol: payloads-audio
    length = _VIDEO_HEADER.size + len(payload)
    number = sequence_number & 0xFFFF
    return _VIDEO_HEADER.pack(_METADATA, length, 0, number, _SYNC, time_ms, time_ms, 0) + payload


def multi_packet(*packets: bytes) -> bytes:
    """Packets of different kinds behind a header of 16 bytes; where in it the length is, is not known."""
    # docs/protocol: payloads-kinds, docs/protocol: payloads-audio
    body = b"".join(packets)
    return _TYPE_AND_LENGTH.pack(_MULTI, _MULTI_HEADER + len(body)).ljust(_MULTI_HEADER, b"\0") + body


def legacy_video_block(payload: bytes, *, codec: int, begin_ms: int, end_ms: int) -> bytes:
    """A whole GOP behind the 36 bytes that a client without ``multipartdata`` gets.

    Only the codec, the payload's length and the times are known; the other fields are zero here.
    """  # docs/protocol: payloads-legacy
    return _BLOCK_HEADER.pack(codec, 0, 0, len(payload), begin_ms, end_ms, 0, 0, 0, 0) + payload
