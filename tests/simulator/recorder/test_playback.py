"""ImageServer playback: the edges of docs/protocol: imageserver-edges, formats, refusals, several clients at once."""

import io
import struct
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image as PillowImage

from milestone_sdk.simulator.recorder.encoder import encoder_available, split_units
from tests.support.recorder_bench import CAMERA, NOON, Bench, Viewer, at, ms, wait_until

START = ms(NOON) - 600_000
#: Two recordings with a gap between them: GOPs at 0, 1000, 2000 and 60000, 61000, 62000 (the last one short).
SPANS = [(at(START), at(START + 3_000)), (at(START + 60_000), at(START + 62_500))]
VIDEO = {"codec": "h264", "recordings": SPANS}
PICTURES = {"codec": "jpeg", "recordings": SPANS}
HEADER = struct.Struct(">HIHHHQQI")
GENERIC = "application/x-genericbytedata-octet-stream"

needs_encoder = pytest.mark.skipif(
    not encoder_available(), reason="PyAV with libx264 is not installed: no camera can send H.264 here"
)


def offsets(image) -> tuple[int, int, int]:
    previous, current, following = (value - START for value in image.times)
    return previous, current, following


@pytest.fixture(scope="module")
def video():
    with Bench(VIDEO) as bench:
        yield bench


@pytest.fixture(scope="module")
def pictures():
    with Bench(PICTURES) as bench:
        yield bench


# The edges of 2.9, for a camera that sends video.


@needs_encoder
@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (1_683, (0, 1_000, 2_000)),  # inside a GOP: the GOP
        (30_000, (1_000, 2_000, 60_000)),  # in a gap: the last before it, Next points across
        (3_600_000, (61_000, 62_000, 62_000)),  # after the newest: the newest, Next does not advance
        (-3_600_000, (0, 0, 1_000)),  # before the oldest: the oldest, Prev does not advance
    ],
)
def test_goto_finds_the_gop_that_2_9_says(video, instant, expected):
    with video.connected() as viewer:
        assert offsets(viewer.goto(START + instant)) == expected


@needs_encoder
def test_next_repeats_the_newest_gop_and_previous_the_oldest(video):
    with video.connected() as viewer:
        viewer.goto(START + 62_100)
        for _ in range(2):
            image = viewer.step("next")
            assert offsets(image) == (61_000, 62_000, 62_000)
            assert len(image.parts) == 3
        viewer.goto(START)
        for _ in range(2):
            assert offsets(viewer.step("previous")) == (0, 0, 1_000)


@needs_encoder
def test_steps_jump_over_the_gap_both_ways(video):
    with video.connected() as viewer:
        viewer.goto(START + 2_000)
        assert offsets(viewer.step("next")) == (2_000, 60_000, 61_000)
        assert offsets(viewer.step("previous")) == (1_000, 2_000, 60_000)


@needs_encoder
def test_begin_end_and_the_steps_between_sequences(video):
    with video.connected() as viewer:
        assert offsets(viewer.step("begin"))[1] == 0
        assert offsets(viewer.step("nextsequence"))[1] == 60_000
        assert offsets(viewer.step("nextsequence"))[1] == 60_000
        assert offsets(viewer.step("end"))[1] == 62_000
        assert offsets(viewer.step("previoussequence"))[1] == 2_000
        assert offsets(viewer.step("previoussequence"))[1] == 2_000


def test_a_device_without_recordings_answers_zeros_and_no_octets():
    with Bench({"codec": "h264"}) as bench, bench.connected() as viewer:
        for method in ("begin", "end", "next", "previous", "nextsequence", "previoussequence"):
            image = viewer.step(method)
            assert (image.times, image.parts) == ((0, 0, 0), [b""])
        assert viewer.goto(START).times == (0, 0, 0)


