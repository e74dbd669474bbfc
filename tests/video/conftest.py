"""The simulated recorder of the tests in this folder: started once for each module, reset before each test."""

from collections.abc import Iterator

import pytest

from milestone_sdk.simulator import Simulator
from tests.support.playback_stage import Stage, reset, site


@pytest.fixture(scope="module")
def running() -> Iterator[Simulator]:
    with Simulator(site(), tls=False, services=("management", "recorder")) as simulator:
        yield simulator


@pytest.fixture(params=["async", "sync"])
def stage(running: Simulator, request: pytest.FixtureRequest) -> Stage:
    reset(running)
    return Stage(running, request.param)
