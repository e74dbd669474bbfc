"""HTTP/1.1 over asyncio streams with h11, and the place where the faults of HTTP services strike."""

import asyncio
import gzip
import logging
import random
from collections.abc import Awaitable, Callable, Mapping, MutableSequence
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from http import HTTPStatus

import h11
from attrs import define, field, frozen

from milestone_sdk.simulator.wire.faults import Fault, Faults
from milestone_sdk.simulator.wire.listener import reset_connection
from milestone_sdk.simulator.wire.soap import action_name, with_value

__all__ = ["Handler", "Received", "Request", "Response", "error_page", "help_page", "serve_http"]

_log = logging.getLogger(__name__)

MAXIMUM_BODY = 64 << 20
_MAXIMUM_HEAD = 128 << 10
_CHUNK = 64 << 10
_IDLE_SECONDS = 120.0
_DEAF_SECONDS = 600.0


@frozen
class Request:
    """One HTTP request, wholly read; header names are lower case."""

    method: str
    target: str
    path: str
    """Without the query, as sent: compare it without regard to case."""
    query: str
    headers: dict[str, str]
    body: bytes
    secure: bool
    connection: dict[str, object]
    """State bound to the TCP connection, as NTLM needs it."""

    @property
    def media_type(self) -> str:
        """The content type in lower case, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def operation(self) -> str:
        """The SOAP operation by the SOAPAction header (or the action in a SOAP 1.2 content type), else the last part of
        the path, e.g. `token`.
        """
        action = self.headers.get("soapaction", "")
        if not action:
            parts = self.headers.get("content-type", "").split(";")
            action = next((part.strip()[7:] for part in parts if part.strip().lower().startswith("action=")), "")
        return action_name(action) or self.path.rpartition("/")[2]


@define
class Response:
    """What to answer; `headers` go out as they are, after Content-Type."""

    status: int = 200
    body: bytes = b""
    headers: list[tuple[str, str]] = field(factory=list[tuple[str, str]])
    content_type: str | None = None
    hang_up: bool = False
    """Whether the connection ends after this answer, without the answer saying so."""


@frozen
class Received:
    """One request that was served, as a test wants to see it afterwards."""

    service: str
    operation: str
    method: str
    path: str
    headers: dict[str, str]
    at: datetime


Handler = Callable[[Request], Awaitable[Response]]


async def serve_http(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    handler: Handler,
    *,
    secure: bool,
    initial: bytes = b"",
    service: str | Callable[[str], str] = "management",
    faults: Faults | None = None,
    requests: MutableSequence[Received] | None = None,
    now: Callable[[], datetime] | None = None,
) -> None:
    """Serve requests on one connection until either side ends it.

    `initial` is what was read from the connection before. `service` names the service for `faults` and `requests`, or
    is asked with the lower-case path. `now` is the clock (UTC) that answers have in `Date`, as IIS does. The caller
    closes the connection.
    """
    if now is not None:
        handler = _dated(handler, now)
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAXIMUM_HEAD)
    if initial:
        connection.receive_data(initial)
    state: dict[str, object] = {}
    while True:
        try:
            request = await _read_request(connection, reader, writer, secure, state)
        except h11.RemoteProtocolError as error:
            if connection.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                await _write(connection, writer, error_page(error.error_status_hint), close=True)
            return
        if request is None:
            return
        name = service if isinstance(service, str) else service(request.path.lower())
        if requests is not None:
            at = datetime.now(UTC)
            requests.append(Received(name, request.operation, request.method, request.path, request.headers, at))
        struck = faults.take(name, request.operation) if faults is not None else ()
        if not await _answer(connection, reader, writer, handler, request, struck):
            return
        if connection.our_state is h11.MUST_CLOSE or connection.their_state is not h11.DONE:
            return
        connection.start_next_cycle()


def _dated(handler: Handler, now: Callable[[], datetime]) -> Handler:
    async def dated(request: Request) -> Response:
        response = await handler(request)
        response.headers.append(("Date", format_datetime(now(), usegmt=True)))
        return response

    return dated


async def _read_request(
    connection: h11.Connection,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    secure: bool,
    state: dict[str, object],
) -> Request | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if connection.they_are_waiting_for_100_continue:
                writer.write(connection.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
            try:
                async with asyncio.timeout(_IDLE_SECONDS):
                    connection.receive_data(await reader.read(_CHUNK))
            except TimeoutError:
                return None
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > MAXIMUM_BODY:
                raise h11.RemoteProtocolError("request body too large", error_status_hint=413)
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return _request(head, bytes(body), secure, state)
        else:  # ConnectionClosed, or PAUSED after a switch of protocol
            return None


def _request(head: h11.Request, body: bytes, secure: bool, state: dict[str, object]) -> Request:
    target = head.target.decode("latin-1")
    path, _, query = target.partition("?")
    headers: dict[str, str] = {}
    for name, value in head.headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return Request(head.method.decode("latin-1"), target, path, query, headers, body, secure, state)


async def _answer(
    connection: h11.Connection,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    handler: Handler,
    request: Request,
    struck: tuple[Fault, ...],
) -> bool:
    """Answer one request under the faults that strike; False when the connection has to end."""
    by_kind = {fault.kind: fault for fault in struck}
    if "delay" in by_kind:
        await asyncio.sleep(min(by_kind["delay"].number("seconds", 1.0), _DEAF_SECONDS))
    if "deaf" in by_kind:
        await _hang(reader)
        return False
    if "reset" in by_kind:
        reset_connection(writer)
        return False
    response = _instead(by_kind)
    if response is None:
        response = await _handled(handler, request)
    for fault in struck:
        if fault.kind == "value" and response.body:
            response.body = with_value(response.body, fault.options)
    if "raw" in by_kind:
        await _send_raw(writer, by_kind["raw"])
        return False
    if "compressed" in by_kind:
        _compress(response, by_kind["compressed"])
    if "cut_xml" in by_kind:
        response.body = response.body[: by_kind["cut_xml"].point(len(response.body))]
    await _write(
        connection,
        writer,
        response,
        bodiless=request.method == "HEAD",
        truncate=by_kind.get("truncate"),
        slicer=by_kind.get("slicer"),
    )
    return "truncate" not in by_kind and not response.hang_up


async def _handled(handler: Handler, request: Request) -> Response:
    """The service's own answer; a mistake in the simulator is logged, and is answered as one in a server is."""
    try:
        return await handler(request)
    except Exception:
        _log.exception("the simulator failed at %s %s", request.method, request.path)
        return error_page(500)


