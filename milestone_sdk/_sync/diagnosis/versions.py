# Generated from milestone_sdk/_async/diagnosis/versions.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Versions: the release of the site, and whether all its servers have it."""

from typing import Final

from ..._protocol.management.identity import GATEWAYS_PATH, parse_gateway_version
from ...errors import MilestoneError, NotFound, PermissionDenied, UnsupportedFeature
from ...models import RecordingServerItem
from ...releases import NEWEST, OLDEST, compat, fleet_report
from .check import Report, described
from .site import ExaminedSite

__all__ = ["fleet", "release"]

_MIXED: Final = "bring all servers to one version as far as possible, or put an Interconnection Server in front of them"


def release(site: ExaminedSite, report: Report) -> None:
    """The release of the management server is one that this library supports."""
    info = site.info.get()
    product = (info.product.name if info.product else None) or "XProtect server"
    found = info.capabilities.release
    if found is None:
        what = f"{product} reports the version {info.version[:40]!r}, which is not that of a known release"
        remedy = "features of later releases are treated as missing; see whether this is a management server"
        report.warning(what, remedy)
        return
    what = f"{product}, version {info.version}"
    if found < OLDEST:
        report.warning(f"{what}, is older than {OLDEST}, the oldest supported", "upgrade it")
    elif not compat(client=NEWEST, server=found):
        remedy = "see whether there is a newer version of this library"
        report.warning(f"{what}, is newer than {NEWEST}, the newest known here", remedy)
    else:
        report.ok(what)


def fleet(site: ExaminedSite, report: Report) -> None:
    """All servers of the site that report their release have the same."""
    servers = {"management server": (site.info.get()).version}
    if gateway := _gateway(site):
        servers["API gateway"] = gateway
    try:
        recorders = site.recorder_items.get()
    except (NotFound, PermissionDenied, UnsupportedFeature) as error:
        what = f"the versions of the recorders cannot be read: {described(error)}"
        report.warning(what, "log in as a user who may read the configuration")
        return
    known = len(servers)
    for view in map(RecordingServerItem.of, recorders):
        if view.version and view.enabled is not False:
            servers[f"recorder {view.name}"] = view.version
    releases = fleet_report(servers)
    if releases.warning is not None:
        runs = "; ".join(f"{each}: {', '.join(names[:10])}" for each, names in releases.servers.items())
        report.warning(f"the servers run mixed versions ({runs})", _MIXED)
        return
    silent = "; the recorders do not" if len(servers) == known else ""
    report.ok(f"one release on the {len(servers)} servers that report theirs{silent}")


def _gateway(site: ExaminedSite) -> str | None:
    url = site.session.location.url(GATEWAYS_PATH)
    try:
        reply = site.session.login.http.send("GET", url, operation="gateway discovery")
        return parse_gateway_version(reply.status, reply.body)
    except MilestoneError:
        return None
