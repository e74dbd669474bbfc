# Generated from tests/patriot/_async/test_eventview.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""The event view: footage from before the alarm and live, the slots of the display, and remote recordings."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from attrs import evolve

from milestone_sdk import (
    AmbiguousName,
    Client,
    BasicUser,
    CameraNotFound,
    ConfigurationError,
    Frame,
    GroupNotFound,
    LocalProtocolError,
    MilestoneError,
    NoCameraCoverage,
    NoCameras,
    NoCameraSelected,
    NoRecording,
    NotYetRecorded,
    RecordingError,
    RetrievalDisabled,
    RetrievalFailed,
    RetrievalState,
    Trust,
    UnsupportedFeature,
)
from milestone_sdk.models import AlarmLine
from milestone_sdk.patriot import (
    CameraDisplay,
    EventView,
    Footage,
    LiveFeed,
    ClientRecord,
    Zone,
    map_alarm,
)
from milestone_sdk.simulator import EventType, Simulator, example_site, interconnect_site
from milestone_sdk.simulator.site import stable_id
from milestone_sdk.testing import ManualClock

from ..._sync.opening import SiteClock, client_of, following, take

pytestmark = pytest.mark.anyio

ALARMED = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
CLIENT = ClientRecord(
    client_no="1234",
    zones=[
        Zone(number=3, name="C2"),
        Zone(number=2, name="C1"),
        Zone(number=4, name="C1 alarm", camera_coverage="C1"),
        Zone(number=5, name="Front Hallway"),
        Zone(number=6, name="Panic button", has_camera=False),
        Zone(number=7, name="front hallway!"),
    ],
)
RETRIEVING = evolve(CLIENT, retrieve_remote_recordings=True)


def alarm(source: str, time: datetime = ALARMED, *, camera_id: UUID | None = None) -> AlarmLine:
    return AlarmLine(
        id=uuid4(),
        local_id=1,
        modified=time,
        timestamp=time,
        state=1,
        priority=1,
        source_name=source,
        camera_id=camera_id,
    )


def recorded_site(start: Callable[..., Simulator], **options: object) -> Simulator:
    """The cameras were recorded for an hour around the alarm; C1 and C2 send JPEG, and both have PTZ."""
    plan = example_site()
    for camera in plan.cameras:
        camera.recordings[:] = [(ALARMED - timedelta(minutes=30), ALARMED + timedelta(minutes=30))]
    plan.camera("C1").ptz = True
    plan.camera("C1").presets = plan.camera("C2").presets
    plan.camera("North Fence").edge_storage = False
    return start(plan, **options)


@pytest.fixture
def recorded(simulator_factory: Callable[..., Simulator]) -> Simulator:
    return recorded_site(simulator_factory)


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


def pictures(footage: Footage) -> list[datetime]:
    return [frame.time for frame in footage]


def live_pictures(live: LiveFeed, count: int) -> list[Frame]:
    found: list[Frame] = []
    while len(found) < count:
        event = live.__next__()
        if isinstance(event, Frame):
            found.append(event.copy())
    return found


class Retrievals:
    """Counts the retrievals that a server begins: each is a task, and tasks are numbered."""

    def __init__(self, simulator: Simulator) -> None:
        self._tasks = simulator.configuration.tasks
        self._last = self._probe()

    def _probe(self) -> int:
        task = self._tasks.start("probe", "/", str)
        self._tasks.clean(task.number)
        return task.number

    def count(self) -> int:
        """Return how many there were since the last call."""
        before, self._last = self._last, self._probe()
        return self._last - before - 1


# The event view


@pytest.mark.requirement(58, 59, 60, 62)
def test_an_alarm_opens_footage_from_ten_seconds_before_it_and_live(recorded: Simulator) -> None:
    with (
        client_of(recorded) as site,
        EventView.open(alarm("C1"), CLIENT, site, codec="jpeg", length=15 * SECOND) as view,
    ):
        assert (view.camera.name, view.fallback) == ("C1", False)
        assert view.footage.start == ALARMED - 10 * SECOND
        assert view.slots[:3] == (view.footage, view.live, None)
        times = pictures(view.footage)
        assert ALARMED - 10 * SECOND <= times[0] < ALARMED - 9 * SECOND
        assert ALARMED + 4 * SECOND < times[-1] <= ALARMED + 5 * SECOND
        assert all(one < other for one, other in pairwise(times))
        (picture,) = live_pictures(view.live, 1)
        assert abs(picture.time - recorded.site.now()) < timedelta(minutes=1)
    assert {call.device_id for call in recorded.recorders[0].image_calls} - {None} == {recorded.site.camera("C1").id}


