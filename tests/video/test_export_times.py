"""What FFmpeg finds in exported files: every picture, at its millisecond, without an error of the decoder."""

import io
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache, partial
from pathlib import Path
from typing import Any
from uuid import UUID

import av
import pytest
from attrs import evolve
from PIL import Image

from milestone_sdk import Camera, Codec, ConnectionLost, Export, Frame, Recorder, TimeSpan
from milestone_sdk._async.video.export import AsyncExporter
from tests._protocol.video.test_timing import coded
from tests.support.exporting import content_of, pictures_of, probed, times

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(shutil.which("ffprobe") is None, reason="no ffprobe: install ffmpeg"),
]

BEGAN = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
INTERVAL, GROUP, GAP = 100, 12, 7000
STREAMS = [
    pytest.param(Codec.JPEG, 0, "", id="mjpeg"),
    pytest.param(Codec.H264, 0, "", id="h264"),
    pytest.param(Codec.H264, 2, ":b-adapt=0:b-pyramid=1", id="h264-2b"),
    pytest.param(Codec.H264, 3, ":b-adapt=0:open-gop=0", id="h264-3b"),
    pytest.param(Codec.H265, 0, ":open-gop=0", id="h265"),
    pytest.param(Codec.H265, 2, ":b-adapt=0:open-gop=0", id="h265-2b"),
    pytest.param(Codec.H265, 3, ":b-adapt=0:b-pyramid=1:open-gop=0", id="h265-3b"),
]


@cache
def jpegs(pictures: int = 40, width: int = 162) -> list[tuple[int, Frame]]:
    """Return JPEGs like `coded`."""
    scene = Image.radial_gradient("L").resize((width + 4 * pictures, 90)).convert("RGB")
    frames = []
    for number in range(pictures):
        data = io.BytesIO()
        scene.crop((number * 4, 0, number * 4 + width, 90)).save(data, "JPEG")
        time = BEGAN + number * INTERVAL * MILLISECOND
        frames.append((number, Frame(time=time, codec=Codec.JPEG, is_key=True, data=data.getvalue())))
    return frames


def recorded(codec: Codec, b_pictures: int, extra: str) -> list[tuple[int, Frame]]:
    """Return frames with the millisecond at which each is shown: with jitter unless there are B pictures, and a gap."""
    frames, later = [], 0
    for index, (place, frame) in enumerate(jpegs() if codec is Codec.JPEG else coded(codec, b_pictures, extra)):
        later = GAP if frame.is_key and index > GROUP else later  # the recording pauses in front of a key frame
        moved = later if b_pictures else later + (index * 37) % 23
        frames.append((place * INTERVAL + moved, evolve(frame, time=frame.time + moved * MILLISECOND)))
    return frames


async def exported(
    frames: Iterable[Frame],
    span: TimeSpan,
    path: Path,
    *,
    close_gaps: bool = False,
    cut: ConnectionLost | None = None,
) -> Export:
    """Export the frames of the span that is still to be played."""
    camera = Camera(id=UUID(int=1), name="Gate 4", recorder=Recorder(id=UUID(int=2), name="R", uri="http://r:7563/"))
    exporter = AsyncExporter(
        path, span, camera, "https://vms.example.com/", None, close_gaps=close_gaps, subtitles=False, overwrite=False
    )
    async with exporter:
        rest = await exporter.resume()
        for frame in frames:
            if frame.time >= rest.start or rest == span:
                await exporter.add(frame)
        return await exporter.finish(cut)


