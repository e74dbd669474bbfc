"""Many calls at once, from tasks and from threads."""

import asyncio
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import anyio
import pytest

from milestone_sdk import (
    AsyncClient,
    BasicUser,
    Checkpoint,
    CheckpointError,
    CheckpointUpdate,
    Client,
    LinkLost,
    LiveEvent,
    MemoryCheckpointStore,
    ReadTimeout,
    Trust,
)
from milestone_sdk.simulator import Simulator
from milestone_sdk.testing import AsyncManualClock, ManualClock
from tests.support.stopwatch import Stopwatch

CALLS = 50


def logins(simulator: Simulator) -> int:
    return sum(request.operation == "Login" for request in simulator.requests)


def test_50_tasks_wait_for_one_renewal(simulator: Simulator) -> None:
    async def main() -> None:
        user, clock = BasicUser(simulator.username, simulator.password), AsyncManualClock()
        async with AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), clock=clock) as site:
            clock.advance(3000)
            answers = await asyncio.gather(*(site.services.server_command.GetVersion() for _ in range(CALLS)))
            assert answers == [20] * CALLS

    asyncio.run(main())
    assert logins(simulator) == 2


def test_50_threads_wait_for_one_renewal(simulator: Simulator) -> None:
    user, clock = BasicUser(simulator.username, simulator.password), ManualClock()
    with Client(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), clock=clock) as site:
        clock.advance(3000)
        with ThreadPoolExecutor(CALLS) as threads:
            answers = list(threads.map(lambda _: site.services.server_command.GetVersion(), range(CALLS)))
        assert answers == [20] * CALLS
    assert logins(simulator) == 2


def test_a_login_of_another_thread_does_not_delay_the_report_of_a_lost_link(simulator: Simulator) -> None:
    """That thread waits for the silent server with all its patience, and holds the lock of the tokens meanwhile."""
    user, trust = BasicUser(simulator.username, simulator.password), Trust.ca_file(simulator.ca_file)
    with Client(simulator.url, user, trust=trust, timeout=6.0) as site, ThreadPoolExecutor(1) as threads:
        with site.alarms.subscribe(checkpoints=MemoryCheckpointStore(), interval=0.1, link_timeout=1.0) as alarms:
            fault = simulator.faults.add("idp", "deaf", operation="token")
            simulator.tokens.revoke_all()
            refreshing = threads.submit(site.refresh)
            while not fault.used and not refreshing.done():
                time.sleep(0.01)
            watch = Stopwatch()
            assert isinstance(next(iter(alarms.events())), LinkLost)
            assert watch.seconds < 2.0
            assert not refreshing.done()
        assert isinstance(refreshing.exception(), ReadTimeout)


def test_50_tasks_whose_tokens_are_revoked_under_way(simulator: Simulator) -> None:
    async def main() -> None:
        user = BasicUser(simulator.username, simulator.password)
        async with AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file)) as site:
            await site.alarms.list()
            simulator.tokens.revoke_all()
            assert await asyncio.gather(*(site.alarms.list() for _ in range(CALLS))) == [()] * CALLS

    asyncio.run(main())
    assert logins(simulator) == 2, "one renewal, however many calls were refused"


def test_tokens_that_end_on_the_server_first(simulator: Simulator) -> None:
    """Its clock runs ahead of what it promised: the call is made once more with fresh tokens."""
    user = BasicUser(simulator.username, simulator.password)
    with Client(simulator.url, user, trust=Trust.ca_file(simulator.ca_file)) as site:
        for _ in range(3):
            simulator.tokens.advance(timedelta(hours=5))
            site.refresh()
            assert site.alarms.list() == ()
    assert logins(simulator) == 4


