from collections.abc import AsyncGenerator

import pytest

from milestone_sdk import AsyncClient
from milestone_sdk.simulator import Simulator

from .opening import client_of


@pytest.fixture
async def site(simulator: Simulator) -> AsyncGenerator[AsyncClient]:
    """An open client of the default simulator."""
    async with client_of(simulator) as opened:
        yield opened


@pytest.fixture
async def reader(read_only_simulator: Simulator) -> AsyncGenerator[AsyncClient]:
    """An open client of a default simulator that others share."""
    async with client_of(read_only_simulator) as opened:
        yield opened
