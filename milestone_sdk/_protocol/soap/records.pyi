# Generated from the descriptions in milestone_sdk/wsdl by tests/tools/stubs.py: do not change.
# ruff: noqa
# fmt: off

"""The structures that replies hold, by service."""

from datetime import datetime
from typing import Any

from .contract_values import Record

class ProductInfo(Record):
    BuildConfiguration: str | None
    BuildDate: datetime | None
    BuildNumber: str | None
    MajorVersion: str | None
    MinorVersion: str | None
    ProductCode: int | None
    ProductLine: str | None
    ProductName: str | None
    SLC: str | None
    ServiceVersion: str | None
    SubProduct: str | None
    VendorId: str | None

class SystemLicenseInfo(Record):
    Expires: bool | None
    ExpiryDate: datetime | None
    Features: list[str] | None
    HasLicense: bool | None
    IsTrialLicense: bool | None
    ProductSku: str | None
    SLC: str | None

class SmartClientVersion(Record):
    Beta: int | None
    DisplayName: str | None
    ForceUpgrade: bool | None
    Major: int | None
    Minor: int | None
    Revision: str | None
    UpgradeInfo: UpgradeInfo | None

class LoginInfo(Record):
    RegistrationTime: datetime | None
    TimeToLive: ServerCommandTimeDuration | None
    TimeToLiveLimited: bool | None
    Token: str | None

class ServerCommandUserInfo(Record):
    name: str | None
    sid: str | None

class ConfigurationInfo(Record):
    AlertTypeGroups: list[AlertTypeGroupInfo] | None
    AlertTypes: list[AlertTypeInfo] | None
    ApplicationAccess: ApplicationSecurityInfo | None
    AudioMessages: list[AudioMessageInfo] | None
    BookmarkSettings: BookmarkSettingInfo | None
    CameraGroups: list[CameraGroupInfo] | None
    DeviceMappings: list[DeviceMappingInfo] | None
    EventTypeGroups: list[EventTypeGroupInfo] | None
    EventTypes: list[EventTypeInfo] | None
    FailoverCheckInterval: int | None
    InputGroups: list[InputGroupInfo] | None
    Licenses: list[LicenseInfo] | None
    MatrixMonitors: list[MatrixMonitorInfo] | None
    MetadataDeviceGroups: list[MetadataDeviceGroupInfo] | None
    MicrophoneGroups: list[MicrophoneGroupInfo] | None
    OutputGroups: list[OutputGroupInfo] | None
    Recorders: list[RecorderInfo] | None
    RetentionSettings: RetentionSettingInfo | None
    ServerDescription: str | None
    ServerId: str | None
    ServerName: str | None
    ServerOptions: list[ServerOption] | None
    SpeakerGroups: list[SpeakerGroupInfo] | None
    SystemEventTypes: list[SystemEventTypeInfo] | None

class ViewGroupInternal(Record):
    ViewGroupData: ViewGroupInternalData | None
    ViewGroupInfo: ViewGroupInfo | None

class CustomSettingInternal(Record):
    CustomSettingData: CustomSettingInternalData | None
    CustomSettingInfo: CustomSettingInfo | None

class RecorderInfo(Record):
    Cameras: list[CameraInfo] | None
    DefaultRecordingTimeSeconds: int | None
    Description: str | None
    Hardware: list[HardwareInfo] | None
    HostName: str | None
    Inputs: list[InputInfo] | None
    LastModified: datetime | None
    MetadataDevices: list[MetadataDeviceInfo] | None
    Microphones: list[MicrophoneInfo] | None
    Name: str | None
    Outputs: list[OutputInfo] | None
    RecorderId: str | None
    ServiceId: str | None
    Speakers: list[SpeakerInfo] | None
    TimeZoneName: str | None
    WebServerUri: str | None
    XmlEncoding: str | None

class BookmarkReference(Record):
    Reference: str | None
    Time: datetime | None

class Bookmark(Record):
    Description: str | None
    DeviceId: str | None
    Header: str | None
    Id: str | None
    Reference: str | None
    TimeBegin: datetime | None
    TimeEnd: datetime | None
    TimeTrigged: datetime | None
    User: str | None

