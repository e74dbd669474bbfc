"""What all tests share."""

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio, the one event loop that the library is written for."""
    return "asyncio"
