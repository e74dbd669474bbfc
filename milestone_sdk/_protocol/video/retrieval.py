"""Whether footage of a camera may be elsewhere, to be retrieved first."""  # docs/protocol: retrieval-modes

from ...models import Camera

__all__ = ["may_be_remote"]


def may_be_remote(camera: Camera) -> bool:
    """Whether the camera, or a remote site, may have footage that the recorder does not have.

    Direct playback and retrieval exclude each other per camera.
    """  # docs/protocol: retrieval-modes
    if camera.edge_storage_playback:
        return False
    interconnected = camera.hardware is not None and camera.hardware.interconnected
    return camera.edge_storage_supported or interconnected or any(track.edge for track in camera.tracks)
