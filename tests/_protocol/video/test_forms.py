"""Every form of body through parser and packets: cut anywhere it gives the same frames, damaged a typed error."""

from collections.abc import Iterable
from contextlib import suppress
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk._protocol.video.imageserver import ImageServerProtocol
from milestone_sdk._protocol.video.messages import ImageParts
from milestone_sdk._protocol.video.packets import PictureReader
from milestone_sdk._protocol.video.reader import NEED_DATA
from milestone_sdk._protocol.video.requests import Step
from milestone_sdk.errors import RemoteProtocolError
from milestone_sdk.models import AudioFrame, Frame, MetadataFrame
from tests.support.imageserver_wire import audio, feed, legacy_block, metadata, multipart, packet, single, wrapped

from .test_imageserver import CAMERA, DELTA, KEY

TIMES = (1_773_480_401_906, 1_773_480_402_906, 1_773_480_403_906)
NOISE = b"\r\n\r\nImageResponse\r\n\r\n<x>"
BODIES = [
    audio(NOISE),
    wrapped(audio(b""), packet(TIMES[1], NOISE)),
    metadata(b"<m>\r\n\r\n</m>"),
    legacy_block(TIMES[1], b"\0\0\1\x65\x88" + NOISE, extension=4),
    KEY + DELTA + DELTA,
    b"\xff\xd8" + NOISE,
]
STREAM = b"".join(single(number, TIMES, body) for number, body in enumerate(BODIES, 1))
STREAM += multipart(7, TIMES, [audio(NOISE), wrapped(audio(NOISE)), metadata(b"<m/>")])


def frames_of(pieces: Iterable[bytes]) -> list[Frame]:
    protocol = ImageServerProtocol(CAMERA, arena=4096)
    for _ in range(7):
        protocol.step(Step.NEXT)
    found: list[Frame] = []
    reader = PictureReader()
    for piece in pieces:
        feed(protocol, piece)
        while (event := protocol.next_event()) is not NEED_DATA:
            assert isinstance(event, ImageParts)
            found += [each.copy() for each in reader.read(event, transcoded=False, media=True)]
    return found


WHOLE = frames_of([STREAM])


def test_the_whole_stream() -> None:
    kinds = [AudioFrame, AudioFrame, Frame, MetadataFrame, *[Frame] * 5, AudioFrame, AudioFrame, MetadataFrame]
    assert [type(frame) for frame in WHOLE] == kinds
    assert [bytes(frame.data) for frame in WHOLE].count(NOISE) == 4


@given(st.lists(st.integers(0, len(STREAM)), max_size=12).map(sorted), st.integers(0, len(STREAM)))
def test_any_split_and_truncation_gives_the_same_frames(places: list[int], end: int) -> None:
    cuts = [0, *(place for place in places if place < end), end]
    found = frames_of(STREAM[begin:stop] for begin, stop in pairwise(cuts))
    assert found == WHOLE[: len(found)]
    assert end < len(STREAM) or found == WHOLE


@given(st.integers(0, len(STREAM) - 1), st.binary(max_size=8), st.integers(0, 8))
def test_a_damaged_stream_is_read_or_a_typed_error(place: int, junk: bytes, removed: int) -> None:
    with suppress(RemoteProtocolError):
        frames_of([STREAM[:place] + junk + STREAM[place + removed :]])
