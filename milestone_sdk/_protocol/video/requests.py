"""The requests of an ImageServer connection as bytes, and which of them an answer belongs to."""
# protocol/recording.md 2.3 to 2.11

from collections import deque
from enum import Enum
from typing import Final
from uuid import UUID
from xml.sax.saxutils import escape

from attrs import frozen

from ...errors import LocalProtocolError, RemoteProtocolError
from ..soap.values import not_xml

__all__ = [
    "LiveOptions",
    "Requests",
    "Step",
    "Transcode",
    "connect_body",
    "connect_parameter",
    "element",
    "live_body",
]

_DECLARATION: Final = '<?xml version="1.0" encoding="utf-8"?>'
_LONGEST_TOKEN: Final = 16_384
"""Characters; the token is searched for in the strings that a recorder sends."""
_MAY_STAY_UNANSWERED: Final = frozenset({"connectupdate", "stop"})
_WITHOUT_PICTURES: Final = frozenset({"connect", "connectupdate", "stop"})


class Step(Enum):
    """Where to move the recorder's cursor, as the method that does it."""  # protocol/recording.md 2.6

    BEGIN = "begin"
    """To the oldest unit."""
    END = "end"
    """To the newest unit."""
    NEXT = "next"
    """To the following unit; at the newest it stays."""
    PREVIOUS = "previous"
    """To the preceding unit; at the oldest it stays."""
    NEXT_SEQUENCE = "nextsequence"
    """To the start of the following sequence."""
    PREVIOUS_SEQUENCE = "previoussequence"
    """To the end of the preceding sequence."""


@frozen(kw_only=True)
class Transcode:
    """How the recorder makes JPEG pictures.

    `all_frames` transcodes every picture, otherwise only key frames. `size` is the largest width and height in pixels;
    the picture keeps its aspect ratio and is never enlarged.
    """  # protocol/recording.md 2.4

    all_frames: bool = True
    size: tuple[int, int] | None = None


@frozen(kw_only=True)
class LiveOptions:
    """How the recorder chooses the pictures of `live`.

    `framerate` is "full", "medium" or "low". Unless `adaptive` is the size in pixels at which the pictures are shown,
    the recorder may not change to another stream of the camera.
    """  # protocol/recording.md 2.10

    framerate: str | None = None
    motion_only: bool = False
    adaptive: tuple[int, int] | None = None


@frozen
class _Request:
    id: int
    method: str


class Requests:
    """Numbers the requests of a connection and finds the request that an answer belongs to."""

    def __init__(self) -> None:
        self._last_id = 0
        self._waiting: deque[_Request] = deque()
        self._due = 0  # those among them that must be answered
        self._live_id: int | None = None

    @property
    def live(self) -> bool:
        """Whether live pictures were requested."""
        return self._live_id is not None

    @property
    def unanswered(self) -> int:
        """How many requests for pictures wait for their answer."""
        return self._due

    def call(self, method: str, body: str = "") -> bytes:
        """Return a request as bytes; `live` has answers until the end of the connection, any other one at most."""
        self._last_id += 1
        if method == "live":
            self._live_id = self._last_id
        else:
            self._waiting.append(_Request(self._last_id, method))
            self._due += method not in _MAY_STAY_UNANSWERED
        head = f"<requestid>{self._last_id}</requestid><methodname>{method}</methodname>"
        return f"{_DECLARATION}<methodcall>{head}{body}</methodcall>\r\n\r\n".encode()

    def answered(self, request_id: int | None, named: str | None = None) -> str | None:
        """Remove the request that is answered and return its method.

        `named` is the method that an XML message names, None for an image. Returns None for a second answer to the
        same request, and "" for an XML message that answers no request. An answer without a request id belongs to the
        next one due. Raises `RemoteProtocolError` for an image that answers no request.
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
                self._due -= not optional  # those in front of it are optional
                return sent.method
            if not optional:
                break
        oldest = self._waiting[0].id if self._waiting else self._last_id + 1
        if request_id is not None and 0 < request_id < oldest:
            return None
        if image:
            raise RemoteProtocolError(f"out of sync: an image came out of turn, as the answer to request {request_id}")
        return ""


def connect_body(device_id: UUID, parameter: str, transcode: Transcode | None) -> str:
    """Return the elements of `connect`; without `transcode` the recorder sends the native coding (2.4)."""
    yes_or_no = {True: "yes", False: "no"}
    body = element("username", "a") + element("password", "a") + element("cameraid", str(device_id))
    body += element("alwaysstdjpeg", yes_or_no[transcode is not None])
    if transcode is not None:
        inner = element("allframes", yes_or_no[transcode.all_frames])
        if transcode.size is not None:
            width, height = transcode.size
            inner += element("width", str(width)) + element("height", str(height))
            inner += element("keepaspectratio", "yes") + element("allowupsizing", "no")
        body += f"<transcode>{inner}</transcode>"
    capabilities = element("privacymask", "no") + element("multipartdata", "yes")
    return f"{body}<clientcapabilities>{capabilities}</clientcapabilities>{parameter}"


def live_body(options: LiveOptions | None) -> str:
    """Return the elements of `live`; only with `options` the recorder is told about streams (2.10)."""
    body = element("sendinitialimage", "no")
    if options is None:
        return body
    hints = f' framerate="{options.framerate}"' if options.framerate else ""
    hints += ' motiononly="yes"' if options.motion_only else ""
    body += f"<attributes{hints} />" if hints else ""
    streams = "<disabled />"
    if options.adaptive is not None:
        width, height = options.adaptive
        hint = element("widthhint", str(width)) + element("heighthint", str(height))
        streams = f"<resolution>{hint}</resolution>"
    return f"{body}<adaptivestreaming>{streams}</adaptivestreaming>"


def connect_parameter(device_id: UUID, stream_id: UUID | None, token: str) -> str:
    """Return the element that names the device and carries the token. Raises `LocalProtocolError` for a bad token."""
    if not token or not_xml().search(token):
        raise LocalProtocolError("the token is empty or contains characters that XML cannot represent")
    if len(token) > _LONGEST_TOKEN:
        raise LocalProtocolError(f"the token has {len(token)} characters; at most {_LONGEST_TOKEN} are sent")
    stream = f"&streamid={stream_id}" if stream_id else ""
    return element("connectparam", f"id={device_id}{stream}&connectiontoken={token}")


def element(name: str, text: str) -> str:
    """Return an XML element with `text`."""
    return f"<{name}>{escape(text)}</{name}>"
