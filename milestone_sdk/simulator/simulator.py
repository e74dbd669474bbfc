"""The simulator as a context manager: one background thread in which all services of one site run."""

import asyncio
import itertools
import random
import ssl
import tempfile
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar
from uuid import UUID

from milestone_sdk.simulator.configuration.service import ConfigurationApiService
from milestone_sdk.simulator.management.bookmarks import Bookmarks
from milestone_sdk.simulator.management.clientsettings import ClientSettings
from milestone_sdk.simulator.management.evidencelocks import EvidenceLocks
from milestone_sdk.simulator.management.idp import IdentityProvider
from milestone_sdk.simulator.management.server import ManagementServer
from milestone_sdk.simulator.management.servercommand import Integration, Triggered
from milestone_sdk.simulator.releases import find_release
from milestone_sdk.simulator.site import Site, User, example_site, stable_id
from milestone_sdk.simulator.tokens import Tokens
from milestone_sdk.simulator.wire.authority import Authority
from milestone_sdk.simulator.wire.faults import Faults
from milestone_sdk.simulator.wire.http import Received
from milestone_sdk.simulator.wire.writer import NullForm

if TYPE_CHECKING:
    from milestone_sdk.simulator.eventserver.analytics import AnalyticsReceiver
    from milestone_sdk.simulator.eventserver.control import AlarmFacade
    from milestone_sdk.simulator.eventserver.generic import DataSource, GenericEventReceiver
    from milestone_sdk.simulator.eventserver.server import EventServerService
    from milestone_sdk.simulator.recorder.server import RecorderService

__all__ = ["Service", "Simulator"]

Service = Literal["management", "recorder", "event_server"]

_ALL: tuple[Service, ...] = ("management", "recorder", "event_server")
_WAIT_SECONDS = 60.0
_OWN_SITES = itertools.count(1)
T = TypeVar("T")
R = TypeVar("R", bound="AnalyticsReceiver | GenericEventReceiver")


def _own_site() -> Site:
    """The example site with an id of its own: the first one in a process has that of `example_site`."""
    site, number = example_site(), next(_OWN_SITES)
    if number > 1:
        site.id = stable_id("site", f"{site.name} {number}")
    return site


