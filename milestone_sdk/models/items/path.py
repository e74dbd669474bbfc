"""Where an item of the configuration is."""  # docs/protocol: configuration-paths

import re
from typing import Final, Self
from uuid import UUID

from attrs import evolve, field, frozen

from ...errors import ConfigurationError

__all__ = ["ROOT", "ItemPath"]

_FORM: Final = re.compile(
    r"/|/?(?P<root>[A-Za-z0-9]+Folder)"
    r"|(?P<type>[A-Za-z][A-Za-z0-9]*)\[(?P<id>[^\[\]]+)\](?:/(?P<folder>[A-Za-z0-9]+Folder))?",
    re.ASCII,
)
_LONGEST_SHOWN: Final = 80


@frozen
class ItemPath:
    """The path of an item or of a folder; at most two segments, since every item is addressed by its own id.

    `str()` gives it as servers write it: `/`, `/CameraGroupFolder`, `Camera[<id>]`, `Camera[<id>]/StreamFolder`. Paths
    are equal whatever the letter case of types and ids. Ids are GUIDs, except those of tasks: `Task[33]`.
    """

    item_type: str = field(default="", eq=str.casefold)
    """`Camera`; empty for the root and its folders."""
    id: str = field(default="", eq=str.casefold)
    folder: str = field(default="", eq=str.casefold)
    """`StreamFolder`; empty for an item."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a path. Raises `ConfigurationError`."""
        found = _FORM.fullmatch(text.strip())
        if found is None:
            raise ConfigurationError(
                f"{text[:_LONGEST_SHOWN]!r} is not a path of an item",
                hint="write /, /CameraGroupFolder, Camera[<id>] or Camera[<id>]/StreamFolder",
            )
        return cls(found["type"] or "", found["id"] or "", found["root"] or found["folder"] or "")

    @classmethod
    def of(cls, item_type: str, item_id: UUID | str | int, folder: str = "") -> Self:
        """Put a path together: `ItemPath.of("Camera", camera.id)`. Raises `ConfigurationError`."""
        return cls.parse(f"{item_type}[{item_id}]" + (f"/{folder}" if folder else ""))

    @property
    def guid(self) -> UUID | None:
        """The id if it is a GUID."""
        try:
            return UUID(self.id)
        except ValueError:
            return None

    @property
    def owner(self) -> Self:
        """The item whose folder this is; for an item the item itself; the root for its folders."""
        return evolve(self, folder="")

    def child(self, folder: str) -> Self:
        """Return the path of a folder of this item."""
        return evolve(self, folder=folder)

    def __str__(self) -> str:
        if not self.item_type:
            return f"/{self.folder}"
        item = f"{self.item_type}[{self.id}]"
        return f"{item}/{self.folder}" if self.folder else item


ROOT: Final = ItemPath()
"""The management server itself."""
