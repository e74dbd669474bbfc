"""Parts of alarms and events in `urn:milestone-systems`, as both the alarm service and port 9090 read them.

Members are in contract order and left out where they have their default. The headers of the two differ: each writes its
own. `prefix` is that of every element, e.g. `a:`. A character that XML does not allow is dropped from texts for people,
and an error elsewhere.
"""  # docs/protocol: alarms-types; docs/protocol: alarms-types; docs/protocol: alarms-polling

import base64
import math
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, TypeVar
from uuid import UUID

from ...errors import LocalProtocolError
from ...models import AlarmRule, AlarmSnapshot, AnalyticsObject, BoundingBox, ItemReference, Vendor
from ..soap.envelope import parameter
from ..soap.values import double_text, strip_control, xml_text

__all__ = [
    "exact",
    "identity",
    "items",
    "number",
    "object_record",
    "rule_record",
    "snapshot_record",
    "structure",
    "vendor_record",
    "words",
]

T = TypeVar("T")

_INT: Final = range(-(2**31), 2**31)
_UNSIGNED_SHORT: Final = range(2**16)
_UNSIGNED_INT: Final = range(2**32)
_ZERO: Final = UUID(int=0)

Identity = Callable[[str, ItemReference], str]
"""Writes an FQID, in the form of either reader."""


def words(name: str, text: str | None) -> str:
    """Write a text for people; nothing for none."""
    return parameter(name, strip_control(text)) if text else ""


def exact(name: str, value: str | UUID | datetime | bool | None) -> str:
    """Write a value that must arrive as it is; nothing for `None`, "" and false."""
    if value is None or value == "" or value is False:
        return ""
    if isinstance(value, str):
        return parameter(name, value)
    try:
        return f"<{name}>{xml_text(value)}</{name}>"
    except LocalProtocolError as error:
        raise LocalProtocolError(f"{name}: {error.message}") from None


def number(name: str, value: int | None, allowed: range = _UNSIGNED_SHORT) -> str:
    """Write a whole number; nothing for `None` and 0. Raises `LocalProtocolError` beyond what the member holds."""
    if value is not None and value not in allowed:
        raise LocalProtocolError(f"{name}: {value} is not between {allowed.start} and {allowed.stop - 1}")
    return f"<{name}>{int(value)}</{name}>" if value else ""


def structure(name: str, content: str) -> str:
    """Write an element around members; nothing where there are none."""
    return f"<{name}>{content}</{name}>" if content else ""


def items(name: str, records: Iterable[T], write: Callable[[T], str]) -> str:
    """Write a list; nothing where it is empty."""
    return structure(name, "".join(map(write, records)))


def identity(name: str, item: ItemReference, *, prefix: str) -> str:
    """Write an FQID as the alarm service reads it: FolderType, Kind and a server's Id always, Scheme if known."""
    server = ""
    if item.server_id is not None or item.server_hostname is not None:
        server = structure(
            f"{prefix}ServerId",
            exact(f"{prefix}Type", item.server_type)
            + words(f"{prefix}Hostname", item.server_hostname)
            + number(f"{prefix}Port", item.server_port, _INT)
            + parameter(f"{prefix}Id", str(item.server_id or _ZERO))
            + exact(f"{prefix}Scheme", item.server_scheme),
        )
    return structure(
        name,
        server
        + exact(f"{prefix}ParentId", item.parent_id)
        + exact(f"{prefix}ObjectId", item.object_id)
        + exact(f"{prefix}ObjectIdString", item.object_id_string)
        + parameter(f"{prefix}FolderType", item.folder_type or "0")
        + parameter(f"{prefix}Kind", str(item.kind or _ZERO)),
    )


def rule_record(rule: AlarmRule, *, prefix: str) -> str:
    """Write a `Rule`."""
    content = exact(f"{prefix}ID", rule.id) + words(f"{prefix}Name", rule.name) + words(f"{prefix}Type", rule.type)
    return structure(f"{prefix}Rule", content)


def object_record(seen: AnalyticsObject, *, prefix: str) -> str:
    """Write an `Object`."""
    box = "" if seen.bounding_box is None else _box(seen.bounding_box, prefix)
    return structure(
        f"{prefix}Object",
        exact(f"{prefix}ID", seen.id)
        + words(f"{prefix}Name", seen.name)
        + words(f"{prefix}Type", seen.type)
        + words(f"{prefix}Description", seen.description)
        + ("" if seen.confidence is None else _real(f"{prefix}Confidence", seen.confidence))
        + words(f"{prefix}Value", seen.value)
        + exact(f"{prefix}AlarmTrigger", seen.alarm_trigger)
        + exact(f"{prefix}Removed", seen.removed)
        + box,
    )


def _box(box: BoundingBox, prefix: str) -> str:
    sides = (("Top", box.top), ("Left", box.left), ("Bottom", box.bottom), ("Right", box.right))
    return structure(f"{prefix}BoundingBox", "".join(_real(f"{prefix}{name}", side) for name, side in sides))


def _real(name: str, value: float) -> str:
    if not math.isfinite(value):
        raise LocalProtocolError(f"{name}: {value} is not a finite number")
    return f"<{name}>{double_text(value)}</{name}>"


def snapshot_record(snapshot: AlarmSnapshot, write_identity: Identity, *, prefix: str, name: str | None = None) -> str:
    """Write a `Snapshot`, in an element of another name if one is given."""
    image = snapshot.image
    encoded = "" if not image else base64.b64encode(image).decode("ascii")
    offset = (snapshot.offset or timedelta()) // timedelta(milliseconds=1)
    return structure(
        name or f"{prefix}Snapshot",
        (number(f"{prefix}TimeOffset", offset, _INT) or f"<{prefix}TimeOffset>0</{prefix}TimeOffset>")
        + number(f"{prefix}Width", snapshot.width, _UNSIGNED_INT)
        + number(f"{prefix}Height", snapshot.height, _UNSIGNED_INT)
        + exact(f"{prefix}HasOverlay", snapshot.has_overlay)
        + number(f"{prefix}SizeInBytes", len(image or b""), _UNSIGNED_INT)
        + (f"<{prefix}Image>{encoded}</{prefix}Image>" if encoded else "")
        + exact(f"{prefix}Path", snapshot.path)
        + ("" if snapshot.item is None else write_identity(f"{prefix}FQID", snapshot.item)),
    )


def vendor_record(vendor: Vendor | None, *, prefix: str) -> str:
    """Write `Vendor`, whose data must arrive as it is."""
    if vendor is None:
        return ""
    content = words(f"{prefix}Name", vendor.name) + exact(f"{prefix}CustomData", vendor.custom_data)
    return structure(f"{prefix}Vendor", content)
