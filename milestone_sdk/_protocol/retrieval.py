"""Whether a camera's footage lies elsewhere and could be fetched first (DESIGN 4.10, protocol/recording.md 5)."""

from enum import Enum

from ..models import Camera

__all__ = ["RetrievalState", "retrieval_state"]


class RetrievalState(Enum):
    """What there is to retrieve."""

    NOT_APPLICABLE = "not applicable"
    """The recorder already has, or plays straight from the remote side, all that exists."""
    REMOTE = "remote"
    """The camera, or the remote site behind it, may hold footage that the recorder has not."""


def retrieval_state(camera: Camera) -> RetrievalState:
    """Tell from the configuration, without guessing.

    Direct playback and retrieval exclude each other per camera (protocol/recording.md 5).
    """
    if camera.edge_storage_playback:
        return RetrievalState.NOT_APPLICABLE
    interconnected = camera.hardware is not None and camera.hardware.interconnected
    if camera.edge_storage_supported or interconnected or any(track.edge for track in camera.tracks):
        return RetrievalState.REMOTE
    return RetrievalState.NOT_APPLICABLE
