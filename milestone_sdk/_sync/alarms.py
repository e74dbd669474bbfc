# Generated from milestone_sdk/_async/alarms.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Alarms: list them, read one, change one, follow them all."""

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Final, Literal, Self
from uuid import UUID

from .._net.blocking import Lock, call_blocking
from .._protocol import alarmservice
from .._protocol.alarms import NEWEST, AlarmFollower, AlarmPager, Progress, ticks_of
from .._protocol.retry import Backoff
from ..checkpoints import Acknowledgement, CheckpointStore
from ..errors import (
    AlarmNotFound,
    AuthenticationError,
    CertificateError,
    CheckpointError,
    ConfigurationError,
    LocalProtocolError,
    MilestoneError,
    PermissionDenied,
    TokenExpired,
    UnsupportedFeature,
)
from ..models import Alarm, AlarmFilter, AlarmLine, AlarmState, Condition
from ..models.recordings import to_utc
from .configuration import ConfigurationCache
from .session import Session

__all__ = ["AlarmSubscription", "Alarms"]

_logger = logging.getLogger("milestone_sdk.alarms")

_PAGE_SIZE: Final = 500
_SLICE: Final = 0.5
"""Waits come in slices of this many seconds, so that closing from elsewhere, and Ctrl-C on Windows, take effect."""
_HOPELESS: Final = (
    AuthenticationError,
    CertificateError,
    CheckpointError,
    ConfigurationError,
    LocalProtocolError,
    PermissionDenied,
    UnsupportedFeature,
)
"""What trying again cannot mend; everything else a subscription sits out."""


class Alarms:
    """The alarms of a site (protocol/alarms.md 1)."""

    def __init__(self, session: Session, configuration: ConfigurationCache) -> None:
        self._session = session
        self._configuration = configuration

    def list(self, *conditions: Condition, limit: int | None = None) -> list[AlarmLine]:
        """Return the alarms for which all `conditions` hold, least recently changed first, `limit` at most.

        An empty list may also mean that the user has no right to see alarms: the server does not tell the two apart
        (protocol/alarms.md 2.9). Raises `ServiceUnavailable` when the event server cannot be reached.
        """
        pager = AlarmPager(conditions=conditions, page_size=_PAGE_SIZE)
        found: list[AlarmLine] = []
        while not pager.finished and (limit is None or len(found) < limit):
            found += pager.receive(self.page(pager.filter, pager.max_count))
        return found if limit is None else found[:limit]

    def page(self, wanted: AlarmFilter, max_count: int, *, start: int = 0) -> tuple[AlarmLine, ...]:
        """Return one page as the server gives it; for more than one, `list` is safe against changes in between."""
        return self._session.event_server(
            lambda token: alarmservice.get_alarm_lines(token, start=start, max_count=max_count, filter=wanted)
        )

    def get(self, alarm: AlarmLine | UUID) -> Alarm:
        """Return the whole alarm, with rules, objects, references and snapshots. Raises `AlarmNotFound`."""
        alarm_id = _id_of(alarm)
        found = self._session.event_server(lambda token: alarmservice.get_alarm(token, alarm_id))
        if found is None:
            raise AlarmNotFound(
                f"no alarm {alarm_id}",
                server=str(self._session.location),
                operation="Get",
                hint="retention may have removed it, or this user may not see it",
            )
        return found

    def update(self, alarm: AlarmLine | UUID, values: Mapping[str, str]) -> None:
        """Change some values of an alarm and leave the others.

        Keys that servers know: AssignedTo, Comment, Priority, PriorityInt, PriorityName, ReasonCode, State, StateInt,
        StateName; send the number and the name of a pair together (protocol/alarms.md 1.7).
        """
        alarm_id = _id_of(alarm)
        self._session.event_server(lambda token: alarmservice.update_alarm_values(token, alarm_id, values))

    def acknowledge(self, alarm: AlarmLine | UUID) -> None:
        """Set the alarm in progress and make the user its owner."""
        alarm_id = _id_of(alarm)
        self._session.event_server(lambda token: alarmservice.acknowledge(token, alarm_id))

    def close(self, alarm: AlarmLine | UUID, *, reason: str | None = None, comment: str | None = None) -> None:
        """Close the alarm, with the reason that the site may demand."""
        values = {"StateInt": str(AlarmState.CLOSED.value), "StateName": "Closed"}
        if reason is not None:
            values["ReasonCode"] = reason
        if comment is not None:
            values["Comment"] = comment
        self.update(alarm, values)

    def subscribe(
        self,
        *,
        checkpoints: CheckpointStore,
        name: str = "default",
        since: datetime | Literal["now"] | None = None,
        interval: float = 3.0,
    ) -> "AlarmSubscription":
        """Return a subscription, to be entered and iterated: every alarm at least once, in the server's order.

        `checkpoints` remembers what is done, under the site's id and `name`, so that a later run goes on from there.
        Where it remembers nothing, the subscription begins with everything that the server still holds, or with what
        changes after `since`; `"now"` skips what is already there. `interval` is the seconds between polls when
        nothing is new.
        """
        if interval <= 0:
            raise ConfigurationError(
                f"an interval of {interval} s leaves no pause between polls", hint="1 to 5 s is usual"
            )
        since = since if since is None or since == "now" else to_utc(since)
        return AlarmSubscription(
            self, self._session, self._configuration, checkpoints, name=name, since=since, interval=interval
        )


