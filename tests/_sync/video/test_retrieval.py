# Generated from tests/_async/video/test_retrieval.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Remote recordings: fetched by a task or by a rule, within a window, and never an error in a loop over alarms."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from milestone_sdk import (
    CameraNotFound,
    ConfigurationError,
    NoRecording,
    PermissionDenied,
    RetrievalFailed,
    RetrievalState,
    RetrievalTimeout,
    ServiceUnavailable,
    TimeSpan,
    UnsupportedFeature,
)
from milestone_sdk.simulator import EventType, Simulator, example_site
from milestone_sdk.simulator.site import stable_id
from milestone_sdk.testing import ManualClock

from ...support.stopwatch import Stopwatch
from ..opening import SiteClock, client_of

pytestmark = pytest.mark.anyio

BEGIN = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SPAN = TimeSpan(BEGIN, BEGIN + 2 * MINUTE)


@pytest.fixture
def edge(simulator_factory: Callable[..., Simulator]) -> Callable[..., Simulator]:
    """Sites whose camera C1 has recordings of its own, none of which its recorder has."""

    def start(release: str = "2025R2") -> Simulator:
        plan = example_site()
        plan.camera("C1").edge_storage = True
        plan.camera("C1").recordings.clear()
        plan.event_types.append(EventType(id=stable_id("event", "Fetch"), name="Fetch"))
        return simulator_factory(plan, release=release)

    return start


