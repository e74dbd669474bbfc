"""Devices as items of the configuration, and the folders of cameras.

Attributes are named after the properties that they show: `prebuffer_seconds` is `PrebufferSeconds`.
"""  # docs/protocol: configuration-items

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from .path import ItemPath
from .view import Attribute, ItemView, choice, flag, integer, moment, optional_flag, path, real, text

__all__ = [
    "CameraGroupItem",
    "CameraItem",
    "DeviceItem",
    "FailoverSetting",
    "InputItem",
    "MetadataItem",
    "MicrophoneItem",
    "OutputItem",
    "RecordingDeviceItem",
    "SpeakerItem",
]


class FailoverSetting(StrEnum):
    """What a failover recorder does for a device while it replaces a recorder."""

    FULL_SUPPORT = "FullSupport"
    LIVE_ONLY = "LiveOnly"
    DISABLED = "Disabled"


class DeviceItem(ItemView):
    """A channel of a hardware: camera, microphone, speaker, metadata, input or output."""

    item_types: ClassVar[tuple[str, ...]] = ("Camera", "Microphone", "Speaker", "Metadata", "InputEvent", "Output")

    channel: Attribute[int] = integer("Channel")
    """From 0; numbers the devices of one kind on one hardware."""
    description: Attribute[str | None] = text("Description")
    short_name: Attribute[str | None] = text("ShortName")
    created: Attribute[datetime | None] = moment("CreatedDate")
    last_modified: Attribute[datetime | None] = moment("LastModified")
    gis_point: Attribute[str | None] = text("GisPoint")
    """Well-known text: `POINT (longitude latitude)`, or `POINT EMPTY`."""
    icon: Attribute[int] = integer("Icon")
    coverage_direction: Attribute[float] = real("CoverageDirection")
    """A fraction of a full turn."""
    coverage_depth: Attribute[float] = real("CoverageDepth")
    """Metres."""
    coverage_field_of_view: Attribute[float] = real("CoverageFieldOfView")
    """A fraction of a full turn."""

    @property
    def hardware(self) -> ItemPath | None:
        """The hardware of the device; `None` for an item that was read through a group, which it names instead."""
        above = self.parent
        return above if above is not None and above.item_type.casefold() == "hardware" else None


class RecordingDeviceItem(DeviceItem):
    """A device that records; which recordings it may fetch from the device itself or from a remote site."""

    item_types: ClassVar[tuple[str, ...]] = ("Camera", "Microphone", "Speaker", "Metadata")

    recording_enabled: Attribute[bool] = flag("RecordingEnabled")
    recording_storage: Attribute[ItemPath | None] = path("RecordingStorage")
    """The storage of the recorder that it records to."""
    prebuffer_enabled: Attribute[bool] = flag("PrebufferEnabled")
    prebuffer_in_memory: Attribute[bool] = flag("PrebufferInMemory")
    prebuffer_seconds: Attribute[int] = integer("PrebufferSeconds")
    edge_storage_enabled: Attribute[bool] = flag("EdgeStorageEnabled")
    """Recordings are fetched by themselves from the device or the remote site after a connection loss."""
    edge_storage_playback_enabled: Attribute[bool] = flag("EdgeStoragePlaybackEnabled")
    """The recorder plays straight from the device or the remote site; then nothing can be retrieved."""
    manual_recording_timeout_enabled: Attribute[bool] = flag("ManualRecordingTimeoutEnabled")
    manual_recording_timeout_minutes: Attribute[int] = integer("ManualRecordingTimeoutMinutes")
    failover_setting: Attribute[FailoverSetting | str | None] = choice("FailoverSetting", FailoverSetting)
    """`None` on releases that do not have it, such as 2023 R2."""

    @property
    def manual_recording_seconds(self) -> int:
        """How long a recording that was started by hand goes on; 0 where nothing ends it."""
        return self.manual_recording_timeout_minutes * 60 if self.manual_recording_timeout_enabled else 0


class CameraItem(RecordingDeviceItem):
    """A camera."""

    item_types: ClassVar[tuple[str, ...]] = ("Camera",)

    recording_framerate: Attribute[float] = real("RecordingFramerate")
    """Pictures a second, of JPEG."""
    record_keyframes_only: Attribute[bool] = flag("RecordKeyframesOnly")
    record_on_related_devices: Attribute[bool] = flag("RecordOnRelatedDevices")
    ptz_enabled: Attribute[bool | None] = optional_flag("PtzEnabled")
    """`None` on releases that do not have it, such as 2023 R2."""


class MicrophoneItem(RecordingDeviceItem):
    """A microphone."""

    item_types: ClassVar[tuple[str, ...]] = ("Microphone",)


class SpeakerItem(RecordingDeviceItem):
    """A loudspeaker."""

    item_types: ClassVar[tuple[str, ...]] = ("Speaker",)


class MetadataItem(RecordingDeviceItem):
    """A channel of data about pictures, such as the boxes around moving objects."""

    item_types: ClassVar[tuple[str, ...]] = ("Metadata",)


class InputItem(DeviceItem):
    """An input of a hardware, which raises events; its type is called `InputEvent`."""

    item_types: ClassVar[tuple[str, ...]] = ("InputEvent",)


class OutputItem(DeviceItem):
    """An output of a hardware, which can be triggered."""

    item_types: ClassVar[tuple[str, ...]] = ("Output",)


class CameraGroupItem(ItemView):
    """A folder of cameras and of further folders; it cannot be enabled or disabled."""

    item_types: ClassVar[tuple[str, ...]] = ("CameraGroup",)

    description: Attribute[str | None] = text("Description")
    last_modified: Attribute[datetime | None] = moment("LastModified")
    built_in: Attribute[bool] = flag("BuiltIn")
