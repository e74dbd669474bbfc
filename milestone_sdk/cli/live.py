"""The command `live`: what a camera sends now, as lines or as a file."""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from attrs import frozen

from .._files import open_regular, write_file
from ..errors import ConfigurationError
from ..models import Frame, FramesDropped, LiveEvent, LiveLost, LiveRestored, LiveStatus
from .devices import CameraName
from .listing import Column, Listing, iso
from .login import Login
from .period import read_duration
from .remedies import in_options
from .screen import say, timestamp
from .timelimit import ended_after

__all__ = ["live"]

_REPORT: Final = timedelta(seconds=10)
_STATES: Final = (
    "connected",
    "recording",
    "motion",
    "camera_lost",
    "database_failed",
    "disk_low",
    "stopped_for_client",
)


@frozen(kw_only=True)
class _Line:
    time: datetime | None
    event: str
    text: str
    frames: int


_LINES: Final[tuple[Column[_Line], ...]] = (
    Column("time", lambda line: line.time),
    Column("event", lambda line: line.event),
    Column("text", lambda line: line.text),
    Column("frames", lambda line: line.frames, table=False),
)


def live(
    camera: CameraName,
    listing: Listing,
    login: Login,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write the stream as the camera sends it; - is standard output."
        ),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--snapshot", metavar="FILE", help="Write the live picture as JPEG, and end.")
    ] = None,
    jpeg: Annotated[bool, typer.Option("--jpeg", help="Have the recorder send each picture as JPEG.")] = False,
    count: Annotated[int | None, typer.Option(min=1, metavar="N", help="End after so many frames.")] = None,
    duration: Annotated[
        timedelta | None,
        typer.Option("--for", parser=read_duration, metavar="DURATION", help="End after so long; default: at Ctrl-C."),
    ] = None,
) -> None:
    """Show what a camera sends, until Ctrl-C. These are its status, the number of frames, and interruptions."""
    if picture is not None and output is not None:
        raise ConfigurationError("--output and --snapshot are given: only one can be used")
    with login.client() as site:
        if picture is not None:
            snapshot = site.live.snapshot(camera)
            write_file(picture, snapshot.data)
            say(f"{picture.absolute()} shows {timestamp(snapshot.time)}")
            return
        codec: Literal["native", "jpeg"] = "jpeg" if jpeg else "native"
        to_output = output is not None and str(output) == "-"
        counted = _Counter(_on_stderr if to_output else listing.opened(_LINES))
        with (
            _ended_by_ctrl_c(),
            _written_to(output) as write,
            site.live.play(camera, codec=codec) as stream,
            ended_after(duration, stream.close),
        ):
            for event in stream:
                if isinstance(event, Frame):
                    write(event.data)
                counted.take(event)
                if counted.frames == count:
                    break
        counted.report()


class _Counter:
    """Turns events into lines; frames are counted, with a line every ten seconds."""

    def __init__(self, show: Callable[[_Line], None]) -> None:
        self._show = show
        self.frames = 0
        self._before = 0
        self._bytes = 0
        self._codec = ""
        self._since: datetime | None = None
        self._newest: datetime | None = None

    def take(self, event: LiveEvent) -> None:
        if isinstance(event, Frame):
            self.frames += 1
            self._bytes += len(event.data)
            self._codec, self._newest = event.codec, event.time
            self._since = self._since or event.time
            if event.time - self._since >= _REPORT:
                self.report()
        else:
            self._show(_line(event, self.frames))

    def report(self) -> None:
        """Show how many frames came since the last report."""
        new = self.frames - self._before
        if self._newest is None or self._since is None or not new:
            return
        seconds = (self._newest - self._since).total_seconds()
        text = f"{new} {'frame' if new == 1 else 'frames'} of {self._codec}"
        if seconds > 0:
            intervals = new if self._before else new - 1
            text += f", {intervals / seconds:.1f} a second, {self._bytes * 8 / seconds / 1000:.0f} kbit/s"
        self._show(_Line(time=self._newest, event="frames", text=text, frames=self.frames))
        self._before, self._bytes, self._since = self.frames, 0, self._newest


def _line(event: LiveStatus | FramesDropped | LiveLost | LiveRestored, frames: int) -> _Line:
    if isinstance(event, LiveStatus):
        known = {name.replace("_", " "): getattr(event, name) for name in _STATES}
        text = ", ".join(f"{name} {'yes' if value else 'no'}" for name, value in known.items() if value is not None)
        return _Line(time=event.time, event="status", text=text, frames=frames)
    if isinstance(event, FramesDropped):
        text = f"{event.count} frames up to {iso(event.last)}"
        return _Line(time=event.first, event="dropped", text=text, frames=frames)
    if isinstance(event, LiveLost):
        return _Line(time=event.since, event="lost", text=in_options(str(event.error)), frames=frames)
    text = f"after {event.lost_for.total_seconds():.1f} s"
    return _Line(time=event.at, event="restored", text=text, frames=frames)


def _on_stderr(line: _Line) -> None:
    say(f"{'' if line.time is None else timestamp(line.time)} {line.event}: {line.text}", error=True)


@contextmanager
def _ended_by_ctrl_c() -> Generator[None]:
    try:
        yield
    except KeyboardInterrupt:
        say("ended", error=True)


@contextmanager
def _written_to(output: Path | None) -> Generator[Callable[[bytes | memoryview], object]]:
    """Give a call that writes a part of the stream."""
    if output is None:
        yield lambda data: None
    elif str(output) == "-":
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()
    else:
        with os.fdopen(open_regular(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666), "wb") as file:
            yield file.write
