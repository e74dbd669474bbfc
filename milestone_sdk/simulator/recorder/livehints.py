"""What a client asks `live` for beside pictures: a frame rate, motion alone, a stream of the camera."""

from __future__ import annotations

import math

from attrs import evolve, frozen

from milestone_sdk.simulator.recorder.messages import MethodCall, yes_or_no
from milestone_sdk.simulator.site import Camera

_NAMED_RATES = {"full": 100, "medium": 50, "low": 25}
"""In percent of the camera's rate (chosen)."""
_ATTRIBUTES = frozenset({"framerate", "frameraterelative", "framerateabsolute", "motiononly"})
_STREAMS = frozenset({"resolution", "maxresolution", "disabled"})


@frozen(kw_only=True)
class LiveHints:
    """The hints of one `live` call. A camera has three streams: its own size, half, and a quarter of it (chosen)."""

    # docs/protocol: imageserver-live

    absolute: int | None
    """Pictures a second."""
    relative: int
    """Percent of the pictures."""
    motion_only: bool
    resolution: tuple[int, int] | None

    @classmethod
    def read(cls, call: MethodCall) -> LiveHints:
        """Read the hints strictly: ValueError for anything that is not documented."""
        attributes: dict[str, str] = {}
        if (found := call.root.find("attributes")) is not None:
            attributes = {str(name): str(value) for name, value in found.attrib.items()}
        if unknown := attributes.keys() - _ATTRIBUTES:
            raise ValueError(f"unknown attributes: {', '.join(sorted(unknown))}")
        named = attributes.get("framerate", "full")
        if named not in _NAMED_RATES:
            raise ValueError("framerate is neither full, medium nor low")
        absolute, relative = (_positive(attributes, name) for name in ("framerateabsolute", "frameraterelative"))
        return cls(
            absolute=absolute,
            relative=_NAMED_RATES[named] if relative is None else relative,
            motion_only=yes_or_no("motiononly", attributes.get("motiononly", "no")),
            resolution=_resolution(call),
        )

    def stream_of(self, camera: Camera) -> Camera:
        """The camera with the size of the smallest stream that covers the resolution."""
        if self.resolution is None:
            return camera
        sizes = [(camera.width // part, camera.height // part) for part in (4, 2, 1)]
        covering = [size for size in sizes if size[0] >= self.resolution[0] and size[1] >= self.resolution[1]]
        width, height = [*covering, sizes[-1]][0]
        if (width, height) == sizes[-1]:
            return camera
        return evolve(camera, width=width, height=height)

    def wants(self, camera: Camera, time_ms: int, keyframe_ms: int) -> bool:
        """Whether a picture that no other one needs is sent; the first of a GOP always is."""
        rate = min(camera.frames_per_second * self.relative / 100, self.absolute or camera.frames_per_second)
        part = rate / camera.frames_per_second
        number = round((time_ms - keyframe_ms) * camera.frames_per_second / 1000)
        return math.floor(number * part) > math.floor((number - 1) * part)


def _positive(attributes: dict[str, str], name: str) -> int | None:
    text = attributes.get(name)
    if text is not None and not (text.isascii() and text.isdigit() and 0 < int(text) <= 1000):
        raise ValueError(f"{name} is out of range")
    return None if text is None else int(text)


def _resolution(call: MethodCall) -> tuple[int, int] | None:
    found = call.root.find("adaptivestreaming")
    if found is None:
        return None
    children = [str(child.tag) for child in found]
    if len(children) != 1 or children[0] not in _STREAMS:
        raise ValueError("adaptivestreaming is neither resolution, maxresolution nor disabled")
    if children[0] != "resolution":
        return None
    width, height = (call.integer(f"adaptivestreaming/resolution/{side}hint") for side in ("width", "height"))
    if width is None or height is None or width < 1 or height < 1:
        raise ValueError("resolution is out of range")
    return width, height