class MarkedDataReference(Record):
    Reference: str | None
    Time: datetime | None

class MarkedDataResult(Record):
    FaultDevices: list[FaultDevice] | None
    MarkedData: MarkedData | None
    Status: str | None
    WarningDevices: list[WarningDevice] | None

class MarkedData(Record):
    Created: datetime | None
    Description: str | None
    DeviceIds: list[str] | None
    EndTime: datetime | None
    Header: str | None
    Id: str | None
    LastModified: datetime | None
    Reference: str | None
    RetentionExpire: datetime | None
    RetentionOption: RetentionOption | None
    RetentionSize: int | None
    StartTime: datetime | None
    TagTime: datetime | None
    UseRetention: bool | None
    User: str | None

class ClientProfile(Record):
    ClientProfileSettings: list[ClientProfileSetting] | None
    Description: str | None
    Id: str | None
    LastModified: datetime | None
    Name: str | None
    SettingsLastModified: datetime | None

class UpgradeInfo(Record):
    Hostname: str | None
    Message: str | None
    Path: str | None
    Port: int | None

class ServerCommandTimeDuration(Record):
    MicroSeconds: int | None

class ApplicationSecurityInfo(Record):
    SmartClientSecurity: SmartClientSecurityInfo | None

class BookmarkSettingInfo(Record):
    DefaultPostTimeSec: int | None
    DefaultPreTimeSec: int | None

class RetentionSettingInfo(Record):
    RetentionOptions: list[RetentionOption] | None

class HardwareInfo(Record):
    Description: str | None
    DeviceIds: list[str] | None
    HardwareId: str | None
    Interconnected: bool | None
    LastModified: datetime | None
    Name: str | None
    RecorderId: str | None
    Uri: str | None

class DeviceDisabledInfo(Record):
    DeviceId: str | None
    DeviceName: str | None
    DeviceType: str | None
    HardwareId: str | None
    RecorderId: str | None

class DictionaryEntry(Record):
    _key: Any | None
    _value: Any | None

class ViewGroupInfo(Record):
    Id: str | None
    LastModifiedTime: datetime | None
    LastModifiedUser: str | None
    Name: str | None
    ReadOnly: bool | None
    ViewGroupType: str | None

class ViewGroupInternalData(Record):
    DataVersion: int | None
    ViewGroupDataXml: str | None
    XmlVersion: int | None

class CustomSettingInternalData(Record):
    CustomSettingDataXml: str | None
    DataVersion: int | None

class CustomSettingInfo(Record):
    Id: str | None
    LastModifiedTime: datetime | None
    LastModifiedUser: str | None

class AlertOccurrence(Record):
    AlertId: str | None
    Time: datetime | None

class Change(Record):
    ChangeType: ChangeType | None
    Id: str | None
    Time: datetime | None

class RetentionOption(Record):
    RetentionOptionType: str | None
    RetentionUnits: int | None

class PresetInfo(Record):
    Id: str | None
    Locked: bool | None
    Name: str | None
    Position: PositionInfo | None
    Shortcut: str | None

class AlertTypeGroupInfo(Record):
    Description: str | None
    GroupId: str | None
    Name: str | None
    AlertTypeGroups: list[AlertTypeGroupInfo] | None
    AlertTypes: list[str] | None

class AlertTypeInfo(Record):
    AlertTypeId: str | None
    Description: str | None
    Name: str | None

class SmartClientSecurityInfo(Record):
    SmartClientBrowse: bool | None
    SmartClientLive: bool | None
    SmartClientReport: bool | None
    SmartClientSetup: bool | None

class AudioMessageInfo(Record):
    Description: str | None
    Id: str | None
    Name: str | None

class CameraGroupInfo(Record):
    Description: str | None
    GroupId: str | None
    Name: str | None
    CameraGroups: list[CameraGroupInfo] | None
    Cameras: list[str] | None

class DeviceMappingInfo(Record):
    DeviceA: str | None
    DeviceB: str | None

