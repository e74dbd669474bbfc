# Generated from tests/_async/alarms/test_subscription_events.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""What a subscription tells besides alarms: the link, gaps, its own state."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from milestone_sdk import (
    AlarmChanged,
    AlarmEvent,
    AlarmGap,
    AlarmLine,
    AlarmRaised,
    AlarmSubscription,
    Client,
    BasicUser,
    Checkpoint,
    CheckpointUpdate,
    InvalidCredentials,
    LinkLost,
    LinkRestored,
    LinkState,
    MemoryCheckpointStore,
    Trust,
)
from milestone_sdk._net.blocking import remaining
from milestone_sdk.simulator import Simulator
from milestone_sdk.testing import ManualClock

from ...support.stopwatch import Stopwatch
from ..opening import client_of, following

pytestmark = pytest.mark.anyio


def until(alarms: AlarmSubscription, kind: type[AlarmEvent]) -> list[AlarmEvent]:
    """Every event up to the first of a kind."""
    seen: list[AlarmEvent] = []
    for event in alarms.events():
        seen.append(event)
        if isinstance(event, kind):
            return seen
    return seen


def motion(simulator: Simulator) -> None:
    simulator.trigger("Motion Detected", source="C1")


def done(simulator: Simulator, store: MemoryCheckpointStore) -> AlarmLine:
    """An alarm that an earlier run has seen and checkpointed."""
    with client_of(simulator) as site, following(site, checkpoints=store) as alarms:
        motion(simulator)
        (event,) = until(alarms, AlarmRaised)
        assert isinstance(event, AlarmRaised)
        alarms.checkpoint(event.alarm)
        return event.alarm


def test_first_sight_and_changes_are_told_apart(site: Client, simulator: Simulator) -> None:
    with following(site) as alarms:
        motion(simulator)
        raised = (until(alarms, AlarmRaised))[-1]
        assert isinstance(raised, AlarmRaised)
        site.alarms.acknowledge(raised.alarm)
        changed = (until(alarms, AlarmChanged))[-1]
        assert isinstance(changed, AlarmChanged)
        assert changed.alarm.id == raised.alarm.id
        assert changed.alarm.state == 4


def test_a_change_after_a_restart_of_an_alarm_that_is_done_is_a_change(simulator: Simulator) -> None:
    store = MemoryCheckpointStore()
    alarm = done(simulator, store)
    simulator.alarms.acknowledge(alarm.id)
    with client_of(simulator) as site, following(site, checkpoints=store) as alarms:
        (again,) = until(alarms, AlarmChanged)
    assert isinstance(again, AlarmChanged)


@pytest.mark.promise(6)
def test_loss_and_return_of_the_link_stand_in_the_stream(site: Client, simulator: Simulator) -> None:
    with following(site, link_timeout=2.0) as alarms:
        simulator.stop_service("event_server")
        watch = Stopwatch()
        lost = (until(alarms, LinkLost))[-1]
        assert isinstance(lost, LinkLost)
        assert watch.seconds < 6
        assert "event server" in lost.reason
        assert alarms.state is LinkState.OFFLINE
        motion(simulator)
        threading.Timer(0.2, simulator.start_service, ["event_server"]).start()
        restored = (until(alarms, LinkRestored))[-1]
        assert isinstance(restored, LinkRestored)
        assert restored.lost_for >= timedelta(seconds=2)
        assert [type(event) for event in until(alarms, AlarmRaised)] == [AlarmRaised]
        assert alarms.state is LinkState.LIVE
        assert alarms.reason is None
        assert alarms.statistics.losses == 1


@pytest.mark.promise(6)
def test_a_server_that_goes_silent_is_lost_in_time(site: Client, simulator: Simulator) -> None:
    """It accepts connections and never answers; the client's own timeout is ten times as long."""
    with following(site, link_timeout=1.0) as alarms:
        simulator.faults.add("event_server", "deaf")
        watch = Stopwatch()
        until(alarms, LinkLost)
        assert watch.seconds < 4


@pytest.mark.promise(6)
def test_an_answer_that_trickles_is_no_sign_of_life(site: Client, simulator: Simulator) -> None:
    with following(site, link_timeout=1.0) as alarms:
        simulator.faults.add("event_server", "slicer", size=1, delay=0.5)
        watch = Stopwatch()
        until(alarms, LinkLost)
        assert watch.seconds < 4


