"""The checkpoint of a subscription in its store: claimed, loaded, saved, released."""

import logging
from typing import Final

from ..._net.asyncio import AsyncClock, AsyncLock, call_blocking
from ..._protocol.alarms.feed import AlarmFeed
from ...checkpoints import Checkpoint, CheckpointStore, CheckpointUpdate
from ...checkpoints.claim import Claim
from ...errors import CheckpointError, ReadTimeout
from ...models import AlarmLine
from ..session.http import within

__all__ = ["AsyncProgress"]

_logger = logging.getLogger("milestone_sdk.alarms")

_RELEASE_SECONDS: Final = 5.0
_FIRST_PATIENCE: Final = 5.0
"""Seconds that saving the first checkpoint may hold up the polls; it then ends by itself."""
_FIRST_SECONDS: Final = 60.0
"""Seconds between two tries to save the first checkpoint."""


class AsyncProgress:
    """Saves what a feed has delivered and what was acknowledged, one update at a time. `location` is for log lines."""

    def __init__(self, store: CheckpointStore, *, location: str, clock: AsyncClock) -> None:
        self._store = store
        self._location = location
        self._clock = clock
        self._claim: Claim | None = None
        self._lock = AsyncLock()
        self._next_first = 0.0

    async def load(self, key: str) -> Checkpoint:
        """Claim the key, unless that is done, and return what was saved last. Raises `CheckpointError`."""
        if self._claim is None:
            self._claim = Claim(self._store, key)
        return await call_blocking(self._claim.load)

    async def save(self, feed: AlarmFeed, update: CheckpointUpdate) -> None:
        """Save an update of the feed. Raises `CheckpointError`."""
        async with self._lock:
            await self._save(feed, update)

    async def _save(self, feed: AlarmFeed, update: CheckpointUpdate) -> None:
        assert self._claim is not None
        await call_blocking(self._claim.save, update)
        feed.stored(update)

    async def is_handled(self, alarm: AlarmLine) -> bool:
        """Return whether any state of the alarm was saved as handled. Raises `CheckpointError`."""
        if self._claim is None:
            raise CheckpointError("the subscription has not begun", hint="iterate over it first")
        return await call_blocking(self._claim.is_handled, alarm.id)

    async def acknowledge(self, feed: AlarmFeed, alarm: AlarmLine, *, handled: bool) -> bool:
        """Save that this state of an alarm is done; return false if that was known. Raises `CheckpointError`."""
        async with self._lock:
            update = feed.update(alarm, handled=handled)
            if update is None:
                return False
            await self._save(feed, update)
            feed.acknowledge(alarm)
            return True

    async def save_first(self, feed: AlarmFeed) -> None:
        """Save an alarm to ask for at the next start; a store that fails now is reported at the next checkpoint."""
        update = feed.first_update()
        now = self._clock.monotonic()
        if update is not None and now >= self._next_first:
            self._next_first = now + _FIRST_SECONDS
            try:
                async with within(_FIRST_PATIENCE, server=self._location, operation="first checkpoint"):
                    await self.save(feed, update)
            except Exception as error:
                _logger.debug("the first checkpoint of %s was not saved: %r", self._location, error)

    async def release(self) -> None:
        """Release the key for other subscriptions; no checkpoint is written after this."""
        if self._claim is None:
            return
        try:
            async with within(_RELEASE_SECONDS, server=self._location, operation="release"):
                await call_blocking(self._claim.release)
        except ReadTimeout:
            _logger.warning("the checkpoints of %s were not released within %.0f s", self._location, _RELEASE_SECONDS)
