"""Items of the Configuration API to the models of `GetConfiguration`.

Both sources give equal models as far as both have a value: see `Camera.configured`.
"""  # docs/protocol: configuration-parents, configuration-items

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, TypeVar
from uuid import UUID

from ...errors import ConfigurationError, RemoteProtocolError
from ...models import Camera, CameraGroup, ConfigurationItem, Hardware, ItemPath, Recorder
from ...models.items.devices import CameraGroupItem, CameraItem
from ...models.items.path import ROOT
from ...models.items.recorders import HardwareDriverItem, HardwareItem, RecordingServerItem
from ...models.items.view import ItemView
from .inventory import MAX_GROUP_DEPTH

__all__ = [
    "camera_from",
    "camera_groups_from",
    "climb",
    "effective_enabled",
    "hardware_from",
    "path_of",
    "recorder_from",
]

_NO_ID: Final = UUID(int=0)
_LONGEST_SHOWN: Final = 80

V = TypeVar("V", bound=ItemView)


def climb(item: ConfigurationItem) -> ItemPath:
    """Return the path of the item above: hardware for a camera, its recorder for hardware, then the root.

    It is the first segment of ParentPath. Raises `RemoteProtocolError`.
    """  # docs/protocol: configuration-paths, configuration-parents
    if not item.parent_path:
        return ROOT
    above = item.parent
    if above is None:
        raise RemoteProtocolError(
            f"{_shown(item)} has a parent path of unknown form", sample=item.parent_path[:_LONGEST_SHOWN]
        )
    return above


def effective_enabled(device: ConfigurationItem, hardware: ConfigurationItem) -> bool:
    """Whether a device works: neither it nor its hardware is disabled."""  # docs/protocol: configuration-disabled
    return device.enabled is not False and hardware.enabled is not False


def recorder_from(item: ConfigurationItem) -> Recorder:
    """Return the model of a recording server. Raises `RemoteProtocolError` for another item, or one without an id."""
    found = _shown_as(RecordingServerItem, item)
    return Recorder(
        id=_id(found),
        name=found.name,
        uri=found.uri or "",
        host_name=found.host_name,
        description=found.description,
        time_zone=found.time_zone,
        last_modified=found.last_modified,
    )


def hardware_from(item: ConfigurationItem, driver: ConfigurationItem | None = None) -> Hardware:
    """Return the model of a hardware, whose driver shows whether it is a remote site. Raises as `recorder_from`."""
    found = _shown_as(HardwareItem, item)
    return Hardware(
        id=_id(found),
        name=found.name,
        recorder_id=None if found.recorder is None else found.recorder.guid,
        uri=found.address,
        description=found.description,
        interconnected=driver is not None and _shown_as(HardwareDriverItem, driver).is_interconnect,
        last_modified=found.last_modified,
        model=found.model,
    )


def camera_from(item: ConfigurationItem, recorder: Recorder, hardware: Hardware | None = None) -> Camera:
    """Return the model of a camera on that hardware. Raises as `recorder_from`."""
    found = _shown_as(CameraItem, item)
    return Camera(
        id=_id(found),
        name=found.name,
        recorder=recorder,
        hardware=hardware,
        index=found.channel,
        short_name=found.short_name,
        description=found.description,
        icon=found.icon,
        gis_point=found.gis_point,
        coverage_depth=found.coverage_depth,
        coverage_direction=found.coverage_direction,
        coverage_field_of_view=found.coverage_field_of_view,
        edge_storage_playback=found.edge_storage_playback_enabled,
        manual_recording_seconds=found.manual_recording_seconds,
    )


def camera_groups_from(
    groups: Sequence[ConfigurationItem],
    children_of: Mapping[ItemPath, Sequence[ConfigurationItem]],
    cameras: Collection[UUID] | None = None,
) -> tuple[CameraGroup, ...]:
    """Return the tree of camera groups, from those at the top down.

    `children_of` has what is listed under a group or under its folders, `CameraGroup[<id>]/CameraGroupFolder` and
    `CameraGroup[<id>]/CameraFolder`; items that are neither groups nor cameras are skipped. `cameras` are the ids to
    keep, since `GetConfiguration` leaves out what is disabled; without it, cameras that are disabled are left out.

    A group is in the tree once, where it is found first. Raises `RemoteProtocolError` for a group within itself, and
    for groups that are nested more than `MAX_GROUP_DEPTH` deep.
    """
    return _Tree(children_of, cameras).groups(groups, (), "")


class _Tree:
    """One traversal of the groups, which enters each once: else a few items could make an endless tree."""

    def __init__(
        self, children_of: Mapping[ItemPath, Sequence[ConfigurationItem]], cameras: Collection[UUID] | None
    ) -> None:
        self._children_of = children_of
        self._cameras = cameras if cameras is None else frozenset(cameras)
        self._met: set[ItemPath] = set()

    def groups(
        self, items: Sequence[ConfigurationItem], above: tuple[ItemPath, ...], parent: str
    ) -> tuple[CameraGroup, ...]:
        return tuple(
            [
                group
                for item in items
                if _is(item, CameraGroupItem) and (group := self._group(item, above, parent)) is not None
            ]
        )

    def _group(self, item: ConfigurationItem, above: tuple[ItemPath, ...], parent: str) -> CameraGroup | None:
        own = path_of(item)
        if own in above:
            raise RemoteProtocolError(f"the camera group {_shown(item)} contains itself")
        if len(above) == MAX_GROUP_DEPTH:
            raise RemoteProtocolError(f"camera groups are nested more than {MAX_GROUP_DEPTH} deep at {_shown(item)}")
        if own in self._met:
            return None
        self._met.add(own)
        found = CameraGroupItem(item)
        path = f"{parent}/{found.name}" if above else found.name
        children = self._children(own)
        return CameraGroup(
            id=found.id or _NO_ID,
            name=found.name,
            path=path,
            description=found.description,
            groups=self.groups(children, (*above, own), path),
            camera_ids=tuple(dict.fromkeys(self._camera_ids(children))),
        )

    def _children(self, group: ItemPath) -> list[ConfigurationItem]:
        asked = (group, group.child("CameraGroupFolder"), group.child("CameraFolder"))
        return [child for path in asked for child in self._children_of.get(path, ())]

    def _camera_ids(self, children: Sequence[ConfigurationItem]) -> Iterator[UUID]:
        for child in children:
            if not _is(child, CameraItem):
                continue
            kept = child.enabled is not False if self._cameras is None else child.id in self._cameras
            if kept and (camera := child.id) is not None:
                yield camera


def _shown_as(kind: type[V], item: ConfigurationItem) -> V:
    try:
        return kind.of(item)
    except ConfigurationError as error:
        raise RemoteProtocolError(error.message) from None


def _is(item: ConfigurationItem, kind: type[ItemView]) -> bool:
    return item.item_type.casefold() in map(str.casefold, kind.item_types)


def path_of(item: ConfigurationItem) -> ItemPath:
    """Return the path of an item in its parts. Raises `RemoteProtocolError` for one of unknown form."""
    try:
        return item.item_path
    except ConfigurationError as error:
        raise RemoteProtocolError(error.message) from None


def _id(found: ItemView) -> UUID:
    if found.id is None:
        raise RemoteProtocolError(f"an item of type {found.item.item_type} has no id: {_shown(found.item)}")
    return found.id


def _shown(item: ConfigurationItem) -> str:
    return repr(item.path[:_LONGEST_SHOWN])
