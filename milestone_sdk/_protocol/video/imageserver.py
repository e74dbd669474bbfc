"""One ImageServer connection without its socket: requests out, answers in.

One `ImageServerProtocol` is one session of one device. Its request methods return bytes to send; what the recorder
sends is written into `get_buffer`, and `next_event` returns one event after the other until `NEED_DATA`. Pictures are
returned as they arrive. How long an answer is waited for is an `AnswerDeadline`.
"""  # docs/protocol: imageserver-transport, imageserver-connect

from typing import Final
from uuid import UUID

from ...errors import CameraNotFound, MilestoneError, PermissionDenied, RemoteProtocolError, ServerFault, TokenExpired
from ..soap.faults import is_unknown_device
from .messages import Event, ImageParts, LivePackage, live_package, redact, xml_event, xml_request
from .parser import MessageParser
from .reader import ARENA, NEED_DATA, ByteReader, Limits, NeedData
from .requests import (
    ConnectOptions,
    LiveOptions,
    Requests,
    Step,
    Transcode,
    compression_element,
    connect_body,
    connect_parameter,
    element,
    live_body,
)

__all__ = ["AnswerDeadline", "ImageServerProtocol", "refusal"]

_MOST_IGNORED: Final = 64
"""Messages in a row that answer no request, or one that was answered before; status messages of live do not count."""
_SECRETS: Final = 4
"""Tokens that are masked in what the recorder sends: the latest ones."""
_NO_RIGHT: Final = (
    "permission",
    "denied",
    "forbidden",
    "missing right",
    "no right",
    "the right to",
    "insufficient right",
    "insufficient priv",
    "no access",
    "not allowed",
    "authoriz",
    "authoris",
)
"""What a text has that refuses for good. A database whose access failed, or sessions beyond those allowed, may pass."""
_SLOWEST: Final = 8 << 10
"""Bytes a second below which an answer times out, however steadily it arrives."""


