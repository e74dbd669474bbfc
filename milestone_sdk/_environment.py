"""Location, user and trust as environment variables: for `Client.from_env` and the command line."""

import os
from collections.abc import Callable
from typing import Final

from .credentials import AccessToken, BasicUser, Credentials, CurrentUser, WindowsUser
from .errors import ConfigurationError
from .trust import Trust

__all__ = [
    "CA_FILE",
    "LOCATION",
    "PASSWORD",
    "PIN",
    "SIGN_ON",
    "TOKEN",
    "USER",
    "credentials_of_environment",
    "read_environment",
    "trust_of_environment",
    "user_named",
]

LOCATION: Final = "MILESTONE_LOCATION"
USER: Final = "MILESTONE_USER"
PASSWORD: Final = "MILESTONE_PASSWORD"  # the name of a variable, not a password
TOKEN: Final = "MILESTONE_TOKEN"
SIGN_ON: Final = "MILESTONE_SIGN_ON"
CA_FILE: Final = "MILESTONE_CA_FILE"
PIN: Final = "MILESTONE_PIN"


def read_environment() -> tuple[str, Credentials, Trust]:
    """Return location, credentials and trust. Raises `ConfigurationError` for what is missing, or given twice."""
    location = _variable(LOCATION, "https://vms.example.com")
    return location, credentials_of_environment(lambda _: _variable(PASSWORD, "...")), trust_of_environment()


def user_named(name: str, password: str) -> BasicUser | WindowsUser:
    r"""Return the Windows user of a name with a backslash or an @ (`DOMAIN\arc`, `arc@example.com`), else a basic user.

    The name of a basic user can hold neither.
    """
    return (WindowsUser if {"\\", "@"} & set(name) else BasicUser)(name, password)


def _variable(name: str, example: str) -> str:
    if not (value := os.environ.get(name)):
        raise ConfigurationError(f"{name} is not set in the environment", hint=f"for example {name}={example}")
    return value


def credentials_of_environment(password: Callable[[str], str]) -> Credentials:
    """Return the credentials; `password` returns that of a user. Raises `ConfigurationError`."""
    given = [name for name in (USER, TOKEN) if os.environ.get(name)]
    given += [SIGN_ON] if os.environ.get(SIGN_ON, "0") not in ("", "0") else []
    if len(given) > 1:
        raise ConfigurationError(f"{' and '.join(given)} are set: only one can be used", hint="unset the others")
    if given == [TOKEN]:
        return AccessToken(os.environ[TOKEN])
    if given == [SIGN_ON]:
        return CurrentUser()
    name = _variable(USER, rf"arc or DOMAIN\arc; or set {SIGN_ON}=1 to log in as the current Windows user")
    return user_named(name, password(name))


def trust_of_environment() -> Trust:
    """Return which certificates to trust: the system's unless a variable is set. Raises `ConfigurationError`."""
    file, pins = os.environ.get(CA_FILE), os.environ.get(PIN, "").split()
    if file and pins:
        raise ConfigurationError(f"{CA_FILE} and {PIN} are set: only one can be used", hint="unset one of them")
    if pins:
        return Trust.pinned(*pins)
    return Trust.ca_file(file) if file else Trust.system()
