import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from attrs import evolve

from milestone_sdk._protocol.configuration.inventory import MAX_GROUP_DEPTH
from milestone_sdk._protocol.management import servercommand
from milestone_sdk.errors import RemoteProtocolError
from milestone_sdk.models import (
    Camera,
    CameraRights,
    CameraStream,
    CameraTrack,
    Configuration,
    Hardware,
    Input,
    MediaDevice,
    MediaKind,
    Output,
    Ptz,
    PtzPreset,
    Recorder,
    SystemEventType,
    UserDefinedEvent,
)
from tests.support.many_rows import camera as camera_row
from tests.support.many_rows import camera_id, configuration_body, hardware_id, recorder_id
from tests.support.soap_bodies import ARRAYS, SC, golden, reply

CALL = servercommand.get_configuration("t")


def decode(content: str) -> Configuration:
    return CALL.decode(reply(SC, "GetConfiguration", content))


def guid(number: int, kind: int = 30) -> UUID:
    return UUID(f"000000{kind:02}-0000-0000-0000-{number:012x}")


def test_golden_configuration() -> None:
    found = CALL.decode(golden("sc.06.GetConfiguration.response.xml"))
    modified = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    recorder = Recorder(
        id=guid(1, 10),
        name="REC1",
        uri="http://127.0.0.1:7563/",
        host_name="localhost",
        service_id=guid(1, 11),
        time_zone="UTC",
        last_modified=modified,
        default_recording_seconds=300,
        xml_encoding="utf-8",
    )
    hardware = Hardware(
        id=guid(1, 20),
        name="HW",
        recorder_id=guid(1, 10),
        uri="http://10.0.0.1/",
        last_modified=modified,
        device_ids=(guid(1), guid(2), guid(3)),
    )
    cameras = tuple(
        Camera(
            id=guid(number),
            name=f"Camera {number}",
            recorder=recorder,
            hardware=hardware,
            index=number - 1,
            gis_point="POINT EMPTY",
            coverage_depth=1.5,
            rights=CameraRights(live=True, browse=True),
            streams=(CameraStream(id=guid(number, 31), name="Video stream 1", default=True),),
            max_fps=25.0,
            browsable_stream=True,
            folders=("All cameras", "Outer/Nested") if number == 1 else ("All cameras",),
        )
        for number in (1, 2, 3)
    )
    assert found.server_id == UUID("00000001-0000-0000-0000-000000000001")
    assert (found.server_name, found.server_description) == ("SIM", None)
    assert found.recorders == (recorder,)
    assert found.hardware == (hardware,)
    assert found.cameras == cameras
    assert [(group.path, group.camera_ids) for group in found.groups()] == [
        ("All cameras", (guid(1), guid(2), guid(3))),
        ("Outer", ()),
        ("Outer/Nested", (guid(1),)),
    ]
    assert found.options == {}
    assert (found.may_browse, found.may_live, found.may_setup) == (None, None, None)
    assert all(camera.recorder is found.recorders[0] for camera in found.cameras)
    assert all(camera.hardware is found.hardware[0] for camera in found.cameras)


