"""The commands; each is a thin layer over the library."""

import io
import logging
import signal
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from .. import MemoryCheckpointStore, MilestoneError, SqliteCheckpointStore, __version__
from .._files import write_file
from ..models import Condition
from .diagnose import show_findings
from .extras import extra
from .login import CaFile, Location, User, connect
from .patriot import app as patriot_app
from .screen import alarm_row, printable, say, say_columns, show_table, timestamp

__all__ = ["app", "run"]

_CLOSED = 11

app: typer.Typer = typer.Typer(
    name="milestone-sdk",
    help="Milestone XProtect from the command line.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
alarms_app: typer.Typer = typer.Typer(help="List alarms, or follow new ones.", no_args_is_help=True)
app.add_typer(alarms_app, name="alarms")
app.add_typer(patriot_app, name="patriot")


def run() -> None:
    """Run the command line; an error of the library is one line and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Characters that the terminal's encoding lacks are escaped.
            stream.reconfigure(errors="backslashreplace")
    _end_on_signals()
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    try:
        app()
    except MilestoneError as error:
        _fail(str(error))
    except OSError as error:
        _fail(": ".join(str(part) for part in (error.filename, error.strerror or error) if part))


def _end_on_signals() -> None:
    """End every command by `KeyboardInterrupt` at SIGINT and SIGTERM, on Windows also at Ctrl-Break.

    A shell without job control starts `command &` with SIGINT ignored, and Python keeps that.
    """
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        if (number := getattr(signal, name, None)) is not None:
            signal.signal(number, signal.default_int_handler)


def _fail(text: str) -> NoReturn:
    print(f"error: {printable(' '.join(text.split()))}", file=sys.stderr)
    raise SystemExit(1)


def _version(wanted: bool) -> None:
    if wanted:
        say(f"milestone_sdk {__version__}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    """Milestone XProtect from the command line."""


@app.command()
def demo(
    output: Annotated[Path, typer.Option(help="Where to write the contact sheet.")] = Path("contact-sheet.png"),
) -> None:
    """Start a simulated site, follow its alarms, and write a contact sheet of the footage."""
    with extra("simulator", "PIL", "h11"):
        from .demo import run_demo
    run_demo(output)


@app.command()
def simulate(
    release: Annotated[str, typer.Option(help="The release to simulate, e.g. 2022R2.")] = "2025R2",
    tls: Annotated[bool, typer.Option(help="Use TLS, with certificates of its own.")] = True,
    port: Annotated[int | None, typer.Option(help="Port of the management server; default: a free one.")] = None,
    every: Annotated[float, typer.Option(min=0, help="Seconds between two events at the site; 0 for none.")] = 10.0,
) -> None:
    """Run a simulated XProtect site on 127.0.0.1 until Ctrl-C."""
    with extra("simulator", "PIL", "h11"):
        from .simulate import run_site
    run_site(release=release, tls=tls, port=port, every=every)


@app.command()
def diagnose(
    location: Annotated[
        str, typer.Argument(envvar="MILESTONE_LOCATION", help="URL of the management server, as for other commands.")
    ],
    user: User,
    ca_file: CaFile = None,
    deadline: Annotated[float, typer.Option(min=0.1, help="Seconds that each check may take.")] = 10.0,
) -> None:
    """Check what a program needs of a site; the exit code is 1 if something is missing."""
    with closing(connect(location, user, ca_file)) as site:
        raise typer.Exit(show_findings(site.diagnose(deadline=deadline)))


@app.command()
def cameras(
    location: Location,
    user: User,
    ca_file: CaFile = None,
    group: Annotated[str | None, typer.Option(help="A folder such as Perimeter/North.")] = None,
) -> None:
    """List the cameras that the user may see."""
    with connect(location, user, ca_file) as site:
        rows = [(camera.name, camera.recorder.name, str(camera.id)) for camera in site.cameras(group)]
    show_table(("Camera", "Recorder", "Id"), rows)


@alarms_app.command("list")
def list_alarms(
    location: Location,
    user: User,
    ca_file: CaFile = None,
    limit: Annotated[int, typer.Option(min=1, help="The most alarms to list.")] = 100,
    open_only: Annotated[bool, typer.Option("--open", help="Leave out closed alarms.")] = False,
) -> None:
    """List the alarms on the server, the most recently raised or changed one first."""
    conditions = (Condition("State", "NotEquals", _CLOSED),) if open_only else ()
    with connect(location, user, ca_file) as site:
        rows = [alarm_row(alarm) for alarm in site.alarms.list(*conditions, limit=limit)]
    show_table(("Time", "Priority", "State", "Source", "Message", "Id"), rows)


@alarms_app.command("follow")
def follow_alarms(
    location: Location,
    user: User,
    ca_file: CaFile = None,
    checkpoints: Annotated[
        Path | None, typer.Option(help="SQLite file of checkpoints; a later run continues after the alarms shown.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Begin with the alarms already on the server.")] = False,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many alarms.")] = None,
) -> None:
    """Show each alarm as it is raised or changed, until Ctrl-C."""
    store = MemoryCheckpointStore() if checkpoints is None else SqliteCheckpointStore(checkpoints)
    shown = 0
    try:
        with (
            connect(location, user, ca_file) as site,
            site.alarms.subscribe(checkpoints=store, since=None if everything else "now") as alarms,
        ):
            for alarm in alarms:
                say_columns(alarm_row(alarm))
                alarms.checkpoint(alarm)
                shown += 1
                if shown == count:
                    break
    except KeyboardInterrupt:
        say("ended", error=True)
    finally:
        if isinstance(store, SqliteCheckpointStore):
            store.close()


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a time; write it as 2026-03-01T12:00:00Z") from None
    if time.tzinfo is None:
        raise typer.BadParameter(f"{text!r} has no time zone; append Z for UTC, or +02:00")
    return time


@app.command()
def snapshot(
    camera: Annotated[str, typer.Argument(help="Exact name or id of the camera.")],
    location: Location,
    user: User,
    ca_file: CaFile = None,
    at: Annotated[
        datetime | None, typer.Option(parser=_time, help="Time of a recorded picture; default: live.", metavar="TIME")
    ] = None,
    output: Annotated[Path, typer.Option(help="Where to write the JPEG.")] = Path("snapshot.jpg"),
) -> None:
    """Write one picture of a camera as JPEG."""
    with connect(location, user, ca_file) as site:
        picture = site.recordings.snapshot(camera, at)
    write_file(output, picture.data)
    say(f"{output.absolute()} shows {timestamp(picture.time)}")
