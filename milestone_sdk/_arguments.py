"""Checks of the caller's arguments: unchecked, a wrong one would fail later, far from its cause.

The texts never repeat a value of a wrong type: it may be a misplaced password.
"""

from collections.abc import Mapping
from math import isfinite
from typing import cast

from .errors import ConfigurationError

__all__ = ["check_addresses", "check_count", "check_seconds", "check_type"]


def check_type(name: str, value: object, *kinds: type, hint: str | None = None) -> None:
    """Raise `ConfigurationError` unless `value` is one of `kinds`; a `bool` does not count as `int`."""
    if isinstance(value, kinds) and not isinstance(value, type) and (bool in kinds or not isinstance(value, bool)):
        return
    wanted = " or ".join("None" if kind is type(None) else kind.__name__ for kind in kinds)
    raise ConfigurationError(f"{name} must be {wanted}, got {type(value).__name__}", hint=hint)


def check_seconds(name: str, value: object) -> None:
    """Raise `ConfigurationError` unless `value` is a finite number above 0."""
    check_type(name, value, int, float, hint="give seconds above 0")
    assert isinstance(value, int | float)
    if not (value > 0 and isfinite(value)):
        raise ConfigurationError(f"{name} must be > 0 and finite, got {value}", hint="give seconds above 0")


def check_count(name: str, value: object, *, hint: str | None = None) -> None:
    """Raise `ConfigurationError` unless `value` is a whole number above 0."""
    check_type(name, value, int, hint=hint)
    assert isinstance(value, int)
    if value < 1:
        raise ConfigurationError(f"{name} must be >= 1, got {value}", hint=hint)


def check_addresses(addresses: object) -> None:
    """Raise `ConfigurationError` unless `addresses` is `None` or a mapping of names to addresses."""
    hint = 'for example {"event_server": "https://203.0.113.5:22331"}'
    check_type("addresses", addresses, Mapping, type(None), hint=hint)
    for name, address in cast("Mapping[object, object]", addresses or {}).items():
        check_type("a name in addresses", name, str, hint=hint)
        check_type(f"addresses[{name!r}]", address, str, hint=hint)