def test_everything_a_camera_can_have() -> None:
    found = decode(
        "<Recorders><RecorderInfo><Cameras><CameraInfo><CoverageDepth>1E2</CoverageDepth>"
        "<CoverageDirection>-0.5</CoverageDirection><CoverageFieldOfView>0.25</CoverageFieldOfView>"
        f"<Description>at the gate</Description><DeviceId>{guid(1)}</DeviceId><DeviceIndex>3</DeviceIndex>"
        f"<GisPoint>POINT (12.5 55.7)</GisPoint><HardwareId>{guid(9, 20)}</HardwareId><Icon>7</Icon>"
        f"<Name> Gate &amp; yard æ  </Name><RecorderId>{guid(1, 10)}</RecorderId><ShortName>G</ShortName>"
        "<Shortcut>12</Shortcut><BrowsableStream>true</BrowsableStream><CameraSecurity><Browse>true</Browse>"
        "<Live>1</Live><PtzSecurity><ManualControl>true</ManualControl><PresetControl>false</PresetControl>"
        "<ReserveControl>true</ReserveControl></PtzSecurity><RestrictedMediaCreate>false</RestrictedMediaCreate>"
        "<RestrictedMediaView>true</RestrictedMediaView><SmartSearch>true</SmartSearch></CameraSecurity>"
        "<EdgeStoragePlayback>true</EdgeStoragePlayback><EdgeStorageSupported>true</EdgeStorageSupported>"
        "<MaxFPS>29.97</MaxFPS><MulticastEnabled>true</MulticastEnabled><PanoramicLensSettings><CameraMount>Ceiling"
        "</CameraMount><PanoramicLensEnabled>true</PanoramicLensEnabled><PanoramicLensType>A8</PanoramicLensType>"
        "</PanoramicLensSettings><PtzSettings><Capabilities><CapabilityInfo><Absolute>true</Absolute>"
        f"<CapabilityId>{guid(1, 50)}</CapabilityId><Name>Pan</Name></CapabilityInfo></Capabilities><EditPreset>true"
        "</EditPreset><IsCenterOnPositionInViewSupported>true</IsCenterOnPositionInViewSupported>"
        "<IsPtzHomeSupported>true</IsPtzHomeSupported><Presets><PresetInfo>"
        f"<Id>{guid(1, 60)}</Id><Locked>true</Locked><Name>Door</Name><Position><Pan>0.5</Pan><Tilt>-0.5</Tilt>"
        f"<Zoom>0</Zoom></Position><Shortcut>1</Shortcut></PresetInfo><PresetInfo><Id>{guid(2, 60)}</Id>"
        "<Locked>false</Locked><Name>Wall</Name><Position i:nil='true'/><Shortcut i:nil='true'/></PresetInfo></Presets>"
        "<PtzEnabled>true</PtzEnabled></PtzSettings><StopManualRecordingSeconds>300</StopManualRecordingSeconds>"
        f"<Streams><StreamInfo><Default>false</Default><Name>Low</Name><StreamId>{guid(1, 31)}</StreamId></StreamInfo>"
        f"<StreamInfo><Default>true</Default><Name/><StreamId>{guid(2, 31)}</StreamId></StreamInfo></Streams>"
        f"<Tracks><TrackInfo><Edge>false</Edge><TrackId>{guid(1)}</TrackId></TrackInfo>"
        f"<TrackInfo><Edge>true</Edge><TrackId>{guid(1, 32)}</TrackId></TrackInfo></Tracks></CameraInfo></Cameras>"
        f"<RecorderId>{guid(1, 10)}</RecorderId></RecorderInfo></Recorders>"
    )
    (camera,) = found.cameras
    assert camera == Camera(
        id=guid(1),
        name=" Gate & yard æ  ",
        recorder=Recorder(id=guid(1, 10), name="", uri=""),
        hardware=None,
        index=3,
        short_name="G",
        description="at the gate",
        shortcut="12",
        icon=7,
        gis_point="POINT (12.5 55.7)",
        coverage_depth=100.0,
        coverage_direction=-0.5,
        coverage_field_of_view=0.25,
        rights=CameraRights(
            browse=True,
            live=True,
            ptz_manual_control=True,
            ptz_reserve_control=True,
            restricted_media_create=False,
            restricted_media_view=True,
            smart_search=True,
        ),
        streams=(
            CameraStream(id=guid(1, 31), name="Low", default=False),
            CameraStream(id=guid(2, 31), name=None, default=True),
        ),
        tracks=(CameraTrack(id=guid(1)), CameraTrack(id=guid(1, 32), edge=True)),
        ptz=Ptz(
            enabled=True,
            edit_preset=True,
            center_on_position=True,
            home=True,
            capabilities=("Pan",),
            presets=(
                PtzPreset(id=guid(1, 60), name="Door", locked=True, shortcut="1", pan=0.5, tilt=-0.5, zoom=0.0),
                PtzPreset(id=guid(2, 60), name="Wall"),
            ),
        ),
        max_fps=29.97,
        browsable_stream=True,
        edge_storage_supported=True,
        edge_storage_playback=True,
        multicast_enabled=True,
        manual_recording_seconds=300,
        panoramic_lens_type="A8",
    )


