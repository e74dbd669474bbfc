"""Lists of thousands of like elements, read by pattern where that is proven right and by name where it is not.

Asking lxml for the name of each element costs as much as parsing, asking for its text a third of that. So the names of
a row are asked for until several rows had the same names in the same places. These, with "any text" in between, then
make a pattern. A row of which the pattern matches the bytes, from the first tag to the last, has exactly these
elements, and the match holds their texts. lxml has parsed the same bytes before: they are well-formed XML.

For 5,000 alarms that takes 0.4 of the parser's time. Taking the texts from lxml takes as long without any proof, and a
proof by libxml2 0.4 (XML Schema) to 0.7 (RELAX NG) more. No row is read by the shape of another.
"""

import re
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import accumulate, chain, repeat
from operator import itemgetter
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast

from attrs import AttrsInstance, fields, frozen
from lxml import etree

from .envelope import Element, is_legal, tag_of
from .values import XMLSCHEMA_INSTANCE

__all__ = ["PROOF", "Layout", "Part", "Pick", "Rows", "Shape", "Source", "Texts", "maker", "shape_of"]

V = TypeVar("V")
Texts: TypeAlias = tuple[str | None, ...]
Pick: TypeAlias = Callable[[Texts], Texts]
"""Takes what is wanted out of the texts of a row; `None` for what is nil, empty or absent."""
Layout: TypeAlias = Sequence[Sequence[Pick]]
"""For each part of a row, one `Pick` for each of its items: none or one unless the part is a list."""
Shape: TypeAlias = tuple[tuple[str, ...], tuple[int, ...]]
"""The name and the number of children of each element of a row, in document order."""
_Namespaces: TypeAlias = Mapping[str | None, str]

PROOF: Final = 8
"""Rows of one shape that are read by name before a pattern is made of it: that takes as long as reading 100 rows."""
_MAX_SHAPES: Final = 1000
"""Shapes remembered for one document; a site has a few, one for each number of streams, presets and the like."""
_MAX_PATTERNS: Final = 50
_XML: Final = len(b"\xef\xbb\xbf<?")
"""Where the declaration has begun, if there is one."""
_NIL: Final = f"{{{XMLSCHEMA_INSTANCE}}}nil"
_NOTHING: Final = r"""/>| [\w.-]+:nil=["']\w+["']/>"""
_NO_TEXT: Final = r"(?:|(.))"
"""A last group that never has a text: what a layout takes for a member that the row has not."""
_REFERENCE: Final = re.compile("&(?:#x([0-9A-Fa-f]+)|#([0-9]+)|(amp|lt|gt|quot|apos));", re.ASCII)
_NAMED_CHARACTERS: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


@frozen
class Part:
    """Something wanted of each row: texts below a place in it, or of each item of a list there.

    `path` leads from the row to the place, `leaves` are paths from there, or from each `item` there, to the texts.
    `shared` says that many rows have the same texts there: then these are looked at once.
    """

    path: tuple[str, ...]
    leaves: tuple[tuple[str, ...], ...]
    items: tuple[str, ...] = ()
    shared: bool = False


class Source:
    """The bytes that a document was parsed from, and where elements begin in them.

    `text` has a character for each byte, whatever the encoding: so a position is the same in both.
    """

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.text = body.decode("latin-1")
        self.ascii_only = body.isascii()
        self.has_references = b"&" in body
        # Comments, CDATA and processing instructions may hold what only looks like rows; parsers change CR to LF.
        self._plain = not _holds(body, b"!") and not _holds(body, b"?", _XML) and b"\r" not in body

    def places(self, tag: str, prefixes: Sequence[str | None]) -> Sequence[int]:
        """Return where the elements of a name begin, of which these are the prefixes in document order.

        Nothing is returned where that cannot be said for sure: if they are not all elements of the name, for example.
        """
        if not self._plain or len(set(prefixes)) != 1:
            return ()
        # Each of the elements begins with `start`. So if nothing else does, these are their places.
        start = f"<{_name(tag, prefixes[0])}".encode()
        found: list[int] = []
        at = self.body.find(start)
        while at >= 0 and len(found) <= len(prefixes):
            found.append(at)
            at = self.body.find(start, at + len(start))
        return found if len(found) == len(prefixes) else ()

    def pattern(
        self, row: Element, place: int, wanted: Container[Element] = (), blocks: Container[Element] = ()
    ) -> re.Pattern[str] | None:
        """Return what matches every element of the shape of `row`, which begins at `place`.

        Its groups are the texts of `wanted` elements and the sources of `blocks`. `None` where that cannot be said for
        sure.
        """
        above = row.getparent()
        try:
            text = _pattern(row, {} if above is None else above.nsmap, {row.prefix}, wanted, blocks)
        except ValueError:
            return None
        found = re.compile(text.encode().decode("latin-1") + _NO_TEXT)
        return None if found.match(self.text, place) is None else found


