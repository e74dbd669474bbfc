"""Host names: a silent name server holds up those who ask it, and nothing else."""

import asyncio
import socket
import subprocess
import sys
import textwrap
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from attrs import evolve

from milestone_sdk import (
    AsyncClient,
    BasicUser,
    Client,
    ConnectError,
    ConnectTimeout,
    LinkLost,
    MemoryCheckpointStore,
    Trust,
)
from milestone_sdk._net.asyncio import addresses_of, open_stream
from milestone_sdk._net.blocking import open_stream as blocking_open_stream
from milestone_sdk._net.names import Address, Names, Unresolved, async_find, find, resolving_by
from milestone_sdk.simulator import Simulator
from tests.support.stopwatch import Stopwatch

from ..support.monitoring import Receiver, eventually, monitor_of, raised, running, settings_of

pytestmark = pytest.mark.anyio

LOOPBACK: Address = (socket.AF_INET, ("127.0.0.1", 0))
SILENT = "silent"


class NameServer:
    """Knows `localhost` and names that begin with `known`; of those that begin with `silent` nothing is heard."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.fallen_silent = False
        self.end = threading.Event()

    def __call__(self, host: str) -> list[Address]:
        self.asked[host] += 1
        if self.fallen_silent or host.startswith(SILENT):
            self.end.wait(60.0)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        if host == "localhost" or host.startswith("known"):
            return [LOOPBACK]
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@contextmanager
def name_server() -> Generator[NameServer]:
    server = NameServer()
    try:
        with resolving_by(server):
            yield server
    finally:
        server.end.set()


def by_name(simulator: Simulator, name: str = "localhost") -> str:
    return simulator.url.replace("127.0.0.1", name)


async def test_sites_with_a_silent_name_server_hold_up_no_other(simulator: Simulator) -> None:
    """Their number is more than the threads of asyncio's own executor, and than a pool of usual size."""
    receiver = Receiver()
    silent = [
        evolve(settings_of(simulator, f"{number}"), location=by_name(simulator, f"{SILENT}{number}.example.test"))
        for number in range(60)
    ]
    healthy = evolve(settings_of(simulator, "healthy"), location=by_name(simulator))
    with name_server() as server:
        monitor = monitor_of(receiver, *silent, healthy, clock=None)
        async with running(monitor):
            await eventually(lambda: len(server.asked) == 61)
            expected = raised(simulator, 1)
            watch = Stopwatch()
            await eventually(lambda: receiver.ids("healthy") == expected)
            assert watch.seconds < 6.0, "two polls at most"
            await asyncio.to_thread(str, "the program's own threads are free")
            watch = Stopwatch()
        assert watch.seconds < 5.0, "stop does not wait for look-ups"
    assert set(server.asked.values()) == {1}


async def test_names_that_were_answered_before_get_a_turn_among_many_silent_ones() -> None:
    with name_server() as server:
        for name in ("known1", "known2"):
            await async_find(name, 80, timeout=5.0)
        silent = [asyncio.create_task(async_find(f"{SILENT}{number}", 80, timeout=30.0)) for number in range(400)]
        await eventually(lambda: sum(name.startswith(SILENT) for name in server.asked) >= 100)
        assert sum(name.startswith(SILENT) for name in server.asked) < 256
        assert await async_find("known1", 443, timeout=2.0) == [(socket.AF_INET, ("127.0.0.1", 443))]
        assert await addresses_of("known2", timeout=2.0) == ("127.0.0.1",)
        for task in silent:
            task.cancel()
        await asyncio.wait(silent)


async def test_names_that_were_silent_leave_room_for_new_ones() -> None:
    with name_server() as server:
        names = Names(server, slow=0.0)
        waiting = [names.ask(f"{SILENT}{number}") for number in range(150)]
        server.end.set()
        await asyncio.wait([asyncio.wrap_future(future) for future in waiting])
        server.end.clear()
        for number in range(150):
            names.ask(f"{SILENT}{number}")
        async with asyncio.timeout(2.0):
            assert await asyncio.wrap_future(names.ask("known")) == [LOOPBACK]


async def test_many_who_ask_for_one_name_share_the_look_up() -> None:
    with name_server() as server:
        asking = [async_find(SILENT, 80, timeout=0.2) for _ in range(50)]
        results = await asyncio.gather(*asking, return_exceptions=True)
        assert {type(result) for result in results} == {Unresolved}
        with pytest.raises(Unresolved):
            find(SILENT, 80, timeout=0.1)
        assert server.asked == {SILENT: 1}


