"""The Milestone task: the alarms of all clients, each as one signal, in the sinks."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, Literal, Self

from attrs import frozen

from .._arguments import check_seconds, check_type
from .._net.asyncio import AsyncClock
from .._net.forking import Lock
from ..checkpoints import CheckpointStore
from ..errors import ConfigurationError, LocalProtocolError, SignalRefused
from ..models import AlarmLine
from ..models.model import Model
from ..monitor import AlarmMonitor, LinkEvent, MonitoredSite, MonitorSnapshot, SiteSettings
from ..monitor.handlers import check_async
from ..monitor.metrics import Number, family
from ..trust import Trust
from .handover import Handover, Outlet, SinkSnapshot
from .mapping import LINK_KINDS, map_alarm, map_link
from .receiving import check_client
from .records import ClientRecord, TaskRecord
from .signals import SignalKind
from .sinks import SignalSink

__all__ = ["MilestoneTask", "OnClientLink", "TaskSnapshot"]

_logger = logging.getLogger("milestone_sdk.patriot")

_the_task: Final = Lock()
"""Taken by the task that runs in this process."""
_HIGHEST_FREE_EVENT_TYPE: Final = 65_000

_SINK_METRICS: Final[tuple[tuple[str, str, str, Callable[[SinkSnapshot], Number]], ...]] = (
    ("gauge", "available", "Whether the sink acknowledges signals.", lambda sink: int(sink.is_available)),
    ("gauge", "waiting_signals", "Signals that wait for this sink.", lambda sink: sink.waiting),
    ("counter", "signals_acknowledged", "Signals acknowledged.", lambda sink: sink.acknowledged),
    ("counter", "failures", "Tries that were not acknowledged.", lambda sink: sink.failures),
    ("counter", "signals_refused", "Tries that were refused.", lambda sink: sink.refused),
)

OnClientLink = Callable[[ClientRecord, LinkEvent], Awaitable[None]]


@frozen(kw_only=True, repr=False)
class TaskSnapshot(Model):
    """All clients and all sinks of a task at one time."""

    clients: MonitorSnapshot
    """The links and alarms, by client number; `parked` are the alarms whose signals were refused."""
    sinks: tuple[SinkSnapshot, ...]

    def openmetrics(self) -> str:
        """Return the snapshot as OpenMetrics text 1.0, see `MonitorSnapshot.openmetrics`."""
        lines = [line for kind, name, text, value in _SINK_METRICS for line in self._family(kind, name, text, value)]
        return self.clients.openmetrics().removesuffix("# EOF\n") + "\n".join([*lines, "# EOF"]) + "\n"

    def _family(self, kind: str, name: str, text: str, value: Callable[[SinkSnapshot], Number]) -> Iterator[str]:
        return family(f"milestone_sink_{name}", kind, text, [({"sink": sink.name}, value(sink)) for sink in self.sinks])


class MilestoneTask:
    """Receives the alarms of all clients and hands one signal for each alarm to the sinks, in the order of its server.

    `clients` are those whose alarms are received; one with `event_reporting=False`, or of another camera type, is left
    out. A signal is done when all `sinks` have acknowledged it; then its alarm's checkpoint is written, with the fact
    that the alarm has made its signal, in one transaction. Later changes of the alarm make none, also after a restart.
    If the process ends between the two, the signal is sent again with the same `key`, by which the receiver drops it.

    A signal that no receiver acknowledges is sent again until one does, after pauses that grow from 1 to 10 s; the
    client's next alarms wait, and its polling pauses. A signal that is refused (`SignalRefused`), or fails otherwise
    five times, is parked: logged as an error, counted, and offered again every ten minutes and after a restart, while
    other alarms go on. With 100 parked alarms a client waits for the next one that is refused. A `send` that takes
    longer than `send_timeout` seconds counts as not acknowledged.

    A client whose site is down, refuses the user or cannot be followed does not stop others. `link_event_types` has the
    event types (0 to 65000) of the signals that report this, for each of the kinds `link_lost`, `link_restored`,
    `alarm_gap` and `undeliverable` that is to make a signal; `await on_link(client, event)` is called for each event.
    Both are optional, the log has the events in any case. Signals of links are not stored: a refused one is logged and
    not sent again.

    `checkpoints` keeps the checkpoints of all clients; those of a client belong to its number. `record` is the task as
    configured in Patriot, for the program's own use. `since`, `interval`, `link_timeout` and `queue` are those of
    `SiteSettings`, `starts_per_second`, `tries_per_server` and `refused_interval` those of `AlarmMonitor`.

    Raises `ConfigurationError` for two clients with one number, a client without location or credentials or with single
    sign-on, and `UnsupportedFeature` for an Interconnection Server. Call everything from the loop's own thread.
    """

    def __init__(
        self,
        clients: Iterable[ClientRecord],
        sinks: SignalSink | Sequence[SignalSink],
        *,
        checkpoints: CheckpointStore,
        record: TaskRecord | None = None,
        link_event_types: Mapping[SignalKind, int] | None = None,
        on_link: OnClientLink | None = None,
        since: datetime | Literal["now"] | None = None,
        interval: float = 3.0,
        link_timeout: float = 30.0,
        queue: int = 100,
        send_timeout: float = 60.0,
        starts_per_second: float = 20.0,
        tries_per_server: float = 5.0,
        refused_interval: float = 3600.0,
        clock: AsyncClock | None = None,
    ) -> None:
        check_seconds("send_timeout", send_timeout)
        self.record: TaskRecord | None = record
        self._clock = clock or AsyncClock()
        self._clients = _reporting(clients)
        self._link_event_types = _checked_event_types(link_event_types or {})
        if on_link is not None:
            check_async("on_link", on_link)
        self._on_client_link = on_link
        self._outlets = _outlets(sinks, self._clock, send_timeout)
        self._handovers = {client_no: Handover(self._outlets) for client_no in self._clients}
        self._running = False
        self._ended = asyncio.Event()
        settings = {"since": since, "interval": interval, "link_timeout": link_timeout, "queue": queue}
        self._monitor = AlarmMonitor(
            _settings(self._clients.values(), settings),
            on_alarm=self._on_alarm,
            on_link=self._on_link,
            checkpoints=checkpoints,
            attempts=1,  # `Handover` has tried again whatever trying again can help
            changes=False,
            starts_per_second=starts_per_second,
            tries_per_server=tries_per_server,
            refused_interval=refused_interval,
            clock=self._clock,
        )

    def __repr__(self) -> str:
        return f"<MilestoneTask of {len(self._clients)} clients>"

    @property
    def clients(self) -> tuple[ClientRecord, ...]:
        """The clients whose alarms are received."""
        return tuple(self._clients.values())

    def snapshot(self) -> TaskSnapshot:
        """Return the state of all clients and sinks now."""
        return TaskSnapshot(
            clients=self._monitor.snapshot(), sinks=tuple(outlet.snapshot() for outlet in self._outlets)
        )

    async def run(self) -> None:
        """Receive alarms until `stop` is called or this is cancelled; then end within 7 s, with the sinks closed.

        Raises `LocalProtocolError` when called a second time, and while another Milestone task runs in this process.
        """
        if self._running:
            raise LocalProtocolError("the Milestone task has run already", hint="make a new MilestoneTask")
        with _only_one():
            self._running = True
            sinks = ", ".join(outlet.name for outlet in self._outlets)
            _logger.info("the Milestone task starts: %d clients, signals to %s", len(self._clients), sinks)
            try:
                await self._monitor.run()
            finally:
                await self._close_sinks()
                counts = ", ".join(f"{outlet.acknowledged} by {outlet.name}" for outlet in self._outlets)
                _logger.info("the Milestone task has ended: signals acknowledged: %s", counts)
                self._ended.set()

    def stop(self) -> None:
        """End `run` within 7 s. No signal is sent and no checkpoint is written from now on.

        A signal that is being sent has 2 s; acknowledged or not, it is sent again at the next start, with the same
        `key`. From another thread: `loop.call_soon_threadsafe(task.stop)`.
        """
        self._monitor.stop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Stop, wait until everything has ended, and close the sinks."""
        self.stop()
        if self._running:
            await self._ended.wait()
        else:
            await self._close_sinks()

    async def _close_sinks(self) -> None:
        await asyncio.gather(*(outlet.close() for outlet in self._outlets))

    async def _on_alarm(self, site: MonitoredSite, alarm: AlarmLine) -> None:
        client = self._clients[site.name]
        await self._handovers[site.name].hand_over(map_alarm(client, alarm, received=self._clock.utcnow()))

    async def _on_link(self, site: MonitoredSite, event: LinkEvent) -> None:
        client = self._clients[site.name]
        event_type = self._link_event_types.get(LINK_KINDS[type(event)])
        if event_type is not None:
            signal = map_link(client, event, event_type, received=self._clock.utcnow())
            try:
                await self._handovers[site.name].hand_over(signal)
            except SignalRefused as error:
                _logger.error("signal %s is refused and not sent again: %s: %s", signal.key, signal.line, error)
        if self._on_client_link is not None:
            try:
                await self._on_client_link(client, event)
            except Exception as error:
                _logger.error("on_link failed on %r of client %s", event, client.client_no, exc_info=error)


