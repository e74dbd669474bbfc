"""What a subscription remembers survives a crash, and no other one writes to it meanwhile.

What every store must do is checked in `test_conformance.py`.
"""

import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from uuid import UUID

import pytest

from milestone_sdk import (
    Acknowledgement,
    Checkpoint,
    CheckpointError,
    CheckpointUpdate,
    ConfigurationError,
    MemoryCheckpointStore,
    SqliteCheckpointStore,
)
from milestone_sdk.checkpoints import ClaimingCheckpointStore
from milestone_sdk.checkpoints.claim import Claim
from milestone_sdk.checkpoints.processlocks import ProcessLocks

from ..support.stopwatch import Stopwatch

PROLOGUE = """
import os, sys
from uuid import UUID
from milestone_sdk import Acknowledgement, CheckpointError, CheckpointUpdate, SqliteCheckpointStore
path = sys.argv[1]
def ack(number): return Acknowledgement(number, UUID(int=number))
"""
LATE = 639_000_000_000_000_001
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows does not remove an open file, and has no fork")

Program = Callable[[str], "subprocess.Popen[str]"]


def ack(number: int) -> Acknowledgement:
    return Acknowledgement(number, UUID(int=number))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "arc.db"


@pytest.fixture
def program(path: Path) -> Iterator[Program]:
    """Starts a program that uses the same file; it is killed at the end of the test."""
    started: list[subprocess.Popen[str]] = []

    def start(code: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-W", "error", "-c", PROLOGUE + textwrap.dedent(code), str(path)]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def line_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


# What is in the file


def test_a_file_survives_the_process(path: Path, program: Program) -> None:
    ended = program(
        "SqliteCheckpointStore(path).save('k', CheckpointUpdate(watermark=7, local_id=0, done=[ack(7)])); os._exit(9)"
    )
    assert ended.wait(30) == 9
    with SqliteCheckpointStore(path) as opened:
        assert opened.load("k") == Checkpoint(watermark=7, local_id=0, acknowledged=frozenset({ack(7)}))


@pytest.mark.promise(12)
def test_a_kill_leaves_whole_saves(path: Path, program: Program) -> None:
    """Every save writes a watermark and two acknowledgements; at any time all three are there, or none."""
    saving = """
        store = SqliteCheckpointStore(path)
        store.claim("k")
        n = (store.load("k").watermark or 0) + 1
        while True:
            store.save("k", CheckpointUpdate(watermark=n, local_id=0, done=[ack(n), ack(n + 10**9)], forget_before=0))
            print(n, flush=True)
            n += 1
    """
    dice = random.Random(8)
    told = 0
    for _ in range(8):
        process = program(saving)
        for _ in range(dice.randrange(1, 60)):
            told = int(line_of(process))
        process.kill()
        assert process.stdout is not None
        rest = process.stdout.read().split()  # `communicate` would leave out what is buffered here
        told = int(rest[-1]) if rest else told
        with SqliteCheckpointStore(path) as opened:
            found = opened.load("k")
        assert found.watermark is not None
        assert told <= found.watermark <= told + 1
        numbers = range(1, found.watermark + 1)
        assert found.acknowledged == {ack(n) for n in numbers} | {ack(n + 10**9) for n in numbers}


@pytest.mark.promise(12)
def test_every_save_is_flushed_to_the_disk(path: Path) -> None:
    """No test can cut the power: what SQLite promises of these settings has to do."""
    with SqliteCheckpointStore(path) as opened:
        database = opened._database
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("PRAGMA synchronous").fetchone() == (2,), "FULL"


@POSIX
def test_a_full_disk_is_an_error_and_loses_nothing(path: Path, program: Program) -> None:
    process = program("""
        import resource
        store = SqliteCheckpointStore(path)
        store.save("k", CheckpointUpdate(watermark=1, local_id=0, done=[ack(1)], forget_before=0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
        try:
            done = [ack(n) for n in range(20_000)]
            store.save("k", CheckpointUpdate(watermark=2, local_id=0, done=done))
        except CheckpointError as error:
            print("refused:", error)
        print(store.load("k").watermark, len(store.load("k").acknowledged))
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        store.save("k", CheckpointUpdate(watermark=3, local_id=0, done=[ack(3)], forget_before=0))
        print(store.load("k").watermark, len(store.load("k").acknowledged))
    """)
    lines = process.communicate(timeout=30)[0].splitlines()
    assert lines[0].startswith("refused:")
    assert "cannot be written" in lines[0]
    assert lines[1:] == ["1 1", "3 2"]


@POSIX
def test_a_disk_that_is_full_when_the_file_is_made_leaves_no_half_of_it(path: Path, program: Program) -> None:
    process = program("""
        import resource
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
        try:
            SqliteCheckpointStore(path)
        except CheckpointError as error:
            print("refused:", error)
    """)
    assert "cannot be opened" in process.communicate(timeout=30)[0]
    with SqliteCheckpointStore(path) as opened:
        assert opened.load("k") == Checkpoint()
    assert not Path(f"{path}-new").exists()


def test_thousands_of_sites_fit_into_one_small_file(path: Path) -> None:
    """A key is stored once, not with each acknowledgement."""
    with SqliteCheckpointStore(path) as opened:
        for n in range(300):
            done = [Acknowledgement(LATE + each, UUID(int=each << 64 | n)) for each in range(20)]
            opened.save(
                f"{UUID(int=n)}/default", CheckpointUpdate(watermark=LATE, local_id=0, done=done, forget_before=0)
            )
    assert path.stat().st_size < 300 * 20 * 60


def test_what_was_forgotten_makes_room(path: Path) -> None:
    with SqliteCheckpointStore(path) as opened:
        for n in range(300):
            done = [ack(LATE + 100 * n + each) for each in range(20)]
            opened.save(
                "k",
                CheckpointUpdate(watermark=LATE + 100 * n, local_id=0, done=done, forget_before=LATE + 100 * n - 200),
            )
    assert path.stat().st_size < 40_000


# What is no checkpoint is an error, never a new beginning


def spoiled(path: Path) -> None:
    with pytest.raises(CheckpointError) as caught:
        SqliteCheckpointStore(path)
    assert str(path) in str(caught.value)
    assert caught.value.hint


def filled(path: Path) -> None:
    with SqliteCheckpointStore(path) as opened:
        for n in range(40):
            done = [ack(LATE + each) for each in range(40)]
            opened.save(f"site{n}", CheckpointUpdate(watermark=LATE, local_id=0, done=done, forget_before=0))


def test_a_store_without_handled_alarms_is_carried_over(path: Path) -> None:
    """Those whose states are done count as handled; nothing else changes."""
    update = CheckpointUpdate(watermark=LATE, local_id=7, done=[ack(LATE), ack(LATE + 1)], handled=[UUID(int=9)])
    with SqliteCheckpointStore(path) as opened:
        for key in ("one", "two"):
            opened.save(key, update)
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript("DROP TABLE handled; PRAGMA user_version=4")
    for _ in range(2):
        with SqliteCheckpointStore(path) as opened:
            for key in ("one", "two"):
                assert opened.load(key).acknowledged == {ack(LATE), ack(LATE + 1)}
                known = [number for number in (9, LATE, LATE + 1) if opened.is_handled(key, UUID(int=number))]
                assert known == [LATE, LATE + 1]
    with SqliteCheckpointStore(path) as opened:
        opened.save("one", CheckpointUpdate(watermark=LATE, local_id=7, handled=[UUID(int=9)], keep_handled=2))
        known = [number for number in (9, LATE, LATE + 1) if opened.is_handled("one", UUID(int=number))]
        assert known == [9, LATE + 1]


@pytest.mark.promise(12)
def test_a_store_of_a_newer_release_is_an_error(path: Path) -> None:
    SqliteCheckpointStore(path).close()
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("PRAGMA user_version=99")
    with pytest.raises(CheckpointError, match=r"schema version 99.*another release"):
        SqliteCheckpointStore(path)


@pytest.mark.parametrize("version", [0, 1, 2])
def test_another_programs_database_is_not_touched(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE customers (name TEXT)")
        database.execute(f"PRAGMA user_version={version}")
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match="another program"):
        SqliteCheckpointStore(path)
    assert path.read_bytes() == before


def test_an_empty_file_is_an_error(path: Path) -> None:
    """As a copy leaves it when the disk was full."""
    path.touch()
    spoiled(path)
    assert path.read_bytes() == b""


def test_a_file_of_noise_is_an_error(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 4000)
    spoiled(path)


@pytest.mark.parametrize("kept", [0.9, 0.5, 0.1])
@pytest.mark.promise(12)
def test_a_file_that_lost_its_end_is_an_error(path: Path, kept: float) -> None:
    filled(path)
    os.truncate(path, int(path.stat().st_size * kept))
    spoiled(path)


@pytest.mark.promise(12)
def test_a_page_that_was_overwritten_is_an_error(path: Path) -> None:
    filled(path)
    pages = path.stat().st_size // 4096
    whole = path.read_bytes()
    for page in range(pages):
        path.write_bytes(whole[: page * 4096] + b"\xa5" * 4096 + whole[(page + 1) * 4096 :])
        spoiled(path)


def test_a_file_that_vanished_beside_its_log_is_an_error(path: Path, program: Program) -> None:
    ended = program("SqliteCheckpointStore(path).save('k', CheckpointUpdate(watermark=7, local_id=0)); os._exit(9)")
    assert ended.wait(30) == 9
    path.unlink()
    spoiled(path)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE subscription SET watermark='soon'",
        "UPDATE subscription SET watermark=1.5",
        "UPDATE acknowledged SET revision='x'",
        "UPDATE acknowledged SET id=x'00'",
        "UPDATE acknowledged SET id='site'",
    ],
)
def test_a_value_that_nobody_saved_is_an_error(path: Path, change: str) -> None:
    with SqliteCheckpointStore(path) as opened:
        opened.save("k", CheckpointUpdate(watermark=1, local_id=0, done=[ack(1)], forget_before=0))
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(change)
    with SqliteCheckpointStore(path) as opened, pytest.raises(CheckpointError, match="cannot be read"):
        opened.load("k")


