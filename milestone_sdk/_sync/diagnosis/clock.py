# Generated from milestone_sdk/_async/diagnosis/clock.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

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
from ..session.http import HTTP
from .check import SiteCheck
from .site import ExaminedSite

__all__ = ["ClockCheck", "EventServerClockCheck"]

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


class ClockCheck(SiteCheck):
    """The clock of the management server, by the `Date` of an answer that takes no login."""

    name = "clock"
    needs_login = False

    def findings(self, site: ExaminedSite) -> Iterable[Finding]:
        """Ask, and compare."""
        return [self.compare(site, "management", site.session.location, DISCOVERY_PATH)]

    def compare(self, site: ExaminedSite, service: TrustedService, place: Location, path: str) -> Finding:
        """Compare the clock of one server. The way there and back, and the rounding, count in the server's favour."""
        clock = site.session.clock
        context = site.session.settings.trust.for_service(service).context
        http = HTTP(context, timeout=site.seconds, connections=1, trust_env=site.session.settings.trust_env)
        try:
            http.send("GET", urljoin(f"{place}/", path), operation="clock")  # so that the next one only asks
            asked = clock.utcnow()
            reply = http.send("GET", urljoin(f"{place}/", path), operation="clock")
            answered = clock.utcnow()
        except MilestoneError as error:
            return self.error(str(place), f"the clock could not be read: {error.message}", error.hint)
        finally:
            http.close()
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


class EventServerClockCheck(ClockCheck):
    """The clock of the event server, which stamps the alarms."""

    needs_login = True

    def findings(self, site: ExaminedSite) -> Iterable[Finding]:
        """Ask where it is registered; nothing to say where it is not."""
        place = site.event_server()
        return [] if place is None else [self.compare(site, "event_server", place, "Central/AlarmServiceToken")]
