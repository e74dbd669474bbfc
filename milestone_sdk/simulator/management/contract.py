"""The ServerCommandService contract: its 69 operations, and the types that the simulator answers with.

Written from protocol/auth.md 6.2, 6.3 and 6.5. Members stand in the declaration order of the `.asmx` form; the order of
the `.svc` form follows from it: base members first, then each group by ASCII.
"""

from attrs import frozen

from milestone_sdk.simulator.releases import Release

__all__ = ["IN_PROXY", "NAMESPACE", "OPERATIONS", "PROXY", "Member", "members"]

NAMESPACE = "http://videoos.net/2/XProtectCSServerCommand"

_OPERATION_NAMES = """
    GetVersion GetServerVersion GetProductInfo GetSystemLicenseInfo GetSmartClientVersion CheckSmartClientVersion
    IsOnline Login Logout Authorize GetUserInfo GetConfiguration GetConfigurationRecorders GetConfigurationHardware
    GetDevicesDisabled GetVmoServicesList GetViewGroups GetViewGroupData SetViewGroupData GetCustomSettingDataGlobal
    GetCustomSettingDataUser SetCustomSettingDataGlobal SetCustomSettingDataUser GetCustomSettingDataGlobal2
    GetCustomSettingDataUser2 SetCustomSettingDataGlobal2 SetCustomSettingDataUser2 EventTrigger
    EventTriggerWithMetadata AlertsGetAroundWithSpan MatrixMonitorActivateCamera QueryChanges QueryRecorderInfo
    BookmarkGetNewReference BookmarkCreate BookmarkUpdate BookmarkDelete BookmarkGet BookmarkSearchTime
    BookmarkSearchTime2 BookmarkSearchFromBookmark BookmarkSearchFromBookmark2 RegisterIntegration
    RegisterPluginIntegrations MarkedDataGetNewReference MarkedDataCreate MarkedDataUpdate MarkedDataDelete
    MarkedDataGet MarkedDataSearch MarkedDataSearch2 RestrictedMediaCreate RestrictedMediaUpdate RestrictedMediaDelete
    RestrictedMediaQueryAll RestrictedMediaLiveModeEnter RestrictedMediaLiveModeExit RestrictedMediaLiveUpdate
    RestrictedMediaLiveDelete RestrictedMediaLiveQueryAll GetClientProfile GetClientProfile2 GetClientProfile3
    GetPresets DeletePreset UpdatePresetName UpdatePresetPosition CreatePreset OrderPresets
"""

OPERATIONS = frozenset(_OPERATION_NAMES.split())

_BASES = {
    "CameraInfo": "DeviceInfo",
    "AlertTypeGroupInfo": "GroupInfo",
    "CameraGroupInfo": "GroupInfo",
    "EventTypeGroupInfo": "GroupInfo",
}

_RESTRICTED = "RestrictedMediaCreate:boolean RestrictedMediaRemove:boolean RestrictedMediaView:boolean"

