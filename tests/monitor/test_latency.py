"""How soon an alarm that the server shows reaches the handler: the poll interval and a second at most."""

import asyncio
import random
import time
from uuid import UUID

import pytest

from milestone_sdk import AlarmLine, AsyncClient, BasicUser, MemoryCheckpointStore, MonitoredSite, Trust
from milestone_sdk.simulator import Simulator
from tests.support.stopwatch import Stopwatch

from ..support.monitoring import Receiver, eventually, monitor_of, raised, running, settings_of

pytestmark = pytest.mark.anyio

INTERVAL = 0.5
SLACK = 1.0
PAGE = 10


@pytest.mark.promise(5)
async def test_an_alarm_reaches_the_handler_within_the_interval_and_a_second(simulator: Simulator) -> None:
    stored: dict[UUID, float] = {}
    handled: dict[UUID, float] = {}

    async def note(site: MonitoredSite, alarm: AlarmLine) -> None:
        handled[alarm.id] = time.monotonic()

    chance = random.Random(5)
    site = settings_of(simulator, interval=INTERVAL)
    async with running(monitor_of(Receiver(note), site, clock=None)):
        for _ in range(150):
            (alarm_id,) = raised(simulator, 1)
            stored[alarm_id] = time.monotonic()
            await asyncio.sleep(chance.uniform(0.0, 0.04))
        await eventually(lambda: handled.keys() >= stored.keys())
    latencies = sorted(handled[alarm_id] - stored[alarm_id] for alarm_id in stored)
    assert latencies[int(len(latencies) * 0.99)] <= INTERVAL + SLACK


@pytest.mark.promise(5)
async def test_while_there_is_more_the_next_page_is_asked_for_at_once(simulator: Simulator) -> None:
    expected = raised(simulator, 5 * PAGE)
    user, trust = BasicUser(simulator.username, simulator.password), Trust.ca_file(simulator.ca_file)
    async with AsyncClient(simulator.url, user, trust=trust) as site:
        subscription = site.alarms.subscribe(checkpoints=MemoryCheckpointStore(), interval=INTERVAL, page_size=PAGE)
        watch = Stopwatch()
        async with subscription as alarms:
            assert [(await anext(alarms)).id for _ in expected] == expected
        assert watch.seconds <= INTERVAL + SLACK
