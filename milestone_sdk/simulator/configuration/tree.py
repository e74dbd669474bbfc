"""The tree of items: from a path to an item and to what is below it (protocol/configuration.md 2).

A path leads straight to its thing, and a folder to its members, so that a large site is as quick as a small one.
"""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from attrs import evolve, frozen

from milestone_sdk.simulator.configuration.columns import Column, choices, words
from milestone_sdk.simulator.configuration.contract import Enabling, Item, Property, fault
from milestone_sdk.simulator.configuration.events import SYSTEM, category_id, event_choices, priority_id
from milestone_sdk.simulator.configuration.folders import FOLDER_METHODS, FOLDERS, ROOT_FOLDERS, SINCE, Subject
from milestone_sdk.simulator.configuration.kinds import KINDS
from milestone_sdk.simulator.configuration.lookup import Lookup
from milestone_sdk.simulator.configuration.nested import nested_children, nested_properties
from milestone_sdk.simulator.configuration.switches import Switches
from milestone_sdk.simulator.configuration.tasks import Task, Tasks
from milestone_sdk.simulator.releases import Release
from milestone_sdk.simulator.site.devices import Camera
from milestone_sdk.simulator.site.model import User

__all__ = ["Address", "Tree"]

_PATH = re.compile(
    r"(?P<root>/)|/(?P<folder>[A-Za-z]+Folder)"
    r"|(?P<type>[A-Za-z]+)\[(?P<id>[^\]]+)\](?:/(?P<below>[A-Za-z]+Folder))?"
)
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ROOT_METHODS = ("ClientLogOnSupported", "UploadFileChunk")


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


