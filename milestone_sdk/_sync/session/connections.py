# Generated from milestone_sdk/_async/session/connections.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""How a session reaches its site, and its pools of connections."""

import ssl
from collections.abc import Callable, Iterable
from typing import Final

import httpx
from attrs import frozen

from ..._net.blocking import Clock
from ..._protocol.management.location import Location
from ...trust import Trust, TrustedService
from .addresses import Addresses
from .http import MAX_REPLY, HTTP

__all__ = ["BASIC_PREFIX", "Connections", "SessionSettings"]

BASIC_PREFIX: Final = "[BASIC]\\"
"""What XProtect's own clients put before a basic user's name at the Configuration API before 2021 R1."""


@frozen(kw_only=True, eq=False)
class SessionSettings:
    """Which site a session is for, and how it is reached; sessions of one client share them."""

    location: Location
    trust: Trust
    trust_env: bool
    timeout: float
    clock: Clock
    addresses: Addresses
    max_reply: int = MAX_REPLY
    basic_prefix: str = BASIC_PREFIX


class Connections:
    """The HTTP connections of a session; services for which the same certificates are trusted share a pool.

    `secrets` returns what no error may show.
    """

    def __init__(self, settings: SessionSettings, secrets: Callable[[], Iterable[str]]) -> None:
        self._settings = settings
        self._secrets = secrets
        self._pools: dict[ssl.SSLContext, HTTP] = {}

    def to(self, service: TrustedService) -> HTTP:
        """Return the connections to a service."""
        return self._pool(self._settings.trust.for_service(service).context)

    def without_login(self) -> HTTP:
        """Return the connections for requests that carry no login and may go to any address."""
        return self._pool(Trust.system().context)

    def _pool(self, context: ssl.SSLContext) -> HTTP:
        if context not in self._pools:
            self._pools[context] = self._made(context)
        return self._pools[context]

    def private(self, auth: httpx.Auth) -> HTTP:
        """Return a client of one connection to the management server, for a handshake that is bound to it."""
        return self._made(self._settings.trust.for_service("management").context, auth)

    def _made(self, context: ssl.SSLContext, auth: httpx.Auth | None = None) -> HTTP:
        return HTTP(
            context,
            timeout=self._settings.timeout,
            connections=None if auth is None else 1,
            auth=auth,
            trust_env=self._settings.trust_env,
            max_reply=self._settings.max_reply,
            secrets=self._secrets,
        )

    def close(self) -> None:
        """Close all shared connections."""
        for http in self._pools.values():
            http.close()
