"""How soon an alarm that a site has stored is a signal that the receiver has acknowledged, and what a signal costs.

`python -m tests.benchmarks signals`. The sites run in another process, and the receiver in a third, which writes each
signal to disk before it acknowledges it.
"""

import asyncio
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from milestone_sdk import SqliteCheckpointStore
from milestone_sdk.patriot import ClientRecord, MilestoneTask, Signal

from ..faults.manysites import SiteServer
from ..faults.signal_receiver import Receiver, TcpSink

SITES = 50
ALARMS_PER_SECOND = 20
SECONDS = 30
INTERVALS = (3.0, 0.5)
_PORT = 31_357


def run() -> None:
    """Print the delays for some poll intervals."""
    for interval in INTERVALS:
        with tempfile.TemporaryDirectory() as folder, SiteServer(SITES) as server:
            receiver = Receiver(_PORT, Path(folder) / "signals.jsonl")
            process = multiprocessing.get_context("spawn").Process(target=receiver.run, daemon=True)
            process.start()
            try:
                asyncio.run(_measure(server, interval, Path(folder)))
            finally:
                process.kill()
                process.join()


class _TimedSink(TcpSink):
    """Notes how long after the alarm's timestamp, the time of storing here, its signal was acknowledged."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.delays: dict[str, float] = {}
        self.sending: list[float] = []

    async def send(self, signal: Signal) -> None:
        """Send the signal, and note the times."""
        began = time.perf_counter()
        await super().send(signal)
        self.sending.append(time.perf_counter() - began)
        self.delays[signal.key] = (datetime.now(UTC) - signal.time).total_seconds()


async def _measure(server: SiteServer, interval: float, folder: Path) -> None:
    clients = [
        ClientRecord(
            client_no=settings.name.removeprefix("site-"),
            location=settings.location,
            credentials=settings.credentials,
            trust=settings.trust,
            kind="standard",
        )
        for settings in server.settings(interval=interval)
    ]
    sink = _TimedSink(_PORT)
    with SqliteCheckpointStore(folder / "checkpoints.db") as store:
        task = MilestoneTask(clients, sink, checkpoints=store, interval=interval, tries_per_server=1000.0)
        running = asyncio.create_task(task.run())
        await _until(lambda: all(site.polls > 0 for site in task.snapshot().clients.sites))
        cpu = time.process_time()
        await asyncio.to_thread(server.feed, ALARMS_PER_SECOND)
        await asyncio.sleep(SECONDS)
        await asyncio.to_thread(server.feed, 0)
        stored = await asyncio.to_thread(server.stored)
        await _until(lambda: len(sink.delays) == len(stored))
        cpu = time.process_time() - cpu
        task.stop()
        await running
    delays, sending = _percentiles(list(sink.delays.values())), _percentiles(sink.sending)
    print(f"{SITES} sites polled every {interval:g} s, {len(stored)} alarms, load {os.getloadavg()[0]:.1f}")
    print(f"  stored to acknowledged: p50 {delays[0]:.2f} s, p99 {delays[1]:.2f} s")
    print(f"  of that, the receiver:  p50 {sending[0]:.4f} s, p99 {sending[1]:.4f} s")
    print(f"  the task: {cpu / SECONDS * 100:.0f} % of a core")


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(120.0):
        while not condition():
            await asyncio.sleep(0.05)


def _percentiles(values: list[float]) -> tuple[float, float]:
    hundredths = statistics.quantiles(values, n=100)
    return hundredths[49], hundredths[98]
