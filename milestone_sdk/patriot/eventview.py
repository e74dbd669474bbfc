"""Which camera shows an alarm, and how the camera display is laid out; see `AsyncEventView` for the video."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal, get_args

from attrs import frozen

from ..errors import ConfigurationError, NoCameraCoverage, NoCameras
from ..models import AlarmLine
from ..models.times import NO_TIME
from .mapping import map_alarm
from .records import ClientRecord, Zone
from .signals import Signal

__all__ = ["LAYOUTS", "Activation", "CameraButton", "Layout", "Shown", "camera_available", "camera_button", "shown"]

Activation = AlarmLine | Signal
"""What an operator responds to: an alarm, or the signal that was made of it."""

Layout = Literal["single", "quad", "nine"]
LAYOUTS: Final[Mapping[Layout, int]] = {"single": 1, "quad": 4, "nine": 9}
"""How many slots each layout shows at the same time."""

CameraButton = Literal["none", "button", "controls"]
"""What an activation shows: nothing, the Camera button or, with multi-screen support, the camera controls at once."""


@frozen(kw_only=True)
class Shown:
    """Which camera shows an activation, and from when."""

    signal: Signal
    zone: Zone | None
    """The zone that was activated, `None` for zone 0."""
    camera_zone: Zone
    """The zone whose camera is shown; its name is the name of the camera."""

    @property
    def fallback(self) -> bool:
        """Whether the zone is unknown, and the camera is only the first one of the client."""
        return self.zone is None

    @property
    def time(self) -> datetime:
        """When the alarm happened: the time that its sender gave or, where that cannot be read, its arrival."""
        signal = self.signal
        return signal.received if signal.time.year == NO_TIME.year and signal.received is not None else signal.time


def shown(client: ClientRecord, activation: Activation) -> Shown:
    """Return which camera shows an activation: that of its zone, or of the zone that covers it.

    For zone 0, which belongs to unknown cameras, it is the first camera of the client, the one of the lowest zone
    number. Raises `NoCameraCoverage` for a zone that no camera shows, `NoCameras` for zone 0 of a client without
    cameras, and `ConfigurationError` for a signal of another client.
    """
    signal = (
        activation if isinstance(activation, Signal) else map_alarm(client, activation, received=activation.modified)
    )
    if signal.client_no != client.client_no:
        raise ConfigurationError(
            f"the signal is of client {signal.client_no}, the record is of client {client.client_no}"
        )
    zone = _zone(client, signal)
    camera_zone = _first_camera(client) if zone is None else covering(client, zone)
    return Shown(signal=signal, zone=zone, camera_zone=camera_zone)


def _zone(client: ClientRecord, signal: Signal) -> Zone | None:
    """Return the zone of a signal: by the name of the source, since numbers change; without a source by the number."""
    if signal.source_name:
        return client.zone_named(signal.source_name)
    return client.zone_numbered(signal.zone) if signal.zone else None


def _first_camera(client: ClientRecord) -> Zone:
    if not client.camera_zones:
        raise NoCameras(
            f"client {client.client_no} has no zone with a camera",
            operation="event view",
            hint="make a zone with the exact name of a camera",
        )
    return client.camera_zones[0]


def covering(client: ClientRecord, zone: Zone) -> Zone:
    """Return the zone whose camera shows this one. Raises `NoCameraCoverage` if there is none."""
    found = client.camera_zone(zone)
    if found is None:
        raise NoCameraCoverage(
            f"no camera shows zone {zone.number} ({zone.name!r}) of client {client.client_no}",
            operation="event view",
            hint="give the zone a camera coverage: the name of a zone that has a camera",
        )
    return found


def camera_available(client: ClientRecord, activation: Activation) -> bool:
    """Whether a camera shows the zone that was activated, so that the activation has a Camera button.

    It is false for zone 0: the zone is unknown, and so is its camera. The event view of such an activation can be
    opened all the same, and shows the first camera.
    """
    try:
        return not shown(client, activation).fallback
    except (NoCameraCoverage, NoCameras):
        return False


def camera_button(client: ClientRecord, activation: Activation, *, multi_screen: bool = False) -> CameraButton:
    """Return what an activation shows; a workstation with `multi_screen` support shows the camera controls at once."""
    if not camera_available(client, activation):
        return "none"
    return "controls" if multi_screen else "button"


def check_layout(layout: str) -> None:
    """Raise `ConfigurationError` for what is not a layout."""
    if layout not in get_args(Layout):
        raise ConfigurationError(f"layout must be single, quad or nine, got {layout!r}")
