"""Exports that were interrupted: the same call continues, and the files are those of an export in one go."""

import gc
import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from milestone_sdk import ExportFailed, ExportProgress, ExportStage, NoRecording
from milestone_sdk.simulator import Simulator, example_site
from tests.support.exporting import BEGIN, SECOND, content_of, export_elsewhere, pictures_of, probed, seconds, times

from ..opening import client_of

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(shutil.which("ffprobe") is None, reason="no ffprobe: install ffmpeg"),
]

SPAN = seconds(5.25, 36)


@pytest.fixture
def recorded(simulator_factory: Callable[..., Simulator]) -> Simulator:
    """C1 sends H.264 with B pictures; it recorded 20 seconds, paused for 10, and recorded 10 more."""
    plan = example_site()
    camera = plan.camera("C1")
    camera.codec = "h264"
    camera.recordings[:] = [(BEGIN, BEGIN + 20 * SECOND), (BEGIN + 30 * SECOND, BEGIN + 40 * SECOND)]
    simulator = simulator_factory(plan, release="2025R2")
    simulator.recorder_service(camera.recorder_id).switches.b_pictures = 2
    return simulator


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.h264", "clip"])
async def test_a_killed_program_is_continued(recorded: Simulator, tmp_path: Path, name: str) -> None:
    again, at_once = tmp_path / "again" / name, tmp_path / "at once" / name
    again.parent.mkdir()
    at_once.parent.mkdir()
    for share in (0.3, 0.93):
        export_elsewhere(recorded, SPAN, again, killed_after=share)
    assert f"{name}.journal" in names(again.parent)
    part = again.with_name(f"clip.part{again.suffix}")
    if again.suffix:
        assert not again.exists()
        assert len(pictures_of(part)) > 20
    if again.suffix == ".mkv":
        assert max(times(probed(part))) > 20
    stages: list[ExportProgress] = []
    async with client_of(recorded) as site:
        whole = await site.recordings.export("C1", SPAN, at_once)
        export = await site.recordings.export("C1", SPAN, again, progress=stages.append)
    assert export.continued_from is not None
    assert export.continued_from > BEGIN + 29 * SECOND
    assert (whole.continued_from, export.interrupted, export.missing) == (None, False, None)
    assert (export.frames, export.gaps) == (whole.frames, whole.gaps)
    assert [file.span for file in export.files] == [file.span for file in whole.files]
    assert content_of(again) == content_of(at_once)
    assert names(again.parent) == [name]
    assert [stages[0].stage, stages[-1].stage] == [ExportStage.CONTINUING, ExportStage.EXPORTING]


@pytest.mark.parametrize("name", ["clip.mp4", "clip.h264"])
async def test_a_program_that_is_killed_at_once_every_time_goes_no_step_back(
    recorded: Simulator, tmp_path: Path, name: str
) -> None:
    again, at_once = tmp_path / "again" / name, tmp_path / "at once" / name
    again.parent.mkdir()
    at_once.parent.mkdir()
    export_elsewhere(recorded, SPAN, again, killed_after=0.5)
    part = pictures_of(again.with_name(f"clip.part{again.suffix}"))
    for stage in (ExportStage.CONTINUING, ExportStage.EXPORTING) * 2:
        export_elsewhere(recorded, SPAN, again, killed_after=0.1, killed_while=stage)
    async with client_of(recorded) as site:
        export = await site.recordings.export("C1", SPAN, again)
        whole = await site.recordings.export("C1", SPAN, at_once)
    assert export.continued_from is not None
    assert export.continued_from >= whole.files[0].span.start + (len(part) / 5 - 2) * SECOND
    assert content_of(again) == content_of(at_once)
    assert names(again.parent) == [name]


async def test_a_lost_connection_is_in_the_result_and_is_continued(recorded: Simulator, tmp_path: Path) -> None:
    target, at_once = tmp_path / "clip.mp4", tmp_path / "whole.mp4"
    async with client_of(recorded) as site:
        whole = await site.recordings.export("C1", SPAN, at_once)
        at_once.rename(tmp_path / "whole")
        for spared in (8, 4):
            fault = recorded.faults.add("imageserver", "close", at=0.5, after=spared)
            export = await site.recordings.export("C1", SPAN, target)
            fault.remove()
            assert export.interrupted
            assert export.missing is not None
            assert export.missing.retriable
            (file,) = export.files
            assert (file.path, target.exists()) == (tmp_path / "clip.part.mp4", False)
            assert len(pictures_of(file.path)) == file.frames == export.frames
        again = await site.recordings.export("C1", SPAN, target)
    assert not again.interrupted
    assert (again.frames, again.gaps, again.missing) == (whole.frames, whole.gaps, None)
    (tmp_path / "whole").rename(at_once)
    assert content_of(target) == content_of(at_once)
    assert names(tmp_path) == ["clip.mp4", "whole.mp4"]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "h264"])
