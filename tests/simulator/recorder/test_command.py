"""RecorderCommandService beyond the worked examples: tokens, prefixes, faults, devices."""

from datetime import timedelta
from uuid import UUID

import pytest

from milestone_sdk.simulator.site import Device
from milestone_sdk.simulator.wire.soap import SOAP12
from tests.support.recorder_bench import CAMERA, NAMESPACE, NOON, PATH, Bench, at, envelope, ms, read_all, split_http

DEVICE = f"<deviceId>{CAMERA}</deviceId>"
DEVICES = f"<deviceIds><guid>{CAMERA}</guid></deviceIds>"
OTHER = "99999999-2222-4333-8444-555555555555"
NOW = ms(NOON)


def fault(number: int, sub: int | None = None) -> str:
    shown = "" if sub is None else f"<SubErrorNumber>{sub}</SubErrorNumber>"
    return f"<detail><ErrorNumber>{number}</ErrorNumber>{shown}</detail>"


@pytest.fixture
def bench():
    camera = {
        "recordings": [(at(NOW - 60_000), at(NOW - 30_000))],
    }
    with Bench(camera) as bench:
        yield bench


def test_get_version_wants_no_token(bench):
    status, answer = bench.post(envelope("GetVersion", ""))
    assert status == 200
    assert b"<GetVersionResult>2</GetVersionResult>" in answer


@pytest.mark.parametrize("token", ["", "<token/>", "<token></token>"])
def test_a_missing_token_comes_before_every_other_complaint(bench, token):
    for operation, parameters in [("SequencesGetTypes", "<deviceId>nonsense</deviceId>"), ("NoSuchOperation", "")]:
        status, answer = bench.post(envelope(operation, token + parameters))
        assert status == 500
        assert fault(20001, 1).encode() in answer
        assert b"<faultcode>soap:Client</faultcode><faultstring>No token supplied</faultstring>" in answer


def test_an_access_token_is_no_corporate_token(bench):
    assert fault(20001, 2) in bench.call("SequencesGetTypes", DEVICE, token=bench.tokens.issue_access(bench.user))[1]


@pytest.mark.parametrize("operation", ["StartRecording", "SmartSearchStart", "MulticastStart", "NoSuchOperation"])
def test_what_is_not_supported_answers_40000_without_a_sub_number(bench, operation):
    status, answer = bench.call(operation, DEVICE)
    assert status == 500
    assert answer == (
        f"<soap:Fault><faultcode>soap:Server</faultcode><faultstring>Method '{operation}' not supported</faultstring>"
        f"{fault(40000)}</soap:Fault>"
    )


PREFIXED = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    '<ns0:SequencesGetTypes xmlns:ns0="{namespace}"><ns0:token>{token}</ns0:token>'
    "<ns0:deviceId>{camera}</ns0:deviceId></ns0:SequencesGetTypes></soap:Body></soap:Envelope>"
)


def test_a_prefixed_operation_is_not_decoded(bench):
    body = PREFIXED.format(namespace=NAMESPACE, token=bench.token, camera=CAMERA)
    assert fault(20001, 1).encode() in bench.post(body)[1]
    bench.switches.strict_prefix = False
    assert bench.post(body)[0] == 200


def test_a_prefixed_parameter_is_not_decoded(bench):
    inner = f'<token>{bench.token}</token><p:deviceId xmlns:p="{NAMESPACE}">{CAMERA}</p:deviceId>'
    assert b"Invalid argument 'deviceId'" in bench.post(envelope("SequencesGetTypes", inner))[1]


def test_an_operation_without_the_namespace_is_not_decoded(bench):
    body = envelope("SequencesGetTypes", f"<token>{bench.token}</token>{DEVICE}").replace(f' xmlns="{NAMESPACE}"', "")
    assert fault(20001, 1).encode() in bench.post(body)[1]


def test_the_soap_prefix_the_action_and_the_case_of_the_path_do_not_matter(bench):
    body = envelope("SequencesGetTypes", f"<token>{bench.token}</token>{DEVICE}")
    usual = bench.post(body, action=f"{NAMESPACE}/SequencesGetTypes")
    wrong = "http://videoos.net/2/XProtectCSServiceRegistration/JPEGGetAt"
    assert bench.post(body.replace("soap:", "s:").replace(":soap", ":s"), action=wrong, path=PATH.lower()) == usual


