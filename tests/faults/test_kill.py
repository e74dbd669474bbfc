"""SIGKILL at any time: nothing is lost, and what comes twice had no checkpoint."""

import multiprocessing
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from uuid import UUID

import pytest

from milestone_sdk.simulator import Simulator

from .killed_subscriber import Entry, Order, follow, read_journal

PATIENCE = 60.0
if sys.platform == "win32":
    CONTEXT = multiprocessing.get_context("spawn")
else:
    CONTEXT = multiprocessing.get_context("forkserver")
    CONTEXT.set_forkserver_preload([follow.__module__])
Key = tuple[int, UUID]


class World:
    """A site where something always happens, and a journal of what a program knows of it."""

    def __init__(self, simulator: Simulator, folder: Path, seed: int) -> None:
        self.simulator = simulator
        self.random = random.Random(seed)
        self.order = Order(simulator.url, simulator.username, simulator.password, str(simulator.ca_file), folder)
        self.states: set[Key] = set()
        """Every state of every alarm that a client could see at some time."""
        simulator.alarms.store.alarm_watchers.append(self._note)
        self._over = threading.Event()

    def _note(self, alarm_id: UUID) -> None:
        row = self.simulator.alarms.store.alarms[alarm_id]
        self.states.add((row.modified, row.id))

    def current(self) -> set[Key]:
        """Every stored alarm in the state it is in."""
        return {(alarm.modified_ticks, alarm.id) for alarm in self.simulator.alarms.stored()}

    def journal(self) -> list[Entry]:
        return read_journal(self.order.journal)

    def written(self) -> int:
        """Octets of the journal."""
        return self.order.journal.stat().st_size if self.order.journal.exists() else 0

    def delivered(self) -> set[Key]:
        return {entry.key for entry in self.journal() if entry.what == "delivered"}

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Alarms are raised and acknowledged, some hundred a second, one by one and many at a time."""
        feeding = threading.Thread(target=self._feed, args=(random.Random(self.random.random()),))
        feeding.start()
        try:
            yield
        finally:
            self._over.set()
            feeding.join()

    def _feed(self, source: random.Random) -> None:
        alarms: list[UUID] = []
        while not self._over.wait(source.expovariate(40)):
            for _ in range(source.choice((1, 1, 1, 2, 15))):
                alarms += self.simulator.trigger("Motion Detected", "Front Hallway")
            if source.random() < 0.2:
                self.simulator.alarms.acknowledge(*source.sample(alarms, min(len(alarms), 5)))

    @contextmanager
    def running(self) -> Iterator[BaseProcess]:
        """The program; killed at the end, whatever it is doing."""
        process = CONTEXT.Process(target=follow, args=(self.order,), daemon=True)
        process.start()
        try:
            yield process
            assert process.is_alive(), f"the program ended by itself: {process.exitcode}"
        finally:
            process.kill()
            process.join(PATIENCE)

    def wait(self, process: BaseProcess, condition: Callable[[], bool]) -> None:
        """Let the program run until that holds; it must not end before."""
        end = time.monotonic() + PATIENCE
        while not condition():
            process.join(0.01)
            assert process.is_alive(), f"the program ended by itself: {process.exitcode}"
            assert time.monotonic() < end, "it stands still"

    def run_and_kill(self) -> None:
        """Kill it while it starts, or some time after it has begun to deliver."""
        with self.running() as process:
            if self.random.random() < 0.8:
                before = self.written()
                self.wait(process, lambda: self.written() > before)
            process.join(self.random.expovariate(8))


def kill_again_and_again(simulator: Simulator, folder: Path, kills: int, seed: int) -> None:
    world = World(simulator, folder, seed)
    with world.busy():
        for _ in range(kills):
            world.run_and_kill()
    with world.running() as process:
        world.wait(process, lambda: world.current() <= world.delivered())
    check(world, kills)


def check(world: World, kills: int) -> None:
    stored, journal = world.simulator.alarms.ever_stored(), world.journal()
    delivered = [entry.key for entry in journal if entry.what == "delivered"]
    assert stored - {alarm_id for _, alarm_id in delivered} == set(), "lost"
    assert world.current() - set(delivered) == set(), "the latest state is lost"
    assert set(delivered) - world.states == set(), "delivered, and never stored"
    done: set[Key] = set()
    for entry in journal:
        if entry.what == "checkpointed":
            done.add(entry.key)
        else:
            assert entry.key not in done, f"{entry} comes after its checkpoint had returned"
    assert len(delivered) >= 10 * kills, "too little happened between the kills"


@pytest.mark.promise(1)
@pytest.mark.promise(3)
def test_nothing_is_lost_over_a_few_kills(simulator: Simulator, tmp_path: Path) -> None:
    kill_again_and_again(simulator, tmp_path, kills=6, seed=1)


@pytest.mark.long
def test_nothing_is_lost_over_a_hundred_kills(simulator: Simulator, tmp_path: Path) -> None:
    kill_again_and_again(simulator, tmp_path, kills=100, seed=2)
