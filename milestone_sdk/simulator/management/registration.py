"""ServiceRegistrationService: where the event server and the management server are."""
# docs/protocol: registration-service

from attrs import frozen

from milestone_sdk.simulator.host import Host
from milestone_sdk.simulator.site import User
from milestone_sdk.simulator.wire.contract import Contract, Contracts, Extended, members_of, operations_of
from milestone_sdk.simulator.wire.reader import Element
from milestone_sdk.simulator.wire.soap import SoapFault
from milestone_sdk.simulator.wire.values import escape
from milestone_sdk.simulator.wire.writer import Writer

__all__ = ["RegisteredService", "ServiceRegistrationService"]

REQUESTS = "http://schemas.videoos/ServiceRegistrationService/2008/06/Vmo/01"
DATA = "http://videoos.net/2/XProtectCSServiceRegistration"

_OPERATIONS = operations_of(
    """
    GetServices() -> [ServiceInfo]
    GetServicesIncludingDisabled() -> [ServiceInfo]
    GetServiceData() SetServiceData() RegisterService() RegisterServiceWithEndpoints() UnregisterService()
    EnableService()
    """
)
_SVC = Contracts(
    [
        Contract(
            "ServiceInfo",
            DATA,
            members_of(
                "description:string enabled:boolean endpointdefinition:string endpoints:[ServiceEndpoint] "
                "instance:string name:string trusted:boolean type:string uri=uris:[string]"
            ),
        ),
        Contract(
            "ServiceEndpoint", DATA, members_of("authentication:string description:string name:string uri:string")
        ),
    ]
)
_ASMX_MEMBERS = (
    "type:string instance:string uri=uris:[string] name:string description:string trusted:boolean enabled:boolean"
)
_ASMX = Contracts([Contract("ServiceInfo", DATA, members_of(_ASMX_MEMBERS))], arrays=DATA, xml_serializer=True)
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
        contracts, namespace = (_ASMX, DATA) if asmx else (_SVC, REQUESTS)
        return Writer(contracts, namespace).result(_OPERATIONS[operation], [_info(entry) for entry in entries])

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


def _info(service: RegisteredService) -> Extended:
    """A ServiceInfo; it has the endpoints again, as XML in a string, as real servers have them."""
    inner = "".join(
        f"<endpoint><authentication>{kind}</authentication><uri>{escape(uri)}</uri></endpoint>"
        for kind, uri in service.endpoints
    )
    endpoints = [
        {"authentication": kind, "description": "", "name": "ServerCommandService", "uri": uri}
        for kind, uri in service.endpoints
    ]
    definition = f"<endpoints>{inner}</endpoints>" if inner else None
    return Extended(service, {"endpointdefinition": definition, "endpoints": endpoints})
