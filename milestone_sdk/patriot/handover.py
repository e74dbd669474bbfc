"""Handing signals to the sinks: each signal to each sink until it is acknowledged."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Final

from attrs import define, field, frozen

from .._net.asyncio import AsyncClock
from .._protocol.backoff import Backoff
from ..errors import SignalRefused, SinkUnavailable
from ..models.model import Model
from .signals import Signal
from .sinks import SignalSink

__all__ = ["Handover", "Outlet", "SinkSnapshot"]

_logger = logging.getLogger("milestone_sdk.patriot")

_CEILING: Final = 10.0
"""The longest pause between two tries, in seconds: a receiver that is back should not wait for its alarms."""
_TRIES: Final = 5
"""How often a signal is sent on which a sink fails with an error of another kind, before it counts as refused."""
_MOST_TAKEN: Final = 1_000
"""Signals of one client that some sinks have taken and others not: one at work, and those that are parked."""
_CLOSE: Final = 2.0


@frozen(kw_only=True, repr=False)
class SinkSnapshot(Model):
    """One sink at one time. Times are UTC by this computer's clock; counters begin with the task."""

    name: str
    is_available: bool
    """Whether the last try was acknowledged or refused."""
    reason: str | None
    """Why it is not available: the last failure."""
    waiting: int
    """Signals that are being sent or wait for the next try, at most one of each client and one of its link."""
    last_acknowledged: datetime | None
    acknowledged: int
    failures: int
    """Tries that were not acknowledged, because the receiver was not available."""
    refused: int
    """Tries that the receiver refused."""


@define(eq=False)
class Outlet:
    """One sink: tries again after a failure, counts, and logs once when it fails and once when it works again.

    A client whose signals fail while those of others are acknowledged is logged once, not at each try.
    """

    name: str
    sink: SignalSink
    clock: AsyncClock
    timeout: float
    reason: str | None = None
    waiting: int = 0
    last_acknowledged: datetime | None = None
    acknowledged: int = 0
    failures: int = 0
    refused: int = 0
    _is_lost: bool = False
    """Whether its loss was the last thing that was logged."""
    _failing: set[str] = field(factory=set[str])
    """The clients whose last try failed."""

    async def deliver(self, signal: Signal, turn: asyncio.Lock) -> None:
        """Return once the receiver has acknowledged the signal. Raises `SignalRefused`.

        `turn` is held during each try: it lets one signal of a client be sent at a time.
        """
        backoff, unexpected = Backoff(ceiling=_CEILING), 0
        self.waiting += 1
        try:
            while True:
                try:
                    async with turn:
                        await self._send(signal)
                    return
                except SinkUnavailable as error:
                    self._failed(error, signal)
                except SignalRefused:
                    self.refused += 1
                    self._works(signal)
                    raise
                except Exception as error:
                    unexpected += 1
                    self._failed(error, signal)
                    if unexpected == _TRIES:
                        self.refused += 1
                        what = (
                            f"{self.name} failed on signal {signal.key} {_TRIES} times: {type(error).__name__}: {error}"
                        )
                        raise SignalRefused(what, key=signal.key, operation="send") from error
                await self.clock.sleep(backoff.failed())
        finally:
            self.waiting -= 1

    async def _send(self, signal: Signal) -> None:
        limit = asyncio.timeout(self.timeout)
        try:
            async with limit:
                await self.sink.send(signal)
        except TimeoutError as error:
            if not limit.expired():
                raise
            text = f"{self.name} did not acknowledge signal {signal.key} within {self.timeout:g} s"
            raise SinkUnavailable(text, key=signal.key, operation="send") from error
        self.acknowledged += 1
        self.last_acknowledged = self.clock.utcnow()
        self._works(signal)

    def _failed(self, error: Exception, signal: Signal) -> None:
        self.failures += 1
        if not self._is_lost and signal.client_no not in self._failing:
            self._is_lost = True
            unexpected = None if isinstance(error, SinkUnavailable) else error
            text = "signal %s is not acknowledged by %s, and is sent again: %s"
            _logger.error(text, signal.key, self.name, error, exc_info=unexpected)
        self._failing.add(signal.client_no)
        self.reason = str(error) or type(error).__name__

    def _works(self, signal: Signal) -> None:
        self.reason = None
        self._failing.discard(signal.client_no)
        if self._is_lost:
            self._is_lost = False
            _logger.warning("signals are acknowledged by %s again", self.name)

    async def close(self) -> None:
        """Close the sink, within some seconds."""
        try:
            async with asyncio.timeout(_CLOSE):
                await self.sink.aclose()
        except Exception as error:
            _logger.error("%s cannot be closed", self.name, exc_info=error)

    def snapshot(self) -> SinkSnapshot:
        """Return the counters of now."""
        return SinkSnapshot(
            name=self.name,
            is_available=self.reason is None,
            reason=self.reason,
            waiting=self.waiting,
            last_acknowledged=self.last_acknowledged,
            acknowledged=self.acknowledged,
            failures=self.failures,
            refused=self.refused,
        )


class Handover:
    """Hands the signals of one client to all sinks, and remembers which of them took a signal that others refused."""

    def __init__(self, outlets: Iterable[Outlet]) -> None:
        self._turns = {outlet: asyncio.Lock() for outlet in outlets}
        self._taken: OrderedDict[str, set[Outlet]] = OrderedDict()

    async def hand_over(self, signal: Signal) -> None:
        """Return once all sinks have acknowledged the signal; those that did so before are not asked again.

        Raises `SignalRefused` once each of the others has acknowledged or refused it.
        """
        taken = self._taken.setdefault(signal.key, set())
        self._taken.move_to_end(signal.key)
        if len(self._taken) > _MOST_TAKEN:
            self._taken.popitem(last=False)

        async def to(outlet: Outlet) -> SignalRefused | None:
            try:
                await outlet.deliver(signal, self._turns[outlet])
            except SignalRefused as refusal:
                return refusal
            taken.add(outlet)
            return None

        # Side by side: a sink that is down holds up the next signal of this client, but not this one at other sinks.
        results = await asyncio.gather(*(to(outlet) for outlet in self._turns if outlet not in taken))
        for refusal in results:
            if refusal is not None:
                raise refusal
        with suppress(KeyError):
            del self._taken[signal.key]
