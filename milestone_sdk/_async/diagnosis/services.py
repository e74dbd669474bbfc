"""Event server and recorders: registered, and reachable where they say they are (requirements R12, R21)."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

from ..._net.addresses import is_public
from ..._net.asyncio import addresses_of
from ..._net.fanout import async_gather_within
from ..._protocol.management.location import Location
from ..._protocol.video import recordercommand
from ...errors import MilestoneError, ServiceUnavailable
from ...models import AlarmFilter, Camera, Finding
from ...models.items.recorders import RecordingServerItem
from .check import AsyncSiteCheck, told
from .site import AsyncExaminedSite, PlacedRecorder

__all__ = ["AsyncEventServerCheck", "AsyncPublicAccessCheck", "AsyncRecorderCheck"]

_MOST_RECORDERS: Final = 64
_NAME_SECONDS: Final = 5.0
_ENABLE: Final = "enable public access on the recorder in the Management Client, or give its address in addresses={...}"


class AsyncEventServerCheck(AsyncSiteCheck):
    """The event server answers a question for alarms at the address that it registered."""

    name = "event server"

    async def findings(self, site: AsyncExaminedSite) -> Iterable[Finding]:
        """Ask for one alarm."""
        place = await site.event_server()
        if place is None:
            what = "no event server is registered with the management server, so no alarms can be had"
            remedy = "start the event server, and register it with the management server by the Server Configurator"
            return [self.error(site.server, what, remedy)]
        try:
            await site.alarms.page(AlarmFilter(), 1)
        except MilestoneError as error:
            return [self.error(str(place), f"the event server gives no alarms: {told(error)}", error.hint)]
        if site.used not in (None, place):
            what = f"the event server answers where it registered, but this client still uses {site.used}"
            return [self.warning(str(place), what, "its next call that fails there asks for the address again")]
        return [self.ok(str(place), "the event server answers at the address that it registered")]


class AsyncRecorderCheck(AsyncSiteCheck):
    """Every recorder takes the token at its announced address: where it is blocked, login works and video does not."""

    name = "recorders"

    async def findings(self, site: AsyncExaminedSite) -> Iterable[Finding]:
        """Ask each for something small, side by side."""
        placed = await site.recorders()
        if not placed:
            what = "no recorder is to be seen"
            return [self.warning(site.server, what, "see that the user may see cameras, and that a recorder is there")]
        asked = placed[:_MOST_RECORDERS]
        cameras = (await site.configuration.get()).cameras
        first: dict[object, Camera] = {camera.recorder.id: camera for camera in reversed(cameras)}
        calls = [partial(self._ask, site, each, first.get(each.recorder.id)) for each in asked]
        outcomes = await async_gather_within(site.patience * 1.5, calls)
        findings: list[Finding] = []
        for each, outcome in zip(asked, outcomes, strict=True):
            if outcome.value is not None:
                findings.append(outcome.value)
            else:
                findings.append(self.error(_where(each), f"{_called(each)} does not answer in time", _ENABLE))
        if len(placed) > len(asked):
            what = f"{len(placed) - len(asked)} more recorders were not asked"
            findings.append(self.ok(site.server, what))
        return findings

    async def _ask(self, site: AsyncExaminedSite, each: PlacedRecorder, camera: Camera | None) -> Finding:
        if each.location is None:
            what = f"{_called(each)} announces no usable address: {each.recorder.uri[:100]!r}"
            return self.error(each.recorder.name, what, "give its address in addresses={...}")
        if camera is None:
            return self.ok(_where(each), f"{_called(each)} has no camera that this user sees, and was not asked")
        try:
            await site.session.recorder(
                each.recorder, lambda token: recordercommand.sequences_get_types(token, camera.id)
            )
        except ServiceUnavailable as error:
            return self.error(_where(each), error.message, error.hint)
        except MilestoneError as error:
            return self.error(_where(each), f"{_called(each)} answers with an error: {told(error)}", error.hint)
        given = "the address that was given" if each.given else "its announced address"
        return self.ok(_where(each), f"{_called(each)} answers at {given} and takes the token")


def _called(each: PlacedRecorder) -> str:
    return f"the recorder {each.recorder.name!r}"


def _where(each: PlacedRecorder) -> str:
    return str(each.location) if each.location is not None else each.recorder.name


class AsyncPublicAccessCheck(AsyncSiteCheck):
    """No recorder announces a private address while the management server is reached by a public one."""

    name = "recorders"

    async def findings(self, site: AsyncExaminedSite) -> Iterable[Finding]:
        """Compare the addresses."""
        if not await _reached_in_public(site.session.location):
            return []
        enabled = await self._public_access(site)
        announced = [each for each in await site.recorders() if each.location is not None and not each.given]
        asked = announced[:_MOST_RECORDERS]
        calls = [partial(_addresses, each.location) for each in asked if each.location is not None]
        outcomes = await async_gather_within(site.patience * 2, calls)
        findings: list[Finding] = []
        for each, outcome in zip(asked, outcomes, strict=True):
            addresses = outcome.value or ()
            if any(is_public(address) for address in addresses):
                continue
            private = "only a private address" if addresses else "a name that nobody here resolves"
            state = enabled.get(each.recorder.id)
            switched = {True: "; public access is on", False: "; public access is off", None: ""}[state]
            what = f"{_called(each)} announces {private}, yet the management server was reached by a public one"
            findings.append(self.error(_where(each), f"{what}{switched}", _ENABLE))
        return findings

    @staticmethod
    async def _public_access(site: AsyncExaminedSite) -> dict[object, bool | None]:
        """Return whether each recorder has public access, where the user may know that."""
        items = await site.recorder_items.get_or_none() or ()
        views = [RecordingServerItem.of(item) for item in items]
        return {view.id: view.public_access_enabled for view in views if view.item.text("PublicAccessEnabled")}


async def _addresses(place: Location) -> Sequence[str]:
    return await addresses_of(place.host, timeout=_NAME_SECONDS)


async def _reached_in_public(place: Location) -> bool:
    addresses = await _addresses(place)
    return bool(addresses) and all(is_public(address) for address in addresses)
