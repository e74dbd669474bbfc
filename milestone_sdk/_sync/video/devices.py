# Generated from milestone_sdk/_async/video/devices.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""The devices that can be played: cameras, and microphones, speakers and metadata devices."""

from functools import partial
from pathlib import Path
from uuid import UUID

from ...errors import CameraNotFound, ConfigurationError
from ...models import Camera, Configuration, MediaDevice
from ..configuration.inventory import ConfigurationCache, CameraReference
from ..session.facts import Fact

__all__ = ["PlayableReference", "check_native", "check_suffix", "label_of", "playable"]

PlayableReference = MediaDevice | CameraReference
"""A camera, or a microphone, speaker or metadata device; its id, or its exact name. A camera has precedence."""


def playable(configuration: ConfigurationCache, reference: PlayableReference) -> Fact[Camera | MediaDevice]:
    """Return where a device is that can be played, as `place` of the configuration does for a camera."""
    known = reference if isinstance(reference, Camera | MediaDevice) else None
    wanted = reference.id if isinstance(reference, Camera | MediaDevice) else reference
    find = partial(_find, configuration, wanted)
    return configuration.place_of(find, lambda found: (*found.cameras, *found.media_devices), known=known)


def _find(configuration: ConfigurationCache, reference: UUID | str | None) -> Camera | MediaDevice:
    known = configuration.get()
    found = _media_device(known, reference)
    if found is not None and all(reference not in (camera.id, camera.name) for camera in known.cameras):
        return found
    try:
        return configuration.camera(reference)
    except CameraNotFound:
        found = _media_device(configuration.get(), reference)
        if found is None:
            raise
        return found  # it was added meanwhile


def _media_device(configuration: Configuration, reference: UUID | str | None) -> MediaDevice | None:
    devices = configuration.media_devices
    named = next((device for device in devices if reference in (device.id, device.name)), None)
    if named is None and isinstance(reference, str):
        return next((device for device in devices if str(device.id) == reference.lower()), None)
    return named


def label_of(device: Camera | MediaDevice) -> str:
    """Return what a device is in the text of an error."""
    kind = "camera" if isinstance(device, Camera) else device.kind.value
    return f"{kind} {device.name!r} at {device.recorder.uri}"


def check_native(device: Camera | MediaDevice, codec: str, size: object) -> None:
    """Raise `ConfigurationError` for JPEG of a device without pictures."""
    if isinstance(device, MediaDevice) and (codec != "native" or size is not None):
        raise ConfigurationError(
            f"codec must be 'native', without size, for the {device.kind.value} {device.name!r}, got {codec!r}"
        )


def check_suffix(device: Camera | MediaDevice, path: Path) -> None:
    """Raise `ConfigurationError` for a file of pictures, of a device that has none."""
    if isinstance(device, MediaDevice) and path.suffix.lower() != ".raw":
        raise ConfigurationError(
            f"path must end in '.raw' for the {device.kind.value} {device.name!r}, got {path.name!r}"
        )