@pytest.mark.requirement(18)
def test_rights_options_and_events_of_the_site() -> None:
    found = decode(
        "<ApplicationAccess><SmartClientSecurity><SmartClientBrowse>true</SmartClientBrowse><SmartClientLive>false"
        "</SmartClientLive><SmartClientReport>true</SmartClientReport></SmartClientSecurity></ApplicationAccess>"
        f"<EventTypes><EventTypeInfo><Description>d</Description><EventTypeId>{guid(1)}</EventTypeId><Name>Open gate"
        f"</Name></EventTypeInfo></EventTypes><ServerId>{guid(5)}</ServerId><ServerOptions><ServerOption><Key>Bookmark"
        "</Key><Value>True</Value></ServerOption><ServerOption><Key>New</Key><Value i:nil='true'/></ServerOption>"
        "</ServerOptions><SystemEventTypes><SystemEventTypeInfo><Description/><EventSource>OfALaterRelease"
        f"</EventSource><EventTypeId>{guid(2)}</EventTypeId><Name>Motion Started</Name></SystemEventTypeInfo>"
        "</SystemEventTypes>"
    )
    assert (found.may_browse, found.may_live, found.may_setup) == (True, False, None)
    assert found.options == {"Bookmark": "True", "New": ""}
    assert found.user_defined_events == (UserDefinedEvent(id=guid(1), name="Open gate", description="d"),)
    assert found.system_event_types == (SystemEventType(id=guid(2), name="Motion Started", source="OfALaterRelease"),)


def test_the_old_form_has_another_order_and_leaves_null_out() -> None:
    def old(number: int) -> str:
        return (
            f"<CameraInfo><RecorderId>{guid(1, 10)}</RecorderId><HardwareId>{guid(1, 20)}</HardwareId>"
            f"<DeviceId>{guid(number)}</DeviceId><Name>Old {number}</Name><Description>d</Description>"
            "<DeviceIndex>1</DeviceIndex><MaxFPS>8</MaxFPS><BrowsableStream>true</BrowsableStream>"
            f"<Streams><StreamInfo><StreamId>{guid(number, 31)}</StreamId><Name>s</Name><Default>true</Default>"
            f"</StreamInfo></Streams><Tracks><TrackInfo><TrackId>{guid(number)}</TrackId><Edge>false</Edge></TrackInfo>"
            "</Tracks><CameraSecurity><Live>true</Live><Browse>false</Browse><PtzSecurity><ManualControl>true"
            "</ManualControl></PtzSecurity></CameraSecurity><StopManualRecordingSeconds>5</StopManualRecordingSeconds>"
            "</CameraInfo>"
        )

    content = (
        f"<ServerId>{guid(5)}</ServerId><Recorders><RecorderInfo><RecorderId>{guid(1, 10)}</RecorderId><Name>R</Name>"
        f"<WebServerUri>http://r:7563/</WebServerUri><Cameras>{''.join(map(old, range(1, 20)))}</Cameras><Hardware>"
        f"<HardwareInfo><HardwareId>{guid(1, 20)}</HardwareId><DeviceIds><guid>{guid(1)}</guid></DeviceIds>"
        "<Name>H</Name><Interconnected>true</Interconnected></HardwareInfo></Hardware></RecorderInfo></Recorders>"
        f"<CameraGroups><CameraGroupInfo><GroupId>{guid(1, 40)}</GroupId><Name>G</Name><Cameras><guid>{guid(1)}</guid>"
        "</Cameras></CameraGroupInfo></CameraGroups>"
    )
    found = servercommand.get_configuration("t", asmx=True).decode(reply(SC, "GetConfiguration", content))
    assert [camera.name for camera in found.cameras] == [f"Old {number}" for number in range(1, 20)]
    last = found.cameras[-1]
    assert last.id == guid(19)
    assert last.streams == (CameraStream(id=guid(19, 31), name="s", default=True),)
    assert last.rights == CameraRights(live=True, ptz_manual_control=True)
    assert (last.max_fps, last.manual_recording_seconds, last.short_name, last.ptz) == (8.0, 5, None, None)
    assert last.hardware is found.hardware[0]
    assert found.hardware[0].interconnected
    assert found.hardware[0].device_ids == (guid(1),)
    assert found.camera_groups[0].camera_ids == (guid(1),)


