"""Certificates: who showed which, whether it is believed, and how long it lasts (requirements chapter 7, TLS)."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

from attrs import frozen

from ..._net.fanout import async_gather_within
from ..._net.tls.pinning import pinned_context
from ..._protocol.management.location import Location
from ...errors import CertificateError, MilestoneError
from ...models import Finding
from ...trust import TrustedService
from ..session.http import AsyncHTTP
from .check import AsyncSiteCheck, listed
from .site import AsyncExaminedSite

__all__ = ["AsyncCertificateCheck", "AsyncServiceCertificateCheck"]

_WARN_DAYS: Final = 30
_SECONDS_OF_A_DAY: Final = 86_400
_MOST_LOOKED_AT: Final = 64
_OPERATION: Final = "look at the certificate"
_IN_CLEAR: Final = "give it a certificate and enable encryption, or reach it through a tunnel"


@frozen(kw_only=True)
class _Place:
    name: str
    service: TrustedService
    location: Location


class AsyncCertificateCheck(AsyncSiteCheck):
    """The certificate of the management server. Nothing is sent but the handshake, and no credentials at all."""

    name = "certificates"
    needs_login = False

    async def findings(self, site: AsyncExaminedSite) -> Iterable[Finding]:
        """Look at one place, or at several side by side."""
        places = list({each.location: each for each in await self.places(site)}.values())[:_MOST_LOOKED_AT]
        secure = [place for place in places if place.location.secure]
        outcomes = await async_gather_within(site.patience * 2, [partial(self._look, site, place) for place in secure])
        found = {place.location: outcome for place, outcome in zip(secure, outcomes, strict=True)}
        findings: list[Finding] = []
        for place in places:
            if place.location not in found:
                findings.append(self._in_clear(place))
            elif (finding := found[place.location].value) is not None:
                findings.append(finding)
            else:
                what = f"the {place.name} shows no certificate in time"
                findings.append(self.error(str(place.location), what, "check the address and the firewalls between"))
        return findings

    async def places(self, site: AsyncExaminedSite) -> Sequence[_Place]:
        """Return where certificates are shown."""
        return [_Place(name="management server", service="management", location=site.session.location)]

    def _in_clear(self, place: _Place) -> Finding:
        what = f"the {place.name} speaks http, so that tokens can be read on the way"
        return self.warning(str(place.location), what, _IN_CLEAR)

    async def _look(self, site: AsyncExaminedSite, place: _Place) -> Finding:
        where = str(place.location)
        shown = await self._shown(site, place)
        if not isinstance(shown, CertificateError):
            return self.error(where, f"the {place.name} shows no certificate: {shown.message}", shown.hint)
        refusal = await self._refusal(site, place)
        described = self._described(place, shown)
        if refusal is not None:
            return self.error(where, f"the {place.name}: {refusal.message}", refusal.hint)
        if shown.expires is None:
            return self.warning(where, f"{described}; when it expires cannot be read", "have the site renew it")
        days = (shown.expires - site.session.clock.utcnow()).total_seconds() / _SECONDS_OF_A_DAY
        if days < 0:
            what = f"{described}; it expired {int(-days)} days ago, and other clients refuse it"
            return self.error(where, what, "have the site renew it")
        what = f"{described}; it expires in {int(days)} days"
        if days < _WARN_DAYS:
            return self.warning(where, what, "have the site renew it before; XProtect does not warn")
        return self.ok(where, what)

    @staticmethod
    def _described(place: _Place, shown: CertificateError) -> str:
        names = listed(shown.names, 4) or "no name"
        issuer = f", issued by {shown.issuer[:200]!r}" if shown.issuer else ""
        return f"the certificate of the {place.name} is for {names}{issuer}"

    @staticmethod
    async def _shown(site: AsyncExaminedSite, place: _Place) -> MilestoneError:
        """Return the refusal of a client that believes no certificate: it tells what was shown, and sends nothing."""
        http = AsyncHTTP(pinned_context(frozenset()), timeout=site.patience, trust_env=site.session.trust_env)
        try:
            await http.send("GET", place.location.url("/"), operation=_OPERATION)
        except MilestoneError as error:
            return error
        finally:
            await http.aclose()
        return MilestoneError("it has none")

    @staticmethod
    async def _refusal(site: AsyncExaminedSite, place: _Place) -> CertificateError | None:
        """Return why the caller's trust does not believe it; any other failure is another check's business."""
        context = site.session.trust.for_service(place.service).context
        http = AsyncHTTP(context, timeout=site.patience, trust_env=site.session.trust_env)
        try:
            await http.send("GET", place.location.url("/"), operation=_OPERATION)
        except CertificateError as error:
            return error
        except MilestoneError:
            return None
        finally:
            await http.aclose()
        return None


class AsyncServiceCertificateCheck(AsyncCertificateCheck):
    """Those of the event server and the recorders, at their announced addresses."""

    needs_login = True

    async def places(self, site: AsyncExaminedSite) -> Sequence[_Place]:
        """Return those that are known."""
        places: list[_Place] = []
        event_server = await site.event_server()
        if event_server is not None:
            places.append(_Place(name="event server", service="event_server", location=event_server))
        for each in await site.recorders():
            if each.location is not None:
                name = f"recorder {each.recorder.name}"
                places.append(_Place(name=name, service="recorder", location=each.location))
        return places
