"""Which view an item has, by its type."""

from typing import Final

from .alarms import AlarmDefinitionItem, AnalyticsEventItem, EventTypeItem, UserDefinedEventItem
from .devices import (
    CameraGroupItem,
    CameraItem,
    InputItem,
    MetadataItem,
    MicrophoneItem,
    OutputItem,
    SpeakerItem,
)
from .item import ConfigurationItem
from .recorders import HardwareDriverItem, HardwareItem, RecordingServerItem, StorageItem
from .site import ChildSiteItem, RoleItem, SiteAddressItem, SiteItem
from .streams import PtzPresetItem, StreamItem, StreamUsage
from .tasks import TaskItem
from .view import ItemView

__all__ = ["view"]

_CLASSES: Final[tuple[type[ItemView], ...]] = (
    SiteItem,
    ChildSiteItem,
    SiteAddressItem,
    RecordingServerItem,
    StorageItem,
    HardwareDriverItem,
    HardwareItem,
    CameraItem,
    MicrophoneItem,
    SpeakerItem,
    MetadataItem,
    InputItem,
    OutputItem,
    CameraGroupItem,
    StreamItem,
    StreamUsage,
    PtzPresetItem,
    AlarmDefinitionItem,
    EventTypeItem,
    UserDefinedEventItem,
    AnalyticsEventItem,
    RoleItem,
    TaskItem,
)
_CLASS_OF: Final = {item_type.casefold(): cls for cls in _CLASSES for item_type in cls.item_types}


def view(item: ConfigurationItem) -> ItemView:
    """Show an item by its type: a `CameraItem` for a camera; a plain `ItemView` for a type that has none of its own."""
    return _CLASS_OF.get(item.item_type.casefold(), ItemView)(item)