class ImageServerProtocol:
    """Both directions of one ImageServer connection to one device.

    `transcode` None asks for the native coding, several pictures to an answer; otherwise the recorder makes JPEG.
    `arena` is the size in bytes of the buffers that pictures are received into.
    Tokens never appear in a repr or in the text of an error.
    """

    def __init__(
        self,
        device_id: UUID,
        *,
        stream_id: UUID | None = None,
        transcode: Transcode | None = None,
        options: ConnectOptions | None = None,
        limits: Limits | None = None,
        arena: int = ARENA,
    ) -> None:
        self._device_id = device_id
        self._stream_id = stream_id
        self._transcode = transcode
        self._options = options or ConnectOptions()
        self._requests = Requests()
        self._parser = MessageParser(limits or Limits(), self._requests.answered, ByteReader(arena))
        self._secrets: list[str] = []
        self._ignored = 0

    def __repr__(self) -> str:
        return f"<ImageServerProtocol device={self._device_id} unanswered={self.unanswered}>"

    def connect(self, token: str) -> bytes:
        """Open the session for the device. Answer: `ConnectResponse`."""  # docs/protocol: imageserver-connect
        parameter = self._connect_parameter(token)
        return self._requests.call("connect", connect_body(self._device_id, parameter, self._transcode, self._options))

    def connect_update(self, token: str) -> bytes:
        """Send a new token to the running session. Answer: `ConnectResponse`."""
        # docs/protocol: imageserver-connectupdate
        return self._requests.call("connectupdate", self._connect_parameter(token))

    def goto(self, time: int, *, keyframes_only: bool = False) -> bytes:
        """Set the cursor to the unit at or before `time` (milliseconds UTC). Answer: `ImageParts`."""
        body = element("time", str(time)) + compression_element(self._transcode)
        body += element("keyframesonly", "yes") if keyframes_only else ""
        return self._requests.call("goto", body)

    def step(self, step: Step) -> bytes:
        """Move the cursor. Answer: `ImageParts`."""
        return self._requests.call(step.value)

    def live(self, options: LiveOptions | None = None) -> bytes:
        """Start live pictures: `ImageParts` and `LivePackage` events until `stop`."""
        # docs/protocol: imageserver-live
        return self._requests.call("live", live_body(options, self._transcode))

    def stop(self) -> bytes:
        """Stop live pictures; those on their way still arrive, and an answer is optional."""
        return self._requests.call("stop")

    @property
    def unanswered(self) -> int:
        """How many requests for pictures wait for their answer, or for the rest of it."""
        return self._requests.unanswered + self.answering

    def _connect_parameter(self, token: str) -> str:
        parameter = connect_parameter(self._device_id, self._stream_id, token)
        if token not in self._secrets:
            self._secrets = [*self._secrets[1 - _SECRETS :], token]
        return parameter

    def get_buffer(self) -> memoryview:
        """Return where to write what the recorder sends; valid until the next call of any method."""
        return self._parser.reader.get_buffer()

    def buffer_updated(self, count: int) -> None:
        """Accept `count` bytes that were written to the buffer."""
        self._parser.reader.buffer_updated(count)

    def next_event(self) -> Event | NeedData:
        """Return the next event, or `NEED_DATA`.

        Raises `RemoteProtocolError` when the stream is out of sync or too large; then the connection is of no
        further use, and every later call raises the same error.
        """
        try:
            while (event := self._read()) is None:
                self._count_ignored()
            if isinstance(event, ImageParts) or (event is not NEED_DATA and self.completes(event)):
                self._ignored = 0
            elif event is not NEED_DATA:
                self._count_ignored()
            return event
        except RemoteProtocolError as error:
            self._parser.fail(error)
            error.sample = redact(error.sample or "", self._secrets)
            error.at(operation="ImageServer")
            raise

    def completes(self, event: Event) -> bool:
        """Whether an event is, or completes, what the caller waits for: an answer or, during live, any message."""
        if isinstance(event, ImageParts):
            return event.last
        return self._requests.live if isinstance(event, LivePackage) else bool(event.method)

    def _count_ignored(self) -> None:
        self._ignored += 1
        if self._ignored > _MOST_IGNORED and not self._requests.live:
            raise RemoteProtocolError(f"{self._ignored} messages in a row do not answer a pending request")

    def _read(self) -> Event | NeedData | None:
        """Return the next event, None in place of a repeated answer."""
        message = self._parser.next_message()
        if message is None or message is NEED_DATA or isinstance(message, ImageParts):
            return message
        if package := live_package(message):
            return package
        method = self._requests.answered(*xml_request(message))
        return None if method is None else xml_event(message, method, self._secrets)

    @property
    def incomplete(self) -> bool:
        """Whether a part of an answer has arrived that is not yet returned."""
        return self._parser.incomplete

    @property
    def answering(self) -> bool:
        """Whether pictures are arriving that were requested."""
        return self._parser.image is not None


class AnswerDeadline:
    """How long to wait for an answer: `timeout` seconds, and longer while it arrives fast enough.

    8 KiB of an awaited answer restore one second, up to `timeout`. Repeated answers, status messages and the like
    restore nothing.
    """

    def __init__(self, timeout: float) -> None:
        self.timeout: Final = timeout
        self._end: float | None = None

    def restart(self) -> None:
        """Begin again at the next call of `left`: time in which the caller is busy does not count."""
        self._end = None

    def left(self, now: float) -> float:
        """Return the seconds that are left, 0 or less when the deadline has passed."""
        if self._end is None:
            self._end = now + self.timeout
        return self._end - now

    def extend(self, count: int, now: float) -> None:
        """Count `count` bytes of the awaited answer."""
        self._end = min((self._end or now) + count / _SLOWEST, now + self.timeout)


def refusal(what: str, reason: str) -> MilestoneError:
    """Return the error for a refusal; the recorder gives its reason in free text only."""
    # docs/protocol: imageserver-connect
    text = f"{what}: {reason or 'no reason given'}"
    lowered = reason.lower()
    if "token" in lowered:
        return TokenExpired(text)
    if is_unknown_device(reason):
        return CameraNotFound(text, hint="the camera may have moved to another recorder")
    if any(part in lowered for part in _NO_RIGHT):
        return PermissionDenied(text, hint="the user's role needs Read and Playback on this camera")
    return ServerFault(text, detail=reason)
