# Generated from tests/_async/alarms/test_claims.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""One subscription at a time for one site under one name."""

from pathlib import Path

import pytest

from milestone_sdk import CheckpointError, MemoryCheckpointStore, ServiceUnavailable, SqliteCheckpointStore
from milestone_sdk.simulator import Simulator

from ..opening import client_of

pytestmark = pytest.mark.anyio


def test_a_second_subscription_of_one_name_is_an_error(simulator: Simulator, tmp_path: Path) -> None:
    with SqliteCheckpointStore(tmp_path / "arc.db") as one, SqliteCheckpointStore(tmp_path / "arc.db") as other:
        with client_of(simulator) as site:
            with site.alarms.subscribe(checkpoints=one):
                for store in (one, other):
                    with pytest.raises(CheckpointError):
                        with site.alarms.subscribe(checkpoints=store):
                            pytest.fail("two follow one site under one name")
                with site.alarms.subscribe(checkpoints=other, name="archive"):
                    pass
            with site.alarms.subscribe(checkpoints=other):
                pass


def test_a_subscription_that_could_not_begin_claims_nothing(simulator: Simulator) -> None:
    store = MemoryCheckpointStore()
    with client_of(simulator) as site:
        site.alarms.list()
        simulator.stop_service("event_server")
        with pytest.raises(ServiceUnavailable):
            with site.alarms.subscribe(checkpoints=store):
                pytest.fail("it began")
        simulator.start_service("event_server")
        with site.alarms.subscribe(checkpoints=store):
            pass
