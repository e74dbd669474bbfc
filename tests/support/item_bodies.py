"""Items of the Configuration API as servers write them, and one of each type, filled."""
# docs/protocol: configuration-serialization

from collections.abc import Mapping, Sequence
from typing import TypeAlias
from xml.sax.saxutils import escape

from lxml import etree

from milestone_sdk._protocol.configuration.items import ItemReader
from milestone_sdk.models import ConfigurationItem

DATA = "http://schemas.datacontract.org/2004/07/VideoOS.ConfigurationAPI"
ARRAYS = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

Value: TypeAlias = str | list[str] | None
"""A text, the texts of an array, or null."""
Properties: TypeAlias = Mapping[str, tuple[str, Value]]
"""Key -> type and value."""

CAMERA = "6c1f2a7e-0b7d-4f39-9a55-1d5b0c9f3e01"
SECOND_CAMERA = "6c1f2a7e-0b7d-4f39-9a55-1d5b0c9f3e02"
HARDWARE = "9b3d6f52-1c4a-4f0a-b1d2-6e7f8a9b0c1d"
RECORDER = "d4e5f6a7-b8c9-4d0e-9f1a-2b3c4d5e6f70"
STORAGE = "2f7b1a60-5c2e-4e0f-8f53-9f1f5d2c7b11"
DRIVER = "3c5e7a90-2b4d-4f61-8a7b-0c1d2e3f4a5b"
SITE = "5b0d2c5e-8e0f-4b7c-8d7e-7a0c1b2d3e4f"
OTHER = "0f1e2d3c-4b5a-4968-8776-655443322110"
EXTERNAL = "5946b6fa-44d9-4f4c-82bb-46a17b924265"
DEVICE_EVENTS = "1eacbcad-d566-4375-834b-cfbe3d937caa"
FIRST_STREAM = "28DC44C3-079E-4C94-8EC9-60363451EB40"
PRIMARY = "16ce3aa1-5f93-458a-abe5-5c95d9ed1372"
HIGH = "8188ff24-b5da-4c19-9ebf-c1d8fc2caa75"

MODIFIED = ("DateTime", "2025-10-20T08:11:02.4430000Z")
CREATED = ("DateTime", "2025-10-19T07:00:00.0000000Z")
NO_TIME = ("DateTime", "0001-01-01T00:00:00.0000000")


def text(value: Value) -> tuple[str, Value]:
    return "String", value


def number(value: int) -> tuple[str, Value]:
    return "Int", str(value)


YES = ("Tick", "True")

