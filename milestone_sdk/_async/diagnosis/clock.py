"""Clocks: how far those of the servers are from this machine's (protocol/alarms.md 7.4)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urljoin

from ..._protocol.management.identity import DISCOVERY_PATH
from ..._protocol.management.location import Location
from ...errors import MilestoneError
from ...models import Finding
from ...models.times import earlier
from ...trust import TrustedService
from ..session.http import AsyncHTTP
from .check import AsyncSiteCheck
from .site import AsyncExaminedSite

__all__ = ["AsyncClockCheck", "AsyncEventServerClockCheck"]

_WARN: Final = timedelta(seconds=5)
_WRONG: Final = timedelta(seconds=60)
_SECOND: Final = timedelta(seconds=1)
_REMEDY: Final = (
    "have both synchronise by NTP: footage around an alarm is asked for by the alarm's time, and shows another moment"
)


def _moment(text: str | None) -> datetime | None:
    """Return what a `Date` header tells, to the second."""
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class AsyncClockCheck(AsyncSiteCheck):
    """The clock of the management server, by the `Date` of an answer that takes no login."""

    name = "clock"
    needs_login = False

    async def findings(self, site: AsyncExaminedSite) -> Iterable[Finding]:
        """Ask, and compare."""
        return [await self.compare(site, "management", site.session.location, DISCOVERY_PATH)]

    async def compare(self, site: AsyncExaminedSite, service: TrustedService, place: Location, path: str) -> Finding:
        """Compare the clock of one server. The way there and back, and the rounding, count in the server's favour."""
        clock = site.session.clock
        context = site.session.settings.trust.for_service(service).context
        http = AsyncHTTP(context, timeout=site.seconds, connections=1, trust_env=site.session.settings.trust_env)
        try:
            await http.send("GET", urljoin(f"{place}/", path), operation="clock")  # so that the next one only asks
            asked = clock.utcnow()
            reply = await http.send("GET", urljoin(f"{place}/", path), operation="clock")
            answered = clock.utcnow()
        except MilestoneError as error:
            return self.error(str(place), f"the clock could not be read: {error.message}", error.hint)
        finally:
            await http.aclose()
        told = _moment(reply.headers.get("date"))
        if told is None:
            return self.warning(str(place), "the server does not tell its time", _REMEDY)
        if earlier(asked, _SECOND) <= told <= answered:
            return self.ok(str(place), "the clocks agree to the second")
        skew = (told - asked) + _SECOND / 2 - (answered - asked) / 2
        least = abs(skew) - _SECOND / 2 - (answered - asked) / 2
        side = "ahead of" if skew > timedelta(0) else "behind"
        what = f"the clock there is {abs(skew).total_seconds():.0f} s {side} this machine's"
        if least > _WRONG:
            return self.error(str(place), what, _REMEDY)
        return self.warning(str(place), what, _REMEDY) if least > _WARN else self.ok(str(place), what)


class AsyncEventServerClockCheck(AsyncClockCheck):
    """The clock of the event server, which stamps the alarms."""

    needs_login = True

    async def findings(self, site: AsyncExaminedSite) -> Iterable[Finding]:
        """Ask where it is registered; nothing to say where it is not."""
        place = await site.event_server()
        return [] if place is None else [await self.compare(site, "event_server", place, "Central/AlarmServiceToken")]
