"""The reply of `GetConfiguration`, tens of megabytes on a large site, to models (protocol/auth.md 6.3).

`.svc` and `.asmx` write the same members in different orders, arrays of GUIDs in different namespaces and null in
different ways (protocol/auth.md 6.5); all of it is read alike.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final
from uuid import UUID

from ..errors import RemoteProtocolError
from ..models import (
    Camera,
    CameraGroup,
    CameraRights,
    CameraStream,
    CameraTrack,
    Configuration,
    Hardware,
    Ptz,
    PtzPreset,
    Recorder,
    SystemEventType,
    UserDefinedEvent,
)
from .rows import Blocks, Flags, Nested, Rows, Texts
from .soap import Element, members, required, text_of
from .values import Interned, boolean, guid, integer, optional_moment, real

__all__ = ["ARRAYS", "MAX_GROUP_DEPTH", "NAMESPACE", "read_configuration"]

NAMESPACE: Final = "http://videoos.net/2/XProtectCSServerCommand"
ARRAYS: Final = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
MAX_GROUP_DEPTH: Final = 64
"""Camera groups within camera groups that are read."""
_NO_ID: Final = UUID(int=0)


def _qualified(names: str) -> tuple[str, ...]:
    return tuple(f"{{{NAMESPACE}}}{name}" for name in names.split())


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


_GUID_ITEMS: Final = (f"{{{ARRAYS}}}guid", _tag("guid"))
_CAMERA_TEXTS: Final = _qualified(
    "CoverageDepth CoverageDirection CoverageFieldOfView Description DeviceId DeviceIndex GisPoint HardwareId Icon Name"
    " ShortName Shortcut BrowsableStream EdgeStoragePlayback EdgeStorageSupported MaxFPS MulticastEnabled"
    " StopManualRecordingSeconds"
)
_CAMERA_NESTED: Final = _qualified("CameraSecurity PanoramicLensSettings PtzSettings Streams Tracks")
_CAMERA_OTHERS: Final = _qualified("RecorderId IpixSettings")
_HARDWARE_TEXTS: Final = _qualified("Description HardwareId Interconnected LastModified Name RecorderId Uri")
_HARDWARE_NESTED: Final = _qualified("DeviceIds")
_STREAM: Final = _qualified("Default Name StreamId")
_TRACK: Final = _qualified("Edge TrackId")
_EVENT: Final = _qualified("Description EventTypeId Name")
_SYSTEM_EVENT: Final = _qualified("Description EventSource EventTypeId Name")
_OPTION: Final = _qualified("Key Value")
_PRESET_TEXTS: Final = _qualified("Id Locked Name Shortcut")
_PRESET_NESTED: Final = _qualified("Position")
_POSITION: Final = _qualified("Pan Tilt Zoom")
_CAPABILITY: Final = _qualified("Name")
_CAPABILITY_OTHERS: Final = _qualified("Absolute Automatic CapabilityId Relative Speed Start Stop")
_PANORAMIC: Final = _qualified("CameraMount ImmerVision PanoramicLensEnabled PanoramicLensType")
_PTZ: Final = _qualified(
    "Capabilities EditPreset IsCenterOnPositionInViewSupported IsPtzCenterAndZoomToRectangleSupported"
    " IsPtzDiagonalSupported IsPtzHomeSupported Presets PtzEnabled"
)
_RIGHTS: Final = {
    "BookmarkAdd": "bookmark_add",
    "BookmarkDelete": "bookmark_delete",
    "BookmarkEdit": "bookmark_edit",
    "BookmarkView": "bookmark_view",
    "Browse": "browse",
    "ExportAvi": "export_avi",
    "ExportDatabase": "export_database",
    "ExportJpeg": "export_jpeg",
    "GetSequences": "get_sequences",
    "Live": "live",
    "ManagePatrollingProfiles": "manage_patrolling_profiles",
    "ManagePresetLocks": "manage_preset_locks",
    "ManagePresets": "manage_presets",
    "ManualControl": "ptz_manual_control",
    "PresetControl": "ptz_preset_control",
    "ReserveControl": "ptz_reserve_control",
    "RestrictedMediaCreate": "restricted_media_create",
    "RestrictedMediaRemove": "restricted_media_remove",
    "RestrictedMediaView": "restricted_media_view",
    "RetentionCreate": "retention_create",
    "RetentionRemove": "retention_remove",
    "RetentionView": "retention_view",
    "RetrieveEdgeRecordings": "retrieve_edge_recordings",
    "SmartSearch": "smart_search",
    "StartRecording": "start_recording",
    "StopRecording": "stop_recording",
}
_RIGHT_OF_TAG: Final = {_tag(name): right for name, right in _RIGHTS.items()}
_PTZ_SECURITY: Final = _tag("PtzSecurity")


def read_configuration(element: Element | None) -> Configuration:
    """Decode `GetConfigurationResult`."""
    return _Reader().configuration(required(element))


class _Reader:
    """Reads one document; ids, numbers and repeated blocks of it are made once and shared."""

    def __init__(self) -> None:
        self._guid = Interned(guid)
        self._integer = Interned(integer)
        self._real = Interned(real)
        self._boolean = Interned(boolean)
        self._moment = Interned(optional_moment)
        self._rights = Flags((*_RIGHT_OF_TAG, _PTZ_SECURITY), self._read_rights)
        self._ptz = Blocks(_PTZ, self._read_ptz)
        self._lens = Blocks(_PANORAMIC, self._read_lens)
        self._camera_rows = Rows(
            _tag("CameraInfo"), wanted=_CAMERA_TEXTS, nested=_CAMERA_NESTED, others=_CAMERA_OTHERS
        )
        self._hardware_rows = Rows(_tag("HardwareInfo"), wanted=_HARDWARE_TEXTS, nested=_HARDWARE_NESTED)
        self._stream_rows = Rows(_tag("StreamInfo"), wanted=_STREAM)
        self._track_rows = Rows(_tag("TrackInfo"), wanted=_TRACK)
        self._preset_rows = Rows(_tag("PresetInfo"), wanted=_PRESET_TEXTS, nested=_PRESET_NESTED)
        self._capability_rows = Rows(_tag("CapabilityInfo"), wanted=_CAPABILITY, others=_CAPABILITY_OTHERS)
        self._hardware: dict[UUID, Hardware] = {}

    def configuration(self, element: Element) -> Configuration:
        found = members(element)
        recorder_list = found.get(_tag("Recorders"))
        recorders = [] if recorder_list is None else recorder_list.findall(_tag("RecorderInfo"))
        for element in recorders:
            for hardware in self._hardware_rows.read(element.find(_tag("Hardware")), self._read_hardware):
                self._hardware.setdefault(hardware.id, hardware)
        pairs = [(self._recorder(element), element.find(_tag("Cameras"))) for element in recorders]
        cameras: list[Camera] = []
        for recorder, rows in pairs:
            cameras += self._camera_rows.read(rows, partial(self._camera, recorder=recorder))
        may_live, may_browse, may_setup = self._application_rights(found.get(_tag("ApplicationAccess")))
        return Configuration(
            server_id=self._guid[text_of(found.get(_tag("ServerId")))] or _NO_ID,
            server_name=text_of(found.get(_tag("ServerName"))),
            server_description=text_of(found.get(_tag("ServerDescription"))),
            recorders=tuple(recorder for recorder, _ in pairs),
            hardware=tuple(self._hardware.values()),
            cameras=tuple(cameras),
            camera_groups=self._groups(found.get(_tag("CameraGroups")), "", 0),
            user_defined_events=tuple(Rows(_tag("EventTypeInfo"), wanted=_EVENT).read(found.get(_tag("EventTypes")), self._event)),
            system_event_types=tuple(Rows(_tag("SystemEventTypeInfo"), wanted=_SYSTEM_EVENT).read(found.get(_tag("SystemEventTypes")), self._system_event)),
            options=_options(found.get(_tag("ServerOptions"))),
            may_browse=may_browse,
            may_live=may_live,
            may_setup=may_setup,
        )

    def _id(self, text: str | None, what: str) -> UUID:
        value = self._guid[text]
        if value is None:
            raise RemoteProtocolError(f"{what} without an id")
        return value

    def _recorder(self, element: Element) -> Recorder:
        found = members(element)

        def text(name: str) -> str | None:
            return text_of(found.get(_tag(name)))

        return Recorder(
            id=self._id(text("RecorderId"), "a recorder"),
            name=text("Name") or "",
            uri=text("WebServerUri") or "",
            host_name=text("HostName"),
            description=text("Description"),
            service_id=self._guid[text("ServiceId")],
            time_zone=text("TimeZoneName"),
            last_modified=optional_moment(text("LastModified")),
            default_recording_seconds=self._integer[text("DefaultRecordingTimeSeconds")],
            xml_encoding=text("XmlEncoding"),
        )

    def _read_hardware(self, texts: Texts, nested: Nested) -> Hardware:
        description, own, interconnected, modified, name, recorder, uri = texts
        return Hardware(
            id=self._id(own, "hardware"),
            name=name or "",
            recorder_id=self._guid[recorder],
            uri=uri or None,
            description=description or None,
            interconnected=self._boolean[interconnected],
            last_modified=self._moment[modified],
            device_ids=self._guids(nested[0]),
        )

    def _camera(self, texts: Texts, nested: Nested, *, recorder: Recorder) -> Camera:
        (
            depth,
            direction,
            view,
            description,
            own,
            index,
            point,
            hardware,
            icon,
            name,
            short_name,
            shortcut,
            browsable,
            playback,
            supported,
            fps,
            multicast,
            seconds,
        ) = texts
        security, lens, ptz, streams, tracks = nested
        hardware_id = self._guid[hardware]
        real, boolean, integer = self._real, self._boolean, self._integer
        return Camera(
            id=self._id(own, "a camera"),
            name=name or "",
            recorder=recorder,
            hardware=None if hardware_id is None else self._hardware.get(hardware_id),
            index=integer[index],
            short_name=short_name or None,
            description=description or None,
            shortcut=shortcut or None,
            icon=integer[icon],
            gis_point=point or None,
            coverage_depth=real[depth],
            coverage_direction=real[direction],
            coverage_field_of_view=real[view],
            rights=self._rights(security),
            streams=tuple(self._stream_rows.read(streams, self._stream)),
            tracks=tuple(self._track_rows.read(tracks, self._track)),
            ptz=self._ptz(ptz),
            max_fps=real[fps],
            browsable_stream=boolean[browsable],
            edge_storage_supported=boolean[supported],
            edge_storage_playback=boolean[playback],
            multicast_enabled=boolean[multicast],
            manual_recording_seconds=integer[seconds],
            panoramic_lens_type=self._lens(lens),
        )

    def _stream(self, texts: Texts, _: Nested) -> CameraStream:
        default, name, own = texts
        return CameraStream(id=self._guid[own] or _NO_ID, name=name or None, default=self._boolean[default])

    def _track(self, texts: Texts, _: Nested) -> CameraTrack:
        edge, own = texts
        return CameraTrack(id=self._guid[own] or _NO_ID, edge=self._boolean[edge])

    def _read_rights(self, block: Element) -> CameraRights:
        found = members(block)
        if (ptz := found.get(_PTZ_SECURITY)) is not None:
            found |= {tag: child for tag, child in members(ptz).items() if tag not in found}
        rights = {right: self._boolean[found[tag].text] for tag, right in _RIGHT_OF_TAG.items() if tag in found}
        return CameraRights(**rights)

    def _read_lens(self, block: Element) -> str | None:
        found = members(block)
        enabled = self._boolean[text_of(found.get(_tag("PanoramicLensEnabled")))]
        return text_of(found.get(_tag("PanoramicLensType"))) if enabled else None

    def _read_ptz(self, block: Element) -> Ptz:
        found = members(block)

        def flag(name: str) -> bool:
            return self._boolean[text_of(found.get(_tag(name)))]

        return Ptz(
            enabled=flag("PtzEnabled"),
            edit_preset=flag("EditPreset"),
            center_on_position=flag("IsCenterOnPositionInViewSupported"),
            center_and_zoom_to_rectangle=flag("IsPtzCenterAndZoomToRectangleSupported"),
            diagonal=flag("IsPtzDiagonalSupported"),
            home=flag("IsPtzHomeSupported"),
            capabilities=tuple(filter(None, self._capability_rows.read(found.get(_tag("Capabilities")), _first))),
            presets=tuple(self._preset_rows.read(found.get(_tag("Presets")), self._preset)),
        )

    def _preset(self, texts: Texts, nested: Nested) -> PtzPreset:
        own, locked, name, shortcut = texts
        position = nested[0]
        pan = tilt = zoom = None
        if position is not None and len(position):
            found = members(position)
            pan, tilt, zoom = [self._real[text_of(found.get(tag))] for tag in _POSITION]
        return PtzPreset(
            id=self._guid[own] or _NO_ID,
            name=name or None,
            locked=self._boolean[locked],
            shortcut=shortcut or None,
            pan=pan,
            tilt=tilt,
            zoom=zoom,
        )

    def _groups(self, rows: Element | None, parent: str, depth: int) -> tuple[CameraGroup, ...]:
        found = [] if rows is None else rows.findall(_tag("CameraGroupInfo"))
        if found and depth == MAX_GROUP_DEPTH:
            raise RemoteProtocolError(f"camera groups are nested more than {MAX_GROUP_DEPTH} deep")
        return tuple(self._group(row, parent, depth) for row in found if len(row))

    def _group(self, row: Element, parent: str, depth: int) -> CameraGroup:
        found = members(row)
        name = text_of(found.get(_tag("Name"))) or ""
        path = f"{parent}/{name}" if depth else name
        return CameraGroup(
            id=self._guid[text_of(found.get(_tag("GroupId")))] or _NO_ID,
            name=name,
            path=path,
            description=text_of(found.get(_tag("Description"))),
            groups=self._groups(found.get(_tag("CameraGroups")), path, depth + 1),
            camera_ids=self._guids(found.get(_tag("Cameras"))),
        )

    def _guids(self, items: Element | None) -> tuple[UUID, ...]:
        if items is None:
            return ()
        ids = [self._guid[item.text] for item in items.iterchildren(*_GUID_ITEMS)]
        return tuple([value for value in ids if value is not None])

    def _event(self, texts: Texts, _: Nested) -> UserDefinedEvent:
        description, own, name = texts
        return UserDefinedEvent(id=self._guid[own] or _NO_ID, name=name or "", description=description or None)

    def _system_event(self, texts: Texts, _: Nested) -> SystemEventType:
        description, source, own, name = texts
        return SystemEventType(
            id=self._guid[own] or _NO_ID, name=name or "", source=source or None, description=description or None
        )

    def _application_rights(self, access: Element | None) -> Sequence[bool | None]:
        block = None if access is None else access.find(_tag("SmartClientSecurity"))
        found = {} if block is None else members(block)
        texts = [text_of(found.get(tag)) for tag in _qualified("SmartClientLive SmartClientBrowse SmartClientSetup")]
        return [None if text is None else self._boolean[text] for text in texts]


def _options(rows: Element | None) -> dict[str, str]:
    pairs = Rows(_tag("ServerOption"), wanted=_OPTION).read(rows, lambda texts, _: (texts[0], texts[1]))
    return {key: value or "" for key, value in pairs if key}


def _first(texts: Texts, _: Nested) -> str | None:
    return texts[0]
