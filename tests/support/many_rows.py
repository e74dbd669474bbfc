"""Replies with as many rows as one likes, written as servers write them: GetConfiguration and GetAlarmLines."""

from uuid import UUID

RIGHTS = [
    "BookmarkAdd",
    "BookmarkDelete",
    "BookmarkEdit",
    "BookmarkView",
    "Browse",
    "ExportAvi",
    "ExportDatabase",
    "ExportJpeg",
    "GetSequences",
    "Live",
    "ManagePatrollingProfiles",
    "ManagePresetLocks",
    "ManagePresets",
]
LATER_RIGHTS = [
    "RestrictedMediaCreate",
    "RestrictedMediaRemove",
    "RestrictedMediaView",
    "RetentionCreate",
    "RetentionRemove",
    "RetentionView",
    "RetrieveEdgeRecordings",
    "SmartSearch",
    "StartRecording",
    "StopRecording",
]
SECURITY = (
    "<CameraSecurity>"
    + "".join(f"<{name}>{'true' if name in ('Live', 'Browse') else 'false'}</{name}>" for name in RIGHTS)
    + "<PtzSecurity><ManualControl>true</ManualControl><PresetControl>true</PresetControl>"
    "<ReserveControl>false</ReserveControl></PtzSecurity>"
    + "".join(f"<{name}>false</{name}>" for name in LATER_RIGHTS)
    + "</CameraSecurity>"
)
NO_PTZ = (
    "<PtzSettings><Capabilities/><EditPreset>false</EditPreset>"
    "<IsCenterOnPositionInViewSupported>false</IsCenterOnPositionInViewSupported>"
    "<IsPtzCenterAndZoomToRectangleSupported>false</IsPtzCenterAndZoomToRectangleSupported>"
    "<IsPtzDiagonalSupported>false</IsPtzDiagonalSupported><IsPtzHomeSupported>false</IsPtzHomeSupported>"
    "<Presets/><PtzEnabled>false</PtzEnabled></PtzSettings>"
)
CAMERAS_PER_RECORDER = 100


def camera_id(number: int) -> UUID:
    return UUID(int=0x71D2C5A4_0F5E_4A5B_8A54_000000000000 + number)


def hardware_id(number: int) -> UUID:
    return UUID(int=0x84B7E1F2_93C4_4D0E_A1B6_000000000000 + number)


def recorder_id(number: int) -> UUID:
    return UUID(int=0x19A4C6D8_1B3E_4F5A_8C7D_000000000000 + number)


def presets(number: int) -> str:
    """Every tenth camera is a PTZ camera with two presets."""
    if number % 10:
        return NO_PTZ
    items = "".join(
        f"<PresetInfo><Id>{UUID(int=number * 10 + item + 1)}</Id><Locked>false</Locked><Name>Preset {item}</Name>"
        "<Position><Pan>0.25</Pan><Tilt>-1</Tilt><Zoom>0</Zoom></Position><Shortcut/></PresetInfo>"
        for item in range(2)
    )
    return NO_PTZ.replace("<Presets/>", f"<Presets>{items}</Presets>").replace("<PtzEnabled>false", "<PtzEnabled>true")


def camera(number: int, recorder: int) -> str:
    own = camera_id(number)
    return (
        "<CameraInfo><CoverageDepth>0</CoverageDepth><CoverageDirection>0.125</CoverageDirection>"
        f"<CoverageFieldOfView>0</CoverageFieldOfView><Description/><DeviceId>{own}</DeviceId>"
        f"<DeviceIndex>0</DeviceIndex><GisPoint>POINT (12.{number} 55.7)</GisPoint>"
        f"<HardwareId>{hardware_id(number)}</HardwareId><Icon>0</Icon><Name>Camera {number} &amp; gate</Name>"
        f"<RecorderId>{recorder_id(recorder)}</RecorderId><ShortName/><Shortcut>{number}</Shortcut>"
        f"<BrowsableStream>true</BrowsableStream>{SECURITY}<EdgeStoragePlayback>false</EdgeStoragePlayback>"
        "<EdgeStorageSupported>false</EdgeStorageSupported><IpixSettings><CeilingMounted>false</CeilingMounted>"
        '<Hemisphere i:nil="true"/><Homeposition i:nil="true"/><IpixEnabled>false</IpixEnabled></IpixSettings>'
        "<MaxFPS>0</MaxFPS><MulticastEnabled>false</MulticastEnabled><PanoramicLensSettings><CameraMount/>"
        '<ImmerVision i:nil="true"/><PanoramicLensEnabled>false</PanoramicLensEnabled><PanoramicLensType/>'
        f"</PanoramicLensSettings>{presets(number)}<StopManualRecordingSeconds>300</StopManualRecordingSeconds>"
        "<Streams><StreamInfo><Default>true</Default><Name>Video stream 1</Name>"
        f"<StreamId>{UUID(int=own.int ^ 1 << 80)}</StreamId></StreamInfo></Streams>"
        f"<Tracks><TrackInfo><Edge>false</Edge><TrackId>{own}</TrackId></TrackInfo></Tracks></CameraInfo>"
    )


