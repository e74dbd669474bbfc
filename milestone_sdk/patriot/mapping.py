"""Alarms, and what happens to the link to a site, as signals."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ..errors import AlarmGap, AlarmUndeliverable
from ..models import AlarmLine
from ..models.alarms.subscription import LinkLost, LinkRestored
from ..monitor.handlers import LinkEvent
from .records import ClientRecord
from .signals import Signal, SignalKind, signal_line

__all__ = ["LINK_KINDS", "map_alarm", "map_link"]

LINK_KINDS: Final[Mapping[type[LinkEvent], SignalKind]] = {
    LinkLost: "link_lost",
    LinkRestored: "link_restored",
    AlarmGap: "alarm_gap",
    AlarmUndeliverable: "undeliverable",
}
_LINK_TEXTS: Final[Mapping[SignalKind, str]] = {
    "link_lost": "Milestone link lost",
    "link_restored": "Milestone link restored",
    "alarm_gap": "Milestone alarms may be missing",
    "undeliverable": "Milestone alarm cannot be read",
}


def map_alarm(client: ClientRecord, alarm: AlarmLine, *, received: datetime | None = None) -> Signal:
    """Return the signal for an alarm; there is one for every alarm, whatever it lacks.

    The event type is the alarm's priority (0 if it cannot be read), unless the client overrides it. The zone is the one
    whose name equals the alarm's source name exactly. Without one it is zone 0, and the line says which zone was
    expected. The source name is display text of any form, so it is only compared, never parsed. `received` is when the
    alarm arrived, by the caller's clock.
    """
    source_name = alarm.source_name or ""
    zone = client.zone_named(source_name)
    camera_zone = None if zone is None else client.camera_zone(zone)
    return Signal(
        client_no=client.client_no,
        zone=0 if zone is None else zone.number,
        event_type=client.event_type(alarm.priority or 0),
        time=alarm.timestamp,
        line=signal_line(
            type_description=_type_description(client, alarm),
            zone_name=None if zone is None else zone.name,
            source_name=source_name,
            message=alarm.message,
        ),
        alarm_id=alarm.id,
        revision=alarm.revision,
        source_name=source_name,
        fallback=zone is None,
        camera=None if camera_zone is None else camera_zone.name,
        camera_id=alarm.camera_id,
        received=received,
    )


def _type_description(client: ClientRecord, alarm: AlarmLine) -> str:
    known = None if client.template is None else client.template.event_types.get(client.event_type(alarm.priority or 0))
    return known or alarm.priority_name or f"Priority {alarm.priority or 0}"


def map_link(client: ClientRecord, event: LinkEvent, event_type: int, *, received: datetime) -> Signal:
    """Return the signal for a change of the link to a client's site: zone 0, with the event type given.

    The line is the description of the event type, if the template has one, and what happened. The key is made of the
    event alone, so that it is the same at each try.
    """
    kind = LINK_KINDS[type(event)]
    time, detail, identity = received, str(event), ""
    match event:
        case LinkLost():
            time, detail = event.since, event.reason
        case LinkRestored():
            time, detail = event.at, f"after {event.lost_for}"
        case AlarmGap():
            time, identity = event.until, f"{event.since.isoformat()}/{event.until.isoformat()}"
        case AlarmUndeliverable():
            row = hashlib.sha256(repr(sorted(event.members.items())).encode("utf-8", "replace"))
            identity = row.hexdigest()[:32] if event.alarm_id is None else str(event.alarm_id)
    described = None if client.template is None else client.template.event_types.get(event_type)
    return Signal(
        client_no=client.client_no,
        zone=0,
        event_type=event_type,
        time=time,
        line=f"{described or _LINK_TEXTS[kind]}: {detail}",
        alarm_id=event.alarm_id if isinstance(event, AlarmUndeliverable) else None,
        kind=kind,
        key=f"{client.client_no}:{kind}:{identity or time.isoformat()}",
        received=received,
    )
