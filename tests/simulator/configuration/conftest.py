"""The simulated Configuration API of the tests in this folder: one for each test, and a client of it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from milestone_sdk.simulator import Simulator
from tests.support.configuration_wire import Config, Start

Factory = Callable[..., Simulator]


@pytest.fixture
def start(simulator_factory: Factory) -> Iterator[Start]:
    made: list[Config] = []

    def begin(*arguments: Any, **options: Any) -> Config:
        made.append(Config(simulator_factory(*arguments, services=("management",), **options)))
        return made[-1]

    yield begin
    for config in made:
        config.close()


@pytest.fixture
def api(start: Start) -> Config:
    return start()