@pytest.mark.parametrize("empty", ["", "<Recorders/>", '<Recorders i:nil="true"/>'])
def test_absent_empty_and_nil_lists_are_alike(empty: str) -> None:
    found = decode(f"{empty}<ServerName>S</ServerName>")
    assert (found.cameras, found.recorders, found.camera_groups) == ((), (), ())
    assert found.server_name == "S"


def test_a_group_tree_keeps_the_zero_guid_of_a_root_and_cameras_nobody_may_see() -> None:
    found = decode(
        "<CameraGroups><CameraGroupInfo><GroupId>00000000-0000-0000-0000-000000000000</GroupId><Name>All</Name>"
        f'<CameraGroups/><Cameras xmlns:b="{ARRAYS}"><b:guid>{guid(7)}</b:guid></Cameras></CameraGroupInfo>'
        "<CameraGroupInfo i:nil='true'/></CameraGroups>"
    )
    (group,) = found.camera_groups
    assert group.id == UUID(int=0)
    assert group.camera_ids == (guid(7),)


def test_groups_nest_only_so_deep() -> None:
    def nested(depth: int) -> str:
        start = "<CameraGroups><CameraGroupInfo><Name>g</Name>" * depth
        return start + "</CameraGroupInfo></CameraGroups>" * depth

    found = decode(nested(MAX_GROUP_DEPTH))
    assert sum(1 for _ in found.groups()) == MAX_GROUP_DEPTH
    with pytest.raises(RemoteProtocolError, match="nested"):
        decode(nested(MAX_GROUP_DEPTH + 1))


@pytest.mark.parametrize("content", [None, ""])
def test_no_configuration_at_all(content: str | None) -> None:
    body = reply(SC, "GetConfiguration", content, attributes='i:nil="true"')
    with pytest.raises(RemoteProtocolError, match="no result"):
        CALL.decode(body)


