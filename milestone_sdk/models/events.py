"""Events that programs send to a site, analytics events and generic events, and the server's replies."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from attrs import field, frozen

from .alarms.alarm import AlarmRule, AlarmSnapshot, AnalyticsObject, Vendor
from .devices import Camera
from .model import Model

__all__ = [
    "AnalyticsEvent",
    "AnalyticsEventReceipt",
    "GenericEventReceipt",
    "GenericEventSource",
    "GenericEventStatistics",
]


@frozen(kw_only=True, repr=False)
class AnalyticsEvent(Model):
    """Something that a program saw.

    `message` is the name of an analytics event as an administrator made it. `source` is a camera, its id, or the
    address of one as `host` or `host,channel`. `timestamp` becomes the time of the event and of its alarms; it is the
    time of sending if it is not given. `cameras` are shown as related to the event. The server gives an `id` if there
    is none.
    """  # docs/protocol: events-analytics

    message: str
    source: Camera | UUID | str | None = None
    timestamp: datetime | None = None
    id: UUID | None = None
    event_class: str | None = None
    type: str | None = None
    version: str | None = None
    priority: int = 0
    name: str | None = None
    custom_tag: str | None = None
    description: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    location: str | None = None
    count: int = 0
    rules: tuple[AlarmRule, ...] = ()
    objects: tuple[AnalyticsObject, ...] = ()
    cameras: tuple[Camera | UUID, ...] = ()
    snapshots: tuple[AlarmSnapshot, ...] = ()
    vendor: Vendor | None = None


@frozen(kw_only=True, repr=False)
class AnalyticsEventReceipt(Model):
    """What the server replied to an analytics event that it accepted.

    `known` is false if it warned that no analytics event of that name is set up: then the event has no effect. `text`
    is its whole reply.
    """

    known: bool
    text: str = ""


@frozen(kw_only=True, repr=False)
class GenericEventSource(Model):
    """A data source of generic events, with the settings of the administrator.

    `encoding` is a Python codec, e.g. `cp1252` for code page 1252. `separator` ends a text on TCP; without one the
    end of the connection does. `echo` is what the server sends back. `host` is the event server if it is not given.
    """  # docs/protocol: events-generic

    port: int = 1234
    protocol: Literal["tcp", "udp"] = "tcp"
    encoding: str = "cp1252"
    separator: bytes = b""
    echo: Literal["full", "statistics", "none"] = "full"
    host: str | None = None

    @classmethod
    def compatible(cls, *, protocol: Literal["tcp", "udp"] = "tcp", port: int = 1234, host: str | None = None) -> Self:
        """Return the shipped source "Compatible": no separator, ANSI (here Windows-1252), full echo."""
        return cls(protocol=protocol, port=port, host=host)

    @classmethod
    def international(cls, *, port: int = 1235, host: str | None = None) -> Self:
        """Return the shipped source "International": TCP, CR LF, UTF-8, echo of statistics."""
        return cls(port=port, encoding="utf-8", separator=b"\r\n", echo="statistics", host=host)


@frozen(kw_only=True, repr=False)
class GenericEventStatistics(Model):
    """The echo "statistics": which text of the connection it was, its length, and what it matched."""

    request: int
    characters: int
    matches: int
    event: str | None = None


@frozen(kw_only=True, repr=False)
class GenericEventReceipt(Model):
    """What the server sent back for a generic event; both are `None` where it sends nothing, as over UDP.

    `statistics.matches` of 0 means that no generic event is set up for such a text: it has no effect.
    """

    echo: bytes | None = field(default=None)
    statistics: GenericEventStatistics | None = None
