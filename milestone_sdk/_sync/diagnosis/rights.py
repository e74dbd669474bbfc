# Generated from milestone_sdk/_async/diagnosis/rights.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Rights: what the user may see, and whether "no alarms" means no right to see them."""

from typing import Final

from ...errors import MilestoneError, PermissionDenied
from ...models import AlarmFilter
from ...releases import Capability
from .check import Report, listed
from .site import ExaminedSite

__all__ = ["alarms", "cameras"]

_GIVE: Final = "give the user's role that right in the Management Client"
_ALARM_RIGHT: Final = "give the user's role View on Alarms, and View on the alarm definitions"


def cameras(site: ExaminedSite, report: Report) -> None:
    """The user sees cameras, and may view and play back each of them."""
    configuration = site.configuration.get()
    known = configuration.cameras
    if not known:
        report.error("this user sees no camera at all", "give the user's role View on cameras, or have cameras added")
        return
    report.ok(f"this user sees {len(known)} cameras")
    if configuration.may_browse is False:
        report.warning("this user may not play back in client applications", _GIVE)
    for right, what in (("browse", "play back"), ("live", "view live")):
        if barred := [each.name for each in known if each.rights is not None and not getattr(each.rights, right)]:
            report.warning(f"this user may not {what} {len(barred)} of {len(known)} cameras: {listed(barred)}", _GIVE)


def alarms(site: ExaminedSite, report: Report) -> None:
    """The user may see alarms. If none are listed, only newer servers report whether the right is missing."""
    try:
        lines = site.alarms.page(AlarmFilter(), 1)
    except PermissionDenied as error:
        report.error(f"this user may not see alarms: {error.message}", _ALARM_RIGHT)
        return
    if lines:
        report.ok("this user sees alarms")
        return
    try:
        site.gateway.get_array("alarmPriorities", needs=Capability.ALARMS_REST)  # needs the same right
    except PermissionDenied as error:
        report.error(f"this user may not see alarms: {error.message}", _ALARM_RIGHT)
    except MilestoneError:
        what = "no alarm is listed: there is none, or this user may not see any; the server does not distinguish them"
        report.warning(what, f"have a test alarm raised; if it is missing, {_ALARM_RIGHT}")
    else:
        report.ok("there are no alarms; this user may read the alarm settings, which needs the right to see alarms")
