"""Requests and replies of RecorderCommandService about devices."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from milestone_sdk._protocol.devices import control
from milestone_sdk._protocol.soap.contract import Contract
from milestone_sdk._protocol.soap.envelope import Call
from milestone_sdk.errors import PtzInUse, RemoteProtocolError, ServerFault
from milestone_sdk.models.control import IOState, PtzPosition, PtzSession
from tests.support.soap_bodies import RECORDER, fault, infoset, reply

TOKEN = "TOKEN#0f0e0d0c-0b0a-4908-8706-050403020100#rec01//ServerConnector#"
DEVICE = UUID("11111111-2222-4333-8444-555555555555")
PROFILE = UUID("22222222-2222-4333-8444-555555555555")


def pairs(**axes: float) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in axes.items()]


CALLS: list[tuple[Call[Any], dict[str, Any]]] = [
    (
        control.ptz_start(TOKEN, DEVICE, {"pan": 1, "tilt": 0}, {"pan": 0.4, "tilt": 0}),
        {"ptzArgs": {"movement": pairs(pan=1, tilt=0), "speed": pairs(pan=0.4, tilt=0), "Normalized": False}},
    ),
    (control.ptz_stop(TOKEN, DEVICE), {}),
    (
        control.ptz_move_absolute(TOKEN, DEVICE, {"pan": -1, "zoom": 0.125}, 0.5),
        {"ptzArgs": {"movement": pairs(pan=-1, zoom=0.125), "speed": pairs(pan=0.5, zoom=0.5), "Normalized": True}},
    ),
    (
        control.ptz_move_relative(TOKEN, DEVICE, {"tilt": 0.25}, 1),
        {"ptzArgs": {"movement": pairs(tilt=0.25), "speed": pairs(tilt=1), "Normalized": True}},
    ),
    (control.ptz_home(TOKEN, DEVICE), {}),
    (
        control.ptz_center(TOKEN, DEVICE, (640, 480), 1, 2.5, -1),
        {"refWidth": 640, "refHeight": 480, "centerX": 1, "centerY": 2.5, "zoom": -1},
    ),
    (
        control.ptz_rectangle(TOKEN, DEVICE, (640, 480), left=1, top=2, right=3, bottom=4),
        {"refWidth": 640, "refHeight": 480, "left": 1, "top": 2, "bottom": 4, "right": 3},
    ),
    (control.ptz_position(TOKEN, DEVICE), {}),
    (control.ptz_session(TOKEN, DEVICE), {}),
    (control.ptz_session_extend(TOKEN, DEVICE), {}),
    (control.ptz_session_reserve(TOKEN, DEVICE), {}),
    (control.ptz_session_release(TOKEN, DEVICE), {}),
    (control.ptz_patrol(TOKEN, DEVICE, PROFILE, active=True), {"patrollingSchemaId": str(PROFILE)}),
    (control.ptz_patrol(TOKEN, DEVICE, PROFILE, active=False), {"patrollingSchemaId": str(PROFILE)}),
    (control.preset_list(TOKEN, DEVICE), {}),
    (control.preset_go(TOKEN, DEVICE, "A & <B>"), {"presetName": "A & <B>"}),
    (control.preset_set(TOKEN, DEVICE, "Tor öffnen"), {"presetName": "Tor öffnen"}),
    (control.input_state(TOKEN, DEVICE), {}),
    (control.output_state(TOKEN, DEVICE), {}),
    (control.output_activate(TOKEN, DEVICE), {}),
    (control.output_deactivate(TOKEN, DEVICE), {}),
    (
        control.output_trigger(TOKEN, DEVICE, timedelta(seconds=2, microseconds=5)),
        {"duration": {"MicroSeconds": 2_000_005}},
    ),
]


@pytest.mark.parametrize(
    ("call", "arguments"), CALLS, ids=[call.operation + str(n) for n, (call, _) in enumerate(CALLS)]
)
def test_a_request_is_what_the_contract_says(call: Call[Any], arguments: dict[str, Any]) -> None:
    contract = Contract.named("recorder")
    body, action = contract.encode(call.operation, token=TOKEN, deviceId=str(DEVICE), **arguments)
    assert (infoset(call.body), call.action) == (infoset(body), action)


@pytest.mark.parametrize(
    ("build", "devices"),
    [
        (control.manual_recording, (DEVICE, PROFILE)),
        (control.start_manual_recording, (DEVICE,)),
        (control.stop_manual_recording, (DEVICE,)),
    ],
)
def test_a_request_about_manual_recording(build: Any, devices: tuple[UUID, ...]) -> None:
    call = build(TOKEN, *devices)
    body, _ = Contract.named("recorder").encode(call.operation, token=TOKEN, deviceIds=[str(one) for one in devices])
    assert infoset(call.body) == infoset(body)


def test_the_worked_example_byte_by_byte() -> None:
    assert CALLS[0][0].body.decode().partition("<soap:Body>")[2].removesuffix("</soap:Body></soap:Envelope>") == (
        '<PTZMoveStart xmlns="http://videoos.net/2/XProtectCSRecorderCommand">'
        "<token>TOKEN#0f0e0d0c-0b0a-4908-8706-050403020100#rec01//ServerConnector#</token>"
        "<deviceId>11111111-2222-4333-8444-555555555555</deviceId><ptzArgs>"
        "<movement><name>pan</name><value>1</value></movement><movement><name>tilt</name><value>0</value></movement>"
        "<speed><name>pan</name><value>0.4</value></speed><speed><name>tilt</name><value>0</value></speed>"
        "<Normalized>false</Normalized></ptzArgs></PTZMoveStart>"
    )


def element(name: str, inner: object) -> str:
    return f'<{name} xmlns="{RECORDER}">{inner}</{name}>'


def test_a_position_has_the_axes_that_the_recorder_reports() -> None:
    content = "".join(
        element("movement", element("name", name) + element("value", value))
        for name, value in (("Pan", "0.5"), ("zoom", "1E-05"), ("tilt", "wide"))
    )
    assert control.ptz_position(TOKEN, DEVICE).decode(reply(RECORDER, "PTZGetAbsolutePosition", content)) == (
        PtzPosition(pan=0.5, zoom=1e-05)
    )
    assert control.ptz_position(TOKEN, DEVICE).decode(reply(RECORDER, "PTZGetAbsolutePosition", None)) == PtzPosition()


def test_a_session() -> None:
    content = (
        element("DeviceId", DEVICE)
        + element("PatrollingProfileId", UUID(int=0))
        + element("ManualPatrollingProfileId", PROFILE)
        + element("User", element("Sid", "S-1-5-21") + element("DisplayName", "operator"))
        + "".join(
            element(name, value)
            for name, value in {
                "Priority": 7, "Reserved": "true", "IsPatrolling": "false", "IsAnonymous": "false",
                "IsPaused": "true", "TimeoutSec": 15, "TimeoutLeftSec": 9, "IsLicensed": "true",
            }.items()
        )
    )  # fmt: skip
    call = control.ptz_session(TOKEN, DEVICE)
    assert call.decode(reply(RECORDER, call.operation, content)) == PtzSession(
        user="operator",
        user_sid="S-1-5-21",
        priority=7,
        reserved=True,
        paused=True,
        licensed=True,
        timeout_seconds=15,
        seconds_left=9,
        manual_patrolling_profile_id=PROFILE,
    )
    assert call.decode(reply(RECORDER, call.operation, None)) is None
    bad = element("User", element("DisplayName", "operator")) + element("Priority", "high")
    assert call.decode(reply(RECORDER, call.operation, bad)) == PtzSession(
        user="operator", timeout_seconds=0, seconds_left=0
    )
    assert call.decode(reply(RECORDER, call.operation, element("Priority", "0"))) is None
    nobody = call.decode(reply(RECORDER, call.operation, element("Priority", "7") + element("IsAnonymous", "true")))
    assert nobody == PtzSession(priority=7, anonymous=True, timeout_seconds=0, seconds_left=0)


def test_states_of_an_output() -> None:
    call = control.output_state(TOKEN, DEVICE)
    assert call.decode(reply(RECORDER, call.operation, "Activated")) is IOState.ACTIVATED
    assert call.decode(reply(RECORDER, call.operation, "Pulsed")) == "Pulsed"
    with pytest.raises(RemoteProtocolError):
        call.decode(reply(RECORDER, call.operation, None))


def test_results_of_manual_recording_by_device() -> None:
    rows = "".join(
        element(
            "ManualRecordingResult",
            element("DeviceId", device) + element("ResultCode", code) + element("Message", message),
        )
        for device, code, message in ((DEVICE, 0, "Success"), (PROFILE, 3, "no licence"), ("?", 0, "Success"))
    )
    call = control.start_manual_recording(TOKEN, DEVICE)
    call.decode(reply(RECORDER, call.operation, rows))
    call = control.stop_manual_recording(TOKEN, PROFILE)
    with pytest.raises(ServerFault, match="did not stop the recording: no licence") as caught:
        call.decode(reply(RECORDER, call.operation, rows))
    assert caught.value.code == "3"
    for without in ("", None):
        with pytest.raises(RemoteProtocolError, match="no result for the device"):
            call.decode(reply(RECORDER, call.operation, without))


@pytest.mark.parametrize(("sub", "kind"), [("<SubErrorNumber>20</SubErrorNumber>", PtzInUse), ("", ServerFault)])
def test_another_user_of_higher_priority(sub: str, kind: type[ServerFault]) -> None:
    detail = f"<detail><ErrorNumber>40295</ErrorNumber>{sub}</detail>"
    body = fault(f"<faultcode>soap:Client</faultcode><faultstring>in use</faultstring>{detail}")
    with pytest.raises(ServerFault) as caught:
        control.ptz_home(TOKEN, DEVICE).decode(body)
    assert type(caught.value) is kind
