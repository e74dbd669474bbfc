"""Bytes that arrive in any pieces, read as from a file; every read has a maximum.

The methods are generators, as in the websockets library: each yields `NEED_DATA` whenever bytes are missing and
returns its result once they have arrived. So a parser reads like blocking code and never uses a socket.

Pictures are large and frequent, hence nothing is copied if possible: a stream writes into the *arena* of the reader
(`get_buffer`, `buffer_updated`, as in `asyncio.BufferedProtocol`), and reads return views of it. A full arena is
replaced by one that nothing views any more, so that memory stays bounded, whatever is played.
"""

import re
from collections.abc import Generator
from enum import Enum
from typing import Final, Literal, TypeAlias, TypeVar

from attrs import frozen

from ...errors import RemoteProtocolError

__all__ = ["ARENA", "NEED_DATA", "ByteReader", "Limits", "NeedData", "Reading"]

T = TypeVar("T")

ARENA: Final = 1 << 20
"""Bytes; with half as much, and with four times as much, groups of pictures arrived more slowly."""
_MOST_SPARE: Final = 3
"""Arenas that are kept for use again; the caller usually holds the last picture of the arena before."""


class _Signal(Enum):
    NEED_DATA = "NEED_DATA"


NeedData: TypeAlias = Literal[_Signal.NEED_DATA]
"""The type of `NEED_DATA`."""

NEED_DATA: Final = _Signal.NEED_DATA
"""In place of a value as long as it has not arrived completely."""

Reading: TypeAlias = Generator[NeedData, None, T]
"""A read in progress: yields `NEED_DATA`, returns a `T`."""


@frozen(kw_only=True)
class Limits:
    """The most that is accepted from a peer, in bytes unless said otherwise.

    `xml`, `header_lines`, `line` and `part` are numbers that sufficed on real servers. Parts are not collected, so
    `parts` and `response` only end what would never end by itself: a million pictures are nine hours of video.
    """  # docs/protocol: imageserver-framing

    xml: int = 1 << 20
    """One XML message."""
    header_lines: int = 64
    """Lines in one block of headers (a count)."""
    line: int = 8 << 10
    """One header line."""
    part: int = 16 << 20
    """One body, or one part of a multipart body."""
    parts: int = 1 << 20
    """Parts in one response (a count)."""
    response: int = 64 << 30
    """All parts of one response together, with what is in front of each."""
    blank: int = 64
    """Stray line ends in front of a message or a boundary."""

    @property
    def headers(self) -> int:
        """One block of headers."""
        return self.header_lines * self.line


class _Arena:
    """A block of memory that is handed out in views; it knows whether any of them is still in use."""

    __slots__ = ("block", "shown", "writable")

    def __init__(self, size: int) -> None:
        self.block = bytearray(size)
        self._view()

    def _view(self) -> None:
        self.writable = memoryview(self.block)
        self.shown = self.writable.toreadonly()

    def is_viewed(self) -> bool:
        """Whether any view of the block exists: a bytearray refuses to change its size then."""
        try:
            self.writable.release()
            self.shown.release()
            self.block.append(self.block.pop())
        except BufferError:
            return True
        finally:
            self._view()
        return False


