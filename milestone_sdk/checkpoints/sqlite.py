"""Checkpoints in one SQLite file, for several sites, threads and processes."""

import os
import sqlite3
import sys
import time
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, Self
from uuid import UUID

from .._files import check_regular, open_regular
from .._net.forking import ForkAware, Lock
from ..errors import CheckpointError, ConfigurationError
from ..models.alarms.checkpoint import Acknowledgement, Checkpoint, CheckpointUpdate
from .processlocks import ProcessLocks, identity_of
from .store import in_use

__all__ = ["SqliteCheckpointStore"]

_APPLICATION: Final = 0x4D584350
"""Marks the file as ours, and not another program's database (`PRAGMA application_id`)."""
_SCHEMA_VERSION: Final = 5
_SCHEMA_WITHOUT_HANDLED: Final = 4
_HANDLED: Final = """
CREATE TABLE handled (
    subscription INTEGER NOT NULL, id BLOB NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (subscription, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX handled_in_order ON handled (subscription, number);
"""
_CARRY_OVER: Final = """
INSERT INTO handled SELECT subscription, id, ROW_NUMBER() OVER (PARTITION BY subscription ORDER BY MIN(revision), id)
FROM acknowledged GROUP BY subscription, id;
"""
_SCHEMA: Final = f"""
CREATE TABLE subscription (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, watermark INTEGER, local_id INTEGER, witness BLOB
);
CREATE TABLE acknowledged (
    subscription INTEGER NOT NULL, revision INTEGER NOT NULL, id BLOB NOT NULL, fingerprint INTEGER NOT NULL,
    PRIMARY KEY (subscription, revision, id, fingerprint)
) WITHOUT ROWID;
{_HANDLED}
PRAGMA application_id={_APPLICATION};
PRAGMA user_version={_SCHEMA_VERSION};
"""
_BUSY_SECONDS: Final = 10.0
"""How long another program may lock the database, and another process may take to open it."""
_BUSY_STEP: Final = 0.25
"""How often a wait for the database checks whether `close` was called."""
_DAMAGE: Final = (
    *(sqlite3.Error, sqlite3.Warning),
    *(OSError, ArithmeticError, LookupError, MemoryError, TypeError, ValueError),
)
"""Errors of the file system, of SQLite, and of reading the values in a damaged file."""
_CLAIM_SECONDS: Final = 1.0 if sys.platform == "win32" else 0.0
"""Windows may need some time to drop the locks of a process that was killed."""


