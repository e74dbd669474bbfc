"""The Milestone task among faults and SIGKILLs: every alarm is one signal, in the order of its server."""

import contextlib
import multiprocessing
import random
import socket
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from milestone_sdk.simulator import Simulator, example_site
from milestone_sdk.simulator.site import stable_id

from .killed_task import TaskOrder, receive
from .schedule import SERVERS
from .signal_receiver import Receiver, read_signals

PATIENCE = 120.0
"""Seconds without any progress after which a test fails."""
if sys.platform == "win32":
    CONTEXT = multiprocessing.get_context("spawn")
else:
    CONTEXT = multiprocessing.get_context("forkserver")
    CONTEXT.set_forkserver_preload([receive.__module__])
OUT_OF_ORDER = {"late commit", "clock moved"}
"""What lets an alarm appear after others that were changed later."""


def free_ports() -> Iterator[int]:
    """Yield ports that no outgoing connection is given, or else one might have that of a server that is restarted."""
    ports = range(20_000, 32_000)
    for port in random.SystemRandom().sample(ports, len(ports)):
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        yield port


class PlayedSite:
    """One site; only those with a `moved_clock` play what changes the order of alarms."""

    def __init__(self, number: int, seed: int, ports: Iterator[int]) -> None:
        site = example_site()
        site.name, site.id = f"Site {number}", stable_id("site", f"Played {number}")
        self.client_no = str(number)
        self.moved_clock = number % 2 == 1
        own = {name: next(ports) for name in ("management", "management_http", "event_server")}
        self.simulator = Simulator(site, seed=seed, services=("management", "event_server"), ports=own)


class World:
    """The sites, the task in one process, the receiver in another."""

    def __init__(self, sites: int, folder: Path, seed: int) -> None:
        ports = free_ports()
        self.sites = [PlayedSite(number, seed, ports) for number in range(sites)]
        self.folder = folder
        self.seed = seed
        self.random = random.Random(seed)
        self.played = set[str]()
        self.kills = {True: 0, False: 0}
        """How often the task and the receiver were killed."""
        self.began = threading.Event()
        """Set when faults begin; before, nothing is killed."""
        self._over = threading.Event()
        self.receiver = Receiver(next(ports), folder / "signals.jsonl")

    @contextlib.contextmanager
    def running(self) -> Generator[None]:
        """Let alarms and faults happen at all sites, once each has made its first signal."""
        with contextlib.ExitStack() as stack:
            for site in self.sites:
                stack.enter_context(site.simulator)
                site.simulator.trigger("Motion Detected", "Front Hallway")
            self.order = TaskOrder(
                locations=tuple(site.simulator.url for site in self.sites),
                username=self.sites[0].simulator.username,
                password=self.sites[0].simulator.password,
                ca_files=tuple(str(site.simulator.ca_file) for site in self.sites),
                port=self.receiver.port,
                checkpoints=self.folder / "checkpoints.db",
            )
            yield

    @contextlib.contextmanager
    def chaos(self) -> Generator[None]:
        """Play faults in some threads, each at a few sites in turn."""
        players = [threading.Thread(target=self._play, args=(self.sites[first::4], first)) for first in range(4)]
        for player in players:
            player.start()
        self.began.set()
        try:
            yield
        finally:
            self._over.set()
            for player in players:
                player.join()

    def _play(self, sites: list[PlayedSite], number: int) -> None:
        source = random.Random(f"{self.seed}/{number}")
        while sites and not self._over.is_set():
            site = source.choice(sites)
            name = source.choice([each for each in SERVERS if site.moved_clock or each not in OUT_OF_ORDER])
            self.played.add(name)
            with SERVERS[name](site, source):
                for _ in range(source.randint(0, 4)):
                    source.choice(sites).simulator.trigger("Motion Detected", "Front Hallway")
                self._over.wait(source.uniform(0.1, 0.5))

    def process(self, of_task: bool) -> BaseProcess:
        target, arguments = (receive, (self.order,)) if of_task else (self.receiver.run, ())
        process = CONTEXT.Process(target=target, args=arguments, daemon=True)
        process.start()
        return process

    def stored(self) -> set[str]:
        """The keys of all alarms that were ever stored."""
        return {f"{site.client_no}:{each}" for site in self.sites for each in site.simulator.alarms.ever_stored()}

    def signals(self) -> list[dict[str, Any]]:
        return read_signals(self.receiver.journal)

    def keys(self) -> set[str]:
        return {signal["key"] for signal in self.signals()}

    def written(self) -> int:
        return self.receiver.journal.stat().st_size if self.receiver.journal.exists() else 0

    def progress(self) -> object:
        return self.written(), *self.kills.values()

    def kill_again_and_again(self, of_task: bool, kills: int, other_ended: threading.Event) -> None:
        """Keep one of the two processes running; kill it while it starts, or after it has made a signal."""
        chance = random.Random(f"{self.seed}/{of_task}")
        for _ in range(kills):
            process = self.process(of_task)
            try:
                wait(self.began.is_set, self.progress, process)
                if other_ended.is_set():
                    return
                if chance.random() < 0.9:
                    before = self.written()
                    wait(lambda before=before: self.written() > before, self.progress, process)
                process.join(chance.uniform(0.0, 2.5))
                assert process.is_alive(), f"the process ended by itself: {process.exitcode}"
            finally:
                end(process)
            self.kills[of_task] += 1
        process = self.process(of_task)
        try:
            other_ended.wait()
            assert process.is_alive(), f"the process ended by itself: {process.exitcode}"
        finally:
            end(process)


