# Generated from tests/_async/devices/test_ptz.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""PTZ through the client: what the recorder gets, who may be in the way, and that a camera never goes on turning."""

import contextlib
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from milestone_sdk import (
    AmbiguousName,
    BasicUser,
    CameraNotFound,
    ConfigurationError,
    LocalProtocolError,
    NotFound,
    PermissionDenied,
    PtzInUse,
    ServerFault,
    ServiceUnavailable,
)
from milestone_sdk.models.control import PtzPosition
from milestone_sdk.simulator import Simulator, example_site
from milestone_sdk.simulator.recorder.switches import PtzHolder
from milestone_sdk.simulator.site import PatrollingProfile, Preset, User, stable_id

from ..opening import SiteClock, client_of

pytestmark = pytest.mark.anyio

NIGHT = PatrollingProfile(id=stable_id("patrolling profile", "Night"), name="Night")


@pytest.fixture
def steerable(simulator_factory: Callable[..., Simulator]) -> Simulator:
    """Camera C1 has PTZ and a preset."""
    plan = example_site()
    camera = plan.camera("C1")
    camera.ptz = True
    camera.patrolling_profiles[:] = [NIGHT]
    camera.presets[:] = [Preset(id=stable_id("preset", "Gate"), name="Gate", pan=0.25, tilt=-0.5, zoom=0.125)]
    return simulator_factory(plan)


def moves(simulator: Simulator) -> list[tuple[str, object]]:
    """Return the PTZ commands that the recorder accepted: operation and values by path."""
    (recorder,) = {simulator.recorder_service(camera.recorder_id) for camera in simulator.site.cameras}
    return [(move.operation, move.arguments.get("ptzArgs")) for move in recorder.moves]


def args(**axes: float) -> list[tuple[str, str]]:
    """Return what a continuous move sends, in contract order."""
    direction = {axis: (value > 0) - (value < 0) for axis, value in axes.items()}
    pairs = [("movement", axis, f"{direction[axis]}") for axis in axes]
    pairs += [("speed", axis, f"{abs(value):g}") for axis, value in axes.items()]
    sent = [
        (f"{kind}/{part}", text) for kind, axis, value in pairs for part, text in (("name", axis), ("value", value))
    ]
    return [*sent, ("Normalized", "false")]


def test_presets_by_name(steerable: Simulator) -> None:
    with client_of(steerable) as site:
        assert site.ptz.presets("C1") == ("Gate",)
        site.ptz.go_to("C1", "Gate")
        assert site.ptz.position("C1") == PtzPosition(pan=0.25, tilt=-0.5, zoom=0.125)
        site.ptz.move_to("C1", pan=-1, tilt=0.5, zoom=1)
        site.ptz.set_preset("C1", "Up & left")
        assert site.ptz.presets("C1") == ("Gate", "Up & left")
        site.ptz.home("C1")
        site.ptz.go_to(site.camera("C1"), "Up & left")
        assert site.ptz.position("C1") == PtzPosition(pan=-1, tilt=0.5, zoom=1)


def test_a_preset_that_the_camera_does_not_have_is_named_with_those_near(steerable: Simulator) -> None:
    with client_of(steerable) as site:
        with pytest.raises(NotFound, match=r"'Gat'.*near: 'Gate'"):
            site.ptz.go_to("C1", "Gat")


def test_a_camera_without_ptz_and_one_that_is_not_there(steerable: Simulator) -> None:
    with client_of(steerable) as site:
        with pytest.raises(ServerFault, match="PTZ"):
            site.ptz.home("Front Hallway")
        with pytest.raises(CameraNotFound):
            site.ptz.presets("C9")


