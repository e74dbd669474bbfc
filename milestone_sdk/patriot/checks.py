"""Checks for `site.diagnose(*checks(client))`: whether a client record fits its site. They make no requests."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from attrs import frozen

from ..models import Check, Finding, SiteFacts, Status
from .records import ClientRecord
from .zones import NameMismatch, priorities_without_event_type, zones_against_cameras

__all__ = ["checks"]

_MOST_REPORTED: Final = 20
_ENABLE: Final = "enable the camera or its hardware in the Management Client, or remove the zone"
_TEMPLATE: Final = "set the template on the Event Types tab of the client, for example Milestone Template"


def checks(
    client: ClientRecord,
    *,
    event_reporting: bool = True,
    retrieve_remote_recordings: bool | None = None,
) -> tuple[Check, ...]:
    """Return the checks of a client: `site.diagnose(*checks(client))`.

    They report zones without a camera and cameras without a zone, a camera on zone 0, priorities without event type, a
    missing template, and on a central server of Milestone Interconnect that *Retrieve Remote Recordings* is not on, and
    that the server reports no alarms.

    `event_reporting` means that Patriot is to receive the site's alarms. `retrieve_remote_recordings` is how that
    option of the client is set, `None` if it is not known.
    """
    zones = (_ZoneCheck(client), _ZoneZeroCheck(client))
    interconnect = _InterconnectCheck(client, event_reporting, retrieve_remote_recordings)
    if not event_reporting:
        return (*zones, interconnect)
    return (*zones, _TemplateCheck(client), _EventTypeCheck(client), _LoginCheck(client), interconnect)


@frozen
class _ClientCheck:
    """A check of one client; `where` of its findings is that client."""

    title: ClassVar[str]
    client: ClientRecord

    @property
    def name(self) -> str:
        return f"patriot: {self.title}"

    @property
    def where(self) -> str:
        return f"client {self.client.client_no}"

    def ok(self, what: str) -> Finding:
        return Finding(status=Status.OK, check=self.name, where=self.where, what=what)

    def warning(self, what: str, remedy: str) -> Finding:
        return Finding(status=Status.WARNING, check=self.name, where=self.where, what=what, remedy=remedy)

    def error(self, what: str, remedy: str) -> Finding:
        return Finding(status=Status.ERROR, check=self.name, where=self.where, what=what, remedy=remedy)

    def unknown(self, what: str, facts: SiteFacts, fact: str) -> Finding:
        """Return the finding for facts that the site did not give."""
        reason = facts.missing.get(fact, "it is not known")
        return self.error(f"not compared: {what} could not be read: {reason}", "see the other findings, and try again")


@frozen
class _ZoneCheck(_ClientCheck):
    """Zones and cameras have exactly the same names."""

    title = "zones"  # requirements R47, R50

    def __call__(self, facts: SiteFacts) -> Iterable[Finding]:
        if facts.configuration is None:
            return [self.unknown("the cameras", facts, "configuration")]
        names = (camera.name for camera in facts.configuration.cameras)
        compared = zones_against_cameras(self.client, names, disabled=facts.disabled_cameras or ())
        if compared.fits:
            return [self.ok(f"{len(compared.matched)} zones and cameras fit each other")]
        found = [
            *self._mismatches(compared.zones_without_camera, "zones", "give the zone the exact name of its camera"),
            *self._mismatches(
                compared.cameras_without_zone, "cameras", "make a zone of that exact name; until then it is zone 0"
            ),
        ]
        for name in compared.ambiguous[:_MOST_REPORTED]:
            what = f"several cameras are called {name!r}: an alarm does not say which of them it means"
            found.append(self.warning(what, "give them different names"))
        return found

    def _mismatches(self, mismatches: Sequence[NameMismatch], what: str, remedy: str) -> Iterable[Finding]:
        for mismatch in mismatches[:_MOST_REPORTED]:
            yield self.warning(str(mismatch), _ENABLE if mismatch.disabled else remedy)
        if (more := len(mismatches) - _MOST_REPORTED) > 0:
            yield self.warning(f"{more} more {what} have no match", remedy)


@frozen
class _ZoneZeroCheck(_ClientCheck):
    """No camera belongs to zone 0, which takes the alarms of unknown cameras.

    A `ClientRecord` cannot give zone 0 a camera, but a camera may have its name.
    """

    title = "zone 0"  # requirement R52

    def __call__(self, facts: SiteFacts) -> Iterable[Finding]:
        zone = self.client.zone_numbered(0)
        if zone is None:
            return []
        if facts.configuration is None:
            return [self.unknown("the cameras", facts, "configuration")]
        if all(camera.name != zone.name for camera in facts.configuration.cameras):
            return [self.ok("no camera belongs to zone 0")]
        what = f"camera {zone.name!r} has the name of zone 0, which takes the alarms of unknown cameras"
        return [self.warning(what, "give the camera a zone of its own, with a number from 1 on")]


@frozen
class _TemplateCheck(_ClientCheck):
    """A client whose alarms are reported has an event type template."""

    title = "template"  # requirement R32

    def __call__(self, facts: SiteFacts) -> Iterable[Finding]:
        if self.client.template is None:
            return [self.warning("no event type template is named, yet alarms are reported", _TEMPLATE)]
        return [self.ok(f"the event type template is {self.client.template.name!r}")]


@frozen
class _EventTypeCheck(_ClientCheck):
    """Every priority of the site has an event type in the client's template."""

    title = "event types"  # requirement R26

    def __call__(self, facts: SiteFacts) -> Iterable[Finding]:
        if facts.priorities is None:
            return [self.unknown("the alarm priorities", facts, "priorities")]
        if self.client.template is None or not self.client.template.event_types:
            what = "not compared with the priorities of the site: the event types of the template are not known"
            return [
                self.warning(what, 'give them: EventTypeTemplate(name="Milestone Template", event_types={1: "High"})')
            ]
        names = {level.number: level.name or "" for level in facts.priorities}
        lacking = priorities_without_event_type(self.client, names)
        if not lacking:
            return [self.ok(f"each of the {len(names)} priorities has an event type")]
        return [
            self.warning(
                f"priority {number} {names[number]!r} has no event type {self.client.event_type(number)}",
                f"add event type {self.client.event_type(number)} to the template, or override it for this client",
            )
            for number in lacking[:_MOST_REPORTED]
        ]


