"""What all tests share: the event loop, the budgets of the property tests, and the processes that they run in."""

import gc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# What a property test tries, `tests.support.budget` in multiples: `.ci/run` gives them all of it, every day a share.
_NEITHER_CLOCK_NOR_LOAD = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("plain", max_examples=25, **_NEITHER_CLOCK_NOR_LOAD)
settings.register_profile("long", max_examples=100, **_NEITHER_CLOCK_NOR_LOAD)
settings.load_profile("plain")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Run whole folders in a process for each core, but files and tests that are named without the cost of workers.

    Not in `addopts`: without pytest-xdist, or with `-p no:xdist`, they would be an error.
    """
    if not config.pluginmanager.hasplugin("xdist") or hasattr(config, "workerinput"):
        return
    if config.option.numprocesses is None and all(Path(argument).is_dir() for argument in config.args):
        config.option.numprocesses = "logical"
        config.option.dist = "worksteal"


def pytest_collection_finish() -> None:
    """Let the garbage collector leave out what stays to the end: thousands of tests and what they import."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, the one event loop that the library is written for."""
    return "asyncio"
