"""The directive `error-table`: every error of the library, read from the classes themselves."""

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from milestone_sdk import errors


def rows() -> list[tuple[int, type[errors.MilestoneError]]]:
    """Depth and class, parents before children, in the order in which they are written."""
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    known = [value for value in classes if issubclass(value, errors.MilestoneError)]

    def below(parent: type[errors.MilestoneError], depth: int) -> list[tuple[int, type[errors.MilestoneError]]]:
        found = [(depth, parent)]
        for child in known:
            if child.__bases__[0] is parent:
                found += below(child, depth + 1)
        return found

    return below(errors.MilestoneError, 0)


class ErrorTable(SphinxDirective):
    """One row for each error: name, also a, retriable, meaning."""

    def run(self) -> list[nodes.Node]:
        """Write the table as a list-table and have it parsed."""
        lines = [
            ".. list-table::",
            "   :header-rows: 1",
            "   :widths: 34 16 10 40",
            "",
            "   * - Error",
            "     - Also a",
            "     - Retriable",
            "     - Meaning",
        ]
        for depth, error in rows():
            foreign = [base.__name__ for base in error.__bases__ if not issubclass(base, errors.MilestoneError)]
            also = ", ".join(f"``{name}``" for name in foreign if name != "Exception")
            meaning = (error.__doc__ or "").strip().partition("\n")[0]
            lines += [
                f"   * - {'|nbsp| ' * 2 * depth}:py:exc:`~milestone_sdk.{error.__name__}`",
                f"     - {also}",
                f"     - {'yes' if error.retriable else 'no'}",
                f"     - {meaning}",
            ]
        lines += ["", ".. |nbsp| unicode:: 0xA0"]
        self.env.note_dependency(errors.__file__)
        container = nodes.container()
        self.state.nested_parse(StringList(lines, source=errors.__file__), self.content_offset, container)
        return container.children


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("error-table", ErrorTable)
    return {"parallel_read_safe": True}
