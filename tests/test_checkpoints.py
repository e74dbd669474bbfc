"""What a subscription remembers, and that it is still there after a crash."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from milestone_sdk import (
    Acknowledgement,
    Checkpoint,
    CheckpointError,
    CheckpointStore,
    MemoryCheckpointStore,
    SqliteCheckpointStore,
)

ONE, TWO, THREE = (Acknowledgement(revision, UUID(int=revision)) for revision in (1, 2, 3))


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CheckpointStore]:
    if request.param == "memory":
        yield MemoryCheckpointStore()
        return
    with SqliteCheckpointStore(tmp_path / "checkpoints.db") as opened:
        yield opened


def test_an_unknown_key_has_an_empty_checkpoint(store: CheckpointStore) -> None:
    assert store.load("nobody") == Checkpoint()


def test_what_is_saved_is_loaded(store: CheckpointStore) -> None:
    store.save("site/default", watermark=1, done=[ONE, THREE], forget_before=0)
    store.save("site/default", watermark=2, done=[TWO], forget_before=0)
    assert store.load("site/default") == Checkpoint(watermark=2, acknowledged=frozenset({ONE, TWO, THREE}))


def test_what_is_older_than_the_horizon_is_forgotten(store: CheckpointStore) -> None:
    store.save("k", watermark=1, done=[ONE, TWO], forget_before=0)
    store.save("k", watermark=3, done=[THREE], forget_before=2)
    assert store.load("k") == Checkpoint(watermark=3, acknowledged=frozenset({TWO, THREE}))


def test_the_watermark_may_go_back(store: CheckpointStore) -> None:
    """An alarm that was committed late is older than what is done already."""
    store.save("k", watermark=9, done=[], forget_before=0)
    store.save("k", watermark=4, done=[], forget_before=0)
    assert store.load("k").watermark == 4


def test_keys_do_not_mix(store: CheckpointStore) -> None:
    store.save("a", watermark=1, done=[ONE], forget_before=0)
    store.save("b", watermark=2, done=[TWO], forget_before=2)
    assert store.load("a") == Checkpoint(watermark=1, acknowledged=frozenset({ONE}))


def test_saving_twice_is_saving_once(store: CheckpointStore) -> None:
    for _ in range(2):
        store.save("k", watermark=1, done=[ONE], forget_before=0)
    assert store.load("k").acknowledged == {ONE}


def test_revisions_beyond_32_bits_survive(store: CheckpointStore) -> None:
    late = Acknowledgement(639_000_000_000_000_001, UUID(int=2**128 - 1))
    store.save("k", watermark=late.revision, done=[late], forget_before=0)
    assert store.load("k") == Checkpoint(watermark=late.revision, acknowledged=frozenset({late}))


def test_a_file_survives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "arc.db"
    code = (
        "import os, sys; from uuid import UUID; from milestone_sdk import SqliteCheckpointStore, Acknowledgement\n"
        "store = SqliteCheckpointStore(sys.argv[1])\n"
        "store.save('k', watermark=7, done=[Acknowledgement(7, UUID(int=7))], forget_before=0)\n"
        "os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode == 9
    with SqliteCheckpointStore(path) as opened:
        assert opened.load("k") == Checkpoint(watermark=7, acknowledged=frozenset({Acknowledgement(7, UUID(int=7))}))


def test_one_store_serves_several_threads(tmp_path: Path) -> None:
    with SqliteCheckpointStore(tmp_path / "arc.db") as opened:

        def work(key: str) -> None:
            for n in range(20):
                opened.save(key, watermark=n, done=[Acknowledgement(n, UUID(int=n))], forget_before=0)

        threads = [threading.Thread(target=work, args=(f"site{n}",)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert [len(opened.load(f"site{n}").acknowledged) for n in range(4)] == [20] * 4


def test_a_store_of_a_newer_release_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "arc.db"
    SqliteCheckpointStore(path).close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(CheckpointError, match="99"):
        SqliteCheckpointStore(path)


def test_another_programs_database_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE customers (name TEXT)")
    database.close()
    with pytest.raises(CheckpointError, match="another program"):
        SqliteCheckpointStore(path)


def test_a_torn_file_is_an_error_and_no_new_start(tmp_path: Path) -> None:
    path = tmp_path / "arc.db"
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 4000)
    with pytest.raises(CheckpointError, match="cannot be opened"):
        SqliteCheckpointStore(path)


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="path"):
        SqliteCheckpointStore(tmp_path / "none" / "arc.db")


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    opened = SqliteCheckpointStore(tmp_path / "arc.db")
    opened.close()
    with pytest.raises(CheckpointError):
        opened.load("k")
    with pytest.raises(CheckpointError):
        opened.save("k", watermark=1, done=[], forget_before=0)
