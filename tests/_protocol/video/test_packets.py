"""GenericByteData against the worked example of docs/protocol: payloads-example, and against damage."""

import pickle
import struct
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk._protocol.video.messages import ImageParts, ImageResponse
from milestone_sdk._protocol.video.packets import (
    PictureReader,
    UnsupportedBody,
    from_milliseconds,
    to_milliseconds,
)
from milestone_sdk.errors import RemoteProtocolError
from milestone_sdk.models import AudioFrame, Codec, Frame, MediaFrame, MetadataFrame
from tests.support.imageserver_wire import legacy_block, packet

KEY_TIME = datetime(2026, 3, 14, 9, 26, 42, 906000, tzinfo=UTC)
KEY_PAYLOAD = bytes.fromhex("00000001 6742C00AD90DE8 00000001 68CE3880 00000001 6588843F0D0AFF")
KEY = (
    bytes.fromhex("00 10 00 00 00 3E 00 0A 00 07 00 01 00 00 01 9C EB AB 5F DA 00 00 01 9C EB AB 5F DA 00 00 00 00")
    + KEY_PAYLOAD
)
DELTA = bytes.fromhex(
    "00 10 00 00 00 28 00 0A 00 08 00 00 00 00 01 9C EB AB 5F DA 00 00 01 9C EB AB 61 CE 00 00 00 00"
    "00 00 00 01 41 9A 24 10"
)
NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
FIRST = Frame(time=KEY_TIME, codec=Codec.H264, is_key=True, data=KEY_PAYLOAD, codec_id=10)
SECOND = Frame(
    time=KEY_TIME.replace(second=43, microsecond=406000),
    codec=Codec.H264,
    is_key=False,
    data=bytes.fromhex("00 00 00 01 41 9A 24 10"),
    codec_id=10,
)


def pictures(bodies: Iterable[bytes | memoryview], shown: datetime, *, media: bool = False) -> list[Frame]:
    parts = [memoryview(body) for body in bodies]
    image = ImageResponse(1, None, to_milliseconds(shown), None, None, "", "")
    return PictureReader().read(ImageParts(image, parts, True, sum(map(len, parts))), transcoded=False, media=media)


def test_the_packets_of_3_9() -> None:
    assert (len(KEY), len(DELTA)) == (62, 40)
    assert pictures([KEY, DELTA], NOW) == [FIRST, SECOND]
    assert pictures([KEY], NOW) == [FIRST]


def test_several_packets_in_one_body() -> None:
    assert pictures([KEY + DELTA], NOW) == [FIRST, SECOND]
    assert pictures([memoryview(KEY + DELTA + DELTA)], NOW) == [FIRST, SECOND, SECOND]


def test_two_coded_pictures_in_one_packet_are_the_fields_of_one_frame() -> None:
    field = bytes.fromhex("00000001 4588843F")
    (frame,) = pictures([packet(to_milliseconds(KEY_TIME), KEY_PAYLOAD + field)], NOW)
    assert (frame.time, frame.is_key, frame.data) == (KEY_TIME, True, KEY_PAYLOAD + field)


def data_packet(kind: int, rest: bytes) -> bytes:
    return struct.pack(">HI", kind, 6 + len(rest)) + rest


def test_a_wrapper_holds_video_and_audio() -> None:
    audio = data_packet(0x20, bytes(36) + b"sound")
    body = b"\xfe\xf0" + bytes(14) + KEY + audio
    video, sound = pictures([body], NOW, media=True)
    assert video == FIRST
    assert isinstance(sound, AudioFrame)
    assert (sound.raw, sound.time) == (audio, NOW)
    assert pictures([body], NOW) == [FIRST]


def test_audio_has_a_header_of_42_bytes() -> None:
    (frame,) = pictures([data_packet(0x20, bytes(36) + b"\r\n\r\nsound")], NOW, media=True)
    assert isinstance(frame, AudioFrame)
    assert (frame.data, len(frame.header), frame.is_key, frame.type) == (b"\r\n\r\nsound", 42, True, 0x20)
    assert "sound" not in repr(frame)


@pytest.mark.parametrize("gap", [0, 3, 10])
def test_metadata_begins_with_its_xml(gap: int) -> None:
    packet = data_packet(0x30, bytes(26 + gap) + "<tt:M>ö</tt:M>".encode())
    (frame,) = pictures([packet], NOW, media=True)
    assert isinstance(frame, MetadataFrame)
    assert (frame.text, frame.raw) == ("<tt:M>ö</tt:M>", packet)
    copied = pickle.loads(pickle.dumps(frame))
    assert (copied, type(copied.data)) == (frame, bytes)
    assert frame.copy() == frame