DEVICE: Properties = {
    "Id": text(CAMERA),
    "Name": text("Gate 3 (10.0.0.13) - Camera 1"),
    "Channel": number(2),
    "Description": text("North\r\nside"),
    "CreatedDate": CREATED,
    "LastModified": MODIFIED,
    "GisPoint": text("POINT (12.37 55.65)"),
    "ShortName": text("G3"),
    "Icon": number(4),
    "CoverageDirection": ("Double", "0.5"),
    "CoverageDepth": ("Double", "4.57200000001829"),
    "CoverageFieldOfView": ("Double", "0.25"),
}
RECORDING_DEVICE: Properties = {
    **DEVICE,
    "RecordingEnabled": YES,
    "PrebufferEnabled": YES,
    "PrebufferInMemory": YES,
    "PrebufferSeconds": number(3),
    "EdgeStorageEnabled": YES,
    "EdgeStoragePlaybackEnabled": YES,
    "ManualRecordingTimeoutEnabled": YES,
    "ManualRecordingTimeoutMinutes": number(15),
    "RecordingStorage": ("Path", f"Storage[{STORAGE}]"),
    "FailoverSetting": ("Enum", "LiveOnly"),
}
FILLED: Mapping[str, Properties] = {
    "System": {
        "Id": text(SITE),
        "Name": text("MGMT01"),
        "Description": text("Head office"),
        "LastModified": MODIFIED,
        "TimeZone": text("Romance Standard Time"),
        "ComputerName": text("MGMT01"),
        "DomainName": text("EXAMPLE"),
        "LastStatusHandshake": MODIFIED,
        "PhysicalMemory": number(64),
        "Platform": text("[Not Available]"),
        "Processors": number(8),
        "ServiceAccount": text("S-1-5-20"),
        "SynchronizationStatus": number(0),
        "MasterSiteAddress": text("https://parent.example/"),
        "Version": text("25.1.0.1"),
    },
    "Site": {
        "Id": text(OTHER),
        "Description": text("Branch"),
        "LastModified": MODIFIED,
        "ConnectionState": text("Attached"),
        "Version": text("25.1.0.1"),
        "ServiceAccount": text("S-1-5-20"),
        "SynchronizationStatus": number(201),
    },
    "SiteAddress": {"AddressType": ("Enum", "External"), "Url": text("https://site-b.example/")},
    "RecordingServer": {
        "Id": text(RECORDER),
        "Name": text("REC01"),
        "Description": text("Rack 2"),
        "LastModified": MODIFIED,
        "SynchronizationTime": number(-1),
        "TimeZoneName": text("Romance Standard Time"),
        "HostName": text("rec01"),
        "PortNumber": number(7563),
        "WebServerUri": text("https://rec01:7563/"),
        "ActiveWebServerUri": text("https://standby:7563/"),
        "PublicAccessEnabled": YES,
        "PublicWebserverHostName": text("video.example"),
        "PublicWebserverPort": number(17563),
        "MulticastServerAddress": text("0.0.0.0"),
        "ShutdownOnStorageFailure": YES,
        "Version": text("25.1.0.1"),
    },
    "Storage": {
        "Id": text(STORAGE),
        "Name": text("Local default"),
        "Description": text("Fast disks"),
        "DiskPath": text("D:\\MediaDatabase"),
        "MaxSize": number(1000),
        "RetainMinutes": number(10080),
        "IsDefault": YES,
        "EncryptionMethod": ("Enum", "None"),
        "Signing": YES,
        "CreatedDate": CREATED,
        "LastModified": MODIFIED,
    },
    "HardwareDriver": {
        "Id": text(DRIVER),
        "Name": text("Milestone XProtect VMS Interconnect"),
        "Number": number(30002),
        "GroupName": text("Milestone"),
        "DriverType": ("Enum", "InterconnectedProduct"),
        "DriverVersion": text("DevicePack: 13.2a"),
        "DriverRevision": text("1.2"),
        "UseCount": number(1),
    },
    "Hardware": {
        "Id": text(HARDWARE),
        "Name": text("Gate 3 (10.0.0.13)"),
        "Description": text("On the mast"),
        "Address": text("http://10.0.0.13/"),
        "UserName": text("svc"),
        "Model": text("ACME X100"),
        "PasswordLastModified": CREATED,
        "LastModified": MODIFIED,
        "HardwareDriverPath": ("Path", f"HardwareDriver[{DRIVER}]"),
    },
    "Camera": {
        **RECORDING_DEVICE,
        "RecordingFramerate": ("Double", "5"),
        "RecordKeyframesOnly": YES,
        "RecordOnRelatedDevices": YES,
        "PtzEnabled": YES,
    },
    "Microphone": RECORDING_DEVICE,
    "Speaker": RECORDING_DEVICE,
    "Metadata": RECORDING_DEVICE,
    "InputEvent": DEVICE,
    "Output": DEVICE,
    "CameraGroup": {
        "Id": text(OTHER),
        "Name": text("Gates"),
        "Description": text("Perimeter"),
        "LastModified": MODIFIED,
        "BuiltIn": YES,
    },
    "Stream": {},
    "StreamUsage": {
        "Name": text("Video stream 1"),
        "StreamReferenceId": ("Enum", FIRST_STREAM),
        "LiveDefault": YES,
        "LiveMode": ("Enum", "WhenNeeded"),
        "RecordTo": ("Enum", PRIMARY),
        "DefaultPlayback": YES,
        "UseEdge": YES,
        "EdgeTrackId": text("7"),
        "Record": YES,
    },
    "PtzPreset": {
        "Id": text(OTHER),
        "Name": text("Gate"),
        "Description": text("Closed"),
        "Pan": ("Double", "-0.25"),
        "Tilt": ("Double", "0.125"),
        "Zoom": ("Double", "1"),
        "DefaultPreset": YES,
        "DevicePreset": YES,
        "DevicePresetInternalId": text("12"),
        "Locked": YES,
    },
    "AlarmDefinition": {
        "Id": text(OTHER),
        "Name": text("Intrusion"),
        "Description": text("Call the guard"),
        "EventTypeGroup": ("Enum", DEVICE_EVENTS),
        "EventType": ("Enum", OTHER),
        "SourceList": ("PathList", f"Camera[{CAMERA}],CameraGroup[{OTHER}];/MicrophoneFolder"),
        "EnableRule": ("Enum", "1"),
        "TimeProfile": ("Path", f"TimeProfile[{OTHER}]"),
        "EnableEventList": ("PathList", f"UserDefinedEvent[{OTHER}]"),
        "DisableEventList": ("PathList", f"InputEvent[{OTHER}]"),
        "ManagementTimeoutTime": text("00:01:30"),
        "ManagementTimeoutEventList": ("PathList", f"UserDefinedEvent[{OTHER}]"),
        "TriggerEventlist": ("PathList", f"Output[{OTHER}]"),
        "RelatedCameraList": ("PathList", f"Camera[{SECOND_CAMERA}]"),
        "MapType": ("Enum", "2"),
        "RelatedMap": ("Enum", OTHER),
        "Owner": text("Ada (EXAMPLE\\ada)"),
        "Priority": ("Enum", HIGH),
        "Category": ("Enum", OTHER),
        "AssignableToAdmins": YES,
        "AutoClose": YES,
    },
    "EventType": {
        "Id": text(OTHER),
        "Name": text("MotionStopped"),
        "Description": text("No motion any more"),
        "BuiltIn": YES,
        "OccursGlobally": YES,
        "CounterEventID": text(SITE),
        "GeneratorType": text("Device"),
        "GeneratorSubtype": text("Camera"),
        "GeneratorName": text("Motion"),
        "GeneratorID": text("g1"),
        "GeneratorGroupName": text("Built-in"),
        "GeneratorGroupId": text("g2"),
        "SourceArray": ("Array", ["Camera", "CameraGroup"]),
        "SourceFilterArray": ("Array", ["None"]),
        "StateGroupId": text(OTHER),
        "State": text("Stopped"),
        "LastModified": MODIFIED,
    },
    "UserDefinedEvent": {
        "Id": text(OTHER),
        "Name": text("Panic"),
        "Subtype": text("UserDefined"),
        "CreatedDate": CREATED,
        "LastModified": MODIFIED,
    },
    "AnalyticsEvent": {
        "Id": text(OTHER),
        "Name": text("Line crossed"),
        "Description": text("From outside"),
        "SourceArray": ("Array", ["Camera"]),
        "LastModified": MODIFIED,
    },
    "Role": {
        "Id": text(OTHER),
        "Name": text("Administrators"),
        "Description": text("All rights"),
        "LastModified": MODIFIED,
        "RoleType": ("Enum", "Adminstrative"),
        "AllowSmartClientLogOn": YES,
        "AllowMobileClientLogOn": YES,
        "AllowWebClientLogOn": YES,
        "DualAuthorizationRequired": YES,
        "MakeUsersAnonymousDuringPTZSession": YES,
    },
    "Task": {
        "State": text("Error"),
        "Progress": ("Progress", "100"),
        "ErrorCode": number(60277),
        "ErrorText": text("VMO60277: no connection"),
        "Path": ("Path", "Task[41]"),
        "TaskType": text("StorageRetrieval"),
        "Device": ("Path", f"Camera[{CAMERA}]"),
        "UserName": text("EXAMPLE\\ada"),
        "StartTime": ("DateTime", "2025-11-03T05:00:00.0000000Z"),
        "EndTime": ("DateTime", "2025-11-03T05:20:00.0000000Z"),
        "TaskStartTime": ("DateTime", "2025-11-03T06:00:00.0000000Z"),
        "TaskEndTime": ("DateTime", "2025-11-03T06:01:00.0000000Z"),
    },
}
"""Every property of a type that has a typed attribute, with a value that is not the default."""


