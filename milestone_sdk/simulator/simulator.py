"""The simulator as a context manager: one background thread in which all servers of one site run."""

import itertools
import tempfile
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol, Self, TypeVar
from uuid import UUID

from milestone_sdk.simulator.configuration.service import ConfigurationApiService
from milestone_sdk.simulator.eventserver.analytics import AnalyticsReceiver
from milestone_sdk.simulator.eventserver.control import AlarmFacade
from milestone_sdk.simulator.eventserver.generic import DataSource, GenericEventReceiver
from milestone_sdk.simulator.eventserver.server import EventServerService
from milestone_sdk.simulator.host import Host, Integration, Triggered
from milestone_sdk.simulator.management.bookmarks import Bookmarks
from milestone_sdk.simulator.management.clientsettings import ClientSettings
from milestone_sdk.simulator.management.evidencelocks import EvidenceLocks
from milestone_sdk.simulator.management.idp import IdentityProvider
from milestone_sdk.simulator.management.server import ManagementServer
from milestone_sdk.simulator.recorder.server import RecorderService
from milestone_sdk.simulator.releases import Release, find_release
from milestone_sdk.simulator.site import Site, User, example_site, stable_id
from milestone_sdk.simulator.tokens import Tokens
from milestone_sdk.simulator.wire.authority import Authority
from milestone_sdk.simulator.wire.faults import Faults
from milestone_sdk.simulator.wire.http import Received
from milestone_sdk.simulator.wire.loopthread import LoopThread
from milestone_sdk.simulator.wire.writer import NullForm

__all__ = ["Service", "Simulator"]

Service = Literal["management", "recorder", "event_server"]

_ALL: tuple[Service, ...] = ("management", "recorder", "event_server")
_OWN_SITES = itertools.count(1)
T = TypeVar("T")


class _Server(Protocol):
    async def start(self) -> None: ...

    async def close(self) -> None: ...


def _own_site() -> Site:
    """The example site with an id of its own: the first one in a process has that of `example_site`."""
    site, number = example_site(), next(_OWN_SITES)
    if number > 1:
        site.id = stable_id("site", f"{site.name} {number}")
    return site


