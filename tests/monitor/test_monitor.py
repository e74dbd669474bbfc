"""The monitor: every alarm of every site reaches the handler, whatever happens to the others."""

import asyncio
import copy
import gc
import pickle
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from milestone_sdk import (
    AlarmGap,
    AlarmLine,
    Camera,
    CheckpointError,
    CheckpointUpdate,
    ConfigurationError,
    LinkLost,
    LinkRestored,
    LinkState,
    MemoryCheckpointStore,
    SqliteCheckpointStore,
)
from milestone_sdk.monitor import AlarmMonitor, LinkEvent, MonitoredSite
from milestone_sdk.simulator import Simulator

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
from ..support.stopwatch import Stopwatch

pytestmark = pytest.mark.anyio


# Delivery


@pytest.mark.promise(10)
@pytest.mark.requirement(54)
async def test_alarms_of_three_sites_arrive_each_under_its_own(simulator_factory: Callable[..., Simulator]) -> None:
    """Requirements R54: one server that is down does not stop the other two."""
    simulators = {name: simulator_factory(seed=seed) for seed, name in enumerate(("dark", "north", "south"))}
    receiver = Receiver()
    sites = [settings_of(simulator, name) for name, simulator in simulators.items()]
    simulators["dark"].stop_service("event_server")
    expected = {name: raised(simulators[name], 5) for name in ("north", "south")}
    async with running(monitor_of(receiver, *sites)) as monitor:
        await eventually(lambda: len(receiver.alarms) == 10)
        expected["north"] += raised(simulators["north"], 2)
        await eventually(lambda: len(receiver.alarms) == 12)
        assert site_of(monitor, "dark").state in (LinkState.CONNECTING, LinkState.OFFLINE)
    assert {name: receiver.ids(name) for name in ("north", "south")} == expected


async def test_handlers_reach_the_site_through_its_open_client(simulator: Simulator) -> None:
    whole: list[object] = []

    async def read(site: MonitoredSite, alarm: AlarmLine) -> None:
        whole.append((await site.client.alarms.get(alarm)).id)

    receiver = Receiver(read)
    expected = raised(simulator, 2)
    async with running(monitor_of(receiver, settings_of(simulator))):
        await eventually(lambda: len(receiver.alarms) == 2)
    assert whole == expected


async def test_a_site_that_is_only_polled_keeps_no_cameras_in_memory(simulator: Simulator) -> None:
    seen: list[int] = []

    async def look(site: MonitoredSite, alarm: AlarmLine) -> None:
        seen.append(len(await site.client.cameras()))

    def in_memory() -> int:
        gc.collect()
        return sum(isinstance(thing, Camera) for thing in gc.get_objects())

    before = in_memory()
    receiver = Receiver(look)
    async with running(monitor_of(receiver, settings_of(simulator))) as monitor:
        await eventually(lambda: site_of(monitor).state is LinkState.LIVE)
        assert in_memory() == before
        raised(simulator, 1)
        await eventually(lambda: len(receiver.alarms) == 1)
        assert in_memory() == before + seen[0], "what a handler asked for is kept"


@pytest.mark.promise(14)
async def test_a_snapshot_says_how_a_site_stands(simulator: Simulator) -> None:
    receiver = HeldReceiver()
    async with running(monitor_of(receiver, settings_of(simulator))) as monitor:
        await eventually(lambda: site_of(monitor).state is LinkState.LIVE)
        quiet = site_of(monitor)
        assert (quiet.lag, quiet.last_received, quiet.last_checkpoint, quiet.pending) == (None, None, None, 0)
        assert quiet.last_contact is not None
        raised(simulator, 3)
        await eventually(lambda: site_of(monitor).queued == 2)
        waiting = site_of(monitor)
        assert (waiting.received, waiting.pending, waiting.handled, waiting.checkpoints) == (3, 3, 0, 0)
        assert waiting.last_received is not None
        await eventually(lambda: (site_of(monitor).lag or timedelta()) > (waiting.lag or timedelta()))
        receiver.may_return.set()
        await eventually(lambda: site_of(monitor).checkpoints == 3)
        done = site_of(monitor)
        assert (done.handled, done.pending, done.queued, done.lag) == (3, 0, 0, None)
        assert done.last_checkpoint is not None
        assert done.polls > quiet.polls
    ended = site_of(monitor)
    assert (ended.received, ended.checkpoints, ended.last_checkpoint) == (3, 3, done.last_checkpoint)


