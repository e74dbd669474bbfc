"""Where a value is in a TOML or JSON text: the text at that place reads as that value."""

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestone_sdk.patriot.positions import Key, Positions

KEYS = st.text("abc_-1", min_size=1, max_size=4)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


def walk(value: Any, keys: tuple[Key, ...] = ()) -> Iterator[tuple[tuple[Key, ...], Any]]:
    yield keys, value
    if isinstance(value, dict):
        for key, each in value.items():
            yield from walk(each, (*keys, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from walk(each, (*keys, index))


@given(VALUES, st.sampled_from([None, 0, 2]))
def test_every_value_of_a_json_text_is_where_its_position_says(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    positions = Positions(text, json=True)
    for keys, each in walk(value):
        start, end = positions.spans[keys]
        assert json.loads(text[start:end]) == each


TOML = '''\
# comment = 1
title = "a # b" # comment
'quoted key' = 'C:\\dir'
many = [ # comment ]
  1, 2.5, # three
  [3, "]"],

  { a = 1, b.c = [true] },
]
text = """
a "quoted" ""text"" [x]
b = 2"""
raw = \'\'\'
'x' = 1
\'\'\'
when = 2026-03-01T12:00:00Z
empty = []
[table.inner]
"dotted".key = { }

[[list]]
name = "first"
[list.sub]
x = 1
[[list.more]]
y = 1
[[list.more]]
y = 2
[[list]]
name = "second"
[[list.more]]
y = 3
'''


def test_every_value_of_a_toml_text_is_where_its_position_says() -> None:
    value = tomllib.loads(TOML)
    positions = Positions(TOML, json=False)
    checked = 0
    for keys, each in walk(value):
        if keys in positions.spans and not TOML[positions.spans[keys][0] :].startswith(("[[", "[list", "[table")):
            start, end = positions.spans[keys]
            if keys:
                assert tomllib.loads(f"x = {TOML[start:end]}")["x"] == each, keys
                checked += 1
    assert checked == 23


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("title",), 2),
        (("many", 2, 1), 6),
        (("many", 3, "b", "c"), 8),
        (("text",), 10),
        (("when",), 16),
        (("table", "inner", "dotted", "key"), 19),
        (("list", 0), 21),
        (("list", 0, "more", 1, "y"), 28),
        (("list", 1, "name"), 30),
        (("list", 1, "more", 0, "y"), 32),
        (("list", 1, "nowhere", "x"), 29),
        (("nowhere",), 1),
    ],
)
def test_lines_of_a_toml_text(keys: tuple[Key, ...], line: int) -> None:
    assert Positions(TOML, json=False).line(keys) == line
    assert Positions(TOML.replace("\n", "\r\n"), json=False).line(keys) == line
