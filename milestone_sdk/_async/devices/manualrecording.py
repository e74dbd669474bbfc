"""Recording that a user starts by hand."""

from functools import partial
from uuid import UUID

from ..._protocol.devices import control
from ..._protocol.soap.envelope import Call
from ...errors import ServerFault
from ..configuration.inventory import AsyncConfigurationCache, CameraReference
from ..session.session import AsyncSession
from .recorder import at_recorder

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
        place = self._configuration.place(camera)
        states = await at_recorder(
            self._session, place, lambda token, device: control.manual_recording(token, [device])
        )
        return any(states.values())

    async def _change(self, camera: CameraReference, *, start: bool) -> None:
        place = self._configuration.place(camera)
        results = await at_recorder(self._session, place, partial(_change, start))
        for code, message in results.values():
            if code != 0:
                verb = "start" if start else "stop"
                raise ServerFault(
                    f"the recorder did not {verb} the recording: {message or 'no reason given'}",
                    code=None if code is None else str(code),
                    operation="StartManualRecording" if start else "StopManualRecording",
                )


def _change(start: bool, token: str, device_id: UUID) -> Call[dict[UUID, tuple[int | None, str | None]]]:
    build = control.start_manual_recording if start else control.stop_manual_recording
    return build(token, [device_id])