def shape_of(elements: Iterable[Element]) -> Shape:
    """Return the shape of a row by its elements; two of one shape have the same names in the same places."""
    elements = list(elements)
    return tuple([tag_of(element) for element in elements]), tuple(map(len, elements))


def _holds(body: bytes, mark: bytes, start: int = 0) -> bool:
    """Return whether "<" and the mark are together somewhere; looking for the rare byte alone is much faster."""
    at = body.find(mark, start)
    while at > 0 and body[at - 1] != ord("<"):
        at = body.find(mark, at + 1)
    return at > 0


def _name(tag: str, prefix: str | None) -> str:
    local = etree.QName(tag).localname
    return f"{prefix}:{local}" if prefix else local


def _pattern(
    element: Element,
    outside: _Namespaces,
    known: AbstractSet[str | None],
    wanted: Container[Element],
    blocks: Container[Element] = (),
    content: str = "[^<]*+",
) -> str:
    """Write the pattern of an element; `known` are the prefixes that mean here what they mean in every such row.

    `outside` is what is declared around it. Raises `ValueError` for an element that has no such pattern.
    """
    declared = [(prefix, uri) for prefix, uri in element.nsmap.items() if outside.get(prefix) != uri]
    known = known | {prefix for prefix, _ in declared}
    if len(declared) > 1 or element.prefix not in known or set(element.attrib) - {_NIL}:
        raise ValueError("the shape of this element depends on more than its names")
    tag = re.escape(_name(tag_of(element), element.prefix))
    start = tag
    for prefix, uri in declared:
        start += rf""" xmlns{f":{prefix}" if prefix else ""}=["']{re.escape(uri)}["']"""
    if not len(element):
        text = f"({content})" if element in wanted else content
        return rf"<{start}(?:>{text}</{tag}>|{_NOTHING})"
    if element in wanted:
        raise ValueError("elements where a text was expected")
    if element in blocks:
        return f"<{start}>({_inside(element, known, ())})</{tag}>"
    children = [_pattern(child, element.nsmap, known, wanted, blocks, content) for child in element]
    return f"<{start}>{''.join(children)}</{tag}>"


def _inside(block: Element, known: AbstractSet[str | None], wanted: Container[Element]) -> str:
    """Write the pattern of what is in a block; without references, since its texts are taken out later."""
    return "".join([_pattern(child, block.nsmap, known, wanted, (), "[^<&]*+") for child in block])


class _SharedTexts(dict[str | None, Texts]):
    """The texts of a block by its source, each source looked at once."""

    def __init__(self, block: Element, leaves: Sequence[Element | None]) -> None:
        super().__init__()
        texts = [element for element in block.iter() if element in leaves]
        self._pattern = re.compile(_inside(block, set(block.nsmap), texts) + _NO_TEXT)
        self._pick = _pick([-1 if element is None else texts.index(element) for element in leaves])

    def __missing__(self, source: str) -> Texts:
        found = self._pattern.fullmatch(source)
        assert found is not None  # the same pattern has matched it within its row
        texts = self[source] = self._pick(found.groups(None))
        return texts


def _character(reference: re.Match[str]) -> str:
    if reference[3]:
        return _NAMED_CHARACTERS[reference[3]]
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    return chr(number) if is_legal(number) else "\N{REPLACEMENT CHARACTER}"


def maker(kind: Callable[..., V]) -> Callable[..., V]:
    """Return what makes a frozen object of `kind` from all its values, by position, in half the constructor's time.

    The constructor sets each through `object.__setattr__`, this through the slot itself.
    """
    names = [found.name for found in fields(cast(type[AttrsInstance], kind))]
    scope: dict[str, Any] = {f"set_{name}": vars(kind)[name].__set__ for name in names} | {
        "kind": kind,
        "new": object.__new__,
    }
    lines = [f"def make({', '.join(names)}):", " made = new(kind)"]
    lines += [f" set_{name}(made, {name})" for name in names]
    exec("\n".join([*lines, " return made"]), scope)  # as attrs makes constructors
    return cast(Callable[..., V], scope["make"])


