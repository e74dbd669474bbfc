"""Playback from the simulated recorder, by both faces: formats, edges, faults, tokens."""

import asyncio
import copy
import io
import logging
import pickle
import re
import ssl
import time
from collections.abc import Callable
from types import NoneType
from typing import Any, Literal
from uuid import UUID, uuid4

import av
import pytest

from milestone_sdk._async.video.connection import AsyncImageServerConnection
from milestone_sdk._async.video.playback import AsyncPlayback
from milestone_sdk._net import asyncio as waiting
from milestone_sdk._protocol.video.packets import from_milliseconds, to_milliseconds
from milestone_sdk.errors import (
    CameraNotFound,
    ConnectError,
    ConnectionLost,
    NoRecording,
    NotYetRecorded,
    PermissionDenied,
    ReadTimeout,
    RemoteProtocolError,
    TokenExpired,
)
from milestone_sdk.models import Codec, TimeSpan
from milestone_sdk.simulator import Simulator
from tests.support.imageserver_wire import method_response, single
from tests.support.model_recorder import ModelRecorder, ScriptedRecorder, picture
from tests.support.playback_stage import (
    EMPTY,
    FIRST,
    GROUPS,
    HIDDEN,
    LATER,
    NOON,
    SECOND,
    STILLS,
    VIDEO,
    Stage,
    offsets,
    reset,
    site,
    whole,
)
from tests.support.playing import Face, Played, play
from tests.support.stopwatch import Stopwatch

# What is delivered


def test_native_video_begins_with_its_key_frame_and_decodes(stage: Stage) -> None:
    played = stage.play(1.5, 61.2)
    assert played.error is None
    assert offsets(played) == [*whole(1000, 2000, 60_000), 61_000, 61_200]
    assert [frame.is_key for frame in played.frames[:6]] == [True, False, False, False, False, True]
    assert {(frame.codec, frame.codec_id) for frame in played.frames} == {(Codec.H264, 0x0A)}
    video = av.open(io.BytesIO(b"".join(played.data)), format="h264")
    assert len(list(video.decode(video=0))) == len(played.frames)


def test_jpeg_comes_for_the_span_alone_and_at_the_size_asked_for(stage: Stage) -> None:
    played = stage.play(1.5, 60.3, codec="jpeg", size=(160, 160))
    assert offsets(played) == [1600, 1800, *whole(2000), 60_000, 60_200]
    shape = next(av.open(io.BytesIO(played.data[0])).decode(video=0))
    assert (shape.width, shape.height) == (160, 90)
    assert stage.methods().count("next") <= len(played.frames) + 3


def test_jpeg_of_key_frames_alone(stage: Stage) -> None:
    assert offsets(stage.play(0.5, 61.5, codec="jpeg", all_frames=False)) == [1000, 2000, 60_000, 61_000]


@pytest.mark.parametrize("codec", ["native", "jpeg"])
def test_key_frames_alone(stage: Stage, codec: str) -> None:
    played = stage.play(1.0, 61.5, codec=codec, keyframes_only=True)
    assert offsets(played) == [1000, 2000, 60_000, 61_000]
    assert all(frame.is_key for frame in played.frames)


def test_a_camera_that_sends_jpeg_itself(stage: Stage) -> None:
    played = stage.play(1.5, 2.1, device_id=STILLS)
    assert offsets(played) == [1600, 1800, 2000]
    assert all(frame.codec is Codec.JPEG and frame.is_key for frame in played.frames)


def test_a_start_in_a_gap_begins_with_the_next_recording(stage: Stage) -> None:
    assert offsets(stage.play(30, 60.4)) == [60_000, 60_200, 60_400]
    assert offsets(stage.play(30, 60.4, codec="jpeg")) == [60_000, 60_200, 60_400]


def test_a_start_before_all_footage_begins_with_the_oldest(stage: Stage) -> None:
    assert offsets(stage.play(-3600, 0.3)) == [0, 200]


def test_the_end_of_all_footage_ends_the_playback(stage: Stage) -> None:
    played = stage.play(61.7, 3600)
    assert offsets(played) == whole(61_000, 62_000)
    assert played.error is None


@pytest.mark.parametrize(("start", "end"), [(10, 50), (-100, -1), (500, 510), (2.9, 59.9)])
def test_a_span_without_footage_says_so(stage: Stage, start: float, end: float) -> None:
    played = stage.play(start, end)
    assert played.frames == []
    assert isinstance(played.error, NoRecording)
    assert str(FIRST.date()) in str(played.error)


