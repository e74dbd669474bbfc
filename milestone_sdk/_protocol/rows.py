"""Lists of thousands of like elements, read by position where that is proven right and by name where it is not.

Asking lxml for an element's name costs more than parsing it, asking for its text does not. One serializer writes all
rows of a reply with the same members in the same order (protocol/auth.md 6.1). So where each text stands in a row is
learned by name from the first row of a length, and holds for others of that length as long as their values are of the
right type and the last row of the list has the very same names.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Final, Generic, TypeAlias, TypeVar

from attrs import frozen

from .soap import Element, tag_of

__all__ = ["Layout", "Part", "Pick", "Rows", "Texts"]

V = TypeVar("V")
Texts: TypeAlias = Sequence[str | None]
Pick: TypeAlias = Callable[[Texts], Texts]
"""Takes what is wanted out of the texts of a row; `None` for what is nil, empty or absent."""
Layout: TypeAlias = Sequence[Sequence[Pick]]
"""For each part of a row, one `Pick` for each of its items: none or one unless the part is a list."""

_PROOF: Final = 8
"""Rows that must look alike before unknown members in them count as what this server writes."""
_MAX_LAYOUTS: Final = 1000
"""Layouts remembered for one document; a site has a few, one for each number of streams, presets and the like."""


@frozen
class Part:
    """Something wanted of each row: texts below a place in it, or of each item of a list there.

    `path` leads from the row to the place, `leaves` are paths from there, or from each `item` there, to the texts.
    """

    path: tuple[str, ...]
    leaves: tuple[tuple[str, ...], ...]
    items: tuple[str, ...] = ()


class Rows(Generic[V]):
    """Reads rows of one type throughout one document.

    `make` gets the layout of a row, its texts, and whether the layout was read from this very row. Where it was not,
    `ValueError` and `LookupError` of `make` lead to another try, with it.
    """

    def __init__(
        self,
        item: str,
        parts: Sequence[Part],
        make: Callable[[Layout, Texts, bool], V],
        *,
        others: Iterable[str] = (),
    ) -> None:
        self._item = item
        self._parts = parts
        self._make = make
        self._known = {item, *others}
        for part in parts:
            self._known.update(part.path, part.items, *part.leaves)
        self._layouts: dict[int, tuple[list[str], Layout]] = {}
        self._unproven: dict[int, tuple[list[str], int]] = {}

    def read(self, rows: Element | None) -> list[V]:
        """Return what `make` makes of each row that is not nil; nothing for a list that is nil, empty or absent."""
        if rows is None or not len(rows):
            return []
        made: list[V] = []
        layouts, make = self._layouts, self._make
        doubtful = len(rows) >= _PROOF and not self._alike(rows)
        for row in rows.iterchildren(self._item):
            texts: list[str | None] = [element.text for element in row.iter()]
            if len(texts) == 1:
                continue
            known = None if doubtful else layouts.get(len(texts))
            texts.append(None)
            if known is not None:
                try:
                    made.append(make(known[1], texts, False))
                    continue
                except (ValueError, LookupError):
                    pass
            made.append(make(self._learn(row), texts, True))
        return made

    def _alike(self, rows: Element) -> bool:
        """Return whether the last row has the names that its length stands for, in this list and before."""
        first = next(rows.iterchildren(self._item), None)
        last = next(rows.iterchildren(self._item, reversed=True), None)
        if first is None or last is None:
            return True
        names = [tag_of(element) for element in last.iter()]
        if len(names) not in self._layouts:
            self._learn(first)
        seen, _ = self._layouts.get(len(names), (names, None))
        return seen == names

    def _learn(self, row: Element) -> Layout:
        elements = list(row.iter())
        place = {element: index for index, element in enumerate(elements)}
        layout = [self._picks(row, part, place) for part in self._parts]
        names = [tag_of(element) for element in elements]
        if len(self._layouts) < _MAX_LAYOUTS and (self._known.issuperset(names) or self._proven(names)):
            self._layouts.setdefault(len(names), (names, layout))
        return layout

    def _proven(self, names: list[str]) -> bool:
        seen, count = self._unproven.get(len(names), (names, 0))
        count = count + 1 if seen == names else 1
        if len(self._unproven) < _MAX_LAYOUTS:
            self._unproven[len(names)] = (names, count)
        return count >= _PROOF

    def _picks(self, row: Element, part: Part, place: dict[Element, int]) -> list[Pick]:
        block = _descend(row, part.path)
        if block is None:
            return []
        if not part.items:
            found = [block] if len(block) else []
        elif part.leaves == ((),):
            found = list(block.iterchildren(*part.items))
        else:
            found = [item for item in block.iterchildren(*part.items) if len(item)]
        return [_pick([_place(item, leaf, place) for leaf in part.leaves]) for item in found]


def _descend(element: Element, path: tuple[str, ...]) -> Element | None:
    found: Element | None = element
    for tag in path:
        found = None if found is None else next(found.iterchildren(tag), None)
    return found


def _place(element: Element, path: tuple[str, ...], place: dict[Element, int]) -> int:
    found = _descend(element, path)
    return -1 if found is None else place[found]


def _pick(places: list[int]) -> Pick:
    if len(places) > 1:
        return itemgetter(*places)
    return itemgetter(slice(places[0], places[0] + 1 or None))