@needs_encoder
@needs_encoder
@pytest.mark.parametrize("instant", [0, 9_000, 253_402_300_799_999, (1 << 48) - 1, 1 << 49])
@pytest.mark.parametrize("begin", [1, 1969])
def test_footage_begins_with_the_times_of_the_wire_and_is_found_from_any_time(begin, instant):
    since = datetime(begin, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)
    with (
        Bench({**VIDEO, "recordings": [(since, at(10_000)), (at(START), at(START + 3_000))]}) as bench,
        bench.connected() as viewer,
    ):
        image = viewer.goto(instant)
        assert image.times[1] == (instant if instant < 10_000 else START + 2_000)
        assert len(image.parts) == 5
        viewer.step("begin")
        assert viewer.step("previous").times[1] == 0


def test_what_is_still_written_becomes_readable_after_a_second():
    now = ms(NOON)
    with Bench({"codec": "h264", "recordings": [(at(now - 10_000), None)]}) as bench, bench.connected() as viewer:
        newest = viewer.goto(now + 60_000)
        assert newest.times[1] == newest.times[2] <= ms(bench.site.now()) - 2_000
        bench.site.clock_offset += timedelta(seconds=5)
        assert viewer.step("next").current == newest.current + 1_000
        assert viewer.step("end").current >= newest.current + 5_000
        bench.switches.readability_delay = timedelta(seconds=4)
        assert viewer.step("end").current <= ms(bench.site.now()) - 5_000


def test_an_unknown_method_and_malformed_xml_leave_the_socket_open(video):
    with video.connected() as viewer:
        viewer.call("changestream", 5)
        assert viewer.xml() == (
            b'<?xml version="1.0" encoding="utf-8"?><methodresponse><requestid>5</requestid>'
            b"<methodname>changestream</methodname><errorreason>Unknown method</errorreason></methodresponse>\r\n\r\n"
        )
        for broken in ("<methodcall>", "no xml", "<other/>", "<methodcall><requestid>x</requestid></methodcall>"):
            viewer.send(broken)
            assert b"<errorreason>" in viewer.xml()
        viewer.call("goto", 6, "<time>soon</time>")
        assert b"<errorreason>time is not a number</errorreason>" in viewer.xml()
        assert offsets(viewer.goto(START))[1] == 0


def test_a_missing_right_answers_a_document_in_place_of_a_picture(pictures):
    pictures.camera.rights["Browse"] = False
    try:
        with pictures.connected() as viewer:
            viewer.call("goto", 2, f"<time>{START}</time>")
            assert b"<errorreason>Access denied</errorreason>" in viewer.xml()
            pictures.camera.rights.clear()
            assert offsets(viewer.goto(START))[1] == 0
    finally:
        pictures.camera.rights.clear()


# What a GOP looks like.


@needs_encoder
def test_a_gop_is_multipart_and_decodes(video):
    import av

    with video.connected() as viewer:
        image = viewer.goto(START + 1_000)
    assert image.multipart
    assert len(image.parts) == 5
    decoder = av.CodecContext.create("h264", "r")
    frames = 0
    for index, part in enumerate(image.parts):
        kind, length, codec, number, flags, sync, moment, reserved = HEADER.unpack(part[:32])
        assert (kind, length, codec, reserved) == (0x0010, len(part), 0x000A, 0)
        assert (number, flags) == (7 + index, 1 if index == 0 else 0)
        assert (sync, moment) == (START + 1_000, START + 1_000 + 200 * index)
        frames += len(decoder.decode(av.Packet(part[32:])))
    frames += len(decoder.decode(None))
    assert frames == 5
    assert b"\r\n\r\n" in image.parts[0]
    assert [unit[0] & 0x1F for unit in split_units(image.parts[0][32:])] == [7, 8, 6, 5]