@pytest.mark.parametrize("rest", [b"", b"\x07", bytes(20)])
@pytest.mark.parametrize("kind", [0x20, 0x30, 0x77])
def test_short_and_unheard_of_packets_keep_all_their_octets(kind: int, rest: bytes) -> None:
    packet = data_packet(kind, rest)
    (frame,) = pictures([packet], NOW, media=True)
    assert isinstance(frame, MediaFrame)
    assert (frame.raw, frame.type) == (packet, kind)
    assert pictures([packet], NOW) == []


def test_a_bare_jpeg_under_whatever_name_has_the_time_of_its_answer() -> None:
    jpeg = b"\xff\xd8\xff\xe0...\xff\xd9"
    assert pictures([jpeg], NOW) == [Frame(time=NOW, codec=Codec.JPEG, is_key=True, data=jpeg, codec_id=1)]


def test_a_jpeg_in_a_packet_has_its_own_time() -> None:
    (frame,) = pictures([packet(to_milliseconds(KEY_TIME), b"\xff\xd8", codec=1)], NOW)
    assert (frame.time, frame.codec, frame.data) == (KEY_TIME, Codec.JPEG, b"\xff\xd8")


@pytest.mark.parametrize("start", [b"\x00\x00\x00\x01", b"\x00\x00\x01\x67"])
def test_a_raw_stream_is_passed_through(start: bytes) -> None:
    (frame,) = pictures([start + b"video"], NOW)
    assert (frame.codec, frame.data) == (Codec.UNKNOWN, start + b"video")


@pytest.mark.parametrize(
    ("number", "codec"),
    [
        (0x01, Codec.JPEG),
        (0x04, Codec.MPEG4),
        (0x0B, Codec.MPEG4),
        (0x09, Codec.H263),
        (0x0A, Codec.H264),
        (0x0C, Codec.VC1),
        (0x0E, Codec.H265),
        (0x0F, Codec.AV1),
        (0x80, Codec.MXPEG),
        (0x0BAD, Codec.UNKNOWN),
    ],
)
def test_codecs_have_the_numbers_of_3_3_and_new_ones_survive(number: int, codec: Codec) -> None:
    (frame,) = pictures([packet(1000, b"data", codec=number)], NOW)
    assert (frame.codec, frame.codec_id) == (codec, number)


H265_KEY = bytes.fromhex("00000001 4001 00000001 4201 00000001 2601AF 000001 260108")
MPEG4_KEY = bytes.fromhex("000001B0 000001B6 10")
SINGLE = [
    pytest.param(0x01, b"\xff\xd8...\xff\xd9", True, id="JPEG"),
    pytest.param(0x0A, b"\0\0\1\x09\x10\0\0\1\x65\x88\0\0\1\x65\x08", True, id="H.264 in two slices"),
    pytest.param(0x0A, bytes.fromhex("00000001 419A2410"), False, id="H.264 in between"),
    pytest.param(0x0E, H265_KEY, True, id="H.265"),
    pytest.param(0x0E, bytes.fromhex("00000001 0201D0"), False, id="H.265 in between"),
    pytest.param(0x04, MPEG4_KEY, True, id="MPEG-4"),
    pytest.param(0x04, bytes.fromhex("000001B6 56"), False, id="MPEG-4 in between"),
]


@pytest.mark.parametrize("extension", [0, 12])
@pytest.mark.parametrize(("codec", "payload", "is_key"), SINGLE)
def test_a_legacy_block_of_one_picture_is_a_frame(codec: int, payload: bytes, is_key: bool, extension: int) -> None:
    body = legacy_block(1000, payload, codec=codec, extension=extension)
    (frame,) = pictures([body], NOW)
    assert (frame.time, frame.is_key, frame.data, frame.codec_id) == (NOW, is_key, payload, codec)


@pytest.mark.parametrize(
    ("codec", "payload"),
    [
        (0x0A, KEY_PAYLOAD + b"\0\0\0\1\x41\x9a"),
        (0x0A, KEY_PAYLOAD * 2),
        (0x0E, H265_KEY + bytes.fromhex("00000001 0201D0")),
        (0x04, MPEG4_KEY * 2),
        (0x0C, b"VC-1"),
        (0x0F, b"AV1"),
        (0x01, b"not a JPEG"),
        (0x0A, b""),
    ],
)
def test_a_legacy_block_of_a_group_is_refused_with_the_way_out(codec: int, payload: bytes) -> None:
    with pytest.raises(UnsupportedBody, match="multipartdata"):
        pictures([legacy_block(1000, payload, codec=codec)], NOW)