def test_where_the_footage_goes_on_is_told(stage: Stage) -> None:
    assert LATER.isoformat() in str(stage.play(10, 50).error)


def test_an_empty_camera_says_so_at_once(stage: Stage) -> None:
    watch = Stopwatch()
    played = stage.play(0, 10, device_id=EMPTY, patience=10.0)
    assert isinstance(played.error, NoRecording)
    assert watch.seconds < 5


def test_footage_still_being_written_is_waited_for(stage: Stage) -> None:
    camera = stage.simulator.site.camera(STILLS)
    usual = list(camera.recordings)
    now = stage.simulator.site.now()
    stage.simulator.edit(lambda _: camera.recordings.append((now - 5 * SECOND, None)))
    try:
        start = (now - FIRST) / SECOND
        played = stage.play(start - 1, start + 0.7, device_id=STILLS, patience=10.0)
    finally:
        stage.simulator.edit(lambda _: camera.recordings.__setitem__(slice(None), usual))
    assert played.error is None
    assert played.frames[-1].time > now + 0.4 * SECOND


def test_bunched_time_stamps_of_b_pictures_lose_nothing(stage: Stage) -> None:
    stage.switches.b_pictures = 2
    played = stage.play(0, 2.9)
    video = av.open(io.BytesIO(b"".join(played.data)), format="h264")
    assert len(list(video.decode(video=0))) == len(played.frames) == 15


def test_an_encrypted_recorder() -> None:
    with Simulator(site(), services=("management", "recorder")) as simulator:
        context = ssl.create_default_context(cafile=str(simulator.ca_file))
        stages = [Stage(simulator, "async"), Stage(simulator, "sync")]
        assert [offsets(stage.play(0, 2, context=context)) for stage in stages] == [[*whole(0, 1000), 2000]] * 2


# What native playback cannot have


def test_masked_video_comes_as_jpeg_with_every_picture(stage: Stage) -> None:
    stage.switches.privacy_mask = "grid;AAAA"
    played = stage.play(1.5, 60.3)
    assert {frame.codec for frame in played.frames} == {Codec.JPEG}
    assert offsets(played) == [1600, 1800, *whole(2000), 60_000, 60_200]


def test_a_legacy_block_is_replaced_by_jpeg(stage: Stage) -> None:
    stage.switches.multipart = False
    played = stage.play(1.5, 2.3)
    assert [frame.codec for frame in played.frames] == [Codec.JPEG] * 4
    assert offsets(played) == [1600, 1800, 2000, 2200]


@pytest.mark.parametrize(("form", "shown"), [("picture", [1000, 2000]), ("packets", whole(1000, 2000))])
def test_other_forms_without_multipart_stay_native(
    stage: Stage, form: Literal["picture", "packets"], shown: list[int]
) -> None:
    stage.switches.multipart, stage.switches.without_multipart = False, form
    played = stage.play(1, 2.9)
    assert {frame.codec for frame in played.frames} == {Codec.H264}
    assert offsets(played) == shown


def test_a_codec_that_changes_on_the_way_is_told(stage: Stage) -> None:
    stage.switches.codec_change = (LATER, "jpeg")
    played = stage.play(2, 60.3)
    assert offsets(played) == [*whole(2000), 60_000, 60_200]
    assert [frame.codec for frame in played.frames] == [Codec.H264] * 5 + [Codec.JPEG] * 2


# Refusals


@pytest.mark.parametrize(
    ("device", "error"), [(UUID(int=99), CameraNotFound), (HIDDEN, PermissionDenied)], ids=["unknown", "hidden"]
)
def test_a_camera_that_one_may_not_see(stage: Stage, device: UUID, error: type[Exception]) -> None:
    played = stage.play(0, 1, device_id=device)
    assert type(played.error) is error


def test_a_refused_token_is_replaced_once(stage: Stage) -> None:
    offered: list[str] = []

    def renew(refused: str) -> str:
        offered.append(refused)
        return stage.token

    played = stage.play(0, 0.3, token=lambda: "TOKEN#revoked", renew=renew)
    assert offsets(played) == [0, 200]
    assert offered == ["TOKEN#revoked"]
    hopeless = stage.play(0, 0.3, token=lambda: "TOKEN#revoked", renew=lambda refused: refused + "again")
    assert isinstance(hopeless.error, TokenExpired)
    assert stage.methods().count("connect") == 4


