"""Where a subscription remembers which alarms are done, so that no restart loses one.

A store is handed to `site.alarms.subscribe(checkpoints=...)`. It may be your own database: then the alarm's effect and
its checkpoint can be one transaction. `milestone_sdk.testing.check_checkpoint_store` tells whether a store of your own
does what it must.
"""

import os
import sqlite3
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol, Self, runtime_checkable
from uuid import UUID

from .._files import check_regular, open_regular
from .._net.forking import ForkAware, Lock
from ..errors import CheckpointError, ConfigurationError
from ..models.alarms.checkpoint import Acknowledgement, Checkpoint, CheckpointUpdate
from .processlocks import ProcessLocks, identity_of

__all__ = [
    "Acknowledgement",
    "Checkpoint",
    "CheckpointStore",
    "CheckpointUpdate",
    "ClaimingCheckpointStore",
    "MemoryCheckpointStore",
    "SqliteCheckpointStore",
]


@runtime_checkable
class CheckpointStore(Protocol):
    """What a store must do. `key` names one subscription of one site.

    Calls for one key never overlap; those for several may, and come from any thread.
    """

    def load(self, key: str) -> Checkpoint:
        """Return what was saved last, an empty `Checkpoint` if nothing was. Raises `CheckpointError`."""
        ...

    def save(self, key: str, update: CheckpointUpdate) -> None:
        """Carry out the update: all of it or nothing. What it does stands in `CheckpointUpdate`.

        When this returns, the change must survive a crash of the process and of the machine. Raises `CheckpointError`.
        """
        ...


@runtime_checkable
class ClaimingCheckpointStore(CheckpointStore, Protocol):
    """A store that also keeps two subscriptions, of one process or of several, from using one key at a time.

    A claim ends with `release`, and with whatever the store lives in: its file is closed, its connection is lost, its
    process dies. It must never need cleaning by hand.
    """

    def claim(self, key: str) -> None:
        """Reserve `key`. Raises `CheckpointError` when it is claimed already, be it by this very store."""
        ...

    def release(self, key: str) -> None:
        """Give up the claim of this store; nothing happens if it holds none, or has lost it."""
        ...


def in_use(key: str, where: str, holder: str) -> CheckpointError:
    """Return the error for a key that another subscription has."""
    return CheckpointError(
        f"the checkpoints of {key!r} in {where} are in use by another subscription in {holder}",
        hint="end that one first, or give one of them another name",
    )


class MemoryCheckpointStore(ForkAware):
    """Forgets everything when the process ends: for trials, and for receivers that want only what is new."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._checkpoints: dict[str, Checkpoint] = {}
        self._claimed: set[str] = set()

    def after_fork_in_child(self) -> None:
        """The child has a memory of its own."""
        self._claimed = set()

    def load(self, key: str) -> Checkpoint:
        """Return what was saved last."""
        return self._checkpoints.get(key, Checkpoint())

    def save(self, key: str, update: CheckpointUpdate) -> None:
        """Keep the change until the process ends."""
        known = self.load(key).acknowledged.union(update.done)
        self._checkpoints[key] = Checkpoint(
            watermark=update.watermark,
            local_id=update.local_id,
            witness=update.witness,
            acknowledged=frozenset(entry for entry in known if entry.revision >= update.forget_before),
        )

    def claim(self, key: str) -> None:
        """Reserve `key` for one subscription. Raises `CheckpointError` when it is claimed already."""
        with self._lock:
            if key in self._claimed:
                raise in_use(key, "memory", "this process")
            self._claimed.add(key)

    def release(self, key: str) -> None:
        """Give up the claim, if there is one."""
        with self._lock:
            self._claimed.discard(key)


_APPLICATION: Final = 0x4D584350
"""What tells such a file from other programs' databases (`PRAGMA application_id`)."""
_SCHEMA_VERSION: Final = 4
_SCHEMA: Final = f"""
CREATE TABLE subscription (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, watermark INTEGER, local_id INTEGER, witness BLOB
);
CREATE TABLE acknowledged (
    subscription INTEGER NOT NULL, revision INTEGER NOT NULL, id BLOB NOT NULL, fingerprint INTEGER NOT NULL,
    PRIMARY KEY (subscription, revision, id, fingerprint)
) WITHOUT ROWID;
PRAGMA application_id={_APPLICATION};
PRAGMA user_version={_SCHEMA_VERSION};
"""
_BUSY_SECONDS: Final = 10.0
"""How long another program may keep the database to itself, and another process may take to open it."""
_BUSY_STEP: Final = 0.25
"""After so long it is looked whether the store is to be closed meanwhile."""
_DAMAGE: Final = (
    sqlite3.Error,
    sqlite3.Warning,
    OSError,
    ArithmeticError,
    LookupError,
    MemoryError,
    TypeError,
    ValueError,
)
"""What the file system, SQLite and the values in a damaged file raise."""
_CLAIM_SECONDS: Final = 1.0 if sys.platform == "win32" else 0.0
"""Windows may take a moment to drop the locks of a process that was killed."""


