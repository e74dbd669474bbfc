"""A signal: what Patriot logs of an alarm, and the line of text that says so to an operator."""

from datetime import datetime, timedelta
from uuid import UUID

from attrs import field, frozen

from ..models.times import to_utc

__all__ = ["Signal", "signal_line"]


def _optional_utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else to_utc(moment)


@frozen(kw_only=True)
class Signal:
    """One signal for Patriot, made from one alarm.

    Signals of one alarm share `alarm_id`: it is the key under which a receiver that may be told twice drops the
    second. Text is as the server sent it, line ends and control characters included; escape it where a
    channel has rules of its own. Raises `ValueError` for times without a time zone.
    """

    client_no: str
    zone: int
    """The number of the zone; 0 when no zone has the name of the source."""
    event_type: int
    time: datetime = field(converter=to_utc)
    """The alarm's timestamp in UTC, by the clock of whoever raised it: a camera's clock may be wrong."""
    line: str
    """The text for the operator, see `signal_line`."""
    alarm_id: UUID
    revision: int
    """The state of the alarm that was seen, see `AlarmLine.revision`."""
    source_name: str = ""
    """The name that the alarm gave as its source, unchanged: the zone of that name is the one it belongs to."""
    fallback: bool = False
    """Whether the signal is on zone 0 because no zone has the name of the source."""
    camera: str | None = None
    """The name of the camera that shows what happened: the zone's own, or the one that covers it."""
    camera_id: UUID | None = None
    """The camera that the alarm itself names; where two cameras share a name, it says which one."""
    received: datetime | None = field(default=None, converter=_optional_utc)
    """When the alarm reached this side, in UTC, if the caller said so."""

    @property
    def delay(self) -> timedelta | None:
        """`received` minus `time`: negative when the sender's clock runs ahead, `None` without `received`."""
        return None if self.received is None else self.received - self.time

    def as_dict(self) -> dict[str, str | int | bool | None]:
        """Return the signal as plain values for JSON, under the names of the attributes.

        Times are ISO 8601 in UTC with six decimals. `revision` is text: it has 18 digits, and JSON readers that take
        numbers for doubles keep only 15 of them.
        """
        return {
            "client_no": self.client_no,
            "zone": self.zone,
            "event_type": self.event_type,
            "time": self.time.isoformat(timespec="microseconds"),
            "line": self.line,
            "alarm_id": str(self.alarm_id),
            "revision": str(self.revision),
            "source_name": self.source_name,
            "fallback": self.fallback,
            "camera": self.camera,
            "camera_id": None if self.camera_id is None else str(self.camera_id),
            "received": None if self.received is None else self.received.isoformat(timespec="microseconds"),
        }


def signal_line(*, type_description: str, zone_name: str | None, source_name: str, message: str | None = None) -> str:
    """Return the line of text of a signal.

    With the zone that has the source's name, and without one (`zone_name=None`)::

        High Front Hallway Motion started
        High Zone 0 (unknown zone: C1 alarm) AXIS Perimeter_Defender alarm START on camera C1

    that is: the description of the event type, the zone, the alarm's message if it has one, a single blank between
    them. Nothing is trimmed, shortened or escaped.
    """
    zone = f"Zone 0 (unknown zone: {source_name})" if zone_name is None else zone_name
    return f"{type_description} {zone} {message}" if message else f"{type_description} {zone}"
