"""Signals as rows of a PostgreSQL table, from which the operator's own programs take them."""

import json
import re
import socket
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING, Final, LiteralString

from ..._arguments import check_seconds, check_type
from ...errors import ConfigurationError, SignalRefused, SinkUnavailable
from ..signals import Signal
from .groupcommit import GroupCommit, Refusals

if TYPE_CHECKING:
    import psycopg.sql

__all__ = ["PostgresOutboxSink"]

_NAME: Final = re.compile(r"[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?")
_NOT_IN_JSONB: Final = re.compile("[\0\ud800-\udfff]")
_TABLE: Final = """
CREATE TABLE IF NOT EXISTS {table} (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL UNIQUE, client_no text NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(), signal jsonb NOT NULL
)
"""
_INSERT: Final = "INSERT INTO {table} (key, client_no, signal) VALUES (%s, %s, %s) ON CONFLICT (key) DO NOTHING"


class PostgresOutboxSink:
    """Stores each signal as one row of `table`, once: a signal that is sent again changes nothing.

    Columns: `position` (ascending in the order of each client's signals), `key`, `client_no`, `stored_at`, and `signal`
    (`Signal.as_dict()` as `jsonb`). The table is made if it does not exist. A signal is acknowledged when its row is
    committed; signals that wait at the same time share a transaction. Readers take rows by `position` and may delete
    them only when the signal cannot be sent again: keep them for a day after they were stored.

    `dsn` is a connection string of libpq; `timeout` the seconds that connecting and each statement may take. Needs the
    extra `postgresql`. Raises `ConfigurationError` for a name or a `dsn` that cannot be used. `send` raises
    `SinkUnavailable` when the database cannot be reached or does not commit, and `SignalRefused` for a signal that the
    table refuses, such as by a constraint that was added to it. Characters that `jsonb` cannot hold, NUL and halves of
    surrogate pairs, are stored as U+FFFD.
    """

    def __init__(self, *, dsn: str, table: str = "signal_outbox", timeout: float = 10.0) -> None:
        check_type("dsn", dsn, str, hint='for example "host=db.example.com dbname=arc"')
        check_type("table", table, str)
        check_seconds("timeout", timeout)
        if not _NAME.fullmatch(table):
            raise ConfigurationError(
                f"table must be a name of lower-case letters, digits and _, got {table!r}", hint='"signal_outbox"'
            )
        try:
            from psycopg import ProgrammingError
            from psycopg.conninfo import conninfo_to_dict, make_conninfo
        except ImportError:
            raise ConfigurationError(
                "PostgresOutboxSink needs psycopg", hint="pip install 'milestone_sdk[postgresql]'"
            ) from None
        try:
            own_options = conninfo_to_dict(dsn).get("options") or ""
        except ProgrammingError:  # its text would repeat the password
            raise ConfigurationError("dsn is not a connection string of libpq", hint="host=... dbname=...") from None
        milliseconds = int(timeout * 1000)
        limits = f"{own_options} -c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
        self._dsn = make_conninfo(
            dsn, options=limits.strip(), connect_timeout=max(2, round(timeout)), tcp_user_timeout=milliseconds
        )
        self._table = table
        self._timeout = timeout
        self._connection: psycopg.Connection | None = None
        self._commit = GroupCommit(self._store)

    def __repr__(self) -> str:
        return f"<PostgresOutboxSink {self._table}>"

    async def send(self, signal: Signal) -> None:
        """Return when the row is committed. Raises `SinkUnavailable`, `SignalRefused`."""
        await self._commit.send(signal)

    async def aclose(self) -> None:
        """Close the connection."""
        await self._commit.aclose(self._close)

    close = aclose

    def _store(self, signals: Sequence[Signal]) -> Refusals:
        import psycopg

        rows = [(signal.key, signal.client_no, _json(signal)) for signal in signals]
        try:
            connection = self._connected()
            try:
                self._insert(connection, rows)
            except (psycopg.DataError, psycopg.IntegrityError, UnicodeEncodeError):
                return self._insert_each(connection, rows)
        except psycopg.Error as error:
            self._close()
            text = str(error).strip() or type(error).__name__
            raise SinkUnavailable(f"PostgreSQL: {text}", operation="PostgresOutboxSink.send") from error
        return {}

    def _insert(self, connection: "psycopg.Connection", rows: Sequence[tuple[str, str, str]]) -> None:
        with _cut_after(2 * self._timeout, connection), connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(self._sql(_INSERT), rows)

    def _insert_each(self, connection: "psycopg.Connection", rows: Sequence[tuple[str, str, str]]) -> Refusals:
        """Insert one row at a time, since one is refused, so that the others are stored."""
        import psycopg

        refused: Refusals = {}
        for row in rows:
            try:
                self._insert(connection, [row])
            except (psycopg.DataError, psycopg.IntegrityError, UnicodeEncodeError) as error:
                text = f"PostgreSQL cannot store this signal: {error}"
                refused[row[0]] = SignalRefused(text, key=row[0], operation="PostgresOutboxSink.send")
        return refused

    def _connected(self) -> "psycopg.Connection":
        import psycopg

        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self._dsn, autocommit=True)
            with _cut_after(2 * self._timeout, self._connection):
                self._connection.execute(self._sql(_TABLE))
        return self._connection

    def _sql(self, text: LiteralString) -> "psycopg.sql.Composed":
        from psycopg.sql import SQL, Identifier

        return SQL(text).format(table=Identifier(*self._table.split(".")))

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _storable(text: str) -> str:
    return _NOT_IN_JSONB.sub("\ufffd", text)


def _json(signal: Signal) -> str:
    return json.dumps({k: _storable(v) if isinstance(v, str) else v for k, v in signal.as_dict().items()})


@contextmanager
def _cut_after(seconds: float, connection: "psycopg.Connection") -> Generator[None]:
    """End the connection if the block takes longer: a server that hangs does not obey its own `statement_timeout`."""
    wire = socket.fromfd(connection.fileno(), socket.AF_INET, socket.SOCK_STREAM)  # only shut down: any family will do
    timer = Timer(seconds, wire.shutdown, [socket.SHUT_RDWR])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        wire.close()