def item(
    item_type: str,
    properties: Properties | None = None,
    *,
    path: str | None = None,
    parent: str | None = None,
    enabled: bool | None = None,
    display_name: str = "As displayed",
    children: Sequence[str] = (),
    category: str = "Item",
) -> str:
    """The XML of an item, with the properties of `FILLED` unless others are given."""
    rows = "".join(_property(key, *found) for key, found in (properties or FILLED.get(item_type, {})).items())
    filled = f"<a:Children>{''.join(children)}</a:Children>" if children else '<a:Children i:nil="true"/>'
    return (
        f"<a:ConfigurationItem>{filled}<a:ChildrenFilled>{'true' if children else 'false'}</a:ChildrenFilled>"
        f"<a:DisplayName>{escape(display_name)}</a:DisplayName>{_enable(enabled)}"
        f"<a:ItemCategory>{category}</a:ItemCategory><a:ItemType>{item_type}</a:ItemType><a:MethodIds/>"
        f"{_text('ParentPath', parent)}<a:Path>{escape(path or f'{item_type}[{OTHER}]')}</a:Path>"
        f"<a:Properties>{rows}</a:Properties>"
        '<a:ServerCookie i:nil="true"/><a:SortKey>0</a:SortKey><a:UIHint i:nil="true"/></a:ConfigurationItem>'
    )


