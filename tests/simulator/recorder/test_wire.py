"""The worked examples 7.1 to 7.5 of docs/protocol: imageserver-transport, octet for octet, over a raw socket."""

import base64
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest

from milestone_sdk.simulator.recorder.contract import CONTRACTS, OPERATIONS
from tests.support.recorder_bench import (
    CAMERA,
    HEAD,
    NAMESPACE,
    PATH,
    TAIL,
    Bench,
    T,
    at,
    envelope,
    read_all,
    split_http,
)

EXAMPLE_TOKEN = "TOKEN#0f0e0d0c-0b0a-4908-8706-050403020100#rec01//ServerConnector#"
RECORDING = "f9c62604-d0c5-4050-ae25-72de51639b14"
DEVICE = f"<deviceId>{CAMERA}</deviceId>"
CENTER = "<centerTime>2026-03-14T09:26:53.5890000Z</centerTime>"
# 09:25:10.123 to 09:27:40.456, and 09:31:00 to 09:31:45.900 of the examples' day.
SPANS = [
    (at(T - 103_466), at(T + 46_867)),
    (at(T + 246_411), at(T + 292_311)),
]
TWO_ENTRIES = (
    "<SequenceEntry><TimeBegin>2026-03-14T09:25:10.1230000Z</TimeBegin>"
    "<TimeTrigged>2026-03-14T09:25:10.1230000Z</TimeTrigged>"
    "<TimeEnd>2026-03-14T09:27:40.4560000Z</TimeEnd></SequenceEntry>"
    "<SequenceEntry><TimeBegin>2026-03-14T09:31:00.0000000Z</TimeBegin>"
    "<TimeTrigged>2026-03-14T09:31:00.0000000Z</TimeTrigged>"
    "<TimeEnd>2026-03-14T09:31:45.9000000Z</TimeEnd></SequenceEntry>"
)


@pytest.fixture(scope="module")
def bench():
    with Bench({"recordings": list(SPANS), "ptz": True}) as bench:
        yield bench


def test_7_1_sequences_get_around(bench):
    assert len(bench.token) == len(EXAMPLE_TOKEN)
    body = envelope(
        "SequencesGetAround",
        f"<token>{bench.token}</token>{DEVICE}<sequenceType>{RECORDING}</sequenceType>{CENTER}"
        "<maxCountBefore>1</maxCountBefore><maxCountAfter>1</maxCountAfter>",
    ).encode()
    assert len(body) == 565
    request = (
        f"POST {PATH} HTTP/1.1\r\nHost: rec01:7563\r\nContent-Type: text/xml; charset=utf-8\r\n"
        f'SOAPAction: "{NAMESPACE}/SequencesGetAround"\r\nContent-Length: 565\r\n\r\n'
    )
    expected = (
        f'{HEAD}<SequencesGetAroundResponse xmlns="{NAMESPACE}"><SequencesGetAroundResult>{TWO_ENTRIES}'
        f"</SequencesGetAroundResult></SequencesGetAroundResponse>{TAIL}"
    ).encode()
    assert len(expected) == 779
    with bench.socket() as connection:
        connection.sendall(request.encode() + body)
        connection.shutdown(1)
        answer = read_all(connection)
    status, content = split_http(answer)
    assert status == 200
    assert b"\r\nContent-Type: text/xml; charset=utf-8\r\n" in answer
    assert b"\r\nContent-Length: 779\r\n" in answer
    assert content == expected


def test_7_2_sequences_get_around_with_span(bench):
    hour = "<MicroSeconds>3600000000</MicroSeconds>"
    answer = bench.call(
        "SequencesGetAroundWithSpan",
        f"{DEVICE}<sequenceType>{RECORDING}</sequenceType>{CENTER}<maxTimeBefore>{hour}</maxTimeBefore>"
        f"<maxCountBefore>1</maxCountBefore><maxTimeAfter>{hour}</maxTimeAfter><maxCountAfter>1</maxCountAfter>",
    )
    result = f"<SequencesGetAroundWithSpanResult>{TWO_ENTRIES}</SequencesGetAroundWithSpanResult>"
    expected = f'<SequencesGetAroundWithSpanResponse xmlns="{NAMESPACE}">{result}</SequencesGetAroundWithSpanResponse>'
    assert answer == (200, expected)


