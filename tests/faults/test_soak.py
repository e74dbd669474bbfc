"""Thousands of sites in one process: memory and tasks do not grow, and every alarm is delivered."""

import asyncio
import gc
from pathlib import Path

import pytest

from milestone_sdk import SqliteCheckpointStore

from ..support.stopwatch import Stopwatch
from .manysites import SiteServer
from .soaking import Monitoring, Reading, monitoring

pytestmark = pytest.mark.anyio

PER_SITE = 400 << 10
"""Bytes that one site may take, TLS connections and decoded configuration included."""
MOST_TASKS_PER_SITE = 3
STOP_SECONDS = 5.0


async def soak(folder: Path, *, sites: int, seconds: float, interval: float, alarms_per_second: float) -> None:
    with SiteServer(sites) as server, SqliteCheckpointStore(folder / "checkpoints.db") as store:
        async with monitoring(server, interval=interval, checkpoints=store) as site_by_site:
            before = site_by_site.read()
            await site_by_site.all_live(60 + sites * 0.1)
            site_by_site.link_events.clear()
            server.feed(alarms_per_second)
            await asyncio.sleep(max(seconds / 5, interval))
            readings = [_read(site_by_site)]
            for _ in range(4):
                await asyncio.sleep(seconds / 5)
                readings.append(_read(site_by_site))
            server.feed(0)
            await site_by_site.all_handled(60 + interval)
            await site_by_site.all_live(60 + interval)
            check(site_by_site, before, readings, interval=interval)
            stopping = Stopwatch()
        assert stopping.seconds < STOP_SECONDS + 2, "it does not end"


def _read(site_by_site: Monitoring) -> Reading:
    gc.collect()
    return site_by_site.read()


def check(site_by_site: Monitoring, before: Reading, readings: list[Reading], *, interval: float) -> None:
    sites, first, last = site_by_site.server.sites, readings[0], readings[-1]
    print(*readings, sep="\n")
    assert set(site_by_site.handled) == site_by_site.server.stored(), "stored and handled are the same set"
    assert set(site_by_site.handled.values()) == {1}, "nothing comes twice in one run"
    assert site_by_site.link_events == [], "no site was lost"
    assert (first.resident - before.resident) / sites < PER_SITE
    assert last.resident < 1.05 * first.resident + (10 << 20), "memory grows"
    assert max(reading.tasks for reading in readings) <= MOST_TASKS_PER_SITE * sites + 10
    assert last.tasks - first.tasks <= 20 + 0.1 * sites, "tasks come and do not go; some sites are just handling alarms"
    assert last.files <= first.files + 20
    expected = (last.at - first.at) / interval * sites
    assert last.polls - first.polls > 0.7 * expected, "sites are polled more seldom than asked"


@pytest.mark.long
async def test_a_hundred_sites(tmp_path: Path) -> None:
    await soak(tmp_path, sites=100, seconds=5, interval=2.0, alarms_per_second=30)


@pytest.mark.soak
async def test_three_thousand_sites_for_five_minutes(tmp_path: Path) -> None:
    await soak(tmp_path, sites=3000, seconds=300, interval=20.0, alarms_per_second=20)
