"""Signals for the tests of sinks."""

import itertools
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from milestone_sdk.patriot import Signal

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def signal(**values: Any) -> Signal:
    return Signal(
        **{"client_no": "1234", "zone": 2, "event_type": 1, "time": NOON, "line": "High Front Hallway", "key": "1234:a"}
        | values
    )


def make_signal(line: str = "High Front Hallway Motion started") -> Signal:
    """Another one at each call."""
    return Signal(
        client_no="1234", zone=5, event_type=1, time=NOON, line=line, alarm_id=UUID(int=next(_numbers)), revision=7
    )
