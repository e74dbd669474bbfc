"""The client: one login, and everything that a site offers behind it."""

from collections.abc import Mapping
from types import TracebackType
from typing import Self

from .._net.asyncio import AsyncClock
from .._protocol import servercommand
from .._protocol.location import Location
from ..credentials import BasicUser, Credentials
from ..errors import ConfigurationError, LocalProtocolError
from ..models import Camera, CameraGroup, Hardware, Recorder, RegisteredService, SiteInfo, UserDefinedEvent
from ..trust import Trust
from .alarms import AsyncAlarms
from .configuration import AsyncConfigurationCache, CameraReference
from .events import AsyncEvents
from .gateway import AsyncGateway
from .recordings import AsyncRecordings
from .services import AsyncServices
from .session import AsyncSession
from .tokens import AsyncTokens

__all__ = ["AsyncClient"]


class AsyncClient:
    """An XProtect site, as one user sees it.

    `location` is a URL with a scheme and, if need be, a port. With `http://` a basic user is logged in over https on
    port 443, since a password is never sent in clear text; a failing https never falls back to http. `credentials` are
    a `BasicUser`, `WindowsUser`, `CurrentUser` or `AccessToken`. `trust` says which certificates are believed,
    `timeout` how many seconds one exchange may last.

    `addresses` overrides what services announce, for sites behind NAT:
    `{"event_server": "https://203.0.113.5:22331", "Recorder 1": "https://203.0.113.5:7563"}`, a recorder by its name,
    id or announced address; `"analytics_events"` is where analytics events are sent. Proxies of the environment are
    honoured unless `trust_env` is false; the streams of recorders never go through one.

    Use it in `async with`, or call `open` and `aclose`. Raises `ConfigurationError` for what cannot work; opening
    raises `ConnectError`, `ConnectTimeout`, `ReadTimeout`, `CertificateError`, `InvalidCredentials`, `AccountLocked`,
    `PasswordChangeRequired`, `LoginNotSupported`, `RemoteProtocolError`, `ServiceUnavailable`.
    """

    def __init__(
        self,
        location: str,
        credentials: Credentials,
        *,
        trust: Trust | None = None,
        timeout: float = 30.0,
        addresses: Mapping[str, str] | None = None,
        trust_env: bool = True,
        clock: AsyncClock | None = None,
    ) -> None:
        if timeout <= 0:
            raise ConfigurationError(f"a timeout of {timeout} s leaves no time", hint="give seconds above 0")
        where = Location.parse(location)
        self._session = AsyncSession(
            where.upgraded() if isinstance(credentials, BasicUser) else where,
            credentials,
            trust=trust or Trust.system(),
            trust_env=trust_env,
            timeout=timeout,
            clock=clock or AsyncClock(),
            addresses=addresses or {},
        )
        self._configuration = AsyncConfigurationCache(self._session)
        self._info: SiteInfo | None = None
        gateway = AsyncGateway(self._session)
        self.alarms = AsyncAlarms(self._session, self._configuration, gateway)
        """Alarms: list, iterate, get, subscribe, update, acknowledge, close, annotate, history, statistics, add."""
        self.events = AsyncEvents(self._session, self._configuration, gateway, addresses=addresses, trust_env=trust_env)
        """Events to raise: user-defined, analytics, generic."""
        self.recordings = AsyncRecordings(self._session, self._configuration)
        """Recorded video: sequences, snapshot, play, retrieve."""
        self.services = AsyncServices(self._session)
        """Every operation of every SOAP contract, by its own name."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._session.location}>"

    @property
    def info(self) -> SiteInfo:
        """Product and version, known once the client is open. Raises `LocalProtocolError` before."""
        if self._info is None:
            raise LocalProtocolError("the client is not open", hint="use it in a with block, or call open()")
        return self._info

    @property
    def token(self) -> AsyncTokens:
        """The tokens, for programs that call what this library lacks: `access()` and `corporate()`."""
        return self._session.tokens

    async def open(self) -> Self:
        """Log in."""
        discovery = await self.token.discover()
        product = await self._session.server_command(lambda by: servercommand.get_product_info(asmx=by.asmx))
        self._info = SiteInfo(
            server=str(self._session.location),
            version=product.version or discovery.server_version or "",
            oauth=discovery.oauth,
            product=product,
            identity_version=discovery.server_version,
        )
        return self

    async def aclose(self) -> None:
        """Log out and close every connection."""
        try:
            await self.events.aclose()
        finally:
            await self._session.aclose()

    async def __aenter__(self) -> Self:
        try:
            return await self.open()
        except BaseException:
            await self.aclose()
            raise

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def cameras(self, group: str | None = None) -> tuple[Camera, ...]:
        """Return the cameras that the user may see: all, or those of a folder and the folders in it.

        `group` is a path of folder names such as `"Perimeter/North"`; `None` and `""` mean all. The answer is kept
        until `refresh`. Raises `GroupNotFound` with the paths that come near.
        """
        return await self._configuration.cameras(group)

    async def camera(self, reference: CameraReference) -> Camera:
        """Return one camera by its id or its exact name. Raises `CameraNotFound` with the names that come near."""
        return await self._configuration.camera(reference)

    async def camera_groups(self) -> tuple[CameraGroup, ...]:
        """Return the folders of cameras at the top; each holds the ones below it."""
        return (await self._configuration.get()).camera_groups

    async def recorders(self) -> tuple[Recorder, ...]:
        """Return the recording servers."""
        return (await self._configuration.get()).recorders

    async def hardware(self) -> tuple[Hardware, ...]:
        """Return the devices that carry the cameras."""
        return (await self._configuration.get()).hardware

    async def user_defined_events(self) -> tuple[UserDefinedEvent, ...]:
        """Return the events that people and programs raise by hand."""
        return (await self._configuration.get()).user_defined_events

    async def registered_services(self) -> tuple[RegisteredService, ...]:
        """Return the services that have registered with the management server, such as the event server."""
        return await self._session.services()

    async def gateways(self) -> tuple[str, ...]:
        """Return the bases of the API gateways, e.g. `https://vms.example.com/API/`; none before 2022 R1."""
        return await self._session.gateways()

    async def refresh(self) -> None:
        """Fetch cameras, folders, hardware and recorders anew."""
        await self._configuration.refresh()
