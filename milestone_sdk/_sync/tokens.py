# Generated from milestone_sdk/_async/tokens.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""The one owner of a site's tokens: gets them, renews them ahead of time, never twice at once."""

import logging
from collections.abc import Callable, Mapping
from copy import copy
from typing import Final, Literal
from uuid import uuid4

import httpx
from attrs import field, frozen

from .._net.blocking import Clock, Lock
from .._net.authorization import HeaderAuth
from .._protocol import servercommand
from .._protocol.identity import DISCOVERY_PATH, Discovery, Lease, basic_authorization, parse_discovery
from .._protocol.location import Location
from .._protocol.secrets import Sealed
from ..credentials import AccessToken, BasicUser, Credentials
from ..errors import (
    AccountLocked,
    AuthenticationError,
    InvalidCredentials,
    LoginNotSupported,
    MilestoneError,
    PasswordChangeRequired,
    ServiceUnavailable,
    TokenExpired,
)
from .grants import Grants, auth_of
from .http import HTTP
from .soap import post

__all__ = ["Tokens", "Authorization"]

_logger = logging.getLogger("milestone_sdk.login")

_REFUSALS: Final = (InvalidCredentials, AccountLocked, PasswordChangeRequired, LoginNotSupported)
"""What a server said of these credentials; a missing ticket or a skewed clock can be mended without others."""

Form = Literal["bearer", "basic", "asmx"]
"""Bearer on `*OAuth.svc` since 2021 R1; before, HTTP Basic on `*.svc` and Windows authentication on `*.asmx`."""

_PATHS: Final[dict[Form, str]] = {
    "bearer": "/ManagementServer/{}ServiceOAuth.svc",
    "basic": "/ManagementServer/{}Service.svc",
    "asmx": "/ServerAPI/{}Service.asmx",
}


@frozen(kw_only=True)
class Authorization:
    """What one call needs: the header for the management server, the corporate token for the body."""

    auth: HeaderAuth | None
    """`None` where the connection itself is authorised, by the handshake of a Windows user."""
    corporate: str = field(repr=False)
    form: Form

    @property
    def asmx(self) -> bool:
        """Whether calls take the old form of the services (protocol/auth.md 6.5)."""
        return self.form == "asmx"


