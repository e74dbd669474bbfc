# Generated from milestone_sdk/_async/diagnosis/alarmdefinitions.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Alarm definitions: there are some, and they are well made (requirements R17, R19, R20; configuration.md 3.11)."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from ..._net.fanout import gather_within
from ...errors import MilestoneError, NotFound, PermissionDenied, UnsupportedFeature
from ...models import ConfigurationItem, Finding, ItemPath
from ...models.items.alarms import AlarmDefinitionItem
from .check import SiteCheck, listed, told
from .site import ExaminedSite

__all__ = ["AlarmDefinitionCheck", "AlarmSourceCheck", "DeviceEventCheck"]

_MOST_ASKED: Final = 20
_DEVICE_EVENTS: Final = UUID("1eacbcad-d566-4375-834b-cfbe3d937caa")
_RIGHTS: Final = "give the user's role View on the alarm definitions, or log in as a user who may read them"


class _DefinitionCheck(SiteCheck):
    name = "alarm definitions"

    @staticmethod
    def active(site: ExaminedSite) -> tuple[AlarmDefinitionItem, ...]:
        """Return the definitions that are switched on; none where the user may not read them."""
        items = site.alarm_definitions.get_or_none() or ()
        return tuple(each for each in map(AlarmDefinitionItem.of, items) if each.enabled is not False)


class AlarmDefinitionCheck(_DefinitionCheck):
    """Without alarm definitions no alarms arrive; those of External Event tell no camera."""

    def findings(self, site: ExaminedSite) -> Iterable[Finding]:
        """Count them, and look at each."""
        try:
            items = site.alarm_definitions.get()
        except (NotFound, PermissionDenied, UnsupportedFeature) as error:
            what = f"the alarm definitions cannot be read: {told(error)}"
            return [self.warning(site.server, what, _RIGHTS)]
        definitions = [AlarmDefinitionItem.of(item) for item in items]
        active = [each for each in definitions if each.enabled is not False]
        if not active:
            state = (
                f"all {len(definitions)} alarm definitions are switched off"
                if definitions
                else ("there is no alarm definition that this user may see")
            )
            remedy = "make one in the Management Client: a name, a triggering event, the source cameras"
            return [self.error(site.server, f"{state}: no alarms can arrive", remedy)]
        off = [each.name for each in definitions if each.enabled is False]
        external = [each.name for each in active if each.is_external_event]
        sourceless = [each.name for each in active if not each.sources]
        count = len(definitions)
        found = [self.ok(site.server, f"{len(active)} of {count} alarm definitions are switched on")]
        if off:
            what = f"{len(off)} of {count} alarm definitions are switched off: {listed(off)}"
            found.append(self.warning(site.server, what, "switch them on, or remove them"))
        if external:
            what = (
                f"External Event triggers {len(external)} of {count} alarm definitions, whose alarms name no camera: "
            )
            what += listed(external)
            found.append(self.warning(site.server, what, "choose Motion Detected for motion alarms"))
        if sourceless:
            what = f"{len(sourceless)} of {count} alarm definitions have no source: {listed(sourceless)}"
            found.append(self.error(site.server, what, "choose the cameras that raise the alarm"))
        return found


class AlarmSourceCheck(_DefinitionCheck):
    """Every camera that an alarm definition names exists and is switched on."""

    def findings(self, site: ExaminedSite) -> Iterable[Finding]:
        """Look for those that the user does not see among the cameras, some of them."""
        seen = {camera.id for camera in (site.configuration.get()).cameras}
        users: dict[ItemPath, str] = {}
        for definition in self.active(site):
            for source in (*definition.sources, *definition.related_cameras):
                if source.item_type.casefold() == "camera" and source.guid not in seen:
                    users.setdefault(source, definition.name)
        asked = list(users)[:_MOST_ASKED]
        outcomes = gather_within(site.patience * 1.5, [partial(site.items.item, path) for path in asked])
        found: list[Finding] = []
        for path, outcome in zip(asked, outcomes, strict=True):
            where = users[path]
            if isinstance(outcome.error, NotFound):
                what = f"the source {path} does not exist, or this user may not see it"
                found.append(self.error(where, what, "take it out of the alarm definition, or give the user the right"))
            elif outcome.value is not None and outcome.value.enabled is False:
                what = f"the source {outcome.value.name!r} is switched off"
                found.append(self.warning(where, what, "switch the camera on, or take it out of the definition"))
            elif outcome.value is not None:
                what = f"the source {outcome.value.name!r} is not among the cameras of this user"
                remedy = "switch its hardware on, or give the user's role the right to view it"
                found.append(self.warning(where, what, remedy))
        if len(users) > len(asked):
            what = f"{len(users) - len(asked)} more sources that this user does not see were not looked up"
            found.append(self.warning(site.server, what, "see that the user may view the cameras that raise alarms"))
        return found


class DeviceEventCheck(_DefinitionCheck):
    """A camera whose event triggers an alarm has that event switched on, where the server lists it for the device.

    An event that a device does not list may be one that the system raises itself, such as Motion Detected, so only
    one that is listed and switched off is told.
    """

    def findings(self, site: ExaminedSite) -> Iterable[Finding]:
        """Look at some of the cameras that definitions name."""
        wanted: list[tuple[AlarmDefinitionItem, ItemPath]] = []
        for definition in self.active(site):
            if definition.event_type_group == _DEVICE_EVENTS:
                sources = [path for path in definition.sources if path.item_type.casefold() == "camera"]
                wanted += [(definition, path) for path in sources if not path.folder]
        asked = wanted[:_MOST_ASKED]
        calls = [partial(self._switched_off, site, definition, path) for definition, path in asked]
        outcomes = gather_within(site.patience * 1.5, calls)
        return [
            self.warning(
                definition.name,
                f"its event {outcome.value!r} is switched off at the device of {path}",
                "add and enable the event on the Event tab of the device",
            )
            for (definition, path), outcome in zip(asked, outcomes, strict=True)
            if outcome.value
        ]

    @staticmethod
    def _switched_off(site: ExaminedSite, definition: AlarmDefinitionItem, path: ItemPath) -> str:
        """Return the name of the definition's event if the device lists it as switched off, else nothing."""
        event = _chosen(definition.item, "EventType")
        if not event:
            return ""
        try:
            holders = [item for item in site.items.children(path.child("HardwareDeviceEventFolder"))]
        except MilestoneError:
            return ""
        off = {child.name.casefold() for child in _events(holders) if child.enabled is False}
        return event if event.casefold() in off else ""


def _events(holders: Sequence[ConfigurationItem]) -> Iterable[ConfigurationItem]:
    for holder in holders:
        yield from holder.children


def _chosen(item: ConfigurationItem, key: str) -> str:
    """Return the text that stands for the value of a choice, as people see it."""
    found = item.properties.get(key)
    wanted = (item.text(key) or "").casefold()
    choices = found.definition.choices if found is not None else ()
    return next((each.name for each in choices if each.name and (each.value or "").casefold() == wanted), "")