class SqliteCheckpointStore(ForkAware):
    """One SQLite file for any number of sites; durable when `save` returns (WAL, `synchronous=FULL`).

    Threads may share it, and several processes may open the file as long as each follows other sites: claiming a key
    that is claimed raises an error. `-wal` and `-shm` lie beside `path` while it is open, and `-claims`, an empty file
    whose locks end with the process that holds them. `path` must be on a local disk, not on a network share. Files are
    created for this user only (mode 0600), and none may be a symbolic link. A forked child opens the file again by
    itself and holds no claims of its parent.

    Raises `CheckpointError` when the file cannot be opened, is damaged, is another program's, or was written by a newer
    release, and later when it was removed or replaced while open: it never starts again from nothing silently.
    """

    def __init__(self, path: str | Path) -> None:
        if not isinstance(path, str | Path) or str(path) in ("", ":memory:") or "\0" in str(path):
            raise ConfigurationError(
                f"path must name a file, got {str(path)!r}", hint="to keep nothing, use MemoryCheckpointStore()"
            )
        self._path = Path(path)
        self._lock = Lock()
        self._closing = False
        self._claimed: dict[str, int] = {}
        self._database: sqlite3.Connection | None = None
        self._unusable: str | None = None
        self._forking = self._forked = False
        super().__init__()
        try:
            self._locks = ProcessLocks(Path(f"{self._path}-claims"))
            try:
                self._database = self._open()
            except BaseException:
                self._locks.close()
                raise
        except _DAMAGE as error:
            raise self._failed("opened", error) from error

    def before_fork(self) -> None:
        """Close the database: a forked process must not use a connection of its parent, not even to close it."""
        self._forking = self._lock.acquire(timeout=_BUSY_SECONDS)
        if self._forking and self._database is not None:
            self._database.close()
            self._database = None

    def after_fork_in_parent(self) -> None:
        """Open the database again at the next use."""
        if self._forking:
            self._lock.release()

    def after_fork_in_child(self) -> None:
        """Start without the claims and locks, which stay with the parent."""
        if not self._forking:
            self._unusable = "it was in use while this process was forked; open it again in this process"
        self._forked, self._claimed = True, {}

    def _open(self) -> sqlite3.Connection:
        """Open the file, one process at a time, so that no other process sees an unfinished one."""
        if self._forked:
            self._locks = ProcessLocks(Path(f"{self._path}-claims"))
            self._forked = False
        if self._locks.take(0, patience=_BUSY_SECONDS) is not None:
            raise TimeoutError(f"another process has not finished opening it within {_BUSY_SECONDS:g} s")
        try:
            for part in ("", "-wal", "-shm", "-journal"):
                check_regular(Path(f"{self._path}{part}"))
            if identity_of(self._path) is None:
                _create(self._path)
            self._identity = identity_of(self._path)
            database = _connect(self._path)
            try:
                _prepare(database, self._path)
            except BaseException:
                database.close()
                raise
            return database
        finally:
            self._locks.release(0)

    @contextmanager
    def _transaction(self, what: str) -> Generator[sqlite3.Connection]:
        end = time.monotonic() + _BUSY_SECONDS
        try:
            if not self._lock.acquire(timeout=_BUSY_SECONDS):
                raise sqlite3.OperationalError("earlier calls still wait for the database")
            try:
                if self._closing:
                    raise sqlite3.ProgrammingError("it is closed")
                if self._unusable is not None:
                    raise OSError(self._unusable)
                self._check_place()
                if self._database is None:
                    self._database = self._open()
                self._begin(self._database, what, end)
                with self._database:
                    yield self._database
            finally:
                self._lock.release()
        except _DAMAGE as error:
            raise self._failed(what, error) from error

    def _begin(self, database: sqlite3.Connection, what: str, end: float) -> None:
        """Begin a transaction, waiting for other programs until `end`, or until this store is to be closed."""
        while True:
            try:
                database.execute("BEGIN IMMEDIATE" if what == "written" else "BEGIN")
                database.execute("SELECT 1 FROM subscription LIMIT 1").fetchall()  # only this locks for reading
            except sqlite3.OperationalError as error:
                if database.in_transaction:
                    database.rollback()
                if not _is_busy(error) or self._closing or time.monotonic() >= end:
                    raise
            else:
                return

    def _check_place(self) -> None:
        if identity_of(self._path) != self._identity or not self._locks.in_place:
            raise OSError("it, or its -claims, was removed or replaced while it was open")

    def load(self, key: str) -> Checkpoint:
        """Return what was saved last. Raises `CheckpointError`."""
        with self._transaction("read") as database:
            row = database.execute(
                "SELECT id, watermark, local_id, witness FROM subscription WHERE key=?", (key,)
            ).fetchone()
            if row is None:
                return Checkpoint()
            number, watermark, local_id, witness = row
            rows = database.execute(
                "SELECT revision, id, fingerprint FROM acknowledged WHERE subscription=?", (number,)
            ).fetchall()
            numbers = [watermark or 0, local_id or 0]
            numbers += [number for revision, _, mark in rows for number in (revision, mark)]
            if not all(isinstance(each, int) for each in numbers):
                raise TypeError(f"the rows of {key!r} hold values that are not integers")
            return Checkpoint(
                watermark=watermark,
                local_id=local_id,
                witness=None if witness is None else UUID(bytes=witness),
                acknowledged=frozenset(
                    Acknowledgement(revision, UUID(bytes=alarm), fingerprint) for revision, alarm, fingerprint in rows
                ),
            )

    def save(self, key: str, update: CheckpointUpdate) -> None:
        """Write the change in one transaction and flush it to disk. Raises `CheckpointError`."""
        forget_before, witness = update.forget_before, update.witness
        kept = [each for each in update.done if each.revision >= forget_before]
        with self._transaction("written") as database:
            (number,) = database.execute(
                "INSERT INTO subscription (key, watermark, local_id, witness) VALUES (?, ?, ?, ?) ON CONFLICT (key)"
                " DO UPDATE SET watermark=excluded.watermark, local_id=excluded.local_id, witness=excluded.witness"
                " RETURNING id",
                (key, update.watermark, update.local_id, None if witness is None else witness.bytes),
            ).fetchone()
            rows = [(number, each.revision, each.id.bytes, each.fingerprint) for each in kept]
            database.executemany("INSERT OR IGNORE INTO acknowledged VALUES (?, ?, ?, ?)", rows)
            database.execute("DELETE FROM acknowledged WHERE subscription=? AND revision<?", (number, forget_before))
            if update.handled:
                _remember(database, number, update)

    def is_handled(self, key: str, alarm_id: UUID) -> bool:
        """Return whether the alarm was saved as handled and is still remembered. Raises `CheckpointError`."""
        with self._transaction("read") as database:
            row = database.execute(
                "SELECT 1 FROM handled JOIN subscription ON subscription.id=subscription WHERE key=? AND handled.id=?",
                (key, alarm_id.bytes),
            ).fetchone()
            return row is not None

    def claim(self, key: str) -> None:
        """Reserve `key` until `release`, `close` or the end of the process, a crash included.

        Raises `CheckpointError` when a subscription of this or another process has it.
        """
        number = self._number(key)
        try:
            holder = self._locks.take(number, patience=_CLAIM_SECONDS)
        except _DAMAGE as error:
            raise self._failed("claimed", error) from error
        if holder is not None:
            raise in_use(key, str(self._path), holder)
        self._claimed[key] = number

    def _number(self, key: str) -> int:
        """Return the id of the row of `key`, which is also the number of its lock; insert the row if it is missing."""
        with self._transaction("read") as database:
            row = database.execute("SELECT id FROM subscription WHERE key=?", (key,)).fetchone()
        if row is None:
            with self._transaction("written") as database:
                database.execute("INSERT OR IGNORE INTO subscription (key) VALUES (?)", (key,))
                row = database.execute("SELECT id FROM subscription WHERE key=?", (key,)).fetchone()
        number: object = row and row[0]
        if not isinstance(number, int) or number < 1:
            raise self._failed("claimed", TypeError(f"the id of the row of {key!r} is not a number above 0"))
        return number

    def release(self, key: str) -> None:
        """Release the claim; does nothing if this store holds none."""
        number = self._claimed.pop(key, None)
        if number is not None:
            self._locks.release(number)

    def close(self) -> None:
        """Close the file and release all claims; the store cannot be used afterwards.

        Calls that wait because another program has locked the file end with `CheckpointError`.
        """
        self._closing = True
        with self._lock:
            if self._unusable is not None:
                return
            self._unusable = "it is closed"
            if self._database is not None:
                self._database.close()
            if not self._forked:
                self._locks.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _failed(self, what: str, error: Exception) -> CheckpointError:
        hint = "check the path, its permissions and the free space"
        if isinstance(error, sqlite3.OperationalError) and _is_busy(error):
            hint = "another program has locked it: close it there"
        return CheckpointError(f"{self._path} cannot be {what}: {error}", hint=hint)


