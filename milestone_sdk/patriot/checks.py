"""Checks for `site.diagnose(*checks(client))`: whether a client record fits its site. They make no requests."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from attrs import frozen

from ..models import Check, Finding, SiteFacts, Status
from .records import ClientRecord
from .zones import NameMismatch, priorities_without_event_type, zones_against_cameras

__all__ = ["checks"]

_MOST_REPORTED: Final = 20
_ENABLE: Final = "enable the camera or its hardware in the Management Client, or remove the zone"
_TEMPLATE: Final = "set the template on the Event Types tab of the client, for example Milestone Template"


def checks(
    client: ClientRecord, *, event_reporting: bool = True, retrieve_remote_recordings: bool | None = None
) -> tuple[Check, ...]:
    """Return the checks of a client: `site.diagnose(*checks(client))`.

    They report zones without a camera and cameras without a zone, a camera on zone 0, priorities without event type, a
    missing template, and on a central server of Milestone Interconnect that *Retrieve Remote Recordings* is not on, and
    that the server reports no alarms.

    `event_reporting` means that Patriot is to receive the site's alarms. `retrieve_remote_recordings` is how that
    option of the client is set, `None` if it is not known.
    """
    finders: dict[str, _Find] = {"zones": _zones, "zone 0": _zone_zero}
    if event_reporting:
        finders |= {"template": _template, "event types": _event_types, "login": _login}
    finders["interconnect"] = partial(
        _interconnect, event_reporting=event_reporting, retrieve=retrieve_remote_recordings
    )
    return tuple(_ClientCheck(client, f"patriot: {title}", find) for title, find in finders.items())


@frozen
class _ClientCheck:
    """A check of one client; `where` of its findings is that client."""

    client: ClientRecord
    name: str
    find: "_Find"

    def __call__(self, facts: SiteFacts) -> Iterator[Finding]:
        return self.find(self, facts)

    def finding(self, status: Status, what: str, remedy: str | None = None) -> Finding:
        where = f"client {self.client.client_no}"
        return Finding(status=status, check=self.name, where=where, what=what, remedy=remedy)

    def ok(self, what: str) -> Finding:
        return self.finding(Status.OK, what)

    def warning(self, what: str, remedy: str) -> Finding:
        return self.finding(Status.WARNING, what, remedy)

    def error(self, what: str, remedy: str) -> Finding:
        return self.finding(Status.ERROR, what, remedy)

    def unknown(self, what: str, facts: SiteFacts, fact: str) -> Finding:
        """Return the finding for facts that the site did not give."""
        reason = facts.missing.get(fact, "it is not known")
        return self.error(f"not compared: {what} could not be read: {reason}", "see the other findings, and try again")


_Find = Callable[[_ClientCheck, SiteFacts], Iterator[Finding]]


def _zones(check: _ClientCheck, facts: SiteFacts) -> Iterator[Finding]:
    """Zones and cameras have exactly the same names."""
    if facts.configuration is None:
        yield check.unknown("the cameras", facts, "configuration")
        return
    names = (camera.name for camera in facts.configuration.cameras)
    compared = zones_against_cameras(check.client, names, disabled=facts.disabled_cameras or ())
    if compared.fits:
        yield check.ok(f"{len(compared.matched)} zones and cameras fit each other")
    remedies: tuple[tuple[tuple[NameMismatch, ...], str, str], ...] = (
        (compared.zones_without_camera, "zones", "give the zone the exact name of its camera"),
        (compared.cameras_without_zone, "cameras", "make a zone of that exact name; until then it is zone 0"),
    )
    for mismatches, what, remedy in remedies:
        for mismatch in mismatches[:_MOST_REPORTED]:
            yield check.warning(str(mismatch), _ENABLE if mismatch.disabled else remedy)
        if (more := len(mismatches) - _MOST_REPORTED) > 0:
            yield check.warning(f"{more} more {what} have no match", remedy)
    for name in compared.ambiguous[:_MOST_REPORTED]:
        shared = f"several cameras are called {name!r}: an alarm does not say which of them it means"
        yield check.warning(shared, "give them different names")


def _zone_zero(check: _ClientCheck, facts: SiteFacts) -> Iterator[Finding]:
    """No camera has the name of zone 0, which takes the alarms of unknown cameras."""
    zone = check.client.zone_numbered(0)
    if zone is None:
        return
    if facts.configuration is None:
        yield check.unknown("the cameras", facts, "configuration")
    elif all(camera.name != zone.name for camera in facts.configuration.cameras):
        yield check.ok("no camera belongs to zone 0")
    else:
        what = f"camera {zone.name!r} has the name of zone 0, which takes the alarms of unknown cameras"
        yield check.warning(what, "give the camera a zone of its own, with a number from 1 on")


def _template(check: _ClientCheck, facts: SiteFacts) -> Iterator[Finding]:
    """A client whose alarms are reported has an event type template."""
    if check.client.template is None:
        yield check.warning("no event type template is named, yet alarms are reported", _TEMPLATE)
    else:
        yield check.ok(f"the event type template is {check.client.template.name!r}")


def _event_types(check: _ClientCheck, facts: SiteFacts) -> Iterator[Finding]:
    """Every priority of the site has an event type in the client's template."""
    client = check.client
    if facts.priorities is None:
        yield check.unknown("the alarm priorities", facts, "priorities")
    elif client.template is None or not client.template.event_types:
        what = "not compared with the priorities of the site: the event types of the template are not known"
        remedy = 'give them: EventTypeTemplate(name="Milestone Template", event_types={1: "High"})'
        yield check.warning(what, remedy)
    else:
        names = {level.number: level.name or "" for level in facts.priorities}
        lacking = priorities_without_event_type(client, names)
        if not lacking:
            yield check.ok(f"each of the {len(names)} priorities has an event type")
        for number in lacking[:_MOST_REPORTED]:
            event_type = client.event_type(number)
            yield check.warning(
                f"priority {number} {names[number]!r} has no event type {event_type}",
                f"add event type {event_type} to the template, or override it for this client",
            )


def _login(check: _ClientCheck, facts: SiteFacts) -> Iterator[Finding]:
    """The Milestone task does not log in by single sign-on."""
    if facts.single_sign_on:
        what = "single sign-on is not supported where the Milestone task receives alarms"
        yield check.error(what, "give the task a user of its own, basic or Windows")
    else:
        yield check.ok("the Milestone task can use this login")


def _interconnect(
    check: _ClientCheck, facts: SiteFacts, event_reporting: bool, retrieve: bool | None
) -> Iterator[Finding]:
    """A central server of Interconnect retrieves recordings, and is not expected to report alarms."""
    if facts.configuration is None:
        yield check.unknown("the hardware", facts, "configuration")
        return
    if not facts.interconnect:
        yield check.ok("no hardware of the site is a remote site")
        return
    if retrieve is True:
        yield check.ok("Retrieve Remote Recordings is on, as an Interconnection Server needs it")
    else:
        state = "off" if retrieve is False else "not known to be on"
        what = f"the server has remote sites, and Retrieve Remote Recordings is {state}"
        yield check.warning(what, "switch Retrieve Remote Recordings on for each remote site")
    if event_reporting and all(each.interconnected for each in facts.configuration.hardware):
        what = "alarm reporting is not supported on an Interconnection Server: alarms stay at the remote sites"
        yield check.error(what, "make one client for each remote site, with the location of its own server")
