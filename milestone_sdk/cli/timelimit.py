"""A limit of time for what waits for a site."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from threading import TIMEOUT_MAX, Timer

__all__ = ["ended_after"]


@contextmanager
def ended_after(limit: timedelta | None, end: Callable[[], object]) -> Generator[None]:
    """Call `end` once the block has lasted so long, also while it waits for something that does not come."""
    timer = Timer(TIMEOUT_MAX if limit is None else min(limit.total_seconds(), TIMEOUT_MAX), end)
    timer.daemon = True
    if limit is not None:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
