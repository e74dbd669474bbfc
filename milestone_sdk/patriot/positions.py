"""Where in a TOML or JSON text a value is; the parsers of the standard library do not report it."""

import re
from bisect import bisect
from collections.abc import Iterator
from typing import Final

__all__ = ["Key", "Positions"]

Key = str | int
"""A key of a table, or an index of an array."""

_TOKEN: Final = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' + r"'''.*?'{3,5}|" + r'"(?:\\.|[^"\\\n])*"|' + r"'[^'\n]*'|"
    r"\#[^\n]*|\n|[\[\]{},=:.]|[^\s\[\]{},=:.\#\"']+",
    re.DOTALL,
)
Keys = tuple[Key, ...]
_Token = tuple[str, int]


class Positions:
    """The positions of all keys and values of a text that a parser has read without an error.

    `spans` are the first and last offset of each value; the span of a table with a header is from the header to the
    last value below it.
    """

    def __init__(self, text: str, *, json: bool) -> None:
        self._line_starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self._tokens = self._scan(text)
        self._token, self._start = next(self._tokens)
        self._ended = 0
        self._starts: dict[Keys, int] = {(): 0}
        self._arrays: dict[Keys, int] = {}
        self.spans: dict[Keys, tuple[int, int]] = {}
        if json:
            self._value(())
        else:
            self._statements()

    def line(self, keys: Keys) -> int:
        """Return the line of a value, from 1 on; of the innermost one around it if it has none."""
        while keys not in self._starts:
            keys = keys[:-1]
        return bisect(self._line_starts, self._starts[keys])

    @staticmethod
    def _scan(text: str) -> Iterator[_Token]:
        for found in _TOKEN.finditer(text):
            yield found[0], found.start()
        while True:
            yield "", len(text)

    def _next(self) -> str:
        token = self._token
        self._ended = self._start + len(token)
        self._token, self._start = next(self._tokens)
        return token

    def _skip_blank(self) -> None:
        while self._token == "\n" or self._token.startswith("#"):
            self._next()

    def _key(self, around: Keys, end: str) -> Keys:
        """Read a key up to its end: `a.b.c =`, and in JSON `"a":`."""
        keys = around
        while self._token and self._token not in end:
            start = self._start
            if (token := self._next()) != ".":
                keys = self._innermost((*keys, token.strip("\"'")))
                self._starts.setdefault(keys, start)
        self._next()
        return keys

    def _innermost(self, keys: Keys) -> Keys:
        """Return the last table of an array of tables."""
        return (*keys, self._arrays[keys] - 1) if keys in self._arrays else keys

    def _statements(self) -> None:
        table: Keys = ()
        self.spans[table] = 0, 0
        while self._token:
            self._skip_blank()
            if self._token == "[":
                table = self._header()
            elif self._token:
                start = self._start
                keys = self._key(table, "=")
                self._starts[keys] = start
                self._value(keys)
                self.spans[table] = self.spans[table][0], self._ended

    def _header(self) -> Keys:
        start = self._start
        self._next()
        is_array = self._token == "["
        names: list[str] = []
        while self._token not in ("]", ""):
            if (token := self._next()) not in "[.":
                names.append(token.strip("\"'"))
        while self._token == "]":
            self._next()
        keys: Keys = ()
        for name in names[:-1]:
            keys = self._innermost((*keys, name))
        keys = (*keys, *names[-1:])
        if is_array:
            self._starts.setdefault(keys, start)
            self._arrays[keys] = self._arrays.get(keys, 0) + 1
            keys = self._innermost(keys)
        self._starts[keys] = start
        self.spans[keys] = start, self._ended
        return keys

    def _value(self, keys: Keys) -> None:
        self._skip_blank()
        start = self._start
        if self._token in ("[", "{"):
            self._items(keys, "]" if self._next() == "[" else "}")
        else:
            while self._token and self._token not in ",]}\n" and not self._token.startswith("#"):
                self._next()
        self.spans[keys] = start, self._ended

    def _items(self, keys: Keys, end: str) -> None:
        index = 0
        while self._token:
            self._skip_blank()
            if self._token in (end, ""):
                self._next()
                return
            if self._token == ",":
                self._next()
                continue
            start = self._start
            inner = (*keys, index) if end == "]" else self._key(keys, "=:")
            self._starts[inner] = start
            self._value(inner)
            index += 1
