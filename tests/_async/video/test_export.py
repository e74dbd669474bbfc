"""Footage as files, judged by FFmpeg: times, gaps, chapters, what is missing, and what a full disk leaves."""

import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from milestone_sdk import (
    CameraNotFound,
    ConfigurationError,
    ExportFailed,
    ExportProgress,
    ExportStage,
    NoRecording,
    NotYetRecorded,
    RetrievalTimeout,
    TimeSpan,
)
from milestone_sdk.models.video import Codec
from milestone_sdk.simulator import Simulator, example_site
from milestone_sdk.simulator.recorder.encoder import CodedPicture, split_units
from milestone_sdk.simulator.recorder.film import Film
from milestone_sdk.simulator.site import Camera
from tests.support.exporting import BEGIN, SECOND, export_elsewhere, pictures_of, probed, seconds, times

from ..opening import client_of

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(shutil.which("ffprobe") is None, reason="no ffprobe: install ffmpeg"),
]


@pytest.fixture
def recorded(simulator_factory: Callable[..., Simulator]) -> Simulator:
    """C1 sends H.264; it recorded 20 seconds, paused for 10, and recorded 10 more."""
    plan = example_site()
    camera = plan.camera("C1")
    camera.codec = "h264"
    camera.recordings[:] = [(BEGIN, BEGIN + 20 * SECOND), (BEGIN + 30 * SECOND, BEGIN + 40 * SECOND)]
    return simulator_factory(plan)


async def test_an_mp4_begins_at_the_asked_millisecond(recorded: Simulator, tmp_path: Path) -> None:
    reports: list[ExportProgress] = []
    async with client_of(recorded) as site:
        export = await site.recordings.export("C1", seconds(5.25, 12), tmp_path / "clip.mp4", progress=reports.append)
    (file,) = export.files
    assert (file.path, file.codec, export.missing, export.gaps) == (tmp_path / "clip.mp4", Codec.H264, None, ())
    assert list(tmp_path.iterdir()) == [file.path]
    found = probed(file.path)
    shown = times(found)
    assert shown[0] < 0.2
    assert float(found["format"]["start_time"]) == 0
    assert abs(float(found["format"]["duration"]) - 6.75) < 0.3
    assert found["format"]["tags"]["title"] == "C1"
    assert found["format"]["tags"]["creation_time"] == "2026-03-14T09:00:05.250Z"
    done = [report.done or 0.0 for report in reports]
    assert done == sorted(done)
    assert done[-1] == 1.0
    assert file.span.start == BEGIN + 5.25 * SECOND


@pytest.mark.parametrize("codec", ["h264", "jpeg"])
async def test_the_picture_that_is_shown_at_the_start_is_in_the_file(
    recorded: Simulator, tmp_path: Path, codec: str
) -> None:
    """A camera of one picture a second, which each is a group of its own."""
    plan = recorded.site.camera("C1")
    plan.codec, plan.frames_per_second = codec, 1
    async with client_of(recorded) as site:
        for end in (5.6, 6, 8.3):
            export = await site.recordings.export("C1", seconds(5.25, end), tmp_path / f"{end}.mp4")
            wanted = [0, *(number - 5.25 for number in range(6, int(end) + 1))]
            assert times(probed(tmp_path / f"{end}.mp4")) == pytest.approx(wanted, abs=0.001)
            assert (export.frames, export.missing, export.gaps) == (len(wanted), None, ())
        paused = await site.recordings.export("C1", seconds(25, 31), tmp_path / "paused.mp4")
        beside = await site.recordings.export("C1", seconds(22, 25), tmp_path / "beside.mp4")
    assert (paused.frames, paused.gaps, beside.frames) == (2, (seconds(25, 30),), 0)


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
async def test_a_gap_lasts_as_long_as_it_did_and_parts_two_chapters(
    recorded: Simulator, tmp_path: Path, suffix: str
) -> None:
    async with client_of(recorded) as site:
        export = await site.recordings.export("C1", seconds(15, 35), tmp_path / f"clip.{suffix}")
    found = probed(export.files[0].path)
    shown = times(found)
    steps = [after - before for before, after in pairwise(shown)]
    assert max(steps) == pytest.approx(10, abs=1.1)
    (gap,) = export.gaps
    assert (gap.start, gap.end) == (pytest.approx(BEGIN + 20 * SECOND, abs=SECOND), BEGIN + 30 * SECOND)
    first, second = found["chapters"]
    assert float(first["start_time"]) == 0
    assert float(second["start_time"]) == pytest.approx(15, abs=0.01)
    assert second["tags"]["title"] == "2026-03-14T09:00:30+00:00"


