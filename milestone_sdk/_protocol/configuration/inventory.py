"""The reply of `GetConfiguration`, tens of megabytes on a large site, to models."""

# docs/protocol: servercommand-types, servercommand-asmx. `.svc` and `.asmx` write the same members in different orders,
# arrays of GUIDs in different namespaces and null in different ways; all of it is read alike.

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Final, NamedTuple, TypeVar
from uuid import UUID

from ...errors import RemoteProtocolError
from ...models import (
    Camera,
    CameraGroup,
    Configuration,
    Hardware,
    Input,
    MediaDevice,
    MediaKind,
    Output,
    Recorder,
    SystemEventType,
    UserDefinedEvent,
)
from ..soap.envelope import ARRAYS, SERVER_COMMAND, Element, required
from ..soap.members import Members
from ..soap.rows import Layout, Part, Rows, Source, Texts, maker
from .cameras import CameraReader, Conversions, leaves, qualified, tag
from .groups import folders_of

__all__ = ["MAX_GROUP_DEPTH", "Recorders", "read_configuration", "read_recorders"]

V = TypeVar("V")
MAX_GROUP_DEPTH: Final = 64
"""Camera groups within camera groups that are read."""
_NO_ID: Final = UUID(int=0)
_NO_FOLDERS: Final[Mapping[int, tuple[str, ...]]] = {}
_GUID_ITEMS: Final = (f"{{{ARRAYS}}}guid", tag("guid"))
_HARDWARE_PARTS: Final = (
    Part((), leaves("Description HardwareId Interconnected LastModified Name RecorderId Uri")),
    Part(qualified("DeviceIds"), ((),), _GUID_ITEMS),
)
_IO_LEAVES: Final = "Description DeviceId DeviceIndex GisPoint HardwareId Name ShortName "
_make_hardware: Final = maker(Hardware)
_make_input: Final = maker(Input)
_make_output: Final = maker(Output)
_make_media: Final = maker(MediaDevice)
_MEDIA: Final = {"Microphone": MediaKind.MICROPHONE, "Speaker": MediaKind.SPEAKER, "MetadataDevice": MediaKind.METADATA}


class Recorders(NamedTuple):
    """Some recording servers, their hardware, and the devices of that."""

    recorders: tuple[Recorder, ...]
    hardware: tuple[Hardware, ...]
    cameras: tuple[Camera, ...]
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    media_devices: tuple[MediaDevice, ...]


def read_configuration(element: Element | None, body: bytes) -> Configuration:
    """Decode `GetConfigurationResult`, parsed from `body`."""
    return _Reader(body).configuration(required(element))


def read_recorders(element: Element | None, body: bytes) -> Recorders:
    """Decode `GetConfigurationRecordersResult`, parsed from `body`."""
    return _Reader(body).recorders(element)


