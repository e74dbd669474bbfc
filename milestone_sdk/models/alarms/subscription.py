"""What a subscription delivers, and its state and counters."""

from datetime import datetime, timedelta
from enum import Enum

from attrs import frozen

from ...errors import AlarmGap, AlarmUndeliverable
from ..model import Model
from .alarm import AlarmLine

__all__ = [
    "AlarmChanged",
    "AlarmEvent",
    "AlarmRaised",
    "LinkLost",
    "LinkRestored",
    "LinkState",
    "SubscriptionStatistics",
]


class LinkState(Enum):
    """The state of the link to a site."""

    CONNECTING = "connecting"
    """No answer yet."""
    CATCHING_UP = "catching up"
    """The server answers; not all stored alarms have been delivered yet."""
    LIVE = "live"
    """All stored alarms have been delivered; it polls for new ones at the interval."""
    DEGRADED = "degraded"
    """The last poll failed; the link does not count as lost yet."""
    OFFLINE = "offline"
    """No answer for the link timeout; polls go on."""
    REFUSED = "refused"
    """The server refuses this user, or another error that trying again cannot fix."""


@frozen
class AlarmRaised(Model):
    """An alarm that this subscription delivers for the first time, as far as its checkpoint shows."""

    alarm: AlarmLine


@frozen
class AlarmChanged(Model):
    """A new state of an alarm that was delivered before."""

    alarm: AlarmLine


@frozen
class LinkLost(Model):
    """The site has not answered since `since`, for the link timeout; `reason` is the last failure."""

    since: datetime
    reason: str


@frozen
class LinkRestored(Model):
    """The site answers again, after `lost_for`; the alarms stored meanwhile follow."""

    at: datetime
    lost_for: timedelta


AlarmEvent = AlarmRaised | AlarmChanged | AlarmGap | AlarmUndeliverable | LinkLost | LinkRestored
"""All that `subscription.events()` yields."""


@frozen(kw_only=True, repr=False)
class SubscriptionStatistics(Model):
    """The state and counters of a subscription; times are of this computer's wall clock, in UTC."""

    state: LinkState
    reason: str | None
    """Why the state is not LIVE: the last failure."""
    last_contact: datetime | None
    """When the site last answered."""
    last_received: datetime | None
    """When an alarm was received last."""
    last_checkpoint: datetime | None
    lag: timedelta | None
    """How long the oldest alarm that is not checkpointed has been waiting; `None` when none is."""
    pending: int
    """How many alarms are received and not checkpointed."""
    received: int
    checkpoints: int
    polls: int
    failures: int
    gaps: int
    unreadable: int
    """How many rows the server sent without a readable id or time of change, so that they were not delivered."""
    losses: int
    """How often the link was lost."""
