"""One call of ServerCommandService as its operations see it: who calls, and how its parameters are read."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from attrs import frozen

from milestone_sdk.simulator.host import Host
from milestone_sdk.simulator.management.contract import NAMESPACE
from milestone_sdk.simulator.management.datacontract import Value
from milestone_sdk.simulator.management.inventory import allows
from milestone_sdk.simulator.site import Camera, Device, User
from milestone_sdk.simulator.wire.soap import ARRAYS, Element, Field, SoapFault, read, read_array

__all__ = ["TOKEN", "ZERO", "Answer", "Call", "Operation", "bad_request", "not_enough_permissions", "unset"]

ZERO = UUID(int=0)
TOKEN = Field("token")
_MEDIA = {"Camera", "Microphone", "Speaker"}

Answer = tuple[str, Value] | None
"""Kind of the result, as in the contract, and its value; None for a void operation."""


def not_enough_permissions(what: str) -> SoapFault:
    """The fault for a right that is missing (protocol/auth.md 5.1)."""
    return SoapFault("s:51000", f"VMO61008: You do not have sufficient permissions. {what}")


def bad_request(text: str) -> SoapFault:
    """The fault of WCF for an error inside the server; what real servers say to such values is not known."""
    return SoapFault("a:InternalServiceFault", text)


def unset(time: datetime | None) -> datetime | None:
    """A time parameter, with .NET's unset time (the year 1) and its latest (the year 9999) as None."""
    return None if time is None or time.year in (1, 9999) else time


@frozen
class Call:
    """One call: who makes it (by the transport), the operation element, and the form of the address."""

    host: Host
    user: User
    element: Element
    asmx: bool

    def read(self, *fields: Field) -> dict[str, Any]:
        """The parameters of the operation; on `.svc` in the order of the contract."""
        return self.members(self.element, *fields)

    def members(self, element: Element | None, *fields: Field, namespace: str = NAMESPACE) -> dict[str, Any]:
        """The members of a parameter that is an object; `namespace` is theirs on `.svc`."""
        if element is None:
            return {field.name: None for field in fields}
        known = NAMESPACE if self.asmx else namespace
        return read(element, known, *fields, dropped=self.host.dropped, ordered=not self.asmx)

    def _array(self, element: Element | None, namespace: str, item: Field) -> list[Any]:
        known = NAMESPACE if self.asmx else namespace
        return read_array(element, known, item, dropped=self.host.dropped) or []

    def guids(self, element: Element | None) -> list[UUID]:
        """The items of an array of ids."""
        return self._array(element, ARRAYS, Field("guid", "guid"))

    def strings(self, element: Element | None) -> list[str]:
        """The items of an array of texts."""
        return [text or "" for text in self._array(element, ARRAYS, Field("string"))]

    def media_types(self, element: Element | None) -> list[str]:
        """The items of an array of MediaDeviceType."""
        return [
            self.one_of(value, "MediaDeviceType", _MEDIA)
            for value in self._array(element, NAMESPACE, Field("MediaDeviceType"))
        ]

    def duration(self, element: Element | None) -> timedelta | None:
        """A TimeDuration."""
        microseconds = self.members(element, Field("MicroSeconds", "long"))["MicroSeconds"]
        if microseconds is None:
            return None if element is None else timedelta(0)
        return timedelta(microseconds=microseconds)

    def one_of(self, value: str | None, name: str, values: set[str]) -> str:
        """A value of an enumeration; DeserializationFailed for any other text."""
        if value not in values:
            raise SoapFault.deserialization_failed(NAMESPACE, name, f"Invalid enum value '{value}'")
        return value

    def identify(self, token: str | None) -> User:
        """The user of a corporate token, which operations with a `token` parameter want besides the transport."""
        user = self.host.tokens.check_corporate(token or "")
        if user is None:
            raise not_enough_permissions("The token is unknown or has expired.")
        return user

    def device(self, key: UUID | None, user: User) -> Camera | Device | None:
        """The device of that id, if it exists and the user may see it."""
        site = self.host.site
        camera = next((camera for camera in site.cameras if camera.id == key), None)
        if camera is not None:
            return camera if user.sees(camera) else None
        return next((device for device in site.devices if device.id == key), None)

    def may(self, user: User, right: str, device: Camera | Device | None) -> bool:
        """Whether the user has that right of CameraSecurityInfo on a device that exists and is seen."""
        return device is not None and allows(device, user, right)


Operation = Callable[[Call], Answer]
