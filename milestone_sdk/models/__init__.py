"""What an XProtect site is made of, as frozen values: no I/O, no clock, nothing that changes.

Unknown numbers and strings of newer servers are kept as they came. Where the server sends a zero GUID, `i:nil` or no
element, the value is `None`. Every time is an aware `datetime` in UTC.

Classes are loaded when they are first used, since creating all of them costs more than a login.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .alarms.alarm import (
        Alarm,
        AlarmLine,
        AlarmRule,
        AlarmSnapshot,
        AlarmSource,
        AlarmState,
        AnalyticsObject,
        BoundingBox,
        EventHeader,
        ItemReference,
        UnreadableAlarm,
        Vendor,
    )
    from .alarms.filter import AlarmFilter, Condition, Operator, OrderBy, Target
    from .alarms.history import (
        AlarmCount,
        AlarmHistoryEntry,
        AlarmLevel,
        AlarmSettings,
        AlarmStatistics,
        AlarmValueChange,
    )
    from .alarms.subscription import (
        AlarmChanged,
        AlarmEvent,
        AlarmRaised,
        LinkLost,
        LinkRestored,
        LinkState,
        SubscriptionStatistics,
    )
    from .devices import (
        Camera,
        CameraGroup,
        CameraRights,
        CameraStream,
        CameraTrack,
        Hardware,
        Ptz,
        PtzPreset,
        Recorder,
    )
    from .diagnosis import Check, Finding, SiteFacts, Status
    from .events import (
        AnalyticsEvent,
        AnalyticsEventReceipt,
        GenericEventReceipt,
        GenericEventSource,
        GenericEventStatistics,
    )
    from .inventory import Configuration, SystemEventType, UserDefinedEvent
    from .items.alarms import (
        AlarmDefinitionItem,
        AnalyticsEventItem,
        EnableRule,
        EventTypeItem,
        MapType,
        UserDefinedEventItem,
    )
    from .items.devices import (
        CameraGroupItem,
        CameraItem,
        DeviceItem,
        FailoverSetting,
        InputItem,
        MetadataItem,
        MicrophoneItem,
        OutputItem,
        RecordingDeviceItem,
        SpeakerItem,
    )
    from .items.item import (
        Comparison,
        ConfigurationItem,
        EnableFilter,
        EnableProperty,
        ItemFilter,
        ItemProblem,
        MethodInfo,
        PropertyFilter,
        Validation,
    )
    from .items.path import ItemPath
    from .items.properties import ItemProperties, ItemProperty, PropertyDefinition, PropertySchema
    from .items.recorders import (
        DriverType,
        EncryptionMethod,
        HardwareDriverItem,
        HardwareItem,
        RecordingServerItem,
        StorageItem,
    )
    from .items.site import AddressType, ChildSiteItem, FederatedSite, RoleItem, SiteAddressItem, SiteItem
    from .items.streams import LiveMode, PtzPresetItem, StreamItem, StreamUsage
    from .items.tasks import TaskItem, TaskState
    from .items.types import view
    from .items.values import ItemValue, ValueTypeInfo
    from .items.view import ItemView
    from .site import ProductInfo, RegisteredService, ServiceType, SiteInfo
    from .video import Codec, Frame, RecordingSequence, RetrievalState, SequenceType, Snapshot, TimeSpan

__all__ = [
    "AddressType",
    "Alarm",
    "AlarmChanged",
    "AlarmCount",
    "AlarmDefinitionItem",
    "AlarmEvent",
    "AlarmFilter",
    "AlarmHistoryEntry",
    "AlarmLevel",
    "AlarmLine",
    "AlarmRaised",
    "AlarmRule",
    "AlarmSettings",
    "AlarmSnapshot",
    "AlarmSource",
    "AlarmState",
    "AlarmStatistics",
    "AlarmValueChange",
    "AnalyticsEvent",
    "AnalyticsEventItem",
    "AnalyticsEventReceipt",
    "AnalyticsObject",
    "BoundingBox",
    "Camera",
    "CameraGroup",
    "CameraGroupItem",
    "CameraItem",
    "CameraRights",
    "CameraStream",
    "CameraTrack",
    "Check",
    "ChildSiteItem",
    "Codec",
    "Comparison",
    "Condition",
    "Configuration",
    "ConfigurationItem",
    "DeviceItem",
    "DriverType",
    "EnableFilter",
    "EnableProperty",
    "EnableRule",
    "EncryptionMethod",
    "EventHeader",
    "EventTypeItem",
    "FailoverSetting",
    "FederatedSite",
    "Finding",
    "Frame",
    "GenericEventReceipt",
    "GenericEventSource",
    "GenericEventStatistics",
    "Hardware",
    "HardwareDriverItem",
    "HardwareItem",
    "InputItem",
    "ItemFilter",
    "ItemPath",
    "ItemProblem",
    "ItemProperties",
    "ItemProperty",
    "ItemReference",
    "ItemValue",
    "ItemView",
    "LinkLost",
    "LinkRestored",
    "LinkState",
    "LiveMode",
    "MapType",
    "MetadataItem",
    "MethodInfo",
    "MicrophoneItem",
    "Operator",
    "OrderBy",
    "OutputItem",
    "ProductInfo",
    "PropertyDefinition",
    "PropertyFilter",
    "PropertySchema",
    "Ptz",
    "PtzPreset",
    "PtzPresetItem",
    "Recorder",
    "RecordingDeviceItem",
    "RecordingSequence",
    "RecordingServerItem",
    "RegisteredService",
    "RetrievalState",
    "RoleItem",
    "SequenceType",
    "ServiceType",
    "SiteAddressItem",
    "SiteFacts",
    "SiteInfo",
    "SiteItem",
    "Snapshot",
    "SpeakerItem",
    "Status",
    "StorageItem",
    "StreamItem",
    "StreamUsage",
    "SubscriptionStatistics",
    "SystemEventType",
    "Target",
    "TaskItem",
    "TaskState",
    "TimeSpan",
    "UnreadableAlarm",
    "UserDefinedEvent",
    "UserDefinedEventItem",
    "Validation",
    "ValueTypeInfo",
    "Vendor",
    "view",
]

_HOMES: Final = {
    "alarms.alarm": (
        "Alarm AlarmLine AlarmRule AlarmSnapshot AlarmSource AlarmState AnalyticsObject BoundingBox EventHeader "
        "ItemReference UnreadableAlarm Vendor"
    ),
    "alarms.filter": "AlarmFilter Condition Operator OrderBy Target",
    "alarms.history": "AlarmCount AlarmHistoryEntry AlarmLevel AlarmSettings AlarmStatistics AlarmValueChange",
    "alarms.subscription": "AlarmChanged AlarmEvent AlarmRaised LinkLost LinkRestored LinkState SubscriptionStatistics",
    "devices": "Camera CameraGroup CameraRights CameraStream CameraTrack Hardware Ptz PtzPreset Recorder",
    "diagnosis": "Check Finding SiteFacts Status",
    "events": "AnalyticsEvent AnalyticsEventReceipt GenericEventReceipt GenericEventSource GenericEventStatistics",
    "inventory": "Configuration SystemEventType UserDefinedEvent",
    "items.alarms": "AlarmDefinitionItem AnalyticsEventItem EnableRule EventTypeItem MapType UserDefinedEventItem",
    "items.devices": (
        "CameraGroupItem CameraItem DeviceItem FailoverSetting InputItem MetadataItem MicrophoneItem OutputItem "
        "RecordingDeviceItem SpeakerItem"
    ),
    "items.item": (
        "Comparison ConfigurationItem EnableFilter EnableProperty ItemFilter ItemProblem MethodInfo PropertyFilter "
        "Validation"
    ),
    "items.path": "ItemPath",
    "items.properties": "ItemProperties ItemProperty PropertyDefinition PropertySchema",
    "items.recorders": "DriverType EncryptionMethod HardwareDriverItem HardwareItem RecordingServerItem StorageItem",
    "items.site": "AddressType ChildSiteItem FederatedSite RoleItem SiteAddressItem SiteItem",
    "items.streams": "LiveMode PtzPresetItem StreamItem StreamUsage",
    "items.tasks": "TaskItem TaskState",
    "items.types": "view",
    "items.values": "ItemValue ValueTypeInfo",
    "items.view": "ItemView",
    "site": "ProductInfo RegisteredService ServiceType SiteInfo",
    "video": "Codec Frame RecordingSequence RetrievalState SequenceType Snapshot TimeSpan",
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