@pytest.mark.promise(7)
def test_a_site_that_is_down_from_the_start_is_waited_for(simulator: Simulator) -> None:
    simulator.stop_service("management")
    client = client_of(simulator)
    with following(client, eager=False, link_timeout=2.0) as alarms:
        assert alarms.state is LinkState.CONNECTING
        assert isinstance((until(alarms, LinkLost))[-1], LinkLost)
        simulator.start_service("management")
        motion(simulator)
        seen = until(alarms, AlarmRaised)
        assert [type(event) for event in seen] == [LinkRestored, AlarmRaised]
    client.close()


@pytest.mark.promise(8)
def test_a_refused_login_is_raised_and_can_be_mended(simulator: Simulator) -> None:
    client = client_of(simulator, password="wrong")
    with following(client, eager=False) as alarms:
        with pytest.raises(InvalidCredentials):
            until(alarms, AlarmRaised)
        assert alarms.state is LinkState.REFUSED
        assert alarms.reason
        client.token.replace(BasicUser(simulator.username, simulator.password))
        motion(simulator)
        assert isinstance((until(alarms, AlarmRaised))[-1], AlarmRaised)
        assert alarms.state is LinkState.LIVE
    client.close()


@pytest.mark.promise(2)
def test_alarms_that_were_removed_unseen_are_a_gap(simulator: Simulator) -> None:
    store = MemoryCheckpointStore()
    done(simulator, store)
    motion(simulator)
    simulator.alarms.delete(*[row.id for row in simulator.alarms.stored()])
    motion(simulator)
    with client_of(simulator) as site:
        with following(site, checkpoints=store) as alarms:
            seen = until(alarms, AlarmRaised)
        assert [type(event) for event in seen] == [AlarmGap, AlarmRaised], "the gap comes before anything newer"
        gap = seen[0]
        assert isinstance(gap, AlarmGap)
        assert gap.since <= gap.until
        assert alarms.statistics.gaps == 1
        with following(site, checkpoints=store) as alarms:
            with pytest.raises(AlarmGap):
                alarms.__next__()
            assert (alarms.__next__()).source_name == "C1"


@pytest.mark.promise(2)
@pytest.mark.parametrize("answers", [1, 2])
def test_a_gap_is_told_although_the_next_answer_is_lost(simulator: Simulator, answers: int) -> None:
    store = MemoryCheckpointStore()
    alarm = done(simulator, store)
    simulator.alarms.delete(alarm.id)
    motion(simulator)
    fault = simulator.faults.add("event_server", "reset", operation="GetAlarmLines", after=answers, times=1)
    with client_of(simulator) as site, following(site, checkpoints=store, eager=False) as alarms:
        seen = until(alarms, AlarmRaised)
    assert fault.used == 1
    assert [type(event) for event in seen] == [AlarmGap, AlarmRaised]


@pytest.mark.promise(2)
def test_alarms_that_were_removed_while_the_machine_slept_are_a_gap(simulator: Simulator) -> None:
    """The monotonic clock of Linux stands still meanwhile, and the connection may be usable again."""
    clock = ManualClock()
    with client_of(simulator, clock=clock) as site, following(site) as alarms:
        motion(simulator)
        until(alarms, AlarmRaised)
        clock.set_wall_clock(clock.utcnow() + timedelta(hours=8))
        motion(simulator)
        simulator.alarms.delete(*[row.id for row in simulator.alarms.stored()])
        motion(simulator)
        assert [type(event) for event in until(alarms, AlarmRaised)] == [AlarmGap, AlarmRaised]


def test_a_retention_that_removes_what_was_seen_is_no_gap(site: Client, simulator: Simulator) -> None:
    with following(site) as alarms:
        motion(simulator)
        (event,) = until(alarms, AlarmRaised)
        assert isinstance(event, AlarmRaised)
        alarms.checkpoint(event.alarm)
        simulator.alarms.close(event.alarm.id)
        motion(simulator)
        assert AlarmGap not in [type(each) for each in until(alarms, AlarmRaised)]


def test_a_clock_of_the_server_that_is_set_back_hides_no_alarm(
    simulator_factory: Callable[..., Simulator],
) -> None:
    simulator = simulator_factory()
    simulator.alarms.add("From the future", "C1", modified=datetime.now(UTC) + timedelta(hours=2))
    with client_of(simulator) as site, following(site) as alarms:
        first = (until(alarms, AlarmRaised))[-1]
        assert isinstance(first, AlarmRaised)
        motion(simulator)
    with client_of(simulator) as site, following(site, checkpoints=MemoryCheckpointStore()) as alarms:
        seen = [(until(alarms, AlarmRaised))[-1] for _ in range(2)]
        names = {event.alarm.name for event in seen if isinstance(event, AlarmRaised)}
        assert names == {"From the future", "Motion outdoors"}


