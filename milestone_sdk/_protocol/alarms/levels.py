"""States, priorities and categories: the lists of the Alarms REST API, and other sources."""
# docs/protocol: alarms-states, alarms-rest

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from ...models import AlarmState
from ...models.alarms.history import AlarmLevel
from ..rest import JSONObject
from ..soap.values import guid

__all__ = ["BUILT_IN_PRIORITIES", "BUILT_IN_STATES", "levels_of", "named_levels"]

BUILT_IN_STATES: Final[Mapping[int, str]] = {
    AlarmState.NEW.value: "New",
    AlarmState.IN_PROGRESS.value: "In progress",
    AlarmState.ON_HOLD.value: "On hold",
    AlarmState.CLOSED.value: "Closed",
}
"""The states that every site has; they can be neither edited nor reused."""  # docs/protocol: alarms-states
BUILT_IN_PRIORITIES: Final[Mapping[int, str]] = {1: "High", 2: "Medium", 3: "Low"}
"""The priorities of a new site; administrators may rename them."""  # docs/protocol: alarms-states
_LONGEST_NUMBER: Final = 10


def levels_of(objects: Iterable[JSONObject]) -> tuple[AlarmLevel, ...]:
    """Read the objects of `alarmStates` and the like; one without `level` is left out.

    The key of the name is not known: those that REST uses elsewhere are tried.
    """  # docs/protocol: alarms-rest
    found: list[AlarmLevel] = []
    for item in objects:
        number = _number(item.get("level"))
        if number is not None:
            found.append(AlarmLevel(number=number, name=_text(item, "name", "displayName"), id=_id(item.get("id"))))
    return tuple(sorted(found, key=lambda level: level.number))


def named_levels(
    listed: Iterable[AlarmLevel] | None, built_in: Mapping[int, str], seen: Mapping[int, str | None]
) -> tuple[AlarmLevel, ...]:
    """Return the levels of all sources, by number: the server's list, those of stored alarms, the built-in ones."""
    names: dict[int, str | None] = dict(built_in)
    names |= {number: name or names.get(number) for number, name in seen.items()}
    ids: dict[int, UUID | None] = {}
    for level in listed or ():
        names[level.number] = level.name or names.get(level.number)
        ids[level.number] = level.id
    return tuple(AlarmLevel(number=number, name=names[number], id=ids.get(number)) for number in sorted(names))


def _number(value: object) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER and value.isascii() and value.isdigit():
        return int(value)
    return None


def _text(item: JSONObject, *keys: str) -> str | None:
    texts: list[object] = [item.get(key) for key in keys]
    return next((text for text in texts if isinstance(text, str) and text), None)


def _id(value: object) -> UUID | None:
    return guid(value) if isinstance(value, str) else None
