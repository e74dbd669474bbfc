"""Calls side by side: each has its deadline, and none takes another down."""

import asyncio
import threading

import pytest

from milestone_sdk._net.asyncio import remaining as async_remaining
from milestone_sdk._net.blocking import remaining
from milestone_sdk._net.fanout import async_gather_within, gather_within
from tests.support.stopwatch import Stopwatch

TOO_LONG = 30.0


@pytest.mark.anyio
async def test_outcomes_come_in_the_order_of_the_calls() -> None:
    ended: list[str] = []

    async def slow() -> str:
        await asyncio.sleep(0.05)
        ended.append("slow")
        return "slow"

    async def quick() -> str:
        ended.append("quick")
        return "quick"

    async def broken() -> str:
        raise ValueError("broken")

    outcomes = await async_gather_within(5.0, [slow, broken, quick])
    assert ended == ["quick", "slow"]
    assert [outcome.value for outcome in outcomes] == ["slow", None, "quick"]
    with pytest.raises(ValueError, match="broken"):
        outcomes[1].get()


@pytest.mark.anyio
async def test_nothing_is_left_running() -> None:
    stopped: list[bool] = []

    async def endless() -> None:
        try:
            await asyncio.sleep(TOO_LONG)
        finally:
            stopped.append(True)

    async def inner() -> float:
        return async_remaining(TOO_LONG)

    before = asyncio.all_tasks()
    watch = Stopwatch()
    late, left = await async_gather_within(0.1, [endless, inner])
    assert watch.seconds < 5
    assert isinstance(late.error, TimeoutError)
    assert left.value is not None
    assert left.value <= 0.1
    assert stopped == [True]
    assert asyncio.all_tasks() == before


@pytest.mark.anyio
async def test_who_is_cancelled_takes_the_calls_along() -> None:
    started = asyncio.Event()
    stopped: list[bool] = []

    async def endless() -> None:
        started.set()
        try:
            await asyncio.sleep(TOO_LONG)
        finally:
            stopped.append(True)

    gathering = asyncio.ensure_future(async_gather_within(TOO_LONG, [endless]))
    await started.wait()
    gathering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gathering
    assert stopped == [True]


def test_threads_come_back_in_the_order_of_the_calls() -> None:
    both = threading.Barrier(2, timeout=5.0)

    def broken() -> int:
        both.wait()
        raise ValueError("broken")

    outcomes = gather_within(5.0, [lambda: both.wait() * 0 + 1, broken])
    assert outcomes[0].value == 1, "both ran at the same time, or the barrier would have broken"
    assert isinstance(outcomes[1].error, ValueError)


def test_a_thread_that_hangs_is_not_waited_for() -> None:
    release = threading.Event()
    watch = Stopwatch()
    late, left = gather_within(0.1, [lambda: float(release.wait(TOO_LONG)), lambda: remaining(TOO_LONG)])
    assert watch.seconds < 5
    assert isinstance(late.error, TimeoutError)
    assert left.value is not None
    assert left.value <= 0.1
    release.set()


def test_threads_within_threads_share_the_deadline() -> None:
    def inner() -> float:
        (outcome,) = gather_within(TOO_LONG, [lambda: remaining(TOO_LONG)])
        return outcome.get()

    (outcome,) = gather_within(0.5, [inner])
    assert outcome.get() <= 0.5