async def test_gaps_can_be_left_out(recorded: Simulator, tmp_path: Path) -> None:
    async with client_of(recorded) as site:
        export = await site.recordings.export("C1", seconds(15, 35), tmp_path / "clip.mp4", close_gaps=True)
    found = probed(export.files[0].path)
    assert float(found["format"]["duration"]) == pytest.approx(10, abs=1)
    assert len(export.gaps) == 1
    assert len(found["chapters"]) == 2


async def test_the_wall_clock_as_subtitles_of_an_mkv(recorded: Simulator, tmp_path: Path) -> None:
    async with client_of(recorded) as site:
        await site.recordings.export("C1", seconds(5, 9), tmp_path / "clip.mkv", subtitles=True)
    answer = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(tmp_path / "clip.mkv"), "-f", "srt", "-"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "2026-03-14 09:00:07 UTC" in answer.stdout


async def test_subtitles_show_the_time_after_a_gap_that_is_left_out(recorded: Simulator, tmp_path: Path) -> None:
    recorded.edit(lambda plan: plan.camera("C1").recordings.append((BEGIN + 41.5 * SECOND, BEGIN + 50 * SECOND)))
    async with client_of(recorded) as site:
        await site.recordings.export("C1", seconds(18.5, 43.5), tmp_path / "clip.mkv", subtitles=True, close_gaps=True)
    command = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "clip.mkv"), "-f", "srt", "-"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=30)
    begins = {
        int(second): float(begin.replace(",", "."))
        for begin, second in re.findall(r"00:00:(\S+) --> \S+\n2026-03-14 09:00:(\d\d) UTC", answer.stdout)
    }
    assert list(begins) == [18, 19, *range(30, 40), *range(41, 44)]
    assert [begins[second] for second in (18, 19, 30, 31, 39, 42)] == pytest.approx([0, 1, 2, 3, 11, 12.5], abs=0.01)


async def test_b_pictures_are_shown_in_their_order(recorded: Simulator, tmp_path: Path) -> None:
    recorded.recorder_service(recorded.site.camera("C1").recorder_id).switches.b_pictures = 2
    async with client_of(recorded) as site:
        export = await site.recordings.export("C1", seconds(5, 9), tmp_path / "clip.mp4")
    found = probed(export.files[0].path)
    shown = times(found)
    assert shown == sorted(shown)
    assert any(frame["pict_type"] == "B" for frame in found["frames"])
    steps = {round(after - before, 3) for before, after in pairwise(shown)}
    assert max(steps) - min(steps) < 0.002


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
async def test_the_last_b_pictures_are_part_of_an_export(
    recorded: Simulator, tmp_path: Path, codec: str, suffix: str
) -> None:
    """They arrive behind the pictures that they refer to, which are displayed after the span."""
    plan = recorded.site.camera("C1")
    plan.codec, plan.frames_per_second, plan.recordings[:] = codec, 10, [(BEGIN, BEGIN + 60 * SECOND)]
    recorded.recorder_service(plan.recorder_id).switches.b_pictures = 2
    async with client_of(recorded) as site:
        for end in (30.0, 30.4, 30.5, 30.8):
            export = await site.recordings.export("C1", seconds(0, end), tmp_path / f"clip-{end}.{suffix}")
            shown = times(probed(export.files[0].path))
            wanted = [round(number / 10, 3) for number in range(round(end * 10) + 1)]
            assert [round(time, 3) for time in shown][: len(wanted)] == wanted
            assert len(shown) - len(wanted) <= 2, "the pictures that they refer to"
            assert export.files[0].span.end == BEGIN + round(shown[-1], 3) * SECOND