class _Reader:
    """Reads one document; ids, numbers and repeated structures of it are made once and shared."""

    def __init__(self, body: bytes) -> None:
        self._source = Source(body)
        self._convert = Conversions()
        self._hardware: dict[int, Hardware] = {}

    def configuration(self, element: Element) -> Configuration:
        found = Members(element, SERVER_COMMAND)
        groups = self._groups(found.rows("CameraGroups", "CameraGroupInfo"), "", 0)
        devices = self.recorders(found.element("Recorders"), folders_of(groups))
        options = self._rows(found, "ServerOptions", "ServerOption", "Key Value", _read_option)
        may_live, may_browse, may_setup = self._application_rights(found.structure("ApplicationAccess"))
        return Configuration(
            server_id=found.guid("ServerId") or _NO_ID,
            server_name=found.text("ServerName"),
            server_description=found.text("ServerDescription"),
            **devices._asdict(),
            camera_groups=groups,
            user_defined_events=tuple(
                self._rows(found, "EventTypes", "EventTypeInfo", "Description EventTypeId Name", self._event)
            ),
            system_event_types=tuple(
                self._rows(
                    found,
                    "SystemEventTypes",
                    "SystemEventTypeInfo",
                    "Description EventSource EventTypeId Name",
                    self._system_event,
                )
            ),
            options={key: value for key, value in options if key},
            may_browse=may_browse,
            may_live=may_live,
            may_setup=may_setup,
        )

    def recorders(self, rows: Element | None, folders: Mapping[int, tuple[str, ...]] = _NO_FOLDERS) -> Recorders:
        elements = [] if rows is None else rows.findall(tag("RecorderInfo"))
        recorders = tuple([self._read_recorder(Members(element, SERVER_COMMAND)) for element in elements])
        hardware, cameras = ([element.find(tag(name)) for element in elements] for name in ("Hardware", "Cameras"))
        for found in chain.from_iterable(
            Rows(self._source, tag("HardwareInfo"), _HARDWARE_PARTS, self._read_hardware).read(hardware)
        ):
            self._hardware.setdefault(found.id.int, found)
        reader = CameraReader(self._source, self._convert, self._hardware, folders)
        return Recorders(
            recorders,
            tuple(self._hardware.values()),
            tuple(reader.read(recorders, cameras)),
            self._io("Input", _make_input, "InputSecurity/ReadInput", recorders, elements),
            self._io("Output", _make_output, "OutputSecurity/Activate", recorders, elements),
            self._media(recorders, elements),
        )

    def _media(self, recorders: Sequence[Recorder], elements: Sequence[Element]) -> tuple[MediaDevice, ...]:
        """Read the microphones, speakers and metadata devices, recorder by recorder."""
        found: list[MediaDevice] = []
        for name, kind in _MEDIA.items():
            make = partial(_make_media, kind=kind)
            found += self._io(name, make, f"{name}Security/Live", recorders, elements)
        places = {recorder.id: number for number, recorder in enumerate(recorders)}
        return tuple(sorted(found, key=lambda device: places[device.recorder.id]))

    def _io(
        self,
        kind: str,
        make: Callable[..., V],
        right: str,
        recorders: Sequence[Recorder],
        elements: Sequence[Element],
    ) -> tuple[V, ...]:
        """Read the devices of one kind, other than cameras, of all recorders of the document."""
        convert = self._convert
        recorder: list[Recorder] = []

        def read(layout: Layout, texts: Texts) -> V | None:
            description, device_id, index, point, hardware, name, short_name, allowed = layout[0][0](texts)
            if (own := convert.row_id(device_id, f"{'an' if kind[0] in 'IO' else 'a'} {kind.lower()}")) is None:
                return None
            return make(
                own,
                name or "",
                recorder[0],
                convert.guid[hardware],
                convert.integer[index],
                short_name or None,
                description or None,
                point or None,
                convert.flag[allowed] if allowed else None,
            )

        def enter(number: int) -> None:
            recorder[:] = [recorders[number]]

        rows = Rows(self._source, tag(f"{kind}Info"), [Part((), leaves(_IO_LEAVES + right))], read)
        return tuple(chain.from_iterable(rows.read([element.find(tag(f"{kind}s")) for element in elements], enter)))

    def _read_recorder(self, found: Members) -> Recorder:
        return Recorder(
            id=self._convert.row_id(found.text("RecorderId"), "a recorder") or _NO_ID,
            name=found.text("Name") or "",
            uri=found.text("WebServerUri") or "",
            host_name=found.text("HostName"),
            description=found.text("Description"),
            service_id=found.guid("ServiceId"),
            time_zone=found.text("TimeZoneName"),
            last_modified=found.moment("LastModified"),
            default_recording_seconds=found.integer("DefaultRecordingTimeSeconds") or 0,
            xml_encoding=found.text("XmlEncoding"),
        )

    def _read_hardware(self, layout: Layout, texts: Texts) -> Hardware | None:
        (own,), devices = layout
        description, hardware_id, interconnected, modified, name, recorder, uri = own(texts)
        convert = self._convert
        if (own_id := convert.row_id(hardware_id, "hardware")) is None:
            return None
        return _make_hardware(
            own_id,
            name or "",
            convert.guid[recorder],
            uri or None,
            description or None,
            convert.flag[interconnected],
            convert.moment[modified],
            tuple([device for pick in devices if (device := convert.guid[pick(texts)[0]])]),
            None,
        )

    def _groups(self, rows: Sequence[Members], parent: str, depth: int) -> tuple[CameraGroup, ...]:
        if rows and depth == MAX_GROUP_DEPTH:
            raise RemoteProtocolError(f"camera groups are nested more than {MAX_GROUP_DEPTH} deep")
        return tuple([self._group(row, parent, depth) for row in rows])

    def _group(self, row: Members, parent: str, depth: int) -> CameraGroup:
        name = row.text("Name") or ""
        path = f"{parent}/{name}" if depth else name
        return CameraGroup(
            id=row.guid("GroupId") or _NO_ID,
            name=name,
            path=path,
            description=row.text("Description"),
            groups=self._groups(row.rows("CameraGroups", "CameraGroupInfo"), path, depth + 1),
            camera_ids=self._guids(row.element("Cameras")),
        )

    def _guids(self, items: Element | None) -> tuple[UUID, ...]:
        ids = [] if items is None else [self._convert.guid[item.text] for item in items.iterchildren(*_GUID_ITEMS)]
        return tuple(filter(None, ids))

    def _rows(
        self, found: Members, name: str, item: str, names: str, make: Callable[[Layout, Texts], V | None]
    ) -> list[V]:
        """Read a member of the configuration that is the only list of such rows."""
        return Rows(self._source, tag(item), [Part((), leaves(names))], make).read([found.element(name)])[0]

    def _event(self, layout: Layout, texts: Texts) -> UserDefinedEvent:
        description, own, name = layout[0][0](texts)
        return UserDefinedEvent(id=self._convert.guid[own] or _NO_ID, name=name or "", description=description or None)

    def _system_event(self, layout: Layout, texts: Texts) -> SystemEventType:
        description, source, own, name = layout[0][0](texts)
        event_id = self._convert.guid[own] or _NO_ID
        return SystemEventType(id=event_id, name=name or "", source=source or None, description=description or None)

    def _application_rights(self, access: Members | None) -> list[bool | None]:
        found = None if access is None else access.structure("SmartClientSecurity")
        names = ("SmartClientLive", "SmartClientBrowse", "SmartClientSetup")
        texts = [None if found is None else found.text(name) for name in names]
        return [None if text is None else self._convert.flag[text] for text in texts]


def _read_option(layout: Layout, texts: Texts) -> tuple[str | None, str]:
    key, value = layout[0][0](texts)
    return key, value or ""
