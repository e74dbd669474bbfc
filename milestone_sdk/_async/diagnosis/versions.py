"""Versions: the release of the site, and whether all its servers have it (requirements R6, R7)."""

from collections.abc import Iterable
from typing import Final

from ..._protocol.management.identity import GATEWAYS_PATH, parse_gateway_version
from ...errors import MilestoneError, NotFound, PermissionDenied, UnsupportedFeature
from ...models import Finding
from ...models.items.recorders import RecordingServerItem
from ...releases import NEWEST, OLDEST, compat, fleet_report
from .check import AsyncSiteCheck, told
from .site import AsyncExaminedSite

__all__ = ["AsyncFleetCheck", "AsyncReleaseCheck"]

_MIXED: Final = "bring all servers to one version as far as possible, or put an Interconnection Server in front of them"


class AsyncReleaseCheck(AsyncSiteCheck):
    """The release of the management server against those that this library is made for."""

    name = "versions"

    async def findings(self, site: AsyncExaminedSite) -> Iterable[Finding]:
        """Tell it, and judge it."""
        info = await site.info.get()
        product = (info.product.name if info.product else None) or "XProtect server"
        release = info.capabilities.release
        if release is None:
            what = f"{product} tells the version {info.version[:40]!r}, which names no release"
            remedy = "what came with a release is taken to be missing; see whether this is a management server"
            return [self.warning(site.server, what, remedy)]
        what = f"{product}, version {info.version}"
        if release < OLDEST:
            return [self.warning(site.server, f"{what}, is older than {OLDEST}, the oldest supported", "upgrade it")]
        verdict = compat(client=NEWEST, server=release)
        if not verdict:
            remedy = "see whether there is a newer version of this library"
            return [self.warning(site.server, f"{what}, is newer than {NEWEST}, the newest known here", remedy)]
        return [self.ok(site.server, what)]


class AsyncFleetCheck(AsyncSiteCheck):
    """One release on all servers of the site, as far as they tell theirs."""

    name = "versions"

    async def findings(self, site: AsyncExaminedSite) -> Iterable[Finding]:
        """Collect them, and tell if they are mixed."""
        servers = {"management server": (await site.info.get()).version}
        if gateway := await self._gateway(site):
            servers["API gateway"] = gateway
        try:
            recorders = await site.recorder_items.get()
        except (NotFound, PermissionDenied, UnsupportedFeature) as error:
            what = f"the versions of the recorders cannot be read: {told(error)}"
            return [self.warning(site.server, what, "log in as a user who may read the configuration")]
        for item in recorders:
            view = RecordingServerItem.of(item)
            if view.version and view.enabled is not False:
                servers[f"recorder {view.name}"] = view.version
        report = fleet_report(servers)
        if report.warning is not None:
            runs = "; ".join(f"{release}: {', '.join(names[:10])}" for release, names in report.servers.items())
            return [self.warning(site.server, f"the servers run mixed versions ({runs})", _MIXED)]
        telling = [name for name in servers if name.startswith("recorder ")]
        what = f"one release on the {len(servers)} servers that tell theirs"
        return [self.ok(site.server, what if telling else f"{what}; the recorders do not")]

    @staticmethod
    async def _gateway(site: AsyncExaminedSite) -> str | None:
        url = site.session.location.url(GATEWAYS_PATH)
        try:
            reply = await site.session.login.http.send("GET", url, operation="gateway discovery")
            return parse_gateway_version(reply.status, reply.body)
        except MilestoneError:
            return None