def test_each_call_has_its_operation(steerable: Simulator) -> None:
    with client_of(steerable) as site:
        site.ptz.move_by("C1", pan=0.1, speed=0.5)
        site.ptz.center("C1", 320, 240, size=(640, 480))
        site.ptz.center("C1", 320.5, 240, size=(640, 480), zoom=0.25)
        site.ptz.zoom_to("C1", left=10, top=20, right=30, bottom=40, size=(640, 480))
    recorder = steerable.recorder_service(steerable.site.camera("C1").recorder_id)
    relative, center, zoomed, rectangle = recorder.moves
    assert relative.arguments["ptzArgs"] == [
        ("movement/name", "pan"), ("movement/value", "0.1"), ("speed/name", "pan"), ("speed/value", "0.5"),
        ("Normalized", "true"),
    ]  # fmt: skip
    assert (center.operation, center.arguments["zoom"]) == ("PTZCenter", "-1")
    assert (zoomed.arguments["centerX"], zoomed.arguments["zoom"]) == ("320.5", "0.25")
    order = ["deviceId", "refWidth", "refHeight", "left", "top", "bottom", "right"]
    assert (rectangle.operation, list(rectangle.arguments)) == ("PTZRectangle", order)


def test_a_continuous_move_stops_at_the_end_of_the_block(steerable: Simulator) -> None:
    with client_of(steerable) as site:
        with site.ptz.control("C1") as ptz:
            ptz.move(pan=0.5, tilt=-0.25)
            ptz.move(pan=0.5, zoom=1)
            ptz.move()
            ptz.move(tilt=1)
        with site.ptz.control("C1", reverse_tilt=True) as ptz:
            ptz.move(tilt=1)
    assert moves(steerable) == [
        ("PTZMoveStart", args(pan=0.5, tilt=-0.25)),
        ("PTZMoveStart", args(pan=0.5, tilt=0)),
        ("PTZMoveStart", args(zoom=1)),
        ("PTZMoveStop", None),
        ("PTZMoveStart", args(pan=0, tilt=1)),
        ("PTZMoveStop", None),
        ("PTZMoveStart", args(pan=0, tilt=-1)),
        ("PTZMoveStop", None),
    ]


def test_an_error_in_the_block_stops_the_camera(steerable: Simulator) -> None:
    with client_of(steerable) as site:
        with contextlib.suppress(ZeroDivisionError):
            with site.ptz.control("C1") as ptz:
                ptz.move(pan=1)
                raise ZeroDivisionError
    assert [operation for operation, _ in moves(steerable)] == ["PTZMoveStart", "PTZMoveStop"]


def test_a_start_whose_answer_is_lost_is_stopped_even_if_the_stop_fails_twice(
    steerable: Simulator,
) -> None:
    clock = SiteClock(steerable.site)
    with client_of(steerable, clock=clock) as site:
        site.ptz.presets("C1")
        steerable.faults.add("recorder", "reset", operation="PTZMoveStart", times=1)
        steerable.faults.add("recorder", "reset", operation="PTZMoveStop", times=2)
        with pytest.raises(ServiceUnavailable, match="PTZMoveStart"):
            with site.ptz.control("C1") as ptz:
                ptz.move(pan=1)
    assert moves(steerable)[-1] == ("PTZMoveStop", None)
    assert clock.slept == [0.5, 1.0], "a network that is lost for a moment comes back"


def test_nothing_moves_a_camera_after_its_block(steerable: Simulator) -> None:
    with client_of(steerable) as site:
        with site.ptz.control("C1") as ptz:
            ptz.move(pan=1)
        with pytest.raises(LocalProtocolError, match="has ended"):
            ptz.move(pan=1)
    assert [operation for operation, _ in moves(steerable)] == ["PTZMoveStart", "PTZMoveStop"]


def test_a_camera_that_nothing_moved_is_not_stopped(steerable: Simulator) -> None:
    with client_of(steerable) as site, site.ptz.control("C1"):
        pass
    assert moves(steerable) == []


def test_a_user_of_higher_priority_is_an_error_of_its_own(steerable: Simulator) -> None:
    recorder = steerable.recorder_service(steerable.site.camera("C1").recorder_id)
    recorder.switches.ptz_holder = PtzHolder("Guard", priority=9000, seconds=12)
    with client_of(steerable) as site:
        with pytest.raises(PtzInUse, match="by Guard with a higher priority, for 12 s more") as caught:
            site.ptz.go_to("C1", "Gate")
    error = caught.value
    assert (error.code, error.subcode, error.retriable) == ("40295", "20", False)
    assert (error.holder, error.seconds_left) == ("Guard", 12)