def test_a_large_site_is_read_right_in_every_place() -> None:
    found = CALL.decode(configuration_body(350))
    assert [camera.id for camera in found.cameras] == [camera_id(number) for number in range(350)]
    assert [camera.name for camera in found.cameras] == [f"Camera {number} & gate" for number in range(350)]
    assert [unit.id for unit in found.hardware] == [hardware_id(number) for number in range(350)]
    for number, camera in enumerate(found.cameras):
        assert camera.recorder is found.recorders[number // 100]
        assert camera.recorder.id == recorder_id(number // 100)
        assert camera.hardware is found.hardware[number]
        assert camera.hardware.device_ids == (camera.id,)
        assert camera.gis_point == f"POINT (12.{number} 55.7)"
        assert camera.shortcut == str(number)
        assert camera.streams == (
            CameraStream(id=UUID(int=camera.id.int ^ 1 << 80), name="Video stream 1", default=True),
        )
        assert camera.tracks == (CameraTrack(id=camera.id),)
        assert camera.ptz is not None
        assert camera.ptz.enabled == (number % 10 == 0)
        assert [preset.name for preset in camera.ptz.presets] == (["Preset 0", "Preset 1"] if number % 10 == 0 else [])
        assert camera.rights is not None
        assert camera.rights.restricted_media_view is False
        assert camera.rights.ptz_manual_control
    assert [group.camera_ids for group in found.camera_groups][3] == tuple(camera_id(n) for n in range(300, 350))


def with_lists(number: int, streams: int, tracks: int) -> str:
    own = guid(number)
    stream = f"<StreamInfo><Default>false</Default><Name>false</Name><StreamId>{own}</StreamId></StreamInfo>"
    track = f"<TrackInfo><Edge>true</Edge><TrackId>{own}</TrackId></TrackInfo>"
    return (
        f"<CameraInfo><DeviceId>{own}</DeviceId><Name>n</Name><Streams>{stream * streams}</Streams>"
        f"<Tracks>{track * tracks}</Tracks></CameraInfo>"
    )


@pytest.mark.parametrize(
    "shapes",
    [[(3, 1), (0, 5)], [(0, 5), (3, 1)], [(6, 0), (3, 4), (0, 8)] * 4, [(0, 8), (6, 0), (3, 4)] * 4],
)
def test_cameras_of_one_length_and_unlike_lists_are_told_apart(shapes: list[tuple[int, int]]) -> None:
    rows = "".join(with_lists(number, *shape) for number, shape in enumerate(shapes, start=1))
    found = decode(
        f"<Recorders><RecorderInfo><RecorderId>{guid(1, 10)}</RecorderId><Cameras>{rows}</Cameras></RecorderInfo>"
        "</Recorders>"
    )
    assert [(len(camera.streams), len(camera.tracks)) for camera in found.cameras] == shapes
    assert all(stream.name == "false" for camera in found.cameras for stream in camera.streams)
    assert all(track.edge for camera in found.cameras for track in camera.tracks)


def test_unknown_members_in_different_places_of_rows_of_one_length() -> None:
    parts = configuration_body(6).split(b"<ShortName/>")
    before, between = b"<New>x</New><ShortName>s</ShortName>", b"<ShortName>s</ShortName><New>x</New>"
    body = parts[0] + b"".join((before if number % 2 else between) + part for number, part in enumerate(parts[1:]))
    assert [camera.short_name for camera in CALL.decode(body).cameras] == ["s"] * 6


@pytest.mark.parametrize("member", ["Added", "Zone", "Aaa"])
def test_a_member_that_a_later_release_adds_to_every_camera(member: str) -> None:
    body = configuration_body(60).replace(
        b"<DeviceIndex>", f"<{member}><Name>x</Name></{member}><DeviceIndex>".encode()
    )
    assert CALL.decode(body) == CALL.decode(configuration_body(60))


@pytest.mark.parametrize("count", [5, 60])
@pytest.mark.parametrize(
    ("old", "new", "member", "expected"),
    [
        ("<DeviceIndex>0</DeviceIndex>", "<DeviceIndex>x</DeviceIndex>", "index", 0),
        ("<Icon>0</Icon>", f"<Icon>{'9' * 5000}</Icon>", "icon", 0),
        (
            "<BrowsableStream>true</BrowsableStream>",
            "<BrowsableStream>maybe</BrowsableStream>",
            "browsable_stream",
            False,
        ),
        (
            "<BrowsableStream>true</BrowsableStream>",
            "<BrowsableStream>TRUE</BrowsableStream>",
            "browsable_stream",
            True,
        ),
        ("<MaxFPS>0</MaxFPS>", "<MaxFPS>fast</MaxFPS>", "max_fps", 0.0),
        ("<CoverageDirection>0.125", "<CoverageDirection>", "coverage_direction", 0.0),
        (f"<HardwareId>{hardware_id(3)}", "<HardwareId>unit 3", "hardware", None),
    ],
)
def test_one_bad_value_of_a_camera_loses_one_value(
    count: int, old: str, new: str, member: str, expected: object
) -> None:
    body = configuration_body(count).decode()
    whole = CALL.decode(body.encode()).cameras
    start = body.index(f"<DeviceId>{camera_id(3)}")
    start = body.rindex("<CameraInfo>", 0, start)
    assert body.index(old, start) < body.index("</CameraInfo>", start)
    found = CALL.decode((body[:start] + body[start:].replace(old, new, 1)).encode()).cameras
    assert found == (*whole[:3], evolve(whole[3], **{member: expected}), *whole[4:])


@pytest.mark.parametrize("count", [5, 60])
@pytest.mark.parametrize("own", ["camera 3", "00000000-0000-0000-0000-000000000000", ""])
def test_a_camera_without_an_id_is_left_out_and_noted(count: int, own: str) -> None:
    body = configuration_body(count)
    call = servercommand.get_configuration("t")
    whole = call.decode(body).cameras
    assert not call.unreadable
    found = call.decode(body.replace(f"<DeviceId>{camera_id(3)}<".encode(), f"<DeviceId>{own}<".encode()))
    assert found.cameras == whole[:3] + whole[4:]
    assert call.unreadable["id of a camera"] == own


def test_a_recorder_without_an_id_keeps_its_cameras() -> None:
    body = configuration_body(5).replace(
        f"<RecorderId>{recorder_id(0)}</RecorderId><ServiceId>".encode(), b"<RecorderId>x</RecorderId><ServiceId>"
    )
    found = CALL.decode(body)
    assert len(found.cameras) == 5
    assert (found.recorders[0].id, found.recorders[0].uri) == (UUID(int=0), "http://rec0:7563/")


def test_times_of_hardware_outside_the_calendar_are_the_nearest() -> None:
    body = configuration_body(2)
    later = CALL.decode(body.replace(b"<LastModified>2025-05-20", b"<LastModified>10000-05-20"))
    assert {unit.last_modified for unit in later.hardware} == {datetime.max.replace(tzinfo=UTC)}
    unset = CALL.decode(body.replace(b"2025-05-20T09:00:00.5Z", b"0001-01-01T00:00:00+02:00"))
    assert {unit.last_modified for unit in unset.hardware} == {None}


@pytest.mark.parametrize("at", [0, 30, 59])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<ShortName/><Shortcut>{0}</Shortcut>", "<Shortcut>{0}</Shortcut><ShortName>s</ShortName>"),
        ("<ShortName/>", "<Short>s</Short>"),
        ("<Browse>true</Browse><ExportAvi>false</ExportAvi>", "<ExportAvi>true</ExportAvi><Browse>false</Browse>"),
        ("<ShortName/>", "<ShortName xmlns='urn:x'>s</ShortName>"),
        ("<ShortName/>", "<ShortName><Name>s</Name></ShortName>"),
        ("<Tracks><TrackInfo>", "<Tracks><TrackInfo><Name>x</Name></TrackInfo><TrackInfo>"),
        ("<Default>true</Default><Name>Video stream 1</Name>", "<Name>Video stream 1</Name><Default>true</Default>"),
    ],
)
def test_no_camera_is_read_by_the_shape_of_another(at: int, old: str, new: str) -> None:
    rows = [camera_row(number, 0) for number in range(60)]
    changed = rows[at].replace(old.format(at), new.format(at), 1)
    assert changed != rows[at]
    rows[at] = changed

    def cameras(*rows: str) -> tuple[Camera, ...]:
        listed = f"<RecorderId>{guid(1, 10)}</RecorderId><Cameras>{''.join(rows)}</Cameras>"
        return decode(f"<Recorders><RecorderInfo>{listed}</RecorderInfo></Recorders>").cameras

    assert cameras(*rows) == tuple(found for row in rows for found in cameras(row))


