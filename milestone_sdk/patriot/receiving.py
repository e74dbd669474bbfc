"""Which sites and which users can report alarms to the Patriot task."""

from ..credentials import Credentials, CurrentUser
from ..errors import ConfigurationError
from ..models import Configuration
from ..monitor.settings import SiteKind
from ..monitor.settings import check_alarm_reporting as check_hardware

__all__ = ["check_alarm_credentials", "check_alarm_reporting"]


def check_alarm_credentials(credentials: Credentials) -> None:
    """Raise `ConfigurationError` for single sign-on, which cannot be used to receive alarms.

    The Milestone task runs as a service, under an account of its own. Live video and playback may use single sign-on.
    """
    if isinstance(credentials, CurrentUser):
        raise ConfigurationError(
            "single sign-on is not supported where the Milestone task receives alarms",
            operation="alarm reporting",
            hint=r"give the task a user of its own: BasicUser('arc', password) or WindowsUser('DOMAIN\arc', password)",
        )


def check_alarm_reporting(configuration: Configuration, *, server: str, kind: SiteKind = "auto") -> None:
    """Raise `UnsupportedFeature` for an Interconnection Server, which reports no alarms.

    It is one if `kind` is `"interconnect"`, or, with `"auto"`, if all its hardware is remote sites; with `"standard"`
    it never is. Make one client for each remote site instead.
    """
    check_hardware(configuration.hardware, server=server, kind=kind)
