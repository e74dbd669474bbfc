"""Analytics events for port 9090 of the event server: the XML to post and the reply.

The header has fewer members than that of the alarm service, and an FQID has nothing but the object.
"""  # docs/protocol: events-analytics; docs/protocol: alarms-types

from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from ...errors import LocalProtocolError, PermissionDenied, RemoteProtocolError, ServerFault, ServiceUnavailable
from ...models import AlarmSnapshot, Camera, ItemReference
from ...models.events import AnalyticsEvent, AnalyticsEventReceipt
from ..soap.envelope import parameter
from ..soap.faults import redact
from ..soap.values import xml_text
from .records import (
    exact,
    items,
    number,
    object_record,
    rule_record,
    snapshot_record,
    structure,
    vendor_record,
    words,
)

__all__ = ["CONTENT_TYPE", "PORT", "read_answer", "write_event"]

CONTENT_TYPE: Final = "text/xml"
PORT: Final = 9090

_NAMESPACE: Final = "urn:milestone-systems"
_DECLARATION: Final = '<?xml version="1.0" encoding="utf-8"?>'
_ZERO: Final = UUID(int=0)
_NOT_KNOWN: Final = "event message not known"
_UNSIGNED_INT: Final = range(2**32)
_MAX_TEXT: Final = 2000


def write_event(event: AnalyticsEvent, *, now: datetime) -> bytes:
    """Return the body to post; `now` is the time of an event that has none.

    Raises `LocalProtocolError` for an event without message, and for characters that XML does not allow.
    """
    if not event.message:
        raise LocalProtocolError("an analytics event needs a message: the name of an analytics event as it is set up")
    content = (
        _header(event, now)
        + words("Description", event.description)
        + exact("StartTime", event.start_time)
        + exact("EndTime", event.end_time)
        + words("Location", event.location)
        + number("Count", event.count, _UNSIGNED_INT)
        + items("RuleList", event.rules, partial(rule_record, prefix=""))
        + items("ObjectList", event.objects, partial(object_record, prefix=""))
        + items("ReferenceList", event.cameras, _reference)
        + items("SnapshotList", event.snapshots, _snapshot)
        + vendor_record(event.vendor, prefix="")
    )
    return f'{_DECLARATION}<AnalyticsEvent xmlns="{_NAMESPACE}">{content}</AnalyticsEvent>'.encode()


def read_answer(status: int, body: bytes) -> AnalyticsEventReceipt:
    """Return what the server replied to an event that it accepted.

    Raises `LocalProtocolError` for 400, an event that breaks the schema; `PermissionDenied` for 403, a sender that is
    not allowed; `ServiceUnavailable` for 502 to 504; `ServerFault` for every other error status; `RemoteProtocolError`
    for any other status.
    """
    text = redact(body[: _MAX_TEXT * 4].decode("utf-8", "replace").strip())[:_MAX_TEXT]
    said = f": {text}" if text else ""
    match status:
        case 200:
            return AnalyticsEventReceipt(known=_NOT_KNOWN not in text.casefold(), text=text)
        case 400:
            raise LocalProtocolError(f"HTTP 400, the server does not accept this event{said}")
        case 403:
            raise PermissionDenied(
                f"HTTP 403, this computer may not send analytics events{said}",
                hint="add its address under Options, Analytics Events in the Management Client",
            )
        case 502 | 503 | 504:
            raise ServiceUnavailable(f"HTTP {status}{said}", service="analytics events")
        case _ if 400 <= status < 600:
            raise ServerFault(f"HTTP {status}{said}", code=str(status), detail=text or None)
        case _:
            raise RemoteProtocolError(f"unexpected HTTP {status} in reply to an analytics event", sample=text[:80])


def _header(event: AnalyticsEvent, now: datetime) -> str:
    return structure(
        "EventHeader",
        parameter("ID", str(event.id or _ZERO))
        + parameter("Timestamp", xml_text(event.timestamp or now))
        + words("Class", event.event_class)
        + words("Type", event.type)
        + words("Version", event.version)
        + number("Priority", event.priority)
        + words("Name", event.name)
        + exact("Message", event.message)
        + words("CustomTag", event.custom_tag)
        + _source(event.source),
    )


def _source(source: Camera | UUID | str | None) -> str:
    if isinstance(source, str):
        try:
            source = UUID(source)
        except ValueError:
            return structure("Source", exact("Name", source))
    return "" if source is None else structure("Source", _object(source))


def _object(item: Camera | UUID) -> str:
    return structure("FQID", parameter("ObjectId", str(item.id if isinstance(item, Camera) else item)))


def _reference(item: Camera | UUID) -> str:
    return structure("Reference", _object(item))


def _snapshot(snapshot: AlarmSnapshot) -> str:
    return snapshot_record(snapshot, _identity, prefix="")


def _identity(name: str, item: ItemReference) -> str:
    """Write an FQID as port 9090 reads it: the id of the object, or else its text."""
    return structure(name, exact("ObjectId", item.object_id) or exact("ObjectIdString", item.object_id_string))
