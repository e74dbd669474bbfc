# Generated from milestone_sdk/_async/session/soap.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""One SOAP call over HTTP: status and content type are checked before the body is read."""

from collections.abc import Mapping
from copy import copy
from typing import Final, TypeVar
from urllib.parse import urlsplit

import httpx

from ..._protocol.secrets import Sealed
from ..._protocol.soap.envelope import Call
from ...errors import MilestoneError, NotFound, RemoteProtocolError, ServerFault, ServiceUnavailable, TokenExpired
from .http import HTTP, Reply, decoded

__all__ = ["post"]

T = TypeVar("T")
_UNAVAILABLE: Final = (404, 408, 429, 502, 503, 504)
_XML: Final = ("text/xml", "application/xml", "application/soap+xml")


def post(
    http: HTTP,
    url: str,
    call: Call[T],
    *,
    auth: httpx.Auth | None = None,
    timeout: float | None = None,
    statuses: Mapping[int, MilestoneError] | None = None,
) -> T:
    """Make the call and return its answer; `statuses` are errors of this call for a status without a fault.

    Raises the error of a fault, `TokenExpired` for 401, `ServiceUnavailable` for 404, 408, 429, 502, 503
    and 504 without a fault, `RemoteProtocolError` for what is not SOAP, and what `HTTP.send` raises.
    """
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{call.action}"'}
    reply = http.send(
        "POST",
        url,
        operation=call.operation,
        headers=headers,
        body=Sealed(call.body),
        auth=auth,
        timeout=timeout,
        max_reply=call.max_reply,
    )
    with reply.reading():
        _check(reply, urlsplit(url).path, statuses or {})
        answer = decoded(call.decode, reply.body)
    http.log_unreadable(url, call.operation, call.unreadable)
    return answer


def _check(reply: Reply, path: str, statuses: Mapping[int, MilestoneError]) -> None:
    has_xml = reply.content_type in _XML
    if reply.status in statuses and (reply.status == 401 or not has_xml):
        raise copy(statuses[reply.status])
    if reply.status == 401:
        raise TokenExpired("HTTP 401: the server no longer accepts this login")
    if reply.status in _UNAVAILABLE and not has_xml:
        gone = NotFound("HTTP 404") if reply.status == 404 else None  # tells `may_repeat` that nothing was carried out
        raise ServiceUnavailable(f"HTTP {reply.status} for {path}", service=path.rpartition("/")[2]) from gone
    if reply.status in (200, 500) and has_xml:
        return
    if 300 <= reply.status < 400:
        raise RemoteProtocolError(
            f"HTTP {reply.status}: the server redirects, and credentials are not sent to another address"
        )
    if reply.status not in (200, 500) and not has_xml:
        raise ServerFault(f"HTTP {reply.status}", code=str(reply.status))
