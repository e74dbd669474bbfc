"""Back-off: random, growing, bounded, and without end."""

import pytest

from milestone_sdk._protocol.backoff import Backoff

MANY = 300


@pytest.mark.promise(7)
def test_pauses_grow_from_1_to_60_seconds_and_never_end() -> None:
    backoff = Backoff()
    for bound in (1, 2, 4, 8, 16, 32, *[60] * 2000):
        assert bound / 10 <= backoff.failed() <= bound
    backoff.succeeded()
    assert backoff.failed() <= 1


@pytest.mark.promise(7)
def test_those_who_failed_together_do_not_come_back_together() -> None:
    """Full jitter: the pauses of many lie all over the range."""
    crowd = [Backoff() for _ in range(MANY)]
    for bound in (1, 2, 4, 8, 16, 32, 60):
        pauses = sorted(backoff.failed() for backoff in crowd)
        for part in (0.25, 0.5, 0.75):
            below = sum(pause < bound * part for pause in pauses)
            assert abs(below / MANY - (part - 0.1) / 0.9) < 0.2
