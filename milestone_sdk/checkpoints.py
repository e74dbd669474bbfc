"""Where a subscription remembers which alarms are done, so that no restart loses one.

A store is handed to `site.alarms.subscribe(checkpoints=...)`. It may be your own database: then the alarm's effect and
its checkpoint can be one transaction.
"""

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol, Self, runtime_checkable
from uuid import UUID

from attrs import frozen

from .errors import CheckpointError

__all__ = ["Acknowledgement", "Checkpoint", "CheckpointStore", "MemoryCheckpointStore", "SqliteCheckpointStore"]


@frozen(order=True)
class Acknowledgement:
    """One state of one alarm that its receiver is done with; `revision` is the server's `Modified` in .NET ticks."""

    revision: int
    id: UUID


@frozen(kw_only=True)
class Checkpoint:
    """Up to where a subscription is done.

    Every alarm that was delivered with a revision below `watermark` is done; of those at or near it, the ones in
    `acknowledged`. `None` as watermark means that nothing has been followed yet.
    """

    watermark: int | None = None
    acknowledged: frozenset[Acknowledgement] = frozenset()


@runtime_checkable
class CheckpointStore(Protocol):
    """What a store must do. `key` names one subscription of one site; calls for one key never overlap."""

    def load(self, key: str) -> Checkpoint:
        """Return what was saved last, an empty `Checkpoint` if nothing was. Raises `CheckpointError`."""
        ...

    def save(self, key: str, *, watermark: int, done: Sequence[Acknowledgement], forget_before: int) -> None:
        """Set the watermark, add `done`, drop what is older than `forget_before`: all or nothing.

        When this returns, the change must survive a crash of the process and of the machine. Raises
        `CheckpointError`.
        """
        ...


class MemoryCheckpointStore:
    """Forgets everything when the process ends: for trials, and for receivers that want only what is new."""

    def __init__(self) -> None:
        self._checkpoints: dict[str, Checkpoint] = {}

    def load(self, key: str) -> Checkpoint:
        """Return what was saved last."""
        return self._checkpoints.get(key, Checkpoint())

    def save(self, key: str, *, watermark: int, done: Sequence[Acknowledgement], forget_before: int) -> None:
        """Keep the change until the process ends."""
        kept = {entry for entry in self.load(key).acknowledged if entry.revision >= forget_before}
        self._checkpoints[key] = Checkpoint(watermark=watermark, acknowledged=frozenset(kept.union(done)))


_SCHEMA_VERSION: Final = 1
_SCHEMA: Final = """
CREATE TABLE position (key TEXT PRIMARY KEY, watermark INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE acknowledged (
    key TEXT NOT NULL, revision INTEGER NOT NULL, id BLOB NOT NULL, PRIMARY KEY (key, revision, id)
) WITHOUT ROWID;
"""


class SqliteCheckpointStore:
    """One SQLite file for any number of sites; durable when `save` returns (WAL, `synchronous=FULL`).

    May be shared by threads. Raises `CheckpointError` when the file cannot be opened, is no such store, or was
    written by a newer release: never starts over silently.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._lock = threading.Lock()
        try:
            self._database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=10.0)
        except sqlite3.Error as error:
            raise self._failed("opened", error) from error
        try:
            self._prepare()
        except sqlite3.Error as error:
            self._database.close()
            raise self._failed("opened", error) from error
        except CheckpointError:
            self._database.close()
            raise

    def _prepare(self) -> None:
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("BEGIN IMMEDIATE")
        with self._database:
            version: int = self._database.execute("PRAGMA user_version").fetchone()[0]
            tables: int = self._database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if version == 0 and tables == 0:
                for statement in _SCHEMA.split(";"):
                    self._database.execute(statement)
                self._database.execute(f"PRAGMA user_version={_SCHEMA_VERSION}")
            elif version != _SCHEMA_VERSION:
                raise CheckpointError(
                    f"{self._path} has schema version {version}, this release reads {_SCHEMA_VERSION}",
                    hint="it was written by another program or a newer release; use that, or another file",
                )

    def load(self, key: str) -> Checkpoint:
        """Return what was saved last. Raises `CheckpointError`."""
        try:
            with self._lock:
                row = self._database.execute("SELECT watermark FROM position WHERE key=?", (key,)).fetchone()
                rows = self._database.execute("SELECT revision, id FROM acknowledged WHERE key=?", (key,)).fetchall()
            done = frozenset(Acknowledgement(revision, UUID(bytes=raw)) for revision, raw in rows)
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise self._failed("read", error) from error
        return Checkpoint(watermark=row[0] if row else None, acknowledged=done)

    def save(self, key: str, *, watermark: int, done: Sequence[Acknowledgement], forget_before: int) -> None:
        """Write the change in one transaction and flush it to disk. Raises `CheckpointError`."""
        entries = [(key, entry.revision, entry.id.bytes) for entry in done]
        try:
            with self._lock:
                self._database.execute("BEGIN IMMEDIATE")
                with self._database:
                    self._database.execute(
                        "INSERT INTO position VALUES (?, ?)"
                        " ON CONFLICT (key) DO UPDATE SET watermark=excluded.watermark",
                        (key, watermark),
                    )
                    self._database.executemany("INSERT OR IGNORE INTO acknowledged VALUES (?, ?, ?)", entries)
                    self._database.execute("DELETE FROM acknowledged WHERE key=? AND revision<?", (key, forget_before))
        except sqlite3.Error as error:
            raise self._failed("written", error) from error

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        with self._lock:
            self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def _failed(self, what: str, error: Exception) -> CheckpointError:
        return CheckpointError(
            f"{self._path} cannot be {what}: {error}", hint="check the path, its permissions and the free space"
        )
