"""What all models have: plain values for JSON, and one line that shows them."""

import base64
import math
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from pathlib import PurePath
from typing import Any, ClassVar, Final, cast
from uuid import UUID

from attrs import NOTHING, AttrsInstance, fields

__all__ = ["Model", "as_plain"]

_MOST_SHOWN: Final = 5
"""Members besides id and name that `repr` shows."""
_LONGEST_SHOWN: Final = 40
_FIRST: Final = ("id", "name")
_EXACT: Final = 2**53
"""Programs that read JSON numbers as doubles lose digits of larger integers."""


class Model:
    """Base of all models: `as_dict`, and a `repr` of one line with id, name and at most five more members."""

    __slots__ = ()

    shown_first: ClassVar[tuple[str, ...]] = ()
    """Members that `repr` prefers to others."""

    def as_dict(self) -> dict[str, Any]:
        """Return all members as plain JSON values, under their names.

        Times are ISO 8601 in UTC, durations seconds, ids strings, bytes base64, enumerations their values, models in
        models dictionaries. Integers above 2**53, such as revisions, are strings.
        """
        return {name: as_plain(value) for name, value in self._members()}

    def _members(self) -> Iterable[tuple[str, Any]]:
        kind = cast("type[AttrsInstance]", type(self))
        return ((field.name, getattr(self, field.name)) for field in fields(kind) if not field.name.startswith("_"))

    def __repr__(self) -> str:
        defaults = {field.name: field.default for field in fields(cast("type[AttrsInstance]", type(self)))}
        members = dict(self._members())
        shown = [name for name in _FIRST if members.get(name) is not None]
        telling = [
            name
            for name in dict.fromkeys((*self.shown_first, *members))
            if name not in _FIRST and members[name] not in (None, (), defaults.get(name, NOTHING))
        ]
        parts = [f"{name}={_shown(members[name])}" for name in (*shown, *telling[:_MOST_SHOWN])]
        more = ", ..." if len(telling) > _MOST_SHOWN else ""
        return f"{type(self).__name__}({', '.join(parts)}{more})"


def as_plain(value: object) -> Any:
    """Return a value as JSON has it; see `Model.as_dict`."""
    match value:
        case None | bool() | str():
            return value.value if isinstance(value, Enum) else value
        case Enum():
            return as_plain(value.value)
        case int():
            return value if abs(value) <= _EXACT else str(value)
        case float():
            return value if math.isfinite(value) else None
        case datetime():
            return (value if value.tzinfo is None else value.astimezone(UTC)).isoformat()
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case UUID() | PurePath():
            return str(value)
        case bytes() | bytearray() | memoryview():
            return base64.b64encode(cast("bytes", value)).decode("ascii")
        case BaseException():
            return {"error": type(value).__name__, "message": str(value)}
        case Mapping():
            items = cast("Mapping[object, object]", value)
            return {str(as_plain(key)): as_plain(held) for key, held in items.items()}
        case _ if callable(plain := getattr(value, "as_dict", None)):
            return plain()
        case Iterable():
            return [as_plain(each) for each in cast("Iterable[object]", value)]
        case _:
            return str(value)


def _shown(value: object) -> str:
    """Return a value in a few characters: of a model its name or id, of many things how many."""
    if isinstance(value, Model):
        value = getattr(value, "name", None) or getattr(value, "id", None) or type(value).__name__
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(cast('bytes', value))} bytes>"
    if isinstance(value, tuple | list | frozenset | dict):
        return f"<{len(cast('tuple[object, ...]', value))}>"
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 4]}...{text[-1]}"
