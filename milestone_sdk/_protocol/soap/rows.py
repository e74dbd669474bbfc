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
from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from operator import itemgetter
from typing import Any, Final, Generic, TypeAlias, TypeVar, cast

from attrs import AttrsInstance, fields, frozen

from .envelope import Element, is_legal
from .faults import tag_of
from .values import XMLSCHEMA_INSTANCE, Interned, thawed

__all__ = [
    "PROOF",
    "Layout",
    "Part",
    "Pick",
    "Rows",
    "Shape",
    "Source",
    "Texts",
    "maker",
    "pattern_of",
    "read_rows",
    "shape_of",
]

V = TypeVar("V")
Texts: TypeAlias = tuple[str | None, ...]
Pick: TypeAlias = Callable[[Texts], Any]
"""Takes what is wanted out of the texts of a row: texts, `None` or "" for nil, empty and absent; or what is shared."""
Layout: TypeAlias = Sequence[Sequence[Pick]]
"""For each part of a row, one `Pick` for each of its items: none or one unless the part is a list."""
Shape: TypeAlias = tuple[tuple[str, ...], tuple[int, ...]]
"""The name and the number of children of each element of a row, in document order."""
_Namespaces: TypeAlias = Mapping[str | None, str]
_Found: TypeAlias = Sequence[Sequence[Sequence[Element | None]]]
"""The elements with the texts that are wanted of a row, by part and item."""

PROOF: Final = 4
"""Rows of one shape read by name before a pattern is made: that takes as long as 6 rows, the first time 100."""
_MAX_SHAPES: Final = 1000
"""Shapes remembered for one document; a site has a few, one for each number of streams, presets and the like."""
_MAX_PATTERNS: Final = 50
_XML: Final = len(b"\xef\xbb\xbf<?")
"""Where the declaration has begun, if there is one."""
_NIL: Final = f"{{{XMLSCHEMA_INSTANCE}}}nil"
_MAY_BE_NIL: Final = r"""(?: [\w.-]+:nil=["']\w+["'])?+"""
_NO_TEXT: Final = r"(?:|(.))"
"""A first group that never has a text: what a layout takes for a member that the row does not have."""
_TEXT: Final = "[^<]*+"
_SHARED_TEXT: Final = r"[^<&\x80-\xff]*+"
"""A text that is the same in bytes and characters."""
_BORDER: Final = "\0"
"""Separates in a pattern the shared block, its end tag included, from what is before and behind."""
_REFERENCE: Final = re.compile("&(?:#x([0-9A-Fa-f]+)|#([0-9]+)|(amp|lt|gt|quot|apos));", re.ASCII)
_NAMED_CHARACTERS: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


@frozen
class Part:
    """Something wanted of each row: texts below a place in it, or of each item of a list there.

    `path` leads from the row to the place, `leaves` are paths from there, or from each `item` there, to the texts. Of
    one part many rows may have the same texts: `shared` makes a value of them, once for all of these rows.
    """

    path: tuple[str, ...]
    leaves: tuple[tuple[str, ...], ...]
    items: tuple[str, ...] = ()
    shared: Callable[[Texts], object] | None = None


class Source:
    """The bytes that a document was parsed from.

    `text` has a character for each byte, whatever the encoding: so a position is the same in both.
    """

    def __init__(self, body: bytes) -> None:
        self.text = body.decode("latin-1")
        self.ascii_only = body.isascii()
        self.has_references = b"&" in body
        # Comments, CDATA and processing instructions may hold what only looks like rows; parsers change CR to LF.
        self.is_plain = not _holds(body, b"!") and not _holds(body, b"?", _XML) and b"\r" not in body

    def start_of(self, tag: str, prefixes: Collection[str | None]) -> str | None:
        """Return how each element of a name begins, and nothing else does; `None` if that cannot be said for sure.

        `prefixes` are those of all elements of that name.
        """
        if not self.is_plain or len(set(prefixes)) != 1:
            return None
        start = f"<{_name(tag, next(iter(prefixes)))}".encode().decode("latin-1")
        return start if self.text.count(start) == len(prefixes) else None


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
    local = tag.rpartition("}")[2]
    return f"{prefix}:{local}" if prefix else local


def pattern_of(row: Element, wanted: Container[Element] = (), block: Element | None = None) -> str | None:
    """Return what matches every element of the shape of `row`; its groups are the texts of `wanted` elements.

    The inside of `block` is between two borders. `None` if there is no such pattern.
    """
    above = row.getparent()
    try:
        text = _pattern(row, {} if above is None else above.nsmap, {row.prefix}, wanted, block)
    except ValueError:
        return None
    return text.encode().decode("latin-1")


