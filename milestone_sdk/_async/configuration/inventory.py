"""Cameras, folders, hardware and recorders, from one answer that is kept until `refresh`."""

import math
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final, TypeVar
from uuid import UUID

from attrs import evolve

from ..._arguments import check_type
from ..._net.asyncio import AsyncLock
from ..._protocol.configuration.groups import find_groups, group_names
from ..._protocol.configuration.names import find_one, near_misses
from ..._protocol.management import servercommand
from ...errors import CameraDisabled, CameraNotFound, GroupNotFound, MilestoneError
from ...models import Camera, Configuration, Recorder
from ...models.table import Table
from ...models.times import earlier
from ..session.facts import AsyncFact
from ..session.recorder import RecorderDevice
from ..session.session import AsyncSession

__all__ = ["AsyncConfigurationCache", "CameraReference"]

CameraReference = Camera | UUID | str | None
"""A camera, its id (also as a string), or its exact name; `None`, as in some alarms, raises when it is used."""

D = TypeVar("D", bound=RecorderDevice)
T = TypeVar("T")

_FAR_BACK: Final = timedelta(days=1)
"""How long before the first `QueryChanges` it asks for changes: those are known, only further ones are news."""
_PATIENCE: Final = 4
"""GetConfiguration may take this many times the ordinary timeout: it is megabytes on large sites."""


def _replaced(
    known: Sequence[T], loaded: Iterable[T], home: Callable[[T], UUID | None], ids: Collection[UUID]
) -> tuple[T, ...]:
    """Return the known items with those of the recorders `ids` replaced, recorder by recorder as before."""
    places: dict[UUID | None, int] = {}
    for each in known:
        places.setdefault(home(each), len(places))
    kept = [each for each in known if home(each) not in ids]
    return tuple(sorted([*kept, *loaded], key=lambda each: places.get(home(each), len(places))))


def _as_id(reference: UUID | str) -> UUID | None:
    try:
        return reference if isinstance(reference, UUID) else UUID(reference)
    except ValueError:
        return None


