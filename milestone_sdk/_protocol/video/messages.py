"""The messages of an ImageServer connection as values, made from XML and header lines."""
# docs/protocol: imageserver-xml, imageserver-connect, imageserver-connectupdate, imageserver-recorded

import re
from collections.abc import Iterable
from itertools import islice
from typing import Final, TypeAlias

from attrs import define, field, frozen
from lxml import etree

from ...errors import RemoteProtocolError
from ..soap.faults import Element, local_name
from .reader import Limits

__all__ = [
    "USUAL_HEAD",
    "ConnectResponse",
    "Event",
    "ImageParts",
    "ImageResponse",
    "LivePackage",
    "MethodResponse",
    "body_length",
    "image_response",
    "live_package",
    "parse_headers",
    "parse_xml",
    "redact",
    "usual_response",
    "xml_event",
    "xml_request",
]

USUAL_HEAD: Final = re.compile(
    rb"ImageResponse\r\nRequestId: ([0-9]{1,14})\r\nPrev: ([0-9]{1,14})\r\nCurrent: ([0-9]{1,14})\r\n"
    rb"Next: ([0-9]{1,14})\r\n"
    rb"(?:Content-length: ([0-9]{1,9})\r\nContent-type: (?!(?i:multipart/))|Content-type: (?=multipart/))"
    rb"([^ \r\n][^\r\n]{0,200})\r\nPrivacyMask: ([^\r\n]{1,200})\r\n\r\n"
)
"""How recorders write the head of an image, to read hundreds a second; any other form is read header by header."""
_LONGEST_TEXT: Final = 500
_MOST_VALUES: Final = 64
_MOST_DIGITS: Final = 19
_SHORTEST_SECRET: Final = 8
_LATEST: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""


@frozen(kw_only=True)
class ConnectResponse:
    """An answer that says whether there is a session; `reason` is free text of the server.

    `method` is the request that it answers, usually `connect` or `connectupdate`. `connect_update` is whether the
    server accepts new tokens on a live connection, None when it does not say.
    """

    request_id: int | None
    method: str
    connected: bool
    reason: str
    connect_update: bool | None = None


@frozen(kw_only=True)
class MethodResponse:
    """Any other XML message: `root` is its outermost element, `values` are the elements in it that have text.

    `method` is the request that it answers, "" when it answers none.
    """

    request_id: int | None
    method: str
    reason: str
    root: str = "methodresponse"
    values: tuple[tuple[str, str], ...] = ()


@frozen(kw_only=True)
class LivePackage:
    """A status message during live; `items` maps status ids to values."""  # docs/protocol: imageserver-live

    time: int | None
    items: dict[int, int]


@define
class ImageResponse:
    """The head of one unit: a picture or, in native coding, a group of pictures.

    `method` is the request that it answers. `current`, `previous` and `next` are milliseconds UTC, 0 when nothing is
    recorded, None when not sent; what cannot be read counts as not sent, except for `current`. `length` is that of a
    single body in bytes, None for several parts.
    """  # docs/protocol: imageserver-recorded, imageserver-headers

    request_id: int | None
    previous: int | None
    current: int
    next: int | None
    length: int | None
    content_type: str
    privacy_mask: str
    method: str = ""

    @property
    def masked(self) -> bool:
        """Whether the recorder expects its client to hide parts of these pictures."""  # docs/protocol: payloads-masks
        return self.privacy_mask.lower() not in ("", "none")


@define
class ImageParts:
    """Bodies of one unit that have arrived, in order of decoding; with `last` the unit is complete.

    `size` is how many bytes they took, with what is in front of each.
    """

    image: ImageResponse
    parts: list[memoryview] = field(repr=lambda parts: f"<{len(parts)} parts>")
    last: bool
    size: int


Event: TypeAlias = ConnectResponse | MethodResponse | LivePackage | ImageParts


def parse_headers(block: bytes, limits: Limits) -> dict[str, str]:
    """Return the headers of a block that ends with an empty line, names in lower case."""
    lines = block.split(b"\r\n")[:-2]
    if len(lines) > limits.header_lines or any(len(line) > limits.line for line in lines):
        raise RemoteProtocolError(
            f"headers of {len(lines)} header lines; at most {limits.header_lines} of {limits.line} bytes are read"
        )
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        name = name.strip().lower()
        if not colon or not name:
            raise RemoteProtocolError("out of sync: a header line without a name")
        if headers.setdefault(name, value.strip()) != value.strip() and name == "content-length":
            raise RemoteProtocolError("two lengths for one body")
    return headers


