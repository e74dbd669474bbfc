"""The Milestone task: one signal for each alarm of each client, at every sink (R22 to R25, R45, R53, R54, R81)."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from milestone_sdk import (
    BasicUser,
    ConfigurationError,
    CurrentUser,
    LinkLost,
    LinkRestored,
    LocalProtocolError,
    MemoryCheckpointStore,
    SqliteCheckpointStore,
    UnsupportedFeature,
)
from milestone_sdk.errors import SignalRefused, SinkUnavailable
from milestone_sdk.monitor import LinkEvent
from milestone_sdk.patriot import ClientRecord, MilestoneTask, Signal
from milestone_sdk.patriot.task import TaskSnapshot
from milestone_sdk.simulator import AlarmDefinition, EventType, Simulator

from ..support.monitoring import FastClock, eventually, raised
from ..support.signals import NotingSink, client_of, running_task, task_of

pytestmark = pytest.mark.anyio

WORKING = BasicUser("arc", "secret")


def site_in(task: MilestoneTask, client_no: str = "1") -> Any:
    return next(site for site in task.snapshot().clients.sites if site.name == client_no)


# Alarms and signals


@pytest.mark.requirement(22)
async def test_each_alarm_is_one_signal_in_the_order_of_the_server(simulator: Simulator) -> None:
    """Requirements R22: changes make no second signal."""
    sink = NotingSink()
    expected = raised(simulator, 3)
    async with running_task(task_of(client_of(simulator), sink)) as task:
        await eventually(lambda: len(sink.signals) == 3)
        simulator.alarms.acknowledge(expected[1])
        simulator.alarms.close(expected[0])
        expected += raised(simulator, 2)
        await eventually(lambda: site_in(task).checkpoints == 7)
    assert sink.alarms() == expected
    assert {(signal.zone, signal.line) for signal in sink.signals} == {(5, "Medium Front Hallway Motion Detected")}
    assert sink.closed == 1


@pytest.mark.requirement(23, 25)
async def test_only_the_priority_changes_the_event_type(simulator: Simulator) -> None:
    """Requirements R23 and R25, with a priority of the site's own."""
    sink = NotingSink()
    for priority in (1, 2, 3, 7, 42):
        simulator.alarms.add("Fence", "Front Hallway", priority=priority)
    async with running_task(task_of(client_of(simulator, event_type_overrides={7: 130}), sink)):
        await eventually(lambda: len(sink.signals) == 5)
    assert [signal.event_type for signal in sink.signals] == [1, 2, 3, 130, 42]
    assert {(signal.zone, signal.source_name, signal.kind) for signal in sink.signals} == {
        (5, "Front Hallway", "alarm")
    }


@pytest.mark.requirement(24, 26)
async def test_a_priority_of_the_site_s_own_goes_through_with_its_number_and_name(simulator: Simulator) -> None:
    """Requirements R24 and R26: no list of priorities is built in."""
    sink = NotingSink()
    simulator.edit(lambda site: site.priorities.update({42: "Fence"}))
    simulator.alarms.add("Climbed", "Front Hallway", priority=42)
    simulator.alarms.add("Climbed", "Front Hallway", priority=9999)
    async with running_task(task_of(client_of(simulator), sink)):
        await eventually(lambda: len(sink.signals) == 2)
    assert [(signal.event_type, signal.line) for signal in sink.signals] == [
        (42, "Fence Front Hallway Climbed"),
        (9999, "Priority 9999 Front Hallway Climbed"),
    ]


@pytest.mark.requirement(18, 69)
async def test_start_and_stop_of_an_analytics_product_are_two_signals(simulator: Simulator) -> None:
    """Requirements R18: of event types that only this site has, with a source of any form."""
    sink, source = NotingSink(), "C1 (alarm) [7]: \r]"
    names = [f"Loitering {name} on camera C1" for name in ("START", "STOP")]
    types = [EventType(id=uuid4(), name=name, kind="analytics") for name in names]
    definitions = [AlarmDefinition(id=uuid4(), name=name, event=name, priority=1) for name in names]
    simulator.edit(lambda site: (site.event_types.extend(types), site.alarm_definitions.extend(definitions)))
    for name in names:
        assert len(simulator.trigger(name, source=source)) == 1
    async with running_task(task_of(client_of(simulator), sink)):
        await eventually(lambda: len(sink.signals) == 2)
    assert [signal.line for signal in sink.signals] == [
        f"High Zone 0 (unknown zone: {source}) {name}" for name in names
    ]
    assert {(signal.zone, signal.source_name) for signal in sink.signals} == {(0, source)}


