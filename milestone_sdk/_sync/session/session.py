# Generated from milestone_sdk/_async/session/session.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Calls to the services of one site: each at its own address, with its own kind of credential."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, TypeVar

import httpx

from ..._net.blocking import Clock, Lock, Stream, open_stream
from ..._protocol.management import registration, servercommand
from ..._protocol.management.identity import GATEWAYS_PATH, parse_gateways
from ..._protocol.management.location import Location
from ..._protocol.soap.envelope import Call
from ..._protocol.soap.faults import is_unknown_device
from ...credentials import Credentials
from ...errors import (
    AuthenticationError,
    CameraNotFound,
    InvalidCredentials,
    MilestoneError,
    PermissionDenied,
    ServerFault,
    ServiceUnavailable,
    TokenExpired,
    TransportError,
    UnsupportedFeature,
)
from ...models.site import ServiceType, SiteInfo
from .connections import Connections, SessionSettings
from .discovery import ReleaseDiscovery
from .facts import Fact, may_repeat
from .login import Login, Authorization
from .soap import post
from .tokens import Tokens

if TYPE_CHECKING:
    from ...models import Recorder, RegisteredService

__all__ = ["Session"]

P = ParamSpec("P")
T = TypeVar("T")

_CONFIGURATION: Final = "ConfigurationApi"
_EVENT_SERVER_PORT: Final = 22331
_ALARM_PATH: Final = "Central/AlarmServiceToken"
_RECORDER_PATH: Final = "RecorderCommandService/RecorderCommandService.asmx"