def hardware(number: int, recorder: int) -> str:
    return (
        '<HardwareInfo><Description/><DeviceIds xmlns:a="http://schemas.microsoft.com/2003/10/Serialization/Arrays">'
        f"<a:guid>{camera_id(number)}</a:guid></DeviceIds><HardwareId>{hardware_id(number)}</HardwareId>"
        "<Interconnected>false</Interconnected><LastModified>2025-05-20T09:00:00.5Z</LastModified>"
        f"<Name>Unit {number}</Name><RecorderId>{recorder_id(recorder)}</RecorderId>"
        f"<Uri>http://192.0.2.10:{number}/</Uri></HardwareInfo>"
    )


def recorder(number: int, cameras: range) -> str:
    return (
        f"<RecorderInfo><Cameras>{''.join(camera(item, number) for item in cameras)}</Cameras>"
        "<DefaultRecordingTimeSeconds>0</DefaultRecordingTimeSeconds><Description/>"
        f"<Hardware>{''.join(hardware(item, number) for item in cameras)}</Hardware><HostName>rec{number}</HostName>"
        "<Inputs/><LastModified>2025-05-20T09:00:00.5Z</LastModified><MetadataDevices/><Microphones/>"
        f"<Name>Recorder {number}</Name><Outputs/><RecorderId>{recorder_id(number)}</RecorderId>"
        f"<ServiceId>{recorder_id(number)}</ServiceId><Speakers/><TimeZoneName>W. Europe Standard Time</TimeZoneName>"
        f"<WebServerUri>http://rec{number}:7563/</WebServerUri><XmlEncoding>utf-8</XmlEncoding></RecorderInfo>"
    )


def group(number: int, cameras: range) -> str:
    items = "".join(f"<a:guid>{camera_id(item)}</a:guid>" for item in cameras)
    return (
        f"<CameraGroupInfo><Description/><GroupId>{UUID(int=7 << 64 | number + 1)}</GroupId><Name>Group {number}</Name>"
        '<CameraGroups/><Cameras xmlns:a="http://schemas.microsoft.com/2003/10/Serialization/Arrays">'
        f"{items}</Cameras></CameraGroupInfo>"
    )


def configuration_body(cameras: int) -> bytes:
    """A `GetConfiguration` reply as `.svc` of 2023 R2 and later writes it, 100 cameras to a recorder and a group."""
    parts = [
        range(start, min(start + CAMERAS_PER_RECORDER, cameras)) for start in range(0, cameras, CAMERAS_PER_RECORDER)
    ]
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        '<GetConfigurationResponse xmlns="http://videoos.net/2/XProtectCSServerCommand">'
        '<GetConfigurationResult xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
        f"<AlertTypes/><CameraGroups>{''.join(map(group, range(len(parts)), parts))}</CameraGroups>"
        f"<Recorders>{''.join(map(recorder, range(len(parts)), parts))}</Recorders>"
        f"<ServerId>{UUID(int=5)}</ServerId><ServerName>VMS</ServerName>"
        "</GetConfigurationResult></GetConfigurationResponse></s:Body></s:Envelope>"
    ).encode()


def alarm_line(number: int) -> str:
    return (
        "<a:AlarmLine><a:AssignedTo/>"
        f"<a:CameraId>{camera_id(number % 500)}</a:CameraId><a:Category>0</a:Category><a:CategoryName i:nil='true'/>"
        "<a:CustomTag i:nil='true'/><a:Description i:nil='true'/><a:FilterMatch>true</a:FilterMatch>"
        f"<a:Id>{UUID(int=0xC1B7A4D2_9C3E_4C55_8A11_000000000000 + number)}</a:Id>"
        f"<a:LocalId>{1000 + number}</a:LocalId>"
        "<a:Location i:nil='true'/><a:Message>Motion Started</a:Message>"
        f"<a:Modified>2025-03-04T09:{number // 60 % 60:02d}:{number % 60:02d}.513Z</a:Modified>"
        "<a:Name>Yard motion at night</a:Name><a:ObjectValue i:nil='true'/><a:Priority>1</a:Priority>"
        "<a:PriorityName>High</a:PriorityName><a:RuleType>2f6d1c1e-2a3b-4c4d-9e5f-6a7b8c9d0e1f</a:RuleType>"
        f"<a:SourceId>{camera_id(number % 500)}</a:SourceId>"
        f"<a:SourceName>Yard (10.0.0.21) - Camera {number}</a:SourceName>"
        "<a:State>1</a:State><a:StateName>New</a:StateName>"
        f"<a:Timestamp>2025-03-04T09:{number // 60 % 60:02d}:{number % 60:02d}.4812345Z</a:Timestamp>"
        "<a:Type>System Event</a:Type><a:VendorName i:nil='true'/></a:AlarmLine>"
    )


def alarm_lines_body(count: int) -> bytes:
    """A `GetAlarmLines` reply of so many rows."""
    return (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        '<GetAlarmLinesResponse xmlns="http://videoos.net/2/CentralServerAlarmCommand"><GetAlarmLinesResult '
        'xmlns:a="http://schemas.datacontract.org/2004/07/VideoOS.Platform.Proxy.Alarm" '
        f'xmlns:i="http://www.w3.org/2001/XMLSchema-instance">{"".join(map(alarm_line, range(count)))}'
        "</GetAlarmLinesResult></GetAlarmLinesResponse></s:Body></s:Envelope>"
    ).encode()