def test_a_number_may_be_infinite() -> None:
    body = configuration_body(1).replace(b"<MaxFPS>0</MaxFPS>", b"<MaxFPS>INF</MaxFPS>")
    assert CALL.decode(body).cameras[0].max_fps == float("inf")


@pytest.mark.parametrize("at", ["<Recorders>", "<Cameras>", "</Cameras>", "</Recorders>"])
@pytest.mark.parametrize(
    "decoy", ["<Other>{0}</Other>", "<Other xmlns:x='urn:x'><x:CameraInfo/></Other>", "<CameraInfoOfOld/>"]
)
def test_what_only_looks_like_a_row_changes_none(at: str, decoy: str) -> None:
    body = configuration_body(230).decode()
    place = body.index(at) + (len(at) if at in ("<Recorders>", "<Cameras>") else 0)
    other = body[:place] + decoy.format(camera_row(7, 1)) + body[place:]
    assert CALL.decode(other.encode()) == CALL.decode(body.encode())


def test_a_row_of_another_prefix_is_read_as_what_it_is() -> None:
    body = configuration_body(60).decode()
    row = camera_row(30, 0)
    other = re.sub(r"(</?)(?=[A-Za-z])", r"\1p:", row).replace("<p:CameraInfo>", f"<p:CameraInfo xmlns:p='{SC}'>", 1)
    found = CALL.decode(body.replace(row, f"<Other>{row}</Other>{other}").encode())
    assert found.cameras == CALL.decode(body.encode()).cameras


