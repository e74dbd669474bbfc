"""The cameras in the reply of `GetConfiguration`, with their streams, tracks, rights and PTZ."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final, TypeVar
from uuid import UUID

from ...models import Camera, CameraRights, CameraStream, CameraTrack, Hardware, Ptz, PtzPreset, Recorder
from ..soap.envelope import SERVER_COMMAND, Element
from ..soap.rows import Layout, Part, Pick, Rows, Source, Texts, maker
from ..soap.values import Interned, boolean, guid, integer, note, optional_moment, real

__all__ = ["CameraReader", "Conversions", "leaves", "qualified", "tag"]

V = TypeVar("V")

_NO_ID: Final = UUID(int=0)


def tag(name: str) -> str:
    """Return a name in the namespace of ServerCommandService."""
    return f"{{{SERVER_COMMAND}}}{name}"


def qualified(names: str) -> tuple[str, ...]:
    """Return such names, given in one string."""
    return tuple(map(tag, names.split()))


def leaves(paths: str) -> tuple[tuple[str, ...], ...]:
    """Return paths of such names, `Position/Pan`."""
    return tuple(qualified(path.replace("/", " ")) for path in paths.split())


def _flag(text: str | None) -> bool:
    return bool(boolean(text))


class Conversions:
    """Converts the texts of one document, each distinct one once: ids, numbers and flags repeat by the thousand."""

    def __init__(self) -> None:
        self.guid = Interned(guid)
        self.integer: Interned[str | None, int] = Interned(lambda text: integer(text) or 0)
        self.real: Interned[str | None, float] = Interned(lambda text: real(text) or 0.0)
        self.flag: Interned[str | None, bool] = Interned(_flag)
        self.moment = Interned(optional_moment)

    def row_id(self, text: str | None, what: str) -> UUID | None:
        """Read the id of a row, which is left out of the inventory without one."""
        value = self.guid[text]
        if value is None:
            note(f"id of {what}", text)
        return value


_RIGHTS: Final = (
    "BookmarkAdd BookmarkDelete BookmarkEdit BookmarkView Browse ExportAvi ExportDatabase ExportJpeg GetSequences Live"
    " ManagePatrollingProfiles ManagePresetLocks ManagePresets PtzSecurity/ManualControl PtzSecurity/PresetControl"
    " PtzSecurity/ReserveControl RestrictedMediaCreate RestrictedMediaRemove RestrictedMediaView RetentionCreate"
    " RetentionRemove RetentionView RetrieveEdgeRecordings SmartSearch StartRecording StopRecording"
)
_RIGHT_NAMES: Final = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", _RIGHTS.replace("Security/", "")).lower().split()
"""The attributes of `CameraRights`: `bookmark_add`, `ptz_manual_control`."""


def _read_rights(texts: Texts) -> CameraRights:
    return CameraRights(**{right: _flag(text) for right, text in zip(_RIGHT_NAMES, texts, strict=True) if text})


_PARTS: Final = (
    Part(
        (),
        leaves(
            "CoverageDepth CoverageDirection CoverageFieldOfView Description DeviceId DeviceIndex GisPoint HardwareId"
            " Icon Name ShortName Shortcut BrowsableStream EdgeStoragePlayback EdgeStorageSupported MaxFPS"
            " MulticastEnabled StopManualRecordingSeconds"
        ),
    ),
    Part(qualified("CameraSecurity"), leaves(_RIGHTS), shared=_read_rights),
    Part(qualified("PanoramicLensSettings"), leaves("PanoramicLensEnabled PanoramicLensType")),
    Part(
        qualified("PtzSettings"),
        leaves(
            "EditPreset IsCenterOnPositionInViewSupported IsPtzCenterAndZoomToRectangleSupported IsPtzDiagonalSupported"
            " IsPtzHomeSupported PtzEnabled"
        ),
    ),
    Part(qualified("PtzSettings Capabilities"), leaves("Name"), qualified("CapabilityInfo")),
    Part(
        qualified("PtzSettings Presets"),
        leaves("Id Locked Name Shortcut Position/Pan Position/Tilt Position/Zoom"),
        qualified("PresetInfo"),
    ),
    Part(qualified("Streams"), leaves("Default Name StreamId"), qualified("StreamInfo")),
    Part(qualified("Tracks"), leaves("Edge TrackId"), qualified("TrackInfo")),
)
_make_camera: Final = maker(Camera)
_make_stream: Final = maker(CameraStream)
_make_track: Final = maker(CameraTrack)


class CameraReader:
    """Reads the cameras of one document; `hardware` and `folders` are found by the number of an id."""

    _recorder: Recorder
    """The one whose cameras are being read."""

    def __init__(
        self,
        source: Source,
        conversions: Conversions,
        hardware: Mapping[int, Hardware],
        folders: Mapping[int, tuple[str, ...]],
    ) -> None:
        self._convert = conversions
        self._hardware = hardware
        self._folders = folders
        self._plain_ptz: Interned[Texts, Ptz] = Interned(_read_ptz)
        self._rows = Rows(source, tag("CameraInfo"), _PARTS, self._camera)

    def read(self, recorders: Sequence[Recorder], lists: Sequence[Element | None]) -> Iterator[Camera]:
        """Read the cameras of all recorders of the document, of each from one list."""

        def enter(number: int) -> None:
            self._recorder = recorders[number]

        return chain.from_iterable(self._rows.read(lists, enter))

    def _camera(self, layout: Layout, texts: Texts) -> Camera | None:
        (own,), rights, lens, ptz, capabilities, presets, streams, tracks = layout
        (
            depth, direction, view, description, device_id, index, point, hardware, icon, name, short_name, shortcut,
            browsable, playback, supported, fps, multicast, seconds,
        ) = own(texts)  # fmt: skip
        convert = self._convert
        guid, real, flag, integer = convert.guid, convert.real, convert.flag, convert.integer
        if (camera_id := convert.row_id(device_id, "a camera")) is None:
            return None
        hardware_id = guid[hardware]
        return _make_camera(
            camera_id,
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
            rights[0](texts) if rights else None,
            _made(self._stream, streams, texts),
            _made(self._track, tracks, texts),
            self._ptz(ptz[0](texts), capabilities, presets, texts) if ptz else None,
            real[fps],
            flag[browsable],
            flag[supported],
            flag[playback],
            flag[multicast],
            integer[seconds],
            self._lens(lens[0](texts)) if lens else None,
            self._folders.get(camera_id.int, ()),
        )

    def _stream(self, texts: Texts) -> CameraStream | None:
        default, name, own = texts
        stream_id = guid(own)
        return None if stream_id is None else _make_stream(stream_id, name or None, self._convert.flag[default])

    def _track(self, texts: Texts) -> CameraTrack | None:
        edge, own = texts
        track_id = self._convert.guid[own]
        return None if track_id is None else _make_track(track_id, self._convert.flag[edge])

    def _lens(self, texts: Texts) -> str | None:
        enabled, kind = texts
        return kind or None if self._convert.flag[enabled] else None

    def _ptz(self, flags: Texts, capabilities: Sequence[Pick], presets: Sequence[Pick], texts: Texts) -> Ptz:
        if not capabilities and not presets:
            return self._plain_ptz[flags]
        names = tuple([pick(texts)[0] for pick in capabilities])
        return _read_ptz(flags, tuple(filter(None, names)), _made(self._preset, presets, texts))

    def _preset(self, texts: Texts) -> PtzPreset:
        own, locked, name, shortcut, *position = texts
        pan, tilt, zoom = [self._convert.real[text] if text else None for text in position]
        return PtzPreset(
            id=guid(own) or _NO_ID,
            name=name or None,
            locked=self._convert.flag[locked],
            shortcut=shortcut or None,
            pan=pan,
            tilt=tilt,
            zoom=zoom,
        )


def _made(make: Callable[[Texts], V | None], picks: Sequence[Pick], texts: Texts) -> tuple[V, ...]:
    """Return what is made of each item of a list within a row; `None` is left out."""
    return tuple([value for pick in picks if (value := make(pick(texts))) is not None])


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