class EventTypeGroupInfo(Record):
    Description: str | None
    GroupId: str | None
    Name: str | None
    EventTypeGroups: list[EventTypeGroupInfo] | None
    EventTypes: list[str] | None

class EventTypeInfo(Record):
    Description: str | None
    EventTypeId: str | None
    Name: str | None

class InputGroupInfo(Record):
    Description: str | None
    GroupId: str | None
    Name: str | None
    InputGroups: list[InputGroupInfo] | None
    Inputs: list[str] | None

class LicenseInfo(Record):
    Data: str | None
    LicenseId: str | None

class MatrixMonitorInfo(Record):
    DisplayName: str | None
    MatrixMonitorId: str | None

class MetadataDeviceGroupInfo(Record):
    Description: str | None
    GroupId: str | None
    Name: str | None
    MetadataDeviceGroups: list[MetadataDeviceGroupInfo] | None
    MetadataDevices: list[str] | None

class MicrophoneGroupInfo(Record):
    Description: str | None
    GroupId: str | None
    Name: str | None
    MicrophoneGroups: list[MicrophoneGroupInfo] | None
    Microphones: list[str] | None

class OutputGroupInfo(Record):
    Description: str | None
    GroupId: str | None
    Name: str | None
    OutputGroups: list[OutputGroupInfo] | None
    Outputs: list[str] | None

class ServerOption(Record):
    Key: str | None
    Value: str | None

class SpeakerGroupInfo(Record):
    Description: str | None
    GroupId: str | None
    Name: str | None
    SpeakerGroups: list[SpeakerGroupInfo] | None
    Speakers: list[str] | None

class SystemEventTypeInfo(Record):
    Description: str | None
    EventSource: str | None
    EventTypeId: str | None
    Name: str | None

class ChangeType(Record):
    Hardware: bool | None
    Recorder: bool | None

class CameraInfo(Record):
    CoverageDepth: float | None
    CoverageDirection: float | None
    CoverageFieldOfView: float | None
    Description: str | None
    DeviceId: str | None
    DeviceIndex: int | None
    GisPoint: str | None
    HardwareId: str | None
    Icon: int | None
    Name: str | None
    RecorderId: str | None
    ShortName: str | None
    Shortcut: str | None
    BrowsableStream: bool | None
    CameraSecurity: CameraSecurityInfo | None
    EdgeStoragePlayback: bool | None
    EdgeStorageSupported: bool | None
    IpixSettings: IpixInfo | None
    MaxFPS: float | None
    MulticastEnabled: bool | None
    PanoramicLensSettings: PanoramicLensInfo | None
    PtzSettings: PtzInfo | None
    StopManualRecordingSeconds: int | None
    Streams: list[StreamInfo] | None
    Tracks: list[TrackInfo] | None

class InputInfo(Record):
    CoverageDepth: float | None
    CoverageDirection: float | None
    CoverageFieldOfView: float | None
    Description: str | None
    DeviceId: str | None
    DeviceIndex: int | None
    GisPoint: str | None
    HardwareId: str | None
    Icon: int | None
    Name: str | None
    RecorderId: str | None
    ShortName: str | None
    Shortcut: str | None
    InputSecurity: InputSecurityInfo | None

class MetadataDeviceInfo(Record):
    CoverageDepth: float | None
    CoverageDirection: float | None
    CoverageFieldOfView: float | None
    Description: str | None
    DeviceId: str | None
    DeviceIndex: int | None
    GisPoint: str | None
    HardwareId: str | None
    Icon: int | None
    Name: str | None
    RecorderId: str | None
    ShortName: str | None
    Shortcut: str | None
    EdgeStoragePlayback: bool | None
    EdgeStorageSupported: bool | None
    MetadataDeviceSecurity: MetadataDeviceSecurityInfo | None
    MetadataTypes: list[MetadataTypeInfo] | None
    MulticastEnabled: bool | None
    StopManualRecordingSeconds: int | None
    Tracks: list[TrackInfo] | None

