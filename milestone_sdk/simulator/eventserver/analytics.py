"""Port 9090 of the event server: analytics events as XML over plain HTTP, without authentication (alarms.md 5.4).

It is off until somebody starts it, as in a new installation. The texts of the answers are our own, but for the one
warning that is known (protocol/alarms.md 11.13).
"""

import asyncio
from http import HTTPStatus
from typing import Any
from uuid import UUID

from lxml import etree

from milestone_sdk.simulator.eventserver.analyticsschema import schema_error
from milestone_sdk.simulator.eventserver.codec import Codec, parse_time
from milestone_sdk.simulator.eventserver.contract import INSTANCE, MILESTONE, OPERATIONS, SERVICE, Record
from milestone_sdk.simulator.eventserver.events import new_event
from milestone_sdk.simulator.host import Host
from milestone_sdk.simulator.wire.http import Request, Response
from milestone_sdk.simulator.wire.listener import Listener
from milestone_sdk.simulator.wire.soap import Element, SoapFault

__all__ = ["ALERT", "AnalyticsReceiver"]

ALERT = "http://tempuri.org/Alert.xsd"
"""The namespace of the old form of an event ("MAD"), which is still taken."""
_EVENT = f"{{{MILESTONE}}}AnalyticsEvent"
_TYPES = frozenset({"text/xml", "application/xml"})
_MAXIMUM_HEAD = 64 << 10
_MAXIMUM_BODY = 16 << 20
_IDLE_SECONDS = 60.0


class AnalyticsReceiver:
    """Takes events from `start` to `close`; `allowed` False is a sender who stands not on the list of addresses."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.allowed = True
        self.received: list[bytes] = []
        """Every body that was taken for an event, in order."""
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
        """Serve requests; HTTP/1.1 without a Host header too, which Milestone's own sample sends and h11 refuses."""
        head = await _read_head(reader)
        if head is None:
            return
        if b"\r\nhost:" not in head.lower():
            await self._serve_without_host(head, reader, writer)
            return
        await self._host.serve(
            reader, writer, self.answer, secure=False, service="event_server", initial=head, dated=False
        )

    async def _serve_without_host(
        self, head: bytes | None, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while head is not None:
            request, length = _request(head)
            if request is None or length > _MAXIMUM_BODY:
                writer.write(_bytes(_told(400, "This is no request.")))
                return
            async with asyncio.timeout(_IDLE_SECONDS):
                body = await reader.readexactly(length)
            whole = Request(*request, body, secure=False, connection={})
            writer.write(_bytes(await self.answer(whole)))
            await writer.drain()
            head = await _read_head(reader)

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        if not self.allowed:
            return _told(403, "The address of the sender is not allowed.")
        if request.method != "POST":
            return _told(405, "Post an event.")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _TYPES:
            return _told(400, "The content is no XML.")
        try:
            event = self._event(request.body)
        except ValueError as error:
            return _told(400, f"Invalid XML: {error}")
        message = event["EventHeader"]["Message"]
        known = self._host.site.event_type(message or "")
        if known is None or known.kind != "analytics":
            return _told(200, f"Warning: Event message not known: {message}")
        self.received.append(request.body)
        self._host.alarms.store.raise_event(event)
        return _told(200, "OK")

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
        scope = {None: SERVICE, "m": MILESTONE, "i": INSTANCE}
        operation = etree.Element(f"{{{SERVICE}}}AddEvent", nsmap=scope)
        event = etree.SubElement(operation, f"{{{SERVICE}}}baseEvent")
        event.set(f"{{{INSTANCE}}}type", "m:AnalyticsEvent")
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
        raise ValueError("The attribute 'ID' is no unsignedInt.")
    device = root.find(f"{{{ALERT}}}Source/{{{ALERT}}}Device")
    text = "" if device is None else device.get("GUID") or ""
    source = None
    if text:
        source = Record("EventSource", {"FQID": Record("FQID", {"ObjectId": UUID(text)})})
    description = root.findtext(f"{{{ALERT}}}Description")
    header = {
        "Timestamp": parse_time(attributes["TimeStamp"]),
        "Type": attributes.get("Type") or "MAD",
        "Class": "Analytics",
        "Source": source,
    }
    return new_event(attributes["Name"], None, header, {"Description": description or ""})


async def _read_head(reader: asyncio.StreamReader) -> bytes | None:
    """Everything up to the empty line; None when the peer is done, or sends no head."""
    try:
        async with asyncio.timeout(_IDLE_SECONDS):
            return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
        return None


_Head = tuple[str, str, str, str, dict[str, str]]


def _request(head: bytes) -> tuple[_Head | None, int]:
    """Method, target, path, query and headers, and the length of the body."""
    lines = head[:_MAXIMUM_HEAD].decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        return None, 0
    pairs = [line.partition(":") for line in lines[1:] if line]
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    length = headers.get("content-length", "0")
    path, _, query = words[1].partition("?")
    return (words[0], words[1], path, query, headers), int(length) if length.isdigit() else _MAXIMUM_BODY + 1


def _told(status: int, text: str) -> Response:
    return Response(status, text.encode(), content_type="text/plain; charset=utf-8")


def _bytes(response: Response) -> bytes:
    phrase = HTTPStatus(response.status).phrase
    head = f"HTTP/1.1 {response.status} {phrase}\r\nContent-Length: {len(response.body)}\r\n\r\n"
    return head.encode("ascii") + response.body
