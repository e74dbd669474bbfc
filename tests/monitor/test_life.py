"""The run of a monitor: sites that refuse, sites that come and go, start-up that is spread, and a clean stop."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

import pytest
from attrs import evolve

from milestone_sdk import (
    AlarmLine,
    BasicUser,
    Checkpoint,
    CheckpointUpdate,
    ConfigurationError,
    LinkState,
    LocalProtocolError,
    MemoryCheckpointStore,
    SqliteCheckpointStore,
    UnsupportedFeature,
    WindowsUser,
)
from milestone_sdk.monitor import AlarmMonitor, MonitoredSite, SiteSettings
from milestone_sdk.simulator import Simulator, example_site
from tests.support.stopwatch import Stopwatch

from ..support.monitoring import (
    FastClock,
    HeldReceiver,
    Receiver,
    eventually,
    monitor_of,
    raised,
    running,
    settings_of,
    site_of,
)

pytestmark = pytest.mark.anyio


def logins(simulator: Simulator) -> int:
    """How often a token was asked for."""
    return sum(request.path.lower().endswith("/connect/token") for request in simulator.requests)


# Sites that refuse


@pytest.mark.promise(8)
async def test_a_refused_login_is_loud_and_locks_no_account(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    receiver = Receiver()
    site = settings_of(simulator, password="0penSesame")
    async with running(monitor_of(receiver, site)) as monitor:
        await eventually(lambda: receiver.kinds() == ["LinkLost"])
        assert site_of(monitor).state is LinkState.REFUSED
        assert "user name or password" in str(site_of(monitor).reason)
        await asyncio.sleep(2.0)  # 100 s of the fast clock
        assert logins(simulator) == 1
    refused = [record for record in caplog.records if "REFUSED" in record.message]
    assert [(record.levelname, "0penSesame" in record.message) for record in refused] == [("ERROR", False)]


async def test_a_refused_site_is_tried_again_slowly_and_loudly(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    receiver = Receiver()
    user = simulator.site.users[0]
    good, user.password = user.password, "changed"
    site = settings_of(simulator, password=good)
    async with running(monitor_of(receiver, site, refused_interval=30.0)) as monitor:
        await eventually(lambda: logins(simulator) == 3)
        assert sum("REFUSED" in record.message for record in caplog.records) >= 2
        assert receiver.kinds() == ["LinkLost"]
        user.password = good
        await eventually(lambda: site_of(monitor).state is LinkState.LIVE)
        await eventually(lambda: receiver.kinds() == ["LinkLost", "LinkRestored"])


async def test_new_credentials_wake_a_refused_site(simulator: Simulator) -> None:
    receiver = Receiver()
    expected = raised(simulator, 1)
    async with running(monitor_of(receiver, settings_of(simulator, password="wrong"))) as monitor:
        await eventually(lambda: site_of(monitor).state is LinkState.REFUSED)
        monitor.update_credentials("site", BasicUser(simulator.username, simulator.password))
        await eventually(lambda: receiver.ids() == expected)
        await eventually(lambda: receiver.kinds() == ["LinkLost", "LinkRestored"])
        await eventually(lambda: site_of(monitor).state is LinkState.LIVE)
        assert site_of(monitor).reason is None


async def test_new_credentials_of_a_live_site_lose_and_double_nothing(simulator: Simulator) -> None:
    receiver = HeldReceiver()
    expected = raised(simulator, 5)
    async with running(monitor_of(receiver, settings_of(simulator))) as monitor:
        await eventually(lambda: receiver.calls[expected[0]] == 1)
        monitor.update_credentials("site", BasicUser(simulator.username, simulator.password))
        await eventually(lambda: logins(simulator) == 2)
        expected += raised(simulator, 2)
        receiver.may_return.set()
        await eventually(lambda: site_of(monitor).checkpoints == 7)
        assert receiver.kinds() == []
    assert receiver.ids() == expected
    assert set(receiver.calls.values()) == {1}


async def test_new_credentials_during_a_login_are_used_too(simulator: Simulator) -> None:
    receiver = Receiver()
    simulator.faults.add("management", "delay", operation="GetConfiguration", seconds=0.3, times=1)
    async with running(monitor_of(receiver, settings_of(simulator))) as monitor:
        await eventually(lambda: logins(simulator) == 1)
        monitor.update_credentials("site", BasicUser(simulator.username, simulator.password))
        await eventually(lambda: site_of(monitor).state is LinkState.LIVE)
        await eventually(lambda: logins(simulator) == 2)
        expected = raised(simulator, 1)
        await eventually(lambda: receiver.ids() == expected)


async def test_credentials_of_another_kind_may_mean_another_server(simulator: Simulator) -> None:
    """A basic user is never logged in over http: with one, an http location means https on port 443."""
    receiver = Receiver()
    windows = WindowsUser("VMS\\arc", next(user.password for user in simulator.site.users if user.kind == "windows"))
    site = evolve(settings_of(simulator), location=simulator.http_url, credentials=windows)
    assert site.server != evolve(site, credentials=BasicUser("arc", "secret")).server
    expected = raised(simulator, 1)
    async with running(monitor_of(receiver, site)) as monitor:
        await eventually(lambda: site_of(monitor).checkpoints == 1)
        monitor.update_credentials("site", BasicUser(simulator.username, simulator.password))
        await eventually(lambda: site_of(monitor).reason is not None)  # nothing listens on 443 here
        monitor.update_credentials("site", windows)
        expected += raised(simulator, 1)
        await eventually(lambda: receiver.ids() == expected)
    assert set(receiver.calls.values()) == {1}


async def test_a_live_site_that_begins_to_refuse_goes_on_with_new_credentials(simulator: Simulator) -> None:
    """The password was changed at the site; what was delivered before can still be finished meanwhile."""
    receiver = HeldReceiver()
    expected = raised(simulator, 3)
    async with running(monitor_of(receiver, settings_of(simulator))) as monitor:
        await eventually(lambda: receiver.calls[expected[0]] == 1)
        simulator.site.users[0].password = "changed"
        simulator.tokens.revoke_all()
        await eventually(lambda: site_of(monitor).state is LinkState.REFUSED)
        await eventually(lambda: receiver.kinds() == ["LinkLost"])
        receiver.may_return.set()
        await eventually(lambda: site_of(monitor).checkpoints == 3)
        expected += raised(simulator, 1)
        monitor.update_credentials("site", BasicUser(simulator.username, "changed"))
        await eventually(lambda: receiver.ids() == expected)
        await eventually(lambda: receiver.kinds() == ["LinkLost", "LinkRestored"])
        await eventually(lambda: site_of(monitor).checkpoints == 4)
    assert set(receiver.calls.values()) == {1}


# Interconnect


async def test_an_interconnect_central_server_is_refused_with_the_way_out(simulator: Simulator) -> None:
    site = settings_of(simulator, kind="interconnect")
    with pytest.raises(UnsupportedFeature, match="remote sites themselves"):
        monitor_of(Receiver(), site)
    with pytest.raises(UnsupportedFeature):
        monitor_of(Receiver()).add(site)


@pytest.mark.requirement(81)
async def test_an_interconnect_central_server_is_found_out(simulator_factory: Callable[..., Simulator]) -> None:
    """Requirements R81: never a silent empty stream."""
    central = example_site()
    for device in central.hardware:
        device.interconnected = True
    simulator = simulator_factory(central)
    receiver = Receiver()
    async with running(monitor_of(receiver, settings_of(simulator))) as monitor:
        await eventually(lambda: site_of(monitor).state is LinkState.REFUSED)
        assert "remote sites themselves" in str(site_of(monitor).reason)
        await eventually(lambda: receiver.kinds() == ["LinkLost"])


async def test_a_central_server_with_devices_of_its_own_is_followed_with_a_warning(
    simulator_factory: Callable[..., Simulator], caplog: pytest.LogCaptureFixture
) -> None:
    central = example_site()
    central.hardware[0].interconnected = True
    simulator = simulator_factory(central)
    receiver = Receiver()
    expected = raised(simulator, 1)
    async with running(monitor_of(receiver, settings_of(simulator))):
        await eventually(lambda: receiver.ids() == expected)
    assert any("1 remote sites" in record.message for record in caplog.records)


# Sites that come and go


async def test_sites_are_added_and_removed_while_it_runs(simulator_factory: Callable[..., Simulator]) -> None:
    north, south = (simulator_factory(seed=seed) for seed in range(2))
    receiver = Receiver()
    async with running(monitor_of(receiver, settings_of(north, "north"))) as monitor:
        first = raised(north, 1)
        await eventually(lambda: receiver.ids("north") == first)
        monitor.add(settings_of(south, "south"))
        second = raised(south, 1)
        await eventually(lambda: receiver.ids("south") == second)
        await monitor.remove("north")
        assert [site.name for site in monitor.sites] == ["south"]
        north.forget()
        raised(north, 1)
        third = raised(south, 1)
        await eventually(lambda: receiver.ids("south") == second + third)
        assert receiver.ids("north") == first
        assert north.requests == []
        monitor.add(settings_of(north, "north again", subscription="north"))
        await eventually(lambda: len(receiver.ids("north again")) == 1)  # the first one is done


async def test_a_handler_may_remove_its_own_site(simulator: Simulator) -> None:
    removed = asyncio.Event()

    async def leave(site: MonitoredSite, alarm: AlarmLine) -> None:
        await monitor.remove(site.name)
        removed.set()

    monitor = monitor_of(Receiver(leave), settings_of(simulator))
    raised(simulator, 1)
    async with running(monitor):
        async with asyncio.timeout(5):
            await removed.wait()
        assert monitor.sites == ()


async def test_names_and_checkpoints_are_taken_once(simulator: Simulator) -> None:
    monitor = monitor_of(Receiver(), settings_of(simulator, "one", subscription="shared"))
    with pytest.raises(ConfigurationError, match="already"):
        monitor.add(settings_of(simulator, "one", subscription="other"))
    with pytest.raises(ConfigurationError, match="share one checkpoint"):
        monitor.add(settings_of(simulator, "two", subscription="shared"))
    monitor.add(settings_of(simulator, "two", subscription="other"))
    await monitor.remove("one")
    monitor.add(settings_of(simulator, "three", subscription="shared"))
    with pytest.raises(ConfigurationError, match="no site 'one'"):
        await monitor.remove("one")
    with pytest.raises(ConfigurationError, match="no site 'one'"):
        monitor.update_credentials("one", BasicUser("arc", "secret"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"location": "vms.example"},
        {"credentials": "arc"},
        {"interval": 0},
        {"link_timeout": -1.0},
        {"link_timeout": 3.0},
        {"timeout": 0.0},
        {"queue": 0},
        {"subscription": ""},
        {"kind": "central"},
    ],
    ids=str,
)
async def test_settings_that_cannot_work_are_refused_at_once(wrong: dict[str, Any]) -> None:
    right: dict[str, Any] = {"name": "a", "location": "https://vms.example", "credentials": BasicUser("arc", "secret")}
    assert "secret" not in repr(SiteSettings(**right))
    with pytest.raises(ConfigurationError):
        SiteSettings(**right | wrong)


# Start


@pytest.mark.promise(7)
async def test_a_start_is_spread_over_time(simulator: Simulator) -> None:
    sites = [settings_of(simulator, f"site {number}") for number in range(12)]
    monitor = monitor_of(Receiver(), *sites, clock=None, starts_per_second=20.0)
    began = time.monotonic()
    async with running(monitor):
        await eventually(lambda: all(site.state is LinkState.LIVE for site in monitor.snapshot().sites))
    assert time.monotonic() - began >= 11 / 20


@pytest.mark.promise(7)
async def test_sites_on_one_server_log_in_within_its_budget(simulator_factory: Callable[..., Simulator]) -> None:
    """Five at once, then four a second, whatever the other servers do."""
    crowded, other = (simulator_factory(seed=seed) for seed in range(2))
    sites = [settings_of(crowded, f"tenant {number}") for number in range(10)]
    receiver = Receiver()
    expected = raised(other, 1)
    monitor = monitor_of(receiver, *sites, settings_of(other, "other"), clock=None, tries_per_server=4.0)
    began = time.monotonic()
    async with running(monitor):
        await eventually(lambda: receiver.ids("other") == expected)
        assert logins(crowded) <= 5 + (time.monotonic() - began) * 4 + 1
        await eventually(lambda: all(site.state is LinkState.LIVE for site in monitor.snapshot().sites))
        assert time.monotonic() - began >= 5 / 4


@pytest.mark.promise(7)
async def test_sites_on_one_server_share_the_tries_when_it_is_gone(simulator: Simulator) -> None:
    """Sixteen sites, each with a back-off of its own, would make thirty tries in the first second."""
    options: dict[str, Any] = {"interval": 0.5, "link_timeout": 3.0}
    sites = [settings_of(simulator, f"tenant {number}", **options) for number in range(16)]
    receiver = Receiver()
    monitor = monitor_of(receiver, *sites, clock=FastClock(1.0), tries_per_server=5.0)

    def polls() -> int:
        return sum(request.service == "event_server" for request in simulator.requests)

    async with running(monitor):
        await eventually(lambda: all(site.state is LinkState.LIVE for site in monitor.snapshot().sites))
        simulator.faults.add("event_server", "status", code=503)
        await eventually(lambda: all(site.state is LinkState.OFFLINE for site in monitor.snapshot().sites))
        began, before = time.monotonic(), polls()
        await eventually(lambda: polls() >= before + 10)
        assert polls() <= before + 6 + (time.monotonic() - began) * 5
        simulator.faults.clear()
        expected = set(raised(simulator, 1))
        await eventually(lambda: all(set(receiver.ids(site.name)) == expected for site in sites))
        await eventually(lambda: all(receiver.kinds(site.name)[-2:] == ["LinkLost", "LinkRestored"] for site in sites))


# Stop


class Hanging:
    """A handler that does not return; a deaf one does not heed the first time that it is cancelled."""

    def __init__(self, *, deaf: bool = False) -> None:
        self.called = asyncio.Event()
        self._deaf = deaf

    async def __call__(self, site: MonitoredSite, alarm: AlarmLine) -> None:
        self.called.set()
        while True:
            try:
                await asyncio.sleep(30.0)
            except asyncio.CancelledError:
                if not self._deaf:
                    raise
                self._deaf = False


@pytest.mark.parametrize("deaf", [False, True])
@pytest.mark.promise(11)
async def test_stop_takes_five_seconds_at_most_with_handlers_that_hang(simulator: Simulator, deaf: bool) -> None:
    before = asyncio.all_tasks()
    handler = Hanging(deaf=deaf)
    store = MemoryCheckpointStore()
    raised(simulator, 3)
    monitor = monitor_of(Receiver(handler), settings_of(simulator), checkpoints=store)
    task = asyncio.create_task(monitor.run())
    await handler.called.wait()
    watch = Stopwatch()
    monitor.stop()
    await task
    assert watch.seconds < 5.0
    assert store.load(f"{simulator.site.id}/default").acknowledged == frozenset()
    left = asyncio.all_tasks() - before
    assert len(left) == deaf
    for task in left:
        task.cancel()


@pytest.mark.promise(11)
async def test_stop_does_not_wait_for_servers_that_never_answer(simulator: Simulator) -> None:
    monitor = monitor_of(Receiver(), settings_of(simulator), clock=None)
    task = asyncio.create_task(monitor.run())
    await eventually(lambda: site_of(monitor).state is LinkState.LIVE)
    for service in ("management", "event_server"):
        simulator.faults.add(service, "deaf")
    faults = simulator.faults.active
    await eventually(lambda: any(fault.used for fault in faults))
    watch = Stopwatch()
    monitor.stop()
    await task
    assert watch.seconds < 3.0


@pytest.mark.promise(11)
async def test_stop_does_not_wait_for_a_database_that_another_program_has_locked(
    simulator: Simulator, tmp_path: Path
) -> None:
    """What was checkpointed before stays so; of the rest, each comes again."""
    path, receiver, names = tmp_path / "arc.db", Receiver(), [f"{number}" for number in range(6)]
    with SqliteCheckpointStore(path) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        monitor = monitor_of(receiver, *(settings_of(simulator, name) for name in names), checkpoints=store)
        task = asyncio.create_task(monitor.run())
        (first,) = raised(simulator, 1)
        await eventually(lambda: all(site_of(monitor, name).checkpoints == 1 for name in names))
        other.execute("BEGIN EXCLUSIVE")
        (second,) = raised(simulator, 1)
        await eventually(lambda: all(receiver.ids(name) == [first, second] for name in names))
        watch = Stopwatch()
        monitor.stop()
        await task
        assert watch.seconds < 5.0
        watch = Stopwatch()
        store.close()
        assert watch.seconds < 2.0
        other.execute("ROLLBACK")
        with SqliteCheckpointStore(path) as again:
            restarted = Receiver()
            sites = [settings_of(simulator, name) for name in names]
            async with running(monitor_of(restarted, *sites, checkpoints=again)):
                await eventually(lambda: all(restarted.ids(name) == [second] for name in names))


async def test_a_store_that_hangs_holds_up_no_other_store(simulator: Simulator) -> None:
    """And neither do the program's own threads, when all of them are at work."""

    class Hanging(MemoryCheckpointStore):
        def load(self, key: str) -> Checkpoint:
            end.wait(30.0)
            return super().load(key)

    end, receiver = threading.Event(), Receiver()
    hung = [settings_of(simulator, f"{number}") for number in range(40)]
    threads = asyncio.get_running_loop()
    busy = [threads.run_in_executor(None, end.wait, 30.0) for _ in range(40)]
    try:
        async with running(monitor_of(Receiver(), *hung, checkpoints=Hanging())) as other:
            await eventually(lambda: other.snapshot().sites[-1].openings > 0)
            async with running(monitor_of(receiver, settings_of(simulator))) as monitor:
                expected = raised(simulator, 3)
                await eventually(lambda: receiver.ids() == expected)
                await eventually(lambda: site_of(monitor).checkpoints == 3)
    finally:
        end.set()
    await asyncio.gather(*busy)


