"""The command line: its commands, and what ends it."""

import io
import logging
import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from .. import MilestoneError, __version__
from .alarms import alarms_app, events, trigger
from .devices import cameras, input_app, output_app, ptz_app, recording_app
from .diagnose import diagnose
from .extras import extra
from .groups import command
from .live import live
from .patriot import app as patriot_app
from .remedies import in_options
from .screen import printable, say
from .timeline import timeline
from .video import contact_sheet, export, retrieve, snapshot

__all__ = ["app", "run"]

app: typer.Typer = typer.Typer(
    name="milestone-sdk",
    help="Milestone XProtect from the command line.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def run() -> None:
    """Run the command line; an error of the library is one line and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Characters that the terminal's encoding lacks are escaped.
            stream.reconfigure(errors="backslashreplace")
    _end_on_signals()
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    try:
        app(prog_name="milestone-sdk")
    except MilestoneError as error:
        _fail("; ".join((in_options(str(error)), *getattr(error, "__notes__", ()))))
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
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write the contact sheet.")
    ] = Path("contact-sheet.png"),
) -> None:
    """Try it with a simulated site. Follows its alarms, and writes a contact sheet of the footage."""
    with extra("simulator", "PIL", "h11"):
        from .demo import run_demo
    run_demo(output)


@app.command()
def simulate(
    release: Annotated[str, typer.Option(metavar="RELEASE", help="The release to simulate, e.g. 2022R2.")] = "2025R2",
    tls: Annotated[bool, typer.Option(help="Use TLS, with certificates of its own.")] = True,
    port: Annotated[
        int | None, typer.Option(metavar="PORT", help="Port of the management server; default: a free one.")
    ] = None,
    every: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Seconds between two events at the site; 0 for none.")
    ] = 10.0,
) -> None:
    """Run a simulated site until Ctrl-C, on 127.0.0.1."""
    with extra("simulator", "PIL", "h11"):
        from .simulate import run_site
    run_site(release=release, tls=tls, port=port, every=every)


for _each in (diagnose, cameras, events, trigger, snapshot, timeline, contact_sheet, export, retrieve, live):
    command(app)(_each)
app.add_typer(alarms_app, name="alarms")
app.add_typer(ptz_app, name="ptz")
app.add_typer(output_app, name="output")
app.add_typer(input_app, name="input")
app.add_typer(recording_app, name="recording")
app.add_typer(patriot_app, name="patriot")
