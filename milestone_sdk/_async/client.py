"""The client: one login, and everything that a site offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar, cast

from attrs import evolve

from .._arguments import check_addresses, check_seconds, check_type
from .._net.asyncio import AsyncClock
from .._protocol.management.location import Location
from .._protocol.soap.envelope import MAX_BODY
from ..credentials import AccessToken, BasicUser, Credentials
from ..errors import ConfigurationError, LocalProtocolError
from ..models.table import Table
from ..trust import Trust
from .session.connections import BASIC_PREFIX, Addresses, SessionSettings
from .session.http import MAX_REPLY
from .session.session import AsyncSession

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from ..models import (
        Camera,
        CameraGroup,
        Check,
        Finding,
        Hardware,
        MediaDevice,
        Recorder,
        RegisteredService,
        SiteInfo,
        UserDefinedEvent,
    )
    from .alarms.alarms import AsyncAlarms
    from .configuration.api import AsyncConfigurationApi
    from .configuration.inventory import AsyncConfigurationCache, CameraReference
    from .devices.inputsoutputs import AsyncInputs, AsyncOutputs
    from .devices.manualrecording import AsyncManualRecording
    from .devices.ptz import AsyncPtzCameras
    from .events.raising import AsyncEvents
    from .session.gateway import AsyncGateway
    from .session.operations import AsyncServices
    from .session.tokens import AsyncTokens
    from .video.live import AsyncLive
    from .video.recordings import AsyncRecordings

__all__ = ["AsyncClient"]

P = ParamSpec("P")
T = TypeVar("T")


class AsyncClient:
    """An XProtect site, as one user sees it.

    `location` is a URL with a scheme and, if needed, a port. With `http://` a basic user or an access token is logged
    in over https on port 443, since neither is ever sent in clear text; a failing https never falls back to http.
    `credentials` are a `BasicUser`, `WindowsUser`, `CurrentUser` or `AccessToken`. `trust` says which certificates are
    trusted, `timeout` how many seconds one exchange may last.

    `addresses` overrides the addresses that services announce, for sites behind NAT:
    `{"event_server": "https://203.0.113.5:22331", "Recorder 1": "https://203.0.113.5:7563"}`, a recorder by its name,
    id or announced address; `"analytics_events"` is where analytics events are sent. Proxies of the environment are
    used unless `trust_env` is false; the streams of recorders never go through one.

    What the client has learnt about the site (addresses, which recorder has a camera, ids by name, the release) is
    requested again when a call fails in a way that it may have caused, and a call that changes nothing is repeated.

    `max_reply` is how many bytes any reply may have, decompressed; most operations have a smaller bound of their own.
    A longer reply raises `ReplyTooLarge`.
    `configuration_prefix` is sent before the name of a basic user to the Configuration API before 2021 R1.

    Use it in `async with`, or call `open` and `aclose`. Raises `ConfigurationError` for invalid arguments; opening
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
        max_reply: int = MAX_REPLY,
        configuration_prefix: str = BASIC_PREFIX,
    ) -> None:
        check_type("location", location, str, hint="write it as https://vms.example.com")
        check_type("credentials", credentials, Credentials, hint="for example BasicUser('arc', password)")
        check_type("trust", trust, Trust, type(None), hint='for example Trust.ca_file("ca.pem")')
        check_seconds("timeout", timeout)
        check_addresses(addresses)
        check_type("trust_env", trust_env, bool)
        check_type("max_reply", max_reply, int)
        check_type("configuration_prefix", configuration_prefix, str)
        if not 0 < max_reply <= MAX_BODY:
            raise ConfigurationError(
                f"max_reply must be 1 to {MAX_BODY} bytes, got {max_reply}", hint=f"the default is {MAX_REPLY}"
            )
        where = Location.parse(location)
        if isinstance(credentials, BasicUser | AccessToken):
            where = where.upgraded()
        settings = SessionSettings(
            location=where,
            trust=trust or Trust.system(),
            trust_env=trust_env,
            timeout=timeout,
            clock=clock or AsyncClock(),
            addresses=Addresses(where, addresses or {}),
            max_reply=max_reply,
            basic_prefix=configuration_prefix,
        )
        self._session = AsyncSession(settings, credentials)
        self._info: SiteInfo | None = None
        self._parts: dict[object, object] = {}

    @classmethod
    def from_env(cls, *, timeout: float = 30.0, addresses: Mapping[str, str] | None = None) -> Self:
        r"""Return a client of what the environment names, so that a script has neither an address nor a password in it.

        `MILESTONE_LOCATION` is the URL of the management server. `MILESTONE_USER` and `MILESTONE_PASSWORD` are a basic
        user, or a Windows user as `DOMAIN\arc`; instead, `MILESTONE_SIGN_ON=1` logs in the current Windows user, and
        `MILESTONE_TOKEN` is an access token. `MILESTONE_CA_FILE` is the path of a PEM file, `MILESTONE_PIN` one or more
        fingerprints, separated by blanks; without either, the system's certificates are trusted.

        `timeout` and `addresses` are those of the class. Raises `ConfigurationError` naming the variable.
        """
        from .._environment import read_environment

        location, credentials, trust = read_environment()
        return cls(location, credentials, trust=trust, timeout=timeout, addresses=addresses)

    def _part(self, kind: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
        """Return the one object of a class, made at its first use: a program that needs one does not load the others.

        If two threads make one at the same time, both get the same.
        """
        found = self._parts.get(kind)
        return cast("T", self._parts.setdefault(kind, kind(*args, **options)) if found is None else found)

    @property
    def _configuration(self) -> AsyncConfigurationCache:
        from .configuration.inventory import AsyncConfigurationCache

        return self._part(AsyncConfigurationCache, self._session)

    @property
    def _gateway(self) -> AsyncGateway:
        from .session.gateway import AsyncGateway

        return self._part(AsyncGateway, self._session)

    @property
    def alarms(self) -> AsyncAlarms:
        """Alarms: list, iterate, get, subscribe, update, acknowledge, close, annotate, history, statistics, add."""
        from .alarms.alarms import AsyncAlarms

        return self._part(AsyncAlarms, self._session, self._configuration, self._gateway)

    @property
    def events(self) -> AsyncEvents:
        """Events to raise: user-defined, analytics, generic."""
        from .events.raising import AsyncEvents

        return self._part(AsyncEvents, self._session, self._configuration, self._gateway)

    @property
    def configuration(self) -> AsyncConfigurationApi:
        """The configuration as a tree of items: read, query, change, invoke methods."""
        from .configuration.api import AsyncConfigurationApi

        return self._part(AsyncConfigurationApi, self._session)

    @property
    def recordings(self) -> AsyncRecordings:
        """Recorded video: sequences, extent, snapshot, play, retrieve, export."""
        from .video.recordings import AsyncRecordings

        return self._part(AsyncRecordings, self._session, self._configuration, self.events.trigger)

    @property
    def live(self) -> AsyncLive:
        """Live video: play, snapshot."""
        from .video.live import AsyncLive

        return self._part(AsyncLive, self._session, self._configuration, self.recordings)

    @property
    def ptz(self) -> AsyncPtzCameras:
        """PTZ cameras: presets, positions, continuous moves, patrolling, sessions."""
        from .devices.ptz import AsyncPtzCameras

        return self._part(AsyncPtzCameras, self._session, self._configuration)

    @property
    def inputs(self) -> AsyncInputs:
        """Inputs of devices: list, state."""
        from .devices.inputsoutputs import AsyncInputs

        return self._part(AsyncInputs, self._session, self._configuration)

    @property
    def outputs(self) -> AsyncOutputs:
        """Outputs of devices: list, state, activate, deactivate, trigger."""
        from .devices.inputsoutputs import AsyncOutputs

        return self._part(AsyncOutputs, self._session, self._configuration)

    @property
    def manual_recording(self) -> AsyncManualRecording:
        """Recording that a user starts by hand: start, stop, is_active."""
        from .devices.manualrecording import AsyncManualRecording

        return self._part(AsyncManualRecording, self._session, self._configuration)

    @property
    def services(self) -> AsyncServices:
        """Every operation of every SOAP contract, by its own name."""
        from .session.operations import AsyncServices

        return self._part(AsyncServices, self._session, self._configuration)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._session.location}>"

    @property
    def info(self) -> SiteInfo:
        """Product and version, known once the client is open. Raises `LocalProtocolError` before.

        After an upgrade of the server it has the new version as soon as a call has noticed it, and the product after
        the next `refresh`.
        """
        if self._info is None:
            raise LocalProtocolError("the client is not open", hint="use it in a with block, or call open()")
        now = self.token.discovery
        if now is not None and now.server_version != self._info.identity_version:
            return evolve(
                self._info,
                version=now.server_version or self._info.version,
                oauth=now.oauth,
                product=None,
                identity_version=now.server_version,
            )
        return self._info

    @property
    def token(self) -> AsyncTokens:
        """The tokens, for programs that call what this library lacks: `access()` and `corporate()`."""
        return self._session.tokens

    async def open(self) -> Self:
        """Log in."""
        self._info = await self._session.info()
        return self

    async def aclose(self) -> None:
        """Log out and close every connection."""
        await self._session.aclose()

    close = aclose

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

    async def cameras(self, group: str | None = None) -> Table[Camera]:
        r"""Return the cameras that the user may see: all, or those of a folder and the folders in it.

        `group` is the name of a folder at any depth, or its path such as `"Perimeter/North"`; `"/North"` is only the
        folder of that path. A name may hold slashes: `"Gates/East"` and `"/Dock"` also find folders of these names. In
        a path `\/` is a slash that belongs to a name, and `\\` a backslash: `r"Gates\/East"` is the folder of that
        name, and not the folder `East` in `Gates`. If several folders match, the cameras of all of them are returned,
        each once, in the order of the tree. `None` and `""` mean all cameras. The answer is kept until `refresh`.
        Raises `GroupNotFound` with the names that resemble it.
        """
        return await self._configuration.cameras(group)

    async def camera(self, reference: CameraReference) -> Camera:
        """Return one camera by its id or its exact name. Raises `CameraNotFound` with names that resemble it."""
        return await self._configuration.camera(reference)

    async def camera_groups(self) -> Table[CameraGroup]:
        """Return the top folders of cameras; each holds the ones below it."""
        return Table((await self._configuration.get()).camera_groups)

    async def recorders(self) -> Table[Recorder]:
        """Return the recording servers."""
        return Table((await self._configuration.get()).recorders)

    async def hardware(self) -> Table[Hardware]:
        """Return the devices that carry the cameras."""
        return Table((await self._configuration.get()).hardware)

    async def media_devices(self) -> tuple[MediaDevice, ...]:
        """Return the microphones, speakers and metadata devices."""
        return (await self._configuration.get()).media_devices

    async def user_defined_events(self) -> Table[UserDefinedEvent]:
        """Return the events that users and programs can raise."""
        return Table((await self._configuration.get()).user_defined_events)

    async def registered_services(self) -> tuple[RegisteredService, ...]:
        """Return the services that have registered with the management server, such as the event server."""
        return await self._session.services()

    async def gateways(self) -> tuple[str, ...]:
        """Return the base URLs of the API gateways, e.g. `https://vms.example.com/API/`; none before 2022 R1."""
        return await self._session.gateways()

    async def diagnose(self, *checks: Check, deadline: float = 10.0) -> tuple[Finding, ...]:
        """Check everything that a program needs of this site, and return what to do where something is missing.

        The client need not be open. The diagnosis logs in by itself, at most once, and a login that the server refused
        before is not tried again. All checks are made at the same time, each in `deadline` seconds at most; one that
        fails or does not finish in time is itself a finding. Findings are in the order of the checks, followed by
        those of `checks`, such as `milestone_sdk.patriot.checks(client)`. No finding holds a secret. Raises
        `ConfigurationError` for a deadline that is not above 0.
        """
        from .diagnosis.diagnose import diagnose

        return await diagnose(self._session, checks, deadline=deadline)

    async def forget(self) -> None:
        """Drop cameras, folders, hardware and recorders from memory, about 3 KB a camera; fetched again when needed."""
        await self._configuration.forget()

    async def refresh(self, *, changes_only: bool = False) -> None:
        """Fetch cameras, folders, hardware and recorders again.

        With `changes_only` the server is asked what was changed since the last time (`QueryChanges`), and only those
        recorders are fetched: one small request when nothing was. That does not report changed folders, events and
        rights; folders are fetched when cameras were added or removed. The first time everything is fetched.
        """
        await (self._configuration.refresh_changes() if changes_only else self._configuration.refresh())
        if self._info is not None and self.info is not self._info:
            self._info = await self._session.info()
