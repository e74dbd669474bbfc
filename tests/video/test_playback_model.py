"""Playback against a model recorder: whatever breaks and however it is cut, no frame is lost or comes twice."""

import tracemalloc
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk._net.blocking import Stream
from milestone_sdk._net.sinks import Sink
from milestone_sdk._protocol.video.packets import from_milliseconds, to_milliseconds
from milestone_sdk._sync.video.connection import ImageServerConnection
from milestone_sdk._sync.video.playback import Playback
from milestone_sdk.errors import ConnectionLost, NoRecording, ReadTimeout, RemoteProtocolError
from milestone_sdk.models import Codec, Frame, TimeSpan
from tests.support.budget import examples
from tests.support.imageserver_wire import CONNECTED, method_response, multipart, packet
from tests.support.model_recorder import Form, Group, ManualClock, ModelRecorder, ModelStream, picture

ORIGIN = 1_773_480_400_000
Mode = Literal["native", "jpeg"]


@st.composite
def footage(draw: st.DrawFn) -> list[Group]:
    """Groups of up to four pictures, with gaps; pictures of one group may bear the same millisecond."""
    groups: list[Group] = []
    now = ORIGIN
    for _ in range(draw(st.integers(1, 6))):
        now += draw(st.sampled_from([1, 40, 500, 5_000, 3_600_000]))
        key, others = now, []
        for _ in range(draw(st.integers(0, 3))):
            now += draw(st.sampled_from([0, 1, 40]))
            others.append(now)
        groups.append((key, tuple(others)))
    return groups


def distinct(groups: list[Group]) -> list[Group]:
    """JPEG units are known by their millisecond alone, so no two pictures share one."""
    spread: list[Group] = []
    last = 0
    for key, others in groups:
        times: list[int] = []
        for time in (key, *others):
            last = max(time, last + 1)
            times.append(last)
        spread.append((times[0], tuple(times[1:])))
    return spread


def expected(groups: list[Group], start: int, end: int, mode: Mode) -> list[tuple[int, bytes]]:
    """What belongs to the span, by the words of docs/protocol: playback-start and nothing cleverer."""
    found: list[tuple[int, bytes]] = []
    first = max((place for place, (key, _) in enumerate(groups) if key <= start), default=0)
    for place, (key, others) in enumerate(groups[first:]):
        times = (key, *others)
        if place == 0 and max(times) < start:
            continue
        for number, time in enumerate(times):
            if time <= end and (mode == "native" or time >= start) and key <= end:
                found.append((time, (b"\xff\xd8" if mode == "jpeg" else b"") + picture(time, number)))
    return found


def flat(frames: list[Frame]) -> list[tuple[int, bytes]]:
    return [(to_milliseconds(frame.time), bytes(frame.data)) for frame in frames]


class Player:
    """Plays a span of a model recorder over connections with the given lives, then unbroken ones."""

    def __init__(
        self,
        groups: list[Group],
        start: int,
        end: int,
        mode: Mode,
        piece: int,
        lives: list[int],
        masked_from: int | None = None,
        began: datetime | None = None,
        *,
        form: Form = "multipart",
        stalls: bool = False,
        lie: tuple[int, int] | None = None,
        keyframes_only: bool = False,
    ) -> None:
        self.streams: list[ModelStream] = []
        self.recorders: list[ModelRecorder] = []
        self.frames: list[Frame] = []
        self.error: Exception | None = None

        def connect() -> ModelStream:
            life = lives[len(self.streams)] if len(self.streams) < len(lives) else None
            self.recorders.append(ModelRecorder(groups, masked_from=masked_from, form=form, lie=lie))
            self.streams.append(ModelStream(self.recorders[-1], piece=piece, life=life, stalls=stalls))
            return self.streams[-1]

        connection = ImageServerConnection(
            UUID(int=1),
            connect=connect,
            token=lambda: "token",
            clock=ManualClock(began),
            timeout=5.0,
            media="sound" in form,
        )
        span = TimeSpan(from_milliseconds(start), from_milliseconds(end))
        try:
            with Playback(connection, span, codec=mode, keyframes_only=keyframes_only) as playback:
                for frame in playback:
                    self.frames.append(frame)
        except (ConnectionLost, NoRecording, ReadTimeout, RemoteProtocolError) as error:
            self.error = error


MODES: st.SearchStrategy[Mode] = st.sampled_from(["native", "jpeg"])
LIVES = st.lists(st.integers(0, 4000), max_size=6)


