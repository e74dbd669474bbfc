"""Turns: no more in any stretch of time than the rate and the burst allow, and none is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk.monitor.pacing import Pacer, Pacing
from milestone_sdk.testing import AsyncManualClock

RATES = st.sampled_from([0.5, 4.0, 20.0])
BURSTS = st.integers(1, 6)


@given(rate=RATES, burst=BURSTS, pauses=st.lists(st.floats(0, 3), min_size=1, max_size=60))
def test_no_stretch_of_time_holds_more_turns_than_allowed(rate: float, burst: int, pauses: list[float]) -> None:
    pacer, now, turns = Pacer(rate, burst=burst), 0.0, []
    for pause in pauses:
        now += pause
        turns.append(now + pacer.reserve(now))
    assert turns == sorted(turns)
    for first, begin in enumerate(turns):
        for last in range(first, len(turns)):
            assert last - first + 1 <= burst + (turns[last] - begin) * rate + 1e-6


@given(rate=RATES, burst=BURSTS, count=st.integers(1, 40))
def test_turns_asked_for_at_once_follow_each_other_without_a_hole(rate: float, burst: int, count: int) -> None:
    pacer = Pacer(rate, burst=burst)
    waits = [pacer.reserve(100.0) for _ in range(count)]
    assert waits == pytest.approx([max(0, number - burst + 1) / rate for number in range(count)])
    assert not pacer.is_idle(100.0)
    assert pacer.is_idle(100.0 + (count + burst) / rate)


@pytest.mark.anyio
async def test_only_logins_share_the_turns_of_all_servers() -> None:
    clock = AsyncManualClock()
    pacing = Pacing(clock, starts_per_second=1.0, per_server=10.0, burst=2)
    for server in ("a", "b", "c"):
        await pacing.turn(server, login=True)
    assert clock.monotonic() == pytest.approx(2.0)
    for server in ("a", "b", "c", "d", "e"):
        await pacing.turn(server, login=False)
    assert clock.monotonic() == pytest.approx(2.0)
    for _ in range(4):
        await pacing.turn("f", login=False)
    assert clock.monotonic() == pytest.approx(2.2)
