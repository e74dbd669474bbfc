"""Every file in `examples/` does what it says, against the simulator; so do the lines that the README shows."""

import importlib.util
import io
import os
import re
import shlex
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import milestone_sdk
import milestone_sdk.patriot
from milestone_sdk.simulator import Simulator, example_site
from tests.support.hard_alarms import hard_site, settings_of, trigger_hard_alarms

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
ANALYTICS = "AXIS Perimeter_Defender alarm START on camera C1"
R70 = f"High Zone 0 (unknown zone: C1 alarm) {ANALYTICS}"
RUN = {
    "async_many_calls",
    "call_any_operation",
    "diagnose_site",
    "follow_alarms",
    "list_cameras",
    "own_checkpoints",
    "patriot_signals",
    "postgresql_checkpoints",
    "save_footage",
    "snapshot",
    "walk_configuration",
}

Main = Callable[..., list[str]]


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    """A site with two alarms whose footage is complete; analytics names no camera, but its definition relates one."""
    site = example_site()
    for camera in site.cameras:
        camera.codec = "h264"
    for definition in site.alarm_definitions:
        if definition.event == ANALYTICS:
            definition.related_cameras = [site.camera("C1").id]
    with Simulator(site) as running:
        late = running.site.now() - timedelta(seconds=45)
        running.trigger("Motion Detected", source="Front Hallway", timestamp=late)
        running.trigger(ANALYTICS, source="C1 alarm", timestamp=late)
        yield running


@pytest.fixture
def hard() -> Iterator[Simulator]:
    with Simulator(hard_site()) as running:
        yield running


