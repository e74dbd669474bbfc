# Generated from tests/_async/video/test_remote.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Footage that is elsewhere: on a camera that its recorder lost, or at an interconnected site."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from milestone_sdk import (
    Client,
    Retrieval,
    ConnectionLost,
    LiveStatus,
    MilestoneError,
    NoRecording,
    RetrievalFailed,
    RetrievalState,
    RetrievalTimeout,
    ServerFault,
    ServiceUnavailable,
    TimeSpan,
)
from milestone_sdk.simulator import Camera, Simulator, example_site, interconnect_site

from ..opening import SiteClock, client_of

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def edge(simulator_factory: Callable[..., Simulator]) -> Callable[..., Simulator]:
    """Sites whose camera C1 has recorded the last hour to a storage of its own as well."""

    def start(**camera: object) -> Simulator:
        plan = example_site()
        found = plan.camera("C1")
        found.edge_storage = True
        found.edge_recordings = list(found.recordings)
        for name, value in camera.items():
            setattr(found, name, value)
        return simulator_factory(plan)

    return start


@pytest.fixture
def central(simulator_factory: Callable[..., Simulator]) -> Simulator:
    """Three cameras of a remote site; `Depot 3` is played back straight from there."""
    return simulator_factory(interconnect_site())


def lose(simulator: Simulator, length: timedelta) -> TimeSpan:
    """Cut camera C1 off for that time; return when that was."""
    hardware = simulator.site.camera("C1").hardware_id
    start: datetime = simulator.edit(lambda plan: plan.disconnect(hardware)).lost_since or simulator.site.now()
    simulator.site.clock_offset += length
    simulator.edit(lambda plan: plan.reconnect(hardware))
    return TimeSpan(start, simulator.site.now())


def gap_in(simulator: Simulator) -> TimeSpan:
    """Take ten minutes out of what the recorder has of camera C1."""
    now = simulator.site.now()
    gap = TimeSpan(now - 20 * MINUTE, now - 10 * MINUTE)

    def take_out(camera: Camera) -> None:
        ((begin, _),) = camera.recordings
        camera.recordings[:] = [(begin, gap.start), (gap.end, None)]

    simulator.edit(lambda plan: take_out(plan.camera("C1")))
    return gap


def recorded(site: Client, span: TimeSpan) -> timedelta:
    """Return how much of a span the recorder has."""
    sequences = site.recordings.sequences("C1", span)
    clipped = [min(each.end, span.end) - max(each.start, span.start) for each in sequences]
    return sum(clipped, timedelta())


# Cameras with a storage of their own


