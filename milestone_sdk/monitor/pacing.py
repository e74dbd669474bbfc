"""Limits on new connections: to all servers, and to each one."""

from typing import Final

from .._net.asyncio import AsyncClock

__all__ = ["Pacer", "Pacing"]

_MOST_SERVERS: Final = 10_000
"""Servers that are kept before idle ones are dropped."""


class Pacer:
    """Gives out `per_second` turns, after a first `burst`; `now` is the caller's monotonic clock in seconds."""

    __slots__ = ("_ahead", "_interval", "_next")

    def __init__(self, per_second: float, *, burst: int = 1) -> None:
        self._interval = 1.0 / per_second
        self._ahead = (burst - 1) * self._interval
        self._next = float("-inf")

    def reserve(self, now: float) -> float:
        """Take the next turn; return how many seconds away it is."""
        turn = max(self._next, now - self._ahead)
        self._next = turn + self._interval
        return max(turn - now, 0.0)

    def is_idle(self, now: float) -> bool:
        """Whether a new pacer would give out the same turns."""
        return self._next <= now - self._ahead


class Pacing:
    """Turns for logins, `starts_per_second` in all, and for tries at one server, `per_server` after a few at once.

    Without them, thousands of sites would log in at the same time after a start, and all sites of one server would
    connect at the same time after an outage.
    """

    def __init__(self, clock: AsyncClock, *, starts_per_second: float, per_server: float, burst: int = 5) -> None:
        self._clock = clock
        self._all = Pacer(starts_per_second)
        self._per_server = per_server
        self._burst = burst
        self._servers: dict[str, Pacer] = {}

    async def turn(self, server: str, *, login: bool) -> None:
        """Wait for the next turn at a server; a login waits for its turn among all logins too."""
        now = self._clock.monotonic()
        if server not in self._servers:
            if len(self._servers) >= _MOST_SERVERS:
                self._servers = {name: pacer for name, pacer in self._servers.items() if not pacer.is_idle(now)}
            self._servers[server] = Pacer(self._per_server, burst=self._burst)
        wait = self._servers[server].reserve(now)
        if login:
            wait = max(wait, self._all.reserve(now))
        if wait > 0:
            await self._clock.sleep(wait)
