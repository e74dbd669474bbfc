"""Templates: JSON values and URLs with the names of fields in braces, as configuration files contain them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from math import isfinite
from string import Formatter
from typing import Any, Final, cast

from ...errors import ConfigurationError

__all__ = ["check_template", "fill", "fill_text"]

_DEEPEST: Final = 20


def check_template(name: str, template: object, fields: Collection[str], *, depth: int = 0) -> None:
    """Raise `ConfigurationError` unless `template` is a JSON value whose strings name only these fields.

    `name` is what the caller calls it.
    """
    if isinstance(template, str):
        for field in _names(name, template):
            if field not in fields:
                raise ConfigurationError(f"{name} names {{{field}}}, which is none of {', '.join(sorted(fields))}")
    elif depth > _DEEPEST:
        raise ConfigurationError(f"{name} is nested more than {_DEEPEST} levels deep")
    elif isinstance(template, Mapping):
        for key, value in cast("Mapping[object, object]", template).items():
            if not isinstance(key, str):
                raise ConfigurationError(f"a key in {name} must be str, got {type(key).__name__}")
            check_template(f"{name}.{key}", value, fields, depth=depth + 1)
    elif isinstance(template, Sequence) and not isinstance(template, bytes):
        for index, value in enumerate(cast("Sequence[object]", template)):
            check_template(f"{name}[{index}]", value, fields, depth=depth + 1)
    elif isinstance(template, float) and not isfinite(template):
        raise ConfigurationError(f"{name} must be a finite number, got {template}")
    elif template is not None and not isinstance(template, int | float):
        raise ConfigurationError(f"{name} must be a JSON value, got {type(template).__name__}")


def _names(name: str, template: str) -> list[str]:
    try:
        parts = list(Formatter().parse(template))
    except ValueError:
        raise ConfigurationError(f"{name} has a brace without its other half", hint="write {{ for a brace") from None
    for _, _, spec, conversion in parts:
        if spec or conversion:
            raise ConfigurationError(f"{name} has a format in braces", hint="write only the name of a field: {zone}")
    return [field for _, field, _, _ in parts if field is not None]


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """Return a checked template with the values in it.

    A string that is nothing but one field becomes the value itself: `"{zone}"` a number, `"zone {zone}"` a string.
    """
    if isinstance(template, str):
        parts = list(Formatter().parse(template))
        if len(parts) == 1 and not parts[0][0] and parts[0][1] is not None:
            return values[parts[0][1]]
        return fill_text(template, values)
    if isinstance(template, Mapping):
        return {key: fill(value, values) for key, value in cast("Mapping[str, Any]", template).items()}
    if isinstance(template, Sequence):
        return [fill(value, values) for value in cast("Iterable[Any]", template)]
    return template


def fill_text(template: str, values: Mapping[str, Any], encode: Callable[[str], str] = str) -> str:
    """Return a checked template of a string with the values in it, each through `encode`; `None` becomes empty."""
    shown: list[str] = []
    for literal, field, _, _ in Formatter().parse(template):
        shown.append(literal)
        if field is not None:
            value = values[field]
            shown.append(encode("" if value is None else str(value)))
    return "".join(shown)
