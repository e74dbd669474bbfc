"""Display order and size of coded pictures, from their parameter sets and headers; nothing is decoded.

A camera that uses B pictures sends a picture before those that are displayed earlier, and the recorder stamps each by
its arrival. A player needs both orders. The picture order count is in the slice header (H.264 7.3.3 and 8.2.1, H.265
7.3.6 and 8.3.1, ITU-T 2021).
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from attrs import define, frozen

from ...models.video import Codec

__all__ = ["Order", "PictureOrder", "coded_size"]

_START: Final = re.compile(rb"\x00\x00\x01")
_HEADER: Final = 64
"""Bytes of a slice that are read; its header up to the order count has less than 20."""
_PARAMETERS: Final = 4096
"""Bytes of a parameter set that are read; the longest has scaling lists, about 500."""
_MAX_UNITS: Final = 64
"""Units in front of the first slice of a picture that are looked at: a server decides how many there are."""
_MAX_SEGMENTS: Final = 256
"""Segments of a JPEG in front of its size that are looked at."""
_START_OF_FRAME: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MAX_EXP: Final = 32
_HIGH_PROFILES: Final = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


class Order(NamedTuple):
    """Where a picture is displayed: pictures of a later `sequence` are after those of an earlier one."""

    sequence: int
    place: int


class _Bits:
    """Reads bits of a unit, without the bytes that keep start codes out of it."""

    def __init__(self, data: bytes) -> None:
        payload = data.replace(b"\0\0\3", b"\0\0")
        self._value = int.from_bytes(payload, "big")
        self._left = len(payload) * 8

    def u(self, count: int) -> int:
        """Return an unsigned number of `count` bits; `ValueError` past the end."""
        self._left -= count
        if self._left < 0:
            raise ValueError("the unit is too short")
        return (self._value >> self._left) & ((1 << count) - 1)

    def ue(self) -> int:
        """Return an Exp-Golomb number."""
        zeros = 0
        while not self.u(1):
            zeros += 1
            if zeros > _MAX_EXP:
                raise ValueError("an Exp-Golomb number of more than 32 bits")
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        """Return a signed Exp-Golomb number."""
        number = self.ue()
        return (number + 1) // 2 if number % 2 else -(number // 2)


@frozen
class _Sequence:
    """What a sequence parameter set says."""

    width: int
    height: int
    count_bits: int = 0
    """Bits of the order count in slice headers; 0 where the order of display is that of decoding."""
    frame_number_bits: int = 0
    frames_only: bool = True
    separate_planes: bool = False


@frozen
class _Picture:
    """What a picture parameter set says."""

    sequence_id: int
    bottom_count: bool = False
    output_flag: bool = False
    extra_bits: int = 0


@define
class PictureOrder:
    """Reads the pictures of one stream in the order in which they are decoded."""

    codec: Codec
    _sequences: dict[int, _Sequence]
    _pictures: dict[int, _Picture]
    _number: int = 0
    _high: int = 0
    _low: int = 0
    size: tuple[int, int] | None = None
    """Width and height of the last picture in pixels, as coded; `None` before the first parameter set."""

    @classmethod
    def of(cls, codec: Codec) -> "PictureOrder":
        """Return a reader for a codec."""
        return cls(codec, {}, {})

    def read(self, data: bytes | memoryview) -> Order | None:
        """Return where a picture is displayed; `None` if it is not known, or is the order of decoding.

        `data` is one access unit in Annex B form.
        """
        if self.codec not in (Codec.H264, Codec.H265):
            return None
        h264 = self.codec is Codec.H264
        try:
            for unit in _units(data):
                kind = unit[0] & 31 if h264 else unit[0] >> 1 & 63
                slices = 1 <= kind <= 5 if h264 else kind <= 31
                if slices:
                    return self._h264_slice(unit, kind) if h264 else self._h265_slice(unit, kind)
                self._parameters(unit, kind, h264=h264)
        except (ValueError, IndexError, KeyError):
            return None
        return None

    def _parameters(self, unit: bytes, kind: int, *, h264: bool) -> None:
        if kind == (7 if h264 else 33):
            number, sequence = _h264_sequence(_Bits(unit[1:])) if h264 else _h265_sequence(_Bits(unit[2:]))
            self._sequences[number] = sequence
        elif kind == (8 if h264 else 34):
            number, picture = _h264_picture(_Bits(unit[1:])) if h264 else _h265_picture(_Bits(unit[2:]))
            self._pictures[number] = picture

    def _found(self, picture_id: int) -> tuple[_Sequence, _Picture]:
        picture = self._pictures[picture_id]
        sequence = self._sequences[picture.sequence_id]
        self.size = (sequence.width, sequence.height)
        return sequence, picture

    def _h264_slice(self, unit: bytes, kind: int) -> Order | None:
        bits = _Bits(unit[1:_HEADER])
        bits.ue()  # first_mb_in_slice
        bits.ue()  # slice_type
        sequence, _ = self._found(bits.ue())
        if not sequence.count_bits:
            return None
        if sequence.separate_planes:
            bits.u(2)
        bits.u(sequence.frame_number_bits)
        if not sequence.frames_only and bits.u(1):
            bits.u(1)  # bottom_field_flag
        if kind == 5:
            bits.ue()  # idr_pic_id
        low = bits.u(sequence.count_bits)
        return self._order(low, sequence.count_bits, first=kind == 5, kept=bool(unit[0] & 0x60))

    def _h265_slice(self, unit: bytes, kind: int) -> Order | None:
        bits = _Bits(unit[2:_HEADER])
        bits.u(1)  # first_slice_segment_in_pic_flag
        if 16 <= kind <= 23:
            bits.u(1)  # no_output_of_prior_pics_flag
        sequence, picture = self._found(bits.ue())
        bits.u(picture.extra_bits)
        bits.ue()  # slice_type
        if picture.output_flag:
            bits.u(1)
        if sequence.separate_planes:
            bits.u(2)
        low = 0 if kind in (19, 20) else bits.u(sequence.count_bits)
        lowest_layer = unit[1] & 7 == 1
        kept = lowest_layer and not (6 <= kind <= 9) and not (kind < 16 and kind % 2 == 0)
        return self._order(low, sequence.count_bits, first=16 <= kind <= 20, kept=kept)

    def _order(self, low: int, bits: int, *, first: bool, kept: bool) -> Order:
        """Extend the low bits of an order count by those that the last reference picture had."""
        if first:
            self._number, self._high, self._low = self._number + 1, 0, 0
        high, half = self._high, 1 << (bits - 1)
        if low < self._low and self._low - low >= half:
            high += 2 * half
        elif low > self._low and low - self._low > half:
            high -= 2 * half
        if kept:
            self._high, self._low = high, low
        return Order(self._number, high + low)


def coded_size(codec: Codec, data: bytes | memoryview) -> tuple[int, int] | None:
    """Return width and height of a JPEG or of a key frame of H.264 or H.265 in pixels; `None` if they are not found."""
    if codec is Codec.JPEG:
        return _jpeg_size(data)
    order = PictureOrder.of(codec)
    order.read(data)
    return order.size


def _jpeg_size(data: bytes | memoryview) -> tuple[int, int] | None:
    """Return the size in the frame header (ITU-T T.81 B.2.2); a thumbnail is within another segment."""
    place = 2
    for _ in range(_MAX_SEGMENTS):
        marker, header = bytes(data[place : place + 2]), bytes(data[place + 2 : place + 9])
        if marker == b"\xff\xff":  # fill
            place += 1
        elif len(header) < 7 or marker[0] != 0xFF:
            return None
        elif marker[1] in _START_OF_FRAME:
            height, width = int.from_bytes(header[3:5], "big"), int.from_bytes(header[5:7], "big")
            return (width, height) if width and height else None
        else:
            place += 2 + int.from_bytes(header[:2], "big")
    return None


def _units(data: bytes | memoryview) -> Iterator[bytes]:
    """Yield the beginnings of the units of an access unit; a slice is the last one that matters."""
    starts = _START.finditer(data)
    found = next(starts, None)
    for _ in range(_MAX_UNITS):
        if found is None:
            return
        begin = found.end()
        yield bytes(data[begin : begin + _PARAMETERS])
        found = next(starts, None)


def _h264_sequence(bits: _Bits) -> tuple[int, _Sequence]:
    profile = bits.u(8)
    bits.u(16)
    number, chroma, planes = bits.ue(), 1, False
    if profile in _HIGH_PROFILES:
        chroma = bits.ue()
        planes = chroma == 3 and bool(bits.u(1))
        for _ in range(2):
            bits.ue()
        bits.u(1)
        if bits.u(1):
            for index in range(12 if chroma == 3 else 8):
                if bits.u(1):
                    _skip_scaling_list(bits, 16 if index < 6 else 64)
    frame_number_bits = bits.ue() + 4
    kind, count_bits = bits.ue(), 0
    if kind == 0:
        count_bits = bits.ue() + 4
    elif kind == 1:
        bits.u(1)
        bits.se()
        bits.se()
        for _ in range(bits.ue()):
            bits.se()
    bits.ue()
    bits.u(1)
    columns, rows, frames_only = bits.ue() + 1, bits.ue() + 1, bool(bits.u(1))
    if not frames_only:
        bits.u(1)
    bits.u(1)
    left, right, top, bottom = (bits.ue(), bits.ue(), bits.ue(), bits.ue()) if bits.u(1) else (0, 0, 0, 0)
    across = 1 if planes or chroma in (0, 3) else 2
    down = (2 if chroma == 1 and not planes else 1) * (2 - frames_only)
    width, height = columns * 16 - (left + right) * across, rows * 16 * (2 - frames_only) - (top + bottom) * down
    return number, _Sequence(width, height, count_bits, frame_number_bits, frames_only, planes)


def _skip_scaling_list(bits: _Bits, length: int) -> None:
    last = following = 8
    for _ in range(length):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _h264_picture(bits: _Bits) -> tuple[int, _Picture]:
    number, sequence_id = bits.ue(), bits.ue()
    bits.u(1)
    return number, _Picture(sequence_id, bottom_count=bool(bits.u(1)))


def _h265_sequence(bits: _Bits) -> tuple[int, _Sequence]:
    bits.u(4)
    layers = bits.u(3)
    bits.u(1 + 96)
    present = [(bits.u(1), bits.u(1)) for _ in range(layers)]
    bits.u(2 * (8 - layers) if layers else 0)
    for profile, level in present:
        bits.u(88 * profile + 8 * level)
    number, chroma = bits.ue(), bits.ue()
    planes = chroma == 3 and bool(bits.u(1))
    width, height = bits.ue(), bits.ue()
    left, right, top, bottom = (bits.ue(), bits.ue(), bits.ue(), bits.ue()) if bits.u(1) else (0, 0, 0, 0)
    across, down = (2 if chroma in (1, 2) else 1), (2 if chroma == 1 else 1)
    bits.ue()
    bits.ue()
    count_bits = bits.ue() + 4
    size = width - (left + right) * across, height - (top + bottom) * down
    return number, _Sequence(*size, count_bits=count_bits, separate_planes=planes)


def _h265_picture(bits: _Bits) -> tuple[int, _Picture]:
    number, sequence_id = bits.ue(), bits.ue()
    bits.u(1)
    return number, _Picture(sequence_id, output_flag=bool(bits.u(1)), extra_bits=bits.u(3))
