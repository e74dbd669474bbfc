"""SetItem and ValidateItem: what a client may change, and the errors when it may not."""
# docs/protocol: configuration-saving

import copy
from collections.abc import Sequence
from typing import Any

from milestone_sdk.simulator.configuration.columns import Column
from milestone_sdk.simulator.configuration.contract import ErrorResult, Item, Property, ValidateResult, fault
from milestone_sdk.simulator.configuration.kinds import KINDS
from milestone_sdk.simulator.configuration.nested import child_columns
from milestone_sdk.simulator.configuration.paths import Address
from milestone_sdk.simulator.configuration.tasks import Task
from milestone_sdk.simulator.configuration.tree import Tree
from milestone_sdk.simulator.site.devices import Camera, Device, Hardware, Recorder
from milestone_sdk.simulator.site.model import EventType, User

__all__ = ["Changes"]


class Changes:
    """Takes changed items."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def validate(self, item: Item, user: User) -> ValidateResult:
        """Return whether the item could be saved, and its new form; nothing is changed."""
        address = self._address(item, user)
        trial = _trial(address.subject)
        errors = self._apply(item, address.item_type, trial)
        return ValidateResult(item if errors else self._tree.build(address.item_type, trial), errors)

    def save(self, item: Item, user: User) -> ValidateResult:
        """Change the site, or nothing of it when something is wrong."""
        address = self._address(item, user)
        errors = self._apply(item, address.item_type, _trial(address.subject))
        if errors:
            return ValidateResult(item, errors)
        before = getattr(address.subject, "name", "")
        self._apply(item, address.item_type, address.subject)
        self._changed(address.subject, before)
        return ValidateResult(self._tree.build(address.item_type, address.subject))

    def _address(self, item: Item, user: User) -> Address:
        address = self._tree.paths.address(item.path, user)
        if address.folder or isinstance(address.subject, Task):
            raise fault("NotSupportedExceptionFault", f"{item.path} cannot be changed.")
        if item.item_type != address.item_type:
            raise fault("ArgumentExceptionFault", f"{item.path} is not a {item.item_type}.", argument="item")
        return address

    def _apply(self, item: Item, item_type: str, subject: Any) -> tuple[ErrorResult, ...]:
        errors = self.assign(item.properties or (), self._tree.columns(item_type), subject)
        kind = KINDS.get(item_type)
        if item.enabling is not None and kind is not None and kind.can_be_disabled:
            subject.enabled = item.enabling.enabled
        for number, child in enumerate(item.children or ()):
            if child.category == "ChildItem":
                errors += self._apply_child(child, item_type, subject, number)
        return tuple(errors)

    def _apply_child(self, child: Item, item_type: str, subject: Any, number: int) -> list[ErrorResult]:
        if item_type == "HardwareDeviceEvent":
            name = child.value("Name")
            if name in subject.events and child.enabling is not None:
                subject.events[name] = child.enabling.enabled
            return []
        found = child_columns(item_type, subject, number)
        if found is None:
            return []
        columns, owner = found
        return self.assign(child.properties or (), self._tree.available(columns), owner)

    def assign(self, properties: Sequence[Property], columns: tuple[Column, ...], subject: Any) -> list[ErrorResult]:
        """Set every property that differs; what is not known is ignored."""
        lookup = self._tree.lookup
        by_key = {column.definition.key.casefold(): column for column in columns}
        errors: list[ErrorResult] = []
        for entry in properties:
            column = by_key.get(entry.key.casefold())
            if column is None or entry.value is None:
                continue
            current = column.get(subject, lookup)
            if not isinstance(current, str) or entry.value == current:
                continue
            if column.set is None and column.definition.value_type == "DateTime":
                continue  # the server's own times have changed since the client read the item
            if column.set is None:
                errors.append(ErrorResult(entry.key, f"{entry.key} is read-only.", "VMO61005"))
                continue
            try:
                column.set(subject, lookup, entry.value)
            except ValueError as error:
                errors.append(ErrorResult(entry.key, str(error), "VMO61004"))
        return errors

    def _changed(self, subject: Any, before: str) -> None:
        """Leave the traces of a change: LastModified, QueryChanges, definitions that name a renamed event."""
        site = self._tree.lookup.site
        now = site.now()
        if hasattr(subject, "last_modified"):
            subject.last_modified = now
        if isinstance(subject, Camera):
            site.touch(subject.recorder_id, subject.hardware_id)
        elif isinstance(subject, Hardware):
            site.touch(subject.recorder_id, subject.id)
        elif isinstance(subject, Recorder):
            site.touch(subject.id)
        elif isinstance(subject, Device):
            hardware = self._tree.lookup.hardware.find(subject.hardware_id)
            if hardware is not None:
                site.touch(hardware.recorder_id, hardware.id)
        elif isinstance(subject, EventType) and subject.name != before:
            for definition in site.alarm_definitions:
                if definition.event == before:
                    definition.event = subject.name


def _trial(subject: Any) -> Any:
    """A copy that can be changed without a trace; what is below it in the site is shared but for small things."""
    trial = copy.copy(subject)
    for name in ("settings", "events", "streams"):
        if hasattr(trial, name):
            setattr(trial, name, copy.deepcopy(getattr(trial, name)))
    return trial