# Inputs and outputs


def io_row(kind: str, number: int, allowed: str = "true") -> str:
    """An InputInfo or OutputInfo as `.svc` writes it."""
    right = {"Input": "ReadInput", "Output": "Activate"}[kind]
    return (
        f"<{kind}Info><CoverageDepth>0</CoverageDepth><CoverageDirection>0</CoverageDirection><CoverageFieldOfView>0"
        f"</CoverageFieldOfView><Description>{number}</Description><DeviceId>{guid(number)}</DeviceId>"
        f"<DeviceIndex>{number}</DeviceIndex><GisPoint>POINT EMPTY</GisPoint><HardwareId>{guid(1, 20)}</HardwareId>"
        f"<Icon>0</Icon><Name>{kind} {number} &amp; gate</Name><RecorderId>{guid(1, 10)}</RecorderId><ShortName/>"
        f"<Shortcut/><{kind}Security><{right}>{allowed}</{right}></{kind}Security></{kind}Info>"
    )


def with_io(inputs: str, outputs: str, recorder: int = 1) -> str:
    return (
        f"<RecorderInfo><Cameras/><Hardware/><Inputs>{inputs}</Inputs><Name>R</Name><Outputs>{outputs}</Outputs>"
        f"<RecorderId>{guid(recorder, 10)}</RecorderId></RecorderInfo>"
    )


def test_inputs_and_outputs_of_each_recorder() -> None:
    rows = [
        with_io(
            "".join(io_row("Input", number, "false") for number in range(start, start + 20)),
            "".join(io_row("Output", number + 100) for number in range(start, start + 20)),
            recorder,
        )
        for recorder, start in ((1, 1), (2, 21))
    ]
    found = decode(f"<Recorders>{rows[0]}{with_io('', '', 3)}{rows[1]}</Recorders>")
    first, _, second = found.recorders
    common = {"hardware_id": guid(1, 20), "gis_point": "POINT EMPTY"}
    assert found.inputs == tuple(
        Input(
            id=guid(number),
            name=f"Input {number} & gate",
            recorder=first if number < 21 else second,
            index=number,
            description=str(number),
            may_read=False,
            **common,
        )
        for number in range(1, 41)
    )
    assert found.outputs == tuple(
        Output(
            id=guid(number),
            name=f"Output {number} & gate",
            recorder=first if number < 121 else second,
            index=number,
            description=str(number),
            may_activate=True,
            **common,
        )
        for number in range(101, 141)
    )


@pytest.mark.parametrize("empty", ["", "<Inputs/><Outputs/>", '<Inputs i:nil="true"/><Outputs i:nil="true"/>'])
def test_no_inputs_and_outputs(empty: str) -> None:
    found = decode(f"<Recorders><RecorderInfo>{empty}</RecorderInfo></Recorders>")
    assert (found.inputs, found.outputs) == ((), ())


def test_the_old_form_of_an_output() -> None:
    row = (
        f"<OutputInfo><RecorderId>{guid(1, 10)}</RecorderId><HardwareId>{guid(1, 20)}</HardwareId><DeviceId>{guid(1)}"
        "</DeviceId><Name>Siren</Name><Description/><Shortcut/><DeviceIndex>1</DeviceIndex></OutputInfo>"
    )
    (found,) = decode(f"<Recorders>{with_io('', row)}</Recorders>").outputs
    assert (found.name, found.index, found.may_activate, found.gis_point) == ("Siren", 1, None, None)


