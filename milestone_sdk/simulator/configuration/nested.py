"""Items that hold others inside: stream uses, driver settings, a device's events."""
# docs/protocol: configuration-items

from typing import Any
from uuid import UUID

from milestone_sdk.simulator.configuration.columns import Column, attribute, choices, kept, shown, tick_text
from milestone_sdk.simulator.configuration.contract import Choice, Definition, Enabling, Item, Property
from milestone_sdk.simulator.configuration.items import STREAM_USE
from milestone_sdk.simulator.configuration.lookup import Lookup
from milestone_sdk.simulator.releases import Release
from milestone_sdk.simulator.site.devices import Camera, Device, Hardware, stable_id

__all__ = ["child_columns", "nested_children", "nested_properties"]

_EDGE_KEY = f"device:0.0/EdgeStorageSupported/{stable_id('setting', 'EdgeStorageSupported')}"
_FPS_KEY = "stream:0.0.0/FPS/6527c12a-06f1-4f58-a2fe-6640c61707e0"
_CODEC_KEY = f"stream:0.0.0/Codec/{stable_id('setting', 'Codec')}"
_RESOLUTION_KEY = f"stream:0.0.0/Resolution/{stable_id('setting', 'Resolution')}"

_DEVICE_SETTINGS: tuple[Column, ...] = (
    shown(
        _EDGE_KEY,
        lambda camera, _: tick_text(camera.edge_storage),
        "Enum",
        infos=choices(("Yes", "True"), ("No", "False")),
    ),
)
_STREAM_SETTINGS: tuple[Column, ...] = (
    attribute(_FPS_KEY, "frames_per_second", "Int", infos=(Choice("MinValue", "1"), Choice("MaxValue", "60"))),
    shown(_CODEC_KEY, lambda camera, _: camera.codec, "Enum", infos=choices(("H.264", "h264"), ("MJPEG", "jpeg"))),
    shown(_RESOLUTION_KEY, lambda camera, _: f"{camera.width}x{camera.height}"),
    kept(f"stream:0.0.0/Compression/{stable_id('setting', 'Compression')}", "Slider", "30", at="Compression"),
)


def _hardware_setting(name: str, value: str) -> Property:
    return Property(Definition(f"device:0.0/{name}/{stable_id('setting', name)}", "String", False, name), value)


def _mac_address(key: UUID) -> str:
    return key.hex[-12:].upper()


def nested_properties(item_type: str, subject: Any, lookup: Lookup) -> list[Property]:
    """The properties of an item of such a type itself."""
    if item_type == "DeviceDriverSettings":
        return [column.property_of(subject, lookup) for column in _DEVICE_SETTINGS]
    if item_type == "HardwareDriverSettings":
        hardware: Hardware = subject
        return [
            _hardware_setting("DetectedModelName", hardware.model),
            _hardware_setting("MacAddress", _mac_address(hardware.id)),
            _hardware_setting("SerialNumber", hardware.settings.get("SerialNumber", _mac_address(hardware.id))),
            _hardware_setting("FirmwareVersion", hardware.settings.get("FirmwareVersion", "1.0.0")),
        ]
    return []


def child_columns(item_type: str, camera: Camera, number: int) -> tuple[tuple[Column, ...], Any] | None:
    """The properties of a ChildItem, and what they belong to; None where there is no such child."""
    if item_type == "Stream" and number < len(camera.streams):
        return STREAM_USE, camera.streams[number]
    if item_type == "DeviceDriverSettings" and number == 0:
        return _STREAM_SETTINGS, camera
    return None


def nested_children(item_type: str, path: str, subject: Any, lookup: Lookup, release: Release) -> list[Item] | None:
    """The ChildItems, which have the path of the item that they are in; None for types that have none."""
    if item_type == "HardwareDeviceEvent":
        return [_event_child(path, subject, name, enabled) for name, enabled in subject.events.items()]
    if item_type == "Stream":
        titles = [stream.name for stream in subject.streams]
    elif item_type == "DeviceDriverSettings":
        titles = ["Video stream 1"]
    else:
        return None
    children: list[Item] = []
    for number, title in enumerate(titles):
        found = child_columns(item_type, subject, number)
        if found is not None:
            columns, owner = found
            properties = [column.property_of(owner, lookup) for column in columns if column.is_in(release.version)]
            children.append(_child(item_type, path, title, properties, number))
    return children


def _child(item_type: str, path: str, title: str, properties: list[Property], number: int) -> Item:
    return Item(item_type, path, path, title, properties, category="ChildItem", children_filled=True, sort_key=number)


def _event_child(path: str, owner: Camera | Device | Hardware, name: str, enabled: bool) -> Item:
    """An event of the device; how a real server writes these is not known, besides that they can be enabled."""
    key = str(stable_id("device event", f"{owner.id}/{name}"))
    properties = [
        Property(Definition("Id", "String", False, "ID"), key),
        Property(Definition("Name", "String", False, "Name"), name),
    ]
    item = _child("HardwareDeviceEventChildItem", path, name, properties, 0)
    item.enabling = Enabling(enabled)
    return item
