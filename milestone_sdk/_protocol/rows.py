"""Lists of thousands of like elements, read by position where that is proven right and by name where it is not.

Asking lxml for an element's name costs more than parsing it, asking for its text does not. One serializer writes all
rows of a reply with the same members in the same order (protocol/auth.md 6.1), so the names of the first and the last
row are read, and of the rows between only the number of members is: a row with an element too many, which a newer
server may send, is read by name, and so is one with a value of the wrong type.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Final, Generic, TypeAlias, TypeVar

from lxml import etree

from ..errors import RemoteProtocolError
from .soap import Element, members, text_of

__all__ = ["Blocks", "Flags", "Nested", "Rows", "Texts"]

V = TypeVar("V")
Texts: TypeAlias = Sequence[str | None]
Nested: TypeAlias = Sequence[Element | None]

_FEW: Final = 2
"""So many rows are taken to look like those of the same kind before them in the document."""


class _Order:
    """The order in which a serializer was seen to write the members of a type."""

    def __init__(self, tags: Sequence[str], wanted: Sequence[str], nested: Sequence[str]) -> None:
        place = {tag: index for index, tag in enumerate(tags)}
        self.count = len(tags)
        self.pick_texts: Callable[[list[str | None]], Texts] = _picker([place.get(tag, -1) for tag in wanted])
        self.pick_nested: Callable[[list[Element | None]], Nested] = _picker([place.get(tag, -1) for tag in nested])


def _picker(places: list[int]) -> Callable[[list[V]], Sequence[V]]:
    """Return what takes those places of a list, whose last stands for the absent, in this order."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda values: [values[place] for place in places]


class Rows:
    """Reads the rows of one type throughout one document.

    `wanted` are the qualified names of members whose texts are wanted, `nested` of those that hold more than text,
    `others` of those that may be there as well.
    """

    def __init__(
        self, item: str, *, wanted: Sequence[str], nested: Sequence[str] = (), others: Sequence[str] = ()
    ) -> None:
        self._item = item
        self._known = frozenset((*wanted, *nested, *others))
        self._wanted = wanted
        self._nested = nested
        self._order: _Order | None = None

    def read(self, rows: Element | None, make: Callable[[Texts, Nested], V]) -> list[V]:
        """Return what `make` makes of each row of a list, nothing for one that is nil, empty or absent.

        `make` gets the texts of the wanted members and the elements of the nested ones; `None` for what is absent. Where
        it refuses them with `ValueError` or `RemoteProtocolError`, it gets those read by name.
        """
        if rows is None or not (count := len(rows)):
            return []
        found: Iterable[Element] = rows.iterchildren(self._item)
        if count <= _FEW:
            found = [row for row in rows if row.tag == self._item]
        if count > _FEW or self._order is None:
            self._order = self._verify(rows)
        order = self._order
        if order is None:
            return [make(*self._by_name(row)) for row in found if len(row)]
        return self._by_position(found, order, make)

    def _by_position(self, rows: Iterable[Element], order: _Order, make: Callable[[Texts, Nested], V]) -> list[V]:
        made: list[V] = []
        count, pick_texts, pick_nested = order.count, order.pick_texts, order.pick_nested
        for row in rows:
            children: list[Element | None] = [*row]
            texts = [child.text for child in row]
            if len(texts) == count:
                texts.append(None)
                children.append(None)
                try:
                    made.append(make(pick_texts(texts), pick_nested(children)))
                except (ValueError, RemoteProtocolError):
                    made.append(make(*self._by_name(row)))
            elif texts:
                made.append(make(*self._by_name(row)))
        return made

    def _by_name(self, row: Element) -> tuple[Texts, Nested]:
        found = members(row)
        return [text_of(found.get(tag)) for tag in self._wanted], [found.get(tag) for tag in self._nested]

    def _verify(self, rows: Element) -> _Order | None:
        first = next(rows.iterchildren(self._item), None)
        last = next(rows.iterchildren(self._item, reversed=True), None)
        if first is None or last is None:
            return None
        tags = [child.tag for child in first]
        if len(set(tags)) != len(tags) or not self._known.issuperset(tags):
            return None
        return _Order(tags, self._wanted, self._nested) if tags == [child.tag for child in last] else None


class Blocks(Generic[V]):
    """Reads a structure that repeats in thousands of rows, such as "no PTZ", once for each content.

    Only a block whose names, nested ones included, are all `known` and are those of the first such block is kept; others
    are read each time.
    """

    def __init__(self, known: Sequence[str], read: Callable[[Element], V]) -> None:
        self._known = frozenset(known)
        self._read = read
        self._tags: list[str] | None = None
        self._seen: dict[Texts, V] = {}

    def __call__(self, block: Element | None) -> V | None:
        """Return what the block holds; `None` for one that is nil, empty or absent."""
        if block is None or not len(block):
            return None
        texts = self.content(block)
        try:
            return self._seen[texts]
        except KeyError:
            value = self._read(block)
        if self._tags is None:
            tags = _names_within(block)
            if len(set(tags)) == len(tags) and self._known.issuperset(tags):
                self._tags = tags
        if self._tags is not None and self._tags == _names_within(block):
            self._seen[texts] = value
        return value

    def content(self, block: Element) -> Texts:
        """Return what tells blocks of one structure apart."""
        return tuple([element.text for element in block.iter()])


class Flags(Blocks[V]):
    """Blocks that hold nothing but `true` and `false`, which their bare text tells apart, at a third of the cost."""

    def content(self, block: Element) -> Texts:
        """Return the values one after the other."""
        return etree.tostring(block, method="text", encoding="unicode", with_tail=False)


def _names_within(block: Element) -> list[str]:
    return [element.tag for element in block.iterdescendants()]
