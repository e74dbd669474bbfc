"""What microphones and metadata devices send: the payload of one packet."""

from __future__ import annotations

import math
import struct

from milestone_sdk.simulator.recorder.footage import datetime_of

_SAMPLES_A_SECOND = 8000
_SAMPLES = 400
_TONE = 440


def sound(time_ms: int) -> bytes:
    """50 ms of a tone, 16-bit PCM; it holds what ends a message, which a reader must not look for in a payload."""
    start = time_ms * _SAMPLES_A_SECOND // 1000
    phases = (2 * math.pi * _TONE * (start + number) / _SAMPLES_A_SECOND for number in range(_SAMPLES))
    return struct.pack(f"<{_SAMPLES}h", *(round(8000 * math.sin(phase)) for phase in phases)) + b"\r\n\r\n"


def metadata(time_ms: int) -> bytes:
    """An ONVIF metadata stream with one frame."""  # docs/protocol: payloads-audio
    time = datetime_of(time_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    frame = f'<tt:VideoAnalytics><tt:Frame UtcTime="{time}" /></tt:VideoAnalytics>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema">{frame}</tt:MetadataStream>'
    ).encode()