def end(process: BaseProcess) -> None:
    process.kill()
    process.join(PATIENCE)


def wait(condition: Callable[[], bool], progress: Callable[[], object], process: BaseProcess | None = None) -> None:
    """Wait until that holds; `progress` is something that changes meanwhile, on however busy a machine."""
    seen, limit = progress(), time.monotonic() + PATIENCE
    while not condition():
        assert process is None or process.is_alive(), f"the process ended by itself: {process.exitcode}"
        if (now := progress()) != seen:
            seen, limit = now, time.monotonic() + PATIENCE
        assert time.monotonic() < limit, "it stands still"
        time.sleep(0.05 if process is not None else 0.5)


def prove(folder: Path, *, sites: int, kills: int, seconds: float, seed: int) -> None:
    world, ended = World(sites, folder, seed), threading.Event()
    failures: list[BaseException] = []

    def keep(of_task: bool) -> None:
        try:
            world.kill_again_and_again(of_task, kills, ended)
        except BaseException as error:
            failures.append(error)

    with world.running():
        keepers = [threading.Thread(target=keep, args=(of_task,)) for of_task in (True, False)]
        for keeper in keepers:
            keeper.start()
        try:
            wait(lambda: bool(failures) or len(world.keys()) == sites, world.progress)
            with world.chaos():
                began = time.monotonic()
                wait(lambda: bool(failures) or set(world.kills.values()) == {kills}, world.progress)
                wait(lambda: bool(failures) or time.monotonic() - began >= seconds, world.progress)
            wait(lambda: bool(failures) or world.stored() <= world.keys(), world.progress)
        finally:
            ended.set()
            world.began.set()
            for keeper in keepers:
                keeper.join()
        assert failures == []
        check(world)


def check(world: World) -> None:
    signals, stored = world.signals(), world.stored()
    assert {signal["key"] for signal in signals} == stored, "signals = alarms stored"
    kept: dict[str, dict[str, Any]] = {}
    in_order: dict[str, list[int]] = defaultdict(list)
    for signal in signals:
        if kept.setdefault(signal["key"], signal) is signal:
            in_order[signal["client_no"]].append(int(signal["revision"]))
    assert len(signals) == len(stored) or any(world.kills.values()), "sent again only after a kill"
    assert len({signal["alarm_id"] for signal in kept.values()}) == len(kept), "one key for each alarm"
    for site in world.sites:
        revisions = in_order[site.client_no]
        assert site.moved_clock or revisions == sorted(revisions), f"the order of client {site.client_no}"
    print(f"{len(stored)} alarms, {len(signals) - len(stored)} signals sent again, faults: {sorted(world.played)}")


def test_each_alarm_is_one_signal_over_a_few_kills(tmp_path: Path) -> None:
    prove(tmp_path, sites=3, kills=3, seconds=5, seed=1)


def test_without_a_kill_no_signal_is_sent_twice(tmp_path: Path) -> None:
    """Whatever the sites do: services that restart, tokens that are revoked, clocks that are moved."""
    prove(tmp_path, sites=3, kills=0, seconds=5, seed=3)


@pytest.mark.long
def test_each_alarm_is_one_signal_over_fifty_sites_and_twenty_kills(tmp_path: Path) -> None:
    prove(tmp_path, sites=50, kills=20, seconds=60, seed=2)