class Tokens:
    """The access token and the corporate token of one site (protocol/auth.md 4).

    Both are renewed, with the same instance id, once 80 % of the shorter life has passed, by whichever call comes
    next; other callers wait for that one renewal. `private` makes a client of one connection, with the handshake of a
    Windows user. A refused login is remembered and not tried again until `replace`
    brings other credentials, since each try counts towards locking the account.
    """

    def __init__(
        self,
        http: HTTP,
        location: Location,
        credentials: Credentials,
        *,
        clock: Clock,
        private: Callable[[httpx.Auth], HTTP],
    ) -> None:
        self._shared_http = http
        self._windows_http: HTTP | None = None
        self._location = location
        self._credentials = credentials
        self._clock = clock
        self._private = private
        self._grants = Grants(http, location, clock, private)
        self._lock = Lock()
        self._instance = uuid4()
        self._discovery: Discovery | None = None
        self._access: Lease | None = None
        self._corporate: Lease | None = None
        self._refusal: AuthenticationError | None = None
        self._warned = False

    def __repr__(self) -> str:
        return f"<tokens of {self._credentials!r} at {self._location}>"

    def access(self) -> str:
        """Return a fresh access token, for REST and other calls that this library lacks.

        Raises `LoginNotSupported` on servers before 2021 R1, which have none, and what a login raises.
        """
        self.authorization()
        if self._access is None:
            raise LoginNotSupported("this server gives no access tokens", server=str(self._location))
        return self._access.token

    def corporate(self) -> str:
        """Return a fresh corporate token, as recorders and the event server want it. Raises what a login raises."""
        return (self.authorization()).corporate

    def renewed(self, refused: str) -> str:
        """Return a corporate token other than `refused`, which a recorder did not accept."""
        authorization = self.authorization()
        if authorization.corporate == refused:
            authorization = self.authorization(replacing=authorization)
        return authorization.corporate

    def replace(self, credentials: Credentials) -> None:
        """Log in as somebody else, or with a new password, from the next call on; forgets a refusal."""
        with self._lock:
            self._credentials = credentials
            self._refusal = self._access = self._corporate = None
            self._close_windows_http()

    @property
    def credentials(self) -> Credentials:
        """Who logs in."""
        return self._credentials

    def lives(self) -> Mapping[str, float]:
        """Return how many seconds the tokens still live: `access`, on releases that have it, and `corporate`."""
        now = self._clock.monotonic()
        leases = {"access": self._access, "corporate": self._corporate}
        return {name: max(0.0, lease.since + lease.life - now) for name, lease in leases.items() if lease is not None}

    def learn_from(self, other: "Tokens") -> None:
        """Take over what the server refused to the same user, unless one's own tokens still hold."""
        if self._corporate is None:
            self._refusal = self._refusal or other._refusal

    def discover(self) -> Discovery:
        """Return whether the server has an identity provider; asked once."""
        if self._discovery is None:
            url = self._location.url(DISCOVERY_PATH)
            operation = "discovery"
            headers = {"Accept": "application/json"}
            reply = self._shared_http.send("GET", url, operation=operation, headers=headers)
            with reply.reading():
                self._discovery = parse_discovery(reply.status, reply.body)
        return self._discovery

    def authorization(self, *, replacing: Authorization | None = None) -> Authorization:
        """Return what authorises a call now; renew it if it is due, or if it is the one in `replacing`.

        Raises `InvalidCredentials`, `AccountLocked`, `PasswordChangeRequired`, `LoginNotSupported`, and whatever the
        network raises.
        """
        with self._lock:
            if self._refusal is not None:
                raise copy(self._refusal)
            stale = replacing is not None and self._corporate is not None and replacing == self._current()
            if self._corporate is None or stale:
                self._renew()
            elif self._is_due():
                self._renew_ahead()
            return self._current()

    def close(self) -> None:
        """Tell the server that this client is gone; failures do not matter."""
        with self._lock:
            try:
                if self._corporate is not None and not self._corporate.is_over(self._clock.monotonic()):
                    current = self._current()
                    self._corporate = None
                    call = servercommand.logout(self._instance, current.corporate, asmx=current.asmx)
                    post(self.http, self.url("ServerCommand"), call, auth=current.auth, timeout=5.0)
            except MilestoneError:
                return
            finally:
                self._close_windows_http()

    @property
    def http(self) -> HTTP:
        """What calls to the management server go through: a private connection for Windows users before 2021 R1."""
        return self._windows_http or self._shared_http

    def url(self, name: str) -> str:
        """Return the address of a SOAP service of the management server, e.g. `ServiceRegistration`."""
        return self._location.url(_PATHS[self._form].format(name))

    def prefixed_auth(self, prefix: str) -> HeaderAuth | None:
        r"""Return HTTP Basic for a service that wants something before a basic user's name, such as `[BASIC]\`."""
        if not isinstance(self._credentials, BasicUser):
            return self._auth()
        return HeaderAuth(Sealed(basic_authorization(prefix + self._credentials.name, self._credentials.reveal())))

    def secrets(self) -> list[str]:
        """Return every password and token that a server of this site may know."""
        return [self._credentials.reveal(), *(lease.token for lease in self._leases())]

    @property
    def _form(self) -> Form:
        if self._discovery is not None and self._discovery.oauth:
            return "bearer"
        return "basic" if isinstance(self._credentials, BasicUser) else "asmx"

    def _auth(self) -> HeaderAuth | None:
        if self._access is not None:
            return HeaderAuth(Sealed(f"Bearer {self._access.token}"))
        return self.prefixed_auth("") if isinstance(self._credentials, BasicUser) else None

    def _current(self) -> Authorization:
        assert self._corporate is not None
        return Authorization(auth=self._auth(), corporate=self._corporate.token, form=self._form)

    def _leases(self) -> list[Lease]:
        return [lease for lease in (self._access, self._corporate) if lease is not None]

    def _is_due(self) -> bool:
        now = self._clock.monotonic()
        return any(lease.is_due(now) for lease in self._leases())

    def _renew_ahead(self) -> None:
        """Renew while the old tokens still hold: then a passing failure costs nothing."""
        try:
            self._renew()
        except MilestoneError as error:
            now = self._clock.monotonic()
            if not error.retriable or any(lease.is_over(now) for lease in self._leases()):
                raise

    def _renew(self) -> None:
        self._check_the_way()
        try:
            if not (self.discover()).oauth:
                self._prepare_for_an_old_server()
                self._corporate = self._login()
                return
            self._access = self._grants.access(self._credentials)
            try:
                self._corporate = self._login()
            except TokenExpired:
                # The server was restarted between the two: its identity provider signs with a new key now.
                self._access = self._grants.access(self._credentials)
                self._corporate = self._login()
        except _REFUSALS as error:
            self._refusal = error
            raise

    def _check_the_way(self) -> None:
        """Let no password and no given token go over http; say once what a Windows user shows there."""
        if self._location.secure:
            return
        if isinstance(self._credentials, BasicUser | AccessToken):
            raise LoginNotSupported(
                "a password or an access token is never sent over http",
                server=str(self._location),
                hint="make a client for the https:// address of the server",
            )
        if not self._warned:
            self._warned = True
            _logger.warning(
                "a Windows user logs in to %s without TLS: whoever can read the network sees the user's name, can try "
                "out passwords against the NTLM handshake, and can use the tokens that follow; whoever can change what "
                "is sent can pass the login on to another server. Give the server a certificate and write https://",
                self._location,
            )

    def _prepare_for_an_old_server(self) -> None:
        """Before 2021 R1: HTTP Basic for basic users, NTLM on one connection for Windows users, nothing else."""
        if isinstance(self._credentials, AccessToken):
            raise LoginNotSupported(
                "this server has no identity provider and takes no access tokens",
                server=str(self._location),
                hint="log in as a basic user or a Windows user",
            )
        if not isinstance(self._credentials, BasicUser) and self._windows_http is None:
            self._windows_http = self._private(auth_of(self._credentials, self._location.host))

    def _login(self) -> Lease:
        now = self._clock.monotonic()
        old = Sealed(self._corporate.token if self._corporate else None)
        call = servercommand.login(self._instance, old.reveal(), asmx=self._form == "asmx")
        try:
            registration = post(self.http, self.url("ServerCommand"), call, auth=self._auth())
        except TokenExpired as error:
            if self._form == "bearer":
                raise
            raise InvalidCredentials(
                "the server refused the login",
                server=str(self._location),
                operation="Login",
                hint="check user name and password",
            ) from error
        except ServiceUnavailable as error:
            if self._form != "asmx":
                raise
            raise LoginNotSupported(
                "this server offers Windows users no way in that works without .NET",
                server=str(self._location),
                operation="Login",
                hint="have a basic user made for this program",
            ) from error
        return Lease(token=registration.token, since=now, life=registration.time_to_live.total_seconds())

    def _close_windows_http(self) -> None:
        if self._windows_http is not None:
            self._windows_http.close()
            self._windows_http = None
