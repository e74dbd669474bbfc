"""The command against the site that a module simulates."""

from pathlib import Path

import pytest

from milestone_sdk.simulator import Simulator

from .running import Answer, Run, invoke, reach


@pytest.fixture
def run(sim: Simulator, tmp_path: Path) -> Run:
    """Runs the command against the site; variables may be changed or, with "", left out."""

    def command(*arguments: str, **changed: str) -> Answer:
        variables = reach(sim) | changed
        return invoke(*arguments, cwd=tmp_path, **{name: value for name, value in variables.items() if value})

    return command
