# Generated from milestone_sdk/_async/diagnosis/services.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Event server and recorders: registered, and reachable at the addresses they announce."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from ..._net.addresses import is_public
from ..._net.blocking import addresses_of
from ..._net.fanout import gather_within
from ..._protocol.management.location import Location
from ..._protocol.video import recordercommand
from ...errors import MilestoneError, ServiceUnavailable
from ...models import AlarmFilter, Camera, RecordingServerItem
from .check import Report, described
from .site import ExaminedSite, PlacedRecorder

__all__ = ["event_server", "public_access", "recorders"]

_MOST_RECORDERS: Final = 64
_NAME_SECONDS: Final = 5.0
_ENABLE: Final = "enable public access on the recorder in the Management Client, or give its address in addresses={...}"
_PUBLIC_ACCESS: Final = {True: "; public access is on", False: "; public access is off", None: ""}


def event_server(site: ExaminedSite, report: Report) -> None:
    """The event server answers a request for alarms at the address that it registered."""
    place = site.event_server()
    if place is None:
        what = "no event server is registered with the management server, so alarms cannot be received"
        report.error(what, "start the event server, and register it with the management server (Server Configurator)")
        return
    where = str(place)
    try:
        site.alarms.page(AlarmFilter(), 1)
    except MilestoneError as error:
        report.error(f"the event server gives no alarms: {described(error)}", error.hint, where=where)
        return
    if site.used not in (None, place):
        what = f"the event server answers where it registered, but this client still uses {site.used}"
        report.warning(what, "its next call that fails there requests the address again", where=where)
    else:
        report.ok("the event server answers at the address that it registered", where=where)


def recorders(site: ExaminedSite, report: Report) -> None:
    """Every recorder accepts the token at its announced address; if that is blocked, login works and video does not."""
    placed = site.recorders()
    if not placed:
        report.warning("no recorder is visible", "see that the user may see cameras, and that there is a recorder")
        return
    asked = placed[:_MOST_RECORDERS]
    first = {camera.recorder.id: camera for camera in reversed((site.configuration.get()).cameras)}
    reports = [report.part() for _ in asked]
    calls = [
        partial(_ask, site, part, each, first.get(each.recorder.id)) for part, each in zip(reports, asked, strict=True)
    ]
    outcomes = gather_within(site.patience * 1.5, calls)
    for each, part, outcome in zip(asked, reports, outcomes, strict=True):
        if outcome.error is None:
            report.findings += part.findings
        else:
            report.error(f"{_called(each)} does not answer in time", _ENABLE, where=_where(each))
    if len(placed) > len(asked):
        report.ok(f"{len(placed) - len(asked)} more recorders were not asked")


def _ask(site: ExaminedSite, report: Report, each: PlacedRecorder, camera: Camera | None) -> None:
    name, where = _called(each), _where(each)
    if each.location is None:
        what = f"{name} announces no usable address: {each.recorder.uri[:100]!r}"
        report.error(what, "give its address in addresses={...}", where=where)
        return
    if camera is None:
        report.ok(f"{name} has no camera that this user sees, and was not asked", where=where)
        return
    try:
        site.session.recorder(each.recorder, lambda token: recordercommand.sequences_get_types(token, camera.id))
    except ServiceUnavailable as error:
        report.error(error.message, error.hint, where=where)
    except MilestoneError as error:
        report.error(f"{name} answers with an error: {described(error)}", error.hint, where=where)
    else:
        given = "the address that was given" if each.given else "its announced address"
        report.ok(f"{name} answers at {given} and accepts the token", where=where)


def _called(each: PlacedRecorder) -> str:
    return f"the recorder {each.recorder.name!r}"


def _where(each: PlacedRecorder) -> str:
    return str(each.location) if each.location is not None else each.recorder.name


def public_access(site: ExaminedSite, report: Report) -> None:
    """No recorder announces a private address while the management server is reached by a public one."""
    own = _addresses(site.session.location)
    if not own or not all(is_public(address) for address in own):
        return
    items = site.recorder_items.get_or_none() or ()
    views = [RecordingServerItem.of(item) for item in items]
    enabled = {view.id: view.public_access_enabled for view in views if view.item.text("PublicAccessEnabled")}
    announced = [each for each in site.recorders() if each.location is not None and not each.given]
    asked = announced[:_MOST_RECORDERS]
    calls = [partial(_addresses, each.location) for each in asked if each.location is not None]
    outcomes = gather_within(site.patience * 2, calls)
    for each, outcome in zip(asked, outcomes, strict=True):
        addresses = outcome.value or ()
        if not any(is_public(address) for address in addresses):
            private = "only a private address" if addresses else "a name that cannot be resolved here"
            what = f"{_called(each)} announces {private}, yet the management server was reached by a public one"
            report.error(f"{what}{_PUBLIC_ACCESS[enabled.get(each.recorder.id)]}", _ENABLE, where=_where(each))


def _addresses(place: Location) -> Sequence[str]:
    return addresses_of(place.host, timeout=_NAME_SECONDS)
