# Generated from milestone_sdk/_async/diagnosis/site.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""A site while it is looked at: what several checks need is asked for once, whatever comes of it."""

from collections.abc import Callable
from copy import copy
from functools import partial
from typing import Final, Generic, TypeVar, cast

from attrs import frozen

from ..._net.blocking import Lock
from ..._net.fanout import Outcome
from ..._protocol.management.location import Location
from ...errors import ConfigurationError, MilestoneError
from ...models import ConfigurationItem, ItemFilter, Recorder, RegisteredService, ServiceType
from ..alarms.alarms import Alarms
from ..configuration.inventory import ConfigurationCache
from ..configuration.reader import ConfigurationReader
from ..session.gateway import Gateway
from ..session.http import within
from ..session.login import Authorization
from ..session.session import Session

__all__ = ["ExaminedSite", "Once", "PlacedRecorder"]

T = TypeVar("T")

_LOGIN_SHARE: Final = 0.5
"""How much of a check's time the login may take, so that those who wait for it can still say so; and so below."""
_SERVICES_SHARE: Final = 0.2
_PROBE_SHARE: Final = 0.25
_LONGEST_PROBE: Final = 5.0


class Once(Generic[T]):
    """Something that is asked for once: whoever comes later gets the same answer, or the same error."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._lock = Lock()
        self._outcome: Outcome[T] | None = None

    def get(self) -> T:
        """Return the answer. Raises what asking raised."""
        with self._lock:
            if self._outcome is None:
                try:
                    self._outcome = Outcome(value=self._ask())
                except MilestoneError as error:
                    self._outcome = Outcome(error=error)
        if self._outcome.error is not None:
            raise copy(self._outcome.error)
        return cast("T", self._outcome.value)

    def get_or_none(self) -> T | None:
        """Return the answer, `None` where it could not be had."""
        try:
            return self.get()
        except MilestoneError:
            return None


@frozen(kw_only=True)
class PlacedRecorder:
    """A recorder and where it is: as it announces, or as the caller said; `None` for what is no address."""

    recorder: Recorder
    location: Location | None
    given: bool = False
    """Whether the caller said so."""


class ExaminedSite:
    """What checks look at. Answers are kept, and failures too: a login that was refused is not tried again."""

    def __init__(self, session: Session, *, seconds: float, used: Location | None = None) -> None:
        self.session = session
        self.used = used
        """The address of the event server that the client which is diagnosed uses."""
        self.seconds = seconds
        """How long a check may take."""
        cache = ConfigurationCache(session)
        self.gateway = Gateway(session)
        self.alarms = Alarms(session, cache, self.gateway)
        self.items = ConfigurationReader(session)
        self.login = Once(self._log_in)
        self.info = Once(self._after_login(session.info))
        self.configuration = Once(self._after_login(cache.get))
        """Cameras, folders, hardware and recorders."""
        self.disabled_cameras = Once(self._after_login(cache.disabled))
        """Cameras that the configuration leaves out."""
        self.services = Once(self._ask_services)
        self.root = Once(self._after_login(self.items.item))
        """The root of the Configuration API; asked for before anything else there, since it may refuse the user."""
        self.recorder_items = Once(partial(self._query, "RecordingServer"))
        self.alarm_definitions = Once(self._ask_alarm_definitions)

    @property
    def server(self) -> str:
        """The management server as a URL."""
        return str(self.session.location)

    @property
    def patience(self) -> float:
        """How long a single connection may take, so that the check itself ends in time."""
        return min(_LONGEST_PROBE, self.seconds * _PROBE_SHARE)

    def event_server(self) -> Location | None:
        """Return where the event server is: as the caller said, else as it registered; `None` if it did neither.

        Raises what asking for the services raises.
        """
        if given := self.session.settings.addresses.event_server:
            return given
        return next(iter(self._locations(self.services.get(), ServiceType.EVENT_SERVER)), None)

    def management_addresses(self) -> tuple[Location, ...]:
        """Return the addresses that the management server registered. Raises what asking for the services raises."""
        return self._locations(self.services.get(), ServiceType.MANAGEMENT_SERVER)

    def recorders(self) -> tuple[PlacedRecorder, ...]:
        """Return the recorders and where they are. Raises what asking for the configuration raises."""
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

    def _after_login(self, ask: Callable[[], T]) -> Callable[[], T]:
        def logged_in() -> T:
            self.login.get()
            return ask()

        return logged_in

    def _ask_services(self) -> tuple[RegisteredService, ...]:
        self.login.get()
        with within(self.seconds * _SERVICES_SHARE, server=self.server, operation="GetServices"):
            return self.session.services()

    def _query(self, item_type: str) -> tuple[ConfigurationItem, ...]:
        self.root.get()
        return self.items.query(ItemFilter(item_type=item_type))

    def _ask_alarm_definitions(self) -> tuple[ConfigurationItem, ...]:
        self.root.get()
        return self.items.children("/AlarmDefinitionFolder")


def _location(uri: str) -> Location | None:
    try:
        return Location.parse(uri, path_allowed=True)
    except ConfigurationError:
        return None
