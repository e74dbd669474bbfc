"""One site of a monitor, as handlers see it."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, Final

from attrs import field, frozen

from .._async.alarms.subscription import AsyncAlarmSubscription
from .._async.client import AsyncClient
from .._net.asyncio import AsyncClock
from ..checkpoints import CheckpointStore
from ..errors import (
    LocalProtocolError,
)
from ..models.alarms.subscription import LinkState
from .dispatch import AlarmDelivery, Handlers, LinkDelivery
from .metrics import SiteSnapshot
from .pacing import Pacing
from .settings import SiteSettings

__all__ = ["COUNTED", "TIMES", "MonitoredSite", "Surroundings"]

_logger = logging.getLogger("milestone_sdk.monitor")

COUNTED: Final = ("received", "checkpoints", "polls", "failures", "gaps")
TIMES: Final = ("last_contact", "last_received", "last_checkpoint")
"""What outlives a subscription of its statistics."""


@frozen(kw_only=True)
class Surroundings:
    """What all sites of a monitor share."""

    handlers: Handlers
    checkpoints: CheckpointStore
    clock: AsyncClock
    pacing: Pacing
    refused_interval: float
    chance: random.Random = field(factory=random.Random)


class MonitoredSite:
    """One site of an `AlarmMonitor`, as its handlers see it: name, settings, the open client, and how it stands."""

    def __init__(self, settings: SiteSettings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._shared = surroundings
        self._clock = surroundings.clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: AsyncClient | None = None
        self._subscription: AsyncAlarmSubscription | None = None
        self._refused = False
        self._is_following = False
        self._reason: str | None = None
        self._lost_at: float | None = None
        self._past: Counter[str] = Counter()
        self._times: dict[str, datetime | None] = {}
        handlers = surroundings.handlers
        self._alarms = AlarmDelivery(self, handlers, clock=self._clock, spawn=self._spawn, capacity=settings.queue)
        self._link = LinkDelivery(self, handlers, clock=self._clock, spawn=self._spawn)

    def __repr__(self) -> str:
        return f"<MonitoredSite {self.name!r} {self.state.value}>"

    @property
    def name(self) -> str:
        """The name in its settings."""
        return self._settings.name

    @property
    def settings(self) -> SiteSettings:
        """The settings, with the credentials that are in use now."""
        return self._settings

    @property
    def client(self) -> AsyncClient:
        """The client that the monitor uses for this site; leave opening and closing to the monitor.

        Raises `LocalProtocolError` while the site is not connected.
        """
        if self._client is None:
            raise LocalProtocolError(f"site {self.name} is not connected", server=self._settings.location)
        return self._client

    @property
    def state(self) -> LinkState:
        """How the monitor stands with the site."""
        if self._refused:
            return LinkState.REFUSED
        if self._lost_at is not None:
            return LinkState.OFFLINE
        if self._subscription is None:
            return LinkState.CONNECTING
        return self._subscription.state if self._is_following else LinkState.DEGRADED

    @property
    def reason(self) -> str | None:
        """The last failure, while there is one."""
        if self._reason is not None or self._subscription is None:
            return self._reason
        return self._subscription.reason

    def snapshot(self) -> SiteSnapshot:
        """Return times and counters at this moment."""
        now = self._subscription.statistics if self._subscription is not None else None
        count = Counter({name: getattr(now, name) for name in COUNTED}) if now is not None else Counter[str]()
        count += self._past
        return SiteSnapshot(
            name=self.name,
            state=self.state,
            reason=self.reason,
            last_contact=(now and now.last_contact) or self._times.get("last_contact"),
            last_received=(now and now.last_received) or self._times.get("last_received"),
            last_checkpoint=(now and now.last_checkpoint) or self._times.get("last_checkpoint"),
            lag=now.lag if now is not None else None,
            pending=now.pending if now is not None else 0,
            queued=self._alarms.queued,
            parked=self._alarms.parked,
            received=count["received"],
            handled=self._alarms.handled,
            handler_failures=self._alarms.handler_failures,
            undeliverable=self._alarms.undeliverable,
            checkpoints=count["checkpoints"],
            checkpoint_failures=self._alarms.checkpoint_failures,
            polls=count["polls"],
            poll_failures=count["failures"],
            gaps=count["gaps"],
            losses=self._past["losses"],
            openings=self._past["openings"],
        )

    def _spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _logger.critical("a task of site %s ended", self.name, exc_info=error)