@pytest.mark.parametrize("call", ["load", "save", "release"])
async def test_stop_does_not_wait_for_a_store_that_hangs(simulator: Simulator, call: str) -> None:
    class Hanging(MemoryCheckpointStore):
        def load(self, key: str) -> Checkpoint:
            return self._hang("load") or super().load(key)

        def save(self, key: str, update: CheckpointUpdate) -> None:
            self._hang("save")
            super().save(key, update)

        def release(self, key: str) -> None:
            self._hang("release")
            super().release(key)

        def _hang(self, name: str) -> None:
            if name == call:
                hangs.set()
                end.wait(30.0)

    hangs, end, receiver = threading.Event(), threading.Event(), Receiver()
    monitor = monitor_of(receiver, settings_of(simulator), checkpoints=Hanging())
    task = asyncio.create_task(monitor.run())
    raised(simulator, 1)
    if call == "release":
        await eventually(lambda: receiver.ids() != [])
    else:
        await eventually(hangs.is_set)
    watch = Stopwatch()
    monitor.stop()
    await task
    assert watch.seconds < 5.0
    end.set()


@pytest.mark.promise(11)
async def test_nothing_is_handled_or_checkpointed_after_stop(simulator: Simulator) -> None:
    called, may_return = asyncio.Event(), asyncio.Event()

    async def wait(site: MonitoredSite, alarm: AlarmLine) -> None:
        called.set()
        await may_return.wait()

    receiver, store = Receiver(wait), MemoryCheckpointStore()
    expected = raised(simulator, 3)
    monitor = monitor_of(receiver, settings_of(simulator), checkpoints=store)
    task = asyncio.create_task(monitor.run())
    await called.wait()
    monitor.stop()
    may_return.set()
    await task
    assert receiver.ids() == expected[:1]  # it was at work, and could finish
    assert store.load(f"{simulator.site.id}/default").acknowledged == frozenset()


