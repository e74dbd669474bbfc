"""Running the command, in this process or in one of its own."""

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from milestone_sdk.cli import main
from milestone_sdk.simulator import Simulator

__all__ = ["COMMAND", "Answer", "Run", "environment", "fails", "invoke", "reach", "start"]

COMMAND = [sys.executable, "-W", "error", "-m", "milestone_sdk"]

Answer = subprocess.CompletedProcess[str]
Run = Callable[..., Answer]


def environment(**variables: str) -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("MILESTONE_")}
    return env | {"PYTHONIOENCODING": "utf-8", "COLUMNS": "80", **variables}


def start(*arguments: str, cwd: Path, **variables: str) -> Answer:
    """Run the command in a process of its own, as a shell does."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=environment(**variables),
        input="",
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


def invoke(*arguments: str, cwd: Path, **variables: str) -> Answer:
    """Run the command in this process: it shows the same, and costs a tenth."""
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    printed, errors = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with pytest.MonkeyPatch.context() as process:
        process.chdir(cwd)
        process.setattr(os, "environ", environment(**variables))
        process.setattr(sys, "argv", ["milestone-sdk", *arguments])
        process.setattr(sys, "stdin", io.StringIO())
        process.setattr(sys, "stdout", printed)
        process.setattr(sys, "stderr", errors)
        code: object = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        finally:
            for number, handler in handlers.items():
                if signal.getsignal(number) is not handler:
                    signal.signal(number, handler)
    assert isinstance(code, int)
    texts: list[str] = []
    for stream in (printed, errors):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    return subprocess.CompletedProcess(arguments, code, *texts)


def reach(sim: Simulator) -> dict[str, str]:
    """The variables with which the command finds a site."""
    return {
        "MILESTONE_LOCATION": sim.url,
        "MILESTONE_USER": sim.username,
        "MILESTONE_PASSWORD": sim.password,
        "MILESTONE_CA_FILE": str(sim.ca_file),
    }


def fails(answer: Answer, pattern: str) -> None:
    """One clear line, no traceback, exit code 1."""
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert re.fullmatch(rf"error: .*{pattern}.*\n", answer.stderr), answer.stderr
