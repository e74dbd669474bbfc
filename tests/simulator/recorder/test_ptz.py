"""PTZ of RecorderCommandService: positions, presets, who controls a camera, patrolling."""

from datetime import timedelta
from uuid import UUID

import pytest

from milestone_sdk.simulator.recorder.switches import PtzHolder
from milestone_sdk.simulator.site import PatrollingProfile, Preset, User
from tests.support.recorder_bench import CAMERA, Bench

DEVICE = f"<deviceId>{CAMERA}</deviceId>"
PROFILE = UUID("22222222-2222-4333-8444-555555555555")
SCHEMA = f"{DEVICE}<patrollingSchemaId>{PROFILE}</patrollingSchemaId>"
TAKEN = "<detail><ErrorNumber>40295</ErrorNumber><SubErrorNumber>20</SubErrorNumber></detail>"
ZERO = UUID(int=0)


@pytest.fixture
def bench():
    presets = [Preset(id=CAMERA, name="Gate", pan=0.25, tilt=-1, zoom=0.5), Preset(id=CAMERA, name="A & B")]
    profiles = [PatrollingProfile(id=PROFILE, name="Night")]
    with Bench({"ptz": True, "presets": presets, "patrolling_profiles": profiles}) as bench:
        yield bench


def another(bench, priority):
    """The token of a second user with that priority."""
    user = User(name="guard", password="x", sid="S-1-5-21-0-0-0-1002", ptz_priority=priority)
    bench.site.users.append(user)
    bench.user, first = user, bench.user
    token = bench.login()
    bench.user = first
    return token


def move(**axes):
    pairs = "".join(f"<movement><name>{axis}</name><value>{value}</value></movement>" for axis, value in axes.items())
    return f"{DEVICE}<ptzArgs>{pairs}<Normalized>true</Normalized></ptzArgs>"


def session(bench):
    """What PTZGetSessionInfo answers, between the tags of its result."""
    answer = bench.call("PTZGetSessionInfo", DEVICE)[1]
    return answer.partition("<PTZGetSessionInfoResult>")[2].partition("</PTZGetSessionInfoResult>")[0]


def test_presets_are_names(bench):
    answer = bench.call("PresetGetList", DEVICE)[1]
    assert "<PresetGetListResult><string>Gate</string><string>A &amp; B</string></PresetGetListResult>" in answer
    assert bench.call("PresetMoveTo", f"{DEVICE}<presetName>A &amp; B</presetName>")[0] == 200
    assert bench.call("PresetMoveTo", f"{DEVICE}<presetName>Roof</presetName>")[0] == 500
    assert [move.arguments["presetName"] for move in bench.service.moves] == ["A & B"]


def test_the_camera_stands_where_it_was_sent(bench):
    bench.call("PresetMoveTo", f"{DEVICE}<presetName>Gate</presetName>")
    pairs = "".join(
        f"<movement><name>{axis}</name><value>{value}</value></movement>"
        for axis, value in [("pan", "0.25"), ("tilt", "-1"), ("zoom", "0.5")]
    )
    expected = f"<PTZGetAbsolutePositionResult>{pairs}<Normalized>true</Normalized></PTZGetAbsolutePositionResult>"
    assert expected in bench.call("PTZGetAbsolutePosition", DEVICE)[1]
    movement = "<movement><name>pan</name><value>-0.5</value></movement>"
    bench.call("PTZMoveAbsolute", f"{DEVICE}<ptzArgs>{movement}<Normalized>true</Normalized></ptzArgs>")
    assert movement in bench.call("PTZGetAbsolutePosition", DEVICE)[1]
    bench.call("PresetSet", f"{DEVICE}<presetName>Left</presetName>")
    assert (bench.camera.presets[-1].name, bench.camera.presets[-1].pan) == ("Left", -0.5)


def test_a_camera_without_ptz_does_not_move(bench):
    bench.camera.ptz = False
    assert bench.call("PTZMoveHome", DEVICE)[0] == 500
    assert bench.service.moves == []


def test_moves_change_the_position_of_their_axes_within_the_range(bench):
    bench.call("PTZMoveAbsolute", move(pan=0.5, tilt=-0.25))
    bench.call("PTZMoveAbsolute", move(zoom=0.125))
    assert bench.camera.position == {"pan": 0.5, "tilt": -0.25, "zoom": 0.125}
    bench.call("PTZMoveRelative", move(pan=-0.25, zoom=-0.5))
    assert bench.camera.position == {"pan": 0.25, "tilt": -0.25, "zoom": 0.0}
    bench.call("PTZMoveRelative", move(tilt=-1))
    assert bench.camera.position["tilt"] == -1
    bench.call("PTZMoveHome", DEVICE)
    assert "<name>pan</name><value>0</value>" in bench.call("PTZGetAbsolutePosition", DEVICE)[1]


def test_name_and_value_of_an_axis_may_change_places(bench):
    pairs = "".join(
        f"<movement><value>{value}</value><name>{axis}</name></movement>" for axis, value in (("pan", 0.5), ("tilt", 1))
    )
    bench.call("PTZMoveAbsolute", f"{DEVICE}<ptzArgs>{pairs}<Normalized>true</Normalized></ptzArgs>")
    assert bench.camera.position == {"pan": 0.5, "tilt": 1}