# A member is `name:kind`; kind is a scalar, a type of this table, or `[item]` for an array. A `*` before the name marks
# what only the data contract has: it came after the 2018 `.asmx` description. `xml` is a document in a text on `.svc`,
# and stands inside the member on `.asmx`.
_TYPES = {
    "LoginInfo": "Token:text RegistrationTime:dateTime TimeToLive:TimeDuration TimeToLiveLimited:boolean",
    "TimeDuration": "MicroSeconds:long",
    "UserInfo": "name:text sid:text",
    "ProductInfo": "ProductName:text ProductLine:guid VendorId:guid SubProduct:guid MajorVersion:text "
    "MinorVersion:text ServiceVersion:text BuildConfiguration:text BuildNumber:text BuildDate:dateTime "
    "*ProductCode:int *SLC:text",
    "SystemLicenseInfo": "HasLicense:boolean IsTrialLicense:boolean SLC:text ProductSku:text Expires:boolean "
    "ExpiryDate:dateTime Features:[string]",
    "ConfigurationInfo": "ServerId:guid ServerName:text ServerDescription:text ServerOptions:[ServerOption] "
    "Recorders:[RecorderInfo] ApplicationAccess:ApplicationSecurityInfo FailoverCheckInterval:int "
    "Licenses:[LicenseInfo] DeviceMappings:[DeviceMappingInfo] CameraGroups:[CameraGroupInfo] "
    "InputGroups:[InputGroupInfo] OutputGroups:[OutputGroupInfo] MicrophoneGroups:[MicrophoneGroupInfo] "
    "SpeakerGroups:[SpeakerGroupInfo] MetadataDeviceGroups:[MetadataDeviceGroupInfo] "
    "EventTypeGroups:[EventTypeGroupInfo] EventTypes:[EventTypeInfo] SystemEventTypes:[SystemEventTypeInfo] "
    "AlertTypeGroups:[AlertTypeGroupInfo] AlertTypes:[AlertTypeInfo] MatrixMonitors:[MatrixMonitorInfo] "
    "BookmarkSettings:BookmarkSettingInfo RetentionSettings:RetentionSettingInfo *AudioMessages:[AudioMessageInfo]",
    "ServerOption": "Key:text Value:text",
    "ApplicationSecurityInfo": "SmartClientSecurity:SmartClientSecurityInfo",
    "SmartClientSecurityInfo": "SmartClientLive:boolean SmartClientBrowse:boolean SmartClientSetup:boolean "
    "SmartClientReport:boolean",
    "BookmarkSettingInfo": "DefaultPreTimeSec:int DefaultPostTimeSec:int",
    "RetentionSettingInfo": "RetentionOptions:[RetentionOption]",
    "RetentionOption": "RetentionUnits:int RetentionOptionType:text",
    "RecorderInfo": "RecorderId:guid ServiceId:guid Name:text Description:text HostName:text WebServerUri:text "
    "TimeZoneName:text DefaultRecordingTimeSeconds:int XmlEncoding:text LastModified:dateTime Cameras:[CameraInfo] "
    "Inputs:[InputInfo] Outputs:[OutputInfo] Microphones:[MicrophoneInfo] Speakers:[SpeakerInfo] "
    "MetadataDevices:[MetadataDeviceInfo] Hardware:[HardwareInfo]",
    "HardwareInfo": "HardwareId:guid DeviceIds:[guid] RecorderId:guid Name:text Description:text Uri:text "
    "Interconnected:boolean LastModified:dateTime",
    "DeviceInfo": "RecorderId:guid HardwareId:guid DeviceId:guid Name:text Description:text Shortcut:text "
    "DeviceIndex:int GisPoint:text ShortName:text Icon:int CoverageDirection:double CoverageDepth:double "
    "CoverageFieldOfView:double",
    "CameraInfo": "MaxFPS:double BrowsableStream:boolean Streams:[StreamInfo] Tracks:[TrackInfo] "
    "CameraSecurity:CameraSecurityInfo PtzSettings:PtzInfo IpixSettings:IpixInfo "
    "PanoramicLensSettings:PanoramicLensInfo MulticastEnabled:boolean EdgeStorageSupported:boolean "
    "EdgeStoragePlayback:boolean StopManualRecordingSeconds:int",
    "CameraSecurityInfo": "Live:boolean Browse:boolean ExportAvi:boolean ExportJpeg:boolean SmartSearch:boolean "
    "GetSequences:boolean ExportDatabase:boolean StartRecording:boolean StopRecording:boolean "
    "PtzSecurity:PtzSecurityInfo BookmarkView:boolean BookmarkAdd:boolean BookmarkEdit:boolean BookmarkDelete:boolean "
    "RetentionView:boolean RetentionCreate:boolean RetentionRemove:boolean ManagePresets:boolean "
    f"ManagePatrollingProfiles:boolean ManagePresetLocks:boolean RetrieveEdgeRecordings:boolean {_RESTRICTED}",
    "PtzSecurityInfo": "ManualControl:boolean PresetControl:boolean ReserveControl:boolean",
    "PtzInfo": "PtzEnabled:boolean Presets:[PresetInfo] Capabilities:[CapabilityInfo] "
    "IsCenterOnPositionInViewSupported:boolean IsPtzCenterAndZoomToRectangleSupported:boolean "
    "IsPtzHomeSupported:boolean IsPtzDiagonalSupported:boolean EditPreset:boolean",
    "PresetInfo": "Name:text Position:PositionInfo Shortcut:text Id:guid Locked:boolean",
    "PositionInfo": "Pan:double Tilt:double Zoom:double",
    "CapabilityInfo": "CapabilityId:guid Name:text Absolute:boolean Relative:boolean Start:boolean Stop:boolean "
    "Speed:boolean Automatic:boolean",
    "StreamInfo": "StreamId:guid Name:text Default:boolean",
    "TrackInfo": "TrackId:guid Edge:boolean",
    "IpixInfo": "IpixEnabled:boolean Hemisphere:HemisphereInfo Homeposition:PositionInfo CeilingMounted:boolean",
    "PanoramicLensInfo": "PanoramicLensEnabled:boolean PanoramicLensType:text CameraMount:text "
    "ImmerVision:ImmerVisionInfo",
    "GroupInfo": "GroupId:guid Name:text Description:text",
    "CameraGroupInfo": "CameraGroups:[CameraGroupInfo] Cameras:[guid]",
    "EventTypeInfo": "EventTypeId:guid Name:text Description:text",
    "SystemEventTypeInfo": "EventTypeId:guid Name:text Description:text EventSource:text",
    "DeviceDisabledInfo": "RecorderId:guid HardwareId:guid DeviceId:guid DeviceType:text DeviceName:text",
    "Change": "ChangeType:ChangeType Id:text Time:dateTime",
    "ChangeType": "Recorder:boolean Hardware:boolean",
    "BookmarkReference": "Reference:text Time:dateTime",
    "Bookmark": "Id:guid DeviceId:guid Reference:text Header:text Description:text User:text TimeBegin:dateTime "
    "TimeTrigged:dateTime TimeEnd:dateTime",
    "MarkedDataReference": "Reference:text Time:dateTime",
    "MarkedData": "Id:guid DeviceIds:[guid] Created:dateTime LastModified:dateTime Reference:text Header:text "
    "Description:text User:text StartTime:dateTime TagTime:dateTime EndTime:dateTime UseRetention:boolean "
    "RetentionExpire:dateTime RetentionSize:long RetentionOption:RetentionOption",
    "MarkedDataResult": "MarkedData:MarkedData FaultDevices:[FaultDevice] Status:enum *WarningDevices:[WarningDevice]",
    "FaultDevice": "DeviceId:guid ErrorCode:int Message:text",
    "WarningDevice": "DeviceId:guid ErrorCode:int Message:text",
    "CustomSettingInternal": "CustomSettingInfo:CustomSettingInfo CustomSettingData:CustomSettingInternalData",
    "CustomSettingInternalData": "DataVersion:int CustomSettingDataXml:xml",
    "CustomSettingInfo": "Id:guid LastModifiedTime:dateTime LastModifiedUser:text",
    "ViewGroupInfo": "Id:guid Name:text ViewGroupType:enum ReadOnly:boolean LastModifiedTime:dateTime "
    "LastModifiedUser:text",
    "ViewGroupInternal": "ViewGroupInfo:ViewGroupInfo ViewGroupData:ViewGroupInternalData",
    "ViewGroupInternalData": "DataVersion:int XmlVersion:int ViewGroupDataXml:xml",
    "ClientProfile": "Id:guid Name:text Description:text LastModified:dateTime SettingsLastModified:dateTime "
    "ClientProfileSettings:[ClientProfileSetting]",
    "ClientProfileSetting": "Key:text Value:text Locked:boolean",
    "SmartClientVersion": "Major:int Minor:int Revision:text Beta:int ForceUpgrade:boolean DisplayName:text "
    "UpgradeInfo:UpgradeInfo",
    "UpgradeInfo": "Hostname:text Port:int Path:text Message:text",
    "AlertOccurrence": "AlertId:guid Time:dateTime",
}