class MicrophoneInfo(Record):
    CoverageDepth: float | None
    CoverageDirection: float | None
    CoverageFieldOfView: float | None
    Description: str | None
    DeviceId: str | None
    DeviceIndex: int | None
    GisPoint: str | None
    HardwareId: str | None
    Icon: int | None
    Name: str | None
    RecorderId: str | None
    ShortName: str | None
    Shortcut: str | None
    EdgeStoragePlayback: bool | None
    EdgeStorageSupported: bool | None
    MicrophoneSecurity: MicrophoneSecurityInfo | None
    MulticastEnabled: bool | None
    StopManualRecordingSeconds: int | None
    Tracks: list[TrackInfo] | None

class OutputInfo(Record):
    CoverageDepth: float | None
    CoverageDirection: float | None
    CoverageFieldOfView: float | None
    Description: str | None
    DeviceId: str | None
    DeviceIndex: int | None
    GisPoint: str | None
    HardwareId: str | None
    Icon: int | None
    Name: str | None
    RecorderId: str | None
    ShortName: str | None
    Shortcut: str | None
    OutputSecurity: OutputSecurityInfo | None

class SpeakerInfo(Record):
    CoverageDepth: float | None
    CoverageDirection: float | None
    CoverageFieldOfView: float | None
    Description: str | None
    DeviceId: str | None
    DeviceIndex: int | None
    GisPoint: str | None
    HardwareId: str | None
    Icon: int | None
    Name: str | None
    RecorderId: str | None
    ShortName: str | None
    Shortcut: str | None
    EdgeStoragePlayback: bool | None
    EdgeStorageSupported: bool | None
    MulticastEnabled: bool | None
    SpeakerSecurity: SpeakerSecurityInfo | None
    StopManualRecordingSeconds: int | None
    Tracks: list[TrackInfo] | None

class FaultDevice(Record):
    DeviceId: str | None
    ErrorCode: int | None
    Message: str | None

class WarningDevice(Record):
    DeviceId: str | None
    ErrorCode: int | None
    Message: str | None

class ClientProfileSetting(Record):
    Key: str | None
    Locked: bool | None
    Value: str | None

class PositionInfo(Record):
    Pan: float | None
    Tilt: float | None
    Zoom: float | None

class CameraSecurityInfo(Record):
    BookmarkAdd: bool | None
    BookmarkDelete: bool | None
    BookmarkEdit: bool | None
    BookmarkView: bool | None
    Browse: bool | None
    ExportAvi: bool | None
    ExportDatabase: bool | None
    ExportJpeg: bool | None
    GetSequences: bool | None
    Live: bool | None
    ManagePatrollingProfiles: bool | None
    ManagePresetLocks: bool | None
    ManagePresets: bool | None
    PtzSecurity: PtzSecurityInfo | None
    RestrictedMediaCreate: bool | None
    RestrictedMediaRemove: bool | None
    RestrictedMediaView: bool | None
    RetentionCreate: bool | None
    RetentionRemove: bool | None
    RetentionView: bool | None
    RetrieveEdgeRecordings: bool | None
    SmartSearch: bool | None
    StartRecording: bool | None
    StopRecording: bool | None

class IpixInfo(Record):
    CeilingMounted: bool | None
    Hemisphere: HemisphereInfo | None
    Homeposition: PositionInfo | None
    IpixEnabled: bool | None

class PanoramicLensInfo(Record):
    CameraMount: str | None
    ImmerVision: ImmerVisionInfo | None
    PanoramicLensEnabled: bool | None
    PanoramicLensType: str | None

class PtzInfo(Record):
    Capabilities: list[CapabilityInfo] | None
    EditPreset: bool | None
    IsCenterOnPositionInViewSupported: bool | None
    IsPtzCenterAndZoomToRectangleSupported: bool | None
    IsPtzDiagonalSupported: bool | None
    IsPtzHomeSupported: bool | None
    Presets: list[PresetInfo] | None
    PtzEnabled: bool | None

class InputSecurityInfo(Record):
    ReadInput: bool | None