async def test_a_stopped_monitor_leaves_nothing_behind(simulator: Simulator) -> None:
    receiver = Receiver()
    before = asyncio.all_tasks()
    raised(simulator, 2)
    async with running(monitor_of(receiver, settings_of(simulator))):
        await eventually(lambda: len(receiver.alarms) == 2)
    assert asyncio.all_tasks() == before
    assert simulator.requests[-1].operation == "Logout"


async def test_a_monitor_runs_once(simulator: Simulator) -> None:
    monitor = monitor_of(Receiver(), settings_of(simulator))
    monitor.stop()
    await monitor.run()  # stopped before it began: returns at once
    with pytest.raises(LocalProtocolError):
        await monitor.run()
    assert simulator.requests == []


def test_it_stops_from_another_thread_as_a_service_does(simulator: Simulator, tmp_path: Path) -> None:
    """A Windows service gets its stop request on another thread."""
    started: threading.Event = threading.Event()
    monitors: list[tuple[asyncio.AbstractEventLoop, AlarmMonitor]] = []

    async def serve(store: SqliteCheckpointStore) -> None:
        async with monitor_of(Receiver(), settings_of(simulator), checkpoints=store, clock=None) as monitor:
            monitors.append((asyncio.get_running_loop(), monitor))
            started.set()
            await monitor.run()

    with SqliteCheckpointStore(tmp_path / "arc.db") as store:
        service = threading.Thread(target=lambda: asyncio.run(serve(store)))
        service.start()
        assert started.wait(10.0)
        ((loop, monitor),) = monitors
        watch = Stopwatch()
        loop.call_soon_threadsafe(monitor.stop)
        service.join(30.0)
        assert not service.is_alive()
        assert watch.seconds < 5.0


def test_it_needs_no_loop_that_waits_on_descriptors(simulator: Simulator) -> None:
    """The Proactor loop of Windows has no `add_reader`."""

    class Proactorish(asyncio.SelectorEventLoop):
        def add_reader(self, *given: object) -> NoReturn:
            raise NotImplementedError

        def add_writer(self, *given: object) -> NoReturn:
            raise NotImplementedError

    receiver = Receiver()
    expected = raised(simulator, 2)

    async def receive() -> None:
        async with running(monitor_of(receiver, settings_of(simulator))):
            await eventually(lambda: len(receiver.alarms) == 2)

    with asyncio.Runner(loop_factory=Proactorish) as runner:
        runner.run(receive())
    assert receiver.ids() == expected


# Cost


async def test_a_quiet_site_costs_one_task(simulator: Simulator) -> None:
    before = len(asyncio.all_tasks())
    sites = [settings_of(simulator, f"site {number}") for number in range(10)]
    async with running(monitor_of(Receiver(), *sites)) as monitor:
        await eventually(lambda: all(site.state is LinkState.LIVE for site in monitor.snapshot().sites))
        await eventually(lambda: len(asyncio.all_tasks()) - before == len(sites) + 1)