@needs_encoder
def test_without_multipartdata_the_legacy_block_comes(video):
    with video.connected(multipart=False) as viewer:
        image = viewer.goto(START)
    (block,) = image.parts
    codec, extension, _, length, first, last = struct.unpack(">HHIIQQ", block[:28])
    assert (codec, extension, length) == (0x000A, 0, len(block) - 36)
    assert (first, last) == (START, START + 800)
    assert block[36:40] == b"\x00\x00\x00\x01"
    assert len(split_units(block[36:])) == 8


@needs_encoder
def test_without_multipartdata_the_keyframe_alone_or_all_packets():
    with Bench(VIDEO, without_multipart="picture") as bench, bench.connected(multipart=False) as viewer:
        (block,) = viewer.goto(START).parts
        assert [unit[0] & 0x1F for unit in split_units(block[36:])] == [7, 8, 6, 5]
        bench.switches.without_multipart = "packets"
        (body,) = viewer.goto(START).parts
    times = []
    while body:
        kind, length, *_, time, _ = HEADER.unpack_from(body)
        assert kind == 0x10
        times.append(time - START)
        body = body[length:]
    assert times == [0, 200, 400, 600, 800]


@needs_encoder
def test_a_session_is_limited_to_a_time(video):
    limits = (
        f"<timerestriction><starttime>{START + 1_200}</starttime><endtime>{START + 61_500}</endtime></timerestriction>"
    )
    with video.connected(extra=limits) as viewer:
        assert offsets(viewer.step("begin")) == (1_000, 1_000, 2_000)
        assert offsets(viewer.step("previous")) == (1_000, 1_000, 2_000)
        assert offsets(viewer.step("end")) == (60_000, 61_000, 61_000)
        assert offsets(viewer.step("next")) == (60_000, 61_000, 61_000)
        assert offsets(viewer.goto(START)) == (1_000, 1_000, 2_000)
        assert offsets(viewer.goto(START + 3_600_000)) == (60_000, 61_000, 61_000)


@needs_encoder
@pytest.mark.parametrize(("draws", "content"), [("no", "image/jpeg"), ("yes", "multipart/related")])
def test_masked_video_is_jpeg_for_clients_that_draw_no_masks(draws, content):
    extra = (
        f"<clientcapabilities><privacymask>{draws}</privacymask><multipartdata>yes</multipartdata></clientcapabilities>"
    )
    with Bench(VIDEO, burns_masks=True, privacy_mask="grid;AA") as bench, bench.connected(extra=extra) as viewer:
        image = viewer.goto(START)
        assert image.headers["Content-type"].startswith(content)
        assert image.headers["PrivacyMask"] == ("none" if draws == "no" else "grid;AA")


@pytest.mark.parametrize(
    "extra",
    [
        "<transcode><allframes>maybe</allframes></transcode>",
        "<transcode><width>0</width></transcode>",
        "<timerestriction><starttime>9</starttime><endtime>5</endtime></timerestriction>",
        "<timerestriction><starttime>soon</starttime></timerestriction>",
        "<clientcapabilities><privacymaskversion>2</privacymaskversion></clientcapabilities>",
        "<clientcapabilities><datarestriction>1</datarestriction></clientcapabilities>",
    ],
)
def test_options_of_connect_are_read_strictly(pictures, extra):
    with pictures.viewer() as viewer:
        assert b"<connected>no</connected>" in viewer.connect(pictures.token, extra=extra)


@needs_encoder
def test_the_legacy_block_can_be_refused():
    with Bench(VIDEO, without_multipart="refusal") as bench, bench.connected(multipart=False) as viewer:
        viewer.call("goto", 2, f"<time>{START}</time>")
        assert b"<errorreason>multipartdata required</errorreason>" in viewer.xml()


@needs_encoder
def test_keyframes_only(video):
    with video.connected() as viewer:
        image = viewer.goto(START + 1_500, "<keyframesonly>yes</keyframesonly>")
        assert (offsets(image), len(image.parts)) == ((0, 1_000, 2_000), 1)


