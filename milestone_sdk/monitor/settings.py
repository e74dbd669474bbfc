"""The settings of a monitored site, and which sites report no alarms of their own."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from attrs import field, frozen

from .._arguments import check_addresses, check_count, check_seconds, check_type
from .._protocol.management.location import Location
from ..credentials import BasicUser, Credentials
from ..errors import ConfigurationError, UnsupportedFeature
from ..models import Hardware
from ..models.times import to_utc
from ..trust import Trust

__all__ = ["SiteKind", "SiteSettings", "check_alarm_reporting", "interconnected"]

SiteKind = Literal["auto", "standard", "interconnect"]
"""`interconnect` is a central server whose cameras are those of remote sites; `auto` checks its hardware."""


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(
            f"name must be a string that is not blank, got {value!r}", hint="SiteSettings(name='Head office', ...)"
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ConfigurationError(f"name {value!r} cannot be encoded as UTF-8") from None
    return value


def _optional_utc(value: datetime | Literal["now"] | None) -> datetime | Literal["now"] | None:
    return value if value is None or value == "now" else to_utc(value, "since")


@frozen(kw_only=True)
class SiteSettings:
    """One site that an `AlarmMonitor` follows.

    `name` is of your choice, and unique in the monitor. `location`, `credentials`, `trust`, `timeout`, `addresses` and
    `trust_env` are those of `AsyncClient`; let sites share one `Trust`, because each `Trust` loads its certificates.
    Checkpoints are stored under the site's own id and `subscription`. `since`, `interval` and `link_timeout` (seconds)
    are those of `site.alarms.subscribe`. `queue` is how many alarms may wait for the handler before polling pauses.
    `kind` says whether this is the central server of Milestone Interconnect, which has no alarms of its remote sites;
    `auto` finds out.

    Raises `ConfigurationError` for settings that cannot work, such as a `since` without time zone.
    """

    name: str = field(converter=_name)
    location: str
    credentials: Credentials
    trust: Trust = field(factory=Trust.system)
    subscription: str = "default"
    since: datetime | Literal["now"] | None = field(default=None, converter=_optional_utc)
    interval: float = 3.0
    link_timeout: float = 30.0
    timeout: float = 30.0
    queue: int = 100
    addresses: Mapping[str, str] = field(factory=dict[str, str], hash=False)
    trust_env: bool = True
    kind: SiteKind = "auto"

    def __attrs_post_init__(self) -> None:
        Location.parse(self.location)
        check_type(f"site {self.name!r}: trust", self.trust, Trust)
        check_type(f"site {self.name!r}: subscription", self.subscription, str)
        check_addresses(self.addresses)
        check_type(f"site {self.name!r}: trust_env", self.trust_env, bool)
        if not isinstance(self.credentials, Credentials):
            raise ConfigurationError(
                f"site {self.name!r}: credentials must be Credentials, got {type(self.credentials).__name__}",
                hint="BasicUser('arc', password), WindowsUser, CurrentUser or AccessToken",
            )
        if not self.subscription:
            raise ConfigurationError(f"site {self.name!r}: subscription must not be empty", hint="leave it out")
        for what in ("interval", "link_timeout", "timeout"):
            check_seconds(f"site {self.name!r}: {what}", getattr(self, what))
        if self.interval >= self.link_timeout:
            raise ConfigurationError(
                f"site {self.name!r}: link_timeout must be > interval, got link_timeout={self.link_timeout} and"
                f" interval={self.interval}",
                hint="give a link_timeout of two intervals or more",
            )
        check_count(f"site {self.name!r}: queue", self.queue)
        if self.kind not in ("auto", "standard", "interconnect"):
            raise ConfigurationError(
                f"site {self.name!r}: kind must be auto, standard or interconnect, got {self.kind!r}"
            )

    @property
    def server(self) -> str:
        """Host and port of the management server; sites with the same one share its budget of tries."""
        where = Location.parse(self.location)
        where = where.upgraded() if isinstance(self.credentials, BasicUser) else where
        return f"{where.host}:{where.port}"


def interconnected(hardware: Iterable[Hardware]) -> int:
    """Return how many of the devices are remote sites, which keep their alarms."""
    return sum(device.interconnected for device in hardware)


def check_alarm_reporting(hardware: Iterable[Hardware], *, server: str, kind: SiteKind = "auto") -> None:
    """Raise `UnsupportedFeature` for a site that can report no alarms: a central server of Milestone Interconnect.

    With `auto`, that is one that has hardware, all of it remote sites. These keep their alarms:
    a subscription to the central server would stay empty.
    """  # docs/protocol: alarms-interconnect
    devices = tuple(hardware)
    if kind == "standard" or (kind == "auto" and (not devices or interconnected(devices) < len(devices))):
        return
    raise UnsupportedFeature(
        "the central server of Milestone Interconnect has no alarms of its remote sites",
        required="a site with devices of its own",
        actual="kind='interconnect'" if kind == "interconnect" else f"all hardware ({len(devices)}) is remote sites",
        server=server,
        operation="alarm reporting",
        hint="add the remote sites themselves, each with its own location; a central server that has alarm definitions "
        "of its own can be monitored with kind='standard'",
    )
