"""Values that a file of records names instead of holding them: passwords above all."""

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from ..errors import ConfigurationError

__all__ = ["REFERENCE_FORM", "REFERENCE_SCHEMA", "resolve"]

_LONGEST: Final = 1 << 16
REFERENCE_FORM: Final = '{ env = "NAME" }, { file = "PATH" } or { keyring = "SERVICE", user = "NAME" }'


def _object(*names: str) -> dict[str, object]:
    properties = {name: {"type": "string", "minLength": 1} for name in names}
    return {"type": "object", "properties": properties, "required": list(names), "additionalProperties": False}


REFERENCE_SCHEMA: Final[Mapping[str, object]] = {
    "description": "Where the value is: an environment variable, a file, or an entry of the system's keyring.",
    "oneOf": [_object("env"), _object("file"), _object("keyring", "user")],
}


def resolve(reference: Mapping[str, object], folder: Path) -> str:
    """Return the value that a reference names; a relative path starts in `folder`. Raises `ConfigurationError`.

    No error holds the value.
    """
    source = _SOURCES.get(frozenset(reference))
    if source is None or not all(isinstance(value, str) and value for value in reference.values()):
        raise ConfigurationError("is not a reference to a value", hint=f"write {REFERENCE_FORM}")
    return source(reference, folder)


def _from_environment(reference: Mapping[str, Any], folder: Path) -> str:
    name: str = reference["env"]
    if name not in os.environ:
        raise ConfigurationError(f"the environment variable {name} is not set", hint=f"set {name} for this process")
    return os.environ[name]


def _from_file(reference: Mapping[str, Any], folder: Path) -> str:
    path: Path = folder / reference["file"]
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST + 1).decode()
    except (OSError, ValueError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeError) else getattr(error, "strerror", None) or error
        raise ConfigurationError(f"cannot read {path}: {reason}", hint="a text file with the value alone") from None
    if len(text) > _LONGEST:
        raise ConfigurationError(f"{path} is longer than {_LONGEST} bytes", hint="a text file with the value alone")
    return text.removesuffix("\n").removesuffix("\r")


def _from_keyring(reference: Mapping[str, Any], folder: Path) -> str:
    service, user = reference["keyring"], reference["user"]
    try:
        keyring: Any = import_module("keyring")
    except ModuleNotFoundError:
        raise ConfigurationError("keyring is not installed", hint="pip install 'milestone_sdk[cli]'") from None
    try:
        value: str | None = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise ConfigurationError(f"the keyring cannot be read: {error}", hint="see `keyring diagnose`") from None
    if value is None:
        hint = f"store it with `keyring set {service} {user}`, as the user that runs this process"
        raise ConfigurationError(f"the keyring has no entry {service!r} for {user!r}", hint=hint)
    return value


_SOURCES: Final[Mapping[frozenset[str], Callable[[Mapping[str, Any], Path], str]]] = {
    frozenset({"env"}): _from_environment,
    frozenset({"file"}): _from_file,
    frozenset({"keyring", "user"}): _from_keyring,
}
