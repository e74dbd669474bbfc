"""The login of one user at a management server, in the form of the server's release."""

import logging
from collections.abc import Mapping
from typing import Final
from uuid import uuid4

from attrs import field, frozen

from ..._net.forking import ForkAware
from ..._net.http.authorization import HeaderAuth
from ..._protocol.management import servercommand
from ..._protocol.management.identity import Lease, basic_authorization
from ..._protocol.management.location import Location
from ..._protocol.secrets import Sealed
from ...credentials import AccessToken, BasicUser, Credentials
from ...errors import InvalidCredentials, LoginNotSupported, MilestoneError, TokenExpired
from .accesstokens import AsyncAccessTokens, auth_of
from .connections import AsyncConnections, SessionSettings
from .discovery import PATHS, Form
from .http import AsyncHTTP
from .soap import post

__all__ = ["AsyncLogin", "Authorization"]

_logger = logging.getLogger("milestone_sdk.login")

_REFUSED: Final = InvalidCredentials("the server refused the login", hint="check user name and password")
_STATUSES: Final[dict[Form, Mapping[int, MilestoneError]]] = {
    "bearer": {},
    "basic": {401: _REFUSED},
    "asmx": {
        401: _REFUSED,
        404: LoginNotSupported(
            "this server has no login for Windows users that works without .NET",
            hint="have a basic user created for this program",
        ),
    },
}
"""What an HTTP status means for a login; every other one says nothing about the user."""


@frozen(kw_only=True)
class Authorization:
    """What authorises one call: the header for the management server, the corporate token for the body."""

    auth: HeaderAuth | None
    """`None` where the connection itself is authorised, by the handshake of a Windows user."""
    corporate: str = field(repr=False)
    form: Form

    @property
    def asmx(self) -> bool:
        """Whether calls use the old form of the services, before 2021 R1."""
        return self.form == "asmx"


class AsyncLogin(ForkAware):
    """Logs a user in and out, always with the same instance id, and knows the addresses that the form brings with it.

    Since 2021 R1 an access token is requested first. Before, basic users log in by HTTP Basic, and Windows users by
    NTLM on a private connection, since NTLM is bound to it.
    """

    def __init__(self, settings: SessionSettings, credentials: Credentials, connections: AsyncConnections) -> None:
        super().__init__()
        self.location: Location = settings.location
        self.credentials: Credentials = credentials
        self.form: Form = "bearer"
        """The form of the last login that succeeded."""
        self.pending: Lease | None = None
        """The access token of a login that has not succeeded yet."""
        self._clock = settings.clock
        self._connections = connections
        self._shared_http = connections.to("management")
        self._windows_http: AsyncHTTP | None = None
        self._access_tokens = AsyncAccessTokens(settings, connections)
        self._instance = uuid4()
        self._warned = False

    def after_fork_in_child(self) -> None:
        self._instance = uuid4()
        self._windows_http = None

    async def replace(self, credentials: Credentials) -> None:
        """Use other credentials from the next login on."""
        self.credentials = credentials
        await self.aclose()

    @property
    def http(self) -> AsyncHTTP:
        """The connections for calls to the management server; for Windows users before 2021 R1 the private one."""
        return self._http_of(self.form)

    def _http_of(self, form: Form) -> AsyncHTTP:
        return self._windows_http if form == "asmx" and self._windows_http else self._shared_http

    def url(self, service: str, form: Form | None = None) -> str:
        """Return the address of a SOAP service of the management server, e.g. `ServiceRegistration`."""
        return self.location.url(PATHS[form or self.form].format(service))

    def authorization(self, access: Lease | None, corporate: Lease) -> Authorization:
        """Return what authorises a call by these tokens."""
        return Authorization(auth=self._auth(access), corporate=corporate.token, form=self.form)

    def _auth(self, access: Lease | None) -> HeaderAuth | None:
        if access is not None:
            return HeaderAuth(Sealed(f"Bearer {access.token}"))
        return self.basic_auth("") if isinstance(self.credentials, BasicUser) else None

    def basic_auth(self, prefix: str) -> HeaderAuth | None:
        r"""Return HTTP Basic for a service that wants a prefix before the user's name, such as `[BASIC]\`."""
        if not isinstance(self.credentials, BasicUser):
            return None
        try:
            return HeaderAuth(Sealed(basic_authorization(prefix + self.credentials.name, self.credentials.reveal())))
        except LoginNotSupported as error:
            error.at(server=str(self.location), operation="Login")
            raise error.with_traceback(None) from None  # the frames within hold the password

    def check_transport(self) -> None:
        """Send no password and no given token over http; log once what a Windows user exposes there."""
        if self.location.secure:
            return
        if isinstance(self.credentials, BasicUser | AccessToken):
            raise LoginNotSupported(
                "a password or an access token is never sent over http",
                server=str(self.location),
                hint="make a client for the https:// address of the server",
            )
        if not self._warned:
            self._warned = True
            _logger.warning(
                "a Windows user logs in to %s without TLS: whoever can read the network sees the user's name, can try "
                "out passwords against the NTLM handshake, and can use the tokens that follow; whoever can change what "
                "is sent can pass the login on to another server. Give the server a certificate and write https://",
                self.location,
            )

    async def log_in(self, *, oauth: bool, old: Lease | None) -> tuple[Lease | None, Lease]:
        """Register, or renew the registration of the `old` corporate token; return access and corporate token.

        `oauth` says whether the server has an identity provider. A server that has forgotten the old token registers
        the client as a new one.
        """
        access: Lease | None = None
        if oauth:
            form: Form = "bearer"
            access = self.pending = await self._access_tokens.request(self.credentials)
            try:
                corporate = await self._register(form, access, old)
            except TokenExpired:
                # The server was restarted between the two, and its identity provider has a new key.
                access = self.pending = await self._access_tokens.request(self.credentials)
                corporate = await self._register(form, access, None)
        else:
            form = self._old_form()
            try:
                corporate = await self._register(form, None, old)
            except TokenExpired:
                if old is None:
                    raise
                corporate = await self._register(form, None, None)
        self.form, self.pending = form, None
        return access, corporate

    def _old_form(self) -> Form:
        """Return the form of a login before 2021 R1, having made the connection that it needs."""
        if isinstance(self.credentials, AccessToken):
            raise LoginNotSupported(
                "this server has no identity provider and accepts no access tokens",
                server=str(self.location),
                hint="log in as a basic user or a Windows user",
            )
        if isinstance(self.credentials, BasicUser):
            return "basic"
        if self._windows_http is None:
            self._windows_http = self._connections.private(auth_of(self.credentials, self.location.host))
        return "asmx"

    async def _register(self, form: Form, access: Lease | None, old: Lease | None) -> Lease:
        now = self._clock.monotonic()
        call = servercommand.login(self._instance, None if old is None else old.token, asmx=form == "asmx")
        http, url, auth = self._http_of(form), self.url("ServerCommand", form), self._auth(access)
        registration = await post(http, url, call, auth=auth, statuses=_STATUSES[form])
        return Lease(token=registration.token, since=now, life=registration.time_to_live.total_seconds())

    async def log_out(self, by: Authorization) -> None:
        """End the registration."""
        call = servercommand.logout(self._instance, by.corporate, asmx=by.asmx)
        await post(self.http, self.url("ServerCommand"), call, auth=by.auth, timeout=5.0)

    async def aclose(self) -> None:
        """Close the private connection of a Windows user."""
        if self._windows_http is not None:
            await self._windows_http.aclose()
            self._windows_http = None