@st.composite
def span_of(draw: st.DrawFn, groups: list[Group]) -> tuple[int, int]:
    """A start and an end near pictures of the footage."""
    times = [time for key, others in groups for time in (key, *others)]
    near = st.builds(int.__add__, st.sampled_from(times), st.sampled_from([-100, -1, 0, 1, 20, 1000]))
    start, end = sorted((draw(near), draw(near)))
    return start, end


@examples(5)
@given(data=st.data(), groups=footage(), mode=MODES, piece=st.integers(1, 3000), lives=LIVES)
def test_every_picture_of_the_span_once_however_often_the_connection_breaks(
    data: st.DataObject, groups: list[Group], mode: Mode, piece: int, lives: list[int]
) -> None:
    groups = distinct(groups) if mode == "jpeg" else groups
    start, end = data.draw(span_of(groups))
    wanted = expected(groups, start, end, mode)
    played = Player(groups, start, end, mode, piece, lives)
    if isinstance(played.error, ConnectionLost):
        assert len(played.streams) >= 2, "a lost connection is made anew before anybody is told"
        assert flat(played.frames) == wanted[: len(played.frames)]
    else:
        assert flat(played.frames) == wanted
        assert isinstance(played.error, NoRecording) == (not wanted)
    assert all(stream.closed for stream in played.streams)


@examples(2)
@given(data=st.data(), groups=footage(), piece=st.integers(1, 3000), lives=LIVES)
def test_key_frames_alone_are_those_of_the_whole_playback(
    data: st.DataObject, groups: list[Group], piece: int, lives: list[int]
) -> None:
    start, end = data.draw(span_of(groups))
    keys = [(key, picture(key, 0)) for key, _ in groups]
    wanted = [frame for frame in expected(groups, start, end, "native") if frame in keys]
    played = Player(groups, start, end, "native", piece, lives, keyframes_only=True)
    if isinstance(played.error, ConnectionLost):
        assert flat(played.frames) == wanted[: len(played.frames)]
    else:
        assert flat(played.frames) == wanted
        assert isinstance(played.error, NoRecording) == (not wanted)


FORMS: st.SearchStrategy[Form] = st.sampled_from(["multipart", "packets", "block", "sound", "wrapped sound"])


@st.composite
def footage_in_form(draw: st.DrawFn) -> tuple[list[Group], Form]:
    """Footage as far as a form can have it: one picture in a block, packets of sound with the time of their unit."""
    groups, form = draw(footage()), draw(FORMS)
    if form == "block":
        return [(key, ()) for key, _ in groups], form
    return [(key, (key,) * len(others)) for key, others in groups] if "sound" in form else groups, form


def expected_in(groups: list[Group], start: int, end: int, form: Form) -> list[tuple[int, bytes]]:
    start_of_jpeg = b"\xff\xd8" if form == "block" else b""
    return [(time, start_of_jpeg + data) for time, data in expected(groups, start, end, "native")]


@examples(1)
@given(data=st.data(), footage=footage_in_form(), piece=st.integers(1, 3000), lives=LIVES)
def test_every_form_is_played_as_it_was_recorded(
    data: st.DataObject, footage: tuple[list[Group], Form], piece: int, lives: list[int]
) -> None:
    groups, form = footage
    start, end = data.draw(span_of(groups))
    wanted = expected_in(groups, start, end, form)
    played = Player(groups, start, end, "native", piece, lives, form=form)
    codec = Codec.UNKNOWN if "sound" in form else Codec.JPEG if form == "block" else Codec.H264
    assert {frame.codec for frame in played.frames} <= {codec}
    if isinstance(played.error, ConnectionLost):
        assert flat(played.frames) == wanted[: len(played.frames)]
    else:
        assert flat(played.frames) == wanted
        assert isinstance(played.error, NoRecording) == (not wanted)


@examples(1)
@given(data=st.data(), footage=footage_in_form(), piece=st.integers(1, 3000), after=st.integers(0, 4000))
def test_a_recorder_that_stalls_at_any_byte(
    data: st.DataObject, footage: tuple[list[Group], Form], piece: int, after: int
) -> None:
    groups, form = footage
    start, end = data.draw(span_of(groups))
    wanted = expected_in(groups, start, end, form)
    played = Player(groups, start, end, "native", piece, [after], form=form, stalls=True)
    assert flat(played.frames) == wanted[: len(played.frames)]
    assert isinstance(played.error, ReadTimeout) or len(played.frames) == len(wanted)
    assert [stream.closed for stream in played.streams] == [True], "a stalled recorder is not asked again"


