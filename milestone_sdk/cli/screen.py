"""Output as plain text, in which no server or camera can put commands to the terminal."""

import logging
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text
from rich.tree import Tree

from .._text import printable
from ..errors import MilestoneError
from ..models import Camera, CameraGroup

__all__ = ["LogLines", "console", "printable", "progress", "say", "say_columns", "show_folders", "timestamp"]


def timestamp(time: datetime) -> str:
    """Return a UTC datetime to the millisecond."""
    return f"{time:%Y-%m-%d %H:%M:%S}.{time.microsecond // 1000:03d}Z"


class LogLines(logging.Formatter):
    """A log as lines with time in UTC and level; the traceback of an error that is not the library's follows on lines
    of its own, indented.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of one record."""
        error = record.exc_info[1] if record.exc_info else None
        text = f"{record.getMessage()}: {error}" if isinstance(error, MilestoneError) else record.getMessage()
        time = timestamp(datetime.fromtimestamp(record.created, UTC))
        lines = [f"{time} {record.levelname} {printable(text)}"]
        if record.exc_info and not isinstance(error, MilestoneError):
            lines += [f"    {printable(line)}" for line in self.formatException(record.exc_info).splitlines()]
        return "\n".join(lines)


def say(text: str, *, error: bool = False) -> None:
    """Print one line, however long."""
    console(error=error).print(Text(printable(text)), soft_wrap=True)


def say_columns(cells: Sequence[str]) -> None:
    """Print one line with tabs between the columns."""
    print("\t".join(printable(cell) for cell in cells), flush=True)


def show_folders(title: str, groups: Iterable[CameraGroup], cameras: Iterable[Camera]) -> None:
    """Print the folders of a site with their cameras, as a tree."""
    names = {camera.id: camera.name for camera in cameras}

    def fill(branch: Tree, group: CameraGroup) -> None:
        folder = branch.add(Text(printable(group.name) + "/"))
        for below in group.groups:
            fill(folder, below)
        for camera in group.camera_ids:
            if camera in names:
                folder.add(Text(printable(names[camera])))

    tree = Tree(Text(printable(title)))
    for group in groups:
        fill(tree, group)
    console().print(tree)


@contextmanager
def progress(what: str) -> Generator[Callable[[float], None]]:
    """Show a bar on standard error while the block runs, if that is a terminal; call it with the part that is done."""
    screen = console(error=True)
    if not screen.is_terminal:
        yield lambda part: None
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task(printable(what), total=None)
        yield lambda part: bar.update(task, completed=part, total=1.0)


def console(*, error: bool = False) -> Console:
    """Return a console for the standard stream as it is now."""
    return Console(stderr=error, markup=False, highlight=False, emoji=False)
