"""Jepsen's set checker for alarms: after everything that can go wrong, stored and delivered are the same set.

By hand: `python -m tests.faults.set_checker --minutes 10 --sites 3 --seed 7`.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from attrs import frozen

from milestone_sdk import SqliteCheckpointStore

from .checked_site import CheckedSite
from .schedule import NETWORK, SITE, play

__all__ = ["Verdict", "run"]

SETTLE = 90.0
"""Seconds in which everything must have been delivered once nothing goes wrong any more."""


@frozen
class Verdict:
    """What came of a run."""

    problems: list[str]
    summaries: list[str]
    played: Counter[str]


async def run(*, sites: int, seconds: float, seed: int, speed: float, storm: int, folder: Path) -> Verdict:
    """Let everything go wrong for that long at that many sites, then look whether anything is missing.

    Every second site's clock is moved. `speed` is how much faster the subscribers' clocks run. `storm` alarms come at
    once at the first site, in the middle.
    """
    over = threading.Event()
    with (
        ExitStack() as running,
        SqliteCheckpointStore(folder / "checkpoints.db") as store,
        ThreadPoolExecutor(2 * sites + 1) as threads,  # the library needs asyncio's own for its checkpoints
    ):
        in_thread = partial(asyncio.get_running_loop().run_in_executor, threads)
        checked = [
            running.enter_context(CheckedSite(number, seed=seed, speed=speed, store=store, moved_clock=number % 2 == 1))
            for number in range(sites)
        ]
        for site in checked:
            site.simulator.trigger("Motion Detected", "Front Hallway")
        followers = [asyncio.create_task(site.follow()) for site in checked]
        players = [
            in_thread(partial(play, site, faults, f"{seed}/{kind}", over, pause=pause))
            for site in checked
            for kind, faults, pause in (("network", NETWORK, 1.0), ("site", SITE, 0.3))
        ]
        playing = asyncio.gather(*players)
        try:
            await asyncio.wait(followers, timeout=seconds / 2, return_when=asyncio.FIRST_COMPLETED)
            await in_thread(_storm, checked[0], storm)
            await asyncio.wait(followers, timeout=seconds / 2, return_when=asyncio.FIRST_COMPLETED)
            over.set()
            played = Counter(name for names in await playing for name in names)
            await asyncio.wait([asyncio.create_task(site.completed(SETTLE)) for site in checked])
        finally:
            over.set()
            for site in checked:
                site.stop()
            await asyncio.gather(playing, *followers, return_exceptions=True)
        problems = [f"{site.name}: {problem}" for site in checked for problem in site.problems()]
        return Verdict(problems, [site.summary() for site in checked], played)


def _storm(site: CheckedSite, count: int) -> None:
    for _ in range(count):
        site.simulator.trigger("Motion Detected", "Front Hallway")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--sites", type=int, default=3)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--speed", type=float, default=4.0)
    parser.add_argument("--storm", type=int, default=20_000)
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        verdict = asyncio.run(
            run(
                sites=options.sites,
                seconds=options.minutes * 60,
                seed=options.seed,
                speed=options.speed,
                storm=options.storm,
                folder=Path(folder),
            )
        )
    print(*verdict.summaries, sep="\n")
    print(", ".join(f"{count} x {name}" for name, count in verdict.played.most_common()))
    sys.exit("\n".join(verdict.problems) or 0)


if __name__ == "__main__":
    main()