@frozen
class _LoginCheck(_ClientCheck):
    """The Milestone task does not log in by single sign-on."""

    title = "login"  # requirement R45

    def __call__(self, facts: SiteFacts) -> Iterable[Finding]:
        if facts.single_sign_on:
            what = "single sign-on is not supported where the Milestone task receives alarms"
            return [self.error(what, "give the task a user of its own, basic or Windows")]
        return [self.ok("the Milestone task can use this login")]


@frozen
class _InterconnectCheck(_ClientCheck):
    """A central server of Interconnect retrieves recordings, and is not expected to report alarms."""

    title = "interconnect"  # requirements R40, R81
    event_reporting: bool
    retrieve: bool | None

    def __call__(self, facts: SiteFacts) -> Iterable[Finding]:
        if facts.configuration is None:
            return [self.unknown("the hardware", facts, "configuration")]
        if not facts.interconnect:
            return [self.ok("no hardware of the site is a remote site")]
        found: list[Finding] = []
        if self.retrieve is True:
            found.append(self.ok("Retrieve Remote Recordings is on, as an Interconnection Server needs it"))
        else:
            state = "off" if self.retrieve is False else "not known to be on"
            what = f"the server has remote sites, and Retrieve Remote Recordings is {state}"
            found.append(self.warning(what, "switch Retrieve Remote Recordings on for each remote site"))
        hardware = facts.configuration.hardware
        if self.event_reporting and all(each.interconnected for each in hardware):
            what = "alarm reporting is not supported on an Interconnection Server: alarms stay at the remote sites"
            found.append(self.error(what, "make one client for each remote site, with the location of its own server"))
        return found