@pytest.mark.promise(1)
async def test_an_alarm_has_its_checkpoint_only_after_the_handler_returned(simulator: Simulator) -> None:
    may_return = asyncio.Event()

    async def wait(site: MonitoredSite, alarm: AlarmLine) -> None:
        await may_return.wait()

    receiver, store = Receiver(wait), MemoryCheckpointStore()
    key = f"{simulator.site.id}/default"
    (alarm_id,) = raised(simulator, 1)
    async with running(monitor_of(receiver, settings_of(simulator), checkpoints=store)) as monitor:
        await eventually(lambda: receiver.calls[alarm_id] == 1)
        assert store.load(key).acknowledged == frozenset()
        assert site_of(monitor).pending == 1
        may_return.set()
        await eventually(lambda: site_of(monitor).checkpoints == 1)
        assert [entry.id for entry in store.load(key).acknowledged] == [alarm_id]


@pytest.mark.promise(1)
@pytest.mark.promise(3)
async def test_after_a_restart_only_what_is_not_done_comes(simulator: Simulator, tmp_path: Path) -> None:
    async def fail_on_the_third(site: MonitoredSite, alarm: AlarmLine) -> None:
        if alarm.id == expected[2]:
            raise OSError("the database is away")

    expected = raised(simulator, 4)
    with SqliteCheckpointStore(tmp_path / "arc.db") as store:
        first = Receiver(fail_on_the_third)
        async with running(monitor_of(first, settings_of(simulator), checkpoints=store, attempts=2)) as monitor:
            await eventually(lambda: site_of(monitor).checkpoints == 3)
    with SqliteCheckpointStore(tmp_path / "arc.db") as store:
        second = Receiver()
        async with running(monitor_of(second, settings_of(simulator), checkpoints=store)):
            expected += raised(simulator, 1)
            await eventually(lambda: len(second.alarms) == 2)
    assert first.ids() == [expected[0], expected[1], expected[3]]
    assert second.ids() == [expected[2], expected[4]]


@pytest.mark.promise(9)
async def test_a_slow_handler_slows_the_polling_and_loses_nothing(simulator: Simulator) -> None:
    receiver = HeldReceiver()
    expected = raised(simulator, 20)
    async with running(monitor_of(receiver, settings_of(simulator, queue=3))) as monitor:
        await eventually(lambda: site_of(monitor).queued == 3)
        polls = site_of(monitor).polls
        expected += raised(simulator, 20)
        await asyncio.sleep(0.3)  # five intervals of the fast clock, in which it would have polled
        assert (site_of(monitor).polls, site_of(monitor).queued, len(receiver.calls)) == (polls, 3, 1)
        receiver.may_return.set()
        await eventually(lambda: len(receiver.alarms) == 40)
    assert receiver.ids() == expected


# Handlers that fail


@pytest.mark.promise(4)
async def test_a_handler_that_fails_is_called_again_and_order_is_kept(simulator: Simulator) -> None:
    async def fail_twice(site: MonitoredSite, alarm: AlarmLine) -> None:
        if receiver.calls[alarm.id] < 3:
            raise ValueError("not now")

    receiver = Receiver(fail_twice)
    expected = raised(simulator, 3)
    async with running(monitor_of(receiver, settings_of(simulator))) as monitor:
        await eventually(lambda: site_of(monitor).checkpoints == 3)
        assert (site_of(monitor).handled, site_of(monitor).handler_failures) == (3, 6)
    assert receiver.ids() == expected


