"""The ImageServer protocol: requests out, answers in, no socket (protocol/recording.md 2, 7.6).

One `ImageServerProtocol` lives as long as one connection. Its methods return the octets of a request; what the
recorder sends goes into `receive_data`, and `next_event` returns one answer after the other until `NEED_DATA`.
"""

import re
from collections import deque
from collections.abc import Generator
from typing import Final
from uuid import UUID
from xml.sax.saxutils import escape

from attrs import evolve, frozen

from ...errors import LocalProtocolError, RemoteProtocolError
from ..soap.values import not_xml
from .messages import (
    ConnectResponse,
    Event,
    ImageResponse,
    LivePackage,
    MethodResponse,
    body_length,
    check_length,
    image_response,
    live_package,
    parse_headers,
    parse_xml,
    redact,
    xml_event,
    xml_request,
)
from .reader import NEED_DATA, ByteReader, Limits, NeedData, Reading

__all__ = [
    "NEED_DATA",
    "ConnectResponse",
    "Event",
    "ImageResponse",
    "ImageServerProtocol",
    "LivePackage",
    "MethodResponse",
    "Transcode",
]

_END: Final = b"\r\n\r\n"
_IMAGE_LINE: Final = b"ImageResponse\r\n"
_DECLARATION: Final = '<?xml version="1.0" encoding="utf-8"?>'
_SAMPLE_OCTETS: Final = 32
_MOST_REPEATS: Final = 64
"""Answers to requests that were answered before, in a row, that are passed over."""
_LONGEST_TOKEN: Final = 16_384
"""Characters; it is looked for in the texts that a recorder sends."""
_BOUNDARY: Final = re.compile(r';\s*boundary\s*=\s*(?:"([^"]+)"|([^";\s]+))', re.IGNORECASE)
_PART_HEAD: Final = rb"(--.{1,200})\r\nContent-length: ([0-9]{1,9})\r\nContent-type: .{1,200}\r\n\r\n"
_FIRST_PART_HEAD: Final = re.compile(_PART_HEAD)
_NEXT_PART_HEAD: Final = re.compile(rb"\r\n" + _PART_HEAD)
_MAY_STAY_UNANSWERED: Final = frozenset({"connectupdate", "stop"})
_WITHOUT_PICTURES: Final = frozenset({"connect", "connectupdate", "stop"})


@frozen(kw_only=True)
class Transcode:
    """How the recorder shall make JPEG pictures (protocol/recording.md 2.4).

    `all_frames` transcodes every picture, else only key frames. `size` is the largest width and height in pixels;
    the picture keeps its shape and never grows.
    """

    all_frames: bool = True
    size: tuple[int, int] | None = None


@frozen
class _Request:
    id: int
    method: str