# Tokens of a running session


def test_a_new_token_is_handed_over_without_a_new_connection(stage: Stage) -> None:
    tokens = iter([stage.token, stage.login(), stage.login()])
    latest = stage.token

    def token() -> str:
        nonlocal latest
        latest = next(tokens, latest)
        return latest

    played = stage.play(0, 100, token=token)
    assert offsets(played) == whole(*GROUPS)
    assert stage.methods().count("connectupdate") == 2
    assert stage.methods().count("connect") == 1


@pytest.mark.parametrize("expiry", ["close", "message"])
def test_a_session_that_outlived_its_token_goes_on_with_a_new_one(stage: Stage, expiry: str) -> None:
    stage.switches.expiry = expiry
    instance = uuid4()
    first, second = stage.login(instance), stage.token
    asked = 0

    def token() -> str:
        nonlocal asked
        asked += 1
        if asked == 3:
            stage.simulator.tokens.logout(instance, first)
        return first if asked <= 3 else second

    played = stage.play(0, 100, token=token)
    assert played.error is None
    assert offsets(played) == whole(*GROUPS)
    assert stage.methods().count("connect") == 2


# Broken connections


@pytest.mark.parametrize("codec", ["native", "jpeg"])
@pytest.mark.parametrize("at", [0, 0.3, 0.8, -1])
@pytest.mark.parametrize("kind", ["truncate", "reset"])
def test_a_connection_that_breaks_once_is_not_noticed(stage: Stage, kind: str, at: float, codec: str) -> None:
    undisturbed = stage.play(0.5, 61, codec=codec)
    stage.fault(kind, at=at, times=1)
    played = stage.play(0.5, 61, codec=codec)
    assert played.error is None
    assert offsets(played) == offsets(undisturbed)
    assert played.data == undisturbed.data


def test_a_connection_that_breaks_again_and_again_but_brings_frames_is_enough(stage: Stage) -> None:
    stage.fault("truncate", at=-100)
    played = stage.play(0, 100)
    assert played.error is None
    assert offsets(played) == whole(*GROUPS)
    assert stage.methods().count("connect") == len(GROUPS)


def test_a_recorder_that_always_hangs_up_is_given_up(stage: Stage) -> None:
    stage.fault("close", operation="goto")
    played = stage.play(0, 100)
    assert isinstance(played.error, ConnectionLost)
    assert played.error.retriable
    assert stage.methods() == ["connect", "goto"] * 2


def test_a_recorder_that_goes_away_is_told_after_what_it_sent(stage: Stage) -> None:
    stage.fault("truncate", at=0.5)
    port = stage.port

    def token() -> str:
        if stage.methods().count("next"):
            stage.simulator.stop_service("recorder")
        return stage.token

    try:
        played = play(stage.face, port, TimeSpan(FIRST, NOON), token=token, patience=0.0)
    finally:
        stage.simulator.start_service("recorder")
    assert isinstance(played.error, ConnectError | ConnectionLost)
    assert offsets(played)[:5] == whole(0)


def test_a_dead_recorder_after_the_first_frames_is_a_timeout(stage: Stage) -> None:
    """xprotect-export takes its timeout away after the first frame and hangs for ever."""
    stage.fault("stall", at=-100)
    watch = Stopwatch()
    played = stage.play(0, 100, timeout=0.5)
    assert isinstance(played.error, ReadTimeout)
    assert watch.seconds < 3
    assert offsets(played) == whole(0, 1000)[:9], "whole pictures of the broken answer are given out first"


def test_a_trickle_is_a_timeout_too(stage: Stage) -> None:
    stage.fault("slicer", size=1, delay=0.05)
    watch = Stopwatch()
    played = stage.play(0, 100, timeout=0.5)
    assert isinstance(played.error, ReadTimeout)
    assert watch.seconds < 3


@pytest.mark.parametrize("codec", ["native", "jpeg"])
def test_answers_in_tiny_pieces(stage: Stage, codec: str) -> None:
    """xprotect-export reads the CR LF CR LF after a body with one call and loses its place when it comes in bits."""
    undisturbed = stage.play(0.5, 1.5, codec=codec)
    stage.switches.fragment = True
    assert stage.play(0.5, 1.5, codec=codec).data == undisturbed.data
    stage.fault("slicer", operation="goto", size=3)
    assert stage.play(0.5, 0.7, codec=codec).error is None


