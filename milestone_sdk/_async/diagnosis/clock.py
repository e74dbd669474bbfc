"""Clocks: how far those of the servers are from this machine's."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urljoin

from ..._protocol.management.identity import DISCOVERY_PATH
from ..._protocol.management.location import Location
from ...errors import MilestoneError
from ...models.times import earlier
from ...trust import TrustedService
from .check import Report
from .site import AsyncExaminedSite

__all__ = ["event_server", "management"]

_WARN: Final = timedelta(seconds=5)
_WRONG: Final = timedelta(seconds=60)
_SECOND: Final = timedelta(seconds=1)
_REMEDY: Final = (
    "synchronise both clocks by NTP: recordings are requested by the time of the alarm, and would show another time"
)


async def management(site: AsyncExaminedSite, report: Report) -> None:
    """The clock of the management server is right, by the `Date` of an answer that needs no login."""
    await _compare(site, report, "management", site.session.location, DISCOVERY_PATH)


async def event_server(site: AsyncExaminedSite, report: Report) -> None:
    """The clock of the event server, which stamps the alarms, is right; no finding if it is not registered."""
    place = await site.event_server()
    if place is not None:
        await _compare(site, report, "event_server", place, "Central/AlarmServiceToken")


async def _compare(
    site: AsyncExaminedSite, report: Report, service: TrustedService, place: Location, path: str
) -> None:
    """Compare the clock of one server; travel time and rounding count in the server's favour."""
    clock, where = site.session.clock, str(place)
    async with site.probe(site.session.settings.trust.for_service(service).context, site.seconds) as http:
        try:
            await http.send("GET", urljoin(f"{place}/", path), operation="clock")  # opens the connection
            asked = clock.utcnow()
            reply = await http.send("GET", urljoin(f"{place}/", path), operation="clock")
            answered = clock.utcnow()
        except MilestoneError as error:
            report.error(f"the clock could not be read: {error.message}", error.hint, where=where)
            return
    stamp = _date(reply.headers.get("date"))
    if stamp is None:
        report.warning("the server does not send its time", _REMEDY, where=where)
        return
    if earlier(asked, _SECOND) <= stamp <= answered:
        report.ok("the clocks agree to the second", where=where)
        return
    skew = (stamp - asked) + _SECOND / 2 - (answered - asked) / 2
    least = abs(skew) - _SECOND / 2 - (answered - asked) / 2
    side = "ahead of" if skew > timedelta(0) else "behind"
    what = f"the clock there is {abs(skew).total_seconds():.0f} s {side} this machine's"
    if least > _WRONG:
        report.error(what, _REMEDY, where=where)
    elif least > _WARN:
        report.warning(what, _REMEDY, where=where)
    else:
        report.ok(what, where=where)


def _date(text: str | None) -> datetime | None:
    """Read a `Date` header."""
    try:
        found = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
