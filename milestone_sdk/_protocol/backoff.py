"""Back-off between tries, with full jitter: thousands of clients do not try again at the same time."""

import random
from typing import Final

__all__ = ["Backoff"]

_FIRST: Final = 1.0
_CEILING: Final = 60.0
_CHANCE: Final = random.SystemRandom()
"""Shared, since a seeded one takes 3 KB and 15 us. No program can seed it, and no fork repeats it."""


class Backoff:
    """Seconds to wait before the next try: a random part of 1, 2, 4, ... up to 60 s, but never under a tenth."""

    def __init__(
        self, *, first: float = _FIRST, ceiling: float = _CEILING, source: random.Random | None = None
    ) -> None:
        self._first = first
        self._ceiling = ceiling
        self._random = source or _CHANCE
        self.failures = 0

    def failed(self) -> float:
        """Count a failure and return how long to wait."""
        bound = min(self._ceiling, self._first * 2 ** min(self.failures, 16))
        self.failures += 1
        return self._random.uniform(bound / 10, bound)

    def succeeded(self) -> None:
        """Start over."""
        self.failures = 0
