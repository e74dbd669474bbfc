"""Options that several commands have, declared once as a class."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast

import typer

__all__ = ["OptionGroup", "command"]

F = TypeVar("F", bound=Callable[..., None])


class OptionGroup:
    """Base of a class whose constructor has the parameters of some options.

    A parameter of a command that is annotated with such a class becomes those options.
    """


def command(app: typer.Typer, name: str | None = None) -> Callable[[F], F]:
    """Add a function to `app` as a command; what it says in its docstring is the help."""

    def add(function: F) -> F:
        app.command(name)(_flat(function))
        return function

    return add


def _flat(function: Callable[..., None]) -> Callable[..., None]:
    """Return the function with the options of each group in place of the group."""
    groups: dict[str, type[OptionGroup]] = {}
    options: list[inspect.Parameter] = []
    grouped: list[inspect.Parameter] = []
    for parameter in inspect.signature(function, eval_str=True).parameters.values():
        kind: object = parameter.annotation
        if isinstance(kind, type) and issubclass(kind, OptionGroup):
            groups[parameter.name] = kind
            grouped += inspect.signature(kind, eval_str=True).parameters.values()
        else:
            options.append(parameter)
    flat = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*options, *grouped)]

    @wraps(function)
    def wrapper(**given: object) -> None:
        for name, group in groups.items():
            own = {option: given.pop(option) for option in inspect.signature(group).parameters}
            given[name] = cast("Callable[..., object]", group)(**own)
        function(**given)

    wrapper.__annotations__ = {each.name: each.annotation for each in flat} | {"return": None}
    vars(wrapper)["__signature__"] = inspect.Signature(flat)
    return wrapper