class ImageServerProtocol:
    """Both directions of one ImageServer connection to one device.

    `transcode` None asks for the native coding, several pictures to an answer; otherwise the recorder makes JPEG.
    No token ever stands in a repr or in the text of an error.
    """

    def __init__(
        self,
        device_id: UUID,
        *,
        stream_id: UUID | None = None,
        transcode: Transcode | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._device_id = device_id
        self._stream_id = stream_id
        self._transcode = transcode
        self._limits = limits or Limits()
        self._reader = ByteReader()
        self._events = self._read_events()
        self._failure: RemoteProtocolError | None = None
        self._last_id = 0
        self._waiting: deque[_Request] = deque()
        self._live_id: int | None = None
        self._secrets: list[str] = []
        self._begun: ImageResponse | None = None
        self._parts: list[memoryview] = []

    def __repr__(self) -> str:
        return f"<ImageServerProtocol device={self._device_id} unanswered={len(self._waiting)}>"

    # Requests

    def connect(self, token: str) -> bytes:
        """Open the session for the device (protocol/recording.md 2.4). Answer: `ConnectResponse`."""
        jpeg = self._transcode is not None
        capabilities = _element("privacymask", "no") + _element("multipartdata", "yes")
        body = _element("username", "a") + _element("password", "a") + _element("cameraid", str(self._device_id))
        body += _element("alwaysstdjpeg", "yes" if jpeg else "no") + self._transcode_xml()
        body += f"<clientcapabilities>{capabilities}</clientcapabilities>"
        return self._call("connect", body + self._connect_parameter(token))

    def connect_update(self, token: str) -> bytes:
        """Hand a new token to the running session (protocol/recording.md 2.5). Answer: `ConnectResponse`."""
        return self._call("connectupdate", self._connect_parameter(token))

    def goto(self, time: int, *, keyframes_only: bool = False, compression_rate: int | None = None) -> bytes:
        """Set the cursor to the unit at or before `time` (milliseconds UTC). Answer: `ImageResponse`."""
        body = _element("time", str(time))
        if compression_rate is not None:
            body += _element("compressionrate", str(compression_rate))
        if keyframes_only:
            body += _element("keyframesonly", "yes")
        return self._call("goto", body)

    def begin(self) -> bytes:
        """Set the cursor to the oldest unit. Answer: `ImageResponse`."""
        return self._call("begin")

    def end(self) -> bytes:
        """Set the cursor to the newest unit. Answer: `ImageResponse`."""
        return self._call("end")

    def next(self) -> bytes:
        """Move the cursor to the following unit; at the newest it stays. Answer: `ImageResponse`."""
        return self._call("next")

    def previous(self) -> bytes:
        """Move the cursor to the preceding unit; at the oldest it stays. Answer: `ImageResponse`."""
        return self._call("previous")

    def next_sequence(self) -> bytes:
        """Move the cursor to the start of the following sequence. Answer: `ImageResponse`."""
        return self._call("nextsequence")

    def previous_sequence(self) -> bytes:
        """Move the cursor to the end of the preceding sequence. Answer: `ImageResponse`."""
        return self._call("previoussequence")

    def live(self, *, initial_image: bool = False) -> bytes:
        """Start live pictures: `ImageResponse` and `LivePackage` events until `stop` (protocol/recording.md 2.10)."""
        request = self._call("live", _element("sendinitialimage", "yes" if initial_image else "no"))
        self._live_id = self._waiting.pop().id
        return request

    def stop(self) -> bytes:
        """Stop live pictures; those on their way still arrive, and no answer need follow (2.11)."""
        return self._call("stop")

    @property
    def unanswered(self) -> int:
        """How many requests for pictures wait for their answer."""
        return sum(request.method not in _MAY_STAY_UNANSWERED for request in self._waiting)

    def _call(self, method: str, body: str = "") -> bytes:
        self._last_id += 1
        self._waiting.append(_Request(self._last_id, method))
        head = _element("requestid", str(self._last_id)) + _element("methodname", method)
        return f"{_DECLARATION}<methodcall>{head}{body}</methodcall>\r\n\r\n".encode()

    def _connect_parameter(self, token: str) -> str:
        if not token or not_xml().search(token):
            raise LocalProtocolError("the token is empty or holds characters that XML has no form for")
        if len(token) > _LONGEST_TOKEN:
            raise LocalProtocolError(f"the token has {len(token)} characters; at most {_LONGEST_TOKEN} are sent")
        if token not in self._secrets:
            self._secrets = [*self._secrets[-3:], token]
        stream = f"&streamid={self._stream_id}" if self._stream_id else ""
        return _element("connectparam", f"id={self._device_id}{stream}&connectiontoken={token}")

    def _transcode_xml(self) -> str:
        if self._transcode is None:
            return ""
        body = _element("allframes", "yes" if self._transcode.all_frames else "no")
        if self._transcode.size is not None:
            width, height = self._transcode.size
            body += _element("width", str(width)) + _element("height", str(height))
            body += _element("keepaspectratio", "yes") + _element("allowupsizing", "no")
        return f"<transcode>{body}</transcode>"

    # Answers

    def receive_data(self, data: bytes) -> None:
        """Take in what the recorder has sent."""
        self._reader.feed(data)

    def next_event(self) -> Event | NeedData:
        """Return the next answer, or `NEED_DATA`.

        Raises `RemoteProtocolError` when the stream is out of sync or too large; then the connection is of no
        further use, and every later call raises the same error.
        """
        if self._failure is not None:
            raise self._failure
        try:
            return next(self._events)
        except RemoteProtocolError as error:
            if error.offset is None:
                error.offset = self._reader.offset
            if error.sample is None:
                error.sample = self._redact(self._reader.sample(_SAMPLE_OCTETS))
            error.at(operation="ImageServer")
            self._failure = error
            raise

    @property
    def incomplete(self) -> bool:
        """Whether a part of an answer has arrived that is not yet returned."""
        return self._begun is not None or self._reader.buffered > 0

    @property
    def answering(self) -> bool:
        """Whether pictures are arriving that were asked for and not answered yet."""
        if self._begun is None:
            return False
        number = self._begun.request_id
        return number in (None, self._live_id) or any(sent.id == number for sent in self._waiting)

    def salvage(self) -> ImageResponse | None:
        """Return the pictures that arrived whole of an answer that broke off, None when there are none."""
        # The end of the latest part was not seen yet; when the stream is out of sync, its length is what was wrong
        parts = tuple(self._parts[:-1] if self._failure else self._parts)
        if self._begun is None or not parts:
            return None
        request_id = self._begun.request_id
        method = next((sent.method for sent in self._waiting if request_id in (sent.id, None)), "")
        return evolve(self._begun, method=method, parts=parts, complete=False)

    def _read_events(self) -> Generator[Event | NeedData, None, None]:
        repeats = 0
        while True:
            yield from self._reader.skip(b"\r\n", self._limits.blank)
            first = yield from self._reader.peek(1)
            event = yield from (self._read_xml() if first == b"<" else self._read_image())
            if event is not None:
                repeats = 0
                yield event
            elif (repeats := repeats + 1) > _MOST_REPEATS:
                raise RemoteProtocolError(f"more than {_MOST_REPEATS} answers to requests that were answered before")

    def _read_xml(self) -> Reading[Event | None]:
        start = self._reader.offset
        data = yield from self._reader.read_until(_END, self._limits.xml)
        try:
            root = parse_xml(data[: -len(_END)])
        except RemoteProtocolError as error:
            error.offset, error.sample = start, self._redact(data[:_SAMPLE_OCTETS])
            raise
        if package := live_package(root):
            return package
        method = self._answered(*xml_request(root))
        return None if method is None else xml_event(root, method, self._secrets)

    def _read_image(self) -> Reading[ImageResponse | None]:
        while (start := self._reader.sample(len(_IMAGE_LINE))) != _IMAGE_LINE:
            if not _IMAGE_LINE.startswith(start):
                raise self._out_of_sync("neither an image nor XML begins here", b"")
            yield NEED_DATA
        yield from self._reader.read_exact(len(_IMAGE_LINE))
        headers = parse_headers((yield from self._reader.read_until(_END, self._limits.headers)), self._limits)
        self._begun, self._parts = image_response(headers), []
        content_type = self._begun.content_type
        if content_type.lower().startswith("multipart/"):
            yield from self._read_parts(content_type)
        else:
            if length := body_length(headers, self._limits):
                self._parts.append((yield from self._reader.read_exact(length)))
            yield from self._read_end(_END)
        method = self._answered(self._begun.request_id, None)
        response = None if method is None else evolve(self._begun, method=method, parts=tuple(self._parts))
        self._begun, self._parts = None, []
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

    def _answered(self, request_id: int | None, named: str | None) -> str | None:
        """Cross off the request that is answered and return its method.

        `named` is the method that an XML message names, None for an image. Returns None for a second answer to the
        same request, and "" for an XML message that nobody asked for. An answer without a request id is taken for
        the next one due.
        """
        image = named is None
        if self._live_id is not None and (request_id == self._live_id or (image and not self._waiting)):
            return "live"
        for place, sent in enumerate(self._waiting):
            optional = sent.method in _MAY_STAY_UNANSWERED
            due = sent.method == named or (image and not optional)
            if (request_id is None and due) or request_id == sent.id:
                if image and sent.method in _WITHOUT_PICTURES:
                    break
                for _ in range(place + 1):
                    self._waiting.popleft()
                return sent.method
            if not optional:
                break
        oldest = self._waiting[0].id if self._waiting else self._last_id + 1
        if request_id is not None and 0 < request_id < oldest:
            return None
        if image:
            raise self._out_of_sync(f"an image came out of turn, as the answer to request {request_id}", b"")
        return ""

    def _out_of_sync(self, what: str, read: bytes) -> RemoteProtocolError:
        sample = self._redact(read[:_SAMPLE_OCTETS]) or None
        return RemoteProtocolError(f"out of sync: {what}", offset=self._reader.offset - len(read), sample=sample)

    def _redact(self, data: bytes) -> str:
        return redact(repr(data)[2:-1], self._secrets)


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
