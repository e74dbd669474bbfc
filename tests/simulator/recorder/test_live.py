"""ImageServer live: the prebuffered GOP, real time, status, renewal, stop (docs/protocol: imageserver-live)."""

import io
import re
from datetime import timedelta

import pytest
from PIL import Image as PillowImage

from milestone_sdk.simulator.recorder.encoder import encoder_available
from tests.support.recorder_bench import CAMERA, NOON, Bench, Image, Viewer, at, ms
from tests.support.stopwatch import Stopwatch

START = ms(NOON)
FAST = {"frames_per_second": 25, "recordings": [(at(START - 60_000), None)]}
NO_SNAPSHOT = "<sendinitialimage>no</sendinitialimage>"


def go_live(viewer: Viewer, inner: str = NO_SNAPSHOT) -> None:
    viewer.call("live", 4, inner)


def images(viewer: Viewer, count: int) -> list[Image]:
    found: list[Image] = []
    while len(found) < count:
        message = viewer.message()
        if isinstance(message, Image):
            found.append(message)
    return found


def status_items(viewer: Viewer, wanted=lambda items: True) -> dict[int, int]:
    """The next livepackage whose items are as wanted."""
    while True:
        message = viewer.message()
        if isinstance(message, bytes) and b"<livepackage>" in message:
            items = {int(key): int(value) for key, value in re.findall(rb'id="(\d+)" value="(\d+)"', message)}
            if wanted(items):
                return items


@pytest.mark.skipif(
    not encoder_available(), reason="PyAV with libx264 is not installed: live pictures would all be keyframes"
)
def test_the_prebuffered_gop_comes_first_then_every_picture_in_order():
    later = NOON + timedelta(milliseconds=500)
    with Bench({**FAST, "codec": "h264"}, now=later) as bench, bench.connected() as viewer:
        go_live(viewer)
        shown = images(viewer, 40)
        late = ms(bench.site.now()) - shown[-1].current
    assert shown[0].current % 1000 == 0
    flags = [image.parts[0][11] for image in shown]
    assert flags[0] == 1
    assert flags.count(1) in (2, 3)
    assert all(flag == (image.current % 1000 == 0) for flag, image in zip(flags, shown, strict=True))
    assert [image.current - shown[0].current for image in shown] == [40 * index for index in range(40)]
    assert all(image.headers["RequestId"] == "4" and not image.multipart for image in shown)
    assert all(image.headers["Prev"] == image.headers["Next"] == "0" for image in shown)
    assert 0 <= late < 1_000


def test_a_snapshot_that_may_be_old_comes_first_unless_refused():
    with Bench(FAST, now=NOON + timedelta(seconds=7)) as bench, bench.connected() as viewer:
        go_live(viewer, "")
        first, second = images(viewer, 2)
    assert first.headers["Content-type"] == "image/jpeg"
    assert first.current == START
    assert second.current >= START + 7_000


def test_status_comes_at_once_and_again_without_a_change():
    with Bench(FAST, status_interval=0.1) as bench, bench.connected() as viewer:
        go_live(viewer)
        for _ in range(3):
            assert status_items(viewer) == {1: 1, 2: 0, 3: 1}


def test_status_is_not_late_where_pictures_are_rare():
    rare = {"frames_per_second": 1, "recordings": [(at(START - 60_000), None)]}
    with Bench(rare, status_interval=0.02) as bench, bench.connected() as viewer:
        go_live(viewer)
        status_items(viewer)
        watch = Stopwatch()
        for _ in range(10):
            status_items(viewer)
        assert watch.seconds < 1.5, "and not 10 naps of a quarter of a second"


def test_status_tells_each_change():
    with Bench(FAST, status_interval=60) as bench, bench.connected() as viewer:
        go_live(viewer)
        assert status_items(viewer) == {1: 1, 2: 0, 3: 1}
        bench.switches.status = {2: 1}
        assert status_items(viewer) == {1: 1, 2: 1, 3: 1}
        bench.camera.recordings = [(at(START - 60_000), at(START - 1_000))]
        assert status_items(viewer) == {1: 1, 2: 1, 3: 0}


def test_a_lost_camera_sends_status_and_no_pictures_and_comes_back():
    with Bench(FAST, status_interval=0.1) as bench, bench.connected() as viewer:
        go_live(viewer)
        images(viewer, 1)
        bench.camera.enabled = False
        assert status_items(viewer, lambda items: 5 in items) == {1: 0, 2: 0, 3: 0, 5: 1}
        assert all(isinstance(viewer.message(), bytes) for _ in range(3))
        bench.camera.enabled = True
        assert status_items(viewer, lambda items: items[1] == 1)[5] == 0
        images(viewer, 3)


def test_a_lost_camera_may_keep_its_feed_and_packages_may_have_only_changes():
    with Bench(FAST, status_interval=60, partial_status=True) as bench, bench.connected() as viewer:
        go_live(viewer)
        assert status_items(viewer) == {1: 1, 2: 0, 3: 1}
        bench.switches.camera_lost = True
        assert status_items(viewer) == {5: 1}
        bench.switches.camera_lost = False
        assert status_items(viewer) == {5: 0}
        images(viewer, 3)


def test_the_snapshot_can_come_although_it_was_refused():
    with Bench(FAST, now=NOON + timedelta(seconds=7), initial_image=True) as bench, bench.connected() as viewer:
        go_live(viewer)
        assert images(viewer, 1)[0].current == START


def test_silence_ends_with_its_switch():
    with Bench(FAST, silent=True) as bench, bench.connected() as viewer:
        go_live(viewer)
        bench.switches.silent = False
        images(viewer, 2)