@contextmanager
def _only_one() -> Generator[None]:
    if not _the_task.acquire(blocking=False):
        raise LocalProtocolError(
            "a Milestone task runs in this process already, and there is only one for all clients",
            hint="give that task all clients, or end it first",
        )
    try:
        yield
    finally:
        _the_task.release()


def _reporting(clients: Iterable[ClientRecord]) -> dict[str, ClientRecord]:
    """Return the clients that report alarms, by their numbers."""
    check_type("clients", clients, Iterable, hint="give a list of ClientRecord")
    records = tuple(clients)
    for client in records:
        check_type("a client", client, ClientRecord)
    twice = [number for number, count in Counter(client.client_no for client in records).items() if count > 1]
    if twice:
        raise ConfigurationError(
            f"several clients have the number {', '.join(twice)}", hint="give each client a number of its own"
        )
    reporting = {client.client_no: client for client in records if client.is_milestone and client.event_reporting}
    if not reporting:
        raise ConfigurationError(
            "there is no client of the type Milestone with event_reporting=True", hint="give the task a ClientRecord"
        )
    for client in reporting.values():
        check_client(client)
    return reporting


def _checked_event_types(event_types: Mapping[SignalKind, int]) -> Mapping[SignalKind, int]:
    check_type("link_event_types", event_types, Mapping, hint='for example {"link_lost": 350, "link_restored": 351}')
    kinds = tuple(LINK_KINDS.values())
    for kind, event_type in event_types.items():
        if kind not in kinds:
            raise ConfigurationError(f"link_event_types: the kind must be {', '.join(kinds)}, got {kind!r}")
        check_type(f"link_event_types[{kind!r}]", event_type, int)
        if not 0 <= event_type <= _HIGHEST_FREE_EVENT_TYPE:
            raise ConfigurationError(
                f"link_event_types[{kind!r}] must be from 0 to {_HIGHEST_FREE_EVENT_TYPE}, got {event_type}"
            )
    return dict(event_types)


