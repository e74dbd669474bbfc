# Generated from tests/_async/conftest.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

from collections.abc import Generator

import pytest

from milestone_sdk import Client
from milestone_sdk.simulator import Simulator

from .opening import client_of


@pytest.fixture
def site(simulator: Simulator) -> Generator[Client]:
    """An open client of the default simulator."""
    with client_of(simulator) as opened:
        yield opened


@pytest.fixture
def reader(read_only_simulator: Simulator) -> Generator[Client]:
    """An open client of a default simulator that others share."""
    with client_of(read_only_simulator) as opened:
        yield opened