Calls = Callable[[Any], None]


@pytest.mark.parametrize(
    ("right", "call"),
    [
        ("ManualControl", lambda ptz: ptz.move_to("C1", pan=0.5)),
        ("ManualControl", lambda ptz: ptz.move_by("C1", pan=0.5)),
        ("ManualControl", lambda ptz: ptz.home("C1")),
        ("ManualControl", lambda ptz: ptz.center("C1", 0, 0, size=(640, 480))),
        ("ManualControl", lambda ptz: ptz.zoom_to("C1", left=0, top=0, right=9, bottom=9, size=(640, 480))),
        ("PresetControl", lambda ptz: ptz.go_to("C1", "Gate")),
        ("PresetControl", lambda ptz: ptz.start_patrolling("C1", NIGHT.id)),
        ("ManagePresets", lambda ptz: ptz.set_preset("C1", "Here")),
        ("ReserveControl", lambda ptz: ptz.reserve("C1")),
    ],
)
def test_a_missing_right_is_named(steerable: Simulator, right: str, call: Calls) -> None:
    steerable.edit(lambda plan: plan.camera("C1").rights.update({right: False}))
    with client_of(steerable) as site:
        with pytest.raises(PermissionDenied, match="C1") as caught:
            call(site.ptz)
        assert right.replace("Control", "").lower()[:6] in str(caught.value.hint)
        assert moves(steerable) == []


@pytest.mark.parametrize(
    ("camera", "error", "text"),
    [("C1", PermissionDenied, "C1"), ("C9", CameraNotFound, "C9"), ("Front Hallway", ServerFault, "no PTZ")],
)
def test_a_continuous_move_needs_its_camera_and_right(
    steerable: Simulator, caplog: pytest.LogCaptureFixture, camera: str, error: type[Exception], text: str
) -> None:
    steerable.edit(lambda plan: plan.camera("C1").rights.update(ManualControl=False))
    with client_of(steerable) as site:
        with pytest.raises(error, match=text):
            with site.ptz.control(camera) as ptz:
                ptz.move(pan=1)
    assert moves(steerable) == []
    assert "may still be moving" not in caplog.text


def test_a_higher_priority_takes_a_camera_over_and_a_lower_one_does_not(steerable: Simulator) -> None:
    guard = User(name="guard", password="w0rd & pass", sid="S-1-5-21-0-0-0-1002", ptz_priority=4000)
    steerable.edit(lambda plan: plan.users.append(guard))
    other = BasicUser(guard.name, guard.password)
    with client_of(steerable) as site, client_of(steerable, other) as higher:
        site.ptz.home("C1")
        higher.ptz.go_to("C1", "Gate")
        with pytest.raises(PtzInUse, match="by guard"):
            site.ptz.home("C1")
        higher.ptz.release("C1")
        site.ptz.reserve("C1")
        with pytest.raises(PtzInUse, match="by arc"):
            higher.ptz.home("C1")


def test_only_a_profile_of_the_camera_can_be_patrolled(steerable: Simulator) -> None:
    with client_of(steerable) as site:
        camera = site.camera("C1")
        folder = f"Camera[{camera.id}]/PatrollingProfileFolder"
        (profile,) = [each for each in site.configuration.children(folder)]
        assert (profile.path, profile.display_name) == (f"PatrollingProfile[{NIGHT.id}]", "Night")
        with pytest.raises(ServerFault, match="Unknown patrolling profile"):
            site.ptz.start_patrolling("C1", stable_id("patrolling profile", "Day"))


