"""ServiceRegistrationService: where the other services of a site are; no token anywhere (protocol/auth.md 7)."""

from typing import Final
from uuid import UUID

from ...models import RegisteredService
from ..configuration.inventory import ARRAYS
from ..soap.envelope import Call, Element, call, members, text_of
from ..soap.values import boolean, guid

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
    rows = [] if element is None else element.findall(f"{{{_DATA}}}ServiceInfo")
    return tuple(_read_service(row) for row in rows if len(row))


def _read_service(row: Element) -> RegisteredService:
    found = members(row)

    def text(name: str) -> str | None:
        return text_of(found.get(f"{{{_DATA}}}{name}"))

    uris = found.get(f"{{{_DATA}}}uri")
    return RegisteredService(
        type=guid(text("type")) or _NO_ID,
        instance=guid(text("instance")) or _NO_ID,
        name=text("name"),
        description=text("description"),
        enabled=boolean(text("enabled")) is not False,
        trusted=bool(boolean(text("trusted"))),
        uris=() if uris is None else tuple(item.text for item in uris.iterchildren(*_URI_ITEMS) if item.text),
    )
