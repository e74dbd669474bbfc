"""Whether a camera's footage lies elsewhere and could be fetched first (DESIGN 4.13, protocol/recording.md 5)."""

from ...models import Camera

__all__ = ["may_be_remote"]


def may_be_remote(camera: Camera) -> bool:
    """Whether the camera, or the remote site behind it, may hold footage that the recorder has not.

    Direct playback and retrieval exclude each other per camera (protocol/recording.md 5).
    """
    if camera.edge_storage_playback:
        return False
    interconnected = camera.hardware is not None and camera.hardware.interconnected
    return camera.edge_storage_supported or interconnected or any(track.edge for track in camera.tracks)
