"""The architecture, as far as a program can check it."""

import ast
import copy
import importlib
import pickle
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

import milestone_sdk
import milestone_sdk.errors
import milestone_sdk.models
import milestone_sdk.patriot

from ..tools import unasync

PACKAGE = Path(milestone_sdk.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
LAYERS = ["models", "_protocol", "_async", "monitor", "patriot", "cli"]
"""Each may import those before it (and the base modules), none after it; `_sync` stands beside `_async`."""
PURE = {"socket", "ssl", "asyncio", "threading", "httpx", "httpcore", "time", "selectors", "requests"}


def imports(path: Path) -> set[str]:
    """Absolute names of everything that a module imports, wherever in it."""
    package = [PACKAGE.name, *path.relative_to(PACKAGE).parts[:-1]]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found.update({module, *(f"{module}.{alias.name}" for alias in node.names)})
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_module":
            found.update(str(argument.value) for argument in node.args if isinstance(argument, ast.Constant))
    return found


def layer(name: str) -> str:
    """The first part below the package, `_sync` counting as `_async`."""
    parts = name.split(".")
    part = parts[1] if parts[0] == PACKAGE.name and len(parts) > 1 else ""
    return "_async" if part == "_sync" else part


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    own = layer(".".join([PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts]))
    imported = {layer(name) for name in imports(path)}
    if own in LAYERS:
        later = set(LAYERS[LAYERS.index(own) + 1 :])
        assert not imported & later, f"{own} imports {imported & later}"
    if own == "simulator":
        assert imported <= {"", "simulator", "models"}, "the simulator shares no code with the client"
    elif own != "cli":
        assert "simulator" not in imported
    if own in ("models", "_protocol"):
        assert not imported & {"_net"}, "no input, no output here"
        roots = {name.partition(".")[0] for name in imports(path)}
        assert not roots & PURE, f"{own} is pure, and imports {roots & PURE}"


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if path.relative_to(PACKAGE).parts[0] in ("models", "_protocol")],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_the_pure_layers_read_no_clock(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("now", "utcnow", "today", "monotonic"), f"line {node.lineno} reads a clock"


def test_the_blocking_twin_is_what_the_source_generates() -> None:
    assert unasync.differences() == []


def test_an_exchange_that_is_used_nowhere_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(unasync.NAMES, "a_name_of_nothing", "other")
    with pytest.raises(ValueError, match="a_name_of_nothing"):
        unasync.generate_all()


def test_the_source_starts_nothing_in_the_background() -> None:
    for path in (PACKAGE / "_async").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for name in ("create_task", "TaskGroup", "ensure_future", "gather(", "import asyncio", "Thread("):
            assert name not in text, f"{path.name} holds {name}"


@pytest.mark.parametrize("module", [milestone_sdk.models, milestone_sdk.patriot])
def test_all_is_what_can_be_imported(module: ModuleType) -> None:
    names: list[str] = module.__all__
    assert len(names) == len(set(names))
    tools = {"Final", "TYPE_CHECKING", "import_module"}  # with which names are loaded at their first use
    values = {name: getattr(module, name) for name in dir(module) if not name.startswith("_")}
    public = {name for name, value in values.items() if not isinstance(value, ModuleType)} - tools
    assert set(names) == public


def test_the_package_exports_what_its_checker_sees() -> None:
    """Names are loaded when first used; what is listed, what a type checker sees and what comes are the same."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    checked = next(node for node in tree.body if isinstance(node, ast.If))
    seen = [alias.name for node in checked.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(seen) == sorted(milestone_sdk.__all__)
    assert len(seen) == len(set(seen))
    for node in checked.body:
        assert isinstance(node, ast.ImportFrom)
        home = importlib.import_module(f"milestone_sdk.{node.module}")
        for alias in node.names:
            assert getattr(milestone_sdk, alias.name) is getattr(home, alias.name)
    assert set(milestone_sdk.__all__) <= set(dir(milestone_sdk))
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = milestone_sdk.no_such_name


@pytest.mark.parametrize("error", milestone_sdk.errors.__all__)
def test_errors_survive_a_copy_and_another_process(error: str) -> None:
    kind: type[milestone_sdk.MilestoneError] = getattr(milestone_sdk, error)
    needed = {
        "ServiceUnavailable": {"service": "recorder"},
        "UnsupportedFeature": {"required": "2025 R2", "actual": "2020 R1"},
        "AlarmGap": {"since": datetime(2026, 1, 1, tzinfo=UTC), "until": datetime(2026, 1, 2, tzinfo=UTC)},
    }
    one = kind("it failed", server="https://vms.example", **needed.get(error, {}))
    for other in (copy.copy(one), pickle.loads(pickle.dumps(one))):
        assert type(other) is kind
        assert str(other) == str(one)
        assert vars(other) == vars(one)


def test_public_names_say_where_they_are_imported_from() -> None:
    assert milestone_sdk.Client.__module__ == "milestone_sdk"
    assert milestone_sdk.ReadTimeout.__module__ == "milestone_sdk"
    assert milestone_sdk.AlarmLine.__module__ == "milestone_sdk"


def test_importing_the_library_is_cheap() -> None:
    heavy = ("zeep", "typer", "rich", "PIL", "av", "spnego", "cryptography")
    code = f"import milestone_sdk, sys; print([name for name in {heavy} if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]", f"loaded at import: {answer.stdout}"


MOST = {"module": 420, "function": 45, "class": 17}
"""Lines of a module and of a function, methods of a class; dunders, properties and overloads not counted."""
EXCEPTIONS: dict[str, str] = {
    "__init__.py": "each public name twice: for type checkers, and in __all__",
    "errors.py": "one tree, drawn and declared in one place",
}
"""What is honestly one thing and longer, by `module`, `module:function` or `module:Class`, and why."""
HANDWRITTEN = [path for path in MODULES if "_sync" not in path.parts]


def is_method(node: ast.stmt) -> bool:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("__"):
        return False
    decorators = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
    return not decorators & {"property", "cached_property", "setter", "overload"}


def sizes(path: Path) -> Iterator[tuple[str, str, int]]:
    """Return kind, name and size of the module, and of what is in it."""
    module, text = str(path.relative_to(PACKAGE)), path.read_text(encoding="utf-8")
    yield "module", module, text.count("\n")
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield "function", f"{module}:{node.name}", (node.end_lineno or 0) - node.lineno + 1
        elif isinstance(node, ast.ClassDef):
            yield "class", f"{module}:{node.name}", sum(map(is_method, node.body))


def test_modules_functions_and_classes_keep_to_one_subject() -> None:
    found = [each for path in HANDWRITTEN for each in sizes(path)]
    above = [(kind, name, size) for kind, name, size in found if size > MOST[kind]]
    wrong = [f"{kind} {name}: {size}, at most {MOST[kind]}" for kind, name, size in above if name not in EXCEPTIONS]
    wrong += [
        f"{name} is within the limits: no exception" for name in EXCEPTIONS.keys() - {name for _, name, _ in above}
    ]
    assert not wrong, "\n".join(["these have a second subject:", *wrong])


CITATION = re.compile(r"(?<!\d{4} )\bR\d{1,2}\b|\b\w+\.md\b|\bDESIGN \d|\banchors [A-Z]\d")
UNPLAIN = re.compile(
    r"\boctets?\b(?!-stream)|\banew\b|\bonce more\b|\bnobody\b|\bfor ever\b|\bspeaks no\b|\bis no GUID\b|\bin hand\b"
    r"|\bmends?\b|\bsits? out\b|\bbelieved\b|\bstands? in\b",
    re.IGNORECASE,
)
"""Words that our prose avoids, for readers of English as a second language."""


def strings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Return what a user sees as a tooltip: of the module, and of public classes, functions and attributes in it."""
    pending: list[ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef] = [tree]
    while pending:
        node = pending.pop()
        for statement in node.body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                yield statement.lineno, str(statement.value.value)
            elif isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                inner = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
                pending += [] if inner or statement.name.startswith("_") else [statement]


def messages(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Return the texts of errors."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            yield from strings(node.exc)


def test_what_users_read_cites_no_files_of_ours() -> None:
    wrong: set[str] = set()
    for path in HANDWRITTEN:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for line, text in (*docstrings(tree), *messages(tree)):
            wrong.update(f"{path.relative_to(PACKAGE)}:{line}: {found[0]}" for found in CITATION.finditer(text))
    assert not wrong, "\n".join(["put these into comments:", *sorted(wrong)])


def test_texts_are_in_plain_words() -> None:
    wrong: list[str] = []
    for path in HANDWRITTEN:
        for line, text in strings(ast.parse(path.read_text(encoding="utf-8"))):
            wrong += [f"{path.relative_to(PACKAGE)}:{line}: {found[0]}" for found in UNPLAIN.finditer(text)]
    assert not wrong, "\n".join(["say these in plain words:", *wrong])
