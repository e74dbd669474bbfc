"""What the alarm service has besides alarms: their histories, counters, and the site's states and priorities."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from attrs import field, frozen

from ..model import Model

__all__ = [
    "AlarmCount",
    "AlarmHistoryEntry",
    "AlarmLevel",
    "AlarmSettings",
    "AlarmStatistics",
    "AlarmValueChange",
]


@frozen(kw_only=True, repr=False)
class AlarmHistoryEntry(Model):
    r"""The state of an alarm after a change, with the comment to it.

    `time` is `None` where the server gave none; `author` and `assigned_to` are display texts, e.g. `arc (\arc)`.
    A value that cannot be read is `None`.
    """  # docs/protocol: alarms-operations, GetAlarmHistory

    time: datetime | None
    state: int | None
    priority: int | None
    author: str | None = None
    assigned_to: str | None = None
    text: str | None = None


@frozen(kw_only=True, repr=False)
class AlarmValueChange(Model):
    """One value of an alarm that was changed.

    Keys are those of `alarms.update`, e.g. `StateInt` or `ReasonCode`; changes that were saved together share `time`.
    """  # docs/protocol: alarms-operations, GetAlarmUpdateHistory

    time: datetime | None
    key: str
    value: str | None = None
    author: str | None = None


@frozen(kw_only=True, repr=False)
class AlarmCount(Model):
    """One counter; `type` is Total, Priority, State, Unknown, or what a newer server counts."""

    type: str
    number: int
    value: int


@frozen(kw_only=True, repr=False)
class AlarmStatistics(Model):
    """How many alarms there are, by the server's counters, which are late.

    `total` is `None` where the server gave none. `by_state` and `by_priority` map the server's numbers to counts;
    numbers without alarms may be missing. `others` keeps counters that this library does not know.
    """  # docs/protocol: alarms-operations, GetStatistics

    total: int | None = None
    by_state: Mapping[int, int] = field(factory=dict[int, int], hash=False)
    by_priority: Mapping[int, int] = field(factory=dict[int, int], hash=False)
    others: tuple[AlarmCount, ...] = ()


@frozen(kw_only=True, repr=False)
class AlarmLevel(Model):
    """A state, priority or category: the number that alarms carry, and its name, which sites choose freely.

    `id` is that of the REST interfaces, `None` where they were not asked.
    """  # docs/protocol: alarms-rest

    number: int
    name: str | None = None
    id: UUID | None = None


@frozen(kw_only=True, repr=False)
class AlarmSettings(Model):
    """The states, priorities and categories of a site, each ordered by number.

    `complete` says that the states and priorities are the server's own lists. Else they are the four built-in states
    and those of the stored alarms: others may exist.
    """

    states: tuple[AlarmLevel, ...] = ()
    priorities: tuple[AlarmLevel, ...] = ()
    categories: tuple[AlarmLevel, ...] = ()
    complete: bool = False