@pytest.mark.requirement(62)
def test_ending_one_connection_leaves_the_other(recorded: Simulator) -> None:
    with client_of(recorded) as site:
        with EventView.open(alarm("C1"), CLIENT, site) as view:
            view.footage.__next__()
            live_pictures(view.live, 1)
            view.live.close()
            assert (view.live.closed, view.footage.closed) == (True, False)
            with pytest.raises(StopIteration):
                view.live.__next__()
            view.footage.__next__()
        with EventView.open(alarm("C1"), CLIENT, site) as view:
            view.footage.__next__()
            live_pictures(view.live, 1)
            view.footage.close()
            with pytest.raises(StopIteration):
                view.footage.__next__()
            live_pictures(view.live, 2)
        assert view.live.closed


@pytest.mark.requirement(62)
def test_an_error_in_one_connection_leaves_the_other_and_can_be_tried_again(recorded: Simulator) -> None:
    recorded.edit(lambda plan: plan.camera("C1").recordings.clear())
    with client_of(recorded) as site, EventView.open(alarm("C1"), CLIENT, site) as view:
        with pytest.raises(NoRecording):
            pictures(view.footage)
        live_pictures(view.live, 1)
        assert pictures(view.footage) == []
        recorded.edit(lambda plan: plan.camera("C1").recordings.append((ALARMED - 20 * SECOND, ALARMED)))
        view.replay()
        assert pictures(view.footage)
        recorded.stop_service("recorder")
        view.replay()
        with pytest.raises(MilestoneError):
            pictures(view.footage)


@pytest.mark.requirement(61)
def test_the_footage_is_replayed_from_the_same_time_as_often_as_wanted(recorded: Simulator) -> None:
    with client_of(recorded) as site:
        with EventView.open(alarm("C1"), CLIENT, site, codec="jpeg", length=2 * SECOND) as view:
            first = pictures(view.footage)
            for _ in range(3):
                view.replay()
                assert pictures(view.footage) == first
            view.play_from(ALARMED + 60 * SECOND)
            later = pictures(view.footage)
            assert ALARMED + 60 * SECOND <= later[0] < ALARMED + 61 * SECOND
            view.replay()
            assert pictures(view.footage) == first
        with pytest.raises(LocalProtocolError, match="closed"):
            view.replay()


@pytest.mark.requirement(61)
def test_a_replay_during_playback_begins_with_the_next_frame(recorded: Simulator) -> None:
    with (
        client_of(recorded) as site,
        EventView.open(alarm("C1"), CLIENT, site, codec="jpeg", length=None) as view,
    ):
        times: list[datetime] = []
        for frame in view.footage:
            times.append(frame.time)
            if len(times) == 5:
                view.replay()
            if len(times) == 10:
                break
    assert times[5:] == times[:5]


@pytest.mark.requirement(63)
def test_zone_0_plays_the_first_camera(recorded: Simulator) -> None:
    with client_of(recorded) as site:
        with EventView.open(alarm("Mall 7"), CLIENT, site, codec="jpeg", length=SECOND) as view:
            assert (view.camera.name, view.fallback, view.shown.zone) == ("C1", True, None)
            assert view.shown.camera_zone.number == 2
            assert pictures(view.footage)
        with pytest.raises(NoCameras, match="no zone with a camera"):
            EventView.open(alarm("Mall 7"), ClientRecord(client_no="1"), site)


@pytest.mark.requirement(73)
def test_the_footage_of_an_analytics_alarm_comes_from_the_covering_camera(recorded: Simulator) -> None:
    with client_of(recorded) as site:
        signal = map_alarm(CLIENT, alarm("C1 alarm"))
        with EventView.open(signal, CLIENT, site, codec="jpeg", length=SECOND) as view:
            assert (view.camera.name, view.fallback) == ("C1", False)
            assert view.shown.zone is not None
            assert (view.shown.zone.number, view.shown.camera_zone.number) == (4, 2)
            assert pictures(view.footage)


