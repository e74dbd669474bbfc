"""Exports that are judged by FFmpeg, and programs that are killed while they export."""

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from milestone_sdk import ExportStage, TimeSpan
from milestone_sdk.simulator import Simulator

BEGIN: Final = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
SECOND: Final = timedelta(seconds=1)

_PROGRAM: Final = """
import os, signal, sys
from datetime import datetime
from milestone_sdk import BasicUser, Client, ExportFailed, ExportStage, TimeSpan, Trust
url, user, password, authority, start, end, target, share, stage = sys.argv[1:]
def report(progress):
    if progress.stage is ExportStage(stage) and progress.done > float(share):
        os.kill(os.getpid(), signal.SIGKILL)
span = TimeSpan(datetime.fromisoformat(start), datetime.fromisoformat(end))
with Client(url, BasicUser(user, password), trust=Trust.ca_file(authority)) as site:
    try:
        site.recordings.export("C1", span, target, progress=report)
    except ExportFailed as error:
        print(error)
"""


def seconds(start: float, end: float) -> TimeSpan:
    """Return a span in seconds of the recording."""
    return TimeSpan(BEGIN + start * SECOND, BEGIN + end * SECOND)


def export_elsewhere(
    simulator: Simulator,
    span: TimeSpan,
    target: Path,
    *,
    killed_after: float | None = None,
    killed_while: ExportStage = ExportStage.EXPORTING,
) -> subprocess.CompletedProcess[str]:
    """Export camera C1 in another process, which kills itself when more than that part of the span is done."""
    login = [simulator.url, simulator.username, simulator.password, str(simulator.ca_file)]
    share = "inf" if killed_after is None else str(killed_after)
    call = [*(edge.isoformat() for edge in span), str(target), share, killed_while.value]
    answer = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *login, *call], capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.returncode == (0 if killed_after is None else -signal.SIGKILL), answer.stderr
    return answer


def probed(path: Path, *sections: str) -> dict[str, Any]:
    """Return what ffprobe reads of a file, without an error."""
    shown = [f"-show_{section}" for section in sections or ("format", "streams", "frames", "chapters")]
    answer = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", *shown, "-show_data_hash", "md5", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def times(found: dict[str, Any]) -> list[float]:
    """Return the times of the pictures that are shown, in seconds."""
    return [float(frame["pts_time"]) for frame in found["frames"] if frame["media_type"] == "video"]


def pictures_of(path: Path) -> list[str]:
    """Return a digest of each picture in the order in which it is shown, decoded by ffmpeg without an error."""
    options = ["-map", "0:v", "-fps_mode", "passthrough", "-f", "framemd5", "-"]
    answer = subprocess.run(
        ["ffmpeg", "-v", "error", "-xerror", "-i", str(path), *options],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    return [line.rpartition(",")[2].strip() for line in answer.stdout.splitlines() if not line.startswith("#")]


def content_of(path: Path) -> object:
    """Return all that a player finds in an export: packets with their times, chapters, metadata; or bytes."""
    if path.is_dir():
        return {each.name: each.read_bytes() for each in path.iterdir()}
    if path.suffix not in (".mp4", ".mkv"):
        return path.read_bytes()
    found = probed(path, "packets", "chapters", "format")
    for packet in found["packets"]:
        packet.pop("pos", None)
    found["format"] = {key: found["format"][key] for key in ("start_time", "duration", "tags")}
    return found
