"""The site that is checked: what several checks need is requested once, and a failure is kept too."""

import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from copy import copy
from functools import partial
from typing import Any, Final, Generic, TypeVar, cast

from attrs import frozen

from ..._net.asyncio import AsyncLock
from ..._net.fanout import Outcome
from ..._protocol.management.location import Location
from ...errors import ConfigurationError, MilestoneError
from ...models import ItemFilter, Recorder, RegisteredService, ServiceType
from ..alarms.alarms import AsyncAlarms
from ..configuration.inventory import AsyncConfigurationCache
from ..configuration.reader import AsyncConfigurationReader
from ..session.gateway import AsyncGateway
from ..session.http import AsyncHTTP, within
from ..session.login import Authorization
from ..session.session import AsyncSession

__all__ = ["AsyncExaminedSite", "AsyncOnce", "PlacedRecorder"]

T = TypeVar("T")

_LOGIN_SHARE: Final = 0.5
"""How much of a check's time the login may take, so that checks that wait for it can still report it."""
_SERVICES_SHARE: Final = 0.2
_PROBE_SHARE: Final = 0.25
_LONGEST_PROBE: Final = 5.0


class AsyncOnce(Generic[T]):
    """Something that is requested once, after another one has succeeded: later callers get the same answer or error."""

    def __init__(self, ask: Callable[[], Awaitable[T]], *, after: "AsyncOnce[Any] | None" = None) -> None:
        self._ask = ask
        self._after = after
        self._lock = AsyncLock()
        self._outcome: Outcome[T] | None = None

    async def get(self) -> T:
        """Return the answer. Raises what the request raised."""
        async with self._lock:
            if self._outcome is None:
                try:
                    if self._after is not None:
                        await self._after.get()
                    self._outcome = Outcome(value=await self._ask())
                except MilestoneError as error:
                    self._outcome = Outcome(error=error)
        if self._outcome.error is not None:
            raise copy(self._outcome.error)
        return cast("T", self._outcome.value)

    async def get_or_none(self) -> T | None:
        """Return the answer, `None` if the request failed."""
        try:
            return await self.get()
        except MilestoneError:
            return None


@frozen(kw_only=True)
class PlacedRecorder:
    """A recorder and its address, as announced or given by the caller; `None` if that cannot be used."""

    recorder: Recorder
    location: Location | None
    given: bool = False
    """Whether the caller gave it."""


class AsyncExaminedSite:
    """What checks use of a site. Answers are kept, and errors too: a refused login is not tried again."""

    def __init__(self, session: AsyncSession, *, seconds: float, used: Location | None = None) -> None:
        self.session = session
        self.used = used
        """The address of the event server that the client which is diagnosed uses."""
        self.seconds = seconds
        """How long a check may take."""
        cache = AsyncConfigurationCache(session)
        self.gateway = AsyncGateway(session)
        self.alarms = AsyncAlarms(session, cache, self.gateway)
        self.items = items = AsyncConfigurationReader(session)
        self.login = login = AsyncOnce(self._log_in)
        self.info = AsyncOnce(session.info, after=login)
        self.configuration = AsyncOnce(cache.get, after=login)
        """Cameras, folders, hardware and recorders."""
        self.disabled_cameras = AsyncOnce(cache.disabled, after=login)
        """Cameras that the configuration leaves out."""
        self.services = AsyncOnce(self._ask_services, after=login)
        root = AsyncOnce(items.item, after=login)  # before anything else there, since it may refuse the user
        recorders = partial(items.query, ItemFilter(item_type="RecordingServer"))
        self.recorder_items = AsyncOnce(recorders, after=root)
        self.alarm_definitions = AsyncOnce(partial(items.children, "/AlarmDefinitionFolder"), after=root)

    @property
    def server(self) -> str:
        """The management server as a URL."""
        return str(self.session.location)

    @property
    def patience(self) -> float:
        """How many seconds a single connection may take, so that the check itself ends in time."""
        return min(_LONGEST_PROBE, self.seconds * _PROBE_SHARE)

    @asynccontextmanager
    async def probe(self, context: ssl.SSLContext, seconds: float) -> AsyncGenerator[AsyncHTTP]:
        """Enter to make requests without credentials, on connections of their own."""
        http = AsyncHTTP(context, timeout=seconds, trust_env=self.session.settings.trust_env)
        try:
            yield http
        finally:
            await http.aclose()

    async def event_server(self) -> Location | None:
        """Return the address of the event server: as given by the caller, else as registered. Raises as `services`."""
        if given := self.session.settings.addresses.event_server:
            return given
        return next(iter(self._locations(await self.services.get(), ServiceType.EVENT_SERVER)), None)

    async def management_addresses(self) -> tuple[Location, ...]:
        """Return the addresses that the management server registered. Raises as `services`."""
        return self._locations(await self.services.get(), ServiceType.MANAGEMENT_SERVER)

    async def recorders(self) -> tuple[PlacedRecorder, ...]:
        """Return the recorders and their addresses. Raises as `configuration`."""
        return tuple(self._placed(recorder) for recorder in (await self.configuration.get()).recorders)

    @staticmethod
    def _locations(services: tuple[RegisteredService, ...], kind: ServiceType) -> tuple[Location, ...]:
        uris = [uri for each in services if each.type == kind.value and each.enabled for uri in each.uris]
        return tuple(location for uri in uris if (location := _location(uri)) is not None)

    def _placed(self, recorder: Recorder) -> PlacedRecorder:
        try:
            location = self.session.settings.addresses.of_recorder(recorder)
        except MilestoneError:
            location = None
        return PlacedRecorder(recorder=recorder, location=location, given=location != _location(recorder.uri))

    async def _log_in(self) -> Authorization:
        async with within(self.seconds * _LOGIN_SHARE, server=self.server, operation="login"):
            return await self.session.tokens.authorization()

    async def _ask_services(self) -> tuple[RegisteredService, ...]:
        async with within(self.seconds * _SERVICES_SHARE, server=self.server, operation="GetServices"):
            return await self.session.services()


def _location(uri: str) -> Location | None:
    try:
        return Location.parse(uri, path_allowed=True)
    except ConfigurationError:
        return None
