"""Which alarms make a signal: each at first sight, none at a later change, none lost (R22)."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk.errors import ConfigurationError
from milestone_sdk.models import AlarmLine, AlarmState
from milestone_sdk.patriot import SeenAlarms

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def alarm(number: int, *, change: int = 0, state: int = AlarmState.NEW) -> AlarmLine:
    return AlarmLine(
        id=UUID(int=number),
        local_id=number,
        modified=NOON + timedelta(seconds=change),
        timestamp=NOON,
        state=state,
        priority=1,
    )


@pytest.mark.requirement(22)
def test_r22_a_later_change_of_an_alarm_is_no_second_signal():
    seen = SeenAlarms()
    assert seen.first_sight(alarm(1))
    seen.remember(alarm(1))
    for change, state in enumerate((AlarmState.IN_PROGRESS, AlarmState.ON_HOLD, AlarmState.CLOSED, AlarmState.NEW), 1):
        assert not seen.first_sight(alarm(1, change=change, state=state))
    assert seen.first_sight(alarm(2))


@pytest.mark.parametrize("state", [*AlarmState, 77])
def test_an_alarm_first_seen_in_any_state_makes_its_signal(state):
    assert SeenAlarms().first_sight(alarm(1, state=state))


def test_an_alarm_whose_signal_was_not_accepted_is_a_first_sight_again():
    seen = SeenAlarms()
    assert seen.first_sight(alarm(1))
    assert seen.first_sight(alarm(1)), "asking must not be remembering"


def test_the_alarm_mentioned_longest_ago_is_forgotten_first():
    seen = SeenAlarms(capacity=2)
    for number in (1, 2, 1, 3):
        seen.remember(alarm(number))
    assert list(seen) == [UUID(int=1), UUID(int=3)]
    assert seen.first_sight(alarm(2))


def test_a_memory_that_was_kept_survives_a_restart():
    before = SeenAlarms(capacity=3)
    for number in (1, 2, 3, 2):
        before.remember(alarm(number))
    after = SeenAlarms(list(before), capacity=2)
    assert list(after) == [UUID(int=3), UUID(int=2)]
    assert not after.first_sight(alarm(2, change=9))


def test_a_changing_memory_can_be_read():
    seen = SeenAlarms([UUID(int=1), UUID(int=2)])
    for number, _ in enumerate(seen):
        seen.remember(alarm(number + 10))
    assert len(seen) == 4


@pytest.mark.parametrize("capacity", [0, -1])
def test_a_memory_for_nothing_is_refused(capacity):
    with pytest.raises(ConfigurationError, match="must be >= 1"):
        SeenAlarms(capacity=capacity)


@given(
    deliveries=st.lists(st.tuples(st.integers(1, 8), st.booleans(), st.sampled_from([1, 4, 11])), max_size=60),
    restarts=st.sets(st.integers(0, 59)),
)
def test_with_failing_receivers_and_restarts_every_alarm_makes_exactly_one_signal(deliveries, restarts):
    """A delivery is an alarm, whether its receiver works, and its state; a failed one is delivered again at the end."""
    seen = SeenAlarms()
    sent: Counter[int] = Counter()
    failed = [(number, True, state) for number, works, state in deliveries if not works]
    for step, (number, works, state) in enumerate([*deliveries, *failed]):
        if step in restarts:
            seen = SeenAlarms(list(seen))
        delivered = alarm(number, change=step, state=state)
        if seen.first_sight(delivered):
            if not works:
                continue
            sent[number] += 1
        seen.remember(delivered)
    assert sent == dict.fromkeys((number for number, _, _ in deliveries), 1)


@given(st.lists(st.integers(1, 30)), st.integers(1, 10))
def test_the_memory_is_bounded_and_holds_the_last_mentioned(numbers, capacity):
    seen = SeenAlarms(capacity=capacity)
    for number in numbers:
        seen.remember(alarm(number))
    newest_first = list(dict.fromkeys(reversed(numbers)))
    assert list(seen) == [UUID(int=number) for number in reversed(newest_first[:capacity])]
