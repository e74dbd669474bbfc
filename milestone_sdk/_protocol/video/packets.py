"""The body of a picture: GenericByteData packets, or a bare JPEG, distinguished by its first bytes.

All integers are big-endian, all times milliseconds UTC.
"""
# docs/protocol: payloads-kinds, payloads-video, payloads-codecs, payloads-audio, payloads-legacy

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from struct import Struct
from typing import Final

from ...errors import RemoteProtocolError
from ...models.video import AudioFrame, Codec, Frame, MediaFrame, MetadataFrame
from ..soap.rows import maker
from .legacy import read_block
from .messages import ImageParts, ImageResponse

__all__ = [
    "PacketType",
    "PictureReader",
    "UnsupportedBody",
    "from_milliseconds",
    "to_milliseconds",
]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_LATEST: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // _MILLISECOND

_SECOND: Final = 1000
_WITHIN: Final = tuple(number * _MILLISECOND for number in range(_SECOND))
"""From 0 ms on: adding one to a time takes a seventh of the time of `from_milliseconds`."""

_TYPE_AND_LENGTH: Final = Struct(">HI")
_VIDEO_HEADER: Final = Struct(">HIH2xH8xQ4x")
"""Data type, total length, codec, flags, picture time; the sequence number proves no loss and is skipped."""
_HEADER_SIZE: Final = _VIDEO_HEADER.size
_MULTI_PACKET_HEADER_SIZE: Final = 16
_AUDIO_HEADER_SIZE: Final = 42
_LONGEST_METADATA_GAP: Final = 256
"""Bytes after a header of 32 in which the XML begins; the size of that header is not proven."""
_VIDEO: Final = 0x0010
_SYNC_FLAG: Final = 0x0001
_JPEG_CODEC: Final = 0x0001
_JPEG_START: Final = 0xFFD8

_MOST_PACKETS: Final = 16_384
"""Packets in one answer that do not fill their own part: a group of pictures of some minutes has some thousand."""

_frame: Final = maker(Frame)
"""Makes a `Frame` faster than its constructor, which took a fifth of all time that a picture of a group needs."""

_CODECS: Final = {
    0x0001: Codec.JPEG,
    0x0004: Codec.MPEG4,
    0x0005: Codec.MPEG4,
    0x0006: Codec.MPEG4,
    0x0007: Codec.H263,
    0x0009: Codec.H263,
    0x000A: Codec.H264,
    0x000B: Codec.MPEG4,
    0x000C: Codec.VC1,
    0x000E: Codec.H265,
    0x000F: Codec.AV1,
    0x0080: Codec.MXPEG,
}

_UNKNOWN: Final = Codec.UNKNOWN
"""To name it costs more than to look up a codec."""


class PacketType(IntEnum):
    """The data types that have a name."""  # docs/protocol: payloads-kinds

    VIDEO = 0x0010
    AUDIO = 0x0020
    METADATA = 0x0030
    MULTI_PACKET = 0xFEF0


class UnsupportedBody(RemoteProtocolError):
    """The recorder sent a form without separate pictures; JPEG can be requested instead."""


def from_milliseconds(milliseconds: int) -> datetime:
    """Return a time on the wire as an aware UTC datetime. Raises `RemoteProtocolError` past the year 9999."""
    if not 0 <= milliseconds <= _LATEST:
        raise RemoteProtocolError(f"{milliseconds} ms since 1970 is not a valid time")
    return _EPOCH + milliseconds * _MILLISECOND


def to_milliseconds(time: datetime) -> int:
    """Return a datetime as it is on the wire: whole milliseconds since 1970, rounded down."""
    return (time - _EPOCH) // _MILLISECOND


class PictureReader:
    """Reads the pictures of one answer after another; each may arrive in pieces."""

    def __init__(self) -> None:
        self._image: ImageResponse | None = None
        self._budget: Iterator[int] = iter(())
        self.size = 0
        """How many bytes of the answer have arrived that was read last."""

    def read(self, event: ImageParts, *, transcoded: bool, media: bool = False) -> list[Frame]:
        """Return the pictures that have arrived, in the order of decoding; with `media`, all other packets, too.

        Raises `RemoteProtocolError`, and `UnsupportedBody` also where the client should hide parts of a picture.
        """
        image = event.image
        if image is not self._image:
            self._image, self._budget, self.size = image, iter(range(_MOST_PACKETS)), 0
        self.size += event.size
        if not transcoded and not media and event.parts and image.masked:
            raise UnsupportedBody("the recorder expects its client to apply a privacy mask")
        frames: list[Frame] = []
        unpack, codec_of, frame = _VIDEO_HEADER.unpack_from, _CODECS.get, _frame
        since, begin = -_SECOND, _EPOCH
        for body in event.parts:
            size = len(body)
            if size >= _HEADER_SIZE:
                kind, length, codec_id, flags, time = unpack(body)
                if kind == _VIDEO and length == size:  # nearly every body, so it takes the short way
                    after = time - since
                    if not 0 <= after < _SECOND:
                        begin, after = from_milliseconds(time), 0
                        since = time if time < _LATEST - _SECOND else -_SECOND  # no sum is past the calendar
                    codec = codec_of(codec_id, _UNKNOWN)
                    is_key = flags & _SYNC_FLAG != 0
                    frames.append(frame(begin + _WITHIN[after], codec, is_key, body[_HEADER_SIZE:], codec_id))
                    continue
                if kind == _JPEG_START:
                    frames.append(_still(body, from_milliseconds(image.current)))
                    continue
            found = _parse_body(body, from_milliseconds(image.current), self._budget)
            frames.extend(item for item in found if media or not isinstance(item, MediaFrame))
        return frames


