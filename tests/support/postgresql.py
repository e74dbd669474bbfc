"""A PostgreSQL server for tests, on a socket in a temporary folder.

Where the server or its client library is missing, the tests are skipped, and say so; with
`MILESTONE_SDK_REQUIRE_POSTGRESQL=1` that is a failure.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

REQUIRED = "MILESTONE_SDK_REQUIRE_POSTGRESQL"
SERVER_USERS = ("postgres", "nobody")
"""Whom a test run of root starts the server as, which refuses to be root: the first that there is."""


def give_up(missing: str) -> NoReturn:
    reason = f"PostgreSQL cannot be tried: {missing}"
    if os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{reason}, and {REQUIRED}=1")
    pytest.skip(reason)


def programs() -> Path:
    """The folder with the server's programs; Debian keeps it off the path, one for each version."""
    on_path = shutil.which("initdb")
    found = [Path(on_path).resolve()] if on_path else []
    found += Path("/usr/lib/postgresql").glob("*/bin/initdb")
    complete = [each.parent for each in found if (each.parent / "pg_ctl").exists()]
    if not complete:
        give_up("initdb and pg_ctl are not there (Debian: apt-get install postgresql)")
    return max(complete, key=lambda folder: [int(part) for part in folder.parts if part.isdigit()])


def server_user() -> dict[str, Any]:
    """As whom the server is started, for `subprocess`."""
    if sys.platform == "win32":
        give_up("these tests start the server on a Unix socket")
    if os.geteuid() != 0:
        return {}
    import pwd

    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in SERVER_USERS:
        if name in known:
            return {"user": known[name].pw_uid, "group": known[name].pw_gid, "extra_groups": []}
    give_up(f"root may not run it, and there is no user {' or '.join(SERVER_USERS)}")


class PostgresqlServer:
    """A server with one empty database, `arc`, and one user, `arc`, who needs no password."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._programs = programs()
        user = server_user()
        self.owner: int | None = user.get("user")
        self._options = {"cwd": folder, "stdin": subprocess.DEVNULL, "timeout": 60, **user}

    @property
    def environment(self) -> dict[str, str]:
        """What libpq has to know."""
        return {"PGHOST": str(self.folder), "PGUSER": "arc"}

    def dsn(self, database: str = "arc") -> str:
        return f"host={self.folder} user=arc dbname={database} connect_timeout=30"

    def make(self) -> None:
        self._run("initdb", "-U", "arc", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")

    def start(self) -> None:
        settings = f"-k {self.folder} -c listen_addresses= -c max_connections=40"
        self._run("pg_ctl", "start", "-w", "-t", "30", "-l", str(self.folder / "log"), "-o", settings)

    def stop(self, mode: str) -> None:
        """`immediate` is a crash: nothing is written any more."""
        self._run("pg_ctl", "stop", "-w", "-t", "30", "-m", mode)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "-D", str(self.folder / "data"), *arguments]
        with (self.folder / "output").open("wb+") as output:
            code = subprocess.run(command, stdout=output, stderr=output, check=False, **self._options).returncode
            output.seek(0)
            assert code == 0, f"{program}: {output.read().decode(errors='replace')}"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    if importlib.util.find_spec("psycopg") is None:
        give_up("psycopg is not installed (pip install 'psycopg[binary]')")
    import psycopg

    # Not pytest's folder: the server's user may not look into it, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        server = PostgresqlServer(folder)
        if (owner := server.owner) is not None:
            os.chown(folder, owner, -1)
        server.make()
        server.start()
        try:
            with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
                connection.execute("CREATE DATABASE arc")
            yield server
        finally:
            server.stop("fast")
    finally:
        shutil.rmtree(folder)