async def test_pictures_of_another_codec_begin_another_file(recorded: Simulator, tmp_path: Path) -> None:
    switches = recorded.recorder_service(recorded.site.camera("C1").recorder_id).switches
    switches.codec_change = (BEGIN + 8 * SECOND, "jpeg")
    async with client_of(recorded) as site:
        export = await site.recordings.export("C1", seconds(5, 12), tmp_path / "clip.mp4")
    assert [(file.path.name, file.codec) for file in export.files] == [
        ("clip.mp4", Codec.H264),
        ("clip-2.mp4", Codec.JPEG),
    ]
    assert export.gaps == ()
    assert [probed(file.path)["streams"][0]["codec_name"] for file in export.files] == ["h264", "mjpeg"]


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
async def test_key_frames_without_parameter_sets_continue_the_file(
    recorded: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    coded = Film.coded

    def without(film: Film, camera: Camera, keyframe_ms: int, pictures: int) -> tuple[CodedPicture, ...]:
        key, *others = coded(film, camera, keyframe_ms, pictures)
        if keyframe_ms == (BEGIN + 5 * SECOND).timestamp() * 1000:
            return key, *others
        slices = [unit for unit in split_units(key.data) if unit[0] & 31 not in (7, 8)]
        return CodedPicture(data=b"".join(b"\0\0\0\1" + unit for unit in slices), order=0), *others

    monkeypatch.setattr(Film, "coded", without)
    async with client_of(recorded) as site:
        export = await site.recordings.export("C1", seconds(5, 8), tmp_path / f"clip.{suffix}")
    assert (len(export.files), export.frames, export.missing) == (1, 16, None)
    assert len(pictures_of(export.files[0].path)) == 16


async def test_a_folder_of_jpegs_and_a_raw_stream(recorded: Simulator, tmp_path: Path) -> None:
    async with client_of(recorded) as site:
        folder = await site.recordings.export("C1", seconds(5, 6), tmp_path / "pictures")
        raw = await site.recordings.export("C1", seconds(5, 6), tmp_path / "clip.h264")
    names = sorted(path.name for path in (tmp_path / "pictures").iterdir())
    assert (len(names), names[0]) == (folder.frames, "2026-03-14T09.00.05.000Z.jpg")
    assert probed(tmp_path / "pictures" / names[0])["streams"][0]["codec_name"] == "mjpeg"
    assert probed(raw.files[0].path)["streams"][0]["codec_name"] == "h264"


async def test_missing_footage_is_in_the_result(recorded: Simulator, tmp_path: Path) -> None:
    async with client_of(recorded) as site:
        export = partial(site.recordings.export, path=tmp_path / "clip.mp4", patience=timedelta())
        nothing = await export("C1", seconds(100, 110))
        nobody = await export("C9", seconds(0, 5))
        late = await export("C1", seconds(35, 60))
    assert isinstance(nothing.missing, NoRecording)
    assert isinstance(nobody.missing, CameraNotFound)
    assert (nothing.files, nothing.gaps) == ((), (seconds(100, 110),))
    assert late.frames > 0
    assert late.gaps[-1].end == BEGIN + 60 * SECOND


async def test_an_existing_file_is_kept(recorded: Simulator, tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    target.write_bytes(b"evidence")
    async with client_of(recorded) as site:
        with pytest.raises(ConfigurationError, match="exists already"):
            await site.recordings.export("C1", seconds(5, 6), target)
        assert target.read_bytes() == b"evidence"
        await site.recordings.export("C1", seconds(5, 6), target, overwrite=True)
    assert times(probed(target))
    with pytest.raises(ConfigurationError, match=r"'.avi' is not a known format"):
        await site.recordings.export("C1", seconds(5, 6), tmp_path / "clip.avi")


@pytest.mark.parametrize("path", ["", ".", "/", "a\0b.mp4", None, b"clip.mp4"])
async def test_a_path_must_be_a_name(recorded: Simulator, path: Any) -> None:
    async with client_of(recorded) as site:
        with pytest.raises(ConfigurationError, match="path"):
            await site.recordings.export("C1", seconds(5, 6), path)


async def test_a_path_that_the_system_refuses(recorded: Simulator, tmp_path: Path) -> None:
    async with client_of(recorded) as site:
        for name in ("c" * 300 + ".mp4", "c" * 300, "missing/clip.mp4"):
            with pytest.raises(ExportFailed, match="cannot write"):
                await site.recordings.export("C1", seconds(5, 6), tmp_path / name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
async def test_a_time_in_a_relative_name_is_no_protocol(
    recorded: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.chdir(tmp_path)
    name = f"2026-03-14T09:00:05.{suffix}"
    export_elsewhere(recorded, seconds(5, 12), Path(name), killed_after=0.5)
    async with client_of(recorded) as site:
        export = await site.recordings.export("C1", seconds(5, 12), name)
    assert export.continued_from is not None
    assert times(probed(tmp_path / name))
    assert list(tmp_path.iterdir()) == [tmp_path / name]


async def test_no_file_of_an_export_replaces_another(recorded: Simulator, tmp_path: Path) -> None:
    """Neither the one that begins where the codec changes, nor pictures in a folder."""
    switches = recorded.recorder_service(recorded.site.camera("C1").recorder_id).switches
    switches.codec_change = (BEGIN + 8 * SECOND, "jpeg")
    (tmp_path / "clip-2.mp4").write_bytes(b"evidence")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "2026-03-14T09.00.05.000Z.jpg").write_bytes(b"evidence")
    async with client_of(recorded) as site:
        export = await site.recordings.export("C1", seconds(5, 12), tmp_path / "clip.mp4")
        assert [file.path.name for file in export.files] == ["clip.mp4", "clip-3.mp4"]
        assert (tmp_path / "clip-2.mp4").read_bytes() == b"evidence"
        again = await site.recordings.export("C1", seconds(5, 12), tmp_path / "clip.mp4", overwrite=True)
        assert [file.path.name for file in again.files] == ["clip.mp4", "clip-2.mp4"]
        with pytest.raises(ConfigurationError, match="exists already"):
            await site.recordings.export("C1", seconds(5, 6), tmp_path / "pictures")


async def test_a_folder_of_another_export_is_kept(recorded: Simulator, tmp_path: Path) -> None:
    target = tmp_path / "pictures"
    export_elsewhere(recorded, seconds(5, 12), target, killed_after=0.5)
    held = sorted(target.iterdir())
    async with client_of(recorded) as site:
        with pytest.raises(ConfigurationError, match="exists already"):
            await site.recordings.export("C1", seconds(15, 18), target)
        assert sorted(target.iterdir()) == held
        export = await site.recordings.export("C1", seconds(5, 12), target)
    assert export.continued_from is not None


async def test_a_loop_over_alarms_goes_on(simulator_factory: Callable[..., Simulator], tmp_path: Path) -> None:
    """After an alarm without camera, one of a camera with edge storage, and one whose footage is not there yet."""
    plan = example_site()
    plan.camera("C1").edge_storage = True
    plan.camera("C1").recordings.clear()
    simulator = simulator_factory(plan, release="2025R2")
    simulator.configuration.tasks.stalls_at = 0
    now = datetime.now(UTC)
    reports: list[ExportProgress] = []
    async with client_of(simulator) as site:
        export = partial(
            site.recordings.export,
            retrieve=True,
            retrieve_timeout=timedelta(seconds=1),
            patience=timedelta(),
            progress=reports.append,
        )
        without = await export(None, seconds(0, 10), tmp_path / "none.mp4")
        edge = await export("C1", seconds(0, 10), tmp_path / "edge.mp4")
        late = await export("C2", TimeSpan(now, now + 30 * SECOND), tmp_path / "late.mp4")
        known = len(reports)
        for name in ("patience", "retrieve_timeout"):
            with pytest.raises(ConfigurationError, match=name):
                await export("C1", seconds(0, 10), tmp_path / "edge.mp4", **{name: 60})
        assert len(reports) == known, "nothing was retrieved"
    assert isinstance(without.missing, CameraNotFound)
    assert isinstance(edge.missing, RetrievalTimeout)
    assert isinstance(late.missing, NoRecording | NotYetRecorded)
    assert (without.files, edge.files, late.files) == ((), (), ())
    assert edge.gaps == (seconds(0, 10),)
    assert list(tmp_path.iterdir()) == []
    assert reports[0] == ExportProgress(stage=ExportStage.RETRIEVING, done=0.0)