def _pattern(
    element: Element,
    outside: _Namespaces,
    known: AbstractSet[str | None],
    wanted: Container[Element],
    block: Element | None,
    content: str = _TEXT,
) -> str:
    """Write the pattern of an element; `known` are the prefixes that mean here what they mean in every such row.

    `outside` is what is declared around it. Raises `ValueError` for an element that has no such pattern.
    """
    here = element.nsmap
    declared = [(prefix, uri) for prefix, uri in here.items() if outside.get(prefix) != uri]
    if declared:
        known = known | {prefix for prefix, _ in declared}
    if len(declared) > 1 or element.prefix not in known or (len(element.attrib) and set(element.attrib) - {_NIL}):
        raise ValueError("the shape of this element depends on more than its names")
    tag = re.escape(_name(tag_of(element), element.prefix))
    declarations = ""
    for prefix, uri in declared:
        declarations += rf""" xmlns{f":{prefix}" if prefix else ""}=["']{re.escape(uri)}["']"""
    if not len(element):
        text = f"({content})" if element in wanted else content
        # .NET writes null in front of what it declares; without that, each `ValueArray` was read by names
        before = f"{_MAY_BE_NIL}{declarations}" if declarations else ""
        return rf"<{tag}{before}(?:>{text}</{tag}>|{_MAY_BE_NIL}/>)"
    if element in wanted:
        raise ValueError("elements where a text was expected")
    border, content = (_BORDER, _SHARED_TEXT) if element is block else ("", content)
    children = "".join([_pattern(child, here, known, wanted, block, content) for child in element])
    return f"<{tag}{declarations}>{border}{children}</{tag}>{border}"


class _Block:
    """A block of a row that many rows have alike: each source of it is proven and read once.

    `rest` matches what is behind it in a row.
    """

    def __init__(self, inside: str, rest: str, end: str, pick: Pick, make: Callable[[Texts], object]) -> None:
        self._inside = re.compile(_NO_TEXT + inside)
        self._rest = re.compile(rest).match
        self._end = end
        self._pick = pick
        self._make = make
        self._made: dict[str, tuple[object, ...]] = {}
        self._last, self._shared = _BORDER, cast(tuple[object, ...], ())

    def match(self, text: str, place: int) -> tuple[re.Match[str], tuple[object, ...]] | None:
        """Return the match of the rest, and what was made of the block that begins at `place`."""
        if not text.startswith(self._last, place):
            source = text[place : text.find(self._end, place) + len(self._end)]
            if source not in self._made:
                found = self._inside.fullmatch(source)
                if found is None:
                    return None
                self._made[source] = (self._make(self._pick(found.groups(""))),)
            self._last, self._shared = source, self._made[source]
        rest = self._rest(text, place + len(self._last))
        return None if rest is None else (rest, self._shared)


def _character(reference: re.Match[str]) -> str:
    if reference[3]:
        return _NAMED_CHARACTERS[reference[3]]
    number = int(reference[1], 16) if reference[1] else int(reference[2])
    return chr(number) if is_legal(number) else "\N{REPLACEMENT CHARACTER}"


def maker(kind: type[V]) -> Callable[..., V]:
    """Return what makes a frozen object of `kind` from all its values, by position."""
    names = [found.name for found in fields(cast(type[AttrsInstance], kind))]
    scope: dict[str, Any] = {"new": object.__new__, "thawed": thawed(kind), "made_of": kind}
    lines = [f"def make({', '.join(names)}):", " made = new(thawed)", *[f" made.{name} = {name}" for name in names]]
    exec("\n".join([*lines, " made.__class__ = made_of", " return made"]), scope)  # as attrs makes constructors
    return cast(Callable[..., V], scope["make"])


def _nothing(number: int) -> None:
    """Do nothing as a list is entered."""