@pytest.mark.promise(10)
async def test_a_poison_alarm_is_given_up_and_the_next_ones_go_on(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    async def choke(site: MonitoredSite, alarm: AlarmLine) -> None:
        if alarm.id == expected[1]:
            raise ValueError("poison")

    receiver = Receiver(choke)
    store = MemoryCheckpointStore()
    expected = raised(simulator, 3)
    options: dict[str, Any] = {"checkpoints": store, "attempts": 4, "on_undeliverable": receiver.on_undeliverable}
    async with running(monitor_of(receiver, settings_of(simulator), **options)) as monitor:
        await eventually(lambda: site_of(monitor).checkpoints == 3)
        assert (site_of(monitor).undeliverable, site_of(monitor).parked) == (1, 0)
    assert receiver.ids() == [expected[0], expected[2]]
    ((name, alarm, error),) = receiver.given_up
    assert (name, alarm.id, receiver.calls[alarm.id]) == ("site", expected[1], 4)
    assert isinstance(error.__cause__, ValueError)
    for same in (error, copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert (same.alarm_id, same.revision, str(same)) == (alarm.id, alarm.revision, str(error))
    assert [record.levelname for record in caplog.records if str(expected[1]) in record.message] == ["WARNING", "ERROR"]


@pytest.mark.promise(10)
async def test_what_nobody_takes_is_set_aside_loudly_and_offered_again(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    well = False

    async def choke(site: MonitoredSite, alarm: AlarmLine) -> None:
        if alarm.id == expected[0] and not well:
            raise ValueError("poison")

    receiver = Receiver(choke)
    store = MemoryCheckpointStore()
    expected = raised(simulator, 3)
    site = settings_of(simulator, interval=30.0, link_timeout=300.0)
    monitor = monitor_of(receiver, site, checkpoints=store, attempts=2, clock=FastClock(1000.0))
    async with running(monitor):
        await eventually(lambda: site_of(monitor).checkpoints == 2)
        assert site_of(monitor).parked == 1
        assert expected[0] not in {entry.id for entry in store.load(f"{simulator.site.id}/default").acknowledged}
        well = True
        await eventually(lambda: site_of(monitor).checkpoints == 3)  # ten minutes later
        assert site_of(monitor).parked == 0
    assert receiver.ids() == [expected[1], expected[2], expected[0]]
    assert any(record.levelname == "ERROR" and str(expected[0]) in record.message for record in caplog.records)


async def test_a_handler_that_fails_on_everything_gets_everything_once_it_is_well(simulator: Simulator) -> None:
    """What is set aside is bounded; then the next alarm is offered until it is taken."""
    well = False

    async def choke(site: MonitoredSite, alarm: AlarmLine) -> None:
        if not well:
            raise OSError("the database is away")

    receiver = Receiver(choke)
    expected = raised(simulator, 120)
    site = settings_of(simulator, interval=30.0, link_timeout=300.0, queue=5)
    async with running(monitor_of(receiver, site, attempts=1, clock=FastClock(1000.0))) as monitor:
        await eventually(lambda: site_of(monitor).parked == 100)
        tries = receiver.calls[expected[100]]
        await eventually(lambda: receiver.calls[expected[100]] > tries + 2)
        assert (site_of(monitor).parked, site_of(monitor).queued, receiver.calls[expected[101]]) == (100, 5, 0)
        well = True
        await eventually(lambda: site_of(monitor).checkpoints == 120)
    assert sorted(receiver.ids(), key=expected.index) == expected


async def test_a_later_state_of_an_alarm_settles_the_one_that_was_set_aside(simulator: Simulator) -> None:
    async def choke(site: MonitoredSite, alarm: AlarmLine) -> None:
        if alarm.state == 1:
            raise ValueError("poison")

    receiver = Receiver(choke)
    (alarm_id,) = raised(simulator, 1)
    async with running(monitor_of(receiver, settings_of(simulator), attempts=1)) as monitor:
        await eventually(lambda: site_of(monitor).parked == 1)
        simulator.alarms.close(alarm_id)
        await eventually(lambda: site_of(monitor).checkpoints == 2)
        assert (site_of(monitor).parked, site_of(monitor).pending) == (0, 0)


async def test_an_on_undeliverable_that_fails_leaves_the_alarm_open(simulator: Simulator) -> None:
    async def choke(site: MonitoredSite, alarm: AlarmLine) -> None:
        raise ValueError("poison")

    async def fail_too(site: MonitoredSite, alarm: AlarmLine, error: object) -> None:
        raise OSError("no paper in the printer")

    receiver = Receiver(choke)
    raised(simulator, 2)
    monitor = monitor_of(receiver, settings_of(simulator), attempts=1, on_undeliverable=fail_too)
    async with running(monitor):
        await eventually(lambda: site_of(monitor).parked == 2)
        assert (site_of(monitor).checkpoints, site_of(monitor).pending) == (0, 2)


@pytest.mark.promise(10)
async def test_a_handler_that_fails_or_hangs_for_one_site_holds_up_no_other(
    simulator_factory: Callable[..., Simulator],
) -> None:
    async def misbehave(site: MonitoredSite, alarm: AlarmLine) -> None:
        if site.name == "hangs":
            await asyncio.Event().wait()
        if site.name == "fails":
            raise ValueError("always")
        if site.name == "cancelled":
            raise asyncio.CancelledError("leaked from a task of the handler")

    receiver = Receiver(misbehave)
    simulators = {
        name: simulator_factory(seed=seed) for seed, name in enumerate(("hangs", "fails", "cancelled", "well"))
    }
    for simulator in simulators.values():
        raised(simulator, 2)
    sites = [settings_of(simulator, name) for name, simulator in simulators.items()]
    async with running(monitor_of(receiver, *sites, attempts=2)) as monitor:
        await eventually(lambda: len(receiver.ids("well")) == 2)
        await eventually(lambda: site_of(monitor, "cancelled").undeliverable == 2)
        await eventually(lambda: site_of(monitor, "fails").undeliverable == 2)
        later = raised(simulators["well"], 1)
        await eventually(lambda: receiver.ids("well")[-1:] == later)
        await eventually(lambda: site_of(monitor, "hangs").state is LinkState.LIVE)


@pytest.mark.parametrize("which", ["on_alarm", "on_link", "on_undeliverable"])
async def test_a_blocking_handler_is_refused(which: str) -> None:
    receiver = Receiver()
    handlers: dict[str, Any] = {"on_alarm": receiver.on_alarm, "on_link": receiver.on_link}
    with pytest.raises(ConfigurationError, match=f"async def {which}"):
        AlarmMonitor(checkpoints=MemoryCheckpointStore(), **{**handlers, which: lambda *given: None})


# The store


class Moody(MemoryCheckpointStore):
    """Fails while `error` is set, with a `CheckpointError` or an error that the store did not wrap."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error: Exception | None = error
        self.tries = 0

    def save(self, key: str, update: CheckpointUpdate) -> None:
        self.tries += 1
        if self.error is not None:
            raise self.error
        super().save(key, update)


@pytest.mark.parametrize("error", [CheckpointError("the disk is full"), RuntimeError("connection reset")])
@pytest.mark.promise(12)
async def test_a_store_that_fails_holds_alarms_up_and_calls_no_handler_twice(
    simulator: Simulator, error: Exception
) -> None:
    receiver, store = Receiver(), Moody(error)
    expected = raised(simulator, 3)
    async with running(monitor_of(receiver, settings_of(simulator), checkpoints=store)) as monitor:
        await eventually(lambda: site_of(monitor).checkpoint_failures >= 2)
        assert (receiver.ids(), site_of(monitor).checkpoints) == (expected[:1], 0)

        store.error = None
        await eventually(lambda: site_of(monitor).checkpoints == 3)
    assert receiver.ids() == expected
    assert set(receiver.calls.values()) == {1}


# The link


@pytest.mark.promise(6)
async def test_loss_and_return_of_the_link_are_told_once_with_its_length(simulator: Simulator) -> None:
    receiver = Receiver()
    async with running(monitor_of(receiver, settings_of(simulator))) as monitor:
        await eventually(lambda: site_of(monitor).state is LinkState.LIVE)
        simulator.stop_service("event_server")
        await eventually(lambda: receiver.kinds() == ["LinkLost"])
        assert site_of(monitor).state is LinkState.OFFLINE
        assert site_of(monitor).reason
        missed = raised(simulator, 2)
        simulator.start_service("event_server")
        await eventually(lambda: receiver.kinds() == ["LinkLost", "LinkRestored"])
        await eventually(lambda: receiver.ids() == missed)
    (_, lost), (_, restored) = receiver.events
    assert isinstance(lost, LinkLost)
    assert isinstance(restored, LinkRestored)
    assert restored.lost_for >= timedelta(seconds=30)


@pytest.mark.promise(7)
async def test_a_site_that_is_down_at_the_start_is_told_and_followed_later(simulator: Simulator) -> None:
    receiver = Receiver()
    simulator.stop_service("management")
    async with running(monitor_of(receiver, settings_of(simulator))) as monitor:
        await eventually(lambda: receiver.kinds() == ["LinkLost"])
        assert site_of(monitor).state is LinkState.OFFLINE
        expected = raised(simulator, 1)
        simulator.start_service("management")
        await eventually(lambda: receiver.ids() == expected)
        await eventually(lambda: receiver.kinds() == ["LinkLost", "LinkRestored"])
        await eventually(lambda: site_of(monitor).state is LinkState.LIVE)


@pytest.mark.parametrize("service", ["management", "event_server"])
@pytest.mark.promise(6)
async def test_a_site_that_accepts_and_never_answers_is_told_in_time(simulator: Simulator, service: str) -> None:
    receiver = Receiver()
    simulator.faults.add(service, "deaf")
    site = settings_of(simulator, interval=0.1, link_timeout=0.5)
    began, watch = time.monotonic(), Stopwatch()
    async with running(monitor_of(receiver, site, clock=None)):
        await eventually(lambda: receiver.kinds() == ["LinkLost"])
        assert time.monotonic() - began >= 0.5
        assert watch.seconds < 2.0


async def test_the_link_is_watched_while_a_slow_handler_holds_up_the_polling(simulator: Simulator) -> None:
    receiver = HeldReceiver()
    expected = raised(simulator, 10)
    async with running(monitor_of(receiver, settings_of(simulator, queue=1))) as monitor:
        await eventually(lambda: site_of(monitor).queued == 1)
        await asyncio.sleep(1.0)  # longer than the link timeout: a slow handler is no dead link
        assert receiver.kinds() == []
        simulator.stop_service("event_server")
        await eventually(lambda: receiver.kinds() == ["LinkLost"])
        simulator.start_service("event_server")
        await eventually(lambda: receiver.kinds() == ["LinkLost", "LinkRestored"])
        simulator.stop_service("event_server")
        await eventually(lambda: receiver.kinds()[2:] == ["LinkLost"])
        receiver.may_return.set()
        await eventually(lambda: receiver.ids() == expected)
        simulator.start_service("event_server")
        await eventually(lambda: receiver.kinds()[2:] == ["LinkLost", "LinkRestored"])
        await eventually(lambda: site_of(monitor).state is LinkState.LIVE)
        assert site_of(monitor).losses == 2


async def test_without_changes_each_alarm_is_offered_once(simulator: Simulator) -> None:
    """Also after a restart; what the handler gave up and `on_undeliverable` accepted counts as offered."""
    store, receiver = MemoryCheckpointStore(), Receiver()
    good, bad = raised(simulator, 2)

    async def refuse(site: MonitoredSite, alarm: AlarmLine) -> None:
        if alarm.id == bad:
            raise ValueError("no")

    receiver.before = refuse
    options: dict[str, Any] = {
        "checkpoints": store,
        "changes": False,
        "attempts": 2,
        "on_undeliverable": receiver.on_undeliverable,
    }
    async with running(monitor_of(receiver, settings_of(simulator), **options)) as monitor:
        await eventually(lambda: site_of(monitor).checkpoints == 2)
        simulator.alarms.acknowledge(good)
        await eventually(lambda: site_of(monitor).checkpoints == 3)
    simulator.alarms.close(good, bad)
    async with running(monitor_of(receiver, settings_of(simulator), **options)) as monitor:
        await eventually(lambda: site_of(monitor).checkpoints == 2)
    assert receiver.ids() == [good]
    assert receiver.calls == {good: 1, bad: 2}
    assert len(receiver.given_up) == 1


@pytest.mark.promise(2)
async def test_a_gap_is_told_before_newer_alarms(simulator: Simulator) -> None:
    """Retention removed what was known; what came and went meanwhile is gone with it."""
    store = MemoryCheckpointStore()
    receiver = Receiver()
    (old,) = raised(simulator, 1)
    async with running(monitor_of(receiver, settings_of(simulator), checkpoints=store)) as monitor:
        await eventually(lambda: site_of(monitor).checkpoints == 1)
    simulator.alarms.delete(old)
    (new,) = raised(simulator, 1)

    async def note(site: MonitoredSite, alarm: AlarmLine) -> None:
        assert later.kinds() == ["AlarmGap"]

    later = Receiver(note)
    async with running(monitor_of(later, settings_of(simulator), checkpoints=store)) as monitor:
        await eventually(lambda: later.ids() == [new])
        assert (site_of(monitor).gaps, later.calls[new]) == (1, 1)
    ((_, gap),) = later.events
    assert isinstance(gap, AlarmGap)
    assert gap.since <= gap.until


async def test_an_on_link_that_fails_is_called_again_and_holds_up_no_alarm(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    receiver = Receiver()
    tries = 0

    async def fail_once(site: MonitoredSite, event: LinkEvent) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OSError("the pager is off")
        await receiver.on_link(site, event)

    monitor = AlarmMonitor(
        [settings_of(simulator)],
        on_alarm=receiver.on_alarm,
        on_link=fail_once,
        checkpoints=MemoryCheckpointStore(),
        clock=FastClock(),
    )
    async with running(monitor):
        await eventually(lambda: site_of(monitor).state is LinkState.LIVE)
        simulator.stop_service("event_server")
        await eventually(lambda: receiver.kinds() == ["LinkLost"])
        expected = raised(simulator, 1)
        simulator.start_service("event_server")
        await eventually(lambda: receiver.kinds() == ["LinkLost", "LinkRestored"])
        await eventually(lambda: receiver.ids() == expected)
    assert tries == 3
    assert any("on_link failed" in record.message for record in caplog.records)


async def test_three_default_simulators_are_three_sites(simulator_factory: Callable[..., Simulator]) -> None:
    sims = [simulator_factory() for _ in range(3)]
    receiver = Receiver()
    expected = {f"site {number}": raised(sim, 1) for number, sim in enumerate(sims)}
    settings = [settings_of(sim, f"site {number}", subscription="default") for number, sim in enumerate(sims)]
    async with running(monitor_of(receiver, *settings)):
        await eventually(lambda: all(receiver.ids(name) == alarms for name, alarms in expected.items()))
