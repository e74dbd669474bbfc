"""The commands `patriot ...`: records in a file, from the first one to the running task."""

import asyncio
import json
import logging
import signal
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from .. import Client, ConfigurationError, InvalidRecords, SqliteCheckpointStore, Trust, WindowsUser
from .._environment import LOCATION, PASSWORD, USER, user_named
from .._files import write_file
from ..models import Finding, Status
from ..patriot import ClientRecord, MilestoneTask, PatriotRecords, check_records, load_records, records_schema
from ..patriot.recordfile import read_records, read_text
from ..patriot.records import Zone
from ..patriot.zoneimport import add_client, add_zones, new_zones
from .diagnose import show_findings
from .listing import Column, Listing
from .login import CaFile
from .screen import LogLines, say

__all__ = ["app"]

app: typer.Typer = typer.Typer(
    help="Records of Patriot clients in a file, and the Milestone task.", no_args_is_help=True
)
_TASK: Final = "the Milestone task"
File = Annotated[Path, typer.Argument(help="The file of records: TOML, or JSON if its name ends in .json.")]


def _load(path: Path) -> PatriotRecords:
    """Read the file; print everything that is wrong with it, and end with exit code 1."""
    try:
        return load_records(path)
    except InvalidRecords as error:
        for problem in error.problems:
            say(f"error: {problem}", error=True)
        raise typer.Exit(1) from None


@app.command("schema")
def show_schema() -> None:
    """Print the JSON Schema of a file of records."""
    print(json.dumps(records_schema(), indent=2))


@app.command("import")
def import_zones(
    path: File,
    client_id: Annotated[str, typer.Option("--id", help="Id of the client in Patriot.")],
    area: Annotated[str, typer.Option(help="Its area, if its number has one, e.g. 0001.")] = "",
    port: Annotated[str, typer.Option(help="Its port, if its number has one, e.g. 01.")] = "",
    name: Annotated[str, typer.Option(help="Its name.")] = "",
    location: Annotated[
        str | None, typer.Option(envvar=LOCATION, help="URL of the server, for a client not in the file.")
    ] = None,
    user: Annotated[str | None, typer.Option(envvar=USER, help="User, for a client that is not in the file.")] = None,
    password_env: Annotated[
        str, typer.Option(help="The environment variable of the password, for a client that is not in the file.")
    ] = PASSWORD,
    ca_file: CaFile = None,
    site_filter: Annotated[str, typer.Option(help="Folder of the cameras, for a client not in the file.")] = "",
) -> None:
    """Add a zone for each camera of a site that has none, numbered from 1; make the file or the client if needed.

    A client that is in the file is reached as the file says. Everything else in the file stays as it is.
    """
    number = client_id + area + port
    text = read_text(path) if path.exists() else ""
    known = {client.client_no for client in _load(path).clients} if text else set[str]()
    if number not in known:
        if location is None or user is None:
            raise ConfigurationError(f"client {number} is not in {path}", hint="give --location and --user")
        optional = {"area": area, "port": port, "name": name, "site_filter": site_filter}
        login = {"kind": "windows" if isinstance(user_named(user, ""), WindowsUser) else "basic", "user": user}
        settings: dict[str, Any] = {"id": client_id, **{key: value for key, value in optional.items() if value}}
        settings |= {"location": location, "login": {**login, "password": {"env": password_env}}}
        trust = {} if ca_file is None else {"trust": {"ca_file": str(ca_file.absolute())}}
        text = add_client(text, path, settings | trust)
    _add_zones(path, text, number)


def _add_zones(path: Path, text: str, number: str) -> None:
    client = next(each for each in read_records(text, path).clients if each.client_no == number)
    with _open(client) as site:
        cameras = site.cameras(client.site_filter)
    new = new_zones(client, (camera.name for camera in cameras))
    write_file(path, add_zones(text, path, number, new.zones).encode())
    for shared in new.shared_names:
        say(f"warning: several cameras are called {shared!r}: give them different names", error=True)
    Listing().show((Column[Zone]("zone", lambda zone: zone.number), Column("name", lambda zone: zone.name)), new.zones)
    say(f"{path}: {len(new.zones)} zones added to client {number}", error=True)


