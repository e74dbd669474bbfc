"""The TCP ports between a site and the programs of an alarm receiving centre."""

from typing import Final

from attrs import frozen

__all__ = ["EVENT_SERVER_PORT", "Port", "required_ports"]


@frozen(kw_only=True)
class Port:
    """A TCP port between Patriot and a site, in both directions; `used` says whether this library connects to it."""

    number: int
    purpose: str
    server: str
    used: bool
    note: str | None = None


_HTTP: Final = "only where a location says http://, and never with a basic user's password"
_MIP: Final = "for Milestone's own .NET clients; this library gets alarms over 22331"
_PORTS: Final = tuple(
    Port(number=number, purpose=purpose, server=server, used=used, note=note)
    for number, purpose, server, used, note in (
        (80, "authentication (http)", "management server", True, _HTTP),
        (443, "authentication (https)", "management server", True, None),
        (7563, "video, audio and PTZ", "each recorder", True, None),
        (22333, "alarms (MIP communication)", "event server", False, _MIP),
    )
)
EVENT_SERVER_PORT: Final = Port(
    number=22331,
    purpose="alarms (alarm service)",
    server="event server",
    used=True,
    note="not in Patriot's table of ports, but this library gets alarms over it; http or https as the "
    "administrator set it",
)
"""The port over which this library gets alarms; it is not in Patriot's table of ports."""


def required_ports() -> tuple[Port, ...]:
    """Return the four ports that Patriot's description of the integration names, with their purposes.

    They are defaults: a location, a recorder and an event server may use others. `EVENT_SERVER_PORT` is needed too.
    """
    return _PORTS
