"""From alarms to signals: which signal an alarm is, and which alarms make one."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from ..errors import ConfigurationError
from ..models import AlarmLine
from .records import ClientRecord
from .signals import Signal, signal_line

__all__ = ["SeenAlarms", "map_alarm"]


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


class SeenAlarms:
    """Remembers which alarms have made their signal, so that a later change of one makes no second signal.

    A subscription delivers an alarm when it appears and again at each change of it: acknowledged, assigned, closed.
    Patriot gets one signal, for the first state that is delivered. Call `first_sight`, send the signal, and only then
    `remember`, so that an alarm whose signal was not accepted makes one when it is delivered again::

        if seen.first_sight(alarm):
            send(map_alarm(client, alarm))
        seen.remember(alarm)

    Keeps the `capacity` alarms remembered last. An alarm that was forgotten makes a second signal when it changes:
    better than none. To keep the alarms across restarts, store `list(seen)` and pass it as `remembered`.
    """

    def __init__(self, remembered: Iterable[UUID] = (), *, capacity: int = 10_000) -> None:
        if capacity < 1:
            raise ConfigurationError(f"capacity must be >= 1, got {capacity}")
        self._capacity = capacity
        self._ids: dict[UUID, None] = {}  # in the order of the last mention
        for alarm_id in remembered:
            self._mention(alarm_id)

    def first_sight(self, alarm: AlarmLine) -> bool:
        """Return whether the alarm has made no signal yet; changes nothing."""
        return alarm.id not in self._ids

    def remember(self, alarm: AlarmLine) -> None:
        """Note that the alarm has made its signal, or was delivered again since."""
        self._mention(alarm.id)

    def _mention(self, alarm_id: UUID) -> None:
        self._ids.pop(alarm_id, None)
        self._ids[alarm_id] = None
        if len(self._ids) > self._capacity:
            del self._ids[next(iter(self._ids))]

    def __iter__(self) -> Iterator[UUID]:
        """Yield the ids, the one mentioned longest ago first."""
        return iter(tuple(self._ids))

    def __len__(self) -> int:
        return len(self._ids)

    def __repr__(self) -> str:
        return f"<SeenAlarms {len(self._ids)} of {self._capacity}>"