async def test_two_clients_with_one_server_each_get_its_alarms_with_a_checkpoint_of_their_own(
    simulator: Simulator,
) -> None:
    """One of them is renamed and renumbered in between: the checkpoint belongs to the number."""
    first, store = NotingSink(), MemoryCheckpointStore()
    expected = raised(simulator, 2)
    clients = [client_of(simulator, "1"), client_of(simulator, "2", zones=[])]
    async with running_task(task_of(clients, first, checkpoints=store)) as task:
        await eventually(lambda: [site.checkpoints for site in task.snapshot().clients.sites] == [2, 2])
    assert first.alarms("1") == first.alarms("2") == expected
    assert {signal.zone for signal in first.signals if signal.client_no == "2"} == {0}
    renamed = [client_of(simulator, "1", name="Harbour"), client_of(simulator, "3")]
    second = NotingSink()
    expected += raised(simulator, 1)
    async with running_task(task_of(renamed, second, checkpoints=store)):
        await eventually(lambda: len(second.signals) == 4)
    assert (second.alarms("1"), second.alarms("3")) == (expected[2:], expected)


@pytest.mark.requirement(28, 54)
async def test_the_alarms_of_three_clients_arrive_each_under_its_own(
    simulator_factory: Callable[..., Simulator],
) -> None:
    """Requirements R54: a client that is down and one that is refused stop no other, and are reported."""
    north, dark, locked, silent = (simulator_factory(seed=seed) for seed in range(4))
    dark.stop_service("event_server")
    sink = NotingSink()
    clients = [
        client_of(dark, "2"),
        client_of(locked, "3", password="wrong"),
        client_of(silent, "4", event_reporting=False),
        client_of(north, "1"),
    ]
    expected = raised(north, 3)
    raised(silent, 1)
    async with running_task(task_of(clients, sink, link_event_types={"link_lost": 350})) as task:
        await eventually(lambda: len(sink.signals) == 5)
        assert [client.client_no for client in task.clients] == ["2", "3", "1"]
    assert sink.alarms("1") == expected
    for client_no in ("2", "3"):
        (signal,) = (each for each in sink.signals if each.client_no == client_no)
        assert (signal.kind, signal.zone, signal.event_type) == ("link_lost", 0, 350)
        assert signal.line.startswith("Milestone link lost: ")
        assert signal.alarm_id is None


# Once, also after a restart


@pytest.mark.parametrize("change", ["acknowledge", "close"])
async def test_an_alarm_that_is_changed_a_week_later_makes_no_second_signal(
    simulator: Simulator, tmp_path: Path, change: str
) -> None:
    sink, client = NotingSink(), client_of(simulator)
    (old, *_) = expected = raised(simulator, 3)
    with SqliteCheckpointStore(tmp_path / "arc.db") as store:
        async with running_task(task_of(client, sink, checkpoints=store)) as task:
            await eventually(lambda: site_in(task).checkpoints == 3)
    simulator.edit(lambda site: setattr(site, "clock_offset", timedelta(days=7)))
    expected += raised(simulator, 3)
    for _ in range(2):
        with SqliteCheckpointStore(tmp_path / "arc.db") as store:
            async with running_task(task_of(client, sink, checkpoints=store)) as task:
                await eventually(lambda: sink.alarms() == expected)
                before = site_in(task).received
                getattr(simulator.alarms, change)(old)
                simulator.alarms.update(old, priority=3)
                await eventually(lambda task=task, before=before: site_in(task).received > before)
                await eventually(lambda task=task: site_in(task).pending == 0)
    assert sink.alarms() == expected
    assert set(sink.tries.values()) == {1}


async def test_a_signal_that_was_not_acknowledged_is_sent_again_after_a_restart(simulator: Simulator) -> None:
    """With the same key, in whatever state its alarm is by then."""

    async def vanish(signal: Signal) -> None:
        raise SinkUnavailable("no connection")

    sink, store = NotingSink(vanish), MemoryCheckpointStore()
    expected = raised(simulator, 2)
    async with running_task(task_of(client_of(simulator), sink, checkpoints=store)):
        await eventually(lambda: sink.tries.total() >= 2)
    simulator.alarms.close(expected[1])
    again = NotingSink()
    async with running_task(task_of(client_of(simulator), again, checkpoints=store)):
        await eventually(lambda: again.alarms() == expected)
    assert again.signals[0].key in sink.tries
    assert [signal.key for signal in again.signals] == [f"1:{alarm_id}" for alarm_id in expected]