class MetadataDeviceSecurityInfo(Record):
    Browse: bool | None
    ExportDatabase: bool | None
    GetSequences: bool | None
    Live: bool | None
    RestrictedMediaCreate: bool | None
    RestrictedMediaRemove: bool | None
    RestrictedMediaView: bool | None
    RetentionCreate: bool | None
    RetentionRemove: bool | None
    RetentionView: bool | None
    RetrieveEdgeRecordings: bool | None
    StartRecording: bool | None
    StopRecording: bool | None

class MicrophoneSecurityInfo(Record):
    BookmarkAdd: bool | None
    BookmarkDelete: bool | None
    BookmarkEdit: bool | None
    BookmarkView: bool | None
    Browse: bool | None
    ExportDatabase: bool | None
    GetSequences: bool | None
    Live: bool | None
    RestrictedMediaCreate: bool | None
    RestrictedMediaRemove: bool | None
    RestrictedMediaView: bool | None
    RetentionCreate: bool | None
    RetentionRemove: bool | None
    RetentionView: bool | None
    RetrieveEdgeRecordings: bool | None
    StartRecording: bool | None
    StopRecording: bool | None

class OutputSecurityInfo(Record):
    Activate: bool | None

class SpeakerSecurityInfo(Record):
    BookmarkAdd: bool | None
    BookmarkDelete: bool | None
    BookmarkEdit: bool | None
    BookmarkView: bool | None
    Browse: bool | None
    ExportDatabase: bool | None
    GetSequences: bool | None
    Live: bool | None
    RestrictedMediaCreate: bool | None
    RestrictedMediaRemove: bool | None
    RestrictedMediaView: bool | None
    RetentionCreate: bool | None
    RetentionRemove: bool | None
    RetentionView: bool | None
    RetrieveEdgeRecordings: bool | None
    Speak: bool | None
    StartRecording: bool | None
    StopRecording: bool | None

class PtzSecurityInfo(Record):
    ManualControl: bool | None
    PresetControl: bool | None
    ReserveControl: bool | None

class HemisphereInfo(Record):
    CenterX: float | None
    CenterY: float | None
    RadiusX: float | None
    RadiusY: float | None

class ImmerVisionInfo(Record):
    LensProfileData: str | None
    LensProfileFieldOfView: float | None
    LensProfileName: str | None
    LensProfileRpl: str | None

class StreamInfo(Record):
    Default: bool | None
    Name: str | None
    StreamId: str | None

class TrackInfo(Record):
    Edge: bool | None
    TrackId: str | None

class MetadataTypeInfo(Record):
    DisplayId: str | None
    DisplayName: str | None
    Id: str | None
    Name: str | None
    ValidTime: int | None

class CapabilityInfo(Record):
    Absolute: bool | None
    Automatic: bool | None
    CapabilityId: str | None
    Name: str | None
    Relative: bool | None
    Speed: bool | None
    Start: bool | None
    Stop: bool | None

class ServiceInfo(Record):
    description: str | None
    enabled: bool | None
    endpointdefinition: str | None
    endpoints: list[ServiceEndpoint] | None
    instance: str | None
    name: str | None
    trusted: bool | None
    type: str | None
    uri: list[str] | None

class ServiceEndpoint(Record):
    authentication: str | None
    description: str | None
    name: str | None
    uri: str | None

class ConfigurationItem(Record):
    Children: list[ConfigurationItem] | None
    ChildrenFilled: bool | None
    DisplayName: str | None
    EnableProperty: EnablePropertyInfo | None
    ItemCategory: str | None
    ItemType: str | None
    MethodIds: list[str] | None
    ParentPath: str | None
    Path: str | None
    Properties: list[Property] | None
    ServerCookie: str | None
    SortKey: int | None
    UIHint: str | None

class ValidateResult(Record):
    ErrorResults: list[ErrorResult] | None
    ResultItem: ConfigurationItem | None
    ValidatedOk: bool | None

class MethodInfo(Record):
    Bitmap: bytes | None
    DisplayName: str | None
    MethodId: str | None
    TranslationId: str | None

class EnablePropertyInfo(Record):
    DisplayName: str | None
    Enabled: bool | None
    TranslationId: str | None
    UIToFollowEnabled: bool | None

