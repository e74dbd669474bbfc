# Generated from milestone_sdk/_async/diagnosis/site.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""The site that is checked: what several checks need is requested once, and a failure is kept too."""

import ssl
from collections.abc import Generator, Callable
from contextlib import contextmanager
from copy import copy
from functools import partial
from typing import Any, Final, Generic, TypeVar, cast

from attrs import frozen

from ..._net.blocking import Lock
from ..._net.fanout import Outcome
from ..._protocol.management.location import Location
from ...errors import ConfigurationError, MilestoneError
from ...models import ItemFilter, Recorder, RegisteredService, ServiceType
from ..alarms.alarms import Alarms
from ..configuration.inventory import ConfigurationCache
from ..configuration.reader import ConfigurationReader
from ..session.gateway import Gateway
from ..session.http import HTTP, within
from ..session.login import Authorization
from ..session.session import Session

__all__ = ["ExaminedSite", "Once", "PlacedRecorder"]

T = TypeVar("T")

_LOGIN_SHARE: Final = 0.5
"""How much of a check's time the login may take, so that checks that wait for it can still report it."""
_SERVICES_SHARE: Final = 0.2
_PROBE_SHARE: Final = 0.25
_LONGEST_PROBE: Final = 5.0


class Once(Generic[T]):
    """Something that is requested once, after another one has succeeded: later callers get the same answer or error."""

    def __init__(self, ask: Callable[[], T], *, after: "Once[Any] | None" = None) -> None:
        self._ask = ask
        self._after = after
        self._lock = Lock()
        self._outcome: Outcome[T] | None = None

    def get(self) -> T:
        """Return the answer. Raises what the request raised."""
        with self._lock:
            if self._outcome is None:
                try:
                    if self._after is not None:
                        self._after.get()
                    self._outcome = Outcome(value=self._ask())
                except MilestoneError as error:
                    self._outcome = Outcome(error=error)
        if self._outcome.error is not None:
            raise copy(self._outcome.error)
        return cast("T", self._outcome.value)

    def get_or_none(self) -> T | None:
        """Return the answer, `None` if the request failed."""
        try:
            return self.get()
        except MilestoneError:
            return None


@frozen(kw_only=True)
class PlacedRecorder:
    """A recorder and its address, as announced or given by the caller; `None` if that cannot be used."""

    recorder: Recorder
    location: Location | None
    given: bool = False
    """Whether the caller gave it."""


class ExaminedSite:
    """What checks use of a site. Answers are kept, and errors too: a refused login is not tried again."""

    def __init__(self, session: Session, *, seconds: float, used: Location | None = None) -> None:
        self.session = session
        self.used = used
        """The address of the event server that the client which is diagnosed uses."""
        self.seconds = seconds
        """How long a check may take."""
        cache = ConfigurationCache(session)
        self.gateway = Gateway(session)
        self.alarms = Alarms(session, cache, self.gateway)
        self.items = items = ConfigurationReader(session)
        self.login = login = Once(self._log_in)
        self.info = Once(session.info, after=login)
        self.configuration = Once(cache.get, after=login)
        """Cameras, folders, hardware and recorders."""
        self.disabled_cameras = Once(cache.disabled, after=login)
        """Cameras that the configuration leaves out."""
        self.services = Once(self._ask_services, after=login)
        root = Once(items.item, after=login)  # before anything else there, since it may refuse the user
        recorders = partial(items.query, ItemFilter(item_type="RecordingServer"))
        self.recorder_items = Once(recorders, after=root)
        self.alarm_definitions = Once(partial(items.children, "/AlarmDefinitionFolder"), after=root)

    @property
    def server(self) -> str:
        """The management server as a URL."""
        return str(self.session.location)

    @property
    def patience(self) -> float:
        """How many seconds a single connection may take, so that the check itself ends in time."""
        return min(_LONGEST_PROBE, self.seconds * _PROBE_SHARE)

    @contextmanager
    def probe(self, context: ssl.SSLContext, seconds: float) -> Generator[HTTP]:
        """Enter to make requests without credentials, on connections of their own."""
        http = HTTP(context, timeout=seconds, trust_env=self.session.settings.trust_env)
        try:
            yield http
        finally:
            http.close()

    def event_server(self) -> Location | None:
        """Return the address of the event server: as given by the caller, else as registered. Raises as `services`."""
        if given := self.session.settings.addresses.event_server:
            return given
        return next(iter(self._locations(self.services.get(), ServiceType.EVENT_SERVER)), None)

    def management_addresses(self) -> tuple[Location, ...]:
        """Return the addresses that the management server registered. Raises as `services`."""
        return self._locations(self.services.get(), ServiceType.MANAGEMENT_SERVER)

    def recorders(self) -> tuple[PlacedRecorder, ...]:
        """Return the recorders and their addresses. Raises as `configuration`."""
        return tuple(self._placed(recorder) for recorder in (self.configuration.get()).recorders)

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

    def _log_in(self) -> Authorization:
        with within(self.seconds * _LOGIN_SHARE, server=self.server, operation="login"):
            return self.session.tokens.authorization()

    def _ask_services(self) -> tuple[RegisteredService, ...]:
        with within(self.seconds * _SERVICES_SHARE, server=self.server, operation="GetServices"):
            return self.session.services()


def _location(uri: str) -> Location | None:
    try:
        return Location.parse(uri, path_allowed=True)
    except ConfigurationError:
        return None
