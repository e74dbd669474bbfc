"""Checks for `site.diagnose(*checks(client))`: whether a client record fits its site. They make no requests."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final
from uuid import UUID

from attrs import evolve, frozen

from .._protocol.configuration.groups import find_groups
from ..errors import UnsupportedFeature
from ..models import Check, Configuration, Finding, SiteFacts, Status
from ..releases import Release, compat
from .receiving import check_alarm_reporting
from .records import ClientRecord
from .zones import NameMismatch, priorities_without_event_type, zones_against_cameras

__all__ = ["checks"]

_MOST_REPORTED: Final = 20
_ENABLE: Final = "enable the camera or its hardware in the Management Client, or remove the zone"
_TEMPLATE: Final = "set the template on the Event Types tab of the client, for example Milestone Template"


def checks(client: ClientRecord, *, client_files: Release | str | None = None) -> tuple[Check, ...]:
    """Return the checks of a client: `site.diagnose(*checks(client))`.

    They report zones without a camera and cameras without a zone, a camera on zone 0, a Site Filter that no folder has,
    and on a central server of Milestone Interconnect that *Retrieve Remote Recordings* is off, and that the server
    reports no alarms. If the client has event reporting, also priorities without event type, a missing template, and a
    login by single sign-on. With `client_files`, the release of the Milestone client files, also that the server is
    newer.
    """
    finders: dict[str, _Find] = {"zones": _zones, "zone 0": _zone_zero}
    if client.site_filter:
        finders["site filter"] = _site_filter
    if client.event_reporting:
        finders |= {"template": _template, "event types": _event_types, "login": _login}
    finders["interconnect"] = _interconnect
    if client_files is not None:
        finders["client files"] = partial(_client_files, release=Release.parse(str(client_files)))
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
    cameras = facts.configuration.cameras
    compared = zones_against_cameras(
        check.client, (camera.name for camera in cameras), disabled=facts.disabled_cameras or ()
    )
    if (listed := _listed(facts.configuration, check.client.site_filter)) is not None:
        # The others belong to other clients of this server; a zone finds its camera in any folder.
        names = {camera.name for camera in cameras if camera.id in listed}
        without_zone = tuple(each for each in compared.cameras_without_zone if each.name in names)
        compared = evolve(compared, cameras_without_zone=without_zone)
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


def _listed(configuration: Configuration, site_filter: str) -> set[UUID] | None:
    """Return the cameras in the folders that a Site Filter names, `None` for all."""
    if not site_filter:
        return None
    folders = find_groups(configuration.camera_groups, site_filter)
    return {camera for folder in folders for inner in folder.walk() for camera in inner.camera_ids}


def _site_filter(check: _ClientCheck, facts: SiteFacts) -> Iterator[Finding]:
    """A folder of cameras has the name of the Site Filter."""
    name = check.client.site_filter
    if facts.configuration is None:
        yield check.unknown("the folders of cameras", facts, "configuration")
    elif listed := _listed(facts.configuration, name):
        yield check.ok(f"the Site Filter {name!r} lists {len(listed)} cameras")
    else:
        folders = ", ".join(repr(group.name) for group in list(facts.configuration.groups())[:_MOST_REPORTED])
        what = f"the Site Filter {name!r} lists no camera (folders: {folders or 'none'})"
        yield check.warning(what, "give the exact name of a folder under Devices > Cameras")


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
        remedy = 'give them: EventTypeTemplate(name="Milestone Template", event_types={1: "High"}), or [[templates]]'
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


def _interconnect(check: _ClientCheck, facts: SiteFacts) -> Iterator[Finding]:
    """A central server of Interconnect retrieves recordings, and is not expected to report alarms."""
    client = check.client
    if facts.configuration is None:
        yield check.unknown("the hardware", facts, "configuration")
        return
    if not facts.interconnect and client.kind != "interconnect":
        yield check.ok("no hardware of the site is a remote site")
        return
    if client.retrieve_remote_recordings:
        yield check.ok("Retrieve Remote Recordings is on, as an Interconnection Server needs it")
    else:
        what = "the server has remote sites, and Retrieve Remote Recordings is off"
        yield check.warning(what, "switch Retrieve Remote Recordings on for each remote site")
    try:
        if client.event_reporting:
            check_alarm_reporting(facts.configuration, server=facts.server, kind=client.kind)
    except UnsupportedFeature:
        what = "alarm reporting is not supported on an Interconnection Server: alarms stay at the remote sites"
        yield check.error(what, "make one client for each remote site, with the location of its own server")


def _client_files(check: _ClientCheck, facts: SiteFacts, release: Release) -> Iterator[Finding]:
    """The server is not newer than the client files."""
    if facts.info is None:
        yield check.unknown("the version of the server", facts, "info")
        return
    verdict = compat(client=release, server=facts.info.version)
    if verdict:
        yield check.ok(f"client files of {release} are expected to work with the server ({verdict.server})")
    else:
        yield check.warning(f"not assured: {verdict.warning}", "ask Patriot Support for newer client files")