def _parse_body(body: memoryview, shown: datetime, budget: Iterator[int]) -> Iterator[Frame]:
    """Yield what one body, or one part of a multipart body, contains; `shown` is the time of what carries none.

    The announced content type may be wrong, so the first bytes decide.
    """  # docs/protocol: imageserver-headers, payloads-kinds
    start = bytes(body[:4])
    if start[:2] == b"\xff\xd8":
        yield _still(body, shown)
    elif start[:3] == b"\x00\x00\x01" or start == b"\x00\x00\x00\x01":
        yield Frame(time=shown, codec=Codec.UNKNOWN, is_key=True, data=body)
    else:
        yield from _packets(body, shown, budget)


def _packets(view: memoryview, shown: datetime, budget: Iterator[int]) -> Iterator[Frame]:
    at = 0
    while at < len(view):
        if next(budget, None) is None:
            raise RemoteProtocolError(f"an answer has more than {_MOST_PACKETS} media packets")
        if len(view) - at < _TYPE_AND_LENGTH.size:
            raise _malformed("is cut off in its header", view, at)
        kind, length = _TYPE_AND_LENGTH.unpack_from(view, at)
        if kind == PacketType.MULTI_PACKET:
            if len(view) - at < _MULTI_PACKET_HEADER_SIZE:
                raise _malformed("is cut off in its header", view, at)
            at += _MULTI_PACKET_HEADER_SIZE
            continue
        if 0x0001 <= kind <= 0x000F:
            yield _block(kind, view[at:], shown)
            return
        if not _VIDEO <= kind <= 0x00FF:
            raise _malformed("has no known data type", view, at)
        if not _TYPE_AND_LENGTH.size <= length <= len(view) - at:
            raise _malformed(f"has the length {length}, but {len(view) - at} bytes are left", view, at)
        yield _packet(kind, view[at : at + length], shown)
        at += length


def _packet(kind: int, packet: memoryview, shown: datetime) -> Frame:
    if kind != _VIDEO:
        return _media(kind, packet, shown)
    if len(packet) < _HEADER_SIZE:
        raise _malformed(f"has the length {len(packet)}, less than its own header", packet, 0)
    _, _, codec_id, flags, time = _VIDEO_HEADER.unpack_from(packet)
    return _picture(codec_id, flags, time, packet[_HEADER_SIZE:])


def _block(codec_id: int, view: memoryview, shown: datetime) -> Frame:
    codec = _CODECS.get(codec_id, Codec.UNKNOWN)
    block = read_block(view, codec)
    if block is None:
        raise UnsupportedBody(
            f"the recorder sent a legacy video block (codec {codec_id:#06x}) instead of separate pictures",
            hint="negotiate clientcapabilities/multipartdata yes, or alwaysstdjpeg yes",
        )
    return Frame(time=shown, codec=codec, is_key=block.is_key, data=block.payload, codec_id=codec_id)


def _media(kind: int, packet: memoryview, shown: datetime) -> MediaFrame:
    """Return a packet of another data type; its own time, if it has one, is at an unknown place of the header."""
    make, start = MediaFrame, _TYPE_AND_LENGTH.size
    if kind == PacketType.AUDIO:
        make, start = AudioFrame, _AUDIO_HEADER_SIZE
    elif kind == PacketType.METADATA:
        begin = bytes(packet[_HEADER_SIZE : _HEADER_SIZE + _LONGEST_METADATA_GAP]).find(b"<")
        make, start = MetadataFrame, _HEADER_SIZE + max(0, begin)
    header, data = bytes(packet[:start]), packet[start:]
    return make(time=shown, codec=Codec.UNKNOWN, is_key=True, data=data, type=kind, header=header)


def _still(body: memoryview, shown: datetime) -> Frame:
    return _frame(shown, Codec.JPEG, True, body, _JPEG_CODEC)


def _picture(codec_id: int, flags: int, time: int, payload: memoryview) -> Frame:
    codec = _CODECS.get(codec_id, Codec.UNKNOWN)
    return _frame(from_milliseconds(time), codec, bool(flags & _SYNC_FLAG), payload, codec_id)


def _malformed(what: str, view: memoryview, at: int) -> RemoteProtocolError:
    return RemoteProtocolError(f"a media packet {what}", offset=at, sample=bytes(view[at : at + 16]).hex(" "))