PROXY = "http://schemas.datacontract.org/2004/07/VideoOS.Common.Proxy.Server"
IN_PROXY = frozenset(
    {"CustomSettingInternal", "CustomSettingInternalData", "ViewGroupInternal", "ViewGroupInternalData"}
)
"""The types whose members stand in `PROXY` on `.svc`; on `.asmx` all stand in `NAMESPACE` (protocol/auth.md 6.1)."""

# Members of DeviceInfo that the 2018 `.asmx` does not have; on `.svc` the 2018/2019 captures have them.
_LATER_THAN_2018_ASMX = frozenset(
    {"GisPoint", "ShortName", "Icon", "CoverageDirection", "CoverageDepth", "CoverageFieldOfView"}
)


@frozen
class Member:
    """One member of a type: `item` is set for an array, `nillable` for what may be null, `written` is its tag."""

    name: str
    kind: str
    item: str | None
    nillable: bool
    written: str


_VALUE_KINDS = frozenset({"int", "long", "double", "boolean", "guid", "dateTime", "enum"})
_ENUMS = frozenset({"RetentionOptionType", "EventSource"})


def _member(text: str) -> Member:
    name, _, kind = text.partition(":")
    item = kind[1:-1] if kind.startswith("[") else None
    nillable = kind not in _VALUE_KINDS and name not in _ENUMS
    return Member(name, kind, item, nillable, name)


def members(type_name: str, release: Release, *, asmx: bool) -> list[Member] | None:
    """The members of a type in the order of that serializer and release; None for a type not in the table."""
    declared = _TYPES.get(type_name)
    if declared is None:
        return None
    base = _BASES.get(type_name)
    inherited = (members(base, release, asmx=asmx) or []) if base else []
    own: list[Member] = []
    for text in declared.split():
        later = text.startswith("*")
        member = _member(text.removeprefix("*"))
        if asmx and (later or member.name in _LATER_THAN_2018_ASMX) and release.version < (19, 1):
            continue
        if release.has(member.name):
            own.append(member)
    return inherited + (own if asmx else sorted(own, key=lambda member: member.name))