async def _hang(reader: asyncio.StreamReader) -> None:
    """Stay silent until the peer goes away."""
    try:
        async with asyncio.timeout(_DEAF_SECONDS):
            while await reader.read(_CHUNK):
                pass
    except (TimeoutError, OSError):
        return


def _instead(by_kind: Mapping[str, Fault]) -> Response | None:
    """The answer of a fault that replaces the service's own."""
    if "html" in by_kind:
        return error_page(int(by_kind["html"].number("status", 500)))
    if "status" in by_kind:
        return Response(int(by_kind["status"].number("code", 503)))
    if "garbage" in by_kind:
        noise = random.Random(0).randbytes(int(by_kind["garbage"].number("size", 512)))
        return Response(200, noise, content_type="text/xml; charset=utf-8")
    if "body" in by_kind:
        fault = by_kind["body"]
        content_type = str(fault.options.get("content_type", "text/xml; charset=utf-8"))
        return Response(int(fault.number("status", 200)), fault.data("bytes"), content_type=content_type)
    return None


async def _write(
    connection: h11.Connection,
    writer: asyncio.StreamWriter,
    response: Response,
    *,
    close: bool = False,
    bodiless: bool = False,
    truncate: Fault | None = None,
    slicer: Fault | None = None,
) -> None:
    headers: list[tuple[str, str]] = []
    if response.content_type is not None:
        headers.append(("Content-Type", response.content_type))
    headers += response.headers
    headers += [("Server", "Microsoft-IIS/10.0"), ("Content-Length", str(len(response.body)))]
    if close:
        headers.append(("Connection", "close"))
    head = connection.send(h11.Response(status_code=response.status, headers=headers, reason=_reason(response.status)))
    body = b""
    if not bodiless and response.status not in (204, 304):
        body = connection.send(h11.Data(response.body)) or b""
    if truncate is None:
        connection.send(h11.EndOfMessage())
    else:
        body = body[: truncate.point(len(body))]
    await _send(writer, (head or b"") + body, slicer)


async def _send(writer: asyncio.StreamWriter, data: bytes, slicer: Fault | None) -> None:
    size = len(data) if slicer is None else max(1, int(slicer.number("size", 16)))
    pause = 0.0 if slicer is None else slicer.number("delay", 0.0)
    for start in range(0, len(data), max(1, size)):
        writer.write(data[start : start + size])
        await writer.drain()
        if slicer is not None:
            await asyncio.sleep(pause)


def _compress(response: Response, fault: Fault) -> None:
    for _ in range(int(fault.number("layers", 1))):
        response.body = gzip.compress(response.body, mtime=0)
    response.headers.append(("Content-Encoding", str(fault.options.get("coding", "gzip"))))


async def _send_raw(writer: asyncio.StreamWriter, fault: Fault) -> None:
    repeated = fault.data("repeat")
    block = repeated * max(1, _CHUNK // max(1, len(repeated)))
    async with asyncio.timeout(_DEAF_SECONDS):
        writer.write(fault.data("bytes"))
        await writer.drain()
        while repeated and not writer.is_closing():
            writer.write(block)
            await writer.drain()
            await asyncio.sleep(0)  # drain alone does not let the end of a TLS connection be noticed


def _reason(status: int) -> bytes:
    try:
        return HTTPStatus(status).phrase.encode()
    except ValueError:
        return b""


_TITLES = {
    200: "Sign in",
    401: "401 - Unauthorized: Access is denied due to invalid credentials.",
    403: "403 - Forbidden: Access is denied.",
    404: "404 - File or directory not found.",
    500: "500 - Internal server error.",
}


def help_page(name: str) -> Response:
    """The page that a server shows at an address where programs, not people, are expected."""
    head = f"<HEAD><TITLE>{escape(name)}</TITLE></HEAD>"
    text = f"<HTML>{head}<BODY><P>You have created a service.</P></BODY></HTML>"
    return Response(200, text.encode(), content_type="text/html; charset=UTF-8")


def error_page(status: int) -> Response:
    """An HTML page such as a web server or a proxy puts in the place of an answer."""  # docs/protocol: identity-faults
    title = _TITLES.get(status, f"{status} - {_reason(status).decode()}")
    text = (
        "<!DOCTYPE html>\r\n<html>\r\n<head>\r\n"
        f"<title>{title}</title>\r\n</head>\r\n<body>\r\n<h1>Server Error</h1>\r\n<h2>{title}</h2>\r\n"
        "<hr>\r\n<br>\r\n</body>\r\n</html>\r\n"
    )
    return Response(status, text.encode(), content_type="text/html")