@POSIX
@pytest.mark.parametrize("name", ["arc.db", "arc.db-claims"])
def test_a_file_that_is_removed_while_open_is_an_error(path: Path, name: str) -> None:
    """What is saved to it would be gone with the next start; claims of it would have no effect."""
    with SqliteCheckpointStore(path) as opened:
        opened.save("k", CheckpointUpdate(watermark=1, local_id=0, done=[], forget_before=0))
        (path.parent / name).unlink()
        with pytest.raises(CheckpointError, match="removed or replaced"):
            opened.save("k", CheckpointUpdate(watermark=2, local_id=0, done=[], forget_before=0))
        with pytest.raises(CheckpointError, match="removed or replaced"):
            opened.claim("k")


@POSIX
def test_a_file_that_is_replaced_while_open_is_an_error(path: Path, tmp_path: Path) -> None:
    with SqliteCheckpointStore(path) as opened:
        shutil.copy(path, tmp_path / "backup.db")
        (tmp_path / "backup.db").replace(path)
        with pytest.raises(CheckpointError, match="removed or replaced"):
            opened.save("k", CheckpointUpdate(watermark=2, local_id=0, done=[], forget_before=0))


def test_a_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    spoiled(tmp_path / "none" / "arc.db")


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    spoiled(tmp_path)


