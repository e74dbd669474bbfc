"""How a session reaches its site: settings, addresses given by the caller, and pools of connections."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

import httpx
from attrs import frozen

from ..._net.asyncio import AsyncClock
from ..._protocol.management.location import Location
from ...errors import ConfigurationError, RemoteProtocolError
from ...trust import Trust, TrustedService
from .http import MAX_REPLY, AsyncHTTP

if TYPE_CHECKING:
    from ...models import Recorder

__all__ = ["BASIC_PREFIX", "Addresses", "AsyncConnections", "SessionSettings"]

_logger = logging.getLogger("milestone_sdk.login")

BASIC_PREFIX: Final = "[BASIC]\\"
"""What XProtect's own clients put before a basic user's name at the Configuration API before 2021 R1."""


class Addresses:
    """The caller's addresses, by `"event_server"`, `"analytics_events"`, or a recorder's name, id or announced address.

    Raises `ConfigurationError` for one that is not an address.
    """

    def __init__(self, site: Location, given: Mapping[str, str]) -> None:
        self._site = site
        self._given = {name.casefold().rstrip("/"): Location.parse(text) for name, text in given.items()}
        self._warned: set[str] = set()
        if self.analytics_events is not None and self.analytics_events.secure:
            raise ConfigurationError(
                "analytics events are sent over plain http only",
                hint='write addresses={"analytics_events": "http://server:9090"}',
            )

    @property
    def event_server(self) -> Location | None:
        """Where the event server is, if that was given."""
        return self._given.get("event_server")

    @property
    def analytics_events(self) -> Location | None:
        """Where analytics events are sent, if that was given."""
        return self._given.get("analytics_events")

    def of_recorder(self, recorder: Recorder) -> Location:
        """Return the address that was given for a recorder, else the one it announces.

        Raises `RemoteProtocolError` if that is not an address.
        """
        for name in (recorder.name, str(recorder.id), recorder.uri.rstrip("/")):
            if given := self._given.get(name.casefold()):
                return given
        try:
            location = Location.parse(recorder.uri, path_allowed=True)
        except ConfigurationError as error:
            text = f"recorder {recorder.name} announces no usable address: {recorder.uri!r}"
            raise RemoteProtocolError(text, operation="GetConfiguration") from error
        self.warn_of_clear_text("recorder", location)
        return location

    def warn_of_clear_text(self, service: str, location: Location) -> None:
        """Log once for each kind of service that it uses http: the corporate token can be read on the way.

        An http address that the caller wrote, for the site or for this service, is the caller's decision.
        """
        chosen = not self._site.secure or location in self._given.values()
        if location.secure or chosen or service in self._warned:
            return
        self._warned.add(service)
        _logger.warning(
            "the %s at %s has no TLS: whoever can read the network can use the token that is sent there, with all "
            "rights of this user at recorders and event server, until it ends. Enable encryption on that server",
            service,
            location,
        )


@frozen(kw_only=True, eq=False)
class SessionSettings:
    """Which site a session is for, and how it is reached; sessions of one client share them."""

    location: Location
    trust: Trust
    trust_env: bool
    timeout: float
    clock: AsyncClock
    addresses: Addresses
    max_reply: int = MAX_REPLY
    basic_prefix: str = BASIC_PREFIX


class AsyncConnections:
    """The HTTP connections of a session; services for which the same certificates are trusted share a pool.

    `secrets` returns what no error may show.
    """

    def __init__(self, settings: SessionSettings, secrets: Callable[[], Iterable[str]]) -> None:
        self._settings = settings
        self._secrets = secrets
        self._pools: dict[ssl.SSLContext, AsyncHTTP] = {}

    def to(self, service: TrustedService) -> AsyncHTTP:
        """Return the connections to a service."""
        return self._pool(self._settings.trust.for_service(service).context)

    def without_login(self) -> AsyncHTTP:
        """Return the connections for requests that carry no login and may go to any address."""
        return self._pool(Trust.system().context)

    def _pool(self, context: ssl.SSLContext) -> AsyncHTTP:
        if context not in self._pools:
            self._pools[context] = self._made(context)
        return self._pools[context]

    def private(self, auth: httpx.Auth) -> AsyncHTTP:
        """Return a client of one connection to the management server, for a handshake that is bound to it."""
        return self._made(self._settings.trust.for_service("management").context, auth)

    def _made(self, context: ssl.SSLContext, auth: httpx.Auth | None = None) -> AsyncHTTP:
        return AsyncHTTP(
            context,
            timeout=self._settings.timeout,
            connections=None if auth is None else 1,
            auth=auth,
            trust_env=self._settings.trust_env,
            max_reply=self._settings.max_reply,
            secrets=self._secrets,
        )

    async def aclose(self) -> None:
        """Close all shared connections."""
        for http in self._pools.values():
            await http.aclose()