def test_retrieval_fills_the_gap_of_a_lost_connection(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    with client_of(simulator, clock=SiteClock(simulator.site)) as site:
        lost = lose(simulator, 10 * MINUTE)
        inside = TimeSpan(lost.start + SECOND, lost.start + 9 * MINUTE)
        assert recorded(site, inside) == timedelta()
        retrieval = site.recordings.retrieve("C1", inside)
        assert retrieval.wait(timeout=60) is RetrievalState.COMPLETED
        assert recorded(site, inside) == inside.duration
        with site.recordings.play("C1", TimeSpan(inside.start, inside.start + 20 * SECOND)) as playback:
            assert len([frame for frame in playback]) >= 99


def test_a_recorder_may_fetch_by_itself_what_it_missed(edge: Callable[..., Simulator]) -> None:
    simulator = edge(edge_retrieval=True)
    with client_of(simulator, clock=SiteClock(simulator.site)) as site:
        lost = lose(simulator, 10 * MINUTE)
        assert recorded(site, lost) >= 10 * MINUTE
        assert len(site.recordings.sequences("C1", lost)) == 1


def test_a_lost_camera_has_no_live_picture(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    with client_of(simulator) as site:
        with site.live.play("C1") as live:
            simulator.edit(lambda plan: plan.disconnect(plan.camera("C1").hardware_id))
            status = live.__next__()
            while not (isinstance(status, LiveStatus) and status.camera_lost):
                status = live.__next__()
        assert (status.connected, status.recording) == (False, False)
        with pytest.raises(NoRecording, match="no live picture"):
            site.live.snapshot("C1")


def test_footage_that_the_camera_still_writes_is_asked_for_again(edge: Callable[..., Simulator]) -> None:
    simulator = edge(edge_delay=3 * MINUTE)
    clock = SiteClock(simulator.site)
    with client_of(simulator, clock=clock) as site:
        simulator.edit(lambda plan: plan.camera("C1").recordings.clear())
        simulator.configuration.tasks.polls = 1
        time = simulator.site.now() - 10 * SECOND
        retrieval = site.recordings.retrieve("C1", around=time)
        assert retrieval.truncated
        assert retrieval.wait(timeout=60) is RetrievalState.COMPLETED
        assert simulator.site.now() - time > 3 * MINUTE - 5 * SECOND
        asked = simulator.configuration.tasks.started
        assert 180 / 30 <= asked <= 180 / 30 + 2, "it asks again every half minute"
        assert recorded(site, TimeSpan(time, time + SECOND)) == SECOND


@pytest.mark.requirement(38, 39)
def test_a_time_that_is_still_to_come_is_ready_within_one_wait(edge: Callable[..., Simulator]) -> None:
    """Each request is for a longer window, up to the present; the first ones end before that time."""
    simulator = edge(edge_delay=MINUTE)
    with client_of(simulator, clock=SiteClock(simulator.site)) as site:
        simulator.edit(lambda plan: plan.camera("C1").recordings.clear())
        simulator.configuration.tasks.polls = 1
        time = simulator.site.now() + 45 * SECOND
        retrieval = site.recordings.retrieve("C1", around=time)
        first = retrieval.span.end
        assert first < time
        assert retrieval.wait(timeout=20) is RetrievalState.COMPLETED
        assert retrieval.missing is None
        assert retrieval.span.start == time - 5 * MINUTE
        assert time < retrieval.span.end < simulator.site.now()
        assert retrieval.truncated, "ten minutes after that time have not passed yet"
        assert recorded(site, TimeSpan(time, time + SECOND)) == SECOND


def test_the_end_of_a_span_that_the_camera_still_writes_is_asked_for_again(
    edge: Callable[..., Simulator], tmp_path: Path
) -> None:
    """A span that reaches into the future is retrieved up to its end, not only up to the first request."""
    simulator = edge(edge_delay=20 * SECOND)
    with client_of(simulator, clock=SiteClock(simulator.site)) as site:
        simulator.edit(lambda plan: plan.camera("C1").recordings.clear())
        alarm = simulator.site.now() - SECOND
        span = TimeSpan(alarm - 10 * SECOND, alarm + 30 * SECOND)
        clip = site.recordings.export("C1", span, tmp_path / "clip.h264", retrieve=True)
        assert clip.missing is None
        assert clip.gaps == ()
        assert recorded(site, span) == span.duration


def test_a_recorder_that_records_by_itself_is_not_asked_again(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    simulator.configuration.tasks.polls = 1
    with client_of(simulator, clock=SiteClock(simulator.site)) as site:
        now = simulator.site.now()
        retrieval = site.recordings.retrieve("C1", TimeSpan(now - MINUTE, now + MINUTE))
        assert retrieval.wait(timeout=30) is RetrievalState.COMPLETED
        assert (retrieval.truncated, retrieval.missing) == (True, None)
        assert simulator.configuration.tasks.started == 1


def test_a_time_to_come_is_not_requested_before_it_has_come(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    simulator.configuration.tasks.polls = 1
    with client_of(simulator, clock=SiteClock(simulator.site)) as site:
        simulator.edit(lambda plan: plan.camera("C1").recordings.clear())
        now = simulator.site.now()
        span = TimeSpan(now + 40 * SECOND, now + 50 * SECOND)
        retrieval = site.recordings.retrieve("C1", span)
        assert (retrieval.state, retrieval.truncated) == (RetrievalState.NOT_READY, True)
        assert now <= retrieval.span.end <= simulator.site.now()
        assert isinstance(retrieval.missing, NoRecording)
        assert retrieval.wait(timeout=30) is RetrievalState.COMPLETED
        assert (retrieval.span, retrieval.missing) == (span, None)
        assert simulator.configuration.tasks.started == 1
        moment = site.recordings.retrieve("C1", TimeSpan(span.start, span.start))
        assert moment.wait(timeout=30) is RetrievalState.COMPLETED


def test_short_waits_ask_no_sooner_than_long_ones(edge: Callable[..., Simulator]) -> None:
    simulator = edge(edge_delay=30 * MINUTE)
    simulator.configuration.tasks.polls = 1
    with client_of(simulator) as site:
        simulator.edit(lambda plan: plan.camera("C1").recordings.clear())
        retrieval = site.recordings.retrieve("C1", around=simulator.site.now())
        assert retrieval.wait(timeout=1.0) is RetrievalState.NOT_READY
        for _ in range(5):
            assert retrieval.wait(timeout=0.1) is RetrievalState.NOT_READY
        assert simulator.configuration.tasks.started == 1


def test_what_borders_on_a_gap_is_no_footage_of_it(edge: Callable[..., Simulator]) -> None:
    simulator = edge(edge_recordings=[])
    gap = gap_in(simulator)
    with client_of(simulator, clock=SiteClock(simulator.site)) as site:
        for margin in (0, 0.4):
            span = TimeSpan(gap.start - margin * SECOND, gap.end + margin * SECOND)
            retrieval = site.recordings.retrieve("C1", span)
            assert retrieval.wait(timeout=30) is RetrievalState.COMPLETED
            assert isinstance(retrieval.missing, NoRecording)


def test_a_full_storage_has_lost_its_oldest_footage(edge: Callable[..., Simulator]) -> None:
    simulator = edge(edge_capacity=20 * MINUTE)
    with client_of(simulator, clock=SiteClock(simulator.site)) as site:
        simulator.edit(lambda plan: plan.camera("C1").recordings.clear())
        now = simulator.site.now()
        old = site.recordings.retrieve("C1", TimeSpan(now - 40 * MINUTE, now - 30 * MINUTE))
        assert old.wait(timeout=60) is RetrievalState.COMPLETED
        assert isinstance(old.missing, NoRecording)
        kept = site.recordings.retrieve("C1", TimeSpan(now - 15 * MINUTE, now - 10 * MINUTE))
        assert kept.wait(timeout=60) is RetrievalState.COMPLETED
        assert kept.missing is None


# Tasks that do not go well


def test_a_task_that_stalls_keeps_what_it_fetched(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    tasks = simulator.configuration.tasks
    tasks.polls, tasks.stalls_at = 2, 40
    gap = gap_in(simulator)
    with client_of(simulator) as site:
        stalled = site.recordings.retrieve("C1", gap)
        assert stalled.progress == 0
        assert stalled.wait(timeout=1.5) is RetrievalState.IN_PROGRESS
        assert isinstance(stalled.missing, RetrievalTimeout)
        assert stalled.progress == 40
        stalled.cancel()
        assert abs(recorded(site, gap) - 4 * MINUTE) < SECOND
    assert tasks.all() == []


def test_a_task_that_fails_on_the_way_keeps_what_it_fetched(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    simulator.configuration.tasks.polls = 4
    gap = gap_in(simulator)
    with client_of(simulator, clock=SiteClock(simulator.site)) as site:
        simulator.configuration.tasks.fail_with(61030, "the storage of the device was removed")
        retrieval = site.recordings.retrieve("C1", gap)
        assert retrieval.wait(timeout=60) is RetrievalState.FAILED
        assert isinstance(retrieval.missing, RetrievalFailed)
        assert "was removed" in str(retrieval.missing)
        assert abs(recorded(site, gap) - 7.5 * MINUTE) < SECOND


def test_a_task_without_progress(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    tasks = simulator.configuration.tasks
    tasks.progress, tasks.never_ends = "absent", True
    with client_of(simulator) as site:
        now = simulator.site.now()
        retrieval = site.recordings.retrieve("C1", TimeSpan(now - 2 * MINUTE, now - MINUTE))
        assert retrieval.wait(timeout=1.0) is RetrievalState.IN_PROGRESS
        assert retrieval.progress is None
        tasks.finish()
        assert retrieval.wait(timeout=30) is RetrievalState.COMPLETED
        assert retrieval.progress == 100


@pytest.mark.parametrize("state", ["Completed", "Unknown", "Error", "Stopped"])
def test_a_stopped_task_is_cleaned_up_whatever_it_is_called(edge: Callable[..., Simulator], state: str) -> None:
    simulator = edge()
    tasks = simulator.configuration.tasks
    tasks.stopped, tasks.never_ends = state, True
    with client_of(simulator) as site:
        now = simulator.site.now()
        retrieval = site.recordings.retrieve("C1", TimeSpan(now - 2 * MINUTE, now - MINUTE))
        retrieval.cancel()
        assert (retrieval.state, retrieval.missing) == (RetrievalState.STOPPED, None)
    assert tasks.all() == []


class CancellingClock(SiteClock):
    """Cancels a retrieval while its `wait` sleeps, as another task or thread does."""

    retrieval: Retrieval | None = None

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.retrieval is not None and len(self.slept) == 2:
            self.retrieval.cancel()


@pytest.mark.parametrize("delay", [timedelta(), 30 * MINUTE], ids=["in progress", "not ready"])
def test_a_retrieval_that_is_cancelled_while_it_is_waited_for(
    edge: Callable[..., Simulator], delay: timedelta
) -> None:
    simulator = edge(edge_delay=delay)
    tasks = simulator.configuration.tasks
    tasks.polls, tasks.never_ends = 1, not delay
    clock = CancellingClock(simulator.site)
    with client_of(simulator, clock=clock) as site:
        simulator.edit(lambda plan: plan.camera("C1").recordings.clear())
        clock.retrieval = retrieval = site.recordings.retrieve("C1", around=simulator.site.now())
        assert retrieval.wait(timeout=10) is RetrievalState.STOPPED
        assert retrieval.progress is None
    assert tasks.all() == []


@pytest.mark.parametrize("state", ["Completed", "Unknown", "Error", "Stopped"])
def test_a_task_that_another_client_stops_is_over(edge: Callable[..., Simulator], state: str) -> None:
    simulator = edge()
    tasks = simulator.configuration.tasks
    tasks.stopped, tasks.never_ends = state, True
    gap = gap_in(simulator)
    with client_of(simulator, clock=SiteClock(simulator.site)) as site:
        retrieval = site.recordings.retrieve("C1", gap)
        tasks.all()[0].stop()
        ended = retrieval.wait(timeout=3)
        assert ended is (RetrievalState.FAILED if state == "Error" else RetrievalState.COMPLETED)
        assert retrieval.missing is not None
    assert tasks.all() == []


def test_a_task_that_has_ended_or_ends_slowly_is_cleaned_up_when_it_is_cancelled(
    edge: Callable[..., Simulator],
) -> None:
    simulator = edge()
    tasks = simulator.configuration.tasks
    with client_of(simulator, clock=SiteClock(simulator.site)) as site:
        now = simulator.site.now()
        span = TimeSpan(now - 2 * MINUTE, now - MINUTE)
        ended = site.recordings.retrieve("C1", span)
        tasks.finish()
        ended.cancel()
        assert (ended.state, ended.progress, ended.missing) == (RetrievalState.STOPPED, None, None)
        assert tasks.all() == []
        tasks.stops_after = 2
        slow = site.recordings.retrieve("C1", span)
        slow.cancel()
        assert (slow.state, slow.missing) == (RetrievalState.STOPPED, None)
        assert tasks.all() == []
        gone = site.recordings.retrieve("C1", span)
        tasks.clean(tasks.all()[0].number)
        gone.cancel()
        assert (gone.state, gone.missing) == (RetrievalState.STOPPED, None)


def test_a_cancel_that_fails_on_the_way_can_be_repeated(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    tasks = simulator.configuration.tasks
    tasks.never_ends = True
    with client_of(simulator) as site:
        retrieval = site.recordings.retrieve("C1", gap_in(simulator))
        fault = simulator.faults.add("management", "status", operation="GetItem", code=503)
        retrieval.cancel()
        assert isinstance(retrieval.missing, ServiceUnavailable)
        fault.remove()
        retrieval.cancel()
        assert (retrieval.state, retrieval.missing, tasks.all()) == (RetrievalState.STOPPED, None, [])
        retrieval.cancel()
        assert retrieval.state is RetrievalState.STOPPED


class Interruption(BaseException):
    """What ends a call: a cancelled task, or Ctrl-C."""


class InterruptingClock(SiteClock):
    """Ends the first pause early."""

    interrupted = False

    def sleep(self, seconds: float) -> None:
        if not self.interrupted:
            self.interrupted = True
            raise Interruption
        super().sleep(seconds)


def test_a_cancel_that_is_interrupted_can_be_repeated(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    tasks = simulator.configuration.tasks
    tasks.stops_after = 2
    with client_of(simulator, clock=InterruptingClock(simulator.site)) as site:
        retrieval = site.recordings.retrieve("C1", gap_in(simulator))
        with pytest.raises(Interruption):
            retrieval.cancel()
        assert tasks.all()
        retrieval.cancel()
        assert (retrieval.state, retrieval.missing, tasks.all()) == (RetrievalState.STOPPED, None, [])


def test_retrieval_from_a_device_without_connection_waits_or_fails(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    hardware = simulator.site.camera("C1").hardware_id
    gap = gap_in(simulator)
    with client_of(simulator) as site:
        simulator.edit(lambda plan: plan.disconnect(hardware))
        waiting = site.recordings.retrieve("C1", gap)
        assert waiting.wait(timeout=1.0) is RetrievalState.IN_PROGRESS
        simulator.edit(lambda plan: plan.reconnect(hardware))
        assert waiting.wait(timeout=30) is RetrievalState.COMPLETED
        assert recorded(site, gap) == gap.duration
        simulator.edit(lambda plan: plan.disconnect(hardware))
        simulator.configuration.tasks.cut_off = "fails"
        failing = site.recordings.retrieve("C1", gap)
        assert failing.wait(timeout=30) is RetrievalState.FAILED
        assert "no connection to the device" in str(failing.missing)


# Interconnect


def test_direct_playback_shows_the_recordings_of_the_remote_site(central: Simulator) -> None:
    with client_of(central) as site:
        now = central.site.now()
        span = TimeSpan(now - 30 * MINUTE, now - 29 * MINUTE)
        extent = site.recordings.extent("Depot 3")
        assert extent is not None
        assert extent.duration >= timedelta(minutes=59)
        with site.recordings.play("Depot 3", span) as playback:
            assert len([frame for frame in playback]) >= 299
        picture = site.recordings.snapshot("Depot 3", span.start)
        assert abs(picture.time - span.start) < SECOND
        assert (site.recordings.retrieve("Depot 3", span)).state is RetrievalState.NOT_APPLICABLE


def test_the_other_cameras_are_retrieved_first(central: Simulator) -> None:
    with client_of(central, clock=SiteClock(central.site)) as site:
        now = central.site.now()
        span = TimeSpan(now - 30 * MINUTE, now - 29 * MINUTE)
        with pytest.raises(NoRecording):
            with site.recordings.play("Depot 1", span, patience=timedelta()):
                pass
        retrieval = site.recordings.retrieve("Depot 1", span)
        assert retrieval.wait(timeout=30) is RetrievalState.COMPLETED
        with site.recordings.play("Depot 1", span) as playback:
            assert len([frame for frame in playback]) >= 299


Form = Literal["error", "empty", "close"]


@pytest.mark.parametrize(("form", "error"), [("error", ServerFault), ("empty", NoRecording), ("close", ConnectionLost)])
def test_a_remote_site_that_is_offline(central: Simulator, form: Form, error: type[MilestoneError]) -> None:
    central.recorders[0].switches.lost_playback = form
    now = central.site.now()
    span = TimeSpan(now - 30 * MINUTE, now - 29 * MINUTE)
    with client_of(central) as site:
        central.edit(lambda plan: plan.disconnect("Depot"))
        with pytest.raises(error):
            with site.recordings.play("Depot 3", span, patience=timedelta()) as playback:
                playback.__next__()
        if form == "empty":
            assert site.recordings.sequences("Depot 3", span) == []
        else:
            with pytest.raises(ServerFault, match="not connected"):
                site.recordings.sequences("Depot 3", span)
        central.edit(lambda plan: plan.reconnect("Depot"))
        assert site.recordings.sequences("Depot 3", span)


def test_sequences_of_direct_playback_may_come_in_any_order(central: Simulator) -> None:
    central.recorders[0].switches.unordered_sequences = True
    now = central.site.now()
    minutes = [(now - number * MINUTE, now - number * MINUTE + 10 * SECOND) for number in (50, 40, 30, 20, 10)]
    central.edit(lambda plan: setattr(plan.camera("Depot 3"), "edge_recordings", minutes))
    with client_of(central) as site:
        found = site.recordings.sequences("Depot 3", TimeSpan(now - 60 * MINUTE, now))
        assert [each.start for each in found] == [begin for begin, _ in minutes]
        around = site.recordings.sequences_around("Depot 3", now - 25 * MINUTE, before=3, after=2)
        assert [each.start for each in around] == [begin for begin, _ in minutes]