class Tree:
    """Items as one user sees them."""

    def __init__(self, lookup: Lookup, release: Release, switches: Switches, tasks: Tasks) -> None:
        self.lookup = lookup
        self.release = release
        self._switches = switches
        self._tasks = tasks
        self._columns = {name: self.available(kind.columns) for name, kind in KINDS.items()}
        self._methods = {name: self._of_release(kind.methods) for name, kind in KINDS.items()}
        self._system_columns = self.available(SYSTEM)

    def available(self, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        """The columns that this release has."""
        return tuple(column for column in columns if column.is_in(self.release.version))

    def columns(self, item_type: str) -> tuple[Column, ...]:
        """The columns of a type."""
        return self._system_columns if item_type == "System" else self._columns.get(item_type, ())

    def _of_release(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in names if self.release.version >= SINCE.get(name, (0, 0)))

    # Paths

    def address(self, path: str | None, user: User) -> Address:
        """Take a path apart and find its thing; raises the fault for what is not there or not allowed."""
        if path is None:
            raise fault("ArgumentNullExceptionFault", "Value cannot be null. Parameter name: path", argument="path")
        match = _PATH.fullmatch(path)
        if match is None:
            raise path_not_found(path)
        self._allow(path, user)
        site = self.lookup.site
        if match["root"]:
            return Address("/", "System", site)
        if match["folder"]:
            if match["folder"] not in self._of_release(ROOT_FOLDERS):
                raise path_not_found(path)
            return Address(path, "System", site, match["folder"])
        key = match["id"].lower()
        plain = f"{match['type']}[{key}]"
        below = match["below"] or ""
        subject = self._find(match["type"], key)
        if subject is None or not self._sees(user, match["type"], subject) or self._has_vanished(plain, path):
            raise path_not_found(path)
        if below and below not in self._folders_of(match["type"]):
            raise path_not_found(path)
        return Address(f"{plain}/{below}" if below else plain, match["type"], subject, below)

    def _allow(self, path: str, user: User) -> None:
        folded = path.lower()
        if any(folded.startswith(prefix.lower()) for prefix in user.denied):
            raise fault("UnauthorizedAccessFault", f"VMO61008: You do not have sufficient permissions. {path}")

    def _has_vanished(self, plain: str, path: str) -> bool:
        return any(entry.lower() in (plain.lower(), path.lower()) for entry in self._switches.vanished)

    def _find(self, item_type: str, key: str) -> Any:
        if item_type == "Task":
            return self._tasks.get(int(key)) if key.isascii() and key.isdigit() and len(key) < 10 else None
        kind = KINDS.get(item_type)
        if kind is None or not _GUID.fullmatch(key):
            return None
        return kind.find(self.lookup, UUID(key))

    def _sees(self, user: User, item_type: str, subject: Any) -> bool:
        if isinstance(subject, Camera):
            return user.sees(subject)
        if item_type == "PtzPreset" and user.visible is not None:
            found = self.lookup.presets.find(subject.id)
            return found is not None and user.sees(found[1])
        return True

    def _folders_of(self, item_type: str) -> tuple[str, ...]:
        if item_type == "System":
            return self._of_release(ROOT_FOLDERS)
        return KINDS[item_type].folders if item_type in KINDS else ()

    # Items

    def item(self, path: str | None, user: User, *, poll: bool = False) -> Item:
        """The item at a path; `poll` lets a task go on a step."""
        address = self.address(path, user)
        if address.folder:
            return self._folder_item(address.item_type, address.path, address.folder)
        if isinstance(address.subject, Task):
            if poll:
                address.subject.poll()
            return address.subject.item()
        return self.build(address.item_type, address.subject)

    def build(self, item_type: str, subject: Any, parent: str | None = None) -> Item:
        """The item of one thing; `parent` is another ParentPath than its own."""
        if item_type == "System":
            return self._system()
        lookup = self.lookup
        kind = KINDS[item_type]
        path = f"{item_type}[{kind.id(subject)}]"
        properties = [column.property_of(subject, lookup) for column in self._columns[item_type]]
        if item_type == "AlarmDefinition":
            self.fill_choices(properties)
        elif not properties:
            properties = nested_properties(item_type, subject, lookup)
        children = nested_children(item_type, path, subject, lookup, self.release)
        return Item(
            item_type,
            path,
            kind.parent(lookup, subject) if parent is None else parent,
            kind.name(subject),
            properties,
            enabling=Enabling(subject.enabled) if kind.can_be_disabled else None,
            methods=self._methods[item_type],
            children=children,
            children_filled=children is not None,
        )

    def _system(self) -> Item:
        site = self.lookup.site
        properties = [column.property_of(site, self.lookup) for column in self._system_columns]
        return Item("System", "/", None, site.name, properties, methods=_ROOT_METHODS)

    def _folder_item(self, owner_type: str, path: str, folder: str) -> Item:
        parent = path.rpartition("/")[0] or "/"
        methods = self._of_release(FOLDER_METHODS.get((owner_type, folder), ()))
        return Item(
            folder, path, parent, f"{words(folder.removesuffix('Folder'))}s", [], category="Group", methods=methods
        )

    def fill_choices(self, properties: list[Property]) -> None:
        """Put in what an alarm definition can choose from at this site."""
        site = self.lookup.site
        group = next((entry.value or "" for entry in properties if entry.key == "EventTypeGroup"), "")
        told = {
            "EventType": event_choices(site, group),
            "Priority": choices(*((name, priority_id(level)) for level, name in site.priorities.items())),
            "Category": choices(
                ("None", category_id(0)),
                *((category.name, category_id(category.level)) for category in site.categories),
            ),
        }
        for entry in properties:
            if entry.key in told:
                entry.definition = evolve(entry.definition, choices=told[entry.key])
            elif entry.key == "EventTypeGroup":
                entry.definition = evolve(entry.definition, server_validation=True)

    # Children

    def children(self, path: str | None, user: User) -> list[Item]:
        """What GetChildItems gives: the folders of an item, the members of a folder."""
        address = self.address(path, user)
        if not address.folder:
            base = "" if address.path == "/" else address.path
            items = [
                self._folder_item(address.item_type, f"{base}/{folder}", folder)
                for folder in self._folders_of(address.item_type)
            ]
            nested = None if items or address.item_type not in KINDS else self.build(address.item_type, address.subject)
            return (nested.children or []) if nested is not None else items
        if address.folder == "TaskFolder":
            above = "/" if address.item_type == "System" else address.path.partition("/")[0]
            return [task.item() for task in self._tasks.all() if task.parent_path == above]
        members = self._members(address, user)
        for other in self._switches.also_listed.get(path or "", ()):
            stranger = self.address(other, user)
            members.append(self.build(stranger.item_type, stranger.subject))
        return members

    def _members(self, address: Address, user: User) -> list[Item]:
        give = FOLDERS.get((address.item_type, address.folder))
        if give is None:
            return []
        here = address.path if self._tells_folder(address) else None
        return [
            self.build(item_type, subject, here)
            for item_type, subject in give(self.lookup, address.subject)
            if self._sees(user, item_type, subject)
        ]

    def _tells_folder(self, address: Address) -> bool:
        """Whether members tell this folder as their parent, and not the one that they always have."""
        if (address.item_type, address.folder) == ("CameraGroup", "CameraFolder"):
            return self._switches.group_parent_paths
        return address.folder == "HardwareDriverFolder"

    # Queries

    def subjects(self, item_type: str, user: User) -> Iterator[Subject]:
        """Every thing of a type that the user may see, wherever it stands."""
        if item_type == "System":
            yield "System", self.lookup.site
        kind = KINDS.get(item_type)
        if kind is None:
            return
        for subject in kind.all(self.lookup):
            if not self._sees(user, item_type, subject):
                continue
            path = f"{item_type}[{kind.id(subject)}]".lower()
            if not any(path.startswith(prefix.lower()) for prefix in user.denied):
                yield item_type, subject