@pytest.mark.parametrize("name", ["", ":memory:"])
def test_a_store_that_would_be_forgotten_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="MemoryCheckpointStore"):
        SqliteCheckpointStore(name)


def test_a_revision_beyond_64_bits_is_an_error(path: Path) -> None:
    with SqliteCheckpointStore(path) as opened, pytest.raises(CheckpointError, match="cannot be written"):
        opened.save("k", CheckpointUpdate(watermark=2**63, local_id=0, done=[], forget_before=0))


def test_closing_ends_the_calls_that_wait_for_another_program(path: Path) -> None:
    """One waits for the other program, the rest wait for that one."""
    failures: list[CheckpointError] = []

    def save(number: int) -> None:
        with pytest.raises(CheckpointError, match="cannot be written") as caught:
            store.save(f"{number}", CheckpointUpdate(watermark=1, local_id=1, done=(), forget_before=0))
        failures.append(caught.value)

    with SqliteCheckpointStore(path) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        saving = [threading.Thread(target=save, args=(number,)) for number in range(5)]
        for thread in saving:
            thread.start()
        watch = Stopwatch()
        store.close()
        for thread in saving:
            thread.join(30.0)
        assert watch.seconds < 2.0
    assert len(failures) == 5


def test_a_program_that_locks_the_file_for_a_moment_is_waited_for(path: Path) -> None:
    with (
        SqliteCheckpointStore(path) as store,
        closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other,
    ):
        other.execute("BEGIN EXCLUSIVE")
        ending = threading.Timer(0.7, other.execute, ("ROLLBACK",))
        ending.start()
        store.save("a", CheckpointUpdate(watermark=1, local_id=1, done=(), forget_before=0))
        assert store.load("a").watermark == 1
        ending.join()


