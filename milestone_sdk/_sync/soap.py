# Generated from milestone_sdk/_async/soap.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""One SOAP call over HTTP: the status, the kind of content, and only then the body."""

from collections.abc import Mapping
from typing import Final, TypeVar
from urllib.parse import urlsplit

from .._protocol.soap import Call
from ..errors import MilestoneError, RemoteProtocolError, ServerFault, ServiceUnavailable, TokenExpired
from .http import HTTP, Reply

__all__ = ["post"]

T = TypeVar("T")
_XML: Final = ("text/xml", "application/xml", "application/soap+xml")


def post(
    http: HTTP, url: str, call: Call[T], *, headers: Mapping[str, str] | None = None, timeout: float | None = None
) -> T:
    """Make the call and return what it answers.

    Raises the error that a fault stands for, `TokenExpired` for 401, `ServiceUnavailable` for 404, 502, 503 and 504
    without a fault, `RemoteProtocolError` for what is no SOAP, and what `HTTP.send` raises.
    """
    soap_headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{call.action}"', **(headers or {})}
    reply = http.send(
        "POST", url, operation=call.operation, headers=soap_headers, body=call.body, timeout=timeout
    )
    parts = urlsplit(url)
    try:
        _check(reply, parts.path)
        answer = call.decode(reply.body)
        http.log_unreadable(url, call.operation, call.unreadable)
        return answer
    except MilestoneError as error:
        error.at(server=f"{parts.scheme}://{parts.netloc}", operation=call.operation)
        raise


def _check(reply: Reply, path: str) -> None:
    if reply.status == 401:
        raise TokenExpired("HTTP 401: the server does not accept this login any more")
    has_xml = reply.content_type in _XML
    if reply.status in (404, 502, 503, 504) and not has_xml:
        raise ServiceUnavailable(f"HTTP {reply.status} for {path}", service=path.rpartition("/")[2])
    if reply.status in (200, 500) and has_xml:
        return
    if 300 <= reply.status < 400:
        raise RemoteProtocolError(f"HTTP {reply.status}: the server redirects, which is refused for credentials")
    if reply.status not in (200, 500) and not has_xml:
        raise ServerFault(f"HTTP {reply.status}", code=str(reply.status))
