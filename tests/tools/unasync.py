"""Write the blocking twins of the async code and of its tests: `python -m tests.tools.unasync [--check]`.

Async is the source: `milestone_sdk/_async` becomes `milestone_sdk/_sync`, `tests/_async` becomes `tests/_sync`, and so
do the folders of these names in `patriot`. Each file is read as tokens, and the names below are exchanged; a name that
is exchanged nowhere is an error, so that the table stays true.
"""

import io
import re
import sys
import tokenize
from pathlib import Path

PROJECT = Path(__file__).parents[2]
FOLDERS = ("milestone_sdk/{}", "milestone_sdk/patriot/{}", "tests/{}", "tests/patriot/{}")
BANNER = """# Generated from {name} by tests/tools/unasync.py.
# DO NOT CHANGE: change the original file instead, then run `python -m tests.tools.unasync`.

"""
DROPPED = {"async", "await"}
NAMES = {
    "_async": "_sync",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "StopAsyncIteration": "StopIteration",
    "push_async_callback": "callback",
    "AbstractAsyncContextManager": "AbstractContextManager",
    "AsyncGenerator": "Generator",
    "aclose": "close",
    "aiter_raw": "iter_raw",
    "async_gather_within": "gather_within",
    "async_http_client": "http_client",
    "asynccontextmanager": "contextmanager",
    "enter_async_context": "enter_context",
    "asyncio": "blocking",
}
PREFIXED = re.compile(r"^(_?)Async([A-Z]\w*)$")
AWAITABLE = re.compile(r"\bAwaitable\[")


class Table:
    """The exchange of names, with a record of which were used."""

    def __init__(self) -> None:
        self.unused = set(NAMES)

    def name(self, text: str) -> str:
        """Return what stands in the sync twin for one name."""
        if text in NAMES:
            self.unused.discard(text)
            return NAMES[text]
        return PREFIXED.sub(r"\1\2", text)

    def words(self, text: str) -> str:
        """Exchange the names within a string or a comment."""
        text = re.sub(r"\basync (?=with\b|for\b|def\b)|\bawait ", "", text)
        return re.sub(r"\w+", lambda word: self.name(word[0]), text)


def generate(source: str, name: str, table: Table) -> str:
    """Return the sync twin of one module's source."""
    out: list[str] = []
    row, column = 1, 0
    lines = source.splitlines(keepends=True)
    swallow = False
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        gap = _between(lines, (row, column), token.start)
        row, column = token.end
        if swallow:
            gap = gap.lstrip(" ")
            swallow = False
        out.append(gap)
        if token.type == tokenize.NAME and token.string in DROPPED:
            swallow = True
        elif token.type == tokenize.NAME:
            out.append(table.name(token.string))
        elif token.type in (tokenize.STRING, tokenize.COMMENT):
            out.append(table.words(token.string))
        else:
            out.append(token.string)
    return BANNER.format(name=name) + _without_awaitables("".join(out))


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    if start[0] == end[0]:
        return lines[start[0] - 1][start[1] : end[1]] if start[0] <= len(lines) else ""
    first = lines[start[0] - 1][start[1] :] if start[0] <= len(lines) else ""
    middle = lines[start[0] : end[0] - 1]
    last = lines[end[0] - 1][: end[1]] if end[0] <= len(lines) else ""
    return first + "".join(middle) + last


def _without_awaitables(text: str) -> str:
    """`Awaitable[X]` is `X`; its import goes."""
    while found := AWAITABLE.search(text):
        depth, end = 1, found.end()
        while depth:
            depth += {"[": 1, "]": -1}.get(text[end], 0)
            end += 1
        text = text[: found.start()] + text[found.end() : end - 1] + text[end:]
    return re.sub(r"(from collections\.abc import )Awaitable(?:, )?|(?<=, )Awaitable, ", r"\1", text)


def generate_all() -> dict[Path, str]:
    """Return every generated file with what it must hold. Raises `ValueError` for an unused exchange."""
    table = Table()
    files: dict[Path, str] = {}
    for folder in FOLDERS:
        for path in sorted((PROJECT / folder.format("_async")).rglob("*.py")):
            name = path.relative_to(PROJECT).as_posix()
            source = path.read_text(encoding="utf-8")
            below = path.relative_to(PROJECT / folder.format("_async"))
            files[PROJECT / folder.format("_sync") / below] = generate(source, name, table)
    if table.unused:
        raise ValueError(f"exchanged nowhere: {sorted(table.unused)}")
    return files


def generated() -> set[Path]:
    """Return the files that stand where generated ones do."""
    return {path for folder in FOLDERS for path in (PROJECT / folder.format("_sync")).rglob("*.py")}


def differences() -> list[str]:
    """Return what is wrong with the files on disk, one line a file."""
    expected = generate_all()
    wrong = [f"{path.relative_to(PROJECT)} is not generated" for path in generated() - expected.keys()]
    for path, text in expected.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            wrong.append(f"{path.relative_to(PROJECT)} differs from its regeneration")
    return wrong


def main() -> int:
    if "--check" in sys.argv:
        wrong = differences()
        print("\n".join(wrong) or "_sync is what _async generates")
        return 1 if wrong else 0
    files = generate_all()
    for path in generated() - files.keys():
        path.unlink()
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
