"""One call of ServerCommandService as its operations see it: who calls, and the parameters."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import frozen

from milestone_sdk.simulator.host import Host
from milestone_sdk.simulator.management.inventory import allows
from milestone_sdk.simulator.site import Camera, Device, User
from milestone_sdk.simulator.wire.soap import SoapFault

__all__ = ["Call", "Operation", "bad_request", "not_enough_permissions", "unset"]


def not_enough_permissions(what: str) -> SoapFault:
    """The fault for a right that is missing."""  # docs/protocol: identity-faults
    return SoapFault("s:51000", f"VMO61008: You do not have sufficient permissions. {what}")


def bad_request(text: str) -> SoapFault:
    """The fault of WCF for an error inside the server; what real servers say to such values is not known."""
    return SoapFault("a:InternalServiceFault", text)


def unset(time: datetime) -> datetime | None:
    """A time parameter, with .NET's unset time (the year 1) and its latest (the year 9999) as None."""
    return None if time.year in (1, 9999) else time


@frozen
class Call:
    """One call: `user` is that of the parameter `token`, or of the transport where there is none."""

    host: Host
    user: User
    values: Mapping[str, Any]

    def __getitem__(self, name: str) -> Any:
        """A parameter; what was not sent is at its default, null or zero."""
        return self.values[name]

    def device(self, key: UUID) -> Camera | Device | None:
        """The device of that id, if it exists and the user may see it."""
        site = self.host.site
        camera = next((camera for camera in site.cameras if camera.id == key), None)
        if camera is not None:
            return camera if self.user.sees(camera) else None
        return next((device for device in site.devices if device.id == key), None)

    def may(self, right: str, device: Camera | Device | None) -> bool:
        """Whether the user has that right of CameraSecurityInfo on a device that exists and is seen."""
        return device is not None and allows(device, self.user, right)


Operation = Callable[[Call], Any]
"""Performs one operation; gives its result, None for null and for a void operation."""
