# Generated from milestone_sdk/_async/diagnosis/ports.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Ports: one line for each, with its purpose."""

from collections.abc import Sequence
from functools import partial
from typing import Final

import httpx

from ..._net.blocking import open_stream
from ..._net.fanout import gather_within
from ..._net.http.proxies import ProxyRules
from ..._protocol.management.location import Location
from ...errors import ConnectTimeout, MilestoneError
from ...ports import EVENT_SERVER_PORT, Port, required_ports
from .check import Report
from .site import ExaminedSite

__all__ = ["event_server", "management", "recorders"]

_PORTS: Final = {port.number: port for port in required_ports()}
_SCHEMES: Final = {80: "http", 443: "https"}
_MESSAGES: Final = 22333
_FROM_ALARMS_TO_MESSAGES: Final = _MESSAGES - EVENT_SERVER_PORT.number
"""The port of message communication is two above that of the alarm service, whichever that is."""
_OPEN_IT: Final = "start the service, or have the firewalls between allow this port"
_MOST_PROBES: Final = 64


def management(site: ExaminedSite, report: Report) -> None:
    """80 and 443 of the management server, or the ports of the location or announced ones instead."""
    own = site.session.location
    try:
        announced = site.management_addresses()
    except MilestoneError:
        announced = ()
    rules = ProxyRules.of_environment(trust_env=site.session.settings.trust_env)
    for number, scheme in _SCHEMES.items():
        ports = [own.port] if own.scheme == scheme else [each.port for each in announced if each.scheme == scheme]
        place = Location(scheme, own.host, ports[0] if ports else number)
        if rules.proxy_for(httpx.URL(str(place))) is not None:
            what = f"{number}, {_PORTS[number].purpose}: not tried, since a proxy of the environment leads there"
            report.ok(what, where=f"{place.host}:{place.port}")
            continue
        needed = own.scheme == scheme
        note = "" if needed else "; this login uses the other one"
        _line(site, report, _PORTS[number], [place], needed=needed, note=note)


def recorders(site: ExaminedSite, report: Report) -> None:
    """7563 of every recorder, or the port it announces instead; without a login, where one would be by default."""
    port = _PORTS[7563]
    try:
        placed = site.recorders()
    except MilestoneError:
        default = Location("http", site.session.location.host, port.number)
        note = "; where the recorders are is not known without a login, so this is the default"
        _line(site, report, port, [default], needed=False, note=note)
        return
    if places := [each.location for each in placed if each.location is not None]:
        _line(site, report, port, places, needed=True)
    else:
        what = f"{port.number}, {port.purpose}: no recorder announces an address"
        report.warning(what, "see that the user may see the cameras of at least one recorder")


def event_server(site: ExaminedSite, report: Report) -> None:
    """22331 and 22333 of the event server, or what it registered instead; by default at the management server."""
    try:
        known = site.event_server()
    except MilestoneError:
        known = None
    alarms = known or Location("http", site.session.location.host, EVENT_SERVER_PORT.number)
    guessed = "" if known else "; where the event server is, is not known, so this is the default"
    messages = Location(alarms.scheme, alarms.host, min(alarms.port + _FROM_ALARMS_TO_MESSAGES, 65535))
    note = f"; not in Patriot's table{guessed}"
    _line(site, report, EVENT_SERVER_PORT, [alarms], needed=known is not None, note=note)
    _line(site, report, _PORTS[_MESSAGES], [messages], needed=False, note=f"; not used by this library{guessed}")


def _line(
    site: ExaminedSite, report: Report, port: Port, places: Sequence[Location], *, needed: bool, note: str = ""
) -> None:
    """Try a port at every place, and report that in one line."""
    reached = list(dict.fromkeys((place.host, place.port) for place in places))[:_MOST_PROBES]
    calls = [partial(_trouble, host, number, site.patience) for host, number in reached]
    outcomes = gather_within(site.patience, calls)
    troubles = [outcome.value if outcome.error is None else "no answer" for outcome in outcomes]
    addresses = [f"{host}:{number}" for host, number in reached]
    failed = [f"{place}: {trouble}" for place, trouble in zip(addresses, troubles, strict=True) if trouble]
    what, where, count = f"{port.number}, {port.purpose}", ", ".join(addresses[:3]), len(addresses)
    if not failed:
        report.ok(f"{what}: {'answers' if count == 1 else f'all {count} answer'}{note}", where=where)
        return
    if count > 1:
        what = f"{what}: {len(failed)} of {count} do not answer: {'; '.join(failed[:5])}{note}"
    else:
        what = f"{what}: {troubles[0]}{note}"
    (report.error if needed else report.warning)(what, _OPEN_IT, where=where)


def _trouble(host: str, port: int, seconds: float) -> str | None:
    """Connect and close at once; return what went wrong."""
    try:
        stream = open_stream(host, port, context=None, timeout=seconds)
    except ConnectTimeout:
        return f"no answer within {seconds:g} s, as when a firewall drops it"
    except MilestoneError as error:
        return error.message
    stream.close()
    return None