class Simulator:
    """An XProtect site on 127.0.0.1, from `__enter__` to `__exit__`.

    Without a `site` it is `example_site`, under another site id for each simulator of a process, so that several can be
    watched by one monitor. Give sites of your own ids of their own as well.

    `release` is one of `releases.RELEASES`. `tls` gives the site certificates (of an own authority, see `ca_file`);
    without it the management server has an http port only. Recorders and event server follow `tls` unless told
    otherwise; before 2022 R1 the event server knows no TLS. `seed` decides everything random: forms of null, digits of
    times, and together with the site's id the ids of what is made. `null_form` pins the form of null. `strict_order`
    makes `__exit__` raise AssertionError when a client sent members that .NET would have dropped (see `dropped`).
    `ports` pins ports: `management`, `management_http`, `recorder`, `event_server`; all others are free ones.
    """

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
        self.site = _own_site() if site is None else site
        self.release = find_release(release)
        self.tls = tls
        self.recorder_tls = tls if recorder_tls is None else recorder_tls
        can_encrypt = tls and self.release.has("event_server_tls")
        self.event_server_tls = can_encrypt if event_server_tls is None else event_server_tls
        self.seed = seed
        self.random = random.Random(seed)
        self.certificate_names = tuple(certificate_names)
        self.null_form: NullForm | None = null_form
        self.strict_order = strict_order
        self.tokens = Tokens(self.site, self.random)
        self.faults = Faults()
        self.requests: list[Received] = []
        """Every HTTP request served, in order."""
        self.dropped: list[str] = []
        """Members that .NET would have skipped without a word, as `Operation.member`."""
        self.integrations: list[Integration] = []
        """What clients said of themselves by RegisterIntegration."""
        self.triggered: list[Triggered] = []
        """User-defined events that clients raised with metadata."""
        self.basic_login = True
        """Whether `.svc` takes HTTP Basic; without it, a try counts as a refused login."""
        self.registered_event_server: str | None = None
        """The address that the event server registers, if not its own; "" as long as it has not registered."""
        self.bookmarks = Bookmarks(self.new_ids("bookmarks"), self.site.now)
        """The bookmarks of the site: `stored`, and `add` for one made elsewhere."""
        self.evidence_locks = EvidenceLocks(self.site.now)
        """The evidence locks of the site: `stored`, and devices on which none can be set."""
        self.client_settings = ClientSettings(self.site.now)
        """What clients keep on the server: custom settings, views, the Smart Client profile."""
        self.configuration = ConfigurationApiService(self)
        """The Configuration API, with its switches and its tasks."""
        self._services = tuple(services)
        self._ports = dict(ports or {})
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._authority: Authority | None = None
        self._management: ManagementServer | None = None
        self._event_server: EventServerService | None = None
        self.recorders: list[RecorderService] = []
        """The recorder services, in the order of `site.recorders`."""
        self._receivers: list[AnalyticsReceiver | GenericEventReceiver] = []

    def new_ids(self, subject: str) -> Callable[[], UUID]:
        """A source of ids, the same in every run with the same seed and site."""
        rng = random.Random(f"{self.seed}/{self.site.id}/{subject}")
        return lambda: UUID(int=rng.getrandbits(128), version=4)

    # Life

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
        if self._thread is not None:
            raise RuntimeError("the simulator is running already")
        self._folder = tempfile.TemporaryDirectory(prefix="milestone-sdk-simulator-")
        self._authority = Authority(Path(self._folder.name))
        self._loop = asyncio.SelectorEventLoop()  # on Windows too: Listener watches sockets
        self._thread = threading.Thread(target=self._loop.run_forever, name="xprotect-simulator", daemon=True)
        self._thread.start()
        try:
            self.run(self._open())
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Close everything; harmless when stopped."""
        loop, thread, folder = self._loop, self._thread, self._folder
        if loop is None or thread is None:
            return
        try:
            self.run(self._close())
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(_WAIT_SECONDS)
            loop.close()
            self._loop = self._thread = self._folder = None
            if folder is not None:
                folder.cleanup()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something on the simulator's loop from another thread, and wait for it."""
        if self._loop is None:
            coroutine.close()
            raise RuntimeError("the simulator is not running")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_WAIT_SECONDS)

    async def _open(self) -> None:
        self._management = ManagementServer(self)
        if "recorder" in self._services:
            self._make_recorders()
        if "event_server" in self._services:
            self._make_event_server()
        for service in self._services:
            await self._start_service(service)

    def _make_recorders(self) -> None:
        from milestone_sdk.simulator.recorder.server import RecorderService

        self.recorders = [
            RecorderService(self, recorder, context=self._context(self.recorder_tls), seed=self.seed + number)
            for number, recorder in enumerate(self.site.recorders)
        ]

    def _make_event_server(self) -> None:
        from milestone_sdk.simulator.eventserver.server import EventServerService

        self._event_server = EventServerService(self)

    def _context(self, tls: bool) -> ssl.SSLContext | None:
        return self.authority.server_context(self.certificate_names) if tls else None

    async def _close(self) -> None:
        for service in reversed(self._services):
            await self._stop_service(service)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        loop = asyncio.get_running_loop()
        await loop.shutdown_asyncgens()
        await loop.shutdown_default_executor()

    # Services

    def stop_service(self, service: Service) -> None:
        """Close a service's listener and its connections, as when its process dies."""
        self.run(self._stop_service(service))

    def start_service(self, service: Service) -> None:
        """Open it again, under the same port."""
        self.run(self._start_service(service))

    async def _start_service(self, service: Service) -> None:
        if service == "management":
            assert self._management is not None
            await self._management.start(self._ports.get("management"), self._ports.get("management_http"))
        elif service == "recorder":
            for number, recorder in enumerate(self.recorders):
                await recorder.start(self._ports.get("recorder") if number == 0 else None)
        else:
            await self._events.start(self._ports.get("event_server"))
            for receiver in self._receivers:
                await receiver.start()

    async def _stop_service(self, service: Service) -> None:
        if service == "management" and self._management is not None:
            await self._management.close()
        elif service == "recorder":
            for recorder in self.recorders:
                await recorder.close()
        elif service == "event_server" and self._event_server is not None:
            await self._event_server.close()
            for receiver in self._receivers:
                await receiver.close()

    def move_event_server(self, *, port: int | None = None, tls: bool | None = None) -> None:
        """Let the event server come back on another port (by default the same), with or without TLS."""
        events = self._events
        events_tls = events.secure if tls is None else tls
        self.stop_service("event_server")
        events.encrypt(self._context(events_tls))
        self.run(events.start(port))

    def move_recorder(self, key: UUID | str, *, port: int | None = None, tls: bool | None = None) -> None:
        """Let a recorder come back on another port (by default the same), with or without TLS."""
        recorder = self.recorder_service(key)
        self.run(recorder.close())
        if tls is not None:
            recorder.encrypt(self._context(tls))
        self.run(recorder.start(port))
        self.edit(lambda site: site.touch(recorder.recorder.id))

    def recorder_service(self, key: UUID | str) -> "RecorderService":
        """The service of the recorder of that id or exact name; KeyError if there is none."""
        wanted = self.site.recorder(key)
        return next(service for service in self.recorders if service.recorder is wanted)

    def upgrade(self, release: str, *, keep_tokens: bool = False) -> None:
        """Install another release, as an administrator does: all services restart, and no token is valid any more."""
        for service in reversed(self._services):
            self.stop_service(service)
        self.release = find_release(release)
        self.identity.adopt_release(self.release)
        self.configuration.adopt_release()
        if self._event_server is not None:
            self._event_server.adopt_release()
        if not keep_tokens:
            self.tokens.revoke_all()
        for service in self._services:
            self.start_service(service)

    def receive_analytics_events(self) -> "AnalyticsReceiver":
        """Switch port 9090 of the event server on, under a free port: it is off in a new installation."""
        from milestone_sdk.simulator.eventserver.analytics import AnalyticsReceiver

        return self._receive(AnalyticsReceiver(self))

    def receive_generic_events(self, source: "DataSource | None" = None) -> "GenericEventReceiver":
        """Switch a data source of generic events on, by default one like the shipped "Compatible"."""
        from milestone_sdk.simulator.eventserver.generic import DataSource, GenericEventReceiver

        return self._receive(GenericEventReceiver(self, source or DataSource()))

    def _receive(self, receiver: R) -> R:
        self.run(receiver.start())
        self._receivers.append(receiver)
        return receiver

    @property
    def _events(self) -> "EventServerService":
        if self._event_server is None:
            raise RuntimeError("this simulator runs no event server")
        return self._event_server

    # Addresses and accounts

    @property
    def authority(self) -> Authority:
        """Signs the certificates of this simulator."""
        if self._authority is None:
            raise RuntimeError("the simulator was not started")
        return self._authority

    @property
    def ca_file(self) -> Path:
        """The PEM file of the authority that clients have to trust; it exists while the simulator runs."""
        return self.authority.ca_file

    @property
    def url(self) -> str:
        """The management server: https, or http on a site without certificate."""
        https = self._management.https if self._management is not None else None
        return f"https://127.0.0.1:{https.port}" if https is not None else self.http_url

    @property
    def http_url(self) -> str:
        """The http port of the management server."""
        if self._management is None:
            raise RuntimeError("the simulator was not started")
        return f"http://127.0.0.1:{self._management.http.port}"

    @property
    def event_server_url(self) -> str:
        """The event server's base address with an end slash; "" if none runs."""
        return self._event_server.uri if self._event_server is not None else ""

    @property
    def identity(self) -> IdentityProvider:
        """The identity provider, for switches such as `server_version = None` or `gateway = False`."""
        if self._management is None:
            raise RuntimeError("the simulator was not started")
        return self._management.identity

    def _first_user(self, kind: str) -> User:
        return next(user for user in self.site.users if user.kind == kind)

    @property
    def username(self) -> str:
        """The name of a basic user that exists."""
        return self._first_user("basic").name

    @property
    def password(self) -> str:
        """That user's password."""
        return self._first_user("basic").password

    # What happens at the site

    @property
    def alarms(self) -> "AlarmFacade":
        """The alarms of the site, for any thread: stored, add, update, close, delete and more."""
        return self._events.alarms

    def trigger(
        self, event: str, source: UUID | str | None = None, timestamp: datetime | None = None, **fields: Any
    ) -> list[UUID]:
        """Something happened at the site; the ids of the alarms that its alarm definitions made of it.

        `event` is the name of an event type, `source` a camera's name or id, or any other text: then it is the name
        that a third-party program gave. `timestamp` is aware, default the site's clock.
        """
        return self.alarms.trigger(event, source, timestamp=timestamp, **fields)

    def raise_event(self, event: str) -> None:
        """A client triggered a user-defined event; nothing follows when no event server runs."""
        if self._event_server is not None:
            self._event_server.alarms.trigger(event)

    def edit(self, change: Callable[[Site], T]) -> T:
        """Change the site between two requests: `sim.edit(lambda site: site.rename_camera("C1", "Gate"))`."""

        async def apply() -> T:
            try:
                return change(self.site)
            finally:
                self.configuration.lookup.forget()

        return self.run(apply())

    def forget(self) -> None:
        """Empty the lists of what was received and dropped."""
        self.requests.clear()
        self.dropped.clear()
