"""Checkpoints in your own database: a row and its checkpoint are one transaction, so each alarm counts exactly once."""

import sqlite3
import threading
from pathlib import Path
from uuid import UUID

from milestone_sdk import Acknowledgement, Checkpoint, CheckpointUpdate, Client

TABLES = """
CREATE TABLE IF NOT EXISTS incident (
    revision INTEGER, alarm TEXT, fingerprint INTEGER, what TEXT, PRIMARY KEY (revision, alarm, fingerprint)
);
CREATE TABLE IF NOT EXISTS alarm_position (key TEXT PRIMARY KEY, watermark INTEGER, local_id INTEGER, witness TEXT);
CREATE TABLE IF NOT EXISTS alarm_done (
    key TEXT, revision INTEGER, alarm TEXT, fingerprint INTEGER, PRIMARY KEY (key, revision, alarm, fingerprint)
);
CREATE TABLE IF NOT EXISTS alarm_handled (
    key TEXT, alarm TEXT, number INTEGER, PRIMARY KEY (key, alarm), UNIQUE (key, number)
);
"""
LAST = "SELECT COALESCE(MAX(number), 0) FROM alarm_handled WHERE key=?"
REMEMBER = f"INSERT OR IGNORE INTO alarm_handled VALUES (?, ?, ({LAST}) + 1)"
FORGET = f"DELETE FROM alarm_handled WHERE key=? AND number <= ({LAST}) - ?"


class OwnCheckpoints:
    """A checkpoint store on a connection that the program uses for its own rows too.

    It has no `claim`, so nothing stops a second program that uses the same file.
    """

    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database
        self.lock = threading.Lock()

    def load(self, key: str) -> Checkpoint:
        """Return the checkpoint that was saved last."""
        with self.lock:
            position = self.database.execute(
                "SELECT watermark, local_id, witness FROM alarm_position WHERE key=?", (key,)
            ).fetchone()
            rows = self.database.execute(
                "SELECT revision, alarm, fingerprint FROM alarm_done WHERE key=?", (key,)
            ).fetchall()
        watermark, local_id, witness = position or (None, None, None)
        return Checkpoint(
            watermark=watermark,
            local_id=local_id,
            witness=None if witness is None else UUID(witness),
            acknowledged=frozenset(Acknowledgement(revision, UUID(alarm), mark) for revision, alarm, mark in rows),
        )

    def save(self, key: str, update: CheckpointUpdate) -> None:
        """Write the update, and commit it together with what the program wrote since the last commit, or neither."""
        witness = None if update.witness is None else str(update.witness)
        rows = [(key, each.revision, str(each.id), each.fingerprint) for each in update.done]
        with self.lock, self.database as database:
            position = (key, update.watermark, update.local_id, witness)
            database.execute("REPLACE INTO alarm_position VALUES (?, ?, ?, ?)", position)
            database.executemany("INSERT OR IGNORE INTO alarm_done VALUES (?, ?, ?, ?)", rows)
            database.execute("DELETE FROM alarm_done WHERE key=? AND revision<?", (key, update.forget_before))
            if update.handled:
                database.executemany(REMEMBER, [(key, str(alarm), key) for alarm in update.handled])
                database.execute(FORGET, (key, key, update.keep_handled))

    def is_handled(self, key: str, alarm_id: UUID) -> bool:
        """Return whether the alarm was saved as handled."""
        with self.lock:
            found = self.database.execute("SELECT 1 FROM alarm_handled WHERE key=? AND alarm=?", (key, str(alarm_id)))
            return found.fetchone() is not None


def main(
    *,
    path: Path = Path("incidents.db"),
    count: int | None = None,
) -> None:
    database = sqlite3.connect(path)
    database.executescript(TABLES)
    done = 0
    try:
        with (
            Client.from_env() as site,
            site.alarms.subscribe(checkpoints=OwnCheckpoints(database)) as alarms,
        ):
            for alarm in alarms:
                what = f"{alarm.source_name}: {alarm.message}"
                row = (alarm.revision, str(alarm.id), alarm.fingerprint, what)
                database.execute("INSERT OR IGNORE INTO incident VALUES (?, ?, ?, ?)", row)
                alarms.checkpoint(alarm)
                print(what, flush=True)
                done += 1
                if done == count:
                    break
    finally:
        database.close()


if __name__ == "__main__":
    main()
