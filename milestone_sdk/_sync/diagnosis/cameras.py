# Generated from milestone_sdk/_async/diagnosis/cameras.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Cameras: names that could be confused, recordings of the last day, remote sites."""

import unicodedata
from collections import Counter, defaultdict
from datetime import timedelta
from functools import partial
from typing import Final

from ..._net.fanout import gather_within
from ..._protocol.video import recordercommand
from ...models import Camera, SequenceType
from ...models.times import earlier
from .check import Report, described, listed
from .site import ExaminedSite

__all__ = ["interconnect", "names", "recordings"]

_MOST_ASKED: Final = 20
_SPAN: Final = timedelta(days=1)


def names(site: ExaminedSite, report: Report) -> None:
    """Cameras have distinct names: Patriot finds the zone of an alarm by the exact name."""
    counts = Counter(camera.name for camera in (site.configuration.get()).cameras)
    if twice := [name for name, count in counts.items() if count > 1]:
        what = f"{len(twice)} names belong to several cameras: {listed(twice)}"
        report.warning(what, "rename them, so that a name identifies a camera")
    folded: defaultdict[str, list[str]] = defaultdict(list)
    for name in counts:
        folded[_folded(name)].append(name)
    for alike in [group for group in folded.values() if len(group) > 1][:_MOST_ASKED]:
        what = f"these names differ only in case, blanks or Unicode form: {listed(alike)}"
        report.warning(what, "rename them: they are treated as different cameras")
    if blank := [name for name in counts if name != name.strip()]:
        what = f"{len(blank)} names begin or end with a blank: {listed(blank)}"
        report.warning(what, "rename them, or write the zones with the same blanks")
    if not report.findings:
        report.ok(f"the {len(counts)} names of cameras differ clearly")


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def recordings(site: ExaminedSite, report: Report) -> None:
    """Cameras have recordings of the last day; some of them, spread over the list, are asked."""
    cameras = [camera for camera in (site.configuration.get()).cameras if _can_be_asked(camera)]
    if not cameras:
        report.ok("there is no camera whose recordings this user may see")
        return
    asked = cameras[:: max(1, -(-len(cameras) // _MOST_ASKED))]
    outcomes = gather_within(site.patience * 1.5, [partial(_has_recordings, site, each) for each in asked])
    pairs = list(zip(asked, outcomes, strict=True))
    if empty := [camera.name for camera, outcome in pairs if outcome.value is False]:
        what = f"{len(empty)} of {len(asked)} cameras asked recorded nothing in the last day: {listed(empty)}"
        report.warning(what, "see whether they should record, and whether a rule or the device is broken")
    if failed := [(camera.name, outcome.error) for camera, outcome in pairs if outcome.error is not None]:
        what = f"{len(failed)} of {len(asked)} cameras could not be asked for recordings: "
        reason = described(failed[0][1])
        report.error(f"{what}{listed([name for name, _ in failed])}; {reason}", "see the findings of the recorders")
    if not report.findings:
        report.ok(f"all {len(asked)} cameras asked have recordings of the last day")


def _has_recordings(site: ExaminedSite, camera: Camera) -> bool:
    now = site.session.clock.utcnow()
    found = site.session.recorder(
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


def interconnect(site: ExaminedSite, report: Report) -> None:
    """Report which hardware is a remote site, and how the recordings of its cameras are fetched."""
    configuration = site.configuration.get()
    remote = [hardware for hardware in configuration.hardware if hardware.interconnected]
    if not remote:
        report.ok("no hardware is a remote site")
        return
    cameras = Counter(camera.hardware.id for camera in configuration.cameras if camera.hardware)
    online = Counter(each.hardware.id for each in configuration.cameras if each.hardware and each.edge_storage_playback)
    for hardware in remote:
        count, direct = cameras[hardware.id], online[hardware.id]
        what = f"a remote site with {count} cameras: recordings of {count - direct} have to be retrieved"
        report.ok(f"{what} first, {direct} play directly from there while it is online", where=hardware.name)
    if len(remote) == len(configuration.hardware):
        what = "all hardware is remote sites, whose alarms stay there: this server reports none of them"
        report.warning(what, "follow the alarms of each remote site at its own server")