def body_length(headers: dict[str, str]) -> int:
    """Return the length of the body in bytes. Raises `RemoteProtocolError` when it is missing or not a number."""
    length = _header_number(headers, "content-length")
    if length is None:
        raise RemoteProtocolError("a body without a length")
    return length


def image_response(headers: dict[str, str]) -> ImageResponse:
    """Return the head of an image."""
    content_type = headers.get("content-type", "")
    return ImageResponse(
        _optional_number(headers, "requestid"),
        _optional_number(headers, "prev"),
        _header_number(headers, "current") or 0,
        _optional_number(headers, "next"),
        None if content_type.lower().startswith("multipart/") else body_length(headers),
        content_type,
        headers.get("privacymask", "none"),
    )


def usual_response(head: re.Match[bytes]) -> ImageResponse:
    """Return the head of an image that `USUAL_HEAD` matches; `image_response` of its headers is the same."""
    number, previous, current, following, length, content_type, mask = head.groups()
    return ImageResponse(
        int(number),
        int(previous),
        int(current),
        int(following),
        None if length is None else int(length),
        content_type.decode("latin-1").strip(),
        mask.decode("latin-1").strip(),
    )


def parse_xml(data: bytes) -> Element:
    """Parse a reply. Refuses what no recorder sends: document types, entities, deep nesting."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise RemoteProtocolError("XML with a document type")
    # The encoding is fixed so that no declaration can hide markup from the check above
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(data.decode("utf-8", "replace").encode(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise RemoteProtocolError("an XML message that is not well-formed") from error


def xml_request(root: Element) -> tuple[int | None, str]:
    """Return the request id and the method name that an XML message carries."""
    return _whole_number(_text(root, "requestid")), _text(root, "methodname")


def xml_event(root: Element, method: str, secrets: Iterable[str]) -> ConnectResponse | MethodResponse:
    """Return an XML message as the answer to `method`, with every secret in it masked."""
    request_id, _ = xml_request(root)
    reason = redact(_text(root, "errorreason"), secrets)
    if _find(root, "connected") is None:
        elements = islice(root.iter("{*}*"), _MOST_VALUES)
        values = [(local_name(element), redact(element.text or "", secrets)) for element in elements]
        shown = tuple(value for value in values if value[1].strip())
        return MethodResponse(request_id=request_id, method=method, reason=reason, root=local_name(root), values=shown)
    return ConnectResponse(
        request_id=request_id,
        method=method,
        connected=_text(root, "connected").lower() == "yes",
        reason=reason,
        connect_update={"yes": True, "no": False}.get(_text(root, "servercapabilities", "connectupdate").lower()),
    )


def live_package(root: Element) -> LivePackage | None:
    """Return an XML message as a status message, None when it is another one."""
    if local_name(root) != "livepackage":
        return None
    items: dict[int, int] = {}
    for element in root.iter("{*}statusitem"):
        key, value = _whole_number(element.get("id", "")), _whole_number(element.get("value", ""))
        if key is not None and value is not None:
            items[key] = value
    return LivePackage(time=_whole_number(_text(root, "status", "statustime")), items=items)


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return the beginning of `text`, with every secret in it masked."""
    text = text[:_LONGEST_TEXT]
    for secret in secrets:
        text = _mask(text, secret)
    return text


def _mask(text: str, secret: str) -> str:
    """Replace every run of characters that `text` shares with `secret`, unless it is too short to reveal anything."""
    shortest = min(_SHORTEST_SECRET, len(secret))
    shown: list[str] = []
    at = 0
    while at < len(text):
        end = at + shortest
        if end <= len(text) and text[at:end] in secret:
            while end < len(text) and text[at : end + 1] in secret:
                end += 1
            shown.append("...")
            at = end
        else:
            shown.append(text[at])
            at += 1
    return "".join(shown)


def _find(root: Element, *path: str) -> Element | None:
    return root.find("/".join(f"{{*}}{name}" for name in path))


def _text(root: Element, *path: str) -> str:
    element = _find(root, *path)
    return "" if element is None else (element.text or "").strip()


def _whole_number(text: str) -> int | None:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS else None


def _header_number(headers: dict[str, str], name: str) -> int | None:
    text = headers.get(name)
    if text is None:
        return None
    number = _optional_number(headers, name)
    if number is None:
        raise RemoteProtocolError(f"the header {name} is not a number")
    return number


def _optional_number(headers: dict[str, str], name: str) -> int | None:
    """Return the number in a header; None if it is missing, or neither a count nor a time."""
    number = _whole_number(headers.get(name, ""))
    return number if number is not None and 0 <= number <= _LATEST else None