@cache
def av1(structure: int, pictures: int = 30) -> list[Frame]:
    """Return AV1 of groups of 10 pictures: with structure 1 as cameras send it, with 2 hidden pictures come ahead."""
    encoder: Any = av.CodecContext.create("libsvtav1", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.gop_size = 162, 90, "yuv420p", 10
    encoder.time_base, encoder.framerate = Fraction(1, 10), Fraction(10)
    encoder.options = {"preset": "12", "svtav1-params": f"keyint=10:pred-struct={structure}"}
    scene = Image.radial_gradient("L").resize((162 + 4 * pictures, 90)).convert("RGB")
    packets = []
    for number in range(pictures):
        picture = av.VideoFrame.from_image(scene.crop((number * 4, 0, number * 4 + 162, 90)))
        picture.pts = number
        packets += encoder.encode(picture)
    packets += encoder.encode(None)
    return [
        Frame(
            time=BEGAN + number * INTERVAL * MILLISECOND,
            codec=Codec.AV1,
            is_key=packet.is_keyframe,
            data=bytes(packet),
        )
        for number, packet in enumerate(packets)
    ]


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
@pytest.mark.parametrize("structure", [1, 2])
@pytest.mark.skipif("libsvtav1" not in av.codecs_available, reason="PyAV has no encoder for AV1")
async def test_av1_is_exported(suffix: str, structure: int, tmp_path: Path) -> None:
    frames = av1(structure)
    path = tmp_path / f"clip.{suffix}"
    cut = await exported(frames[:25], TimeSpan(BEGAN, frames[-1].time), path, cut=ConnectionLost("cut"))
    assert cut.interrupted
    export = await exported(frames, TimeSpan(BEGAN, frames[-1].time), path)
    assert (export.frames, len(export.files), export.missing) == (30, 1, None)
    assert export.continued_from == frames[20].time
    found = probed(path)
    assert [round(1000 * time) for time in times(found)] == list(range(0, 30 * INTERVAL, INTERVAL))
    assert (found["streams"][0]["codec_name"], found["streams"][0]["width"]) == ("av1", 162)
    (tmp_path / "stream.obu").write_bytes(b"".join(frame.data for frame in frames))
    assert pictures_of(path) == pictures_of(tmp_path / "stream.obu")


async def test_pictures_of_one_millisecond_have_a_file_each(tmp_path: Path) -> None:
    frames = [evolve(frame, time=BEGAN + number // 3 * MILLISECOND) for number, (_, frame) in enumerate(jpegs(8))]
    span = TimeSpan(BEGAN, BEGAN + 10 * MILLISECOND)
    target = tmp_path / "pictures"
    cut = await exported(frames[:5], span, target, cut=ConnectionLost("cut"))
    assert (cut.interrupted, cut.frames) == (True, 5)
    export = await exported(frames, span, target)
    assert export.frames == 8
    pictures = sorted(target.iterdir())
    assert [path.name for path in pictures[:4]] == [
        "2026-03-14T09.00.00.000Z.jpg",
        "2026-03-14T09.00.00.000Z_2.jpg",
        "2026-03-14T09.00.00.000Z_3.jpg",
        "2026-03-14T09.00.00.001Z.jpg",
    ]
    assert [path.read_bytes() for path in pictures] == [frame.data for frame in frames]


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
@pytest.mark.parametrize(("codec", "b_pictures", "extra"), STREAMS)
async def test_every_picture_has_its_millisecond(
    codec: Codec, b_pictures: int, extra: str, suffix: str, tmp_path: Path
) -> None:
    """The pictures are those of the stream itself, decoded in its own order."""
    stream = recorded(codec, b_pictures, extra)
    raw = tmp_path / ("stream.mjpeg" if codec is Codec.JPEG else f"stream.{codec}")
    raw.write_bytes(b"".join(frame.data for _, frame in stream))
    shown = sorted(time for time, _ in stream)
    span = TimeSpan(BEGAN, BEGAN + shown[-1] * MILLISECOND)
    export = await exported([frame for _, frame in stream], span, tmp_path / f"clip.{suffix}")
    found = probed(tmp_path / f"clip.{suffix}")
    assert [round(1000 * time) for time in times(found)] == shown
    assert (export.frames, len(export.files), len(export.gaps)) == (40, 1, 1)
    assert abs(float(found["format"]["duration"]) - shown[-1] / 1000) < 0.3
    assert pictures_of(tmp_path / f"clip.{suffix}") == pictures_of(raw)
    tags = {key.lower(): value for key, value in found["format"]["tags"].items()}
    assert (tags["title"], tags["comment"]) == ("Gate 4", "https://vms.example.com/")
    assert tags["creation_time"].startswith("2026-03-14T09:00:00.000")
    first, second = found["chapters"]
    assert [first["tags"]["title"], second["tags"]["title"]] == [
        (BEGAN + at * MILLISECOND).isoformat(timespec="seconds")
        for at in (0, shown[next(index for index in range(40) if shown[index + 1] - shown[index] > GAP // 2) + 1])
    ]


@pytest.mark.parametrize(("codec", "b_pictures", "extra"), STREAMS)
async def test_an_mp4_is_shown_from_the_asked_millisecond(
    codec: Codec, b_pictures: int, extra: str, tmp_path: Path
) -> None:
    stream = recorded(codec, b_pictures, extra)
    asked = 777
    span = TimeSpan(BEGAN + asked * MILLISECOND, BEGAN + 15 * timedelta(seconds=1))
    await exported([frame for _, frame in stream], span, tmp_path / "clip.mp4")
    found = probed(tmp_path / "clip.mp4")
    shown = [round(1000 * time) for time in times(found)]
    assert shown == [0, *sorted(time - asked for time, _ in stream if time > asked)]
    assert float(found["format"]["start_time"]) == 0
    assert found["format"]["tags"]["creation_time"] == "2026-03-14T09:00:00.777Z"
    before = sum(time <= asked for time, _ in stream) - 1
    raw = tmp_path / ("stream.mjpeg" if codec is Codec.JPEG else f"stream.{codec}")
    raw.write_bytes(b"".join(frame.data for _, frame in stream))
    assert pictures_of(tmp_path / "clip.mp4") == pictures_of(raw)[before:]


async def test_an_mkv_begins_with_the_key_frame_and_says_when_that_was(tmp_path: Path) -> None:
    stream = recorded(Codec.H264, 2, ":b-adapt=0:b-pyramid=1")
    span = TimeSpan(BEGAN + timedelta(milliseconds=777), BEGAN + timedelta(seconds=15))
    export = await exported([frame for _, frame in stream], span, tmp_path / "clip.mkv")
    found = probed(tmp_path / "clip.mkv")
    assert [round(1000 * time) for time in times(found)] == sorted(time for time, _ in stream)
    assert found["format"]["tags"]["creation_time"] == "2026-03-14T09:00:00.000000Z"
    assert export.files[0].span.start == BEGAN
    assert export.gaps[0].start > span.start
    assert float(found["chapters"][0]["start_time"]) == 0


async def test_closed_gaps_move_what_is_behind_them(tmp_path: Path) -> None:
    stream = recorded(Codec.H264, 2, ":b-adapt=0:b-pyramid=1")
    span = TimeSpan(BEGAN, BEGAN + timedelta(seconds=15))
    export = await exported([frame for _, frame in stream], span, tmp_path / "clip.mkv", close_gaps=True)
    shown = [round(1000 * time) for time in times(probed(tmp_path / "clip.mkv"))]
    assert shown == list(range(0, 40 * INTERVAL, INTERVAL))
    assert len(export.gaps) == 2  # the other one is at the end of the span


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "h264"])
async def test_a_long_export_is_continued_where_it_stopped(suffix: str, tmp_path: Path) -> None:
    group = [frame for _, frame in coded(Codec.H264, 0, "")[:GROUP]]
    frames = [
        evolve(group[number % GROUP], time=BEGAN + (number * INTERVAL + number % 7) * MILLISECOND)
        for number in range(3000)
    ]
    span = TimeSpan(BEGAN, frames[-1].time)
    again, at_once = (tmp_path / f"{name}.{suffix}" for name in ("again", "whole"))
    cut = await exported(frames[:2000], span, again, cut=ConnectionLost("cut"))
    assert (cut.interrupted, cut.frames) == (True, 2000)
    export = await exported(frames, span, again)
    assert (export.frames, export.continued_from) == (3000, frames[1992].time)
    await exported(frames, span, at_once)
    first, second = content_of(again), content_of(at_once)
    assert first == second


@pytest.mark.parametrize("stream_of", [jpegs, partial(coded, Codec.H264, 2, ":b-adapt=0")], ids=["mjpeg", "h264"])
async def test_pictures_of_another_size_begin_another_file(stream_of: partial[object], tmp_path: Path) -> None:
    small, large = jpegs(24), jpegs(24, 320)
    if stream_of is not jpegs:
        small, large = (coded(Codec.H264, 2, ":b-adapt=0", 24, width) for width in (162, 320))
    later = timedelta(milliseconds=24 * INTERVAL)
    frames = [frame for _, frame in small] + [evolve(frame, time=frame.time + later) for _, frame in large]
    export = await exported(frames, TimeSpan(BEGAN, BEGAN + 2 * later), tmp_path / "clip.mp4")
    assert [(file.path.name, file.frames) for file in export.files] == [("clip.mp4", 24), ("clip-2.mp4", 24)]
    assert [probed(file.path)["streams"][0]["width"] for file in export.files] == [162, 320]
    assert export.gaps == ()