@pytest.mark.parametrize(
    ("operation", "content"),
    [
        ("GetVersion", b"<GetVersionResult>2</GetVersionResult>"),
        (
            "PTZMoveHome",
            b"<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code>"
            b'<soap:Reason><soap:Text xml:lang="en">'
            b"No token supplied</soap:Text></soap:Reason><soap:Detail><ErrorNumber>20001</ErrorNumber>"
            b"<SubErrorNumber>1</SubErrorNumber></soap:Detail></soap:Fault>",
        ),
    ],
)
def test_the_second_binding_of_the_description_is_answered_in_its_own_envelope(bench, operation, content):
    request = envelope(operation, "").replace("http://schemas.xmlsoap.org/soap/envelope/", SOAP12)
    answer = bench.post(request, content_type="application/soap+xml; charset=utf-8")[1]
    assert f'xmlns:soap="{SOAP12}"'.encode() in answer
    assert content in answer


def test_sequences_get_types_as_a_real_recorder_lists_them(bench):
    expected = "".join(
        f"<SequenceType><Id>{identifier}</Id><Name>{name}</Name></SequenceType>"
        for identifier, name in [
            ("0601d294-b7e5-4d93-9614-9658561ad5e4", "RecordingWithTriggerSequence"),
            ("f9c62604-d0c5-4050-ae25-72de51639b14", "RecordingSequence"),
            ("53cb5e33-2183-44bd-9491-8364d2457480", "MotionSequence"),
        ]
    )
    answer = bench.call("SequencesGetTypes", DEVICE.upper().replace("DEVICEID", "deviceId"))[1]
    assert f"<SequencesGetTypesResult>{expected}</SequencesGetTypesResult>" in answer


@pytest.mark.parametrize("query", ["wsdl", "WSDL", "singleWsdl"])
def test_the_description_is_served_to_anybody(bench, query):
    status, body = bench.post(b"", method="GET", path=f"{PATH}?{query}")
    assert status == 200
    assert b'name="SequencesGetTypes"' in body
    assert b"documentation" not in body
    assert body.count(b'location="http://rec01:7563/recordercommandservice/recordercommandservice.asmx"') == 2
    assert bench.post(b"", method="GET", path=PATH)[0] == 404
    assert bench.post(b"", path="/nothing/here")[0] == 404


