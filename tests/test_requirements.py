"""Each requirement of Patriot has a test that bears its number or, where nothing can be executed, a paragraph."""

import ast
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[1] / "docs"
REQUIREMENTS = range(1, 82)
NAMED = re.compile(r"test_(r\d+_)+")


def load() -> ModuleType:
    """The directive that writes the page; `docs/_ext` is no package."""
    spec = importlib.util.spec_from_file_location("requirement_table", DOCS / "_ext" / "requirement_table.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


table = load()


def listed() -> dict[int, str]:
    lines = table.PAGE.read_text(encoding="utf-8").splitlines()
    return dict(table.titles([line for line in lines if re.match(r"   R\d", line)]))


def test_the_page_lists_each_requirement_once() -> None:
    assert list(listed()) == list(REQUIREMENTS)
    assert len(set(listed().values())) == len(REQUIREMENTS)


def test_every_requirement_has_a_test_or_a_paragraph() -> None:
    fulfilled = table.marked_tests().keys() | table.labelled_paragraphs().keys()
    assert set(REQUIREMENTS) - fulfilled == set(), "neither a test nor a paragraph"


def test_no_number_is_unknown() -> None:
    assert set(table.marked_tests()) <= set(REQUIREMENTS)
    assert set(table.labelled_paragraphs()) <= set(REQUIREMENTS)


def test_a_test_named_after_a_requirement_bears_its_number() -> None:
    wrong: list[str] = []
    for path in table.sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                named = NAMED.match(node.name)
                numbers = set(map(int, re.findall(r"\d+", named[0]))) if named else set[int]()
                if numbers - set(table.requirements_of(node)):
                    wrong.append(f"{path.name}::{node.name}")
    assert not wrong


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["R1: One.", "", "  R2: Two: and more."], {1: "One.", 2: "Two: and more."}),
        ([], {}),
    ],
)
def test_titles_are_read_from_lines(lines: list[str], expected: dict[int, str]) -> None:
    assert table.titles(lines) == expected


@pytest.mark.parametrize("line", ["R1 One.", "One.", "R1: "])
def test_what_is_no_requirement_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match=re.escape(line.strip())):
        table.titles([line])
    with pytest.raises(ValueError, match="second"):
        table.titles(["R1: One.", "R1: Another."])


def test_a_marker_with_something_else_than_numbers_is_an_error(tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    (tests / "_sync").mkdir(parents=True)
    text = "@pytest.mark.requirement(1, 2)\ndef test_one(): ...\n\n@pytest.mark.requirement(2)\ndef other(): ...\n"
    for folder in (tests, tests / "_sync"):
        (folder / "test_some.py").write_text(text, encoding="utf-8")
    assert table.marked_tests(tests) == {
        1: ["tests/test_some.py::test_one"],
        2: ["tests/test_some.py::test_one"],
    }
    (tests / "test_some.py").write_text("@pytest.mark.requirement(NUMBER)\ndef test_one(): ...\n", encoding="utf-8")
    with pytest.raises(ValueError, match="test_one"):
        table.marked_tests(tests)
