"""The members of a structure in a reply, by their names."""

from datetime import datetime
from uuid import UUID

from . import values
from .faults import Element, tag_of

__all__ = ["Members"]


class Members:
    """The members of one element, by their names in one namespace; of two with one name, the first.

    A text that is nil, empty or absent is `None`. A value that cannot be read is noted for the log, and `None`.
    """

    __slots__ = ("_namespace", "found")

    def __init__(self, element: Element | None, namespace: str) -> None:
        self._namespace = f"{{{namespace}}}"
        self.found: dict[str, Element] = {}
        """The elements by their qualified names."""
        for child in () if element is None else element:
            self.found.setdefault(tag_of(child), child)

    @classmethod
    def of_rows(cls, rows: Element | None, namespace: str, item: str) -> "list[Members]":
        """Return the members of each row that is not nil; a list that is nil, empty or absent has no rows."""
        found = [] if rows is None else rows.findall(f"{{{namespace}}}{item}")
        return [cls(row, namespace) for row in found if len(row)]

    def element(self, name: str) -> Element | None:
        """Return a member itself, nil or not; `None` where it is absent."""
        return self.found.get(self._namespace + name)

    def text(self, name: str) -> str | None:
        """Return the text of a member."""
        found = self.found.get(self._namespace + name)
        return None if found is None else found.text or None

    def guid(self, name: str) -> UUID | None:
        """Return a GUID; the zero GUID is `None`."""
        return values.guid(self.text(name))

    def integer(self, name: str) -> int | None:
        """Return a whole number; 0 for a missing one."""
        return values.integer(self.text(name))

    def optional_integer(self, name: str) -> int | None:
        """Return a whole number; `None` for a missing one."""
        text = self.text(name)
        return None if text is None else values.integer(text)

    def flag(self, name: str) -> bool:
        """Return a boolean; false also for one that cannot be read."""
        return bool(values.boolean(self.text(name)))

    def moment(self, name: str) -> datetime | None:
        """Return a time."""
        return values.optional_moment(self.text(name))

    def structure(self, name: str) -> "Members | None":
        """Return the members of a member; `None` where that is nil, empty or absent."""
        found = self.element(name)
        return None if found is None or not len(found) else Members(found, self._namespace[1:-1])

    def rows(self, name: str, item: str) -> "list[Members]":
        """Return the members of each row of a member that is a list."""
        return Members.of_rows(self.element(name), self._namespace[1:-1], item)
