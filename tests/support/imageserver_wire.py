"""What a recorder sends over ImageServer, composed octet by octet as protocol/recording.md 2.2 and 3.2 say."""

import struct
from typing import Protocol

GENERIC = "application/x-genericbytedata-octet-stream"
H264 = 0x000A


class Sink(Protocol):
    """What a stream writes into."""

    def get_buffer(self) -> memoryview: ...

    def buffer_updated(self, count: int) -> None: ...


def feed(sink: Sink, data: bytes) -> None:
    """Write `data` as a stream does."""
    while data:
        buffer = sink.get_buffer()
        count = min(len(buffer), len(data))
        buffer[:count] = data[:count]
        sink.buffer_updated(count)
        data = data[count:]


def packet(time: int, payload: bytes, *, key_time: int | None = None, codec: int = H264, number: int = 7) -> bytes:
    """One GenericByteData video packet; a key frame unless `key_time` says otherwise."""
    sync = time if key_time is None else key_time
    flags = int(key_time is None)
    return struct.pack(">HIHHHQQI", 0x10, 32 + len(payload), codec, number, flags, sync, time, 0) + payload


def headers(request: int, previous: int, current: int, following: int, content: str, mask: str = "none") -> bytes:
    lines = [
        "ImageResponse",
        f"RequestId: {request}",
        f"Prev: {previous}",
        f"Current: {current}",
        f"Next: {following}",
        content,
        f"PrivacyMask: {mask}",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n"


def single(request: int, times: tuple[int, int, int], body: bytes, *, kind: str = GENERIC, mask: str = "none") -> bytes:
    """An answer with one body; `times` are previous, current, next."""
    return headers(request, *times, f"Content-length: {len(body)}\r\nContent-type: {kind}", mask) + body + b"\r\n\r\n"


def multipart(
    request: int,
    times: tuple[int, int, int],
    parts: list[bytes],
    *,
    boundary: str = "gop_4d1f",
    quoted: bool = False,
    mask: str = "none",
) -> bytes:
    """An answer with one part to a picture."""
    name = f'"{boundary}"' if quoted else boundary
    content = f'Content-type: multipart/related; boundary={name}; type="{GENERIC}"'
    body = b"".join(
        f"--{boundary}\r\nContent-length: {len(part)}\r\nContent-type: {GENERIC}\r\n\r\n".encode() + part + b"\r\n"
        for part in parts
    )
    return headers(request, *times, content, mask) + body + f"--{boundary}--\r\n\r\n".encode()


def method_response(request: int | None, method: str, **values: str) -> bytes:
    """An answer in XML; `values` in the order given."""
    number = "" if request is None else f"<requestid>{request}</requestid>"
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in values.items())
    return (
        '<?xml version="1.0" encoding="utf-8"?><methodresponse>'
        f"{number}<methodname>{method}</methodname>{inner}</methodresponse>\r\n\r\n"
    ).encode()


CONNECTED = {"connected": "yes", "errorreason": "Success", "alwaysstdjpeg": "no"}
