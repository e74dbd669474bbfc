# Generated from milestone_sdk/_async/alarms/progress.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""The checkpoint of a subscription in its store: claimed, loaded, saved, released."""

import logging
from typing import Final

from ..._net.blocking import Clock, Lock, call_blocking
from ..._protocol.alarms.feed import AlarmFeed
from ...checkpoints import Checkpoint, CheckpointStore, CheckpointUpdate
from ...checkpoints.claim import Claim
from ...errors import CheckpointError, ReadTimeout
from ...models import AlarmLine
from ..session.http import within

__all__ = ["Progress"]

_logger = logging.getLogger("milestone_sdk.alarms")

_RELEASE_SECONDS: Final = 5.0
_FIRST_PATIENCE: Final = 5.0
"""Seconds that saving the first checkpoint may hold up the polls; it then ends by itself."""
_FIRST_SECONDS: Final = 60.0
"""Seconds between two tries to save the first checkpoint."""


class Progress:
    """Saves what a feed has delivered and what was acknowledged, one update at a time. `location` is for log lines."""

    def __init__(self, store: CheckpointStore, *, location: str, clock: Clock) -> None:
        self._store = store
        self._location = location
        self._clock = clock
        self._claim: Claim | None = None
        self._lock = Lock()
        self._next_first = 0.0

    def load(self, key: str) -> Checkpoint:
        """Claim the key, unless that is done, and return what was saved last. Raises `CheckpointError`."""
        if self._claim is None:
            self._claim = Claim(self._store, key)
        return call_blocking(self._claim.load)

    def save(self, feed: AlarmFeed, update: CheckpointUpdate) -> None:
        """Save an update of the feed. Raises `CheckpointError`."""
        with self._lock:
            self._save(feed, update)

    def _save(self, feed: AlarmFeed, update: CheckpointUpdate) -> None:
        assert self._claim is not None
        call_blocking(self._claim.save, update)
        feed.stored(update)

    def is_handled(self, alarm: AlarmLine) -> bool:
        """Return whether any state of the alarm was saved as handled. Raises `CheckpointError`."""
        if self._claim is None:
            raise CheckpointError("the subscription has not begun", hint="iterate over it first")
        return call_blocking(self._claim.is_handled, alarm.id)

    def acknowledge(self, feed: AlarmFeed, alarm: AlarmLine, *, handled: bool) -> bool:
        """Save that this state of an alarm is done; return false if that was known. Raises `CheckpointError`."""
        with self._lock:
            update = feed.update(alarm, handled=handled)
            if update is None:
                return False
            self._save(feed, update)
            feed.acknowledge(alarm)
            return True

    def save_first(self, feed: AlarmFeed) -> None:
        """Save an alarm to ask for at the next start; a store that fails now is reported at the next checkpoint."""
        update = feed.first_update()
        now = self._clock.monotonic()
        if update is not None and now >= self._next_first:
            self._next_first = now + _FIRST_SECONDS
            try:
                with within(_FIRST_PATIENCE, server=self._location, operation="first checkpoint"):
                    self.save(feed, update)
            except Exception as error:
                _logger.debug("the first checkpoint of %s was not saved: %r", self._location, error)

    def release(self) -> None:
        """Release the key for other subscriptions; no checkpoint is written after this."""
        if self._claim is None:
            return
        try:
            with within(_RELEASE_SECONDS, server=self._location, operation="release"):
                call_blocking(self._claim.release)
        except ReadTimeout:
            _logger.warning("the checkpoints of %s were not released within %.0f s", self._location, _RELEASE_SECONDS)
