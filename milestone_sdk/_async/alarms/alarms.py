"""Alarms: list them, read one, change one, follow them all."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from ..._arguments import check_count, check_seconds, check_type
from ..._protocol.alarms import service as alarmservice
from ..._protocol.alarms.lines import AlarmLines
from ...checkpoints import CheckpointStore
from ...errors import AlarmNotFound, ConfigurationError
from ...models import Alarm, AlarmFilter, AlarmLine, Condition, OrderBy
from ...models.times import to_utc
from ..configuration.inventory import AsyncConfigurationCache
from ..session.gateway import AsyncGateway
from ..session.session import AsyncSession
from .administration import AsyncAlarmAdministration
from .subscription import AsyncAlarmSubscription

__all__ = ["AsyncAlarms"]

_PAGE_SIZE: Final = 500
_NEWEST_FIRST: Final = (OrderBy("Modified", descending=True), OrderBy("LocalId", descending=True))


class AsyncAlarms(AsyncAlarmAdministration):
    """The alarms of a site (protocol/alarms.md 1).

    Changes are last-writer-wins: the server compares no versions. Of an id that it does not know, or that the user may
    not see, it tells nothing: such a change is lost without a word, unless stated otherwise.
    """

    def __init__(self, session: AsyncSession, configuration: AsyncConfigurationCache, gateway: AsyncGateway) -> None:
        super().__init__(session, gateway)
        self._configuration = configuration
        self._last_answer: float | None = None

    @property
    def last_answer(self) -> float | None:
        """When the event server last answered a question for alarms, by the monotonic clock; `None` if never."""
        return self._last_answer

    async def list(
        self, *conditions: Condition, order: Sequence[OrderBy] = (), limit: int | None = None
    ) -> list[AlarmLine]:
        """Return the alarms for which all `conditions` hold, newest first: the most recently raised or changed one.

        A `limit` keeps that many of the newest. With an `order` they come as the server orders by it; then a `limit`
        has to be given, since what follows cannot be asked for without missing some. For more than memory should
        hold, see `iterate`.

        An empty list may also mean that the user has no right to see alarms: the server does not tell the two apart
        (protocol/alarms.md 2.9). Raises `ServiceUnavailable` when the event server cannot be reached.
        """
        if limit is not None:
            return await self.ordered(*conditions, order=order or _NEWEST_FIRST, limit=limit)
        if order:
            raise ConfigurationError("an order needs a limit", hint="for example limit=500")
        found = [line async for line in self.iterate(*conditions)]
        return sorted(found, key=lambda line: (line.revision, line.local_id), reverse=True)

    async def page(self, wanted: AlarmFilter, max_count: int, *, start: int = 0) -> AlarmLines:
        """Return one page as the server gives it; for more than one, `list` is safe against changes in between.

        Rows without a readable `Id` or `Modified` are in its `unreadable`.
        """
        lines = await self._session.event_server(
            lambda token: alarmservice.get_alarm_lines(token, start=start, max_count=max_count, filter=wanted)
        )
        self._last_answer = self._session.clock.monotonic()
        return lines

    async def get(self, alarm: AlarmLine | UUID) -> Alarm:
        """Return the whole alarm, with rules, objects, references and snapshots. Raises `AlarmNotFound`."""
        alarm_id = _id_of(alarm)
        found = await self._session.event_server(lambda token: alarmservice.get_alarm(token, alarm_id))
        if found is None:
            raise AlarmNotFound(
                f"no alarm {alarm_id}",
                server=str(self._session.location),
                operation="Get",
                hint="retention may have removed it, or this user may not see it",
            )
        return found

    async def acknowledge(self, alarm: AlarmLine | UUID) -> None:
        """Set the alarm in progress and make the user its owner."""
        alarm_id = _id_of(alarm)
        await self._session.event_server(lambda token: alarmservice.acknowledge(token, alarm_id))

    def subscribe(
        self,
        *,
        checkpoints: CheckpointStore,
        name: str = "default",
        since: datetime | Literal["now"] | None = None,
        interval: float = 3.0,
        link_timeout: float = 30.0,
        eager: bool = True,
        page_size: int = _PAGE_SIZE,
    ) -> AsyncAlarmSubscription:
        """Return a subscription, to be entered and iterated: every alarm at least once, in the server's order.

        `checkpoints` remembers what is done, under the site's id and `name`, so that a later run goes on from there.
        Where it remembers nothing, the subscription begins with everything that the server still holds, or with what
        changes after `since`; `"now"` skips what is already there. `interval` is the seconds between polls when
        nothing is new; after `link_timeout` seconds, which must be more, without an answer the link counts as lost.
        With `eager=False`, entering asks the site for nothing, so that one that cannot be reached yet is waited for.
        Raises `ConfigurationError` for what cannot work.
        """
        check_type("checkpoints", checkpoints, CheckpointStore, hint='for example SqliteCheckpointStore("arc.db")')
        check_type("name", name, str)
        check_seconds("interval", interval)
        check_seconds("link_timeout", link_timeout)
        if interval >= link_timeout:
            raise ConfigurationError(
                f"with interval={interval} and link_timeout={link_timeout} the link would be lost between two polls",
                hint="give a link_timeout of two intervals or more",
            )
        check_count("page_size", page_size, hint="100 to 1000 is usual")
        return AsyncAlarmSubscription(
            self.page,
            self._session,
            self._configuration,
            checkpoints,
            name=name,
            since=since if since is None or since == "now" else to_utc(since, "since"),
            interval=interval,
            link_timeout=link_timeout,
            eager=eager,
            page_size=page_size,
        )


def _id_of(alarm: AlarmLine | UUID) -> UUID:
    return alarm.id if isinstance(alarm, AlarmLine) else alarm