def test_a_closed_store_says_so(path: Path) -> None:
    opened = SqliteCheckpointStore(path)
    opened.close()
    opened.close()
    for call in (
        lambda: opened.load("k"),
        lambda: opened.claim("k"),
        lambda: opened.save("k", CheckpointUpdate(watermark=1, local_id=0, done=[], forget_before=0)),
    ):
        with pytest.raises(CheckpointError):
            call()
    opened.release("k")


def test_several_programs_may_make_the_file_at_once(path: Path, program: Program) -> None:
    making = """
        sys.stdin.readline()
        key = sys.argv[0] + str(os.getpid())
        with SqliteCheckpointStore(path) as store:
            store.claim(key)
            store.save(key, CheckpointUpdate(watermark=1, local_id=0, done=[ack(1)], forget_before=0))
        print(key)
    """
    processes = [program(making) for _ in range(4)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    keys = [line_of(process) for process in processes]
    assert all(keys)
    with SqliteCheckpointStore(path) as opened:
        assert [opened.load(key).watermark for key in keys] == [1] * 4
    assert sorted(each.name for each in path.parent.iterdir()) == ["arc.db", "arc.db-claims"]


def test_who_opens_the_file_waits_for_another_that_is_making_it(path: Path) -> None:
    opened: list[SqliteCheckpointStore] = []
    opening = threading.Thread(target=lambda: opened.append(SqliteCheckpointStore(path)))
    locks = ProcessLocks(Path(f"{path}-claims"))
    with closing(locks):
        assert locks.take(0) is None
        opening.start()
        opening.join(0.2)
        assert not path.exists()
        locks.release(0)
        opening.join(30)
    assert path.exists()
    opened[0].close()


# Claims

HOLDING = """
    store = SqliteCheckpointStore(path)
    store.claim("site/default")
    print("claimed", flush=True)
    sys.stdin.read()
"""


def test_a_key_in_use_by_another_process_is_an_error(path: Path, program: Program) -> None:
    process = program(HOLDING)
    assert line_of(process) == "claimed"
    with SqliteCheckpointStore(path) as opened:
        with pytest.raises(CheckpointError, match=r"'site/default' in .*arc\.db are in use .* another process"):
            opened.claim("site/default")
        opened.claim("site/other")
        process.communicate(timeout=30)
        opened.claim("site/default")


def test_a_kill_needs_no_cleaning(path: Path, program: Program) -> None:
    for _ in range(3):
        process = program(HOLDING)
        assert line_of(process) == "claimed"
        process.kill()
        process.wait(30)
    with SqliteCheckpointStore(path) as opened:
        opened.claim("site/default")


def test_a_key_in_use_by_this_process_is_an_error(path: Path) -> None:
    with SqliteCheckpointStore(path) as one, SqliteCheckpointStore(path) as two:
        one.claim("k")
        for each in (one, two):
            with pytest.raises(CheckpointError, match="in use by another subscription in this process"):
                each.claim("k")


def test_a_store_that_closes_leaves_the_claims_of_others(path: Path, program: Program) -> None:
    """Closing a descriptor of a file drops all the locks that a POSIX process has on it."""
    with SqliteCheckpointStore(path) as one:
        one.claim("k")
        with SqliteCheckpointStore(path) as two:
            two.claim("other")
        asking = program("""
            with SqliteCheckpointStore(path) as store:
                store.claim("other")
                try:
                    store.claim("k")
                except CheckpointError:
                    print("refused")
        """)
        assert asking.communicate(timeout=30)[0] == "refused\n"


def test_a_file_is_the_same_by_every_name(path: Path, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    with SqliteCheckpointStore(path) as one, SqliteCheckpointStore(tmp_path / "sub" / ".." / path.name) as two:
        one.claim("k")
        with pytest.raises(CheckpointError, match="in use"):
            two.claim("k")


@POSIX
def test_a_forked_child_opens_the_store_again_and_has_none_of_the_claims(path: Path, program: Program) -> None:
    process = program("""
        store = SqliteCheckpointStore(path)
        store.claim("k")
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(writing)
            print("child:", store.load("k").watermark, flush=True)
            for each in (store, SqliteCheckpointStore(path)):
                try:
                    each.claim("k")
                except CheckpointError as error:
                    print("child:", error, flush=True)
            os.read(reading, 1)
            store.claim("k")
            store.save("k", CheckpointUpdate(watermark=2, local_id=2, done=(), forget_before=0))
            print("child has it", flush=True)
            os._exit(0)
        os.close(reading)
        store.save("k", CheckpointUpdate(watermark=1, local_id=1, done=(), forget_before=0))
        sys.stdin.readline()
        store.release("k")
        os.close(writing)
        os.waitpid(child, 0)
        print("parent:", store.load("k").watermark, flush=True)
        store.close()
        try:
            store.load("k")
        except CheckpointError as error:
            print("parent:", error, flush=True)
    """)
    assert line_of(process) in ("child: None", "child: 1")
    for _ in range(2):
        assert "in use by another subscription in another process" in line_of(process)
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    assert line_of(process) == "child has it"
    assert line_of(process) == "parent: 2"
    assert "it is closed" in line_of(process)


@POSIX
def test_a_subscription_does_not_go_on_in_a_forked_child(path: Path, program: Program) -> None:
    process = program("""
        from milestone_sdk.checkpoints.claim import Claim
        claim = Claim(SqliteCheckpointStore(path), "k")
        claim.load()
        if (child := os.fork()) == 0:
            update = CheckpointUpdate(watermark=1, local_id=1)
            for call in (lambda: claim.save(update), claim.load):
                try:
                    call()
                except CheckpointError as error:
                    print("child:", error, flush=True)
            claim.release()
            os._exit(0)
        os.waitpid(child, 0)
        claim.save(CheckpointUpdate(watermark=7, local_id=7, done=(), forget_before=0))
        print("parent:", claim.load().watermark, flush=True)
    """)
    assert "belongs to the parent process" in line_of(process)
    assert "in use by another subscription in another process" in line_of(process)
    assert line_of(process) == "parent: 7"


@POSIX
def test_thousands_of_claims_take_one_open_file(path: Path) -> None:
    resource = pytest.importorskip("resource", reason="no limits on this system")
    with SqliteCheckpointStore(path) as opened:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        descriptor = os.open(path.parent, os.O_RDONLY)
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptor + 8, hard))
        try:
            for n in range(200):
                opened.claim(f"site{n}")
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            os.close(descriptor)


