"""Recorded footage as files."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from ..._containers import Chapter, ClipFile, FolderOfPictures, RawFile, VideoFile
from ..._net.asyncio import call_blocking
from ..._protocol.video.timing import FrameTiming, Timed
from ...errors import ConfigurationError, MilestoneError, NoRecording, UnsupportedFeature
from ...models.export import Export, ExportedFile
from ...models.video import Codec, Frame, RecordingSequence, TimeSpan

__all__ = ["AsyncExport", "format_of"]

Format = Literal["mp4", "mkv", "jpeg", "raw"]

_SUFFIXES: Final[dict[str, Format]] = {
    ".mp4": "mp4",
    ".mkv": "mkv",
    ".h264": "raw",
    ".h265": "raw",
    ".mjpeg": "raw",
    ".raw": "raw",
    "": "jpeg",
}
_GAP: Final = 1000
"""Milliseconds without a picture that count as a gap."""
_BATCH_BYTES: Final = 1 << 20
"""Bytes of pictures that are written at once: each write is a call to another thread."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def format_of(path: Path) -> Format:
    """Return the format that the suffix of a path stands for. Raises `ConfigurationError`."""
    found = _SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise ConfigurationError(f"path: no format for {path.name!r}", hint=f"end it in {', '.join(_SUFFIXES)[:-2]}, or no suffix for a folder of JPEGs")
    return found
