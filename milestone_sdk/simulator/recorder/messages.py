"""The messages of the ImageServer protocol as text and bytes."""
# docs/protocol: imageserver-framing, imageserver-xml, imageserver-connect, imageserver-connectupdate

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from uuid import UUID
from xml.sax.saxutils import escape

from attrs import frozen
from lxml import etree
from lxml.etree import _Element as Element  # pyright: ignore[reportPrivateUsage]

from milestone_sdk.simulator.wire.values import SCALARS

END = b"\r\n\r\n"
GENERIC = "application/x-genericbytedata-octet-stream"
JPEG = "image/jpeg"

_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>'
_guid = SCALARS["guid"].parse
"""Without braces, as in SOAP."""
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)


@frozen(kw_only=True)
class MethodCall:
    """One request of a client; `root` is its whole document."""

    request_id: int
    method: str
    root: Element

    def text(self, path: str) -> str | None:
        """The text at a path of element names below the root, trimmed, or None."""
        value = self.root.findtext(path)
        return None if value is None else value.strip()

    def says_yes(self, path: str, default: bool = False) -> bool:
        """A `yes` or `no` at that path; ValueError for anything else."""  # docs/protocol: imageserver-xml
        value = self.text(path)
        return default if value is None else yes_or_no(path, value)

    def integer(self, path: str) -> int | None:
        """A whole number at that path, or None when it is missing; ValueError when it is not one."""
        value = self.text(path)
        if value is None or value == "":
            return None
        if not _INTEGER.fullmatch(value):
            raise ValueError(f"{path} is not a number")
        return int(value)


def yes_or_no(name: str, value: str) -> bool:
    """Whether a value says yes; `true` counts as yes, ValueError for what is neither yes nor no."""
    if value.lower() not in ("yes", "true", "no", "false"):
        raise ValueError(f"{name} is neither yes nor no")
    return value.lower() in ("yes", "true")


def read_method_call(document: bytes) -> MethodCall:
    """A request without its terminator; ValueError says what is wrong with it."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True)
    try:
        root = etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(f"not XML: {error.msg}") from None
    if root.tag != "methodcall" or root.getroottree().docinfo.doctype:
        raise ValueError("not a methodcall")
    identifier = (root.findtext("requestid") or "").strip()
    if not _INTEGER.fullmatch(identifier):
        raise ValueError("requestid is not a number")
    return MethodCall(request_id=int(identifier), method=(root.findtext("methodname") or "").strip(), root=root)


def read_connect_parameters(text: str | None) -> tuple[UUID, str]:
    """Device and token of ``id=..&streamid=..&connectiontoken=..``; ValueError when one is missing."""
    values = {name: value for name, _, value in (part.partition("=") for part in (text or "").split("&"))}
    token = values.get("connectiontoken")
    if not token:
        raise ValueError("connectiontoken missing")
    try:
        device = _guid(values.get("id", ""))
    except ValueError:
        raise ValueError("id is not a device") from None
    try:
        _guid(values.get("streamid", str(device)))
    except ValueError:
        raise ValueError("streamid is not a stream") from None
    return device, token


def method_response(request_id: int, method: str, fields: Iterable[tuple[str, str]], inner: str = "") -> bytes:
    """A `methodresponse` with text elements in the given order, then ready XML."""
    elements = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields)
    head = f"<requestid>{request_id}</requestid><methodname>{escape(method)}</methodname>"
    return f"{_DECLARATION}<methodresponse>{head}{elements}{inner}</methodresponse>".encode() + END


def live_package(time_ms: int, items: Mapping[int, int]) -> bytes:
    """The unsolicited status document of live sessions."""  # docs/protocol: imageserver-live
    status = "".join(f'<statusitem id="{item}" value="{items[item]}" />' for item in sorted(items))
    time = f"<statustime>{time_ms}</statustime>"
    return f"{_DECLARATION}<livepackage><status>{time}{status}</status></livepackage>".encode() + END


@frozen(kw_only=True)
class ImageHeader:
    """The times and the mask of an image reply; `previous` and `following` are 0 in live (an assumption).

    A string in place of a time is written as it is.
    """

    request_id: int
    previous: int | str
    current: int
    following: int | str
    privacy_mask: str = "none"

    def single(self, body: bytes, content_type: str) -> bytes:
        """A reply with one body; the CRLF pair behind it does not count in Content-length."""
        described = f"Content-length: {len(body)}\r\nContent-type: {content_type}\r\n"
        return self._head(described) + body + END

    def multipart(self, packets: Iterable[bytes], boundary: str, *, quoted: bool = False) -> bytes:
        """A GOP with one packet a part, in decode order."""  # docs/protocol: imageserver-multipart
        shown = f'"{boundary}"' if quoted else boundary
        message = bytearray(self._head(f'Content-type: multipart/related; boundary={shown}; type="{GENERIC}"\r\n'))
        for packet in packets:
            part = f"--{boundary}\r\nContent-length: {len(packet)}\r\nContent-type: {GENERIC}\r\n\r\n"
            message += part.encode() + packet + b"\r\n"
        return bytes(message) + f"--{boundary}--\r\n\r\n".encode()

    def _head(self, described: str) -> bytes:
        times = f"Prev: {self.previous}\r\nCurrent: {self.current}\r\nNext: {self.following}\r\n"
        mask = f"PrivacyMask: {self.privacy_mask}\r\n\r\n"
        return f"ImageResponse\r\nRequestId: {self.request_id}\r\n{times}{described}{mask}".encode()
