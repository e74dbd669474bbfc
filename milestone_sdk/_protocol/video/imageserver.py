"""One ImageServer connection without its socket: requests out, answers in (protocol/recording.md 2, 7.6).

One `ImageServerProtocol` is one session of one device. Its request methods return bytes to send; what the recorder
sends goes into `receive_data`, and `next_event` returns one answer after the other until `NEED_DATA`. How long an
answer is waited for is an `AnswerDeadline`.
"""

from typing import Final
from uuid import UUID

from attrs import evolve

from ...errors import CameraNotFound, MilestoneError, PermissionDenied, RemoteProtocolError, ServerFault, TokenExpired
from ..soap.faults import is_unknown_device
from .messages import Event, ImageResponse, LivePackage, live_package, redact, xml_event, xml_request
from .parser import MessageParser
from .reader import NEED_DATA, Limits, NeedData
from .requests import Requests, Step, Transcode, connect_body, connect_parameter, goto_body, live_body

__all__ = ["AnswerDeadline", "ImageServerProtocol", "refusal"]

_MOST_IGNORED: Final = 64
"""Messages in a row that answer no request, or one that was answered before, while an answer is awaited."""
_SECRETS: Final = 4
"""Tokens that are masked in what the recorder sends: the latest ones."""
_SLOWEST: Final = 8 << 10
"""Bytes a second below which an answer times out, however steadily it arrives."""


class ImageServerProtocol:
    """Both directions of one ImageServer connection to one device.

    `transcode` None asks for the native coding, several pictures to an answer; otherwise the recorder makes JPEG.
    No token is in a repr or in the text of an error.
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
        self._requests = Requests()
        self._parser = MessageParser(limits or Limits())
        self._secrets: list[str] = []
        self._ignored = 0

    def __repr__(self) -> str:
        return f"<ImageServerProtocol device={self._device_id} unanswered={self.unanswered}>"

    def connect(self, token: str) -> bytes:
        """Open the session for the device (protocol/recording.md 2.4). Answer: `ConnectResponse`."""
        parameter = self._connect_parameter(token)
        return self._requests.call("connect", connect_body(self._device_id, parameter, self._transcode))

    def connect_update(self, token: str) -> bytes:
        """Send a new token to the running session (protocol/recording.md 2.5). Answer: `ConnectResponse`."""
        return self._requests.call("connectupdate", self._connect_parameter(token))

    def goto(self, time: int, *, keyframes_only: bool = False) -> bytes:
        """Set the cursor to the unit at or before `time` (milliseconds UTC). Answer: `ImageResponse`."""
        return self._requests.call("goto", goto_body(time, keyframes_only=keyframes_only))

    def step(self, step: Step) -> bytes:
        """Move the cursor. Answer: `ImageResponse`."""
        return self._requests.call(step.value)

    def live(self, *, initial_image: bool = False) -> bytes:
        """Start live pictures: `ImageResponse` and `LivePackage` events until `stop` (protocol/recording.md 2.10)."""
        return self._requests.call("live", live_body(initial_image=initial_image))

    def stop(self) -> bytes:
        """Stop live pictures; those on their way still arrive, and an answer is optional (2.11)."""
        return self._requests.call("stop")

    @property
    def unanswered(self) -> int:
        """How many requests for pictures wait for their answer."""
        return self._requests.unanswered

    def _connect_parameter(self, token: str) -> str:
        parameter = connect_parameter(self._device_id, self._stream_id, token)
        if token not in self._secrets:
            self._secrets = [*self._secrets[1 - _SECRETS :], token]
        return parameter

    def receive_data(self, data: bytes) -> None:
        """Accept what the recorder has sent."""
        self._parser.receive_data(data)

    def next_event(self) -> Event | NeedData:
        """Return the next answer, or `NEED_DATA`.

        Raises `RemoteProtocolError` when the stream is out of sync or too large; then the connection is of no
        further use, and every later call raises the same error.
        """
        try:
            while (event := self._read()) is None:
                self._count_ignored()
            if event is not NEED_DATA:
                if isinstance(event, LivePackage) or not event.method:
                    self._count_ignored()
                else:
                    self._ignored = 0
            return event
        except RemoteProtocolError as error:
            self._parser.fail(error)
            error.sample = redact(error.sample or "", self._secrets)
            error.at(operation="ImageServer")
            raise

    def _count_ignored(self) -> None:
        self._ignored += 1
        if self._ignored > _MOST_IGNORED and not self._requests.live:
            raise RemoteProtocolError(f"{self._ignored} messages in a row answer no request that waits")

    def _read(self) -> Event | NeedData | None:
        """Return the next event, None in place of a repeated answer."""
        message = self._parser.next_message()
        if message is NEED_DATA:
            return message
        if isinstance(message, ImageResponse):
            method = self._requests.answered(message.request_id, None)
            return None if method is None else evolve(message, method=method)
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
        """Whether pictures are arriving that were requested and not answered yet."""
        begun = self._parser.begun
        return begun is not None and self._requests.awaits(begun.request_id) is not None

    def salvage(self) -> ImageResponse | None:
        """Return the pictures that arrived whole of an answer that broke off, None when there are none."""
        response = self._parser.salvage()
        return response and evolve(response, method=self._requests.awaits(response.request_id) or "")


class AnswerDeadline:
    """How long an answer is waited for: `timeout` seconds, longer as long as it arrives fast enough.

    So much of an awaited answer restores one second of the timeout, and never more than the timeout. Repeated answers,
    status messages and the like restore nothing.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._end: float | None = None

    def restart(self) -> None:
        """Begin again, with the next question for `left`: time in which the caller is busy does not count."""
        self._end = None

    def left(self, now: float) -> float:
        """Return the seconds that are left, 0 or less when the deadline has passed."""
        if self._end is None:
            self._end = now + self._timeout
        return self._end - now

    def extend(self, count: int, now: float) -> None:
        """Count `count` bytes of the awaited answer."""
        self._end = min((self._end or now) + count / _SLOWEST, now + self._timeout)


def refusal(what: str, reason: str) -> MilestoneError:
    """Return the error for a refusal; the recorder gives its reason in free text only (protocol/recording.md 2.4)."""
    text = f"{what}: {reason or 'no reason given'}"
    words = reason.lower()
    if "token" in words:
        return TokenExpired(text)
    if is_unknown_device(reason):
        return CameraNotFound(text, hint="the camera may have moved to another recorder")
    if any(word in words for word in ("permission", "denied", "right", "access", "allowed", "authori")):
        return PermissionDenied(text, hint="the user's role needs Read and Playback on this camera")
    return ServerFault(text, detail=reason)
