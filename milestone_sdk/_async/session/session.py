"""Calls to the services of one site: each at its own address, with its own kind of credential."""

import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from typing import Final, TypeVar

import httpx

from ..._net.asyncio import AsyncClock, AsyncLock, AsyncStream, open_stream
from ..._protocol.management import registration
from ..._protocol.management.identity import GATEWAYS_PATH, parse_gateways
from ..._protocol.management.location import Location
from ..._protocol.soap.envelope import Call
from ..._protocol.soap.faults import is_unknown_device
from ...credentials import Credentials
from ...errors import (
    AuthenticationError,
    CameraNotFound,
    ConfigurationError,
    InvalidCredentials,
    MilestoneError,
    PermissionDenied,
    RemoteProtocolError,
    ServerFault,
    ServiceUnavailable,
    TokenExpired,
    TransportError,
    UnsupportedFeature,
)
from ...models import Recorder, RegisteredService, ServiceType
from ...trust import Trust, TrustedService
from .facts import AsyncFact, may_repeat
from .http import MAX_REPLY, AsyncHTTP
from .soap import post
from .tokens import AsyncTokens, Authorization

__all__ = ["BASIC_PREFIX", "AsyncSession"]

_logger = logging.getLogger("milestone_sdk.login")

T = TypeVar("T")