def test_7_3_jpeg_found(bench):
    # 53.523 is the last picture of five a second, counted from 09:25:10.123, that is not after T.
    status, answer = bench.call("JPEGGetAtOrBefore", f"{DEVICE}<time>2026-03-14T09:26:53.5890000Z</time>")
    assert status == 200
    found = re.fullmatch(
        f'<JPEGGetAtOrBeforeResponse xmlns="{NAMESPACE}"><JPEGGetAtOrBeforeResult>'
        "<Time>2026-03-14T09:26:53.5230000Z</Time><Data>(/9j/4AAQSkZJRg[A-Za-z0-9+/]*=*)</Data>"
        "</JPEGGetAtOrBeforeResult></JPEGGetAtOrBeforeResponse>",
        answer,
    )
    assert found is not None, answer[:300]
    assert base64.b64decode(found[1], validate=True).endswith(b"\xff\xd9")


def test_7_3_jpeg_not_found(bench):
    answer = bench.call("JPEGGetAtOrBefore", f"{DEVICE}<time>2026-03-14T09:25:10.1229999Z</time>")
    expected = (
        f'<JPEGGetAtOrBeforeResponse xmlns="{NAMESPACE}"><JPEGGetAtOrBeforeResult>'
        "<Time>0001-01-01T00:00:00</Time></JPEGGetAtOrBeforeResult></JPEGGetAtOrBeforeResponse>"
    )
    assert answer == (200, expected)


def test_7_4_manual_recording(bench):
    answer = bench.call("StartManualRecording", f"<deviceIds><guid>{CAMERA}</guid></deviceIds>")
    expected = (
        f'<StartManualRecordingResponse xmlns="{NAMESPACE}"><StartManualRecordingResult><ManualRecordingResult>'
        f"<DeviceId>{CAMERA}</DeviceId><ResultCode>0</ResultCode><Message>Success</Message></ManualRecordingResult>"
        "</StartManualRecordingResult></StartManualRecordingResponse>"
    )
    assert answer == (200, expected)


def test_7_5_ptz(bench):
    arguments = (
        "<ptzArgs><movement><name>pan</name><value>1</value></movement>"
        "<movement><name>tilt</name><value>0</value></movement><speed><name>pan</name><value>0.4</value></speed>"
        "<speed><name>tilt</name><value>0</value></speed><Normalized>false</Normalized></ptzArgs>"
    )
    assert bench.call("PTZMoveStart", DEVICE + arguments) == (200, f'<PTZMoveStartResponse xmlns="{NAMESPACE}" />')
    (move,) = bench.service.moves
    assert (move.operation, move.device_id, move.user) == ("PTZMoveStart", CAMERA, "arc")
    assert move.arguments["ptzArgs"] == [
        ("movement/name", "pan"),
        ("movement/value", "1"),
        ("movement/name", "tilt"),
        ("movement/value", "0"),
        ("speed/name", "pan"),
        ("speed/value", "0.4"),
        ("speed/name", "tilt"),
        ("speed/value", "0"),
        ("Normalized", "false"),
    ]


def test_7_5_fault(bench):
    answer = bench.call("PTZMoveStart", DEVICE, token=EXAMPLE_TOKEN)
    expected = (
        "<soap:Fault><faultcode>soap:Client</faultcode><faultstring>Token invalid</faultstring>"
        "<detail><ErrorNumber>20001</ErrorNumber><SubErrorNumber>2</SubErrorNumber></detail></soap:Fault>"
    )
    assert answer == (500, expected)


def test_a_dead_token_is_refused_by_the_same_fault(bench):
    token = bench.login()
    assert bench.call("SequencesGetTypes", DEVICE, token=token)[0] == 200
    bench.tokens.advance(timedelta(hours=4))
    assert (
        "<ErrorNumber>20001</ErrorNumber><SubErrorNumber>2</SubErrorNumber>"
        in bench.call("SequencesGetTypes", DEVICE, token=token)[1]
    )


def test_types_and_operations_have_the_order_of_the_description():
    path = Path(__file__).resolve().parents[4] / "shared" / "protocol" / "recordercommand-types.json"
    if not path.exists():
        pytest.skip("the reference material is not beside this checkout")
    known = json.loads(path.read_text())
    types = {name: found for name, found in known["types"].items() if name in CONTRACTS.contracts}
    assert len(types) == len(CONTRACTS.contracts)
    for name, description in types.items():
        declared = [field["name"] for field in description["fields"]]
        ours = [member.name for _, member in CONTRACTS.layout(name)]
        assert [field for field in declared if field in ours] == ours, name
    for name, operation in OPERATIONS.items():
        declared = [parameter["name"] for parameter in known["operations"][name]["params"]]
        ours = [member.name for member in operation.parameters]
        assert [parameter for parameter in declared if parameter in ours] == ours, name
