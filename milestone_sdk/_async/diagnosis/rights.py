"""Rights: what the user may see, and whether "no alarms" means no right to see them (protocol/alarms.md 2.9)."""

from collections.abc import Iterable
from typing import Final

from ...errors import MilestoneError, PermissionDenied
from ...models import AlarmFilter, Camera, CameraRights, Finding
from ...releases import Capability
from .check import AsyncSiteCheck, listed
from .site import AsyncExaminedSite

__all__ = ["AsyncAlarmRightsCheck", "AsyncCameraRightsCheck"]

_GIVE: Final = "give the user's role that right in the Management Client"
_ALARM_RIGHT: Final = "give the user's role View on Alarms, and View on the alarm definitions"


class AsyncCameraRightsCheck(AsyncSiteCheck):
    """The user sees cameras, and may view and play back each of them."""

    name = "rights"

    async def findings(self, site: AsyncExaminedSite) -> Iterable[Finding]:
        """Count them."""
        configuration = await site.configuration.get()
        cameras = configuration.cameras
        if not cameras:
            what = "this user sees no camera at all"
            return [self.error(site.server, what, "give the user's role View on cameras, or have cameras added")]
        found = [self.ok(site.server, f"this user sees {len(cameras)} cameras")]
        if configuration.may_browse is False:
            found.append(self.warning(site.server, "this user may not play back in client applications", _GIVE))
        for member, what in (("browse", "play back"), ("live", "view live")):
            if barred := [camera.name for camera in cameras if _lacks(camera, member)]:
                told = f"this user may not {what} {len(barred)} of {len(cameras)} cameras: {listed(barred)}"
                found.append(self.warning(site.server, told, _GIVE))
        return found


def _lacks(camera: Camera, member: str) -> bool:
    rights: CameraRights | None = camera.rights
    return rights is not None and not getattr(rights, member)


class AsyncAlarmRightsCheck(AsyncSiteCheck):
    """The user may see alarms. Where none are listed, only newer servers tell whether that is for lack of the right."""

    name = "rights"

    async def findings(self, site: AsyncExaminedSite) -> Iterable[Finding]:
        """Ask for an alarm, and if there is none, for what takes the same right."""
        try:
            lines = await site.alarms.page(AlarmFilter(), 1)
        except PermissionDenied as error:
            return [self.error(site.server, f"this user may not see alarms: {error.message}", _ALARM_RIGHT)]
        if lines:
            return [self.ok(site.server, "this user sees alarms")]
        try:
            await site.gateway.get_array("alarmPriorities", needs=Capability.ALARMS_REST)
        except PermissionDenied as error:
            return [self.error(site.server, f"this user may not see alarms: {error.message}", _ALARM_RIGHT)]
        except MilestoneError:
            what = "no alarm is listed: either there is none, or this user may not see any; the server tells them alike"
            return [self.warning(site.server, what, f"have a test alarm raised; if it is missing, {_ALARM_RIGHT}")]
        what = (
            "there are no alarms; the server lets this user read its alarm settings, which takes the right to see them"
        )
        return [self.ok(site.server, what)]