@needs_encoder
def test_a_boundary_may_be_quoted_and_may_be_another():
    with Bench(VIDEO, quoted_boundary=True, boundary="b;=1") as bench, bench.connected() as viewer:
        viewer.call("goto", 2, f"<time>{START}</time>")
        raw = bytearray()
        while b"--b;=1--\r\n\r\n" not in raw:
            raw += viewer.connection.recv(65536)
    assert b'Content-type: multipart/related; boundary="b;=1"; type="application/x-' in raw
    assert raw.count(b"--b;=1\r\n") == 5


@needs_encoder
def test_the_codec_changes_in_the_middle_of_a_session():
    with Bench(VIDEO) as bench, bench.connected() as viewer:
        bench.switches.codec_change = (at(START + 2_000), "jpeg")
        assert viewer.goto(START + 1_000).multipart
        image = viewer.step("next")
        assert offsets(image) == (1_000, 2_000, 2_200)
        assert image.parts[0][6:8] == b"\x00\x01"
        assert offsets(viewer.step("next")) == (2_000, 2_200, 2_400)
        viewer.step("previous")
        assert offsets(viewer.step("previous")) == (0, 1_000, 2_000)


def test_a_camera_that_sends_jpeg_steps_by_picture(pictures):
    with pictures.connected() as viewer:
        image = viewer.goto(START + 900)
        assert offsets(image) == (600, 800, 1_000)
        assert not image.multipart
        kind, length, codec, _, flags, sync, moment, _ = HEADER.unpack(image.parts[0][:32])
        assert (kind, length, codec, flags) == (0x0010, len(image.parts[0]), 0x0001, 1)
        assert sync == moment == START + 800
        assert image.parts[0][32:34] == b"\xff\xd8"
        assert offsets(viewer.goto(START + 30_000)) == (2_600, 2_800, 60_000)
        assert offsets(viewer.step("previoussequence"))[1] == 2_800
        assert offsets(viewer.step("end")) == (62_200, 62_400, 62_400)


def test_packet_numbers_count_up_and_wrap():
    with Bench(PICTURES, first_sequence_number=0xFFFE) as bench, bench.connected() as viewer:
        images = [viewer.step("begin"), *(viewer.step("next") for _ in range(3))]
    assert [HEADER.unpack(image.parts[0][:32])[3] for image in images] == [0xFFFE, 0xFFFF, 0, 1]


def test_a_content_type_can_lie():
    with Bench(PICTURES, bare_jpeg=True) as bench, bench.connected() as viewer:
        image = viewer.goto(START)
        assert image.headers["Content-type"] == GENERIC
        assert image.parts[0][:2] == b"\xff\xd8"


ALL = "<transcode><allframes>yes</allframes></transcode>"


def opened(data: bytes) -> PillowImage.Image:
    picture = PillowImage.open(io.BytesIO(data))
    picture.load()
    return picture


@needs_encoder
def test_standard_jpeg_delivers_keyframes(video):
    with video.connected(jpeg=True) as viewer:
        image = viewer.goto(START + 1_500)
        assert offsets(image) == (0, 1_000, 2_000)
        assert image.headers["Content-type"] == "image/jpeg"
        assert opened(image.parts[0]).size == (320, 180)
        assert offsets(viewer.step("next")) == (1_000, 2_000, 60_000)


@needs_encoder
def test_standard_jpeg_delivers_every_picture_when_asked(video):
    with video.connected(jpeg=True, extra=ALL) as viewer:
        assert offsets(viewer.goto(START + 1_500)) == (1_200, 1_400, 1_600)
        assert offsets(viewer.step("next")) == (1_400, 1_600, 1_800)
        assert offsets(viewer.goto(START + 30_000)) == (2_600, 2_800, 60_000)


