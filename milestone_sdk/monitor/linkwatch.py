"""Whether a site answers, in the times when its subscription does not report it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from .._net.asyncio import AsyncClock
from .._protocol.alarms.link import overslept
from ..errors import MilestoneError
from ..models import AlarmFilter, OrderBy
from ..models.alarms.subscription import LinkLost, LinkRestored
from ..models.times import earlier
from .dispatch import LinkDelivery, Spawn
from .site import SiteState

__all__ = ["LinkWatch", "ask"]

_logger = logging.getLogger("milestone_sdk.monitor")

_NEWEST: Final = AlarmFilter((), (OrderBy("Modified", descending=True),))


async def ask(state: SiteState) -> None:
    """Ask the site for its newest alarm, to find out whether it answers. Raises `MilestoneError`."""
    await state.connected.alarms.page(_NEWEST, 1)


class LinkWatch:
    """Reports the loss and the return of a site's link, each once, from the first login on.

    A subscription reports both while it is iterated. Beside it, one task watches the site: until login and first poll
    succeed, while a slow handler stops the polling, and until the first successful poll after a loss.
    """

    def __init__(self, state: SiteState, delivery: LinkDelivery, clock: AsyncClock, spawn: Spawn) -> None:
        self._state = state
        self._delivery = delivery
        self._clock = clock
        self._spawn = spawn
        self._heard = 0.0
        self._was_followed = False
        self._is_blocked = False
        self._task: asyncio.Task[None] | None = None

    def opening(self, *, first: bool) -> None:
        """Watch a login and first poll; silence counts from the first one on."""
        if first:
            self._heard = self._clock.monotonic()
        self._watch(self._watch_silence)

    def following(self) -> None:
        """Leave the watching to the subscription, once a lost link is restored."""
        self.stop()
        if self._state.lost_at is not None:
            self._watch(self._watch_beside)

    def failed(self) -> None:
        """Watch on after the subscription failed; a site that refuses, or was never followed, is lost at once."""
        self._heard = self._last_heard()
        if self._state.is_refused or not self._was_followed:
            self._report_loss(self._state.reason or "no answer", logged=True)
        self._watch(self._watch_silence)

    def lost(self, reason: str) -> None:
        """Report a loss that the subscription reports."""
        self._heard = self._last_heard()
        self._report_loss(reason)

    def heard(self) -> None:
        """Note that the site answered."""
        self._heard = self._clock.monotonic()
        self._was_followed = True
        self._state.is_refused, self._state.reason = False, None
        if self._state.lost_at is not None:
            lost_for = timedelta(seconds=self._heard - self._state.lost_at)
            self._state.lost_at = None
            _logger.warning("the link to site %s is restored after %s", self._state.settings.name, lost_for)
            self._delivery.put(LinkRestored(self._clock.utcnow(), lost_for))

    @contextmanager
    def blocked(self) -> Generator[None]:
        """Ask the site at the interval while a slow handler stops the polling."""
        self._heard = self._last_heard()
        self._is_blocked = True
        self._watch(self._watch_beside)
        try:
            yield
        finally:
            self._is_blocked = False

    def stop(self) -> None:
        """End the watching task."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _report_loss(self, reason: str, *, logged: bool = False) -> None:
        if self._state.lost_at is None:
            self._state.lost_at = self._heard
            self._state.counters.losses += 1
            self._state.reason = self._state.reason or reason
            if not logged:
                _logger.warning("the link to site %s is lost: %s", self._state.settings.name, reason)
            silence = timedelta(seconds=self._clock.monotonic() - self._heard)
            self._delivery.put(LinkLost(earlier(self._clock.utcnow(), silence), reason))

    def _last_heard(self) -> float:
        """Return when the site last answered, by the monotonic clock."""
        client = self._state.client
        if self._state.subscription is None or client is None or client.alarms.last_answer is None:
            return self._heard
        return max(self._heard, client.alarms.last_answer)

    def _watch(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self._task is None or self._task.done():
            self._task = self._spawn(work())

    async def _watch_silence(self) -> None:
        """Report the loss of the link once the link timeout has passed without a successful login and poll."""
        while self._state.lost_at is None:
            left = self._time_left()
            if left <= 0:
                self._report_loss(self._state.reason or "no answer")
            else:
                await self._sleep(min(left, self._state.settings.interval))  # so short that a stop of the process shows

    async def _sleep(self, seconds: float) -> None:
        began = self._clock.monotonic()
        await self._clock.sleep(seconds)
        if self._state.lost_at is None:
            timeout = self._state.settings.link_timeout
            self._heard += overslept(began, seconds, self._clock.monotonic(), timeout=timeout)

    def _time_left(self) -> float:
        return self._heard + self._state.settings.link_timeout - self._clock.monotonic()

    async def _watch_beside(self) -> None:
        """Ask at the interval until polling goes on, and, if the link was lost, has succeeded again."""
        while self._is_blocked or self._state.lost_at is not None:
            answered = self._last_heard()
            await self._sleep(self._state.settings.interval)
            if self._is_blocked:
                await self._ask()
            elif self._last_heard() > answered:
                self.heard()

    async def _ask(self) -> None:
        is_lost, timeout = self._state.lost_at is not None, self._state.settings.link_timeout
        began = self._clock.monotonic()
        patience = timeout if is_lost else max(self._time_left(), 0.05)
        try:
            async with asyncio.timeout(patience):
                await ask(self._state)
        except (MilestoneError, TimeoutError) as error:
            self._state.reason = str(error) or "no answer"
            now = self._clock.monotonic()
            if not is_lost and overslept(began, patience, now, timeout=timeout):
                self._heard += now - began  # the site may have answered meanwhile, and is asked again
            if self._time_left() <= 0:
                self._report_loss(self._state.reason)
        else:
            self.heard()
