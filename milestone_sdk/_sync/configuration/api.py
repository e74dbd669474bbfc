# Generated from milestone_sdk/_async/configuration/api.py by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""The Configuration API: items, their children, questions, changes and methods (protocol/configuration.md)."""

from collections.abc import Iterator, Iterable, Mapping
from typing import Final, TypeVar

from attrs import evolve

from ..._protocol.configuration import service as configurationapi
from ..._protocol.configuration.devices import climb
from ..._protocol.configuration.methods import Invocation
from ..._protocol.configuration.tree import (
    TreeWalk,
    folders_to,
    is_nested,
    lies_somewhere,
    pruned,
    types_below_recorders,
)
from ..._protocol.soap.envelope import Call
from ...errors import (
    ConfigurationError,
    InvalidItem,
    ItemNotFound,
    PermissionDenied,
    ReplyTooLarge,
    ServerFault,
    UnsupportedFeature,
)
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
from ..session.facts import Fact
from ..session.session import Session
from .devices import ConfiguredDevices, Denied
from .task import ServerTask

__all__ = ["ConfigurationApi", "Denied"]

T = TypeVar("T")
V = TypeVar("V", bound=ItemView)

_REFUSALS: Final = (PermissionDenied, UnsupportedFeature, ServerFault, InvalidItem)
"""What a server answers for one part of the tree: no right, not in this product, no licence, or an error of its own."""

_ROOT_TYPE: Final = "system"
_MOST_STEPS: Final = 8
"""Items between a device and its recorder, and some more."""
_ABILITIES_LAST: Final = 600.0
"""Seconds after which the server is asked again for what it could not do."""
_PATIENCE: Final = 4
"""A whole hierarchy may take this many times the ordinary timeout."""


