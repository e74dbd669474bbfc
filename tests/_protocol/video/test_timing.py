"""Display order and times of pictures, judged by the encoder that made them."""

import io
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from milestone_sdk._protocol.video.pictureorder import Order, PictureOrder, coded_size
from milestone_sdk._protocol.video.timing import FrameTiming
from milestone_sdk.models.video import Codec, Frame

BEGAN = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
INTERVAL = 100
GROUP = 12

STREAMS = [
    pytest.param(codec, b, extra, id=f"{codec}-{b}b{extra}")
    for codec, b, extra in (
        (Codec.H264, 0, ""),
        (Codec.H264, 1, ":b-adapt=0"),
        (Codec.H264, 2, ":b-adapt=0:b-pyramid=1"),
        (Codec.H264, 3, ":b-adapt=0:open-gop=1"),
        (Codec.H264, 3, ":b-adapt=2"),
        (Codec.H265, 0, ":open-gop=0"),
        (Codec.H265, 2, ":b-adapt=0:open-gop=0"),
        (Codec.H265, 3, ":b-adapt=0:b-pyramid=1:open-gop=1"),
        (Codec.H265, 3, ":b-adapt=2:temporal-layers=3"),
    )
]


@cache
def coded(codec: Codec, b_pictures: int, extra: str, pictures: int = 40, width: int = 162) -> list[tuple[int, Frame]]:
    """Return pictures in decoding order: the place of each on screen, and a frame with the stamp a recorder gives it.

    A group of B pictures arrives together with the picture that it refers to, a few milliseconds apart.
    """
    name = "x264" if codec is Codec.H264 else "x265"
    encoder: Any = av.CodecContext.create(f"lib{name}", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, 90, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 1000), Fraction(1000, INTERVAL)
    options = f"keyint={GROUP}:min-keyint={GROUP}:scenecut=0:bframes={b_pictures}:repeat-headers=1:annexb=1{extra}"
    encoder.options = {f"{name}-params": options + (":log-level=none" if name == "x265" else ""), "preset": "fast"}
    scene = Image.radial_gradient("L").resize((width + 4 * pictures, 90)).convert("RGB")
    packets = []
    for number in range(pictures):
        picture = av.VideoFrame.from_image(scene.crop((number * 4, 0, number * 4 + width, 90)))
        picture.pts, picture.time_base = number * INTERVAL, Fraction(1, 1000)
        packets += encoder.encode(picture)
    packets += encoder.encode(None)
    frames, newest, bunched = [], -1, 0
    for packet in packets:
        newest, bunched = (packet.pts, 0) if packet.pts > newest else (newest, bunched + 2)
        time = BEGAN + (newest + bunched) * MILLISECOND
        frame = Frame(time=time, codec=codec, is_key=packet.is_keyframe, data=bytes(packet))
        frames.append((packet.pts // INTERVAL, frame))
    return frames


@pytest.mark.parametrize(("codec", "b_pictures", "extra"), STREAMS)
def test_the_order_is_that_of_the_encoder(codec: Codec, b_pictures: int, extra: str) -> None:
    reader = PictureOrder.of(codec)
    frames = coded(codec, b_pictures, extra)
    orders = [reader.read(memoryview(frame.data)) for _, frame in frames]
    if all(order is None for order in orders):  # H.264 without B pictures has no order of its own
        assert [place for place, _ in frames] == list(range(len(frames)))
    else:
        shown = sorted(range(len(frames)), key=lambda index: orders[index] or Order(0, 0))
        assert [frames[index][0] for index in shown] == list(range(len(frames)))
    assert reader.size == (162, 90)


@pytest.mark.parametrize("gap", [0, 7000])
@pytest.mark.parametrize(("codec", "b_pictures", "extra"), STREAMS)
def test_times_are_those_of_the_pictures_to_the_millisecond(
    codec: Codec, b_pictures: int, extra: str, gap: int
) -> None:
    timing, timed, expected, later = FrameTiming(codec), [], [], 0
    for index, (place, frame) in enumerate(coded(codec, b_pictures, extra)):
        later = gap if frame.is_key and index > GROUP else later  # the recording pauses in front of a key frame
        shifted = frame.time + later * MILLISECOND
        timed += timing.push(Frame(time=shifted, codec=codec, is_key=frame.is_key, data=frame.data))
        expected.append((BEGAN - EPOCH) // MILLISECOND + place * INTERVAL + later)
    timed += timing.flush()
    assert [each.frame.data for each in timed] == [frame.data for _, frame in coded(codec, b_pictures, extra)]
    assert [each.display for each in timed] == expected
    assert all(each.decode <= each.display for each in timed)
    assert all(before.decode < after.decode for before, after in pairwise(timed))


@pytest.mark.parametrize(("codec", "b_pictures", "extra"), STREAMS)
def test_pictures_are_not_collected(codec: Codec, b_pictures: int, extra: str) -> None:
    """A group of ten minutes is given out while it is read; what is held is bounded."""
    group = [frame for _, frame in coded(codec, b_pictures, extra)[:GROUP]]
    timing, given = FrameTiming(codec), 0
    for number in range(1000):
        source = group[number % (GROUP - 1) + 1] if number else group[0]
        time = BEGAN + number * INTERVAL * MILLISECOND
        given += len(timing.push(Frame(time=time, codec=codec, is_key=not number, data=source.data)))
        assert number - given <= 301
    assert given + len(timing.flush()) == 1000


def test_jpeg_and_times_that_do_not_advance() -> None:
    timing = FrameTiming(Codec.JPEG)
    stamps = [0, 40, 40, 39, 80, 200]
    frames = [
        Frame(time=BEGAN + each * MILLISECOND, codec=Codec.JPEG, is_key=True, data=b"\xff\xd8") for each in stamps
    ]
    timed = [each for frame in frames for each in timing.push(frame)] + timing.flush()
    start = (BEGAN - EPOCH) // MILLISECOND
    assert [each.decode - start for each in timed] == [0, 40, 41, 42, 80, 200]
    assert [each.display for each in timed] == [each.decode for each in timed]
    assert all(each.duration >= 1 for each in timed)


@pytest.mark.parametrize("codec", [Codec.JPEG, Codec.H264])
@pytest.mark.parametrize(
    ("stamps", "durations"),
    [
        ([0, 5000, 10000, 15000], [5000, 5000, 5000, 40]),
        ([0, 30_000, 30_200, 30_400], [200, 200, 200, 40]),
        ([0, 200, 30_000, 30_200], [200, 200, 200, 40]),
        ([0, 5000], [40, 40]),
        ([0], [40]),
    ],
)
def test_the_first_step_of_a_slow_camera_is_no_gap(codec: Codec, stamps: list[int], durations: list[int]) -> None:
    timing = FrameTiming(codec)
    frames = [Frame(time=BEGAN + each * MILLISECOND, codec=codec, is_key=True, data=b"\xff\xd8") for each in stamps]
    timed = [each for frame in frames for each in timing.push(frame)] + timing.flush()
    assert [each.duration for each in timed] == durations


@given(st.binary(max_size=200), st.sampled_from([Codec.H264, Codec.H265]), st.integers(0, 400), st.integers(0, 7))
def test_whatever_a_camera_sends_is_no_error(noise: bytes, codec: Codec, at: int, bit: int) -> None:
    reader = PictureOrder.of(codec)
    reader.read(noise)
    data = bytearray(
        coded(codec, 2, ":b-adapt=0:b-pyramid=1" if codec is Codec.H264 else ":b-adapt=0:open-gop=0")[0][1].data
    )
    data[at % len(data)] ^= 1 << bit
    reader.read(bytes(data))
    reader.read(b"\0\0\1".join([noise] * 100))
    reader.read(bytes(data[: at % len(data)]))


def jpeg(size: tuple[int, int], **options: Any) -> bytes:
    data = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(data, "JPEG", **options)
    return data.getvalue()


@given(st.integers(1, 4000), st.integers(1, 400), st.booleans())
def test_the_size_of_a_jpeg_is_in_its_header(width: int, height: int, progressive: bool) -> None:
    """A thumbnail of another size is in front of it, and fill bytes are between segments."""
    thumbnail = jpeg((16, 16))
    whole = jpeg((width, height), progressive=progressive, exif=b"Exif\0\0" + thumbnail)
    before, marker, behind = whole.rpartition(b"\xff\xdb")
    for data in (whole, before + b"\xff\xff" + marker + behind, memoryview(whole)):
        assert coded_size(Codec.JPEG, data) == (width, height)


@given(st.binary(max_size=100), st.integers(0, 2000))
def test_a_jpeg_without_a_size_is_no_error(noise: bytes, end: int) -> None:
    assert coded_size(Codec.JPEG, jpeg((64, 48))[: min(end, 150)]) is None
    coded_size(Codec.JPEG, noise)
    coded_size(Codec.JPEG, b"\xff\xd8" + b"\xff\xe0\0\2" * 100_000 + noise)
    assert coded_size(Codec.JPEG, b"\xff\xd8\xff\xc0\0\x11\x08\0\0\0\x10\3") is None  # the height comes later


@pytest.mark.parametrize("codec", [Codec.H264, Codec.H265])
def test_the_size_of_a_key_frame(codec: Codec) -> None:
    assert coded_size(codec, coded(codec, 0, ":open-gop=0")[0][1].data) == (162, 90)
    assert coded_size(codec, b"\0\0\1\1") is None