def _outlets(sinks: SignalSink | Sequence[SignalSink], clock: AsyncClock, timeout: float) -> tuple[Outlet, ...]:
    every = tuple(sinks) if isinstance(sinks, Sequence) else (sinks,)
    if not every:
        raise ConfigurationError("sinks must not be empty", hint="give the task a sink")
    names = Counter[str]()
    outlets: list[Outlet] = []
    for sink in every:
        check_type("a sink", sink, SignalSink, hint="a sink has `async def send(signal)` and `async def aclose()`")
        kind = type(sink).__name__
        names[kind] += 1
        name = kind if names[kind] == 1 else f"{kind} {names[kind]}"
        outlets.append(Outlet(name=name, sink=sink, clock=clock, timeout=timeout))
    return tuple(outlets)


def _settings(clients: Collection[ClientRecord], options: dict[str, Any]) -> Iterator[SiteSettings]:
    """Yield the settings of the clients' sites; `Trust.system` is loaded once, if it is needed."""
    system = None if all(client.trust for client in clients) else Trust.system()
    for client in clients:
        trust = client.trust or system
        assert client.location is not None  # `check_client` has seen to these
        assert client.credentials is not None
        assert trust is not None
        yield SiteSettings(
            name=client.client_no,
            location=str(client.location),
            credentials=client.credentials,
            trust=trust,
            subscription=f"patriot {client.client_no}",
            kind=client.kind,
            **options,
        )