@examples(1)
@given(
    data=st.data(),
    footage=footage_in_form(),
    number=st.integers(2, 6),
    more=st.integers(-100, 100).filter(bool) | st.sampled_from([1 << 20, 1 << 40]),
)
def test_a_recorder_that_lies_about_a_length(
    data: st.DataObject, footage: tuple[list[Group], Form], number: int, more: int
) -> None:
    groups, form = footage
    start, end = data.draw(span_of(groups))
    wanted = expected_in(groups, start, end, form)
    played = Player(groups, start, end, "native", 500, [], form=form, lie=(number, more))
    assert flat(played.frames) == wanted[: len(played.frames)], "never a picture that was not recorded"
    assert isinstance(played.error, ReadTimeout | RemoteProtocolError) or len(played.frames) == len(wanted)


@examples(3)
@given(data=st.data(), groups=footage(), lives=LIVES)
def test_footage_that_is_masked_from_some_time_on_goes_on_as_jpeg(
    data: st.DataObject, groups: list[Group], lives: list[int]
) -> None:
    groups = distinct(groups)
    start, end = data.draw(span_of(groups))
    masked_from = data.draw(st.sampled_from([key for key, _ in groups]))
    played = Player(groups, start, end, "native", 500, lives, masked_from=masked_from)
    for frame in played.frames:
        assert frame.codec is Codec.JPEG or to_milliseconds(frame.time) < masked_from + 4 * 40
    jpeg = expected(groups, start, end, "jpeg")
    native = expected([group for group in groups if group[0] < masked_from], start, end, "native")
    wanted = native + [(time, body) for time, body in jpeg if time >= masked_from]
    if not isinstance(played.error, ConnectionLost):
        assert flat(played.frames) == wanted or (not native and flat(played.frames) == jpeg)


@pytest.mark.parametrize(
    ("mode", "form", "others", "ahead"),
    [
        ("native", "multipart", (40, 80), 3),
        ("native", "multipart", (), 12),
        ("native", "sound", (), 12),
        ("jpeg", "multipart", (), 12),
    ],
)
def test_nothing_is_asked_for_beyond_need(mode: Mode, form: Form, others: tuple[int, ...], ahead: int) -> None:
    """At most so many answers are on their way, few at first, and none is asked for that lies after the span.

    There may be more of those that have one picture or packet.
    """
    groups: list[Group] = []
    for key in range(ORIGIN, ORIGIN + 100_000, 1000):
        groups.append((key, tuple(key + offset for offset in others)))
    played = Player(groups, ORIGIN, ORIGIN + 60_000, mode, 1 << 10, [], form=form)
    assert len(played.frames) == 61 + 60 * len(others)
    assert played.recorders[0].log == ["connect", "goto", *["next"] * 60]
    assert played.streams[0].most_waiting == ahead
    short = Player(groups, ORIGIN, ORIGIN + 3_000, mode, 1 << 10, [], form=form)
    assert short.streams[0].most_waiting == 3


def test_the_end_of_all_footage_is_waited_for_and_then_reported() -> None:
    groups: list[Group] = [(ORIGIN, (ORIGIN + 40,))]
    end = from_milliseconds(ORIGIN + 60_000)
    played = Player(groups, ORIGIN, ORIGIN + 60_000, "native", 1000, [], began=end)
    assert flat(played.frames) == expected(groups, ORIGIN, ORIGIN + 60_000, "native")
    assert played.error is None
    assert played.recorders[0].log.count("next") == 20, "ten seconds, a look every half second"


@pytest.mark.parametrize(("count", "most"), [(1, 0), (2, 3), (30, 11)])
def test_the_newest_picture_is_sent_again_for_few_requests(count: int, most: int) -> None:
    """The recorder repeats it for each request that was sent ahead, besides the twenty of ten seconds."""
    groups: list[Group] = [(ORIGIN + 40 * number, ()) for number in range(count)]
    end = from_milliseconds(ORIGIN + 60_000)
    played = Player(groups, ORIGIN, ORIGIN + 60_000, "jpeg", 1000, [], began=end)
    assert len(played.frames) == count
    assert played.recorders[0].log.count("next") - (count - 1) - 20 <= most