class Rows(Generic[V]):
    """Reads rows of one type throughout one document.

    `make` gets the layout of a row and its texts. A row of which it makes `None` is left out. `lists` are the lists of
    such rows that the document has, in its order and none within another; `None` for one that is absent.
    """

    def __init__(
        self,
        source: Source,
        item: str,
        parts: Sequence[Part],
        make: Callable[[Layout, Texts], V | None],
        lists: Sequence[Element | None],
    ) -> None:
        self._source = source
        self._item = item
        self._parts = parts
        self._make = make
        self._places = self._find(lists)
        self._layouts: dict[Shape, Layout] = {}
        self._seen: Counter[Shape] = Counter()
        self._patterns: list[tuple[Callable[[str, int], re.Match[str] | None], Layout]] = []

    def read(self, rows: Element | None) -> list[V]:
        """Return what `make` makes of each row that is not nil; nothing for a list that is nil, empty or absent."""
        if rows is None or not len(rows):
            return []
        made: list[V] = []
        text, patterns, make = self._source.text, self._patterns, self._make
        ascii_only, has_references = self._source.ascii_only, self._source.has_references
        places = self._places.get(rows) or repeat(len(text))
        for row, place in zip(rows.iterchildren(self._item), places, strict=False):
            for match, layout in patterns:
                if found := match(text, place):
                    texts = found.groups("")
                    if not ascii_only and not found[0].isascii():
                        texts = tuple([part.encode("latin-1").decode() for part in texts])
                    if has_references and text.find("&", place, found.end()) >= 0:
                        texts = tuple([_REFERENCE.sub(_character, part) if "&" in part else part for part in texts])
                    value = make(layout, texts)
                    break
            else:
                value = self._named(row, place) if len(row) else None
            if value is not None:
                made.append(value)
        return made

    def _find(self, lists: Sequence[Element | None]) -> Mapping[Element, Sequence[int]]:
        found = {rows: [row.prefix for row in rows.iterchildren(self._item)] for rows in lists if rows is not None}
        places = self._source.places(self._item, list(chain.from_iterable(found.values())))
        ends = accumulate(map(len, found.values()))
        return {rows: places[end - len(found[rows]) : end] for rows, end in zip(found, ends, strict=True)}

    def _named(self, row: Element, place: int) -> V | None:
        """Read a row by the names in it, and make a pattern once several rows had the same."""
        elements = list(row.iter())
        shape = shape_of(elements)
        layout = self._layouts.get(shape)
        if layout is None:
            layout = self._layout(self._wanted(row), elements)
            if len(self._layouts) < _MAX_SHAPES:
                self._layouts[shape] = layout
        self._seen[shape] += shape in self._layouts
        if self._seen[shape] == PROOF and len(self._patterns) < _MAX_PATTERNS:
            self._learn(row, place, elements)
        return self._make(layout, (*[element.text for element in elements], None))

    def _learn(self, row: Element, place: int, elements: Sequence[Element]) -> None:
        found = self._wanted(row)
        blocks: dict[Element, int] = {}
        for number, part in enumerate(self._parts):
            if part.shared and found[number] and (block := _descend(row, part.path)) is not None:
                blocks[block] = number
        apart = set(blocks.values())
        texts = [item for number, part in enumerate(found) if number not in apart for item in part]
        wanted = {element for item in texts for element in item if element is not None}
        pattern = self._source.pattern(row, place, wanted, blocks)
        if pattern is None:
            return
        groups = [element for element in elements if element in wanted or element in blocks]
        layout = self._layout(found, groups)
        for block, number in blocks.items():
            group, shared = groups.index(block), _SharedTexts(block, found[number][0])
            layout[number] = [lambda texts, group=group, shared=shared: shared[texts[group]]]  # type: ignore[misc]
        self._patterns.append((pattern.match, layout))

    def _wanted(self, row: Element) -> list[list[list[Element | None]]]:
        """Return the elements with the texts that are wanted of a row, by part and item."""
        return [[[_descend(item, leaf) for leaf in part.leaves] for item in _items(row, part)] for part in self._parts]

    @staticmethod
    def _layout(found: list[list[list[Element | None]]], elements: Sequence[Element]) -> list[Sequence[Pick]]:
        place: dict[Element | None, int] = {element: index for index, element in enumerate(elements)}
        return [[_pick([place.get(element, -1) for element in item]) for item in part] for part in found]


def _items(row: Element, part: Part) -> list[Element]:
    block = _descend(row, part.path)
    if block is None:
        return []
    if not part.items:
        return [block] if len(block) else []
    found = list(block.iterchildren(*part.items))
    return found if part.leaves == ((),) else [item for item in found if len(item)]


def _descend(element: Element, path: tuple[str, ...]) -> Element | None:
    found: Element | None = element
    for tag in path:
        found = None if found is None else next(found.iterchildren(tag), None)
    return found


def _pick(places: list[int]) -> Pick:
    if len(places) > 1 and places == list(range(places[0], places[-1] + 1)) and places[0] >= 0:
        return itemgetter(slice(places[0], places[-1] + 1))
    if len(places) > 1:
        return itemgetter(*places)
    return itemgetter(slice(places[0], places[0] + 1 or None))
