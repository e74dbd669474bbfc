"""How many examples a property test tries."""

from typing import Any

from hypothesis import settings


def examples(times: float, **others: Any) -> settings:
    """Return settings with that many times the examples of the profile in use (`tests/conftest.py`)."""
    assert settings.default is not None
    return settings(max_examples=int(times * settings.default.max_examples), **others)
