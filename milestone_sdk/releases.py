"""XProtect releases: which has what, and which work together.

`Capabilities.of(site.info.version)` returns what a server can have by its release; only the server knows whether it is
installed, switched on, and open to this user. What cannot be dated to a release is not in the table.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Final, Self, cast

from attrs import evolve, field, frozen

from .errors import ConfigurationError, UnsupportedFeature

__all__ = [
    "NEWEST",
    "OLDEST",
    "RELEASES",
    "Capabilities",
    "Capability",
    "FleetReport",
    "Release",
    "Stage",
    "Verdict",
    "compat",
    "fleet_report",
]

_LONGEST: Final = 200
_NAME: Final = re.compile(r"(?<![0-9])(20[0-9]{2}) ?R ?([0-9])([a-z])?(?![0-9a-z])", re.IGNORECASE | re.ASCII)
_VERSION: Final = re.compile(r"([0-9]{2})\.([0-9])([a-z])?(?![0-9a-z])", re.IGNORECASE | re.ASCII)
_YEARS: Final = {12: 2018, 13: 2019}
"""Until 2019 the version was not the year: 2018 R2 is 12.2a, 2019 R1 is 13.1a. `18.3` by the later rule is read too."""
_MAJORS: Final = {year: major for major, year in _YEARS.items()}


@frozen(order=True)
class Release:
    """An XProtect release, such as 2025 R2: year, number in the year, and the letter of a refreshed installer.

    Releases are ordered; a refreshed one (2023 R2a) comes right after the one that it refreshes. A release may be one
    that this library does not know: a newer one has at least what the newest known one has.
    """

    year: int = field()
    number: int = field()
    refresh: str = field(default="")

    def __attrs_post_init__(self) -> None:
        if not (2000 <= self.year < 2100 and 0 <= self.number <= 9 and re.fullmatch("[a-z]?", self.refresh)):
            raise ConfigurationError(
                f"not a release: year {self.year!r}, number {self.number!r}, letter {self.refresh!r}",
                hint="for example Release(2025, 2)",
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a release from its name or from a version number, alone or within a product's name.

        Accepts `2025R2`, `2025 R2`, `25.2`, `25.2a`, `25.2.1804.0`, `XProtect Corporate 2019 R1 (13.1a)` and similar
        strings: what servers report. Raises `ConfigurationError`.
        """
        text = text.strip()
        if len(text) <= _LONGEST:
            if name := _NAME.search(text):
                version = _VERSION.search(text[name.end() :])
                refresh = name[3] or (version and version[3]) or ""
                return cls(int(name[1]), int(name[2]), refresh.lower())
            if (version := _VERSION.match(text)) and (year := _year(int(version[1]))):
                return cls(year, int(version[2]), (version[3] or "").lower())
        raise ConfigurationError(
            f"{text[:40]!r} is not an XProtect release", hint="write it as 2025 R2, or as the version 25.2"
        )

    @property
    def name(self) -> str:
        """As Milestone writes it: `2025 R2`, or `2023 R2a` for a refreshed installer."""
        return f"{self.year} R{self.number}{self.refresh}"

    @property
    def version(self) -> str:
        """As servers write it: `25.2`, or `23.2a` for a refreshed installer; 2018 is 12, 2019 is 13."""
        return f"{_MAJORS.get(self.year, self.year - 2000)}.{self.number}{self.refresh}"

    @property
    def base(self) -> Self:
        """The same release without the letter of a refreshed installer."""
        return evolve(self, refresh="")

    def __str__(self) -> str:
        return self.name


def _year(major: int) -> int | None:
    """Return the year of a version's first number: 14 to 17 were never used, and below 12 the rule is not known."""
    return _YEARS.get(major, 2000 + major if major >= 18 else None)


RELEASES: Final = tuple(
    Release.parse(name)
    for name in (
        *("2018 R3", "2020 R1", "2020 R2", "2020 R3", "2021 R1", "2021 R2", "2022 R1", "2022 R2", "2022 R3"),
        *("2023 R1", "2023 R2", "2023 R3", "2024 R1", "2024 R2", "2025 R1", "2025 R2", "2025 R3"),
    )
)
"""The releases that the table knows; one between two of them has what the older has."""
OLDEST: Final = RELEASES[0]
"""The oldest release that this library supports."""
NEWEST: Final = RELEASES[-1]
"""The newest release that the table knows."""


