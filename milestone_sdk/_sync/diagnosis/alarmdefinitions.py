# Generated from milestone_sdk/_async/diagnosis/alarmdefinitions.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Alarm definitions: whether there are any, and whether they can raise alarms that name a camera."""

from functools import partial
from typing import Final
from uuid import UUID

from ..._net.fanout import gather_within
from ...errors import MilestoneError, NotFound, PermissionDenied, UnsupportedFeature
from ...models import AlarmDefinitionItem, ConfigurationItem, ItemPath
from .check import Report, described, listed
from .site import ExaminedSite

__all__ = ["definitions", "device_events", "sources"]

_MOST_ASKED: Final = 20
_DEVICE_EVENTS: Final = UUID("1eacbcad-d566-4375-834b-cfbe3d937caa")
_RIGHTS: Final = "give the user's role View on the alarm definitions, or log in as a user who may read them"


def definitions(site: ExaminedSite, report: Report) -> None:
    """Without enabled alarm definitions there are no alarms; those of External Event name no camera."""
    try:
        items = site.alarm_definitions.get()
    except (NotFound, PermissionDenied, UnsupportedFeature) as error:
        report.warning(f"the alarm definitions cannot be read: {described(error)}", _RIGHTS)
        return
    known = [AlarmDefinitionItem.of(item) for item in items]
    active = [each for each in known if each.enabled is not False]
    if not active:
        state = f"all {len(known)} alarm definitions are disabled" if known else "this user sees no alarm definition"
        remedy = "make one in the Management Client: a name, a triggering event, the source cameras"
        report.error(f"{state}: no alarms can arrive", remedy)
        return
    count = len(known)
    report.ok(f"{len(active)} of {count} alarm definitions are enabled")
    if off := [each.name for each in known if each.enabled is False]:
        report.warning(f"{len(off)} of {count} alarm definitions are disabled: {listed(off)}", "enable or remove them")
    if external := [each.name for each in active if each.is_external_event]:
        what = f"External Event triggers {len(external)} of {count} alarm definitions, whose alarms name no camera"
        report.warning(f"{what}: {listed(external)}", "choose Motion Detected for motion alarms")
    if sourceless := [each.name for each in active if not each.sources]:
        what = f"{len(sourceless)} of {count} alarm definitions have no source: {listed(sourceless)}"
        report.error(what, "choose the cameras that raise the alarm")


def _active(site: ExaminedSite) -> list[AlarmDefinitionItem]:
    """Return the definitions that are enabled; none if the user may not read them."""
    items = site.alarm_definitions.get_or_none() or ()
    return [each for each in map(AlarmDefinitionItem.of, items) if each.enabled is not False]


def sources(site: ExaminedSite, report: Report) -> None:
    """Every camera that an alarm definition names exists and is enabled; some that the user does not see are asked."""
    seen = {camera.id for camera in (site.configuration.get()).cameras}
    users: dict[ItemPath, str] = {}
    for definition in _active(site):
        for source in (*definition.sources, *definition.related_cameras):
            if source.item_type.casefold() == "camera" and source.guid not in seen:
                users.setdefault(source, definition.name)
    asked = list(users)[:_MOST_ASKED]
    outcomes = gather_within(site.patience * 1.5, [partial(site.items.item, path) for path in asked])
    for path, outcome in zip(asked, outcomes, strict=True):
        where = users[path]
        if isinstance(outcome.error, NotFound):
            remedy = "remove it from the alarm definition, or give the user the right to see it"
            report.error(f"the source {path} does not exist, or this user may not see it", remedy, where=where)
        elif outcome.value is not None and outcome.value.enabled is False:
            remedy = "enable the camera, or remove it from the definition"
            report.warning(f"the source {outcome.value.name!r} is disabled", remedy, where=where)
        elif outcome.value is not None:
            what = f"the source {outcome.value.name!r} is not among the cameras of this user"
            report.warning(what, "enable its hardware, or give the user's role the right to view it", where=where)
    if len(users) > len(asked):
        what = f"{len(users) - len(asked)} more sources that this user does not see were not looked up"
        report.warning(what, "see that the user may view the cameras that raise alarms")


def device_events(site: ExaminedSite, report: Report) -> None:
    """A camera whose event triggers an alarm has that event enabled.

    The system itself may raise an event that the device does not list, such as Motion Detected, so only those that
    are listed and disabled are reported.
    """
    wanted: list[tuple[AlarmDefinitionItem, ItemPath]] = []
    for definition in _active(site):
        if definition.event_type_group == _DEVICE_EVENTS:
            paths = [path for path in definition.sources if path.item_type.casefold() == "camera"]
            wanted += [(definition, path) for path in paths if not path.folder]
    asked = wanted[:_MOST_ASKED]
    calls = [partial(_disabled_event, site, definition, path) for definition, path in asked]
    outcomes = gather_within(site.patience * 1.5, calls)
    for (definition, path), outcome in zip(asked, outcomes, strict=True):
        if outcome.value:
            what = f"its event {outcome.value!r} is disabled at the device of {path}"
            report.warning(what, "add and enable the event on the Event tab of the device", where=definition.name)


def _disabled_event(site: ExaminedSite, definition: AlarmDefinitionItem, path: ItemPath) -> str:
    """Return the name of the definition's event if the device lists it as disabled, else nothing."""
    event = _chosen(definition.item, "EventType")
    if not event:
        return ""
    try:
        holders = site.items.children(str(path.child("HardwareDeviceEventFolder")))
    except MilestoneError:
        return ""
    off = {child.name.casefold() for holder in holders for child in holder.children if child.enabled is False}
    return event if event.casefold() in off else ""


def _chosen(item: ConfigurationItem, key: str) -> str:
    """Return the display name of the chosen value of a property."""
    found = item.properties.get(key)
    wanted = (item.text(key) or "").casefold()
    choices = found.definition.choices if found is not None else ()
    return next((each.name for each in choices if each.name and (each.value or "").casefold() == wanted), "")
