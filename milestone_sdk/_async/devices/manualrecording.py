"""Recording that a user starts by hand."""

from ..._protocol.devices import control
from ..configuration.inventory import AsyncConfigurationCache, CameraReference
from ..session.session import AsyncSession
from .commands import command

__all__ = ["AsyncManualRecording"]


class AsyncManualRecording:
    """Manual recording of cameras. A camera is given as `Camera`, id, or exact name.

    Every call may raise `CameraNotFound`, `PermissionDenied`, `ServiceUnavailable` and `ServerFault`.
    """

    def __init__(self, session: AsyncSession, configuration: AsyncConfigurationCache) -> None:
        self._session = session
        self._configuration = configuration

    async def start(self, camera: CameraReference) -> None:
        """Start recording; the recorder stops it after `camera.manual_recording_seconds`. Does nothing if it runs."""
        await command(self._session, self._configuration.place(camera), control.start_manual_recording)

    async def stop(self, camera: CameraReference) -> None:
        """Stop a manual recording. Recording that a rule started goes on."""
        await command(self._session, self._configuration.place(camera), control.stop_manual_recording)

    async def is_active(self, camera: CameraReference) -> bool:
        """Return whether a manual recording runs. `False` does not mean that the camera is not recording."""
        states = await command(self._session, self._configuration.place(camera), control.manual_recording)
        return any(states.values())