def media_row(kind: str, number: int) -> str:
    """A MicrophoneInfo, SpeakerInfo or MetadataDeviceInfo as `.svc` writes it."""
    return (
        f"<{kind}Info><Description/><DeviceId>{guid(number)}</DeviceId><DeviceIndex>2</DeviceIndex><GisPoint/>"
        f"<HardwareId>{guid(1, 20)}</HardwareId><Icon>0</Icon><Name>{kind} {number}</Name><RecorderId>{guid(1, 10)}"
        f"</RecorderId><ShortName/><Shortcut/><{kind}Security><Browse>true</Browse><Live>true</Live></{kind}Security>"
        f"</{kind}Info>"
    )


def test_microphones_speakers_and_metadata_devices_of_each_recorder() -> None:
    lists = "".join(
        f"<{kind}s>{media_row(kind, first)}{media_row(kind, first + 1)}</{kind}s>"
        for kind, first in (("MetadataDevice", 1), ("Microphone", 3), ("Speaker", 5))
    )
    rows = f"<RecorderInfo>{lists}<RecorderId>{guid(1, 10)}</RecorderId></RecorderInfo>"
    rows += (
        f"<RecorderInfo><Microphones>{media_row('Microphone', 7)}</Microphones><RecorderId>{guid(2, 10)}</RecorderId>"
    )
    found = decode(f"<Recorders>{rows}</RecorderInfo></Recorders>")
    kinds = [MediaKind.MICROPHONE] * 2 + [MediaKind.SPEAKER] * 2 + [MediaKind.METADATA] * 2 + [MediaKind.MICROPHONE]
    assert [device.kind for device in found.media_devices] == kinds
    assert [device.id for device in found.media_devices] == [guid(number) for number in (3, 4, 5, 6, 1, 2, 7)]
    assert found.media_devices[-1] == MediaDevice(
        id=guid(7),
        name="Microphone 7",
        recorder=found.recorders[1],
        hardware_id=guid(1, 20),
        index=2,
        may_live=True,
        kind=MediaKind.MICROPHONE,
    )


@pytest.mark.parametrize("at", [0, 15, 29])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<ShortName/><Shortcut/>", "<Shortcut/><ShortName>s</ShortName>"),
        ("<ShortName/>", "<ShortName xmlns='urn:x'>s</ShortName>"),
        ("<Name>", "<Later>1</Later><Name>"),
        ("<OutputSecurity><Activate>true</Activate></OutputSecurity>", "<OutputSecurity i:nil='true'/>"),
        ("<DeviceIndex>", "<DeviceIndex>x"),
        ("<Activate>", "<Activate><DeviceId>x</DeviceId></Activate><Activate>"),
    ],
)
def test_no_output_is_read_by_the_shape_of_another(at: int, old: str, new: str) -> None:
    rows = [io_row("Output", number) for number in range(1, 31)]
    changed = rows[at].replace(old, new, 1)
    assert changed != rows[at]
    rows[at] = changed

    def outputs(*rows: str) -> tuple[Output, ...]:
        return decode(f"<Recorders>{with_io('', ''.join(rows))}</Recorders>").outputs

    found = outputs(*rows)
    assert len(found) == 30
    assert found == tuple(output for row in rows for output in outputs(row))


@pytest.mark.parametrize("own", ["", "<DeviceId/>", "<DeviceId>of a later release</DeviceId>"])
def test_an_output_without_an_id_is_left_out(own: str) -> None:
    rows = [io_row("Output", number) for number in range(1, 11)]
    rows[7] = rows[7].replace(f"<DeviceId>{guid(8)}</DeviceId>", own)
    found = decode(f"<Recorders>{with_io('', ''.join(rows))}</Recorders>").outputs
    assert [output.index for output in found] == [1, 2, 3, 4, 5, 6, 7, 9, 10]
