"""The client for the options of a command; the password comes from the environment or is prompted for."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from .. import Client, ConfigurationError, Trust
from .._environment import CA_FILE, LOCATION, PASSWORD, USER, user_named

__all__ = ["CaFile", "Location", "User", "connect"]

Location = Annotated[
    str,
    typer.Option(envvar=LOCATION, help="URL of the management server, e.g. https://vms.example.com."),
]
User = Annotated[
    str,
    typer.Option(
        envvar=USER,
        help=rf"A basic user, or a Windows user as DOMAIN\user. The password is asked for, or taken from {PASSWORD}.",
    ),
]
CaFile = Annotated[
    Path | None,
    typer.Option(
        envvar=CA_FILE,
        help="PEM file of the authority that signed the server's certificate; default: what the system trusts.",
    ),
]


def connect(location: str, user: str, ca_file: Path | None) -> Client:
    """Return a client that is not open yet. Raises `ConfigurationError`."""
    trust = Trust.ca_file(ca_file) if ca_file is not None else Trust.system()
    return Client(location, user_named(user, _password(user)), trust=trust)


def _password(user: str) -> str:
    if PASSWORD in os.environ:
        return os.environ[PASSWORD]
    if not sys.stdin.isatty():
        raise ConfigurationError(
            f"no password for {user!r}, and no terminal to ask for one", hint=f"set {PASSWORD} in the environment"
        )
    answer: str = typer.prompt(f"Password of {user}", hide_input=True, err=True)
    return answer
