"""Signals for the tests of sinks."""

from datetime import UTC, datetime
from typing import Any

from milestone_sdk.patriot import Signal

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def signal(**values: Any) -> Signal:
    return Signal(
        **{"client_no": "1234", "zone": 2, "event_type": 1, "time": NOON, "line": "High Front Hallway", "key": "1234:a"}
        | values
    )
