"""What an XProtect site is made of, as frozen values: no I/O, no clock, nothing that changes.

Unknown numbers and strings of newer servers are kept as they came. Where the server sends a zero GUID, `i:nil` or no
element, the value is `None`. Every time is an aware `datetime` in UTC.

Classes are loaded when they are first used, since creating all of them costs more than a login.
"""

# ruff: noqa: F403, F405  # _HOMES alone says which name is from which module

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .alarms.alarm import *
    from .alarms.filter import *
    from .alarms.history import *
    from .alarms.subscription import *
    from .control import *
    from .devices import *
    from .diagnosis import *
    from .events import *
    from .export import *
    from .inventory import *
    from .items.alarms import *
    from .items.devices import *
    from .items.item import *
    from .items.path import *
    from .items.properties import *
    from .items.recorders import *
    from .items.site import *
    from .items.streams import *
    from .items.tasks import *
    from .items.types import *
    from .items.values import *
    from .items.view import *
    from .live import *
    from .model import *
    from .site import *
    from .table import *
    from .video import *

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
    "AudioFrame",
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
    "Export",
    "ExportProgress",
    "ExportStage",
    "ExportedFile",
    "FailoverSetting",
    "FederatedSite",
    "Finding",
    "Frame",
    "FramesDropped",
    "Gap",
    "GenericEventReceipt",
    "GenericEventSource",
    "GenericEventStatistics",
    "Hardware",
    "HardwareDriverItem",
    "HardwareItem",
    "IOState",
    "Input",
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
    "LiveEvent",
    "LiveLost",
    "LiveMode",
    "LiveRestored",
    "LiveStatus",
    "MapType",
    "MediaDevice",
    "MediaFrame",
    "MediaKind",
    "MetadataFrame",
    "MetadataItem",
    "MethodInfo",
    "MicrophoneItem",
    "Model",
    "Operator",
    "OrderBy",
    "Output",
    "OutputItem",
    "ProductInfo",
    "PropertyDefinition",
    "PropertyFilter",
    "PropertySchema",
    "Ptz",
    "PtzPosition",
    "PtzPreset",
    "PtzPresetItem",
    "PtzSession",
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
    "SnapshotKind",
    "SpeakerItem",
    "Status",
    "StorageItem",
    "StreamItem",
    "StreamUsage",
    "SubscriptionStatistics",
    "SystemEventType",
    "Table",
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
    "control": "IOState PtzPosition PtzSession",
    "devices": (
        "Camera CameraGroup CameraRights CameraStream CameraTrack Hardware Input MediaDevice MediaKind Output Ptz "
        "PtzPreset Recorder"
    ),
    "diagnosis": "Check Finding SiteFacts Status",
    "events": "AnalyticsEvent AnalyticsEventReceipt GenericEventReceipt GenericEventSource GenericEventStatistics",
    "export": "Export ExportProgress ExportStage ExportedFile",
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
    "live": "FramesDropped LiveEvent LiveLost LiveRestored LiveStatus",
    "model": "Model",
    "site": "ProductInfo RegisteredService ServiceType SiteInfo",
    "table": "Table",
    "video": (
        "AudioFrame Codec Frame Gap MediaFrame MetadataFrame RecordingSequence RetrievalState SequenceType Snapshot "
        "SnapshotKind TimeSpan"
    ),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
