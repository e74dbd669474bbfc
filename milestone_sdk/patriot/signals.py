"""A signal: what Patriot logs for an alarm, with the line of text for the operator."""

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from attrs import Attribute, Factory, asdict, field, frozen

from ..models.times import to_utc

__all__ = ["Signal", "SignalKind", "signal_line"]

SignalKind = Literal["alarm", "link_lost", "link_restored", "alarm_gap", "undeliverable"]
"""What a signal reports: an alarm of the client's site, or a state of the link to it."""


def _optional_utc(value: datetime | None) -> datetime | None:
    return None if value is None else to_utc(value)


@frozen(kw_only=True)
class Signal:
    """One signal for Patriot, made from one alarm, or from a change of the link to the client's site.

    A signal that is sent again has the same `key`: a receiver uses it to drop duplicates. Strings are as the server
    sent them, line ends and control characters included; escape them as the channel requires. Raises `ValueError` for
    times without a time zone.
    """

    client_no: str
    zone: int
    """The number of the zone; 0 when no zone has the name of the source."""
    event_type: int
    time: datetime = field(converter=to_utc)
    """The alarm's timestamp in UTC, by the clock of the device that raised it, which may be wrong."""
    line: str
    """The text for the operator, see `signal_line`."""
    alarm_id: UUID | None = None
    """The alarm that the signal was made from or reports, `None` for the link."""
    revision: int | None = None
    """The state of the alarm, see `AlarmLine.revision`; `None` for the link."""
    kind: SignalKind = "alarm"
    key: str = field(default=Factory(lambda signal: f"{signal.client_no}:{signal.alarm_id}", takes_self=True))
    """Identifies the signal: the same at each try and after a restart; one per client and alarm."""
    source_name: str = ""
    """The source name of the alarm, unchanged."""
    fallback: bool = False
    """Whether the signal is on zone 0 because no zone has the name of the source."""
    camera: str | None = None
    """The name of the camera that shows the zone: the zone's own, or the one that covers it."""
    camera_id: UUID | None = None
    """The camera that the alarm names; it is unique also where two cameras share a name."""
    received: datetime | None = field(default=None, converter=_optional_utc)
    """When the alarm was received, in UTC, if the caller gave it."""

    @property
    def delay(self) -> timedelta | None:
        """`received` minus `time`: negative when the sender's clock runs ahead, `None` without `received`."""
        return None if self.received is None else self.received - self.time

    def as_dict(self) -> dict[str, str | int | bool | None]:
        """Return the signal as plain values for JSON, under the names of the attributes.

        Times are ISO 8601 in UTC with six decimals. `revision` is a string: JSON readers that use doubles would keep
        only 15 of its 18 digits.
        """
        return asdict(self, value_serializer=_plain)


def _plain(_: object, attribute: "Attribute[Any]", value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds")
    if isinstance(value, UUID) or (attribute.name == "revision" and value is not None):
        return str(value)
    return value


def signal_line(*, type_description: str, zone_name: str | None, source_name: str, message: str | None = None) -> str:
    """Return the line of text of a signal.

    With the zone that has the source's name, and without one (`zone_name=None`)::

        High Front Hallway Motion started
        High Zone 0 (unknown zone: C1 alarm) AXIS Perimeter_Defender alarm START on camera C1

    that is: the description of the event type, the zone, and the alarm's message if it has one, separated by single
    spaces. Nothing is trimmed, shortened or escaped.
    """
    zone = f"Zone 0 (unknown zone: {source_name})" if zone_name is None else zone_name
    return f"{type_description} {zone} {message}" if message else f"{type_description} {zone}"
