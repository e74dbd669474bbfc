"""Reading the tree of the Configuration API, in the way that the release of the server allows."""

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

from attrs import evolve

from ..._protocol.configuration import service
from ..._protocol.configuration.tree import (
    TreeWalk,
    folders_to,
    is_nested,
    pruned,
    types_below_recorders,
)
from ..._protocol.soap.envelope import Call
from ...errors import (
    InvalidItem,
    ItemNotFound,
    MilestoneError,
    PermissionDenied,
    ReplyTooLarge,
    ServerFault,
    UnsupportedFeature,
)
from ...models import ConfigurationItem, ItemFilter, ItemPath
from ..session.facts import AsyncFact
from ..session.session import AsyncSession

__all__ = ["AsyncConfigurationReader", "Denied", "path_text"]

T = TypeVar("T")

Denied = Callable[[str, MilestoneError], object]
"""Called with the path of a part of the tree that cannot be read, and the error that says why."""

_DENIALS: Final = (PermissionDenied, UnsupportedFeature, ServerFault, InvalidItem)
"""What a server answers for one part of the tree: no right, not in this product, no licence, or an error of its own."""
_ROOT_TYPE: Final = "system"
_ABILITIES_LAST: Final = 600.0
"""Seconds after which the server is asked again for what it could not do: it may have been upgraded."""
_PATIENCE: Final = 4
"""A whole hierarchy may take this many times the ordinary timeout."""


def path_text(path: str | ItemPath) -> str:
    """Return a path as the server wants it. Raises `ConfigurationError`."""
    return str(ItemPath.parse(path) if isinstance(path, str) else path)


class AsyncConfigurationReader:
    """Reads items, folders and hierarchies. Servers before 2020 R2 have no queries: their tree is read part by part."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._queries: dict[str, AsyncFact[bool]] = {}
        """Types of items that the server cannot query: all before 2020 R2, or some on some products."""
        self._hierarchies = self._ability()

    def _ability(self) -> AsyncFact[bool]:
        return AsyncFact(lifetime=_ABILITIES_LAST, clock=self._session.clock)

    async def call(self, call: Call[T], *, patient: bool = False) -> T:
        """Make a call; a `patient` one may last longer than the timeout of the session."""
        timeout = self._session.timeout * _PATIENCE if patient else None
        return await self._session.configuration(call, timeout=timeout)

    async def item(self, path: str | ItemPath = "/") -> ConfigurationItem:
        """Return one item. Raises `ItemNotFound`."""
        return await self.call(service.get_item(path_text(path)))

    async def children(self, path: str, denied: Denied | None = None) -> tuple[ConfigurationItem, ...]:
        """Return the items directly in a folder or below an item. Raises `ItemNotFound`."""
        try:
            return await self.call(service.get_child_items(path), patient=True)
        except _DENIALS as error:
            if denied is None:
                raise
            denied(path, error)
            return ()

    async def children_if_there(self, path: str, denied: Denied | None) -> tuple[ConfigurationItem, ...]:
        """Return the children of an item that was listed; none if it was removed since then."""
        try:
            return await self.children(path, denied)
        except ItemNotFound:
            return ()

    async def query(
        self, wanted: ItemFilter, *, limit: int | None = None, denied: Denied | None = None
    ) -> tuple[ConfigurationItem, ...]:
        """Return the items that a filter describes, wherever they are, each once."""
        queries = self._queries.setdefault(wanted.item_type.casefold(), self._ability())
        if queries.known is not False:
            try:
                return await self.call(service.query_items(wanted, limit=limit or service.EVERY_ITEM), patient=True)
            except UnsupportedFeature:
                folders_to(wanted.item_type)  # raises for an unknown type, which is the true reason then
                queries.keep(False)
            except ReplyTooLarge:
                if not types_below_recorders(wanted.item_type):
                    raise
                return await self._query_by_recorders(wanted, limit)
        return await self._query_by_folders(wanted, limit, denied)

    async def hierarchy(
        self, path: str, *item_types: str, filters: Iterable[ItemFilter] = ()
    ) -> tuple[ConfigurationItem, ...]:
        """Return the items of these types below an item, with their `children`. Raises `ItemNotFound`."""
        filters = tuple(filters)
        if self._hierarchies.known is not False:
            try:
                return await self.call(service.get_child_items_hierarchy(path, item_types, filters), patient=True)
            except UnsupportedFeature:
                self._hierarchies.keep(False)
        types = frozenset(map(str.casefold, item_types))
        return await self._hierarchy_by_items(await self.children(path), types, filters, TreeWalk(), 0)

    async def _query_by_recorders(self, wanted: ItemFilter, limit: int | None) -> tuple[ConfigurationItem, ...]:
        found: dict[str, ConfigurationItem] = {}
        types = types_below_recorders(wanted.item_type)
        for recorder in await self.children("/RecordingServerFolder"):
            below = await self.hierarchy(recorder.path, *types)
            found.update((item.path.casefold(), item) for top in below for item in top.walk() if wanted.matches(item))
            if limit is not None and len(found) >= limit:
                break
        return tuple(found.values())[:limit]

    async def _query_by_folders(
        self, wanted: ItemFilter, limit: int | None, denied: Denied | None
    ) -> tuple[ConfigurationItem, ...]:
        if wanted.item_type.casefold() == _ROOT_TYPE:
            return tuple(item for item in [await self.item()] if wanted.matches(item))
        folders = folders_to(wanted.item_type)
        found: dict[str, ConfigurationItem] = {}
        walk = TreeWalk()
        waiting = [(f"/{folders[0]}", 0)]
        while waiting and (limit is None or len(found) < limit):
            path, level = waiting.pop()
            if not walk.enters_path(path):
                continue
            below = await self.children_if_there(path, denied)
            is_last = level == len(folders) - 1
            if is_last:
                found.update({item.path.casefold(): item for item in below if wanted.matches(item)})
            if not is_last or is_nested(wanted.item_type):
                following = min(level + 1, len(folders) - 1)
                waiting += [(f"{item.path}/{folders[following]}", following) for item in reversed(below)]
        return tuple(found.values())[:limit]

    async def _hierarchy_by_items(
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
                found = await self.children_if_there(item.path, None)
                children = await self._hierarchy_by_items(found, types, filters, walk, depth + 1)
            whole.append(evolve(item, children=children, children_filled=True))
        return tuple(whole)