@pytest.mark.promise(1)
def test_a_clock_of_the_server_that_jumps_back_and_forth_hides_no_alarm_from_the_next_run(
    simulator: Simulator,
) -> None:
    """What was stored between the jumps lies behind the newest alarm that was done, by its time and by its number."""
    store = MemoryCheckpointStore()
    with client_of(simulator) as site, following(site, checkpoints=store) as alarms:
        for name, hours in (("Ahead", 2), ("Hidden", 0), ("Ahead again", 2)):
            simulator.alarms.add(name, "C1", modified=datetime.now(UTC) + timedelta(hours=hours))
            name_of_event = "" if hours else name
            while name_of_event != name:  # a look at the numbers may find the hidden one already
                event = (until(alarms, AlarmRaised))[-1]
                assert isinstance(event, AlarmRaised)
                name_of_event = event.alarm.name
                if name_of_event == name:
                    alarms.checkpoint(event.alarm)
    with client_of(simulator) as site, following(site, checkpoints=store) as alarms:
        event = (until(alarms, AlarmRaised))[-1]
        assert isinstance(event, AlarmRaised)
        assert event.alarm.name == "Hidden"


@pytest.mark.promise(13)
def test_a_wrong_clock_that_jumps_changes_nothing(simulator: Simulator) -> None:
    """Years off, set forward and back while alarms come, and while the program is not running."""
    clock, store = ManualClock(), MemoryCheckpointStore()
    user, trust = BasicUser(simulator.username, simulator.password), Trust.ca_file(simulator.ca_file)
    motion(simulator)
    for year in (2099, 1999, 2026):
        clock.set_wall_clock(datetime(year, 10, 25, 3, tzinfo=UTC))
        with (
            Client(simulator.url, user, trust=trust, clock=clock) as site,
            following(site, checkpoints=store, interval=3.0, since="now") as alarms,
        ):
            for step in (timedelta(hours=-1), timedelta(days=9000), timedelta(days=-9000)):
                stored = simulator.trigger("Motion Detected", source="C1")
                clock.set_wall_clock(clock.utcnow() + step)
                (event,) = until(alarms, AlarmRaised)
                assert isinstance(event, AlarmRaised)
                assert [event.alarm.id] == stored
                alarms.checkpoint(event.alarm)
            assert (alarms.statistics.losses, alarms.statistics.gaps) == (0, 0)
            assert alarms.statistics.lag is None


def test_a_slow_receiver_is_no_dead_link(simulator: Simulator) -> None:
    clock = ManualClock()
    user, trust = BasicUser(simulator.username, simulator.password), Trust.ca_file(simulator.ca_file)
    with (
        Client(simulator.url, user, trust=trust, clock=clock) as site,
        following(site, link_timeout=30.0) as alarms,
    ):
        motion(simulator)
        until(alarms, AlarmRaised)
        clock.advance(60)
        motion(simulator)
        assert [type(event) for event in until(alarms, AlarmRaised)] == [AlarmRaised]


@pytest.mark.promise(6)
def test_an_outage_lasts_as_long_while_the_receiver_takes_its_time(simulator: Simulator) -> None:
    """A program that sends a message about the loss, and waits for its answer, still learns how long it was."""
    clock = ManualClock()
    user, trust = BasicUser(simulator.username, simulator.password), Trust.ca_file(simulator.ca_file)
    with (
        Client(simulator.url, user, trust=trust, clock=clock) as site,
        following(site, link_timeout=30.0) as alarms,
    ):
        simulator.stop_service("event_server")
        lost = (until(alarms, LinkLost))[-1]
        assert isinstance(lost, LinkLost)
        clock.advance(3600)
        simulator.start_service("event_server")
        restored = (until(alarms, LinkRestored))[-1]
        assert isinstance(restored, LinkRestored)
        assert abs(restored.lost_for - (restored.at - lost.since)) < timedelta(milliseconds=1)
        assert restored.lost_for >= timedelta(seconds=3630)