def _remember(database: sqlite3.Connection, subscription: int, update: CheckpointUpdate) -> None:
    """Number the alarms in the order in which they were handled first, and keep those with the highest numbers."""
    last = "SELECT COALESCE(MAX(number), 0) FROM handled WHERE subscription=?"
    database.executemany(
        f"INSERT OR IGNORE INTO handled VALUES (?, ?, ({last}) + 1)",
        [(subscription, each.bytes, subscription) for each in update.handled],
    )
    database.execute(
        f"DELETE FROM handled WHERE subscription=? AND number <= ({last}) - ?",
        (subscription, subscription, update.keep_handled),
    )


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_BUSY_SECONDS)


def _create(path: Path) -> None:
    """Create the file under another name and rename it when it is complete: an empty file is then a damaged one."""
    if Path(f"{path}-wal").exists():
        raise CheckpointError(
            f"{path} is missing, but {path.name}-wal exists",
            hint="restore the file, or remove both to start without checkpoints",
        )
    unfinished = Path(f"{path}-new")
    for leftover in (unfinished, Path(f"{unfinished}-journal")):
        leftover.unlink(missing_ok=True)
    # SQLite gives its own files beside this one the same mode.
    os.close(open_regular(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with closing(_connect(unfinished)) as database:
        database.executescript(f"BEGIN;{_SCHEMA}COMMIT")
    unfinished.replace(path)
    if sys.platform != "win32":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    """Check that the database is a checkpoint store of this release, and make it durable."""
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    application: int = database.execute("PRAGMA application_id").fetchone()[0]
    if application != _APPLICATION:
        raise CheckpointError(
            f"{path} is another program's database, or empty (schema version {version})",
            hint="use another file; if this one did hold checkpoints, restore it from a backup",
        )
    if version not in (_SCHEMA_WITHOUT_HANDLED, _SCHEMA_VERSION):
        raise CheckpointError(
            f"{path} has schema version {version}, this release reads version {_SCHEMA_VERSION}",
            hint="it was written by another release; use that one, or another file",
        )
    mode: str = database.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode != "wal":
        raise OSError(f"a write-ahead log is not possible there (journal mode {mode})")
    database.execute("PRAGMA synchronous=FULL")
    found: str = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(found)
    if version == _SCHEMA_WITHOUT_HANDLED:
        database.executescript(f"BEGIN;{_HANDLED}{_CARRY_OVER}PRAGMA user_version={_SCHEMA_VERSION};COMMIT")
    database.execute(f"PRAGMA busy_timeout={int(_BUSY_STEP * 1000)}")


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
