"""The simulated event server of the tests in this folder: one for each test, and a client of it."""

from collections.abc import Iterator

import pytest

from milestone_sdk.simulator import Simulator
from tests.support.eventserver_wire import Wire, event_server


@pytest.fixture
def running() -> Iterator[tuple[Simulator, Wire]]:
    with event_server() as pair:
        yield pair


@pytest.fixture
def sim(running: tuple[Simulator, Wire]) -> Simulator:
    return running[0]


@pytest.fixture
def wire(running: tuple[Simulator, Wire]) -> Wire:
    return running[1]
