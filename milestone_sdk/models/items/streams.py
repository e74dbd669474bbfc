"""What belongs to a camera: uses of its streams, stored positions."""  # docs/protocol: configuration-items

from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

from .view import Attribute, ItemView, choice, flag, guid, optional_flag, optional_real, text

__all__ = ["LiveMode", "PtzPresetItem", "StreamItem", "StreamUsage"]

_PRIMARY: Final = UUID("16ce3aa1-5f93-458a-abe5-5c95d9ed1372")
_SECONDARY: Final = UUID("84fff8b9-8cd1-46b2-a451-c4a87d4cbbb0")


class LiveMode(StrEnum):
    """When a stream is fetched from the camera for live view."""

    ALWAYS = "Always"
    NEVER = "Never"
    WHEN_NEEDED = "WhenNeeded"


class StreamUsage(ItemView):
    """What one stream of a camera is used for; it has the path of its `StreamItem`, and is stored with it."""

    item_types: ClassVar[tuple[str, ...]] = ("StreamUsage",)

    reference_id: Attribute[UUID | None] = guid("StreamReferenceId")
    """Which stream of the device it is: `28DC44C3-079E-4C94-8EC9-60363451EB40` is the first, ...41 the second."""
    live_default: Attribute[bool] = flag("LiveDefault")
    live_mode: Attribute[LiveMode | str | None] = choice("LiveMode", LiveMode)
    record_to: Attribute[UUID | None] = guid("RecordTo")
    """The recording track, from 2023 R2 on; `None` for none."""
    default_playback: Attribute[bool | None] = optional_flag("DefaultPlayback")
    """`None` before 2023 R2."""
    use_edge: Attribute[bool] = flag("UseEdge")
    edge_track_id: Attribute[str | None] = text("EdgeTrackId")
    _record = flag("Record")

    @property
    def records(self) -> bool:
        """Whether the stream is recorded; before 2023 R2 by the property Record."""
        return self.record_to is not None or self._record

    @property
    def records_to_primary(self) -> bool:
        """Whether it is recorded to the primary track."""
        return self.record_to == _PRIMARY

    @property
    def records_to_secondary(self) -> bool:
        """Whether it is recorded to the secondary track."""
        return self.record_to == _SECONDARY


class StreamItem(ItemView):
    """The streams of a camera: one item, with the camera's own id, that holds a child a stream."""

    item_types: ClassVar[tuple[str, ...]] = ("Stream",)

    @property
    def usages(self) -> tuple[StreamUsage, ...]:
        """The use of each stream, in the server's order."""
        return tuple(StreamUsage(child) for child in self.item.children)


class PtzPresetItem(ItemView):
    """A stored position of a PTZ camera; pan, tilt and zoom are `None` where the device does not report them."""

    item_types: ClassVar[tuple[str, ...]] = ("PtzPreset",)

    description: Attribute[str | None] = text("Description")
    pan: Attribute[float | None] = optional_real("Pan")
    tilt: Attribute[float | None] = optional_real("Tilt")
    zoom: Attribute[float | None] = optional_real("Zoom")
    default_preset: Attribute[bool] = flag("DefaultPreset")
    device_preset: Attribute[bool] = flag("DevicePreset")
    """The position is stored in the device, and fetched from there."""
    device_preset_internal_id: Attribute[str | None] = text("DevicePresetInternalId")
    locked: Attribute[bool] = flag("Locked")
