"""Which sites and which users can report alarms to the Patriot task."""

from collections.abc import Iterator

from ..credentials import Credentials, CurrentUser
from ..errors import ConfigurationError, UnsupportedFeature
from ..models import Configuration
from ..monitor.settings import SiteKind
from ..monitor.settings import check_alarm_reporting as check_hardware
from .records import ClientRecord

__all__ = ["check_alarm_credentials", "check_alarm_reporting", "client_problems"]

_NO_ALARMS = "or set event_reporting = false"


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


def client_problems(client: ClientRecord) -> Iterator[tuple[str, str, str]]:
    """Yield what keeps a client of the type Milestone from being used: the key in a file, a sentence, the remedy."""
    if not client.is_milestone:
        return
    if client.location is None:
        yield "location", "location is missing", 'write the URL of the server, for example "https://vms.example"'
    if client.credentials is None:
        example = '{ kind = "basic", user = "arc", password = { env = "ARC_PASSWORD" } }'
        yield "login", "login is missing", f"write login = {example}"
    if not client.event_reporting:
        return
    try:
        if client.credentials is not None:
            check_alarm_credentials(client.credentials)
    except ConfigurationError as error:
        yield "login", error.message, f"{error.hint}, {_NO_ALARMS}"
    if client.kind == "interconnect":
        try:
            check_hardware((), server=str(client.location), kind=client.kind)
        except UnsupportedFeature as error:
            yield "kind", error.message, f"{error.hint}; {_NO_ALARMS}"
