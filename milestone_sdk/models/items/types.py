"""Which view an item has, by its type."""

from typing import Final

from .alarmitems import AlarmDefinitionItem, AnalyticsEventItem, EventTypeItem, UserDefinedEventItem
from .deviceitems import (
    CameraGroupItem,
    CameraItem,
    InputItem,
    MetadataItem,
    MicrophoneItem,
    OutputItem,
    SpeakerItem,
)
from .items import ConfigurationItem
from .itemviews import ItemView
from .recorderitems import HardwareDriverItem, HardwareItem, RecordingServerItem, StorageItem
from .siteitems import ChildSiteItem, RoleItem, SiteAddressItem, SiteItem
from .streamitems import PtzPresetItem, StreamItem, StreamUsage
from .taskitems import TaskItem

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