class Rows(Generic[V]):
    """Reads all rows of one type in one document. `make` gets the layout of a row and its texts."""

    def __init__(
        self, source: Source, item: str, parts: Sequence[Part], make: Callable[[Layout, Texts], V | None]
    ) -> None:
        self._source = source
        self._item = item
        self._parts = parts
        self._make = make
        self._start: str | None = None
        """How the source of each row begins, and nothing else does."""
        self._place = 0
        """Where the next row is looked for."""
        self._sure = True
        self._referring = 0
        self._shared = [Interned(part.shared) if part.shared else None for part in parts]
        self._layouts: dict[Shape, Layout] = {}
        self._seen: Counter[Shape] = Counter()
        self._patterns: list[tuple[Callable[[str, int], re.Match[str] | None], _Block | None, Layout]] = []

    def read(self, lists: Sequence[Element | None], enter: Callable[[int], None] = _nothing) -> list[list[V]]:
        """Return what `make` makes of each row that is not nil, unless it is `None`, by list.

        `lists` are all lists of such rows, in the document's order and none within another; one that is nil, empty or
        absent has no rows. `enter` is called with the number of a list before its rows are made, perhaps twice.
        """
        first = next((row for rows in lists if rows is not None for row in rows.iterchildren(self._item)), None)
        if first is not None and self._source.is_plain:
            self._start = f"<{_name(self._item, first.prefix)}".encode().decode("latin-1")
            made = self._read(lists, first.prefix, enter)
            # As many places were found as there are rows. So if there is none left, each of them is a row.
            if self._sure and self._source.text.find(self._start, self._place) < 0:
                return made
            self._start = None
            self._patterns.clear()
        return self._read(lists, None, enter)

    def _read(self, lists: Sequence[Element | None], prefix: str | None, enter: Callable[[int], None]) -> list[list[V]]:
        made: list[list[V]] = []
        for number, rows in enumerate(lists):
            enter(number)
            made.append([] if rows is None else self._read_list(rows, prefix))
        return made

    def _read_list(self, rows: Element, prefix: str | None) -> list[V]:
        made: list[V] = []
        source, patterns, make, start, end = self._source, self._patterns, self._make, self._start, self._place
        text, ascii_only, has_references = source.text, source.ascii_only, source.has_references
        for row in rows.iterchildren(self._item):
            place = -1 if start is None else text.find(start, end)
            if place < 0 or row.prefix != prefix:
                self._sure = False
            for match, block, layout in patterns:
                if (found := match(text, place)) is None:
                    continue
                texts: tuple[Any, ...] = found.groups("")
                shared: tuple[Any, ...] = ()
                if block is not None:
                    if (rest := block.match(text, found.end())) is None:
                        continue
                    found, shared = rest
                    texts += found.groups("")
                end = found.end()
                if not ascii_only and not text[place:end].isascii():
                    texts = tuple([part.encode("latin-1").decode() for part in texts])
                if has_references and (count := text.count("&", place, end)):
                    texts = self._without_references(texts, count)
                value = make(layout, texts + shared if shared else texts)
                break
            else:
                end = place + 1
                value = self._named(row, place) if len(row) else None
            if value is not None:
                made.append(value)
        self._place = end
        return made

    def _without_references(self, texts: tuple[str, ...], count: int) -> tuple[str, ...]:
        """Replace the references in a row, which are mostly in the text where they were in the row before."""
        at = self._referring
        if at < len(texts) and texts[at].count("&") == count:
            return (*texts[:at], _REFERENCE.sub(_character, texts[at]), *texts[at + 1 :])
        self._referring = next((index for index, part in enumerate(texts) if "&" in part), 0)
        return tuple([_REFERENCE.sub(_character, part) if "&" in part else part for part in texts])

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
        if self._seen[shape] == PROOF and len(self._patterns) < _MAX_PATTERNS and self._start is not None:
            self._learn(row, place, elements)
        return self._make(layout, (None, *[element.text for element in elements]))

    def _learn(self, row: Element, place: int, elements: Sequence[Element]) -> None:
        """Make a pattern of the shape of a row. What is shared comes behind all other texts of a row that matches."""
        found = self._wanted(row)
        own = next((number for number, part in enumerate(self._parts) if part.shared and found[number]), None)
        block = None if own is None else _descend(row, self._parts[own].path)
        wanted = {element for part in found for item in part for element in item if element is not None}
        pattern = pattern_of(row, wanted, block)
        if pattern is None:
            return
        first, *others = pattern.split(_BORDER)
        match = re.compile(_NO_TEXT + first).match
        groups = [element for element in elements if element in wanted]
        if own is None or block is None:
            layout, made = self._layout(found, groups), None
        else:
            inside = [element for element in block.iter() if element in wanted]
            layout = self._layout(found, [element for element in groups if element not in inside])
            layout[own] = [itemgetter(len(groups) - len(inside) + 1)]
            pick = _pick(found[own][0], inside)
            end = f"</{_name(tag_of(block), block.prefix)}>".encode().decode("latin-1")
            made = _Block(others[0], others[1], end, pick, cast(Callable[[Texts], object], self._parts[own].shared))
        text, start = self._source.text, cast(str, self._start)
        if (begun := match(text, place)) is None:
            return
        rest = (begun, ()) if made is None else made.match(text, begun.end())
        if rest is not None and text.count(start, place, rest[0].end()) == 1:
            self._patterns.append((match, made, layout))

    def _wanted(self, row: Element) -> _Found:
        return [[[_descend(item, leaf) for leaf in part.leaves] for item in _items(row, part)] for part in self._parts]

    def _layout(self, found: _Found, elements: Sequence[Element]) -> list[Sequence[Pick]]:
        """Return where the wanted texts are among those of these elements, which follow one that is not there."""
        layout: list[Sequence[Pick]] = []
        for part, shared in zip(found, self._shared, strict=True):
            picks = [_pick(item, elements) for item in part]
            layout.append(picks if shared is None else [_sharing(shared, pick) for pick in picks])
        return layout


def read_rows(
    body: bytes, item: str, part: Part, make: Callable[[Layout, Texts], V | None], rows: Element | None
) -> tuple[V, ...]:
    """Read the only list of such rows in a document."""
    return tuple(Rows(Source(body), item, [part], make).read([rows])[0])


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


def _sharing(shared: Interned[Texts, object], pick: Pick) -> Pick:
    return lambda texts: shared[pick(texts)]


def _pick(wanted: Sequence[Element | None], elements: Sequence[Element]) -> Pick:
    index: dict[Element | None, int] = {element: number for number, element in enumerate(elements, start=1)}
    places = [index.get(element, 0) for element in wanted]
    if places == list(range(places[0], places[-1] + 1)):
        return itemgetter(slice(places[0], places[-1] + 1))
    return itemgetter(*places)