@pytest.mark.parametrize(
    ("wanted", "size"),
    [
        ("<width>160</width><height>90</height>", (160, 90)),
        ("<width>160</width><height>160</height>", (160, 160)),
        ("<width>160</width><height>160</height><keepaspectratio>yes</keepaspectratio>", (160, 90)),
        ("<width>160</width>", (160, 90)),
        ("<height>45</height>", (80, 45)),
        ("<width>640</width><height>360</height>", (320, 180)),
        ("<width>640</width><height>360</height><allowupsizing>yes</allowupsizing>", (640, 360)),
    ],
)
def test_standard_jpeg_is_scaled(pictures, wanted, size):
    with pictures.connected(jpeg=True, extra=f"<transcode>{wanted}</transcode>") as viewer:
        assert opened(viewer.goto(START).parts[0]).size == size


def test_a_low_compression_rate_makes_small_pictures(pictures):
    with pictures.connected(jpeg=True) as viewer:
        fine = len(viewer.goto(START, "<compressionrate>100</compressionrate>").parts[0])
        coarse = len(viewer.goto(START, "<compressionrate>5</compressionrate>").parts[0])
        out_of_range = len(viewer.goto(START, "<compressionrate>105</compressionrate>").parts[0])
    assert out_of_range == coarse < fine / 2


def test_a_privacy_mask_stands_in_the_header_of_native_video_and_in_the_picture_of_jpeg():
    with Bench(PICTURES, privacy_mask="grid;4x4;0110") as bench:
        with bench.connected() as viewer:
            image = viewer.goto(START)
            assert image.headers["PrivacyMask"] == "grid;4x4;0110"
            assert max(opened(image.parts[0][32:]).getpixel((300, 20))) > 20
        with bench.connected(jpeg=True) as viewer:
            image = viewer.goto(START)
            assert image.headers["PrivacyMask"] == "none"
            assert max(opened(image.parts[0]).getpixel((300, 20))) < 20


# Who gets in.


def refusal(bench: Bench, **options) -> bytes:
    with bench.viewer() as viewer:
        return viewer.connect(bench.token, **options)


def test_a_wrong_camera_is_refused_with_a_reason(pictures):
    reply = refusal(pictures, camera=type(CAMERA)(int=99))
    assert b"<connected>no</connected><errorreason>Unknown device</errorreason>" in reply


def test_a_camera_that_the_user_does_not_see_is_refused(pictures):
    pictures.user.visible = set()
    try:
        assert b"<connected>no</connected><errorreason>Unknown device" in refusal(pictures)
    finally:
        pictures.user.visible = None


@pytest.mark.parametrize(
    "parameter",
    [
        "",
        f"id={CAMERA}",
        "connectiontoken=x",
        f"id={CAMERA}&amp;connectiontoken=",
        "id=1&amp;connectiontoken=x",
        f"id={{{CAMERA}}}&amp;connectiontoken={{token}}",
        f"id={CAMERA}&amp;streamid={CAMERA.hex}&amp;connectiontoken={{token}}",
    ],
)
def test_a_connectparam_needs_device_and_token(pictures, parameter):
    parameter = parameter.replace("{token}", pictures.token)
    assert b"<connected>no</connected><errorreason>" in refusal(pictures, parameter=parameter)


@pytest.mark.parametrize("token", ["TOKEN#0#rec01//ServerConnector#", "{jwt}", "{encoded}"])
def test_a_wrong_token_is_refused(pictures, token):
    token = token.replace("{jwt}", pictures.tokens.issue_access(pictures.user))
    token = token.replace("{encoded}", pictures.token.replace("#", "%23").replace("/", "%2F"))
    with pictures.viewer() as viewer:
        assert b"<errorreason>Security token invalid</errorreason>" in viewer.connect(token)


def test_username_password_and_cameraid_do_not_count(pictures):
    with pictures.viewer() as viewer:
        viewer.call("connect", 0, f"<connectparam>id={CAMERA}&amp;connectiontoken={pictures.token}</connectparam>")
        assert b"<requestid>0</requestid><methodname>connect</methodname><connected>yes</connected>" in viewer.xml()


