"""The messages of an ImageServer connection as values, and how XML and header lines become such values.

Names and meanings: protocol/recording.md 2.3 to 2.10.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, TypeAlias

from attrs import field, frozen
from lxml import etree

from ...errors import RemoteProtocolError
from ..soap.faults import Element, local_name
from .reader import Limits

__all__ = [
    "ConnectResponse",
    "Event",
    "ImageResponse",
    "LivePackage",
    "MethodResponse",
    "body_length",
    "check_length",
    "image_response",
    "live_package",
    "parse_headers",
    "parse_xml",
    "redact",
    "xml_event",
    "xml_request",
]

_LONGEST_TEXT: Final = 500
_MOST_VALUES: Final = 64
_MOST_DIGITS: Final = 19
_SHORTEST_SECRET: Final = 8
_LATEST: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""


@frozen(kw_only=True)
class ConnectResponse:
    """An answer that says whether the session stands; `reason` is free text of the server.

    Usually `method`, the request that it answers, is `connect` or `connectupdate`. `connect_update` says whether the
    server takes new tokens on a live connection, None when it does not tell.
    """

    request_id: int | None
    method: str
    connected: bool
    reason: str
    connect_update: bool | None = None


@frozen(kw_only=True)
class MethodResponse:
    """Any other XML message: `root` is its outermost element, `values` are the elements within that hold text.

    `method` is the request that it answers, "" when nobody asked.
    """

    request_id: int | None
    method: str
    reason: str
    root: str = "methodresponse"
    values: tuple[tuple[str, str], ...] = ()


@frozen(kw_only=True)
class LivePackage:
    """A status message during live; `items` maps status ids to values (protocol/recording.md 2.10)."""

    time: int | None
    items: dict[int, int]


@frozen(kw_only=True)
class ImageResponse:
    """One unit of pictures: a picture or, in native coding, a group of pictures (protocol/recording.md 2.6, 2.7).

    `method` is the request that it answers. `current`, `previous` and `next` are milliseconds UTC, 0 when nothing is
    recorded, None when not sent; what cannot be read counts as not sent, but for `current`. `parts` are the bodies in
    order of decoding. `complete` is False for what
    `ImageServerProtocol.salvage` returns.
    """

    request_id: int | None
    method: str
    current: int
    previous: int | None
    next: int | None
    content_type: str
    privacy_mask: str
    parts: tuple[memoryview, ...] = field(repr=lambda parts: f"<{len(parts)} parts>")
    complete: bool = True

    @property
    def masked(self) -> bool:
        """Whether the recorder leaves it to us to hide parts of these pictures (protocol/recording.md 3.10)."""
        return self.privacy_mask.lower() not in ("", "none")


Event: TypeAlias = ConnectResponse | MethodResponse | LivePackage | ImageResponse


def parse_headers(block: bytes, limits: Limits) -> dict[str, str]:
    """Return the headers of a block that ends with an empty line, names in lower case."""
    lines = block.split(b"\r\n")[:-2]
    if len(lines) > limits.header_lines or any(len(line) > limits.line for line in lines):
        raise RemoteProtocolError("too many header lines, or one too long")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        name = name.strip().lower()
        if not colon or not name:
            raise RemoteProtocolError("out of sync: a header line without a name")
        if headers.setdefault(name, value.strip()) != value.strip() and name == "content-length":
            raise RemoteProtocolError("two lengths for one body")
    return headers


def body_length(headers: dict[str, str], limits: Limits) -> int:
    """Return how many octets the body has. Raises `RemoteProtocolError` when it is not said, or too many."""
    length = _header_number(headers, "content-length")
    if length is None:
        raise RemoteProtocolError("a body without a length")
    return check_length(length, limits)


def check_length(length: int, limits: Limits) -> int:
    """Return the length of a body. Raises `RemoteProtocolError` when it is too long."""
    if length > limits.part:
        raise RemoteProtocolError(f"a body of {length} octets; at most {limits.part} are taken")
    return length


def image_response(headers: dict[str, str]) -> ImageResponse:
    """Return what the headers of an image say; the pictures and the request are filled in later."""
    return ImageResponse(
        request_id=_optional_number(headers, "requestid"),
        method="",
        current=_header_number(headers, "current") or 0,
        previous=_optional_number(headers, "prev"),
        next=_optional_number(headers, "next"),
        content_type=headers.get("content-type", ""),
        privacy_mask=headers.get("privacymask", "none"),
        parts=(),
    )


def parse_xml(data: bytes) -> Element:
    """Parse a reply, refusing what no recorder sends: document types, entities, nesting without end."""
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
    """Return an XML message as the answer to `method`, with every secret in its texts masked."""
    request_id, _ = xml_request(root)
    reason = redact(_text(root, "errorreason"), secrets)
    if _find(root, "connected") is None:
        values = [(local_name(element), redact(element.text or "", secrets)) for element in _elements(root)]
        shown = tuple(value for value in values if value[1].strip())
        return MethodResponse(request_id=request_id, method=method, reason=reason, root=local_name(root), values=shown)
    return ConnectResponse(
        request_id=request_id,
        method=method,
        connected=_text(root, "connected").lower() == "yes",
        reason=reason,
        connect_update=_yes_or_no(_text(root, "servercapabilities", "connectupdate")),
    )


def live_package(root: Element) -> LivePackage | None:
    """Return an XML message as a status message, None when it is none."""
    if local_name(root) != "livepackage":
        return None
    items: dict[int, int] = {}
    for element in root.iter("{*}statusitem"):
        key, value = _whole_number(element.get("id", "")), _whole_number(element.get("value", ""))
        if key is not None and value is not None:
            items[key] = value
    return LivePackage(time=_whole_number(_text(root, "status", "statustime")), items=items)


def redact(text: str, secrets: Iterable[str]) -> str:
    """Cut `text` to what is worth showing and mask every secret in it."""
    text = text[:_LONGEST_TEXT]
    for secret in secrets:
        text = _mask(text, secret)
    return text


def _mask(text: str, secret: str) -> str:
    """Replace every run of characters that `text` shares with `secret`, unless it is too short to tell anything."""
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


def _elements(root: Element) -> Iterator[Element]:
    return islice(root.iter("{*}*"), _MOST_VALUES)


def _find(root: Element, *path: str) -> Element | None:
    return root.find("/".join(f"{{*}}{name}" for name in path))


def _text(root: Element, *path: str) -> str:
    element = _find(root, *path)
    return "" if element is None else (element.text or "").strip()


def _yes_or_no(text: str) -> bool | None:
    return {"yes": True, "no": False}.get(text.lower())


def _whole_number(text: str) -> int | None:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS else None


def _header_number(headers: dict[str, str], name: str) -> int | None:
    text = headers.get(name)
    if text is None:
        return None
    number = _optional_number(headers, name)
    if number is None:
        raise RemoteProtocolError(f"the header {name} holds no number")
    return number


def _optional_number(headers: dict[str, str], name: str) -> int | None:
    """Return the number in a header; None for one that is missing, or that is neither a count nor a time."""
    number = _whole_number(headers.get(name, ""))
    return number if number is not None and 0 <= number <= _LATEST else None