@pytest.mark.promise(6)
def test_a_loss_is_told_in_time_after_a_slow_start(simulator: Simulator) -> None:
    clock = ManualClock()
    user, trust = BasicUser(simulator.username, simulator.password), Trust.ca_file(simulator.ca_file)

    class SlowStore(MemoryCheckpointStore):
        def load(self, key: str) -> Checkpoint:
            clock.advance(3600)
            return super().load(key)

    with (
        Client(simulator.url, user, trust=trust, clock=clock) as site,
        following(site, checkpoints=SlowStore(), link_timeout=30.0) as alarms,
    ):
        simulator.stop_service("event_server")
        started = clock.monotonic()
        until(alarms, LinkLost)
        assert clock.monotonic() - started < 31


def test_a_process_that_was_stopped_has_lost_no_link(simulator: Simulator) -> None:
    """Nor has one whose event loop was blocked. After a wait that took a minute, the site is asked first."""

    class StoppedClock(ManualClock):
        stops = 0.0

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds + self.stops)
            self.stops = 0.0

    clock = StoppedClock()
    with client_of(simulator, clock=clock) as site, following(site, link_timeout=30.0) as alarms:
        motion(simulator)
        until(alarms, AlarmRaised)
        threading.Timer(0.2, motion, [simulator]).start()
        clock.stops = 60.0
        assert [type(event) for event in until(alarms, AlarmRaised)] == [AlarmRaised]
        assert not clock.stops
        simulator.stop_service("event_server")
        started = clock.monotonic()
        until(alarms, LinkLost)
        assert clock.monotonic() - started < 31
        clock.stops = 3600.0
        simulator.start_service("event_server")
        restored = (until(alarms, LinkRestored))[-1]
        assert isinstance(restored, LinkRestored)
        assert restored.lost_for > timedelta(hours=1)


def test_the_time_before_the_first_poll_is_no_silence(simulator: Simulator) -> None:
    clock = ManualClock()
    with client_of(simulator, clock=clock) as site:
        motion(simulator)
        alarms = following(site, link_timeout=30.0, eager=False)
        clock.advance(60)
        with alarms:
            assert [type(event) for event in until(alarms, AlarmRaised)] == [AlarmRaised]


def test_a_slow_store_is_no_dead_link(simulator: Simulator) -> None:
    clock = ManualClock()

    class SlowStore(MemoryCheckpointStore):
        def save(self, key: str, update: CheckpointUpdate) -> None:
            clock.advance(60)
            super().save(key, update)

    with (
        client_of(simulator, clock=clock) as site,
        following(site, checkpoints=SlowStore(), link_timeout=30.0) as alarms,
    ):
        for _ in range(2):
            motion(simulator)
            assert [type(event) for event in until(alarms, AlarmRaised)] == [AlarmRaised]
        assert clock.monotonic() >= 60, "the first checkpoint was saved"


def test_the_store_has_more_time_than_the_site(simulator: Simulator) -> None:
    """What cannot be stored in the time of a poll would be tried again for ever."""
    limits: list[tuple[str, float]] = []

    class Store(MemoryCheckpointStore):
        def load(self, key: str) -> Checkpoint:
            limits.append(("load", remaining(1e6)))
            return super().load(key)

        def save(self, key: str, update: CheckpointUpdate) -> None:
            limits.append(("save", remaining(1e6)))
            super().save(key, update)
            motion(simulator)  # after the beginning, however late that is

    motion(simulator)
    with (
        client_of(simulator) as site,
        following(site, checkpoints=Store(), since="now", link_timeout=6.0, eager=False) as alarms,
    ):
        until(alarms, AlarmRaised)
    assert {kind for kind, _ in limits} == {"load", "save"}
    assert min(limit for _, limit in limits) > 6


@pytest.mark.promise(14)
def test_statistics_say_how_it_stands(site: Client, simulator: Simulator) -> None:
    with following(site) as alarms:
        before = alarms.statistics
        assert (before.state, before.received, before.pending, before.lag) == (LinkState.LIVE, 0, 0, None)
        motion(simulator)
        event = (until(alarms, AlarmRaised))[-1]
        assert isinstance(event, AlarmRaised)
        waiting = alarms.statistics
        assert (waiting.received, waiting.pending) == (1, 1)
        assert waiting.lag is not None
        alarms.checkpoint(event.alarm)
        after = alarms.statistics
        assert (after.pending, after.lag, after.checkpoints) == (0, None, 1)
        assert after.last_checkpoint is not None
        assert after.last_contact is not None
        assert before.last_received is None
