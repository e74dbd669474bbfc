"""How the seconds of one exchange are shared out."""

from typing import Final

import httpx

__all__ = ["exchange_timeout"]

_CONNECT_SHARE: Final = 0.45
"""Of the whole, for each of TCP and TLS, so that a dead port is told by the connection's own timeout."""


def exchange_timeout(seconds: float) -> httpx.Timeout:
    """Return httpx's timeouts for an exchange that is bounded by `deadline(seconds)` as a whole."""
    return httpx.Timeout(seconds, connect=seconds * _CONNECT_SHARE)
