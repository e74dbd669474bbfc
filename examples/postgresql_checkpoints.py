"""Checkpoints in PostgreSQL: a row and its checkpoint are one transaction, so each alarm counts exactly once."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from uuid import UUID

import psycopg
from psycopg.pq import TransactionStatus

from milestone_sdk import Acknowledgement, Checkpoint, CheckpointError, CheckpointUpdate, Client

TABLES = """
CREATE TABLE IF NOT EXISTS incident (
    revision bigint, alarm uuid, fingerprint bigint, what text, PRIMARY KEY (revision, alarm, fingerprint)
);
CREATE TABLE IF NOT EXISTS alarm_position (key text PRIMARY KEY, watermark bigint, local_id integer, witness uuid);
CREATE TABLE IF NOT EXISTS alarm_done (
    key text, revision bigint, alarm uuid, fingerprint bigint, PRIMARY KEY (key, revision, alarm, fingerprint)
);
CREATE TABLE IF NOT EXISTS alarm_handled (key text, alarm uuid, number bigint, PRIMARY KEY (key, alarm));
CREATE INDEX IF NOT EXISTS alarm_handled_in_order ON alarm_handled (key, number);
"""
LAST = "SELECT coalesce(max(number), 0) FROM alarm_handled WHERE key = %s"
REMEMBER = f"INSERT INTO alarm_handled VALUES (%s, %s, ({LAST}) + 1) ON CONFLICT DO NOTHING"
FORGET = f"DELETE FROM alarm_handled WHERE key = %s AND number <= ({LAST}) - %s"


class PostgresqlCheckpoints:
    """A checkpoint store on a connection that the program uses for its own rows too; one for each subscription.

    Claims are advisory locks of the session: the server frees them when the connection ends for any reason, and a
    connection that has lost them cannot save. A pooler that shares sessions between programs breaks both.
    """

    def __init__(self, connection: psycopg.Connection, *, patience: float = 2.0) -> None:
        self.connection = connection
        self.patience = patience
        self.lock = threading.Lock()
        self.claimed: set[str] = set()

    @contextmanager
    def _used(self) -> Generator[psycopg.Connection]:
        with self.lock:
            try:
                yield self.connection
            except psycopg.Error as error:
                raise CheckpointError(f"PostgreSQL: {error}") from error

    def load(self, key: str) -> Checkpoint:
        """Return the checkpoint that was saved last."""
        with self._used() as connection, connection.transaction():
            position = connection.execute(
                "SELECT watermark, local_id, witness FROM alarm_position WHERE key = %s", [key]
            ).fetchone()
            rows = connection.execute(
                "SELECT revision, alarm, fingerprint FROM alarm_done WHERE key = %s", [key]
            ).fetchall()
        watermark, local_id, witness = position or (None, None, None)
        done = frozenset(Acknowledgement(*row) for row in rows)
        return Checkpoint(watermark=watermark, local_id=local_id, witness=witness, acknowledged=done)

    def save(self, key: str, update: CheckpointUpdate) -> None:
        """Write the update, and commit it together with what the program wrote since the last commit, or neither."""
        rows = [(key, each.revision, each.id, each.fingerprint) for each in update.done]
        with self._used() as connection:
            try:
                with connection.cursor() as cursor:
                    cursor.execute(
                        "INSERT INTO alarm_position VALUES (%s, %s, %s, %s) ON CONFLICT (key) DO UPDATE SET"
                        " watermark = excluded.watermark, local_id = excluded.local_id, witness = excluded.witness",
                        [key, update.watermark, update.local_id, update.witness],
                    )
                    cursor.executemany("INSERT INTO alarm_done VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING", rows)
                    cursor.execute(
                        "DELETE FROM alarm_done WHERE key = %s AND revision < %s", [key, update.forget_before]
                    )
                    if update.handled:
                        cursor.executemany(REMEMBER, [(key, alarm, key) for alarm in update.handled])
                        cursor.execute(FORGET, [key, key, update.keep_handled])
                connection.commit()
            except BaseException:
                if not connection.closed:
                    connection.rollback()
                raise

    def is_handled(self, key: str, alarm_id: UUID) -> bool:
        """Return whether the alarm was saved as handled."""
        with self._used() as connection, connection.transaction():
            return connection.execute(
                "SELECT EXISTS (SELECT FROM alarm_handled WHERE key = %s AND alarm = %s)", [key, alarm_id]
            ).fetchone() == (True,)

    def claim(self, key: str) -> None:
        """Reserve `key` until `release`, or until the connection ends.

        Waits for `patience` seconds: the server may need some time to see that a program was killed.
        """
        with self._used() as connection:
            if key in self.claimed:  # the server would give the session its own lock again
                raise CheckpointError(f"{key!r} is in use by another subscription on this connection")
            try:
                with connection.transaction():
                    connection.execute("SELECT set_config('lock_timeout', %s, true)", [f"{self.patience * 1000:.0f}ms"])
                    connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [key])
            except psycopg.errors.LockNotAvailable as error:
                raise CheckpointError(f"{key!r} is in use by another subscription") from error
            self.claimed.add(key)

    def release(self, key: str) -> None:
        """Free `key`, unless the connection has ended; commits nothing."""
        with self._used() as connection:
            if key in self.claimed and not connection.closed:
                if connection.info.transaction_status == TransactionStatus.INERROR:
                    connection.rollback()
                with connection.transaction():
                    connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])
            self.claimed.discard(key)

    def close(self) -> None:
        """End the connection, which frees all claims."""
        self.connection.close()


def main(
    *,
    database: str = "dbname=arc",
    count: int | None = None,
) -> None:
    done = 0
    # The claims of a program whose machine is gone end after half a minute.
    supervised = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4"
    with psycopg.connect(database, options=supervised) as connection:
        connection.execute(TABLES)
        connection.commit()
        with (
            Client.from_env() as site,
            site.alarms.subscribe(checkpoints=PostgresqlCheckpoints(connection)) as alarms,
        ):
            for alarm in alarms:
                what = f"{alarm.source_name}: {alarm.message}"
                row = (alarm.revision, alarm.id, alarm.fingerprint, what)
                connection.execute("INSERT INTO incident VALUES (%s, %s, %s, %s)", row)
                alarms.checkpoint(alarm)
                print(what, flush=True)
                done += 1
                if done == count:
                    break


if __name__ == "__main__":
    main()