@pytest.mark.parametrize("body", ["", "<", "no xml", "<a/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "\0\0\0"])
def test_what_is_no_envelope_is_answered_by_a_fault(bench, body):
    status, answer = bench.post(body)
    assert status == 500
    assert b"<soap:Fault><faultcode>soap:Client</faultcode>" in answer


@pytest.mark.parametrize(
    ("operation", "parameters", "name"),
    [
        ("SequencesGetTypes", "", "deviceId"),
        ("SequencesGetTypes", "<deviceId>{11111111222243338444555555555555}</deviceId>", "deviceId"),
        ("JPEGGetAt", f"{DEVICE}<time>yesterday</time>", "time"),
        ("JPEGGetAt", f"{DEVICE}<time>2026-02-30T00:00:00Z</time>", "time"),
        ("JPEGGetLive", f"{DEVICE}<maxWidth>wide</maxWidth><maxHeight>100</maxHeight>", "maxWidth"),
        ("IsManualRecording", "<deviceIds><guid>no</guid></deviceIds>", "deviceIds"),
        ("PTZCenter", f"{DEVICE}<refWidth>1</refWidth>", "refHeight"),
        ("PTZMoveStart", f"{DEVICE}<ptzArgs><movement><value>left</value></movement></ptzArgs>", "ptzArgs"),
        ("PTZMoveStart", f"{DEVICE}<ptzArgs><speed><name>pan</name><value>fast</value></speed></ptzArgs>", "ptzArgs"),
        ("PTZMoveAbsolute", f"{DEVICE}<ptzArgs><Normalized>maybe</Normalized></ptzArgs>", "ptzArgs"),
        ("PTZMoveAbsolute", f"{DEVICE}<ptzArgs><automatic><value>2</value></automatic></ptzArgs>", "ptzArgs"),
    ],
)
def test_a_wrong_argument_is_named(bench, operation, parameters, name):
    status, answer = bench.call(operation, parameters)
    assert status == 500
    assert f"Invalid argument '{name}'" in answer


def test_a_camera_of_another_recorder_does_not_exist_here(bench):
    bench.camera.recorder_id = CAMERA
    assert "Unknown device" in bench.call("SequencesGetTypes", DEVICE)[1]


def test_a_user_sees_only_their_cameras_and_rights(bench):
    bench.user.visible = set()
    assert "Unknown device" in bench.call("SequencesGetTypes", DEVICE)[1]
    bench.user.visible = None
    bench.camera.rights["Browse"] = False
    assert "Access denied" in bench.call("JPEGGetAt", f"{DEVICE}<time>2026-03-14T11:00:00Z</time>")[1]
    assert bench.call("SequencesGetTypes", DEVICE)[0] == 200


def state_of(bench: Bench, operation: str, inner: str = DEVICES) -> str:
    return bench.call(operation, inner)[1]


def test_manual_recording_starts_stops_and_does_both_again(bench):
    assert "<IsManualRecording>false</IsManualRecording>" in state_of(bench, "IsManualRecording")
    for _ in range(2):
        assert "<ResultCode>0</ResultCode><Message>Success</Message>" in state_of(bench, "StartManualRecording")
    assert "<IsManualRecording>true</IsManualRecording>" in state_of(bench, "IsManualRecording")
    assert len(bench.camera.recordings) == 2
    for _ in range(2):
        assert "<ResultCode>0</ResultCode><Message>Success</Message>" in state_of(bench, "StopManualRecording")
    assert "<IsManualRecording>false</IsManualRecording>" in state_of(bench, "IsManualRecording")
    begin, end = bench.camera.recordings[-1]
    assert begin < end < bench.site.now()


def test_manual_recording_ends_by_itself(bench):
    state_of(bench, "StartManualRecording")
    bench.site.clock_offset += timedelta(minutes=bench.camera.manual_recording_minutes)
    assert "<IsManualRecording>false</IsManualRecording>" in state_of(bench, "IsManualRecording")
    begin, end = bench.camera.recordings[-1]
    assert end - begin == timedelta(minutes=bench.camera.manual_recording_minutes)


def test_manual_recording_goes_on_where_the_camera_has_no_time_out(bench):
    bench.camera.manual_recording_timeout = False
    state_of(bench, "StartManualRecording")
    bench.site.clock_offset += timedelta(hours=3)
    assert "<IsManualRecording>true</IsManualRecording>" in state_of(bench, "IsManualRecording")


def test_manual_recording_leaves_a_running_recording_alone(bench):
    bench.camera.recordings[:] = [(at(NOW - 60_000), None)]
    state_of(bench, "StartManualRecording")
    state_of(bench, "StopManualRecording")
    assert bench.camera.recordings == [(at(NOW - 60_000), None)]


def test_an_unknown_device_is_not_recording_and_no_fault(bench):
    status, answer = bench.call("IsManualRecording", f"<deviceIds><guid>{OTHER}</guid></deviceIds>")
    assert status == 200
    assert f"<DeviceId>{OTHER}</DeviceId><IsManualRecording>false</IsManualRecording>" in answer


def test_a_device_that_moved_to_another_recorder_is_not_recording_here(bench):
    state_of(bench, "StartManualRecording")
    bench.camera.recorder_id = UUID(int=6)
    assert "<IsManualRecording>false</IsManualRecording>" in state_of(bench, "IsManualRecording")


@pytest.mark.parametrize("verb", ["Start", "Stop"])
def test_manual_recording_needs_its_right(bench, verb):
    bench.camera.rights = {f"{verb}Recording": False}
    before = bench.camera.recordings[:]
    assert "<Message>Access denied</Message>" in state_of(bench, f"{verb}ManualRecording")
    assert bench.camera.recordings == before


def test_manual_recording_of_a_microphone_ends_by_its_own_setting(bench):
    device = UUID(int=13)
    bench.site.devices.append(
        Device(
            id=device, kind="Microphone", name="Hall", hardware_id=bench.camera.hardware_id, manual_recording_minutes=1
        )
    )
    ids = f"<deviceIds><guid>{device}</guid></deviceIds>"
    bench.call("StartManualRecording", ids)
    assert "<IsManualRecording>true</IsManualRecording>" in bench.call("IsManualRecording", ids)[1]
    bench.site.clock_offset += timedelta(minutes=1)
    assert "<IsManualRecording>false</IsManualRecording>" in bench.call("IsManualRecording", ids)[1]


@pytest.mark.parametrize(
    "inner",
    [
        f"<deviceId>{CAMERA}</deviceId>",
        f'<a:guid xmlns:a="http://microsoft.com/wsdl/types/">{CAMERA}</a:guid>',
        f"<guid>{str(CAMERA).upper()}</guid>",
    ],
)
def test_items_of_an_array_count_by_position(bench, inner):
    answer = bench.call("IsManualRecording", f"<deviceIds>{inner}</deviceIds>")[1]
    assert f"<DeviceId>{CAMERA}</DeviceId>" in answer


SIREN, DOOR = (UUID(int=number, version=4) for number in (71, 72))


@pytest.fixture
def io(bench):
    """The recorder with an output and an input."""
    for device_id, kind in ((SIREN, "Output"), (DOOR, "InputEvent")):
        bench.site.devices.append(Device(id=device_id, kind=kind, name=kind, hardware_id=bench.camera.hardware_id))
    return bench


def test_outputs_keep_their_state_and_inputs_are_read(io):
    output, door = f"<deviceId>{SIREN}</deviceId>", f"<deviceId>{DOOR}</deviceId>"
    assert "<OutputGetStateResult>Unknown</OutputGetStateResult>" in io.call("OutputGetState", output)[1]
    assert io.call("OutputActivate", output)[1] == f'<OutputActivateResponse xmlns="{NAMESPACE}" />'
    assert ">Activated<" in io.call("OutputGetState", output)[1]
    io.call("OutputDeactivate", output)
    assert ">Deactivated<" in io.call("OutputGetState", output)[1]
    assert "<InputGetStateResult>Unknown</InputGetStateResult>" in io.call("InputGetState", door)[1]
    io.service.control.inputs[DOOR] = True
    assert ">Activated<" in io.call("InputGetState", door)[1]


def test_a_triggered_output_falls_back_after_its_microseconds(io):
    output = f"<deviceId>{SIREN}</deviceId>"
    io.call("OutputTrigger", f"{output}<duration><MicroSeconds>60000000</MicroSeconds></duration>")
    assert ">Activated<" in io.call("OutputGetState", output)[1]
    io.site.clock_offset += at(60_000) - at(0)
    assert ">Deactivated<" in io.call("OutputGetState", output)[1]


@pytest.mark.parametrize(
    ("operation", "device"),
    [("OutputActivate", DOOR), ("OutputGetState", CAMERA), ("InputGetState", SIREN), ("OutputDeactivate", OTHER)],
)
def test_only_devices_of_that_kind_have_a_state(io, operation, device):
    status, answer = io.call(operation, f"<deviceId>{device}</deviceId>")
    assert status == 500
    assert "Unknown device" in answer


def test_an_output_on_another_recorder_is_unknown(io):
    io.site.hardware[0].recorder_id = UUID(int=99)
    assert "Unknown device" in io.call("OutputActivate", f"<deviceId>{SIREN}</deviceId>")[1]


def test_an_output_that_the_user_may_not_activate(io):
    io.user.rights["Activate"] = False
    assert "Access denied" in io.call("OutputActivate", f"<deviceId>{SIREN}</deviceId>")[1]
    assert ">Unknown<" in io.call("OutputGetState", f"<deviceId>{SIREN}</deviceId>")[1]


def test_a_time_line_is_empty(bench):
    assert "<TimeLineInformationGetResult />" in bench.call("TimeLineInformationGet", DEVICE)[1]


def test_one_connection_carries_many_calls_and_they_are_noted(bench):
    body = envelope("GetVersion", "").encode()
    request = f'POST {PATH} HTTP/1.1\r\nHost: r\r\nSOAPAction: "x/GetVersion"\r\nContent-Length: {len(body)}\r\n\r\n'
    with bench.socket() as connection:
        connection.sendall((request.encode() + body) * 3)
        connection.shutdown(1)
        answers = read_all(connection)
    assert answers.count(b"<GetVersionResult>2</GetVersionResult>") == 3
    assert [(one.service, one.operation) for one in bench.requests] == [("recorder", "GetVersion")] * 3


def test_http_faults_strike_the_recorder(bench):
    bench.faults.add("recorder", "html", times=1, status=503)
    assert bench.post(envelope("GetVersion", ""))[0] == 503
    bench.faults.add("recorder", "cut_xml", times=1)
    status, answer = bench.post(envelope("GetVersion", ""))
    assert status == 200
    assert not answer.endswith(b"</soap:Envelope>")
    with bench.socket() as connection:
        bench.faults.add("recorder", "truncate", times=1, at=20)
        body = envelope("GetVersion", "").encode()
        connection.sendall(f"POST {PATH} HTTP/1.1\r\nHost: r\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        assert len(split_http(read_all(connection))[1]) == 20
