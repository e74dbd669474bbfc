# Generated from milestone_sdk/_async/configuration.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""Cameras, folders, hardware and recorders, from one answer that is kept until `refresh`."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final
from uuid import UUID

from .._net.blocking import Lock
from .._protocol import servercommand
from ..errors import CameraNotFound, GroupNotFound
from ..models import Camera, CameraGroup, Configuration
from .session import Session

__all__ = ["ConfigurationCache", "CameraReference"]

CameraReference = Camera | UUID | str | None
"""A camera, its id (also as text), or its exact name; `None`, as some alarms have it, is an error when it is used."""

_PATIENCE: Final = 4
"""GetConfiguration may take this many times the ordinary timeout: it is megabytes on large sites."""


def _matches(name: str, known: Iterable[str]) -> list[str]:
    """Return the names that resemble `name`, best first, letter case aside."""
    by_folded = {known_name.casefold(): known_name for known_name in known}
    return [by_folded[found] for found in get_close_matches(name.casefold(), by_folded, n=5, cutoff=0.6)]


class ConfigurationCache:
    """What `GetConfiguration` answered, fetched once, and looked up by id, name or folder."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = Lock()
        self._configuration: Configuration | None = None
        self._by_id: dict[UUID, Camera] = {}

    def get(self) -> Configuration:
        """Return the configuration, fetching it at the first call."""
        with self._lock:
            if self._configuration is None:
                self._keep(self._fetch())
            assert self._configuration is not None
            return self._configuration

    def refresh(self) -> Configuration:
        """Fetch it anew."""
        with self._lock:
            configuration = self._fetch()
            self._keep(configuration)
            return configuration

    def cameras(self, group: str | None) -> tuple[Camera, ...]:
        """Return the cameras of a folder and of those below it, in the order of the tree; all for `None` and `""`."""
        configuration = self.get()
        if not group:
            return configuration.cameras
        found = self._group(configuration, group)
        return tuple(self._by_id[camera] for camera in found.all_camera_ids() if camera in self._by_id)

    def camera(self, reference: CameraReference) -> Camera:
        """Return the camera that is meant; a camera added since is looked for once more.

        Raises `CameraNotFound` with the names that come near.
        """
        if isinstance(reference, Camera):
            return reference
        if reference is None:
            raise CameraNotFound("no camera was given: the alarm names none", server=str(self._session.location))
        configuration = self.get()
        found = self._find(configuration, reference)
        if found is None:
            configuration = self.refresh()
            found = self._find(configuration, reference)
        if found is None:
            raise CameraNotFound(
                f"no camera {str(reference)!r}",
                near_misses=_matches(str(reference), (camera.name for camera in configuration.cameras)),
                server=str(self._session.location),
                hint="it may have been removed, or this user has no right to see it",
            )
        return found

    def _find(self, configuration: Configuration, reference: UUID | str) -> Camera | None:
        if isinstance(reference, UUID):
            return self._by_id.get(reference)
        named = [camera for camera in configuration.cameras if camera.name == reference]
        if named:
            return named[0]
        try:
            return self._by_id.get(UUID(reference))
        except ValueError:
            return None

    def _group(self, configuration: Configuration, path: str) -> CameraGroup:
        wanted = path.strip("/")
        groups = {group.path: group for group in reversed(list(configuration.groups()))}
        if wanted in groups:
            return groups[wanted]
        raise GroupNotFound(
            f"no camera group {path!r}", near_misses=_matches(wanted, groups), server=str(self._session.location)
        )

    def _fetch(self) -> Configuration:
        timeout = self._session.timeout * _PATIENCE
        return self._session.server_command(
            lambda by: servercommand.get_configuration(by.corporate, asmx=by.asmx), timeout=timeout
        )

    def _keep(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._by_id = {camera.id: camera for camera in configuration.cameras}
