"""One client in several processes, and in several event loops: what a forked worker does first, and what stays whole.

Each test runs a program of its own, since pytest is not to be forked.
"""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from milestone_sdk.simulator import Simulator

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")

PROLOGUE = """
import asyncio, os, sys, threading, time
from datetime import UTC, datetime, timedelta
from milestone_sdk import *

url, password, ca_file, folder = sys.argv[1:]

def client(kind=Client, timeout=20.0):
    return kind(url, BasicUser("arc", password), trust=Trust.ca_file(ca_file), timeout=timeout)

def in_child(work):
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        begin = time.monotonic()
        work()
        assert time.monotonic() - begin < 40, "it waited for what cannot come"
        code = 0
    except BaseException:
        import traceback
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)

def ended(*children):
    for child in children:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""

Program = Callable[[str], str]


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator() as running:
        running.trigger("Motion Detected", source="C1", timestamp=running.site.now() - timedelta(seconds=45))
        yield running


@pytest.fixture
def program(sim: Simulator, tmp_path: Path) -> Program:
    """Runs a program against the site; returns what it printed."""

    def run(code: str) -> str:
        script = tmp_path / "program.py"
        script.write_text(PROLOGUE + textwrap.dedent(code), encoding="utf-8")
        arguments = [sys.executable, "-W", "error", str(script), sim.url, sim.password, str(sim.ca_file), str(tmp_path)]
        answer = subprocess.run(arguments, capture_output=True, encoding="utf-8", timeout=120)
        assert (answer.returncode, answer.stderr) == (0, "")
        return answer.stdout

    return run


def test_workers_use_the_client_that_was_opened_before_the_fork(program: Program, sim: Simulator) -> None:
    printed = program("""
        site = client()
        site.open()
        alarm, = site.alarms.list()
        site.recordings.snapshot("C1")

        def work():
            assert [each.id for each in site.alarms.list()] == [alarm.id]
            assert len(site.cameras()) == 5
            assert site.recordings.snapshot("C1").data
            with site.recordings.play("C1", alarm.around(after=timedelta(seconds=2))) as frames:
                assert list(frames)
            site.close()
            print("worker done")

        workers = [in_child(work) for _ in range(3)]
        site.refresh()
        ended(*workers)
        assert [each.id for each in site.alarms.list()] == [alarm.id], "no worker has logged the parent out"
        site.close()
        print("parent done")
    """)
    assert (printed.count("worker done"), printed.count("parent done")) == (3, 1)
    logins = [each for each in sim.requests if each.operation == "Login"]
    assert len(logins) == 4, "each process logs in by itself, once"


def test_a_lock_that_another_thread_held_at_the_fork(program: Program, sim: Simulator) -> None:
    sim.faults.add("management", "delay", operation="GetConfiguration", times=1, seconds=10)
    sim.faults.add("event_server", "delay", operation="GetAlarmLines", times=1, seconds=10)
    program("""
        site = client()
        site.open()
        threads = [threading.Thread(target=call, daemon=True) for call in (site.cameras, site.alarms.list)]
        for thread in threads:
            thread.start()
        while not site._configuration._lock.locked():
            time.sleep(0.01)

        def work():
            assert len(site.cameras()) == 5
            assert len(site.alarms.list()) == 1

        ended(in_child(work))
        os._exit(0)
    """)


def test_a_login_that_was_under_way_at_the_fork(program: Program, sim: Simulator) -> None:
    sim.faults.add("idp", "delay", times=1, after=1, seconds=10)
    program("""
        site = client()
        thread = threading.Thread(target=site.open, daemon=True)
        thread.start()
        while not site.token._lock.locked():
            time.sleep(0.01)
        ended(in_child(lambda: site.cameras()))
        os._exit(0)
    """)


def test_a_playback_goes_on_in_both_processes(program: Program) -> None:
    printed = program("""
        with client() as site:
            alarm, = site.alarms.list()
            span = alarm.around(before=timedelta(seconds=20), after=timedelta(seconds=20))
            with site.recordings.play("C1", span) as whole:
                expected = [frame.time for frame in whole]
            with site.recordings.play("C1", span) as frames:
                begun = [next(frames).time for _ in range(30)]

                def work():
                    assert begun + [frame.time for frame in frames] == expected
                    print("the child has them all")

                ended(in_child(work))
                assert begun + [frame.time for frame in frames] == expected
                print("and so has the parent")
    """)
    assert printed.splitlines() == ["the child has them all", "and so has the parent"]


def test_a_worker_follows_alarms_with_the_store_that_was_opened_before(program: Program) -> None:
    printed = program("""
        site = client().open()
        store = SqliteCheckpointStore(os.path.join(folder, "arc.db"))
        alarm, = site.alarms.list()

        def work(name):
            with site.alarms.subscribe(checkpoints=store, name=name) as alarms:
                assert next(iter(alarms)).id == alarm.id
                alarms.checkpoint(alarm)
            print("done")

        ended(in_child(lambda: work("one")), in_child(lambda: work("two")))
        work("three")

        def taken():
            try:
                work("three")
            except CheckpointError as error:
                print("in use by another subscription in another process" in str(error))

        with site.alarms.subscribe(checkpoints=store, name="three") as alarms:
            ended(in_child(taken))
        site.close()
        store.close()
    """)
    assert (printed.count("done"), printed.splitlines()[-1]) == (3, "True")


def test_an_async_client_works_in_one_event_loop_after_another_and_after_a_fork(program: Program) -> None:
    program("""
        import warnings
        warnings.simplefilter("ignore", ResourceWarning)  # connections of a closed loop go to the garbage collector
        site = client(AsyncClient)

        async def begin():
            await site.open()
            await site.cameras()

        async def again():
            await site.refresh()
            assert len(await site.alarms.list()) == 1
            assert (await site.recordings.snapshot("C1")).data

        asyncio.run(begin())
        asyncio.run(again())
        ended(in_child(lambda: asyncio.run(again())))
        asyncio.run(site.aclose())
    """)


def test_an_async_client_refuses_a_second_event_loop_at_the_same_time(program: Program) -> None:
    printed = program("""
        site = client(AsyncClient)

        async def elsewhere():
            for call in (site.cameras, site.alarms.list, site.refresh):
                try:
                    await call()
                except LocalProtocolError as error:
                    print(error)

        async def here():
            async with site:
                await site.cameras()
                await asyncio.to_thread(asyncio.run, elsewhere())
                await site.refresh()

        asyncio.run(here())
    """)
    assert len(printed.splitlines()) == 3
    assert all("in use in another event loop" in line for line in printed.splitlines())
