"""How the tests open a client of a simulator, and a subscription of its alarms."""

from datetime import datetime, timedelta
from typing import Any

from milestone_sdk import AlarmLine, AsyncAlarmSubscription, AsyncClient, BasicUser, MemoryCheckpointStore, Trust
from milestone_sdk._net.asyncio import AsyncClock
from milestone_sdk.simulator import Simulator, Site

FORGOTTEN = (
    b'<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><soap:Fault>'
    b"<faultcode>soap:Client</faultcode><faultstring>Token invalid</faultstring>"
    b"<detail><ErrorNumber>20001</ErrorNumber><SubErrorNumber>2</SubErrorNumber></detail></soap:Fault></soap:Body></soap:Envelope>"
)
"""What a server answers that has forgotten a corporate token."""


def client_of(
    simulator: Simulator,
    user: BasicUser | None = None,
    *,
    location: str | None = None,
    password: str | None = None,
    timeout: float = 10.0,
    clock: AsyncClock | None = None,
) -> AsyncClient:
    """Return a client that is not open yet, by default of the simulator's own basic user."""
    user = user or BasicUser(simulator.username, simulator.password if password is None else password)
    trust = Trust.ca_file(simulator.ca_file)
    return AsyncClient(location or simulator.url, user, trust=trust, timeout=timeout, clock=clock)


def following(site: AsyncClient, **options: Any) -> AsyncAlarmSubscription:
    """Return a subscription that is not open yet, which polls twenty times a second."""
    return site.alarms.subscribe(**{"checkpoints": MemoryCheckpointStore(), "interval": 0.05, **options})


async def take(alarms: AsyncAlarmSubscription, count: int) -> list[AlarmLine]:
    """Return the next alarms."""
    return [await alarms.__anext__() for _ in range(count)]


class AsyncSiteClock(AsyncClock):
    """A clock that does not wait: to sleep moves the clock of the simulated site, whose time it shows."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.slept: list[float] = []

    def utcnow(self) -> datetime:
        return self._site.now()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._site.clock_offset += timedelta(seconds=seconds)