async def test_a_full_disk_leaves_a_part_that_is_continued(recorded: Simulator, tmp_path: Path, suffix: str) -> None:
    resource = pytest.importorskip("resource", reason="no limits of file sizes on this system")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    target = tmp_path / f"clip.{suffix}"
    async with client_of(recorded) as site:
        await site.cameras()
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
        try:
            with pytest.raises(ExportFailed, match="cannot write"):
                await site.recordings.export("C1", SPAN, target)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert names(tmp_path) == [f"clip.{suffix}.journal", f"clip.part.{suffix}"]
        export = await site.recordings.export("C1", SPAN, target)
        whole = await site.recordings.export("C1", SPAN, tmp_path / f"whole.{suffix}")
    assert export.continued_from is not None
    assert (export.frames, export.gaps) == (whole.frames, whole.gaps)
    assert names(tmp_path) == [f"clip.{suffix}", f"whole.{suffix}"]
    assert pictures_of(target) == pictures_of(tmp_path / f"whole.{suffix}")


async def test_an_export_of_several_files_is_continued(recorded: Simulator, tmp_path: Path) -> None:
    switches = recorded.recorder_service(recorded.site.camera("C1").recorder_id).switches
    switches.codec_change = (BEGIN + 8 * SECOND, "jpeg")
    again, at_once = tmp_path / "again" / "clip.mp4", tmp_path / "at once" / "clip.mp4"
    again.parent.mkdir()
    at_once.parent.mkdir()
    export_elsewhere(recorded, SPAN, again, killed_after=0.4)
    assert names(again.parent) == ["clip.mp4.journal", "clip.part-2.mp4", "clip.part.mp4"]
    async with client_of(recorded) as site:
        export = await site.recordings.export("C1", SPAN, again)
        whole = await site.recordings.export("C1", SPAN, at_once)
    assert export.continued_from is not None
    assert [file.path.name for file in export.files] == ["clip.mp4", "clip-2.mp4"]
    assert [file.frames for file in export.files] == [file.frames for file in whole.files]
    for name in ("clip.mp4", "clip-2.mp4"):
        assert content_of(again.with_name(name)) == content_of(at_once.with_name(name))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="no list of open files")
@pytest.mark.parametrize("name", ["clip.mp4", "clip"])
async def test_no_file_is_left_open(recorded: Simulator, tmp_path: Path, name: str) -> None:
    """Windows removes no journal that is open."""
    export_elsewhere(recorded, SPAN, tmp_path / name, killed_after=0.5)
    gc.disable()
    try:
        async with client_of(recorded) as site:
            await site.recordings.export("C1", SPAN, tmp_path / name)
        found = {os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()}
    finally:
        gc.enable()
    assert not [path for path in found if path.startswith(str(tmp_path))]


@pytest.mark.parametrize("why", ["another call", "unreadable", "journal"])
async def test_a_part_that_cannot_be_continued_is_not_used(recorded: Simulator, tmp_path: Path, why: str) -> None:
    target, part = tmp_path / "clip.mp4", tmp_path / "clip.part.mp4"
    export_elsewhere(recorded, seconds(2, 20) if why == "another call" else SPAN, target, killed_after=0.5)
    if why == "unreadable":
        part.write_bytes(b"\0" * part.stat().st_size)
    elif why == "journal":
        (tmp_path / "clip.mp4.journal").write_bytes(b"{}\n" + b"\xff" * 99)
    async with client_of(recorded) as site:
        export = await site.recordings.export("C1", SPAN, target)
        whole = await site.recordings.export("C1", SPAN, tmp_path / "whole.mp4")
    assert export.continued_from is None
    assert export.frames == whole.frames
    assert names(tmp_path) == ["clip.mp4", "whole.mp4"]


