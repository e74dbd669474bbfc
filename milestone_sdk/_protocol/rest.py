"""Replies of the API Gateway's REST interfaces: `{"array": [...]}`, `{"data": {...}}` and errors."""
# docs/protocol: alarms-rest

from typing import Final, cast

from ..errors import (
    MilestoneError,
    NotFound,
    PermissionDenied,
    RemoteProtocolError,
    ServerFault,
    ServiceUnavailable,
    TokenExpired,
)
from .jsontext import JSONObject, parse_object
from .soap.faults import redact

__all__ = ["MAX_REPLY", "JSONObject", "read_array", "read_data"]

MAX_REPLY: Final = 4 * 2**20
"""Bytes of one reply, of which Python needs about 20 for each; this library asks for lists of some hundred names."""
_MAX_TEXT: Final = 2000


def read_array(status: int, body: bytes) -> tuple[JSONObject, ...]:
    """Return the objects of a collection, without items that are not objects. Raises what `read_data` raises."""
    found = _answer(status, body).get("array")
    if not isinstance(found, list):
        raise RemoteProtocolError('the reply has no "array"', sample=_sample(body))
    return tuple(cast(JSONObject, item) for item in cast("list[object]", found) if isinstance(item, dict))


def read_data(status: int, body: bytes) -> JSONObject:
    """Return the object that was requested or created.

    Raises `TokenExpired` for 401, `PermissionDenied` for 403, `NotFound` for 404, `ServiceUnavailable` for 502 to 504,
    `ServerFault` for every other error, `RemoteProtocolError` for any other reply.
    """
    found = _answer(status, body).get("data")
    if not isinstance(found, dict):
        raise RemoteProtocolError('the reply has no "data"', sample=_sample(body))
    return cast(JSONObject, found)


def _answer(status: int, body: bytes) -> JSONObject:
    if status >= 400:
        raise _error(status, body)
    if not 200 <= status < 300:
        raise RemoteProtocolError(f"HTTP {status}: the gateway redirects; credentials are not sent to another address")
    parsed = _parsed(body)
    if parsed is None:
        raise RemoteProtocolError("the gateway's reply is not a JSON object", sample=_sample(body))
    return parsed


def _parsed(body: bytes) -> JSONObject | None:
    try:
        return parse_object(body, maximum=MAX_REPLY)
    except ValueError:
        return None


def _error(status: int, body: bytes) -> MilestoneError:
    text, code = _details(body)
    message = f"HTTP {status}: {text}" if text else f"HTTP {status} without a reason"
    match status:
        case 401:
            return TokenExpired(message)
        case 403:
            return PermissionDenied(message, hint="the user's role lacks a right in XProtect")
        case 404:
            return NotFound(message)
        case 502 | 503 | 504:
            return ServiceUnavailable(message, service="API gateway")
        case _:
            return ServerFault(message, code=code or str(status), detail=text or None)


def _details(body: bytes) -> tuple[str, str | None]:
    """Return text and id of an error, which may be within a member `error`."""  # docs/protocol: alarms-rest
    answer = _parsed(body) or {}
    inner: object = answer.get("error")
    error = cast(JSONObject, inner) if isinstance(inner, dict) else answer
    details: object = error.get("details")
    texts: list[str] = []
    code: str | None = None
    for detail in cast("list[object]", details)[:20] if isinstance(details, list) else []:
        if isinstance(detail, dict):
            named = cast(JSONObject, detail)
            where = f"{named['property']}: " if isinstance(named.get("property"), str) else ""
            texts.append(f"{where}{named.get('errorText') or ''}".strip())
            code = code or (str(named["errorTextId"])[:100] if named.get("errorTextId") else None)
    return redact("; ".join(text for text in texts if text)[:_MAX_TEXT]), code


def _sample(body: bytes) -> str:
    return redact(body[:400].decode("utf-8", "replace"))[:80]
