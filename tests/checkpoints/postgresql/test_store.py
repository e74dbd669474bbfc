"""The checkpoint store of `examples/postgresql_checkpoints.py`, against a real server: exactly once, whatever ends."""

import importlib.util
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from milestone_sdk import Acknowledgement, Checkpoint, CheckpointError, CheckpointUpdate
from milestone_sdk.checkpoints import ClaimingCheckpointStore
from milestone_sdk.simulator import Simulator, example_site
from milestone_sdk.testing import check_checkpoint_store

from ...support.postgresql import PostgresqlServer

if TYPE_CHECKING:
    import psycopg

EXAMPLE = Path(__file__).parents[3] / "examples" / "postgresql_checkpoints.py"
ONE = Acknowledgement(1, UUID(int=1))

Connect = Callable[[], "psycopg.Connection"]


@pytest.fixture
def example(postgresql: PostgresqlServer) -> ModuleType:
    spec = importlib.util.spec_from_file_location("postgresql_checkpoints", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def connect(postgresql: PostgresqlServer, example: ModuleType) -> Iterator[Connect]:
    """Connects to the database with its tables empty."""
    import psycopg

    opened: list[psycopg.Connection] = []

    def connection() -> "psycopg.Connection":
        opened.append(psycopg.connect(postgresql.dsn()))
        return opened[-1]

    with connection() as first:
        first.execute(example.TABLES)
        first.execute("TRUNCATE incident, alarm_position, alarm_done")
    yield connection
    for each in opened:
        each.close()


@pytest.fixture
def new_store(example: ModuleType, connect: Connect) -> Callable[[], Any]:
    """Opens the store anew; a claim that is refused is refused at once."""
    return lambda: example.PostgresqlCheckpoints(connect(), patience=0.02)


def rows(connection: "psycopg.Connection") -> list[Any]:
    found = [row[0] for row in connection.execute("SELECT what FROM incident ORDER BY revision, what")]
    connection.rollback()
    return found


def write(store: Any, what: str) -> None:
    store.connection.execute("INSERT INTO incident VALUES (1, gen_random_uuid(), 0, %s)", [what])


def test_the_store_does_what_a_store_must(new_store: Callable[[], Any]) -> None:
    check_checkpoint_store(new_store)


def test_the_store_knows_claims(new_store: Callable[[], Any]) -> None:
    assert isinstance(new_store(), ClaimingCheckpointStore)


def test_a_row_and_its_checkpoint_are_one(new_store: Callable[[], Any], connect: Connect) -> None:
    store, outside = new_store(), connect()
    store.claim("k")
    write(store, "effect")
    assert rows(outside) == []
    store.save("k", CheckpointUpdate(watermark=1, local_id=0, done=[ONE], forget_before=0))
    assert rows(outside) == ["effect"]
    assert new_store().load("k") == Checkpoint(watermark=1, local_id=0, acknowledged=frozenset({ONE}))


def test_a_save_that_fails_takes_the_row_along(new_store: Callable[[], Any], connect: Connect) -> None:
    store = new_store()
    store.claim("k")
    write(store, "effect")
    with pytest.raises(CheckpointError, match="PostgreSQL"):
        store.save("k", CheckpointUpdate(watermark=2**63, local_id=0, done=[ONE], forget_before=0))
    write(store, "next")
    store.save("k", CheckpointUpdate(watermark=2, local_id=0, done=[], forget_before=0))
    assert rows(connect()) == ["next"]


def test_what_has_no_checkpoint_is_not_committed_by_the_rest(new_store: Callable[[], Any], connect: Connect) -> None:
    """A handler that raises leaves the subscription, which gives up its claim."""
    store = new_store()
    store.claim("k")
    write(store, "effect")
    store.load("other")
    store.claim("other")
    store.release("k")
    assert rows(connect()) == []
    store.connection.rollback()
    assert rows(connect()) == []
    new_store().claim("k")


def test_a_claim_is_given_up_in_a_transaction_that_failed(new_store: Callable[[], Any]) -> None:
    import psycopg

    store = new_store()
    store.claim("k")
    with pytest.raises(psycopg.errors.UndefinedTable):
        store.connection.execute("INSERT INTO nothing VALUES (1)")
    store.release("k")
    new_store().claim("k")


def test_a_connection_that_lost_its_claim_saves_no_more(new_store: Callable[[], Any], connect: Connect) -> None:
    store, outside = new_store(), connect()
    store.claim("k")
    write(store, "effect")
    outside.execute("SELECT pg_terminate_backend(%s, 10000)", [store.connection.info.backend_pid])
    other = new_store()
    other.claim("k")
    with pytest.raises(CheckpointError):
        store.save("k", CheckpointUpdate(watermark=1, local_id=0, done=[ONE], forget_before=0))
    store.release("k")
    assert other.load("k") == Checkpoint()
    assert rows(outside) == []
    with pytest.raises(CheckpointError, match="in use"):
        new_store().claim("k")


def test_a_kill_frees_the_claims(postgresql: PostgresqlServer, new_store: Callable[[], Any], connect: Connect) -> None:
    code = f"""
import sys; sys.path.insert(0, {str(EXAMPLE.parent)!r})
import psycopg; from postgresql_checkpoints import PostgresqlCheckpoints
store = PostgresqlCheckpoints(psycopg.connect({postgresql.dsn()!r}))
store.claim("k")
print("claimed", flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "claimed\n"
        with pytest.raises(CheckpointError, match="'k' is in use by another subscription"):
            new_store().claim("k")
        process.kill()
    patient = new_store()
    patient.patience = 30.0
    patient.claim("k")


def test_a_crash_of_the_server_loses_nothing(
    postgresql: PostgresqlServer, new_store: Callable[[], Any], connect: Connect
) -> None:
    store = new_store()
    store.claim("k")
    for watermark in range(1, 6):
        write(store, f"effect {watermark}")
        store.save("k", CheckpointUpdate(watermark=watermark, local_id=0, done=[ONE], forget_before=0))
    write(store, "without checkpoint")
    postgresql.stop("immediate")
    postgresql.start()
    with pytest.raises(CheckpointError):
        store.save("k", CheckpointUpdate(watermark=6, local_id=0, done=[], forget_before=0))
    again = new_store()
    again.claim("k")
    assert again.load("k") == Checkpoint(watermark=5, local_id=0, acknowledged=frozenset({ONE}))
    assert rows(connect()) == [f"effect {watermark}" for watermark in range(1, 6)]


@pytest.fixture
def site() -> Iterator[Simulator]:
    with Simulator(example_site()) as running:
        yield running


def test_each_alarm_counts_once_however_often_the_program_is_killed(
    postgresql: PostgresqlServer,
    example: ModuleType,
    connect: Connect,
    site: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alarms: set[UUID] = set()

    def trigger(count: int) -> None:
        for _ in range(count):
            alarms.update(site.trigger("Motion Detected", source="Front Hallway"))

    settings = {
        "MILESTONE_LOCATION": site.url,
        "MILESTONE_USER": site.username,
        "MILESTONE_PASSWORD": site.password,
        "MILESTONE_CA_FILE": str(site.ca_file),
    }
    for name, value in (settings | postgresql.environment).items():
        monkeypatch.setenv(name, value)
    dice = random.Random(6)
    for _ in range(4):
        trigger(30)
        command = [sys.executable, str(EXAMPLE)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(dice.randrange(1, 12)):
                assert process.stdout.readline() == "Front Hallway: Motion Detected\n"
            process.kill()
    outside = connect()
    counted = len(rows(outside))
    assert 4 <= counted <= len(alarms)
    trigger(5)
    example.main(database=postgresql.dsn(), count=len(alarms) - counted)
    found = [row[0] for row in outside.execute("SELECT alarm FROM incident")]
    assert len(found) == len(alarms)
    assert set(found) == alarms