# A claim as a subscription holds it


class Bare:
    """A user's own store that knows no claims."""

    def __init__(self) -> None:
        store = MemoryCheckpointStore()
        self.load = store.load
        self.save = store.save


@pytest.mark.parametrize("store", [MemoryCheckpointStore(), Bare()], ids=["claiming", "bare"])
def test_one_subscription_holds_a_key_at_a_time(store: MemoryCheckpointStore) -> None:
    one, two, other = Claim(store, "k"), Claim(store, "k"), Claim(store, "other")
    for _ in range(2):
        assert one.load() == Checkpoint()
    with pytest.raises(CheckpointError, match="in use by another subscription in this process"):
        two.load()
    two.release()
    other.load()
    third = Claim(store, "k")
    with pytest.raises(CheckpointError, match="in use"):
        third.load()
    one.save(CheckpointUpdate(watermark=1, local_id=0, done=[ack(1)], forget_before=0))
    one.release()
    one.release()
    assert third.load() == Checkpoint(watermark=1, local_id=0, acknowledged=frozenset({ack(1)}))
    for each in (third, other):
        each.release()


def test_a_claim_is_over_after_its_release() -> None:
    """A subscription that was cancelled while its claim was under way leaves nothing behind."""
    store = MemoryCheckpointStore()
    claim = Claim(store, "k")
    claim.release()
    with pytest.raises(CheckpointError, match="has ended"):
        claim.load()
    with pytest.raises(CheckpointError, match="has ended"):
        claim.save(CheckpointUpdate(watermark=1, local_id=0, done=[], forget_before=0))
    store.claim("k")
    assert store.load("k") == Checkpoint()


def test_a_claim_whose_load_fails_is_given_back_by_release() -> None:
    class Failing(MemoryCheckpointStore):
        def load(self, key: str) -> Checkpoint:
            raise CheckpointError("torn")

    store = Failing()
    claim = Claim(store, "k")
    for _ in range(2):
        with pytest.raises(CheckpointError, match="torn"):
            claim.load()
    claim.release()
    store.claim("k")