def test_standard_jpeg_live_has_every_picture_only_when_asked():
    camera = {**FAST, "codec": "h264" if encoder_available() else "jpeg"}
    with Bench(camera) as bench:
        with bench.connected(jpeg=True, extra="<transcode><allframes>yes</allframes></transcode>") as viewer:
            go_live(viewer)
            assert images(viewer, 5)[-1].current % 1000 != 0
        if encoder_available():
            with bench.connected(jpeg=True) as viewer:
                go_live(viewer)
                assert [image.current % 1000 for image in images(viewer, 2)] == [0, 0]


def test_renewal_is_answered_between_pictures_and_keeps_the_session():
    with Bench(FAST) as bench, bench.connected() as viewer:
        go_live(viewer)
        images(viewer, 2)
        bench.tokens.advance(timedelta(hours=3))
        viewer.call("connectupdate", 5, f"<connectparam>id={CAMERA}&amp;connectiontoken={bench.login()}</connectparam>")
        while not isinstance(message := viewer.message(), bytes) or b"connectupdate" not in message:
            pass
        assert b"<requestid>5</requestid>" in message
        bench.tokens.advance(timedelta(hours=2))
        images(viewer, 5)


def test_live_ends_with_the_token():
    with Bench(FAST) as bench, bench.connected() as viewer:
        go_live(viewer)
        images(viewer, 2)
        bench.tokens.advance(timedelta(hours=5))
        with pytest.raises(EOFError) as ended:
            images(viewer, 1000)
        assert ended.value.args == (b"",)


def test_stop_ends_the_pictures_and_can_be_answered():
    with Bench(FAST, answer_stop=True) as bench, bench.connected() as viewer:
        go_live(viewer)
        images(viewer, 2)
        viewer.call("stop", 6)
        while not isinstance(message := viewer.message(), bytes) or b"<methodname>stop" not in message:
            pass
        assert viewer.goto(START - 30_000).current == START - 30_000


def test_playback_during_live_is_refused():
    with Bench(FAST) as bench, bench.connected() as viewer:
        go_live(viewer)
        viewer.call("begin", 5)
        while not isinstance(message := viewer.message(), bytes) or b"<livepackage>" in message:
            pass
        assert b"<requestid>5</requestid>" in message
        assert b"<errorreason>Live is running</errorreason>" in message


def test_live_needs_its_right():
    with Bench({**FAST, "rights": {"Live": False}}) as bench, bench.connected() as viewer:
        go_live(viewer)
        assert b"<errorreason>Access denied</errorreason>" in viewer.xml()


def test_live_follows_a_clock_that_is_set():
    with Bench(FAST) as bench, bench.connected() as viewer:
        go_live(viewer)
        images(viewer, 2)
        bench.site.clock_offset += timedelta(hours=1)
        while images(viewer, 1)[0].current < START + 3_600_000:
            pass
        bench.site.clock_offset -= timedelta(hours=2)
        while images(viewer, 1)[0].current > START:
            pass


@pytest.mark.parametrize(
    ("hints", "distance"),
    [
        ('framerate="full"', 40),
        ('framerateabsolute="5"', 200),
        ('frameraterelative="20"', 200),
        ('framerateabsolute="1"', 1000),
    ],
)
def test_a_frame_rate_is_kept_to(hints: str, distance: int):
    with Bench(FAST) as bench, bench.connected() as viewer:
        go_live(viewer, f"{NO_SNAPSHOT}<attributes {hints} />")
        shown = images(viewer, 3)
    assert [image.current - shown[0].current for image in shown] == [0, distance, 2 * distance]


def test_pictures_of_motion_alone():
    with Bench(FAST, status_interval=0.05) as bench, bench.connected() as viewer:
        go_live(viewer, f'{NO_SNAPSHOT}<attributes motiononly="yes" />')
        assert all(isinstance(viewer.message(), bytes) for _ in range(3))
        bench.switches.status = {2: 1}
        images(viewer, 2)


@pytest.mark.parametrize(
    ("wanted", "size"),
    [
        ("<disabled />", (320, 180)),
        ("<maxresolution />", (320, 180)),
        ("<resolution><widthhint>100</widthhint><heighthint>80</heighthint></resolution>", (160, 90)),
        ("<resolution><widthhint>9</widthhint><heighthint>9</heighthint></resolution>", (80, 45)),
        ("<resolution><widthhint>999</widthhint><heighthint>9</heighthint></resolution>", (320, 180)),
    ],
)
def test_the_stream_follows_the_size_at_which_it_is_shown(wanted: str, size: tuple[int, int]):
    with Bench(FAST) as bench, bench.connected() as viewer:
        go_live(viewer, f"{NO_SNAPSHOT}<adaptivestreaming>{wanted}</adaptivestreaming>")
        (image,) = images(viewer, 1)
    assert PillowImage.open(io.BytesIO(image.parts[0][32:])).size == size


@pytest.mark.parametrize(
    "inner",
    [
        '<attributes framerate="fast" />',
        '<attributes framerateabsolute="0" />',
        '<attributes frameraterelative="-1" />',
        '<attributes motiononly="perhaps" />',
        '<attributes speed="1" />',
        "<sendinitialimage>1</sendinitialimage>",
        "<adaptivestreaming />",
        "<adaptivestreaming><disabled /><maxresolution /></adaptivestreaming>",
        "<adaptivestreaming><resolution><widthhint>1</widthhint></resolution></adaptivestreaming>",
    ],
)
def test_hints_are_read_strictly(inner: str):
    with Bench(FAST) as bench, bench.connected() as viewer:
        go_live(viewer, inner)
        assert b"<errorreason>" in viewer.xml()
