"""One site of a monitor: its state, and what handlers see of it."""

from collections import deque
from uuid import UUID

from attrs import asdict, define, field

from .._async.alarms.subscription import AsyncAlarmSubscription
from .._async.client import AsyncClient
from ..errors import AlarmGap, AlarmUndeliverable, LocalProtocolError
from ..models import AlarmLine
from ..models.alarms.subscription import LinkState
from .settings import SiteSettings
from .snapshot import SiteCounters, SiteSnapshot

__all__ = ["MonitoredSite", "SiteState"]


@define(eq=False)
class SiteState:
    """What is known of a site; its run, its link watch and its deliveries write it."""

    settings: SiteSettings
    client: AsyncClient | None = None
    subscription: AsyncAlarmSubscription | None = None
    is_following: bool = False
    """Whether the subscription is iterated now."""
    is_refused: bool = False
    reason: str | None = None
    lost_at: float | None = None
    """Since when the link is lost, by the monotonic clock."""
    queue: deque[AlarmLine | AlarmGap | AlarmUndeliverable] = field(
        factory=deque[AlarmLine | AlarmGap | AlarmUndeliverable]
    )
    """Alarms that wait for their first call of the handler, and reports that precede them."""
    parked: dict[UUID, AlarmLine] = field(factory=dict[UUID, AlarmLine])
    """Alarms set aside after their handler failed for good."""
    counters: SiteCounters = field(factory=SiteCounters)
    """Without those of the open subscription."""

    @property
    def connected(self) -> AsyncClient:
        """The client. Raises `LocalProtocolError` while there is none."""
        if self.client is None:
            raise LocalProtocolError(f"site {self.settings.name} is not connected", server=self.settings.location)
        return self.client


class MonitoredSite:
    """One site of an `AlarmMonitor`, as its handlers see it: name, settings, the open client, and its state."""

    def __init__(self, state: SiteState) -> None:
        self._state = state

    def __repr__(self) -> str:
        return f"<MonitoredSite {self.name!r} {self.state.value}>"

    @property
    def name(self) -> str:
        """The name in its settings."""
        return self._state.settings.name

    @property
    def settings(self) -> SiteSettings:
        """The settings, with the credentials that are used now."""
        return self._state.settings

    @property
    def client(self) -> AsyncClient:
        """The client that the monitor uses for this site; leave opening and closing to the monitor.

        Raises `LocalProtocolError` while the site is not connected.
        """
        return self._state.connected

    @property
    def state(self) -> LinkState:
        """The state of the link to the site."""
        known = self._state
        if known.is_refused:
            return LinkState.REFUSED
        if known.lost_at is not None:
            return LinkState.OFFLINE
        if known.subscription is None:
            return LinkState.CONNECTING
        return known.subscription.state if known.is_following else LinkState.DEGRADED

    @property
    def reason(self) -> str | None:
        """The last failure, until the site answers again."""
        known = self._state
        if known.reason is not None or known.subscription is None:
            return known.reason
        return known.subscription.reason

    def snapshot(self) -> SiteSnapshot:
        """Return the times and counters of now."""
        known = self._state
        open_now = known.subscription and known.subscription.statistics
        return SiteSnapshot(
            name=self.name,
            state=self.state,
            reason=self.reason,
            lag=open_now.lag if open_now else None,
            pending=open_now.pending if open_now else 0,
            queued=len(known.queue),
            parked=len(known.parked),
            **asdict(known.counters.plus(open_now) if open_now else known.counters),
        )
