"""Finds the things of a site by their id, without walking the whole site each time.

The site is plain data that anybody may change, so every answer is checked against it, and the indexes are made anew
when they do not fit any more. `forget` has them made anew at the next question.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from milestone_sdk.simulator.site.devices import Camera, Device, Driver, Group, Hardware, Preset, Recorder, Storage
from milestone_sdk.simulator.site.model import ChildSite, Site

__all__ = ["Lookup"]


class _Identified(Protocol):
    id: UUID


T = TypeVar("T", bound=_Identified)


class _ById(Generic[T]):
    """The items of a list by their id."""

    def __init__(self, items: Callable[[], Sequence[T]]) -> None:
        self._items = items
        self._positions: dict[UUID, int] | None = None

    def find(self, key: UUID) -> T | None:
        items = self._items()
        position = self._positions.get(key) if self._positions is not None else None
        if position is not None and position < len(items) and items[position].id == key:
            return items[position]
        self._positions = {item.id: number for number, item in reversed(list(enumerate(items)))}
        position = self._positions.get(key)
        return None if position is None else items[position]

    def forget(self) -> None:
        self._positions = None


class _Grouped(Generic[T]):
    """The items of a list by the id of what they belong to."""

    def __init__(self, items: Callable[[], Sequence[T]], owner: Callable[[T], UUID]) -> None:
        self._items = items
        self._owner = owner
        self._groups: dict[UUID, list[T]] | None = None
        self._state: tuple[int, int, int] | None = None

    def of(self, key: UUID, *, check: bool = True) -> list[T]:
        items = self._items()
        state = (id(items), len(items), id(items[-1]) if items else 0)
        groups = self._groups
        moved = check and groups is not None and any(self._owner(item) != key for item in groups.get(key, ()))
        if groups is None or state != self._state or moved:
            anew: dict[UUID, list[T]] = {}
            for item in items:
                anew.setdefault(self._owner(item), []).append(item)
            self._groups, self._state = anew, state
            return anew.get(key, [])
        return groups.get(key, [])

    def forget(self) -> None:
        self._groups = None


class Lookup:
    """Questions to one site."""

    def __init__(self, site: Site, version: str = "25.2.0.1") -> None:
        self.site = site
        self.version = version
        """The product version as items tell it."""
        self._cameras = _ById[Camera](lambda: site.cameras)
        self._recorders = _ById[Recorder](lambda: site.recorders)
        self._hardware = _ById[Hardware](lambda: site.hardware)
        self._devices = _ById[Device](lambda: site.devices)
        self._cameras_on = _Grouped[Camera](lambda: site.cameras, lambda camera: camera.hardware_id)
        self._hardware_on = _Grouped[Hardware](lambda: site.hardware, lambda hardware: hardware.recorder_id)
        self._devices_on = _Grouped[Device](lambda: site.devices, lambda device: device.hardware_id)
        self._groups: dict[UUID, tuple[Group, Group | None]] = {}
        self._presets: dict[UUID, tuple[Preset, Camera]] = {}
        self._uses = _Grouped[Hardware](lambda: site.hardware, self._driver_id)

    def forget(self) -> None:
        """The site was changed: make every index anew."""
        self._groups, self._presets = {}, {}
        for index in (self._cameras, self._recorders, self._hardware, self._devices):
            index.forget()
        for grouped in (self._cameras_on, self._hardware_on, self._devices_on, self._uses):
            grouped.forget()

    def camera(self, key: UUID) -> Camera | None:
        """The camera of that id."""
        return self._cameras.find(key)

    def hardware(self, key: UUID) -> Hardware | None:
        """The hardware of that id."""
        return self._hardware.find(key)

    def device(self, key: UUID, kind: str) -> Device | None:
        """The microphone, speaker, ... of that id."""
        device = self.any_device(key)
        return device if device is not None and device.kind == kind else None

    def any_device(self, key: UUID) -> Device | None:
        """The microphone, speaker, metadata device, input or output of that id."""
        return self._devices.find(key)

    def cameras_on(self, hardware: Hardware) -> list[Camera]:
        """The cameras of a hardware."""
        return self._cameras_on.of(hardware.id)

    def devices_on(self, hardware: Hardware, kind: str) -> list[Device]:
        """The microphones, speakers, ... of a hardware."""
        return [device for device in self._devices_on.of(hardware.id) if device.kind == kind]

    def hardware_on(self, recorder: Recorder) -> list[Hardware]:
        """The hardware of a recorder."""
        return self._hardware_on.of(recorder.id)

    def recorder(self, key: UUID) -> Recorder | None:
        """The recorder of that id."""
        return self._recorders.find(key)

    def driver(self, key: UUID) -> Driver | None:
        """The driver of that id."""
        return next((driver for driver in self.site.drivers if driver.id == key), None)

    def _driver_id(self, hardware: Hardware) -> UUID:
        driver = self.site.driver_of(hardware)
        return driver.id if driver is not None else UUID(int=0)

    def uses(self, driver: Driver) -> int:
        """How much hardware runs on a driver."""
        return len(self._uses.of(driver.id, check=False))

    def preset(self, key: UUID) -> tuple[Preset, Camera] | None:
        """The PTZ preset of that id, and its camera."""
        found = self._presets.get(key)
        if found is None or not any(preset is found[0] for preset in found[1].presets):
            self._presets = {preset.id: (preset, camera) for camera in self.site.cameras for preset in camera.presets}
        return self._presets.get(key)

    def storage(self, key: UUID) -> tuple[Storage, Recorder] | None:
        """The storage of that id, and whose it is."""
        for recorder in self.site.recorders:
            for storage in recorder.storages:
                if storage.id == key:
                    return storage, recorder
        return None

    def default_storage(self, device: Camera | Device) -> UUID | None:
        """Where a device records to."""
        if device.storage_id is not None:
            return device.storage_id
        hardware = self.hardware(device.hardware_id)
        recorder = self.recorder(hardware.recorder_id) if hardware is not None else None
        storages = recorder.storages if recorder is not None else []
        return next((storage.id for storage in storages if storage.default), None)

    def group(self, key: UUID) -> tuple[Group, Group | None] | None:
        """The camera group of that id, and the group that it stands in."""
        found = self._groups.get(key)
        if found is not None:
            group, parent = found
            if any(sibling is group for sibling in (parent.groups if parent else self.site.camera_groups)):
                return found
        self._groups = {group.id: (group, parent) for group, parent in reversed(list(self.groups()))}
        return self._groups.get(key)

    def groups(self) -> Iterator[tuple[Group, Group | None]]:
        """Every camera group with the one it stands in, parents before children."""
        waiting: list[tuple[Group, Group | None]] = [(group, None) for group in reversed(self.site.camera_groups)]
        while waiting:
            group, parent = waiting.pop()
            yield group, parent
            waiting += [(child, group) for child in reversed(group.groups)]

    def child_sites(self) -> Iterator[tuple[ChildSite, ChildSite | None]]:
        """Every federated site with the one it stands below."""
        waiting: list[tuple[ChildSite, ChildSite | None]] = [(child, None) for child in reversed(self.site.child_sites)]
        while waiting:
            child, parent = waiting.pop()
            yield child, parent
            waiting += [(grandchild, child) for grandchild in reversed(child.children)]
