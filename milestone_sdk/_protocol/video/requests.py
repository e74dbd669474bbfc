"""The requests of an ImageServer connection as bytes, and which of them an answer belongs to."""
# docs/protocol: imageserver-xml, imageserver-connect, imageserver-connectupdate, imageserver-recorded

from collections import deque
from enum import Enum
from typing import Final, Literal, NamedTuple, cast
from uuid import UUID
from xml.sax.saxutils import escape

from attrs import frozen

from ..._arguments import check_count
from ...errors import ConfigurationError, LocalProtocolError, RemoteProtocolError
from ..soap.values import not_xml

__all__ = [
    "ConnectOptions",
    "LiveOptions",
    "Requests",
    "Step",
    "Transcode",
    "compression_element",
    "connect_body",
    "connect_parameter",
    "element",
    "live_body",
]

_DECLARATION: Final = '<?xml version="1.0" encoding="utf-8"?>'
_LONGEST_TOKEN: Final = 16_384
"""Characters; the token is searched for in the strings that a recorder sends."""
_FASTEST: Final = 1000
"""Pictures a second; no camera has more, nor is the time between two of them less than a millisecond."""
_YES_OR_NO: Final = {True: "yes", False: "no"}
_MAY_STAY_UNANSWERED: Final = frozenset({"connectupdate", "stop"})
_WITHOUT_PICTURES: Final = frozenset({"connect", "connectupdate", "stop"})


class Step(Enum):
    """Where to move the recorder's cursor, as the method that does it."""  # docs/protocol: imageserver-recorded

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
    """How the recorder makes JPEG pictures. Raises `ConfigurationError` for values that cannot be.

    `all_frames` transcodes every picture, otherwise only key frames. `size` is the largest width and height in pixels;
    unless said otherwise, the picture keeps its aspect ratio and is never enlarged. `compression_rate` is from 1 to
    104, for `goto` and `live`.
    """  # docs/protocol: imageserver-connect, imageserver-recorded

    all_frames: bool = True
    size: tuple[int, int] | None = None
    keep_aspect_ratio: bool = True
    allow_upsizing: bool = False
    compression_rate: int | None = None

    def __attrs_post_init__(self) -> None:
        _check_size("size", self.size)
        _check_range("compression_rate", self.compression_rate, 104)


@frozen(kw_only=True)
class ConnectOptions:
    """What `connect` says about the client, and the span to which it limits the session.

    `multipart` accepts groups of pictures part by part. `privacy_mask` is the newest version of masks, 0 or 1, that
    the client draws itself; without it the recorder hides what is masked. `data_restriction` is whether the client
    understands restricted media. `restricted_to` is from and to in milliseconds UTC.
    """  # docs/protocol: imageserver-connect

    multipart: bool = True
    privacy_mask: int | None = None
    data_restriction: bool = False
    restricted_to: tuple[int, int] | None = None

    def __attrs_post_init__(self) -> None:
        if self.privacy_mask not in (None, 0, 1):
            raise ConfigurationError(f"privacy_mask must be None, 0 or 1, got {self.privacy_mask}")
        if self.restricted_to is not None and not 0 <= self.restricted_to[0] <= self.restricted_to[1]:
            raise ConfigurationError(f"restricted_to must be from and to in milliseconds, got {self.restricted_to}")


@frozen(kw_only=True)
class LiveOptions:
    """How the recorder chooses the pictures of `live`. Raises `ConfigurationError` for values that cannot be.

    `framerate` is "full", "medium" or "low"; one of `framerate_absolute` and `framerate_relative` can be given in its
    place. Unless `adaptive` is "max" or the size in pixels at which the pictures are shown, the recorder may not change
    to another stream of the camera. `initial_image` accepts an older picture as the first one.
    """  # docs/protocol: imageserver-live

    framerate: str | None = None
    framerate_absolute: int | None = None
    framerate_relative: int | None = None
    motion_only: bool = False
    adaptive: tuple[int, int] | Literal["max"] | None = None
    initial_image: bool = False

    def __attrs_post_init__(self) -> None:
        if self.framerate not in (None, "full", "medium", "low"):
            raise ConfigurationError(f"framerate must be 'full', 'medium' or 'low', got {self.framerate!r}")
        _check_range("framerate_absolute", self.framerate_absolute, _FASTEST)
        _check_range("framerate_relative", self.framerate_relative, 100)
        if len(self.rates) > 1:
            raise ConfigurationError(f"only one of {' and '.join(self.rates)} can be given")
        if self.adaptive != "max":
            _check_size("adaptive", self.adaptive, " or 'max'")

    @property
    def rates(self) -> dict[str, str | int]:
        """The frame rates that were given, by their names."""
        names = ("framerate", "framerate_absolute", "framerate_relative")
        given: dict[str, str | int | None] = {name: getattr(self, name) for name in names}
        return {name: value for name, value in given.items() if value is not None}