@pytest.fixture
def run(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Main:
    """Runs `main` of an example against the site; returns the lines it printed."""
    sim: Simulator = request.getfixturevalue("hard" if "hard" in request.fixturenames else "sim")

    for name, value in settings_of(sim).items():
        monkeypatch.setenv(name, value)

    def main(name: str, **options: Any) -> list[str]:
        spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.main(**options)
        return capsys.readouterr().out.splitlines()

    return main


def environment(sim: Simulator) -> dict[str, str]:
    return {**os.environ, **settings_of(sim), "PYTHONIOENCODING": "utf-8"}


def test_no_example_goes_untested() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == RUN


def test_examples_use_public_names_only() -> None:
    for path in EXAMPLES.glob("*.py"):
        for module in re.findall(r"^from (milestone_sdk\S*) import", path.read_text(encoding="utf-8"), re.MULTILINE):
            assert module in ("milestone_sdk", "milestone_sdk.patriot"), f"{path.name} imports {module}"


@pytest.mark.parametrize("name", ["list_cameras", "patriot_signals"])
def test_an_example_runs_as_a_program(sim: Simulator, run: Main, name: str) -> None:
    """With its settings from the environment, as its last lines promise."""
    arguments = [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py")]
    answer = subprocess.run(arguments, env=environment(sim), capture_output=True, encoding="utf-8", timeout=60)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.splitlines() == run(name)


def test_list_cameras(run: Main) -> None:
    assert run("list_cameras") == [
        "SiteA: Front Hallway, Store Room",
        "SiteB: C1, C2",
        "Perimeter: -",
        "Perimeter/North: North Fence",
    ]


def test_walk_configuration(run: Main) -> None:
    lines = run("walk_configuration")
    assert lines[0] == "Recorder 1"
    assert "    North Fence" in lines
    assert any(line.startswith("alarm Motion indoors: Camera[") for line in lines)
    assert "alarm Perimeter Defender: /CameraFolder" in lines


def test_follow_alarms_goes_on_where_it_ended(run: Main, sim: Simulator, tmp_path: Path) -> None:
    checkpoints = tmp_path / "arc.db"
    first = run("follow_alarms", checkpoints=checkpoints, count=1)
    second = run("follow_alarms", checkpoints=checkpoints, count=1)
    assert [line[9:] for line in first + second] == [
        "Medium Front Hallway: Motion Detected",
        f"High C1 alarm: {ANALYTICS}",
    ]


def test_save_footage(run: Main, tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="PyAV is not installed: nothing could read the video back")
    lines = run("save_footage", folder=tmp_path)
    assert re.fullmatch(r"alarm-2\.mp4: (\d+) frames of h264, (39|40)\.\d s", lines[0])
    assert 195 <= int(lines[0].split()[1]) <= 205, "40 s at 5 pictures a second, and the group around the start"
    with av.open(tmp_path / "alarm-2.mp4") as video:
        assert 195 <= sum(1 for _ in video.decode(video=0)) <= 201
        assert 39 <= video.duration / 1_000_000 <= 41


def test_snapshot(run: Main, tmp_path: Path) -> None:
    lines = run("snapshot", camera="C2", folder=tmp_path)
    assert [line.split(" at ")[0] for line in lines] == ["live.jpg: C2", "recorded.jpg: C2"]
    for name in ("live.jpg", "recorded.jpg"):
        with Image.open(io.BytesIO((tmp_path / name).read_bytes())) as picture:
            assert (picture.format, picture.size) == ("JPEG", (320, 180))


def test_snapshot_of_a_camera_that_recorded_nothing(run: Main, tmp_path: Path) -> None:
    lines = run("snapshot", camera="Store Room", folder=tmp_path)
    assert "recorded no picture" in lines[-1]
    assert not (tmp_path / "recorded.jpg").exists()


def test_call_any_operation(run: Main) -> None:
    lines = run("call_any_operation")
    assert "alarms by Total 0: 2" in lines
    assert "Front Hallway has sequences: RecordingSequence" in lines
    assert lines[-1].startswith("alarm.GetAlarmHistory(id: UUID | str")


@pytest.mark.requirement(26, 50)
def test_diagnose_site(run: Main) -> None:
    """Requirements R26, R50 and R13's port that Patriot needs and nobody serves here."""
    lines = run("diagnose_site")
    assert not [line for line in lines if line.startswith("error")]
    zones = [line.removeprefix("warning: patriot: zones: ") for line in lines if "patriot: zones" in line]
    assert zones == [
        "zone 2 'Store room': no camera; near: 'Store Room' (case)",
        "camera 'Store Room' has no zone; near: 'Store room' (case)",
        "camera 'C2' has no zone",
        "camera 'North Fence' has no zone",
    ]
    priority = "warning: patriot: event types: priority 3 'Low' has no event type 3"
    assert lines[lines.index(priority) + 1].startswith("    add event type 3")
    assert any(line.startswith("warning: ports: 22333") for line in lines)


@pytest.mark.requirement(70, 72, 73, 74)
def test_patriot_signals(run: Main) -> None:
    """Requirements R70 to R74."""
    hallway = "camera None: Medium Zone 0 (unknown zone: Front Hallway) Motion Detected"
    assert run("patriot_signals") == [
        f"zone 0, event type 1, camera None: {R70}",
        f"zone 2, event type 1, camera C1: High C1 alarm {ANALYTICS}",
        f"zone 0, event type 2, {hallway}",
        f"zone 0, event type 2, {hallway}",
    ]


def test_async_many_calls(run: Main) -> None:
    lines = run("async_many_calls")
    assert len(lines) == 5
    assert "Front Hallway: 10.0 of 10 minutes" in lines
    assert "Store Room: 0.0 of 10 minutes" in lines


def test_own_checkpoints_count_each_alarm_once(run: Main, tmp_path: Path) -> None:
    path = tmp_path / "incidents.db"
    first = run("own_checkpoints", path=path, count=1)
    database = sqlite3.connect(path)
    try:
        # The row of an alarm whose checkpoint never came is not there after a crash: it was one transaction.
        database.execute("INSERT INTO incident VALUES (1, 'lost', 0, 'not committed')")
        database.rollback()
        second = run("own_checkpoints", path=path, count=1)
        rows = [what for (what,) in database.execute("SELECT what FROM incident ORDER BY revision")]
    finally:
        database.close()
    assert rows == first + second == ["Front Hallway: Motion Detected", f"C1 alarm: {ANALYTICS}"]


WATCH = """
import sys
to_keep = int(sys.argv[1])
from milestone_sdk import Recordings
export = Recordings.export
def watched(*arguments, **options):
    global to_keep
    if to_keep == 0:
        sys.exit(0)
    to_keep -= 1
    clip = export(*arguments, **options)
    print("clip", arguments[3].removesuffix(".mp4"), clip.frames)
    return clip
Recordings.export = watched
"""


def readme_lines() -> str:
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S | re.M)
    return next(block for block in blocks if "export" in block)


def test_the_lines_of_the_readme_run_as_they_stand(tmp_path: Path) -> None:
    """All but the address; the second run begins with the alarm that had no checkpoint."""
    lines = readme_lines()
    assert lines.count("https://vms.example.com") == 1
    with Simulator() as sim:
        late = sim.site.now() - timedelta(seconds=45)
        alarms = [
            sim.trigger("Motion Detected", source=camera, timestamp=late)[0] for camera in ("C1", "C2", "Front Hallway")
        ]
        script = tmp_path / "fifteen_lines.py"
        given = f"password = {sim.password!r}\n"
        text = WATCH + given + lines.replace("https://vms.example.com", sim.url)
        script.write_text(text, encoding="utf-8")
        env = {**os.environ, "SSL_CERT_FILE": str(sim.ca_file)}
        printed: list[str] = []
        for kept in ("2", "0"):
            answer = subprocess.run(
                [sys.executable, str(script), kept],
                cwd=tmp_path,
                env=env,
                capture_output=True,
                encoding="utf-8",
                timeout=60,
            )
            assert answer.returncode == 0, answer.stderr
            printed += answer.stdout.splitlines()
        fence = sim.site.camera("North Fence").id
    assert printed[0] == f"{fence} North Fence Recorder 1"
    clips = [line.split() for line in printed[1:3]]
    assert [alarm for _, alarm, _ in clips] == [str(alarm) for alarm in alarms[:2]]
    assert all(int(frames) > 190 for *_, frames in clips)
    assert sorted(path.name for path in tmp_path.glob("*.mp4")) == sorted(f"{alarm}.mp4" for alarm in alarms[:2])
    assert printed[3:] == [printed[0]]


def run_readme(sim: Simulator, folder: Path, kept: int) -> list[str]:
    """Run the lines of the README until so many clips are saved; return what they printed, without the camera."""
    script = folder / "fifteen_lines.py"
    given = f"password = {sim.password!r}\n"
    text = WATCH + given + readme_lines().replace("https://vms.example.com", sim.url)
    script.write_text(text, encoding="utf-8")
    env = {**os.environ, "SSL_CERT_FILE": str(sim.ca_file), "PYTHONIOENCODING": "utf-8"}
    arguments = [sys.executable, str(script), str(kept)]
    answer = subprocess.run(arguments, cwd=folder, env=env, capture_output=True, encoding="utf-8", timeout=60)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.splitlines()[1:]


def test_the_lines_of_the_readme_survive_every_alarm(hard: Simulator, tmp_path: Path) -> None:
    alarms = trigger_hard_alarms(hard)
    last = hard.alarms.add("The last one", "C1", timestamp=hard.site.now() - timedelta(seconds=45))
    printed = run_readme(hard, tmp_path, len(alarms))
    clips = {line.split()[1]: int(line.split()[2]) for line in printed if line.startswith("clip")}
    reasons = {line.partition(" ")[0]: line.partition(" ")[2] for line in printed if not line.startswith("clip")}
    assert list(clips) == [str(alarm) for alarm in alarms]
    edge = str(alarms[2])
    assert clips.pop(edge) > 190, "the recorder has the footage, whatever the camera stores"
    assert set(clips.values()) == {0}
    said = {
        "No camera": "camera must be given",
        "No source": "camera must be given",
        "No right to play back": "denied",
        "Nothing recorded": "no recordings",
        "Not yet recorded": "nothing was recorded",
        "Disabled": "'C2' is disabled",
        "Removed": "no camera",
    }
    for alarm in alarms:
        name = hard.alarms.get(alarm).message or ""
        assert said.get(name, "nothing was recorded" if "No clock" in name else "") in reasons.get(str(alarm), "")
    assert edge not in reasons
    hard.stop_service("recorder")
    hard.alarms.add("For the end", "C1")
    again = run_readme(hard, tmp_path, 1)
    assert again[0] == f"clip {last} 0", "every alarm before it has its checkpoint"
    assert "cannot be reached" in again[1]


@pytest.mark.parametrize("recorder", ["up", "down"])
def test_the_examples_survive_every_alarm(hard: Simulator, run: Main, tmp_path: Path, recorder: str) -> None:
    alarms = trigger_hard_alarms(hard)
    if recorder == "down":
        hard.stop_service("recorder")
    names = [hard.alarms.get(alarm).message for alarm in alarms]
    followed = run("follow_alarms", checkpoints=tmp_path / "arc.db", count=len(alarms))
    assert [line.rpartition(": ")[2] for line in followed] == [name.rpartition(": ")[2] for name in names if name]
    assert len(run("own_checkpoints", path=tmp_path / "own.db", count=len(alarms))) == len(alarms)
    assert len(run("patriot_signals")) == 2 * len(alarms)
    assert run("list_cameras")[0] == "SiteA: Front Hallway, Store Room"
    assert len(run("async_many_calls")) == len(hard.site.cameras) - 1
    assert run("call_any_operation")
    assert run("diagnose_site")
    assert run("walk_configuration")
    for camera in ("C1", "C2", "Gone", "Store Room"):
        assert len(run("snapshot", camera=camera, folder=tmp_path)) == 2
    for _ in alarms:
        lines = run("save_footage", folder=tmp_path)
        newest = hard.alarms.stored()[-1]
        assert lines or newest.camera_id is None
        hard.alarms.delete(newest.id)
    assert run("save_footage", folder=tmp_path) == ["none of the newest 0 alarms has a camera"]


def test_the_reference_names_everything_public() -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "reference").glob("*.rst"))
    named = set(re.findall(r"^\.\. auto\w+:: (\S+)$", pages, re.MULTILINE))
    for module in (milestone_sdk, milestone_sdk.patriot):
        assert {f"{module.__name__}.{name}" for name in module.__all__} <= named


