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


_PORTS: Final = (
    Port(
        number=80,
        purpose="authentication (http)",
        server="management server",
        used=True,
        note="only where a location says http://, and never with a basic user's password",
    ),
    Port(number=443, purpose="authentication (https)", server="management server", used=True),
    Port(number=7563, purpose="video, audio and PTZ", server="each recorder", used=True),
    Port(
        number=22333,
        purpose="alarms (MIP communication)",
        server="event server",
        used=False,
        note="for Milestone's own .NET clients; this library gets alarms over 22331",
    ),
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
