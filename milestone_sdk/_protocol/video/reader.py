"""Bytes that arrive in any pieces, read as if they lay in a file; every read has a maximum.

The methods are generators, as in the websockets library: each yields `NEED_DATA` whenever bytes are missing and
returns what was asked for once they are there. So a parser reads like blocking code and never touches a socket.

Pictures are large and come one after the other, hence the reader copies little: what lies within one fed piece is
handed out as a view of it, and only what straddles pieces is joined.
"""

import re
from collections import deque
from collections.abc import Generator
from enum import Enum
from typing import Final, Literal, TypeAlias, TypeVar

from attrs import frozen

from ...errors import RemoteProtocolError

__all__ = ["NEED_DATA", "ByteReader", "Limits", "NeedData", "Reading"]

T = TypeVar("T")


class _Signal(Enum):
    NEED_DATA = "NEED_DATA"


NeedData: TypeAlias = Literal[_Signal.NEED_DATA]
"""The type of `NEED_DATA`."""

NEED_DATA: Final = _Signal.NEED_DATA
"""Stands in place of a value as long as the bytes fed so far do not hold it completely."""

Reading: TypeAlias = Generator[NeedData, None, T]
"""A read in progress: yields `NEED_DATA`, returns a `T`."""


@frozen(kw_only=True)
class Limits:
    """The most that a peer may make us hold, in octets unless said otherwise (protocol/recording.md 2.2).

    All but `response` and `blank` are numbers that sufficed on real servers. A response is one group of pictures:
    128 MiB are two minutes at 8 Mbit/s.
    """

    xml: int = 1 << 20
    """One XML message."""
    header_lines: int = 64
    """Lines in one block of headers (a count)."""
    line: int = 8 << 10
    """One header line."""
    part: int = 16 << 20
    """One body, or one part of a multipart body."""
    parts: int = 4096
    """Parts in one response (a count)."""
    response: int = 128 << 20
    """All parts of one response together."""
    blank: int = 64
    """Stray line ends in front of a message or a boundary."""

    @property
    def headers(self) -> int:
        """One block of headers."""
        return self.header_lines * self.line


class ByteReader:
    """Collects the bytes of one direction of a connection and hands them out piecewise."""

    def __init__(self) -> None:
        self._piece: bytes = b""
        self._at: int = 0
        self._later: deque[bytes] = deque()
        self._passed: int = 0

    def feed(self, data: bytes) -> None:
        """Add what has arrived."""
        if data:
            self._later.append(data)
            self._begin_next_piece()

    @property
    def offset(self) -> int:
        """How many octets have been read since the beginning of the connection."""
        return self._passed + self._at

    @property
    def buffered(self) -> int:
        """How many octets were fed and not yet read."""
        return len(self._piece) - self._at + sum(map(len, self._later))

    def sample(self, count: int) -> bytes:
        """Return up to `count` of the next octets, as far as they are here, without reading them."""
        start = self._piece[self._at : self._at + count]
        for piece in self._later:
            if len(start) >= count:
                break
            start += piece[: count - len(start)]
        return start

    def peek(self, count: int) -> Reading[bytes]:
        """Return the next `count` octets without reading them."""
        while len(start := self.sample(count)) < count:
            yield NEED_DATA
        return start

    def take_head(self, head: re.Pattern[bytes], boundary: bytes) -> int | None:
        """Read what is in front of a part, as `take_parts` does, and return the length of its body.

        Reads nothing and returns None when it is not as expected, or not whole in one fed piece.
        """
        found = head.match(self._piece, self._at)
        if found is None or found[1] != boundary:
            return None
        self._at = found.end()
        return int(found[2])

    def take_parts(self, head: re.Pattern[bytes], boundary: bytes, *, most: int, largest: int) -> list[memoryview]:
        """Read the bodies of at most `most` parts, as far as one fed piece holds them whole.

        `head` matches what is in front of a body; its first group has to be the boundary, its second is the length,
        which may be up to `largest`. Pictures come in hundreds a second: this is the short way for nearly all of them,
        and whatever is not as expected stays unread.
        """
        piece, at = self._piece, self._at
        view, match, size = memoryview(piece), head.match, len(piece)
        parts: list[memoryview] = []
        while len(parts) < most and (found := match(piece, at)) is not None and found[1] == boundary:
            length = int(found[2])
            end = found.end() + length
            if end > size or length > largest:
                break
            parts.append(view[end - length : end])
            at = end
        self._at = at
        return parts

    def read_exact(self, count: int) -> Reading[memoryview]:
        """Return the next `count` octets, as a view that stays valid."""
        end = self._at + count
        if end <= len(self._piece):
            view = memoryview(self._piece)[self._at : end]
            self._at = end
            return view
        joined = bytearray()
        while missing := count - len(joined):
            yield from self._unread()
            end = min(self._at + missing, len(self._piece))
            joined += memoryview(self._piece)[self._at : end]
            self._at = end
        return memoryview(joined)

    def read_until(self, marker: bytes, maximum: int) -> Reading[bytes]:
        """Return everything up to and with `marker`.

        Raises `RemoteProtocolError` once `maximum` octets, the marker included, have come without it.
        """
        found = self._piece.find(marker, self._at, self._at + maximum)
        if found >= 0:
            start, self._at = self._at, found + len(marker)
            return self._piece[start : self._at]
        joined = bytearray()
        while len(joined) < maximum:
            yield from self._unread()
            before = len(joined)
            joined += self._piece[self._at : self._at + maximum - before]
            found = joined.find(marker, max(0, before - len(marker) + 1))
            if found >= 0:
                end = found + len(marker)
                self._at += end - before
                return bytes(memoryview(joined)[:end])
            self._at += len(joined) - before
        raise RemoteProtocolError(f"no end in sight after {maximum} octets", offset=self.offset)

    def read_line(self, maximum: int) -> Reading[bytes]:
        """Return the next line without its CR LF. Raises `RemoteProtocolError` when it is longer than `maximum`."""
        line = yield from self.read_until(b"\r\n", maximum + 2)
        return line[:-2]

    def skip(self, octets: bytes, maximum: int) -> Reading[None]:
        """Pass over any of `octets`. Raises `RemoteProtocolError` when more than `maximum` of them come in a row."""
        for _ in range(maximum + 1):
            yield from self._unread()
            if self._piece[self._at] not in octets:
                return
            self._at += 1
        raise RemoteProtocolError(f"more than {maximum} blank octets in a row", offset=self.offset)

    def _unread(self) -> Reading[None]:
        """Wait until there is something to read in the current piece."""
        while self._at == len(self._piece):
            self._begin_next_piece()
            if self._at == len(self._piece):
                yield NEED_DATA

    def _begin_next_piece(self) -> None:
        if self._at == len(self._piece) and self._later:
            self._passed += self._at
            self._piece, self._at = self._later.popleft(), 0
