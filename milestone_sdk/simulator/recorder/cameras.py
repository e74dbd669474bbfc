"""Which cameras a recorder knows, and what a user may do with them."""

from __future__ import annotations

from uuid import UUID

from milestone_sdk.simulator.site import Camera, Site, User


class RecorderCameras:
    """The cameras of one recorder; those of other recorders do not exist here (protocol/recording.md 1.15)."""

    def __init__(self, site: Site, recorder_id: UUID) -> None:
        self._site = site
        self._recorder_id = recorder_id

    def find(self, device_id: UUID, user: User) -> Camera | None:
        """The camera, if it is one of this recorder's and the user sees it."""
        try:
            camera = self._site.camera(device_id)
        except KeyError:
            return None
        return camera if camera.recorder_id == self._recorder_id and user.sees(camera) else None


def has_right(user: User, camera: Camera, right: str) -> bool:
    """Whether neither the camera nor the user's role takes this member of CameraSecurityInfo away."""
    return camera.rights.get(right, True) and user.rights.get(right, True)
