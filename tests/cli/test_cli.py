"""The command: what a person sees, and what a script gets."""

import io
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from milestone_sdk import AlarmLine, Codec, Frame
from milestone_sdk.cli.alarms import COLUMNS
from milestone_sdk.cli.listing import Listing
from milestone_sdk.cli.screen import printable
from milestone_sdk.cli.sheet import choose
from milestone_sdk.simulator import Simulator

from .running import COMMAND, Run, fails, invoke, reach, start

ANALYTICS = "AXIS Perimeter_Defender alarm START on camera C1"
R70 = f"High Zone 0 (unknown zone: C1 alarm) {ANALYTICS}"


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator() as running:
        late = running.site.now() - timedelta(seconds=45)
        running.trigger("Motion Detected", source="Front Hallway", timestamp=late)
        (closed,) = running.trigger("Motion Detected", source="C2", timestamp=late)
        running.alarms.close(closed)
        yield running


def test_demo(tmp_path: Path) -> None:
    """In under 30 s: folders, alarms, the line of R70 byte for byte, and the contact sheet whose path it prints."""
    began = time.monotonic()
    answer = start("demo", cwd=tmp_path)
    assert time.monotonic() - began < 30
    assert (answer.returncode, answer.stderr) == (0, "")
    lines = answer.stdout.splitlines()
    assert [line for line in lines if line.strip().startswith("High")] == [f"  {R70}"]
    assert "  Medium Front Hallway Motion Detected" in lines
    assert any(line.endswith("North Fence") for line in lines)
    assert "no second signal" in answer.stdout
    path = Path(lines[-1].rpartition(": ")[2])
    assert path == (tmp_path / "contact-sheet.png").resolve()
    with Image.open(path) as sheet:
        assert sheet.format == "PNG"
        assert sheet.width > 900
        colours = sheet.convert("RGB").getcolors(1 << 20)
    assert colours is not None
    assert len(colours) > 100, "pictures, not an empty sheet"


def test_demo_says_that_it_cannot_write_its_sheet(tmp_path: Path) -> None:
    answer = invoke("demo", "--output", "nowhere/sheet.png", cwd=tmp_path)
    assert answer.returncode == 1
    assert re.fullmatch(r"error: .*sheet\.png: No such file or directory\n", answer.stderr)


@pytest.mark.skipif(os.name == "nt", reason="Windows lets only administrators make symbolic links")
def test_no_output_is_written_through_a_link(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"of somebody else")
    for name in ("contact-sheet.png", "snapshot.jpg", "arc.db", "arc.db-claims"):
        (tmp_path / name).symlink_to(target)
    fails(invoke("demo", cwd=tmp_path), "contact-sheet.png: it is a symbolic link")
    fails(run("snapshot", "C1"), "snapshot.jpg: it is a symbolic link")
    fails(run("alarms", "follow", "--checkpoints", "arc.db"), "arc.db.*it is a symbolic link")
    (tmp_path / "arc.db-claims").unlink()
    fails(run("alarms", "follow", "--checkpoints", "arc.db"), "arc.db.*it is a symbolic link")
    assert target.read_bytes() == b"of somebody else"


def test_a_shorter_file_leaves_nothing_of_the_longer_one_before(run: Run, tmp_path: Path) -> None:
    (tmp_path / "snapshot.jpg").write_bytes(b"\0" * 1_000_000)
    assert run("snapshot", "C1").returncode == 0
    assert (tmp_path / "snapshot.jpg").read_bytes().endswith(b"\xff\xd9")


def test_the_thumbnails_reach_from_the_first_picture_to_the_last(sim: Simulator) -> None:
    now = sim.site.now()
    frames = [
        Frame(time=now + timedelta(seconds=n), codec=Codec.JPEG, is_key=True, data=b"picture") for n in range(200)
    ]
    chosen = choose(frames)
    assert (len(chosen), chosen[0], chosen[-1]) == (12, frames[0], frames[-1])
    assert chosen == sorted(set(chosen), key=lambda frame: frame.time)
    assert choose(frames[:3]) == frames[:3]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signal that one program could send to another")
def test_simulate_until_ctrl_c(tmp_path: Path) -> None:
    """It tells how to reach it, can be reached that way, lets something happen, and ends on a signal."""
    arguments = [*COMMAND, "simulate", "--every", "0.2"]
    with subprocess.Popen(arguments, cwd=tmp_path, stdout=subprocess.PIPE, encoding="utf-8") as process:
        assert process.stdout is not None
        told: dict[str, str] = {}
        try:
            for line in process.stdout:
                if found := re.fullmatch(r"  export (\w+)=(?:'(.*)'|(.*))\n", line):
                    told[found[1]] = found[2] or found[3]
                if line.startswith("An alarm comes every 0.2 s. Its time is 45 s ago"):
                    break
            answer = start("alarms", "follow", "--count", "2", cwd=tmp_path, **told)
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    assert (answer.returncode, answer.stderr) == (0, "")
    assert len(answer.stdout.splitlines()) == 2
    assert told["MILESTONE_LOCATION"].startswith("https://127.0.0.1:")


