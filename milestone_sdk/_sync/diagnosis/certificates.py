# Generated from milestone_sdk/_async/diagnosis/certificates.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Certificates: which ones the servers show, whether they are trusted, and when they expire."""

import ssl
from collections.abc import Sequence
from functools import partial
from typing import Final

from attrs import frozen

from ..._net.fanout import gather_within
from ..._net.tls.pinning import pinned_context
from ..._protocol.management.location import Location
from ...errors import CertificateError, MilestoneError
from ...trust import TrustedService
from .check import Report, listed
from .site import ExaminedSite

__all__ = ["management", "services"]

_WARN_DAYS: Final = 30
_SECONDS_OF_A_DAY: Final = 86_400
_MOST_CHECKED: Final = 64
_IN_CLEAR: Final = "give it a certificate and enable encryption, or reach it through a tunnel"


@frozen(kw_only=True)
class _Place:
    name: str
    service: TrustedService
    location: Location


def management(site: ExaminedSite, report: Report) -> None:
    """The certificate of the management server is trusted and valid; no credentials are sent."""
    place = _Place(name="management server", service="management", location=site.session.location)
    _check(site, report, [place])


def services(site: ExaminedSite, report: Report) -> None:
    """The certificates of the event server and the recorders are, at their announced addresses."""
    places: list[_Place] = []
    event_server = site.event_server()
    if event_server is not None:
        places.append(_Place(name="event server", service="event_server", location=event_server))
    for each in site.recorders():
        if each.location is not None:
            places.append(_Place(name=f"recorder {each.recorder.name}", service="recorder", location=each.location))
    _check(site, report, places)


def _check(site: ExaminedSite, report: Report, places: Sequence[_Place]) -> None:
    """Check some places at the same time, and report them in their order."""
    distinct = list({each.location: each for each in places}.values())[:_MOST_CHECKED]
    reports = [report.part() for _ in distinct]
    calls = [partial(_check_one, site, part, place) for part, place in zip(reports, distinct, strict=True)]
    outcomes = gather_within(site.patience * 2, calls)
    for place, part, outcome in zip(distinct, reports, outcomes, strict=True):
        if outcome.error is not None:
            what = f"the {place.name} shows no certificate in time"
            report.error(what, "check the address and the firewalls between", where=str(place.location))
        else:
            report.findings += part.findings


def _check_one(site: ExaminedSite, report: Report, place: _Place) -> None:
    where = str(place.location)
    if not place.location.secure:
        report.warning(f"the {place.name} uses http, so that tokens can be read on the way", _IN_CLEAR, where=where)
        return
    shown = _failure(site, place, pinned_context(frozenset()))  # trusts none, so that it is shown in the error
    if not isinstance(shown, CertificateError):
        what, hint = ("it has none", None) if shown is None else (shown.message, shown.hint)
        report.error(f"the {place.name} shows no certificate: {what}", hint, where=where)
        return
    refusal = _failure(site, place, site.session.settings.trust.for_service(place.service).context)
    if isinstance(refusal, CertificateError):
        report.error(f"the {place.name}: {refusal.message}", refusal.hint, where=where)
        return
    issuer = f", issued by {shown.issuer[:200]!r}" if shown.issuer else ""
    what = f"the certificate of the {place.name} is for {listed(shown.names, 4) or 'no name'}{issuer}"
    if shown.expires is None:
        report.warning(f"{what}; its expiry date cannot be read", "have the site renew it", where=where)
        return
    days = (shown.expires - site.session.clock.utcnow()).total_seconds() / _SECONDS_OF_A_DAY
    if days < 0:
        expired = f"{what}; it expired {int(-days)} days ago, and other clients refuse it"
        report.error(expired, "have the site renew it", where=where)
    elif days < _WARN_DAYS:
        remedy = "have the site renew it before; XProtect does not warn"
        report.warning(f"{what}; it expires in {int(days)} days", remedy, where=where)
    else:
        report.ok(f"{what}; it expires in {int(days)} days", where=where)


def _failure(site: ExaminedSite, place: _Place, context: ssl.SSLContext) -> MilestoneError | None:
    """Return the error of a request without credentials."""
    with site.probe(context, site.patience) as http:
        try:
            http.send("GET", place.location.url("/"), operation="certificate check")
        except MilestoneError as error:
            return error
    return None