class KeyValueOfstringstring(Record):
    Key: str | None
    Value: str | None

class Property(Record):
    DisplayName: str | None
    IsSettable: bool | None
    ItemReference: bool | None
    Key: str | None
    SelectedValueTypeInfoName: str | None
    ServerValidation: bool | None
    SortKey: int | None
    ToolTipTranslationId: str | None
    TranslationId: str | None
    UIImportance: int | None
    Value: str | None
    ValueArray: list[str] | None
    ValueType: str | None
    ValueTypeInfos: list[ValueTypeInfo] | None

class ErrorResult(Record):
    ErrorProperty: str | None
    ErrorText: str | None
    ErrorTextId: str | None

class ValueTypeInfo(Record):
    Name: str | None
    TranslationId: str | None
    Value: str | None

class Alarm(Record):
    EventHeader: EventHeader | None
    Description: str | None
    StartTime: datetime | None
    EndTime: datetime | None
    Location: str | None
    State: int | None
    StateName: str | None
    Category: int | None
    CategoryName: str | None
    AssignedTo: str | None
    Count: int | None
    RuleList: list[Rule] | None
    ObjectList: list[AnalyticsObject] | None
    ReferenceList: list[Reference] | None
    SnapshotList: list[Snapshot] | None
    Vendor: Vendor | None

class BaseEvent(Record):
    EventHeader: EventHeader | None

class EventHeader(Record):
    ID: str | None
    Timestamp: datetime | None
    Class: str | None
    Type: str | None
    Version: str | None
    Priority: int | None
    PriorityName: str | None
    Name: str | None
    Message: str | None
    CustomTag: str | None
    Source: EventSource | None
    ExpireTimestamp: datetime | None
    MessageId: str | None

class AlarmUpdateData(Record):
    Deleted: list[str] | None
    Inserted: list[AlarmLine] | None
    Updated: list[AlarmLine] | None

class EventUpdateData(Record):
    Deleted: list[str] | None
    Inserted: list[EventLine] | None

class GetEventLines2Resp(Record):
    Result: list[EventLine] | None
    SearchId: str | None
    TruePaging: bool | None

class GetEventCountResp(Record):
    Count: int | None

class GetEventsResp(Record):
    Events: list[BaseEvent] | None

class Vendor(Record):
    Name: str | None
    CustomData: str | None

class EventSource(Record):
    Name: str | None
    Description: str | None
    FQID: FQID | None

class Snapshot(Record):
    TimeOffset: int | None
    Width: int | None
    Height: int | None
    HasOverlay: bool | None
    SizeInBytes: int | None
    Image: bytes | None
    Path: str | None
    FQID: FQID | None

class AlarmLine(Record):
    AssignedTo: str | None
    CameraId: str | None
    Category: int | None
    CategoryName: str | None
    CustomTag: str | None
    Description: str | None
    FilterMatch: bool | None
    Id: str | None
    LocalId: int | None
    Location: str | None
    Message: str | None
    Modified: datetime | None
    Name: str | None
    ObjectValue: str | None
    Priority: int | None
    PriorityName: str | None
    RuleType: str | None
    SourceId: str | None
    SourceName: str | None
    State: int | None
    StateName: str | None
    Timestamp: datetime | None
    Type: str | None
    VendorName: str | None

class EventLine(Record):
    CameraId: str | None
    CustomTag: str | None
    Id: str | None
    LocalId: int | None
    Message: str | None
    Name: str | None
    ObjectValue: str | None
    RuleType: str | None
    SourceId: str | None
    SourceName: str | None
    Timestamp: datetime | None
    Type: str | None
    VendorName: str | None

class Statistic(Record):
    Number: int | None
    Type: str | None
    Value: int | None

class AlarmHistory(Record):
    AssignedTo: str | None
    Author: str | None
    Priority: int | None
    State: int | None
    Text: str | None
    Time: datetime | None

class AlarmUpdate(Record):
    Author: str | None
    Key: str | None
    Time: datetime | None
    Value: str | None

class Rule(Record):
    ID: str | None
    Name: str | None
    Type: str | None
    PolygonList: list[TPolygon] | None