class ForgetfulStore(MemoryCheckpointStore):
    """Fails to save as long as `fails` is set."""

    fails = False

    def save(self, key: str, update: Any) -> None:
        if self.fails and update.done:
            raise OSError("disk full")
        super().save(key, update)


async def test_a_checkpoint_that_cannot_be_written_makes_no_second_signal_in_this_run(simulator: Simulator) -> None:
    """Not even if the alarm changes, and the site is connected again, before it can."""
    sink, store = NotingSink(), ForgetfulStore()
    expected = raised(simulator, 1)
    store.fails = True
    async with running_task(task_of(client_of(simulator), sink, checkpoints=store)) as task:
        await eventually(lambda: site_in(task).checkpoint_failures > 0)
        simulator.alarms.close(*expected)
        simulator.tokens.revoke_all()
        expected += raised(simulator, 1)
        failures = site_in(task).checkpoint_failures
        await eventually(lambda: site_in(task).checkpoint_failures > failures)
        store.fails = False
        await eventually(lambda: sink.alarms() == expected)
        await eventually(lambda: site_in(task).pending == 0)
    assert sink.alarms() == expected


# Receivers that fail


async def test_a_sink_that_is_down_holds_up_the_clients_and_loses_nothing(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Bounded memory, the order kept, one line of the log for the failure and one for the return."""
    down = True

    async def vanish(signal: Signal) -> None:
        if down:
            raise SinkUnavailable("no connection")

    sink = NotingSink(vanish)
    expected = raised(simulator, 40)
    async with running_task(task_of(client_of(simulator), sink, queue=5)) as task:
        await eventually(lambda: sink.tries.total() >= 5)
        (shown,) = task.snapshot().sinks
        assert (shown.is_available, shown.reason, shown.waiting) == (False, "no connection", 1)
        assert site_in(task).queued <= 5
        assert set(sink.tries) == {f"1:{expected[0]}"}
        expected += raised(simulator, 5)
        down = False
        await eventually(lambda: len(sink.signals) == 45)
        (shown,) = task.snapshot().sinks
        assert (shown.is_available, shown.acknowledged, shown.waiting) == (True, 45, 0)
    assert sink.alarms() == expected
    assert sum(record.name == "milestone_sdk.patriot" for record in caplog.records) == 2


async def test_a_client_whose_signals_fail_while_those_of_others_pass_is_logged_once(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """As with an account that the receiver does not know: it is tried again and again."""

    async def know_one(signal: Signal) -> None:
        if signal.client_no == "2":
            raise SinkUnavailable("the account is not known", key=signal.key)

    sink = NotingSink(know_one)
    expected = raised(simulator, 1)
    failing = f"2:{expected[0]}"
    async with running_task(task_of([client_of(simulator, "1"), client_of(simulator, "2")], sink)):
        for count in range(1, 5):
            await eventually(lambda count=count: sink.tries[failing] > count)
            expected += raised(simulator, 1)
            await eventually(lambda count=count: len(sink.alarms("1")) == count + 1)
    assert sink.alarms("1") == expected
    logged = [(record.levelno, record.message) for record in caplog.records if record.name == "milestone_sdk.patriot"]
    (error,) = (text for level, text in logged if level == logging.ERROR)
    assert failing in error
    assert "the account is not known" in error
    assert len([text for level, text in logged if level == logging.WARNING]) <= 1


async def test_a_sink_that_does_not_return_is_tried_again(simulator: Simulator) -> None:
    async def hang_once(signal: Signal) -> None:
        if sink.tries[signal.key] == 1:
            await asyncio.Event().wait()

    sink = NotingSink(hang_once)
    expected = raised(simulator, 2)
    async with running_task(task_of(client_of(simulator), sink, send_timeout=0.1)):
        await eventually(lambda: sink.alarms() == expected)


async def test_a_refused_signal_is_parked_and_offered_again(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Other alarms go on; nothing is dropped silently."""
    bad = raised(simulator, 1)
    refusing = True

    async def refuse(signal: Signal) -> None:
        if refusing and signal.alarm_id == bad[0]:
            raise SignalRefused("no such client", key=signal.key)

    sink = NotingSink(refuse)
    good = raised(simulator, 3)
    async with running_task(task_of(client_of(simulator), sink, clock=FastClock(2000.0), link_timeout=2000.0)) as task:
        await eventually(lambda: sink.alarms() == good)
        assert (site_in(task).parked, task.snapshot().sinks[0].refused > 0) == (1, True)
        await eventually(lambda: sink.tries[f"1:{bad[0]}"] >= 3)
        refusing = False
        await eventually(lambda: sink.alarms() == good + bad)
        await eventually(lambda: (site_in(task).parked, site_in(task).pending) == (0, 0))
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert any("no such client" in str(record.exc_info) for record in errors)


async def test_a_refused_alarm_that_changes_still_makes_its_signal_after_a_restart(simulator: Simulator) -> None:
    """Its first state is replaced by the second, and neither counts as handed over."""
    store, (bad,) = MemoryCheckpointStore(), raised(simulator, 1)

    async def refuse(signal: Signal) -> None:
        raise SignalRefused("no such client", key=signal.key)

    refusing = NotingSink(refuse)
    async with running_task(task_of(client_of(simulator), refusing, checkpoints=store)) as task:
        await eventually(lambda: site_in(task).parked == 1)
        simulator.alarms.acknowledge(bad)
        await eventually(lambda: site_in(task).checkpoints == 1)
        await eventually(lambda: refusing.tries[f"1:{bad}"] >= 2)
    sink = NotingSink()
    async with running_task(task_of(client_of(simulator), sink, checkpoints=store)) as task:
        await eventually(lambda: sink.alarms() == [bad])


async def test_a_state_that_was_replaced_while_it_waited_to_be_offered_again_makes_no_second_signal(
    simulator: Simulator,
) -> None:
    (bad,) = raised(simulator, 1)
    clock, states = FastClock(2000.0), set[int | None]()

    async def refuse(signal: Signal) -> None:
        if signal.revision not in states:
            states.add(signal.revision)
            if len(states) == 2:
                await clock.sleep(700.0)  # meanwhile the first state is to be offered again
            raise SignalRefused("busy", key=signal.key)
        if len(states) == 1:
            raise SignalRefused("busy", key=signal.key)

    sink = NotingSink(refuse)
    async with running_task(task_of(client_of(simulator), sink, clock=clock, link_timeout=2000.0)) as task:
        await eventually(lambda: len(states) == 1)
        simulator.alarms.acknowledge(bad)
        await eventually(lambda: len(states) == 2)
        await eventually(lambda: (site_in(task).parked, site_in(task).pending) == (0, 0))
    assert sink.alarms() == [bad]


async def test_a_sink_that_fails_unexpectedly_parks_the_signal(simulator: Simulator) -> None:
    bad, good = raised(simulator, 2)

    async def fail(signal: Signal) -> None:
        if signal.alarm_id == bad:
            raise KeyError("a bug")

    sink = NotingSink(fail)
    async with running_task(task_of(client_of(simulator), sink)) as task:
        await eventually(lambda: sink.alarms() == [good])
        assert sink.tries[f"1:{bad}"] == 5
        assert site_in(task).parked == 1


async def test_a_signal_goes_again_only_to_the_sinks_that_have_not_acknowledged_it(simulator: Simulator) -> None:
    down = True

    async def vanish(signal: Signal) -> None:
        if down:
            raise SinkUnavailable("no connection")

    first, second = NotingSink(), NotingSink(vanish)
    expected = raised(simulator, 3)
    async with running_task(task_of(client_of(simulator), [first, second])) as task:
        await eventually(lambda: second.tries.total() >= 3)
        assert first.alarms() == expected[:1]
        assert site_in(task).checkpoints == 0
        down = False
        await eventually(lambda: site_in(task).checkpoints == 3)
        assert [sink.name for sink in task.snapshot().sinks] == ["NotingSink", "NotingSink 2"]
    assert first.alarms() == second.alarms() == expected
    assert set(first.tries.values()) == {1}
    assert (first.closed, second.closed) == (1, 1)


async def test_a_signal_that_one_sink_refuses_goes_once_to_the_others(simulator: Simulator) -> None:
    (bad,) = raised(simulator, 1)

    async def refuse(signal: Signal) -> None:
        if sink.tries[signal.key] < 3:
            raise SignalRefused("busy", key=signal.key)

    sink, other = NotingSink(refuse), NotingSink()
    options = {"clock": FastClock(2000.0), "link_timeout": 2000.0}
    async with running_task(task_of(client_of(simulator), [sink, other], **options)) as task:
        await eventually(lambda: site_in(task).checkpoints == 1)
    assert (sink.alarms(), other.alarms(), other.tries[f"1:{bad}"]) == ([bad], [bad], 1)


# Links


async def test_the_loss_and_return_of_a_link_are_signals(simulator: Simulator) -> None:
    """With one key each, whatever is tried again."""
    seen: list[tuple[str, LinkEvent]] = []

    async def fail_once(signal: Signal) -> None:
        if sink.tries[signal.key] == 1:
            raise SinkUnavailable("no connection")

    async def on_link(client: ClientRecord, event: LinkEvent) -> None:
        seen.append((client.client_no, event))

    sink = NotingSink(fail_once)
    kinds = {"link_lost": 350, "link_restored": 351}
    async with running_task(task_of(client_of(simulator), sink, link_event_types=kinds, on_link=on_link)) as task:
        await eventually(lambda: site_in(task).polls > 0)
        simulator.stop_service("event_server")
        await eventually(lambda: sink.kinds() == ["link_lost"])
        simulator.start_service("event_server")
        await eventually(lambda: sink.kinds() == ["link_lost", "link_restored"])
        await eventually(lambda: len(seen) == 2)
    (_, lost), (_, restored) = seen
    assert isinstance(lost, LinkLost)
    assert isinstance(restored, LinkRestored)
    assert [signal.event_type for signal in sink.signals] == [350, 351]
    assert [signal.key for signal in sink.signals] == [
        f"1:link_lost:{lost.since.isoformat()}",
        f"1:link_restored:{restored.at.isoformat()}",
    ]
    assert sink.signals[0].line == f"Milestone link lost: {lost.reason}"
    assert set(sink.tries.values()) == {2}


async def test_an_on_link_that_fails_and_a_link_signal_that_is_refused_are_logged(
    simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    simulator.stop_service("event_server")

    async def refuse(signal: Signal) -> None:
        if signal.kind == "link_lost":
            raise SignalRefused("no such type", key=signal.key)

    async def on_link(client: ClientRecord, event: LinkEvent) -> None:
        raise KeyError("a bug")

    sink = NotingSink(refuse)
    async with running_task(task_of(client_of(simulator), sink, link_event_types={"link_lost": 1}, on_link=on_link)):
        await eventually(lambda: sink.tries.total() > 0)
        expected = raised(simulator, 1)
        simulator.start_service("event_server")
        await eventually(lambda: sink.alarms() == expected)
    text = caplog.text
    assert "is refused and not sent again: Milestone link lost: " in text
    assert "on_link failed on" in text


async def test_a_gap_is_a_signal_before_newer_alarms(simulator: Simulator) -> None:
    store, sink = MemoryCheckpointStore(), NotingSink()
    (old,) = raised(simulator, 1)
    kinds = {"alarm_gap": 352}
    async with running_task(task_of(client_of(simulator), sink, checkpoints=store)) as task:
        await eventually(lambda: site_in(task).checkpoints == 1)
    simulator.alarms.delete(old)
    (new,) = raised(simulator, 1)
    async with running_task(task_of(client_of(simulator), sink, checkpoints=store, link_event_types=kinds)):
        await eventually(lambda: sink.alarms() == [old, new])
    assert sink.kinds() == ["alarm", "alarm_gap", "alarm"]
    assert sink.signals[1].line.startswith("Milestone alarms may be missing: ")


@pytest.mark.requirement(81)
async def test_an_interconnection_server_is_found_out_and_reported(simulator_factory: Callable[..., Simulator]) -> None:
    """Requirements R81, where the kind is not configured."""
    central, site = simulator_factory(seed=1), simulator_factory(seed=2)
    for device in central.site.hardware:
        device.interconnected = True
    sink, expected = NotingSink(), raised(site, 1)
    kinds = {"link_lost": 350}
    async with running_task(task_of([client_of(central, "2"), client_of(site)], sink, link_event_types=kinds)):
        await eventually(lambda: len(sink.signals) == 2)
    assert sink.alarms("1") == expected
    assert ["Interconnect" in signal.line for signal in sink.signals if signal.client_no == "2"] == [True]


# What is refused


@pytest.mark.requirement(45, 81)
def test_clients_that_cannot_report_alarms_are_refused_by_name() -> None:
    """Requirements R45 and R81; live and playback of such a client are not the task's."""
    sink = NotingSink()
    for client, error, text in [
        ({"credentials": CurrentUser()}, ConfigurationError, "client 7: single sign-on"),
        ({"kind": "interconnect"}, UnsupportedFeature, "client 7: an Interconnection Server"),
        ({"credentials": None}, ConfigurationError, "client 7: login is missing"),
        ({"location": None}, ConfigurationError, "client 7: location is missing"),
    ]:
        values: dict[str, Any] = {"location": "https://vms.example", "credentials": WORKING} | client
        record = ClientRecord(client_no="7", **values)
        with pytest.raises(error, match=text):
            task_of(record, sink)
        with pytest.raises(ConfigurationError, match="no client of the type Milestone"):
            task_of(ClientRecord(client_no="7", event_reporting=False, **values), sink)
        with pytest.raises(ConfigurationError, match="no client of the type Milestone"):
            task_of(ClientRecord(client_no="7", camera_type="Standard Media", **values), sink)


def test_two_clients_cannot_have_one_number() -> None:
    """Requirements R27."""
    one, two = (
        ClientRecord(client_no="7", location=f"https://{host}.example", credentials=WORKING) for host in ("a", "b")
    )
    with pytest.raises(ConfigurationError, match="several clients have the number 7"):
        task_of([one, two], NotingSink())


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"link_event_types": {"alarm": 1}}, "the kind must be link_lost, link_restored, alarm_gap, undeliverable"),
        ({"link_event_types": {"link_lost": 65_001}}, "from 0 to 65000, got 65001"),
        ({"link_event_types": {"link_lost": "350"}}, "must be int, got str"),
        ({"on_link": print}, "on_link must be an async function"),
        ({"send_timeout": 0}, "send_timeout must be > 0"),
        ({"sinks": []}, "sinks must not be empty"),
        ({"sinks": object()}, "a sink must be SignalSink, got object"),
        ({"clients": "1234"}, "a client must be ClientRecord, got str"),
        ({"checkpoints": None}, "checkpoints must be CheckpointStore"),
    ],
)
def test_settings_that_cannot_work_are_refused(options: dict[str, Any], text: str) -> None:
    client = ClientRecord(client_no="7", location="https://vms.example", credentials=WORKING)
    values: dict[str, Any] = {"clients": [client], "sinks": NotingSink(), "checkpoints": MemoryCheckpointStore()}
    with pytest.raises(ConfigurationError, match=text):
        MilestoneTask(**(values | options))