def test_of_two_cameras_of_one_name_the_one_that_raised_the_alarm_is_shown(recorded: Simulator) -> None:
    other = recorded.site.camera("C2").id
    recorded.edit(lambda plan: plan.rename_camera("C2", "C1"))
    with client_of(recorded) as site:
        view = EventView.open(alarm("C1", camera_id=other), CLIENT, site)
        assert view.camera.id == other
        foreign = EventView.open(alarm("Front Hallway", camera_id=other), CLIENT, site)
        assert foreign.camera.name == "Front Hallway"
        unknown = EventView.open(alarm("Front Hallway", camera_id=uuid4()), CLIENT, site)
        assert unknown.camera == foreign.camera
        with pytest.raises(AmbiguousName) as several:
            EventView.open(alarm("C1"), CLIENT, site)
        assert other in several.value.ids


@pytest.mark.requirement(48)
def test_a_zone_finds_its_camera_by_the_exact_name(recorded: Simulator) -> None:
    with client_of(recorded) as site, CameraDisplay(CLIENT, site) as display:
        assert (display.view_camera("Front Hallway")).camera.name == "Front Hallway"
        with pytest.raises(CameraNotFound) as missing:
            display.view_camera("front hallway!")
        assert missing.value.near_misses[0] == "Front Hallway"
        with pytest.raises(NoCameraCoverage) as unknown:
            display.view_camera("Front Halway")
        assert "Front Hallway" in unknown.value.near_misses
        with pytest.raises(NoCameraCoverage, match="zone 6"):
            EventView.open(alarm("Panic button"), CLIENT, site)


@pytest.mark.requirement(35, 46)
def test_neither_the_site_filter_nor_the_zone_number_changes_what_is_shown(recorded: Simulator) -> None:
    """The filter is that of a folder without the camera, which is routed and played all the same."""
    renumbered = evolve(CLIENT, zones=[evolve(zone, number=zone.number + 10) for zone in CLIENT.zones])
    filtered = evolve(CLIENT, site_filter="SiteA")
    raised, expected = alarm("C1"), map_alarm(CLIENT, alarm("C1"))
    found: list[tuple[UUID, list[datetime]]] = []
    with client_of(recorded) as site:
        listed = {camera.name for camera in CameraDisplay(filtered, site).cameras()}
        assert listed
        assert "C1" not in listed
        for client in (CLIENT, filtered, renumbered):
            signal = map_alarm(client, raised)
            assert signal.zone == expected.zone + 10 * (client is renumbered)
            assert (signal.line, signal.camera, signal.fallback) == (expected.line, "C1", False)
            with EventView.open(signal, client, site, codec="jpeg", length=SECOND) as view:
                found.append((view.camera.id, pictures(view.footage)))
    assert found[0] == found[1] == found[2]
    assert found[0][1]


def test_the_signal_of_another_client_is_refused(recorded: Simulator) -> None:
    with client_of(recorded) as site:
        with pytest.raises(ConfigurationError, match="client 1234, the record is of client 77"):
            EventView.open(map_alarm(CLIENT, alarm("C1")), evolve(CLIENT, client_no="77"), site)


@pytest.mark.requirement(1)
def test_one_record_gives_alarms_and_video_and_each_works_without_the_other(recorded: Simulator) -> None:
    record = evolve(
        CLIENT,
        location=recorded.url,
        credentials=BasicUser(recorded.username, recorded.password),
        trust=Trust.ca_file(recorded.ca_file),
    )
    assert record.credentials is not None
    with Client(str(record.location), record.credentials, trust=record.trust) as site:
        recorded.stop_service("recorder")
        recorded.alarms.add("Motion", "C1")
        with following(site) as alarms:
            (delivered,) = take(alarms, 1)
        assert map_alarm(record, delivered).zone == 2
        recorded.start_service("recorder")
        recorded.stop_service("event_server")
        activation = evolve(delivered, timestamp=ALARMED)
        with EventView.open(activation, record, site, codec="jpeg", length=SECOND) as view:
            assert pictures(view.footage)
            assert live_pictures(view.live, 1)


@pytest.mark.parametrize("time", [datetime.min, datetime.max], ids=["first", "last"])
def test_an_alarm_of_an_impossible_time_has_no_footage_but_live(recorded: Simulator, time: datetime) -> None:
    recorded.edit(lambda plan: setattr(plan.camera("C1"), "edge_storage", True))
    signal = evolve(map_alarm(CLIENT, alarm("C1")), time=time.replace(tzinfo=UTC))
    with client_of(recorded, clock=ManualClock(recorded.site.now())) as site:
        for client in (CLIENT, RETRIEVING):
            with EventView.open(signal, client, site, codec="jpeg") as view:
                with pytest.raises(RecordingError):
                    pictures(view.footage)
                assert live_pictures(view.live, 1)


# The camera display