def test_a_user_of_another_client_holds_ptz(bench):
    bench.switches.ptz_holder = PtzHolder("Guard", priority=3000, seconds=12)
    status, answer = bench.call("PTZMoveStart", DEVICE)
    assert status == 500
    assert TAKEN in answer
    assert bench.service.moves == []
    assert session(bench) == (
        f"<DeviceId>{CAMERA}</DeviceId><PatrollingProfileId>{ZERO}</PatrollingProfileId>"
        f"<ManualPatrollingProfileId>{ZERO}</ManualPatrollingProfileId><User><Sid>S-1-5-21-0-0-0-9000</Sid>"
        "<DisplayName>Guard</DisplayName></User><Priority>3000</Priority><Reserved>false</Reserved>"
        "<IsPatrolling>false</IsPatrolling><IsAnonymous>false</IsAnonymous><IsPaused>false</IsPaused>"
        "<TimeoutSec>12</TimeoutSec><TimeoutLeftSec>12</TimeoutLeftSec><IsLicensed>true</IsLicensed>"
    )
    bench.switches.ptz_holder = PtzHolder("Guard", priority=2999)
    assert bench.call("PTZMoveStart", DEVICE)[0] == 200
    assert "<DisplayName>arc</DisplayName>" in session(bench)
    assert TAKEN in bench.call("PTZMoveStart", DEVICE, token=another(bench, 3000))[1]
    bench.site.clock_offset += timedelta(seconds=15)
    assert "<DisplayName>Guard</DisplayName>" in session(bench)


def test_a_move_takes_a_session_that_ends_by_itself(bench):
    assert session(bench) == ""
    guard = another(bench, 3000)
    bench.call("PTZMoveHome", DEVICE)
    assert "<DisplayName>arc</DisplayName>" in session(bench)
    assert TAKEN in bench.call("PTZMoveHome", DEVICE, token=guard)[1]
    bench.site.clock_offset += bench.switches.ptz_timeout
    assert session(bench) == ""
    assert bench.call("PTZMoveHome", DEVICE, token=guard)[0] == 200
    assert TAKEN in bench.call("PTZMoveHome", DEVICE)[1]


def test_a_higher_priority_takes_over_unless_the_session_is_reserved(bench):
    guard = another(bench, 3001)
    bench.call("PTZMoveHome", DEVICE)
    assert bench.call("PTZMoveHome", DEVICE, token=guard)[0] == 200
    bench.call("PTZReleaseSession", DEVICE, token=guard)
    assert bench.call("PTZReserveSession", DEVICE)[0] == 200
    bench.call("PTZMoveHome", DEVICE)
    bench.site.clock_offset += bench.switches.ptz_timeout * 2
    assert "<Reserved>true</Reserved>" in session(bench)
    assert TAKEN in bench.call("PTZMoveHome", DEVICE, token=guard)[1]
    assert TAKEN in bench.call("PTZReserveSession", DEVICE, token=guard)[1]
    bench.call("PTZReleaseSession", DEVICE, token=guard)
    assert "<Reserved>true</Reserved>" in session(bench)
    bench.call("PTZReleaseSession", DEVICE)
    assert session(bench) == ""
    assert bench.call("PTZMoveHome", DEVICE, token=guard)[0] == 200


def test_a_session_can_be_extended_without_a_move(bench):
    bench.call("PTZMoveHome", DEVICE)
    bench.site.clock_offset += bench.switches.ptz_timeout - timedelta(seconds=5)
    bench.call("PTZExtendedManualSession", DEVICE)
    bench.site.clock_offset += timedelta(seconds=6)
    assert "<DisplayName>arc</DisplayName>" in session(bench)
    assert [one.operation for one in bench.service.moves] == ["PTZMoveHome"]


def test_a_reservation_needs_the_product_and_the_right(bench):
    bench.switches.ptz_reservable = False
    assert bench.call("PTZReserveSession", DEVICE)[0] == 500
    bench.call("PTZMoveHome", DEVICE)
    assert "<IsLicensed>false</IsLicensed>" in session(bench)
    bench.switches.ptz_reservable = True
    bench.camera.rights["ReserveControl"] = False
    assert "Access denied" in bench.call("PTZReserveSession", DEVICE)[1]


def test_patrolling_pauses_while_a_user_has_the_camera(bench):
    assert bench.call("PTZActivatePatrollingSchema", SCHEMA)[0] == 200
    found = session(bench)
    assert f"<ManualPatrollingProfileId>{PROFILE}</ManualPatrollingProfileId><Priority>" in found
    assert "<IsPatrolling>true</IsPatrolling><IsAnonymous>false</IsAnonymous><IsPaused>false</IsPaused>" in found
    bench.call("PTZMoveHome", DEVICE)
    assert "<IsPaused>true</IsPaused>" in session(bench)
    assert bench.call("PTZDeactivatePatrollingSchema", SCHEMA)[0] == 200
    assert "<IsPatrolling>false</IsPatrolling>" in session(bench)
    assert bench.call("PTZDeactivatePatrollingSchema", SCHEMA)[0] == 500
    assert bench.call("PTZActivatePatrollingSchema", SCHEMA.replace(str(PROFILE), str(ZERO)))[0] == 500


@pytest.mark.parametrize("operation", ["PTZGetSessionInfo", "PTZReserveSession", "PTZReleaseSession"])
def test_no_session_of_an_unknown_device(bench, operation):
    assert "Unknown device" in bench.call(operation, f"<deviceId>{PROFILE}</deviceId>")[1]
