"""Loss of contact is reported within the link timeout, whatever the network does, and so is its return."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import UUID

import pytest
from attrs import frozen

from milestone_sdk import (
    AlarmSubscription,
    AsyncClient,
    BasicUser,
    Client,
    LinkState,
    MemoryCheckpointStore,
    Trust,
)
from milestone_sdk.models.alarms.subscription import AlarmChanged, AlarmEvent, AlarmRaised, LinkLost, LinkRestored
from milestone_sdk.simulator import Simulator
from milestone_sdk.simulator.faultproxy.proxy import FaultProxy

from ..support.stopwatch import Stopwatch

pytestmark = pytest.mark.anyio

LINK_TIMEOUT = 2.0
SLACK = 1.5
"""Seconds by which a busy machine may be late."""
PATIENCE = 40.0
INTERVAL = 0.1

Switch = Callable[[FaultProxy], object]

FAULTS: dict[str, Switch] = {
    "closed": lambda proxy: proxy.add("down"),
    "reset": lambda proxy: proxy.add("reset_peer"),
    "reset after the question": lambda proxy: proxy.add("limit_data", stream="upstream", bytes=400),
    "black hole": lambda proxy: proxy.add("timeout", stream="both"),
    "half-open, answers vanish": lambda proxy: proxy.add("timeout", stream="downstream"),
    "half-open, questions vanish": lambda proxy: proxy.add("timeout", stream="upstream"),
    "one byte a second": lambda proxy: proxy.add("slicer", size=1, delay=1.0),
    "ten bytes a second": lambda proxy: proxy.add("bandwidth", rate=10),
    "answers that end too early": lambda proxy: proxy.add("limit_data", bytes=300),
    "a day of latency": lambda proxy: proxy.add("latency", seconds=86_400),
}


@frozen
class Told:
    """What a subscription said of one loss; seconds, counted from the fault."""

    lost_after: float
    state: LinkState
    loss: LinkLost
    restored: LinkRestored
    alarms: list[UUID]


def check(kind: str, told: Told, raised: list[UUID]) -> None:
    assert told.lost_after <= LINK_TIMEOUT + SLACK, f"{kind}: told after {told.lost_after:.2f} s"
    assert told.state is LinkState.OFFLINE, kind
    assert told.loss.reason, kind
    silence = told.restored.at - told.loss.since
    assert abs((silence - told.restored.lost_for).total_seconds()) < 0.5, kind
    assert told.restored.lost_for.total_seconds() >= LINK_TIMEOUT, kind
    assert told.alarms == raised, f"{kind}: what was raised meanwhile comes after the return"


def raised(simulator: Simulator) -> list[UUID]:
    return simulator.trigger("Motion Detected", source="Front Hallway")


def options(simulator: Simulator, events_through: FaultProxy) -> dict[str, Any]:
    return {
        "location": simulator.url,
        "credentials": BasicUser(simulator.username, simulator.password),
        "trust": Trust.ca_file(simulator.ca_file),
        "addresses": {"event_server": events_through.url},
        "trust_env": False,
    }


def following(**more: Any) -> dict[str, Any]:
    return {"checkpoints": MemoryCheckpointStore(), "interval": INTERVAL, "link_timeout": LINK_TIMEOUT, **more}


@pytest.fixture
def proxies(simulator: Simulator) -> Iterator[dict[str, FaultProxy]]:
    """For each fault a way of its own to one site, so that all can be tried at once: one by one they take a minute."""
    with ExitStack() as running:
        yield {
            kind: running.enter_context(FaultProxy(simulator.event_server_url, run=simulator.run)) for kind in FAULTS
        }


class Asynchronous:
    """All faults at once, in tasks."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.ready = asyncio.Barrier(len(FAULTS) + 1)
        self.raised: asyncio.Future[list[UUID]] = asyncio.get_running_loop().create_future()

    async def live_through(self, kind: str, proxy: FaultProxy) -> Told:
        async with (
            AsyncClient(**options(self.simulator, proxy)) as site,
            site.alarms.subscribe(since="now", **following()) as alarms,
        ):
            events = alarms.events()
            await self.ready.wait()
            watch = Stopwatch()
            FAULTS[kind](proxy)
            loss = await self.next_of(events, LinkLost)
            lost_after, state = watch.seconds, alarms.state
            await self.ready.wait()
            expected = await self.raised
            proxy.clear()
            restored = await self.next_of(events, LinkRestored)
            found = [(await self.next_of(events, AlarmRaised, AlarmChanged)).alarm.id for _ in expected]
            return Told(lost_after, state, loss, restored, found)

    @staticmethod
    async def next_of(events: AsyncIterator[AlarmEvent], *kinds: type) -> Any:
        async for event in events:
            if isinstance(event, kinds):
                return event
        raise AssertionError("the stream ended")


