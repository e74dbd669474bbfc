"""The header that authorises a request, kept out of every local variable that a traceback may show."""

from collections.abc import Generator

import httpx
from attrs import frozen

from ..._protocol.secrets import Sealed

__all__ = ["HeaderAuth"]


@frozen
class HeaderAuth(httpx.Auth):
    """Set `Authorization` as the request is sent."""

    value: Sealed[str]

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request once, with the header."""
        request.headers["Authorization"] = self.value.reveal()
        yield request
