# Generated from milestone_sdk/_async/devices/manualrecording.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Recording that a user starts by hand."""

from ..._protocol.devices import control
from ..configuration.inventory import ConfigurationCache, CameraReference
from ..session.session import Session
from .commands import command

__all__ = ["ManualRecording"]


class ManualRecording:
    """Manual recording of cameras. A camera is given as `Camera`, id, or exact name.

    Every call may raise `CameraNotFound`, `PermissionDenied`, `ServiceUnavailable` and `ServerFault`.
    """

    def __init__(self, session: Session, configuration: ConfigurationCache) -> None:
        self._session = session
        self._configuration = configuration

    def start(self, camera: CameraReference) -> None:
        """Start recording; the recorder stops it after `camera.manual_recording_seconds`. Does nothing if it runs."""
        command(self._session, self._configuration.place(camera), control.start_manual_recording)

    def stop(self, camera: CameraReference) -> None:
        """Stop a manual recording. Recording that a rule started goes on."""
        command(self._session, self._configuration.place(camera), control.stop_manual_recording)

    def is_active(self, camera: CameraReference) -> bool:
        """Return whether a manual recording runs. `False` does not mean that the camera is not recording."""
        states = command(self._session, self._configuration.place(camera), control.manual_recording)
        return any(states.values())
