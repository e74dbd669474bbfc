"""The alarms of thousands of sites in one process."""

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Iterable
from typing import Final, Self

from .._arguments import check_count, check_seconds, check_type
from .._net.asyncio import AsyncClock
from ..checkpoints import CheckpointStore
from ..credentials import Credentials
from ..errors import ConfigurationError, LocalProtocolError
from .handlers import Handlers, OnAlarm, OnLink, OnUndeliverable
from .pacing import Pacing
from .settings import SiteSettings, check_alarm_reporting
from .site import MonitoredSite
from .siterun import SharedResources, SiteRun
from .snapshot import MonitorSnapshot

__all__ = ["AlarmMonitor"]

_logger = logging.getLogger("milestone_sdk.monitor")

_GRACE: Final = 2.0
"""Seconds that a handler has to return after `stop`; then it is cancelled."""
_CANCELLED: Final = 0.5
"""Seconds that it has to end after it was cancelled; then it is abandoned."""
_LOGOUT: Final = 1.0
"""Seconds for all logouts; tokens that are left expire at the server."""
_LOGOUTS_AT_ONCE: Final = 50
_RELEASE: Final = 1.0
"""Seconds for the checkpoint store to release the claims of the sites, while the logouts run."""


class AlarmMonitor:
    """Follows the alarms of any number of sites and delivers each to `on_alarm`, at least once.

    `on_alarm(site, alarm)` is called with one alarm of a site at a time, in the site's order; sites do not wait for
    each other. When it returns, the alarm's checkpoint is written, and the alarm is done. When it raises, it is called
    again with growing pauses (1 to 60 s), `attempts` times in all. Then `on_undeliverable(site, alarm, error)` is
    called with an `AlarmUndeliverable`; if that returns, the alarm is done. If it raises or is not given, the alarm is
    logged as an error, set aside without a checkpoint, and offered again every ten minutes and after a restart.

    With `changes=False` an alarm that was handled is not offered again when it changes, also not after a restart:
    its later states are done without a call. The store remembers the 100,000 alarms of a site that were handled last.

    `on_link(site, event)` is called with `LinkLost` when a site does not answer for its `link_timeout`, refuses the
    user, or cannot be followed at its first try; with `LinkRestored` when it can be followed again; with `AlarmGap`,
    before newer alarms, when alarms may have been removed before they were read; and with `AlarmUndeliverable` for a
    row that cannot be read. Handlers are `async def`; use `asyncio.to_thread` for what blocks. `site` is a
    `MonitoredSite`.

    `checkpoints` is one store for all sites. At most `starts_per_second` sites log in per second. After a burst of
    five, each server gets at most `tries_per_server` tries per second, at the start and after an outage. Refused
    logins, which count towards locking the account, are repeated after `refused_interval` seconds, or immediately with
    other credentials; other refusals after 300 s at most. All other failures are retried after random pauses that grow
    from 1 to 60 s.

    Call everything from the loop's own thread; from others through `loop.call_soon_threadsafe`. Raises
    `ConfigurationError`, and `UnsupportedFeature` for a site of kind `interconnect`.
    """

    def __init__(
        self,
        sites: Iterable[SiteSettings] = (),
        *,
        on_alarm: OnAlarm,
        on_link: OnLink,
        checkpoints: CheckpointStore,
        on_undeliverable: OnUndeliverable | None = None,
        attempts: int = 8,
        changes: bool = True,
        starts_per_second: float = 20.0,
        tries_per_server: float = 5.0,
        refused_interval: float = 3600.0,
        clock: AsyncClock | None = None,
    ) -> None:
        check_seconds("starts_per_second", starts_per_second)
        check_seconds("tries_per_server", tries_per_server)
        check_seconds("refused_interval", refused_interval)
        check_count("attempts", attempts)
        check_type("changes", changes, bool)
        check_type("checkpoints", checkpoints, CheckpointStore, hint='for example SqliteCheckpointStore("arc.db")')
        check_type("sites", sites, Iterable, hint="give a list of SiteSettings")
        self._clock = clock or AsyncClock()
        self._shared = SharedResources(
            handlers=Handlers(
                on_alarm=on_alarm,
                on_link=on_link,
                on_undeliverable=on_undeliverable,
                attempts=attempts,
                changes=changes,
            ),
            checkpoints=checkpoints,
            clock=self._clock,
            pacing=Pacing(self._clock, starts_per_second=starts_per_second, per_server=tries_per_server),
            refused_interval=refused_interval,
        )
        self._runs: dict[str, SiteRun] = {}
        self._followed: dict[tuple[str, str], str] = {}
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._running = False
        for settings in sites:
            self.add(settings)

    def __repr__(self) -> str:
        return f"<AlarmMonitor of {len(self._runs)} sites>"

    @property
    def sites(self) -> tuple[MonitoredSite, ...]:
        """The sites that are monitored now."""
        return tuple(run.site for run in self._runs.values())

    def add(self, settings: SiteSettings) -> MonitoredSite:
        """Monitor another site, from now on if the monitor is running.

        Raises `ConfigurationError` for a name that is taken, or a subscription that another site has already, and
        `UnsupportedFeature` for the central server of Milestone Interconnect.
        """
        check_type("a site", settings, SiteSettings)
        if settings.name in self._runs:
            raise ConfigurationError(f"a site {settings.name!r} is already monitored", hint="remove it first")
        check_alarm_reporting((), server=settings.location, kind=settings.kind)
        key = settings.server, settings.subscription
        if (other := self._followed.get(key)) is not None:
            raise ConfigurationError(
                f"sites {other!r} and {settings.name!r} would share one checkpoint of {settings.server}",
                hint="give one of them another `subscription`, or follow that server only once",
            )
        self._followed[key] = settings.name
        run = self._runs[settings.name] = SiteRun(settings, self._shared)
        if self._running and not self._stopping.is_set():
            run.start()
        return run.site

    async def remove(self, name: str) -> None:
        """Stop monitoring a site; its checkpoint stays in the store. Raises `ConfigurationError` for an unknown name.

        When this returns no handler of the site runs, except one that called this.
        """
        run = self._run_of(name)
        del self._runs[name]
        self._followed = {key: other for key, other in self._followed.items() if other != name}
        await self._end([run])

    def update_credentials(self, name: str, credentials: Credentials) -> None:
        """Log in to a site with other credentials from now on; one that refused the old ones is tried immediately.

        Raises `ConfigurationError` for an unknown name.
        """
        self._run_of(name).replace_credentials(credentials)

    def snapshot(self) -> MonitorSnapshot:
        """Return the state of all sites now; `snapshot().openmetrics()` is the text for a scraper."""
        return MonitorSnapshot(taken_at=self._clock.utcnow(), sites=tuple(site.snapshot() for site in self.sites))

    async def run(self) -> None:
        """Follow all sites until `stop` is called or this is cancelled; then it ends within 5 s.

        Raises `LocalProtocolError` when called a second time.
        """
        if self._running:
            raise LocalProtocolError("the monitor has run already", hint="make a new AlarmMonitor")
        self._running = True
        try:
            for run in list(self._runs.values()):
                run.start()
            await self._stopping.wait()
        finally:
            self._stopping.set()
            await self._end(list(self._runs.values()))
            self._ended.set()

    def stop(self) -> None:
        """End `run` within 5 s. No handler is called and no checkpoint is written from now on.

        A running handler has 2 s to return, then it is cancelled; its alarm is delivered again at the next start. From
        another thread, such as that of a Windows service: `loop.call_soon_threadsafe(monitor.stop)`.
        """
        self._stopping.set()
        for run in self._runs.values():
            run.halt()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Stop, and wait until everything has ended."""
        self.stop()
        if self._running:
            await self._ended.wait()

    def _run_of(self, name: str) -> SiteRun:
        try:
            return self._runs[name]
        except KeyError:
            raise ConfigurationError(f"there is no site {name!r}") from None

    async def _end(self, runs: Iterable[SiteRun]) -> None:
        """Close the sites: those with no handler running at once, the others when their handlers have ended."""
        at_work = {run: run.halt() - {asyncio.current_task()} for run in runs}
        idle = [run for run, tasks in at_work.items() if not tasks]
        busy = [run for run, tasks in at_work.items() if tasks]
        await asyncio.gather(_close(idle), _end_handlers(set[asyncio.Task[None]]().union(*at_work.values())))
        await _close(busy)


async def _end_handlers(tasks: "set[asyncio.Task[None]]") -> None:
    """Let handlers return, cancel those that do not, and abandon those that ignore it."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=_GRACE)
    for task in late:
        task.cancel()
    if late:
        _, late = await asyncio.wait(late, timeout=_CANCELLED)
    if late:
        _logger.error("%d handlers did not end when they were cancelled", len(late))


async def _close(runs: Collection[SiteRun]) -> None:
    """Release the checkpoints, log out from as many sites as the time allows, and close all."""
    end = asyncio.get_running_loop().time() + _LOGOUT
    # A task that is being cancelled may hold a connection that its client does not know of yet.
    ending = {task for run in runs for task in run.tasks if task.cancelling()} - {asyncio.current_task()}
    if ending:
        await asyncio.wait(ending, timeout=_CANCELLED)
    left = deque(runs)

    async def close_some() -> None:
        while left:
            await left.popleft().close(seconds=end - asyncio.get_running_loop().time())

    await asyncio.gather(_release(runs), *(close_some() for _ in range(min(_LOGOUTS_AT_ONCE, len(runs)))))


async def _release(runs: Collection[SiteRun]) -> None:
    """Release the checkpoints; a store that does not respond does so later, or when the process ends."""
    try:
        async with asyncio.timeout(_RELEASE):
            await asyncio.gather(*(run.release() for run in runs))
    except TimeoutError:
        _logger.error("the checkpoint store does not respond; the claims of the sites end when it does")
