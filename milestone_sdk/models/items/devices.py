"""Devices as items of the configuration, and the folders of cameras.

Attributes are named after the properties that they show: `prebuffer_seconds` is `PrebufferSeconds`.
"""  # protocol/configuration.md 3.1, 3.2

from enum import StrEnum
from typing import ClassVar

from .path import ItemPath
from .view import ItemView, choice, flag, integer, moment, optional_flag, path, real, text

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

    channel = integer("Channel")
    """From 0; numbers the devices of one kind on one hardware."""
    description = text("Description")
    short_name = text("ShortName")
    created = moment("CreatedDate")
    last_modified = moment("LastModified")
    gis_point = text("GisPoint")
    """Well-known text: `POINT (longitude latitude)`, or `POINT EMPTY`."""
    icon = integer("Icon")
    coverage_direction = real("CoverageDirection")
    """A fraction of a full turn."""
    coverage_depth = real("CoverageDepth")
    """Metres."""
    coverage_field_of_view = real("CoverageFieldOfView")
    """A fraction of a full turn."""

    @property
    def hardware(self) -> ItemPath | None:
        """The hardware of the device; `None` for an item that was read through a group, which it names instead."""
        above = self.parent
        return above if above is not None and above.item_type.casefold() == "hardware" else None


class RecordingDeviceItem(DeviceItem):
    """A device that records; which recordings it may fetch from the device itself or from a remote site."""

    item_types: ClassVar[tuple[str, ...]] = ("Camera", "Microphone", "Speaker", "Metadata")

    recording_enabled = flag("RecordingEnabled")
    recording_storage = path("RecordingStorage")
    """The storage of the recorder that it records to."""
    prebuffer_enabled = flag("PrebufferEnabled")
    prebuffer_in_memory = flag("PrebufferInMemory")
    prebuffer_seconds = integer("PrebufferSeconds")
    edge_storage_enabled = flag("EdgeStorageEnabled")
    """Recordings are fetched by themselves from the device or the remote site after a connection loss."""
    edge_storage_playback_enabled = flag("EdgeStoragePlaybackEnabled")
    """The recorder plays straight from the device or the remote site; then nothing can be retrieved."""
    manual_recording_timeout_enabled = flag("ManualRecordingTimeoutEnabled")
    manual_recording_timeout_minutes = integer("ManualRecordingTimeoutMinutes")
    failover_setting = choice("FailoverSetting", FailoverSetting)
    """`None` on releases that do not have it, such as 2023 R2."""

    @property
    def manual_recording_seconds(self) -> int:
        """How long a recording that was started by hand goes on; 0 where nothing ends it."""
        return self.manual_recording_timeout_minutes * 60 if self.manual_recording_timeout_enabled else 0


class CameraItem(RecordingDeviceItem):
    """A camera."""

    item_types = ("Camera",)

    recording_framerate = real("RecordingFramerate")
    """Pictures a second, of JPEG."""
    record_keyframes_only = flag("RecordKeyframesOnly")
    record_on_related_devices = flag("RecordOnRelatedDevices")
    ptz_enabled = optional_flag("PtzEnabled")
    """`None` on releases that do not have it, such as 2023 R2."""


class MicrophoneItem(RecordingDeviceItem):
    """A microphone."""

    item_types = ("Microphone",)


class SpeakerItem(RecordingDeviceItem):
    """A loudspeaker."""

    item_types = ("Speaker",)


class MetadataItem(RecordingDeviceItem):
    """A channel of data about pictures, such as the boxes around moving objects."""

    item_types = ("Metadata",)


class InputItem(DeviceItem):
    """An input of a hardware, which raises events; its type is called `InputEvent`."""

    item_types = ("InputEvent",)


class OutputItem(DeviceItem):
    """An output of a hardware, which can be triggered."""

    item_types = ("Output",)


class CameraGroupItem(ItemView):
    """A folder of cameras and of further folders; it cannot be enabled or disabled."""

    item_types = ("CameraGroup",)

    description = text("Description")
    last_modified = moment("LastModified")
    built_in = flag("BuiltIn")