class ConfigurationApi:
    """The configuration of a site as a tree of items, each with all that the server tells of it.

    Paths are text such as `/`, `/CameraGroupFolder`, `Camera[<id>]`, `Camera[<id>]/StreamFolder`, or an `ItemPath`.
    Everything here raises what the network and the login raise, `PermissionDenied`, `UnsupportedFeature` (also for
    Windows users on releases before 2021 R1), `LicenseRequired`, `ServerFault`, `InvalidItem` for refused arguments,
    `RemoteProtocolError`, and for a bad path `ConfigurationError`.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._queries: dict[str, Fact[bool]] = {}
        """Types of items that the server does not look for itself: all before 2020 R2, or some on some products."""
        self._hierarchies = self._can()
        self.devices = ConfiguredDevices(self)
        """Recorders, hardware, cameras, folders and federated sites, in the models that the rest of the client uses."""

    # Reading

    def item(self, path: str | ItemPath = "/") -> ConfigurationItem:
        """Return one item; the root is the management server. Raises `ItemNotFound`."""
        return self._call(configurationapi.get_item(_path_text(path)))

    def children(
        self, path: str | ItemPath = "/", *, recurse: bool = False, denied: Denied | None = None
    ) -> Iterator[ConfigurationItem]:
        """Yield what lies below an item or in a folder, parents first, also what is switched off.

        With `recurse` everything further below too, asked for only when the iteration gets there: one request for each
        folder and item. An item that lies in two folders is yielded in both, and entered once, so the walk ends
        even where a folder holds itself. What is removed meanwhile is left out. A part that cannot be read raises
        `PermissionDenied`, `UnsupportedFeature` where the product does not have it, `LicenseRequired`, or another
        `ServerFault`. With `denied` none of these is raised: it is called with the path and the error, and the walk
        goes on. Raises `ItemNotFound` for `path`.
        """
        walk = TreeWalk()
        walk.enters_path(_path_text(path))
        below = self._children(_path_text(path), denied)
        waiting = [(item, 1) for item in reversed(below)]
        while waiting:
            item, depth = waiting.pop()
            yield item
            if recurse and walk.enters(item, depth):
                below = self._children_of(item, denied)
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
        `max_reply`; of an older one the tree is walked, to where such items lie, with one request for each folder.
        `denied` is as in `children`, and is only called by that walk. Raises `ConfigurationError` for a limit below 1.
        """
        if limit is not None and limit < 1:
            raise ConfigurationError(f"a limit of {limit} items asks for nothing")
        wanted = ItemFilter(item_type=item_type, enable=enable, conditions=conditions)
        queries = self._queries.setdefault(item_type.casefold(), self._can())
        if queries.known is not False:
            try:
                call = configurationapi.query_items(wanted, limit=limit or configurationapi.EVERY_ITEM)
                return self._call(call, patient=True)
            except UnsupportedFeature:
                folders_to(item_type)  # an unknown type is the true reason
                queries.keep(False)
            except ReplyTooLarge:
                if not types_below_recorders(item_type):
                    raise
                return self._query_by_recorders(wanted, limit)
        return self._query_by_walking(wanted, limit, denied)

    def hierarchy(
        self, path: str | ItemPath, *item_types: str, filters: Iterable[ItemFilter] = ()
    ) -> tuple[ConfigurationItem, ...]:
        """Return what lies below an item, of these types, each with its `children` in it.

        The types of the folders in between have to be named too: `"HardwareFolder", "Hardware", "CameraFolder",
        "Camera"` below a recording server. Servers since 2020 R2 answer in one request. Raises `ItemNotFound`.
        """
        filters = tuple(filters)
        if self._hierarchies.known is not False:
            try:
                call = configurationapi.get_child_items_hierarchy(_path_text(path), item_types, filters)
                return self._call(call, patient=True)
            except UnsupportedFeature:
                self._hierarchies.keep(False)
        types = frozenset(map(str.casefold, item_types))
        below = self._children(_path_text(path), None)
        return self._hierarchy_by_walking(below, types, filters, TreeWalk(), 0)

    def views(self, view: type[V], *conditions: PropertyFilter, denied: Denied | None = None) -> tuple[V, ...]:
        """Return all items of a type as typed views: `views(AlarmDefinitionItem)`; see `query`."""
        if not view.item_types:
            raise ConfigurationError(f"{view.__name__} is for items of any type", hint="take CameraItem or the like")
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
        raise ConfigurationError(f"{start.path} belongs to no recording server")

    def methods(self) -> tuple[MethodInfo, ...]:
        """Return the texts and icons of all methods that items can have."""
        return self._call(configurationapi.get_method_infos())

    def translations(self, language: str = "en-US") -> Mapping[str, str]:
        """Return the texts behind the translation ids of items, properties and choices."""
        return self._call(configurationapi.get_translations(language))

    # Changing

    def validate(self, item: ConfigurationItem) -> Validation:
        """Return what the server would say to `set`, and the item as it then is; nothing is stored.

        Needed after a change of a property with `server_validation`: others follow from it, so go on with `item` of
        the answer.
        """
        return self._call(configurationapi.validate_item(item))

    def set(self, item: ConfigurationItem) -> ConfigurationItem:
        """Store an item that was received and changed; returns it as the server has it now.

        Children of category ChildItem are stored with it. Raises `InvalidItem` with what the server refuses, and then
        nothing is stored.
        """
        answer = self._call(configurationapi.set_item(item))
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
            answer = self._call(configurationapi.invoke_method(step.item, step.method), patient=True)
            following = invocation.feed(answer)
            while following is not None and following.validate:
                validation = self.validate(following.item)
                following = invocation.validated(validation.item or following.item)
            if following is None:
                task = ServerTask(self._session, invocation.method, answer, unused=invocation.unused)
                return task.begun()
            step = following

    # Parts of the above

    def _can(self) -> Fact[bool]:
        """Return what keeps in mind that the server cannot do something: until it may have been upgraded."""
        return Fact(lifetime=_ABILITIES_LAST, clock=self._session.clock)

    def _call(self, call: Call[T], *, patient: bool = False) -> T:
        timeout = self._session.timeout * _PATIENCE if patient else None
        return self._session.configuration(call, timeout=timeout)

    def _children(self, path: str, denied: Denied | None) -> tuple[ConfigurationItem, ...]:
        try:
            return self._call(configurationapi.get_child_items(path), patient=True)
        except _REFUSALS as error:
            if denied is None:
                raise
            denied(path, error)
            return ()

    def _children_of(self, item: ConfigurationItem, denied: Denied | None) -> tuple[ConfigurationItem, ...]:
        """Return the children of an item that was found."""
        return item.children if item.children_filled else self._children_if_there(item.path, denied)

    def _query_by_recorders(self, wanted: ItemFilter, limit: int | None) -> tuple[ConfigurationItem, ...]:
        found: dict[str, ConfigurationItem] = {}
        types = types_below_recorders(wanted.item_type)
        for recorder in self.children("/RecordingServerFolder"):
            below = self.hierarchy(recorder.path, *types)
            found.update((item.path.casefold(), item) for top in below for item in top.walk() if wanted.matches(item))
            if limit is not None and len(found) >= limit:
                break
        return tuple(found.values())[:limit]

    def _query_by_walking(
        self, wanted: ItemFilter, limit: int | None, denied: Denied | None
    ) -> tuple[ConfigurationItem, ...]:
        if wanted.item_type.casefold() == _ROOT_TYPE:
            return tuple(item for item in [self.item()] if wanted.matches(item))
        folders = folders_to(wanted.item_type)
        found: dict[str, ConfigurationItem] = {}
        walk = TreeWalk()
        waiting = [(f"/{folders[0]}", 0)]
        while waiting and (limit is None or len(found) < limit):
            path, level = waiting.pop()
            if not walk.enters_path(path):
                continue
            below = self._children_if_there(path, denied)
            is_last = level == len(folders) - 1
            if is_last:
                found.update({item.path.casefold(): item for item in below if wanted.matches(item)})
            if not is_last or is_nested(wanted.item_type):
                following = min(level + 1, len(folders) - 1)
                waiting += [(f"{item.path}/{folders[following]}", following) for item in reversed(below)]
        return tuple(found.values())[:limit]

    def _children_if_there(self, path: str, denied: Denied | None) -> tuple[ConfigurationItem, ...]:
        """Return the children of what was found before; none if it is gone by now."""
        try:
            return self._children(path, denied)
        except ItemNotFound:
            return ()

    def _hierarchy_by_walking(
        self,
        below: Iterable[ConfigurationItem],
        types: frozenset[str],
        filters: tuple[ItemFilter, ...],
        walk: TreeWalk,
        depth: int,
    ) -> tuple[ConfigurationItem, ...]:
        whole: list[ConfigurationItem] = []
        for item in pruned(below, types, filters):
            children = item.children
            if not item.children_filled and walk.enters(item, depth):
                found = self._children_if_there(item.path, None)
                children = self._hierarchy_by_walking(found, types, filters, walk, depth + 1)
            whole.append(evolve(item, children=children, children_filled=True))
        return tuple(whole)


def _path_text(path: str | ItemPath) -> str:
    return str(ItemPath.parse(path) if isinstance(path, str) else path)
