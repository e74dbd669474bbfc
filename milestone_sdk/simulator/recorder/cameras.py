"""What the services of one recorder share: its cameras, how it behaves, and what its footage looks like."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from attrs import frozen

from milestone_sdk.simulator.recorder.film import MEDIA, Film
from milestone_sdk.simulator.recorder.footage import Footage
from milestone_sdk.simulator.recorder.packets import CODEC_JPEG
from milestone_sdk.simulator.recorder.switches import RecorderSwitches
from milestone_sdk.simulator.site import Camera, Device, Site, User


@frozen
class RecorderCameras:
    """The cameras and other devices of one recorder; those of other recorders do not exist here."""

    # docs/protocol: recorder-other-recorder

    site: Site
    recorder_id: UUID
    switches: RecorderSwitches
    film: Film

    def now(self) -> datetime:
        """The site's clock."""
        return self.site.now()

    def find(self, device_id: UUID, user: User) -> Camera | None:
        """The camera, if it is one of this recorder's and the user sees it; other devices that record, in its form."""
        camera = self.site.find_camera(device_id)
        if camera is None:
            return self._media(device_id, user)
        return camera if camera.recorder_id == self.recorder_id and user.sees(camera) else None

    def _media(self, device_id: UUID, user: User) -> Camera | None:
        """A microphone, speaker or metadata device as the recorder treats it: packets in place of pictures."""
        for kind in MEDIA:
            found = self.device(device_id, kind)
            if found is not None and user.sees(found):
                return Camera(
                    id=found.id,
                    name=found.name,
                    enabled=found.enabled,
                    hardware_id=found.hardware_id,
                    recorder_id=self.recorder_id,
                    recordings=found.recordings,
                    manual_recording_timeout=found.manual_recording_timeout,
                    manual_recording_minutes=found.manual_recording_minutes,
                    codec=kind,
                )
        return None

    def device(self, device_id: UUID, kind: str) -> Device | None:
        """The device of that kind, if its hardware is on this recorder."""
        found = next((one for one in self.site.devices if one.id == device_id and one.kind == kind), None)
        here = {hardware.id for hardware in self.site.hardware if hardware.recorder_id == self.recorder_id}
        return found if found is not None and found.hardware_id in here else None

    def reaches(self, camera: Camera) -> bool:
        """Whether the recorder has a connection to the camera, or to the remote site behind it."""
        lost = (hardware for hardware in self.site.hardware if hardware.lost_since is not None)
        return all(hardware.id != camera.hardware_id for hardware in lost)

    def can_play(self, camera: Camera) -> bool:
        """Whether its footage can be reached: direct playback needs the connection."""
        return not camera.edge_playback or self.reaches(camera)

    def footage(self, camera: Camera) -> Footage:
        """What can be read of a camera now."""
        return Footage(camera, self.now(), self.switches.readability_delay)

    def is_jpeg(self, camera: Camera, time_ms: int) -> bool:
        """Whether the GOP that starts then is JPEG rather than video."""
        return self.film.codec(camera, time_ms) == CODEC_JPEG


def has_right(user: User, camera: Camera, right: str) -> bool:
    """Whether neither the camera nor the user's role takes this member of CameraSecurityInfo away."""
    return camera.rights.get(right, True) and user.rights.get(right, True)
