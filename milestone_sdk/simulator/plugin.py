"""The pytest plugin of the simulator: fixtures `simulator` and `simulator_factory`.

Every pytest run in an environment with this package loads it, so it imports the simulator only when a test needs it.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from milestone_sdk.simulator.simulator import Simulator

__all__ = ["simulator", "simulator_factory"]


@pytest.fixture
def simulator_factory() -> "Iterator[Callable[..., Simulator]]":
    """Starts simulators with the options of `Simulator`; all are closed when the test ends."""
    from milestone_sdk.simulator.simulator import Simulator

    with ExitStack() as running:

        def start(*arguments: Any, **options: Any) -> Simulator:
            return running.enter_context(Simulator(*arguments, **options))

        yield start


@pytest.fixture
def simulator(simulator_factory: "Callable[..., Simulator]") -> "Simulator":
    """A running site as `example_site` makes it, newest release, with TLS."""
    return simulator_factory()