def _id_of(alarm: AlarmLine | UUID) -> UUID:
    return alarm.id if isinstance(alarm, AlarmLine) else alarm


class AlarmSubscription:
    """Alarms as they are raised and changed; each is delivered again after a restart until `checkpoint` returned.

    What comes is the alarm's current state: changes that follow each other within one poll come as one. Failures that
    pass are sat out with growing pauses, and logged once; entering, and whatever cannot mend itself, raises.
    """

    def __init__(
        self,
        alarms: Alarms,
        session: Session,
        configuration: ConfigurationCache,
        checkpoints: CheckpointStore,
        *,
        name: str,
        since: datetime | Literal["now"] | None,
        interval: float,
    ) -> None:
        self._alarms = alarms
        self._session = session
        self._configuration = configuration
        self._store = checkpoints
        self._name = name
        self._since: datetime | Literal["now"] | None = since
        self._interval = interval
        self._clock = session.clock
        self._backoff = Backoff()
        self._ready: deque[AlarmLine] = deque()
        self._follower = AlarmFollower()
        self._key = ""
        self._next_poll = 0.0
        self._saving = Lock()
        self._closed = False

    def __enter__(self) -> Self:
        """Load the checkpoint and make the first poll, so that a site that cannot be followed is known at once.

        Raises what logging in raises, `ServiceUnavailable`, `CheckpointError`.
        """
        configuration = self._configuration.get()
        self._key = f"{configuration.server_id}/{self._name}"
        checkpoint = call_blocking(self._store.load, self._key)
        begins = ticks_of(self._since) if isinstance(self._since, datetime) else None
        self._follower = AlarmFollower(
            watermark=checkpoint.watermark,
            acknowledged=((entry.revision, entry.id) for entry in checkpoint.acknowledged),
            since=begins,
            page_size=_PAGE_SIZE,
        )
        if self._since == "now" and checkpoint.watermark is None:
            self._skip_to_the_end()
        self._poll()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the iteration within half a second or the poll under way; safe from other threads and tasks."""
        self._closed = True

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> AlarmLine:
        while not self._ready:
            if self._closed:
                raise StopIteration
            pause = self._next_poll - self._clock.monotonic()
            if pause > 0:
                self._clock.sleep(min(pause, _SLICE))
            else:
                self._poll_patiently()
        return self._ready.popleft()

    def checkpoint(self, alarm: AlarmLine) -> None:
        """Count this state of this alarm as done; when this returns, it is not delivered again.

        Alarms that were delivered before it and not checkpointed stay open. Raises `CheckpointError`.
        """
        if self._closed:
            raise CheckpointError("the subscription is closed", hint="checkpoint before leaving the with block")
        with self._saving:
            progress = self._follower.progress(alarm)
            if progress is not None:
                self._save(progress)
                self._follower.acknowledge(alarm)

    def _save(self, progress: Progress) -> None:
        done = [Acknowledgement(revision, alarm_id) for revision, alarm_id in progress.done]
        call_blocking(
            self._store.save,
            self._key,
            watermark=progress.watermark,
            done=done,
            forget_before=progress.forget_before,
        )

    def _skip_to_the_end(self) -> None:
        self._follower.start_behind(self._alarms.page(NEWEST, 1))
        progress = None
        while progress is None:
            progress = self._follower.skip(self._page())
        self._save(progress)

    def _page(self) -> Sequence[AlarmLine]:
        return self._alarms.page(self._follower.filter, self._follower.max_count)

    def _poll(self) -> None:
        lines, at_end = self._follower.receive(self._page(), now=self._clock.monotonic())
        self._ready.extend(lines)
        self._next_poll = self._clock.monotonic() + (self._interval if at_end else 0.0)

    def _poll_patiently(self) -> None:
        try:
            self._poll()
        except MilestoneError as error:
            if isinstance(error, _HOPELESS) and not isinstance(error, TokenExpired):
                raise
            if self._backoff.failures == 0:
                _logger.warning("alarms of %s cannot be read: %s", self._session.location, error)
            self._next_poll = self._clock.monotonic() + self._backoff.failed()
        else:
            if self._backoff.failures:
                _logger.warning("alarms of %s can be read again", self._session.location)
                self._backoff.succeeded()
