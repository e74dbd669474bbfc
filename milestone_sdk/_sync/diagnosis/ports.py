# Generated from milestone_sdk/_async/diagnosis/ports.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Ports: one line for each, with what it is for (requirements R11, R13; protocol/auth.md 9)."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

import httpx

from ..._net.blocking import open_stream
from ..._net.fanout import gather_within
from ..._net.http.proxies import ProxyRules
from ..._protocol.management.location import Location
from ...errors import ConnectTimeout, MilestoneError
from ...models import Finding
from ...ports import EVENT_SERVER_PORT, Port, required_ports
from .check import SiteCheck
from .site import ExaminedSite

__all__ = ["EventServerPortCheck", "ManagementPortCheck", "RecorderPortCheck"]

_PORTS: Final = {port.number: port for port in required_ports()}
_SCHEMES: Final = {80: "http", 443: "https"}
_MESSAGES: Final = 22333
_FROM_ALARMS_TO_MESSAGES: Final = _MESSAGES - EVENT_SERVER_PORT.number
"""Whatever the port of the alarm service is, that of message communication is two above (protocol/alarms.md 1.3)."""
_OPEN_IT: Final = "start the service, or have the firewalls between let this port through"
_MOST_PROBES: Final = 64


def _trouble(host: str, port: int, seconds: float) -> str | None:
    """Return what comes of a connection that is closed at once: `None` where somebody answers."""
    try:
        stream = open_stream(host, port, context=None, timeout=seconds)
    except ConnectTimeout:
        return f"no answer within {seconds:g} s, as when a firewall drops it"
    except MilestoneError as error:
        return error.message
    stream.close()
    return None


class _PortCheck(SiteCheck):
    name = "ports"
    needs_login = False

    def line(
        self, site: ExaminedSite, port: Port, places: Sequence[Location], *, needed: bool, note: str = ""
    ) -> Finding:
        """Try a port wherever it is, and return one line about it."""
        reached = list(dict.fromkeys((place.host, place.port) for place in places))[:_MOST_PROBES]
        calls = [partial(_trouble, host, number, site.patience) for host, number in reached]
        outcomes = gather_within(site.patience, calls)
        troubles = [outcome.value if outcome.error is None else "no answer" for outcome in outcomes]
        where = [f"{host}:{number}" for host, number in reached]
        failed = [f"{place}: {trouble}" for place, trouble in zip(where, troubles, strict=True) if trouble]
        what = f"{port.number}, {port.purpose}"
        if not failed:
            return self.ok(", ".join(where[:3]), f"{what}: {_answers(len(where))}{note}")
        told = f"{what}: {len(failed)} of {len(where)} do not answer: " if len(where) > 1 else f"{what}: "
        shown = "; ".join(failed[:5]) if len(where) > 1 else str(next(filter(None, troubles)))
        finding = self.error if needed else self.warning
        return finding(", ".join(where[:3]), f"{told}{shown}{note}", _OPEN_IT)


def _answers(count: int) -> str:
    return "answers" if count == 1 else f"all {count} answer"


class ManagementPortCheck(_PortCheck):
    """80 and 443 of the management server, or what stands in the location or is announced instead."""

    def findings(self, site: ExaminedSite) -> Iterable[Finding]:
        """Try both."""
        own = site.session.location
        try:
            announced = site.management_addresses()
        except MilestoneError:
            announced = ()
        rules = ProxyRules.of_environment(trust_env=site.session.trust_env)
        found: list[Finding] = []
        for number, scheme in _SCHEMES.items():
            ports = [own.port] if own.scheme == scheme else [each.port for each in announced if each.scheme == scheme]
            place = Location(scheme, own.host, ports[0] if ports else number)
            if rules.proxy_for(httpx.URL(str(place))) is not None:
                what = f"{number}, {_PORTS[number].purpose}: not tried, since a proxy of the environment leads there"
                found.append(self.ok(f"{place.host}:{place.port}", what))
                continue
            needed = own.scheme == scheme
            note = "" if needed else "; this login uses the other one"
            found.append(self.line(site, _PORTS[number], [place], needed=needed, note=note))
        return found


class RecorderPortCheck(_PortCheck):
    """7563 of every recorder, or what it announces instead."""

    def findings(self, site: ExaminedSite) -> Iterable[Finding]:
        """Try where all of them are; without login, where one would be by default."""
        port = _PORTS[7563]
        try:
            placed = site.recorders()
        except MilestoneError:
            default = Location("http", site.session.location.host, port.number)
            note = "; where the recorders are is not known without a login, so this is the default"
            return [self.line(site, port, [default], needed=False, note=note)]
        places = [each.location for each in placed if each.location is not None]
        if not places:
            what = f"{port.number}, {port.purpose}: no recorder announces an address"
            return [self.warning(site.server, what, "see that the user may see the cameras of at least one recorder")]
        return [self.line(site, port, places, needed=True)]


class EventServerPortCheck(_PortCheck):
    """22331 and 22333 of the event server, or what it registered instead."""

    def findings(self, site: ExaminedSite) -> Iterable[Finding]:
        """Try both; where the event server is not known, at the management server."""
        try:
            known = site.event_server()
        except MilestoneError:
            known = None
        alarms = known or Location("http", site.session.location.host, EVENT_SERVER_PORT.number)
        guessed = "" if known else "; where the event server is, is not known, so this is the default"
        messages = Location(alarms.scheme, alarms.host, min(alarms.port + _FROM_ALARMS_TO_MESSAGES, 65535))
        return [
            self.line(
                site, EVENT_SERVER_PORT, [alarms], needed=known is not None, note=f"; not in Patriot's table{guessed}"
            ),
            self.line(
                site, _PORTS[_MESSAGES], [messages], needed=False, note=f"; not used by this library{guessed}"
            ),
        ]
