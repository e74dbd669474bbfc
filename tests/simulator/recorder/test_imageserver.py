"""The worked examples 7.6 and 7.7 of docs/protocol: imageserver-transport, octet for octet, over a raw socket."""

import re
from uuid import UUID

import pytest

from milestone_sdk.simulator.recorder.encoder import CodedPicture
from milestone_sdk.simulator.recorder.film import Film
from milestone_sdk.simulator.recorder.packets import CODEC_H264
from tests.support.imageserver_wire import EXAMPLE_GROUP
from tests.support.recorder_bench import CAMERA, Bench, T, Viewer, at

EXAMPLE_TOKEN = "TOKEN#0f0e0d0c-0b0a-4908-8706-050403020100#rec01//ServerConnector#"
KEYFRAME = bytes.fromhex("00 00 00 01 67 42 C0 0A D9 0D E8 00 00 00 01 68 CE 38 80 00 00 00 01 65 88 84 3F 0D 0A FF")
DEPENDENT = bytes.fromhex("00 00 00 01 41 9A 24 10")
K1 = bytes.fromhex("00 10 00 00 00 3E 00 0A 00 07 00 01 00 00 01 9C EB AB 5F DA 00 00 01 9C EB AB 5F DA 00 00 00 00")
P1 = bytes.fromhex("00 10 00 00 00 28 00 0A 00 08 00 00 00 00 01 9C EB AB 5F DA 00 00 01 9C EB AB 61 CE 00 00 00 00")


class ExampleFilm(Film):
    """The shortened synthetic H.264 of the examples instead of encoded pictures."""

    def codec(self, camera, keyframe_ms):
        return CODEC_H264

    def coded(self, camera, keyframe_ms, pictures):
        return (CodedPicture(data=KEYFRAME, order=0), CodedPicture(data=DEPENDENT, order=1))


@pytest.fixture(scope="module")
def bench():
    # One GOP a second on the grid of ...906, two pictures in each.
    camera = {
        "codec": "h264",
        "frames_per_second": 2,
        "recordings": [(at(1773480400906), at(1773480410906))],
    }
    with Bench(camera, film=ExampleFilm) as bench:
        yield bench


def connect_document(token: str, camera: UUID = CAMERA) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><methodcall><requestid>1</requestid><methodname>connect</methodname>'
        f"<username>a</username><password>a</password><cameraid>{camera}</cameraid><alwaysstdjpeg>no</alwaysstdjpeg>"
        "<clientcapabilities><privacymask>no</privacymask><multipartdata>yes</multipartdata></clientcapabilities>"
        f"<connectparam>id={camera}&amp;connectiontoken={token}</connectparam></methodcall>"
    )


def document(request_id: int, method: str, inner: str = "") -> str:
    head = f"<requestid>{request_id}</requestid><methodname>{method}</methodname>"
    return f'<?xml version="1.0" encoding="utf-8"?><methodcall>{head}{inner}</methodcall>'


def reply(request_id: int, inner: str) -> bytes:
    head = f'<?xml version="1.0" encoding="utf-8"?><methodresponse><requestid>{request_id}</requestid>'
    return f"{head}{inner}</methodresponse>\r\n\r\n".encode()


def sent(viewer: Viewer, text: str) -> int:
    viewer.send(text)
    return len(text.encode()) + 4


