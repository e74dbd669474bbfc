"""The messages of an ImageServer connection, read from bytes that arrive in any pieces."""
# docs/protocol: imageserver-framing

import re
from collections.abc import Callable, Generator
from functools import lru_cache
from typing import Final, TypeAlias

from ...errors import RemoteProtocolError
from ..soap.faults import Element
from .messages import (
    USUAL_HEAD,
    ImageParts,
    ImageResponse,
    body_length,
    image_response,
    parse_headers,
    parse_xml,
    usual_response,
)
from .reader import NEED_DATA, ByteReader, Limits, NeedData, Reading

__all__ = ["Message", "MessageParser"]

Message: TypeAlias = Element | ImageParts | None
"""What the recorder sent; None is an image that answers a request that was answered before."""

_END: Final = b"\r\n\r\n"
_IMAGE_LINE: Final = b"ImageResponse\r\n"
_NO_BOUNDARY: Final = "no boundary where a part should begin or end"
_SAMPLE_BYTES: Final = 32
_BOUNDARY: Final = re.compile(r';\s*boundary\s*=\s*(?:"([^"]+)"|([^";\s]+))', re.IGNORECASE)
_PART_HEAD: Final = re.compile(rb"\r\n(--.{1,200})\r\nContent-length: ([0-9]{1,9})\r\nContent-type: .{1,200}\r\n\r\n")
"""How recorders write the head of a part; reading it header by header took a tenth of the time of a group."""


class MessageParser:
    """Reads one direction of a connection: what the recorder sends.

    `answered` takes the request id of an image and returns the method that it answers, None for a repeated answer.
    """

    def __init__(self, limits: Limits, answered: Callable[[int | None], str | None], reader: ByteReader) -> None:
        self._limits = limits
        self._answered = answered
        self._messages = self._read_messages()
        self._failure: RemoteProtocolError | None = None
        self.reader = reader
        """Where to write what the recorder sends."""
        self.image: ImageResponse | None = None
        """The awaited image that is arriving."""

    def next_message(self) -> Message | NeedData:
        """Return the next message, or `NEED_DATA`.

        Raises `RemoteProtocolError` when the stream is out of sync or too large, from then on at every call.
        """
        if self._failure is not None:
            raise self._failure
        return next(self._messages)

    def fail(self, error: RemoteProtocolError) -> None:
        """Raise this error from now on; say in it where in the stream it is."""
        if self._failure is None:
            if error.offset is None:
                error.offset = self.reader.offset
            if error.sample is None:
                error.sample = _shown(self.reader.sample(_SAMPLE_BYTES))
            self._failure = error

    @property
    def incomplete(self) -> bool:
        """Whether a part of a message has arrived that is not yet returned."""
        return self.image is not None or self.reader.buffered > 0

    def _read_messages(self) -> Generator[Message | NeedData, None, None]:
        reader = self.reader
        while True:
            usual = reader.take_match(USUAL_HEAD)
            if usual is not None:  # nearly every message, so it takes the short way
                image = usual_response(usual)
            else:
                yield from reader.skip(b"\r\n", self._limits.blank)
                if reader.sample(1) == b"<":
                    yield (yield from self._read_xml())
                    continue
                image = yield from self._read_image_head()
            method = self._answered(image.request_id)
            if method is not None:
                image.method, self.image = method, image
                yield from self._read_image(image)
            else:
                for message in self._read_image(image):
                    if message is NEED_DATA:
                        yield message
                yield None

    def _read_xml(self) -> Reading[Element]:
        start = self.reader.offset
        data = yield from self.reader.read_until(_END, self._limits.xml)
        try:
            return parse_xml(data[: -len(_END)])
        except RemoteProtocolError as error:
            error.offset, error.sample = start, _shown(data[:_SAMPLE_BYTES])
            raise

    def _read_image_head(self) -> Reading[ImageResponse]:
        usual = self.reader.take_match(USUAL_HEAD)
        if usual is not None:
            return usual_response(usual)
        while not self.reader.take(_IMAGE_LINE):
            start = self.reader.sample(len(_IMAGE_LINE))
            if not _IMAGE_LINE.startswith(start):
                raise self._out_of_sync("neither an image nor XML begins here", b"")
            yield NEED_DATA
        block = yield from self.reader.read_until(_END, self._limits.headers)
        return image_response(parse_headers(block, self._limits))

    def _read_image(self, image: ImageResponse) -> Generator[ImageParts | NeedData, None, None]:
        if image.length is None:
            yield from self._read_parts(image)
        else:
            body = yield from self._read_body(image.length, _END)
            self.image = None
            yield ImageParts(image, [body] if body else [], True, image.length)

    def _read_parts(self, image: ImageResponse) -> Generator[ImageParts | NeedData, None, None]:
        boundary = _boundary(image.content_type)
        end = b"\r\n" + boundary + b"--" + _END
        limits, count, total = self._limits, 0, 0
        parts: list[memoryview] = []
        self.reader.unread(2)  # a line end belongs to the boundary after it (RFC 2046); this one ends the headers, too
        offset = self.reader.offset
        while True:
            arrived, needed = self.reader.take_parts(_PART_HEAD, boundary, limits.part)
            parts += arrived
            count += len(parts)
            size = self.reader.offset - offset
            offset, total = offset + size, total + size
            excess = count > limits.parts or total > limits.response
            last = not excess and self.reader.take(end)
            if last:
                self.image = None
            if parts or last:
                yield ImageParts(image, parts, last, size)
            if last:
                return
            if excess:
                raise RemoteProtocolError(
                    f"an answer of {count} parts or more with {total} bytes; "
                    f"at most {limits.parts} parts with {limits.response} bytes are read"
                )
            if needed:
                parts = []
                yield from self.reader.arrived(needed)
                continue
            length: int | None = yield from self._read_part_head(boundary)
            if length is None:
                self.image = None
                yield ImageParts(image, [], True, 0)
                return
            parts = [(yield from self._read_body(length, b"\r\n"))]
            self.reader.unread(2)

    def _read_part_head(self, boundary: bytes) -> Reading[int | None]:
        """Return the length of the part that begins here, None at the end of the parts."""
        yield from self.reader.skip(b"\r\n", self._limits.blank)
        block = yield from self.reader.read_until(_END, self._limits.headers)
        line, _, rest = block.partition(b"\r\n")
        if line == boundary:
            return body_length(parse_headers(rest, self._limits))
        if line == boundary + b"--" and rest == b"\r\n":
            return None
        raise self._out_of_sync(_NO_BOUNDARY, block)

    def _read_body(self, length: int, end: bytes) -> Reading[memoryview]:
        """Return a body, once it has arrived and is known to end where its length says."""
        if length > self._limits.part:
            raise RemoteProtocolError(f"a body of {length} bytes; at most {self._limits.part} are read")
        yield from self.reader.arrived(length + len(end))
        body = self.reader.take_body(length, end)
        if body is None:
            yield from self.reader.read_exact(length)
            raise self._out_of_sync("a body does not end where its length says", b"")
        return body

    def _out_of_sync(self, what: str, read: bytes) -> RemoteProtocolError:
        sample = _shown(read[:_SAMPLE_BYTES]) or None
        return RemoteProtocolError(f"out of sync: {what}", offset=self.reader.offset - len(read), sample=sample)


@lru_cache(maxsize=16)
def _boundary(content_type: str) -> bytes:
    match = _BOUNDARY.search(content_type)
    if match is None:
        raise RemoteProtocolError("a multipart answer names no boundary")
    return b"--" + (match[1] or match[2]).encode("latin-1")


def _shown(data: bytes) -> str:
    return repr(data)[2:-1]