def test_junk_between_answers_is_told_after_the_frames_before_it(stage: Stage) -> None:
    stage.fault("desync")
    played = stage.play(0, 100)
    assert isinstance(played.error, RemoteProtocolError)
    assert "out of sync" in str(played.error)
    assert played.error.server == "the recorder"
    assert offsets(played) == whole(0)


@pytest.mark.parametrize(("times", "most"), [(1, 0.5), (70, 0.05)])
def test_a_cancelled_read_can_be_taken_up_again(running: Simulator, times: int, most: float) -> None:
    reset(running)
    stage = Stage(running, "async")
    stage.fault("stall", "next", at=0.5, times=times)

    async def token() -> str:
        return stage.token

    async def watch() -> list[int]:
        connection = AsyncImageServerConnection(
            VIDEO,
            connect=lambda: waiting.open_stream("127.0.0.1", stage.port, context=None, timeout=5),
            token=token,
            clock=waiting.AsyncClock(),
            timeout=60.0,
        )
        playback = AsyncPlayback(connection, TimeSpan(FIRST, FIRST + 2.5 * SECOND))
        frames = []
        cancelled = 0
        async with playback:
            while True:
                try:
                    frames.append(await asyncio.wait_for(anext(playback), most))
                except TimeoutError:
                    cancelled += 1
                except StopAsyncIteration:
                    break
        assert cancelled >= times
        return offsets(Played(frames))

    assert asyncio.run(watch()) == [*whole(0, 1000), 2000, 2200, 2400]


def test_nothing_stays_open(stage: Stage) -> None:
    service = stage.simulator.recorders[0]
    stage.play(0, 100)
    stage.play(10, 50)
    deadline = time.monotonic() + 5
    while service.open_sessions and time.monotonic() < deadline:
        time.sleep(0.01)
    assert service.open_sessions == 0


