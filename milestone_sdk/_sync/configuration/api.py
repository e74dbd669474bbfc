# Generated from milestone_sdk/_async/configuration/api.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""The Configuration API: items, their children, queries, changes and methods."""

from collections.abc import Iterator, Iterable, Mapping
from typing import Final, TypeVar

from ..._protocol.configuration import service
from ..._protocol.configuration.devices import climb
from ..._protocol.configuration.methods import Invocation
from ..._protocol.configuration.tree import TreeWalk, lies_somewhere
from ...errors import ConfigurationError, InvalidItem
from ...models import (
    ConfigurationItem,
    EnableFilter,
    ItemFilter,
    ItemPath,
    ItemView,
    MethodInfo,
    PropertyFilter,
    Validation,
)
from ...models.items.path import ROOT
from ..session.session import Session
from .devices import ConfiguredDevices
from .reader import ConfigurationReader, Denied, path_text
from .task import ServerTask

__all__ = ["ConfigurationApi"]

V = TypeVar("V", bound=ItemView)

_MOST_STEPS: Final = 8
"""Items between a device and its recorder, and some more."""


class ConfigurationApi:
    """The configuration of a site as a tree of items, each with every property that the server has for it.

    Paths are strings such as `/`, `/CameraGroupFolder`, `Camera[<id>]`, `Camera[<id>]/StreamFolder`, or an `ItemPath`.
    Every method raises what the network and the login raise, `PermissionDenied`, `UnsupportedFeature` (also for
    Windows users on releases before 2021 R1), `LicenseRequired`, `ServerFault`, `InvalidItem` for refused arguments,
    `RemoteProtocolError`, and for a bad path `ConfigurationError`.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._reader = ConfigurationReader(session)
        self.devices: ConfiguredDevices = ConfiguredDevices(self._reader)
        """Recorders, hardware, cameras, folders and federated sites, in the models that the rest of the client uses."""

    # Reading

    def item(self, path: str | ItemPath = "/") -> ConfigurationItem:
        """Return one item; the root is the management server. Raises `ItemNotFound`."""
        return self._reader.item(path)

    def children(
        self, path: str | ItemPath = "/", *, recurse: bool = False, denied: Denied | None = None
    ) -> Iterator[ConfigurationItem]:
        """Yield the items below an item or in a folder, parents first, disabled ones included.

        With `recurse`, yield all descendants; they are requested only when the iteration reaches them, one request for
        each folder and item. An item that is in two folders is yielded in both and entered once, so the iteration ends
        even where a folder contains itself. Items that are removed meanwhile are left out. A part that cannot be read
        raises `PermissionDenied`, `UnsupportedFeature` where the product does not have it, `LicenseRequired`, or
        another `ServerFault`. With `denied` none of these is raised: it is called with the path and the error, and the
        iteration goes on. Raises `ItemNotFound` for `path`.
        """
        walk = TreeWalk()
        walk.enters_path(path_text(path))
        waiting = [(item, 1) for item in reversed(self._reader.children(path_text(path), denied))]
        while waiting:
            item, depth = waiting.pop()
            yield item
            if recurse and walk.enters(item, depth):
                known = item.children if item.children_filled else None
                below = self._reader.children_if_there(item.path, denied) if known is None else known
                waiting += [(child, depth + 1) for child in reversed(below)]

    def query(
        self,
        item_type: str,
        *conditions: PropertyFilter,
        enable: EnableFilter | str = EnableFilter.ALL,
        limit: int | None = None,
        denied: Denied | None = None,
    ) -> tuple[ConfigurationItem, ...]:
        """Return the items of one type, wherever they are, that meet all conditions; each once.

        Servers since 2020 R2 answer in one request, or in one for each recording server where that would be more than
        `max_reply`. On older ones the folders that may hold such items are read, one request for each folder;
        `denied` is as in `children`, and is called only then. Raises `ConfigurationError` for a limit below 1.
        """
        if limit is not None and limit < 1:
            raise ConfigurationError(f"limit must be >= 1, got {limit}")
        wanted = ItemFilter(item_type=item_type, enable=enable, conditions=conditions)
        return self._reader.query(wanted, limit=limit, denied=denied)

    def hierarchy(
        self, path: str | ItemPath, *item_types: str, filters: Iterable[ItemFilter] = ()
    ) -> tuple[ConfigurationItem, ...]:
        """Return the items of these types below an item, each with its `children`.

        The types of the folders in between have to be named too: `"HardwareFolder", "Hardware", "CameraFolder",
        "Camera"` below a recording server. Servers since 2020 R2 answer in one request. Raises `ItemNotFound`.
        """
        return self._reader.hierarchy(path_text(path), *item_types, filters=filters)

    def views(self, view: type[V], *conditions: PropertyFilter, denied: Denied | None = None) -> tuple[V, ...]:
        """Return all items of a type as typed views: `views(AlarmDefinitionItem)`; see `query`."""
        if not view.item_types:
            raise ConfigurationError(
                f"view must be for one type of item, got {view.__name__}", hint="for example CameraItem"
            )
        found: list[V] = []
        for item_type in filter(lies_somewhere, view.item_types):
            found += [view.of(item) for item in self.query(item_type, *conditions, denied=denied)]
        return tuple(found)

    def recorder_of(self, item: ConfigurationItem | ItemPath | str) -> ConfigurationItem:
        """Return the recording server that a device, hardware or storage belongs to, by climbing up from it.

        Raises `ItemNotFound`, and `ConfigurationError` for what belongs to no recorder.
        """
        start = item if isinstance(item, ConfigurationItem) else self.item(item)
        if "group" in climb(start).item_type.casefold():
            start = self.item(start.path)  # it was listed through a folder, which is not where it belongs
        found = start
        for _ in range(_MOST_STEPS):
            if found.item_type.casefold() == "recordingserver":
                return found
            above = climb(found)
            if above == ROOT:
                break
            found = self.item(above)
        raise ConfigurationError(f"{start.path} does not belong to a recording server")

    def methods(self) -> tuple[MethodInfo, ...]:
        """Return the texts and icons of all methods that items can have."""
        return self._reader.call(service.get_method_infos())

    def translations(self, language: str = "en-US") -> Mapping[str, str]:
        """Return the texts behind the translation ids of items, properties and choices."""
        return self._reader.call(service.get_translations(language))

    # Changing

    def validate(self, item: ConfigurationItem) -> Validation:
        """Return what the server would say to `set`, and the item as it then is; nothing is stored.

        Needed after a change of a property with `server_validation`: others follow from it, so go on with `item` of
        the answer.
        """
        return self._reader.call(service.validate_item(item))

    def set(self, item: ConfigurationItem) -> ConfigurationItem:
        """Store an item that was received and changed; returns it as the server has it now.

        Children of category ChildItem are stored with it. Raises `InvalidItem` with what the server refuses, and then
        nothing is stored.
        """
        answer = self._reader.call(service.set_item(item))
        if not answer.ok:
            problems = [(problem.property_key, problem.text) for problem in answer.problems]
            said = "; ".join(": ".join(filter(None, problem)) for problem in problems) or "it gives no reason"
            raise InvalidItem(
                f"the server refuses {item.path}: {said}",
                problems=problems,
                server=str(self._session.location),
                operation="SetItem",
            )
        return answer.item or item

    def invoke(
        self,
        item: ConfigurationItem | ItemPath | str,
        method: str,
        values: Mapping[str, object] | None = None,
        /,
        **named: object,
    ) -> ServerTask:
        """Carry out a method of an item: `invoke("/UserDefinedEventFolder", "AddUserDefinedEvent", Name="Open")`.

        `values` and `named` fill in the forms that the server asks for, by the keys of their properties, letter case
        aside. Many methods are over when this returns, work on devices is a task to wait for. Raises `TaskFailed` with
        the server's reason, `UnsupportedFeature` for a method that the item does not have, `ConfigurationError` for a
        value that the method does not know (before anything is carried out) or that is missing.
        """
        if not isinstance(item, ConfigurationItem):
            item = self.item(item)
        invocation = Invocation(item, method, {**(values or {}), **named})
        step = invocation.first
        while True:
            answer = self._reader.call(service.invoke_method(step.item, step.method), patient=True)
            following = invocation.feed(answer)
            while following is not None and following.validate:
                validation = self.validate(following.item)
                following = invocation.validated(validation.item or following.item)
            if following is None:
                task = ServerTask(self._session, invocation.method, answer, unused=invocation.unused)
                return task.begun()
            step = following
