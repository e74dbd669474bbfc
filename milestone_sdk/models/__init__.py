"""What an XProtect site is made of, as frozen values: no I/O, no clock, nothing that changes.

Unknown numbers and texts of newer servers survive as they came; a zero GUID, `i:nil` and a missing element all mean
"none" on the wire (protocol/alarms.md 7.4) and are `None` here. Every time is an aware `datetime` in UTC.
"""

from .alarmfilter import AlarmFilter, Condition, Operator, OrderBy, Target
from .alarmhistory import (
    AlarmCount,
    AlarmHistoryEntry,
    AlarmLevel,
    AlarmSettings,
    AlarmStatistics,
    AlarmValueChange,
)
from .alarms import (
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
    Vendor,
)
from .configuration import Configuration, SystemEventType, UserDefinedEvent
from .devices import Camera, CameraGroup, CameraRights, CameraStream, CameraTrack, Hardware, Ptz, PtzPreset, Recorder
from .events import (
    AnalyticsEvent,
    AnalyticsEventReceipt,
    GenericEventReceipt,
    GenericEventSource,
    GenericEventStatistics,
)
from .recordings import Codec, Frame, RecordingSequence, SequenceType, Snapshot, TimeSpan
from .site import ProductInfo, RegisteredService, ServiceType, SiteInfo
from .subscription import (
    AlarmChanged,
    AlarmEvent,
    AlarmRaised,
    LinkLost,
    LinkRestored,
    LinkState,
    SubscriptionStatistics,
)

__all__ = [
    "Alarm",
    "AlarmChanged",
    "AlarmCount",
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
    "AnalyticsEventReceipt",
    "AnalyticsObject",
    "BoundingBox",
    "Camera",
    "CameraGroup",
    "CameraRights",
    "CameraStream",
    "CameraTrack",
    "Codec",
    "Condition",
    "Configuration",
    "EventHeader",
    "Frame",
    "GenericEventReceipt",
    "GenericEventSource",
    "GenericEventStatistics",
    "Hardware",
    "ItemReference",
    "LinkLost",
    "LinkRestored",
    "LinkState",
    "Operator",
    "OrderBy",
    "ProductInfo",
    "Ptz",
    "PtzPreset",
    "Recorder",
    "RecordingSequence",
    "RegisteredService",
    "SequenceType",
    "ServiceType",
    "SiteInfo",
    "Snapshot",
    "SubscriptionStatistics",
    "SystemEventType",
    "Target",
    "TimeSpan",
    "UserDefinedEvent",
    "Vendor",
]