class AnalyticsObject(Record):
    ID: str | None
    Name: str | None
    Type: str | None
    Description: str | None
    Confidence: float | None
    Value: str | None
    AlarmTrigger: bool | None
    Removed: bool | None
    Color: str | None
    Size: float | None
    SizeUnit: str | None
    BoundingBox: BoundingBox | None
    Polygon: TPolygon | None
    Motion: ObjectMotion | None
    Mask: bytes | None

class Reference(Record):
    FQID: FQID | None

class FQID(Record):
    ServerId: ServerId | None
    ParentId: str | None
    ObjectId: str | None
    ObjectIdString: str | None
    FolderType: str | None
    Kind: str | None

class BoundingBox(Record):
    Top: float | None
    Left: float | None
    Bottom: float | None
    Right: float | None
    Color: TColor | None

class TPolygon(Record):
    Closed: bool | None
    Color: TColor | None
    FillColor: TColor | None
    PointList: list[TPoint] | None

class ObjectMotion(Record):
    Speed: float | None
    SpeedUnit: str | None
    Path: TPolygon | None

class ServerId(Record):
    Type: str | None
    Hostname: str | None
    Port: int | None
    Id: str | None
    Scheme: str | None

class TColor(Record):
    A: int | None
    R: int | None
    G: int | None
    B: int | None

class TPoint(Record):
    X: float | None
    Y: float | None

class PTZArgs(Record):
    movement: list[PTZPairDouble]
    speed: list[PTZPairDouble]
    automatic: list[PTZPairBoolean]
    Normalized: bool | None

class PtzSessionInfo(Record):
    DeviceId: str | None
    PatrollingProfileId: str | None
    ManualPatrollingProfileId: str | None
    User: RecorderUserInfo | None
    Priority: int | None
    Reserved: bool | None
    IsPatrolling: bool | None
    IsAnonymous: bool | None
    IsPaused: bool | None
    TimeoutSec: int | None
    TimeoutLeftSec: int | None
    IsLicensed: bool | None

class SmartSearchStatus(Record):
    CurrentSearchTime: datetime | None
    Status: str | None

class SmartSearchResult(Record):
    ImageTime: datetime | None
    MotionMask: ImageMask | None
    MotionAreas: MotionAreaInfos | None

class JPEGData(Record):
    Time: datetime | None
    Data: bytes | None

class PTZPairDouble(Record):
    name: str | None
    value: float | None

class PTZPairBoolean(Record):
    name: str | None
    value: bool | None

class RecorderUserInfo(Record):
    Sid: str | None
    DisplayName: str | None

class SequenceType(Record):
    Id: str | None
    Name: str | None

class SequenceEntry(Record):
    TimeBegin: datetime | None
    TimeTrigged: datetime | None
    TimeEnd: datetime | None

class TimeLineInformationData(Record):
    DeviceId: str | None
    Type: str | None
    BeginTime: datetime | None
    Interval: RecorderTimeDuration | None
    Count: int | None
    Data: str | None

class ImageMask(Record):
    Size: Size | None
    Mask: str | None

class MotionAreaInfos(Record):
    Resolution: Size | None
    Areas: list[MotionAreaInfo] | None

class MulticastInfo(Record):
    DeviceId: str | None
    IPAddress: str | None
    ServerPort: int | None
    ClientPort: int | None
    KeepAliveInterval: RecorderTimeDuration | None
    Encrypted: bool | None
    MulticastSessionId: str | None
    SSRC: int | None
    PrivacyMask: str | None
    PrivacyMaskVersion: int | None
    Success: bool | None

class ManualRecordingInfo(Record):
    DeviceId: str | None
    IsManualRecording: bool | None

class ManualRecordingResult(Record):
    DeviceId: str | None
    ResultCode: int | None
    Message: str | None

class RecorderTimeDuration(Record):
    MicroSeconds: int | None

class Size(Record):
    Width: int | None
    Height: int | None

class MotionAreaInfo(Record):
    X: int | None
    Y: int | None
    Width: int | None
    Height: int | None
