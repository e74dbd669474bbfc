"""A program that follows alarms until it is killed: what it did stands in a file, which outlives it."""

import contextlib
import os
from collections.abc import Generator
from pathlib import Path
from typing import Self
from uuid import UUID

from attrs import frozen

from milestone_sdk import AlarmLine, BasicUser, Client, SqliteCheckpointStore, Trust

__all__ = ["Entry", "Order", "follow", "read_journal"]


@frozen
class Order:
    """What the program needs to know; crosses into its process."""

    url: str
    username: str
    password: str
    ca_file: str
    folder: Path

    @property
    def journal(self) -> Path:
        return self.folder / "journal.txt"

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints.db"


@frozen
class Entry:
    """One line of the journal: an alarm was delivered, or the checkpoint of it had returned."""

    what: str
    revision: int
    id: UUID

    @classmethod
    def of(cls, line: str) -> Self:
        what, revision, alarm_id = line.split()
        return cls(what, int(revision), UUID(alarm_id))

    @property
    def key(self) -> tuple[int, UUID]:
        return self.revision, self.id


def read_journal(path: Path) -> list[Entry]:
    """The entries that are there whole; a process that was killed may have left the last one torn."""
    if not path.exists():
        return []
    return [Entry.of(line) for line in path.read_text("ascii").split("\n")[:-1]]


class _Journal:
    """Every entry is on the disk when `write` returns."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    @classmethod
    @contextlib.contextmanager
    def opened(cls, path: Path) -> Generator[Self]:
        journal = cls(path)
        try:
            yield journal
        finally:
            os.close(journal._file)

    def write(self, what: str, alarm: AlarmLine) -> None:
        os.write(self._file, f"{what} {alarm.revision} {alarm.id}\n".encode())
        os.fsync(self._file)


def follow(order: Order) -> None:
    """Handle every alarm, and only then checkpoint it, forever."""
    user, trust = BasicUser(order.username, order.password), Trust.ca_file(order.ca_file)
    with (
        _Journal.opened(order.journal) as journal,
        SqliteCheckpointStore(order.checkpoints) as store,
        Client(order.url, user, trust=trust, trust_env=False) as site,
        site.alarms.subscribe(checkpoints=store, interval=0.05) as alarms,
    ):
        for alarm in alarms:
            journal.write("delivered", alarm)
            alarms.checkpoint(alarm)
            journal.write("checkpointed", alarm)