def read(*items: str) -> tuple[ConfigurationItem, ...]:
    """Read items with the library's own reader."""
    body = f'<r xmlns:a="{DATA}" xmlns:b="{ARRAYS}" xmlns:i="{XSI}">{"".join(items)}</r>'
    return ItemReader().items(etree.fromstring(body))


def read_one(xml: str) -> ConfigurationItem:
    (found,) = read(xml)
    return found


def _text(name: str, value: str | None) -> str:
    return f'<a:{name} i:nil="true"/>' if value is None else f"<a:{name}>{escape(value)}</a:{name}>"


def _enable(enabled: bool | None) -> str:
    if enabled is None:
        return '<a:EnableProperty i:nil="true"/>'
    return (
        f"<a:EnableProperty><a:DisplayName>Enabled</a:DisplayName><a:Enabled>{str(enabled).lower()}</a:Enabled>"
        "<a:TranslationId>PropertyEnabled</a:TranslationId><a:UIToFollowEnabled>false</a:UIToFollowEnabled>"
        "</a:EnableProperty>"
    )


def _property(key: str, value_type: str, value: Value) -> str:
    listed = "".join(f"<b:string>{escape(part)}</b:string>" for part in value) if isinstance(value, list) else ""
    array = f"<a:ValueArray>{listed}</a:ValueArray>" if listed else ""
    raw = _text("Value", None if isinstance(value, list) else value)
    return (
        f"<a:Property><a:DisplayName>{key}</a:DisplayName><a:IsSettable>true</a:IsSettable>"
        f"<a:ItemReference>false</a:ItemReference><a:Key>{escape(key)}</a:Key>"
        '<a:SelectedValueTypeInfoName i:nil="true"/><a:ServerValidation>false</a:ServerValidation>'
        f'<a:SortKey>100</a:SortKey><a:ToolTipTranslationId i:nil="true"/><a:TranslationId>Property{key}'
        f"</a:TranslationId><a:UIImportance>0</a:UIImportance>{raw}{array}"
        f"<a:ValueType>{value_type}</a:ValueType><a:ValueTypeInfos/></a:Property>"
    )
