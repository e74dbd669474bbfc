"""The bounded byte reader: any chunking gives the same reads, and nothing is read without end."""

import random
from collections.abc import Generator
from itertools import pairwise
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk._protocol.video.reader import NEED_DATA, ByteReader, NeedData
from milestone_sdk.errors import RemoteProtocolError
from tests.support.imageserver_wire import feed

T = TypeVar("T")


def finish(reading: Generator[NeedData, None, T], reader: ByteReader, pieces: list[bytes]) -> T:
    """Drive one read, feeding a piece whenever it asks for more."""
    while True:
        try:
            assert next(reading) is NEED_DATA
        except StopIteration as stop:
            return stop.value
        feed(reader, pieces.pop(0))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in pairwise(edges)]


CONTENT = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"ab", b"\x00" * 9, b"\r\n\r\n"]), max_size=30).map(b"".join)


@given(
    lines=st.lists(st.binary(max_size=40).map(lambda text: text.replace(b"\n", b"-")), max_size=8),
    places=st.lists(st.integers(0, 400)),
    body=CONTENT,
)
def test_any_chunking_reads_the_same_lines_and_bodies(lines: list[bytes], places: list[int], body: bytes) -> None:
    stream = b"".join(line + b"\r\n" for line in lines) + body
    reader, pieces = ByteReader(), cut(stream, places)
    for line in lines:
        assert finish(reader.read_until(b"\r\n", 42), reader, pieces) == line + b"\r\n"
    finish(reader.arrived(len(body)), reader, pieces)
    assert reader.sample(len(body)) == body
    assert finish(reader.read_exact(len(body)), reader, pieces) == body
    assert reader.offset == len(stream)
    assert reader.buffered == 0


@given(before=CONTENT, after=CONTENT, places=st.lists(st.integers(0, 400)))
def test_a_marker_is_found_wherever_the_pieces_are_cut(before: bytes, after: bytes, places: list[int]) -> None:
    stream = before + b"\r\n\r\n" + after
    expected = stream[: stream.index(b"\r\n\r\n") + 4]
    reader, pieces = ByteReader(), cut(stream, places)
    assert finish(reader.read_until(b"\r\n\r\n", len(stream)), reader, pieces) == expected
    rest = len(stream) - len(expected)
    assert finish(reader.read_exact(rest), reader, pieces) == stream[len(expected) :]


@given(places=st.lists(st.integers(0, 60)), excess=st.integers(1, 20))
def test_a_line_may_be_as_long_as_allowed_and_no_longer(places: list[int], excess: int) -> None:
    reader, pieces = ByteReader(), cut(b"x" * 30 + b"\r\n", places)
    assert finish(reader.read_until(b"\r\n", 32), reader, pieces) == b"x" * 30 + b"\r\n"
    reader, pieces = ByteReader(), cut(b"x" * (30 + excess) + b"\r\n", places)
    with pytest.raises(RemoteProtocolError, match="no terminator"):
        finish(reader.read_until(b"\r\n", 32), reader, pieces)


def test_an_endless_line_is_refused_while_it_comes() -> None:
    pieces = [b"y" * 100] * 100
    reader = ByteReader()
    with pytest.raises(RemoteProtocolError):
        finish(reader.read_until(b"\r\n", 1000), reader, pieces)
    assert len(pieces) >= 88


def test_views_of_earlier_reads_stay_valid() -> None:
    reader = ByteReader()
    feed(reader, b"first")
    whole = finish(reader.read_exact(5), reader, [])
    straddling = finish(reader.read_exact(6), reader, [b"sec", b"ondTHIRD"])
    third = finish(reader.read_exact(5), reader, [])
    feed(reader, b"overwritten?")
    assert (bytes(whole), bytes(straddling), bytes(third)) == (b"first", b"second", b"THIRD")


@given(data=st.data(), lengths=st.lists(st.integers(0, 3000), min_size=1, max_size=60), piece=st.integers(1, 700))
def test_views_that_are_kept_never_change(data: st.DataObject, lengths: list[int], piece: int) -> None:
    """However few arenas there are: one is used again only when nothing views it."""
    stream = random.Random(len(lengths)).randbytes(sum(lengths))
    reader = ByteReader(size=1024)
    pieces = [stream[place : place + piece] for place in range(0, len(stream), piece)]
    kept: list[tuple[memoryview, bytes]] = []
    at = 0
    for length in lengths:
        view = finish(reader.read_exact(length), reader, pieces)
        assert view == stream[at : at + length]
        if data.draw(st.booleans()):
            kept.append((view, stream[at : at + length]))
        at += length
    assert all(view.readonly and view == expected for view, expected in kept)


def test_memory_is_used_again_while_one_view_is_kept() -> None:
    reader = ByteReader(size=4096)
    blocks: set[int] = set()
    view = memoryview(b"")
    for _ in range(1000):
        view = finish(reader.read_exact(300), reader, [bytes(300)])
        blocks.add(id(view.obj))
    assert len(blocks) <= 3
    assert len(view) == 300


def test_an_announced_length_alone_takes_no_memory() -> None:
    reader = ByteReader()
    reading = reader.read_exact(16 << 20)
    assert next(reading) is NEED_DATA
    assert len(reader.get_buffer()) <= 1 << 20
    feed(reader, bytes(100))
    assert next(reading) is NEED_DATA
    assert len(reader.get_buffer()) <= 1 << 20


def test_pieces_may_be_fed_before_they_are_asked_for() -> None:
    reader = ByteReader()
    for piece in (b"ab", b"", b"cd\r", b"\nef"):
        feed(reader, piece)
    assert reader.sample(3) == b"abc"
    assert reader.buffered == 8
    assert finish(reader.read_until(b"\r\n", 10), reader, []) == b"abcd\r\n"
    assert finish(reader.read_exact(2), reader, []) == b"ef"


def test_blanks_are_skipped_up_to_a_number() -> None:
    reader = ByteReader()
    feed(reader, b"\r\n\r\n!")
    finish(reader.skip(b"\r\n", 4), reader, [])
    assert reader.sample(1) == b"!"
    reader = ByteReader()
    feed(reader, b"\n" * 5)
    with pytest.raises(RemoteProtocolError, match="blank"):
        finish(reader.skip(b"\r\n", 4), reader, [])
