"""Every remedy that an error of the library names is one in the command line, too."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import milestone_sdk
from milestone_sdk.cli.remedies import in_options

PACKAGE = Path(milestone_sdk.__file__).parent
ELSEWHERE = {"_sync", "cli", "monitor", "patriot", "simulator"}
PYTHON = re.compile(
    r"\b(?:Trust|BasicUser|WindowsUser|CurrentUser|AccessToken)\b|(?<!--address )\b[a-z_]{2,}=|\b\w+\(\)"
)
NOT_FROM_A_COMMAND = {
    "for example limit=500": "alarms list always gives a limit",
    "for example BasicUser('arc', password)": "the command line makes the credentials",
    'for example Trust.ca_file("ca.pem")': "the command line makes the trust",
    'for example SqliteCheckpointStore("arc.db")': "the command line makes the store",
    'give it: values={"...Int": "...", "...Name": "..."}': "new, in progress and closed have names everywhere",
    "use it in a with block, or call open()": "every command opens its client",
}
"""Hints that no command can cause, and why."""


def text_of(node: ast.expr, constants: dict[str, ast.expr]) -> str:
    """The string that an expression makes, `...` for what is known at run time only."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part, constants) for part in node.values)
    if isinstance(node, ast.BinOp):
        return text_of(node.left, constants) + text_of(node.right, constants)
    if isinstance(node, ast.IfExp):
        return f"{text_of(node.body, constants)} | {text_of(node.orelse, constants)}"
    if isinstance(node, ast.Name) and node.id in constants:
        return text_of(constants[node.id], constants)
    return text_of(node.value, constants) if isinstance(node, ast.FormattedValue) else "..."


def hints() -> Iterator[tuple[str, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] in ELSEWHERE:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants: dict[str, ast.expr] = {}
        for node in tree.body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
                constants[node.target.id] = node.value
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg in ("hint", "remedy"):
                yield str(path.relative_to(PACKAGE)), text_of(node.value, constants)
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("error", "warning"):
                yield from ((str(path.relative_to(PACKAGE)), text_of(each, constants)) for each in node.args)
            elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
                yield from ((str(path.relative_to(PACKAGE)), text_of(each, constants)) for each in node.value.elts)


def test_no_hint_is_python_in_the_command_line() -> None:
    found = list(hints())
    assert len(found) > 100
    left = {(file, in_options(text)) for file, text in found if text not in NOT_FROM_A_COMMAND}
    wrong = sorted(f"{file}: {text}" for file, text in left if PYTHON.search(text))
    assert not wrong, "\n".join(["give these an option in cli/remedies.py:", *wrong])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("or pin this certificate by Trust.pinned('sha256:...')", "or pin this certificate by --pin sha256:..."),
        ("give it to Trust.ca_file()", "give it to --ca-file"),
        ("give its address in addresses={...}", "give its address in --address NAME=URL"),
        (
            'write addresses={"analytics_events": "http://server:9090"}',
            "write --address analytics_events=http://server:9090",
        ),
        ("or pass trust_env=False", "or give --no-proxy"),
        ("give overwrite=True", "give --overwrite"),
        ("give event=, or play", "give --event, or play"),
        (r"or use WindowsUser('DOMAIN\user', password)", r"or use --user DOMAIN\user"),
        ("log in as a WindowsUser with a password", r"log in by --user DOMAIN\user and the password"),
        ("see configuration_prefix", "see --configuration-prefix"),
    ],
)
def test_remedies_are_options(text: str, shown: str) -> None:
    assert in_options(text) == shown