async def test_a_name_that_does_not_exist_is_told_at_once(simulator: Simulator) -> None:
    with name_server():
        for _ in range(2):
            with pytest.raises(ConnectError, match="not known"):
                await open_stream("nowhere.example.test", 80, context=None, timeout=5.0)
            with pytest.raises(ConnectError, match="not known"):
                blocking_open_stream("nowhere.example.test", 80, context=None, timeout=5.0)


def test_a_blocking_call_ends_in_time_and_names_the_cause(simulator: Simulator) -> None:
    user, trust = BasicUser(simulator.username, simulator.password), Trust.ca_file(simulator.ca_file)
    with name_server():
        client = Client(by_name(simulator, SILENT), user, trust=trust, timeout=1.0)
        watch = Stopwatch()
        with pytest.raises(ConnectTimeout, match=f"the name {SILENT} was not resolved"):
            client.open()
        with pytest.raises(ConnectTimeout):
            blocking_open_stream(SILENT, 7563, context=None, timeout=0.5)
        assert watch.seconds < 2.0
        client.close()


def test_the_blocking_client_reports_the_loss_of_the_link_in_time(simulator: Simulator) -> None:
    """The connections break and the name server is silent, as it is when the line of this machine is down."""
    user, trust = BasicUser(simulator.username, simulator.password), Trust.ca_file(simulator.ca_file)
    addresses = {"event_server": simulator.event_server_url.replace("127.0.0.1", "localhost")}
    with name_server() as server, Client(by_name(simulator), user, trust=trust, addresses=addresses) as site:
        with site.alarms.subscribe(checkpoints=MemoryCheckpointStore(), interval=0.1, link_timeout=1.5) as alarms:
            server.fallen_silent = True
            simulator.stop_service("event_server")
            watch = Stopwatch()
            event = next(iter(alarms.events()))
        assert isinstance(event, LinkLost)
        assert watch.seconds < 2.5


async def test_the_asynchronous_client_reports_the_loss_of_the_link_in_time(simulator: Simulator) -> None:
    user, trust = BasicUser(simulator.username, simulator.password), Trust.ca_file(simulator.ca_file)
    addresses = {"event_server": simulator.event_server_url.replace("127.0.0.1", "localhost")}
    with name_server() as server:
        async with (
            AsyncClient(by_name(simulator), user, trust=trust, addresses=addresses) as site,
            site.alarms.subscribe(checkpoints=MemoryCheckpointStore(), interval=0.1, link_timeout=1.5) as alarms,
        ):
            server.fallen_silent = True
            simulator.stop_service("event_server")
            watch = Stopwatch()
            event = await anext(alarms.events())
        assert isinstance(event, LinkLost)
        assert watch.seconds < 2.5


def test_a_process_ends_without_waiting_for_look_ups() -> None:
    program = """
        import asyncio, threading
        from milestone_sdk import AsyncClient, BasicUser, Client, MilestoneError
        from milestone_sdk._net.names import resolving_by

        def silent(host):
            threading.Event().wait(60)

        async def main():
            try:
                await AsyncClient("https://one.example.test", BasicUser("arc", "secret"), timeout=1.0).open()
            except MilestoneError as error:
                print(type(error).__name__)

        with resolving_by(silent):
            asyncio.run(main())
            try:
                Client("https://two.example.test", BasicUser("arc", "secret"), timeout=1.0).open()
            except MilestoneError as error:
                print(type(error).__name__)
    """
    watch = Stopwatch()
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=50)
    assert (done.stdout.split(), done.stderr) == (["ConnectTimeout", "ConnectTimeout"], "")
    assert watch.seconds < 15.0


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no fork")
def test_a_forked_process_looks_names_up_although_the_parent_was_waiting() -> None:
    program = """
        import os, threading
        from milestone_sdk._net.names import find, resolving_by

        def answer(host):
            if os.getpid() == parent:
                threading.Event().wait(60)
            return [(2, ("127.0.0.1", 0))]

        parent = os.getpid()
        with resolving_by(answer):
            try:
                find("a.example.test", 1, timeout=0.1)
            except TimeoutError:
                pass
            if (child := os.fork()) == 0:
                print(find("a.example.test", 1, timeout=5)[0][1], flush=True)
                os._exit(0)
            os.waitpid(child, 0)
    """
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.stderr) == ("('127.0.0.1', 1)\n", "")
