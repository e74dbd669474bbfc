"""Port 9090 of the event server: analytics events as XML over plain HTTP, without authentication.

It is off until it is started, as in a new installation. The texts of the answers are our own, except the one warning
that is known.
"""  # docs/protocol: events-analytics; docs/protocol: events-analytics

import asyncio
import re
from typing import Any, cast
from uuid import UUID

from lxml import etree

from milestone_sdk.simulator.eventserver.analyticsschema import schema_error
from milestone_sdk.simulator.eventserver.codec import Codec
from milestone_sdk.simulator.eventserver.contract import MILESTONE, OPERATIONS, SERVICE
from milestone_sdk.simulator.eventserver.events import new_event
from milestone_sdk.simulator.host import Host
from milestone_sdk.simulator.wire.contract import Record
from milestone_sdk.simulator.wire.http import Request, Response
from milestone_sdk.simulator.wire.listener import Listener
from milestone_sdk.simulator.wire.reader import XSI, Element
from milestone_sdk.simulator.wire.soap import SoapFault
from milestone_sdk.simulator.wire.values import parse_ticks

__all__ = ["ALERT", "AnalyticsReceiver"]

ALERT = "http://tempuri.org/Alert.xsd"
"""The namespace of the old form of an event ("MAD"), which is still accepted."""
_EVENT = f"{{{MILESTONE}}}AnalyticsEvent"
_TYPES = frozenset({"text/xml", "application/xml"})
_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]{1,9})\r\n", re.IGNORECASE)


class AnalyticsReceiver:
    """Accepts events from `start` to `close`; `allowed` False is a sender who is not on the list of addresses."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.allowed = True
        self.received: list[bytes] = []
        """Every body that was accepted as an event, in order."""
        self._listener = Listener(self._connected)
        self._codec = Codec(dropped=host.dropped)

    @property
    def port(self) -> int | None:
        """The port, kept over `close`."""
        return self._listener.port

    @property
    def url(self) -> str:
        """Where to post to."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Listen, on the port it had before or a free one."""
        await self._listener.start()

    async def close(self) -> None:
        """End the listener and every connection; harmless when closed."""
        await self._listener.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with_host = cast(asyncio.StreamReader, _WithHost(reader))
        await self._host.serve(with_host, writer, self.answer, secure=False, service="event_server", dated=False)

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        if not self.allowed:
            return _text(403, "The address of the sender is not allowed.")
        if request.method != "POST":
            return _text(405, "Post an event.")
        if request.media_type not in _TYPES:
            return _text(400, "The content is not XML.")
        try:
            event = self._event(request.body)
        except ValueError as error:
            return _text(400, f"Invalid XML: {error}")
        message = event["EventHeader"]["Message"]
        known = self._host.site.event_type(message or "")
        if known is None or known.kind != "analytics":
            return _text(200, f"Warning: Event message not known: {message}")
        self.received.append(request.body)
        self._host.alarms.store.raise_event(event)
        return _text(200, "OK")

    def _event(self, body: bytes) -> Record:
        """The event in a body of either form; ValueError for what neither schema allows."""
        parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True)
        try:
            root = etree.fromstring(body, parser)
        except etree.XMLSyntaxError as error:
            raise ValueError(error.msg) from None
        if root.tag == f"{{{ALERT}}}Alert":
            return _alert(dict(root.attrib.items()), root)
        if root.tag != _EVENT:
            raise ValueError(f"The element '{root.tag!s}' is not declared.")
        if (wrong := schema_error(root)) is not None:
            raise ValueError(wrong)
        return self._record(root)

    def _record(self, root: Element) -> Record:
        """The event as the alarm service would have read it, whose members have the same names and order."""
        scope = {None: SERVICE, "m": MILESTONE, "i": XSI}
        operation = etree.Element(f"{{{SERVICE}}}AddEvent", nsmap=scope)
        event = etree.SubElement(operation, f"{{{SERVICE}}}baseEvent")
        event.set(f"{{{XSI}}}type", "m:AnalyticsEvent")
        event.extend(list(root))
        try:
            record = self._codec.read_parameters(OPERATIONS["AddEvent"], operation)["baseEvent"]
        except SoapFault as fault:
            raise ValueError(fault.reason) from None
        assert isinstance(record, Record)
        return record


def _alert(attributes: dict[Any, Any], root: Element) -> Record:
    """An event of the old form: its Name is the message, its device is named by a GUID."""
    for name in ("ID", "TimeStamp", "Name"):
        if name not in attributes:
            raise ValueError(f"The required attribute '{name}' is missing.")
    if not str(attributes["ID"]).isdigit():
        raise ValueError("The attribute 'ID' is not an unsignedInt.")
    device = root.find(f"{{{ALERT}}}Source/{{{ALERT}}}Device")
    text = "" if device is None else device.get("GUID") or ""
    source = None
    if text:
        source = Record("EventSource", {"FQID": Record("FQID", {"ObjectId": UUID(text)})})
    description = root.findtext(f"{{{ALERT}}}Description")
    header = {
        "Timestamp": parse_ticks(attributes["TimeStamp"]),
        "Type": attributes.get("Type") or "MAD",
        "Class": "Analytics",
        "Source": source,
    }
    return new_event(attributes["Name"], None, header, {"Description": description or ""})


class _WithHost:
    """Adds a Host header where it is missing: Milestone's own sample leaves it out, and h11 refuses such a request."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._body_left = 0

    async def read(self, size: int) -> bytes:
        """Whole heads, and bodies piece by piece."""
        if self._body_left:
            data = await self._reader.read(min(size, self._body_left))
            self._body_left -= len(data)
            return data
        try:
            head = await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as error:
            return error.partial
        except asyncio.LimitOverrunError:
            return await self._reader.read(size)
        length = _LENGTH.search(head)
        self._body_left = int(length[1]) if length is not None else 0
        missing = b"\r\nhost:" not in head.lower() and b" HTTP/1." in head.partition(b"\r\n")[0]
        return head.replace(b"\r\n", b"\r\nHost: localhost\r\n", 1) if missing else head


def _text(status: int, text: str) -> Response:
    return Response(status, text.encode(), content_type="text/plain; charset=utf-8")