async def test_footage_that_is_gone_by_now_is_kept(recorded: Simulator, tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    export_elsewhere(recorded, SPAN, target, killed_after=0.5)
    held = len(pictures_of(tmp_path / "clip.part.mp4"))
    recorded.edit(lambda plan: plan.camera("C1").recordings.clear())
    async with client_of(recorded) as site:
        export = await site.recordings.export("C1", SPAN, target, patience=timedelta())
    assert isinstance(export.missing, NoRecording)
    assert (export.interrupted, export.frames) == (False, held)
    assert max(times(probed(target))) > 10


@pytest.mark.parametrize("name", ["clip.mp4", "clip"])
async def test_two_exports_to_one_path_do_not_mix(recorded: Simulator, tmp_path: Path, name: str) -> None:
    answers: list[str] = []

    def second(progress: ExportProgress) -> None:
        if not answers:
            answers.append(export_elsewhere(recorded, SPAN, tmp_path / name).stdout)

    async with client_of(recorded) as site:
        export = await site.recordings.export("C1", SPAN, tmp_path / name, progress=second)
    assert "another export to this path is running" in answers[0]
    assert export.missing is None
    assert names(tmp_path) == [name]


async def test_an_export_with_the_name_of_a_second_file_is_kept(recorded: Simulator, tmp_path: Path) -> None:
    """Cameras may be exported at once to `clip.mp4`, `clip-2.mp4`, `clip-3.mp4`."""
    switches = recorded.recorder_service(recorded.site.camera("C1").recorder_id).switches
    switches.codec_change = (BEGIN + 8 * SECOND, "jpeg")
    others: list[str] = []

    def other(progress: ExportProgress) -> None:
        if not others and (progress.done or 0) > 0.5:
            others.append(export_elsewhere(recorded, seconds(5, 12), tmp_path / "clip.mp4").stdout)

    async with client_of(recorded) as site:
        export = await site.recordings.export("C1", seconds(0, 7), tmp_path / "clip-2.mp4", progress=other)
        whole = await site.recordings.export("C1", seconds(0, 7), tmp_path / "whole.mp4")
    assert others == [""]
    assert export.frames == whole.frames
    assert pictures_of(tmp_path / "clip-2.mp4") == pictures_of(tmp_path / "whole.mp4")
    assert names(tmp_path) == ["clip-2.mp4", "clip-3.mp4", "clip.mp4", "whole.mp4"]


async def test_a_file_that_appears_meanwhile_is_not_replaced(recorded: Simulator, tmp_path: Path) -> None:
    target = tmp_path / "clip.mkv"

    def appear(progress: ExportProgress) -> None:
        target.write_bytes(b"evidence")

    async with client_of(recorded) as site:
        with pytest.raises(ExportFailed, match="exists"):
            await site.recordings.export("C1", SPAN, target, progress=appear)
        assert target.read_bytes() == b"evidence"
        target.unlink()
        export = await site.recordings.export("C1", SPAN, target)
    assert export.continued_from is not None
    assert names(tmp_path) == ["clip.mkv"]


async def test_no_file_has_its_name_where_the_first_one_cannot_have_it(recorded: Simulator, tmp_path: Path) -> None:
    switches = recorded.recorder_service(recorded.site.camera("C1").recorder_id).switches
    switches.codec_change = (BEGIN + 8 * SECOND, "jpeg")
    target = tmp_path / "clip.mp4"

    def appear(progress: ExportProgress) -> None:
        target.write_bytes(b"evidence")

    async with client_of(recorded) as site:
        with pytest.raises(ExportFailed, match="exists"):
            await site.recordings.export("C1", SPAN, target, progress=appear)
        target.unlink()
        await site.recordings.export("C1", SPAN, target)
    assert names(tmp_path) == ["clip-2.mp4", "clip.mp4"]


async def test_footage_that_was_retrieved_meanwhile_is_in_the_file(recorded: Simulator, tmp_path: Path) -> None:
    span = seconds(5.25, 32)
    target = tmp_path / "clip.mp4"
    export_elsewhere(recorded, span, target, killed_after=0.95)
    recorded.edit(lambda plan: setattr(plan.camera("C1"), "edge_storage", True))
    async with client_of(recorded) as site:
        export = await site.recordings.export("C1", span, target, retrieve=True)
        whole = await site.recordings.export("C1", span, tmp_path / "whole.mp4")
    assert export.continued_from is not None
    assert BEGIN + 17 * SECOND < export.continued_from <= BEGIN + 20 * SECOND
    assert (export.frames, export.gaps, export.missing) == (whole.frames, (), None)


async def test_an_export_that_is_abandoned_ends_its_retrieval(recorded: Simulator, tmp_path: Path) -> None:
    recorded.edit(lambda plan: setattr(plan.camera("C1"), "edge_storage", True))
    recorded.configuration.tasks.never_ends = True

    def abandon(progress: ExportProgress) -> None:
        raise KeyboardInterrupt

    async with client_of(recorded) as site:
        with pytest.raises(KeyboardInterrupt):
            await site.recordings.export("C1", SPAN, tmp_path / "clip.mp4", retrieve=True, progress=abandon)
    assert recorded.configuration.tasks.all() == []


async def test_an_error_of_the_retrieval_is_no_interruption(recorded: Simulator, tmp_path: Path) -> None:
    recorded.edit(lambda plan: setattr(plan.camera("C1"), "edge_storage", True))
    recorded.faults.add("management", "status", code=503, operation="InvokeMethod")
    async with client_of(recorded) as site:
        export = await site.recordings.export("C1", seconds(15, 33), tmp_path / "clip.mp4", retrieve=True)
        whole = await site.recordings.export("C1", seconds(5, 8), tmp_path / "whole.mp4", retrieve=True)
    assert export.missing is not None
    assert export.missing.retriable
    assert (export.interrupted, [file.path.name for file in export.files]) == (False, ["clip.mp4"])
    assert (whole.missing, whole.gaps) == (None, ()), "the recorder has everything, whatever the camera has"
