"""The reply of `GetConfiguration`, tens of megabytes on a large site, to models (protocol/auth.md 6.3).

`.svc` and `.asmx` write the same members in different orders, arrays of GUIDs in different namespaces and null in
different ways (protocol/auth.md 6.5); all of it is read alike.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias, TypeVar
from uuid import UUID

from ...errors import RemoteProtocolError
from ...models import (
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
from ..soap.envelope import Element, members, required, text_of
from ..soap.rows import Layout, Part, Pick, Rows, Source, Texts, maker
from ..soap.values import (
    Interned,
    boolean,
    guid,
    integer,
    note,
    optional_moment,
    real,
)

__all__ = ["ARRAYS", "MAX_GROUP_DEPTH", "NAMESPACE", "Recorders", "read_configuration", "read_recorders"]

V = TypeVar("V")
Recorders: TypeAlias = tuple[tuple[Recorder, ...], tuple[Hardware, ...], tuple[Camera, ...]]
"""Some recording servers, their hardware and their cameras."""

NAMESPACE: Final = "http://videoos.net/2/XProtectCSServerCommand"
ARRAYS: Final = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
MAX_GROUP_DEPTH: Final = 64
"""Camera groups within camera groups that are read."""
_NO_ID: Final = UUID(int=0)


def _qualified(names: str) -> tuple[str, ...]:
    return tuple(f"{{{NAMESPACE}}}{name}" for name in names.split())


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _leaves(paths: str) -> tuple[tuple[str, ...], ...]:
    return tuple(_qualified(path.replace("/", " ")) for path in paths.split())


_GUID_ITEMS: Final = (f"{{{ARRAYS}}}guid", _tag("guid"))
_CAMERA: Final = _leaves(
    "CoverageDepth CoverageDirection CoverageFieldOfView Description DeviceId DeviceIndex GisPoint HardwareId Icon Name"
    " ShortName Shortcut BrowsableStream EdgeStoragePlayback EdgeStorageSupported MaxFPS MulticastEnabled"
    " StopManualRecordingSeconds"
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
    "PtzSecurity/ManualControl": "ptz_manual_control",
    "PtzSecurity/PresetControl": "ptz_preset_control",
    "PtzSecurity/ReserveControl": "ptz_reserve_control",
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
_CAMERA_PARTS: Final = (
    Part((), _CAMERA),
    Part(_qualified("CameraSecurity"), _leaves(" ".join(_RIGHTS)), shared=True),
    Part(_qualified("PanoramicLensSettings"), _leaves("PanoramicLensEnabled PanoramicLensType")),
    Part(
        _qualified("PtzSettings"),
        _leaves(
            "EditPreset IsCenterOnPositionInViewSupported IsPtzCenterAndZoomToRectangleSupported IsPtzDiagonalSupported"
            " IsPtzHomeSupported PtzEnabled"
        ),
    ),
    Part(_qualified("PtzSettings Capabilities"), _leaves("CapabilityId Name"), _qualified("CapabilityInfo")),
    Part(
        _qualified("PtzSettings Presets"),
        _leaves("Id Locked Name Shortcut Position/Pan Position/Tilt Position/Zoom"),
        _qualified("PresetInfo"),
    ),
    Part(_qualified("Streams"), _leaves("Default Name StreamId"), _qualified("StreamInfo")),
    Part(_qualified("Tracks"), _leaves("Edge TrackId"), _qualified("TrackInfo")),
)
_HARDWARE_PARTS: Final = (
    Part((), _leaves("Description HardwareId Interconnected LastModified Name RecorderId Uri")),
    Part(_qualified("DeviceIds"), ((),), _GUID_ITEMS),
)
_EVENT_PARTS: Final = (Part((), _leaves("Description EventTypeId Name")),)
_SYSTEM_EVENT_PARTS: Final = (Part((), _leaves("Description EventSource EventTypeId Name")),)
_make_camera: Final = maker(Camera)
_make_hardware: Final = maker(Hardware)
_make_stream: Final = maker(CameraStream)
_make_track: Final = maker(CameraTrack)
_OPTION_PARTS: Final = (Part((), _leaves("Key Value")),)


def read_configuration(element: Element | None, body: bytes) -> Configuration:
    """Decode `GetConfigurationResult`, parsed from `body`."""
    return _Reader(body).configuration(required(element))


def read_recorders(element: Element | None, body: bytes) -> Recorders:
    """Decode `GetConfigurationRecordersResult`, parsed from `body`."""
    return _Reader(body).recorders(element)


class _Reader:
    """Reads one document; ids, numbers and repeated structures of it are made once and shared."""

    _recorder: Recorder
    """The one whose cameras are being read."""

    def __init__(self, body: bytes) -> None:
        self._source = Source(body)
        self._guid = Interned(guid)
        self._integer: Interned[str | None, int] = Interned(lambda text: integer(text) or 0)
        self._real: Interned[str | None, float] = Interned(lambda text: real(text) or 0.0)
        self._boolean: Interned[str | None, bool] = Interned(_flag)
        self._moment = Interned(optional_moment)
        self._rights = Interned(_read_rights)
        self._plain_ptz: Interned[Texts, Ptz] = Interned(_read_ptz)
        self._hardware: dict[int, Hardware] = {}

    def configuration(self, element: Element) -> Configuration:
        found = members(element)
        recorders, hardware, cameras = self.recorders(found.get(_tag("Recorders")))
        events = self._read("EventTypeInfo", _EVENT_PARTS, self._event, found.get(_tag("EventTypes")))
        system_events = self._read(
            "SystemEventTypeInfo", _SYSTEM_EVENT_PARTS, self._system_event, found.get(_tag("SystemEventTypes"))
        )
        options = self._read("ServerOption", _OPTION_PARTS, _read_option, found.get(_tag("ServerOptions")))
        may_live, may_browse, may_setup = self._application_rights(found.get(_tag("ApplicationAccess")))
        return Configuration(
            server_id=self._guid[text_of(found.get(_tag("ServerId")))] or _NO_ID,
            server_name=text_of(found.get(_tag("ServerName"))),
            server_description=text_of(found.get(_tag("ServerDescription"))),
            recorders=recorders,
            hardware=hardware,
            cameras=cameras,
            camera_groups=self._groups(found.get(_tag("CameraGroups")), "", 0),
            user_defined_events=tuple(events),
            system_event_types=tuple(system_events),
            options={key: value for key, value in options if key},
            may_browse=may_browse,
            may_live=may_live,
            may_setup=may_setup,
        )

    def recorders(self, rows: Element | None) -> Recorders:
        elements = [] if rows is None else rows.findall(_tag("RecorderInfo"))
        lists = [element.find(_tag("Hardware")) for element in elements]
        reader = Rows(self._source, _tag("HardwareInfo"), _HARDWARE_PARTS, self._read_hardware, lists)
        for found in lists:
            for hardware in reader.read(found):
                self._hardware.setdefault(hardware.id.int, hardware)
        lists = [element.find(_tag("Cameras")) for element in elements]
        camera_reader = Rows(self._source, _tag("CameraInfo"), _CAMERA_PARTS, self._camera, lists)
        models: list[Recorder] = []
        cameras: list[Camera] = []
        for element, found in zip(elements, lists, strict=True):
            self._recorder = self._read_recorder(element)
            models.append(self._recorder)
            cameras += camera_reader.read(found)
        return tuple(models), tuple(self._hardware.values()), tuple(cameras)

    def _read(
        self, item: str, parts: Sequence[Part], make: Callable[[Layout, Texts], V | None], rows: Element | None
    ) -> list[V]:
        """Read the only list of such rows."""
        return Rows(self._source, _tag(item), parts, make, [rows]).read(rows)

    def _id(self, text: str | None, what: str) -> UUID | None:
        """Read the id of a row, which is left out of the inventory without one."""
        value = self._guid[text]
        if value is None:
            note(f"id of {what}", text)
        return value

    def _read_recorder(self, element: Element) -> Recorder:
        found = members(element)

        def text(name: str) -> str | None:
            return text_of(found.get(_tag(name)))

        return Recorder(
            id=self._id(text("RecorderId"), "a recorder") or _NO_ID,
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

    def _read_hardware(self, layout: Layout, texts: Texts) -> Hardware | None:
        (own,), devices = layout
        description, hardware_id, interconnected, modified, name, recorder, uri = own(texts)
        own_id = self._id(hardware_id, "hardware")
        if own_id is None:
            return None
        return _make_hardware(
            own_id,
            name or "",
            self._guid[recorder],
            uri or None,
            description or None,
            self._boolean[interconnected],
            self._moment[modified],
            tuple([device for device in [self._guid[pick(texts)[0]] for pick in devices] if device]),
        )

    def _camera(self, layout: Layout, texts: Texts) -> Camera | None:
        (own,), rights, lens, ptz, capabilities, presets, streams, tracks = layout
        (
            depth,
            direction,
            view,
            description,
            device_id,
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
        ) = own(texts)
        hardware_id = self._guid[hardware]
        own_id = self._id(device_id, "a camera")
        if own_id is None:
            return None
        real, boolean, integer = self._real, self._boolean, self._integer
        return _make_camera(
            own_id,
            name or "",
            self._recorder,
            None if hardware_id is None else self._hardware.get(hardware_id.int),
            integer[index],
            short_name or None,
            description or None,
            shortcut or None,
            integer[icon],
            point or None,
            real[depth],
            real[direction],
            real[view],
            self._rights[rights[0](texts)] if rights else None,
            tuple([stream for stream in [self._stream(pick(texts)) for pick in streams] if stream]),
            tuple([track for track in [self._track(pick(texts)) for pick in tracks] if track]),
            self._ptz(ptz[0](texts), capabilities, presets, texts) if ptz else None,
            real[fps],
            boolean[browsable],
            boolean[supported],
            boolean[playback],
            boolean[multicast],
            integer[seconds],
            self._lens(lens[0](texts)) if lens else None,
        )

    def _stream(self, texts: Texts) -> CameraStream | None:
        default, name, own = texts
        stream_id = guid(own)
        if stream_id is None:
            return None
        return _make_stream(stream_id, name or None, self._boolean[default])

    def _track(self, texts: Texts) -> CameraTrack | None:
        edge, own = texts
        track_id = self._guid[own]
        return None if track_id is None else _make_track(track_id, self._boolean[edge])

    def _lens(self, texts: Texts) -> str | None:
        enabled, kind = texts
        return kind or None if self._boolean[enabled] else None

    def _ptz(self, flags: Texts, capabilities: Sequence[Pick], presets: Sequence[Pick], texts: Texts) -> Ptz:
        if not capabilities and not presets:
            return self._plain_ptz[flags]
        named = [self._capability(pick(texts)) for pick in capabilities]
        return _read_ptz(
            flags,
            tuple([name for name in named if name]),
            tuple([self._preset(pick(texts)) for pick in presets]),
        )

    def _capability(self, texts: Texts) -> str | None:
        return texts[1] or None

    def _preset(self, texts: Texts) -> PtzPreset:
        own, locked, name, shortcut, *position = texts
        preset_id = guid(own)
        pan, tilt, zoom = [self._real[text] if text else None for text in position]
        return PtzPreset(
            id=preset_id or _NO_ID,
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
        ids = [] if items is None else [self._guid[item.text] for item in items.iterchildren(*_GUID_ITEMS)]
        return tuple(filter(None, ids))

    def _event(self, layout: Layout, texts: Texts) -> UserDefinedEvent:
        description, own, name = layout[0][0](texts)
        return UserDefinedEvent(id=self._guid[own] or _NO_ID, name=name or "", description=description or None)

    def _system_event(self, layout: Layout, texts: Texts) -> SystemEventType:
        description, source, own, name = layout[0][0](texts)
        return SystemEventType(
            id=self._guid[own] or _NO_ID, name=name or "", source=source or None, description=description or None
        )

    def _application_rights(self, access: Element | None) -> Sequence[bool | None]:
        block = None if access is None else access.find(_tag("SmartClientSecurity"))
        found = {} if block is None else members(block)
        texts = [text_of(found.get(tag)) for tag in _qualified("SmartClientLive SmartClientBrowse SmartClientSetup")]
        return [None if text is None else self._boolean[text] for text in texts]


def _read_option(layout: Layout, texts: Texts) -> tuple[str | None, str]:
    key, value = layout[0][0](texts)
    return key, value or ""


def _flag(text: str | None) -> bool:
    return bool(boolean(text))


def _read_rights(texts: Texts) -> CameraRights:
    return CameraRights(**{right: _flag(text) for right, text in zip(_RIGHTS.values(), texts, strict=True) if text})


def _read_ptz(flags: Texts, capabilities: tuple[str, ...] = (), presets: tuple[PtzPreset, ...] = ()) -> Ptz:
    edit, center, rectangle, diagonal, home, enabled = [_flag(flag) for flag in flags]
    return Ptz(
        enabled=enabled,
        edit_preset=edit,
        center_on_position=center,
        center_and_zoom_to_rectangle=rectangle,
        diagonal=diagonal,
        home=home,
        capabilities=capabilities,
        presets=presets,
    )