def _check_size(name: str, size: object, otherwise: str = "") -> None:
    sides = cast("tuple[object, ...]", size) if isinstance(size, tuple) else ()
    if size is not None and not (len(sides) == 2 and all(type(side) is int and side > 0 for side in sides)):
        raise ConfigurationError(f"{name} must be width and height in pixels{otherwise}, got {size!r}")


def _check_range(name: str, value: int | None, most: int) -> None:
    if value is not None:
        check_count(name, value)
        if value > most:
            raise ConfigurationError(f"{name} must be from 1 to {most}, got {value}")


class _Request(NamedTuple):
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
        if self._live_id is not None:
            unnumbered = request_id is None and named == "live"
            if request_id == self._live_id or unnumbered or (image and not self._waiting):
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


def connect_body(device_id: UUID, parameter: str, transcode: Transcode | None, options: ConnectOptions) -> str:
    """Return the elements of `connect`; without `transcode` the recorder sends the native coding."""
    body = element("username", "a") + element("password", "a") + element("cameraid", str(device_id))
    body += element("alwaysstdjpeg", _YES_OR_NO[transcode is not None])
    if transcode is not None:
        inner = element("allframes", _YES_OR_NO[transcode.all_frames])
        if transcode.size is not None:
            width, height = transcode.size
            inner += element("width", str(width)) + element("height", str(height))
            inner += element("keepaspectratio", _YES_OR_NO[transcode.keep_aspect_ratio])
            inner += element("allowupsizing", _YES_OR_NO[transcode.allow_upsizing])
        body += f"<transcode>{inner}</transcode>"
    capabilities = element("privacymask", _YES_OR_NO[options.privacy_mask is not None])
    if options.privacy_mask is not None:
        capabilities += element("privacymaskversion", str(options.privacy_mask))
    capabilities += element("multipartdata", _YES_OR_NO[options.multipart])
    if options.data_restriction:
        capabilities += element("datarestriction", "yes")
    body += f"<clientcapabilities>{capabilities}</clientcapabilities>"
    if options.restricted_to is not None:
        start, end = options.restricted_to
        times = element("starttime", str(start)) + element("endtime", str(end))
        body += f"<timerestriction>{times}</timerestriction>"
    return body + parameter


def live_body(options: LiveOptions | None, transcode: Transcode | None) -> str:
    """Return the elements of `live`; only with `options` the recorder is told about streams."""
    body = compression_element(transcode)
    body += element("sendinitialimage", _YES_OR_NO[options is not None and options.initial_image])
    if options is None:
        return body
    hints = "".join(f' {name.replace("_", "")}="{value}"' for name, value in options.rates.items())
    hints += ' motiononly="yes"' if options.motion_only else ""
    body += f"<attributes{hints} />" if hints else ""
    streams = "<disabled />"
    if options.adaptive == "max":
        streams = "<maxresolution />"
    elif options.adaptive is not None:
        width, height = options.adaptive
        hint = element("widthhint", str(width)) + element("heighthint", str(height))
        streams = f"<resolution>{hint}</resolution>"
    return f"{body}<adaptivestreaming>{streams}</adaptivestreaming>"


def compression_element(transcode: Transcode | None) -> str:
    """Return the element of `goto` and `live` for how strongly JPEG is compressed, "" unless that is said."""
    rate = None if transcode is None else transcode.compression_rate
    return "" if rate is None else element("compressionrate", str(rate))


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