@pytest.mark.promise(6)
async def test_loss_is_told_in_time(simulator: Simulator, proxies: dict[str, FaultProxy]) -> None:
    site = Asynchronous(simulator)
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
        told = {kind: tasks.create_task(site.live_through(kind, proxies[kind])) for kind in FAULTS}
        await site.ready.wait()
        await site.ready.wait()
        site.raised.set_result(raised(simulator))
    for kind, task in told.items():
        check(kind, task.result(), site.raised.result())


class Blocking:
    """All faults at once, in threads."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.ready = threading.Barrier(len(FAULTS) + 1, timeout=PATIENCE)
        self.raised: Future[list[UUID]] = Future()

    def live_through(self, kind: str, proxy: FaultProxy) -> Told:
        with (
            Client(**options(self.simulator, proxy)) as site,
            site.alarms.subscribe(since="now", **following()) as alarms,
            closing_after(PATIENCE, alarms),
        ):
            events = alarms.events()
            self.ready.wait()
            watch = Stopwatch()
            FAULTS[kind](proxy)
            loss = self.next_of(events, LinkLost)
            lost_after, state = watch.seconds, alarms.state
            self.ready.wait()
            expected = self.raised.result(PATIENCE)
            proxy.clear()
            restored = self.next_of(events, LinkRestored)
            found = [self.next_of(events, AlarmRaised, AlarmChanged).alarm.id for _ in expected]
            return Told(lost_after, state, loss, restored, found)

    @staticmethod
    def next_of(events: Iterator[AlarmEvent], *kinds: type) -> Any:
        for event in events:
            if isinstance(event, kinds):
                return event
        raise AssertionError("the stream ended")


@contextmanager
def closing_after(seconds: float, alarms: AlarmSubscription) -> Iterator[None]:
    """No test hangs, even if what it proves does not hold."""
    timer = threading.Timer(seconds, alarms.close)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


@pytest.mark.promise(6)
def test_loss_is_told_in_time_without_asyncio(simulator: Simulator, proxies: dict[str, FaultProxy]) -> None:
    site = Blocking(simulator)
    with ThreadPoolExecutor(len(FAULTS)) as threads:
        told = {kind: threads.submit(site.live_through, kind, proxies[kind]) for kind in FAULTS}
        site.ready.wait()
        site.ready.wait()
        site.raised.set_result(raised(simulator))
    for kind, thread in told.items():
        check(kind, thread.result(), site.raised.result())


@pytest.mark.parametrize("kind", ["closed", "black hole", "one byte a second"])
@pytest.mark.promise(6)
async def test_a_site_that_never_answers_is_told_too(simulator: Simulator, kind: str) -> None:
    """Login and configuration lie on the way to the first alarm, and count like every other answer."""
    raised(simulator)
    with FaultProxy(simulator.url, run=simulator.run) as proxy:
        FAULTS[kind](proxy)
        site = AsyncClient(**{**options(simulator, proxy), "location": proxy.url, "addresses": {}})
        try:
            async with asyncio.timeout(PATIENCE), site.alarms.subscribe(**following(eager=False)) as alarms:
                watch = Stopwatch()
                events = alarms.events()
                loss = await anext(events)
                assert isinstance(loss, LinkLost)
                assert watch.seconds <= LINK_TIMEOUT + SLACK
                proxy.clear()
                assert isinstance(await anext(events), LinkRestored)
                assert isinstance(await anext(events), AlarmRaised)
        finally:
            await site.aclose()


async def test_a_link_that_answers_slowly_but_in_time_is_not_lost(simulator: Simulator) -> None:
    with FaultProxy(simulator.event_server_url, run=simulator.run) as proxy:
        async with (
            AsyncClient(**options(simulator, proxy)) as site,
            site.alarms.subscribe(since="now", **following(link_timeout=6.0)) as alarms,
        ):
            proxy.add("latency", seconds=0.4)
            proxy.add("slicer", size=200, delay=0.01)
            expected = [alarm for _ in range(3) for alarm in raised(simulator)]
            events = alarms.events()
            async with asyncio.timeout(PATIENCE):
                told = [await anext(events) for _ in expected]
            assert [event.alarm.id for event in told if isinstance(event, AlarmRaised)] == expected
            assert alarms.statistics.losses == 0
