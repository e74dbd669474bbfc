"""Calls to the services of one site: each at its own address, with its own kind of credential."""

import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeVar
from urllib.parse import urljoin

import httpx

from .._net.asyncio import AsyncClock, AsyncStream, open_stream
from .._protocol import registration
from .._protocol.identity import GATEWAYS_PATH, parse_gateways
from .._protocol.location import Location
from .._protocol.soap import Call
from ..credentials import Credentials
from ..errors import (
    ConfigurationError,
    MilestoneError,
    RemoteProtocolError,
    ServiceUnavailable,
    TokenExpired,
    TransportError,
)
from ..models import Recorder, RegisteredService, ServiceType
from ..trust import Trust, TrustedService
from .http import AsyncHTTP
from .soap import post
from .tokens import AsyncTokens, Authorization

__all__ = ["AsyncSession"]

T = TypeVar("T")

_EVENT_SERVER_PORT: Final = 22331
_ALARM_PATH: Final = "Central/AlarmServiceToken"
_RECORDER_PATH: Final = "RecorderCommandService/RecorderCommandService.asmx"


class AsyncSession:
    """What every part of the client shares: connections, tokens, and the addresses of the site's services.

    A call that is refused because its token ended is made once more with fresh tokens. `addresses` overrides what
    services announce: its keys are `"event_server"`, or a recorder's name, id, or announced address.
    """

    def __init__(
        self,
        location: Location,
        credentials: Credentials,
        *,
        trust: Trust,
        trust_env: bool,
        timeout: float,
        clock: AsyncClock,
        addresses: Mapping[str, str],
    ) -> None:
        self.location = location
        self.timeout = timeout
        self.clock = clock
        self._trust = trust
        self._trust_env = trust_env
        self._pools: dict[ssl.SSLContext, AsyncHTTP] = {}
        self.tokens = AsyncTokens(
            self._http("management"), location, credentials, clock=clock, private=self._private_http
        )
        self._addresses = {name.casefold().rstrip("/"): str(Location.parse(text)) for name, text in addresses.items()}
        self._event_server: str | None = None

    async def aclose(self) -> None:
        """Log out and close every connection."""
        try:
            await self.tokens.aclose()
        finally:
            for http in self._pools.values():
                await http.aclose()

    async def server_command(self, build: Callable[[Authorization], Call[T]], *, timeout: float | None = None) -> T:
        """Call ServerCommandService; `build` makes the call from what authorises it."""
        return await self.management("ServerCommand", build, timeout=timeout)

    async def management(
        self, service: str, build: Callable[[Authorization], Call[T]], *, timeout: float | None = None
    ) -> T:
        """Call a service of the management server, e.g. `ServiceRegistration`."""

        async def attempt(authorization: Authorization) -> T:
            url = self.tokens.url(service)
            headers = authorization.headers
            return await post(self.tokens.http, url, build(authorization), headers=headers, timeout=timeout)

        return await self._authorized(attempt)

    async def services(self) -> tuple[RegisteredService, ...]:
        """Return what has registered with the management server (protocol/auth.md 7)."""
        return await self.management("ServiceRegistration", lambda by: registration.get_services(asmx=by.asmx))

    async def gateways(self) -> tuple[str, ...]:
        """Return the bases of the API gateways, which exist since 2022 R1 where installed (protocol/auth.md 2.2)."""
        url = self.location.url(GATEWAYS_PATH)
        operation = "gateway discovery"
        reply = await self._http("management").send(
            "GET", url, operation=operation, headers={"Accept": "application/json"}
        )
        try:
            return parse_gateways(reply.status, reply.body)
        except MilestoneError as error:
            error.at(server=str(self.location), operation=operation)
            raise

    async def event_server(self, build: Callable[[str], Call[T]]) -> T:
        """Call the alarm service. Raises `ServiceUnavailable` when the event server cannot be reached."""
        if self._event_server is None:
            self._event_server = await self._find_event_server()
        url = urljoin(self._event_server, _ALARM_PATH)

        async def attempt(authorization: Authorization) -> T:
            return await post(self._http("event_server"), url, build(authorization.corporate))

        return await self._reaching("event server", url, attempt)

    async def recorder(self, recorder: Recorder, build: Callable[[str], Call[T]]) -> T:
        """Call RecorderCommandService of one recorder. Raises `ServiceUnavailable` when it cannot be reached."""
        url = urljoin(str(self._recorder_location(recorder)) + "/", _RECORDER_PATH)

        async def attempt(authorization: Authorization) -> T:
            return await post(self._http("recorder"), url, build(authorization.corporate))

        return await self._reaching(f"recorder {recorder.name}", url, attempt)

    async def open_recorder(self, recorder: Recorder) -> AsyncStream:
        """Connect to a recorder's ImageServer, with TLS from the first byte if its address says https."""
        location = self._recorder_location(recorder)
        context = self._trust.for_service("recorder").context if location.secure else None
        try:
            return await open_stream(location.host, location.port, context=context, timeout=self.timeout)
        except TransportError as error:
            if not error.retriable:
                raise
            raise _unreachable(f"recorder {recorder.name}", str(location), error) from error

    async def _authorized(self, attempt: Callable[[Authorization], Awaitable[T]]) -> T:
        authorization = await self.tokens.authorization()
        try:
            return await attempt(authorization)
        except TokenExpired:
            return await attempt(await self.tokens.authorization(replacing=authorization))

    async def _reaching(self, service: str, url: str, attempt: Callable[[Authorization], Awaitable[T]]) -> T:
        try:
            return await self._authorized(attempt)
        except TransportError as error:
            if not error.retriable or error.server is None or not url.startswith(error.server):
                raise
            raise _unreachable(service, error.server, error) from error

    def _http(self, service: TrustedService) -> AsyncHTTP:
        """Return the connections to a service: those that believe the same certificates are shared."""
        context = self._trust.for_service(service).context
        if context not in self._pools:
            self._pools[context] = AsyncHTTP(context, timeout=self.timeout, trust_env=self._trust_env)
        return self._pools[context]

    def _private_http(self, auth: httpx.Auth) -> AsyncHTTP:
        """Return a client of one connection to the management server, for a handshake that is bound to it."""
        context = self._trust.for_service("management").context
        return AsyncHTTP(context, timeout=self.timeout, connections=1, auth=auth, trust_env=self._trust_env)

    async def _find_event_server(self) -> str:
        """Return the base address that was given, else the registered one, else where it is by default."""
        if given := self._addresses.get("event_server"):
            return given + "/"
        for service in await self.services():
            if service.type == ServiceType.EVENT_SERVER.value and service.enabled:
                for uri in service.uris:
                    return str(Location.parse(uri, path_allowed=True)) + "/"
        return str(Location(self.location.scheme, self.location.host, _EVENT_SERVER_PORT)) + "/"

    def _recorder_location(self, recorder: Recorder) -> Location:
        """Return the address that was given for the recorder, else the one it announces."""
        for name in (recorder.name, str(recorder.id), recorder.uri.rstrip("/")):
            if given := self._addresses.get(name.casefold()):
                return Location.parse(given)
        try:
            return Location.parse(recorder.uri, path_allowed=True)
        except ConfigurationError as error:
            text = f"recorder {recorder.name} announces no usable address: {recorder.uri!r}"
            raise RemoteProtocolError(text, operation="GetConfiguration") from error


def _unreachable(service: str, server: str, error: TransportError) -> ServiceUnavailable:
    return ServiceUnavailable(
        f"the {service} cannot be reached: {error.message}",
        service=service,
        server=server,
        operation=error.operation,
        hint="check that it runs and that this address, which it announces, can be reached from here; from outside, "
        "enable public access on it in the Management Client, or give its address in addresses={...}",
    )