@pytest.mark.parametrize("end", [6, 35, 36, 40, -1])
def test_a_legacy_block_of_another_form_is_refused_with_the_way_out(end: int) -> None:
    block = legacy_block(1000, KEY_PAYLOAD)
    for body in (block[:end], block + b"\0", block[:2] + b"\xff\xff" + block[4:]):
        with pytest.raises(UnsupportedBody, match="multipartdata"):
            pictures([body], NOW)


@pytest.mark.parametrize(
    "body",
    [
        KEY[:5],
        KEY[:40],
        KEY + DELTA[:39],
        KEY + b"\x00",
        b"\x00\x10\x00\x00\x00\x00" + KEY[6:],
        b"\x00\x10\x00\x00\x00\x05" + KEY[6:],
        b"\x00\x10\x00\x00\x00\x1f" + KEY[6:31],
        b"\x00\x10\xff\xff\xff\xff" + KEY[6:],
        KEY[:20] + b"\xff" * 8 + KEY[28:],
        b"\xfe\xf0\x00",
        b"\x12\x34" + KEY[2:],
        b"<html>",
    ],
)
def test_packets_that_cannot_be_are_refused(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        pictures([body], NOW)


@given(
    body=st.one_of(
        st.binary(max_size=120),
        st.builds(
            lambda place, junk: (KEY + DELTA)[:place] + junk + (KEY + DELTA)[place + len(junk) :],
            st.integers(0, 102),
            st.binary(max_size=8),
        ),
        st.builds(
            lambda head, rest: head + rest,
            st.sampled_from([b"\x00\x10", b"\xfe\xf0", b"\x00\x20", b"\x00\x30", b"\x00\x0a\x00\x00"]),
            st.binary(max_size=90),
        ),
    )
)
def test_noise_raises_nothing_else_and_makes_no_data(body: bytes) -> None:
    try:
        frames = pictures([body], NOW, media=True)
    except RemoteProtocolError:
        return
    assert sum(len(frame.data) for frame in frames) <= len(body)


@given(payloads=st.lists(st.binary(max_size=30), min_size=1, max_size=5), joined=st.booleans())
def test_every_payload_comes_out_as_it_went_in(payloads: list[bytes], joined: bool) -> None:
    bodies = [packet(1000 + 40 * place, payload, key_time=1000) for place, payload in enumerate(payloads)]
    frames = pictures([b"".join(bodies)] if joined else bodies, NOW)
    assert [frame.data for frame in frames] == payloads
    assert [to_milliseconds(frame.time) for frame in frames] == [1000 + 40 * place for place in range(len(payloads))]


@given(
    begin=st.integers(0, to_milliseconds(datetime.max.replace(tzinfo=UTC)) - 5000),
    steps=st.lists(st.sampled_from([-2001, -1000, -999, -40, 0, 33, 40, 999, 1000, 1001, 5000]), max_size=20),
)
def test_pictures_of_one_answer_have_their_own_times_in_whatever_order(begin: int, steps: list[int]) -> None:
    times = [max(0, begin + step) for step in (0, *steps)]
    assert [frame.time for frame in pictures([packet(time, b"x") for time in times], NOW)] == [
        from_milliseconds(time) for time in times
    ]


@given(milliseconds=st.integers(0, 253_402_300_799_999))
def test_times_on_the_wire_are_exact(milliseconds: int) -> None:
    assert to_milliseconds(from_milliseconds(milliseconds)) == milliseconds


@pytest.mark.parametrize("milliseconds", [-1, 253_402_300_800_000, 1 << 63])
def test_times_past_the_calendar_are_refused(milliseconds: int) -> None:
    with pytest.raises(RemoteProtocolError):
        from_milliseconds(milliseconds)


@pytest.mark.parametrize("before", [1, 500, 1000, 1001])
def test_a_picture_past_the_calendar_is_refused_after_others_too(before: int) -> None:
    latest = 253_402_300_799_999
    assert len(pictures([packet(latest - before, b"x"), packet(latest, b"x")], NOW)) == 2
    with pytest.raises(RemoteProtocolError):
        pictures([packet(latest - before, b"x"), packet(latest + 1, b"x")], NOW)
