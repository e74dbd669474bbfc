"""The findings of `site.diagnose()`, and the facts that your own checks get."""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Protocol

from attrs import field, frozen
from attrs.converters import optional

from .._text import printable
from .alarms.history import AlarmLevel
from .inventory import Configuration
from .items.item import ConfigurationItem
from .model import Model
from .site import SiteInfo

__all__ = ["Check", "Finding", "SiteFacts", "Status"]


class Status(Enum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    """It works, but not as it should, or not for much longer, or it cannot be checked from here."""
    ERROR = "error"
    """It does not work, or the check itself could not be made."""


@frozen(kw_only=True, repr=False)
class Finding(Model):
    """One result of a check. It never contains a password or a token.

    `check` is the name of the check, `where` the server, port, camera or user it is about, `what` a sentence, `remedy`
    what to do, `None` if nothing is wrong. Names and texts of servers in them are escaped and cut as in errors.
    """

    status: Status
    check: str
    where: str = field(converter=printable)
    what: str = field(converter=printable)
    remedy: str | None = field(default=None, converter=optional(printable))

    @property
    def ok(self) -> bool:
        """Whether there is nothing to do."""
        return self.status is Status.OK

    def __str__(self) -> str:
        text = f"{self.status.value}: {self.check}: {self.where}: {self.what}"
        return f"{text} ({self.remedy})" if self.remedy else text


@frozen(kw_only=True, repr=False)
class SiteFacts(Model):
    """What is known of a site, for checks without I/O. What could not be read is `None`; `missing` says why.

    The keys of `missing` are the names of these attributes.
    """

    server: str
    """The management server as a URL."""
    single_sign_on: bool = False
    """Whether the login is that of the user who runs this process."""
    info: SiteInfo | None = None
    configuration: Configuration | None = None
    """Cameras, folders, hardware and recorders as the user may see them."""
    disabled_cameras: tuple[str, ...] | None = None
    """The names of the cameras that `configuration` leaves out since they, or their hardware, are disabled."""
    priorities: tuple[AlarmLevel, ...] | None = None
    """The alarm priorities of the site, or those of its alarms where it does not list them."""
    alarm_definitions: tuple[ConfigurationItem, ...] | None = None
    missing: Mapping[str, str] = field(factory=dict[str, str], hash=False)

    @property
    def interconnect(self) -> bool | None:
        """Whether it is a central server of Milestone Interconnect: one with remote sites among its hardware."""
        if self.configuration is None:
            return None
        return any(hardware.interconnected for hardware in self.configuration.hardware)


class Check(Protocol):
    """A check of your own: a name, and a call that returns findings; `milestone_sdk.patriot.checks` makes some.

    It is called on the caller's thread or event loop, so it should neither wait nor compute for long. An exception
    becomes a finding.
    """

    @property
    def name(self) -> str:
        """The name that its findings have."""
        ...

    def __call__(self, facts: SiteFacts, /) -> Iterable[Finding]:
        """Return the findings."""
        ...
