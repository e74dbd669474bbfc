"""The directive `command-reference`: commands and options of `milestone-sdk`, read from the command line itself.

Its argument is the name of a command or of a group of options: `login`, `listing`, `period`.
"""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from milestone_sdk.cli.app import app
from milestone_sdk.cli.listing import Listing
from milestone_sdk.cli.login import Login
from milestone_sdk.cli.period import Period

GROUPS = {"login": Login, "listing": Listing, "period": Period}


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Names and command of everything that can be run."""
    for name, below in getattr(command, "commands", {}).items():
        if hasattr(below, "commands"):
            yield from leaves(below, (*path, name))
        else:
            yield (*path, name), below


COMMANDS = dict(leaves(typer.main.get_command(app)))


def names_of(group: type) -> set[str]:
    """The parameters that a group of options adds to a command."""
    return set(inspect.signature(group).parameters)


def metavar(parameter: Any) -> str:
    """What is written for the value of an argument or option."""
    return str(parameter.metavar or parameter.name.upper())


def usage(path: tuple[str, ...], command: Any) -> str:
    """The command with its arguments."""
    given = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    arguments = [metavar(each) if each.required else f"[{metavar(each)}]" for each in given]
    return " ".join(("milestone-sdk", *path, *arguments))


def in_rst(text: str) -> str:
    """The text of a help as reStructuredText: options are literals."""
    return re.sub(r"(?<![\w-])--[a-z][a-z-]*", r"``\g<0>``", text.replace("\\", "\\\\"))


def option_rows(parameters: list[Any]) -> list[str]:
    """A list-table of options."""
    lines = [".. list-table::", "   :widths: 32 68", ""]
    for parameter in parameters:
        shown = ", ".join((*parameter.opts, *parameter.secondary_opts))
        value = "" if getattr(parameter, "is_flag", False) else f" {metavar(parameter)}"
        about = [in_rst(parameter.help or "")]
        if getattr(parameter, "required", False):
            about.append("Required.")
        default = parameter.default
        if isinstance(default, str | int | float | Path) and not isinstance(default, bool) and default != "":
            about.append(f"Default: ``{default}``.")
        if parameter.envvar:
            about.append(f"Or the variable ``{parameter.envvar}``.")
        lines += [f"   * - ``{shown}{value}``", f"     - {' '.join(about)}"]
    return [*lines, ""]


class CommandReference(SphinxDirective):
    """All commands, or the options of one group."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Write lists and have them parsed."""
        lines = self._group(self.arguments[0]) if self.arguments else self._commands()
        container = nodes.container()
        self.state.nested_parse(StringList(lines, source=__file__), self.content_offset, container)
        return container.children

    def _group(self, name: str) -> list[str]:
        wanted = names_of(GROUPS[name])
        found: dict[str, Any] = {}
        for command in COMMANDS.values():
            if wanted <= {parameter.name for parameter in command.params}:
                found |= {parameter.name: parameter for parameter in command.params if parameter.name in wanted}
        return option_rows(list(found.values()))

    def _commands(self) -> list[str]:
        lines: list[str] = []
        for path, command in COMMANDS.items():
            names = {parameter.name for parameter in command.params}
            groups = [name for name, group in GROUPS.items() if names_of(group) <= names]
            hidden = {option for name in groups for option in names_of(GROUPS[name])}
            own = [each for each in command.params if each.param_type_name == "option" and each.name not in hidden]
            about = in_rst(inspect.cleandoc(command.help))
            lines += [f".. rubric:: {usage(path, command)}", "", *about.splitlines(), ""]
            lines += option_rows([each for each in own if each.name != "help"]) if own else []
            if groups:
                lines += [f"Also: options of {', '.join(f':ref:`{name} <command-{name}>`' for name in groups)}.", ""]
        return lines


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("command-reference", CommandReference)
    return {"parallel_read_safe": True}
