"""The code on the pages of the documentation."""

import ast
import re
import textwrap
from pathlib import Path

HOWTO = Path(__file__).parents[2] / "docs" / "howto"

_BLOCK = re.compile(r"^( *)\.\. code-block:: python\n((?: *\n|\1 +.*\n)+)", re.MULTILINE)


def text_of(page: str) -> str:
    return (HOWTO / f"{page}.rst").read_text(encoding="utf-8") + "\n"


def blocks(page: str) -> list[str]:
    """Return the blocks of Python of a how-to page, in order."""
    return [textwrap.dedent(body).strip() + "\n" for _, body in _BLOCK.findall(text_of(page))]


def run_block(code: str, names: dict[str, object], page: str) -> object:
    """Run a block as a cell of a notebook; return the value of its last line, if that is an expression."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, f"{page}.rst", "exec"), names)
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), f"{page}.rst", "eval"), names)
