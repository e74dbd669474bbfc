"""Supervision of a link: alive is what has answered lately, whatever the network does (anchors C1, C3.6).

A monotonic clock in seconds is handed in; nothing is read here.
"""

from ...models.alarms.subscription import LinkState

__all__ = ["Link"]


class Link:
    """Counts the time since the last complete answer, and tells loss and return once each."""

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
        """When the link counts as lost without another answer; `None` when it does already."""
        return None if self._lost else self._last_contact + self._timeout

    def patience(self, now: float, most: float) -> float:
        """Return how many seconds one poll may take, `most` when the link is lost.

        Before that, a third of the timeout, so that a connection that has died is replaced in time, or twice what the
        last answer took; never longer than until the link counts as lost.
        """
        if self.deadline is None:
            return most
        return max(min(most, max(self._timeout / 3, 2 * self._took), self.deadline - now), 0.05)

    def paused(self, seconds: float) -> None:
        """Leave out a time in which nobody asked: a slow receiver is no dead link."""
        self._last_contact += seconds

    def answered(self, now: float, *, at_end: bool, took: float = 0.0) -> float | None:
        """Count an answer that `took` so many seconds; return how many seconds the link was lost, if it was."""
        self._took = took
        outage = now - self._last_contact if self._lost else None
        self._last_contact = now
        self._lost = False
        self.reason = None
        self.state = LinkState.LIVE if at_end else LinkState.CATCHING_UP
        return outage

    def failed(self, reason: str) -> None:
        """Count a failure that may pass."""
        self.reason = reason
        if self.state in (LinkState.LIVE, LinkState.CATCHING_UP):
            self.state = LinkState.DEGRADED
        elif self.state is LinkState.REFUSED:
            self.state = LinkState.OFFLINE if self._lost else LinkState.CONNECTING

    def refused(self, reason: str) -> None:
        """Count a failure that trying again cannot mend."""
        self.reason = reason
        self.state = LinkState.REFUSED

    def lost(self, now: float) -> float | None:
        """Return the seconds of silence, once, at the moment when the link counts as lost."""
        if self.deadline is None or now < self.deadline:
            return None
        self._lost = True
        self.losses += 1
        if self.state is not LinkState.REFUSED:
            self.state = LinkState.OFFLINE
        return now - self._last_contact
