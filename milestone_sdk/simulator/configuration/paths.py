"""Paths: what they lead to, and whether a user may go there."""  # docs/protocol: configuration-paths

import re
from typing import Any
from uuid import UUID

from attrs import frozen

from milestone_sdk.simulator.configuration.contract import fault
from milestone_sdk.simulator.configuration.folders import ROOT_FOLDERS, SINCE
from milestone_sdk.simulator.configuration.kinds import KINDS
from milestone_sdk.simulator.configuration.lookup import Lookup
from milestone_sdk.simulator.configuration.switches import Switches
from milestone_sdk.simulator.configuration.tasks import Tasks
from milestone_sdk.simulator.releases import Release
from milestone_sdk.simulator.site.devices import Camera
from milestone_sdk.simulator.site.model import User

__all__ = ["Address", "Paths"]

_PATH = re.compile(
    r"(?P<root>/)|/(?P<folder>[A-Za-z]+Folder)"
    r"|(?P<type>[A-Za-z]+)\[(?P<id>[^\]]+)\](?:/(?P<below>[A-Za-z]+Folder))?"
)
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@frozen
class Address:
    """A path taken apart: the type and thing that it leads to, and the folder below, if any."""

    path: str
    """In the spelling of this server: guids in lower case."""
    item_type: str
    subject: Any
    folder: str = ""


def path_not_found(path: str) -> Exception:
    """The fault for a path that leads nowhere, or to what this user may not see."""
    return fault("PathNotFoundExceptionFault", f"Path not found: {path}")


class Paths:
    """The paths of one site in one release."""

    def __init__(self, lookup: Lookup, release: Release, switches: Switches, tasks: Tasks) -> None:
        self._lookup = lookup
        self._release = release
        self._switches = switches
        self._tasks = tasks

    def of_release(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The folders or methods that this release has."""
        return tuple(name for name in names if self._release.version >= SINCE.get(name, (0, 0)))

    def address(self, path: str | None, user: User) -> Address:
        """Take a path apart and find its thing; raises the fault for what is not there or not allowed."""
        if path is None:
            raise fault("ArgumentNullExceptionFault", "Value cannot be null. Parameter name: path", argument="path")
        match = _PATH.fullmatch(path)
        if match is None:
            raise path_not_found(path)
        self._allow(path, user)
        site = self._lookup.site
        if match["root"]:
            return Address("/", "System", site)
        if match["folder"]:
            if match["folder"] not in self.of_release(ROOT_FOLDERS):
                raise path_not_found(path)
            return Address(path, "System", site, match["folder"])
        key = match["id"].lower()
        plain = f"{match['type']}[{key}]"
        below = match["below"] or ""
        subject = self._find(match["type"], key)
        if subject is None or not self.sees(user, match["type"], subject) or self._has_vanished(plain, path):
            raise path_not_found(path)
        if below and below not in self.folders_of(match["type"]):
            raise path_not_found(path)
        return Address(f"{plain}/{below}" if below else plain, match["type"], subject, below)

    @staticmethod
    def is_denied(path: str, user: User) -> bool:
        """Whether the user may not go to a path."""
        return any(path.lower().startswith(prefix.lower()) for prefix in user.denied)

    def _allow(self, path: str, user: User) -> None:
        if self.is_denied(path, user):
            raise fault("UnauthorizedAccessFault", f"VMO61008: You do not have sufficient permissions. {path}")

    def _has_vanished(self, plain: str, path: str) -> bool:
        return any(entry.lower() in (plain.lower(), path.lower()) for entry in self._switches.vanished)

    def _find(self, item_type: str, key: str) -> Any:
        if item_type == "Task":
            return self._tasks.get(int(key)) if key.isascii() and key.isdigit() and len(key) < 10 else None
        kind = KINDS.get(item_type)
        if kind is None or not _GUID.fullmatch(key):
            return None
        return kind.find(self._lookup, UUID(key))

    def sees(self, user: User, item_type: str, subject: Any) -> bool:
        """Whether the user may see a thing."""
        if isinstance(subject, Camera):
            return user.sees(subject)
        if item_type in ("PtzPreset", "PatrollingProfile") and user.visible is not None:
            owned = self._lookup.presets if item_type == "PtzPreset" else self._lookup.patrolling_profiles
            found = owned.find(subject.id)
            return found is not None and user.sees(found[1])
        return True

    def folders_of(self, item_type: str) -> tuple[str, ...]:
        """The folders below an item of that type."""
        if item_type == "System":
            return self.of_release(ROOT_FOLDERS)
        return KINDS[item_type].folders if item_type in KINDS else ()