class Simulator:
    """An XProtect site on 127.0.0.1, from `__enter__` to `__exit__`.

    Without a `site` it is `example_site`, with another site id for each simulator of a process, so that one monitor can
    watch several. Give your own sites different ids as well.

    `release` is one of `releases.RELEASES`. `tls` gives the site certificates (of its own authority, see `ca_file`);
    without it the management server has an http port only. Recorders and event server follow `tls` unless
    `recorder_tls` or `event_server_tls` is given; before 2022 R1 the event server does not use TLS. `seed` decides
    everything random: forms of null, digits of times, and together with the site's id the ids of new items.
    `null_form` pins the form of null. `strict_order` makes `__exit__` raise AssertionError when a client sent members
    that .NET would have dropped (see `dropped`). `ports` pins ports: `management`, `management_http`, `recorder`,
    `event_server`; all others are free ones.
    """

    host: Host
    """What the servers share."""
    management: ManagementServer
    """The management server with its identity provider and the API gateway."""
    recorders: list[RecorderService]
    """The recorders, in the order of `site.recorders`."""
    event_server: EventServerService
    requests: list[Received]
    """Every HTTP request served, in order."""
    dropped: list[str]
    """Members that .NET would have dropped silently, as `Operation.member`."""
    integrations: list[Integration]
    """The programs that registered themselves by RegisterIntegration or RegisterPluginIntegrations."""
    triggered: list[Triggered]
    """User-defined events that clients raised with metadata."""
    bookmarks: Bookmarks
    """The bookmarks of the site: `stored`, and `add` for one made elsewhere."""
    evidence_locks: EvidenceLocks
    """The evidence locks of the site: `stored`, and devices on which none can be set."""
    client_settings: ClientSettings
    """What clients keep on the server: custom settings, views, the Smart Client profile."""
    configuration: ConfigurationApiService
    """The Configuration API, with its switches and its tasks."""

    def __init__(
        self,
        site: Site | None = None,
        *,
        release: str = "2025R2",
        tls: bool = True,
        recorder_tls: bool | None = None,
        event_server_tls: bool | None = None,
        seed: int = 0,
        certificate_names: Sequence[str] = ("localhost", "127.0.0.1"),
        null_form: NullForm | None = None,
        strict_order: bool = False,
        services: Sequence[Service] = _ALL,
        ports: Mapping[str, int] | None = None,
    ) -> None:
        profile = find_release(release)
        can_encrypt = tls and profile.has("event_server_tls")
        self.host = host = Host(
            site=_own_site() if site is None else site,
            release=profile,
            tls=tls,
            recorder_tls=tls if recorder_tls is None else recorder_tls,
            event_server_tls=can_encrypt if event_server_tls is None else event_server_tls,
            certificate_names=tuple(certificate_names),
            seed=seed,
            null_form=null_form,
            ports=ports or {},
        )
        self.management = management = ManagementServer(host)
        self.recorders = [RecorderService(host, each, number) for number, each in enumerate(host.site.recorders)]
        self.event_server = EventServerService(host)
        self.strict_order = strict_order
        self.site: Site = host.site
        self.tokens: Tokens = host.tokens
        self.faults: Faults = host.faults
        self.requests, self.dropped = host.requests, host.dropped
        self.integrations, self.triggered = host.integrations, host.triggered
        self.bookmarks, self.evidence_locks = management.bookmarks, management.evidence_locks
        self.client_settings, self.configuration = management.client_settings, management.configuration
        self._services = tuple(services)
        self._thread = LoopThread("simulator")
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    # Start and stop

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        if self.strict_order and self.dropped and error is None:
            raise AssertionError(f"a client sent members that .NET drops silently: {', '.join(self.dropped)}")

    def start(self) -> None:
        """Open all ports; on failure nothing stays open."""
        self._thread.start()
        try:
            self._folder = tempfile.TemporaryDirectory(prefix="milestone-sdk-simulator-")
            self.host.make_authority(Path(self._folder.name))
            if self.host.tls:
                self.management.present(self.authority.issue(self.host.certificate_names))
            for recorder in self.recorders:
                recorder.encrypt(self.host.context(self.host.recorder_tls))
            self.event_server.encrypt(self.host.context(self.host.event_server_tls))
            for service in self._services:
                self.start_service(service)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Close everything; harmless when stopped."""
        if not self._thread.running:
            return
        try:
            for service in reversed(self._services):
                self.stop_service(service)
        finally:
            self._thread.stop()
            if self._folder is not None:
                self._folder.cleanup()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the simulator's loop from another thread, and wait for it."""
        return self._thread.run(coroutine)

    def start_service(self, service: Service) -> None:
        """Start a server again, under the same port."""
        for server in self._servers(service):
            self.run(server.start())

    def stop_service(self, service: Service) -> None:
        """Close a server's port and its connections, as when its process dies."""
        for server in self._servers(service):
            self.run(server.close())

    def _servers(self, service: Service) -> Sequence[_Server]:
        servers: dict[Service, Sequence[_Server]] = {
            "management": [self.management],
            "recorder": self.recorders,
            "event_server": [self.event_server],
        }
        return servers[service]

    # What an administrator does

    def move_event_server(self, *, port: int | None = None, tls: bool | None = None) -> None:
        """Let the event server come back on another port (by default the same), with or without TLS."""
        self.stop_service("event_server")
        self.event_server.encrypt(self.host.context(self.event_server.secure if tls is None else tls))
        self.run(self.event_server.start(port))

    def move_recorder(self, key: UUID | str, *, port: int | None = None, tls: bool | None = None) -> None:
        """Let a recorder come back on another port (by default the same), with or without TLS."""
        recorder = self.recorder_service(key)
        self.run(recorder.close())
        if tls is not None:
            recorder.encrypt(self.host.context(tls))
        self.run(recorder.start(port))
        self.edit(lambda site: site.touch(recorder.recorder.id))

    def upgrade(self, release: str, *, keep_tokens: bool = False) -> None:
        """Install another release, as an administrator does: all servers restart, and every token becomes invalid."""
        for service in reversed(self._services):
            self.stop_service(service)
        self.host.release = find_release(release)
        self.management.adopt_release()
        self.event_server.adopt_release()
        if not keep_tokens:
            self.tokens.revoke_all()
        for service in self._services:
            self.start_service(service)

    def receive_analytics_events(self) -> AnalyticsReceiver:
        """Accept analytics events on a free port: port 9090 of real servers, which is off in a new installation."""
        return self.run(self.event_server.receive(AnalyticsReceiver(self.host)))

    def receive_generic_events(self, source: DataSource | None = None) -> GenericEventReceiver:
        """Enable a data source of generic events, by default one like the shipped "Compatible"."""
        return self.run(self.event_server.receive(GenericEventReceiver(self.host.alarms, source or DataSource())))

    def edit(self, change: Callable[[Site], T]) -> T:
        """Change the site between two requests: `sim.edit(lambda site: site.rename_camera("C1", "Gate"))`."""

        async def apply() -> T:
            try:
                return change(self.site)
            finally:
                self.configuration.lookup.forget()

        return self.run(apply())

    # What happens at the site

    @property
    def alarms(self) -> AlarmFacade:
        """The alarms of the site, for any thread: stored, add, update, close, delete and more."""
        if "event_server" not in self._services:
            raise RuntimeError("this simulator runs no event server")
        return self.host.alarms

    def trigger(
        self, event: str, source: UUID | str | None = None, timestamp: datetime | None = None, **fields: Any
    ) -> list[UUID]:
        """Raise an event at the site; return the ids of the alarms that its alarm definitions made of it.

        `event` is the name of an event type, `source` a camera's name or id, or any other string: then it is the name
        that a third-party program gave. `timestamp` is aware, default the site's clock.
        """
        return self.alarms.trigger(event, source, timestamp=timestamp, **fields)

    def forget(self) -> None:
        """Empty `requests` and `dropped`."""
        self.requests.clear()
        self.dropped.clear()

    # Addresses, accounts, and what can be switched

    @property
    def authority(self) -> Authority:
        """Signs the certificates of this simulator."""
        return self.host.authority

    @property
    def ca_file(self) -> Path:
        """The PEM file of the authority that clients have to trust; it exists while the simulator runs."""
        return self.authority.ca_file

    @property
    def url(self) -> str:
        """The management server: https, or http on a site without certificate."""
        return self.host.url

    @property
    def http_url(self) -> str:
        """The http port of the management server."""
        return self.host.http_url

    @property
    def event_server_url(self) -> str:
        """The event server's base address with an end slash; "" if none runs."""
        return self.host.event_server_url

    def recorder_service(self, key: UUID | str) -> RecorderService:
        """The recorder of that id or exact name; KeyError if there is none."""
        wanted = self.site.recorder(key)
        return next(service for service in self.recorders if service.recorder is wanted)

    def _first_user(self) -> User:
        return next(user for user in self.site.users if user.kind == "basic")

    @property
    def username(self) -> str:
        """The name of a basic user that exists."""
        return self._first_user().name

    @property
    def password(self) -> str:
        """That user's password."""
        return self._first_user().password

    @property
    def identity(self) -> IdentityProvider:
        """The identity provider, for switches such as `server_version = None` or `gateway = False`."""
        return self.management.identity

    @property
    def release(self) -> Release:
        """The release that the site has now; see `upgrade`."""
        return self.host.release

    @property
    def basic_login(self) -> bool:
        """Whether `.svc` accepts HTTP Basic; without it, every attempt counts as a refused login."""
        return self.host.basic_login

    @basic_login.setter
    def basic_login(self, accepted: bool) -> None:
        self.host.basic_login = accepted

    @property
    def registered_event_server(self) -> str | None:
        """The address that the event server registers, if not its own; "" as long as it has not registered."""
        return self.host.registered_event_server

    @registered_event_server.setter
    def registered_event_server(self, address: str | None) -> None:
        self.host.registered_event_server = address