def test_the_session_of_7_6(bench):
    with bench.viewer() as viewer:
        assert len(bench.token) == len(EXAMPLE_TOKEN)
        assert sent(viewer, connect_document(bench.token)) == 516
        connected = reply(
            1,
            "<methodname>connect</methodname><connected>yes</connected><errorreason>Success</errorreason>"
            "<alwaysstdjpeg>no</alwaysstdjpeg>"
            "<servercapabilities><connectupdate>yes</connectupdate></servercapabilities>",
        )
        assert len(connected) == 299
        assert viewer.xml() == connected

        assert sent(viewer, document(2, "goto", f"<time>{T - 10_000}</time>")) == 146
        first = viewer.image()
        assert first.raw == EXAMPLE_GROUP
        assert len(first.raw) == 525
        assert first.parts == [K1 + KEYFRAME, P1 + DEPENDENT]

        assert sent(viewer, document(3, "next")) == 120
        second = viewer.image()
        assert len(second.raw) == 525
        assert second.headers["RequestId"] == "3"
        assert second.times == (1773480402906, 1773480403906, 1773480404906)
        assert [len(part) for part in second.parts] == [62, 40]

        assert sent(viewer, document(4, "live", "<sendinitialimage>no</sendinitialimage>")) == 159
        keyframe = viewer.image()
        current = keyframe.headers["Current"]
        assert (
            keyframe.raw
            == (
                f"ImageResponse\r\nRequestId: 4\r\nPrev: 0\r\nCurrent: {current}\r\nNext: 0\r\nContent-length: 62\r\n"
                "Content-type: application/x-genericbytedata-octet-stream\r\nPrivacyMask: none\r\n\r\n"
            ).encode()
            + keyframe.parts[0]
            + b"\r\n\r\n"
        )
        assert len(keyframe.raw) == 236
        assert keyframe.parts[0][32:] == KEYFRAME
        assert keyframe.parts[0][12:20] == keyframe.parts[0][20:28] == int(current).to_bytes(8, "big")

        dependent, package, renewed = None, None, None
        renewal = f"<connectparam>id={CAMERA}&amp;connectiontoken={bench.login()}</connectparam>"
        assert sent(viewer, document(5, "connectupdate", renewal)) == 284
        while dependent is None or package is None or renewed is None:
            message = viewer.message()
            if not isinstance(message, bytes):
                dependent = dependent or (message if len(message.parts[0]) == 40 else None)
            elif message.startswith(b'<?xml version="1.0" encoding="utf-8"?><livepackage>'):
                package = message
            else:
                renewed = message
        assert len(dependent.raw) == 214
        assert renewed == reply(5, "<methodname>connectupdate</methodname><connected>yes</connected>")
        assert len(renewed) == 163
        assert len(package) == 217
        time = re.findall(rb"<statustime>(\d{13})</statustime>", package)[0].decode()
        assert (
            package
            == (
                f'<?xml version="1.0" encoding="utf-8"?><livepackage><status><statustime>{time}</statustime>'
                '<statusitem id="1" value="1" /><statusitem id="2" value="0" /><statusitem id="3" value="0" />'
                "</status></livepackage>\r\n\r\n"
            ).encode()
        )

        assert sent(viewer, document(6, "stop")) == 120
        assert_nothing_but_what_was_on_its_way(viewer)


def assert_nothing_but_what_was_on_its_way(viewer: Viewer) -> None:
    """After `stop` no answer comes; a goto is answered at once, behind at most the pictures already sent."""
    viewer.call("goto", 7, f"<time>{T - 10_000}</time>")
    while True:
        message = viewer.message()
        if isinstance(message, bytes):
            assert b"<livepackage>" in message
        elif message.headers["RequestId"] == "7":
            assert message.current == 1773480402906
            return


def test_both_packets_of_3_9(bench):
    with bench.connected() as viewer:
        image = viewer.goto(T - 10_000)
    assert image.parts == [K1 + KEYFRAME, P1 + DEPENDENT]
    assert [len(part) for part in image.parts] == [62, 40]


def test_the_document_and_its_terminator_may_come_in_pieces(bench):
    with bench.viewer() as viewer:
        for octet in connect_document(bench.token).encode() + b"\r\n\r\n":
            viewer.connection.sendall(bytes([octet]))
        assert b"<connected>yes</connected>" in viewer.xml()


def test_pipelined_calls_are_answered_in_order(bench):
    with bench.viewer() as viewer:
        calls = [connect_document(bench.token), document(2, "begin"), *(document(3 + n, "next") for n in range(20))]
        viewer.connection.sendall("".join(f"{call}\r\n\r\n" for call in calls).encode())
        assert b"<requestid>1</requestid>" in viewer.xml()
        answers = [viewer.image() for _ in range(21)]
    assert [int(answer.headers["RequestId"]) for answer in answers] == list(range(2, 23))
    assert [answer.current for answer in answers[:10]] == [1773480400906 + 1000 * n for n in range(10)]


def test_an_empty_answer_shows_four_line_ends_in_a_row(bench):
    recordings = bench.camera.recordings[:]
    bench.camera.recordings.clear()
    try:
        with bench.connected() as viewer:
            image = viewer.goto(T)
    finally:
        bench.camera.recordings[:] = recordings
    assert image.raw == (
        b"ImageResponse\r\nRequestId: 2\r\nPrev: 0\r\nCurrent: 0\r\nNext: 0\r\nContent-length: 0\r\n"
        b"Content-type: application/x-genericbytedata-octet-stream\r\nPrivacyMask: none\r\n\r\n\r\n\r\n"
    )