class Stage(Enum):
    """How far a capability is in one release."""

    ABSENT = "absent"
    BETA = "beta"
    FINAL = "final"


class Capability(Enum):
    """Something that came with a release; the value is its name as a string.

    `what` describes it, `since` is the first release with it as final (`None`: all supported ones have it), `beta` the
    first with it as a beta or pre-release, `evidence` the sections of `docs/protocol` that date it.
    """

    what: str
    since: Release | None
    beta: Release | None
    evidence: str

    # Before 2020
    SERVER_COMMAND = "server_command", "ServerCommandService (.svc)", "identity-versions"
    ASMX = "asmx", "ServerCommandService (.asmx) for Windows users; deprecated", "identity-versions, identity-asmx"
    CONFIGURATION_SOAP = "configuration_soap", "ConfigurationApiService", "identity-versions, configuration-contract"
    ALARM_SERVICE = "alarm_service", "Alarm service of the event server", "identity-versions, events-choice"
    RECORDER_COMMAND = (
        "recorder_command",
        "RecorderCommandService of the recorders",
        "identity-versions, recorder-service",
    )
    IMAGE_SERVER = (
        "image_server",
        "ImageServer of the recorders: playback, live",
        "identity-versions, imageserver-transport",
    )
    ANALYTICS_EVENTS = (
        "analytics_events",
        "Analytics events over HTTP, port 9090; off by default",
        "events-choice, events-analytics",
    )
    GENERIC_EVENTS = (
        "generic_events",
        "Generic events, ports 1234 and 1235; off by default",
        "events-choice, events-generic",
    )
    # 2020
    RULES = "rules", "Rules by the configuration API", "configuration-methods, configuration-operations", "20.1"
    QUERY_ITEMS = "query_items", "QueryItems and GetChildItemsHierarchy", "configuration-operations", "20.2"
    OWNER_INFORMATION = "owner_information", "Owner information of a site", "configuration-methods", "20.2"
    REGISTER_INTEGRATION = "register_integration", "RegisterIntegration", "identity-versions", "20.3"
    # 2021
    IDENTITY_PROVIDER = (
        "identity_provider",
        "Identity provider, access tokens",
        "identity-versions, identity-flows",
        "21.1",
    )
    OAUTH_SOAP = (
        "oauth_soap",
        "SOAP services with access tokens (OAuth.svc)",
        "identity-versions, identity-bearer",
        "21.1",
    )
    VIEWS = "views", "View groups by the configuration API", "configuration-methods, configuration-operations", "21.1"
    FAILOVER = "failover", "Failover recorders by the configuration API", "configuration-operations", "21.2"
    # 2022
    API_GATEWAY = (
        "api_gateway",
        "API Gateway, optional until 2023 R2",
        "identity-discovery, identity-versions",
        "22.1",
        "21.2",
    )
    CONFIG_REST = "config_rest", "Configuration over REST", "identity-versions, configuration-rest", "22.1"
    EXTERNAL_IDP = (
        "external_idp",
        "External identity providers",
        "identity-versions, identity-external",
        "22.1",
    )  # one source: 23.1
    EVENT_SERVER_TLS = "event_server_tls", "Alarm service over https, if enabled", "alarms-service", "22.1"
    REST_BOOLEANS = "rest_booleans", "JSON booleans over REST, text before", "identity-versions", "22.2"
    REST_CORS = "rest_cors", "REST from web pages of other origins (CORS)", "identity-versions", "22.3"
    # 2023
    WEBRTC = "webrtc", "WebRTC: live video", "identity-versions", "23.1", "22.3"
    REPLACE_HARDWARE = "replace_hardware", "ReplaceHardware", "configuration-methods, configuration-operations", "23.1"
    RESTRICTED_MEDIA = (
        "restricted_media",
        "Restricted media: operations and rights",
        "identity-versions, servercommand-operations",
        "23.2",
    )
    RECORDED_STREAMS = (
        "recorded_streams",
        "Choice of the streams recorded",
        "configuration-items, configuration-operations",
        "23.2",
    )
    API_GATEWAY_MANDATORY = (
        "api_gateway_mandatory",
        "API Gateway on every site",
        "identity-versions, events-choice",
        "23.3",
    )
    EVENTS_WEBSOCKET = "events_websocket", "Events and State WebSocket", "identity-versions, events-websocket", "23.3"
    # 2024
    EVENTS_WEBSOCKET_AUTHENTICATE = (
        *("events_websocket_authenticate", "Events and State WebSocket: authenticate, inactiveTimeoutSeconds"),
        *("identity-versions, events-websocket", "24.1"),
    )
    WEBRTC_PLAYBACK = "webrtc_playback", "WebRTC: playback", "identity-versions", "24.1", "23.3"
    ALARMS_REST = "alarms_rest", "Alarms over REST", "identity-versions, events-choice, alarms-rest", "24.2", "23.2"
    EVENTS_REST = "events_rest", "Events over REST", "identity-versions, events-choice", "24.2", "23.2"
    MESSAGES_WEBSOCKET = (
        "messages_websocket",
        "Messages WebSocket",
        "identity-versions, events-messages, alarms-types",
        "24.2",
        "23.3",
    )
    BOOKMARKS_REST = "bookmarks_rest", "Bookmarks and evidence locks over REST", "identity-versions", "24.2"
    REGISTERED_SERVICES_REST = "registered_services_rest", "Registered services over REST", "identity-versions", "24.2"
    EFFECTIVE_PERMISSIONS_REST = (
        *("effective_permissions_rest", "Effective permissions and security namespaces over REST"),
        *("identity-versions, alarms-rights", "24.2"),
    )
    PTZ_REST = "ptz_rest", "PTZ and outputs over REST", "identity-versions", "24.2"
    # 2025
    WEBRTC_WEBSOCKET = "webrtc_websocket", "WebRTC: signalling by WebSocket, PTZ", "identity-versions", "25.1"
    WEBRTC_AUDIO = "webrtc_audio", "WebRTC: audio, deviceId in place of cameraId", "identity-versions", "25.2"
    ADD_ON_ALARM_DEFINITIONS_REST = (
        *("add_on_alarm_definitions_rest", "Alarm definitions for access control, Transact and LPR over REST"),
        *("identity-versions, events-choice", "25.2"),
    )
    VIEW_TASKS_REST = "view_tasks_rest", "View tasks over REST", "identity-versions", "25.2"
    RETRIEVE_EDGE_STORAGE_TASK = (
        *("retrieve_edge_storage_task", "RetrieveEdgeStorage: remote recordings as a server task"),
        *("retrieval-task, retrieval-modes", "25.2"),
    )
    CERTIFICATE_OIDC = "certificate_oidc", "OIDC by certificate through the API Gateway", "identity-versions", "25.3"

    def __new__(cls, key: object, what: str = "", evidence: str = "", since: str = "", beta: str = "") -> Self:
        """Make one row of the table."""
        member = object.__new__(cls)
        member._value_ = key
        member.what = what
        member.evidence = evidence
        member.since = Release.parse(since) if since else None
        member.beta = Release.parse(beta) if beta else None
        return member

    def stage(self, release: Release) -> Stage:
        """Return how far it is in a release."""
        if self.since is None or release >= self.since:
            return Stage.FINAL
        return Stage.BETA if self.beta is not None and release >= self.beta else Stage.ABSENT


