"""Finds the things of a site by their id, without scanning the whole site each time.

The site is plain data that anybody may change, so every answer is checked against it, and an index that does not fit
any more is made again. `forget` drops all of them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from milestone_sdk.simulator.site.devices import (
    Camera,
    Device,
    Driver,
    Group,
    Hardware,
    PatrollingProfile,
    Preset,
    Recorder,
    Storage,
)
from milestone_sdk.simulator.site.model import ChildSite, Site

__all__ = ["Lookup"]


class _Identified(Protocol):
    id: UUID


T = TypeVar("T", bound=_Identified)
O = TypeVar("O")  # noqa: E741
N = TypeVar("N")


class _ById(Generic[T]):
    """The items of a list by their id."""

    def __init__(self, items: Callable[[], Sequence[T]]) -> None:
        self._items = items
        self._positions: dict[UUID, int] | None = None

    def find(self, key: UUID) -> T | None:
        """The item of that id."""
        items = self._items()
        position = self._positions.get(key) if self._positions is not None else None
        if position is not None and position < len(items) and items[position].id == key:
            return items[position]
        self._positions = {item.id: number for number, item in reversed(list(enumerate(items)))}
        position = self._positions.get(key)
        return None if position is None else items[position]

    def forget(self) -> None:
        """Make the index again at the next question."""
        self._positions = None


def _group(items: Iterable[T], owner: Callable[[T], UUID]) -> dict[UUID, list[T]]:
    groups: dict[UUID, list[T]] = {}
    for item in items:
        groups.setdefault(owner(item), []).append(item)
    return groups


class _Grouped(Generic[T]):
    """The items of a list by the id of what they belong to."""

    def __init__(self, items: Callable[[], Sequence[T]], owner: Callable[[T], UUID]) -> None:
        self._items = items
        self._owner = owner
        self._groups: dict[UUID, list[T]] | None = None
        self._state: tuple[int, int, int] | None = None

    def of(self, key: UUID, *, check: bool = True) -> list[T]:
        """The items that belong to that id; without `check`, an owner that changed is not noticed."""
        items = self._items()
        state = (id(items), len(items), id(items[-1]) if items else 0)
        groups = self._groups
        moved = check and groups is not None and any(self._owner(item) != key for item in groups.get(key, ()))
        if groups is None or state != self._state or moved:
            groups = _group(items, self._owner)
            self._groups, self._state = groups, state
        return groups.get(key, [])

    def forget(self) -> None:
        """Make the index again at the next question."""
        self._groups = None


class _Owned(Generic[T, O]):
    """Things by their id, with what each of them is in; `inside` gives the things that are in an owner."""

    def __init__(self, pairs: Callable[[], Iterable[tuple[T, O]]], inside: Callable[[O], Iterable[T]]) -> None:
        self._pairs = pairs
        self._inside = inside
        self._index: dict[UUID, tuple[T, O]] = {}

    def find(self, key: UUID) -> tuple[T, O] | None:
        """The thing of that id, and its owner."""
        found = self._index.get(key)
        if found is None or not any(thing is found[0] for thing in self._inside(found[1])):
            self._index = {thing.id: (thing, owner) for thing, owner in reversed([*self._pairs()])}
            found = self._index.get(key)
        return found

    def forget(self) -> None:
        """Make the index again at the next question."""
        self._index = {}


class Lookup:
    """Questions to one site."""

    def __init__(self, site: Site, version: str = "25.2.0.1") -> None:
        self.site = site
        self.version = version
        """The product version as items show it."""
        self.cameras: _ById[Camera] = _ById[Camera](lambda: site.cameras)
        self.recorders: _ById[Recorder] = _ById[Recorder](lambda: site.recorders)
        self.hardware: _ById[Hardware] = _ById[Hardware](lambda: site.hardware)
        self.devices: _ById[Device] = _ById[Device](lambda: site.devices)
        """Microphones, speakers, metadata devices, inputs and outputs."""
        self.cameras_on: _Grouped[Camera] = _Grouped[Camera](lambda: site.cameras, lambda camera: camera.hardware_id)
        self.hardware_on: _Grouped[Hardware] = _Grouped[Hardware](
            lambda: site.hardware, lambda hardware: hardware.recorder_id
        )
        self._devices_on = _Grouped[Device](lambda: site.devices, lambda device: device.hardware_id)
        self._uses = _Grouped[Hardware](lambda: site.hardware, self._driver_id)
        self.presets: _Owned[Preset, Camera] = _Owned[Preset, Camera](
            lambda: ((preset, camera) for camera in site.cameras for preset in camera.presets),
            lambda camera: camera.presets,
        )
        """PTZ presets, with their cameras."""
        self.patrolling_profiles: _Owned[PatrollingProfile, Camera] = _Owned[PatrollingProfile, Camera](
            lambda: ((profile, camera) for camera in site.cameras for profile in camera.patrolling_profiles),
            lambda camera: camera.patrolling_profiles,
        )
        """Patrolling profiles, with their cameras."""
        self.storages: _Owned[Storage, Recorder] = _Owned[Storage, Recorder](
            lambda: ((storage, recorder) for recorder in site.recorders for storage in recorder.storages),
            lambda recorder: recorder.storages,
        )
        """Storages, with their recorders."""
        self.camera_groups: _Owned[Group, Group | None] = _Owned[Group, Group | None](
            self.groups, lambda parent: site.camera_groups if parent is None else parent.groups
        )
        """Camera groups, with the group that each is in."""

    def forget(self) -> None:
        """The site was changed: make every index again."""
        for index in vars(self).values():
            if isinstance(index, _ById | _Grouped | _Owned):
                index.forget()

    def is_cut_off(self, device: Camera | Device) -> bool:
        """Whether the recorder has no connection to the hardware of a device."""
        hardware = self.hardware.find(device.hardware_id)
        return hardware is not None and hardware.lost_since is not None

    def device(self, key: UUID, kind: str) -> Device | None:
        """The microphone, speaker, ... of that id."""
        device = self.devices.find(key)
        return device if device is not None and device.kind == kind else None

    def devices_on(self, hardware: Hardware, kind: str) -> list[Device]:
        """The microphones, speakers, ... of a hardware."""
        return [device for device in self._devices_on.of(hardware.id) if device.kind == kind]

    def _driver_id(self, hardware: Hardware) -> UUID:
        driver = self.site.driver_of(hardware)
        return driver.id if driver is not None else UUID(int=0)

    def uses(self, driver: Driver) -> int:
        """How much hardware runs on a driver."""
        return len(self._uses.of(driver.id, check=False))

    def default_storage(self, device: Camera | Device) -> UUID | None:
        """Where a device records to."""
        if device.storage_id is not None:
            return device.storage_id
        hardware = self.hardware.find(device.hardware_id)
        recorder = self.recorders.find(hardware.recorder_id) if hardware is not None else None
        storages = recorder.storages if recorder is not None else []
        return next((storage.id for storage in storages if storage.default), None)

    def groups(self) -> Iterator[tuple[Group, Group | None]]:
        """Every camera group with the one it is in, parents before children."""
        return _descend(self.site.camera_groups, lambda group: group.groups)

    def child_sites(self) -> Iterator[tuple[ChildSite, ChildSite | None]]:
        """Every federated site with the one above it."""
        return _descend(self.site.child_sites, lambda site: site.children)


def _descend(top: Sequence[N], below: Callable[[N], Sequence[N]]) -> Iterator[tuple[N, N | None]]:
    """Every node of a tree with its parent, parents before children."""
    waiting: list[tuple[N, N | None]] = [(node, None) for node in reversed(top)]
    while waiting:
        node, parent = waiting.pop()
        yield node, parent
        waiting += [(child, node) for child in reversed(below(node))]