def test_a_task_fetches_what_the_camera_has(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    with client_of(simulator) as site:
        assert site.recordings.sequences("C1", SPAN) == []
        retrieval = site.recordings.retrieve("C1", SPAN)
        assert (retrieval.state, retrieval.truncated, retrieval.missing) == (RetrievalState.IN_PROGRESS, False, None)
        assert retrieval.wait(timeout=60) is RetrievalState.COMPLETED
        assert (retrieval.strategy, retrieval.progress, retrieval.missing) == ("task", 100, None)
        assert [each.span for each in site.recordings.sequences("C1", SPAN)] == [SPAN]
    assert simulator.configuration.tasks.all() == []


@pytest.mark.parametrize(
    ("before", "after", "states"),
    [
        ({"edge_storage": False}, {"edge_storage": True}, ("NOT_APPLICABLE", "IN_PROGRESS")),
        ({}, {"edge_playback": True}, ("IN_PROGRESS", "NOT_APPLICABLE")),
        (
            {"rights": {"RetrieveEdgeRecordings": False}},
            {"rights": {"RetrieveEdgeRecordings": True}},
            ("NOT_AVAILABLE", "IN_PROGRESS"),
        ),
    ],
    ids=["edge storage", "direct playback", "right"],
)
def test_a_camera_that_is_changed_under_a_running_client(
    edge: Callable[..., Simulator], before: dict[str, Any], after: dict[str, Any], states: tuple[str, str]
) -> None:
    simulator, clock = edge(), ManualClock()
    clock.set_wall_clock(BEGIN + 60 * MINUTE)

    def change(values: dict[str, Any]) -> None:
        simulator.edit(lambda plan: [setattr(plan.camera("C1"), name, value) for name, value in values.items()])

    change(before)
    with client_of(simulator, clock=clock) as site:
        (camera,) = [each for each in site.cameras() if each.name == "C1"]
        assert (site.recordings.retrieve("C1", SPAN)).state is RetrievalState[states[0]]
        change(after)
        clock.advance(300)
        for reference in ("C1", camera):
            assert (site.recordings.retrieve(reference, SPAN)).state is RetrievalState[states[1]]
        asked = [request for request in simulator.requests if request.operation == "GetConfigurationRecorders"]
        assert len(asked) == 1


@pytest.mark.requirement(37, 38)
def test_the_window_around_an_alarm(edge: Callable[..., Simulator]) -> None:
    with client_of(edge()) as site:
        past = site.recordings.retrieve("C1", around=BEGIN)
        assert (past.span, past.truncated) == (TimeSpan(BEGIN - 5 * MINUTE, BEGIN + 10 * MINUTE), False)
        now = datetime.now(UTC)
        recent = site.recordings.retrieve("C1", around=now - 2 * MINUTE)
        assert recent.truncated
        assert now <= recent.span.end <= now + MINUTE
        cut = site.recordings.retrieve("C1", TimeSpan(now - MINUTE, now + 5 * MINUTE))
        assert cut.truncated
        assert cut.span.end < now + MINUTE
        with pytest.raises(ConfigurationError, match="span and around"):
            site.recordings.retrieve("C1")
        with pytest.raises(ConfigurationError, match="span and around"):
            site.recordings.retrieve("C1", SPAN, around=BEGIN)


@pytest.mark.requirement(39)
def test_a_task_that_fails_goes_on_or_is_cancelled(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    tasks = simulator.configuration.tasks
    with client_of(simulator) as site:
        tasks.fail_with(60277, "the device does not answer")
        failed = site.recordings.retrieve("C1", SPAN)
        assert failed.wait(timeout=60) is RetrievalState.FAILED
        assert isinstance(failed.missing, RetrievalFailed)
        assert "does not answer" in str(failed.missing)
        tasks.fail_with(None)
        tasks.never_ends = True
        slow = site.recordings.retrieve("C1", SPAN)
        assert slow.wait(timeout=1.0) is RetrievalState.IN_PROGRESS
        assert isinstance(slow.missing, RetrievalTimeout)
        slow.cancel()
        assert slow.state is RetrievalState.STOPPED
        assert slow.wait() is RetrievalState.STOPPED
        assert tasks.all() == []


@pytest.mark.requirement(40, 80)
def test_direct_playback_and_a_missing_right_are_answers(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    with client_of(simulator) as site:
        simulator.edit(lambda plan: plan.camera("C1").rights.update(RetrieveEdgeRecordings=False))
        site.refresh()
        barred = site.recordings.retrieve("C1", SPAN)
        assert barred.wait() is RetrievalState.NOT_AVAILABLE
        assert isinstance(barred.missing, PermissionDenied)
        simulator.edit(lambda plan: setattr(plan.camera("C1"), "edge_playback", True))
        site.refresh()
        direct = site.recordings.retrieve("C1", SPAN)
        assert direct.wait() is RetrievalState.NOT_APPLICABLE
        assert (barred.strategy, direct.strategy) == (None, "direct playback")
        assert (site.recordings.retrieve("C2", SPAN)).strategy is None


def test_a_task_that_ends_without_footage_says_so(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    with client_of(simulator) as site:
        long_ago = TimeSpan(BEGIN - timedelta(days=300), BEGIN - timedelta(days=300) + MINUTE)
        retrieval = site.recordings.retrieve("C1", long_ago)
        simulator.configuration.tasks.finish()
        simulator.edit(lambda plan: plan.camera("C1").recordings.clear())
        assert retrieval.wait(timeout=30) is RetrievalState.COMPLETED
        assert isinstance(retrieval.missing, NoRecording)


def test_there_is_no_footage_of_the_year_1(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    first = datetime(1, 1, 1, tzinfo=UTC)
    with client_of(simulator) as site:
        retrieval = site.recordings.retrieve("C1", TimeSpan(first, first + MINUTE))
        assert retrieval.wait(timeout=30) is RetrievalState.COMPLETED
        assert isinstance(retrieval.missing, NoRecording)
        whole = site.recordings.retrieve("C1", TimeSpan(first, datetime.max.replace(tzinfo=UTC)))
        assert whole.wait(timeout=30) is RetrievalState.COMPLETED
        extent = site.recordings.extent("C1")
        assert extent is not None
        assert extent.start == datetime(1970, 1, 1, tzinfo=UTC)


def test_a_recorder_that_is_down_ends_the_wait(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    with client_of(simulator) as site:
        retrieval = site.recordings.retrieve("C1", SPAN)
        simulator.stop_service("recorder")
        simulator.forget()
        assert retrieval.wait(timeout=60) is RetrievalState.COMPLETED
        assert isinstance(retrieval.missing, ServiceUnavailable)
        assert len(simulator.requests) < 20


@pytest.mark.parametrize("release", ["2025R2", "2024R2"])
def test_a_recorder_that_hangs_does_not_prolong_the_wait(edge: Callable[..., Simulator], release: str) -> None:
    simulator = edge(release)
    simulator.configuration.tasks.polls = 1
    with client_of(simulator) as site:
        retrieval = site.recordings.retrieve("C1", SPAN, event="Fetch")
        simulator.faults.add("recorder", "deaf")
        watch = Stopwatch()
        assert retrieval.wait(timeout=0.6) is not RetrievalState.NOT_READY
        assert watch.seconds < 4
        assert retrieval.missing is not None


@pytest.mark.requirement(39)
def test_an_event_is_raised_again_for_a_time_that_was_too_recent(edge: Callable[..., Simulator]) -> None:
    simulator = edge("2024R2")

    def fetch(progress: int | None) -> None:
        raised = [request.operation for request in simulator.requests].count("EventTrigger")
        if raised == 3:
            simulator.edit(lambda plan: plan.camera("C1").recordings.append((time - MINUTE, time + MINUTE)))

    with client_of(simulator, clock=SiteClock(simulator.site)) as site:
        time = simulator.site.now() - timedelta(seconds=10)
        retrieval = site.recordings.retrieve("C1", around=time, event="Fetch")
        first = retrieval.span.end
        assert retrieval.wait(timeout=30, progress=fetch) is RetrievalState.COMPLETED
        assert retrieval.missing is None
        assert retrieval.truncated
        assert MINUTE <= retrieval.span.end - first <= 3 * MINUTE


@pytest.mark.requirement(39)
def test_an_event_is_raised_again_for_a_span_that_has_just_ended(edge: Callable[..., Simulator]) -> None:
    simulator = edge("2024R2")

    def fetch(progress: int | None) -> None:
        raised = [request.operation for request in simulator.requests].count("EventTrigger")
        if raised == 2:
            simulator.edit(lambda plan: plan.camera("C1").recordings.append((span.start, span.end)))

    with client_of(simulator, clock=SiteClock(simulator.site)) as site:
        end = simulator.site.now() - timedelta(seconds=5)
        span = TimeSpan(end - MINUTE, end)
        retrieval = site.recordings.retrieve("C1", span, event="Fetch")
        assert retrieval.wait(timeout=20, progress=fetch) is RetrievalState.COMPLETED
        assert retrieval.missing is None


def test_before_2025_r2_a_rule_fetches_when_an_event_says_so(edge: Callable[..., Simulator]) -> None:
    simulator = edge("2024R2")
    with client_of(simulator) as site:
        without = site.recordings.retrieve("C1", SPAN)
        assert without.state is RetrievalState.NOT_AVAILABLE
        assert isinstance(without.missing, UnsupportedFeature)
        assert "event=" in str(without.missing)
        retrieval = site.recordings.retrieve("C1", SPAN, event="Fetch")
        assert (retrieval.state, retrieval.strategy) == (RetrievalState.IN_PROGRESS, "event")
        assert retrieval.progress is None
        assert "EventTrigger" in [request.operation for request in simulator.requests]
        simulator.edit(lambda plan: plan.camera("C1").recordings.append((SPAN.start, SPAN.end)))
        assert retrieval.wait(timeout=30) is RetrievalState.COMPLETED


def test_a_rule_is_waited_for_where_the_recorder_has_a_part_already(edge: Callable[..., Simulator]) -> None:
    simulator = edge("2024R2")
    end = simulator.site.now() - 10 * MINUTE
    span = TimeSpan(end - 10 * MINUTE, end)
    had = [(span.start - MINUTE, span.start + MINUTE), (span.end - MINUTE, span.end + MINUTE)]
    simulator.edit(lambda plan: plan.camera("C1").recordings.extend(had))
    looks: list[None] = []

    def fetch(progress: int | None) -> None:
        looks.append(None)
        if len(looks) == 4:
            simulator.edit(lambda plan: plan.camera("C1").recordings.insert(1, (had[0][1], had[1][0])))

    with client_of(simulator, clock=SiteClock(simulator.site)) as site:
        retrieval = site.recordings.retrieve("C1", span, event="Fetch")
        assert retrieval.wait(timeout=30, progress=fetch) is RetrievalState.COMPLETED
        assert (len(looks), retrieval.missing) == (4, None)
        longer = TimeSpan(span.start - 10 * MINUTE, span.end)
        asked = simulator.site.now()
        partial = site.recordings.retrieve("C1", longer, event="Fetch")
        assert partial.wait(timeout=30) is RetrievalState.COMPLETED, "nothing more has come for half a minute"
        assert timedelta(seconds=30) <= simulator.site.now() - asked < 2 * MINUTE


@pytest.mark.parametrize("release", ["2025R2", "2024R2"])
def test_a_camera_that_was_removed_is_none(edge: Callable[..., Simulator], release: str) -> None:
    simulator = edge(release)
    with client_of(simulator) as site:
        camera = site.camera("C1")
        simulator.edit(lambda plan: plan.cameras.remove(plan.camera("C1")))
        for event in (None, "Fetch"):
            retrieval = site.recordings.retrieve(camera, SPAN, event=event)
            assert retrieval.state is RetrievalState.NO_CAMERA
            assert isinstance(retrieval.missing, CameraNotFound)
        assert "EventTrigger" not in [request.operation for request in simulator.requests]
