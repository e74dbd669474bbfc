"""Where items of a type are in the tree, and a traversal of it that ends."""  # docs/protocol: configuration-tree

from collections.abc import Iterable, Sequence
from typing import Final

from ...errors import UnsupportedFeature
from ...models import ConfigurationItem, ItemFilter

__all__ = ["MAX_TREE_DEPTH", "TreeWalk", "folders_to", "is_nested", "lies_somewhere", "pruned", "types_below_recorders"]

MAX_TREE_DEPTH: Final = 100
"""Levels of items and folders that a traversal goes down."""
_CHILD_ITEM: Final = "childitem"
_GROUPS: Final = ("Camera", "Microphone", "Speaker", "Metadata", "InputEvent", "Output")
_FOLDERS: Final[dict[str, tuple[str, ...]]] = {
    "Hardware": ("RecordingServerFolder", "HardwareFolder"),
    "HardwareDriver": ("RecordingServerFolder", "HardwareDriverFolder"),
    "Storage": ("RecordingServerFolder", "StorageFolder"),
    "ArchiveStorage": ("RecordingServerFolder", "StorageFolder", "ArchiveStorageFolder"),
    "EventType": ("EventTypeGroupFolder", "EventTypeFolder"),
    "Site": ("SiteFolder",),
    "SiteAddress": ("SiteFolder", "SiteAddressFolder"),
    **{kind: ("RecordingServerFolder", "HardwareFolder", f"{kind}Folder") for kind in _GROUPS},
    **{f"{kind}Group": (f"{kind}GroupFolder",) for kind in _GROUPS},
    **{
        kind: ("RecordingServerFolder", "HardwareFolder", "CameraFolder", f"{kind}Folder")
        for kind in ("Stream", "PtzPreset", "PatrollingProfile", "MotionDetection", "PrivacyProtection")
    },
}
_NESTED: Final = frozenset({"site", *(f"{kind}Group".casefold() for kind in _GROUPS)})
"""Types of which an item can hold others of the same type."""
_NOWHERE: Final = frozenset({"invokeinfo", "invokeresult"})
"""Types of the results of methods, which are in no folder."""


def folders_to(item_type: str) -> Sequence[str]:
    """Return the folders that lead from the root to the items of a type; the last one repeats where they nest.

    Raises `UnsupportedFeature` for a type whose place is not known.
    """
    known = {name.casefold(): folders for name, folders in _FOLDERS.items()}
    if folders := known.get(item_type.casefold()):
        return folders
    if not lies_somewhere(item_type) or not item_type.isalnum() or item_type.endswith("Folder"):
        raise UnsupportedFeature(
            f"items of type {item_type[:100]!r} cannot be searched for",
            required="a server since 2020 R2, which searches for them itself",
            actual="an older server",
        )
    return (f"{item_type}Folder",)


def lies_somewhere(item_type: str) -> bool:
    """Whether items of that type can be searched for; results of methods cannot."""
    return item_type.casefold() not in _NOWHERE


def types_below_recorders(item_type: str) -> Sequence[str]:
    """Return the types of folders and items from a recording server to items of this type; none for other places."""
    folders = folders_to(item_type)
    if len(folders) < 2 or folders[0] != "RecordingServerFolder":
        return ()
    return [name for folder in folders[1:] for name in (folder, folder.removesuffix("Folder"))]


def is_nested(item_type: str) -> bool:
    """Whether items of that type hold others of it."""
    return item_type.casefold() in _NESTED


class TreeWalk:
    """Decides which items a traversal enters: each once, so that it also ends in a tree with a circle."""

    def __init__(self) -> None:
        self._entered: set[str] = set()

    def enters(self, item: ConfigurationItem, depth: int) -> bool:
        """Whether to ask for the children of the item; not for those of an item that was entered before."""
        if depth >= MAX_TREE_DEPTH or (item.category or "").casefold() == _CHILD_ITEM:
            return False
        return self.enters_path(item.path)

    def enters_path(self, path: str) -> bool:
        """Whether the path was not entered before."""
        key = path.casefold()
        if not path or key in self._entered:
            return False
        self._entered.add(key)
        return True


def pruned(
    items: Iterable[ConfigurationItem], types: frozenset[str], filters: Sequence[ItemFilter]
) -> list[ConfigurationItem]:
    """Return the items that a hierarchy may hold: of these types, and meeting the filter for their type if any."""
    by_type = {found.item_type.casefold(): found for found in filters}
    return [
        item
        for item in items
        if (kind := item.item_type.casefold()) in types and (kind not in by_type or by_type[kind].matches(item))
    ]