@frozen
class Capabilities:
    """What a server of one release has: `Capability.ALARMS_REST in capabilities`.

    Iteration gives the capabilities that are final. A server whose version cannot be read counts as having only what
    every release has; `release` is `None` then.
    """

    version: str
    release: Release | None

    @classmethod
    def of(cls, version: str) -> Self:
        """Return the capabilities of a server with this version, e.g. `site.info.version`; never raises."""
        try:
            return cls(version, Release.parse(version))
        except ConfigurationError:
            return cls(version, None)

    def stage(self, capability: Capability | str) -> Stage:
        """Return whether it is final, a beta, or absent. Raises `ConfigurationError` for an unknown name."""
        wanted = _capability(capability)
        if self.release is not None:
            return wanted.stage(self.release)
        return Stage.FINAL if wanted.since is None else Stage.ABSENT

    def supports(self, capability: Capability | str, *, beta: bool = False) -> bool:
        """Whether the server has it; a beta counts only with `beta`, since its form changed until it was final."""
        return self.stage(capability) in ((Stage.BETA, Stage.FINAL) if beta else (Stage.FINAL,))

    def require(
        self,
        capability: Capability | str,
        *,
        beta: bool = False,
        server: str | None = None,
        operation: str | None = None,
    ) -> None:
        """Raise `UnsupportedFeature`, with the release needed and the one that runs, unless the server has it."""
        if self.supports(capability, beta=beta):
            return
        wanted = _capability(capability)
        first = (wanted.beta if beta else None) or wanted.since or OLDEST
        actual = self.release.name if self.release else f"an unknown release (version {self.version[:40]!r})"
        when = "a beta until" if self.stage(wanted) is Stage.BETA else "since"
        raise UnsupportedFeature(
            f"{wanted.what}: {when} XProtect {first}; this server runs {actual}",
            required=first.name,
            actual=actual,
            server=server,
            operation=operation,
            hint=f"upgrade the server to {first} or later" if self.release else "its version could not be read",
        )

    def __contains__(self, capability: object) -> bool:
        return isinstance(capability, Capability | str) and self.supports(capability)

    def __iter__(self) -> Iterator[Capability]:
        return (capability for capability in Capability if self.supports(capability))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _capability(value: Capability | str) -> Capability:
    try:
        return Capability(value)
    except ValueError:
        raise ConfigurationError(
            f"unknown capability {value!r}", hint="see Capability for the names, for example alarms_rest"
        ) from None