def _open(client: ClientRecord) -> Client:
    if not client.is_milestone or client.location is None or client.credentials is None:
        raise ConfigurationError(
            f"client {client.client_no} has the camera type {client.camera_type!r}, so that it has no Milestone server",
            hint='write camera_type = "Milestone", its location and its login',
        )
    return Client(str(client.location), client.credentials, trust=client.trust or Trust.system())


@app.command("check")
def check(
    path: File,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as one JSON object.")] = False,
    concurrency: Annotated[int, typer.Option(min=1, help="How many sites to check at the same time.")] = 8,
    deadline: Annotated[float, typer.Option(min=0.1, help="Seconds that each check of a site may take.")] = 10.0,
) -> None:
    """Check the file, and the sites of all its clients; the exit code is 1 if something is missing."""
    try:
        records = load_records(path) if as_json else _load(path)
    except InvalidRecords as error:
        print(json.dumps({"problems": error.problems, "findings": []}, indent=2))
        raise typer.Exit(1) from None
    found = asyncio.run(check_records(records, concurrency=concurrency, deadline=deadline))
    raise typer.Exit(_print_json(found) if as_json else _print(found))


def _print(found: Mapping[str, Sequence[Finding]]) -> int:
    codes: list[int] = []
    for number, findings in found.items():
        if sys.stdout.isatty():
            say(f"Client {number}" if number else "All clients")
        codes.append(show_findings(findings, number))
    return max(codes)


def _print_json(found: Mapping[str, Sequence[Finding]]) -> int:
    rows = [
        {
            "client": number or None,
            "status": finding.status.value,
            "check": finding.check,
            "where": finding.where,
            "what": finding.what,
            "remedy": finding.remedy,
        }
        for number, findings in found.items()
        for finding in findings
    ]
    print(json.dumps({"problems": [], "findings": rows}, indent=2))
    return int(any(row["status"] == Status.ERROR.value for row in rows))


@app.command("run")
def run(path: File) -> None:
    """Run the Milestone task of a file of records until Ctrl-C or SIGTERM.

    The log goes to the standard error, one line for each event, with the time in UTC. The exit code is 0 after Ctrl-C
    or SIGTERM, and 1 when the task cannot start: the file, a sink or the checkpoints cannot be used, or another process
    runs the task on these checkpoints.
    """
    records = _load(path)
    if records.checkpoints is None:
        raise ConfigurationError(f"{path} has no checkpoints", hint='write checkpoints = "checkpoints.db"')
    if not records.sinks:
        raise ConfigurationError(f"{path} has no sinks", hint="write [[sinks]]")
    for handler in logging.getLogger().handlers:
        handler.setFormatter(LogLines())
    logging.getLogger("milestone_sdk.patriot").setLevel(logging.INFO)
    with SqliteCheckpointStore(records.checkpoints) as store:
        # A second task would report each client as one that cannot be followed, at the same receiver.
        store.claim(_TASK)
        asyncio.run(_run(records, store))


async def _run(records: PatriotRecords, store: SqliteCheckpointStore) -> None:
    task = MilestoneTask(
        records.milestone_clients,
        [sink.open() for sink in records.sinks],
        checkpoints=store,
        record=records.task,
        link_event_types=records.link_event_types,
    )
    with _calling_on_signals(task.stop):
        await task.run()


@contextmanager
def _calling_on_signals(stop: Callable[[], None]) -> Generator[None]:
    """Call `stop` in the event loop at Ctrl-C, SIGTERM, and Ctrl-Break of Windows, whose loops know no signals."""
    loop = asyncio.get_running_loop()
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name)]

    def handle(number: int, frame: object) -> None:
        loop.call_soon_threadsafe(stop)

    before = [(number, signal.signal(number, handle)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
