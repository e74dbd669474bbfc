# Generated from milestone_sdk/_async/session.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Calls to the services of one site: each at its own address, with its own kind of credential."""

import ssl
from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import urljoin

from .._net.blocking import Clock, Stream, open_stream
from .._protocol import registration
from .._protocol.location import Location
from .._protocol.soap import Call
from ..credentials import BasicUser
from ..errors import ConfigurationError, RemoteProtocolError, ServiceUnavailable, TokenExpired, TransportError
from ..models import Recorder, RegisteredService, ServiceType
from .http import HTTP
from .soap import post
from .tokens import Tokens, Authorization

__all__ = ["Session"]

T = TypeVar("T")

_EVENT_SERVER_PORT: Final = 22331
_ALARM_PATH: Final = "Central/AlarmServiceToken"
_RECORDER_PATH: Final = "RecorderCommandService/RecorderCommandService.asmx"


class Session:
    """What every part of the client shares: connections, tokens, and the addresses of the site's services.

    A call that is refused because its token ended is made once more with fresh tokens.
    """

    def __init__(
        self, location: Location, user: BasicUser, *, context: ssl.SSLContext, timeout: float, clock: Clock
    ) -> None:
        self.location = location
        self.timeout = timeout
        self.clock = clock
        self.http = HTTP(context, timeout=timeout)
        self.tokens = Tokens(self.http, location, user, clock)
        self._context = context
        self._event_server: str | None = None

    def close(self) -> None:
        """Log out and close every connection."""
        try:
            self.tokens.close()
        finally:
            self.http.close()

    def server_command(self, build: Callable[[str], Call[T]], *, timeout: float | None = None) -> T:
        """Call ServerCommandService; `build` makes the call from the corporate token."""

        def attempt(authorization: Authorization) -> T:
            call = build(authorization.corporate)
            url = self.tokens.server_command_url
            return post(self.http, url, call, headers=authorization.headers, timeout=timeout)

        return self._authorized(attempt)

    def management(self, service: str, build: Callable[[str], Call[T]]) -> T:
        """Call another service of the management server, e.g. `ServiceRegistration`."""

        def attempt(authorization: Authorization) -> T:
            call = build(authorization.corporate)
            return post(self.http, self.tokens.url(service), call, headers=authorization.headers)

        return self._authorized(attempt)

    def services(self) -> tuple[RegisteredService, ...]:
        """Return what has registered with the management server (protocol/auth.md 7)."""
        return self.management("ServiceRegistration", lambda _: registration.get_services())

    def event_server(self, build: Callable[[str], Call[T]]) -> T:
        """Call the alarm service. Raises `ServiceUnavailable` when the event server cannot be reached."""
        if self._event_server is None:
            self._event_server = self._find_event_server()
        url = urljoin(self._event_server, _ALARM_PATH)

        def attempt(authorization: Authorization) -> T:
            return post(self.http, url, build(authorization.corporate))

        return self._reaching("event server", url, attempt)

    def recorder(self, recorder: Recorder, build: Callable[[str], Call[T]]) -> T:
        """Call RecorderCommandService of one recorder. Raises `ServiceUnavailable` when it cannot be reached."""
        url = urljoin(str(self._recorder_location(recorder)) + "/", _RECORDER_PATH)

        def attempt(authorization: Authorization) -> T:
            return post(self.http, url, build(authorization.corporate))

        return self._reaching(f"recorder {recorder.name}", url, attempt)

    def open_recorder(self, recorder: Recorder) -> Stream:
        """Connect to a recorder's ImageServer, with TLS from the first byte if its address says https."""
        location = self._recorder_location(recorder)
        context = self._context if location.secure else None
        try:
            return open_stream(location.host, location.port, context=context, timeout=self.timeout)
        except TransportError as error:
            raise _unreachable(f"recorder {recorder.name}", str(location), error) from error

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
            if error.server is None or not url.startswith(error.server):
                raise
            raise _unreachable(service, error.server, error) from error

    def _find_event_server(self) -> str:
        """Return the base address that the event server registered, else where it is by default."""
        for service in self.services():
            if service.type == ServiceType.EVENT_SERVER.value and service.enabled:
                for uri in service.uris:
                    return str(Location.parse(uri, path_allowed=True)) + "/"
        return str(Location(self.location.scheme, self.location.host, _EVENT_SERVER_PORT)) + "/"

    @staticmethod
    def _recorder_location(recorder: Recorder) -> Location:
        try:
            return Location.parse(recorder.uri, path_allowed=True)
        except ConfigurationError as error:
            raise RemoteProtocolError(
                f"recorder {recorder.name} announces no usable address: {recorder.uri!r}"
            ) from error


def _unreachable(service: str, server: str, error: TransportError) -> TransportError | ServiceUnavailable:
    if not error.retriable:
        return error
    return ServiceUnavailable(
        f"the {service} cannot be reached: {error.message}",
        service=service,
        server=server,
        operation=error.operation,
        hint="check that it runs and that this address can be reached from here; behind NAT it needs a public address",
    )
