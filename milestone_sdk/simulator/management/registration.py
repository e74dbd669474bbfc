"""ServiceRegistrationService: where the event server and the management server are (protocol/auth.md 7)."""

from attrs import frozen

from milestone_sdk.simulator.host import Host
from milestone_sdk.simulator.site import User
from milestone_sdk.simulator.wire.soap import ARRAYS, XSI, Element, SoapFault, boolean_text, escape, tag

__all__ = ["RegisteredService", "ServiceRegistrationService"]

REQUESTS = "http://schemas.videoos/ServiceRegistrationService/2008/06/Vmo/01"
DATA = "http://videoos.net/2/XProtectCSServiceRegistration"

_OPERATIONS = frozenset(
    {
        "GetServices",
        "GetServicesIncludingDisabled",
        "GetServiceData",
        "SetServiceData",
        "RegisterService",
        "RegisterServiceWithEndpoints",
        "UnregisterService",
        "EnableService",
    }
)
_MANAGEMENT_SERVER = "a10cd823-bb4e-4d31-a162-dd236fc78fa6"
_EVENT_SERVER = "08ab8f23-9aef-4298-9caa-f39259fe7cda"
_LOG_SERVER = "3d6f1153-92ad-43f1-b467-9482ffd291b2"


@frozen(kw_only=True)
class RegisteredService:
    """One entry; `endpoints` are pairs of authentication (`Windows` or `Basic`) and uri."""

    type: str
    instance: str
    name: str
    uris: tuple[str, ...]
    endpoints: tuple[tuple[str, str], ...] = ()
    description: str = ""
    enabled: bool = True
    trusted: bool = True


class ServiceRegistrationService:
    """Answers GetServices and GetServicesIncludingDisabled; nothing here takes a token."""

    def __init__(self, host: Host) -> None:
        self._host = host

    @property
    def namespace(self) -> str:
        """Of the operation and its answer on `.svc`."""
        return REQUESTS

    def action(self, operation: str, *, asmx: bool) -> str:
        """The SOAPAction of an operation."""
        return f"{DATA}/{operation}" if asmx else f"{REQUESTS}/IServiceRegistrationService/{operation}"

    def knows(self, operation: str) -> bool:
        """Whether the contract has the operation."""
        return operation in _OPERATIONS

    def call(self, operation: str, user: User, element: Element, *, asmx: bool) -> bytes:
        """The inside of the `<OperationResponse>` element; raises SoapFault."""
        if operation not in ("GetServices", "GetServicesIncludingDisabled"):
            raise SoapFault("a:InternalServiceFault", f"The simulated server does not perform {operation}.")
        disabled = operation == "GetServicesIncludingDisabled"
        entries = [service for service in self.services() if service.enabled or disabled]
        write = _asmx_entry if asmx else _svc_entry
        inner = "".join([write(service) for service in entries])
        scope = "" if asmx else f' xmlns:a="{DATA}" xmlns:i="{XSI}"'
        return f"<{operation}Result{scope}>{inner}</{operation}Result>".encode()

    def services(self) -> list[RegisteredService]:
        """What is registered now, in the order of registration."""
        host = self._host
        uris = [f"{url}/" for url in (host.url, host.http_url) if url]
        windows = f"{host.http_url}/ManagementServer/ServerCommandService.svc"
        basic = f"{host.url}/ManagementServer/ServerCommandService.svc"
        entries = [
            RegisteredService(
                type=_MANAGEMENT_SERVER,
                instance=str(host.site.id),
                name="Management server",
                uris=tuple(dict.fromkeys(uris)),
                endpoints=(("Windows", windows), ("Basic", basic)) if host.tls else (("Windows", windows),),
            ),
            RegisteredService(
                type=_LOG_SERVER,
                instance=str(host.site.id),
                name="Log server",
                uris=(f"{host.http_url}/LogServer/",),
            ),
        ]
        event_server = host.event_server_url if host.registered_event_server is None else host.registered_event_server
        if event_server:
            entries.append(
                RegisteredService(
                    type=_EVENT_SERVER,
                    instance=str(host.site.event_server_id),
                    name="Event server",
                    uris=(event_server,),
                )
            )
        return entries


def _definition(service: RegisteredService) -> str | None:
    """The endpoints once more, as XML in a string, which is what real servers do."""
    if not service.endpoints:
        return None
    inner = "".join(
        f"<endpoint><authentication>{kind}</authentication><uri>{escape(uri)}</uri></endpoint>"
        for kind, uri in service.endpoints
    )
    return escape(f"<endpoints>{inner}</endpoints>")


def _svc_entry(service: RegisteredService) -> str:
    endpoints = "".join(
        f"<a:ServiceEndpoint><a:authentication>{kind}</a:authentication><a:description/>"
        f"<a:name>ServerCommandService</a:name><a:uri>{escape(uri)}</a:uri></a:ServiceEndpoint>"
        for kind, uri in service.endpoints
    )
    members = (
        tag("a:description", escape(service.description)),
        tag("a:enabled", boolean_text(service.enabled)),
        tag("a:endpointdefinition", _definition(service)),
        tag("a:endpoints", endpoints),
        tag("a:instance", service.instance),
        tag("a:name", escape(service.name)),
        tag("a:trusted", boolean_text(service.trusted)),
        tag("a:type", service.type),
        tag("a:uri", "".join(f"<b:string>{escape(uri)}</b:string>" for uri in service.uris), f' xmlns:b="{ARRAYS}"'),
    )
    return f"<a:ServiceInfo>{''.join(members)}</a:ServiceInfo>"


def _asmx_entry(service: RegisteredService) -> str:
    members = (
        tag("type", service.type),
        tag("instance", service.instance),
        tag("uri", "".join(f"<string>{escape(uri)}</string>" for uri in service.uris)),
        tag("name", escape(service.name)),
        tag("description", escape(service.description)),
        tag("trusted", boolean_text(service.trusted)),
        tag("enabled", boolean_text(service.enabled)),
    )
    return f"<ServiceInfo>{''.join(members)}</ServiceInfo>"