@pytest.mark.requirement(67)
def test_a_camera_is_viewed_with_no_activation(recorded: Simulator) -> None:
    with client_of(recorded) as site, CameraDisplay(CLIENT, site) as display:
        for camera in (CLIENT.zones[1], "C1 alarm", recorded_camera := site.camera("C1")):
            feed = display.view_camera(camera)
            assert feed.camera == recorded_camera if camera is recorded_camera else feed.camera.name == "C1"
            assert live_pictures(feed, 1)
        footage = display.review("C1", ALARMED, slot=1)
        assert (footage.__next__()).time <= ALARMED
        assert display.slots[:2] == (feed, footage)


@pytest.mark.requirement(33, 34)
def test_the_site_filter_narrows_the_camera_list(recorded: Simulator) -> None:
    with client_of(recorded) as site:
        filtered = CameraDisplay(evolve(CLIENT, site_filter="SiteA"), site)
        assert {camera.name for camera in filtered.cameras()} == {"Front Hallway", "Store Room"}
        assert CameraDisplay(CLIENT, site).cameras() == site.cameras()


@pytest.mark.requirement(64, 65, 66)
def test_controls_reach_the_selected_slot_and_no_other(recorded: Simulator) -> None:
    moves = recorded.recorders[0].moves
    cameras = [recorded.site.camera(name).id for name in ("C1", "C2")]
    with client_of(recorded) as site, CameraDisplay(CLIENT, site, layout="quad") as display:
        assert (display.selected, display.controls_enabled) == (0, False)
        for refused in (display.ptz.presets, display.ptz.home):
            with pytest.raises(NoCameraSelected, match="slot 0"):
                refused()
        display.view_camera("C1")
        feed = display.view_camera("C2", slot=3)
        assert display.controls_enabled
        display.ptz.go_to("Yard")
        display.select(3)
        assert (display.selected, display.selected_camera.name) == (3, "C2")
        display.ptz.go_to("Door")
        display.ptz.move_by(pan=0.5)
        with display.ptz.control() as moving:
            moving.move(tilt=1.0)
            display.select(0)
        assert [move.device_id for move in moves] == [cameras[0], *cameras[1:] * 4]
        display.select(1)
        with pytest.raises(NoCameraSelected, match="slot 1"):
            with display.ptz.control():
                pass
        display.select(3)
        feed.close()
        assert not display.controls_enabled
        with pytest.raises(NoCameraSelected, match="slot 3"):
            display.ptz.home()


@pytest.mark.requirement(65)
def test_a_layout_shows_its_slots_and_selects_exactly_one(recorded: Simulator) -> None:
    with client_of(recorded) as site:
        view = EventView.open(alarm("C1"), CLIENT, site)
        assert (view.layout, view.selected, view.visible) == ("quad", 0, (0, 1, 2, 3))
        with pytest.raises(ConfigurationError, match="slot must be 0 to 3 in the layout quad, got 4"):
            view.select(4)
        view.arrange("nine")
        view.select(8)
        assert view.visible == tuple(range(9))
        view.arrange("single")
        assert (view.selected, view.visible) == (8, (8,))
        view.select(1)
        assert (view.visible, view.slots[view.selected]) == ((1,), view.live)
        view.select(8)
        view.arrange("quad")
        assert view.selected == 0
        for wrong in ("octo", "", "Quad"):
            with pytest.raises(ConfigurationError, match="single, quad or nine"):
                view.arrange(wrong)  # type: ignore[arg-type]
        for slot in (-1, 9, True, "1"):
            with pytest.raises(ConfigurationError, match="slot"):
                view.select(slot)  # type: ignore[arg-type]


def test_viewing_another_camera_in_a_slot_ends_what_it_had(recorded: Simulator) -> None:
    with client_of(recorded) as site:
        with EventView.open(alarm("C1"), CLIENT, site) as view:
            live_pictures(view.live, 1)
            view.select(1)
            feed = view.view_camera("C2")
            assert (view.live.closed, view.slots[1], view.footage.closed) == (True, feed, False)
            with pytest.raises(ConfigurationError, match="slot"):
                view.view_camera("C2", slot=4)
        assert feed.closed


# Remote recordings