def test_footage_of_long_ago_is_not_waited_for() -> None:
    groups: list[Group] = [(ORIGIN, (ORIGIN + 40,))]
    began = from_milliseconds(ORIGIN) + timedelta(minutes=10)
    played = Player(groups, ORIGIN, ORIGIN + 60_000, "native", 1000, [], began=began)
    assert flat(played.frames) == expected(groups, ORIGIN, ORIGIN + 60_000, "native")
    assert played.recorders[0].log.count("next") <= 1


def test_footage_written_while_it_plays_is_played() -> None:
    groups: list[Group] = [(ORIGIN, ())]
    recorder = ModelRecorder(groups)

    class Growing(ManualClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if self.now % 8 == 0 and len(groups) < 5:
                groups.append((groups[-1][0] + 1_000, ()))

    clock = Growing(from_milliseconds(ORIGIN))
    span = TimeSpan(from_milliseconds(ORIGIN), from_milliseconds(ORIGIN) + timedelta(minutes=1))
    connection = ImageServerConnection(
        UUID(int=1), connect=lambda: ModelStream(recorder), token=lambda: "token", clock=clock, timeout=5.0
    )
    with Playback(connection, span) as playback:
        frames = list(playback)
    assert [to_milliseconds(frame.time) - ORIGIN for frame in frames] == [0, 1_000, 2_000, 3_000, 4_000]
    assert 42 <= clock.now <= 43, "ten seconds without news, counted from the last news"


@pytest.mark.parametrize("start", [0, 500])
def test_a_group_that_is_still_written_is_played_to_its_end(start: int) -> None:
    """Also from a start that is not in it yet."""
    groups: list[Group] = [(ORIGIN, (ORIGIN + 100, ORIGIN + 200))]
    recorder = ModelRecorder(groups)

    class Growing(ManualClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            groups[0] = (ORIGIN, tuple(ORIGIN + 100 * place for place in range(1, 10)))

    span = TimeSpan(from_milliseconds(ORIGIN + start), from_milliseconds(ORIGIN) + timedelta(minutes=1))
    connection = ImageServerConnection(
        UUID(int=1),
        connect=lambda: ModelStream(recorder),
        token=lambda: "token",
        clock=Growing(from_milliseconds(ORIGIN)),
        timeout=5.0,
    )
    with Playback(connection, span) as playback:
        assert [to_milliseconds(frame.time) - ORIGIN for frame in playback] == list(range(0, 1000, 100))


def test_a_long_group_begins_at_once_ends_early_and_takes_little_memory() -> None:
    """A minute of pictures in one group: the first was given out after the last, and all of them were held."""
    count, size = 2000, 30_000
    body = bytes(size)
    parts = [packet(ORIGIN + 33 * place, body, key_time=ORIGIN if place else None) for place in range(count)]
    wire = [method_response(1, "connect", **CONNECTED), multipart(2, (0, ORIGIN, ORIGIN + 33 * count), parts)]
    stream = WrittenStream(wire)
    connection = ImageServerConnection(
        UUID(int=1), connect=lambda: stream, token=lambda: "token", clock=ManualClock(), timeout=5.0
    )
    start = from_milliseconds(ORIGIN)
    tracemalloc.start()
    try:
        with Playback(connection, TimeSpan(start, start + timedelta(seconds=40))) as playback:
            assert stream.sent <= 256 << 10
            found = sum(1 for _ in playback)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == 40_000 // 33 + 1
    assert stream.sent < 45_000 // 33 * size, "what is after the span is not read"
    assert most < 8 << 20


class WrittenStream(Stream):
    """A connection that answers each request with the next of `wire`, in pieces of 64 KiB."""

    def __init__(self, wire: list[bytes]) -> None:
        self._wire = wire
        self._waiting = memoryview(b"")
        self.sent = 0

    def write(self, data: bytes, timeout: float) -> None:
        for _ in range(data.count(b"\r\n\r\n")):
            self._waiting = memoryview(bytes(self._waiting) + (self._wire.pop(0) if self._wire else b""))

    def receive_into(self, sink: Sink, timeout: float) -> int:
        buffer = sink.get_buffer()
        count = min(len(buffer), len(self._waiting), 65536)
        buffer[:count] = self._waiting[:count]
        sink.buffer_updated(count)
        self._waiting = self._waiting[count:]
        self.sent += count
        return count

    def close(self) -> None:
        pass
