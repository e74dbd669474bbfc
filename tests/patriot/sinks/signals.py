"""Signals to send."""

import itertools
from datetime import UTC, datetime
from uuid import UUID

from milestone_sdk.patriot import Signal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_numbers = itertools.count(1)


def make_signal(line: str = "High Front Hallway Motion started", client_no: str = "1234") -> Signal:
    return Signal(
        client_no=client_no, zone=5, event_type=1, time=NOON, line=line, alarm_id=UUID(int=next(_numbers)), revision=7
    )
