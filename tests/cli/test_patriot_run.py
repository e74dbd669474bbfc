"""`milestone-sdk patriot run`: the worked example from its file to the signals, and again after a restart."""

import json
import logging
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from milestone_sdk import CheckpointError
from milestone_sdk.cli.screen import LogLines
from milestone_sdk.simulator import Simulator

from .running import COMMAND, environment, start

EXAMPLE = Path(__file__).parents[2] / "examples" / "patriot" / "patriot.toml"
ANALYTICS = "AXIS Perimeter_Defender alarm START on camera C1"


def variables(sim: Simulator) -> dict[str, str]:
    return {
        "MILESTONE_LOCATION": sim.url,
        "MILESTONE_USER": sim.username,
        "MILESTONE_PASSWORD": sim.password,
        "MILESTONE_CA_FILE": str(sim.ca_file),
    }


@contextmanager
def running(sim: Simulator, folder: Path) -> "Generator[subprocess.Popen[str]]":
    """The command in a process of its own; it is ended by SIGTERM, and logs its start and its end."""
    process = subprocess.Popen(
        [*COMMAND, "patriot", "run", "patriot.toml"],
        cwd=folder,
        env=environment(**variables(sim)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 0, errors
        started, *others, ended = (line.partition("Z ")[2] for line in errors.splitlines())
        assert started == "INFO the Milestone task starts: 1 clients, signals to JsonLinesSink"
        assert others == []
        assert re.fullmatch("INFO the Milestone task has ended: signals acknowledged: [0-2] by JsonLinesSink", ended)
    finally:
        process.kill()
        process.communicate()


def signals(folder: Path, count: int) -> list[dict[str, object]]:
    """The signals of the file, once there are so many; one that was sent again, as its key says, is dropped."""
    path = folder / "signals.jsonl"
    until = time.monotonic() + 60
    while time.monotonic() < until:
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
        found = {each["key"]: each for each in (json.loads(line) for line in lines if line.endswith("\n"))}
        if len(found) >= count:
            return list(found.values())
        time.sleep(0.05)
    raise AssertionError(f"fewer than {count} signals")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a process can handle")
@pytest.mark.requirement(70, 71, 72, 73, 74)
def test_r70_to_r74_from_a_file_to_signals_once_across_a_restart(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE, tmp_path)
    with Simulator() as sim:
        late = sim.site.now() - timedelta(seconds=5)
        sim.trigger(ANALYTICS, source="C1 alarm", timestamp=late)
        with running(sim, tmp_path):
            signals(tmp_path, 1)
            second = start("patriot", "run", "patriot.toml", cwd=tmp_path, **variables(sim))
            assert (second.returncode, second.stdout) == (1, "")
            assert "the Milestone task" in second.stderr
            assert "in use by" in second.stderr
        sim.trigger("Motion Detected", source="Front Hallway")
        with running(sim, tmp_path):
            found = signals(tmp_path, 2)
    assert [(each["client_no"], each["zone"], each["event_type"], each["line"]) for each in found] == [
        ("1234000101", 2, 1, f"High C1 alarm {ANALYTICS}"),
        ("1234000101", 3, 2, "Medium Front Hallway Motion Detected"),
    ]
    assert [each["camera"] for each in found] == ["C1", "Front Hallway"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a process can handle")
def test_a_client_that_is_refused_is_logged_and_stops_neither_the_task_nor_its_end(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE, tmp_path)
    with Simulator() as sim:
        process = subprocess.Popen(
            [*COMMAND, "patriot", "run", "patriot.toml"],
            cwd=tmp_path,
            env=environment(**variables(sim) | {"MILESTONE_PASSWORD": "wrong"}),
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert process.stderr is not None
        try:
            lines = [process.stderr.readline().partition("Z ")[2] for _ in range(2)]
            assert lines[0].startswith("INFO the Milestone task starts")
            assert lines[1].startswith("ERROR site 1234000101 REFUSED, next try in ")
            assert "wrong user name or password" in lines[1]
            # The refusal is a signal too; then the client waits for its next try.
            (lost,) = signals(tmp_path, 1)
            assert (lost["kind"], lost["event_type"], lost["zone"]) == ("link_lost", 600, 0)
            process.send_signal(signal.SIGTERM)
            _, rest = process.communicate(timeout=30)
            assert process.returncode == 0, rest
            assert "the Milestone task has ended" in rest
        finally:
            process.kill()
            process.communicate()


def record(text: str, error: BaseException) -> logging.LogRecord:
    try:
        raise error
    except BaseException as raised:
        caught = type(raised), raised, raised.__traceback__
    return logging.LogRecord("milestone_sdk", logging.ERROR, __file__, 1, text, (), caught)


def test_a_log_line_shows_errors_of_the_library_shortly_and_commands_to_the_terminal_never() -> None:
    lines = LogLines()
    (line,) = lines.format(record("a checkpoint cannot be stored", CheckpointError("\x1b[2Jdisk full"))).splitlines()
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z ERROR a checkpoint cannot be stored: \\x1b\[2Jdisk full", line
    )
    first, *trace = lines.format(record("unexpected", KeyError("\x1b[2J"))).splitlines()
    assert first.endswith("ERROR unexpected")
    assert trace[-1] == r"    KeyError: '\x1b[2J'"