def tutorial() -> str:
    return (ROOT / "docs" / "tutorial" / "index.rst").read_text(encoding="utf-8")


def blocks_of_the_tutorial() -> list[str]:
    found = re.findall(r"^\.\. code-block:: python\n((?:\n| +.*\n)+)", tutorial(), re.MULTILINE)
    return [textwrap.dedent(block) for block in found]


def test_the_commands_of_the_tutorial(sim: Simulator, tmp_path: Path) -> None:
    """All but the two that run until Ctrl-C, which tests/cli has."""
    commands = re.findall(r"^   \$ milestone-sdk (.*)$", tutorial(), re.MULTILINE)
    assert len(commands) == 5
    printed: list[str] = []
    for command in commands:
        if not command.startswith(("simulate", "alarms follow")):
            arguments = [sys.executable, "-m", "milestone_sdk", *shlex.split(command)]
            answer = subprocess.run(
                arguments, cwd=tmp_path, env=environment(sim), capture_output=True, encoding="utf-8", timeout=60
            )
            assert (answer.returncode, answer.stderr) == (0, "")
            printed.append(answer.stdout)
    assert "North Fence" in printed[0]
    assert "North Fence" not in printed[1]
    with Image.open(tmp_path / "snapshot.jpg") as picture:
        assert picture.format == "JPEG"


def test_the_lines_of_the_tutorial(
    sim: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in settings_of(sim).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    show, follow, *_ = blocks_of_the_tutorial()
    exec(show, {})
    assert capsys.readouterr().out == "C1 Recorder 1\nC2 Recorder 1\n"
    assert (tmp_path / "snapshot.jpg").exists()
    printed: list[tuple[object, ...]] = []

    def end_after_two(*values: object) -> None:
        printed.append(values)
        if len(printed) % 2 == 0:
            raise KeyboardInterrupt

    for _ in range(2):
        sim.trigger("Motion Detected", source="C2")
        with pytest.raises(KeyboardInterrupt):
            exec(follow, {"print": end_after_two})
    assert [source for *_, source, _ in printed] == ["Front Hallway", "C1 alarm", "C1 alarm", "C2"]


def test_the_test_of_the_tutorial_passes(tmp_path: Path) -> None:
    """A user's own test, with the fixture that the package brings."""
    (tmp_path / "test_mine.py").write_text(blocks_of_the_tutorial()[-1], encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "test_mine.py"]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60)
    assert "1 passed" in answer.stdout, answer.stdout
