"""The messages of an ImageServer connection, read from bytes that arrive in any pieces (protocol/recording.md 2.2)."""

import re
from collections.abc import Generator
from typing import Final

from attrs import evolve

from ...errors import RemoteProtocolError
from ..soap.faults import Element
from .messages import ImageResponse, body_length, check_length, image_response, parse_headers, parse_xml
from .reader import NEED_DATA, ByteReader, Limits, NeedData, Reading

__all__ = ["MessageParser"]

_END: Final = b"\r\n\r\n"
_IMAGE_LINE: Final = b"ImageResponse\r\n"
_SAMPLE_BYTES: Final = 32
_BOUNDARY: Final = re.compile(r';\s*boundary\s*=\s*(?:"([^"]+)"|([^";\s]+))', re.IGNORECASE)
_PART_HEAD: Final = rb"(--.{1,200})\r\nContent-length: ([0-9]{1,9})\r\nContent-type: .{1,200}\r\n\r\n"
_FIRST_PART_HEAD: Final = re.compile(_PART_HEAD)
_NEXT_PART_HEAD: Final = re.compile(rb"\r\n" + _PART_HEAD)


class MessageParser:
    """Reads one direction of a connection: what the recorder sends. It knows nothing of the requests."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._reader = ByteReader()
        self._messages = self._read_messages()
        self._failure: RemoteProtocolError | None = None
        self._parts: list[memoryview] = []
        self.begun: ImageResponse | None = None
        """The image that is arriving, without its parts."""

    def receive_data(self, data: bytes) -> None:
        """Accept what the recorder has sent."""
        self._reader.feed(data)

    def next_message(self) -> Element | ImageResponse | NeedData:
        """Return the next XML message or image, or `NEED_DATA`.

        Raises `RemoteProtocolError` when the stream is out of sync or too large, from then on at every call.
        """
        if self._failure is not None:
            raise self._failure
        return next(self._messages)

    def fail(self, error: RemoteProtocolError) -> None:
        """Raise this error from now on; say in it where in the stream it is."""
        if self._failure is None:
            if error.offset is None:
                error.offset = self._reader.offset
            if error.sample is None:
                error.sample = _shown(self._reader.sample(_SAMPLE_BYTES))
            self._failure = error

    @property
    def incomplete(self) -> bool:
        """Whether a part of a message has arrived that is not yet returned."""
        return self.begun is not None or self._reader.buffered > 0

    def salvage(self) -> ImageResponse | None:
        """Return the pictures that arrived whole of an image that broke off, None when there are none."""
        # The end of the latest part was not seen yet; when the stream is out of sync, its length is what was wrong
        parts = tuple(self._parts[:-1] if self._failure else self._parts)
        return evolve(self.begun, parts=parts, complete=False) if self.begun and parts else None

    def _read_messages(self) -> Generator[Element | ImageResponse | NeedData, None, None]:
        while True:
            yield from self._reader.skip(b"\r\n", self._limits.blank)
            first = yield from self._reader.peek(1)
            yield (yield from (self._read_xml() if first == b"<" else self._read_image()))

    def _read_xml(self) -> Reading[Element]:
        start = self._reader.offset
        data = yield from self._reader.read_until(_END, self._limits.xml)
        try:
            return parse_xml(data[: -len(_END)])
        except RemoteProtocolError as error:
            error.offset, error.sample = start, _shown(data[:_SAMPLE_BYTES])
            raise

    def _read_image(self) -> Reading[ImageResponse]:
        while (start := self._reader.sample(len(_IMAGE_LINE))) != _IMAGE_LINE:
            if not _IMAGE_LINE.startswith(start):
                raise self._out_of_sync("neither an image nor XML begins here", b"")
            yield NEED_DATA
        yield from self._reader.read_exact(len(_IMAGE_LINE))
        headers = parse_headers((yield from self._reader.read_until(_END, self._limits.headers)), self._limits)
        self.begun, self._parts = image_response(headers), []
        content_type = self.begun.content_type
        if content_type.lower().startswith("multipart/"):
            yield from self._read_parts(content_type)
        else:
            if length := body_length(headers, self._limits):
                self._parts.append((yield from self._reader.read_exact(length)))
            yield from self._read_end(_END)
        response = evolve(self.begun, parts=tuple(self._parts))
        self.begun, self._parts = None, []
        return response

    def _read_parts(self, content_type: str) -> Reading[None]:
        match = _BOUNDARY.search(content_type)
        if match is None:
            raise RemoteProtocolError("a multipart answer names no boundary")
        boundary = b"--" + (match[1] or match[2]).encode("latin-1")
        limits, parts, total = self._limits, self._parts, 0
        while (length := (yield from self._read_part_head(boundary))) is not None:
            if len(parts) == limits.parts:
                raise RemoteProtocolError(f"an answer of more than {limits.parts} parts")
            total += length
            self._check_total(total)
            parts.append((yield from self._reader.read_exact(length)))
            more = self._reader.take_parts(
                _NEXT_PART_HEAD, boundary, most=limits.parts - len(parts), largest=limits.part
            )
            total += sum(map(len, more))
            self._check_total(total)
            parts.extend(more)

    def _check_total(self, total: int) -> None:
        if total > self._limits.response:
            raise RemoteProtocolError(f"an answer of {total} octets or more; at most {self._limits.response} are taken")

    def _read_part_head(self, boundary: bytes) -> Reading[int | None]:
        """Return the length of the part that begins here, None at the end of the parts."""
        length = self._reader.take_head(_NEXT_PART_HEAD if self._parts else _FIRST_PART_HEAD, boundary)
        if length is not None:
            return check_length(length, self._limits)
        if self._parts:
            yield from self._read_end(b"\r\n")
        yield from self._reader.skip(b"\r\n", self._limits.blank)
        block = yield from self._reader.read_until(_END, self._limits.headers)
        line, _, rest = block.partition(b"\r\n")
        if line == boundary:
            return body_length(parse_headers(rest, self._limits), self._limits)
        if line == boundary + b"--" and rest == b"\r\n":
            return None
        raise self._out_of_sync("no boundary where a part should begin or end", block)

    def _read_end(self, end: bytes) -> Reading[None]:
        found = yield from self._reader.read_exact(len(end))
        if found.tobytes() != end:
            raise self._out_of_sync("a body does not end where its length says", found.tobytes())

    def _out_of_sync(self, what: str, read: bytes) -> RemoteProtocolError:
        sample = _shown(read[:_SAMPLE_BYTES]) or None
        return RemoteProtocolError(f"out of sync: {what}", offset=self._reader.offset - len(read), sample=sample)


def _shown(data: bytes) -> str:
    return repr(data)[2:-1]
