"""Whether a server has an identity provider, which decides the form of logins and addresses."""

from typing import Final, Literal

from ..._net.asyncio import AsyncClock
from ..._protocol.management.identity import DISCOVERY_PATH, Discovery, parse_discovery
from ..._protocol.management.location import Location
from ...errors import ServiceUnavailable
from .facts import AsyncFact
from .http import AsyncHTTP, Reply

__all__ = ["PATHS", "AsyncReleaseDiscovery", "Form"]

Form = Literal["bearer", "basic", "asmx"]
"""Bearer on `*OAuth.svc` since 2021 R1; before, HTTP Basic on `*.svc` and Windows authentication on `*.asmx`."""

PATHS: Final[dict[Form, str]] = {
    "bearer": "/ManagementServer/{}ServiceOAuth.svc",
    "basic": "/ManagementServer/{}Service.svc",
    "asmx": "/ServerAPI/{}Service.asmx",
}

_OPERATION: Final = "discovery"


class AsyncReleaseDiscovery:
    """The server's answer about its identity provider and its version.

    A 404 is asked for twice: it may be temporary, and a password must not be sent in the wrong form.
    """

    def __init__(self, http: AsyncHTTP, location: Location, clock: AsyncClock) -> None:
        self._http = http
        self._location = location
        self.fact = AsyncFact(self._find, timeout=http.timeout, clock=clock)

    async def _find(self) -> Discovery:
        """Ask the server.

        Raises `ServiceUnavailable` if it has no identity provider now but its services require access tokens.
        """
        status, found = await self._find_once()
        if status != 200:
            status, found = await self._find_once()
        before = self.fact.known
        doubtful = status != 404 or (before is not None and before.oauth)
        if status != 200 and doubtful and await self._wants_access_tokens():
            raise ServiceUnavailable(
                f"HTTP {status} for {DISCOVERY_PATH}, although the management server requires access tokens",
                service="identity provider",
                server=str(self._location),
                operation=_OPERATION,
                hint="it may be starting; check the application pool of the IDP in IIS if this lasts",
            )
        return found

    async def _find_once(self) -> tuple[int, Discovery]:
        reply = await self._anonymously("GET", self._location.url(DISCOVERY_PATH))
        with reply.reading():
            return reply.status, parse_discovery(reply.status, reply.body)

    async def _wants_access_tokens(self) -> bool:
        """Return whether the services of 2021 R1 and later exist; asked without any credentials."""
        reply = await self._anonymously("POST", self._location.url(PATHS["bearer"].format("ServerCommand")))
        return reply.status == 401 and "bearer" in reply.headers.get("www-authenticate", "").lower()

    async def _anonymously(self, method: str, url: str) -> Reply:
        return await self._http.send(method, url, operation=_OPERATION, headers={"Accept": "application/json"})
