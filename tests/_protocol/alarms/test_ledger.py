"""The least of what is open, however it is closed."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk._protocol.alarms.ledger import LowWaterMark


@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans(), st.integers(0, 100))))
def test_it_is_what_a_search_through_all_of_them_would_find(steps: list[tuple[int, bool, int]]) -> None:
    ranks: dict[str, int] = {}
    least = LowWaterMark(ranks.__contains__)
    for number, (rank, closes, choice) in enumerate(steps):
        ranks[f"key {number}"] = rank
        least.add(rank, f"key {number}")
        if closes:
            del ranks[list(ranks)[choice % len(ranks)]]
        assert least.least() == min(ranks.values(), default=None)
        for left_out in [*ranks, "unknown"]:
            others = [rank for key, rank in ranks.items() if key != left_out]
            assert least.least(besides=left_out) == min(others, default=None)


def test_one_that_stays_open_for_ever_keeps_no_memory_of_the_others() -> None:
    open_keys = {0}
    least = LowWaterMark(open_keys.__contains__)
    least.add(0, 0)
    tracemalloc.start()
    for number in range(1, 20_000):
        open_keys.add(number)
        least.add(number, number)
        open_keys.discard(number)
        assert least.least() == 0
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 500_000
