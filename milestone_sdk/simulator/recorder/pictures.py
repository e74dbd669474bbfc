"""JPEG pictures drawn on demand: a camera's name, its UTC clock with milliseconds, and something that moves."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from milestone_sdk.simulator.recorder.footage import datetime_of

#: In every picture as a JPEG comment: a reader that searches bodies for the end of a message finds it too early.
_COMMENT = b"simulated\r\n\r\n"
_BACKGROUNDS = ((28, 42, 58), (44, 52, 36), (58, 40, 34), (38, 36, 56))
_MOVING_PERIOD_MS = 4000


@lru_cache(maxsize=128)
def jpeg(name: str, width: int, height: int, time_ms: int, quality: int = 80, *, masked: bool = False) -> bytes:
    """The picture of a camera at a time as a JPEG file; the same arguments give the same bytes.

    With `masked` the right half is covered, as a recorder burns a privacy mask into JPEG.
    """  # docs/protocol: payloads-masks
    picture = draw_picture(name, width, height, time_ms)
    if masked:
        ImageDraw.Draw(picture).rectangle((width // 2, 0, width, height), fill=(0, 0, 0))
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=quality, comment=_COMMENT)
    return stream.getvalue()


def draw_picture(name: str, width: int, height: int, time_ms: int) -> Image.Image:
    """The picture of a camera at a time, RGB."""
    picture = _background(name, width, height).copy()
    draw = ImageDraw.Draw(picture)
    side = max(2, height // 6)
    offset = time_ms % _MOVING_PERIOD_MS * (width + side) // _MOVING_PERIOD_MS - side
    draw.rectangle((offset, height // 2, offset + side, height // 2 + side), fill=(232, 160, 48))
    clock = f"{datetime_of(time_ms):%Y-%m-%d %H:%M:%S}.{time_ms % 1000:03d} UTC"
    draw.text((width // 32, height - height // 6), clock, fill=(255, 255, 255), font=_font(height))
    return picture


@lru_cache(maxsize=32)
def _background(name: str, width: int, height: int) -> Image.Image:
    color = _BACKGROUNDS[sum(name.encode()) % len(_BACKGROUNDS)]
    picture = Image.new("RGB", (width, height), color)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, height * 2 // 3, width, height), fill=tuple(part // 2 for part in color))
    # The font that Pillow brings knows no other script; what it lacks is drawn as a question mark.
    text = name.encode("latin-1", "replace").decode("latin-1")
    draw.text((width // 32, height // 24), text, fill=(255, 255, 255), font=_font(height))
    return picture


@lru_cache(maxsize=8)
def _font(height: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(max(8, height // 12))
