"""The message about an extra of the package that is not installed."""

import sys
from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["extra"]


@contextmanager
def extra(name: str, *modules: str) -> Generator[None]:
    """Import the `modules` of the extra `name` in this block; if one is missing, end the program with one sentence."""
    try:
        yield
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in modules:
            raise
        sys.exit(f"error: {missing} is missing; it comes with the extra {name}: pip install 'milestone_sdk[{name}]'")
