"""The body of one HTTP reply: decompressed while it arrives, within a bound on its size, from gzip at most."""

import zlib
from io import BytesIO
from typing import Final

from ..errors import RemoteProtocolError

__all__ = ["ACCEPTED", "ReplyBody"]

ACCEPTED: Final = "gzip"
"""The value of Accept-Encoding. Without it httpx offers every coding that is installed."""
_GZIP: Final = ("gzip", "x-gzip")
_PLAIN: Final = ("", "identity")
_STEP: Final = 4 * 2**20
"""Bytes that are decompressed at once: one packet of 64 KiB may hold 64 MiB."""
_OVERHEAD: Final = 64 * 2**10
"""Bytes by which gzip may be longer than its content."""
_MOST_PIECES: Final = 2**15
_LEAST_PIECE: Final = 128
"""Bytes of a piece on the average, beyond `_MOST_PIECES`: a chunk of one byte costs a thousand times its content."""


class ReplyBody:
    """Collects at most `maximum` bytes of one reply; `full` says that there are more.

    Call `unpack`, which may take milliseconds, while `pending` is true. Raises `RemoteProtocolError` for a coding other
    than gzip, for several codings, for damaged gzip, and for a body in countless tiny pieces.
    """

    def __init__(self, coding: str, *, maximum: int) -> None:
        name = coding.strip().lower()
        if name not in (*_GZIP, *_PLAIN):
            raise RemoteProtocolError(
                f"the reply has the content coding {coding[:100]!r}; only gzip is accepted, and only once",
                hint="look for a proxy that compresses replies although the client did not ask for it",
            )
        self._gzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS) if name in _GZIP else None
        self._packed = b""
        self._unfinished = False
        self._arrived = 0
        self._pieces = 0
        self._maximum = maximum
        self._content = BytesIO()
        self.full = False

    @property
    def pending(self) -> bool:
        """Whether bytes are left to decompress."""
        return (bool(self._packed) or self._unfinished) and not self.full

    def receive(self, data: bytes) -> None:
        """Add what has arrived."""
        self._arrived += len(data)
        self._pieces += 1
        if self._pieces > _MOST_PIECES + self._arrived // _LEAST_PIECE:
            raise RemoteProtocolError(f"the reply arrives in {self._pieces} pieces of a few bytes each")
        if self._gzip is None:
            self._keep(data)
        else:
            self._packed += data
            self.full = self.full or self._arrived > self._maximum + _OVERHEAD

    def unpack(self) -> None:
        """Decompress one step of what has arrived."""
        assert self._gzip is not None
        if self._gzip.eof:
            raise RemoteProtocolError("the reply continues after the end of its gzip coding")
        try:
            content = self._gzip.decompress(self._packed, _STEP)
        except zlib.error as error:
            raise RemoteProtocolError(f"the reply cannot be decompressed: {error}") from error
        self._keep(content)
        self._packed = self._gzip.unconsumed_tail or self._gzip.unused_data
        self._unfinished = (
            len(content) == _STEP and not self._gzip.eof
        )  # zlib may hold back output although it consumed all input

    def finish(self) -> bytes:
        """Return the content, up to `maximum` bytes."""
        if self._gzip is not None and self._arrived and not self._gzip.eof and not self.full:
            raise RemoteProtocolError("the reply ends before its gzip coding does")
        return self._content.getvalue()

    def _keep(self, data: bytes) -> None:
        left = self._maximum - self._content.tell()
        self.full = self.full or len(data) > left
        self._content.write(data[:left] if len(data) > left else data)
