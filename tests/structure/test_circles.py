"""No module imports itself by way of others, and the rooms of `_protocol` have an order."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import milestone_sdk

PACKAGE = Path(milestone_sdk.__file__).parent
ROOMS = ["soap", "rest", "backoff", "events", "configuration", "management", "alarms", "video", "devices"]
"""Each may import those before it; what lies beside them in `_protocol` (`jsontext`, `secrets`, ...) imports none."""


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py")) if "_sync" not in path.parts}


def imported(module: str) -> Iterator[str]:
    """The modules of the package that one imports anywhere in it, for type checkers as well."""
    path = MODULES[module]
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            home = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                name = f"{home}.{alias.name}"
                found = name if name in MODULES else home
                if found in MODULES and found != module:
                    yield found


def circles() -> list[list[str]]:
    """Return circles, each cut once it was found, until none is left."""
    graph = {module: set(imported(module)) for module in MODULES}
    found: list[list[str]] = []
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1][::-1]
            found.append(circle)
            for one, other in pairwise(circle):
                graph[one].discard(other)
        else:
            return found


def test_no_circle_of_imports() -> None:
    found = circles()
    assert not found, "\n".join(" -> ".join(circle) for circle in found)


def test_the_rooms_of_the_protocol_have_an_order() -> None:
    def room(module: str) -> str:
        parts = module.split(".")
        return parts[2] if parts[:2] == ["milestone_sdk", "_protocol"] and len(parts) > 2 else ""

    wrong: list[str] = []
    for module in MODULES:
        own = room(module)
        if not own:
            continue
        allowed = {own, "", *(ROOMS[: ROOMS.index(own)] if own in ROOMS else [])}
        allowed |= {room(each) for each in MODULES} - set(ROOMS) if own in ROOMS else set()
        wrong += [f"{module} imports {each}" for each in imported(module) if room(each) not in allowed]
    assert not wrong, "\n".join(wrong)
