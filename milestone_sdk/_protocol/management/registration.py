"""ServiceRegistrationService: where the other services of a site are; no token anywhere."""
# docs/protocol: registration-service

from typing import Final
from uuid import UUID

from ...models import RegisteredService
from ..soap.envelope import ARRAYS, Call, Element, call
from ..soap.members import Members
from ..soap.values import boolean

__all__ = ["NAMESPACE", "get_services"]

NAMESPACE: Final = "http://schemas.videoos/ServiceRegistrationService/2008/06/Vmo/01"
"""Of the operations on `.svc`; the host part is written so."""
_DATA: Final = "http://videoos.net/2/XProtectCSServiceRegistration"
"""Of the data, and of the operations on `.asmx`."""
_URI_ITEMS: Final = (f"{{{ARRAYS}}}string", f"{{{_DATA}}}string")
_NO_ID: Final = UUID(int=0)


def get_services(asmx: bool = False) -> Call[tuple[RegisteredService, ...]]:
    """Ask for the registered services; those that an administrator disabled are left out by the server."""
    operation = "GetServices"
    namespace = _DATA if asmx else NAMESPACE
    action = f"{_DATA}/{operation}" if asmx else f"{NAMESPACE}/IServiceRegistrationService/{operation}"
    return call(operation, namespace=namespace, action=action, parameters="", read=_read_services)


def _read_services(element: Element | None) -> tuple[RegisteredService, ...]:
    return tuple(map(_read_service, Members.of_rows(element, _DATA, "ServiceInfo")))


def _read_service(row: Members) -> RegisteredService:
    uris = row.element("uri")
    return RegisteredService(
        type=row.guid("type") or _NO_ID,
        instance=row.guid("instance") or _NO_ID,
        name=row.text("name"),
        description=row.text("description"),
        enabled=boolean(row.text("enabled")) is not False,
        trusted=row.flag("trusted"),
        uris=() if uris is None else tuple(item.text for item in uris.iterchildren(*_URI_ITEMS) if item.text),
    )