def test_no_token_is_logged_or_told(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """xprotect-export logs the first twenty characters of the token."""
    with caplog.at_level(logging.DEBUG):
        stage.fault("desync", bytes=stage.token.encode(), at=0)
        played = stage.play(0, 100)
        refused = stage.play(0, 1, token=lambda: stage.token + "revoked")
    assert isinstance(played.error, RemoteProtocolError)
    told = f"{played.error} {played.error.sample} {refused.error!r} {refused.error} {caplog.text}"
    assert stage.token[6:16] not in told
    assert stage.token[-24:] not in told


# A recorder that does what the simulator does not


ORIGIN = to_milliseconds(FIRST)
SCRIPT = [(ORIGIN + key, (ORIGIN + key + 40, ORIGIN + key + 80)) for key in (0, 1000, 2000)]
ALL = [picture(time, place) for key, others in SCRIPT for place, time in enumerate((key, *others))]


@pytest.fixture(params=["async", "sync"])
def face(request: pytest.FixtureRequest) -> Face:
    return request.param


def scripted(face: Face, bend: Callable[[str, bytes], bytes | None], **options: Any) -> tuple[Played, list[str]]:
    span = TimeSpan(FIRST, FIRST + 2.5 * SECOND)
    with ScriptedRecorder(ModelRecorder(SCRIPT), bend) as recorder:
        played = play(face, recorder.port, span, **{"patience": 0.0, **options})
    return played, recorder.recorder.log


def test_xml_in_place_of_a_picture_means_no_picture(face: Face) -> None:
    refusals = iter([b"3", b"4"])

    def bend(method: str, answer: bytes) -> bytes:
        number = next(refusals, None) if method == "next" else None
        return method_response(int(number), "next", errorreason="busy") if number else answer

    played, log = scripted(face, bend)
    assert played.error is None
    assert played.data[:3] == ALL[:3]
    assert log.count("connect") == 1


def test_xml_in_place_of_every_picture_is_an_error_with_the_reason(face: Face) -> None:
    def bend(method: str, answer: bytes) -> bytes:
        number = int(answer.partition(b"RequestId: ")[2].partition(b"\r\n")[0] or 0)
        return answer if method == "connect" else method_response(number, method, errorreason="No licence")

    played, log = scripted(face, bend)
    assert "No licence" in str(played.error)
    assert log == ["connect", *["goto"] * 4]


def test_every_answer_twice(face: Face) -> None:
    played, _ = scripted(face, lambda method, answer: answer if method == "connect" else answer + answer)
    assert played.data == ALL


@pytest.mark.parametrize("answered", [b"", method_response(3, "connectupdate", errorreason="unknown method")])
def test_a_recorder_that_knows_no_renewal(face: Face, answered: bytes) -> None:
    tokens = iter(["one", "two"])

    played, log = scripted(
        face,
        lambda method, answer: answered if method == "connectupdate" else answer,
        token=lambda: next(tokens, "two"),
    )
    assert played.data == ALL
    assert log.count("connectupdate") == 1


def test_status_messages_without_end_are_no_answer(face: Face) -> None:
    status = b'<livepackage><status><statusitem id="1" value="1"/></status></livepackage>\r\n\r\n'
    played, _ = scripted(face, lambda method, answer: status * 100 + answer if method == "next" else answer)
    assert isinstance(played.error, RemoteProtocolError)
    assert played.data == ALL[:3]
    played, _ = scripted(face, lambda method, answer: status * 10 + answer)
    assert played.data == ALL


def test_a_next_that_never_advances_ends_the_playback(face: Face) -> None:
    first: list[bytes] = []

    def bend(method: str, answer: bytes) -> bytes:
        if method == "goto":
            first.append(answer)
        if method != "next":
            return answer
        number = answer.partition(b"RequestId: ")[2].partition(b"\r\n")[0]
        return first[0].replace(b"RequestId: 2", b"RequestId: " + number)

    played, _ = scripted(face, bend)
    assert played.data == ALL[:3]
    assert played.error is None


@pytest.mark.parametrize("lasting", [False, True])
def test_footage_that_cannot_be_read_any_more_is_told(face: Face, lasting: bool) -> None:
    """As when the connection to a remote system is lost that plays its own recordings."""
    empty: list[bytes] = []

    def bend(method: str, answer: bytes) -> bytes:
        if method not in ("next", "goto" if empty else "next") or (empty and not lasting):
            return answer
        empty.append(answer)
        number = int(answer.partition(b"RequestId: ")[2].partition(b"\r\n")[0])
        return single(number, (0, 0, 0), b"")

    played, _ = scripted(face, bend, now=lambda: FIRST + 3 * SECOND, patience=0.6, missing_ok=True)
    assert played.data == (ALL[:3] if lasting else ALL)
    assert isinstance(played.missing, NotYetRecorded if lasting else NoneType)


def test_pictures_without_a_time_are_not_called_an_empty_database(face: Face) -> None:
    played, _ = scripted(face, lambda _, answer: re.sub(rb"Current: \d+\r\n", b"", answer))
    assert isinstance(played.error, RemoteProtocolError)
    assert not isinstance(played.error, NoRecording)


def test_a_goto_that_lands_too_early_repeats_nothing(face: Face) -> None:
    """After the connection broke, the recorder goes two groups further back than asked."""
    broken: list[str] = []
    recorder = ModelRecorder(SCRIPT)

    def bend(method: str, answer: bytes) -> bytes | None:
        if method == "next" and recorder.cursor == 2 and not broken:
            broken.append(method)
            return None
        if method == "goto" and broken:
            recorder.cursor = -1
            number = answer.partition(b"RequestId: ")[2].partition(b"\r\n")[0]
            return recorder.answer(b"<methodname>next</methodname><requestid>" + number + b"</requestid>")
        return answer

    with ScriptedRecorder(recorder, bend) as served:
        played = play(face, served.port, TimeSpan(FIRST, FIRST + 2.5 * SECOND), patience=1.0)
    assert played.error is None
    assert played.data == ALL


def test_a_frame_is_a_view_that_can_be_copied_pickled_and_hashed(face: Face) -> None:
    played, _ = scripted(face, lambda _, answer: answer)
    frame = played.frames[0]
    assert isinstance(frame.data, memoryview)
    assert frame.data.readonly
    copies = (frame.copy(), copy.deepcopy(frame), pickle.loads(pickle.dumps(frame)))
    assert all(type(other.data) is bytes for other in copies)
    assert {frame, *copies} == {frame}


def test_times_are_those_on_the_wire(face: Face) -> None:
    played, _ = scripted(face, lambda _, answer: answer)
    assert [frame.time for frame in played.frames] == [
        from_milliseconds(time) for key, others in SCRIPT for time in (key, *others)
    ]


def test_what_is_no_recorder_is_told(face: Face) -> None:
    played, _ = scripted(face, lambda _, __: b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert isinstance(played.error, RemoteProtocolError)
    played, _ = scripted(face, lambda _, __: None)
    assert isinstance(played.error, ConnectionLost)
