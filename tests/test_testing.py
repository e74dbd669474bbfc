"""The clocks for tests of programs that use this library."""

import pytest

from milestone_sdk.testing import AsyncManualClock, ManualClock


def test_a_manual_clock_moves_by_what_is_waited_and_advanced() -> None:
    clock = ManualClock()
    began = clock.utcnow()
    clock.sleep(2.5)
    clock.advance(1.5)
    assert (clock.monotonic(), (clock.utcnow() - began).total_seconds()) == (4.0, 4.0)


@pytest.mark.anyio
async def test_an_asynchronous_manual_clock_does_the_same() -> None:
    clock = AsyncManualClock()
    began = clock.utcnow()
    await clock.sleep(2.5)
    clock.advance(1.5)
    assert (clock.monotonic(), (clock.utcnow() - began).total_seconds()) == (4.0, 4.0)
