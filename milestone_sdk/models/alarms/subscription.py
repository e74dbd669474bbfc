"""What a subscription delivers, and what it knows of itself."""

from datetime import datetime, timedelta
from enum import Enum

from attrs import frozen

from ...errors import AlarmGap, AlarmUndeliverable
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
    """How a subscription stands with its site."""

    CONNECTING = "connecting"
    """No answer yet."""
    CATCHING_UP = "catching up"
    """Answers come; the end of what is stored has not been reached."""
    LIVE = "live"
    """All that was stored has been delivered; news is asked for at the interval."""
    DEGRADED = "degraded"
    """The last poll failed; the link does not count as lost yet."""
    OFFLINE = "offline"
    """No answer for the link timeout; tries go on."""
    REFUSED = "refused"
    """The server refuses this user, or something else that trying again cannot mend."""


@frozen
class AlarmRaised:
    """An alarm that this subscription sees for the first time, as far as it remembers."""

    alarm: AlarmLine


@frozen
class AlarmChanged:
    """A new state of an alarm that it has delivered before."""

    alarm: AlarmLine


@frozen
class LinkLost:
    """Nothing has been heard from the site since `since`, for the link timeout; `reason` is the last failure."""

    since: datetime
    reason: str


@frozen
class LinkRestored:
    """The site answers again, after `lost_for`; what was stored meanwhile follows."""

    at: datetime
    lost_for: timedelta


AlarmEvent = AlarmRaised | AlarmChanged | AlarmGap | AlarmUndeliverable | LinkLost | LinkRestored
"""All that `subscription.events()` yields."""


@frozen(kw_only=True)
class SubscriptionStatistics:
    """A subscription at one moment; times are of this computer's wall clock, in UTC."""

    state: LinkState
    reason: str | None
    """Why the state is not LIVE: the last failure."""
    last_contact: datetime | None
    """When the site last answered."""
    last_received: datetime | None
    """When an alarm last came."""
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
