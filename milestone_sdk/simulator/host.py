"""What the servers of a simulated site share: the site, its release, tokens and faults, addresses, what clients did."""

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from uuid import UUID

from attrs import define, field, frozen

from milestone_sdk.simulator.eventserver.control import AlarmFacade
from milestone_sdk.simulator.releases import RELEASES, Release
from milestone_sdk.simulator.site import Site, User
from milestone_sdk.simulator.tokens import Tokens
from milestone_sdk.simulator.wire.authority import Authority
from milestone_sdk.simulator.wire.faults import Faults
from milestone_sdk.simulator.wire.http import Handler, Received, Request, serve_http
from milestone_sdk.simulator.wire.writer import NullForm

__all__ = ["Host", "Integration", "Triggered"]


@frozen
class Integration:
    """A program that registered itself by RegisterIntegration or RegisterPluginIntegrations."""

    user: str
    instance_id: str | None
    integration_id: UUID
    version: str | None
    name: str | None
    manufacturer: str | None


@frozen
class Triggered:
    """A user-defined event that a client raised, and its metadata."""

    event: str
    metadata: Mapping[str, str]


@define(eq=False, kw_only=True)
class Host:
    """What more than one server of a site needs. The servers take it; it imports none of them."""

    site: Site
    release: Release = RELEASES["2025R2"]
    tls: bool = True
    """Whether the management server has an https port."""
    recorder_tls: bool = True
    event_server_tls: bool = True
    certificate_names: Sequence[str] = ("localhost", "127.0.0.1")
    seed: int = 0
    null_form: NullForm | None = None
    ports: Mapping[str, int] = field(factory=dict[str, int])
    """Pinned ports: `management`, `management_http`, `recorder`, `event_server`."""
    basic_login: bool = True
    """Whether `.svc` accepts HTTP Basic."""
    registered_event_server: str | None = None
    """The address that the event server registers, if not its own."""
    random: Random = field(init=False)
    tokens: Tokens = field(init=False)
    alarms: AlarmFacade = field(init=False)
    faults: Faults = field(factory=Faults, init=False)
    requests: list[Received] = field(factory=list[Received], init=False)
    dropped: list[str] = field(factory=list[str], init=False)
    integrations: list[Integration] = field(factory=list[Integration], init=False)
    triggered: list[Triggered] = field(factory=list[Triggered], init=False)
    https_port: int | None = field(default=None, init=False)
    http_port: int | None = field(default=None, init=False)
    event_server_url: str = field(default="", init=False)
    """The event server's base address with an end slash; "" until one runs."""
    _authority: Authority | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.random = Random(self.seed)
        self.tokens = Tokens(self.site, self.random)
        self.alarms = AlarmFacade(self.site, seed=self.seed)

    def new_ids(self, subject: str) -> Callable[[], UUID]:
        """A source of ids, the same in every run with the same seed and site."""
        rng = Random(f"{self.seed}/{self.site.id}/{subject}")
        return lambda: UUID(int=rng.getrandbits(128), version=4)

    def make_authority(self, folder: Path) -> None:
        """Make the authority that signs the certificates from now on; its files are written to `folder`."""
        self._authority = Authority(folder)

    @property
    def authority(self) -> Authority:
        """Signs the certificates of this site; RuntimeError before the simulator was started."""
        if self._authority is None:
            raise RuntimeError("the simulator was not started")
        return self._authority

    def context(self, tls: bool) -> ssl.SSLContext | None:
        """A TLS context with a new certificate for `certificate_names`; None without `tls`."""
        return self.authority.server_context(self.certificate_names) if tls else None

    @property
    def http_url(self) -> str:
        """The http port of the management server; RuntimeError before the simulator was started."""
        if self.http_port is None:
            raise RuntimeError("the simulator was not started")
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def url(self) -> str:
        """The management server: https, or http on a site without certificate."""
        return self.http_url if self.https_port is None else f"https://127.0.0.1:{self.https_port}"

    def bearer(self, request: Request) -> User | None:
        """The user whose access token a request carries, if it is valid."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return self.tokens.check_access(token.strip()) if scheme.lower() == "bearer" else None

    async def serve(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        handler: Handler,
        *,
        secure: bool,
        service: str | Callable[[str], str],
        initial: bytes = b"",
        dated: bool = True,
    ) -> None:
        """Serve HTTP on one connection under the faults that are on, and note its requests; see `serve_http`."""
        await serve_http(
            reader,
            writer,
            handler,
            secure=secure,
            initial=initial,
            service=service,
            faults=self.faults,
            requests=self.requests,
            now=self.site.now if dated else None,
        )
