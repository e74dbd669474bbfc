"""The directive `requirement-table`: each requirement with the tests that fulfil it, and its paragraphs.

Each line of its content is a requirement, `R47: The name of a zone equals that of its camera`. Its tests are those that
bear `@pytest.mark.requirement(47)`; they are read, not imported. Its paragraphs are those under a label
`.. _requirement-47:` or `.. _requirement-47-other:` in these pages.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

DOCS = Path(__file__).parents[1]
TESTS = DOCS.parent / "tests"
PAGE = DOCS / "reference" / "requirements.rst"
_LINE = re.compile(r"R(\d+): (.+)")
_LABEL = re.compile(r"^\.\. _(requirement-(\d+)(?:-[a-z0-9-]+)?):$", re.MULTILINE)


def titles(lines: list[str]) -> dict[int, str]:
    """Read the lines of a table. Raises `ValueError` for one that is not a requirement, or the second of its number."""
    found: dict[int, str] = {}
    for line in filter(None, map(str.strip, lines)):
        match = _LINE.fullmatch(line)
        if match is None or int(match[1]) in found:
            raise ValueError(f"not a requirement, or the second one of this number: {line}")
        found[int(match[1])] = match[2]
    return found


def sources(tests: Path = TESTS) -> list[Path]:
    """The modules with tests, without those that are generated from others."""
    return [path for path in sorted(tests.rglob("test_*.py")) if "_sync" not in path.parts]


def requirements_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[int]:
    """The numbers of the requirements that a test bears."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.requirement":
            for argument in decorator.args:
                number = argument.value if isinstance(argument, ast.Constant) else None
                if not isinstance(number, int):
                    raise ValueError(f"{function.name}: {ast.unparse(decorator)}: numbers only")
                yield number


def marked_tests(tests: Path = TESTS) -> dict[int, list[str]]:
    """For each number the tests that bear it, as pytest writes their names."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for path in sources(tests):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                for number in requirements_of(node):
                    found[number].append(f"{path.relative_to(tests.parent).as_posix()}::{node.name}")
    return dict(found)


def labelled_paragraphs(docs: Path = DOCS) -> dict[int, list[str]]:
    """For each number the labels of its paragraphs."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for path in sorted(docs.rglob("*.rst")):
        for label, number in _LABEL.findall(path.read_text(encoding="utf-8")):
            found[int(number)].append(label)
    return dict(found)


class RequirementTable(SphinxDirective):
    """One row for each requirement: number, title, tests and paragraphs."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Write the table as a list-table and have it parsed."""
        tests, paragraphs = marked_tests(), labelled_paragraphs()
        lines = [".. list-table::", "   :header-rows: 1", "   :widths: 6 40 54", ""]
        lines += ["   * - No", "     - Requirement", "     - Tests and paragraphs"]
        for number, title in titles(list(self.content)).items():
            lines += [f"   * - R{number}", f"     - {title}"]
            cells = [f"| ``{name.removeprefix('tests/')}``" for name in tests.get(number, [])]
            cells += [f"| :ref:`{label}`" for label in paragraphs.get(number, [])]
            first, *others = cells or ["none"]
            lines += [f"     - {first}", *(f"       {cell}" for cell in others)]
        for path in sources():
            self.env.note_dependency(str(path))
        container = nodes.container()
        self.state.nested_parse(StringList(lines, source=str(PAGE)), self.content_offset, container)
        return container.children


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("requirement-table", RequirementTable)
    return {"parallel_read_safe": True}