@pytest.mark.parametrize("given", ["Night", str(NIGHT.id).upper(), NIGHT.id])
def test_patrolling_by_name(steerable: Simulator, given: UUID | str) -> None:
    with client_of(steerable) as site:
        site.ptz.start_patrolling("C1", given)
        held = site.ptz.session("C1")
        assert held is not None
        assert held.manual_patrolling_profile_id == NIGHT.id
        site.ptz.stop_patrolling("C1", given)
        held = site.ptz.session("C1")
        assert held is not None
        assert not held.patrolling


def test_a_patrolling_profile_that_is_not_there_or_there_twice(steerable: Simulator) -> None:
    with client_of(steerable) as site:
        with pytest.raises(NotFound, match=r"no patrolling profile 'Nigt'.*near: 'Night'"):
            site.ptz.start_patrolling("C1", "Nigt")
        twin = PatrollingProfile(id=stable_id("patrolling profile", "Twin"), name="Night")
        steerable.edit(lambda plan: plan.camera("C1").patrolling_profiles.append(twin))
        with pytest.raises(AmbiguousName, match="2 patrolling profiles"):
            site.ptz.start_patrolling("C1", "Night")
    assert moves(steerable) == []


def test_a_recorder_may_answer_with_an_empty_session(steerable: Simulator) -> None:
    recorder = steerable.recorder_service(steerable.site.camera("C1").recorder_id)
    recorder.switches.ptz_empty_session = True
    with client_of(steerable) as site:
        assert site.ptz.session("C1") is None
        site.ptz.home("C1")
        held = site.ptz.session("C1")
        assert held is not None
        assert held.user == "arc"


def test_who_controls_a_camera(steerable: Simulator) -> None:
    with client_of(steerable) as site:
        assert site.ptz.session("C1") is None
        site.ptz.extend("C1")
        held = site.ptz.session("C1")
        assert held is not None
        assert (held.user, held.reserved) == ("arc", False)
        site.ptz.reserve("C1")
        held = site.ptz.session("C1")
        assert held is not None
        assert (held.user, held.reserved, held.licensed, held.priority) == ("arc", True, True, 3000)
        site.ptz.release("C1")
        assert site.ptz.session("C1") is None


def test_patrolling_is_paused_while_a_user_moves_the_camera(steerable: Simulator) -> None:
    profile = NIGHT.id
    with client_of(steerable) as site:
        site.ptz.start_patrolling("C1", profile)
        site.ptz.move_by("C1", pan=0.25)
        assert site.ptz.position("C1") == PtzPosition(pan=0.25, tilt=0.0, zoom=0.0)
        held = site.ptz.session("C1")
        assert held is not None
        assert (held.patrolling, held.paused, held.manual_patrolling_profile_id) == (True, True, profile)
        site.ptz.stop_patrolling("C1", profile)
        held = site.ptz.session("C1")
        assert held is not None
        assert (held.patrolling, held.manual_patrolling_profile_id) == (False, None)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda ptz: ptz.move_to("C1"), "no axis"),
        (lambda ptz: ptz.move_to("C1", pan=1.5), "pan must be from -1 to 1, got 1.5"),
        (lambda ptz: ptz.move_to("C1", zoom=-0.5), "zoom must be from 0 to 1"),
        (lambda ptz: ptz.move_to("C1", pan=float("nan")), "pan must be from -1 to 1, got nan"),
        (lambda ptz: ptz.center("C1", 700, 0, size=(640, 480)), "x must be from 0 to 640, got 700"),
        (lambda ptz: ptz.center("C1", 0, 0, size=(0, 480)), "width"),
        (lambda ptz: ptz.center("C1", 0, 0, size=(640,)), "size must be two numbers, got 1"),
        (lambda ptz: ptz.set_preset("C1", ""), "name must not be empty"),
        (lambda ptz: ptz.zoom_to("C1", left=5, top=5, right=5, bottom=9, size=(640, 480)), "empty"),
    ],
)
def test_values_that_no_camera_has(
    steerable: Simulator, call: Callable[[Any], None], text: str
) -> None:
    with client_of(steerable) as site:
        with pytest.raises(ConfigurationError, match=text):
            call(site.ptz)
    assert moves(steerable) == []
