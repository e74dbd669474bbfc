"""Whether footage of a camera may be elsewhere, to be retrieved first."""  # protocol/recording.md 5

from ...models import Camera

__all__ = ["may_be_remote"]


def may_be_remote(camera: Camera) -> bool:
    """Whether the camera, or a remote site, may have footage that the recorder does not have.

    Direct playback and retrieval exclude each other per camera.
    """  # protocol/recording.md 5
    if camera.edge_storage_playback:
        return False
    interconnected = camera.hardware is not None and camera.hardware.interconnected
    return camera.edge_storage_supported or interconnected or any(track.edge for track in camera.tracks)