class Session:
    """What every part of the client shares: connections, tokens, and the addresses of the site's services.

    A call that is refused because its token ended is made again with new tokens.
    """

    def __init__(self, settings: SessionSettings, credentials: Credentials) -> None:
        self.settings = settings
        self.location: Location = settings.location
        self.timeout: float = settings.timeout
        self.clock: Clock = settings.clock
        self.connections: Connections = Connections(settings, lambda: self.tokens.secrets())
        self.login: Login = Login(settings, credentials, self.connections)
        discovery = ReleaseDiscovery(self.connections.to("management"), self.location, self.clock)
        self.tokens: Tokens = Tokens(self.login, discovery.fact, self.clock)
        self._basic_user = _BasicUser(self.login, settings.basic_prefix)
        self._event_server = Fact(
            self._registered_event_server,
            guess=Location(self.location.scheme, self.location.host, _EVENT_SERVER_PORT),
            timeout=self.timeout,
            clock=self.clock,
        )

    def another(self) -> Session:
        """Return a session of the same user at the same site, with a login and connections of its own."""
        other = Session(self.settings, self.tokens.credentials)
        other.learn_from(self)
        return other

    def learn_from(self, other: Session) -> None:
        """Take over which logins the server refused to the same user, so that they are not tried again."""
        self.tokens.learn_from(other.tokens)
        self._basic_user.refusal = self._basic_user.refusal or other._basic_user.refusal

    def close(self) -> None:
        """Log out and close every connection."""
        try:
            self.tokens.close()
        finally:
            self.connections.close()

    def server_command(self, build: Callable[[Authorization], Call[T]], *, timeout: float | None = None) -> T:
        """Call ServerCommandService; `build` makes the call from what authorises it."""
        return self.management("ServerCommand", build, timeout=timeout)

    def management(
        self, service: str, build: Callable[[Authorization], Call[T]], *, timeout: float | None = None
    ) -> T:
        """Call a service of the management server, e.g. `ServiceRegistration`."""

        def attempt(authorization: Authorization) -> T:
            url = self.login.url(service)
            return post(self.login.http, url, build(authorization), auth=authorization.auth, timeout=timeout)

        return self._at_management(attempt, by_token=service == "ServerCommand")

    def configuration(self, call: Call[T], *, timeout: float | None = None) -> T:
        """Call the Configuration API: with a token on releases since 2021 R1, before by HTTP Basic of its own form.

        Raises `InvalidCredentials` when HTTP Basic is refused; that is remembered and not tried again with the same
        user, since each try counts towards locking the account. Raises `UnsupportedFeature` for a Windows user before
        2021 R1, where the service needs .NET for them.
        """

        def attempt(authorization: Authorization) -> T:
            if authorization.form == "asmx":
                raise UnsupportedFeature(
                    "the Configuration API does not accept Windows users on this server",
                    required="2021 R1, or a basic user",
                    actual="a Windows user on a server before 2021 R1",
                    server=str(self.location),
                    operation=call.operation,
                )
            url = self.login.url(_CONFIGURATION)
            if authorization.form == "basic":
                return self._basic_user.post(url, call, timeout)
            return post(self.login.http, url, call, auth=authorization.auth, timeout=timeout)

        return self._at_management(attempt, by_token=False)

    def services(self) -> tuple[RegisteredService, ...]:
        """Return the services that have registered with the management server."""
        return self.management("ServiceRegistration", lambda by: registration.get_services(asmx=by.asmx))

    def gateways(self) -> tuple[str, ...]:
        """Return the base URLs of the API gateways, which exist since 2022 R1 where installed."""
        url = self.location.url(GATEWAYS_PATH)
        operation = "gateway discovery"
        reply = self.connections.to("management").send(
            "GET", url, operation=operation, headers={"Accept": "application/json"}
        )
        with reply.reading():
            return parse_gateways(reply.status, reply.body)

    def info(self) -> SiteInfo:
        """Return product and version of the management server."""
        discovery = self.tokens.discover()
        product = self.server_command(lambda by: servercommand.get_product_info(asmx=by.asmx))
        discovery = self.tokens.discovery or discovery
        return SiteInfo(
            server=str(self.location),
            version=product.version or discovery.server_version or "",
            oauth=discovery.oauth,
            product=product,
            identity_version=discovery.server_version,
        )

    @property
    def known_event_server(self) -> Location | None:
        """The address that calls to the event server use; `None` before the first, or if none is registered."""
        return self.settings.addresses.event_server or self._event_server.known

    def _registered_event_server(self) -> Location | None:
        registered = [
            uri
            for service in self.services()
            if service.type == ServiceType.EVENT_SERVER.value and service.enabled
            for uri in service.uris
        ]
        return Location.best_of(registered) if registered else None

    def at_event_server(
        self,
        call: Callable[[Location], T],
        *,
        contradicted: Callable[[MilestoneError, Location], bool],
    ) -> T:
        """Make a call with the address of the event server: as given, else as registered, else the default.

        After an error that may mean that it moved, the services are requested again, and the call is repeated at
        another address. Raises `ConfigurationError` for an event server that registered an unusable address.
        """
        if given := self.settings.addresses.event_server:
            return call(given)
        return self._event_server.use(call, contradicted=contradicted)

    def event_server(
        self, build: Callable[Concatenate[str, P], Call[T]], *args: P.args, **options: P.kwargs
    ) -> T:
        """Call the alarm service; `build` gets the token and these arguments.

        Raises `ServiceUnavailable` if the event server cannot be reached.
        """

        def at(place: Location) -> T:
            self.settings.addresses.warn_of_clear_text("event server", place)
            url = place.url(_ALARM_PATH)

            def attempt(authorization: Authorization) -> T:
                call = build(authorization.corporate, *args, **options)
                return post(self.connections.to("event_server"), url, call)

            return self._reaching("event server", url, attempt)

        def contradicted(error: MilestoneError, place: Location) -> bool:
            return error.server == str(place) and self._event_server.is_doubtful_after(error)

        return self.at_event_server(at, contradicted=contradicted)

    def recorder(self, recorder: Recorder, build: Callable[[str], Call[T]]) -> T:
        """Call RecorderCommandService of one recorder.

        Raises `ServiceUnavailable` when it cannot be reached, `CameraNotFound` for a camera that it does not have.
        """
        location = self.settings.addresses.of_recorder(recorder)
        url = location.url(_RECORDER_PATH)

        def attempt(authorization: Authorization) -> T:
            return post(self.connections.to("recorder"), url, build(authorization.corporate))

        try:
            return self._reaching(f"recorder {recorder.name}", url, attempt)
        except ServerFault as error:
            if not is_unknown_device(error.message):
                raise
            raise CameraNotFound(
                error.message,
                server=error.server,
                operation=error.operation,
                hint="it was removed, or it moved and the configuration does not show that yet",
            ) from error

    def open_recorder(self, recorder: Recorder) -> Stream:
        """Connect to a recorder's ImageServer, with TLS from the first byte if its address says https."""
        location = self.settings.addresses.of_recorder(recorder)
        context = self.settings.trust.for_service("recorder").context if location.secure else None
        try:
            return open_stream(location.host, location.port, context=context, timeout=self.timeout)
        except TransportError as error:
            if not error.retriable:
                raise
            raise _unreachable(f"recorder {recorder.name}", str(location), error) from error

    def _at_management(self, attempt: Callable[[Authorization], T], *, by_token: bool) -> T:
        """Make a call; one that is refused is made again if the server turns out to have changed."""
        logins = self.tokens.logins
        try:
            return self._authorized(attempt)
        except (AuthenticationError, PermissionDenied, ServiceUnavailable, UnsupportedFeature) as error:
            again = may_repeat(error) and self.tokens.reconsider(error, logins=logins, by_token=by_token)
            if not again:
                raise
        return self._authorized(attempt)

    def _authorized(self, attempt: Callable[[Authorization], T]) -> T:
        authorization = self.tokens.authorization()
        try:
            return attempt(authorization)
        except TokenExpired:
            return attempt(self.tokens.authorization(replacing=authorization))

    def _reaching(self, service: str, url: str, attempt: Callable[[Authorization], T]) -> T:
        try:
            return self._authorized(attempt)
        except TransportError as error:
            if not error.retriable or error.server is None or not url.startswith(error.server):
                raise
            raise _unreachable(service, error.server, error) from error