@pytest.mark.parametrize("slow", ["claim", "save"])
def test_a_release_waits_for_what_is_under_way(slow: str) -> None:
    entered, go_on = threading.Event(), threading.Event()

    class Slow(MemoryCheckpointStore):
        def wait(self, name: str) -> None:
            if name == slow:
                entered.set()
                assert go_on.wait(30)

        def claim(self, key: str) -> None:
            self.wait("claim")
            super().claim(key)

        def save(self, key: str, update: CheckpointUpdate) -> None:
            self.wait("save")
            assert key in self._claimed
            super().save(key, update)

    store = Slow()
    claim = Claim(store, "k")

    def use() -> None:
        if slow == "claim":
            claim.load()
        else:
            claim.save(CheckpointUpdate(watermark=1, local_id=0, done=[], forget_before=0))

    if slow == "save":
        claim.load()
    using, releasing = threading.Thread(target=use), threading.Thread(target=claim.release)
    using.start()
    assert entered.wait(30)
    releasing.start()
    releasing.join(0.1)
    assert releasing.is_alive()
    go_on.set()
    for thread in (using, releasing):
        thread.join(30)
    assert "k" not in store._claimed
    if slow == "save":
        assert store.load("k").watermark == 1


def test_two_stores_that_know_no_claims_are_two() -> None:
    stores = Bare(), Bare()
    claims = [Claim(store, "k") for store in stores]
    for claim in claims:
        claim.load()
    for claim in claims:
        claim.release()


def test_which_stores_know_claims(path: Path) -> None:
    with SqliteCheckpointStore(path) as opened:
        assert isinstance(opened, ClaimingCheckpointStore)
    assert isinstance(MemoryCheckpointStore(), ClaimingCheckpointStore)
    assert not isinstance(Bare(), ClaimingCheckpointStore)


# Whose files they are

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes of this kind")


@POSIX
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_files_are_for_one_user_alone(path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with SqliteCheckpointStore(path) as store:
            store.claim("site")
            store.save("site", CheckpointUpdate(watermark=1, local_id=1, done=[], forget_before=0))
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(["arc.db", "arc.db-wal", "arc.db-shm", "arc.db-claims"], 0o600)


@POSIX
@pytest.mark.parametrize("part", ["", "-wal", "-shm", "-journal", "-claims"])
@pytest.mark.parametrize("kind", ["link", "dangling", "pipe", "folder"])
def test_what_is_no_file_of_ones_own_is_refused_and_left_alone(path: Path, part: str, kind: str) -> None:
    if part:
        SqliteCheckpointStore(path).close()
    place = Path(f"{path}{part}")
    place.unlink(missing_ok=True)
    target = path.parent / "target"
    if kind == "link":
        target.write_bytes(b"of somebody else")
    if kind in ("link", "dangling"):
        place.symlink_to(target)
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        place.mkdir()
    with pytest.raises(CheckpointError, match="symbolic link" if kind in ("link", "dangling") else "regular file"):
        SqliteCheckpointStore(path)
    assert place.is_symlink() or kind in ("pipe", "folder")
    assert target.exists() == (kind == "link")
    assert kind != "link" or target.read_bytes() == b"of somebody else"


@POSIX
def test_a_link_where_the_unfinished_file_would_be_is_not_followed(path: Path) -> None:
    target = path.parent / "target"
    target.write_bytes(b"of somebody else")
    Path(f"{path}-new").symlink_to(target)
    SqliteCheckpointStore(path).close()
    assert target.read_bytes() == b"of somebody else"
    assert not path.is_symlink()


@POSIX
def test_a_link_that_takes_the_place_of_an_open_file_is_noticed(path: Path) -> None:
    with SqliteCheckpointStore(path) as store:
        path.rename(path.parent / "moved")
        path.symlink_to(path.parent / "moved")
        with pytest.raises(CheckpointError, match="replaced"):
            store.load("site")


def test_a_path_with_nul_is_a_setting_that_cannot_work() -> None:
    with pytest.raises(ConfigurationError):
        SqliteCheckpointStore("arc\0.db")


def test_whatever_is_damaged_in_a_file_ends_in_the_same_error(path: Path) -> None:
    with SqliteCheckpointStore(path) as store:
        for number in range(3):
            done = [Acknowledgement(5, UUID(int=each)) for each in range(20)]
            store.save(f"Größe {number}", CheckpointUpdate(watermark=7, local_id=1, done=done, forget_before=0))
    whole = path.read_bytes()
    numbers = random.Random(29)
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(numbers.choice([1, 4, 64])):
            damaged[numbers.randrange(len(damaged))] = numbers.randrange(256)
        path.write_bytes(damaged)
        with suppress(CheckpointError), SqliteCheckpointStore(path) as store:
            store.claim("Größe 1")
            store.load("Größe 1")
            store.save("Größe 1", CheckpointUpdate(watermark=8, local_id=1, done=[], forget_before=6))
        for part in ("-wal", "-shm"):
            Path(f"{path}{part}").unlink(missing_ok=True)
