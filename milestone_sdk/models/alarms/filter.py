"""What to ask the alarm list for: conditions that all must hold, and an order."""  # protocol/alarms.md 1.8 to 1.10

from datetime import datetime
from typing import Literal
from uuid import UUID

from attrs import frozen

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


@frozen
class Condition:
    """One comparison, for example `Condition("State", "NotEquals", 11)`.

    `value` is text, a number, an aware datetime, an id, or `None`, as the target wants.
    """  # protocol/alarms.md 1.9

    target: Target
    operator: Operator
    value: str | int | datetime | UUID | None


@frozen
class OrderBy:
    """One key to order by."""

    target: Target
    descending: bool = False


@frozen
class AlarmFilter:
    """Conditions that all must hold, and the keys to order by; without keys the server's order is unspecified."""

    conditions: tuple[Condition, ...] = ()
    orders: tuple[OrderBy, ...] = ()