class _BasicUser:
    """Calls the Configuration API before 2021 R1 by HTTP Basic."""

    def __init__(self, login: Login, prefix: str) -> None:
        self._login = login
        self._prefix = prefix
        self._lock = Lock()
        self._accepted: httpx.Auth | None = None
        self.refusal: tuple[httpx.Auth | None, AuthenticationError] | None = None

    def post(self, url: str, call: Call[T], timeout: float | None) -> T:
        """Make the call, one at a time until the server accepts the user: a refusal is one try."""
        auth = self._login.basic_auth(self._prefix)
        if self._accepted == auth:
            return self._try(url, call, auth, timeout)
        with self._lock:
            answer = self._try(url, call, auth, timeout)
            self._accepted = auth
            return answer

    def _try(self, url: str, call: Call[T], auth: httpx.Auth | None, timeout: float | None) -> T:
        if self.refusal is not None and self.refusal[0] == auth:
            raise copy(self.refusal[1])
        refusal = InvalidCredentials(
            "the Configuration API refused this basic user",
            hint=f"the name was sent as {self._prefix + '<name>'!r}; see configuration_prefix if that is wrong",
        )
        try:
            return post(self._login.http, url, call, auth=auth, timeout=timeout, statuses={401: refusal})
        except InvalidCredentials as error:
            self.refusal = (auth, error)
            raise


def _unreachable(service: str, server: str, error: TransportError) -> ServiceUnavailable:
    return ServiceUnavailable(
        f"the {service} cannot be reached: {error.message}",
        service=service,
        server=server,
        operation=error.operation,
        hint="check that it runs and that this address, which it announces, can be reached from here; from outside, "
        "enable public access on it in the Management Client, or give its address in addresses={...}",
    )
