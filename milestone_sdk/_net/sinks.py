"""Where a stream writes what arrives, so that the bytes of a picture are not copied."""

from typing import Protocol

__all__ = ["Sink"]


class Sink(Protocol):
    """As `asyncio.BufferedProtocol`: memory for what arrives next, and how much of it was written."""

    def get_buffer(self) -> memoryview:
        """Return where to write; it is not empty, and valid until the next call."""
        ...

    def buffer_updated(self, count: int) -> None:
        """Accept `count` bytes that were written."""
        ...
