"""What following alarms costs: decoding, an empty poll, a site in memory and time, and from the server to the handler.

`python -m tests.benchmarks alarms` prints everything but 10,000 sites, which `python -m tests.benchmarks.alarms --sites
10000` measures alone: it takes minutes and 20,000 open files. The sites run in another process, over TLS.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import httpx
import psutil
from attrs import asdict, frozen
from lxml import etree

from milestone_sdk import AsyncClient, MemoryCheckpointStore
from milestone_sdk._protocol.alarms import service as alarmservice
from milestone_sdk._protocol.alarms.ledger import Ledger
from milestone_sdk._protocol.alarms.pager import AlarmPager, PageSize
from tests.support.many_rows import alarm_lines_body

from ..faults.manysites import SiteServer
from ..faults.soaking import monitoring

PROJECT = Path(__file__).parents[2]
ROUNDS = 7
ROWS = {0: 10.0, 1: 10.0, 100: 3.5, 5000: 2.5}
"""Rows in a reply -> how many times the parser's time decoding may take; with few rows there is nothing to parse."""
POLLS = 300
PAUSE = 0.001
"""Seconds between two polls: waking up costs about as much as the poll's own work, and both sides have to."""
MAX_POLL = 1.5
INTERVAL = 3.0
SITES = (100, 1000, 3000)
POLLS_PER_SECOND = 150
"""What one core can be asked for; more sites than that at 3 s are polled more seldom."""
ALARMS_PER_SECOND = 25
SECONDS = 30


def run() -> None:
    """Print the ratios and what they must not exceed."""
    _decoding()
    asyncio.run(_polling())
    _many_sites(SITES)


# Decoding


def _decoding() -> None:
    decode = alarmservice.get_alarm_lines("t", start=0, max_count=5000, filter=None).decode
    for rows, most in ROWS.items():
        body = alarm_lines_body(rows)
        times = max(1, 2000 // (rows + 1))
        parsing, decoding = _best(partial(etree.fromstring, body), partial(decode, body), times=times)
        print(
            f"a poll of {rows} rows: {decoding * 1e6:.0f} us, {decoding / parsing:.2f} x lxml alone"
            f" ({parsing * 1e6:.0f} us); at most {most}"
        )


def _best(*contenders: Callable[[], object], times: int) -> list[float]:
    """The best time of each in seconds of the processor, measured in turn."""
    rounds = [[_seconds(contender, times) for contender in contenders] for _ in range(ROUNDS)]
    return [min(column) for column in zip(*rounds, strict=True)]


def _seconds(work: Callable[[], object], times: int) -> float:
    began = time.thread_time()
    for _ in range(times):
        work()
    return (time.thread_time() - began) / times


# An empty poll


async def _polling() -> None:
    with SiteServer(1) as server:
        (settings,) = server.settings(interval=INTERVAL)
        site = AsyncClient(settings.location, settings.credentials, trust=settings.trust, trust_env=False)
        bare = httpx.AsyncClient(verify=settings.trust.context, trust_env=False)
        async with site, bare:
            subscription = site.alarms.subscribe(checkpoints=MemoryCheckpointStore(), interval=PAUSE)
            async with subscription as alarms:
                question = alarmservice.get_alarm_lines(
                    await site.token.corporate(),
                    start=0,
                    max_count=500,
                    filter=AlarmPager(Ledger().observe, PageSize(500), after=2**59).filter,
                )
                headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{question.action}"'}
                url = f"{server.event_server_url}Central/AlarmServiceToken"

                async def ours() -> None:
                    end = alarms.statistics.polls + POLLS
                    waiting = asyncio.create_task(anext(alarms))
                    while alarms.statistics.polls < end:
                        await asyncio.sleep(0.05)
                    waiting.cancel()
                    await asyncio.wait([waiting])

                async def theirs() -> None:
                    for _ in range(POLLS):
                        (await bare.post(url, content=question.body, headers=headers)).raise_for_status()
                        await asyncio.sleep(PAUSE)

                own, other = await _best_of(ours, theirs)
    print(
        f"an empty poll, TLS: {own * 1e3:.2f} ms of the processor, {own / other:.2f} x a bare httpx POST of the same"
        f" octets ({other * 1e3:.2f} ms); at most {MAX_POLL}"
    )


async def _best_of(*contenders: Callable[[], Awaitable[None]]) -> list[float]:
    rounds: list[list[float]] = []
    for _ in range(ROUNDS):
        rounds.append([])
        for contender in contenders:
            began = time.process_time()
            await contender()
            rounds[-1].append((time.process_time() - began) / POLLS)
    return [min(column) for column in zip(*rounds, strict=True)]


# Many sites


@frozen
class Load:
    """What so many sites take; octets and seconds of the processor, latency in seconds."""

    sites: int
    interval: float
    memory: float
    login: float
    poll: float
    alarms: int
    p50: float
    p99: float

    @property
    def sites_per_core(self) -> float:
        return INTERVAL / self.poll


def _many_sites(counts: Sequence[int]) -> None:
    """Each in a process of its own: memory that was given back is not seen by the next."""
    print("   sites  interval  KB/site  ms/login  ms/poll  sites/core at 3 s  alarms  stored to handler p50, p99")
    loads: list[Load] = []
    for count in counts:
        command = [sys.executable, "-m", f"{__package__}.alarms", "--load", str(count)]
        loads.append(Load(**json.loads(subprocess.check_output(command, cwd=PROJECT, text=True))))
        load = loads[-1]
        print(
            f"{load.sites:8} {load.interval:7.1f} s {load.memory / 1024:8.0f} {load.login * 1e3:9.1f}"
            f" {load.poll * 1e3:8.2f} {load.sites_per_core:18.0f} {load.alarms:7}"
            f" {load.p50:13.2f} s, {load.p99:.2f} s; at most {load.interval + 1:.1f} s",
            flush=True,
        )
    if len(loads) > 1:
        first, last = loads[0], loads[-1]
        total = last.memory * last.sites - first.memory * first.sites
        print(f"slope: {total / (last.sites - first.sites) / 1024:.0f} KB for each further site")


async def _load(sites: int) -> Load:
    interval = max(INTERVAL, sites / POLLS_PER_SECOND)
    process = psutil.Process()
    with SiteServer(sites) as server:
        async with monitoring(server, interval=interval) as at_work:
            empty, began = process.memory_info().rss, time.process_time()
            await at_work.all_live(60 + sites / 10)
            login = (time.process_time() - began) / sites
            server.feed(ALARMS_PER_SECOND)
            await asyncio.sleep(interval)
            before = at_work.read()
            at_work.latencies.clear()
            await asyncio.sleep(max(SECONDS, 2 * interval))
            after = at_work.read()
            latencies = statistics.quantiles(at_work.latencies, n=100)
            return Load(
                sites=sites,
                interval=interval,
                memory=(after.resident - empty) / sites,
                login=login,
                poll=(after.processor - before.processor) / (after.polls - before.polls),
                alarms=len(at_work.latencies),
                p50=latencies[49],
                p99=latencies[98],
            )


def _raise_the_limit_of_open_files() -> None:
    """Each site takes two connections."""
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, nargs="+", default=SITES)
    parser.add_argument("--load", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    _raise_the_limit_of_open_files()
    if options.load is None:
        _many_sites(options.sites)
    else:
        print(json.dumps(asdict(asyncio.run(_load(options.load)))))


if __name__ == "__main__":
    main()