class ByteReader:
    """The bytes of one direction of a connection that have arrived and were not read yet."""

    def __init__(self, size: int = ARENA) -> None:
        self._size = size
        self._room = size // 16  # at least so much for each read from a stream
        self._arena = _Arena(0)  # the first read from a stream allocates one
        self._spare: list[_Arena] = []
        self._at = 0
        self._end = 0
        self._wanted = 0
        self._passed = 0

    # Writing

    def get_buffer(self) -> memoryview:
        """Return where to write what arrives; valid until the next call of any method."""
        unread = self._end - self._at
        if self._at + max(unread + self._room, min(self._wanted, self._size)) > len(self._arena.block):
            self._move(unread)
        return self._arena.writable[self._end :]

    def buffer_updated(self, count: int) -> None:
        """Add `count` bytes that were written to the buffer."""
        self._end += count

    def _move(self, unread: int) -> None:
        """Continue in another arena, with the bytes that were not read yet at its beginning."""
        # Memory for a large body grows with what has arrived of it: an announced length alone allocates nothing
        size = max(self._size, min(self._wanted, 4 * unread) + self._room, unread + self._room)
        before, self._arena = self._arena, self._free_arena(size)
        self._arena.writable[:unread] = before.shown[self._at : self._end]
        if len(before.block) == self._size:
            self._spare = [*self._spare[1 - _MOST_SPARE :], before]
        self._passed += self._at
        self._at, self._end = 0, unread

    def _free_arena(self, size: int) -> _Arena:
        if size == self._size:
            for place, arena in enumerate(self._spare):
                if not arena.is_viewed():
                    return self._spare.pop(place)
        return _Arena(size)

    # Reading

    @property
    def offset(self) -> int:
        """How many bytes have been read since the beginning of the connection."""
        return self._passed + self._at

    @property
    def buffered(self) -> int:
        """How many bytes have arrived and were not read yet."""
        return self._end - self._at

    def sample(self, count: int) -> bytes:
        """Return up to `count` of the next bytes, as far as they have arrived, without reading them."""
        return bytes(self._arena.shown[self._at : min(self._at + count, self._end)])

    def arrived(self, count: int) -> Reading[None]:
        """Wait until `count` bytes have arrived."""
        while self._end - self._at < count:
            self._wanted = count
            yield NEED_DATA
        self._wanted = 0

    def take(self, expected: bytes) -> bool:
        """Read `expected` if exactly that has arrived here; otherwise read nothing and return False."""
        found = self._arena.block.startswith(expected, self._at, self._end)
        if found:
            self._at += len(expected)
        return found

    def take_match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        """Read what matches here, if it has arrived completely; otherwise read nothing and return None."""
        found = pattern.match(self._arena.block, self._at, self._end)
        if found is not None:
            self._at = found.end()
        return found

    def take_body(self, length: int, end: bytes) -> memoryview | None:
        """Read a body and the `end` after it, if both have arrived; otherwise read nothing and return None."""
        stop = self._at + length
        if not self._arena.block.startswith(end, stop, self._end):
            return None
        start, self._at = self._at, stop + len(end)
        return self._arena.shown[start:stop]

    def take_parts(self, head: re.Pattern[bytes], boundary: bytes, largest: int) -> tuple[list[memoryview], int]:
        """Read the parts that have arrived completely; return their bodies, and how many bytes the next part needs.

        `head` matches what is in front of a body, with the line end after the body before; its groups are the boundary
        and the length. Where it does not match, or a body is longer than `largest`, the number is 0, and the rest stays
        unread. This is the short way for nearly all pictures, hundreds a second.
        """
        block, shown, at, end, match = self._arena.block, self._arena.shown, self._at, self._end, head.match
        parts: list[memoryview] = []
        needed = 0
        found = match(block, at, end)
        while found is not None and found[1] == boundary:
            start = found.end()
            stop = start + int(found[2])
            if stop - start > largest:
                break
            if stop + 2 > end:
                needed = stop + 2 - at
                break
            found = match(block, stop, end)
            if found is None and not block.startswith(b"\r\n", stop):
                break
            parts.append(shown[start:stop])
            at = stop
        self._at = at
        return parts, needed

    def unread(self, count: int) -> None:
        """Go back by `count` of the bytes that were read since bytes arrived last."""
        self._at -= count

    def read_exact(self, count: int) -> Reading[memoryview]:
        """Return the next `count` bytes, as a view that stays valid."""
        yield from self.arrived(count)
        self._at += count
        return self._arena.shown[self._at - count : self._at]

    def read_until(self, marker: bytes, maximum: int) -> Reading[bytes]:
        """Return everything up to and with `marker`.

        Raises `RemoteProtocolError` once `maximum` bytes, the marker included, have arrived without it.
        """
        searched = 0
        while True:
            limit = min(self._at + maximum, self._end)
            found = self._arena.block.find(marker, self._at + max(0, searched - len(marker) + 1), limit)
            if found >= 0:
                start, self._at = self._at, found + len(marker)
                return bytes(self._arena.shown[start : self._at])
            searched = limit - self._at
            if searched == maximum:
                raise RemoteProtocolError(f"no terminator within {maximum} bytes", offset=self.offset + maximum)
            yield NEED_DATA

    def skip(self, characters: bytes, maximum: int) -> Reading[None]:
        """Read any of `characters`. Raises `RemoteProtocolError` when more than `maximum` of them come in a row."""
        for _ in range(maximum + 1):
            yield from self.arrived(1)
            if self._arena.block[self._at] not in characters:
                return
            self._at += 1
        raise RemoteProtocolError(f"more than {maximum} blank bytes in a row", offset=self.offset)
