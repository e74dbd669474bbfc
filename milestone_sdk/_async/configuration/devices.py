"""Recorders, hardware, cameras and folders by the Configuration API, in the models that `GetConfiguration` gives."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from ..._protocol.configuration.devices import (
    camera_from,
    camera_groups_from,
    climb,
    effective_enabled,
    hardware_from,
    path_of,
    recorder_from,
)
from ...errors import InvalidItem, ItemNotFound, LicenseRequired, PermissionDenied, UnsupportedFeature
from ...models import (
    Camera,
    CameraGroup,
    ChildSiteItem,
    ConfigurationItem,
    FederatedSite,
    Hardware,
    HardwareItem,
    ItemPath,
    Recorder,
    SiteAddressItem,
)
from .reader import AsyncConfigurationReader, Denied

__all__ = ["AsyncConfiguredDevices"]

_RECORDERS: Final = "/RecordingServerFolder"
_GROUPS: Final = "/CameraGroupFolder"
_BELOW_A_RECORDER: Final = ("HardwareFolder", "Hardware", "CameraFolder", "Camera")
_GROUP_FOLDERS: Final = ("CameraGroupFolder", "CameraFolder")
_MAX_SITES_DEEP: Final = 20


class AsyncConfiguredDevices:
    """The devices of a site, read item by item: for those that `site.cameras()` leaves out, and to compare the two.

    `site.cameras()` and `site.camera_groups()` take one request; here it is one for each recorder and driver, and one
    or two for each folder. Both give equal cameras: `camera.configured` of the one is the camera of the other.
    """

    def __init__(self, reader: AsyncConfigurationReader) -> None:
        self._reader = reader

    async def recorders(self) -> tuple[Recorder, ...]:
        """Return the recording servers."""
        return tuple([recorder_from(item) for item in await self._reader.children(_RECORDERS)])

    async def hardware(self, *, disabled: bool = False) -> tuple[Hardware, ...]:
        """Return the devices that carry the cameras; with `disabled` also disabled ones."""
        found: list[Hardware] = []
        drivers: dict[ItemPath, ConfigurationItem | None] = {}
        for recorder in await self._reader.children(_RECORDERS):
            hardware = _of_type(await self._below(recorder.path, *_BELOW_A_RECORDER[:2]), "Hardware")
            found += [await self._hardware(item, drivers) for item in hardware if disabled or item.enabled is not False]
        return tuple(found)

    async def cameras(self, *, disabled: bool = False) -> tuple[Camera, ...]:
        """Return the cameras, recorder by recorder; with `disabled` also disabled cameras and hardware."""
        found: list[Camera] = []
        drivers: dict[ItemPath, ConfigurationItem | None] = {}
        for item in await self._reader.children(_RECORDERS):
            recorder = recorder_from(item)
            below = await self._below(item.path, *_BELOW_A_RECORDER)
            hardware = {path_of(device): device for device in _of_type(below, "Hardware")}
            models = {path: await self._hardware(device, drivers) for path, device in hardware.items()}
            for camera in _of_type(below, "Camera"):
                home = climb(camera)
                if disabled or effective_enabled(camera, hardware.get(home, camera)):
                    found.append(camera_from(camera, recorder, models.get(home)))
        return tuple(found)

    async def camera_groups(self, cameras: Iterable[UUID] | None = None) -> tuple[CameraGroup, ...]:
        """Return the top folders of cameras; each holds the ones below it.

        `cameras` are the ids to keep in them, by default those of `cameras()`, which takes its requests too.
        """
        kept = frozenset(cameras if cameras is not None else [camera.id for camera in await self.cameras()])
        tops = await self._children(_GROUPS)
        children: dict[ItemPath, tuple[ConfigurationItem, ...]] = {}
        waiting = list(tops)
        while waiting:
            group = path_of(waiting.pop())
            if group in children:
                continue
            inside = [await self._children(str(group.child(folder))) for folder in _GROUP_FOLDERS]
            children[group] = tuple(item for found in inside for item in found)
            waiting += inside[0]
        return camera_groups_from(tops, children, kept)

    async def child_sites(self, *, denied: Denied | None = None) -> tuple[FederatedSite, ...]:
        """Return the sites that are federated below this one, with the addresses to log in to each.

        There are none if the product or the licence does not have federated sites. Each has its own management server,
        users and alarms; a basic user of this site is unknown there. `denied` is as in `children`.
        """
        return await self._sites("/SiteFolder", 0, set(), denied)

    async def _sites(self, folder: str, depth: int, met: set[str], denied: Denied | None) -> tuple[FederatedSite, ...]:
        """Return the sites in a folder and below, each once: sites may contain each other."""
        found: list[FederatedSite] = []
        for item in await self._children(folder, denied):
            if item.path.casefold() in met:
                continue
            met.add(item.path.casefold())
            addresses = await self._children(f"{item.path}/SiteAddressFolder", denied)
            inside = f"{item.path}/SiteFolder"
            below = () if depth == _MAX_SITES_DEEP else await self._sites(inside, depth + 1, met, denied)
            places = tuple(SiteAddressItem(address) for address in addresses)
            found.append(FederatedSite(site=ChildSiteItem(item), addresses=places, children=below))
        return tuple(found)

    async def _below(self, path: str, *item_types: str) -> list[ConfigurationItem]:
        """Return the items below an item, at any depth, each once.

        Which items a hierarchy may leave out is not documented, so the children of a folder without any are requested.
        """
        found: dict[str, ConfigurationItem] = {}
        holders = frozenset(map(str.casefold, item_types[:-1]))
        waiting = list(reversed(await self._reader.hierarchy(path, *item_types)))
        while waiting:
            item = waiting.pop()
            if item.path.casefold() in found:
                continue
            found[item.path.casefold()] = item
            waiting += reversed(item.children)
            if item.item_type.casefold() in holders and not (item.children_filled or item.children):
                waiting += reversed(await self._reader.hierarchy(item.path, *item_types))
        return list(found.values())

    async def _children(self, path: str, denied: Denied | None = None) -> tuple[ConfigurationItem, ...]:
        """Return the items in a folder; none if the product, release or licence does not have it."""
        try:
            return await self._reader.children(path, denied)
        except (InvalidItem, ItemNotFound, LicenseRequired, UnsupportedFeature):
            return ()

    async def _hardware(self, item: ConfigurationItem, drivers: dict[ItemPath, ConfigurationItem | None]) -> Hardware:
        """Return the model; a driver is requested once, since all recorders have the same."""
        driver = HardwareItem(item).driver
        if driver is not None and driver not in drivers:
            try:
                drivers[driver] = await self._reader.item(driver)
            except (ItemNotFound, PermissionDenied):
                drivers[driver] = None  # the device is returned without it
        return hardware_from(item, drivers[driver] if driver is not None else None)


def _of_type(items: Iterable[ConfigurationItem], item_type: str) -> list[ConfigurationItem]:
    return [item for item in items if item.item_type.casefold() == item_type.casefold()]
