"""A contact sheet: pictures in a grid, each with its time, or its offset to an alarm, below it."""

from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from .._files import write_file
from ..models import Frame, Snapshot
from .screen import timestamp

__all__ = ["choose", "write_sheet"]

_COLUMNS = 4
_THUMBNAIL = (240, 135)
_CAPTION = 20
_MARGIN = 8
_PAPER, _INK, _AFTER = (250, 250, 250), (40, 40, 40), (176, 32, 32)


def choose(frames: Sequence[Frame], count: int = 12) -> list[Frame]:
    """Return at most `count` frames, spread evenly from the first to the last."""
    if len(frames) <= count:
        return list(frames)
    return [frames[round(number * (len(frames) - 1) / (count - 1))] for number in range(count)]


def write_sheet(path: Path, frames: Sequence[Frame | Snapshot], *, time: datetime | None, title: str) -> None:
    """Write JPEG pictures as one PNG, with their times or offsets to `time`, from 0 on in red. Raises `OSError`."""
    rows = -(-len(frames) // _COLUMNS)
    cell = (_THUMBNAIL[0] + _MARGIN, _THUMBNAIL[1] + _CAPTION + _MARGIN)
    size = (_COLUMNS * cell[0] + _MARGIN, rows * cell[1] + _CAPTION + 2 * _MARGIN)
    sheet = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(14)
    # The font of Pillow has Latin letters only.
    draw.text((_MARGIN, _MARGIN), title.encode("latin-1", "replace").decode("latin-1"), fill=_INK, font=font)
    for number, frame in enumerate(frames):
        left = _MARGIN + number % _COLUMNS * cell[0]
        top = _CAPTION + 2 * _MARGIN + number // _COLUMNS * cell[1]
        with Image.open(BytesIO(frame.data)) as picture:
            picture.thumbnail(_THUMBNAIL)
            sheet.paste(picture, (left, top))
        ink = _INK if time is None or frame.time < time else _AFTER
        caption = timestamp(frame.time) if time is None else f"{(frame.time - time).total_seconds():+.1f} s"
        draw.text((left, top + _THUMBNAIL[1] + 2), caption, fill=ink, font=font)
    written = BytesIO()
    sheet.save(written, "PNG")
    write_file(path, written.getvalue())
