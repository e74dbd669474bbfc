"""Two streams joined back to back in memory, for tests of drivers that need a peer but no socket."""

import asyncio

from ..errors import ConnectionLost, ReadTimeout

__all__ = ["AsyncMemoryStream", "memory_stream_pair"]


class AsyncMemoryStream:
    """One end of a pair; the same calls as `AsyncStream`."""

    def __init__(self) -> None:
        self._arrived = bytearray()
        self._ended = False
        self._news = asyncio.Event()
        self._peer: AsyncMemoryStream | None = None

    async def read(self, max_bytes: int, timeout: float) -> bytes:
        """Return what has arrived, at most `max_bytes`; `b""` when the peer has closed."""
        try:
            async with asyncio.timeout(timeout):
                while not self._arrived and not self._ended:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError as error:
            raise ReadTimeout("no complete answer within the time given", server="memory") from error
        data = bytes(self._arrived[:max_bytes])
        del self._arrived[:max_bytes]
        return data

    async def write(self, data: bytes, timeout: float) -> None:
        """Hand `data` to the peer at once."""
        if self._peer is None or self._ended:
            raise ConnectionLost("the connection is closed", server="memory")
        self._peer._receive(data)

    async def aclose(self) -> None:
        """End both directions."""
        self._receive(b"", ended=True)
        if self._peer is not None:
            self._peer._receive(b"", ended=True)

    def _receive(self, data: bytes, *, ended: bool = False) -> None:
        self._arrived += data
        self._ended = self._ended or ended
        self._news.set()


def memory_stream_pair() -> tuple[AsyncMemoryStream, AsyncMemoryStream]:
    """Return two streams; what one writes, the other reads."""
    left, right = AsyncMemoryStream(), AsyncMemoryStream()
    left._peer, right._peer = right, left  # pyright: ignore[reportPrivateUsage]
    return left, right