class AsyncConfigurationCache:
    """The answer of `GetConfiguration`, fetched once, with look-ups by id, name and folder."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._lock = AsyncLock()
        self._configuration: Configuration | None = None
        self._by_id: dict[UUID, Camera] = {}
        self._changed_since: datetime | None = None
        self._changes: frozenset[servercommand.Change] = frozenset()
        """What `QueryChanges` has reported for the time from `_changed_since` on."""
        self._fetched = -math.inf
        self._loaded: dict[UUID, float] = {}

    async def get(self) -> Configuration:
        """Return the configuration, fetching it at the first call."""
        async with self._lock:
            if self._configuration is None:
                self._keep(await self._fetch())
            assert self._configuration is not None
            return self._configuration

    async def refresh(self) -> Configuration:
        """Fetch the configuration again."""
        async with self._lock:
            configuration = await self._fetch()
            self._keep(configuration)
            return configuration

    async def forget(self) -> None:
        """Drop the configuration, unless it is being fetched; it is fetched again when it is needed."""
        if self._lock.locked():
            return
        async with self._lock:
            self._configuration, self._by_id, self._changed_since = None, {}, None

    async def refresh_changes(self) -> Configuration:
        """Load again what `QueryChanges` reports as changed: one small request when nothing was.

        The first call fetches everything, as do calls after cameras were added or removed, since folders change then.
        """
        async with self._lock:
            first = self._changed_since is None
            since = self._changed_since or earlier(self._session.clock.utcnow(), _FAR_BACK)
            changes = frozenset(
                await self._session.server_command(
                    lambda by: servercommand.query_changes(by.corporate, since, asmx=by.asmx)
                )
            )
            known = self._configuration
            if first or known is None:
                self._keep(await self._fetch())
            elif news := changes - self._changes:
                self._keep(await self._reload(known, news))
            self._changed_since, self._changes = since, changes  # only now, so that a failed load is repeated
            assert self._configuration is not None
            return self._configuration

    async def cameras(self, group: str | None) -> Table[Camera]:
        """Return the cameras of a folder and of those below it, in the order of the tree; all for `None` and `""`.

        `group` is the name of a folder, at any depth, or the path of one; of several with one name, all count.
        """
        configuration = await self.get()
        if not group:
            return Table(configuration.cameras)
        groups = find_groups(configuration.camera_groups, group)
        if not groups:
            tops = (await self.refresh()).camera_groups
            groups = find_groups(tops, group)
            if not groups:
                raise GroupNotFound(
                    f"no camera group {group!r}",
                    near_misses=near_misses(group.removeprefix("/").removesuffix("/"), group_names(tops)),
                    server=str(self._session.location),
                )
        ids = [camera for found in groups for camera in found.all_camera_ids()]
        return Table(self._by_id[camera] for camera in dict.fromkeys(ids) if camera in self._by_id)

    async def camera(self, reference: CameraReference) -> Camera:
        """Return a camera; one that is not known is looked up again, since it may have been added.

        Raises `CameraNotFound` with names that resemble it, `CameraDisabled` for one that is disabled, `AmbiguousName`
        with the ids where several cameras have the name.
        """
        if isinstance(reference, Camera):
            return reference
        if reference is None:
            raise CameraNotFound(
                "camera must be given, got None: the alarm has no camera", server=str(self._session.location)
            )
        check_type("camera", reference, UUID, str)
        configuration = await self.get()
        found = self._find(configuration, reference)
        if found is None:
            configuration = await self.refresh()
            found = self._find(configuration, reference)
        if found is None:
            await self.check_enabled(reference)
            raise CameraNotFound(
                f"no camera {str(reference)!r}",
                near_misses=near_misses(str(reference), (camera.name for camera in configuration.cameras)),
                server=str(self._session.location),
                hint="it may have been removed, or this user has no right to see it",
            )
        return found

    def place(self, reference: CameraReference) -> AsyncFact[Camera]:
        """Return where a camera is, for the calls of one operation: looked up again when a recorder contradicts it.

        Using it raises `CameraNotFound` for a camera that was removed. If one was added again under the same name, it
        is found by the name, but not by the id or a `Camera`.
        """
        known = reference if isinstance(reference, Camera) else None
        find = partial(self.camera, reference.id if isinstance(reference, Camera) else reference)
        return self.place_of(find, lambda configuration: configuration.cameras, known=known)

    def place_of(
        self,
        find: Callable[[], Awaitable[D]],
        listed: Callable[[Configuration], tuple[D, ...]],
        *,
        known: D | None = None,
    ) -> AsyncFact[D]:
        """Return where a device is: what `find` returns, and at first `known` if given.

        `listed` are all such devices of a configuration.
        """

        async def again() -> D:
            before = fact.known
            if before is not None:
                devices = () if self._configuration is None else listed(self._configuration)
                now = next((device for device in devices if device.id == before.id), before)
                await self.recheck(now.recorder.id, fact.began)
            return await find()

        fact = AsyncFact(find, again=again, clock=self._session.clock)
        if known is not None:
            fact.keep(known)
        return fact

    def recorder_place(self, recorder: Recorder) -> AsyncFact[Recorder]:
        """Return where a recorder is: looked up again when a call contradicts it."""

        async def again() -> Recorder | None:
            configuration = await self.recheck(recorder.id, fact.began)
            return next((found for found in configuration.recorders if found.id == recorder.id), None)

        fact = AsyncFact[Recorder](again=again, clock=self._session.clock)
        fact.keep(recorder)
        return fact

    async def recheck(self, recorder: UUID, began: float) -> Configuration:
        """Load one recorder again, or everything if its cameras have changed, unless that was done since `began`."""
        async with self._lock:
            known = self._configuration
            if known is not None and max(self._fetched, self._loaded.get(recorder, -math.inf)) > began:
                return known
            self._loaded[recorder] = self._session.clock.monotonic()
            found = known and await self._reload_recorders(known, {recorder})
            self._keep(found := found or await self._fetch())
            return found

    async def disabled(self) -> tuple[servercommand.DisabledDevice, ...]:
        """Return the cameras that `get` leaves out since they, or their hardware, are disabled."""
        devices = await self._session.server_command(
            lambda by: servercommand.get_devices_disabled(by.corporate, asmx=by.asmx)
        )
        return tuple(device for device in devices if (device.type or "camera").casefold() == "camera")

    async def check_enabled(self, reference: UUID | str) -> None:
        """Raise `CameraDisabled` if that camera is disabled; return if the server does not answer."""
        try:
            disabled = await self.disabled()
        except MilestoneError:
            return
        camera_id = _as_id(reference)
        for device in disabled:
            if device.id == camera_id or device.name == reference:
                raise CameraDisabled(
                    f"camera {device.name or str(device.id)!r} is disabled, or its hardware is",
                    server=str(self._session.location),
                    hint="enable it in the Management Client",
                )

    def _find(self, configuration: Configuration, reference: UUID | str) -> Camera | None:
        if isinstance(reference, UUID):
            return self._by_id.get(reference)
        return find_one("camera", configuration.cameras, reference, server=str(self._session.location))

    async def _reload(self, known: Configuration, news: Collection[servercommand.Change]) -> Configuration:
        homes = {hardware.id: hardware.recorder_id for hardware in known.hardware}
        stale = {homes.get(change.id) if change.hardware and change.id else change.id for change in news}
        return await self._reload_recorders(known, stale)

    async def _reload_recorders(self, known: Configuration, stale: Collection[UUID | None]) -> Configuration:
        ids = [recorder.id for recorder in known.recorders if recorder.id in stale]
        if len(ids) < len(stale):
            return await self._fetch()
        found = await self._session.server_command(
            lambda by: servercommand.get_configuration_recorders(by.corporate, ids, asmx=by.asmx),
            timeout=self._session.timeout * _PATIENCE,
        )
        loading = frozenset(ids)
        folders = {camera.id: camera.folders for camera in known.cameras}  # which this answer does not have
        cameras = [evolve(camera, folders=folders.get(camera.id, ())) for camera in found.cameras]
        loaded = evolve(
            known,
            recorders=_replaced(known.recorders, found.recorders, lambda recorder: recorder.id, loading),
            hardware=_replaced(known.hardware, found.hardware, lambda device: device.recorder_id, loading),
            cameras=_replaced(known.cameras, cameras, lambda camera: camera.recorder.id, loading),
            inputs=_replaced(known.inputs, found.inputs, lambda device: device.recorder.id, loading),
            outputs=_replaced(known.outputs, found.outputs, lambda device: device.recorder.id, loading),
            media_devices=_replaced(
                known.media_devices, found.media_devices, lambda device: device.recorder.id, loading
            ),
        )
        same = {camera.id for camera in loaded.cameras} == {camera.id for camera in known.cameras}
        return loaded if same else await self._fetch()

    async def _fetch(self) -> Configuration:
        self._fetched = self._session.clock.monotonic()
        timeout = self._session.timeout * _PATIENCE
        return await self._session.server_command(
            lambda by: servercommand.get_configuration(by.corporate, asmx=by.asmx), timeout=timeout
        )

    def _keep(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._by_id = {camera.id: camera for camera in configuration.cameras}
