"""The states, priorities and categories of a site, and their names."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from ..._protocol.alarms.levels import BUILT_IN_PRIORITIES, BUILT_IN_STATES, levels_of, named_levels
from ...errors import AuthenticationError, MilestoneError, NotFound
from ...models import AlarmFilter, AlarmLine, Condition, OrderBy, Target
from ...models.alarms.history import AlarmLevel, AlarmSettings
from ...releases import Capability
from ..session.gateway import AsyncGateway
from ..session.session import AsyncSession

__all__ = ["AsyncAlarmLevels"]

_MAX_LEVELS: Final = 100
"""States, priorities or categories that are looked for among the alarms, a call for each."""
_NEWEST_FIRST: Final = (OrderBy("Modified", descending=True),)
_PATHS: Final[Mapping[Target, str]] = {
    "State": "alarmStates",
    "Priority": "alarmPriorities",
    "Category": "alarmCategories",
}
_NAMED_BY_DEFAULT: Final[Mapping[Target, Mapping[int, str]]] = {
    "State": BUILT_IN_STATES,
    "Priority": BUILT_IN_PRIORITIES,
    "Category": {},
}
_READ: Final[Mapping[Target, Callable[[AlarmLine], tuple[int | None, str | None]]]] = {
    "State": lambda line: (line.state, line.state_name),
    "Priority": lambda line: (line.priority, line.priority_name),
    "Category": lambda line: (line.category, line.category_name),
}

Page = Callable[[AlarmFilter, int], Awaitable[Sequence[AlarmLine]]]


class AsyncAlarmLevels:
    """Reads levels from the API Gateway since 2024 R2. SOAP has no such lists: else they are read from the alarms."""

    def __init__(self, session: AsyncSession, gateway: AsyncGateway, page: Page) -> None:
        self._session = session
        self._gateway = gateway
        self._page = page

    async def settings(self) -> AlarmSettings:
        """Return all states, priorities and categories that can be found."""
        states, has_states = await self._levels("State", BUILT_IN_STATES)
        priorities, has_priorities = await self._levels("Priority", {})
        categories = [level for level in (await self._levels("Category", {}))[0] if level.number]
        complete = has_states and has_priorities
        return AlarmSettings(states=states, priorities=priorities, categories=tuple(categories), complete=complete)

    async def name(self, target: Target, number: int) -> str:
        """Return the server's name for a number: of its lists, of an alarm that has it, else the built-in one.

        It is requested each time: an administrator may change it, and no call would fail with the old one.
        """
        name = await self._ask_name(target, int(number)) or _NAMED_BY_DEFAULT[target].get(number)
        if name is None:
            raise NotFound(
                f"{target.lower()} {number} has no name in the lists or alarms of this site",
                server=str(self._session.location),
                hint=f'give it: values={{"{target}Int": "{number}", "{target}Name": "..."}}',
            )
        return name

    async def _levels(self, target: Target, built_in: Mapping[int, str]) -> tuple[tuple[AlarmLevel, ...], bool]:
        """Return the levels of one kind, and whether the server listed them."""
        listed = await self._listed(target)
        nameless = listed is None or any(level.name is None for level in listed)
        return named_levels(listed, built_in, await self._used(target) if nameless else {}), listed is not None

    async def _listed(self, target: Target) -> tuple[AlarmLevel, ...] | None:
        """Return a list of the Alarms REST API; `None` if it is not available, so that the alarms are used instead."""
        try:
            return levels_of(await self._gateway.get_array(_PATHS[target], needs=Capability.ALARMS_REST))
        except AuthenticationError:
            raise
        except MilestoneError:
            return None

    async def _used(self, target: Target) -> dict[int, str | None]:
        """Return the numbers that alarms have now, with their names, each found by excluding the ones before."""
        found: dict[int, str | None] = {}
        while len(found) < _MAX_LEVELS:
            level = await self._newest(target, *(Condition(target, "NotEquals", number) for number in found))
            if level is None or level[0] is None or level[0] in found:
                break
            found[level[0]] = level[1]
        return found

    async def _ask_name(self, target: Target, number: int) -> str | None:
        name = next((level.name for level in await self._listed(target) or () if level.number == number), None)
        if name is None:
            level = await self._newest(target, Condition(target, "Equals", number))
            name = level[1] if level is not None and level[0] == number else None
        return name

    async def _newest(self, target: Target, *conditions: Condition) -> tuple[int | None, str | None] | None:
        """Return number and name of the newest alarm for which `conditions` hold."""
        lines = await self._page(AlarmFilter(conditions, _NEWEST_FIRST), 1)
        return _READ[target](lines[0]) if lines else None
