"""Cameras: names that Patriot could not tell apart, footage of the last day, remote ones (R47, R75 to R81)."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Final

from ..._net.fanout import async_gather_within
from ..._protocol.soap.values import earlier
from ..._protocol.video import recordercommand
from ...models import Camera, Finding, SequenceType
from .check import AsyncSiteCheck, listed, told
from .site import AsyncExaminedSite

__all__ = ["AsyncCameraNameCheck", "AsyncInterconnectCheck", "AsyncRecordingCheck"]

_MOST_ASKED: Final = 20
_SPAN: Final = timedelta(days=1)


class AsyncCameraNameCheck(AsyncSiteCheck):
    """Names tell cameras apart, to the character: Patriot finds the zone of an alarm by nothing else."""

    name = "camera names"

    async def findings(self, site: AsyncExaminedSite) -> Iterable[Finding]:
        """Look for names that occur twice, that only look alike, and that begin or end with a blank."""
        names = Counter(camera.name for camera in (await site.configuration.get()).cameras)
        found: list[Finding] = []
        if twice := [name for name, count in names.items() if count > 1]:
            what = f"{len(twice)} names belong to several cameras: {listed(twice)}"
            found.append(self.warning(site.server, what, "rename them, so that a name says which camera is meant"))
        folded: defaultdict[str, list[str]] = defaultdict(list)
        for name in names:
            folded[_folded(name)].append(name)
        for alike in [group for group in folded.values() if len(group) > 1][:_MOST_ASKED]:
            what = f"these names differ only in case, blanks or Unicode form: {listed(alike)}"
            found.append(self.warning(site.server, what, "rename them: they are taken for different cameras"))
        if blank := [name for name in names if name != name.strip()]:
            what = f"{len(blank)} names begin or end with a blank: {listed(blank)}"
            found.append(self.warning(site.server, what, "rename them, or write the zones with the same blanks"))
        return found or [self.ok(site.server, f"the {len(names)} names of cameras differ clearly")]


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


class AsyncRecordingCheck(AsyncSiteCheck):
    """Cameras have footage of the last day: some of them, spread over the list, are asked."""

    name = "recordings"

    async def findings(self, site: AsyncExaminedSite) -> Iterable[Finding]:
        """Ask their recorders, side by side."""
        cameras = [camera for camera in (await site.configuration.get()).cameras if _can_be_asked(camera)]
        if not cameras:
            return [self.ok(site.server, "there is no camera whose footage this user could ask for")]
        step = max(1, -(-len(cameras) // _MOST_ASKED))
        asked = cameras[::step]
        calls = [partial(self._has_footage, site, camera) for camera in asked]
        outcomes = await async_gather_within(site.patience * 1.5, calls)
        found: list[Finding] = []
        pairs = list(zip(asked, outcomes, strict=True))
        if empty := [camera.name for camera, outcome in pairs if outcome.value is False]:
            what = f"{len(empty)} of {len(asked)} cameras asked recorded nothing in the last day: {listed(empty)}"
            remedy = "see whether they are to record, and whether a rule or the device is broken"
            found.append(self.warning(site.server, what, remedy))
        if failed := [(camera.name, outcome.error) for camera, outcome in pairs if outcome.error is not None]:
            reason = told(failed[0][1])
            what = f"{len(failed)} of {len(asked)} cameras could not be asked for footage: "
            names = listed([name for name, _ in failed])
            found.append(self.error(site.server, f"{what}{names}; {reason}", "see what is said of the recorders"))
        return found or [self.ok(site.server, f"all {len(asked)} cameras asked have footage of the last day")]

    @staticmethod
    async def _has_footage(site: AsyncExaminedSite, camera: Camera) -> bool:
        now = site.session.clock.utcnow()

        found = await site.session.recorder(
            camera.recorder,
            lambda token: recordercommand.sequences_get(
                token, camera.id, SequenceType.RECORDING, min_time=earlier(now, _SPAN), max_time=now, max_count=1
            ),
        )
        return bool(found)


def _can_be_asked(camera: Camera) -> bool:
    remote = camera.hardware is not None and camera.hardware.interconnected
    barred = camera.rights is not None and not (camera.rights.browse and camera.rights.get_sequences)
    return not remote and not barred


class AsyncInterconnectCheck(AsyncSiteCheck):
    """Which hardware is a whole remote site, and how the footage of its cameras is had."""

    name = "interconnect"

    async def findings(self, site: AsyncExaminedSite) -> Iterable[Finding]:
        """Tell each remote site; and that a site of nothing else has no alarms of its own."""
        configuration = await site.configuration.get()
        remote = [hardware for hardware in configuration.hardware if hardware.interconnected]
        if not remote:
            return [self.ok(site.server, "no hardware is a remote site")]
        cameras: defaultdict[object, list[Camera]] = defaultdict(list)
        for camera in configuration.cameras:
            cameras[camera.hardware.id if camera.hardware else None].append(camera)
        found: list[Finding] = []
        for hardware in remote:
            direct = sum(camera.edge_storage_playback for camera in cameras[hardware.id])
            fetched = len(cameras[hardware.id]) - direct
            what = f"a remote site with {direct + fetched} cameras: footage of {fetched} has to be retrieved first"
            found.append(self.ok(hardware.name, f"{what}, {direct} play straight from there while it is online"))
        if len(remote) == len(configuration.hardware):
            what = "all hardware is remote sites, whose alarms stay there: this server reports none of them"
            remedy = "follow the alarms of each remote site at its own server"
            found.append(self.warning(site.server, what, remedy))
        return found
