"""What all tests share: processes, event loop, budgets of the property tests, simulators that are only read.

`simulator` and `simulator_factory`, for the tests that change theirs, come from the library's own pytest plugin.
"""

import copy
import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from milestone_sdk.simulator import Simulator

# How many examples a property test tries; some try a multiple (`tests.support.budget`). `.ci/run` uses both profiles.
_NEITHER_CLOCK_NOR_LOAD = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("plain", max_examples=25, **_NEITHER_CLOCK_NOR_LOAD)
settings.register_profile("long", max_examples=100, **_NEITHER_CLOCK_NOR_LOAD)
settings.load_profile("plain")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run all tests in parallel, but a selection in this process: workers take longer to start than most folders run.

    Not by `addopts`: where pytest-xdist is missing or switched off, that would be an error.
    """
    if not config.pluginmanager.hasplugin("xdist") or hasattr(config, "workerinput"):
        return
    tests = Path(__file__).parent
    everything = any(Path(argument).resolve() in (tests, tests.parent) for argument in config.args)
    measured = getattr(config.option, "cov_source", ())  # pytest-cov must know of workers earlier: by `-n`
    if everything and not measured and not config.option.keyword and config.option.numprocesses is None:
        config.option.numprocesses = "logical"  # which cores to count
        cores: int = config.hook.pytest_xdist_auto_num_workers(config=config)
        config.option.numprocesses = cores + 1  # a third of the time, a test waits
        config.option.dist = "worksteal"


def pytest_collection_finish() -> None:
    """Let the garbage collector leave out what stays to the end: thousands of tests and what they import."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, the one event loop that the library is written for."""
    return "asyncio"


Share = Callable[..., "Simulator"]


@pytest.fixture(scope="module")
def read_only_simulators() -> Iterator[Share]:
    """Start simulators that the tests of a module share, because they only read; fails if one was changed."""
    from milestone_sdk.simulator import Simulator

    with ExitStack() as running:

        def start(*arguments: Any, **options: Any) -> Simulator:
            simulator = running.enter_context(Simulator(*arguments, **options))
            running.enter_context(_unchanged(simulator))
            return simulator

        yield start


@contextmanager
def _unchanged(simulator: "Simulator") -> Iterator[None]:
    def state() -> tuple[object, ...]:
        return copy.deepcopy(simulator.site), list(simulator.alarms.stored()), simulator.faults.active

    before = state()
    yield
    assert state() == before, "a test has changed the simulator that others share: it needs one of its own"


@pytest.fixture(scope="module")
def read_only_simulator(read_only_simulators: Share) -> "Simulator":
    """A site like that of `simulator`."""
    return read_only_simulators()