class HangsAtFirst(MemoryCheckpointStore):
    """Does not return from the first save until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.saving, self.go_on = threading.Event(), threading.Event()

    def save(self, key: str, update: CheckpointUpdate) -> None:
        self.saving.set()
        self.go_on.wait(10.0)
        super().save(key, update)


def test_a_poll_that_is_cancelled_while_it_saves_loses_no_alarm(simulator: Simulator) -> None:
    async def main() -> None:
        user, store = BasicUser(simulator.username, simulator.password), HangsAtFirst()
        async with (
            AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file)) as site,
            site.alarms.subscribe(checkpoints=store, interval=0.05) as alarms,
        ):
            with pytest.raises(TimeoutError):  # the empty list is scanned to its end first
                await asyncio.wait_for(anext(alarms), 0.5)
            (new,) = simulator.trigger("Motion Detected", source="Front Hallway")
            waiting = asyncio.ensure_future(anext(alarms))
            await asyncio.to_thread(store.saving.wait, 10.0)
            waiting.cancel()
            await asyncio.wait({waiting})
            store.go_on.set()
            assert waiting.cancelled()
            assert (await asyncio.wait_for(anext(alarms), 10.0)).id == new

    asyncio.run(main())


class Hangs(HangsAtFirst):
    def load(self, key: str) -> Checkpoint:
        self.go_on.wait(10.0)
        return super().load(key)


def test_a_store_that_hangs_is_told_in_time(simulator: Simulator) -> None:
    async def main() -> None:
        user, store, watch = BasicUser(simulator.username, simulator.password), Hangs(), Stopwatch()
        async with (
            AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), timeout=1.0) as site,
            site.alarms.subscribe(checkpoints=store, interval=0.05, eager=False) as alarms,
        ):
            with pytest.raises(CheckpointError, match="has not answered for 2 s"):
                await anext(alarms)
            assert watch.seconds < 8
            store.go_on.set()

    asyncio.run(main())


def test_a_store_that_hangs_at_the_first_checkpoint_costs_no_alarm(simulator: Simulator) -> None:
    async def main() -> None:
        user, store = BasicUser(simulator.username, simulator.password), HangsAtFirst()
        (new,) = simulator.trigger("Motion Detected", source="Front Hallway")
        async with (
            AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file), timeout=2.0) as site,
            site.alarms.subscribe(checkpoints=store, interval=0.05, eager=False) as alarms,
        ):
            assert (await anext(alarms)).id == new
            assert store.saving.is_set()
            store.go_on.set()

    asyncio.run(main())


def test_an_event_loop_that_is_blocked_during_a_poll_has_lost_no_link(simulator: Simulator) -> None:
    async def main() -> None:
        user, store = BasicUser(simulator.username, simulator.password), MemoryCheckpointStore()
        async with (
            AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file)) as site,
            site.alarms.subscribe(checkpoints=store, interval=0.05, link_timeout=6.0) as alarms,
        ):
            fault = simulator.faults.add("event_server", "delay", seconds=1.0, times=1)
            waiting = asyncio.ensure_future(anext(alarms))
            while not fault.used:
                await asyncio.sleep(0.01)
            time.sleep(7.0)
            simulator.trigger("Motion Detected", source="Front Hallway")
            await waiting
            assert alarms.statistics.failures
            assert not alarms.statistics.losses

    asyncio.run(main())


def ptz_commands(simulator: Simulator) -> list[str]:
    return [move.operation for move in simulator.recorder_service("Recorder 1").moves]


def test_a_camera_is_stopped_although_its_task_is_cancelled_again_and_again(simulator: Simulator) -> None:
    """As a web framework on anyio does it when a browser is gone."""

    async def main() -> None:
        user = BasicUser(simulator.username, simulator.password)
        async with AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file)) as site:
            with anyio.move_on_after(0.2) as scope:
                async with site.ptz.control("C2") as ptz:
                    await ptz.move(pan=1)
                    await asyncio.sleep(60)
            assert scope.cancelled_caught

    asyncio.run(main())
    assert ptz_commands(simulator) == ["PTZMoveStart", "PTZMoveStop"]


def test_a_camera_is_stopped_although_its_task_is_cancelled_while_it_stops(simulator: Simulator) -> None:
    async def main() -> None:
        user = BasicUser(simulator.username, simulator.password)
        async with AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file)) as site:
            started = asyncio.Event()

            async def turn() -> None:
                async with site.ptz.control("C2") as ptz:
                    await ptz.move(pan=1)
                    started.set()

            turning = asyncio.create_task(turn())
            await started.wait()
            turning.cancel()
            with pytest.raises(asyncio.CancelledError):
                await turning

    asyncio.run(main())
    assert ptz_commands(simulator) == ["PTZMoveStart", "PTZMoveStop"]


def test_a_camera_is_stopped_after_a_move_that_another_task_began(simulator: Simulator) -> None:
    simulator.faults.add("recorder", "delay", operation="PTZMoveStart", seconds=0.5)

    async def main() -> None:
        user = BasicUser(simulator.username, simulator.password)
        async with AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file)) as site:
            async with site.ptz.control("C2") as ptz:
                moving = asyncio.create_task(ptz.move(pan=1))
                await asyncio.sleep(0.1)
            await moving

    asyncio.run(main())
    assert ptz_commands(simulator) == ["PTZMoveStart", "PTZMoveStop"]


def test_a_camera_is_stopped_after_a_move_that_was_under_way_when_its_task_was_cancelled(simulator: Simulator) -> None:
    simulator.faults.add("recorder", "delay", operation="PTZMoveStart", seconds=0.5)

    async def main() -> None:
        user = BasicUser(simulator.username, simulator.password)
        async with AsyncClient(simulator.url, user, trust=Trust.ca_file(simulator.ca_file)) as site:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2), site.ptz.control("C2") as ptz:
                    await ptz.move(pan=1)
            await asyncio.sleep(0.5)

    asyncio.run(main())
    assert ptz_commands(simulator) == ["PTZMoveStart", "PTZMoveStop"]


def test_live_video_that_another_thread_closes_while_an_event_is_taken_ends(simulator: Simulator) -> None:
    class ClosedOnce(deque[LiveEvent]):
        """The events that have arrived; once there is one, the stream is closed before it is taken."""

        def __bool__(self) -> bool:
            if arrived := len(self) > 0:
                with ThreadPoolExecutor(1) as threads:
                    threads.submit(stream.close).result()
            return arrived

    user, trust = BasicUser(simulator.username, simulator.password), Trust.ca_file(simulator.ca_file)
    with Client(simulator.url, user, trust=trust) as site, site.live.play("C1") as stream:
        stream._queue.ready = ClosedOnce()
        assert list(stream) == []
