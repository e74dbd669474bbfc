"""The tree of items: from a path to an item and to what is below it.

A path leads straight to its thing, and a folder to its members, so that a large site is as quick as a small one.
"""  # docs/protocol: configuration-tree

from collections.abc import Iterator
from typing import Any

from attrs import evolve

from milestone_sdk.simulator.configuration.columns import Column, choices, words
from milestone_sdk.simulator.configuration.contract import Enabling, Item, Property
from milestone_sdk.simulator.configuration.events import SYSTEM, category_id, event_choices, priority_id
from milestone_sdk.simulator.configuration.folders import FOLDER_METHODS, FOLDERS, Subject
from milestone_sdk.simulator.configuration.kinds import KINDS
from milestone_sdk.simulator.configuration.lookup import Lookup
from milestone_sdk.simulator.configuration.nested import nested_children, nested_properties
from milestone_sdk.simulator.configuration.paths import Address, Paths
from milestone_sdk.simulator.configuration.switches import Switches
from milestone_sdk.simulator.configuration.tasks import Task, Tasks
from milestone_sdk.simulator.releases import Release
from milestone_sdk.simulator.site.model import User

__all__ = ["Tree"]

_ROOT_METHODS = ("ClientLogOnSupported", "UploadFileChunk")


class Tree:
    """Items as one user sees them."""

    def __init__(self, lookup: Lookup, release: Release, switches: Switches, tasks: Tasks) -> None:
        self.lookup = lookup
        self.release = release
        self.paths: Paths = Paths(lookup, release, switches, tasks)
        self._switches = switches
        self._tasks = tasks
        self._columns = {name: self.available(kind.columns) for name, kind in KINDS.items()}
        self._methods = {name: self.paths.of_release(kind.methods) for name, kind in KINDS.items()}
        self._system_columns = self.available(SYSTEM)

    def available(self, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        """The columns that this release has."""
        return tuple(column for column in columns if column.is_in(self.release.version))

    def columns(self, item_type: str) -> tuple[Column, ...]:
        """The columns of a type."""
        return self._system_columns if item_type == "System" else self._columns.get(item_type, ())

    # Items

    def item(self, path: str | None, user: User, *, poll: bool = False) -> Item:
        """The item at a path; `poll` lets a task go on a step."""
        address = self.paths.address(path, user)
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
        methods = self.paths.of_release(FOLDER_METHODS.get((owner_type, folder), ()))
        return Item(
            folder, path, parent, f"{words(folder.removesuffix('Folder'))}s", [], category="Group", methods=methods
        )

    def fill_choices(self, properties: list[Property]) -> None:
        """Put in what an alarm definition can choose from at this site."""
        site = self.lookup.site
        group = next((entry.value or "" for entry in properties if entry.key == "EventTypeGroup"), "")
        chosen = {
            "EventType": event_choices(site, group),
            "Priority": choices(*((name, priority_id(level)) for level, name in site.priorities.items())),
            "Category": choices(
                ("None", category_id(0)),
                *((category.name, category_id(category.level)) for category in site.categories),
            ),
        }
        for entry in properties:
            if entry.key in chosen:
                entry.definition = evolve(entry.definition, choices=chosen[entry.key])
            elif entry.key == "EventTypeGroup":
                entry.definition = evolve(entry.definition, server_validation=True)

    # Children

    def children(self, path: str | None, user: User) -> list[Item]:
        """What GetChildItems gives: the folders of an item, the members of a folder."""
        address = self.paths.address(path, user)
        if not address.folder:
            base = "" if address.path == "/" else address.path
            items = [
                self._folder_item(address.item_type, f"{base}/{folder}", folder)
                for folder in self.paths.folders_of(address.item_type)
            ]
            nested = None if items or address.item_type not in KINDS else self.build(address.item_type, address.subject)
            return (nested.children or []) if nested is not None else items
        if address.folder == "TaskFolder":
            above = "/" if address.item_type == "System" else address.path.partition("/")[0]
            return [task.item() for task in self._tasks.all() if task.parent_path == above]
        members = self._members(address, user)
        for other in self._switches.also_listed.get(path or "", ()):
            found = self.paths.address(other, user)
            members.append(self.build(found.item_type, found.subject))
        return members

    def _members(self, address: Address, user: User) -> list[Item]:
        give = FOLDERS.get((address.item_type, address.folder))
        if give is None:
            return []
        here = address.path if self._shows_folder(address) else None
        return [
            self.build(item_type, subject, here)
            for item_type, subject in give(self.lookup, address.subject)
            if self.paths.sees(user, item_type, subject)
        ]

    def _shows_folder(self, address: Address) -> bool:
        """Whether members have this folder as their parent, and not the one that they always have."""
        if (address.item_type, address.folder) == ("CameraGroup", "CameraFolder"):
            return self._switches.group_parent_paths
        return address.folder == "HardwareDriverFolder"

    # Queries

    def subjects(self, item_type: str, user: User) -> Iterator[Subject]:
        """Every thing of a type that the user may see, wherever it is."""
        if item_type == "System":
            yield "System", self.lookup.site
        kind = KINDS.get(item_type)
        if kind is None:
            return
        for subject in kind.all(self.lookup):
            if not self.paths.sees(user, item_type, subject):
                continue
            if not self.paths.is_denied(f"{item_type}[{kind.id(subject)}]", user):
                yield item_type, subject
