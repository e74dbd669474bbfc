"""Each of the fourteen promises about delivery has tests that fail when it is broken: they bear its number."""

import ast
import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "explanation" / "delivery.rst"
PROMISES = range(1, 15)
MARK = re.compile(r"pytest\.mark\.promise\((\d+)\)")
SELDOM_RUN = {"pytest.mark.long", "pytest.mark.soak"}


def promises_of(test: ast.FunctionDef | ast.AsyncFunctionDef) -> set[int]:
    """The promises that a test stands for; none if the plain test command leaves it out."""
    decorators = [ast.unparse(decorator) for decorator in test.decorator_list]
    if SELDOM_RUN.intersection(decorators):
        return set()
    return {int(found[1]) for decorator in decorators if (found := MARK.fullmatch(decorator))}


def test_every_promise_has_tests() -> None:
    kept: set[int] = set()
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                kept |= promises_of(node)
    assert kept == set(PROMISES), "each of them, and no others"


def test_the_page_states_the_promises() -> None:
    numbers = [int(number) for number in re.findall(r"^(\d+)\. \*\*.+?\*\*", PAGE.read_text(encoding="utf-8"), re.M)]
    assert numbers == list(PROMISES)