@pytest.mark.skipif(os.name == "nt", reason="the shell and its signals are those of POSIX")
@pytest.mark.parametrize("name", ["INT", "TERM"])
@pytest.mark.parametrize(
    ("arguments", "first", "last"),
    [
        ("simulate --every 0.2", "An XProtect site", "ended"),
        ("alarms follow --all", "20", "ended"),
        ("live C1", "20", "ended"),
        ("demo", "A simulated XProtect site", ""),
    ],
)
def test_a_command_in_the_background_of_a_script_ends_by_a_signal(
    sim: Simulator, tmp_path: Path, arguments: str, first: str, last: str, name: str
) -> None:
    """A shell without job control ignores SIGINT for what it starts with `&`."""
    command = f"{' '.join(COMMAND)} {arguments} & echo $!; wait $!"
    env = {**os.environ, "PYTHONUNBUFFERED": "1", **reach(sim)}
    with subprocess.Popen(
        ["sh", "-c", command],
        cwd=tmp_path,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as shell:
        assert shell.stdout is not None
        background = int(shell.stdout.readline())
        try:
            assert shell.stdout.readline().startswith(first)
            os.kill(background, getattr(signal, f"SIG{name}"))
            _, errors = shell.communicate(timeout=60)
        except BaseException:
            with suppress(ProcessLookupError):
                os.kill(background, signal.SIGKILL)
            raise
    assert "Traceback" not in errors
    assert last in errors
    assert list(tmp_path.glob("*.db*")) == []


def test_simulate_knows_the_releases(tmp_path: Path) -> None:
    fails(invoke("simulate", "--release", "2001R1", cwd=tmp_path), "no release '2001R1'; there are 2018R3, .*")


def test_cameras(run: Run) -> None:
    answer = run("cameras")
    assert (answer.returncode, answer.stderr) == (0, "")
    rows = [line.split("\t") for line in answer.stdout.splitlines()]
    assert [row[:2] for row in rows] == [
        [name, "Recorder 1"] for name in ("Front Hallway", "Store Room", "C1", "C2", "North Fence")
    ]


def test_a_windows_user_is_told_by_the_form_of_the_name(run: Run, sim: Simulator) -> None:
    user = next(user for user in sim.site.users if user.kind == "windows")
    answer = run("cameras", MILESTONE_USER=user.name, MILESTONE_PASSWORD=user.password)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert len(answer.stdout.splitlines()) == 5


def test_cameras_of_a_folder(run: Run) -> None:
    assert [line.split("\t")[0] for line in run("cameras", "--group", "SiteB").stdout.splitlines()] == ["C1", "C2"]
    fails(run("cameras", "--group", "SiteC"), "no camera group 'SiteC'.*near: 'SiteB'")


def test_alarms_list(run: Run) -> None:
    everything = [line.split("\t") for line in run("alarms", "list").stdout.splitlines()]
    assert [row[1:5] for row in everything] == [
        ["High", "Closed", "C2", "Motion Detected"],
        ["Medium", "New", "Front Hallway", "Motion Detected"],
    ]
    still_open = run("alarms", "list", "--open").stdout.splitlines()
    assert len(still_open) == 1
    (newest,) = run("alarms", "list", "--limit", "1").stdout.splitlines()
    assert newest.split("\t") == everything[0]


def test_alarms_follow_goes_on_from_its_file(run: Run) -> None:
    follow = ("alarms", "follow", "--all", "--count", "1", "--checkpoints", "arc.db")
    sources = [run(*follow).stdout.split("\t")[3] for _ in range(2)]
    assert sources == ["Front Hallway", "C2"]


def test_snapshot(run: Run, sim: Simulator, tmp_path: Path) -> None:
    answer = run("snapshot", "C1", "--output", "live.jpg")
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.startswith(str((tmp_path / "live.jpg").resolve()))
    moment = (sim.site.now() - timedelta(minutes=10)).replace(microsecond=0)
    answer = run("snapshot", "C1", "--at", moment.isoformat())
    assert f"shows {moment:%Y-%m-%d %H:%M:%S}" in answer.stdout
    for name in ("live.jpg", "snapshot.jpg"):
        with Image.open(io.BytesIO((tmp_path / name).read_bytes())) as picture:
            assert picture.size == (320, 180)


def test_snapshot_of_nothing(run: Run) -> None:
    fails(run("snapshot", "Store Room", "--at", "2026-03-01T12:00:00Z"), "recorded no picture")
    fails(run("snapshot", "front hallway"), "no camera 'front hallway'.*near: 'Front Hallway'")


def test_a_time_without_zone_is_no_moment(run: Run) -> None:
    answer = run("snapshot", "C1", "--at", "2026-03-01T12:00:00")
    assert answer.returncode == 2
    assert "no time zone" in answer.stderr


@pytest.mark.parametrize(
    ("changed", "pattern"),
    [
        ({"MILESTONE_PASSWORD": "wrong"}, "wrong user name or password"),
        ({"MILESTONE_PASSWORD": ""}, "no password for 'arc'.*MILESTONE_PASSWORD"),
        ({"MILESTONE_CA_FILE": ""}, "certificate is not trusted"),
        ({"MILESTONE_CA_FILE": "absent.pem"}, "absent.pem"),
        ({"MILESTONE_LOCATION": "vms.example"}, "write http://vms.example or https://vms.example"),
        ({"MILESTONE_LOCATION": "https://127.0.0.1:1"}, "127.0.0.1:1"),
        ({"MILESTONE_USER": "dom\\"}, "not the name of a Windows user"),
    ],
)
def test_what_goes_wrong_is_one_line(run: Run, sim: Simulator, changed: dict[str, str], pattern: str) -> None:
    answer = run("cameras", **changed)
    fails(answer, pattern)
    assert sim.password not in answer.stderr
    sim.edit(lambda site: setattr(site.users[0], "failures", 0))


def test_a_password_is_never_an_argument(run: Run) -> None:
    answer = run("cameras", "--password", "secret")
    assert answer.returncode == 2
    assert "No such option" in answer.stderr


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals on Windows")
def test_the_password_is_asked_for_and_not_shown(sim: Simulator, tmp_path: Path) -> None:
    master, terminal = os.openpty()
    env = os.environ | reach(sim)
    del env["MILESTONE_PASSWORD"]
    process = subprocess.Popen(
        [*COMMAND, "cameras"],
        env={**env, "PYTHONUTF8": "1"},
        cwd=tmp_path,
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
        encoding="utf-8",
        start_new_session=True,
    )
    os.close(terminal)
    with process:
        shown = b""
        while not shown.endswith(b"arc: "):
            shown += os.read(master, 1000)
        os.write(master, f"{sim.password}\n".encode())
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0
        with suppress(OSError):  # the terminal is gone with the process that had it
            shown += os.read(master, 1000)
    os.close(master)
    assert "Front Hallway" in output
    assert sim.password not in shown.decode()


def test_a_name_cannot_command_the_terminal(tmp_path: Path) -> None:
    with Simulator() as sim:
        sim.edit(lambda site: site.rename_camera("C1", "C1\t\u202e[red]naïve\u0416"))
        variables = reach(sim)
        answer = invoke("cameras", cwd=tmp_path, **variables)
        narrow = start("cameras", cwd=tmp_path, **{**variables, "PYTHONIOENCODING": "ascii"})
    assert "C1\\t\\u202e[red]naïve\u0416\tRecorder 1" in answer.stdout
    assert "C1\\t\\u202e[red]na\\xefve\\u0416\tRecorder 1" in narrow.stdout
    assert printable("\x1b[2J\x9b") == "\\x1b[2J\\x9b"


@pytest.mark.parametrize(
    ("missing", "arguments", "sentence"),
    [
        ("typer", ["--help"], "error: typer is missing; it comes with the extra cli: pip install 'milestone_sdk[cli]'"),
        (
            "PIL",
            ["demo"],
            "error: PIL is missing; it comes with the extra simulator: pip install 'milestone_sdk[simulator]'",
        ),
        (
            "PIL",
            ["contact-sheet", "C1", "--last", "1m", "--location", "https://vms.example.com"],
            "error: PIL is missing; it comes with the extra simulator: pip install 'milestone_sdk[simulator]'",
        ),
    ],
)
def test_a_missing_extra_is_named(missing: str, arguments: list[str], sentence: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; from milestone_sdk.cli import main; main()"
    answer = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, encoding="utf-8", timeout=60)
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", sentence + "\n")


def test_the_version(tmp_path: Path) -> None:
    assert re.fullmatch(r"milestone_sdk \d+\.\d+\.\d+\S*\n", invoke("--version", cwd=tmp_path).stdout)


def test_rows_show_what_the_server_did_not_name(sim: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    now = sim.site.now()
    bare = AlarmLine(id=sim.site.id, local_id=1, modified=now, timestamp=now, state=42, priority=7)
    Listing().show(COLUMNS, [bare])
    assert capsys.readouterr().out.split("\t")[1:5] == ["7", "42", "", ""]


def test_diagnose_prints_one_line_for_each_finding(run: Run, sim: Simulator) -> None:
    answer = run("diagnose", "--location", sim.url, MILESTONE_LOCATION="")
    assert (answer.returncode, answer.stderr) == (0, "")
    rows = [line.split("\t") for line in answer.stdout.splitlines()]
    assert {len(row) for row in rows} == {5}
    assert [row[3].partition(",")[0] for row in rows if row[1] == "ports"] == ["80", "443", "7563", "22331", "22333"]
    assert {row[0] for row in rows} == {"ok", "warning"}
    assert sim.password not in answer.stdout


def test_diagnose_of_a_site_that_refuses_the_login(run: Run) -> None:
    answer = run("diagnose", MILESTONE_PASSWORD="wrong")
    assert (answer.returncode, answer.stderr) == (1, "")
    login = next(line for line in answer.stdout.splitlines() if line.startswith("error\tlogin"))
    assert "wrong user name or password" in login
