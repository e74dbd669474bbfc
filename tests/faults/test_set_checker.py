"""The set checker, short in the plain suite, for a minute in the long one; by hand for as long as one likes."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from . import schedule
from .set_checker import Verdict, run

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _collected_here() -> Iterator[None]:
    """Clients are cancelled at any moment here; one that leaves a socket to the garbage collector fails the test."""
    yield
    gc.collect()


def check(verdict: Verdict) -> None:
    print(*verdict.summaries, verdict.played, sep="\n")
    assert verdict.problems == []


@pytest.mark.promise(1)
async def test_stored_and_delivered_are_the_same_set(tmp_path: Path) -> None:
    check(await run(sites=2, seconds=5, seed=1, speed=4, storm=200, folder=tmp_path))


@pytest.mark.long
async def test_stored_and_delivered_are_the_same_set_for_a_minute(tmp_path: Path) -> None:
    verdict = await run(sites=3, seconds=60, seed=2, speed=4, storm=2000, folder=tmp_path)
    check(verdict)
    assert set(verdict.played) == {*schedule.NETWORK, *schedule.SITE}, "every fault was played"