@pytest.mark.parametrize("method", ["goto", "live", "connectupdate", "nonsense"])
def test_anything_before_a_connect_ends_the_connection(pictures, method):
    with pictures.viewer() as viewer:
        viewer.call(method)
        assert viewer.ends()


def test_after_a_refused_connect_only_another_connect_helps(pictures):
    with pictures.viewer() as viewer:
        viewer.connect("wrong")
        assert b"<connected>yes</connected>" in viewer.connect(pictures.token)
    with pictures.viewer() as viewer:
        viewer.connect("wrong")
        viewer.call("begin")
        assert viewer.ends()


def test_a_session_ends_with_its_token_unless_it_was_renewed():
    with Bench(PICTURES) as bench, bench.connected() as left, bench.connected() as renewed:
        bench.tokens.advance(timedelta(hours=3))
        parameter = f"<connectparam>id={CAMERA}&amp;connectiontoken={bench.login()}</connectparam>"
        renewed.call("connectupdate", 5, parameter)
        assert b"<connected>yes</connected></methodresponse>" in renewed.xml()
        bench.tokens.advance(timedelta(hours=2))
        assert renewed.goto(START).current == START
        left.call("goto", 2, f"<time>{START}</time>")
        assert left.ends()


def test_a_session_whose_token_ended_can_say_so():
    with Bench(PICTURES, expiry="message") as bench, bench.connected() as viewer:
        bench.tokens.advance(timedelta(hours=5))
        viewer.call("next", 4)
        assert b"<connected>no</connected><errorreason>Security token invalid</errorreason>" in viewer.xml()
        assert viewer.ends()


def test_a_renewal_for_another_device_or_with_a_dead_token_is_refused(pictures):
    with pictures.connected() as viewer:
        for parameter in (
            f"id={type(CAMERA)(int=9)}&amp;connectiontoken={pictures.token}",
            f"id={CAMERA}&amp;connectiontoken=x",
        ):
            viewer.call("connectupdate", 5, f"<connectparam>{parameter}</connectparam>")
            assert b"<connected>no</connected><errorreason>" in viewer.xml()
        assert viewer.goto(START).current == START


def test_a_request_without_end_ends_the_connection(pictures):
    with pictures.connected() as viewer:
        viewer.connection.sendall(b"<" + b"a" * 70_000)
        assert viewer.ends()


def test_every_request_is_noted():
    with Bench(PICTURES) as bench, bench.connected() as viewer:
        viewer.goto(START)
        viewer.step("next")
        assert [(call.method, call.request_id) for call in bench.service.image_calls] == [
            ("connect", 1),
            ("goto", 2),
            ("next", 3),
        ]
        assert bench.service.open_sessions == 1
        viewer.connection.close()
        wait_until(lambda: bench.service.open_sessions == 0)


def test_many_viewers_at_once_do_not_mix():
    cameras = [
        {"id": type(CAMERA)(int=index), "name": f"C{index}", "recordings": [(at(START + index), at(START + 30_000))]}
        for index in range(8)
    ]
    failures = []

    def watch(viewer: Viewer, index: int) -> None:
        image = viewer.step("begin")
        for step in range(40):
            if image.current != START + index + 200 * step:
                failures.append((index, step, image.current - START))
            image = viewer.step("next")

    with Bench(*cameras) as bench:
        viewers = [bench.connected(camera=camera["id"]) for camera in cameras]
        threads = [threading.Thread(target=watch, args=(viewer, index)) for index, viewer in enumerate(viewers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        for viewer in viewers:
            viewer.connection.close()
    assert failures == []


def test_thirty_seconds_of_playback_are_cheap():
    with Bench({"codec": "h264", "name": "Seldom seen", "recordings": [(at(START), at(START + 60_000))]}) as bench:
        began = time.process_time()
        with bench.connected() as viewer:
            image = viewer.goto(START + 10_000)
            while image.current < START + 40_000:
                image = viewer.step("next")
        assert time.process_time() - began < 1.0
