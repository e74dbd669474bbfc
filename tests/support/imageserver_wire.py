"""What a recorder sends over ImageServer, composed octet by octet as docs/protocol: imageserver-framing say."""

import struct
from typing import Protocol

GENERIC = "application/x-genericbytedata-octet-stream"
H264 = 0x000A
EXAMPLE_GROUP = bytes.fromhex("""
49 6D 61 67 65 52 65 73 70 6F 6E 73 65 0D 0A 52 65 71 75 65 73 74 49 64 3A 20 32 0D 0A 50 72 65
76 3A 20 31 37 37 33 34 38 30 34 30 31 39 30 36 0D 0A 43 75 72 72 65 6E 74 3A 20 31 37 37 33 34
38 30 34 30 32 39 30 36 0D 0A 4E 65 78 74 3A 20 31 37 37 33 34 38 30 34 30 33 39 30 36 0D 0A 43
6F 6E 74 65 6E 74 2D 74 79 70 65 3A 20 6D 75 6C 74 69 70 61 72 74 2F 72 65 6C 61 74 65 64 3B 20
62 6F 75 6E 64 61 72 79 3D 67 6F 70 5F 34 64 31 66 3B 20 74 79 70 65 3D 22 61 70 70 6C 69 63 61
74 69 6F 6E 2F 78 2D 67 65 6E 65 72 69 63 62 79 74 65 64 61 74 61 2D 6F 63 74 65 74 2D 73 74 72
65 61 6D 22 0D 0A 50 72 69 76 61 63 79 4D 61 73 6B 3A 20 6E 6F 6E 65 0D 0A 0D 0A 2D 2D 67 6F 70
5F 34 64 31 66 0D 0A 43 6F 6E 74 65 6E 74 2D 6C 65 6E 67 74 68 3A 20 36 32 0D 0A 43 6F 6E 74 65
6E 74 2D 74 79 70 65 3A 20 61 70 70 6C 69 63 61 74 69 6F 6E 2F 78 2D 67 65 6E 65 72 69 63 62 79
74 65 64 61 74 61 2D 6F 63 74 65 74 2D 73 74 72 65 61 6D 0D 0A 0D 0A 00 10 00 00 00 3E 00 0A 00
07 00 01 00 00 01 9C EB AB 5F DA 00 00 01 9C EB AB 5F DA 00 00 00 00 00 00 00 01 67 42 C0 0A D9
0D E8 00 00 00 01 68 CE 38 80 00 00 00 01 65 88 84 3F 0D 0A FF 0D 0A 2D 2D 67 6F 70 5F 34 64 31
66 0D 0A 43 6F 6E 74 65 6E 74 2D 6C 65 6E 67 74 68 3A 20 34 30 0D 0A 43 6F 6E 74 65 6E 74 2D 74
79 70 65 3A 20 61 70 70 6C 69 63 61 74 69 6F 6E 2F 78 2D 67 65 6E 65 72 69 63 62 79 74 65 64 61
74 61 2D 6F 63 74 65 74 2D 73 74 72 65 61 6D 0D 0A 0D 0A 00 10 00 00 00 28 00 0A 00 08 00 00 00
00 01 9C EB AB 5F DA 00 00 01 9C EB AB 61 CE 00 00 00 00 00 00 00 01 41 9A 24 10 0D 0A 2D 2D 67
6F 70 5F 34 64 31 66 2D 2D 0D 0A 0D 0A
""")
"""Message 4 of docs/protocol: payloads-example: a group of two pictures."""


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


def audio(payload: bytes) -> bytes:
    """One audio packet: of its header of 42 bytes, type and length are known."""
    return struct.pack(">HI36x", 0x20, 42 + len(payload)) + payload


def metadata(payload: bytes) -> bytes:
    """One metadata packet with a header of 32 bytes."""
    return struct.pack(">HI26x", 0x30, 32 + len(payload)) + payload


def wrapped(*packets: bytes) -> bytes:
    """Packets behind the header of a multi-packet."""
    body = b"".join(packets)
    return struct.pack(">HI10x", 0xFEF0, 16 + len(body)) + body


def legacy_block(time: int, payload: bytes, *, codec: int = H264, extension: int = 0) -> bytes:
    """A video block as recorders send it without multipart."""
    return struct.pack(">HHIIQQ8x", codec, extension, 0, len(payload), time, time) + bytes(extension) + payload


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