class SqliteCheckpointStore(ForkAware):
    """One SQLite file for any number of sites; durable when `save` returns (WAL, `synchronous=FULL`).

    May be shared by threads, and opened by several processes as long as each follows other sites: a key that is
    claimed is an error to everybody else. Beside `path` lie `-wal` and `-shm` while it is open, and `-claims`, an empty
    file whose locks end with the process that holds them. A folder of this machine is needed, no network share. Each
    of them is created for this user alone (mode 0600), and none may be a symbolic link. A forked child opens the file
    again by itself and holds no claims of its parent.

    Raises `CheckpointError` when the file cannot be opened, is damaged, is no such store, or was written by a newer
    release, and later when it was removed or replaced while open: never starts over silently.
    """

    def __init__(self, path: str | Path) -> None:
        if not isinstance(path, str | Path) or str(path) in ("", ":memory:"):
            raise ConfigurationError(
                f"{str(path)!r} is no file, and would be forgotten", hint="MemoryCheckpointStore() says so by its name"
            )
        if "\0" in str(path):
            raise ConfigurationError(f"{str(path)!r} is no path: it holds NUL")
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
        """Close the database: no connection of SQLite may be carried into another process, not even to close it."""
        self._forking = self._lock.acquire(timeout=_BUSY_SECONDS)
        if self._forking and self._database is not None:
            self._database.close()
            self._database = None

    def after_fork_in_parent(self) -> None:
        """Open the database again at the next use."""
        if self._forking:
            self._lock.release()

    def after_fork_in_child(self) -> None:
        """Begin without claims and locks; those of the parent are its own."""
        if not self._forking:
            self._unusable = "it was in use while this process was forked; open it again in this process"
        self._forked, self._claimed = True, {}

    def _open(self) -> sqlite3.Connection:
        """Open the file, one process at a time, so that nobody sees one that is half made."""
        if self._locks.take(0, patience=_BUSY_SECONDS) is not None:
            raise self._failed("opened", TimeoutError("another process is opening it and does not get on"))
        try:
            for part in ("", "-wal", "-shm", "-journal"):
                check_regular(Path(f"{self._path}{part}"))
            if identity_of(self._path) is None:
                self._make()
            self._identity = identity_of(self._path)
            database = self._connect(self._path)
            try:
                self._prepare(database)
                database.execute(f"PRAGMA busy_timeout={int(_BUSY_STEP * 1000)}")
            except BaseException:
                database.close()
                raise
            return database
        finally:
            self._locks.release(0)

    def _open_again(self) -> sqlite3.Connection:
        if self._forked:
            self._locks = ProcessLocks(Path(f"{self._path}-claims"))
            self._forked = False
        return self._open()

    @staticmethod
    def _connect(path: Path) -> sqlite3.Connection:
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_BUSY_SECONDS)

    def _make(self) -> None:
        """Make the file whole before it gets its name: so an empty one is a damaged one."""
        if Path(f"{self._path}-wal").exists():
            raise CheckpointError(
                f"{self._path} is missing, but its {self._path.name}-wal is there",
                hint="bring the file back, or remove both to begin anew",
            )
        unfinished = Path(f"{self._path}-new")
        for leftover in (unfinished, Path(f"{unfinished}-journal")):
            leftover.unlink(missing_ok=True)
        # SQLite gives its own files beside this one the same mode.
        os.close(open_regular(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        database = self._connect(unfinished)
        try:
            database.executescript(f"BEGIN;{_SCHEMA}COMMIT")
        finally:
            database.close()
        unfinished.replace(self._path)
        if sys.platform != "win32":
            folder = os.open(self._path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _prepare(self, database: sqlite3.Connection) -> None:
        version: int = database.execute("PRAGMA user_version").fetchone()[0]
        application: int = database.execute("PRAGMA application_id").fetchone()[0]
        if application != _APPLICATION:
            raise CheckpointError(
                f"{self._path} is a database of another program, or empty (schema version {version})",
                hint="use another file; if this one did hold checkpoints, bring it back from a backup",
            )
        if version != _SCHEMA_VERSION:
            raise CheckpointError(
                f"{self._path} has schema version {version}, this release reads version {_SCHEMA_VERSION}",
                hint="it was written by another release; use that one, or another file",
            )
        mode: str = database.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        if mode != "wal":
            raise self._failed("opened", OSError(f"no write-ahead log is possible there (journal mode {mode})"))
        database.execute("PRAGMA synchronous=FULL")
        found: str = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise self._failed("opened", sqlite3.DatabaseError(found))

    @contextmanager
    def _transaction(self, what: str) -> Generator[sqlite3.Connection]:
        end = time.monotonic() + _BUSY_SECONDS
        try:
            if not self._lock.acquire(timeout=_BUSY_SECONDS):
                raise sqlite3.OperationalError("the calls before this one wait for the database")
            try:
                if self._closing:
                    raise sqlite3.ProgrammingError("it is closed")
                if self._unusable is not None:
                    raise OSError(self._unusable)
                self._check_place()
                if self._database is None:
                    self._database = self._open_again()
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
            numbers = [
                watermark or 0,
                local_id or 0,
                *(number for revision, _, mark in rows for number in (revision, mark)),
            ]
            if not all(isinstance(each, int) for each in numbers):
                raise TypeError(f"the rows of {key!r} hold something other than integers")
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

    def claim(self, key: str) -> None:
        """Reserve `key` until `release`, `close` or the death of the process, however it dies.

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
        """Return the row of `key`, which is also the number of its lock; make one if there is none."""
        with self._transaction("read") as database:
            row = database.execute("SELECT id FROM subscription WHERE key=?", (key,)).fetchone()
        if row is None:
            with self._transaction("written") as database:
                database.execute("INSERT OR IGNORE INTO subscription (key) VALUES (?)", (key,))
                row = database.execute("SELECT id FROM subscription WHERE key=?", (key,)).fetchone()
        number: object = row and row[0]
        if not isinstance(number, int) or number < 1:
            raise self._failed("claimed", TypeError(f"the row of {key!r} has no number"))
        return number

    def release(self, key: str) -> None:
        """Give up the claim; nothing happens if this store holds none."""
        number = self._claimed.pop(key, None)
        if number is not None:
            self._locks.release(number)

    def close(self) -> None:
        """Close the file and give up all claims; the store cannot be used afterwards.

        Calls that wait for another program, which holds the file locked, end with `CheckpointError`.
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


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
