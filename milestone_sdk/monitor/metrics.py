"""What a monitor knows of its sites at one moment: as values, and as OpenMetrics text."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final, Literal

from attrs import field, frozen

from ..models.alarms.subscription import LinkState

__all__ = ["MonitorSnapshot", "SiteSnapshot"]


@frozen(kw_only=True)
class SiteSnapshot:
    """One site at one moment; times are of this computer's wall clock, in UTC; counters begin with the monitor."""

    name: str
    state: LinkState
    reason: str | None = None
    """Why the state is not LIVE: the last failure."""
    last_contact: datetime | None = None
    """When the site last answered."""
    last_received: datetime | None = None
    """When an alarm, or a change of one, last came."""
    last_checkpoint: datetime | None = None
    lag: timedelta | None = None
    """How long the oldest alarm that is not checkpointed has been here; `None` when all are."""
    pending: int = 0
    """How many alarms are received and not checkpointed."""
    queued: int = 0
    """How many of them wait for their first call of the handler."""
    parked: int = 0
    """How many of them the handler failed on and nobody accepted; they are offered again."""
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
    """How often it was tried to log in and make the first poll."""


@frozen(kw_only=True)
class MonitorSnapshot:
    """All sites of a monitor at one moment."""

    taken_at: datetime
    sites: tuple[SiteSnapshot, ...] = field(repr=lambda sites: f"<{len(sites)} sites>")

    def openmetrics(self) -> str:
        """Return the snapshot as OpenMetrics text 1.0.

        Serve it as `application/openmetrics-text; version=1.0.0; charset=utf-8`. Every line has the label `site`.
        """
        lines = [line for family in _FAMILIES for line in family.lines(self.sites)]
        return "\n".join([*lines, "# EOF"]) + "\n"


Number = int | float


@frozen(kw_only=True)
class _Family:
    """One metric: its name, what it means, and its value for a site; `None` leaves the site out."""

    name: str
    kind: Literal["counter", "gauge"]
    help: str
    value: Callable[[SiteSnapshot], Number | None]

    def lines(self, sites: Iterable[SiteSnapshot]) -> Iterator[str]:
        yield from _head(self.name, self.kind, self.help, seconds=self.name.endswith("_seconds"))
        sample = f"{self.name}_total" if self.kind == "counter" else self.name
        for site in sites:
            value = self.value(site)
            if value is not None:
                yield f"{sample}{_labels(site=site.name)} {_number(value)}"


@frozen(kw_only=True)
class _States:
    """The state of each site as a StateSet: 1 for the one it is in."""

    name: str
    help: str

    def lines(self, sites: Iterable[SiteSnapshot]) -> Iterator[str]:
        yield from _head(self.name, "stateset", self.help)
        for site in sites:
            for state in LinkState:
                labels = _labels(**{"site": site.name, self.name: state.value.replace(" ", "_")})
                yield f"{self.name}{labels} {int(site.state is state)}"


@frozen(kw_only=True)
class _Reasons:
    """Why sites are not live, as text."""

    name: str
    help: str

    def lines(self, sites: Iterable[SiteSnapshot]) -> Iterator[str]:
        yield from _head(self.name, "info", self.help)
        for site in sites:
            if site.reason is not None:
                yield f"{self.name}_info{_labels(site=site.name, reason=site.reason)} 1"


def _head(name: str, kind: str, text: str, *, seconds: bool = False) -> Iterator[str]:
    yield f"# TYPE {name} {kind}"
    if seconds:
        yield f"# UNIT {name} seconds"
    yield f"# HELP {name} {_escaped(text)}"


def _labels(**labels: str) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(text: str) -> str:
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return clean.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _number(value: Number) -> str:
    return str(value) if isinstance(value, int) else format(value, ".6f")


def _when(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _seconds(span: timedelta | None) -> float:
    return 0.0 if span is None else span.total_seconds()


def _gauge(name: str, text: str, value: Callable[[SiteSnapshot], Number | None]) -> _Family:
    return _Family(name=f"milestone_site_{name}", kind="gauge", help=text, value=value)


def _counter(name: str, text: str, value: Callable[[SiteSnapshot], Number | None]) -> _Family:
    return _Family(name=f"milestone_site_{name}", kind="counter", help=text, value=value)


_FAMILIES: Final = (
    _States(name="milestone_site_state", help="How the subscription stands with the site."),
    _Reasons(name="milestone_site_reason", help="Why the site is not live: the last failure."),
    _gauge("last_contact_timestamp_seconds", "When the site last answered.", lambda site: _when(site.last_contact)),
    _gauge("last_received_timestamp_seconds", "When an alarm last came.", lambda site: _when(site.last_received)),
    _gauge(
        "last_checkpoint_timestamp_seconds",
        "When a checkpoint was last written.",
        lambda site: _when(site.last_checkpoint),
    ),
    _gauge("lag_seconds", "Age of the oldest alarm that is not checkpointed.", lambda site: _seconds(site.lag)),
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
