"""What an export wrote, and how far it is."""

from datetime import datetime
from enum import Enum
from pathlib import Path

from attrs import field, frozen

from ..errors import MilestoneError
from .model import Model
from .video import Codec, TimeSpan

__all__ = ["Export", "ExportProgress", "ExportStage", "ExportedFile"]


class ExportStage(Enum):
    """What an export is doing."""

    RETRIEVING = "retrieving"
    """The recorder fetches remote recordings."""
    CONTINUING = "continuing"
    """The pictures that an interrupted call has written are read."""
    EXPORTING = "exporting"
    """The recorder sends pictures."""


@frozen(kw_only=True, repr=False)
class ExportProgress(Model):
    """How far an export is. `done` is from 0 to 1, of the retrieval or of the span; `None` where it is not known."""

    stage: ExportStage
    done: float | None


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
    without a picture; a camera that sends one every few seconds has none between them. `missing` is why footage is
    missing, as the error that it would be, `None` if nothing is missing.

    With `interrupted`, `missing` is the error that ended the export early, and the files have the names of parts: they
    can be played, and the same call continues them. `continued_from` is the time from which on the recorder was asked,
    where an interrupted call had written what is before it.
    """

    span: TimeSpan
    files: tuple[ExportedFile, ...] = ()
    gaps: tuple[TimeSpan, ...] = ()
    missing: MilestoneError | None = field(default=None, eq=False)
    interrupted: bool = False
    continued_from: datetime | None = None

    @property
    def frames(self) -> int:
        """How many pictures were written."""
        return sum(file.frames for file in self.files)
