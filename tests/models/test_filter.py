"""Conditions are checked where they are made, not by the server that gets them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from milestone_sdk import Condition, ConfigurationError, OrderBy

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("target", "value"),
    [
        ("State", 11),
        ("LocalId", -(2**31)),
        ("Modified", NOW),
        ("CameraId", UUID(int=1)),
        ("Message", "Motion Detected"),
        ("SourceName", ""),
        ("AssignedTo", None),
        ("Timestamp", None),
    ],
)
def test_a_value_of_the_type_of_its_target_is_accepted(target: Any, value: Any) -> None:
    assert Condition(target, "Equals", value).value == value


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("Stat", "Equals", 11), "target must be one of LocalId, Id, State, .*, got 'Stat'"),
        (("State", "=", 11), "operator must be one of Equals, .*, got '='"),
        (("State", "Equals", "11"), "a condition on State needs int, got str"),
        (("State", "Equals", True), "a condition on State needs int, got bool"),
        (("State", "Equals", 2**31), "a number of 32 bits, got 2147483648"),
        (("Modified", "GreaterThan", timedelta(1)), "a condition on Modified needs datetime, got timedelta"),
        (("Modified", "GreaterThan", datetime(2026, 3, 1)), "a condition on Modified needs a time zone"),
        (("Id", "Equals", str(UUID(int=1))), "a condition on Id needs UUID, got str"),
        (("Message", "Contains", b"x"), "a condition on Message needs str, got bytes"),
    ],
)
def test_anything_else_is_refused(arguments: Any, text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        Condition(*arguments)


def test_so_is_an_order_by_something_else() -> None:
    with pytest.raises(ConfigurationError, match="got 'Time'"):
        OrderBy("Time")  # type: ignore[arg-type]
