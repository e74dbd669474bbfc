"""A recorder that sends without end: whatever it is, playback ends within its timeout, or soon with an error."""

import struct
import time
import tracemalloc

import pytest

from milestone_sdk._protocol.video.packets import to_milliseconds
from milestone_sdk.errors import ReadTimeout, RemoteProtocolError
from milestone_sdk.models import TimeSpan
from tests.support.imageserver_wire import method_response, multipart, packet, single
from tests.support.model_recorder import ModelRecorder, ScriptedRecorder
from tests.support.playback_stage import FIRST, SECOND, Stage, offsets, whole
from tests.support.playing import Face, play
from tests.support.stopwatch import Stopwatch

TIMEOUT = 0.5
START = to_milliseconds(FIRST)
STATUS = b'<?xml version="1.0"?><livepackage><status><statustime>1</statustime></status></livepackage>\r\n\r\n'
UNASKED = method_response(999, "status", note="hello")
UNKNOWN = b"<weather>rain</weather>\r\n\r\n"
LATE_PICTURE = single(1, (0, START, START), packet(START, b"late"))


def ends_in_time(stage: Stage, error: type[Exception] | tuple[type[Exception], ...]) -> None:
    watch = Stopwatch()
    played = stage.play(0, 100, timeout=TIMEOUT)
    assert isinstance(played.error, error)
    assert played.error.server is not None
    assert watch.seconds < 10 * TIMEOUT, "each step has its own timeout, and there are few"


@pytest.mark.parametrize("operation", ["connect", "goto"])
@pytest.mark.parametrize("delay", [0.0, 0.05])
def test_the_same_answer_again_and_again(stage: Stage, operation: str, delay: float) -> None:
    stage.fault("repeat", operation, delay=delay)
    ends_in_time(stage, (ReadTimeout, RemoteProtocolError))


@pytest.mark.parametrize("message", [STATUS, UNASKED, UNKNOWN, LATE_PICTURE, b"\r\n"])
@pytest.mark.parametrize("delay", [0.0, 0.05])
def test_messages_that_answer_nothing(stage: Stage, message: bytes, delay: float) -> None:
    stage.fault("repeat", "goto", bytes=message, delay=delay)
    ends_in_time(stage, (ReadTimeout, RemoteProtocolError))


def test_a_huge_repeated_answer_restores_no_time(stage: Stage) -> None:
    """At 8 KiB a second, an answer of 2 MB was waited for for four minutes, and the next one too."""
    late = single(1, (0, START, START), packet(START, bytes(2_000_000)))
    stage.fault("repeat", "goto", bytes=late, delay=0.1)
    ends_in_time(stage, (ReadTimeout, RemoteProtocolError))


@pytest.mark.parametrize("face", ["async", "sync"])
def test_a_fast_beginning_buys_no_long_silence(face: Face) -> None:
    """4 MB restored eight minutes, in which the rest could stay out."""
    recorder = ModelRecorder([(START, ())])

    def bend(method: str, answer: bytes) -> bytes:
        if method != "goto":
            return answer
        return multipart(2, (0, START, START), [packet(START, bytes(4_000_000))] * 2)[:-100]

    with ScriptedRecorder(recorder, bend) as scripted:
        watch = Stopwatch()
        played = play(face, scripted.port, TimeSpan(FIRST, FIRST + SECOND), timeout=TIMEOUT)
        assert isinstance(played.error, ReadTimeout)
        assert watch.seconds < 10 * TIMEOUT
        assert len(played.frames) == 1, "the picture that came whole is given out first"


@pytest.mark.parametrize("face", ["async", "sync"])
def test_answers_that_lead_on_and_hold_nothing(face: Face) -> None:
    """A recorder whose every unit is empty leads through the whole span, a millisecond at a time."""
    recorder = ModelRecorder([])
    place = 0

    def bend(method: str, answer: bytes) -> bytes:
        nonlocal place
        if method in ("connect", "connectupdate"):
            return answer
        place += 1
        number = len(recorder.log)
        return single(number, (START + place - 1, START + place, START + place + 1), b"")

    with ScriptedRecorder(recorder, bend) as scripted:
        played = play(face, scripted.port, TimeSpan(FIRST, FIRST + 3600 * SECOND), timeout=5.0)
        assert isinstance(played.error, RemoteProtocolError)
        assert "no picture" in str(played.error)
        assert len(recorder.log) < 100


@pytest.mark.parametrize("face", ["async", "sync"])
def test_a_newest_group_that_grows_without_end_before_the_span(face: Face) -> None:
    """Its pictures are held for decoding."""
    recorder = ModelRecorder([(START, ())])
    part = packet(START, bytes(1_000_000))
    endless = multipart(3, (0, START, START), [part] * 200)

    with ScriptedRecorder(recorder, lambda method, answer: endless if method == "next" else answer) as scripted:
        span = TimeSpan(FIRST + SECOND, FIRST + 3600 * SECOND)
        tracemalloc.start()
        try:
            played = play(face, scripted.port, span, timeout=5.0, now=lambda: FIRST, patience=1.0)
            assert tracemalloc.get_traced_memory()[1] < len(endless) * 0.8
        finally:
            tracemalloc.stop()
        assert isinstance(played.error, RemoteProtocolError)


@pytest.mark.parametrize("face", ["async", "sync"])
@pytest.mark.parametrize("tiny", [struct.pack(">HI", 0x30, 6), struct.pack(">HI", 0xFEF0, 0) + bytes(10)])
def test_millions_of_tiny_packets(face: Face, tiny: bytes) -> None:
    recorder = ModelRecorder([(START, ())])
    body = tiny * (8_000_000 // len(tiny))

    def bend(method: str, answer: bytes) -> bytes:
        return single(2, (0, START, START), body) if method == "goto" else answer

    with ScriptedRecorder(recorder, bend) as scripted:
        began = time.process_time()
        played = play(face, scripted.port, TimeSpan(FIRST, FIRST + SECOND), timeout=5.0)
        assert isinstance(played.error, RemoteProtocolError)
        assert "media packets" in str(played.error)
        assert time.process_time() - began < 1.0, "it took seconds to read them all"


def test_a_slow_steady_answer_is_taken(stage: Stage) -> None:
    stage.fault("slicer", "goto", size=64, delay=0.002)
    assert offsets(stage.play(0, 0.9, timeout=TIMEOUT)) == whole(0)
