"""Recorders as items of the configuration: their hardware, drivers and storages."""
# docs/protocol: configuration-items

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final

from .path import ItemPath
from .view import Attribute, ItemView, choice, flag, integer, moment, optional_integer, path, text

__all__ = [
    "DriverType",
    "EncryptionMethod",
    "HardwareDriverItem",
    "HardwareItem",
    "RecordingServerItem",
    "StorageItem",
]

_INTERCONNECT_DRIVER: Final = 30002
"""Number of the driver through which another XProtect site is a hardware of this one."""
# docs/protocol: configuration-interconnect


class RecordingServerItem(ItemView):
    """A recording server; the item shows whether it is enabled, not whether it runs."""

    item_types: ClassVar[tuple[str, ...]] = ("RecordingServer",)

    description: Attribute[str | None] = text("Description")
    last_modified: Attribute[datetime | None] = moment("LastModified")
    host_name: Attribute[str | None] = text("HostName")
    port: Attribute[int | None] = optional_integer("PortNumber")
    web_server_uri: Attribute[str | None] = text("WebServerUri")
    """`http://rec1:7563/`."""
    active_web_server_uri: Attribute[str | None] = text("ActiveWebServerUri")
    """The current address, if that is another."""
    public_access_enabled: Attribute[bool] = flag("PublicAccessEnabled")
    public_host_name: Attribute[str | None] = text("PublicWebserverHostName")
    public_port: Attribute[int | None] = optional_integer("PublicWebserverPort")
    multicast_server_address: Attribute[str | None] = text("MulticastServerAddress")
    shutdown_on_storage_failure: Attribute[bool] = flag("ShutdownOnStorageFailure")
    synchronization_time: Attribute[int | None] = optional_integer("SynchronizationTime")
    time_zone: Attribute[str | None] = text("TimeZoneName")
    """A Windows zone name such as "Central Standard Time", not an IANA one."""
    version: Attribute[str | None] = text("Version")
    """`None` on releases that do not have it, such as 2023 R2."""

    @property
    def uri(self) -> str | None:
        """The address to use: the active one, or else its own."""
        return self.active_web_server_uri or self.web_server_uri


class HardwareItem(ItemView):
    """A device on the network with cameras and others; or, by its driver, a whole remote site."""

    item_types: ClassVar[tuple[str, ...]] = ("Hardware",)

    description: Attribute[str | None] = text("Description")
    address: Attribute[str | None] = text("Address")
    """`http://10.0.0.13/`."""
    user_name: Attribute[str | None] = text("UserName")
    """The method `ReadPasswordHardware` returns the password."""
    model: Attribute[str | None] = text("Model")
    driver: Attribute[ItemPath | None] = path("HardwareDriverPath")
    """Its `HardwareDriverItem` says whether the hardware is a remote site."""
    password_last_modified: Attribute[datetime | None] = moment("PasswordLastModified")
    last_modified: Attribute[datetime | None] = moment("LastModified")

    @property
    def recorder(self) -> ItemPath | None:
        """The recording server that it belongs to."""
        above = self.parent
        return above if above is not None and above.item_type.casefold() == "recordingserver" else None


class DriverType(StrEnum):
    """Where a driver comes from."""

    UNKNOWN = "Unknown"
    DEVICE_PACK = "DevicePack"
    INTERCONNECTED_PRODUCT = "InterconnectedProduct"


class HardwareDriverItem(ItemView):
    """What a recorder needs to talk to a kind of hardware; the same driver has the same id on every recorder."""

    item_types: ClassVar[tuple[str, ...]] = ("HardwareDriver",)

    number: Attribute[int | None] = optional_integer("Number")
    """Stable; a scan for hardware takes it."""
    group_name: Attribute[str | None] = text("GroupName")
    driver_type: Attribute[DriverType | str | None] = choice("DriverType", DriverType)
    driver_version: Attribute[str | None] = text("DriverVersion")
    driver_revision: Attribute[str | None] = text("DriverRevision")
    use_count: Attribute[int] = integer("UseCount")

    @property
    def is_interconnect(self) -> bool:
        """Whether hardware with this driver is another XProtect site (Milestone Interconnect)."""
        return self.driver_type is DriverType.INTERCONNECTED_PRODUCT or self.number == _INTERCONNECT_DRIVER


class EncryptionMethod(StrEnum):
    """How strongly recordings are encrypted on the disk."""

    NONE = "None"
    LIGHT = "Light"
    STRONG = "Strong"


class StorageItem(ItemView):
    """Where a recorder keeps recordings, and how long."""

    item_types: ClassVar[tuple[str, ...]] = ("Storage",)

    description: Attribute[str | None] = text("Description")
    disk_path: Attribute[str | None] = text("DiskPath")
    """On the recorder's own disks."""
    max_size: Attribute[int | None] = optional_integer("MaxSize")
    """Megabytes."""
    retain_minutes: Attribute[int | None] = optional_integer("RetainMinutes")
    is_default: Attribute[bool] = flag("IsDefault")
    encryption_method: Attribute[EncryptionMethod | str | None] = choice("EncryptionMethod", EncryptionMethod)
    signing: Attribute[bool] = flag("Signing")
    created: Attribute[datetime | None] = moment("CreatedDate")
    last_modified: Attribute[datetime | None] = moment("LastModified")