@frozen(kw_only=True)
class Verdict:
    """Whether a client of one release may be expected to work with a server of another.

    True in a condition if so. If not, `warning` gives the reason; show it to a person.
    """

    client: Release
    server: Release | None
    warning: str | None = None

    @property
    def outcome(self) -> str:
        """`expected-ok` or `not-assured`."""
        return "not-assured" if self.warning else "expected-ok"

    def __bool__(self) -> bool:
        return self.warning is None

    def __str__(self) -> str:
        return f"{self.outcome}: {self.warning}" if self.warning else self.outcome


def compat(*, client: Release | str, server: Release | str) -> Verdict:
    """Compare the release of a client, or of client files, with a server: the same or an older server usually works.

    A newer server, or one whose version cannot be read, is not assured. Raises `ConfigurationError` for a client
    release that cannot be read.
    """
    ours = Release.parse(str(client))
    theirs = Capabilities.of(server).release if isinstance(server, str) else server
    if theirs is None:
        warning = f"the version of the server cannot be read ({str(server)[:40]!r}), so nothing is assured"
    elif theirs.base > ours.base:
        warning = f"the server ({theirs}) is newer than the client ({ours}): they may not work together"
    else:
        return Verdict(client=ours, server=theirs)
    return Verdict(client=ours, server=theirs, warning=f"{warning}; update the client first")


@frozen(kw_only=True)
class FleetReport:
    """Which servers run which release, with a `warning` if the releases are mixed."""

    servers: Mapping[str, tuple[str, ...]]
    """Release, oldest first, to the names of its servers."""
    warning: str | None = None

    def __str__(self) -> str:
        lines = [f"{release}: {', '.join(names)}" for release, names in self.servers.items()]
        return "\n".join(lines + ([f"Warning: {self.warning}"] if self.warning else []))


def fleet_report(servers: Mapping[str, Release | str] | Iterable[Release | str]) -> FleetReport:
    """Sort servers by release; mixed releases give a warning with both remedies.

    `servers` maps names to releases or versions, or is the releases alone. A refreshed installer counts as the
    release that it refreshes; a version that cannot be read is listed by itself, at the end.
    """
    if isinstance(servers, Mapping):
        named = list(cast("Mapping[str, Release | str]", servers).items())
    else:
        named = [(str(server), server) for server in servers]
    found: dict[tuple[bool, Release, str], list[str]] = {}
    for name, version in named:
        release = version if isinstance(version, Release) else Capabilities.of(version).release
        key = (False, release.base, release.base.name) if release else (True, NEWEST, f"unknown version {version!r}")
        found.setdefault(key, []).append(name)
    ordered = {key[2]: tuple(sorted(found[key])) for key in sorted(found)}
    if len(ordered) < 2:
        return FleetReport(servers=ordered)
    return FleetReport(
        servers=ordered,
        warning=f"the servers run mixed versions ({', '.join(ordered)}): bring them all to one version as far as "
        "possible, or put an Interconnection Server in front of them",
    )