BASIC_PREFIX: Final = "[BASIC]\\"
"""What XProtect's own clients put before a basic user's name at the Configuration API before 2021 R1
(protocol/configuration.md 1.2)."""
_CONFIGURATION: Final = "ConfigurationApi"
_EVENT_SERVER_PORT: Final = 22331
_ALARM_PATH: Final = "Central/AlarmServiceToken"
_RECORDER_PATH: Final = "RecorderCommandService/RecorderCommandService.asmx"
_QUESTION_SHARE: Final = 1 / 3
"""How much of a timeout the question may take whether the event server has moved."""


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
        max_reply: int = MAX_REPLY,
        basic_prefix: str = BASIC_PREFIX,
    ) -> None:
        self.location = location
        self.timeout = timeout
        self._max_reply = max_reply
        self._basic_prefix = basic_prefix
        self._configuration_refusal: tuple[httpx.Auth | None, AuthenticationError] | None = None
        self._configuration_accepted: httpx.Auth | None = None
        self._configuration_lock = AsyncLock()
        self._warned: set[str] = set()
        self.clock = clock
        self._trust = trust
        self._trust_env = trust_env
        self._pools: dict[ssl.SSLContext, AsyncHTTP] = {}
        self.tokens = AsyncTokens(
            self._http("management"), location, credentials, clock=clock, private=self._private_http
        )
        self._addresses = {name.casefold().rstrip("/"): str(Location.parse(text)) for name, text in addresses.items()}
        self._event_server = AsyncFact(
            self._registered_event_server,
            guess=Location(location.scheme, location.host, _EVENT_SERVER_PORT),
            seconds=timeout * _QUESTION_SHARE,
            clock=clock,
        )

    @property
    def trust(self) -> Trust:
        """Which certificates are believed."""
        return self._trust

    @property
    def trust_env(self) -> bool:
        """Whether the proxies of the environment are used."""
        return self._trust_env

    @property
    def addresses(self) -> Mapping[str, str]:
        """What was given instead of announced addresses, by names in lower case."""
        return self._addresses

    def another(self) -> "AsyncSession":
        """Return a session of the same user at the same site, with a login and connections of its own."""
        other = AsyncSession(
            self.location,
            self.tokens.credentials,
            trust=self._trust,
            trust_env=self._trust_env,
            timeout=self.timeout,
            clock=self.clock,
            addresses=self._addresses,
            max_reply=self._max_reply,
            basic_prefix=self._basic_prefix,
        )
        other.learn_from(self)
        return other

    def learn_from(self, other: "AsyncSession") -> None:
        """Take over what the server refused to the same user, so that it is not asked in vain once more."""
        self.tokens.learn_from(other.tokens)
        self._warned = other._warned
        self._configuration_refusal = self._configuration_refusal or other._configuration_refusal

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
            return await post(self.tokens.http, url, build(authorization), auth=authorization.auth, timeout=timeout)

        return await self._at_management(attempt, by_token=service == "ServerCommand")

    async def configuration(self, call: Call[T], *, timeout: float | None = None) -> T:
        """Call the Configuration API: a token on releases since 2021 R1, HTTP Basic of its own form before.

        Raises `InvalidCredentials` when HTTP Basic is refused; that is remembered and not tried again with the same
        user, since each try counts towards locking the account. Raises `UnsupportedFeature` for a Windows user on
        such a release, where the service takes no one without .NET (protocol/configuration.md 1.1, 1.2).
        """

        async def attempt(authorization: Authorization) -> T:
            if authorization.form == "asmx":
                raise UnsupportedFeature(
                    "the Configuration API takes no Windows user on this server",
                    required="2021 R1, or a basic user",
                    actual="a Windows user on a server before 2021 R1",
                    server=str(self.location),
                    operation=call.operation,
                )
            url = self.tokens.url(_CONFIGURATION)
            if authorization.form == "bearer":
                return await post(self.tokens.http, url, call, auth=authorization.auth, timeout=timeout)
            return await self._post_as_basic_user(url, call, timeout)

        return await self._at_management(attempt, by_token=False)

    async def _post_as_basic_user(self, url: str, call: Call[T], timeout: float | None) -> T:
        """Make the call by HTTP Basic, one at a time until the server takes the user: a refusal is one try."""
        auth = self.tokens.prefixed_auth(self._basic_prefix)
        if self._configuration_accepted == auth:
            return await self._try_as_basic_user(url, call, auth, timeout)
        async with self._configuration_lock:
            answer = await self._try_as_basic_user(url, call, auth, timeout)
            self._configuration_accepted = auth
            return answer

    async def _try_as_basic_user(self, url: str, call: Call[T], auth: httpx.Auth | None, timeout: float | None) -> T:
        if self._configuration_refusal is not None and self._configuration_refusal[0] == auth:
            raise copy(self._configuration_refusal[1])
        refusal = InvalidCredentials(
            "the Configuration API refused this basic user",
            hint=f"the name was sent as {self._basic_prefix + '<name>'!r}; configuration_prefix says otherwise",
        )
        try:
            return await post(self.tokens.http, url, call, auth=auth, timeout=timeout, statuses={401: refusal})
        except InvalidCredentials as error:
            self._configuration_refusal = (auth, error)
            raise

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
        with reply.reading():
            return parse_gateways(reply.status, reply.body)

    @property
    def known_event_server(self) -> Location | None:
        """The address that calls to the event server use; `None` where none was needed yet, or none is registered."""
        given = self._addresses.get("event_server")
        return Location.parse(given) if given else self._event_server.known

    async def _registered_event_server(self) -> Location | None:
        registered = [
            uri
            for service in await self.services()
            if service.type == ServiceType.EVENT_SERVER.value and service.enabled
            for uri in service.uris
        ]
        return Location.best_of(registered) if registered else None

    async def at_event_server(
        self,
        call: Callable[[Location], Awaitable[T]],
        *,
        contradicted: Callable[[MilestoneError, Location], bool],
    ) -> T:
        """Make a call with the address of the event server: as given, else as registered, else the default.

        An error that may mean that it moved has the services asked for again, and the call repeated there. Raises
        `ConfigurationError` for an event server that registered something that is not an address.
        """
        if given := self._addresses.get("event_server"):
            return await call(Location.parse(given))
        return await self._event_server.use(call, contradicted=contradicted)

    async def event_server(self, build: Callable[[str], Call[T]]) -> T:
        """Call the alarm service. Raises `ServiceUnavailable` when the event server cannot be reached."""

        async def call(place: Location) -> T:
            self._check_the_way("event server", place)
            url = place.url(_ALARM_PATH)

            async def attempt(authorization: Authorization) -> T:
                return await post(self._http("event_server"), url, build(authorization.corporate))

            return await self._reaching("event server", url, attempt)

        return await self.at_event_server(
            call,
            contradicted=lambda error, place: (
                error.server == str(place) and self._event_server.is_doubtful_after(error)
            ),
        )

    async def recorder(self, recorder: Recorder, build: Callable[[str], Call[T]]) -> T:
        """Call RecorderCommandService of one recorder.

        Raises `ServiceUnavailable` when it cannot be reached, `CameraNotFound` for a camera that it does not have.
        """
        location = self.recorder_location(recorder)
        self._check_the_way("recorder", location)
        url = location.url(_RECORDER_PATH)

        async def attempt(authorization: Authorization) -> T:
            return await post(self._http("recorder"), url, build(authorization.corporate))

        try:
            return await self._reaching(f"recorder {recorder.name}", url, attempt)
        except ServerFault as error:
            if not is_unknown_device(error.message):
                raise
            raise CameraNotFound(
                error.message,
                server=error.server,
                operation=error.operation,
                hint="it was removed, or it moved and the configuration does not say so yet",
            ) from error

    async def open_recorder(self, recorder: Recorder) -> AsyncStream:
        """Connect to a recorder's ImageServer, with TLS from the first byte if its address says https."""
        location = self.recorder_location(recorder)
        self._check_the_way("recorder", location)
        context = self._trust.for_service("recorder").context if location.secure else None
        try:
            return await open_stream(location.host, location.port, context=context, timeout=self.timeout)
        except TransportError as error:
            if not error.retriable:
                raise
            raise _unreachable(f"recorder {recorder.name}", str(location), error) from error

    async def _at_management(self, attempt: Callable[[Authorization], Awaitable[T]], *, by_token: bool) -> T:
        """Make a call; one that is refused is made once more if what was known of the server is not true any more."""
        logins = self.tokens.logins
        try:
            return await self._authorized(attempt)
        except (AuthenticationError, PermissionDenied, ServiceUnavailable, UnsupportedFeature) as error:
            again = may_repeat(error) and await self.tokens.reconsider(error, logins=logins, by_token=by_token)
            if not again:
                raise
        return await self._authorized(attempt)

    def _check_the_way(self, service: str, location: Location) -> None:
        """Warn once for each kind of service that has http alone: the corporate token can be read on the way.

        An http address that the caller wrote, for the site or for this service, is the caller's decision.
        """
        chosen = not self.location.secure or str(location) in self._addresses.values()
        if location.secure or chosen or service in self._warned:
            return
        self._warned.add(service)
        _logger.warning(
            "the %s at %s has no TLS: whoever can read the network can use the token that goes there, with all rights "
            "of this user at recorders and event server, until it ends. Enable encryption on that server",
            service,
            location,
        )

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
            self._pools[context] = AsyncHTTP(
                context,
                timeout=self.timeout,
                trust_env=self._trust_env,
                max_reply=self._max_reply,
                secrets=self._secrets,
            )
        return self._pools[context]

    def _private_http(self, auth: httpx.Auth) -> AsyncHTTP:
        """Return a client of one connection to the management server, for a handshake that is bound to it."""
        context = self._trust.for_service("management").context
        return AsyncHTTP(
            context,
            timeout=self.timeout,
            connections=1,
            auth=auth,
            trust_env=self._trust_env,
            max_reply=self._max_reply,
            secrets=self._secrets,
        )

    def _secrets(self) -> list[str]:
        return self.tokens.secrets()

    def recorder_location(self, recorder: Recorder) -> Location:
        """Return the address that was given for the recorder, else the one it announces.

        Raises `RemoteProtocolError` for one that is no address.
        """
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
