"""The state of the monitored sites at one time: as values, and as OpenMetrics text."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal

from attrs import define, evolve, field, frozen

from ..models.alarms.subscription import LinkState, SubscriptionStatistics
from ..models.model import Model
from .metrics import Number, family

__all__ = ["MonitorSnapshot", "SiteCounters", "SiteSnapshot"]


@define(kw_only=True)
class SiteCounters:
    """What is counted of a site while it is monitored; the fields have the names and meanings of `SiteSnapshot`."""

    last_contact: datetime | None = None
    last_received: datetime | None = None
    last_checkpoint: datetime | None = None
    received: int = 0
    handled: int = 0
    handler_failures: int = 0
    undeliverable: int = 0
    checkpoints: int = 0
    checkpoint_failures: int = 0
    polls: int = 0
    poll_failures: int = 0
    gaps: int = 0
    losses: int = 0
    openings: int = 0

    def plus(self, subscription: SubscriptionStatistics) -> "SiteCounters":
        """Return these counters with those of one subscription added."""
        return evolve(
            self,
            last_contact=subscription.last_contact or self.last_contact,
            last_received=subscription.last_received or self.last_received,
            last_checkpoint=subscription.last_checkpoint or self.last_checkpoint,
            received=self.received + subscription.received,
            checkpoints=self.checkpoints + subscription.checkpoints,
            polls=self.polls + subscription.polls,
            poll_failures=self.poll_failures + subscription.failures,
            gaps=self.gaps + subscription.gaps,
        )


@frozen(kw_only=True, repr=False)
class SiteSnapshot(Model):
    """One site at one time. Times are UTC by this computer's clock; counters begin with the monitor."""

    name: str
    state: LinkState
    reason: str | None = None
    """Why the state is not LIVE: the last failure."""
    last_contact: datetime | None = None
    """When the site last answered."""
    last_received: datetime | None = None
    """When an alarm, or a change of one, was last received."""
    last_checkpoint: datetime | None = None
    lag: timedelta | None = None
    """How long ago the oldest alarm without a checkpoint was received; `None` when all have one."""
    pending: int = 0
    """Alarms received and not checkpointed."""
    queued: int = 0
    """Pending alarms that wait for their first call of the handler."""
    parked: int = 0
    """Pending alarms that the handler failed on and `on_undeliverable` did not accept; they are offered again."""
    received: int = 0
    handled: int = 0
    """Calls of the alarm handler that returned."""
    handler_failures: int = 0
    """Calls of the alarm handler that raised."""
    undeliverable: int = 0
    """How often an alarm was given up as `AlarmUndeliverable`."""
    checkpoints: int = 0
    checkpoint_failures: int = 0
    polls: int = 0
    poll_failures: int = 0
    gaps: int = 0
    losses: int = 0
    """How often the link was lost."""
    openings: int = 0
    """Tries to log in and make the first poll."""


@frozen(kw_only=True, repr=False)
class MonitorSnapshot(Model):
    """All sites of a monitor at one time."""

    taken_at: datetime
    sites: tuple[SiteSnapshot, ...] = field(repr=lambda sites: f"<{len(sites)} sites>")

    def openmetrics(self) -> str:
        """Return the snapshot as OpenMetrics text 1.0.

        Serve it as `application/openmetrics-text; version=1.0.0; charset=utf-8`. Every line has the label `site`.
        """
        lines = [line for each in _FAMILIES for line in each.lines(self.sites)]
        return "\n".join([*lines, "# EOF"]) + "\n"


Samples = Iterable[tuple[dict[str, str], Number]]


@frozen
class _Family:
    """One metric: its type, its name after `milestone_site_`, its meaning, and its samples of a site."""

    kind: Literal["counter", "gauge", "stateset", "info"]
    name: str
    help: str
    samples: Callable[[SiteSnapshot], Samples]

    @classmethod
    def of_value(
        cls, kind: Literal["counter", "gauge"], name: str, text: str, value: Callable[[SiteSnapshot], Number | None]
    ) -> "_Family":
        """Return a metric with one sample, or none while the value is `None`."""

        def samples(site: SiteSnapshot) -> Samples:
            number = value(site)
            return [] if number is None else [({}, number)]

        return cls(kind, name, text, samples)

    def lines(self, sites: Iterable[SiteSnapshot]) -> Iterator[str]:
        samples = (({"site": site.name, **labels}, value) for site in sites for labels, value in self.samples(site))
        return family(f"milestone_site_{self.name}", self.kind, self.help, samples)


def _states(site: SiteSnapshot) -> Samples:
    label = "milestone_site_state"
    return [({label: state.value.replace(" ", "_")}, int(site.state is state)) for state in LinkState]


def _age(lag: timedelta | None) -> float:
    return 0.0 if lag is None else lag.total_seconds()


def _reasons(site: SiteSnapshot) -> Samples:
    return [] if site.reason is None else [({"reason": site.reason}, 1)]


_gauge, _counter = partial(_Family.of_value, "gauge"), partial(_Family.of_value, "counter")


def _time(name: str, text: str, when: Callable[[SiteSnapshot], datetime | None]) -> _Family:
    def seconds(site: SiteSnapshot) -> float | None:
        return None if (value := when(site)) is None else value.timestamp()

    return _gauge(f"{name}_timestamp_seconds", text, seconds)


_FAMILIES: Final = (
    _Family("stateset", "state", "State of the link to the site.", _states),
    _Family("info", "reason", "Why the site is not live: the last failure.", _reasons),
    _time("last_contact", "When the site last answered.", lambda site: site.last_contact),
    _time("last_received", "When an alarm was last received.", lambda site: site.last_received),
    _time("last_checkpoint", "When a checkpoint was last written.", lambda site: site.last_checkpoint),
    _gauge("lag_seconds", "Age of the oldest alarm without a checkpoint.", lambda site: _age(site.lag)),
    _gauge("pending_alarms", "Alarms received and not checkpointed.", lambda site: site.pending),
    _gauge("queued_alarms", "Alarms waiting for the handler.", lambda site: site.queued),
    _gauge("parked_alarms", "Alarms that the handler failed on.", lambda site: site.parked),
    _counter("alarms_received", "Alarms and changes of alarms received.", lambda site: site.received),
    _counter("alarms_handled", "Calls of the alarm handler that returned.", lambda site: site.handled),
    _counter("handler_failures", "Calls of the alarm handler that raised.", lambda site: site.handler_failures),
    _counter("alarms_undeliverable", "Alarms given up after the last try.", lambda site: site.undeliverable),
    _counter("checkpoints", "Checkpoints written.", lambda site: site.checkpoints),
    _counter("checkpoint_failures", "Checkpoints that could not be written.", lambda site: site.checkpoint_failures),
    _counter("polls", "Polls that were answered.", lambda site: site.polls),
    _counter("poll_failures", "Polls that failed.", lambda site: site.poll_failures),
    _counter("gaps", "Times at which alarms may have been removed unseen.", lambda site: site.gaps),
    _counter("link_losses", "Times at which the link was lost.", lambda site: site.losses),
    _counter("openings", "Tries to log in and make the first poll.", lambda site: site.openings),
)
