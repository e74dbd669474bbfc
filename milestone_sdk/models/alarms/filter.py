"""What to ask the alarm list for: conditions that all must hold, and an order."""
# docs/protocol: alarms-types, alarms-conditions, alarms-enumerations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal, get_args
from uuid import UUID

from attrs import field, frozen

from ...errors import ConfigurationError
from ..model import Model

__all__ = ["AlarmFilter", "Condition", "Operator", "OrderBy", "Target"]

Operator = Literal["Equals", "NotEquals", "LessThan", "GreaterThan", "Contains", "BeginsWith"]
"""How a value is compared. There is no "or equal"; a range is `GreaterThan` and `LessThan` on one target."""

Target = Literal[
    "LocalId",
    "Id",
    "State",
    "Priority",
    "Timestamp",
    "SourceName",
    "Name",
    "AssignedTo",
    "Type",
    "RuleType",
    "Location",
    "Message",
    "CustomTag",
    "VendorName",
    "ObjectValue",
    "Description",
    "ObjectId",
    "Modified",
    "PriorityName",
    "Category",
    "CategoryName",
    "StateName",
    "CameraId",
]
"""What is compared or ordered by; `CameraId` only on newer servers, which others answer with a fault."""


_KINDS: Final[Mapping[str, type]] = {
    **dict.fromkeys(("LocalId", "State", "Priority", "Category"), int),
    **dict.fromkeys(("Timestamp", "Modified"), datetime),
    **dict.fromkeys(("Id", "ObjectId", "CameraId"), UUID),
}
"""The type of a target's values; all others are strings."""
_LARGEST: Final = 2**31 - 1


def _target(value: Target) -> Target:
    if value not in get_args(Target):
        raise ConfigurationError(f"target must be one of {', '.join(get_args(Target))}, got {value!r}")
    return value


def _operator(value: Operator) -> Operator:
    if value not in get_args(Operator):
        raise ConfigurationError(f"operator must be one of {', '.join(get_args(Operator))}, got {value!r}")
    return value


@frozen
class Condition(Model):
    """One comparison, for example `Condition("State", "NotEquals", 11)`.

    `value` is of the type of the target, or `None`: a number of 32 bits for `LocalId`, `State`, `Priority` and
    `Category`, an aware datetime for `Timestamp` and `Modified`, a `UUID` for `Id`, `ObjectId` and `CameraId`, a string
    for all others. Raises `ConfigurationError`.
    """  # docs/protocol: alarms-conditions

    target: Target = field(converter=_target)
    operator: Operator = field(converter=_operator)
    value: str | int | datetime | UUID | None

    def __attrs_post_init__(self) -> None:
        if self.value is None:
            return
        kind = _KINDS.get(self.target, str)
        if not isinstance(self.value, kind) or isinstance(self.value, bool):
            raise ConfigurationError(
                f"a condition on {self.target} needs {kind.__name__}, got {type(self.value).__name__}"
            )
        if isinstance(self.value, int) and not -_LARGEST - 1 <= self.value <= _LARGEST:
            raise ConfigurationError(f"a condition on {self.target} needs a number of 32 bits, got {self.value}")
        if isinstance(self.value, datetime) and self.value.tzinfo is None:
            raise ConfigurationError(
                f"a condition on {self.target} needs a time zone, got {self.value}",
                hint="for example datetime.now(UTC)",
            )


@frozen
class OrderBy(Model):
    """One key to order by. Raises `ConfigurationError` for a target that is not one."""

    target: Target = field(converter=_target)
    descending: bool = False


@frozen
class AlarmFilter(Model):
    """Conditions that all must hold, and the keys to order by; without keys the server's order is unspecified."""

    conditions: tuple[Condition, ...] = ()
    orders: tuple[OrderBy, ...] = ()