@pytest.mark.requirement(53)
async def test_only_one_task_runs_in_a_process(simulator: Simulator) -> None:
    """Requirements R53."""
    sink = NotingSink()
    async with running_task(task_of(client_of(simulator), sink)) as task:
        await eventually(lambda: site_in(task).polls > 0)
        with pytest.raises(LocalProtocolError, match="runs in this process already"):
            await task_of(client_of(simulator, "2"), NotingSink()).run()
    with pytest.raises(LocalProtocolError, match="has run already"):
        await task.run()
    expected = raised(simulator, 1)
    async with task_of(client_of(simulator), sink) as later:
        running = asyncio.create_task(later.run())
        await eventually(lambda: sink.alarms() == expected)
    await running
    assert sink.closed == 2


async def test_a_task_that_never_ran_closes_its_sinks() -> None:
    sink = NotingSink()
    client = ClientRecord(client_no="7", location="https://vms.example", credentials=WORKING)
    async with task_of(client, sink, record="the task as configured") as task:
        assert task.record == "the task as configured"
        assert repr(task) == "<MilestoneTask of 1 clients>"
    assert sink.closed == 1


async def test_the_snapshot_is_also_openmetrics_text(simulator: Simulator) -> None:
    sink = NotingSink()
    raised(simulator, 2)
    async with running_task(task_of(client_of(simulator), sink)) as task:
        await eventually(lambda: site_in(task).checkpoints == 2)
        snapshot = task.snapshot()
    assert isinstance(snapshot, TaskSnapshot)
    lines = snapshot.openmetrics().splitlines()
    assert 'milestone_sink_signals_acknowledged_total{sink="NotingSink"} 2' in lines
    assert 'milestone_site_checkpoints_total{site="1"} 2' in lines
    assert [number for number, line in enumerate(lines) if line == "# EOF"] == [len(lines) - 1]
