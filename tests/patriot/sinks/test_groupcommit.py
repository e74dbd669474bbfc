"""A durable write that hangs: it delays nothing but its own sink, and changes no order."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from milestone_sdk.patriot import Signal
from milestone_sdk.patriot.sinks.groupcommit import GroupCommit, Refusals

from .signals import make_signal


def test_a_write_that_hangs_takes_no_thread_of_others_and_keeps_the_order():
    written: list[str] = []
    gate = threading.Event()

    def write(signals: Sequence[Signal]) -> Refusals:
        gate.wait()
        written.extend(signal.line for signal in signals)
        return {}

    async def hang_and_go_on() -> None:
        commit = GroupCommit(write)
        first, second = make_signal("first"), make_signal("second")
        for _ in range(40):  # more than asyncio has threads
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.001):
                    await commit.send(first)
        assert await asyncio.to_thread(lambda: "others go on") == "others go on"
        gate.set()
        await commit.send(first)
        await commit.send(second)
        await commit.aclose(lambda: written.append("closed"))

    asyncio.run(hang_and_go_on())
    # The write that hung cannot be called back; of those that were given up behind it, none is made.
    assert written in (["first", "first", "second", "closed"], ["first", "second", "closed"])
