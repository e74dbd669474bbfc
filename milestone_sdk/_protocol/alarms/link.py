"""Supervision of a link, which is up if and only if the server has answered lately.

The caller passes the time of a monotonic clock in seconds.
"""

from typing import Final

from ...models.alarms.subscription import LinkState

__all__ = ["Link", "overslept"]

_USUAL: Final = 0.1
"""How much longer a wait may last than was asked for, as a part of the link timeout."""


def overslept(began: float, seconds: float, now: float, *, timeout: float) -> float:
    """Return for how long this process was stopped, or its event loop blocked, during a wait of `seconds`.

    In that time no server was asked, so that it is no silence. A wait that lasts a little longer than asked for counts.
    """
    late = now - began - seconds
    return late if late > timeout * _USUAL else 0.0


class Link:
    """Counts the time since the last complete answer, and reports loss and return once each."""

    def __init__(self, timeout: float, now: float) -> None:
        self._timeout = timeout
        self._last_contact = now
        self._lost = False
        self._took = 0.0
        self.state = LinkState.CONNECTING
        self.reason: str | None = None
        self.losses = 0

    @property
    def deadline(self) -> float | None:
        """When the link counts as lost without another answer; `None` if it already does."""
        return None if self._lost else self._last_contact + self._timeout

    def patience(self, now: float, most: float) -> float:
        """Return how many seconds one poll may take: `most` when the link is lost.

        Else a third of the timeout, so that a dead connection is replaced in time, or twice as long as the last answer
        took, but not longer than until the link counts as lost.
        """
        if self.deadline is None:
            return most
        return max(min(most, max(self._timeout / 3, 2 * self._took), self.deadline - now), 0.05)

    def paused(self, seconds: float) -> None:
        """Do not count time during which the consumer was busy, unless the link is lost already."""
        if not self._lost:
            self._last_contact += seconds

    def answered(self, now: float, *, at_end: bool, took: float = 0.0) -> float | None:
        """Count an answer that `took` some seconds; return for how many seconds the link was lost, if it was."""
        self._took = took
        outage = now - self._last_contact if self._lost else None
        self._last_contact = now
        self._lost = False
        self.reason = None
        self.state = LinkState.LIVE if at_end else LinkState.CATCHING_UP
        return outage

    def failed(self, reason: str) -> None:
        """Count a failure after which polls go on."""
        self.reason = reason
        if self.state in (LinkState.LIVE, LinkState.CATCHING_UP):
            self.state = LinkState.DEGRADED
        elif self.state is LinkState.REFUSED:
            self.state = LinkState.OFFLINE if self._lost else LinkState.CONNECTING

    def refused(self, reason: str) -> None:
        """Count a failure that trying again cannot fix."""
        self.reason = reason
        self.state = LinkState.REFUSED

    def lost(self, now: float) -> float | None:
        """Return the seconds since the last answer, once, when the link begins to count as lost."""
        if self.deadline is None or now < self.deadline:
            return None
        self._lost = True
        self.losses += 1
        if self.state is not LinkState.REFUSED:
            self.state = LinkState.OFFLINE
        return now - self._last_contact
