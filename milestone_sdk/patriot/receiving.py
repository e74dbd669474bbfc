"""Which sites and which users can report alarms to the Patriot task."""

from collections.abc import Iterator

from ..credentials import Credentials, CurrentUser
from ..errors import ConfigurationError, UnsupportedFeature
from ..models import Configuration
from ..monitor.settings import SiteKind
from ..monitor.settings import check_alarm_reporting as check_hardware
from .records import ClientRecord

__all__ = ["check_alarm_credentials", "check_alarm_reporting", "check_client", "client_problems"]


def check_alarm_credentials(credentials: Credentials, *, client_no: str | None = None) -> None:
    """Raise `ConfigurationError` for single sign-on, which cannot be used to receive alarms.

    The Milestone task runs as a service, under an account of its own. Live video and playback may use single sign-on.
    The text names the client, if its number is given.
    """
    if isinstance(credentials, CurrentUser):
        where = "" if client_no is None else f"client {client_no}: "
        raise ConfigurationError(
            f"{where}single sign-on is not supported where the Milestone task receives alarms",
            operation="alarm reporting",
            hint=r"give the task a user of its own: BasicUser('arc', password) or WindowsUser('DOMAIN\arc', password)",
        )


def check_alarm_reporting(configuration: Configuration, *, server: str, kind: SiteKind = "auto") -> None:
    """Raise `UnsupportedFeature` for an Interconnection Server, which reports no alarms.

    It is one if `kind` is `"interconnect"`, or, with `"auto"`, if all its hardware is remote sites; with `"standard"`
    it never is. Make one client for each remote site instead.
    """
    check_hardware(configuration.hardware, server=server, kind=kind)


def client_problems(
    client: ClientRecord, *, client_no: str | None = None
) -> Iterator[tuple[str, ConfigurationError | UnsupportedFeature]]:
    """Yield what keeps a client of the type Milestone from being used: the key that it has in a file, and the error.

    Without location or credentials it is of no use; with single sign-on, or as an Interconnection Server, it cannot
    report alarms. The texts name the client, if its number is given.
    """
    if not client.is_milestone:
        return
    where = "" if client_no is None else f"client {client_no}: "
    if client.location is None:
        yield "location", ConfigurationError(f"{where}location is missing", hint="location='https://vms.example'")
    if client.credentials is None:
        yield "login", ConfigurationError(f"{where}login is missing", hint="credentials=BasicUser('arc', password)")
    if not client.event_reporting:
        return
    try:
        if client.credentials is not None:
            check_alarm_credentials(client.credentials, client_no=client_no)
    except ConfigurationError as refusal:
        yield "login", refusal
    if client.kind == "interconnect":
        error = UnsupportedFeature(
            f"{where}an Interconnection Server does not report the alarms of its remote sites",
            required="a server with devices of its own",
            actual="kind='interconnect'",
            server=None if client.location is None else str(client.location),
            operation="alarm reporting",
            hint="make one client for each remote site, and give this one event_reporting=False",
        )
        yield "kind", error


def check_client(client: ClientRecord) -> None:
    """Check, without a connection, whether the task can receive the alarms of a client; errors name it.

    Raises the first of `client_problems`: `ConfigurationError` without location or credentials and for single sign-on,
    `UnsupportedFeature` for an Interconnection Server.
    """
    for _, error in client_problems(client, client_no=client.client_no):
        raise error
