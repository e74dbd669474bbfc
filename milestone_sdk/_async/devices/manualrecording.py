"""Recording that a user starts by hand."""

from ..._protocol.devices import control
from ...errors import ServerFault
from ..configuration.inventory import AsyncConfigurationCache, CameraReference
from ..session.recorder import at_recorder
from ..session.session import AsyncSession

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
        await self._change(camera, start=True)

    async def stop(self, camera: CameraReference) -> None:
        """Stop a manual recording. Recording that a rule started goes on."""
        await self._change(camera, start=False)

    async def is_active(self, camera: CameraReference) -> bool:
        """Return whether a manual recording runs. `False` does not mean that the camera is not recording."""
        states = await at_recorder(self._session, self._configuration.place(camera), control.manual_recording)
        return any(states.values())

    async def _change(self, camera: CameraReference, *, start: bool) -> None:
        call = control.start_manual_recording if start else control.stop_manual_recording
        results = await at_recorder(self._session, self._configuration.place(camera), call)
        for code, message in results.values():
            if code != 0:
                verb = "start" if start else "stop"
                raise ServerFault(
                    f"the recorder did not {verb} the recording: {message or 'no reason given'}",
                    code=None if code is None else str(code),
                    operation="StartManualRecording" if start else "StopManualRecording",
                )