@pytest.mark.requirement(36, 37)
def test_remote_recordings_are_retrieved_before_they_are_played(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    retrievals = Retrievals(simulator)
    with (
        client_of(simulator, clock=SiteClock(simulator.site)) as site,
        EventView.open(alarm("C1"), RETRIEVING, site, codec="jpeg", length=5 * SECOND) as view,
    ):
        times = pictures(view.footage)
        retrieval = view.footage.retrieval
        assert retrieval is not None
        assert (retrieval.state, retrieval.missing) == (RetrievalState.COMPLETED, None)
        assert (retrieval.span.start, retrieval.span.end) == (
            view.footage.start - timedelta(minutes=5),
            view.footage.start + timedelta(minutes=10),
        )
        assert not view.footage.truncated
        assert view.footage.start <= times[0] < ALARMED
        view.replay()
        assert pictures(view.footage) == times
        assert retrievals.count() == 1, "a replay plays what was retrieved"
        view.play_from(retrieval.span.end - SECOND)
        later = pictures(view.footage)
        assert later[-1] > retrieval.span.end + 3 * SECOND, "what is beyond the window is retrieved, too"
        assert retrievals.count() == 1


@pytest.mark.requirement(36)
def test_a_replay_of_more_than_the_window_retrieves_nothing_again(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    retrievals = Retrievals(simulator)
    length = timedelta(minutes=12)
    with (
        client_of(simulator, clock=SiteClock(simulator.site)) as site,
        EventView.open(alarm("C1"), RETRIEVING, site, codec="jpeg", length=length) as view,
    ):
        first = view.footage.__next__()
        view.replay()
        assert (view.footage.__next__()).time == first.time
    assert retrievals.count() == 1


@pytest.mark.requirement(36)
def test_nothing_is_retrieved_with_the_option_off(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    retrievals = Retrievals(simulator)
    with client_of(simulator) as site, EventView.open(alarm("C1"), CLIENT, site) as view:
        with pytest.raises(NoRecording):
            pictures(view.footage)
        assert (view.footage.retrieval, view.footage.truncated, view.footage.missing) == (None, False, None)
    assert retrievals.count() == 0


@pytest.mark.requirement(38, 39)
def test_a_very_recent_time_is_not_ready_yet_and_is_there_later(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    clock = SiteClock(simulator.site)
    with client_of(simulator, clock=clock) as site:
        raised = simulator.site.now() - 20 * SECOND
        simulator.configuration.tasks.stalls_at = 0
        with EventView.open(
            alarm("C1", raised), RETRIEVING, site, codec="jpeg", length=5 * SECOND, retrieval_timeout=SECOND / 2
        ) as view:
            with pytest.raises(NotYetRecorded, match="not retrieved yet") as early:
                pictures(view.footage)
            assert early.value.retriable
            assert "replay" in (early.value.hint or "")
            assert view.footage.truncated
            assert view.footage.retrieval is not None
            assert view.footage.retrieval.span.end <= simulator.site.now()
            simulator.configuration.tasks.stalls_at = None
            simulator.edit(lambda plan: setattr(plan, "clock_offset", plan.clock_offset + timedelta(minutes=1)))
            view.replay()
            assert pictures(view.footage)


@pytest.mark.requirement(39)
def test_closing_the_footage_ends_a_retrieval_at_the_server(edge: Callable[..., Simulator]) -> None:
    simulator = edge()
    simulator.configuration.tasks.never_ends = True
    with client_of(simulator) as site:
        view = EventView.open(alarm("C1"), RETRIEVING, site, retrieval_timeout=SECOND / 4)
        with pytest.raises(NotYetRecorded):
            pictures(view.footage)
        assert len(simulator.configuration.tasks.all()) == 1
        view.close()
        assert view.footage.retrieval is not None
        assert view.footage.retrieval.state is RetrievalState.STOPPED
        assert simulator.configuration.tasks.all() == []


def test_why_nothing_could_be_retrieved_is_the_error_if_there_is_no_footage(
    edge: Callable[..., Simulator],
) -> None:
    simulator = edge()
    simulator.configuration.tasks.polls = 1  # it fails before anything is copied
    simulator.configuration.tasks.fail_with(60277, "the device does not answer")
    with (
        client_of(simulator, clock=SiteClock(simulator.site)) as site,
        EventView.open(alarm("C1"), RETRIEVING, site, length=SECOND) as view,
    ):
        with pytest.raises(RetrievalFailed, match="does not answer"):
            pictures(view.footage)
        simulator.edit(lambda plan: plan.camera("C1").recordings.append((ALARMED - 20 * SECOND, ALARMED)))
        view.replay()
        assert pictures(view.footage), "what the recorder has is played all the same"
        assert isinstance(view.footage.missing, RetrievalFailed)


def test_an_event_retrieves_on_older_servers(edge: Callable[..., Simulator]) -> None:
    simulator = edge("2024R2")
    with client_of(simulator) as site:
        with EventView.open(alarm("C1"), RETRIEVING, site) as view:
            with pytest.raises(UnsupportedFeature, match="has not retrieved"):
                pictures(view.footage)
        with EventView.open(
            alarm("C1"), RETRIEVING, site, retrieval_event="Fetch", retrieval_timeout=SECOND / 4
        ) as view:
            with pytest.raises(NotYetRecorded):
                pictures(view.footage)
    assert "EventTrigger" in [request.operation for request in simulator.requests]


# Interconnect

CENTRAL = ClientRecord(client_no="9", zones=[Zone(number=each, name=f"Depot {each}") for each in (1, 2, 3)])


@pytest.mark.requirement(79, 80)
def test_play_by_time_at_a_remote_site_needs_the_option(simulator_factory: Callable[..., Simulator]) -> None:
    simulator = simulator_factory(interconnect_site(), release="2025R2")
    retrievals = Retrievals(simulator)
    retrieving = evolve(CENTRAL, retrieve_remote_recordings=True)
    with client_of(simulator, clock=SiteClock(simulator.site)) as site:
        with EventView.open(alarm("Depot 1"), CENTRAL, site) as view:
            with pytest.raises(RetrievalDisabled, match="Retrieve Remote Recordings is off") as off:
                pictures(view.footage)
            assert "retrieve_remote_recordings=True" in str(off.value)
            assert live_pictures(view.live, 1)
        assert retrievals.count() == 0
        assert {call.method for call in simulator.recorders[0].image_calls} <= {"connect", "live", "stop"}
        with EventView.open(
            alarm("Depot 1"), retrieving, site, codec="jpeg", length=2 * SECOND
        ) as view:
            assert pictures(view.footage)
            assert live_pictures(view.live, 1)
        assert retrievals.count() == 1


@pytest.mark.requirement(80)
@pytest.mark.parametrize("client", [CENTRAL, evolve(CENTRAL, retrieve_remote_recordings=True)], ids=["off", "on"])
def test_a_camera_that_is_played_from_the_remote_site_needs_no_retrieval(
    simulator_factory: Callable[..., Simulator], client: ClientRecord
) -> None:
    plan = interconnect_site()
    plan.camera("Depot 3").edge_recordings = [(ALARMED - timedelta(minutes=1), ALARMED)]
    simulator = simulator_factory(plan, release="2025R2")
    retrievals = Retrievals(simulator)
    with (
        client_of(simulator) as site,
        EventView.open(alarm("Depot 3"), client, site, codec="jpeg", length=2 * SECOND) as view,
    ):
        times = pictures(view.footage)
        assert times
        view.replay()
        assert pictures(view.footage) == times
        if client.retrieve_remote_recordings:
            assert view.footage.retrieval is not None
            assert view.footage.retrieval.state is RetrievalState.NOT_APPLICABLE
    assert retrievals.count() == 0


@pytest.mark.requirement(76, 78)
def test_the_cameras_of_remote_sites_are_listed_and_filtered_like_any_other(
    simulator_factory: Callable[..., Simulator],
) -> None:
    with client_of(simulator_factory(interconnect_site())) as site:
        names = ["Depot 1", "Depot 2", "Depot 3"]
        assert [camera.name for camera in CameraDisplay(CENTRAL, site).cameras()] == names
        filtered = CameraDisplay(evolve(CENTRAL, site_filter="Depot"), site)
        assert [camera.name for camera in filtered.cameras()] == names
        with pytest.raises(GroupNotFound):
            CameraDisplay(evolve(CENTRAL, site_filter="Depo"), site).cameras()
        assert {camera.hardware.interconnected for camera in site.cameras() if camera.hardware} == {True}


def test_bad_arguments_are_refused_at_once(recorded: Simulator) -> None:
    with client_of(recorded) as site:
        for options in (
            {"layout": "two"},
            {"length": 5},
            {"length": 0 * SECOND},
            {"retrieval_timeout": 3},
            {"client": "1234"},
        ):
            with pytest.raises(ConfigurationError):
                CameraDisplay(**{"client": CLIENT, "site": site, **options})  # type: ignore[arg-type]
        with pytest.raises(ConfigurationError, match="camera must be Zone or str"):
            CameraDisplay(CLIENT, site).view_camera(7)  # type: ignore[arg-type]
        assert isinstance(site, Client)
