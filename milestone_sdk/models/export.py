"""What an export wrote."""

from pathlib import Path

from attrs import field, frozen

from ..errors import MilestoneError
from .model import Model
from .video import Codec, TimeSpan

__all__ = ["Export", "ExportedFile"]


@frozen(kw_only=True, repr=False)
class ExportedFile(Model):
    """One file of an export. `span` is from the time of its first shown picture to that of its last."""

    path: Path
    codec: Codec
    frames: int
    span: TimeSpan


@frozen(kw_only=True, repr=False)
class Export(Model):
    """The result of an export.

    There is one file, or several where resolution or codec changed. `frames` counts the pictures in all files, those
    before `span.start` that are only needed for decoding included. `gaps` are the parts of `span` of at least a second
    without a picture. `missing` is why footage is missing, as the error that it would be, `None` if nothing is missing.
    """

    span: TimeSpan
    files: tuple[ExportedFile, ...] = ()
    gaps: tuple[TimeSpan, ...] = ()
    missing: MilestoneError | None = field(default=None, eq=False)

    @property
    def frames(self) -> int:
        """How many pictures were written."""
        return sum(file.frames for file in self.files)
